"""What the tests of how notebooks are compared share."""

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def nbval(pytester) -> Callable[..., list[bool]]:
    """`nbval(cells)` runs them as the course's notebooks are run: whether each cell passed."""

    def run(cells: list[nbformat.NotebookNode]) -> list[bool]:
        nbformat.write(nbformat.v4.new_notebook(cells=cells), pytester.path / "cells.ipynb")
        pytester.makeconftest((ROOT / "conftest.py").read_text())
        pytester.makeini(f"[pytest]\npythonpath = {ROOT / 'tests' / 'notebooks'}")
        patience = ("--nbval-cell-timeout=600", "--nbval-kernel-startup-timeout=300")
        told = pytester.runpytest_subprocess(
            "--nbval", "--nbval-current-env", *patience, "-rA"
        ).stdout.str()
        ends = {
            int(i): word
            for word, i in re.findall(
                r"^(PASSED|FAILED) cells.ipynb::Cell (\d+)", told, re.MULTILINE
            )
        }
        return [ends[i] == "PASSED" for i in range(len(cells))]

    return run
