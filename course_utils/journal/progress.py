"""The course as a map: what is done, and what is next."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .course import Chapter, Task, chapters
from .keeping import entries

MARKS = {"done": "●", "begun": "◐", "open": "○"}
SHAPES = {"prediction": "?", "exercise": "✎"}
STYLE = """
.course-map { font-family: var(--jp-content-font-family, sans-serif); max-width: 60em; }
.course-map ol { list-style: none; margin: .5em 0; padding: 0 0 0 .8em;
  border-left: 3px solid #0072b2; }
.course-map li { position: relative; margin: 0 0 .7em; padding-left: .9em; }
.course-map li::before { content: ""; position: absolute; left: -1.5em; top: .25em; width: .7em;
  height: .7em; border: 3px solid #0072b2; border-radius: 50%; background: #fff; }
.course-map li.done::before { background: #0072b2; }
.course-map .task { display: inline-block; min-width: 1.3em; text-align: center;
  text-decoration: none; color: inherit; }
.course-map small { opacity: .75; }
"""


@dataclass(frozen=True)
class Stand:
    """How far a student is with a task.

    Attributes
    ----------
    task : Task
        What was asked.
    state : str
        'done', 'begun' (an answer that did not pass yet, or a hint) or 'open'.
    hints : int
        How many hints were taken.
    """

    task: Task
    state: str
    hints: int = 0


class Progress:
    """The map of the course with what is done and what is next.

    Parameters
    ----------
    course : sequence of Chapter
        What is asked.
    noted : sequence of mapping
        Entries of the journal.

    Notes
    -----
    The end of a cell shows it as a map, ``print`` as text.
    """

    def __init__(self, course: Sequence[Chapter], noted: Sequence[Mapping[str, Any]]):
        self.course, self.noted = list(course), list(noted)

    def stands(self, chapter: Chapter) -> list[Stand]:
        """How far a student is with each task of a notebook.

        Parameters
        ----------
        chapter : Chapter
            The notebook.

        Returns
        -------
        list of Stand
            In reading order.
        """
        return [self._stand(task) for task in chapter.tasks]

    @property
    def next(self) -> tuple[Chapter, Task] | None:
        """The first thing that is not done, from the notebook on that was worked in last.

        None when all is done.
        """
        last = self._worked_in()
        for chapter in [*self.course[last:], *self.course[:last]]:
            for stand in self.stands(chapter):
                if stand.state != "done":
                    return chapter, stand.task
        return None

    def _worked_in(self) -> int:
        for entry in reversed(self.noted):
            name = entry.get("exercise") or entry.get("question")
            for number, chapter in enumerate(self.course):
                if any(task.name == name for task in chapter.tasks):
                    return number
        return 0

    def _stand(self, task: Task) -> Stand:
        if task.kind == "prediction":
            done = any(
                e["kind"] == "prediction" and e.get("question") == task.name for e in self.noted
            )
            return Stand(task, "done" if done else "open")
        mine = [e for e in self.noted if e.get("exercise") == task.name]
        hints = sum(e["kind"] == "hint" for e in mine)
        passed = any(e["kind"] == "check" and e.get("passed") for e in mine)
        return Stand(task, "done" if passed else "begun" if mine else "open", hints)

    def _counted(self) -> str:
        stands = [stand for chapter in self.course for stand in self.stands(chapter)]
        told = []
        for kind, words in (("prediction", "predictions"), ("exercise", "exercises")):
            of_kind = [stand for stand in stands if stand.task.kind == kind]
            done = sum(stand.state == "done" for stand in of_kind)
            told.append(f"{done} of {len(of_kind)} {words}")
        return f"Done: {', '.join(told)}."

    def _next(self) -> str:
        if not self.course:
            return "There are no notebooks beside this package, so there is no map."
        if self.next is None:
            return "All is done."
        chapter, task = self.next
        return f"Next: {_said(task)}, in “{task.section}” of {chapter.file}."

    def __repr__(self):
        lines = [self._counted()]
        width = max((len(chapter.title) for chapter in self.course), default=0)
        for chapter in self.course:
            marks = {
                kind: "".join(MARKS[s.state] for s in self.stands(chapter) if s.task.kind == kind)
                for kind in SHAPES
            }
            time = f"{chapter.minutes} min" if chapter.minutes else ""
            lines.append(
                f"{chapter.title:<{width}}  {time:>7}  predictions {marks['prediction']:<8}  "
                f"exercises {marks['exercise']}".rstrip()
            )
        return "\n".join([*lines, self._next()])

    def html(self) -> str:
        """The map as HTML.

        Returns
        -------
        str
            With its own style; links lead to notebooks in the same folder.
        """
        stations = "".join(map(self._station, self.course))
        return (
            f"<style>{STYLE}</style><div class='course-map'><p>{html.escape(self._counted())} "
            f"<b>{html.escape(self._next())}</b></p><ol>{stations}</ol><small>"
            f"{SHAPES['prediction']} prediction, {SHAPES['exercise']} exercise; {MARKS['done']} "
            f"done, {MARKS['begun']} begun, {MARKS['open']} open</small></div>"
        )

    def _repr_html_(self) -> str:
        return self.html()

    def _station(self, chapter: Chapter) -> str:
        stands = self.stands(chapter)
        done = "done" if stands and all(s.state == "done" for s in stands) else ""
        tasks = " ".join(
            f"<span class='task' title='{html.escape(_told(s), quote=True)}'>"
            f"{SHAPES[s.task.kind]}{MARKS[s.state]}</span>"
            for s in stands
        )
        time = f" <small>{chapter.minutes} minutes</small>" if chapter.minutes else ""
        return (
            f"<li class='{done}'><a href='{html.escape(chapter.file, quote=True)}'>"
            f"{html.escape(chapter.title)}</a>{time}<br>{tasks}</li>"
        )


def progress() -> Progress:
    """The course as a map, with what is done and what is next.

    Returns
    -------
    Progress
        For the end of a cell, or for ``print``.
    """
    return Progress(chapters(), entries())


def _said(task: Task) -> str:
    if task.kind == "exercise":
        return f"exercise {task.name}"
    question = task.name if len(task.name) < 70 else task.name[:67].rstrip() + "..."
    return f"the prediction “{question}”"


def _told(stand: Stand) -> str:
    hints = f", {stand.hints} hint{'s' if stand.hints > 1 else ''} taken" if stand.hints else ""
    return f"{_said(stand.task)}: {stand.state}{hints}"
