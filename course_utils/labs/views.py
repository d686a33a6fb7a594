"""What a lab shows, as declarations: views whose arrays are given or bound to a table, and words.

A table holds one row a moment. A page keeps the rows and binds the views by itself, so that looking
back asks nobody; ``Figure.bind`` does the same here, for tests and for plotly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go


class Table(NamedTuple):
    """Rows that grow while a lab plays.

    Attributes
    ----------
    samples : np.ndarray
        (n,) sample count of each row, in order.
    rows : Callable
        Called with an index such as slice(3, None): the columns of those rows by name, each with
        the rows on its first axis.
    key : object
        What the rows belong to. Rows of another key are other rows, whatever their samples.
    """

    samples: np.ndarray
    rows: Callable[[slice], dict[str, np.ndarray]]
    key: object = None


def column(name: str, **how: Any) -> dict[str, Any]:
    """An array that stands for a column of a table, wherever a view takes an array.

    Parameters
    ----------
    name : str
        The column.
    **how : object
        ``table``: its table, "record" if left out. ``at``: "now" or "first" for the row that is
        shown or the first one, in place of all rows. ``item``: which part of each row, such as 2 or
        [None, 0]. ``back``: another column that follows in reverse, so that both outline a band.
        ``stroke``: where there is one row only, its second point is so many times the first.
        ``times``: a factor. ``log``: the power of ten, for layouts of log axes. ``says``: see
        ``dated``.

    Returns
    -------
    dict
        What a page, and ``Figure.bind``, put the array in place of.
    """
    return {"column": name, **how}


def dated(first: str, *later: tuple[int, str]) -> dict[str, Any]:
    """A text that is another one from some sample counts on, as who looks back sees it then.

    Parameters
    ----------
    first : str
        What it says at the start.
    *later : tuple of (int, str)
        From which sample count on it says what, in order.

    Returns
    -------
    dict
        A column, whose value is the text at the moment that is shown.
    """
    return column("samples", at="now", says=[[0, first], *([int(t), text] for t, text in later)])


def is_bound(value: Any) -> bool:
    """Whether a value of a view stands for a column.

    Parameters
    ----------
    value : object
        Part of a trace or of a layout.

    Returns
    -------
    bool
        True for what ``column`` gives.
    """
    return isinstance(value, dict) and "column" in value


@dataclass
class Figure:
    """One view: traces and layout as plotly.js takes them, arrays given or bound with ``column``.

    Attributes
    ----------
    name : str
        What the view is called on the page and in files.
    traces : list of dict
        Array values travel in binary.
    layout : dict
        Positions of annotations may be bound too; one that is not a number leaves its annotation
        out.
    direct : bool
        Whether curves are labelled where they end, in place of a legend.
    kind : str
        "plot" for what plotly.js draws; "picture" for what the page draws by itself.
    """

    name: str
    traces: list[dict[str, Any]]
    layout: dict[str, Any]
    direct: bool = False
    kind: str = "plot"

    def plotly(self) -> go.Figure:
        """The same as a figure of plotly's own.

        Returns
        -------
        plotly.graph_objects.Figure
            Arrays must be given: see ``bind``.

        Raises
        ------
        ValueError
            If it is a picture, which plotly cannot draw.
        """
        import plotly.graph_objects as go

        if self.kind != "plot":
            raise ValueError(
                f"the {self.name} is drawn by a lab's page itself, and plotly has no form of it: "
                "save it there as SVG or PNG, behind More"
            )

        return go.Figure(self.traces, self.layout)

    def bind(self, tables: Mapping[str, Table], moment: int = -1) -> Figure:
        """The view with its arrays, when one row of the record is shown.

        Parameters
        ----------
        tables : mapping of str to Table
            The tables that the view is bound to, "record" among them.
        moment : int
            Which row; left out, the last.

        Returns
        -------
        Figure
            With arrays given.
        """
        known: dict[str, dict[str, np.ndarray]] = {}

        def value(b: dict) -> np.ndarray | str:
            if "says" in b:
                shown = tables["record"].samples[moment]
                return [text for since, text in b["says"] if since <= shown][-1]
            name = b.get("table", "record")
            if name not in known:
                known[name] = tables[name].rows(slice(None))
            row = moment
            if name != "record":
                shown = tables["record"].samples[moment]
                row = max(0, int(np.searchsorted(tables[name].samples, shown, "right")) - 1)
            return _resolve(b, known[name], row)

        traces = [{k: _given(v, value) for k, v in trace.items()} for trace in self.traces]
        return replace(self, traces=traces, layout=_placed(self.layout, value))


def _resolve(b: dict, columns: Mapping[str, np.ndarray], row: int) -> np.ndarray:
    parts = [_part(columns[name], b.get("item")) for name in (b["column"], b.get("back")) if name]
    if b.get("at") == "now":
        found = parts[0][row]
    elif b.get("at") == "first":
        found = parts[0][0]
    else:
        stroke = np.array([1.0, b.get("stroke", 1.0)])
        one, *back = (part[0] * stroke if len(part) == 1 else part for part in parts)
        found = np.concatenate([one, *(part[::-1] for part in back)])
    found = np.asarray(found, dtype=float) * b.get("times", 1.0)
    return np.log10(found) if b.get("log") else found


def _part(values: np.ndarray, item: int | list | None) -> np.ndarray:
    which = [] if item is None else item if isinstance(item, list) else [item]
    return values[(slice(None), *(slice(None) if i is None else i for i in which))]


def _given(part: Any, value: Callable) -> Any:
    """What a trace has in place of what is bound in it."""
    if isinstance(part, list) and part and is_bound(part[0]):
        return [value(one) for one in part]
    return _pair(value(part)) if is_bound(part) else part


def _pair(values: np.ndarray) -> np.ndarray:
    """A trace takes no single number: twice the same, as for a line across the view."""
    return np.array([values, values]) if values.ndim == 0 else values


def _placed(layout: Any, value: Callable) -> Any:
    """A layout with its bound numbers; annotations that have no place are left out."""
    if is_bound(layout):
        found = value(layout)
        return found if isinstance(found, str) else float(found)
    if isinstance(layout, dict):
        return {key: _placed(part, value) for key, part in layout.items()}
    if not isinstance(layout, list):
        return layout
    parts = [_placed(part, value) for part in layout]
    lost = [
        isinstance(part, dict)
        and any(is_bound(part.get(k)) and not np.isfinite(new[k]) for k in ("x", "y"))
        for part, new in zip(layout, parts, strict=True)
    ]
    return [part for part, gone in zip(parts, lost, strict=True) if not gone]


@dataclass
class Words:
    """What a lab says beside its views.

    Attributes
    ----------
    sentence : str
        What the views show at one moment.
    rows : list of tuple
        (name, predicted, measured, error), texts, at that moment.
    lights : list of tuple
        (on, name, meaning) of the experiment as it runs now, and what the lamp is for, where that
        is known.
    note : str
        What else there is to know now.
    settings : str
        The settings code of what runs now.
    clock : str
        The moment in words, empty where there is no time.
    events : list of tuple, optional
        (sample count, caption) of all that has happened in the run so far; left out where a lab
        does not speak of events.
    """

    sentence: str = ""
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)
    lights: list[tuple] = field(default_factory=list)
    note: str = ""
    settings: str = ""
    clock: str = ""
    events: list[tuple[int, str]] | None = None
