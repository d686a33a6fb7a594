"""ReadingMap: the papers around that of the course as a graph, with experiments that run in it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import anywidget
import ipywidgets as widgets
import traitlets

from .. import reading
from ..reading import RELATIONS, RELATIONS_REST_ON, TOPICS, WALKS, Paper, Result, Walk
from . import charts
from .cells import replace_predecessor
from .frames import Frames
from .look import PAPERS, palette
from .page import HERE, bundle, library, style
from .places import places
from .stage import listen_beside_cells
from .stoppable import Stoppable, Stopped
from .vendor import cytoscape
from .views import Words


class Graph(anywidget.AnyWidget):
    """The page's side of the map."""

    _esm = cytoscape() + bundle("map.js")
    _css = style() + (HERE / "map.css").read_text(encoding="utf-8")
    papers = traitlets.List().tag(sync=True)
    miniatures = traitlets.Dict().tag(sync=True)
    about = traitlets.Dict().tag(sync=True)


class ReadingMap(widgets.VBox):
    """The papers around that of the course: a graph to hover, click, drag, zoom and search.

    A card says what a paper adds, opens the lab that shows a piece of it with its settings, and
    runs the miniature of the paper, if there is one, in the kernel. Walks lead from card to card.

    Notes
    -----
    ``map.results`` keeps what was run, by the miniature's name and whether it was the control;
    ``map.errors`` what went wrong in callbacks.
    """

    def __init__(self):
        replace_predecessor(self)
        self.results: dict[tuple[str, bool], Result] = {}
        self.errors: list[Exception] = []
        self.running = ""  # the miniature that runs now
        self.lab: Any = None  # the lab that a card has opened
        self._worker = Stoppable()
        self.graph = Graph(papers=_papers(), miniatures=_miniatures(), about=_about())
        self.graph.on_msg(self._hear)
        super().__init__([self.graph])
        self.add_class("course-map")
        listen_beside_cells(self)

    def run(self, name: str, size: str = "fast", control: bool = False) -> None:
        """Run a miniature in a thread of its own; its card shows progress and result.

        Parameters
        ----------
        name : str
            One of ``reading.miniature_names()``.
        size : str
            'fast' or 'full'.
        control : bool
            Break its claim on purpose.

        Raises
        ------
        RuntimeError
            If one runs already.
        ValueError
            For an unknown name.
        """
        if self.running:
            raise RuntimeError(f"{self.running} is still running: stop it, or wait for its end")
        chosen = reading.miniature(name)
        self.running = name
        self._worker.start(lambda: self._work(chosen, size, control), "miniature")

    def stop(self) -> None:
        """End the miniature that runs, in the midst of a repetition too."""
        self._worker.stop()

    def wait(self) -> None:
        """Wait until nothing runs."""
        self._worker.join()

    def close(self) -> None:
        """Stop what runs and remove the map, and the lab that it has opened, from the page."""
        if hasattr(self, "graph"):  # not where the constructor failed
            self.stop()
            if self.lab is not None:
                self.lab.close()
            self.graph.close()
            super().close()

    def raise_errors(self) -> None:
        """Raise the first error that a card has shown, if any (for tests)."""
        if self.errors:
            raise self.errors[0]

    def open_lab(self, paper: Paper) -> None:
        """Show under the map the lab that shows a piece of a paper, with its settings.

        Parameters
        ----------
        paper : Paper
            One with a lab.
        """
        lab = getattr(import_module("course_utils.labs"), paper.lab_name)(paper.settings)
        before, self.lab = self.lab, lab
        self.children = [self.graph, lab]
        if before is not None:
            before.close()

    # What the page says.

    def _hear(self, _, message: dict, __):
        try:
            getattr(self, f"_on_{message.get('type')}", lambda message: None)(message)
        except Exception as problem:
            self._report(problem, message.get("name", ""))

    def _on_hello(self, _: dict):
        for result in list(self.results.values()):
            self._tell(result)

    def _on_library(self, _: dict):
        self.graph.send({"type": "library"}, [library().read_bytes()])

    def _on_run(self, message: dict):
        self.run(message["name"], message.get("size", "fast"), bool(message.get("control")))

    def _on_stop(self, _: dict):
        self.stop()

    def _on_open(self, message: dict):
        self.open_lab(reading.papers()[int(message["paper"])])
        self.graph.send({"type": "opened", "name": self.lab.name})

    def _report(self, problem: Exception, name: str):
        foreseen = isinstance(problem, (ValueError, RuntimeError, MemoryError))
        text = str(problem) if foreseen else f"{type(problem).__name__}: {problem}"
        self.errors = [*self.errors, problem][-20:]
        self.graph.send({"type": "failed", "name": name, "text": text})

    # The worker's side.

    def _work(self, chosen: reading.Miniature, size: str, control: bool):
        name = chosen.name

        def progress(done: int, total: int):
            self._worker.outside()
            self.graph.send({"type": "progress", "name": name, "done": done, "total": total})
            if done < total:
                self._worker.inside()

        try:
            result = chosen.run(size, progress=progress, control=control)
            self.results[name, control] = result
            self.running = ""
            self._tell(result)
        except Stopped:
            self.running = ""
            self.graph.send({"type": "stopped", "name": name})
        except Exception as problem:
            self.running = ""
            self._report(problem, name)

    def _tell(self, result: Result):
        message, buffers = told(result)
        self.graph.send(message, buffers)

    def __repr__(self):
        runnable = sum(bool(p.miniature) for p in reading.papers())
        lines = [
            f"ReadingMap: {len(reading.papers())} papers around that of the course, "
            f"{runnable} of them with an experiment to run."
        ]
        for topic in TOPICS:
            here = [p for p in reading.papers() if p.topic == topic]
            lines.append(f"{topic}: {'; '.join(f'{p.authors} {p.year}' for p in here)}")
        lines += [result.sentence for result in self.results.values()]
        return "\n".join(lines)

    def _repr_mimebundle_(self, **kwargs):
        data = super()._repr_mimebundle_(**kwargs)
        data["text/plain"] = repr(self)
        return data


def told(result: Result) -> tuple[dict, list[bytes]]:
    """A result as a message to the page.

    Parameters
    ----------
    result : Result
        What a miniature found.

    Returns
    -------
    message : dict
        Sentence, table and what is not shown, as text; with a chart also the frame of its figure.
    buffers : list of bytes
        The arrays of that frame.
    """
    table = result.told
    message = {
        "type": "result",
        "name": result.name,
        "control": result.control,
        "size": result.size,
        "sentence": result.sentence,
        "columns": list(table),
        "rows": table.to_numpy().tolist(),
        "notShown": result.not_shown,
    }
    if result.chart is None:
        return message, []
    frame, buffer = Frames().frame([charts.curves(**vars(result.chart))], Words())
    return message | {"frame": {**frame, "n": 1}}, [buffer]


def _papers() -> list[dict]:
    where = places(reading.papers()).papers
    return [
        {
            "title": p.title,
            "authors": p.authors,
            "year": p.marked("year"),
            "relation": p.relation,
            "guessed": bool(p.guessed),
            "stands": p.stands,
            "adds": p.adds,
            "topic": p.topic,
            "lab": p.lab_name,
            "code": p.lab.partition(" ")[2],
            "miniature": p.miniature,
            "label": p.authors.split(",")[0].removesuffix(" et al."),
            "x": x,
            "y": y,
        }
        for p, (x, y) in zip(reading.papers(), where, strict=True)
    ]


def _miniatures() -> dict[str, dict]:
    each = ((name, reading.miniature(name)) for name in reading.miniature_names())
    return {
        name: {"claim": m.claim, "control": m.control, "notShown": m.not_shown} for name, m in each
    }


def _about() -> dict:
    where = places(reading.papers())
    return {
        "course": {"title": COURSE, "x": where.course[0], "y": where.course[1]},
        "years": [{"text": str(year), "x": x} for year, x in where.years.items()],
        "lanes": [{"text": t, "y": y, "height": h} for t, (y, h) in where.lanes.items()],
        "width": where.width,
        "marks": {name: list(mark) for name, mark in PAPERS.items()},
        "relations": RELATIONS,
        "restOn": RELATIONS_REST_ON,
        "topics": list(TOPICS),
        "walks": [_walk(walk) for walk in WALKS],
        "palette": palette(),
    }


def _walk(walk: Walk) -> dict:
    stops = [{"i": reading.papers().index(stop.paper), "why": stop.why} for stop in walk.stops]
    return {"name": walk.name, "question": walk.question, "stops": stops}


COURSE = (
    "Neural Networks Efficiently Learn Low-Dimensional Representations with SGD "
    "(Mousavi-Hosseini et al. 2022, the paper of this course)"
)
