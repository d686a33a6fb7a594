"""Work in a thread of its own that can be stopped in the midst of it, as Ctrl-C stops a cell."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable


class Stopped(BaseException):
    """Somebody asked for the work to end; no Exception, which compilers would take for theirs."""


class Stoppable:
    """A thread whose work can be ended between any two steps that it takes in Python.

    The work calls ``outside`` before it does what must not be cut in two, such as sending a
    message, and ``inside`` before it goes on computing. A call of compiled code is finished first.
    """

    def __init__(self):
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._asked = self._inside = False

    def start(self, work: Callable[[], object], name: str) -> None:
        """Begin.

        Parameters
        ----------
        work : callable
            Called once, in the thread; a Stopped that it lets through ends it silently.
        name : str
            Of the thread.
        """
        self._asked = self._inside = False
        self._thread = threading.Thread(target=self._run, args=(work,), name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Raise Stopped in the work: now where it is inside, else when it next says where it is."""
        with self._lock:
            self._asked = True
            if self._inside and self._thread is not None and self._thread.ident is not None:
                self._inside = False  # once: a second one could come while the first is handled
                raise_in(self._thread.ident, Stopped)

    def join(self) -> None:
        """Wait until the work has ended."""
        if self._thread is not None:
            self._thread.join()

    def outside(self) -> None:
        """Said by the work: from here on it must not be cut in two.

        Raises
        ------
        Stopped
            If that was asked for.
        """
        self._move(False)

    def inside(self) -> None:
        """Said by the work: from here on it may be ended anywhere.

        Raises
        ------
        Stopped
            If that was asked for.
        """
        self._move(True)

    def _move(self, inside: bool):
        with self._lock:
            asked, self._inside = self._asked, inside and not self._asked
        if asked:
            raise Stopped

    def _run(self, work: Callable[[], object]):
        try:
            work()
        except Stopped:
            pass


def raise_in(thread: int, kind: type[BaseException]) -> None:
    """Raise an exception in another thread, before the next step that it takes in Python.

    Parameters
    ----------
    thread : int
        Its identity.
    kind : type
        Which exception.
    """
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind))
