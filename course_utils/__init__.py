"""Companion package of the course on low-dimensional representations learned by SGD.

Everything a notebook needs is reachable from here by name and is loaded when it is first used, so that
``import course_utils`` itself costs next to nothing.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "settings": ("Settings",),
    "links": ("LINKS",),
    "targets": ("MultiIndexModel", "hermite_coefficients", "information_exponent"),
    "networks": ("TwoLayerNet",),
    "engine.steps": ("sgd_steps",),
    "engine.online": ("OnlineSGD", "Diverged"),
    "record": ("online_sgd",),
    "run": ("Run", "Snapshot"),
    "subspace": ("principal_angles", "split_norms"),
    "theory": ("assumptions", "decay_threshold", "predict", "predicted_perpendicular"),
    "compression": ("compress",),
    "kernels": ("kernel_ridge", "ntk_kernel"),
    "labs": ("SubspaceLab",),
}
_MODULE = {name: module for module, names in _HOME.items() for name in names}
__all__ = sorted(_MODULE)


def __getattr__(name: str):
    if name in _MODULE:
        return getattr(import_module(f"{__name__}.{_MODULE[name]}"), name)
    raise AttributeError(f"course_utils has no {name!r}; it offers {', '.join(__all__)}")


def __dir__():
    return __all__
