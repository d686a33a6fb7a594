"""Frames: a page that takes them one by one holds what the lab holds, and gets only what is new."""

import base64
import json
import re

import numpy as np
import pytest
from drawings import alone, made, same
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import Settings
from course_utils.labs import CompressionLab, SubspaceLab, rows
from course_utils.labs.frames import Frames
from course_utils.labs.look import INK, ON_DARK
from course_utils.labs.movie import neurons_movie
from course_utils.labs.views import Figure, Table, Words, column, is_bound


class Page:
    """Takes frames as a page does: by the words of the protocol, not by the code of Frames."""

    def __init__(self):
        self.tables, self.said, self.views, self.sizes = {}, [], [], []

    def take(self, message, buffer):
        message = json.loads(json.dumps(message))  # plain values only
        self.sizes.append(len(buffer) + len(json.dumps(message)))
        if message["whole"]:
            self.tables, self.said, self.views = {}, [], [{} for _ in message["views"]]
            assert message["palette"] == {"ink": INK, "dark": ON_DARK}
        for view, news in zip(self.views, message["views"], strict=True):
            parts = ("name", "traces", "layout", "direct", "kind")
            view |= {key: news[key] for key in parts if key in news}
            for trace, key, offset, length in news["arrays"]:
                assert offset % 8 == 0
                view["traces"][trace][key] = np.frombuffer(buffer, "<f8", length, offset)
        for name, news in message.get("tables", {}).items():
            old = self.tables.setdefault(name, {})
            if news.get("keep") == []:
                old.clear()  # it may have other columns from now on
            if "keep" in news:
                for key in old:
                    old[key] = old[key][news["keep"]]
                self.said = [self.said[i] for i in news["keep"]] if name == "record" else self.said
            for key, offset, kind, item in news["columns"]:
                assert offset % 8 == 0
                count = news["rows"] * int(np.prod(item))
                more = np.frombuffer(buffer, f"<{kind}", count, offset).reshape(news["rows"], *item)
                old[key] = np.concatenate([old[key], more]) if len(old.get(key, ())) else more
        for i, *said in message.get("said", []):
            self.said[i : i + 1] = [said]
        self.words = message.get("words", getattr(self, "words", None))
        return message

    def shown(self, moment):
        """The views as they are drawn when a row is shown."""

        def made(kept):
            return Table(kept["samples"], lambda part: {k: v[part] for k, v in kept.items()})

        tables = {name: made(kept) for name, kept in self.tables.items()}
        figures = [Figure(**view) for view in self.views]
        return [figure.bind(tables, moment) for figure in figures]


def look(page, lab, moments):
    """The page shows at these moments what the lab shows, with its words."""
    run = lab.session.run()
    assert len(page.said) == len(run)
    assert np.array_equal(page.tables["record"]["samples"], run.samples)
    for i in moments:
        for got, want in zip(page.shown(i), lab.figures(run, i), strict=True):
            assert (got.name, got.direct, got.kind) == (want.name, want.direct, want.kind)
            same([got.traces, got.layout], json_like([want.traces, want.layout]), want.name)


def json_like(part):
    """Tuples as lists, as a message has them."""
    return json.loads(json.dumps(part, default=np.ndarray.tolist))


@pytest.fixture(params=["subspace", "seeds", "movie", "compression"])
def lab(request):
    small = Settings(d=30, k=2, link="product", width=24)
    lab = {
        "subspace": lambda: SubspaceLab(small, samples=300),
        "seeds": lambda: SubspaceLab(small, samples=300, seeds=3),
        "movie": lambda: neurons_movie(small.replace(d=2, k=1, link="tanh"), samples=300),
        "compression": lambda: CompressionLab(small, samples=300),
    }[request.param]()
    alone(lab).page = Page()
    lab.stage.send = lambda message, buffers=None: buffers and lab.page.take(message, buffers[0])
    lab._show()
    yield lab
    lab.close()


def test_a_page_that_saw_every_frame_shows_what_the_lab_shows_at_every_moment(lab):
    lab.session.record.limit = 60  # thinned while it goes on
    for i in range(80):
        lab.session.train(40 + 7 * i)
        lab._show()
    lab._obey("set noise", 0.4)
    lab.session.train(50)
    lab._orders.stale = True
    lab._show()
    look(lab.page, lab, range(0, len(lab.run), 7))
    for i, (sentence, table, clock) in enumerate(lab.page.said):
        words = lab.words(lab.session.run(), i)
        assert (sentence, table) == (words.sentence, json_like(words.rows))
        assert clock == lab.player.clock(lab.run, i)
    lab._obey("new_seed", None)
    lab._show()
    look(lab.page, lab, [0])


def test_a_page_is_told_of_each_event_in_the_frame_that_shows_it(lab):
    def told():
        return [caption for _, caption in lab.page.words["events"] or ()]

    for i in range(40):
        lab.session.train(20 + 10 * i)
        lab._show()
        words = lab.words(lab.session.run(), -1)
        assert lab.page.words["events"] == json_like(words.events)
        assert told() == [e.caption for e in lab.session.watch.events]
    if lab.name == "SubspaceLab":
        assert told() and told()[-1] in lab.text()
        lab._obey("new_seed", None)
        lab._show()
        assert told() == []


def test_while_a_lab_plays_a_frame_holds_new_rows_only(lab):
    whole = lab.page.sizes[-1]
    for _ in range(20):
        lab.session.train(50)
        lab._show()
    assert max(lab.page.sizes[1:]) < whole / 5
    lab.stage._receive(None, {"type": "hello"}, None)
    lab._show()
    assert lab.page.sizes[-1] > whole  # a page that has just opened gets everything
    look(lab.page, lab, [0, -1])


def test_moving_the_rank_says_all_rows_anew_and_sends_no_rows():
    lab = CompressionLab(Settings(d=30, k=2, link="product", width=24), samples=300)
    page, got = Page(), []
    lab.stage.send = lambda message, buffers=None: got.append(page.take(message, buffers[0]))
    lab._show()
    lab._obey("rank", 1)
    lab._show()
    assert got[-1]["tables"] == {} and len(got[-1]["said"]) == len(lab.run)
    assert all("rank 1 of" in said[0] for said in page.said)
    look(page, lab, [0, 5, -1])
    lab.close()


def table(samples, values, key=None):
    samples, values = np.array(samples, dtype=float), np.array(values, dtype=float)
    return Table(samples, lambda part: {"samples": samples[part], "v": values[part]}, key)


TRACE = {"x": column("samples"), "y": column("v"), "z": np.array([1.0])}
CURVE = Figure("c", [TRACE], {"title": "t"})
HISTORY = st.lists(st.integers(0, 12), min_size=1, max_size=8)


@settings(max_examples=200, deadline=None)
@given(st.lists(HISTORY, min_size=1, max_size=6), st.data())
def test_whatever_becomes_of_a_table_a_page_has_its_rows(histories, data):
    """Rows go, come back, or change as the last one: the page has the kernel's table each time."""
    frames, page = Frames(), Page()
    values = {t: float(t) for t in range(13)}
    for history in histories:
        samples = sorted(history)
        now = table(samples, [values[t] for t in samples], key=1)
        last = {samples[-1]: data.draw(st.floats(-5, 5))}  # only a last row may be provisional
        values = values | last
        told = [Words(str(t)) for t in samples]
        page.take(*frames.frame([CURVE], Words("s"), {"record": now}, told.__getitem__))
        if len(set(samples)) == len(samples):
            assert page.tables["record"]["samples"].tolist() == samples
            assert [said[0] for said in page.said] == [str(t) for t in samples]


def test_rows_of_another_key_are_other_rows():
    frames, page = Frames(), Page()

    def send(values, key):
        tables = {"record": table([0, 5], values, key)}
        return page.take(*frames.frame([CURVE], Words(), tables, lambda i: Words("a")))

    for key, values in ((object(), [1, 2]), (object(), [3, 4])):
        send(values, key)
        assert page.tables["record"]["v"].tolist() == values
    message = send(values, key)
    assert message["tables"] == {} and message["said"] == [] and "words" not in message
    assert message["views"] == [{"name": "c", "arrays": []}]


def test_only_columns_in_use_travel_and_another_use_sends_the_table_whole():
    run, frames, page = made(k=2, seeds=1), Frames(), Page()
    tables = {"record": rows.of_run(run)}
    say = lambda i: Words(f"row {i}")  # noqa: E731
    page.take(*frames.frame([CURVE_OF["risk"]], Words(), tables, say))
    assert set(page.tables["record"]) == {"samples", "left", "risk"}
    page.take(*frames.frame([CURVE_OF["parallel"]], Words(), tables, say))
    assert set(page.tables["record"]) == {"samples", "left", "parallel"}
    same(page.tables["record"]["parallel"], run.parallel)


CURVE_OF = {
    name: Figure("c", [{"x": column("left"), "y": column(name)}], {})
    for name in ("risk", "parallel")
}


def test_bindings_say_which_numbers_they_stand_for():
    values = np.arange(24.0).reshape(4, 3, 2)
    samples = np.array([0.0, 10, 100, 1000])
    columns = {"v": values, "s": 2 * samples, "w": samples}
    record = Table(samples, lambda part: {name: v[part] for name, v in columns.items()})
    other = Table(np.array([5.0, 150.0]), lambda part: {"v": np.array([7.0, 8.0])[part]})
    tables = {"record": record, "other": other}

    def read(moment=-1, **how):
        figure = Figure("", [{"x": column(how.pop("name", "s"), **how)}], {})
        return figure.bind(tables, moment).traces[0]["x"].tolist()

    assert read() == [0, 20, 200, 2000] and read(times=0.5) == samples.tolist()
    assert read(back="w") == [0, 20, 200, 2000, 1000, 100, 10, 0]
    assert read(1, at="now") == [20, 20] and read(at="first") == [0, 0]  # the two ends of a line
    assert read(name="v", item=[2, 1]) == [5, 11, 17, 23]
    assert read(2, name="v", at="now", item=[None, 1]) == [13, 15, 17]
    shown = [read(i, name="v", table="other", at="now")[0] for i in range(4)]
    assert shown == [7, 7, 7, 8]  # the last row that is not after the moment; the first before all
    one = {"record": Table(samples[1:2], lambda part: {"s": np.array([4.0])})}
    trace = {"x": column("s", stroke=1.5), "y": column("s")}
    stroke = Figure("", [trace], {}).bind(one).traces[0]
    assert stroke["x"].tolist() == [4, 6] and stroke["y"].tolist() == [4, 4]


def test_notes_stand_at_bound_places_and_those_without_a_place_are_left_out():
    samples, places = np.array([0.0, 1.0]), np.array([np.nan, 100.0])
    tables = {"record": Table(samples, lambda part: {"y": places[part], "x": samples[part] + 10})}
    at = {"x": column("x", at="now", log=True), "y": column("y", at="now"), "text": "here"}
    figure = Figure("", [], {"annotations": [at, {"x": 1, "y": 2, "text": "always"}]})
    early, late = (figure.bind(tables, i).layout["annotations"] for i in (0, 1))
    assert [note["text"] for note in early] == ["always"]
    same(late[0], {"x": np.log10(11), "y": 100.0, "text": "here"})
    assert is_bound(figure.layout["annotations"][0]["x"])  # the declaration itself stays


def test_a_recorded_page_holds_the_run_its_words_and_its_settings(tmp_path):
    lab = SubspaceLab(Settings(d=30, k=2, link="product", width=24), samples=300)
    where = lab.record_html(tmp_path / "run.html")
    text = where.read_text(encoding="utf-8")
    held = re.search(r'<script type="application/json" id="recording">(.*?)</script>', text, re.S)
    ((message, data),) = json.loads(held[1])["frames"]
    page = Page()
    page.take(message, base64.b64decode(data))
    look(page, lab, [0, 30, -1])
    assert [said[0] for said in page.said][-1] == lab.text().splitlines()[0]
    assert f"<p>{lab.short()}</p>" in text and "<h1>SubspaceLab</h1>" in text
    lab.close()
    with pytest.raises(FileNotFoundError, match="nowhere"):
        lab.record_html(tmp_path / "nowhere" / "run.html")
