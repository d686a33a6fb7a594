"""One check for all that a person gives.

Arrays of finite numbers of the right shape, whole numbers, names among those known. NumPy would
take text for numbers, drop imaginary parts and look beneath masks without a word. Lists, tables of
pandas and tensors of torch are welcome.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Sequence

import numpy as np


def real_numbers(values, name: str, finite: bool = True) -> np.ndarray:
    """Numbers as an array of float64, of any shape.

    Parameters
    ----------
    values : array_like or torch.Tensor
        The numbers. An array of float64 is not copied.
    name : str
        What the error calls them.
    finite : bool
        Refuse nan and inf too.

    Returns
    -------
    ndarray of float64
        Of the shape of ``values``.

    Raises
    ------
    ValueError
        Unless they are real numbers.
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
    """Inputs as an array of float64.

    Parameters
    ----------
    X : (n, d) array_like
        Inputs, one a row.
    d : int, optional
        Length that rows must have; with it there may be none of them.

    Returns
    -------
    (n, d) ndarray of float64
        C-contiguous.

    Raises
    ------
    ValueError
        If they are anything else than finite numbers.
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
    """Labels as an array of float64.

    Parameters
    ----------
    y : (n,) array_like
        One number a sample.
    n : int
        How many there must be.

    Returns
    -------
    (n,) ndarray of float64
        The same numbers.

    Raises
    ------
    ValueError
        If they are anything else than n finite numbers.
    """
    y = real_numbers(y, "y")
    if y.shape != (n,):
        hint = " Take its column: y[:, 0]." if y.shape == (n, 1) else ""
        raise ValueError(
            f"labels of {n} samples must have the shape ({n},), one number each, "
            f"got {y.shape}.{hint}"
        )
    return y


def whole(
    name: str, value, low: int, high: int | None = None, exact: bool = False, what: str = ""
) -> int:
    """A whole number, given as 1000 or 1e3.

    Parameters
    ----------
    name : str
        What the error calls it.
    value : object
        What was given.
    low : int
        Least that is allowed.
    high : int, optional
        Most that is allowed; left out, what 64 bits hold.
    exact : bool
        Refuse 1e3, which is a whole number by its value alone.
    what : str
        What the limits are, such as ', the number of entries'; it ends the sentence.

    Returns
    -------
    int
        A plain one of Python.

    Raises
    ------
    ValueError
        If it is not whole, or outside.
    TypeError
        If it is no number at all.
    """
    limits = f", {low} or more" if high is None else f" from {low} to {high}"
    real = isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))
    if not real or (exact and not isinstance(value, numbers.Integral) and math.isfinite(value)):
        raise TypeError(
            f"{name} must be a whole number{limits}{what}, "
            f"got {value!r} ({type(value).__name__}). Try {name}={min(max(low, 10), high or 10)}."
        )
    if not (low <= value <= (2**63 - 1 if high is None else high) and value == int(value)):
        raise ValueError(
            f"{name} = {brief(value)} is not possible: it must be a whole number{limits}{what}"
        )
    return int(value)


def sample_counts(samples: int | Sequence[int]) -> np.ndarray:
    """One sample count T, or several, as an array.

    Parameters
    ----------
    samples : int or sequence of int
        T, or T's; ValueError unless they increase and are 1 or more.

    Returns
    -------
    (n,) ndarray of int
        The sample counts.
    """
    times = np.array([whole("samples", t, 1) for t in np.atleast_1d(samples)], dtype=np.int64)
    if len(times) == 0 or (np.diff(times) <= 0).any():
        raise ValueError(
            "samples must be sample counts in increasing order, 1 or more, such as [500, 2000]"
        )
    return times


def brief(value) -> str:
    """A number as text; Python refuses to write whole numbers of more than 4300 digits.

    Parameters
    ----------
    value : float
        Of any size.

    Returns
    -------
    str
        Its digits, or words where there are more than 30 of them.
    """
    return "a number of more than 30 digits" if 10**30 <= abs(value) != math.inf else str(value)


def choice(name: str, value, allowed: Iterable[str], extra: str = "") -> str:
    """A name among those that are known.

    Parameters
    ----------
    name : str
        What the error calls it.
    value : object
        What was given.
    allowed : iterable of str
        The names that are known.
    extra : str
        What else is allowed, in words.

    Returns
    -------
    str
        The value itself.

    Raises
    ------
    ValueError
        If it is another one; it says which are known.
    TypeError
        If it is no name.
    """
    names = ", ".join(allowed)
    if not isinstance(value, str):
        raise TypeError(
            f"{name} must be one of {names}{extra}, got {value!r} ({type(value).__name__})"
        )
    if value not in allowed:
        raise ValueError(f"{name} = {value!r} is unknown: it must be one of {names}{extra}")
    return value
