"""The second layer, fitted anew after the first one was compressed."""

from __future__ import annotations

import numpy as np

from ..activations import ACTIVATIONS
from ..algorithm1 import second_layer_ridge
from ..given import labels, samples
from ..machine import single_threaded_blas
from ..networks import TwoLayerNet
from .nets import CompressedNet


@single_threaded_blas()
def refit_second_layer(
    net: TwoLayerNet | CompressedNet, X: np.ndarray, y: np.ndarray
) -> TwoLayerNet | CompressedNet:
    """A net with its second layer fitted anew to samples, the first layer left as it is.

    Parameters
    ----------
    net : TwoLayerNet or CompressedNet
        In the coordinates of X.
    X : (n, d) ndarray
        Inputs, 4 or more.
    y : (n,) ndarray
        Their labels.

    Returns
    -------
    TwoLayerNet or CompressedNet
        A net of the same kind.

    Raises
    ------
    ValueError
        If shapes do not fit or samples are too few.

    Notes
    -----
    Least squares with a ridge that pulls towards the present a; the ridge is chosen on every fourth
    sample, held out, and the fit is then made on all. Taught in notebook 06.
    """
    W = net.W
    X = samples(X, W.shape[1])
    y = labels(y, len(X))
    if len(X) < 4:
        raise ValueError(
            f"{len(X)} samples are too few: every fourth one is held out, so take 4 or more"
        )
    features = ACTIVATIONS[net.activation].value(X @ W.T + net.b)
    left_over = y - features @ net.a
    held_out = np.arange(len(X)) % 4 == 3
    ridges = np.geomspace(1e-10, 1e2, 25)
    changes = second_layer_ridge(features[~held_out], left_over[~held_out], ridges)
    errors = ((left_over[held_out, None] - features[held_out] @ changes) ** 2).mean(axis=0)
    best = ridges[errors.argmin()]
    return net.replace(a=net.a + second_layer_ridge(features, left_over, [best])[:, 0])
