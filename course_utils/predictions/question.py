"""A question that a lab asks before it shows the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..run import Run, in_d


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
