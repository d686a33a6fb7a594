"""How far a network is from its linearisation, for outputs scaled by alpha, after time T."""

from __future__ import annotations

import numpy as np

from ...inputs import gaussian
from ...kernels import empirical_ntk
from ...networks import TwoLayerNet
from ...theory import risk_gradient
from ..mechanism import Chart, Miniature, first_weights, lines, spread

N, D, WIDTH, STEP = 30, 10, 100, 0.2
TIMES = (10, 40, 160)


def _one(seed: int, alpha: float, scaled: bool = True) -> list[dict]:
    """Root mean square of alpha (f_t - f_0) minus what its linearisation does, on the samples.

    Gradient descent with small steps on the mean of (alpha (f - f_0) - y)^2 / 2 alpha^2, labels
    coin flips; the linearisation takes the same steps.
    """
    rng = np.random.default_rng(seed)
    X, y = gaussian(N, D, rng) / np.sqrt(D), rng.choice([-1.0, 1.0], N)
    a = rng.choice([-1.0, 1.0], WIDTH) / np.sqrt(WIDTH)
    net = TwoLayerNet(first_weights(rng, WIDTH, D), a, np.zeros(WIDTH), "tanh")
    start, factor = net(X), alpha if scaled else 1.0
    values, vectors = np.linalg.eigh(empirical_ntk(net, "W")(X) / N)
    rows, moments = [], [round(T / STEP) for T in TIMES]
    for t in range(moments[-1] + 1):
        if t in moments:
            line = vectors @ ((1 - (1 - STEP * values) ** t) * (vectors.T @ y))
            off = np.sqrt(np.mean((factor * (net(X) - start) - line) ** 2))
            rows.append({"T": TIMES[len(rows)], "off": off})
        # the square loss of labels f_0 + y / alpha is that of alpha (f - f_0), over alpha^2
        net = net.replace(W=net.W - STEP * risk_gradient(net, "square", X, start + y / factor))
    return rows


MINIATURE = Miniature(
    claim="a network whose outputs are scaled by alpha stays linear until a time of the order of "
    "alpha, not of its root",
    control="outputs are not scaled",
    not_shown="that no smaller scaling is enough for every network (the paper's lower bound), or "
    "labels that can be learned: those here are coin flips, so that the residual stays.",
    cases={
        "fast": [{"alpha": alpha} for alpha in (1.0, 4.0, 16.0)],
        "full": [{"alpha": alpha} for alpha in (1.0, 4.0, 16.0, 64.0, 256.0)],
    },
    broken={"scaled": False},
    one=_one,
    measures=("off",),
    numbers=lambda table: (
        "the distance of outputs from those of the linearisation is "
        + ", ".join(
            f"{spread(table, 'off', '.4f', alpha=alpha, T=T)} at T = {T}, alpha = {alpha}"
            for alpha, T in ((1, 10), (1, 40), (1, 160), (4, 160), (16, 160))
        )
    ),
    chart=lambda table, curves: Chart(
        lines(table, "T", "off", ["alpha"], "alpha = {:g}"),
        "Distance from the linearisation",
        "T",
        "root mean square",
        True,
        True,
    ),
)
run = MINIATURE.run
