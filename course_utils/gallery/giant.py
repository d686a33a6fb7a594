"""One giant step on a large batch: a spike and little else."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..activations import ACTIVATIONS
from ..links import gaussian_grid
from ..networks import TwoLayerNet
from ..targets import MultiIndexModel
from ..theory import risk_gradient


class GiantStep(NamedTuple):
    """The first gradient of a wide network on a large batch, and its spike.

    Attributes
    ----------
    values : (2,) ndarray
        sqrt(m) times its two largest singular values.
    predicted : float
        sqrt(m) times the size of the spike.
    rest : float
        Spectral norm of the gradient without the spike, in units of the spike.
    cosine : float
        Of its largest singular vector with u.
    """

    values: np.ndarray
    predicted: float
    rest: float
    cosine: float


def giant_step(
    n: int = 2000,
    d: int = 400,
    width: int = 600,
    link: str = "tanh",
    noise: float = 0.1,
    activation: str = "tanh",
    seed: int = 0,
) -> GiantStep:
    """The first gradient, and the rank-one spike that it is predicted to be.

        A = mu / (n sqrt m) X^T y a^T,    mu = E sigma'(z)

    Parameters
    ----------
    n : int
        Samples in the batch.
    d : int
        Input dimension.
    width : int
        Number of neurons m.
    link : str
        A link of one variable.
    noise : float
        Standard deviation of the label noise.
    activation : str
        A name in ACTIVATIONS.
    seed : int
        From which everything is drawn.

    Returns
    -------
    GiantStep
        Singular values, measured and predicted.

    Notes
    -----
    The network is a^T sigma(W x) / sqrt m with a_j ~ N(0, 1/m) and rows of W ~ N(0, I/d), the loss
    half the squared residual. Source: Ba et al. 2022, High-dimensional asymptotics of feature
    learning. Taught in notebook 07.
    """
    rng = np.random.default_rng([seed, 0x61A7])
    target = MultiIndexModel(rng, link, noise, d=d, k=1)
    u = target.directions[0]
    X, y = target.sample(n, rng)
    net = TwoLayerNet.random(d, width, activation, "none", rng)
    a = rng.standard_normal(width) / np.sqrt(width)
    G = -risk_gradient(net.replace(a=a / np.sqrt(width)), "square", X, y)
    z, w = gaussian_grid()
    mu = w @ ACTIVATIONS[activation].slope(z)
    A = mu / (n * np.sqrt(width)) * np.outer(a, X.T @ y)
    _, values, Vt = np.linalg.svd(G, full_matrices=False)
    size = float(np.linalg.norm(A))
    return GiantStep(
        np.sqrt(width) * values[:2],
        float(np.sqrt(width) * size),
        float(np.linalg.norm(G - A, 2) / size),
        float(abs(Vt[0] @ u)),
    )
