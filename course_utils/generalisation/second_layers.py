"""The largest gap over all second layers in a ball, exactly, for the square loss."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy.linalg
from scipy.optimize import brentq

from ..activations import ACTIVATIONS
from ..engine.online import OnlineSGD
from ..given import sample_counts
from ..machine import single_threaded_blas
from ..networks import TwoLayerNet
from ..settings import Settings
from ..targets import MultiIndexModel
from .moments import Moments, relu_moments

FIRST_LAYERS = ("trained on them", "trained, fresh samples", "random")


def trust_region_max(M: np.ndarray, g: np.ndarray, radius: float) -> tuple[float, np.ndarray]:
    """Maximise a^T M a / 2 - g^T a over ||a|| <= radius, exactly, for any symmetric M.

    Parameters
    ----------
    M : (m, m) ndarray
        Symmetric; its eigenvalues may have either sign.
    g : (m,) ndarray
        The linear part.
    radius : float
        Of the ball, 0 or more.

    Returns
    -------
    value : float
        The maximum.
    a : (m,) ndarray
        A point where it is reached.

    Raises
    ------
    ValueError
        If shapes do not fit or the radius is negative.

    Notes
    -----
    The maximiser solves (mu I - M) a = -g with a multiplier mu >= max(0, largest eigenvalue of M),
    and ||a|| = radius unless mu = 0. In the hard case, g without a component on the top
    eigenvectors, mu is that eigenvalue, and a multiple of a top eigenvector brings ||a|| up to the
    radius. More and Sorensen 1983; there is no duality gap by the S-lemma. Taught in notebook 03.
    """
    M, g = np.asarray(M, dtype=float), np.asarray(g, dtype=float)
    if g.ndim != 1 or M.shape != (len(g), len(g)):
        raise ValueError(f"shapes do not fit: M {M.shape}, g {g.shape}; expected (m, m) and (m,)")
    if not 0 <= radius < np.inf:
        raise ValueError(f"radius = {radius} is impossible: a ball has a radius of 0 or more")
    values, V = scipy.linalg.eigh((M + M.T) / 2)
    q, top = -V.T @ g, values[-1]
    scale = max(np.abs(values).max(), np.linalg.norm(g), 1e-300)
    high = (values > top - 1e-13 * scale) & (np.abs(q) <= 1e-13 * scale)
    q = np.where(high, 0.0, q)  # rounding, where the hard case has zero
    floor = max(top, 0.0)
    along = _solution(q, values, floor)
    if np.linalg.norm(along) <= radius:
        if top > 0:  # the hard case
            along[-1] += math.sqrt(max(radius**2 - along @ along, 0.0))
    elif radius > 0:
        ceiling = floor + np.linalg.norm(q) / radius
        mu = brentq(
            lambda mu: 1 / radius - 1 / np.linalg.norm(_solution(q, values, mu)),
            floor,
            ceiling,
            xtol=1e-15 * scale,
            rtol=1e-14,
        )
        along = _solution(q, values, mu)
        along *= radius / np.linalg.norm(along)
    else:
        along = np.zeros(len(q))
    return float(along @ (values * along) / 2 + q @ along), V @ along


def _solution(q: np.ndarray, values: np.ndarray, mu: float) -> np.ndarray:
    """q / (mu - values); zero where q is, and out of reach where only the denominator is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(q == 0, 0.0, q / (mu - values))


@single_threaded_blas()
def second_layer_supremum(
    net: TwoLayerNet,
    target: MultiIndexModel,
    X: np.ndarray,
    y: np.ndarray,
    radius: float = 3.0,
    moments: Moments | None = None,
) -> tuple[float, float]:
    """The largest gap over all second layers with ||a|| <= radius / sqrt(m); W and b stay.

    Parameters
    ----------
    net : TwoLayerNet
        A ReLU network.
    target : MultiIndexModel
        Its single-index target.
    X : (n, d) ndarray
        Samples: those that W was trained on, or others.
    y : (n,) ndarray
        Their labels.
    radius : float
        Of the ball, in units of 1 / sqrt(m).
    moments : Moments, optional
        ``relu_moments(net, target)``, if you have them already.

    Returns
    -------
    above : float
        sup (R - Rhat).
    below : float
        sup (Rhat - R). The larger of the two is sup |R - Rhat|.

    Raises
    ------
    ValueError
        As ``relu_moments`` and ``trust_region_max``.

    Notes
    -----
    The loss is the square loss, not cut. With features phi(x) and Sigma = E[phi phi^T],

        R(a) - Rhat(a) = a^T (Sigma - Sigma_hat) a / 2 - (E[y phi] - mean y phi)^T a
                         + (E y^2 - mean y^2) / 2,

    a difference of two convex functions. Maximising it is not a convex problem, but that of a
    quadratic over a ball is solved exactly. Derived here, in notebook 03.
    """
    moments = moments or relu_moments(net, target)
    F = ACTIVATIONS["relu"].value(X @ net.W.T + net.b)
    M = moments.features - F.T @ F / len(y)
    g = moments.labels - F.T @ y / len(y)
    constant = (moments.square - float(np.mean(y * y))) / 2
    ball = radius / math.sqrt(net.width)
    above = trust_region_max(M, g, ball)[0] + constant
    below = trust_region_max(-M, -g, ball)[0] - constant
    return above, below


def suprema(settings: Settings, samples: int | Sequence[int], radius: float = 3.0) -> np.ndarray:
    """The supremum over second layers for three first layers, at sample counts T along one run.

    Parameters
    ----------
    settings : Settings
        A ReLU network, a link with k = 1.
    samples : int or sequence of int
        T, or increasing T's.
    radius : float
        Of the ball of second layers, in units of 1 / sqrt(m).

    Returns
    -------
    (n, 3, 2) ndarray
        For each T and each of ``FIRST_LAYERS``, sup (R - Rhat) and sup (Rhat - R).

    Raises
    ------
    ValueError
        As ``second_layer_supremum``, and for sample counts that do not increase.
    MemoryError
        If 2 T samples do not fit.
    Diverged
        From training.

    Notes
    -----
    The three are the trained W on the samples that trained it, the same W on fresh samples, and the
    untrained W. The first two differ by what W remembers of its samples. Taught in notebook 03.
    """
    times = sample_counts(samples)
    target, start = settings.build()
    untrained = relu_moments(start, target)
    (X, y), fresh = (
        target.sample(int(times[-1]), np.random.default_rng([settings.seed, 0x50B, i]))
        for i in range(2)
    )
    sim, found = OnlineSGD(settings, sampling="plain"), []
    for begin, end in zip([0, *times[:-1]], times, strict=True):
        sim.feed(X[begin:end], y[begin:end])
        net = sim.net
        moments, seen = relu_moments(net, target), (X[:end], y[:end])
        found.append(
            [
                second_layer_supremum(net, target, *seen, radius, moments),
                second_layer_supremum(net, target, *(v[:end] for v in fresh), radius, moments),
                second_layer_supremum(start, target, *seen, radius, untrained),
            ]
        )
    return np.array(found)
