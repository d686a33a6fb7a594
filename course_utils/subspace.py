"""Principal angles between a network and the hidden subspace, and the two parts of its weights."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from .given import real_numbers

EXACT = np.finfo(float)


def split_norms(W: np.ndarray, directions: np.ndarray) -> tuple[float, float]:
    """How much of W lies in the span of the directions, and how much outside.

    Parameters
    ----------
    W : (m, d) ndarray
        First layer.
    directions : (k, d) ndarray
        Hidden directions, orthonormal rows.

    Returns
    -------
    parallel : float
        ||W_par||_F / sqrt(m), W_par = W U^T U.
    perpendicular : float
        ||W_perp||_F / sqrt(m), W_perp = W - W_par.

    Raises
    ------
    ValueError
        If shapes do not fit, values are not finite, or directions are not orthonormal.

    Notes
    -----
    Taught in notebook 02.
    """
    W, U = checked(W, directions)
    coefficients, root_m = W @ U.T, np.sqrt(len(W))
    return float(np.linalg.norm(coefficients) / root_m), float(
        np.linalg.norm(W - coefficients @ U) / root_m
    )


def principal_angles(W: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Principal angles between the directions and the top-k right singular space of W.

    Parameters
    ----------
    W : (m, d) ndarray
        First layer.
    directions : (k, d) ndarray
        Hidden directions, orthonormal rows.

    Returns
    -------
    (k,) ndarray
        The angles in radians, largest first.

    Raises
    ------
    ValueError
        If shapes do not fit, values are not finite, or directions are not orthonormal.

    See Also
    --------
    scipy.linalg.subspace_angles : Does the work.

    Notes
    -----
    A direction that the rank of W lacks counts as pi/2; in a W of float32, float16 or bfloat16, an
    array or a tensor, singular values that rounding to that type may have made count as zero.

    Source: Bjorck and Golub 1973. Taught in notebook 02.
    """
    stored = precision(W)
    W, U = checked(W, directions)
    _, singular, Vt = scipy.linalg.svd(W, full_matrices=False)
    rank = _rank(singular[: len(U)], 1e-12 * singular[0], rounding(W, stored))
    return _angles(Vt[:rank], U)


def spectrum(
    W: np.ndarray, directions: np.ndarray, extra: int = 5, stored=EXACT
) -> tuple[np.ndarray, np.ndarray]:
    """Principal angles and the largest singular values, by the small Gram matrix of W.

    Parameters
    ----------
    W : (m, d) ndarray
        First layer.
    directions : (k, d) ndarray
        Hidden directions, orthonormal rows.
    extra : int
        How many singular values beyond k are wanted.
    stored : finfo
        The ``precision`` of the type that W came in, if it was shorter.

    Returns
    -------
    angles : (k,) ndarray
        Principal angles in radians, largest first.
    singular : (min(k + extra, m, d),) ndarray
        Largest singular values of W / sqrt(m), largest first.

    See Also
    --------
    spectrum_and_overlaps : Says too which singular vectors meet which directions.
    """
    return spectrum_and_overlaps(W, directions, extra, stored)[:2]


def spectrum_and_overlaps(
    W: np.ndarray, directions: np.ndarray, extra: int = 5, stored=EXACT
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What ``spectrum`` gives, and how the singular vectors lie to the directions.

    Parameters
    ----------
    W : (m, d) ndarray
        First layer.
    directions : (k, d) ndarray
        Hidden directions, orthonormal rows.
    extra : int
        How many singular values beyond k are wanted.
    stored : finfo
        The ``precision`` of the type that W came in, if it was shorter.

    Returns
    -------
    angles : (k,) ndarray
        Principal angles in radians, largest first.
    singular : (min(k + extra, m, d),) ndarray
        Largest singular values of W / sqrt(m), largest first.
    overlaps : (k, k) ndarray
        <v_j, u_i> in row j and column i, v_j the j-th right singular vector of W, whose sign is
        arbitrary; zeros in rows that the rank of W lacks.

    Notes
    -----
    Ten times faster than the full decomposition of ``principal_angles``, and what a recording uses:
    relative accuracy of a singular value s is 1e-16 (s_1 / s)^2. The cosines of the angles are the
    singular values of the overlaps.
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
    Vt = Vt[: _rank(singular[:k], 1e-7 * singular[0], rounding(W, stored))]
    overlaps = np.zeros((k, k))
    overlaps[: len(Vt)] = Vt @ directions.T
    return _angles(Vt, directions), singular / np.sqrt(m), overlaps


def precision(values):
    """What numpy.finfo or torch.finfo says of the type of an array or tensor.

    Parameters
    ----------
    values : array_like or torch.Tensor
        Whatever was given for W or directions.

    Returns
    -------
    finfo
        That of float64 for lists, whole numbers and the like.
    """
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
    """Bound of the singular values that rounding to a stored type may have given to W.

    Parameters
    ----------
    W : (m, d) ndarray
        First layer.
    stored : finfo
        The ``precision`` of the type.

    Returns
    -------
    float
        Bound of ||W - stored W||_F; 0 for float64, whose rounding is below that of the
        decomposition.

    Notes
    -----
    An entry w moves by eps |w| / 2 or half the smallest number of the type. Twice that, for the
    sums in between. Source: Weyl's inequality.
    """
    if stored.eps <= EXACT.eps:
        return 0.0
    smallest = getattr(stored, "smallest_subnormal", None) or stored.tiny * stored.eps
    return float(stored.eps * np.linalg.norm(W) + smallest * np.sqrt(W.size))


def _rank(singular: np.ndarray, *floors: float) -> int:
    return int((singular > max(1e-300, *floors)).sum())


def _angles(Vt: np.ndarray, U: np.ndarray) -> np.ndarray:
    """Principal angles of the rows of Vt, as many as the rank has, and those of U."""
    k, rank = len(U), len(Vt)
    if rank == 0:
        return np.full(k, np.pi / 2)
    found = scipy.linalg.subspace_angles(Vt.T, U.T)
    return np.concatenate([np.full(k - rank, np.pi / 2), found[:k]])


def checked(W, directions) -> tuple[np.ndarray, np.ndarray]:
    """W and directions as float64, refused unless they fit.

    Parameters
    ----------
    W : (m, d) array_like
        First layer.
    directions : (k, d) array_like
        Hidden directions. Those of a shorter type are orthonormal up to its rounding, and are
        made so.

    Returns
    -------
    W : (m, d) ndarray
        First layer.
    directions : (k, d) ndarray
        Orthonormal rows.

    Raises
    ------
    ValueError
        Unless they are finite, fit, and directions are orthonormal.
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
