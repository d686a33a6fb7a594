"""Exercises: stubs to fill in, checks, two hints each, and solutions that a test proves.

A check says which property fails. In a notebook: ``check("1.1", draw_directions)`` and
``hint("1.1")``; ``recall("1.1")`` brings an answer back. Each notebook's exercises are in one file,
e01.py for notebook 01, and so on.
"""

from .mechanism import (
    Exercise,
    Verdict,
    Wrong,
    check,
    examine,
    exercises,
    find_exercise,
    hint,
    recall,
)

__all__ = [
    "Exercise",
    "Verdict",
    "Wrong",
    "check",
    "examine",
    "exercises",
    "find_exercise",
    "hint",
    "recall",
]
