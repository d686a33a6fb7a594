"""Hidden directions are uniform, whichever way they come to the course.

No direction and no sign is preferred.
"""

import numpy as np
import pytest

from course_utils import Settings
from course_utils.directions import random_directions
from course_utils.estimators import draw


def of_settings(k, d, seed):
    return Settings(d=d, k=k, link="sum_relu", seed=seed).target().directions


def of_estimators(k, d, seed):
    return draw("sum_relu", d, k, 0.0, 1, seed)[0].directions


def of_generator(k, d, seed):
    return random_directions(k, d, np.random.default_rng(seed))


@pytest.mark.parametrize("way", [of_settings, of_estimators, of_generator])
def test_signs_and_places_are_left_to_chance(way):
    """First two moments of all entries over 2,000 draws in d = 4, five standard errors.

    The diagonal entry of plain QR has mean -.36 there.
    """
    k, d = 2, 4
    U = np.array([way(k, d, seed) for seed in range(2000)])
    np.testing.assert_allclose(
        U @ U.transpose(0, 2, 1), np.broadcast_to(np.eye(k), (2000, k, k)), atol=1e-12
    )
    assert np.abs(U.mean(0)).max() < 5 * np.sqrt(1 / d / 2000)
    assert np.abs((U**2).mean(0) - 1 / d).max() < 5 * (U**2).std() / np.sqrt(2000)
    assert np.abs((U[:, 0, 0] > 0).mean() - 0.5) < 5 * 0.5 / np.sqrt(2000)
