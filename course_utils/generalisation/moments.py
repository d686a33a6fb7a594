"""Moments of ReLU features over Gaussian inputs, in closed form but for one integral."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, owens_t

from ..links import SQRT_2PI, gaussian_grid
from ..machine import single_threaded_blas
from ..networks import TwoLayerNet
from ..targets import MultiIndexModel
from ..theory import parallel_part

TINY = 1e-150  # stands for zero where a formula divides by a threshold


class Moments(NamedTuple):
    """What the square loss needs to know of features phi(x) = sigma(W x + b) and a label.

    Attributes
    ----------
    features : (m, m) ndarray
        E[phi phi^T].
    labels : (m,) ndarray
        E[y phi].
    square : float
        E[y^2].
    """

    features: np.ndarray
    labels: np.ndarray
    square: float


@single_threaded_blas()
def relu_moments(net: TwoLayerNet, target: MultiIndexModel) -> Moments:
    """Population moments of ReLU features and a single-index label, without Monte Carlo.

    Parameters
    ----------
    net : TwoLayerNet
        A ReLU network, in input space or in reduced coordinates; its second layer plays no part.
    target : MultiIndexModel
        With k = 1 and real labels. Label noise enters E[y^2] alone.

    Returns
    -------
    Moments
        E[phi phi^T], E[y phi] and E[y^2] for inputs N(0, I).

    Raises
    ------
    ValueError
        For another activation, for k > 1, for sign labels, for a row of W that is zero, or for
        inputs that are not N(0, I).

    Notes
    -----
    With s_i = ||w_i||, h = -b_i / s_i, k = -b_j / s_j, rho the cosine of w_i and w_j,
    r = sqrt(1 - rho^2), p and Q the density and the upper tail of N(0, 1), and
    L = P(X > h, Y > k) for correlation rho (by Owen's T),

        E[phi_i phi_j] / (s_i s_j) = (rho + h k) L
            - k p(h) Q((k - rho h) / r) - h p(k) Q((h - rho k) / r)
            + (r / 2 pi) exp(-(h^2 - 2 rho h k + k^2) / (2 r^2)).

    E[y phi_j] is an integral over z = <u, x>: given z, <w_j, x> + b_j is Gaussian, and its positive
    part has a known mean. Derived here; Owen 1956 for L. Taught in notebook 03.
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
    target.inputs.must_be_standard("these moments are known")
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
