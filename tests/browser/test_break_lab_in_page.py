"""BreakLab in Chromium: each preset plays; a figure grows while it is computed."""

import re

import pytest

pytest.importorskip("playwright.sync_api")

from driver import open_cells  # noqa: E402

from course_utils.events import lamps  # noqa: E402
from course_utils.labs.breaks import PRESETS  # noqa: E402

OPEN = "from course_utils.labs import BreakLab\nlab = BreakLab()\nlab"
CHECK = "lab.raise_errors(); print('no error was swallowed')"
GROWING = """import pathlib, time
import numpy as np
from course_utils.labs import charts, show_growing

def pieces():
    for n in range(3):
        while n == 2 and not pathlib.Path("go").exists():
            time.sleep(0.01)
        yield n * n

def draw(done):
    return charts.curves({"squares": (np.arange(len(done)), np.array(done))}, "Squares", "n", "y")

made = show_growing(pieces(), draw, "Squares of numbers", 3)"""


@pytest.fixture(scope="module")
def course(chromium, tmp_path_factory):
    """A notebook with the lab, a cell that raises what callbacks swallowed, and a figure."""
    cells = [OPEN, CHECK, GROWING]
    with open_cells(chromium, tmp_path_factory.mktemp("breaks"), cells, 8967) as page:
        page.run_cell(0)
        page.wait_for_lab()
        page.bring()
        yield page


def lit(course) -> list[bool]:
    """Which lamps are on."""
    script = "lab => [...lab.querySelectorAll('.course-light')].map(e => e.dataset.on === 'true')"
    return course.lab().evaluate(script)


def seen(course) -> int:
    """How many samples the sentence speaks of."""
    return int(re.search(r"After ([\d,]+) sample", course.sentence())[1].replace(",", ""))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_of_the_gallery_plays(course, name):
    settings, note = PRESETS[name]
    course.lab().locator(".course-field-preset select").select_option(label=name)
    course.until(
        lambda: course.lab().locator(".course-note").text_content() == note, f"the note of {name}"
    )
    assert lit(course) == [one.holds for one in lamps(settings)]
    course.press("×10")
    course.until(lambda: seen(course) >= settings.d, "a run of d samples")
    course.rest()
    assert ("to S u" in course.curves(0)) == settings.inputs.startswith("spiked")
    assert course.settings()["link"] and len(course.drawn(0)) >= settings.k


def test_nothing_went_wrong_unseen(course):
    assert "no error was swallowed" in course.run_cell(1)
    assert course.problems == []


def test_a_figure_grows_while_its_cell_runs(course):
    cell = course.page.locator(".jp-Notebook .jp-CodeCell").nth(2)
    cell.locator(".cm-content").click()
    course.page.keyboard.press("Control+Enter")
    script = """cell => { const plot = cell.querySelector('.course-plot');
        return plot?.data ? plot.data.find(t => t.name === 'squares').x.length : 0; }"""
    course.until(lambda: cell.evaluate(script) == 2, "the first two pieces")
    assert "2 of 3" in cell.inner_text() and "[*]" in cell.inner_text()
    (course.home / "notebooks" / "go").touch()
    course.until(lambda: cell.evaluate(script) == 3, "the last piece")
    course.until(lambda: "3 of 3" in cell.inner_text(), "a full bar")
    assert course.problems == []
