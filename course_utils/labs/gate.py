"""A lab that opens with a question: it plays once you have answered, and says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from ..journal import note
from ..run import Run, in_d
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


@dataclass(frozen=True)
class Question:
    """A question that a lab asks before it shows the answer.

    Attributes
    ----------
    text : str
        The question.
    answers : mapping of str to str
        Two answers or more, each with what tempts to it, which is said afterwards only.
    right : str or callable
        The answer that holds; or called as right(result) when the lab has measured what answers,
        so that its run, or else its experiment, decides.
    until : int or str
        Where a run stops: after so many samples, or when an event of this name has come (see
        ``events_of``), after 1000 d samples at the latest. A lab without a run in time stops when
        everything is measured.
    times : int
        How many events of that name are waited for.
    then : mapping of str to object
        Orders that the lab obeys once an answer is fixed, with their values, such as
        {"preset": "he2"}. A lab that is asked what a change does opens with what was before it;
        without orders it opens with nothing measured.

    Raises
    ------
    ValueError
        For fewer than two answers, a right one that is none of them, or no place to stop.
    """

    text: str
    answers: Mapping[str, str]
    right: str | Callable[[Any], str]
    until: int | str = "angle"
    times: int = 1
    then: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        if not isinstance(self.answers, Mapping) or len(self.answers) < 2:
            raise ValueError(
                f"answers = {self.answers!r}: give a mapping of two answers or more, "
                "each to what tempts to it"
            )
        if isinstance(self.right, str) and self.right not in self.answers:
            raise ValueError(f"right = {self.right!r} is none of the answers: {self._offered()}")
        whole = isinstance(self.until, int) and not isinstance(self.until, bool)
        if not (isinstance(self.until, str) or (whole and self.until > 0)) or self.times < 1:
            raise ValueError(
                f"until = {self.until!r}, times = {self.times!r}: "
                "give a number of samples, or the name of an event and how often it has to come"
            )

    def decided(self, result: Any) -> str:
        """The answer that holds.

        Parameters
        ----------
        result : Run or object
            A run that has come far enough, or another experiment that is measured.

        Returns
        -------
        str
            One of the answers.

        Raises
        ------
        ValueError
            If ``right`` says something else.
        """
        found = self.right if isinstance(self.right, str) else self.right(result)
        if found not in self.answers:
            raise ValueError(
                f"what was measured says {found!r}, none of the answers: {self._offered()}"
            )
        return found

    def verdict(self, result: Any, answer: str) -> str:
        """Whether an answer holds, and what tempts to it.

        Parameters
        ----------
        result : Run or object
            A run that has come far enough, or another experiment that is measured.
        answer : str
            One of the answers.

        Returns
        -------
        str
            Two sentences.
        """
        found, when, who = self.decided(result), "Measured", "the lab"
        if isinstance(result, Run):
            t, who = int(result.samples[-1]), "the run"
            when = f"After {t:,} samples ({in_d(t, result.settings.d)})"
        held = "it holds" if found == answer else f"it does not hold; {who} says: {found}"
        return f"{when}: {held}. {self.answers[answer]}"

    def _offered(self) -> str:
        return ", ".join(self.answers)


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
        self.leave.description = "Close" if state == "answered" else "Skip"
        (self.box.remove_class if state == "asked" else self.box.add_class)("course-gate-committed")

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
