"""What one direction of the input tells about the label."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from ..averages import gaussian_points
from ..hermite import hermite_basis, hermite_coefficients
from ..links import LINKS


def explained_share(coefficients: np.ndarray, overlap, noise: float = 0.0, rest: float = 0.0):
    """Share of the variance of y that a direction explains, at best.

    Parameters
    ----------
    coefficients : (degrees,) ndarray
        Hermite coefficients c_0, c_1, ... of the link f.
    overlap : float or ndarray
        m = <u, v> of the direction v with the hidden one.
    noise : float
        Standard deviation of the label noise.
    rest : float
        Variance of f beyond the coefficients given.

    Returns
    -------
    float or ndarray
        The share, of the shape of ``overlap``.

    Notes
    -----
    For y = f(<u, x>) + noise it is sum_{j>=1} c_j^2 m^(2j) / Var y. Taught in notebook 01.
    """
    power = np.asarray(coefficients, dtype=float)[1:] ** 2
    j = np.arange(1, len(power) + 1)
    signal = (power * np.asarray(overlap, dtype=float)[..., None] ** (2 * j)).sum(-1)
    total = power.sum() + rest + noise**2
    return signal / total if total > 0 else 0.0 * signal


@lru_cache(maxsize=4)
def _points(k: int) -> np.ndarray:
    """2^17 points of R^k that stand for N(0, I_k) in averages, (2^17, k)."""
    return gaussian_points(k, 2**17, np.random.default_rng(0))


def coefficients_along(
    link: str | Callable, e: np.ndarray, degree: int
) -> tuple[np.ndarray, float]:
    """Hermite coefficients of a link along one direction of the subspace.

    Parameters
    ----------
    link : str or callable
        A name in LINKS, or a function (n, k) -> (n,).
    e : (k,) ndarray
        The direction, of length 1.
    degree : int
        Highest degree.

    Returns
    -------
    coefficients : (degree + 1,) ndarray
        c_j = E[g(z) he_j(<e, z>)], he_j the normalised Hermite polynomials.
    variance : float
        Variance of g.

    Notes
    -----
    By quadrature for k = 1, else by quasi-Monte Carlo, good to 0.001.
    """
    e = np.asarray(e, dtype=float)
    g = LINKS[link] if isinstance(link, str) else link
    if len(e) == 1:
        c = hermite_coefficients(g, degree)
        second = hermite_coefficients(lambda Z: np.asarray(g(Z), dtype=float) ** 2, 0)[0]
        return c * np.sign(e[0]) ** np.arange(degree + 1), float(second - c[0] ** 2)
    Z = _points(len(e))
    values = np.asarray(g(Z.copy()), dtype=float)
    return np.array([values @ h for h in hermite_basis(Z @ e, degree)]) / len(Z), float(
        values.var()
    )


def best_curve(p: np.ndarray, y: np.ndarray, degree: int = 8) -> tuple[Callable, float]:
    """The polynomial of a projection that fits the labels best.

    Parameters
    ----------
    p : (n,) ndarray
        Projections.
    y : (n,) ndarray
        Labels.
    degree : int
        Degree of the polynomial.

    Returns
    -------
    curve : callable
        The polynomial, elementwise.
    share : float
        Its adjusted R^2.
    """
    A = np.stack(hermite_basis(p, degree), axis=1)
    weights, *_ = np.linalg.lstsq(A, y, rcond=None)
    variance = y.var()
    left = ((y - A @ weights) ** 2).mean() / variance if variance > 0 else 1.0
    share = 1 - left * (len(y) - 1) / (len(y) - degree - 1)
    return (
        lambda q: np.stack(hermite_basis(np.asarray(q, dtype=float), degree), axis=1) @ weights,
        float(share),
    )
