"""How a lab stands on a page: all in sight on a laptop, a wall or a phone, nothing overlaps."""

import pytest

pytest.importorskip("playwright.sync_api")

from driver import OPENING, open_cells  # noqa: E402

LAPTOP = (1366, 768)
WALLS = [(1024, 640), (1366, 768), (1920, 1080), (3840, 2160)]
PHONE = (390, 844)
CELL = OPENING + "lab = SubspaceLab(Settings(d=20, k=3, width=40), samples=3000); lab"
# Boxes of all parts that can be seen, in pixels of the window.
PARTS = """lab => [...lab.querySelectorAll(`.course-row > *, .course-transport > *, .course-view,
    .course-words, .course-time, .course-events, .course-sentence, .course-note`)]
    .filter(e => e.checkVisibility())
    .map(e => {
        const { left, top, right, bottom } = e.getBoundingClientRect();
        const name = e.getAttribute('aria-label') || e.className || e.tagName;
        return { name, left, top, right, bottom, place: e.dataset.place ?? '' };
    }).filter(({ right, left, bottom, top }) => right > left && bottom > top)"""
ROOM = "() => document.querySelector('.jp-WindowedPanel-outer').getBoundingClientRect().toJSON()"
# The page has heard of its new size: type follows in the next painted frame, figures in another.
HEARD = """async ([width, height]) => {
    const painted = () => new Promise(resolve => requestAnimationFrame(resolve));
    while (innerWidth !== width || innerHeight !== height) await painted();
    for (let i = 0; i < 4; i++) await painted();
}"""
DRAWN = """lab => [...lab.querySelectorAll('.course-view')].every(box => {
    const part = box.querySelector('.course-plot, .course-picture');
    const { width, height } = part.getBoundingClientRect();
    const svg = box.querySelector('svg').getBoundingClientRect();
    return Math.abs(svg.width - width) < 2 && Math.abs(svg.height - height) < 2;
})"""
CENTRE = "lab => lab.querySelector('.course-view[data-place=centre]').getAttribute('aria-label')"


@pytest.fixture(scope="module")
def course(chromium, tmp_path_factory):
    """A notebook with a lab and a cell that says what the lab remembers."""
    foreseen = "[e for e in lab.errors if 'd = 0' not in str(e)]"
    cells = [CELL, f"print('central:', lab.stage.central); print('errors:', {foreseen})"]
    with open_cells(chromium, tmp_path_factory.mktemp("layout"), cells, 8961, size=LAPTOP) as page:
        page.run_cell(0)
        page.wait_for_lab()
        yield page


def fits(course, size) -> list[dict]:
    """The parts, once the page has this size and every figure is drawn for it."""
    course.page.set_viewport_size({"width": size[0], "height": size[1]})
    course.page.evaluate(HEARD, list(size))
    found = [None, None]

    def stands() -> bool:  # as it was when it was last asked
        found.append(course.lab().evaluate(PARTS))
        return found[-1] == found[-2] and course.lab().evaluate(DRAWN)

    course.until(stands, f"the lab to stand still at {size}")
    return found[-1]


def apart(parts: list[dict]) -> None:
    """AssertionError where two parts lie on each other."""
    for i, a in enumerate(parts):
        for b in parts[:i]:
            across = min(a["right"], b["right"]) - max(a["left"], b["left"])
            up = min(a["bottom"], b["bottom"]) - max(a["top"], b["top"])
            assert min(across, up) < 1, f"{a['name']} lies on {b['name']}: {a}, {b}"


def inside(parts: list[dict], room: dict) -> None:
    """AssertionError where a part is not all in sight."""
    for part in parts:
        assert room["left"] - 1 <= part["left"] and part["right"] <= room["right"] + 1, part
        assert room["top"] - 1 <= part["top"] and part["bottom"] <= room["bottom"] + 1, part


def centre(parts: list[dict]) -> dict:
    """The part in the centre."""
    return next(part for part in parts if part["place"] == "centre")


def area(part: dict) -> float:
    return (part["right"] - part["left"]) * (part["bottom"] - part["top"])


def test_on_a_small_laptop_a_lab_is_all_in_sight(course):
    """Menus, tabs and the side bar of JupyterLab as they are at first."""
    course.lab().evaluate("lab => lab.scrollIntoView({ block: 'start' })")
    parts = fits(course, LAPTOP)
    apart(parts)
    inside(parts, course.page.evaluate(ROOM))
    beside = [part for part in parts if part["place"] == "beside"]
    assert len(beside) == 4 and min(area(centre(parts)) / area(part) for part in beside) > 4
    tops = {part["top"] // 12 for part in parts if part["bottom"] <= centre(parts)["top"] + 1}
    assert len(tops) <= 4, "controls stand in two rows, whose parts are of two heights"


def test_a_click_or_a_key_brings_a_view_to_the_centre_and_the_lab_remembers_it(course):
    assert course.lab().evaluate(CENTRE) == "picture"
    course.lab().locator(".course-bring", has_text="linear fit").click()
    course.until(lambda: course.lab().evaluate(CENTRE) == "test risk", "the risk in the centre")
    apart(fits(course, LAPTOP))
    course.press("Angles to the hidden directions: bring to the centre")
    course.until(lambda: course.lab().evaluate(CENTRE) == "angles", "the angles in the centre")
    held = "document.activeElement.getAttribute('aria-label')"
    assert course.page.evaluate(held) == "angles"
    course.press("singular values rise: bring")
    course.until(lambda: "singular" in course.lab().evaluate(CENTRE), "singular values there")
    assert "central: singular values" in course.run_cell(1)
    frames = course.frames()
    course.press("Step")
    course.until(lambda: course.frames() > frames, "a step")
    assert "singular" in course.lab().evaluate(CENTRE)
    course.press("Neurons over 2 of 3 hidden directions: bring")


def test_a_slider_is_one_stop_of_the_tab_key(course):
    stops = """lab => [...lab.querySelectorAll('.course-first .widget-slider')].map(
        box => [...box.querySelectorAll('*')].filter(e => e.tabIndex >= 0).length)"""
    assert course.lab().evaluate(stops) == [1] * 5


def test_more_opens_over_the_figures_and_moves_nothing(course):
    before = fits(course, LAPTOP)
    more = course.lab().get_by_role("button", name="More")
    more.click()
    width = course.lab().locator(".course-field-width")
    width.wait_for(state="visible")
    assert more.get_attribute("aria-expanded") == "true"
    outside = [part for part in course.lab().evaluate(PARTS) if part in before]
    assert len(outside) == len(before), "all is where it was"
    box = course.lab().locator(".course-more").bounding_box()
    assert 0 <= box["x"] and box["x"] + box["width"] <= LAPTOP[0]
    course.page.keyboard.press("Escape")
    width.wait_for(state="hidden")
    assert more.get_attribute("aria-expanded") == "false"


def test_an_error_stands_over_the_figures(course):
    before = fits(course, LAPTOP)
    course.lab().get_by_label("settings code").fill("d=0")
    course.press("Apply")
    course.until(lambda: "d = 0" in course.error(), "the error")
    box = course.lab().locator(".course-error").bounding_box()
    middle = centre(before)
    assert middle["top"] <= box["y"] and box["y"] + box["height"] < middle["bottom"]
    assert fits(course, LAPTOP) == before, "it moves nothing"
    course.lab().get_by_role("button", name="Dismiss").click()
    course.until(lambda: course.error() == "", "the figures again")


def test_keys_play_step_look_back_and_take_the_next_preset(course):
    fits(course, LAPTOP)
    centred = course.lab().locator(".course-view[data-place=centre]")
    course.press("Reset")
    course.until(lambda: course.sentence().startswith("After 0 samples"), "the first state")
    centred.click(position={"x": 20, "y": 60})
    assert course.page.evaluate("document.activeElement.dataset.place") == "centre"
    shown = lambda: int(course.stage(0, "shown"))  # noqa: E731
    course.page.keyboard.press("ArrowRight")
    course.until(lambda: shown() == 1, "one step")
    course.page.keyboard.press("ArrowRight")
    course.until(lambda: shown() == 2, "another step")
    course.page.keyboard.press("ArrowLeft")
    course.until(lambda: shown() == 1, "the moment before")
    course.page.keyboard.press("ArrowRight")
    course.until(lambda: shown() == 2, "the last moment")
    course.page.keyboard.press("Space")
    course.until(lambda: course.stage(0, "playing") == "true" and shown() > 4, "the run")
    course.page.keyboard.press("Space")
    course.rest()
    preset = course.lab().locator(".course-field-preset select").input_value
    course.page.keyboard.press("n")
    course.until(lambda: preset() == "the theorem holds", "the first preset")
    course.page.keyboard.press("n")
    course.until(lambda: preset() == "no weight decay", "the second preset")
    course.page.keyboard.press("Space")
    course.rest()


def test_keys_of_a_field_and_of_a_button_stay_theirs(course):
    code = course.lab().get_by_label("settings code")
    code.fill("")
    code.focus()
    course.page.keyboard.type("`noise = 0.3, ")
    course.page.keyboard.type("d=20 k=3 link=chain`")
    before = course.settings()
    assert course.stage(0, "playing") == "false"
    course.page.keyboard.press("Enter")
    course.until(lambda: course.settings()["noise"] == "0.3", "the code")
    changed = {name for name, value in course.settings().items() if value != before.get(name)}
    assert changed <= {"noise", "d", "k", "link"}, "nothing else"
    course.press("Test risk: bring to the centre")
    button = course.lab().locator(".course-bring:visible").first
    wanted = button.inner_text()
    button.focus()
    course.page.keyboard.press("Space")
    course.until(
        lambda: wanted not in course.lab().locator(".course-bring:visible").all_inner_texts(),
        "the view in the centre",
    )
    assert course.stage(0, "playing") == "false"


def test_space_on_a_focused_button_of_play_counts_once(course):
    """Firefox presses a button when Space is let go, whatever became of the key's going down."""
    course.press("Reset")
    course.until(lambda: course.sentence().startswith("After 0 samples"), "the first state")
    course.lab().locator(".course-play").focus()
    course.page.keyboard.press("Space")
    course.until(lambda: course.stage(0, "playing") == "true", "the run")
    course.page.keyboard.press("Space")
    course.rest()
    prevented = (
        course.lab()
        .locator(".course-play")
        .evaluate("""button => {
        const how = { key: ' ', bubbles: true, cancelable: true };
        return ['keydown', 'keyup', 'keyup'].map(
            type => !button.dispatchEvent(new KeyboardEvent(type, how)));
    }""")
    )
    assert prevented == [True, True, False]
    course.until(lambda: course.stage(0, "playing") == "true", "the run again")
    course.press("Pause")
    course.rest()


def test_the_first_frames_of_play_move_the_picture(course):
    """Within fifteen painted frames, half a second at 30 a second, neurons have moved."""
    if course.lab().evaluate(CENTRE) != "picture":
        course.press("Neurons over")
    drawn = """lab => [...lab.querySelectorAll('.course-picture [data-name^=neurons]')]
        .map(p => p.getAttribute('d')).join().match(/-?[\\d.]+/g).map(Number)"""
    course.press("Reset")
    course.until(lambda: course.sentence().startswith("After 0 samples"), "the first state")
    frames, first = course.frames(), course.lab().evaluate(drawn)
    course.press("Play")
    course.until(lambda: course.frames() >= frames + 15, "fifteen frames")
    course.press("Pause")
    course.rest()
    now = course.lab().evaluate(drawn)
    moved = sorted(first), sorted(now)
    assert sum(abs(a - b) > 2 for a, b in zip(*moved, strict=False)) > len(first) / 10


@pytest.mark.parametrize("size", WALLS, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_lecture_fills_its_wall(course, size):
    if course.stage(0, "lecture") != "true":
        course.press("Lecture")
    course.until(lambda: course.stage(0, "lecture") == "true", "the lecture")
    parts = fits(course, size)
    apart(parts)
    room = {"left": 0, "top": 0, "right": size[0], "bottom": size[1]}
    inside(parts, room)
    assert area(centre(parts)) > 0.25 * size[0] * size[1]
    assert max(part["bottom"] for part in parts) > 0.9 * size[1]
    # type of at least 18 pixels and 2 % of the wall's height, in words and in the figure
    for what in (".course-sentence", ".course-view[data-place=centre] text"):
        text = course.lab().locator(what).first
        pixels = float(text.evaluate("e => parseFloat(getComputedStyle(e).fontSize)"))
        assert pixels >= max(0.018 * size[1], 14), what
    assert course.lab().get_by_label("settings code").is_visible()


def test_on_a_phone_one_column_begins_with_the_picture(course):
    parts = fits(course, PHONE)
    apart(parts)
    views = [part for part in parts if part["place"]]
    assert all(0 <= part["left"] and part["right"] <= PHONE[0] for part in parts)
    assert centre(parts)["top"] == min(part["top"] for part in parts)
    assert {round(part["left"]) for part in views} == {round(views[0]["left"])}, "one column"
    assert centre(parts)["bottom"] < 0.75 * PHONE[1], "the buttons under it are in sight"
    course.page.keyboard.press("Escape")
    course.until(lambda: course.stage(0, "lecture") == "false", "the notebook")


def test_nothing_went_wrong_unseen(course):
    fits(course, LAPTOP)
    assert "errors: []" in course.run_cell(1)
    assert course.problems == []
