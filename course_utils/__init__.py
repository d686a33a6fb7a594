"""Companion package of the course on low-dimensional representations learned by SGD.

Everything a notebook needs is reachable from here by name and is loaded when it is first used, so that
``import course_utils`` itself costs next to nothing.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "Settings": "settings",
    "MultiIndexModel": "targets",
    "LINKS": "targets",
    "hermite_coefficients": "targets",
    "information_exponent": "targets",
    "TwoLayerNet": "networks",
    "sgd_steps": "kernel",
    "OnlineSGD": "sgd",
    "online_sgd": "sgd",
    "Diverged": "sgd",
    "Run": "run",
    "Snapshot": "run",
    "principal_angles": "subspace",
    "split_norms": "subspace",
    "SubspaceLab": "labs",
}
__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"course_utils has no {name!r}; it offers {', '.join(__all__)}")


def __dir__():
    return __all__
