"""Kernel ridge regression and empirical tangent kernels against what a user would write instead.

    python benchmarks/ntk.py [repeats]

One core, medians of interleaved repeats; peak memory of each way in a process of its own, above
what it held after its imports and one small warm-up. scikit-learn takes part where it is installed.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from threadpoolctl import threadpool_limits

from course_utils.kernels import RIDGES, empirical_ntk, kernel_ridge, ntk_kernel, torch_ntk
from course_utils.networks import TwoLayerNet

SAMPLES, DIMENSION, TESTS, RIDGE = 4000, 100, 2000, 0.01


def data(n: int, tests: int):
    rng = np.random.default_rng(0)
    X, test = rng.standard_normal((n, DIMENSION)), rng.standard_normal((tests, DIMENSION))
    return X, np.tanh(2 * X[:, 0]) + 0.1 * rng.standard_normal(n), test


def relu_ntk(X, Z):
    # as one would write it from the formula
    d = X.shape[1]
    S = X @ Z.T / d + 1
    scale = np.sqrt(np.outer((X**2).sum(1) / d + 1, (Z**2).sum(1) / d + 1))
    rho = np.clip(S / scale, -1, 1)
    slopes = (np.pi - np.arccos(rho)) / (2 * np.pi)
    return 2 * S * slopes + scale * np.sqrt(1 - rho**2) / (2 * np.pi)


def course(X, y, test):
    return kernel_ridge(ntk_kernel("relu"), X, y, RIDGE).predict(test)


def plain(X, y, test):
    K = relu_ntk(X, X)
    K[np.diag_indices_from(K)] += RIDGE
    return relu_ntk(test, X) @ cho_solve(cho_factor(K), y)


def sklearn(X, y, test):
    from sklearn.kernel_ridge import KernelRidge

    model = KernelRidge(alpha=RIDGE, kernel="precomputed").fit(relu_ntk(X, X), y)
    return model.predict(relu_ntk(test, X))


def course_path(X, y, test):
    return kernel_ridge(ntk_kernel("relu"), X, y, RIDGES).predict(test)[:, 4]


def plain_path(X, y, test):
    K, cross = relu_ntk(X, X), relu_ntk(test, X)
    return np.stack(
        [cross @ cho_solve(cho_factor(K + ridge * np.eye(len(K))), y) for ridge in RIDGES], axis=1
    )[:, 4]


def network(width: int, n: int):
    rng = np.random.default_rng(1)
    net = TwoLayerNet.random(DIMENSION, width, "relu", "normal", rng)
    return net, net.to_torch(), rng.standard_normal((n, DIMENSION))


def closed(net, model, X):
    return empirical_ntk(net)(X)


def torch_blocks(net, model, X):
    return torch_ntk(model)(X)


def torch_whole(net, model, X):
    # as in torch's tutorial on neural tangent kernels
    import torch
    from torch.func import functional_call, jacrev, vmap

    parameters = {name: value.detach() for name, value in model.named_parameters()}
    jacobian = vmap(jacrev(lambda p, x: functional_call(model, p, (x[None],))[0]), (None, 0))
    parts = [part.flatten(2) for part in jacobian(parameters, torch.from_numpy(X)).values()]
    return sum(torch.einsum("nop,mop->nm", part, part) for part in parts).numpy()


def interleaved(ways, arguments, repeats: int):
    """Median seconds of each way and its largest difference from the first one's result."""
    results = [way(*arguments) for way in ways]  # warm-up
    seconds = [[] for _ in ways]
    for _ in range(repeats):
        for way, spent in zip(ways, seconds, strict=True):
            start = time.perf_counter()
            way(*arguments)
            spent.append(time.perf_counter() - start)
    error = [float(np.abs(result - results[0]).max()) for result in results]
    return [statistics.median(spent) for spent in seconds], error


def peak(name: str) -> float:
    """Peak memory of one way in doubles over n^2, measured in a process of its own."""
    out = subprocess.run(
        [sys.executable, __file__, "--peak", name], capture_output=True, text=True, check=True
    )
    return float(out.stdout)


def measure_peak(name: str) -> None:
    way = globals()[name]
    way(*data(200, 50))
    arguments = data(SAMPLES, TESTS)
    before = high_water()
    way(*arguments)
    print((high_water() - before) / (8 * SAMPLES**2))


def high_water() -> int:
    """Peak memory of this process in bytes (Linux).

    getrusage would count what the parent process held.
    """
    return 1024 * int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])


def table(title: str, ways, arguments, repeats: int, memory: bool) -> None:
    seconds, error = interleaved(ways, arguments, repeats)
    print(
        f"\n{title}\n{'':14}{'seconds':>9}{'first / it':>12}{'difference':>12}",
        "   peak, n^2 doubles" * memory,
    )
    for way, spent, off in zip(ways, seconds, error, strict=True):
        room = f"{peak(way.__name__):20.2f}" if memory else ""
        print(f"{way.__name__:14}{spent:9.4f}{seconds[0] / spent:12.3f}{off:12.1e}{room}")


def main(repeats: int) -> None:
    where = f"n = {SAMPLES}, d = {DIMENSION}, {TESTS} test points"
    ways = (course, plain, sklearn) if find_spec("sklearn") else (course, plain)
    table(f"Kernel ridge, {where}", ways, data(SAMPLES, TESTS), repeats, memory=True)
    small = data(SAMPLES // 2, TESTS)
    ways = (course_path, plain_path)
    title = f"Path of {len(RIDGES)} ridges, n = {SAMPLES // 2}"
    table(title, ways, small, max(1, repeats // 2), memory=False)
    ways = (closed, torch_blocks, torch_whole)
    table("Empirical NTK, width 512, n = 300", ways, network(512, 300), repeats, memory=False)


if __name__ == "__main__":
    with threadpool_limits(1):
        if "--peak" in sys.argv:
            measure_peak(sys.argv[-1])
        else:
            import torch

            torch.set_num_threads(1)
            main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
