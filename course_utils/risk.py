"""Test risk, R^2, and the floors that a risk is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .losses import LOSSES

if TYPE_CHECKING:
    from .networks import TwoLayerNet
    from .targets import MultiIndexModel


def mean_loss(yhat: np.ndarray, y: np.ndarray, loss: str) -> float:
    """Average loss of predictions against labels.

    Parameters
    ----------
    yhat : (n,) ndarray
        Predictions.
    y : (n,) ndarray
        Labels.
    loss : str
        A name in LOSSES.

    Returns
    -------
    float
        The mean, in units of the loss.
    """
    return float(LOSSES[loss].value(yhat, y).mean())


def r_squared(yhat: np.ndarray, y: np.ndarray) -> float:
    """1 - mean squared error / variance of y.

    Parameters
    ----------
    yhat : (n,) ndarray
        Predictions.
    y : (n,) ndarray
        Labels.

    Returns
    -------
    float
        R^2; nan where y is constant.
    """
    variance = y.var()
    return float(1 - ((yhat - y) ** 2).mean() / variance) if variance > 0 else float("nan")


def test_risk(
    net: TwoLayerNet, target: MultiIndexModel, loss: str, n: int = 10_000, seed: int = 1
) -> float:
    """Risk of a network on fresh samples of a target.

    Parameters
    ----------
    net : TwoLayerNet
        The network, in input space.
    target : MultiIndexModel
        What labels the samples.
    loss : str
        A name in LOSSES.
    n : int
        How many samples are drawn.
    seed : int
        Seed from which they are drawn.

    Returns
    -------
    float
        The mean loss, in units of the loss.
    """
    X, y = target.sample(n, np.random.default_rng([seed, 0x7E57]))
    return mean_loss(net(X), y, loss)


test_risk.__test__ = False  # not a pytest test


def floors(target: MultiIndexModel, loss: str, n: int = 100_000, seed: int = 1) -> dict[str, float]:
    """Risks to compare with, by Monte Carlo on projections.

    Parameters
    ----------
    target : MultiIndexModel
        What labels the samples.
    loss : str
        A name in LOSSES.
    n : int
        How many projections are drawn.
    seed : int
        Seed from which they are drawn.

    Returns
    -------
    dict of str to float
        'noise' (of the best possible predictor g itself), 'linear' (of the least-squares fit that
        is linear in z) and 'zero' (of predicting 0).

    Notes
    -----
    Where coordinates of x are independent but not normal, a linear function of x can do a little
    better than one of z, if directions have few entries.
    """
    rng = np.random.default_rng([seed, 0xF1])
    Z = target.projections(n, rng)
    return floors_on(target, Z, target.labels(Z, rng), loss)


def floors_on(target: MultiIndexModel, Z: np.ndarray, y: np.ndarray, loss: str) -> dict[str, float]:
    """The same as ``floors`` on given test samples, to stand beside a risk measured on them.

    Parameters
    ----------
    target : MultiIndexModel
        What labels the samples.
    Z : (n, k) ndarray
        Projections of the test inputs.
    y : (n,) ndarray
        Their labels.
    loss : str
        A name in LOSSES.

    Returns
    -------
    dict of str to float
        'noise', 'linear' and 'zero'.
    """
    A = np.column_stack([np.ones(len(Z)), Z])
    linear = A @ np.linalg.lstsq(A, y, rcond=None)[0]
    predictions = {"noise": _best_prediction(target, Z), "linear": linear, "zero": np.zeros(len(Z))}
    return {name: mean_loss(p, y, loss) for name, p in predictions.items()}


def _best_prediction(target: MultiIndexModel, Z: np.ndarray) -> np.ndarray:
    """Minimiser of the conditional risk given Z.

    g itself for residual losses (the noise is symmetric), log-odds of the label +1 for the logistic
    loss.
    """
    g = target.mean(Z)
    if not target.sign_labels:
        return g
    from scipy.special import log_ndtr

    if target.noise == 0:
        return np.where(g >= 0, 50.0, -50.0)
    return log_ndtr(g / target.noise) - log_ndtr(-g / target.noise)
