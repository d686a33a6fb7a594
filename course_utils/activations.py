"""Activations sigma: one record each.

To add one, add its record to ACTIVATIONS; nothing else needs to know.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import erf, expit

ROOT_2 = math.sqrt(2)
ROOT_2_OVER_PI = math.sqrt(2 / math.pi)


@dataclass(frozen=True)
class Activation:
    """An activation and all that the course knows of it.

    Attributes
    ----------
    formula : str
        As text.
    value, slope, curvature : callable
        sigma, sigma' and sigma'' away from 0, each elementwise on arrays.
    at : callable
        t -> (sigma(t), sigma'(t)) for one number, in the part of Python that Numba compiles
        (``math``, no arrays).
    largest_slope, largest_curvature : float
        sup |sigma'|, sup |sigma''| (away from 0).
    module : callable
        Makes the torch.nn.Module of the same function.
    jump : float
        By how much sigma' jumps at 0; there sigma'' is that many delta functions. 0 for a
        smooth activation.
    """

    formula: str
    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]
    curvature: Callable[[np.ndarray], np.ndarray]
    at: Callable[[float], tuple[float, float]]
    largest_slope: float
    largest_curvature: float
    module: Callable
    jump: float = 0.0


def _relu_at(t):
    return max(t, 0.0), 1.0 if t > 0.0 else 0.0


def _tanh_at(t):
    s = math.tanh(t)
    return s, 1.0 - s * s


def _erf_at(t):
    return math.erf(t * 0.7071067811865476), 0.7978845608028654 * math.exp(-0.5 * t * t)


def _softplus_at(t):
    e = math.exp(-abs(t))
    return max(t, 0.0) + math.log1p(e), (1.0 if t > 0.0 else e) / (1.0 + e)


def _torch(name: str, **options) -> Callable:
    def module():
        import torch

        return getattr(torch.nn, name)(**options)

    return module


def _torch_erf():
    from .torch_models import Erf

    return Erf()


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation(
        formula="max(t, 0)",
        value=lambda t: np.maximum(t, 0.0),
        slope=lambda t: (t > 0).astype(float),
        curvature=np.zeros_like,
        at=_relu_at,
        largest_slope=1.0,
        largest_curvature=0.0,
        module=_torch("ReLU"),
        jump=1.0,
    ),
    "tanh": Activation(
        formula="tanh(t)",
        value=np.tanh,
        slope=lambda t: 1 - np.tanh(t) ** 2,
        curvature=lambda t: -2 * np.tanh(t) * (1 - np.tanh(t) ** 2),
        at=_tanh_at,
        largest_slope=1.0,
        largest_curvature=4 / (3 * math.sqrt(3)),
        module=_torch("Tanh"),
    ),
    "erf": Activation(
        formula="erf(t / sqrt 2)",
        value=lambda t: erf(t / ROOT_2),
        slope=lambda t: ROOT_2_OVER_PI * np.exp(-t * t / 2),
        curvature=lambda t: -ROOT_2_OVER_PI * t * np.exp(-t * t / 2),
        at=_erf_at,
        largest_slope=ROOT_2_OVER_PI,
        largest_curvature=math.sqrt(2 / (math.pi * math.e)),
        module=_torch_erf,
    ),
    "softplus": Activation(
        formula="log(1 + exp t)",
        value=lambda t: np.logaddexp(0.0, t),
        slope=expit,
        curvature=lambda t: expit(t) * expit(-t),
        at=_softplus_at,
        largest_slope=1.0,
        largest_curvature=0.25,
        module=_torch("Softplus", threshold=50),  # beyond its default of 20 torch drops 2e-9
    ),
}
