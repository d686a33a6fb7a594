"""The paper's Figure 1 as a movie: neurons in the plane fall onto the line of the hidden direction."""

from __future__ import annotations

import numpy as np

from ..settings import Settings
from . import figures
from .charts import path, points
from .figures import COLOURS, NOW
from .lab import Lab
from .session import Session
from .stage import Figure, Words

RED = "#D62728"  # the paper's colour of the initial neurons


class _Plane(Session):
    """A session at d = 2 that also keeps the neurons' two coordinates."""

    def begin(self, settings: Settings, samples: int = 0) -> None:
        self.places: list[tuple[int, np.ndarray]] = []
        super().begin(settings, samples)

    def measure(self) -> None:
        super().measure()
        self.places = [*self.places, (self.samples, self.sims[0].W.copy())][-600:]

    def at(self, t: int) -> np.ndarray:
        """Neurons (m, 2) at the kept moment nearest to t samples."""
        times = np.array([s for s, _ in self.places])
        return self.places[int(np.abs(times - t).argmin())][1]


class NeuronsMovie(Lab):
    """Neurons of a network with two inputs as points, while online SGD runs; press play, or look back."""

    columns = 2
    first, more = ("noise", "weight_decay", "step"), ("seed",)
    share = 0.1

    def experiment(self, settings: Settings, seeds: int):
        """A session that keeps the neurons' places."""
        if settings.d != 2:
            raise ValueError(f"d = {settings.d} cannot be drawn in the plane: the movie needs d = 2")
        return _Plane(settings, 1)

    def figures(self, run, moment: int) -> list[Figure]:
        """The plane with the line of u, first and present neurons."""
        every = max(1, round(1 / self.share))
        start, now = self.session.at(0)[::every], self.session.at(int(run.samples[moment]))[::every]
        (u1, u2), reach = self.session.sims[0].target.directions[0], 2.2
        traces = [
            path([-4 * u1, 4 * u1], [-4 * u2, 4 * u2], "line of u", NOW, "dash"),
            points(start[:, 0], start[:, 1], "at t = 0", RED, 5, "circle-open"),
            points(now[:, 0], now[:, 1], f"after {run.samples[moment]:,} samples", COLOURS[0], 6, "diamond"),
        ]
        layout = {
            "title": f"{self.share:.0%} of {run.settings.width:,} neurons",
            "xaxis": {"range": [-1.5 * reach, 1.5 * reach], "title": "w₁"},
            "yaxis": {"range": [-reach, reach], "title": "w₂", "scaleanchor": "x"},
            "legend": {"x": 1, "y": 1, "xanchor": "right", "yanchor": "top"},
        }
        return [Figure("plane", traces, layout), figures.norms(run, moment, self.session.predicted)]

    def words(self, run, moment: int) -> Words:
        """The sentence of the run."""
        return Words(run.sentence(moment))


def neurons_movie(settings: Settings, samples: int = 3000, share: float = 0.1) -> NeuronsMovie:
    """A movie that opens with ``samples`` recorded; ``share`` of the neurons is shown. ValueError unless d = 2."""
    movie = NeuronsMovie(settings, samples=samples)
    movie.share = share
    return movie
