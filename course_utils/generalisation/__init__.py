"""The generalisation gap: what it is, what bounds it, what low dimension buys. Notebook 03."""

from .classes import class_bound, coin_flips
from .gaps import TAU, Gaps, cut_loss, gap, gap_terms, predicted_gap
from .second_layers import Moments, relu_moments, second_layer_supremum, trust_region_max

__all__ = [
    "TAU",
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
    "trust_region_max",
]
