"""What the page draws, in a bare page without a kernel.

Recorded frames go in, paths and points within half a pixel come out. The measure is plotly.js' own
drawing of the same data and layout. A frame that only moves a run on is drawn by the page itself;
all others are drawn by plotly.js, and must hold each trace's colours, dashes and markers.
"""

import json

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api")

from bare_page import Bare, plain  # noqa: E402
from scipy.spatial import cKDTree  # noqa: E402

from course_utils import Settings  # noqa: E402
from course_utils.labs import charts, figures  # noqa: E402
from course_utils.labs.estimators import EstimatorsLab  # noqa: E402
from course_utils.labs.movie import neurons_movie  # noqa: E402
from course_utils.labs.stage import Figure  # noqa: E402
from course_utils.labs.subspace import SubspaceLab  # noqa: E402
from course_utils.labs.target import TargetLab  # noqa: E402

PIXELS = 0.5
# As text, for playwright takes its time over each number of a value. NaN becomes null in it.
LOOK = """async (text) => JSON.stringify([
    plots().map(look),
    plots().map(gd => gd.data.map(t => [[...t.x ?? []], [...t.y ?? []]])),
    await reference(JSON.parse(text)),
])"""


def check(bare: Bare, shown: list[Figure]) -> None:
    """Compare each view on the page with plotly.js' own drawing of the figure."""
    text = json.dumps([[f.traces, f.layout] for f in shown], default=plain)
    given, found = json.loads(text), json.loads(bare.page.evaluate(LOOK, text))
    # what stands under the pointer and in a legend is the data on the page, not the drawing
    on_page, held, wanted = found
    for i, (figure, (traces, _)) in enumerate(zip(shown, given, strict=True)):
        assert held[i] == [[t.get("x", []), t.get("y", [])] for t in traces], figure.name
        drawn, right = ({t["index"]: t for t in one[i] if seen(t)} for one in (on_page, wanted))
        assert drawn.keys() == right.keys(), figure.name
        for j in right:
            same_trace(drawn[j], right[j], f"{figure.name}, trace {j} {traces[j].get('name', '')}")


def seen(trace: dict) -> bool:
    """Whether anything is to be seen of a trace; a line with gaps may be one path or several."""
    for kind in ("lines", "fills"):
        paths = [p for p in trace[kind] if p["path"]]
        assert len({str(p["look"]) for p in paths}) <= 1
        whole = "".join(p["path"] for p in paths)
        trace[kind] = [{"path": whole, "look": paths[0]["look"]}] if paths else []
    return any(trace[kind] for kind in ("lines", "fills", "points"))


def same_trace(drawn: dict, wanted: dict, name: str) -> None:
    """One trace on the page is the one that plotly.js draws."""
    assert drawn["opacity"] == wanted["opacity"], name
    for kind in ("lines", "fills", "points"):
        where = f"{name}: {kind}"
        assert len(drawn[kind]) == len(wanted[kind]), where
        for one, other in zip(drawn[kind], wanted[kind], strict=True):
            assert one["look"] == other["look"], where
            paths = one["path"], other["path"]
            if kind == "points":
                assert np.abs(np.subtract(one["at"], other["at"])).max() <= PIXELS, where
                assert paths[0] == paths[1], f"{name}: a marker"
            elif paths[0] != paths[1] and one["look"][1] != "0px":  # a band's edge is not drawn
                assert apart(*paths, closed=kind == "fills") <= PIXELS, where


def apart(one: str | None, other: str | None, closed: bool) -> float:
    """The Hausdorff distance of two paths, in pixels, of what is in sight.

    That is the largest distance from a point of either to the nearest of the other.
    """
    a, b = dense(one or "", closed), dense(other or "", closed)
    if not len(a) or not len(b):
        return 0.0 if len(a) == len(b) else np.inf
    return max(cKDTree(b).query(a)[0].max(), cKDTree(a).query(b)[0].max())


def dense(path: str, closed: bool, step: float = 0.1) -> np.ndarray:
    """Points on a path of M, L, H, V and Z at most a step apart.

    Those in sight: a plot is smaller than 500 pixels.
    """
    found = []
    for part in filter(None, path.replace("Z", "").split("M")):
        corners = []
        for piece in part.replace("L", " L").replace("H", " H").replace("V", " V").split():
            numbers = [float(v) for v in piece.strip("LHV").split(",")]
            last = corners[-1] if corners else None
            if piece[0] == "H":
                numbers = [numbers[0], last[1]]
            elif piece[0] == "V":
                numbers = [last[0], numbers[0]]
            corners.append(numbers)
        corners = np.array(corners + corners[:1] if closed else corners)
        for start, end in zip(corners, [*corners[1:], corners[-1]], strict=True):
            start, end = inside(start, end)
            if start is not None:
                n = int(np.ceil(np.abs(end - start).max() / step)) + 1
                found.append(start + np.linspace(0, 1, n)[:, None] * (end - start))
    return np.vstack(found) if found else np.empty((0, 2))


def inside(start: np.ndarray, end: np.ndarray, low: float = -5.0, high: float = 500.0):
    """The part of a segment within limits (Liang and Barsky), or (None, None)."""
    first, last, way = 0.0, 1.0, end - start
    for i in (0, 1):
        for limit, sign in ((low, -1), (high, 1)):
            p, q = sign * way[i], sign * (limit - start[i])
            if p == 0 and q < 0:
                return None, None
            if p < 0:
                first = max(first, q / p)
            elif p > 0:
                last = min(last, q / p)
    return (start + first * way, start + last * way) if first <= last else (None, None)


def plotted(lab, run, moment: int) -> list[Figure]:
    """The figures of a lab that plotly.js draws; the picture has tests of its own."""
    return [figure for figure in lab.figures(run, moment) if figure.kind != "picture"]


def moments(lab, times) -> list[list[Figure]]:
    """The plotted figures of a lab at sample counts."""
    shown = []
    for t in times:
        if t > lab.session.samples:
            lab.session.train(t - lab.session.samples)
        run = lab.session.run()
        shown.append(plotted(lab, run, len(run) - 1))
    return shown


PRESETS = {
    "the theorem holds": 2,
    "decay under the threshold": 2,
    "pure noise": 5,
    "inclusion without recovery": 3,
    "five directions": 4,
    "the paper's Figure 1": 2,
}


@pytest.mark.parametrize("name,seed", PRESETS.items())
def test_a_run_that_goes_on_is_drawn_as_plotly_draws_it(bare, name, seed):
    settings = SubspaceLab.presets[name][0]
    lab = SubspaceLab(settings.replace(width=40, seed=seed))
    d = settings.d
    shown = moments(lab, [0, 1, d // 2 + 1, 7 * d, 8 * d, 30 * d])
    bare.draw(shown[0])
    check(bare, shown[0])
    for later in shown[1:]:
        before = bare.redraws
        bare.draw(later)
        # with its first samples a run gets axes and curves of more than one moment
        if later is not shown[1]:
            own = bare.redraws - before < len(later)
            assert own, "plotly.js drew all of it: nothing of the page's own is measured"
        check(bare, later)
    bare.page.evaluate("rest()")  # the redraw once a run pauses changes nothing
    check(bare, shown[-1])


NOTES = """plots()[3].querySelector('.annotation:last-of-type').getBoundingClientRect().y"""


def test_floors_move_with_the_noise_and_plotly_js_draws_nothing(bare):
    lab = SubspaceLab(Settings(d=20, k=2, width=20, noise=0.3))
    for shown in moments(lab, [40, 100]):
        bare.draw(shown)
    before, high = bare.redraws, bare.page.evaluate(NOTES)
    lab.session.change(lab.settings.replace(noise=0.4))
    (shown,) = moments(lab, [110])
    bare.draw(shown)
    assert bare.redraws == before
    check(bare, shown)
    moved = bare.page.evaluate(NOTES)
    assert high - moved > 3
    bare.page.evaluate("rest()")
    assert bare.redraws > before and abs(bare.page.evaluate(NOTES) - moved) < 1
    check(bare, shown)


def test_bands_over_seeds(bare):
    lab = SubspaceLab(Settings(d=20, k=2, width=20), seeds=3)
    shown = moments(lab, [40, 80, 120, 1000])
    for later in shown:
        bare.draw(later)
        check(bare, later)


def test_looking_back(bare):
    lab = SubspaceLab(Settings(d=20, k=2, width=20), samples=2000)
    run = lab.session.run()
    for moment in (-1, 10, 60, 0, 100):
        shown = plotted(lab, run, moment)
        bare.draw(shown)
        check(bare, shown)


def test_frames_that_are_never_painted_are_taken_over(bare):
    """Of frames that wait only the newest is drawn, with what the others changed."""
    lab = SubspaceLab(Settings(d=20, k=2, width=20))
    shown = moments(lab, [40, 60, 80, 100, 400])
    bare.draw(shown[0])
    bare.hold(shown[1])
    bare.hold(shown[2])
    bare.draw(shown[3])
    check(bare, shown[3])
    bare.hold(shown[0])
    bare.draw(shown[4])
    check(bare, shown[4])


def test_another_experiment_in_the_same_views(bare):
    """Other numbers of curves, other colours, other axes."""
    for settings in (
        Settings(d=20, k=3, width=20),
        Settings(d=200, k=1, link="tanh", width=30),
        Settings(d=20, k=2, width=20),
    ):
        for shown in moments(SubspaceLab(settings), [0, 100, 150]):
            bare.draw(shown)
            check(bare, shown)


def test_the_movie(bare):
    paper = Settings(d=2, k=1, link="tanh", width=100, weight_decay=0.5, step=0.05)
    movie = neurons_movie(paper, samples=300)
    run = movie.session.run()
    for moment in (-1, 0, 20, 40, 80):
        shown = movie.figures(run, moment)
        bare.draw(shown)
        check(bare, shown)


PANELS = {
    "target": (TargetLab, [{"k": 1, "link": "tanh"}, {"noise": 0.5}, {"seed": 3}, {"link": "he2"}]),
    "estimators": (
        EstimatorsLab,
        [{"k": 1, "link": "tanh"}, {"noise": 0.5}, {"seed": 3}, {"d": 30}],
    ),
}


@pytest.mark.parametrize("name", PANELS)
def test_panels(bare, name):
    make, moves = PANELS[name]
    settings = Settings(d=10, k=1, link="tanh")
    lab = make(settings)
    for move in moves:
        settings = settings.replace(**move)
        lab.session.begin(settings)
        every = lab.figures(lab.session.run(), -1)
        shown = [f for f in every if f.traces[0]["type"] in ("scatter", "bar")]
        bare.draw(shown)
        check(bare, shown)


# Figures such as a lab may come to draw: (axes, the data of one frame after the other).

STEPS = np.linspace(0, 1, 40)
AXES = {
    "linear": ({"range": [0, 1]}, {"range": [-1, 2]}),
    "log": ({"type": "log", "range": [-2, 0]}, {"type": "log", "range": [-3, 1]}),
    "log x": ({"type": "log", "range": [-1.5, 0.2]}, {"range": [-1, 2]}),
    "log y": ({"range": [0, 1]}, {"type": "log", "range": [-3, 1]}),
    "turned round": ({"range": [1, 0]}, {"range": [2, -1]}),
    "given by the data": ({}, {}),
    "one given by the data": ({"range": [0, 1]}, {}),
}
DATA = {
    "curves": [(STEPS, np.sin(5 * STEPS + i)) for i in range(3)],
    "longer curves": [(STEPS[:n], np.sin(5 * STEPS[:n])) for n in (5, 6, 20, 40)],
    "gaps": [(STEPS, np.where(np.abs(STEPS - i / 4) < 0.1, np.nan, STEPS**2)) for i in range(4)],
    "nothing, then something": [(STEPS[:n], STEPS[:n]) for n in (0, 1, 2, 30, 1, 0)],
    "out of sight": [(STEPS, 1e3 * (STEPS - i / 4)) for i in range(4)],
    "zero and below": [(STEPS - 0.1 * i, STEPS**2 - 0.2 * i) for i in range(4)],
}
MODES = {
    "lines": {"mode": "lines", "line": {"color": "#009E73", "dash": "dash", "width": 3}},
    "markers": {"mode": "markers", "marker": {"color": "#CC79A7", "symbol": "square", "size": 9}},
    "lines+markers": {
        "mode": "lines+markers",
        "line": {"color": "#0072B2"},
        "marker": {"color": "#D55E00", "symbol": "star"},
    },
    "smooth": {"mode": "lines", "line": {"shape": "spline", "color": "#009E73"}},
    "stairs": {"mode": "lines", "line": {"shape": "hv", "color": "#009E73"}},
    "across gaps": {"mode": "lines", "connectgaps": True},
    "filled to zero": {"mode": "lines", "fill": "tozeroy", "line": {"color": "#009E73"}},
    "plain": {},
    "bars": {"type": "bar", "marker": {"color": "#0072B2"}},
}


MOVED = ("lines", "markers")  # by the page itself; what it leaves to plotly.js needs less
LESS = ("linear", "log", "one given by the data")


@pytest.mark.parametrize(
    "mode,data",
    [(m, d) for m in MODES for d in (DATA if m in MOVED else ("longer curves", "gaps"))],
)
def test_any_data_on_any_axes(bare, mode, data):
    for x, y in DATA[data]:
        trace = {"type": "scatter", "x": x, "y": y, "name": "curve", **MODES[mode]}
        level = charts.path([0.01, 1], [y[-1] if len(y) else 1.0] * 2, "level", figures.GREY, "dot")
        shown = [
            Figure(name, [trace, level], {"xaxis": across, "yaxis": up})
            for name, (across, up) in AXES.items()
            if mode in MOVED or name in LESS
        ]
        bare.draw(shown)
        check(bare, shown)
