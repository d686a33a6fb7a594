"""One check for all that a person gives: arrays of finite numbers of the right shape, whole numbers, names among those known.

NumPy would take text for numbers, drop imaginary parts and look beneath masks without a word. Lists, tables of pandas and
tensors of torch are welcome.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable

import numpy as np


def real_numbers(values, name: str, finite: bool = True) -> np.ndarray:
    """``values`` as an array of float64, of any shape; ValueError, which calls them ``name``, unless they are real numbers.

    ``finite`` refuses nan and inf too. An array of float64 is not copied.
    """
    if hasattr(values, "detach"):  # a tensor
        values = values.detach().cpu()
        values = (values if values.is_complex() else values.double()).numpy()
    if hasattr(values, "toarray"):
        raise ValueError(f"{name} is a sparse matrix: use {name}.toarray()")
    if np.ma.is_masked(values):
        hidden = int(np.ma.count_masked(values))
        raise ValueError(
            f"{name} hides {hidden} masked value{'s' * (hidden > 1)}: "
            "drop those samples, or fill them in"
        )
    try:
        array = np.asarray(values)
        if (
            array.dtype.kind == "O"
        ):  # Python's own numbers, or a table whose columns have several types
            _refuse_odd(array)
            array = array.astype(float)
    except (TypeError, ValueError) as problem:
        raise ValueError(f"{name} cannot be read as an array of numbers: {problem}") from problem
    if array.dtype.kind == "c":
        raise ValueError(
            f"{name} holds complex numbers: "
            "take their real part, their imaginary part or their size"
        )
    if array.dtype.kind not in "fiub":
        raise ValueError(
            f"{name} must hold numbers, it holds {array.dtype}: "
            "turn text, dates and names into numbers first"
        )
    array = array.astype(float, copy=False)
    if finite and not np.isfinite(array).all():
        first = np.argwhere(~np.isfinite(array))[0]
        where = f" {first[0]}" if len(first) else ""
        raise ValueError(
            f"{name} must be finite: row{where} holds a nan or inf; drop or mend such rows"
        )
    return array


def _refuse_odd(array: np.ndarray) -> None:
    odd = next(
        (v for v in array.flat if isinstance(v, (str, bytes, complex, np.complexfloating))), None
    )
    if odd is not None:
        raise ValueError(f"it holds {odd!r}, which is no real number")


def samples(X, d: int | None = None) -> np.ndarray:
    """Inputs as an array (n, d) of float64, rows in a row; ValueError if they are anything else than finite numbers.

    With ``d`` given rows must have that length, and there may be none.
    """
    X = real_numbers(X, "X")
    if X.ndim == 2 and (0 not in X.shape if d is None else X.shape[1] == d):
        return np.ascontiguousarray(X)
    hint = (
        " Inputs of one dimension are a column: X[:, None]."
        if X.ndim == 1 and d in (None, 1)
        else ""
    )
    what = (
        "samples must have the shape (n, d), one row a sample"
        if d is None
        else f"X must have shape (n, {d})"
    )
    raise ValueError(f"{what}, got {X.shape}.{hint}")


def labels(y, n: int) -> np.ndarray:
    """Labels of n samples as an array (n,) of float64; ValueError if they are anything else than n finite numbers."""
    y = real_numbers(y, "y")
    if y.shape != (n,):
        hint = " Take its column: y[:, 0]." if y.shape == (n, 1) else ""
        raise ValueError(
            f"labels of {n} samples must have the shape ({n},), one number each, "
            f"got {y.shape}.{hint}"
        )
    return y


def whole(name: str, value, low: int, high: int = 2**63 - 1) -> int:
    """A whole number given as 1000 or 1e3; ValueError if it is none or outside, TypeError if it is no number at all."""
    limits = f"{low} or more" if high == 2**63 - 1 else f"{low} to {high}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(
            f"{name} must be a whole number, {limits}, got {value!r} ({type(value).__name__})"
        )
    if not (low <= value <= high and value == int(value)):
        raise ValueError(f"{name} = {value} is not allowed: it must be a whole number, {limits}")
    return int(value)


def choice(name: str, value, allowed: Iterable[str], extra: str = "") -> str:
    """A name among those that are known; ValueError says which they are, TypeError if it is no name."""
    names = ", ".join(allowed)
    if not isinstance(value, str):
        raise TypeError(
            f"{name} must be one of {names}{extra}, got {value!r} ({type(value).__name__})"
        )
    if value not in allowed:
        raise ValueError(f"{name} = {value!r} is unknown: it must be one of {names}{extra}")
    return value
