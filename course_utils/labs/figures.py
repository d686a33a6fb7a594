"""The views of a run: functions of a Run that return a Figure bound to the tables of rows.py."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from ..events import ordinal
from ..run import Run
from .look import COLOURS, DASHES, GREY, INK, INSIDE, OUTSIDE
from .marks import bare, line, now_line, outline, points
from .rows import first_decade
from .views import Figure, column

RANKS = ("largest", "second", "third", "fourth", "fifth")
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
FOUND = math.radians(60)  # an angle that has fallen, and is above that again, has lost its name
LABELLED = 6  # curves that can be labelled where they end; more of them have a legend


def time_axis(run: Run) -> dict:
    """The log axis of samples: from d/10 to 1000 d, longer by decades when the run is.

    Parameters
    ----------
    run : Run
        What is shown.

    Returns
    -------
    dict
        An axis as plotly.js takes it.
    """
    d = run.settings.d
    last = max(math.log10(1000 * d), math.ceil(math.log10(max(run.samples[-1], 1)) - 1e-9))
    return {
        "type": "log",
        "range": [first_decade(d), last],
        "title": f"samples t (d = {d:,})",
        "dtick": 1,
        "exponentformat": "power",
    }


def over_time(name: str, table: str = "record", **how) -> tuple[dict, dict]:
    """A column against samples; a run that has just begun is a short stroke.

    Parameters
    ----------
    name : str
        The column.
    table : str
        Its table.
    **how : object
        As in ``column``.

    Returns
    -------
    x, y : dict
        Of a trace.
    """
    where = {} if table == "record" else {"table": table}
    return column("left", stroke=1.15, **where), column(name, **where, **how)


def curve(
    run: Run, name: str, label: str, colour: str, dash: str, hover: str = "", **item
) -> list[dict]:
    """The traces of a series: its median over seeds, before it the band where there are several.

    Parameters
    ----------
    run : Run
        What is shown.
    name : str
        The series, a column of ``rows.of_run``.
    label : str
        What the curve is called.
    colour, dash : str
        How it looks.
    hover : str
        Template of the value; left out, three digits.
    **item : int
        Which part of each row, where a row has several.

    Returns
    -------
    list of dict
        One trace or two, the curve last.
    """
    x, y = over_time(name, **item)
    traces = []
    if run.seeds:
        around = column(f"{name} high", back=f"{name} low", **item)
        traces.append(outline(x | {"back": "left"}, around, colour))
    return traces + [line(x, y, label, colour, dash, hover=hover)]


def cursor(low: float, high: float) -> dict:
    """The time cursor of a view over time.

    Parameters
    ----------
    low, high : float
        Ends of the line, in units of the view's y.

    Returns
    -------
    dict
        A trace.
    """
    return now_line(column("left", at="now"), low, high)


def angle_names(run: Run, names: Mapping[int, int] | None = None) -> list[str]:
    """What each principal angle is called, the largest first.

    Parameters
    ----------
    run : Run
        What is shown.
    names : mapping of int to int, optional
        As in ``angles``.

    Returns
    -------
    list of str
        A rank, or the direction that was found.
    """
    k = run.settings.k
    more = [ordinal(i) for i in range(len(RANKS) + 1, k + 1)]
    labels = ["angle"] if k == 1 else [*RANKS[:k], *more]
    now = run.quantiles("angles", part=-1)
    for which, i in (names or {}).items():
        if now[which] <= FOUND:
            labels[which] = direction_name(i)
    return labels


def direction_name(i: int) -> str:
    """What u_i is called in figures.

    Parameters
    ----------
    i : int
        From 1.

    Returns
    -------
    str
        Such as "u₁".
    """
    return f"u{str(i).translate(SUBSCRIPTS)}"


def angle_looks(k: int, names: Mapping[int, int] | None = None) -> list[int]:
    """Of which u_i each principal angle has the colour and the dash, the largest first.

    A direction looks the same in all figures. Angles that no direction has a name for take what is
    left, the smallest first: it is the first to fall, mostly as u_1.

    Parameters
    ----------
    k : int
        Hidden directions.
    names : mapping of int to int, optional
        As in ``angles``.

    Returns
    -------
    list of int
        Places in ``COLOURS`` and ``DASHES``.
    """
    known = dict(names or {})
    left = iter(sorted(set(range(1, k + 1)) - set(known.values())))
    looks = {which: known.get(which) or next(left) for which in reversed(range(k))}
    return [(looks[which] - 1) % len(COLOURS) for which in range(k)]


def angles(run: Run, names: Mapping[int, int] | None = None) -> Figure:
    """Principal angles against samples, one curve each, in degrees.

    Parameters
    ----------
    run : Run
        What is shown.
    names : mapping of int to int, optional
        Which u_i an angle belongs to, by its column: see ``events.Watch``. Others are called by
        their rank.

    Returns
    -------
    Figure
        Bound to "record".
    """
    k, labels = run.settings.k, angle_names(run, names)
    each = [
        curve(run, "angles", label, COLOURS[n], DASHES[n], "%{y:.1f} degrees", item=i)
        for i, (label, n) in enumerate(zip(labels, angle_looks(k, names), strict=True))
    ]
    bands = [trace for traces in each for trace in traces[:-1]]
    traces = [*bands, *(traces[-1] for traces in each), cursor(0, 90)]
    axis = {"range": [0, 92], "tickvals": [0, 15, 30, 45, 60, 75, 90], "title": "degrees"}
    title = f"Angle{'s' * (k > 1)} to the hidden direction{'s' * (k > 1)}"
    layout = {"title": title, "xaxis": time_axis(run), "yaxis": axis}
    return Figure("angles", traces, layout, direct=k <= LABELLED)


def norms(run: Run, predicted: bool = False) -> Figure:
    """Norms of W_perp and W_par over sqrt m against samples, log-log.

    Parameters
    ----------
    run : Run
        What is shown.
    predicted : bool
        Whether W_perp is shown as predicted too.

    Returns
    -------
    Figure
        Bound to "record", and to "prediction" where that is shown.
    """
    traces = [
        *curve(run, "perpendicular", "W⊥ (outside)", OUTSIDE, "solid"),
        *curve(run, "parallel", "W∥ (inside)", INSIDE, "dash"),
    ]
    if predicted:
        x, y = over_time("perpendicular", "prediction")
        traces.append(line(x, y, "W⊥ predicted", INK, "dot", 1.6))
    smallest = min(0.01, float(run.perpendicular.min()), float(run.parallel.min()) or 1.0)
    low = math.floor(math.log10(max(smallest, 1e-8)))
    high = log_top(max(run.parallel.max(), run.perpendicular.max()))
    traces.append(cursor(10.0**low, 10.0**high))
    axis = {**log_axis(low, high), "title": "norm / √m"}
    layout = {"title": "Weights inside, outside", "xaxis": time_axis(run), "yaxis": axis}
    return Figure("norms", traces, layout, direct=True)


def log_axis(low: float, high: float) -> dict:
    """A log axis between two powers of ten.

    Parameters
    ----------
    low, high : float
        Exponents.

    Returns
    -------
    dict
        An axis as plotly.js takes it.
    """
    return {"type": "log", "range": [low, high], "dtick": 1, "exponentformat": "power"}


def log_top(largest: float) -> float:
    """Upper end of a log axis of weights.

    Parameters
    ----------
    largest : float
        The largest weight.

    Returns
    -------
    float
        A power of ten, as its exponent: 4, or a little above the next decade.
    """
    return 0.6 if largest < 3.5 else math.ceil(math.log10(largest)) + 0.1


def reach(values: Iterable, least: float) -> float:
    """Half the side of a square that holds all values.

    Parameters
    ----------
    values : iterable of float or ndarray
        What has to fit, of either sign.
    least : float
        The smallest half side.

    Returns
    -------
    float
        ``least``, or that grown by half as often as needed, so that axes stand still.
    """
    largest = max(least, *(float(max(np.max(v), -np.min(v))) for v in values))
    return least * 1.5 ** math.ceil(math.log(largest / least) / math.log(1.5) - 1e-9)


def singular_values(run: Run) -> Figure:
    """The largest singular values of W / sqrt m: k of them rise above the bulk.

    Parameters
    ----------
    run : Run
        What is shown.

    Returns
    -------
    Figure
        Bound to "record".
    """
    k, count = run.settings.k, run.singular_values.shape[-1]
    index = np.arange(1, count + 1)
    hover = "%{y:.3g}<extra>no. %{x}</extra>"

    def dots(at, name: str, label: str, colour: str, size: float, symbol: str) -> dict:
        y = column(name, at="now")
        return points(at, y, label, colour, size, symbol, hovertemplate=hover)

    traces = [
        bare(index, column("singular", at="now")),
        dots(index[:k], "signal", f"first {k}" if k > 1 else "first", COLOURS[0], 9, "circle"),
        dots(index[k:], "bulk", "the bulk", GREY, 7, "square"),
    ]
    layout = {
        "legend": {"x": 0.98, "xanchor": "right", "y": 0.98, "yanchor": "top"},
        "title": "Singular values of W",
        "yaxis": {**log_axis(-3, log_top(run.singular_values.max())), "title": "value / √m"},
        "xaxis": {"range": [0.4, count + 0.6], "dtick": 1, "title": "number"},
    }
    return Figure("singular values", traces, layout)


def risk(run: Run) -> Figure:
    """Test risk against samples, with its floors.

    Parameters
    ----------
    run : Run
        What is shown.

    Returns
    -------
    Figure
        Bound to "record".
    """
    traces = curve(run, "risk", "test risk", COLOURS[0], DASHES[0], "%{y:.4f}")
    axis_x, floors = time_axis(run), run.floors
    ends, notes = np.power(10.0, axis_x["range"]), []
    values = np.r_[run.risk.ravel(), list(floors.values()), run.highest_floor]
    top = step_up(1.12 * (max(values[np.isfinite(values)]) or 1.0))
    apart = abs(floors.get("zero", np.inf) - floors.get("linear", 0))
    same = apart < 0.06 * top  # labels would lie on each other
    for name, label, dash in (
        ("zero", "predict 0, or best linear" if same else "predict 0", "dot"),
        ("linear", "" if same else "best linear", "dashdot"),
        ("noise", "noise floor", "dash"),
    ):
        if name in floors:
            level = [floors[name]] * 2
            traces.append(line(ends, level, label, GREY, dash, 1.5, hover="%{y:.4f}"))
            end = "left" if name == "noise" else "right"
            notes.append(_label(axis_x["range"], floors[name], label, end))
    traces.append(cursor(0, top))
    axis_y = {"range": [0, top], "title": f"{run.settings.loss} loss"}
    layout = {"title": "Test risk", "xaxis": axis_x, "yaxis": axis_y, "annotations": notes}
    return Figure("test risk", traces, {**layout, "showlegend": False})


def _label(ends: list[float], y: float, text: str, end: str) -> dict:
    """Text on a line, at the end that a falling curve is far from; ends in the log axis' units."""
    x, shift = (ends[0], 4) if end == "left" else (ends[1], -4)
    place = {"x": x, "y": y, "xanchor": end, "yanchor": "bottom", "xshift": shift, "yshift": -2}
    return {**place, "text": text, "showarrow": False}


def step_up(value: float) -> float:
    """The next of ... 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1 ..., so that axes grow in steps.

    Parameters
    ----------
    value : float
        What has to fit.

    Returns
    -------
    float
        At least that.
    """
    steps = np.array([1, 1.5, 2, 3, 5, 7, 10])
    scale = 10.0 ** math.floor(math.log10(max(value, 1e-9)))
    return float(steps[np.searchsorted(steps, value / scale - 1e-9)] * scale)
