"""GapLab draws and says what generalisation.py computes, whatever is turned."""

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
    drive,
    find,
    line,
    marked,
    ordered,
    same,
    shade,
)

from course_utils import Settings
from course_utils.generalisation import gap, predicted_gap, suprema
from course_utils.labs import GapLab, gap_curves
from course_utils.labs.frames import Frames

SMALL = Settings(link="tanh", d=8, k=1, noise=0.2, width=12, weight_decay=0.4, seed=3)
COURSE = {  # SGD as notebook 03 takes it: phase 1 of Algorithm 1, but for the decay
    "loss": "huber",
    "step": 1.0,
    "schedule": "decreasing",
    "activation": "relu",
    "bias": "normal",
}
LOOKS = ((BLUE, "solid", "circle"), (VERMILLION, "dash", "square"), (GREEN, "dot", "diamond"))
TERMS = ("W⊥ on fresh samples", "inside the subspace", "memory in W⊥")
LAYERS = ("trained on them", "trained, fresh samples", "random")
SIZES = (50, 100, 200, 500, 1000, 2000, 5000)


def opened(settings=SMALL, samples=200, seeds=3):
    return alone(GapLab(settings, samples=samples, seeds=seeds))


def expected(settings, times, seeds):
    """Gaps, mean prediction and suprema (seeds, n, 3), from the functions of the notebook."""
    s = settings.replace(**COURSE)
    gaps = gap(s, times, seeds)
    guess = [
        [
            predicted_gap(s.replace(seed=q), net, t, average=2000)
            for net, t in zip(nets, times, strict=True)
        ]
        for q, nets in zip(gaps.seeds, gaps.nets, strict=True)
    ]
    each = [s.replace(seed=q) for q in gaps.seeds]
    sup = np.array([suprema(one, times).max(axis=2) for one in each]) if s.k == 1 else None
    return gaps, np.mean(guess, axis=0), sup


def time_axis(d):
    return {
        "type": "log",
        "range": [math.log10(40), math.log10(6500)],
        "title": f"samples T (d = {d})",
        "tickvals": list(SIZES),
        "ticktext": ["50", "100", "200", "500", "1,000", "2,000", "5,000"],
        "tickangle": 0,
    }


def layout(title, d, up):
    return {"title": title, "xaxis": time_axis(d), "yaxis": up, "legend": BESIDE}


def test_what_is_drawn_is_what_the_functions_of_the_notebook_compute():
    lab, t = opened(), np.array([50, 100, 200])
    gaps, guess, sup = expected(SMALL, t, 3)
    views = lab.figures(lab.session)
    wide = np.geomspace(40, 6500, 50)
    low, high = gaps.mean - 2 * gaps.error, gaps.mean + 2 * gaps.error
    log = {"type": "log", "range": [-4.3, 1], "title": "gap", "dtick": 1, "exponentformat": "power"}
    check(
        views[0],
        "gap",
        [
            line(wide, np.sqrt(8 / wide), "√(kd/T)", INK, "longdash", 1.5),
            shade(t, np.maximum(low, 1e-6), high, BLUE),
            marked(t, gaps.mean, "gap, mean", *LOOKS[0]),
            line(t, guess, "predicted", VERMILLION, "dash"),
            line(t, gaps.luck, "luck of one run", GREEN, "dot"),
        ],
        layout("Gap of a trained network", 8, log),
    )
    found = sup * np.sqrt(t)[:, None]
    top = views[1].layout["yaxis"]["range"][1]
    assert found.max() <= top <= max(6, 2 * found.max())
    check(
        views[1],
        "suprema",
        [shade(t, found[..., i].min(0), found[..., i].max(0), LOOKS[i][0]) for i in range(3)]
        + [marked(t, found[..., i].mean(0), LAYERS[i], *LOOKS[i]) for i in range(3)],
        layout(
            "Largest gap over second layers × √T",
            8,
            {"range": [0, top], "title": "sup |R − R̂| × √T"},
        ),
    )
    terms = gaps.terms.mean(axis=0) * t[:, None] / 8
    up = views[2].layout["yaxis"]["range"]
    assert up[1] >= terms.sum(axis=1).max() and up[0] == pytest.approx(-up[1] / 3)
    check(
        views[2],
        "terms",
        [line(t, terms.sum(axis=1), "whole gap", INK, "solid", 3)]
        + [marked(t, terms[:, i], TERMS[i], *LOOKS[i]) for i in range(3)],
        layout("Three terms of the gap × T / d", 8, {"range": up, "title": "term × T / d"}),
    )
    y, error = gaps.mean[2] * 200 / 8, gaps.error[2] * 200 / 8
    check(
        views[3],
        "compared",
        [
            line(
                [12, 12, math.nan],
                [y - 2 * error, y + 2 * error, math.nan],
                "± 2 standard errors",
                BLUE,
                "solid",
                1.5,
                hoverinfo="skip",
            ),
            marked([12], [y], "gap × T / d", *LOOKS[0]),
        ],
        {
            "title": "Gap × T / d against width, T = 200",
            "xaxis": {"title": "width", "range": [0.9, 5.1], "type": "log", "dtick": 1},
            "yaxis": {"range": views[3].layout["yaxis"]["range"], "title": "gap × T / d"},
            "showlegend": False,
        },
    )
    assert views[3].layout["yaxis"]["range"][1] >= y + 2 * error


def test_words_and_table_say_what_was_measured():
    lab, t = opened(), (50, 100, 200)
    gaps, guess, sup = expected(SMALL, t, 3)
    words = lab.words(lab.session)
    more = ", more than the gap itself" if gaps.luck[2] > gaps.mean[2] else ""
    assert words.sentence == (
        f"tanh(2z), d = 8, k = 1, width 12, T = 200: mean gap {gaps.mean[2]:.5f} ± "
        f"{gaps.error[2]:.5f} (3 seeds); one run's luck is ± {gaps.luck[2]:.5f}{more}. "
        f"√(kd/T) = 0.20."
    )
    off = f"{guess[2] / gaps.mean[2] - 1:+.0%}"
    means = sup[:, 2].mean(axis=0) * math.sqrt(200)
    assert words.rows == [
        ("gap", f"{guess[2]:.5f}", f"{gaps.mean[2]:.5f}", off),
        ("gap × T / d", f"{guess[2] * 25:.3f}", f"{gaps.mean[2] * 25:.3f}", off),
        ("risk", "", f"{gaps.risk[:, 2].mean():.4f}", ""),
        *[(f"sup × √T, {name}", "", f"{v:.1f}", "") for name, v in zip(LAYERS, means, strict=True)],
    ]
    sentence, *table, head, r1, r2, r3, s1, s2, s3, code = lab.text().splitlines()
    assert sentence == words.sentence and code == lab.short()
    assert code == "d=8 k=1 noise=0.2 link=tanh width=12 weight_decay=0.4 seed=3"
    assert [row[:16].strip() for row in table] == [
        "T",
        "gap, mean",
        "standard error",
        "predicted",
        "luck of one run",
        "√(kd/T)",
    ]
    numbers = np.array([[float(v) for v in row[16:].split()] for row in table])
    wanted = [t, gaps.mean, gaps.error, guess, gaps.luck, np.sqrt(8 / np.array(t))]
    np.testing.assert_allclose(numbers, wanted, atol=0.006)
    np.testing.assert_allclose(numbers[1:5], wanted[1:5], atol=6e-6)
    assert head.split() == ["predicted", "measured", "error"]
    assert r1.split()[-3:] == [f"{guess[2]:.5f}", f"{gaps.mean[2]:.5f}", off]
    assert s3.split()[-1] == f"{means[2]:.1f}"


def test_where_the_bound_is_above_tau_the_page_is_shaded_and_says_so():
    lab = opened(SMALL.replace(d=50, k=50, link="sum_tanh"), samples=50, seeds=1)
    shaded, *_ = lab.figures(lab.session)[0].traces
    assert shaded["name"] == "bound above τ" and shaded["showlegend"] is True
    assert shaded["x"].tolist() == [40, 625, 625, 40]  # k d / tau^2
    assert min(shaded["y"]) < 10**-4.3 and max(shaded["y"]) == 10
    assert lab.words(lab.session).sentence.endswith(
        "√(kd/T) = 7.07 is above τ = 2 and says nothing."
    )
    beyond = opened(SMALL.replace(d=400, k=50, link="sum_tanh"), samples=50, seeds=1)
    assert beyond.figures(beyond.session)[0].traces[0]["x"].max() == 5000
    assert "bound above τ" not in [
        t["name"] for t in opened().figures(opened().session)[0].traces if "name" in t
    ]


def test_suprema_are_shown_where_they_can_be_computed():
    for settings, why in (
        (SMALL.replace(k=2, link="chain"), "computed for one direction, k = 1"),
        (SMALL.replace(width=301), "computed up to width 300"),
    ):
        lab = opened(settings, samples=50, seeds=1)
        view = lab.figures(lab.session)[1]
        assert view.traces == [] and view.layout["title"] == f"Second layers: {why}"
        assert len(lab.words(lab.session).rows) == 3
    assert opened(SMALL.replace(width=300), samples=50, seeds=1).session.suprema


def test_one_seed_has_no_band():
    lab = opened(samples=50, seeds=1)
    assert (
        "(1 seed);" in lab.words(lab.session).sentence
        and "nan" not in lab.words(lab.session).sentence
    )
    first, *_, last = lab.figures(lab.session)
    assert [t.get("name") for t in first.traces] == [
        "√(kd/T)",
        "gap, mean",
        "predicted",
        "luck of one run",
    ]
    assert np.isnan(last.traces[0]["y"]).all() and np.isfinite(last.traces[1]["y"]).all()


def test_the_curve_before_stays_in_sight_and_results_are_compared():
    lab = opened()
    before = lab.session.gaps
    drive(lab, "set width", 30)
    now = lab.session.gaps
    named = {t.get("name"): t for t in lab.figures(lab.session)[0].traces}
    grey = named["before: width 12"]
    same(grey, line([50, 100, 200], before.mean, "before: width 12", GREY, "dashdot"), tiny=1e-12)
    points = lab.figures(lab.session)[3].traces[1]
    assert points["x"].tolist() == [12, 30]
    np.testing.assert_allclose(points["y"], [before.mean[2] * 25, now.mean[2] * 25])
    drive(lab, "set noise", 0.5)
    assert lab.figures(lab.session)[3].traces[1]["x"].tolist() == [30]
    drive(lab, "against", "noise")
    view = lab.figures(lab.session)[3]
    assert view.traces[1]["x"].tolist() == [0.2, 0.5]
    np.testing.assert_allclose(view.traces[1]["y"][0], now.mean[2] * 25)
    assert view.layout["xaxis"] == {"title": "noise", "range": [-0.1, 3.1]}
    drive(lab, "new_seed")
    assert lab.settings.seed == 6
    named = [t.get("name") for t in lab.figures(lab.session)[0].traces]
    assert "before: other" in named
    drive(lab, "samples", 100)  # the others were measured there too
    view = lab.figures(lab.session)[3]
    assert view.layout["title"] == "Gap × T / d against noise, T = 100"
    np.testing.assert_allclose(view.traces[1]["y"][0], now.mean[1] * 12.5)


def test_t_is_shown_up_to_the_slider_and_measured_anew_beyond():
    lab = opened()
    gaps = lab.session.gaps
    drive(lab, "samples", 100)
    assert lab.session.gaps is gaps and lab.session.shown == 2
    assert "T = 100:" in lab.words(lab.session).sentence
    assert all(len(t["x"]) in (2, 4, 50) for t in lab.figures(lab.session)[0].traces)
    drive(lab, "samples", 500)
    assert lab.session.times == (50, 100, 200, 500) and lab.session.gaps is not gaps
    assert lab.session.before is None
    wanted, _, _ = expected(SMALL, [50, 100, 200, 500], 3)
    np.testing.assert_allclose(lab.session.gaps.values, wanted.values)


def test_more_seeds_join_those_that_are_there():
    lab = opened(seeds=2)
    first = lab.session.gaps.values
    drive(lab, "seeds", 1)
    assert lab.session.gaps.seeds == (3, 4, 5)
    np.testing.assert_allclose(lab.session.gaps.values[:2], first)
    wanted, guess, _ = expected(SMALL, [50, 100, 200], 3)
    np.testing.assert_allclose(lab.session.gaps.values, wanted.values)
    np.testing.assert_allclose(lab.session.predicted(), guess)
    assert len(lab.session.suprema) == 3


def test_what_is_still_measured_is_said_and_drawn_as_far_as_it_is():
    lab = opened()
    lab._obey("set d", 5)
    assert (
        lab.words(lab.session).sentence
        == "tanh(2z), d = 5, k = 1, width 12: the gap is being measured."
    )
    assert lab.text().splitlines() == [lab.words(lab.session).sentence, lab.short()]
    first, second, third, _ = lab.figures(lab.session)
    assert [t["name"] for t in first.traces] == ["√(kd/T)", "before: d 8"]
    assert second.traces == third.traces == []
    assert (
        lab.csv().splitlines()[1].startswith("seed,samples,gap,")
        and len(lab.csv().splitlines()) == 2
    )
    lab._step()
    words = lab.words(lab.session)
    assert "(1 seed)" in words.sentence and words.sentence.endswith(
        " Measuring goes on to 3 seeds."
    )
    assert words.rows[0][1] == words.rows[0][3] == "" and len(words.rows) == 3
    assert "predicted" not in lab.csv().splitlines()[1]
    lab._step()
    assert lab.words(lab.session).rows[0][1] != "" and lab.actor.playing
    while lab.actor.playing:
        lab._step()
    assert "goes on" not in lab.words(lab.session).sentence and not lab.errors


def test_csv_is_what_is_drawn():
    lab = opened()
    text = lab.csv()
    assert text.splitlines()[0] == f"# {lab.settings.summary()}"
    table = pd.read_csv(io.StringIO(text), comment="#")
    gaps, _, sup = expected(SMALL, [50, 100, 200], 3)
    assert list(table)[:6] == ["seed", "samples", "gap", *TERMS]
    assert table["seed"].tolist() == [3] * 3 + [4] * 3 + [5] * 3
    np.testing.assert_allclose(table["gap"], gaps.values.ravel())
    np.testing.assert_allclose(table[list(TERMS)], gaps.terms.reshape(-1, 3))
    np.testing.assert_allclose(table["one run"], gaps.alone.ravel())
    np.testing.assert_allclose(table["risk"], gaps.risk.ravel())
    np.testing.assert_allclose(table["sd of the loss"], gaps.deviation.ravel())
    predicted = table.groupby("samples")["predicted"].mean()
    np.testing.assert_allclose(predicted, lab.session.predicted())
    for i, name in enumerate(LAYERS):
        np.testing.assert_allclose(table[f"supremum, {name}"], sup[..., i].ravel())


def test_knobs_and_codes_change_what_they_name():
    lab = opened(samples=50, seeds=1)
    for key, value, changed in (
        ("set d", 10, {"d": 10}),
        ("set noise", 0.5, {"noise": 0.5}),
        ("set width", 10, {"width": 10}),
        ("set weight_decay", 1.0, {"weight_decay": 1.0}),
        ("set link", "sum_tanh", {"link": "sum_tanh"}),
        ("set k", 3, {"k": 3}),
        ("set seed", 9, {"seed": 9}),
    ):
        before = lab.settings
        drive(lab, key, value)
        assert lab.settings == before.replace(**changed)
        assert lab.session.gaps.settings == lab.settings and len(lab.session.guesses) == 1
    drive(lab, "code", "d=20 k=7 step=7 loss=square activation=tanh")  # SGD is not in the code
    assert lab.settings == before.replace(seed=9, d=20, k=7)
    assert lab.fields["k"].value == 7
    with pytest.raises(ValueError, match="k = 7 is impossible with d = 3"):
        lab._obey("code", "d=3")


def test_what_is_refused_is_told_and_changes_nothing():
    lab = opened(samples=50, seeds=1)
    before, gaps = lab.settings, lab.session.gaps
    for key, value, words in (
        ("set k", 2, "k = 2"),
        ("code", "width=100000 d=400", "width = 100,000 at d = 400 is too large for this lab"),
        ("code", "d=1000000", "d = 1,000,000 is too large"),
        ("preset", "nothing", "no preset 'nothing'"),
        ("against", "luck", "compare by = 'luck' is unknown"),
    ):
        with pytest.raises(ValueError, match=words):
            lab._obey(key, value)
        assert lab.settings == before and lab.session.gaps is gaps
    for arguments, words in (
        ({"samples": 10}, "samples = 10"),
        ({"samples": 10**5}, "samples = 100000"),
        ({"seeds": 0}, "seeds = 0"),
    ):
        with pytest.raises(ValueError, match=words):
            GapLab(SMALL, **arguments)
    with pytest.raises(TypeError, match="Settings"):
        GapLab({"d": 10})


def test_a_step_that_fails_is_not_tried_again(monkeypatch):
    lab = opened(samples=50, seeds=1)
    monkeypatch.setattr(gap_curves, "gap", lambda *_: 1 / 0)
    lab._obey("seeds", 1)
    with pytest.raises(ZeroDivisionError):
        lab._step()
    assert not lab.actor.playing and len(lab.session.gaps.seeds) == 1


def test_wide_networks_stop_earlier_and_say_so():
    lab = opened(samples=50, seeds=1)
    for settings, times in (
        (SMALL.replace(width=10_000, d=50), (50, 100, 200, 500, 1000)),
        (SMALL.replace(width=100_000, d=20), (50, 100, 200)),
        (SMALL.replace(width=10, d=10_000), (50, 100, 200, 500, 1000)),
    ):
        lab.session.samples = 5000
        lab.session.begin(settings)
        assert lab.session.times == times and lab.session.stopped
    lab.session.begin(SMALL)
    assert lab.session.times == SIZES and not lab.session.stopped
    lab = opened(SMALL.replace(width=100_000, d=100), samples=100, seeds=1)
    assert "Beyond T = 50 this width and d take too long here." in lab.words(lab.session).sentence


def test_nets_are_not_kept():
    lab = opened()
    assert lab.session.nets == lab.session.gaps.nets == ()
    assert all(known.nets == () for known in lab.session.known.values())


@pytest.mark.parametrize("name", GapLab.presets)
def test_presets_open(name):
    settings, says = GapLab.presets[name]
    lab = opened(samples=50, seeds=1)
    drive(lab, "preset", name)
    assert lab.settings == settings.replace(**COURSE) and says.endswith((".", "?"))
    assert all(figure.plotly() for figure in lab.figures(lab.session))
    assert lab.words(lab.session).sentence and lab.preset.value == name
    message, _ = lab._frame(Frames().frame)
    assert message["words"]["note"] == says  # and nothing of what the lab has set by itself


def test_controls_say_and_offer_what_they_set():
    lab = opened(samples=50, seeds=1)
    numbers = lambda values: [(f"{v:,g}" if v < 1e6 else v, v) for v in values]  # noqa: E731
    shown = [c for part in (*lab.children[:2], lab.children[-1]) for c in controls(part)]
    sizes = [(f"{v:,}", v) for v in SIZES]
    widths = (10, 12, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)
    assert shown[:7] == [
        ("d", 8, numbers([5, 8, 10, 20, 50, 100, 200, 400]), "Input dimension"),
        (
            "k",
            1,
            [(str(k), k) for k in (1, 2, 3, 5, 10, 20, 30, 50)],
            "How many hidden directions the label depends on",
        ),
        (
            "noise",
            0.2,
            numbers([0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3]),
            "Standard deviation of the noise added to each label",
        ),
        ("width", 12, [(f"{w:,}", w) for w in widths], "Number of neurons, over four decades"),
        (
            "decay",
            0.4,
            numbers([0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.5, 1, 2, 5]),
            "Width-free weight decay of SGD",
        ),
        (
            "T",
            50,
            sizes,
            "Curves up to this many samples; the numbers below are those of the last",
        ),
        (
            "preset",
            "",
            [("choose", "")] + [(n, n) for n in GapLab.presets],
            "An experiment worth seeing, in one choice",
        ),
    ]
    assert [c[0] for c in shown[7:12]] == [
        "6 more seeds",
        "settings code",
        "Apply",
        "Copy",
        "More",
    ]
    assert [c[0] for c in shown[13:17]] == ["link", "seed", "compare by", "New samples"]
    assert shown[15] == (
        "compare by",
        "width",
        [
            ("width", "width"),
            ("d", "d"),
            ("k", "k"),
            ("noise", "noise"),
            ("decay", "weight_decay"),
        ],
        "What the fourth view compares, among all that this lab has measured",
    )
    lab.knobs["samples"].value, lab.knobs["against"].value = 500, "k"
    lab.fields["width"].value, lab.fields["k"].value = 100, 5
    find(lab, "6 more seeds").click()
    find(lab, "New samples").click()
    assert ordered(lab) == [
        ("samples", 500),
        ("against", "k"),
        ("set width", 100),
        ("set k", 5),
        ("seeds", 6),
        ("new_seed", None),
    ]


def test_it_opens_with_the_setting_of_the_notebook():
    lab = alone(GapLab(samples=50, seeds=1))
    assert lab.short() == "d=50 k=1 noise=0.1 link=sum_tanh width=100 weight_decay=0.5 seed=0"
