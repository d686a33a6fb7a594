"""What the edition without a kernel costs, beside the course in Python, in the same minutes.

    python benchmarks/site.py [--repeats 7] [--quick]

Engine: microseconds a step and a snapshot in Numba and in WebAssembly (node), in turn, and their
ratio, above 1 where the page is slower. Seconds are those of the processor, one core, so that what
else runs on the machine counts little.
"""

from __future__ import annotations

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import argparse  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

from course_utils import OnlineSGD, Settings  # noqa: E402

HERE = Path(__file__).parent
SIZES = [(200, 100), (100, 50), (20, 20), (100, 1000)]


def in_python() -> Callable[[int, int, int], float]:
    """Seconds a step of OnlineSGD for a width, a dimension and a number of samples; 0 samples
    measure a snapshot.
    """
    sims: dict[tuple[int, int], OnlineSGD] = {}

    def seconds(width: int, d: int, samples: int) -> float:
        if (width, d) not in sims:
            sims[width, d] = OnlineSGD(Settings(d=d, k=1, link="tanh", width=width), "plain")
        sim, began = sims[width, d], time.process_time()
        if samples:
            sim.advance(samples)
        for _ in range(0 if samples else 20):
            sim.snapshot()
        return (time.process_time() - began) / (samples or 20)

    return seconds


def in_page(folder: Path) -> Callable[[int, int, int], float]:
    """The same of the engine in node."""
    build = [sys.executable, str(HERE.parent / "site" / "engine" / "build.py"), str(folder)]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    node = subprocess.Popen(
        ["node", str(HERE / "site.mjs"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )

    def seconds(*numbers: int) -> float:
        print(*numbers, file=node.stdin)
        return float(node.stdout.readline())

    return seconds


def engine_table(repeats: int, budget: float) -> None:
    """Steps and snapshots of both engines at each size."""
    with tempfile.TemporaryDirectory() as folder:
        kinds = {"Numba": in_python(), "WebAssembly": in_page(Path(folder))}
        print(
            f"{'microseconds a':>22} {'':9}" + "".join(f"{name:>13}" for name in kinds) + "  ratio"
        )
        for width, d in SIZES:
            for what in ("step", "snapshot"):
                count = 0
                if what == "step":
                    for seconds in kinds.values():
                        seconds(width, d, 2048)  # compiled, and caches filled
                    count = max(512, int(budget / kinds["Numba"](width, d, 2048)) // 256 * 256)
                rows = [[s(width, d, count) for s in kinds.values()] for _ in range(repeats)]
                own, page = 1e6 * np.median(rows, 0)
                ratio = np.median([page / own for own, page in rows])
                print(f"{f'{width} x {d}':>22} {what:9}{own:13.2f}{page:13.2f}{ratio:7.2f}")


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="short timings, to see that it runs")
    options = parser.parse_args()
    engine_table(options.repeats, 0.02 if options.quick else 0.3)


if __name__ == "__main__":
    main()
