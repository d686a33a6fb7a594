"""Frames: what has changed since the page was last told, as one message and one buffer.

A frame carries styles of views where they changed, new rows of tables, words of new rows. An array
travels as little-endian bytes at an offset that is a multiple of eight.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .look import palette
from .views import Figure, Table, Words, is_bound

Said = tuple[str, list, str]  # sentence, rows and clock at one moment


class Frames:
    """Makes frames, and remembers what the last has told; ``forget`` where a page has opened."""

    def __init__(self):
        self.forget()

    def forget(self) -> None:
        """The next frame tells everything."""
        self._names: list[str] | None = None  # of the views on the page
        self._styles: list[str] = []  # their traces and layouts, without arrays
        self._given: dict[tuple[int, int, str], bytes] = {}
        self._tables: dict[str, _Sent] = {}
        self._said: list[Said] = []
        self._words = ""

    def frame(
        self,
        views: Sequence[Figure],
        words: Words,
        tables: Mapping[str, Table] | None = None,
        say: Callable[[int], Words] | None = None,
        reword: bool = False,
    ) -> tuple[dict[str, Any], bytes]:
        """The next frame.

        Parameters
        ----------
        views : sequence of Figure
            With arrays given, or bound to columns of the tables.
        words : Words
            What is said of now; without ``say`` its sentence and rows too.
        tables : mapping of Table, optional
            The rows that views are bound to, "record" among them.
        say : callable, optional
            The words at a row of the record.
        reword : bool
            Whether the words of old rows may have changed.

        Returns
        -------
        message : dict
            Plain values.
        buffer : bytes
            All arrays of the frame.
        """
        names, out = [view.name for view in views], _Buffer()
        if whole := names != self._names:
            self.forget()
            self._names = names
        message: dict[str, Any] = {"type": "frame", "whole": whole}
        if whole:
            message["palette"] = palette()
        message["views"] = self._views(views, out)
        if tables is not None and say is not None:
            message["tables"] = self._rows(tables, _columns_in_use(views), out)
            message["said"] = self._speak(
                message["tables"], len(tables["record"].samples), say, reword
            )
        now = ("lights", "note", "settings", "events")
        told = {name: getattr(words, name) for name in now}
        if say is None:
            told |= {"sentence": words.sentence, "rows": words.rows}
        if (text := json.dumps(told)) != self._words:
            self._words, message["words"] = text, told
        return message, bytes(out.data)

    def _views(self, views: Sequence[Figure], out: _Buffer) -> list[dict]:
        told, given = [], {}
        fresh = not self._styles
        for i, view in enumerate(views):
            traces = [
                {k: v for k, v in trace.items() if not isinstance(v, np.ndarray)}
                for trace in view.traces
            ]
            style = {"traces": traces, "layout": view.layout, "direct": view.direct}
            if view.kind != "plot":
                style["kind"] = view.kind
            text = json.dumps(style, sort_keys=True, default=_plain)
            anew = fresh or text != self._styles[i]
            entry: dict[str, Any] = {"name": view.name, "arrays": []}
            if anew:
                entry |= style
            for trace, key, values in _arrays(view):
                data = np.ascontiguousarray(values, dtype="<f8").tobytes()
                given[i, trace, key] = data
                if anew or self._given.get((i, trace, key)) != data:
                    entry["arrays"].append([trace, key, out.add(data), len(data) // 8])
            told.append((entry, text))
        self._styles, self._given = [text for _, text in told], given
        return [entry for entry, _ in told]

    def _rows(self, tables: Mapping[str, Table], used: Mapping[str, set], out: _Buffer) -> dict:
        told = {}
        for name, table in tables.items():
            sent = self._tables.get(name)
            columns = sorted({"samples"} | used.get(name, set()))
            if sent is None or sent.key is not table.key or sent.columns != columns:
                sent = self._tables[name] = _Sent(table.key, columns)
            if news := sent.catch_up(table, out):
                told[name] = news
        return told

    def _speak(self, news: dict, count: int, say: Callable, reword: bool) -> list[list]:
        record = news.get("record", {})
        if "keep" in record:
            self._said = [self._said[i] for i in record["keep"]]
        kept = len(self._said)
        told = []
        for i in range(0 if reword else kept, count):
            words = say(i)
            said = (words.sentence, words.rows, words.clock)
            if i >= kept:
                self._said.append(said)
            elif said == self._said[i]:
                continue
            self._said[i] = said
            told.append([i, *said])
        return told


class _Buffer:
    def __init__(self):
        self.data = bytearray()

    def add(self, data: bytes) -> int:
        """Append bytes; returns where they are."""
        self.data += bytes(-len(self.data) % 8)
        self.data += data
        return len(self.data) - len(data)


class _Sent:
    """The rows of one table that a page holds."""

    def __init__(self, key: object, columns: list[str]):
        self.key, self.columns, self.fresh = key, columns, True
        self.samples = np.zeros(0)
        self.last: dict[str, bytes] = {}  # the last row, which may have been only provisional

    def catch_up(self, table: Table, out: _Buffer) -> dict:
        """What to tell of this table: which old rows stay, and the rows after them."""
        keep = _prefix(self.samples, table.samples)
        n = len(keep)
        if n and keep[-1] == len(self.samples) - 1 and self._row(table, n - 1) != self.last:
            n -= 1
        if n == len(self.samples) == len(table.samples) and not self.fresh:
            return {}
        news: dict[str, Any] = {"rows": len(table.samples) - n, "columns": []}
        if self.fresh or n < len(self.samples):
            news["keep"] = keep[:n]
        made = table.rows(slice(n, None))
        for name in self.columns:
            values = made[name]
            kind = "f4" if values.dtype == np.float32 else "f8"
            data = np.ascontiguousarray(values, dtype="<" + kind).tobytes()
            news["columns"].append([name, out.add(data), kind, list(values.shape[1:])])
        self.samples, self.fresh = np.array(table.samples), False
        self.last = self._row(table, len(self.samples) - 1)
        return news

    def _row(self, table: Table, i: int) -> dict[str, bytes]:
        made = table.rows(slice(i, i + 1))
        return {name: np.ascontiguousarray(made[name]).tobytes() for name in self.columns}


def _prefix(old: np.ndarray, new: np.ndarray) -> list[int]:
    """Indices into old of the longest beginning of new that is found in old, in order."""
    if np.array_equal(old, new[: len(old)]):
        return list(range(len(old)))
    at = np.searchsorted(old, new)
    inside = at < len(old)
    inside[inside] = old[at[inside]] == new[inside]
    inside[1:] &= at[1:] > at[:-1]
    return at[: len(at) if inside.all() else int(inside.argmin())].tolist()


def _arrays(view: Figure) -> Iterator[tuple[int, str, np.ndarray]]:
    for i, trace in enumerate(view.traces):
        yield from ((i, key, v) for key, v in trace.items() if isinstance(v, np.ndarray))


def _columns_in_use(views: Sequence[Figure]) -> dict[str, set]:
    used: dict[str, set] = {}

    def look(part: Any) -> None:
        if is_bound(part):
            columns = used.setdefault(part.get("table", "record"), set())
            columns.update(c for c in (part["column"], part.get("back")) if c)
        elif isinstance(part, dict):
            for inner in part.values():
                look(inner)
        elif isinstance(part, list):
            for inner in part:
                look(inner)

    for view in views:
        look(view.traces)
        look(view.layout)
    return used


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)
