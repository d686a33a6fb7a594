"""The marks that views are made of: lines, bands, points; arrays given, or bound to a column."""

from __future__ import annotations

from typing import Any

import numpy as np

from .look import COLOURS, DASHES, GREY, MARKERS, NOW, faint
from .views import is_bound


def _values(v):
    return v if is_bound(v) else np.asarray(v, dtype=float)


def path(x, y, name: str, colour: str, dash: str = "solid", width: float = 2, **more) -> dict:
    """A trace of a line.

    Parameters
    ----------
    x, y : (n,) ndarray or column
        Its points.
    name : str
        What it is called.
    colour, dash : str
        How it looks.
    width : float
        In pixels.
    **more : object
        Further entries of the trace.

    Returns
    -------
    dict
        As plotly.js takes it.
    """
    return {
        "type": "scatter",
        "mode": "lines",
        "x": _values(x),
        "y": _values(y),
        "name": name,
        "line": {"color": colour, "dash": dash, "width": width},
        "hovertemplate": "%{y:.3g} at %{x:.3g}<extra>" + name + "</extra>",
        **more,
    }


def line(
    x, y, name: str, colour: str, dash: str = "solid", width: float = 2, hover="", **more
) -> dict:
    """A trace of a line over samples.

    Parameters
    ----------
    x, y : (n,) ndarray or column
        Sample counts and values.
    name : str
        What it is called.
    colour, dash : str
        How it looks.
    width : float
        In pixels.
    hover : str
        Template of the value; left out, three digits.
    **more : object
        Further entries of the trace.

    Returns
    -------
    dict
        As plotly.js takes it.
    """
    told = (hover or "%{y:.3g}") + " at %{x:,.0f} samples<extra>" + name + "</extra>"
    return path(x, y, name, colour, dash, width, hovertemplate=told, **more)


def points(x, y, name: str, colour: str, size: float = 6, symbol: str = "circle", **more) -> dict:
    """A trace of markers.

    Parameters
    ----------
    x, y : (n,) ndarray or column
        Where they stand.
    name : str
        What they are called.
    colour : str
        How they look.
    size : float
        In pixels.
    symbol : str
        A marker's name.
    **more : object
        Further entries of the trace.

    Returns
    -------
    dict
        As plotly.js takes it.
    """
    return {
        "type": "scatter",
        "mode": "markers",
        "x": _values(x),
        "y": _values(y),
        "name": name,
        "marker": {"color": colour, "size": size, "symbol": symbol},
        **more,
    }


def marked(x, y, name: str, i: int) -> dict:
    """A trace of a line with markers, in one of the looks that tell curves apart.

    Parameters
    ----------
    x, y : (n,) ndarray or column
        Its points.
    name : str
        What it is called.
    i : int
        Which look: colour, dash and marker.

    Returns
    -------
    dict
        As plotly.js takes it.
    """
    marker = {"color": COLOURS[i], "symbol": MARKERS[i], "size": 7}
    return path(x, y, name, COLOURS[i], DASHES[i], mode="lines+markers", marker=marker)


def _silent(x, y, line: dict[str, Any], **more) -> dict:
    """A line that says nothing of itself."""
    trace = {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line}
    return {**trace, "hoverinfo": "skip", "showlegend": False, **more}


def outline(x, y, colour: str, fillcolor: str = "") -> dict:
    """A filled shape without an edge.

    Parameters
    ----------
    x, y : (n,) ndarray or column
        Points that go round it.
    colour : str
        Of what it surrounds.
    fillcolor : str
        Left out, a faint ``colour``.

    Returns
    -------
    dict
        As plotly.js takes it.
    """
    fill = {"fill": "toself", "fillcolor": fillcolor or faint(colour)}
    return _silent(_values(x), _values(y), {"width": 0, "color": colour}, **fill)


def band(x, low, high, colour: str) -> dict:
    """The filled band between two curves.

    Parameters
    ----------
    x, low, high : (n,) ndarray
        The curves.
    colour : str
        Of what it surrounds.

    Returns
    -------
    dict
        As plotly.js takes it.
    """
    x = np.asarray(x, dtype=float)
    return outline(np.r_[x, x[::-1]], np.r_[high, np.asarray(low)[::-1]], colour)


def bare(x, y, colour: str = GREY, width: float = 1) -> dict:
    """A thin line that only joins other marks.

    Parameters
    ----------
    x, y : (n,) ndarray or column
        Its points.
    colour : str
        How it looks.
    width : float
        In pixels.

    Returns
    -------
    dict
        As plotly.js takes it.
    """
    return _silent(_values(x), _values(y), {"color": colour, "width": width})


def now_line(x, low: float, high: float) -> dict:
    """The time cursor, shared by all views over time.

    Parameters
    ----------
    x : column
        A column at "now".
    low, high : float
        Ends of the line, in units of the view's y.

    Returns
    -------
    dict
        As plotly.js takes it.
    """
    ends = np.array([low, high], dtype=float)
    return _silent(_values(x), ends, {"color": NOW, "width": 1.2}, opacity=0.8)
