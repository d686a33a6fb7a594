"""Where code comes from: a library, the course's package, or your own.

A library is known by its version, the package by its text. Own code (a notebook, a script, a file
beside it) has no version to trust; identity.py reads it.
"""

from __future__ import annotations

import functools
import hashlib
import sys
import sysconfig
import types
from importlib import metadata, util
from pathlib import Path

PACKAGE = Path(__file__).parent


@functools.cache
def package_identity() -> str:
    """Digest of the text of this package, and of what computes for it, as first seen.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    return package_text()


def package_text() -> str:
    """The same as ``package_identity``, as it is on the disk now.

    Returns
    -------
    str
        32 hexadecimal digits; others, if a file was edited since this process imported the
        package.
    """
    digest = hashlib.sha256(
        repr([vouched(name) for name in ("numpy", "scipy", "numba", "sys")]).encode()
    )
    for path in sorted(PACKAGE.rglob("*.py")):
        text = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(PACKAGE)} {text}\n".encode())
    return digest.hexdigest()[:32]


def replaced() -> list[str]:
    """Functions and classes of this package that were replaced by own code while it runs.

    Returns
    -------
    list of str
        Their dotted names.
    """
    modules = [
        module for name, module in sys.modules.items() if name.partition(".")[0] == __package__
    ]
    things = [
        (f"{m.__name__}.{n}", t)
        for m in modules
        for n, t in vars(m).items()
        if isinstance(t, types.FunctionType | type)
    ]
    return [name for name, thing in things if vouched(thing.__module__) is None]


def find(module: types.ModuleType, name: str):
    """What a dotted name means in a module.

    Parameters
    ----------
    module : module
        Where to look.
    name : str
        The name; '' for the module itself.

    Returns
    -------
    object
        What it names.

    Raises
    ------
    AttributeError
        If there is nothing of that name.
    """
    return functools.reduce(getattr, name.split("."), module) if name else module


@functools.cache
def vouched(module: str | None) -> str | None:
    """Name and version of the library that a module belongs to.

    Parameters
    ----------
    module : str or None
        The module's dotted name.

    Returns
    -------
    str or None
        None for own code, which has no version to trust.
    """
    top = (module or "").partition(".")[0]
    if top in (__package__, "__main__"):
        return top if top == __package__ else None
    try:
        loaded = sys.modules.get(top)
        spec = getattr(loaded, "__spec__", None) if loaded else util.find_spec(top)
    except ValueError:
        spec = None
    if spec is None:
        return None
    if spec.origin in ("built-in", "frozen"):
        return f"Python {sys.version}"
    folders = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
    path = Path(folders[0] if folders else "").resolve()
    if not {"site-packages", "dist-packages"}.isdisjoint(path.parts):
        try:
            return f"{top} {metadata.version(top)}"
        except metadata.PackageNotFoundError:  # it goes by another name there
            return f"{top} {path.stat().st_size} {path.stat().st_mtime_ns}"
    standard = (Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib"))
    return (
        f"Python {sys.version}" if any(path.is_relative_to(folder) for folder in standard) else None
    )
