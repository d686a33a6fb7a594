"""Kernel ridge regression in the metric of its own gradient outer product learns features."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.spatial.distance import cdist

from ...estimators import largest_angle
from ...kernels import kernel_ridge
from ...risk import r_squared
from ...settings import Settings
from ..mechanism import Chart, Miniature, lines, spread

LENGTH, RIDGE, SHOWN = 8.0, 1e-3, (0, 1, 2, 3, 5)


def _laplace(root: np.ndarray, X: np.ndarray, Z: np.ndarray) -> np.ndarray:
    """exp(-|x - z|_M / L) with M = root root^T."""
    return np.exp(-cdist(X @ root, Z @ root) / LENGTH)


def _gradient_outer_product(X: np.ndarray, weights: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Mean of grad f grad f^T; grad f(x) = sum_z w_z k(x, z) M (z - x) / (L |x - z|_M)."""
    distance = cdist(X @ root, X @ root)
    np.fill_diagonal(distance, np.inf)
    C = np.exp(-distance / LENGTH) / (LENGTH * distance) * weights
    G = (C @ X - C.sum(axis=1)[:, None] * X) @ (root @ root.T)
    return G.T @ G / len(X)


def _one(seed: int, d: int, n: int, learn: bool = True) -> list[dict]:
    """R^2 on fresh inputs, and the angle of the metric's top directions, by repetition."""
    target = Settings(d=d, k=2, link="product", noise=0.1, seed=seed).target()
    rng = np.random.default_rng([seed, 0xF4])
    (X, y), (test, _) = target.sample(n, rng), target.sample(2000, rng)
    truth, root, rows = target.mean(target.project(test)), np.eye(d), []
    for step in range(SHOWN[-1] + 1):
        fit = kernel_ridge(partial(_laplace, root), X, y, RIDGE)
        if step in SHOWN:
            angle = largest_angle(np.linalg.svd(root)[0].T, target.directions)
            rows.append({"step": step, "R2": r_squared(fit.predict(test), truth), "angle": angle})
        if learn:
            M = _gradient_outer_product(X, fit.coefficients, root)
            values, vectors = np.linalg.eigh(M * d / np.trace(M))
            root = vectors * np.sqrt(np.maximum(values, 0))
    return rows


MINIATURE = Miniature(
    claim="kernel ridge regression in the metric of its own gradients, repeated, learns features",
    control="the metric is not learned",
    not_shown="that a network does the same step by step, or targets whose first fit has no "
    "gradient in U.",
    cases={
        "fast": [{"d": 50, "n": 1000}],
        "full": [{"d": 50, "n": n} for n in (500, 1000, 2000)],
    },
    broken={"learn": False},
    one=_one,
    measures=("R2", "angle"),
    numbers=lambda table: (
        "R2 goes from "
        + " to ".join(spread(table, "R2", n=1000, step=t) for t in (0, 5))
        + " in five repetitions, the angle between its top two directions and U to "
        + spread(table, "angle", ".0f", n=1000, step=5)
        + " degrees"
    ),
    chart=lambda table, curves: Chart(
        lines(table, "step", "R2", ["n"], "n = {}"), "R2 on fresh inputs", "repetition", "R2"
    ),
)
run = MINIATURE.run
