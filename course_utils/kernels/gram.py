"""Kernel matrices, built in blocks of rows that stay in the cache.

They are refused before they fill the memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..given import samples
from ..machine import free_bytes, reserve

BLOCK = 64  # rows of a kernel built at a time: 64 x 4000 numbers are 2 MB and stay in the cache

# What a kernel needs to know of some samples; first axis: the sample.
Prepared = Sequence[np.ndarray]


def kernel_matrix(kernel: Callable, X: np.ndarray, Z: np.ndarray | None) -> np.ndarray:
    """Kernel between the rows of X and of Z, or of X and itself.

    Parameters
    ----------
    kernel : callable
        (X, Z) -> (n, p); with ``prepare`` and ``block`` it is built from blocks of prepared
        rows.
    X : (n, d) ndarray
        Samples.
    Z : (p, d) ndarray or None
        Other samples; None for X.

    Returns
    -------
    (n, p) ndarray
        The kernel matrix.

    Raises
    ------
    ValueError
        If rows of X and Z differ in length.
    MemoryError
        If the matrix has no room.
    """
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
    """Kernel matrix whose upper triangle is filled, in blocks of rows.

    Parameters
    ----------
    kernel : callable
        As in ``kernel_matrix``.
    prepared : Prepared
        All n samples, from ``prepared_rows``.

    Returns
    -------
    (n, n) ndarray
        Below the diagonal blocks it holds nothing that counts.
    """
    n = len(prepared[0])
    K = empty_matrix(n, n)
    for rows in row_blocks(n):
        columns = slice(rows.start, n)
        K[rows, columns] = kernel_block(
            kernel, [part[rows] for part in prepared], [part[columns] for part in prepared]
        )
    return K


def mirror(K: np.ndarray) -> None:
    """Copy the upper triangle onto the lower one, in blocks that stay in the cache.

    Parameters
    ----------
    K : (n, n) ndarray
        Changed in place; ``mirror(K.T)`` copies lower onto upper.
    """
    for rows in row_blocks(len(K), 256):
        for columns in row_blocks(rows.start, 256):
            K[rows, columns] = K[columns, rows].T
        square = K[rows, rows]
        lower = np.tril_indices(len(square), -1)
        square[lower] = square.T[lower]


def prepared_rows(kernel: Callable, X: np.ndarray) -> Prepared:
    """What a kernel needs to know of the rows of X.

    Parameters
    ----------
    kernel : callable
        As in ``kernel_matrix``.
    X : (n, d) ndarray
        Samples.

    Returns
    -------
    Prepared
        What ``kernel.prepare`` gives; X itself for a plain function.
    """
    return kernel.prepare(X) if hasattr(kernel, "prepare") else (X,)


def kernel_block(kernel: Callable, rows: Prepared, columns: Prepared) -> np.ndarray:
    """Kernel between two prepared sets of samples.

    Parameters
    ----------
    kernel : callable
        As in ``kernel_matrix``.
    rows : Prepared
        From ``prepared_rows``, or a part of it.
    columns : Prepared
        In the same way.

    Returns
    -------
    (rows, columns) ndarray
        A block of the kernel matrix.
    """
    return kernel.block(rows, columns) if hasattr(kernel, "block") else kernel(rows[0], columns[0])


def row_blocks(n: int, size: int = BLOCK) -> Iterator[slice]:
    """Slices that cover n rows.

    Parameters
    ----------
    n : int
        How many rows there are.
    size : int
        How many a slice takes.

    Returns
    -------
    iterator of slice
        The slices, in order.
    """
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def check_dimension(X: np.ndarray, d: int) -> None:
    """Refuse samples whose rows have another length than d.

    Parameters
    ----------
    X : (n, columns) ndarray
        Samples.
    d : int
        How many columns there must be.

    Raises
    ------
    ValueError
        If there are more or fewer.
    """
    if X.shape[1] != d:
        raise ValueError(
            f"samples have {X.shape[1]} columns where the others, or the network, have d = {d}"
        )


def empty_matrix(n: int, p: int) -> np.ndarray:
    """A kernel matrix still to be filled.

    Parameters
    ----------
    n : int
        How many rows it has.
    p : int
        How many columns.

    Returns
    -------
    (n, p) ndarray
        Its entries are arbitrary.

    Raises
    ------
    MemoryError
        If there is no room for it.
    """
    reserve_matrix(n, p, "The kernel matrix")
    return np.empty((n, p))


def reserve_matrix(n: int, p: int, what: str) -> None:
    """Refuse a matrix that the free memory cannot hold.

    Parameters
    ----------
    n : int
        How many rows it has.
    p : int
        How many columns.
    what : str
        What the sentence calls it.

    Raises
    ------
    MemoryError
        If n x p numbers have no room; it says how many samples have.
    """
    most = math.isqrt(int(free_bytes() // 8))
    reserve(
        8 * n * p,
        f"{what}, {n:,} x {p:,} numbers,",
        f"use at most {most:,} samples, or predict the error at larger n with learning_curve",
    )
