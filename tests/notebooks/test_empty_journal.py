"""Outputs do not depend on what a student did before: notebooks run with an empty journal."""

import nbformat
from execute import execute

from course_utils.journal import entries, note

CELLS = {
    "from course_utils import progress\nfrom course_utils.exercises import hint\nhint('1.1')": (
        "Hint 1 of 2 for exercise 1.1: A Gaussian matrix prefers no direction. Which factorisation "
        "turns its columns into orthonormal ones?\n"
    ),
    "print(progress())": "Done: 0 of ",
}


def done_before():
    """What would change both outputs if the notebook's kernel saw it."""
    note("hint", exercise="1.1", number=1)


def stored(source, text):
    output = nbformat.v4.new_output("stream", name="stdout", text=text)
    return nbformat.v4.new_code_cell(source, outputs=[output], execution_count=1)


def test_nbval_runs_notebooks_with_an_empty_journal(nbval):
    done_before()
    cells = list(CELLS.items())
    assert nbval([stored(*cells[0]), stored("hint('1.1')", "Hint 2 of 2")]) == [True, False]


def test_execute_runs_notebooks_with_an_empty_journal(tmp_path):
    done_before()
    path = tmp_path / "one.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[stored(s, "") for s in CELLS]), path)
    execute(path)
    said = [cell.outputs[0].text for cell in nbformat.read(path, as_version=4).cells]
    assert said[0] == next(iter(CELLS.values())) and said[1].startswith(CELLS["print(progress())"])
    assert len(entries()) == 1  # and what was done stays
