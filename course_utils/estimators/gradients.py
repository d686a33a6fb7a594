"""The estimator that looks where a kernel fit varies."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from .moments import enough

# A kernel fit to more samples uses so many of them as centres, enough for d up to about 30.
CENTRES = 500


def kernel_fit(X: np.ndarray, y: np.ndarray, ridge: float = 0.01) -> tuple[np.ndarray, np.ndarray]:
    """Ridge regression with the kernel exp(-|x - x'|^2 / 2d), for y minus its mean.

    Parameters
    ----------
    X : (n, d) ndarray
        Inputs, 2 or more.
    y : (n,) ndarray
        Labels.
    ridge : float
        Added to the diagonal of the kernel matrix.

    Returns
    -------
    centres : (c, d) ndarray
        All samples, or the first 500 of them (then the fit is the best one within their span).
    weights : (c,) ndarray
        One for each centre.

    Raises
    ------
    ValueError
        For what are no samples, or too few.
    """
    X, y = enough(X, y)
    centres = X[:CENTRES]
    K, target = gaussian_kernel(X, centres), y - y.mean()
    if len(centres) == len(X):
        return centres, scipy.linalg.solve(K + ridge * np.eye(len(X)), target, assume_a="pos")
    normal = K.T @ K + ridge * K[: len(centres)] + 1e-9 * len(X) * np.eye(len(centres))
    return centres, scipy.linalg.solve(normal, K.T @ target, assume_a="pos")


def gaussian_kernel(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Kernel exp(-|a - b|^2 / 2d) between rows.

    Parameters
    ----------
    A : (n, d) ndarray
        Rows a.
    B : (c, d) ndarray
        Rows b.

    Returns
    -------
    (n, c) ndarray
        The kernel matrix.
    """
    squares = (A * A).sum(1)[:, None] + (B * B).sum(1) - 2 * A @ B.T
    return np.exp(-np.maximum(squares, 0) / (2 * A.shape[1]))


def kernel_gradients(X: np.ndarray, centres: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Gradients of a kernel fit x -> sum_c weights_c k(x, c).

    Parameters
    ----------
    X : (n, d) ndarray
        Where they are taken.
    centres : (c, d) ndarray
        From ``kernel_fit``.
    weights : (c,) ndarray
        From ``kernel_fit``.

    Returns
    -------
    (n, d) ndarray
        One gradient a row.
    """
    K = gaussian_kernel(X, centres) * weights
    return (K @ centres - K.sum(1)[:, None] * X) / X.shape[1]


def gradient_outer_product(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvectors of the mean of grad f grad f^T, f a kernel fit.

    Parameters
    ----------
    X : (n, d) ndarray
        Inputs, 2 or more.
    y : (n,) ndarray
        Labels.

    Returns
    -------
    values : (d,) ndarray
        Eigenvalues, largest first.
    directions : (d, d) ndarray
        Unit rows: all directions in which the fit varies.

    Raises
    ------
    ValueError
        For what are no samples, or too few.

    Notes
    -----
    Source: Trivedi, Wang, Kpotufe, Shakhnarovich 2014. Taught in notebook 01.
    """
    X, y = enough(X, y)
    # More gradients would not change their mean product.
    G = kernel_gradients(X[: 4 * CENTRES], *kernel_fit(X, y))
    values, vectors = np.linalg.eigh(G.T @ G / len(G))
    return values[::-1], vectors[:, ::-1].T
