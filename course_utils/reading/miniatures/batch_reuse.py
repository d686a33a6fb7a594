"""A sample that is seen twice tells one neuron what no fresh sample tells it."""

from __future__ import annotations

import numpy as np

from ...compiled import compiled
from ...inputs import gaussian
from ...links import LINKS
from ..mechanism import Chart, Miniature, first_weights, lines, spread

OVERLAP, LIMIT, BIAS = 0.5, 500, 1.0  # reached when |<w, u>| is this; most samples, in d


@compiled
def _train(w, X, y, step, again):
    """Spherical SGD on the correlation loss -y relu(<w, x> + 1), one sample after the other.

    Each gradient is taken a trial step again / d along the sample's own first gradient: the sample
    is seen a second time. With again = 0 it is seen once.
    """
    for t in range(len(X)):
        q = w @ X[t] + BIAS
        moved = again / len(w) * y[t] * (q > 0) * (X[t] @ X[t])
        w += step * y[t] * (q + moved > 0) * X[t]
        w /= np.sqrt(w @ w)


def _one(seed: int, d: int, looks: int, trial: float = 1.0) -> dict:
    """Fresh samples, in d, until the neuron has half of u = e_1; it starts on the better side."""
    rng = np.random.default_rng(seed)
    w = first_weights(rng, d)
    w *= -np.sign(w[0]) / np.linalg.norm(w)  # the side on which fresh samples help
    for done in range(1, LIMIT + 1):
        X = gaussian(d, d, rng)
        _train(w, X, LINKS["he3"](X[:, :1]), 0.05 / d, trial * (looks - 1))
        if abs(w[0]) > OVERLAP:
            return {"samples / d": done}
    return {"samples / d": np.inf}


MINIATURE = Miniature(
    claim="a cubic without linear part costs about d samples once each sample is seen twice",
    control="the trial step between the two looks has length zero",
    not_shown="passes over a fixed data set, which a wide network memorises; the trial step is "
    "taken back after the second look, and the neuron starts on its better side.",
    cases={
        size: [{"d": d, "looks": looks} for looks in (1, 2) for d in dimensions]
        for size, dimensions in (("fast", (50, 200)), ("full", (50, 100, 200, 400)))
    },
    broken={"trial": 0.0},
    one=_one,
    measures=("samples / d",),
    numbers=lambda table: (
        "fresh samples / d to an overlap of 0.5 at d = 50 and 200 are "
        + "; ".join(
            " and ".join(spread(table, "samples / d", ".0f", looks=looks, d=d) for d in (50, 200))
            + f" with {looks} look{'s' * (looks - 1)} at each"
            for looks in (1, 2)
        )
    ),
    chart=lambda table, curves: Chart(
        lines(table, "d", "samples / d", ["looks"], "looks at a sample: {}"),
        "Fresh samples to overlap 0.5",
        "d",
        "fresh samples / d",
        True,
        True,
    ),
    seeds=5,
)
run = MINIATURE.run
