"""What holds before the first step: what the loss lets through, and where the first step points."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from ..activations import ACTIVATIONS
from ..directions import room_of
from ..links import gaussian_grid
from ..losses import LOSSES
from ..machine import reserve
from ..networks import second_layer
from ..settings import Settings
from ..targets import MultiIndexModel

ROWS = 2**22  # numbers of one piece of inputs


def first_hermite(settings: Settings, samples: int = 2**16) -> tuple[np.ndarray, float]:
    """First Hermite coefficients of what the loss lets through, E[-l_1(0, y) z].

    Parameters
    ----------
    settings : Settings
        Gives link, noise, k, loss and the law of z.
    samples : int
        How many points the mean is taken over, half of them mirror images.

    Returns
    -------
    coefficients : (k,) ndarray
        One for each hidden direction.
    error : float
        The error of their norm.

    Notes
    -----
    For square loss that is E[y z]. The Huber loss clips labels at +-1 first, which can change the
    information exponent. The mean over the label noise is exact, so that noise hides nothing.
    """
    k, target = settings.k, smaller(settings).target()
    Z = target.projections(samples // 2, np.random.default_rng(0))
    Z = np.vstack([Z, -Z])  # even links give zero exactly
    slope = mean_slopes(target, settings.loss, target.mean(Z))
    # A constant is no signal.
    slope = np.where(np.ptp(slope) > 1e-12 * np.abs(slope).max(), slope - slope.mean(), 0.0)
    return slope @ Z / len(Z), float(np.sqrt(k * (slope**2).mean() / len(Z)))


def first_step(
    target: MultiIndexModel, loss: str, samples: int = 2**18, seed: int = 0
) -> np.ndarray:
    """Where the first step from outputs zero points: g = E[-l_1(0, y) x].

    Parameters
    ----------
    target : MultiIndexModel
        What labels the samples, and the law of inputs.
    loss : str
        A name in LOSSES.
    samples : int
        How many inputs the mean is taken over.
    seed : int
        Seed from which they are drawn.

    Returns
    -------
    (d,) ndarray
        g, not normalised.

    Notes
    -----
    With a mean slope sigma' of its own, each row of W starts along +-g. For inputs N(0, I) g lies
    in span(U) by Stein's lemma, for N(0, S) it is S u times a number. On the hypercube only
    symmetry is left: g has the non-zero entries that the u_i have, and is not u. The mean over the
    label noise is exact, and only coordinates that matter are drawn. Derived here, in notebook 07.
    """
    g, basis, _ = _first_step(target, loss, samples, seed)
    return g @ basis(target)


def first_step_angle(target: MultiIndexModel, loss: str, samples: int = 2**18) -> float:
    """Angle of ``first_step`` to the hidden subspace.

    Parameters
    ----------
    target : MultiIndexModel
        What labels the samples, and the law of inputs.
    loss : str
        A name in LOSSES.
    samples : int
        How many inputs the mean is taken over.

    Returns
    -------
    float
        In radians, 0 where the first step points into the subspace.
    """
    g, _, U = _first_step(target, loss, samples, 0)
    inside = U @ g
    return float(np.arctan2(np.linalg.norm(g - inside @ U), np.linalg.norm(inside)))


def _first_step(target, loss: str, samples: int, seed: int):
    """g in few coordinates; a function of the target that gives their axes; and U in them."""
    law, k, rng = target.inputs, target.k, np.random.default_rng(seed)
    if law.reducible:
        spike = law.spike_inside(k)
        U = np.eye(k, k if spike is None else k + 1)
        basis = _span
    else:
        spike = None
        seen = np.abs(target.directions).max(axis=0) > 0
        seen |= not law.independent
        U = target.directions[:, seen]

        def basis(target):
            return np.eye(target.d)[seen]

    total, columns = 0.0, U.shape[1]
    reserve(8.0 * 4 * min(ROWS, samples * columns), f"{samples:,} inputs", "lower samples")
    rows = max(1, min(samples, ROWS // columns))
    for i in range(0, samples, rows):
        X = law.sample(min(rows, samples - i), columns, rng, spike)
        slope = mean_slopes(target, loss, target.mean(target.in_units(X @ U.T)))
        total = total + (slope - slope.mean()) @ X
    return total / samples, basis, U


def _span(target: MultiIndexModel) -> np.ndarray:
    """Rows U, and w where there is a spike: what the spike has outside the subspace."""
    U, v = target.directions, target.spike
    if v is None:
        return U
    w = v - (U @ v) @ U
    size = np.linalg.norm(w)
    return np.vstack([U, w / size if size > 1e-12 else 0 * w])


def mean_slopes(target: MultiIndexModel, loss: str, g: np.ndarray) -> np.ndarray:
    """E[-l_1(0, y)] over the label noise: the mean label, clipped label or half its sign.

    Parameters
    ----------
    target : MultiIndexModel
        Gives the noise, and whether labels are signs.
    loss : str
        A name in LOSSES.
    g : (n,) ndarray
        Noiseless values.

    Returns
    -------
    (n,) ndarray
        The mean for each.
    """
    slope, noise = LOSSES[loss].slope, target.noise
    if target.sign_labels:
        positive = ndtr(g / noise) if noise > 0 else g >= 0
        return -(positive * slope(0.0, 1.0) + (1 - positive) * slope(0.0, -1.0))
    if noise == 0:
        return -slope(np.zeros(len(g)), g)
    eps, weight = gaussian_grid(8.0, 160, 2)
    # Noise makes the mean a smooth function of g: a table of it is enough.
    at = np.quantile(g, np.linspace(0, 1, 1001))
    return np.interp(g, at, -(slope(0.0, at[:, None] + noise * eps) @ weight))


def squared_loss_slope(settings: Settings) -> float:
    """E l_1^2 of a network whose output is zero.

    Parameters
    ----------
    settings : Settings
        What is run.

    Returns
    -------
    float
        The mean.
    """
    target = smaller(settings).target()
    Z = target.projections(2**14, np.random.default_rng(0))
    y = target.labels(Z, np.random.default_rng(1))
    return float((LOSSES[settings.loss].slope(np.zeros(len(Z)), y) ** 2).mean())


def untrained_loss_slope(settings: Settings) -> float:
    """E|l_1| of the untrained network.

    Parameters
    ----------
    settings : Settings
        What is run; its seed fixes the network.

    Returns
    -------
    float
        The mean; its law hardly changes with d once d is large: from 10^6 weights on it is that of
        a smaller one.
    """
    # a and b are those of the network at hand, at any d
    target, net = smaller(settings, 10**6 // settings.width).build()
    X, y = target.sample(2**12, np.random.default_rng(0))
    return float(np.abs(LOSSES[settings.loss].slope(net(X), y)).mean())


def squared_slope(settings: Settings) -> float:
    """Mean over neurons of E sigma'(w.x + b)^2 for rows at their start and x ~ N(0, I).

    Parameters
    ----------
    settings : Settings
        What is run; its seed fixes the biases.

    Returns
    -------
    float
        The mean.
    """
    z, weight = gaussian_grid(8.0, 16, 8)
    slope = ACTIVATIONS[settings.activation].slope
    t = settings.start * z + biases_of(settings)[:1000, None]
    return float((slope(t) ** 2 @ weight).mean())


def biases_of(settings: Settings) -> np.ndarray:
    """The biases of the network of these settings.

    Parameters
    ----------
    settings : Settings
        What is run.

    Returns
    -------
    (m,) ndarray
        b.
    """
    return second_layer(settings.width, settings.bias, settings.generators()["network"])[1]


def smaller(settings: Settings, d: int = 100) -> Settings:
    """The same experiment in fewer dimensions, for averages that hardly depend on d.

    Parameters
    ----------
    settings : Settings
        What is run.
    d : int
        How many, at least; 100 and as many as the directions need are kept.

    Returns
    -------
    Settings
        With a lower d, or the same.
    """
    least = max(100, d, room_of(settings.directions, settings.k))
    return settings.replace(d=min(settings.d, least))
