"""The cross estimator of the generalisation gap against test sets: variance at equal cost.

    python benchmarks/gap.py [seeds]

Each way estimates the mean gap of networks trained on T samples. A test set of T, or of 10 T, fresh
samples needs one run; the cross estimator makes two runs, each the other's test set, and draws no
further samples. Seconds are processor time for one estimate, drawing and training included, on one
core and interleaved. The last columns say how long each way takes until its standard error is 5 %
of the gap, and how many times longer that is than with the cross estimator.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

from course_utils import OnlineSGD, Settings
from course_utils.algorithm1 import PHASE_1
from course_utils.generalisation import cut_loss, gap

COMMON = Settings(width=100, noise=0.1, **PHASE_1)
CASES = [
    (COMMON.replace(link="tanh", k=1, d=100), 500),
    (COMMON.replace(link="tanh", k=1, d=100), 2000),
    (COMMON.replace(link="tanh", k=1, d=100), 8000),
    (COMMON.replace(link="chain", k=3, d=50), 2000),
]
ERROR = 0.05  # standard error that is asked for, in units of the gap


def cross(settings: Settings, samples: int) -> float:
    """Two runs, each the other's test set."""
    return float(gap(settings, samples, seeds=1).values[0, 0])


def with_test_set(settings: Settings, samples: int, times: int) -> float:
    """One run, and ``times`` as many fresh samples as it was trained on."""
    target, rng = settings.target(), np.random.default_rng([settings.seed, 1])
    X, y = target.sample(samples, rng)
    sim = OnlineSGD(settings, sampling="plain")
    sim.feed(X, y)
    net = sim.net
    seen = cut_loss(net(X), y, settings.loss).mean()
    fresh = []
    for _ in range(times):
        X, y = target.sample(samples, rng)
        fresh.append(cut_loss(net(X), y, settings.loss).mean())
    return float(np.mean(fresh) - seen)


WAYS = {
    "cross": cross,
    "test set of T": lambda s, n: with_test_set(s, n, 1),
    "test set of 10 T": lambda s, n: with_test_set(s, n, 10),
}


def measure(settings: Settings, samples: int, seeds: int) -> None:
    """One table: estimates of all ways, seed by seed."""
    found = {name: [] for name in WAYS}
    spent = dict.fromkeys(WAYS, 0.0)
    for seed in range(-1, seeds):
        for name, way in WAYS.items():
            began = time.process_time()
            value = way(settings.replace(seed=max(seed, 0)), samples)
            if seed >= 0:  # the round before is a warm-up
                found[name].append(value)
                spent[name] += (time.process_time() - began) / seeds
    best = np.mean(found["cross"])
    s = settings
    print(f"\n{s.link}, k = {s.k}, d = {s.d}, T = {samples:,}: gap {best:.5f}, {seeds} seeds")
    print(f"{'':18}{'mean':>9}{'sd':>9}{'seconds':>9}{'s to 5 %':>10}{'x cross':>9}")
    needed = {
        name: np.var(v, ddof=1) / (ERROR * best) ** 2 * spent[name] for name, v in found.items()
    }
    for name, values in found.items():
        print(
            f"{name:18}{np.mean(values):9.5f}{np.std(values, ddof=1):9.5f}{spent[name]:9.4f}"
            f"{needed[name]:10.2f}{needed[name] / needed['cross']:9.1f}"
        )


if __name__ == "__main__":
    with threadpool_limits(1):
        for settings, samples in CASES:
            measure(settings, samples, int(sys.argv[1]) if len(sys.argv) > 1 else 60)
