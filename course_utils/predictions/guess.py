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
    right : str
        The answer that holds; what stands below the question shows it.
    reveal : str
        What everyone reads after committing.

    Raises
    ------
    ValueError
        For fewer than two answers, or a right one that is none of them.
    """

    text: str
    answers: Mapping[str, str]
    right: str
    reveal: str = ""

    def __post_init__(self):
        if not isinstance(self.answers, Mapping) or len(self.answers) < 2:
            raise ValueError(
                f"answers = {self.answers!r}: give a mapping of two answers or more, "
                "each to what is said to who chooses it"
            )
        if self.right not in self.answers:
            raise ValueError(
                f"right = {self.right!r} is none of the answers: {', '.join(self.answers)}"
            )

    def replies(self) -> list[str]:
        """What is read after committing: whether it holds, why it tempts, where that is seen.

        Returns
        -------
        list of str
            One for each answer, in their order.
        """
        lost = f"It does not hold; what holds is: {self.right}."
        return [
            " ".join(filter(None, ("It holds." if one == self.right else lost, why, self.reveal)))
            for one, why in self.answers.items()
        ]
