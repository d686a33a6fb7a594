"""Is everything installed, does it load, and is it compiled?"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from course_utils.launcher import NOTEBOOKS

from .finding import INSTALL, Finding

DISTRIBUTION = "subspace-course"

# Runs in a process of its own: a broken compiled package can end Python, and its name is then the
# last one printed.
IMPORTER = """
import importlib, sys
for name in sys.argv[1:]:
    print("try", name, flush=True)
    try:
        importlib.import_module(name)
        print("ok", name, flush=True)
    except Exception as error:
        what = " ".join(str(error).split())[:200]
        print("error", name, type(error).__name__ + ":", what, flush=True)
"""


def requirements() -> list[str]:
    """What the course needs to run.

    Returns
    -------
    list of str
        Packages and their ranges, from pyproject.toml beside the package, or else as it was
        installed.
    """
    pyproject = NOTEBOOKS.parent / "pyproject.toml"
    if pyproject.is_file():
        return tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    return [text for text in metadata.requires(DISTRIBUTION) or [] if "extra ==" not in text]


def check_python() -> Iterator[Finding]:
    """Which Python this is; the command line has refused one that is too old.

    Yields
    ------
    Finding
        Its version and place.
    """
    yield Finding("ok", "Python", f"{sys.version.split()[0]} at {sys.executable}")


def check_packages() -> Iterator[Finding]:
    """Every package is there in a version that the course accepts, and can be imported.

    Yields
    ------
    Finding
        One for each package, and one for their imports.
    """
    try:
        from packaging.requirements import Requirement

        wanted = [Requirement(text) for text in requirements()]
    except (ModuleNotFoundError, metadata.PackageNotFoundError) as error:
        yield Finding("FAIL", "packages", f"{error.name} is not installed", INSTALL)
        return
    here = []
    for need in wanted:
        finding = check_version(need)
        yield finding
        if finding.status == "ok":
            here.append(need.name)
    yield from check_imports(here)


def check_version(need) -> Finding:
    """The installed version of one package lies in the range that the course needs.

    Parameters
    ----------
    need : packaging.requirements.Requirement
        The package and its range.

    Returns
    -------
    Finding
        The version, and the range.
    """
    asked = ",".join(sorted(str(need.specifier).split(","), reverse=True))
    try:
        version = metadata.version(need.name)
    except metadata.PackageNotFoundError:
        return Finding("FAIL", need.name, f"not installed (needs {asked})", INSTALL)
    if not need.specifier.contains(version, prereleases=True):
        return Finding("FAIL", need.name, f"{version} (needs {asked})", INSTALL)
    return Finding("ok", need.name, f"{version} (needs {asked})")


def check_imports(modules: list[str]) -> Iterator[Finding]:
    """The installed packages really load.

    Parameters
    ----------
    modules : list of str
        Names to import.

    Yields
    ------
    Finding
        One for each that does not, or one for all.
    """
    done = subprocess.run(
        [sys.executable, "-c", IMPORTER, *modules], capture_output=True, text=True
    )
    lines = [
        line.split(" ", 2)
        for line in done.stdout.splitlines()
        if line.startswith(("try ", "ok ", "error "))
    ]
    broken = {words[1]: words[2] for words in lines if words[0] == "error"}
    if done.returncode and lines:
        broken[lines[-1][1]] = f"ends Python (exit code {done.returncode})"
    for name, reason in broken.items():
        yield Finding(
            "FAIL",
            name,
            f"does not load: {reason}",
            f"`python -m pip install --force-reinstall {name}`",
        )
    if not broken:
        yield Finding("ok", "all of them", "load")


def check_torch_threads() -> Iterator[Finding]:
    """How many threads torch takes; more than one slows the course's small networks.

    Yields
    ------
    Finding
        The number; nothing where torch does not load.
    """
    code = "import torch; print(torch.get_num_threads())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if done.returncode:
        return  # check_packages has said so
    note = (
        ""
        if int(done.stdout) == 1
        else " (for a small network of your own, torch.set_num_threads(1) is faster)"
    )
    yield Finding("ok", "torch threads", done.stdout.strip() + note)


# Tells where compiled code is kept, and how many of the SGD step's functions, as they are now, are
# there.
KEPT = """
from course_utils.engine.blocked import outputs_of, steps_of
from course_utils.engine.fills import fill_normal, fill_reduced
parts = fill_normal, fill_reduced, steps_of("relu", "huber"), outputs_of("relu")
caches = [part._cache for part in parts if hasattr(part, "py_func")]
count = 0
for cache in caches:
    try:
        count += bool(cache._cache_file._load_index())
    except Exception:
        pass
print(count, len(caches), caches[0].cache_path or "" if caches else "")
"""


def check_cache() -> Iterator[Finding]:
    """The compiled SGD step can be kept, so that only the first start waits for the compiler.

    Yields
    ------
    Finding
        Where it is kept and how much is there.
    """
    done = subprocess.run([sys.executable, "-c", KEPT], capture_output=True, text=True)
    if done.returncode:
        return  # check_packages has said so
    count, functions, *folder = done.stdout.strip().split(" ", 2)
    own = os.environ.get("NUMBA_CACHE_DIR")
    if not folder:
        remedy = (
            "set NUMBA_CACHE_DIR in the environment to a folder you can write to; "
            "until then each start compiles"
        )
        yield Finding("warn", "compiler's cache", "no folder can be written", remedy)
    elif own and not Path(folder[0]).is_relative_to(Path(own).absolute()):
        remedy = f"set NUMBA_CACHE_DIR to a folder you can write to; until then {folder[0]} serves"
        yield Finding(
            "warn", "compiler's cache", f"NUMBA_CACHE_DIR = {own} cannot be written", remedy
        )
    else:
        state = (
            f"holds {count} of the SGD step's {functions} functions"
            if int(count)
            else "empty: the first start compiles"
        )
        yield Finding("ok", "compiler's cache", f"{state}, in {folder[0]}")
