"""A target whose terms add one coordinate at a time costs d samples; three at once cost d^2."""

from __future__ import annotations

import numpy as np

from ...settings import Settings
from ...sweep import samples_until
from ..mechanism import Chart, Miniature, lines, spread

ANGLE = np.radians(45)
FORMULAS = {"staircase": "z1 + z1 z2 + z1 z2 z3", "product": "z1 z2 z3"}


def _one(seed: int, link: str, d: int, first_steps: bool = True) -> dict:
    """Samples until the largest principal angle is 45 degrees; 30 ReLU neurons, square loss."""
    staircase = link == "staircase"
    settings = Settings(
        d=d,
        k=3,
        link=link if first_steps else "product",
        width=30,
        loss="square",
        weight_decay=0.0,
        noise=0.0,
        step=0.05 if staircase else 0.25 / np.sqrt(d),
        seed=seed,
    )
    run = samples_until(settings, ANGLE, 1500 * d if staircase else 60 * d * d)
    samples = np.inf if run.note else int(run.samples[-1])
    return {"samples / d": samples / d, "samples / d^2": samples / d**2}


def _numbers(table) -> str:
    told = []
    for link, unit in (("staircase", "samples / d"), ("product", "samples / d^2")):
        part = table[table["link"] == link]
        each = (f"{spread(part, unit, '.0f', d=d)} at d = {d}" for d in part["d"])
        told.append(f"{unit} until all of {FORMULAS[link]} is found are {', '.join(each)}")
    return "; ".join(told)


MINIATURE = Miniature(
    claim="terms that add one coordinate at a time are found in d samples, three new ones at once "
    "in d^2",
    control="the first two terms of the staircase are left out",
    not_shown="the saddles in between, targets of leap 2, or the exponent beyond d = 128.",
    cases={
        size: [{"link": "staircase", "d": d} for d in ds]
        + [{"link": "product", "d": d} for d in ds if d <= 64]
        for size, ds in (("fast", (16, 64)), ("full", (16, 32, 64, 128)))
    },
    broken={"first_steps": False},
    one=_one,
    measures=("samples / d", "samples / d^2"),
    numbers=_numbers,
    chart=lambda table, curves: Chart(
        lines(table, "d", "samples / d", ["link"], "{}"),
        "Samples to 45 degrees",
        "d",
        "samples / d",
        True,
        True,
    ),
)
run = MINIATURE.run
