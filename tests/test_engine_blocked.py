"""The compiled SGD steps against torch's gradients, their NumPy twin, and Stein's identity."""

import itertools

import numpy as np
import pytest
import torch

from course_utils import sgd_steps
from course_utils.activations import ACTIVATIONS
from course_utils.engine.blocked import BLOCK, HUGE, TINY
from course_utils.engine.fills import fill_normal
from course_utils.engine.steps import sgd_steps_numpy
from course_utils.losses import LOSSES
from course_utils.settings import CHOICES

PAIRS = list(itertools.product(CHOICES["activation"], CHOICES["loss"]))
SUBNORMAL = np.finfo(float).smallest_normal


def problem(n, width=12, d=7, loss="huber", seed=0):
    """W, a, b, X, y of a small problem.

    Residuals lie on both sides of Huber's threshold 1; labels are signs for the logistic loss.
    """
    rng = np.random.default_rng(seed)
    W, b = rng.standard_normal((width, d)) / np.sqrt(d), rng.standard_normal(width)
    a = rng.choice([-1.0, 1.0], width) / width
    X, y = rng.standard_normal((n, d)), 1.5 * rng.standard_normal(n)
    return W, a, b, X, np.sign(y) if loss == "logistic" else y


TORCH_ACTIVATION = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "erf": lambda t: torch.erf(t / 2**0.5),
    "softplus": torch.nn.functional.softplus,
}
TORCH_LOSS = {
    "huber": lambda yhat, y: torch.nn.functional.huber_loss(yhat, y, delta=1.0),
    "square": lambda yhat, y: 0.5 * (yhat - y) ** 2,
    "logistic": lambda yhat, y: torch.nn.functional.softplus(-y * yhat),
}


@pytest.mark.parametrize(("activation", "loss"), PAIRS)
def test_steps_follow_the_gradient_that_torch_finds(activation, loss):
    """W <- (1 - et lam) W - m et grad l for 70 samples (two full blocks and a part), to 1e-10."""
    W, a, b, X, y = problem(70, loss=loss)
    et, lam, m = 0.05, 0.5, len(W)
    expected = torch.tensor(W, requires_grad=True)
    A, B, inputs, labels = map(torch.tensor, (a, b, X, y))
    for x, label in zip(inputs, labels, strict=True):
        yhat = A @ TORCH_ACTIVATION[activation](expected @ x + B)
        (gradient,) = torch.autograd.grad(TORCH_LOSS[loss](yhat, label), expected)
        expected = ((1 - et * lam) * expected - m * et * gradient).detach().requires_grad_()
    assert sgd_steps(W, a, b, X, y, et, lam, activation, loss) == -1
    np.testing.assert_allclose(W, expected.detach().numpy(), rtol=0, atol=1e-10)


@pytest.mark.parametrize(("activation", "loss"), PAIRS)
def test_compiled_steps_equal_the_plain_numpy_form_over_1000_steps(activation, loss):
    """Rounding of entries of order 1, contracted by decay: 1e-12. Steps fall as in 'decreasing'."""
    W, a, b, X, y = problem(1000, loss=loss)
    twin, steps = W.copy(), 0.1 / (1 + np.arange(1000) / 200)
    assert sgd_steps(W, a, b, X, y, steps, 0.3, activation, loss) == -1
    assert sgd_steps_numpy(twin, a, b, X, y, steps, 0.3, activation, loss) == -1
    np.testing.assert_allclose(W, twin, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("width", "d"), [(1, 1), (1, 9), (9, 1), (200, 3), (3, 200), (64, 64)])
def test_every_shape_gives_the_same_as_the_plain_form(width, d):
    W, a, b, X, y = problem(100, width, d)
    twin = W.copy()
    sgd_steps(W, a, b, X, y, 0.02 / d, 1.0)
    sgd_steps_numpy(twin, a, b, X, y, 0.02 / d, 1.0)
    np.testing.assert_allclose(W, twin, rtol=0, atol=1e-12)


@pytest.mark.parametrize("pieces", [1, 3, 7, BLOCK, BLOCK + 1, 50])
def test_samples_in_pieces_give_the_same_steps(pieces):
    """Where blocks begin and end changes the order of sums only: 1e-13."""
    W, a, b, X, y = problem(150)
    whole, steps = W.copy(), np.linspace(0.2, 0.05, 150)
    sgd_steps(whole, a, b, X, y, steps, 0.5)
    for i in range(0, 150, pieces):
        sgd_steps(W, a, b, X[i : i + pieces], y[i : i + pieces], steps[i : i + pieces], 0.5)
    np.testing.assert_allclose(W, whole, rtol=0, atol=1e-13)


@pytest.mark.parametrize("factor", [0.9, 0.5, 0.2, 0.0, -0.7, -1.0])
def test_decay_of_any_strength_is_exact(factor):
    """1 - et lam from mild to overshooting, set in the middle of a block: 1e-12."""
    W, a, b, X, y = problem(3 * BLOCK)
    steps = np.full(len(X), 0.01)
    steps[BLOCK + 5 : 2 * BLOCK + 9 : 3] = (1 - factor) / 2.0
    twin = W.copy()
    assert sgd_steps(W, a, b, X, y, steps, 2.0) == -1
    assert sgd_steps_numpy(twin, a, b, X, y, steps, 2.0) == -1
    np.testing.assert_allclose(W, twin, rtol=0, atol=1e-12)


def test_no_samples_no_step_no_decay_change_nothing():
    W, a, b, X, y = problem(40)
    before = W.copy()
    assert sgd_steps(W, a, b, X[:0], y[:0], 0.1, 0.5) == -1 and np.array_equal(W, before)
    assert sgd_steps(W, a, b, X, y, 0.0, 0.5) == -1 and np.array_equal(W, before)
    assert sgd_steps(W, a, b, X, y, 0.1, 0.0) == -1 and not np.array_equal(W, before)


def test_inputs_in_any_layout_and_type_are_read_right_and_left_alone():
    W, a, b, X, y = problem(40)
    expected = W.copy()
    sgd_steps(expected, a, b, X, y, 0.1, 0.5)
    wide = np.zeros((80, 14))
    wide[::2, ::2] = X
    for inputs, labels in (
        (np.asfortranarray(X), y),
        (wide[::2, ::2], y[::-1].copy()[::-1]),
        (X.tolist(), y.tolist()),
    ):
        again = W.copy()
        sgd_steps(again, a, b, inputs, labels, 0.1, 0.5)
        np.testing.assert_allclose(again, expected, atol=1e-14)
    assert np.array_equal(X, problem(40)[3]) and np.array_equal(y, problem(40)[4])


def test_arrays_that_do_not_fit_are_refused_before_any_step():
    """The compiled loop checks no bounds, so its door must."""
    W, a, b, X, y = problem(10)
    bad = {
        "a too short": (W, a[:-1], b, X, y),
        "b too long": (W, a, np.r_[b, 0], X, y),
        "X too wide": (W, a, b, np.c_[X, X], y),
        "X a vector": (W, a, b, X[0], y),
        "y too short": (W, a, b, X, y[:-1]),
        "W transposed": (W.T, a, b, X, y),
        "W in single precision": (W.astype(np.float32), a, b, X, y),
        "W a list": (W.tolist(), a, b, X, y),
    }
    for arguments in bad.values():
        before = np.array(arguments[0])
        with pytest.raises(ValueError, match="shapes do not fit|C-contiguous"):
            sgd_steps(*arguments, 0.1, 0.5)
        assert np.array_equal(before, arguments[0])
    with pytest.raises(ValueError, match="activation = 'swish'.*relu"):
        sgd_steps(W, a, b, X, y, 0.1, 0.5, "swish")
    with pytest.raises(ValueError, match="loss = 'hinge'.*huber"):
        sgd_steps(W, a, b, X, y, 0.1, 0.5, "relu", "hinge")
    with pytest.raises(ValueError):
        sgd_steps(W, a, b, X, y, np.ones(9), 0.5)


def test_an_exploding_output_is_reported_at_its_sample():
    """Square loss with a step far beyond stability.

    The first output above 1e8 is the same for both forms.
    """
    W, a, b, X, y = problem(200)
    twin = W.copy()
    bad = sgd_steps(W, a, b, X, y, 5.0, 0.0, "relu", "square")
    assert 0 < bad < 200
    for t in range(200):  # the plain form, one sample at a time
        yhat = a @ np.maximum(twin @ X[t] + b, 0)
        if not abs(yhat) < HUGE:
            break
        sgd_steps_numpy(twin, a, b, X[t : t + 1], y[t : t + 1], 5.0, 0.0, "relu", "square")
    assert t == bad


@pytest.mark.parametrize("activation", CHOICES["activation"])
@pytest.mark.parametrize("loss", CHOICES["loss"])
def test_a_nan_or_inf_never_passes_unseen(activation, loss):
    """Either the step reports it or W shows it: compiled comparisons must not swallow a nan."""
    for value in (np.nan, np.inf):
        for place in ("X", "y", "W"):
            W, a, b, X, y = problem(20, loss=loss)
            if place == "y" and not np.isnan(value) and loss == "huber":
                continue  # Huber's gradient of an infinite residual is 1, rightly
            {"X": X[3], "y": y[3:4], "W": W[2]}[place][:] = value
            bad = sgd_steps(W, a, b, X, y, 0.1, 0.5, activation, loss)
            assert bad >= 0 or not np.isfinite(W).all(), (value, place)


def test_decaying_rows_become_exact_zeros_and_never_subnormal():
    """Rows of dead neurons shrink as (1 - et lam)^t.

    Below 1e-150 they are cut off, before squares or products of two weights can leave the normal
    numbers (2e-308), which slow every operation down.
    """
    assert TINY**2 > SUBNORMAL
    W, a, _, X, y = problem(20_000)
    b = np.r_[np.full(6, -50.0), np.ones(6)]  # six dead neurons
    for i in range(0, 20_000, 400):  # (1 - 0.025)^400 = 4e-5 between looks
        sgd_steps(W, a, b, X[i : i + 400], y[i : i + 400], 0.05, 0.5)
        assert not ((np.abs(W) > 0) & (np.abs(W) < TINY / 2)).any()
    assert np.array_equal(W[:6], np.zeros((6, 7)))
    assert (np.abs(W[6:]) > 1e-3).any(axis=1).all()


def test_stein_identity():
    """grad R(W) = H W + D U (derived in notebook 02).

    For tanh units, y = tanh(z1) + z1 z2 and square loss.

    The left side is what the compiled steps do on average; H, D are means over the same samples.
    Each entry of the difference lies within 5 of its own standard errors over 24 batches of 40,000
    (15 entries, Student t, 23 degrees). A step of 1e-11 keeps W still: it moves by 1e-6 a batch.
    """
    rng = np.random.default_rng(0)
    m, d, n, et = 3, 5, 40_000, 1e-11
    W0, b = rng.standard_normal((m, d)) / np.sqrt(d), rng.standard_normal(m)
    a = np.array([1, -1, 1]) / m
    U = np.linalg.qr(rng.standard_normal((d, 2)))[0].T
    differences, sizes = [], []
    for _ in range(24):
        X = rng.standard_normal((n, d))
        z1, z2 = (X @ U.T).T
        y = np.tanh(z1) + z1 * z2
        W = W0.copy()
        sgd_steps(W, a, b, X, y, et, 0.0, "tanh", "square")
        gradient = (W0 - W) / (m * et * n)
        s = np.tanh(X @ W0.T + b)
        slope = a * (1 - s * s)
        residual = s @ a - y
        H = slope.T @ slope / n + np.diag(a * (residual[:, None] * -2 * s * (1 - s * s)).mean(0))
        D = -slope.T @ np.column_stack([1 - np.tanh(z1) ** 2 + z2, z1]) / n
        differences.append(gradient - H @ W0 - D @ U)
        sizes.append(np.abs(gradient).max())
    mean, error = np.mean(differences, 0), np.std(differences, 0, ddof=1) / np.sqrt(24)
    assert (np.abs(mean) < 5 * error).all()
    assert error.max() < 0.02 * np.mean(sizes)  # so that the check above says something


def test_losses_and_their_derivatives_fit():
    """Central differences with step 1e-6: 1e-9."""
    yhat = np.linspace(-3.03, 3.03, 60)
    for name, record in LOSSES.items():
        loss, prime = record.value, record.slope
        for y in (-1.0, 1.0):
            slope = (loss(yhat + 1e-6, y) - loss(yhat - 1e-6, y)) / 2e-6
            np.testing.assert_allclose(prime(yhat, y), slope, atol=1e-9, err_msg=name)
    assert CHOICES["loss"] is LOSSES and CHOICES["activation"] is ACTIVATIONS


def test_fill_normal_gives_the_draws_of_numpy_and_moves_the_generator_on():
    """One stream, whoever draws: parts equal the whole, and numpy goes on where filling stopped."""
    whole, parts = np.empty((5, 7)), np.empty((5, 7))
    fill_normal(np.random.default_rng(3), whole)
    rng = np.random.default_rng(3)
    fill_normal(rng, parts[:2])
    fill_normal(rng, parts[2:])
    assert np.array_equal(parts, whole)
    assert np.array_equal(whole, np.random.default_rng(3).standard_normal((5, 7)))
    expected = np.random.default_rng(3)
    expected.standard_normal(35)
    assert rng.random() == expected.random()
