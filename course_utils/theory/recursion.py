"""The recursion that W_perp obeys when all its directions contract at one rate, and its plateau."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..compiled import compiled
from ..engine.online import schedule
from ..inputs import input_law
from ..settings import Settings


def predicted_perpendicular(
    settings: Settings, samples: Sequence[int], start: float, V: float, gap: float
) -> np.ndarray:
    """Predicted ||W_perp||_F / sqrt(m) at sample counts, by the recursion of notebook 02.

        q_{t+1} = (1 - et_t gap)^2 q_t + et_t^2 V (d - k),    q_t = ||W_perp||_F^2 / m

    Parameters
    ----------
    settings : Settings
        Gives d, k and the step sizes et_t (constant or decreasing).
    samples : sequence of int
        Increasing sample counts.
    start : float
        The value at the first of them.
    V : float
        Noise level, mean_j E[(l_1 sigma'_j)^2].
    gap : float
        Rate of contraction; lam minus the threshold, or measured (``noise_and_gap``).

    Returns
    -------
    (n,) ndarray
        The prediction at each count.

    Raises
    ------
    ValueError
        For impossible numbers, or for inputs that are not N(0, I).

    Notes
    -----
    Exact when all directions contract at one rate, and an upper bound when none contracts more
    slowly; ``predict`` gives each its own. Derived here, in notebook 02.
    """
    input_law(settings.inputs).must_be_standard("W_perp is predicted")
    samples = increasing(samples)
    for name, value in (("start", start), ("V", V)):
        if not value >= 0:
            raise ValueError(
                f"{name} = {value} is impossible: it is the size of something, 0 or more"
            )
    if not math.isfinite(gap):
        raise ValueError(f"gap = {gap} is not a rate of contraction: it must be a finite number")
    q = [float(start) ** 2]
    for t, after in zip(samples[:-1], samples[1:], strict=True):
        q.append(_recursion(q[-1], _steps(settings, t, after), gap, V * (settings.d - settings.k)))
    return np.sqrt(q)


def noise_floor(settings: Settings, V: float, gap: float) -> float:
    """Plateau of ||W_perp||_F / sqrt(m) under a constant step.

        sqrt(et V (d - k) / (2 gap - et gap^2)),    et = step / d

    Parameters
    ----------
    settings : Settings
        Gives d, k and step.
    V : float
        Noise level, as in ``predicted_perpendicular``.
    gap : float
        Rate of contraction.

    Returns
    -------
    float
        The plateau; inf if there is none.
    """
    et = settings.step / settings.d
    balance = 2 * gap - et * gap * gap
    return math.sqrt(et * V * (settings.d - settings.k) / balance) if balance > 0 else math.inf


def increasing(samples: Sequence[int]) -> np.ndarray:
    """Sample counts as an array, refused unless they increase.

    Parameters
    ----------
    samples : sequence of int
        Such as ``run.samples``.

    Returns
    -------
    (n,) ndarray of int64
        The counts; a single number becomes an array of one.

    Raises
    ------
    ValueError
        If there are none, if one is negative, or if they do not increase.
    """
    samples = np.atleast_1d(np.asarray(samples))
    if samples.ndim != 1 or len(samples) == 0 or samples[0] < 0 or (np.diff(samples) <= 0).any():
        raise ValueError(
            "samples must be sample counts in increasing order, 0 or more, such as run.samples"
        )
    return samples.astype(np.int64)


def _steps(settings: Settings, t: int, after: int):
    """Step sizes et_t ... et_{after - 1} in chunks that fit in memory."""
    for begin in range(int(t), int(after), 2**20):
        yield schedule(settings, np.arange(begin, min(begin + 2**20, int(after))))


def _recursion(q: float, steps, gap: float, noise: float) -> float:
    for chunk in steps:
        q = _recursion_chunk(q, chunk, gap, noise)
    return q


@compiled
def _recursion_chunk(q, steps, gap, noise):
    for et in steps:
        q = (1 - et * gap) ** 2 * q + et * et * noise
    return q
