"""CompressionLab: how little of W a trained network needs, while online SGD runs.

Taught in notebook 06.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np

from ..compression import RANKED, Compressed, compressed
from ..inputs import input_law
from ..machine import single_threaded_blas
from ..run import Run, as_csv, in_d
from ..settings import Settings
from .compression_views import tables, views
from .controls import Knob
from .experiment import given
from .gate import Question
from .lab import Lab
from .player import Player
from .session import Session
from .subspace import told
from .views import Words

if TYPE_CHECKING:
    import pandas as pd

PAPER = Settings(
    d=100, k=1, link="tanh", weight_decay=0.5, step=1.0, schedule="decreasing", bias="away"
)


class Compressions(Session):
    """A session that compresses its network each time the samples have grown by a fifth.

    Notes
    -----
    Large networks are compressed each time the samples have doubled. ``rank`` is the one that W is
    cut to, ``moments`` what was compressed, with its sample counts.
    """

    ranks = 0  # the largest rank that is tried; ``rank`` is the one that W is cut to

    def begin(self, settings: Settings, samples: int = 0) -> None:
        """Start anew; the rank stays, unless k has changed.

        Parameters
        ----------
        settings : Settings
            What to run.
        samples : int
            Train on and record so many at once.

        Raises
        ------
        ValueError
            For inputs that are not N(0, I).
        """
        input_law(settings.inputs).must_be_standard("the bound that this lab shows holds")
        before, self.ranks = self.ranks, min(settings.k + 5, settings.width, settings.d)
        if self.ranks != before:  # another k
            self.rank = min(settings.k, self.ranks)
        self.moments: list[tuple[int, Compressed]] = []
        super().begin(settings, samples)
        self.compress()

    def cut(self, rank: int) -> None:
        """Cut W to a rank, or to the largest that there is.

        Parameters
        ----------
        rank : int
            At least 1.
        """
        self.rank = min(rank, self.ranks)

    def rest(self) -> None:
        """At rest, all figures show the same moment."""
        self.compress()

    def to_csv(self) -> str:
        """Every compressed moment and rank.

        Returns
        -------
        str
            CSV text, the settings in comment lines first.
        """
        return as_csv(self.frame(), self.settings, self.changes)

    def measure(self) -> None:
        """Record the moment, and compress where it is time."""
        super().measure()
        growth = 1.2 if self.settings.width * self.settings.d <= 10**5 else 2.0
        if not self.moments or self.samples >= growth * self.moments[-1][0] + self.settings.d / 50:
            self.compress()

    @single_threaded_blas()
    def compress(self) -> None:
        """Compress the network as it is now, unless that has been done.

        Notes
        -----
        Each test input serves twice, the second time with its part outside the subspace turned
        round: the label stays, and the first order of a change drops out of the mean.
        """
        if self.moments and self.moments[-1][0] == self.samples:
            return
        sim = self.sims[0]
        X, y, U = sim.test_set(500)
        X, y = np.r_[X, 2 * X @ U.T @ U - X], np.r_[y, y]
        self.moments.append(
            (
                self.samples,
                compressed(sim.net, X, y, self.settings.loss, self.ranks, self.settings.d),
            )
        )

    def frame(self) -> pd.DataFrame:
        """What each rank leaves out, how far outputs move, risk and bytes.

        Returns
        -------
        pandas.DataFrame
            One row a compressed moment and rank.
        """
        import pandas as pd

        rows = [
            {
                "samples": t,
                "rank": r,
                "left_out": one.left_out[r],
                "output_error": one.output[r - 1],
                "risk_before": one.whole,
                "risk_after": one.forms[RANKED][1][r - 1],
                "bytes_before": one.forms["whole"][0][-1],
                "bytes_after": one.forms[RANKED][0][r - 1],
            }
            for t, one in self.moments
            for r in range(1, self.ranks + 1)
        ]
        return pd.DataFrame(rows)

    def at(self, t: int) -> tuple[int, Compressed]:
        """The last compressed moment up to a sample count.

        Parameters
        ----------
        t : int
            Samples.

        Returns
        -------
        samples : int
            When it was.
        compressed : Compressed
            What there was.
        """
        return next((m for m in reversed(self.moments) if m[0] <= t), self.moments[0])


PRESETS = {
    "the theorem holds": (
        PAPER,
        "Rank 1 leaves out less than W⊥. The change of the outputs falls like √(d/t), "
        "that of the risk faster.",
    ),
    "no weight decay": (
        PAPER.replace(weight_decay=0.0, schedule="constant", step=0.05),
        "W⊥ stays where it was at the start: no small rank holds W, "
        "though a wide network's outputs lean on W⊥ little.",
    ),
    "pure noise": (
        PAPER.replace(link="none", weight_decay=0.05),
        "Nothing to learn: at first rank 1 takes away most of the outputs, "
        "and later decay leaves nothing to cut.",
    ),
    "five directions": (
        Settings(d=50, k=5, link="chain"),
        "Five singular values rise one after the other. Move the rank to 4, or to 6.",
    ),
    "a million dimensions": (
        Settings(d=10**6, k=1, link="tanh", width=20, step=1.0),
        "Four megabytes in place of eighty, at every moment of the run. Try speed 4.",
    ),
}


def CompressionLab(
    settings: Settings | None = None,
    samples: int = 0,
    seeds: int = 1,
    lecture: bool = False,
    question: Question | None = None,
) -> Lab:
    """Singular values, what a rank leaves out, and risk against bytes while SGD runs.

    Parameters
    ----------
    settings : Settings, optional
        What to run.
    samples : int
        Train and record this many samples before the lab opens.
    seeds : int
        Only 1: this lab cuts one network.
    lecture : bool
        Open in lecture mode.
    question : Question, optional
        What is asked first; see Question. Not in lecture mode.

    Returns
    -------
    Lab
        Moving its rank trains nothing.

    Raises
    ------
    ValueError
        For more than one seed.

    Notes
    -----
    Taught in notebook 06.
    """
    if seeds != 1:
        raise ValueError(
            f"seeds = {seeds} is not possible: this lab cuts one network. Leave seeds out and "
            "press New seed for others, or use online_sgd(settings, seeds=5) and compress each "
            "network of its net."
        )
    session = Compressions(given(settings))

    def put_rank(widget, value):
        widget.max, widget.value = session.ranks, value

    tip = "Rank that W is cut to; nothing trains again"
    rank = widgets.IntSlider(
        session.rank,
        1,
        session.ranks,
        description="rank",
        tooltip=tip,
        style={"description_width": "initial"},
    )
    return Lab(
        "CompressionLab",
        session,
        partial(views, session),
        partial(words, session),
        tables=partial(tables, session),
        player=partial(Player, samples=samples),
        presets=PRESETS,
        knobs={"rank": Knob(rank, session.cut, lambda: session.rank, put_rank)},
        beside=("rank",),
        more_title="Link, width, loss, schedule, seed, export",
        lecture=lecture,
        question=question,
    )


CompressionLab.presets = PRESETS


def words(session: Compressions, run: Run, moment: int = -1) -> Words:
    """Risk before and after, the bound, outputs, bytes, and whether the rank can hold the subspace.

    Parameters
    ----------
    session : Compressions
        The experiment.
    run : Run
        What it has recorded.
    moment : int
        Index of the moment to speak of; left out, the last.

    Returns
    -------
    Words
        Of the last compressed moment up to there.
    """
    (t, now), s, r = session.at(int(run.samples[moment])), run.settings, session.rank
    (size, risk), whole = (v[r - 1] for v in now.forms[RANKED]), now.forms["whole"][0][-1]
    bound = f"≤ {np.sqrt(2 / np.pi) * now.left_out[r]:.3f}" if s.loss != "square" else ""
    rows = [
        ("left out of W", "", f"{now.left_out[r]:.3f}", ""),
        ("risk before", "", f"{now.whole:.4f}", ""),
        (f"risk, rank {r}", "", f"{risk:.4f}", ""),
        ("risk change", bound, f"{risk - now.whole:+.1e}", ""),
        ("outputs", "", f"{now.output[r - 1]:.3f}", ""),
    ]
    lights = [
        (r >= s.k, "rank at least k", "A smaller rank cuts off directions that the labels use."),
        (s.weight_decay > 0, "weight decay", "Without it W⊥ stays, and no small rank holds W."),
    ]
    some = (
        ""
        if len(now.forms) > 2
        else " At this d only the span of W is simulated, not its single entries: "
        "pruning and int8 are not shown."
    )
    return Words(
        f"After {t:,} samples ({in_d(t, s.d)}), rank {r} of {min(s.width, s.d)}: "
        f"risk {now.whole:.4f}, then {risk:.4f}; outputs change by {now.output[r - 1]:.1%}; "
        f"{size:,} bytes in place of {whole:,} ({whole / size:.0f} x smaller).{some}",
        rows,
        lights,
        events=told(session, run),
    )
