"""The gap and what bounds it, against big test sets, Monte Carlo and brute force."""

import math

import numpy as np
import pytest
from scipy.special import gammaln

from course_utils import Diverged, MultiIndexModel, OnlineSGD, Settings, TwoLayerNet
from course_utils.algorithm1 import PHASE_1
from course_utils.engine.online import schedule
from course_utils.generalisation import (
    TAU,
    class_bound,
    coin_flips,
    cut_loss,
    gap,
    gap_terms,
    predicted_gap,
    relu_moments,
    second_layer_supremum,
    suprema,
    trust_region_max,
)
from course_utils.risk import mean_loss
from course_utils.theory import contraction_and_noise

SMALL = Settings(link="tanh", d=20, k=1, width=20, **PHASE_1)


def slope(x, y) -> float:
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


# the gap


def trained(settings, samples, rng):
    """A network and the samples that it has seen."""
    target = settings.target()
    X, y = target.sample(samples, rng)
    sim = OnlineSGD(settings, sampling="plain")
    sim.feed(X, y)
    return sim.net, target, (X, y)


def test_the_loss_is_cut():
    yhat, y = np.array([0.0, 0.5, 4.0, -9.0]), np.array([0.3, 0.5, 0.0, 0.0])
    assert cut_loss(yhat, y, "huber", 2.0).tolist() == [0.045, 0.0, 2.0, 2.0]
    assert cut_loss(yhat, y, "square", math.inf).tolist() == [0.045, 0.0, 8.0, 40.5]
    assert TAU == 2.0


@pytest.mark.parametrize("k, link", [(1, "tanh"), (3, "chain")])
def test_three_terms_add_up_to_the_gap_of_the_same_samples(k, link):
    s = SMALL.replace(k=k, link=link)
    net, target, seen = trained(s, 150, np.random.default_rng(0))
    fresh = target.sample(400, np.random.default_rng(1))
    terms = gap_terms(net, target, "huber", seen, fresh, tau=math.inf)
    whole = mean_loss(net(fresh[0]), fresh[1], "huber") - mean_loss(net(seen[0]), seen[1], "huber")
    assert abs(terms.sum() - whole) < 1e-12
    inside = net.replace(W=net.W @ target.directions.T @ target.directions)
    on = [mean_loss(inside(X), y, "huber") for X, y in (fresh, seen)]
    assert terms[1] == pytest.approx(on[0] - on[1], abs=1e-12)
    assert terms[0] == pytest.approx(mean_loss(net(fresh[0]), fresh[1], "huber") - on[0], abs=1e-12)
    cut = gap_terms(net, target, "huber", seen, fresh, tau=0.1)
    assert abs(cut.sum()) < abs(whole) and abs(cut - terms).max() > 1e-3


def test_where_all_directions_are_hidden_only_the_second_term_is_left():
    found = gap(SMALL.replace(d=5, k=5, link="sum_tanh"), 200, seeds=2)
    assert np.abs(found.terms[..., [0, 2]]).max() < 1e-12
    assert np.abs(found.terms[..., 1] - found.values).max() < 1e-12


def test_cross_estimates_have_the_mean_that_a_big_test_set_finds():
    """Independent runs; R from 2,000 fresh samples each. Four standard errors, 4 % each."""
    s, n, rng = SMALL.replace(d=20), 100, np.random.default_rng(7)
    cross = gap(s, n, seeds=100)
    single = []
    for seed in range(1000, 1300):
        net, target, (X, y) = trained(s.replace(seed=seed), n, rng)
        fresh, labels = target.sample(2000, rng)
        risk = cut_loss(net(fresh), labels, "huber").mean()
        single.append(risk - cut_loss(net(X), y, "huber").mean())
    mean, error = np.mean(single), np.std(single, ddof=1) / math.sqrt(len(single))
    assert abs(cross.mean[0] - mean) < 4 * math.hypot(error, cross.error[0])
    assert mean > 12 * error and cross.mean[0] > 12 * cross.error[0]
    # an estimate from one run alone is right on average too, and scatters more
    assert cross.alone.std() > 2 * cross.values.std()
    assert abs(cross.alone.mean() - cross.mean[0]) < 4 * cross.alone.std() / math.sqrt(100)


def test_a_curve_over_samples_is_measured_along_the_same_runs():
    curve, end = gap(SMALL, [40, 100], seeds=[3, 8]), gap(SMALL, 100, seeds=[3, 8])
    assert curve.values.shape == (2, 2) and curve.seeds == (3, 8)
    assert curve.samples.tolist() == [40, 100]
    np.testing.assert_allclose(curve.values[:, 1], end.values[:, 0], atol=1e-12)
    np.testing.assert_allclose(curve.nets[1][1].W, end.nets[1][0].W, atol=1e-12)
    assert np.abs(curve.nets[0][0].W - curve.nets[0][1].W).max() > 1e-3
    again = gap(SMALL, [40, 100], seeds=[8])
    np.testing.assert_allclose(again.values[0], curve.values[1], atol=1e-12)
    both = gap(SMALL, [40, 100], seeds=[3]).joined(again)
    assert both.seeds == curve.seeds
    np.testing.assert_allclose(both.terms, curve.terms, atol=1e-12)
    np.testing.assert_allclose(both.mean, curve.values.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(
        both.error, curve.values.std(axis=0, ddof=1) / math.sqrt(2), atol=1e-12
    )
    with pytest.raises(ValueError, match="different sample counts"):
        curve.joined(end)


def test_the_luck_of_one_run_is_the_deviation_of_its_loss_over_root_t():
    found = gap(SMALL, [50, 200], seeds=40)
    net, target = found.nets[3][1], SMALL.replace(seed=3).target()
    X, y = target.sample(20_000, np.random.default_rng(1))
    losses = cut_loss(net(X), y, "huber")
    assert found.deviation[3, 1] == pytest.approx(losses.std(), rel=0.15)
    assert found.risk[3, 1] == pytest.approx(losses.mean(), rel=0.2)  # 400 losses
    np.testing.assert_allclose(found.luck, found.deviation.mean(0) / np.sqrt([50, 200]), rtol=1e-12)
    # fresh loss minus training loss of one run: two means of T losses, so sqrt(2) times that
    assert found.alone[:, 1].std(ddof=1) == pytest.approx(math.sqrt(2) * found.luck[1], rel=0.3)
    assert np.isnan(gap(SMALL, 50, seeds=1).error).all()


def test_the_gap_falls_like_one_over_t_and_the_prediction_is_near():
    """Slope -1 +- .1; prediction within 30 % for decay .5 and 2. Standard errors are 5 %."""
    s = SMALL.replace(d=50, width=50)
    found = gap(s, [250, 1000, 4000], seeds=16)
    assert slope(found.samples, found.mean) == pytest.approx(-1, abs=0.1)
    for decay in (0.5, 2.0):
        t = s.replace(weight_decay=decay)
        found = gap(t, 1000, seeds=12)
        guess = np.mean(
            [
                predicted_gap(t.replace(seed=q), nets[0], 1000)
                for q, nets in zip(found.seeds, found.nets, strict=True)
            ]
        )
        assert guess == pytest.approx(found.mean[0], rel=0.3)


def test_the_prediction_has_the_two_limits_that_are_known():
    """One step: et d tr C / m. Many steps: (d / T) tr(A^-1 C) / m, A and C as in notebook 02."""
    net, target, _ = trained(SMALL, 300, np.random.default_rng(0))
    A, C = contraction_and_noise(net, target, "huber", SMALL.weight_decay)
    d, m = SMALL.d, SMALL.width
    one = float(schedule(SMALL, np.array([0.0]))[0]) * d * np.trace(C) / m
    assert predicted_gap(SMALL, net, 1, tau=math.inf) == pytest.approx(one, rel=1e-9)
    many = d / 10**6 * np.trace(np.linalg.solve(A, C)) / m
    assert predicted_gap(SMALL, net, 10**6, tau=math.inf) == pytest.approx(many, rel=1e-3)
    assert predicted_gap(SMALL, net, 300, tau=0.1) < 0.9 * predicted_gap(SMALL, net, 300)


def test_a_loss_that_is_cut_gains_nothing_beyond():
    """With noise 2 many losses are beyond the cut: the prediction knows it, and is within 40 %."""
    s = SMALL.replace(noise=2.0, width=50)
    found = gap(s, 400, seeds=24)
    guess, whole = (
        np.mean([predicted_gap(s.replace(seed=q), found.nets[q][0], 400, tau) for q in range(6)])
        for tau in (TAU, math.inf)
    )
    assert guess == pytest.approx(found.mean[0], rel=0.4) and whole > 1.25 * guess


def test_neurons_that_stand_for_a_wider_network_predict_the_same():
    s = SMALL.replace(width=1000)
    net, _, _ = trained(s, 300, np.random.default_rng(0))
    few = SMALL.replace(width=250)
    narrow, _, _ = trained(few, 300, np.random.default_rng(0))
    assert predicted_gap(s, net, 300) == pytest.approx(predicted_gap(few, narrow, 300), rel=0.1)


def test_what_cannot_be_measured_is_told():
    for samples in ([100, 50], [100, 100], []):
        with pytest.raises(ValueError, match="increasing order"):
            gap(SMALL, samples)
    with pytest.raises(ValueError, match="samples = 0"):
        gap(SMALL, 0)
    with pytest.raises(ValueError, match="tau = 0"):
        gap(SMALL, 100, tau=0)
    with pytest.raises(ValueError, match="tau = nan"):
        gap_terms(None, None, "huber", None, None, tau=math.nan)
    with pytest.raises(ValueError, match="seeds is empty"):
        gap(SMALL, 100, seeds=[])
    with pytest.raises(ValueError, match="seeds = 0"):
        gap(SMALL, 100, seeds=0)
    with pytest.raises(Diverged, match="Training diverged"):
        gap(SMALL.replace(loss="square", schedule="constant", step=200.0), 500, seeds=2)


# the supremum over second layers


def features(net, X):
    return np.maximum(X @ net.W.T + net.b, 0)


def test_moments_are_what_two_million_samples_find():
    """Rows along each other and against, zero thresholds too; within five standard errors."""
    s = Settings(link="tanh", d=3, width=3, noise=0.3)
    target, start = s.build()
    W = np.vstack([start.W, 2 * start.W[2], -start.W[1], target.directions[0]])
    net = TwoLayerNet(W, np.ones(6), np.array([0.0, 0.5, -1.0, 0.0, 2.0, 0.0]), "relu")
    moments, n = relu_moments(net, target), 2_000_000
    sums, squares, rng = 0.0, 0.0, np.random.default_rng(0)
    for _ in range(20):
        X, y = target.sample(n // 20, rng)
        F = np.column_stack([features(net, X), y])
        products = (F[:, :, None] * F[:, None, :]).reshape(len(F), -1)
        sums, squares = sums + products.sum(0), squares + (products**2).sum(0)
    mean = sums / n
    error = np.sqrt((squares / n - mean**2) / n)
    wanted = np.block(
        [[moments.features, moments.labels[:, None]], [moments.labels, moments.square]]
    )
    assert (np.abs(wanted.ravel() - mean) < 5 * error).all()
    assert error.max() < 0.01  # so that the last line can fail


def test_without_biases_the_moments_are_those_of_the_arc_cosine_kernel():
    """Cho and Saul 2009: |u| |v| (sin t + (pi - t) cos t) / 2 pi at the angle t."""
    target, net = Settings(link="tanh", d=6, width=8, bias="none").build()
    size = np.linalg.norm(net.W, axis=1)
    cosine = np.clip(net.W @ net.W.T / np.outer(size, size), -1, 1)
    t = np.arccos(cosine)
    kernel = np.outer(size, size) * (np.sin(t) + (np.pi - t) * cosine) / (2 * np.pi)
    np.testing.assert_allclose(relu_moments(net, target).features, kernel, atol=1e-9)


def test_moments_refuse_what_they_are_not_made_for():
    target, net = Settings(link="tanh", d=4, width=3).build()
    with pytest.raises(ValueError, match="'tanh'"):
        relu_moments(net.replace(activation="tanh"), target)
    with pytest.raises(ValueError, match="row 1 of W is zero"):
        relu_moments(net.replace(W=net.W * np.array([[1.0], [0.0], [1.0]])), target)
    with pytest.raises(ValueError, match="k = 2"):
        relu_moments(net, MultiIndexModel(np.eye(2, 4), "chain"))
    with pytest.raises(ValueError, match="sign labels True"):
        relu_moments(net, MultiIndexModel(np.eye(1, 4), "tanh", sign_labels=True))


def quadratic(a, M, g):
    return np.einsum("ij,jk,ik->i", a, M, a) / 2 - a @ g


CASES = ("any", "hard", "concave", "double")


@pytest.mark.parametrize("case", CASES)
def test_the_trust_region_is_solved_as_by_brute_force(case):
    """Two dimensions, 200,000 points on the circle and as many inside: none above, some near."""
    rng = np.random.default_rng(CASES.index(case))
    angle = np.linspace(0, 2 * np.pi, 200_001)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    for radius in (0.3, 1.0, 4.0):
        M, g = rng.standard_normal((2, 2)), rng.standard_normal(2)
        M = M + M.T
        if case == "hard":  # g has no component on the top eigenvector
            values, V = np.linalg.eigh(M)
            g = 0.1 * V[:, 0]
        if case == "concave":
            M = -M @ M.T - 0.1 * np.eye(2)
        if case == "double":
            M, g = 1.5 * np.eye(2), 0 * g
        value, a = trust_region_max(M, g, radius)
        inside = np.sqrt(rng.random((200_000, 1))) * circle[:-1]
        best = quadratic(radius * np.vstack([circle, inside]), M, g).max()
        size = 1 + abs(best)
        assert -1e-9 * size <= value - best < 1e-4 * size
        assert np.linalg.norm(a) <= radius * (1 + 1e-9)
        assert quadratic(a[None], M, g)[0] == pytest.approx(value, rel=1e-9)


def test_the_trust_region_by_hand():
    """Hard: diag(1, 3), g = (1, 0): mu = 3, a = (-1/2, +-sqrt(4 - 1/4)). Inside: diag(-1, -2)."""
    value, a = trust_region_max(np.diag([1.0, 3.0]), np.array([1.0, 0.0]), 2.0)
    np.testing.assert_allclose(np.abs(a), [0.5, math.sqrt(3.75)], atol=1e-12)
    assert value == pytest.approx((0.25 + 3 * 3.75) / 2 + 0.5)
    value, a = trust_region_max(np.diag([-1.0, -2.0]), np.array([0.2, 0.4]), 5.0)
    np.testing.assert_allclose(a, [-0.2, -0.2], atol=1e-12)
    assert value == pytest.approx(0.02 + 0.04)
    assert trust_region_max(np.diag([1.0, 3.0]), np.array([1.0, 0.0]), 0.0) == (
        0.0,
        pytest.approx(0),
    )
    for M, g, radius, words in (
        (np.eye(2), np.ones(3), 1.0, "shapes do not fit"),
        (np.eye(2), np.ones(2), -1.0, "radius = -1"),
        (np.eye(2), np.ones(2), math.inf, "radius = inf"),
    ):
        with pytest.raises(ValueError, match=words):
            trust_region_max(M, g, radius)


def test_no_second_layer_of_a_random_search_has_a_larger_gap():
    """20,000 second layers on the sphere; with five neurons some come within 15 %."""
    s = Settings(link="tanh", d=10, width=5, **PHASE_1)
    net, target, (X, y) = trained(s, 60, np.random.default_rng(0))
    moments = relu_moments(net, target)
    F, rng = features(net, X), np.random.default_rng(1)
    a = rng.standard_normal((20_000, 5))
    a *= 3 / math.sqrt(5) / np.linalg.norm(a, axis=1, keepdims=True)
    risk = quadratic(a, moments.features, moments.labels) + moments.square / 2
    gaps = risk - ((a @ F.T - y) ** 2).mean(axis=1) / 2
    above, below = second_layer_supremum(net, target, X, y, radius=3.0)
    assert gaps.max() <= above and (-gaps).max() <= below
    assert gaps.max() > 0.85 * above and (-gaps).max() > 0.85 * below
    fresh, labels = target.sample(400_000, np.random.default_rng(2))
    one = a[np.argmax(gaps)]
    measured = (features(net, fresh) @ one - labels) ** 2 / 2
    assert risk.max() > 0.1
    assert abs(measured.mean() - risk[np.argmax(gaps)]) < 4 * measured.std() / math.sqrt(400_000)
    assert second_layer_supremum(net, target, X, y, 3.0, moments) == (above, below)
    assert second_layer_supremum(net, target, X, y, 1.0)[0] < above


def test_suprema_are_those_of_three_first_layers_along_one_run():
    """Against runs made here, on other samples: means over seeds within four standard errors."""
    s = Settings(link="tanh", d=40, width=30, **PHASE_1)
    found, own, rng = [], [], np.random.default_rng(0)
    for seed in range(16):
        t = s.replace(seed=seed)
        found.append(suprema(t, [50, 200], radius=2.0))
        net, target, seen = trained(t, 200, rng)
        fresh, start = target.sample(200, rng), t.build()[1]
        layers = ((net, seen), (net, fresh), (start, seen))
        own.append([second_layer_supremum(n, target, *data, radius=2.0) for n, data in layers])
    found, own = np.array(found), np.array(own)
    assert found.shape == (16, 2, 3, 2)
    error = np.hypot(found[:, 1].std(axis=0, ddof=1), own.std(axis=0, ddof=1)) / 4
    assert (np.abs(found[:, 1].mean(axis=0) - own.mean(axis=0)) < 4 * error).all()
    both = found.max(axis=3).mean(axis=0)  # sup |R - Rhat|, (2, 3)
    assert both[0, 0] > 1.5 * both[0, 1] and both[0, 0] > 1.5 * both[0, 2]  # memory
    assert (both[0] > 1.5 * both[1]).all()  # more samples, smaller suprema
    with pytest.raises(ValueError, match="increasing order"):
        suprema(s, [50, 50])
    with pytest.raises(ValueError, match="k = 3"):
        suprema(s.replace(k=3, link="chain"), 50)


# the class, and coin flips


def mean_norm(n: int) -> float:
    """E |N(0, I_n)|."""
    return math.sqrt(2) * math.exp(gammaln((n + 1) / 2) - gammaln(n / 2))


def test_coin_flips_have_the_mean_that_is_known():
    """Signs times inputs are Gaussian: a sum of mean norms. Within four standard errors."""
    for k, d, inside, outside, bias in (
        (1, 6, 1.0, 0.0, 0.0),
        (3, 9, 2.0, 0.5, 0.7),
        (4, 4, 1.0, 3.0, 1.0),
    ):
        found = coin_flips(k, d, 50, inside, outside, bias, draws=600)
        rest = mean_norm(d - k) if d > k else 0.0
        wanted = (inside * mean_norm(k) + outside * rest + bias * mean_norm(1)) / math.sqrt(50)
        assert abs(found.mean() - wanted) < 4 * found.std() / math.sqrt(600)
    assert coin_flips(1, 3, 10_000, draws=1).shape == (1,)


def test_coin_flips_have_slopes_one_half():
    """+-.03: means of 60 draws are known to 2 %, and E |N(0, I_n)| is sqrt(n) up to 1/(4 n)."""
    counts = [100, 400, 1600, 6400]
    assert slope(counts, [coin_flips(3, 20, n, outside=1.0, draws=60).mean() for n in counts]) == (
        pytest.approx(-0.5, abs=0.03)
    )
    sizes = [25, 50, 100, 200]
    flips = [coin_flips(1, d, 500, inside=0.0, outside=1.0, draws=60).mean() for d in sizes]
    assert slope(sizes, flips) == pytest.approx(0.5, abs=0.03)
    flips = [coin_flips(k, 250, 500, draws=60).mean() for k in sizes]
    assert slope(sizes, flips) == pytest.approx(0.5, abs=0.03)


def test_a_relu_neuron_fits_at_least_half_as_well_and_the_bound_holds_for_networks():
    """relu(t) - relu(-t) = t; and m equal neurons correlate as one does, below the class bound."""
    k, d, n, rng = 2, 6, 40, np.random.default_rng(0)
    found = []
    for _ in range(40):
        X, eps = rng.standard_normal((n, d)), rng.choice([-1.0, 1.0], n)
        v = eps @ X / n
        w = np.concatenate([v[:k] / np.linalg.norm(v[:k]), 0 * v[k:]])
        b = np.sign(eps.mean())
        linear = np.linalg.norm(v[:k]) + abs(eps.mean())
        assert eps @ (X @ w + b) / n == pytest.approx(linear)
        best = max(abs(eps @ np.maximum(t * (X @ w + b), 0)) / n for t in (1, -1))
        assert best >= linear / 2
        found.append(best)
    # m equal neurons with a = (1/m, ..., 1/m), so ||a|| = 1/sqrt(m), correlate as one neuron does
    assert np.mean(found) < class_bound(k, d, n)
    assert class_bound(k, d, n) < 30 * np.mean(found)


def test_the_class_bound_is_its_formula():
    assert class_bound(4, 29, 100, r=0.5, inside=3.0, outside=2.0, bias=7.0) == pytest.approx(
        math.sqrt(3) * (6 + 10 + 7) / 10
    )
    assert class_bound(50, 50, 1, outside=9.0, bias=0.0) == pytest.approx(2 * math.sqrt(150))
    for arguments, words in (
        ({"k": 0, "d": 5, "samples": 9}, "k = 0"),
        ({"k": 6, "d": 5, "samples": 9}, "k = 6"),
        ({"k": 1, "d": 5, "samples": 0}, "samples = 0"),
        ({"k": 1, "d": 5, "samples": 9, "outside": -1.0}, "outside = -1.0"),
        ({"k": 1, "d": 5, "samples": 9, "r": math.nan}, "r = nan"),
    ):
        with pytest.raises(ValueError, match=words):
            class_bound(**arguments)
    with pytest.raises(ValueError, match="draws = 0"):
        coin_flips(1, 5, 9, draws=0)
