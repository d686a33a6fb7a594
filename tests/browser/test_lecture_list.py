"""A lecture goes from slide to slide with a presenter's keys; the notebook gets none of them.

Keys show one figure alone, the address for the class and themselves.
"""

from driver import open_cells

from course_utils.labs.slides import qr_rows

ADDRESS = "https://example.org/course"
FILLS = """lab => { const view = lab.querySelector('.course-view[data-place=centre]');
    const { width, height } = view.getBoundingClientRect();
    const svg = view.querySelector('svg').getBoundingClientRect();
    const code = lab.querySelector('.course-settings-code input');
    return width * height > 0.75 * innerWidth * innerHeight && Math.abs(svg.width - width) < 3
        && code.checkVisibility() && code.value.includes('link=tanh'); }"""
# Dark modules as a camera sees them: what lies in the middle of each on the screen.
MODULES = """count => { const svg = document.querySelector('.course-panel svg');
    const { left, top, width } = svg.getBoundingClientRect(), step = width / (count + 8);
    const dark = (x, y) => document.elementFromPoint(left + (x + 4.5) * step,
        top + (y + 4.5) * step).tagName === 'path';
    return Array.from({ length: count }, (_, y) =>
        Array.from({ length: count }, (__, x) => dark(x, y) ? 1 : 0).join('')); }"""
WHOLE = """lab => [...lab.querySelectorAll('.course-bring')].filter(e => e.checkVisibility())
    .every(e => e.textContent && e.scrollWidth <= e.clientWidth + 1)"""
# what a slide asks: weight and size of its type, whether it stands over the figures and uncut
ASKED = """lab => {
    const note = lab.querySelector('.course-note'), { bottom } = note.getBoundingClientRect();
    const css = getComputedStyle(note), size = parseFloat(css.fontSize) / innerHeight;
    const over = bottom <= lab.querySelector('.course-grid').getBoundingClientRect().top + 1;
    return { text: note.textContent, strong: css.fontWeight >= 600 && size >= 0.03, over,
        uncut: note.scrollWidth <= note.clientWidth + 1 };
}"""


def test_a_presenters_keys_turn_slides_wherever_the_focus_was(chromium, tmp_path):
    path = tmp_path / "lecture.txt"
    slides = "d=20 k=1 link=tanh | angles | One.\nd=20 k=2 link=product | norms | Two.\n"
    path.write_text(f"link: {ADDRESS}\n{slides}")
    cell = f"from course_utils.labs import lecture\nlab = lecture({str(path)!r}); lab"
    with open_cells(chromium, tmp_path, [cell], 8964) as page:
        page.run_all()
        page.wait_for_lab()
        cells = page.page.locator(".jp-Notebook .jp-Cell").count()

        def on(k: str, centre: str) -> bool:
            shown = (
                page.lab().locator(".course-view[data-place='centre']").get_attribute("aria-label")
            )
            return page.settings().get("k") == k and shown == centre

        page.until(lambda: on("1", "angles"), "the first slide")
        for key, k, centre in (
            ("PageDown", "2", "norms"),
            ("PageUp", "1", "angles"),
            ("n", "2", "norms"),
            ("b", "1", "angles"),
        ):
            page.page.keyboard.press(key)
            page.until(lambda k=k, centre=centre: on(k, centre), f"{key} to turn the slide")
            page.page.evaluate("document.querySelector('.jp-Notebook .jp-Cell').focus()")
        page.until(lambda: "One." in page.lab().text_content(), "the slide's sentence")
        asked = {"text": "1 / 2  One.", "strong": True, "over": True, "uncut": True}
        page.until(lambda: page.lab().evaluate(ASKED) == asked, "the sentence over the figures")
        page.until(lambda: page.stage(0, "playing") == "false", "the slide to wait")
        page.until(lambda: page.lab().evaluate(WHOLE), "titles of small figures to be whole")
        keys_show(page)
        page.page.keyboard.press(" ")
        page.until(lambda: page.stage(0, "playing") == "true", "Space to play it")
        page.page.keyboard.press("PageDown")
        page.until(lambda: on("2", "norms"), "the second slide")
        page.until(lambda: page.stage(0, "playing") == "false", "the second slide to wait")
        assert page.page.locator(".jp-Notebook .jp-Cell").count() == cells
        page.page.keyboard.press("Escape")
        page.until(lambda: page.stage(0, "lecture") == "false", "the lecture to end")
        assert page.problems == []


def keys_show(page):
    """One figure alone, the address with its code, the keys; and each goes again."""
    lab, panel = page.lab(), page.page.locator(".course-panel")
    page.page.keyboard.press("f")
    page.until(lambda: lab.evaluate(FILLS), "one figure to fill the page")
    page.page.keyboard.press("F")
    page.until(lambda: lab.locator(".course-first").is_visible(), "all of the lab again")
    page.page.keyboard.press("l")
    page.until(lambda: panel.is_visible(), "the address")
    size, high = panel.locator("p").evaluate(
        "e => [parseFloat(getComputedStyle(e).fontSize), innerHeight]"
    )
    assert panel.locator("p").inner_text() == ADDRESS and size > 0.06 * high
    rows = qr_rows(ADDRESS)
    assert page.page.evaluate(MODULES, len(rows)) == rows
    page.page.keyboard.press("Escape")
    page.until(lambda: not panel.is_visible(), "the slide again")
    assert page.stage(0, "lecture") == "true", "Escape has hidden the address alone"
    page.page.keyboard.press("?")
    page.until(lambda: "next preset" in panel.inner_text(), "the keys")
    page.page.keyboard.press("?")
    page.until(lambda: not panel.is_visible(), "the slide again")
