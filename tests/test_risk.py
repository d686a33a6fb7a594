"""Losses, test risk, R^2 and the floors that a risk is compared with.

They stand against closed forms and other predictors.
"""

import math

import numpy as np
import pytest

from course_utils import MultiIndexModel, Settings, online_sgd
from course_utils.losses import LOSSES
from course_utils.risk import floors, floors_on, mean_loss, r_squared, test_risk

SETTINGS = Settings(d=20, k=2, link="chain", width=7, noise=0.2, step=0.5)


def test_losses_of_known_residuals():
    yhat, y = np.array([0.0, 0.5, 3.0, -3.0]), np.zeros(4)
    assert mean_loss(yhat, y, "huber") == (0 + 0.125 + 2.5 + 2.5) / 4
    assert mean_loss(yhat, y, "square") == (0 + 0.25 + 9 + 9) / 8
    assert mean_loss(np.array([0.0]), np.array([1.0]), "logistic") == pytest.approx(math.log(2))
    assert mean_loss(np.array([800.0]), np.array([-1.0]), "logistic") == 800  # no overflow
    assert r_squared(y + 1, np.array([0.0, 2, 0, 2])) == 0 and r_squared(yhat, yhat) == 1
    assert math.isnan(r_squared(yhat, np.ones(4)))


def test_floors_in_closed_form():
    """Square loss, noise s: the link leaves s^2 / 2, the two others also variance of the cubic.

    A linear fit leaves the nonlinear 2/5 of it, zero leaves all. Tolerances are 5 standard errors
    at 100,000 samples; the cubic's sixth moments are heavy.
    """
    target = MultiIndexModel([1.0, 0.0], "cubic", noise=0.5)
    found = floors(target, "square")
    assert found["noise"] == pytest.approx(0.125, rel=0.03)
    assert found["linear"] == pytest.approx((0.25 + 0.4) / 2, rel=0.03 * 5)
    assert found["zero"] == pytest.approx((0.25 + 1) / 2, rel=0.03 * 5)


@pytest.mark.parametrize("loss", ["huber", "square", "logistic"])
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_no_predictor_in_sight_beats_the_noise_floor(loss, noise):
    """The floor is the least risk of all functions of the inputs.

    So it lies below the linear fit, zero, and multiples of g.
    """
    target = MultiIndexModel(np.eye(2, 6), "chain", noise, sign_labels=loss == "logistic")
    found = floors(target, loss)
    assert 0 <= found["noise"] <= min(found["linear"], found["zero"])
    Z = np.random.default_rng(0).standard_normal((50_000, 2))
    y = target.labels(Z, np.random.default_rng(1))
    scaled = [mean_loss(scale * target.mean(Z), y, loss) for scale in (0.5, 0.9, 1.1, 2, 5)]
    assert found["noise"] < min(scaled) + 0.005  # Monte-Carlo error of the two risks
    assert floors(target, loss) == found  # repeatable


def test_test_risk_is_the_mean_loss_on_fresh_samples():
    run = online_sgd(SETTINGS, 400)
    target = SETTINGS.target()
    risk = test_risk(run.net, target, "huber")
    X, y = target.sample(100_000, np.random.default_rng(5))
    exact = mean_loss(run.net(X), y, "huber")
    assert risk == pytest.approx(exact, rel=0.1)  # 5 standard errors at 10,000
    assert test_risk(run.net, target, "huber") == risk
    assert test_risk(run.net, target, "huber", seed=2) != risk
    assert run.risk[-1] == pytest.approx(risk, rel=0.3)  # 1000 samples
    assert set(run.floors) == {"noise", "linear", "zero"}


@pytest.mark.parametrize("loss", LOSSES)
def test_the_second_function_of_a_loss_is_its_derivative(loss):
    """Central differences, error O(h^2), on both sides of the kink of Huber's slope and of zero."""
    value, slope = LOSSES[loss].value, LOSSES[loss].slope
    y = np.array([-1.0, 1.0, 1.0, -1.0, 0.3, -2.0])
    y = np.sign(y) if loss == "logistic" else y
    yhat, h = np.array([0.7, 0.2, -3.0, -0.4, 2.0, 5.0]), 1e-6
    assert np.allclose(
        slope(yhat, y), (value(yhat + h, y) - value(yhat - h, y)) / (2 * h), atol=1e-8
    )


def test_the_logistic_loss_of_a_probability():
    """yhat is the log-odds of +1: the loss is minus the log of the probability of the label."""
    yhat = math.log(0.8 / 0.2)
    assert mean_loss(np.array([yhat]), np.array([1.0]), "logistic") == pytest.approx(-math.log(0.8))
    assert mean_loss(np.array([yhat]), np.array([-1.0]), "logistic") == pytest.approx(
        -math.log(0.2)
    )
    assert LOSSES["logistic"].slope(np.array([yhat]), np.array([1.0])) == pytest.approx(0.8 - 1)


def test_r_squared_by_hand():
    y = np.array([0.0, 2.0, 4.0])  # variance 8/3
    assert r_squared(np.array([1.0, 2.0, 5.0]), y) == pytest.approx(1 - (2 / 3) / (8 / 3))
    assert r_squared(np.array([2.0, 2.0, 2.0]), y) == 0 and r_squared(-y, y) == pytest.approx(
        1 - 80 / 8
    )


def test_floors_on_four_samples_by_hand():
    """y = z^2 at z = -1, 0, 1, 3 with one label moved by 2.

    The line of least squares through them is 1.425 + 2.1 z.
    """
    target = MultiIndexModel([1.0, 0.0], lambda Z: Z[:, 0] ** 2, noise=0.5)
    z, y = np.array([-1.0, 0.0, 1.0, 3.0]), np.array([1.0, 0.0, 3.0, 9.0])
    slope = ((z - z.mean()) * (y - y.mean())).sum() / ((z - z.mean()) ** 2).sum()
    line = y.mean() + slope * (z - z.mean())
    found = floors_on(target, z[:, None], y, "square")
    assert found == pytest.approx(
        {"noise": 2**2 / 2 / 4, "linear": ((line - y) ** 2).mean() / 2, "zero": 91 / 8}
    )
    assert list(found) == ["noise", "linear", "zero"]


def test_the_best_log_odds_of_a_noisy_sign():
    """P(y = 1 | z) = Phi(g / noise): with g = noise at every z that is 0.8413.

    The floor is its entropy.
    """
    target = MultiIndexModel(
        [1.0, 0.0], lambda Z: np.full(len(Z), 0.3), noise=0.3, sign_labels=True
    )
    p = 0.8413447460685429
    Z, y = np.zeros((10_000, 1)), np.repeat([1.0, -1.0], [8413, 1587])
    found = floors_on(target, Z, y, "logistic")
    assert found["noise"] == pytest.approx(-p * math.log(p) - (1 - p) * math.log(1 - p), abs=1e-4)
    assert found["zero"] == pytest.approx(math.log(2))


def test_without_noise_the_sign_is_certain():
    target = MultiIndexModel([1.0, 0.0], lambda Z: Z[:, 0], noise=0.0, sign_labels=True)
    Z = np.array([[-2.0], [0.0], [1e-3]])
    seen = floors_on(target, Z, np.array([-1.0, 1.0, 1.0]), "logistic")  # 0 counts as +
    assert seen["noise"] < 1e-20
    wrong = floors_on(target, Z, np.array([1.0, 1.0, 1.0]), "logistic")
    assert wrong["noise"] == pytest.approx(50 / 3)


def test_fresh_samples_are_those_of_the_seed_and_as_many_as_asked():
    """The spread of a risk over seeds falls as 1 / sqrt(n).

    By 10 from 100 samples to 10,000, within a factor of 2.
    """
    target, net = SETTINGS.build()
    spread = {
        n: np.std([test_risk(net, target, "square", n, seed) for seed in range(30)])
        for n in (100, 10_000)
    }
    assert 5 < spread[100] / spread[10_000] < 20
    assert test_risk(net, target, "square") == test_risk(net, target, "square", 10_000, 1)
    one, two = (floors(target, "square", 1000, seed) for seed in (1, 2))
    assert floors(target, "square", 1000) == one != two
    assert floors(target, "square") == floors(target, "square", 100_000, 1)
