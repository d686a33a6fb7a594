"""Assumptions of the theorem: which of them hold for given settings, each with a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..activations import ACTIVATIONS
from ..directions import room_of
from ..inputs import input_law
from ..losses import LOSSES
from ..settings import Settings
from .recursion import noise_floor
from .start import (
    biases_of,
    first_hermite,
    first_step_angle,
    squared_loss_slope,
    squared_slope,
    untrained_loss_slope,
)

KINK = 1 / math.sqrt(2 * math.pi * math.e)
"""0.242: largest value of phi(b/r)/r over r > 0, times |b|. It is reached at r = |b|."""

# What each is for, and what follows where it is not met.
PURPOSES = {
    "decay above threshold": "With it, and small steps, every direction of W_perp shrinks, "
    "whatever the labels are. Without it nothing is promised, and W_perp may shrink all the same.",
    "step small enough": "With it a step does not overshoot, and W_perp settles below its start. "
    "Without it training may blow up, or stay noisy.",
    "first Hermite coefficient not zero": "With it the first steps have a signal to follow. "
    "Without it SGD finds one late, or decay wins before.",
    "k fits": "With it W has room for all directions. Without it some of them cannot be found.",
    "inputs isotropic Gaussian": "With it Stein's lemma holds, on which the others rest. "
    "Without it a run may work, but nothing derived here says so.",
}

FEW = 8  # coordinates in which 2^16 samples tell within a degree where the first step points


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

    @property
    def purpose(self) -> str:
        """What it is for, and what follows where it is not met."""
        return PURPOSES[self.name]


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
        slope = untrained_loss_slope(settings) if mean_loss_slope is None else mean_loss_slope
        return slope * sigma.largest_curvature
    slope = LOSSES[settings.loss].largest_slope if mean_loss_slope is None else mean_loss_slope
    smallest = np.abs(biases_of(settings)).min()
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
        these the start has a signal and W has room for it: assumed here), inputs isotropic
        Gaussian (on which all of them rest).

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
    return [
        _about_decay(s, mean_loss_slope),
        _about_step(s),
        _about_signal(s),
        _about_size(s),
        _about_inputs(s),
    ]


def _about_decay(s: Settings, slope: float | None) -> Assumption:
    threshold, lam = decay_threshold(s, slope), s.weight_decay
    if not input_law(s.inputs).standard:
        text = (
            f"weight_decay = {lam:g} is {'above' if lam > threshold else 'not above'} the "
            f"threshold {threshold:.3g}, which is derived for inputs N(0, I), and these are not."
        )
    elif lam > threshold:
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
    b = np.abs(biases_of(s))
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
    law = input_law(s.inputs)
    long = 1 + law.stretch / s.d  # E|x|^2 / d
    overshoot = (
        s.step
        * long
        * ACTIVATIONS[s.activation].largest_slope ** 2
        * LOSSES[s.loss].largest_curvature
    )
    V = squared_loss_slope(s) * squared_slope(s)
    steady = s.schedule == "constant" and s.weight_decay > 0 and law.standard
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
    elif floor >= s.start:
        text = (
            f"The noise floor sqrt(step V / (2 lam)) = {floor:.2f} is above the start, "
            f"{s.start:g}: lower step or raise decay."
        )
    else:
        end = (
            "no noise floor is known for these inputs"
            if not law.standard
            else f"a cautious guess of the noise floor is {floor:.2g}"
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
    small = bool(shrink < 1 and overshoot < 2 and floor < s.start)
    return Assumption("step small enough", small, text)


def _about_signal(s: Settings) -> Assumption:
    direction, error = first_hermite(s)
    size = float(np.linalg.norm(direction))
    spread = error * math.sqrt(2**16 / s.k)  # of what the loss lets through
    # Five errors, or a fiftieth of it.
    holds = bool(size**2 > (0.02 * spread) ** 2 + (1 + 4 * math.sqrt(2 / s.k)) * error**2)
    what = LOSSES[s.loss].lets_through
    law = input_law(s.inputs)
    normal = law.shape is None and not callable(s.link)  # z is N(0, I), of which exponents speak
    exponent = s.target().link.exponent(s.k) if normal else None
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
        where = (
            "points into the subspace" if law.standard else "sees the subspace, and perhaps more,"
        )
        text = f"That of the {what} is {size:.2g}: the gradient {where} from the first step.{one}"
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


def _about_inputs(s: Settings) -> Assumption:
    law = input_law(s.inputs)
    if law.standard:
        text = "Inputs are N(0, I), on which Stein's lemma and the thresholds rest."
        return Assumption("inputs isotropic Gaussian", True, text)
    text = f"inputs = {law.text}: {law.breaks}."
    few = s.d if s.directions == "random" or not law.independent else room_of(s.directions, s.k)
    if law.reducible or few <= FEW:
        angle = math.degrees(first_step_angle(s.target(), s.loss, 2**16))
        text += f" The first step points {angle:.0f} degrees away from the subspace."
    return Assumption("inputs isotropic Gaussian", False, text)
