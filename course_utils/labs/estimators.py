"""EstimatorsLab: five classical ways to find the subspace, and the links on which each fails.

Taught in notebook 01.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..estimators import ESTIMATORS, draw, find, largest_angle, population_rank, random_angle
from ..machine import single_threaded_blas
from ..settings import Settings
from . import charts
from .controls import Knob, choice, field_widget, steps
from .experiment import Experiment, given
from .gate import Question
from .lab import Lab
from .look import COLOURS, DASHES, GREY, MARKERS, NOW
from .marks import band
from .parts import Press
from .views import Figure, Words

if TYPE_CHECKING:
    import pandas as pd

SIZES = (5, 10, 20, 50, 100, 200)  # sample sizes, in units of d
# dimensions: beyond that the kernel fit needs more centres than a live lab can wait for
LARGEST = 30
NAMES = tuple(ESTIMATORS)
SHOWN = 600  # samples drawn as points


class Comparison(Experiment):
    """Angles of all estimators at all sample sizes, one seed after the other.

    Parameters
    ----------
    settings : Settings
        What labels depend on.
    seeds : int
        How many to measure.

    Notes
    -----
    ``angles`` is (estimators, sizes, seeds), in degrees; nan where there is none.
    """

    uses = ("link", "d", "k", "noise", "seed")

    def __init__(self, settings: Settings, seeds: int):
        self.seeds = seeds
        # estimator and index of the sample size that are looked at
        self.which, self.size = "SIR", len(SIZES) - 1
        super().__init__(settings)

    def compute(self) -> None:
        """Forget the old angles; the new ones come step by step."""
        s = self.settings
        if s.d > LARGEST:
            raise ValueError(
                f"d = {s.d:,} is too large for this lab, where a kernel fit needs d^2 / 2 centres: "
                f"at most {LARGEST}"
            )
        self.samples_at = tuple(size * s.d for size in SIZES)
        self.angles = np.full((len(NAMES), len(SIZES), 0), np.nan)
        self.chance = random_angle(s.d, s.k)
        self.ranks = {name: population_rank(name, s.link, s.k, s.noise) for name in NAMES}
        self.look: dict[tuple[str, int], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        self._next = (0, 0)  # seed, size
        self._data = None

    def add_seeds(self, more: int) -> None:
        """Want further seeds.

        Parameters
        ----------
        more : int
            How many.
        """
        self.seeds += more

    @property
    def unfinished(self) -> bool:
        """Whether a wanted seed is still to be measured."""
        return self._next[0] < self.seeds

    def step(self) -> None:
        """Measure all estimators at the next sample size."""
        s, (seed, size) = self.settings, self._next
        if self._data is None:
            self._data = draw(s.link, s.d, s.k, s.noise, max(self.samples_at), s.seed + seed)
            self.angles = np.dstack([self.angles, np.full(self.angles.shape[:2], np.nan)])
        model, X, y = self._data
        X, y = X[: self.samples_at[size]], y[: self.samples_at[size]]
        with single_threaded_blas():
            for i, name in enumerate(NAMES):
                self._measure(i, name, X, y, model.directions, size, seed)
        last = size + 1 == len(SIZES)
        self._next = (seed + 1, 0) if last else (seed, size + 1)
        self._data = None if last else self._data

    def _measure(self, i: int, name: str, X, y, directions, size: int, seed: int):
        found = find(name, X, y)
        if found is None:
            return
        values, rows = found
        self.angles[i, size, seed] = largest_angle(rows, directions)
        if seed == 0:
            p = X[:SHOWN] @ rows[0]
            # a direction has no sign; this one makes a slope rise
            p *= 1 if p @ y[:SHOWN] >= 0 else -1
            self.look[name, size] = (values[:8] / (values[0] or 1.0), p, y[:SHOWN])

    def quantiles(self) -> np.ndarray:
        """Smallest, median and largest angle over the seeds done.

        Returns
        -------
        (3, estimators, sizes) ndarray
            Degrees; nan where no seed is.
        """
        found = np.full((3, *self.angles.shape[:2]), np.nan)
        for i, j in np.argwhere(np.isfinite(self.angles).any(axis=2)):
            found[:, i, j] = np.nanquantile(self.angles[i, j], (0, 0.5, 1))
        return found

    def lost(self) -> list[str]:
        """Methods that miss some of the subspace at the most samples.

        Returns
        -------
        list of str
            Those whose median angle is above 45 degrees.
        """
        last = self.quantiles()[1, :, -1]
        return [name for name, angle in zip(NAMES, last, strict=True) if angle > 45]

    def frame(self) -> pd.DataFrame:
        """All angles, in degrees.

        Returns
        -------
        pandas.DataFrame
            One row a seed, estimator and sample size.
        """
        import pandas as pd

        rows = [
            (self.settings.seed + s, name, n, self.angles[i, j, s])
            for s in range(self.angles.shape[2])
            for i, name in enumerate(NAMES)
            for j, n in enumerate(self.samples_at)
        ]
        return pd.DataFrame(
            rows, columns=["seed", "estimator", "samples", "angle_degrees"]
        ).dropna()


PRESETS = {
    "tanh": (Settings(link="tanh", d=20), "A slope to see: whose curve does not come down?"),
    "he2": (Settings(link="he2", d=20), "No slope on average: who looks at curvature?"),
    "he3": (
        Settings(link="he3", d=20),
        "No slope and no curvature on average; the slices know more.",
    ),
    "product": (Settings(link="product", k=2, d=20), "Two directions that only show together."),
    "sum of three tanh": (
        Settings(link="sum_tanh", k=3, d=20),
        "Three directions, one mean slope.",
    ),
    "chain of three": (Settings(link="chain", k=3, d=20), "Slope and curvature each show a part."),
}
TIPS = {
    "link": "How the label depends on the hidden projections",
    "d": "Input dimension; sample sizes are 5 d to 200 d",
    "k": "How many hidden directions the label depends on",
    "noise": "Standard deviation of the noise added to each label",
    "seed": "Number of the first seed",
}


def EstimatorsLab(
    settings: Settings | None = None,
    seeds: int = 5,
    lecture: bool = False,
    question: Question | None = None,
) -> Lab:
    """Choose a link and see which estimators come near the hidden subspace as samples grow.

    Parameters
    ----------
    settings : Settings, optional
        What labels depend on; d up to 30.
    seeds : int
        How many to measure.
    lecture : bool
        Open in lecture mode.
    question : Question, optional
        What is asked first; see Question. Not in lecture mode.

    Returns
    -------
    Lab
        Its ``result`` is the Comparison.

    Raises
    ------
    ValueError
        For a larger d.

    Notes
    -----
    Taught in notebook 01.
    """
    comparison = Comparison(settings := given(settings, link="tanh", d=20, k=1, noise=0.1), seeds)
    tip = "Whose eigenvalues and first direction the small views show"
    which = choice("look at", tip, NAMES, comparison.which, flex="0 1 160px")
    tip = "Sample size of the small views and of the table"
    size = steps(
        "samples", tip, [(f"{size} d", i) for i, size in enumerate(SIZES)], comparison.size
    )
    return Lab(
        "EstimatorsLab",
        comparison,
        views,
        words,
        presets=PRESETS,
        first=("link", "d", "k", "noise"),
        more=("seed",),
        tips=TIPS,
        fields={"d": field_widget("d", settings, TIPS["d"], (3, 5, 10, 20, LARGEST))},
        knobs={
            "which": Knob(which, partial(setattr, comparison, "which"), lambda: comparison.which),
            "size": Knob(size, partial(setattr, comparison, "size"), lambda: comparison.size),
        },
        orders={"seeds": comparison.add_seeds},
        bar=("which", "size"),
        beside=(Press("5 more seeds", "Five more targets and data sets", "seeds", "plus", 5),),
        behind=(Press("New samples", "New seeds: draw everything anew", "new_seed", "refresh"),),
        more_title="Seed, new samples, export",
        text=_lines,
        lecture=lecture,
        question=question,
    )


EstimatorsLab.presets = PRESETS


def views(comparison: Comparison) -> list[Figure]:
    """Angles against samples; eigenvalues and the first direction of one estimator.

    Parameters
    ----------
    comparison : Comparison
        What was measured.

    Returns
    -------
    list of Figure
        With arrays given.
    """
    name, size = comparison.which, comparison.size
    views = [_angles(comparison)]
    values, p, y = comparison.look.get((name, size), (np.zeros(0),) * 3)
    n = comparison.samples_at[size]
    colours = [NOW if i < comparison.settings.k else GREY for i in range(len(values))]
    spectrum = charts.bars(
        values,
        [str(i + 1) for i in range(len(values))],
        f"{name}: values at n = {n:,}",
        "number",
        "value / first",
        yrange=[0, 1.2],
    )
    spectrum.name = "eigenvalues"
    spectrum.traces[0]["marker"] = {
        "color": colours,
        "pattern": {"shape": ["/" if c == NOW else "" for c in colours]},
    }
    seen = charts.cloud(p, y, f"y along the first direction of {name}", "⟨v, x⟩")
    seen.name = "first direction"
    return [*views, seen, spectrum]


def _angles(comparison: Comparison) -> Figure:
    n, s = np.array(comparison.samples_at, dtype=float), comparison.settings
    low, middle, high = comparison.quantiles()
    curves = []
    for i in range(len(NAMES)):
        known = np.isfinite(middle[i])
        curves.append(band(n[known], low[i, known], high[i, known], COLOURS[i % 6]))
    for i, name in enumerate(NAMES):
        known = np.isfinite(middle[i])
        x, y, colour = n[known], middle[i, known], COLOURS[i % 6]
        hover = "%{y:.0f} degrees at n = %{x:,.0f}<extra>" + name + "</extra>"
        curves.append(
            charts.path(x, y, name, colour, DASHES[i % 6], legendgroup=name, hoverinfo="skip")
        )
        marks = charts.points(
            x, y, name, colour, 7, MARKERS[i % 6], legendgroup=name, showlegend=False
        )
        curves.append(marks | {"hovertemplate": hover})
    ends = np.array([4, 250.0]) * s.d
    curves.append(charts.path(ends, [comparison.chance] * 2, "random guess", GREY, "longdash", 1.3))
    axis_x = {
        "type": "log",
        "range": np.log10(ends).tolist(),
        "tickvals": n.tolist(),
        "ticktext": [f"{v:,.0f}" for v in n],
        "title": f"samples n (d = {s.d})",
    }
    axis_y = {"range": [0, 92], "tickvals": [0, 15, 30, 45, 60, 75, 90], "title": "degrees"}
    title = "Largest angle to the hidden subspace"
    return Figure(
        "angles",
        curves,
        {"title": title, "xaxis": axis_x, "yaxis": axis_y, "legend": charts.BESIDE},
    )


def words(comparison: Comparison, moment: int = -1) -> Words:
    """Which estimators ought to find the subspace, and how near they came.

    Parameters
    ----------
    comparison : Comparison
        What was measured.
    moment : int
        Says nothing: there is one moment.

    Returns
    -------
    Words
        At the sample size that is looked at.
    """
    s, size = comparison.settings, comparison.size
    middle = comparison.quantiles()[1, :, size]
    known = np.isfinite(comparison.angles[0, size]).sum()
    told = ", ".join(f"{name} {_degrees(a)}" for name, a in zip(NAMES, middle, strict=True))
    missing = [name for name in NAMES if comparison.ranks[name] < s.k]
    link = getattr(s.link, "__name__", s.link)
    sentence = (
        f"{link}, k = {s.k}, d = {s.d}, n = {comparison.samples_at[size]:,}: "
        f"angle to the hidden subspace {told} (median of {known} seed{'s' if known != 1 else ''}; "
        f"a random guess: {comparison.chance:.0f}°). "
        + (
            f"Expected to miss some of it however large n is: {', '.join(missing)}."
            if missing
            else "All of them can find it."
        )
    )
    found = lambda name: f"{comparison.ranks[name]} of {s.k}"  # noqa: E731
    rows = [
        (f"{name}, from {ESTIMATORS[name].sees}", found(name), _degrees(a), "")
        for name, a in zip(NAMES, middle, strict=True)
    ]
    return Words(sentence, rows)


def _lines(comparison: Comparison, words: Words, code: str) -> list[str]:
    """The sentence, a table of median angles and the settings."""
    head = f"{'samples':>16} " + " ".join(f"{n:>7,}" for n in comparison.samples_at)
    middle = zip(NAMES, comparison.quantiles()[1], strict=True)
    rows = [f"{name:>16} " + " ".join(f"{_degrees(a):>7}" for a in line) for name, line in middle]
    return [words.sentence, head, *rows, code]


def _degrees(angle: float) -> str:
    return f"{angle:.0f}°" if np.isfinite(angle) else "-"
