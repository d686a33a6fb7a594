"""While SGD trains, W'W grows like the mean outer product of the network's gradients."""

from __future__ import annotations

import numpy as np

from ...activations import ACTIVATIONS
from ...engine.online import OnlineSGD
from ...inputs import gaussian
from ...networks import TwoLayerNet
from ...settings import Settings
from ..mechanism import Miniature, spread

D, SAMPLES = 50, 20_000


def _gradient_outer_product(net: TwoLayerNet, X: np.ndarray) -> np.ndarray:
    """Mean of grad f grad f^T over inputs, grad f(x) = W^T (a o sigma'(W x + b))."""
    G = (net.a * ACTIVATIONS[net.activation].slope(X @ net.W.T + net.b)) @ net.W
    return G.T @ G / len(X)


def _cosine(A: np.ndarray, B: np.ndarray) -> float:
    return float(np.vdot(A, B) / (np.linalg.norm(A) * np.linalg.norm(B)))


def _one(seed: int, weight_decay: float, link: str = "chain") -> dict:
    """Cosine of W'W and the gradient outer product, before and after SGD on a chain."""
    settings = Settings(d=D, k=2, link=link, weight_decay=weight_decay, seed=seed)
    sim = OnlineSGD(settings, sampling="plain")
    X = gaussian(4000, D, np.random.default_rng([seed, 0xA60B]))
    before = _cosine(sim.W.T @ sim.W, _gradient_outer_product(sim.net, X))
    sim.advance(SAMPLES)
    return {
        "before": before,
        "after": _cosine(sim.W.T @ sim.W, _gradient_outer_product(sim.net, X)),
    }


MINIATURE = Miniature(
    claim="SGD aligns W'W with the mean outer product of the network's gradients",
    control="labels are noise",
    not_shown="that alignment makes the network learn, or deeper layers; the correlation with "
    "inputs of other laws than N(0, I).",
    cases={
        size: [{"weight_decay": decay} for decay in decays]
        for size, decays in (("fast", (0.0, 0.05)), ("full", (0.0, 0.01, 0.05, 0.2)))
    },
    broken={"link": "none"},
    one=_one,
    measures=("before", "after"),
    numbers=lambda table: (
        "their cosine goes "
        + " and ".join(
            f"from {spread(table, 'before', weight_decay=decay)} "
            f"to {spread(table, 'after', weight_decay=decay)} with weight decay {decay:g}"
            for decay in (0.0, 0.05)
        )
    ),
    seeds=5,
)
run = MINIATURE.run
