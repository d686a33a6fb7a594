"""A lab that opens with a question: it plays once you have answered, and says what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from ..journal import note
from ..predictions import Question, prediction
from ..settings import Settings
from .controls import button, row
from .player import Player
from .prediction import Prediction

if TYPE_CHECKING:
    from .lab import Lab

LIMIT = 1000  # times d samples, after which an event that has not come is waited for no more
# what says nothing of an answer: all other orders leave the question
HARMLESS = {
    "commit",
    "skip",
    "again",
    "show",
    "look",
    "copy",
    "export",
    "speed",
    "pause",
    "compare",
}


def ask(name: str) -> Question:
    """What a lab of the notebooks asks.

    Parameters
    ----------
    name : str
        Such as "2a".

    Returns
    -------
    Question
        For the lab's ``question``. That it has a name, and does not stand in its cell, keeps its
        answers from those who are asked.

    Raises
    ------
    ValueError
        For a name that no lab's question has.
    """
    return prediction(name, Question)


class Gate:
    """Asks, plays when an answer is fixed, stops at what answers, and says what came of it.

    Parameters
    ----------
    lab : Lab
        Whose run, or whose measurements, answer.
    question : Question
        What is asked.

    Notes
    -----
    ``state`` is "asked", "playing", "answered" or "left". Until an answer is fixed, neither the
    page nor the text twin holds anything of what comes of it.
    """

    def __init__(self, lab: Lab, question: Question):
        self.lab, self.question, self.state, self.answer = lab, question, "asked", ""
        self._plays = isinstance(lab.player, Player)  # a run in time, or measurements
        self._before: tuple[Settings, str, dict[str, Any]] = (lab.settings, "", {})
        ask = lab.actor.order
        self.panel = Prediction(question.text, list(question.answers))
        self.panel.observe(self._chosen, "chosen")
        self.leave = button("Skip", "Close the question and use the lab", lambda: ask("skip"))
        self.retry = button(
            "Try again", "Back to what was before, and to the question", lambda: ask("again")
        )
        self.box = widgets.VBox([widgets.VBox([self.panel, row([self.leave, self.retry])])])
        self.box.add_class("course-gate")
        self.orders: dict[str, Callable[[Any], None]] = {
            "commit": self.commit,
            "skip": self.skip,
            "again": self.again,
        }
        self._to("asked")

    def text(self, told: str) -> str:
        """The text twin of a lab with a question.

        Parameters
        ----------
        told : str
            What the lab says.

        Returns
        -------
        str
            The question with its answers alone, while it waits for one; later what was answered,
            and what came of it, before what the lab says.
        """
        if self.state == "asked":  # what comes before the change is no answer
            return f"{self.panel!r}\n{told if self.question.then else self.lab.short()}"
        if self.state == "left":
            return told
        return f"You said: {self.answer}. {self.panel.reveal}".rstrip() + f"\n{told}"

    def commit(self, answer: str) -> None:
        """Fix an answer, and play, or measure, until what is there answers.

        Parameters
        ----------
        answer : str
            One of the answers.

        Raises
        ------
        ValueError
            For anything else, and where an answer is fixed already.
        """
        if self.state != "asked":
            raise ValueError("the question waits for no answer now: press Try again first")
        if answer not in self.question.answers:
            raise ValueError(
                f"{answer!r} is none of the answers: {', '.join(self.question.answers)}"
            )
        self.answer = answer
        self._to("playing")
        self.panel.chosen = list(self.question.answers).index(answer)
        knobs = {order: widget.value for order, widget in self.lab.knobs.items()}
        self._before = self.lab.settings, self.lab.chosen, knobs
        for order, value in self.question.then.items():
            self.lab.orders[order](value)
        if not self._plays:
            self.lab.player.go()
            return self.look()  # where all is known at once
        until = self.question.until
        return self.lab.player.play_to(
            LIMIT * self.lab.settings.d if isinstance(until, str) else until, stretch=1
        )

    def look(self) -> None:
        """See whether the lab has come far enough; called after each step."""
        if self.state != "playing" or not self._reached():
            return
        if self._plays:
            self.lab.player.pause()
        self._to("answered")
        run = self.lab.session.run()
        self.panel.reveal = self.question.verdict(run, self.answer)
        note(
            "verdict",
            question=self.question.text,
            answer=self.answer,
            held=self.question.decided(run) == self.answer,
            said=self.panel.reveal,
        )

    def waits(self, order: str) -> bool:
        """Whether a key is not for the lab now: a presenter who asks must not play past it.

        Parameters
        ----------
        order : str
            What the key asks of the lab.

        Returns
        -------
        bool
            True for play and step while the question waits for an answer; *Skip* is a button.
        """
        return self.state == "asked" and order in ("play", "step")

    def obeyed(self, order: str) -> None:
        """Leave the question where something else was asked of the lab.

        Parameters
        ----------
        order : str
            What the lab has obeyed.
        """
        resumed = self.state in ("playing", "answered") and order in ("play", "step", "x10")
        if order not in HARMLESS and not resumed:
            self.skip()

    def skip(self, _=None) -> None:
        """Close the question.

        Parameters
        ----------
        _ : object
            The order's value, which says nothing.
        """
        self._to("left")
        if not self._plays:
            self.lab.player.go()  # what was waited with

    def again(self, _=None) -> None:
        """Back to the question, and to what was before it.

        Parameters
        ----------
        _ : object
            The order's value, which says nothing.
        """
        if self._plays:
            self.lab.player.reset()
        if self.question.then:
            self._restore()
        elif not self._plays:
            self.lab.session.begin(self.lab.settings)
        self._to("asked")
        self.panel.reveal, self.panel.chosen = "", -1

    def _restore(self):
        settings, chosen, knobs = self._before
        self.lab.use(settings, anew=True, chosen=chosen)
        for order, value in knobs.items():
            self.lab.orders[order](value)
        if self._plays:
            self.lab.player.open()

    def _to(self, state: str):
        self.state = state
        self.box.layout.display = "none" if state == "left" else ""
        self.retry.layout.display = "" if state == "answered" else "none"
        self.leave.description = "Skip" if state == "asked" else "Close"
        committed = state in ("playing", "answered")
        (self.box.add_class if committed else self.box.remove_class)("course-gate-committed")

    def _reached(self) -> bool:
        question, session = self.question, self.lab.session
        if not self._plays:
            return not session.unfinished
        if not isinstance(question.until, str):
            return session.samples >= question.until
        come = sum(event.name == question.until for event in session.watch.events)
        return come >= question.times or session.samples >= LIMIT * self.lab.settings.d

    def _chosen(self, change: dict):
        """A person has fixed an answer; what the worker shows is none."""
        if change["new"] >= 0 and self.state == "asked":
            self.lab.actor.order("commit", self.panel.answer)
