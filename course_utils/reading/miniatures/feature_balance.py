"""More students than teachers: they group around the teachers and share their norms."""

from __future__ import annotations

import numpy as np

from ..mechanism import Miniature, first_weights, spread

D, TEACHERS = 10, 2


def _pull(W: np.ndarray, Z: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """Gradient in w of the sum over z of sign E[relu(<w, x>) relu(<z, x>)], for each row w.

    With th the angle of w and z it is (|z| sin(th) w / |w| + (pi - th) z) / 2 pi (Cho, Saul 2009).
    """
    w, z = (np.linalg.norm(A, axis=1) for A in (W, Z))
    angle = np.arccos(np.clip(W @ Z.T / np.outer(w, z), -1, 1))
    return ((np.sin(angle) @ (sign * z) / w)[:, None] * W + (np.pi - angle) * sign @ Z) / (
        2 * np.pi
    )


def _one(seed: int, students: int, steps: int, start: float = 1e-3, negative: int = 0) -> dict:
    """Gradient descent on the population risk of a sum of ReLU students, from small weights."""
    W = start * first_weights(np.random.default_rng(seed), students, D)
    V, sign = np.eye(TEACHERS, D), np.r_[-np.ones(negative), np.ones(students - negative)]
    for _ in range(steps):
        W -= 0.05 * sign[:, None] * (_pull(W, W, sign) - _pull(W, V, np.ones(TEACHERS)))
    norms = np.linalg.norm(W, axis=1)
    cosines = W @ V.T / norms[:, None]
    sums = np.bincount(cosines.argmax(axis=1), norms, TEACHERS)
    return {
        "worst cosine": cosines.max(axis=1).min(),
        "worst sum of norms": sums[np.abs(sums - 1).argmax()],
    }


MINIATURE = Miniature(
    claim="students from small weights group around teachers and share each one's norm",
    control="half of the students enter with a minus sign and start large",
    not_shown="noise, samples, or teachers that are not orthogonal: the gradient is that of the "
    "population risk.",
    cases={
        "fast": [{"students": 6, "steps": 4000}],
        "full": [{"students": m, "steps": 6000} for m in (6, 12)],
    },
    broken={"start": 1.0, "negative": 3},
    one=_one,
    measures=("worst cosine", "worst sum of norms"),
    numbers=lambda table: (
        "the worst cosine of a student to its teacher is "
        + spread(table, "worst cosine", ".3f", students=6)
        + ", and the norms of each group add up to "
        + spread(table, "worst sum of norms", ".3f", students=6)
        + " times its teacher's"
    ),
)
run = MINIATURE.run
