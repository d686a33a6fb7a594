"""Other processors' arithmetic on this one, for any command.

    python tests/notebooks/arithmetic.py python -m pytest --nbval --nbval-current-env notebooks/02*

`make arithmetic` runs the unit tests and every notebook so. Sums are added up in another order
where vectors have another length, and where two threads share the work; NumPy, OpenBLAS, PyTorch
and Numba each take that from the processor, and each can be told of an older one.
"""

import os
import platform
import subprocess
import sys

import numpy as np

# X86_V3 has AVX2, X86_V4 has AVX-512
FOUND = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
KINDS = {"this processor, one thread": {"OPENBLAS_NUM_THREADS": "1"}}
if platform.machine().lower() in ("x86_64", "amd64"):
    KINDS["no AVX, one thread"] = {
        "OPENBLAS_CORETYPE": "Nehalem",
        "OPENBLAS_NUM_THREADS": "1",
        "NUMBA_CPU_NAME": "generic",
        "NPY_DISABLE_CPU_FEATURES": " ".join(FOUND),
        "ATEN_CPU_CAPABILITY": "default",
    }
    if "X86_V3" in FOUND:
        KINDS["AVX2, two threads"] = {
            "OPENBLAS_CORETYPE": "Haswell",
            "OPENBLAS_NUM_THREADS": "2",
            "NUMBA_CPU_NAME": "haswell",
            "NPY_DISABLE_CPU_FEATURES": " ".join(name for name in FOUND if name != "X86_V3"),
            "ATEN_CPU_CAPABILITY": "avx2",
        }
else:
    KINDS["plain Numba, two threads"] = {"NUMBA_CPU_NAME": "generic", "OPENBLAS_NUM_THREADS": "2"}


def main(command: list[str]) -> int:
    """Run a command under each kind of arithmetic; 1 if it failed under one."""
    codes = {}
    for kind, settings in KINDS.items():
        print(f"\n==> {kind}: {settings}", flush=True)
        codes[kind] = subprocess.run(command, env=os.environ | settings).returncode
    print(
        "\n==> arithmetic",
        *(f"{kind:27} exit code {code}" for kind, code in codes.items()),
        sep="\n",
        flush=True,
    )
    return int(any(codes.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
