"""Where hidden directions come from: one place, one entry of DIRECTIONS a kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .texts import Parameter, example, name_with_numbers, shortest


def random_directions(k: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """Orthonormal rows in R^d, uniform over all such matrices.

    Parameters
    ----------
    k : int
        How many rows.
    d : int
        Their dimension, k or more.
    rng : Generator
        Where they are drawn from.

    Returns
    -------
    (k, d) ndarray
        The rows u_i; no direction and no sign is preferred.

    Notes
    -----
    A Gaussian matrix keeps its law when space is rotated. QR alone would pass on a sign convention
    of its algorithm (the first entry of u_1 is then always negative); with a positive diagonal of R
    the factorisation is unique, and Q uniform.

    Source: Mezzadri 2007, How to generate random matrices from the classical compact groups. Taught
    in notebook 01.
    """
    Q, R = np.linalg.qr(rng.standard_normal((d, k)))
    return np.ascontiguousarray((Q * np.sign(np.diag(R))).T)


def sparse_directions(k: int, d: int, entries: int) -> np.ndarray:
    """Orthonormal rows of few entries: u_1 on the first coordinates, u_2 on the next, and so on.

    Parameters
    ----------
    k : int
        How many rows.
    d : int
        Their dimension, k * entries or more.
    entries : int
        How many entries of a row are not zero, each half of the one before: .894, .447 for two.

    Returns
    -------
    (k, d) ndarray
        The rows u_i.

    Raises
    ------
    ValueError
        If they do not fit.

    Notes
    -----
    Equal entries would hide what sparse directions are for: when x has independent coordinates of
    one law, E[f(<u, x>) x] points along such a u by symmetry. Taught in notebook 07.
    """
    _check_room(k, d, entries)
    row = 0.5 ** np.arange(entries)
    U = np.zeros((k, d))
    for i in range(k):
        U[i, i * entries : (i + 1) * entries] = row / np.sqrt(row @ row)
    return U


DIRECTIONS: dict[str, tuple[tuple[Parameter, ...], Callable]] = {
    "random": ((), random_directions),
    "axis": ((), lambda k, d, rng: sparse_directions(k, d, 1)),
    "sparse": (
        (Parameter("K", 1, 1000, 2, whole=True),),
        lambda k, d, rng, entries: sparse_directions(k, d, entries),
    ),
}
"""Name -> parameters of its text, and (k, d, rng, *values) -> directions (k, d)."""


def direction_examples() -> list[str]:
    """One text of each kind of directions.

    Returns
    -------
    list of str
        Such as 'sparse:2'.
    """
    return [example(name, parameters) for name, (parameters, _) in DIRECTIONS.items()]


def check_directions(kind: str, k: int, d: int) -> str:
    """Refuse a kind of directions that cannot be, or that does not fit.

    Parameters
    ----------
    kind : str
        'random', 'axis' (u_i = e_i), or 'sparse:K' (K entries, as in ``sparse_directions``).
    k : int
        Number of directions.
    d : int
        Input dimension.

    Returns
    -------
    str
        The kind, as short as it can be written.

    Raises
    ------
    ValueError
        In one sentence: what is wrong, and what to try.
    TypeError
        If it is no text.
    """
    name, values = _read(kind)
    if name == "sparse":
        _check_room(k, d, *values)
    return ":".join([name, *map(shortest, values)])


def room_of(kind: str, k: int) -> int:
    """The fewest dimensions that directions of a kind need.

    Parameters
    ----------
    kind : str
        As in ``check_directions``.
    k : int
        Number of directions.

    Returns
    -------
    int
        k, or more for sparse ones.
    """
    name, values = _read(kind)
    return k * values[0] if name == "sparse" else k


def draw_directions(kind: str, k: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """Hidden directions of a kind.

    Parameters
    ----------
    kind : str
        As in ``check_directions``.
    k : int
        Number of directions.
    d : int
        Input dimension.
    rng : Generator
        Where random ones are drawn from.

    Returns
    -------
    (k, d) ndarray
        Orthonormal rows u_i.
    """
    name, values = _read(kind)
    return DIRECTIONS[name][1](k, d, rng, *values)


def _read(kind: str) -> tuple[str, tuple]:
    known = {name: parameters for name, (parameters, _) in DIRECTIONS.items()}
    return name_with_numbers("directions", kind, known)


def _check_room(k: int, d: int, entries: int) -> None:
    if k * entries > d:
        raise ValueError(
            f"directions = 'sparse:{entries}' do not fit: {k} rows of {entries} entries need d of "
            f"{k * entries} or more, and d is {d}; lower K or k, or raise d"
        )
