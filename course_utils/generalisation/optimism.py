"""The gap as theory predicts it: the classical optimism, once for each direction of the inputs."""

from __future__ import annotations

import math

import numpy as np
import scipy.linalg

from ..engine.online import schedule
from ..given import whole
from ..machine import single_threaded_blas
from ..networks import TwoLayerNet
from ..settings import Settings
from ..theory import contraction_and_noise, representatives
from .gaps import TAU

WIDEST = 256  # neurons that stand for a wider network


def predicted_gap(
    settings: Settings,
    net: TwoLayerNet,
    samples: int,
    tau: float = TAU,
    average: int = 4000,
    seed: int = 0,
) -> float:
    """Predict the mean gap of a network after T samples, to first order in what one sample moves.

        (d / T) (1 / m) tr[A^-1 (I - prod_t (I - et_t A)) C],    for large T (d / T) tr(A^-1 C) / m

    Parameters
    ----------
    settings : Settings
        Of the run, its seed and step sizes included.
    net : TwoLayerNet
        The network at the end, where A and C are taken. Of more than 256 neurons every so many-th
        stands for the rest.
    samples : int
        T.
    tau : float
        The loss is cut there; samples beyond gain nothing from their own steps.
    average : int
        Samples over which A and C are averaged.
    seed : int
        Seed from which these are drawn.

    Returns
    -------
    float
        The gap, in units of the loss.

    Notes
    -----
    A = m H + lam I and C = E[l'^2 (s o sigma')(s o sigma')^T] are those of
    ``theory.contraction_and_noise``. Sample t moved W by -et_t l' (s o sigma') x_t^T; what is left
    of that at T is prod_{t' > t} (I - et_t' A), and it lowers the loss at x_t. With A and C held
    fixed the sum over t telescopes. This is the classical optimism tr(H^-1 J) / n of Akaike and
    Takeuchi, once for each of d directions, and free of the width.

    How far off it is, measured for the link tanh: with decay 0.5 it is 4 to 15 % too large at T =
    80 d and 11 to 26 % at T = 5 d to 20 d; 30 to 40 % too large at decay 0.1, within 15 % at decay
    2 and 5; up to 25 % too large with label noise 1 or 2. A and C are those of the end, though
    early steps met others, and a step's second order is left out. Derived here, in notebook 03.
    """
    samples = whole("samples", samples, 1)
    if net.width > WIDEST:
        chosen = representatives(net.a, net.b, WIDEST)
        a = net.a[chosen] * net.width / len(chosen)
        net = TwoLayerNet(net.W[chosen], a, net.b[chosen], net.activation, net.reduced_k)
    with single_threaded_blas():
        A, C = contraction_and_noise(
            net, settings.target(), settings.loss, settings.weight_decay, average, seed, tau
        )
        rates, basis = scipy.linalg.eigh(A)
        noise = np.einsum("ij,ij->j", basis, C @ basis)
    steps = schedule(settings, np.arange(samples))
    left = np.ones(len(rates))
    for chunk in np.array_split(steps, math.ceil(samples / 4096)):
        left *= np.prod(1 - chunk[:, None] * rates, axis=0)
    slow = np.abs(rates) < 1e-12
    forgotten = np.where(slow, steps.sum(), (1 - left) / np.where(slow, 1.0, rates))
    return float(settings.d / samples * (forgotten @ noise) / net.width)
