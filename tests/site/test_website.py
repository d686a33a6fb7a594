"""The website: no warning, everything in it, nothing too early, nothing from elsewhere."""

import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

pytest.importorskip("myst_nb", reason="make site installs what the website needs")

from course_utils.labs.page import library  # noqa: E402
from course_utils.predictions import Guess, asked, opened  # noqa: E402

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGES = [*(path.stem for path in NOTEBOOKS), "index", "instructor"]
LOADS = {"src", "srcset", "poster", "data"}  # attributes that a browser fetches by itself


class Elements(HTMLParser):
    """Attributes of all elements, by their names, and the text of the page."""

    def __init__(self, source: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The whole site, made once."""
    folder = tmp_path_factory.mktemp("site") / "made"
    told = subprocess.run(
        [sys.executable, ROOT / "site" / "make_site.py", folder],
        capture_output=True,
        text=True,
    )
    assert (told.returncode, told.stderr) == (0, ""), told.stdout + told.stderr
    return folder


@pytest.fixture(scope="session")
def pages(site):
    """Source and elements of each page."""
    sources = {name: (site / f"{name}.html").read_text(encoding="utf-8") for name in PAGES}
    return {name: (source, Elements(source)) for name, source in sources.items()}


def headings(path):
    cells = nbformat.read(path, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.findall(r"^#{1,2} ([^$\n]+)$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_heading_and_picture_of_a_notebook_is_on_its_page(path, pages, site):
    source, found = pages[path.stem]
    words = " ".join(found.text.split())
    for heading in headings(path):
        plain = re.sub(r"\*\*?|`", "", heading)
        assert " ".join(plain.split()) in words, heading
    cells = nbformat.read(path, as_version=4).cells
    stored = [o for c in cells for o in c.get("outputs", []) if "image/jpeg" in o.get("data", {})]
    stills = [a["src"] for tag, a in found.found if tag == "img" and "stills/" in a.get("src", "")]
    assert len(stills) == len(stored)
    assert all((site / still).stat().st_size > 5000 for still in stills)


def test_a_page_asks_every_question_of_its_notebook_and_opens_what_follows_afterwards(pages):
    for path in NOTEBOOKS:
        cells = nbformat.read(path, as_version=4).cells
        asked_there = sum(c.source.startswith(("predict(", "question = ask(")) for c in cells)
        asked_there += path.stem.startswith("00")  # the opening lab's
        classes = [a.get("class") for _, a in pages[path.stem][1].found]
        assert classes.count("course-ask") == asked_there
        assert classes.count("course-veil") == asked_there


def test_no_page_gives_a_reply_away(site):
    """Neither as a page is stored, nor what is searched, nor a script: in words of every reply."""
    texts = {
        path: html.unescape(path.read_text(encoding="utf-8"))
        for path in site.rglob("*")
        if path.suffix in (".html", ".js", ".txt", ".json", ".ipynb", ".md")
        and "mathjax" not in path.parts
    }
    assert len(texts) > len(PAGES)
    for one in asked().values():
        for reply in one.answers.values():
            said = [path.name for path, text in texts.items() if reply in text]
            assert said == [], reply


def test_what_a_page_seals_is_what_is_said_to_each_answer(pages):
    """Of labs: whether it holds, as it was measured."""
    found = {}
    for _, page in pages.values():
        for _, attributes in page.found:
            if "data-ask" in attributes:
                held = json.loads(attributes["data-ask"])
                found[held["question"]] = held
    for one in asked().values():
        held = found[one.text]
        assert held["options"] == list(one.answers)
        said = opened(held["sealed"])
        if isinstance(one, Guess):
            assert said == one.replies()
        else:
            assert sum(" it holds." in words for words in said) == 1
            for words, why in zip(said, one.answers.values(), strict=True):
                assert words.endswith(why)


def test_a_browser_is_sent_to_no_other_host(site, pages):
    """By no element of a page, and by no rule of a style sheet; links are for people."""
    for name, (_, page) in pages.items():
        for tag, attributes in page.found:
            loads = LOADS | ({"href"} if tag == "link" else set())
            for attribute in loads & attributes.keys():
                where = urlsplit(attributes[attribute])
                assert not where.netloc, (name, tag, attributes)
    for path in site.rglob("*.css"):
        loaded = re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')]+)", path.read_text("utf-8"))
        assert [url for url in loaded if urlsplit(url).netloc] == [], path


def test_links_inside_the_site_lead_somewhere(site, pages):
    """And name no root, so that the site works from any folder."""
    for name, (_, page) in pages.items():
        for tag, attributes in page.found:
            target = attributes.get("href", attributes.get("src"))
            if target is None or urlsplit(target).scheme or tag in ("base", "use"):
                continue
            where = urlsplit(target)
            file = site / unquote(where.path) if where.path else site / f"{name}.html"
            assert not where.path.startswith("/") and file.is_file(), (name, target)
            if where.fragment and file.suffix == ".html" and file.stem in pages:
                ids = {a.get("id") for _, a in pages[file.stem][1].found}
                assert unquote(where.fragment) in ids, (name, target)


def test_an_exercise_has_its_stub_two_hints_in_turn_and_its_solution_folded(pages):
    source, page = pages["02_sgd_finds_the_subspace"]
    block = re.search(r'<div class="course-exercise">.*?</div>', source, re.S)[0]
    assert block.index("Hint 1 of 2.1") < block.index("Hint 2</summary>")
    assert block.index("Hint 2</summary>") < block.index("</details></details>")
    assert "make lab" in block
    solution = re.search(r"<details><summary>Solution of 2.1</summary>.*?</details>", source, re.S)
    assert "residual" in solution[0]
    assert "not yet" not in page.text


def test_the_first_page_is_one_lab_and_five_sentences(pages):
    source, page = pages["index"]
    classes = [a.get("class") for _, a in page.found]
    assert classes.count("course-live") == classes.count("course-ask") == 1
    paragraph = re.search(r"<p>(Inputs have .*?)</p>", source, re.S)[1]
    assert len(re.findall(r"[.](?:\s|$)", re.sub(r"<[^>]+>", "", paragraph))) == 5


def test_a_lab_says_its_class_its_settings_and_its_samples(pages):
    from course_utils import labs

    for name, (_, page) in pages.items():
        for _, attributes in page.found:
            if attributes.get("class") == "course-live":
                known = attributes["data-lab"] in labs.__all__
                assert known or attributes["data-lab"] == "NeuronsMovie", name
                assert "=" in attributes["data-code"] or attributes["data-lab"] == "HermiteLab"
                assert attributes["data-samples"].isdigit()


def test_formulas_and_search_are_there(site, pages):
    assert len(list((site / "_static" / "katex" / "fonts").glob("*.woff2"))) == 20
    assert "weight" in (site / "searchindex.js").read_text(encoding="utf-8")
    assert r"\(" in pages["02_sgd_finds_the_subspace"][0]


def test_every_formula_is_drawn(site, pages):
    """By what draws them on the page."""
    if not shutil.which("node"):
        pytest.skip("Node.js is not installed")
    found = []
    for source, _ in pages.values():
        found += re.findall(
            r'<(?:span|div) class="math[^>]*>\s*\\[(\[](.*?)\\[)\]]\s*</', source, re.S
        )
    assert len(found) > 1000
    drawer = json.dumps(str(site / "_static" / "katex" / "katex.min.js"))
    script = f"""const katex = require({drawer}), all = require("fs").readFileSync(0, "utf-8");
    for (const tex of JSON.parse(all)) katex.renderToString(tex);"""
    asked = json.dumps([html.unescape(tex) for tex in found])
    done = subprocess.run(["node", "-e", script], input=asked, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_libraries_of_others_are_those_that_are_named():
    """And the parts of plotly.js have the version of the whole, which draws in notebooks."""
    katex = (ROOT / "site" / "vendor" / "katex" / "katex.min.js").read_bytes()
    about = (ROOT / "site" / "vendor" / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(katex).hexdigest() in about
    wanted = re.search(r"plotly.js v([\d.]+)", library().read_text(encoding="utf-8")[:200])[1]
    folder = ROOT / "site" / "plotly"
    made = [path.read_text(encoding="utf-8")[:80] for path in (folder / "made").glob("*.js")]
    assert len(made) == 3 and all(f"plotly.js {wanted}\n" in text for text in made)
    assert (
        json.loads((folder / "package.json").read_text())["devDependencies"]["plotly.js"] == wanted
    )


def test_rules_of_the_theme_that_no_page_can_use_are_left_out(site):
    style = (site / "_static" / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    assert ".theme-switch" in style and "@media print" in style and ":root" in style
    assert ".accordion" not in style and ".fa-zhihu" not in style
