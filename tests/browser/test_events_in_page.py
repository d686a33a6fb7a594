"""Events on a page: a caption, ticks over the slider, a list; each leads back to its moment."""

import re

import numpy as np
import pytest
from bound import TIMES, Recording

pytest.importorskip("playwright.sync_api")

from driver import OPENING, PATIENCE, open_cells  # noqa: E402

ROWS = TIMES[:40]
EVENTS = [
    (int(ROWS[12]), f"t = {ROWS[12]:,.0f}: u_1 is found; now z_1 z_2 is a signal along u_2."),
    (int(ROWS[25]), f"t = {ROWS[25]:,.0f}: u_2 is found, the last."),
    (int(ROWS[25]), f"t = {ROWS[25]:,.0f}: W_perp has halved, 1.00 to 0.50."),
]
SAID = "root.querySelector('.course-caption').textContent"
LIST = "[...root.querySelectorAll('.course-events-list li')].map(item => item.textContent)"
LOOKED = "sent.filter(message => message.type === 'looked').map(message => message.samples)"


def told(run: Recording, rows, events) -> tuple[dict, bytes]:
    """A frame with new rows that also tells the events so far."""
    message, data = run.frame(rows)
    words = {"lights": [], "note": "", "settings": "d=100", "events": events}
    return message | {"words": words}, data


@pytest.fixture
def run(bare):
    """A page that has forty rows and three events."""
    run = Recording()
    bare.feed([told(run, ROWS, EVENTS)])
    return run


def caption(bare, text: str) -> None:
    """Wait until the caption is this one; words follow figures when the page has its rest."""
    bare.page.wait_for_function(f"text => {{ rest(); return {SAID} === text; }}", arg=text)


def test_the_last_event_is_the_caption_and_all_are_listed(bare, run):
    t = [f"{samples:,}" for samples, _ in EVENTS]
    first = f"t = {t[0]}: u₁ is found; now z₁ z₂ is a signal along u₂."
    both = f"t = {t[1]}: u₂ is found, the last; W⊥ has halved, 1.00 to 0.50."
    caption(bare, both)
    assert bare.page.evaluate(LIST)[0] == first and len(bare.page.evaluate(LIST)) == 3
    line = bare.page.locator(".course-caption")
    assert line.get_attribute("aria-live") == "polite" and line.get_attribute("role") == "status"
    assert bare.page.locator(".course-events-open").inner_text() == "3 events"
    current = "[...root.querySelectorAll('.course-events-list [aria-current]')].length"
    assert bare.page.evaluate(current) == 2


def test_ticks_stand_where_the_slider_stands_at_their_moment(bare, run):
    middle = """tick => { const { left, width } = tick.getBoundingClientRect();
        const slider = root.querySelector('.course-time input').getBoundingClientRect();
        return (left + width / 2 - slider.left - 8) / (slider.width - 16); }"""
    ticks = bare.page.locator(".course-tick")
    assert ticks.count() == 3
    for i, (samples, text) in enumerate(EVENTS):
        share = np.log(samples / ROWS[1]) / np.log(ROWS[-1] / ROWS[1])
        bare.page.wait_for_function(
            f"""([i, share]) => {{ rest(); const tick = root.querySelectorAll('.course-tick')[i];
                return Math.abs(({middle})(tick) - share) < .005; }}""",
            arg=[i, float(share)],
        )
        assert ticks.nth(i).get_attribute("title").startswith(text.split(":")[0])
    bare.feed([told(run, TIMES[40:60], EVENTS)])
    share = np.log(EVENTS[0][0] / ROWS[1]) / np.log(TIMES[59] / ROWS[1])
    bare.page.wait_for_function(
        f"""share => {{ rest(); const tick = root.querySelector('.course-tick');
            return Math.abs(({middle})(tick) - share) < .005; }}""",
        arg=share,
    )


@pytest.mark.parametrize("part", [".course-tick", ".course-events-list button"])
def test_a_click_looks_back_and_the_kernel_hears_once_it_rests(bare, run, part):
    if "list" in part:
        bare.page.locator(".course-events-open").click()
    bare.page.locator(part).first.click()
    bare.page.wait_for_function("root.dataset.shown === '12'")
    assert bare.page.evaluate(LOOKED) == []
    bare.page.evaluate("rest()")
    assert bare.page.evaluate(LOOKED) == [EVENTS[0][0]]
    caption(bare, f"t = {EVENTS[0][0]:,}: u₁ is found; now z₁ z₂ is a signal along u₂.")
    clock = bare.page.locator(".course-time output").inner_text()
    assert clock == f"t = {EVENTS[0][0]:,}"


def test_the_list_opens_and_closes_by_keyboard(bare, run):
    shown = "root.querySelector('.course-events-list').matches(':popover-open')"
    button = bare.page.locator(".course-events-open")
    button.focus()
    bare.page.keyboard.press("Enter")
    bare.page.wait_for_function(shown)
    bare.page.keyboard.press("Tab")
    bare.page.keyboard.press("Enter")  # the first event
    bare.page.wait_for_function("root.dataset.shown === '12'")
    bare.page.keyboard.press("Escape")
    bare.page.wait_for_function(f"!{shown}")
    inside = """root.querySelector('.course-events-list').getBoundingClientRect()"""
    button.click()
    bare.page.wait_for_function(shown)
    box = bare.page.evaluate(f"(({inside}).toJSON())")
    assert box["left"] >= 0 and box["top"] >= 0
    assert box["right"] <= 1280 and box["bottom"] <= 900


def test_who_looks_back_keeps_the_caption_of_that_moment_while_the_run_goes_on(bare, run):
    bare.page.locator(".course-tick").first.click()
    first = f"t = {EVENTS[0][0]:,}: u₁ is found; now z₁ z₂ is a signal along u₂."
    caption(bare, first)
    later = [*EVENTS, (int(TIMES[45]), f"t = {TIMES[45]:,.0f}: another.")]
    message, data = told(run, TIMES[40:46], later)
    looked = {"by": bare.page.evaluate("sent.at(-1).by ?? ''"), "seq": 1}
    bare.feed([(message | {"cursor": EVENTS[0][0], "looked": looked}, data)])
    count = "root.querySelectorAll('.course-tick').length"
    bare.page.wait_for_function(f"() => {{ rest(); return {count} === 4; }}")
    caption(bare, first)


def test_before_the_first_event_the_line_is_there_and_empty(bare):
    run = Recording()
    bare.feed([told(run, ROWS[:3], [])])
    bare.page.wait_for_function("root.dataset.narrow")  # its size is known
    line = bare.page.locator(".course-events")
    assert line.is_visible() and bare.page.evaluate(SAID) == ""
    assert bare.page.locator(".course-events-open").is_disabled()
    high = line.bounding_box()["height"]
    bare.feed([told(run, ROWS[3:], EVENTS)])
    bare.page.wait_for_function(f"() => {{ rest(); return {SAID} !== ''; }}")
    assert line.bounding_box()["height"] == high


def test_a_lab_that_speaks_of_no_events_has_no_line(bare):
    run = Recording()
    bare.feed([run.frame(ROWS)])
    assert not bare.page.locator(".course-events").is_visible()
    assert not bare.page.locator(".course-ticks").is_visible()


CELLS = [
    OPENING + "lab = SubspaceLab(Settings(d=20, k=1, link='tanh', width=30), samples=300); lab",
    "lab.raise_errors(); print('looked at', lab.player.cursor)",
    "lab.record_html('run.html')\n"
    "print('\\n'.join([*(e.caption for e in lab.session.watch.events), 'that is all']))",
]


@pytest.fixture(scope="module")
def course(chromium, tmp_path_factory):
    """A notebook with a lab."""
    with open_cells(chromium, tmp_path_factory.mktemp("events"), CELLS, 8967) as page:
        page.run_cell(0)
        page.wait_for_lab()
        yield page


def line(course) -> str:
    return course.lab().locator(".course-caption").text_content()


def test_a_lab_says_its_events_while_it_plays_and_goes_back_to_them(course):
    ticks = course.lab().locator(".course-tick")
    before = ticks.count()
    course.press("Play")
    course.until(lambda: ticks.count() >= before + 2, "two more events")
    course.press("Pause")
    course.rest()
    assert line(course).startswith("t = ")
    found = [
        i for i in range(ticks.count()) if "u₁ is found" in ticks.nth(i).get_attribute("title")
    ]
    ticks.nth(found[0]).evaluate("tick => tick.click()")
    course.until(lambda: "u₁ is found" in line(course), "the caption of that moment")
    t = re.match(r"t = ([\d,]+):", line(course))[1]
    course.until(lambda: course.sentence().startswith(f"After {t} samples"), "its sentence")
    course.until(
        lambda: f"looked at {t.replace(',', '')}" in course.run_cell(1), "the kernel to hear of it"
    )


def test_a_recorded_page_has_them_too(course, chromium):
    printed = [""]
    course.until(  # a cell's text may come after its number
        lambda: "that is all" in (printed.append(course.run_cell(2)) or printed[-1]), "the captions"
    )
    path = next((course.home / "notebooks").glob("*.html"))
    captions = re.findall(r"^t = .*$", printed[-1], re.M)
    page = chromium.new_page(viewport={"width": 1366, "height": 768})
    page.set_default_timeout(1000 * PATIENCE)
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_function("document.querySelectorAll('.course-tick').length > 0")
    told = page.evaluate(LIST.replace("root", "document"))
    assert [text.replace("₁", "_1").replace("W⊥", "W_perp") for text in told] == captions
    page.locator(".course-events-open").click()
    page.locator(".course-events-list button").first.click()
    t = re.match(r"t = ([\d,]+):", captions[0])[1]
    page.wait_for_function(
        "t => document.querySelector('.course-sentence').textContent.startsWith(`After ${t} s`)",
        arg=t,
    )
    assert problems == []
    page.close()
