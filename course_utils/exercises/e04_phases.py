"""Exercises of notebook 04 on the two phases of Algorithm 1."""

from __future__ import annotations

import math

import numpy as np

from .comparing import near, refuse
from .mechanism import Exercise, Wrong, array, call, number, require

# 4.1


def _width(answer):
    rng = np.random.default_rng(1)
    W = rng.standard_normal((7, 4)) * np.array([1, 1, 1, 1, 1, 1, 9.0])[:, None]
    for T in (300, 100_000):
        found = number(call(answer, W, T), "half_width(W, T)")
        norms = np.linalg.norm(W, axis=1)
        size, reach = float(np.median(norms)), math.sqrt(2 * math.log(T)) + 1
        refuse(
            found,
            {
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
                "The logarithm is the natural one, np.log.": size
                * (math.sqrt(2 * math.log10(T)) + 1),
            },
            size * reach,
        )
        require(
            near(found, size * reach),
            f"For T = {T:,} and rows of median norm {size:.3f} you say {found:.3f}, expected "
            f"{size * reach:.3f}.",
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


def _phase():
    rng = np.random.default_rng(2)
    W, X = 0.5 * rng.standard_normal((6, 3)), rng.standard_normal((50, 3))
    y, places = rng.standard_normal(50), rng.uniform(-1, 1, 6)
    return W, X, y, places, REACH, DECAY


def _pair(answer):
    W, X, y, places, reach, decay = _phase()
    found = call(answer, W, X, y, places, reach, decay)
    pair = isinstance(found, tuple | list) and len(found) == 2
    if not pair:
        raise Wrong("phase_two should return two things, the biases b and the second layer a.")
    b, a = (array(v, (6,), f"{name} of phase_two") for v, name in zip(found, "ba", strict=True))
    return W, X, y, places, reach, decay, b, a


def _biases(answer):
    W, _, _, places, reach, _, b, _ = _pair(answer)
    norms = np.linalg.norm(W, axis=1)
    wanted = reach * float(np.median(norms)) * places
    refuse(
        b,
        {
            "First bug, still there: np.linalg.norm(W) is the norm of the whole matrix, sqrt(m) "
            "times that of a row, and most kinks lie where no sample is.": reach
            * float(np.linalg.norm(W))
            * places,
            "Each neuron has its own half width here; one Delta serves all, from the median row "
            "norm.": reach * norms * places,
            "The biases do not scale with W: Delta is reach times the median row norm.": reach
            * places,
            "The median is meant, as in 4.1, not the mean.": reach * float(norms.mean()) * places,
            "All biases are positive: places are in [-1, 1], and kinks are needed on both sides.": (
                reach * float(np.median(norms)) * np.abs(places)
            ),
        },
        wanted,
    )
    require(
        near(b, wanted),
        f"b[0] is {b[0]:.3f}, expected {wanted[0]:.3f}: reach, times the median row norm, times "
        "the place.",
    )


def _layer(answer):
    W, X, y, _, _, decay, b, a = _pair(answer)
    unit = np.eye(len(W))

    def solved(F, n, decay=decay):
        return np.linalg.solve(F.T @ F / n + decay * unit, F.T @ y / len(y))

    F, outside = np.maximum(X @ W.T + b, 0), np.maximum(X @ W.T, 0) + b
    wanted = solved(F, len(y))
    told = {
        "Second bug, still there: the bias stands outside of the ReLU, where it moves no kink.": (
            solved(outside, len(y))
        ),
        "Third bug, still there: F.T @ F is a sum over samples and F.T @ y / n a mean. Divide "
        "both by n.": solved(F, 1),
        "Neither is a mean: then decay counts n times less. Divide both by n.": solved(
            F, len(y), decay / len(y)
        ),
        "Two bugs are still there: the bias stands outside of the ReLU, and F.T @ F is a sum "
        "where F.T @ y / n is a mean.": solved(outside, 1),
        "Decay is missing: with nearly parallel features the second layer then follows the "
        "noise.": solved(F, len(y), 0.0),
        "That is a linear network: the features are ReLUs.": solved(X @ W.T + b, len(y)),
    }
    refuse(a, told, wanted)
    require(
        near(a, wanted),
        f"a[0] is {a[0]:.4f}, expected {wanted[0]:.4f}: a solves (F^T F / n + decay I) a = "
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
    rng = np.random.default_rng(6)
    for scale in (0.1, 3.0):  # the residual inside of the Huber loss's bend, and beyond
        a, phi, y = rng.standard_normal(4), np.abs(rng.standard_normal(4)), 0.0
        y = float(a @ phi - scale)
        found = array(
            call(answer, a, phi, y, 0.2, 0.3), (4,), "second_step(a, phi, y, step, decay)"
        )
        slope = min(scale, 1.0)
        wanted = (1 - 0.06) * a - 0.2 * slope * phi
        told = {
            "Weight decay changes nothing: a shrinks by step x decay.": a - 0.2 * slope * phi,
            "Decay acts in the wrong amount: the factor is 1 - step x decay.": (1 - 0.3) * a
            - 0.2 * slope * phi,
            "This goes uphill: subtract the gradient.": (1 - 0.06) * a + 0.2 * slope * phi,
            "The label is missing: the slope is that of the loss at yhat - y.": (1 - 0.06) * a
            - 0.2 * float(np.clip(a @ phi, -1, 1)) * phi,
            "The gradient is taken without its step size.": (1 - 0.06) * a - slope * phi,
            "This is the square loss: Huber's slope is clip(yhat - y, -1, 1).": (1 - 0.06) * a
            - 0.2 * scale * phi,
        }
        refuse(found, told, wanted)
        require(
            near(found, wanted),
            f"For a residual of {scale:g} a[0] becomes {found[0]:.4f}, expected {wanted[0]:.4f}.",
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
