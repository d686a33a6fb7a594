"""A run as the tables that views over time are bound to."""

from __future__ import annotations

import math

import numpy as np

from ..run import Run
from .views import Table

NUMBERS = 600  # that tell the neurons of one moment: an eye sees no more than some hundred points
FEW = 60  # moments at which the neurons of the run before are told
TINY = 1e-9  # stands for a singular value of zero on a log axis


def first_decade(d: int) -> int:
    """Where the axis of samples begins, at d / 10.

    Parameters
    ----------
    d : int
        Input dimension.

    Returns
    -------
    int
        A power of ten, as its exponent.
    """
    return math.floor(math.log10(max(1.0, d / 10)))


def on_axis(samples: np.ndarray, d: int) -> np.ndarray:
    """Sample counts where curves are drawn.

    Parameters
    ----------
    samples : (n,) ndarray
        Sample counts.
    d : int
        Input dimension.

    Returns
    -------
    (n,) ndarray
        What is before the axis, t = 0 above all, stands at its end.
    """
    return np.maximum(samples, 10.0 ** first_decade(d))


def seen(run: Run, part: slice = slice(None)) -> np.ndarray:
    """The neurons that are drawn, evenly picked.

    Parameters
    ----------
    run : Run
        What was recorded; of several seeds, the first.
    part : slice
        Which moments; left out, all.

    Returns
    -------
    (n, neurons, q + 1) ndarray
        Part of ``run.neurons``.
    """
    neurons = run.neurons if run.seeds is None else run.neurons[0]
    width = neurons.shape[1]
    count = min(width, NUMBERS // neurons.shape[2])
    every = slice(None) if count == width else np.arange(count) * width // count
    return neurons[part, every]


def of_run(run: Run, key: object = None) -> Table:
    """The record of a run, one row a recorded moment.

    Columns, with q singular values: ``left`` (sample count on the axis),
    ``perpendicular``, ``parallel``, ``risk``, ``angles`` (k, degrees), ``singular`` (q) and its
    parts ``signal`` (k) and ``bulk`` (q - k); of the neurons that ``seen`` picks, ``inside``
    (neurons, directions) and ``outside`` (neurons), with their largest in size, ``widest`` and
    ``highest``. Curves are medians over seeds; with several
    seeds "risk low" and "risk high" are the smallest and the largest, and so on.

    Parameters
    ----------
    run : Run
        What was recorded.
    key : object
        What the rows belong to; see Table.

    Returns
    -------
    Table
        Columns of a part of the run cost no more than that part.
    """
    k = run.settings.k
    names = ("perpendicular", "parallel", "risk", "angles")

    def rows(part: slice) -> dict[str, np.ndarray]:
        made = {"samples": run.samples[part].astype(float)}
        made["left"] = on_axis(made["samples"], run.settings.d)
        for name in names:
            unit = 180 / np.pi if name == "angles" else 1.0
            made[name] = run.quantiles(name, part=part) * unit
            if run.seeds:
                low, high = run.quantiles(name, (0, 1), part)
                made[f"{name} low"], made[f"{name} high"] = low * unit, high * unit
        made["singular"] = np.maximum(run.quantiles("singular_values", part=part), TINY)
        made["signal"], made["bulk"] = made["singular"][:, :k], made["singular"][:, k:]
        neurons = seen(run, part)
        made["inside"], made["outside"] = neurons[..., :-1], neurons[..., -1]
        made["widest"] = np.abs(made["inside"]).max((1, 2))
        made["highest"] = made["outside"].max(1)
        return made

    return Table(run.samples, rows, key)


def of_few(run: Run, key: object = None) -> Table:
    """The same at 60 moments at most, evenly picked with the first and the last among them.

    Parameters
    ----------
    run : Run
        What was recorded.
    key : object
        What the rows belong to; see Table.

    Returns
    -------
    Table
        Columns as those of ``of_run``.
    """
    every = np.unique(np.linspace(0, len(run) - 1, FEW).round().astype(int))
    whole = of_run(run)

    def rows(part: slice) -> dict[str, np.ndarray]:
        few = [whole.rows(slice(i, i + 1)) for i in every[part]] or [whole.rows(slice(0))]
        return {name: np.concatenate([row[name] for row in few]) for name in few[0]}

    return Table(run.samples[every], rows, key)


def of_prediction(predicted: np.ndarray, d: int, key: object = None) -> Table:
    """The predicted W_perp; columns ``left`` (sample count on the axis) and ``perpendicular``.

    Parameters
    ----------
    predicted : (2, n) ndarray
        Sample counts and values.
    d : int
        Input dimension.
    key : object
        What the rows belong to; see Table.

    Returns
    -------
    Table
        One row a point of the curve.
    """
    times, values = predicted

    def rows(part: slice) -> dict[str, np.ndarray]:
        t = times[part]
        return {"samples": t, "left": on_axis(t, d), "perpendicular": values[part]}

    return Table(times, rows, key)
