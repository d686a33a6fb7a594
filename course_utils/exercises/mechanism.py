"""How an exercise is examined: property by property.

For each there is a sentence that says what is wrong and what to try.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

ANSWER = "  #:"  # ends each line of a source that is the student's to write
HOLE = "...  # your code"


class Wrong(Exception):
    """A property that an answer lacks.

    The text says what was found, what was expected and what to try.
    """


def require(holds: bool, sentence: str) -> None:
    """Raise Wrong unless a property holds.

    Parameters
    ----------
    holds : bool
        Whether it does.
    sentence : str
        What Wrong says.

    Raises
    ------
    Wrong
        Unless it holds.
    """
    if not holds:
        raise Wrong(sentence)


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    id : str
        Number as the notebook prints it, such as '1.2'.
    name : str
        The name that the answer defines.
    source : str
        The solution; its lines that end in ``#:`` are the student's part.
    hints : tuple of str
        The first and the second hint.
    checks : tuple of tuple
        (property in words, function of the answer that raises Wrong), in the order in which
        they are examined.
    """

    id: str
    name: str
    source: str
    hints: tuple[str, str]
    checks: tuple[tuple[str, Callable[[Any], None]], ...]

    @property
    def solution(self) -> str:
        """The solution as the notebook folds it."""
        return "\n".join(line.removesuffix(ANSWER) for line in self.source.strip().splitlines())

    @property
    def stub(self) -> str:
        """The source with a hole in place of the student's lines."""
        lines: list[str] = []
        for line in self.source.strip().splitlines():
            if not line.endswith(ANSWER):
                lines.append(line)
            elif not lines[-1].endswith(HOLE):
                lines.append(re.match(r"\s*", line).group() + HOLE)
        return "\n".join(lines)

    @property
    def cell(self) -> str:
        """The code cell of the notebook: the stub and its check."""
        return f'{self.stub}\n\n\ncheck("{self.id}", {self.name})  # stuck? hint("{self.id}")'


@dataclass
class Verdict:
    """What an examination found.

    Attributes
    ----------
    exercise : Exercise
        What was examined.
    holds : list of str
        Properties that hold.
    fails : str
        The first one that fails; empty if none does.
    why : str
        What is wrong with it.
    """

    exercise: Exercise
    holds: list[str] = field(default_factory=list)
    fails: str = ""
    why: str = ""

    @property
    def passed(self) -> bool:
        """True when every property holds."""
        return not self.fails

    def __str__(self):
        if self.passed:
            count = (
                f"all {len(self.holds)} properties hold"
                if len(self.holds) > 1
                else "its property holds"
            )
            return f"Exercise {self.exercise.id}: {count}: {'; '.join(self.holds)}."
        lines = [f"Exercise {self.exercise.id}: not yet."]
        lines += [f"  holds: {name}" for name in self.holds]
        return "\n".join([*lines, f"  fails: {self.fails}. {self.why}"])


def examine(id: str, answer: Any) -> Verdict:
    """Examine an answer property by property, up to the first that fails.

    Parameters
    ----------
    id : str
        Number of the exercise.
    answer : object
        What the student wrote.

    Returns
    -------
    Verdict
        What holds and what fails.

    Raises
    ------
    KeyError
        For an unknown exercise.
    """
    verdict = Verdict(find_exercise(id))
    for name, test in verdict.exercise.checks:
        try:
            test(answer)
        except Wrong as problem:
            verdict.fails, verdict.why = name, str(problem)
        except (Exception, SystemExit) as problem:
            verdict.fails = name
            verdict.why = f"It could not be examined: {type(problem).__name__}: {problem}."
        if verdict.fails:
            break
        verdict.holds.append(name)
    return verdict


def check(id: str, answer: Any = None) -> None:
    """Print which properties of an answer hold and which one fails first.

    It never raises: what goes wrong is printed.

    Parameters
    ----------
    id : str
        Number of the exercise.
    answer : object
        What the student wrote.
    """
    try:
        print(examine(id, answer))
    except KeyError as problem:
        print(problem.args[0])


_given: dict[str, int] = {}


def hint(id: str) -> None:
    """Print the first hint of an exercise, and the second one when asked again.

    Parameters
    ----------
    id : str
        Number of the exercise.
    """
    try:
        exercise = find_exercise(id)
    except KeyError as problem:
        print(problem.args[0])
        return
    count = _given[exercise.id] = _given.get(exercise.id, 0) + 1
    number = min(count, 2)
    print(f"Hint {number} of 2 for exercise {exercise.id}: {exercise.hints[number - 1]}")
    if count > 2:
        print("There is no third hint; the solution is folded below the exercise.")


def exercises(chapter: int) -> dict[str, Exercise]:
    """The exercises of a notebook.

    Parameters
    ----------
    chapter : int
        Number of the notebook, 1 for 01.

    Returns
    -------
    dict of str to Exercise
        By id; empty where it has none.
    """
    if not (Path(__file__).parent / f"e{chapter:02d}.py").exists():
        return {}
    return {e.id: e for e in import_module(f"{__package__}.e{chapter:02d}").EXERCISES}


def find_exercise(id: str) -> Exercise:
    """The exercise with an id.

    Parameters
    ----------
    id : str
        Such as '1.2'.

    Returns
    -------
    Exercise
        With its stub, checks and hints.

    Raises
    ------
    KeyError
        If there is none; it says which ones there are.
    """
    chapter = str(id).partition(".")[0]
    known = exercises(int(chapter)) if chapter.isdecimal() and len(chapter) < 3 else {}
    if str(id) not in known:
        there = f"this notebook has {', '.join(known)}" if known else 'ids look like "1.2"'
        raise KeyError(f"There is no exercise {id!r}: {there}.")
    return known[str(id)]


# What checks are made of.


def call(answer: Any, *arguments: Any) -> Any:
    """What an answer returns for copies of arguments.

    Parameters
    ----------
    answer : object
        What the student wrote.
    *arguments : object
        What it is called with; arrays are copied.

    Returns
    -------
    object
        What it returned.

    Raises
    ------
    Wrong
        Where it is no function, raises or returns nothing.
    """
    require(
        callable(answer),
        "check needs your function itself, without parentheses after its name; "
        f"it got {_article(answer)}.",
    )
    name = getattr(answer, "__name__", "your function")
    try:
        result = answer(*(a.copy() if isinstance(a, np.ndarray) else a for a in arguments))
    except (Exception, SystemExit) as problem:
        raise Wrong(
            f"{name} raised {type(problem).__name__}: {problem}. "
            f"It was called with {_told(arguments)}."
        ) from None
    require(
        result is not None and result is not ...,
        f"{name} returned nothing: replace the line with ... and end with a return.",
    )
    return result


def array(value: Any, shape: tuple[int, ...], what: str) -> np.ndarray:
    """A value as an array of finite numbers.

    Parameters
    ----------
    value : object
        What the answer returned.
    shape : tuple of int
        The shape that it must have.
    what : str
        What the sentence calls it.

    Returns
    -------
    ndarray
        Finite, of float64.

    Raises
    ------
    Wrong
        If it is none, or of another shape.
    """
    try:
        found = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(f"{what} should be an array of numbers, it is {_article(value)}.") from None
    turned = (
        " It looks transposed: try .T."
        if found.shape == shape[::-1] and len(set(shape)) > 1
        else ""
    )
    require(
        found.shape == shape, f"{what} should have shape {shape}, it has {found.shape}.{turned}"
    )
    require(bool(np.isfinite(found).all()), f"{what} holds a value that is not finite.")
    return found


def number(value: Any, what: str) -> float:
    """A value as one finite number.

    Parameters
    ----------
    value : object
        What the answer returned.
    what : str
        What the sentence calls it.

    Returns
    -------
    float
        Finite.

    Raises
    ------
    Wrong
        If it is none.
    """
    return float(array(value, (), what))


def _article(value: Any) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


def _told(arguments: tuple) -> str:
    def one(a):
        if isinstance(a, np.ndarray):
            return f"an array of shape {a.shape}"
        return repr(a) if isinstance(a, (int, float, str)) else _article(a)

    return ", ".join(map(one, arguments)) or "no arguments"
