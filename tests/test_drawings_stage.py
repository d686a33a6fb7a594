"""What Python sends to the page is what it means.

A page that applies every frame has the figures, the words and the errors.
"""

import copy

import numpy as np
import pytest
from drawings import line, same

from course_utils.labs import show
from course_utils.labs.page import bundle, style
from course_utils.labs.stage import Figure, Stage, Words


class Page:
    """Does with messages what the page's script does.

    Arrays come from one buffer, and only what has changed.
    """

    def __init__(self, stage: Stage):
        self.stage, self.views, self.words, self.error, self.got = stage, [], None, "", []
        stage.send = self.receive

    def receive(self, message, buffers=()):
        self.got.append(message)
        if message["type"] == "error":
            self.error = message["text"]
        if message["type"] != "frame":
            return
        if message["whole"]:
            self.views = [{"name": view["name"]} for view in message["views"]]
        values = np.frombuffer(buffers[0], dtype="<f8")
        self.words = message.get("words", self.words)
        for view, sent in zip(self.views, message["views"], strict=True):
            assert view["name"] == sent["name"]
            if "traces" in sent:
                view |= {"traces": copy.deepcopy(sent["traces"]), "layout": sent["layout"]}
            for trace, key, start, length in sent["arrays"]:
                assert start % 8 == 0
                view["traces"][trace][key] = values[start // 8 : start // 8 + length]

    def open(self):
        """A page is opened: it says hello."""
        self.stage._receive(self.stage, {"type": "hello"}, [])

    def sent(self) -> list[tuple]:
        """What the last frame carried: (view, which arrays, whether with traces and layout)."""
        arrays = [[(trace, key) for trace, key, *_ in v["arrays"]] for v in self.got[-1]["views"]]
        views = zip(self.got[-1]["views"], arrays, strict=True)
        return [(v["name"], found, "traces" in v) for v, found in views]


def two_views(shift=0.0, colour="#0072B2", title="one"):
    t = np.arange(5)
    lines = [line(t, t + shift, "a", colour), line(t, 7.0 * t, "b", "#D55E00")]
    first = Figure("first", lines, {"title": title})
    points = {"type": "scatter", "x": np.float32([1, 2]), "y": np.array([3, 4]), "name": "c"}
    return [first, Figure("second", [points], {"xaxis": {"range": [0, np.float64(2.5)]}})]


def shows(page: Page, figures) -> bool:
    shown = [(v["name"], v["traces"], v["layout"]) for v in page.views]
    same(shown, [(f.name, f.traces, f.layout) for f in figures])
    return True


def test_a_page_has_after_every_frame_what_was_drawn_and_gets_only_what_changed():
    stage = Stage()
    page = Page(stage)
    all_first, all_second = [(0, "x"), (0, "y"), (1, "x"), (1, "y")], [(0, "x"), (0, "y")]
    steps = [
        (two_views(), [("first", all_first, True), ("second", all_second, True)]),
        (two_views(), [("first", [], False), ("second", [], False)]),
        (two_views(0.5), [("first", [(0, "y")], False), ("second", [], False)]),
        (two_views(0.5, "#009E73"), [("first", all_first, True), ("second", [], False)]),
        (two_views(0.7, "#009E73", "two"), [("first", all_first, True), ("second", [], False)]),
        (two_views()[1:], [("second", all_second, True)]),  # other views: everything
        (two_views(), [("first", all_first, True), ("second", all_second, True)]),
    ]
    for n, (figures, carried) in enumerate(steps, 1):
        assert stage.send_frame(figures, Words(f"frame {n}")) == n == page.got[-1]["n"]
        assert shows(page, figures) and page.sent() == carried
        assert page.got[-1]["whole"] == (n in (1, 6, 7)) and page.words["sentence"] == f"frame {n}"


def test_a_page_that_opens_later_gets_everything():
    stage = Stage()
    stage.send = lambda *_: None
    stage.send_frame(two_views(), Words())
    page, heard = Page(stage), []
    stage.on_event = heard.append
    page.open()
    stage.send_frame(two_views(), Words())
    assert shows(page, two_views()) and heard == [{"type": "hello"}] and page.error == ""
    stage.send_frame(two_views(), Words())
    assert not page.got[-1]["whole"]


def test_an_error_stays_for_pages_that_open_later_until_it_is_cleared():
    stage = Stage()
    first = Page(stage)
    stage.send_error("d is too large")
    assert first.error == "d is too large"
    later = Page(stage)
    later.open()
    assert later.error == "d is too large"
    stage.send_error("")
    assert later.error == ""
    last = Page(stage)
    last.open()
    assert last.got == []


def test_the_words_on_the_page_are_those_that_were_said():
    stage = Stage()
    page = Page(stage)
    rows, lights = [("W", "1", "2", "3%")], [(True, "on", "why"), (False, "off", "why not")]
    stage.send_frame([], Words("said", rows, lights, "noted", "d=5"))
    said = {"sentence": "said", "rows": rows, "lights": lights}
    assert page.words == said | {"note": "noted", "settings": "d=5", "events": None}


def test_the_library_is_sent_to_a_page_that_asks():
    stage, sent = Stage(), []
    stage.send = lambda message, buffers: sent.append((message, buffers))
    stage._receive(stage, {"type": "library"}, [])
    ((message, (library,)),) = sent
    assert message == {"type": "library"} and b"plotly.js v" in library[:200]


def test_the_stage_is_the_script_beside_it_and_its_text():
    stage = Stage(text=lambda: "told", columns=2, label="Lab", lecture=True)
    assert repr(stage) == "told" and (stage.columns, stage.label, stage.lecture) == (2, "Lab", True)
    assert (Stage().columns, Stage().label, Stage().lecture) == (3, "figures", False)
    shown = stage._repr_mimebundle_()
    data = shown[0] if isinstance(shown, tuple) else shown
    assert data["text/plain"] == "told" and "application/vnd.jupyter.widget-view+json" in data
    assert (stage._esm, stage._css) == (bundle(), style())
    assert "Stage" in repr(Stage())


@pytest.mark.parametrize("n, columns", [(1, 1), (2, 2), (5, 3)])
def test_figures_that_do_not_move_are_drawn_when_a_page_opens(n, columns):
    figures = [Figure(f"f{i}", two_views(i)[0].traces, {"title": f"f{i}"}) for i in range(n)]
    stage = show(figures if n > 1 else figures[0], "What they show.")
    page = Page(stage)
    stage._receive(stage, {"type": "ack", "n": 1}, [])
    assert page.got == []
    page.open()
    assert shows(page, figures)
    assert page.words["sentence"] == repr(stage) == stage.label == "What they show."
    assert stage.columns == columns
    assert show(figures, columns=1).columns == 1
    assert show(figures).label == "figures"
