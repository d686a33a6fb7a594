"""The page's modules make one that is whole, and a recorded page needs nothing but itself."""

import base64
import json
import re
import shutil
import subprocess

import pytest

from course_utils.labs import page
from course_utils.labs.page import bundle, in_order, library, recorded, style, top_names

ENTRIES = ("widget.js", "recording.js", "map.js", "report.js")
CLOSED = ("recording.js", "report.js")  # scripts of a file, which export nothing
MODULES = sorted(path.name for path in page.HERE.glob("*.js"))
LONGEST = 400


def source(name: str) -> str:
    return (page.HERE / name).read_text(encoding="utf-8")


def exports(name: str) -> list[str]:
    return re.findall(r"^export (?:async )?(?:const|function|class) (\w+)", source(name), re.M)


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_bundle_holds_all_that_its_modules_export_once_and_imports_nothing(entry):
    text = bundle(entry)
    assert not re.search(r"^import\b", text, re.M)
    assert len(re.findall(r"^export ", text, re.M)) == (entry not in CLOSED)
    names = top_names(text)
    assert len(names) == len(set(names))
    for module in in_order(entry):
        assert set(exports(module)) <= set(names), module
        for line in source(module).splitlines():
            if line and not re.match(r"import |export |  from ", line):
                assert line in text


def test_every_module_is_of_use():
    assert {name for entry in ENTRIES for name in in_order(entry)} == set(MODULES)


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_module_comes_after_all_that_it_imports_from(entry):
    order = in_order(entry)
    assert order[-1] == entry and len(order) == len(set(order))
    for i, name in enumerate(order):
        assert set(re.findall(r'"\./(\w+\.js)"', source(name))) <= set(order[:i])


@pytest.mark.parametrize("name", MODULES)
def test_modules_are_short_and_import_names_that_are_there(name):
    assert len(source(name).splitlines()) <= LONGEST
    for names, module in re.findall(r'import \{([^}]*)\}\s+from "\./(\w+\.js)"', source(name)):
        assert {one.strip() for one in names.split(",") if one.strip()} <= set(exports(module))


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_bundle_parses(entry, tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    path = tmp_path / "bundle.mjs"
    path.write_text(bundle(entry), encoding="utf-8")
    checked = subprocess.run([node, "--check", path], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def folder(monkeypatch, tmp_path, **modules: str) -> None:
    for name, text in modules.items():
        (tmp_path / f"{name}.js").write_text(text)
    monkeypatch.setattr(page, "HERE", tmp_path)


def test_modules_are_put_together_in_order(monkeypatch, tmp_path):
    folder(
        monkeypatch,
        tmp_path,
        one='import {\n  b,\n} from "./two.js";\nimport { c } from "./three.js";\n\nb(c);\n',
        two='import { c } from "./three.js";\nexport async function b() {}\n',
        three="export const c = 1, inner = 2;\n",
    )
    assert in_order("one.js") == ["three.js", "two.js", "one.js"]
    assert (
        bundle("one.js").split()
        == (
            "// three.js const c = 1, inner = 2; // two.js async function b() {} // one.js b(c);"
        ).split()
    )


@pytest.mark.parametrize(
    ("modules", "why"),
    [
        ({"a": 'import { b } from "./b.js";\nconst x = 1;', "b": "function x() {}"}, "x stands at"),
        ({"a": 'import { b } from "./b.js";', "b": 'import { a } from "./a.js";\n'}, "circle"),
        ({"a": 'import b from "./b.js";\n', "b": ""}, "write imports as"),
        ({"a": 'import { b as c } from "./b.js";\n', "b": "const b = 1;"}, "write imports as"),
    ],
)
def test_what_cannot_be_put_together_is_said(modules, why, monkeypatch, tmp_path):
    folder(monkeypatch, tmp_path, **{name: text + "\n" for name, text in modules.items()})
    with pytest.raises(ValueError, match=why):
        bundle("a.js")


def test_names_at_the_top_of_a_module():
    text = (
        "const a = 1;\nlet { b, c } = a;\nexport async function d() {\n  const e = 2;\n}\n"
        "class F {}\nfunction* g() {}\n// const h\n"
    )
    assert top_names(text) == ["a", "b", "c", "d", "F", "g"]


FRAMES = [({"type": "frame", "n": 1, "said": [[0, "</script><b>"]]}, b"\x00\x01"), ({"n": 2}, b"")]


def test_a_recorded_page_holds_everything_and_asks_nobody():
    text = recorded("Angles & <norms>", FRAMES, central="")
    assert "<title>Angles &amp; &lt;norms&gt;</title>" in text
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", text, re.S)
    assert len(scripts) == 3 and "plotly.js v" in scripts[1][1][:200]
    held = json.loads(scripts[0][1])
    assert [(m, base64.b64decode(data)) for m, data in held["frames"]] == FRAMES
    assert held["traits"] == {"central": "", "label": "Angles & <norms>", "columns": 3}
    own = text.replace(scripts[1][1], "").replace("http://www.w3.org/2000/svg", "")  # only a name
    assert not re.search(r"https?:|@import|url\(|<link|<img|<iframe| src=| href=", own)
    assert style() in text and "mount(" in scripts[2][1]


def test_a_script_cannot_end_the_page_it_stands_in():
    assert page.inlined("'</script>' + '<!-- '") == "'<\\/script>' + '<\\!-- '"
    assert library().is_file()
