"""Multiple-index models: labels that depend on a Gaussian input through k directions only."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

SQRT_2PI = math.sqrt(2 * math.pi)


@dataclass(frozen=True)
class Link:
    """A link g with what is known of it; called on projections Z (n, k), it returns (n,)."""

    name: str
    formula: str
    function: Callable[[np.ndarray], np.ndarray]
    k_range: tuple[int, int]
    default_k: int
    monotone: bool
    exponent: Callable[[int], int | None]
    variance: Callable[[int], float]
    meaning: str

    def __call__(self, Z: np.ndarray) -> np.ndarray:
        return self.function(Z)


def gaussian_grid(half_width: float = 12.0, panels: int = 96, nodes: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Nodes z and weights w of a panel-wise Gauss-Legendre rule with sum w f(z) = E f(z), z ~ N(0, 1).

    Zero is a border between panels, so that a kink there (ReLU) costs no accuracy.
    """
    x, v = np.polynomial.legendre.leggauss(nodes)
    edges = np.linspace(-half_width, half_width, panels + 1)
    half = (edges[1:] - edges[:-1]) / 2
    z = (edges[:-1, None] + half[:, None] * (x + 1)).ravel()
    w = (half[:, None] * v).ravel() * np.exp(-z * z / 2) / SQRT_2PI
    return z, w


def _expect(f: Callable[[np.ndarray], np.ndarray]) -> float:
    z, w = gaussian_grid()
    return float(w @ f(z))


def _chain(Z: np.ndarray) -> np.ndarray:
    total = Z[:, 0].copy()
    for i in range(1, Z.shape[1]):
        total += Z[:, i - 1] * Z[:, i]
    return total / math.sqrt(Z.shape[1])


def _max_variance(k: int) -> float:
    from scipy.special import ndtr

    density = lambda z: k * ndtr(z) ** (k - 1)  # noqa: E731  (density of the maximum relative to N(0, 1))
    return _expect(lambda z: z * z * density(z)) - _expect(lambda z: z * density(z)) ** 2


def _norm_variance(k: int) -> float:
    return k - 2 * math.exp(2 * (math.lgamma((k + 1) / 2) - math.lgamma(k / 2)))


def _one(name, formula, f, monotone, exponent, variance, meaning) -> Link:
    return Link(name, formula, lambda Z: f(Z[:, 0]), (1, 1), 1, monotone, lambda k: exponent, lambda k: variance, meaning)


def _many(name, formula, f, default_k, exponent, variance, meaning, low=1) -> Link:
    return Link(name, formula, f, (low, 50), default_k, False, exponent, variance, meaning)


_TANH_VARIANCE = _expect(lambda z: np.tanh(2 * z) ** 2)
_RELU_VARIANCE = 0.5 - 1 / (2 * math.pi)
_root_k = lambda Z: math.sqrt(Z.shape[1])  # noqa: E731

LINKS: dict[str, Link] = {
    link.name: link
    for link in (
        _one("linear", "z", lambda z: z.copy(), True, 1, 1.0, "what any linear fit can learn"),
        _one("tanh", "tanh(2z)", lambda z: np.tanh(2 * z), True, 1, _TANH_VARIANCE, "bounded, monotone: the paper's Figure 1"),
        _one("relu", "max(z, 0)", lambda z: np.maximum(z, 0), True, 1, _RELU_VARIANCE, "one neuron is enough"),
        _one("cubic", "z^3 / sqrt 15", lambda z: z**3 / math.sqrt(15), True, 1, 1.0, "monotone polynomial of degree 3"),
        _one("quintic", "z^5 / sqrt 945", lambda z: z**5 / math.sqrt(945), True, 1, 1.0, "monotone polynomial of degree 5"),
        _one("he2", "(z^2 - 1) / sqrt 2", lambda z: (z * z - 1) / math.sqrt(2), False, 2, 1.0, "even: no linear signal at all"),
        _one("he3", "(z^3 - 3z) / sqrt 6", lambda z: (z**3 - 3 * z) / math.sqrt(6), False, 3, 1.0, "odd, without linear part"),
        _many(
            "sum_tanh",
            "sum tanh(2 z_i) / sqrt k",
            lambda Z: np.tanh(2 * Z).sum(1) / _root_k(Z),
            3,
            lambda k: 1,
            lambda k: _TANH_VARIANCE,
            "mean gradient has one direction: inclusion without recovery",
        ),
        _many(
            "sum_relu",
            "sum (max(z_i, 0) - 1/sqrt(2 pi)) / sqrt k",
            lambda Z: (np.maximum(Z, 0) - 1 / SQRT_2PI).sum(1) / _root_k(Z),
            3,
            lambda k: 1,
            lambda k: _RELU_VARIANCE,
            "all directions carry second-order signal",
        ),
        _many(
            "sum_squares",
            "sum (z_i^2 - 1) / sqrt(2k)",
            lambda Z: (Z * Z - 1).sum(1) / (math.sqrt(2) * _root_k(Z)),
            3,
            lambda k: 2,
            lambda k: 1.0,
            "even in every direction",
        ),
        _many("product", "z_1 z_2 ... z_k", lambda Z: Z.prod(1), 2, lambda k: k, lambda k: 1.0, "parity-like, of degree k"),
        _many(
            "chain",
            "(z_1 + z_1 z_2 + z_2 z_3 + ...) / sqrt k",
            _chain,
            3,
            lambda k: 1,
            lambda k: 1.0,
            "each direction is found with the help of the one before",
        ),
        _many(
            "staircase",
            "z_1 + z_1 z_2 + z_1 z_2 z_3 + ...",
            lambda Z: np.cumprod(Z, axis=1).sum(1),
            3,
            lambda k: 1,
            lambda k: float(k),
            "degrees rise with each new direction",
        ),
        _many("norm", "|z|", lambda Z: np.sqrt((Z * Z).sum(1)), 3, lambda k: 2, _norm_variance, "radial in the subspace"),
        _many("max", "max(z_1, ..., z_k)", lambda Z: Z.max(1), 3, lambda k: 1, _max_variance, "the largest of k projections"),
        _many("none", "0", lambda Z: np.zeros(len(Z)), 1, lambda k: None, lambda k: 0.0, "pure-noise labels: nothing to learn"),
    )
}


def default_k(link: str | Callable) -> int:
    """The number of directions that a link is usually shown with (1 for an own function)."""
    return LINKS[link].default_k if isinstance(link, str) else 1


def check_own_link(link: Callable, k: int):
    """Try an own link on 16 Gaussian rows; ValueError says what a link must do and what this one did."""
    Z = np.random.default_rng(0).standard_normal((16, k))
    name = getattr(link, "__name__", type(link).__name__)
    try:
        values = np.asarray(link(Z.copy()), dtype=float)
    except Exception as problem:  # a student's function may fail in any way
        raise ValueError(
            f"your link {name!r} failed on an array of shape (16, {k}): {type(problem).__name__}: {problem}. "
            f"A link takes projections Z of shape (n, k) and returns n numbers, e.g. lambda Z: Z[:, 0] ** 2."
        ) from problem
    if values.shape != (16,):
        raise ValueError(
            f"your link {name!r} returned shape {values.shape} for Z of shape (16, {k}); it must return shape (16,), "
            "one number a row. Index columns as Z[:, 0]."
        )
    if not np.isfinite(values).all():
        raise ValueError(f"your link {name!r} returned a value that is not finite; it must be finite for every real Z")


class MultiIndexModel:
    """Labels y = g(<u_1, x>, ..., <u_k, x>) + noise for inputs x ~ N(0, I_d).

    Parameters
    ----------
    directions : (k, d) array with orthonormal rows u_i; or a numpy Generator, from which they are drawn when first
        needed (then give d and k).
    link : a name in LINKS, or a function (n, k) -> (n,).
    noise : standard deviation of the Gaussian label noise.
    sign_labels : labels are the sign of the noisy value, -1 or 1 (for the logistic loss).

    Raises ValueError if rows are not orthonormal. Taught in notebook 01.
    """

    def __init__(self, directions, link="tanh", noise: float = 0.0, *, d=None, k=None, sign_labels: bool = False):
        if isinstance(directions, np.random.Generator):
            self.d, self.k, self._rng = int(d), int(k), directions
        else:
            U = np.array(directions, dtype=float, ndmin=2)
            error = np.abs(U @ U.T - np.eye(len(U))).max()
            if not error < 1e-8:
                raise ValueError(
                    f"rows of directions are not orthonormal: U U^T differs from I by {error:.2g}. "
                    "Try scipy.linalg.orth(U.T).T."
                )
            self.k, self.d = U.shape
            self.directions = U
        if isinstance(link, str) and link not in LINKS:
            raise ValueError(f"link = {link!r} is unknown: it must be one of {', '.join(LINKS)}, or a function")
        if not (np.isfinite(noise) and noise >= 0):
            raise ValueError(f"noise = {noise} is out of range: a standard deviation is 0 or more")
        self.link = LINKS[link] if isinstance(link, str) else link
        self.noise, self.sign_labels = float(noise), sign_labels

    @cached_property
    def directions(self) -> np.ndarray:
        """(k, d) orthonormal rows u_i."""
        Q, R = np.linalg.qr(self._rng.standard_normal((self.d, self.k)))
        return np.ascontiguousarray((Q * np.sign(np.diag(R))).T)  # with these signs, uniform over all such matrices

    def project(self, X: np.ndarray) -> np.ndarray:
        """Projections z_i = <u_i, x>, (n, d) -> (n, k)."""
        X = np.asarray(X, dtype=float)
        if X.ndim != 2 or X.shape[1] != self.d:
            raise ValueError(f"X must have shape (n, {self.d}), got {X.shape}")
        return X @ self.directions.T

    def mean(self, Z: np.ndarray) -> np.ndarray:
        """Noiseless g(Z), (n, k) -> (n,). ValueError if your own link returns another shape or a value not finite."""
        if isinstance(self.link, Link):
            return self.link(Z)
        values = np.asarray(self.link(Z.copy()), dtype=float)  # a copy: an own link may write into its argument
        if values.shape != (len(Z),) or not np.isfinite(values).all():
            raise ValueError(
                f"your link returned shape {values.shape} for Z of shape {Z.shape}, or a value that is not finite; "
                "it must return one finite number a row, for every real Z"
            )
        return values

    def labels(self, Z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Noisy labels for projections Z, (n, k) -> (n,)."""
        y = self.mean(Z) + self.noise * rng.standard_normal(len(Z))
        return np.where(y >= 0, 1.0, -1.0) if self.sign_labels else y

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """n fresh samples, X (n, d) and y (n,)."""
        X = rng.standard_normal((n, self.d))
        return X, self.labels(self.project(X), rng)

    def __repr__(self):
        name = getattr(self.link, "formula", getattr(self.link, "__name__", "own link"))
        return f"MultiIndexModel(d={self.d}, k={self.k}, link {name}, noise {self.noise:g})"


def hermite_coefficients(link: Callable | str, degree: int) -> np.ndarray:
    """Coefficients c_j = E[f(z) He_j(z)] / sqrt(j!), j = 0 ... degree, of a link of one variable, by quadrature.

    f = sum_j c_j He_j / sqrt(j!) and E f^2 = sum_j c_j^2. ``link`` takes (n, 1) like every link. Taught in notebook 01.
    """
    f = LINKS[link] if isinstance(link, str) else link
    z, w = gaussian_grid()
    values = w * np.asarray(f(z[:, None]), dtype=float)
    return np.array([values @ h for h in hermite_basis(z, degree)])


def hermite_basis(z: np.ndarray, degree: int) -> list[np.ndarray]:
    """Orthonormal Hermite polynomials He_j(z) / sqrt(j!) for j = 0 ... degree, each of the shape of z."""
    basis = [np.ones_like(z), z]
    for j in range(1, degree):
        basis.append((z * basis[j] - math.sqrt(j) * basis[j - 1]) / math.sqrt(j + 1))
    return basis[: degree + 1]


def degree_weights(link: Callable | str, k: int, degree: int) -> np.ndarray:
    """Share of E g^2 at each Hermite degree j = 0 ... degree for a link of k variables, (degree + 1,).

    By quadrature on a tensor grid: panels around the kink at 0 for k <= 3 (errors below 1e-6); Gauss-Hermite for k = 4,
    5, 6, exact for polynomials and parities, within a few per cent of E g^2 for links with kinks.
    """
    if not 1 <= k <= 6:
        raise ValueError(f"k = {k} is out of range: a tensor grid serves 1 to 6 directions")
    g = LINKS[link] if isinstance(link, str) else link
    if k <= 3:
        z, w = gaussian_grid(8.0, *((32, 12), (12, 8), (8, 6))[k - 1])
    else:
        z, w = np.polynomial.hermite_e.hermegauss((24, 16, 10)[k - 4])
        w = w / SQRT_2PI
    Z = np.stack([axis.ravel() for axis in np.meshgrid(*[z] * k, indexing="ij")], axis=1)
    coefficients = np.asarray(g(Z), dtype=float).reshape([len(z)] * k)
    basis = w * np.array(hermite_basis(z, degree))
    for _ in range(k):  # E[g(z) He_j(z_1) ...], one variable after the other
        coefficients = np.tensordot(coefficients, basis, axes=(0, 1))
    total = np.indices(coefficients.shape).sum(axis=0)
    return np.bincount(total.ravel(), weights=coefficients.ravel() ** 2)[: degree + 1]


def information_exponent(link: Callable | str, k: int = 1, degree: int = 6) -> int | None:
    """Smallest degree j >= 1 with a Hermite term in the link, None if there is none up to ``degree``.

    Source: Ben Arous, Gheissari, Jagannath 2021 for k = 1. Taught in notebook 01.
    """
    weights = degree_weights(link, k, degree)
    tolerance = 1e-6 if k == 3 else 1e-9
    found = np.flatnonzero(weights[1:] > tolerance)
    return int(found[0]) + 1 if len(found) else None
