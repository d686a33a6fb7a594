"""At how many samples R^2 crosses a level, and how that grows with d."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..levels import samples_until
from .measuring import level_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Crossings:
    """Samples at which R^2 crosses a level, over dimensions. Made by `crossings`.

    Attributes
    ----------
    link : str
        Of the target.
    level : float
        R^2.
    d : (dimensions,) ndarray of int
        Dimensions.
    samples : (dimensions,) ndarray
        Where the mean R^2 over seeds crosses; inf where it does not.
    each : tuple of ndarray
        For each dimension where each seed crosses.
    """

    link: str
    level: float
    d: np.ndarray
    samples: np.ndarray
    each: tuple[np.ndarray, ...] = field(repr=False)

    @property
    def spread(self) -> np.ndarray:
        """(dimensions, 2) least and most samples of a seed."""
        return np.array([[n.min(), n.max()] for n in self.each])


def crossings(table: pd.DataFrame, link: str, level: float | None = None) -> Crossings:
    """Samples at which R^2 crosses a level, at each dimension of a table.

    Parameters
    ----------
    table : DataFrame
        As from ``measured``.
    link : str
        Of the target.
    level : float, optional
        R^2; left out, that of ``level_of``.

    Returns
    -------
    Crossings
        Interpolated between checkpoints, in log samples.

    Raises
    ------
    ValueError
        If the table has no such link.
    """
    rows = table[table.link == link]
    if not len(rows):
        raise ValueError(
            f"link = {link!r} is not in the table, which has {', '.join(table.link.unique())}"
        )
    level = level_of(link) if level is None else level
    dimensions, mean, each = np.unique(rows.d), [], []
    for d in dimensions:
        curves = rows[rows.d == d].pivot(index="samples", columns="seed", values="r2")
        times = curves.index.to_numpy()
        mean.append(samples_until(times, curves.mean(axis=1).to_numpy(), level))
        each.append(np.array([samples_until(times, r2, level) for r2 in curves.to_numpy().T]))
    return Crossings(link, level, dimensions, np.array(mean), tuple(each))


def exponent(d: np.ndarray, samples: np.ndarray, least: int = 100) -> tuple[float, float]:
    """The power p of samples ~ d^p, a straight line through logarithms.

    Parameters
    ----------
    d : (dimensions,) array_like
        Dimensions.
    samples : (dimensions,) array_like
        Samples at each; those that are inf are left out.
    least : int
        The smallest dimension that counts. Where W has more neurons than dimensions it spans all of
        them, another regime.

    Returns
    -------
    p : float
        The slope.
    error : float
        Its standard error, from how far the points lie off the line; nan for two points.

    Raises
    ------
    ValueError
        For fewer than two points.
    """
    from scipy.stats import linregress

    d, samples = np.asarray(d, dtype=float), np.asarray(samples, dtype=float)
    used = (d >= least) & np.isfinite(samples)
    if used.sum() < 2:
        raise ValueError(
            f"{used.sum()} dimensions from {least} on have a sample count: a slope needs two"
        )
    line = linregress(np.log(d[used]), np.log(samples[used]))
    return float(line.slope), float(line.stderr) if used.sum() > 2 else float("nan")
