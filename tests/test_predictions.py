"""What notebooks ask: it stands in the package, and a notebook names it."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from course_utils.journal.course import chapters
from course_utils.labs import ask, predict
from course_utils.predictions import Guess, Question, asked, opened, prediction, sealed

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def named(path):
    cells = nbformat.read(path, as_version=4).cells
    source = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    return re.findall(r'\b(?:predict|ask)\("(\w+)"\)', source)


def test_every_notebook_asks_what_is_there_for_it_in_order():
    assert [name for path in NOTEBOOKS for name in named(path)] == list(asked())
    for path in NOTEBOOKS:
        assert {int(name[:-1]) for name in named(path)} <= {int(path.stem[:2])}


def test_no_notebook_holds_a_reply():
    """Nor does its stored output: what is in the file is in every export of it."""
    for path in NOTEBOOKS:
        text = json.dumps(json.loads(path.read_text("utf-8")), ensure_ascii=False)
        for one in asked().values():
            assert [why for why in one.answers.values() if why in text] == [], path.name


def test_every_question_asks_and_is_a_task_of_the_course():
    tasks = {task.name for chapter in chapters() for task in chapter.tasks}
    for name, one in asked().items():
        assert one.text in tasks
        if isinstance(one, Guess):
            widget = predict(name)
            assert (widget.question, widget.options) == (one.text, list(one.answers))
            assert opened(widget.sealed) == widget.replies == one.replies()
            held = [said.startswith("It holds.") for said in widget.replies]
            assert held == [answer == one.right for answer in one.answers]
            lost = f"It does not hold; what holds is: {one.right}."
            assert sum(said.startswith(lost) for said in widget.replies) == len(one.answers) - 1
            widget.close()
        else:
            assert ask(name) is one


def test_the_page_holds_replies_sealed():
    widget = predict("Up or down?", {"up": "Ünsure?", "down": "Why?"}, "Look.")
    state = json.dumps(widget.get_state(), default=str, ensure_ascii=False)
    assert not any(word in state for word in ("Ünsure", "Why?", "Look."))
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*", widget.sealed)
    assert opened(widget.sealed) == ["Ünsure? Look.", "Why? Look."]
    assert sealed(["", ""]) == "" and opened("") == []


def test_names_that_nothing_has_are_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="no prediction 'x': there are .*2b"):
        predict("x")
    with pytest.raises(ValueError, match="no prediction '2b': there are .*2a"):
        ask("2b")
    with pytest.raises(ValueError, match="two answers or more"):
        Guess("Which?", {"one": "It is."}, "one")
    with pytest.raises(ValueError, match="right = 'two' is none of the answers: one, other"):
        Guess("Which?", {"one": "It is.", "other": "Is it?"}, "two")
    assert isinstance(prediction("2a"), Question) and isinstance(prediction("2b"), Guess)
