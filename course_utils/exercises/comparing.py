"""What checks of numbers are made of: whether two agree, and known mistakes in their own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from .asking import require

# A share of the largest number. An answer may have computed in float32 anywhere, which leaves up to
# 1e-5 after a handful of sums; no mistake that a check tells of is as small.
CLOSE = 1e-5
SOLVED = 3e-4  # the same where float32 has solved a linear system or a spectrum


def near(found: float | np.ndarray, wanted: float | np.ndarray, tolerance: float = CLOSE) -> bool:
    """Whether numbers agree, at the precision of float32.

    Parameters
    ----------
    found, wanted : float or ndarray
        Of one shape.
    tolerance : float
        How far they may be apart, as a share of the largest one that is wanted.

    Returns
    -------
    bool
        True if none is further off.
    """
    return bool(np.abs(found - wanted).max() <= tolerance * np.abs(wanted).max())


def single(values: np.ndarray) -> bool:
    """Whether numbers hold no more than float32 holds, whatever type they have now.

    Parameters
    ----------
    values : ndarray
        Finite numbers.

    Returns
    -------
    bool
        True if float32 holds each of them exactly.
    """
    return bool((np.asarray(values, np.float32) == values).all())


def apart(found: float, wanted: float, least: int = 3) -> tuple[str, str]:
    """Two numbers as texts, with as many digits as it takes to see that they differ.

    Parameters
    ----------
    found, wanted : float
        The numbers.
    least : int
        Significant digits where fewer would do.

    Returns
    -------
    tuple of str
        The texts; they are the same only if the numbers are.
    """
    for digits in range(least, 18):
        texts = f"{found:.{digits}g}", f"{wanted:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def refuse(
    found: float | np.ndarray,
    told: Mapping[str, float | np.ndarray],
    wanted: float | np.ndarray,
    tolerance: float = CLOSE,
) -> None:
    """Refuse known mistakes, each in its own words, unless one of them happens to be right.

    Parameters
    ----------
    found : float or ndarray
        What an answer gave.
    told : mapping of str to float or ndarray
        What a mistake gives, by the sentence that tells of it.
    wanted : float or ndarray
        What is right.
    tolerance : float
        As in ``near``.

    Raises
    ------
    Wrong
        With the sentence of the first mistake that was made.
    """
    if not near(found, wanted, tolerance):
        for why, value in told.items():
            require(not near(found, value, tolerance), why)


def one_by_one(answer: Callable[[np.ndarray], np.ndarray], inputs: np.ndarray, name: str) -> None:
    """Require that an answer is a function of each input by itself.

    Parameters
    ----------
    answer : callable
        Gives one value a row of its inputs.
    inputs : (n, ...) ndarray
        What to try it with.
    name : str
        What the sentence calls them.

    Raises
    ------
    Wrong
        If the same inputs give other values, or an input's value depends on those beside it.
    """
    values = answer(inputs)
    require(
        near(answer(inputs), values),
        f"Two calls with the same {name} gave different values: a link is a function, and nothing "
        "in it may be drawn.",
    )
    for some in (slice(0, 2), slice(2, 7), slice(None, None, -1)):
        require(
            bool(np.abs(answer(inputs[some]) - values[some]).max() <= CLOSE * np.abs(values).max()),
            f"The value at one {name} changes with the others in the array: a link sees each by "
            "itself. Take no mean and no standard deviation over them, and fix no length.",
        )
