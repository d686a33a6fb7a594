"""Kernel ridge regression, factored in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from ..given import real_numbers, samples
from .gram import (
    Prepared,
    check_dimension,
    fill_upper,
    kernel_block,
    mirror,
    prepared_rows,
    row_blocks,
)

# The kernels have a diagonal of order 1: from interpolation to a constant.
RIDGES = np.geomspace(1e-3, 1e3, 13)


@dataclass(frozen=True, eq=False)
class KernelRidge:
    """Fitted kernel ridge regression.

    Attributes
    ----------
    kernel : callable
        The kernel that was fitted with.
    ridge : float or ndarray
        A number; (ridges,) of a path; or what validation chose for each target.
    coefficients : ndarray
        (n,), (n, targets), (n, ridges) or (n, ridges, targets).
    prepared : Prepared
        What the kernel needs to know of the n samples.
    validation_error : ndarray or None
        (ridges,) or (ridges, targets) mean squared errors from which the ridge was chosen, if
        it was.

    Notes
    -----
    Made by ``kernel_ridge`` and ``validated_kernel_ridge``.
    """

    kernel: Callable = field(repr=False)
    ridge: float | np.ndarray
    coefficients: np.ndarray = field(repr=False)
    prepared: Prepared = field(repr=False)
    validation_error: np.ndarray | None = field(default=None, repr=False)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Predictions for new samples, from a block of kernel rows at a time.

        Parameters
        ----------
        X : (p, d) ndarray
            Samples.

        Returns
        -------
        ndarray
            Predictions, shaped as the coefficients with p for n.
        """
        X = samples(X)
        check_dimension(X, self.prepared[0].shape[1])
        n, *rest = self.coefficients.shape
        coefficients, prepared = self.coefficients.reshape(n, -1), prepared_rows(self.kernel, X)
        out = np.empty((len(X), coefficients.shape[1]))
        for rows in row_blocks(len(X)):
            out[rows] = (
                kernel_block(self.kernel, [part[rows] for part in prepared], self.prepared)
                @ coefficients
            )
        return out.reshape(len(X), *rest)


def kernel_ridge(
    kernel: Callable, X: np.ndarray, y: np.ndarray, ridge: float | np.ndarray
) -> KernelRidge:
    """Solve (K + ridge I) c = y for all ridges and targets, with one kernel matrix built once.

    Parameters
    ----------
    kernel : callable
        From ``ntk_kernel``, ``empirical_ntk``, ``torch_ntk``, or any positive definite function
        (X, Z) -> (n, p).
    X : (n, d) ndarray
        Samples.
    y : (n,) or (n, targets) ndarray
        Labels.
    ridge : float or (ridges,) ndarray
        A number, or several for a path; not multiplied by n.

    Returns
    -------
    KernelRidge
        The fit; ``predict`` it.

    Raises
    ------
    ValueError
        For shapes that do not fit, values that are not finite, or a negative ridge.
    MemoryError
        If the kernel matrix, 8 n^2 bytes, exceeds the free memory.
    scipy.linalg.LinAlgError
        If K + ridge I is not positive definite.

    Notes
    -----
    Source: Hastie, Tibshirani, Friedman (2009), section 5.8. Taught in notebook 05.
    """
    X = samples(X)
    y = _labels(y, len(X))
    ridges = np.atleast_1d(np.asarray(ridge, dtype=float))
    if ridges.ndim != 1 or not np.all((ridges >= 0) & (ridges < np.inf)):
        raise ValueError(
            f"ridge = {ridge} must be a number or a list of numbers, none of them negative: "
            "try 0.01"
        )
    n, prepared = len(X), prepared_rows(kernel, X)
    K = fill_upper(kernel, prepared)
    diagonal = K.diagonal().copy()
    if len(ridges) > 1:
        # A factorisation overwrites one triangle; the other keeps the kernel for the next ridge.
        mirror(K)
    coefficients = np.empty((n, len(ridges), y.size // n))
    for r, value in enumerate(ridges):
        if r > 0:
            mirror(K.T)
        np.fill_diagonal(K, diagonal + value)
        coefficients[:, r] = cho_solve(
            (_factor(K, value, diagonal), True), y.reshape(n, -1), check_finite=False
        )
    coefficients = coefficients.reshape(n, *np.shape(ridge), *y.shape[1:])
    return KernelRidge(kernel, ridges if np.ndim(ridge) else float(ridge), coefficients, prepared)


def validated_kernel_ridge(
    kernel: Callable,
    X: np.ndarray,
    y: np.ndarray,
    ridges: np.ndarray = RIDGES,
    fraction: float = 0.2,
    seed: int = 0,
) -> KernelRidge:
    """Kernel ridge regression, each target with the ridge that was best on a validation split.

    Parameters
    ----------
    kernel : callable
        As in ``kernel_ridge``.
    X : (n, d) ndarray
        Samples.
    y : (n,) or (n, targets) ndarray
        Labels.
    ridges : (ridges,) ndarray
        To choose from.
    fraction : float
        Share of the samples that validates; the others are fitted along the path, then all with
        the chosen one.
    seed : int
        Of the random split.

    Returns
    -------
    KernelRidge
        The fit on all samples, with the errors from which ridges were chosen.

    Raises
    ------
    ValueError
        If the split leaves nothing to fit or to validate, and what ``kernel_ridge`` raises.

    Notes
    -----
    Test samples have no part in the choice: a ridge tuned on them flatters the kernel.

    Source: Hastie, Tibshirani, Friedman (2009), section 7.2. Taught in notebook 05.
    """
    X = samples(X)
    y = _labels(y, len(X))
    order = np.random.default_rng(seed).permutation(len(X))
    held = round(fraction * len(X))
    if not 0 < held < len(X):
        raise ValueError(
            f"fraction = {fraction} of {len(X)} samples leaves nothing to fit or to validate: "
            "try 0.2"
        )
    held, fitted = order[:held], order[held:]
    ridges = np.asarray(ridges, dtype=float).reshape(-1)
    predicted = kernel_ridge(kernel, X[fitted], y[fitted], ridges).predict(X[held])
    error = np.mean((predicted - y[held][:, None]) ** 2, axis=0)
    best = np.argmin(error, axis=0)
    used, position = np.unique(best, return_inverse=True)
    path = kernel_ridge(kernel, X, y.reshape(len(X), -1), ridges[used])
    chosen = path.coefficients[:, position.ravel(), np.arange(best.size)].reshape(y.shape)
    return KernelRidge(kernel, ridges[best], chosen, path.prepared, error)


def _factor(K: np.ndarray, ridge: float, diagonal: np.ndarray) -> np.ndarray:
    # K.T has the column order of LAPACK, so that the factor is written over K's upper triangle and
    # nothing is copied
    try:
        return cho_factor(K.T, lower=True, overwrite_a=True, check_finite=False)[0]
    except LinAlgError:
        raise LinAlgError(
            f"the kernel matrix plus ridge = {ridge:g} is not positive definite: some samples are "
            "equal, or nearly so to this kernel, or it is not a kernel; "
            f"try ridge = {max(10 * ridge, 1e-8 * abs(diagonal).max()) or 0.01:.1g}"
        ) from None


def _labels(y: np.ndarray, n: int) -> np.ndarray:
    y = real_numbers(y, "y")
    if y.ndim not in (1, 2) or len(y) != n or y.size == 0:
        raise ValueError(
            f"labels of {n} samples must have the shape ({n},) or ({n}, targets), got {y.shape}"
        )
    return y
