"""Fewer students than teachers: all but one copy a teacher, the last averages the others."""

from __future__ import annotations

import numpy as np

from ...theory import I2, I3
from ..mechanism import Miniature, first_weights

TEACHERS, STEP = 5, 0.5


def _taken(W: np.ndarray) -> str:
    """How many teachers each student has taken: entries above 0.3 of its largest, sorted."""
    size = np.abs(W)
    counts = (size > 0.3 * size.max(axis=1, keepdims=True)).sum(axis=1)
    return " + ".join(map(str, sorted(counts)))


def _one(seed: int, students: int, steps: int) -> dict:
    """Gradient descent on the exact risk of erf students; teacher i is erf(x_i / sqrt 2)."""
    rng, k, n = np.random.default_rng(seed), TEACHERS, students
    W, a = 0.1 * first_weights(rng, n, k), 0.1 * first_weights(rng, n)
    rows, columns, fields = np.arange(n)[:, None], n + np.arange(k), np.arange(n + k)
    for _ in range(steps):
        Z, c = np.vstack([W, np.eye(k)]), np.r_[a, -np.ones(k)]
        C = Z @ Z.T  # covariance of all fields; those of the teachers are the inputs themselves
        W = W - STEP * a[:, None] * (I3(C, rows[:, None], columns[:, None], fields) @ c)
        a = a - STEP * I2(C, rows, fields) @ c
    risk = float(c @ I2(C, fields[:, None], fields) @ c / 2)
    return {"teachers taken": _taken(W), "risk": risk}


MINIATURE = Miniature(
    claim="of n students of more teachers n - 1 copy one each and the last averages the rest",
    control="there are as many students as teachers and nothing is left to average",
    not_shown="that this point is the best one (the paper shows it for some activations), or other "
    "activations than erf; the risk is the exact one, without samples.",
    cases={
        "fast": [{"students": 3, "steps": 4000}],
        "full": [{"students": n, "steps": 5000} for n in (2, 3)],
    },
    broken={"students": 5},
    one=_one,
    measures=("risk",),
    numbers=lambda table: "; ".join(
        f"{row['students']} students take {row['teachers taken']} of 5 teachers in {row['seeds']} "
        f"runs, at risk {row['risk']:.4f} [{row['risk least']:.4f}, {row['risk most']:.4f}]"
        for _, row in table.iterrows()
    ),
    seeds=4,
)
run = MINIATURE.run
