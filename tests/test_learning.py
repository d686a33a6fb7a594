"""Algorithm 1 from settings, at any d: against the same on given samples, and against itself."""

import numpy as np
import pytest

from course_utils import Settings
from course_utils.algorithm1 import (
    PHASE_1,
    algorithm1,
    learn,
    outcomes,
    race_samples,
    rule_of_reach,
)

SMALL = Settings(d=10, link="tanh", width=30, **PHASE_1)


def test_learn_on_plain_samples_is_algorithm_1_on_them():
    found = learn(SMALL, 200, sampling="plain")
    given = algorithm1(SMALL, *race_samples(SMALL, 200))
    assert not found.fresh and found.phase_2_samples == 200
    assert found.reach == pytest.approx(rule_of_reach(200))
    np.testing.assert_allclose(found.net.W, given.net.W, atol=1e-12)
    np.testing.assert_allclose(found.net.a, given.net.a, rtol=1e-6)
    assert found.delta == pytest.approx(given.delta) and found.decay == pytest.approx(given.decay)


@pytest.mark.parametrize("sampling", ["plain", "reduced"])
@pytest.mark.parametrize("second", ["ridge", "sgd"])
def test_a_curve_in_one_run_equals_separate_runs(sampling, second):
    s = SMALL.replace(d=60)
    times = [100, 250, 700]
    curve = learn(s, times, second=second, sampling=sampling)
    for t, found in zip(times, curve, strict=True):
        alone = learn(s, t, second=second, sampling=sampling)
        assert found.samples == alone.samples == t and found.fresh == (sampling == "reduced")
        assert found.r2 == pytest.approx(alone.r2, abs=1e-6)
        assert found.old_report.r2 == pytest.approx(alone.old_report.r2, abs=1e-6)
        assert found.angle == pytest.approx(alone.angle, abs=1e-9)


def test_outcomes_come_one_by_one_and_are_those_of_learn():
    times = [100, 250, 10**9]  # the last would take days: it is trained to when it is asked for
    walk = outcomes(SMALL.replace(d=100), times, sampling="reduced")
    each = learn(SMALL.replace(d=100), times[:2], sampling="reduced")
    for wanted in each:
        found = next(walk)
        assert found.samples == wanted.samples and found.r2 == wanted.r2
