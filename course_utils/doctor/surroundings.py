"""JupyterLab, its files and its kernel, the port, the browser and the machine."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

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

from .finding import INSTALL, Finding

WIDGETS = {"@jupyter-widgets/jupyterlab-manager": "jupyterlab_widgets", "anywidget": "anywidget"}


def check_folders() -> Iterator[Finding]:
    """JupyterLab can write its own files, and the notebooks.

    Yields
    ------
    Finding
        One for its own files; one for the notebooks where they are read only.
    """
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
    """JupyterLab has the two extensions that draw the labs, and neither is switched off.

    Yields
    ------
    Finding
        One for each extension.
    """
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
    """A notebook's kernel starts, is this Python, and finds the course from anywhere.

    Yields
    ------
    Finding
        What the student's own kernelspec starts, if another Python, and what the course's
        starts.
    """
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
    """What code prints in a kernel that starts away from the course's folder.

    Parameters
    ----------
    code : str
        Python code.
    seconds : float
        How long to wait for the kernel and for its answer.

    Returns
    -------
    str
        What was printed.

    Raises
    ------
    RuntimeError
        If the code raises; what stops the kernel itself is raised too.
    """
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
    """The notebooks are there.

    Yields
    ------
    Finding
        How many, and where.
    """
    try:
        folder = find_notebooks()
    except CannotOpen as error:
        yield Finding("FAIL", "notebooks", "not found", str(error))
    else:
        yield Finding("ok", "notebooks", f"{len(list(folder.glob('*.ipynb')))} in {folder}")


def check_port() -> Iterator[Finding]:
    """JupyterLab's usual port is free.

    Yields
    ------
    Finding
        Whether it is.
    """
    if port_is_free(FIRST_PORT):
        yield Finding("ok", "port", f"{FIRST_PORT} is free")
    else:
        remedy = "nothing to do: the course takes another and prints the address"
        yield Finding(
            "warn", "port", f"{FIRST_PORT} is taken, perhaps by another JupyterLab", remedy
        )


def check_browsers() -> Iterator[Finding]:
    """A browser window can appear; Chromium is there for the browser tests.

    Yields
    ------
    Finding
        One for the screen, one for Chromium.
    """
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
    """Cores and memory suffice.

    Yields
    ------
    Finding
        One for the cores, one for the memory.
    """
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
