"""The run before: what a lab holds beside the run that goes on."""

from __future__ import annotations

from dataclasses import replace

from ..compared import compared
from ..run import SERIES, Run

LATE = 10  # a run that came to less than this part of the one that is held does not take its place


class Held:
    """The run that is kept to compare with: by itself until a reset, by hand until it is let go.

    Notes
    -----
    ``run`` is a copy that nothing extends, None while there is none. ``by_hand`` says whether it
    was held with *Compare*, ``past`` whether it is the past of the run that goes on.
    """

    def __init__(self):
        self.let_go()

    def let_go(self) -> None:
        """Hold nothing."""
        self.run: Run | None = None
        self.by_hand = self.past = False

    def hold(self, run: Run) -> None:
        """Hold a run by hand, in place of what was held.

        Parameters
        ----------
        run : Run
            As far as it has come.

        Raises
        ------
        ValueError
            If it has not been trained.
        """
        if len(run) < 2:
            raise ValueError(
                "the network is untrained, so there is no run to compare with: "
                "press Play first, then Compare"
            )
        self.run, self.by_hand, self.past = _copy(run), True, True

    def turned(self, run: Run) -> None:
        """Settings change while a run goes on: what it was up to here is held.

        Parameters
        ----------
        run : Run
            Up to here. What is held already stays.
        """
        if self.run is None and len(run) > 1:
            self.run, self.past = _copy(run), True

    def left(self, run: Run, afresh: bool) -> None:
        """A new run has begun.

        Parameters
        ----------
        run : Run
            The one that was there. It is held in place of what was, unless that was held by hand
            or this one came not a tenth as far.
        afresh : bool
            Whether the new one is no change of it, as after a reset: nothing is held then but
            what was held by hand.
        """
        if self.by_hand:
            self.past = False
        elif afresh:
            self.let_go()
        else:
            far = 0 if self.run is None else self.run.samples[-1] / LATE
            if len(run) > 1 and run.samples[-1] >= far:
                self.run = _copy(run)
            self.past = False

    def sentence(self, run: Run, moment: int = -1) -> str:
        """What differs between a run and the one that is held.

        Parameters
        ----------
        run : Run
            What goes on.
        moment : int
            Index of its checkpoint.

        Returns
        -------
        str
            As ``compared`` says it; empty where nothing is held, or where both are the same.
        """
        if self.run is None or (self.past and run.samples[moment] <= self.run.samples[-1]):
            return ""
        return compared(run, self.run, moment)


def _copy(run: Run) -> Run:
    """A run of its own arrays, without its networks."""
    return replace(
        run,
        samples=run.samples.copy(),
        **{name: getattr(run, name).copy() for name in SERIES},
        net=None,
    )
