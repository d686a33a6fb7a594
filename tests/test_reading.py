"""The list of papers: 44 works, none doubled, and nothing in a row that leads nowhere."""

import ast
import dataclasses
import inspect
from functools import cache
from pathlib import Path

import pytest

from course_utils import labs, reading
from course_utils.reading import NOT_READ, QUESTIONS, RELATIONS, TOPICS, WALKS, Paper

PAPERS = reading.papers()
OPENING = [row for row in (*PAPERS, *QUESTIONS) if row.lab]
FOLDER = Path(reading.__file__).parent
FILES = {
    path.stem: path for path in (FOLDER / "miniatures").glob("*.py") if path.stem != "__init__"
}
MOST_LINES = 60
every_paper = pytest.mark.parametrize("paper", PAPERS, ids=lambda p: p.title[:30])


def words(title: str) -> frozenset[str]:
    """What a title is about, whatever its case, signs and small words."""
    plain = "".join(c if c.isalnum() else " " for c in title.lower())
    return frozenset(word for word in plain.split() if len(word) > 3)


def test_there_are_44_works_and_none_is_there_twice():
    assert len(PAPERS) == len({words(p.title) for p in PAPERS}) == 44


def test_versions_of_one_work_are_found():
    """The first version of a paper differs from the last in some words of its title."""

    def alike(a: str, b: str) -> float:
        return len(words(a) & words(b)) / len(words(a) | words(b))

    pairs = [
        (alike(a.title, b.title), a.title, b.title)
        for i, a in enumerate(PAPERS)
        for b in PAPERS[:i]
    ]
    assert max(pairs)[0] < 0.5
    first = "Gradient descent induces alignment between weights and the empirical NTK"
    assert alike(first, first.replace("the empirical NTK", "pre-activation tangents")) > 0.5


@every_paper
def test_a_row_is_whole(paper):
    assert paper.title and paper.authors and paper.relation in RELATIONS and paper.topic in TOPICS
    assert 2022 <= paper.year <= 2026
    assert not paper.sentence or (paper.sentence[0].isupper() or paper.sentence.startswith("q "))
    assert paper.sentence == "" or paper.sentence.endswith(".") and "  " not in paper.sentence
    assert set(paper.guessed) <= {"relation", "year"}


def test_only_what_nobody_has_read_has_no_sentence():
    unread = [p for p in PAPERS if not p.sentence]
    assert [p.adds for p in unread] == [NOT_READ]
    assert unread[0].title.startswith("Beyond Labeling Oracles")


def test_relations_of_2022_are_guesses_and_no_others():
    """What is dated 2023 or later cites a paper of September 2022 that it is listed with."""
    assert {p.title for p in PAPERS if "relation" in p.guessed} == {
        p.title for p in PAPERS if p.year == 2022
    }
    assert all(p.relation == "cites" for p in PAPERS if p.year > 2022)


@cache
def opened(name: str):
    """A lab that the first row with it opens, closed again."""
    settings = next(row.settings for row in OPENING if row.lab_name == name)
    lab = getattr(labs, name)(settings)
    lab.raise_errors()
    assert {
        f for f in lab.session.uses if getattr(lab.settings, f) != getattr(settings, f)
    } == set()
    lab.close()
    return lab


@pytest.mark.parametrize("paper", OPENING, ids=lambda row: row.lab)
def test_the_lab_of_a_row_opens_and_its_code_names_what_the_lab_uses(paper):
    assert paper.lab_name in labs.__all__
    named = {part.partition("=")[0] for part in paper.lab.split()[1:]}
    assert named and named <= set(opened(paper.lab_name).session.uses)
    settings = paper.settings
    assert type(settings).from_code(settings.code()) == settings
    if paper.lab_name == "NTKLab":  # it refuses others
        assert settings.k == 1 and settings.d <= 200


def test_a_code_that_cannot_be_read_is_refused():
    broken = dataclasses.replace(PAPERS[0], lab="SubspaceLab depth=3")
    with pytest.raises(ValueError, match="cannot read"):
        _ = broken.settings


def test_every_question_has_a_lab_and_says_what_would_refute_its_answer():
    assert len(QUESTIONS) == len({q.text for q in QUESTIONS}) == len({q.lab for q in QUESTIONS})
    for question in QUESTIONS:
        assert question.text.endswith("?") and question.first.endswith((".", "?"))
        assert question.lab and question.wrong_if and not question.wrong_if.endswith(".")
        told = " ".join(str(question).split())
        assert told.startswith(f"{question.text} {question.lab} First: {question.first} Refuted")
        titles = [p.title for p in PAPERS if question.beside in p.title]
        assert len(titles) == 1 or question.beside == ""


def test_walks_lead_over_papers_of_the_list():
    assert [w.name for w in WALKS] == ["what came before", "what followed", "what is open"]
    for walk in WALKS:
        assert walk is reading.walk(walk.name) and walk.question.endswith("?")
        papers = [stop.paper for stop in walk.stops]
        assert len(papers) == len(set(papers)) >= 4 and set(papers) <= set(PAPERS)
        for i, stop in enumerate(walk.stops, 1):
            told = " ".join(str(walk).split())  # whose lines are short
            assert f"{i}. {stop.why}" in told and stop.paper.adds in told
    runnable = {stop.paper.miniature for walk in WALKS for stop in walk.stops} - {""}
    assert len(runnable) >= 5
    with pytest.raises(ValueError, match="must be one of what came before, what followed"):
        reading.walk("what comes")


def test_every_miniature_has_its_row_and_every_row_its_file():
    assert (
        {p.miniature for p in PAPERS if p.miniature} == set(FILES) == set(reading.miniature_names())
    )
    assert len(FILES) >= 17
    assert all((p.seconds > 0) == bool(p.miniature) for p in PAPERS)


def lines_of_code(source: str) -> int:
    """Lines that are neither blank nor docstring."""
    said = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node):
            said |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return sum(bool(line.strip()) for i, line in enumerate(source.splitlines(), 1) if i not in said)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_miniature_is_short(name):
    assert lines_of_code(FILES[name].read_text(encoding="utf-8")) <= MOST_LINES


def test_lines_of_code_are_counted():
    source = (
        '"""Two lines\nof words."""\n\nx = 1\n\n\ndef f():\n    """What it does."""\n    return x\n'
    )
    assert lines_of_code(source) == 3


def test_an_unknown_miniature_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="must be one of batch_reuse, copy_average"):
        reading.miniature("leaps")


def test_the_table_marks_guesses_and_has_a_row_a_paper():
    table = reading.table()
    assert len(table) == 44 and list(table["title"]) == [p.title for p in PAPERS]
    assert (table["relation"] == "cites").sum() == sum(
        p.relation == "cites" and not p.guessed for p in PAPERS
    )
    assert (table["relation"] == "either (a guess)").sum() == 2
    assert (table["what it adds"] == NOT_READ).sum() == 1
    guessed = dataclasses.replace(PAPERS[0], guessed=("year",))
    assert guessed.marked("year") == f"{PAPERS[0].year} (a guess)"
    assert guessed.marked("relation") == PAPERS[0].relation


def test_rows_have_the_fields_in_the_order_that_they_are_written_in():
    assert [f.name for f in dataclasses.fields(Paper)] == [
        "title",
        "authors",
        "year",
        "relation",
        "sentence",
        "topic",
        "lab",
        "miniature",
        "seconds",
        "guessed",
    ]
    with pytest.raises(dataclasses.FrozenInstanceError):
        PAPERS[0].title = "another"
    assert "labs" not in inspect.getsource(reading)
