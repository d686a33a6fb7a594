"""The instructor's guide names what is there: notebooks, sections, presets, questions, minutes."""

import re
from pathlib import Path

import nbformat
import pytest

from course_utils import Settings, labs, predictions

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "instructor.md").read_text(encoding="utf-8")
PLANS = re.split(r"^## ", GUIDE, flags=re.MULTILINE)[1:]
STARTING = 5  # minutes of 00 in the forty-five


@pytest.fixture(params=PLANS, ids=lambda plan: plan[:2])
def plan(request):
    return request.param


def rows(plan):
    """Minutes, what to show, what to ask, what to expect."""
    cells = [line.strip("|").split(" | ") for line in plan.splitlines() if re.match(r"\| \d", line)]
    return [[cell.strip() for cell in row] for row in cells]


def named(plan):
    return nbformat.read(
        ROOT / "notebooks" / f"{re.search(r'File `(.+?)`', plan)[1]}.ipynb", as_version=4
    )


def test_every_notebook_has_its_plan():
    files = re.findall(r"File `(.+?)`", GUIDE)
    assert files == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert [plan[:2] for plan in PLANS] == [file[:2] for file in files]


def test_minutes_add_up(plan):
    assert sum(int(row[0]) for row in rows(plan)) == int(re.search(r"(\d+) minutes\.", plan)[1])
    assert all(len(row) == 4 and all(row) for row in rows(plan))


def test_forty_five_minutes_are_forty_five():
    parts = re.search(r"In forty-five minutes: (.+)\.", GUIDE)[1]
    assert sum(map(int, re.findall(r"\((\d+)\)", parts))) == 45


def test_sections_are_headings_of_the_notebook(plan):
    source = "\n".join(cell.source for cell in named(plan).cells if cell.cell_type == "markdown")
    headings = set(re.findall(r"^## (\d\.\d+) ", source, re.MULTILINE))
    told = set(re.findall(r"(?<![\d.])(\d\.\d+)(?![\d.])", plan))
    assert {section for section in told if section[0] == plan[1]} <= headings


def test_presets_and_codes_open(plan):
    shown = " ".join(row[1] + row[3] for row in rows(plan))
    for lab, preset in re.findall(r"`(\w+Lab): ([^`]+)`", shown):
        assert preset in getattr(labs, lab).presets, (lab, preset)
    for code in re.findall(r"`(d=[^`]+)`", shown):
        assert Settings.from_code(code)


def test_a_question_of_the_notebook_is_asked_in_its_words(plan):
    said = [cell.source for cell in named(plan).cells]
    said += [
        one.text for name, one in predictions.asked().items() if name[:-1] == str(int(plan[:2]))
    ]
    source = " ".join(text.replace("\n", " ") for text in said)
    asked = re.findall(r'"([^"]{20,})"', plan)
    parts = [part for question in asked for part in re.split(r"(?<=[.?]) ", question)]
    assert any(part in source for part in parts) or plan.startswith("00"), asked
