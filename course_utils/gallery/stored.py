"""Samples against d in full size, computed once: ``python -m course_utils.gallery``."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from .times import TIMINGS, times_to_angle

FILE = Path(__file__).parent / "times.csv"
COLUMNS = ("link", "d", "seed", "samples")
SEEDS = 5
DIMENSIONS: dict[str, tuple[int, ...]] = {
    "tanh": (64, 256, 1024, 4096, 16_384),
    "he2": (64, 256, 1024, 4096),
    "he3": (64, 128, 256, 512),
    "staircase": (16, 32, 64, 128),
    "product": (16, 32, 64),
}


def measure_times(
    dimensions: Mapping[str, Sequence[int]] = DIMENSIONS, seeds: int = SEEDS
) -> Iterator[list[tuple]]:
    """Measure what is stored, one dimension after the other.

    Parameters
    ----------
    dimensions : mapping of str to sequence of int
        Input dimensions by the name of a timing.
    seeds : int
        How many of each.

    Yields
    ------
    list of tuple
        Rows of one dimension: link, d, seed, samples.
    """
    for link, wanted in dimensions.items():
        for d, samples in times_to_angle(TIMINGS[link], wanted, seeds):
            yield [(link, d, seed, found) for seed, found in enumerate(samples)]


def stored_times() -> dict[str, dict[int, np.ndarray]]:
    """Samples until the subspace is found, as they were measured once.

    Returns
    -------
    dict of str to dict of int to ndarray
        By the name of a timing and by d: the samples of each seed, (seeds,). Taught in
        notebook 07.
    """
    found: dict[str, dict[int, list[float]]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            by_d = found.setdefault(row["link"], {})
            by_d.setdefault(int(row["d"]), []).append(float(row["samples"]))
    return {link: {d: np.array(v) for d, v in by_d.items()} for link, by_d in found.items()}
