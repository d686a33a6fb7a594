"""Where inputs come from: x ~ N(0, I_d), drawn or as points that stand for it.

Another law of inputs starts here. ``engine/sampling.py`` draws the same law in compiled loops, and
in coordinates in which it is simulated at any d. What is computed instead of drawn rests on it too:
Hermite coefficients in ``hermite.py``, averages over ``links.gaussian_grid``.
"""

from __future__ import annotations

import numpy as np


def gaussian(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """Inputs drawn from N(0, I_d).

    Parameters
    ----------
    n : int
        How many.
    d : int
        Number of coordinates of each.
    rng : Generator
        Where they are drawn from.

    Returns
    -------
    (n, d) ndarray
        One input a row; projections on k orthonormal directions are those of N(0, I_k), (n, k).
    """
    return rng.standard_normal((n, d))


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
