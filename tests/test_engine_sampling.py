"""Reduced sampling: the same law as plain sampling at a cost that does not grow with d.

The derivation is in engine/sampling.py.
"""

import itertools
import json
import subprocess
import sys
import warnings

import numpy as np
import pytest
from scipy import stats

from course_utils import LINKS, OnlineSGD, Settings, sgd_steps, split_norms
from course_utils.engine.sampling import PlainSampler, ReducedSampler, reduced_block, use_reduced
from course_utils.machine import single_threaded_blas
from course_utils.settings import CHOICES
from course_utils.subspace import spectrum

SMALL = Settings(d=60, k=2, link="chain", width=5, step=1.0, weight_decay=0.5, seed=1)


def inputs(sampler, n):
    """The inputs of a draw, block by block; in reduced coordinates the projections come first."""
    Z, pieces, seen = sampler.draw(n), [], 0
    for X, part in sampler.blocks():
        pieces.append(X.copy())
        seen += len(Z[part])
        assert not sampler.reduced or np.array_equal(X[:, : Z.shape[1]], Z[part])
    assert seen == len(Z) == sum(map(len, pieces))
    return pieces


def orthonormal_rows(rows, inside):
    """Gram-Schmidt of rows against the orthonormal ``inside`` and each other, twice over."""
    basis = inside
    for x in rows:
        for _ in range(2):
            x = x - basis.T @ (basis @ x)
        basis = np.vstack([basis, x / np.linalg.norm(x)])
    return basis[len(inside) :]


@pytest.mark.parametrize("activation", CHOICES["activation"])
def test_reduced_coordinates_give_the_run_itself_path_by_path(activation):
    """What the reduced form claims, without its randomness.

    Plain inputs, written in an orthonormal basis of span(U, W, inputs so far), have the layout that
    ``blocks`` makes; and the same steps in these coordinates, folded, give plain SGD's angles,
    norms and singular values. Three blocks; rounding through three foldings: 1e-10.
    """
    settings = SMALL.replace(activation=activation)
    target, net = settings.build()
    k, m, d = settings.k, settings.width, settings.d
    U, W, rng = target.directions, net.W.copy(), np.random.default_rng(0)
    sampler = ReducedSampler(settings)
    sampler.block = 12
    sampler.W = np.zeros((m, k + m + 12))
    basis = np.vstack([U, orthonormal_rows(W, U)])  # (k + m, d)
    sampler.W[:, : k + m] = W @ basis.T
    sampler.directions = np.eye(k, k + m + 12)
    for _ in range(3):
        X = rng.standard_normal((12, d))
        y = target.labels(X @ U.T, rng)
        full = np.vstack([basis, orthonormal_rows(X, basis)])
        C = X @ full.T
        layout = np.arange(C.shape[1]) <= k + m + np.arange(12)[:, None]
        assert np.abs(C[~layout]).max() < 1e-12
        assert (C[np.arange(12), k + m + np.arange(12)] > 0).all()
        for weights, inputs in ((W, X), (sampler.W, C)):
            assert sgd_steps(weights, net.a, net.b, inputs, y, 1 / d, 0.5, activation) == -1
        expected = W @ full.T
        np.testing.assert_allclose(sampler.W, expected, atol=1e-10)
        sampler._fold()
        L = sampler.W[:, k:]
        assert np.array_equal(L[:, m:], np.zeros((m, 12)))
        assert np.array_equal(L[:, :m], np.tril(L[:, :m]))
        np.testing.assert_allclose(L @ L.T, expected[:, k:] @ expected[:, k:].T, atol=1e-10)
        # the basis that the folding chose
        folded = np.linalg.solve(L[:, :m], expected[:, k:] @ full[k:])
        np.testing.assert_allclose(folded @ folded.T, np.eye(m), atol=1e-8)
        basis = np.vstack([U, orthonormal_rows(folded, U)])
    for plain, reduced in zip(spectrum(W, U), spectrum(sampler.W, sampler.directions), strict=True):
        np.testing.assert_allclose(reduced[:m], plain[:m], atol=1e-8)
    np.testing.assert_allclose(
        split_norms(sampler.W, sampler.directions), split_norms(W, U), atol=1e-10
    )


def test_drawn_samples_have_the_stated_layout_and_law():
    """Row p: standard Gaussians in k + m + p known coordinates, one chi, then zeros.

    The chi has d - k - m - p degrees of freedom. Kolmogorov-Smirnov at a fixed seed; the squared
    length of a whole sample is chi^2_d, as in R^d.
    """
    sampler = ReducedSampler(SMALL)
    k, m, d, block = 2, 5, 60, sampler.block
    assert block == d - k - m  # so near to d the block is cut short
    draws = np.array([inputs(sampler, block)[0] for _ in range(400)])
    assert draws.shape == (400, block, k + m + block)
    position = np.arange(block)
    ends = draws[:, position, k + m + position]
    known = np.arange(k + m + block) < k + m + position[:, None]
    assert not draws[:, ~known & (np.arange(k + m + block) != (k + m + position)[:, None])].any()
    assert stats.kstest(draws[:, known].ravel()[::37], "norm").pvalue > 1e-3
    for p in (0, 1, block // 2, block - 1):
        assert stats.kstest(ends[:, p], stats.chi(d - k - m - p).cdf).pvalue > 1e-3
        assert stats.kstest((draws[:, p] ** 2).sum(1), stats.chi2(d).cdf).pvalue > 1e-3
    assert stats.kstest(ends[:, -1], "halfnorm").pvalue > 1e-3  # one dimension left: |N(0, 1)|


def test_blocks_never_pass_the_end_of_a_block_and_projections_are_the_first_coordinates():
    sampler = ReducedSampler(Settings(d=10**5, k=3, width=20))
    block = reduced_block(20)
    assert [len(X) for X in inputs(sampler, 10)] == [10]
    first, second, *_ = inputs(sampler, 10**6)
    assert len(first) == block - 10 and len(second) == block
    assert (first[0, 23 + 11 :] == 0).all() and first[0, 23 + 10] > 100


def test_the_start_has_the_law_of_a_gaussian_matrix():
    """Singular values of W U^T and of W_perp for rows N(0, I/d).

    500 reduced starts against 500 plain ones, KS.
    """
    U = np.eye(2, 9)
    values = {"reduced": [], "plain": []}
    for seed in range(500):
        sampler = ReducedSampler(Settings(d=9, k=2, width=4, link="none", seed=seed))
        plain = np.random.default_rng(seed).standard_normal((4, 9)) / 3
        pairs = ("reduced", sampler.W, sampler.directions), ("plain", plain, U)
        for name, W, directions in pairs:
            C = W @ directions.T
            rest = W - C @ directions
            inner = [C[0] @ C[1], rest[2] @ rest[3]]
            values[name].append(np.r_[np.linalg.svd(C)[1], np.linalg.svd(rest)[1][:4], inner])
    for column in range(8):
        pair = [np.array(values[name])[:, column] for name in values]
        assert stats.ks_2samp(*pair).pvalue > 1e-3


@pytest.mark.parametrize("d,seeds", [(50, 400), (200, 200)])
def test_plain_and_reduced_agree_in_distribution(d, seeds):
    """Hundreds of seeds each, Kolmogorov-Smirnov on ||W_perp||, ||W_par||, largest angle and risk.

    At three times: p > .001 for all twelve. Seeds are fixed, so the answer does not change; at
    fresh seeds a false alarm has a chance of 1 %.
    """
    base = Settings(d=d, k=2, link="chain", width=8, step=1.0, weight_decay=0.5, noise=0.3)
    times = (d // 2, 3 * d, 12 * d)
    table = {}
    for sampling in ("plain", "reduced"):
        first = 0 if sampling == "plain" else 1000
        rows = []
        with single_threaded_blas():  # once around all of them, which is faster
            for seed in range(first, first + seeds):
                sim = OnlineSGD(base.replace(seed=seed), sampling)
                assert sim.reduced == (sampling == "reduced")
                row = []
                for t in times:
                    sim.advance(t - sim.samples)
                    now = sim.snapshot()
                    row += [now.perpendicular, now.parallel, now.angles[0], now.risk]
                rows.append(row)
        table[sampling] = np.array(rows)
    p = [
        stats.ks_2samp(*pair).pvalue
        for pair in zip(table["plain"].T, table["reduced"].T, strict=True)
    ]
    assert min(p) > 1e-3, np.round(p, 4).reshape(3, 4)
    first, second, third = np.median(table["plain"], axis=0).reshape(3, 4)
    # something happened between the times that are compared
    assert (np.abs(third - first)[:3] > 0.05).all()


def test_what_is_chosen_at_which_d():
    """Reduced where it is cheaper, plain by itself where k + width leaves nothing to reduce."""
    assert not use_reduced(Settings(d=100)) and use_reduced(Settings(d=10**6))
    for d in (5, 20, 22, 23):
        assert not OnlineSGD(Settings(d=d, width=20), "reduced").reduced
    assert OnlineSGD(Settings(d=24, width=20), "reduced").reduced
    assert not OnlineSGD(Settings(d=24, width=20)).reduced
    assert not OnlineSGD(Settings(d=2000, width=20), "plain").reduced
    for d in (10, 100, 1000, 10**9):
        reduced = OnlineSGD(Settings(d=d, width=20)).reduced
        assert reduced == use_reduced(Settings(d=d, width=20)) == (d >= 1000)
    with pytest.raises(ValueError, match="auto, plain, reduced"):
        OnlineSGD(Settings(), "exact")
    with pytest.raises(ValueError, match="needs d > k . width"):
        ReducedSampler(Settings(d=23, width=20))


def test_where_nothing_is_reduced_the_samplers_are_the_same_to_the_last_bit():
    settings = Settings(d=23, width=20)
    sims = [OnlineSGD(settings, sampling) for sampling in ("plain", "reduced", "auto")]
    for sim in sims:
        sim.advance(500)
    assert np.array_equal(sims[0].W, sims[1].W) and np.array_equal(sims[0].W, sims[2].W)


EVERYTHING = [
    *[{"link": link} for link in LINKS],
    *[{"link": link, "k": 7} for link in LINKS if LINKS[link].k_range[1] >= 7],
    *[
        dict(zip(("activation", "loss", "schedule"), choice, strict=True))
        for choice in itertools.product(CHOICES["activation"], CHOICES["loss"], CHOICES["schedule"])
    ],
    *[{"bias": bias} for bias in CHOICES["bias"]],
    {"noise": 0.0},
    {"weight_decay": 0.0},
    {"width": 1},
    {"link": lambda Z: np.sin(Z[:, 0])},
]


def named(changes):
    """An id that every worker of pytest-xdist finds alike: a function's name, not its address."""
    return " ".join(
        f"{field}={getattr(value, '__name__', value)}" for field, value in changes.items()
    )


@pytest.mark.parametrize("changes", EVERYTHING, ids=named)
def test_a_million_dimensions_work_for_everything(changes):
    """Every link, activation, loss, schedule, bias at d = 10**6: finite.

    The start has its known size: ||W_perp||^2 = m (d - k) / d within 1 %, ||W_par||^2 about
    m k / d, all angles near 90 degrees.
    """
    settings = Settings(**{"d": 10**6, "width": 20} | changes)
    sim = OnlineSGD(settings)
    assert sim.reduced
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        start = sim.snapshot()
        # folds three times, and stands within a block
        sim.advance(3 * reduced_block(settings.width) + 5)
        end = sim.snapshot()
    assert abs(start.perpendicular - 1) < 0.01 and start.parallel < 5 * np.sqrt(settings.k / 10**6)
    assert (np.degrees(start.angles) > 89).all()
    for name in ("angles", "perpendicular", "parallel", "singular_values", "risk", "neurons"):
        assert np.isfinite(getattr(end, name)).all(), name
    assert end.angles.shape == (settings.k,) and end.neurons.shape[0] == settings.width
    assert end.perpendicular != start.perpendicular and 0.5 < end.perpendicular < 2


MEMORY = """
import json, resource, sys
from course_utils import OnlineSGD, Settings
unit = 2**10 if sys.platform != "darwin" else 2**20
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
warm = OnlineSGD(Settings(d=50, width=20)); warm.advance(100); warm.snapshot()
before = peak()
for settings in (Settings(d=10**6), Settings(d=10**6, width=20), Settings(d=10**9, k=5)):
    sim = OnlineSGD(settings); sim.advance(2000); sim.snapshot()
print(json.dumps([before, peak()]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the resource module is for Unix")
def test_a_million_dimensions_take_less_than_100_megabytes_more():
    """Peak memory of a fresh process.

    One input of d = 10**6 numbers is 8 MB, W at width 200 would be 1.6 GB.
    """
    out = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True
    ).stdout
    before, after = json.loads(out)
    assert after - before < 100


def test_what_needs_w_itself_says_so():
    sim = OnlineSGD(Settings(d=10**6, width=20))
    with pytest.raises(RuntimeError, match="20 x 1,000,000.*snapshot"):
        _ = sim.W
    with pytest.raises(RuntimeError, match="sampling='plain'"):
        sim.feed(np.zeros((1, 10**6)), np.zeros(1))
    assert "reduced coordinates" in repr(sim.net)


def test_plain_inputs_are_standard_gaussian_and_labelled_by_the_target():
    """KS at a fixed seed; projections are U x to rounding, 1e-12."""
    sampler = PlainSampler(Settings(d=30, k=2, width=4))
    Z = sampler.draw(10**9)
    [(X, _)] = sampler.blocks()
    assert 1000 <= len(X) <= 10_000  # at most a chunk
    assert stats.kstest(X.ravel()[::7], "norm").pvalue > 1e-3
    np.testing.assert_allclose(Z, X @ sampler.directions.T, atol=1e-12)
    assert not np.array_equal(sampler.draw(5), Z[:5])


@pytest.mark.parametrize("sampling", ["plain", "reduced"])
def test_streams_do_not_depend_on_noise_link_or_loss(sampling):
    """Changing what the labels are leaves the inputs alone, so that comparisons are paired."""
    base = Settings(d=80, k=2, width=5, seed=9)
    make = PlainSampler if sampling == "plain" else ReducedSampler
    [first] = inputs(make(base), 30)
    for changes in (
        {"noise": 2.0},
        {"link": "max"},
        {"loss": "logistic"},
        {"activation": "erf"},
        {"step": 1.0},
    ):
        assert np.array_equal(inputs(make(base.replace(**changes)), 30), [first])
    assert not np.array_equal(inputs(make(base.replace(seed=10)), 30), [first])


def test_reduced_inputs_do_not_depend_on_how_they_are_asked_for():
    """Several draws meet the same samples as one: streams are drawn from in their order."""
    whole, parts = ReducedSampler(SMALL), ReducedSampler(SMALL)
    one = np.vstack(inputs(whole, 150))
    many = np.vstack([x for n in (1, 30, 7, 80, 32) for x in inputs(parts, n)])
    assert np.array_equal(one, many)
