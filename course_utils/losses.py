"""Losses l(yhat, y), convex in yhat: one record each.

To add one, add its record to LOSSES; nothing else needs to know.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit


@dataclass(frozen=True)
class Loss:
    """A loss and all that the course knows of it; derivatives are in yhat.

    Attributes
    ----------
    formula : str
        As text, with r = yhat - y.
    value, slope, curvature : callable
        l, l_1 and l_11, each elementwise on arrays (yhat, y).
    at : callable
        (yhat, y) -> l_1 for one sample, in the part of Python that Numba compiles (``math``, no
        arrays).
    largest_slope, largest_curvature : float
        sup |l_1|, sup l_11; inf where there is none.
    lets_through : str
        What of the label the first step sees, l_1 at output zero, in words.
    sign_labels : bool
        Labels are signs, -1 or 1. Other losses depend on r alone, so that l_12 = -l_11.
    """

    formula: str
    value: Callable[[np.ndarray, np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray, np.ndarray], np.ndarray]
    curvature: Callable[[np.ndarray, np.ndarray], np.ndarray]
    at: Callable[[float, float], float]
    largest_slope: float
    largest_curvature: float
    lets_through: str
    sign_labels: bool = False


def _huber(yhat, y):
    r = np.abs(yhat - y)
    return np.where(r <= 1, r * r / 2, r - 0.5)


def _huber_at(yhat, y):
    return min(max(yhat - y, -1.0), 1.0)


def _square_at(yhat, y):
    return yhat - y


def _logistic_at(yhat, y):
    return -y / (1.0 + math.exp(min(y * yhat, 700.0)))


LOSSES: dict[str, Loss] = {
    "huber": Loss(
        formula="r^2 / 2 up to |r| = 1, then |r| - 1/2",
        value=_huber,
        slope=lambda yhat, y: np.clip(yhat - y, -1, 1),
        curvature=lambda yhat, y: (np.abs(yhat - y) < 1).astype(float),
        at=_huber_at,
        largest_slope=1.0,
        largest_curvature=1.0,
        lets_through="clipped label",
    ),
    "square": Loss(
        formula="r^2 / 2",
        value=lambda yhat, y: (yhat - y) ** 2 / 2,
        slope=lambda yhat, y: yhat - y,
        curvature=lambda yhat, y: np.ones(np.broadcast_shapes(np.shape(yhat), np.shape(y))),
        at=_square_at,
        largest_slope=math.inf,
        largest_curvature=1.0,
        lets_through="label",
    ),
    "logistic": Loss(
        formula="log(1 + exp(-y yhat)), labels -1 or 1",
        value=lambda yhat, y: np.logaddexp(0, -y * yhat),
        slope=lambda yhat, y: -y * expit(-y * yhat),
        curvature=lambda yhat, y: expit(yhat) * expit(-yhat),
        at=_logistic_at,
        largest_slope=1.0,
        largest_curvature=0.25,
        lets_through="label's sign",
        sign_labels=True,
    ),
}
