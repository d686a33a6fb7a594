"""Classical estimators of hidden directions, and what one direction tells about the label.

Every estimator takes X (n, d) and y (n,) and returns (values, directions): unit rows (r, d), the
most important first, and how important each one is, (r,). Lists and tables of pandas are welcome;
ValueError for what are no samples, or too few.
"""

from .compared import (
    ESTIMATORS,
    Estimator,
    draw,
    find,
    largest_angle,
    median_angles,
    population_rank,
    random_angle,
)
from .gradients import gaussian_kernel, gradient_outer_product, kernel_fit, kernel_gradients
from .moments import SLICES, linear, phd, save, sir, sliced
from .shares import best_curve, coefficients_along, explained_share

__all__ = [
    "ESTIMATORS",
    "Estimator",
    "SLICES",
    "best_curve",
    "coefficients_along",
    "draw",
    "explained_share",
    "find",
    "gaussian_kernel",
    "gradient_outer_product",
    "kernel_fit",
    "kernel_gradients",
    "largest_angle",
    "linear",
    "median_angles",
    "phd",
    "population_rank",
    "random_angle",
    "save",
    "sir",
    "sliced",
]
