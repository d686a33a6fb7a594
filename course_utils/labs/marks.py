"""The marks that views are made of: lines, bands, points. Their arrays are given, or bound to a column."""

from __future__ import annotations

from typing import Any

import numpy as np

from .look import GREY, NOW, faint
from .views import is_bound


def _values(v):
    return v if is_bound(v) else np.asarray(v, dtype=float)


def path(x, y, name: str, colour: str, dash: str = "solid", width: float = 2, **more) -> dict:
    """A trace of a line."""
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
    """A line over samples; ``hover`` is the template of the value."""
    told = (hover or "%{y:.3g}") + " at %{x:,.0f} samples<extra>" + name + "</extra>"
    return path(x, y, name, colour, dash, width, hovertemplate=told, **more)


def points(x, y, name: str, colour: str, size: float = 6, symbol: str = "circle", **more) -> dict:
    """A trace of markers."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": _values(x),
        "y": _values(y),
        "name": name,
        "marker": {"color": colour, "size": size, "symbol": symbol},
        **more,
    }


def _silent(x, y, line: dict[str, Any], **more) -> dict:
    """A line that says nothing of itself."""
    trace = {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line}
    return {**trace, "hoverinfo": "skip", "showlegend": False, **more}


def outline(x, y, colour: str, fillcolor: str = "") -> dict:
    """A filled shape without an edge; x and y go round it."""
    fill = {"fill": "toself", "fillcolor": fillcolor or faint(colour)}
    return _silent(_values(x), _values(y), {"width": 0, "color": colour}, **fill)


def band(x, low, high, colour: str) -> dict:
    """The filled band between two curves."""
    x = np.asarray(x, dtype=float)
    return outline(np.r_[x, x[::-1]], np.r_[high, np.asarray(low)[::-1]], colour)


def bare(x, y, colour: str = GREY, width: float = 1) -> dict:
    """A thin line that only joins other marks."""
    return _silent(_values(x), _values(y), {"color": colour, "width": width})


def now_line(x, low: float, high: float) -> dict:
    """The time cursor, shared by all views over time; x is a column at "now"."""
    ends = np.array([low, high], dtype=float)
    return _silent(_values(x), ends, {"color": NOW, "width": 1.2}, opacity=0.8)
