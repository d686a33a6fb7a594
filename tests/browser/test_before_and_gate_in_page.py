"""SubspaceLab in Chromium beside the run before, and behind a question."""

import pytest

pytest.importorskip("playwright.sync_api")

from driver import OPENING, open_cells  # noqa: E402

CELL = OPENING + "lab = SubspaceLab(Settings(d=20, k=2, width=40), samples=2000); lab"
GATED = """from course_utils.labs import Question
from course_utils.events import order_of_falls
asked = {"together": "TEMPTS", "one after the other": "HOLDS", "only one falls": "OTHER"}
question = Question("How will the angles fall?", asked, order_of_falls, "angle", 2)
two = Settings(d=20, k=2, link="product", width=30, step=0.2)
lab = SubspaceLab(two, question=question); lab"""
# Figures and words that the question's box lies on.
COVERED = """lab => {
    const gate = lab.querySelector('.course-gate > *').getBoundingClientRect();
    return [...lab.querySelectorAll('.course-view, .course-words')].filter((e) => {
        const { left, right, top, bottom } = e.getBoundingClientRect();
        return left < gate.right - 1 && right > gate.left + 1
            && top < gate.bottom - 1 && bottom > gate.top + 1;
    }).map(e => e.className);
}"""
FORESEEN = "[e for e in lab.errors if 'press Play first' not in str(e)]"
CHECK = f"print('errors:', {FORESEEN})"


@pytest.fixture(scope="module")
def course(chromium, tmp_path_factory):
    """A notebook with a lab that has trained, and a cell that tells what was swallowed."""
    with open_cells(
        chromium, tmp_path_factory.mktemp("before"), [CELL, CHECK, GATED], 8963
    ) as page:
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
    for view in range(4):
        course.until(lambda v=view: bool(before(course, v)), f"view {view}")
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
    assert len(before(course, 2)) == 1, "singular values of the run before"
    course.press("Compare")
    course.until(lambda: before(course) == [] and said(course) == "", "it to be let go")


def test_nothing_was_swallowed(course):
    assert "errors: []" in course.run_cell(1)
    assert course.problems == []


def panel(course) -> str:
    """What the question's box says."""
    return course.lab(1).locator(".course-gate").inner_text()


def test_a_question_waits_then_the_run_answers_and_it_can_be_asked_again(course):
    """By keyboard."""
    course.run_cell(2)
    course.wait_for_lab(1)
    gate = course.lab(1).locator(".course-gate")
    assert "After 0 samples" in course.sentence(1)
    assert not any(why in course.page.content() for why in ("TEMPTS<", "HOLDS<", "OTHER<"))
    gate.get_by_label("together").focus()
    course.page.keyboard.press("Space")
    course.page.keyboard.press("Enter")
    course.until(lambda: "TEMPTS" in panel(course), "the verdict")
    assert "You said: together. After " in panel(course)
    assert ("it holds." in panel(course)) == ("does not hold" not in panel(course))
    assert course.lab(1).evaluate(COVERED) == [], "what the verdict speaks of is in sight"
    course.rest(1)
    ended = course.stage(1, "frame")
    course.press("Try again", 1)
    course.until(lambda: gate.get_by_label("together").is_enabled(), "the question once more")
    course.until(lambda: "After 0 samples" in course.sentence(1), "an untrained network")
    assert "You said" not in panel(course) and ended != course.stage(1, "frame")
    course.press("Skip", 1)
    course.until(lambda: not gate.get_by_label("together").is_visible(), "the box to go")
    course.press("×10", 1)
    course.until(lambda: "After 20 samples" in course.sentence(1), "the lab to work without it")
    assert course.problems == []
