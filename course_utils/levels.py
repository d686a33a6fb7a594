"""Levels of R^2 to compare with: floors, the ceiling of an angle, and when a curve crosses one."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from .hermite import hermite_coefficients
from .targets import MultiIndexModel

DEGREE = (
    40  # up to which Hermite coefficients are listed; what lies beyond counts as one degree more
)


def linear_floor(link: Callable | str) -> float:
    """R^2 of the best linear function of x, c_1^2 / Var f: what no amount of samples changes.

    Parameters
    ----------
    link : str or callable
        A link of one variable.

    Returns
    -------
    float
        The floor; nan for a constant link.
    """
    c, variance = _shares(link, 1)
    return float(c[0] / variance) if variance else float("nan")


def half_way(link: Callable | str) -> float:
    """The level half way from the linear floor to 1.

    Parameters
    ----------
    link : str or callable
        A link of one variable.

    Returns
    -------
    float
        (1 + linear_floor) / 2; nan for a constant link.

    Notes
    -----
    A fixed level asks more of one link than of another: R^2 = .9 takes the quintic ten times the
    samples of its half way. Taught in notebook 04.
    """
    return (1 + linear_floor(link)) / 2


def angle_r2(link: Callable | str, rho: float | np.ndarray) -> float | np.ndarray:
    """R^2 that a direction allows whose cosine to u is rho.

        sum_j c_j^2 rho^{2j} / sum_j c_j^2,    j = 1, 2, ...

    Parameters
    ----------
    link : str or callable
        A link of one variable.
    rho : float or ndarray
        Cosines, -1 to 1; that of an angle in radians is ``np.cos(angle)``.

    Returns
    -------
    float or ndarray
        The best R^2 of any function of <v, x>, of the shape of rho; nan for a constant link.

    Raises
    ------
    ValueError
        For cosines beyond 1.

    Notes
    -----
    By Mehler's formula the best function of <v, x> is sum_j c_j rho^j he_j. It is no ceiling of a
    network: neurons with several directions together know u better than each. Degrees beyond 40
    count as degree 41. Taught in notebook 04.
    """
    rho = np.asarray(rho, dtype=float)
    if (np.abs(rho) > 1).any():
        raise ValueError(f"rho = {rho.flat[np.abs(rho).argmax()]:g} is no cosine: it lies beyond 1")
    c, variance = _shares(link, DEGREE)
    if not variance:
        return rho * np.nan if rho.ndim else float("nan")
    c = np.append(c, max(variance - c.sum(), 0.0)) / variance
    allowed = (rho[..., None] ** (2 * np.arange(1, len(c) + 1))) @ c
    return allowed if rho.ndim else float(allowed)


def samples_until(samples: np.ndarray, r2: np.ndarray, level: float) -> float:
    """Samples at which a curve first crosses a level, between its checkpoints.

    Parameters
    ----------
    samples : (n,) array_like
        Sample counts, increasing.
    r2 : (n,) array_like
        R^2, or anything else that grows, at each of them.
    level : float
        The level.

    Returns
    -------
    float
        Where the line through the two checkpoints beside the crossing, in log samples, meets the
        level; inf if no checkpoint reaches it, and the first sample count if that does.

    Raises
    ------
    ValueError
        Unless there is one value a sample count, and sample counts increase from above 0.
    """
    samples, r2 = np.asarray(samples, dtype=float), np.asarray(r2, dtype=float)
    if samples.ndim != 1 or samples.shape != r2.shape or not len(samples):
        raise ValueError(
            f"samples {samples.shape} and r2 {r2.shape} must be two lists of equal length"
        )
    if not (samples[0] > 0 and (np.diff(samples) > 0).all()):
        raise ValueError("samples must be sample counts in increasing order, above 0")
    above = np.flatnonzero(r2 >= level)
    if not len(above):
        return float("inf")
    i = above[0]
    if i == 0:
        return float(samples[0])
    share = (level - r2[i - 1]) / (r2[i] - r2[i - 1])
    return float(samples[i - 1] * (samples[i] / samples[i - 1]) ** share)


@lru_cache(maxsize=32)  # asked for after each sample count
def _shares(link, degree: int) -> tuple[np.ndarray, float]:
    """c_j^2 for j = 1 ... degree, and Var f, which is 0 for a constant link."""
    c = hermite_coefficients(link, degree)
    second = hermite_coefficients(lambda Z: MultiIndexModel(np.eye(1), link).mean(Z) ** 2, 0)[0]
    variance = float(second - c[0] ** 2)
    return c[1:] ** 2, variance if variance > 1e-12 * second else 0.0
