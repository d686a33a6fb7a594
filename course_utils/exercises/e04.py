"""Exercises of notebook 04, a single-index target; those on the phases are next door."""

from __future__ import annotations

import math

import numpy as np

from .asking import numbers
from .comparing import apart, near, refuse
from .drawing import between, drawn
from .e04_phases import PHASE, STEP, WIDTH
from .mechanism import Exercise, array, call, number, require

# 4.3


def _price(answer):
    own = np.array(between(43, *[(0.2, 2)] * 5))
    for c in (np.array([0.7, 0.0, -0.5, 0.3, 0.0, 0.2]), np.array([2.0, 1.0, 0.4, -3.0]), own):
        j, square = np.arange(len(c)), c**2
        found = number(call(answer, c), "price(c)")
        wanted = float(j @ square / square[1:].sum())
        refuse(
            found,
            {
                "c_0 is the mean of f: it is no part of the variance.": float(
                    j @ square / square.sum()
                ),
                "This is E f'^2. Divide it by the variance, the sum of c_j^2 from j = 1 on.": float(
                    j @ square
                ),
                "Each degree counts once with its number j: cos(angle)^(2j) is near "
                "1 - j angle^2.": float(j**2 @ square / square[1:].sum()),
                "Square the coefficients: a share of variance is c_j^2.": float(
                    j @ np.abs(c) / np.abs(c[1:]).sum()
                ),
                "The angle comes squared, and each degree with j, not with 2j: cos^2 is near "
                "1 - angle^2.": 2 * wanted,
                "Degrees begin at 0: c[0] is the mean, c[1] the linear part.": float(
                    (j + 1) @ square / square[1:].sum()
                ),
            },
            wanted,
        )
        words = apart(found, wanted)
        require(
            near(found, wanted),
            f"For c = {c} you say {words[0]}, expected {words[1]}: the mean degree, each "
            "weighted by its share of the variance.",
        )


PRICE = Exercise(
    "4.3",
    "price",
    '''
def price(c):
    """E f'^2 / Var f from the Hermite coefficients c (degrees,), c[0] the mean of f."""
    j = np.arange(len(c))  #:
    return j @ c**2 / np.sum(c[1:] ** 2)  #:
''',
    (
        "f' has the Hermite coefficients sqrt(j) c_j. What is its mean square?",
        "E f'^2 is the sum of j c_j^2, the variance the sum of c_j^2 from j = 1 on.",
    ),
    (("the mean degree", _price),),
)

# 4.4


def _until(answer):
    wobbles = (
        np.array([100, 200, 400, 800, 1600, 3200]),
        np.array([0.1, 0.35, 0.5, 0.8, 0.7, 0.9]),
    )
    rises = np.array([30, 50, 500]), np.array([-0.2, 0.4, 0.99])
    rng, (level,) = drawn(44), between(45, (0.3, 0.7))
    own = rng.integers(20, 60) * 2 ** np.arange(6), 0.15 * np.arange(6) + rng.uniform(0, 0.1, 6)
    cases = (wobbles, 0.6), (wobbles, 0.75), (rises, 0.5), (rises, 0.1), (own, level)
    for (T, r2), level in cases:
        found = number(call(answer, T, r2, level), "samples_until(T, r2, level)")
        i, last = int(np.argmax(r2 >= level)), int(np.flatnonzero(r2 < level)[-1]) + 1
        share = (level - r2[i - 1]) / (r2[i] - r2[i - 1])
        late = (level - r2[last - 1]) / (r2[last] - r2[last - 1])
        wanted = float(T[i - 1] * (T[i] / T[i - 1]) ** share)
        told = {
            f"{found:.0f} is the first measured T that is above the level; the crossing lies "
            "before it.": float(T[i]),
            "That is the T before the crossing: go on by the share of the step that is "
            "needed.": float(T[i - 1]),
            "You interpolate in T. The curves are straight, more or less, against log T: "
            "interpolate there.": float(T[i - 1] + share * (T[i] - T[i - 1])),
            "That is the last crossing. Curves wobble: the first one is asked for.": float(
                T[last - 1] * (T[last] / T[last - 1]) ** late
            ),
            "That is a logarithm: go back to samples with np.exp.": math.log(wanted),
        }
        refuse(found, told, wanted)
        words = apart(found, wanted)
        require(
            near(found, wanted),
            f"For the level {level} you say {words[0]}, expected {words[1]}: between "
            f"{T[i - 1]} and {T[i]}, {share:.0%} of the way in log T.",
        )


def _at_the_ends(answer):
    T, r2 = np.array([100, 200, 400]), np.array([0.3, 0.5, 0.6])
    found = number(call(answer, T, r2, 0.3), "samples_until(T, r2, 0.3)")
    require(
        near(found, 100.0),
        "Where the first value is at the level already, answer its T: 100, not "
        f"{apart(found, 100)[0]}.",
    )
    never = call(answer, T, r2, 0.9)
    lost = numbers(never, "samples_until(T, r2, 0.9)")
    require(
        lost.size == 1 and not np.isfinite(lost).any(),
        f"These curves never reach 0.9, and you say {never}: answer np.inf where no value is at "
        "the level.",
    )


UNTIL = Exercise(
    "4.4",
    "samples_until",
    '''
def samples_until(T, r2, level):
    """First T (n,) at which r2 (n,) reaches a level, interpolated in log T; np.inf if never."""
    if r2.max() < level:  #:
        return np.inf  #:
    i = np.argmax(r2 >= level)  #:
    return np.exp(np.interp(level, r2[max(i - 1, 0) : i + 1], np.log(T[max(i - 1, 0) : i + 1])))  #:
''',
    (
        "np.argmax(r2 >= level) is the first index that is there. The crossing lies between it "
        "and the one before.",
        "np.interp(level, [r2[i - 1], r2[i]], [log T[i - 1], log T[i]]), then np.exp; i = 0 and "
        "'never' are cases of their own.",
    ),
    (("the first crossing, in log T", _until), ("at once, and never", _at_the_ends)),
)

# 4.5


def _push(answer):
    for m, d, n in ((5, 4, 60), (8, 3, 25)):
        _pushed(answer, m, d, n)


def _pushed(answer, m: int, d: int, n: int):
    rng = drawn(m)
    W, X = rng.standard_normal((m, d)), rng.standard_normal((n, d))
    s, b = rng.choice([-1.0, 1.0], m), rng.standard_normal(m)
    s[:2], u = (1, -1), np.zeros(d)
    u[0], u[2] = 0.6, 0.8
    a, y = s / m, 2 * (X @ u) ** 3
    found = array(call(answer, W, a, b, X, y, u), (m,), "push(W, a, b, X, y, u)")
    Z = X @ W.T + b
    on, residual = Z > 0, np.maximum(Z, 0) @ a - y
    clip = lambda r: np.clip(r, -1, 1)  # noqa: E731

    def mean(r, gate=on, s=s):
        return -((r * (X @ u)) @ gate) / n * s

    wanted = mean(clip(residual))
    told = {
        "The sign is turned round: SGD goes against the gradient.": -wanted,
        "That is the square loss: the Huber loss has the slope clip(yhat - y, -1, 1).": mean(
            residual
        ),
        "Every neuron is counted at every sample: a ReLU that is off has slope 0.": mean(
            clip(residual), np.ones_like(on)
        ),
        "The slope of ReLU is 0 or 1: you have its value.": mean(clip(residual), np.maximum(Z, 0)),
        "The sign s_j = m a_j is missing: a neuron with a negative second layer is pushed the "
        "other way.": mean(clip(residual), s=np.ones(m)),
        "a_j is +-1/m; the step of notebook 02 has s_j = m a_j, which is +-1.": wanted / m,
        "The output of the network is missing in the residual.": mean(clip(-y)),
        "This is the sum over samples, not the mean.": n * wanted,
    }
    refuse(found, told, wanted)
    j = int(np.abs(found - wanted).argmax())
    words = apart(found[j], wanted[j])
    require(
        near(found, wanted),
        f"push[{j}] is {words[0]}, expected {words[1]}: minus the mean of clip(yhat - y) "
        "s_j 1[neuron on] <u, x>.",
    )


PUSH = Exercise(
    "4.5",
    "push",
    '''
def push(W, a, b, X, y, u):
    """Mean step (m,) of each neuron along u: -mean of l'(yhat - y) s_j sigma'_j <u, x>."""
    Z = X @ W.T + b  #:
    slope = np.clip(np.maximum(Z, 0) @ a - y, -1, 1)  #:
    return -len(a) * a * ((slope * (X @ u)) @ (Z > 0)) / len(y)  #:
''',
    (
        "Write the step of notebook 02 for one sample, take its product with u, and average over "
        "samples. The Huber loss clips the residual at 1.",
        "slope = np.clip(yhat - y, -1, 1) is (n,), X @ u is (n,), Z > 0 is (n, m): "
        "(slope * (X @ u)) @ (Z > 0) sums over samples.",
    ),
    (("the mean step along u", _push),),
)

EXERCISES = (WIDTH, PHASE, PRICE, UNTIL, PUSH, STEP)
