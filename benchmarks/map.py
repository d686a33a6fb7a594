"""How smoothly the map of papers moves, beside a page with nothing on it.

    python benchmarks/map.py [--papers 60] [--seconds 5]

Counts in headless Chromium how many frames a second an empty page gets, and how many of them the
map draws while it is panned and while it is zoomed at each; the ratio is what counts, since frames
a second are the machine's. On a machine that does other work as well, the processor time of the
page's main thread for a frame says more: the map keeps up where it is less than a frame lasts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from driver import open_cells, running_chromium  # noqa: E402

MAP = "from course_utils.labs import ReadingMap\nReadingMap()"
EMPTY = """seconds => new Promise((done) => {
    let frames = 0;
    const end = performance.now() + 1000 * seconds;
    const frame = () => {
        if (performance.now() > end) return done(frames / seconds);
        frames += 1;
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
})"""
# Clones of its papers make it larger. Each frame moves the map; a drawn frame is Cytoscape's own.
MOVED = """([papers, seconds, way]) => new Promise((done) => {
    const { graph } = document.querySelector(".course-papers");
    const there = graph.nodes(".paper").toArray();
    for (let i = there.length; i < papers; i += 1) {
        const { x, y } = there[i % there.length].position(), id = `more${i}`;
        graph.add([{ data: { id, label: "more" }, position: { x: x + 20, y: y + 20 },
            classes: "spot paper" }, { data: { id: `e${id}`, source: id, target: "course" } }]);
    }
    let frames = 0, drawn = 0;
    graph.on("render", () => { drawn += 1; });
    const end = performance.now() + 1000 * seconds;
    const frame = () => {
        if (performance.now() > end) return done([frames / seconds, drawn / seconds]);
        const back = frames % 60 < 30;
        if (way === "pan") graph.panBy({ x: back ? 4 : -4, y: back ? 2 : -2 });
        else graph.zoom(graph.zoom() * (back ? 1.01 : 1 / 1.01));
        frames += 1;
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
})"""


def busy(client) -> float:
    """Processor time of the page's main thread so far, in seconds."""
    told = client.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in told if one["name"] == "TaskDuration")


def main() -> None:
    """Measure an empty page and the map in one browser, and print both."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--papers", type=int, default=60, help="how many the map has")
    parser.add_argument("--seconds", type=float, default=5, help="how long each is watched")
    asked = parser.parse_args()
    with running_chromium() as browser, tempfile.TemporaryDirectory() as home:
        blank = browser.new_page()
        empty = blank.evaluate(EMPTY, asked.seconds)
        blank.close()
        print(f"empty page: {empty:.1f} frames a second")
        with open_cells(browser, Path(home), [MAP], 8963) as course:
            course.run_cell(0)
            course.page.locator(".course-papers[data-ready]").wait_for()
            client = course.page.context.new_cdp_session(course.page)
            client.send("Performance.enable", {"timeDomain": "threadTicks"})
            course.page.evaluate(MOVED, [asked.papers, 1, "pan"])  # the first time labels are drawn
            for way in ("pan", "zoom"):
                before = busy(client)
                frames, drawn = course.page.evaluate(MOVED, [asked.papers, asked.seconds, way])
                each = (busy(client) - before) / (frames * asked.seconds)
                print(
                    f"{way} of {asked.papers} papers: {frames:.1f} frames a second, "
                    f"{frames / empty:.2f} of the empty page's; {drawn / frames:.2f} of them "
                    f"drawn; {1000 * each:.1f} ms of processor time a frame"
                )


if __name__ == "__main__":
    main()
