"""A running experiment: its settings, one OnlineSGD a seed, and the record. It knows nothing of widgets."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..engine.online import OnlineSGD
from ..machine import single_threaded_blas
from ..record import checkpoint_times
from ..run import Record, Run
from ..settings import Settings
from ..theory import PerpendicularPrediction, parallel_part

LIVE = frozenset(
    {"noise", "step", "weight_decay", "schedule"}
)  # these act on the running experiment
BUDGET = 0.02  # seconds of training a frame at most, at speed 1
ENDLESS = 1e6  # a predicted W_perp beyond which the run itself would have diverged
TINY = 1e-300  # stands in for zero on a log axis
PACE = 0.65  # while playing, log t grows by this much a second: constant speed on a log axis


def adapted(settings: Settings, **changes) -> Settings:
    """Changed settings; k follows where a new link or a smaller d does not allow the old one."""
    if isinstance(changes.get("d"), int) and "k" not in changes:
        changes["k"] = min(settings.k, max(changes["d"], 1))
    return settings.replace(**changes)


class Session:
    """One experiment with its record, for one or several seeds.

    Two BLAS threads for matrices of the network's width wait for each other on a busy machine, up to
    twenty times as long as one takes: so there is one.
    """

    uses = tuple(Settings.__dataclass_fields__)
    live = LIVE

    def __init__(self, settings: Settings, seeds: int = 1):
        self.seeds = seeds
        self.begin(settings)

    @single_threaded_blas()
    def begin(self, settings: Settings, samples: int = 0) -> None:
        """Start anew; with ``samples``, train and record that many at once."""
        each = [settings.replace(seed=settings.seed + i) for i in range(self.seeds)]
        self.sims = [OnlineSGD(s) for s in each]
        self.settings = settings
        self.record = Record(settings)
        self.changes: list[str] = []
        self._cost = 5e-6 * self.seeds  # seconds a sample, measured as it goes
        self._note_floors()
        self.measure()
        self._begin_prediction()
        for t in checkpoint_times(samples, 160)[1:] if samples else ():
            self.train(int(t) - self.samples)
        self._predict(force=True)

    @property
    def samples(self) -> int:
        return self.sims[0].samples

    @single_threaded_blas()
    def change(self, settings: Settings) -> None:
        """Take over noise, step, weight decay and schedule while training goes on."""
        new = {name: getattr(settings, name) for name in LIVE}
        old = {name: getattr(self.settings, name) for name in LIVE}
        self._predict(force=True)
        for sim in self.sims:
            sim.change(**new)
        if self._theory is not None:
            self._theory.change(settings)
        self._changed = self.samples
        self.settings = self.record.settings = settings
        told = ", ".join(f"{n} {old[n]} to {v}" for n, v in sorted(new.items()) if v != old[n])
        if told:
            self.changes = [*self.changes, f"at {self.samples:,} samples: {told}"][-50:]
        self._note_floors()

    @single_threaded_blas()
    def train(self, n: int) -> None:
        """Train every seed on n samples and measure."""
        began = time.perf_counter()
        self._each(lambda sim: sim.advance(n))
        if n >= 1000:
            self._cost = 0.7 * self._cost + 0.3 * (time.perf_counter() - began) / n
        self.measure()
        self._predict()

    def step(
        self, seconds: float, speed: float = 1.0, goal: int | None = None, share: float = 1.0
    ) -> None:
        """Train as much as ``seconds`` of play ask for, for a share of what one frame may take, and not beyond the goal."""
        wanted = max(self.samples, self.settings.d / 5) * np.expm1(
            PACE * speed * min(seconds, 0.25)
        )
        n = max(1, int(min(wanted, share * BUDGET * max(1.0, speed) / self._cost)))
        self.train(n if goal is None else min(n, max(goal - self.samples, 0)))

    def patience(self, speed: float) -> str:
        """A sentence where d samples take longer than twenty seconds of play; empty elsewhere."""
        seconds = (
            2 * self.settings.d * self._cost / max(1.0, speed)
        )  # about half of a frame goes to training
        if seconds < 20:
            return ""
        return (
            f"At this d, d samples take about {max(1, round(seconds / 60)):,} min of play on this machine, and the angles need "
            "several times d / step samples. A narrower network, a larger step or a higher speed shorten that."
        )

    def measure(self) -> None:
        """Append this moment to the record."""
        self.record.append(*self._each(lambda sim: sim.snapshot()))

    def run(self) -> Run:
        """The record as a Run."""
        return self.record.run(
            floors=self._floors, net=self.sims[0].net if self.seeds == 1 else None
        )

    def to_csv(self) -> str:
        """The run as CSV text, with its settings and what was turned while it went on."""
        return self.run().to_csv(notes=self.changes)

    def rest(self) -> None:
        """Called when a lab pauses: nothing to do."""

    @property
    def predicted(self) -> np.ndarray:
        """(2, n): sample counts and the W_perp that theory predicts there, for the first seed; the last ones are now."""
        now = (
            self._foreseen(self.samples) if self.samples > self._predicted[-1][0] else float("nan")
        )
        return np.array([*self._predicted, *([(self.samples, now)] if now < ENDLESS else [])]).T

    def predicted_at(self, t: float) -> float:
        """Predicted W_perp at t samples, on the curve of ``predicted`` with both axes logarithmic, as it is drawn; nan where
        there is none.
        """
        times, values = self.predicted
        if t > times[-1]:
            return float("nan")
        return float(
            np.exp(
                np.interp(
                    np.log(max(t, 1)),
                    np.log(np.maximum(times, 1)),
                    np.log(np.maximum(values, TINY)),
                )
            )
        )

    def _begin_prediction(self):
        sim, start = self.sims[0], self.record.run().at(0)
        net = sim.net
        self._theory = PerpendicularPrediction(
            self.settings, net.a, net.b, self._inside(), start.neurons[:, 2], average=500
        )
        self._changed = 0  # sample count of the last change of settings: predictions lie close together after it
        self._predicted = [(0, self._theory.perpendicular)]

    def _predict(self, force: bool = False):
        """Carry the prediction along, in strides of at most 40 % of the time since the last change: it costs as much as a
        frame. In between, ``_foreseen`` looks ahead, as long as nothing grows: its rates are held fixed, and what grows
        changes them.

        Under a constant step it is at its plateau after 300 d / step samples, and stays there.
        """
        t, ahead = self.samples, self._foreseen(self.samples)
        if (
            not ahead < ENDLESS
        ):  # below the threshold W_perp may be predicted to grow without end: nothing more to say
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
        self._floors = self.sims[0].floors()


def moment_at(run: Run, t: float | None) -> int:
    """Index of the recorded moment nearest to t samples in log time; the last for None."""
    return (
        len(run) - 1
        if t is None
        else int(np.abs(np.log(run.samples + 1.0) - np.log(t + 1.0)).argmin())
    )
