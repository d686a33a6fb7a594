"""A figure that is drawn while it is computed: what the page is sent, piece by piece."""

import numpy as np
import pytest

from course_utils.labs import charts, growing, show_growing
from course_utils.labs.stage import Stage


@pytest.fixture
def page(monkeypatch):
    """What was displayed, and the messages that the page was sent."""
    displayed, sent = [], []
    monkeypatch.setattr(growing, "display", displayed.append)
    monkeypatch.setattr(Stage, "send", lambda self, content, buffers=None: sent.append(content))
    return displayed, sent


def draw(pieces):
    x = np.arange(len(pieces))
    return charts.curves({"squares": (x, np.array(pieces))}, "Squares", "n", "n squared")


def test_each_piece_is_drawn_before_the_next_is_computed(page):
    displayed, sent = page
    seen = []

    def pieces():
        for n in range(3):
            seen.append((len(sent), displayed[0].bar.value, displayed[0].bar.description))
            yield n * n

    assert show_growing(pieces(), draw, "Squares of numbers", 3) == [0, 1, 4]
    assert seen == [(0, 0, "0 of 3"), (1, 1, "1 of 3"), (2, 2, "2 of 3")]
    shown = displayed[0]
    assert len(displayed) == 1 and len(sent) == 3 and shown.bar.max == 3
    assert (shown.bar.value, shown.bar.description) == (3, "3 of 3")
    assert shown.bar.tooltip and repr(shown) == repr(shown.stage) == "Squares of numbers"
    assert shown._repr_mimebundle_()["text/plain"] == "Squares of numbers"


def test_a_page_that_opens_late_gets_all_that_is_there(page):
    displayed, sent = page

    def pieces():
        displayed[0].stage._receive(None, {"type": "hello"}, [])  # nothing to draw yet
        assert sent == []
        yield 1
        yield 4

    show_growing(pieces(), draw, "Squares", 2)
    first, second = sent
    displayed[0].stage._receive(None, {"type": "hello"}, [])
    assert len(sent) == 3 and sent[2].keys() >= second.keys()
    assert len(first["views"]) == len(sent[2]["views"]) == 1
    displayed[0].stage._receive(None, {"type": "ack", "n": 1}, [])
    assert len(sent) == 3


def test_what_goes_wrong_in_a_piece_is_raised_in_the_cell(page):
    def pieces():
        yield 1
        raise ValueError("no second piece")

    with pytest.raises(ValueError, match="no second piece"):
        show_growing(pieces(), draw, "Squares", 2)
    assert len(page[1]) == 1
