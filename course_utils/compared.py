"""What differs between two runs at one moment, in a sentence."""

from __future__ import annotations

import numpy as np

from .run import Run
from .settings import Settings
from .snapshot import Snapshot


def compared(run: Run, before: Run, moment: int = -1) -> str:
    """What differs between a run and the one before it: settings, angles, W_perp and risk.

    Parameters
    ----------
    run : Run
        What is looked at.
    before : Run
        What it is compared with.
    moment : int
        Index of a checkpoint of ``run``; left out, the last.

    Returns
    -------
    str
        One sentence, meant to stand after the run's own of that moment. Of ``before`` it speaks of
        the checkpoint of ``row_beside``, and says when that was.
    """
    now = run.at(moment)
    then = before.at(row_beside(before, now.samples))
    held = unlike(held_at(before, then.samples), held_at(run, now.samples))
    settings = "; ".join(f"{name} {old}, now {new}" for name, old, new in held)
    told = "; ".join(
        f"{name} {old}, now {new}{unit}"
        for name, old, new, unit in (
            (
                "angle" if len(then.angles) == 1 else "angles",
                _angles(then),
                _angles(now),
                " degrees",
            ),
            ("W_perp", f"{then.perpendicular:.2f}", f"{now.perpendicular:.2f}", ""),
            ("risk", f"{then.risk:.3f}", f"{now.risk:.3f}", ""),
        )
        if "nan" not in (old, new)
    )
    return f"Before, at t = {then.samples:,} ({settings or 'the same settings'}): {told}."


def row_beside(before: Run, samples: int) -> int:
    """The checkpoint of a run that stands beside a moment of another one.

    Parameters
    ----------
    before : Run
        The run.
    samples : int
        The moment.

    Returns
    -------
    int
        Index of the last checkpoint that is not after it, as views show it.
    """
    return max(0, int(np.searchsorted(before.samples, samples, "right")) - 1)


def held_at(run: Run, samples: int) -> Settings:
    """The settings with which a run came to a moment.

    Parameters
    ----------
    run : Run
        The run.
    samples : int
        The moment.

    Returns
    -------
    Settings
        A change at this very moment counts only after it.
    """
    return next((settings for t, settings in run.changes if samples <= t), run.settings)


def unlike(before: Settings, now: Settings) -> list[tuple[str, str, str]]:
    """The fields in which two settings differ.

    Parameters
    ----------
    before, now : Settings
        What is compared.

    Returns
    -------
    list of (str, str, str)
        Name, value before and value now, as a settings code writes them.
    """

    def text(settings: Settings, name: str) -> str:
        code = dict(part.split("=", 1) for part in settings.summary().split())
        return code.get(name, str(getattr(settings, name)))

    return [
        (name, text(before, name), text(now, name))
        for name in vars(now)
        if getattr(before, name) != getattr(now, name)
    ]


def _angles(at: Snapshot) -> str:
    return ", ".join(f"{angle:.0f}" for angle in np.degrees(at.angles))
