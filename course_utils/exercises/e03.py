"""Exercises of notebook 03, the generalisation gap."""

from __future__ import annotations

import math

import numpy as np

from ..directions import random_directions
from .comparing import SOLVED, apart, near, refuse
from .drawing import between, drawn
from .mechanism import Exercise, array, call, number, require

# 3.1


def _cross(answer):
    for T in (5, 12):
        losses = drawn(T).random((2, 2, T)) + [[[0.0], [0.4]], [[0.9], [0.3]]]
        found = number(call(answer, losses), f"cross_gap(losses) for T = {T}")
        (a, b), (c, d) = losses.mean(axis=2)
        wanted = (b - a + c - d) / 2
        alone = "This is the gap of one run alone. The other has a gap too, with sets exchanged."
        told = {
            "The sign is turned round: the gap is the loss on fresh samples minus that on seen "
            "ones.": -wanted,
            "This is the sum of two gaps: take their mean.": 2 * wanted,
            f"{alone} Yours is that of run 0.": b - a,
            f"{alone} Yours is that of run 1.": c - d,
            "Run 1 was trained on set 1: for it losses[1, 1] are seen and losses[1, 0] are "
            "fresh.": (b - a + d - c) / 2,
        }
        refuse(found, told, wanted)
        words = apart(found, wanted)
        require(
            near(found, wanted),
            f"Found {words[0]}, expected {words[1]}. losses[i, j] are those of run i on set j, and "
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
    rate, size, spread = between(32, (0.05, 0.5), (10, 200), (0.1, 1.5))
    cases = (0.15, 100, 0.11), (0.3, 40, 0.5), (0.02, 7, 1.3), (rate, int(size), spread)
    for c, d, sd in cases:
        found = number(call(answer, c, d, sd), "luck_wins(c, d, sd)")
        wanted = (c * d / sd) ** 2
        upside = "This is upside down: a larger sd lets luck win earlier, at a smaller T."
        told = {
            f"{found:.3g} is the square root of the right number: c d / T = sd / sqrt(T) gives "
            "sqrt(T), so square it.": math.sqrt(wanted),
            "Square all of it, sd too: sqrt(T) = c d / sd.": (c * d) ** 2 / sd,
            "Square all of it, not sd alone: sqrt(T) = c d / sd.": c * d / sd**2,
            upside: 1 / wanted,
            f"{upside} And square it.": 1 / math.sqrt(wanted),
        }
        refuse(found, told, wanted)
        gap, luck = apart(c * d / max(found, 1e-12), sd / math.sqrt(max(found, 1e-12)))
        require(
            near(found, wanted),
            f"For c = {c}, d = {d}, sd = {sd} you say {apart(found, wanted)[0]}; there c d / T is "
            f"{gap} and sd / sqrt(T) is {luck}. They should be equal.",
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


def _optimism(answer):
    for m, d, T in ((4, 30, 600), (6, 11, 90)):
        rng = drawn(m)
        B, G = rng.standard_normal((m, m)), rng.standard_normal((m, 3))
        A, C = B @ B.T + np.eye(m), G @ G.T
        found = number(call(answer, A, C, d, T), f"optimism(A, C, d, T) for m = {m}")
        trace = float(np.trace(np.linalg.solve(A, C)))
        wanted = d / T * trace / m
        told = {
            "The factor 1/m is missing: the trace is a sum over m neurons.": d / T * trace,
            "The factor d is missing: each of the d directions pays once.": trace / m / T,
            "The gap falls with T: divide by it.": d * trace / m,
            "This is tr(A C): it is the inverse of A that is meant.": (
                d / T * float(np.trace(A @ C)) / m
            ),
            "You divided entry by entry. A^-1 C is the solution of a linear system: "
            "np.linalg.solve(A, C).": d / T * float(np.trace(C / A)) / m,
            "This sums all entries: the trace sums those on the diagonal.": (
                d / T * float(np.linalg.solve(A, C).sum()) / m
            ),
        }
        refuse(found, told, wanted, SOLVED)
        words = apart(found, wanted)
        require(
            near(found, wanted, SOLVED),
            f"Found {words[0]}, expected {words[1]} for m = {m}: (d / T) tr(A^-1 C) / m.",
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
    for T, n in ((7, 11), (4, 30)):
        _terms(answer, *(most * drawn(T).random((2, many)) for many, most in ((T, 0.5), (n, 1))))


def _terms(answer, seen, fresh):
    found = array(call(answer, seen, fresh), (3,), "three_terms(seen, fresh)")
    s, f = seen.mean(axis=1), fresh.mean(axis=1)
    wanted = np.array([f[0] - f[1], f[1] - s[1], s[1] - s[0]])
    gap = f[0] - s[0]
    require(
        not near(found.sum(), -gap),
        "The terms add up to minus the gap: each is turned round.",
    )
    total = apart(found.sum(), gap)
    require(
        near(found.sum(), gap, 1e-4),
        f"The terms add up to {total[0]}; the gap of W, fresh minus seen, is {total[1]}. "
        "Go from R(W) to Rhat(W) by way of W_par: each step starts where the last one ended.",
    )
    require(
        not near(np.sort(found), np.sort(wanted)) or near(found, wanted),
        "These are the right terms in another order: fresh samples, inside, memory.",
    )
    detour = np.array([f[0] - s[0], s[0] - s[1], s[1] - s[0]])
    require(
        not near(found, detour) and not near(found[1], s[0] - f[1]),
        "Your path from R(W) to Rhat(W) does not pass R(W_par) and then Rhat(W_par).",
    )
    require(
        near(found, wanted, 1e-4),
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
    for T, d, k, R, e in ((40, 6, 2, 2.0, 0.5), (15, 4, 1, 0.7, 1.6)):
        rng = drawn(5)
        U, X = random_directions(k, d, rng), rng.standard_normal((T, d))
        eps = rng.choice([-1.0, 1.0], T)
        v = eps @ X / T
        inside, outside = np.linalg.norm(U @ v), np.linalg.norm(v - U.T @ (U @ v))
        found = number(call(answer, X, eps, U, R, e), "best_fit(X, eps, U, R, e)")
        wanted = R * inside + e * outside
        told = {
            "This is the sum over samples: the fit is a mean, so divide by T.": T * wanted,
            "The two parts have radii of their own: split the mean vector by U.": (
                (R + e) * np.linalg.norm(v)
            ),
            "The radii are exchanged: R belongs to the span of U.": e * inside + R * outside,
            "The part outside the span of U is missing.": R * inside,
            "Both parts of w are free to point as they like, each with its own radius: their "
            "contributions add up, without squares.": math.hypot(R * inside, e * outside),
            "A vector of length R gives R times the norm, not R^2.": (
                R**2 * inside + e**2 * outside
            ),
            "Norms are wanted, not squared norms.": R * inside**2 + e * outside**2,
            "That is larger than signs allow: average eps x over the samples first, then take "
            "norms.": R * float(np.linalg.norm(X @ U.T, axis=1).mean()),
        }
        refuse(found, told, wanted)
        words = apart(found, wanted)
        require(
            near(found, wanted),
            f"Found {words[0]}, expected {words[1]} for k = {k}, R = {R} and e = {e}.",
        )


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
    rng = drawn(6)
    wide = rng.standard_normal((50, 5)) * [3.0, 1.0, 0.5, 0.1, 0.0]
    few = rng.standard_normal((30, 3)) * [2.0, 0.3, 1.0]
    for F, ridge in ((wide, 0.3), (few, 0.02), (wide, 1e-3)):
        n, m = F.shape
        values = np.linalg.eigvalsh(F.T @ F / n).clip(0)
        found = number(call(answer, F, ridge), "effective_dimension(F, ridge)")
        wanted = float((values / (values + ridge)).sum())
        told = {
            "Sigma is the mean of phi phi^T: divide F^T F by the number of samples.": float(
                (n * values / (n * values + ridge)).sum()
            ),
            "This counts the directions that the ridge takes away: s / (s + ridge) are left.": (
                float((ridge / (values + ridge)).sum())
            ),
            "Each direction has its own share s / (s + ridge); add the shares up.": float(
                values.sum() / (values.sum() + ridge)
            ),
            "Add up the shares, do not average them.": wanted / m,
            "This is the number of features, whatever they are.": float(m),
        }
        refuse(found, told, wanted, SOLVED)
        words = apart(found, wanted)
        require(
            near(found, wanted, SOLVED),
            f"Found {words[0]}, expected {words[1]}, for features with the second moments "
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
