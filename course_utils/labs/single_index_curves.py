"""What SingleIndexLab shows: Algorithm 1 at growing sample counts, measured row by row."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ..algorithm1 import PHASE_1, Outcome, outcomes
from ..engine.online import Diverged
from ..given import whole
from ..hermite import hermite_coefficients
from ..levels import linear_floor
from ..line_tests import DEGREES
from ..settings import Settings
from .experiment import Experiment

STOPS = (0.3, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100)  # sample counts, in units of d
WORK = 3e10  # numbers that one seed may touch: beyond, it takes minutes
NUMBERS = 1e7  # in one set of samples, where inputs are drawn whole
WHOLE = 200  # dimensions up to which inputs are drawn whole, and phase 2 has the same samples
FAR = 99.0  # a kink further out than that is at no place that can be drawn
SOLVED = 0  # "passes" of a phase 2 that is solved exactly


@dataclass(frozen=True, eq=False)
class Row:
    """What is kept of one seed at one sample count.

    Attributes
    ----------
    samples : int
        T.
    r2, old_r2, first_r2 : float
        After both phases; with the old biases; of the network that phase 1 leaves.
    curve, old_curve, first_curve : (grid,) ndarray
        What each of the three is on average, given z.
    kinks : (m,) ndarray
        z at which the neurons bend.
    coefficients : (DEGREES + 1,) ndarray
        Hermite coefficients of ``curve``.
    angle, angle_r2 : float
        To u, in radians; the R^2 that it allows.
    reach : float
        Delta over the median row norm.
    again : int
        Fresh samples that phase 2 had; 0 for the same ones.
    """

    samples: int
    r2: float
    old_r2: float
    first_r2: float
    curve: np.ndarray = field(repr=False)
    old_curve: np.ndarray = field(repr=False)
    first_curve: np.ndarray = field(repr=False)
    kinks: np.ndarray = field(repr=False)
    coefficients: np.ndarray = field(repr=False)
    angle: float
    angle_r2: float
    reach: float
    again: int


@dataclass(frozen=True, eq=False)
class Before:
    """R^2 as it was measured with other settings.

    Attributes
    ----------
    settings : Settings
        What ran.
    reach : float
        As the knob had it.
    passes : int
        As the menu had it.
    over : (n,) ndarray
        T / d.
    r2 : (n,) ndarray
        Mean over seeds.
    """

    settings: Settings
    reach: float
    passes: int
    over: np.ndarray
    r2: np.ndarray


class Learning(Experiment):
    """Algorithm 1 at all sample counts up to T, one seed after the other.

    Phase 1 is the course's (PHASE_1) but for loss and decay; neurons are ReLUs.

    Parameters
    ----------
    settings : Settings
        What to learn, and with what.
    until : float
        T in units of d, one of STOPS.
    seeds : int
        How many to measure.
    """

    uses = ("link", "d", "noise", "width", "loss", "weight_decay", "bias", "seed")

    def __init__(self, settings: Settings, until: float, seeds: int):
        self.until, self.seeds = until, seeds
        self.reach, self.passes = 0.0, SOLVED  # reach 0 is the rule's
        self.rows: list[list[Row]] = []
        self.before: Before | None = None
        super().__init__(settings)

    def begin(self, settings: Settings) -> None:
        """Start anew; of phase 1 the settings choose loss and decay.

        Parameters
        ----------
        settings : Settings
            What to run from now on.
        """
        own = {"loss": settings.loss, "weight_decay": settings.weight_decay}
        course = {"activation": "relu", "inputs": "gaussian", "start": 1.0}
        self._start(settings.replace(**(PHASE_1 | own | course)))

    change = begin

    def compute(self) -> None:
        """Forget what was measured, and measure the first sample count of the first seed."""
        s = self.settings
        self.floor = linear_floor(s.link) if s.k == 1 else np.nan
        if not np.isfinite(self.floor):
            raise ValueError(
                f"k = {s.k}, link = {s.link}: this lab takes a link of one direction that is not "
                "constant, such as link=cubic"
            )
        self.key, self.times = object(), self._times()
        self.c = hermite_coefficients(s.link, DEGREES)
        self.rows = [[] for _ in range(self.seeds)]
        self.lost = [""] * self.seeds  # why a seed ended early
        self._walks = [self._walk(i) for i in range(self.seeds)]
        self.step()
        if self.lost[0]:
            raise ValueError(self.lost[0])

    def _times(self) -> np.ndarray:
        s = self.settings
        columns = s.d if self.whole else 3 * s.width
        most = min(WORK / (s.width * columns), NUMBERS / s.d if self.whole else np.inf)
        times = np.array([round(f * s.d) for f in STOPS if f * s.d <= most])
        if len(times) < 2:
            raise ValueError(
                f"width = {s.width:,} at d = {s.d:,} is too large for this lab: even T = d takes "
                "too long. Lower width or d."
            )
        return times

    @property
    def whole(self) -> bool:
        """Whether inputs are drawn whole, so that phase 2 has the same samples."""
        return self.settings.d <= max(WHOLE, self.settings.width + 1)

    def _walk(self, i: int) -> Iterator[Outcome]:
        s = self.settings.replace(seed=self.settings.seed + i)
        second = {"second": "sgd", "passes": self.passes} if self.passes else {}
        sampling = "plain" if self.whole else "reduced"
        return outcomes(s, self.times, reach=self.reach or None, sampling=sampling, **second)

    def take_until(self, until: float) -> None:
        """Show rows up to this T; measure on where they do not go that far.

        Parameters
        ----------
        until : float
            T in units of d.
        """
        self.until = until

    def take_reach(self, reach: float) -> None:
        """Draw new biases from another interval.

        Parameters
        ----------
        reach : float
            Its half width in units of the median row norm; 0 for the rule's.

        Raises
        ------
        ValueError
            For a negative one.
        """
        self._start(self.settings, reach=reach)

    def take_passes(self, passes: int) -> None:
        """Fit the second layer otherwise.

        Parameters
        ----------
        passes : int
            Of SGD over the samples; 0 for the exact solution.

        Raises
        ------
        ValueError
            For a negative number.
        """
        self._start(self.settings, passes=whole("passes", passes, 0))

    def _start(self, settings: Settings, **turned: float) -> None:
        """Start anew with knobs turned; if that fails, everything stays as it was."""
        before = self._so_far() if self.rows and len(self) > 1 else self.before
        old = {name: getattr(self, name) for name in turned}
        vars(self).update(turned)
        try:
            super().begin(settings)
        except Exception:
            vars(self).update(old)
            raise
        self.before = before

    def add_seeds(self, more: int) -> None:
        """Want further seeds.

        Parameters
        ----------
        more : int
            How many.
        """
        first, self.seeds = self.seeds, self.seeds + more
        self.rows += [[] for _ in range(more)]
        self.lost += [""] * more
        self._walks += [self._walk(i) for i in range(first, self.seeds)]

    @property
    def wanted(self) -> int:
        """How many sample counts are to be measured of each seed."""
        return max(1, int(np.sum(self.times <= self.until * self.settings.d + 0.5)))

    def _next(self) -> int | None:
        """The first seed that is not there yet."""
        missing = [
            i for i, rows in enumerate(self.rows) if len(rows) < self.wanted and not self.lost[i]
        ]
        return missing[0] if missing else None

    @property
    def unfinished(self) -> bool:
        """Whether something that is wanted is still to be measured."""
        return self._next() is not None

    def step(self) -> None:
        """Measure one seed at one more sample count."""
        i = self._next()
        if i is None:
            return
        try:
            found = next(self._walks[i])
        except Diverged as problem:
            self.lost[i] = str(problem)
        else:
            self.z, self.truth = found.tests.z, found.tests.truth
            self.rows[i].append(row_of(found))

    def run(self) -> Learning:
        """What was measured so far, without what goes on.

        Returns
        -------
        Learning
            The same experiment, which cannot measure any more.
        """
        shown = copy.copy(self)
        shown._walks, shown.rows = [], [list(rows) for rows in self.rows]
        return shown

    # What is shown.

    @property
    def shown(self) -> list[Row]:
        """Rows of the first seed up to T."""
        return self.rows[0][: self.wanted]

    @property
    def samples(self) -> np.ndarray:
        """(n,) sample counts of these rows."""
        return np.array([row.samples for row in self.shown])

    def __len__(self) -> int:
        return len(self.shown)

    def column(self, name: str) -> np.ndarray:
        """(seeds, n) one number of every row that is shown, nan where a seed is not there yet.

        Parameters
        ----------
        name : str
            A field of Row.

        Returns
        -------
        (seeds, n) ndarray
            Seeds of which there is no row are left out.
        """
        n = len(self)
        known = [[getattr(row, name) for row in rows[:n]] for rows in self.rows if rows]
        return np.array([values + [np.nan] * (n - len(values)) for values in known], dtype=float)

    @property
    def stopped(self) -> bool:
        """Whether curves end before T because more would take too long."""
        return self.times[-1] < self.until * self.settings.d - 0.5 and self.until > STOPS[0]

    def _so_far(self) -> Before:
        over = self.samples / self.settings.d
        r2 = np.nanmean(self.column("r2"), axis=0)
        return Before(self.settings, self.reach, self.passes, over, r2)

    def gained(self) -> float:
        """How much larger mean R^2 is than before, at the last T / d of both.

        Returns
        -------
        float
            nan where nothing was before.
        """
        if self.before is None:
            return float("nan")
        now = self._so_far()
        _, i, j = np.intersect1d(now.over, self.before.over, return_indices=True)
        return float(now.r2[i[-1]] - self.before.r2[j[-1]]) if len(i) else float("nan")

    def frame(self):
        """All that is shown as a tidy DataFrame, one row a seed and sample count.

        Returns
        -------
        DataFrame
            Angles in degrees.
        """
        import pandas as pd

        n, known = len(self), []
        for i, rows in enumerate(self.rows):
            for row in rows[:n]:
                known.append(
                    {
                        "seed": self.settings.seed + i,
                        "samples": row.samples,
                        "reach": row.reach,
                        "passes": self.passes,
                        "fresh": row.again,
                        "r2": row.r2,
                        "r2_old_biases": row.old_r2,
                        "r2_phase_1": row.first_r2,
                        "angle": np.degrees(row.angle),
                        "r2_of_angle": row.angle_r2,
                    }
                )
        return pd.DataFrame(known)


def row_of(outcome: Outcome) -> Row:
    """What a lab keeps of an outcome.

    Parameters
    ----------
    outcome : Outcome
        Of one seed at one sample count.

    Returns
    -------
    Row
        Without its networks.
    """
    o, first = outcome, outcome.tests.report(outcome.phase_1)
    u = np.eye(1, o.net.W.shape[1])[0] if o.fresh else o.settings.target().directions[0]
    along = o.net.W @ u
    with np.errstate(divide="ignore", invalid="ignore"):
        kinks = np.nan_to_num(np.clip(-o.net.b / along, -FAR, FAR), nan=FAR)
    return Row(
        samples=o.samples,
        r2=o.r2,
        old_r2=o.old_report.r2,
        first_r2=first.r2,
        curve=o.report.curve,
        old_curve=o.old_report.curve,
        first_curve=first.curve,
        kinks=kinks,
        coefficients=o.report.coefficients,
        angle=o.angle,
        angle_r2=o.angle_r2,
        reach=o.reach,
        again=o.phase_2_samples if o.fresh else 0,
    )
