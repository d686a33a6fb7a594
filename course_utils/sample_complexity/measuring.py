"""What is run: R^2 of Algorithm 1 while samples grow, at many dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ..algorithm1 import PHASE_1, learn
from ..levels import half_way
from ..settings import Settings

LINKS = {"linear": 12, "cubic": 32, "quintic": 64}
"""Link -> the most samples of its runs, in units of d."""

DIMENSIONS = {25: 16, 100: 16, 400: 16, 1_600: 16, 6_400: 16, 25_600: 8, 100_000: 4}
"""d -> number of seeds."""

WIDTH = 50
COLUMNS = ("link", "d", "seed", "samples", "r2", "degrees")


def settings_of(link: str, d: int, seed: int) -> Settings:
    """The settings of one run.

    Parameters
    ----------
    link : str
        A name in LINKS.
    d : int
        Dimension.
    seed : int
        0, 1, ...: the seeds of different dimensions share no draws.

    Returns
    -------
    Settings
        Phase 1 as everywhere in the course.
    """
    return Settings(d=d, k=1, link=link, width=WIDTH, seed=100 * d + seed, **PHASE_1)


def level_of(link: str) -> float:
    """The R^2 at which samples are counted.

    Parameters
    ----------
    link : str
        A name in LINKS.

    Returns
    -------
    float
        Half way from the linear floor to 1; 0.9 for the linear link, whose floor is 1.
    """
    return 0.9 if link == "linear" else half_way(link)


def checkpoints(d: int, most: float) -> np.ndarray:
    """Sample counts from d to most x d, each the square root of 2 times the last.

    Parameters
    ----------
    d : int
        Dimension.
    most : float
        In units of d.

    Returns
    -------
    (n,) ndarray of int
        Sample counts.
    """
    return np.round(d * 2.0 ** np.arange(0, np.log2(most) + 0.01, 0.5)).astype(int)


def measure(
    links: Iterable[str] = tuple(LINKS),
    dimensions: Iterable[int] = tuple(DIMENSIONS),
    seeds: int | None = None,
    most: float | None = None,
) -> Iterator[tuple]:
    """Run Algorithm 1 at all sample counts, one run after the other.

    Phase 2 has fresh samples at all d, as at large d it cannot have the same ones: min(T, 10,000).
    So it has fewer at small d, which costs a link with heavy tails: exponents fitted to small
    dimensions alone come out a little below those of all.

    Parameters
    ----------
    links : iterable of str
        Names in LINKS.
    dimensions : iterable of int
        Values of d in DIMENSIONS.
    seeds : int, optional
        How many; left out, as many as DIMENSIONS says.
    most : float, optional
        The most samples of a run in units of d; left out, what LINKS says.

    Yields
    ------
    tuple
        A row of COLUMNS: link, d, number of the seed, samples T of phase 1, R^2, and the angle to u
        in degrees.
    """
    for d in dimensions:
        for link in links:
            times = checkpoints(d, most or LINKS[link])
            for seed in range(seeds or DIMENSIONS[d]):
                settings = settings_of(link, d, seed)
                for found in learn(settings, times, sampling="reduced", fresh=True):
                    angle = float(np.degrees(found.angle))
                    yield link, d, seed, found.samples, found.r2, angle
