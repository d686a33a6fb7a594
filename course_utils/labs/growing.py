"""A figure that is drawn while it is computed, piece by piece, with a progress bar."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from .stage import Stage, listen_beside_cells
from .views import Figure, Words


class Growing(widgets.VBox):
    """A progress bar over a stage; its text says what is drawn.

    Parameters
    ----------
    label : str
        What is drawn.
    total : int
        How many pieces there are.
    """

    def __init__(self, label: str, total: int):
        self.label = label
        self.stage = Stage(text=lambda: label, columns=1, label=label)
        tip = "How many pieces are computed"
        self.bar = widgets.IntProgress(max=total, description=f"0 of {total}", tooltip=tip)
        super().__init__([self.bar, self.stage])

    def count(self, done: int) -> None:
        """Let the bar say how far it is.

        Parameters
        ----------
        done : int
            Pieces that are computed.
        """
        self.bar.value, self.bar.description = done, f"{done} of {self.bar.max}"

    def __repr__(self):
        return self.label

    def _repr_mimebundle_(self, **kwargs):
        return super()._repr_mimebundle_(**kwargs) | {"text/plain": self.label}


def show_growing(
    pieces: Iterable, draw: Callable[[list], Figure], label: str, total: int
) -> list[Any]:
    """Draw a figure anew after each piece of what is computed.

    Parameters
    ----------
    pieces : iterable
        What is computed, one after the other.
    draw : callable
        Called with the list of the pieces so far: the figure, with arrays given.
    label : str
        What is drawn; the text where there is no page.
    total : int
        How many pieces there will be.

    Returns
    -------
    list
        The pieces.

    Notes
    -----
    It returns when the last piece is drawn. Taught in notebook 07.
    """
    done: list[Any] = []
    lock = threading.Lock()  # a page says hello on another thread
    shown = Growing(label, total)

    def send():
        with lock:
            shown.stage.send_frame([draw(done)], Words(label))

    def answer(event: dict):
        if event.get("type") == "hello" and done:
            send()

    shown.stage.on_event = answer
    listen_beside_cells(shown)
    display(shown)
    for piece in pieces:
        done.append(piece)
        shown.count(len(done))
        send()
    return done
