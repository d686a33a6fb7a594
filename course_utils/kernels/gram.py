"""Kernel matrices, built in blocks of rows that stay in the cache, and refused before they fill the memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..given import samples
from ..machine import free_bytes, reserve

BLOCK = 64  # rows of a kernel built at a time: 64 x 4000 numbers are 2 MB and stay in the cache


Prepared = Sequence[
    np.ndarray
]  # what a kernel needs to know of some samples; first axis: the sample


def kernel_matrix(kernel: Callable, X: np.ndarray, Z: np.ndarray | None) -> np.ndarray:
    """Kernel between the rows of X (n, d) and of Z (p, d), or of X and itself: an array (n, p)."""
    X = samples(X)
    rows = prepared_rows(kernel, X)
    if Z is None:
        K = fill_upper(kernel, rows)
        mirror(K)
        return K
    Z = samples(Z)
    check_dimension(X, Z.shape[1])
    columns, K = prepared_rows(kernel, Z), empty_matrix(len(X), len(Z))
    for part in row_blocks(len(X)):
        K[part] = kernel_block(kernel, [array[part] for array in rows], columns)
    return K


def fill_upper(kernel: Callable, prepared: Prepared) -> np.ndarray:
    """Kernel matrix (n, n) whose upper triangle is filled, in blocks of rows."""
    n = len(prepared[0])
    K = empty_matrix(n, n)
    for rows in row_blocks(n):
        columns = slice(rows.start, n)
        K[rows, columns] = kernel_block(
            kernel, [part[rows] for part in prepared], [part[columns] for part in prepared]
        )
    return K


def mirror(K: np.ndarray) -> None:
    """Copy the upper triangle onto the lower one, in blocks that stay in the cache; ``mirror(K.T)``: lower onto upper."""
    for rows in row_blocks(len(K), 256):
        for columns in row_blocks(rows.start, 256):
            K[rows, columns] = K[columns, rows].T
        square = K[rows, rows]
        lower = np.tril_indices(len(square), -1)
        square[lower] = square.T[lower]


def prepared_rows(kernel: Callable, X: np.ndarray) -> Prepared:
    """What a kernel needs to know of the rows of X; X itself for a plain function."""
    return kernel.prepare(X) if hasattr(kernel, "prepare") else (X,)


def kernel_block(kernel: Callable, rows: Prepared, columns: Prepared) -> np.ndarray:
    """Kernel between two prepared sets of samples, an array (rows, columns)."""
    return kernel.block(rows, columns) if hasattr(kernel, "block") else kernel(rows[0], columns[0])


def row_blocks(n: int, size: int = BLOCK) -> Iterator[slice]:
    """Slices of ``size`` rows that cover n rows."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def check_dimension(X: np.ndarray, d: int) -> None:
    """ValueError unless rows have d entries."""
    if X.shape[1] != d:
        raise ValueError(
            f"samples have {X.shape[1]} columns where the others, or the network, have d = {d}"
        )


def empty_matrix(n: int, p: int) -> np.ndarray:
    """A matrix (n, p) still to be filled; MemoryError if there is no room for it."""
    reserve_matrix(n, p, "The kernel matrix")
    return np.empty((n, p))


def reserve_matrix(n: int, p: int, what: str) -> None:
    """MemoryError, in a sentence, unless n x p numbers have room."""
    most = math.isqrt(int(free_bytes() // 8))
    reserve(
        8 * n * p,
        f"{what}, {n:,} x {p:,} numbers,",
        f"use at most {most:,} samples, or predict the error at larger n with learning_curve",
    )
