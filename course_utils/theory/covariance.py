"""Where W goes when inputs have a covariance S: not to u, and with much decay to S u."""

from __future__ import annotations

import numpy as np

from ..networks import TwoLayerNet
from ..subspace import principal_angles
from ..targets import MultiIndexModel


def limit_direction(target: MultiIndexModel, curvature: float, weight_decay: float) -> np.ndarray:
    """Direction in which a row of W settles when inputs have the covariance S.

        (h S + lam I)^-1 S u

    Parameters
    ----------
    target : MultiIndexModel
        With k = 1; its law of inputs has the covariance S = I + THETA v v^T.
    curvature : float
        h, the width-free curvature of the loss that the neuron feels, above 0.
    weight_decay : float
        Width-free lam.

    Returns
    -------
    (d,) ndarray
        A unit vector: u where S is I, between u (without decay) and S u (much decay) elsewhere.

    Raises
    ------
    ValueError
        For k > 1, a negative number, or a law that is not normal.

    Notes
    -----
    By Stein's lemma for N(0, S) the gradient is (H W + D U) S, so that H W S + lam W = -D U S; in
    an eigenbasis of H the rows are multiples of this. One h does not serve all lam: see it as a
    picture. Derived here, in notebook 07.
    """
    law = target.inputs
    if law.shape is not None:
        raise ValueError(
            f"inputs = {law.text!r} are not normal, and this limit rests on Stein's lemma for "
            "N(0, S): try inputs='spiked:20:0.5'"
        )
    if target.k != 1 or not (min(curvature, weight_decay) >= 0 and curvature + weight_decay > 0):
        raise ValueError(
            f"k = {target.k}, curvature = {curvature}, weight_decay = {weight_decay}: needed are "
            "one direction and numbers that are 0 or more, not both 0"
        )
    u, v = target.directions[0], target.spike
    w = u / (curvature + weight_decay)
    if v is not None:
        s = 1 + law.stretch  # the eigenvalue of S along v
        along = s / (curvature * s + weight_decay) - 1 / (curvature + weight_decay)
        w = w + along * (u @ v) * v
    return w / np.linalg.norm(w)


def angles_to_pull(net: TwoLayerNet, target: MultiIndexModel) -> np.ndarray:
    """Principal angles of W to the span of the S u_i, to which much decay turns W.

    Parameters
    ----------
    net : TwoLayerNet
        In input space or in reduced coordinates.
    target : MultiIndexModel
        Its law of inputs has the covariance S.

    Returns
    -------
    (k,) ndarray
        In radians, largest first; those to span(U) where S is I.
    """
    law, k = target.inputs, target.k
    if net.reduced_k is None:
        U, spike = target.directions, target.spike
    else:
        U, spike = np.eye(k, net.W.shape[1]), law.spike_inside(k)
        spike = None if spike is None else np.r_[spike, np.zeros(net.W.shape[1] - k - 1)]
    pulled = np.linalg.qr(law.covariance_times(U, spike).T)[0].T
    return principal_angles(net.W, pulled)
