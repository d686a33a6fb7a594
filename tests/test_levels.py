"""Floors and ceilings of R^2, and where a curve crosses a level."""

import math

import numpy as np
import pytest

from course_utils import LINKS
from course_utils.levels import angle_r2, half_way, linear_floor, samples_until


@pytest.mark.parametrize("link, shares", [("cubic", {1: 0.6, 3: 0.4}), ("linear", {1: 1.0})])
def test_what_an_angle_allows_by_hand(link, shares):
    for rho in (0.0, 0.5, -0.9, 1.0):
        by_hand = sum(c * rho ** (2 * j) for j, c in shares.items())
        assert angle_r2(link, rho) == pytest.approx(by_hand, abs=1e-10)


@pytest.mark.parametrize("link", ["tanh", "relu", "quintic"])
def test_what_an_angle_allows_is_the_best_fit(link):
    """R^2 of E[f(z) | v], z = rho v + sqrt(1 - rho^2) g, by Gauss-Hermite over both."""
    nodes, w = np.polynomial.hermite_e.hermegauss(150)
    w, f, rho = w / w.sum(), LINKS[link], math.cos(math.radians(25))
    best = (
        f((rho * nodes[:, None] + math.sqrt(1 - rho**2) * nodes).reshape(-1, 1)).reshape(150, 150)
        @ w
    )
    truth = f(nodes[:, None])
    variance = w @ truth**2 - (w @ truth) ** 2
    allowed = (w @ best**2 - (w @ best) ** 2) / variance
    # Gauss-Hermite sees the kink of relu to about 1e-3
    assert angle_r2(link, rho) == pytest.approx(allowed, abs=2e-3)


def test_what_an_angle_allows_from_none_to_all():
    rho = np.linspace(0, 1, 6)
    for link in ("tanh", "relu", "quintic", "he2"):
        allowed = angle_r2(link, rho)
        assert allowed.shape == (6,) and allowed[0] == 0 and allowed[-1] == pytest.approx(1)
        assert (np.diff(allowed) > 0).all()
    assert math.isnan(angle_r2("none", 0.5)) and np.isnan(angle_r2("none", rho)).all()
    with pytest.raises(ValueError, match="rho = 1.2 is no cosine"):
        angle_r2("tanh", [0.1, 1.2])


def test_the_degree_costs_a_constant():
    """1 - R^2 ~ angle^2 E f'^2 / Var f with 1, 1.8, 2.78 for degrees 1, 3, 5: derived by hand."""
    angle = 1e-3
    for link, cost in (("linear", 1.0), ("cubic", 1.8), ("quintic", 25 * 105 / 945)):
        assert (1 - angle_r2(link, math.cos(angle))) / angle**2 == pytest.approx(cost, rel=1e-4)


def test_half_way():
    assert half_way("cubic") == pytest.approx(0.8)
    assert half_way("quintic") == pytest.approx((1 + linear_floor("quintic")) / 2)
    assert math.isnan(half_way("none"))


def test_a_crossing_lies_on_the_line_in_log_samples():
    samples = np.array([100, 200, 800, 1600])
    r2 = 0.1 * np.log(samples)  # a straight line: any level is met exactly
    for n in (100.0, 150.0, 700.0, 1600.0):
        assert samples_until(samples, r2, 0.1 * math.log(n)) == pytest.approx(n)
    assert samples_until(samples, r2, 0.0) == 100  # at the first look or before
    assert samples_until(samples, r2, 2.0) == math.inf
    assert samples_until([1, 2, 3], [0.1, 0.9, 0.2], 0.5) == pytest.approx(math.sqrt(2))
    with pytest.raises(ValueError, match="equal length"):
        samples_until([1, 2], [0.1], 0.5)
    with pytest.raises(ValueError, match="increasing"):
        samples_until([2, 1], [0.1, 0.2], 0.5)
