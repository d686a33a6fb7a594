"""Exercises of notebook 04 on the two phases of Algorithm 1."""

from __future__ import annotations

import math

import numpy as np

from .comparing import SOLVED, apart, near, refuse
from .drawing import drawn
from .mechanism import Exercise, Wrong, array, call, number, require

# 4.1


def _width(answer):
    for m, d, T in ((7, 4, 300), (7, 4, 100_000), (12, 9, 50)):
        rng = drawn(1)
        W = rng.standard_normal((m, d))
        W[-1] *= 9
        found = number(call(answer, W, T), f"half_width(W, {T}) for W of shape {W.shape}")
        norms = np.linalg.norm(W, axis=1)
        size, reach = float(np.median(norms)), math.sqrt(2 * math.log(T)) + 1
        told = {
            "sqrt(2 log T) norms reach the largest |<u, x>| only just. Add 1, so that neurons "
            "of less than the median norm reach it too.": size * (reach - 1),
            "The reach has no factor: Delta is in the units of the biases, so multiply it by "
            "the typical row norm of W.": reach,
            "One long row decides here. Take the median of the row norms: it does not feel a "
            "single neuron.": float(norms.max()) * reach,
            "The mean feels the one long row. Take the median of the row norms.": float(
                norms.mean()
            )
            * reach,
            "These are the norms of the columns: a neuron is a row of W, axis=1.": float(
                np.median(np.linalg.norm(W, axis=0))
            )
            * reach,
            "That is the norm of the whole matrix: each neuron has its own, axis=1.": float(
                np.linalg.norm(W)
            )
            * reach,
            "The factor 2 under the root is missing: the largest of T normal numbers is near "
            "sqrt(2 log T).": size * (math.sqrt(math.log(T)) + 1),
            "The logarithm is the natural one, np.log.": size * (math.sqrt(2 * math.log10(T)) + 1),
        }
        refuse(found, told, size * reach)
        words = apart(found, size * reach)
        require(
            near(found, size * reach),
            f"For T = {T:,} and rows of median norm {size:.3f} you say {words[0]}, expected "
            f"{words[1]}.",
        )


WIDTH = Exercise(
    "4.1",
    "half_width",
    '''
def half_width(W, T):
    """Delta: (sqrt(2 log T) + 1) times the median row norm of W (m, d)."""
    return (np.sqrt(2 * np.log(T)) + 1) * np.median(np.linalg.norm(W, axis=1))  #:
''',
    (
        "Each neuron is a row of W: its norm is np.linalg.norm(W, axis=1)[j].",
        "Multiply np.sqrt(2 * np.log(T)) + 1 by np.median of these norms.",
    ),
    (("half width of the new biases", _width),),
)

# 4.2

REACH, DECAY = 4.0, 0.1


def _pairs(answer):
    for m, d, n in ((6, 3, 50), (5, 4, 40)):
        rng = drawn(2)
        W, X = 0.5 * rng.standard_normal((m, d)), rng.standard_normal((n, d))
        y, places = rng.standard_normal(n), rng.uniform(-1, 1, m)
        found = call(answer, W, X, y, places, REACH, DECAY)
        if not (isinstance(found, tuple | list) and len(found) == 2):
            raise Wrong("phase_two should return two things, the biases b and the second layer a.")
        b, a = (array(v, (m,), f"{name} of phase_two") for v, name in zip(found, "ba", strict=True))
        yield W, X, y, places, b, a


def _biases(answer):
    for W, _, _, places, b, _ in _pairs(answer):
        norms = np.linalg.norm(W, axis=1)
        wanted = REACH * float(np.median(norms)) * places
        told = {
            "First bug, still there: np.linalg.norm(W) is the norm of the whole matrix, sqrt(m) "
            "times that of a row, and most kinks lie where no sample is.": (
                REACH * float(np.linalg.norm(W)) * places
            ),
            "Each neuron has its own half width here; one Delta serves all, from the median row "
            "norm.": REACH * norms * places,
            "The biases do not scale with W: Delta is reach times the median row norm.": (
                REACH * places
            ),
            "The median is meant, as in 4.1, not the mean.": REACH * float(norms.mean()) * places,
            "All biases are positive: places are in [-1, 1], and kinks are needed on both sides.": (
                REACH * float(np.median(norms)) * np.abs(places)
            ),
        }
        refuse(b, told, wanted)
        j = int(np.abs(b - wanted).argmax())
        words = apart(b[j], wanted[j])
        require(
            near(b, wanted),
            f"b[{j}] is {words[0]}, expected {words[1]}: reach, times the median row norm, times "
            "the place.",
        )


def _layer(answer):
    for W, X, y, _, b, a in _pairs(answer):
        _solved(W, X, y, b, a)


def _solved(W, X, y, b, a):
    unit, n = np.eye(len(W)), len(y)

    def solved(F, counted=n, decay=DECAY):
        return np.linalg.solve(F.T @ F / counted + decay * unit, F.T @ y / n)

    F, outside = np.maximum(X @ W.T + b, 0), np.maximum(X @ W.T, 0) + b
    wanted = solved(F)
    told = {
        "Second bug, still there: the bias stands outside of the ReLU, where it moves no kink.": (
            solved(outside)
        ),
        "Third bug, still there: F.T @ F is a sum over samples and F.T @ y / n a mean. Divide "
        "both by n.": solved(F, 1),
        "Neither is a mean: then decay counts n times less. Divide both by n.": solved(
            F, decay=DECAY / n
        ),
        "Two bugs are still there: the bias stands outside of the ReLU, and F.T @ F is a sum "
        "where F.T @ y / n is a mean.": solved(outside, 1),
        "Decay is missing: with nearly parallel features the second layer then follows the "
        "noise.": solved(F, decay=1e-12),
        "That is a linear network: the features are ReLUs.": solved(X @ W.T + b),
    }
    refuse(a, told, wanted, SOLVED)
    j = int(np.abs(a - wanted).argmax())
    words = apart(a[j], wanted[j])
    require(
        near(a, wanted, SOLVED),
        f"a[{j}] is {words[0]}, expected {words[1]}: a solves (F^T F / n + decay I) a = "
        "F^T y / n with F = max(X W^T + b, 0).",
    )


PHASE = Exercise(
    "4.2",
    "phase_two",
    '''
def phase_two(W, X, y, places, reach, decay):
    """New biases (m,) at places (m,) in [-1, 1] of their interval, and a second layer (m,)."""
    b = reach * np.median(np.linalg.norm(W, axis=1)) * places  #:
    F = np.maximum(X @ W.T + b, 0)  #:
    a = np.linalg.solve(F.T @ F / len(y) + decay * np.eye(len(W)), F.T @ y / len(y))  #:
    return b, a  #:
''',
    (
        "Line by line: which norm is Delta a multiple of? Where does a bias stand in a neuron? "
        "Is each of the two matrices a mean?",
        "Take the median of np.linalg.norm(W, axis=1); put + b inside np.maximum; divide F.T @ F "
        "by len(y) too.",
    ),
    (("the biases", _biases), ("the second layer", _layer)),
)

# 4.6


def _step(answer):
    # the residual inside of the Huber loss's bend, and beyond, on both sides
    for m, r, step, decay in ((4, 0.1, 0.2, 0.3), (4, 3.0, 0.2, 0.3), (7, -2.0, 0.05, 0.8)):
        rng = drawn(m)
        a, phi = rng.standard_normal(m), np.abs(rng.standard_normal(m))
        y, slope = float(a @ phi - r), float(np.clip(r, -1, 1))
        found = call(answer, a, phi, y, step, decay)
        found = array(found, (m,), "second_step(a, phi, y, step, decay)")
        shrunk, moved = (1 - step * decay) * a, step * phi
        wanted = shrunk - slope * moved
        told = {
            "Weight decay changes nothing: a shrinks by step x decay.": a - slope * moved,
            "Decay acts in the wrong amount: the factor is 1 - step x decay.": (1 - decay) * a
            - slope * moved,
            "This goes uphill: subtract the gradient.": shrunk + slope * moved,
            "The label is missing: the slope is that of the loss at yhat - y.": shrunk
            - float(np.clip(a @ phi, -1, 1)) * moved,
            "The gradient is taken without its step size.": shrunk - slope * phi,
            "This is the square loss: Huber's slope is clip(yhat - y, -1, 1).": shrunk - r * moved,
        }
        refuse(found, told, wanted)
        j = int(np.abs(found - wanted).argmax())
        words = apart(found[j], wanted[j])
        require(
            near(found, wanted),
            f"For a residual of {r:g} a[{j}] becomes {words[0]}, expected {words[1]}.",
        )


STEP = Exercise(
    "4.6",
    "second_step",
    '''
def second_step(a, phi, y, step, decay):
    """One step of phase 2 on a (m,): features phi (m,) of one sample, Huber loss, weight decay."""
    slope = np.clip(a @ phi - y, -1, 1)  #:
    return (1 - step * decay) * a - step * slope * phi  #:
''',
    (
        "The output is a . phi, and its slope in a is phi. What is the slope of the Huber loss?",
        "slope = np.clip(a @ phi - y, -1, 1); then (1 - step * decay) * a - step * slope * phi.",
    ),
    (("one step of SGD", _step),),
)
