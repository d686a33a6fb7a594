"""What notebook 05 and NTKLab compare, each number against its definition."""

import math

import numpy as np
import pytest

from course_utils import Settings
from course_utils.algorithm1 import DECAYS
from course_utils.comparison import (
    LineTests,
    kernel_movement,
    kernel_report,
    linear_fit,
    linear_floor,
    predicted_r2,
    race,
    race_samples,
)
from course_utils.kernels import kernel_ridge, ntk_kernel

S = Settings(d=8, link="cubic", width=12, noise=0.5)


def test_a_report_has_the_hermite_coefficients_of_what_was_learned():
    """1/2 + he_2 on the grid's density: coefficients 1/2 and 1.

    R^2 against f = z^3 / sqrt 15: 1 - E (1/2 + he_2 - f)^2.
    """
    target = S.target()
    tests, u = LineTests(target, grid=200), target.directions[0]
    report = tests.report(lambda X: 0.5 + ((X @ u) ** 2 - 1) / math.sqrt(2))
    np.testing.assert_allclose(report.coefficients, [0.5, 0, 1, 0, 0, 0, 0, 0], atol=1e-4)
    np.testing.assert_allclose(report.curve, 0.5 + (tests.z**2 - 1) / math.sqrt(2))
    assert report.r2 == pytest.approx(1 - (0.25 + 1 + 1), abs=1e-3) and report.off < 1e-20
    assert math.isnan(report.ridge)


def test_what_depends_on_more_than_z_is_measured_in_variances_of_f():
    """Another direction v added to f counts as its variance over that of f.

    Nine tenths of it: of ten inputs, the mean takes one.
    """
    target = S.replace(link="relu").target()
    tests = LineTests(target)
    assert tests.X.shape == (1200, 8) and len(tests.z) == 120
    v = np.linalg.svd(target.directions)[2][1]
    report = tests.report(lambda X: target.mean(target.project(X)) + 0.3 * X @ v)
    off = (tests.weights @ (0.3 * tests.X @ v).reshape(120, 10).var(axis=1)) / (0.5 - 0.5 / math.pi)
    assert report.off == pytest.approx(off, rel=2e-3)  # a kink between points of the grid
    assert off == pytest.approx(0.9 * 0.09 / 0.341, rel=0.2)
    assert len(repr(report)) < 150  # numbers, not arrays


@pytest.mark.parametrize("seed", range(4))
def test_the_linear_fit_chooses_its_ridge_on_the_last_fifth_and_then_takes_all(seed):
    X, y = race_samples(S.replace(noise=1.5, seed=seed), 30)
    columns = np.column_stack([np.ones(30), X])

    def solve(A, y, decay):
        return np.linalg.solve(
            A.T @ A / len(A) + decay * (A**2).sum() / len(A) * np.eye(9), A.T @ y / len(A)
        )

    errors = [
        ((columns[24:] @ solve(columns[:24], y[:24], decay) - y[24:]) ** 2).mean()
        for decay in DECAYS
    ]
    best = DECAYS[int(np.argmin(errors))]
    np.testing.assert_allclose(
        linear_fit(X, y)(X), columns @ solve(columns, y, best), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize(
    "link, floor",
    [("linear", 1.0), ("cubic", 0.6), ("he2", 0.0), ("relu", 0.25 / (0.5 - 0.5 / math.pi))],
)
def test_the_linear_floor_is_the_share_of_degree_one(link, floor):
    assert linear_floor(link) == pytest.approx(floor, abs=1e-6)
    assert math.isnan(linear_floor("none"))


def test_a_kernels_report_is_of_ridge_regression_on_the_first_samples():
    kernel, tests = ntk_kernel("relu"), LineTests(S.target())
    X, y = race_samples(S, 25)
    own = tests.report(kernel_ridge(kernel, X, y, 0.3).predict)
    for found in (kernel_report(kernel, S, 25, 0.3), kernel_report(kernel, S, 25, 0.3, tests)):
        assert (found.r2, found.ridge) == (pytest.approx(own.r2), 0.3)
    assert kernel_report(kernel, S, 25, 0.3, LineTests(S.target(), grid=40)).r2 != own.r2
    chosen = race(S, 25, ("NTK",), ridges=np.array([0.3, 1e6]))["NTK"]
    assert chosen.ridge == 0.3 and chosen.r2 == pytest.approx(own.r2)


@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_predicted_r2_is_against_the_label_without_noise(noise):
    """A ridge without end predicts 0, whose R^2 is 1 - E f^2 / Var f.

    0 for an odd link, 1 - (1/2) / Var f for relu.
    """
    s = S.replace(noise=noise)
    assert predicted_r2(s, 10, 1e9) == pytest.approx(0, abs=1e-5)
    assert predicted_r2(s.replace(link="relu"), 10, 1e9) == pytest.approx(
        1 - 0.5 / (0.5 - 0.5 / math.pi), abs=1e-3
    )
    assert math.isnan(predicted_r2(s.replace(link="none"), 10, 1.0))


def test_movement_is_measured_on_centred_kernels_of_fresh_inputs():
    steps = dict(loss="square", schedule="constant", weight_decay=0.3, step=0.3)
    s = Settings(d=6, link="relu", width=8, seed=2, **steps)
    move = kernel_movement(s, samples=400, checkpoints=4, probes=30)
    assert move.samples[0] == 0 and move.samples[-1] == 400 and len(move.samples) == 5
    target = s.target()
    probe = np.random.default_rng([2, 0x9B0E]).standard_normal((30, 6))
    f = target.mean(target.project(probe))
    H = np.eye(30) - 1 / 30

    def cosine(A, B):
        return (A * B).sum() / math.sqrt((A**2).sum() * (B**2).sum())

    first, last = move.first(probe), move.last(probe)
    for i, K in ((0, first), (-1, last)):
        assert move.alignment[i] == pytest.approx(cosine(H @ K @ H, np.outer(H @ f, H @ f)))
        assert move.distance[i] == pytest.approx(1 - cosine(K, first), abs=1e-9)
    size = np.linalg.svd(move.last.W)[2][0] @ target.directions[0]
    assert (
        move.distance[-1] > 1e-3
        and 0 < move.angle[-1] < move.angle[0] < math.pi / 2
        and abs(size) <= 1
    )


def test_a_movement_is_followed_over_3000_samples_at_12_moments_on_200_inputs():
    s = Settings(
        d=4, link="tanh", width=4, loss="square", schedule="constant", weight_decay=0.3, step=0.3
    )
    move, same = (
        kernel_movement(s),
        kernel_movement(s, 1.0, samples=3000, checkpoints=12, probes=200),
    )
    assert np.array_equal(move.distance, same.distance) and np.array_equal(
        move.alignment, same.alignment
    )
    assert list(move.samples) == [
        0,
        *np.geomspace(30, 3000, 12).round().astype(int),
    ] and "Kernel" not in repr(move)
