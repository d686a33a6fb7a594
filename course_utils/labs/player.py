"""Who owns time in a lab.

A Player plays a run and looks back on it, a Finisher measures what is missing and rests, a Reviewer
does that and looks back on its rows.
"""

from __future__ import annotations

import numbers
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ..engine.online import Diverged
from ..run import Run, in_d
from .actor import players
from .controls import Knob, Transport
from .session import moment_at

if TYPE_CHECKING:
    from .lab import Lab


class Finisher:
    """For experiments that follow their knobs: what is missing is measured, no time goes by.

    Parameters
    ----------
    lab : Lab
        Whose experiment it finishes.
    """

    cursor = looked = None

    def __init__(self, lab: Lab):
        self.lab = lab
        self.orders: dict[str, Callable[[Any], None]] = {}
        self.knobs: dict[str, Knob] = {}

    def open(self) -> None:
        """Measure everything before the lab is shown."""
        while self.lab.session.unfinished:
            self.lab.session.step()

    def go(self) -> None:
        """Measure what is missing, if anything is."""
        self._set_playing(self.lab.session.unfinished)

    begun = changed = go

    def step(self) -> None:
        """Measure one thing."""
        self._set_playing(False)  # a step that fails would fail again
        self.lab.session.step()
        self.go()

    def moment(self, result) -> int:
        """The moment that is shown: the last.

        Parameters
        ----------
        result : object
            What was measured.

        Returns
        -------
        int
            An index.
        """
        return -1

    def clock(self, result, moment: int) -> str:
        """The moment in words: there is none.

        Parameters
        ----------
        result : object
            What was measured.
        moment : int
            An index.

        Returns
        -------
        str
            Empty.
        """
        return ""

    def patience(self) -> str:
        """What is to be said of how long it takes: nothing.

        Returns
        -------
        str
            Empty.
        """
        return ""

    def _set_playing(self, on: bool):
        self.lab.actor.playing = self.lab.stage.playing = on


class LookBack:
    """Which recorded moment is shown: now, or one that is looked back at; nothing trains."""

    cursor: float | None = None  # the moment looked back at, in samples; None for now
    looked: dict | None = None  # which message of which page asked for it

    def look(self, where: float | Mapping | None) -> None:
        """Look at a recorded moment, or at now; trains nothing.

        Parameters
        ----------
        where : float or mapping or None
            Near which sample count, in log time; None for now. A page that looks back by itself
            says so in a message, which holds ``samples``.

        Raises
        ------
        ValueError
            For what is no number of samples.
        """
        if isinstance(where, Mapping):
            self.looked = {"by": where.get("by"), "seq": where.get("seq")}
            where = where.get("samples")
        if where is not None and not (isinstance(where, numbers.Real) and where >= 0):
            raise ValueError(
                f"{where!r} is no moment to look back at: "
                "give a number of samples, 0 or more, or None for now"
            )
        self.cursor = where

    def moment(self, run: Run) -> int:
        """Index of the recorded moment that is shown.

        Parameters
        ----------
        run : Run
            What was recorded.

        Returns
        -------
        int
            The moment nearest to where it looks.
        """
        return moment_at(run, self.cursor)

    def clock(self, run: Run, moment: int) -> str:
        """A recorded moment in words.

        Parameters
        ----------
        run : Run
            What was recorded.
        moment : int
            Its index.

        Returns
        -------
        str
            Such as "t = 5,000 = 100 d".
        """
        t = int(run.samples[moment])
        return f"t = {t:,} = {in_d(t, run.settings.d)}"


class Reviewer(LookBack, Finisher):
    """For experiments that keep what they measure row by row: a Finisher that looks back.

    Parameters
    ----------
    lab : Lab
        Whose experiment it finishes; its result has ``samples``, those of each row.
    """

    def __init__(self, lab: Lab):
        super().__init__(lab)
        self.orders = {"look": self.look}

    def begun(self) -> None:
        """Measure anew, and look at it as it is now."""
        self.look(None)
        self.go()


class Player(LookBack):
    """For a Session: play, pause, step, x10, reset, the speed, and the look back on the run.

    Parameters
    ----------
    lab : Lab
        Whose session it plays.
    samples : int
        Trained and recorded before the lab is shown.
    """

    def __init__(self, lab: Lab, samples: int = 0):
        self.lab, self.samples = lab, samples
        self.transport = Transport(lab.actor.order)
        self.speed = 1.0
        self._goal: int | None = None
        self._stretch = 1.0  # how much faster than by play it goes there
        self._stepped = 0.0  # when the last step began, to keep the pace whatever the frame rate
        self.orders: dict[str, Callable[[Any], None]] = {
            "play": self.play,
            "pause": self.pause,
            "step": self.once,
            "x10": self.ten_times,
            "reset": self.reset,
            "look": self.look,
        }
        self.knobs = {
            "speed": Knob(
                self.transport.speed, partial(setattr, self, "speed"), lambda: self.speed
            ),
        }

    def open(self) -> None:
        """Train and record before the lab is shown."""
        if self.samples:
            try:
                self.lab.session.begin(self.lab.settings, self.samples)
            except Diverged as problem:  # what was recorded before is still worth a look
                self.lab.report(problem)

    def begun(self) -> None:
        """A new run has begun: it is looked at as it is now."""
        self.look(None)

    def changed(self) -> None:
        """A running experiment goes on, or rests, as before."""

    def go(self) -> None:
        """Play."""
        self._set_playing(True)

    def play(self, _=None) -> None:
        """Train, frame by frame, without end.

        Parameters
        ----------
        _ : object
            The order's value, which says nothing.
        """
        self._goal = None
        self.look(None)
        self._set_playing(True)

    def pause(self, _=None) -> None:
        """Stop training; everything stays.

        Parameters
        ----------
        _ : object
            The order's value, which says nothing.
        """
        self._set_playing(False)
        self.lab.session.rest()

    def once(self, _=None) -> None:
        """Train for one frame.

        Parameters
        ----------
        _ : object
            The order's value, which says nothing.
        """
        self.look(None)
        self.lab.session.step(0.25, self.speed)

    def ten_times(self, _=None) -> None:
        """Train until ten times as many samples are seen.

        Parameters
        ----------
        _ : object
            The order's value, which says nothing.
        """
        self.play_to(10 * max(self.lab.session.samples, self.lab.settings.d // 10, 1))

    def play_to(self, samples: int, stretch: float = 3) -> None:
        """Train until so many samples are seen.

        Parameters
        ----------
        samples : int
            Where it stops.
        stretch : float
            How much faster than by play.
        """
        self.look(None)
        self._goal, self._stretch = samples, stretch
        self._set_playing(True)

    def reset(self, _=None) -> None:
        """Back to the untrained network.

        Parameters
        ----------
        _ : object
            The order's value, which says nothing.
        """
        self._set_playing(False)
        self.lab.restart(self.lab.settings)

    def step(self) -> None:
        """Train for as long as has passed since the last step, and not beyond the goal."""
        now = time.perf_counter()
        seconds, self._stepped = now - self._stepped, now
        session = self.lab.session
        try:
            session.step(
                seconds,
                self.speed * (self._stretch if self._goal else 1),
                self._goal,
                share=1 / players(),
            )
        except Exception:  # a step that failed once would fail again, twenty times a second
            self._set_playing(False)
            raise
        if self._goal and session.samples >= self._goal:
            self._goal = None
            self._set_playing(False)

    def patience(self) -> str:
        """A sentence where the run will take long.

        Returns
        -------
        str
            Empty where it will not.
        """
        return self.lab.session.patience(self.speed)

    def _set_playing(self, on: bool):
        self.lab.actor.playing = self.lab.stage.playing = on
        # Neither is ever disabled: a button that disables itself drops the keyboard's focus.
        self.transport.play.button_style, self.transport.pause.button_style = (
            ("", "primary") if on else ("primary", "")
        )
