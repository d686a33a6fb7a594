"""SubspaceLab: watch SGD find the hidden subspace. Taught in notebook 02."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import ipywidgets as widgets
import numpy as np

from ..events import lamps, turned
from ..events.watch import LEARNT
from ..run import Run
from ..settings import Settings
from ..snapshot import Snapshot
from . import figures, rows
from .controls import Knob
from .experiment import given
from .gate import Question
from .ghosts import tables_before, with_before
from .held import Held
from .lab import Lab
from .messages import titled
from .picture import picture
from .player import Player
from .session import Session
from .views import Figure, Table, Words

PAPER = Settings(d=100, k=1, link="tanh", weight_decay=0.5, step=0.05)


PRESETS = {
    "the theorem holds": (
        PAPER.replace(bias="away", schedule="decreasing", step=1.0),
        "Decay above the threshold, biases away from zero, decreasing steps: "
        "W⊥ falls like 1/√t, whatever the labels.",
    ),
    "no weight decay": (
        PAPER.replace(weight_decay=0.0),
        "Nothing shrinks what was there at the start: W⊥ stays, although the angle falls. "
        "Watch both figures.",
    ),
    "decay under the threshold": (
        Settings(d=50, k=1, link="relu", weight_decay=0.02, step=0.2),
        "Labels with a mean push dead-end neurons outward faster than decay pulls: "
        "W⊥ lingers far above its floor.",
    ),
    "decay too strong": (
        PAPER.replace(d=50, weight_decay=2.0),
        "W⊥ vanishes, and W∥ nearly with it: decay shrinks the signal too.",
    ),
    "pure noise": (
        PAPER.replace(link="none", noise=1.0),
        "Nothing to learn: W⊥ vanishes all the same. A small W⊥ is no evidence of learning; "
        "look at W∥ and the risk.",
    ),
    "even link": (
        PAPER.replace(d=50, link="he2"),
        "No first Hermite coefficient: the gradient is zero on average at first, "
        "and decay wins before the signal.",
    ),
    "inclusion without recovery": (
        PAPER.replace(k=3, link="sum_tanh"),
        "W ends inside the subspace but uses one direction of it: W⊥ is small, "
        "and two angles stay large.",
    ),
    "five directions": (
        Settings(d=50, k=5, link="chain"),
        "Each direction is found with the help of the one before: "
        "five angles fall one after the other.",
    ),
    "a million dimensions": (
        Settings(d=10**6, k=1, link="tanh", width=20, step=0.3),
        "The same law at d = 1,000,000, simulated exactly in the few coordinates that matter. "
        "Try speed 4.",
    ),
    "the paper's Figure 1": (
        Settings(d=2, k=1, link="tanh", width=1000, weight_decay=0.5, step=0.05),
        "Two dimensions, 1000 neurons, one direction: neurons fall onto the line of u₁.",
    ),
}


def SubspaceLab(
    settings: Settings | None = None,
    samples: int = 0,
    seeds: int = 1,
    lecture: bool = False,
    question: Question | None = None,
    presets: Mapping[str, tuple] | None = None,
    player: Callable[[Lab], Player] | None = None,
) -> Lab:
    """Principal angles, the two parts of W, neurons, singular values and risk, while SGD runs.

    Parameters
    ----------
    settings : Settings, optional
        What to run.
    samples : int
        Train and record this many samples before the lab opens, so that nothing needs to be waited
        for.
    seeds : int
        How many seeds to train side by side: curves are medians, bands reach from the smallest to
        the largest.
    lecture : bool
        Open in lecture mode: large type, few controls, the whole page (Escape leaves it).
    question : Question, optional
        What is asked before anything is shown: the lab opens untrained, plays once an answer is
        fixed, stops at what answers and says whether it held. Not in lecture mode, which trains
        ``samples`` as ever.
    presets : mapping of str to tuple, optional
        In place of the lab's own: settings and a note, and what orders it gives besides.
    player : callable, optional
        Called with the lab, makes who owns its time; left out, a Player that trains ``samples``.

    Returns
    -------
    Lab
        ``lab.run`` is the recorded run, ``lab.settings`` what runs now, ``lab.errors`` what went
        wrong in callbacks.

    Raises
    ------
    TypeError
        If the settings are no Settings.

    Notes
    -----
    Taught in notebook 02.
    """
    session = Session(given(settings), seeds, Held())
    return Lab(
        "SubspaceLab",
        session,
        partial(views, session),
        partial(words, session),
        tables=partial(tables, session),
        player=player or partial(Player, samples=samples),
        knobs={"compare": compare_knob(session)},
        beside=("compare",),
        presets=PRESETS if presets is None else presets,
        more_title="Link, width, loss, schedule, seed, export",
        lecture=lecture,
        question=question,
    )


SubspaceLab.presets = PRESETS


def compare_knob(session: Session) -> Knob:
    """The switch that holds the present run, and lets it go.

    Parameters
    ----------
    session : Session
        The experiment.

    Returns
    -------
    Knob
        Its order is "compare", with True or False.
    """

    def act(on) -> None:
        if not isinstance(on, bool):
            raise ValueError(f"compare = {on!r}: give True to hold this run, False to let it go")
        session.held.hold(session.run()) if on else session.held.let_go()

    tip = "Hold this run, thin and grey, and compare what comes next with it; again: let it go"
    switch = widgets.ToggleButton(description="Compare", tooltip=tip, layout={"width": "auto"})
    return Knob(switch, act, lambda: session.held.by_hand)


def views(session: Session, run: Run) -> list[Figure]:
    """Five linked views with one time cursor.

    Parameters
    ----------
    session : Session
        The experiment.
    run : Run
        What was recorded.

    Returns
    -------
    list of Figure
        Bound to ``tables``.
    """
    made = [
        picture(run, session.watch.named),
        figures.angles(run, session.watch.names),
        figures.norms(run, predicted=True),
        figures.singular_values(run),
        figures.risk(run),
    ]
    made, before = titled(made, session.watch.events, run.settings.k), session.held.run
    return made if before is None else [with_before(view, run, before) for view in made]


def tables(session: Session, run: Run) -> dict[str, Table]:
    """The recorded run, and the predicted curve.

    Parameters
    ----------
    session : Session
        The experiment.
    run : Run
        What it has recorded.

    Returns
    -------
    dict of str to Table
        "record" and "prediction", and those of ghosts.py where a run is held; see rows.py.
    """
    predicted = rows.of_prediction(session.predicted, run.settings.d, session.record)
    made = {"record": rows.of_run(run, session.record), "prediction": predicted}
    return made | tables_before(session.held.run)


def words(session: Session, run: Run, moment: int = -1) -> Words:
    """The sentence; W_perp predicted, measured and the error; lights for the theorem's assumptions.

    Parameters
    ----------
    session : Session
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
    now = run.at(moment)
    predicted = session.predicted_at(now.samples)
    error = abs(predicted - now.perpendicular) / max(now.perpendicular, 1e-12)
    known = np.isfinite(predicted)
    rows = [
        (
            "W⊥",
            f"{predicted:.3f}" if known else "",
            f"{now.perpendicular:.3f}",
            f"{error:.0%}" if known else "",
        ),
        ("W∥", "", f"{now.parallel:.3f}", ""),
        ("test R²", "", "" if np.isnan(now.r2) else f"{now.r2:z.2f}", ""),
    ]
    said = f" Predicted W_perp {predicted:.3f} ({error:.0%} off)." if known and now.samples else ""
    lights = [(a.holds, a.name, a.text, a.purpose) for a in lamps(run.settings)]
    beside = session.held.sentence(run, moment)
    sentence = run.sentence(moment) + said + axis_alone(now, run.at(0))
    sentence += f" {beside}" if beside else ""
    return Words(sentence, rows, lights, events=told(session, run))


def axis_alone(now: Snapshot, start: Snapshot) -> str:
    """What an angle hides that looks like a success: it compares directions, whatever is left of W.

    Parameters
    ----------
    now, start : Snapshot
        A moment of a run, and its start.

    Returns
    -------
    str
        A sentence after a space, where half of a direction or more is found, W_par has shrunk and
        labels are not learnt; else empty.
    """
    pointing = np.sin(now.angles.min()) ** 2 <= 0.5
    if not (pointing and now.parallel < start.parallel and now.r2 < LEARNT):
        return ""
    return (
        " An axis alone is found: W_par is smaller than at the start, and nothing of the labels "
        "is learned."
    )


def told(session: Session, run: Run) -> list[tuple[int, str]]:
    """What has happened in a run, and what was changed in it.

    Parameters
    ----------
    session : Session
        The experiment.
    run : Run
        What it has recorded.

    Returns
    -------
    list of (int, str)
        Sample count and caption of each, in order. What was changed at one moment is one entry,
        and none where an event says it: a lamp that went out.
    """
    events = [(event.samples, event.caption) for event in session.watch.events]
    before = {}
    for t, settings in run.changes:
        before.setdefault(t, settings)
    after = [*list(before.values())[1:], run.settings]
    changes = [
        (t, f"t = {t:,}: {what}")
        for (t, held), new in zip(before.items(), after, strict=False)
        if (what := turned(held, new))
    ]
    news = [
        (t, f"{said}.") for t, said in changes if not any(e.startswith(said) for _, e in events)
    ]
    return sorted([*events, *news], key=lambda one: one[0])
