"""Views bound to tables: drawn as given arrays are, looked back on without a message, named."""

from xml.etree import ElementTree

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api")

from bound import TIMES, Recording, views  # noqa: E402
from test_drawings import check  # noqa: E402

SLIDER = "root.querySelector('.course-time input')"
MOVE = f"""position => {{
    const slider = {SLIDER};
    slider.value = position;
    slider.dispatchEvent(new Event('input'));
}}"""
REST = f"() => {{ {SLIDER}.dispatchEvent(new Event('change')); rest(); }}"
LOOKS = "sent.filter(m => m.type === 'looked').map(m => [m.samples, m.seq])"
TEXT = "name => root.querySelector(name).textContent"
LABELS = """gd => [...gd.parentElement.querySelectorAll('.course-labels span')]
    .filter(e => !e.hidden).map(e => {
        const { left, right, top, bottom } = e.getBoundingClientRect();
        const plot = gd.querySelector('.bglayer, .plot').closest('svg').parentElement;
        const frame = gd.querySelector('.nsewdrag').getBoundingClientRect();
        return { text: e.textContent, colour: getComputedStyle(e).color,
            left: left - frame.left, right: right - frame.left, top: top - frame.top,
            bottom: bottom - frame.top, width: frame.width, height: frame.height };
    })"""


@pytest.fixture
def run(bare):
    """A run of 40 rows on the page."""
    recording = Recording()
    bare.feed([recording.frame(TIMES[:40])])
    return recording


def look(bare, position: int) -> int:
    """Move the slider, and wait until the page says that it is painted; the row that is shown."""
    before = bare.page.evaluate("root.dataset.lookedAt")
    bare.page.evaluate(MOVE, position)
    bare.page.wait_for_function("before => (root.dataset.lookedAt ?? null) !== before", arg=before)
    return int(bare.page.evaluate("root.dataset.shown"))


def labels(bare, view: int) -> dict[str, dict]:
    """The names over a plot and their boxes, in pixels inside its axes."""
    found = bare.page.evaluate(f"view => ({LABELS})(plots()[view])", view)
    return {one["text"]: one for one in found}


def test_a_run_from_its_first_row_on(bare):
    """Rows that come, rows that were provisional, and rows that are thinned out."""
    run = Recording()
    bare.feed([run.frame(TIMES[:1])])
    check(bare, run.figures())
    steps = [(TIMES[1:2], None), (TIMES[2:20], None), (TIMES[20:21] - 3, None)]
    steps += [(TIMES[20:30], list(range(20))), (TIMES[30:40], [*range(0, 30, 2), 29])]
    for new, keep in steps:
        before = bare.redraws
        bare.feed([run.frame(new, keep)])
        check(bare, run.figures())
        assert bare.redraws == before, "plotly.js drew it: nothing of the page's own is measured"
    bare.page.evaluate("rest()")
    check(bare, run.figures())
    assert bare.redraws > before


def test_frames_that_wait_are_taken_together(bare, run):
    bare.feed([run.frame(TIMES[40:42]), run.frame(TIMES[42:43], [0, 5, 41]), run.frame([])])
    assert len(run.times) == 4
    check(bare, run.figures())


def test_looking_back_draws_the_row_and_tells_nobody_before_it_rests(bare, run):
    before, seen = bare.redraws, set()
    for position in (900, 500, 0, 1, 999, 300, 600):
        shown = look(bare, position)
        seen.add(shown)
        check(bare, run.figures(shown))
        samples = int(run.times[shown])
        assert bare.page.evaluate(TEXT, "output") == f"t = {samples:,}"
        bare.page.evaluate("rest()")  # words are told a few times a second
        assert bare.page.evaluate(TEXT, ".course-sentence") == f"After {samples} samples."
        assert bare.page.evaluate(TEXT, "tbody td:nth-child(3)") == str(samples)
    assert len(seen) == 7 and 0 in seen
    assert bare.page.evaluate(LOOKS) == []
    assert bare.redraws - before <= 3 * 7, "plotly.js draws where a look rests, and only then"


def test_a_look_moves_the_drawing_without_plotly_js(bare, run):
    before = bare.redraws
    for position in range(950, 0, -50):
        look(bare, position)
    assert bare.redraws == before


def test_small_views_in_another_style_are_drawn_one_a_frame_while_a_run_plays(bare, run):
    page, n = bare.page, iter(range(40, 60))
    page.evaluate("model.set('central', ''); model.set('playing', true)")
    page.wait_for_function(
        "plots()[0].closest('[data-place=centre]') && plots().every(gd =>"
        " Math.abs(gd._fullLayout.width - gd.clientWidth) < 1"
        " && Math.abs(gd._fullLayout.height - gd.clientHeight) < 1)"
    )

    def step(title: str = "") -> int:
        """A frame, perhaps with another title of all views; how many plotly.js draws."""
        at = next(n)
        message, data = run.frame(TIMES[at : at + 1])
        if title:
            styled = [view | {"layout": view["layout"] | {"title": title}} for view in views()]
            message["views"] = styled
        before = bare.redraws
        bare.feed([(message, data)])
        return bare.redraws - before

    assert [step(), step("a"), step(), step()] == [0, 2, 1, 0], "the centre at once"
    assert step("b") == 2
    before = bare.redraws
    page.evaluate("rest()")  # the next frame is late
    page.wait_for_function(f"Number(root.dataset.redraws) === {before + 1}")
    page.evaluate("rest()")
    assert bare.redraws == before + 1, "nothing else is drawn before the run pauses"
    page.evaluate("model.set('playing', false)")
    assert step("c") == 3


def test_the_kernel_hears_of_a_look_once_it_rests(bare, run):
    first = look(bare, 400)
    second = look(bare, 500)
    bare.page.evaluate(REST)
    look(bare, 1000)
    bare.page.evaluate(REST)
    assert first != second
    assert bare.page.evaluate(LOOKS) == [[run.times[second], 1], [None, 2]]
    by = bare.page.evaluate("sent.filter(m => m.type === 'looked').map(m => m.by)")
    assert len(set(by)) == 1 and by[0]


def test_a_run_that_goes_on_leaves_the_look_where_it_is(bare, run):
    shown = look(bare, 500)
    bare.page.evaluate(REST)
    by = bare.page.evaluate("sent.findLast(m => m.type === 'looked').by")
    looked = {"by": by, "seq": 1}
    samples = run.times[shown]
    bare.feed([run.frame(TIMES[40:50], cursor=samples, looked=looked)])
    assert run.times[int(bare.page.evaluate("root.dataset.shown"))] == samples
    check(bare, run.figures(shown))
    older = {"by": by, "seq": 0}
    bare.feed([run.frame(TIMES[50:52], cursor=None, looked=older)])
    check(bare, run.figures(shown))
    bare.feed([run.frame(TIMES[52:54], cursor=None, looked=looked)])
    check(bare, run.figures())
    assert bare.page.evaluate(f"{SLIDER}.value") == "1000"


def test_another_page_or_the_kernel_looks_back(bare, run):
    bare.feed([run.frame([], cursor=run.times[7], looked={"by": "another page", "seq": 9})])
    check(bare, run.figures(7))
    assert 0 < int(bare.page.evaluate(f"{SLIDER}.value")) < 1000
    bare.feed([run.frame([], cursor=None, looked=None)])
    check(bare, run.figures())


def test_keys_move_from_row_to_row(bare, run):
    bare.page.locator(".course-time input").focus()
    rows = []
    for key in ("ArrowLeft", "ArrowLeft", "ArrowDown", "ArrowRight", "Home", "ArrowUp", "End"):
        bare.page.keyboard.press(key)
        bare.page.evaluate("() => new Promise(requestAnimationFrame)")
        bare.page.evaluate("() => new Promise(requestAnimationFrame)")
        rows.append(int(bare.page.evaluate("root.dataset.shown")))
    assert rows == [38, 37, 36, 37, 0, 1, 39]
    slider = bare.page.locator(".course-time input")
    assert slider.get_attribute("aria-label") == "look back"
    assert slider.get_attribute("aria-valuetext") == f"t = {int(run.times[39]):,}"


def test_a_lab_without_time_has_no_slider(bare):
    run = Recording()
    message, data = run.frame(TIMES[:1])
    message["said"] = [[0, "Measured.", [], ""]]
    bare.feed([(message, data)])
    assert not bare.page.locator(".course-time").is_visible()
    assert bare.page.evaluate(TEXT, ".course-sentence") == "Measured."


def test_names_stand_where_their_curves_end(bare, run):
    for _ in range(2):
        found = labels(bare, 0)
        assert set(found) == {"largest", "second"}
        x, ends = run.figures()[0].traces[0]["x"][-1], {}
        for trace in run.figures()[0].traces[:2]:
            ends[trace["name"]] = trace["y"][-1]
        for name, box in found.items():
            x_pixel = (np.log10(x) - 1) / 4 * box["width"]
            y_pixel = (1 - ends[name] / 92) * box["height"]
            assert 0 <= box["left"] - x_pixel < 8
            assert abs((box["top"] + box["bottom"]) / 2 - y_pixel) < 2
        assert found["largest"]["colour"] != found["second"]["colour"]
        bare.feed([run.frame(TIMES[40:45])])
    assert bare.page.evaluate("plots().map(gd => gd.querySelectorAll('.legend').length)") == [
        0,
        0,
        1,
    ]


def test_names_do_not_lie_on_each_other_and_stay_inside(bare):
    run = Recording()
    bare.feed([run.frame(TIMES)])
    for view in (0, 1):
        found = sorted(labels(bare, view).values(), key=lambda box: box["top"])
        assert len(found) == 2
        assert found[1]["top"] - found[0]["bottom"] > -2
        for box in found:
            assert box["left"] >= 0 and box["right"] <= box["width"] + 1
            assert box["top"] >= -1 and box["bottom"] <= box["height"] + 1


def test_a_dark_page_has_its_own_colours(bare, run):
    body = "document.body.dataset.jpThemeLight"
    light = labels(bare, 0)["largest"]["colour"]
    bare.page.evaluate(f"{body} = 'false'")
    bare.page.wait_for_function(
        "light => getComputedStyle(root.querySelector('.course-labels span')).color !== light",
        arg=light,
    )
    assert labels(bare, 0)["largest"]["colour"] == "rgb(74, 168, 232)"
    stroke = "getComputedStyle(plots()[0].querySelector('.js-line')).stroke"
    assert bare.page.evaluate(stroke) == "rgb(74, 168, 232)"
    bare.page.evaluate(f"delete {body}")


def test_an_annotation_follows_the_look_and_leaves_where_it_has_no_place(bare, run):
    box = "plots()[1].querySelector('.annotation')?.getBoundingClientRect().x"
    now = bare.page.evaluate(box)
    before = bare.redraws
    shown = look(bare, 600)
    back = bare.page.evaluate(box)
    assert bare.redraws == before
    wide = bare.page.evaluate("plots()[1].querySelector('.nsewdrag').getBoundingClientRect().width")
    gap = np.log10(run.times[-1] / run.times[shown]) / 4 * wide
    assert abs(now - back - gap) < 1
    bare.page.evaluate("rest()")
    assert abs(bare.page.evaluate(box) - back) < 1
    look(bare, 1000)
    bare.feed([lost(run)])
    assert bare.page.evaluate(box) is None
    bare.feed([run.frame(TIMES[41:43])])
    assert bare.page.evaluate(box) is not None


def lost(run: Recording) -> tuple[dict, bytes]:
    """A frame whose new row has no number outside the directions."""
    message, data = run.frame(TIMES[40:41])
    (place,) = (c[1] for c in message["tables"]["record"]["columns"] if c[0] == "outside")
    values = bytearray(data)
    values[place : place + 8] = np.array([np.nan]).tobytes()
    return message, bytes(values)


def test_where_plotly_js_draws_otherwise_it_draws_everything_from_then_on(bare, run):
    warned = []
    bare.page.on("console", lambda m: warned.append(m.text) if m.type == "warning" else None)
    bare.feed([run.frame(TIMES[40:42])])
    bare.page.evaluate("plots()[0].querySelector('.js-line').setAttribute('d', 'M10,10L90,90')")
    bare.page.evaluate("rest()")
    bare.page.wait_for_function("root.dataset.fallback === 'true'")
    bare.fallback = "true"
    assert len([text for text in warned if "angles, trace 0" in text]) == 1
    for new in (TIMES[42:44], TIMES[44:46]):
        before = bare.redraws
        bare.feed([run.frame(new)])
        assert bare.redraws - before == 3
        check(bare, run.figures())


def test_points_that_plotly_js_draws_otherwise_are_noticed_too(bare, run):
    bare.feed([run.frame(TIMES[40:42])])
    point = "plots()[2].querySelectorAll('.points .point')[15]"
    bare.page.evaluate(f"{point}.setAttribute('transform', 'translate(1,1)')")
    bare.page.evaluate("rest()")
    bare.page.wait_for_function("root.dataset.fallback === 'true'")
    bare.fallback = "true"


def test_a_zoom_stays_while_the_run_goes_on_until_a_double_click(bare, run):
    ranges = "[...plots()[0]._fullLayout.xaxis.range]"
    given = bare.page.evaluate(ranges)
    box = bare.page.locator(".course-plot .nsewdrag").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    bare.page.mouse.move(x - 60, y)
    bare.page.mouse.down()
    bare.page.mouse.move(x, y + 2, steps=3)
    bare.page.mouse.move(x + 60, y + 2, steps=3)
    bare.page.mouse.up()
    bare.page.wait_for_function(
        f"given => JSON.stringify({ranges}) !== JSON.stringify(given)", arg=given
    )
    zoomed = bare.page.evaluate(ranges)
    for new in (TIMES[40:45], TIMES[45:50]):
        bare.feed([run.frame(new)])
        bare.page.evaluate("rest()")
        assert bare.page.evaluate(ranges) == zoomed
    bare.page.mouse.dblclick(x, y)
    bare.page.wait_for_function(
        f"given => JSON.stringify({ranges}) === JSON.stringify(given)", arg=given
    )
    check(bare, run.figures())


def test_all_figures_are_saved_as_one_slide_with_names_of_curves_and_the_settings(bare, run):
    text = "d=20 k=2 link=chain"
    message = {"type": "export", "format": "svg", "name": "lab.svg", "text": text}
    with bare.page.expect_download() as saved:
        bare.page.evaluate("m => model.receive(m, [])", message)
    assert saved.value.suggested_filename == "lab.svg"
    slide = ElementTree.parse(saved.value.path()).getroot()
    assert slide.get("viewBox") == "0 0 1280 720", "16:9"
    svg = "{http://www.w3.org/2000/svg}"
    assert len(slide.findall(f"{svg}svg")) == 3, "every figure"
    assert [line.text for line in slide.findall(f"{svg}text")] == [text], "the settings under them"
    angles = saved.value.path().read_text()
    assert ">largest<" in angles and ">second<" in angles and "rgb(0, 114, 178)" in angles
