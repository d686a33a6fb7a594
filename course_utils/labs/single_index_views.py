"""The views of SingleIndexLab, and the table that they are bound to."""

from __future__ import annotations

import math

import numpy as np

from ..line_tests import DEGREES
from . import charts
from .figures import cursor, step_up
from .look import COLOURS, DASHES, GREY, INK
from .marks import band, marked, outline, path, points
from .race import lowest_r2
from .single_index_curves import STOPS, Learning
from .views import Figure, Table, column

EDGE = 3.7  # z beyond which a function is not drawn
BESIDE = {"x": 1.02, "xanchor": "left", "y": 1, "yanchor": "top"}  # the curves, not over them
CURVES = (("curve", "both phases"), ("old_curve", "old biases"), ("first_curve", "phase 1 alone"))
MARKS = (0.3, 1, 3, 10, 30, 100)
NAMES = {  # what can differ from the experiment before: its name
    "link": "link",
    "d": "d",
    "noise": "noise",
    "width": "width",
    "loss": "loss",
    "weight_decay": "decay",
    "bias": "biases",
}


def reach_told(reach: float) -> str:
    """Where the knob of the reach stands, in words.

    Parameters
    ----------
    reach : float
        0 for the rule.

    Returns
    -------
    str
        Such as "0.5".
    """
    return f"{reach:g}" if reach else "rule"


def passes_told(passes: int) -> str:
    """How phase 2 finds the second layer, in words.

    Parameters
    ----------
    passes : int
        0 for the exact solution.

    Returns
    -------
    str
        Such as "10 passes of SGD".
    """
    return f"{passes} pass{'es' * (passes > 1)} of SGD" if passes else "solved"


def tables(learning: Learning) -> dict[str, Table]:
    """What the first seed has learned, one row a sample count.

    Parameters
    ----------
    learning : Learning
        What was measured.

    Returns
    -------
    dict of str to Table
        "record", with the columns ``left`` (T / d), ``curve``, ``old_curve``, ``first_curve``
        (points of z), ``kinks`` (m), ``coefficients`` and ``allowed`` (degrees).
    """
    shown, inside = learning.shown, np.abs(learning.z) <= EDGE
    j = np.arange(DEGREES + 1)

    def rows(part: slice) -> dict[str, np.ndarray]:
        some = shown[part]
        n = len(some)
        made = {name: np.array([getattr(r, name)[inside] for r in some]) for name, _ in CURVES}
        made = {name: v.reshape(n, inside.sum()) for name, v in made.items()}
        made["samples"] = np.array([float(r.samples) for r in some])
        made["left"] = made["samples"] / learning.settings.d
        made["kinks"] = np.array([r.kinks for r in some]).reshape(n, learning.settings.width)
        made["coefficients"] = np.array([r.coefficients for r in some]).reshape(n, len(j))
        rho = np.cos([r.angle for r in some]).reshape(n, 1)
        made["allowed"] = learning.c * rho ** (2 * j)
        return made

    return {"record": Table(learning.samples, rows, learning.key)}


def views(learning: Learning) -> list[Figure]:
    """The function, R^2 against T / d, the angle, and the degrees.

    Parameters
    ----------
    learning : Learning
        What was measured.

    Returns
    -------
    list of Figure
        The first and the last are bound to the row that is looked at.
    """
    return [_function(learning), _r2(learning), _angle(learning), _degrees(learning)]


def _function(learning: Learning) -> Figure:
    inside = np.abs(learning.z) <= EDGE
    z, truth = learning.z[inside], learning.truth[inside]
    low, high = charts.label_range(truth[np.abs(z) <= 3.2])
    traces, reach = [], learning.shown[-1].reach
    for i, side in enumerate((-1, 1) if reach < EDGE else ()):
        ends = [side * reach, side * 2 * EDGE]
        shade = outline([*ends, *ends[::-1]], [2 * low, 2 * low, 2 * high, 2 * high], GREY)
        traces.append(shade | {"name": "no kinks here", "showlegend": i == 0})
    traces.append(path(z, truth, "f", INK, "solid", 3))
    looks = list(zip(CURVES, COLOURS, DASHES, strict=False))
    traces += [path(z, column(n, at="now"), name, c, dash) for (n, name), c, dash in looks[::-1]]
    height = np.full(learning.settings.width, low + 0.03 * (high - low))
    rug = {"opacity": 0.5, "hovertemplate": "a neuron bends at %{x:.2f}<extra></extra>"}
    traces.append(points(column("kinks", at="now"), height, "kinks", GREY, 4, **rug))
    layout = {
        "title": "Learned along u, one seed",
        "xaxis": {"range": [-EDGE, EDGE], "title": "z = ⟨u, x⟩"},
        "yaxis": {"range": [low, high], "title": "y"},
        "legend": BESIDE,
    }
    return Figure("function", traces, layout)


def _time_axis(learning: Learning) -> dict:
    return {
        "type": "log",
        "range": [math.log10(0.25), math.log10(130)],
        "title": f"samples T / d (d = {learning.settings.d:,})",
        "tickvals": list(MARKS),
        "ticktext": [f"{v:g}" for v in MARKS],
        "tickangle": 0,
    }


def _series(learning: Learning, name: str, label: str, i: int) -> list[dict]:
    """Band from the smallest to the largest seed, and the mean with markers."""
    values = learning.column(name)
    x, some = learning.samples / learning.settings.d, []
    if len(values) > 1:
        some.append(band(x, np.nanmin(values, axis=0), np.nanmax(values, axis=0), COLOURS[i]))
    return [*some, marked(x, np.nanmean(values, axis=0), label, i)]


def _r2(learning: Learning) -> Figure:
    wide, traces = [STOPS[0] / 2, 2 * STOPS[-1]], []
    floor = path(wide, [learning.floor] * 2, "best linear", GREY, "longdash", 1.5)
    if learning.before is not None:
        b = learning.before
        traces.append(path(b.over, b.r2, f"before: {_told(learning)}", GREY, "dashdot"))
    each = [_series(learning, "old_r2", "old biases", 1), _series(learning, "r2", "both phases", 0)]
    x = learning.samples / learning.settings.d
    allowed = np.nanmean(learning.column("angle_r2"), axis=0)
    low = lowest_r2(np.nanmean(learning.column("r2"), axis=0))
    traces += [
        floor,
        *(trace for some in each for trace in some),
        path(x, allowed, "by the angle", COLOURS[2], "dot"),
        cursor(low, 1.05),
    ]
    layout = {
        "title": "R² against the noiseless label",
        "xaxis": _time_axis(learning),
        "yaxis": {"range": [low, 1.05], "title": "R²"},
        "legend": BESIDE,
    }
    return Figure("r2", traces, layout)


def _told(learning: Learning) -> str:
    """What the experiment before had otherwise."""
    b, s = learning.before, learning.settings
    told = [
        f"{name} {_value(getattr(b.settings, field))}"
        for field, name in NAMES.items()
        if getattr(b.settings, field) != getattr(s, field)
    ]
    told += [f"reach {reach_told(b.reach)}"] if b.reach != learning.reach else []
    told += [f"phase 2 {passes_told(b.passes)}"] if b.passes != learning.passes else []
    return ", ".join(told) or "other seeds"


def _value(value: object) -> str:
    if isinstance(value, str):
        return value
    return "yours" if callable(value) else f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _angle(learning: Learning) -> Figure:
    x = learning.samples / learning.settings.d
    series = _series(learning, "angle", "angle", 0)
    for trace in series:
        trace["y"] = np.degrees(trace["y"])
    last = float(series[-1]["y"][-1])
    ends = np.array([STOPS[0] / 2, 2 * STOPS[-1]])
    guide = last * np.sqrt(x[-1] / ends)
    traces = [
        path(ends, guide, "∝ √(d/T)", INK, "longdash", 1.5, hoverinfo="skip"),
        *series,
        cursor(1, 200),
    ]
    ticks = (3, 10, 30, 90)
    axis = {
        "type": "log",
        "range": [math.log10(2.5), 2],
        "title": "degrees",
        "tickvals": list(ticks),
        "ticktext": [str(v) for v in ticks],
    }
    title = "Angle between W and u"
    layout = {"title": title, "xaxis": _time_axis(learning), "yaxis": axis, "legend": BESIDE}
    return Figure("angle", traces, layout)


def _degrees(learning: Learning) -> Figure:
    j = np.arange(DEGREES + 1.0)

    def dots(y, name: str, colour: str, size: int, symbol: str, shift: float) -> dict:
        told = "degree %{x:.0f}: %{y:.2f}<extra>" + name + "</extra>"
        return points(j + shift, y, name, colour, size, symbol, hovertemplate=told)

    traces = [
        dots(learning.c, "f", INK, 11, "circle-open", 0.0),
        dots(column("allowed", at="now"), "by the angle", COLOURS[2], 7, "diamond", 0.2),
        dots(column("coefficients", at="now"), "both phases", COLOURS[0], 7, "circle", 0.0),
    ]
    every = [learning.c, *(row.coefficients for row in learning.shown)]
    grow = step_up(max(1.0, *(max(c.max() / 1.1, c.min() / -0.45) for c in every)))
    layout = {
        "title": "Hermite degrees learned, one seed",
        "xaxis": {"title": "degree", "dtick": 1, "range": [-0.5, DEGREES + 0.5]},
        "yaxis": {"range": [-0.45 * grow, 1.1 * grow], "title": "coefficient"},
        "legend": BESIDE,
    }
    return Figure("degrees", traces, layout)
