"""A run as the tables that views over time are bound to."""

from __future__ import annotations

import math

import numpy as np

from ..run import Run
from .views import Table

SHOWN = 200  # neurons drawn: an eye sees no more than some hundred points
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


def coordinates(k: int) -> tuple[int, int]:
    """The two columns of ``Run.neurons`` that are drawn.

    Parameters
    ----------
    k : int
        Hidden directions.

    Returns
    -------
    tuple of int
        u_1 and u_2, or for k = 1 u_1 and outside.
    """
    return (0, 1) if k > 1 else (0, 2)


def of_run(run: Run, key: object = None) -> Table:
    """The record of a run, one row a recorded moment.

    Columns, with q singular values and at most 200 neurons: ``left`` (sample count on the axis),
    ``perpendicular``, ``parallel``, ``risk``, ``angles`` (k, degrees), ``singular`` (q) and its
    parts ``signal`` (k) and ``bulk`` (q - k), ``neurons`` (neurons, 2). Curves are medians over
    seeds; with several seeds "risk low" and "risk high" are the smallest and the largest, and so
    on.

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
        neurons = run.neurons if run.seeds is None else run.neurons[0]
        picked = slice(None, None, max(1, neurons.shape[1] // SHOWN))
        made["neurons"] = neurons[part, picked][:, :, coordinates(k)].astype(np.float32)
        return made

    return Table(run.samples, rows, key)


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
