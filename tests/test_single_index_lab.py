"""SingleIndexLab draws and says what Algorithm 1 finds, whatever is turned."""

import io
import math

import numpy as np
import pandas as pd
import pytest
from drawings import (
    BESIDE,
    BLUE,
    GREEN,
    GREY,
    INK,
    VERMILLION,
    alone,
    check,
    controls,
    dots,
    drive,
    find,
    line,
    marked,
    ordered,
    same,
    shade,
)

from course_utils import LINKS, Settings, hermite_coefficients, principal_angles
from course_utils.algorithm1 import algorithm1, learn, race_samples
from course_utils.engine.online import Diverged
from course_utils.labs import SingleIndexLab, single_index_curves
from course_utils.labs.frames import Frames
from course_utils.line_tests import LineTests

SMALL = Settings(link="cubic", d=20, noise=0.2, width=12, weight_decay=0.4, bias="away", seed=3)
COURSE = {"step": 1.0, "schedule": "decreasing", "activation": "relu"}  # PHASE_1, but for the rest
TIMES = np.array([6, 20, 40, 60])
OVER = np.array([0.3, 1, 2, 3])
STOPS = (0.3, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100)
BLUES, REDS = (BLUE, "solid", "circle"), (VERMILLION, "dash", "square")


def opened(settings=SMALL, samples=3, seeds=2):
    return alone(SingleIndexLab(settings, samples=samples, seeds=seeds))


def expected(settings=SMALL, times=TIMES, seeds=2, **options):
    """Outcomes [seed][T] of the function that the notebook teaches."""
    s = settings.replace(**COURSE)
    return [
        learn(s.replace(seed=s.seed + i), times, sampling="plain", **options) for i in range(seeds)
    ]


def each(outcomes, value):
    """(seeds, n) numbers."""
    return np.array([[value(o) for o in some] for some in outcomes])


def now_line(low, high, at):
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [at, at],
        "y": [low, high],
        "line": {"color": VERMILLION, "width": 1.2},
        "hoverinfo": "skip",
        "showlegend": False,
        "opacity": 0.8,
    }


def time_axis(d=20):
    return {
        "type": "log",
        "range": [math.log10(0.25), math.log10(130)],
        "title": f"samples T / d (d = {d:,})",
        "tickvals": [0.3, 1, 3, 10, 30, 100],
        "ticktext": ["0.3", "1", "3", "10", "30", "100"],
        "tickangle": 0,
    }


def views(lab, moment=-1):
    return lab.figures(lab.session.run(), moment)


def test_r2_and_angle_are_drawn_as_learn_measures_them():
    lab, found = opened(), expected()
    _, second, third, _ = views(lab)
    r2, old = each(found, lambda o: o.r2), each(found, lambda o: o.old_report.r2)
    allowed = each(found, lambda o: o.angle_r2).mean(axis=0)
    low = second.layout["yaxis"]["range"][0]
    assert low <= r2.mean(axis=0).min() and low >= -3
    check(
        second,
        "r2",
        [
            line([0.15, 200], [0.6] * 2, "best linear", GREY, "longdash", 1.5),  # 9 / 15
            shade(OVER, old.min(0), old.max(0), VERMILLION),
            marked(OVER, old.mean(0), "old biases", *REDS),
            shade(OVER, r2.min(0), r2.max(0), BLUE),
            marked(OVER, r2.mean(0), "both phases", *BLUES),
            line(OVER, allowed, "by the angle", GREEN, "dot"),
            now_line(low, 1.05, 3.0),
        ],
        {
            "title": "R² against the noiseless label",
            "xaxis": time_axis(),
            "yaxis": {"range": [low, 1.05], "title": "R²"},
            "legend": BESIDE,
        },
    )
    target = SMALL.target()
    angle = each(found, lambda o: np.degrees(o.angle))
    first = principal_angles(found[0][-1].phase_1.W, target.directions)[0]
    assert angle[0, -1] == pytest.approx(np.degrees(first))
    guide = angle.mean(0)[-1] * np.sqrt(3 / np.array([0.15, 200]))
    check(
        third,
        "angle",
        [
            line([0.15, 200], guide, "∝ √(d/T)", INK, "longdash", 1.5, hoverinfo="skip"),
            shade(OVER, angle.min(0), angle.max(0), BLUE),
            marked(OVER, angle.mean(0), "angle", *BLUES),
            now_line(1, 200, 3.0),
        ],
        {
            "title": "Angle between W and u",
            "xaxis": time_axis(),
            "yaxis": {
                "type": "log",
                "range": [math.log10(2.5), 2],
                "title": "degrees",
                "tickvals": [3, 10, 30, 90],
                "ticktext": ["3", "10", "30", "90"],
            },
            "legend": BESIDE,
        },
    )


@pytest.mark.parametrize("moment", [-1, 1])
def test_the_function_and_its_degrees_are_those_of_algorithm_1_on_the_same_samples(moment):
    """Computed once more from the samples, without ``learn``."""
    lab, n = opened(), int(TIMES[moment])
    s = SMALL.replace(**COURSE)
    learned, tests = algorithm1(s, *race_samples(s, n)), LineTests(s.target())
    inside = np.abs(tests.z) <= 3.7
    first, *_, last = views(lab, moment)
    traces = {t["name"]: t for t in first.traces}
    names = ["f", "phase 1 alone", "old biases", "both phases", "kinks"]
    assert [t["name"] for t in first.traces] == names
    z = tests.z[inside]
    same(traces["f"], line(z, z**3 / math.sqrt(15), "f", INK, "solid", 3), rel=1e-9)
    mean = learned(tests.X).reshape(120, 10).mean(axis=1)
    same(traces["both phases"], line(z, mean[inside], "both phases", *BLUES[:2]), rel=1e-6)
    found = expected()[0][moment]
    curve = found.old_report.curve[inside]
    same(traces["old biases"], line(z, curve, "old biases", *REDS[:2]), rel=1e-9)
    alone_ = found.phase_1(tests.X).reshape(120, 10).mean(axis=1)[inside]
    same(traces["phase 1 alone"], line(z, alone_, "phase 1 alone", GREEN, "dot"), rel=1e-9)
    u = s.target().directions[0]
    kinks = np.clip(-learned.net.b / (learned.net.W @ u), -99, 99)
    np.testing.assert_allclose(traces["kinks"]["x"], kinks, rtol=1e-9)
    low, high = first.layout["yaxis"]["range"]
    assert set(traces["kinks"]["y"]) == {low + 0.03 * (high - low)}
    assert first.layout["xaxis"] == {"range": [-3.7, 3.7], "title": "z = ⟨u, x⟩"}
    c, j = hermite_coefficients("cubic", 7), np.arange(8)
    rho = math.cos(principal_angles(learned.net.W, s.target().directions)[0])
    hover = "degree %{x:.0f}: %{y:.2f}<extra>"
    top = last.layout["yaxis"]["range"][1]
    check(
        last,
        "degrees",
        [
            dots(j, c, "f", INK, 11, "circle-open", hovertemplate=hover + "f</extra>"),
            dots(
                j + 0.2,
                c * rho ** (2 * j),
                "by the angle",
                GREEN,
                7,
                "diamond",
                hovertemplate=hover + "by the angle</extra>",
            ),
            dots(
                j,
                found.report.coefficients,
                "both phases",
                BLUE,
                7,
                hovertemplate=hover + "both phases</extra>",
            ),
        ],
        {
            "title": "Hermite degrees learned, one seed",
            "xaxis": {"title": "degree", "dtick": 1, "range": [-0.5, 7.5]},
            "yaxis": {"range": [-0.45 / 1.1 * top, top], "title": "coefficient"},
            "legend": BESIDE,
        },
    )
    assert top >= 1.1 and top >= max(c.max(), found.report.coefficients.max())


def test_where_no_kinks_are_the_page_is_shaded():
    lab = opened()
    assert "no kinks here" not in [t.get("name") for t in views(lab)[0].traces]
    drive(lab, "reach", 0.5)
    left, right, *others = views(lab)[0].traces
    assert left["name"] == right["name"] == "no kinks here"
    assert left["showlegend"] is True and right["showlegend"] is False
    assert max(left["x"]) == -0.5 and min(right["x"]) == 0.5 and max(right["x"]) > 3.7
    kinks = next(t for t in others if t["name"] == "kinks")["x"]
    found = expected(reach=0.5)
    u = SMALL.target().directions[0]
    net = found[0][-1].net
    np.testing.assert_allclose(kinks, np.clip(-net.b / (net.W @ u), -99, 99))


def test_words_and_table_say_what_was_measured():
    lab, found = opened(), expected()
    r2, old, allowed, angle = (
        each(found, f)[:, -1]
        for f in (
            lambda o: o.r2,
            lambda o: o.old_report.r2,
            lambda o: o.angle_r2,
            lambda o: np.degrees(o.angle),
        )
    )
    words = lab.words(lab.session.run())
    assert words.sentence == (
        f"z^3 / sqrt 15, d = 20, width 12, T = 60 = 3 d: R² {r2.mean():.2f} (mean of 2 seeds, "
        f"{r2.min():.2f} to {r2.max():.2f}); best linear 0.60; the angle, {angle.mean():.1f} "
        f"degrees, allows {allowed.mean():.2f} to one direction; with the old biases "
        f"{old.mean():.2f}."
    )
    rule = math.sqrt(2 * math.log(60)) + 1
    assert words.rows == [
        (
            "R²",
            f"{allowed.mean():.2f}",
            f"{r2.mean():.2f}",
            f"{r2.mean() - allowed.mean():+.2f}",
        ),
        ("old biases", "", f"{old.mean():.2f}", ""),
        ("best linear", "0.60", "", ""),
        ("angle", "", f"{angle.mean():.1f}°", ""),
        ("reach", f"{rule:.2f}", f"{rule:.2f}", ""),
    ]
    sentence, *table, head, r1, _, _, _, r5, last = lab.text().splitlines()
    assert sentence == words.sentence
    assert last == f"{lab.short()}; reach rule, phase 2 solved"
    assert lab.short() == (
        "d=20 noise=0.2 link=cubic width=12 loss=huber weight_decay=0.4 bias=away seed=3"
    )
    numbers = np.array([[float(v) for v in row[16:].split()] for row in table])
    values = (lambda o: o.r2, lambda o: o.old_report.r2, lambda o: o.angle_r2)
    wanted = [OVER, *(each(found, f).mean(axis=0) for f in values)]
    np.testing.assert_allclose(numbers[:4], wanted, atol=0.0051)
    np.testing.assert_allclose(
        numbers[4], each(found, lambda o: np.degrees(o.angle)).mean(axis=0), atol=0.051
    )
    assert head.split() == ["predicted", "measured", "error"]
    assert r1.split()[-1] == f"{r2.mean() - allowed.mean():+.2f}"
    assert r5.split()[-1] == f"{rule:.2f}"


def test_looking_back_shows_an_earlier_row_and_measures_nothing():
    lab = opened()
    rows = [list(map(id, some)) for some in lab.session.rows]
    drive(lab, "look", {"samples": 20.0, "by": "a page", "seq": 2})
    assert lab.player.cursor == 20.0 and lab.player.looked == {"by": "a page", "seq": 2}
    assert "T = 20 = 1 d" in lab.text().splitlines()[0]
    assert lab.player.clock(lab.session, 1) == "t = 20 = 1 d"
    assert views(lab, lab.player.moment(lab.session))[1].traces[-1]["x"].tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="no moment to look back at"):
        lab._obey("look", -1)
    assert [list(map(id, some)) for some in lab.session.rows] == rows
    drive(lab, "set noise", 0.5)  # what begins anew is looked at as it is now
    assert lab.player.cursor is None


def test_rows_come_one_by_one_and_later_seeds_after_the_first():
    lab = opened()
    lab._obey("set noise", 0.5)
    assert [len(rows) for rows in lab.session.rows] == [1, 0] and lab.actor.playing
    words = lab.words(lab.session)
    assert "(1 seed)" in words.sentence
    assert words.sentence.endswith(" Measuring goes on to T = 60, 2 seeds.")
    assert all(figure.plotly() for figure in views(lab))
    for count in ([2, 0], [3, 0], [4, 0], [4, 1], [4, 2]):
        lab._step()
        assert [len(rows) for rows in lab.session.rows] == count
    assert len(lab.session) == 4 and "(1 seed)" in lab.words(lab.session).sentence
    assert "mean of 2 seeds" in lab.words(lab.session, 1).sentence
    assert all(figure.plotly() for figure in views(lab))
    while lab.actor.playing:
        lab._step()
    assert "goes on" not in lab.words(lab.session).sentence and not lab.errors


def test_t_shows_less_and_measures_on_where_it_grows():
    lab = opened(samples=1)
    kept = lab.session.rows[0][0]
    drive(lab, "samples", 3)
    assert len(lab.session) == 4 and lab.session.rows[0][0] is kept
    found = expected()
    np.testing.assert_allclose(lab.session.column("r2"), each(found, lambda o: o.r2), atol=1e-9)
    drive(lab, "samples", 1)
    assert len(lab.session) == 2 and "T = 20 = 1 d" in lab.words(lab.session).sentence
    assert [len(rows) for rows in lab.session.rows] == [4, 4]
    assert len(views(lab)[1].traces[2]["x"]) == 2


def test_further_seeds_join():
    lab = opened(seeds=1)
    assert "(1 seed)" in lab.words(lab.session).sentence
    assert [t.get("name") for t in views(lab)[1].traces] == [
        "best linear",
        "old biases",
        "both phases",
        "by the angle",
        None,
    ]
    first = lab.session.rows[0][-1]
    drive(lab, "seeds", 1)
    assert lab.session.rows[0][-1] is first
    wanted = each(expected(), lambda o: o.r2)
    np.testing.assert_allclose(lab.session.column("r2"), wanted, atol=1e-9)
    drive(lab, "new_seed")
    assert lab.settings.seed == 5


def test_reach_and_phase_2_are_those_of_the_knobs_and_the_curve_before_stays():
    lab = opened()
    before = lab.session.column("r2").mean(axis=0)
    drive(lab, "reach", 0.5)
    wanted = each(expected(reach=0.5), lambda o: o.r2)
    np.testing.assert_allclose(lab.session.column("r2"), wanted, atol=1e-9)
    grey = views(lab)[1].traces[0]
    same(grey, line(OVER, before, "before: reach rule", GREY, "dashdot"))
    assert lab.words(lab.session).rows[-1][2] == "0.50"
    drive(lab, "passes", 10)
    wanted = each(expected(reach=0.5, second="sgd", passes=10), lambda o: o.r2)
    np.testing.assert_allclose(lab.session.column("r2"), wanted, atol=1e-9)
    assert views(lab)[1].traces[0]["name"] == "before: phase 2 solved"
    assert lab.text().endswith("reach 0.5, phase 2 10 passes of SGD")
    drive(lab, "set d", 50)
    assert views(lab)[1].traces[0]["name"] == "before: d 20"
    drive(lab, "set weight_decay", 1.0)
    assert views(lab)[1].traces[0]["name"] == "before: decay 0.4"
    drive(lab, "new_seed")
    assert views(lab)[1].traces[0]["name"] == "before: other seeds"


def test_beyond_200_dimensions_phase_2_has_fresh_samples_and_says_so():
    lab = opened(SMALL.replace(d=500), samples=1, seeds=1)
    assert lab.words(lab.session).sentence.endswith(" Phase 2 had 500 fresh samples.")
    s = SMALL.replace(d=500, **COURSE)
    wanted = learn(s, [150, 500], sampling="reduced")[-1]
    assert lab.session.rows[0][-1].r2 == pytest.approx(wanted.r2)
    kinks = next(t for t in views(lab)[0].traces if t["name"] == "kinks")["x"]
    along = wanted.net.W[:, 0]
    np.testing.assert_allclose(kinks, np.clip(-wanted.net.b / along, -99, 99))
    assert "fresh" not in opened(SMALL.replace(d=200), 0.3, 1).words(lab.session.run()).rows[0][0]
    near = opened(SMALL.replace(d=200), samples=0.3, seeds=1)
    assert "fresh" not in near.words(near.session).sentence


def test_csv_is_what_is_drawn():
    lab, found = opened(), expected()
    text = lab.csv()
    assert text.splitlines()[0] == f"# {lab.settings.summary()}"
    table = pd.read_csv(io.StringIO(text), comment="#")
    assert table["seed"].tolist() == [3] * 4 + [4] * 4
    assert table["samples"].tolist() == [*TIMES, *TIMES]
    assert set(table["passes"]) == set(table["fresh"]) == {0}
    flat = {
        "r2": lambda o: o.r2,
        "r2_old_biases": lambda o: o.old_report.r2,
        "r2_phase_1": lambda o: o.tests.report(o.phase_1).r2,
        "angle": lambda o: np.degrees(o.angle),
        "r2_of_angle": lambda o: o.angle_r2,
        "reach": lambda o: math.sqrt(2 * math.log(o.samples)) + 1,
    }
    for name, value in flat.items():
        np.testing.assert_allclose(table[name], each(found, value).ravel(), err_msg=name)


def test_fields_and_codes_change_what_they_name():
    lab = opened(samples=0.3, seeds=1)
    for key, value in (
        ("link", "relu"),
        ("d", 50),
        ("noise", 0.5),
        ("width", 20),
        ("loss", "square"),
        ("weight_decay", 1.0),
        ("bias", "none"),
        ("seed", 9),
    ):
        before = lab.settings
        drive(lab, f"set {key}", value)
        assert lab.settings == before.replace(**{key: value}), key
        assert lab.session.rows[0][0].samples == round(0.3 * lab.settings.d)
    drive(lab, "code", "d=20 step=7 activation=tanh schedule=constant loss=huber")
    assert lab.settings == before.replace(seed=9, d=20, loss="huber")  # SGD is the course's


def test_what_is_refused_is_told_and_changes_nothing():
    lab = opened(samples=0.3, seeds=1)
    before, row = lab.settings, lab.session.rows[0][0]
    for key, value, words in (
        ("code", "link=chain k=2", "one direction"),
        ("code", "link=none", "not constant"),
        ("code", "width=100000 d=100000", "too large for this lab"),
        ("code", "loss=logistic", "signs as labels"),
        ("reach", -1.0, "reach = -1.0 is out of range"),
        ("passes", -5, "passes"),
        ("preset", "nothing", "no preset 'nothing'"),
    ):
        with pytest.raises(ValueError, match=words):
            lab._obey(key, value)
        assert lab.settings == before and lab.session.rows[0][0] is row, key
        assert (lab.session.reach, lab.session.passes) == (0, 0)
    for arguments, words in (
        ({"samples": 4}, "samples = 4 is no end"),
        ({"seeds": 0}, "seeds = 0"),
    ):
        with pytest.raises(ValueError, match=words):
            SingleIndexLab(SMALL, **arguments)
    with pytest.raises(TypeError, match="Settings"):
        SingleIndexLab({"d": 10})


def test_a_seed_that_diverges_is_told_and_the_others_go_on(monkeypatch):
    true = single_index_curves.outcomes

    def outcomes(settings, times, **options):
        walk = true(settings, times, **options)
        yield next(walk)
        if settings.seed == 3:
            raise Diverged("Training diverged after 20 samples.", 20)
        yield from walk

    monkeypatch.setattr(single_index_curves, "outcomes", outcomes)
    lab = opened()
    assert [len(rows) for rows in lab.session.rows] == [1, 4] and not lab.errors
    assert "Seed 3: Training diverged after 20 samples." in lab.words(lab.session).sentence
    assert all(figure.plotly() for figure in views(lab))


def test_what_takes_too_long_stops_earlier_and_says_so():
    lab = opened(SMALL.replace(d=200, width=100), samples=0.3, seeds=1)
    assert lab.session.times[-1] == 20_000  # 100 d
    lab.session.begin(SMALL.replace(d=350, width=400))  # drawn whole, up to ten million numbers
    assert lab.session.times[-1] == 70 * 350
    lab = opened(SMALL.replace(d=2_000, width=400), samples=0.3, seeds=1)
    lab.session.until = 100
    assert lab.session.times[-1] == 30 * 2_000 and lab.session.stopped
    assert "Beyond T = 60,000 this width and d take too long" in lab.words(lab.session).sentence


def lights(**changes):
    lab = opened(SMALL.replace(**changes), samples=0.3, seeds=1)
    return lab, {name: on for on, name, _ in lab.words(lab.session).lights}


def test_lights_say_which_assumption_fails():
    lab, found = lights()
    assert list(found.values()) == [True] * 4
    drive(lab, "reach", 0.5)
    on, name, why = lab.words(lab.session).lights[0]
    assert not on and name == "kinks at all samples"
    assert why.startswith("Kinks reach to |z| = 0.5, samples to about 1.9. ")  # sqrt(2 log 6)
    for link, loss, first, rises, bounded in (
        ("he2", "huber", False, False, True),
        ("he3", "huber", True, False, True),  # clipping gives it a first order
        ("he3", "square", False, False, False),
        ("relu", "square", True, True, False),
    ):
        found = lights(link=link, loss=loss)[1]
        assert list(found.values()) == [True, first, rises, bounded], (link, loss)


def falling(Z):
    return -np.tanh(Z[:, 0])


def test_an_own_link_is_shown():
    lab, found = lights(link=falling)
    assert list(found.values()) == [True] * 4  # falling is monotone too
    assert lab.words(lab.session).sentence.startswith("your link, d = 20")
    assert lab.fields["link"].value is falling
    drive(lab, "samples", 1)
    drive(lab, "set link", "tanh")
    assert views(lab)[1].traces[0]["name"] == "before: link yours"


@pytest.mark.parametrize("name", SingleIndexLab.presets)
def test_presets_of_the_lab_open_with_their_knobs(name):
    """In fewer dimensions and with fewer neurons, so that they are quick."""
    settings, says, knobs = SingleIndexLab.presets[name]
    lab = opened(samples=0.3, seeds=1)
    quick = settings.replace(d=min(settings.d, 300), width=min(settings.width, 20))
    lab.presets[name] = (quick, says, knobs | {"samples": 1})
    lab._obey("reach", 30.0)  # what a preset does not name is put back too
    drive(lab, "preset", name)
    assert lab.settings == quick.replace(**COURSE) and says.endswith((".", "?"))
    assert (lab.session.reach, lab.session.passes) == (knobs["reach"], knobs["passes"])
    assert lab.session.until == 1 and lab.knobs["reach"].value == knobs["reach"]
    assert knobs["samples"] in STOPS and lab.preset.value == name
    message, _ = lab._frame(Frames().frame)
    assert message["words"]["note"] == says  # and nothing of what the lab has set by itself
    drive(lab, "set noise", 0.5)
    message, _ = lab._frame(Frames().frame)
    assert message["words"]["note"] == f"{says} Changed since: noise 0.1 to 0.5."
    assert all(figure.plotly() for figure in views(lab))


# What the sentence of a preset says, measured at its own settings: seeds, where curves end if not
# where the preset has it, and what has come true of R^2, R^2 with old biases, the R^2 that the
# angle allows and the angle, by T / d. In the comment what is measured; a seed moves it by 0.05.
COMES_TRUE = {
    "degree 3": (1, 30, lambda r2, old, allowed, angle: r2[30] > 0.85 and r2[5] < 0.8),  # .92, .66
    "degree 5": (  # .12, .7, .87
        1,
        100,
        lambda r2, old, allowed, angle: r2[3] < 0.35 and r2[100] > r2[30] + 0.05 > 0.6,
    ),
    "10,000 dimensions": (  # .35, .81, as with d = 100
        1,
        10,
        lambda r2, old, allowed, angle: 0.25 < r2[2] < 0.6 and 0.62 < r2[10] < 0.88,
    ),
    "100,000 dimensions": (  # .29, .61; with d = 100 .56, .77 and width 200
        1,
        3,
        lambda r2, old, allowed, angle: 0.1 < r2[1] < 0.45 < r2[3] < 0.8,
    ),
    "reach too small": (  # .35, .40, .9
        1,
        100,
        lambda r2, old, allowed, angle: r2[100] < min(0.5, r2[30] + 0.12, allowed[100] - 0.3),
    ),
    "no biases before": (  # .91, .56
        1,
        30,
        lambda r2, old, allowed, angle: r2[30] > 0.82 and old[30] < 0.68,
    ),
    "even link": (  # 0, .94
        1,
        100,
        lambda r2, old, allowed, angle: max(r2[3], r2[7]) < 0.25 and r2[100] > 0.85,
    ),
    "no first order": (1, 100, lambda r2, old, allowed, angle: abs(r2[100]) < 0.12),  # 0
    "square loss on heavy tails": (  # .49 and 31 degrees; with Huber .67 and 19
        1,
        30,
        lambda r2, old, allowed, angle: r2[30] < 0.6 and angle[30] > 23,
    ),
    "ten neurons": (3, 100, lambda r2, old, allowed, angle: r2[100] < allowed[100] - 0.08),  # -.2
    "one pass of SGD": (1, 30, lambda r2, old, allowed, angle: r2[30] < 0.75),  # .61
}


@pytest.mark.parametrize("name", COMES_TRUE)
def test_what_a_preset_says_comes_true(name):
    settings, _, knobs = SingleIndexLab.presets[name]
    seeds, until, true = COMES_TRUE[name]
    lab = opened(samples=0.3, seeds=seeds)
    lab.presets[name] = (settings, "", knobs | {"samples": until})
    assert until <= knobs["samples"]
    session = drive(lab, "preset", name)
    over = [float(f"{t / settings.d:.3g}") for t in session.samples]
    mean = [
        dict(zip(over, session.column(n).mean(axis=0), strict=True))
        for n in ("r2", "old_r2", "angle_r2", "angle")
    ]
    mean[3] = {t: np.degrees(v) for t, v in mean[3].items()}
    assert true(*mean), mean


def test_controls_of_the_lab_say_and_offer_what_they_set():
    lab = opened(samples=0.3, seeds=1)
    shown = [c for part in (*lab.children[:2], lab.children[-1]) for c in controls(part)]
    numbers = lambda values: [(f"{v:,}" if v > 1 else f"{v:g}", v) for v in values]  # noqa: E731
    links = [(link.formula, name) for name, link in LINKS.items() if link.k_range == (1, 1)]
    assert ("z^3 / sqrt 15", "cubic") in links and len(links) >= 7
    noises = [0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3]
    assert shown[:7] == [
        (
            "link",
            "cubic",
            links,
            "How the label depends on the hidden projection",
        ),
        (
            "d",
            20,
            numbers([20, 50, 100, 200, 500, 1000, 2000, 10_000, 100_000]),
            "Input dimension, over more than three decades",
        ),
        (
            "noise",
            0.2,
            [(f"{v:g}", v) for v in noises],
            "Standard deviation of the noise added to each label",
        ),
        ("width", 12, numbers([10, 12, 20, 50, 100, 200, 400]), "Number of neurons"),
        ("T", 0.3, [(f"{f:g} d", f) for f in STOPS], "Curves up to this many samples"),
        (
            "reach",
            0.0,
            [
                ("rule", 0.0),
                *((f"{v:g}", v) for v in (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)),
            ],
            "New biases reach so many row norms far; the rule is √(2 log T) + 1",
        ),
        (
            "preset",
            "",
            [("choose", "")] + [(n, n) for n in SingleIndexLab.presets],
            "An experiment worth seeing, in one choice",
        ),
    ]
    assert shown[7][0] == "3 more seeds"
    behind = [c[0] for c in shown[13:19]]
    assert behind == ["loss", "decay", "biases", "seed", "phase 2", "New samples"]
    assert shown[17] == (
        "phase 2",
        0,
        [
            ("solved", 0),
            ("1 pass of SGD", 1),
            ("10 passes of SGD", 10),
            ("100 passes of SGD", 100),
        ],
        "How the second layer is found: exactly, or by SGD over the samples",
    )
    lab.knobs["samples"].value, lab.knobs["reach"].value = 3, 0.5
    lab.knobs["passes"].value, lab.fields["width"].value = 10, 50
    lab.fields["loss"].value = "square"
    find(lab, "3 more seeds").click()
    find(lab, "New samples").click()
    assert ordered(lab) == [
        ("samples", 3),
        ("reach", 0.5),
        ("passes", 10),
        ("set width", 50),
        ("set loss", "square"),
        ("seeds", 3),
        ("new_seed", None),
    ]


def test_its_result_is_a_copy_that_goes_on_without_it(tmp_path):
    lab = opened()
    kept = lab.result
    drive(lab, "set noise", 0.5)
    assert kept.settings.noise == 0.2 and len(kept) == 4 and len(kept.rows[1]) == 4
    where = lab.record_html(tmp_path / "run.html")
    text = where.read_text(encoding="utf-8")
    assert "SingleIndexLab" in text and "t = 20 = 1 d" in text


def test_it_opens_with_the_setting_of_the_notebook():
    lab = alone(SingleIndexLab(samples=0.3, seeds=1))
    assert lab.short() == (
        "d=100 noise=0.1 link=cubic width=200 loss=huber weight_decay=0.5 bias=normal seed=0"
    )
