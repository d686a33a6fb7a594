"""Some cells of every notebook, run with other processors' arithmetic.

`make test` runs all of them with this one's, and these with the kind that is farthest from it;
`make arithmetic` runs all, under each kind.
"""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from arithmetic import KINDS

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
# of each the imports, and what is quick: fits and eigenvectors, SGD and its prediction, gaps,
# kernels, low ranks, a miniature
CELLS = {
    "00_start_here": ("cell-05",),
    "01_multiple_index_model": tuple(f"cell-{i:02}" for i in (1, 3, 16, 20)),
    "02_sgd_finds_the_subspace": ("cell-01", "cell-03", "cell-05", "cell-10", "cell-21"),
    "03_generalisation": ("cell-01", "cell-05", "cell-34"),
    "04_single_index_learning": ("cell-01", "cell-08", "cell-27", "cell-32", "cell-33"),
    "05_ntk_comparison": ("cell-01", "cell-10"),
    "06_compressibility": ("cell-01", "cell-07", "cell-12"),
    "07_where_it_breaks": ("cell-01", "cell-02", "cell-03", "cell-33", "cell-35", "cell-74"),
    "08_reading_map": ("cell-01", "cell-05", "cell-07", "cell-10"),
}


def test_every_notebook_is_represented():
    assert set(CELLS) == {path.stem for path in NOTEBOOKS.glob("*.ipynb")}


@pytest.mark.parametrize("kind", list(KINDS)[1:2])
def test_cells_agree_with_what_is_stored(kind, nbval, monkeypatch):
    cells = []
    for name, wanted in CELLS.items():
        found = {
            cell.id: cell for cell in nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
        }
        cells += [nbformat.from_dict(found[cell] | {"id": f"{name[:2]}-{cell}"}) for cell in wanted]
    for name, value in KINDS[kind].items():
        monkeypatch.setenv(name, value)
    assert nbval(cells) == [True] * len(cells)


ASK = """
from numba.core.registry import cpu_target
import numpy as np
from threadpoolctl import threadpool_info
for found in threadpool_info():
    if found["internal_api"] == "openblas":
        print(found["architecture"], found["num_threads"])
print(cpu_target.target_context.codegen().magic_tuple()[1])
print(np.show_config(mode="dicts")["SIMD Extensions"].get("found"))
"""


def test_the_kinds_of_arithmetic_differ():
    """Else the tests above would say nothing.

    Libraries take no notice of a variable that they do not know.
    """
    told = {
        kind: subprocess.run(
            [sys.executable, "-c", ASK], env=os.environ | settings, capture_output=True, text=True
        ).stdout
        for kind, settings in KINDS.items()
    }
    assert all(told.values()) and len(set(told.values())) == len(KINDS), told
