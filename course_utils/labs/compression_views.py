"""What CompressionLab shows: the table of its compressed moments, and the views of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..compression import RANKED, Compressed
from ..run import Run
from . import rows
from .charts import curves
from .figures import log_top, over_time, singular_values, step_up, time_axis
from .look import NOW
from .marks import now_line, path, points
from .views import Figure, Table, column

if TYPE_CHECKING:
    from .compression import Compressions

TINY = 1e-9  # stands for no change at all on a log axis
LABELS = {
    "whole": 14,
    RANKED: -30,
    "rank, int8": -14,
    "pruned, float32": 12,
}  # pixels above a curve


def tables(session: Compressions, run: Run) -> dict[str, Table]:
    """The recorded run, and the moments at which the network was compressed, in "compressed".

    Columns of the latter, with R ranks tried: ``left`` (samples on the axis), ``axis`` (the same,
    nan for all moments before the axis but the last), ``left_out`` (R + 1), ``output``, ``after``,
    ``change``, ``bound`` (R), ``before``; for each form of file ``bytes NAME`` and ``risk NAME``;
    and heights of labels.

    Parameters
    ----------
    session : Compressions
        The experiment.
    run : Run
        What it has recorded.

    Returns
    -------
    dict of str to Table
        "record" and "compressed".
    """
    times = np.array([t for t, _ in session.moments], dtype=float)
    left = rows.on_axis(times, run.settings.d)
    hidden = np.r_[times[1:] <= rows.on_axis(0, run.settings.d), False]
    axis, unit = np.where(hidden, np.nan, left), _top(session.moments[:1])

    def made(part: slice) -> dict[str, np.ndarray]:
        known = {"samples": times[part], "left": left[part], "axis": axis[part]}
        each = [row_of(one, unit) for _, one in session.moments[part]]
        names = row_of(session.moments[0][1], unit)
        return known | {
            name: np.array([row[name] for row in each]).reshape(-1, *np.shape(names[name]))
            for name in names
        }

    compressed = Table(times, made, session.moments)
    return {"record": rows.of_run(run, session.record), "compressed": compressed}


def _top(moments: list[tuple[int, Compressed]]) -> float:
    return step_up(1.1 * max(one.whole for _, one in moments))


def row_of(now: Compressed, unit: float) -> dict[str, np.ndarray | float]:
    """One compressed moment, as a row of the table.

    Parameters
    ----------
    now : Compressed
        The moment.
    unit : float
        Labels stand in steps of a hundredth of it, so that they do not tremble.

    Returns
    -------
    dict of str to ndarray or float
        Values by column.
    """
    after = np.asarray(now.forms[RANKED][1])
    bound = now.whole + np.sqrt(2 / np.pi) * now.left_out[1:]
    row: dict[str, np.ndarray | float] = {
        "before": now.whole,
        "after": after,
        "output": now.output,
        "left_out": now.left_out,
        "change": np.maximum(np.abs(after - now.whole), TINY),
        "bound": bound,
    }
    for name, (size, risk) in now.forms.items():
        row |= {f"bytes {name}": np.asarray(size, dtype=float), f"risk {name}": np.asarray(risk)}
        if name in LABELS:
            row[f"height {name}"] = round(float(risk[_labelled(name, len(risk))]) / unit, 2) * unit
    end = round(float(bound[-1]) / unit, 2) * unit if bound[-1] < unit else np.nan
    beside = bound[-1] > now.whole + unit / 8  # beside its curve, or under it where others go on
    row["bound beside"], row["bound under"] = (end, np.nan) if beside else (np.nan, end)
    return row


def _labelled(name: str, count: int) -> int:
    """Which point of a curve carries its label: the last, or the second where curves cross it."""
    return 1 if name == "pruned, float32" else count - 1


def views(session: Compressions, run: Run) -> list[Figure]:
    """Singular values; what the rank leaves out of W, of outputs and risk; risk against bytes.

    Parameters
    ----------
    session : Compressions
        The experiment.
    run : Run
        What it has recorded.

    Returns
    -------
    list of Figure
        Bound to ``tables``.
    """
    r, values = session.rank, singular_values(run)
    ends = np.power(10.0, values.layout["yaxis"]["range"])
    values.traces.append(path([r + 0.5] * 2, ends, f"rank {r}", NOW))
    top = _top(session.moments)
    every = [one.left_out[r] for _, one in session.moments]
    norms = {
        f"left out by rank {r}": _over_time("left_out", item=r),
        "W⊥": over_time("perpendicular"),
    }
    changes = {
        "outputs, relative": _over_time("output", item=r - 1),
        "risk": _over_time("change", item=r - 1),
        "slope -1/2": _slope(session, run, r),
    }
    risks = {
        "before": _over_time("before"),
        f"after, rank {r}": _over_time("after", item=r - 1),
    }
    low, high = _decades(min(*every, run.perpendicular.min()), max(*every, run.perpendicular.max()))
    smallest = min(one.output[r - 1] for _, one in session.moments)
    change = max(-10, min(-4, np.floor(np.log10(max(smallest**2, 1e-10))) - 1))  # of second order
    last = session.moments[-1][1]
    return [
        values,
        _timed(run, norms, "Left out of W", "norm / √m", low, high),
        _timed(run, changes, f"Change by rank {r}", "change", change, 1),
        _timed(run, risks, "Test risk", "loss", 0, top, log=False),
        files(last, r, top, run.settings.loss != "square"),
    ]


def _over_time(name: str, **how) -> tuple[dict, dict]:
    x = column("axis", table="compressed", stroke=1.15)
    return x, column(name, table="compressed", **how)


def _slope(session: Compressions, run: Run, r: int) -> tuple[np.ndarray, np.ndarray]:
    """A line of slope -1/2 on log axes that ends where the change of outputs ends."""
    (last, now), first = session.moments[-1], session.moments[0][0]
    ends = rows.on_axis(np.array([first, last], dtype=float), run.settings.d)
    return ends, now.output[r - 1] * (ends / ends[1]) ** -0.5


def _timed(
    run: Run, series: dict, title: str, up: str, low: float, high: float, log: bool = True
) -> Figure:
    """Curves over samples that are labelled where they end, with the time cursor."""
    axis = time_axis(run)
    limits = {"xrange": axis["range"], "yrange": [low, high]}
    figure = curves(series, title, axis["title"], up, True, log, legend={}, **limits)
    figure.name, figure.direct = title.partition(" by ")[0], True  # one view whatever the rank
    ends = (10.0**low, 10.0**high) if log else (low, high)
    figure.traces.append(now_line(column("left", table="compressed", at="now"), *ends))
    return figure


def _decades(smallest: float, largest: float) -> tuple[float, float]:
    """Ends of a log axis of norms, in powers of ten: 0.001 to 4, or as far as values reach."""
    return max(-8, min(-3, np.floor(np.log10(max(smallest, 1e-8))))), log_top(largest)


def files(now: Compressed, r: int, top: float, bounded: bool = True) -> Figure:
    """Test risk against bytes, every method labelled.

    Parameters
    ----------
    now : Compressed
        Says which forms of file there are, and how large.
    r : int
        The rank that W is cut to.
    top : float
        Upper end of the axis of risk.
    bounded : bool
        Whether Eckart and Young's bound is shown, where the loss has one.

    Returns
    -------
    Figure
        Bound to "compressed".
    """

    def at(name: str, item: int | None = None, **how) -> dict:
        part = {} if item is None else {"item": item}
        return column(name, table="compressed", at="now", **part, **how)

    names = list(now.forms)
    series = {name: (at(f"bytes {name}"), at(f"risk {name}")) for name in names}
    series["whole"] = (*series["whole"], "points")
    if bounded:
        series["Eckart-Young"] = (at(f"bytes {RANKED}"), at("bound"))
    sizes = [size for size, _ in now.forms.values()]
    smallest = min(now.forms[RANKED][0][0] / 2, min(map(np.min, sizes)) / 1.3)
    ends = np.log10([smallest, now.forms["whole"][0][-1] * 2]).tolist()
    limits = {"xrange": ends, "yrange": [0, top]}
    titles = ("Risk against bytes", "bytes of the file", "test risk")
    figure = curves(series, *titles, True, showlegend=False, **limits)
    chosen = (at(f"{what} {RANKED}", r - 1) for what in ("bytes", "risk"))
    figure.traces.append(points(*chosen, f"rank {r}", NOW, 11, "diamond"))
    shifts = LABELS | ({} if "rank, int8" in names else {RANKED: -14})
    for name, shift in shifts.items():
        if name in names:
            end = at(f"bytes {name}", _labelled(name, len(now.forms[name][0])), log=True)
            anchor = "left" if name == "pruned, float32" else "center"
            figure.layout.setdefault("annotations", []).append(
                _note(name, end, at(f"height {name}"), shift, anchor)
            )
    if bounded:
        end = at(f"bytes {RANKED}", len(now.forms[RANKED][0]) - 1, log=True)
        figure.layout["annotations"] += [
            _note(" Eckart-Young", end, at(f"bound {where}"), shift, "left")
            for where, shift in (("beside", 0), ("under", -14))
        ]
    return figure


def _note(text: str, x: dict, y: dict, yshift: int, xanchor: str) -> dict:
    place = {"x": x, "y": y, "yshift": yshift, "xanchor": xanchor}
    return {"text": text, "showarrow": False, **place}
