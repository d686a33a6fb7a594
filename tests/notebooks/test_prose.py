"""What notebooks and documents say is spelled right, and their links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")


def prose(path):
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def anchors(path):
    """What JupyterLab calls the headings of a notebook."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {heading.strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", [*NOTEBOOKS, *DOCUMENTS], ids=lambda path: path.stem)
def test_links_lead_somewhere(path):
    text = prose(path) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")
    for target in LINK.findall(text):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file) if file else path
        assert found.exists(), target
        assert not anchor or unquote(anchor) in anchors(found), target


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_lines_of_code_are_short(path):
    cells = nbformat.read(path, as_version=4).cells
    long = [
        line
        for cell in cells
        if cell.cell_type == "code"
        for line in cell.source.splitlines()
        if len(line) > 100
    ]
    assert not long


def test_the_last_word_of_each_notebook_leads_to_the_next_and_its_first_to_the_one_before():
    for path, after in zip(NOTEBOOKS, NOTEBOOKS[1:], strict=False):
        cells = nbformat.read(path, as_version=4).cells
        assert f"]({after.name})" in cells[-1].source, path.name
        cells = nbformat.read(after, as_version=4).cells
        assert f"]({path.name})" in cells[0].source, after.name


def test_a_word_of_the_glossary_stands_where_it_says_that_it_is_explained():
    rows = re.findall(
        r"^\| ([^|]+) \| [^|]+ \| \[\d\.\d\]\((.+?)#(.+?)\) \|$", prose(NOTEBOOKS[0]), re.M
    )
    assert len(rows) > 10
    assert [row[0].lower() for row in rows] == sorted(row[0].lower() for row in rows)
    for words, file, anchor in rows:
        text = prose(NOTEBOOKS[0].parent / file)
        section = re.split(r"^## ", text, flags=re.M)
        (found,) = [part for part in section if part.split("\n")[0].replace(" ", "-") == anchor]
        assert any(word.lower().rstrip("s") in found.lower() for word in words.split(", ")), words


def test_words_are_spelled_right(tmp_path):
    for path in NOTEBOOKS:
        (tmp_path / f"{path.stem}.md").write_text(prose(path), encoding="utf-8")
    python = [*(ROOT / "course_utils").rglob("*.py"), *(ROOT / "benchmarks").glob("*.py")]
    told = subprocess.run(
        [sys.executable, "-m", "codespell_lib", *DOCUMENTS, *python, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout + told.stderr
