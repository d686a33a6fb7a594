"""Companion package of the course on low-dimensional representations learned by SGD.

Everything a notebook needs is reachable from here by name and is loaded when it is first used, so
that ``import course_utils`` itself costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the same table for editors
    from .compression import compress as compress
    from .engine.online import Diverged as Diverged
    from .engine.online import OnlineSGD as OnlineSGD
    from .engine.steps import sgd_steps as sgd_steps
    from .events import events_of as events_of
    from .hermite import hermite_coefficients as hermite_coefficients
    from .hermite import information_exponent as information_exponent
    from .journal.progress import progress as progress
    from .kernels import kernel_ridge as kernel_ridge
    from .kernels import ntk_kernel as ntk_kernel
    from .labs import SubspaceLab as SubspaceLab
    from .labs.report import report as report
    from .links import LINKS as LINKS
    from .networks import TwoLayerNet as TwoLayerNet
    from .record import online_sgd as online_sgd
    from .run import Run as Run
    from .settings import Settings as Settings
    from .snapshot import Snapshot as Snapshot
    from .subspace import principal_angles as principal_angles
    from .subspace import split_norms as split_norms
    from .targets import MultiIndexModel as MultiIndexModel
    from .theory import assumptions as assumptions
    from .theory import decay_threshold as decay_threshold
    from .theory import predict as predict
    from .theory import predicted_perpendicular as predicted_perpendicular

__version__ = "0.1.0"

_HOME = {
    "settings": ("Settings",),
    "links": ("LINKS",),
    "targets": ("MultiIndexModel",),
    "hermite": ("hermite_coefficients", "information_exponent"),
    "networks": ("TwoLayerNet",),
    "engine.steps": ("sgd_steps",),
    "engine.online": ("OnlineSGD", "Diverged"),
    "record": ("online_sgd",),
    "run": ("Run",),
    "events": ("events_of",),
    "snapshot": ("Snapshot",),
    "subspace": ("principal_angles", "split_norms"),
    "theory": ("assumptions", "decay_threshold", "predict", "predicted_perpendicular"),
    "compression": ("compress",),
    "kernels": ("kernel_ridge", "ntk_kernel"),
    "labs": ("SubspaceLab",),
    "journal.progress": ("progress",),
    "labs.report": ("report",),
}
_MODULE = {name: module for module, names in _HOME.items() for name in names}
__all__ = sorted(_MODULE)


def __getattr__(name: str):
    if name in _MODULE:
        return getattr(import_module(f"{__name__}.{_MODULE[name]}"), name)
    raise AttributeError(f"course_utils has no {name!r}; it offers {', '.join(__all__)}")


def __dir__():
    return __all__
