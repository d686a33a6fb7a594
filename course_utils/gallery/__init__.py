"""Experiments that break an assumption of the theorem on purpose; notebook 07 shows them.

What a setting alone breaks needs no function: ``online_sgd(Settings(inputs="hypercube"))``.
"""

from .giant import GiantStep, giant_step
from .reuse import reused
from .stored import measure_times, stored_times
from .threshold import edge, phase_diagram
from .times import TIMINGS, Growth, Timing, growth, times_to_angle

__all__ = [
    "GiantStep",
    "Growth",
    "TIMINGS",
    "Timing",
    "edge",
    "giant_step",
    "growth",
    "measure_times",
    "phase_diagram",
    "reused",
    "stored_times",
    "times_to_angle",
]
