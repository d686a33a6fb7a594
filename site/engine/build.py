"""Compile the engine to WebAssembly: site/engine/_build/engine.wasm, beside engine.js.

    python site/engine/build.py [folder]

The compiler is zig's, which comes as the package ziglang: pip install -e ".[site]".
"""

from __future__ import annotations

import importlib.util
import math
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
FOLDER = HERE / "_build"  # site/_build is made anew each time
FLAGS = (
    *("-target", "wasm32-freestanding", "-mcpu", "generic+simd128+bulk_memory+nontrapping_fptoint"),
    *("-O", "ReleaseFast", "-fstrip", "-fno-entry", "-fno-compiler-rt", "--stack", str(2**18)),
)
C_FLAGS = ("-std=c11", "-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror")
TIMES = 0x2360ED051FC65DA44385DF649FCCF645  # PCG64's multiplier
LAYERS = 256


def sources() -> list[Path]:
    """All that the engine is made of."""
    return sorted([*HERE.glob("*.[ch]"), *HERE.glob("*.js"), Path(__file__)])


def build(folder: Path = FOLDER) -> Path:
    """Compile, unless nothing has changed since the last time.

    Parameters
    ----------
    folder : Path
        Where to.

    Returns
    -------
    Path
        engine.wasm, beside copies of engine.js and what it imports.

    Raises
    ------
    ModuleNotFoundError
        Without the package ziglang.
    RuntimeError
        If the sources do not compile; with the compiler's words.
    """
    made = folder / "engine.wasm"
    if made.exists() and made.stat().st_mtime > max(p.stat().st_mtime for p in sources()):
        return made
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        (Path(work) / "ziggurat.h").write_text(ziggurat())
        said = subprocess.run(
            [*compiler(), "build-exe", *FLAGS, "-I", work, "--name", "engine"]
            + ["-cflags", *C_FLAGS, "--", *map(str, sorted(HERE.glob("*.c")))],
            cwd=work,
            env=os.environ | {"ZIG_GLOBAL_CACHE_DIR": work},  # nothing stays behind
            capture_output=True,
            text=True,
        )
        if said.returncode:
            raise RuntimeError(f"the engine does not compile:\n{said.stderr}")
        for script in HERE.glob("*.js"):
            shutil.copy(script, folder)
        (Path(work) / "engine.wasm").replace(made)  # whole or not at all, whoever reads it now
    return made


def compiler() -> list[str]:
    """How zig is called."""
    if importlib.util.find_spec("ziglang") is None:
        raise ModuleNotFoundError(
            "the engine of the site is compiled by the package ziglang, which is not installed: "
            'python -m pip install -c constraints.txt -e ".[site]"'
        )
    return [sys.executable, "-m", "ziglang"]


def ziggurat() -> str:
    """The tables behind NumPy's normal and exponential numbers, as a header.

    Widths of layers are read out of NumPy, whose last digits no formula gives: a draw in layer i is
    a whole number times its width. Heights and edges follow.

    Returns
    -------
    str
        In C.
    """
    normal = [drawn("standard_normal", (2**20 << 9) + i) / 2**20 for i in range(LAYERS)]
    exponential = [
        drawn("standard_exponential", (2**20 << 11) + (i << 3)) / 2**20 for i in range(LAYERS)
    ]
    parts = ["#include <stdint.h>"]
    for name, widths, bits, height in (
        ("normal", normal, 52, lambda x: math.exp(-0.5 * x * x)),
        ("exponential", exponential, 53, lambda x: math.exp(-x)),
    ):
        edges = [width * 2.0**bits for width in widths]
        heights = [1.0, *map(height, edges[1:])]
        inside = [int(edges[-1] / edges[0] * 2.0**bits), 0]
        inside += [int(edges[i] / edges[i + 1] * 2.0**bits) for i in range(1, LAYERS - 1)]
        for kind, what, values in (
            ("double", "width", map(float.hex, widths)),
            ("double", "height", map(float.hex, heights)),
            ("uint64_t", "inside", map("{}ULL".format, inside)),
        ):
            parts.append(f"static const {kind} {name}_{what}[{LAYERS}] = {{{', '.join(values)}}};")
    return "\n".join(parts) + "\n"


def drawn(method: str, bits: int) -> float:
    """What a method of NumPy's Generator makes of 64 bits."""
    pcg = np.random.PCG64(0)
    state = pcg.state
    before = (bits - state["state"]["inc"]) * pow(TIMES, -1, 2**128) % 2**128
    pcg.state = state | {"state": state["state"] | {"state": before}}
    return float(getattr(np.random.Generator(pcg), method)())


if __name__ == "__main__":
    print(build(*map(Path, sys.argv[1:])))
