"""The run before in the views of a run: thin and grey, bound to tables of its own."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..run import Run
from . import figures, rows
from .look import GREY
from .marks import line, points
from .views import Figure, Table, column

TABLE = "before"
NEURONS = "neurons before"  # at fewer moments: all of them are a megabyte
THIN = 1.2  # pixels


def with_before(view: Figure, run: Run, before: Run) -> Figure:
    """A view of a run with the run before under it.

    Parameters
    ----------
    view : Figure
        One of those of figures.py, or the picture.
    run : Run
        What it shows.
    before : Run
        What it is compared with; its rows are those of ``tables_before``.

    Returns
    -------
    Figure
        Its axes hold both. A view that is not known here stays as it is.
    """
    added = _ADDED.get(view.name)
    return added(_longer(view, before), run, before) if added else view


def tables_before(before: Run | None) -> dict[str, Table]:
    """The rows of the run before.

    Parameters
    ----------
    before : Run or None
        What is held.

    Returns
    -------
    dict of str to Table
        "before", and "neurons before"; empty where nothing is held.
    """
    if before is None:
        return {}
    return {TABLE: rows.of_run(before, before), NEURONS: rows.of_few(before, before)}


def _curves(name: str, label: str, hover: str, items=(None,)) -> list[dict]:
    """Thin curves of a column; the first of them is labelled."""
    x = column("left", table=TABLE)
    made = [
        line(x, column(name, table=TABLE, **({} if i is None else {"item": i})), label, GREY)
        for i in items
    ]
    for i, trace in enumerate(made):
        told = hover + " at %{x:,.0f} samples<extra>" + label + "</extra>"
        trace |= {"line": trace["line"] | {"width": THIN}, "hovertemplate": told}
        trace["showlegend"] = i == 0
    return made


def _angles(view: Figure, run: Run, before: Run) -> Figure:
    curves = _curves("angles", "before", "%{y:.1f} degrees", range(before.settings.k))
    return replace(view, traces=[*curves, *view.traces])


def _norms(view: Figure, run: Run, before: Run) -> Figure:
    curves = [
        *_curves("perpendicular", "W⊥ before", "%{y:.3g}"),
        *_curves("parallel", "W∥ before", "%{y:.3g}"),
    ]
    low, high = view.layout["yaxis"]["range"]
    both = np.r_[before.perpendicular.ravel(), before.parallel.ravel()]
    least = math.floor(math.log10(max(both[both > 0].min(initial=1.0), 1e-8)))
    view = _higher(view, min(low, least), max(high, figures.log_top(both.max())))
    return replace(view, traces=[*curves, *view.traces])


def _singular(view: Figure, run: Run, before: Run) -> Figure:
    count = before.singular_values.shape[-1]
    hover = "%{y:.3g}<extra>no. %{x}, before</extra>"
    y = column("singular", table=TABLE, at="now")
    dots = points(np.arange(1, count + 1), y, "before", GREY, 8, "circle-open", hovertemplate=hover)
    low, high = view.layout["yaxis"]["range"]
    across = view.layout["xaxis"]
    across = across | {"range": [0.4, max(across["range"][1], count + 0.6)]}
    up = view.layout["yaxis"] | {
        "range": [low, max(high, figures.log_top(before.singular_values.max()))]
    }
    return replace(
        view, traces=[dots, *view.traces], layout=view.layout | {"xaxis": across, "yaxis": up}
    )


def _risk(view: Figure, run: Run, before: Run) -> Figure:
    finite = before.risk[np.isfinite(before.risk)]
    if not len(finite):
        return view
    low, high = view.layout["yaxis"]["range"]
    view = _higher(view, low, max(high, figures.step_up(1.12 * float(finite.max()))), log=False)
    rest = [trace | {"showlegend": False} for trace in view.traces]  # its floors have labels
    return replace(view, traces=[*_curves("risk", "before", "%{y:.4f}"), *rest], direct=True)


def _picture(view: Figure, run: Run, before: Run) -> Figure:
    """Where neurons of the run before stood at this moment, and its angles."""
    now = {name: column(name, table=NEURONS, at="now") for name in ("inside", "outside")}
    most = {name: column(name, table=NEURONS) for name in ("widest", "highest")}
    degrees = column("angles", table=TABLE, at="now")
    note = f"{view.layout['note']}; grey: before"
    added = {"type": "before", **now, **most, "degrees": degrees}
    return replace(view, traces=[*view.traces, added], layout=view.layout | {"note": note})


_ADDED = {
    "picture": _picture,
    "angles": _angles,
    "norms": _norms,
    "singular values": _singular,
    "test risk": _risk,
}


def _longer(view: Figure, before: Run) -> Figure:
    """The axis of samples reaches as far as the run before, with all that reached to its end."""
    axis = view.layout.get("xaxis", {})
    if axis.get("type") != "log":
        return view
    end = axis["range"][1]
    longer = max(end, math.ceil(math.log10(max(before.samples[-1], 1)) - 1e-9))
    traces = []
    for trace in view.traces:
        x = trace["x"]
        level = isinstance(x, np.ndarray) and np.isclose(x[-1], 10.0**end)
        traces.append(trace | {"x": np.array([x[0], 10.0**longer])} if level else trace)
    notes = [
        note | {"x": longer} if note.get("x") == end else note
        for note in view.layout.get("annotations", [])
    ]
    layout = view.layout | {"xaxis": axis | {"range": [axis["range"][0], longer]}}
    if notes:
        layout["annotations"] = notes
    return replace(view, traces=traces, layout=layout)


def _higher(view: Figure, low: float, high: float, log: bool = True) -> Figure:
    """Other limits of y, for the time cursor too, which is the last trace."""
    ends = np.array([10.0**low, 10.0**high] if log else [low, high], dtype=float)
    traces = [*view.traces[:-1], view.traces[-1] | {"y": ends}]
    axis = view.layout["yaxis"] | {"range": [low, high]}
    return replace(view, traces=traces, layout=view.layout | {"yaxis": axis})
