"""The instructor's guide names what is there: notebooks, sections, presets, questions, minutes."""

import re
from pathlib import Path

import nbformat
import pytest

from course_utils import Settings, labs, predictions

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "instructor.md").read_text(encoding="utf-8")
PLANS = re.split(r"^## ", GUIDE, flags=re.MULTILINE)[1:]
TABLE = re.search(r"\*\*Forty-five minutes\.\*\*.+?\n\n(\| at .+?)\n\n", GUIDE, re.DOTALL)[1]


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


def test_a_reader_is_told_the_same_minutes_everywhere(plan):
    if (name := plan[:2]) == "00":
        return
    told = re.search(r"\*\*Time\*\* (\d+ to \d+) minutes alone", named(plan).cells[0].source)[1]
    start = next(one for one in PLANS if one.startswith("00"))
    table = "\n".join(cell.source for cell in named(start).cells)
    assert f"Alone {told}." in plan
    assert re.search(rf"^\| \[{name} .+\| (.+) \|$", table, re.MULTILINE)[1] == told
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `{name}_.+\| (.+) \|$", readme, re.MULTILINE)[1] == told


def of_the_table(chapter=""):
    """Rows of the forty-five minutes: at, minutes, what to open, to press, to ask, how long."""
    return [row for row in rows(TABLE) if row[2].startswith(chapter)]


def test_forty_five_minutes_are_forty_five():
    at, told = 0, of_the_table()
    for row in told:
        assert len(row) == 6 and all(row[:5]) and int(row[0]) == at, row
        at += int(row[1])
    assert at == 45
    assert [row[2][:2] for row in told] == sorted(row[2][:2] for row in told)


def test_the_table_has_what_the_plans_have(plan):
    """Sections, presets and questions of the table stand in the plan of their notebook."""
    told = of_the_table(plan[:2])
    assert sum(int(row[1]) for row in told) <= int(re.search(r"(\d+) minutes\.", plan)[1])
    for row in told:
        sections = set(re.findall(r"(?<![\d.,])\d\.\d+(?!\d)", row[2]))
        presets = set(re.findall(r"`(\w+Lab: [^`]+)`", row[2] + row[3]))
        assert row[2][4:].startswith(("the lab", *sections, *(f"`{one}" for one in presets))), row
        assert all(re.search(rf"\| {re.escape(one)}\b", plan) for one in sections), row
        assert all(one in plan for one in presets), row
        assert all(one in plan for one in re.findall(r'"([^"]+)"', row[4])), row


def test_a_question_is_not_discarded_before_it_is_asked():
    """The labs with a question: their first row presses an answer, and presets come after it."""
    for section in ("1.2", "2.3", "5.2", "6.2"):
        row = next(row for row in of_the_table() if section in row[2])
        assert "Lab: " not in row[3].partition("answer")[0] and "answer" in row[3], row
        assert "Lab: " not in row[2], "to name a preset discards the question"


def test_notebook_00_sends_to_the_table():
    notebook = next(plan for plan in PLANS if plan.startswith("00"))
    source = " ".join(cell.source for cell in named(notebook).cells)
    route = re.search(r"\*One lecture of 45 minutes\*.+", source)[0]
    assert "docs/instructor.md" in route and not re.search(r"\(\d+\)", route), "one home"
    told = {one for row in of_the_table() for one in re.findall(r"(?<![\d.,])\d\.\d+", row[2])}
    assert set(re.findall(r"\b\d\.\d+\b", route)) == told


def test_the_lecture_list_follows_its_plan():
    text = (ROOT / "docs" / "lecture.txt").read_text(encoding="utf-8")
    plan, at, told = next(plan for plan in PLANS if plan.startswith("02")), 0, []
    for row in rows(plan):
        told.append((at, at := at + int(row[0]), re.match(r"[\w., ]+", row[1])[0].split(",")[0]))
    listed = re.findall(r"^# (\d+) to (\d+): (?:section )?([^,\n]+)", text, re.MULTILINE)
    assert [(int(a), int(b), what.capitalize()) for a, b, what in listed] == [
        (a, b, what.capitalize()) for a, b, what in told
    ]


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
