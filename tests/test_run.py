"""Snapshot, Run and Record: numbers by hand, shapes with and without seeds, words, tables, CSV."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from course_utils import OnlineSGD, Run, Settings, Snapshot, TwoLayerNet, online_sgd
from course_utils.run import SERIES, Record, in_d

SETTINGS = Settings(d=20, k=2, link="chain", width=7, noise=0.2, step=0.5)
TIMES = [0, 10, 100, 400]


@pytest.fixture(scope="module")
def run():
    return online_sgd(SETTINGS, 400, TIMES)


@pytest.fixture(scope="module")
def seeded():
    return online_sgd(SETTINGS, 400, TIMES, seeds=3)


SHAPES = {name: () for name in ("perpendicular", "parallel", "risk", "r2")}
SHAPES |= {"angles": (2,), "singular_values": (7,), "neurons": (7, 3), "overlaps": (2, 2)}


def test_shapes_of_one_seed(run):
    assert run.samples.tolist() == TIMES and len(run) == 4 and run.seeds is None
    assert set(SHAPES) == set(SERIES)
    for name, shape in SHAPES.items():
        assert getattr(run, name).shape == (4, *shape), name
    assert isinstance(run.net, TwoLayerNet) and run.net.W.shape == (7, 20)
    assert run.settings == SETTINGS and run.note == ""


def test_shapes_of_several_seeds(seeded):
    assert seeded.samples.tolist() == TIMES and len(seeded) == 4 and seeded.seeds == (0, 1, 2)
    for name, shape in SHAPES.items():
        assert getattr(seeded, name).shape == (3, 4, *shape), name
    assert [net.W.shape for net in seeded.net] == [(7, 20)] * 3
    assert seeded.settings == SETTINGS


@pytest.mark.parametrize(("k", "width", "d"), [(1, 1, 1), (3, 2, 8), (1, 50, 2), (5, 50, 60)])
def test_shapes_at_the_edges(k, width, d):
    """angles (n, k), k + 5 singular values where there are as many, numbers of each neuron.

    The last of them is the perpendicular part.
    """
    run = online_sgd(Settings(d=d, k=k, width=width, link="none"), 5, [0, 5])
    assert run.angles.shape == (2, k) and run.singular_values.shape == (2, min(k + 5, width, d))
    assert run.neurons.shape == (2, width, max(k, 2) + 1)
    assert k > 1 or not run.neurons[..., 1].any()


def test_quantiles_are_over_seeds(run, seeded):
    assert np.array_equal(seeded.quantiles("angles"), np.median(seeded.angles, axis=0))
    band = seeded.quantiles("risk", [0.25, 0.75])
    assert np.array_equal(band, np.quantile(seeded.risk, [0.25, 0.75], axis=0))
    assert band.shape == (2, 4)
    assert np.array_equal(run.quantiles("risk"), run.risk)
    assert np.array_equal(run.quantiles("risk", [0.25, 0.75]), [run.risk, run.risk])


def test_at_gives_back_the_moment(run, seeded):
    moment = run.at(2)
    assert (moment.samples, moment.d) == (100, 20) and moment.risk == run.risk[2]
    assert np.array_equal(moment.angles, run.angles[2])
    assert np.array_equal(moment.neurons, run.neurons[2])
    middle = seeded.at()
    assert middle.samples == 400 and middle.perpendicular == np.median(seeded.perpendicular[:, -1])
    assert np.array_equal(middle.neurons, seeded.neurons[0, -1])
    assert np.array_equal(middle.overlaps, seeded.overlaps[0, -1])


def made_up(samples, **changes):
    values = {"perpendicular": 0.1834, "parallel": 0.5, "risk": 0.0123, "r2": 0.876}
    values["angles"] = np.radians([40.26, 8.0])
    values |= {"singular_values": np.ones(7), "neurons": np.zeros((3, 3), np.float32)}
    values |= {"overlaps": np.eye(2, dtype=np.float32)}
    return Snapshot(samples, 200, **values | changes)


def test_the_sentence_says_the_numbers():
    assert made_up(41_300).sentence() == (
        "After 41,300 samples (206 d): angles 40.3, 8.0 degrees; W_perp 0.183, W_par 0.500; "
        "test risk 0.0123 (R2 0.88)."
    )
    single = made_up(10, angles=np.radians([12.0]), r2=float("nan")).sentence()
    assert made_up(10, r2=-0.001).sentence().endswith("(R2 0.00)."), "no minus zero"
    assert "angle 12.0 degrees" in single and "R2" not in single and "nan" not in single


def test_sentence_and_repr_of_a_run_name_seeds_and_note(run, seeded):
    assert repr(run) == run.sentence() == run.at(-1).sentence()
    assert run.sentence(0).startswith("After 0 samples (0 d)")
    assert seeded.sentence().endswith("(median of 3 seeds)")
    noted = Run.of(SETTINGS, [made_up(5)], note="Training diverged after 6 samples.")
    assert noted.sentence().endswith("Training diverged after 6 samples.")


@pytest.mark.parametrize("rows", [1, 2, 5, 50])
def test_the_table_has_the_last_moment_and_the_angles(run, seeded, rows):
    for table in (run.table(rows), seeded.table(rows)):
        lines = table.splitlines()
        assert "angles (degrees)" in lines[0] and len(lines) <= rows + 1
        assert lines[-1].split()[0] == "400"
        assert len({len(line) for line in lines[1:]}) == 1  # aligned
    assert f"{np.degrees(run.angles[-1, 0]):.1f}" in run.table().splitlines()[-1]


def test_a_run_of_no_samples_has_words_and_a_table():
    run = online_sgd(SETTINGS, 0)
    assert len(run) == 1 and run.sentence().startswith("After 0 samples")
    assert len(run.table().splitlines()) == 2


def test_of_and_stack_check_their_input(run):
    with pytest.raises(ValueError, match="at least one snapshot"):
        Run.of(SETTINGS, [])
    with pytest.raises(ValueError, match="different checkpoints"):
        Run.stack([run, online_sgd(SETTINGS, 400, [0, 400])])


def test_csv_round_trip(run, seeded, tmp_path):
    """pandas reads back what was written, to the last digits (1e-14).

    Settings travel in a comment line.
    """
    for one in (run, seeded):
        text = one.to_csv(tmp_path / "run.csv")
        assert (tmp_path / "run.csv").read_text(encoding="utf-8") == text
        assert Settings.from_code(text.splitlines()[0].lstrip("# ")) == SETTINGS
        table = pd.read_csv(tmp_path / "run.csv", comment="#")
        pd.testing.assert_frame_equal(table, one.frame(), rtol=1e-14, atol=1e-300)
    seeds = 3
    assert len(table) == seeds * len(TIMES) and table.seed.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert table.samples.tolist() == TIMES * seeds
    columns = {
        "perpendicular": seeded.perpendicular,
        "angle_1_degrees": np.degrees(seeded.angles[..., 0]),
    }
    columns |= {"singular_value_7": seeded.singular_values[..., 6], "risk": seeded.risk}
    for name, values in columns.items():
        np.testing.assert_allclose(table[name].to_numpy().reshape(3, 4), values, rtol=1e-14)
    assert run.frame().seed.tolist() == [SETTINGS.seed] * 4


def test_csv_of_an_own_link_names_it_and_notes_are_comments(tmp_path):
    def my_link(Z):
        return Z[:, 0]

    run = online_sgd(SETTINGS.replace(link=my_link), 10, [0, 10])
    text = run.to_csv(notes=["first note", "second"])
    first, *notes = text.splitlines()[:3]
    assert "link=function:my_link" in first and notes == ["# first note", "# second"]
    assert len(pd.read_csv(io.StringIO(text), comment="#")) == 2


def test_a_run_of_constant_labels_has_no_r2_but_everything_else():
    run = online_sgd(Settings(d=10, link="none", noise=0.0, width=5), 50, [0, 50])
    assert np.isnan(run.r2).all() and np.isfinite(run.risk).all() and "R2" not in run.sentence()
    assert np.isnan(pd.read_csv(io.StringIO(run.to_csv()), comment="#").r2).all()


# ---- the growing record


def test_a_record_is_the_run_of_its_snapshots():
    sim, record, snapshots = OnlineSGD(SETTINGS), Record(SETTINGS), []
    with pytest.raises(ValueError, match="nothing is recorded"):
        record.run()
    for _ in range(8):
        snapshots.append(sim.snapshot())
        record.append(snapshots[-1])
        sim.advance(20)
    run, expected = record.run(), Run.of(SETTINGS, snapshots)
    assert len(record) == 8 and run.seeds is None and np.array_equal(run.samples, expected.samples)
    for name in SERIES:
        assert np.array_equal(getattr(run, name), getattr(expected, name)), name
        assert getattr(run, name).dtype == getattr(expected, name).dtype


def test_a_record_of_seeds_is_the_stack_of_their_runs(seeded):
    record = Record(SETTINGS)
    sims = [OnlineSGD(SETTINGS.replace(seed=seed)) for seed in range(3)]
    for t in TIMES:
        for sim in sims:
            sim.advance(t - sim.samples)
        record.append(*(sim.snapshot() for sim in sims))
    run = record.run()
    assert run.seeds == (0, 1, 2)
    for name in SERIES:
        assert np.array_equal(getattr(run, name), getattr(seeded, name)), name


@pytest.mark.parametrize("limit", [10, 11, 64])
@pytest.mark.parametrize(
    "grow", [lambda t: t + 7, lambda t: 1.07 * t + 1], ids=["even", "geometric"]
)
def test_a_record_stays_bounded_and_keeps_its_ends(limit, grow):
    """However long it runs: never more than ``limit`` moments, in order.

    The first and the newest are among them.
    """
    record, t = Record(SETTINGS, limit), 0.0
    for step in range(400):
        record.append(made_up(int(t), risk=float(step)))
        samples = record.run().samples
        assert len(record) == len(samples) <= limit and samples[0] == 0 and samples[-1] == int(t)
        assert (np.diff(samples) > 0).all() and record.run().risk[-1] == step
        t = grow(t)
    with pytest.raises(ValueError, match="limit = 9 is too small"):
        Record(SETTINGS, 9)


def test_marked_moments_stay_in_a_record_however_long_it_gets():
    """As many as a quarter of the limit; of more, the newest."""
    record, marks = Record(SETTINGS, 40), [3, 50, 51, 700, 1203]
    for step in range(1500):
        record.append(made_up(step))
        record.marked = [t for t in marks if t <= step]
        assert len(record) <= 40
    assert set(marks) <= set(record.run().samples.tolist())
    record.marked = list(range(1480, 1520))
    for step in range(1500, 1700):
        record.append(made_up(step))
    assert set(range(1510, 1520)) <= set(record.run().samples.tolist()) and len(record) <= 40


def test_a_long_record_has_no_holes_on_a_log_axis():
    """5000 moments 100 samples apart, thinned to at most 600: neighbours differ by a factor of 2.

    At most, as 100 and 200 do at the start, so that a curve over log time stays a curve.
    """
    record = Record(SETTINGS)
    for step in range(5000):
        record.append(made_up(100 * step))
    samples = record.run().samples
    assert 100 < len(samples) <= 600 and (samples[2:] / samples[1:-1]).max() <= 2


# ---- numbers by hand


def rotated(*rows):
    """Rows, padded to 5 entries, in an orthonormal basis that is not that of the axes."""
    basis = np.linalg.qr(np.random.default_rng(8).standard_normal((5, 5)))[0]
    return np.array([[*row, *[0.0] * (5 - len(row))] for row in rows]) @ basis.T


def test_a_snapshot_measures_what_its_network_was_made_of():
    """Rows of lengths 6, 3, 1 at right angles.

    They are turned by 20 and 50 degrees out of the span of u_1 and u_2.
    """
    (c1, s1), (c2, s2) = ((np.cos(a), np.sin(a)) for a in np.radians([20, 50]))
    U = rotated([1, 0], [0, 1])
    W = rotated([6 * c1, 0, 6 * s1], [0, -3 * c2, 0, 3 * s2], [0, 0, 0, 0, 1])
    moment = Snapshot.measure(70, 5, W, U, risk=0.25, r2=0.5)
    assert (moment.samples, moment.d, moment.risk, moment.r2) == (70, 5, 0.25, 0.5)
    assert np.allclose(np.degrees(moment.angles), [50, 20])
    assert np.allclose(moment.singular_values, np.array([6, 3, 1]) / np.sqrt(3))
    assert moment.parallel == pytest.approx(np.sqrt(((6 * c1) ** 2 + (3 * c2) ** 2) / 3))
    assert moment.perpendicular == pytest.approx(np.sqrt(((6 * s1) ** 2 + (3 * s2) ** 2 + 1) / 3))
    seen = [[6 * c1, 0, 6 * s1], [0, -3 * c2, 3 * s2], [0, 0, 1]]
    assert np.allclose(moment.neurons, seen, atol=1e-6)  # float32
    assert moment.neurons.dtype == np.float32


@pytest.mark.parametrize(("k", "seen"), [(1, [2, 0]), (2, [2, -4]), (3, [2, -4, 4])])
def test_neurons_show_their_weights_on_the_directions_and_what_is_outside_of_all(k, seen):
    W = rotated([2, -4, 4, 7])
    outside = {1: np.sqrt(4**2 + 4**2 + 7**2), 2: np.sqrt(4**2 + 7**2), 3: 7}[k]
    moment = Snapshot.measure(0, 5, W, rotated(*np.eye(k)), 0.0, 0.0)
    assert np.allclose(moment.neurons, [[*seen, outside]], atol=1e-5)  # float32
    assert moment.perpendicular == pytest.approx(outside)
    assert moment.parallel == pytest.approx(np.sqrt(85 - outside**2))


def test_of_more_than_six_directions_neurons_show_the_first_six():
    W = np.random.default_rng(3).standard_normal((5, 12))
    moment = Snapshot.measure(0, 12, W, np.eye(12)[:9], 0.0, 0.0)
    assert np.allclose(moment.neurons[:, :6], W[:, :6], atol=1e-6)  # float32
    assert np.allclose(moment.neurons[:, 6:], np.linalg.norm(W[:, 9:], axis=1)[:, None], atol=1e-6)


def hand_made(times, seed=0, shift=0.0, **more):
    """A run of made-up moments: each number tells which series, moment and seed it is of."""
    settings = Settings(d=200, k=2, width=3, seed=seed)
    moments = [
        made_up(
            t,
            angles=np.radians([60 - i + shift, 30 - i - shift]),
            perpendicular=0.9 - i / 10 + shift / 100,
            parallel=0.1 + i / 10,
            risk=0.5 - i / 100 + shift / 100,
            r2=i / 10,
            singular_values=np.arange(7, 0, -1) + i / 10 + shift,
            neurons=np.full((3, 3), 10 * i + seed, np.float32),
        )
        for i, t in enumerate(times)
    ]
    return Run.of(settings, moments, **more)


def test_stacked_seeds_keep_their_order_and_at_takes_medians():
    runs = [
        hand_made([0, 8], seed, shift, net=f"net {seed}")
        for seed, shift in ((4, 2.0), (5, 0.0), (9, 7.0))
    ]
    runs[0] = replace(runs[0], floors={"zero": 3.0})
    runs[1] = replace(runs[1], note="It diverged.")
    stacked = Run.stack(iter(runs))
    assert stacked.seeds == (4, 5, 9) and stacked.settings.seed == 4
    assert stacked.net == ("net 4", "net 5", "net 9") and stacked.floors == {"zero": 3.0}
    assert stacked.note == "It diverged." and Run.stack(runs[:1]).note == ""
    assert np.allclose(stacked.risk, [[0.52, 0.51], [0.5, 0.49], [0.57, 0.56]])
    assert stacked.samples.tolist() == [0, 8]
    for moment, i in ((stacked.at(0), 0), (stacked.at(), 1)):
        assert moment.samples == 8 * i and moment.d == 200
        assert np.allclose(np.degrees(moment.angles), [62 - i, 28 - i])  # medians of 2, 0, 7 are 2
        assert moment.perpendicular == pytest.approx(0.92 - i / 10)
        assert moment.parallel == pytest.approx(0.1 + i / 10)
        assert moment.risk == pytest.approx(0.52 - i / 100) and moment.r2 == pytest.approx(i / 10)
        assert np.allclose(moment.singular_values, np.arange(7, 0, -1) + i / 10 + 2)
        assert (moment.neurons == 10 * i + 4).all()  # of the first seed
    assert stacked.sentence(0) == (
        "After 0 samples (0 d): angles 62.0, 28.0 degrees; W_perp 0.920, W_par 0.100; "
        "test risk 0.5200 (R2 0.00). (median of 3 seeds) It diverged."
    )
    assert "median" not in Run.stack(runs[2:]).sentence()
    assert "median of 2 seeds" in Run.stack(runs[1:]).sentence()


def test_a_run_of_one_seed_gives_back_what_it_was_made_of():
    run = hand_made([0, 8, 9])
    assert run.note == "" and run.seeds is None and run.net is None and run.floors == {}
    moment = run.at(1)
    assert np.allclose(np.degrees(moment.angles), [59, 29]) and (moment.neurons == 10).all()
    assert (moment.perpendicular, moment.parallel, moment.risk, moment.r2) == pytest.approx(
        (0.8, 0.2, 0.49, 0.1)
    )
    assert run.sentence(1).endswith("(R2 0.10).") and repr(run).startswith("After 9 samples")


def test_quantiles_of_one_seed_are_the_series_as_often_as_asked():
    run = hand_made([0, 8])
    assert run.quantiles("risk", [0.1, 0.5, 0.9]).tolist() == [run.risk.tolist()] * 3
    assert run.quantiles("angles", [0.5]).shape == (1, 2, 2)
    assert run.quantiles("angles", 0.5).shape == (2, 2)
    seeds = Run.stack([hand_made([0], i, float(i)) for i in range(5)])  # risk 0.5 + i / 100
    assert seeds.quantiles("risk", (0, 0.25, 1)).ravel() == pytest.approx([0.5, 0.51, 0.54])


HEAD = "     samples      t/d   W_perp   W_par    risk  angles (degrees)"


@pytest.mark.parametrize(
    ("rows", "moments"),
    [(5, [1, 3, 5, 7, 9]), (2, [7, 9]), (3, [5, 7, 9]), (9, [1, 2, 3, 4, 5, 6, 7, 8, 9]), (1, [9])],
)
def test_the_table_is_even_in_log_time(rows, moments):
    """At 0, 1, 3, 10, 30, ... 10,000 samples: a decade a row up to five rows, then closer."""
    times = [0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000]
    lines = hand_made(times).table(rows).splitlines()
    assert lines[0] == HEAD
    assert [int(line.split()[0].replace(",", "")) for line in lines[1:]] == (
        [times[i] for i in moments]
    )


@pytest.mark.parametrize(
    ("end", "rows", "moments"),
    [
        (1_000_000, 5, [100, 1000, 10_000, 100_000, 1_000_000]),
        (1_000_000, 9, [100, 316, 1000, 3162, 10_000, 31_623, 100_000, 316_228, 1_000_000]),
        (400, 5, [1, 4, 20, 89, 400]),  # not before the first sample
    ],
)
def test_the_table_of_a_dense_run_takes_the_moments_nearest_to_even_ones(end, rows, moments):
    times = range(401) if end == 400 else np.unique(np.geomspace(1, 1e6, 481).round().astype(int))
    lines = hand_made(times).table(rows).splitlines()[1:]
    assert [int(line.split()[0].replace(",", "")) for line in lines] == moments
    assert (
        rows != 5 or hand_made(times).table().splitlines()[1:] == lines
    )  # five, if nothing is said


def test_the_lines_of_a_table_letter_by_letter():
    lines = hand_made([0, 100, 10_000, 123_456]).table().splitlines()
    assert lines == [
        HEAD,
        "           0        0    0.900   0.100  0.5000   60.0  30.0",  # the nearest to 12 samples
        "         100      0.5    0.800   0.200  0.4900   59.0  29.0",
        "      10,000       50    0.700   0.300  0.4800   58.0  28.0",
        "     123,456    617.3    0.600   0.400  0.4700   57.0  27.0",
    ]
    assert hand_made([0]).table().splitlines()[1:] == [
        "           0        0    0.900   0.100  0.5000   60.0  30.0"
    ]


def test_a_frame_has_a_row_for_each_moment_of_each_seed():
    runs = [hand_made([0, 8], seed, shift) for seed, shift in ((4, 2.0), (5, 0.0))]
    frame = Run.stack(runs).frame()
    columns = "seed samples perpendicular parallel risk r2 angle_1_degrees angle_2_degrees".split()
    assert list(frame) == [*columns, *(f"singular_value_{i}" for i in range(1, 8))]
    assert frame.index.tolist() == [0, 1, 2, 3]
    assert frame.iloc[1].tolist() == pytest.approx(
        [4, 8, 0.82, 0.2, 0.51, 0.1, 61, 27, *np.arange(7, 0, -1) + 2.1]
    )
    assert frame.iloc[2].tolist() == pytest.approx(
        [5, 0, 0.9, 0.1, 0.5, 0.0, 60, 30, *np.arange(7, 0, -1)]
    )
    pd.testing.assert_frame_equal(runs[1].frame(), frame.iloc[2:].reset_index(drop=True))


def test_csv_begins_with_settings_and_notes_and_has_no_index():
    run = hand_made([0, 8])
    lines = run.to_csv(notes=["a note"]).splitlines()
    assert lines[:2] == [f"# {run.settings.summary()}", "# a note"]
    assert lines[2].startswith("seed,samples,perp")
    assert lines[3].startswith("0,0,0.9,0.1,0.5,0.0,") and len(lines) == 5


@pytest.mark.parametrize(
    ("samples", "text"),
    [
        (0, "0 d"),
        (104, "0.52 d"),
        (1, "0.005 d"),
        (2469, "12.3 d"),
        (19_998, "100 d"),
        (20_000, "100 d"),
        (704_000, "3,520 d"),
    ],
)
def test_times_in_units_of_d(samples, text):
    assert in_d(samples, 200) == text


def test_a_sentence_leaves_out_what_was_not_measured():
    nan = float("nan")
    assert made_up(41, risk=nan, r2=0.3).sentence() == (
        "After 41 samples (0.205 d): angles 40.3, 8.0 degrees; W_perp 0.183, W_par 0.500."
    )
    assert made_up(41, r2=nan).sentence().endswith("W_par 0.500; test risk 0.0123.")


@pytest.mark.parametrize("seeds", [1, 2])
def test_a_full_record_keeps_half_of_its_moments_evenly_in_log_time(seeds):
    """Ten moments at t + 1 = 1, 2, 4, ... 512.

    Of the five that would be even, 1, 4.8, 23, 108, 512, the next recorded.
    """
    record = Record(SETTINGS.replace(seed=3), limit=10)
    for i in range(11):
        record.append(*(made_up(2**i - 1, risk=i + seed / 10, r2=-i) for seed in range(seeds)))
    run, kept = record.run(), [0, 3, 5, 7, 9, 10]
    assert len(record) == 6 and run.samples.tolist() == [2**i - 1 for i in kept]
    assert run.r2.reshape(seeds, 6).tolist() == [[-i for i in kept]] * seeds
    assert run.risk.reshape(seeds, 6).tolist() == [
        [i + seed / 10 for i in kept] for seed in range(seeds)
    ]
    assert run.seeds == (None if seeds == 1 else (3, 4)) and run.settings.seed == 3
    assert record.run(note="so far", seeds=(8, 9)).note == "so far" and record.run(
        seeds=(8, 9)
    ).seeds == (8, 9)


def test_a_record_may_be_as_small_as_ten_and_is_600_long_if_nothing_is_said():
    assert Record(SETTINGS, 10).limit == 10
    record = Record(SETTINGS)
    for t in range(600):
        record.append(made_up(t))
    assert len(record) == 600 and len(record.run().samples) == 600
    record.append(made_up(600))
    assert len(record) <= 301 and record.run().samples[-1] == 600


# ---- text that others read


def test_a_file_has_one_newline_a_line_on_every_system(run, tmp_path, monkeypatch):
    """As on Windows: os.linesep has two characters, and text files translate each newline."""
    monkeypatch.setattr("os.linesep", "\r\n")

    def translated(path, text, encoding=None, errors=None, newline=None):
        path.write_bytes(
            (text if newline in ("", "\n") else text.replace("\n", "\r\n")).encode(encoding)
        )

    monkeypatch.setattr("pathlib.Path.write_text", translated)
    text = run.to_csv(tmp_path / "run.csv", notes=["größer als 0"])
    assert "\r" not in text and (tmp_path / "run.csv").read_bytes() == text.encode()


@pytest.mark.parametrize(
    "separator", ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\0", "\ud800"]
)
def test_notes_and_names_stay_on_their_line(separator, tmp_path):
    def link(Z):
        return Z[:, 0]

    link.__name__ = f"my{separator}link"
    run = online_sgd(SETTINGS.replace(link=link), 10, [0, 10])
    text = run.to_csv(tmp_path / "run.csv", notes=[f"one{separator}1,2,3", "two"])
    assert len(text.splitlines()) == 3 + 1 + 2 and text.splitlines()[2] == "# two"
    assert (
        repr(separator)[1:-1] in text.splitlines()[0]
        and repr(separator)[1:-1] in text.splitlines()[1]
    )
    assert len(pd.read_csv(tmp_path / "run.csv", comment="#")) == 2
    assert run.to_csv(notes="a single note").splitlines()[1] == "# a single note"
