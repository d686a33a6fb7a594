"""Points that stand for N(0, I) in averages; ``links.gaussian_grid`` is the rule for k = 1."""

from __future__ import annotations

import numpy as np


def gaussian_points(k: int, points: int, rng: np.random.Generator) -> np.ndarray:
    """Scrambled Sobol points that stand for N(0, I_k) in averages.

    Parameters
    ----------
    k : int
        Number of coordinates of each.
    points : int
        How many, a power of 2.
    rng : Generator
        Where the scrambling is drawn from.

    Returns
    -------
    (points, k) ndarray
        One point a row.
    """
    from scipy.special import ndtri
    from scipy.stats import qmc

    uniform = qmc.Sobol(k, rng=rng).random(points)
    return ndtri(np.clip(uniform, 1e-16, 1 - 1e-16))
