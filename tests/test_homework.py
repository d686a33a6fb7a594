"""A homework gives points for what holds, and none for a stub, a loop or the course's own code."""

import ast
import copy
import functools
import hashlib
import math
import os
import re
import shutil
from pathlib import Path

import nbclient
import nbformat
import numpy as np
import pytest

from course_utils import __main__, principal_angles
from course_utils.estimators import explained_share
from course_utils.exercises import examine, exercises, mechanism
from course_utils.exercises.drawing import between, drawn, drawn_for
from course_utils.homework import NoPoints, grading, writing
from course_utils.machine import single_threaded_blas

ALL = {id: exercise for chapter in range(1, 9) for id, exercise in exercises(chapter).items()}
STUB = "...  # your code"
each_exercise = pytest.mark.parametrize("id", ALL)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The homework of each notebook, by its number as text."""
    folder = tmp_path_factory.mktemp("homeworks")
    return {f"{n}": writing.write(f"{n:02d}", folder / f"{n}") for n in range(1, 9)}


@functools.cache
def notebook(homework: Path, part: str = "student"):
    (path,) = (homework / part).rglob("[0-9]*.ipynb")
    return nbformat.read(path, as_version=4)


def cells_of(notebook, id: str):
    """The answer cell of an exercise, and its cells that give points."""
    number = id.replace(".", "-")
    found = {cell.metadata["nbgrader"]["grade_id"]: cell for cell in notebook.cells
             if "nbgrader" in cell.metadata}  # fmt: skip
    points = [cell for name, cell in found.items() if name.startswith(f"points-{number}-")]
    return found[f"answer-{number}"], points


@pytest.fixture
def graded(made, monkeypatch, tmp_path):
    """What each property of an answer to an exercise gets: its points, or what is said instead."""
    if not hasattr(os, "fork"):
        pytest.skip("answers are graded on Linux and macOS")
    place = tmp_path / "autograded" / "ada" / "homework"
    place.mkdir(parents=True)
    monkeypatch.chdir(place)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")

    def grades(id, answer):
        homework = made[id[0]]
        monkeypatch.setenv("COURSE_HELD_OUT", str(homework / "instructor" / "held_out"))
        found = {}
        for cell in cells_of(notebook(homework), id)[1]:
            name = re.search(r", '(.+)', \w+, [\d.]+\)$", cell.source)[1]
            try:
                exec(cell.source, {ALL[id].name: answer})
                found[name] = cell.metadata["nbgrader"]["points"]
            except NoPoints as problem:
                found[name] = str(problem)
        return found

    return grades


def defined(source: str, name: str):
    scope = {"np": np, "math": math}
    exec(source, scope)
    return scope[name]


# What is written


@pytest.mark.parametrize("chapter", "12345678")
def test_a_student_gets_stubs_and_cells_that_give_points(made, chapter):
    cells = notebook(made[chapter]).cells
    nbformat.validate(notebook(made[chapter]))
    ids = [cell.metadata["nbgrader"]["grade_id"] for cell in cells if "nbgrader" in cell.metadata]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[\w-]+", id) for id in ids)
    for exercise in exercises(int(chapter)).values():
        answer, points = cells_of(notebook(made[chapter]), exercise.id)
        assert answer.source == exercise.cell and STUB in answer.source
        assert answer.metadata["nbgrader"]["solution"] and not answer.metadata["nbgrader"]["grade"]
        assert len(points) == len(exercise.checks)
        assert sum(cell.metadata["nbgrader"]["points"] for cell in points) == 30
        for cell, (name, _) in zip(points, exercise.checks, strict=True):
            told = cell.metadata["nbgrader"]
            assert told["grade"] and told["locked"] and not told["solution"]
            assert told["schema_version"] == 3 and told["task"] is False
            assert f"grade('{exercise.id}', {name!r}, {exercise.name}, " in cell.source
            assert name in cells[1].source
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


@pytest.mark.parametrize("chapter", "12345678")
def test_a_student_gets_no_solution_and_no_check(made, chapter):
    student = made[chapter] / "student"
    texts = [path.read_text() for path in (student / "course/course_utils/exercises").glob("e*.py")]
    texts += ["\n".join(cell.source for cell in notebook(made[chapter]).cells)]
    assert len(texts) == 9 and not any("Solution of" in text for text in texts)
    assert not any(re.search(" #:|require\\(|Why it works|the solution of", text) for text in texts)
    for exercise in ALL.values():
        own = [line for line in exercise.source.splitlines() if line.endswith("#:")]
        own = "\n".join(line.removesuffix("  #:") for line in own)
        assert not any(own in text for text in texts), exercise.id
    assert not list(student.rglob("key")) and not list(student.rglob("*held_out*"))


@pytest.mark.parametrize("chapter", "12345678")
def test_nbgrader_makes_the_students_notebook_of_the_instructors(made, chapter):
    """By its rule: a marked region becomes the stub, at the region's indent."""
    region = re.compile(r"( *)### BEGIN SOLUTION\n.*?### END SOLUTION", re.DOTALL)
    source, student = (notebook(made[chapter], part).cells for part in ("instructor", "student"))
    assert len(source) == len(student)
    for one, other in zip(source, student, strict=True):
        assert region.sub(rf"\1{STUB}", one.source) == other.source
        assert one.metadata == other.metadata and one.id == other.id
    assert "BEGIN SOLUTION" in "".join(cell.source for cell in source)
    for id, exercise in exercises(int(chapter)).items():
        answer = cells_of(notebook(made[chapter], "instructor"), id)[0].source
        assert re.sub(r" *### \w+ SOLUTION\n", "", answer).startswith(exercise.solution)


def test_in_what_students_install_checks_and_hints_say_what_is_there(made, monkeypatch, capsys):
    scope = {"__package__": "course_utils.exercises"}
    file = made["2"] / "student/course/course_utils/exercises/e02.py"
    exec(file.read_text(), scope)
    theirs = {exercise.id: exercise for exercise in scope["EXERCISES"]}
    assert [(e.id, e.name, e.cell, e.hints) for e in theirs.values()] == [
        (e.id, e.name, e.cell, e.hints) for e in exercises(2).values()
    ]
    monkeypatch.setattr(mechanism, "find_exercise", theirs.__getitem__)
    mechanism.check("2.1", None)
    assert "is examined when it is graded: weight decay; gradient." in capsys.readouterr().out
    for _ in range(3):
        mechanism.hint("2.1")
    assert capsys.readouterr().out.endswith("There is no third hint.\n")


def test_only_imports_definitions_and_answers_run_when_it_is_graded(made):
    for homework in made.values():
        cells = [cell for cell in notebook(homework).cells if cell.cell_type == "code"]
        run = [cell for cell in cells if "skip-execution" not in cell.metadata.get("tags", [])]
        assert len(run) < len(cells)
        first, rest = ast.parse(run[0].source), ast.parse("\n".join(c.source for c in cells[1:]))
        there = {ast.unparse(node) for node in first.body}
        assert "import numpy as np" in there and "check" in run[0].source
        top = [ast.unparse(n) for n in rest.body if isinstance(n, ast.Import | ast.ImportFrom)]
        assert set(top) <= there | {"from course_utils.homework import grade"}
        for cell in run:
            assert "nbgrader" in cell.metadata or not re.search(
                r"^\w+ = |^\w+\(", cell.source, re.M
            )
        for cell in cells:
            assert cell in run or "nbgrader" not in cell.metadata


def test_links_to_other_notebooks_are_gone(made):
    for homework in made.values():
        cells = notebook(homework).cells
        assert not any(".ipynb" in cell.source for cell in cells if cell.cell_type == "markdown")
        assert cells[0].source.startswith("# ") and "←" not in cells[0].source


def test_the_command_says_what_it_wrote_and_overwrites_nothing(tmp_path, capsys):
    folder = str(tmp_path / "one")
    assert __main__.main(["homework", "02_sgd_finds_the_subspace.ipynb", "--folder", folder]) == 0
    out = capsys.readouterr().out
    assert f"{folder}/student is to hand out" in out and f"{folder}/instructor stays" in out
    key = (tmp_path / "one/instructor/held_out/key").read_text()
    assert __main__.main(["homework", "2", "--folder", folder]) == 2
    assert f"{folder} exists" in capsys.readouterr().err
    assert key == (tmp_path / "one/instructor/held_out/key").read_text()


@pytest.mark.parametrize("name", ["09", "00", "02_sgd", ""])
def test_an_unknown_notebook_is_answered_with_those_that_there_are(name, capsys, tmp_path):
    assert __main__.main(["homework", name, "--folder", str(tmp_path / "x")]) == 2
    error = capsys.readouterr().err
    assert f"There is no notebook {name!r}" in error and "01_multiple_index_model, 02" in error
    assert "08_reading_map" in error and "00_start_here" not in error
    assert not (tmp_path / "x").exists()


# What is graded


@each_exercise
def test_a_solution_gets_all_points_and_a_stub_gets_none(graded, id):
    exercise = ALL[id]
    right = graded(id, defined(exercise.solution, exercise.name))
    assert math.isclose(sum(right.values()), 30), right
    if not id.endswith(".1"):
        return
    for name, said in graded(id, defined(exercise.stub, exercise.name)).items():
        assert said.startswith(f"Exercise {id}, {name}: 0 of ") and "returned nothing" in said


def test_what_limited_blas_before_costs_a_right_answer_nothing(graded):
    """The thread that keeps the limit does not come along into the process of an answer."""
    with single_threaded_blas():
        pass
    assert graded("6.2", defined(ALL["6.2"].solution, ALL["6.2"].name)) == {"the bound": 30}


right_step = defined(ALL["2.1"].solution, "sgd_step")
right_part = defined(ALL["2.2"].solution, "perpendicular_part")


def no_decay(W, a, b, x, y, step, decay):
    return right_step(W, a, b, x, y, step, 0.0)


def uphill(W, a, b, x, y, step, decay):
    return 2 * (1 - step * decay) * W - right_step(W, a, b, x, y, step, decay)


def three_times_the_median(W, X, y, places, reach, lam):
    b = 3 * np.median(np.linalg.norm(W, axis=1)) * places
    F = np.maximum(X @ W.T + b, 0)
    return b, np.linalg.solve(F.T @ F / len(y) + lam * np.eye(len(W)), F.T @ y / len(y))


PARTLY = {  # (exercise, answer): properties that get no points
    ("2.1", no_decay): {"weight decay": "changes nothing"},
    ("2.1", uphill): {"gradient": "uphill"},
    ("2.2", lambda W, U: 0 * W): {
        "orthogonal to the directions": "is 0", "adds up to W": "add up"},
    ("4.2", three_times_the_median): {"the biases": "expected"},
    ("1.1", lambda k, d, rng: np.eye(k, d)): {
        "directions are drawn from rng": "nothing was drawn", "no direction is preferred": "mean"},
    ("1.4", lambda X, y, k: np.eye(k, X.shape[1])): {
        "it finds a link that bends up": "degrees", "it finds a link that bends down": "degrees",
        "a constant added to y changes nothing": "degrees", "it finds a saddle": "degrees"},
    ("8.3", lambda samples, overlaps, level: 400.0): {
        "either side": "you say 400", "the median": "not 400",
        "a seed that never arrives": "not 400"},
    ("3.2", lambda c, d, sd: (0.15 * 100 / 0.11) ** 2): {"where the two are equal": "you say"},
}  # fmt: skip


@pytest.mark.parametrize(("id", "answer"), PARTLY)
def test_each_property_that_holds_gets_its_points(graded, id, answer):
    found, lost = graded(id, answer), PARTLY[id, answer]
    assert {name for name, got in found.items() if isinstance(got, str)} == set(lost)
    assert all(words in found[name] for name, words in lost.items()), found
    assert all(got == 30 / len(found) for name, got in found.items() if name not in lost)


def endless(*arguments):
    while True:
        try:
            math.sqrt(2)
        except BaseException:  # noqa: B036
            pass


@pytest.mark.parametrize("answer", [endless, lambda *arguments: sum(range(10**12))])
def test_time_ends_in_libraries_too(graded, monkeypatch, answer):
    assert grading.LIMIT == 10
    monkeypatch.setattr(grading, "LIMIT", 0.3)
    found = graded("2.2", answer)
    assert len(found) == 2 and all(
        "After 0.3 s it had not ended" in said for said in found.values()
    )


def test_what_an_answer_breaks_costs_its_own_points_only(graded, capfd):
    def prints(W, directions):
        print("heard")
        os.write(2, b"heard")
        np.linalg.svd = None
        return right_part(W, directions)

    assert sum(graded("2.2", prints).values()) == 30
    assert "heard" not in "".join(capfd.readouterr()) and np.linalg.svd
    for answer, says in (
        (lambda *_: 1 / 0, "ZeroDivisionError"),
        (lambda *_: exit(), "SystemExit"),
        (lambda *_: os._exit(1), "ended the process"),
        (None, "it got a NoneType"),
    ):
        assert all(says in said for said in graded("2.2", answer).values())


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("1.3", explained_share),
        ("1.3", functools.partial(explained_share)),
        ("2.3", lambda W, U: np.degrees(principal_angles(W, U)[0])),
    ],
)
def test_the_courses_own_functions_get_no_points(graded, id, answer):
    assert examine(id, answer).passed
    assert all(
        "of the course. An answer is your own" in said for said in graded(id, answer).values()
    )


@each_exercise
def test_data_belong_to_the_student(id):
    right = defined(ALL[id].solution, ALL[id].name)

    def asked(words):
        told = hashlib.sha256()

        def answer(*arguments):
            for a in arguments:
                state = getattr(a, "bit_generator", None)
                told.update(a.tobytes() if isinstance(a, np.ndarray) else b"")
                told.update(repr(state.state if state else not callable(a) and a).encode())
            return right(*arguments)

        with drawn_for(words):
            assert examine(id, answer).passed
        return told.digest()

    assert asked("key ada") != asked("key bob")
    assert id != "2.1" or asked("key ada") == asked("key ada")


def test_the_id_and_the_key_draw_what_is_graded(graded, made, tmp_path):
    held_out = made["2"] / "instructor" / "held_out"
    other = shutil.copytree(held_out, tmp_path / "other")
    (other / "key").write_text("another")

    def seen(student, folder=held_out):
        def answer(W, directions):
            (tmp_path / "seen").write_bytes(W.tobytes())

        assert "nothing" in grading.judged(folder, student, "2.2", "adds up to W", answer)
        return (tmp_path / "seen").read_bytes()

    assert grading.student() == "ada" and seen("ada") == seen("ada")
    assert len({seen("ada"), seen("bob"), seen("ada", other)}) == 3


def test_everyone_has_the_same_data_where_nothing_is_graded():
    same = np.random.default_rng(3).random(4)
    assert np.array_equal(drawn(3).random(4), same)
    with drawn_for("key ada"):
        mine, numbers = drawn(3).random(4), between(1, (2, 3), (5, 6))
    assert not np.array_equal(mine, same) and np.array_equal(drawn(3).random(4), same)
    assert 2 <= numbers[0] <= 3 and 5 <= numbers[1] <= 6 and numbers != between(1, (2, 3), (5, 6))


def test_without_the_instructors_part_nothing_is_graded(graded, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("COURSE_HELD_OUT", str(tmp_path))
    with pytest.raises(RuntimeError, match="start nbgrader in the folder `instructor`"):
        grading.grade("2.2", "adds up to W", None, 15)
    (tmp_path / "key").write_text("")
    with pytest.raises(RuntimeError, match="could not be started.*KeyError"):
        grading.grade("2.2", "adds up", None, 15)
    monkeypatch.delenv("NBGRADER_EXECUTION")
    grading.grade("2.2", "adds up to W", None, 15)
    assert capsys.readouterr().out == "Exercise 2.2, adds up to W: 15 points, when it is graded.\n"


CHEATS = """from course_utils.exercises import check, find_exercise
exec(find_exercise("2.2").solution)
check("2.2", perpendicular_part)"""


class Settable:
    """Stands for nbgrader's configuration."""

    def __getattr__(self, name):
        return Settable()


def configured(instructor: Path) -> dict[str, str]:
    """The environment in which nbgrader starts kernels, by its configuration."""
    before, path = dict(os.environ), instructor / "nbgrader_config.py"
    try:
        exec(path.read_text(), {"__file__": str(path), "get_config": Settable})
        return dict(os.environ, NBGRADER_EXECUTION="autograde")
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_in_a_kernel_of_nbgrader_an_answer_taken_from_the_package_is_none(made, tmp_path):
    """Cells of what does not hold raise, and the next ones run."""
    place = tmp_path / "autograded" / "ada" / "02"
    place.mkdir(parents=True)
    run = copy.deepcopy(notebook(made["2"]))
    cells_of(run, "2.1")[0].source = cells_of(notebook(made["2"], "instructor"), "2.1")[0].source
    cells_of(run, "2.2")[0].source = CHEATS
    client = nbclient.NotebookClient(
        run,
        timeout=300,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(place)}},
    )
    client.execute(env=configured(made["2"] / "instructor"))
    ids = ["2.1", "2.1", "2.2", "2.2", "2.3", "2.4"]
    cells = [cell for id in dict.fromkeys(ids) for cell in cells_of(run, id)[1]]
    assert all(len(cell.outputs) == 1 for cell in cells)  # nbgrader gives none for what is beside
    for cell, name in zip(cells[:2], ("weight decay", "gradient"), strict=True):
        assert cell.outputs[0].text == f"Exercise 2.1, {name}: 15 of 15 points.\n"
    for cell, id in zip(cells[2:], ids[2:], strict=True):
        assert re.match(rf"Exercise {id}, .*: 0 of .* returned nothing", cell.outputs[0].evalue)
    (told,) = cells_of(run, "2.2")[0].outputs
    assert told.text.startswith("Exercise 2.2 is examined when it is graded: orthogonal to the")
    skipped = [c for c in run.cells if "skip-execution" in c.metadata.get("tags", [])]
    assert skipped and not any(cell.outputs for cell in skipped)
