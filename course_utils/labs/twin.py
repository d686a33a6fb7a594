"""The text twin of a lab: what its figures show, in words and a small table."""

from __future__ import annotations

from ..run import Run
from .views import Words


def tell(result: object, words: Words, code: str) -> list[str]:
    """Lines of a text twin: the sentence, a small table, and the settings.

    Parameters
    ----------
    result : Run or object
        What was measured.
    words : Words
        What is said of the moment that is shown.
    code : str
        The settings that the lab uses.

    Returns
    -------
    list of str
        The table is that of the run, where the result is one, with what happened in it;
        elsewhere that of the words.
    """
    if isinstance(result, Run):
        return [words.sentence, result.table(), *(text for _, text in words.events or ()), code]
    return [words.sentence, *table(words.rows), code]


def table(rows: list[tuple[str, str, str, str]], name: int = 30, cell: int = 12) -> list[str]:
    """The rows of a lab's words as lines, under a head.

    Parameters
    ----------
    rows : list of (str, str, str, str)
        Name, predicted, measured and error.
    name, cell : int
        Characters of the first column and of each other one.

    Returns
    -------
    list of str
        Empty where there are no rows.
    """
    if not rows:
        return []
    head = ("", "predicted", "measured", "error")
    return [
        " ".join([f"{first:<{name}}", *(f"{text:>{cell}}" for text in cells)]).rstrip()
        for first, *cells in (head, *rows)
    ]
