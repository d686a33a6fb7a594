"""What the edition without a kernel costs, beside the course in Python, in the same minutes.

    python benchmarks/site.py [--only engine weight page] [--minutes 30] [--quick]

engine: microseconds a step and a snapshot in Numba and in WebAssembly (node), in turn, and their
ratio, above 1 where the page is slower. Seconds are those of the processor, one core, so that what
else runs on the machine counts little.

weight: kilobytes of every page with a lab, compressed as static hosts do, until its labs are alive,
and when it has been read to its end with all that is folded.

page: in headless Chromium, frames a second of an empty page and with five views playing, the time
from opening to the first frame, and from a key press on a slider to the repaint that shows its
effect; the same at the size of a phone with the page slowed four times (Chromium slows the page's
own thread, not its workers); beside JupyterLab's by live.py, between two measurements of the page.

With --minutes it then plays for so long and says each minute what the page holds after a forced
collection: the page's own JavaScript, and all of it with its workers.
"""

from __future__ import annotations

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import argparse  # noqa: E402
import contextlib  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from pathlib import Path  # noqa: E402
from urllib.parse import urlencode  # noqa: E402

import numpy as np  # noqa: E402

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]

from driver import LabPage, open_cells, running_chromium  # noqa: E402
from live import LAB, lab_figures, slider_times  # noqa: E402
from web import Host, served  # noqa: E402

from course_utils import OnlineSGD, Settings  # noqa: E402

SIZES = [(200, 100), (100, 50), (20, 20), (100, 1000)]
CODE = Settings(d=100, k=3, width=200).code()  # as LAB
PHONE = {"size": (390, 844), "slow": 4}
ISOLATED = {  # else a page may not ask what it holds
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
RATES = """seconds => new Promise((done) => {
    const painted = () => Number(document.querySelector(".course-stage")?.dataset.frames ?? 0);
    const began = performance.now(), before = painted();
    let refreshed = 0;
    const tick = () => {
        const passed = (performance.now() - began) / 1000;
        refreshed += 1;
        if (passed < seconds) requestAnimationFrame(tick);
        else done([refreshed / passed, (painted() - before) / passed]);
    };
    requestAnimationFrame(tick);
})"""
READ_ON = """async () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
    for (let y = 0; y < document.documentElement.scrollHeight; y += 500) {
        scrollTo(0, y);
        await new Promise((done) => { setTimeout(done, 50); });
    }
}"""


def in_python() -> Callable[[int, int, int], float]:
    """Seconds a step of OnlineSGD for a width, a dimension and a number of samples; 0 samples
    measure a snapshot.
    """
    sims: dict[tuple[int, int], OnlineSGD] = {}

    def seconds(width: int, d: int, samples: int) -> float:
        if (width, d) not in sims:
            sims[width, d] = OnlineSGD(Settings(d=d, k=1, link="tanh", width=width), "plain")
        sim, began = sims[width, d], time.process_time()
        if samples:
            sim.advance(samples)
        for _ in range(0 if samples else 20):
            sim.snapshot()
        return (time.process_time() - began) / (samples or 20)

    return seconds


def in_page(folder: Path) -> Callable[[int, int, int], float]:
    """The same of the engine in node."""
    build = [sys.executable, str(HERE.parent / "site" / "engine" / "build.py"), str(folder)]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    node = subprocess.Popen(
        ["node", str(HERE / "site.mjs"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )

    def seconds(*numbers: int) -> float:
        print(*numbers, file=node.stdin)
        return float(node.stdout.readline())

    return seconds


def engine_table(repeats: int, budget: float) -> None:
    """Steps and snapshots of both engines at each size."""
    with tempfile.TemporaryDirectory() as folder:
        kinds = {"Numba": in_python(), "WebAssembly": in_page(Path(folder))}
        print(
            f"{'microseconds a':>22} {'':9}" + "".join(f"{name:>13}" for name in kinds) + "  ratio"
        )
        for width, d in SIZES:
            for what in ("step", "snapshot"):
                count = 0
                if what == "step":
                    for seconds in kinds.values():
                        seconds(width, d, 2048)  # compiled, and caches filled
                    count = max(512, int(budget / kinds["Numba"](width, d, 2048)) // 256 * 256)
                rows = [[s(width, d, count) for s in kinds.values()] for _ in range(repeats)]
                own, page = 1e6 * np.median(rows, 0)
                ratio = np.median([page / own for own, page in rows])
                print(f"{f'{width} x {d}':>22} {what:9}{own:13.2f}{page:13.2f}{ratio:7.2f}")


@contextlib.contextmanager
def made_site() -> Iterator[Host]:
    """The whole site, made anew, in a plain file server."""
    with tempfile.TemporaryDirectory() as folder:
        made = [sys.executable, str(HERE.parent / "site" / "make_site.py"), folder]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
        with served(Path(folder), ISOLATED) as host:
            yield host


def weight_table(browser, host: Host) -> None:
    """Kilobytes of each page with a lab."""
    print(f"{'kB compressed':>30}{'alive':>10}{'read':>10}   heaviest until then")
    for path in sorted(host.folder.glob("*.html")):
        if 'class="course-live"' not in path.read_text(encoding="utf-8"):
            continue
        host.forget()
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        page = context.new_page()
        page.goto(f"{host.address}/{path.name}")
        page.wait_for_load_state("networkidle")
        alive = host.weights()
        page.evaluate(READ_ON)
        page.wait_for_load_state("networkidle")
        read = host.weights()
        heaviest = sorted(alive.items(), key=lambda one: -one[1])[:4]
        print(
            f"{path.stem:>30}{sum(alive.values()) / 1000:10.0f}{sum(read.values()) / 1000:10.0f}   "
            + ", ".join(f"{Path(name).name} {size / 1000:.0f}" for name, size in heaviest)
        )
        context.close()


def open_lab(browser, host: Host, size=(1366, 768), slow: float = 1) -> LabPage:
    """The start page with the lab of live.py on it."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    lab = LabPage(context.new_page())
    if slow > 1:
        client = context.new_cdp_session(lab.page)
        client.send("Emulation.setCPUThrottlingRate", {"rate": slow})
    lab.page.goto(f"{host.address}/index.html#{urlencode({'lab': 1, 'code': CODE})}")
    lab.wait_for_lab()
    return lab


def page_figures(browser, host: Host, seconds: float, **how) -> dict[str, float]:
    """Frames, and times to the screen."""
    lab = open_lab(browser, host, **how)
    opened = lab.page.evaluate("performance.timeOrigin")
    result = {"first frame, s": (float(lab.stage(0, "paintedAt")) - opened) / 1000}
    lab.press("Play")
    lab.page.wait_for_timeout(1000 * seconds)
    refreshed, painted = lab.page.evaluate(RATES, seconds)
    result |= {"painted frames a second": painted, "refreshes of the page a second": refreshed}
    times = slider_times(lab, "input")
    result["slider to screen, median s"] = float(np.median(times))
    result["slider to screen, 95th percentile s"] = float(np.quantile(times, 0.95))
    lab.page.context.close()
    return result


def empty_rate(browser, seconds: float) -> float:
    """Refreshes a second of a page with nothing on it."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    rate = page.evaluate(RATES, seconds)[0]
    page.close()
    return rate


def jupyter_figures(browser) -> dict[str, float]:
    """The same of the lab in JupyterLab, by their names here."""
    with (
        tempfile.TemporaryDirectory() as home,
        open_cells(browser, Path(home), [LAB], 8962) as page,
    ):
        found = lab_figures(page, 0)
    return {
        "first frame, s": found["Run All to the first frame, s"],
        "painted frames a second": found["painted frames a second (30 to 60 s of play)"],
        **{name: value for name, value in found.items() if name.startswith("slider")},
    }


def page_table(browser, host: Host, quick: bool) -> None:
    """The page before and after JupyterLab, and on a slow phone."""
    seconds = 3 if quick else 20
    print(f"frames a second of an empty page: {empty_rate(browser, seconds):.1f}")
    columns = {"page": page_figures(browser, host, seconds)}
    if not quick:
        columns["JupyterLab"] = jupyter_figures(browser)
        columns["page again"] = page_figures(browser, host, seconds)
    columns["slow phone"] = page_figures(browser, host, seconds, **PHONE)
    print(f"frames a second of an empty page: {empty_rate(browser, seconds):.1f}")
    print(f"{'':38}" + "".join(f"{name:>12}" for name in columns))
    for name in columns["page"]:
        found = [figures.get(name) for figures in columns.values()]
        print(f"{name:38}" + "".join(f"{'' if v is None else f'{v:.3f}':>12}" for v in found))


def growth_table(browser, host: Host, minutes: int) -> None:
    """What the page holds while it plays, each minute after a forced collection."""
    lab = open_lab(browser, host)
    lab.press("Play")
    print(f"{'minutes of play':>16}{'frames':>10}{'page, MB':>12}{'with workers, MB':>18}")
    for minute in range(minutes + 1):
        own = lab.memory() / 1e6
        whole = lab.page.evaluate(
            "async () => (await performance.measureUserAgentSpecificMemory()).bytes"
        )
        print(f"{minute:16}{lab.frames():10}{own:12.2f}{whole / 1e6:18.2f}", flush=True)
        lab.page.wait_for_timeout(60_000 * (minute < minutes))
    lab.page.context.close()


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--repeats", type=int, default=7, help="of each timing of the engine")
    parser.add_argument("--quick", action="store_true", help="short timings, to see that it runs")
    kinds = ["engine", "weight", "page"]
    parser.add_argument("--only", nargs="*", choices=kinds, default=kinds, help="tables to print")
    parser.add_argument("--minutes", type=int, default=0, help="play for so long at the end")
    options = parser.parse_args()
    print("load of the machine:", *os.getloadavg())
    if "engine" in options.only:
        engine_table(options.repeats, 0.02 if options.quick else 0.3)
    if {"weight", "page"} & {*options.only} or options.minutes:
        with running_chromium() as browser, made_site() as host:
            if "weight" in options.only:
                weight_table(browser, host)
            if "page" in options.only:
                page_table(browser, host, options.quick)
            if options.minutes:
                growth_table(browser, host, options.minutes)
    print("load of the machine:", *os.getloadavg())


if __name__ == "__main__":
    main()
