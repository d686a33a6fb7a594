"""Angles, norms and singular values of any torch model, recorded in a loop of your own."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from .engine.online import Diverged
from .networks import TwoLayerNet
from .run import Run, Snapshot
from .settings import Settings
from .subspace import checked, precision

# Measured when the samples seen have grown by this factor: 24 times a decade, so that long loops
# stay cheap.
GROWTH = 1.1


@dataclass(frozen=True, repr=False)
class OwnSettings(Settings):
    """Settings of a model that is not ours.

    d, k and width hold, all the others are unknown and are never shown.
    """

    def summary(self) -> str:
        """What is known, as text for a header.

        Returns
        -------
        str
            d, k and width.
        """
        return f"d={self.d} k={self.k} width={self.width} (your own model and training loop)"

    def code(self) -> NoReturn:
        """Refused: there is nothing that could be run again.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError(
            "this run comes from your own model and training loop, "
            "which a settings code cannot carry"
        )

    def target(self) -> NoReturn:
        """Refused: the target is not known.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError("this run comes from your own training loop: only you know its target")

    def __repr__(self) -> str:
        return f"OwnSettings({self.summary()})"


class Watch:
    """A recording of the first linear layer of a torch model.

    Made by ``watch``, told of each step, read as ``run``.

    Parameters
    ----------
    model : torch.nn.Module
        As in ``watch``.
    directions : (k, d) array_like or torch.Tensor
        As in ``watch``.
    risk : callable, optional
        As in ``watch``.

    Raises
    ------
    ValueError
        As ``watch`` does.
    """

    def __init__(self, model, directions, risk: Callable | None = None):
        _, self._layer = first_linear(model)
        width, d = self._layer.out_features, self._layer.in_features
        _, self._directions = checked(np.zeros((width, d)), directions)
        self._model, self._risk = model, risk
        self._settings = OwnSettings(d=d, k=len(self._directions), width=width, link=_unknown)
        self._next = 0
        self._snapshots: list[Snapshot] = []
        self.samples = 0
        self(0)

    def __call__(self, n: int) -> None:
        """Say that the model has just been trained on more samples.

        It is measured when enough have been seen.

        Parameters
        ----------
        n : int
            How many.

        Raises
        ------
        ValueError
            If n is not a number of samples.
        Diverged
            Once weights are not finite; with ``run``.
        """
        if isinstance(n, bool) or not isinstance(n, numbers.Integral) or n < 0:
            raise ValueError(
                f"n = {n!r} is not a number of samples: give the size of the batch, such as len(X)"
            )
        self.samples += int(n)
        if self.samples >= self._next:
            self._record()
            self._next = max(self.samples + 1, math.ceil(GROWTH * self.samples))

    @property
    def run(self) -> Run:
        """All that was recorded, this moment included, as a Run.

        Its ``net`` is None unless the model has two layers.
        """
        if self._snapshots[-1].samples < self.samples:
            self._record()
        return Run.of(self._settings, self._snapshots, net=_two_layer(self._model))

    def _record(self) -> None:
        from .torch_models import array, effective_weight

        weight = effective_weight(self._layer)
        W, U = array(weight), self._directions
        if not np.isfinite(W).all():
            run = Run.of(self._settings, self._snapshots) if self._snapshots else None
            advice = "Try: lower the learning rate, or clip gradients."
            raise Diverged(
                f"Weights are not finite after {self.samples:,} samples. {advice}",
                self.samples,
                run,
            )
        risk = self._measured_risk()
        self._snapshots.append(
            Snapshot.measure(self.samples, W.shape[1], W, U, risk, np.nan, precision(weight))
        )

    def _measured_risk(self) -> float:
        if self._risk is None:
            return np.nan
        from .torch_models import untouched

        with untouched(self._model):
            return float(self._risk(self._model))


def watch(model, directions, risk: Callable | None = None) -> Watch:
    """Record angles, norms and singular values of a torch model while you train it.

    They are those of its first linear layer. Any optimiser, any depth. The model is measured now
    and whenever the samples seen have grown by a tenth. Nothing is hooked into it, and what you
    evaluate in between is not counted. Weights are those that it uses in evaluation mode, read from
    a copy, so that training goes on as if nobody watched.

    Parameters
    ----------
    model : torch.nn.Module
        Takes inputs (n, d); its first layer is a Linear with weights (m, d).
    directions : (k, d) array_like or torch.Tensor
        Orthonormal rows u_i, such as ``target.directions``.
    risk : callable, optional
        Function of the model that gives its test risk; called whenever the model is measured,
        in evaluation mode and without gradients; modes, buffers and the global random numbers
        are put back. Without it the risk of the Run is nan.

    Returns
    -------
    Watch
        Call it after each step; read its ``run``.

    Raises
    ------
    ValueError
        If the model's first layer is not a Linear that sees the inputs themselves, or has no
        weights yet (lazy layers), or if directions do not fit.
    TypeError
        If it is no torch model.

    Notes
    -----
    Taught in notebook 02.

    Examples
    --------
    >>> watcher = watch(model, target.directions)
    >>> for X, y in batches:
    ...     loss = ((model(X)[:, 0] - y) ** 2).mean()
    ...     optimizer.zero_grad(); loss.backward(); optimizer.step()
    ...     watcher(len(X))
    >>> watcher.run  # a Run, as online_sgd gives it
    """
    return Watch(model, directions, risk)


def first_linear(model):
    """The Linear layer that is the first to see the inputs of a torch model.

    Parameters
    ----------
    model : torch.nn.Module
        Of any depth.

    Returns
    -------
    name : str
        Its name; '' if the model is that layer itself.
    layer : torch.nn.Linear
        A module of the model, not of a copy.

    Raises
    ------
    ValueError
        If no Linear sees the inputs unchanged, or if the one that does is lazy and has no
        weights yet.
    TypeError
        If it is no torch model.

    Notes
    -----
    Found by running a copy of the model, in evaluation mode and without hooks of your own, on two
    inputs of each width that one of its Linear layers takes.
    """
    import torch

    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {type(model).__name__}")
    widths = [layer.in_features for layer in model.modules() if isinstance(layer, torch.nn.Linear)]
    for d in dict.fromkeys(width or 1 for width in widths):  # 0: lazy
        name = _first_called(model, d)
        if name is not None:
            layer = model.get_submodule(name)
            if any(torch.nn.parameter.is_lazy(p) for p in layer.parameters()):
                raise ValueError(
                    f"layer {name!r} is lazy: it has no weights before it has seen a batch. "
                    "Run it on one first"
                )
            return name, layer
    weights = [
        type(m).__name__
        for m in model.modules()
        if next(m.parameters(recurse=False), None) is not None
    ]
    found = f"its first module with weights is {weights[0]}" if weights else "it has no weights"
    raise ValueError(
        f"no Linear layer of this {type(model).__name__} sees inputs of shape (n, d) unchanged "
        f"({found}). Only the weights of such a layer can be compared with directions of the "
        "input space: put a Linear first, rescale inputs outside."
    )


def _first_called(model, d: int) -> str | None:
    """Name of the Linear layer that is called first on inputs of width d.

    None if what it sees are not the inputs themselves.
    """
    import torch

    from .torch_models import device_of, dtype_of, to_look_at, untouched

    seen, called = to_look_at(model), []
    X = torch.from_numpy(np.random.default_rng(0).standard_normal((2, d))).to(
        device_of(seen), dtype_of(seen)
    )
    for name, layer in seen.named_modules():
        if isinstance(layer, torch.nn.Linear):
            layer.register_forward_pre_hook(
                lambda _, inputs, name=name: called.append((name, inputs[0])), prepend=True
            )
    try:
        with untouched(seen):
            seen(X)
    # A model fails on inputs of a wrong width in its own way; the right one is tried in its turn.
    except Exception:
        pass
    return called[0][0] if called and torch.equal(called[0][1], X) else None


def _two_layer(model) -> TwoLayerNet | None:
    try:
        return TwoLayerNet.from_torch(model)
    except (
        ValueError
    ):  # deeper, or of another form: every figure but those that need the outputs can do without
        return None


def _unknown(Z: np.ndarray) -> np.ndarray:
    """Stands for the link of a model whose target only its owner knows."""
    return np.zeros(len(Z))
