"""Algorithm 1 of the paper, as the course runs it: online SGD on W, new biases, a second layer.

``learn`` runs it from settings, at any d, and says how well it did; ``algorithm1`` takes samples
that you bring. Taught in notebooks 04 and 05.
"""

from .biases import neuron_norm, rule_of_reach, with_new_biases
from .learning import Outcome, learn, outcomes
from .phases import PHASE_1, Learned, algorithm1
from .samples import FRESH, fresh_samples, race_samples
from .second_layer import DECAYS, features, second_layer_ridge, second_layer_sgd

__all__ = [
    "DECAYS",
    "FRESH",
    "PHASE_1",
    "Learned",
    "Outcome",
    "algorithm1",
    "features",
    "fresh_samples",
    "learn",
    "neuron_norm",
    "outcomes",
    "race_samples",
    "rule_of_reach",
    "second_layer_ridge",
    "second_layer_sgd",
    "with_new_biases",
]
