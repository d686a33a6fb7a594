"""Hidden directions are uniform, whichever way they come to the course.

No direction and no sign is preferred.
"""

import numpy as np
import pytest

from course_utils import Settings
from course_utils.directions import draw_directions, random_directions, sparse_directions
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


@pytest.mark.parametrize(
    ("kind", "k", "d"), [("axis", 3, 3), ("sparse:2", 2, 5), ("sparse:4", 1, 9)]
)
def test_sparse_rows_are_orthonormal_with_few_entries_each_half_the_one_before(kind, k, d):
    U = Settings(d=d, k=k, link="sum_relu", directions=kind, seed=4).target().directions
    np.testing.assert_allclose(U @ U.T, np.eye(k), atol=1e-15)
    entries = int(kind.partition(":")[2] or 1)
    for i, row in enumerate(U):
        (places,) = np.nonzero(row)
        assert places.tolist() == list(range(i * entries, (i + 1) * entries))
        np.testing.assert_allclose(row[places][1:] / row[places][:-1], 0.5)
    assert np.array_equal(U, sparse_directions(k, d, entries))


def test_random_directions_are_the_default_and_their_draws_what_they_were():
    s = Settings(d=7, k=2, link="chain", seed=3)
    U = random_directions(2, 7, s.generators()["directions"])
    assert np.array_equal(s.target().directions, U)
    assert np.array_equal(draw_directions("random", 2, 7, s.generators()["directions"]), U)
    sparse = s.replace(directions="sparse:2")
    assert np.array_equal(sparse.build()[1].W, s.build()[1].W)  # other streams are left alone


WRONG = {
    "": "one of random, axis, sparse:K",
    "Axis": "did you mean axis",
    "axis:1": "axis takes no number; try axis",
    "sparse": "sparse is written sparse:K; try sparse:2",
    "sparse:0": "K = 0, but it must be a whole number from 1 to 1000",
    "sparse:2.0": "K = '2.0', which is no whole number",
    "sparse:4": "3 rows of 4 entries need d of 12 or more, and d is 11; lower K or k, or raise d",
}


@pytest.mark.parametrize(("kind", "said"), WRONG.items())
def test_wrong_directions_are_refused_in_one_sentence(kind, said):
    with pytest.raises(ValueError, match=f"^directions = .*{said}"):
        Settings(d=11, k=3, link="chain", directions=kind)
    with pytest.raises(TypeError, match="^directions must be one of random, axis, sparse:K"):
        Settings(directions=2)
