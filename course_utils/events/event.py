"""What an event is, and how events are listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """Something that happened in a run.

    Attributes
    ----------
    name : str
        'angle', 'singular value', 'half', 'plateau', 'risk plateau', 'linear fit', 'lamp' or
        'divergence'; see ``events_of``.
    samples : int
        After how many samples.
    index : int
        The checkpoint that shows it first.
    caption : str
        One short sentence with the numbers.
    directions : tuple of int
        Numbers i of the u_i, from 1, that it is about; empty where it is about none.
    column : int or None
        Which angle or singular value it is about, as a column of ``Run.angles`` or
        ``Run.singular_values``.
    """

    name: str
    samples: int
    index: int
    caption: str
    directions: tuple[int, ...] = ()
    column: int | None = None


def ordinal(i: int) -> str:
    """A number in order, as text.

    Parameters
    ----------
    i : int
        From 1.

    Returns
    -------
    str
        Such as '1st', '12th', '22nd'.
    """
    ending = "th" if i % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(i % 10, "th")
    return f"{i}{ending}"


def listed(events: Iterable[Event]) -> str:
    """Events as text, one a line.

    Parameters
    ----------
    events : iterable of Event
        In order.

    Returns
    -------
    str
        Their captions.
    """
    return "\n".join(event.caption for event in events)
