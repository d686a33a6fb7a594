"""The engine: schedules, equal runs from equal settings, divergence, and what the theory states."""

import os
import signal
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from course_utils import (
    LINKS,
    Diverged,
    OnlineSGD,
    Run,
    Settings,
    online_sgd,
    principal_angles,
    split_norms,
)
from course_utils.engine.online import schedule
from course_utils.engine.steps import sgd_steps_numpy
from course_utils.record import checkpoint_times
from course_utils.run import Record
from course_utils.settings import CHOICES

SMALL = Settings(d=15, k=2, link="chain", width=6, step=0.5, weight_decay=0.3)
SERIES = ("perpendicular", "parallel", "angles", "singular_values", "risk", "neurons")
NUMBERS = SERIES[:-1]


def same(a, b):
    """All that two snapshots measure, to the last bit."""
    equal = (np.array_equal(getattr(a, name), getattr(b, name)) for name in SERIES)
    return a.samples == b.samples and all(equal)


def median_at_end(settings, samples, name, seeds=5):
    run = online_sgd(settings, samples, checkpoints=1, seeds=seeds)
    return np.median(getattr(run, name)[:, -1], axis=0)


# ---- schedules


@pytest.mark.parametrize("d", [1, 100, 10**6, 10**9])
@pytest.mark.parametrize(
    ("step", "decay"), [(0.1, 0.05), (1.0, 2.0), (1e-9, 1e-3), (1000.0, 1000.0), (0.1, 0.0)]
)
def test_decreasing_schedule(d, step, decay):
    """Starts at step / d, falls, and 1 - et_t gam = (tau / (tau + 1))^2, tau = t + t0.

    This is the identity on which the rate of W_perp rests. tau is found back from et_t and grows by
    exactly 1 a step. Rounding: 1e-9.
    """
    settings = Settings(d=d, step=step, weight_decay=decay, schedule="decreasing", k=1)
    t = np.arange(0, 1000)
    et = schedule(settings, t)
    assert abs(et[0] / (step / d) - 1) < 1e-9 and et.shape == t.shape
    assert (np.diff(et) <= 0).all() and (et > 0).all()
    gap = min(decay / 2, 0.999 * d / step)
    if gap * et[0] > 1e-6:  # beyond, 1 - et gam has no digits left to check
        root = np.sqrt(1 - gap * et)
        tau = root / (1 - root)
        np.testing.assert_allclose(tau - tau[0], t, atol=1e-9 * (1 + tau[0]) ** 2)
    later = schedule(settings, np.array([10**12]))
    if decay > 0 and step * decay * 10**12 > 1e6 * d:
        # like 2 / (gam t) in the end
        np.testing.assert_allclose(later, 2 / (gap * 10**12), rtol=1e-3)


@pytest.mark.parametrize("name", CHOICES["schedule"])
def test_without_decay_or_with_a_constant_step_every_step_is_step_over_d(name):
    settings = Settings(
        d=40, step=0.3, weight_decay=0.0 if name == "decreasing" else 0.5, schedule=name
    )
    assert (schedule(settings, np.arange(0, 10**6, 1000)) == 0.3 / 40).all()
    assert schedule(settings, 5).shape == ()


# ---- the same steps, however they are asked for


@pytest.mark.parametrize("name", CHOICES["schedule"])
@pytest.mark.parametrize("loss", CHOICES["loss"])
def test_feed_equals_the_steps_by_hand(loss, name):
    """feed(X, y) against the update line in plain NumPy with the schedule's steps.

    Rounding over 300 steps: 1e-12.
    """
    settings = SMALL.replace(loss=loss, schedule=name, step=2.0)
    sim = OnlineSGD(settings)
    target, net = settings.build()
    X, y = target.sample(300, np.random.default_rng(5))
    W, start = net.W.copy(), sim.W.copy()
    sim.feed(X[:100], y[:100])
    sim.feed(X[100:], y[100:])
    steps = schedule(settings, np.arange(300))
    assert sgd_steps_numpy(W, net.a, net.b, X, y, steps, 0.3, "relu", loss) == -1
    np.testing.assert_allclose(sim.W, W, rtol=0, atol=1e-12)
    assert sim.samples == 300 and np.array_equal(start, net.W) and not np.allclose(W, start)


def test_feed_takes_as_many_samples_as_you_have():
    """10,000 at once equal 10,000 in odd pieces, to rounding: 1e-12."""
    whole, pieces = OnlineSGD(SMALL), OnlineSGD(SMALL)
    X, y = whole.target.sample(10_000, np.random.default_rng(5))
    whole.feed(X, y)
    for i in range(0, 10_000, 999):
        pieces.feed(X[i : i + 999], y[i : i + 999])
    np.testing.assert_allclose(whole.W, pieces.W, rtol=0, atol=1e-12)
    assert whole.samples == 10_000


def test_feed_refuses_what_it_cannot_train_on():
    sim = OnlineSGD(SMALL)
    X, y = np.ones((4, 15)), np.ones(4)
    before = sim.W.copy()
    for bad in ((X[:, 1:], y), (X[0], y[:1]), (X, y[:3]), (X, y[:, None])):
        with pytest.raises(
            ValueError,
            match=r"X must have shape \(n, 15\)|labels of 4 samples must have the shape \(4,\)",
        ):
            sim.feed(*bad)
    for bad in ((X * np.nan, y), (X, np.full(4, np.inf))):
        with pytest.raises(ValueError, match="finite"):
            sim.feed(*bad)
    with pytest.raises(ValueError, match="labels -1 and 1.*2 . y - 1"):
        OnlineSGD(SMALL.replace(loss="logistic")).feed(X, np.array([0, 1, 1, 0]))
    sim.feed(X[:0], y[:0])
    assert np.array_equal(sim.W, before) and sim.samples == 0


@pytest.mark.parametrize("sampling", ["plain", "reduced"])
def test_equal_settings_give_equal_runs_in_any_order_of_use(sampling):
    """To the last bit: alone, after another run, interleaved with one, with snapshots between."""
    other = SMALL.replace(d=80, link="max", k=3, seed=9)

    def alone():
        sim = OnlineSGD(SMALL, sampling)
        for _ in range(6):
            sim.advance(70)
        return sim.snapshot()

    first = alone()
    OnlineSGD(other).advance(500)
    assert same(alone(), first)
    one, two, three = OnlineSGD(other), OnlineSGD(SMALL, sampling), OnlineSGD(SMALL, sampling)
    np.random.seed(0)  # the global generator plays no part
    for i in range(6):
        one.advance(33)
        two.advance(70)
        two.snapshot()
        if i % 2:
            three.advance(70)
            three.advance(70)
    assert same(two.snapshot(), first) and same(three.snapshot(), first)
    other_seed = OnlineSGD(SMALL.replace(seed=1), sampling)
    assert not same(other_seed.snapshot(), OnlineSGD(SMALL, sampling).snapshot())


@pytest.mark.parametrize("sampling", ["plain", "reduced"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_how_a_run_is_cut_into_calls_does_not_matter(sampling, activation):
    """The same draws in the same order; sums in another order: equal to 1e-9 over 600 steps."""
    settings = SMALL.replace(d=60, activation=activation, schedule="decreasing")
    whole = OnlineSGD(settings, sampling)
    whole.advance(600)
    expected = whole.snapshot()
    for chunk in (1, 7, 32, 47, 599):
        sim = OnlineSGD(settings, sampling)
        while sim.samples < 600:
            sim.advance(min(chunk, 600 - sim.samples))
        now = sim.snapshot()
        for name in NUMBERS:
            np.testing.assert_allclose(
                getattr(now, name), getattr(expected, name), rtol=1e-9, atol=1e-9, err_msg=name
            )
    whole.advance(0)
    assert same(whole.snapshot(), expected)


@pytest.mark.parametrize("sampling", ["plain", "reduced"])
def test_seeds_in_parallel_equal_the_same_seeds_run_singly(sampling):
    """To the last bit, and in the order asked for."""
    settings, options = SMALL.replace(d=60), dict(samples=300, checkpoints=10, sampling=sampling)
    together = online_sgd(settings, seeds=[4, 0, 7], **options)
    assert together.seeds == (4, 0, 7)
    for i, seed in enumerate((4, 0, 7)):
        single = online_sgd(settings.replace(seed=seed), **options)
        assert np.array_equal(together.samples, single.samples)
        for name in SERIES:
            assert np.array_equal(getattr(together, name)[i], getattr(single, name)), name
        assert np.array_equal(together.net[i].W, single.net.W)
    counted = online_sgd(settings.replace(seed=5), seeds=2, **options)
    assert counted.seeds == (5, 6)
    assert np.array_equal(counted.risk[1], online_sgd(settings.replace(seed=6), **options).risk)


def test_online_sgd_and_the_engine_by_hand_are_one_thing():
    run = online_sgd(SMALL, samples=200, checkpoints=[0, 50, 200])
    sim = OnlineSGD(SMALL)
    for i, t in enumerate((0, 50, 200)):
        sim.advance(t - sim.samples)
        assert same(run.at(i), sim.snapshot())
    assert np.array_equal(run.net.W, sim.W)


def test_a_snapshot_measures_what_it_says():
    """Against the public functions on W itself, to 1e-10.

    The risk is within 5 standard errors of that on a large test set.
    """
    settings = Settings(d=30, k=2, width=12, noise=0.2, step=0.5)
    sim = OnlineSGD(settings)
    sim.advance(20_000)
    now, W, target = sim.snapshot(), sim.W, sim.target
    U = target.directions
    np.testing.assert_allclose(now.angles, principal_angles(W, U), atol=1e-10)
    np.testing.assert_allclose((now.parallel, now.perpendicular), split_norms(W, U), atol=1e-12)
    np.testing.assert_allclose(
        now.singular_values, np.linalg.svd(W)[1][:7] / np.sqrt(12), atol=1e-10
    )
    np.testing.assert_allclose(now.neurons[:, :2], W @ U.T, atol=1e-6)  # float32
    np.testing.assert_allclose(
        now.neurons[:, 2], np.linalg.norm(W - W @ U.T @ U, axis=1), atol=1e-6
    )
    vectors = np.linalg.svd(W)[2][:2]
    np.testing.assert_allclose(np.abs(now.overlaps), np.abs(vectors @ U.T), atol=1e-6)  # float32
    X, y = target.sample(100_000, np.random.default_rng(0))
    residual = sim.net(X) - y
    losses = np.where(np.abs(residual) < 1, residual**2 / 2, np.abs(residual) - 0.5)
    # 1000 test samples in a snapshot
    assert abs(now.risk - losses.mean()) < 5 * losses.std() / np.sqrt(1000)
    assert abs(now.r2 - (1 - (residual**2).mean() / y.var())) < 0.1
    assert now.samples == 20_000 and now.d == 30


def test_snapshots_do_not_disturb_or_alias_the_run():
    sim, quiet = OnlineSGD(SMALL), OnlineSGD(SMALL)
    sim.advance(100)
    quiet.advance(100)
    first = sim.snapshot()
    net = sim.net
    kept = net.W.copy(), first.neurons.copy()
    sim.advance(100)
    quiet.advance(100)
    assert np.array_equal(net.W, kept[0]) and np.array_equal(first.neurons, kept[1])
    assert np.array_equal(sim.W, quiet.W)


SIZES_TO_INTERRUPT = {
    "plain": (Settings(d=50, k=1, link="tanh", width=100), "plain"),
    "wide inputs": (Settings(d=3000, k=1, link="tanh", width=30), "plain"),
    "reduced": (Settings(d=10**5, k=2, link="chain", width=20), "reduced"),
}


@pytest.mark.parametrize(
    ("settings", "sampling"), SIZES_TO_INTERRUPT.values(), ids=SIZES_TO_INTERRUPT
)
@pytest.mark.parametrize("name", ["SIGINT", "SIGALRM"])
@pytest.mark.skipif(os.name != "posix", reason="signals cannot be sent to one process here")
def test_ctrl_c_at_any_moment_leaves_whole_samples(settings, sampling, name):
    """40 interrupts a case, 240 in all, at random moments of long trainings.

    A twin that nothing interrupts has the same W.
    """
    rng, number = np.random.default_rng(0), getattr(signal, name)
    sim, twin = OnlineSGD(settings, sampling), OnlineSGD(settings, sampling)

    def raise_it(*_):
        raise KeyboardInterrupt

    before = signal.signal(number, raise_it)
    try:
        for delay in rng.uniform(1e-5, 0.03, 40):
            with pytest.raises(KeyboardInterrupt):
                timer = threading.Timer(delay, os.kill, (os.getpid(), number))
                timer.start()
                while True:  # the signal may also come between two calls
                    sim.advance(10**9 if rng.integers(2) else 100)
            timer.join()
            twin.advance(sim.samples - twin.samples)
            np.testing.assert_allclose(sim.net.W, twin.net.W, rtol=1e-9, atol=1e-12)
    finally:
        signal.signal(number, before)
    assert sim.samples > 1000


@pytest.mark.parametrize("sampling", ["plain", "reduced"])
def test_a_link_that_fails_in_mid_run_costs_no_sample(sampling):
    """The state is that before the chunk, streams included: training goes on as if it never was."""
    broken = []

    def link(Z):
        if broken:
            raise OverflowError("a bad day")
        return np.tanh(Z[:, 0])

    settings = Settings(d=200, k=1, link=link, width=10)
    sim, twin = OnlineSGD(settings, sampling), OnlineSGD(settings, sampling)
    for n in (100, 5000, 33):
        sim.advance(n), twin.advance(n)
        broken.append(True)
        with pytest.raises(ValueError, match="OverflowError: a bad day"):
            sim.advance(7)
        broken.clear()
    sim.advance(5000), twin.advance(5000)
    assert sim.samples == twin.samples and np.array_equal(sim.net.W, twin.net.W)


@pytest.mark.skipif(os.name != "posix", reason="signals cannot be sent to one process here")
def test_ctrl_c_ends_all_seeds_soon_and_obeys_the_handler_once():
    """Without an end to the other seeds an interrupt would wait for 10^9 samples."""
    told = []

    def handler(*_):
        told.append(True)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
            online_sgd(SMALL, samples=10**9, checkpoints=range(0, 10**9, 10**4), seeds=2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert told == [True]


def test_advance_takes_whole_numbers_only():
    sim = OnlineSGD(SMALL)
    sim.advance(1e2)  # written as a student writes it
    sim.advance(np.int32(5))
    assert sim.samples == 105 and type(sim.samples) is int
    for bad in (-1, 0.5, float("nan"), float("inf"), 1e30):
        with pytest.raises(ValueError, match="n = .* whole number, 0 or more"):
            sim.advance(bad)
    for bad in ("10", None, True, [10]):
        with pytest.raises(TypeError, match="n must be a whole number"):
            sim.advance(bad)
    assert sim.samples == 105


# ---- turning knobs of a running experiment


def test_change_acts_from_the_next_sample_on():
    """Before and after the change steps equal the plain update with old and new knobs, to 1e-12."""
    sim = OnlineSGD(SMALL)
    target, net = SMALL.build()
    X, y = target.sample(200, np.random.default_rng(5))
    W = net.W.copy()
    sim.feed(X[:100], y[:100])
    sim.change(step=0.9, weight_decay=1.5)
    sim.feed(X[100:], y[100:])
    sgd_steps_numpy(W, net.a, net.b, X[:100], y[:100], 0.5 / 15, 0.3)
    sgd_steps_numpy(W, net.a, net.b, X[100:], y[100:], 0.9 / 15, 1.5)
    np.testing.assert_allclose(sim.W, W, rtol=0, atol=1e-12)
    assert (sim.settings.step, sim.settings.weight_decay, sim.settings.d) == (0.9, 1.5, 15)


@pytest.mark.parametrize("sampling", ["plain", "reduced"])
def test_changing_the_noise_is_running_with_that_noise(sampling):
    """Changed before the first sample, the run is to the last bit the one that starts with it."""
    changed, fresh = (
        OnlineSGD(SMALL.replace(noise=2.0), sampling),
        OnlineSGD(SMALL.replace(noise=0.0), sampling),
    )
    changed.change(noise=0.0)
    for sim in (changed, fresh):
        sim.advance(300)
    assert same(changed.snapshot(), fresh.snapshot())
    fresh.change(noise=3.0)
    assert fresh.snapshot().risk > changed.snapshot().risk + 1  # the floor rises at once


FIXED = [
    {"d": 20},
    {"k": 1},
    {"width": 9},
    {"link": "max"},
    {"seed": 3},
    {"loss": "square"},
    {"activation": "tanh"},
    {"bias": "none"},
    {"noise": 1.0, "d": 20},
    {"nonsense": 1},
]


@pytest.mark.parametrize("changes", FIXED, ids=str)
def test_what_cannot_change_while_training_goes_on_is_refused_whole(changes):
    sim = OnlineSGD(SMALL)
    with pytest.raises(ValueError, match="cannot change while training goes on"):
        sim.change(**changes)
    assert sim.settings == SMALL and sim.target.noise == SMALL.noise


def test_a_change_to_a_bad_value_is_refused_and_changes_nothing():
    sim = OnlineSGD(SMALL)
    for changes in (
        {"noise": -1},
        {"step": 0},
        {"weight_decay": float("nan")},
        {"noise": 0.5, "schedule": "linear"},
    ):
        with pytest.raises(ValueError):
            sim.change(**changes)
    assert sim.settings == SMALL and sim.target.noise == SMALL.noise


# ---- divergence


STEEP = {"loss": "square", "link": "quintic", "k": 1, "step": 500.0, "weight_decay": 0.0}
DIVERGENT = {
    "square loss, large step": (STEEP, "Huber"),
    "decay overshoots": ({"step": 100.0, "weight_decay": 100.0}, "decay overshoots"),
    "overshoots with bounded outputs": (
        {"activation": "tanh", "step": 100.0, "weight_decay": 1.0},
        "decay overshoots",
    ),
    "overshoots at once": (
        {"activation": "erf", "step": 1000.0, "weight_decay": 1000.0},
        "decay overshoots",
    ),
}


@pytest.mark.parametrize("sampling", ["plain", "reduced"])
@pytest.mark.parametrize(("changes", "advice"), DIVERGENT.values(), ids=DIVERGENT)
def test_divergence_stops_with_a_sentence_and_leaves_a_usable_simulation(changes, advice, sampling):
    settings = SMALL.replace(**{"link": "chain", "k": 2} | changes)
    sim = OnlineSGD(settings, sampling)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(
            Diverged, match=f"^Training diverged after .* samples.*Try: .*{advice}"
        ) as problem:
            for _ in range(1000):
                sim.advance(10)
        now = sim.snapshot()
    assert problem.value.samples == sim.samples and problem.value.run is None
    assert all(np.isfinite(getattr(now, name)).all() for name in SERIES)
    assert np.isfinite(sim.net.W).all() and np.abs(sim.net.W).max() < 1e9
    sim.change(step=0.01, weight_decay=0.01)
    sim.advance(50)  # with gentler knobs training goes on
    assert sim.samples == now.samples + 50 and np.isfinite(sim.snapshot().risk)


def test_a_diverging_run_hands_over_what_it_recorded():
    settings = SMALL.replace(**STEEP | {"step": 30.0})
    with pytest.raises(Diverged) as problem:
        online_sgd(settings, samples=5000, checkpoints=list(range(5001)))
    run = problem.value.run
    assert isinstance(run, Run) and len(run) >= 3 and run.note == str(problem.value)
    assert run.samples[-1] == problem.value.samples and "Training diverged" in run.sentence()
    assert all(np.isfinite(getattr(run, name)).all() for name in SERIES)
    assert np.isfinite(run.net.W).all()
    with pytest.raises(Diverged, match="^Seeds 0, 1, 2: Training diverged"):
        online_sgd(settings, samples=5000, checkpoints=10, seeds=3)


def test_seeds_that_did_not_diverge_are_kept():
    settings = SMALL.replace(**STEEP | {"step": 5.0})
    alone = {}
    for seed in range(20):
        try:
            alone[seed] = online_sgd(settings.replace(seed=seed), samples=300, checkpoints=5)
        except Diverged:
            alone[seed] = None
    bad, good = (
        next(seed for seed, run in alone.items() if (run is None) == lost) for lost in (True, False)
    )
    with pytest.raises(
        Diverged, match=f"^Seed {bad}: .* The other 1 of 2 are in this error's run"
    ) as problem:
        online_sgd(settings, samples=300, checkpoints=5, seeds=[bad, good])
    run = problem.value.run
    assert run.seeds == (good,) and np.array_equal(run.perpendicular[0], alone[good].perpendicular)


def test_sizes_beyond_memory_are_refused_in_a_sentence():
    with pytest.raises(
        MemoryError,
        match=r"100,000 neurons at d = 100,000 would take .* GB are free: lower width or d",
    ):
        OnlineSGD(Settings(d=100_000, width=100_000))


@hypothesis_settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_no_allowed_setting_leaks_a_nan(data):
    """Any allowed knobs: the simulation goes on or says Diverged.

    Every number that a figure shows stays finite.
    """
    link = data.draw(st.sampled_from(list(LINKS)))
    k = data.draw(st.integers(LINKS[link].k_range[0], min(4, LINKS[link].k_range[1])))
    spread = st.sampled_from([1e-9, 1e-3, 0.1, 1.0, 10.0, 1000.0])
    sizes = dict(d=(k, k + 1, 30, 2000), width=(1, 2, 20), noise=(0.0, 0.1, 100.0), seed=(0, 1, 2))
    choice = {
        name: data.draw(st.sampled_from(list(allowed)))
        for name, allowed in (sizes | CHOICES).items()
    }
    settings = Settings(
        k=k, link=link, weight_decay=data.draw(spread), step=data.draw(spread), **choice
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sim = OnlineSGD(settings)
        try:
            for n in (1, 10, 200):
                sim.advance(n)
        except Diverged:
            pass
        now = sim.snapshot()
        now.sentence()
    assert all(np.isfinite(getattr(now, name)).all() for name in SERIES)
    assert now.perpendicular < 1e9 and (now.angles <= np.pi / 2 + 1e-12).all()


# ---- checkpoints


def test_checkpoints_are_geometric_from_zero_to_the_end():
    times = checkpoint_times(100_000, 50)
    assert times[0] == 0 and times[-1] == 100_000 and len(times) == 51 and times.dtype == np.int64
    ratios = times[2:] / times[1:-1]
    assert ratios.max() < 1.35 and (np.diff(times) > 0).all()
    assert checkpoint_times(100_000, 1).tolist() == [0, 100_000]
    assert checkpoint_times(3, 200).tolist() == [0, 1, 2, 3]
    assert checkpoint_times(0, 200).tolist() == [0]
    assert checkpoint_times(2e4, 10)[-1] == 20_000
    assert checkpoint_times(100, [50, 3, 50, 100]).tolist() == [3, 50, 100]


def test_impossible_checkpoints_samples_or_seeds_are_refused_in_words():
    for bad in (-1, 0.5, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="samples = "):
            online_sgd(SMALL, samples=bad)
    for bad in (0, -3, 1.5, float("nan")):
        with pytest.raises(ValueError, match="checkpoints = "):
            online_sgd(SMALL, samples=10, checkpoints=bad)
        with pytest.raises(ValueError, match="seeds = "):
            online_sgd(SMALL, samples=10, seeds=bad)
    for bad, says in (
        ([], "between 0 and samples = 10"),
        ([5, 11], "between 0 and"),
        ([-1, 5], "= -1"),
        ([0.5, 9.9], "= 0.5"),
    ):
        with pytest.raises(ValueError, match=f"checkpoints .*{says}"):
            online_sgd(SMALL, samples=10, checkpoints=bad)
    with pytest.raises(ValueError, match="seeds is empty"):
        online_sgd(SMALL, samples=10, seeds=[])
    with pytest.raises(ValueError, match="seed = -1 is not possible"):
        online_sgd(SMALL, samples=10, seeds=[0, -1])
    with pytest.raises(TypeError, match="samples must be a whole number"):
        online_sgd(SMALL, samples="10")
    with pytest.raises(ValueError, match="auto, plain, reduced"):
        online_sgd(SMALL, samples=10, sampling="exact")


# ---- long runs


@pytest.mark.parametrize("sampling", ["plain", "reduced"])
def test_a_million_steps_leave_no_subnormal_number(sampling):
    """Dead neurons (negative bias) shrink as 0.8^t.

    Unchecked they are subnormal after 3200 steps, and slow whatever multiplies them. Here their
    weights are exact zeros, and all others lie above 1e-150.
    """
    d = 20 if sampling == "plain" else 10**4
    steps = 10**6 if sampling == "plain" else 10**5
    settings = Settings(
        d=d, k=1, link="tanh", width=20, bias="away", weight_decay=200.0, step=0.001 * d
    )
    sim = OnlineSGD(settings, sampling)
    sim.advance(steps)
    W = sim._sampler.W
    assert not ((W != 0) & (np.abs(W) < 1e-150)).any()
    dead = sim.net.b < 0
    assert 3 < dead.sum() < 17
    assert np.array_equal(W[dead], np.zeros_like(W[dead])) and np.abs(W[~dead]).max() > 1e-3
    assert np.isfinite(sim.snapshot().singular_values).all()


# ---- the numbers that theory states


PLATEAU = Settings(
    d=100, k=1, link="tanh", width=200, weight_decay=0.5, step=0.05, noise=0.1, loss="huber"
)


def test_the_perpendicular_part_reaches_its_plateau():
    """||W_perp||_F / sqrt m = .063 +- 15 % at 40,000 samples, median of 5 seeds.

    It is the plateau of the constant step, whose square is et V (d - k) / (2 gam); .063 was
    measured independently. W_par remains: the signal is found.
    """
    run = online_sgd(PLATEAU, 40_000, checkpoints=1, seeds=5)
    assert abs(np.median(run.perpendicular[:, -1]) / 0.063 - 1) < 0.15
    assert np.median(run.parallel[:, -1]) > 0.3


def test_without_decay_the_perpendicular_part_stays():
    """Above .8 at the same place: decay, not the data, removes it. The parallel part grows."""
    run = online_sgd(PLATEAU.replace(weight_decay=0.0), 40_000, checkpoints=1, seeds=5)
    assert np.median(run.perpendicular[:, -1]) > 0.8 and np.median(run.parallel[:, -1]) > 1


def test_pure_noise_labels_leave_no_parallel_part():
    """10,000 samples of noise: W_perp falls as before, but W_par ends under .02.

    A vanishing W_perp is not learning.
    """
    run = online_sgd(PLATEAU.replace(link="none"), 10_000, checkpoints=1, seeds=5)
    assert np.median(run.parallel[:, -1]) < 0.02 and np.median(run.perpendicular[:, -1]) < 0.15


def test_more_noise_means_a_higher_floor():
    """The plateau's square is proportional to the mean squared slope of the loss.

    It grows with the noise up to Huber's bound. Noise 0, 1, 10 gives about .07, .09, .14: factors
    above 1.15, while a median of five seeds varies by 4 %.
    """
    base = PLATEAU.replace(width=100)
    low, middle, high = (
        median_at_end(base.replace(noise=noise), 20_000, "perpendicular") for noise in (0, 1, 10)
    )
    assert middle > 1.15 * low and high > 1.15 * middle


def test_more_decay_means_a_lower_floor_and_a_smaller_signal():
    """Both parts shrink with weight decay: too strong decay kills the signal."""
    base = PLATEAU.replace(d=50, width=50)
    runs = [
        online_sgd(base.replace(weight_decay=lam), 20_000, checkpoints=1, seeds=3)
        for lam in (0.1, 0.5, 2.0)
    ]
    for name in ("perpendicular", "parallel"):
        weak, middle, strong = (np.median(getattr(run, name)[:, -1]) for run in runs)
        assert weak > 1.3 * middle and middle > 1.3 * strong


def test_larger_d_is_slower_in_proportion():
    """Samples until the angle is under 25 degrees grow as d^(1 +- 0.1) from d = 100 to 3200.

    tanh, width 20, median of 5 seeds. Checkpoints are 5 % apart and a median varies by about 10 %
    over seeds: together 0.04 of the exponent.
    """
    needed = []
    for d in (100, 3200):
        settings = Settings(d=d, link="tanh", width=20, step=0.2, weight_decay=0.2)
        run = online_sgd(settings, 16 * d, np.geomspace(d, 16 * d, 57).astype(int), seeds=5)
        below = np.degrees(run.angles[..., 0]) < 25
        assert below[:, -1].all() and not below[:, 0].any()
        needed.append(np.median(run.samples[below.argmax(axis=1)]))
    assert abs(np.log(needed[1] / needed[0]) / np.log(32) - 1) < 0.1


BUDGET = {1: 50, 2: 100, 3: 250, 4: 350, 5: 1000}  # in units of d samples; 1000 are allowed


@pytest.mark.parametrize("k", BUDGET)
@pytest.mark.parametrize("d", [20, 50, 200])
def test_default_settings_find_every_direction(d, k):
    """Each of the k principal angles under 15 degrees within 1000 d samples, median of 5 seeds."""
    run = online_sgd(Settings(d=d, k=k), BUDGET[k] * d, checkpoints=1, seeds=5)
    assert np.degrees(np.median(run.angles[:, -1, 0])) < 15


def test_a_snapshot_after_fed_samples_says_of_which_inputs_its_risk_speaks():
    """Angles and norms are those of W whatever was fed.

    The risk stays that on N(0, I), as before, and says so.
    """
    sim, other = (OnlineSGD(SMALL, sampling="plain") for _ in range(2))
    assert "fed" not in sim.snapshot().sentence()
    X = 5 * np.abs(np.random.default_rng(0).standard_normal((200, SMALL.d)))
    sim.feed(X, X[:, 0])
    moment = sim.snapshot()
    assert "samples that were fed; the risk is that on inputs N(0, I)" in moment.sentence()
    sim.advance(10)
    assert "fed" in sim.snapshot().sentence()
    assert "fed" in Run.of(SMALL, [moment, sim.snapshot()]).sentence()
    record = Record(SMALL)
    record.append(moment)
    assert record.run().sentence() == moment.sentence()
    other.feed(X[:0], X[:0, 0])
    other.advance(10)
    assert "fed" not in other.snapshot().sentence()
