"""TargetLab: labels against the true projections, and against any direction that you turn to.

Taught in notebook 01.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erf

from ..estimators import best_curve, coefficients_along, explained_share
from ..inputs import gaussian
from ..settings import Settings
from ..targets import MultiIndexModel
from . import charts
from .controls import Knob, slider
from .experiment import Experiment, given
from .gate import Question
from .lab import Lab
from .look import COLOURS, GREY, NOW
from .parts import Press
from .views import Figure, Words

if TYPE_CHECKING:
    import pandas as pd

SHOWN, MEASURED = 600, 6000  # samples drawn as points; samples that the share is measured on
SOLID = 400  # points around a surface
DEGREE = 8
STREAMS = 0xC10D, 0x100C  # beside the seed: of samples, of directions
LOW = 0.45  # where curves leave room for a legend above


class Cloud(Experiment):
    """Samples of a multiple-index model seen along one direction v = cos(tilt) e + sin(tilt) w.

    Notes
    -----
    e = cos(turn) u_1 + sin(turn) q lies in the hidden subspace (q in the span of the other u_i), w
    outside. Only projections are drawn, which are standard normal whatever d is, so that d = 10**6
    costs no more than d = 2.
    """

    uses = ("link", "d", "k", "noise", "seed")

    def compute(self) -> None:
        s = self.settings
        rng = np.random.default_rng([s.seed, STREAMS[0]])
        self.Z, self.outside = gaussian(MEASURED, s.k, rng), gaussian(MEASURED, 1, rng)[:, 0]
        self.y = self.model.labels(self.Z, rng)
        self._looks = np.random.default_rng([s.seed, STREAMS[1]])
        self.look_randomly()

    @property
    def model(self) -> MultiIndexModel:
        """The model in its own k coordinates."""
        s = self.settings
        return MultiIndexModel(np.eye(s.k), s.link, s.noise, sign_labels=s.sign_labels)

    def regression(self, Z: np.ndarray) -> np.ndarray:
        """E[y | z]: the link, or for sign labels how much more often y is 1 than -1.

        Parameters
        ----------
        Z : (n, k) ndarray
            True projections.

        Returns
        -------
        (n,) ndarray
            Expected labels.
        """
        g, noise = self.model.mean(Z), self.settings.noise
        if not self.settings.sign_labels:
            return g
        return erf(g / (math.sqrt(2) * noise)) if noise else np.where(g >= 0, 1.0, -1.0)

    def look_randomly(self) -> None:
        """Look along a direction that is uniform on the sphere of R^d."""
        s = self.settings
        inside = self._looks.standard_normal(s.k)
        outside = math.sqrt(self._looks.chisquare(s.d - s.k)) if s.d > s.k else 0.0
        rest = np.r_[0.0, inside[1:]]
        size = float(np.linalg.norm(rest))
        self._q = rest / size if size else np.eye(max(s.k, 2))[1][: s.k]
        self.turn = math.degrees(math.atan2(size, inside[0])) if s.k > 1 else 0.0
        self.look(math.degrees(math.atan2(outside, np.linalg.norm(inside))), self.turn)

    def look_at_truth(self) -> None:
        """Look along u_1; turning then goes towards u_2."""
        self._q = np.eye(max(self.settings.k, 2))[1][: self.settings.k]
        self.look(0.0, 0.0)

    def look(self, tilt: float, turn: float) -> None:
        """Look along a direction.

        Parameters
        ----------
        tilt : float
            Angle to the hidden subspace, in degrees.
        turn : float
            Angle to u_1 inside it, in degrees.
        """
        s = self.settings
        self.tilt, self.turn = (tilt if s.d > s.k else 0.0), (turn if s.k > 1 else 0.0)
        a, b = math.radians(self.tilt), math.radians(self.turn)
        self.e = math.cos(b) * np.eye(s.k)[0] + (math.sin(b) * self._q if s.k > 1 else 0.0)
        self.p = math.cos(a) * (self.Z @ self.e) + math.sin(a) * self.outside
        self.curve, self.measured = best_curve(self.p, self.y, DEGREE)
        self.coefficients, variance = coefficients_along(
            self.regression if s.sign_labels else s.link, self.e, DEGREE
        )
        if s.sign_labels:  # y^2 = 1: what is not explained by z is noise
            variance = 1 - float(self.coefficients[0] ** 2)
        self.rest = max(0.0, variance - float((self.coefficients[1:] ** 2).sum()))

    def share(self, tilt) -> np.ndarray:
        """Predicted share of the variance of y that directions explain, by Hermite expansion.

        Parameters
        ----------
        tilt : float or ndarray
            Their angle to e, in degrees.

        Returns
        -------
        float or ndarray
            Between 0 and 1.
        """
        noise = 0.0 if self.settings.sign_labels else self.settings.noise
        return explained_share(self.coefficients, np.cos(np.radians(tilt)), noise, self.rest)

    def random_tilts(self) -> np.ndarray:
        """The angle between a random direction and the hidden subspace.

        Returns
        -------
        (3,) ndarray
            Its 5, 50 and 95 % quantiles, in degrees.
        """
        from scipy.stats import beta

        s = self.settings
        if s.d == s.k:
            return np.zeros(3)
        return np.degrees(np.arccos(np.sqrt(beta(s.k / 2, (s.d - s.k) / 2).ppf([0.95, 0.5, 0.05]))))

    def frame(self) -> pd.DataFrame:
        """The samples: true projections, the one looked along, the label.

        Returns
        -------
        pandas.DataFrame
            One row a sample.
        """
        import pandas as pd

        columns = {f"z{i + 1}": self.Z[:, i] for i in range(self.settings.k)}
        return pd.DataFrame({**columns, "projection": self.p, "y": self.y})


PRESETS = {
    "tanh, d = 20": (
        Settings(link="tanh", d=20),
        "One direction, monotone link. Tilt the view towards it.",
    ),
    "tanh, d = 1,000,000": (
        Settings(link="tanh", d=10**6),
        "The link is the same. What changed is where a random direction points.",
    ),
    "even link": (
        Settings(link="he2", d=20),
        "Stand at 0 degrees: a clear curve, and no slope at all.",
    ),
    "product": (
        Settings(link="product", k=2, d=20),
        "At tilt 0, turn from 0 to 45 degrees: u₁ alone shows nothing.",
    ),
    "chain of three": (
        Settings(link="chain", k=3, d=20),
        "Which turn shows most? No single direction tells the whole.",
    ),
    "strong noise": (
        Settings(link="tanh", d=20, noise=2.0),
        "Noise takes its share at every angle alike.",
    ),
    "pure noise": (
        Settings(link="none", d=20, noise=1.0),
        "Nothing to find: every direction is as good as any other.",
    ),
}
TIPS = {
    "link": "How the label depends on the hidden projections",
    "d": "Input dimension: how many directions there are to get lost in",
    "k": "How many hidden directions the label depends on",
    "noise": "Standard deviation of the noise added to each label",
    "seed": "Whole number from which all random draws come",
}


def TargetLab(
    settings: Settings | None = None,
    lecture: bool = False,
    question: Question | None = None,
) -> Lab:
    """Choose a link, d, k and noise; see labels along true directions, and along any other.

    Parameters
    ----------
    settings : Settings, optional
        What labels depend on.
    lecture : bool
        Open in lecture mode.
    question : Question, optional
        What is asked first; see Question. Not in lecture mode.

    Returns
    -------
    Lab
        Its ``result`` is the Cloud.

    Notes
    -----
    Taught in notebook 01.
    """
    cloud = Cloud(given(settings, link="tanh", d=20, k=1, noise=0.1))

    def put_tilt(widget, value):
        widget.value, widget.disabled = value, cloud.settings.k == cloud.settings.d

    def put_turn(widget, value):
        widget.value, widget.disabled = value, cloud.settings.k == 1

    tip = "Angle between the direction you look along and the hidden subspace"
    tilt = slider("tilt", tip, 0, 90, 0.1, ".1f")
    tip = "For k > 1: angle inside the hidden subspace, from u₁ towards the other directions"
    turn = slider("turn", tip, 0, 180, 1, ".0f")
    return Lab(
        "TargetLab",
        cloud,
        views,
        words,
        presets=PRESETS,
        first=("link", "d", "k", "noise"),
        more=("seed",),
        tips=TIPS,
        knobs={
            "tilt": Knob(
                tilt, lambda tilt: cloud.look(tilt, cloud.turn), lambda: cloud.tilt, put_tilt
            ),
            "turn": Knob(
                turn, lambda turn: cloud.look(cloud.tilt, turn), lambda: cloud.turn, put_turn
            ),
        },
        orders={
            "truth": lambda _: cloud.look_at_truth(),
            "random": lambda _: cloud.look_randomly(),
        },
        bar=("tilt", "turn"),
        beside=(
            Press("Look along u₁", "The first true direction", "truth", "bullseye"),
            Press(
                "Random direction",
                "A direction drawn uniformly in all d dimensions",
                "random",
                "random",
            ),
        ),
        behind=(Press("New samples", "New seed: draw everything anew", "new_seed", "refresh"),),
        more_title="Seed, new samples, export",
        lecture=lecture,
        question=question,
    )


TargetLab.presets = PRESETS


def views(cloud: Cloud) -> list[Figure]:
    """The true projections, the projection that you look at, and what each angle can explain.

    Parameters
    ----------
    cloud : Cloud
        What is shown.

    Returns
    -------
    list of Figure
        With arrays given.
    """
    Z, y, k = cloud.Z[:SHOWN], cloud.y[:SHOWN], cloud.settings.k
    if k == 1:
        link = ("link", lambda q: cloud.regression(q[:, None]))
        true = charts.cloud(Z[:, 0], y, "y against the true projection", "z₁ = ⟨u₁, x⟩", link)
    else:
        true = charts.surface(cloud.regression, k, Z[:SOLID], y[:SOLID])
    true.name = "true projections"  # one place on the page for both kinds of figure
    seen = charts.cloud(
        cloud.p[:SHOWN],
        y,
        "y against the direction you look along",
        f"⟨v, x⟩, v at {cloud.tilt:.1f} degrees",
        ("best curve", cloud.curve),
    )
    return [true, seen, _shares(cloud)]


def _shares(cloud: Cloud) -> Figure:
    angles = np.linspace(0, 90, 91)
    low, middle, high = cloud.random_tilts()
    measured = min(max(cloud.measured, 0.0), 1.0)
    square = {
        "type": "scatter",
        "mode": "lines",
        "x": np.array([low, high, high, low, low]),
        "y": np.array([0, 0, 1, 1, 0.0]),
        "fill": "toself",
        "fillcolor": "rgba(138,138,138,0.25)",
        "line": {"width": 0, "color": GREY},
        "name": "9 of 10 random directions",
        "hoverinfo": "skip",
        "showlegend": False,
    }
    traces = [
        square,
        charts.path([middle, middle], [0, 1], "their median", GREY, "dot", 1.5, showlegend=False),
        charts.path(angles, cloud.share(angles), "predicted", COLOURS[0], "solid", 2.5),
        charts.points([cloud.tilt], [measured], "measured, now", NOW, 11, "diamond"),
    ]
    axis = {"range": [0, 91], "tickvals": [0, 15, 30, 45, 60, 75, 90], "title": "tilt, degrees"}
    low_curve = float(cloud.share(0.0)) < LOW
    legend = {"y": 0.98, "yanchor": "top"} if low_curve else {}
    zone = {
        "x": middle,
        "y": 1.0,
        "text": "9 of 10 random directions",
        "showarrow": False,
        "xanchor": "right",
        "yanchor": "top",
        "xshift": -4,
    }
    return Figure(
        "share explained",
        traces,
        {
            "title": "Share of the variance of y explained",
            "xaxis": axis,
            "yaxis": {"range": [-0.02, 1.05], "title": "share"},
            "legend": legend,
            "annotations": [zone],
        },
    )


def words(cloud: Cloud, moment: int = -1) -> Words:
    """What the direction looked along explains, predicted and measured.

    Parameters
    ----------
    cloud : Cloud
        What is shown.
    moment : int
        Says nothing: there is one moment.

    Returns
    -------
    Words
        With a row for each share.
    """
    s, predicted = cloud.settings, float(cloud.share(cloud.tilt))
    measured = max(cloud.measured, 0.0)
    low, middle, high = cloud.random_tilts()
    where = f"at {cloud.tilt:.1f} degrees from the hidden subspace" + (
        f", turned {cloud.turn:.0f}" if s.k > 1 else ""
    )
    sentence = (
        f"In d = {s.d:,} dimensions you look along a direction {where}: the best curve of that "
        f"projection explains {measured:.2f} of the variance of y (predicted {predicted:.2f}). "
        f"A random direction stands {middle:.1f} degrees away ({low:.1f} to {high:.1f} for nine in "
        "ten)."
    )
    best, typical = float(cloud.share(0.0)), float(cloud.share(middle))
    rows = [
        (
            "share at this tilt",
            f"{predicted:.3f}",
            f"{measured:.3f}",
            f"{measured - predicted:+.3f}",
        ),
        ("share at tilt 0", f"{best:.3f}", "", ""),
        ("share, median random tilt", f"{typical:.1g}", "", ""),
    ]
    return Words(sentence, rows)
