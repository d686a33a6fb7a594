"""SingleIndexLab: Algorithm 1 learns a function of one hidden direction. Taught in notebook 04."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ..algorithm1 import PHASE_1, rule_of_reach
from ..given import whole
from ..links import LINKS, gaussian_grid
from ..losses import LOSSES
from ..settings import Settings
from ..snapshot import in_d
from .controls import WORDS, Knob, choice, field_widget, steps
from .experiment import given
from .gate import Question
from .lab import Lab
from .parts import Press
from .player import Reviewer
from .single_index_curves import SOLVED, STOPS, Learning
from .single_index_views import passes_told, reach_told, tables, views
from .twin import table
from .views import Words

WIDTHS = (10, 20, 50, 100, 200, 400)
DIMENSIONS = (20, 50, 100, 200, 500, 1000, 2000, 10_000, 100_000)
REACHES = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)
PASSES = (1, 10, 100)
KNOWN = [name for name, link in LINKS.items() if link.k_range == (1, 1)]
UNTIL = 30  # where curves end, in units of d

START = Settings(link="cubic", d=100, k=1, width=200, **PHASE_1)
RULE = {"reach": 0.0, "passes": SOLVED, "samples": UNTIL}
PRESETS = {
    "degree 3": (
        START,
        "f comes out of the noise from the middle outward. Look back to see it grow.",
        RULE,
    ),
    "degree 5": (
        START.replace(link="quintic"),
        "The same number of samples, a larger price: R² is lower at each T, and still grows.",
        RULE | {"samples": 100},
    ),
    "10,000 dimensions": (
        START.replace(d=10_000, width=50),
        "A hundred times as many dimensions: against T / d the curve is the same.",
        RULE,
    ),
    "100,000 dimensions": (
        START.replace(link="tanh", d=100_000, width=20),
        "Three million samples, about half a minute for each seed; a kernel would need 10¹⁵.",
        RULE,
    ),
    "reach too small": (
        START.replace(link="quintic"),
        "Nothing bends beyond the shading's edge: there the network is a line. R² stalls.",
        RULE | {"reach": 0.5, "samples": 100},
    ),
    "no biases before": (
        START.replace(bias="none"),
        "With b = 0 all neurons bend at z = 0, and the old biases stop short. New ones do not.",
        RULE,
    ),
    "even link": (
        START.replace(link="he2"),
        "No slope to begin with: for ten times d samples nothing happens. Late, not impossible.",
        RULE | {"samples": 100},
    ),
    "no first order": (
        START.replace(link="he3", loss="square"),
        "The square loss sees E f(z) z = 0 and finds nothing. Try the Huber loss, under More.",
        RULE | {"samples": 100},
    ),
    "square loss on heavy tails": (
        START.replace(link="quintic", loss="square"),
        "A few huge labels throw W about. The Huber loss would clip them: compare with degree 5.",
        RULE | {"samples": 100},
    ),
    "ten neurons": (
        START.replace(width=10),
        "Ten kinks are not enough for f, however many samples there are.",
        RULE | {"samples": 100},
    ),
    "one pass of SGD": (
        START,
        "Phase 2 in steps: one pass is not yet the solution. Try 100, under More.",
        RULE | {"passes": 1},
    ),
}
TIPS = {
    "link": "How the label depends on the hidden projection",
    "d": "Input dimension, over more than three decades",
    "noise": "Standard deviation of the noise added to each label",
    "width": "Number of neurons",
    "loss": "What phase 1 makes small; Huber clips large residuals",
    "weight_decay": "Width-free weight decay of phase 1",
    "bias": "Biases in phase 1; phase 2 draws new ones",
    "seed": "Number of the first seed",
}


def SingleIndexLab(
    settings: Settings | None = None,
    samples: float = UNTIL,
    seeds: int = 3,
    lecture: bool = False,
    question: Question | None = None,
) -> Lab:
    """The function that Algorithm 1 learns, its R^2 against T / d, the angle, and Hermite degrees.

    Phase 1 is the course's, with the loss and the decay of the settings. Up to d = 200 phase 2 has
    the samples of phase 1; beyond it has fresh ones, and the lab says so.

    Parameters
    ----------
    settings : Settings, optional
        A target of one direction, and a network; left out, the cubic at d = 100.
    samples : float
        Where curves end, in units of d: one of 0.3, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100.
    seeds : int
        How many targets and networks to measure.
    lecture : bool
        Open in lecture mode.
    question : Question, optional
        What is asked first; see Question. Not in lecture mode.

    Returns
    -------
    Lab
        Measured to the end when it opens.

    Raises
    ------
    ValueError
        For another sample count, no seeds, more directions than one or a constant link.
    TypeError
        If the settings are no Settings.

    Notes
    -----
    Taught in notebook 04.
    """
    if samples not in STOPS:
        raise ValueError(
            f"samples = {samples} is no end of this lab's curves, in units of d: "
            f"it must be one of {', '.join(f'{f:g}' for f in STOPS)}"
        )
    learning = Learning(
        given(START if settings is None else settings), samples, whole("seeds", seeds, 1)
    )
    s = learning.settings
    names = KNOWN if s.link in KNOWN else [*KNOWN, s.link]
    links = [(LINKS[name].formula if name in LINKS else "yours", name) for name in names]
    losses = [name for name, loss in LOSSES.items() if not loss.sign_labels]
    return Lab(
        "SingleIndexLab",
        learning,
        views,
        words,
        tables=tables,
        player=Reviewer,
        presets=PRESETS,
        first=("link", "d", "noise", "width"),
        more=("loss", "weight_decay", "bias", "seed"),
        more_title="Phase 2, loss, decay, biases, seed, new samples, export",
        tips=TIPS,
        fields={
            "link": choice(WORDS["link"][0], TIPS["link"], links, s.link, flex="0 1 190px"),
            "d": field_widget("d", s, TIPS["d"], DIMENSIONS),
            "width": field_widget("width", s, TIPS["width"], WIDTHS),
            "loss": choice(WORDS["loss"][0], TIPS["loss"], losses, s.loss),
        },
        knobs=_knobs(learning),
        orders={"seeds": learning.add_seeds},
        bar=("samples", "reach"),
        beside=(Press("3 more seeds", "Three more targets and networks", "seeds", "plus", 3),),
        behind=(
            "passes",
            Press("New samples", "New seeds: draw everything anew", "new_seed", "refresh"),
        ),
        text=lines,
        example="d=200 link=quintic",
        lecture=lecture,
        question=question,
    )


SingleIndexLab.presets = PRESETS


def _knobs(learning: Learning) -> dict[str, Knob]:
    until = steps(
        "T", "Curves up to this many samples", [(f"{f:g} d", f) for f in STOPS], learning.until
    )
    tip = "New biases reach so many row norms far; the rule is √(2 log T) + 1"
    offered = [(reach_told(v), v) for v in (0.0, *REACHES)]
    reach = steps("reach", tip, offered, learning.reach)
    tip = "How the second layer is found: exactly, or by SGD over the samples"
    ways = [(passes_told(n), n) for n in (SOLVED, *PASSES)]
    second = choice("phase 2", tip, ways, learning.passes)
    return {
        "samples": Knob(until, learning.take_until, lambda: learning.until),
        "reach": Knob(reach, learning.take_reach, lambda: learning.reach),
        "passes": Knob(second, learning.take_passes, lambda: learning.passes),
    }


def words(learning: Learning, moment: int = -1) -> Words:
    """R^2 at one sample count beside its floor, what the angle allows, and the old biases.

    Parameters
    ----------
    learning : Learning
        What was measured.
    moment : int
        Index of the sample count.

    Returns
    -------
    Words
        With a light for each assumption.
    """
    s, row = learning.settings, learning.shown[moment]
    at = {n: learning.column(n)[:, moment] for n in ("r2", "old_r2", "angle", "angle_r2")}
    here = np.isfinite(at["r2"])
    r2, old, angle, allowed = (float(np.mean(v[here])) for v in at.values())
    count = int(here.sum())
    spread = (
        f"mean of {count} seeds, {at['r2'][here].min():z.2f} to {at['r2'][here].max():z.2f}"
        if count > 1
        else "1 seed"
    )
    link = LINKS[s.link].formula if s.link in LINKS else "your link"
    sentence = (
        f"{link}, d = {s.d:,}, width {s.width}, T = {row.samples:,} = {in_d(row.samples, s.d)}: "
        f"R² {r2:z.2f} ({spread}); best linear {learning.floor:.2f}; "
        f"the angle, {np.degrees(angle):.1f} degrees, allows {allowed:.2f} to one direction; "
        f"with the old biases {old:z.2f}."
    )
    if row.again:
        sentence += f" Phase 2 had {row.again:,} fresh samples."
    sentence += _what_goes_on(learning)
    rows = [
        ("R²", f"{allowed:.2f}", f"{r2:z.2f}", f"{r2 - allowed:+z.2f}"),  # predicted by the angle
        ("old biases", "", f"{old:z.2f}", ""),
        ("best linear", f"{learning.floor:.2f}", "", ""),
        ("angle", "", f"{np.degrees(angle):.1f}°", ""),
        ("reach", f"{rule_of_reach(row.samples):.2f}", f"{row.reach:.2f}", ""),
    ]
    return Words(sentence, rows, _lights(s, row.reach, row.samples))


def _what_goes_on(learning: Learning) -> str:
    lost = [f" Seed {learning.settings.seed + i}: {why}" for i, why in enumerate(learning.lost)]
    said = "".join(text for text, why in zip(lost, learning.lost, strict=True) if why)
    if learning.stopped:
        said += f" Beyond T = {learning.times[-1]:,} this width and d take too long here."
    if learning.unfinished:
        most, seeds = learning.times[learning.wanted - 1], learning.seeds
        said += f" Measuring goes on to T = {most:,}, {seeds} seed{'s' * (seeds > 1)}."
    return said


@lru_cache(maxsize=256)
def _lights(s: Settings, reach: float, samples: int) -> list[tuple[bool, str, str]]:
    """What has to hold for R^2 to come near 1 soon."""
    largest = math.sqrt(2 * math.log(samples))
    z, weights = gaussian_grid()
    f = s.target().mean(z[:, None])
    signal = float(-(weights * LOSSES[s.loss].slope(np.zeros_like(f), f)) @ z)
    rises = bool((np.diff(f) >= 0).all() or (np.diff(f) <= 0).all())
    bounded = math.isfinite(LOSSES[s.loss].largest_slope)
    return [
        (
            reach >= largest,
            "kinks at all samples",
            f"Kinks reach to |z| = {reach:.1f}, samples to about {largest:.1f}. The largest of "
            f"{samples:,} values |z| is near √(2 log T), and beyond the last kink the network is a "
            "line.",
        ),
        (
            abs(signal) > 0.02,
            "first step sees u",
            f"At the start the mean step along u is in proportion to {signal:.2f}, the mean of z "
            "times the clipped label. Where it is 0, W has to find u by higher orders.",
        ),
        (
            rises,
            "monotone link",
            "This link is not monotone, and the paper's promise is for monotone ones. That is "
            "sufficient and not necessary: watch what happens.",
        ),
        (
            bounded,
            "bounded steps",
            "The square loss makes a step as large as its label. A link that grows fast then "
            "throws W about.",
        ),
    ]


def lines(learning: Learning, words: Words, code: str) -> list[str]:
    """The sentence, a table over T, the rows and the settings.

    Parameters
    ----------
    learning : Learning
        What was measured.
    words : Words
        What is said of it.
    code : str
        The settings that the lab uses.

    Returns
    -------
    list of str
        The lines of the text twin.
    """
    mean = {
        n: np.nanmean(learning.column(n), axis=0) for n in ("r2", "old_r2", "angle_r2", "angle")
    }
    told = {
        "T / d": [f"{t / learning.settings.d:.3g}" for t in learning.samples],
        "R², both phases": [f"{v:z.2f}" for v in mean["r2"]],
        "R², old biases": [f"{v:z.2f}" for v in mean["old_r2"]],
        "R² by the angle": [f"{v:z.2f}" for v in mean["angle_r2"]],
        "angle, degrees": [f"{v:.1f}" for v in np.degrees(mean["angle"])],
    }
    rows = [f"{name:>16} " + " ".join(f"{v:>6}" for v in row) for name, row in told.items()]
    turned = f"reach {reach_told(learning.reach)}, phase 2 {passes_told(learning.passes)}"
    return [words.sentence, *rows, *table(words.rows, 16, 10), f"{code}; {turned}"]
