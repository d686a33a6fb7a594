"""Computes what is stored beside this file: ``python -m course_utils.gallery``.

About two minutes of one core; with ``--fast`` a few seconds, shown and not stored.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .stored import COLUMNS, DIMENSIONS, FILE, SEEDS, measure_times

FAST = {"tanh": (64, 256), "he2": (64,), "he3": (64,), "staircase": (16, 32), "product": (16,)}


def main(arguments: Iterable[str] | None = None) -> None:
    """Run, show medians, and store.

    Parameters
    ----------
    arguments : iterable of str, optional
        Those of the command line; left out, the real ones.
    """
    parser = argparse.ArgumentParser(prog="python -m course_utils.gallery")
    parser.add_argument("--fast", action="store_true", help="a small size; stores nothing")
    parser.add_argument("--file", type=Path, default=FILE, help="where the table goes")
    asked = parser.parse_args(None if arguments is None else list(arguments))
    rows = []
    for some in measure_times(FAST if asked.fast else DIMENSIONS, 2 if asked.fast else SEEDS):
        rows += some
        (link, d, *_), samples = some[0], [row[-1] for row in some]
        print(f"{link} at d = {d:,}: {np.median(samples):,.0f} samples", flush=True)
    if not asked.fast:
        with asked.file.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(COLUMNS)
            table.writerows((link, d, seed, f"{found:.0f}") for link, d, seed, found in rows)


if __name__ == "__main__":
    main()
