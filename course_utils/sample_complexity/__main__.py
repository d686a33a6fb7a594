"""Computes what is stored beside this file: ``python -m course_utils.sample_complexity``.

About 25 minutes of one core, most of it at large d; with ``--fast`` a few seconds up to
d = 1600, which is shown and not stored.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from .crossings import crossings, exponent
from .measuring import COLUMNS, DIMENSIONS, LINKS, measure
from .predicting import kernel_rows
from .stored import FOLDER

FAST = {"links": ("cubic", "quintic"), "dimensions": (100, 400, 1_600), "seeds": 2}


def main(arguments: Iterable[str] | None = None) -> None:
    """Run, show exponents, and store.

    Parameters
    ----------
    arguments : iterable of str, optional
        Those of the command line; left out, the real ones.
    """
    import pandas as pd

    parser = argparse.ArgumentParser(prog="python -m course_utils.sample_complexity")
    parser.add_argument("--fast", action="store_true", help="a small size; stores nothing")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the tables go")
    asked = parser.parse_args(None if arguments is None else list(arguments))
    rows = []
    for d in FAST["dimensions"] if asked.fast else DIMENSIONS:
        rows += measure(**(FAST if asked.fast else {}) | {"dimensions": (d,)})
        table = pd.DataFrame(rows, columns=COLUMNS)
        print(f"d = {d:,}: {len(table)} rows", flush=True)
        if not asked.fast:  # after each dimension, as the last ones take long
            table.to_csv(asked.folder / "measured.csv", index=False, float_format="%.4f")
    for link in table.link.unique():
        found = crossings(table, link)
        power, error = exponent(found.d, found.samples)
        print(f"{link}: R2 = {found.level:.2f} takes d^{power:.2f} (+- {error:.2f}) samples")
    if not asked.fast:
        prediction = pd.DataFrame(
            kernel_rows(LINKS, DIMENSIONS), columns=("link", "level", "d", "n")
        )
        prediction.to_csv(asked.folder / "predicted.csv", index=False, float_format="%.6g")


if __name__ == "__main__":
    main()
