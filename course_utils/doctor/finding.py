"""What a check found, and what to do about it."""

from __future__ import annotations

from typing import NamedTuple

INSTALL = "in the course's folder, run `python -m pip install -c constraints.txt -e .`"


class Finding(NamedTuple):
    """What one check found.

    Attributes
    ----------
    status : str
        'ok', 'warn' or 'FAIL'.
    part : str
        What was examined.
    found : str
        What it is like.
    remedy : str
        What to do, unless it is ok.
    """

    status: str
    part: str
    found: str
    remedy: str = ""
