"""Giant full-batch steps put a spike, then a heavy tail, into the spectrum of the first layer."""

from __future__ import annotations

import numpy as np

from ...algorithm1 import features, second_layer_ridge
from ...networks import TwoLayerNet
from ...risk import r_squared
from ...settings import Settings
from ...theory import risk_gradient
from ..mechanism import Chart, Miniature, first_weights, spread

D, N, WIDTH = 200, 800, 300


def _one(seed: int, steps: int, step: float = 1000.0) -> dict:
    """Eigenvalues of W'W / m, and R^2 of ridge regression on the features, after giant steps."""
    target = Settings(d=D, link="tanh", k=1, noise=0.1, seed=seed).target()
    rng = np.random.default_rng([seed, 0x7A11])
    X, y = target.sample(N, rng)
    a = rng.choice([-1.0, 1.0], WIDTH) / np.sqrt(WIDTH)
    net = TwoLayerNet(first_weights(rng, WIDTH, D) / np.sqrt(D), a, np.zeros(WIDTH), "tanh")
    for _ in range(steps):
        net = net.replace(W=net.W - step / D * risk_gradient(net, "square", X, y))
    values = np.linalg.svd(net.W, compute_uv=False) ** 2 * D / WIDTH
    edge = (1 + np.sqrt(D / WIDTH)) ** 2  # where the bulk of random weights ends
    top = values[: D // 10 + 1]
    test, truth = target.sample(2000, rng)
    ridge = second_layer_ridge(features(net, X), y, [1e-5])[:, 0]
    return {
        "outliers": int((values > 1.05 * edge).sum()),
        "tail exponent": (len(top) - 1) / np.log(top[:-1] / top[-1]).sum(),
        "R2": r_squared(features(net, test) @ ridge, truth),
        "curves": {f"steps: {steps}": (np.arange(1, D + 1), values)},
    }


MINIATURE = Miniature(
    claim="one giant full-batch step makes a spike in the spectrum of the first layer, several "
    "make a heavy tail",
    control="the steps are a thousand times smaller",
    not_shown="that a heavy tail helps: here the spike helps and the tail does not; nor the "
    "optimisers of the paper other than gradient descent.",
    cases={
        "fast": [{"steps": t} for t in (0, 1, 10)],
        "full": [{"steps": t} for t in (0, 1, 2, 5, 10, 20)],
    },
    broken={"step": 1.0},
    one=_one,
    measures=("outliers", "tail exponent", "R2"),
    numbers=lambda table: "; ".join(
        f"after {t} step{'s' * (t != 1)} {spread(table, 'outliers', '.0f', steps=t)} eigenvalues "
        f"lie outside the bulk, tail exponent {spread(table, 'tail exponent', '.1f', steps=t)}, "
        f"R2 of ridge on the features {spread(table, 'R2', steps=t)}"
        for t in (0, 1, 10)
    ),
    chart=lambda table, curves: Chart(
        curves, "Eigenvalues of W'W / m", "rank", "eigenvalue", True, True
    ),
)
run = MINIATURE.run
