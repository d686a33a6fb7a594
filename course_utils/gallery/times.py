"""How the time to find the subspace grows with d: information exponents, leaps and staircases."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..given import whole
from ..machine import single_threaded_blas
from ..settings import Settings
from ..sweep import samples_until

_SQUARE = {"noise": 0.1, "loss": "square", "bias": "away", "schedule": "constant"}
_LADDER = {"noise": 0.0, "loss": "square", "bias": "normal", "schedule": "constant"}


@dataclass(frozen=True)
class Timing:
    """What is trained at each d, and until when.

    Attributes
    ----------
    settings : Settings
        What is trained, but for d and the seed.
    degrees : float
        Training ends when the largest principal angle is this small.
    limit : float
        Most samples, in units of d^power.
    power : float
        Of d in ``limit``.
    shrink : float
        The step is that of the settings times d^-shrink.
    """

    settings: Settings
    degrees: float
    limit: float
    power: float = 1.0
    shrink: float = 0.0

    def at(self, d: int) -> Settings:
        """The settings in another dimension.

        Parameters
        ----------
        d : int
            Input dimension.

        Returns
        -------
        Settings
            With the step that belongs to it.
        """
        return self.settings.replace(d=d, step=self.settings.step * d**-self.shrink)


TIMINGS: dict[str, Timing] = {
    "tanh": Timing(
        Settings(link="tanh", width=20, weight_decay=0.1, step=0.1, **_SQUARE), 30.0, 100
    ),
    "he2": Timing(
        Settings(link="he2", width=20, weight_decay=0.0, step=0.1, **_SQUARE), 45.0, 1000
    ),
    "he3": Timing(
        Settings(link="he3", width=50, weight_decay=0.0, step=1.0, **_SQUARE), 45.0, 20, 2.0, 0.5
    ),
    "staircase": Timing(
        Settings(link="staircase", k=3, width=30, weight_decay=0.0, step=0.05, **_LADDER),
        45.0,
        2000,
    ),
    "product": Timing(
        Settings(link="product", k=3, width=30, weight_decay=0.0, step=0.25, **_LADDER),
        45.0,
        200,
        2.0,
        0.5,
    ),
}
"""Name of a link -> how its time is taken.

Noise over T samples adds step^2 T / d to |w|^2, so a link that needs T ~ d^2 needs steps that
shrink like d^(-1/2) (derived); decay at any fixed rate would beat a signal of exponent 3 at large
d, and decay as strong as the theorem asks for beats one of exponent 2 (measured in notebook 07).
"""


def times_to_angle(
    timing: Timing, dimensions: Iterable[int], seeds: int = 5
) -> Iterator[tuple[int, np.ndarray]]:
    """Samples until the subspace is found, one dimension after the other.

    Parameters
    ----------
    timing : Timing
        What is trained, and until when; such as ``TIMINGS["he2"]``.
    dimensions : iterable of int
        Input dimensions.
    seeds : int
        How many seeds of each, in parallel threads.

    Yields
    ------
    d : int
        The dimension.
    samples : (seeds,) ndarray
        Samples that each seed took; nan for one that gave up.

    Notes
    -----
    Start at d = 64: below, the best of the neurons starts so near to the subspace that the curve is
    flat at first. Taught in notebook 07.
    """
    seeds, first = whole("seeds", seeds, 1), timing.settings.seed

    def one(settings: Settings) -> float:
        limit = int(timing.limit * settings.d**timing.power)
        run = samples_until(settings, np.radians(timing.degrees), limit)
        return np.nan if run.note else float(run.samples[-1])

    for d in dimensions:
        each = [timing.at(d).replace(seed=first + i) for i in range(seeds)]
        with single_threaded_blas(), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            samples = np.array(list(pool.map(one, each)))
        yield d, samples


class Growth(NamedTuple):
    """How samples grow with d, as d^slope.

    Attributes
    ----------
    slope : float
        Of log median samples against log d.
    least : float
        The smallest slope of a single seed.
    most : float
        The largest.
    """

    slope: float
    least: float
    most: float


def growth(dimensions: Sequence[int], samples: Sequence[np.ndarray]) -> Growth:
    """The power of d that samples grow with, by least squares on logarithms.

    Parameters
    ----------
    dimensions : sequence of int
        Two or more.
    samples : sequence of ndarray
        For each dimension samples of each seed, as ``times_to_angle`` gives them.

    Returns
    -------
    Growth
        Slopes of the median over seeds and of single seeds; nan where seeds gave up.

    Raises
    ------
    ValueError
        For fewer than two dimensions.
    """
    table = np.log(np.array(samples, dtype=float))
    if len(table) < 2:
        raise ValueError(f"a slope needs two dimensions or more, got {len(table)}")
    x = np.log(np.asarray(dimensions, dtype=float))
    x -= x.mean()
    slopes = x @ table / (x @ x)
    return Growth(float(x @ np.median(table, axis=1) / (x @ x)), *_ends(slopes))


def _ends(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())
