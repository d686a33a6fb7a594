"""What notebooks ask before they show, and what is said to each answer.

It stands here and not in a notebook's cells, so that neither a cell nor what is made of one, such
as a page that was exported, gives an answer away to those who are asked. ``predict("2b")`` of
``course_utils.labs`` asks in a notebook, ``ask("2a")`` gives a lab its question. Those of notebook
02 are in p02.py, in reading order, and so on.
"""

from __future__ import annotations

from functools import cache

from . import p01, p02, p03, p04, p05, p06, p07, p08
from .guess import Guess
from .question import Question
from .sealing import opened, sealed

__all__ = ["Guess", "Question", "asked", "opened", "prediction", "sealed"]


@cache
def asked() -> dict[str, Guess | Question]:
    """All that notebooks ask.

    Returns
    -------
    dict of str to Guess or Question
        By name, such as "2b": the second of notebook 02.
    """
    return {
        name: one
        for part in (p01, p02, p03, p04, p05, p06, p07, p08)
        for name, one in part.ASKED.items()
    }


def prediction(name: str, kind: type = object) -> Guess | Question:
    """What is asked under a name.

    Parameters
    ----------
    name : str
        Such as "2b".
    kind : type
        Guess for what stands alone, Question for what a lab asks; left out, either.

    Returns
    -------
    Guess or Question
        With its text and answers.

    Raises
    ------
    ValueError
        For a name that nothing of this kind has.
    """
    found = asked().get(name)
    if found is None or not isinstance(found, kind):
        known = [other for other, one in asked().items() if isinstance(one, kind)]
        raise ValueError(f"no prediction {name!r}: there are {', '.join(known)}")
    return found
