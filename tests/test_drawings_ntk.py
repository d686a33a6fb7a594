"""NTKLab draws and says what the race and the kernel did.

Results are made by hand, of numbers that cannot be taken for others.
"""

import io
import math

import numpy as np
import pandas as pd
import pytest
from drawings import (
    BLUE,
    GREEN,
    GREY,
    INK,
    TOP_LEFT,
    TOP_RIGHT,
    VERMILLION,
    alone,
    check,
    controls,
    drive,
    find,
    line,
    marked,
    ordered,
    same,
)

from course_utils import LINKS, Settings
from course_utils.comparison import LineTests, Movement, Report, kernel_movement, predicted_r2, race
from course_utils.labs import NTKLab, ntk
from course_utils.labs import race as racing

SIZES = [50, 100, 200, 300, 500, 1000, 2000, 3000]
METHODS = {
    "SGD": (BLUE, "solid", "circle"),
    "NTK": (VERMILLION, "dash", "square"),
    "linear": (GREEN, "dot", "diamond"),
}
# Phase 1 as notebook 05 takes it.
COURSE = {"loss": "huber", "weight_decay": 0.5, "step": 1.0, "schedule": "decreasing"}
TIMES = np.array([0, 30, 65, 139, 300, 3000])


def report(n: int, i: int, z: np.ndarray) -> Report:
    """R^2, curve, coefficients and ridge of method i at n samples, each unlike all others."""
    r2, curve = 0.1 + 0.2 * i + n / 10_000, (i + 1) * np.sin(z) + n / 3000
    coefficients = 0.1 * (i + 1) + np.arange(8) / 10 - n / 9000
    return Report(r2, curve, coefficients, 0.5, 10.0 ** (i - 1))


def movement(alpha: float) -> Movement:
    """Distance, alignment and angle over six moments, falling with alpha by different amounts."""
    t = np.arange(6) / alpha
    return Movement(TIMES, 0.01 * t, 0.1 + 0.15 * t, np.radians(80 - 12 * t), None, None)


@pytest.fixture
def asked(monkeypatch):
    """What the lab asks to be computed; the answers are hand-made."""
    calls = []

    def raced(settings, n, **how):
        calls.append(("race", settings, n, how))
        return {m: report(n, i, how["tests"].z) for i, m in enumerate(METHODS)}

    def moved(settings, alpha, **how):
        calls.append(("move", settings, alpha, how))
        return movement(alpha)

    monkeypatch.setattr(racing, "race", raced)
    monkeypatch.setattr(racing, "kernel_movement", moved)
    return calls


def open_lab(n=300, **settings):
    common = {"link": "cubic", "d": 20, "noise": 0.2, "width": 30, "seed": 4}
    return alone(NTKLab(Settings(**common | settings), n=n))


def test_what_is_asked_of_the_experiment(asked):
    """One movement of the kernel, then all methods at each size on the same tests.

    SGD is Algorithm 1 as taught.
    """
    lab = open_lab(n=200, weight_decay=3.0, loss="square", step=0.01, schedule="decreasing")
    (_, lazy, alpha, how), *races = asked
    wanted = Settings(link="cubic", d=20, noise=0.2, width=30, seed=4)
    assert lazy == wanted.replace(loss="square", schedule="constant", weight_decay=0.3, step=0.3)
    assert alpha == 1.0 and how == {"checkpoints": 10}
    assert [n for _, _, n, _ in races] == [50, 100, 200]
    for kind, settings, _, how in races:
        assert kind == "race" and settings == wanted.replace(**COURSE) == lab.settings
        same(how["ridges"], [1e-3, 1e-2, 1e-1, 1, 10, 100, 1000])
        tests = how["tests"]
        same(tests.z, 6.5 * (np.arange(-79, 80, 2) / 80))
        same(tests.X @ settings.target().directions[0], np.repeat(tests.z, 20), tiny=1e-9)


def test_the_experiment_shows_what_comparison_computes():
    """Without anything hand-made: the same numbers as from the functions of notebook 05."""
    s = Settings(link="tanh", d=5, width=10, **COURSE)
    lab = NTKLab(s, n=50)
    tests = LineTests(s.target(), grid=80, each=20)
    own = race(s, 50, tests=tests, ridges=np.geomspace(1e-3, 1e3, 7))
    shown = lab.session.reports[50]
    for name in METHODS:
        assert shown[name].r2 == own[name].r2 and np.array_equal(shown[name].curve, own[name].curve)
    lazy = s.replace(loss="square", schedule="constant", weight_decay=0.3, step=0.3)
    move, found = kernel_movement(lazy, 1.0, checkpoints=10), lab.session.movement
    for name in ("samples", "distance", "alignment", "angle"):
        assert np.array_equal(getattr(move, name), getattr(found, name))


# Of each link: f, its Hermite coefficients from degree 0 on (those left out are 0), linear floor,
# reach of the axis, whether f's left end is low.
TRUTHS = {
    "cubic": (lambda z: z**3 / 15**0.5, [0, 3 / 15**0.5, 0, 0.4**0.5], 0.6, 12, True),
    "he2": (lambda z: (z**2 - 1) / 2**0.5, [0, 0, 1], 0.0, 8, False),
    "linear": (lambda z: z, [0, 1], 1.0, 4, True),
}


def bar(values, name, colour, shape):
    look = {"color": colour, "pattern": {"shape": shape, "fillmode": "overlay"}}
    told = {"name": name, "hovertemplate": f"degree %{{x}}: %{{y:.2f}}<extra>{name}</extra>"}
    return {"type": "bar", "x": np.arange(8), "y": values, "marker": look} | told


@pytest.mark.parametrize("link", TRUTHS)
@pytest.mark.parametrize("d, n, alpha", [(20, 300, 1.0), (30, 1000, 3.0)])
def test_every_figure_draws_what_was_measured(asked, link, d, n, alpha):
    f, c, floor, reach, low = TRUTHS[link]
    lab = open_lab(n=n, link=link, d=d)
    drive(lab, "alpha", alpha)
    z = lab.session.tests.z
    seen = np.abs(z) < 3.2
    sizes = [m for m in SIZES if m <= n]
    figures = lab.figures(lab.session)
    traces = [
        marked(sizes, [report(m, i, z).r2 for m in sizes], name, *look)
        for i, (name, look) in enumerate(METHODS.items())
    ]
    traces.append(line([40, 4000], [floor, floor], "linear floor", GREY, "longdash", 1.5))
    across = {
        "type": "log",
        "range": [math.log10(40), math.log10(4000)],
        "title": f"samples n (d = {d})",
        "tickvals": [50, 100, 300, 1000, 3000],
        "ticktext": ["50", "100", "300", "1,000", "3,000"],
        "tickangle": 0,
    }
    layout = {
        "title": "Test R² on the same samples",
        "xaxis": across,
        "yaxis": {"range": [-0.1, 1.05], "tickvals": [0, 0.5, 1], "title": "R²"},
    }
    assert figures[0].direct  # names at the ends of curves leave R² the whole height
    check(figures[0], "race", traces, layout)
    last = {name: report(n, i, z) for i, name in enumerate(METHODS)}
    traces = [line(z[seen], f(z[seen]), "f", INK, "solid", 3)]
    traces += [line(z[seen], r.curve[seen], name, *METHODS[name][:2]) for name, r in last.items()]
    layout = {
        "title": f"Prediction along u, n = {n:,}",
        "xaxis": {"range": [-3.2, 3.2], "title": "z = ⟨u, x⟩"},
        "yaxis": {"range": [-reach, reach], "title": "y"},
        "legend": TOP_LEFT if low else {},
    }
    check(figures[1], "function", traces, layout)
    traces = [
        bar(np.r_[c, np.zeros(8 - len(c))], "f", GREY, ""),
        bar(last["SGD"].coefficients, "SGD", BLUE, "/"),
        bar(last["NTK"].coefficients, "NTK", VERMILLION, "."),
    ]
    layout = {
        "title": "Hermite degrees learned",
        "barmode": "group",
        "legend": TOP_RIGHT,
        "xaxis": {"title": "degree", "dtick": 1},
        "yaxis": {"range": [-0.45, 1.1], "title": "coefficient"},
    }
    check(figures[2], "degrees", traces, layout, tiny=1e-8)
    t, looks = np.arange(1, 6) / alpha, list(METHODS.values())
    traces = [
        marked(TIMES[1:], 0.1 + 0.15 * t, "alignment to y", *looks[0]),
        marked(TIMES[1:], np.cos(np.radians(80 - 12 * t)), "cosine to u", *looks[1]),
        marked(TIMES[1:], 0.01 * t, "distance", *looks[2]),
    ]
    layout = {
        "title": f"The kernel in training, α = {alpha:g}",
        "legend": TOP_LEFT,
        "xaxis": {"type": "log", "range": [1.4, 3.6], "dtick": 1, "title": "samples"},
        "yaxis": {"range": [-0.05, 1.8], "tickvals": [0, 0.5, 1]},
    }
    check(figures[3], "kernel", traces, layout)


@pytest.mark.parametrize("n, alpha", [(300, 1.0), (3000, 2.0)])
def test_words_and_table_say_what_was_measured(asked, n, alpha):
    lab = open_lab(n=n, d=20)
    drive(lab, "alpha", alpha)
    words = lab.words(lab.session)
    sgd, kernel, linear = (0.1 + 0.2 * i + n / 10_000 for i in range(3))
    assert words.sentence == (
        f"z^3 / sqrt 15, d = 20, n = {n:,}: R² SGD {sgd:.2f}, NTK {kernel:.2f}, "
        f"linear {linear:.2f}; linear floor 0.60. At α = {alpha:g} the kernel moves by "
        f"{0.05 / alpha:.1g}, its alignment goes from 0.10 to {0.1 + 0.75 / alpha:.2f}, "
        f"the angle to u from 80 to {80 - 60 / alpha:.0f} degrees."
    )
    guess = predicted_r2(lab.settings, n, 1.0)  # the ridge of method 1
    assert words.rows == [
        ("R² of SGD", "", f"{sgd:.2f}", ""),
        ("R² of NTK", f"{guess:.2f}", f"{kernel:.2f}", f"{abs(guess - kernel):.2f}"),
        ("R² of linear fit", "0.60 at most", f"{linear:.2f}", ""),
    ]
    head, *rows, code = lab.text().splitlines()[1:]
    assert head.split() == ["predicted", "measured", "error"] and code == lab.short()
    assert rows[1].split()[-3:] == [f"{guess:.2f}", f"{kernel:.2f}", f"{abs(guess - kernel):.2f}"]
    # numbers end under their heads
    for label, at in (("predicted", rows[1]), ("measured", rows[0]), ("error", rows[1])):
        end = head.index(label) + len(label)
        assert at[end - 1].isdigit() and at[end : end + 1] in (" ", "")


def test_a_race_that_goes_on_says_so_and_draws_what_is_there(asked):
    lab = open_lab(n=100)
    lab._obey("n", 3000)
    assert lab.words(lab.session).sentence.endswith(" degrees. The race goes on to n = 3,000.")
    lab._obey("n", 300)
    assert lab.words(lab.session).sentence.endswith(" degrees. The race goes on to n = 300.")
    lab._step()
    assert [len(t["x"]) for t in lab.figures(lab.session)[0].traces] == [3, 3, 3, 2]
    assert "n = 200:" in lab.words(lab.session).sentence
    lab._step()
    assert not lab.actor.playing and "goes on" not in lab.words(lab.session).sentence
    lab._obey("alpha", 5.0)
    assert lab.words(lab.session).sentence == "z^3 / sqrt 15, d = 20: the race is being run."
    assert lab.figures(lab.session)[3].traces == []
    assert lab.figures(lab.session)[3].layout["title"] == "The kernel in training, α = 5"
    lab._obey("new_seed", None)
    assert lab.words(lab.session).rows == [] and lab.text().splitlines()[1:] == [lab.short()]
    names = [[t["name"] for t in figure.traces] for figure in lab.figures(lab.session)]
    assert names == [[*METHODS, "linear floor"], ["f"], ["f"], []]
    assert lab.figures(lab.session)[1].layout["title"] == "Prediction along u"


def test_a_step_that_fails_is_not_tried_again(asked, monkeypatch):
    lab = open_lab(n=50)
    monkeypatch.setattr(racing, "race", lambda *_, **__: 1 / 0)
    lab._obey("n", 100)
    with pytest.raises(ZeroDivisionError):
        lab._step()
    assert not lab.actor.playing and lab.session.sizes() == [50]


def test_knobs_change_what_they_name(asked):
    lab = open_lab(n=200)
    del asked[:]
    drive(lab, "n", 100)
    assert asked == [] and lab.session.sizes() == [50, 100]
    drive(lab, "n", 500)
    assert [(kind, n) for kind, _, n, _ in asked] == [("race", 300), ("race", 500)]
    del asked[:]
    drive(lab, "alpha", 10.0)
    assert [(kind, alpha) for kind, _, alpha, _ in asked] == [("move", 10.0)]
    del asked[:]
    for key, value, changed in (
        ("new_seed", None, {"seed": 5}),
        ("set noise", 0.5, {"noise": 0.5}),
        ("set d", 10, {"d": 10}),
        ("set link", "tanh", {"link": "tanh"}),
        ("set width", 50, {"width": 50}),
    ):
        before = lab.settings
        drive(lab, key, value)
        assert lab.settings == before.replace(**changed)
        assert [c[0] for c in asked] == ["move"] + 5 * ["race"]
        assert {c[1].replace(**COURSE) for c in asked} == {lab.settings}
        assert [n for kind, _, n, _ in asked if kind == "race"] == SIZES[:5] and asked[0][2] == 10.0
        del asked[:]
    drive(lab, "code", "d=20 step=7 loss=square")  # what SGD is does not come from a code
    assert lab.settings == before.replace(d=20, width=50)
    assert lab.code.value == lab.short() == "d=20 noise=0.5 link=tanh width=50 seed=5"


def test_csv_is_the_race_that_is_drawn(asked):
    lab = open_lab(n=200)
    text = lab.csv()
    assert text.splitlines()[0] == f"# {lab.settings.summary()}"
    table = pd.read_csv(io.StringIO(text), comment="#")
    assert list(table) == ["n", "SGD", "NTK", "linear"] and list(table["n"]) == [50, 100, 200]
    for trace in lab.figures(lab.session)[0].traces[:3]:
        same(trace["y"], table[trace["name"]])


KNOWN = {  # formulas of some links of one direction
    "linear": "z",
    "tanh": "tanh(2z)",
    "relu": "max(z, 0)",
    "cubic": "z^3 / sqrt 15",
    "quintic": "z^5 / sqrt 945",
    "he2": "(z^2 - 1) / sqrt 2",
    "he3": "(z^3 - 3z) / sqrt 6",
}


def test_controls_say_and_offer_what_they_set(asked):
    lab = open_lab(n=200)

    def counts(*values):
        return [(f"{v:,g}", v) for v in values]

    shown = [*controls(lab.children[0]), controls(lab.children[1])[0]]
    behind = controls(lab.children[-1])
    links = [(link.formula, n) for n, link in LINKS.items() if link.k_range == (1, 1)]
    assert KNOWN.items() <= {name: formula for formula, name in links}.items()
    noises = counts(0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3)
    widths = counts(10, 20, 30, 50, 100, 200, 500, 1000)
    alphas = counts(1, 1.5, 2, 3, 5, 10, 30)
    presets = [("choose", ""), *((name, name) for name in lab.presets)]
    d, noise = lab.fields["d"], lab.fields["noise"]
    race = "Race up to this many samples; curves are shown for this many"
    assert shown == [
        ("link", "cubic", links, "How the label depends on the hidden projection"),
        ("d", 20, counts(10, 20, 30, 50, 100, 200), d.tooltip),
        ("noise", 0.2, noises, noise.tooltip),
        ("width", 30, widths, "Neurons of the network that SGD trains"),
        ("samples n", 200, counts(*SIZES), race),
        ("α (lazy)", 1.0, alphas, "1: mean-field scaling. Larger: a lazier network"),
        ("preset", "", presets, "An experiment worth seeing, in one choice"),
    ]
    assert ("New samples", "refresh", None, "A new seed: draw everything anew") in behind
    assert "Input dimension" in d.tooltip and "noise added" in noise.tooltip
    lab.knobs["n"].value, lab.knobs["alpha"].value = 500, 30.0
    lab.fields["link"].value, lab.fields["width"].value = "he2", 100
    lab.preset.value = "quintic"
    find(lab, "New samples").click()
    moved = [("n", 500), ("alpha", 30.0), ("set link", "he2"), ("set width", 100)]
    assert ordered(lab) == [*moved, ("preset", "quintic"), ("new_seed", None)]
    assert lab.fields["link"].layout.flex == "0 1 190px"  # formulas in the place of names
    assert find(lab, "More").tooltip == "Seed, new samples, export"


def test_presets_are_what_their_sentences_say(asked):
    """c_1^2 of z^5 / sqrt 945: (15 / sqrt 945)^2 = 0.24, so that three quarters are beyond.

    10^3.5 = 3162.
    """
    lab, said, codes = open_lab(n=50), {}, {}
    told = {
        "tanh": "Most of it is linear",
        "cubic": "degree-3 part",
        "quintic": "Three quarters",
        "small d": "d³·⁵",
        "he2": "No slope",
    }
    lab.stage.send_frame = lambda figures, words: said.update({lab.preset.value: words.note}) or 1
    for name in lab.presets:
        drive(lab, "preset", name)
        lab._show()
        codes[name], floor = lab.short(), lab.session.floor
        assert told.get(name, "") in said[name] == lab.presets[name][1]
        if name == "quintic":
            assert 1 - floor == pytest.approx(0.75, abs=0.02)
        if name == "he2":
            assert floor < 1e-12 and "degree 2" in said[name]
            assert abs(lab.session.c[2]) == pytest.approx(1)
        if name == "cubic":
            assert lab.session.c[3] ** 2 == pytest.approx(1 - floor)
        if name == "tanh":
            assert 0.5 < floor < 1
    assert "3000 samples are d³·⁵" in said["small d"]
    assert math.log10(3000) == pytest.approx(3.5, abs=0.03)
    rest = "noise=0.1 link={} width=200 seed=0"
    wanted = {link: "d=100 " + rest.format(link) for link in ("tanh", "cubic", "quintic", "he2")}
    wanted["small d"] = "d=10 " + rest.format("cubic")
    assert wanted.items() <= codes.items()


@pytest.mark.parametrize("link", ["norm", "sum_tanh", "product"])
def test_a_code_may_name_a_link_that_the_menu_lacks(asked, link):
    lab = open_lab(n=50)
    drive(lab, "code", f"link={link} k=1 d=15")
    assert lab.settings.link == lab.fields["link"].value == link and lab.fields["d"].value == 15
    labels = [label for label, value in lab.fields["link"].options if value == link]
    assert labels == [LINKS[link].formula]
    offered = [v for _, v in lab.fields["d"].options]
    assert offered == [10, 15, 20, 30, 50, 100, 200]  # and no dimension that is refused


def test_axes_hold_what_is_drawn(asked, monkeypatch):
    """R^2 below zero, where a method does worse than the mean.

    And coefficients of links that are not scaled to variance 1.
    """
    lab = open_lab(n=50, link=lambda Z: -3 * Z[:, 0], k=1)
    limits = lab.figures(lab.session)[2].layout["yaxis"]["range"]
    assert limits == pytest.approx([-0.45 * 7, 1.1 * 7])
    lab.session.c = np.r_[0, 2.1, np.zeros(6)]
    assert lab.figures(lab.session)[2].layout["yaxis"]["range"] == pytest.approx([-0.9, 2.2])
    half = [i / 2 for i in range(-6, 3)]
    for worst, limits, ticks in (
        (-0.04, [-0.1, 1.05], half[6:]),
        (-0.15, [-0.5, 1.05], half[5:]),
        (-0.6, [-1, 1.05], half[4:]),
        (-40.0, [-3, 1.05], half),
    ):
        lab.session.reports[50]["NTK"] = Report(worst, np.zeros(80), np.zeros(8), 0.0, 1.0)
        axis = lab.figures(lab.session)[0].layout["yaxis"]
        assert axis["range"] == limits and axis["tickvals"] == ticks


def test_links_of_ones_own_and_experiments_too_large(asked):
    def bent(Z):
        return Z[:, 0] ** 2

    lab = open_lab(n=50, link=bent, k=1)
    assert lab.words(lab.session).sentence.startswith("your link, d = 20, n = 50: R² SGD 0.11")
    assert ("yours", bent) in lab.fields["link"].options
    for key, value in (("set d", 300), ("code", "link=product k=2"), ("code", "d=201")):
        with pytest.raises(ValueError, match="this lab takes d up to 200 and one direction"):
            lab._obey(key, value)
    with pytest.raises(ValueError, match="the link none is constant"):
        lab._obey("code", "link=none k=1")
    assert lab.settings.d == 20 and lab.settings.link is bent and lab.session.reports


def test_a_lab_opens_as_asked(asked):
    lab = NTKLab(lecture=True)
    assert lab.settings == Settings(link="tanh", **COURSE)
    assert lab.session.n == 3000 == lab.knobs["n"].value
    assert lab.lecture.value and lab.stage.central == "" and not NTKLab().lecture.value
    assert lab.session.sizes() == SIZES and lab.knobs["alpha"].value == lab.session.alpha == 1
    with pytest.raises(ValueError, match="paste a line such as d=50 link=cubic"):
        lab._obey("code", " ")
    assert ntk.ALPHAS[0] == 1.0
