"""Exercises of notebook 02, SGD finds the principal subspace."""

from __future__ import annotations

import numpy as np

from ..directions import random_directions
from ..engine.steps import sgd_steps_numpy
from ..settings import Settings
from ..subspace import principal_angles
from ..theory import noise_floor
from .mechanism import Exercise, array, call, number, require


def _example(seed: int = 0, d: int = 12, k: int = 2, width: int = 5):
    """A network, directions and one sample, all small."""
    s = Settings(d=d, k=k, link="chain", width=width, seed=seed)
    target, net = s.build()
    x, y = target.sample(1, np.random.default_rng(seed))
    return net, target.directions, x[0], float(y[0])


# 2.1


def _stepped(step, decay: float, size: float = 0.3, seed: int = 0):
    net, _, x, y = _example(seed)
    W = call(step, net.W.copy(), net.a, net.b, x, y, size, decay)
    expected = net.W.copy()
    sgd_steps_numpy(expected, net.a, net.b, x[None], np.array([y]), size, decay, "relu", "square")
    return net, array(W, net.W.shape, "sgd_step(W, a, b, x, y, step, decay)"), expected


def _decays(step):
    _, W, expected = _stepped(step, 0.5)
    _, without, _ = _stepped(step, 0.0)
    _, right, _ = _stepped(step, 0.0)
    if np.abs(W - without).max() < 1e-12:
        require(False, "Weight decay changes nothing: W must be multiplied by 1 - step * decay.")
    net, _, _, _ = _example()
    require(
        np.abs((without - W) - 0.3 * 0.5 * net.W).max() < 1e-9,
        "Weight decay shrinks W by the wrong amount: "
        "multiply W by 1 - step * decay, before the gradient is subtracted.",
    )


def _gradient(step):
    net, W, expected = _stepped(step, 0.0)
    moved, wanted = net.W - W, net.W - expected
    if np.abs(moved - wanted).max() < 1e-9:
        return
    if np.abs(moved + wanted).max() < 1e-9:
        require(False, "The gradient is added: W moves uphill. Subtract it.")
    share = float((moved * wanted).sum() / (wanted * wanted).sum())
    if np.abs(moved - share * wanted).max() < 1e-9:
        require(
            False,
            f"The step has the right direction but {share:.3g} times the right length. With "
            "width-free step sizes the sign of neuron j is s_j = m a_j, "
            "and the derivative of r^2 / 2 is r.",
        )
    everywhere = float(np.abs(moved[(net.W @ _example()[2] + net.b) <= 0]).max(initial=0.0))
    require(
        everywhere < 1e-12,
        "Neurons that are silent on this sample move too: their slope sigma'(z) is zero.",
    )
    require(
        False,
        f"The step differs from the right one by {np.abs(moved - wanted).max():.2g}: "
        "check row j, s_j r sigma'(z_j) x.",
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


def _perpendicular(part):
    net, U, _, _ = _example(1)
    return net, U, array(call(part, net.W, U), net.W.shape, "perpendicular_part(W, directions)")


def _orthogonal(part):
    net, U, P = _perpendicular(part)
    left = float(np.abs(P @ U.T).max())
    inside = net.W @ U.T @ U
    if np.abs(P - inside).max() < 1e-9:
        require(
            False,
            "This is the part inside the subspace, W U^T U. The part outside is what is left of W.",
        )
    require(
        left < 1e-9,
        f"The result still has weight {left:.2g} on the directions: P U^T must be zero.",
    )


def _completes(part):
    net, U, P = _perpendicular(part)
    error = float(np.abs(P + net.W @ U.T @ U - net.W).max())
    require(
        error < 1e-9,
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


def _cases():
    rng = np.random.default_rng(3)
    U = random_directions(2, 9, rng)
    return U, [
        rng.standard_normal((6, 2)) @ (U + e * rng.standard_normal((2, 9)))
        + 0.01 * rng.standard_normal((6, 9))
        for e in (0.0, 0.2, 1.0)
    ]


def _angle(answer):
    U, matrices = _cases()
    for W in matrices:
        found, true = (
            number(call(answer, W, U), "largest_angle(W, directions)"),
            float(np.degrees(principal_angles(W, U)[0])),
        )
        if abs(found - true) < 0.05:
            continue
        smallest = float(np.degrees(principal_angles(W, U)[-1]))
        require(
            abs(found - np.radians(true)) > 1e-3,
            f"{found:.3f} is the angle in radians; in degrees it is {true:.1f}.",
        )
        require(
            abs(found - smallest) > 0.05,
            f"{found:.1f} is the smallest of the angles. "
            "The largest comes from the smallest singular value of V U^T.",
        )
        rows = np.linalg.qr(W.T)[0][:, : len(U)]
        by_rows = float(np.degrees(np.arccos(np.clip(np.linalg.svd(rows.T @ U.T)[1].min(), 0, 1))))
        require(
            abs(found - by_rows) > 0.05,
            "You compared the directions with the first k rows of W. W uses many: "
            "take its top k right singular vectors.",
        )
        require(False, f"Found {found:.1f} degrees where {true:.1f} is right.")


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
    for d, step, decay, V in ((100, 0.05, 0.5, 0.1), (400, 0.2, 0.1, 0.05)):
        s = Settings(d=d, k=1, link="tanh", step=step, weight_decay=decay)
        found, true = (
            number(call(answer, d, step, decay, V), "floor(d, step, decay, V)"),
            noise_floor(s, V, decay),
        )
        if abs(found / true - 1) < 0.01:
            continue
        require(
            abs(found / true**2 - 1) > 0.02,
            f"{found:.3g} is q, the squared norm; the floor of ||W_perp|| is its root.",
        )
        require(
            abs(found / (true * np.sqrt(d)) - 1) > 0.02,
            f"At d = {d} this is sqrt(d) too large: "
            "step is in units of d samples, so one sample moves W by et = step / d.",
        )
        require(
            abs(found / (true * np.sqrt(2)) - 1) > 0.02,
            "This is sqrt 2 too large: q shrinks by (1 - et gap)^2, about 1 - 2 et gap, each step.",
        )
        require(False, f"floor({d}, {step}, {decay}, {V}) is {found:.3g}, expected {true:.3g}.")


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
