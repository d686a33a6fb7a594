"""The two-layer student network yhat(x) = a . sigma(W x + b)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .activations import ACTIVATIONS
from .given import choice, real_numbers, samples
from .machine import reserve, single_threaded_blas

if TYPE_CHECKING:
    import torch

BIASES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda rng, width: rng.standard_normal(width),
    "away": lambda rng, width: rng.uniform(1, 2, width) * rng.choice([-1.0, 1.0], size=width),
    "none": lambda rng, width: np.zeros(width),
}
"""Name -> how frozen biases are drawn, (width,). A number b in place of a name is +-b."""

REDUCED = "This net lives in the reduced coordinates of a large-d simulation, not in input space"


@dataclass(frozen=True, eq=False)
class TwoLayerNet:
    """The network yhat(x) = sum_j a_j sigma(<w_j, x> + b_j).

    Parameters
    ----------
    W : (m, d) ndarray
        First layer.
    a : (m,) ndarray
        Second layer, of order 1/m.
    b : (m,) ndarray
        Biases.
    activation : str
        A name in ACTIVATIONS, such as 'relu' or 'tanh'.
    reduced_k : int, optional
        Set when the columns of W are not the d input coordinates but those of the reduced
        simulator: the first ``reduced_k`` are the hidden directions, the others an orthonormal
        basis of what W spans besides them. Such a net has the norms, angles, singular values
        and risk of the full one, but takes no (n, d) inputs.

    Raises
    ------
    ValueError
        If shapes do not fit, values are no numbers, or the activation is unknown.
    """

    W: np.ndarray
    a: np.ndarray
    b: np.ndarray
    activation: str = "relu"
    reduced_k: int | None = None

    def __post_init__(self):
        W, a, b = (real_numbers(getattr(self, name), name, finite=False) for name in "Wab")
        if W.ndim != 2 or a.shape != (len(W),) or b.shape != (len(W),):
            raise ValueError(
                f"shapes do not fit: W {W.shape}, a {a.shape}, b {b.shape}; "
                "expected (m, d), (m,), (m,) with one m"
            )
        choice("activation", self.activation, ACTIVATIONS)
        for name, value in (("W", W), ("a", a), ("b", b)):
            object.__setattr__(self, name, value)

    @classmethod
    def random(
        cls,
        d: int,
        width: int,
        activation: str,
        bias: str | float,
        rng: np.random.Generator,
        start: float = 1.0,
    ) -> TwoLayerNet:
        """The starting point: a_j = +-1/m, b by ``bias``, rows of W from N(0, start^2 I/d).

        Parameters
        ----------
        d : int
            Input dimension.
        width : int
            Number of neurons m.
        activation : str
            A name in ACTIVATIONS.
        bias : str or float
            A name in BIASES: 'normal', 'away' or 'none'; or the size of biases of random sign.
        rng : Generator
            Where it is drawn from.
        start : float
            Norm of the rows of W, about.

        Returns
        -------
        TwoLayerNet
            The untrained network.

        Raises
        ------
        MemoryError
            Before it is drawn, if W does not fit.
        """
        advice = "lower width or d, or let OnlineSGD train without forming it"
        reserve(8.0 * 2 * width * d, f"The first layer of {width:,} neurons at d = {d:,}", advice)
        a, b = second_layer(width, bias, rng)
        W = rng.standard_normal((width, d)) / np.sqrt(d)
        W *= start
        return cls(W, a, b, activation)

    @property
    def width(self) -> int:
        """m, the number of neurons."""
        return len(self.W)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Outputs of the network.

        Parameters
        ----------
        X : (n, d) ndarray
            Inputs.

        Returns
        -------
        (n,) ndarray
            One output a row.

        Raises
        ------
        ValueError
            If rows are no inputs of this net.
        """
        try:
            X = samples(X, self.W.shape[1])
        except ValueError as problem:
            why = "" if self.reduced_k is None else f" {REDUCED}."
            raise ValueError(f"{problem}{why}") from None
        sigma = ACTIVATIONS[self.activation].value
        out = np.empty(len(X))
        with single_threaded_blas():
            for i in range(0, len(X), 256):  # blocks stay in cache
                out[i : i + 256] = sigma(X[i : i + 256] @ self.W.T + self.b) @ self.a
        return out

    def replace(self, **changes) -> TwoLayerNet:
        """A copy with some arrays changed.

        Parameters
        ----------
        **changes : object
            Fields of the net with their new values.

        Returns
        -------
        TwoLayerNet
            The copy, checked like a new one.
        """
        return replace(self, **changes)

    def to_torch(self) -> torch.nn.Sequential:
        """The same function as a torch.nn.Sequential, in float64.

        Returns
        -------
        torch.nn.Sequential
            Linear(d, m), the activation, Linear(m, 1, bias=False).

        Raises
        ------
        ValueError
            For a net in reduced coordinates: its first layer would not take inputs of dimension
            d.
        """
        import torch

        from .torch_models import linear

        if self.reduced_k is not None:
            raise ValueError(f"{REDUCED}: train with OnlineSGD(settings, sampling='plain')")
        layers = linear(self.W, self.b), ACTIVATIONS[self.activation].module(), linear(self.a[None])
        return torch.nn.Sequential(*layers)

    @classmethod
    def from_torch(cls, model: torch.nn.Module) -> TwoLayerNet:
        """Read a two-layer torch model of the form that ``to_torch`` makes.

        Parameters
        ----------
        model : torch.nn.Module
            Sequential(Linear, activation, Linear with one output).

        Returns
        -------
        TwoLayerNet
            A net with copies of its weights.

        Raises
        ------
        ValueError
            If the model has another form.
        TypeError
            If it is no torch model.
        """
        import torch

        from .torch_models import array, to_look_at

        if not isinstance(model, torch.nn.Module):
            raise TypeError(f"expected a torch.nn.Module, got {type(model).__name__}")
        model = to_look_at(model)
        if any(torch.nn.parameter.is_lazy(p) for p in model.parameters()):
            raise ValueError(
                "this model has lazy layers, "
                "which have no weights before they have seen a batch: run it on one"
            )
        parts = list(model.children())
        linear = torch.nn.Linear
        if len(parts) != 3 or not (isinstance(parts[0], linear) and isinstance(parts[2], linear)):
            raise ValueError(
                "expected Sequential(Linear, activation, Linear), got "
                f"{[type(p).__name__ for p in parts]}; for deeper models use course_utils.watch"
            )
        first, middle, last = parts
        if last.out_features != 1 or (
            last.bias is not None and float(last.bias.detach().abs().max()) != 0
        ):
            raise ValueError("the last Linear must have one output and no bias (or a bias of zero)")
        name = next(
            (n for n in ACTIVATIONS if isinstance(middle, type(ACTIVATIONS[n].module()))), None
        )
        if name is None:
            raise ValueError(
                f"activation {type(middle).__name__} is unknown; "
                f"it must be one of {', '.join(ACTIVATIONS)}"
            )
        bias = np.zeros(first.out_features) if first.bias is None else array(first.bias)
        net = cls(array(first.weight), array(last.weight)[0], bias, name)
        X = np.random.default_rng(0).standard_normal((8, first.in_features))
        outputs = array(model(torch.from_numpy(X).to(first.weight))).reshape(-1)
        size = (np.abs(ACTIVATIONS[name].value(X @ net.W.T + net.b)) @ np.abs(net.a)).max()
        if (
            outputs.shape != (8,)
            or np.abs(outputs - net(X)).max()
            > max(1e-3, 8 * torch.finfo(first.weight.dtype).eps) * size
        ):
            raise ValueError(
                f"the model's outputs differ from those of a . {name}(W x + b) with its weights: "
                "its forward does more, "
                f"or {type(middle).__name__} has options (such as Softplus with beta other than 1)"
            )
        return net

    def __repr__(self):
        m, d = self.W.shape
        where = (
            f"d={d}"
            if self.reduced_k is None
            else f"{d} reduced coordinates, the first {self.reduced_k} hidden directions"
        )
        return f"TwoLayerNet(width={m}, {where}, {self.activation})"


def second_layer(
    width: int, bias: str | float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Frozen second layer and biases of a network.

    Parameters
    ----------
    width : int
        Number of neurons m.
    bias : str or float
        A name in BIASES, or the size of biases of random sign.
    rng : Generator
        Where they are drawn from.

    Returns
    -------
    a : (m,) ndarray
        +-1/m with random signs.
    b : (m,) ndarray
        Biases.
    """
    a = rng.choice([-1.0, 1.0], size=width) / width
    if not isinstance(bias, str):
        return a, bias * rng.choice([-1.0, 1.0], size=width)
    return a, BIASES[bias](rng, width)
