"""The stage: one widget that draws the figures of a lab in the browser and says when they are painted.

Python sends a frame (arrays as one binary buffer; arrays, styles and axes only where they changed); the page draws it
with plotly.js, waits for the next repaint and answers with the frame's number (every third one while a run is fast).
The plotly.js bundle goes to a page once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import plotly
import traitlets

HERE = Path(__file__).parent


@dataclass
class Figure:
    """One view: traces and layout as plotly.js takes them; array values travel in binary."""

    name: str
    traces: list[dict[str, Any]]
    layout: dict[str, Any]

    def plotly(self):
        """The same as a plotly.graph_objects.Figure."""
        import plotly.graph_objects as go

        return go.Figure(self.traces, self.layout)


@dataclass
class Words:
    """What a lab says beside its figures."""

    sentence: str = ""
    rows: list[tuple[str, str, str, str]] = field(
        default_factory=list
    )  # name, predicted, measured, error
    lights: list[tuple[bool, str, str]] = field(default_factory=list)  # on, name, meaning
    note: str = ""
    settings: str = ""  # the settings code of what is shown


class Stage(anywidget.AnyWidget):
    """The page's side of a lab. ``on_event`` is called with each message from the page; it must return at once.

    A frame carries what has changed since the one before it; after a page has opened, everything.
    """

    _esm = HERE / "stage.js"
    _css = HERE / "stage.css"
    lecture = traitlets.Bool(False).tag(sync=True)
    columns = traitlets.Int(3).tag(sync=True)
    playing = traitlets.Bool(False).tag(
        sync=True
    )  # so that a page to which nothing comes knows whether that is right
    label = traitlets.Unicode("figures").tag(sync=True)

    def __init__(self, text: Callable[[], str] | None = None, **traits):
        super().__init__(**traits)
        self._text = text
        self._names: list[str] = []  # of the views on the page
        self._styles: list[str] = []  # their traces and layouts, without arrays
        self._arrays: dict[tuple[int, int, str], bytes] = {}
        self._fresh = True  # a page has opened that has seen no frame yet
        self.frames = 0
        self.error = ""
        self.on_event: Callable[[dict], None] = lambda event: None
        self.on_msg(self._receive)

    def _receive(self, _, message: dict, __):
        if message.get("type") == "library":
            self.send({"type": "library"}, [_library()])
        elif message.get("type") == "hello":
            self._fresh = True
            if self.error:
                self.send_error(self.error)
        self.on_event(message)

    def send_frame(self, figures: Sequence[Figure], words: Words) -> int:
        """Draw the figures; returns the frame's number, which the page answers with once it is painted."""
        self.frames += 1
        whole, self._fresh = self._fresh, False
        parts = [_split(f) for f in figures]
        styles = [json.dumps(part[:2], sort_keys=True, default=_plain) for part in parts]
        names = [f.name for f in figures]
        whole = whole or names != self._names
        buffer, views, sent = bytearray(), [], {}
        for i, (figure, (traces, layout, arrays)) in enumerate(zip(figures, parts, strict=True)):
            view: dict[str, Any] = {"name": figure.name, "arrays": []}
            anew = whole or styles[i] != self._styles[i]
            if anew:
                view |= {"traces": traces, "layout": layout}
            for trace, key, values in arrays:
                data = np.ascontiguousarray(values, dtype=np.float64).tobytes()
                sent[i, trace, key] = data
                if anew or self._arrays.get((i, trace, key)) != data:
                    view["arrays"].append([trace, key, len(buffer), len(data) // 8])
                    buffer += data
            views.append(view)
        self._names, self._styles, self._arrays = names, styles, sent
        message = {
            "type": "frame",
            "n": self.frames,
            "whole": whole,
            "views": views,
            "words": asdict(words),
        }
        self.send(message, [bytes(buffer)])
        return self.frames

    def send_error(self, text: str):
        """Show a sentence in the error box, also on pages that open later; an empty one clears it."""
        self.error = text
        self.send({"type": "error", "text": text})

    def __repr__(self):
        return self._text() if self._text else super().__repr__()

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data and self._text:
            data["text/plain"] = self._text()
        return bundle


def listen_beside_cells(widget) -> None:
    """Let a widget, and all inside it, hear the page while a cell runs.

    ipykernel since 7.4 hands a page's messages to the thread that last wrote to the widget, which for a new widget is the
    one that runs cells. A lab only leaves orders for its worker, so any thread may bring them: take the one JupyterLab chose.
    """
    if hasattr(widget.comm, "_reply_subshell_for"):
        widget.comm._reply_subshell_for = lambda data, default: default
    for child in getattr(widget, "children", ()):
        listen_beside_cells(child)


def show(
    figures: Figure | Sequence[Figure], sentence: str = "", columns: int | None = None
) -> Stage:
    """Draw figures that do not move, with the look of a lab and one sentence that reads them.

    The sentence is also the widget's text, so that a notebook without a kernel still tells its result.
    """
    figures = [figures] if isinstance(figures, Figure) else list(figures)
    stage = Stage(
        text=lambda: sentence, columns=columns or min(3, len(figures)), label=sentence or "figures"
    )

    def answer(event: dict):
        if event.get("type") == "hello":
            stage.send_frame(figures, Words(sentence))

    stage.on_event = answer
    listen_beside_cells(stage)
    return stage


def _split(figure: Figure) -> tuple[list[dict], dict, list[tuple[int, str, np.ndarray]]]:
    """(traces without arrays, layout, [(trace, key, array)])."""
    traces, arrays = [], []
    for i, trace in enumerate(figure.traces):
        traces.append({k: v for k, v in trace.items() if not isinstance(v, np.ndarray)})
        arrays += [(i, k, v) for k, v in trace.items() if isinstance(v, np.ndarray)]
    return traces, figure.layout, arrays


def _plain(value):
    return value.item() if isinstance(value, np.generic) else str(value)


def _library() -> bytes:
    return (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_bytes()
