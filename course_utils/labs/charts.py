"""Figures that are not about a run: clouds, curves with bands, bars, tables, a surface."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .look import COLOURS, DASHES, GREY, MARKERS, NOW, START
from .marks import band, path, points
from .views import Figure

BESIDE = {"x": 1.02, "xanchor": "left", "y": 1, "yanchor": "top"}  # the curves, not over them


def cloud(
    p,
    y,
    title: str,
    across: str,
    curve: tuple[str, Callable] | None = None,
    reach: float = 3.6,
    up="y",
) -> Figure:
    """Labels against a projection, with a curve if given.

    Parameters
    ----------
    p, y : (n,) ndarray
        Projections and labels.
    title, across : str
        Of the figure and of its x axis.
    curve : (str, callable), optional
        Its name, and a function of the projection, (q,) -> (q,).
    reach : float
        Half the x axis.
    up : str
        Title of the y axis.

    Returns
    -------
    Figure
        With arrays given.
    """
    y = np.asarray(y, dtype=float)
    top = label_range(y)
    traces = [
        points(
            p, y, "samples", GREY, 4, opacity=0.7, hovertemplate="%{x:.2f}, %{y:.2f}<extra></extra>"
        )
    ]
    if curve is not None:
        # a fit means nothing beyond its data
        first, last = np.quantile(p, (0.005, 0.995)) if len(p) else (-reach, reach)
        q = np.linspace(first, last, 121)
        traces.append(path(q, curve[1](q), curve[0], NOW, "solid", 2.5))
    axis_x = {"range": [-reach, reach], "title": across}
    layout = {
        "title": title,
        "xaxis": axis_x,
        "yaxis": {"range": top, "title": up},
        "showlegend": False,
    }
    return Figure(title, traces, layout)


def label_range(y: np.ndarray) -> list[float]:
    """Limits for labels: all but the outermost 0.5 % of them, in steps so that axes stand still.

    Parameters
    ----------
    y : (n,) ndarray
        Labels.

    Returns
    -------
    list of float
        Lower and upper end.
    """
    low, high = np.quantile(y, (0.005, 0.995)) if len(y) else (-1, 1)
    reach = max(1.0, abs(low), abs(high)) * 1.15
    steps = np.array([1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 1e3, 1e6, 1e12])
    reach = float(steps[min(np.searchsorted(steps, reach), len(steps) - 1)])
    return [-reach, reach]


def curves(
    series: dict[str, tuple], title: str, across: str, up: str, xlog=False, ylog=False, **layout
) -> Figure:
    """Curves by name, with bands where they are given.

    Parameters
    ----------
    series : dict of str to tuple
        (x, y), or (x, y, low, high) for one with a band, or (x, y, 'points') for markers alone, in
        the colour of the curve before them.
    title, across, up : str
        Of the figure and of its axes.
    xlog, ylog : bool
        Whether axes are logarithmic.
    **layout : object
        Goes to plotly as it is; xrange and yrange set the axes (of a log axis: in powers of ten).

    Returns
    -------
    Figure
        With what is given: arrays or columns.
    """
    traces, i = [], -1
    for name, (x, y, *more) in series.items():
        i += more != ["points"] or i < 0
        shape = (i + i // 6) % 6  # after six colours come the same with other dashes
        colour, dash, marker = COLOURS[i % 6], DASHES[shape], MARKERS[shape]
        if more == ["points"]:
            traces.append(
                points(
                    x,
                    y,
                    name,
                    colour,
                    8,
                    marker,
                    hovertemplate="%{y:.3g} at %{x:.3g}<extra>" + name + "</extra>",
                )
            )
            continue
        if len(more) == 2:
            traces.append(band(x, more[0], more[1], colour))
        traces.append(path(x, y, name, colour, dash))
    layout.setdefault("legend", BESIDE)
    xaxis = _axis(across, xlog, layout.pop("xrange", None))
    yaxis = _axis(up, ylog, layout.pop("yrange", None))
    return Figure(title, traces, {"title": title, "xaxis": xaxis, "yaxis": yaxis, **layout})


def _axis(title: str, log: bool, limits) -> dict:
    return {
        "title": title,
        **({"type": "log", "exponentformat": "power", "dtick": 1} if log else {}),
        **({"range": list(limits)} if limits is not None else {}),
    }


def arrows(
    starts, moves: dict[str, np.ndarray], title: str, across: str, up: str, through=None
) -> Figure:
    """Arrows in the plane: where points are pushed.

    Parameters
    ----------
    starts : array_like, shape (n, 2)
        Where the arrows begin.
    moves : dict of str to ndarray, shape (n, 2)
        By name, what each arrow adds to its start. Both axes have one unit.
    title, across, up : str
        Title, and what the axes are.
    through : tuple of str and array_like, shape (2,), optional
        Name and direction of a line through the origin.

    Returns
    -------
    Figure
        Taught in notebook 02.
    """
    starts = np.asarray(starts, dtype=float)
    ends = [starts + np.asarray(move, dtype=float) for move in moves.values()]
    reach = 1.1 * float(np.abs([starts, *ends]).max(initial=1e-3))
    traces = []
    if through is not None:
        name, direction = through
        line = np.outer([-3 * reach, 3 * reach], np.asarray(direction, dtype=float))
        traces.append(path(*line.T, name, NOW, "dash"))
    for i, (name, end) in enumerate(zip(moves, ends, strict=True)):
        gap = np.full_like(starts, np.nan)
        x, y = np.stack([starts, end, gap], axis=1).reshape(-1, 2).T
        colour, width, size = COLOURS[2 * i % 6], (3, 1.6)[i % 2], (14, 10)[i % 2]
        head = {"symbol": "arrow", "angleref": "previous", "color": colour}
        head["size"] = [0, size, 0] * len(starts)
        traces.append(path(x, y, name, colour, width=width, mode="lines+markers", marker=head))
    traces.append(points(*starts.T, "neuron", START, 6, "circle-open"))
    layout = {
        "title": title,
        "xaxis": {"range": [-1.8 * reach, 1.8 * reach], "title": across},
        "yaxis": {"range": [-reach, reach], "title": up, "scaleanchor": "x"},
        "legend": {"x": 1.02, "xanchor": "left", "y": 1, "yanchor": "top"},
    }
    return Figure(title, traces, layout)


def bars(
    values: np.ndarray,
    names: Sequence[str],
    title: str,
    across: str,
    up: str,
    accent: int | None = None,
    **layout,
) -> Figure:
    """A bar for each value, with its number.

    Parameters
    ----------
    values : (n,) ndarray
        Heights.
    names : sequence of str
        Of the bars.
    title, across, up : str
        Of the figure and of its axes.
    accent : int, optional
        Index of a bar in the accent colour, and hatched.
    **layout : object
        Goes to plotly as it is; yrange sets the axis.

    Returns
    -------
    Figure
        With arrays given.
    """
    colours = [NOW if i == accent else COLOURS[0] for i in range(len(values))]
    shapes = ["/" if i == accent else "" for i in range(len(values))]
    trace = {
        "type": "bar",
        "x": list(names),
        "y": np.asarray(values, dtype=float),
        "name": up,
        "cliponaxis": False,
        "marker": {"color": colours, "pattern": {"shape": shapes}},
        "text": [f"{v:.2f}" if abs(v) >= 0.005 else "" for v in values],
        "textposition": "outside",
        "hovertemplate": "%{x}: %{y:.3f}<extra></extra>",
    }
    xaxis = {"title": across, "type": "category"}
    yaxis = {"title": up, **({"range": layout.pop("yrange")} if "yrange" in layout else {})}
    return Figure(
        title,
        [trace],
        {"title": title, "xaxis": xaxis, "yaxis": yaxis, "showlegend": False, **layout},
    )


def matrix(
    values,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    light: float,
    dark: float,
    form=".0f",
    unit="",
) -> Figure:
    """A table of numbers, each on a shade.

    Parameters
    ----------
    values : (rows, columns) array_like
        The numbers.
    rows, columns : sequence of str
        Their names.
    title : str
        Of the figure.
    light, dark : float
        Values with the lightest and the darkest shade.
    form, unit : str
        How a number is written, and what follows it.

    Returns
    -------
    Figure
        With arrays given.
    """
    trace = {
        "type": "heatmap",
        "z": np.asarray(values, dtype=float).tolist(),
        "x": [name.replace(" ", "<br>") for name in columns],
        "y": list(rows),
        "zmin": min(light, dark),
        "zmax": max(light, dark),
        "colorscale": "Cividis",
        "reversescale": dark > light,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "texttemplate": "%{z:" + form + "}" + unit,
        "hovertemplate": "%{y}, %{x}: %{z:" + form + "}" + unit + "<extra></extra>",
    }
    layout = {
        "title": title,
        "xaxis": {"side": "top", "type": "category", "ticks": ""},
        "showlegend": False,
        "yaxis": {"autorange": "reversed", "type": "category", "ticks": "", "automargin": True},
        "margin": {"l": 90, "r": 10, "t": 62, "b": 8},
    }
    return Figure(title, [trace], layout)


def surface(g: Callable, k: int, Z: np.ndarray, y: np.ndarray, reach: float = 2.5) -> Figure:
    """A link over its first two projections (others at 0) and the samples around it.

    Parameters
    ----------
    g : callable
        The link, (n, k) -> (n,).
    k : int
        Hidden directions, at least 2.
    Z : (n, k) ndarray
        Projections of samples.
    y : (n,) ndarray
        Their labels.
    reach : float
        Half the axes of projections.

    Returns
    -------
    Figure
        Turn it with the mouse.
    """
    q = np.linspace(-reach, reach, 31)
    grid = np.zeros((len(q) ** 2, k))
    grid[:, 0], grid[:, 1] = np.tile(q, len(q)), np.repeat(q, len(q))
    heights = np.asarray(g(grid), dtype=float).reshape(len(q), len(q))
    inside = (np.abs(Z[:, :2]) < reach).all(1)
    limits = label_range(heights.ravel())
    shell = {
        "type": "surface",
        "x": q,
        "y": q,
        "z": heights.tolist(),
        "colorscale": "Cividis",
        "showscale": False,
        "opacity": 0.8,
        "name": "link",
        "contours": {"z": {"show": True, "usecolormap": True, "width": 1}},
        "hovertemplate": "z₁ %{x:.2f}, z₂ %{y:.2f}: %{z:.2f}<extra></extra>",
    }
    dots = {
        "type": "scatter3d",
        "mode": "markers",
        "x": Z[inside, 0],
        "y": Z[inside, 1],
        "z": y[inside],
        "name": "samples",
        "marker": {"size": 1.8, "color": NOW},
        "hoverinfo": "skip",
    }

    def axis(title, limits):
        plain = {"showbackground": False, "nticks": 4}
        return {"title": {"text": title}, "range": limits, **plain}

    scene = {
        "xaxis": axis("z₁", [-reach, reach]),
        "yaxis": axis("z₂", [-reach, reach]),
        "zaxis": axis("y", limits),
        "aspectmode": "manual",
        "aspectratio": {"x": 1.5, "y": 1.5, "z": 0.9},
        "camera": {"eye": {"x": 1.6, "y": -1.7, "z": 0.85}, "center": {"x": 0, "y": 0, "z": -0.12}},
    }
    title = "y over two true projections"
    margin = {"l": 0, "r": 0, "t": 24, "b": 0}
    layout = {
        "title": title,
        "scene": scene,
        "margin": margin,
        "showlegend": False,
        "uirevision": "camera",
    }
    return Figure(title, [shell, dots], layout)
