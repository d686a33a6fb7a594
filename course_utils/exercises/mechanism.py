"""How an exercise is examined: property by property.

For each there is a sentence that says what is wrong and what to try.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from ..journal.keeping import entries, note
from .asking import Wrong, array, call, last_call, number, require
from .limit import TimeUp, within

__all__ = [
    "Exercise",
    "Verdict",
    "Wrong",
    "array",
    "call",
    "check",
    "examine",
    "exercises",
    "find_exercise",
    "hint",
    "number",
    "recall",
    "require",
]

LIMIT = 10.0  # seconds that an examination may take
ANSWER = "  #:"  # ends each line of a source that is the student's to write
HOLE = "...  # your code"


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
        they are examined; None for the function where who grades has it.
    """

    id: str
    name: str
    source: str
    hints: tuple[str, str]
    checks: tuple[tuple[str, Callable[[Any], None] | None], ...]

    @property
    def held_out(self) -> bool:
        """Whether the checks are with who grades, as in what students of a homework install."""
        return any(test is None for _, test in self.checks)

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
    note : str
        What else there is to say of the examination.
    """

    exercise: Exercise
    holds: list[str] = field(default_factory=list)
    fails: str = ""
    why: str = ""
    note: str = ""

    @property
    def passed(self) -> bool:
        """True when every property holds."""
        return not self.fails

    def __str__(self):
        return "\n".join([self._told(), *([self.note] if self.note else [])])

    def _told(self) -> str:
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
    """Examine an answer property by property, up to the first that fails, for 10 s at most.

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
    try:
        within(LIMIT, partial(_examine, verdict, answer))
    except TimeUp as late:
        verdict = replace(verdict, holds=list(verdict.holds))  # what still runs has the other one
        verdict.fails = verdict.exercise.checks[len(verdict.holds)][0]
        verdict.why = (
            f"After {LIMIT:g} s it had not ended, and was stopped; it was last called with "
            f"{last_call()}. Does a loop have an end? {late}"
        ).rstrip()
    except RuntimeError:  # no threads, as in a kernel that runs in the page
        verdict.note = "This Python starts no threads, so there was no limit of time."
        _examine(verdict, answer)
    return verdict


def _examine(verdict: Verdict, answer: Any) -> None:
    for name, test in verdict.exercise.checks:
        try:
            test(answer)
        except Wrong as problem:
            verdict.fails, verdict.why = name, str(problem)
        except (Exception, SystemExit) as problem:
            verdict.fails = name
            verdict.why = f"It could not be examined: {type(problem).__name__}: {problem}."
        if verdict.fails:
            return
        verdict.holds.append(name)


def check(id: str, answer: Any = None) -> None:
    """Print which properties of an answer hold and which one fails first.

    It never raises: what goes wrong is printed. The answer and what was found are noted in the
    journal, but for a stub as it stood.

    Parameters
    ----------
    id : str
        Number of the exercise.
    answer : object
        What the student wrote.
    """
    try:
        exercise = find_exercise(id)
    except KeyError as problem:
        print(problem.args[0])
        return
    if exercise.held_out:
        names = "; ".join(name for name, _ in exercise.checks)
        print(f"Exercise {exercise.id} is examined when it is graded: {names}.")
        return
    verdict = examine(id, answer)
    print(verdict)
    written = _written(answer)
    before = [e for e in entries("check") if e.get("exercise") == verdict.exercise.id]
    if HOLE in written or (
        before and (before[-1]["answer"], before[-1]["passed"]) == (written, verdict.passed)
    ):
        return
    note(
        "check",
        exercise=verdict.exercise.id,
        passed=verdict.passed,
        holds=verdict.holds,
        fails=verdict.fails,
        why=verdict.why,
        answer=written,
    )


def recall(id: str) -> None:
    """Print the answer to an exercise that passed last, or else the one that was tried last.

    So it is there again when a notebook was closed without saving it.

    Parameters
    ----------
    id : str
        Number of the exercise.
    """
    tried = [e for e in entries("check") if e.get("exercise") == str(id)]
    passed = [e for e in tried if e.get("passed")]
    if not tried:
        print(f"The journal holds no answer to exercise {id} yet.")
        return
    entry = (passed or tried)[-1]
    state = "passed" if passed else f"did not pass yet: {entry.get('fails')}"
    print(f"# Exercise {id}, {entry['when']}, {state}\n{entry.get('answer', '')}")


def _written(answer: Any) -> str:
    """The code of an answer; its text where it has none."""
    try:
        return textwrap.dedent(inspect.getsource(answer)).rstrip()
    except (TypeError, OSError, IndentationError, SyntaxError):
        return repr(answer)[:1000]


def hint(id: str) -> None:
    """Print the first hint of an exercise, and the second one when asked again.

    How many were taken is noted in the journal, so that the next kernel goes on from there.

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
    taken = sum(e.get("exercise") == exercise.id for e in entries("hint"))
    number = min(taken + 1, 2)
    print(f"Hint {number} of 2 for exercise {exercise.id}: {exercise.hints[number - 1]}")
    if taken > 1:
        where = "" if exercise.held_out else "; the solution is folded below the exercise"
        print(f"There is no third hint{where}.")
    note("hint", exercise=exercise.id, number=number)


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
