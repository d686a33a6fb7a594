"""Exercises of notebook 07, where it breaks."""

from __future__ import annotations

import math

import numpy as np

from .asking import numbers
from .comparing import SOLVED, apart, near, refuse
from .drawing import between, drawn
from .mechanism import Exercise, array, call, number, require

# 7.1


def _pull(answer):
    for m, d in ((6, 3), (9, 4), (20, 2)):
        rng = drawn(m)
        W, b, x = rng.standard_normal((m, d)), rng.standard_normal(m), rng.standard_normal(d)
        a = np.where(np.arange(m) % 3 == 1, -1, 1) / m
        _step(answer, W, a, b, x, *rng.uniform(0.2, 0.9, 3))


def _step(answer, W, a, b, x, y, rate, decay):
    m, z = len(W), W @ x + b
    gradient = (a @ np.maximum(z, 0) - y) * np.outer(a * (z > 0), x)
    found = array(call(answer, W, a, b, x, y, rate, decay), W.shape, "mended(...)")
    wanted = W - rate * (m * gradient + decay * W)
    told = {
        "First bug, still there: a_j = ±1/m makes the gradient of a row m times too small, so "
        "neurons do not move. Multiply the gradient by m.": W - rate * (gradient + decay * W),
        "Second bug: the step is m times larger now, and decay with it, so W shrinks m times "
        "too fast. Only the gradient is to be multiplied by m.": W
        - m * rate * (gradient + decay * W),
        "Decay is divided by m and the gradient is not multiplied: now nothing moves at all.": W
        - rate * (gradient + decay / m * W),
        "The gradient is right, but decay is divided by m: nothing makes W_perp small.": W
        - rate * (m * gradient + decay / m * W),
        "The gradient is right; decay is missing.": W - m * rate * gradient,
        "The gradient is added: W moves uphill.": W + rate * (m * gradient - decay * W),
    }
    refuse(found, told, wanted)
    i, j = np.unravel_index(np.abs(found - wanted).argmax(), W.shape)
    words = apart(found[i, j], wanted[i, j])
    require(
        near(found, wanted),
        f"For m = {m} W[{i}, {j}] becomes {words[0]}, expected {words[1]}: the width-free step is "
        "(1 - rate decay) W - rate m gradient.",
    )


MENDED = Exercise(
    "7.1",
    "mended",
    '''
def mended(W, a, b, x, y, rate, decay):
    """framework(...) with factors of m that make it the step of notebook 02, at every width m."""
    m = len(W)
    z = W @ x + b
    gradient = (a @ np.maximum(z, 0) - y) * np.outer(a * (z > 0), x)
    return W - rate * (m * gradient + decay * W)  #:
''',
    (
        "The gradient of row j carries the factor a_j = ±1/m. How large is a step of framework at "
        "m = 1,000?",
        "Notebook 02 moves row j by rate s_j l' sigma' x with s_j = m a_j, and shrinks it by "
        "1 - rate decay. Which of the two has lost an m?",
    ),
    (("the step of notebook 02", _pull),),
)

# 7.2


def _phi(t: float) -> float:
    return math.exp(-(t**2) / 2) / math.sqrt(2 * math.pi)


def _rate(answer):
    own = between(72, (1, 3), (0.5, 2.5), (0.5, 1.3))
    for r, b, decay in ((0.7, 1.6, 0.1), (3.0, 0.5, 0.4), (2.0, 2.5, 1.3), own):
        found = number(call(answer, r, b, decay), f"rate({r}, {b}, {decay})")
        push, bell = _phi(b / r), math.sqrt(2 * math.pi)
        wanted = push - decay * r
        told = {
            "That is the relative rate (dr/dt) / r. Multiply it by r.": wanted / r,
            "Decay shrinks a row in proportion to its length: decay times r.": push - decay,
            "A row of length r has a kink at distance |b| / r from the origin, not r / |b| or "
            "|b| r.": _phi(r / b) - decay * r,
            "The kink is at |b| / r: divide, do not multiply.": _phi(b * r) - decay * r,
            "phi is the normal density: 1 / sqrt(2 pi) is missing.": bell * push - decay * r,
            "The square in the density is missing, or its half.": math.exp(-((b / r) ** 2)) / bell
            - decay * r,
            "The push has the sign of decay here: it lengthens the row.": -push - decay * r,
            "Decay is missing.": push,
        }
        refuse(found, told, wanted)
        words = apart(found, wanted)
        require(
            near(found, wanted),
            f"rate({r}, {b}, {decay}) is {words[0]}, expected {words[1]}.",
        )


RATE = Exercise(
    "7.2",
    "rate",
    '''
def rate(r, b, decay):
    """dr/dt = phi(|b| / r) - decay r of a row of length r with bias b; phi the normal density."""
    return np.exp(-((b / r) ** 2) / 2) / np.sqrt(2 * np.pi) - decay * r  #:
''',
    (
        "phi(t) = exp(-t^2 / 2) / sqrt(2 pi). At which t = <w, x> / r is the kink of the neuron?",
        "The push is phi(b / r), the shrinking decay * r; the first minus the second.",
    ),
    (("push minus decay", _rate),),
)

# 7.3


def _exponent(answer):
    first = int(drawn(None).integers(2, 9))  # which no table holds
    cases = (
        ([0.0, 0.7, 0.1], 0.01, 1),
        ([5.0, 0.0, 0.5, 0.3], 0.01, 2),
        ([0.0, 0.004, -0.003, -0.6, 0.2], 0.01, 3),
        ([1.0, 0.02, -0.3, 0.4], 0.05, 2),
        ([0.5, *[0.0] * (first - 1), -0.2, 0.9], 0.1, first),
        ([1.0, 0.0, 0.0, 0.0], 0.01, math.inf),
    )
    for c, error, wanted in cases:
        value = numbers(call(answer, np.array(c), error), "exponent(c, error)")
        require(value.size == 1, f"exponent(c, error) should be one number, it has {value.size}.")
        if value.item() != wanted:
            _wrong_degree(c, error, value.item(), wanted)


def _wrong_degree(c: list[float], error: float, found: float, wanted: float):
    require(
        wanted < math.inf,
        f"For c = {c}, a constant, no degree counts: answer np.inf, not {found:g}.",
    )
    size = np.abs(c)
    of_largest, of_any = 1 + int(np.argmax(size[1:])), 1 + int(np.argmax(size[1:] > 0))
    require(found != 0, f"c[0] = {c[0]} is the mean; the exponent counts from degree 1.")
    require(
        found != wanted - 1,
        f"For c = {c} you say {found:g}: one too few. c[j] belongs to degree j, and you looked at "
        "c[1:].",
    )
    require(
        found != of_largest,
        f"For c = {c} you say {found:g}, the degree of the largest coefficient. The first that is "
        "not zero counts, however small it is.",
    )
    require(
        found != of_any,
        f"For c = {c} you say {found:g}: that coefficient is within the error {error} of zero.",
    )
    require(
        found != 1 + int(np.argmax(np.array(c)[1:] > error)),
        f"For c = {c} you say {found:g}: a negative coefficient counts too, take np.abs.",
    )
    require(False, f"For c = {c} you say {found:g}, expected {wanted}.")


EXPONENT = Exercise(
    "7.3",
    "exponent",
    '''
def exponent(c, error):
    """Smallest degree j >= 1 whose Hermite coefficient |c[j]| > error; np.inf if none is."""
    degrees = np.flatnonzero(np.abs(c[1:]) > error) + 1  #:
    return degrees[0] if len(degrees) else np.inf  #:
''',
    (
        "c[0] is the mean. Which of the others are further from zero than the error?",
        "np.flatnonzero(np.abs(c[1:]) > error) + 1 holds all such degrees; take the first.",
    ),
    (("the first degree that counts", _exponent),),
)

# 7.4


def _unit(v):
    return v / np.linalg.norm(v)


def _direction(answer):
    for d, h, decay in ((4, 0.3, 2.0), (3, 1.5, 0.4), (7, 0.2, 0.9)):
        rng = drawn(d)
        root, u = rng.standard_normal((d, d)), np.zeros(d)
        u[[0, 2]] = 0.6, 0.8
        _limit(answer, np.eye(d) + root @ root.T, u, h, decay)


def _limit(answer, S, u, h, decay):
    d, eye = len(u), np.eye(len(u))
    found = array(call(answer, S, u, h, decay), (d,), "row_limit(S, u, h, decay)")
    A, raw = h * S + decay * eye, np.linalg.solve(h * S + decay * eye, S @ u)
    told = {
        "The direction is right, its length is not: return a unit vector.": raw,
        "That is u itself, the limit without decay.": u,
        "That is S u, the limit of strong decay.": _unit(S @ u),
        "u is not multiplied by S: solve (h S + decay I) w = S u.": _unit(np.linalg.solve(A, u)),
        "You multiplied by h S + decay I; solve with it.": _unit(A @ S @ u),
        "h and decay are exchanged: h multiplies S.": _unit(
            np.linalg.solve(h * eye + decay * S, S @ u)
        ),
        "decay is added to every entry: it belongs to the diagonal, decay * np.eye(d).": _unit(
            np.linalg.solve(h * S + decay, S @ u)
        ),
        "S is inverted where it should multiply: the right-hand side is S u.": _unit(
            np.linalg.solve(A, np.linalg.solve(S, u))
        ),
        "The sign is turned round.": -_unit(raw),
    }
    refuse(found, told, _unit(raw), SOLVED)
    i = int(np.abs(found - _unit(raw)).argmax())
    words = apart(found[i], _unit(raw)[i])
    require(
        near(found, _unit(raw), SOLVED),
        f"Entry {i} in d = {d} is {words[0]}, expected {words[1]}.",
    )


ROW_LIMIT = Exercise(
    "7.4",
    "row_limit",
    '''
def row_limit(S, u, h, decay):
    """Unit vector along (h S + decay I)^-1 S u: where a row of W settles, inputs N(0, S)."""
    w = np.linalg.solve(h * S + decay * np.eye(len(u)), S @ u)  #:
    return w / np.linalg.norm(w)  #:
''',
    (
        "h S w + decay w = S u. What is the matrix that multiplies w?",
        "np.linalg.solve(h * S + decay * np.eye(len(u)), S @ u), divided by its norm.",
    ),
    (("where W settles", _direction),),
)

# 7.5


def _degrees(g, u) -> float:
    return float(np.degrees(np.arccos(abs(g @ u) / np.linalg.norm(g))))


def _first(answer):
    for n, d, shift in ((400, 3, 1.0), (50, 6, -0.5), (900, 4, 0.3)):
        rng = drawn(n)
        X, u = np.sign(rng.standard_normal((n, d))), np.zeros(d)
        u[:2] = 0.8, 0.6
        _of_first_step(answer, X, 2 * np.tanh(2 * X @ u) + shift, u)


def _of_first_step(answer, X, y, u):
    found = number(call(answer, X, y, u), "first_angle(X, y, u)")
    g = np.clip(y, -1, 1) @ X / len(X)
    wanted = _degrees(g, u)
    told = {
        "y is not clipped: the Huber loss has the slope -clip(y, -1, 1) at output 0.": _degrees(
            y @ X, u
        ),
        "That is in radians.": float(np.radians(wanted)),
        "That is the cosine: take the arc cosine, in degrees.": float(np.cos(np.radians(wanted))),
        "Divide <g, u> by the norm of g: it is no unit vector.": float(
            np.degrees(np.arccos(min(1.0, abs(g @ u))))
        ),
        "That is the angle to the first axis, not to u.": _degrees(g, np.eye(len(u))[0]),
        "You took the sign of y; clipping leaves what lies between -1 and 1.": _degrees(
            np.sign(y) @ X, u
        ),
    }
    refuse(found, told, wanted, SOLVED)
    words = apart(found, wanted)
    require(
        near(found, wanted, SOLVED),
        f"For {len(X)} samples you say {words[0]} degrees, expected {words[1]}.",
    )


FIRST_ANGLE = Exercise(
    "7.5",
    "first_angle",
    '''
def first_angle(X, y, u):
    """Angle in degrees between the unit vector u and g = mean of clip(y, -1, 1) x, rows x of X."""
    g = np.clip(y, -1, 1) @ X / len(X)  #:
    return np.degrees(np.arccos(abs(g @ u) / np.linalg.norm(g)))  #:
''',
    (
        "g = np.clip(y, -1, 1) @ X / len(X) is a vector of d numbers.",
        "The cosine is |g . u| / |g|; np.arccos gives radians.",
    ),
    (("where the first step points", _first),),
)

EXERCISES = (MENDED, RATE, EXPONENT, ROW_LIMIT, FIRST_ANGLE)
