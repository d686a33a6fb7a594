"""The paper's Figure 1 as a movie: neurons in the plane fall onto the line of the hidden direction."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..run import Run
from ..settings import Settings
from . import figures
from .charts import path, points
from .experiment import given
from .figures import COLOURS, NOW
from .lab import Lab
from .player import Player
from .session import Session
from .stage import Figure, Words

RED = "#D62728"  # the paper's colour of the initial neurons


class _Plane(Session):
    """A session at d = 2 that also keeps the neurons' two coordinates."""

    def begin(self, settings: Settings, samples: int = 0) -> None:
        if settings.d != 2:
            raise ValueError(
                f"d = {settings.d} cannot be drawn in the plane: the movie needs d = 2"
            )
        self._places: dict[int, np.ndarray] = {}
        super().begin(settings, samples)

    def measure(self) -> None:
        super().measure()
        moments = (
            self.record.run().samples.tolist()
        )  # the record is thinned now and then: keep what it keeps
        self._places = {t: self._places.get(t) for t in moments} | {
            self.samples: self.sims[0].W.copy()
        }

    def at(self, t: int) -> np.ndarray:
        """Neurons (m, 2) at a recorded moment."""
        return self._places[int(t)]


def views(session: _Plane, share: float, run: Run, moment: int = -1) -> list[Figure]:
    """The plane with the line of u, first and present neurons."""
    width = run.settings.width
    count = max(1, round(share * width))
    picked = np.arange(count) * width // count
    start, now = session.at(0)[picked], session.at(run.samples[moment])[picked]
    (u1, u2), side = session.sims[0].target.directions[0], figures.reach(np.r_[start, now], 2.2)
    traces = [
        path(
            [-2 * side * u1, 2 * side * u1],
            [-2 * side * u2, 2 * side * u2],
            "line of u",
            NOW,
            "dash",
        ),
        points(start[:, 0], start[:, 1], "at t = 0", RED, 5, "circle-open"),
        points(
            now[:, 0], now[:, 1], f"after {run.samples[moment]:,} samples", COLOURS[0], 6, "diamond"
        ),
    ]
    layout = {
        "title": f"{count / width:.0%} of {width:,} neurons",
        "xaxis": {"range": [-1.5 * side, 1.5 * side], "title": "w₁"},
        "yaxis": {"range": [-side, side], "title": "w₂", "scaleanchor": "x"},
        "legend": {"x": 1, "y": 1, "xanchor": "right", "yanchor": "top"},
    }
    return [Figure("plane", traces, layout), figures.norms(run, moment, session.predicted)]


def neurons_movie(settings: Settings, samples: int = 3000, share: float = 0.1) -> Lab:
    """Neurons of a network with two inputs as points, while online SGD runs; press play, or look back.

    It opens with ``samples`` recorded; ``share`` of the neurons is shown, in (0, 1]. ValueError unless d = 2 and the share
    is one.
    """
    if not 0 < share <= 1:
        raise ValueError(
            f"share = {share} is no share of the neurons: it must be above 0 and at most 1, such as 0.1"
        )
    session = _Plane(given(settings))
    return Lab(
        "NeuronsMovie",
        session,
        partial(views, session, share),
        lambda run, moment=-1: Words(run.sentence(moment)),
        player=partial(Player, samples=samples),
        first=("noise", "weight_decay", "step"),
        more=("seed",),
        columns=2,
        example="d=2 k=1 link=tanh width=1000",
    )
