"""GapLab in Chromium: every control is moved by keyboard, and the page shows what follows."""

import pytest

pytest.importorskip("playwright.sync_api")

from driver import open_cells  # noqa: E402

OPEN = (
    "from course_utils import Settings\n"
    "from course_utils.labs import GapLab\n"
    "lab = GapLab(Settings(link='sum_tanh', d=10, k=1, width=30, weight_decay=0.5), "
    "samples=200, seeds=2)\nlab"
)
GATED = """from course_utils.labs import Question
question = Question(
    "The width grows from 30 to 300. What does the mean gap do?",
    {"it grows": "TEMPTS", "it stays": "HOLDS"}, "it stays", then={"set width": 300})
small = Settings(link="sum_tanh", d=10, k=1, width=30, weight_decay=0.5)
lab = GapLab(small, samples=200, seeds=2, question=question); lab"""
CHECK = "lab.raise_errors(); print('no error was swallowed')"


@pytest.fixture(scope="module")
def course(chromium, tmp_path_factory):
    """A notebook with the lab, and a cell that raises what callbacks have swallowed."""
    with open_cells(chromium, tmp_path_factory.mktemp("gap"), [OPEN, CHECK, GATED], 8958) as page:
        page.run_cell(0)
        page.wait_for_lab()
        yield page


def rested(course) -> str:
    """The sentence of the lab once nothing is left to be measured."""
    course.until(
        lambda: "measur" not in course.sentence().lower() and "seeds)" in course.sentence(),
        "the measuring to end",
    )
    return course.sentence()


def test_four_views_are_painted(course):
    assert "T = 200: mean gap" in rested(course)
    for view in range(4):
        assert course.curves(view), view
    assert {"√(kd/T)", "gap, mean", "predicted", "luck of one run"} <= set(course.curves(0))
    assert len(set(course.drawn(0))) >= 4, "the curves are on the page, not only in its data"


MOVES = {
    "d": "ArrowRight",
    "noise": "ArrowRight",
    "width": "ArrowLeft",
    "weight_decay": "ArrowLeft",
}


@pytest.mark.parametrize("field", MOVES)
def test_every_slider_measures_anew_and_the_curve_before_stays(course, field):
    before = course.settings()
    course.slide(field, MOVES[field])
    course.until(lambda: course.settings()[field] != before[field], f"{field} to change")
    rested(course)
    assert {k for k in before if course.settings()[k] != before[k]} == {field}
    grey = [name for name in course.curves(0) if name.startswith("before:")]
    assert len(grey) == 1


def test_two_directions_have_no_suprema_and_one_has(course):
    assert len(course.curves(1)) == 3
    course.slide("k")
    course.until(lambda: course.settings()["k"] == "2", "k to change")
    rested(course)
    assert course.curves(1) == {}
    course.slide("k", "ArrowLeft")
    course.until(lambda: course.settings()["k"] == "1", "k to come back")
    course.until(lambda: len(course.curves(1)) == 3, "the suprema")


def test_t_moves_the_end_of_the_curves(course):
    rested(course)
    course.slide("samples")
    course.until(lambda: "T = 500: mean gap" in course.sentence(), "curves up to 500 samples")
    rested(course)
    course.until(lambda: course.curves(0)["gap, mean"][0][-1] == 500, "the last point")
    course.slide("samples", "ArrowLeft")
    course.until(lambda: course.curves(0)["gap, mean"][0][-1] == 200, "the end at 200")


def choose(course, field: str, label: str) -> None:
    """Choose from a menu."""
    course.lab().locator(f".course-field-{field} select").select_option(label=label)


def test_what_was_measured_is_compared_by_another_field(course):
    rested(course)
    assert len(course.curves(3)["gap × T / d"][0]) >= 1
    course.open_more()
    choose(course, "against", "d")
    title = "[...lab.querySelectorAll('.course-view')][3].textContent"
    course.until(
        lambda: "against d" in course.lab().evaluate(f"lab => {title}"), "the comparison by d"
    )
    assert len(course.curves(3)["gap × T / d"][0]) >= 1


def test_buttons_add_seeds_and_draw_anew(course):
    rested(course)
    course.press("6 more seeds")
    course.until(lambda: "(8 seeds)" in rested(course), "six more seeds")
    seed = course.settings()["seed"]
    course.open_more()
    course.press("New samples")
    course.until(lambda: course.settings()["seed"] != seed, "another seed")
    assert "(8 seeds)" in rested(course)


def test_presets_bring_a_sentence(course):
    rested(course)
    choose(course, "preset", "every direction counts")
    course.until(lambda: course.settings()["k"] == "50", "the preset")
    rested(course)
    assert "bound above τ" in course.curves(0)
    course.until(  # words come a moment after the figures
        lambda: "the bound is seven times larger" in course.lab().inner_text(), "the note"
    )


def test_controls_behind_more(course):
    course.open_more()
    choose(course, "link", "tanh: tanh(2z)")  # k follows
    course.until(lambda: course.settings()["link"] == "tanh", "the link")
    assert course.settings()["k"] == "1"
    rested(course)
    course.lab().locator(".course-field-seed input").focus()
    before = course.settings()["seed"]
    course.page.keyboard.press("ArrowUp")
    course.until(lambda: course.settings()["seed"] != before, "the seed")
    rested(course)
    code = course.lab().get_by_label("settings code")
    code.fill("d=20 width=10 seed=2")
    course.press("Apply")
    course.until(lambda: course.settings()["d"] == "20", "the code")
    assert course.settings()["width"] == "10"
    rested(course)
    code.fill("width=100000 d=400")
    course.press("Apply")
    course.until(lambda: "too large for this lab" in course.error(), "the reason why not")
    assert course.settings()["d"] == "20"
    course.slide("noise")
    course.until(lambda: course.error() == "", "the box to close")


def test_what_is_shown_can_be_saved(course):
    """Each time one file, named by lab, settings and time."""
    rested(course)
    saved = []
    course.page.on("download", lambda download: saved.append(download.suggested_filename))
    for n, form in enumerate(("SVG", "PNG", "CSV"), 1):
        course.open_more()
        course.press(form)
        course.until(lambda n=n: len(saved) >= n, f"a file of {form}")
        assert saved[-1].lower().startswith("gaplab_") and f".{form.lower()}" in saved[-1]
        assert f"d={course.settings()['d']}" in saved[-1]
    assert len(saved) == 3


def test_lecture_mode_opens_and_escape_leaves_it(course):
    course.press("Lecture")
    lecture = course.lab().locator(".course-scene").first
    course.until(
        lambda: lecture.evaluate("e => e.getBoundingClientRect().width") > 1200, "the whole page"
    )
    course.page.keyboard.press("Escape")
    course.until(
        lambda: lecture.evaluate("e => e.getBoundingClientRect().width") < 1200, "the notebook"
    )


def test_a_question_waits_then_what_is_measured_answers_and_it_can_be_asked_again(course):
    course.run_cell(2)
    course.wait_for_lab(1)
    gate = course.lab(1).locator(".course-gate")
    course.until(lambda: course.settings(1).get("width") == "30", "what was before the change")
    assert not any(why in course.page.content() for why in ("TEMPTS<", "HOLDS<"))
    gate.get_by_label("it grows").focus()
    course.page.keyboard.press("Space")
    course.page.keyboard.press("Enter")
    course.until(lambda: "TEMPTS" in gate.inner_text(), "the verdict")
    assert "You said: it grows. Measured: it does not hold" in gate.inner_text()
    assert course.settings(1)["width"] == "300"
    course.press("Try again", 1)
    course.until(lambda: course.settings(1)["width"] == "30", "what was before the change")
    course.until(lambda: gate.get_by_label("it grows").is_enabled(), "the question once more")
    assert "You said" not in gate.inner_text()


def test_nothing_went_wrong_unseen(course):
    said = course.run_cell(1)
    assert "no error was swallowed" in said or "too large for this lab" in said
    assert course.problems == []
