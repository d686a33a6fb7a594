"""The only door to Numba. Where it is missing, the same functions run as plain Python or NumPy, slower.

``compiled`` marks a function for compilation; ``specialised`` compiles a copy in which functions that it calls by name are
those of a record in activations.py or losses.py, so that one loop serves all of them and each is as fast as if it had been
written out. Compiled code is cached beside its source.
"""

from __future__ import annotations

import hashlib
import types
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache

try:
    from numba import njit
    from numba.core.caching import FunctionCache
except ImportError:
    njit = None

FAST = frozenset(
    {"contract", "reassoc", "nsz", "arcp"}
)  # no 'nnan' or 'ninf': divergence must be seen


if njit is not None:

    class Kept(FunctionCache):
        """A cache on disk that can cost time at most, never the course.

        Numba's own raises where a kept file is damaged, and on a full disk.
        """

        def load_overload(self, signature, target):
            """What is kept for these types of arguments, or None."""
            try:
                return super().load_overload(signature, target)
            except Exception:  # whatever pickle makes of a damaged file
                with suppress(OSError):
                    self.flush()
                return None

        def save_overload(self, signature, data):
            """Keep what was compiled, if the disk takes it."""
            with suppress(OSError):
                super().save_overload(signature, data)


def compiled(
    function: Callable | None = None,
    *,
    fast: bool = False,
    otherwise: Callable | None = None,
    store: bool = True,
):
    """Compile a function when it is first called (a decorator); it releases the GIL.

    Parameters
    ----------
    fast : let the compiler reorder sums, so that loops use all lanes of the processor.
    otherwise : what to run without Numba, if not the function itself: its twin in NumPy.
    store : keep the compiled code on disk for the next process.
    """
    if function is None:
        return lambda f: compiled(f, fast=fast, otherwise=otherwise, store=store)
    if njit is None:
        say_once()
        return otherwise or function
    made = njit(nogil=True, error_model="numpy", fastmath=set(FAST) if fast else False)(function)
    if store:
        with suppress(RuntimeError):  # no folder can be written to
            made._cache = Kept(function)
    return made


@cache
def say_once() -> None:
    """Warn that Numba is missing, the first time."""
    warnings.warn(
        "Numba is not installed, so training runs in plain NumPy: the same numbers, several times "
        "slower. Try: pip install numba",
        RuntimeWarning,
        stacklevel=3,
    )


def specialised(function: Callable, otherwise: Callable, **parts: Callable) -> Callable:
    """A compiled copy of a function in which the given names of its module stand for other scalar functions.

    Its name holds a digest of their code, and so does its entry in the cache on disk: an edited record is compiled anew.
    Without Numba it is ``otherwise``.
    """
    if njit is None:
        say_once()
        return otherwise
    digest = hashlib.sha256(
        repr([(name, *_code(part)) for name, part in sorted(parts.items())]).encode()
    ).hexdigest()[:12]
    name = f"{function.__name__}_{digest}"
    inner = {name: _scalar(part) for name, part in parts.items()}
    code = function.__code__.replace(co_name=name, co_qualname=name)
    copy = types.FunctionType(code, function.__globals__ | inner, name, function.__defaults__)
    return compiled(copy, fast=True)


@cache
def _scalar(part: Callable) -> Callable:
    return compiled(part, fast=True, store=False)


def _code(function: Callable) -> tuple:
    code = function.__code__
    return code.co_code, code.co_consts, code.co_names
