"""SubspaceLab in Chromium beside the run before."""

import pytest

pytest.importorskip("playwright.sync_api")

from driver import OPENING, open_cells  # noqa: E402

CELL = OPENING + "lab = SubspaceLab(Settings(d=20, k=2, width=40), samples=2000); lab"
FORESEEN = "[e for e in lab.errors if 'press Play first' not in str(e)]"
CHECK = f"print('errors:', {FORESEEN})"


@pytest.fixture(scope="module")
def course(chromium, tmp_path_factory):
    """A notebook with a lab that has trained, and a cell that tells what was swallowed."""
    with open_cells(chromium, tmp_path_factory.mktemp("before"), [CELL, CHECK], 8963) as page:
        page.run_cell(0)
        page.wait_for_lab()
        yield page


def before(course, view: int = 0) -> list[tuple[list[float], list[float]]]:
    """The curves of the run before that a view plots."""
    return [xy for name, xy in course.curves(view).items() if "before" in name]


def said(course) -> str:
    """What is said of the run before; empty while nothing is."""
    return course.sentence().partition("Before, at ")[2]


def test_a_change_of_k_keeps_the_run_before_in_every_view_until_reset(course):
    assert before(course) == [] and said(course) == ""
    first = course.curves(0)
    course.slide("k", "ArrowLeft")
    course.until(lambda: course.settings()["k"] == "1", "k to change")
    course.press("×10")
    course.until(lambda: "(k 2, now 1)" in said(course), "the run before in words")
    course.rest()
    for view in range(5):
        # two clouds of neurons have axes of another meaning
        wanted = view != 2
        course.until(lambda v=view, w=wanted: bool(before(course, v)) == w, f"view {view}")
    drawn = before(course)[-1]
    assert drawn in [tuple(xy) for xy in first.values()]
    course.press("Reset")
    course.until(lambda: before(course) == [] and said(course) == "", "nothing to be held")


def test_compare_plays_over_what_it_holds_until_it_is_pressed_again(course):
    course.press("Compare")  # untrained: refused where the eyes are
    course.until(lambda: "press Play first, then Compare" in course.error(), "a refusal")
    course.press("×10")
    course.until(lambda: "After 20 samples" in course.sentence(), "a short run")
    course.press("×10")
    course.until(lambda: "After 200 samples" in course.sentence(), "a run")
    course.press("Compare")
    course.until(lambda: len(before(course)) == 1, "the run to be held")
    course.press("New seed")
    course.press("×10")
    course.until(lambda: "(seed 0, now 1)" in said(course), "what differs")
    assert len(before(course, 2)) == 1, "neurons of the run before"
    course.press("Compare")
    course.until(lambda: before(course) == [] and said(course) == "", "it to be let go")


def test_nothing_was_swallowed(course):
    assert "errors: []" in course.run_cell(1)
    assert course.problems == []
