"""What one direction of the input tells about the label, and the classical estimators that look for such directions.

Every estimator takes X (n, d) and y (n,) and returns (values, directions): unit rows (r, d), the most important first,
and how important each one is, (r,). Lists and tables of pandas are welcome; ValueError for what are no samples, or too few.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.linalg
from scipy.stats import norm, qmc

from . import given
from .directions import random_directions
from .links import LINKS
from .machine import single_threaded_blas
from .subspace import principal_angles
from .targets import MultiIndexModel, hermite_basis, hermite_coefficients

SLICES = 10  # groups of equal size into which SIR and SAVE cut the sorted labels
CENTRES = 500  # a kernel fit to more samples than this uses so many of them as centres, enough for d up to about 30


def explained_share(coefficients: np.ndarray, overlap, noise: float = 0.0, rest: float = 0.0):
    """Share of the variance of y that a direction with this overlap with u explains, at best: a number or an array.

    For y = f(<u, x>) + noise and a unit vector v with <u, v> = m it is sum_{j>=1} c_j^2 m^(2j) / Var y, where c_j are
    the Hermite coefficients of f. ``rest`` is variance of f beyond the coefficients given. Taught in notebook 01.
    """
    power = np.asarray(coefficients, dtype=float)[1:] ** 2
    j = np.arange(1, len(power) + 1)
    signal = (power * np.asarray(overlap, dtype=float)[..., None] ** (2 * j)).sum(-1)
    total = power.sum() + rest + noise**2
    return signal / total if total > 0 else 0.0 * signal


@lru_cache(maxsize=4)
def _points(k: int) -> np.ndarray:
    """2^17 points of R^k that stand for N(0, I_k) in averages, (2^17, k)."""
    return norm.ppf(qmc.Sobol(k, rng=np.random.default_rng(0)).random_base2(17))


def coefficients_along(
    link: str | Callable, e: np.ndarray, degree: int
) -> tuple[np.ndarray, float]:
    """(c_j = E[g(z) he_j(<e, z>)] for j = 0 ... degree, variance of g), for a unit vector e (k,) of the subspace.

    he_j are the normalised Hermite polynomials. By quadrature for k = 1, else by quasi-Monte Carlo, good to 0.001.
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
    """(the polynomial of p that fits y best, as a function; its adjusted R^2) for projections p and labels y, (n,)."""
    A = np.stack(hermite_basis(p, degree), axis=1)
    weights, *_ = np.linalg.lstsq(A, y, rcond=None)
    variance = y.var()
    left = ((y - A @ weights) ** 2).mean() / variance if variance > 0 else 1.0
    share = 1 - left * (len(y) - 1) / (len(y) - degree - 1)
    return (
        lambda q: np.stack(hermite_basis(np.asarray(q, dtype=float), degree), axis=1) @ weights,
        float(share),
    )


def linear(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The slope of the least-squares fit: one direction, whatever k is. Its population is E[y x] = U^T E[grad g]."""
    X, y = _enough(X, y)
    A = np.column_stack([np.ones(len(X)), X])
    slope = np.linalg.lstsq(A, y, rcond=None)[0][1:]
    size = np.linalg.norm(slope)
    return np.array([size]), slope[None] / (size or 1.0)


def phd(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Principal Hessian directions: eigenvectors of E[(y - E y) x x^T] = U^T E[hessian g] U, largest |value| first.

    Source: Li 1992. See Also: statsmodels.regression.dimred.PHD, which finds the same.
    """
    X, y = _centred(X, y)
    return _directions((X * (y - y.mean())[:, None]).T @ X / len(y), np.atleast_2d(np.cov(X.T)))


def sir(X: np.ndarray, y: np.ndarray, slices: int = SLICES) -> tuple[np.ndarray, np.ndarray]:
    """Sliced inverse regression: eigenvectors of the covariance of E[x | y]. Source: Li 1991.

    ``slices`` is 2 or more; of n samples at most n / 2 are made. See Also: statsmodels.regression.dimred.SIR, which finds
    the same where no two labels are equal; here equal labels stay in one slice.
    """
    X, y = _centred(X, y)
    between = sum(len(part) * np.outer(part.mean(0), part.mean(0)) for part in sliced(X, y, slices))
    return _directions(between / len(X), X.T @ X / len(X))


def save(X: np.ndarray, y: np.ndarray, slices: int = SLICES) -> tuple[np.ndarray, np.ndarray]:
    """Sliced average variance estimation: eigenvectors of E[(I - Cov(x | y))^2]. Source: Cook and Weisberg 1991.

    ``slices`` and what it finds: see ``sir``. A label that only one sample has tells no covariance and is left out.
    """
    X, y = _centred(X, y)
    S, total = X.T @ X / len(X), 0.0
    factor = scipy.linalg.cho_factor(S)
    for part in sliced(X, y, slices):
        if len(part) > 1:
            rest = S - np.cov(part.T)  # (S - C) S^-1 (S - C): the square, once x is white
            total += len(part) / len(X) * rest @ scipy.linalg.cho_solve(factor, rest)
    return _directions(total, S)


def sliced(X: np.ndarray, y: np.ndarray, slices: int = SLICES) -> list[np.ndarray]:
    """The rows of X (n, d) in groups of about equal size by the order of their labels y (n,); equal labels stay together.

    The middle of the ranks of a label decides where it goes, so that neither the order of the rows nor the sign of y
    matters. ValueError unless ``slices`` is a whole number, 2 or more.
    """
    if isinstance(slices, bool) or not isinstance(slices, numbers.Integral) or slices < 2:
        raise ValueError(
            f"slices = {slices!r} is not possible: "
            f"the labels are cut into 2 slices or more, such as {SLICES}"
        )
    values, place, count = np.unique(y, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - count / 2
    ends = np.cumsum([len(part) for part in np.array_split(y, min(slices, len(y) // 2))])
    found = np.searchsorted(ends, middle)[place]
    return [X[found == group] for group in np.unique(found)]


def _enough(X, y, least: int | None = 2) -> tuple[np.ndarray, np.ndarray]:
    """X (n, d), y (n,) as arrays; ValueError if they are no samples, or fewer than this many (None: d + 2)."""
    X = given.samples(X)
    y = given.labels(y, len(X))
    n = least or X.shape[1] + 2
    if len(X) < n:
        raise ValueError(
            f"{len(X)} sample{'s' * (len(X) > 1)} in {X.shape[1]} dimensions are too few: "
            f"take at least {n}"
        )
    return X, y


def _centred(X, y) -> tuple[np.ndarray, np.ndarray]:
    """The same with columns of mean 0 and a covariance that can be inverted: more samples than dimensions, no column
    that is constant or a combination of others.
    """
    X, y = _enough(X, y, None)
    size = np.abs(X).max(axis=0)
    X = X - X.mean(axis=0)
    spread = X.std(axis=0)
    if (spread <= 1e-12 * size).any():
        raise ValueError(
            f"column {np.argmax(spread <= 1e-12 * size)} of X is constant and tells nothing: "
            "leave it out"
        )
    if np.linalg.matrix_rank(X / spread, tol=1e-8 * np.sqrt(X.size)) < X.shape[1]:
        raise ValueError(
            "a column of X is a combination of others, "
            "so that no direction is the only one: leave it out"
        )
    return X, y


def _directions(A: np.ndarray, S: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(|values|, unit rows) of the solutions of A v = value S v, largest |value| first: eigenvectors of A for white inputs."""
    values, vectors = scipy.linalg.eigh(A, S)
    order = np.argsort(-np.abs(values))
    return np.abs(values[order]), vectors.T[order] / np.linalg.norm(vectors, axis=0)[order, None]


def kernel_fit(X: np.ndarray, y: np.ndarray, ridge: float = 0.01) -> tuple[np.ndarray, np.ndarray]:
    """Ridge regression with the kernel exp(-|x - x'|^2 / 2d): (centres (c, d), weights (c,)), for y minus its mean.

    The centres are all samples, or the first 500 of them (then the fit is the best one within their span).
    """
    X, y = _enough(X, y)
    centres = X[:CENTRES]
    K, target = gaussian_kernel(X, centres), y - y.mean()
    if len(centres) == len(X):
        return centres, scipy.linalg.solve(K + ridge * np.eye(len(X)), target, assume_a="pos")
    normal = K.T @ K + ridge * K[: len(centres)] + 1e-9 * len(X) * np.eye(len(centres))
    return centres, scipy.linalg.solve(normal, K.T @ target, assume_a="pos")


def gaussian_kernel(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """exp(-|a - b|^2 / 2d) for rows a of A (n, d) and b of B (c, d), (n, c)."""
    squares = (A * A).sum(1)[:, None] + (B * B).sum(1) - 2 * A @ B.T
    return np.exp(-np.maximum(squares, 0) / (2 * A.shape[1]))


def kernel_gradients(X: np.ndarray, centres: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Gradients of x -> sum_c weights_c k(x, c) at the rows of X, (n, d)."""
    K = gaussian_kernel(X, centres) * weights
    return (K @ centres - K.sum(1)[:, None] * X) / X.shape[1]


def gradient_outer_product(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvectors of the mean of grad f grad f^T, f a kernel fit: all directions in which the fit varies.

    Source: Trivedi, Wang, Kpotufe, Shakhnarovich 2014. Taught in notebook 01.
    """
    X, y = _enough(X, y)
    G = kernel_gradients(
        X[: 4 * CENTRES], *kernel_fit(X, y)
    )  # more gradients would not change their mean product
    values, vectors = np.linalg.eigh(G.T @ G / len(G))
    return values[::-1], vectors[:, ::-1].T


@dataclass(frozen=True)
class Estimator:
    """An estimator with what it looks at; ``floor`` separates its values from zero on 100,000 samples."""

    name: str
    fit: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
    sees: str
    floor: float

    def angle(self, X: np.ndarray, y: np.ndarray, directions: np.ndarray) -> float:
        """``largest_angle`` of what this estimator finds."""
        return largest_angle(self.fit(X, y)[1], directions)


ESTIMATORS = {
    e.name: e
    for e in (
        Estimator("linear", linear, "E[y x]", 0.03),
        Estimator("PHD", phd, "E[y x xᵀ]", 0.06),
        Estimator("SIR", sir, "E[x | y]", 0.005),
        Estimator("SAVE", save, "Cov(x | y)", 0.01),
        Estimator("kernel gradient", gradient_outer_product, "E[∇f ∇fᵀ]", 0.005),
    )
}


def largest_angle(found: np.ndarray, directions: np.ndarray) -> float:
    """Largest principal angle in degrees between the hidden subspace, (k, d), and the first k rows of ``found``.

    90 where fewer than k rows were found, as by the linear fit for k > 1.
    """
    rows = scipy.linalg.orth(found[: len(directions)].T).T
    return float(np.degrees(principal_angles(rows, directions)[0]))


@lru_cache(maxsize=64)
def population_rank(name: str, link: str | Callable, k: int, noise: float) -> int:
    """How many of the k hidden directions an estimator finds with ever more samples.

    Measured: its values above the floor on 100,000 samples in d = k + 2, labels in units of the link's own spread, since
    neither the unit of y nor noise, if it is independent, hides a direction for ever: more than a tenth of that spread
    is not drawn. A kernel fit learns g itself with enough samples, so that it finds all k unless g is constant.
    """
    rng = np.random.default_rng(0)
    X, g = MultiIndexModel(np.eye(k, k + 2), link).sample(100_000, rng)
    spread = g.std()
    if spread <= 1e-12 * np.abs(g).max():
        return 0
    if name == "kernel gradient":
        return k
    y = g / spread + min(noise / spread, 0.1) * rng.standard_normal(len(g))
    with single_threaded_blas():
        return int((ESTIMATORS[name].fit(X, y)[0][:k] > ESTIMATORS[name].floor).sum())


def random_angle(d: int, k: int) -> float:
    """Median over draws of the largest principal angle, in degrees, between the subspace and k random directions."""
    rng = np.random.default_rng(0)
    cosines = [
        np.linalg.svd(random_directions(k, d, rng)[:, :k], compute_uv=False)[-1] for _ in range(400)
    ]
    return float(np.degrees(np.arccos(np.clip(np.median(cosines), 0, 1))))


def draw(
    link, d: int, k: int, noise: float, n: int, seed: int
) -> tuple[MultiIndexModel, np.ndarray, np.ndarray]:
    """A model with random directions and n samples of it: (model, X (n, d), y (n,))."""
    rng = np.random.default_rng([seed, 0xE571])
    model = MultiIndexModel(random_directions(k, d, rng), link, noise)
    return model, *model.sample(n, rng)


def find(name: str, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(values, directions) of an estimator; None where it has too few samples to be defined."""
    try:
        return ESTIMATORS[name].fit(X, y)
    except ValueError:  # not more samples than dimensions
        return None


def median_angles(
    links: dict[str, int], d: int, n: int, noise: float = 0.1, seeds: int = 5
) -> np.ndarray:
    """Median over seeds of the largest angle in degrees, (links, estimators), for n samples of each link with its k."""
    found = np.empty((len(links), len(ESTIMATORS), seeds))
    for i, (link, k) in enumerate(links.items()):
        for seed in range(seeds):
            model, X, y = draw(link, d, k, noise, n, seed)
            with single_threaded_blas():
                found[i, :, seed] = [e.angle(X, y, model.directions) for e in ESTIMATORS.values()]
    return np.median(found, axis=2)
