"""Multiple-index models: labels that depend on a Gaussian input through k directions only; their Hermite coefficients."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from .directions import random_directions
from .given import real_numbers, samples
from .inputs import gaussian
from .links import LINKS, SQRT_2PI, Link, check_k, check_own_link, gaussian_grid, own_values
from .machine import reserve


class MultiIndexModel:
    """Labels y = g(<u_1, x>, ..., <u_k, x>) + noise for inputs x ~ N(0, I_d).

    Parameters
    ----------
    directions : (k, d) array with orthonormal rows u_i; or a numpy Generator, from which they are drawn when first
        needed (then give d and k).
    link : a name in LINKS, or a function (n, k) -> (n,).
    noise : standard deviation of the Gaussian label noise.
    sign_labels : labels are the sign of the noisy value, -1 or 1 (for the logistic loss).

    Raises ValueError if rows are not orthonormal, if the link does not take that many directions, or if an own link is not
    a function of its row. Taught in notebook 01.
    """

    def __init__(
        self,
        directions: ArrayLike | np.random.Generator,
        link: str | Callable[[np.ndarray], np.ndarray] = "tanh",
        noise: float = 0.0,
        *,
        d: int | None = None,
        k: int | None = None,
        sign_labels: bool = False,
    ):
        if isinstance(directions, np.random.Generator):
            if d is None or k is None or not 1 <= k <= d:
                raise ValueError(
                    f"d = {d} and k = {k} cannot be: "
                    "to draw directions give d and k with 1 <= k <= d"
                )
            self.d, self.k, self._rng = int(d), int(k), directions
        else:
            U = np.array(real_numbers(directions, "directions", finite=False), ndmin=2)
            if U.ndim != 2 or len(U) > U.shape[1]:
                raise ValueError(
                    "directions must be orthonormal rows (k, d) with k at most d, "
                    f"got {U.shape}: not orthonormal"
                )
            error = np.abs(U @ U.T - np.eye(len(U))).max()
            if not error < 1e-8:
                raise ValueError(
                    f"rows of directions are not orthonormal: U U^T differs from I by {error:.2g}. "
                    "Try scipy.linalg.orth(U.T).T."
                )
            self.k, self.d = U.shape
            self.directions = U
        if isinstance(link, str) and link not in LINKS:
            raise ValueError(
                f"link = {link!r} is unknown: it must be one of {', '.join(LINKS)}, or a function"
            )
        check_k(link, self.k)
        if not isinstance(link, (str, Link)):
            check_own_link(link, self.k)
        if not (np.isfinite(noise) and noise >= 0):
            raise ValueError(f"noise = {noise} is out of range: a standard deviation is 0 or more")
        self.link = LINKS[link] if isinstance(link, str) else link
        self.noise, self.sign_labels = float(noise), sign_labels

    @cached_property
    def directions(self) -> np.ndarray:
        """(k, d) orthonormal rows u_i. MemoryError, before they are drawn, if they do not fit."""
        what = f"Drawing {self.k} directions in {self.d:,} dimensions"
        reserve(
            8.0 * 4 * self.d * self.k,
            what,
            "lower d or k, or let OnlineSGD simulate them without drawing them",
        )
        return random_directions(self.k, self.d, self._rng)

    def project(self, X: np.ndarray) -> np.ndarray:
        """Projections z_i = <u_i, x>, (n, d) -> (n, k)."""
        return samples(X, self.d) @ self.directions.T

    def mean(self, Z: np.ndarray) -> np.ndarray:
        """Noiseless g(Z), (n, k) -> (n,). ValueError if your own link returns another shape or a value not finite."""
        return self.link(Z) if isinstance(self.link, Link) else own_values(self.link, Z)

    def labels(self, Z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Noisy labels for projections Z, (n, k) -> (n,)."""
        y = self.mean(Z) + self.noise * rng.standard_normal(len(Z))
        return np.where(y >= 0, 1.0, -1.0) if self.sign_labels else y

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """n fresh samples, X (n, d) and y (n,). MemoryError, before they are drawn, if they do not fit."""
        reserve(
            8.0 * n * (self.d + 2 * self.k + 2),
            f"{n:,} samples in {self.d:,} dimensions",
            "draw fewer at a time",
        )
        X = gaussian(n, self.d, rng)
        return X, self.labels(self.project(X), rng)

    def __repr__(self):
        name = getattr(self.link, "formula", getattr(self.link, "__name__", "own link"))
        return f"MultiIndexModel(d={self.d}, k={self.k}, link {name}, noise {self.noise:g})"


class Undecided(ArithmeticError):
    """The numbers do not say what was asked; the message says how near they come."""


def hermite_coefficients(link: Callable | str, degree: int) -> np.ndarray:
    """Coefficients c_j = E[f(z) He_j(z)] / sqrt(j!), j = 0 ... degree, of a link of one variable, by quadrature.

    f = sum_j c_j He_j / sqrt(j!) and E f^2 = sum_j c_j^2. ``link`` takes (n, 1) like every link. Panels are halved until the
    halves agree with the whole, so kinks and jumps may lie anywhere: errors below 1e-12 of sqrt(E f^2) for a link without
    features narrower than 0.01. Taught in notebook 01.
    """
    values = _Standardised(link, 1)
    return np.concatenate([c for c, _ in values.restore(_by_halving(values, degree))])


def hermite_basis(z: np.ndarray, degree: int) -> list[np.ndarray]:
    """Orthonormal Hermite polynomials He_j(z) / sqrt(j!) for j = 0 ... degree, each of the shape of z."""
    basis = [np.ones_like(z), z]
    for j in range(1, degree):
        basis.append((z * basis[j] - math.sqrt(j) * basis[j - 1]) / math.sqrt(j + 1))
    return basis[: degree + 1]


def degree_weights(link: Callable | str, k: int, degree: int) -> np.ndarray:
    """Sum of the squared Hermite coefficients of each degree j = 0 ... degree for a link of k variables, (degree + 1,).

    Over all degrees they add up to E g^2. Errors relative to E g^2: below 1e-12 for k = 1; below 1e-6 where two tensor grids
    agree (k = 2 to 6; links that are smooth, or have their kinks on the axes); else they are means over quasi-random points,
    with errors of about 1e-3. ValueError for other k.
    """
    values = _Standardised(link, k)
    terms = (
        _by_halving(values, degree)
        if k == 1
        else _on_grids(values, degree) or _by_sampling(values, degree, MOST_POINTS)
    )
    return np.array([c @ c for c, _ in values.restore(terms)])


def information_exponent(link: Callable | str, k: int = 1, degree: int = 6) -> int | None:
    """Smallest degree j >= 1 with a Hermite term in the link; None for a constant, or if that degree is above ``degree``.

    Numbers cannot tell zero from very small: a term counts as zero if it is below its error, in units of the label's standard
    deviation. That is 1e-14 for k = 1, at most 1e-6 where tensor grids serve (see ``degree_weights``), and 1e-3 to 1e-2 for
    links of several variables with kinks or jumps off the axes, unless the term vanishes because the link is even or odd.

    Raises
    ------
    Undecided if the first term found is not 30 times as large as what may hide in the errors below it, or if none is found in
    a link that is not constant, such as sin(20 z). ValueError if k is not 1 to 6.

    Source: Ben Arous, Gheissari, Jagannath 2021 for k = 1. Taught in notebook 01.
    """
    values = _Standardised(link, k)
    if values.size == 0:
        return None
    terms = (
        _by_halving(values, degree + 20)
        if k == 1
        else _on_grids(values, degree + 20 if k <= 3 else degree)
    )
    points = 2**9
    while terms is None:
        points *= 8
        sampled = _by_sampling(values, degree, points)
        if (
            _hidden(sampled) < 1e-12 or points == MOST_POINTS
        ):  # otherwise more points might show a lower term
            terms = sampled
    first = _first(terms)
    return first if first <= degree else None


Terms = list[
    tuple[np.ndarray, float]
]  # for each degree its coefficients, and the error of their norm
MOST_POINTS = 2**18  # quasi-random points, each with its mirror image
REPEATS = 16  # independent randomisations of the points: their spread is the error


class _Standardised:
    """A link minus its mean, divided by its standard deviation, so that errors are relative; (n, k) -> (n,)."""

    def __init__(self, link: Callable | str, k: int):
        if not 1 <= k <= 6:
            raise ValueError(
                f"k = {k} is out of range: Hermite terms are computed for 1 to 6 directions"
            )
        self.link, self.k, self.centre, self.size = (
            MultiIndexModel(np.eye(k), link).mean,
            k,
            0.0,
            0.0,
        )
        z, w = gaussian_grid()
        Z, w = (
            (z[:, None], w)
            if k == 1
            else (_sobol(k, 2**12, np.random.default_rng(0)), np.full(2**12, 2.0**-12))
        )
        values = self.link(Z)
        if (
            unit := float(np.abs(values).max())
        ) > 0:  # squares of very small or large labels leave the range of numbers
            values = values / unit
            centre = w @ values / w.sum()
            size = math.sqrt(w @ (values - centre) ** 2)
            if size > 1e-14 * abs(centre):
                self.centre, self.size = unit * centre, unit * size
        self.rounding = 1e-14 * (1 + abs(self.centre) / self.size) if self.size else 0.0

    def __call__(self, Z: np.ndarray) -> np.ndarray:
        return (self.link(Z) - self.centre) / (self.size or 1.0)

    def restore(self, terms: Terms) -> Terms:
        """Coefficients and errors in the label's own unit."""
        size = self.size or 1.0
        scaled = [(size * c, size * error) for c, error in terms]
        return [(scaled[0][0] + self.centre, scaled[0][1]), *scaled[1:]]


def _first(terms: Terms) -> int:
    """The first degree with a term above its error; Undecided if a lower one could hide."""
    degree = _found(terms)
    if degree is None:
        raise Undecided(
            f"undecided: the link is not constant, but up to degree {len(terms) - 1} no Hermite "
            f"term is above its error, {max(e for _, e in terms[1:]):.0e} of the label's standard "
            "deviation. Does it oscillate fast? Try a slower link."
        )
    norm, hidden = np.linalg.norm(terms[degree][0]), _hidden(terms)
    if norm < 30 * hidden:
        raise Undecided(
            f"undecided: the term of degree {degree} is {norm:.1g} of the label's standard "
            f"deviation, and one of a lower degree could be {hidden:.1g} without being seen. Try "
            "a smoother link, or one that is even or odd."
        )
    return degree


def _found(terms: Terms) -> int | None:
    return next(
        (j for j, (c, error) in enumerate(terms) if j >= 1 and np.linalg.norm(c) > error), None
    )


def _hidden(terms: Terms) -> float:
    """Largest term that could be there unseen below the first one found."""
    return max((error for _, error in terms[1 : _found(terms)]), default=0.0)


def _by_halving(values: _Standardised, degree: int) -> Terms:
    """k = 1: Gauss-Legendre panels, halved until the halves agree with the whole."""
    edges = np.linspace(-12.0, 12.0, 97)
    a, b = edges[:-1], edges[1:]
    whole, total, error = _panels(values, a, b, degree), 0.0, np.full(degree + 1, values.rounding)
    while True:
        middle = (a + b) / 2
        left, right = _panels(values, a, middle, degree), _panels(values, middle, b, degree)
        off = np.abs(left + right - whole)
        split = (off.max(1) > values.rounding / 25) & (a < middle) & (middle < b)
        if split.sum() > 2**12:  # too fine for this: the error says so
            split[:] = False
        total, error = total + (left + right)[~split].sum(0), error + off[~split].sum(0)
        if not split.any():
            return [(total[j : j + 1], float(error[j])) for j in range(degree + 1)]
        a, b = np.r_[a[split], middle[split]], np.r_[middle[split], b[split]]
        whole = np.r_[left[split], right[split]]


def _panels(values, a: np.ndarray, b: np.ndarray, degree: int, nodes: int = 16) -> np.ndarray:
    """Integrals of the link times he_j over the panels [a, b] under the Gaussian density, (panels, degree + 1)."""
    x, v = np.polynomial.legendre.leggauss(nodes)
    z = a[:, None] + (b - a)[:, None] / 2 * (x + 1)
    weighted = (
        (b - a)[:, None]
        / 2
        * v
        * np.exp(-z * z / 2)
        / SQRT_2PI
        * values(z.reshape(-1, 1)).reshape(z.shape)
    )
    return np.stack([(weighted * h).sum(1) for h in hermite_basis(z, degree)], axis=1)


GRIDS = {  # pairs of tensor grids to try: panels and nodes of each (k up to 3), or Gauss-Hermite nodes
    2: [((12, 8), (16, 8))],
    3: [((12, 6), (8, 8)), ((12, 8), (10, 10))],
    4: [(20, 17)],
    5: [(12, 11)],
    6: [(8, 7)],
}


def _on_grids(values: _Standardised, degree: int) -> Terms | None:
    """Coefficients from a tensor grid, their errors from a second one; None if no pair agrees to 1e-6."""
    for pair in GRIDS[values.k]:
        one, other = (_on_grid(values, degree, *_axis(values.k, size)) for size in pair)
        total = np.indices(one.shape).sum(axis=0)
        off = [
            2 * np.linalg.norm((one - other)[total == j]) + values.rounding
            for j in range(degree + 1)
        ]
        if max(off[:7]) < 1e-6:
            return [(one[total == j], off[j]) for j in range(degree + 1)]
    return None


def _axis(k: int, size) -> tuple[np.ndarray, np.ndarray]:
    if k <= 3:
        return gaussian_grid(8.0, *size)
    z, w = np.polynomial.hermite_e.hermegauss(size)
    return z, w / SQRT_2PI


def _on_grid(values: _Standardised, degree: int, z: np.ndarray, w: np.ndarray) -> np.ndarray:
    Z = np.stack([axis.ravel() for axis in np.meshgrid(*[z] * values.k, indexing="ij")], axis=1)
    coefficients = values(Z).reshape([len(z)] * values.k)
    basis = w * np.array(hermite_basis(z, degree))
    for _ in range(values.k):  # E[g(z) he_j(z_1) ...], one variable after the other
        coefficients = np.tensordot(coefficients, basis, axes=(0, 1))
    return coefficients


def _by_sampling(values: _Standardised, degree: int, points: int) -> Terms:
    """Means over scrambled Sobol points, with six standard errors. A point and its mirror image: odd and even terms apart."""
    rng, repeats = np.random.default_rng(0), []
    for _ in range(REPEATS):
        Z = _sobol(values.k, points // REPEATS, rng)
        up, down = values(Z), values(-Z)
        bases = [hermite_basis(z, degree) for z in Z.T]
        even, odd = (
            _products(bases, part / len(Z), degree) for part in ((up + down) / 2, (up - down) / 2)
        )
        repeats.append([(even, odd)[j % 2][j] for j in range(degree + 1)])
    terms = []
    for each in zip(*repeats, strict=True):
        spread = np.linalg.norm(np.std(each, axis=0, ddof=1)) / math.sqrt(REPEATS)
        terms.append((np.mean(each, axis=0), 6 * spread + values.rounding))
    return terms


def _products(bases: list[list[np.ndarray]], weights: np.ndarray, degree: int) -> list[np.ndarray]:
    """Sums over the points of weights he_i(z_1) he_j(z_2) ..., listed by the total degree 0 ... degree."""
    sums = [[] for _ in range(degree + 1)]

    def add(variable: int, used: int, product: np.ndarray):
        if variable == len(bases):
            sums[used].append(product.sum())
        else:
            for j in range(degree - used + 1):
                add(variable + 1, used + j, product * bases[variable][j])

    add(0, 0, weights)
    return [np.array(one) for one in sums]


def _sobol(k: int, points: int, rng: np.random.Generator) -> np.ndarray:
    """Scrambled Sobol points (points, k) under the Gaussian; points is a power of 2."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    uniform = qmc.Sobol(k, rng=rng).random(points)
    return ndtri(np.clip(uniform, 1e-16, 1 - 1e-16))
