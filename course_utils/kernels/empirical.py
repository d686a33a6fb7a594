"""Tangent kernels of given networks: the course's own in closed form, torch's by torch.func."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..activations import ACTIVATIONS
from ..given import choice, samples
from .gram import Prepared, check_dimension, empty_matrix, kernel_matrix, reserve_matrix, row_blocks
from .tangent import LAYERS


@dataclass(frozen=True, eq=False)
class EmpiricalKernel:
    """Tangent kernel of one two-layer network; ``kernel(X, Z)`` is its matrix.

    Attributes
    ----------
    W : (m, d) ndarray
        First layer.
    a : (m,) ndarray
        Second layer.
    b : (m,) ndarray
        Biases.
    activation : str
        A name in ACTIVATIONS.
    rates : dict of str to float
        Learning rates of "W", "b" and "a"; 0 for what is frozen.

    Notes
    -----
    Made by ``empirical_ntk``. It works on slopes and values of all neurons, 16 (n + p) m bytes.
    """

    W: np.ndarray = field(repr=False)
    a: np.ndarray = field(repr=False)
    b: np.ndarray = field(repr=False)
    activation: str
    rates: dict[str, float]

    def __call__(self, X: np.ndarray, Z: np.ndarray | None = None) -> np.ndarray:
        """Kernel between the rows of X and of Z, or of X and itself.

        Parameters
        ----------
        X : (n, d) ndarray
            Samples.
        Z : (p, d) ndarray, optional
            Other samples; left out, X.

        Returns
        -------
        (n, p) ndarray
            The kernel matrix.
        """
        return kernel_matrix(self, X, Z)

    def prepare(self, X: np.ndarray) -> Prepared:
        """What each row of X contributes to the kernel.

        Parameters
        ----------
        X : (n, d) ndarray
            Samples.

        Returns
        -------
        tuple of ndarray
            The rows, the slopes a sigma'(u), (n, m), and the values sigma(u), (n, m).
        """
        check_dimension(X, self.W.shape[1])
        reserve_matrix(len(X), 2 * len(self.a), "What the neurons give for the samples")
        sigma, slope = ACTIVATIONS[self.activation].value, ACTIVATIONS[self.activation].slope
        U = X @ self.W.T + self.b
        return X, self.a * slope(U), sigma(U)

    def block(self, rows: Prepared, columns: Prepared) -> np.ndarray:
        """Kernel between two prepared sets of samples.

        Parameters
        ----------
        rows : tuple of ndarray
            From ``prepare``.
        columns : tuple of ndarray
            From ``prepare``.

        Returns
        -------
        (rows, columns) ndarray
            A block of the kernel matrix.
        """
        (X, slopes, values), (Z, slopes_z, values_z) = rows, columns
        K = (self.rates["W"] * (X @ Z.T) + self.rates["b"]) * (slopes @ slopes_z.T)
        return K + self.rates["a"] * (values @ values_z.T) if self.rates["a"] else K


def empirical_ntk(
    net, layers: str = "both", rates: Mapping[str, float] | None = None
) -> EmpiricalKernel:
    """Tangent kernel of a two-layer network at its present weights.

        sum_p rate_p <d yhat(x)/dp, d yhat(z)/dp>

    The weights are copied: the kernel stays what it is when the network is trained further.

    Parameters
    ----------
    net : object
        Has W (m, d), a (m,), b (m,) and the name of its activation; yhat = a . sigma(W x + b).
    layers : str
        Which parameters count, as in ``ntk_kernel``.
    rates : dict of str to float, optional
        Learning rates of "W", "b" and "a" (those left out are frozen); all 1, the Jacobian
        times its transpose, if not given. With ``ntk_rates(net)`` the kernel converges to
        ``ntk_kernel`` as the width grows.

    Returns
    -------
    EmpiricalKernel
        The kernel, a function of samples.

    Raises
    ------
    ValueError
        For shapes that do not fit, a net in reduced coordinates, an unknown activation, layers
        or parameter.

    Notes
    -----
    Source: Jacot, Gabriel, Hongler (2018). Taught in notebook 05.
    """
    W, a, b = (np.array(getattr(net, name), dtype=float) for name in ("W", "a", "b"))
    if W.ndim != 2 or a.shape != W.shape[:1] or b.shape != W.shape[:1]:
        raise ValueError(
            f"shapes do not fit: W {W.shape}, a {a.shape}, b {b.shape}; expected (m, d), (m,), (m,)"
        )
    if getattr(net, "reduced_k", None) is not None:
        raise ValueError(
            "this net lives in the reduced coordinates of a large-d simulation and takes no "
            "inputs in R^d"
        )
    choice("activation", net.activation, ACTIVATIONS)
    choice("layers", layers, LAYERS)
    given = dict.fromkeys("Wba", 1.0) if rates is None else dict(rates)
    for name in given:
        choice("parameter", name, "Wba")
    used = {name: float(given.get(name, 0)) * (name in LAYERS[layers]) for name in "Wba"}
    return EmpiricalKernel(W, a, b, net.activation, used)


def ntk_rates(net, bias: float = 1.0) -> dict[str, float]:
    """Learning rates with which a net at initialisation has the infinite-width kernel as limit.

    Parameters
    ----------
    net : object
        Has W (m, d) with rows ~ N(0, I/d), a (m,), and b (m,) ~ N(0, bias) (not biases kept
        away from 0).
    bias : float
        Variance of the biases.

    Returns
    -------
    dict of str to float
        Rates of "W", "b" and "a"; the limit is ``ntk_kernel(activation, bias=bias)``.

    Notes
    -----
    They undo the size of a, and stay what they are while the network trains: take them once, at
    initialisation.

    Source: the two parameterisations compared term by term; derived here. Taught in notebook 05.
    """
    width, d = np.shape(net.W)
    size = float(np.sum(np.square(net.a)))
    return {"W": 1 / (d * size), "b": bias / size, "a": 1 / width}


def torch_ntk(
    model, rates: Mapping[str, float] | None = None, block_bytes: float = 1e8
) -> Callable[..., np.ndarray]:
    """Tangent kernel of any torch model with one output, by torch.func.

    Parameters
    ----------
    model : torch.nn.Module
        Maps (n, d) to (n,) or (n, 1); parameters with requires_grad=False do not count.
    rates : dict of str to float, optional
        Learning rates of the parameters by their names in model.named_parameters(); those left
        out are frozen. All 1 if not given.
    block_bytes : float
        Memory for the Jacobian of one block of samples, in bytes; two are held.

    Returns
    -------
    callable
        ``kernel(X, Z)`` is the kernel matrix, (n, p).

    Raises
    ------
    ValueError
        For rates of unknown parameters, no parameter at all, a model with more than one output,
        and one that torch.func cannot follow sample by sample, such as batch norm without
        running means.

    Notes
    -----
    The model is copied: the kernel stays what it is when the model is trained further. It is looked
    at in evaluation mode (no dropout, batch norm with its running means), without hooks of your
    own, and weights of half precision are taken as float32. Jacobians are formed for blocks of
    samples and contracted at once: the whole Jacobian is never in memory.

    Source: Jacot, Gabriel, Hongler (2018). Taught in notebook 05.
    """
    import torch

    from ..torch_models import to_look_at

    if any(torch.nn.parameter.is_lazy(value) for value in model.parameters()):
        raise ValueError(
            "this model has lazy layers, which have no weights before they have seen a batch: "
            "run it on one first"
        )
    trains = {name for name, value in model.named_parameters() if value.requires_grad}
    seen = to_look_at(model)
    if any(value.is_floating_point() and value.itemsize < 4 for value in seen.parameters()):
        seen = seen.float()
    return TorchKernel(seen, _chosen(dict(seen.named_parameters()), trains, rates), block_bytes)


@dataclass(frozen=True, eq=False)
class TorchKernel:
    """Tangent kernel of a copy of a torch model; ``kernel(X, Z)`` is its matrix.

    Attributes
    ----------
    model : torch.nn.Module
        In evaluation mode.
    rates : dict of str to float
        Learning rates of the parameters that count, by name.
    block_bytes : float
        Memory for the Jacobian of one block of samples, in bytes.

    Notes
    -----
    Made by ``torch_ntk``.
    """

    model: object = field(repr=False)
    rates: dict[str, float]
    block_bytes: float = 1e8

    def __call__(self, X: np.ndarray, Z: np.ndarray | None = None) -> np.ndarray:
        """Kernel between the rows of X and of Z, or of X and itself.

        Parameters
        ----------
        X : (n, d) ndarray
            Samples.
        Z : (p, d) ndarray, optional
            Other samples; left out, X.

        Returns
        -------
        (n, p) ndarray
            The kernel matrix.
        """
        import torch

        symmetric = Z is None
        X, Z = samples(X), samples(X if symmetric else Z)
        K = empty_matrix(len(X), len(Z))
        trained = [value for name, value in self.model.named_parameters() if name in self.rates]
        X, Z = (
            torch.as_tensor(part, dtype=trained[0].dtype, device=trained[0].device)
            for part in (X, Z)
        )
        size = max(
            1,
            int(self.block_bytes / sum(value.numel() * value.element_size() for value in trained)),
        )
        for rows in row_blocks(len(X), size):
            left = self._jacobian(X[rows])
            for columns in row_blocks(rows.stop if symmetric else len(Z), size):
                right = left if symmetric and columns == rows else self._jacobian(Z[columns])
                K[rows, columns] = (
                    sum(rate * (left[name] @ right[name].T) for name, rate in self.rates.items())
                    .cpu()
                    .numpy()
                )
                if symmetric:
                    K[columns, rows] = K[rows, columns].T
        return K

    def _jacobian(self, X) -> dict:
        """Derivatives of the outputs in each parameter, name -> (n, size)."""
        from torch.func import functional_call, grad, vmap

        values = {name: value.detach() for name, value in self.model.named_parameters()}

        def output(parameters, x):
            y = functional_call(self.model, {**values, **parameters}, (x[None],))
            if y.numel() != 1:
                raise ValueError(
                    f"the model gives {y.numel()} numbers a sample: "
                    "wrap it so that it returns one of them"
                )
            return y.reshape(())

        try:
            parts = vmap(grad(output), (None, 0))({name: values[name] for name in self.rates}, X)
        except (RuntimeError, NotImplementedError) as problem:
            raise ValueError(
                f"torch.func cannot follow this model, one sample at a time: {problem}"
            ) from problem
        return {name: part.detach().flatten(1) for name, part in parts.items()}


def _chosen(values: dict, trains: set[str], rates: Mapping[str, float] | None) -> dict[str, float]:
    """Rates of the parameters that count, by name."""
    trained = {name: value for name, value in values.items() if name in trains}
    rates = dict.fromkeys(trained, 1.0) if rates is None else dict(rates)
    for name in rates:
        choice("parameter", name, trained)
    trained = {name: value for name, value in trained.items() if rates.get(name)}
    if not trained:
        raise ValueError(
            "no parameter of this model is trained (requires_grad, rates): "
            "its tangent kernel is zero"
        )
    return {name: float(rates[name]) for name in trained}


def kernel_alignment(K: np.ndarray, L: np.ndarray) -> float:
    """Cosine <K, L> / (|K| |L|) of two kernel matrices.

    Parameters
    ----------
    K : (n, n) ndarray
        A kernel matrix.
    L : (n, n) ndarray
        Another; with L = y y^T the result is the alignment of K to the target.

    Returns
    -------
    float
        The cosine; 1 minus it is the kernel distance of Fort et al. (2020).

    Notes
    -----
    Source: Cristianini, Shawe-Taylor, Elisseeff, Kandola (2001). Taught in notebook 05.
    """
    return float(np.vdot(K, L) / (np.linalg.norm(K) * np.linalg.norm(L)))
