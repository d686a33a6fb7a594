"""Writes a homework: the notebook and package of students, and the instructor's part.

Both are in one new folder:

- ``student/``: the notebook without solutions, and ``course/``, the package without solutions and
  checks, to install.
- ``instructor/``: a folder for nbgrader. ``source`` has the notebook with solutions, ``held_out``
  the checks and the key that data are drawn from, ``course`` what the kernels of submissions
  import, ``nbgrader_config.py`` says so to nbgrader.
"""

from __future__ import annotations

import ast
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ..exercises import Exercise, exercises
from ..exercises.mechanism import ANSWER
from ..launcher import find_notebooks

PACKAGE = Path(__file__).parents[1]
BESIDE = ("pyproject.toml", "constraints.txt", "README.md", "LICENSE")
POINTS = 30  # an exercise; its properties have equal shares, whole for 1, 2, 3, 5 and 6 of them
FOLD = re.compile(r"<details><summary>Solution of .*?</details>(\n\n\*Why it works.*)?", re.DOTALL)
SKIPPED = "skip-execution"  # the tag of cells that nbgrader leaves out: experiments take a minute
HIDDEN = {"jupyter": {"source_hidden": True}}
SHOWN = re.compile(r"# the solution of \d\.\d")  # in a cell that goes on with a solution
TO_NOTEBOOK = re.compile(r"\[([^][]*)\]\(\d\d_\w+\.ipynb[^)]*\)")
CONFIG = '''"""What nbgrader is to know of this homework; start it in this folder."""

import os
import tempfile
from pathlib import Path

here = Path(__file__).resolve().parent
os.environ["COURSE_HELD_OUT"] = str(here / "held_out")
# submissions run with the package that students have: it holds no solutions
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(here / "course"), *filter(None, [os.environ.get("PYTHONPATH")])]
)
os.environ["COURSE_DATA"] = tempfile.mkdtemp(prefix="journal-")  # not your own journal

c = get_config()  # noqa: F821
c.CourseDirectory.root = str(here)
c.ClearSolutions.code_stub = {"python": "...  # your code"}
c.Execute.timeout = 600
'''
TOLD = """**Homework.** Hand in this file, under the name that it has.

- Write your answers in the cells with `...  # your code`. The folded cells that give points are put
  back before they are run.
- Each property of an answer gives points by itself:
{properties}
- When it is graded, the notebook's own experiments are not run: an answer finds what it needs in
  itself, in the notebook's imports, or in cells that you add.
- Answers are examined on data that belong to you, each property for 10 seconds at most.
- An answer may use NumPy, SciPy and torch, and what you have written; it may not call functions of
  `course_utils`."""
HAND_OUT = """# {title}

1. Make an environment with Python 3.11 or newer, and in this folder run
   `python -m pip install -c course/constraints.txt ./course`.
2. `python -m jupyter lab {name}.ipynb` opens the notebook. Write your answers, run all cells, save.
3. Hand in `{name}.ipynb`.
"""


class NoHomework(Exception):
    """The homework cannot be written; the message says why and what to try."""


def write(name: str, folder: str | Path | None = None) -> Path:
    """Write the two parts of a homework.

    Parameters
    ----------
    name : str
        The notebook: its name, or its number, such as '02'.
    folder : str or Path, optional
        Where to write; left out, homework-<name> in the current folder.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    NoHomework
        If there is no such notebook, it has no exercises, or the folder exists.
    """
    notebook = named(name)
    chapter = int(notebook.name[:2])
    folder = Path(folder or f"homework-{notebook.stem}")
    if folder.exists():
        raise NoHomework(
            f"{folder} exists, and may hold what was handed in: name another with --folder, or "
            "move it away."
        )
    student, instructor = folder / "student", folder / "instructor"
    text = without_solutions(chapter), with_solutions(chapter)
    for part, cells in zip((student, instructor / "source" / notebook.stem), text, strict=True):
        part.mkdir(parents=True)
        made = converted(nbformat.read(notebook, as_version=4), chapter, cells)
        nbformat.write(made, part / notebook.name)
    install(student / "course")
    shutil.copytree(student / "course", instructor / "course")
    title = f"Homework: {notebook.stem.replace('_', ' ')}"
    told = HAND_OUT.format(title=title, name=notebook.stem)
    (student / "README.md").write_text(told, encoding="utf-8")
    (instructor / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    hold_out(instructor / "held_out", chapter)
    return folder


def named(name: str) -> Path:
    """A notebook with exercises, by its name or number.

    Parameters
    ----------
    name : str
        Such as '02_sgd_finds_the_subspace', with or without .ipynb, '02' or '2'.

    Returns
    -------
    Path
        Its file.

    Raises
    ------
    NoHomework
        If there is none; the message lists those that there are.
    """
    there = sorted(find_notebooks().glob("[0-9][0-9]_*.ipynb"))
    there = [path for path in there if exercises(int(path.name[:2]))]
    asked = Path(name).name.removesuffix(".ipynb")
    for path in there:
        if asked == path.stem or (asked.isdecimal() and int(asked) == int(path.name[:2])):
            return path
    names = ", ".join(path.stem for path in there)
    raise NoHomework(f"There is no notebook {name!r} with exercises. There are: {names}.")


def without_solutions(chapter: int) -> dict[str, str]:
    """The answer cells of students.

    Parameters
    ----------
    chapter : int
        Number of the notebook.

    Returns
    -------
    dict of str to str
        The source of each exercise's cell, by its id.
    """
    return {id: exercise.cell for id, exercise in exercises(chapter).items()}


def with_solutions(chapter: int) -> dict[str, str]:
    """The answer cells of the instructor, in which nbgrader knows what the student's part is.

    Parameters
    ----------
    chapter : int
        Number of the notebook.

    Returns
    -------
    dict of str to str
        The source of each exercise's cell, by its id.
    """
    return {
        id: "\n".join(_marked(exercise)) + exercise.cell.removeprefix(exercise.stub)
        for id, exercise in exercises(chapter).items()
    }


def _marked(exercise: Exercise) -> Iterator[str]:
    inside = ""
    for line in exercise.source.strip().splitlines():
        answers = line.endswith(ANSWER)
        if answers and not inside:
            inside = re.match(r"\s*", line).group()
            yield f"{inside}### BEGIN SOLUTION"
        elif inside and not answers:
            yield f"{inside}### END SOLUTION"
            inside = ""
        yield line.removesuffix(ANSWER)
    if inside:
        yield f"{inside}### END SOLUTION"


def converted(notebook: NotebookNode, chapter: int, answers: dict[str, str]) -> NotebookNode:
    """A notebook as homework: without solutions and outputs, with cells that give points.

    Parameters
    ----------
    notebook : NotebookNode
        The course's.
    chapter : int
        Its number.
    answers : dict of str to str
        The sources of the answer cells, by exercise.

    Returns
    -------
    NotebookNode
        Its cells have the metadata of nbgrader.
    """
    known, imported = exercises(chapter), {}
    by_cell = {exercise.cell: exercise for exercise in known.values()}
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            imported |= dict.fromkeys(_imports(cell.source))
            exercise = by_cell.get(cell.source)
            if exercise:
                cells += _exercise(cell, exercise, answers[exercise.id])
                continue
            if SHOWN.search(cell.source):
                continue
            if not _defines(cell.source):
                cell.metadata["tags"] = [*cell.metadata.get("tags", []), SKIPPED]
        else:
            cell.source = _unlinked(FOLD.sub("", cell.source))
        if cell.source:
            cells.append(cell)
    told = nbformat.v4.new_markdown_cell(TOLD.format(properties=_properties(known)), id="homework")
    first = nbformat.v4.new_code_cell("\n".join(imported), id="imports", metadata=HIDDEN)
    notebook.cells = [cells[0], told, first, *cells[1:]]
    return notebook


def share(exercise: Exercise) -> float:
    """What a property of an exercise is worth.

    Parameters
    ----------
    exercise : Exercise
        Any.

    Returns
    -------
    float
        In points; an exercise has POINTS.
    """
    return POINTS / len(exercise.checks)


def _properties(known: dict[str, Exercise]) -> str:
    return "\n".join(
        f"    - {exercise.id}, {share(exercise):g} each: {'; '.join(n for n, _ in exercise.checks)}"
        for exercise in known.values()
    )


def _exercise(cell: NotebookNode, exercise: Exercise, source: str) -> Iterator[NotebookNode]:
    """The answer cell, and a cell that gives points for each property."""
    number = exercise.id.replace(".", "-")
    cell.source, cell.id = source, f"answer-{number}"
    cell.metadata.update(deletable=False, nbgrader=_metadata(cell.id, solution=True))
    yield cell
    points = share(exercise)
    for i, (name, _) in enumerate(exercise.checks, 1):
        id = f"points-{number}-{i}"
        yield nbformat.v4.new_code_cell(
            "from course_utils.homework import grade\n\n"
            f"grade({exercise.id!r}, {name!r}, {exercise.name}, {points:g})",
            id=id,
            metadata={
                "deletable": False,
                "editable": False,
                **HIDDEN,
                "nbgrader": _metadata(id, points=points),
            },
        )


def _metadata(id: str, solution: bool = False, points: float | None = None) -> dict:
    """nbgrader's metadata of a cell, in its third form."""
    given = {} if points is None else {"points": points}
    return {
        "schema_version": 3,
        "grade_id": id,
        "cell_type": "code",
        "grade": not solution,
        "locked": not solution,
        "solution": solution,
        "task": False,
        **given,
    }


def _imports(source: str) -> Iterator[str]:
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield ast.unparse(node)


def _defines(source: str) -> bool:
    """Whether a cell does nothing but import and define."""
    harmless = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
    return all(isinstance(node, harmless) for node in ast.parse(source).body)


def _unlinked(source: str) -> str:
    """A text without links to other notebooks, which do not come along, and what led to them."""
    paragraphs = re.split(r"\n{2,}", source.strip())
    kept = (TO_NOTEBOOK.sub(r"\1", p) for p in paragraphs if TO_NOTEBOOK.sub("", p).strip(" ·"))
    return "\n\n".join(kept)


def install(folder: Path) -> None:
    """Write the package that students install: without solutions and checks of any notebook.

    Parameters
    ----------
    folder : Path
        Where to; ``pip install`` takes it.
    """
    package = folder / PACKAGE.name
    ignored = shutil.ignore_patterns("__pycache__", "e[0-9][0-9]*.py")
    shutil.copytree(PACKAGE, package, ignore=ignored)
    for file in BESIDE:
        shutil.copy(PACKAGE.parent / file, folder / file)
    for path in sorted((PACKAGE / "exercises").glob("e[0-9][0-9].py")):
        stubs = _stubs(int(path.stem[1:]))
        (package / "exercises" / path.name).write_text(stubs, encoding="utf-8")


def _stubs(chapter: int) -> str:
    rows = []
    for e in exercises(chapter).values():
        names = tuple((name, None) for name, _ in e.checks)
        rows.append(f"    Exercise({e.id!r}, {e.name!r}, {e.stub!r}, {e.hints!r}, {names!r}),\n")
    return (
        f'"""Exercises of notebook {chapter:02d}; solutions and checks are with who grades."""\n\n'
        f"from .mechanism import Exercise\n\nEXERCISES = (\n{''.join(rows)})\n"
    )


def hold_out(folder: Path, chapter: int) -> None:
    """Write what grades: the checks of a notebook, and a key that nobody else has.

    Parameters
    ----------
    folder : Path
        Where to.
    chapter : int
        Number of the notebook.
    """
    (folder / "exercises").mkdir(parents=True)
    for path in (PACKAGE / "exercises").glob(f"e{chapter:02d}*.py"):
        shutil.copy(path, folder / "exercises" / path.name)
    (folder / "key").write_text(secrets.token_hex(16), encoding="utf-8")
