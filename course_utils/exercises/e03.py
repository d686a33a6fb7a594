"""Exercises of notebook 03, the generalisation gap."""

from __future__ import annotations

import math

import numpy as np

from ..directions import random_directions
from .mechanism import Exercise, array, call, number, require


def _near(found, wanted, tolerance: float = 1e-9) -> bool:
    return bool(np.abs(found - wanted).max() <= tolerance * np.abs(wanted).max())


# 3.1


def _cross(answer):
    losses = np.random.default_rng(0).random((2, 2, 5)) + [[[0.0], [0.4]], [[0.9], [0.3]]]
    found = number(call(answer, losses), "cross_gap(losses)")
    (a, b), (c, d) = losses.mean(axis=2)
    wanted = (b - a + c - d) / 2
    require(
        not _near(found, -wanted),
        "The sign is turned round: the gap is the loss on fresh samples minus that on seen ones.",
    )
    require(not _near(found, 2 * wanted), "This is the sum of two gaps: take their mean.")
    require(
        not (_near(found, b - a) or _near(found, c - d)),
        "This is the gap of one run alone. The other run has a gap too, with the sets exchanged.",
    )
    require(
        not _near(found, (b - a + d - c) / 2),
        "Run 1 was trained on set 1: for it losses[1, 1] are seen and losses[1, 0] are fresh.",
    )
    require(
        _near(found, wanted),
        f"Found {found:.3f}, expected {wanted:.3f}. losses[i, j] are those of run i on set j, and "
        "run i was trained on set i.",
    )


CROSS = Exercise(
    "3.1",
    "cross_gap",
    '''
def cross_gap(losses):
    """Cross estimate of the gap from losses (2, 2, T): run i, trained on set i, tested on set j."""
    L = losses.mean(axis=2)  #:
    return (L[0, 1] - L[0, 0] + L[1, 0] - L[1, 1]) / 2  #:
''',
    (
        "Each run has a gap: fresh minus seen. For run 0 the fresh samples are those of run 1.",
        "Average the losses over T first, then take the mean of L[0, 1] - L[0, 0] and of "
        "L[1, 0] - L[1, 1].",
    ),
    (("the mean of two gaps", _cross),),
)

# 3.2


def _luck(answer):
    for c, d, sd in ((0.15, 100, 0.11), (0.3, 40, 0.5)):
        found = number(call(answer, c, d, sd), "luck_wins(c, d, sd)")
        wanted = (c * d / sd) ** 2
        require(
            not _near(found, math.sqrt(wanted)),
            f"{found:.3g} is the square root of the right number: c d / T = sd / sqrt(T) gives "
            "sqrt(T), so square it.",
        )
        require(
            not _near(found, c * d / sd**2) and not _near(found, (c * d) ** 2 / sd),
            "Square all of it: sqrt(T) = c d / sd.",
        )
        require(
            not _near(found, 1 / wanted) and not _near(found, 1 / math.sqrt(wanted)),
            "This is upside down: a larger sd lets luck win earlier, at a smaller T.",
        )
        require(
            _near(found, wanted),
            f"For c = {c}, d = {d}, sd = {sd} you say {found:.4g}; there c d / T is "
            f"{c * d / max(found, 1e-12):.3g} and sd / sqrt(T) is "
            f"{sd / math.sqrt(max(found, 1e-12)):.3g}. They should be equal.",
        )


LUCK = Exercise(
    "3.2",
    "luck_wins",
    '''
def luck_wins(c, d, sd):
    """The T from which the luck of one run, sd / sqrt(T), is larger than its mean gap, c d / T."""
    return (c * d / sd) ** 2  #:
''',
    (
        "Write down c d / T = sd / sqrt(T) and solve for T.",
        "Multiply by T and divide by sd: sqrt(T) = c d / sd.",
    ),
    (("where the two are equal", _luck),),
)

# 3.3


def _example():
    rng = np.random.default_rng(2)
    B, G = rng.standard_normal((4, 4)), rng.standard_normal((4, 3))
    return B @ B.T + np.eye(4), G @ G.T, 30, 600


def _optimism(answer):
    A, C, d, T = _example()
    found = number(call(answer, A, C, d, T), "optimism(A, C, d, T)")
    trace = float(np.trace(np.linalg.solve(A, C)))
    wanted = d / T * trace / 4
    told = {
        d / T * trace: "The factor 1/m is missing: the trace is a sum over m neurons.",
        trace / 4 / T: "The factor d is missing: each of the d directions pays once.",
        d * trace / 4: "The gap falls with T: divide by it.",
        d
        / T
        * float(np.trace(A @ C))
        / 4: "This is tr(A C): it is the inverse of A that is meant.",
        d / T * float(np.trace(C / A)) / 4: (
            "You divided entry by entry. A^-1 C is the solution of a linear system: "
            "np.linalg.solve(A, C)."
        ),
        d / T * float(np.linalg.solve(A, C).sum()) / 4: "This sums all entries: the trace sums "
        "those on the diagonal.",
    }
    for value, why in told.items():
        require(not _near(found, value), why)
    require(
        _near(found, wanted), f"Found {found:.4g}, expected {wanted:.4g}: (d / T) tr(A^-1 C) / m."
    )


OPTIMISM = Exercise(
    "3.3",
    "optimism",
    '''
def optimism(A, C, d, T):
    """Predicted gap for large T from A, C (m, m): (d / T) tr(A^-1 C) / m."""
    return d / T * np.trace(np.linalg.solve(A, C)) / len(A)  #:
''',
    (
        "A^-1 C is the matrix Z that solves A Z = C; the trace is the sum of its diagonal.",
        "np.trace(np.linalg.solve(A, C)) / len(A), times d / T.",
    ),
    (("the formula", _optimism),),
)

# 3.4


def _three(answer):
    rng = np.random.default_rng(4)
    seen, fresh = (rng.random((2, n)) for n in (7, 11))
    found = array(call(answer, seen, fresh), (3,), "three_terms(seen, fresh)")
    s, f = seen.mean(axis=1), fresh.mean(axis=1)
    wanted = np.array([f[0] - f[1], f[1] - s[1], s[1] - s[0]])
    gap = f[0] - s[0]
    require(
        not _near(found.sum(), -gap),
        "The terms add up to minus the gap: each is turned round.",
    )
    require(
        _near(found.sum(), gap),
        f"The terms add up to {found.sum():.3f}; the gap of W, fresh minus seen, is {gap:.3f}. "
        "Go from R(W) to Rhat(W) by way of W_par: each step starts where the last one ended.",
    )
    require(
        not _near(np.sort(found), np.sort(wanted)) or _near(found, wanted),
        "These are the right terms in another order: fresh samples, inside, memory.",
    )
    detour = np.array([f[0] - s[0], s[0] - s[1], s[1] - s[0]])
    require(
        not _near(found, detour) and not _near(found[1], s[0] - f[1]),
        "Your path from R(W) to Rhat(W) does not pass R(W_par) and then Rhat(W_par).",
    )
    require(
        _near(found, wanted),
        f"Term {int(np.argmax(np.abs(found - wanted)))} is off: on fresh samples W minus W_par, "
        "then W_par fresh minus seen, then on seen samples W_par minus W.",
    )


THREE = Exercise(
    "3.4",
    "three_terms",
    '''
def three_terms(seen, fresh):
    """Terms (3,) of the gap from losses of [W, W_par] on seen (2, T) and fresh samples (2, n)."""
    s, f = seen.mean(axis=1), fresh.mean(axis=1)  #:
    return np.array([f[0] - f[1], f[1] - s[1], s[1] - s[0]])  #:
''',
    (
        "Average over samples first. Then walk from R(W) to R(W_par) to Rhat(W_par) to Rhat(W).",
        "The steps are f[0] - f[1], then f[1] - s[1], then s[1] - s[0].",
    ),
    (("they add up to the gap, in order", _three),),
)

# 3.5


def _flips(answer):
    rng = np.random.default_rng(5)
    U, X = random_directions(2, 6, rng), rng.standard_normal((40, 6))
    eps = rng.choice([-1.0, 1.0], 40)
    v = eps @ X / 40
    inside, outside = np.linalg.norm(U @ v), np.linalg.norm(v - U.T @ (U @ v))
    found = number(call(answer, X, eps, U, 2.0, 0.5), "best_fit(X, eps, U, R, e)")
    wanted = 2.0 * inside + 0.5 * outside
    told = {
        40 * wanted: "This is the sum over samples: the fit is a mean, so divide by T.",
        2.5
        * np.linalg.norm(v): "The two parts have radii of their own: split the mean vector by U.",
        0.5 * inside + 2.0 * outside: "The radii are exchanged: R belongs to the span of U.",
        2.0 * inside: "The part outside the span of U is missing.",
        math.hypot(2.0 * inside, 0.5 * outside): (
            "Both parts of w are free to point as they like, each with its own radius: their "
            "contributions add up, without squares."
        ),
        4.0 * inside + 0.25 * outside: "A vector of length R gives R times the norm, not R^2.",
        2.0 * inside**2 + 0.5 * outside**2: "Norms are wanted, not squared norms.",
    }
    for value, why in told.items():
        require(not _near(found, value), why)
    mean_of_norms = float(np.linalg.norm(X @ U.T, axis=1).mean())
    require(
        found < mean_of_norms,
        "That is larger than signs allow: average eps x over the samples first, then take norms.",
    )
    require(_near(found, wanted), f"Found {found:.4f}, expected {wanted:.4f}.")


FLIPS = Exercise(
    "3.5",
    "best_fit",
    '''
def best_fit(X, eps, U, R, e):
    """Largest mean of eps <w, x>, |w_par| <= R, |w_perp| <= e; X (T, d), eps (T,), U (k, d)."""
    v = eps @ X / len(eps)  #:
    inside = U @ v  #:
    return R * np.linalg.norm(inside) + e * np.linalg.norm(v - U.T @ inside)  #:
''',
    (
        "The mean of eps <w, x> is <w, v> with v = mean of eps x. Which w of length R is best?",
        "Split v into U^T U v and the rest; the best w points along each with its full radius.",
    ),
    (("the supremum", _flips),),
)

# 3.6


def _dimension(answer):
    rng = np.random.default_rng(6)
    F = rng.standard_normal((50, 5)) * [3.0, 1.0, 0.5, 0.1, 0.0]
    values = np.linalg.eigvalsh(F.T @ F / 50)
    for ridge in (0.3, 1e-6):
        found = number(call(answer, F, ridge), "effective_dimension(F, ridge)")
        wanted = float((values / (values + ridge)).sum())
        told = {
            float((50 * values / (50 * values + ridge)).sum()): (
                "Sigma is the mean of phi phi^T: divide F^T F by the number of samples."
            ),
            float((ridge / (values + ridge)).sum()): (
                "This counts the directions that the ridge takes away: s / (s + ridge) are left."
            ),
            float(values.sum() / (values.sum() + ridge)): (
                "Each direction has its own share s / (s + ridge); add the shares up."
            ),
            float((values / (values + ridge)).mean()): "Add up the shares, do not average them.",
            5.0: "This is the number of features, whatever they are.",
        }
        for value, why in told.items():
            require(abs(found - value) > 1e-6 or abs(found - wanted) <= 1e-6, why)
        require(
            abs(found - wanted) <= 1e-6,
            f"Found {found:.3f}, expected {wanted:.3f}, for features with the second moments "
            f"{values[::-1].round(2)} and ridge {ridge:g}.",
        )


DIMENSION = Exercise(
    "3.6",
    "effective_dimension",
    '''
def effective_dimension(F, ridge):
    """tr[Sigma (Sigma + ridge I)^-1], Sigma = F^T F / n, from features F (n, m)."""
    values = np.linalg.eigvalsh(F.T @ F / len(F))  #:
    return np.sum(values / (values + ridge))  #:
''',
    (
        "In the eigenbasis of Sigma the matrix is diagonal, with s / (s + ridge) on the diagonal.",
        "np.linalg.eigvalsh(F.T @ F / len(F)) gives the s; add up s / (s + ridge).",
    ),
    (("the trace", _dimension),),
)

EXERCISES = (CROSS, LUCK, OPTIMISM, THREE, FLIPS, DIMENSION)
