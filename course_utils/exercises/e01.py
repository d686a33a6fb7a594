"""Exercises of notebook 01, the multiple-index model; those on estimators are next door."""

from __future__ import annotations

import numpy as np

from ..estimators import explained_share
from ..hermite import hermite_coefficients
from .comparing import CLOSE, apart, near, one_by_one, single
from .drawing import between, drawn
from .e01_estimators import BLIND, CURVATURE
from .mechanism import Exercise, array, call, number, require

# 1.1

SIZES = ((3, 7), (1, 4), (5, 5))


def _drawn(draw, k, d):
    return array(call(draw, k, d, drawn()), (k, d), f"draw_directions({k}, {d}, rng)")


def _shape(draw):
    for k, d in SIZES:
        _drawn(draw, k, d)


def _unit(draw):
    for k, d in SIZES:
        lengths = np.linalg.norm(_drawn(draw, k, d), axis=1)
        worst = lengths[np.abs(lengths - 1).argmax()]
        require(
            near(worst, 1.0),
            f"A row has length {apart(worst, 1)[0]}. Divide by it, or take rows of an orthogonal "
            "matrix.",
        )


def _orthogonal(draw):
    for k, d in SIZES:
        U = _drawn(draw, k, d)
        error = np.abs(U @ U.T - np.eye(k)).max()
        require(
            error < CLOSE,
            f"U U^T differs from I by {error:.2g}: each row has length 1, but they lean towards "
            "each other. What does numpy.linalg.qr do with the columns of a matrix?",
        )


def _fresh(draw):
    first, again, other = (
        array(call(draw, 2, 7, drawn(seed)), (2, 7), "draw_directions(2, 7, rng)")
        for seed in (0, 0, 1)
    )
    require(
        np.abs(first - other).max() > 1e-3,
        "Two generators gave the same directions: nothing was drawn. "
        "Start from rng.standard_normal.",
    )
    require(
        np.array_equal(first, again),
        "Two generators in the same state gave different directions: "
        "draw from rng alone, not from np.random.",
    )


def _many(draw, k: int, d: int, n: int) -> np.ndarray:
    rng = drawn()
    what = f"draw_directions({k}, {d}, rng)"
    return np.array([array(call(draw, k, d, rng), (k, d), what) for _ in range(n)])


def _uniform(draw):
    d, k = 5, 2
    U = _many(draw, k, d, 600)
    mean = np.einsum("nki,nkj->ij", U, U) / len(U)
    error = np.abs(mean - k / d * np.eye(d)).max()
    require(
        error < 0.08,
        "Over 600 draws the projection on your directions has a mean that differs from k/d I by "
        f"{error:.2g}: some directions of space are preferred. Gaussian entries have no "
        "preference, uniform ones have.",
    )
    _fourth(U, 0.03)
    lean = np.abs(U.mean(axis=0)).max()
    require(
        lean < 0.1,
        f"Over 600 draws an entry of u_i has the mean {lean:.2f}, not 0: a sign is preferred. "
        "numpy.linalg.qr chooses signs by its algorithm, not by chance: multiply the columns of Q "
        "by the signs of R's diagonal.",
    )
    # In two dimensions what the entries were drawn from shows most: uniform and Laplace entries
    # move this mean by .035, eight times its standard error.
    _fourth(_many(draw, 1, 2, 1500), 0.021)


def _fourth(U: np.ndarray, most: float):
    d = U.shape[2]
    found, wanted = float((U**4).sum(axis=2).mean()), 3 / (d + 2)
    told = apart(found, wanted)
    require(
        abs(found - wanted) < most,
        f"For d = {d} the mean of the sum of u_ij^4 over j is {told[0]}, for directions without "
        f"preference it is {told[1]}: yours lie too near to the coordinate axes, or too far from "
        "them. Only Gaussian entries prefer none.",
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


def _at(link, z: np.ndarray) -> np.ndarray:
    return array(call(link, z), z.shape, f"my_link(z) for {len(z)} numbers z")


def _values(link):
    for z in (np.linspace(-3, 3, 11), drawn(12).uniform(-3, 3, 11)):
        one_by_one(lambda some: _at(link, some), z, "z")


def _coefficients(link) -> np.ndarray:
    return hermite_coefficients(lambda Z: _at(link, Z[:, 0]), 12)


def _zero(link) -> float:
    """Below this a coefficient is 0: more than rounding leaves where the link is evaluated."""
    return 1e-5 if single(_at(link, np.linspace(-3, 3, 100))) else 1e-8


def _centred(link):
    c = _coefficients(link)
    require(
        abs(c[0]) < max(_zero(link), 1e-6),
        f"The mean E f(z) is {c[0]:.3g}. Take it off, or use He polynomials of degree 1 and more.",
    )


def _exponent(link):
    c = _coefficients(link)
    require(
        abs(c[1]) < _zero(link),
        f"c_1 = E[f(z) z] is {c[1]:.3g}, not 0, so the information exponent is 1. E z^4 = 3: "
        "even z^3 has a linear part.",
    )
    require(
        abs(c[2]) > 0.01,
        f"c_1 is 0, but c_2 = E[f(z) (z^2 - 1)]/sqrt 2 is {c[2]:.2g} too, "
        "so the information exponent is above 2.",
    )


def _variance(link):
    second = hermite_coefficients(lambda Z: _at(link, Z[:, 0]) ** 2, 0)[0]
    variance = second - _coefficients(link)[0] ** 2
    require(
        abs(variance - 1) < 1e-3,
        f"The variance is {apart(variance, 1)[0]}. It is the sum of c_j^2 over j >= 1: "
        "scale the coefficients.",
    )


def _not_even(link):
    z = np.linspace(0.1, 3, 30)
    gap = np.abs(_at(link, z) - _at(link, -z)).max()
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
    asked = f"explained({[round(float(one), 3) for one in c]}, {m}, {noise})"
    return number(call(explained, np.array(c, dtype=float), m, noise), asked)


def _whole(explained):
    for c in ([0, 0.3, 0.4], [0, 2], [0, *between(130, (0.3, 2), (0.3, 2))]):
        value = _share(explained, c, 1.0, 0.0)
        require(
            near(value, 1.0),
            "Without noise the true direction (m = 1) explains all; your share is "
            f"{apart(value, 1)[0]} for c = {tuple(c)}. A share is divided by the variance of y.",
        )


def _mean_is_no_variance(explained):
    mean, overlap = between(131, (1, 4), (0.3, 0.8))
    for c, m in (([3, 1], 0.5), ([mean, 1], overlap)):
        value = _share(explained, c, m, 0.0)
        require(
            near(value, m**2) or near(value, m),
            f"For c = {tuple(c)} and m = {m} your share is {apart(value, m**2)[0]}. c_0 is the "
            "mean of y: it belongs neither to the signal nor to the variance, so sums start at "
            "j = 1.",
        )


def _square(explained):
    size, overlap = between(132, (1, 3), (0.3, 0.8))
    for c, m in (([0, 1], 0.5), ([0, 3], -0.2), ([0, size], overlap)):
        found = _share(explained, c, m, 0.0)
        told = apart(found, m**2)
        require(
            near(found, m**2),
            f"For c = {tuple(c)} and m = {m} your share is {told[0]}, it is {told[1]}. The "
            "coefficient of he_j in E[y | p] is c_j m^j; what it explains is its square.",
        )


def _degrees(explained):
    own = [0, *between(133, *[(0.3, 1)] * 3)], *between(134, (0.4, 0.9))
    for c, m in (([0, 0.6, 0.8], 0.5), ([0, 0.5, 0.1, 0.7, 0.5], 0.8), own):
        j, c = np.arange(len(c)), np.array(c)
        found, right = _share(explained, c, m, 0.0), float(c**2 @ m ** (2 * j) / (c @ c))
        told = apart(found, right)
        require(
            near(found, right),
            f"For c = {tuple(c.tolist())} and m = {m} your share is {told[0]}, it is {told[1]}: "
            "each degree j has its own power of m.",
        )


def _noise(explained):
    for noise, why in (
        (1.0, "Var y is the sum of c_j^2 over j >= 1 plus noise^2."),
        (2.0, "noise is a standard deviation, and variances add."),
        (*between(135, (1.5, 4)), "noise is a standard deviation, and variances add."),
    ):
        found, right = _share(explained, [0, 1], 1.0, noise), 1 / (1 + noise**2)
        told = apart(found, right)
        require(
            near(found, right),
            f"With noise {noise:g} and c = (0, 1) your share at m = 1 is {told[0]}, it is "
            f"{told[1]}: {why}",
        )


def _same_as_course(explained):
    c = hermite_coefficients("tanh", 9)
    for m in (-0.7, 0.0, 0.1, 0.9, *between(136, (0.2, 0.8))):
        found, right = _share(explained, c, m, 0.3), float(explained_share(c, m, 0.3))
        told = apart(found, right)
        require(
            abs(found - right) < CLOSE,
            f"For tanh, overlap {m} and noise 0.3 it is {told[0]}; the formula gives {told[1]}.",
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
