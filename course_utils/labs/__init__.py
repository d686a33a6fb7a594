"""Everything that draws: live experiments made of controls, a transport bar and linked figures."""

from importlib import import_module

_HOME = {
    "Lab": "lab",
    "SubspaceLab": "subspace",
    "TargetLab": "target",
    "HermiteLab": "hermite",
    "EstimatorsLab": "estimators",
    "NTKLab": "ntk",
    "CompressionLab": "compression",
    "predict": "prediction",
    "show": "stage",
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
