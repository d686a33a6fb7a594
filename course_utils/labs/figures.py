"""The views of a lab, each a function of a Run (and of the moment to look at) that returns a Figure.

Colours are Okabe and Ito's, safe for the colour-blind; dash and marker repeat what a colour says.
"""

from __future__ import annotations

import math

import numpy as np

from ..run import Run
from .stage import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "star")
RANKS = ("largest", "second", "third", "fourth", "fifth")
NOW = "#D55E00"
GREY = "#8a8a8a"
INK = "#222222"  # the page turns it into its own text colour


def line(
    x, y, name: str, colour: str, dash: str = "solid", width: float = 2, hover: str = "", **more
) -> dict:
    """A line trace; ``hover`` is the template of the value."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.asarray(x, dtype=float),
        "y": np.asarray(y, dtype=float),
        "name": name,
        "line": {"color": colour, "dash": dash, "width": width},
        "hovertemplate": (hover or "%{y:.3g}") + " at %{x:,.0f} samples<extra>" + name + "</extra>",
        **more,
    }


def band(x, low, high, colour: str) -> dict:
    """The filled band between two curves."""
    x = np.asarray(x, dtype=float)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.r_[x, x[::-1]],
        "y": np.r_[high, np.asarray(low)[::-1]],
        "fill": "toself",
        "fillcolor": _faint(colour),
        "line": {"width": 0, "color": colour},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _faint(colour: str) -> str:
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},0.18)"


def now_line(t: float, low: float, high: float) -> dict:
    """The time cursor, shared by all views over time."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.array([t, t], dtype=float),
        "y": np.array([low, high], dtype=float),
        "line": {"color": NOW, "width": 1.2},
        "opacity": 0.8,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def time_axis(run: Run) -> dict:
    """Log axis of samples from d/10 to 1000 d, longer by decades when the run is."""
    first = math.floor(math.log10(max(1.0, run.settings.d / 10)))
    last = max(
        math.log10(1000 * run.settings.d), math.ceil(math.log10(max(run.samples[-1], 1)) - 1e-9)
    )
    return {
        "type": "log",
        "range": [first, last],
        "title": f"samples t (d = {run.settings.d:,})",
        "dtick": 1,
        "exponentformat": "power",
    }


def _shown(run: Run) -> tuple[np.ndarray, list | slice]:
    """Sample counts at which curves are drawn, and where they are in the run.

    What is before the axis, t = 0 above all, is drawn at its left end; a run that has just begun as a short stroke there.
    """
    left = 10.0 ** time_axis(run)["range"][0]
    if len(run) == 1:
        return np.maximum(run.samples[0], [left, 1.15 * left]), [0, 0]
    return np.maximum(run.samples, left), slice(None)


def _now(run: Run, moment: int) -> float:
    return max(run.samples[moment], 10.0 ** time_axis(run)["range"][0])


def _curves(run: Run, name: str, labels: list[str], hover: str, scale=1.0) -> list[dict]:
    """Median curves of a series and, with several seeds, the band from the smallest to the largest."""
    x, part = _shown(run)
    middle = run.quantiles(name)[part] * scale
    middle = middle[:, None] if middle.ndim == 1 else middle
    traces = []
    if run.seeds:
        low, high = (q[part] * scale for q in run.quantiles(name, (0, 1)))
        low, high = (q[:, None] if q.ndim == 1 else q for q in (low, high))
        traces += [band(x, low[:, i], high[:, i], COLOURS[i % 6]) for i in range(len(labels))]
    for i, label in enumerate(labels):
        traces.append(line(x, middle[:, i], label, COLOURS[i % 6], DASHES[i % 6], hover=hover))
    return traces


def angles(run: Run, moment: int = -1) -> Figure:
    """Principal angles against samples, one curve each, in degrees."""
    k = run.settings.k
    labels = (
        ["angle"] if k == 1 else [*RANKS[:k], *(_ordinal(i) for i in range(len(RANKS) + 1, k + 1))]
    )
    traces = _curves(run, "angles", labels, "%{y:.1f} degrees", 180 / np.pi)
    traces.append(now_line(_now(run, moment), 0, 90))
    axis = {"range": [0, 92], "tickvals": [0, 15, 30, 45, 60, 75, 90], "title": "degrees"}
    return Figure(
        "angles", traces, {"title": "Principal angles", "xaxis": time_axis(run), "yaxis": axis}
    )


def _ordinal(i: int) -> str:
    ending = "th" if i % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(i % 10, "th")
    return f"{i}{ending}"


def norms(run: Run, moment: int = -1, predicted: np.ndarray | None = None) -> Figure:
    """||W_perp|| and ||W_par|| over sqrt m against samples, log-log, with the predicted W_perp: (2, n), times and values."""
    x, part = _shown(run)
    traces = []
    for name, label, colour, dash in (
        ("perpendicular", "W⊥ (outside)", COLOURS[0], "solid"),
        ("parallel", "W∥ (inside)", COLOURS[2], "dash"),
    ):
        if run.seeds:
            low, high = run.quantiles(name, (0, 1))
            traces.append(band(x, low[part], high[part], colour))
        traces.append(line(x, run.quantiles(name)[part], label, colour, dash))
    if predicted is not None:
        left = 10.0 ** time_axis(run)["range"][0]
        traces.append(
            line(np.maximum(predicted[0], left), predicted[1], "W⊥ predicted", INK, "dot", 1.6)
        )
    smallest = min(0.01, float(run.perpendicular.min()), float(run.parallel.min()) or 1.0)
    low = math.floor(math.log10(max(smallest, 1e-8)))
    high = log_top(max(run.parallel.max(), run.perpendicular.max()))
    traces.append(now_line(_now(run, moment), 10**low, 10**high))
    axis = {
        "type": "log",
        "range": [low, high],
        "dtick": 1,
        "exponentformat": "power",
        "title": "norm / √m",
    }
    return Figure(
        "norms",
        traces,
        {"title": "Weights inside, outside", "xaxis": time_axis(run), "yaxis": axis},
    )


def log_top(largest: float) -> float:
    """Upper end of a log axis of weights, in powers of ten: 4, or a little above the next decade."""
    return 0.6 if largest < 3.5 else math.ceil(math.log10(largest)) + 0.1


def reach(values: np.ndarray, least: float) -> float:
    """Half the side of a square that holds all values: ``least``, or grown by half as often as needed."""
    largest = max(least, float(np.abs(values).max()))
    return least * 1.5 ** math.ceil(math.log(largest / least) / math.log(1.5) - 1e-9)


def neurons(run: Run, moment: int = -1) -> Figure:
    """Every neuron as a point: weights on u_1 and u_2, or for k = 1 on u_1 and outside; first ones faint."""
    rows = run.neurons if run.seeds is None else run.neurons[0]
    column = 1 if run.settings.k > 1 else 2
    first, now = rows[0][:, [0, column]], rows[moment][:, [0, column]]
    picked = slice(
        None, None, max(1, len(first) // 200)
    )  # an eye sees no more than some hundred points
    side = reach(rows[..., [0, column]], 1.5)
    across = "weight on u₂" if column == 1 else "norm outside"
    point = lambda at, name, colour, size, symbol, width, hover: {  # noqa: E731
        "type": "scatter",
        "mode": "markers",
        "x": at[picked, 0].astype(float),
        "y": at[picked, 1].astype(float),
        "name": name,
        "marker": {
            "color": colour,
            "size": size,
            "symbol": symbol,
            "line": {"width": width, "color": GREY},
        },
        "hovertemplate": hover,
    }
    hover = "u₁ %{x:.2f}, " + ("u₂" if column == 1 else "outside") + " %{y:.2f}<extra>"
    traces = [
        point(first, "at t = 0", "rgba(0,0,0,0)", 5, "circle", 1, hover + "at the start</extra>"),
        point(now, "now", COLOURS[0], 5, "diamond", 0, hover + "now</extra>"),
    ]
    low = -side if column == 1 else -0.05 * side
    legend = (
        {} if column == 1 else {"y": 0.98, "yanchor": "top"}
    )  # for k = 1 neurons fall onto the axis below
    return Figure(
        "neurons",
        traces,
        {
            "legend": legend,
            "title": "Neurons",
            "xaxis": {"range": [-side, side], "title": "weight on u₁"},
            "yaxis": {"range": [low, side], "title": across},
        },
    )


def singular_values(run: Run, moment: int = -1) -> Figure:
    """The largest singular values of W / sqrt m at a moment: k of them rise above the bulk."""
    values = run.quantiles("singular_values")[moment]
    k, index = run.settings.k, np.arange(1, len(values) + 1)
    shown = np.maximum(values, 1e-9)
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": index,
            "y": shown,
            "line": {"color": GREY, "width": 1},
            "hoverinfo": "skip",
            "showlegend": False,
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": index[:k],
            "y": shown[:k],
            "name": f"first {k}" if k > 1 else "first",
            "marker": {"color": COLOURS[0], "symbol": "circle", "size": 9},
            "hovertemplate": "%{y:.3g}<extra>no. %{x}</extra>",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": index[k:],
            "y": shown[k:],
            "name": "the bulk",
            "marker": {"color": GREY, "symbol": "square", "size": 7},
            "hovertemplate": "%{y:.3g}<extra>no. %{x}</extra>",
        },
    ]
    top = log_top(run.singular_values.max())
    axis = {
        "type": "log",
        "range": [-3, top],
        "dtick": 1,
        "exponentformat": "power",
        "title": "value / √m",
    }
    return Figure(
        "singular values",
        traces,
        {
            "legend": {
                "x": 0.98,
                "xanchor": "right",
                "y": 0.98,
                "yanchor": "top",
            },  # values fall to the right
            "title": "Singular values of W",
            "yaxis": axis,
            "xaxis": {"range": [0.4, len(values) + 0.6], "dtick": 1, "title": "number"},
        },
    )


def risk(run: Run, moment: int = -1) -> Figure:
    """Test risk against samples, with its floors."""
    traces = _curves(run, "risk", ["test risk"], "%{y:.4f}")
    axis_x = time_axis(run)
    ends, notes = np.power(10.0, axis_x["range"]), []
    values = np.r_[run.risk.ravel(), list(run.floors.values())]
    top = step_up(1.12 * max(values[np.isfinite(values)], default=1.0))
    same = (
        abs(run.floors.get("zero", np.inf) - run.floors.get("linear", 0)) < 0.06 * top
    )  # labels would lie on each other
    for name, label, dash in (
        ("zero", "predict 0, or best linear" if same else "predict 0", "dot"),
        ("linear", "" if same else "best linear", "dashdot"),
        ("noise", "noise floor", "dash"),
    ):
        if name in run.floors:
            traces.append(
                line(ends, [run.floors[name]] * 2, label, GREY, dash, 1.5, hover="%{y:.4f}")
            )
            notes.append(
                _label(
                    axis_x["range"], run.floors[name], label, "left" if name == "noise" else "right"
                )
            )
    traces.append(now_line(_now(run, moment), 0, top))
    axis_y = {"range": [0, top], "title": f"{run.settings.loss} loss"}
    layout = {
        "title": "Test risk",
        "xaxis": axis_x,
        "yaxis": axis_y,
        "annotations": notes,
        "showlegend": False,
    }
    return Figure("test risk", traces, layout)


def _label(ends: list[float], y: float, text: str, end: str) -> dict:
    """Text on a line, at the end that a falling curve is far from; the line's ends in the axis' own (log) units."""
    x, shift = (ends[0], 4) if end == "left" else (ends[1], -4)
    place = {"x": x, "y": y, "xanchor": end, "yanchor": "bottom", "xshift": shift, "yshift": -2}
    return {**place, "text": text, "showarrow": False}


def step_up(value: float) -> float:
    """The next of ... 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1 ...: ranges grow in steps, so that axes stand still."""
    steps = np.array([1, 1.5, 2, 3, 5, 7, 10])
    scale = 10.0 ** math.floor(math.log10(max(value, 1e-9)))
    return float(steps[np.searchsorted(steps, value / scale - 1e-9)] * scale)
