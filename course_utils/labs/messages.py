"""Titles that say what a view shows, from the moment on at which an event has shown it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..events import Event
from .views import Figure, dated


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
        Copies where a title becomes another; see ``dated``.
    """
    when: dict[str, list[int]] = {}
    for event in events:
        when.setdefault(event.name, []).append(event.samples)
    rises = enumerate(when.get("singular value", []), 1)
    some = "1 singular value rises" if k == 1 else "{} of {} singular values rise"
    messages = {
        "norms": [(t, "The outside part shrinks") for t in when.get("half", [])],
        "singular values": [(t, some.format(n, k)) for n, t in rises],
        "test risk": [(t, "Better than the best linear fit") for t in when.get("linear fit", [])],
    }
    return [
        replace(view, layout=view.layout | {"title": dated(view.layout["title"], *later)})
        if (later := messages.get(view.name))
        else view
        for view in views
    ]
