"""A matrix in fewer or shorter numbers: of low rank, pruned, quantised."""

from __future__ import annotations

import numbers

import numpy as np
import scipy.linalg

from ..given import real_numbers
from ..machine import single_threaded_blas

STORAGES = ("float64", "float32", "float16", "int8")


@single_threaded_blas()
def low_rank(W: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Factors left (m, rank) and right (rank, d) whose product is the best approximation of W (m, d) of that rank.

    Each carries the square root of the singular values; left[:, :j] @ right[:j] is the best approximation of rank j.
    Raises ValueError for a rank outside 1 ... min(m, d). Source: Eckart and Young 1936. Taught in notebook 06.
    """
    rank = _count("rank", rank, min(W.shape), f"min(m, d) of a {W.shape[0]} x {W.shape[1]} matrix")
    U, s, Vt = scipy.linalg.svd(W, full_matrices=False)
    root = np.sqrt(s[:rank])
    return U[:, :rank] * root, root[:, None] * Vt[:rank]


@single_threaded_blas()
def truncation_errors(W: np.ndarray) -> np.ndarray:
    """||W - W_k||_F for k = 0 ... min(m, d): the least that a matrix of rank k can leave of W (m, d).

    Source: Eckart and Young 1936. Taught in notebook 06.
    """
    s = scipy.linalg.svd(W, compute_uv=False)
    return np.sqrt(np.r_[np.cumsum(s[::-1] ** 2)[::-1], 0.0])


def prune(W: np.ndarray, keep: int) -> np.ndarray:
    """W (m, d) with all but its ``keep`` largest entries, by absolute value, set to zero.

    Raises ValueError for keep outside 1 ... m d. Taught in notebook 06.
    """
    keep = _count(
        "keep", keep, W.size, f"the number of entries of a {W.shape[0]} x {W.shape[1]} matrix"
    )
    kept = np.argpartition(np.abs(W).ravel(), W.size - keep)[W.size - keep :]
    pruned = np.zeros_like(W)
    pruned.flat[kept] = W.flat[kept]
    return pruned


def quantise(A: np.ndarray, storage: str) -> tuple[np.ndarray, np.ndarray | None]:
    """(codes, scales): an array rounded to a shorter number type; codes * scales gives it back (codes, if scales is None).

    storage is 'float64', 'float32', 'float16' or 'int8'. Codes of int8 are A / scales rounded to -127 ... 127, with one
    float32 scale a row or a column, whichever are fewer (one for a vector): errors are at most half a scale. Rows too
    small for a scale become zeros, as entries do that are too small for float32 or float16, beside larger ones.
    Raises ValueError for an unknown type, for numbers that are not finite or too large for the type (for int8: for its
    scales), and for arrays that would become zero as a whole. Taught in notebook 06.
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


def _count(name: str, value, most: int, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or not 1 <= value <= most:
        raise ValueError(
            f"{name} = {value!r} is not possible: "
            f"it must be a whole number from 1 to {most}, {what}"
        )
    return int(value)
