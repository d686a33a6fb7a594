"""GapLab: the gap of a trained network, its prediction, its bound, and the luck of one run.

Taught in notebook 03.
"""

from __future__ import annotations

import numpy as np

from ..generalisation import FIRST_LAYERS, TAU
from ..given import whole
from ..links import LINKS
from ..settings import Settings
from .controls import WORDS, Knob, choice, field_widget, steps
from .experiment import given
from .gap_curves import FIELDS, SIZES, GapCurves, views
from .gate import Question
from .lab import Lab
from .parts import Press
from .twin import table
from .views import Words

WIDTHS = (10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)
DIMENSIONS = (5, 10, 20, 50, 100, 200, 400)
HIDDEN = (1, 2, 3, 5, 10, 20, 30, 50)

START = Settings(link="sum_tanh", d=50, k=1, width=100, weight_decay=0.5)
PRESETS = {
    "tanh": (START, "The gap falls like d/T, below the bound, and faster than the bound."),
    "ten neurons": (
        START.replace(width=10),
        "A hundredth of the numbers of the next preset: look at the grey curve after both.",
    ),
    "ten thousand neurons": (
        START.replace(width=10_000),
        "A thousand times as many neurons as the preset before: does the gap know?",
    ),
    "a hundred thousand neurons": (
        START.replace(d=20, width=100_000),
        "Two million numbers in W and at most 200 samples. The gap is that of ten neurons.",
    ),
    "every direction counts": (
        START.replace(k=50),
        "k = d: the bound is seven times larger, the gap the same. All of it is inside now.",
    ),
    "400 dimensions": (
        START.replace(d=400),
        "The gap is 8 times larger at the same T: linear in d.",
    ),
    "no decay": (
        START.replace(weight_decay=0.0),
        "W⊥ stays, and the gap still falls: the initial W⊥ has not seen the samples.",
    ),
    "strong decay": (START.replace(weight_decay=5.0), "A third of the gap, and a larger risk."),
    "noisy labels": (START.replace(noise=1.0), "Twice the gap: labels move W, right or wrong."),
    "noise labels": (
        START.replace(link="none"),
        "Nothing to learn, and hardly a gap: a small gap is no evidence of learning.",
    ),
}
TIPS = {
    "link": "How the label depends on the hidden projections",
    "d": "Input dimension",
    "k": "How many hidden directions the label depends on",
    "noise": "Standard deviation of the noise added to each label",
    "width": "Number of neurons, over four decades",
    "weight_decay": "Width-free weight decay of SGD",
    "seed": "Number of the first seed",
}


def GapLab(
    settings: Settings | None = None,
    samples: int = 2000,
    seeds: int = 6,
    lecture: bool = False,
    question: Question | None = None,
) -> Lab:
    """The mean gap against T beside prediction, bound and the luck of one run; what moves it.

    Parameters
    ----------
    settings : Settings, optional
        What to run. SGD is Algorithm 1's first phase with the decay of the settings.
    samples : int
        Curves go up to this T, 50 to 5,000.
    seeds : int
        How many to measure, each with a target and a network of its own.
    lecture : bool
        Open in lecture mode.
    question : Question, optional
        What is asked first; see Question. Not in lecture mode.

    Returns
    -------
    Lab
        Its ``result`` is the GapCurves.

    Raises
    ------
    ValueError
        For other samples or seeds, or a network too large for a live lab.

    Notes
    -----
    Taught in notebook 03.
    """
    samples, seeds = whole("samples", samples, SIZES[0], SIZES[-1]), whole("seeds", seeds, 1)
    curves = GapCurves(given(START if settings is None else settings), samples, seeds)
    s = curves.settings
    reach = sorted({*SIZES, samples})
    tip = "Curves up to this many samples; the numbers below are those of the last"
    until = steps("T", tip, [(f"{n:,}", n) for n in reach], samples)
    tip = "What the fourth view compares, among all that this lab has measured"
    against = choice(
        "compare by", tip, [(label, f) for f, (label, *_) in FIELDS.items()], curves.against
    )
    hidden = sorted({*HIDDEN, s.k})
    return Lab(
        "GapLab",
        curves,
        views,
        words,
        presets=PRESETS,
        first=("d", "k", "noise", "width", "weight_decay"),
        more=("link", "seed"),
        tips=TIPS,
        fields={
            "d": field_widget("d", s, TIPS["d"], DIMENSIONS),
            "k": steps(WORDS["k"][0], TIPS["k"], [(str(k), k) for k in hidden], s.k),
            "width": field_widget("width", s, TIPS["width"], WIDTHS),
        },
        knobs={
            "samples": Knob(until, curves.take_samples, lambda: curves.samples),
            "against": Knob(against, curves.compare, lambda: curves.against),
        },
        orders={"seeds": curves.add_seeds},
        bar=("samples",),
        beside=(Press("6 more seeds", "Six more targets and networks", "seeds", "plus", 6),),
        behind=(
            "against",
            Press("New samples", "New seeds: draw everything anew", "new_seed", "refresh"),
        ),
        more_title="Link, seed, what to compare by, new samples, export",
        text=lines,
        example="d=50 width=1000",
        lecture=lecture,
        question=question,
    )


GapLab.presets = PRESETS


def words(curves: GapCurves, moment: int = -1) -> Words:
    """The gap at the last T that is shown, beside prediction, luck and bound.

    Parameters
    ----------
    curves : GapCurves
        What was measured.
    moment : int
        Says nothing: there is one moment.

    Returns
    -------
    Words
        With a row for each number.
    """
    s, g = curves.settings, curves.gaps
    link = LINKS[s.link].formula if s.link in LINKS else "your link"
    where = f"{link}, d = {s.d}, k = {s.k}, width {s.width:,}"
    if g is None:
        return Words(f"{where}: the gap is being measured.")
    i = curves.shown - 1
    t, mean, luck = curves.times[i], g.mean[i], g.luck[i]
    guess, bound = curves.predicted()[i], curves.bound()[i]
    count = f"{len(g.seeds)} seed{'s' * (len(g.seeds) > 1)}"
    sentence = (
        f"{where}, T = {t:,}: mean gap {mean:.5f}{_spread(g.error[i])} ({count}); one run's luck "
        f"is ± {luck:.5f}" + (", more than the gap itself" if luck > mean else "") + ". "
        f"√(kd/T) = {bound:.2f}"
        + (f" is above τ = {TAU:g} and says nothing." if bound > TAU else ".")
    )
    if curves.stopped:
        sentence += f" Beyond T = {curves.times[-1]:,} this width and d take too long here."
    if curves.unfinished:
        sentence += f" Measuring goes on to {curves.seeds} seeds."
    return Words(sentence, _rows(curves, i, guess))


def _rows(curves: GapCurves, i: int, guess: float) -> list[tuple[str, str, str, str]]:
    g, t, d = curves.gaps, curves.times[i], curves.settings.d
    known = np.isfinite(guess)
    off = f"{guess / g.mean[i] - 1:+.0%}" if known and g.mean[i] > 0 else ""
    predicted = [
        f"{guess * scale:.{digits}f}" if known else "" for scale, digits in ((1, 5), (t / d, 3))
    ]
    rows = [
        ("gap", predicted[0], f"{g.mean[i]:.5f}", off),
        ("gap × T / d", predicted[1], f"{g.mean[i] * t / d:.3f}", off),
        ("risk", "", f"{g.risk[:, i].mean():.4f}", ""),
    ]
    if len(found := curves.largest()):
        means = found[:, i].mean(axis=0) * np.sqrt(t)
        rows += [
            (f"sup × √T, {name}", "", f"{v:.1f}", "")
            for name, v in zip(FIRST_LAYERS, means, strict=True)
        ]
    return rows


def _spread(error: float) -> str:
    return f" ± {error:.5f}" if np.isfinite(error) else ""


def lines(curves: GapCurves, words: Words, code: str) -> list[str]:
    """The sentence, a table over T, the rows and the settings.

    Parameters
    ----------
    curves : GapCurves
        What was measured.
    words : Words
        What is said of it.
    code : str
        The settings that the lab uses.

    Returns
    -------
    list of str
        Of the text twin.
    """
    if curves.gaps is None:
        return [words.sentence, code]
    n, g = curves.shown, curves.gaps
    over = {
        "T": [f"{t:,}" for t in curves.times[:n]],
        "gap, mean": [f"{v:.5f}" for v in g.mean[:n]],
        "standard error": [f"{v:.5f}" for v in g.error[:n]],
        "predicted": [f"{v:.5f}" for v in curves.predicted()[:n]],
        "luck of one run": [f"{v:.5f}" for v in g.luck[:n]],
        "√(kd/T)": [f"{v:.2f}" for v in curves.bound()[:n]],
    }
    told = [f"{name:>16} " + " ".join(f"{v:>7}" for v in row) for name, row in over.items()]
    return [words.sentence, *told, *table(words.rows, 34, 10), code]
