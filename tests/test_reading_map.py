"""The map of papers: where papers stand, what a card is told, and what runs in the kernel."""

import dataclasses
import hashlib
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from course_utils import reading
from course_utils.labs import SubspaceLab, reading_map, vendor
from course_utils.labs.look import PAPERS as MARKS
from course_utils.labs.places import ACROSS, DOWN, places
from course_utils.labs.reading_map import ReadingMap, told
from course_utils.reading import RELATIONS, TOPICS, Chart, Miniature

PAPERS = reading.papers()
RANK = reading.miniature("gradual_rank")


# ---- where papers stand


def test_papers_stand_by_year_and_topic_and_none_on_another():
    where = places(PAPERS)
    assert where == places(PAPERS) and len(set(where.papers)) == len(PAPERS)
    for i, one in enumerate(PAPERS):
        x, y = where.papers[i]
        middle, height = where.lanes[one.topic]
        assert abs(y - middle) < height / 2 and 0 < x < where.width
        for j, other in enumerate(PAPERS[:i]):
            if one.year < other.year:
                assert x < where.papers[j][0]
            dx, dy = np.abs(np.subtract(where.papers[j], (x, y)))
            assert dx >= ACROSS - 1e-9 or dy >= DOWN - 1e-9, "labels would overlap"


def test_the_paper_of_the_course_stands_between_2022_and_2023():
    where = places(PAPERS)
    x = {
        year: [where.papers[i][0] for i, p in enumerate(PAPERS) if p.year == year]
        for year in where.years
    }
    assert max(x[2022]) + ACROSS <= where.course[0] <= min(x[2023]) - ACROSS
    assert list(where.lanes) == list(TOPICS) and where.course[1] == where.height / 2


def test_a_year_with_one_paper_and_a_lane_with_none_have_their_place():
    one = [dataclasses.replace(PAPERS[0], year=2022), dataclasses.replace(PAPERS[0], year=2030)]
    where = places(one)
    assert list(where.years) == [2022, 2030] and where.papers[0][1] == where.papers[1][1]
    assert all(height == DOWN for _, height in where.lanes.values())


# ---- what the page is told


def test_marks_differ_in_colour_and_in_shape():
    assert set(MARKS) == {"this", *RELATIONS}
    assert len({colour for colour, _ in MARKS.values()}) == len(MARKS)
    assert len({shape for _, shape in MARKS.values()}) == len(MARKS)


def test_the_page_is_told_every_paper_and_every_miniature():
    graph = ReadingMap().graph
    assert [p["title"] for p in graph.papers] == [p.title for p in PAPERS]
    assert set(graph.miniatures) == set(reading.miniature_names())
    for sent, paper in zip(graph.papers, PAPERS, strict=True):
        assert sent["adds"] == paper.adds and sent["label"] and "et al" not in sent["label"]
        assert sent["stands"].endswith("(a guess)") == ("relation" in paper.guessed)
        assert f"{sent['lab']} {sent['code']}".strip() == paper.lab
    assert graph.about["restOn"] == reading.RELATIONS_REST_ON
    for sent, walk in zip(graph.about["walks"], reading.WALKS, strict=True):
        assert (sent["name"], sent["question"]) == (walk.name, walk.question)
        stops = [(PAPERS[stop["i"]], stop["why"]) for stop in sent["stops"]]
        assert stops == [(stop.paper, stop.why) for stop in walk.stops]


def test_the_library_is_the_one_that_was_published():
    source = (Path(vendor.__file__).parent / "cytoscape.min.js").read_bytes()
    assert hashlib.sha256(source).hexdigest() == vendor.SHA256
    text = source.decode()
    assert f'version="{vendor.CYTOSCAPE}"' in text and "Permission is hereby granted" in text
    assert not any(word in text for word in ("eval(", "new Function", "importScripts"))


# ---- what runs


def quick(one, **changes) -> Miniature:
    return dataclasses.replace(
        RANK,
        cases={"fast": [{"n": 1}], "full": [{"n": 1}, {"n": 2}]},
        broken={"n": 5},
        one=one,
        measures=("found",),
        numbers=lambda table: f"found {table['found'].iloc[0]:g}",
        **changes,
    )


@pytest.fixture
def mapped(monkeypatch):
    """A map whose messages are kept, and which runs what a test gives it."""
    made = ReadingMap()
    made.said = []
    monkeypatch.setattr(
        made.graph, "send", lambda message, buffers=(): made.said.append((message, buffers))
    )
    made.give = lambda one, **changes: monkeypatch.setattr(
        reading_map.reading, "miniature", lambda name: quick(one, **changes)
    )
    yield made
    made.stop()
    made.wait()
    made.close()


def types(mapped) -> list[str]:
    return [message["type"] for message, _ in mapped.said]


def hear(mapped, **message):
    mapped._hear(None, message, [])


def test_a_run_tells_progress_and_its_result_and_keeps_it(mapped):
    mapped.give(lambda seed, n: {"found": 10 * n + seed}, chart=None)
    hear(mapped, type="run", name="gradual_rank")
    mapped.wait()
    mapped.raise_errors()
    assert types(mapped) == ["progress"] * 4 + ["result"]
    assert [(m["done"], m["total"]) for m, _ in mapped.said[:4]] == [(i, 3) for i in range(4)]
    message, buffers = mapped.said[-1]
    assert message["sentence"].endswith("found 11 (3 seeds).") and not message["control"]
    assert message["columns"] == ["n", "seeds", "found"] and buffers == []
    assert message["rows"] == [["1", "3", "11 [10, 12]"]]
    assert mapped.running == "" and message["sentence"] in repr(mapped)

    hear(mapped, type="run", name="gradual_rank", control=True, size="full")
    mapped.wait()
    assert mapped.said[-1][0]["control"] and len(mapped.results) == 2
    mapped.said.clear()
    hear(mapped, type="hello")  # a page that opens later
    assert types(mapped) == ["result", "result"]


def test_a_run_can_be_stopped_and_another_be_run(mapped):
    reached, go = threading.Event(), threading.Event()

    def one(seed, n):
        reached.set()
        assert go.wait(60)
        return {"found": 1.0}

    mapped.give(one, chart=None)
    hear(mapped, type="run", name="gradual_rank")
    assert reached.wait(60)
    hear(mapped, type="run", name="gradual_rank")  # while it runs
    assert "is still running" in mapped.said[-1][0]["text"]
    hear(mapped, type="stop")
    go.set()
    mapped.wait()
    assert types(mapped)[-1] == "stopped" and mapped.results == {} and mapped.running == ""
    assert types(mapped).count("progress") == 1
    hear(mapped, type="run", name="gradual_rank")
    mapped.wait()
    assert types(mapped)[-1] == "result"


def test_stop_ends_a_run_in_the_midst_of_a_repetition(mapped):
    reached, let_go = threading.Event(), threading.Event()

    def one(seed, n):
        reached.set()
        while not let_go.is_set():
            pass
        return {"found": 1.0}

    def blas() -> list[int]:
        return [found["num_threads"] for found in threadpool_info()]

    mapped.give(one, chart=None)
    with threadpool_limits(2, user_api="blas"):
        before = blas()
        hear(mapped, type="run", name="gradual_rank")
        assert reached.wait(60)
        (thread,) = (t for t in threading.enumerate() if t.name == "miniature")
        hear(mapped, type="stop")
        hear(mapped, type="stop")  # who is impatient does no harm
        thread.join(60)
        ended = not thread.is_alive()
        let_go.set()
        mapped.wait()
        assert ended and types(mapped) == ["progress", "stopped"] and mapped.results == {}
        assert 2 in before and blas() == before
    mapped.give(lambda seed, n: {"found": 1.0}, chart=None)
    hear(mapped, type="run", name="gradual_rank")
    mapped.wait()
    mapped.raise_errors()
    assert types(mapped)[-1] == "result"


def test_what_fails_is_told_on_the_card_and_kept(mapped):
    mapped.give(lambda seed, n: 1 / 0, chart=None)
    hear(mapped, type="run", name="gradual_rank")
    mapped.wait()
    message = mapped.said[-1][0]
    assert message["type"] == "failed" and message["text"].startswith("ZeroDivisionError")
    with pytest.raises(ZeroDivisionError):
        mapped.raise_errors()
    assert mapped.running == ""


def test_an_unknown_miniature_and_an_unknown_message_do_no_harm(mapped):
    hear(mapped, type="run", name="leaps")
    assert "must be one of" in mapped.said[-1][0]["text"] and mapped.running == ""
    hear(mapped, type="anything")
    assert len(mapped.said) == 1


def test_a_figure_travels_as_a_frame_of_the_labs():
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    chart = lambda table, curves: Chart({"c": (x, y, y, y)}, "t", "x", "y")  # noqa: E731
    message, buffers = told(quick(lambda seed, n: {"found": 1.0}, chart=chart).run())
    assert message["frame"]["whole"] and message["frame"]["n"] == 1
    assert len(buffers) == 1 and np.isin([1.0, 2.0, 3.0, 4.0], np.frombuffer(buffers[0])).all()


def test_a_card_opens_the_lab_with_the_settings_of_its_row(mapped):
    i = next(i for i, p in enumerate(PAPERS) if p.lab_name == "SubspaceLab")
    hear(mapped, type="open", paper=i)
    first = mapped.lab
    assert first.name == SubspaceLab().name and first.settings == PAPERS[i].settings
    assert mapped.children == (mapped.graph, first) and types(mapped) == ["opened"]
    hear(mapped, type="open", paper=i)
    assert mapped.lab is not first and first.actor.closed
    mapped.close()
    assert mapped.lab.actor.closed


def test_the_text_twin_names_every_author():
    text = repr(ReadingMap())
    assert "44 papers" in text and all(p.authors in text for p in PAPERS)
    assert ReadingMap()._repr_mimebundle_()["text/plain"] == text


def test_a_result_as_text_joins_each_measure_with_its_spread():
    runs = quick(lambda seed, n: {"found": 1e4 * seed, "law": "a"}, chart=None).run("full")
    expected = {
        "n": ["1", "2"],
        "law": ["a", "a"],
        "seeds": ["3", "3"],
        "found": ["10,000 [0, 20,000]"] * 2,
    }
    assert runs.told.to_dict("list") == expected
    assert isinstance(runs.told, pd.DataFrame)
