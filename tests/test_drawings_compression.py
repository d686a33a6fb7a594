"""CompressionLab draws and says what was compressed: moments made by hand, so that before, after, rank and method differ."""

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
KEPT = [
    0,
    15,
    300,
    3000,
    50_000,
]  # sample counts of the compressed moments; the run was recorded at 0, 20, 300, 4000, 50 000


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
        forms["pruned, float32"] = (
            np.array([330, 470, 890, 1500, 2200, 3300]),
            fall * (0.56 - 0.02 * np.arange(6)),
        )
    left_out = fall * np.r_[1.21, 0.83 ** (r + 1)]
    return Compressed(left_out, fall * (0.37 - 0.041 * r), 0.4 * fall + 0.01, forms)


def lab_of(run, reduced=False):
    """A lab that shows a run and moments made by hand."""
    lab = alone(CompressionLab(Settings(d=12, k=run.settings.k, link=run.settings.link, width=12)))
    ranks = run.settings.k + 5
    lab.session.moments = [(t, moment(i, ranks, reduced)) for i, t in enumerate(KEPT)]
    return lab


def drawn(now, r, top, bounded=True):
    """Risk against bytes at one compressed moment; labels stand in steps of a hundredth of ``top``."""
    row = {name: np.array([value]) for name, value in row_of(now, top).items()}
    tables = {
        "record": Table(np.zeros(1), lambda part: {}),
        "compressed": Table(np.zeros(1), lambda part: row),
    }
    return files(now, r, top, bounded).bind(tables)


def cursor(t, low, high):
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [t, t],
        "y": [low, high],
        "line": {"color": VERMILLION, "width": 1.2},
        "opacity": 0.8,
        "hoverinfo": "skip",
        "showlegend": False,
    }


@pytest.mark.parametrize("at, i", [(-1, 4), (3, 3), (2, 2), (1, 1), (0, 0)])
@pytest.mark.parametrize("k, d, r", [(2, 100, 1), (1, 1000, 4), (3, 100, 7)])
def test_every_figure_draws_what_was_compressed(k, d, r, at, i):
    run, before_axis = made(k=k, seeds=1, d=d), 0 if d == 100 else 1
    lab, left = lab_of(run), d / 10
    lab._obey("rank", r)
    x, kept = np.maximum(KEPT, left), [moment(j, k + 5) for j in range(5)]
    x[:before_axis] = np.nan  # of what is before the axis, the last is drawn at its end
    time = {
        "title": f"samples t (d = {d:,})",
        "type": "log",
        "exponentformat": "power",
        "dtick": 1,
        "range": [math.log10(d / 10), math.log10(1000 * d)],
    }
    power = {"type": "log", "exponentformat": "power", "dtick": 1}
    now = max(KEPT[i], left)
    values, norms, changes, risk, _ = lab.figures(run, at)

    plain = bound.singular_values(run, at)
    check(
        values,
        plain.name,
        [*plain.traces, line([r + 0.5] * 2, [1e-3, 10**0.6], f"rank {r}", VERMILLION)],
        plain.layout,
    )
    check(
        norms,
        "Left out of W",
        [
            line(x, [one.left_out[r] for one in kept], f"left out by rank {r}", BLUE),
            line(np.maximum(TIMES, left), run.perpendicular, "W⊥", VERMILLION, "dash"),
            cursor(now, 1e-3, 10**0.6),
        ],
        {
            "title": "Left out of W",
            "xaxis": time,
            "yaxis": {"title": "norm / √m", "range": [-3, 0.6], **power},
            "legend": {},
        },
    )
    outputs = np.array([one.output[r - 1] for one in kept])
    after, before = (
        np.array([one.forms[RANKED][1][r - 1] for one in kept]),
        np.array([one.whole for one in kept]),
    )
    low = {1: -4, 4: -4, 7: -5}[r]  # a decade below the square of the smallest change of outputs
    check(
        changes,
        "Change",
        [
            line(x, outputs, "outputs, relative", BLUE),
            line(x, np.abs(after - before), "risk", VERMILLION, "dash"),
            line(
                [left, x[-1]],
                outputs[-1] * np.sqrt([x[-1] / left, 1]),
                "slope -1/2",
                GREEN,
                "dot",
            ),
            cursor(now, 10.0**low, 10),
        ],
        {
            "title": f"Change by rank {r}",
            "xaxis": time,
            "yaxis": {"title": "change", "range": [low, 1], **power},
            "legend": {},
        },
    )
    top = 0.5
    check(
        risk,
        "Test risk",
        [
            line(x, before, "before", BLUE),
            line(x, after, f"after, rank {r}", VERMILLION, "dash"),
            cursor(now, 0, top),
        ],
        {
            "title": "Test risk",
            "xaxis": time,
            "yaxis": {"title": "loss", "range": [0, top]},
            "legend": {},
        },
    )
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
        traces += [
            line(*now.forms[name], name, *looks.pop(0))
            for name in ("rank, int8", "pruned, float32")
        ]
    traces.append(line(sizes, bound, "Eckart-Young", *looks[0]))
    here = [600 * r] * 2, [now.forms[RANKED][1][r - 1]] * 2
    traces.append(dots(*here, f"rank {r}", VERMILLION, 11, "diamond"))
    figure = drawn(now, r, top)
    notes = figure.layout.pop("annotations")
    smallest = 300 if reduced else 330 / 1.3
    check(
        figure,
        "Risk against bytes",
        traces,
        {
            "title": "Risk against bytes",
            "showlegend": False,
            "legend": BESIDE,
            "yaxis": {"title": "test risk", "range": [0, top]},
            "xaxis": {
                "title": "bytes of the file",
                "type": "log",
                "exponentformat": "power",
                "dtick": 1,
                "range": [math.log10(min(300, smallest)), math.log10(8200)],
            },
        },
    )
    ends = {"whole": (-1, 14, "center"), RANKED: (-1, -14 if reduced else -30, "center")}
    if not reduced:
        ends |= {"rank, int8": (-1, -14, "center"), "pruned, float32": (1, 12, "left")}
    wanted = [
        {
            "x": math.log10(now.forms[name][0][n]),
            "y": now.forms[name][1][n],
            "text": name,
            "yshift": shift,
            "showarrow": False,
            "xanchor": anchor,
        }
        for name, (n, shift, anchor) in ends.items()
    ]
    if bound[-1] < top:
        shift = 0 if bound[-1] > now.whole + top / 8 else -14
        wanted.append(
            {
                "x": math.log10(sizes[-1]),
                "y": bound[-1],
                "text": " Eckart-Young",
                "yshift": shift,
                "showarrow": False,
                "xanchor": "left",
            }
        )
    for note, want in zip(notes, wanted, strict=True):
        assert abs(note["y"] - want["y"]) <= 0.005 * top + 1e-12 and note[
            "y"
        ] / top * 100 == pytest.approx(round(note["y"] / top * 100))
        same(note | {"y": 0}, want | {"y": 0})


def test_the_bound_is_drawn_where_it_holds_and_has_room():
    """|l(f) - l(g)| <= |f - g| for Huber's and the logistic loss, not for the square; above the axis it has no label."""
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
        f"After {KEPT[i]:,} samples ({units}), rank {r} of 30: risk {before:.4f}, then {after:.4f}; outputs change by "
        f"{output:.1%}; {600 * r:,} bytes in place of 4,100 ({4100 / (600 * r):.0f} x smaller)."
    )
    assert words.rows == [
        ("left out of W", "", f"{one.left_out[r]:.3f}", ""),
        ("risk before", "", f"{before:.4f}", ""),
        (f"risk, rank {r}", "", f"{after:.4f}", ""),
        (
            "risk change",
            f"≤ {math.sqrt(2 / math.pi) * one.left_out[r]:.3f}",
            f"{after - before:+.1e}",
            "",
        ),
        ("outputs", "", f"{output:.3f}", ""),
    ]


@pytest.mark.parametrize("r", [1, 2, 3])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_lamps_are_on_where_their_condition_holds(r, decay):
    run = made(k=2, seeds=1, weight_decay=decay)
    lab = lab_of(run)
    lab._obey("rank", r)
    (enough, k_name, k_text), (decays, decay_name, decay_text) = lab.words(run, -1).lights
    assert (enough, k_name) == (r >= 2, "rank at least k") and (decays, decay_name) == (
        decay > 0,
        "weight decay",
    )
    assert k_text == "A smaller rank cuts off directions that the labels use."
    assert decay_text == "Without it W⊥ stays, and no small rank holds W."


def test_where_single_entries_are_not_simulated_that_is_said():
    run = made(k=2, seeds=1)
    said = [lab_of(run, reduced).words(run, -1).sentence for reduced in (False, True)]
    assert said[0].endswith("(7 x smaller).") or said[0].endswith("(3 x smaller).")
    assert (
        said[1]
        == said[0]
        + " At this d only the span of W is simulated, not its single entries: pruning and int8 are not shown."
    )


def test_csv_is_every_moment_and_rank():
    lab = lab_of(made(k=2, seeds=1))
    lab.session.changes = ["at 20 samples: noise 0.1 to 0.5"]
    text = lab.csv()
    assert text.splitlines()[:2] == [
        f"# {lab.settings.summary()}",
        "# at 20 samples: noise 0.1 to 0.5",
    ]
    table = pd.read_csv(io.StringIO(text), comment="#")
    assert len(table) == 5 * 7
    for row in table.itertuples():
        one, r = moment(KEPT.index(row.samples)), row.rank
        same(
            [
                row.left_out,
                row.output_error,
                row.risk_before,
                row.risk_after,
                row.bytes_before,
                row.bytes_after,
            ],
            [
                one.left_out[r],
                one.output[r - 1],
                one.whole,
                one.forms[RANKED][1][r - 1],
                4100,
                600 * r,
            ],
        )


def huber(error):
    return np.where(np.abs(error) <= 1, error**2 / 2, np.abs(error) - 0.5).mean()


def test_a_moment_is_what_cutting_the_network_gives():
    """Test inputs serve twice, the second time mirrored at the hidden subspace, so that labels stay."""
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
        assert now.left_out[r] == pytest.approx(
            math.sqrt((values[r:] ** 2).sum() / 30), rel=1e-6, abs=1e-9
        )
        assert now.output[r - 1] == pytest.approx(
            np.linalg.norm(f - g) / np.linalg.norm(f), rel=1e-4, abs=1e-5
        )
        assert now.forms[RANKED][1][r - 1] == pytest.approx(huber(g - y), rel=1e-5)
        assert now.forms[RANKED][0][r - 1] == compress(net, rank=r, storage="float32").bytes
    times = [t for t, _ in lab.session.moments]
    for old, new in zip(times[:-2], times[1:-1], strict=True):
        assert (
            new >= 1.2 * old + 20 / 50
        )  # grown by a fifth, and not compressed more often than that
    assert len(times) >= 12


def test_large_networks_are_compressed_when_samples_have_doubled():
    session = CompressionLab(Settings(d=3000, k=1, link="tanh", width=40)).session
    for _ in range(12):
        session.train(max(60, session.samples // 3))
    times = [t for t, _ in session.moments]
    assert (
        all(new >= 2 * old + 60 for old, new in zip(times, times[1:], strict=False))
        and len(times) >= 4
    )


def test_controls_of_compression():
    lab = alone(CompressionLab(Settings(d=12, k=2, link="chain", width=12)))
    row = controls(lab.children[2])
    assert row[0] == (
        "preset",
        "",
        [("choose", ""), *((name, name) for name in PRESETS)],
        "An experiment worth seeing, in one choice",
    )
    assert row[1] == ("rank", 2, (1, 7, 1), "Rank that W is cut to; nothing trains again")
    assert [control[0] for control in row[2:]] == ["speed", "Lecture"]
    find(lab, "rank").value = 5
    assert ordered(lab) == [("rank", 5)]
    lab._obey("rank", 5)
    lab._obey("set noise", 0.5)
    assert (
        lab.session.rank == lab.knobs["rank"].value == 5
    )  # a knob that acts on the running experiment leaves the rank
    lab._obey("code", "d=12 k=1 link=tanh width=4")
    assert (lab.session.rank, lab.knobs["rank"].value, lab.knobs["rank"].max) == (
        1,
        1,
        4,
    ) and ordered(lab) == []
    lab._obey("code", "d=12 k=6 link=chain width=12")
    assert (lab.session.rank, lab.knobs["rank"].value, lab.knobs["rank"].max) == (
        6,
        6,
        11,
    ) and ordered(lab) == []


def test_at_rest_all_figures_show_the_same_moment():
    lab = alone(CompressionLab(Settings(d=12, k=2, link="chain", width=12), samples=200))
    lab.session.train(1)
    assert lab.session.moments[-1][0] == 200
    lab._obey("pause", None)
    assert (
        lab.session.moments[-1][0] == 201 == lab.session.at(201)[0]
        and lab.session.at(200)[0] == 200
    )


PRESETS = {
    "the theorem holds": (
        "d=100 k=1 noise=0.1 link=tanh width=200 activation=relu loss=huber weight_decay=0.5 step=1.0 "
        "schedule=decreasing bias=away seed=0"
    ),
    "no weight decay": (
        "d=100 k=1 noise=0.1 link=tanh width=200 activation=relu loss=huber weight_decay=0.0 step=0.05 "
        "schedule=constant bias=away seed=0"
    ),
    "pure noise": (
        "d=100 k=1 noise=0.1 link=none width=200 activation=relu loss=huber weight_decay=0.05 step=1.0 "
        "schedule=decreasing bias=away seed=0"
    ),
    "five directions": (
        "d=50 k=5 noise=0.1 link=chain width=200 activation=relu loss=huber weight_decay=0.05 step=0.1 "
        "schedule=constant bias=normal seed=0"
    ),
    "a million dimensions": (
        "d=1000000 k=1 noise=0.1 link=tanh width=20 activation=relu loss=huber weight_decay=0.05 step=1.0 "
        "schedule=constant bias=normal seed=0"
    ),
}


def test_presets_are_what_their_sentences_say():
    assert {
        name: settings.summary() for name, (settings, _) in CompressionLab.presets.items()
    } == PRESETS
    assert PAPER.summary() == PRESETS["the theorem holds"]
    runs = {}
    for name, samples in (
        ("the theorem holds", 6000),
        ("no weight decay", 500),
        ("pure noise", 3000),
    ):
        lab = CompressionLab(CompressionLab.presets[name][0], samples=samples)
        runs[name] = (lab.session.moments, lab.run)
    moments, run = runs["the theorem holds"]
    for t, now in moments:
        assert (
            now.left_out[1] < run.perpendicular[list(run.samples).index(t)]
        )  # "Rank 1 leaves out less than W⊥."
    late = [(t, now) for t, now in moments if t > 500]
    slopes = [
        np.polyfit(np.log([t for t, _ in late]), np.log(values), 1)[0]
        for values in (
            [now.output[0] for _, now in late],
            [abs(now.forms[RANKED][1][0] - now.whole) for _, now in late],
        )
    ]
    assert (
        -0.8 < slopes[0] < -0.2 and slopes[1] < slopes[0]
    )  # "like √(d/t), that of the risk faster"
    moments, run = runs["no weight decay"]
    assert (
        run.perpendicular[-1] > 0.9 * run.perpendicular[0] and moments[-1][1].left_out[6] > 0.7
    )  # "no small rank holds W"
    moments, run = runs["pure noise"]
    assert (
        moments[0][1].output[0] > 0.7 and moments[-1][1].left_out[0] < 0.35
    )  # "takes away most", "leaves nothing to cut"
    said = {
        "the theorem holds": "Rank 1 leaves out less than W⊥",
        "no weight decay": "W⊥ stays where it was",
        "pure noise": "Nothing to learn",
        "five directions": "Five singular values",
        "a million dimensions": "Try speed 4",
    }
    assert all(said[name] in says for name, (_, says) in CompressionLab.presets.items())


def test_a_million_dimensions_take_four_megabytes_in_place_of_eighty():
    settings, says = CompressionLab.presets["a million dimensions"]
    forms = CompressionLab(settings, samples=10).session.moments[-1][1].forms
    assert "Four megabytes in place of eighty" in says
    assert forms[RANKED][0][0] == pytest.approx(4e6, rel=0.01) and forms["whole"][0][
        -1
    ] == pytest.approx(80e6, rel=0.01)
