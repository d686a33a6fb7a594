"""What a lab shows: an experiment, what can be changed of it and what is measured.

It knows nothing of widgets. Every experiment has ``settings``, ``seeds``, ``uses`` (the fields of
Settings that matter to it), ``live`` (those that act on it as it runs), ``changes`` (what was
turned meanwhile), ``begin`` and ``change`` (take settings, anew or as it runs), ``keep`` (what was
there, to compare with), ``run`` (what was measured so far) and ``to_csv``. Session trains; an
Experiment, below, computes, perhaps in steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..inputs import input_law
from ..run import as_csv
from ..settings import Settings

if TYPE_CHECKING:
    import pandas as pd


class Experiment:
    """Settings and all that is computed from them.

    Parameters
    ----------
    settings : Settings
        What to compute.

    Notes
    -----
    Subclasses say what ``compute`` does, and ``step`` where it takes long.
    """

    seeds = 1
    uses: tuple[str, ...] = ()
    live: frozenset[str] = frozenset()
    unfinished = False  # whether there is something left for ``step`` to measure

    def __init__(self, settings: Settings):
        self.changes: list[str] = []
        self.begin(settings)

    def begin(self, settings: Settings) -> None:
        """Compute everything for settings; if that fails, the experiment stays what it was.

        Parameters
        ----------
        settings : Settings
            What to compute from now on.

        Raises
        ------
        ValueError
            For inputs that are not N(0, I), where the experiment rests on them.
        """
        if "inputs" not in self.uses:
            input_law(settings.inputs).must_be_standard("this lab measures and predicts")
        before = self.__dict__.copy()
        self.settings = settings
        try:
            self.compute()
        except Exception:
            self.__dict__.update(before)
            raise

    change = begin

    def keep(self, was: object, live: bool, afresh: bool) -> None:
        """Called when settings have been taken over: nothing is kept.

        Parameters
        ----------
        was : object
            What ``run`` gave before.
        live : bool
            Whether the run goes on.
        afresh : bool
            Whether the new run is no change of the one before.
        """

    def compute(self) -> None:
        """Everything that follows from ``self.settings``."""
        raise NotImplementedError

    def step(self) -> None:
        """Measure one thing that is missing."""

    def run(self) -> Experiment:
        """Itself: what its lab shows.

        Returns
        -------
        Experiment
            Not a copy.
        """
        return self

    def frame(self) -> pd.DataFrame:
        """What is shown, as a table.

        Returns
        -------
        pandas.DataFrame
            Tidy: one row an observation.
        """
        raise NotImplementedError

    def to_csv(self) -> str:
        """What is shown as CSV text.

        Returns
        -------
        str
            The settings, and what was turned, in comment lines first.
        """
        return as_csv(self.frame(), self.settings, self.changes)


def given(settings: Settings | None, **otherwise) -> Settings:
    """The settings that a lab was given, or those that it opens with.

    Parameters
    ----------
    settings : Settings or None
        What a student gave.
    **otherwise : object
        Fields of the settings where none were given.

    Returns
    -------
    Settings
        What to run.

    Raises
    ------
    TypeError
        For anything but Settings and None.
    """
    if settings is None:
        return Settings(**otherwise)
    if not isinstance(settings, Settings):
        raise TypeError(
            f"settings must be a Settings object, got {type(settings).__name__}: try Settings(d=50)"
        )
    return settings
