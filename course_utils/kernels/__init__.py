"""Neural tangent kernels, kernel ridge regression, and its predicted learning curve.

Taught in notebook 05.
"""

from .empirical import EmpiricalKernel, empirical_ntk, kernel_alignment, ntk_rates, torch_ntk
from .ridge import RIDGES, KernelRidge, kernel_ridge, validated_kernel_ridge
from .spectrum import LearningCurve, Spectrum, kernel_spectrum, learning_curve
from .tangent import LAYERS, TwoLayerKernel, nngp_kernel, ntk_kernel

__all__ = [
    "EmpiricalKernel",
    "KernelRidge",
    "LAYERS",
    "LearningCurve",
    "RIDGES",
    "Spectrum",
    "TwoLayerKernel",
    "empirical_ntk",
    "kernel_alignment",
    "kernel_ridge",
    "kernel_spectrum",
    "learning_curve",
    "nngp_kernel",
    "ntk_kernel",
    "ntk_rates",
    "torch_ntk",
    "validated_kernel_ridge",
]
