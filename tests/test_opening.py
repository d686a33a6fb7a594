"""The lab that the course opens with: what the run answers, and that nothing says so before."""

import numpy as np
import pytest

from course_utils import online_sgd
from course_utils.labs.opening import AXES, EVERYWHERE, PLANE, opening_lab, where_they_are


@pytest.fixture(scope="module")
def lab():
    lab = opening_lab()
    yield lab
    lab.close()


def test_before_an_answer_nothing_is_trained_or_given_away(lab):
    question = lab.gate.question
    assert list(question.answers) == [EVERYWHERE, AXES, PLANE]
    assert lab.run.samples.tolist() == [0]
    assert all(answer in lab.text() for answer in question.answers)
    assert not any(why in lab.text() for why in question.answers.values())


def test_the_neurons_of_every_seed_end_in_the_plane(lab):
    for seed in range(6):
        run = online_sgd(lab.settings.replace(seed=seed), lab.gate.question.until, checkpoints=5)
        assert where_they_are(run) == PLANE and lab.gate.question.decided(run) == PLANE
    assert where_they_are(lab.run) == EVERYWHERE


def test_they_stand_on_no_axis(lab):
    """Else the second answer would hold too: however the plane is turned, many are off its axes."""
    run = online_sgd(lab.settings, lab.gate.question.until, checkpoints=1)
    inside = run.neurons[-1][:, :2]
    turned = np.arctan2(inside[:, 1], inside[:, 0])
    length = np.linalg.norm(inside, axis=1) > 0.3
    shares = [
        np.mean(np.abs(np.sin(2 * (turned[length] - turn))) < np.sin(np.pi / 9))
        for turn in np.linspace(0, np.pi / 2, 30)
    ]
    assert length.sum() > 50 and max(shares) < 0.8


@pytest.mark.parametrize("seed", range(3))
def test_two_clusters_stand_between_the_directions(lab, seed):
    """As the guide and notebook 00 say; of 200 neurons 4 % stand near a direction, 84 % to 89 %
    near 36 degrees (measured), where the label z1 (1 + z2) is largest and smallest."""
    run = online_sgd(lab.settings.replace(seed=seed), lab.gate.question.until, checkpoints=1)
    first, second = run.neurons[-1][:, :2].astype(float).T
    turned = np.degrees(np.arctan2(second, np.abs(first)))  # both clusters on one side
    from_an_axis = np.abs((turned + 45) % 90 - 45)
    assert np.mean(from_an_axis < 15) < 0.05
    clustered = np.abs(turned - 36) < 15
    assert np.mean(clustered) > 0.8
    assert (np.sign(first) == np.sign(run.net.a))[clustered].mean() > 0.99
