"""The only door to Numba. Where it is missing, the same functions run uncompiled, slower.

``compiled`` marks a function for compilation; ``specialised`` compiles a copy in which functions
that it calls by name are those of a record in activations.py or losses.py, so that one loop serves
all of them and each is as fast as if it had been written out. Compiled code is cached beside its
source.
"""

from __future__ import annotations

import hashlib
import sys
import traceback
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

# Without 'nnan' and 'ninf': divergence must be seen.
FAST = frozenset({"contract", "reassoc", "nsz", "arcp"})


if njit is not None:

    class Kept(FunctionCache):
        """A cache on disk that can cost time at most, never the course.

        Numba's own raises where a kept file is damaged, and on a full disk.
        """

        def load_overload(self, signature, target):
            """What is kept for these types of arguments.

            Parameters
            ----------
            signature : tuple
                Numba's types of the arguments.
            target : object
                Numba's target context.

            Returns
            -------
            object or None
                The compiled function; None if there is none or it is damaged.
            """
            try:
                return super().load_overload(signature, target)
            except Exception:  # whatever pickle makes of a damaged file
                with suppress(OSError):
                    self.flush()
                return None

        def save_overload(self, signature, data) -> None:
            """Keep what was compiled, if the disk takes it.

            Parameters
            ----------
            signature : tuple
                Numba's types of the arguments.
            data : object
                The compiled function.
            """
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
    function : callable, optional
        The function; left out in ``@compiled(fast=True)``.
    fast : bool
        Let the compiler reorder sums, so that loops use all lanes of the processor.
    otherwise : callable, optional
        What to run without Numba, if not the function itself: its twin in NumPy.
    store : bool
        Keep the compiled code on disk for the next process.

    Returns
    -------
    callable
        The compiled function, or what stands in for it.
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
    """Warn that Numba is missing, the first time.

    Warns
    -----
    RuntimeWarning
        Always; it names the line outside this package that led here.
    """
    warnings.warn(
        "Numba is not installed, so training runs in plain NumPy: the same numbers, several times "
        "slower. Try: pip install numba",
        RuntimeWarning,
        stacklevel=_level_outside(),
    )


def _level_outside() -> int:
    """What ``warnings.warn`` must count up to, to name a line outside this package.

    It does not count the frames of Python's import system itself.
    """
    counted = [
        frame
        for frame, _ in traceback.walk_stack(sys._getframe(1))
        if "importlib._bootstrap" not in frame.f_code.co_filename
    ]
    names = [frame.f_globals.get("__name__", "").partition(".")[0] for frame in counted]
    return next((i + 1 for i, n in enumerate(names) if n not in (__package__, "importlib")), 1)


def specialised(function: Callable, otherwise: Callable, **parts: Callable) -> Callable:
    """A compiled copy of a function in which some names stand for other scalar functions.

    Parameters
    ----------
    function : callable
        The loop; it calls the parts by names of its module.
    otherwise : callable
        What to run without Numba.
    **parts : callable
        Name -> what it stands for in the copy.

    Returns
    -------
    callable
        The compiled copy, or ``otherwise``.

    Notes
    -----
    Its name holds a digest of the parts' code, and so does its entry in the cache on disk: an
    edited record is compiled anew.
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
