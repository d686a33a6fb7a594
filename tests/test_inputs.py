"""Inputs are N(0, I_d); their draws are those of NumPy's generator: stored notebooks rest on it."""

import numpy as np
import pytest

from course_utils import MultiIndexModel
from course_utils.inputs import gaussian


@pytest.mark.parametrize("seed", [0, [3, 0xACE, 0]])
def test_draws_are_the_generators_own_row_by_row(seed):
    """Bit for bit, and the generator goes on behind them.

    The first rows do not depend on how many are asked for.
    """
    rng, twin = np.random.default_rng(seed), np.random.default_rng(seed)
    X = gaussian(7, 4, rng)
    assert X.shape == (7, 4) and np.array_equal(X, twin.standard_normal(28).reshape(7, 4))
    assert rng.random() == twin.random()
    assert np.array_equal(gaussian(3, 4, np.random.default_rng(seed)), X[:3])


def test_a_models_samples_are_inputs_and_then_the_noise_of_their_labels():
    model, rng = MultiIndexModel(np.eye(2, 5), "chain", noise=0.3), np.random.default_rng(1)
    X, y = model.sample(6, np.random.default_rng(1))
    assert np.array_equal(X, gaussian(6, 5, rng))
    assert np.array_equal(y, model.mean(model.project(X)) + 0.3 * rng.standard_normal(6))


def test_coordinates_are_standard_and_uncorrelated():
    """E x x^T = I and E x^4 = 3 within five standard errors.

    These are sqrt(2 / n) (at most) and sqrt(96 / n).
    """
    n = 40_000
    X = gaussian(n, 3, np.random.default_rng(2))
    assert np.abs(X.T @ X / n - np.eye(3)).max() < 5 * np.sqrt(2 / n)
    assert np.abs((X**4).mean(axis=0) - 3).max() < 5 * np.sqrt(96 / n)
