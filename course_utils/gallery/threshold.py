"""The threshold 0.242 / |b| of weight decay for ReLU, as a phase diagram."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..engine.online import OnlineSGD
from ..machine import single_threaded_blas
from ..settings import Settings
from ..theory import KINK

LABEL = 2.0
TIME = 15.0  # of a run, in units of |b| / KINK over et: many times what contraction takes


def constant_label(Z: np.ndarray) -> np.ndarray:
    """A link that sees nothing: its labels are 2.

    Parameters
    ----------
    Z : (n, k) ndarray
        Projections.

    Returns
    -------
    (n,) ndarray
        2 for each.
    """
    return np.full(len(Z), LABEL)


def phase_diagram(
    biases: Sequence[float] = (0.25, 0.5, 1.0, 2.0),
    decays: Sequence[float] = (0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.4),
    seeds: int = 3,
    d: int = 20,
    width: int = 40,
    start: float = 2.0,
) -> Iterator[tuple[float, np.ndarray]]:
    """Whether rows of W vanish, for sizes of biases and weight decays; one row after the other.

    Labels are the constant 2 and the loss is Huber's, whose slope is then -1 as long as outputs
    stay below 1: neurons with a_j > 0 decouple, and a row of length r grows at the rate
    phi(b / r) / r - lam. That has its maximum 0.242 / |b| at r = |b|.

    Parameters
    ----------
    biases : sequence of float
        Sizes |b| of biases with random signs.
    decays : sequence of float
        Weight decays, in units of the threshold 0.242 / |b|.
    seeds : int
        How many seeds of each, in parallel threads.
    d : int
        Input dimension.
    width : int
        Number of neurons.
    start : float
        Norm of the rows at the start, in units of |b|.

    Yields
    ------
    bias : float
        |b|.
    norms : (seeds, decays) ndarray
        Root mean square norm of the rows with a_j > 0 at the end, in units of |b|.

    Raises
    ------
    ValueError
        When the row of a bias that is not above 0 is asked for.

    Notes
    -----
    Rows must start at |b| or above: below r = |b| the rate falls again, so that short rows vanish
    under decays that long rows withstand. Taught in notebook 07.
    """

    def norm(cell: tuple[float, float, int]) -> float:
        bias, decay, seed = cell
        settings = Settings(
            d=d,
            k=1,
            noise=0.0,
            link=constant_label,
            width=width,
            weight_decay=decay * KINK / bias,
            step=0.04 * bias,
            bias=bias,
            start=start * bias,
            seed=seed,
        )
        sim = OnlineSGD(settings, "plain")
        sim.advance(int(TIME * bias / KINK * d / settings.step))
        rows = sim.W[sim.net.a > 0]
        return float(np.sqrt((rows**2).sum() / len(rows)) / bias)

    for bias in biases:
        if not bias > 0:
            raise ValueError(
                f"bias = {bias} has no threshold: sizes of biases are above 0, such as 0.5"
            )
        cells = [(bias, decay, seed) for seed in range(seeds) for decay in decays]
        with single_threaded_blas(), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            norms = np.array(list(pool.map(norm, cells)))
        yield bias, norms.reshape(seeds, len(decays))


def edge(decays: Sequence[float], norms: np.ndarray, level: float = 0.5) -> np.ndarray:
    """The decay above which rows vanish, for each seed.

    Parameters
    ----------
    decays : sequence of float
        Increasing weight decays.
    norms : (seeds, decays) ndarray
        What is left at each, as ``phase_diagram`` gives it.
    level : float
        What counts as vanished.

    Returns
    -------
    (seeds,) ndarray
        Half way between the first decay whose norm is below the level and the one before it; nan
        where there is none.
    """
    decays = np.asarray(decays, dtype=float)
    between = np.r_[decays[0], (decays[1:] + decays[:-1]) / 2]
    vanished = np.asarray(norms) < level
    first = vanished.argmax(axis=1)
    return np.where(vanished.any(axis=1), between[first], np.nan)
