"""NTKLab: SGD against the tangent kernel on the same samples, and the kernel in training.

Taught in notebook 05.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..comparison import predicted_r2
from ..links import LINKS
from ..settings import Settings
from .controls import WORDS, Knob, choice, field_widget, steps
from .experiment import given
from .gate import Question
from .lab import Lab
from .parts import Press
from .race import DIMENSIONS, SIZES, Race, views
from .views import Words

ALPHAS = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
KNOWN = [name for name, link in LINKS.items() if link.k_range == (1, 1)]


TIPS = {
    "link": "How the label depends on the hidden projection",
    "width": "Neurons of the network that SGD trains",
}
PRESETS = {
    "tanh": (
        Settings(link="tanh"),
        "Most of it is linear: the kernel stops at the linear floor, SGD does not.",
    ),
    "cubic": (Settings(link="cubic"), "A degree-3 part that the kernel would need d³ samples for."),
    "quintic": (Settings(link="quintic"), "Three quarters of it are beyond the linear floor."),
    "small d": (
        Settings(link="cubic", d=10),
        "At d = 10, 3000 samples are d³·⁵: the kernel gets to degree 3.",
    ),
    "he2": (
        Settings(link="he2"),
        "No slope: at 3 d nobody sees it, at 30 d SGD has the direction "
        "and the kernel begins with degree 2.",
    ),
}


def NTKLab(
    settings: Settings | None = None,
    n: int = SIZES[-1],
    lecture: bool = False,
    question: Question | None = None,
) -> Lab:
    """SGD, the tangent kernel and a linear fit race on the same samples.

    Parameters
    ----------
    settings : Settings, optional
        What to run, with k = 1 and d up to 200. SGD is Algorithm 1 with the course's step, decay
        and loss (PHASE_1), whatever the settings say of them.
    n : int
        The largest sample size.
    lecture : bool
        Open in lecture mode.
    question : Question, optional
        What is asked first; see Question. Not in lecture mode.

    Returns
    -------
    Lab
        Its ``result`` is the Race.

    Raises
    ------
    ValueError
        For another k, a larger d, or a constant link.

    Notes
    -----
    Taught in notebook 05.
    """
    race = Race(given(settings, link="tanh"), n)
    link = race.settings.link
    names = KNOWN if link in KNOWN else [*KNOWN, link]
    options = [(LINKS[name].formula if name in LINKS else "yours", name) for name in names]
    sizes, alphas = ([(f"{v:,g}", v) for v in values] for values in (SIZES, ALPHAS))
    samples = steps(
        "samples n", "Race up to this many samples; curves are shown for this many", sizes, n
    )
    laziness = steps(
        "α (lazy)", "1: mean-field scaling. Larger: a lazier network", alphas, race.alpha
    )
    return Lab(
        "NTKLab",
        race,
        views,
        words,
        presets=PRESETS,
        first=("link", "d", "noise", "width"),
        more=("seed",),
        tips=TIPS,
        fields={
            "link": choice(WORDS["link"][0], TIPS["link"], options, link, flex="0 1 190px"),
            "d": field_widget("d", race.settings, offered=DIMENSIONS),
        },
        knobs={
            "n": Knob(samples, partial(setattr, race, "n"), lambda: race.n),
            "alpha": Knob(laziness, race.look_lazily, lambda: race.alpha),
        },
        bar=("n", "alpha"),
        behind=(Press("New samples", "A new seed: draw everything anew", "new_seed", "refresh"),),
        more_title="Seed, new samples, export",
        example="d=50 link=cubic",
        lecture=lecture,
        question=question,
    )


NTKLab.presets = PRESETS


def words(race: Race, moment: int = -1) -> Words:
    """R^2 of each method at the largest n, the floor, and what the kernel did.

    Parameters
    ----------
    race : Race
        What was measured.
    moment : int
        Says nothing: there is one moment.

    Returns
    -------
    Words
        With a row for each method.
    """
    s = race.settings
    link = LINKS[s.link].formula if s.link in LINKS else "your link"
    if not race.sizes() or race.movement is None:
        return Words(f"{link}, d = {s.d}: the race is being run.")
    n, move = race.sizes()[-1], race.movement
    r2 = {m: r.r2 for m, r in race.reports[n].items()}
    told, degrees = ", ".join(f"{m} {v:z.2f}" for m, v in r2.items()), np.degrees(move.angle)
    sentence = (
        f"{link}, d = {s.d}, n = {n:,}: R² {told}; linear floor {race.floor:.2f}. "
        f"At α = {race.alpha:g} the kernel moves by {move.distance[-1]:.1g}, "
        f"its alignment goes from {move.alignment[0]:.2f} to {move.alignment[-1]:.2f}, "
        f"the angle to u from {degrees[0]:.0f} to {degrees[-1]:.0f} degrees."
    )
    sentence += f" The race goes on to n = {race.n:,}." if race.missing() else ""
    guess = predicted_r2(s, n, race.reports[n]["NTK"].ridge)
    rows = [
        ("R² of SGD", "", f"{r2['SGD']:z.2f}", ""),
        ("R² of NTK", f"{guess:z.2f}", f"{r2['NTK']:z.2f}", f"{abs(guess - r2['NTK']):.2f}"),
        ("R² of linear fit", f"{race.floor:.2f} at most", f"{r2['linear']:z.2f}", ""),
    ]
    return Words(sentence, rows)
