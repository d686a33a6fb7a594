"""What theory says before and beside a run.

Thresholds, predicted curves, stationary points, and the equations of order parameters.
"""

from .assumptions import KINK, Assumption, assumptions, decay_threshold
from .covariance import angles_to_pull, limit_direction
from .order_parameters import I2, I3, I4, J2, ErfLink, OrderParameters, erf_link, erf_ode
from .perpendicular import (
    PerpendicularPrediction,
    contraction_and_noise,
    noise_and_gap,
    representatives,
)
from .prediction import predict
from .recursion import noise_floor, predicted_perpendicular
from .start import first_hermite, first_step, first_step_angle
from .stein import parallel_part, risk_gradient, stationary_point, stein_terms

__all__ = [
    "Assumption",
    "ErfLink",
    "I2",
    "I3",
    "I4",
    "J2",
    "KINK",
    "OrderParameters",
    "PerpendicularPrediction",
    "angles_to_pull",
    "assumptions",
    "contraction_and_noise",
    "decay_threshold",
    "erf_link",
    "erf_ode",
    "first_hermite",
    "first_step",
    "first_step_angle",
    "limit_direction",
    "noise_and_gap",
    "noise_floor",
    "parallel_part",
    "predict",
    "predicted_perpendicular",
    "representatives",
    "risk_gradient",
    "stationary_point",
    "stein_terms",
]
