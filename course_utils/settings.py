"""Every knob of an experiment in one frozen dataclass, and the line of text that writes it."""

from __future__ import annotations

import numbers
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from .activations import ACTIVATIONS
from .directions import check_directions
from .given import brief, choice, whole
from .inputs import input_law
from .links import LINKS, Link, check_k, default_k, registered
from .losses import LOSSES
from .networks import BIASES
from .own_links import check_own_link
from .targets import MultiIndexModel
from .texts import NUMBER, tidied

if TYPE_CHECKING:
    from .networks import TwoLayerNet

CHOICES = {
    "activation": ACTIVATIONS,  # the records themselves: a new one is a choice at once
    "loss": LOSSES,
    "schedule": ("constant", "decreasing"),
    "bias": BIASES,
}
WHOLE = {"d": (1, 10**9), "k": (1, 50), "width": (1, 100_000), "seed": (0, 2**63 - 1)}
REAL = {
    "noise": (0.0, 100.0),
    "weight_decay": (0.0, 1000.0),
    "step": (1e-9, 1000.0),
    "start": (1e-6, 1000.0),
}
BIAS = (1e-3, 1000.0)  # where bias is a number
UNSAID = ("inputs", "directions", "start")  # codes leave them out where they are the defaults


@dataclass(frozen=True)
class Settings:
    """All that defines one experiment: data, target, network and training.

    Equal settings give equal runs on one machine. Changed copies come from
    ``settings.replace(noise=0.5)``.

    Parameters
    ----------
    d : int
        Input dimension, 1 to 10**9.
    k : int
        Number of hidden directions, 1 to 50 and at most d. Left out, it is the natural number
        for the link.
    noise : float
        Standard deviation of the Gaussian label noise.
    link : str or callable
        A name in ``course_utils.LINKS``, such a link itself, or a function (n, k) -> (n,) of
        each row by itself.
    width : int
        Number of neurons m.
    activation : str
        A name in activations.ACTIVATIONS: 'relu', 'tanh', 'erf' (that is erf(t / sqrt 2)),
        'softplus'.
    loss : str
        A name in losses.LOSSES: 'huber' (threshold 1), 'square' (half the squared residual),
        'logistic' (labels are the sign, -1 or 1).
    weight_decay : float
        Width-free weight decay lam; the paper's lambda is lam / m.
    step : float
        Step size in units of d samples. One step uses et = step / d; the paper's eta is m * et.
    schedule : str
        'constant', or 'decreasing': et_t about step/d for the first d/step samples, then like
        1/t.
    bias : str or float
        'normal' N(0, 1), 'away' (uniform in [1, 2] with a random sign), 'none', or a number b:
        biases are b or -b.
    seed : int
        Whole number from which every random draw is spawned.
    inputs : str
        The law of x, a name in inputs.LAWS with its numbers: 'gaussian' N(0, I);
        'spiked:THETA:COS', variance 1 + THETA along a direction at cosine COS to u_1; 'hypercube',
        coordinates +-1; 'student:NU', independent t coordinates; 'elliptical:NU', multivariate t.
        Links see projections of variance 1 under each.
    directions : str
        'random'; 'axis', u_i = e_i; or 'sparse:K', rows of K entries, each half the one before.
    start : float
        Norm of the rows of W at the start, about: they are N(0, start^2 I / d).

    Raises
    ------
    ValueError
        Naming field, value and allowed range.
    TypeError
        For a value of the wrong type.
    """

    d: int = 100
    k: int = None  # type: ignore[assignment]  # a number as soon as there are settings
    noise: float = 0.1
    link: str | Callable = "chain"
    width: int = 200
    activation: str = "relu"
    loss: str = "huber"
    weight_decay: float = 0.05
    step: float = 0.1
    schedule: str = "constant"
    bias: str | float = "normal"
    seed: int = 0
    inputs: str = "gaussian"
    directions: str = "random"
    start: float = 1.0

    def __post_init__(self):
        for name, (low, high) in WHOLE.items():
            if not (name == "k" and self.k is None):
                self._set(name, whole(name, getattr(self, name), low, high, exact=True))
        for name, (low, high) in REAL.items():
            self._set(name, _real(name, getattr(self, name), low, high))
        for name, allowed in CHOICES.items():
            self._set(name, _chosen(name, getattr(self, name), allowed))
        self._check_link()
        law = input_law(self.inputs)
        law.check_room(self.k, self.d)
        self._set("inputs", law.text)
        self._set("directions", check_directions(self.directions, self.k, self.d))

    def _set(self, name: str, value) -> None:
        object.__setattr__(self, name, value)

    def _check_link(self):
        self._set("link", registered(self.link) or self.link)
        if not callable(self.link):
            choice("link", self.link, LINKS, extra=", or a function (n, k) -> (n,)")
        if self.k is None:
            self._set("k", min(default_k(self.link), self.d))
        if self.k > self.d:
            raise ValueError(
                f"k = {self.k} is impossible with d = {self.d}: {self.k} orthogonal directions do "
                f"not fit into {self.d} dimensions. Allowed: 1 <= k <= d. Lower k or raise d."
            )
        check_k(self.link, self.k)
        if callable(self.link):
            check_own_link(self.link, self.k)

    def replace(self, **changes) -> Settings:
        """A copy with some fields changed, checked like a new one.

        Parameters
        ----------
        **changes : object
            Fields with their new values; k follows a new link that does not allow the old k.

        Returns
        -------
        Settings
            Another object; settings never change.

        Raises
        ------
        ValueError
            For a name that is no field, and for a value that is not allowed.
        """
        unknown = sorted(set(changes) - {f.name for f in fields(self)})
        if unknown:
            raise ValueError(
                f"Settings has no field {unknown[0]!r}; it has "
                f"{', '.join(f.name for f in fields(self))}"
            )
        if "link" in changes and "k" not in changes and not _fits(changes["link"], self.k):
            changes["k"] = None
        return replace(self, **changes)

    @property
    def sign_labels(self) -> bool:
        """True when labels are signs (logistic loss)."""
        return LOSSES[self.loss].sign_labels

    def generators(self) -> dict[str, np.random.Generator]:
        """Independent generators, one for each kind of random draw, spawned from the seed.

        Returns
        -------
        dict of str to Generator
            Such as 'directions', 'network', 'inputs'.
        """
        names = (
            *("directions", "network", "inputs", "label_noise", "span", "test", "outside"),
            "law",  # new ones to the end: the others' streams stay what they are
        )
        spawned = np.random.SeedSequence(self.seed).spawn(len(names))
        return {name: np.random.default_rng(s) for name, s in zip(names, spawned, strict=True)}

    def target(self) -> MultiIndexModel:
        """The multiple-index model of these settings.

        Returns
        -------
        MultiIndexModel
            Its directions are drawn when first needed.
        """
        rng = self.generators()["directions"]
        return MultiIndexModel(
            rng,
            self.link,
            self.noise,
            d=self.d,
            k=self.k,
            sign_labels=self.sign_labels,
            inputs=self.inputs,
            kind=self.directions,
        )

    def build(self) -> tuple[MultiIndexModel, TwoLayerNet]:
        """The target and the untrained network.

        Returns
        -------
        target : MultiIndexModel
            What labels the samples.
        net : TwoLayerNet
            Where training starts.

        Raises
        ------
        MemoryError
            If the network does not fit.
        """
        from .networks import TwoLayerNet

        rng = self.generators()["network"]
        return self.target(), TwoLayerNet.random(
            self.d, self.width, self.activation, self.bias, rng, self.start
        )

    def code(self) -> str:
        """The settings code: one line that a person can dictate.

        Returns
        -------
        str
            Such as 'd=100 k=1 noise=0.1 link=tanh ...'. Inputs, directions and start are left out
            where they are N(0, I), random and 1.

        Raises
        ------
        ValueError
            If the link is your own function, which text cannot carry.
        """
        if callable(self.link):
            raise ValueError(
                f"link is your own function {_name(self.link)!r}, which a line of text cannot "
                "carry. Share the function itself, or use a named link."
            )
        return self.summary()

    @classmethod
    def from_code(cls, text: str, base: Settings | None = None) -> Settings:
        """Read a settings code; the text is parsed, never evaluated.

        Parameters
        ----------
        text : str
            The code, such as 'd=50 k=2' or, as people write it, "`d = 50, k=2`".
        base : Settings, optional
            What fields have that are left out, but k follows a new link. Without it they keep
            their defaults, as with a whole code, which leaves out only what ``code`` does.

        Returns
        -------
        Settings
            Checked like any others.

        Raises
        ------
        ValueError
            Saying what is wrong with the text.
        TypeError
            If it is no text.
        """
        if not isinstance(text, str):
            raise TypeError(f"a settings code is text, got {type(text).__name__}")
        if len(text) > 1000:
            raise ValueError(
                f"a settings code has at most 1000 characters, this text has {len(text)}"
            )
        values: dict[str, object] = {}
        for part in tidied(text).split():
            name, equals, value = part.partition("=")
            if not equals or name not in cls.__dataclass_fields__:
                raise ValueError(
                    f"cannot read {part!r} in the settings code: expected name=value with a name "
                    f"among {', '.join(cls.__dataclass_fields__)}"
                )
            if name in values:
                raise ValueError(f"{name} appears twice in the settings code; keep one")
            values[name] = _parse(name, value)
        if base is None or values.keys() >= cls.__dataclass_fields__.keys() - UNSAID:
            return cls(**values)
        if values.get("link", base.link) != base.link:
            values.setdefault("k", None)
        return base.replace(**values)

    def summary(self) -> str:
        """The settings as text for a header.

        Returns
        -------
        str
            The code, with an own link named instead of carried.
        """
        return " ".join(
            f"{f.name}={_text(value)}"
            for f in fields(self)
            if (value := getattr(self, f.name)) != f.default or f.name not in UNSAID
        )


def _fits(link, k: int) -> bool:
    known = LINKS.get(link) if isinstance(link, str) else link
    low, high = known.k_range if isinstance(known, Link) else (1, k)
    return low <= k <= high


def _name(function: Callable) -> str:
    return one_line(getattr(function, "__name__", type(function).__name__))


def one_line(text: str) -> str:
    r"""A text with line breaks and other characters that cannot be seen written as in Python.

    Parameters
    ----------
    text : str
        Whatever will stand in a line.

    Returns
    -------
    str
        The same on one line: \n for a new line.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def _text(value) -> str:
    return (
        f"function:{_name(value)}"
        if callable(value)
        else repr(value)
        if isinstance(value, float)
        else str(value)
    )


def _parse(name: str, value: str):
    if name in WHOLE:
        if not re.fullmatch(r"[0-9]{1,19}", value):
            raise ValueError(
                f"{name}={value!r} in the settings code is not a whole number written in digits, "
                "such as 1000"
            )
        return int(value)
    if name in REAL:
        if not re.fullmatch(NUMBER, value):
            raise ValueError(
                f"{name}={value!r} in the settings code is not a number such as 0.05 or 1e-3"
            )
        return float(value)
    return float(value) if name == "bias" and re.fullmatch(NUMBER, value) else value


def _chosen(name: str, value, allowed):
    """A choice among names; for bias also a number."""
    if name != "bias":
        return choice(name, value, allowed)
    if not isinstance(value, numbers.Real) or isinstance(value, (bool, np.bool_)):
        return choice(name, value, allowed, extra=f", or a number from {BIAS[0]:g} to {BIAS[1]:g}")
    if value == 0:
        raise ValueError("bias = 0 is written bias='none'; as a number it is the size of biases")
    return _real(name, value, *BIAS)


def _real(name: str, value, low: float, high: float) -> float:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(
            f"{name} must be a number from {low:g} to {high:g}, "
            f"got {value!r} ({type(value).__name__})"
        )
    if not low <= value <= high:  # false for nan too
        raise ValueError(
            f"{name} = {brief(value)} is out of range: it must be a number from {low:g} to {high:g}"
        )
    return float(value) + 0.0  # -0.0 becomes 0.0
