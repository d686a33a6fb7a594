"""What the machine has: threads for linear algebra, memory, and signals such as Ctrl-C.

Linear algebra is kept to one thread while SGD runs: its matrices are small, and seeds run in
parallel instead. A second thread for a matrix of 32 x 200 gains nothing on an idle machine, and on
a busy one (a browser paints on the other core) each product waits for a thread that is not
scheduled, which was measured to cost a factor of 50.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_users = 0
_limit = None
_controller: ThreadpoolController | None = None
_keeper: ThreadPoolExecutor | None = (
    None  # the limit belongs to the process, but only the thread that set it can lift it
)


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """One BLAS thread inside, as many as before outside.

    It may be nested and entered from several threads at once, also in a forked process.
    """
    global _users
    with _lock:
        if _users == 0:
            _kept(_set)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _kept(_lift)


def _kept(action: Callable[[], None]):
    global _keeper
    _keeper = _keeper or ThreadPoolExecutor(1, thread_name_prefix="blas limit")
    _keeper.submit(action).result()


def _forked():
    """The thread that keeps the limit, and whoever held the lock, did not come along."""
    global _lock, _keeper
    _lock, _keeper = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def _set():
    global _limit, _controller
    _controller = _controller or ThreadpoolController()
    _limit = _controller.limit(limits=1, user_api="blas")
    _limit.__enter__()


def _lift():
    _limit.__exit__(None, None, None)


@contextmanager
def signals_wait() -> Iterator[Callable[[], bool]]:
    """Hold Ctrl-C back until the block ends; it is obeyed then.

    So are all other signals with a handler of Python's. A handler may raise between any two lines:
    with half a step done, or while arguments are on their way into compiled code, which crashes
    Python. Only the main thread runs handlers; in other threads there is nothing to hold back.

    Yields
    ------
    callable
        Tells whether one has come, so that a long block can end early.
    """
    came: list[tuple] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    handlers = {
        number: handler for number in _SIGNALS if callable(handler := signal.getsignal(number))
    }
    try:
        for number in handlers:
            signal.signal(number, lambda *call: came.append(call))
        yield lambda: bool(came)
    finally:
        for number, handler in reversed(handlers.items()):
            signal.signal(number, handler)
        for number, frame in came:
            handlers[number](number, frame)


# Ctrl-C is held first, freed last.
_SIGNALS = sorted(signal.valid_signals(), key=lambda number: number != signal.SIGINT)


def reserve(needed: float, what: str, advice: str) -> None:
    """Refuse what the free memory cannot hold, in a sentence.

    Parameters
    ----------
    needed : float
        Bytes that it takes.
    what : str
        What the sentence calls it.
    advice : str
        What to try.

    Raises
    ------
    MemoryError
        If fewer are free.
    """
    free = free_bytes()
    if needed > free:
        raise MemoryError(
            f"{what} would take {needed:,.0f} bytes ({needed / 1e9:,.1f} GB) and only "
            f"{free / 1e9:,.1f} GB are free: {advice}"
        )


def free_bytes() -> float:
    """Bytes of memory that this process may still take.

    Returns
    -------
    float
        What the machine has free, or what its container may still take.
    """
    import psutil

    free = float(psutil.virtual_memory().available)
    try:  # a container may be allowed less than the machine has
        group = Path("/sys/fs/cgroup")
        most, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
        return max(0.0, min(free, most - used))
    except (OSError, ValueError):
        return free
