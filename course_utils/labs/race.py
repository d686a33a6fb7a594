"""What NTKLab shows: a race between SGD and kernels that grows step by step, and its views."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ..algorithm1 import PHASE_1
from ..comparison import DEGREES, METHODS, LineTests, kernel_movement, linear_floor, race
from ..hermite import hermite_coefficients
from ..kernels import RIDGES
from ..settings import Settings
from . import charts
from .experiment import Experiment
from .figures import step_up
from .look import COLOURS, DASHES, GREY, INK
from .marks import marked
from .views import Figure

if TYPE_CHECKING:
    import pandas as pd

SIZES = (50, 100, 200, 300, 500, 1000, 2000, 3000)
DIMENSIONS = (10, 20, 30, 50, 100, 200)
# phase 1 while alpha changes
LAZY = {"loss": "square", "schedule": "constant", "weight_decay": 0.3, "step": 0.3}


class Race(Experiment):
    """Reports of all methods at all sample sizes up to n, and one movement of the kernel.

    Parameters
    ----------
    settings : Settings
        What to run; SGD is that of Algorithm 1's first phase, whatever the settings say of it.
    n : int
        The largest sample size.
    """

    uses = ("link", "d", "noise", "width", "seed")
    alpha = 1.0

    def __init__(self, settings: Settings, n: int = SIZES[-1]):
        self.n = n
        super().__init__(settings)

    def begin(self, settings: Settings) -> None:
        """Start anew.

        Parameters
        ----------
        settings : Settings
            What to run; SGD is that of Algorithm 1's first phase, whatever the settings say of it.
        """
        super().begin(settings.replace(**PHASE_1))

    change = begin

    def compute(self) -> None:
        """Forget what was measured; it comes anew step by step."""
        if self.settings.d > max(DIMENSIONS) or self.settings.k != 1:
            raise ValueError(
                f"d = {self.settings.d:,}, k = {self.settings.k}: "
                "this lab takes d up to 200 and one direction"
            )
        self.tests = LineTests(self.settings.target(), grid=80, each=20)
        self.floor = linear_floor(self.settings.link)
        if not np.isfinite(self.floor):
            link = self.settings.summary().split("link=")[1].split()[0]
            raise ValueError(
                f"the link {link} is constant: R² compares an error with the variance of the "
                "label, which is 0 here. Try link=tanh."
            )
        self.c = hermite_coefficients(self.settings.link, DEGREES)
        self.reports: dict = {}
        self.movement = None

    def missing(self) -> list[int]:
        """Sample sizes up to n that are still to be measured.

        Returns
        -------
        list of int
            In order.
        """
        return [n for n in SIZES if n <= self.n and n not in self.reports]

    @property
    def unfinished(self) -> bool:
        """Whether something is still to be measured."""
        return self.movement is None or bool(self.missing())

    def look_lazily(self, alpha: float) -> None:
        """Another scaling of the network, whose kernel moves otherwise.

        Parameters
        ----------
        alpha : float
            Laziness, above 0; see ``kernel_movement``.
        """
        self.alpha, self.movement = alpha, None

    def step(self) -> None:
        """Measure one thing that is missing."""
        if self.movement is None:
            self.movement = kernel_movement(
                self.settings.replace(**LAZY), self.alpha, checkpoints=10
            )
        elif self.missing():
            n = self.missing()[0]
            self.reports[n] = race(self.settings, n, ridges=RIDGES[::2], tests=self.tests)

    def sizes(self) -> list[int]:
        """Sample sizes that are shown.

        Returns
        -------
        list of int
            In order.
        """
        return [n for n in SIZES if n <= self.n and n in self.reports]

    def frame(self) -> pd.DataFrame:
        """R^2 of each method.

        Returns
        -------
        pandas.DataFrame
            One row a sample size.
        """
        import pandas as pd

        return pd.DataFrame(
            [{"n": n} | {m: r.r2 for m, r in self.reports[n].items()} for n in self.sizes()]
        )


def views(race: Race) -> list[Figure]:
    """R^2 against n, the function along u, its Hermite degrees, the kernel during training.

    Parameters
    ----------
    race : Race
        What was measured.

    Returns
    -------
    list of Figure
        With arrays given.
    """
    n, s = np.array(race.sizes(), dtype=float), race.settings
    curves = [
        marked(n, [race.reports[m][name].r2 for m in race.sizes()], name, i)
        for i, name in enumerate(METHODS)
    ] + [charts.path([40, 4000], [race.floor] * 2, "linear floor", GREY, "longdash", 1.5)]
    marks = (50, 100, 300, 1000, 3000)
    ticks = {"tickvals": list(marks), "ticktext": [f"{v:,}" for v in marks], "tickangle": 0}
    axis = {
        "type": "log",
        "range": [np.log10(40), np.log10(4000)],
        "title": f"samples n (d = {s.d})",
        **ticks,
    }
    inside = {"x": 0.02, "xanchor": "left", "y": 1, "yanchor": "top"}  # above the curves
    layout = {"title": "Test R² on the same samples", "xaxis": axis}
    low = lowest_r2(r.r2 for m in race.sizes() for r in race.reports[m].values())
    ticks = [i / 2 for i in range(math.ceil(2 * low), 3)]
    axis = {"range": [low, 1.05], "tickvals": ticks, "title": "R²"}
    shown = [Figure("race", curves, layout | {"yaxis": axis}, direct=True)]
    last = race.reports[race.sizes()[-1]] if race.sizes() else {}
    shown_z, truth = np.abs(race.tests.z) < 3.2, race.tests.truth
    z = race.tests.z[shown_z]
    curves = [charts.path(z, truth[shown_z], "f", INK, "solid", 3)]
    curves += [
        charts.path(z, r.curve[shown_z], m, COLOURS[i], DASHES[i])
        for i, (m, r) in enumerate(last.items())
    ]
    reach = charts.label_range(truth[shown_z])
    free = inside if truth[shown_z][0] <= 0 else {}  # above the left end of f, or below it
    title = f"Prediction along u, n = {race.sizes()[-1]:,}" if last else "Prediction along u"
    layout = {
        "title": title,
        "xaxis": {"range": [-3.2, 3.2], "title": "z = ⟨u, x⟩"},
        "legend": free,
    }
    shown.append(Figure("function", curves, layout | {"yaxis": {"range": reach, "title": "y"}}))
    known = {"f": race.c} | {m: r.coefficients for m, r in last.items() if m != "linear"}
    look = {"f": (GREY, ""), "SGD": (COLOURS[0], "/"), "NTK": (COLOURS[1], ".")}
    bars = [_bars(c, name, *look[name]) for name, c in known.items()]
    layout = {
        "title": "Hermite degrees learned",
        "barmode": "group",
        "legend": {"x": 0.98, "xanchor": "right", "y": 1, "yanchor": "top"},
        "xaxis": {"title": "degree", "dtick": 1},
    }
    grow = step_up(max(1.0, *(max(c.max() / 1.1, c.min() / -0.45) for c in known.values())))
    shown.append(
        Figure(
            "degrees",
            bars,
            layout | {"yaxis": {"range": [-0.45 * grow, 1.1 * grow], "title": "coefficient"}},
        )
    )
    return [*shown, _moved(race, inside)]


def lowest_r2(r2: Iterable[float]) -> float:
    """Lower end of an axis of R^2: a little below 0, or in halves as low as it takes, to -3.

    Parameters
    ----------
    r2 : iterable of float
        What the axis has to show.

    Returns
    -------
    float
        From -3 to -0.1.
    """
    least = max(-3.0, min(r2, default=0.0))
    return -0.1 if least > -0.1 else math.floor(2 * least) / 2


def _bars(c: np.ndarray, name: str, colour: str, shape: str) -> dict:
    marker = {"color": colour, "pattern": {"shape": shape, "fillmode": "overlay"}}
    return {
        "type": "bar",
        "x": np.arange(len(c), dtype=float),
        "y": c,
        "name": name,
        "marker": marker,
        "hovertemplate": "degree %{x}: %{y:.2f}<extra>" + name + "</extra>",
    }


def _moved(race: Race, legend: dict) -> Figure:
    move, curves = race.movement, []
    if move is not None:
        shown = {
            "alignment to y": move.alignment,
            "cosine to u": np.cos(move.angle),
            "distance": move.distance,
        }
        curves = [
            marked(move.samples[1:], y[1:], name, i) for i, (name, y) in enumerate(shown.items())
        ]
    layout = {
        "title": f"The kernel in training, α = {race.alpha:g}",
        "legend": legend,
        "yaxis": {"range": [-0.05, 1.8], "tickvals": [0, 0.5, 1]},
        "xaxis": {"type": "log", "range": [1.4, 3.6], "dtick": 1, "title": "samples"},
    }
    return Figure("kernel", curves, layout)
