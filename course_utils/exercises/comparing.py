"""What checks of numbers are made of: whether two agree, and known mistakes in their own words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .mechanism import require


def near(found: float | np.ndarray, wanted: float | np.ndarray, tolerance: float = 1e-9) -> bool:
    """Whether numbers agree.

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


def refuse(
    found: float | np.ndarray,
    told: Mapping[str, float | np.ndarray],
    wanted: float | np.ndarray,
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

    Raises
    ------
    Wrong
        With the sentence of the first mistake that was made.
    """
    if not near(found, wanted):
        for why, value in told.items():
            require(not near(found, value), why)
