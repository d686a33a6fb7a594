"""The largest gap over all second layers in a ball, exactly, for the square loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.linalg
from scipy.optimize import brentq
from scipy.special import ndtr, owens_t

from ..activations import ACTIVATIONS
from ..engine.online import OnlineSGD
from ..links import SQRT_2PI, gaussian_grid
from ..machine import single_threaded_blas
from ..networks import TwoLayerNet
from ..settings import Settings
from ..targets import MultiIndexModel
from ..theory import parallel_part
from .gaps import sample_counts

FIRST_LAYERS = ("trained on them", "trained, fresh samples", "random")
TINY = 1e-150  # stands for zero where a formula divides by a threshold


class Moments(NamedTuple):
    """What the square loss needs to know of features phi(x) = sigma(W x + b) and a label.

    features : (m, m) E[phi phi^T]. labels : (m,) E[y phi]. square : E[y^2].
    """

    features: np.ndarray
    labels: np.ndarray
    square: float


@single_threaded_blas()
def relu_moments(net: TwoLayerNet, target: MultiIndexModel) -> Moments:
    """Population moments of ReLU features and a single-index label, without Monte Carlo.

    With s_i = ||w_i||, h = -b_i / s_i, k = -b_j / s_j, rho the cosine of w_i and w_j,
    r = sqrt(1 - rho^2), p and Q the density and the upper tail of N(0, 1), and
    L = P(X > h, Y > k) for correlation rho (by Owen's T),

        E[phi_i phi_j] / (s_i s_j) = (rho + h k) L
            - k p(h) Q((k - rho h) / r) - h p(k) Q((h - rho k) / r)
            + (r / 2 pi) exp(-(h^2 - 2 rho h k + k^2) / (2 r^2)).

    E[y phi_j] is an integral over z = <u, x>: given z, <w_j, x> + b_j is Gaussian, and its positive
    part has a known mean.

    Parameters
    ----------
    net : a ReLU network (m neurons), in input space or in reduced coordinates; its second layer
        plays no part.
    target : a model with k = 1 and real labels. Label noise enters E[y^2] alone.

    Returns
    -------
    Moments.

    Raises
    ------
    ValueError for another activation, for k > 1, for sign labels, or for a row of W that is zero.

    Source: derived here; Owen 1956 for L. Taught in notebook 03.
    """
    if net.activation != "relu":
        raise ValueError(
            f"activation = {net.activation!r}: these moments are those of ReLU features"
        )
    if target.k != 1 or target.sign_labels:
        raise ValueError(
            f"k = {target.k}, sign labels {target.sign_labels}: E[y phi] is computed for one "
            "direction and real labels only"
        )
    size = np.linalg.norm(net.W, axis=1)
    if not (size > 0).all():
        raise ValueError(
            f"row {int(np.argmin(size))} of W is zero: its feature is constant and has no "
            "direction; leave that neuron out"
        )
    rho = np.clip(net.W / size[:, None] @ (net.W / size[:, None]).T, -1, 1)
    np.fill_diagonal(rho, 0.0)  # the diagonal has a formula of its own
    h = -net.b / size
    features = _products(h[:, None], h[None, :], rho)
    np.fill_diagonal(features, (1 + h * h) * ndtr(-h) - h * _density(h))
    z, w = gaussian_grid()
    inside = parallel_part(net, target)[:, 0]
    outside = np.sqrt(np.maximum(size**2 - inside**2, 0.0))
    center = inside * z[:, None] + net.b
    g = target.mean(z[:, None])
    labels = (w * g) @ _positive_mean(center, outside)
    return Moments(np.outer(size, size) * features, labels, float(w @ g**2) + target.noise**2)


def _density(t: np.ndarray) -> np.ndarray:
    return np.exp(-t * t / 2) / SQRT_2PI


def _positive_mean(center: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """E max(center + sd N(0, 1), 0)."""
    sd = np.maximum(sd, TINY)
    t = np.clip(center / sd, -1e100, 1e100)
    return center * ndtr(t) + sd * _density(t)


def _products(h: np.ndarray, k: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """E[(X - h)_+ (Y - k)_+] of standard normals with correlation rho, elementwise."""
    r = np.sqrt((1 - rho) * (1 + rho))
    r = np.maximum(r, 1e-8)  # rows of one direction: an error of 1e-8
    h, k = (np.where(np.abs(t) < TINY, TINY, t) for t in (h, k))
    inner, outer = (k - rho * h) / r, (h - rho * k) / r
    both = (ndtr(-h) + ndtr(-k)) / 2 - owens_t(-h, inner / h) - owens_t(-k, outer / k)
    both -= np.where(h * k < 0, 0.5, 0.0)
    spread = r / (2 * np.pi) * np.exp(-(h * h + inner * inner) / 2)
    return (
        (rho + h * k) * both
        - k * _density(h) * ndtr(-inner)
        - h * _density(k) * ndtr(-outer)
        + spread
    )


def trust_region_max(M: np.ndarray, g: np.ndarray, radius: float) -> tuple[float, np.ndarray]:
    """Maximise a^T M a / 2 - g^T a over ||a|| <= radius, exactly, for any symmetric M.

    The maximiser solves (mu I - M) a = -g with a multiplier mu >= max(0, largest eigenvalue of M),
    and ||a|| = radius unless mu = 0. In the hard case, g without a component on the top
    eigenvectors, mu is that eigenvalue, and a multiple of a top eigenvector brings ||a|| up to the
    radius.

    Parameters
    ----------
    M : (m, m) symmetric. g : (m,). radius : of the ball, 0 or more.

    Returns
    -------
    (value, a) : the maximum and a point (m,) where it is reached.

    Raises
    ------
    ValueError if shapes do not fit or the radius is negative.

    Source: More and Sorensen 1983; there is no duality gap by the S-lemma. Taught in notebook 03.
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

    The loss is the square loss, not cut. With features phi(x) and Sigma = E[phi phi^T],

        R(a) - Rhat(a) = a^T (Sigma - Sigma_hat) a / 2 - (E[y phi] - mean y phi)^T a
                         + (E y^2 - mean y^2) / 2,

    a difference of two convex functions. Maximising it is not a convex problem, but that of a
    quadratic over a ball is solved exactly (``trust_region_max``).

    Parameters
    ----------
    net : a ReLU network. target : its single-index target.
    X, y : (n, d) and (n,) samples: those that W was trained on, or others.
    radius : r, in units of 1 / sqrt(m).
    moments : ``relu_moments(net, target)``, if you have them already.

    Returns
    -------
    (sup of R - Rhat, sup of Rhat - R). The larger one is sup |R - Rhat|.

    Raises
    ------
    ValueError as ``relu_moments`` and ``trust_region_max``.

    Source: derived here. Taught in notebook 03.
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

    The trained W on the samples that trained it; the same W on fresh samples; the untrained W. The
    contrast of the first two shows what W remembers of its samples; the third, whether a trained W
    makes the ball of second layers larger or smaller.

    Parameters
    ----------
    settings : a ReLU network, a link with k = 1. samples : T, or increasing T's.
    radius : of the ball of second layers, in units of 1 / sqrt(m).

    Returns
    -------
    (n, 3, 2): for each T and each of ``FIRST_LAYERS``, sup (R - Rhat) and sup (Rhat - R).

    Raises
    ------
    ValueError as ``second_layer_supremum``, and for sample counts that do not increase; MemoryError
    if 2 T samples do not fit; Diverged from training.

    Source: derived here. Taught in notebook 03.
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
