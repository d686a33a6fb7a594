"""What was computed once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).parent


def measured() -> pd.DataFrame:
    """The stored runs of Algorithm 1.

    Returns
    -------
    DataFrame
        One row a run and sample count, with the columns of ``measure``.
    """
    import pandas as pd

    return pd.read_csv(FOLDER / "measured.csv")


def predicted() -> pd.DataFrame:
    """The stored sample counts of the kernel.

    Returns
    -------
    DataFrame
        Columns link, level (R^2), d and n.
    """
    import pandas as pd

    return pd.read_csv(FOLDER / "predicted.csv")
