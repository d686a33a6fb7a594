"""Exercises of notebook 02, SGD finds the principal subspace."""

from __future__ import annotations

import numpy as np

from ..directions import random_directions
from ..settings import Settings
from ..subspace import principal_angles
from ..theory import noise_floor
from .comparing import CLOSE, apart, near, refuse
from .drawing import between, drawn
from .mechanism import Exercise, array, call, number, require

# 2.1


def _cases():
    """(W, a, b, x, y, r): two sizes, second layers of any size, residuals within 1 and beyond."""
    rng = drawn(0)
    for m, d in ((5, 12), (8, 3)):
        for r in (0.4, -2.5):
            W, a, b, x = (rng.standard_normal(shape) for shape in ((m, d), m, m, d))
            a[0] = np.abs(a[0]) + 0.3
            W[0] = np.abs(W[0]) * np.sign(x)  # at least one neuron is on
            yield W, a, b, x, float(a @ np.maximum(W @ x + b, 0)) - r, r


def _stepped(step, case, decay: float, size: float = 0.3):
    W, a, b, x, y, _ = case
    found = call(step, W, a, b, x, y, size, decay)
    return array(found, W.shape, f"sgd_step(W, a, b, x, y, step, decay) for W of shape {W.shape}")


def _decays(step):
    for case in _cases():
        W = case[0]
        shrunk, whole = _stepped(step, case, 0.5), _stepped(step, case, 0.0)
        require(
            np.abs(whole - shrunk).max() > CLOSE,
            "Weight decay changes nothing: W must be multiplied by 1 - step * decay.",
        )
        require(
            np.abs((whole - shrunk) - 0.3 * 0.5 * W).max() < 5 * CLOSE * np.abs(whole).max(),
            "Weight decay shrinks W by the wrong amount: "
            "multiply W by 1 - step * decay, before the gradient is subtracted.",
        )


def _gradient(step):
    for case in _cases():
        W, a, b, x, y, r = case
        moved, m = W - _stepped(step, case, 0.0), len(W)

        def pull(s, on, residual, x=x):
            return 0.3 * residual * np.outer(s * on, x)

        z, without = W @ x + b, W @ x
        wanted = pull(m * a, z > 0, r)
        forgot = a @ np.maximum(without, 0) - y
        told = {
            "The gradient is added: W moves uphill. Subtract it.": -wanted,
            "The residual is clipped at 1: that is the Huber loss. Here the loss is r^2 / 2, whose "
            "slope is r itself.": pull(m * a, z > 0, np.clip(r, -1, 1)),
            "You use the sign of a_j alone: s_j is m a_j, and it has a size too.": pull(
                np.sign(a), z > 0, r
            ),
            "The biases are missing: a neuron is on where <w_j, x> + b_j > 0, and yhat has b_j in "
            "it too.": pull(m * a, without > 0, forgot),
            "The bias is missing where you ask which neurons are on: <w_j, x> + b_j > 0.": pull(
                m * a, without > 0, r
            ),
            "The bias is missing in the output yhat: a neuron gives max(<w_j, x> + b_j, 0).": pull(
                m * a, z > 0, forgot
            ),
            "The factor r of the gradient is missing: the derivative of r^2 / 2 is r.": pull(
                m * a, z > 0, 1.0
            ),
            "The label is missing in the residual: r = yhat - y.": pull(m * a, z > 0, r + y),
            "The slope of ReLU is 0 or 1: you have its value.": pull(m * a, np.maximum(z, 0), r),
        }
        refuse(moved, told, wanted, 5 * CLOSE)
        if near(moved, wanted, 5 * CLOSE):
            continue
        share = float((moved * wanted).sum() / (wanted * wanted).sum())
        require(
            not near(moved, share * wanted, 5 * CLOSE) or abs(share) < CLOSE,
            f"The step has the right direction but {apart(share, 1)[0]} times the right length. "
            "With width-free step sizes the sign of neuron j is s_j = m a_j, "
            "and the derivative of r^2 / 2 is r.",
        )
        require(
            float(np.abs(moved[z <= 0]).max(initial=0.0)) < CLOSE,
            "Neurons that are silent on this sample move too: their slope sigma'(z) is zero.",
        )
        require(
            False,
            f"For {m} neurons in d = {len(x)} the step differs from the right one by "
            f"{np.abs(moved - wanted).max():.2g}: check row j, s_j r sigma'(z_j) x.",
        )


SGD_STEP = Exercise(
    "2.1",
    "sgd_step",
    '''
def sgd_step(W, a, b, x, y, step, decay):
    """One step for a ReLU network and the loss r^2 / 2, r = yhat - y; returns the new W, (m, d)."""
    m = len(W)
    z = W @ x + b  #:
    residual = a @ np.maximum(z, 0) - y  #:
    gradient = residual * np.outer(m * a * (z > 0), x)  #:
    return (1 - step * decay) * W - step * gradient  #:
''',
    (
        "Compute the preactivations z = W x + b first, then the output and the residual r. "
        "Which neurons feel the sample?",
        "Row j of the gradient is s_j r sigma'(z_j) x with s_j = m a_j and sigma'(z) = 1 where z "
        "> 0: an outer product.",
    ),
    (("weight decay", _decays), ("gradient", _gradient)),
)

# 2.2


def _parts(part):
    for m, k, d in ((5, 2, 12), (3, 1, 4), (4, 3, 3)):
        rng = drawn(m)
        W, U = rng.standard_normal((m, d)), random_directions(k, d, rng)
        what = f"perpendicular_part(W, directions) for W of shape {W.shape}"
        yield W, U, array(call(part, W, U), W.shape, what)


def _orthogonal(part):
    for W, U, P in _parts(part):
        left = float(np.abs(P @ U.T).max())
        require(
            bool(P.any()) or len(U) == U.shape[1],
            "The result is 0, and the parts do not add up to W: what is left of W when its part "
            "in the subspace is taken away?",
        )
        require(
            not near(P, W @ U.T @ U),
            "This is the part inside the subspace, W U^T U. The part outside is what is left of W.",
        )
        require(
            left < CLOSE,
            f"The result still has weight {left:.2g} on the directions: P U^T must be zero.",
        )


def _completes(part):
    for W, U, P in _parts(part):
        error = float(np.abs(P + W @ U.T @ U - W).max())
        require(
            error < CLOSE,
            f"The two parts do not add up to W: they miss it by {error:.2g}. "
            "Take W minus its projection.",
        )


PERPENDICULAR = Exercise(
    "2.2",
    "perpendicular_part",
    '''
def perpendicular_part(W, directions):
    """The part of W, (m, d), outside the span of the directions, (k, d) with orthonormal rows."""
    return W - W @ directions.T @ directions  #:
''',
    (
        "The coefficients of each row on the directions are W U^T, (m, k). "
        "What rows do they build?",
        "W_par = (W U^T) U, and the part outside is W - W_par.",
    ),
    (("orthogonal to the directions", _orthogonal), ("adds up to W", _completes)),
)

# 2.3


def _matrices():
    rng = drawn(3)
    for m, k, d in ((6, 2, 9), (20, 3, 5), (4, 1, 7)):
        U = random_directions(k, d, rng)
        for e in (0.05, 0.2, 1.0):
            near_U = U + e * rng.standard_normal((k, d))
            yield U, rng.standard_normal((m, k)) @ near_U + 0.01 * rng.standard_normal((m, d))


def _angle(answer):
    for U, W in _matrices():
        angles = np.degrees(principal_angles(W, U))
        found, true = number(call(answer, W, U), "largest_angle(W, directions)"), float(angles[0])
        if abs(found - true) < 0.05:  # float32 moves small angles by hundredths of a degree
            continue
        told = apart(found, true)
        require(
            abs(found - np.radians(true)) > 1e-3,
            f"{told[0]} is the angle in radians; in degrees it is {told[1]}.",
        )
        require(
            abs(found - angles[-1]) > 0.05,
            f"{told[0]} is the smallest of the angles. "
            "The largest comes from the smallest singular value of V U^T.",
        )
        rows = np.linalg.qr(W.T)[0][:, : len(U)]
        by_rows = float(np.degrees(np.arccos(np.clip(np.linalg.svd(rows.T @ U.T)[1].min(), 0, 1))))
        require(
            abs(found - by_rows) > 0.05,
            "You compared the directions with the first k rows of W. W uses many: "
            "take its top k right singular vectors.",
        )
        require(False, f"Found {told[0]} degrees where {told[1]} is right.")


LARGEST_ANGLE = Exercise(
    "2.3",
    "largest_angle",
    '''
def largest_angle(W, directions):
    """Largest principal angle in degrees between span(directions)
    and the top-k right singular space of W."""
    k = len(directions)
    V = np.linalg.svd(W, full_matrices=False)[2][:k]  #:
    cosines = np.linalg.svd(V @ directions.T)[1]  #:
    return np.degrees(np.arccos(np.clip(cosines.min(), 0, 1)))  #:
''',
    (
        "np.linalg.svd(W, full_matrices=False)[2] holds the right singular vectors as rows, "
        "most used first.",
        "The cosines of the principal angles are the singular values of V U^T, (k, k). The "
        "largest angle has the smallest.",
    ),
    (("the angle", _angle),),
)

# 2.4


def _floor(answer):
    # at d = 4 the d - 1 directions outside are told from d, and 1 % from both
    d, *own = between(24, (20, 300), (0.02, 0.2), (0.1, 0.9), (0.05, 0.3))
    cases = (4, 0.05, 0.5, 0.1), (100, 0.05, 0.5, 0.1), (400, 0.2, 0.1, 0.05), (int(d), *own)
    for d, step, decay, V in cases:
        s = Settings(d=d, k=1, link="tanh", step=step, weight_decay=decay)
        asked = f"floor({d}, {step}, {decay}, {V})"
        found, true = number(call(answer, d, step, decay, V), asked), noise_floor(s, V, decay)
        told = {
            f"{found:.3g} is q, the squared norm; the floor of ||W_perp|| is its root.": true**2,
            f"At d = {d} this is sqrt(d) too large: step is in units of d samples, so one sample "
            "moves W by et = step / d.": true * np.sqrt(d),
            "This is sqrt 2 too large: q shrinks by (1 - et gap)^2, about 1 - 2 et gap, each "
            "step.": true * np.sqrt(2),
            f"At d = {d} this is the noise of d directions: W_perp has those outside the hidden "
            "one alone, d - k = d - 1.": true * np.sqrt(d / (d - 1)),
        }
        refuse(found, told, true, 0.01)
        words = apart(found, true)
        require(near(found, true, 0.01), f"{asked} is {words[0]}, expected {words[1]}.")


FLOOR = Exercise(
    "2.4",
    "floor",
    '''
def floor(d, step, decay, V):
    """Plateau of ||W_perp||_F / sqrt(m) for k = 1, a constant step
    and a contraction rate equal to the decay."""
    et = step / d  #:
    return np.sqrt(et * V * (d - 1) / (2 * decay - et * decay**2))  #:
''',
    (
        "At the plateau q_{t+1} = q_t. "
        "Put that into q_{t+1} = (1 - et gap)^2 q_t + et^2 V (d - 1) and solve for q.",
        "q (2 et gap - et^2 gap^2) = et^2 V (d - 1). "
        "The floor of the norm is the square root of q; et = step / d.",
    ),
    (("the plateau", _floor),),
)

EXERCISES = (SGD_STEP, PERPENDICULAR, LARGEST_ANGLE, FLOOR)
