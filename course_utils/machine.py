"""What the machine has: threads for linear algebra, and memory.

Linear algebra is kept to one thread while SGD runs: its matrices are small, and seeds run in parallel instead. A second
thread for a matrix of 32 x 200 gains nothing on an idle machine, and on a busy one (a browser paints on the other core)
each product waits for a thread that is not scheduled, which was measured to cost a factor of 50.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_users = 0
_limit = None
_controller: ThreadpoolController | None = None
_keeper: ThreadPoolExecutor | None = None  # the limit belongs to the process, but only the thread that set it can lift it


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """One BLAS thread inside, as many as before outside; may be nested and entered from several threads at once."""
    global _users, _keeper
    with _lock:
        if _users == 0:
            _keeper = _keeper or ThreadPoolExecutor(1, thread_name_prefix="blas limit")
            _keeper.submit(_set).result()
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _keeper.submit(_lift).result()


def _set():
    global _limit, _controller
    _controller = _controller or ThreadpoolController()
    _limit = _controller.limit(limits=1, user_api="blas")
    _limit.__enter__()


def _lift():
    _limit.__exit__(None, None, None)


def reserve(needed: float, what: str, advice: str) -> None:
    """MemoryError, in a sentence, if ``what`` needs more bytes than are free."""
    free = free_bytes()
    if needed > free:
        raise MemoryError(
            f"{what} would take {needed:,.0f} bytes ({needed / 1e9:,.1f} GB) and only {free / 1e9:,.1f} GB are free: {advice}"
        )


def free_bytes() -> float:
    """Bytes of memory that this process may still take."""
    import psutil

    free = float(psutil.virtual_memory().available)
    try:  # a container may be allowed less than the machine has
        group = Path("/sys/fs/cgroup")
        most, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
        return max(0.0, min(free, most - used))
    except (OSError, ValueError):
        return free
