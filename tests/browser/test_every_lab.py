"""Every lab in one notebook: its sliders act by keyboard, and it fills a wall.

On a wall type is large, nothing is cut or covered, controls stand in two rows, nothing scrolls.
Nothing goes wrong unseen.
"""

import pytest

pytest.importorskip("playwright.sync_api")

from driver import open_cells  # noqa: E402
from wall import CENTRE, MEASURE, ROWS  # noqa: E402

from course_utils import labs  # noqa: E402

LAPTOP = (1366, 768)
WALLS = [(1024, 640), (3840, 2160), (1920, 1080)]
LABS = {
    "SubspaceLab": "SubspaceLab(Settings(d=20, k=3, width=40), samples=3000)",
    "BreakLab": "BreakLab(Settings(d=50, k=1, link='tanh', inputs='spiked:20:0.5'), samples=2000)",
    "CompressionLab": "CompressionLab(Settings(d=50, k=2, width=50), samples=2000)",
    "TargetLab": "TargetLab()",
    "HermiteLab": "HermiteLab()",
    "EstimatorsLab": "EstimatorsLab(Settings(d=10, k=1, link='tanh'), seeds=2)",
    "GapLab": "GapLab(samples=500, seeds=2)",
    "SingleIndexLab": "SingleIndexLab(samples=3, seeds=2)",
    "NTKLab": "NTKLab(n=300)",
}
START = "from course_utils import Settings\nfrom course_utils.labs import "
LISTED = ", ".join(f"{name}_" for name in LABS)
FORESEEN = "k = 2 does not fit"
CHECK = f"print([e for lab in ({LISTED}) for e in lab.errors if '{FORESEEN}' not in str(e)])"
SLID = ("TargetLab", "EstimatorsLab", "NTKLab", "CompressionLab")  # others: in files of their own
STILL = """lab => JSON.stringify([...lab.querySelectorAll(`.course-view, .course-words,
    .course-row > *, .course-labels span, .main-svg, .course-picture svg, .xtick text`)]
    .map(e => [e.className.baseVal ?? e.className, e.textContent.length,
        ...Object.values(e.getBoundingClientRect().toJSON()).map(Math.round)]))"""
FITS = """lab => [...lab.querySelectorAll('.course-view')].every(box => {
    const part = box.querySelector('.course-plot, .course-picture');
    if (!part.checkVisibility()) return true;
    const { width, height } = part.getBoundingClientRect();
    const svg = box.querySelector('svg').getBoundingClientRect();
    return Math.abs(svg.width - width) < 2 && Math.abs(svg.height - height) < 2;
})"""
VIEWS = "lab => [...lab.querySelectorAll('.course-view')].map(e => e.getAttribute('aria-label'))"
THEME = "dark => { document.body.dataset.jpThemeLight = String(!dark); }"


@pytest.fixture(scope="module")
def course(chromium, tmp_path_factory):
    """A notebook with every lab."""
    cells = [f"{START}{name}\n{name}_ = {make}\n{name}_" for name, make in LABS.items()]
    home = tmp_path_factory.mktemp("wall")
    with open_cells(chromium, home, [*cells, CHECK], 8968, size=LAPTOP) as page:
        page.run_all()
        yield page


def still(course, index: int) -> None:
    """Wait until a lab stands as it was when it was last asked."""
    found = [None, None, None]

    def stands() -> bool:
        found.append(course.lab(index).evaluate(STILL))
        return found[-1] == found[-2] == found[-3] and course.lab(index).evaluate(FITS)

    course.until(stands, "the lab to stand still")


def resize(course, size) -> None:
    course.page.set_viewport_size({"width": size[0], "height": size[1]})


def test_every_lab_is_here():
    made = {name for name in labs.__all__ if name.endswith("Lab") and name != "Lab"}
    assert made == set(LABS), "ReadingMap has no lecture mode; all others have"


@pytest.mark.parametrize("index,name", list(enumerate(LABS)))
def test_a_lab_on_a_laptop_and_on_three_walls(course, index, name):
    resize(course, LAPTOP)
    course.wait_for_lab(index)
    course.bring(index)
    lab = course.lab(index)
    still(course, index)
    assert lab.evaluate(ROWS) == [1, 1], "two rows of controls in a notebook"
    course.press("Lecture", index)
    course.until(lambda: course.stage(index, "lecture") == "true", "the lecture")
    faults = []
    for size in WALLS:
        resize(course, size)
        views = lab.evaluate(VIEWS)
        shown = views if size == WALLS[0] else views[:1]  # where there is the least room
        for view in shown:
            centre(course, index, view)
            still(course, index)
            faults += [f"{size}: {fault}" for fault in lab.evaluate(MEASURE) + lab.evaluate(CENTRE)]
        if lab.evaluate(ROWS) != [1, 1]:
            faults.append(f"{size}: rows {lab.evaluate(ROWS)}")
    course.page.evaluate(THEME, True)
    still(course, index)
    faults += [f"{WALLS[-1]}, dark: {fault}" for fault in lab.evaluate(MEASURE)]
    course.page.evaluate(THEME, False)
    assert faults == []
    course.page.keyboard.press("Escape")
    course.until(lambda: course.stage(index, "lecture") == "false", "the notebook")


def centre(course, index: int, view: str) -> None:
    """Bring a view to the centre."""
    lab = course.lab(index)
    place = f".course-view[aria-label='{view}']"
    if lab.locator(place).get_attribute("data-place") != "centre":
        lab.locator(f"{place} .course-bring").click()
        course.until(
            lambda: lab.locator(place).get_attribute("data-place") == "centre", f"{view} there"
        )


@pytest.mark.parametrize("index,name", [(i, n) for i, n in enumerate(LABS) if n in SLID])
def test_sliders_of_a_lab_act(course, index, name):
    course.bring(index)
    moved = 0
    for field in ("d", "k", "noise", "width"):
        slider = course.lab(index).locator(f".course-field-{field} .noUi-handle")
        if not slider.count() or not slider.is_visible():
            continue
        before = course.settings(index)[field]
        course.slide(field, "ArrowLeft" if field == "d" else "ArrowRight", index)
        if field == "k" and course.settings(index)["link"] == "tanh":  # refused with a sentence
            course.until(lambda: "k = 2" in course.error(index), "the reason why not")
            continue
        course.until(
            lambda f=field, b=before: course.settings(index)[f] != b, f"{field} of {name} to change"
        )
        moved += 1
    assert moved >= 2


def test_nothing_went_wrong_unseen(course):
    assert course.run_cell(len(LABS)).strip() == "[]"
    assert course.problems == []
