"""Links g of multiple-index models: one record each. To add one, add its record to LINKS; nothing else needs to know."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .given import real_numbers
from .inputs import gaussian

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

    def __reduce_ex__(
        self, protocol
    ):  # functions without a name cannot be pickled, the registry's links by their names
        name = registered(self)
        return (_of_registry, (name,)) if name else super().__reduce_ex__(protocol)


def gaussian_grid(
    half_width: float = 12.0, panels: int = 96, nodes: int = 16
) -> tuple[np.ndarray, np.ndarray]:
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
    return Link(
        name,
        formula,
        lambda Z: f(Z[:, 0]),
        (1, 1),
        1,
        monotone,
        lambda k: exponent,
        lambda k: variance,
        meaning,
    )


def _many(name, formula, f, default_k, exponent, variance, meaning, low=1) -> Link:
    return Link(name, formula, f, (low, 50), default_k, False, exponent, variance, meaning)


_TANH_VARIANCE = _expect(lambda z: np.tanh(2 * z) ** 2)
_RELU_VARIANCE = 0.5 - 1 / (2 * math.pi)
_root_k = lambda Z: math.sqrt(Z.shape[1])  # noqa: E731

LINKS: dict[str, Link] = {
    link.name: link
    for link in (
        _one("linear", "z", lambda z: z.copy(), True, 1, 1.0, "what any linear fit can learn"),
        _one(
            "tanh",
            "tanh(2z)",
            lambda z: np.tanh(2 * z),
            True,
            1,
            _TANH_VARIANCE,
            "bounded, monotone: the paper's Figure 1",
        ),
        _one(
            "relu",
            "max(z, 0)",
            lambda z: np.maximum(z, 0),
            True,
            1,
            _RELU_VARIANCE,
            "one neuron is enough",
        ),
        _one(
            "cubic",
            "z^3 / sqrt 15",
            lambda z: z**3 / math.sqrt(15),
            True,
            1,
            1.0,
            "monotone polynomial of degree 3",
        ),
        _one(
            "quintic",
            "z^5 / sqrt 945",
            lambda z: z**5 / math.sqrt(945),
            True,
            1,
            1.0,
            "monotone polynomial of degree 5",
        ),
        _one(
            "he2",
            "(z^2 - 1) / sqrt 2",
            lambda z: (z * z - 1) / math.sqrt(2),
            False,
            2,
            1.0,
            "even: no linear signal at all",
        ),
        _one(
            "he3",
            "(z^3 - 3z) / sqrt 6",
            lambda z: (z**3 - 3 * z) / math.sqrt(6),
            False,
            3,
            1.0,
            "odd, without linear part",
        ),
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
        _many(
            "product",
            "z_1 z_2 ... z_k",
            lambda Z: Z.prod(1),
            2,
            lambda k: k,
            lambda k: 1.0,
            "parity-like, of degree k",
        ),
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
        _many(
            "norm",
            "|z|",
            lambda Z: np.sqrt((Z * Z).sum(1)),
            3,
            lambda k: 2,
            _norm_variance,
            "radial in the subspace",
        ),
        _many(
            "max",
            "max(z_1, ..., z_k)",
            lambda Z: Z.max(1),
            3,
            lambda k: 1,
            _max_variance,
            "the largest of k projections",
        ),
        _many(
            "none",
            "0",
            lambda Z: np.zeros(len(Z)),
            1,
            lambda k: None,
            lambda k: 0.0,
            "pure-noise labels: nothing to learn",
        ),
    )
}


def _of_registry(name: str) -> Link:
    return LINKS[name]


def default_k(link: str | Callable) -> int:
    """The number of directions that a link is usually shown with (1 for an own function)."""
    link = LINKS[link] if isinstance(link, str) else link
    return link.default_k if isinstance(link, Link) else 1


def check_own_link(link: Callable, k: int):
    """Try an own link on Gaussian rows; ValueError says what a link must do and what this one did.

    Its values must be functions of their rows alone: whole, parts, single rows, another order and once more agree.
    """
    Z = gaussian(600, k, np.random.default_rng(0))
    own_values(link, Z[:16])
    whole = own_values(link, Z)
    _same(
        link,
        whole,
        own_values(link, Z),
        1e-9,
        "called twice with the same rows: does it draw random numbers?",
    )
    for cuts in ([250], [1, 3, 16]):
        parts = np.concatenate([own_values(link, part) for part in np.split(Z, cuts)])
        _same(
            link,
            whole,
            parts,
            1e-6,
            "called with the same rows in parts: does it use a mean, a maximum or a rank of all?",
        )
    order = np.random.default_rng(1).permutation(len(Z))
    _same(
        link,
        whole[order],
        own_values(link, Z[order]),
        1e-6,
        "called with the same rows in another order.",
    )


def own_values(link: Callable, Z: np.ndarray) -> np.ndarray:
    """Values (n,) of an own link at projections Z (n, k), of which it gets a copy; ValueError if it fails or they are none."""
    name = getattr(link, "__name__", type(link).__name__)
    try:
        raw = link(Z.copy())
        values = (
            real_numbers(raw, "its result", finite=False) if np.shape(raw) == (len(Z),) else None
        )
    except Exception as problem:  # a student's function may fail in any way
        raise ValueError(
            f"your link {name!r} failed on an array of shape {Z.shape}: {type(problem).__name__}: "
            f"{problem}. A link takes projections Z of shape (n, k) and returns n numbers, "
            "e.g. lambda Z: Z[:, 0] ** 2."
        ) from problem
    if values is None:
        raise ValueError(
            f"your link {name!r} returned shape {np.shape(raw)} for Z of shape {Z.shape}; it must "
            f"return shape ({len(Z)},), one number a row. Index columns as Z[:, 0]."
        )
    if not np.isfinite(values).all():
        raise ValueError(
            f"your link {name!r} returned a value that is not finite; "
            "it must be finite for every real Z"
        )
    return values


def _same(
    link: Callable, first: np.ndarray, second: np.ndarray, tolerance: float, when: str
) -> None:
    """ValueError if two answers differ by more than rounding; single precision and sums in another order are allowed for."""
    apart = np.abs(first - second).max()
    if apart > tolerance * np.abs(first).max():
        name = getattr(link, "__name__", type(link).__name__)
        raise ValueError(
            f"your link {name!r} is not a function of its row: its values differ by {apart:.2g} "
            f"when {when} Each value must depend on one row of Z alone, so that labels do not "
            "depend on how samples are drawn."
        )


def check_k(link: str | Callable, k: int) -> None:
    """ValueError if a link of the registry, by name or itself, does not take k directions; own functions take any."""
    known = LINKS.get(link) if isinstance(link, str) else link
    if not isinstance(known, Link):
        return
    low, high = known.k_range
    if not low <= k <= high:
        allowed = f"k = {low}" if low == high else f"{low} <= k <= {high}"
        many = [name for name, other in LINKS.items() if other.k_range[0] <= k <= other.k_range[1]]
        raise ValueError(
            f"k = {k} does not fit the link {known.name!r}, which allows {allowed}. "
            f"Links for k = {k}: {', '.join(many)}."
        )


def registered(link) -> str | None:
    """The name of a link that is the registry's own, else None."""
    return link.name if isinstance(link, Link) and LINKS.get(link.name) is link else None
