"""Results of sweeps on disk, named by the digest of all that they depend on."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

from .folders import cache_directory
from .identity import examine
from .links import LINKS
from .origins import package_identity, package_text, replaced
from .settings import Settings

package_identity()  # as imported, not as edited while the process runs


class Store:
    """Results on disk, one JSON file a run, named by the digest of all that it depends on.

    Parameters
    ----------
    measure : callable
        What is taken from each run.

    Notes
    -----
    ``imported`` lists (module, name, identity) of the own code that another process would import,
    not receive.
    """

    def __init__(self, measure: Callable):
        self._identities, self.imported, self._folder = {}, [], None
        try:
            if package_text() != package_identity():
                raise TypeError("course_utils was edited after it was imported: restart the kernel")
            if names := replaced():
                raise TypeError(
                    f"{names[0]} is not the course's own any more: "
                    "restart the kernel to have it back"
                )
            self._code = [self._identity(measure), package_identity()]
            self._folder = cache_directory() / "sweep"
        except TypeError as problem:
            self._give_up(problem)
        except RuntimeError as problem:
            self._give_up(f"{problem} Set COURSE_CACHE to a folder that you can write to")

    def _give_up(self, problem) -> None:
        warnings.warn(f"results are not remembered: {problem}", stacklevel=4)

    def _identity(self, function: Callable) -> str:
        """`identity`, with what of it other processes would import noted."""
        if id(function) not in self._identities:
            digest, imported = examine(function)
            self.imported += imported
            self._identities[id(function)] = digest, function
        return self._identities[id(function)][0]

    def path(self, settings: Settings, how: dict) -> Path | None:
        """The file of a run.

        Parameters
        ----------
        settings : Settings
            What is run.
        how : dict
            How: samples, checkpoints, until.

        Returns
        -------
        Path or None
            None if its code cannot be told from other code.
        """
        if self._folder is None:
            return None
        values = {f.name: getattr(settings, f.name) for f in fields(settings)}
        if isinstance(settings.link, str):
            values["link"] = LINKS[settings.link]  # by what it does, for those who change the table
        try:
            values = {name: self._identity(v) if callable(v) else v for name, v in values.items()}
        except TypeError as problem:
            return self._give_up(problem)
        return self._folder / f"{_digest([values, how, self._code])}.json"

    def read(self, path: Path | None) -> dict | None:
        """What was stored for a run.

        Parameters
        ----------
        path : Path or None
            From ``path``.

        Returns
        -------
        dict or None
            Its values; None if nothing was stored or if it is damaged.
        """
        if path is None:
            return None
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
            if entry["digest"] != _digest(entry["values"]):
                raise ValueError("its digest does not fit")
            return entry["values"]
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, KeyError, TypeError) as problem:
            warnings.warn(
                f"the stored result {path} is damaged ({problem}); the run is made again",
                stacklevel=3,
            )
            return None

    def write(self, path: Path | None, settings: Settings, values: dict, other: list[str]) -> None:
        """Store a result whole or not at all; what stands in the way costs a warning alone.

        Parameters
        ----------
        path : Path or None
            From ``path``; None stores nothing.
        settings : Settings
            What was run.
        values : dict
            What to remember, numbers and text.
        other : list of str
            Names of code that was something else where the run was made; with any, nothing is
            stored.
        """
        if path is None:
            return
        if other:
            name = other[0]
            return self._give_up(
                f"{name} is not the same in a parallel process, where it was read from its file: "
                "restart the kernel after an edit, and set in the file what you set in "
                f"{name.partition('.')[0]}; or sweep with n_jobs=1"
            )
        part = path.with_suffix(f".{os.getpid()}.part")
        entry = {"settings": settings.summary(), "values": values, "digest": _digest(values)}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(entry), encoding="utf-8")
            os.replace(part, path)
        except OSError as problem:
            self._give_up(f"{problem}: set COURSE_CACHE to a folder that you can write to")
            with suppress(OSError):
                part.unlink()


def _digest(values) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]
