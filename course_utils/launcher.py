"""Opens the course in JupyterLab.

With the right kernel, no question over the page, and an address where there is no browser.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
FIRST_PORT = 8888
# A workspace of our own: the student's default one may hold tabs of another folder, which
# JupyterLab would miss aloud.
WORKSPACE = "subspace-course"
LAB_DEFAULTS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}


class CannotOpen(Exception):
    """The course cannot be opened here; the message tells a student what to do."""


def find_notebooks() -> Path:
    """The folder of the course's notebooks.

    Returns
    -------
    Path
        It holds the course in reading order.

    Raises
    ------
    CannotOpen
        Where the package was installed without them.
    """
    if not any(NOTEBOOKS.glob("*.ipynb")):
        raise CannotOpen(
            f"There are no notebooks at {NOTEBOOKS}: this installation holds the package alone. "
            "Clone the course's repository and run `python -m pip install -c constraints.txt -e "
            ".` inside it."
        )
    return NOTEBOOKS


def check_installed() -> None:
    """Refuse a Python without JupyterLab, or one that does not find the package from anywhere.

    Raises
    ------
    CannotOpen
        Saying what is missing; a notebook needs both.
    """
    missing = ["JupyterLab"] if find_spec("jupyterlab") is None else []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as elsewhere:
        if subprocess.run(
            [sys.executable, "-c", "import course_utils"], cwd=elsewhere, capture_output=True
        ).returncode:
            missing.append("the course")
    if missing:
        raise CannotOpen(
            f"Not installed for {sys.executable}: {' and '.join(missing)}. In the course's "
            "folder, and with the Python that opens it, "
            "run `python -m pip install -c constraints.txt -e .`."
        )


def obstacle(folder: Path) -> str:
    """Why files cannot be made in a folder, which need not be there yet.

    Parameters
    ----------
    folder : Path
        Where files are to be made.

    Returns
    -------
    str
        The reason; empty if they can.
    """
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    try:
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        return f"{there}: {error.strerror}"
    return ""


def jupyter_folders() -> list[Path]:
    """The folders of this user's that JupyterLab writes to.

    Returns
    -------
    list of Path
        For connections, for settings, and for the places of windows.
    """
    from jupyter_core.paths import jupyter_config_dir, jupyter_data_dir, jupyter_runtime_dir

    return [
        Path(folder()) for folder in (jupyter_runtime_dir, jupyter_config_dir, jupyter_data_dir)
    ]


def check_home() -> None:
    """Refuse a home in which JupyterLab cannot write what it keeps for this user.

    Raises
    ------
    CannotOpen
        Naming the folder and the reason.
    """
    for folder in jupyter_folders():
        if reason := obstacle(folder):
            raise CannotOpen(
                f"JupyterLab keeps its files in {folder}, which cannot be written ({reason}): "
                "set HOME in the environment to a folder that you can write to."
            )


def find_chromium() -> str | None:
    """A Chromium or Chrome for the browser tests (COURSE_CHROMIUM names another).

    Returns
    -------
    str or None
        Its path; None if there is none.
    """
    if os.environ.get("COURSE_CHROMIUM"):
        return shutil.which(os.path.expanduser(os.environ["COURSE_CHROMIUM"]))
    names = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome", "chrome")
    macos = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    return next((path for path in map(shutil.which, (*names, macos)) if path), None)


def has_display() -> bool:
    """Whether a browser window could appear.

    Returns
    -------
    bool
        Always True on Windows and macOS, on Linux where X or Wayland runs.
    """
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def port_is_free(port: int) -> bool:
    """Whether a server could listen on a port of this machine.

    Parameters
    ----------
    port : int
        From 1 to 65535.

    Returns
    -------
    bool
        True if it could.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # as the server does, or a port just left would look taken
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(first: int) -> int:
    """The first free port from one on.

    Parameters
    ----------
    first : int
        Where to begin.

    Returns
    -------
    int
        The port, one of fifty.

    Raises
    ------
    CannotOpen
        If none of them is free.
    """
    last = min(first + 49, 65535)
    port = next((port for port in range(first, last + 1) if port_is_free(port)), None)
    if port is None:
        raise CannotOpen(
            f"No port from {first} to {last} is free: stop the program that uses it, or name "
            "another one, such as --port 9000."
        )
    return port


def library_folder() -> Path:
    """Return the folder of the installed plotly.js, which pages load from the server itself.

    Returns
    -------
    Path
        Inside the installed plotly.
    """
    return Path(find_spec("plotly").origin).parent / "package_data"


def page_config() -> dict[str, str]:
    """Return what every page is told: where plotly.js is among the server's static files.

    Its version is part of the address, so that a browser need not ask again.

    Returns
    -------
    dict
        An entry of JupyterLab's page configuration.
    """
    return {"courseLibrary": f"plotly.min.js?v={version('plotly')}"}


@contextmanager
def course_jupyter() -> Iterator[None]:
    """Give Jupyter a kernel ``python3`` that is the Python running now, and pages that ask nothing.

    A student's own ``python3`` kernelspec, the name in every notebook, may point at an installation
    without the course. Kernel and defaults come first on Jupyter's search paths, from a temporary
    folder. No file of the student's is touched, and what they chose in JupyterLab's settings still
    wins over these defaults. Pages are told where plotly.js is.
    """
    from ipykernel.kernelspec import write_kernel_spec

    with tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True) as folder:
        write_kernel_spec(
            Path(folder) / "kernels" / "python3", extra_arguments=["--log-level=ERROR"]
        )
        settings = Path(folder) / "labconfig"
        settings.mkdir()
        (settings / "default_setting_overrides.json").write_text(json.dumps(LAB_DEFAULTS))
        (settings / "page_config.json").write_text(json.dumps(page_config()))
        before = {name: os.environ.get(name) for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH")}
        os.environ.update(
            {name: os.pathsep.join(filter(None, (folder, old))) for name, old in before.items()}
        )
        try:
            yield
        finally:
            for name, old in before.items():
                del os.environ[name]
                if old is not None:
                    os.environ[name] = old


def lab_options(notebooks: Path, port: int, open_browser: bool) -> list[str]:
    """JupyterLab's command line.

    It wins over the student's configuration files and changes none of them.

    Parameters
    ----------
    notebooks : Path
        Folder of the notebooks.
    port : int
        Port to listen on.
    open_browser : bool
        Whether to open one.

    Returns
    -------
    list of str
        As if typed after `jupyter lab`.
    """
    first = sorted(path.name for path in notebooks.glob("*.ipynb"))[0]
    options = [
        f"--ServerApp.root_dir={notebooks}",
        f"--ServerApp.port={port}",
        # For a port that is taken this moment; none beyond the last.
        f"--ServerApp.port_retries={min(4, 65535 - port)}",
        f"--ServerApp.open_browser={open_browser}",
        f"--LabApp.default_url=/lab/workspaces/{WORKSPACE}/tree/{first}",
        f"--ServerApp.extra_static_paths={library_folder()}",
        # The file that JupyterLab would open first is out of reach for Ubuntu's (snap) browsers.
        "--ServerApp.use_redirect_file=False",
        # A warning after the address would hide it, and none of them concerns a student.
        "--Application.log_level=ERROR",
    ]
    if getattr(os, "geteuid", lambda: 1)() == 0:
        options.append("--ServerApp.allow_root=True")
    return options


def open_course(port: int = FIRST_PORT, browser: bool = True) -> None:
    """Open the course's notebooks in JupyterLab and serve them until Ctrl-C.

    Parameters
    ----------
    port : int
        The first port to try.
    browser : bool
        False, or where no window could appear, only the address is printed.

    Raises
    ------
    CannotOpen
        Where the notebooks, JupyterLab or an installation of the package are missing, where
        JupyterLab cannot write its files, and where no port is free.
    """
    notebooks = find_notebooks()
    check_installed()
    check_home()
    free = free_port(port)
    if reason := obstacle(notebooks):
        print(
            f"The notebooks' folder cannot be written ({reason}): "
            "what you change there will not be saved."
        )
    print("Starting JupyterLab ...", flush=True)
    # Given, so that JupyterLab leaves printing the address to us.
    os.environ["JUPYTER_TOKEN"] = secrets.token_hex(24)
    with course_jupyter():
        from jupyterlab.labapp import LabApp

        show = browser and has_display()
        server = LabApp.initialize_server(argv=lab_options(notebooks, free, show))
        if server.port != port:
            print(
                f"Port {port} is taken by another program, so the course uses port {server.port}."
            )
        page = server.default_url.removeprefix(server.base_url)
        address = f"{server.connection_url}{page}?token={server.identity_provider.token}"
        server.io_loop.add_callback(
            print, farewell(address, server.port, browser, show), flush=True
        )
        server.start()


def farewell(address: str, port: int, browser: bool, shown: bool) -> str:
    """What to tell the student once the server listens.

    Parameters
    ----------
    address : str
        The address; it ends the text.
    port : int
        The port in it.
    browser : bool
        Whether a browser was asked for.
    shown : bool
        Whether one was opened.

    Returns
    -------
    str
        Several lines.
    """
    lines = ["The course is running. To stop it, press Ctrl-C here."]
    if browser and not shown:
        lines.append("There is no screen here, so no browser was opened.")
    if os.environ.get("SSH_CONNECTION"):
        lines.append(
            "From your own computer, first run: "
            f"ssh -N -L {port}:localhost:{port} {socket.gethostname()}"
        )
    open_it = "If no page appeared, open" if shown else "Open"
    lines.append(f"{open_it} this address in a browser: {address}")
    return "\n".join(lines)
