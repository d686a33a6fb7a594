"""One tanh neuron on inputs of unequal variances: what counts is how many of them are large."""

from __future__ import annotations

import numpy as np

from ...engine.steps import sgd_steps
from ...inputs import gaussian
from ..mechanism import Chart, Miniature, first_weights, lines, spread

CORRELATION, LIMIT = 0.9, 100  # of <w, x> with <u, x>; most samples, in d
ACTIVE = 5  # coordinates on which u is


def _one(seed: int, d: int, power: float, where: str = "large") -> dict:
    """Samples of plain SGD on y = tanh(2 <u, x>), x ~ N(0, diag(i^-power)), until w has u."""
    rng = np.random.default_rng(seed)
    u, variances = np.zeros(d), np.arange(1, d + 1.0) ** -power
    u[slice(ACTIVE) if where == "large" else slice(-ACTIVE, None)] = first_weights(rng, ACTIVE)
    variances /= variances @ u**2  # so that <u, x> has variance 1
    total = variances.sum()
    w, samples = 0.2 * first_weights(rng, 1, d) / np.sqrt(total), 0
    block = max(5, int(total / variances.max() / 2))
    while samples < LIMIT * d:
        X = gaussian(block, d, rng) * np.sqrt(variances)
        y = np.tanh(2 * X @ u)
        sgd_steps(w, np.ones(1), np.zeros(1), X, y, 0.4 / total, 0.0, "tanh", "square")
        samples += block
        if (w[0] * variances) @ u > CORRELATION * np.sqrt(w[0] ** 2 @ variances):
            return {"effective d": total / variances.max(), "samples": samples}
    return {"effective d": total / variances.max(), "samples": np.inf}


def _numbers(table) -> str:
    ends = [table["d"].min(), table["d"].max()]
    return f"samples to a correlation of 0.9 at d = {ends[0]} and {ends[1]} are " + "; ".join(
        " and ".join(spread(table, "samples", ".0f", power=power, d=d) for d in ends)
        + f" with variances {law}"
        for power, law in ((0.0, "all equal"), (1.5, "i^-1.5"))
    )


MINIATURE = Miniature(
    claim="plain SGD needs samples for an effective dimension of the inputs, not for d",
    control="the label depends on the coordinates of smallest variance",
    not_shown="other links or any network; the label depends on coordinates of large variance, "
    "which the paper's condition on u asks for.",
    cases={
        size: [{"power": power, "d": d} for power in (0.0, 1.5) for d in dimensions]
        for size, dimensions in (("fast", (50, 200)), ("full", (50, 200, 800, 3200)))
    },
    broken={"where": "small"},
    one=_one,
    measures=("effective d", "samples"),
    numbers=_numbers,
    chart=lambda table, curves: Chart(
        lines(table, "d", "samples", ["power"], "variances i^-{:g}"),
        "Samples to correlation 0.9",
        "d",
        "samples",
        True,
        True,
    ),
    seeds=5,
)
run = MINIATURE.run
