"""A lecture goes from slide to slide with a presenter's keys; the notebook gets none of them."""

from driver import open_cells

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
    path.write_text("d=20 k=1 link=tanh | angles | One.\nd=20 k=2 link=product | norms | Two.\n")
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
        page.page.keyboard.press(" ")
        page.until(lambda: page.stage(0, "playing") == "true", "Space to play it")
        page.page.keyboard.press("PageDown")
        page.until(lambda: on("2", "norms"), "the second slide")
        page.until(lambda: page.stage(0, "playing") == "false", "the second slide to wait")
        assert page.page.locator(".jp-Notebook .jp-Cell").count() == cells
        page.page.keyboard.press("Escape")
        page.until(lambda: page.stage(0, "lecture") == "false", "the lecture to end")
        assert page.problems == []
