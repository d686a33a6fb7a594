"""The worker behind a lab: one thread owns the experiment, callbacks only leave orders.

Newest value wins: orders with the same key replace each other, orders with different keys keep
their order. While an experiment plays, at most twelve frames are under way to the page; if none is
answered for three seconds the worker takes the page as gone and sleeps until the page speaks
again. An idle worker uses no CPU.
"""

from __future__ import annotations

import threading
import time
import traceback
import weakref
from collections.abc import Callable
from typing import Any

# Frames on their way to the page; it answers every eighth, and draws only the newest of those that
# wait. The rest covers an answer's way, so that a page that keeps up is never waited for.
IN_FLIGHT = 12
PATIENCE = 3.0  # seconds without an answer after which the page counts as gone


_actors: weakref.WeakSet[Actor] = weakref.WeakSet()


def players() -> int:
    """How many workers of this kernel play to a page; they share one frame's budget of training.

    Returns
    -------
    int
        At least 1.
    """
    return max(1, sum(actor.playing and actor._page for actor in list(_actors)))


class Actor:
    """Runs orders and, while playing, steps, in one daemon thread.

    Parameters
    ----------
    obey : callable
        Called as obey(key, value) for each order.
    step : callable
        Called again and again while playing.
    show : callable
        Sends a frame and returns its number; called after orders and steps.
    fail : callable
        Called with an exception that obey, step or show raised. The worker goes on.
    """

    def __init__(
        self,
        obey: Callable[[str, Any], None],
        step: Callable[[], None],
        show: Callable[[], int],
        fail: Callable[[Exception], None],
    ):
        self._obey, self._step, self._show, self._fail = obey, step, show, fail
        self._wake = threading.Condition()
        self._orders: dict[str, Any] = {}
        self._sent = self._answered = 0
        self._heard = time.monotonic()
        self._page = False
        self.playing = False
        self.closed = False
        self._thread: threading.Thread | None = None
        _actors.add(self)

    def order(self, key: str, value: Any = None) -> None:
        """Leave an order; one with the same key that still waits is replaced.

        Parameters
        ----------
        key : str
            The order.
        value : object
            Its value.

        Notes
        -----
        Returns at once, from any thread.
        """
        with self._wake:
            if self.closed:
                return
            self._orders.pop(key, None)
            self._orders[key] = value
            self._start()
            self._wake.notify_all()

    def waiting(self, key: str) -> bool:
        """Whether an order still waits.

        Parameters
        ----------
        key : str
            The order.

        Returns
        -------
        bool
            True until the worker takes it.
        """
        with self._wake:
            return key in self._orders

    def hear(self, frame: int | None = None) -> None:
        """The page spoke.

        Parameters
        ----------
        frame : int, optional
            The frame that it has painted; left out, it has just been opened.
        """
        with self._wake:
            self._page, self._heard = True, time.monotonic()
            self._answered = max(self._answered, frame) if frame is not None else self._sent
            self._wake.notify_all()
        if frame is None:
            self.order("show")

    def close(self) -> None:
        """End the thread after the step it is in."""
        with self._wake:
            self.closed, self.playing = True, False
            self._wake.notify_all()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)

    @property
    def page_gone(self) -> bool:
        """Whether no page has answered frames for three seconds, or none was ever there."""
        waited = time.monotonic() - self._heard
        return not self._page or (self._sent > self._answered and waited > PATIENCE)

    def _start(self):
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="lab", daemon=True)
            self._thread.start()

    def _ready(self) -> bool:
        return self.playing and self._page and self._sent - self._answered < IN_FLIGHT

    def _wait(self):
        while not (self.closed or self._orders or self._ready()):
            waiting_for_page = self.playing and self._page
            if waiting_for_page and self.page_gone:
                self._page = False
                continue
            if not self._wake.wait(PATIENCE if waiting_for_page else None) and not waiting_for_page:
                return

    def _loop(self):
        while True:
            with self._wake:
                self._wait()
                if self.closed:
                    return
                orders, self._orders = self._orders, {}
            try:
                for key, value in orders.items():
                    self._guarded(self._obey, key, value)
                if self.playing and not orders:
                    self._guarded(self._step)
                if self._page:
                    sent = self._show()
                    with self._wake:
                        if self._sent == self._answered:
                            # patience counts from the first unanswered frame
                            self._heard = time.monotonic()
                        self._sent = sent
            except Exception as problem:  # drawing failed: say so, and go on
                self._fail(problem)

    def _guarded(self, action: Callable, *arguments):
        try:
            action(*arguments)
        except Exception as problem:
            self._fail(problem)


def place_of(problem: Exception) -> str:
    """Where an exception came from.

    Parameters
    ----------
    problem : Exception
        That was raised.

    Returns
    -------
    str
        The function and line; "the lab" where there is none.
    """
    frames = traceback.extract_tb(problem.__traceback__)
    return f"{frames[-1].name}, line {frames[-1].lineno}" if frames else "the lab"
