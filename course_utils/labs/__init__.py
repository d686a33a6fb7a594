"""Everything that draws: live experiments made of controls, a transport bar and linked figures."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the same table for editors
    from . import charts as charts
    from . import figures as figures
    from .breaks import BreakLab as BreakLab
    from .compression import CompressionLab as CompressionLab
    from .estimators import EstimatorsLab as EstimatorsLab
    from .gap import GapLab as GapLab
    from .gate import Question as Question
    from .gate import ask as ask
    from .growing import show_growing as show_growing
    from .hermite import HermiteLab as HermiteLab
    from .lab import Lab as Lab
    from .ntk import NTKLab as NTKLab
    from .prediction import predict as predict
    from .reading_map import ReadingMap as ReadingMap
    from .single_index import SingleIndexLab as SingleIndexLab
    from .slides import lecture as lecture
    from .stage import show as show
    from .subspace import SubspaceLab as SubspaceLab
    from .target import TargetLab as TargetLab

_HOME = {
    "Lab": "lab",
    "SubspaceLab": "subspace",
    "TargetLab": "target",
    "HermiteLab": "hermite",
    "EstimatorsLab": "estimators",
    "GapLab": "gap",
    "Question": "gate",
    "ask": "gate",
    "SingleIndexLab": "single_index",
    "NTKLab": "ntk",
    "CompressionLab": "compression",
    "BreakLab": "breaks",
    "ReadingMap": "reading_map",
    "lecture": "slides",
    "predict": "prediction",
    "show": "stage",
    "show_growing": "growing",
    "figures": "figures",
    "charts": "charts",
}
__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name in ("figures", "charts"):
        return import_module(f"{__name__}.{name}")
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"course_utils.labs has no {name!r}; it offers {', '.join(__all__)}")
