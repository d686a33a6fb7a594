"""A limit of time for code that may never end."""

from __future__ import annotations

import contextvars
import ctypes
import threading
from collections.abc import Callable
from typing import Any

TRIES = 20  # how often a thread is asked to stop, a tenth of a second apart


class TimeUp(BaseException):
    """Work took longer than it may; not an Exception, which an answer might catch itself."""


def within(seconds: float, work: Callable[[], Any]) -> Any:
    """What some work returns, if it ends in time.

    Parameters
    ----------
    seconds : float
        How long it may take.
    work : callable
        Called without arguments, in a thread of its own.

    Returns
    -------
    object
        What it returned; what it raised is raised here.

    Raises
    ------
    TimeUp
        If it takes longer; its text is empty if the work was stopped, and says so if not.
    RuntimeError
        Where Python cannot start a thread, before the work has begun.

    Notes
    -----
    A thread serves on every system and in whatever thread a kernel runs its cells, the main one
    or another; signals, the other way, serve in the main thread of Linux and macOS only. Waiting
    can be interrupted like any cell, and stops the work too. What is stopped is what Python itself
    runs: a long call into a library goes on behind the caller's back, and TimeUp says so. What
    holds Python's lock all the time, such as sum(range(10**12)), holds the limit up as well: no
    thread, signal or watchdog of the same process gets its turn, and only the kernel's restart
    helps. A process of its own would end it, and does where homework is graded; for a check it
    would cost what an answer prints, draws and remembers, and could not be had on Windows.
    """
    ends: dict[str, Any] = {}

    def run():
        try:
            ends["result"] = work()
        except BaseException as problem:
            ends["problem"] = problem

    # what belongs to the caller's context, such as the cell to which prints go, goes along
    thread = threading.Thread(
        target=contextvars.copy_context().run, args=(run,), name="check", daemon=True
    )
    thread.start()
    try:
        thread.join(seconds)
    except BaseException:  # interrupted
        _stop(thread)
        raise
    if thread.is_alive():
        raise TimeUp(
            ""
            if _stop(thread)
            else "It still runs, inside a call that Python cannot stop: restart the kernel."
        )
    if "problem" in ends:
        raise ends["problem"]
    return ends["result"]


def _stop(thread: threading.Thread) -> bool:
    """Raise TimeUp in a thread until it has ended; whether it has.

    Several times, since code may catch everything.
    """
    for _ in range(TRIES):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(TimeUp)
        )
        thread.join(0.1)
        if not thread.is_alive():
            return True
    return False
