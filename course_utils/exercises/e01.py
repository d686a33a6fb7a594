"""Exercises of notebook 01, the multiple-index model; those on estimators are next door."""

from __future__ import annotations

import numpy as np

from ..estimators import explained_share
from ..hermite import hermite_coefficients
from .e01_estimators import BLIND, CURVATURE
from .mechanism import Exercise, array, call, number, require


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# 1.1


def _shape(draw):
    array(call(draw, 3, 7, _rng()), (3, 7), "draw_directions(3, 7, rng)")


def _unit(draw):
    lengths = np.linalg.norm(call(draw, 3, 7, _rng()), axis=1)
    worst = lengths[np.abs(lengths - 1).argmax()]
    require(
        abs(worst - 1) < 1e-8,
        f"A row has length {worst:.3g}. Divide by it, or take rows of an orthogonal matrix.",
    )


def _orthogonal(draw):
    U = np.asarray(call(draw, 3, 7, _rng()))
    error = np.abs(U @ U.T - np.eye(3)).max()
    require(
        error < 1e-8,
        f"U U^T differs from I by {error:.2g}: each row has length 1, but they lean towards each "
        "other. What does numpy.linalg.qr do with the columns of a matrix?",
    )


def _fresh(draw):
    first, again, other = (np.asarray(call(draw, 2, 7, _rng(seed))) for seed in (0, 0, 1))
    require(
        np.abs(first - other).max() > 1e-6,
        "Two generators gave the same directions: nothing was drawn. "
        "Start from rng.standard_normal.",
    )
    require(
        np.array_equal(first, again),
        "Two generators in the same state gave different directions: "
        "draw from rng alone, not from np.random.",
    )


def _uniform(draw):
    d, k, rng = 5, 2, _rng()
    U = np.array([call(draw, k, d, rng) for _ in range(600)])
    mean = np.einsum("nki,nkj->ij", U, U) / len(U)
    error = np.abs(mean - k / d * np.eye(d)).max()
    require(
        error < 0.08,
        "Over 600 draws the projection on your directions has a mean that differs from k/d I by "
        f"{error:.2g}: some directions of space are preferred. Gaussian entries have no "
        "preference, uniform ones have.",
    )
    fourth = d * (U**4).mean()
    require(
        abs(fourth - 3 / (d + 2)) < 0.1,
        f"The mean of the sum of u_i^4 is {fourth:.2f}, for directions without preference it is "
        f"{3 / (d + 2):.2f}: yours lie too near to the coordinate axes, or too far from them.",
    )
    lean = np.abs(U.mean(axis=0)).max()
    require(
        lean < 0.1,
        f"Over 600 draws an entry of u_i has the mean {lean:.2f}, not 0: a sign is preferred. "
        "numpy.linalg.qr chooses signs by its algorithm, not by chance: multiply the columns of Q "
        "by the signs of R's diagonal.",
    )


DIRECTIONS = Exercise(
    "1.1",
    "draw_directions",
    '''
def draw_directions(k, d, rng):
    """k orthonormal rows in R^d, no direction preferred: (k, d)."""
    G = rng.standard_normal((d, k))  #:
    Q, R = np.linalg.qr(G)  #:
    return (Q * np.sign(np.diag(R))).T  #:
''',
    (
        "A Gaussian matrix prefers no direction. "
        "Which factorisation turns its columns into orthonormal ones?",
        "np.linalg.qr(G) of a (d, k) matrix G returns Q with k orthonormal columns; the course "
        "keeps them as rows. Q alone has preferred signs: "
        "multiply each column by the sign of R's diagonal entry.",
    ),
    (
        ("the shape is (k, d)", _shape),
        ("rows have length 1", _unit),
        ("rows are orthogonal", _orthogonal),
        ("directions are drawn from rng", _fresh),
        ("no direction is preferred", _uniform),
    ),
)

# 1.2


def _values(link):
    z = np.linspace(-3, 3, 11)
    array(call(link, z), (11,), "my_link(z) for 11 numbers z")


def _coefficients(link) -> np.ndarray:
    return hermite_coefficients(lambda Z: np.asarray(call(link, Z[:, 0]), dtype=float), 12)


def _centred(link):
    c = _coefficients(link)
    require(
        abs(c[0]) < 1e-6,
        f"The mean E f(z) is {c[0]:.3g}. Take it off, or use He polynomials of degree 1 and more.",
    )


def _exponent(link):
    c = _coefficients(link)
    require(
        abs(c[1]) < 1e-6,
        f"c_1 = E[f(z) z] is {c[1]:.3g}, so the information exponent is 1. E z^4 = 3: "
        "even z^3 has a linear part.",
    )
    require(
        abs(c[2]) > 0.01,
        f"c_1 is 0, but c_2 = E[f(z) (z^2 - 1)]/sqrt 2 is {c[2]:.2g} too, "
        "so the information exponent is above 2.",
    )


def _variance(link):
    second = hermite_coefficients(lambda Z: np.asarray(call(link, Z[:, 0]), dtype=float) ** 2, 0)[0]
    variance = second - _coefficients(link)[0] ** 2
    require(
        abs(variance - 1) < 1e-3,
        f"The variance is {variance:.3g}. It is the sum of c_j^2 over j >= 1: "
        "scale the coefficients.",
    )


def _not_even(link):
    z = np.linspace(0.1, 3, 30)
    gap = np.abs(np.asarray(call(link, z)) - np.asarray(call(link, -z))).max()
    require(
        gap > 1e-3,
        f"f(z) and f(-z) differ by at most {gap:.1g}: your link is even. "
        "Add an odd polynomial that leaves c_1 at 0.",
    )


OWN_LINK = Exercise(
    "1.2",
    "my_link",
    '''
def my_link(z):
    """Not even, mean 0, variance 1, information exponent 2: (n,) -> (n,)."""
    he2 = (z**2 - 1) / np.sqrt(2)  #:
    he3 = (z**3 - 3 * z) / np.sqrt(6)  #:
    return 0.6 * he2 + 0.8 * he3  #:
''',
    (
        "Build it from he_2 and a polynomial that is odd; "
        "each term that you add must leave c_1 at 0.",
        "he_3(z) = (z^3 - 3z)/sqrt 6 is odd and has no linear part. With weights a and b on he_2 "
        "and he_3 the variance is a^2 + b^2.",
    ),
    (
        ("one number for each z", _values),
        ("the mean is 0", _centred),
        ("the information exponent is 2", _exponent),
        ("the variance is 1", _variance),
        ("it is not even", _not_even),
    ),
)

# 1.3


def _share(explained, c, m, noise) -> float:
    value = number(
        call(explained, np.array(c, dtype=float), m, noise), f"explained({list(c)}, {m}, {noise})"
    )
    return value


def _whole(explained):
    value = _share(explained, [0, 0.3, 0.4], 1.0, 0.0)
    require(
        abs(value - 1) < 1e-9,
        f"Without noise the true direction (m = 1) explains all; your share is {value:.3g} for c "
        "= (0, 0.3, 0.4). A share is divided by the variance of y.",
    )


def _mean_is_no_variance(explained):
    value = _share(explained, [3, 1], 0.5, 0.0)
    require(
        abs(value - 0.25) < 1e-9 or abs(value - 0.5) < 1e-9,
        f"For c = (3, 1) and m = 0.5 your share is {value:.3g}. c_0 is the mean of y: it belongs "
        "neither to the signal nor to the variance, so sums start at j = 1.",
    )


def _square(explained):
    value = _share(explained, [0, 1], 0.5, 0.0)
    require(
        abs(value - 0.25) < 1e-9,
        f"For y = z and m = 0.5 your share is {value:.3g}, it is 0.25. The coefficient of he_j in "
        "E[y | p] is c_j m^j; what it explains is its square.",
    )


def _degrees(explained):
    value, right = _share(explained, [0, 0.6, 0.8], 0.5, 0.0), 0.36 * 0.25 + 0.64 * 0.0625
    require(
        abs(value - right) < 1e-9,
        f"For c = (0, 0.6, 0.8) and m = 0.5 your share is {value:.3g}, it is {right:.3g}: each "
        "degree j has its own power of m.",
    )


def _noise(explained):
    value = _share(explained, [0, 1], 1.0, 1.0)
    require(
        abs(value - 0.5) < 1e-9,
        f"With noise 1 and c = (0, 1) your share at m = 1 is {value:.3g}, it is 0.5: Var y is the "
        "sum of c_j^2 over j >= 1 plus noise^2.",
    )
    value = _share(explained, [0, 1], 1.0, 2.0)
    require(
        abs(value - 0.2) < 1e-9,
        f"With noise 2 and c = (0, 1) your share at m = 1 is {value:.3g}, it is 0.2: noise is a "
        "standard deviation, and variances add.",
    )


def _same_as_course(explained):
    c = hermite_coefficients("tanh", 9)
    worst = max(
        abs(_share(explained, c, m, 0.3) - float(explained_share(c, m, 0.3)))
        for m in (-0.7, 0.0, 0.1, 0.9)
    )
    require(
        worst < 1e-9,
        "For tanh, overlaps between -0.7 and 0.9 and noise 0.3 it differs from the formula by "
        f"{worst:.2g}.",
    )


EXPLAINED = Exercise(
    "1.3",
    "explained",
    '''
def explained(c, m, noise):
    """Share of Var y that a direction with overlap m explains; c = (c_0, c_1, ...)."""
    j = np.arange(1, len(c))  #:
    signal = np.sum(c[1:] ** 2 * m ** (2 * j))  #:
    return signal / (np.sum(c[1:] ** 2) + noise**2)  #:
''',
    (
        "E[y | p] = sum_j c_j m^j he_j(p). The he_j are orthonormal: "
        "what is the variance of such a sum?",
        "Divide the sum of (c_j m^j)^2 over j >= 1 by the sum of c_j^2 over j >= 1 plus noise^2.",
    ),
    (
        ("the true direction explains all without noise", _whole),
        ("the mean is no variance", _mean_is_no_variance),
        ("an overlap m keeps m^2 of a linear link", _square),
        ("each degree has its own power of m", _degrees),
        ("noise has its share", _noise),
        ("it agrees with the formula for tanh", _same_as_course),
    ),
)

EXERCISES = (DIRECTIONS, OWN_LINK, EXPLAINED, CURVATURE, BLIND)
