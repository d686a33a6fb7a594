"""Run notebooks from the top and store their outputs as the tests want them.

    python tests/notebooks/execute.py [--pictures] notebooks/02_sgd_finds_the_subspace.ipynb ...

No widgets, whose text and picture stay, and no times. A picture is taken anew where the cell or
its text has changed, so that a second run changes nothing. With --pictures all are taken anew and
nothing else changes, as after a change of how labs look.
"""

from __future__ import annotations

import json
import os
import sys
import time
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from stills import KIND, pictures  # noqa: E402

# an error on a page whose kernel has not run; the text stays and is shown
VIEW = "application/vnd.jupyter.widget-view+json"
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def stripped(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with nothing in it that a second run would change for no reason."""
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if "nbval-ignore-output" in cell.metadata.get("tags", ()):
            cell.outputs = []  # it is about the machine that ran it
        for output in cell.get("outputs", []):
            output.pop("metadata", None) if output.output_type == "stream" else output.setdefault(
                "metadata", {}
            )
            output.get("data", {}).pop(VIEW, None)
    return notebook


def execute(path: Path, anew: bool = False) -> float:
    """Run one notebook in place, or take its pictures anew; how many seconds it took."""
    notebook, began = nbformat.read(path, as_version=4), time.perf_counter()
    stored, before = deepcopy(notebook), {}
    if not anew:
        before = {key(cell): still for cell in notebook.cells if (still := still_of(cell))}
    # an empty journal: nothing was done before
    with TemporaryDirectory() as folder, patch.dict(os.environ, COURSE_DATA=folder):
        watched = f"import sys; sys.path.insert(0, {str(HERE)!r}); import stills"
        NotebookClient(
            notebook,
            timeout=600,
            kernel_name="python3",
            resources={"metadata": {"path": str(path.parent)}},
            extra_arguments=[
                f"--IPKernelApp.exec_lines={watched}; stills.watch({folder!r})",
            ],
        ).execute()
        took = time.perf_counter() - began
        stripped(notebook)
        numbered = {cell.get("execution_count"): cell for cell in notebook.cells}
        stills = {}
        for page in Path(folder).glob("*.html"):
            if still := before.get(key(numbered[int(page.stem)])):
                page.unlink()
                stills[int(page.stem)] = still
        for number, still in (stills | pictures(Path(folder))).items():
            result_of(numbered[number]).data[KIND] = still
        for told in Path(folder).glob("*.json"):
            output = result_of(numbered[int(told.stem)])
            output.metadata["course"] = json.loads(told.read_text(encoding="utf-8"))
    if anew:
        for cell, new in zip(stored.cells, notebook.cells, strict=True):
            if still := still_of(new):
                result_of(cell).data[KIND] = still
    nbformat.write(stored if anew else notebook, path)
    return took


def result_of(cell: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    """What a cell ends with."""
    results = [o for o in cell.get("outputs", []) if o.output_type == "execute_result"]
    return results[-1] if results else None


def still_of(cell: nbformat.NotebookNode) -> str | None:
    """The picture that a cell has."""
    return result.data.get(KIND) if (result := result_of(cell)) else None


def key(cell: nbformat.NotebookNode) -> tuple[str, str]:
    """What a picture depends on: the cell's code and the text of what it ends with."""
    result = result_of(cell)
    return cell.source, result.data.get("text/plain", "") if result else ""


if __name__ == "__main__":
    anew = "--pictures" in sys.argv
    for name in [name for name in sys.argv[1:] if name != "--pictures"]:
        print(f"{name}: {execute(Path(name), anew):.0f} s", flush=True)
