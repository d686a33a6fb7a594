"""The generalisation gap: what it is, what bounds it, what low dimension buys. Notebook 03."""

from .classes import class_bound, coin_flips
from .gaps import TAU, TERMS, Gaps, cut_loss, gap, gap_terms
from .moments import Moments, relu_moments
from .optimism import predicted_gap
from .second_layers import (
    FIRST_LAYERS,
    second_layer_supremum,
    suprema,
    trust_region_max,
)

__all__ = [
    "FIRST_LAYERS",
    "TAU",
    "TERMS",
    "Gaps",
    "Moments",
    "class_bound",
    "coin_flips",
    "cut_loss",
    "gap",
    "gap_terms",
    "predicted_gap",
    "relu_moments",
    "second_layer_supremum",
    "suprema",
    "trust_region_max",
]
