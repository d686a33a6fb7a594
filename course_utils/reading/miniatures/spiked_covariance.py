"""One neuron learns a cubic without linear part sooner if the inputs are long along u."""

from __future__ import annotations

import numpy as np

from ...compiled import compiled
from ...inputs import input_law
from ..mechanism import Chart, Miniature, first_weights, lines, spread

OVERLAP, LIMIT, STEP = 0.5, 400, 0.03  # of w with u; most samples, in d
ROOT_6 = np.sqrt(6)


@compiled
def _train(w, X, z, v, theta, step):
    """Spherical SGD on -y he3(q), y = he3(z), q = <w, x> over its standard deviation s.

    The inputs are N(0, I + theta v v^T), so that s^2 = 1 + theta <w, v>^2.
    """
    for t in range(len(X)):
        along = w @ v
        s = np.sqrt(1 + theta * along * along)
        q = (w @ X[t]) / s
        g = (z[t] ** 3 - 3 * z[t]) / ROOT_6 * (3 * q * q - 3) / ROOT_6 / s
        w += step * g * (X[t] - q / s * (w + theta * along * v))
        w /= np.sqrt(w @ w)


def _one(seed: int, d: int, power: float, aligned: bool = True) -> dict:
    """Samples, in d, until <w, u> is 0.5 for a spike of d^power (none for -1) along u = e_1."""
    rng = np.random.default_rng(seed)
    law = input_law(f"spiked:{d**power if power >= 0 else 0}:{int(aligned)}")
    w, v = first_weights(rng, d), np.eye(d)[0 if aligned else 1]
    w *= np.sign(w[0]) / np.linalg.norm(w)
    for done in range(2, LIMIT + 1, 2):
        X = law.sample(2 * d, d, rng, v)
        _train(w, X, X[:, 0] / law.deviations(1)[0], v, law.stretch, STEP / d)
        if abs(w[0]) > OVERLAP:
            return {"samples / d": done}
    return {"samples / d": np.inf}


NAMES = {-1.0: "no spike", 0.5: "a spike of d^0.5", 0.8: "a spike of d^0.8"}


MINIATURE = Miniature(
    claim="a spike of the covariance along u saves most of the samples that the information "
    "exponent of a cubic costs",
    control="the spike stands at a right angle to u",
    not_shown="that plain spherical SGD fails, which the normalisation by the inputs' spread here "
    "repairs, and what kernels gain from a spike.",
    cases={
        size: [{"power": power, "d": d} for power in NAMES for d in dimensions]
        for size, dimensions in (("fast", (50, 200)), ("full", (50, 100, 200, 400)))
    },
    broken={"aligned": False},
    one=_one,
    measures=("samples / d",),
    numbers=lambda table: (
        "samples / d to an overlap of 0.5 at d = 200 are "
        + ", ".join(
            f"{spread(table, 'samples / d', '.0f', power=power, d=200)} with {words}"
            for power, words in NAMES.items()
        )
    ),
    chart=lambda table, curves: Chart(
        lines(table, "d", "samples / d", ["power"], "power {:g}"),
        "Samples to overlap 0.5",
        "d",
        "samples / d",
        True,
        True,
    ),
    seeds=5,
)
run = MINIATURE.run
