"""Titles that say what a view shows, as soon as an event of the run has shown it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..events import Event
from .views import Figure


def titled(views: Iterable[Figure], events: Iterable[Event], k: int) -> list[Figure]:
    """Views of a run with the messages that its events allow; others keep their titles.

    Parameters
    ----------
    views : iterable of Figure
        From figures.py.
    events : iterable of Event
        What has happened so far.
    k : int
        Hidden directions.

    Returns
    -------
    list of Figure
        Copies where a title is another.
    """
    kinds = [event.name for event in events]
    above = kinds.count("singular value")
    some = "1 singular value rises" if k == 1 else f"{above} of {k} singular values rise"
    messages = {
        "norms": "half" in kinds and "The outside part shrinks",
        "singular values": above and some,
        "test risk": "linear fit" in kinds and "Better than the best linear fit",
    }
    return [
        replace(view, layout=view.layout | {"title": messages[view.name]})
        if messages.get(view.name)
        else view
        for view in views
    ]
