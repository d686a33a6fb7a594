"""A product of two matrices, from tiny weights, learns one singular direction after another."""

from __future__ import annotations

import numpy as np

from ...directions import random_directions
from ..mechanism import Chart, Miniature, first_weights, spread

VALUES = (4.0, 2.0, 1.0)  # singular values of what is to be learned
VALUE = "singular value"
STEP, EVERY = 0.05, 5


def _one(seed: int, d: int, start: float = 1e-4) -> list[dict]:
    """Gradient descent on |U V - A|^2 / 2; when each singular value of U V is half grown."""
    rng = np.random.default_rng(seed)
    left, right = random_directions(3, d, rng), random_directions(3, d, rng)
    A = (left.T * VALUES) @ right
    U, V = start * first_weights(rng, 2, d, d)
    singular = []
    for t in range(901):
        product = U @ V
        if t % EVERY == 0:
            singular.append(np.linalg.svd(product, compute_uv=False)[:3])
        residual = product - A
        U, V = U - STEP * residual @ V.T, V - STEP * U.T @ residual
    steps, shares = EVERY * np.arange(len(singular)), np.array(singular) / VALUES
    half = np.argmax(shares > 0.5, axis=0)
    return [
        {
            VALUE: value,
            "half grown at": int(steps[half[i]]),
            "share of the next": shares[half[i], i + 1] if i < 2 else np.nan,
            "curves": {f"singular value {value:g}": (steps[:81], value * shares[:81, i])},
        }
        for i, value in enumerate(VALUES)
    ]


MINIATURE = Miniature(
    claim="from tiny weights the rank of a product of two matrices grows by one at a time",
    control="from weights that are not small the singular values grow together",
    not_shown="a transformer, attention, or any input: this is the linear core of the argument.",
    cases={"fast": [{"d": 20}], "full": [{"d": 20}, {"d": 60}]},
    broken={"start": 0.1},
    one=_one,
    measures=("half grown at", "share of the next"),
    numbers=lambda table: (
        "the singular values 4, 2 and 1 are half grown at steps "
        + ", ".join(spread(table, "half grown at", ".0f", d=20, **{VALUE: v}) for v in VALUES)
        + ", and when the first two are, the next one has "
        + " and ".join(
            spread(table, "share of the next", ".2%", d=20, **{VALUE: v}) for v in VALUES[:2]
        )
        + " of its size"
    ),
    chart=lambda table, curves: Chart(
        curves, "Singular values of the product", "step of gradient descent", "singular value"
    ),
)
run = MINIATURE.run
