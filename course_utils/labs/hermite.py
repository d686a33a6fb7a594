"""HermiteLab: build a link from Hermite polynomials, and see what a direction learns of it.

Taught in notebook 01.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..estimators import explained_share
from ..hermite import hermite_basis, hermite_coefficients
from ..links import LINKS
from ..settings import Settings
from . import charts
from .controls import Knob, choice, slider
from .experiment import Experiment
from .gate import Question
from .lab import Lab
from .look import COLOURS, GREY, NOW
from .parts import Press
from .views import Figure, Words

if TYPE_CHECKING:
    import pandas as pd

DEGREE = 6
KNOWN = [name for name, link in LINKS.items() if link.k_range == (1, 1)]  # links of one direction
SMALL = 0.005  # a slider this near to zero counts as zero


class Expansion(Experiment):
    """Hermite coefficients c_0 ... c_6 of a link of one variable; of a known one, or one's own."""

    uses = ("d", "noise")

    def compute(self) -> None:
        if not hasattr(self, "c"):
            self.take(self.settings.link)

    def take(self, name: str) -> None:
        """The coefficients of a known link.

        Parameters
        ----------
        name : str
            Of the link; "own" makes the coefficients that are there one's own.
        """
        self.name = name
        if name == "own":
            self.rest = 0.0
            return
        self.c = hermite_coefficients(name, DEGREE)
        self.c[np.abs(self.c) < 1e-12] = 0.0
        second = hermite_coefficients(lambda Z: LINKS[name](Z) ** 2, 0)[0]
        self.rest = max(0.0, float(second - (self.c**2).sum()))
        self.rest = 0.0 if self.rest < 1e-9 else self.rest

    def set(self, j: int, value: float) -> None:
        """Change one coefficient: from now on the link is one's own.

        Parameters
        ----------
        j : int
            Its degree.
        value : float
            Its value.
        """
        self.name, self.rest = "own", 0.0
        self.c = self.c.copy()
        self.c[j] = value

    def clear(self) -> None:
        """Start from nothing."""
        for j in range(DEGREE + 1):
            self.set(j, 0.0)

    @property
    def exponent(self) -> int | None:
        """Information exponent: the smallest j >= 1 with c_j not zero; None if none is up to 6."""
        found = np.flatnonzero(np.abs(self.c[1:]) > SMALL)
        return int(found[0]) + 1 if len(found) else None

    def sum(self, z: np.ndarray) -> np.ndarray:
        """The link, sum_j c_j he_j(z).

        Parameters
        ----------
        z : (n,) ndarray
            Projections.

        Returns
        -------
        (n,) ndarray
            Its values.
        """
        return np.tensordot(self.c, np.array(hermite_basis(z, DEGREE)), 1)

    def share(self, overlap) -> np.ndarray:
        """Share of the variance of y that a direction explains.

        Parameters
        ----------
        overlap : float or ndarray
            Of the direction with the hidden one.

        Returns
        -------
        float or ndarray
            Between 0 and 1.
        """
        return explained_share(self.c, overlap, self.settings.noise, self.rest)

    def frame(self) -> pd.DataFrame:
        """The coefficients.

        Returns
        -------
        pandas.DataFrame
            One row a degree.
        """
        import pandas as pd

        return pd.DataFrame({"degree": np.arange(DEGREE + 1), "coefficient": self.c})


TIPS = {
    "d": "Input dimension: a random direction has an overlap of about 1/√d",
    "noise": "Standard deviation of the label noise",
}


def HermiteLab(
    link: str = "tanh",
    d: int = 100,
    noise: float = 0.1,
    lecture: bool = False,
    question: Question | None = None,
) -> Lab:
    """Sliders for Hermite coefficients, the link they make, and what a direction explains.

    Parameters
    ----------
    link : str
        A known link of one direction to begin with.
    d : int
        Input dimension.
    noise : float
        Standard deviation of the label noise.
    lecture : bool
        Open in lecture mode.
    question : Question, optional
        What is asked first; see Question. Not in lecture mode.

    Returns
    -------
    Lab
        Its ``result`` is the Expansion.

    Raises
    ------
    ValueError
        For a link of several directions, or an unknown one.

    Notes
    -----
    Taught in notebook 01.
    """
    if link not in KNOWN:
        raise ValueError(
            f"link = {link!r} is not a link of one direction: it must be one of {', '.join(KNOWN)}"
        )
    expansion = Expansion(Settings(link=link, d=d, k=1, noise=noise))
    options = [(f"{name}: {LINKS[name].formula}", name) for name in KNOWN] + [
        ("own: from the sliders", "own")
    ]
    menu = choice("link", "A known link, or your own", options, link)
    knobs = {"start": Knob(menu, expansion.take, lambda: expansion.name)}
    knobs |= {f"c{j}": _coefficient(expansion, j) for j in range(DEGREE + 1)}
    return Lab(
        "HermiteLab",
        expansion,
        views,
        words,
        first=("d", "noise"),
        more=(),
        tips=TIPS,
        knobs=knobs,
        bar=tuple(knobs)[1:],
        orders={"zero": lambda _: expansion.clear()},
        beside=("start", Press("All zero", "Start from nothing", "zero", "eraser")),
        text=_lines,
        example="",
        more_title="Export",
        lecture=lecture,
        question=question,
    )


def _coefficient(expansion: Expansion, j: int) -> Knob:
    control = slider(
        f"c{j}", f"Coefficient of the Hermite polynomial of degree {j}", -1.2, 1.2, 0.01
    )
    return Knob(control, partial(expansion.set, j), lambda: float(expansion.c[j]))


def views(expansion: Expansion) -> list[Figure]:
    """The link, its coefficients, and what a direction explains by its overlap with the hidden one.

    Parameters
    ----------
    expansion : Expansion
        What is shown.

    Returns
    -------
    list of Figure
        With arrays given.
    """
    z = np.linspace(-3, 3, 121)
    built = expansion.sum(z)
    name = "your link" if expansion.name == "own" else "degrees 0 to 6"
    traces = [charts.path(z, built, name, COLOURS[0])]
    shown = [built]
    if expansion.name != "own":
        shown = [LINKS[expansion.name](z[:, None])]
        traces.append(charts.path(z, shown[0], expansion.name, NOW, "dash"))
    reach = charts.label_range(np.concatenate(shown))
    bell = reach[0] + 0.35 * (reach[1] - reach[0]) * np.exp(-z * z / 2)
    traces.append(charts.path(z, bell, "density of z", GREY, "dot", 1.2, hoverinfo="skip"))
    axes = {"xaxis": {"range": [-3, 3], "title": "z"}, "yaxis": {"range": reach, "title": "f(z)"}}
    legend = {"y": 0.98, "yanchor": "top"}
    link = Figure("link", traces, {"title": "The link f", "legend": legend, **axes})
    s = expansion.exponent
    coefficients = charts.bars(
        expansion.c,
        [str(j) for j in range(DEGREE + 1)],
        "Hermite coefficients",
        "degree j",
        "c<sub>j</sub>",
        accent=s,
        yrange=[-1.4, 1.4],
    )
    return [link, coefficients, _signal(expansion)]


def _signal(expansion: Expansion) -> Figure:
    m = np.geomspace(1e-3, 1, 61)
    share = np.maximum(expansion.share(m), 1e-30)
    start = float(expansion.settings.d) ** -0.5
    here = max(float(expansion.share(start)), 1e-30)
    first = [charts.path(m, share, "explained", COLOURS[0], "solid", 2.5)]
    if (s := expansion.exponent) is not None:
        slope = explained_share(np.r_[np.zeros(s), expansion.c[s]], m) * _part(expansion, s)
        first.append(
            charts.path(m, np.maximum(slope, 1e-30), f"degree {s} alone", GREY, "dash", 1.5)
        )
    traces = [
        *first,
        charts.path([start, start], [1e-12, 1], "random start, 1/√d", NOW, "dot", 1.5),
        charts.points([start], [here], "there", NOW, 10, "diamond", showlegend=False),
    ]
    legend = {"x": 0.98, "xanchor": "right"}
    axis = {"type": "log", "exponentformat": "power"}
    return Figure(
        "signal",
        traces,
        {
            "title": "Share explained by overlap",
            "legend": legend,
            "xaxis": {**axis, "range": [-3, 0.05], "dtick": 1, "title": "overlap m"},
            "yaxis": {**axis, "range": [-12, 0.5], "dtick": 3, "title": "share"},
        },
    )


def words(expansion: Expansion, moment: int = -1) -> Words:
    """Variance by degree, the exponent and the signal at a random start.

    Parameters
    ----------
    expansion : Expansion
        What is shown.
    moment : int
        Says nothing: there is one moment.

    Returns
    -------
    Words
        One sentence.
    """
    s, d = expansion.exponent, expansion.settings.d
    power = expansion.c[1:] ** 2
    total = float(power.sum() + expansion.rest)
    if s is None:
        return Words(
            f"All coefficients of degree 1 to {DEGREE} are zero: "
            "up to there y tells nothing about any direction."
        )
    share, slope = (
        float(expansion.share(d**-0.5)),
        float(power[0] / (total + expansion.settings.noise**2)),
    )
    name = "your link" if expansion.name == "own" else expansion.name
    sentence = (
        f"Information exponent of {name}: {s}. Variance {total:.2f}; the best linear fit explains "
        f"{slope:.2f} of the variance of y. A random direction in d = {d:,} has overlap "
        f"{d**-0.5:.2g} and explains {share:.1g}."
    )
    return Words(sentence)


def _lines(expansion: Expansion, words: Words, code: str) -> list[str]:
    return [
        words.sentence,
        "coefficients c_0 ... c_6: " + ", ".join(f"{value:.3f}" for value in expansion.c + 0.0),
    ]


def _part(expansion: Expansion, s: int) -> float:
    """Share of the variance of y that degree s carries."""
    return float(
        expansion.c[s] ** 2
        / ((expansion.c[1:] ** 2).sum() + expansion.rest + expansion.settings.noise**2)
    )
