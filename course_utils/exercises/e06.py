"""Exercises of notebook 06, compressibility."""

from __future__ import annotations

import numpy as np

from ..compression import low_rank, quantise, truncation_errors
from .asking import plain
from .comparing import CLOSE, apart, near, refuse
from .drawing import drawn
from .mechanism import Exercise, array, call, number, require


def _matrix(m: int = 7, d: int = 5, seed: int = 0) -> np.ndarray:
    return drawn(seed).standard_normal((m, d)) @ np.diag(0.5 ** np.arange(d))


# 6.1


def _best(answer):
    for W, k in ((_matrix(), 2), (_matrix(4, 9, 1)[:, ::-1], 1), (_matrix(6, 6, 2), 3)):
        left, right = low_rank(W, k)
        found = array(call(answer, W, k), W.shape, f"rank_k(W, {k})")
        rank = np.linalg.matrix_rank(found, tol=CLOSE * np.linalg.norm(W))
        require(
            rank <= k,
            f"The result has rank {rank} where {k} was asked for: "
            "keep k singular values, drop the rest.",
        )
        best = left @ right
        U, s, Vt = np.linalg.svd(W, full_matrices=False)
        told = {
            "The singular values are missing: scale the k columns of U by them before you "
            "multiply.": U[:, :k] @ Vt[:k],
            "These are the smallest singular values. NumPy sorts them, largest first: keep the "
            "first k.": (U[:, -k:] * s[-k:]) @ Vt[-k:],
        }
        refuse(found, told, best)
        error, least = apart(np.linalg.norm(W - found), np.linalg.norm(W - best))
        require(
            near(found, best, 1e-4),
            f"The distance ||W - W_k|| is {error}; a matrix of rank {k} can come as near as "
            f"{least}.",
        )


RANK_K = Exercise(
    "6.1",
    "rank_k",
    '''
def rank_k(W, k):
    """The matrix of rank k nearest to W, (m, d), in the Frobenius norm."""
    U, s, Vt = np.linalg.svd(W, full_matrices=False)  #:
    return (U[:, :k] * s[:k]) @ Vt[:k]  #:
''',
    (
        "np.linalg.svd(W, full_matrices=False) gives U (m, q), s (q,) and Vt (q, d), with W = U "
        "diag(s) Vt. Which parts stay?",
        "Keep the first k columns of U, "
        "the first k singular values and the first k rows of Vt, and multiply them again.",
    ),
    (("nearest of rank k", _best),),
)

# 6.2


def _bound(answer):
    for W, k in ((_matrix(), 2), (_matrix(40, 6, 2), 1), (_matrix(9, 4, 3), 3)):
        found, left = number(call(answer, W, k), "risk_bound(W, k)"), float(truncation_errors(W)[k])
        m, mean = len(W), np.sqrt(2 / np.pi)
        true = mean * left / np.sqrt(m)
        told = {
            "E|g| of a standard Gaussian is sqrt(2 / pi), not 1. "
            "Your bound holds, but a smaller one does too.": true / mean,
            "This is sqrt(m) too large: a_j = 1/m, and the sum of the m row norms is at most "
            "sqrt(m) times ||W - W_k||_F.": true * np.sqrt(m),
            "This is the norm of what is kept. The outputs move by what is left out, W - W_k.": (
                mean * np.sqrt(max(np.linalg.norm(W) ** 2 - left**2, 0.0) / m)
            ),
            "This counts the first singular value that is left out. All that are left out move "
            "the outputs: the root of the sum of their squares.": (
                mean * np.linalg.svd(W)[1][k] / np.sqrt(m)
            ),
        }
        refuse(found, told, true)
        words = apart(found, true)
        require(
            near(found, true, 1e-4),
            f"risk_bound(W, {k}) for {m} neurons is {words[0]}, expected {words[1]}.",
        )


RISK_BOUND = Exercise(
    "6.2",
    "risk_bound",
    '''
def risk_bound(W, k):
    """Most that rank k can change the Huber risk of a network with first layer W, (m, d),
    and a_j = +-1/m."""
    s = np.linalg.svd(W, compute_uv=False)  #:
    left_out = np.sqrt(np.sum(s[k:] ** 2))  #:
    return np.sqrt(2 / np.pi) * left_out / np.sqrt(len(W))  #:
''',
    (
        "||W - W_k||_F is the root of the sum of squares of the singular values that are left "
        "out. What stands before it?",
        "sqrt(2 / pi) ||W - W_k||_F / sqrt(m), with m the number of rows of W and the singular "
        "values from number k + 1 on.",
    ),
    (("the bound", _bound),),
)

# 6.3


def _pays(answer):
    new = drawn(None).integers(1, 900, (20, 2)).tolist()  # which no table holds
    for m, d in ((200, 100), (1000, 1000), (30, 200), (6, 3), (2, 2), (1, 50), *new):
        found = number(call(answer, m, d), f"largest_rank({m}, {d})")
        true = (m * d - 1) // (m + d)
        if found == true:
            continue
        require(
            found == int(found),
            f"largest_rank({m}, {d}) is {found:.3f}: a rank is a whole number; round down.",
        )
        numbers = (
            f"two factors of rank {found:.0f} hold {found * (m + d):,.0f} numbers and W holds "
            f"{m * d:,}"
        )
        require(
            found != min(m, d),
            f"At m = {m}, d = {d} you say {found:.0f} = min(m, d), yet {numbers}.",
        )
        require(
            found * (m + d) != m * d,
            f"At m = {m}, d = {d}, {numbers}: as many. Fewer was asked for.",
        )
        require(found * (m + d) < m * d, f"At m = {m}, d = {d} you say {found:.0f}, yet {numbers}.")
        require(False, f"At m = {m}, d = {d} you say {found:.0f}; rank {true} saves numbers too.")


LARGEST_RANK = Exercise(
    "6.3",
    "largest_rank",
    '''
def largest_rank(m, d):
    """The largest rank whose two factors, (m, k) and (k, d), hold fewer numbers than W, (m, d);
    0 if none does."""
    return (m * d - 1) // (m + d)  #:
''',
    (
        "The factors hold k (m + d) numbers. "
        "For which k is that less than m d? Try m = d = 2: what should come out?",
        "k (m + d) < m d means k (m + d) <= m d - 1. Whole-number division, //, rounds down.",
    ),
    (("where factors pay", _pays),),
)

# 6.4


def _codes(answer):
    rng = drawn(4)
    sizes = np.array([[0.01], [0.1], [1.0], [3.0], [10.0], [50.0]])
    for A in (rng.standard_normal((6, 40)) * sizes, rng.standard_normal((3, 8)) * sizes[1:4]):
        _quantised(answer, A)


def _quantised(answer, A):
    result = call(answer, A)
    require(
        isinstance(result, tuple | list) and len(result) == 2,
        "quantise_rows(A) should return two things: codes, scales.",
    )
    codes, scales = plain(result)
    kind = getattr(codes, "dtype", type(codes).__name__)
    require(
        kind == np.int8, f"codes should be an array of int8, one byte each; yours is of {kind}."
    )
    codes = array(codes, A.shape, "codes")
    scales = array(scales, (len(A), 1), "scales")
    _, right = quantise(A, "int8")
    share = float(np.median(scales / right))
    error = np.abs(codes * scales - A) / right
    if error.max() <= 0.501:
        return
    require(
        not np.allclose(scales, scales[0]),
        "One scale for all rows: the row of small numbers becomes zeros. "
        "Give each row its own scale.",
    )
    require(
        abs(share - 127) > 1,
        "The scales are the largest sizes themselves. "
        "A scale is what one unit of a code is worth: divide by 127.",
    )
    require(
        share > 0.995,
        "Some codes wrap round or clip: with this scale the largest entry of a row is more than "
        "127 units. int8 ends at 127.",
    )
    truncated = (np.abs(codes) <= np.abs(A / right) + 1e-3).all()
    require(
        not truncated,
        "astype cuts decimals off, so that errors reach a whole unit: round first, np.rint.",
    )
    require(
        False,
        f"codes * scales misses A by up to {apart(error.max(), 0.5)[0]} units of the scale; "
        "rounding misses by half a unit.",
    )


QUANTISE = Exercise(
    "6.4",
    "quantise_rows",
    '''
def quantise_rows(A):
    """(codes, scales): A, (k, d), as int8 from -127 to 127 and one scale a row, (k, 1),
    with A about codes * scales."""
    scales = np.abs(A).max(axis=1, keepdims=True) / 127  #:
    return np.rint(A / scales).astype(np.int8), scales  #:
''',
    (
        "The largest entry of a row, by size, should become 127 or -127. "
        "How much is one unit then worth in that row?",
        "scales = np.abs(A).max(axis=1, keepdims=True) / 127. "
        "Divide, round with np.rint, and only then turn into int8.",
    ),
    (("codes and scales", _codes),),
)

EXERCISES = (RANK_K, RISK_BOUND, LARGEST_RANK, QUANTISE)
