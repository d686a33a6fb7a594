"""What the course does with models of torch.

A copy to look at, a Linear layer of given weights, and erf. Imported where it is needed, since it
imports torch.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


class Erf(torch.nn.Module):
    """The activation erf(t / sqrt 2)."""

    def forward(self, t):
        """Values of the activation, elementwise.

        Parameters
        ----------
        t : torch.Tensor
            Of any shape.

        Returns
        -------
        torch.Tensor
            erf(t / sqrt 2).
        """
        return torch.erf(t / 2**0.5)


def linear(weight: np.ndarray, bias: np.ndarray | None = None) -> torch.nn.Linear:
    """A Linear layer in float64 with given weights; draws no random number.

    Parameters
    ----------
    weight : (m, d) ndarray
        Weights, copied.
    bias : (m,) ndarray, optional
        Biases, copied; left out, the layer has none.

    Returns
    -------
    torch.nn.Linear
        It maps (n, d) to (n, m).
    """
    m, d = weight.shape
    layer = torch.nn.utils.skip_init(
        torch.nn.Linear, d, m, bias=bias is not None, dtype=torch.float64
    )
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        if bias is not None:
            layer.bias.copy_(torch.from_numpy(bias))
    return layer


def copied(model: torch.nn.Module) -> torch.nn.Module:
    """A deep copy of a model, ties included.

    Parameters
    ----------
    model : torch.nn.Module
        Also one with the old weight_norm and spectral_norm.

    Returns
    -------
    torch.nn.Module
        It shares nothing with the model.

    Raises
    ------
    ValueError
        If it cannot be copied.
    """
    kept = [
        value
        for module in model.modules()
        for value in (*vars(module).values(), *module._buffers.values())
    ]
    derived = {
        id(v): v.detach().clone() for v in kept if isinstance(v, torch.Tensor) and not v.is_leaf
    }
    try:
        return copy.deepcopy(model, derived)
    except Exception as problem:  # a module may hold anything, such as an open file
        raise ValueError(
            f"this {type(model).__name__} cannot be copied to be looked at: {problem}"
        ) from problem


def to_look_at(model: torch.nn.Module) -> torch.nn.Module:
    """A copy in evaluation mode, so that nothing that is done to it reaches the model.

    Parameters
    ----------
    model : torch.nn.Module
        May have hooks, and be in any mode.

    Returns
    -------
    torch.nn.Module
        The copy. Hooks of your own stay behind: they would count and record what you did not
        do. Those of torch.nn.utils come along.

    Raises
    ------
    ValueError
        If it cannot be copied.
    """
    seen = copied(model).eval()
    for module in seen.modules():
        for hooks in (
            module._forward_hooks,
            module._forward_pre_hooks,
            module._backward_hooks,
            module._backward_pre_hooks,
        ):
            for key in [
                key
                for key, hook in hooks.items()
                if not str(getattr(hook, "__module__", "")).startswith("torch.")
            ]:
                del hooks[key]
    return seen


def effective_weight(layer: torch.nn.Linear) -> torch.Tensor:
    """The weight that a Linear layer multiplies with in evaluation.

    Parameters
    ----------
    layer : torch.nn.Linear
        May be under weight_norm, spectral_norm or pruning.

    Returns
    -------
    (m, d) torch.Tensor
        Normalised or pruned as torch.nn.utils does it.
    """
    seen = to_look_at(layer)
    with torch.no_grad():
        # Old hooks set it when they are called.
        seen(torch.zeros(1, layer.in_features, dtype=dtype_of(layer), device=device_of(layer)))
    return seen.weight


def dtype_of(model: torch.nn.Module) -> torch.dtype:
    """Number type of the first floating-point parameter.

    Parameters
    ----------
    model : torch.nn.Module
        May hold other types beside.

    Returns
    -------
    torch.dtype
        The type; torch's default where there is no parameter.
    """
    return next(
        (p.dtype for p in model.parameters() if p.dtype.is_floating_point),
        torch.get_default_dtype(),
    )


def device_of(model: torch.nn.Module) -> torch.device:
    """Where the first parameter is.

    Parameters
    ----------
    model : torch.nn.Module
        May have no parameter.

    Returns
    -------
    torch.device
        The device; the processor where there is no parameter.
    """
    return next((p.device for p in model.parameters()), torch.device("cpu"))


def array(values) -> np.ndarray:
    """A tensor as an array of its own.

    Parameters
    ----------
    values : torch.Tensor
        On any device, with or without gradients.

    Returns
    -------
    ndarray of float64
        A copy.
    """
    return values.detach().cpu().double().numpy().copy()


@contextmanager
def untouched(model: torch.nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; what that changes is put back afterwards.

    Each module's own mode, all buffers and the state of torch's and NumPy's random numbers.

    Parameters
    ----------
    model : torch.nn.Module
        Left as it was found.
    """
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    modes = [(module, module.training) for module in model.modules()]
    drawn = np.random.get_state()
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    try:
        with torch.random.fork_rng(devices=gpus), torch.no_grad():
            model.eval()
            yield
    finally:
        np.random.set_state(drawn)
        for module, training in modes:
            module.training = training
        for buffer, before in buffers:
            if not torch.equal(buffer, before):
                buffer.copy_(before)
