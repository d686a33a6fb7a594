"""The lab in Chromium, used by keyboard as a student would."""

import shutil
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("playwright.sync_api")

from driver import OPENING, open_cells, open_folder  # noqa: E402

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02_sgd_finds_the_subspace.ipynb"
MOVES = {"d": "d", "k": "k", "noise": "noise", "weight_decay": "weight_decay", "step": "step"}


@pytest.fixture(scope="module")
def course(chromium, tmp_path_factory):
    """Notebook 02 up to its lab, with one cell more that raises what callbacks have swallowed."""
    home = tmp_path_factory.mktemp("course")
    folder = home / "notebooks"
    folder.mkdir()
    notebook = nbformat.read(shutil.copy(NOTEBOOK, folder), as_version=4)
    last = next(i for i, cell in enumerate(notebook.cells) if "lab = SubspaceLab(" in cell.source)
    notebook.cells = notebook.cells[: last + 1]
    notebook.cells.append(
        nbformat.v4.new_code_cell("lab.raise_errors(); print('no error was swallowed')")
    )
    nbformat.write(notebook, folder / NOTEBOOK.name)
    with open_folder(chromium, home, folder, 8952) as page:
        page.before = 1  # the movie
        page.run_all()
        page.wait_for_lab()
        last_cell = page.page.get_by_text("no error was swallowed", exact=True)
        last_cell.wait_for()  # it has run
        yield page


def test_plotly_js_comes_from_the_server(course):
    loaded = "performance.getEntriesByType('resource').map(entry => entry.name)"
    found = [name for name in course.page.evaluate(loaded) if "plotly.min.js" in name]
    assert len(found) == 1 and "/static/plotly.min.js?v=" in found[0]


def test_angles_fall_while_it_plays(course):
    course.bring()
    course.press("Reset")
    course.until(lambda: course.sentence().startswith("After 0 samples"), "the reset")
    start = {name: y[-1] for name, (_, y) in course.curves().items()}
    assert len(start) == 3 and min(start.values()) > 45
    course.press("Play")
    course.until(
        lambda: max(y[-1] for _, y in course.curves().values()) < 20,
        "every angle to fall under 20 degrees",
    )
    assert len(set(course.drawn())) >= 3, "the curves are on the page, not only in its data"


def test_pause_leaves_the_kernel_idle(course):
    course.press("Pause")
    course.rest()
    frames = course.frames()
    course.until_idle()
    assert course.frames() == frames


@pytest.mark.parametrize("field", MOVES)
def test_every_slider_shows_its_change_on_the_page(course, field):
    before = course.settings()
    course.slide(field)
    course.until(
        lambda: course.settings()[field] != before[field], f"{field} to change on the page"
    )
    assert {k for k in before if course.settings()[k] != before[k]} == {field}
    course.slide(field, "ArrowLeft")
    course.until(lambda: course.settings() == before, f"{field} to come back")


BEHIND_MORE = {
    "link": "staircase",
    "activation": "tanh",
    "loss": "square",
    "schedule": "decreasing",
    "bias": "away",
    "width": None,
    "seed": None,
}


@pytest.mark.parametrize("field,value", BEHIND_MORE.items())
def test_every_field_behind_more_shows_its_change(course, field, value):
    if not course.lab().locator(".course-field-width").is_visible():
        course.lab().locator(".course-more-switch").click()
    before = course.settings()
    box = course.lab().locator(f".course-field-{field}")
    if value is None:
        box.locator(".noUi-handle, input").first.focus()
        course.page.keyboard.press("ArrowUp")
    else:
        box.locator("select").focus()
        for _ in range(20):  # by keyboard, until the menu shows it
            if box.locator("option:checked").inner_text().startswith(value):
                break
            course.page.keyboard.press("ArrowDown")
    course.until(
        lambda: course.settings()[field] != before[field], f"{field} to change on the page"
    )


def test_step_x10_new_seed_and_look_back(course):
    course.press("Reset")
    course.until(lambda: course.sentence().startswith("After 0 samples"), "the reset")
    course.press("Step")
    course.until(lambda: not course.sentence().startswith("After 0 samples"), "a step")
    stepped = course.sentence()
    course.press("×10")
    course.until(lambda: course.sentence() != stepped, "ten times as many samples")
    course.rest()
    end = course.sentence()
    course.lab().locator(".course-time input").focus()
    course.page.keyboard.press("Home")
    course.until(lambda: course.sentence() != end, "the first moment")
    course.page.keyboard.press("End")
    course.until(lambda: course.sentence() == end, "the end of the run")
    seed = course.settings()["seed"]
    course.press("New seed")
    course.until(lambda: course.settings()["seed"] != seed, "a new seed")


def test_looking_back_asks_nobody_until_it_rests(course):
    """The page has every row: each step of the slider shows one, and only the last is told."""
    course.bring()
    course.press("Reset")
    course.press("Play")
    course.until(lambda: int(course.stage(0, "shown")) > 20, "some rows")
    course.press("Pause")
    course.rest()
    sent, client = [], course.page.context.new_cdp_session(course.page)
    client.send("Network.enable")
    client.on("Network.webSocketFrameSent", lambda event: sent.append(event["response"]))
    frames, rows = course.frames(), int(course.stage(0, "shown"))
    slider = course.lab().locator(".course-time input")
    for position in (600, 300, 0):
        shown = course.stage(0, "shown")
        slider.evaluate(
            "(e, at) => { e.value = at; e.dispatchEvent(new Event('input')); }", position
        )
        course.until(lambda shown=shown: course.stage(0, "shown") != shown, "another row")
        assert int(course.stage(0, "shown")) < rows and course.frames() == frames and not sent
    course.until(
        lambda: course.sentence().startswith("After 0 samples"), "its words"
    )  # not at once
    slider.evaluate("e => e.dispatchEvent(new Event('change'))")
    course.until(lambda: sent and course.frames() > frames, "the kernel to hear of it")
    assert course.stage(0, "shown") == "0"
    client.detach()


def test_nothing_went_wrong_unseen(course):
    last = course.page.locator(".jp-Notebook .jp-CodeCell").count() - 1
    assert "no error was swallowed" in course.run_cell(last)
    assert course.error() == ""
    assert course.problems == []


def test_divergence_is_a_sentence_and_the_controls_live(chromium, tmp_path):
    settings = "Settings(d=20, k=1, link='cubic', loss='square', step=20.0)"
    cell = OPENING + f"lab = SubspaceLab({settings}); lab"
    with open_cells(chromium, tmp_path, [cell], 8953) as page:
        page.run_all()
        page.wait_for_lab()
        page.press("Play")
        page.until(lambda: "diverged" in page.error(), "the error box")
        assert "step" in page.error()
        page.press("Reset")
        page.until(lambda: page.error() == "", "the box to close")
        page.slide("noise")
        page.until(lambda: page.settings()["noise"] != "0.1", "the slider to act")
        assert page.problems == []
