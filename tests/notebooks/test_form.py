"""Every notebook is stored the way students and tests need it."""

from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda p: p.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_kernelspec_is_kept_and_widget_state_is_not(notebook):
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata


def test_every_code_cell_was_run_in_order_without_error(notebook):
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    assert [c.execution_count for c in cells] == list(range(1, len(cells) + 1))
    assert not [o for c in cells for o in c.outputs if o.output_type == "error"]


def test_cells_are_short(notebook):
    long = [c.source for c in notebook.cells if c.cell_type == "code" and len(c.source.splitlines()) > 15]
    assert not long


def test_files_are_small():
    assert max(path.stat().st_size for path in NOTEBOOKS) < 900_000
