"""Assumptions of the theorem: which of them hold for given settings, each with a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ..activations import ACTIVATIONS
from ..inputs import gaussian
from ..links import gaussian_grid
from ..losses import LOSSES
from ..networks import second_layer
from ..settings import Settings
from .recursion import noise_floor

KINK = 1 / math.sqrt(2 * math.pi * math.e)
"""0.242: largest value of phi(b/r)/r over r > 0, times |b|. It is reached at r = |b|."""


@dataclass(frozen=True)
class Assumption:
    """One assumption of what notebook 02 derives, examined for given settings.

    Attributes
    ----------
    name : str
        What is assumed, in words.
    holds : bool
        Whether these settings meet it.
    text : str
        A sentence with the numbers.
    """

    name: str
    holds: bool
    text: str


def decay_threshold(settings: Settings, mean_loss_slope: float | None = None) -> float:
    """Weight decay above which every direction of W_perp contracts on average.

        smooth activation:  E|l_1| sup|sigma''|, at the start
        ReLU:               sup|l_1| * 0.242 / min_j |b_j|, at all times

    Parameters
    ----------
    settings : Settings
        What is run; its seed fixes the network.
    mean_loss_slope : float, optional
        The factor E|l_1| (smooth), or a bound of |l_1| (ReLU). Left out: E|l_1| of the
        untrained network, measured within about 1 % (smooth); the bound that the loss gives, 1
        for Huber and logistic, none for square (ReLU).

    Returns
    -------
    float
        The width-free lam above which A > 0; inf where no decay is enough.

    Raises
    ------
    ValueError
        If ``mean_loss_slope`` is negative.

    Notes
    -----
    For a smooth activation the threshold holds at the start, and later as long as E|l_1| has not
    grown. For ReLU it is infinite without biases, and out of reach for b ~ N(0, 1), where min|b_j|
    is about 1/m. The condition is sufficient, not necessary: it bounds means by largest values.

    Derived here from A = m H + lam I > 0. Taught in notebook 02.
    """
    if mean_loss_slope is not None and not mean_loss_slope >= 0:
        raise ValueError(
            f"mean_loss_slope = {mean_loss_slope} is impossible: a mean of |l'| is 0 or more"
        )
    sigma = ACTIVATIONS[settings.activation]
    if not sigma.jump:
        slope = _untrained_loss_slope(settings) if mean_loss_slope is None else mean_loss_slope
        return slope * sigma.largest_curvature
    slope = LOSSES[settings.loss].largest_slope if mean_loss_slope is None else mean_loss_slope
    smallest = np.abs(_biases(settings)).min()
    return (
        math.inf
        if smallest == 0
        else float(slope * (abs(sigma.jump) * KINK / smallest + sigma.largest_curvature))
    )


def assumptions(settings: Settings, mean_loss_slope: float | None = None) -> list[Assumption]:
    """Which assumptions hold for given settings, each with a sentence on what it means here.

    Parameters
    ----------
    settings : Settings
        What is run.
    mean_loss_slope : float, optional
        As in ``decay_threshold``.

    Returns
    -------
    list of Assumption
        In order: decay above threshold (with it, and a small step, W_perp contracts: derived in
        notebook 02), step small enough, first Hermite coefficient not zero and k fits (with
        these the start has a signal and W has room for it: assumed here).

    Raises
    ------
    ValueError
        If ``mean_loss_slope`` is negative.

    Notes
    -----
    They are the course's own; the paper's theorems may assume more or less. Takes about 0.1 s.
    Taught in notebook 02.
    """
    s = settings
    return [_about_decay(s, mean_loss_slope), _about_step(s), _about_signal(s), _about_size(s)]


def _about_decay(s: Settings, slope: float | None) -> Assumption:
    threshold, lam = decay_threshold(s, slope), s.weight_decay
    if lam > threshold:
        until = (
            ""
            if ACTIVATIONS[s.activation].jump
            else " at the start, and later as long as the mean of |l'| has not grown"
        )
        text = (
            f"weight_decay = {lam:g} is above the threshold {threshold:.3g}: "
            f"every direction of W_perp contracts{until}."
        )
    elif lam == 0:
        text = (
            f"weight_decay is 0 and the threshold is {threshold:.3g}: "
            "nothing is sure to make W_perp contract."
        )
    else:
        text = (
            f"weight_decay = {lam:g} is not above the threshold {threshold:.3g} (sufficient, "
            f"not necessary). {_why_threshold(s, threshold)}"
        ).rstrip()
    return Assumption("decay above threshold", lam > threshold, text)


def _why_threshold(s: Settings, threshold: float) -> str:
    sigma = ACTIVATIONS[s.activation]
    if not sigma.jump:
        return (
            "It is the mean of |l'| at the start times sup|sigma''| = "
            f"{sigma.largest_curvature:.2f}."
        )
    if s.bias == "none":
        return "Without biases the ReLU threshold is infinite; bias='away' makes it finite."
    if math.isinf(threshold):
        return "Square loss has no largest slope, so the threshold is infinite; try loss='huber'."
    b = np.abs(_biases(s))
    share = np.mean(s.weight_decay * b > threshold * b.min())
    near = (
        "N(0, 1) puts the smallest bias near 1/width, out of reach; "
        "bias='away' brings the threshold to 0.24."
    )
    return (
        f"It is sup|l'| x 0.242 / min|b_j| with min|b_j| = {b.min():.2g}; {share:.0%} of the "
        f"neurons meet their own condition. {near if threshold > 1 else ''}"
    ).rstrip()


def _about_step(s: Settings) -> Assumption:
    shrink = s.step / s.d * s.weight_decay
    overshoot = (
        s.step * ACTIVATIONS[s.activation].largest_slope ** 2 * LOSSES[s.loss].largest_curvature
    )
    V = _start_squared_loss_slope(s) * _start_squared_slope(s)
    steady = s.schedule == "constant" and s.weight_decay > 0
    floor = noise_floor(s, V, s.weight_decay) if steady else 0.0
    if shrink >= 1:
        text = (
            f"step x weight_decay / d = {shrink:.3g} must be below 1, "
            "or decay overshoots zero: lower either."
        )
    elif overshoot >= 2:
        text = (
            f"step = {s.step:g} overshoots its own sample: "
            f"step sup sigma'^2 sup l'' = {overshoot:.3g}, not below 2."
        )
    elif floor >= 1:
        text = (
            f"The noise floor sqrt(step V / (2 lam)) = {floor:.2f} is above the start, 1: "
            "lower step or raise decay."
        )
    else:
        end = (
            f"a cautious guess of the noise floor is {floor:.2g}"
            if steady
            else (
                "decreasing steps leave no noise floor"
                if s.weight_decay > 0
                else "without decay noise adds up, with no floor"
            )
        )
        text = (
            f"step x weight_decay / d = {shrink:.2g} is below 1, "
            f"step = {s.step:g} does not overshoot, and {end}."
        )
    return Assumption("step small enough", bool(shrink < 1 and overshoot < 2 and floor < 1), text)


def _about_signal(s: Settings) -> Assumption:
    direction, error = first_hermite(s)
    size = float(np.linalg.norm(direction))
    spread = error * math.sqrt(2**16 / s.k)  # of what the loss lets through
    # Five errors, or a fiftieth of it.
    holds = bool(size**2 > (0.02 * spread) ** 2 + (1 + 4 * math.sqrt(2 / s.k)) * error**2)
    what = LOSSES[s.loss].lets_through
    exponent = None if callable(s.link) else s.target().link.exponent(s.k)
    if not holds:
        text = (
            f"That of the {what} is zero (measured {size:.1g}): "
            "the first steps see no signal, and decay may win."
        )
    elif exponent not in (None, 1):
        text = (
            f"The link has information exponent {exponent}, "
            f"but that of the {what} is {size:.2g}: exponent 1."
        )
    else:
        one = " It is one direction; the others are found later, if at all." if s.k > 1 else ""
        text = (
            f"That of the {what} is {size:.2g}: "
            f"the gradient points into the subspace from the first step.{one}"
        )
    return Assumption("first Hermite coefficient not zero", holds, text)


def _about_size(s: Settings) -> Assumption:
    if s.k == s.d:
        text = (
            f"k = d = {s.d}: the subspace is the whole space, "
            "so W_perp is zero by definition. Raise d."
        )
    elif s.k > s.width:
        text = (
            f"k = {s.k} directions cannot be spanned by width = {s.width} neurons: "
            f"raise width to at least {s.k}."
        )
    else:
        text = (
            f"k = {s.k} is below d = {s.d:,} and not above width = {s.width}: "
            "W can span the subspace."
        )
    return Assumption("k fits", s.k < s.d and s.k <= s.width, text)


def first_hermite(settings: Settings, samples: int = 2**16) -> tuple[np.ndarray, float]:
    """First Hermite coefficients of what the loss lets through, E[-l_1(0, y) z].

    Parameters
    ----------
    settings : Settings
        Gives link, noise, k and loss.
    samples : int
        How many Gaussian points the mean is taken over, half of them mirror images.

    Returns
    -------
    coefficients : (k,) ndarray
        One for each hidden direction.
    error : float
        The error of their norm.

    Notes
    -----
    For square loss that is E[y z]. The Huber loss clips labels at +-1 first, which can change the
    information exponent. The mean over the label noise is exact, so that noise hides nothing.
    """
    k, half = settings.k, samples // 2
    Z = gaussian(half, k, np.random.default_rng(0))
    Z = np.vstack([Z, -Z])  # even links give zero exactly
    slope = _mean_slopes(settings, settings.target().mean(Z))
    # A constant is no signal.
    slope = np.where(np.ptp(slope) > 1e-12 * np.abs(slope).max(), slope - slope.mean(), 0.0)
    return slope @ Z / len(Z), float(np.sqrt(k * (slope**2).mean() / len(Z)))


def _mean_slopes(s: Settings, g: np.ndarray) -> np.ndarray:
    """E[-l_1(0, y)] over the label noise, for noiseless values g (n,).

    That is the mean label, clipped label or half its sign.
    """
    slope = LOSSES[s.loss].slope
    if s.sign_labels:
        positive = ndtr(g / s.noise) if s.noise > 0 else g >= 0
        return -(positive * slope(0.0, 1.0) + (1 - positive) * slope(0.0, -1.0))
    if s.noise == 0:
        return -slope(np.zeros(len(g)), g)
    eps, weight = gaussian_grid(8.0, 160, 2)
    # Noise makes the mean a smooth function of g: a table of it is enough.
    at = np.quantile(g, np.linspace(0, 1, 1001))
    return np.interp(g, at, -(slope(0.0, at[:, None] + s.noise * eps) @ weight))


def _slopes_at_start(s: Settings, Z: np.ndarray) -> np.ndarray:
    """l_1 at output zero for projections Z."""
    y = s.target().labels(Z, np.random.default_rng(1))
    return LOSSES[s.loss].slope(np.zeros(len(Z)), y)


def _start_squared_loss_slope(s: Settings) -> float:
    """E l_1^2 of a network whose output is zero."""
    Z = gaussian(2**14, s.k, np.random.default_rng(0))
    return float((_slopes_at_start(s, Z) ** 2).mean())


def _untrained_loss_slope(s: Settings) -> float:
    """E|l_1| of the untrained network.

    Its law hardly changes with d once d is large: from 10^6 weights on it is that of a smaller one.
    """
    few = min(s.d, max(100, s.k, 10**6 // s.width))
    target, net = s.replace(d=few).build()  # a and b are those of the network at hand, at any d
    X, y = target.sample(2**12, np.random.default_rng(0))
    return float(np.abs(LOSSES[s.loss].slope(net(X), y)).mean())


def _start_squared_slope(s: Settings) -> float:
    """Mean over neurons of E sigma'(w.x + b)^2 for rows of norm 1."""
    z, weight = gaussian_grid(8.0, 16, 8)
    slope = ACTIVATIONS[s.activation].slope
    return float((slope(z + _biases(s)[:1000, None]) ** 2 @ weight).mean())


def _biases(s: Settings) -> np.ndarray:
    return second_layer(s.width, s.bias, s.generators()["network"])[1]
