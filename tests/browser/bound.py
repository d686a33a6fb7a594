"""A run made by hand, told to a page as the protocol has it: rows of tables, and bound views.

``figures`` gives the same views with their arrays, read from the rows by NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from course_utils.labs.stage import Figure

BLUE, ORANGE, INK = "#0072B2", "#D55E00", "#222222"
PALETTE = {"ink": INK, "dark": {BLUE: "#4AA8E8", ORANGE: "#FF8A3C"}}
LIGHTS = [[True, "decay", "Over its threshold."], [False, "link", "It is even. Nothing is learnt."]]
TIMES = np.r_[0, np.unique(np.round(np.geomspace(10, 50_000, 80)))]
LEFT = 10.0  # where the axis of time begins
NEURONS = 12


def columns(times: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of the record at sample counts."""
    s = np.log10(np.maximum(times, LEFT)) / 5
    angles = np.pi / 2 / (1 + np.exp(12 * (s[:, None] - [0.7, 0.45])))
    outside = 0.03 + np.exp(-times / 2e4)
    start, way = np.random.default_rng(1).uniform(-1, 1, (2, NEURONS, 2))
    neurons = 0.1 * start + (s**3)[:, None, None] * way
    return {
        "samples": np.asarray(times, dtype=float),
        "shown": np.maximum(times, LEFT),
        "angles": angles,
        "outside": outside,
        "low": 0.8 * outside,
        "high": 1.2 * outside,
        "neurons": neurons.astype("float32"),
    }


THEORY = {
    "samples": np.geomspace(10, 1e5, 40),
    "outside": 0.02 + np.exp(-np.geomspace(10, 1e5, 40) / 2e4),
}
TABLES = {"record": None, "theory": THEORY}


def bind(name: str, **how) -> dict[str, Any]:
    """A column in place of an array."""
    return {"column": name, **how}


def line(x, y, name: str, colour: str, dash: str = "solid", **more) -> dict:
    """A curve."""
    look = {"color": colour, "dash": dash, "width": 2}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name, "line": look} | more


def dots(at: str, name: str, colour: str) -> dict:
    """Neurons as points."""
    x, y = (bind("neurons", at=at, item=[None, i]) for i in (0, 1))
    look = {"color": colour, "size": 6, "symbol": "diamond"}
    return {"type": "scatter", "mode": "markers", "x": x, "y": y, "name": name, "marker": look}


def views() -> list[dict]:
    """The views as a page is told of them."""
    t = bind("shown", stroke=1.15)
    time = {"type": "log", "range": [1, 5], "title": "samples"}
    cursor = line(bind("shown", at="now"), [0, 90], "", ORANGE, showlegend=False)
    angle = [
        line(t, bind("angles", item=i, times=180 / np.pi), name, colour, dash)
        for i, (name, colour, dash) in enumerate(
            [("largest", BLUE, "solid"), ("second", ORANGE, "dash")]
        )
    ]
    band = line(bind("shown", stroke=1.15, back="shown"), bind("high", back="low"), "", BLUE)
    band |= {"fill": "toself", "fillcolor": "rgba(0,114,178,0.18)", "showlegend": False}
    predicted = bind("samples", table="theory"), bind("outside", table="theory")
    point = line(
        bind("samples", table="theory", at="now"),
        bind("outside", table="theory", at="now"),
        "",
        INK,
        showlegend=False,
    )
    note = {
        "x": bind("shown", at="now", log=True),
        "y": bind("outside", at="now", log=True),
        "text": "here",
        "showarrow": False,
    }
    decades = {"type": "log", "range": [-2, 0.6]}
    square = {"range": [-1.5, 1.5]}
    return [
        {
            "name": "angles",
            "direct": True,
            "traces": [*angle, cursor],
            "layout": {"title": "Angles", "xaxis": time, "yaxis": {"range": [0, 92]}},
        },
        {
            "name": "norms",
            "direct": True,
            "traces": [
                band,
                line(t, bind("outside"), "outside", BLUE),
                line(*predicted, "predicted", INK, "dot"),
                point,
            ],
            "layout": {"xaxis": time, "yaxis": decades, "annotations": [note]},
        },
        {
            "name": "neurons",
            "traces": [dots("first", "at t = 0", "#8a8a8a"), dots("now", "now", BLUE)],
            "layout": {"xaxis": square, "yaxis": square},
        },
    ]


def read(how: dict, rows: dict[str, np.ndarray], shown: int) -> np.ndarray:
    """What a binding of a trace means."""
    table = rows if how.get("table", "record") == "record" else TABLES[how["table"]]
    if table is not rows:
        moment = rows["samples"][shown]
        shown = max(0, int(np.searchsorted(table["samples"], moment, side="right")) - 1)
    item = how.get("item")
    picks = [] if item is None else item if isinstance(item, list) else [item]
    part = (slice(None), *(slice(None) if i is None else i for i in picks))
    values = table[how["column"]].astype(float)[part] * how.get("times", 1)
    if "at" in how:
        value = values[shown if how["at"] == "now" else 0]
        return np.array([value, value]) if value.ndim == 0 else value
    both = [values, table[how["back"]][::-1]] if "back" in how else [values]
    if len(values) == 1:
        ends = np.array([1, how.get("stroke", 1)])
        both = [ends * both[0]] + [(ends * part)[::-1] for part in both[1:]]
    return np.concatenate(both)


class Recording:
    """Frames of a run that goes on; ``times`` are sample counts of the rows that a page holds."""

    def __init__(self):
        self.times, self.n = np.zeros(0), 0

    def frame(self, new, keep: list[int] | None = None, **more) -> tuple[dict, bytes]:
        """New rows, and which old ones stay (all of them, if none is named)."""
        self.n += 1
        kept = self.times if keep is None else self.times[keep]
        self.times = np.r_[kept, new]
        buffer, tables = bytearray(), {"record": (columns(np.asarray(new, float)), keep)}
        whole = self.n == 1
        if whole:
            tables["theory"] = (THEORY, None)
        message = {"type": "frame", "n": self.n, "whole": whole, "cursor": None, "looked": None}
        message["views"] = views() if whole else [{"name": view["name"]} for view in views()]
        message["tables"] = {
            name: packed(part, kept_rows, buffer) for name, (part, kept_rows) in tables.items()
        }
        message["said"] = [self.said(i) for i in range(len(kept), len(self.times))]
        if whole:
            words = {"lights": LIGHTS, "note": "noted", "settings": "d=100"}
            message |= {"words": words, "palette": PALETTE}
        return message | more, bytes(buffer)

    def said(self, row: int) -> list:
        """The words at a row."""
        t = int(self.times[row])
        return [row, f"After {t} samples.", [["W", "1", str(t), "3%"]], f"t = {t:,}"]

    def figures(self, shown: int = -1) -> list[Figure]:
        """The views with their arrays while a row is shown."""
        rows = columns(self.times)
        shown %= len(self.times)

        def given(part):
            return read(part, rows, shown) if isinstance(part, dict) and "column" in part else part

        found = []
        for view in views():
            layout = dict(view["layout"])
            layout.pop("annotations", None)
            traces = [{key: given(part) for key, part in trace.items()} for trace in view["traces"]]
            found.append(Figure(view["name"], traces, layout))
        return found


def packed(part: dict[str, np.ndarray], keep: list[int] | None, buffer: bytearray) -> dict:
    """A table's part of a frame; its bytes go into the buffer, columns at multiples of eight."""
    listed = []
    for name, values in part.items():
        buffer += bytes(-len(buffer) % 8)
        kind = "f4" if values.dtype == np.float32 else "f8"
        listed.append([name, len(buffer), kind, list(values.shape[1:])])
        buffer += values.astype("<" + kind).tobytes()
    return {"rows": len(part["samples"]), "columns": listed} | (
        {} if keep is None else {"keep": keep}
    )
