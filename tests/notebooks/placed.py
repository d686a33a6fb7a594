"""What a lab's stored output says of the lab, so that a page without a kernel can place it.

The metadata of the output have it under ``course``: nbval compares none, and JupyterLab shows none.
"""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np

HERE = Path(__file__).parent


def placed(lab: Any, source: str, names: dict[str, Any]) -> dict[str, Any]:
    """Class, settings code, samples and presets of a lab; with its question where it asks one.

    What the question's answers get is measured in a second lab of the same cell, and sealed.

    Parameters
    ----------
    lab : Lab
        That a cell ends with.
    source : str
        The cell.
    names : dict
        What the cell could use.

    Returns
    -------
    dict
        Of texts, numbers and lists of texts.
    """
    remembered = lab.memory.preset()
    told = {
        "lab": lab.name,
        "code": lab.short(),
        "samples": int(np.max(getattr(lab.session, "samples", 0))),  # had, or measured at
        "presets": [name for name in lab.presets if name not in remembered],
    }
    if lab.gate:
        told |= asked(lab.gate.question, source, names)
    return told


def asked(question: Any, source: str, names: dict[str, Any]) -> dict[str, Any]:
    """A question with its answers, and, sealed, what came of each.

    Parameters
    ----------
    question : Question
        Of the lab that the cell makes.
    source : str
        The cell.
    names : dict
        What the cell could use.

    Returns
    -------
    dict
        ``question``, ``answers`` and ``sealed``.
    """
    from course_utils.predictions import sealed

    with TemporaryDirectory() as folder, patch.dict(os.environ, COURSE_DATA=folder):
        result = measured(source, names, next(iter(question.answers)))
    return {
        "question": question.text,
        "answers": list(question.answers),
        "sealed": sealed([question.verdict(result, answer) for answer in question.answers]),
    }


def measured(source: str, names: dict[str, Any], answer: str) -> Any:
    """What a lab of the same cell has measured once an answer is fixed.

    Parameters
    ----------
    source : str
        The cell.
    names : dict
        What it could use.
    answer : str
        The answer to fix.

    Returns
    -------
    Run or object
        What the question's verdict is about.
    """
    sys.path[:0] = [str(HERE.parent)]
    from drawings import alone, drive

    *body, last = ast.parse(source).body
    apart = dict(names)
    exec(compile(ast.Module(body, []), "<cell>", "exec"), apart)
    lab = alone(eval(compile(ast.Expression(last.value), "<cell>", "eval"), apart))
    drive(lab, "commit", answer)
    assert lab.gate.state == "answered", lab.gate.state
    result = lab.session.run()
    lab.close()
    return result
