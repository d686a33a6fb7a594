"""Drives the course in Chromium as a student would.

Opens a notebook, runs cells, presses keys, reads the page.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import psutil

from course_utils.launcher import NOTEBOOKS, find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

ROOT = Path(__file__).parents[1]
# In seconds: a busy machine is slow, and what never comes is told apart from what comes late by
# patience alone.
PATIENCE = 300
# What Chromium would compute beside each new page (the pop-up of its address bar is a page of its
# own), and what playwright turns off: of two such lists Chromium takes the last.
NOT_OURS = [
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    f"--disable-features={','.join(NOT_OURS)}",
]
OPENING = "from course_utils import Settings\nfrom course_utils.labs import SubspaceLab\n"

# The course is opened by the launcher's own code, on notebooks that a test may choose.
OPEN_COURSE = """
import pathlib, sys
from course_utils import __main__, launcher
launcher.NOTEBOOKS = pathlib.Path(sys.argv[1])
sys.exit(__main__.main(sys.argv[2:]))
"""


class LabPage:
    """A page that shows one notebook."""

    def __init__(self, page: Page):
        self.page = page
        page.set_default_timeout(1000 * PATIENCE)
        self.problems: list[str] = []
        self.home, self.address = Path(), ""
        self.before = 0  # labs on the page that a test passes over
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda m: self.problems.append(m.text) if m.type == "error" else None)

    @property
    def kernel(self) -> psutil.Process:
        """The newest kernel's process of this course."""
        running = psutil.process_iter(["cmdline", "create_time"])
        kernels = [p for p in running if _is_kernel(p) and self._is_ours(p)]
        return max(kernels, key=lambda p: p.info["create_time"])

    def _is_ours(self, process: psutil.Process) -> bool:
        return process.environ().get("JUPYTER_DATA_DIR") == str(self.home / "data")

    def menu(self, *names: str) -> None:
        """Choose an entry of JupyterLab's menus."""
        self.page.click(f".lm-MenuBar-item:has-text('{names[0]}')")
        for name in names[1:]:
            self.page.click(f".lm-Menu-itemLabel:text-is('{name}')")

    def run_all(self) -> None:
        """Run every cell from the menu."""
        self.menu("Run", "Run All Cells")

    def run_cell(self, index: int) -> str:
        """Run one cell and return the text that it printed."""
        cell = self.page.locator(".jp-Notebook .jp-CodeCell").nth(index)
        prompt = cell.locator(".jp-InputPrompt")
        seen = [prompt.inner_text()]
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

        def ended() -> bool:
            seen.append(prompt.inner_text())
            # it was at work, or its number is a new one
            return "[*]" not in seen[-1] and len(set(seen)) > 1

        self.until(ended, "the cell to end")
        return "\n".join(cell.locator(".jp-OutputArea-output").all_inner_texts())

    def lab(self, index: int = 0) -> Locator:
        """A lab on the page."""
        return self.page.locator(".course-lab").nth(self.before + index)

    def wait_for_lab(self, index: int = 0) -> None:
        """Wait until a lab has painted its first frame."""
        self.lab(index).locator(".course-plot .main-svg").first.wait_for(timeout=1000 * PATIENCE)
        self.until(lambda: self.frames(index) > 0, "the first frame")

    def bring(self, index: int = 0) -> None:
        """Scroll until a whole lab is in sight and stays; what is out of sight is not drawn.

        JupyterLab moves what it shows when it learns how tall the cells above are.
        """
        top = "lab => lab.getBoundingClientRect().top"
        stays = [0]

        def still() -> bool:
            stays[0] = stays[0] + 1 if self.lab(index).evaluate(top) > 0 else 0
            if not stays[0]:
                self.lab(index).evaluate("lab => lab.scrollIntoView({ block: 'end' })")
            return stays[0] > 50

        self.until(still, "the lab to stay in sight")

    def press(self, name: str, index: int = 0) -> None:
        """Press a button of a lab by keyboard."""
        button = self.lab(index).get_by_role("button", name=name, exact=False).first
        button.focus()
        self.page.keyboard.press("Enter")

    def open_more(self, index: int = 0) -> None:
        """Open what is behind More, where it is not open."""
        switch = self.lab(index).locator(".course-more-switch")
        if switch.get_attribute("aria-expanded") != "true":
            switch.click()
            self.until(lambda: switch.get_attribute("aria-expanded") == "true", "More to open")

    def slide(self, field: str, key: str = "ArrowRight", index: int = 0) -> None:
        """Move a slider by one step by keyboard."""
        self.lab(index).locator(f".course-field-{field} .noUi-handle").focus()
        self.page.keyboard.press(key)

    def frames(self, index: int = 0) -> int:
        """How many frames a lab has painted."""
        return int(self.stage(index, "frames") or 0)

    def stage(self, index: int, name: str) -> str | None:
        """A datum that the stage writes on itself: frames, frame, redraws, settings."""
        return self.lab(index).locator(".course-stage").first.evaluate(f"e => e.dataset.{name}")

    def settings(self, index: int = 0) -> dict[str, str]:
        """The settings that the page shows, as text by field."""
        return dict(part.split("=", 1) for part in (self.stage(index, "settings") or "").split())

    def sentence(self, index: int = 0) -> str:
        """The sentence under the figures."""
        # inner_text is empty for a cell out of sight
        return self.lab(index).locator(".course-sentence").text_content()

    def error(self, index: int = 0) -> str:
        """The text of the error box, empty where none shows."""
        box = self.lab(index).locator(".course-error")
        return box.locator("span").inner_text() if box.is_visible() else ""

    def curves(self, view: int = 0, index: int = 0) -> dict[str, tuple[list[float], list[float]]]:
        """The data that a view plots, by the curve's name."""
        script = """(lab, view) => JSON.stringify(
            [...lab.querySelectorAll('.course-plot')][view].data
            .filter(t => t.name).map(t => [t.name, [...t.x], [...t.y]]))"""
        return {name: (x, y) for name, x, y in json.loads(self.lab(index).evaluate(script, view))}

    def drawn(self, view: int = 0, index: int = 0) -> list[str]:
        """The paths that a view really shows, as the browser has them."""
        script = """(lab, view) => [...[...lab.querySelectorAll('.course-plot')][view]
            .querySelectorAll('.js-line')].map(p => p.getAttribute('d'))"""
        return self.lab(index).evaluate(script, view)

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait until something holds, for minutes. AssertionError that says what did not happen."""
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end, f"waited {PATIENCE} s for {what}"
            self.page.wait_for_timeout(20)

    def rest(self, index: int = 0) -> None:
        """Wait until a lab that plays has painted its last frame and said what it shows."""
        self.until(lambda: self.stage(index, "playing") == "false", "the run to end")
        self.until(
            lambda: self.stage(index, "said") == self.stage(index, "frame"), "its last words"
        )

    def kernel_pid(self) -> int | None:
        """The kernel's process number; None while there is none."""
        try:
            return self.kernel.pid
        except (ValueError, psutil.Error):
            return None

    def kernel_load(self, seconds: float = 3.0) -> float:
        """Share of one core that the kernel uses."""
        process = self.kernel
        before = sum(process.cpu_times()[:2])
        self.page.wait_for_timeout(1000 * seconds)
        return (sum(process.cpu_times()[:2]) - before) / seconds

    def until_idle(self) -> None:
        """Wait until the kernel uses under 5 % of a core over three seconds.

        Its own heartbeat stays far below, and what spins or trains never does, however busy the
        machine is.
        """
        self.until(lambda: self.kernel_load() < 0.05, "an idle kernel")

    def memory(self) -> float:
        """Bytes of the page's JavaScript heap after a collection."""
        client = self.page.context.new_cdp_session(self.page)
        client.send("HeapProfiler.collectGarbage")
        return client.send("Runtime.getHeapUsage")["usedSize"]


def _is_kernel(process: psutil.Process) -> bool:
    return any("ipykernel_launcher" in part for part in process.info["cmdline"] or [])


def write_notebook(path: Path, cells: list[str]) -> None:
    """Write a notebook of code cells."""
    made = [nbformat.v4.new_code_cell(source) for source in cells]
    notebook = nbformat.v4.new_notebook(cells=made)
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook.metadata.kernelspec = kernel
    nbformat.write(notebook, path)


@contextmanager
def opened_course(
    home: Path, *arguments: str, notebooks: Path = NOTEBOOKS, before: str = ""
) -> Iterator[list[str]]:
    """Open the course for someone without any Jupyter settings; yield what it prints.

    On a machine without a screen. ``before`` is a folder of packages that come first.
    """
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "JUPYTER_PATH", "JUPYTER_CONFIG_PATH"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    environment = kept | {
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        # what is in JUPYTER_DATA_DIR comes before the environment's own
        "JUPYTER_PREFER_ENV_PATH": "0",
        "PYTHONPATH": os.pathsep.join(filter(None, (before, str(ROOT)))),
        "TMPDIR": str(home),
        "COURSE_DATA": str(home / "journal"),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", OPEN_COURSE, str(notebooks), *arguments],
        cwd=home,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    # a line that never comes would otherwise hold the tests for ever
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    lines = []
    try:
        while not lines or "this address in a browser" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], f"the course did not open: {''.join(lines)}"
        watchdog.cancel()
        yield lines
    finally:
        watchdog.cancel()
        process.terminate()
        lines += process.communicate(timeout=PATIENCE)[0].splitlines()


@contextmanager
def running_chromium(path: str | None = None) -> Iterator[Browser]:
    """A headless Chromium; one at a time, as playwright allows no more."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path or find_chromium(), args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def open_cells(
    browser: Browser, home: Path, cells: list[str], port: int, **options
) -> Iterator[LabPage]:
    """A new notebook with these cells, open in the browser."""
    folder = home / "notebooks"
    folder.mkdir(exist_ok=True)
    write_notebook(folder / "test.ipynb", cells)
    with open_folder(browser, home, folder, port, **options) as page:
        yield page


@contextmanager
def open_folder(
    browser: Browser, home: Path, folder: Path, port: int, size=(1366, 768), before: str = ""
) -> Iterator[LabPage]:
    """A folder's first notebook, open in the browser."""
    with opened_course(home, "--port", str(port), notebooks=folder, before=before) as lines:
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        course = LabPage(page)
        course.home = home
        course.address = lines[-1].split()[-1]
        page.goto(course.address)
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        try:
            yield course
        finally:
            page.close()
