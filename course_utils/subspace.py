"""Principal angles between a network and the hidden subspace, and the two parts of its weights."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from .given import real_numbers

EXACT = np.finfo(float)


def split_norms(W: np.ndarray, directions: np.ndarray) -> tuple[float, float]:
    """(||W_par||_F, ||W_perp||_F) / sqrt(m): how much of W lies in the span of the directions, and how much outside.

    W is (m, d), directions (k, d) with orthonormal rows; W_par = W U^T U, W_perp = W - W_par. Taught in notebook 02.
    """
    W, U = checked(W, directions)
    coefficients, root_m = W @ U.T, np.sqrt(len(W))
    return float(np.linalg.norm(coefficients) / root_m), float(
        np.linalg.norm(W - coefficients @ U) / root_m
    )


def principal_angles(W: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Principal angles, (k,) radians, largest first, between span(directions) and the top-k right singular space of W.

    A direction that the rank of W lacks counts as pi/2; in a W of float32, float16 or bfloat16, an array or a tensor,
    singular values that rounding to that type may have made count as zero. W is (m, d), directions (k, d) with
    orthonormal rows.
    See Also: scipy.linalg.subspace_angles, which does the work. Source: Bjorck and Golub 1973. Taught in notebook 02.
    """
    stored = precision(W)
    W, U = checked(W, directions)
    _, singular, Vt = scipy.linalg.svd(W, full_matrices=False)
    return _angles(singular, Vt[: len(U)], U, 1e-12 * singular[0], rounding(W, stored))


def spectrum(
    W: np.ndarray, directions: np.ndarray, extra: int = 5, stored=EXACT
) -> tuple[np.ndarray, np.ndarray]:
    """(principal angles (k,), largest singular values of W / sqrt(m)), as above but by the small Gram matrix of W.

    Ten times faster than the full decomposition, and what a recording uses: relative accuracy of a singular value s is
    1e-16 (s_1 / s)^2. Returns min(k + extra, m, d) singular values, largest first. ``stored`` is the ``precision`` of the
    type that W came in, if it was shorter.
    """
    k, (m, d) = len(directions), W.shape
    wide = m < d
    gram = W @ W.T if wide else W.T @ W
    count = min(k + extra, len(gram))
    values, vectors = scipy.linalg.eigh(
        gram,
        subset_by_index=[len(gram) - count, len(gram) - 1],
        driver="evr",
        overwrite_a=True,
        check_finite=False,
    )
    singular = np.sqrt(np.maximum(values[::-1], 0))
    top = vectors[:, ::-1][:, :k]
    Vt = scipy.linalg.qr(W.T @ top, mode="economic")[0].T if wide else top.T
    return _angles(
        singular, Vt, directions, 1e-7 * singular[0], rounding(W, stored)
    ), singular / np.sqrt(m)


def precision(values):
    """numpy.finfo or torch.finfo of the type of an array or tensor; that of float64 for lists, whole numbers and the like."""
    kind = getattr(values, "dtype", None)
    if hasattr(values, "detach"):
        import torch

        return torch.finfo(kind) if kind.is_floating_point else EXACT
    return (
        np.finfo(kind)
        if isinstance(kind, np.dtype) and kind.kind == "f" and kind.itemsize < 8
        else EXACT
    )


def rounding(W: np.ndarray, stored) -> float:
    """Bound of the singular values that rounding to a stored type may have given to W (Weyl): ||W - stored W||_F.

    An entry w moves by eps |w| / 2 or half the smallest number of the type. Twice that, for the sums in between; 0 for
    float64, whose rounding is below that of the decomposition.
    """
    if stored.eps <= EXACT.eps:
        return 0.0
    smallest = getattr(stored, "smallest_subnormal", None) or stored.tiny * stored.eps
    return float(stored.eps * np.linalg.norm(W) + smallest * np.sqrt(W.size))


def _angles(singular: np.ndarray, Vt: np.ndarray, U: np.ndarray, *floors: float) -> np.ndarray:
    k = len(U)
    rank = int((singular[:k] > max(1e-300, *floors)).sum())
    if rank == 0:
        return np.full(k, np.pi / 2)
    found = scipy.linalg.subspace_angles(Vt[:rank].T, U.T)
    return np.concatenate([np.full(k - rank, np.pi / 2), found[:k]])


def checked(W, directions) -> tuple[np.ndarray, np.ndarray]:
    """W (m, d) and directions (k, d) as float64; ValueError unless they are finite, fit, and directions are orthonormal.

    Directions of a shorter type are orthonormal up to its rounding, and are made so.
    """
    short = precision(directions).eps
    W, U = (
        real_numbers(v, name, finite=False) for v, name in ((W, "W"), (directions, "directions"))
    )
    U = np.atleast_2d(U)
    if W.ndim != 2 or U.ndim != 2 or W.shape[1] != U.shape[1]:
        raise ValueError(
            f"W {W.shape} and directions {U.shape} must be (m, d) and (k, d) with the same d"
        )
    if 0 in W.shape:
        raise ValueError(
            f"W {W.shape} has no weights: a first layer is (m, d) with m and d at least 1"
        )
    if len(U) > U.shape[1]:
        raise ValueError(f"{len(U)} directions cannot be orthonormal in {U.shape[1]} dimensions")
    if not (np.isfinite(W).all() and np.isfinite(U).all()):
        raise ValueError(
            "W and directions must be finite; a nan or inf usually means that training diverged"
        )
    error = np.abs(U @ U.T - np.eye(len(U))).max()
    if error > max(1e-6, 4 * short):
        raise ValueError(
            f"rows of directions are not orthonormal: U U^T differs from I by {error:.2g}"
        )
    return W, scipy.linalg.polar(U)[0] if short > EXACT.eps else U
