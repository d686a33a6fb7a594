"""Experiments that break an assumption: small sizes of what notebook 07 shows.

Where a value of the notebook's notes is repeated, it was measured there over five seeds; here seeds
are fewer, and bounds as wide as they scatter.
"""

import numpy as np
import pytest

import course_utils.gallery.__main__ as script
from course_utils import MultiIndexModel, OnlineSGD, Settings, online_sgd
from course_utils.gallery import (
    TIMINGS,
    edge,
    giant_step,
    growth,
    measure_times,
    phase_diagram,
    reused,
    stored_times,
    times_to_angle,
)
from course_utils.gallery.stored import DIMENSIONS, SEEDS
from course_utils.subspace import principal_angles
from course_utils.theory import KINK, angles_to_pull, first_step, limit_direction

FLAT = Settings(
    d=50,
    k=1,
    link="tanh",
    width=100,
    bias="away",
    weight_decay=0.5,
    step=1.0,
    schedule="decreasing",
)


def degrees(settings, seeds=3, samples=20_000):
    run = online_sgd(settings, samples=samples, checkpoints=1, seeds=seeds)
    return np.degrees(run.angles[:, -1, 0])


# A covariance.


def covariance_of(target):
    return np.eye(target.d) + target.inputs.stretch * np.outer(target.spike, target.spike)


def test_the_limit_direction_is_the_formula_with_matrices():
    target = FLAT.replace(inputs="spiked:20:0.5").target()
    u, S = target.directions[0], covariance_of(target)
    for h, lam in ((0.3, 0.5), (0.3, 0.0), (0.0, 1.0), (0.1, 8.0)):
        w = np.linalg.solve(h * S + lam * np.eye(50), S @ u)
        found = limit_direction(target, h, lam)
        np.testing.assert_allclose(found, w / np.linalg.norm(w), atol=1e-12)
    normal = FLAT.target()
    np.testing.assert_allclose(limit_direction(normal, 0.3, 2.0) @ normal.directions[0], 1)


def test_without_decay_the_limit_is_u_and_much_decay_turns_it_to_s_u():
    """Angles to u rise from 0 to that of S u, 55.3 degrees for THETA 20 and COS 1/2."""
    target = FLAT.replace(inputs="spiked:20:0.5").target()
    u = target.directions[0]
    angles = [
        np.degrees(np.arccos(np.clip(limit_direction(target, 0.3, lam) @ u, -1, 1)))
        for lam in (0.0, 0.1, 0.5, 2.0, 8.0, 1e6)
    ]
    assert angles[0] < 1e-5 and (np.diff(angles) > 0).all()
    assert angles[-1] == pytest.approx(55.3, abs=0.1)


def test_limit_directions_refuse_what_they_do_not_cover():
    with pytest.raises(ValueError, match="'elliptical:3' are not normal.*spiked:20:0.5"):
        limit_direction(FLAT.replace(inputs="elliptical:3").target(), 0.3, 0.5)
    for wrong in ((-0.1, 0.5), (0.3, -1.0), (0.0, 0.0), (np.nan, 1.0)):
        with pytest.raises(ValueError, match="numbers that are 0 or more, not both 0"):
            limit_direction(FLAT.target(), *wrong)
    with pytest.raises(ValueError, match="k = 2"):
        limit_direction(FLAT.replace(link="chain", k=2).target(), 0.3, 0.5)


def test_with_a_covariance_more_decay_is_worse():
    """S = I + 20 v v^T, <u, v> = 1/2: about 13, 23, 39, 50 degrees at lam .1, .5, 2, 8.

    The limit for curvatures from .15 to .4 lies on both sides of each but the first, which has not
    settled yet; and W comes near to S u.
    """
    to_u, to_pull, bounds = [], [], []
    for lam, step in ((0.1, 0.3), (0.5, 0.6), (2.0, 0.3), (8.0, 0.1)):
        s = FLAT.replace(inputs="spiked:20:0.5", weight_decay=lam, step=step)
        run, target = online_sgd(s, samples=20_000, checkpoints=1), s.target()
        to_u.append(np.degrees(run.angles[-1, 0]))
        to_pull.append(np.degrees(angles_to_pull(run.net, target)[0]))
        ends = [limit_direction(target, h, lam) @ target.directions[0] for h in (0.4, 0.15)]
        bounds.append(np.degrees(np.arccos(ends)))
    assert (np.abs(np.array(to_u) - [15, 23, 39, 50]) < [5, 5, 4, 2]).all()
    assert (np.diff(to_pull) < 0).all() and to_pull[-1] < 8
    for angle, (low, high) in list(zip(to_u, bounds, strict=True))[1:]:
        assert low - 3 < angle < high + 3
    for calm in ("gaussian", "spiked:20:0", "spiked:20:1"):
        assert degrees(FLAT.replace(inputs=calm, step=0.5), seeds=2).max() < 6


def test_angles_to_pull_are_alike_in_both_kinds_of_sampling():
    """In reduced coordinates S u is COS-dependent in two columns; at d = 400 over 20 seeds each.

    Means within five standard errors.
    """
    base = FLAT.replace(d=400, width=20, inputs="spiked:20:0.5", step=0.5)
    found = {}
    for sampling in ("plain", "reduced"):
        found[sampling] = []
        for seed in range(20):
            sim = OnlineSGD(base.replace(seed=seed), sampling)
            sim.advance(2000)
            assert sim.reduced == (sampling == "reduced")
            found[sampling].append(np.degrees(angles_to_pull(sim.net, sim.target)[0]))
    plain, reduced = (np.array(v) for v in found.values())
    error = np.hypot(plain.std(), reduced.std()) / np.sqrt(20)
    assert abs(plain.mean() - reduced.mean()) < 5 * error < 10
    sim = OnlineSGD(FLAT)
    same = angles_to_pull(sim.net, sim.target)
    np.testing.assert_allclose(same, principal_angles(sim.W, sim.target.directions))


# The hypercube and heavy tails.


def test_on_the_hypercube_a_sparse_u_is_missed_as_the_first_step_predicts():
    """Two entries, .894 and .447: 17.7 degrees (+-1.5), predicted 17 to 18.5; W is near to g."""
    s = FLAT.replace(inputs="hypercube", directions="sparse:2")
    run = online_sgd(s, samples=20_000, checkpoints=1)
    g = first_step(s.target(), s.loss)
    assert np.degrees(run.angles[-1, 0]) == pytest.approx(17.7, abs=1.5)
    assert np.degrees(principal_angles(run.net.W, g[None] / np.linalg.norm(g))[0]) < 5
    for calm in (s.replace(directions="random"), s.replace(directions="axis")):
        assert degrees(calm, seeds=2).max() < 6


def test_on_the_hypercube_u_of_nine_tenths_is_missed_by_seventeen_degrees():
    """u = (.9, .436), which no settings name, fed to the engine: 17.7 degrees, +-1.5."""
    U = np.zeros((1, 50))
    U[0, :2] = 0.9, 0.19**0.5
    target = MultiIndexModel(U, "tanh", noise=0.1, inputs="hypercube")
    for seed in range(2):
        sim = OnlineSGD(FLAT.replace(inputs="hypercube", seed=seed))
        sim.feed(*target.sample(20_000, np.random.default_rng(seed)))
        assert np.degrees(principal_angles(sim.W, U)[0]) == pytest.approx(17.7, abs=1.5)


@pytest.mark.parametrize("directions", ["random", "sparse:2"])
def test_round_clouds_with_heavy_tails_are_no_failure(directions):
    """Multivariate t, nu = 3: about 5 degrees, below 8."""
    assert degrees(FLAT.replace(inputs="elliptical:3", directions=directions)).max() < 8


# The threshold.


def test_rows_vanish_above_the_threshold_and_stay_below_it_for_each_size_of_biases():
    """Edge at 0.242 / |b| within 20 %, whatever |b|; rows of length r = |b| x the outer root.

    The norm at half the threshold, 3.2 |b|, solves phi(b / r) / r = lam.
    """
    decays = (0.5, 0.8, 0.95, 1.05, 1.1, 1.2)
    rows = dict(phase_diagram((0.5, 2.0), decays, seeds=2))
    assert list(rows) == [0.5, 2.0]
    for norms in rows.values():
        assert norms.shape == (2, 6)
        assert (np.abs(edge(decays, norms) - 1) < 0.2).all()
        rate = np.exp(-0.5 / norms[:, 0] ** 2) / np.sqrt(2 * np.pi) / norms[:, 0]
        np.testing.assert_allclose(rate, 0.5 * KINK, rtol=0.1)
        assert (norms[:, -1] < 0.3).all()


def test_short_rows_vanish_under_decays_that_long_rows_withstand():
    """Below r = |b| the rate phi(b / r) / r falls with r; .4 |b| is far below."""
    (_, short), (_, long) = (
        next(phase_diagram((2.0,), (0.8,), seeds=1, start=start)) for start in (0.4, 2.0)
    )
    assert short[0, 0] < 0.4 < 1.5 < long[0, 0]


def test_the_diagram_comes_row_by_row():
    rows = phase_diagram((1.0, -5.0), (1.2,), seeds=1)
    assert next(rows)[0] == 1.0
    with pytest.raises(ValueError, match="bias = -5"):
        next(rows)


def test_an_edge_lies_between_the_last_that_stays_and_the_first_that_vanishes():
    norms = np.array([[2, 1, 0.2, 0.1], [0.3, 0.2, 0.1, 0.1], [2, 2, 2, 2]])
    np.testing.assert_allclose(edge((1, 2, 3, 4), norms), [2.5, 1, np.nan])


# One giant step.


def test_a_giant_step_is_a_spike_of_the_predicted_size():
    """.495, within 5 % of the prediction; the rest is 4 % of it, and its direction is near u."""
    for seed in range(2):
        step = giant_step(seed=seed)
        assert step.values[0] == pytest.approx(step.predicted, rel=0.05)
        assert step.predicted == pytest.approx(0.495, rel=0.1)
        assert step.values[1] < 0.05 * step.values[0] and step.rest < 0.06
        assert 0.85 < step.cosine < 0.95
    assert giant_step(n=500, d=100, width=150, link="he2").cosine < 0.5  # no first coefficient


# Time against d.


def test_growth_is_a_slope_on_logarithms():
    d = np.array([10.0, 100.0, 1000.0])
    found = growth(d, [3 * x**1.5 * np.array([1.0, 2.0, 5.0]) for x in d])
    np.testing.assert_allclose(found, 1.5)
    apart = growth([10, 100], [np.array([1.0, 1.0]), np.array([10.0, 100.0])])
    assert (apart.least, apart.most) == pytest.approx((1, 2))
    assert np.isnan(growth([10, 100], [np.ones(2), np.array([5.0, np.nan])]).slope)
    with pytest.raises(ValueError, match="two dimensions or more, got 1"):
        growth([10], [np.ones(3)])


STORED = stored_times()


def test_the_stored_table_is_whole():
    assert {link: tuple(by_d) for link, by_d in STORED.items()} == DIMENSIONS
    assert {len(each) for by_d in STORED.values() for each in by_d.values()} == {SEEDS}
    assert all(np.isfinite(each).all() for by_d in STORED.values() for each in by_d.values())


def test_the_script_makes_what_is_stored():
    """The fast size, run again; within 7 %, two looks, where another processor rounds."""
    rows = [row for some in measure_times(script.FAST, 2) for row in some]
    assert {(link, d) for link, d, *_ in rows} == {
        (link, d) for link, dims in script.FAST.items() for d in dims
    }
    for link, d, seed, samples in rows:
        assert samples == pytest.approx(STORED[link][d][seed], rel=0.07)


def test_the_script_stores_what_it_measures(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(script, "DIMENSIONS", {"staircase": (16,)})
    script.main(["--file", str(tmp_path / "times.csv")])
    lines = (tmp_path / "times.csv").read_text().splitlines()
    assert lines[0] == "link,d,seed,samples" and len(lines) == 1 + SEEDS
    assert lines[1] == f"staircase,16,0,{STORED['staircase'][16][0]:.0f}"
    monkeypatch.setattr(script, "FAST", {"staircase": (16,)})
    script.main(["--fast", "--file", str(tmp_path / "none.csv")])
    assert not (tmp_path / "none.csv").exists()
    assert capsys.readouterr().out.count("staircase at d = 16: ") == 2


@pytest.mark.parametrize(
    ("name", "low", "high"), [("tanh", 0.9, 1.1), ("he2", 1.1, 1.3), ("he3", 1.8, 2.3)]
)
def test_time_grows_with_d_as_the_information_exponent_says(name, low, high):
    """d, d log d and d^2, over five seeds; notes of another machine give .98, 1.19 and 2.02."""
    by_d = STORED[name]
    assert max(by_d) >= 8 * min(by_d)
    assert low < growth(list(by_d), list(by_d.values())).slope < high


def test_an_exponent_of_two_costs_d_log_d():
    """Flat within 25 % over a factor 64 in d, where samples over d alone grow."""
    scaled = [np.median(each) / (d * np.log(d)) for d, each in STORED["he2"].items()]
    assert max(scaled) < 1.25 * min(scaled)


def test_a_staircase_is_linear_where_its_top_term_alone_is_not():
    """Under 300 d at every d; the product takes d^2, and ten times as many samples at d = 64."""
    assert all(np.median(each) < 300 * d for d, each in STORED["staircase"].items())
    product = STORED["product"]
    assert 1.6 < growth(list(product), list(product.values())).slope < 2.4
    assert np.median(product[64]) > 5 * np.median(STORED["staircase"][64])


def test_a_timing_that_gives_up_says_so():
    hopeless = TIMINGS["he3"]
    found = next(times_to_angle(hopeless.__class__(hopeless.settings, 45.0, 1.0), [64], seeds=2))
    assert found[0] == 64 and np.isnan(found[1]).all()
    assert hopeless.at(100).step == pytest.approx(0.1) and hopeless.at(100).d == 100


# Samples used again.


def test_passes_over_few_samples_are_no_substitute_for_fresh_ones():
    """He3, square loss, d = 100: cosines .05 to .45 after 20 passes over 10 d, .94 to .99 fresh."""
    s = TIMINGS["he3"].settings.replace(d=100, step=0.3)
    for seed in range(2):
        own = s.replace(seed=seed)
        again, fresh = reused(own, 1000, passes=20), reused(own, 20_000)
        assert again.samples == fresh.samples == 20_000
        assert np.cos(again.angles[0]) < 0.6 < 0.85 < np.cos(fresh.angles[0])
        assert "samples that were fed" in again.note


def test_a_sample_repeated_in_a_row_is_repeated_in_a_row():
    """The same as feeding each twice by hand; passes go through them again."""
    s = FLAT.replace(d=8, width=5)
    sim = OnlineSGD(s)
    X, y = sim.target.sample(7, np.random.default_rng([s.seed, 0x2E05E]))
    for _ in range(2):
        for i in range(7):
            sim.feed(X[[i, i, i]], y[[i, i, i]])
    found = reused(s, 7, passes=2, repeats=3)
    np.testing.assert_allclose(found.perpendicular, sim.snapshot().perpendicular, rtol=1e-10)
    for wrong in ({"n": 0}, {"passes": 0}, {"repeats": 1.5}):
        with pytest.raises(ValueError, match=f"^{next(iter(wrong))} = "):
            reused(s, **{"n": 5, **wrong})
