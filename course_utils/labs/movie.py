"""The paper's Figure 1 as a movie: neurons in the plane fall onto the line of a direction."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..run import Run
from ..settings import Settings
from . import figures
from .experiment import given
from .lab import Lab
from .look import COLOURS, NOW, START
from .marks import path, points
from .player import Player
from .session import Session
from .subspace import tables as run_tables
from .subspace import told
from .views import Figure, Table, Words, column


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
        moments = self.record.run().samples.tolist()  # thinned now and then: keep what it keeps
        self._places = {t: self._places.get(t) for t in moments} | {
            self.samples: self.sims[0].W.copy()
        }

    def at(self, t: int) -> np.ndarray:
        """Neurons (m, 2) at a recorded moment."""
        return self._places[int(t)]


def views(session: _Plane, share: float, run: Run) -> list[Figure]:
    """The plane with the line of u, first and present neurons; norms beside it.

    Parameters
    ----------
    session : _Plane
        The experiment.
    share : float
        Of the neurons that are shown, in (0, 1].
    run : Run
        What it has recorded.

    Returns
    -------
    list of Figure
        Bound to ``tables``.
    """
    width, (u1, u2) = run.settings.width, session.sims[0].target.directions[0]
    side = figures.reach([session.at(t) for t in run.samples], 2.2)

    def cloud(at: str, *look) -> dict:
        return points(*(column("plane", at=at, item=[None, i]) for i in (0, 1)), *look)

    ends = np.array([-2 * side, 2 * side])
    traces = [
        path(ends * u1, ends * u2, "line of u", NOW, "dash"),
        cloud("first", "at t = 0", START, 5, "circle-open"),
        cloud("now", "now", COLOURS[0], 6, "diamond"),
    ]
    layout = {
        "title": f"{len(_picked(width, share)) / width:.0%} of {width:,} neurons",
        "xaxis": {"range": [-1.5 * side, 1.5 * side], "title": "w₁"},
        "yaxis": {"range": [-side, side], "title": "w₂", "scaleanchor": "x"},
        "legend": {"x": 1, "y": 1, "xanchor": "right", "yanchor": "top"},
    }
    return [Figure("plane", traces, layout), figures.norms(run, predicted=True)]


def _picked(width: int, share: float) -> np.ndarray:
    count = max(1, round(share * width))
    return np.arange(count) * width // count


def tables(session: _Plane, share: float, run: Run) -> dict[str, Table]:
    """The run with the places of the neurons that are shown, and the predicted curve.

    Parameters
    ----------
    session : _Plane
        The experiment.
    share : float
        Of the neurons that are shown, in (0, 1].
    run : Run
        What it has recorded.

    Returns
    -------
    dict of str to Table
        As those of SubspaceLab, with a column ``plane`` (neurons, 2) in "record".
    """
    known = run_tables(session, run)
    record, picked = known["record"], _picked(run.settings.width, share)

    def rows(part: slice) -> dict[str, np.ndarray]:
        places = [session.at(t)[picked] for t in run.samples[part]]
        plane = np.array(places, dtype=np.float32).reshape(-1, len(picked), 2)
        return record.rows(part) | {"plane": plane}

    return known | {"record": record._replace(rows=rows)}


def neurons_movie(settings: Settings, samples: int = 3000, share: float = 0.1) -> Lab:
    """Neurons of a network with two inputs as points, while online SGD runs.

    Parameters
    ----------
    settings : Settings
        What to run, with d = 2.
    samples : int
        Recorded before it opens.
    share : float
        Of the neurons that are shown, in (0, 1].

    Returns
    -------
    Lab
        Press play, or look back.

    Raises
    ------
    ValueError
        Unless d = 2 and the share is one.

    Notes
    -----
    Source: Mousavi-Hosseini et al. (2023), Figure 1.
    """
    if not 0 < share <= 1:
        raise ValueError(
            f"share = {share} is no share of the neurons: "
            "it must be above 0 and at most 1, such as 0.1"
        )
    session = _Plane(given(settings))
    return Lab(
        "NeuronsMovie",
        session,
        partial(views, session, share),
        lambda run, moment=-1: Words(run.sentence(moment), events=told(session, run)),
        tables=partial(tables, session, share),
        player=partial(Player, samples=samples),
        first=("noise", "weight_decay", "step"),
        more=("seed",),
        example="d=2 k=1 link=tanh width=1000",
    )
