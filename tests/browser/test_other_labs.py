"""Every other lab of the course in Chromium: it paints, and each slider acts by keyboard.

Nothing goes wrong unseen.
"""

import pytest

pytest.importorskip("playwright.sync_api")

from driver import open_cells  # noqa: E402

LABS = {
    "TargetLab": "TargetLab(Settings(d=20, k=1, link='tanh'))",
    "EstimatorsLab": "EstimatorsLab(Settings(d=10, k=1, link='tanh'))",
    "NTKLab": "NTKLab()",
    "CompressionLab": "CompressionLab(Settings(d=50, k=2, width=50), samples=2000)",
}
START = "from course_utils import Settings\nfrom course_utils.labs import "
CHECK = "; ".join(f"{name}_.raise_errors()" for name in LABS) + "; print('nothing was swallowed')"


@pytest.fixture(scope="module")
def course(chromium, tmp_path_factory):
    cells = [f"{START}{name}\n{name}_ = {make}\n{name}_" for name, make in LABS.items()]
    with open_cells(chromium, tmp_path_factory.mktemp("labs"), [*cells, CHECK], 8955) as page:
        yield page


@pytest.mark.parametrize("index,name", list(enumerate(LABS)))
def test_a_lab_paints_and_its_sliders_act(course, index, name):
    course.run_cell(index)
    course.wait_for_lab(index)
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
    said = course.run_cell(len(LABS))
    assert "nothing was swallowed" in said or "k = 2 does not fit" in said
    assert course.problems == []
