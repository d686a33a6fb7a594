"""Hermite coefficients of links, and the information exponent that they tell."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .averages import gaussian_points
from .links import SQRT_2PI, gaussian_grid
from .targets import MultiIndexModel


class Undecided(ArithmeticError):
    """The numbers do not say what was asked; the message says how near they come."""


def hermite_coefficients(link: Callable | str, degree: int) -> np.ndarray:
    """Hermite coefficients of a link of one variable, by quadrature.

        c_j = E[f(z) He_j(z)] / sqrt(j!),    f = sum_j c_j He_j / sqrt(j!),    E f^2 = sum_j c_j^2

    Parameters
    ----------
    link : str or callable
        A name in LINKS, or a function (n, 1) -> (n,) like every link.
    degree : int
        Highest degree.

    Returns
    -------
    (degree + 1,) ndarray
        c_0, c_1, ...

    Notes
    -----
    Panels are halved until the halves agree with the whole, so kinks and jumps may lie anywhere:
    errors below 1e-12 of sqrt(E f^2) for a link without features narrower than 0.01. Taught in
    notebook 01.
    """
    values = _Standardised(link, 1)
    return np.concatenate([c for c, _ in values.restore(_by_halving(values, degree))])


def hermite_basis(z: np.ndarray, degree: int) -> list[np.ndarray]:
    """Orthonormal Hermite polynomials He_j(z) / sqrt(j!).

    Parameters
    ----------
    z : ndarray
        Where they are wanted, of any shape.
    degree : int
        Highest degree.

    Returns
    -------
    list of ndarray
        One for each j = 0 ... degree, of the shape of z.
    """
    basis = [np.ones_like(z), z]
    for j in range(1, degree):
        basis.append((z * basis[j] - math.sqrt(j) * basis[j - 1]) / math.sqrt(j + 1))
    return basis[: degree + 1]


def degree_weights(link: Callable | str, k: int, degree: int) -> np.ndarray:
    """Sum of the squared Hermite coefficients of each degree of a link.

    Parameters
    ----------
    link : str or callable
        A name in LINKS, or a function (n, k) -> (n,).
    k : int
        How many variables it has, 1 to 6.
    degree : int
        Highest degree.

    Returns
    -------
    (degree + 1,) ndarray
        One sum for each degree; over all degrees they add up to E g^2.

    Raises
    ------
    ValueError
        For other k.

    Notes
    -----
    Errors relative to E g^2: below 1e-12 for k = 1; below 1e-6 where two tensor grids agree (k = 2
    to 6; links that are smooth, or have their kinks on the axes); else they are means over
    quasi-random points, with errors of about 1e-3.
    """
    values = _Standardised(link, k)
    terms = (
        _by_halving(values, degree)
        if k == 1
        else _on_grids(values, degree) or _by_sampling(values, degree, MOST_POINTS)
    )
    return np.array([c @ c for c, _ in values.restore(terms)])


def information_exponent(link: Callable | str, k: int = 1, degree: int = 6) -> int | None:
    """Smallest degree j >= 1 with a Hermite term in the link.

    Parameters
    ----------
    link : str or callable
        A name in LINKS, or a function (n, k) -> (n,).
    k : int
        How many variables it has, 1 to 6.
    degree : int
        Highest degree that is looked at.

    Returns
    -------
    int or None
        The degree; None for a constant, or if it is above ``degree``.

    Raises
    ------
    Undecided
        If the first term found is not 30 times as large as what may hide in the errors below
        it, or if none is found in a link that is not constant, such as sin(20 z).
    ValueError
        If k is not 1 to 6.

    Notes
    -----
    Numbers cannot tell zero from very small: a term counts as zero if it is below its error, in
    units of the label's standard deviation. That is 1e-14 for k = 1, at most 1e-6 where tensor
    grids serve (see ``degree_weights``), and 1e-3 to 1e-2 for links of several variables with kinks
    or jumps off the axes, unless the term vanishes because the link is even or odd.

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


# For each degree its coefficients, and the error of their norm.
Terms = list[tuple[np.ndarray, float]]
MOST_POINTS = 2**18  # quasi-random points, each with its mirror image
REPEATS = 16  # independent randomisations of the points: their spread is the error


class _Standardised:
    """A link minus its mean, divided by its standard deviation; (n, k) -> (n,).

    So errors are relative.
    """

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
            else (gaussian_points(k, 2**12, np.random.default_rng(0)), np.full(2**12, 2.0**-12))
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
    """Integrals of the link times he_j over the panels [a, b], (panels, degree + 1).

    They are taken under the Gaussian density.
    """
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


# Pairs of tensor grids to try: panels and nodes of each (k up to 3), or Gauss-Hermite nodes.
GRIDS = {
    2: [((12, 8), (16, 8))],
    3: [((12, 6), (8, 8)), ((12, 8), (10, 10))],
    4: [(20, 17)],
    5: [(12, 11)],
    6: [(8, 7)],
}


def _on_grids(values: _Standardised, degree: int) -> Terms | None:
    """Coefficients from a tensor grid, their errors from a second one.

    None if no pair agrees to 1e-6.
    """
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
    """Means over scrambled Sobol points, with six standard errors.

    A point stands with its mirror image: odd and even terms apart.
    """
    rng, repeats = np.random.default_rng(0), []
    for _ in range(REPEATS):
        Z = gaussian_points(values.k, points // REPEATS, rng)
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
    """Sums over the points of weights he_i(z_1) he_j(z_2) ..., listed by the total degree."""
    sums = [[] for _ in range(degree + 1)]

    def add(variable: int, used: int, product: np.ndarray):
        if variable == len(bases):
            sums[used].append(product.sum())
        else:
            for j in range(degree - used + 1):
                add(variable + 1, used + j, product * bases[variable][j])

    add(0, 0, weights)
    return [np.array(one) for one in sums]
