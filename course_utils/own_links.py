"""Links of your own: whether they are functions of each row by itself, and their checked values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .given import real_numbers
from .inputs import gaussian


def check_own_link(link: Callable, k: int) -> None:
    """Try an own link on Gaussian rows.

    Parameters
    ----------
    link : callable
        (n, k) -> (n,).
    k : int
        Number of directions.

    Raises
    ------
    ValueError
        Saying what a link must do and what this one did.

    Notes
    -----
    Its values must be functions of their rows alone: whole, parts, single rows, another order and
    once more agree.
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
    """Values of an own link.

    Parameters
    ----------
    link : callable
        (n, k) -> (n,).
    Z : (n, k) ndarray
        Projections, of which the link gets a copy.

    Returns
    -------
    (n,) ndarray
        Finite numbers of float64.

    Raises
    ------
    ValueError
        If the link fails, or returns another shape or what are no finite numbers.
    """
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
    """ValueError if two answers differ by more than rounding.

    Single precision and sums in another order are allowed for.
    """
    apart = np.abs(first - second).max()
    if apart > tolerance * np.abs(first).max():
        name = getattr(link, "__name__", type(link).__name__)
        raise ValueError(
            f"your link {name!r} is not a function of its row: its values differ by {apart:.2g} "
            f"when {when} Each value must depend on one row of Z alone, so that labels do not "
            "depend on how samples are drawn."
        )
