"""The map of papers in Chromium, driven by mouse and by keyboard as a student would."""

import pytest

pytest.importorskip("playwright.sync_api")

from driver import open_cells  # noqa: E402

from course_utils import reading  # noqa: E402

OPEN = "from course_utils.labs import ReadingMap\nreading_map = ReadingMap()\nreading_map"
CHECK = "reading_map.raise_errors(); print('no error was swallowed', len(reading_map.results))"
PAPERS = reading.papers()
RANK, LEAP = (
    next(i for i, p in enumerate(PAPERS) if p.miniature == name)
    for name in ("gradual_rank", "leap")
)


# Sixty papers, and how often each of three ways to move them is drawn; then fewer again.
SIXTY = """async (el) => {
    const { graph } = el, repaint = () => new Promise(requestAnimationFrame);
    const real = graph.nodes(".paper").toArray(), more = [];
    for (let i = real.length; i < 60; i += 1) {
        const { x, y } = real[i - real.length].position(), id = `more${i}`;
        more.push({ data: { id, label: "more" }, position: { x: x + 20, y: y + 20 },
            classes: "spot paper" }, { data: { id: `e${id}`, source: id, target: "course" } });
    }
    const added = graph.add(more), before = graph.zoom();
    const places = () => graph.nodes(".paper").map((node) => ({ ...node.position() }));
    let drawn = 0, layouts = 0;
    const draws = () => { drawn += 1; }, lays = () => { layouts += 1; };
    graph.on("render", draws);
    graph.on("layoutstart", lays);
    const count = async (times, move) => {
        await repaint(); await repaint();
        drawn = 0;
        for (let i = 0; i < times; i += 1) { move(i); await repaint(); }
        return drawn;
    };
    const from = JSON.stringify(places());
    const found = {
        papers: graph.nodes(".paper").length,
        pans: await count(60, (i) => graph.panBy({ x: i < 30 ? 3 : -3, y: 0 })),
        zooms: await count(60, (i) => graph.zoom(graph.zoom() * (i < 30 ? 1.01 : 1 / 1.01))),
        tens: await count(20, (i) => {
            for (let j = 0; j < 10; j += 1) graph.panBy({ x: i < 10 ? 1 : -1, y: 0 });
        }),
    };
    Object.assign(found, { layouts, moved: Number(JSON.stringify(places()) !== from) });
    graph.off("render", draws);
    graph.off("layoutstart", lays);
    graph.remove(added);
    graph.zoom(before);
    return found;
}"""


class MapPage:
    """The map on a page, as an eye and a hand have it."""

    def __init__(self, course):
        self.course, self.page = course, course.page
        self.root = course.page.locator(".course-papers")
        self.canvas = self.root.locator(".course-papers-canvas")
        self.card = self.root.locator(".course-papers-card")

    def datum(self, name: str) -> str:
        return self.root.evaluate("(el, name) => el.dataset[name] ?? ''", name)

    def until(self, name: str, value: str) -> None:
        self.course.until(lambda: self.datum(name) == value, f"{name} to be {value!r}")

    def where(self, node: str) -> tuple[float, float]:
        """Where a node is, in the window."""
        at = self.root.evaluate("(el, id) => el.graph.getElementById(id).renderedPosition()", node)
        self.canvas.scroll_into_view_if_needed()
        box = self.canvas.bounding_box()
        return box["x"] + at["x"], box["y"] + at["y"]

    def see_all(self) -> None:
        """No card, no filter, everything in sight."""
        if self.card.is_visible():
            self.card.get_by_role("button", name="×").click()
            self.until("opened", "")
        self.root.get_by_label("Search").fill("")
        self.root.get_by_role("button", name="Show all").click()
        self.until("shown", str(len(PAPERS)))

    def open(self, i: int) -> None:
        """Click a paper."""
        self.see_all()
        self.page.mouse.click(*self.where(f"p{i}"))
        self.until("opened", str(i))


@pytest.fixture(scope="module")
def course(chromium, tmp_path_factory):
    """A notebook with the map, and a cell that raises what callbacks have swallowed."""
    home = tmp_path_factory.mktemp("map")
    with open_cells(chromium, home, [OPEN, CHECK], 8962, size=(1366, 900)) as page:
        page.run_cell(0)
        page.page.locator(".course-papers[data-ready]").wait_for()
        yield page


@pytest.fixture
def mapped(course):
    found = MapPage(course)
    found.see_all()
    return found


def test_hovering_shows_the_title(mapped):
    tip = mapped.root.locator(".course-papers-tip")

    def says(node: str, words: str) -> bool:
        """Whether the tip says so, with the mouse over the node wherever it is now."""
        x, y = mapped.where(node)
        mapped.page.mouse.move(x + 2, y)
        mapped.page.mouse.move(x, y)
        return tip.is_visible() and words in tip.inner_text()

    mapped.course.until(lambda: says(f"p{RANK}", PAPERS[RANK].title), "the title of a paper")
    mapped.course.until(lambda: says("course", "Low-Dimensional"), "the course's own paper")
    move = "(el, to) => { el.closest('.jp-Cell').style.marginTop = to; }"
    mapped.root.evaluate(move, "31px")  # as when the cell above grows: nothing has scrolled
    mapped.course.until(lambda: says(f"p{RANK}", PAPERS[RANK].title), "the title where it is now")
    mapped.root.evaluate(move, "")


def test_clicking_opens_a_card_with_all_that_is_known(mapped):
    mapped.open(RANK)
    text, paper = mapped.card.inner_text(), PAPERS[RANK]
    for part in (paper.title, paper.authors, paper.adds, reading.RELATIONS[paper.relation]):
        assert part in text
    assert "d=50 k=5 link=chain" in text and reading.miniature("gradual_rank").not_shown in text
    unread = next(i for i, p in enumerate(PAPERS) if not p.sentence)
    mapped.open(unread)
    assert "What it adds: not read" in mapped.card.inner_text()
    assert not mapped.card.get_by_role("button", name="Run").count()


def test_searching_fades_the_others_and_enter_opens(mapped):
    search = mapped.root.get_by_label("Search")
    search.fill("modular addition")
    mapped.until("shown", "1")
    faded = mapped.root.evaluate("el => el.graph.nodes('.faded').length")
    assert faded == len(PAPERS) - 1
    search.press("Enter")
    found = next(i for i, p in enumerate(PAPERS) if p.miniature == "grokking")
    mapped.until("opened", str(found))
    mapped.see_all()
    mapped.root.get_by_label("can be run").check()
    runnable = sum(bool(p.miniature) for p in PAPERS)
    mapped.until("shown", str(runnable))
    mapped.root.get_by_label("Topic").select_option("estimators")
    mapped.until("shown", "1")
    mapped.root.get_by_label("Topic").select_option("")
    mapped.root.get_by_label("can be run").uncheck()
    mapped.until("shown", str(len(PAPERS)))


def test_run_shows_progress_sentence_table_and_figure_and_keeps_them(mapped):
    mapped.open(RANK)
    mapped.card.get_by_role("button", name="Run", exact=True).click()
    result = mapped.card.locator("[data-kind='claim']")
    result.locator(".course-plot .main-svg").first.wait_for()
    expected = reading.miniature("gradual_rank").run()
    assert result.locator("p").first.inner_text() == expected.sentence
    assert result.locator("tbody tr").count() == len(expected.table)
    mapped.card.get_by_role("button", name="Break it").click()
    mapped.card.locator("[data-kind='control'] p").first.wait_for()
    assert mapped.datum("running") == ""
    mapped.open(LEAP)
    mapped.open(RANK)
    mapped.card.locator("[data-kind='claim'] .course-plot .main-svg").first.wait_for()
    assert mapped.card.locator("[data-kind='control'] p").first.is_visible()


def test_a_run_is_stopped(mapped):
    mapped.open(LEAP)
    mapped.card.get_by_role("button", name="Larger").click()
    mapped.until("running", "leap")
    assert mapped.card.get_by_role("button", name="Run", exact=True).is_disabled()
    mapped.card.get_by_role("button", name="Stop").click()
    mapped.until("running", "")
    said = mapped.card.locator(".course-papers-status")
    mapped.course.until(lambda: said.inner_text() != "", "how it ended")
    assert said.inner_text() == "stopped"
    assert not mapped.card.locator("[data-kind]").count()


def test_the_wheel_scrolls_the_page_until_the_map_is_in_use(mapped):
    def shown() -> str:
        return mapped.root.locator(".course-papers-wheel").inner_text()

    def wheel() -> bool:
        """Over the middle of the map; whether it zooms, which waits until the page stands."""
        mapped.page.mouse.move(*mapped.where("course"))
        mapped.page.mouse.wheel(0, 240)
        return float(mapped.datum("zoom")) < before

    def came() -> int:
        return mapped.root.evaluate("el => el.wheels")

    mapped.root.evaluate(
        """el => {
            el.wheels = 0;
            el.addEventListener("wheel", () => { el.wheels += 1; }, { capture: true });
            document.activeElement.blur();
        }"""
    )
    before = float(mapped.datum("zoom"))
    assert shown() == "Click the map to zoom with the wheel, or hold Ctrl."
    wheel()
    mapped.course.until(lambda: came() == 1, "the wheel to reach the map")
    assert float(mapped.datum("zoom")) == before
    mapped.page.keyboard.down("Control")
    mapped.course.until(wheel, "Ctrl and wheel to zoom")
    mapped.page.keyboard.up("Control")
    mapped.root.get_by_role("button", name="Show all").click()
    mapped.until("zoom", f"{before:.3f}")
    mapped.root.evaluate("() => document.activeElement.blur()")
    mapped.page.mouse.click(*mapped.where("course"))  # it has no card
    mapped.course.until(lambda: shown().startswith("The wheel zooms"), "the map to be in use")
    mapped.course.until(wheel, "the wheel to zoom out")
    mapped.page.keyboard.press("Escape")
    mapped.course.until(lambda: shown().startswith("Click the map"), "Escape to let it go")


def test_a_walk_leads_from_card_to_card(mapped):
    walk = reading.walk("what followed")
    mapped.root.get_by_label("Walk").select_option(walk.name)
    mapped.until("shown", str(len(walk.stops)))
    bar = mapped.root.locator(".course-papers-walk")
    assert bar.inner_text().endswith(f"{walk.question} {len(walk.stops)} stops.")
    for i, stop in enumerate(walk.stops, 1):
        bar.get_by_role("button", name="Next").click()
        mapped.until("opened", str(PAPERS.index(stop.paper)))
        assert f"{i} of {len(walk.stops)}, {stop.paper.authors}: {stop.why}" in bar.inner_text()
        label = mapped.root.evaluate(
            "el => el.graph.getElementById(`p${el.dataset.opened}`).data('label')"
        )
        assert label.startswith(f"{i}. ")
    assert bar.get_by_role("button", name="Next").is_disabled()
    bar.get_by_role("button", name="Back").click()
    mapped.until("opened", str(PAPERS.index(walk.stops[-2].paper)))
    mapped.root.get_by_label("Walk").select_option("none")
    mapped.until("shown", str(len(PAPERS)))
    assert not bar.is_visible()


def test_what_the_course_does_not_show_is_not_promised(mapped):
    bare = next(i for i, p in enumerate(PAPERS) if not p.lab and not p.miniature)
    mapped.open(bare)
    text = mapped.card.inner_text()
    assert "In the course: no lab shows a piece of it." in text and "Experiment: none here." in text
    assert not mapped.card.get_by_role("button", name="Open").count()


def test_buttons_and_dragging(mapped):
    before = float(mapped.datum("zoom"))
    mapped.root.get_by_role("button", name="Zoom in").click()
    mapped.course.until(lambda: float(mapped.datum("zoom")) > before, "the button to zoom in")
    mapped.root.get_by_role("button", name="Show all").click()
    mapped.until("zoom", f"{before:.3f}")
    x, y = mapped.where(f"p{LEAP}")
    mapped.page.mouse.move(x, y)
    mapped.page.mouse.down()
    mapped.page.mouse.move(x + 60, y + 40, steps=8)
    mapped.page.mouse.up()
    mapped.course.until(
        lambda: mapped.where(f"p{LEAP}") == pytest.approx((x + 60, y + 40), abs=3), "the drag"
    )
    mapped.page.mouse.move(x + 60, y + 40)
    mapped.page.mouse.down()
    mapped.page.mouse.move(x, y, steps=8)  # back, for the other tests
    mapped.page.mouse.up()


def test_keys_move_open_close_and_zoom(mapped):
    mapped.canvas.focus()
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "ArrowDown", "ArrowDown", "ArrowLeft"):
        before = mapped.datum("focused")
        mapped.page.keyboard.press(key)
        mapped.course.until(lambda b=before: mapped.datum("focused") != b, f"{key} to move")
        seen.append(int(mapped.datum("focused")))
    assert len(set(seen)) >= 4
    said = mapped.root.locator(".course-papers-said")
    assert PAPERS[seen[-1]].title in said.text_content()
    mapped.page.keyboard.press("Enter")
    mapped.until("opened", str(seen[-1]))
    assert mapped.card.locator("h3").evaluate("el => el === document.activeElement")
    mapped.page.keyboard.press("Escape")
    mapped.until("opened", "")
    assert mapped.canvas.evaluate("el => el === document.activeElement")
    zoom = float(mapped.datum("zoom"))
    mapped.page.keyboard.press("+")
    mapped.course.until(lambda: float(mapped.datum("zoom")) > zoom, "plus to zoom in")
    mapped.page.keyboard.press("0")
    mapped.until("zoom", f"{zoom:.3f}")


def test_the_table_twin_has_every_paper_and_opens_it(mapped):
    mapped.root.locator("summary").click()
    rows = mapped.root.locator(".course-papers-table tbody tr")
    assert rows.count() == len(PAPERS)
    for i in (0, RANK, len(PAPERS) - 1):
        text = rows.nth(i).inner_text()
        assert PAPERS[i].title in text and PAPERS[i].adds in text
    rows.nth(LEAP).get_by_role("button").click()
    mapped.until("opened", str(LEAP))
    mapped.root.locator("summary").click()


def test_sixty_papers_move_with_every_repaint_of_the_page_and_are_laid_out_once(mapped):
    """A pan or zoom a repaint: Cytoscape draws at least nine of ten, and never more than asked for.

    Ten moves before one repaint are drawn once, and no move lays the graph out again.
    """
    found = mapped.root.evaluate(SIXTY)
    assert found["papers"] == 60
    assert 54 <= found["pans"] <= 62 and 54 <= found["zooms"] <= 62
    assert 18 <= found["tens"] <= 22
    assert found["layouts"] == 0 and found["moved"] == 0


def test_a_card_opens_its_lab_under_the_map(mapped):
    mapped.open(RANK)
    mapped.card.get_by_role("button", name="Open SubspaceLab").click()
    mapped.course.wait_for_lab()
    settings = mapped.course.settings()
    assert (settings["d"], settings["k"], settings["link"]) == ("50", "5", "chain")


def test_nothing_went_wrong_unseen(course):
    assert "no error was swallowed 2" in course.run_cell(1)
    assert course.problems == []
