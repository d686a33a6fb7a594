"""What a student does stays: through a killed kernel, two notebooks at once, and a damaged file."""

import json
import os
import re
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest
from drawings import alone, ordered

from course_utils import Settings
from course_utils.exercises import check, exercises, find_exercise, hint, recall
from course_utils.folders import data_directory
from course_utils.journal import entries, journal_file, keeping, note
from course_utils.journal.course import chapters
from course_utils.journal.progress import Progress, progress
from course_utils.labs import Question, SubspaceLab, memory, predict
from course_utils.labs.memory import LEFT
from course_utils.labs.report import report

SMALL = Settings(d=20, k=2, link="product", width=20)


def numbers(kind="hint"):
    return [entry.get("number") for entry in entries(kind)]


# The file.


def test_no_test_writes_into_a_home(journal):
    assert data_directory() == journal and not journal.is_relative_to(Path.home())
    assert entries() == [] and not journal.exists()  # to look creates nothing


def test_the_file_stands_where_the_user_or_the_system_says(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", "~/x")
    assert journal_file() == Path.home() / "x" / "journal.jsonl"
    monkeypatch.delenv("COURSE_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    for platform, folder in (
        ("linux", tmp_path),
        ("darwin", Path.home() / "Library" / "Application Support"),
        ("win32", tmp_path / "local"),
    ):
        monkeypatch.setattr("sys.platform", platform)
        assert data_directory() == folder / "subspace-course"
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert data_directory() == Path.home() / ".local" / "share" / "subspace-course"


def test_entries_come_back_in_order_and_as_they_were():
    note("hint", exercise="1.1", number=1)
    note("check", answer="def f():\n    return '„ü“ \u2028'", passed=np.True_, holds=["a", "b"])
    note("hint", hurry=False, exercise="1.1", number=2)
    assert [entry["kind"] for entry in entries()] == ["hint", "check", "hint"]
    assert numbers() == [1, 2]
    assert entries("check")[0]["answer"] == "def f():\n    return '„ü“ \u2028'"
    assert len(journal_file().read_bytes().splitlines()) == 3


def test_a_line_that_was_torn_costs_no_other(capsys):
    note("hint", number=1)
    with open(journal_file(), "ab") as file:
        file.write(b'{"kind": "hint", "when": "2026-11-')  # killed while it wrote
    note("hint", number=2)
    assert numbers() == [1, 2]
    told = capsys.readouterr().out
    assert told.startswith("One line of your journal could not be read and is kept in ")
    assert told.count("\n") == 1 and "2 entries are whole" in told
    assert numbers() == [1, 2] and capsys.readouterr().out == ""  # told once
    assert (data_directory() / "journal.damaged").read_bytes() == (
        b'{"kind": "hint", "when": "2026-11-\n'
    )


DAMAGE = {
    "zeros, as a power cut leaves them": (lambda lines: [*lines[:2], b"\0" * 50, *lines[2:]], 5, 0),
    "zeros before an entry": (lambda lines: [*lines[:2], b"\0" * 50 + lines[2], *lines[3:]], 5, 0),
    "a line break is lost": (lambda lines: [lines[0], lines[1] + lines[2], *lines[3:]], 5, 0),
    "bytes that are no text": (lambda lines: [*lines[:4], b"\xff\xfe\x80", lines[4]], 5, 1),
    "another program's text": (lambda lines: [b"<<<<<<< HEAD", *lines, b"[1, 2]", b"7"], 5, 3),
    "a torn line with an entry behind": (
        lambda lines: [lines[0][:30] + lines[1], *lines[2:]], 4, 1
    ),
    "an entry without its kind": (lambda lines: [*lines, b'{"kind": 7, "when": "now"}'], 5, 1),
    "the first half is gone": (lambda lines: [lines[2][20:], *lines[3:]], 2, 1),
    "nothing is left": (lambda lines: [], 0, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_costs_only_what_is_damaged(name, capsys):
    damage, whole, aside = DAMAGE[name]
    for number in range(5):
        note("hint", number=number)
    lines = journal_file().read_bytes().splitlines()
    journal_file().write_bytes(b"".join(line + b"\n" for line in damage(lines)))
    assert len(entries("hint")) == whole
    told = capsys.readouterr().out
    assert told.count("\n") == bool(aside)
    kept = data_directory() / "journal.damaged"
    assert (len(kept.read_bytes().splitlines()) if kept.exists() else 0) == aside
    note("hint", number=9)
    assert numbers()[-1] == 9 and len(entries("hint")) == whole + 1


def test_where_nothing_can_be_written_one_sentence_says_so_and_the_kernel_remembers(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(keeping, "_unkept", [])
    monkeypatch.setattr(keeping, "_told", set())
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "file"))  # where a folder should be
    for number in (1, 2):
        note("hint", number=number)
    told = capsys.readouterr().out
    assert told.count("\n") == 1 and "cannot keep your answers in" in told
    assert numbers() == [1, 2]
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "folder"))
    note("hint", number=3)
    assert numbers() == [1, 2, 3]
    assert len(journal_file().read_bytes().splitlines()) == 3


WRITER = """
import sys, threading
from course_utils.journal import note
def write(name):
    for number in range(100):
        note("hint", hurry=False, who=name, number=number, text="x" * 3000)
threads = [threading.Thread(target=write, args=(sys.argv[1] + part,)) for part in "ab"]
for one in threads: one.start()
for one in threads: one.join()
"""


def test_two_notebooks_at_once_lose_nothing():
    """Two kernels with two threads each, while a third reads."""
    kernels = [subprocess.Popen([sys.executable, "-c", WRITER, name]) for name in "12"]
    while any(kernel.poll() is None for kernel in kernels):
        entries()
    assert [kernel.returncode for kernel in kernels] == [0, 0]
    for who in ("1a", "1b", "2a", "2b"):
        assert [e["number"] for e in entries() if e["who"] == who] == list(range(100))
    assert not (data_directory() / "journal.damaged").exists()


# A session is killed. Each moment is one line of MOMENTS; a child of the same process does them in
# turn and tells after each. What it has told is committed.
SESSION = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from test_journal import MOMENTS
for moment in range(1, len(MOMENTS) + 1):
    os.environ["COURSE_DATA"] = sys.argv[1] + "/" + str(moment)
    hears, tells = os.pipe()
    child = os.fork()
    if child == 0:
        sys.stdout = open(os.devnull, "w")
        for do in MOMENTS:
            do()
            os.write(tells, b".")
        signal.pause()
    for _ in range(moment):
        os.read(hears, 1)
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
"""


def choose(question, options, answer):
    predict(question, options).chosen = options.index(answer)


def turn(lab, order, value):
    lab._obey(order, value)
    lab.raise_errors()


def answer():
    question = Question("Where after 40?", {"up": "It was.", "down": "Decay."}, "down", 40)
    asked = alone(SubspaceLab(SMALL, question=question))
    asked._obey("commit", "down")
    while asked.actor.playing:
        asked._step()


LAB: list = []


def opened():
    if not LAB:
        LAB.append(alone(SubspaceLab(SMALL)))
    return LAB[0]


# labs come last: they take time to open, and every child that comes so far opens its own
MOMENTS = [
    lambda: choose("Up or down?", ["up", "down"], "up"),
    lambda: check("2.2", lambda W, U: W),
    lambda: hint("2.2"),
    lambda: hint("2.2"),
    lambda: check("2.2", lambda W, U: W - W @ U.T @ U),
    lambda: choose("Left or right?", ["left", "right"], "right"),
    lambda: check("6.3", lambda m, d: (m * d - 1) // (m + d)),
    lambda: turn(opened(), "set noise", 0.3),
    lambda: turn(opened(), "code", "d=40"),
    lambda: answer(),
]
# what each leaves behind
LEAVES = [[kind] for kind in "prediction check hint hint check prediction check lab lab".split()]
LEAVES.append(["prediction", "verdict"])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kernel_that_is_killed_at_ten_moments_has_lost_nothing_committed(tmp_path, monkeypatch):
    assert len(MOMENTS) == len(LEAVES) == 10
    session = SESSION.format(tests=str(Path(__file__).parent))
    subprocess.run([sys.executable, "-c", session, str(tmp_path)], check=True, timeout=300)
    for moment in range(1, 11):
        monkeypatch.setenv("COURSE_DATA", str(tmp_path / str(moment)))
        committed = [kind for kinds in LEAVES[:moment] for kind in kinds]
        assert [entry["kind"] for entry in entries()][: len(committed)] == committed
    found = entries()
    assert [e["answer"] for e in found if e["kind"] == "prediction"] == ["up", "right", "down"]
    assert [e["passed"] for e in found if e["kind"] == "check"] == [False, True, True]
    assert [e["held"] for e in found if e["kind"] == "verdict"] == [True]
    codes = [e["code"] for e in found if e["kind"] == "lab"]
    assert "noise=0.3" in codes[0] and "d=40" in codes[1]


# What the course notes.


def test_a_prediction_is_there_again_in_the_next_kernel_and_may_be_made_anew():
    asked = predict("Up or down?", {"up": "Are you sure?", "down": "Why?"}, "Look.")
    assert asked.answer is None and asked.again
    asked.chosen = 0
    later = predict("Up or down?", ["up", "down"])
    assert later.answer == "up" and repr(later) == "Predict. Up or down?\n( ) up\n( ) down"
    assert len(entries("prediction")) == 1  # to show it is no new answer
    assert entries("prediction")[0]["reply"] == "Are you sure? Look."
    later.chosen = -1
    later.chosen = 1
    assert predict("Up or down?", ["up", "down"]).answer == "down"
    assert predict("Up or down?", ["left", "right"]).answer is None  # the question was rewritten
    assert predict("Another?", ["up", "down"]).answer is None


def test_what_came_of_a_labs_question_is_noted_and_the_question_is_asked_again():
    answer()
    (verdict,) = entries("verdict")
    assert verdict["held"] and verdict["said"].endswith("it holds. Decay.")
    assert entries("prediction")[0]["answer"] == "down"
    question = Question("Where after 40?", {"up": "It was.", "down": "Decay."}, "down", 40)
    assert alone(SubspaceLab(SMALL, question=question)).gate.state == "asked"


def test_hints_go_on_where_the_last_kernel_was(capsys):
    note("hint", exercise="1.4", number=1)
    hint("1.4")
    assert find_exercise("1.4").hints[1] in capsys.readouterr().out


def test_answers_come_back_and_stubs_are_none(capsys):
    def perpendicular_part(W, directions):
        return W

    recall("2.2")
    assert "no answer to exercise 2.2 yet" in capsys.readouterr().out
    for _ in range(2):  # as Run All does once more
        check("2.2", perpendicular_part)
    assert [e["fails"] for e in entries("check")] == ["orthogonal to the directions"]
    right = find_exercise("2.2").solution
    scope = {}
    exec(compile(right, "solution", "exec"), scope)
    check("2.2", scope["perpendicular_part"])
    check("2.2", perpendicular_part)
    assert [e["passed"] for e in entries("check")] == [False, True, False]
    capsys.readouterr()
    recall("2.1")
    recall("2.2")
    assert "passed" in capsys.readouterr().out.splitlines()[1]

    def floor(d, step, decay, V): ...  # your code

    check("2.4", floor)
    assert len(entries("check")) == 3


def test_the_last_answer_is_recalled_where_none_passed(capsys):
    def floor(d, step, decay, V):
        return 0.0

    check("2.4", floor)
    capsys.readouterr()
    recall("2.4")
    out = capsys.readouterr().out
    assert (
        "did not pass yet: the plateau" in out
        and "def floor(d, step, decay, V):\n    return 0.0" in out
    )


def test_a_lab_offers_the_settings_in_which_it_was_left():
    lab = alone(SubspaceLab(SMALL))
    assert LEFT not in lab.presets
    for order, value in (("set noise", 0.3), ("set d", 40), ("show", None)):
        lab._obey(order, value)
    assert len(entries("lab")) == 2  # the last changed nothing
    assert ordered(lab) == []
    later = alone(SubspaceLab(SMALL))
    assert later.settings == SMALL  # it opens as the text around it says
    later._obey("preset", LEFT)
    assert later.settings == SMALL.replace(noise=0.3, d=40)
    assert "As you left it on 20" in later.presets[LEFT][1]
    assert LEFT not in alone(SubspaceLab(SMALL.replace(seed=1))).presets  # another lab
    later._obey("code", SMALL.code())
    assert LEFT not in alone(SubspaceLab(SMALL)).presets


def test_settings_that_no_text_carries_are_not_offered():
    own = SMALL.replace(link=lambda Z: Z.prod(axis=1))
    lab = alone(SubspaceLab(own))
    for noise in (0.2, 0.3):
        lab._obey("set noise", noise)
    assert LEFT not in alone(SubspaceLab(own)).presets


# The map.


def test_the_map_has_every_exercise_and_prediction_of_the_notebooks_in_order():
    for chapter in chapters():
        number = int(chapter.file[:2])
        ids = [task.name for task in chapter.tasks if task.kind == "exercise"]
        assert sorted(ids) == sorted(exercises(number))
        if chapter.tasks:
            assert chapter.title.startswith(f"{number}. ")
            assert re.fullmatch(r"\d+ to \d+", chapter.minutes)
    second = next(chapter for chapter in chapters() if chapter.file.startswith("02"))
    asked = [task for task in second.tasks if task.kind == "prediction"]
    assert asked[0].name.startswith("The label is z1 + z1 z2") and len(asked) == 2
    assert asked[0].section == "2.3 Watch it happen"


def test_the_map_says_what_is_done_and_what_is_next():
    course = [chapter for chapter in chapters() if chapter.file[:2] in ("01", "02")]

    def now():
        return Progress(course, entries())

    assert str(now()).startswith("Done: 0 of 5 predictions, 0 of 9 exercises.\n1. The multiple")
    assert "Next: exercise 1.1, in “1.1 The same labels, seen twice” of 01_" in str(now())
    note("hint", exercise="2.2", number=1)
    for task in course[1].tasks[:2]:
        note("check", exercise=task.name, passed=task.name == "2.1")
    assert "●◐○○" in str(now()) and "Next: exercise 2.2" in str(now())
    assert "exercise 2.2: begun, 1 hint taken" in now().html()
    for task in course[1].tasks:
        note("prediction", question=task.name)
        note("check", exercise=task.name, passed=True)
    assert now().next[0] is course[0] and "<li class='done'>" in now().html()
    for task in course[0].tasks:
        note("prediction", question=task.name)
        note("check", exercise=task.name, passed=True)
    assert now().next is None and "All is done." in str(now())
    assert "no notebooks" in str(Progress([], []))


def test_a_notebook_that_a_student_has_changed_is_read_as_far_as_it_goes(monkeypatch, tmp_path):
    cells = [
        ("markdown", "# 1. Mine\n\n**Time** 5 minutes"),
        ("code", "this is no Python("),
        (
            "code",
            'check(which, f)\npredict(\n    "Up <or> down?", answers)\ncheck("1.1", f)',
        ),
        ("code", 'Question(text="Why?", answers={}, right="")'),
    ]
    notebook = {"cells": [{"cell_type": kind, "source": [text]} for kind, text in cells]}
    (tmp_path / "01_mine.ipynb").write_text(json.dumps(notebook))
    (tmp_path / "02_broken.ipynb").write_text("{")
    monkeypatch.setattr("course_utils.launcher.NOTEBOOKS", tmp_path)
    mine, broken = chapters()
    assert [task.name for task in mine.tasks] == ["Up <or> down?", "1.1", "Why?"]
    assert mine.minutes == "5" and broken.tasks == []
    assert "Up &lt;or&gt; down?" in progress().html() and "<or>" not in progress().html()


# The report.


@pytest.fixture
def alone_here(monkeypatch):
    """No lab of another test is open."""
    monkeypatch.setattr(memory, "_memories", weakref.WeakSet())


@pytest.fixture
def worked(tmp_path, alone_here):
    """A report of predictions, a failed and a passed exercise, hints, and a lab with a figure."""
    asked = [task for chapter in chapters() for task in chapter.tasks]
    question = next(task.name for task in asked if task.kind == "prediction")
    predict(question, ["it <falls>", "it stays"], "Look.").chosen = 0
    note("check", exercise="1.1", passed=False, fails="the shape", why="turn", answer="one = 1 < 2")
    note("check", exercise="1.1", passed=True, holds=["shape"], answer="two = '</script>'")
    note("hint", exercise="1.2", number=1)
    note("check", exercise="9.9", passed=True, holds=[], answer="of_another_course = 3")
    lab = alone(SubspaceLab(SMALL, samples=400))
    lab._obey("set noise", 0.25)
    lab._obey("play", None)
    lab._step()
    lab._show()
    lab._obey("pause", None)
    lab._show()
    lab.close()
    yield report(tmp_path / "report.html", "Ada <L.>")


def test_a_report_holds_every_answer_with_settings_seeds_and_figures(worked):
    page = worked.read_text(encoding="utf-8")
    for words in (
        "Report of Ada &lt;L.&gt;", "it &lt;falls&gt;", "Look.", "&#x27;&lt;/script&gt;&#x27;",
        "of_another_course = 3", "passed: shape", "2 answers, 0 hints", "0 answers, 1 hints",
        "noise=0.25", "seed=0", "1 of ", "data-drawing='drawing-0'",
    ):  # fmt: skip
        assert words in page, words
    assert "one = 1" not in page  # a later answer passed
    assert "two = '</script>'" not in page
    assert not [tag for tag in ("src=", "<link", "@import") if tag in page.split("<script>")[0]]


def test_a_lab_stands_with_the_answers_of_its_notebook_in_order_of_time(tmp_path, alone_here):
    """SubspaceLab is in several notebooks: it belongs where something was answered before."""
    note("lab", lab="GapLab", opened="", code="d=51")
    for done in ("3.1", "2.2", "d=21", "2.1", "d=22", "d=23", "9.9"):
        if done[0] == "d":
            note("lab", lab="SubspaceLab", opened=done, code=done)
        else:
            note("check", exercise=done, passed=True, holds=[], answer="")
    note("lab", lab="OwnLab", opened="", code="d=61")
    page = report(tmp_path / "report.html").read_text(encoding="utf-8")
    sections = [part.split("</section>")[0] for part in page.split("<section>")[1:]]
    told = [re.findall(r"(?<=<h2>)\d|Beside|Exercise \d.\d|d=\d+", one) for one in sections]
    assert told == [
        ["2", "Exercise 2.2", "d=21", "Exercise 2.1", "d=22", "d=23"],
        ["3", "d=51", "Exercise 3.1"],
        ["Beside", "Exercise 9.9", "d=61"],
    ]


def test_a_report_without_labs_is_small(tmp_path, alone_here):
    note("check", exercise="1.1", passed=False, fails="shape", why="turn", answer="one = 1 < 2")
    page = report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "one = 1 &lt; 2" in page and "not yet: shape. turn" in page and len(page) < 50_000


def test_threads_of_one_kernel_lose_nothing():
    writers = [
        threading.Thread(target=lambda: [note("hint", hurry=False, number=n) for n in range(30)])
        for _ in range(4)
    ]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert sorted(numbers()) == sorted(list(range(30)) * 4)
