"""CompressionLab draws and says what was compressed.

Moments are made by hand, so that before, after, rank and method differ.
"""

import io
import math

import numpy as np
import pandas as pd
import pytest
from drawings import (
    BESIDE,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    TIMES,
    VERMILLION,
    alone,
    bound,
    check,
    coded,
    controls,
    dots,
    find,
    line,
    made,
    named,
    ordered,
    same,
)

from course_utils import Settings, online_sgd
from course_utils.compression import Compressed, compress
from course_utils.labs import CompressionLab
from course_utils.labs.compression import PAPER
from course_utils.labs.compression_views import files, row_of
from course_utils.labs.views import Table

RANKED = "rank, float32"
# Sample counts of the compressed moments; the run was recorded at 0, 20, 300, 4000, 50 000.
KEPT = [0, 15, 300, 3000, 50_000]


def moment(i: int, ranks: int = 7, reduced: bool = False) -> Compressed:
    """What was found at moment i: no two numbers of it, or of two moments, are alike."""
    r, fall = np.arange(1, ranks + 1), 0.7**i
    forms = {
        "whole": (np.array([1100, 2100, 4100]), fall * np.array([0.43, 0.41, 0.4]) + 0.01),
        RANKED: (600 * r, fall * (0.5 - 0.012 * r)),
    }
    if reduced:
        forms["whole"] = tuple(part[2:] for part in forms["whole"])
    else:
        forms["rank, int8"] = (250 * r + 90, fall * (0.52 - 0.013 * r))
        sizes = np.array([330, 470, 890, 1500, 2200, 3300])
        forms["pruned, float32"] = (sizes, fall * (0.56 - 0.02 * np.arange(6)))
    left_out = fall * np.r_[1.21, 0.83 ** (r + 1)]
    return Compressed(left_out, fall * (0.37 - 0.041 * r), 0.4 * fall + 0.01, forms)


def lab_of(run, reduced=False):
    """A lab that shows a run and moments made by hand."""
    lab = alone(CompressionLab(Settings(d=12, k=run.settings.k, link=run.settings.link, width=12)))
    ranks = run.settings.k + 5
    lab.session.moments = [(t, moment(i, ranks, reduced)) for i, t in enumerate(KEPT)]
    return lab


def drawn(now, r, top, bounded=True):
    """Risk against bytes at one compressed moment.

    Labels stand in steps of a hundredth of ``top``.
    """
    row = {name: np.array([value]) for name, value in row_of(now, top).items()}
    record, known = (Table(np.zeros(1), lambda _, row=columns: row) for columns in ({}, row))
    return files(now, r, top, bounded).bind({"record": record, "compressed": known})


def cursor(t, low, high):
    look = {"line": {"color": VERMILLION, "width": 1.2}, "opacity": 0.8}
    trace = {"type": "scatter", "mode": "lines", "x": [t, t], "y": [low, high]}
    return trace | look | {"hoverinfo": "skip", "showlegend": False}


@pytest.mark.parametrize("at, i", [(-1, 4), (3, 3), (2, 2), (1, 1), (0, 0)])
@pytest.mark.parametrize("k, d, r", [(2, 100, 1), (1, 1000, 4), (3, 100, 7)])
def test_every_figure_draws_what_was_compressed(k, d, r, at, i):
    run, before_axis = made(k=k, seeds=1, d=d), 0 if d == 100 else 1
    lab, left = lab_of(run), d / 10
    lab._obey("rank", r)
    x, kept = np.maximum(KEPT, left), [moment(j, k + 5) for j in range(5)]
    x[:before_axis] = np.nan  # of what is before the axis, the last is drawn at its end
    power = {"type": "log", "exponentformat": "power", "dtick": 1}
    ends = [math.log10(d / 10), math.log10(1000 * d)]
    time = {"title": f"samples t (d = {d:,})", "range": ends, **power}
    now = max(KEPT[i], left)

    def layout(title, up, low, high, **more):
        axis = {"title": up, "range": [low, high], **more}
        return {"title": title, "xaxis": time, "yaxis": axis, "legend": {}}

    values, norms, changes, risk, _ = lab.figures(run, at)

    plain = bound.singular_values(run, at)
    cut = line([r + 0.5] * 2, [1e-3, 10**0.6], f"rank {r}", VERMILLION)
    check(values, plain.name, [*plain.traces, cut], plain.layout)
    traces = [
        line(x, [one.left_out[r] for one in kept], f"left out by rank {r}", BLUE),
        line(np.maximum(TIMES, left), run.perpendicular, "W⊥", VERMILLION, "dash"),
        cursor(now, 1e-3, 10**0.6),
    ]
    title = "Left out of W"
    check(norms, title, traces, layout(title, "norm / √m", -3, 0.6, **power))
    outputs = np.array([one.output[r - 1] for one in kept])
    after = np.array([one.forms[RANKED][1][r - 1] for one in kept])
    before = np.array([one.whole for one in kept])
    low = {1: -4, 4: -4, 7: -5}[r]  # a decade below the square of the smallest change of outputs
    slope = outputs[-1] * np.sqrt([x[-1] / left, 1])
    traces = [
        line(x, outputs, "outputs, relative", BLUE),
        line(x, np.abs(after - before), "risk", VERMILLION, "dash"),
        line([left, x[-1]], slope, "slope -1/2", GREEN, "dot"),
        cursor(now, 10.0**low, 10),
    ]
    check(changes, "Change", traces, layout(f"Change by rank {r}", "change", low, 1, **power))
    traces = [
        line(x, before, "before", BLUE),
        line(x, after, f"after, rank {r}", VERMILLION, "dash"),
        cursor(now, 0, 0.5),
    ]
    check(risk, "Test risk", traces, layout("Test risk", "loss", 0, 0.5))
    assert [figure.direct for figure in (values, norms, changes, risk)] == [False, True, True, True]


@pytest.mark.parametrize("reduced", [False, True])
@pytest.mark.parametrize("i, r, top", [(0, 3, 0.7), (2, 1, 0.3), (4, 7, 2.0)])
def test_risk_against_bytes_names_each_method_where_its_curve_ends(i, r, top, reduced):
    now = moment(i, reduced=reduced)
    sizes, bound = now.forms[RANKED][0], now.whole + math.sqrt(2 / math.pi) * now.left_out[1:]
    hover = "%{y:.3g} at %{x:.3g}<extra>whole</extra>"
    traces = [
        dots(*now.forms["whole"], "whole", BLUE, 8, hovertemplate=hover),
        line(*now.forms[RANKED], RANKED, VERMILLION, "dash"),
    ]
    looks = [(GREEN, "dot"), (PURPLE, "dashdot"), (ORANGE, "longdash")]
    if not reduced:
        more = ("rank, int8", "pruned, float32")
        traces += [line(*now.forms[name], name, *looks.pop(0)) for name in more]
    traces.append(line(sizes, bound, "Eckart-Young", *looks[0]))
    here = [600 * r] * 2, [now.forms[RANKED][1][r - 1]] * 2
    traces.append(dots(*here, f"rank {r}", VERMILLION, 11, "diamond"))
    figure = drawn(now, r, top)
    notes = figure.layout.pop("annotations")
    smallest = 300 if reduced else 330 / 1.3
    across = {"type": "log", "exponentformat": "power", "dtick": 1, "title": "bytes of the file"}
    across["range"] = [math.log10(min(300, smallest)), math.log10(8200)]
    layout = {
        "title": "Risk against bytes",
        "showlegend": False,
        "legend": BESIDE,
        "yaxis": {"title": "test risk", "range": [0, top]},
        "xaxis": across,
    }
    check(figure, "Risk against bytes", traces, layout)
    ends = {"whole": (-1, 14, "center"), RANKED: (-1, -14 if reduced else -30, "center")}
    if not reduced:
        ends |= {"rank, int8": (-1, -14, "center"), "pruned, float32": (1, 12, "left")}

    def note(text, size, risk, shift, anchor):
        where = {"x": math.log10(size), "y": risk, "yshift": shift, "xanchor": anchor}
        return {"text": text, "showarrow": False, **where}

    wanted = [
        note(name, *(values[n] for values in now.forms[name]), shift, anchor)
        for name, (n, shift, anchor) in ends.items()
    ]
    if bound[-1] < top:
        shift = 0 if bound[-1] > now.whole + top / 8 else -14
        wanted.append(note(" Eckart-Young", sizes[-1], bound[-1], shift, "left"))
    for found, want in zip(notes, wanted, strict=True):
        assert abs(found["y"] - want["y"]) <= 0.005 * top + 1e-12
        assert found["y"] / top * 100 == pytest.approx(round(found["y"] / top * 100))
        same(found | {"y": 0}, want | {"y": 0})


def test_the_bound_is_drawn_where_it_holds_and_has_room():
    """|l(f) - l(g)| <= |f - g| for Huber's and the logistic loss, not for the square.

    Above the axis it has no label.
    """
    run = made(k=2, seeds=1, loss="square")
    lab = lab_of(run)
    shown = lab.figures(run, -1)[4]
    assert "Eckart-Young" not in named(shown) and len(shown.layout["annotations"]) == 4
    assert lab.words(run, -1).rows[3][:2] == ("risk change", "")
    assert len(drawn(moment(0), 1, 0.45).layout["annotations"]) == 4  # its end, 0.6, is above
    assert len(drawn(moment(0), 1, 0.7).layout["annotations"]) == 5


def test_axes_hold_large_and_small_norms_and_every_file():
    run = made(k=2, seeds=1)
    run.perpendicular[:] = [7.0, 1.0, 0.1, 0.01, 2e-5]
    lab = lab_of(run)
    limits = lab.figures(run, -1)[1].layout["yaxis"]["range"]
    assert limits[0] == -5 and limits[1] == pytest.approx(1.1)
    now = moment(1)
    now.forms["pruned, float32"][0][0] = 20
    low, high = files(now, 1, 0.5).layout["xaxis"]["range"]
    assert 10**low < 20 and 10**high > 4100


@pytest.mark.parametrize("loss", ["huber", "logistic"])
@pytest.mark.parametrize("at, i", [(-1, 4), (2, 2)])
@pytest.mark.parametrize("r", [1, 2, 6])
def test_words_and_table_say_what_was_compressed(r, at, i, loss):
    run, one = made(k=2, seeds=1, loss=loss), moment(i)
    lab = lab_of(run)
    lab._obey("rank", r)
    words, fall = lab.words(run, at), 0.7**i
    before, after, output = 0.4 * fall + 0.01, fall * (0.5 - 0.012 * r), fall * (0.37 - 0.041 * r)
    units = {4: "500 d", 2: "3 d"}[i]
    assert words.sentence == (
        f"After {KEPT[i]:,} samples ({units}), rank {r} of 30: risk {before:.4f}, "
        f"then {after:.4f}; outputs change by {output:.1%}; {600 * r:,} bytes in place of 4,100 "
        f"({4100 / (600 * r):.0f} x smaller)."
    )
    bound = f"≤ {math.sqrt(2 / math.pi) * one.left_out[r]:.3f}"
    assert words.rows == [
        ("left out of W", "", f"{one.left_out[r]:.3f}", ""),
        ("risk before", "", f"{before:.4f}", ""),
        (f"risk, rank {r}", "", f"{after:.4f}", ""),
        ("risk change", bound, f"{after - before:+.1e}", ""),
        ("outputs", "", f"{output:.3f}", ""),
    ]


@pytest.mark.parametrize("r", [1, 2, 3])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_lamps_are_on_where_their_condition_holds(r, decay):
    run = made(k=2, seeds=1, weight_decay=decay)
    lab = lab_of(run)
    lab._obey("rank", r)
    (enough, k_name, k_text), (decays, decay_name, decay_text) = lab.words(run, -1).lights
    assert (enough, k_name) == (r >= 2, "rank at least k")
    assert (decays, decay_name) == (decay > 0, "weight decay")
    assert k_text == "A smaller rank cuts off directions that the labels use."
    assert decay_text == "Without it W⊥ stays, and no small rank holds W."


def test_where_single_entries_are_not_simulated_that_is_said():
    run = made(k=2, seeds=1)
    said = [lab_of(run, reduced).words(run, -1).sentence for reduced in (False, True)]
    assert said[0].endswith("(7 x smaller).") or said[0].endswith("(3 x smaller).")
    assert said[1] == said[0] + (
        " At this d only the span of W is simulated, not its single entries: "
        "pruning and int8 are not shown."
    )


def test_csv_is_every_moment_and_rank():
    lab = lab_of(made(k=2, seeds=1))
    lab.session.changes = ["at 20 samples: noise 0.1 to 0.5"]
    text = lab.csv()
    changed = "# at 20 samples: noise 0.1 to 0.5"
    assert text.splitlines()[:2] == [f"# {lab.settings.summary()}", changed]
    table = pd.read_csv(io.StringIO(text), comment="#")
    assert len(table) == 5 * 7
    for row in table.itertuples():
        one, r = moment(KEPT.index(row.samples)), row.rank
        same([row.left_out, row.output_error], [one.left_out[r], one.output[r - 1]])
        risks = [one.whole, one.forms[RANKED][1][r - 1]]
        same([row.risk_before, row.risk_after], risks)
        assert [row.bytes_before, row.bytes_after] == [4100, 600 * r]


def huber(error):
    return np.where(np.abs(error) <= 1, error**2 / 2, np.abs(error) - 0.5).mean()


def test_a_moment_is_what_cutting_the_network_gives():
    """Test inputs serve twice, the second time mirrored at the subspace, so that labels stay."""
    settings = Settings(d=20, k=2, link="chain", width=30, noise=0.1)
    lab = CompressionLab(settings, samples=300)
    net, U = online_sgd(settings, samples=300).net, settings.target().directions
    t, now = lab.session.moments[-1]
    same(lab.session.sims[0].net.W, net.W, rel=1e-9)
    sim = lab.session.sims[0]
    X, y = sim._test_inputs[:500], sim._test_labels()[:500]
    mirrored = X @ U.T @ U - (X - X @ U.T @ U)
    X, y = np.concatenate([X, mirrored]), np.concatenate([y, y])
    left, values, right = np.linalg.svd(net.W, full_matrices=False)
    f = net(X)
    assert t == 300 and now.whole == pytest.approx(huber(f - y)) and len(now.output) == 7
    for r in (1, 2, 7):
        g = net.replace(W=(left[:, :r] * values[:r]) @ right[:r])(X)
        rest = math.sqrt((values[r:] ** 2).sum() / 30)
        assert now.left_out[r] == pytest.approx(rest, rel=1e-6, abs=1e-9)
        moved = np.linalg.norm(f - g) / np.linalg.norm(f)
        assert now.output[r - 1] == pytest.approx(moved, rel=1e-4, abs=1e-5)
        assert now.forms[RANKED][1][r - 1] == pytest.approx(huber(g - y), rel=1e-5)
        assert now.forms[RANKED][0][r - 1] == compress(net, rank=r, storage="float32").bytes
    times = [t for t, _ in lab.session.moments]
    for old, new in zip(times[:-2], times[1:-1], strict=True):
        assert new >= 1.2 * old + 20 / 50  # grown by a fifth, and not compressed more often
    assert len(times) >= 12


def test_large_networks_are_compressed_when_samples_have_doubled():
    session = CompressionLab(Settings(d=3000, k=1, link="tanh", width=40)).session
    for _ in range(12):
        session.train(max(60, session.samples // 3))
    times = [t for t, _ in session.moments]
    assert all(new >= 2 * old + 60 for old, new in zip(times, times[1:], strict=False))
    assert len(times) >= 4


def test_controls_of_compression():
    lab = alone(CompressionLab(Settings(d=12, k=2, link="chain", width=12)))
    row = controls(lab.children[1])
    offered = [("choose", ""), *((name, name) for name in lab.presets)]
    assert row[0] == ("preset", "", offered, "An experiment worth seeing, in one choice")
    assert row[1] == ("rank", 2, (1, 7, 1), "Rank that W is cut to; nothing trains again")
    assert row[2:-2] == coded(lab) and [control[0] for control in row[-2:]] == ["More", "Lecture"]
    find(lab, "rank").value = 5
    assert ordered(lab) == [("rank", 5)]
    lab._obey("rank", 5)
    lab._obey("set noise", 0.5)  # acts on the running experiment, and leaves the rank
    assert lab.session.rank == lab.knobs["rank"].value == 5
    for code, rank, largest in (
        ("k=1 link=tanh width=4", 1, 4),
        ("k=6 link=chain width=12", 6, 11),
    ):
        lab._obey("code", f"d=12 {code}")
        assert lab.session.rank == lab.knobs["rank"].value == rank
        assert lab.knobs["rank"].max == largest and ordered(lab) == []


def test_at_rest_all_figures_show_the_same_moment():
    lab = alone(CompressionLab(Settings(d=12, k=2, link="chain", width=12), samples=200))
    lab.session.train(1)
    assert lab.session.moments[-1][0] == 200
    lab._obey("pause", None)
    assert lab.session.moments[-1][0] == 201 == lab.session.at(201)[0]
    assert lab.session.at(200)[0] == 200


CODE = "d={} k={} noise=0.1 link={} width={} activation=relu loss=huber weight_decay={} step={} "
CODE += "schedule={} bias={} seed=0"
PRESETS = {
    "the theorem holds": CODE.format(100, 1, "tanh", 200, 0.5, 1.0, "decreasing", "away"),
    "no weight decay": CODE.format(100, 1, "tanh", 200, 0.0, 0.05, "constant", "away"),
    "pure noise": CODE.format(100, 1, "none", 200, 0.05, 1.0, "decreasing", "away"),
    "five directions": CODE.format(50, 5, "chain", 200, 0.05, 0.1, "constant", "normal"),
    "a million dimensions": CODE.format(10**6, 1, "tanh", 20, 0.05, 1.0, "constant", "normal"),
}


def test_presets_are_what_their_sentences_say():
    offered = {name: settings.summary() for name, (settings, _) in CompressionLab.presets.items()}
    assert PRESETS.items() <= offered.items()
    assert PAPER.summary() == PRESETS["the theorem holds"]
    runs, samples = {}, {"the theorem holds": 6000, "no weight decay": 500, "pure noise": 3000}
    for name in samples:
        lab = CompressionLab(CompressionLab.presets[name][0], samples=samples[name])
        runs[name] = (lab.session.moments, lab.run)
    moments, run = runs["the theorem holds"]
    for t, now in moments:  # "Rank 1 leaves out less than W⊥."
        assert now.left_out[1] < run.perpendicular[list(run.samples).index(t)]
    late = [(t, now) for t, now in moments if t > 500]
    outputs = [now.output[0] for _, now in late]
    risks = [abs(now.forms[RANKED][1][0] - now.whole) for _, now in late]
    times = np.log([t for t, _ in late])
    slopes = [np.polyfit(times, np.log(values), 1)[0] for values in (outputs, risks)]
    assert -0.8 < slopes[0] < -0.2  # "like √(d/t)"
    assert slopes[1] < slopes[0]  # "that of the risk faster"
    moments, run = runs["no weight decay"]
    assert run.perpendicular[-1] > 0.9 * run.perpendicular[0]
    assert moments[-1][1].left_out[6] > 0.7  # "no small rank holds W"
    moments, run = runs["pure noise"]
    assert moments[0][1].output[0] > 0.7  # "takes away most"
    assert moments[-1][1].left_out[0] < 0.35  # "leaves nothing to cut"
    said = {
        "the theorem holds": "Rank 1 leaves out less than W⊥",
        "no weight decay": "W⊥ stays where it was",
        "pure noise": "Nothing to learn",
        "five directions": "Five singular values",
        "a million dimensions": "Try speed 4",
    }
    assert all(words in CompressionLab.presets[name][1] for name, words in said.items())


def test_a_million_dimensions_take_four_megabytes_in_place_of_eighty():
    settings, says = CompressionLab.presets["a million dimensions"]
    forms = CompressionLab(settings, samples=10).session.moments[-1][1].forms
    assert "Four megabytes in place of eighty" in says
    assert forms[RANKED][0][0] == pytest.approx(4e6, rel=0.01)
    assert forms["whole"][0][-1] == pytest.approx(80e6, rel=0.01)
