"""New biases after phase 1: how far they reach, and how they are drawn."""

from __future__ import annotations

import math

import numpy as np

from ..networks import TwoLayerNet
from ..settings import Settings


def rule_of_reach(samples: int) -> float:
    """How far new biases have to reach, in units of a neuron's norm: sqrt(2 log T) + 1.

    Parameters
    ----------
    samples : int
        T, the samples of phase 1.

    Returns
    -------
    float
        Delta over the median row norm of W (``neuron_norm``).

    Notes
    -----
    The feature relu(|w| z + b) has its kink at z = -b / |w|, so biases in [-Delta, Delta] put kinks
    on all z that occur if Delta covers |w| max|z|, and the largest of T values |z| is about
    sqrt(2 log T). The 1 is a margin for neurons of less than the median norm. Derived but for the
    margin, which is measured in notebook 04: too small stalls, too large costs little.
    """
    return math.sqrt(2 * math.log(max(samples, 1))) + 1


def checked_reach(reach: float | None, samples: int) -> float:
    """The reach that is asked for, or that of the rule.

    Parameters
    ----------
    reach : float, optional
        In units of ``neuron_norm``; None is the rule's.
    samples : int
        T, the samples of phase 1.

    Returns
    -------
    float
        The reach.

    Raises
    ------
    ValueError
        Unless it is positive and finite.
    """
    if reach is None:
        return rule_of_reach(samples)
    if not 0 < reach < math.inf:
        raise ValueError(
            f"reach = {reach} is out of range: biases need a positive half width. "
            f"Try {rule_of_reach(samples):.1f}, or None for sqrt(2 log T) + 1"
        )
    return float(reach)


def neuron_norm(W: np.ndarray) -> float:
    """The unit of the reach: the median row norm, or where most neurons have died that of the rest.

    Parameters
    ----------
    W : (m, d) ndarray
        First layer.

    Returns
    -------
    float
        The median of all row norms; if that is below half their root mean square, the median of
        those that are not.

    Notes
    -----
    A neuron that no sample activates only decays. About four of ten do for an odd link; where it is
    more than half, the median of all is zero: with new biases of no width one run of five stalled
    for the quintic (100 neurons), at angles as good as the others'. Measured here.
    """
    norms = np.linalg.norm(W, axis=1)
    living = norms[norms >= 0.5 * np.sqrt(np.mean(norms**2))]
    median = np.median(norms)
    return float(median if median >= living.min() else np.median(living))


def half_width(net: TwoLayerNet, reach: float) -> float:
    """Delta, of which the new biases are drawn from [-Delta, Delta].

    Parameters
    ----------
    net : TwoLayerNet
        After phase 1.
    reach : float
        In units of ``neuron_norm``.

    Returns
    -------
    float
        Delta, in units of a bias.
    """
    return reach * neuron_norm(net.W)


def places_of(settings: Settings) -> np.ndarray:
    """Where the new biases lie in [-Delta, Delta]: the same for every T of a run.

    Parameters
    ----------
    settings : Settings
        Gives width and seed.

    Returns
    -------
    (m,) ndarray
        Uniform in [-1, 1], in units of Delta.
    """
    return np.random.default_rng([settings.seed, 0xB1A5]).uniform(-1, 1, settings.width)


def with_new_biases(net: TwoLayerNet, reach: float, places: np.ndarray) -> TwoLayerNet:
    """The network with new biases, Delta times their places.

    Parameters
    ----------
    net : TwoLayerNet
        After phase 1; its W and a are kept.
    reach : float
        Delta in units of ``neuron_norm``.
    places : (m,) ndarray
        In [-1, 1].

    Returns
    -------
    TwoLayerNet
        A copy with other biases.
    """
    return net.replace(b=half_width(net, reach) * places)
