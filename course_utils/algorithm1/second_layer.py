"""Phase 2: the second layer on frozen features, solved or in steps."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from ..activations import ACTIVATIONS
from ..compiled import specialised
from ..given import choice
from ..losses import LOSSES, Loss
from ..networks import TwoLayerNet

DECAYS = np.geomspace(1e-8, 1.0, 17)  # of the second layer, in units of the mean |phi(x)|^2
SECOND = ("ridge", "sgd")

loss_slope = LOSSES[
    "huber"
].at  # what the loop calls by this name; ``specialised`` puts others there


def features(net: TwoLayerNet, X: np.ndarray) -> np.ndarray:
    """What the second layer sees, sigma(W x + b).

    Parameters
    ----------
    net : TwoLayerNet
        Gives W, b and the activation.
    X : (n, d) ndarray
        Inputs.

    Returns
    -------
    (n, m) ndarray
        Features, one row a sample.
    """
    F = X @ net.W.T
    F += net.b
    return ACTIVATIONS[net.activation].value(F)


def second_layer_ridge(F: np.ndarray, y: np.ndarray, decays) -> np.ndarray:
    """Phase 2, solved: the minimisers of mean (F a - y)^2 / 2 + decay mean|F_i|^2 |a|^2 / 2.

    Parameters
    ----------
    F : (n, m) ndarray
        Features.
    y : (n,) ndarray
        Labels.
    decays : (decays,) array_like
        In units of the mean |F_i|^2.

    Returns
    -------
    (m, decays) ndarray
        One second layer a decay.
    """
    n = len(F)
    values, vectors = np.linalg.eigh(F.T @ F / n)
    size = values.sum()  # mean |F_i|^2
    along = vectors.T @ (F.T @ y) / n
    return vectors @ (
        along[:, None] / (np.maximum(values, 0)[:, None] + size * np.asarray(decays, dtype=float))
    )


def second_layer_sgd(
    F: np.ndarray,
    y: np.ndarray,
    decay: float,
    passes: int,
    rng: np.random.Generator,
    loss: str = "square",
    start: np.ndarray | None = None,
) -> np.ndarray:
    """Phase 2 in steps, as the paper has it: SGD over the same samples, drawn with replacement.

        a <- (1 - eta' lambda') a - eta' l'(<a, F_i>, y_i) F_i

    Parameters
    ----------
    F : (n, m) ndarray
        Features.
    y : (n,) ndarray
        Labels.
    decay : float
        lambda', in units of the mean |F_i|^2.
    passes : int
        passes x n steps are taken.
    rng : Generator
        Where the order of the samples is drawn from.
    loss : str
        A name in LOSSES; Algorithm 1 has that of phase 1.
    start : (m,) ndarray, optional
        The first a; Algorithm 1 has that of phase 1. Left out, it is zero.

    Returns
    -------
    (m,) ndarray
        The second layer: the mean of the second half of the steps.

    Notes
    -----
    Step sizes are the course's own, eta'_t = 1 / (L max|F_i|^2 + lambda' t / 2) with L = sup l'':
    no step overshoots on its sample, and later ones decrease as strong convexity allows. So is the
    mean of the later steps. One pass does not reach the minimum: features are nearly collinear, and
    along their small eigenvalues SGD is slow. Notebook 04 measures how slow.
    """
    choice("loss", loss, LOSSES)
    squares = np.einsum("nj,nj->n", F, F)
    decay *= squares.mean()
    order = rng.integers(len(F), size=passes * len(F))
    first = squares.max() * LOSSES[loss].largest_curvature
    a = np.zeros(F.shape[1]) if start is None else np.array(start, dtype=float)
    return _steps_of(LOSSES[loss])(np.ascontiguousarray(F), y, order, first, decay, a)


@cache
def _steps_of(loss: Loss) -> Callable:
    return specialised(second_layer_steps, partial(_steps_numpy, loss), loss_slope=loss.at)


def _steps_numpy(loss: Loss, F, y, order, first, decay, a):
    mean, half = np.zeros(F.shape[1]), len(order) // 2
    for t, i in enumerate(order):
        step = 1.0 / (first + 0.5 * decay * t)
        a = (1.0 - step * decay) * a - step * loss.slope(F[i] @ a, y[i]) * F[i]
        if t >= half:
            mean += (a - mean) / (t - half + 1)
    return mean


def second_layer_steps(F, y, order, first, decay, a):
    """The loop that ``second_layer_sgd`` compiles for each loss.

    Parameters
    ----------
    F : (n, m) ndarray
        Features, C-contiguous.
    y : (n,) ndarray
        Labels.
    order : (steps,) ndarray of int
        The sample of each step.
    first : float
        One over the first step size.
    decay : float
        Weight decay lambda'.
    a : (m,) ndarray
        The start, changed in place.

    Returns
    -------
    (m,) ndarray
        Mean over the second half of the steps.
    """
    width = F.shape[1]
    mean = np.zeros(width)
    half = len(order) // 2
    for t in range(len(order)):
        i = order[t]
        step = 1.0 / (first + 0.5 * decay * t)
        yhat = 0.0
        for j in range(width):
            yhat += a[j] * F[i, j]
        change = step * loss_slope(yhat, y[i])
        shrink = 1.0 - step * decay
        for j in range(width):
            a[j] = shrink * a[j] - change * F[i, j]
        if t >= half:
            for j in range(width):
                mean[j] += (a[j] - mean[j]) / (t - half + 1)
    return mean
