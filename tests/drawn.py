"""Drawings as tests write them down: what plotly is told, and one comparison that names the place where two differ."""

import re

import numpy as np

BLUE, ORANGE, GREEN, PINK, YELLOW, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"  # Okabe and Ito
GREY, INK = "#8a8a8a", "#222222"
VALUE = "%{y:.3g} at %{x:.3g}"
LOG = {"type": "log", "exponentformat": "power"}
BESIDE = {"x": 1.02, "xanchor": "left", "y": 1, "yanchor": "top"}
TOP_LEFT = {"x": 0.02, "xanchor": "left", "y": 1, "yanchor": "top"}
TOP_RIGHT = {"x": 0.98, "xanchor": "right", "y": 1, "yanchor": "top"}


def line(x, y, name, colour, dash="solid", width=2, hover=VALUE, **more):
    """A named line with its hover text."""
    look = {"color": colour, "dash": dash, "width": width}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name, "line": look,
            "hovertemplate": f"{hover}<extra>{name}</extra>"} | more  # fmt: skip


def dots(x, y, name, colour, size, symbol="circle", **more):
    """Markers alone."""
    look = {"color": colour, "size": size, "symbol": symbol}
    return {"type": "scatter", "mode": "markers", "x": x, "y": y, "name": name, "marker": look} | more


def marked(x, y, name, colour, dash, symbol):
    """A line with markers on it."""
    look = {"color": colour, "symbol": symbol, "size": 7}
    return line(x, y, name, colour, dash) | {"mode": "lines+markers", "marker": look}


def shade(x, low, high, rgb):
    """A band between two curves: along the upper one, and back along the lower one."""
    x, low, high = (np.asarray(v, dtype=float) for v in (x, low, high))
    colour = "#" + "".join(f"{int(part):02X}" for part in rgb.split(","))
    return {"type": "scatter", "mode": "lines", "x": np.r_[x, x[::-1]], "y": np.r_[high, low[::-1]], "fill": "toself",
            "fillcolor": f"rgba({rgb},0.18)", "line": {"width": 0, "color": colour}, "hoverinfo": "skip",
            "showlegend": False}  # fmt: skip


def check(figure, name, traces, layout, rel=1e-9, tiny=1e-12):
    """A figure holds these traces, in this order, and this layout; and plotly knows all of it."""
    assert figure.name == name
    same([t.get("name", "") for t in figure.traces], [t.get("name", "") for t in traces], f"{name}: names", rel, tiny)
    for i, (found, wanted) in enumerate(zip(figure.traces, traces, strict=True)):
        same(found, wanted, f"{name}: trace {i} ({wanted.get('name', '')})", rel, tiny)
    same(figure.layout, layout, f"{name}: layout", rel, tiny)
    figure.plotly()


def same(found, wanted, place="", rel=1e-9, tiny=1e-12):
    """Equal as text, and as numbers within a tolerance; else an AssertionError that says where."""
    if isinstance(wanted, dict):
        assert isinstance(found, dict) and set(found) == set(wanted), f"{place}: {found!r}, not {wanted!r}"
        for key in wanted:
            same(found[key], wanted[key], f"{place}, {key}", rel, tiny)
    elif isinstance(wanted, (str, bool, type(None))):
        assert type(found) is type(wanted) and found == wanted, f"{place}: {found!r}, not {wanted!r}"
    elif isinstance(wanted, (list, tuple)) and any(isinstance(v, (str, dict, list, tuple)) for v in wanted):
        assert len(found) == len(wanted), f"{place}: {found!r}, not {wanted!r}"
        for i, (a, b) in enumerate(zip(found, wanted, strict=True)):
            same(a, b, f"{place}[{i}]", rel, tiny)
    else:
        assert np.shape(found) == np.shape(wanted), f"{place}: shape {np.shape(found)}, not {np.shape(wanted)}"
        np.testing.assert_allclose(np.asarray(found, float), np.asarray(wanted, float), rel, tiny, err_msg=place)


def controls(widget) -> list[tuple]:
    """Every control inside a widget, in the order in which they stand: (label, value, what can be chosen, tooltip)."""
    found = []
    for child in getattr(widget, "children", ()):
        found += controls(child)
    if not getattr(widget, "children", ()) and getattr(widget, "description", ""):
        found.append((widget.description, getattr(widget, "value", None), offered(widget), widget.tooltip))
    return found


def offered(widget):
    """What can be chosen: (value, label) of each option, or (min, max, step) of a number."""
    if hasattr(widget, "options"):
        pairs = zip(widget.options, widget.options, strict=True) if isinstance(widget.options[0], str) else widget.options
        return [(label, value) for label, value in pairs]
    return tuple(getattr(widget, name) for name in ("min", "max", "step") if hasattr(widget, name)) or None


def find(widget, label):
    """The control with this label."""
    if getattr(widget, "description", None) == label:
        return widget
    for child in getattr(widget, "children", ()):
        if (found := find(child, label)) is not None:
            return found
    return None


def numbers(text: str) -> list[float]:
    """All numbers in a text, thousands separators read."""
    return [float(n.replace(",", "")) for n in re.findall(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?", text)]


def alone(lab):
    """The lab without its worker, so that a test may obey in its place."""
    lab.actor._start = lambda: None
    return lab


def ordered(lab) -> list[tuple]:
    """The orders that wait for the worker, which then wait no more."""
    orders, lab.actor._orders = lab.actor._orders, {}
    return list(orders.items())


def drive(lab, key, value=None):
    """Obey one order, and go on as the worker does until the lab rests; what the lab itself shows is no order."""
    lab._obey(key, value)
    while lab.actor.playing:
        lab._step()
    lab.raise_errors()
    assert ordered(lab) == []
    return lab.session
