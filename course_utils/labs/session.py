"""A running experiment: its settings, one OnlineSGD a seed, and the record.

It knows nothing of widgets.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from ..engine.online import Diverged, OnlineSGD
from ..events import Watch, turned
from ..machine import single_threaded_blas
from ..record import checkpoint_times
from ..run import Record, Run, as_csv
from ..settings import Settings
from ..theory import PerpendicularPrediction, parallel_part
from .held import Held

if TYPE_CHECKING:
    import pandas as pd

# these act on the running experiment
LIVE = frozenset({"noise", "step", "weight_decay", "schedule"})
BUDGET = 0.014  # seconds of training a frame at most, at speed 1
# The predicted curve in a frame's time. Against all of 200 neurons and 500 samples that takes a
# fifth of the time and errs no more (up to 3 % beside 8000 samples).
FORESIGHT = {"average": 1000, "widest": 64}
ENDLESS = 1e6  # a predicted W_perp beyond which the run itself would have diverged
TINY = 1e-300  # stands in for zero on a log axis
PACE = 0.65  # while playing, log t grows by this much a second: constant speed on a log axis


def adapted(settings: Settings, **changes) -> Settings:
    """Changed settings; k follows where a new link or a smaller d does not allow the old one.

    Parameters
    ----------
    settings : Settings
        What holds.
    **changes : object
        Fields with other values.

    Returns
    -------
    Settings
        What is to hold.
    """
    if isinstance(changes.get("d"), int) and "k" not in changes:
        changes["k"] = min(settings.k, max(changes["d"], 1))
    return settings.replace(**changes)


class Session:
    """One experiment with its record and its events, for one or several seeds.

    Parameters
    ----------
    settings : Settings
        What to run; further seeds count up from its seed.
    seeds : int
        How many.
    held : Held, optional
        Where the run before is kept, in a lab that shows it; left out, none is kept.

    Notes
    -----
    Two BLAS threads for matrices of the network's width wait for each other on a busy machine, up
    to twenty times as long as one takes: so there is one.
    """

    uses = tuple(Settings.__dataclass_fields__)
    live = LIVE

    def __init__(self, settings: Settings, seeds: int = 1, held: Held | None = None):
        self.seeds, self.held, self._keeps = seeds, held or Held(), held is not None
        self.begin(settings)

    @single_threaded_blas()
    def begin(self, settings: Settings, samples: int = 0) -> None:
        """Start anew.

        Parameters
        ----------
        settings : Settings
            What to run.
        samples : int
            Train on and record so many at once.
        """
        each = [settings.replace(seed=settings.seed + i) for i in range(self.seeds)]
        self.sims = [OnlineSGD(s) for s in each]
        self.settings = settings
        self.record = Record(settings)
        self.watch = Watch(settings, {})
        self.changes: list[str] = []
        self._cost = 5e-6 * self.seeds  # seconds a sample, measured as it goes
        self._highest_floor = 0.0  # a slider that goes back and forth must not move an axis so
        self._note_floors()
        self.measure()
        self._begin_prediction()
        for t in checkpoint_times(samples, 160)[1:] if samples else ():
            self.train(int(t) - self.samples)
        self._predict(force=True)

    def resume(self, left: Session) -> None:
        """Go on with a run that was left, in place of the one that is there.

        Parameters
        ----------
        left : Session
            ``copy.copy`` of this session, made before another run began.
        """
        vars(self).update(vars(left))

    @property
    def samples(self) -> int:
        """How many samples each seed has seen."""
        return self.sims[0].samples

    @single_threaded_blas()
    def change(self, settings: Settings) -> None:
        """Take over noise, step, weight decay and schedule while training goes on.

        Parameters
        ----------
        settings : Settings
            What holds from now on; other fields are those that hold.
        """
        self._predict(force=True)
        for sim in self.sims:
            sim.change(**{name: getattr(settings, name) for name in LIVE})
        if self._theory is not None:
            self._theory.change(settings)
        self._changed = self.samples
        if told := turned(self.settings, settings):
            self.changes = [*self.changes, f"at {self.samples:,} samples: {told}"][-50:]
            self.watch.change(self.samples, settings)
        self.settings = self.record.settings = settings
        self._note_floors()

    def keep(self, was: Run, live: bool, afresh: bool) -> None:
        """Keep the run before, in a lab that shows it; called when settings have been taken over.

        Parameters
        ----------
        was : Run
            What ``run`` gave before.
        live : bool
            Whether the run goes on.
        afresh : bool
            Whether the new run is no change of the one before.
        """
        if self._keeps and live:
            self.held.turned(was)
        elif self._keeps:
            self.held.left(was, afresh)

    @single_threaded_blas()
    def train(self, n: int) -> None:
        """Train every seed and measure.

        Parameters
        ----------
        n : int
            Samples, for each seed.

        Raises
        ------
        Diverged
            What was measured before stays.
        """
        began = time.perf_counter()
        try:
            self._each(lambda sim: sim.advance(n))
        except Diverged as problem:
            self.watch.diverged(str(problem))
            raise
        if n >= 1000:
            self._cost = 0.7 * self._cost + 0.3 * (time.perf_counter() - began) / n
        self.measure()
        self._predict()

    def step(
        self, seconds: float, speed: float = 1.0, goal: int | None = None, share: float = 1.0
    ) -> None:
        """Train as much as some time of play asks for.

        Parameters
        ----------
        seconds : float
            The time of play; beyond a quarter of a second more asks for no more.
        speed : float
            A factor of the time, and above 1 of what a frame may take.
        goal : int, optional
            The sample count not to go beyond.
        share : float
            Of what one frame may take, where several labs play.
        """
        d, step = self.settings.d, self.settings.step
        # at first as if d / (2 step) samples were seen: W is seen to move within half a second
        seen = max(self.samples, d / 5, d / (2 * step))
        wanted = seen * np.expm1(PACE * speed * min(seconds, 0.25))
        n = max(1, int(min(wanted, share * BUDGET * max(1.0, speed) / self._cost)))
        self.train(n if goal is None else min(n, max(goal - self.samples, 0)))

    def patience(self, speed: float) -> str:
        """A sentence where d samples take longer than twenty seconds of play.

        Parameters
        ----------
        speed : float
            As in ``step``.

        Returns
        -------
        str
            Empty where they do not.
        """
        # about half of a frame goes to training
        seconds = 2 * self.settings.d * self._cost / max(1.0, speed)
        if seconds < 20:
            return ""
        minutes = max(1, round(seconds / 60))
        return (
            f"At this d, d samples take about {minutes:,} min of play on this machine, and the "
            "angles need several times d / step samples. A narrower network, a larger step or a "
            "higher speed shorten that."
        )

    def measure(self) -> None:
        """Append this moment to the record, and see what it shows for the first time."""
        now = self._each(lambda sim: sim.snapshot())
        self.record.append(*now)
        self.watch.see(*now)
        self.record.marked = [event.samples for event in self.watch.events]

    def run(self) -> Run:
        """The record as a Run.

        Returns
        -------
        Run
            Up to now; with its network where there is one seed.
        """
        return self.record.run(
            floors=self._floors,
            highest_floor=self._highest_floor,
            changes=tuple(self.sims[0].changes),
            net=self.sims[0].net if self.seeds == 1 else None,
        )

    def to_csv(self) -> str:
        """The run as CSV text.

        Returns
        -------
        str
            The settings, what was turned while it went on, and what it is compared with, in comment
            lines first.
        """
        run, notes = self.run(), list(self.changes)
        if self.held.run is not None:
            notes += [f"before: {self.held.run.settings.summary()}", self.held.sentence(run)]
        return as_csv(self.frame(run), run.settings, [note for note in notes if note])

    def frame(self, run: Run) -> pd.DataFrame:
        """What CSV saves of a run.

        Parameters
        ----------
        run : Run
            What was recorded.

        Returns
        -------
        pandas.DataFrame
            One row a checkpoint and seed.
        """
        return run.frame()

    def rest(self) -> None:
        """Called when a lab pauses: nothing to do."""

    @property
    def predicted(self) -> np.ndarray:
        """(2, n): sample counts and W_perp as predicted for the first seed, the last ones now."""
        now = (
            self._foreseen(self.samples) if self.samples > self._predicted[-1][0] else float("nan")
        )
        return np.array([*self._predicted, *([(self.samples, now)] if now < ENDLESS else [])]).T

    def predicted_at(self, t: float) -> float:
        """W_perp as predicted at any moment, on the curve of ``predicted`` as it is drawn.

        Parameters
        ----------
        t : float
            Samples.

        Returns
        -------
        float
            Between points by a straight line on log axes; nan beyond the curve.
        """
        times, values = self.predicted
        if t > times[-1]:
            return float("nan")
        logs = np.log(np.maximum(times, 1)), np.log(np.maximum(values, TINY))
        return float(np.exp(np.interp(np.log(max(t, 1)), *logs)))

    def _begin_prediction(self):
        sim, start = self.sims[0], self.record.run().at(0)
        # sample count of the last change of settings: predictions lie close together after it
        self._changed = 0
        self._theory, self._predicted = None, [(0, float("nan"))]
        if not sim.target.inputs.standard:
            return  # a light says why nothing is predicted
        net = sim.net
        self._theory = PerpendicularPrediction(
            self.settings, net.a, net.b, self._inside(), start.neurons[:, -1], **FORESIGHT
        )
        self._predicted = [(0, self._theory.perpendicular)]

    def _predict(self, force: bool = False):
        """Carry the prediction along, in strides of at most 40 % of the time since the last change.

        It costs as much as a frame. In between, ``_foreseen`` looks ahead, as long as nothing
        grows: its rates are held fixed, and what grows changes them. Under a constant step it is at
        its plateau after 300 d / step samples, and stays there.
        """
        t, ahead = self.samples, self._foreseen(self.samples)
        # below the threshold W_perp may be predicted to grow without end: nothing more to say
        if not ahead < ENDLESS:
            self._theory = None
            return
        last, unit = self._theory.samples, self.settings.d / self.settings.step
        since = last - self._changed
        settled = self.settings.schedule == "constant" and since > 300 * unit
        due = t - self._changed > min(1.4 * since + self.settings.d / 10, since + 30 * unit)
        grows = ahead > 1.2 * self._theory.perpendicular
        if t > last and (force or grows or (due and not settled)):
            self._theory.advance([t], self._inside())
            self._predicted.append((t, self._theory.perpendicular))

    def _foreseen(self, t: int) -> float:
        """W_perp at t samples by the last prediction's rates; nan where there is none any more."""
        if self._theory is None:
            return float("nan")
        with np.errstate(all="ignore"):
            return self._theory.at(t)

    def _inside(self) -> np.ndarray:
        net, target = self.sims[0].net, self.sims[0].target
        return parallel_part(net, target)

    def _each(self, action) -> list:
        if self.seeds == 1:
            return [action(self.sims[0])]
        with single_threaded_blas(), ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(action, self.sims))

    def _note_floors(self):
        self._floors = self.watch.floors = self.sims[0].floors()
        known = filter(np.isfinite, self._floors.values())
        self._highest_floor = max([self._highest_floor, *known])


def moment_at(run: Run, t: float | None) -> int:
    """The recorded moment that is nearest in log time.

    Parameters
    ----------
    run : Run
        What was recorded.
    t : float or None
        Samples; None for the last moment.

    Returns
    -------
    int
        Its index.
    """
    return (
        len(run) - 1
        if t is None
        else int(np.abs(np.log(run.samples + 1.0) - np.log(t + 1.0)).argmin())
    )
