"""What the course does with models of torch: a copy to look at, a Linear layer of given weights, and erf.

Imported where it is needed, since it imports torch.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


class Erf(torch.nn.Module):
    """erf(t / sqrt 2)."""

    def forward(self, t):
        """Elementwise."""
        return torch.erf(t / 2**0.5)


def linear(weight: np.ndarray, bias: np.ndarray | None = None) -> torch.nn.Linear:
    """A Linear layer in float64 with copies of these weights (m, d) and biases (m,); draws no random number."""
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
    """A deep copy, ties included, also of models with the old weight_norm and spectral_norm; ValueError if it fails."""
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

    Hooks of your own stay behind: they would count and record what you did not do. Those of torch.nn.utils come along.
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
    """The weight (m, d) that a Linear layer multiplies with in evaluation, normalised or pruned as torch.nn.utils does it."""
    seen = to_look_at(layer)
    with torch.no_grad():
        seen(
            torch.zeros(1, layer.in_features, dtype=dtype_of(layer), device=device_of(layer))
        )  # old hooks set it when called
    return seen.weight


def dtype_of(model: torch.nn.Module) -> torch.dtype:
    """Number type of the first floating-point parameter."""
    return next(
        (p.dtype for p in model.parameters() if p.dtype.is_floating_point),
        torch.get_default_dtype(),
    )


def device_of(model: torch.nn.Module) -> torch.device:
    """Where the first parameter is."""
    return next((p.device for p in model.parameters()), torch.device("cpu"))


def array(values) -> np.ndarray:
    """A tensor as an array of float64 of its own."""
    return values.detach().cpu().double().numpy().copy()


@contextmanager
def untouched(model: torch.nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; each module's own mode, all buffers and the state of torch's and NumPy's random
    numbers are put back afterwards.
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
