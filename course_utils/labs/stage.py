"""The stage: one widget that draws the views of a lab and says when they are painted.

Python sends a frame (see frames.py); the page draws it with plotly.js, waits for the next repaint
and answers with the frame's number (every eighth one while a run is fast). Its JavaScript is page/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import anywidget
import traitlets

from .frames import Frames
from .page import bundle, library, style
from .views import Figure, Table, Words


class Stage(anywidget.AnyWidget):
    """The page's side of a lab, which draws frames and says when they are painted.

    Parameters
    ----------
    text : callable, optional
        Gives the text twin, which stands where the widget cannot.
    **traits : object
        Initial values of the traits below.

    Notes
    -----
    ``on_event`` is called with each message from the page; it must return at once. A frame carries
    what has changed since the one before it; after a page has opened, everything.
    """

    _esm = bundle()
    _css = style()
    lecture = traitlets.Bool(False).tag(sync=True)
    columns = traitlets.Int(3).tag(sync=True)
    # the view in the centre by name, "" for the first; None where all views are equal
    central = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    # the two hidden directions that a picture shows, the last one chosen last
    pair = traitlets.List(traitlets.Int(), [0, 1]).tag(sync=True)
    # so that a page to which nothing comes knows whether that is right
    playing = traitlets.Bool(False).tag(sync=True)
    label = traitlets.Unicode("figures").tag(sync=True)
    # for the class, in a lecture: its "address", and "rows" of its QR code of 0 and 1
    link = traitlets.Dict().tag(sync=True)

    def __init__(self, text: Callable[[], str] | None = None, **traits):
        super().__init__(**traits)
        self._text = text
        self._told = Frames()
        self._fresh = True  # a page has opened that has seen no frame yet
        self.frames = 0
        self.error = ""
        self.on_event: Callable[[dict], None] = lambda event: None
        self.on_msg(self._receive)

    def _receive(self, _, message: dict, __):
        if message.get("type") == "library":
            self.send({"type": "library"}, [library().read_bytes()])
        elif message.get("type") == "hello":
            self._fresh = True
            if self.error:
                self.send_error(self.error)
        self.on_event(message)

    def send_frame(
        self,
        views: Sequence[Figure],
        words: Words,
        tables: Mapping[str, Table] | None = None,
        say: Callable[[int], Words] | None = None,
        reword: bool = False,
        **more,
    ) -> int:
        """Draw the views.

        Parameters
        ----------
        views : sequence of Figure
            As in ``Frames.frame``, like the next four.
        words : Words
            What is said of now.
        tables : mapping of str to Table, optional
            The rows that views are bound to.
        say : callable, optional
            The words at a row of the record.
        reword : bool
            Whether the words of old rows may have changed.
        **more : object
            Further entries of the message.

        Returns
        -------
        int
            The frame's number, which the page answers with once it is painted.
        """
        if self._fresh:
            self._fresh = False
            self._told.forget()
        self.frames += 1
        message, buffer = self._told.frame(views, words, tables, say, reword)
        self.send({**message, "n": self.frames, **more}, [buffer])
        return self.frames

    def send_error(self, text: str) -> None:
        """Show a sentence in the error box, also on pages that open later.

        Parameters
        ----------
        text : str
            The sentence; an empty one clears the box.
        """
        self.error = text
        self.send({"type": "error", "text": text})

    def __repr__(self):
        return self._text() if self._text else super().__repr__()

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data and self._text:
            data["text/plain"] = self._text()
        return bundle


def listen_beside_cells(widget) -> None:
    """Let a widget, and all inside it, hear the page while a cell runs.

    Parameters
    ----------
    widget : ipywidgets.Widget
        What the page shows.

    Notes
    -----
    ipykernel since 7.4 hands a page's messages to the thread that last wrote to the widget, which
    for a new widget is the one that runs cells. A lab only leaves orders for its worker, so any
    thread may bring them: take the one JupyterLab chose.
    """
    if hasattr(widget.comm, "_reply_subshell_for"):
        widget.comm._reply_subshell_for = lambda data, default: default
    for child in getattr(widget, "children", ()):
        listen_beside_cells(child)


def show(
    figures: Figure | Sequence[Figure], sentence: str = "", columns: int | None = None
) -> Stage:
    """Draw figures that do not move, with the look of a lab and one sentence that reads them.

    Parameters
    ----------
    figures : Figure or sequence of Figure
        With arrays given.
    sentence : str
        What they show. It is also the widget's text, so that a notebook without a kernel still
        tells its result.
    columns : int, optional
        Figures side by side where the page is wide enough; left out, as many as there are, up to 3.

    Returns
    -------
    Stage
        For the end of a cell.
    """
    figures = [figures] if isinstance(figures, Figure) else list(figures)
    stage = Stage(
        text=lambda: sentence, columns=columns or min(3, len(figures)), label=sentence or "figures"
    )

    def answer(event: dict):
        if event.get("type") == "hello":
            stage.send_frame(figures, Words(sentence))

    stage.on_event = answer
    listen_beside_cells(stage)
    return stage
