"""Every notebook is stored the way students and tests need it."""

import re
from pathlib import Path

import nbformat
import pytest
from comparison import NUMBER

from course_utils.predictions import opened

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda p: p.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_kernelspec_is_kept_and_widget_state_is_not(notebook):
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata
    kinds = {
        kind
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for kind in output.get("data", {})
    }
    assert not any(
        "widget" in kind for kind in kinds
    )  # without a kernel a page would show an error instead of the text


def test_every_code_cell_was_run_in_order_without_error(notebook):
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    assert [c.execution_count for c in cells] == list(range(1, len(cells) + 1))
    assert not [o for c in cells for o in c.outputs if o.output_type == "error"]


def test_cells_are_short(notebook):
    long = [
        c.source
        for c in notebook.cells
        if c.cell_type == "code" and len(c.source.splitlines()) > 15
    ]
    assert not long


def test_run_all_takes_no_hint(notebook):
    lines = [line for c in notebook.cells if c.cell_type == "code" for line in c.source.split("\n")]
    assert not [line for line in lines if "hint(" in line.partition("#")[0]]


def test_files_are_small():
    assert max(path.stat().st_size for path in NOTEBOOKS) < 900_000


def printed_numbers(cell) -> list[str]:
    texts = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.outputs]
    return [number for text in texts for number in NUMBER.findall(text)]


def test_no_number_is_a_rounding_error(notebook):
    """Below 1e-11, or a zero with a sign: what is printed there differs between processors.

    So say that it is below a bound. A cell that means so small a number states a tolerance, with
    the reason.
    """
    cells = [c for c in notebook.cells if c.cell_type == "code" and "tolerance" not in c.metadata]
    values = {
        text: float(text.replace(",", "").replace("\u2212", "-"))
        for c in cells
        for text in printed_numbers(c)
    }
    assert [
        text
        for text, x in values.items()
        if 0 < abs(x) < 1e-11 or (x == 0 and text[0] in "-\u2212")
    ] == []


def test_a_wider_tolerance_has_a_reason_and_numbers_that_need_it(notebook):
    for cell in notebook.cells:
        if stated := cell.metadata.get("tolerance"):
            assert stated.keys() == {"units", "because"}
            assert isinstance(stated["units"], int) and stated["units"] > 1
            assert len(stated["because"].split()) >= 4
            assert cell.cell_type == "code" and printed_numbers(cell)


def test_every_figure_and_lab_has_a_picture_for_those_who_have_no_kernel(notebook):
    """All that a cell can end with but a question alone and the map of papers, which is a list."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type != "execute_result":
                continue
            text = output.data.get("text/plain", "")
            alone = text.startswith("Predict.") and "seed=" not in text
            if not alone and not cell.source.endswith("reading_map"):
                assert len(output.data.get("image/jpeg", "")) > 5000, cell.source


def test_every_lab_says_what_a_page_without_a_kernel_needs_to_place_it(notebook):
    """Its class, settings and samples, and with a question, sealed, what each answer gets."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            text = output.get("data", {}).get("text/plain", "")
            told = output.get("metadata", {}).get("course")
            asks = text.startswith("Predict.") and "image/jpeg" in output.data
            shows = asks or re.search(r"^\w*Lab\(|\n(lab|movie)$", cell.source, re.M)
            assert told or not shows, cell.source
            if told:
                assert told["code"] in text or told["lab"] in ("GapLab", "HermiteLab")
                assert told["samples"] >= 0 and isinstance(told["presets"], list)
                assert asks == ("question" in told)
            if asks:
                assert text.startswith(f"Predict. {told['question']}\n")
                said = opened(told["sealed"])
                assert len(said) == len(told["answers"])
                assert sum(": it holds. " in words for words in said) == 1
