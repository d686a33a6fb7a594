"""Run notebooks from the top and store their outputs as the tests want them.

    python tests/notebooks/execute.py notebooks/02_sgd_finds_the_subspace.ipynb ...

No widgets, whose text stays, and no times.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

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
        for output in cell.get("outputs", []):
            output.pop("metadata", None) if output.output_type == "stream" else output.setdefault(
                "metadata", {}
            )
            output.get("data", {}).pop(VIEW, None)
    return notebook


def execute(path: Path) -> float:
    """Run one notebook in place; how many seconds it took."""
    notebook, began = nbformat.read(path, as_version=4), time.perf_counter()
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    nbformat.write(stripped(notebook), path)
    return time.perf_counter() - began


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(f"{name}: {execute(Path(name)):.0f} s", flush=True)
