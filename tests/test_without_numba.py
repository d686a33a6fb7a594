"""Without Numba, as in a browser's Python, everything runs and gives the same numbers.

It says once that it is slower.
"""

import importlib
import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import course_utils
from course_utils import (
    OnlineSGD,
    Settings,
    assumptions,
    compress,
    ntk_kernel,
    online_sgd,
    predict,
    sgd_steps,
)
from course_utils.algorithm1 import algorithm1, second_layer_sgd
from course_utils.sweep import sweep

# How a fresh interpreter becomes one in which Numba cannot be found, also not by libraries that
# look for it.
BLOCKED = """
import sys

class Blind:  # a finder that does not see Numba
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("numba", "llvmlite"):
            return None
        return self.finder.find_spec(name, path, target)

sys.meta_path = [Blind(finder) for finder in sys.meta_path]
sys.path.insert(0, sys.argv[1])
import test_without_numba
test_without_numba.tell()
"""

SMALL = Settings(d=12, k=2, link="sum_tanh", width=10, weight_decay=0.3)
PAIRS = [("relu", "huber"), ("tanh", "square"), ("erf", "logistic"), ("softplus", "huber")]


def numbers() -> dict[str, list]:
    """What the two interpreters must agree on.

    Draws of directions, labels and inputs are the same in both.
    """
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((60, 12)), rng.standard_normal(60)
    found = {}
    for activation, loss in PAIRS:
        target, net = SMALL.replace(activation=activation, loss=loss).build()
        W = net.W.copy()
        sgd_steps(W, net.a, net.b, X, np.sign(y), 0.05, 0.3, activation, loss)
        found[f"steps {activation} {loss}"] = W
        plain = OnlineSGD(SMALL.replace(activation=activation, loss=loss), sampling="plain")
        plain.advance(300)
        found[f"plain {activation} {loss}"] = plain.W
        found[f"lamps {activation} {loss}"] = [lamp.holds for lamp in assumptions(plain.settings)]
    run = online_sgd(SMALL, samples=600, checkpoints=6)
    found |= {"angles": run.angles, "risk": run.risk, "predicted": predict(run)}
    reduced = OnlineSGD(SMALL.replace(d=2000), sampling="reduced")
    reduced.advance(700)
    snapshot = reduced.snapshot()
    found |= {"reduced": snapshot.angles, "reduced perpendicular": snapshot.perpendicular}
    found["compressed"] = compress(plain.net, 2)(X)
    for activation in ("relu", "erf", "tanh", "softplus"):
        found[f"kernel {activation}"] = ntk_kernel(activation)(X[:9], X[5:20])
    F = np.maximum(X, 0)
    found["second layer"] = second_layer_sgd(F, y, 0.1, 3, np.random.default_rng(1))
    found["algorithm 1"] = algorithm1(SMALL, X, y, second="sgd")(X)
    table = sweep(SMALL, {"noise": [0.1, 0.5]}, samples=300, progress=False, n_jobs=1)
    found["sweep"] = table[["perpendicular", "risk"]]
    return {name: np.asarray(values, dtype=float).tolist() for name, values in found.items()}


def tell() -> None:
    """What the interpreter without Numba prints: its numbers, after it imported every module."""
    for module in pkgutil.walk_packages(course_utils.__path__, "course_utils."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = numbers()
    assert not [name for name in sys.modules if name.split(".")[0] in ("numba", "llvmlite")]
    print(json.dumps(found))


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    """(numbers, what was said) in an interpreter without Numba.

    Results that this one keeps are not read there.
    """
    environment = os.environ | {"COURSE_CACHE": str(tmp_path_factory.mktemp("cache"))}
    command = [sys.executable, "-c", BLOCKED, str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


@pytest.fixture(scope="module")
def with_numba(tmp_path_factory):
    assert sys.modules["numba"] is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE", str(tmp_path_factory.mktemp("cache")))
        return numbers()


def test_numbers_are_the_compiled_ones(without, with_numba):
    """Up to sums in another order: 1e-10 after hundreds of steps.

    Kernels of equal inputs have correlation 1, where arcsin and the root turn one rounding, 1e-16,
    into 1e-8.
    """
    found, _ = without
    assert found.keys() == with_numba.keys()
    for name, values in with_numba.items():
        tolerance = 1e-7 if name.startswith("kernel") else 1e-10
        np.testing.assert_allclose(found[name], values, rtol=0, atol=tolerance, err_msg=name)


def test_it_says_once_what_is_missing_and_what_to_try(without):
    _, said = without
    assert said.count("Warning") == said.count("Numba is not installed") == 1, said
    assert "pip install numba" in said
    assert said.startswith(__file__)  # the line outside the package that led there
