"""The papers around that of this course: one table, and one short experiment a file.

``papers()`` is the list, ``table()`` the same for a notebook, and ``miniature("leap").run()`` runs
the experiment that shows a piece of a paper. ``WALKS`` lead over the list, and ``QUESTIONS`` are
what a student can start on.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from ..given import choice
from .mechanism import Chart, Miniature, Result
from .paper import NOT_READ, RELATIONS, RELATIONS_REST_ON, TOPICS, Paper
from .questions import QUESTIONS, OpenQuestion
from .rows import PAPERS
from .walks import WALKS, Stop, Walk

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Chart",
    "Miniature",
    "NOT_READ",
    "OpenQuestion",
    "Paper",
    "QUESTIONS",
    "RELATIONS",
    "RELATIONS_REST_ON",
    "Result",
    "Stop",
    "TOPICS",
    "WALKS",
    "Walk",
    "miniature",
    "miniature_names",
    "papers",
    "table",
    "walk",
]


def papers() -> tuple[Paper, ...]:
    """All papers of the list.

    Returns
    -------
    tuple of Paper
        In the order of topics.
    """
    return PAPERS


def miniature_names() -> tuple[str, ...]:
    """Names of all short experiments.

    Returns
    -------
    tuple of str
        Those of their files, in alphabetical order.
    """
    home = import_module(f"{__name__}.miniatures")
    return tuple(sorted(found.name for found in iter_modules(home.__path__)))


def miniature(name: str) -> Miniature:
    """The short experiment of a name.

    Parameters
    ----------
    name : str
        One of ``miniature_names()``, as in the row of a paper.

    Returns
    -------
    Miniature
        ``run`` it.

    Raises
    ------
    ValueError
        For an unknown name; it says which are known.
    """
    choice("miniature", name, miniature_names())
    return import_module(f"{__name__}.miniatures.{name}").MINIATURE


def walk(name: str) -> Walk:
    """The guided walk of a name.

    Parameters
    ----------
    name : str
        That of one of WALKS.

    Returns
    -------
    Walk
        ``print`` it, or choose it on the map.

    Raises
    ------
    ValueError
        For an unknown name; it says which are known.
    """
    names = tuple(w.name for w in WALKS)
    return WALKS[names.index(choice("walk", name, names))]


def table() -> pd.DataFrame:
    """The list as a table, for a notebook without a kernel and for readers of screens.

    Returns
    -------
    pandas.DataFrame
        One row a paper; guesses are marked, and what nobody has read says so.
    """
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "title": p.title,
                "authors": p.authors,
                "year": p.marked("year"),
                "relation": p.marked("relation"),
                "what it adds": p.adds,
                "topic": p.topic,
                "lab": p.lab,
                "miniature": p.miniature,
                "seconds": p.seconds or "",
            }
            for p in papers()
        ]
    )
