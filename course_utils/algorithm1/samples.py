"""The samples of both phases: drawn whole in R^d, or fresh in a simulation's coordinates."""

from __future__ import annotations

import numpy as np

from ..inputs import gaussian
from ..machine import reserve
from ..networks import TwoLayerNet
from ..settings import Settings

FRESH = 10_000  # the most fresh samples that phase 2 takes


def race_samples(settings: Settings, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The first n samples of a race: the same for every method, nested in n.

    Parameters
    ----------
    settings : Settings
        Gives d, the target and the seed.
    n : int
        How many.

    Returns
    -------
    X : (n, d) ndarray
        Inputs.
    y : (n,) ndarray
        Labels.

    Raises
    ------
    ValueError
        For inputs other than N(0, I).
    MemoryError
        If they do not fit.
    """
    target = settings.target()
    target.inputs.must_be_standard("methods race")
    reserve(
        8.0 * n * (settings.d + 4), f"{n:,} samples in {settings.d:,} dimensions", "lower n or d"
    )
    inputs, noise = (np.random.default_rng([settings.seed, 0xACE, i]) for i in range(2))
    X = gaussian(n, settings.d, inputs)
    return X, target.labels(target.project(X), noise)


def fresh_samples(settings: Settings, net: TwoLayerNet, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Samples that a simulation has not seen, in the coordinates of its network.

    Parameters
    ----------
    settings : Settings
        Gives the target and the seed.
    net : TwoLayerNet
        In R^d, or in reduced coordinates, of which the first k are the hidden directions.
    n : int
        How many.

    Returns
    -------
    X : (n, columns) ndarray
        Inputs; reduced ones are (z, N(0, I)): what W sees of x ~ N(0, I_d) has this law exactly.
    y : (n,) ndarray
        Labels.

    Raises
    ------
    ValueError
        For inputs other than N(0, I).
    MemoryError
        If they do not fit.
    """
    columns, target = net.W.shape[1], settings.target()
    target.inputs.must_be_standard("fresh samples are drawn")
    reserve(8.0 * n * columns, f"{n:,} fresh samples of {columns:,} coordinates", "lower width")
    inputs, noise = (np.random.default_rng([settings.seed, 0xF4E5, i]) for i in range(2))
    X = gaussian(n, columns, inputs)
    Z = target.project(X) if net.reduced_k is None else X[:, : settings.k]
    return X, target.labels(Z, noise)
