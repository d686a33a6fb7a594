"""Where papers stand on the map: a lane a topic, a column a year, the same at every opening."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..reading import TOPICS, Paper

ACROSS, DOWN = 130, 44  # between two papers of one lane and year, in units of the map
GAP = 44  # between two years, and beside the paper of the course
ROWS = 3  # of papers that a lane may have


class Places(NamedTuple):
    """Where everything stands.

    Attributes
    ----------
    papers : list of tuple of float
        (x, y) of each paper, in the order of the list.
    course : tuple of float
        (x, y) of the paper of the course.
    years : dict of int to float
        Year -> x of the middle of its column.
    lanes : dict of str to tuple of float
        Topic -> (y of its middle, height).
    width : float
        Of the map.
    height : float
        Of the map.
    """

    papers: list[tuple[float, float]]
    course: tuple[float, float]
    years: dict[int, float]
    lanes: dict[str, tuple[float, float]]
    width: float
    height: float


def places(papers: Sequence[Paper], year: int = 2022) -> Places:
    """Places of papers by time and topic.

    Parameters
    ----------
    papers : sequence of Paper
        The list.
    year : int
        That of the paper of the course, which has a column of its own after that year's.

    Returns
    -------
    Places
        No two papers stand in one place.
    """
    cells: dict[tuple[str, int], list[int]] = {}
    for i, paper in enumerate(papers):
        cells.setdefault((paper.topic, paper.year), []).append(i)
    slots = {  # papers side by side in the fullest lane of a year
        y: max(-(-len(inside) // ROWS) for (_, when), inside in cells.items() if when == y)
        for y in sorted({paper.year for paper in papers})
    }
    left, starts = 0.0, {}
    for y, count in slots.items():
        starts[y] = left
        left += count * ACROSS + GAP
        if y == year:
            course, left = left + ACROSS / 2, left + ACROSS + GAP
    found, lanes, top = [(0.0, 0.0)] * len(papers), {}, 0.0
    for topic in TOPICS:
        here = {y: inside for (name, y), inside in cells.items() if name == topic}
        rows = max((-(-len(inside) // slots[y]) for y, inside in here.items()), default=1)
        lanes[topic] = (top + rows * DOWN / 2, rows * DOWN)
        for y, inside in here.items():
            for n, i in enumerate(inside):
                row, column = divmod(n, slots[y])
                under = -(-len(inside) // slots[y])
                found[i] = (
                    starts[y] + (column + 0.5) * ACROSS,
                    top + (row + 0.5 + (rows - under) / 2) * DOWN,
                )
        top += rows * DOWN
    years = {y: starts[y] + count * ACROSS / 2 for y, count in slots.items()}
    return Places(found, (course, top / 2), years, lanes, left - GAP, top)
