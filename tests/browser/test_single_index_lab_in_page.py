"""SingleIndexLab in Chromium: every control and preset, the code, the look back.

By keyboard, or by menu.
"""

import pytest

pytest.importorskip("playwright.sync_api")

from driver import open_cells  # noqa: E402

from course_utils.labs import SingleIndexLab  # noqa: E402

OPEN = (
    "from course_utils import Settings\n"
    "from course_utils.labs import SingleIndexLab\n"
    "lab = SingleIndexLab(Settings(link='cubic', d=50, width=20, weight_decay=0.5), "
    "samples=3, seeds=2)\nlab"
)
CHECK = "lab.raise_errors(); print('no error was swallowed')"


@pytest.fixture(scope="module")
def course(chromium, tmp_path_factory):
    """A notebook with the lab, and a cell that raises what callbacks have swallowed."""
    with open_cells(chromium, tmp_path_factory.mktemp("single"), [OPEN, CHECK], 8959) as page:
        page.run_cell(0)
        page.wait_for_lab()
        yield page


def rested(course) -> str:
    """The sentence of the lab once nothing is left to be measured."""
    course.rest()
    course.until(lambda: "goes on" not in course.sentence(), "the last words")
    return course.sentence()


def choose(course, field: str, label: str) -> None:
    """Choose from a menu."""
    course.lab().locator(f".course-field-{field} select").select_option(label=label)


def test_four_views_are_painted(course):
    assert "T = 150 = 3 d: R²" in rested(course)
    first, second, third, last = (course.curves(view) for view in range(4))
    assert set(first) == {"f", "phase 1 alone", "old biases", "both phases", "kinks"}
    assert set(second) == {"best linear", "old biases", "both phases", "by the angle"}
    assert set(third) == {"∝ √(d/T)", "angle"}
    assert set(last) == {"f", "by the angle", "both phases"}
    assert second["both phases"][0] == [0.3, 1, 2, 3]
    assert len(set(course.drawn(0))) >= 4, "the curves are on the page, not only in its data"


def test_the_look_back_asks_nobody_and_the_kernel_hears_where_it_rests(course):
    rested(course)
    now = course.curves(0)["both phases"][1]
    slider = course.lab().get_by_label("look back")
    slider.focus()
    course.page.keyboard.press("ArrowLeft")
    course.until(lambda: "T = 100 = 2 d" in course.sentence(), "the row before")
    course.until(lambda: course.curves(0)["both phases"][1] != now, "its function")
    assert "t = 100 = 2 d" in course.lab().locator(".course-time").inner_text()
    slider.focus()
    for _ in range(3):
        course.page.keyboard.press("ArrowLeft")
    course.until(lambda: "T = 15 = 0.3 d" in course.sentence(), "the first row")
    course.page.keyboard.press("End")
    course.until(lambda: "T = 150 = 3 d" in course.sentence(), "now")
    course.until(lambda: course.curves(0)["both phases"][1] == now, "the function of now")


MOVES = {"noise": "ArrowRight", "width": "ArrowRight", "d": "ArrowLeft"}


@pytest.mark.parametrize("field", MOVES)
def test_every_slider_measures_anew_and_the_curve_before_stays(course, field):
    rested(course)
    before = course.settings()
    course.slide(field, MOVES[field])
    course.until(lambda: course.settings()[field] != before[field], f"{field} to change")
    rested(course)
    assert {k for k in before if course.settings()[k] != before[k]} == {field}
    grey = [name for name in course.curves(1) if name.startswith("before:")]
    assert grey == [f"before: {field} {before[field]}"]


def test_another_link_is_learned(course):
    rested(course)
    choose(course, "link", "tanh(2z)")
    course.until(lambda: course.settings()["link"] == "tanh", "the link")
    assert rested(course).startswith("tanh(2z), d = 20")
    assert max(course.curves(0)["f"][1]) < 1.01


def test_t_moves_the_end_of_the_curves(course):
    rested(course)
    course.slide("samples")
    course.until(lambda: "T = 100 = 5 d" in rested(course), "curves up to 5 d")
    assert course.curves(1)["both phases"][0][-1] == 5
    course.slide("samples", "ArrowLeft")
    course.until(lambda: course.curves(1)["both phases"][0][-1] == 3, "the end at 3 d")


def test_the_reach_shades_where_nothing_bends(course):
    rested(course)
    assert "no kinks here" not in course.curves(0)
    course.slide("reach")
    course.until(lambda: "no kinks here" in course.curves(0), "the shading")
    rested(course)
    kinks = course.curves(0)["kinks"][0]
    assert sum(abs(z) < 0.5 for z in kinks) > len(kinks) / 2
    course.slide("reach", "ArrowLeft")
    course.until(lambda: "no kinks here" not in course.curves(0), "the rule again")


def test_phase_2_by_sgd(course):
    rested(course)
    solved = course.curves(1)["both phases"][1]
    course.open_more()
    choose(course, "passes", "1 pass of SGD")
    course.until(lambda: "before: phase 2 solved" in course.curves(1), "SGD")
    rested(course)
    assert course.curves(1)["both phases"][1] != solved
    choose(course, "passes", "solved")
    course.until(lambda: "before: phase 2 1 pass of SGD" in course.curves(1), "the solution")
    rested(course)
    course.until(lambda: course.curves(1)["both phases"][1] == solved, "the same curve")


def test_buttons_add_seeds_and_draw_anew(course):
    rested(course)
    course.press("3 more seeds")
    course.until(lambda: "mean of 5 seeds" in rested(course), "three more seeds")
    seed = course.settings()["seed"]
    course.open_more()
    course.press("New samples")
    course.until(lambda: course.settings()["seed"] != seed, "other seeds")
    assert "mean of 5 seeds" in rested(course)


def test_controls_behind_more(course):
    course.open_more()
    for field, label in (("loss", "square"), ("bias", "none")):
        choose(course, field, label)
        course.until(lambda f=field, v=label: course.settings()[f] == v, field)
        rested(course)
    light = course.lab().locator(".course-light", has_text="bounded steps")
    course.until(lambda: light.get_attribute("data-on") == "false", "the light to go out")
    course.slide("weight_decay")
    course.until(lambda: course.settings()["weight_decay"] != "0.5", "the decay")
    rested(course)
    course.lab().locator(".course-field-seed input").focus()
    before = course.settings()["seed"]
    course.page.keyboard.press("ArrowUp")
    course.until(lambda: course.settings()["seed"] != before, "the seed")
    rested(course)
    code = course.lab().get_by_label("settings code")
    code.fill("d=50 link=relu loss=huber seed=2")
    course.press("Apply")
    course.until(lambda: course.settings()["d"] == "50", "the code")
    assert course.settings()["link"] == "relu" and course.settings()["bias"] == "none"
    rested(course)
    code.fill("link=chain k=3")
    course.press("Apply")
    course.until(lambda: "one direction" in course.error(), "the reason why not")
    assert course.settings()["link"] == "relu"
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
        assert saved[-1].lower().startswith("singleindexlab_") and saved[-1].endswith(
            f".{form.lower()}"
        )
        assert f"d={course.settings()['d']}" in saved[-1]
    assert len(saved) == 3


@pytest.mark.parametrize("name", SingleIndexLab.presets)
def test_every_preset_brings_its_settings_knobs_and_sentence(course, name):
    """The next one is chosen before this one is measured to the end."""
    settings, says, knobs = SingleIndexLab.presets[name]
    choose(course, "preset", name)
    wanted = {"link": settings.link, "d": str(settings.d), "width": str(settings.width)}
    course.until(lambda: wanted.items() <= course.settings().items(), "the settings")
    course.until(lambda: says in course.lab().locator(".course-note").inner_text(), "its note")
    reach = course.lab().locator(".course-field-reach .widget-readout")
    told = f"{knobs['reach']:g}" if knobs["reach"] else "rule"
    course.until(lambda: reach.inner_text() == told, "the reach")
    menu = course.lab().locator(".course-field-passes select")
    place = 1 if knobs["passes"] else 0
    course.until(lambda: menu.evaluate("e => e.selectedIndex") == place, "phase 2")
    assert course.error() == ""


def test_lecture_mode_opens_and_escape_leaves_it(course):
    choose(course, "preset", "ten neurons")
    rested(course)
    course.press("Lecture")
    lecture = course.lab().locator(".course-scene").first
    course.until(
        lambda: lecture.evaluate("e => e.getBoundingClientRect().width") > 1200, "the whole page"
    )
    course.page.keyboard.press("Escape")
    course.until(
        lambda: lecture.evaluate("e => e.getBoundingClientRect().width") < 1200, "the notebook"
    )


def test_nothing_went_wrong_unseen(course):
    said = course.run_cell(1)
    assert "no error was swallowed" in said or "one direction" in said
    assert course.problems == []
