"""This user's folders: for what can be computed again, and for what is theirs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME = "subspace-course"


def cache_directory() -> Path:
    """Where results of sweeps are kept.

    Returns
    -------
    Path
        The environment variable COURSE_CACHE, or this user's folder for caches.

    Raises
    ------
    RuntimeError
        Where a home folder is asked for and there is none.

    Notes
    -----
    Finished runs are remembered there by settings, samples, and the code of this package, of
    ``measure``, of your link, and of all that these use but files and libraries of the same
    version: an interrupted sweep goes on where it was, and a repeated one takes no time. Where that
    code cannot be told, a warning says why, and nothing is remembered.
    """
    return _folder(
        "COURSE_CACHE",
        windows="LOCALAPPDATA",
        mac=("Library", "Caches"),
        linux=("XDG_CACHE_HOME", ".cache"),
    )


def data_directory() -> Path:
    """Where the journal of this user is kept.

    Returns
    -------
    Path
        The environment variable COURSE_DATA, or this user's folder for data of programs.

    Raises
    ------
    RuntimeError
        Where a home folder is asked for and there is none.
    """
    return _folder(
        "COURSE_DATA",
        windows="LOCALAPPDATA",
        mac=("Library", "Application Support"),
        linux=("XDG_DATA_HOME", ".local/share"),
    )


def _folder(own: str, windows: str, mac: tuple[str, str], linux: tuple[str, str]) -> Path:
    if chosen := os.environ.get(own):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        folder = os.environ.get(windows) or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        folder = Path.home().joinpath(*mac)
    else:
        folder = os.environ.get(linux[0]) or Path.home() / linux[1]
    return Path(folder).expanduser() / NAME
