"""Links g of multiple-index models: one record each.

To add one, add its record to LINKS; nothing else needs to know.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SQRT_2PI = math.sqrt(2 * math.pi)


@dataclass(frozen=True)
class Link:
    """A link g with what is known of it; called on projections Z (n, k), it returns (n,).

    Attributes
    ----------
    name : str
        What settings call it.
    formula : str
        As text.
    function : callable
        (n, k) -> (n,).
    k_range : tuple of int
        Fewest and most directions that it takes.
    default_k : int
        How many it is usually shown with.
    monotone : bool
        Whether it rises with its one variable.
    exponent : callable
        k -> information exponent; None for a constant.
    variance : callable
        k -> variance of g(z), z ~ N(0, I_k).
    meaning : str
        What it is there for, in words.
    products : callable, optional
        k -> the products of z_i that the link sums, each as the numbers of its directions from 1;
        left out where it is no sum of products of different z_i. E[g z_j prod z_i] over the others
        of a product is not zero: once they are found, the mean gradient points at u_j.
    """

    name: str
    formula: str
    function: Callable[[np.ndarray], np.ndarray]
    k_range: tuple[int, int]
    default_k: int
    monotone: bool
    exponent: Callable[[int], int | None]
    variance: Callable[[int], float]
    meaning: str
    products: Callable[[int], tuple[tuple[int, ...], ...]] | None = None

    def __call__(self, Z: np.ndarray) -> np.ndarray:
        """Values of the link.

        Parameters
        ----------
        Z : (n, k) ndarray
            Projections.

        Returns
        -------
        (n,) ndarray
            g(Z), row by row.
        """
        return self.function(Z)

    def __reduce_ex__(
        self, protocol
    ):  # functions without a name cannot be pickled, the registry's links by their names
        name = registered(self)
        return (_of_registry, (name,)) if name else super().__reduce_ex__(protocol)


def gaussian_grid(
    half_width: float = 12.0, panels: int = 96, nodes: int = 16
) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of a rule with sum w f(z) = E f(z), z ~ N(0, 1).

    Parameters
    ----------
    half_width : float
        The grid reaches from -half_width to half_width.
    panels : int
        How many panels, even; zero is a border between two of them, so that a kink there (ReLU)
        costs no accuracy.
    nodes : int
        Gauss-Legendre nodes a panel.

    Returns
    -------
    z : (panels * nodes,) ndarray
        Nodes.
    w : (panels * nodes,) ndarray
        Weights.
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


def _many(name, formula, f, default_k, exponent, variance, meaning, products=None) -> Link:
    return Link(name, formula, f, (1, 50), default_k, False, exponent, variance, meaning, products)


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
            lambda k: (tuple(range(1, k + 1)),),
        ),
        _many(
            "chain",
            "(z_1 + z_1 z_2 + z_2 z_3 + ...) / sqrt k",
            _chain,
            3,
            lambda k: 1,
            lambda k: 1.0,
            "each direction is found with the help of the one before",
            lambda k: ((1,), *((i, i + 1) for i in range(1, k))),
        ),
        _many(
            "staircase",
            "z_1 + z_1 z_2 + z_1 z_2 z_3 + ...",
            lambda Z: np.cumprod(Z, axis=1).sum(1),
            3,
            lambda k: 1,
            lambda k: float(k),
            "degrees rise with each new direction",
            lambda k: tuple(tuple(range(1, i + 1)) for i in range(1, k + 1)),
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
    """The number of directions that a link is usually shown with.

    Parameters
    ----------
    link : str or callable
        A name in LINKS, a link itself, or an own function.

    Returns
    -------
    int
        1 for an own function.
    """
    link = LINKS[link] if isinstance(link, str) else link
    return link.default_k if isinstance(link, Link) else 1


def check_k(link: str | Callable, k: int) -> None:
    """Refuse a number of directions that a link of the registry does not take.

    Parameters
    ----------
    link : str or callable
        A name in LINKS, or a link itself; own functions take any number.
    k : int
        Number of directions.

    Raises
    ------
    ValueError
        If the link does not take k; it names links that do.
    """
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
    """The name of a link that is the registry's own.

    Parameters
    ----------
    link : object
        Whatever serves as link.

    Returns
    -------
    str or None
        Its name; None if it is another thing.
    """
    return link.name if isinstance(link, Link) and LINKS.get(link.name) is link else None
