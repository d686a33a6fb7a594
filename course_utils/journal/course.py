"""What the course has for a student, read from its notebooks: predictions, exercises, labs."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .. import launcher, predictions


@dataclass(frozen=True)
class Task:
    """One thing to do.

    Attributes
    ----------
    kind : str
        'prediction' or 'exercise'.
    name : str
        The question, or the exercise's id.
    section : str
        Heading under which it stands.
    """

    kind: str
    name: str
    section: str


@dataclass
class Chapter:
    """One notebook.

    Attributes
    ----------
    file : str
        Its name.
    title : str
        Its first heading.
    minutes : str
        What it says that it takes, such as "75 to 140"; empty if it does not.
    tasks : list of Task
        In reading order.
    labs : set of str
        Names of the labs that it opens.
    """

    file: str
    title: str
    minutes: str = ""
    tasks: list[Task] = field(default_factory=list)
    labs: set[str] = field(default_factory=set)


def chapters() -> list[Chapter]:
    """The notebooks of the course, in reading order.

    Returns
    -------
    list of Chapter
        Empty where the package was installed without them.
    """
    return [_chapter(path) for path in sorted(launcher.NOTEBOOKS.glob("[0-9]*.ipynb"))]


def _chapter(path: Path) -> Chapter:
    chapter = Chapter(path.name, path.stem)
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):  # a file that Jupyter would not open either
        return chapter
    section = ""
    for cell in cells:
        source = "".join(cell.get("source", ""))
        if cell.get("cell_type") == "code":
            calls = _calls(source)
            chapter.tasks += [Task(kind, name, section) for kind, name in _asked(calls)]
            chapter.labs |= {c.func.id for c in calls if c.func.id.endswith(("Lab", "Map"))}
            continue
        for level, heading in re.findall(r"^(#{1,2}) (.+)$", source, re.M):
            if level == "#" and not section:
                chapter.title = section = heading
            else:
                section = heading
        told = re.search(r"\*\*Time\*\* (\d+(?: to \d+)?) minutes", source)
        chapter.minutes = chapter.minutes or (told[1] if told else "")
    return chapter


def _calls(source: str) -> list[ast.Call]:
    """What a cell calls by its name, in reading order."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a student's cell
        return []
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    return sorted(calls, key=lambda n: n.lineno)


def _asked(calls: list[ast.Call]) -> Iterator[tuple[str, str]]:
    """(kind, name) of what a cell asks."""
    kinds = {"predict": "prediction", "ask": "prediction", "Question": "prediction"}
    kinds |= {"check": "exercise"}
    known = predictions.asked()
    for call in calls:
        named = [k.value for k in call.keywords if k.arg in ("question", "text", "id")]
        first = (call.args or named or [None])[0]
        if (
            call.func.id in kinds
            and isinstance(first, ast.Constant)
            and isinstance(first.value, str)
        ):
            kind, name = kinds[call.func.id], first.value
            named = known.get(name) if kind == "prediction" else None
            yield kind, named.text if named else name
