"""The file: one line of JSON an entry, added at the end under a lock, and never changed.

A kernel may be killed at any moment and two notebooks may write at once. Lines that cannot be read
are moved to a file beside it, with nothing thrown away.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..folders import data_directory

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

NAME = "journal.jsonl"
DAMAGED = "journal.damaged"
START = '{"kind": '  # of each line

_threads = threading.Lock()
_unkept: list[dict[str, Any]] = []  # what could not be written yet
_told: set[str] = set()


def journal_file() -> Path:
    """Where the journal is.

    Returns
    -------
    Path
        In the user's data folder, or in the folder that COURSE_DATA names.
    """
    return data_directory() / NAME


def note(kind: str, hurry: bool = True, **what: Any) -> dict[str, Any]:
    """Add an entry to the journal.

    Parameters
    ----------
    kind : str
        'prediction', 'verdict', 'check', 'hint' or 'lab'.
    hurry : bool
        Wait until it is on the disk, so that it outlives a power cut too; left out for what
        comes many times a second.
    **what : object
        What there is to tell: text, numbers, lists and mappings of them.

    Returns
    -------
    dict
        The entry, with the moment in UTC as its ``when``.

    Notes
    -----
    It never raises: where the file cannot be written, one sentence says so, the entry stays in
    memory, and the next one tries again for both.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    entry = {"kind": kind, "when": now, **what}
    with _threads:
        _unkept.append(entry)
        try:
            with _locked() as folder:
                _append(folder / NAME, "\n".join(map(_line, _unkept)), hurry)
        except (OSError, RuntimeError) as problem:
            _tell(
                f"The course cannot keep your answers in {_place()} ({_reason(problem)}): they are "
                "remembered until this kernel ends."
            )
        else:
            _unkept.clear()
    return entry


def entries(kind: str = "") -> list[dict[str, Any]]:
    """What the journal holds, oldest first.

    Parameters
    ----------
    kind : str
        Of the entries that are wanted; left out, all.

    Returns
    -------
    list of dict
        With at least ``kind`` and ``when`` in each.

    Notes
    -----
    Lines that cannot be read are moved to journal.damaged beside it, and one sentence says so.
    """
    with _threads:
        found: list[dict[str, Any]] = []
        try:
            if journal_file().exists():
                with _locked() as folder:
                    found, damaged = read(folder / NAME)
                    if damaged:
                        _set_aside(folder, found, damaged)
        except (OSError, RuntimeError) as problem:
            _tell(f"The journal in {_place()} could not be read in full ({_reason(problem)}).")
        return [one for one in [*found, *_unkept] if kind in ("", one["kind"])]


def read(path: Path) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Entries of a file, and the lines of it that are none.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    found : list of dict
        Entries in order; whole ones inside of a damaged line too.
    damaged : list of bytes
        Lines that hold anything else.

    Raises
    ------
    OSError
        Where the file cannot be read.
    """
    found, damaged = [], []
    for line in path.read_bytes().split(b"\n"):
        line = line.strip(b"\0 \t\r")  # a power cut leaves zeros
        if not line:
            continue
        inside, whole = _entries_in(line.decode("utf-8", errors="replace"))
        found += inside
        if not whole:
            damaged.append(line)
    return found, damaged


def _entries_in(line: str) -> tuple[list[dict[str, Any]], bool]:
    """Entries in a line, and whether it holds nothing else."""
    decoder, found, at = json.JSONDecoder(), [], 0
    whole = "\ufffd" not in line
    while (start := line.find(START, at)) >= 0:
        try:
            entry, end = decoder.raw_decode(line, start)
        except (ValueError, RecursionError):
            whole, at = False, start + 1
            continue
        whole &= not line[at:start].strip()
        at = end
        if isinstance(entry.get("kind"), str) and isinstance(entry.get("when"), str):
            found.append(entry)
        else:
            whole = False
    return found, whole and not line[at:].strip()


@contextmanager
def _locked() -> Iterator[Path]:
    """The folder, while no other process is at its journal.

    The lock is on a file of its own, so that the journal may be replaced by another file.
    """
    folder = data_directory()
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "journal.lock", "ab") as lock:
        if fcntl is None:
            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
        else:
            with suppress(OSError):  # some network folders know no locks: then lines stay whole
                fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            if fcntl is None:
                lock.seek(0)
                msvcrt.locking(lock.fileno(), msvcrt.LK_UNLCK, 1)


def _append(path: Path, text: str, hurry: bool) -> None:
    with open(path, "a+b", buffering=0) as file:
        if file.seek(0, os.SEEK_END) > 0:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # a kernel was killed while it wrote
                text = "\n" + text
        data = (text + "\n").encode("utf-8", errors="replace")
        while data:
            data = data[file.write(data) :]
        if hurry:
            os.fsync(file.fileno())


def _set_aside(folder: Path, found: list[dict[str, Any]], damaged: list[bytes]) -> None:
    """Move damaged lines to their own file; only when they are there does the journal lose them."""
    with open(folder / DAMAGED, "ab") as file:
        file.write(b"\n".join(damaged) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh = folder / f"{NAME}.new"
    fresh.unlink(missing_ok=True)
    _append(fresh, "\n".join(map(_line, found)), True)
    os.replace(fresh, folder / NAME)
    one = len(damaged) == 1
    print(
        f"{'One line' if one else f'{len(damaged)} lines'} of your journal could not be read and "
        f"{'is' if one else 'are'} kept in {folder / DAMAGED}; {len(found):,} entries are whole."
    )


def _line(entry: dict[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False, default=str)


def _tell(sentence: str) -> None:
    if sentence not in _told:
        _told.add(sentence)
        print(sentence)


def _place() -> str:
    with suppress(RuntimeError):
        return str(data_directory())
    return "a home folder, for there is none"


def _reason(problem: Exception) -> str:
    return getattr(problem, "strerror", None) or str(problem)
