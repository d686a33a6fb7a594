"""Estimators that average over the samples: linear, PHD, SIR and SAVE."""

from __future__ import annotations

import numbers

import numpy as np
import scipy.linalg

from .. import given

SLICES = 10  # groups of equal size into which SIR and SAVE cut the sorted labels


def linear(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The slope of the least-squares fit: one direction, whatever k is.

    Parameters
    ----------
    X : (n, d) ndarray
        Inputs, 2 or more.
    y : (n,) ndarray
        Labels.

    Returns
    -------
    values : (1,) ndarray
        Length of the slope.
    directions : (1, d) ndarray
        Its direction.

    Raises
    ------
    ValueError
        For what are no samples, or too few.

    Notes
    -----
    Its population is E[y x] = U^T E[grad g].
    """
    X, y = enough(X, y)
    A = np.column_stack([np.ones(len(X)), X])
    slope = np.linalg.lstsq(A, y, rcond=None)[0][1:]
    size = np.linalg.norm(slope)
    return np.array([size]), slope[None] / (size or 1.0)


def phd(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Principal Hessian directions: eigenvectors of E[(y - E y) x x^T].

    Parameters
    ----------
    X : (n, d) ndarray
        Inputs, d + 2 or more.
    y : (n,) ndarray
        Labels.

    Returns
    -------
    values : (d,) ndarray
        Sizes of the eigenvalues, largest first.
    directions : (d, d) ndarray
        Unit rows.

    Raises
    ------
    ValueError
        For what are no samples, too few, or samples with a column that is constant or a
        combination of others.

    See Also
    --------
    statsmodels.regression.dimred.PHD : Finds the same.

    Notes
    -----
    Their population is that of U^T E[hessian g] U. Source: Li 1992.
    """
    X, y = _centred(X, y)
    return _directions((X * (y - y.mean())[:, None]).T @ X / len(y), np.atleast_2d(np.cov(X.T)))


def sir(X: np.ndarray, y: np.ndarray, slices: int = SLICES) -> tuple[np.ndarray, np.ndarray]:
    """Sliced inverse regression: eigenvectors of the covariance of E[x | y].

    Parameters
    ----------
    X : (n, d) ndarray
        Inputs, d + 2 or more.
    y : (n,) ndarray
        Labels.
    slices : int
        2 or more; of n samples at most n / 2 are made.

    Returns
    -------
    values : (d,) ndarray
        Sizes of the eigenvalues, largest first.
    directions : (d, d) ndarray
        Unit rows.

    Raises
    ------
    ValueError
        As ``phd``, and for fewer than 2 slices.

    See Also
    --------
    statsmodels.regression.dimred.SIR : Finds the same where no two labels are equal; here equal
        labels stay in one slice.

    Notes
    -----
    Source: Li 1991.
    """
    X, y = _centred(X, y)
    between = sum(len(part) * np.outer(part.mean(0), part.mean(0)) for part in sliced(X, y, slices))
    return _directions(between / len(X), X.T @ X / len(X))


def save(X: np.ndarray, y: np.ndarray, slices: int = SLICES) -> tuple[np.ndarray, np.ndarray]:
    """Sliced average variance estimation: eigenvectors of E[(I - Cov(x | y))^2].

    Parameters
    ----------
    X : (n, d) ndarray
        Inputs, d + 2 or more.
    y : (n,) ndarray
        Labels.
    slices : int
        As in ``sir``.

    Returns
    -------
    values : (d,) ndarray
        Sizes of the eigenvalues, largest first.
    directions : (d, d) ndarray
        Unit rows.

    Raises
    ------
    ValueError
        As ``sir``.

    Notes
    -----
    A label that only one sample has tells no covariance and is left out. Source: Cook and Weisberg
    1991.
    """
    X, y = _centred(X, y)
    S, total = X.T @ X / len(X), 0.0
    factor = scipy.linalg.cho_factor(S)
    for part in sliced(X, y, slices):
        if len(part) > 1:
            rest = S - np.cov(part.T)  # (S - C) S^-1 (S - C): the square, once x is white
            total += len(part) / len(X) * rest @ scipy.linalg.cho_solve(factor, rest)
    return _directions(total, S)


def sliced(X: np.ndarray, y: np.ndarray, slices: int = SLICES) -> list[np.ndarray]:
    """The rows of X in groups of about equal size by the order of their labels.

    Parameters
    ----------
    X : (n, d) ndarray
        Inputs.
    y : (n,) ndarray
        Labels; equal ones stay together.
    slices : int
        How many groups, 2 or more.

    Returns
    -------
    list of ndarray
        The rows of each group.

    Raises
    ------
    ValueError
        Unless ``slices`` is a whole number, 2 or more.

    Notes
    -----
    The middle of the ranks of a label decides where it goes, so that neither the order of the rows
    nor the sign of y matters.
    """
    if isinstance(slices, bool) or not isinstance(slices, numbers.Integral) or slices < 2:
        raise ValueError(
            f"slices = {slices!r} is not possible: "
            f"the labels are cut into 2 slices or more, such as {SLICES}"
        )
    values, place, count = np.unique(y, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - count / 2
    ends = np.cumsum([len(part) for part in np.array_split(y, min(slices, len(y) // 2))])
    found = np.searchsorted(ends, middle)[place]
    return [X[found == group] for group in np.unique(found)]


def enough(X, y, least: int | None = 2) -> tuple[np.ndarray, np.ndarray]:
    """Samples as arrays, refused if there are too few.

    Parameters
    ----------
    X : (n, d) array_like
        Inputs.
    y : (n,) array_like
        Labels.
    least : int or None
        How many there must be; None for d + 2.

    Returns
    -------
    X : (n, d) ndarray
        Inputs.
    y : (n,) ndarray
        Labels.

    Raises
    ------
    ValueError
        If they are no samples, or too few.
    """
    X = given.samples(X)
    y = given.labels(y, len(X))
    n = least or X.shape[1] + 2
    if len(X) < n:
        raise ValueError(
            f"{len(X)} sample{'s' * (len(X) > 1)} in {X.shape[1]} dimensions are too few: "
            f"take at least {n}"
        )
    return X, y


def _centred(X, y) -> tuple[np.ndarray, np.ndarray]:
    """The same with columns of mean 0 and a covariance that can be inverted.

    That is, more samples than dimensions, no column that is constant or a combination of others.
    """
    X, y = enough(X, y, None)
    size = np.abs(X).max(axis=0)
    X = X - X.mean(axis=0)
    spread = X.std(axis=0)
    if (spread <= 1e-12 * size).any():
        raise ValueError(
            f"column {np.argmax(spread <= 1e-12 * size)} of X is constant and tells nothing: "
            "leave it out"
        )
    if np.linalg.matrix_rank(X / spread, tol=1e-8 * np.sqrt(X.size)) < X.shape[1]:
        raise ValueError(
            "a column of X is a combination of others, "
            "so that no direction is the only one: leave it out"
        )
    return X, y


def _directions(A: np.ndarray, S: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(|values|, unit rows) of the solutions of A v = value S v, largest |value| first.

    For white inputs they are eigenvectors of A.
    """
    values, vectors = scipy.linalg.eigh(A, S)
    order = np.argsort(-np.abs(values))
    return np.abs(values[order]), vectors.T[order] / np.linalg.norm(vectors, axis=0)[order, None]
