"""What holds for all networks of a shape at once: a bound, and how well one fits coin flips."""

from __future__ import annotations

import math

import numpy as np

from ..given import whole
from ..inputs import gaussian


def class_bound(
    k: int,
    d: int,
    samples: int,
    r: float = 1.0,
    inside: float = 1.0,
    outside: float = 0.0,
    bias: float = 1.0,
) -> float:
    """Bound the Rademacher complexity of all two-layer ReLU networks of a shape and any width m.

        ||a|| <= r / sqrt(m), ||W_par||_F <= R sqrt(m), ||W_perp||_F <= e sqrt(m),
        ||b|| <= r_b sqrt(m):    Rad <= 2 sqrt(3) r (R sqrt(k) + e sqrt(d - k) + r_b) / sqrt(T)

    Parameters
    ----------
    k, d : int
        Directions of the subspace and of the input space.
    samples : int
        T.
    r : float
        Radius of a, in units of 1 / sqrt(m).
    inside, outside, bias : float
        R, e and r_b, radii in units of sqrt(m).

    Returns
    -------
    float
        The bound, in units of the network's output.

    Raises
    ------
    ValueError
        Unless 1 <= k <= d, T >= 1 and all radii are 0 or more.

    Notes
    -----
    For a loss with slope at most 1, E sup (R - Rhat) is at most twice that. W may depend on the
    samples: the class holds it. Derived here (scale each neuron, then the contraction of Ledoux and
    Talagrand). Taught in notebook 03.
    """
    k, d, samples = _sizes(k, d, samples)
    for name, value in (("r", r), ("inside", inside), ("outside", outside), ("bias", bias)):
        if not value >= 0:
            raise ValueError(
                f"{name} = {value} is impossible: it is the size of something, 0 or more"
            )
    sizes = inside * math.sqrt(k) + outside * math.sqrt(d - k) + bias
    return 2 * math.sqrt(3) * r * sizes / math.sqrt(samples)


def coin_flips(
    k: int,
    d: int,
    samples: int,
    inside: float = 1.0,
    outside: float = 0.0,
    bias: float = 0.0,
    draws: int = 20,
    seed: int = 0,
) -> np.ndarray:
    """How well one neuron fits random signs: the largest mean of signs times preactivations.

        L = sup mean_t eps_t (<w, x_t> + b) = R |mean eps x_par| + e |mean eps x_perp|
                                              + r_b |mean eps|

    Parameters
    ----------
    k, d : int
        Directions of the subspace and of the input space.
    samples : int
        T.
    inside, outside, bias : float
        R, e and r_b: ||w_par|| <= R, ||w_perp|| <= e, |b| <= r_b.
    draws : int
        How many draws of inputs and signs.
    seed : int
        Seed from which they are drawn.

    Returns
    -------
    (draws,) ndarray
        Values of L.

    Raises
    ------
    ValueError
        Unless 1 <= k <= d, T >= 1 and draws >= 1.

    Notes
    -----
    Exact for a linear neuron. For ReLU the supremum of |mean eps sigma| lies between L / 2, as
    relu(t) - relu(-t) = t, and on average 2 L (contraction). Derived here, in notebook 03.
    """
    k, d, samples = _sizes(k, d, samples)
    found = np.empty(whole("draws", draws, 1))
    for i in range(len(found)):
        rng = np.random.default_rng([seed, i, 0xC01])
        total, signs = np.zeros(d), 0.0
        for begin in range(0, samples, 4096):
            n = min(4096, samples - begin)
            eps = rng.choice([-1.0, 1.0], size=n)
            total += eps @ gaussian(n, d, rng)
            signs += eps.sum()
        parts = np.linalg.norm(total[:k]), np.linalg.norm(total[k:]), abs(signs)
        found[i] = np.dot([inside, outside, bias], parts) / samples
    return found


def _sizes(k: int, d: int, samples: int) -> tuple[int, int, int]:
    d = whole("d", d, 1)
    return whole("k", k, 1, d), d, whole("samples", samples, 1)
