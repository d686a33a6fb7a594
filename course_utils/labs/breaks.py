"""BreakLab: SubspaceLab with what breaks its theorem in sight. Taught in notebook 07."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..gallery.threshold import constant_label
from ..inputs import input_law
from ..run import Run
from ..settings import Settings
from ..theory import angles_to_pull
from . import figures
from .controls import field_widget
from .experiment import given
from .gate import Question
from .held import Held
from .lab import Lab
from .look import INK
from .player import Player
from .session import Session
from .subspace import compare_knob
from .subspace import tables as run_tables
from .subspace import views as run_views
from .subspace import words as run_words
from .views import Figure, Table, Words

if TYPE_CHECKING:
    import pandas as pd

SIZES = (0.25, 0.5, 1.0, 2.0)
MENUS = {"inputs": 180, "directions": 170, "bias": 140, "loss": 120}  # pixels in a notebook
FIRST = (*MENUS, "weight_decay", "d")
MORE = ("start", "k", "noise", "step", "link", "width", "activation", "schedule", "seed")

HOLDS = Settings(
    d=50,
    k=1,
    link="tanh",
    width=100,
    weight_decay=0.5,
    step=0.5,
    schedule="decreasing",
    bias="away",
)
SLOW = Settings(
    d=100, k=1, width=50, loss="square", weight_decay=0.0, step=0.1, bias="away"
)  # what has no first order needs small steps
LADDER = Settings(
    d=32, k=3, noise=0.0, width=30, loss="square", weight_decay=0.0, step=0.05, bias="normal"
)
THRESHOLD = Settings(
    d=20, k=1, noise=0.0, link=constant_label, width=40, step=0.08, bias=2.0, start=4.0
)

PRESETS = {
    "nothing is broken": (
        HOLDS,
        "Every light is on: W⊥ falls and the angle with it. Break one assumption at a time.",
    ),
    "no decay": (
        HOLDS.replace(weight_decay=0.0),
        "Decay is missing: the angle falls and W⊥ does not. Watch the norms, not their ratio.",
    ),
    "pure noise": (
        HOLDS.replace(link="none", noise=1.0),
        "Labels hold no signal: W⊥ vanishes all the same. Watch W∥ and the test risk.",
    ),
    "decay too strong": (
        HOLDS.replace(weight_decay=2.0),
        "Decay beats the signal too: watch W∥ and the test risk, the angle sees nothing.",
    ),
    "decay under the threshold": (
        THRESHOLD.replace(weight_decay=0.1),
        "Decay 0.1 is under 0.242/|b| = 0.121 and all labels are 2: W⊥ stays above 2. Raise decay.",
    ),
    "under the threshold, short rows": (
        THRESHOLD.replace(weight_decay=0.1, start=1.0, step=0.04),
        "The same decay, but rows start below |b|, where their push is weak: W⊥ falls.",
    ),
    "even link": (
        SLOW.replace(link="he2", weight_decay=0.5, loss="huber"),
        "No first order: decay as strong as the theorem asks for wins; W∥ vanishes like W⊥.",
    ),
    "second order, no decay": (
        SLOW.replace(link="he2"),
        "No first order, and no decay to win: watch how long the angle stays high before it falls.",
    ),
    "third order, square loss": (
        SLOW.replace(link="he3"),
        "No first or second order: the angle needs about 2.4 d² samples; watch how late it falls.",
    ),
    "third order, clipped": (
        SLOW.replace(link="he3", loss="huber"),
        "The Huber loss clips the label, and a clipped He3 has a first order: watch how soon.",
    ),
    "a leap": (
        LADDER.replace(link="product", step=0.04),
        "z₁z₂z₃ has no signal of lower order: watch three angles stay high for tens of d² samples.",
    ),
    "a ladder": (
        LADDER.replace(link="staircase"),
        "The leap with z₁ + z₁z₂ added, a signal at each order: the angles fall one by one.",
    ),
    "inclusion without recovery": (
        HOLDS.replace(k=3, link="sum_tanh"),
        "The signal is one direction of three: W⊥ is small and two angles stay near 90 degrees.",
    ),
    "a covariance": (
        HOLDS.replace(inputs="spiked:20:0.5", weight_decay=2.0, step=0.3),
        "Inputs are not isotropic: W turns from u towards S u. Lower decay: it comes back.",
    ),
    "a covariance along u": (
        HOLDS.replace(inputs="spiked:20:1", weight_decay=2.0, step=0.3),
        "The spike of the covariance is u itself, so S u is u: nothing breaks but a light.",
    ),
    "coin flips, few entries": (
        HOLDS.replace(inputs="hypercube", directions="sparse:2"),
        "Inputs are not Gaussian and u has two entries: the angle stops at some 18 degrees.",
    ),
    "coin flips, many entries": (
        HOLDS.replace(inputs="hypercube"),
        "The same coin flips with a u of many entries: ⟨u, x⟩ is nearly normal, the angle falls.",
    ),
    "heavy tails, round": (
        HOLDS.replace(inputs="elliptical:3", directions="sparse:2"),
        "Not Gaussian, but no direction is special: tails alone break nothing, the angle falls.",
    ),
    "heavy tails, each coordinate": (
        HOLDS.replace(inputs="student:3", directions="sparse:2"),
        "Coordinates are heavy-tailed one by one, so axes are special: watch a few degrees stay.",
    ),
}


class Breaking(Session):
    """A session that also measures the angles to the span of the S u_i, for a covariance S."""

    _pulled: dict[int, np.ndarray] = {}  # by recorded sample count: replaced, never changed

    @property
    def stretched(self) -> bool:
        """Whether inputs have a covariance that is not I."""
        return input_law(self.settings.inputs).stretch > 0

    def measure(self) -> None:
        """Append this moment to the record, and see what it shows for the first time."""
        super().measure()
        if self.stretched:
            kept = self.record.run().samples.tolist()  # thinned now and then
            self._pulled = {t: self._pulled[t] for t in kept if t in self._pulled} | {
                self.samples: np.array([angles_to_pull(s.net, s.target)[0] for s in self.sims])
            }

    def pulled(self, samples: np.ndarray) -> np.ndarray:
        """The largest angle to the span of the S u_i at recorded moments.

        Parameters
        ----------
        samples : (n,) ndarray
            Recorded sample counts.

        Returns
        -------
        (n, seeds) ndarray
            In degrees; nan where the record no longer has the moment.
        """
        unknown = np.full(self.seeds, np.nan)
        found = [self._pulled.get(int(t), unknown) for t in samples]
        return np.degrees(found).reshape(-1, self.seeds)

    def frame(self, run: Run) -> pd.DataFrame:
        """What CSV saves of a run.

        Parameters
        ----------
        run : Run
            What was recorded.

        Returns
        -------
        pandas.DataFrame
            That of the run, with the angle to S u where inputs have a covariance.
        """
        frame = run.frame()
        if self.stretched:
            frame["angle_to_S_u_degrees"] = self.pulled(run.samples).T.ravel()
        return frame


def BreakLab(
    settings: Settings | None = None,
    samples: int = 0,
    seeds: int = 1,
    lecture: bool = False,
    question: Question | None = None,
    presets: Mapping[str, tuple] | None = None,
    player: Callable[[Lab], Player] | None = None,
) -> Lab:
    """SubspaceLab with the law of inputs, directions, biases, start and loss in sight.

    Its presets are the gallery of notebook 07. Under a covariance S the angle to S u, to which
    decay turns W, is drawn beside the angle to u.

    Parameters
    ----------
    settings : Settings, optional
        What to run; left out, an experiment in which every assumption holds.
    samples : int
        Train and record this many samples before the lab opens.
    seeds : int
        How many seeds to train side by side.
    lecture : bool
        Open in lecture mode.
    question : Question, optional
        As in SubspaceLab.
    presets : mapping of str to tuple, optional
        As in SubspaceLab.
    player : callable, optional
        As in SubspaceLab.

    Returns
    -------
    Lab
        As SubspaceLab.

    Raises
    ------
    TypeError
        If the settings are no Settings.

    Notes
    -----
    Taught in notebook 07.
    """
    session = Breaking(given(HOLDS if settings is None else settings), seeds, Held())
    return Lab(
        "BreakLab",
        session,
        partial(views, session),
        partial(words, session),
        tables=partial(tables, session),
        player=player or partial(Player, samples=samples),
        knobs={"compare": compare_knob(session)},
        beside=("compare",),
        presets=PRESETS if presets is None else presets,
        first=FIRST,
        more=MORE,
        more_title="Start, k, noise, step, link, width, schedule, seed, export",
        fields={name: _menu(name, session.settings) for name in MENUS},
        example="d=50 inputs=spiked:20:0.5",
        lecture=lecture,
        question=question,
    )


BreakLab.presets = PRESETS


def _menu(name: str, settings: Settings):
    """A menu so narrow that four of them stand in a row of a notebook."""
    made = field_widget(name, settings, offered=SIZES if name == "bias" else ())
    made.layout.flex = f"0 1 {MENUS[name]}px"
    return made


def views(session: Breaking, run: Run) -> list[Figure]:
    """The views of SubspaceLab; under a covariance with the angle to S u.

    Parameters
    ----------
    session : Breaking
        The experiment.
    run : Run
        What was recorded.

    Returns
    -------
    list of Figure
        Bound to ``tables``.
    """
    made = run_views(session, run)
    if session.stretched:
        to = "S u" if run.settings.k == 1 else "the span of S u"
        pull = figures.curve(run, "pulled", f"to {to}", INK, "longdashdot", "%{y:.1f} degrees")
        angles = next(view for view in made if view.name == "angles")
        angles.traces[-1:-1] = pull  # the last one is the time cursor
    return made


def tables(session: Breaking, run: Run) -> dict[str, Table]:
    """Those of SubspaceLab, with a column ``pulled`` in "record" under a covariance.

    Parameters
    ----------
    session : Breaking
        The experiment.
    run : Run
        What it has recorded.

    Returns
    -------
    dict of str to Table
        Medians over seeds, and with several seeds "pulled low" and "pulled high".
    """
    known = run_tables(session, run)
    if not session.stretched:
        return known
    record = known["record"]

    def rows(part: slice) -> dict[str, np.ndarray]:
        pulled = session.pulled(run.samples[part])
        made = record.rows(part) | {"pulled": np.median(pulled, axis=1)}
        if run.seeds:
            made |= {"pulled low": pulled.min(axis=1), "pulled high": pulled.max(axis=1)}
        return made

    return known | {"record": record._replace(rows=rows)}


def words(session: Breaking, run: Run, moment: int = -1) -> Words:
    """The words of SubspaceLab; under a covariance with the angle to S u.

    Parameters
    ----------
    session : Breaking
        The experiment.
    run : Run
        What it has recorded.
    moment : int
        Index of the moment to speak of; left out, the last.

    Returns
    -------
    Words
        In this moment.
    """
    said = run_words(session, run, moment)
    if session.stretched:
        pulled = float(np.median(session.pulled(run.samples[[moment]])))
        said.sentence += f" To S u: {pulled:.1f} degrees."
        said.rows = [*said.rows, ("angle to S u", "", f"{pulled:.1f}°", "")]
    return said
