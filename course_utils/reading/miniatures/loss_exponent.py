"""The loss decides what gradients can ask: Huber finds a cubic that the square loss hardly sees."""

from __future__ import annotations

import numpy as np

from ...record import online_sgd
from ...settings import Settings
from ..mechanism import Miniature, spread


def _one(seed: int, loss: str, link: str, d: int, samples: int, clip: bool = True) -> dict:
    """Angle to u, and both parts of W, after SGD with the decreasing schedule."""
    settings = Settings(
        d=d,
        k=1,
        link=link,
        width=100,
        loss=loss if clip else "square",
        weight_decay=0.5,
        step=1.0,
        schedule="decreasing",
        seed=seed,
    )
    end = online_sgd(settings, samples, checkpoints=1).at(-1)
    return {
        "angle": float(np.degrees(end.angles[0])),
        "parallel": end.parallel,
        "perpendicular": end.perpendicular,
    }


def _numbers(table) -> str:
    told = []
    for link in table["link"].unique():
        each = (
            f"{spread(table, 'angle', '.0f', link=link, loss=loss)} with the {name} loss"
            for name, loss in (("Huber", "huber"), ("square", "square"))
        )
        told.append(f"the angle to u in degrees, link {link}, is {' and '.join(each)}")
    return "; ".join(told)


MINIATURE = Miniature(
    claim="a loss that clips the label finds a cubic without linear part, which the square loss "
    "hardly sees",
    control="both losses are the square loss",
    not_shown="sparse functions of bits, or that no method can do better; one dimension and one "
    "number of samples.",
    cases={
        size: [
            {"loss": loss, "link": link, "d": 100, "samples": 20_000}
            for link in links
            for loss in ("huber", "square")
        ]
        for size, links in (("fast", ("he3",)), ("full", ("he3", "tanh")))
    },
    broken={"clip": False},
    one=_one,
    measures=("angle", "parallel", "perpendicular"),
    numbers=_numbers,
    seeds=5,
)
run = MINIATURE.run
