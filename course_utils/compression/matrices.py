"""A matrix in fewer or shorter numbers: of low rank, pruned, quantised."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from ..given import real_numbers, whole
from ..machine import single_threaded_blas

STORAGES = ("float64", "float32", "float16", "int8")


@single_threaded_blas()
def low_rank(W: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Factors of the best approximation of a matrix that has a given rank.

    Parameters
    ----------
    W : (m, d) ndarray
        Such as the first layer of a network.
    rank : int
        k, from 1 to min(m, d).

    Returns
    -------
    left : (m, k) ndarray
        Left singular vectors, each times the square root of its singular value.
    right : (k, d) ndarray
        Right singular vectors, in the same way; left @ right is the approximation, and left[:,
        :j] @ right[:j] the best one of rank j.

    Raises
    ------
    ValueError
        For a rank outside 1 ... min(m, d).
    TypeError
        For a rank that is no whole number.

    Notes
    -----
    Source: Eckart and Young 1936. Taught in notebook 06.
    """
    m, d = W.shape
    rank = whole("rank", rank, 1, min(m, d), exact=True, what=f", min(m, d) of a {m} x {d} matrix")
    U, s, Vt = scipy.linalg.svd(W, full_matrices=False)
    root = np.sqrt(s[:rank])
    return U[:, :rank] * root, root[:, None] * Vt[:rank]


@single_threaded_blas()
def truncation_errors(W: np.ndarray) -> np.ndarray:
    """What the best approximation of each rank leaves of a matrix, ||W - W_k||_F.

    Parameters
    ----------
    W : (m, d) ndarray
        Such as the first layer of a network.

    Returns
    -------
    (min(m, d) + 1,) ndarray
        The errors for k = 0 ... min(m, d): no matrix of rank k leaves less.

    Notes
    -----
    Source: Eckart and Young 1936. Taught in notebook 06.
    """
    s = scipy.linalg.svd(W, compute_uv=False)
    return np.sqrt(np.r_[np.cumsum(s[::-1] ** 2)[::-1], 0.0])


def prune(W: np.ndarray, keep: int) -> np.ndarray:
    """A copy of a matrix with all but its largest entries set to zero.

    Parameters
    ----------
    W : (m, d) ndarray
        Such as the first layer of a network.
    keep : int
        How many entries stay, the largest by absolute value; from 1 to m d.

    Returns
    -------
    (m, d) ndarray
        The pruned matrix.

    Raises
    ------
    ValueError
        For ``keep`` outside 1 ... m d.
    TypeError
        For one that is no whole number.

    Notes
    -----
    Taught in notebook 06.
    """
    m, d = W.shape
    entries = f", the number of entries of a {m} x {d} matrix"
    keep = whole("keep", keep, 1, W.size, exact=True, what=entries)
    kept = np.argpartition(np.abs(W).ravel(), W.size - keep)[W.size - keep :]
    pruned = np.zeros_like(W)
    pruned.flat[kept] = W.flat[kept]
    return pruned


def quantise(A: np.ndarray, storage: str) -> tuple[np.ndarray, np.ndarray | None]:
    """An array rounded to a shorter number type, with the scales that give it back.

    Parameters
    ----------
    A : ndarray
        Any shape; for 'int8' a vector or a matrix.
    storage : str
        'float64', 'float32', 'float16' or 'int8'.

    Returns
    -------
    codes : ndarray
        The array in its new type, of the shape of A. For 'int8' A / scales rounded to -127 ...
        127.
    scales : ndarray or None
        For 'int8' one float32 scale a row or a column, whichever are fewer (one for a vector),
        so that codes * scales is off by at most half a scale. None for the other types, whose
        codes stand for themselves.

    Raises
    ------
    ValueError
        For an unknown type, for numbers that are not finite or too large for the type (for
        int8: for its scales), and for arrays that would become zero as a whole.

    Notes
    -----
    Rows too small for a scale become zeros, as entries do that are too small for float32 or
    float16, beside larger ones. Taught in notebook 06.
    """
    A = real_numbers(A, "the array")
    if storage not in STORAGES:
        raise ValueError(
            f"storage = {storage!r} is unknown: it must be one of {', '.join(STORAGES)}"
        )
    if storage == "int8" and (A.ndim not in (1, 2) or A.size == 0):
        raise ValueError(
            "int8 needs a vector or a matrix, with a scale for each row or column, "
            f"got the shape {A.shape}"
        )
    short = np.finfo("float32" if storage == "int8" else storage)
    largest = np.abs(A).max(initial=0) / (127 if storage == "int8" else 1)
    what = f"{storage} with float32 scales" if storage == "int8" else storage
    advice = "take a longer type, or numbers in another unit"
    if largest > short.max:
        raise ValueError(f"{what} holds no number as large as {np.abs(A).max():.3g}: {advice}")
    if 0 < largest < (short.tiny if storage == "int8" else short.smallest_subnormal):
        raise ValueError(
            f"{what} holds no number as small as {np.abs(A).max():.3g}, the largest here: {advice}"
        )
    if storage != "int8":
        return A.astype(storage), None
    along = None if A.ndim == 1 else 1 if A.shape[0] <= A.shape[1] else 0
    scales = (np.abs(A).max(axis=along, keepdims=True) / 127).astype(np.float32)
    scales[scales == 0] = 1  # rows of zeros
    scales = np.maximum(scales, short.tiny)  # below, float32 has few digits left
    return np.clip(np.rint(A / scales), -127, 127).astype(np.int8), scales
