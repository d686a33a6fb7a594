"""Pictures of what a notebook's cells show, for readers who have no kernel.

A kernel that `watch` was called in writes a page for each figure or lab that a cell ends with, with
what `placed.py` says of a lab, and `pictures` takes their photographs in Chromium.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

KIND = "image/jpeg"  # JupyterLab shows it in notebooks that nobody has trusted yet, GitHub too
WIDTH = 920  # pixels: a notebook's column at 1366 x 768
QUALITY = 72
DRAWN = ".course-plot .main-svg, .course-picture svg, .course-view svg, .course-view table"


def watch(folder: str) -> None:
    """Write what every later cell of this kernel ends with, as ``folder``/<its number>.html.

    And <its number>.json beside it where that is a lab.
    """
    from IPython import get_ipython
    from placed import placed

    def write(result) -> None:
        if result.success and (page := page_of(result.result)) is not None:
            number = result.execution_count or get_ipython().execution_count - 1
            (Path(folder) / f"{number}.html").write_text(page, encoding="utf-8")
            if hasattr(result.result, "gate"):
                told = placed(result.result, result.info.raw_cell, get_ipython().user_ns)
                (Path(folder) / f"{number}.json").write_text(json.dumps(told), encoding="utf-8")

    get_ipython().events.register("post_run_cell", write)


def page_of(value: Any) -> str | None:
    """The page of a lab or of figures that stand still; None for anything else."""
    from course_utils.labs.frames import Frames
    from course_utils.labs.page import recorded
    from course_utils.labs.stage import Stage

    if hasattr(value, "record_html"):
        with TemporaryDirectory() as folder:
            return value.record_html(Path(folder) / "lab.html").read_text(encoding="utf-8")
    if not isinstance(value, Stage):
        return None
    sent: list = []
    kept, value.send_frame = value.send_frame, lambda *told: sent.append(told)
    try:
        value.on_event({"type": "hello"})
    finally:
        value.send_frame = kept
    return recorded(value.label, [Frames().frame(*sent[0])], value.central, columns=value.columns)


def pictures(folder: Path) -> dict[int, str]:
    """A photograph of each page in a folder, base64, by the number of its cell."""
    from driver import running_chromium

    pages = sorted(folder.glob("*.html"), key=lambda path: int(path.stem))
    taken: dict[int, str] = {}
    if not pages:
        return taken
    with running_chromium() as browser:
        for path in pages:
            page = browser.new_page(viewport={"width": WIDTH, "height": 700})
            page.goto(path.as_uri())
            page.locator(DRAWN).first.wait_for()
            page.wait_for_function("document.querySelector('.course-stage').dataset.frames > 0")
            shot = page.locator("#figures").screenshot(type="jpeg", quality=QUALITY)
            taken[int(path.stem)] = base64.b64encode(shot).decode()
            page.close()
    return taken
