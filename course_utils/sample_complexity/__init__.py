"""Samples against dimension: what Algorithm 1 needs, measured, and what a kernel needs, predicted.

Both took a while to compute and are stored beside this file, with the script that made them:
``python -m course_utils.sample_complexity``. Taught in notebook 04.
"""

from .crossings import Crossings, crossings, exponent
from .measuring import COLUMNS, DIMENSIONS, LINKS, WIDTH, level_of, measure, settings_of
from .predicting import kernel_rows, kernel_samples
from .stored import measured, predicted

__all__ = [
    "COLUMNS",
    "DIMENSIONS",
    "LINKS",
    "WIDTH",
    "Crossings",
    "crossings",
    "exponent",
    "kernel_samples",
    "level_of",
    "measure",
    "measured",
    "kernel_rows",
    "predicted",
    "settings_of",
]
