"""Linear regression, repeated in the metric of its own gradients, completes a low-rank matrix."""

from __future__ import annotations

import numpy as np

from ..mechanism import Chart, Miniature, first_weights, lines, spread

RANK, SHARE = 2, 0.4  # of the matrix, and of entries that are seen
SHOWN = (0, 5, 10, 20, 39)


def _complete(Y: np.ndarray, seen: np.ndarray, M: np.ndarray) -> np.ndarray:
    """Row by row the z with the smallest z M^-1 z^T that has the entries that are seen."""
    Z = np.zeros_like(Y)
    for row, y, known in zip(Z, Y, seen, strict=True):
        o = np.flatnonzero(known)
        row[:] = M[:, o] @ np.linalg.solve(M[np.ix_(o, o)] + 1e-10 * np.eye(len(o)), y[o])
    return Z


def _one(seed: int, n: int, shrink: float = 0.75, learn=True) -> list:
    """Error on unseen entries, relative to their size, after each repetition."""
    rng = np.random.default_rng(seed)
    Y = first_weights(rng, n, RANK) @ first_weights(rng, RANK, n) / np.sqrt(RANK)
    seen, M, errors = rng.random((n, n)) < SHARE, np.eye(n), []
    for t in range(SHOWN[-1] + 1):
        Z = _complete(Y, seen, M)
        errors.append(np.linalg.norm((Z - Y)[~seen]) / np.linalg.norm(Y[~seen]))
        if learn:  # the outer product of gradients, made invertible by an ever smaller ridge
            M = Z.T @ Z / n + shrink**t * np.eye(n)
    return [{"step": t, "error": errors[t]} for t in SHOWN]


MINIATURE = Miniature(
    claim="regression in the metric of its own gradients, repeated, recovers a low-rank matrix",
    control="the metric is not learned and regression is only repeated",
    not_shown="noise, rates, or a deep network; the ridge of the metric must shrink slowly "
    "(by 3/4 a step here; halved each time, it sticks).",
    cases={
        "fast": [{"n": 30}],
        "full": [{"n": n} for n in (30, 60)],
    },
    broken={"learn": False},
    one=_one,
    measures=("error",),
    numbers=lambda table: (
        "relative error on entries that were not seen "
        + ", ".join(f"{spread(table, 'error', n=30, step=t)} at step {t}" for t in SHOWN[::2])
    ),
    chart=lambda table, curves: Chart(
        lines(table, "step", "error", ["n"], "{0} x {0}"),
        "Error on unseen entries",
        "step",
        "relative error",
        ylog=True,
    ),
    seeds=5,
)
run = MINIATURE.run
