"""A question to guess at before what answers it is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Guess:
    """A question that a notebook asks before a figure or a table answers it.

    Attributes
    ----------
    text : str
        The question.
    answers : mapping of str to str
        Two answers or more, each with what is said to who chooses it.
    reveal : str
        What everyone reads after committing.

    Raises
    ------
    ValueError
        For fewer than two answers.
    """

    text: str
    answers: Mapping[str, str]
    reveal: str = ""

    def __post_init__(self):
        if not isinstance(self.answers, Mapping) or len(self.answers) < 2:
            raise ValueError(
                f"answers = {self.answers!r}: give a mapping of two answers or more, "
                "each to what is said to who chooses it"
            )

    def replies(self) -> list[str]:
        """What is read after committing.

        Returns
        -------
        list of str
            One for each answer, in their order.
        """
        return [" ".join(filter(None, (why, self.reveal))) for why in self.answers.values()]
