"""Experiments that break an assumption of the theorem on purpose; notebook 07 shows them.

What a setting alone breaks needs no function: ``online_sgd(Settings(inputs="hypercube"))``.
"""

from .giant import GiantStep, giant_step
from .reuse import reused
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
    "phase_diagram",
    "reused",
    "times_to_angle",
]
