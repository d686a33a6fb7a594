"""Exercises of notebook 08, a map of the field: miniatures of other papers, changed."""

from __future__ import annotations

import math

import numpy as np

from .asking import numbers
from .comparing import apart, near, refuse
from .drawing import between, drawn
from .mechanism import Exercise, array, call, number, require

# 8.1


def _half_grown(answer):
    own = between(81, (0.5, 3), (0.01, 0.2), (0.01, 0.1))
    for s, p0, step in ((3.0, 0.2, 0.1), (1.0, 1e-3, 0.05), own):
        found = number(call(answer, s, p0, step), f"half_grown({s:g}, {p0:g}, {step:g})")
        odds = math.log(s / p0 - 1)
        wanted = odds / (2 * s * step)
        refuse(
            found,
            {
                "That is the time of the flow. A step of gradient descent is `step` long: divide "
                "by it.": odds / (2 * s),
                "p is a product of two factors and both grow: p' = 2 p (s - p), with a 2.": odds
                / (s * step),
                "You multiply by the step: shorter steps mean more of them.": odds * step / (2 * s),
                "That is growth without an end, p0 exp(2 s t) = s / 2. Near s / 2 the factor s - p "
                "counts: solve p' = 2 p (s - p) exactly.": math.log(s / (2 * p0)) / (2 * s * step),
                "That is when exp(2 s t) = s / p0. At p = s / 2 the odds p / (s - p) are 1, and at "
                "the start p0 / (s - p0).": math.log(s / p0) / (2 * s * step),
                "The rate is missing: a larger singular value grows faster, at 2 s.": odds
                / (2 * step),
                "The sign is turned round: the odds at the start are below 1, the time is "
                "positive.": -wanted,
            },
            wanted,
        )
        words = apart(found, wanted)
        require(
            near(found, wanted),
            f"For s = {s:g}, p0 = {p0:g}, step = {step:g} you say {words[0]}, expected "
            f"{words[1]}: the odds p / (s - p) grow like exp(2 s t).",
        )


HALF_GROWN = Exercise(
    "8.1",
    "half_grown",
    '''
def half_grown(s, p0, step):
    """Steps of length step until p' = 2 p (s - p), started at p0, has come to s / 2."""
    return np.log(s / p0 - 1) / (2 * s * step)  #:
''',
    (
        "Follow the odds p / (s - p): by p' = 2 p (s - p) their logarithm has the slope 2 s.",
        "The odds go from p0 / (s - p0) to 1 at the rate 2 s; n steps take the time n step.",
    ),
    (("the step at which it is half grown", _half_grown),),
)

# 8.2


def _exponents(answer):
    cases = (
        (np.array([50, 200]), np.array([[3100, 2000, 4000], [16000, 12000, 18000]])),
        (np.array([10, 30]), np.array([[90, 100], [1000, 700]])),
        (np.array([20, 60]), drawn(82).integers(100, 400, (2, 3)) * [[1], [10]]),
    )
    for d, samples in cases:
        found = numbers(call(answer, d, samples), "exponents(d, samples)")
        require(
            found.size == 2,
            "exponents should return two numbers, the least exponent and the most; yours has the "
            f"shape {found.shape}.",
        )
        found = found.ravel()
        first, last = np.log(samples)
        run = np.log(d[1] / d[0])
        wanted = np.array([last.min() - first.max(), last.max() - first.min()]) / run
        middle = np.median(last - first) / run, (np.median(last) - np.median(first)) / run
        own = np.array([(last - first).min(), (last - first).max()]) / run
        told = {
            "Seed 0 at one d has nothing in common with seed 0 at another: the draws differ. Any "
            "seed at the one may meet any at the other.": own,
            "The two are turned round: the least first.": wanted[::-1],
            "Those are ratios of samples. An exponent is log(ratio of samples) / log(ratio of "
            "d).": np.exp(wanted * run),
            "Those are logarithms of ratios. How far apart are the two d? Divide by log(d[1] / "
            "d[0]).": wanted * run,
            "That divides by the ratio of d, not by its logarithm.": wanted * run * d[0] / d[1],
            "The smallest seeds of both and the largest of both: the flattest line that seeds "
            "allow goes from the largest at d[0] to the smallest at d[1].": np.array(
                [last.min() - first.min(), last.max() - first.max()]
            )
            / run,
        }
        refuse(found, told, wanted)
        require(
            not any(near(found, np.array([m, m])) for m in middle),
            "That is one slope, twice. How far apart may seeds put it?",
        )
        for which, a, b in zip(("least", "largest"), found, wanted, strict=True):
            words = apart(a, b)
            require(
                near(found, wanted) or near(a, b),
                f"The {which} for d = {d[0]} and {d[1]} is {words[0]}, expected {words[1]}.",
            )


EXPONENTS = Exercise(
    "8.2",
    "exponents",
    '''
def exponents(d, samples):
    """(least, most) p in samples ~ d^p: any seed at d[0] with any at d[1]; samples (2, seeds)."""
    first, last = np.log(samples)  #:
    run = np.log(d[1] / d[0])  #:
    return (last.min() - first.max()) / run, (last.max() - first.min()) / run  #:
''',
    (
        "On logarithmic axes d^p is a line of slope p: rise over run, both of logarithms. Which "
        "two seeds give the flattest line?",
        "The flattest goes from samples[0].max() to samples[1].min(), the steepest from "
        "samples[0].min() to samples[1].max().",
    ),
    (("the range of exponents", _exponents),),
)

# 8.3

SAMPLES = np.array([100, 200, 400, 800, 1600])


def _times(answer, overlaps: list, samples: np.ndarray = SAMPLES, level: float = 0.5) -> float:
    """What an answer says; np.inf, unlike in other exercises, is a number here."""
    found = numbers(call(answer, samples, np.array(overlaps), level), "typical_time(...)")
    require(found.size == 1, "typical_time should return one number, the median over seeds.")
    require(not np.isnan(found).any(), "typical_time returned nan.")
    return float(found.reshape(()))


def _samples():
    yield SAMPLES
    yield int(drawn(83).integers(3, 90)) * 2 ** np.arange(5)


def _sign(answer):
    rising = [0.1, 0.2, 0.6, 0.8, 0.9]
    for samples in _samples():
        found = _times(answer, [rising, [-v for v in rising], [-v for v in rising]], samples)
        require(
            samples is SAMPLES or found == samples[2],
            f"Among the samples {samples.tolist()} the level is reached at {samples[2]}, and you "
            f"say {found:g}: times are those in samples.",
        )
        require(
            found == samples[2],
            "First line, still wrong: w and -w lie on one line, and an overlap of -0.6 has "
            f"reached 0.5. Two seeds of three go to -u, all are there after {samples[2]} samples; "
            f"you say {found:g}.",
        )


def _median(answer):
    quick, middle, late = [0.6] * 5, [0.1] + [0.6] * 4, [0.1] * 4 + [0.6]
    for samples in _samples():
        first, second, last = (int(samples[i]) for i in (0, 1, 4))
        found = _times(answer, [quick, middle, late], samples)
        require(
            not near(found, (first + second + last) / 3),
            "Third line, still wrong: that is the mean. One seed that is late moves it as far as "
            "it likes, and one that never arrives to inf.",
        )
        require(
            found == second,
            f"Times {first}, {second} and {last} have the median {second}, not {found:g}.",
        )
    overlaps = [[0.5, 0.9, 0.9, 0.9], [0.1, 0.6, 0.9, 0.9], [0.6, 0.6, 0.6, 0.9], [0.6] * 3 + [0.9]]
    found = _times(answer, overlaps, np.array([10, 20, 40, 80]), 0.8)
    require(
        found == 60,
        f"Four seeds come to the level 0.8 at 20, 40, 80 and 80: the median is 60, not {found:g}.",
    )


def _never(answer):
    fast, slow, lost = [0.1] + [0.6] * 4, [0.1] * 3 + [0.6] * 2, [0.1] * 5
    for samples in _samples():
        early, late = int(samples[1]), int(samples[3])
        found = _times(answer, [fast, slow, slow, lost, lost], samples)
        require(
            found != early,
            "Second line, still wrong: np.argmax of a row without any True is 0, so that a seed "
            "which never arrives counts as the fastest.",
        )
        require(
            found == late,
            f"Of five seeds one arrives at {early}, two at {late} and two never: the median is "
            f"{late}, not {found:g}.",
        )
    found = _times(answer, [fast, lost, lost])
    require(
        found != 200,
        "Seeds that never arrive were dropped: those that are left are the lucky ones. They count "
        "as inf.",
    )
    require(
        found == np.inf,
        f"Of three seeds two never arrive, and you say {found:g}: half of them do not, so the "
        "median is inf.",
    )


TYPICAL_TIME = Exercise(
    "8.3",
    "typical_time",
    '''
def typical_time(samples, overlaps, level):
    """Median over seeds of the first of samples (n,) at which an overlap, in (seeds, n), has
    reached the level on either side; a seed that never does counts as inf."""
    there = np.abs(overlaps) >= level  #:
    first = np.where(there.any(axis=1), samples[np.argmax(there, axis=1)], np.inf)  #:
    return np.median(first)  #:
''',
    (
        "Follow one seed at a time through the three lines: one that goes to -u, one that never "
        "arrives, one that is late.",
        "np.abs(overlaps); np.where(there.any(axis=1), ..., np.inf); np.median.",
    ),
    (("either side", _sign), ("the median", _median), ("a seed that never arrives", _never)),
)

# 8.4


class _Recorder:
    """Stands for the experiment: what it answers tells with what it was called."""

    def __init__(self):
        self.calls: list[tuple] = []

    def __call__(self, seed, layers, penalty, share=1.0):
        self.calls.append((seed, layers, penalty, share))
        ratio = 0.1 * (seed + 1) + 10 * layers + penalty
        return {"R2": 0.5 + ratio, "second / first": ratio, "angle": 30 + ratio}


def _ratios(answer):
    for penalty in (1e-3, 2e-2, *between(84, (0.003, 0.01))):
        one = _Recorder()
        value = call(answer, one, penalty)
        require(
            bool(one.calls), "The experiment was not called: one(seed, layers=0, penalty=penalty)."
        )
        seeds, layers, penalties, shares = (set(each) for each in zip(*one.calls, strict=True))
        tried = apart(min(penalties), penalty, 1)
        require(
            near(np.array([*penalties]), penalty) and shares == {1.0},
            f"The experiment was called with the penalty {tried[0]}, and {tried[1]} was asked for: "
            "hand penalty on.",
        )
        require(
            layers == {0, 2},
            f"It was called with {sorted(layers)} linear layers. The claim compares 0 and 2: "
            "without the 0 nothing says what the layers change.",
        )
        require(
            seeds == {0, 1, 2},
            f"It was called with the seeds {sorted(seeds)}: seeds 0, 1 and 2 are asked for, since "
            "one run, or one run three times, says nothing of the spread.",
        )
        found = array(value, (2, 3), "ratios(one, penalty)")
        seed, layer = np.arange(3), np.array([[0], [2]])
        wanted = 0.1 * (seed + 1) + 10 * layer + penalty
        refuse(
            found,
            {
                "You took R2: how well it fits. The price of a direction shows in "
                "'second / first'.": 0.5 + wanted,
                "You took the angle. Ask for 'second / first'.": 30 + wanted,
                "The rows are turned round: 0 linear layers first, then 2.": wanted[::-1],
            },
            wanted,
        )
        i, j = np.unravel_index(np.abs(found - wanted).argmax(), found.shape)
        words = apart(found[i, j], wanted[i, j])
        require(
            near(found, wanted),
            f"Entry [{i}, {j}] is {words[0]}, expected {words[1]}: 'second / first' with "
            f"{2 * i} linear layers at seed {j}; a row a depth, a column a seed, no mean.",
        )


RATIOS = Exercise(
    "8.4",
    "ratios",
    '''
def ratios(one, penalty):
    """'second / first' of one(seed, layers=n, penalty=penalty) (2, 3): n 0, 2; seeds 0, 1, 2."""
    runs = [[one(seed, layers=n, penalty=penalty) for seed in range(3)] for n in (0, 2)]  #:
    return np.array([[run["second / first"] for run in row] for row in runs])  #:
''',
    (
        "one(0, layers=2, penalty=penalty) is one run, a dict. You need six of them.",
        "A list of two lists: for n in (0, 2) the three values one(seed, ...)['second / first'].",
    ),
    (("six runs, in a table", _ratios),),
)

EXERCISES = (HALF_GROWN, EXPONENTS, TYPICAL_TIME, RATIOS)
