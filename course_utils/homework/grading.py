"""Grades one property of an answer: on data that belong to a student, in a process of its own.

What holds when a submission is graded with the settings that the homework command writes:

- Solutions and checks are not there to be imported: the kernel has the package that students
  install, and the checks come from the instructor's folder into a process that lives for one
  property of one answer.
- An answer that calls the course's own functions, under whatever name, gets no points.
- Data are drawn from the student's id and a key that only the instructor has. A number copied from
  a neighbour, or found by trying, is wrong.
- Time ends for loops in libraries too, since the process is ended: unlike ``check`` in a notebook,
  which has to wait where a call never lets Python go.
- What an answer raises, prints, draws or breaks stays in that process.

What does not: text that was copied is a student's own to the computer, be it from a neighbour, from
the folded solution of the public notebook or from the source of a function of the course. And code
that sets out to cheat the grader (that reads the instructor's folder, or puts other functions in
the place of this module's) runs as the user who grades: grade whom you do not trust in a container
that is thrown away, and read what has full marks.
"""

from __future__ import annotations

import ast
import functools
import gc
import importlib
import json
import os
import re
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from .. import exercises
from ..exercises.asking import Wrong
from ..exercises.drawing import drawn_for

FOLDER = "COURSE_HELD_OUT"  # names the folder of checks; nbgrader_config.py sets it
START, LIMIT = 60.0, 10.0  # seconds in which the checks must be there, and a property examined
PACKAGE = str(Path(__file__).parents[1]) + os.sep
THERE = b"."


class NoPoints(Exception):
    """A property that an answer lacks when it is graded: nbgrader gives no points to this cell."""


def grade(id: str, name: str, answer: Any, points: float) -> None:
    """Examine a property of an answer where nbgrader grades; elsewhere say what it is worth.

    Parameters
    ----------
    id : str
        Number of the exercise.
    name : str
        The property, in its check's words.
    answer : object
        What the student wrote.
    points : float
        What the property is worth.

    Raises
    ------
    NoPoints
        If it does not hold; says why.
    RuntimeError
        If checks cannot be run here, whatever the answer is.
    """
    if os.environ.get("NBGRADER_EXECUTION") != "autograde":
        print(f"Exercise {id}, {name}: {points:g} points, when it is graded.")
        return
    folder = os.environ.get(FOLDER)
    if not folder or not Path(folder, "key").is_file():
        raise RuntimeError(
            "The instructor's part is not there: start nbgrader in the folder `instructor` that "
            "`python -m course_utils homework` has written, where its nbgrader_config.py is."
        )
    why = judged(Path(folder), student(), id, name, answer)
    if why:
        raise NoPoints(f"Exercise {id}, {name}: 0 of {points:g} points. {why}")
    print(f"Exercise {id}, {name}: {points:g} of {points:g} points.")


def student() -> str:
    """Whose submission is graded here.

    Returns
    -------
    str
        The id: nbgrader starts a kernel in autograded/<id>/<assignment>.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return Path(getattr(shell, "starting_dir", None) or Path.cwd()).resolve().parent.name


def judged(folder: Path, student: str, id: str, name: str, answer: Any) -> str:
    """What a property's check says of an answer.

    Parameters
    ----------
    folder : Path
        The instructor's, with the checks and the key.
    student : str
        Whose data to draw.
    id : str
        Number of the exercise.
    name : str
        The property.
    answer : object
        What the student wrote.

    Returns
    -------
    str
        Why it fails; empty if it holds.

    Raises
    ------
    RuntimeError
        Where checks cannot be run, whatever the answer is.
    """
    if not hasattr(os, "fork"):
        raise RuntimeError(
            "Answers are graded on Linux and macOS: on Windows, start nbgrader in the Windows "
            "Subsystem for Linux."
        )
    prepare(folder)
    here, there = os.pipe()
    with warnings.catch_warnings():  # newer Pythons warn of threads, which the child does not have
        warnings.simplefilter("ignore")
        child = os.fork()
    if not child:
        _examine(there, folder, student, id, name, answer)
    os.close(there)
    try:
        if (first := _read(here, 1, START)) != THERE:
            raise RuntimeError(f"The checks could not be started: {(first + _read(here)).decode()}")
        return json.loads(_read(here))
    except TimeoutError:
        return f"After {LIMIT:g} s it had not ended, and was stopped. Does a loop have an end?"
    except EOFError:
        return "It ended the process in which it was examined."
    finally:
        os.close(here)
        _end(child)


@functools.cache
def prepare(folder: Path) -> None:
    """Import what checks import of the package, once for all the processes that run them.

    Parameters
    ----------
    folder : Path
        The instructor's.
    """
    for path in (folder / "exercises").glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and node.level == 2:
                importlib.import_module(f"..{node.module}", exercises.__name__)


def _read(pipe: int, size: int | None = None, seconds: float | None = None) -> bytes:
    """So many bytes, or a line."""
    end, got = time.monotonic() + (LIMIT if seconds is None else seconds), b""
    while len(got) != size and not got.endswith(b"\n"):
        left = max(end - time.monotonic(), 0)
        if not select.select([pipe], [], [], left)[0]:
            raise TimeoutError
        if not (piece := os.read(pipe, size or 65536)):
            raise EOFError
        got += piece
    return got


def _end(child: int) -> None:
    for kill in (os.killpg, os.kill):  # what the answer has started, too
        try:
            kill(child, signal.SIGKILL)
        except OSError:
            pass
    os.waitpid(child, 0)


def _examine(pipe: int, folder: Path, student: str, id: str, name: str, answer: Any) -> NoReturn:
    """Examine in the child, write what was found into the pipe, and end."""
    try:
        os.setsid()
        gc.freeze()  # what came along is shared, and stays so where nothing looks through it
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(quiet, stream)
        sys.stdout = sys.stderr = open(os.devnull, "w")
        if "torch" in sys.modules:  # its threads did not come along
            sys.modules["torch"].set_num_threads(1)
        test, key = held_out(folder, id)[name], (folder / "key").read_text(encoding="utf-8")
        os.write(pipe, THERE)
        with drawn_for(f"{key} {student} {id}"):
            test(watched(answer))
        said = ""
    except Wrong as problem:
        said = str(problem)
    except BaseException as problem:
        said = f"It could not be examined: {type(problem).__name__}: {problem}."
    try:
        os.write(pipe, json.dumps(said).encode() + b"\n")
    finally:
        os._exit(0)


def held_out(folder: Path, id: str) -> dict[str, Callable[[Any], None]]:
    """The checks of an exercise from the instructor's folder, in place of the package's own.

    Parameters
    ----------
    folder : Path
        The instructor's; its ``exercises`` holds files like those of the package.
    id : str
        Number of the exercise.

    Returns
    -------
    dict of str to callable
        By property.

    Raises
    ------
    KeyError
        If there is no such exercise.
    """
    exercises.__path__.insert(0, str(folder / "exercises"))
    for module in [m for m in sys.modules if re.match(rf"{exercises.__name__}\.e\d\d", m)]:
        del sys.modules[module]
    importlib.invalidate_caches()
    return dict(exercises.find_exercise(id).checks)


def watched(answer: Any) -> Any:
    """An answer that raises Wrong where it calls the course's own functions.

    Parameters
    ----------
    answer : object
        What the student wrote.

    Returns
    -------
    object
        A function that returns what the answer returns; the answer itself where it is none.
    """
    if not callable(answer):
        return answer
    taken: list[str] = []

    def look(frame, event, _):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(PACKAGE) and not taken:
            if code.co_name != "<module>" and code.co_filename != f"{PACKAGE}__init__.py":
                taken.append(f"{Path(code.co_filename).stem}.{code.co_qualname}")

    @functools.wraps(answer)
    def asked(*arguments):
        sys.setprofile(look)
        try:
            result = answer(*arguments)
        finally:
            sys.setprofile(None)
            if taken:
                raise Wrong(
                    f"It calls {taken[0]} of the course. An answer is your own: NumPy, SciPy and "
                    "torch are there to be used, the course's functions are what it is about."
                )
        return result

    return asked
