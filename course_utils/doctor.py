"""`python -m course_utils doctor`: examines the installation, part by part, and says what to do about each fault."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from course_utils.launcher import (
    FIRST_PORT,
    NOTEBOOKS,
    CannotOpen,
    course_jupyter,
    find_chromium,
    find_notebooks,
    has_display,
    jupyter_folders,
    obstacle,
    port_is_free,
)

DISTRIBUTION = "subspace-course"
INSTALL = "in the course's folder, run `python -m pip install -c constraints.txt -e .`"
WIDGETS = {"@jupyter-widgets/jupyterlab-manager": "jupyterlab_widgets", "anywidget": "anywidget"}

# Runs in a process of its own: a broken compiled package can end Python, and its name is then the last one printed.
IMPORTER = """
import importlib, sys
for name in sys.argv[1:]:
    print("try", name, flush=True)
    try:
        importlib.import_module(name)
        print("ok", name, flush=True)
    except Exception as error:
        print("error", name, type(error).__name__ + ":", " ".join(str(error).split())[:200], flush=True)
"""


class Finding(NamedTuple):
    """What one check found: `status` is ok, warn or FAIL, and `remedy` says what to do unless it is ok."""

    status: str
    part: str
    found: str
    remedy: str = ""


def examine() -> int:
    """Print a table of every check with what to do for each fault; return 1 when something fails, else 0."""
    counts = {"ok": 0, "warn": 0, "FAIL": 0}
    for check in CHECKS:
        for finding in check():
            counts[finding.status] += 1
            print(row(finding), flush=True)
    print(
        f"\n{counts['ok']} ok, {counts['warn']} to know about (warn), "
        f"{counts['FAIL']} to mend (FAIL)."
    )
    return int(counts["FAIL"] > 0)


def row(finding: Finding) -> str:
    """Return the line or two that show a finding."""
    line = f"{finding.status:<5} {finding.part:<20} {finding.found}"
    return line if finding.status == "ok" else f"{line}\n{'':<6}-> {finding.remedy}"


def requirements() -> list[str]:
    """Return what the course needs to run: from pyproject.toml beside the package, or else as it was installed."""
    pyproject = NOTEBOOKS.parent / "pyproject.toml"
    if pyproject.is_file():
        return tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    return [text for text in metadata.requires(DISTRIBUTION) or [] if "extra ==" not in text]


def check_python() -> Iterator[Finding]:
    """Which Python this is; the command line has refused one that is too old."""
    yield Finding("ok", "Python", f"{sys.version.split()[0]} at {sys.executable}")


def check_packages() -> Iterator[Finding]:
    """Every package is there in a version that the course accepts, and can be imported."""
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
    """The installed version of one package lies in the range that the course needs."""
    asked = ",".join(sorted(str(need.specifier).split(","), reverse=True))
    try:
        version = metadata.version(need.name)
    except metadata.PackageNotFoundError:
        return Finding("FAIL", need.name, f"not installed (needs {asked})", INSTALL)
    if not need.specifier.contains(version, prereleases=True):
        return Finding("FAIL", need.name, f"{version} (needs {asked})", INSTALL)
    return Finding("ok", need.name, f"{version} (needs {asked})")


def check_imports(modules: list[str]) -> Iterator[Finding]:
    """The installed packages really load."""
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
    """How many threads torch takes; more than one slows the course's small networks."""
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


# Tells where compiled code is kept, and how many of the SGD step's functions are there as they are now.
KEPT = """
from course_utils.engine.blocked import outputs_of, steps_of
from course_utils.engine.sampling import fill_normal, fill_reduced
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
    """The compiled SGD step can be kept, so that only the first start on a machine waits for the compiler."""
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


def check_folders() -> Iterator[Finding]:
    """JupyterLab can write its own files, and the notebooks."""
    try:
        folders = jupyter_folders()
    except ModuleNotFoundError:
        return  # check_packages has said so
    refused = [reason for folder in folders if (reason := obstacle(folder))]
    if refused:
        remedy = (
            "set HOME in the environment to a folder you can write to; "
            "JupyterLab does not start without"
        )
        yield Finding("FAIL", "JupyterLab's files", refused[0], remedy)
    else:
        yield Finding("ok", "JupyterLab's files", f"{folders[0]} can be written")
    if NOTEBOOKS.is_dir() and (reason := obstacle(NOTEBOOKS)):
        remedy = "copy the course to a folder you can write to, or what you change is not saved"
        yield Finding("warn", "notebooks", f"read only ({reason})", remedy)


def check_widgets() -> Iterator[Finding]:
    """JupyterLab has the two extensions that draw the labs, and neither is switched off."""
    try:
        from jupyter_core.paths import jupyter_path
        from jupyterlab_server.config import get_federated_extensions, get_page_config
    except ModuleNotFoundError:
        return  # check_packages has said so
    folders = jupyter_path("labextensions")
    installed = get_federated_extensions(folders)
    disabled = get_page_config(folders).get("disabledExtensions", [])
    for name, package in WIDGETS.items():
        if name not in installed:
            remedy = f"`python -m pip install --force-reinstall {package}` and reload the page"
            yield Finding("FAIL", package, f"JupyterLab does not see the extension {name}", remedy)
        elif any(entry.split(":")[0] == name for entry in disabled):
            remedy = f"`jupyter labextension enable {name}` and reload the page"
            yield Finding("FAIL", package, f"the extension {name} is disabled", remedy)
        else:
            yield Finding(
                "ok", package, f"JupyterLab extension {installed[name]['version']}, enabled"
            )


def check_kernel() -> Iterator[Finding]:
    """A notebook's kernel starts, is this Python, and finds the course from the notebooks' folder."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ModuleNotFoundError:
        return
    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        program = "nothing"
    if os.path.isabs(program) and Path(program) != Path(sys.executable):
        remedy = (
            "start with `python -m course_utils`, which uses this Python; "
            "a plain `jupyter lab` would not"
        )
        yield Finding("warn", "kernelspec python3", f"yours starts {program}", remedy)
    try:
        with course_jupyter():
            answer = ask_kernel("import course_utils, sys; print(sys.executable)")
    except Exception as error:  # whatever stops a kernel is what the student needs to read
        yield Finding("FAIL", "kernel", f"{type(error).__name__}: {error}".splitlines()[0], INSTALL)
    else:
        yield Finding("ok", "kernel", f"starts {answer} and finds the course")


def ask_kernel(code: str, seconds: float = 60) -> str:
    """Return what this code prints in a kernel that starts away from the course's folder; raise what stops it."""
    from jupyter_client.manager import start_new_kernel

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as elsewhere:
        manager, client = start_new_kernel(
            startup_timeout=seconds, cwd=elsewhere, stderr=subprocess.DEVNULL
        )
        printed = []
        try:
            reply = client.execute_interactive(
                code,
                timeout=seconds,
                output_hook=lambda message: printed.append(message["content"].get("text", "")),
            )
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    if reply["content"]["status"] == "error":
        raise RuntimeError(reply["content"]["evalue"])
    return "".join(printed).strip()


def check_notebooks() -> Iterator[Finding]:
    """The notebooks are there."""
    try:
        folder = find_notebooks()
    except CannotOpen as error:
        yield Finding("FAIL", "notebooks", "not found", str(error))
    else:
        yield Finding("ok", "notebooks", f"{len(list(folder.glob('*.ipynb')))} in {folder}")


def check_port() -> Iterator[Finding]:
    """JupyterLab's usual port is free."""
    if port_is_free(FIRST_PORT):
        yield Finding("ok", "port", f"{FIRST_PORT} is free")
    else:
        remedy = "nothing to do: the course takes another and prints the address"
        yield Finding(
            "warn", "port", f"{FIRST_PORT} is taken, perhaps by another JupyterLab", remedy
        )


def check_browsers() -> Iterator[Finding]:
    """A browser window can appear; Chromium is there for the browser tests."""
    if has_display():
        yield Finding("ok", "screen", "a browser can be opened")
    else:
        remedy = "nothing to do: `python -m course_utils` prints the address to open elsewhere"
        yield Finding("warn", "screen", "none here, so no browser will be opened", remedy)
    chromium = find_chromium()
    if chromium:
        yield Finding("ok", "Chromium (tests)", chromium)
    else:
        remedy = (
            "only `make test` wants it: install Chromium or Chrome, or name it in COURSE_CHROMIUM"
        )
        yield Finding("warn", "Chromium (tests)", "not found", remedy)


def check_machine() -> Iterator[Finding]:
    """Cores and memory suffice."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    if cores > 1:
        yield Finding("ok", "cores", str(cores))
    else:
        yield Finding(
            "warn", "cores", "1", "labs will paint fewer frames a second: close other programs"
        )
    try:
        import psutil
    except ModuleNotFoundError:
        return
    memory = psutil.virtual_memory()
    found = f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free"
    if memory.available >= 2 * 2**30:
        yield Finding("ok", "memory", found)
    else:
        yield Finding(
            "warn",
            "memory",
            found,
            "JupyterLab, a browser and one lab want 2 GiB: close other programs",
        )


CHECKS = (
    check_python,
    check_packages,
    check_torch_threads,
    check_cache,
    check_folders,
    check_widgets,
    check_kernel,
    check_notebooks,
    check_port,
    check_browsers,
    check_machine,
)
