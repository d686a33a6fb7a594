"""Smaller networks from trained ones: rank-k factors, magnitude pruning, short number types.

SGD with weight decay leaves W near the hidden subspace, so that its best rank-k approximation loses
at most ||W_perp||_F (Eckart and Young), and k (m + d) numbers stand for m d.
"""

from .costs import RANKED, Compressed, compressed, relative_output_error
from .factored_torch import compress_torch
from .matrices import STORAGES, low_rank, prune, quantise, truncation_errors
from .nets import CompressedNet
from .refit import refit_second_layer
from .storing import compress

__all__ = [
    "RANKED",
    "STORAGES",
    "Compressed",
    "CompressedNet",
    "compress",
    "compress_torch",
    "compressed",
    "low_rank",
    "prune",
    "quantise",
    "refit_second_layer",
    "relative_output_error",
    "truncation_errors",
]
