"""Laws of inputs in the engine: plain and reduced sampling agree; the default is what it was."""

import numpy as np
import pytest
from scipy import stats

from course_utils import OnlineSGD, Settings
from course_utils.engine.sampling import PlainSampler, ReducedSampler, use_reduced
from course_utils.inputs import LAWS
from course_utils.machine import single_threaded_blas

TEXTS = ["gaussian", "spiked:8:0.6", "hypercube", "student:5", "elliptical:4"]
REDUCIBLE = ["spiked:8:0.6", "elliptical:4"]
SMALL = Settings(d=60, k=2, link="chain", width=5, step=1.0, weight_decay=0.5, seed=1)


def inputs(sampler, n):
    """The inputs of a draw, stacked, and the projections that came with them."""
    Z = sampler.draw(n)
    return np.vstack([X.copy() for X, _ in sampler.blocks()]), Z


@pytest.mark.parametrize("text", REDUCIBLE)
@pytest.mark.parametrize("d", [40, 400])
def test_plain_and_reduced_agree_in_distribution(text, d):
    """200 seeds each, Kolmogorov-Smirnov on norms, both angles and risk at two times.

    p > .001 for all ten. Seeds are fixed, so the answer does not change; at fresh seeds a false
    alarm has a chance of 1 %.
    """
    base = SMALL.replace(d=d, width=4, noise=0.3, inputs=text)
    table, times = {}, (d // 2, 2 * d)
    for sampling, first in (("plain", 0), ("reduced", 1000)):
        rows = []
        with single_threaded_blas():
            for seed in range(first, first + 200):
                sim = OnlineSGD(base.replace(seed=seed), sampling)
                assert sim.reduced == (sampling == "reduced")
                row = []
                for t in times:
                    sim.advance(t - sim.samples)
                    now = sim.snapshot()
                    row += [now.perpendicular, now.parallel, *now.angles, now.risk]
                rows.append(row)
        table[sampling] = np.array(rows)
    both = zip(table["plain"].T, table["reduced"].T, strict=True)
    p = [stats.ks_2samp(*pair).pvalue for pair in both]
    assert min(p) > 1e-3, np.round(p, 4).reshape(2, 5)
    first, last = np.median(table["plain"], axis=0).reshape(2, 5)
    assert (np.abs(last - first) > 0.02).all()  # something happened in between


@pytest.mark.parametrize("text", REDUCIBLE)
def test_reduced_inputs_have_the_law_of_plain_ones(text):
    """Lengths, projections on U and on w, 600 inputs each, KS; w is orthogonal to U."""
    settings = SMALL.replace(inputs=text)
    plain, reduced = PlainSampler(settings), ReducedSampler(settings)
    seen = {}
    for sampler in (plain, reduced):
        X, Z = inputs(sampler, 600)
        np.testing.assert_allclose(Z, sampler.target.in_units(X @ sampler.directions.T), atol=1e-12)
        if sampler.reduced:
            w = X[:, 2]
        else:
            U, v = sampler.directions, sampler.target.spike
            v = np.eye(60)[0] if v is None else v
            v = v - (v @ U.T) @ U
            w = X @ (v / np.linalg.norm(v))
        seen[sampler.reduced] = [np.linalg.norm(X, axis=1), Z[:, 0], Z[:, 1], w, Z[:, 0] * w]
    for pair in zip(seen[False], seen[True], strict=True):
        assert stats.ks_2samp(*pair).pvalue > 1e-3


@pytest.mark.parametrize("text", TEXTS)
def test_test_samples_and_training_samples_have_the_law_of_the_settings(text):
    """Lengths |x|, which differ between the laws: KS against the target's own samples."""
    sim = OnlineSGD(SMALL.replace(inputs=text), "plain")
    X, _, directions = sim.test_set(1000)
    trained, _ = inputs(PlainSampler(sim.settings), 1000)
    own, _ = sim.target.sample(1000, np.random.default_rng(5))
    size = lambda x: np.linalg.norm(x, axis=1)  # noqa: E731
    for x in (X, trained):
        assert stats.ks_2samp(size(x), size(own)).pvalue > 1e-3
        assert stats.ks_2samp(x @ directions[0], own @ directions[0]).pvalue > 1e-3


@pytest.mark.parametrize("text", TEXTS)
def test_runs_do_not_depend_on_how_they_are_cut_into_pieces(text):
    whole, parts = (OnlineSGD(SMALL.replace(inputs=text)) for _ in range(2))
    whole.advance(333)
    for n in (1, 32, 100, 200):
        parts.advance(n)
    np.testing.assert_allclose(parts.W, whole.W, atol=1e-12)


@pytest.mark.parametrize("text", ["spiked:8:0.6", "elliptical:4", "student:5"])
def test_what_fails_is_undone_with_all_its_draws(text):
    """A link that fails once: training on gives the run that never failed, to the last bit."""
    fails = []

    def link(Z):
        if fails:
            fails.clear()
            raise RuntimeError("once")
        return Z[:, 0]

    for sampling in ("plain", "reduced"):
        if sampling == "reduced" and text == "student:5":
            continue
        settings = SMALL.replace(inputs=text, link=link)
        never, once = OnlineSGD(settings, sampling), OnlineSGD(settings, sampling)
        fails.append(True)
        with pytest.raises(ValueError, match="once"):
            once.advance(100)
        for sim in (never, once):
            sim.advance(100)
        assert np.array_equal(never.net.W, once.net.W)


def test_which_laws_are_simulated_at_any_d_and_what_is_said_of_the_others():
    for text in TEXTS:
        settings = Settings(d=10**6, k=1, link="tanh", width=10, inputs=text)
        reducible = LAWS[text.partition(":")[0]].reducible
        assert use_reduced(settings) == reducible
        if reducible:
            sim = OnlineSGD(settings)
            sim.advance(100)
            assert sim.reduced and np.isfinite(sim.snapshot().risk)
            continue
        with pytest.raises(ValueError, match=f"inputs = '{text}' can only be drawn whole.*plain"):
            OnlineSGD(settings, "reduced")
        with pytest.raises(MemoryError, match="drawn whole.*any d are gaussian, spiked, ellip"):
            OnlineSGD(settings.replace(d=10**9))


def test_a_spike_costs_one_column_and_needs_one_dimension_more():
    settings = Settings(d=24, k=3, width=20, inputs="spiked:8:0.6")
    assert not OnlineSGD(settings, "reduced").reduced
    sampler = ReducedSampler(settings.replace(d=30))
    assert sampler.W.shape == (20, 3 + 1 + 20 + 6)
    sampler.draw(6)
    for _ in sampler.blocks():
        pass
    assert np.array_equal(sampler.W[:, 24:], np.zeros((20, 6)))


# risk, ||W_perp||, sum of W after 2,301 samples, as computed before laws were settings.
BEFORE = {
    "d=50 k=1 link=tanh width=30": (0.0851373530508031, 0.7829441352319778, 1.3521289031742747),
    "d=30 k=2 link=product width=10 activation=tanh bias=none loss=logistic": (
        *(0.6937959217418965, 0.6820735527493266, 1.249032775115274),
    ),
    "d=5000 k=2 link=chain width=10": (
        *(0.4006496552898183, 0.9970020206977072, -9.862240194952435),
    ),
}


@pytest.mark.parametrize(("code", "before"), BEFORE.items())
def test_runs_on_gaussian_inputs_are_those_that_they_were(code, before):
    """The same to the last bit where they were computed; 1e-8 for other processors' rounding."""
    sim = OnlineSGD(Settings.from_code(code))
    for n in (300, 1, 2000):
        sim.advance(n)
    now = sim.snapshot()
    found = now.risk, now.perpendicular, sim.net.W.sum()
    np.testing.assert_allclose(found, before, rtol=1e-8)
