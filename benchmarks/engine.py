"""Speed and memory of the engine, as ratios to what you would write instead, all in one run.

    python benchmarks/engine.py [--repeats 5] [--quick]

Every figure is a median over interleaved repeats, on one core unless it says otherwise, sample and
label generation included. The ratio is peer / ours: above 1, ours is faster. Peers: a torch loop
with autograd and torch.optim.SGD; torch with the gradient by hand; NumPy in place; JAX's lax.scan
with samples drawn in blocks of 256 in float32 (if installed); and a bound: one compiled
update-and-product pass over W and d Gaussians a step, nothing else.
"""

from __future__ import annotations

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import argparse  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

import numpy as np  # noqa: E402
from numba import njit  # noqa: E402

from course_utils import OnlineSGD, Settings, online_sgd  # noqa: E402

SIZES = [(20, 20), (100, 50), (100, 200), (1000, 100), (20, 1000)]


def settings(width: int, d: int) -> Settings:
    """The experiment of every speed figure: ReLU, Huber, tanh single index."""
    return Settings(d=d, k=1, link="tanh", width=width, weight_decay=0.05, step=0.1)


def torch_autograd(s: Settings) -> Callable[[int], None]:
    """What a framework tutorial shows."""
    import torch

    torch.set_num_threads(1)
    first, second = torch.nn.Linear(s.d, s.width), torch.sign(torch.randn(s.width)) / s.width
    first.bias.requires_grad_(False)
    rate = s.width * s.step / s.d
    optimiser = torch.optim.SGD([first.weight], lr=rate, weight_decay=s.weight_decay / s.width)
    loss, u = torch.nn.HuberLoss(), torch.nn.functional.normalize(torch.randn(s.d), dim=0)

    def run(n: int):
        for _ in range(n):
            x = torch.randn(s.d)
            y = torch.tanh(2 * (x @ u)) + s.noise * torch.randn(())
            optimiser.zero_grad()
            loss(torch.relu(first(x)) @ second, y).backward()
            optimiser.step()

    return run


def torch_by_hand(s: Settings) -> Callable[[int], None]:
    """torch without autograd."""
    import torch

    torch.set_num_threads(1)
    W, b = torch.randn(s.width, s.d) / s.d**0.5, torch.randn(s.width)
    sign = torch.sign(torch.randn(s.width))
    u = torch.nn.functional.normalize(torch.randn(s.d), dim=0)
    et = s.step / s.d

    def run(n: int):
        with torch.no_grad():
            for _ in range(n):
                x = torch.randn(s.d)
                y = torch.tanh(2 * (x @ u)) + s.noise * torch.randn(())
                z = W @ x + b
                slope = torch.clamp((torch.relu(z) @ sign) / s.width - y, -1, 1)
                W.mul_(1 - et * s.weight_decay).addr_(-et * slope * sign * (z > 0), x)

    return run


def numpy_in_place(s: Settings) -> Callable[[int], None]:
    """NumPy with in-place updates."""
    rng = np.random.default_rng(0)
    W, b = rng.standard_normal((s.width, s.d)) / s.d**0.5, rng.standard_normal(s.width)
    sign, u = rng.choice([-1.0, 1.0], s.width), rng.standard_normal(s.d)
    u /= np.linalg.norm(u)
    et = s.step / s.d

    def run(n: int):
        for _ in range(n):
            x = rng.standard_normal(s.d)
            y = np.tanh(2 * (x @ u)) + s.noise * rng.standard_normal()
            z = W @ x + b
            slope = min(max(np.maximum(z, 0) @ sign / s.width - y, -1.0), 1.0)
            np.multiply(W, 1 - et * s.weight_decay, out=W)
            np.subtract(W, np.outer(et * slope * sign * (z > 0), x), out=W)

    return run


def jax_scan(s: Settings, block: int = 256) -> Callable[[int], None]:
    """JAX: one compiled scan, samples drawn in blocks, float32."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    as32 = lambda a: jnp.asarray(a, jnp.float32)  # noqa: E731
    W, b = as32(rng.standard_normal((s.width, s.d)) / s.d**0.5), as32(rng.standard_normal(s.width))
    sign, u = as32(rng.choice([-1.0, 1.0], s.width)), as32(np.eye(s.d)[0])
    et, decay = s.step / s.d, s.weight_decay

    @jax.jit
    def blocks(W, keys):
        def one_block(W, key):
            k1, k2 = jax.random.split(key)
            X = jax.random.normal(k1, (block, s.d), dtype=jnp.float32)
            Y = jnp.tanh(2 * X @ u) + s.noise * jax.random.normal(k2, (block,), dtype=jnp.float32)

            def step(W, sample):
                x, y = sample
                z = W @ x + b
                slope = jnp.clip(jnp.maximum(z, 0) @ sign / s.width - y, -1, 1)
                return (1 - et * decay) * W - et * slope * (sign * (z > 0))[:, None] * x, None

            return jax.lax.scan(step, W, (X, Y))[0], None

        return jax.lax.scan(one_block, W, keys)[0]

    def run(n: int):
        blocks(W, jax.random.split(jax.random.PRNGKey(0), max(1, n // block))).block_until_ready()

    return run


@njit(nogil=True, fastmath=True)
def _stream(rng, W, g, x, n):
    m, d = W.shape
    total = 0.0
    for _ in range(n):
        for i in range(d):
            x[i] = rng.standard_normal()
        for j in range(m):
            product, shift = 0.0, g[j]
            for i in range(d):
                w = 0.9999 * W[j, i] - shift * x[i]
                W[j, i] = w
                product += w * x[i]
            total += product
    return total


def streaming_bound(s: Settings) -> Callable[[int], None]:
    """One update-and-product pass over W and d Gaussians a step."""
    rng = np.random.default_rng(0)
    W = rng.standard_normal((s.width, s.d)) / s.d**0.5
    g, x = 1e-3 * rng.standard_normal(s.width), np.empty(s.d)
    return lambda n: _stream(rng, W, g, x, n)


def ours(s: Settings, sampling: str = "plain") -> Callable[[int], None]:
    """The course's engine."""
    return OnlineSGD(s, sampling).advance


def seconds(run: Callable[[int], None], n: int) -> float:
    """Seconds a sample."""
    began = time.perf_counter()
    run(n)
    return (time.perf_counter() - began) / n


def interleaved(
    runs: dict[str, Callable[[int], None]], repeats: int, budget: float
) -> dict[str, float]:
    """Median seconds a sample of each, in turn.

    Each takes as many samples as fit in its share of the budget.
    """
    counts = {}
    for name, run in runs.items():
        run(512)  # compile, and fill caches
        counts[name] = max(512, int(budget / max(seconds(run, 512), 1e-8)) // 256 * 256)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            times[name].append(seconds(run, counts[name]))
    return {name: float(np.median(t)) for name, t in times.items()}


def steps_table(repeats: int, budget: float) -> None:
    """Microseconds a step of every peer at every size, and peer / ours."""
    peers = {
        "torch autograd": torch_autograd,
        "torch by hand": torch_by_hand,
        "numpy": numpy_in_place,
    }
    try:
        import jax  # noqa: F401

        peers["jax float32"] = jax_scan
    except ImportError:
        print("jax is not installed: pip install -e '.[bench]' adds it to the peers")
    peers["streaming bound"] = streaming_bound
    print(f"{'microseconds a step':22}" + "".join(f"{f'{m} x {d}':>18}" for m, d in SIZES))
    rows: dict[str, list[str]] = {}
    for m, d in SIZES:
        s = settings(m, d)
        times = interleaved(
            {"ours": ours(s), **{name: make(s) for name, make in peers.items()}}, repeats, budget
        )
        for name, t in times.items():
            rows.setdefault(name, []).append(f"{1e6 * t:9.2f} {t / times['ours']:7.2f}x")
    for name, cells in rows.items():
        print(f"{name:22}" + "".join(f"{cell:>18}" for cell in cells), flush=True)


def engine_table(repeats: int, budget: float) -> None:
    """Reduced sampling, long runs, recording, seeds."""
    at = lambda d: Settings(d=d, k=1, link="tanh", width=20)  # noqa: E731
    runs = {
        "plain, d = 60": ours(at(60)),
        "reduced, d = 10^3": ours(at(10**3), "reduced"),
        "reduced, d = 10^6": ours(at(10**6), "reduced"),
    }
    times = interleaved(runs, repeats, budget)
    plain, medium, large = times.values()
    for name, t in times.items():
        print(f"width 20, {name:22} {1e6 * t:8.2f} us a sample, {t / plain:.2f} x plain at d = 60")
    print(f"d = 10^6 against d = 10^3: {large / medium:.2f}")

    old = OnlineSGD(settings(100, 50), "plain")
    old.advance(10**6)
    young = OnlineSGD(settings(100, 50), "plain")
    young.advance(10**4)
    times = interleaved({"old": old.advance, "young": young.advance}, repeats, budget)
    print(f"after 10^6 steps against after 10^4 steps: {times['old'] / times['young']:.2f}")

    n = 1_000_000
    few, many = (
        lambda _, many=many: online_sgd(Settings(), n, checkpoints=many) for many in (1, 200)
    )
    pairs = [(seconds(few, 1), seconds(many, 1)) for _ in range(3)]
    more = 100 * (np.median([b / a for a, b in pairs]) - 1)
    print(
        f"recording 200 checkpoints of {n:,} samples (default settings) "
        f"costs {more:.0f} % more time"
    )

    one = [seconds(lambda _: online_sgd(Settings(), 400_000, checkpoints=1), 1) for _ in range(3)]
    two = [
        seconds(lambda _: online_sgd(Settings(), 400_000, checkpoints=1, seeds=2), 1)
        for _ in range(3)
    ]
    gain = 2 * np.median(one) / np.median(two)
    print(f"two seeds on two cores: {gain:.2f} x as fast as one after the other")


def printed_by(code: str) -> float:
    """The number that a process of its own prints."""
    command = [sys.executable, "-c", code]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def process_table() -> None:
    """Import time and peak memory, each in a process of its own."""
    clock = "import time; t = time.perf_counter(); "
    code = clock + "import course_utils; print(time.perf_counter() - t)"
    took = np.median([printed_by(code) for _ in range(5)])
    print(f"import course_utils: {1000 * took:.0f} ms")
    code = (
        "import resource, course_utils.record as record; from course_utils import Settings\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "record.online_sgd(Settings(d=50, width=20), 1000); before = peak()\n"
        "record.online_sgd(Settings(d=10**6, width=20), 200_000); print(peak() - before)"
    )
    grown = printed_by(code)
    print(f"memory of a run at d = 10^6, width 20: {grown:.0f} MB over one at d = 50")


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="short timings, to see that it runs")
    options = parser.parse_args()
    budget = 0.02 if options.quick else 0.3
    steps_table(options.repeats, budget)
    engine_table(options.repeats, budget)
    process_table()


if __name__ == "__main__":
    main()
