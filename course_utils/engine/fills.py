"""Normal numbers written into arrays by compiled loops: those behind inputs of every law."""

from __future__ import annotations

from ..compiled import compiled
from ..inputs import gaussian


def _fill_normal_numpy(rng, X):
    X[:] = gaussian(*X.shape, rng)


def _fill_reduced_numpy(rng, X, Z, outside, known):
    k = Z.shape[1]
    X[:, :k], X[:, k:] = Z, 0.0
    for p in range(len(X)):
        X[p, k : known + p] = rng.standard_normal(known + p - k)
        X[p, known + p] = outside[p]


@compiled(fast=True, otherwise=_fill_normal_numpy)
def fill_normal(rng, X) -> None:
    """``inputs.gaussian`` written into an array: the same draws, three times faster.

    Parameters
    ----------
    rng : Generator
        Where they are drawn from.
    X : (n, d) ndarray
        C-contiguous; filled in place.
    """
    flat = X.reshape(-1)
    for i in range(flat.size):
        flat[i] = rng.standard_normal()


@compiled(fast=True, otherwise=_fill_reduced_numpy)
def fill_reduced(rng, X, Z, outside, known) -> None:
    """Inputs in reduced coordinates, written into an array.

    Row p is Z[p], then N(0, 1) up to column known + p, there outside[p], then zeros.

    Parameters
    ----------
    rng : Generator
        Where the normal numbers are drawn from.
    X : (n, columns) ndarray
        Filled in place.
    Z : (n, k) ndarray
        Projections on the hidden directions.
    outside : (n,) ndarray
        Lengths of the parts outside the span so far.
    known : int
        Columns of the span before the first of these rows.
    """
    k = Z.shape[1]
    for p in range(X.shape[0]):
        new = known + p
        for i in range(k):
            X[p, i] = Z[p, i]
        for i in range(k, new):
            X[p, i] = rng.standard_normal()
        X[p, new] = outside[p]
        for i in range(new + 1, X.shape[1]):
            X[p, i] = 0.0
