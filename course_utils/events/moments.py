"""What is looked at of a checkpoint, and of those shortly before it."""

from __future__ import annotations

import math
from statistics import median

import numpy as np


class Moment:
    """A checkpoint: medians over seeds, and means of squares where signs mean nothing.

    Parameters
    ----------
    samples : int
        After how many samples.
    index : int
        Which checkpoint.
    values : dict of str to ndarray
        Each of the series of a Run, with its seeds on the first axis.

    Notes
    -----
    ``outside`` is sin^2 of the angles, (k,); ``squares`` (k, k) are <v_j, u_i>^2; ``shares`` (k, k)
    say in row r how much of the hidden direction that angle no. r belongs to is u_i, squared.
    """

    def __init__(self, samples: int, index: int, values: dict[str, np.ndarray]):
        self.samples, self.index = samples, index
        middle = {n: v[0] if len(v) == 1 else np.median(v, axis=0) for n, v in values.items()}
        self.outside = np.sin(middle["angles"]) ** 2
        self.singular = middle["singular_values"]
        self.perpendicular, self.parallel, self.risk, self.r2 = (
            float(middle[name]) for name in ("perpendicular", "parallel", "risk", "r2")
        )
        overlaps = np.asarray(values["overlaps"], dtype=float)
        hidden = np.linalg.svd(overlaps)[2][:, ::-1]  # principal vectors, largest angle first
        self.squares = (overlaps**2).mean(axis=0)
        self.shares = (hidden**2).mean(axis=0)

    @property
    def size(self) -> float:
        """||W||_F / sqrt(m)."""
        return math.hypot(self.perpendicular, self.parallel)


class Steady:
    """Whether a value still moves: its medians over two stretches of time."""

    def __init__(self):
        self._recent: list[tuple[int, float]] = []

    def add(self, t: int, value: float) -> None:
        """Take note of the value at t samples.

        Parameters
        ----------
        t : int
            Later than all before.
        value : float
            Whatever is watched.
        """
        self._recent = [*((s, v) for s, v in self._recent if 4 * s > t), (t, value)]

    def medians(self) -> tuple[float, float]:
        """What the value was of late.

        Returns
        -------
        early : float
            Median over (t/4, t/2]; nan before there are four values.
        late : float
            Median over (t/2, t]; nan before there are four values in both.
        """
        t = self._recent[-1][0]
        early = [v for s, v in self._recent if 2 * s <= t]
        late = [v for s, v in self._recent if 2 * s > t]
        enough = min(len(early), len(late)) >= 4
        return (median(early), median(late)) if enough else (math.nan, math.nan)

    def forget(self) -> None:
        """Let what was before count no more."""
        self._recent = self._recent[-1:]
