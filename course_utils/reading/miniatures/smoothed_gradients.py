"""Gradients of the label, smoothed around many centres, span the subspace at the rate n^-1/2."""

from __future__ import annotations

import numpy as np

from ...estimators import largest_angle
from ...inputs import gaussian
from ...settings import Settings
from ..mechanism import Chart, Miniature, lines, spread

CENTRES, VARIANCE = 400, 0.8


def _smoothed_gradients(X: np.ndarray, y: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Gradient at each centre c of E[y | x ~ N(c, v I)], from samples x ~ N(0, I).

    By Stein's lemma it is E[y w(x) (x - c)] / v with w the ratio of the densities.
    """
    squares = (X * X).sum(axis=1)[:, None]
    apart = squares + (centres * centres).sum(axis=1) - 2 * X @ centres.T
    ratio = np.exp(squares / 2 - apart / (2 * VARIANCE) - X.shape[1] / 2 * np.log(VARIANCE))
    weights = ratio * y[:, None] / len(X)
    return (weights.T @ X - weights.sum(axis=0)[:, None] * centres) / VARIANCE


def _one(seed: int, d: int, n: int, link: str = "product") -> dict:
    """Largest angle between U and the top directions of the mean outer product."""
    target = Settings(d=d, k=2, link=link, noise=0.1, seed=seed).target()
    rng = np.random.default_rng([seed, 0x5B0B])
    X, y = target.sample(n, rng)
    # centres such that x ~ N(c, v I) has the law of the inputs again
    G = _smoothed_gradients(X, y, np.sqrt(1 - VARIANCE) * gaussian(CENTRES, d, rng))
    vectors = np.linalg.eigh(G.T @ G)[1]
    return {"angle": largest_angle(vectors[:, ::-1].T, target.directions)}


def _numbers(table) -> str:
    ends = table["n"].min(), table["n"].max()
    rate = np.polyfit(np.log(table["n"]), np.log(table["angle"]), 1)[0]
    each = (f"{spread(table, 'angle', '.1f', n=n)} at n = {n}" for n in ends)
    return f"the largest angle in degrees is {', '.join(each)}, falling like n^{rate:.2f}"


MINIATURE = Miniature(
    claim="the outer product of smoothed gradients finds all of the subspace at the rate n^-1/2",
    control="labels are noise",
    not_shown="inputs of heavier tails, or the constant d^r for links of degree r.",
    cases={
        size: [{"d": 10, "n": n} for n in counts]
        for size, counts in (("fast", (1000, 4000, 16000)), ("full", (1000, 4000, 16000, 64000)))
    },
    broken={"link": "none"},
    one=_one,
    measures=("angle",),
    numbers=_numbers,
    chart=lambda table, curves: Chart(
        lines(table, "n", "angle", ["d"], "d = {}"),
        "Angle to the subspace",
        "samples n",
        "degrees",
        True,
        True,
    ),
    seeds=5,
)
run = MINIATURE.run
