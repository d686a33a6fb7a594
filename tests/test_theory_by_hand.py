"""Theory where its numbers are known exactly: closed forms, quadrature, brute force; and its words.

The words are compared letter by letter.
"""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import erf, expit, ndtr

from course_utils import MultiIndexModel, OnlineSGD, Run, Settings, TwoLayerNet, online_sgd
from course_utils import theory as th
from course_utils.activations import ACTIVATIONS
from course_utils.engine.online import schedule
from course_utils.losses import LOSSES

ONE = dict(d=50, k=1, link="none", width=40, weight_decay=0.5)
SQUARE_ERF = dict(activation="erf", loss="square", bias="none")


def biases(settings):
    return settings.build()[1].b


# --- words and thresholds -------------------------------------------------------------------------


def test_constants_in_decimals():
    assert th.KINK == pytest.approx(0.2419707, abs=1e-7)
    largest = {name: loss.largest_slope for name, loss in LOSSES.items()}
    assert largest == {"huber": 1, "square": math.inf, "logistic": 1}
    slopes = {name: sigma.largest_slope for name, sigma in ACTIVATIONS.items()}
    assert slopes == pytest.approx({"relu": 1, "tanh": 1, "erf": 0.7978846, "softplus": 1})
    curvatures = {name: sigma.largest_curvature for name, sigma in ACTIVATIONS.items()}
    assert curvatures == pytest.approx(
        {"relu": 0, "tanh": 0.7698004, "erf": 0.4839414, "softplus": 0.25}
    )


@pytest.mark.parametrize("loss", LOSSES)
def test_the_curvature_of_a_loss_is_the_derivative_of_its_slope(loss):
    yhat = np.array([0.7, 0.2, -3.0, -0.4, 2.2, 5.0, 0.1])
    y, h = np.array([-1.0, 1, 1, -1, 1, -1, 1]), 1e-6
    slope = LOSSES[loss].slope
    assert np.allclose(
        LOSSES[loss].curvature(yhat, y),
        (slope(yhat + h, y) - slope(yhat - h, y)) / (2 * h),
        atol=1e-8,
    )
    far = np.linspace(-9, 9, 1001)
    assert LOSSES[loss].curvature(far, 0 * far).max() == pytest.approx(
        LOSSES[loss].largest_curvature
    )


@pytest.mark.parametrize("bias", ["away", "normal"])
def test_relu_threshold_is_the_kink_at_the_smallest_bias(bias):
    """0.242 / min |b|, for either sign of b and any loss of slope 1; a smaller slope lowers it."""
    s = Settings(**ONE, bias=bias)
    smallest = min(abs(b) for b in biases(s))
    for loss in ("huber", "logistic"):
        assert th.decay_threshold(s.replace(loss=loss)) == pytest.approx(0.2419707 / smallest)
    assert th.decay_threshold(s, 0.3) == pytest.approx(0.3 * 0.2419707 / smallest)
    assert th.decay_threshold(s, 0) == 0
    assert th.decay_threshold(s.replace(loss="square"), 2.0) == pytest.approx(
        2 * 0.2419707 / smallest
    )
    assert th.decay_threshold(s.replace(seed=1)) != th.decay_threshold(s)


@pytest.mark.parametrize("activation", ["tanh", "erf", "softplus"])
@pytest.mark.parametrize(("d", "k"), [(40, 2), (1000, 1)])
def test_smooth_threshold_is_the_mean_slope_of_the_untrained_network_times_the_largest_bend(
    activation, d, k
):
    """On fresh samples of the very network: its 4,096 samples leave 1 %, five of these."""
    s = Settings(d=d, k=k, link="sum_tanh", width=30, activation=activation, noise=0.1)
    target, net = s.build()
    X, y = target.sample(20_000, np.random.default_rng(77))
    slope = np.clip(net(X) - y, -1, 1)
    largest = ACTIVATIONS[activation].largest_curvature
    assert th.decay_threshold(s) == pytest.approx(np.abs(slope).mean() * largest, rel=0.05)
    assert th.decay_threshold(s, 0.4) == pytest.approx(0.4 * largest)


def decay_words(settings, *slope):
    return th.assumptions(settings, *slope)[0]


def test_words_about_decay():
    s = Settings(**ONE, bias="away")
    threshold = 0.2419707 / np.abs(biases(s)).min()
    assert decay_words(s) == th.Assumption(
        "decay above threshold",
        True,
        f"weight_decay = 0.5 is above the threshold {threshold:.3g}: "
        "every direction of W_perp contracts.",
    )
    assert decay_words(s.replace(weight_decay=0.0)) == th.Assumption(
        "decay above threshold",
        False,
        f"weight_decay is 0 and the threshold is {threshold:.3g}: "
        "nothing is sure to make W_perp contract.",
    )
    tanh = s.replace(activation="tanh")
    assert decay_words(tanh, 0.5).text == (
        "weight_decay = 0.5 is above the threshold 0.385: every direction of W_perp contracts at "
        "the start, and later as long as the mean of |l'| has not grown."
    )
    assert decay_words(tanh, 1.0) == th.Assumption(
        "decay above threshold",
        False,
        "weight_decay = 0.5 is not above the threshold 0.77 (sufficient, not necessary). "
        "It is the mean of |l'| at the start times sup|sigma''| = 0.77.",
    )
    assert decay_words(s.replace(bias="none")).text == (
        "weight_decay = 0.5 is not above the threshold inf (sufficient, not necessary). "
        "Without biases the ReLU threshold is infinite; bias='away' makes it finite."
    )
    assert decay_words(s.replace(loss="square")).text == (
        "weight_decay = 0.5 is not above the threshold inf (sufficient, not necessary). "
        "Square loss has no largest slope, so the threshold is infinite; try loss='huber'."
    )


@pytest.mark.parametrize(("bias", "lam"), [("away", 0.15), ("normal", 0.5)])
def test_words_about_neurons_that_meet_their_own_condition(bias, lam):
    """A neuron's own threshold is 0.242 / |b_j|."""
    s = Settings(**ONE, bias=bias).replace(weight_decay=lam)
    b = np.abs(biases(s))
    meet = np.mean([lam > 0.2419707 / x for x in b])
    assert 0 < meet < 1
    advice = (
        " N(0, 1) puts the smallest bias near 1/width, out of reach; "
        "bias='away' brings the threshold to 0.24."
    )
    assert decay_words(s).text == (
        f"weight_decay = {lam} is not above the threshold {0.2419707 / b.min():.3g} "
        "(sufficient, not necessary). "
        f"It is sup|l'| x 0.242 / min|b_j| with min|b_j| = {b.min():.2g}; "
        f"{round(100 * meet)}% of the neurons meet their own condition."
        f"{advice if bias == 'normal' else ''}"
    )


def test_a_lamp_is_off_at_the_threshold_itself():
    """mean_loss_slope 0 makes the threshold 0, and weight decay 0 is not above it."""
    assert not decay_words(Settings(**ONE).replace(weight_decay=0.0), 0.0).holds
    assert decay_words(Settings(**ONE).replace(weight_decay=1e-3), 0.0).holds


def step_words(**changes):
    return th.assumptions(Settings(**{**ONE, "bias": "none", "noise": 0.2, **changes}))[1]


def test_words_about_steps():
    """Without biases E sigma'^2 of a ReLU is 1/2; noise 0.2 is not clipped: V = 0.04 / 2.

    The mean over 16,384 labels is within 2 % of it.
    """
    floor = math.sqrt(0.5 / 50 * 0.02 * 49 / (2 * 0.5 - 0.5 / 50 * 0.25))
    assert step_words(step=0.5) == th.Assumption(
        "step small enough",
        True,
        "step x weight_decay / d = 0.005 is below 1, step = 0.5 does not overshoot, and "
        f"a cautious guess of the noise floor is {floor:.2g}.",
    )
    fine = "step x weight_decay / d = {} is below 1, step = 0.5 does not overshoot, and {}."
    assert step_words(step=0.5, schedule="decreasing").text == fine.format(
        0.005, "decreasing steps leave no noise floor"
    )
    nothing = "without decay noise adds up, with no floor"
    assert step_words(step=0.5, weight_decay=0.0).text == fine.format(0, nothing)
    assert step_words(step=0.5, weight_decay=0.0, schedule="decreasing").text == fine.format(
        0, nothing
    )
    assert step_words(step=60.0, weight_decay=1.0) == th.Assumption(
        "step small enough",
        False,
        "step x weight_decay / d = 1.2 must be below 1, or decay overshoots zero: lower either.",
    )
    assert step_words(step=3.0) == th.Assumption(
        "step small enough",
        False,
        "step = 3 overshoots its own sample: step sup sigma'^2 sup l'' = 3, not below 2.",
    )
    noisy = step_words(step=1.8, weight_decay=0.01, noise=0.3)
    floor = math.sqrt(1.8 / 50 * 0.09 / 2 * 49 / 0.02)
    assert not noisy.holds and noisy.text.startswith("The noise floor sqrt(step V / (2 lam)) = ")
    assert float(noisy.text.split()[9]) == pytest.approx(floor, rel=0.03)
    assert noisy.text.endswith(" is above the start, 1: lower step or raise decay.")


@pytest.mark.parametrize(
    ("activation", "loss", "limit"),
    [
        ("relu", "huber", 2),
        ("erf", "square", math.pi),
        ("tanh", "logistic", 8),
        ("softplus", "logistic", 8),
    ],
)
def test_a_step_overshoots_from_two_over_slope_squared_times_curvature_on(activation, loss, limit):
    for factor in (0.99, 1.01):
        words = step_words(
            activation=activation,
            loss=loss,
            step=factor * limit,
            schedule="decreasing",
            weight_decay=0.1,
        )
        assert words.holds == (factor < 1) and ("overshoots its own" in words.text) == (factor > 1)


@pytest.mark.parametrize(
    ("activation", "bias"),
    [("relu", "normal"), ("tanh", "normal"), ("erf", "none"), ("softplus", "away")],
)
def test_the_guessed_noise_floor_uses_slopes_of_rows_of_norm_one(activation, bias):
    """E sigma'(z + b_j)^2 by a fine sum over z; labels of 16,384 samples leave 1 % in the floor."""
    s = Settings(**ONE, activation=activation, bias=bias, noise=0.2, step=0.3)
    z = np.linspace(-9, 9, 20_001)
    weight = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    slopes = ACTIVATIONS[activation].slope(z[:, None] + biases(s)) ** 2
    floor = math.sqrt(0.3 / 50 * 0.04 * (weight @ slopes).mean() * 49 / (2 * 0.5 - 0.3 / 50 * 0.25))
    said = float(th.assumptions(s)[1].text.rstrip(".").split()[-1])
    assert said == pytest.approx(floor, rel=0.05)  # two digits are said


def test_the_noise_floor_is_where_decay_and_noise_balance():
    """q = (1 - et gap)^2 q + et^2 V (d - k), solved for q."""
    s = Settings(d=30, k=4, step=0.6)
    q, et = th.noise_floor(s, V=0.7, gap=0.3) ** 2, 0.6 / 30
    assert (1 - et * 0.3) ** 2 * q + et**2 * 0.7 * 26 == pytest.approx(q, rel=1e-12)
    assert (
        th.noise_floor(s, 0.7, 0.0)
        == th.noise_floor(s, 0.7, -1.0)
        == math.inf
        == th.noise_floor(s, 0.7, 2 / et)
    )


def size_words(**changes):
    return th.assumptions(Settings(activation="tanh", **changes))[3]


def test_words_about_sizes():
    name = "k fits"
    assert size_words(d=5000, k=3, width=7) == th.Assumption(
        name, True, "k = 3 is below d = 5,000 and not above width = 7: W can span the subspace."
    )
    assert size_words(d=9, k=7, width=7).holds
    assert size_words(d=9, k=8, width=7) == th.Assumption(
        name,
        False,
        "k = 8 directions cannot be spanned by width = 7 neurons: raise width to at least 8.",
    )
    assert size_words(d=6, k=6, width=7) == th.Assumption(
        name,
        False,
        "k = d = 6: the subspace is the whole space, so W_perp is zero by definition. Raise d.",
    )


def test_first_coefficients_by_quadrature():
    """E[-l_1(0, y) z] of the label, of the clipped label, of half its sign; five MC errors."""
    z = np.linspace(-9, 9, 20_001)
    w = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    link = lambda Z: 1.5 * Z[:, 0]  # noqa: E731
    for loss, seen in (
        ("square", 1.5 * z),
        ("huber", np.clip(1.5 * z, -1, 1)),
        ("logistic", np.sign(z) / 2),
    ):
        s = Settings(d=9, k=1, link=link, noise=0.0, loss=loss)
        direction, error = th.first_hermite(s)
        assert direction.shape == (1,) and abs(direction[0] - w @ (seen * z)) < 5 * error
        assert error == pytest.approx(math.sqrt(w @ seen**2 / 2**16), rel=0.05)
        assert th.first_hermite(s, 2**10)[1] == pytest.approx(8 * error, rel=0.2)
        assert (
            f"{w @ (seen * z):.1g}"[:3] in th.assumptions(s)[2].text and th.assumptions(s)[2].holds
        )
    along = th.first_hermite(
        Settings(d=9, k=3, link=lambda Z: Z[:, 0] - 2 * Z[:, 2], noise=0.0, loss="square")
    )
    assert np.allclose(along[0], [1, 0, -2], atol=5 * along[1])
    assert along[1] == pytest.approx(math.sqrt(3 * 5 / 2**16), rel=0.05)
    even = th.first_hermite(Settings(d=9, k=2, link=lambda Z: Z[:, 0] * Z[:, 1], noise=0.0))
    assert np.abs(even[0]).max() < 1e-12  # Z and -Z


# --- what drives W_perp ---------------------------------------------------------------------------


def test_contraction_and_noise_of_a_network_of_zeros_are_exact():
    """W = 0, b = 0, tanh, square loss, labels that are noise: all but C is a round number.

    sigma' = 1, sigma'' = 0, l_11 = 1, E l_1^2 = noise^2.
    """
    s = Settings(d=9, k=2, link="none", noise=0.5, width=4, activation="tanh", loss="square")
    target, _ = s.build()
    signs = np.array([1, -1, -1, 1])
    net = TwoLayerNet(np.zeros((4, 9)), signs / 4, np.zeros(4), "tanh")
    A, C = th.contraction_and_noise(net, target, "square", 0.3)
    both = np.outer(signs, signs)
    assert np.allclose(A, both / 4 + 0.3 * np.eye(4), atol=1e-12)
    assert np.allclose(C / C[0, 0], both)
    assert C[0, 0] == pytest.approx(0.25, rel=0.12)  # 4,000 squares, five errors
    many = th.contraction_and_noise(net, target, "square", 0.3, samples=100_000)[1]
    assert many[0, 0] == pytest.approx(0.25, rel=0.023)
    assert th.contraction_and_noise(net, target, "square", 0.3, seed=1)[1][0, 0] != C[0, 0]


def test_noise_and_gap_of_diagonal_matrices():
    """The plateau of M_jj is et (d - k) C_jj / (2 A_jj).

    One gap with the same trace is tr C / sum C_jj / A_jj.
    """
    V, gap = th.noise_and_gap(np.diag([1.0, 2.0, 4.0]), np.diag([3.0, 2.0, 8.0]))
    assert V == pytest.approx(13 / 3) and gap == pytest.approx(13 / (3 + 1 + 2))
    for zero in (0.0, -1.0):
        assert th.noise_and_gap(np.diag([1.0, zero]), np.diag([3.0, 2.0])) == (2.5, 0.0)


@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_the_kink_of_one_neuron_that_sees_a_sign(noise):
    """w = r u: on its kink z = -b/r and yhat = 0, so the mean of l_1 there is known exactly:

    E[l_1 delta] = phi(b/r)/r (1/2 - P(y = 1 | z = -b/r)).
    """
    target = MultiIndexModel([1.0, 0.0, 0.0], lambda Z: Z[:, 0], noise, sign_labels=True)
    r, b = 1.7, 0.6
    net = TwoLayerNet(np.array([[r, 0.0, 0.0]]), np.array([1.0]), np.array([b]), "relu")
    X, y = target.sample(50, np.random.default_rng(0))
    H = th.stein.bends(net, target, "logistic", X, y)
    chance = ndtr(-b / r / noise) if noise else 0.0
    assert H == pytest.approx(
        math.exp(-((b / r) ** 2) / 2) / math.sqrt(2 * math.pi) / r * (0.5 - chance), rel=1e-9
    )


def test_kinks_are_a_thin_slab_of_inputs():
    """E[l_1 delta(<w, x> + b)] is the mean of l_1 over inputs with |<w, x> + b| < h, over 2 h.

    A row of zeros has no kink.
    """
    target = MultiIndexModel(np.eye(2, 3), lambda Z: np.tanh(Z[:, 0] + Z[:, 1] ** 2), 0.3)
    W = np.array([[0.6, -0.3, 0.5], [-0.2, 0.8, 0.4], [0.0, 0.0, 0.0]])
    net = TwoLayerNet(W, np.array([0.5, -0.7, 0.4]), np.array([0.2, -0.4, 0.3]), "relu")
    rng, h = np.random.default_rng(2), 0.05
    found = np.mean(
        [th.stein.bends(net, target, "huber", *target.sample(4000, rng)) for _ in range(5)], axis=0
    )
    X, y = target.sample(1_000_000, rng)
    slab = np.abs(X @ W.T + net.b) < h
    values = net.a * np.clip(net(X) - y, -1, 1)[:, None] * slab / (2 * h)
    error = values.std(axis=0) / 1000
    assert (np.abs(values.mean(axis=0) - found) < 6 * error + 0.001).all()  # both Monte Carlo
    assert found[2] == 0
    assert (np.abs(found[:2]) > 20 * error[:2]).all()


def test_gradient_of_a_link_by_hand():
    target = MultiIndexModel(np.eye(2, 4), lambda Z: Z[:, 0] ** 2 * Z[:, 1], noise=0.1)
    Z = np.array([[1.0, 2.0], [-3.0, 0.5]])
    assert np.allclose(th.stein._link_gradient(target, Z), [[4, 1], [-3, 9]], atol=1e-8)


def test_parallel_part_in_both_coordinate_systems():
    target, net = Settings(d=7, k=2, width=3).build()
    assert np.allclose(
        th.parallel_part(net, target), [[w @ u for u in target.directions] for w in net.W]
    )
    reduced = TwoLayerNet(np.arange(12.0).reshape(3, 4), net.a, net.b, reduced_k=2)
    assert th.parallel_part(reduced, target).tolist() == [[0, 1], [4, 5], [8, 9]]


# --- predicted W_perp -----------------------------------------------------------------------------


def test_the_recursion_over_millions_of_steps_is_its_closed_form():
    """Constant steps: q_t - q* shrinks by (1 - et gap)^2 a step; longer than a chunk of 2^20."""
    s, V, gap, T = Settings(d=10**6, k=3, step=1.0), 0.2, 0.1, 3_000_000
    et, q0 = 1e-6, 0.8**2
    q_end = et * V * (10**6 - 3) / (2 * gap - et * gap * gap)
    exact = q_end + (q0 - q_end) * (1 - et * gap) ** (2 * T)
    found = th.predicted_perpendicular(s, [7, 7 + T], 0.8, V, gap)
    assert found == pytest.approx([0.8, math.sqrt(exact)], rel=1e-9)


@pytest.mark.parametrize("samples", [[], [-1, 3], [0, 2, 2], [[0, 1]]])
def test_sample_counts_increase(samples):
    with pytest.raises(ValueError, match="increasing order, 0 or more"):
        th.predicted_perpendicular(Settings(), samples, 1.0, 0.1, 0.1)


def test_one_sample_count_is_the_start():
    assert th.predicted_perpendicular(Settings(), 5, 0.9, 0.1, 0.1) == pytest.approx([0.9])
    assert th.predicted_perpendicular(Settings(), [0], 0.0, 0.0, -0.1).tolist() == [0.0]
    with pytest.raises(ValueError, match="start = nan is impossible: it is the size of something"):
        th.predicted_perpendicular(Settings(), [0], math.nan, 0.1, 0.1)


def drivers(monkeypatch, *pairs):
    """Let the prediction meet these A and C instead of measured ones, the last for ever.

    Returns what it asked for.
    """
    asked, given = [], itertools.chain(pairs, itertools.repeat(pairs[-1]))

    def measured(net, target, loss, weight_decay, samples, rng):
        asked.append((net, target, loss, weight_decay, samples))
        return next(given)

    monkeypatch.setattr(th.perpendicular, "_matrices", measured)
    return asked


def by_steps(M, A, C, settings, t, after):
    """M <- (1 - et A) M (1 - et A) + et^2 (d - k) C, step by step."""
    for step in range(t, after):
        et = float(schedule(settings, np.array(step)))
        keep = np.eye(len(M)) - et * A
        M = keep @ M @ keep + et * et * (settings.d - settings.k) * C
    return M


A1 = np.array([[0.5, 0.2, 0.0], [0.2, 0.8, -0.1], [0.0, -0.1, 0.0]])
C1 = np.array([[0.4, 0.1, 0.1], [0.1, 0.3, 0.0], [0.1, 0.0, 0.6]])


@pytest.mark.parametrize("kind", ["constant", "decreasing"])
def test_an_advance_is_the_recursion_of_matrices_step_by_step(kind, monkeypatch):
    """Heun's rule: A and C are means of those at both ends.

    Decreasing steps go in groups of equal ones: 1 %.
    """
    s = Settings(d=20, k=2, width=3, link="chain", schedule=kind, weight_decay=0.4, step=0.5)
    asked = drivers(monkeypatch, (A1, C1), (3 * A1, 5 * C1))
    a, b = np.array([-1, 1, 1]) / 3, np.array([0.1, 0.2, 0.3])
    par, rows = np.ones((3, 2)), np.array([1.0, 2.0, 2.0])
    theory = th.PerpendicularPrediction(s, a, b, par, rows, samples=30)
    assert theory.perpendicular == pytest.approx(math.sqrt(3)) and theory.samples == 30
    found = theory.advance([37, 50, 90], 2 * par)
    M, expected = np.diag(rows**2), []
    for t, after in ((30, 37), (37, 50), (50, 90)):
        M = by_steps(M, 2 * A1, 3 * C1, s, t, after)
        expected.append(math.sqrt(np.trace(M) / 3))
    rel = 1e-10 if kind == "constant" else 0.01
    assert found == pytest.approx(expected, rel=rel) and theory.samples == 90
    assert theory.perpendicular == pytest.approx(expected[-1], rel=rel)
    assert found[0] != pytest.approx(found[-1], rel=0.05)

    ahead = by_steps(M, 3 * A1, 5 * C1, s, 90, 120)  # at() looks ahead with the drivers of now
    assert theory.at(120) == pytest.approx(math.sqrt(np.trace(ahead) / 3), rel=rel)
    assert theory.at(90) == pytest.approx(theory.perpendicular) and theory.samples == 90

    net, target, loss, lam, samples = asked[0]
    assert (
        (loss, lam, samples) == ("huber", 0.4, 2000)
        and np.allclose(net.a, a)
        and np.allclose(net.b, b)
    )
    assert np.allclose(net.W[:, :2], par) and np.allclose(
        net.W[:, 2:] @ net.W[:, 2:].T, np.diag(rows**2)
    )
    assert np.allclose(target.directions, np.eye(2, 5)) and (target.noise, target.sign_labels) == (
        s.noise,
        False,
    )
    assert np.allclose(asked[1][0].W[:, :2], 2 * par)


@pytest.mark.parametrize("kind", ["constant", "decreasing"])
def test_a_direction_that_does_not_contract_gathers_noise_step_by_step(kind, monkeypatch):
    """A = diag(0, 2 lam): the first variance grows by et^2 (d - k) C_11 a step, for ever."""
    s = Settings(d=20, k=2, width=2, link="chain", schedule=kind, weight_decay=0.4, step=0.5)
    A, C = np.diag([0.0, 0.8]), np.array([[0.3, 0.1], [0.1, 0.2]])
    drivers(monkeypatch, (A, C))
    theory = th.PerpendicularPrediction(
        s, np.array([-1, 1]) / 2, np.zeros(2), np.ones((2, 2)), np.array([0.2, 0.5])
    )
    expected = math.sqrt(np.trace(by_steps(np.diag([0.04, 0.25]), A, C, s, 0, 500)) / 2)
    assert theory.at(500) == pytest.approx(expected, rel=1e-10 if kind == "constant" else 0.01)
    assert theory.advance([100, 500], np.ones((2, 2)))[-1] == pytest.approx(
        expected, rel=1e-10 if kind == "constant" else 0.01
    )


def test_changed_settings_meet_the_network_of_now_once_they_act(monkeypatch):
    """A slider sweeps over values, and only the last one drives anything."""
    s = Settings(d=20, k=1, width=3, link="tanh", weight_decay=0.4, step=0.5)
    asked = drivers(monkeypatch, (A1, C1), (2 * A1, C1), (A1, C1))
    theory = th.PerpendicularPrediction(
        s, np.ones(3) / 3, np.zeros(3), np.ones((3, 1)), np.ones(3), average=700
    )
    theory.at(3)
    theory.change(s.replace(weight_decay=0.6))
    theory.change(s.replace(weight_decay=0.7, step=1.5, noise=0.9, loss="logistic"))
    assert len(asked) == 1
    ahead = by_steps(np.eye(3), 2 * A1, C1, s.replace(step=1.5), 0, 10)
    assert theory.at(10) == pytest.approx(math.sqrt(np.trace(ahead) / 3), rel=1e-10)
    net, target, loss, lam, samples = asked[1]
    assert (loss, lam, samples) == ("logistic", 0.7, 700)
    assert (target.noise, target.sign_labels) == (0.9, True)
    assert np.allclose(net.W[:, 0], 1)
    theory.advance([10], np.ones((3, 1)))
    ahead = by_steps(np.eye(3), 1.5 * A1, C1, s.replace(step=1.5), 0, 10)
    assert theory.perpendicular == pytest.approx(math.sqrt(np.trace(ahead) / 3), rel=1e-10)


def test_neurons_that_stand_for_many_keep_signs_sizes_and_the_mean_square(monkeypatch):
    """400 neurons, half of either sign, of which 256 are kept: halves stay halves.

    So does ||W_perp||.
    """
    rng = np.random.default_rng(1)
    asked = drivers(monkeypatch, (np.eye(256), np.eye(256)))
    a, b, rows = np.repeat([1, -1], 200) / 400, rng.standard_normal(400), rng.uniform(1, 2, 400)
    par = np.stack([b, rows], axis=1)  # so that each neuron can be recognised
    theory = th.PerpendicularPrediction(Settings(d=500, k=2, width=400), a, b, par, rows)
    net = asked[0][0]
    assert net.width == 256 and np.allclose(np.abs(net.a), 1 / 256) and (net.a > 0).sum() == 128
    assert np.array_equal(net.W[:, 0], net.b) and len(set(net.b)) == 256
    of = {x: i for i, x in enumerate(b)}
    assert (np.sign(net.a) == [np.sign(a[of[x]]) for x in net.b]).all()
    assert theory.perpendicular == pytest.approx(math.sqrt((rows**2).mean()))
    for sign in (1, -1):  # evenly spaced ranks: every stretch of biases keeps its share of neurons
        kept, all_of_them = np.sort(net.b[np.sign(net.a) == sign]), np.sort(b[np.sign(a) == sign])
        shares = np.searchsorted(kept, np.quantile(all_of_them, [0.25, 0.5, 0.75])) / len(kept)
        assert shares == pytest.approx([0.25, 0.5, 0.75], abs=0.02)
    still = th.PerpendicularPrediction(Settings(d=500, k=2, width=400), a, b, par, 0 * rows)
    assert still.perpendicular == 0


def test_weights_on_all_directions_are_rebuilt_from_a_run_that_records_two():
    """k = 3: exact at both ends and for u_1 and u_2, right in total norm.

    In between it is close to what the network really did.
    """
    s = Settings(d=40, k=3, link="sum_tanh", width=12, activation="tanh", step=0.5)
    sim = OnlineSGD(s)
    snapshots, real = [], []
    for t in (0, 300, 900, 2000, 4000):
        sim.advance(t - sim.samples)
        snapshots.append(sim.snapshot())
        real.append(th.parallel_part(sim.net, sim.target))
    run = Run.of(s, snapshots, net=sim.net)
    found = th.prediction._parallel_history(s, run.net, run.neurons, run.parallel)
    assert found.shape == (5, 12, 3)
    assert np.allclose(found[[0, -1]], np.array(real)[[0, -1]], atol=1e-5)  # float32 neurons
    assert np.allclose(found[:, :, :2], run.neurons[:, :, :2])
    assert np.allclose(np.sqrt((found**2).sum((1, 2)) / 12), run.parallel, rtol=1e-4)
    gap = np.linalg.norm(found - real, axis=(1, 2)) / np.linalg.norm(real, axis=(1, 2))
    assert gap.max() < 0.2  # 0.14 measured; 0.1 in the middle
    two = s.replace(k=2, link="chain")
    run = online_sgd(two, 100, [0, 100])
    found = th.prediction._parallel_history(two, run.net, run.neurons, run.parallel)
    assert np.array_equal(found, run.neurons[:, :, :2].astype(float))


def test_predictions_of_several_seeds_are_those_of_each():
    s = Settings(d=40, k=1, link="tanh", width=8, activation="tanh", seed=3)
    runs = [online_sgd(s.replace(seed=seed), 300, [0, 30, 100, 300]) for seed in (3, 4)]
    both = th.predict(Run.stack(runs), average=300)
    assert both.shape == (2, 4)
    for i, run in enumerate(runs):
        assert np.array_equal(th.predict(run, average=300), both[i])
        assert both[i, 0] == pytest.approx(run.perpendicular[0], rel=1e-6)
    late = th.predict(runs[0], first=2)
    assert (
        np.isnan(late[:2]).all()
        and late[2] == pytest.approx(runs[0].perpendicular[2], rel=1e-6)
        and late[3] > 0
    )
    with pytest.raises(ValueError, match="nothing to measure; use a run of online_sgd"):
        th.predict(replace(runs[0], settings=None))


def test_strides_are_as_long_as_the_drivers_allow(monkeypatch):
    """An advance ends at the end, and where two things are so.

    0.4 of the time passed, and 0.025 d / step / (1 + lam), have gone by.
    """
    s = Settings(
        d=400, k=1, link="tanh", width=4, activation="tanh", step=0.5, weight_decay=1.0
    )  # 0.025 d / 1 = 10
    times = [0, 4, 9, 11, 20, 26, 27, 100, 101]
    run = online_sgd(s, 101, times)
    ends, advance = [], th.PerpendicularPrediction.advance

    def noted(self, samples, parallel):
        ends.append((list(samples), float(parallel[0, 0])))
        return advance(self, samples, parallel)

    monkeypatch.setattr(th.PerpendicularPrediction, "advance", noted)
    th.predict(run, average=50)
    assert [stride for stride, _ in ends] == [[4, 9, 11], [20, 26], [27, 100], [101]]
    assert [par for _, par in ends] == pytest.approx(
        [run.neurons[times.index(t), 0, 0] for t in (11, 26, 100, 101)]
    )


# --- order-parameter equations --------------------------------------------------------------------


def gaussian_mean(C, function):
    """E f(x) of x ~ N(0, C) by Gauss-Hermite quadrature: 48 nodes a dimension.

    Exact to 1e-7 for these smooth f.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(48)
    Z = np.array(list(itertools.product(nodes, repeat=len(C))))
    w = np.array(
        [math.prod(each) for each in itertools.product(weights / weights.sum(), repeat=len(C))]
    )
    return w @ function(*(Z @ np.linalg.cholesky(C).T).T)


def test_gaussian_integrals_by_quadrature():
    C = np.array([[0.8, 0.3, -0.2], [0.3, 0.5, 0.1], [-0.2, 0.1, 0.6]])
    g, slope = ACTIVATIONS["erf"].value, ACTIVATIONS["erf"].slope
    assert th.I2(C, 0, 1) == pytest.approx(
        gaussian_mean(C[:2, :2], lambda x, y: g(x) * g(y)), abs=1e-7
    )
    assert th.J2(C, 0, 1) == pytest.approx(
        gaussian_mean(C[:2, :2], lambda x, y: slope(x) * slope(y)), abs=1e-7
    )
    assert th.I3(C, 0, 1, 2) == pytest.approx(
        gaussian_mean(C, lambda x, y, z: slope(x) * y * g(z)), abs=1e-7
    )
    assert th.I4(C, 0, 1, 2, 2) == pytest.approx(
        gaussian_mean(C, lambda x, y, z: slope(x) * slope(y) * g(z) ** 2), abs=1e-7
    )
    assert th.I4(C, 0, 0, 1, 2) == pytest.approx(
        gaussian_mean(C, lambda x, y, z: slope(x) ** 2 * g(y) * g(z)), abs=1e-7
    )


def test_order_parameters_drift_as_sgd_does_on_average():
    """dR and dQ per unit of t/d beside d times the mean change in one step.

    400,000 samples; five standard errors.
    """
    rng, m, k, d, et, lam = np.random.default_rng(4), 2, 2, 30, 0.02, 0.3
    link = th.ErfLink(((1.0, 0.5), (0.0, 2.0), (-1.0, 0.3)), (0.7, -0.3, 0.4))
    s = Settings(
        d=d, k=k, width=m, link=link, noise=0.4, step=et * d, weight_decay=lam, **SQUARE_ERF
    )
    W, a, U = rng.standard_normal((m, d)) / 4, np.array([1, -1]) / m, np.eye(k, d)
    fields = th.order_parameters._Fields(np.array(link.vectors), np.array(link.amplitudes), a)
    R, Q = W @ U.T, W @ W.T
    dR, dQ = fields.drift(R, Q, s, et * d)

    X = rng.standard_normal((400_000, d))
    error = erf(X @ W.T / math.sqrt(2)) @ a - link(X[:, :k]) - 0.4 * rng.standard_normal(len(X))
    pull = (
        error[:, None] * np.sign(a) * math.sqrt(2 / math.pi) * np.exp(-((X @ W.T) ** 2) / 2)
    )  # W <- W - et (pull x + lam W)
    changes_R = -et * (pull[:, :, None] * X[:, None, :k] + lam * R)
    cross = pull[:, :, None] * (X @ W.T)[:, None, :]
    squares = d * pull[:, :, None] * pull[:, None, :]  # |x|^2 is d at large d
    changes_Q = -et * (cross + cross.transpose(0, 2, 1) + 2 * lam * Q) + et * et * squares
    for found, changes in ((dR, changes_R), (dQ, changes_Q)):
        spread = d * changes.std(axis=0) / math.sqrt(len(X))
        assert (np.abs(found - d * changes.mean(axis=0)) < 5 * spread).all()
        assert np.abs(found).max() > 20 * spread.max()
    half_squares = (error - error.mean()) ** 2 / 2
    risk = fields.risk(R, Q) + 0.4**2 / 2
    assert abs(risk - (error**2).mean() / 2) < 5 * half_squares.std() / math.sqrt(len(X))


@pytest.mark.parametrize(("m", "k", "d"), [(3, 2, 12), (2, 1, 6)])
def test_order_parameters_show_what_their_network_shows(m, k, d):
    rng = np.random.default_rng(6)
    W = rng.standard_normal((m, d))
    R, Q = W[:, :k], W @ W.T
    perpendicular, parallel, angles, singular = th.order_parameters._observe(R, Q)
    assert perpendicular == pytest.approx(np.linalg.norm(W[:, k:]) / math.sqrt(m))
    assert parallel == pytest.approx(np.linalg.norm(R) / math.sqrt(m))
    values = np.linalg.svd(W, compute_uv=False) / math.sqrt(m)
    assert np.allclose(singular[:m], values)
    top = np.linalg.svd(W)[2][:k]
    cosines = np.linalg.svd(top[:, :k], compute_uv=False)
    assert np.allclose(angles, np.arccos(cosines)[::-1])
    assert th.order_parameters._observe(R, R @ R.T)[0] == pytest.approx(0, abs=1e-7)


def test_erf_links_of_any_gain():
    Z = np.array([[0.3, -1.2], [2.0, 0.4]])
    expected = (erf(1.5 * Z[:, 0] / math.sqrt(2)) + erf(1.5 * Z[:, 1] / math.sqrt(2))) / math.sqrt(
        2
    )
    assert np.allclose(th.erf_link(2, gain=1.5)(Z), expected)
    assert np.allclose(th.erf_link()(Z[:, :1]), erf(Z[:, 0] / math.sqrt(2)))
    assert th.erf_link(1).vectors == ((1.0,),) and hash(th.erf_link(2)) is not None


def test_pure_decay_in_the_equations_is_exponential():
    """No signal, no noise, a network that says nothing: W shrinks by exp(-step lam t/d).

    So do its parallel and its perpendicular part.
    """
    s = Settings(
        d=80, k=2, width=3, link="none", noise=0.0, step=0.5, weight_decay=0.8, **SQUARE_ERF
    )
    _, net = s.build()
    mute = net.replace(a=1e-6 * net.a)
    times = np.array([0, 80, 240])
    ode = th.erf_ode(s, times, mute, tolerance=1e-8)
    shrunk = np.exp(-0.5 * 0.8 * times / 80)
    assert ode.perpendicular / ode.perpendicular[0] == pytest.approx(shrunk, rel=1e-3)
    assert ode.parallel / ode.parallel[0] == pytest.approx(shrunk, rel=1e-3)
    assert ode.samples.tolist() == [0, 80, 240] and ode.settings == s and ode.angles.shape == (3, 2)


def test_sigmoids_have_the_second_derivatives_in_the_table():
    t = np.linspace(-4, 4, 9)
    assert np.allclose(ACTIVATIONS["softplus"].curvature(t), expit(t) * (1 - expit(t)))
    assert np.allclose(ACTIVATIONS["erf"].curvature(t), -t * ACTIVATIONS["erf"].slope(t))


def signal_words(**changes):
    return th.assumptions(
        Settings(**{"d": 9, "k": 1, "noise": 0.0, "width": 5, "activation": "tanh", **changes})
    )[2]


def test_words_about_the_first_coefficient():
    """Of 1.5 z: 1.5, clipped 1.5 P(|1.5 z| < 1) = 0.743, half its sign 1/sqrt(2 pi) = 0.399.

    That of he3 is found by quadrature.
    """
    name = "first Hermite coefficient not zero"
    points = "the gradient points into the subspace from the first step."
    steep = lambda Z: 1.5 * Z[:, 0]  # noqa: E731
    for loss, words in (
        ("square", "label is 1.5"),
        ("huber", "clipped label is 0.74"),
        ("logistic", "label's sign is 0.4"),
    ):
        assert signal_words(link=steep, loss=loss) == th.Assumption(
            name, True, f"That of the {words}: {points}"
        )
    two = signal_words(link=steep, k=2, loss="square").text
    assert two == (
        f"That of the label is 1.5: {points} "
        "It is one direction; the others are found later, if at all."
    )
    z = np.linspace(-9, 9, 20_001)
    w = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    clipped = abs(w @ (np.clip((z**3 - 3 * z) / math.sqrt(6), -1, 1) * z))
    he3 = signal_words(link="he3")
    assert he3.holds and he3.text.startswith(
        "The link has information exponent 3, but that of the clipped label is 0."
    )
    said = he3.text.split()[-3].rstrip(":")
    assert float(said) == pytest.approx(clipped, abs=0.011) and len(said) == len("0.25")
    assert he3.text.endswith(": exponent 1.") and signal_words(link="tanh").text.endswith(points)
    nothing = signal_words(link="he2", loss="square")
    assert not nothing.holds and nothing.text.startswith("That of the label is zero (measured ")
    assert nothing.text.endswith("): the first steps see no signal, and decay may win.")


def test_words_follow_small_numbers_and_thresholds_near_one():
    assert step_words(d=81, step=0.5).text.startswith(
        "step x weight_decay / d = 0.0031 is below 1, "
    )
    settings = (
        Settings(**{**ONE, "width": 3, "bias": "normal", "seed": seed}) for seed in range(100)
    )
    near_one = next(s for s in settings if 1 < 0.2419707 / np.abs(biases(s)).min() < 1.5)
    assert "out of reach" in decay_words(near_one).text
