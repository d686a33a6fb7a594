"""Stein's identity and stationary points.

Risk R(W), loss l(yhat, y) with first derivative l_1 and second derivatives l_11, l_12;
s_j = m a_j = +-1. Stein's lemma turns the gradient into

    grad R = H W + D U,
    H = E[l_11 (a o sigma')(a o sigma')^T] + diag_j(a_j E[l_1 sigma''_j]),
    D = E[l_12 (a o sigma') (grad g)^T],

so that W_perp <- (1 - et (m H + lam)) W_perp + noise. Most of this package follows from that line.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.special import ndtr

from ..activations import ACTIVATIONS, Activation
from ..compiled import specialised
from ..losses import LOSSES
from ..networks import TwoLayerNet
from ..targets import MultiIndexModel


def risk_gradient(net: TwoLayerNet, loss: str, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Gradient of the risk in W, E[a_j l_1 sigma'_j x], averaged over samples.

    Parameters
    ----------
    net : TwoLayerNet
        Where the gradient is taken.
    loss : str
        A name in LOSSES.
    X : (n, d) ndarray
        Inputs.
    y : (n,) ndarray
        Their labels.

    Returns
    -------
    (m, d) ndarray
        A row for each neuron.
    """
    preactivation = X @ net.W.T + net.b
    sigma, slope = ACTIVATIONS[net.activation].value, ACTIVATIONS[net.activation].slope
    l1 = LOSSES[loss].slope(sigma(preactivation) @ net.a, y)
    return (net.a * slope(preactivation) * l1[:, None]).T @ X / len(X)


def stein_terms(
    net: TwoLayerNet, target: MultiIndexModel, loss: str, X: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """H and D of Stein's identity grad R = H W + D U, averaged over samples.

        H = E[l_11 (a o sigma')(a o sigma')^T] + diag_j(a_j E[l_1 sigma''_j])
        D = E[l_12 (a o sigma') (grad g)^T]

    Parameters
    ----------
    net : TwoLayerNet
        Where they are taken.
    target : MultiIndexModel
        What labels the samples.
    loss : str
        A name in LOSSES.
    X : (n, d) ndarray
        Inputs.
    y : (n,) ndarray
        Their labels.

    Returns
    -------
    H : (m, m) ndarray
        What multiplies W.
    D : (m, k) ndarray
        What multiplies U.

    Raises
    ------
    ValueError
        For sign labels, which have no gradient, or for inputs that are not N(0, I).

    Notes
    -----
    For ReLU sigma'' is a delta function: its term is an average over inputs moved onto the kink of
    each neuron. The gradient of the link is taken by central differences.

    Source: Stein's lemma; derived in notebook 02.
    """
    target.inputs.must_be_standard("Stein's identity holds")
    if target.sign_labels:
        raise ValueError(
            "sign labels jump: they have no gradient, and D does not exist. "
            "Use loss='huber' or 'square'"
        )
    slopes, _, l11 = backward(net, loss, X, y)
    l12 = -l11
    D = (slopes * l12[:, None]).T @ _link_gradient(target, target.project(X)) / len(X)
    return curvature(slopes, l11, bends(net, target, loss, X, y)), D


def stationary_point(
    net: TwoLayerNet,
    target: MultiIndexModel,
    loss: str,
    weight_decay: float,
    samples: int = 20_000,
    tolerance: float = 1e-8,
    iterations: int = 500,
    seed: int = 0,
) -> TwoLayerNet:
    """A stationary point of the regularised risk, by damped fixed-point iteration.

        W = -(H(W) + lambda I)^(-1) D(W) U

    Parameters
    ----------
    net : TwoLayerNet
        Where to start; its a, b and activation stay.
    target : MultiIndexModel
        What labels the samples; no sign labels.
    loss : str
        A name in LOSSES.
    weight_decay : float
        Width-free lam, above 0; lambda = lam / m.
    samples : int
        Size of the fixed sample of inputs over which H and D are averaged.
    tolerance : float
        Stop when W / sqrt(m) moves less than this (Frobenius norm); at least 20 / samples for
        ReLU, whose averages over a finite sample jump.
    iterations : int
        Give up after so many steps.
    seed : int
        Seed of that sample.

    Returns
    -------
    TwoLayerNet
        The net at the stationary point, in input space.

    Raises
    ------
    ValueError
        If ``weight_decay`` is not above 0, for sign labels, or for inputs that are not N(0, I).
    RuntimeError
        If the iteration does not settle.

    Notes
    -----
    Every row of the result lies in the span of the directions: only the parallel part of ``net``
    matters as a start. Taught in notebook 02.
    """
    if not weight_decay > 0:
        raise ValueError(
            f"weight_decay = {weight_decay} leaves H + lambda I singular: "
            "take a positive weight decay"
        )
    target.inputs.must_be_standard("stationary points are found")
    m, U = net.width, np.eye(target.k)
    inside = MultiIndexModel(U, target.link, target.noise, sign_labels=target.sign_labels)
    # All that follows happens inside the subspace.
    X, y = inside.sample(samples, np.random.default_rng(seed))
    enough = max(tolerance, 20 / samples) if ACTIVATIONS[net.activation].jump else tolerance
    current = TwoLayerNet(parallel_part(net, target), net.a, net.b, net.activation)
    for _ in range(iterations):
        H, D = stein_terms(current, inside, loss, X, y)
        W = -np.linalg.solve(H + weight_decay / m * np.eye(m), D)
        change = np.linalg.norm(W - current.W) / math.sqrt(m)
        if change < enough:
            return net.replace(W=W @ target.directions, reduced_k=None)
        current = current.replace(W=(current.W + W) / 2)
    raise RuntimeError(
        f"the fixed-point iteration did not settle in {iterations} steps at weight_decay = "
        f"{weight_decay:g} (it still moves by {change:.1e}): H + lambda I is near singular. Raise "
        "weight_decay, or start from a trained network."
    )


def parallel_part(net: TwoLayerNet, target: MultiIndexModel) -> np.ndarray:
    """Coefficients W U^T of the rows on the directions.

    Parameters
    ----------
    net : TwoLayerNet
        In input space or in reduced coordinates.
    target : MultiIndexModel
        Gives the directions.

    Returns
    -------
    (m, k) ndarray
        A row for each neuron.
    """
    return net.W @ target.directions.T if net.reduced_k is None else net.W[:, : net.reduced_k]


def backward(
    net: TwoLayerNet, loss: str, X: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What one pass backward through a network leaves, sample by sample.

    Parameters
    ----------
    net : TwoLayerNet
        Whose slopes are taken.
    loss : str
        A name in LOSSES.
    X : (n, d) ndarray
        Inputs.
    y : (n,) ndarray
        Their labels.

    Returns
    -------
    slopes : (n, m) ndarray
        a o sigma'.
    l1 : (n,) ndarray
        First derivative of the loss in the output.
    l11 : (n,) ndarray
        Second derivative.
    """
    preactivation = X @ net.W.T + net.b
    sigma, slope = ACTIVATIONS[net.activation].value, ACTIVATIONS[net.activation].slope
    yhat = sigma(preactivation) @ net.a
    return (
        net.a * slope(preactivation),
        LOSSES[loss].slope(yhat, y),
        LOSSES[loss].curvature(yhat, y),
    )


def curvature(slopes: np.ndarray, l11: np.ndarray, bends: np.ndarray) -> np.ndarray:
    """H = E[l_11 (a o sigma')(a o sigma')^T] + diag(bends).

    Parameters
    ----------
    slopes : (n, m) ndarray
        a o sigma', from ``backward``.
    l11 : (n,) ndarray
        l_11, from ``backward``.
    bends : (m,) ndarray
        The diagonal, from ``bends``.

    Returns
    -------
    (m, m) ndarray
        H.
    """
    return (slopes * l11[:, None]).T @ slopes / len(slopes) + np.diag(bends)


def bends(
    net: TwoLayerNet, target: MultiIndexModel, loss: str, X: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """Diagonal part of H, a_j E[l_1 sigma''_j].

    Parameters
    ----------
    net : TwoLayerNet
        Whose activation bends.
    target : MultiIndexModel
        What labels the samples.
    loss : str
        A name in LOSSES.
    X : (n, d) ndarray
        Inputs.
    y : (n,) ndarray
        Their labels.

    Returns
    -------
    (m,) ndarray
        One number for each neuron.
    """
    sigma = ACTIVATIONS[net.activation]
    bends = sigma.jump * _kink_means(net, target, loss, X, y) if sigma.jump else 0.0
    if sigma.largest_curvature:
        preactivation = X @ net.W.T + net.b
        l1 = LOSSES[loss].slope(sigma.value(preactivation) @ net.a, y)
        bends = bends + l1 @ sigma.curvature(preactivation) / len(X)
    return net.a * bends


def _kink_means(
    net: TwoLayerNet, target: MultiIndexModel, loss: str, X: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """E[l_1 delta(<w_j, x> + b_j)], (m,).

    Density of <w_j, x> at -b_j times the mean of l_1 over inputs moved there.
    """
    W, k = net.W, target.k
    gram, Z = W @ W.T, target.project(X)
    squared = np.maximum(gram.diagonal(), 1e-300)  # a row of zeros has density zero at its kink
    density = np.exp(-(net.b**2) / (2 * squared)) / np.sqrt(2 * np.pi * squared)
    density[gram.diagonal() < 1e-20] = 0.0
    near = np.flatnonzero(density > 1e-6)
    P = X @ W.T
    # x - move w_j lies on the kink of neuron j.
    moves = np.ascontiguousarray(((P + net.b) / squared)[:, near])
    yhat = _outputs_on_kinks(ACTIVATIONS[net.activation])(P + net.b, moves, gram[near], net.a)
    moved = Z[:, None] - moves[:, :, None] * parallel_part(net, target)[near]
    means = target.mean(moved.reshape(-1, k)).reshape(yhat.shape)
    if target.sign_labels:  # mean of l_1 over the label noise
        positive = ndtr(means / target.noise) if target.noise > 0 else (means >= 0)
        slope = LOSSES[loss].slope
        l1 = positive * slope(yhat, 1.0) + (1 - positive) * slope(yhat, -1.0)
    else:
        l1 = LOSSES[loss].slope(yhat, means + (y - target.mean(Z))[:, None])
    bend = np.zeros(net.width)
    bend[near] = density[near] * l1.mean(0)
    return bend


@cache
def _outputs_on_kinks(sigma: Activation) -> Callable:
    """f(P, moves, gram, a): outputs (n, j) when input i is moved along row j.

    P[i] falls by moves[i, j] gram[j].
    """

    def otherwise(P, moves, gram, a):
        return np.stack([sigma.value(P[i] - moves[i, :, None] * gram) @ a for i in range(len(P))])

    return specialised(_moved_outputs, otherwise, activate=sigma.at)


# What the loop calls by this name; ``specialised`` puts that of another record in its place.
activate = ACTIVATIONS["relu"].at


def _moved_outputs(P, moves, gram, a):
    out = np.zeros(moves.shape)
    for i in range(moves.shape[0]):
        for j in range(moves.shape[1]):
            for neuron in range(P.shape[1]):
                out[i, j] += a[neuron] * activate(P[i, neuron] - moves[i, j] * gram[j, neuron])[0]
    return out


def _link_gradient(target: MultiIndexModel, Z: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Gradient of the link at projections Z, (n, k)."""
    sides = [(target.mean(Z + h * e) - target.mean(Z - h * e)) / (2 * h) for e in np.eye(target.k)]
    return np.stack(sides, axis=1)
