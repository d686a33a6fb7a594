"""Principal angles between a network and the hidden subspace, and the two parts of its weights."""

from __future__ import annotations

import numpy as np
import scipy.linalg


def split_norms(W: np.ndarray, directions: np.ndarray) -> tuple[float, float]:
    """(||W_par||_F, ||W_perp||_F) / sqrt(m): how much of W lies in the span of the directions, and how much outside.

    W is (m, d), directions (k, d) with orthonormal rows; W_par = W U^T U, W_perp = W - W_par. Taught in notebook 02.
    """
    W, U = _checked(W, directions)
    coefficients, root_m = W @ U.T, np.sqrt(len(W))
    return float(np.linalg.norm(coefficients) / root_m), float(np.linalg.norm(W - coefficients @ U) / root_m)


def principal_angles(W: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Principal angles, (k,) radians, largest first, between span(directions) and the top-k right singular space of W.

    A direction that the rank of W lacks counts as pi/2. W is (m, d), directions (k, d) with orthonormal rows.
    See Also: scipy.linalg.subspace_angles, which does the work. Source: Bjorck and Golub 1973. Taught in notebook 02.
    """
    W, U = _checked(W, directions)
    _, singular, Vt = scipy.linalg.svd(W, full_matrices=False)
    return _angles(singular, Vt[: len(U)], U, len(W))


def spectrum(W: np.ndarray, directions: np.ndarray, extra: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """(principal angles (k,), largest singular values of W / sqrt(m)), as above but by the small Gram matrix of W.

    Ten times faster than the full decomposition, and what a recording uses: relative accuracy of a singular value s is
    1e-16 (s_1 / s)^2. Returns min(k + extra, m, d) singular values, largest first.
    """
    k, (m, d) = len(directions), W.shape
    wide = m < d
    gram = W @ W.T if wide else W.T @ W
    count = min(k + extra, len(gram))
    values, vectors = scipy.linalg.eigh(
        gram, subset_by_index=[len(gram) - count, len(gram) - 1], driver="evr", overwrite_a=True, check_finite=False
    )
    singular = np.sqrt(np.maximum(values[::-1], 0))
    top = vectors[:, ::-1][:, :k]
    Vt = scipy.linalg.qr(W.T @ top, mode="economic")[0].T if wide else top.T
    return _angles(singular, Vt, directions, m, floor=1e-7), singular / np.sqrt(m)


def _angles(singular: np.ndarray, Vt: np.ndarray, U: np.ndarray, m: int, floor: float = 1e-12) -> np.ndarray:
    k = len(U)
    rank = int((singular[:k] > floor * max(singular[0], 1e-300)).sum()) if len(singular) else 0
    if rank == 0:
        return np.full(k, np.pi / 2)
    found = scipy.linalg.subspace_angles(Vt[:rank].T, U.T)
    return np.concatenate([np.full(k - rank, np.pi / 2), found[:k]])


def _checked(W, directions) -> tuple[np.ndarray, np.ndarray]:
    W, U = np.asarray(W, dtype=float), np.array(directions, dtype=float, ndmin=2)
    if W.ndim != 2 or U.ndim != 2 or W.shape[1] != U.shape[1]:
        raise ValueError(f"W {W.shape} and directions {U.shape} must be (m, d) and (k, d) with the same d")
    if len(U) > U.shape[1]:
        raise ValueError(f"{len(U)} directions cannot be orthonormal in {U.shape[1]} dimensions")
    if not (np.isfinite(W).all() and np.isfinite(U).all()):
        raise ValueError("W and directions must be finite; a nan or inf usually means that training diverged")
    error = np.abs(U @ U.T - np.eye(len(U))).max()
    if error > 1e-6:
        raise ValueError(f"rows of directions are not orthonormal: U U^T differs from I by {error:.2g}")
    return W, U
