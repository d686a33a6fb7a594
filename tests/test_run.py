"""Snapshot, Run and Record: shapes with and without seeds, words, tables, CSV; floors that a risk is compared with."""

import io
import math

import numpy as np
import pandas as pd
import pytest

from course_utils import MultiIndexModel, OnlineSGD, Run, Settings, Snapshot, TwoLayerNet, online_sgd
from course_utils.risk import floors, mean_loss, r_squared, test_risk
from course_utils.run import SERIES, Record

SETTINGS = Settings(d=20, k=2, link="chain", width=7, noise=0.2, step=0.5)
TIMES = [0, 10, 100, 400]


@pytest.fixture(scope="module")
def run():
    return online_sgd(SETTINGS, 400, TIMES)


@pytest.fixture(scope="module")
def seeded():
    return online_sgd(SETTINGS, 400, TIMES, seeds=3)


SHAPES = {name: () for name in ("perpendicular", "parallel", "risk", "r2")}
SHAPES |= {"angles": (2,), "singular_values": (7,), "neurons": (7, 3)}


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
    """angles (n, k), k + 5 singular values where there are as many, a third of neurons for the perpendicular part."""
    run = online_sgd(Settings(d=d, k=k, width=width, link="none"), 5, [0, 5])
    assert run.angles.shape == (2, k) and run.singular_values.shape == (2, min(k + 5, width, d))
    assert run.neurons.shape == (2, width, 3) and (k > 1 or not run.neurons[..., 1].any())


def test_quantiles_are_over_seeds(run, seeded):
    assert np.array_equal(seeded.quantiles("angles"), np.median(seeded.angles, axis=0))
    band = seeded.quantiles("risk", [0.25, 0.75])
    assert np.array_equal(band, np.quantile(seeded.risk, [0.25, 0.75], axis=0)) and band.shape == (2, 4)
    assert np.array_equal(run.quantiles("risk"), run.risk)
    assert np.array_equal(run.quantiles("risk", [0.25, 0.75]), [run.risk, run.risk])


def test_at_gives_back_the_moment(run, seeded):
    moment = run.at(2)
    assert (moment.samples, moment.d) == (100, 20) and moment.risk == run.risk[2]
    assert np.array_equal(moment.angles, run.angles[2]) and np.array_equal(moment.neurons, run.neurons[2])
    middle = seeded.at()
    assert middle.samples == 400 and middle.perpendicular == np.median(seeded.perpendicular[:, -1])
    assert np.array_equal(middle.neurons, seeded.neurons[0, -1])


def made_up(samples, **changes):
    values = {"angles": np.radians([40.26, 8.0]), "perpendicular": 0.1834, "parallel": 0.5, "risk": 0.0123, "r2": 0.876}
    return Snapshot(samples, 200, singular_values=np.ones(7), neurons=np.zeros((3, 3), np.float32), **values | changes)


def test_the_sentence_says_the_numbers():
    assert made_up(41_300).sentence() == (
        "After 41,300 samples (206 d): angles 40.3, 8.0 degrees; W_perp 0.183, W_par 0.500; test risk 0.0123 (R2 0.88)."
    )
    single = made_up(10, angles=np.radians([12.0]), r2=float("nan")).sentence()
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
        assert "angles (degrees)" in lines[0] and lines[-1].split()[0] == "400" and len(lines) <= rows + 1
        assert len({len(line) for line in lines[1:]}) == 1  # aligned
    assert f"{np.degrees(run.angles[-1, 0]):.1f}" in run.table().splitlines()[-1]


def test_a_run_of_no_samples_has_words_and_a_table():
    run = online_sgd(SETTINGS, 0)
    assert len(run) == 1 and run.sentence().startswith("After 0 samples") and len(run.table().splitlines()) == 2


def test_of_and_stack_check_their_input(run):
    with pytest.raises(ValueError, match="at least one snapshot"):
        Run.of(SETTINGS, [])
    with pytest.raises(ValueError, match="different checkpoints"):
        Run.stack([run, online_sgd(SETTINGS, 400, [0, 400])])


def test_csv_round_trip(run, seeded, tmp_path):
    """pandas reads back what was written, to the last digits (1e-14); settings travel in a comment line."""
    for one in (run, seeded):
        text = one.to_csv(tmp_path / "run.csv")
        assert (tmp_path / "run.csv").read_text(encoding="utf-8") == text
        assert Settings.from_code(text.splitlines()[0].lstrip("# ")) == SETTINGS
        table = pd.read_csv(tmp_path / "run.csv", comment="#")
        pd.testing.assert_frame_equal(table, one.frame(), rtol=1e-14, atol=1e-300)
    seeds = 3
    assert len(table) == seeds * len(TIMES) and table.seed.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert table.samples.tolist() == TIMES * seeds
    columns = {"perpendicular": seeded.perpendicular, "angle_1_degrees": np.degrees(seeded.angles[..., 0])}
    columns |= {"singular_value_7": seeded.singular_values[..., 6], "risk": seeded.risk}
    for name, values in columns.items():
        np.testing.assert_allclose(table[name].to_numpy().reshape(3, 4), values, rtol=1e-14)
    assert run.frame().seed.tolist() == [SETTINGS.seed] * 4


def test_csv_of_an_own_link_names_it_and_notes_are_comments(tmp_path):
    def my_link(Z):
        return Z[:, 0]

    text = online_sgd(SETTINGS.replace(link=my_link), 10, [0, 10]).to_csv(notes=["first note", "second"])
    assert "link=function:my_link" in text.splitlines()[0] and text.splitlines()[1:3] == ["# first note", "# second"]
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
@pytest.mark.parametrize("grow", [lambda t: t + 7, lambda t: 1.07 * t + 1], ids=["even", "geometric"])
def test_a_record_stays_bounded_and_keeps_its_ends(limit, grow):
    """However long it runs: never more than ``limit`` moments, in order, the first and the newest among them."""
    record, t = Record(SETTINGS, limit), 0.0
    for step in range(400):
        record.append(made_up(int(t), risk=float(step)))
        samples = record.run().samples
        assert len(record) == len(samples) <= limit and samples[0] == 0 and samples[-1] == int(t)
        assert (np.diff(samples) > 0).all() and record.run().risk[-1] == step
        t = grow(t)
    with pytest.raises(ValueError, match="limit = 9 is too small"):
        Record(SETTINGS, 9)


def test_a_long_record_has_no_holes_on_a_log_axis():
    """5000 moments 100 samples apart, thinned to at most 600: neighbours differ by a factor of 2 at most, as 100 and
    200 do at the start, so that a curve over log time stays a curve."""
    record = Record(SETTINGS)
    for step in range(5000):
        record.append(made_up(100 * step))
    samples = record.run().samples
    assert 100 < len(samples) <= 600 and (samples[2:] / samples[1:-1]).max() <= 2


# ---- risks and their floors


def test_losses_of_known_residuals():
    yhat, y = np.array([0.0, 0.5, 3.0, -3.0]), np.zeros(4)
    assert mean_loss(yhat, y, "huber") == (0 + 0.125 + 2.5 + 2.5) / 4
    assert mean_loss(yhat, y, "square") == (0 + 0.25 + 9 + 9) / 8
    assert mean_loss(np.array([0.0]), np.array([1.0]), "logistic") == pytest.approx(math.log(2))
    assert mean_loss(np.array([800.0]), np.array([-1.0]), "logistic") == 800  # no overflow
    assert r_squared(y + 1, np.array([0.0, 2, 0, 2])) == 0 and r_squared(yhat, yhat) == 1
    assert math.isnan(r_squared(yhat, np.ones(4)))


def test_floors_in_closed_form():
    """Square loss, noise s: the link leaves s^2 / 2, a linear fit also the nonlinear 2/5 of the cubic's variance,
    zero everything. Tolerances are 5 standard errors at 100,000 samples; the cubic's sixth moments are heavy."""
    target = MultiIndexModel([1.0, 0.0], "cubic", noise=0.5)
    found = floors(target, "square")
    assert found["noise"] == pytest.approx(0.125, rel=0.03)
    assert found["linear"] == pytest.approx((0.25 + 0.4) / 2, rel=0.03 * 5)
    assert found["zero"] == pytest.approx((0.25 + 1) / 2, rel=0.03 * 5)


@pytest.mark.parametrize("loss", ["huber", "square", "logistic"])
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_no_predictor_in_sight_beats_the_noise_floor(loss, noise):
    """The floor is the least risk of all functions of the inputs: below the linear fit, zero, and multiples of g."""
    target = MultiIndexModel(np.eye(2, 6), "chain", noise, sign_labels=loss == "logistic")
    found = floors(target, loss)
    assert 0 <= found["noise"] <= min(found["linear"], found["zero"])
    Z = np.random.default_rng(0).standard_normal((50_000, 2))
    y = target.labels(Z, np.random.default_rng(1))
    scaled = [mean_loss(scale * target.mean(Z), y, loss) for scale in (0.5, 0.9, 1.1, 2, 5)]
    assert found["noise"] < min(scaled) + 0.005  # Monte-Carlo error of the two risks
    assert floors(target, loss) == found  # repeatable


def test_test_risk_is_the_mean_loss_on_fresh_samples(run):
    target = SETTINGS.target()
    risk = test_risk(run.net, target, "huber")
    X, y = target.sample(100_000, np.random.default_rng(5))
    assert risk == pytest.approx(mean_loss(run.net(X), y, "huber"), rel=0.1)  # 5 standard errors at 10,000
    assert test_risk(run.net, target, "huber") == risk != test_risk(run.net, target, "huber", seed=2)
    assert run.risk[-1] == pytest.approx(risk, rel=0.3)  # 1000 samples
    assert set(run.floors) == {"noise", "linear", "zero"}
