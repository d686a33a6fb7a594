"""One page to hand in: answers, predictions, hints, settings, seeds and figures of a student."""

from __future__ import annotations

import html
import json
import platform
from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from operator import itemgetter
from pathlib import Path
from typing import Any

from ..journal.course import Chapter, Task
from ..journal.progress import Progress, Stand, progress
from .memory import drawings
from .page import file

Lab = tuple[str, int, str]  # its name, the place in the journal where it was left, its part here
LOOK = """body { max-width: 1100px; }
pre { overflow-x: auto; padding: 8px; border: 1px solid #8888; white-space: pre-wrap; }
section { border-top: 1px solid #8888; }"""
PACKAGES = ("subspace-course", "numpy", "scipy", "torch", "numba")


def report(path: str | Path = "report.html", name: str = "") -> Path:
    """Write a page that holds what a student has done, to hand in.

    Parameters
    ----------
    path : str or Path
        Where to write; an older file of this name is replaced.
    name : str
        Whose report it is; left out, it says none.

    Returns
    -------
    Path
        The file: HTML that opens without a kernel, a server or a network. With figures of labs it
        has 5 MB and more.

    Raises
    ------
    OSError
        Where the file cannot be written.

    Notes
    -----
    What was done in a notebook stands in its part, in order of time, answers and labs together. A
    lab is of the notebook in which something was answered last before it, or else next, among those
    that open one of its name. Figures are those of the labs that are open in this kernel, and of
    others as their runs came to rest last. Settings of labs are codes that the labs take back, with
    their seeds.
    """
    done, shown = progress(), drawings()
    title = f"Report of {name}" if name else "Report"
    body = "\n".join([_head(done), *_chapters(done, _labs(done, shown))])
    page, path = file(title, body, LOOK, "report.js" if shown else ""), Path(path)
    path.write_text(page, encoding="utf-8")
    return path


def _head(done: Progress) -> str:
    now = datetime.now().astimezone().isoformat(timespec="minutes")
    packages = ", ".join(f"{one} {found}" for one in PACKAGES if (found := _version(one)))
    made = f"Written {now} with Python {platform.python_version()}, {packages}."
    return f"<p>{html.escape(made)}</p>{done.html()}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _chapters(done: Progress, labs: list[Lab]) -> Iterable[str]:
    told, placed = set(), [(_home(done, *lab[:2]), lab) for lab in labs]
    for chapter in done.course:
        stands = [stand for stand in done.stands(chapter) if stand.state != "open"]
        told |= {stand.task.name for stand in stands}
        parts = [(_last(done, stand.task.name), _task(stand, done.noted)) for stand in stands]
        parts += [(when, said) for home, (_, when, said) in placed if home is chapter]
        if parts:
            yield _section(chapter.title, parts)
    # what a notebook asks no longer, or a student asked by themselves
    rest = dict.fromkeys(
        (kind, entry[key])
        for entry in done.noted
        for kind, key in (("exercise", "exercise"), ("prediction", "question"))
        if isinstance(entry.get(key), str) and entry[key] not in told
    )
    stands = [Stand(Task(kind, name, ""), "done") for kind, name in rest]
    parts = [(_last(done, stand.task.name), _task(stand, done.noted)) for stand in stands]
    parts += [(when, said) for home, (_, when, said) in placed if home is None]
    if parts:
        yield _section("Beside the notebooks", parts)


def _section(title: str, parts: list[tuple[int, str]]) -> str:
    said = "".join(said for _, said in sorted(parts, key=itemgetter(0)))
    return f"<section><h2>{html.escape(title)}</h2>{said}</section>"


def _last(done: Progress, name: str) -> int:
    """The place in the journal of what was noted last of a task."""
    mine = [i for i, e in enumerate(done.noted) if name in (e.get("exercise"), e.get("question"))]
    return max(mine, default=0)


def _home(done: Progress, lab: str, when: int) -> Chapter | None:
    """The notebook that a lab stands in; None where no notebook opens one of its name."""
    there = [chapter for chapter in done.course if lab in chapter.labs]
    of_task = {task.name: chapter for chapter in there for task in chapter.tasks}
    for entry in [*reversed(done.noted[:when]), *done.noted[when:]]:
        if chapter := of_task.get(entry.get("exercise") or entry.get("question")):
            return chapter
    return there[0] if there else None


def _task(stand: Stand, noted: list[Mapping[str, Any]]) -> str:
    task, say = stand.task, html.escape
    if task.kind == "prediction":
        return f"<h3>Prediction</h3><p>{say(task.name)}</p>" + "".join(
            f"<p>{say(entry['when'])}: <b>{say(str(entry.get('answer', '')))}</b>. "
            f"{say(str(entry.get('said') or entry.get('reply') or ''))}</p>"
            for entry in noted
            if entry.get("question") == task.name
        )
    checks = [e for e in noted if e["kind"] == "check" and e.get("exercise") == task.name]
    hints = sum(e["kind"] == "hint" and e.get("exercise") == task.name for e in noted)
    parts = [f"<h3>Exercise {say(task.name)}</h3><p>{len(checks)} answers, {hints} hints.</p>"]
    shown = checks[-1:]
    if passed := [e for e in checks if e.get("passed")]:
        shown = passed[-1:] + [e for e in checks[-1:] if e is not passed[-1]]
    for entry in shown:
        found = (
            f"passed: {'; '.join(map(str, entry.get('holds') or []))}"
            if entry.get("passed")
            else f"not yet: {entry.get('fails')}. {entry.get('why')}"
        )
        parts.append(
            f"<p>{say(entry['when'])}, {say(found)}</p>"
            f"<pre><code>{say(str(entry.get('answer', '')))}</code></pre>"
        )
    return "".join(parts)


def _labs(done: Progress, shown: list[dict[str, Any]]) -> list[Lab]:
    """The figures of labs, and the settings of those that have left none."""
    last = {}
    for place, entry in enumerate(done.noted):
        if entry["kind"] == "lab":
            last[entry.get("lab"), entry.get("opened")] = place, entry
    labs = []
    for number, one in enumerate(shown):
        when, _ = last.pop((one["lab"], one["opened"]), (len(done.noted), None))
        labs.append((one["lab"], when, _figure(number, one)))
    for when, entry in last.values():
        name = str(entry.get("lab"))
        labs.append((name, when, f"<h3>{html.escape(name)}</h3>{_settings(entry)}"))
    return labs


def _figure(number: int, one: Mapping[str, Any]) -> str:
    held = {
        "frames": one["frames"],
        "traits": {"central": one.get("central"), "label": one["lab"]},
    }
    data = json.dumps(held).replace("<", "\\u003c")
    return (
        f"<h3>{html.escape(one['lab'])}</h3>{_settings(one)}"
        f"<div class='course-lab' data-drawing='drawing-{number}'></div>"
        f"<script type='application/json' id='drawing-{number}'>{data}</script>"
        f"<details><summary>In words</summary><pre>{html.escape(one['text'])}</pre></details>"
    )


def _settings(one: Mapping[str, Any]) -> str:
    seeds = int(one.get("seeds") or 1)
    many = f" and the {seeds - 1} seeds after it" if seeds > 1 else ""
    return f"<p>Settings{many}: <code>{html.escape(str(one.get('code', '')))}</code></p>"
