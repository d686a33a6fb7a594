"""How smooth and how quick the lab is in a real browser, beside the way one would write it first.

    python benchmarks/live.py [--minutes 5]

Opens JupyterLab in headless Chromium, plays, and prints: painted frames a second, the time from a
key press on a slider to the repaint that shows its effect, what the page receives for a frame, the
time from a move of the slider that looks back to the repaint, the kernel's load after pause, and
how much the kernel and the page's heap grow. (The page's process also holds what the driver records
of its traffic, and says nothing about the lab.) The naive twin is a plotly FigureWidget in an
endless loop of ``batch_update`` that yields to the event loop and waits for no answer.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from driver import OPENING, LabPage, open_cells, running_chromium  # noqa: E402

LAB = OPENING + "lab = SubspaceLab(Settings(d=100, k=3, width=200)); lab"
NAIVE = """
import asyncio, ipywidgets as widgets, plotly.graph_objects as go
from course_utils import Settings, OnlineSGD
from course_utils.run import Record
settings = Settings(d=100, k=3, width=200)
sim, record = OnlineSGD(settings), Record(settings)
def empty(curves):
    traces = [go.Scatter(name="curve") for _ in range(curves)]
    return go.FigureWidget(data=traces, layout=dict(width=300, height=230))
figures = [empty(n) for n in (3, 2, 2, 2, 1)]
noise = widgets.IntSlider(value=1, min=0, max=1000, description="noise")
noise.add_class("naive-noise")
def draw():
    run = record.run()
    x = run.samples
    now, first = run.neurons[-1], run.neurons[0]
    data = [[(x, a) for a in run.angles.T], [(x, run.perpendicular), (x, run.parallel)],
            [(first[:, 0], first[:, 1]), (now[:, 0], now[:, 1])],
            [(None, run.singular_values[-1]), (None, run.singular_values[0])],
            [(x, run.risk)]]
    for figure, curves in zip(figures, data):
        with figure.batch_update():
            for trace, (a, b) in zip(figure.data, curves):
                trace.x, trace.y = a, b
            figure.layout.title.text = f"noise {noise.value}"
async def loop():
    while True:
        sim.change(noise=noise.value / 100)
        sim.advance(max(20, sim.samples // 30))
        record.append(sim.snapshot())
        draw()
        await asyncio.sleep(0)
playing = asyncio.get_running_loop().create_task(loop())
three = widgets.Layout(grid_template_columns="repeat(3, 310px)")
widgets.VBox([noise, widgets.GridBox(figures, layout=three)])
"""


MOVE = """position => {
    const slider = document.querySelector(".course-time input");
    const now = performance.timeOrigin + performance.now();
    slider.value = position; slider.dispatchEvent(new Event("input")); return now; }"""


class Traffic:
    """Counts what goes over the page's connection to its kernel: bytes received, messages sent."""

    def __init__(self, page):
        self.received = self.sent = 0
        client = page.context.new_cdp_session(page)
        client.send("Network.enable")
        client.on("Network.webSocketFrameReceived", self._receive)
        client.on("Network.webSocketFrameSent", self._send)

    def _receive(self, event: dict):
        response = event["response"]
        text = response["payloadData"]  # of a binary frame in base64
        self.received += len(text) * (0.75 if response["opcode"] == 2 else 1)

    def _send(self, _):
        self.sent += 1


def lab_figures(page: LabPage, minutes: float) -> dict[str, float]:
    """Measure the lab."""
    began = time.monotonic()
    traffic = Traffic(page.page)
    page.run_all()
    page.wait_for_lab()
    result = {"Run All to the first frame, s": time.monotonic() - began}
    page.press("Play")
    page.page.wait_for_timeout(30_000)
    before, traffic.received = page.frames(), 0
    page.page.wait_for_timeout(30_000)
    painted = page.frames() - before
    result["painted frames a second (30 to 60 s of play)"] = painted / 30
    result["received for a painted frame, kB"] = traffic.received / painted / 1000
    times = slider_times(page)
    result |= {
        "slider to screen, median s": np.median(times),
        "slider to screen, 95th percentile s": np.quantile(times, 0.95),
    }
    kernel, heap = page.kernel.memory_info().rss, page.memory()
    page.page.wait_for_timeout(60_000 * minutes)
    growth = f"growth in {minutes:g} min of play, MB"
    result[f"kernel's {growth}"] = (page.kernel.memory_info().rss - kernel) / 1e6
    result[f"page's {growth}"] = (page.memory() - heap) / 1e6
    page.press("Pause")
    page.page.wait_for_timeout(1500)
    result["kernel's load after pause, % of a core"] = 100 * page.kernel_load(5)
    return result | look_back_figures(page, traffic)


PRESSED = """() => window.addEventListener("keydown", (event) => {
    window.pressedAt = performance.timeOrigin + event.timeStamp;
}, true)"""


def slider_times(page: LabPage, handle: str = ".noUi-handle") -> list[float]:
    """Seconds from a key press on the slider of the noise to the repaint that shows its effect.

    The press counts from when the browser had it, which is before the page is free to hear of it.
    """
    times = []
    page.page.evaluate(PRESSED)
    for i in range(40):
        old = page.settings()["noise"]
        page.lab().locator(f".course-field-noise {handle}").focus()
        page.page.keyboard.press("ArrowRight" if i % 8 < 4 else "ArrowLeft")
        page.until(lambda old=old: page.settings()["noise"] != old, "the slider's effect")
        pressed = page.page.evaluate("window.pressedAt")
        times.append((float(page.stage(0, "paintedAt")) - pressed) / 1000)
        page.page.wait_for_timeout(150)
    return times


def look_back_figures(page: LabPage, traffic: Traffic) -> dict[str, float]:
    """Measure the look back: thirty moves of its slider, none of which asks the kernel."""
    traffic.sent, times = 0, []
    for position in np.linspace(950, 50, 30).round().tolist():
        seen = page.stage(0, "lookedAt")
        moved = page.page.evaluate(MOVE, position)
        page.until(lambda seen=seen: page.stage(0, "lookedAt") != seen, "the moment looked at")
        times.append(float(page.stage(0, "lookedAt")) - moved)
    return {
        "look back to screen, median ms": np.median(times),
        "look back to screen, 95th percentile ms": np.quantile(times, 0.95),
        "messages to the kernel while looking back": traffic.sent,
    }


def naive_figures(page: LabPage) -> dict[str, float]:
    """Measure the naive twin."""
    began = time.monotonic()
    page.run_all()
    page.page.locator(".js-plotly-plot .main-svg").first.wait_for()
    result = {"Run All to the first frame, s": time.monotonic() - began}
    page.page.wait_for_timeout(10_000)
    page.page.evaluate(
        """() => {
            window.titles = 0;
            const paint = () => requestAnimationFrame(() => { window.titles += 1; });
            document.querySelector('.js-plotly-plot').on('plotly_afterplot', paint);
        }"""
    )
    page.page.wait_for_timeout(20_000)
    painted = page.page.evaluate("window.titles")
    result["painted frames a second (30 to 60 s of play)"] = painted / 20
    times = []
    for _ in range(3):
        page.page.locator(".naive-noise .noUi-handle").focus()
        value = page.page.locator(".naive-noise .noUi-handle").get_attribute("aria-valuetext")
        began = time.monotonic()
        page.page.keyboard.press("ArrowRight")
        wanted = f"noise {int(float(value)) + 1}"
        title = page.page.locator(".gtitle").first
        page.until(lambda t=title, w=wanted: w in t.text_content(), "the slider's effect")
        times.append(time.monotonic() - began)
    result |= {
        "slider to screen, median s": np.median(times),
        "slider to screen, 95th percentile s": max(times),
    }
    return result


def main() -> None:
    """Measure both and print them side by side."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--minutes", type=float, default=5, help="how long to play while memory is watched"
    )
    minutes = parser.parse_args().minutes
    with (
        running_chromium() as browser,
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as other,
    ):
        with open_cells(browser, Path(one), [LAB], 8960) as page:
            lab = lab_figures(page, minutes)
        print(
            "lab alone:", {name: round(float(value), 2) for name, value in lab.items()}, flush=True
        )
        with open_cells(browser, Path(other), [NAIVE], 8961) as page:
            naive = naive_figures(page)
    print(f"{'':52}{'lab':>10}{'naive':>10}")
    for name, value in lab.items():
        other = f"{naive[name]:>10.2f}" if name in naive else f"{'':>10}"
        print(f"{name:52}{value:>10.2f}{other}")


if __name__ == "__main__":
    main()
