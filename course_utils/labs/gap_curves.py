"""What GapLab shows: the generalisation gap as an experiment that grows seed by seed; its views."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..algorithm1 import PHASE_1
from ..generalisation import FIRST_LAYERS, TAU, TERMS, Gaps, gap, predicted_gap, suprema
from ..given import choice
from ..networks import TwoLayerNet
from ..settings import Settings
from . import charts
from .charts import BESIDE
from .experiment import Experiment
from .figures import step_up
from .look import COLOURS, GREY, INK
from .marks import band, marked
from .views import Figure

if TYPE_CHECKING:
    import pandas as pd

SIZES = (50, 100, 200, 500, 1000, 2000, 5000)
WORK = 5e8  # width x d x T of one run: beyond, a seed takes longer than a live lab can wait for
NUMBERS = 1e7  # d x T, numbers in one set of samples
WIDEST = 300  # neurons for which suprema are computed
AVERAGE = 2000  # samples over which a prediction averages
FIELDS = {  # what results can be compared by: its name, whether on a log axis, from where to where
    "width": ("width", True, [0.9, 5.1]),
    "d": ("d", True, [0.6, 2.7]),
    "k": ("k", True, [-0.1, 1.8]),
    "noise": ("noise", False, [-0.1, 3.1]),
    "weight_decay": ("decay", False, [-0.1, 5.1]),
}


class GapCurves(Experiment):
    """Gaps, predictions and suprema at all sample counts up to T, one seed after the other.

    Parameters
    ----------
    settings : Settings
        What to run. SGD is that of Algorithm 1's first phase, but for the decay; the network has
        ReLU neurons.
    samples : int
        T, the largest sample count.
    seeds : int
        How many to measure.
    """

    uses = ("link", "d", "k", "noise", "width", "weight_decay", "seed")
    against = "width"  # the field along which results are compared

    def __init__(self, settings: Settings, samples: int, seeds: int):
        self.samples, self.seeds = samples, seeds
        self.known: dict[Settings, Gaps] = {}
        self.gaps: Gaps | None = None
        self.before: Gaps | None = None  # what was measured last with other settings
        super().__init__(settings)

    def begin(self, settings: Settings) -> None:
        """Start anew.

        Parameters
        ----------
        settings : Settings
            What to run; SGD is that of Algorithm 1's first phase, but for the decay.
        """
        fixed = PHASE_1 | {"weight_decay": settings.weight_decay}
        super().begin(settings.replace(**fixed, activation="relu", bias="normal"))

    change = begin

    def compute(self) -> None:
        """Forget what was measured; it comes anew seed by seed."""
        s = self.settings
        most = min(WORK / (s.width * s.d), NUMBERS / s.d, self.samples)
        self.times = tuple(n for n in SIZES if n <= most)
        if not self.times:
            raise ValueError(
                f"width = {s.width:,} at d = {s.d:,} is too large for this lab: even "
                f"T = {SIZES[0]} would take too long. Lower width or d."
            )
        if self.gaps is not None and self.gaps.settings != s:
            self.before = self.gaps
        self.gaps = None
        self.guesses: list[np.ndarray] = []  # (n,) for each seed
        self.suprema: list[np.ndarray] = []  # (n, 3, 2) for each seed
        self.nets: tuple[TwoLayerNet, ...] = ()  # of the seed that is being looked at

    def take_samples(self, samples: int) -> None:
        """Show curves up to another T; measure anew where they were not measured that far.

        Parameters
        ----------
        samples : int
            T.
        """
        before, self.samples = self.samples, samples
        if samples > before:
            self.compute()

    def compare(self, field: str) -> None:
        """Compare results along another field of the settings.

        Parameters
        ----------
        field : str
            One of ``FIELDS``.
        """
        self.against = choice("compare by", field, FIELDS)

    def add_seeds(self, more: int) -> None:
        """Want further seeds.

        Parameters
        ----------
        more : int
            How many.
        """
        self.seeds += more

    def power(self, field: str) -> float:
        """The power of a field with which the gap has grown since the settings before.

        Parameters
        ----------
        field : str
            Of the settings, in which both differ.

        Returns
        -------
        float
            At the largest sample count of both.
        """
        now, before = self.gaps, self.before
        _, i, j = np.intersect1d(now.samples, before.samples, return_indices=True)
        grown = now.mean[i[-1]] / before.mean[j[-1]]
        changed = getattr(now.settings, field) / getattr(before.settings, field)
        return float(np.log(grown) / np.log(changed))

    @property
    def no_suprema(self) -> str:
        """Why there are no suprema for these settings; empty where there are."""
        if self.settings.k > 1:
            return "computed for one direction, k = 1"
        return f"computed up to width {WIDEST}" if self.settings.width > WIDEST else ""

    @property
    def unfinished(self) -> bool:
        """Whether something that is wanted is still to be measured."""
        return self.gaps is None or min(len(self.gaps.seeds), len(self.guesses)) < self.seeds

    def step(self) -> None:
        """Measure one seed's gap, or what belongs to it: predictions and suprema."""
        done = 0 if self.gaps is None else len(self.gaps.seeds)
        if done == len(self.guesses):
            new = gap(self.settings, self.times, [self.settings.seed + done])
            self.nets, new = new.nets[0], replace(new, settings=self.settings, nets=())
            self.gaps = new if self.gaps is None else self.gaps.joined(new)
            self.known[self.settings.replace(seed=0)] = self.gaps
            return
        s = self.settings.replace(seed=self.settings.seed + done - 1)
        if not self.no_suprema:
            self.suprema.append(suprema(s, self.times))
        each = zip(self.nets, self.times, strict=True)
        self.guesses.append(np.array([predicted_gap(s, n, t, average=AVERAGE) for n, t in each]))
        self.nets = ()

    @property
    def shown(self) -> int:
        """How many of the measured sample counts are shown."""
        return sum(n <= self.samples for n in self.times)

    @property
    def stopped(self) -> bool:
        """Whether curves end before T because more would take too long."""
        return self.times[-1] < min(self.samples, SIZES[-1])

    def predicted(self) -> np.ndarray:
        """The mean prediction over the seeds done.

        Returns
        -------
        (n,) ndarray
            One a sample count, nan before the first seed.
        """
        if not self.guesses:
            return np.full(len(self.times), np.nan)
        return np.mean(self.guesses, axis=0)

    def bound(self) -> np.ndarray:
        """sqrt(k d / T), with constant 1.

        Returns
        -------
        (n,) ndarray
            One a sample count.
        """
        return np.sqrt(self.settings.k * self.settings.d / np.array(self.times))

    def largest(self) -> np.ndarray:
        """The supremum of abs(R - Rhat) over second layers.

        Returns
        -------
        (seeds, n, 3) ndarray
            For each of ``FIRST_LAYERS``.
        """
        return np.array(self.suprema).reshape(-1, len(self.times), 3, 2).max(axis=3)

    def compared(self) -> list[tuple[float, float, float]]:
        """Results that differ in the field along which they are compared, and in nothing else.

        Returns
        -------
        list of (float, float, float)
            Value of the field, gap T / d and its standard error, by value.
        """
        s, t, found = self.settings, self.times[self.shown - 1], []
        for other, gaps in self.known.items():
            value = getattr(other, self.against)
            if t in gaps.samples and other == _with(s, self.against, value):
                i = list(gaps.samples).index(t)
                scale = t / other.d
                found.append((float(value), gaps.mean[i] * scale, gaps.error[i] * scale))
        return sorted(found)

    def frame(self) -> pd.DataFrame:
        """All that was measured.

        Returns
        -------
        pandas.DataFrame
            One row a seed and sample count.
        """
        import pandas as pd

        columns = ["seed", "samples", "gap", *TERMS, "one run", "risk", "sd of the loss"]
        rows, g = [], self.gaps
        for i, seed in enumerate(() if g is None else g.seeds):
            for j, t in enumerate(self.times[: self.shown]):
                parts = (g.values, g.terms, g.alone, g.risk, g.deviation)
                rows.append((seed, t, *np.hstack([part[i, j] for part in parts])))
        table = pd.DataFrame(rows, columns=columns)
        if len(self.guesses) * self.shown == len(table):
            table["predicted"] = [v for line in self.guesses for v in line[: self.shown]]
            if self.suprema:
                flat = self.largest()[:, : self.shown].reshape(-1, 3)
                for name, values in zip(FIRST_LAYERS, flat.T, strict=True):
                    table[f"supremum, {name}"] = values
        return table


def _with(settings: Settings, name: str, value) -> Settings | None:
    """These settings with seed 0 and another value of one field; None where that cannot be."""
    try:
        return settings.replace(seed=0, **{name: value})
    except ValueError:
        return None


def views(curves: GapCurves) -> list[Figure]:
    """The gap against T, suprema over second layers, the three terms, and what was compared.

    Parameters
    ----------
    curves : GapCurves
        What was measured.

    Returns
    -------
    list of Figure
        With arrays given.
    """
    return [_gap(curves), _suprema(curves), _terms(curves), _compared(curves)]


def _time_axis(curves: GapCurves) -> dict:
    return {
        "type": "log",
        "range": [math.log10(40), math.log10(6500)],
        "title": f"samples T (d = {curves.settings.d:,})",
        "tickvals": list(SIZES),
        "ticktext": [f"{n:,}" for n in SIZES],
        "tickangle": 0,
    }


def _gap(curves: GapCurves) -> Figure:
    s, g, n = curves.settings, curves.gaps, curves.shown
    t, traces = np.array(curves.times[:n], dtype=float), []
    wide = np.geomspace(40, 6500, 50)
    vacuous = s.k * s.d / TAU**2
    if vacuous > 40:
        shade = band([40, min(vacuous, 6500)], [1e-6, 1e-6], [10, 10], GREY)
        traces.append(shade | {"name": "bound above τ", "showlegend": True})
    traces.append(charts.path(wide, np.sqrt(s.k * s.d / wide), "√(kd/T)", INK, "longdash", 1.5))
    if curves.before is not None:
        b = curves.before
        changed = [f for f in FIELDS if getattr(b.settings, f) != getattr(s, f)]
        told = ", ".join(f"{FIELDS[f][0]} {getattr(b.settings, f):,g}" for f in changed)
        grey = charts.path(
            b.samples, _positive(b.mean), f"before: {told or 'other'}", GREY, "dashdot"
        )
        traces.append(grey)
    if g is not None:
        mean, error = g.mean[:n], g.error[:n]
        if len(g.seeds) > 1:
            low = np.maximum(mean - 2 * error, 1e-6)
            traces.append(band(t, low, np.maximum(mean + 2 * error, 1e-6), COLOURS[0]))
        traces.append(marked(t, _positive(mean), "gap, mean", 0))
        traces.append(charts.path(t, curves.predicted()[:n], "predicted", COLOURS[1], "dash"))
        traces.append(charts.path(t, g.luck[:n], "luck of one run", COLOURS[2], "dot"))
    axis = {
        "type": "log",
        "range": [-4.3, 1],
        "title": "gap",
        "dtick": 1,
        "exponentformat": "power",
    }
    title = "Gap of a trained network"
    return Figure(
        "gap",
        traces,
        {"title": title, "xaxis": _time_axis(curves), "yaxis": axis, "legend": BESIDE},
    )


def _positive(y: np.ndarray) -> np.ndarray:
    """Values as a log axis can show them."""
    return np.where(y > 0, y, np.nan)


def _suprema(curves: GapCurves) -> Figure:
    title, n, traces = "Largest gap over second layers × √T", curves.shown, []
    t = np.array(curves.times[:n], dtype=float)
    found = curves.largest()[:, :n] * np.sqrt(t)[:, None]
    top = 6.0
    if curves.no_suprema:
        title = f"Second layers: {curves.no_suprema}"
    elif len(found):
        for i in range(3):
            traces.append(band(t, found[:, :, i].min(0), found[:, :, i].max(0), COLOURS[i]))
        traces += [marked(t, found[:, :, i].mean(0), FIRST_LAYERS[i], i) for i in range(3)]
        top *= step_up(max(1.0, found.max() / 6))
    axis = {"range": [0, top], "title": "sup |R − R̂| × √T"}
    return Figure(
        "suprema",
        traces,
        {"title": title, "xaxis": _time_axis(curves), "yaxis": axis, "legend": BESIDE},
    )


def _terms(curves: GapCurves) -> Figure:
    g, n, traces, grow = curves.gaps, curves.shown, [], 1.0
    if g is not None:
        t = np.array(curves.times[:n], dtype=float)
        scale = t / curves.settings.d
        terms = g.terms.mean(axis=0)[:n] * scale[:, None]
        whole = g.mean[:n] * scale
        traces = [charts.path(t, whole, "whole gap", INK, "solid", 3)]
        traces += [marked(t, terms[:, i], name, i) for i, name in enumerate(TERMS)]
        grow = step_up(max(1.0, np.max([whole, *terms.T]) / 0.3, np.min(terms) / -0.1))
    axis = {"range": [-0.1 * grow, 0.3 * grow], "title": "term × T / d"}
    title = "Three terms of the gap × T / d"
    return Figure(
        "terms",
        traces,
        {"title": title, "xaxis": _time_axis(curves), "yaxis": axis, "legend": BESIDE},
    )


def _compared(curves: GapCurves) -> Figure:
    x, y, error = np.array(curves.compared()).reshape(-1, 3).T
    gaps = np.full(len(x), np.nan)  # so that each bar is a stroke of its own
    low, high = y - 2 * error, y + 2 * error
    bars = [np.column_stack(v).ravel() for v in ((x, x, gaps), (low, high, gaps))]
    traces = [
        charts.path(*bars, "± 2 standard errors", COLOURS[0], "solid", 1.5, hoverinfo="skip"),
        marked(x, y, "gap × T / d", 0),
    ]
    top = 0.3 * step_up(max([1.0, *(v / 0.3 for v in (*y, *high) if np.isfinite(v))]))
    label, log, limits = FIELDS[curves.against]
    axis = {"title": label, "range": limits} | ({"type": "log", "dtick": 1} if log else {})
    title = f"Gap × T / d against {label}, T = {curves.times[curves.shown - 1]:,}"
    up = {"range": [0, top], "title": "gap × T / d"}
    layout = {"title": title, "xaxis": axis, "yaxis": up, "showlegend": False}
    return Figure("compared", traces, layout)
