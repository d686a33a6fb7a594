"""One step of online SGD for each sample: in plain NumPy, as it is taught, and compiled.

One step takes one fresh sample (Algorithm 1 of the paper, written for one neuron, with s_j = m
a_j):

    w_j <- (1 - et lam) w_j - et s_j l'(yhat, y) sigma'(<w_j, x> + b_j) x.

``sgd_steps_numpy`` is that line. ``sgd_steps`` gives the same iterates in blocks (blocked.py).
"""

from __future__ import annotations

import numpy as np

from ..activations import ACTIVATIONS
from ..given import choice
from ..losses import LOSSES
from .blocked import HUGE, steps_of


def sgd_steps_numpy(W, a, b, X, y, step, decay, activation="relu", loss="huber") -> int:
    """One SGD step a row of X, in the plainest NumPy form.

    Parameters
    ----------
    W : (m, d) ndarray
        First layer, changed in place.
    a : (m,) ndarray
        Second layer.
    b : (m,) ndarray
        Biases.
    X : (n, d) ndarray
        Inputs, one a step.
    y : (n,) ndarray
        Labels.
    step : float or (n,) ndarray
        et, width-free step size of one sample.
    decay : float
        lam, width-free weight decay.
    activation : str
        A name in ACTIVATIONS.
    loss : str
        A name in LOSSES.

    Returns
    -------
    int
        -1, or 0 as soon as an output passed 1e8 or stopped being a number.
    """
    m = len(W)
    sigma, sigma_prime = ACTIVATIONS[activation].value, ACTIVATIONS[activation].slope
    loss_prime = LOSSES[loss].slope
    for x, label, et in zip(X, y, np.broadcast_to(step, len(X)), strict=True):
        z = W @ x + b
        yhat = a @ sigma(z)
        if not abs(yhat) < HUGE:
            return 0
        W *= 1 - et * decay
        W -= et * m * loss_prime(yhat, label) * np.outer(a * sigma_prime(z), x)
    return -1


def sgd_steps(
    W: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    X: np.ndarray,
    y: np.ndarray,
    step: float | np.ndarray,
    decay: float,
    activation: str = "relu",
    loss: str = "huber",
) -> int:
    """Online SGD with weight decay on W, one step a row of X, in order.

    Parameters
    ----------
    W : (m, d) ndarray
        First layer, C-contiguous float64; changed in place.
    a : (m,) ndarray
        Second layer.
    b : (m,) ndarray
        Biases.
    X : (n, d) ndarray
        Inputs, one a step.
    y : (n,) ndarray
        Labels.
    step : float or (n,) ndarray
        et, width-free step size of one sample.
    decay : float
        lam, width-free weight decay; one step shrinks W by 1 - et lam.
    activation : str
        A name in ACTIVATIONS.
    loss : str
        A name in LOSSES.

    Returns
    -------
    int
        Position of the first sample at which the output passed 1e8 or stopped being a number,
        or -1 if none; W then holds the steps before that sample's block.

    Raises
    ------
    ValueError
        If shapes do not fit or a name is unknown.

    Notes
    -----
    Equal to ``sgd_steps_numpy`` up to rounding. Source: Algorithm 1 of the paper. Taught in
    notebook 02.
    """
    if not (
        isinstance(W, np.ndarray) and W.dtype == np.float64 and W.ndim == 2 and W.flags.c_contiguous
    ):
        raise ValueError(
            "W is changed in place and must be a C-contiguous (m, d) array of float64: "
            "try np.array(W, float)"
        )
    a, b, X, y = (np.ascontiguousarray(v, dtype=float) for v in (a, b, X, y))
    m, d = W.shape
    if a.shape != (m,) or b.shape != (m,) or X.ndim != 2 or X.shape[1] != d or y.shape != (len(X),):
        raise ValueError(
            f"shapes do not fit: W {W.shape}, a {a.shape}, b {b.shape}, X {X.shape}, y {y.shape}; "
            "expected (m, d), (m,), (m,), (n, d), (n,)"
        )
    choice("activation", activation, ACTIVATIONS)
    choice("loss", loss, LOSSES)
    steps = np.ascontiguousarray(np.broadcast_to(np.asarray(step, dtype=float), (len(X),)))
    return steps_of(activation, loss)(W, a, b, X, y, steps, float(decay))
