"""How an answer is asked, and how what it returns becomes numbers, in whatever dialect it is.

Lists, float32, tensors that track gradients and arrays of one number are numbers; texts are none.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class Wrong(Exception):
    """A property that an answer lacks.

    The text says what was found, what was expected and what to try.
    """


def require(holds: bool, sentence: str) -> None:
    """Raise Wrong unless a property holds.

    Parameters
    ----------
    holds : bool
        Whether it does.
    sentence : str
        What Wrong says.

    Raises
    ------
    Wrong
        Unless it holds.
    """
    if not holds:
        raise Wrong(sentence)


_last: list[str] = [""]


def last_call() -> str:
    """What an answer was last called with, in words.

    Returns
    -------
    str
        Such as '3, 7, a Generator'; empty before the first call.
    """
    return _last[0]


def call(answer: Any, *arguments: Any) -> Any:
    """What an answer returns for copies of arguments.

    Parameters
    ----------
    answer : object
        What the student wrote.
    *arguments : object
        What it is called with; arrays are copied.

    Returns
    -------
    object
        What it returned.

    Raises
    ------
    Wrong
        Where it is no function, raises or returns nothing.
    """
    require(
        callable(answer),
        "check needs your function itself, without parentheses after its name; "
        f"it got {_article(answer)}.",
    )
    name = getattr(answer, "__name__", "your function")
    _last[0] = _told(arguments)
    try:
        result = answer(*(a.copy() if isinstance(a, np.ndarray) else a for a in arguments))
    except Wrong:  # from who watches the answer
        raise
    except (Exception, SystemExit) as problem:
        raise Wrong(
            f"{name} raised {type(problem).__name__}: {problem}. "
            f"It was called with {_told(arguments)}."
        ) from None
    require(
        result is not None and result is not ...,
        f"{name} returned nothing: replace the line with ... and end with a return.",
    )
    return result


def plain(value: Any) -> Any:
    """A value without torch: tensors become arrays of their type, in lists and tuples too.

    Parameters
    ----------
    value : object
        What an answer returned.

    Returns
    -------
    object
        The value; gradients that it tracks stay behind.
    """
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if not callable(getattr(value, "detach", None)):
        return value
    value = value.detach().cpu()
    try:
        return value.numpy()
    except TypeError:  # NumPy knows no bfloat16
        return value.double().numpy()


def numbers(value: Any, what: str) -> np.ndarray:
    """A value as an array of numbers, of any shape, not finite ones too.

    Parameters
    ----------
    value : object
        What an answer returned.
    what : str
        What the sentence calls it.

    Returns
    -------
    ndarray
        Of float64.

    Raises
    ------
    Wrong
        If it holds anything but real numbers.
    """
    try:
        found = np.asarray(plain(value))
    except (TypeError, ValueError, RuntimeError):  # lists of unequal lengths
        raise Wrong(f"{what} should be an array of numbers, it is {_article(value)}.") from None
    objects = found.flat if found.dtype.kind == "O" else ()
    if found.dtype.kind in "US" or any(isinstance(one, str | bytes) for one in objects):
        raise Wrong(
            f"{what} is a text, {str(value)[:40]!r}: return the number itself, without quotes or "
            "str()."
        )
    if found.dtype.kind == "c" and not np.abs(found.imag).max(initial=0.0):
        found = found.real
    try:
        require(found.dtype.kind in "biufO", "")
        return found.astype(float)
    except (TypeError, ValueError, Wrong):
        raise Wrong(f"{what} should be an array of numbers, it is {_article(value)}.") from None


def array(value: Any, shape: tuple[int, ...], what: str) -> np.ndarray:
    """A value as an array of finite numbers.

    Parameters
    ----------
    value : object
        What the answer returned.
    shape : tuple of int
        The shape that it must have.
    what : str
        What the sentence calls it.

    Returns
    -------
    ndarray
        Finite, of float64.

    Raises
    ------
    Wrong
        If it is none, or of another shape.
    """
    found = numbers(value, what)
    turned = (
        " It looks transposed: try .T."
        if found.shape == shape[::-1] and len(set(shape)) > 1
        else ""
    )
    require(
        found.shape == shape, f"{what} should have shape {shape}, it has {found.shape}.{turned}"
    )
    require(bool(np.isfinite(found).all()), f"{what} holds a value that is not finite.")
    return found


def number(value: Any, what: str) -> float:
    """A value as one finite number; an array that holds one number is one.

    Parameters
    ----------
    value : object
        What the answer returned.
    what : str
        What the sentence calls it.

    Returns
    -------
    float
        Finite.

    Raises
    ------
    Wrong
        If it is none.
    """
    found = numbers(value, what)
    require(found.size == 1, f"{what} should be one number, it has the shape {found.shape}.")
    return float(array(found.reshape(()), (), what))


def _article(value: Any) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


def _told(arguments: tuple) -> str:
    def one(a):
        if isinstance(a, np.ndarray):
            return f"an array of shape {a.shape}"
        return repr(a) if isinstance(a, (int, float, str)) else _article(a)

    return ", ".join(map(one, arguments)) or "no arguments"
