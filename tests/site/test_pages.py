"""A stored notebook as a page, cell by cell."""

import base64
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

sys.path[:0] = [str(Path(__file__).parents[2] / "site")]

from pages import Page, called, sections, size  # noqa: E402

# the beginning of a JPEG: a comment of 2 bytes, then a frame of 60 x 40 pixels
JPEG = b"\xff\xd8\xff\xfe\x00\x04hi\xff\xc0\x00\x11\x08\x00\x28\x00\x3c" + bytes(10)


def result(words, **metadata):
    data = {"text/plain": words, "image/jpeg": base64.b64encode(JPEG).decode()}
    return new_output("execute_result", data, metadata=metadata, execution_count=1)


def made(tmp_path, *cells):
    page = Page("02_x", tmp_path)
    page.add(new_notebook(cells=list(cells)))
    return [cell.source for cell in page.cells]


def test_a_picture_says_its_size():
    assert size(JPEG) == (60, 40)
    with pytest.raises(ValueError, match="no JPEG"):
        size(b"\x89PNG, and nothing else in it")


def test_a_text_is_cut_before_headings_and_not_in_code():
    text = "a\n## b\nc\n```\n# no heading\n```\n# d\n"
    assert sections(text) == ["a\n", "## b\nc\n```\n# no heading\n```\n", "# d\n"]


def test_what_a_cell_calls_with_a_text():
    assert list(called('x = ask("2a")\ncheck("2.1", f)\nprint(3)')) == [
        ("ask", "2a"),
        ("check", "2.1"),
    ]


def test_what_follows_a_question_is_folded_up_to_the_next_heading(tmp_path):
    told = made(
        tmp_path,
        new_code_cell('predict("2b")'),
        new_code_cell("x = 1"),
        new_markdown_cell("so it is\n\n## Next\n\nmore"),
    )
    kinds = [
        next(k for k in ("course-ask", "course-veil", "</details>", "x = 1", "so", "##") if k in c)
        for c in told
    ]
    assert kinds == ["course-ask", "course-veil", "x = 1", "so", "</details>", "##"]
    assert "predict(" not in "".join(told)


def test_a_lab_keeps_its_picture_and_asks_before_what_follows(tmp_path):
    course = {"lab": "SubspaceLab", "code": "d=20 k=2", "samples": 0, "presets": ["a < b"]}
    course |= {"question": "Which?", "answers": ["this", "that"], "sealed": "abc"}
    told = made(
        tmp_path,
        new_code_cell('question = ask("2a")'),
        new_code_cell("lab", outputs=[result("Predict. Which?\n\nlong", course=course)]),
        new_markdown_cell("it was that"),
    )
    place = 'data-lab="SubspaceLab" data-code="d=20 k=2" data-samples="0"'
    words = ("ask(", "lab", "Which?", place, "course-veil", "it was", "</details>")
    assert [word in cell for word, cell in zip(words, told, strict=True)] == [True] * 7
    assert "a &lt; b" in told[3] and "Predict." not in told[3]
    assert (tmp_path / "02-00.jpg").read_bytes() == JPEG


def test_an_exercise_that_nobody_answered_says_nothing(tmp_path):
    stub = new_code_cell('check("2.1", f)', outputs=[new_output("stream", text="not yet")])
    page = Page("02_x", tmp_path)
    page.add(new_notebook(cells=[stub]))
    assert page.cells[0].outputs == [] and "Hint 2" in page.cells[1].source
