"""Where checks draw their data from: the same for everyone, or a student's own in a homework."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

_salt: ContextVar[tuple[int, ...]] = ContextVar("salt", default=())


@contextmanager
def drawn_for(words: str) -> Iterator[None]:
    """Let checks draw other data, inside of it: those that belong to some words.

    Parameters
    ----------
    words : str
        Such as a key and a student's id: the same words draw the same data, on every machine.
    """
    digest = hashlib.sha256(words.encode()).digest()
    before = _salt.set(tuple(np.frombuffer(digest, "<u4").tolist()))
    try:
        yield
    finally:
        _salt.reset(before)


def drawn(seed: int | None = 0) -> np.random.Generator:
    """A generator for the data of a check.

    Parameters
    ----------
    seed : int, optional
        Which of a check's data; None draws new ones each time, which no table holds.

    Returns
    -------
    Generator
        By the seed alone, or by the seed and the words of ``drawn_for``.
    """
    salt = _salt.get()
    return np.random.default_rng([seed or 0, *salt] if salt else seed)


def between(seed: int, *bounds: tuple[float, float]) -> list[float]:
    """Numbers between bounds, of three decimals, for a check that calls with plain numbers.

    Parameters
    ----------
    seed : int
        As in ``drawn``.
    *bounds : tuple of float
        The least and the most for each.

    Returns
    -------
    list of float
        One for each pair of bounds.
    """
    rng = drawn(seed)
    return [round(float(rng.uniform(*pair)), 3) for pair in bounds]
