"""Neural tangent kernels of two-layer networks, kernel ridge regression, and its predicted learning curve.

**Parameterisation.** All kernels of this module belong to

    yhat(x) = m^(-1/2) sum_j s_j sigma(u_j),   u_j = <w_j, x> / sqrt(d) + sqrt(bias) c_j,   w_j, c_j, s_j ~ N(0, 1)

with trained w, c and s. This is the course's network at its initialisation (rows of W ~ N(0, I/d), b ~ N(0, bias), a of any one size),
each parameter having its own learning rate: `ntk_rates` gives them. With S(x, z) = <x, z>/d + bias and (u, v) ~ N(0, S) the kernel is

    K(x, z) = <x, z>/d E[sigma'(u) sigma'(v)]  +  bias E[sigma'(u) sigma'(v)]  +  E[sigma(u) sigma(v)]
              first layer, W                      biases, b                       second layer, a

and `layers` says which of the three terms are there. Sources: Jacot, Gabriel, Hongler (2018) for the kernel, Cho and Saul (2009) for
ReLU, Williams (1997) for erf. Taught in notebook 05.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numba import njit
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh_tridiagonal
from scipy.optimize import brentq
from scipy.special import comb, erf, expit

__all__ = [
    "LAYERS", "RIDGES", "EmpiricalKernel", "KernelRidge", "LearningCurve", "Spectrum", "TwoLayerKernel", "empirical_ntk",
    "kernel_alignment", "kernel_ridge", "kernel_spectrum", "learning_curve", "nngp_kernel", "ntk_kernel", "ntk_rates", "torch_ntk",
    "validated_kernel_ridge",
]

LAYERS = {"both": "Wba", "first": "Wb", "second": "a", "W": "W"}  # which parameters are trained
RIDGES = np.geomspace(1e-3, 1e3, 13)  # K has a diagonal of order 1, so that these run from interpolation to a constant
BLOCK = 64  # rows of a kernel built at a time: a block of 64 x 4000 numbers is 2 MB and stays in the cache
ROOT2 = math.sqrt(2.0)
Prepared = Sequence[np.ndarray]  # what a kernel needs to know of some samples; the first axis of each array is the sample

# activation -> (sigma, sigma'); erf is erf(t / sqrt 2), as in Saad and Solla (1995), so that its slope at 0 is of order 1
ACTIVATIONS: dict[str, tuple[Callable, Callable]] = {
    "relu": (lambda t: np.maximum(t, 0.0), lambda t: (t > 0).astype(float)),
    "tanh": (np.tanh, lambda t: 1.0 - np.tanh(t) ** 2),
    "erf": (lambda t: erf(t / ROOT2), lambda t: np.sqrt(2 / np.pi) * np.exp(-(t**2) / 2)),
    "softplus": (lambda t: np.logaddexp(0.0, t), expit),
}


# ---------------------------------------------------------------------------------------------------------------------------------
# Kernels of infinite width
# ---------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TwoLayerKernel:
    """Kernel of an infinitely wide two-layer network; `kernel(X, Z)` is the matrix of its values. Made by `ntk_kernel`."""

    activation: str | Callable = "relu"
    layers: str = "both"
    bias: float = 1.0

    def __call__(self, X: np.ndarray, Z: np.ndarray | None = None) -> np.ndarray:
        """Kernel between the rows of X (n, d) and of Z (p, d), or of X and itself: an array (n, p)."""
        return _kernel_matrix(self, X, Z)

    def dot_product(self, rho: np.ndarray, p: float = 1.0, q: float = 1.0) -> np.ndarray:
        """Kernel as a function of the cosine `rho` between x and z, where |x|^2 = p d and |z|^2 = q d (on the sphere: h(rho))."""
        rho = np.asarray(rho, dtype=float)
        out = rho.reshape(1, -1) * math.sqrt(p * q)
        self._map(out, self._radial(np.full(1, float(p))), self._radial(np.full(out.shape[1], float(q))))
        return out.reshape(rho.shape)

    def prepare(self, X: np.ndarray) -> Prepared:
        """What each row of X contributes to the kernel; arrays whose first axis is the sample."""
        X = X / math.sqrt(X.shape[1])
        return X, *self._radial(np.einsum("id,id->i", X, X))

    def block(self, rows: Prepared, columns: Prepared) -> np.ndarray:
        """Kernel between two prepared sets of samples, an array (rows, columns)."""
        out = rows[0] @ columns[0].T
        self._map(out, rows[1:], columns[1:])
        return out

    def _radial(self, p: np.ndarray) -> Prepared:
        if self.activation == "relu":
            return (np.sqrt(p + self.bias),)
        if self.activation == "erf":
            return (np.sqrt(1.0 + p + self.bias),)
        std = np.sqrt(p + self.bias)
        sigma = self.activation if callable(self.activation) else ACTIVATIONS[self.activation][0]
        return std, _hermite_coefficients(sigma, std)

    def _map(self, out: np.ndarray, rows: Prepared, columns: Prepared) -> None:
        trained = [float(name in LAYERS[self.layers]) for name in "Wba"]
        if self.activation == "relu":
            _relu_map(out, rows[0], columns[0], self.bias, *trained)
        elif self.activation == "erf":
            _erf_map(out, rows[0], columns[0], self.bias, *trained)
        else:
            degrees = min(rows[1].shape[1], columns[1].shape[1])  # beyond, one of the two series has ended
            first, second = rows[1][:, :degrees], np.ascontiguousarray(columns[1][:, :degrees].T)
            _mehler_map(out, rows[0], columns[0], np.ascontiguousarray(first), second, self.bias, *trained)


def ntk_kernel(activation: str | Callable = "relu", layers: str = "both", bias: float = 1.0) -> TwoLayerKernel:
    """Neural tangent kernel of an infinitely wide two-layer network, in the parameterisation at the head of this module.

    Parameters
    ----------
    activation : "relu" or "erf" (closed form), "tanh", "softplus", or any function R -> R that works on arrays. Without a closed form
        the kernel is summed from the Hermite coefficients of sigma (Mehler's formula), which converges fast for smooth functions.
    layers : "both" (W, b and a trained), "first" (W and b), "W" (W alone, as in the first phase of Algorithm 1) or "second" (a alone).
    bias : variance of the biases at initialisation; the course's b ~ N(0, 1) has 1.

    Raises
    ------
    ValueError
        for an unknown activation, unknown layers or a negative bias.

    Source: Jacot, Gabriel, Hongler (2018); Cho and Saul (2009); Williams (1997). Notebook 05.
    """
    if not callable(activation) and activation not in ACTIVATIONS:
        raise ValueError(f"activation={activation!r} is unknown; use one of {', '.join(ACTIVATIONS)}, or a function of an array.")
    if layers not in LAYERS:
        raise ValueError(f"layers={layers!r} is unknown; use one of {', '.join(LAYERS)}.")
    if not 0 <= bias < math.inf:
        raise ValueError(f"bias={bias} is the variance of the biases and cannot be negative; use 1 for b ~ N(0, 1), 0 for none.")
    return TwoLayerKernel(activation, layers, float(bias))


def nngp_kernel(activation: str | Callable = "relu", bias: float = 1.0) -> TwoLayerKernel:
    """Covariance E[sigma(u) sigma(v)] of the network's output at initialisation: the kernel of training `a` alone (random features).

    Parameters and errors as in `ntk_kernel`. Source: Neal (1996), Williams (1997). Notebook 05.
    """
    return ntk_kernel(activation, "second", bias)


@njit(nogil=True, cache=True, error_model="numpy")
def _arcsin(x: float) -> float:
    # fdlibm's arcsin to the last digit, but with selections instead of branches: the compiler turns loops over it into SIMD code
    u = abs(x)
    small = u <= 0.5
    z = u * u if small else 0.5 * (1.0 - u)
    s = u if small else math.sqrt(z)
    numerator = 0.16666666666666666 + z * (-0.3255658186224009 + z * (0.20121253213486293 + z * (
        -0.04005553450067941 + z * (7.915349942898145e-04 + z * 3.479331075960212e-05))))
    denominator = 1.0 + z * (-2.403394911734414 + z * (2.0209457602335057 + z * (-0.6882839716054533 + z * 0.07703815055590194)))
    r = s + s * z * numerator / denominator
    r = r if small else 0.5 * math.pi - 2.0 * r
    return math.copysign(r, x)


@njit(nogil=True, cache=True, error_model="numpy")
def _relu_map(G, p, q, bias, W, b, a):
    # G = <x, z>/d becomes K. With rho the correlation of (u, v) and p, q their standard deviations (Cho and Saul, degrees 0 and 1):
    #   E[sigma' sigma'] = 1/4 + arcsin(rho) / 2 pi,    E[sigma sigma] = p q sqrt(1 - rho^2) / 2 pi + p q rho E[sigma' sigma']
    inverse = 1.0 / np.maximum(q, 1e-300)  # x = 0 without bias: rho = 0
    for i in range(G.shape[0]):
        for j in range(G.shape[1]):
            g = G[i, j]
            rho = (g + bias) * inverse[j] / max(p[i], 1e-300)
            rho = min(1.0, max(-1.0, rho))
            slopes = 0.25 + _arcsin(rho) / (2 * math.pi)
            values = p[i] * q[j] * math.sqrt(1.0 - rho * rho) / (2 * math.pi) + (g + bias) * slopes
            G[i, j] = (W * g + b * bias) * slopes + a * values


@njit(nogil=True, cache=True, error_model="numpy")
def _erf_map(G, p, q, bias, W, b, a):
    # p = sqrt(1 + Var u), q = sqrt(1 + Var v), rho = Cov(u, v) / p q (Williams, for erf(t / sqrt 2)):
    #   E[sigma' sigma'] = 2/pi / (p q sqrt(1 - rho^2)),    E[sigma sigma] = 2/pi arcsin(rho)
    inverse = 1.0 / q
    for i in range(G.shape[0]):
        for j in range(G.shape[1]):
            g = G[i, j]
            scale = inverse[j] / p[i]
            rho = (g + bias) * scale
            slopes = 2 / math.pi * scale / math.sqrt(1.0 - rho * rho)
            G[i, j] = (W * g + b * bias) * slopes + a * 2 / math.pi * _arcsin(rho)


@njit(nogil=True, cache=True, error_model="numpy")
def _mehler_map(G, p, q, A, B, bias, W, b, a):
    # Mehler: E[sigma(u) sigma(v)] = sum_k A_ik B_kj rho^k; its derivative in Cov(u, v) is E[sigma' sigma'] (Price). Horner, row by row.
    columns = G.shape[1]
    values, slopes, rho = np.empty(columns), np.empty(columns), np.empty(columns)
    inverse = 1.0 / np.maximum(q, 1e-300)
    for i in range(G.shape[0]):
        for j in range(columns):
            rho[j] = min(1.0, max(-1.0, (G[i, j] + bias) * inverse[j] / max(p[i], 1e-300)))
            values[j] = 0.0
            slopes[j] = 0.0
        for k in range(A.shape[1] - 1, -1, -1):
            c = A[i, k]
            for j in range(columns):
                slopes[j] = slopes[j] * rho[j] + values[j]
                values[j] = values[j] * rho[j] + c * B[k, j]
        for j in range(columns):
            g = G[i, j]
            G[i, j] = (W * g + b * bias) * slopes[j] * inverse[j] / max(p[i], 1e-300) + a * values[j]


def _hermite_coefficients(sigma: Callable, std: np.ndarray, most: int = 200) -> np.ndarray:
    # c_k = E[sigma(std z) he_k(z)], he_k orthonormal; one row per standard deviation, as many degrees as the series needs.
    # The trapezoid rule on a Gaussian weight converges geometrically for smooth functions, and needs no table of nodes.
    spacing = 0.02
    z = np.arange(-13.0, 13.0 + spacing / 2, spacing)
    weighted = np.empty((most, z.size))
    weighted[0] = np.exp(-(z**2) / 2) * spacing / math.sqrt(2 * math.pi)
    weighted[1] = z * weighted[0]
    for k in range(1, most - 1):
        weighted[k + 1] = (z * weighted[k] - math.sqrt(k) * weighted[k - 1]) / math.sqrt(k + 1)
    unique, position = np.unique(std, return_inverse=True)
    A = np.concatenate([sigma(part[:, None] * z) @ weighted.T for part in np.array_split(unique, 1 + unique.size // 512)])
    energy = (np.arange(most) * A**2).max(axis=0)  # what degree k adds to E[sigma'^2], the slower of the two series
    if energy[-10:].mean() * most > 1e-3 * energy.sum():
        warnings.warn(
            f"The Hermite series of this activation has not converged after {most} terms (does it have a kink or a jump?): its kernel "
            "between almost equal inputs is too small. For ReLU and erf use their names; they have closed forms.", stacklevel=2)
    needed = np.flatnonzero(energy > 1e-14 * energy.sum())
    return A[position, : 1 + needed.max(initial=0)]


# ---------------------------------------------------------------------------------------------------------------------------------
# Kernels of a given network
# ---------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EmpiricalKernel:
    """Tangent kernel of one two-layer network at its present weights; `kernel(X, Z)` is its matrix. Made by `empirical_ntk`."""

    W: np.ndarray
    a: np.ndarray
    b: np.ndarray
    activation: str
    rates: dict[str, float]

    def __call__(self, X: np.ndarray, Z: np.ndarray | None = None) -> np.ndarray:
        """Kernel between the rows of X (n, d) and of Z (p, d), or of X and itself: an array (n, p)."""
        return _kernel_matrix(self, X, Z)

    def prepare(self, X: np.ndarray) -> Prepared:
        """What each row of X contributes to the kernel: the sample, the slopes a sigma'(u) and the values sigma(u)."""
        sigma, slope = ACTIVATIONS[self.activation]
        U = X @ self.W.T + self.b
        return X, self.a * slope(U), sigma(U)

    def block(self, rows: Prepared, columns: Prepared) -> np.ndarray:
        """Kernel between two prepared sets of samples, an array (rows, columns)."""
        (X, slopes, values), (Z, other_slopes, other_values) = rows, columns
        out = X @ Z.T
        out *= self.rates["W"]
        out += self.rates["b"]
        out *= slopes @ other_slopes.T
        if self.rates["a"]:
            out += self.rates["a"] * (values @ other_values.T)
        return out


def empirical_ntk(net, layers: str = "both", rates: Mapping[str, float] | None = None) -> EmpiricalKernel:
    """Tangent kernel sum_p rate_p <d yhat(x)/dp, d yhat(z)/dp> of a two-layer network, in closed form.

    The weights are copied: the kernel stays what it was when the network is trained further.

    Parameters
    ----------
    net : has W (m, d), a (m,), b (m,) and the name of its activation; yhat = a . sigma(W x + b).
    layers : which parameters count, as in `ntk_kernel`.
    rates : learning rate of "W", "b" and "a" (relative; those left out are frozen). 1 for all if not given: the Jacobian times its
        transpose. `ntk_rates(net)` makes the kernel converge to `ntk_kernel` as the width grows.

    Raises
    ------
    ValueError
        for shapes that do not fit, an unknown activation, unknown layers or rates of unknown parameters.

    Source: Jacot, Gabriel, Hongler (2018). Notebook 05.
    """
    W, a, b = (np.array(getattr(net, name), dtype=float) for name in ("W", "a", "b"))
    if W.ndim != 2 or a.shape != W.shape[:1] or b.shape != W.shape[:1]:
        raise ValueError(f"W, a, b have shapes {W.shape}, {a.shape}, {b.shape}; a network of width m on R^d has (m, d), (m,), (m,).")
    if net.activation not in ACTIVATIONS:
        raise ValueError(f"activation={net.activation!r} is unknown; use one of {', '.join(ACTIVATIONS)}.")
    if layers not in LAYERS:
        raise ValueError(f"layers={layers!r} is unknown; use one of {', '.join(LAYERS)}.")
    if rates is not None and set(rates) - set("Wba"):
        raise ValueError(f"rates has {sorted(rates)}; the parameters of a two-layer network are W, b and a.")
    chosen = {name: float((rates or {}).get(name, rates is None)) * (name in LAYERS[layers]) for name in "Wba"}
    return EmpiricalKernel(W, a, b, net.activation, chosen)


def ntk_rates(net, bias: float = 1.0) -> dict[str, float]:
    """Learning rates of W, b and a with which this network, at initialisation, has `ntk_kernel(activation, "both", bias)` as its limit.

    They undo the size of a, and they do not change while the network trains: take them once, at initialisation.
    W (m, d) has rows ~ N(0, I/d), b ~ N(0, bias). Source: the two parameterisations, compared term by term. Notebook 05.
    """
    width, d = np.shape(net.W)
    size = float(np.sum(np.square(net.a)))
    return {"W": 1.0 / (d * size), "b": bias / size, "a": 1.0 / width}


def torch_ntk(model, rates: Mapping[str, float] | None = None, block_bytes: float = 1e8) -> Callable[..., np.ndarray]:
    """Tangent kernel of any torch model with one output, by torch.func; `kernel(X, Z)` is its matrix.

    Jacobians are formed for blocks of samples and contracted at once: the whole Jacobian is never in memory.

    Parameters
    ----------
    model : torch.nn.Module that maps (n, d) to (n,) or (n, 1). Frozen parameters (requires_grad=False) do not count.
    rates : learning rate of each parameter by its name in `model.named_parameters()`; those left out are frozen. 1 for all if not given.
    block_bytes : memory of one block of Jacobians in bytes.

    Raises
    ------
    ValueError
        for rates of unknown parameters, or a model whose output is not one number.

    Source: Jacot, Gabriel, Hongler (2018). Notebook 05.
    """
    import torch
    from torch.func import functional_call, grad, vmap

    trained = {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}
    if rates is not None and set(rates) - set(trained):
        raise ValueError(f"rates has {sorted(set(rates) - set(trained))}; the trained parameters are {', '.join(trained)}.")
    trained = {name: value for name, value in trained.items() if rates is None or rates.get(name)}
    if not trained:
        raise ValueError("No parameter of this model is trained (requires_grad, rates): its tangent kernel is 0.")
    kind = next(iter(trained.values()))
    numbers = sum(value.numel() for value in trained.values())
    size = max(1, int(block_bytes / (numbers * kind.element_size())))

    def output(parameters, x):
        y = functional_call(model, parameters, (x[None],))
        if y.numel() != 1:
            raise ValueError(f"The model gives {y.numel()} numbers for a sample; choose one output and take its kernel.")
        return y.reshape(())

    def jacobian(X):
        return [gradient.flatten(1) for gradient in vmap(grad(output), (None, 0))(trained, X).values()]

    scales = [1.0 if rates is None else rates[name] for name in trained]

    def kernel(X: np.ndarray, Z: np.ndarray | None = None) -> np.ndarray:
        """Kernel between the rows of X (n, d) and of Z (p, d), or of X and itself: an array (n, p)."""
        symmetric = Z is None
        X, Z = _samples(X), _samples(X if symmetric else Z)
        out = _matrix(len(X), len(Z))
        X, Z = (torch.as_tensor(part, dtype=kind.dtype, device=kind.device) for part in (X, Z))
        for rows in _slices(len(X), size):
            left = jacobian(X[rows])
            for columns in _slices(len(Z), size):
                if symmetric and columns.start > rows.start:
                    break
                right = left if symmetric and columns == rows else jacobian(Z[columns])
                part = sum(rate * (J @ K.T) for rate, J, K in zip(scales, left, right, strict=True))
                out[rows, columns] = part.cpu().numpy()
                if symmetric:
                    out[columns, rows] = out[rows, columns].T
        return out

    return kernel


def kernel_alignment(K: np.ndarray, L: np.ndarray) -> float:
    """Cosine <K, L> / (|K| |L|) between two kernel matrices (n, n); with L = y y^T the alignment of K with the target.

    1 - kernel_alignment(K, L) is the kernel distance of Fort et al. (2020). Source: Cristianini et al. (2001). Notebook 05.
    """
    return float(np.vdot(K, L) / (np.linalg.norm(K) * np.linalg.norm(L)))


# ---------------------------------------------------------------------------------------------------------------------------------
# Kernel ridge regression
# ---------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KernelRidge:
    """A fitted kernel ridge regression, of one or several ridges and targets. Made by `kernel_ridge` and `validated_kernel_ridge`.

    `coefficients` has the shape (n,), (n, targets), (n, ridges) or (n, ridges, targets); `validation_error` (ridges, ...) the mean
    squared errors from which the ridge was chosen, if it was.
    """

    kernel: Callable
    ridge: float | np.ndarray
    coefficients: np.ndarray
    prepared: Prepared = field(repr=False)
    validation_error: np.ndarray | None = None

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Predictions for X (p, d): (p,), (p, targets), (p, ridges) or (p, ridges, targets); never more than a few kernel rows in memory."""
        X = _samples(X)
        coefficients = self.coefficients.reshape(len(self.coefficients), -1)
        prepared = _prepare(self.kernel, X)
        out = np.empty((len(X), coefficients.shape[1]))
        for rows in _slices(len(X)):
            out[rows] = _block(self.kernel, [f[rows] for f in prepared], self.prepared) @ coefficients
        return out.reshape(len(X), *self.coefficients.shape[1:])


def kernel_ridge(kernel: Callable, X: np.ndarray, y: np.ndarray, ridge: float | np.ndarray) -> KernelRidge:
    """Solve (K + ridge I) c = y for every ridge and every target, with one kernel matrix in memory and built once.

    Parameters
    ----------
    kernel : from `ntk_kernel`, `empirical_ntk`, `torch_ntk`, or any function (X, Z) -> (n, p) that is symmetric and positive definite.
    X : (n, d) samples.
    y : (n,) labels, or (n, targets).
    ridge : one ridge or a path (ridges,). It is not multiplied by n.

    Raises
    ------
    ValueError
        for shapes that do not fit, values that are not finite, or a negative ridge.
    MemoryError
        if the kernel matrix, 8 n^2 bytes, exceeds the free memory.
    scipy.linalg.LinAlgError
        if K + ridge I is not positive definite.

    Source: Schoelkopf and Smola (2002), section 4. Notebook 05.
    """
    X, y = _samples(X), _labels(y, X)
    ridges = np.atleast_1d(np.asarray(ridge, dtype=float))
    if ridges.ndim != 1 or not np.all((ridges >= 0) & np.isfinite(ridges)):
        raise ValueError(f"ridge={ridge} must be a number or a list of numbers, none of them negative; try 0.01.")
    n, prepared = len(X), _prepare(kernel, X)
    K = _matrix(n, n)
    for rows in _slices(n):
        K[rows, rows.start:] = _block(kernel, [f[rows] for f in prepared], [f[rows.start:] for f in prepared])
    diagonal = K.diagonal().copy()
    if len(ridges) > 1:
        _mirror(K)  # the factor overwrites one triangle and leaves the other: it keeps the kernel for the next ridge
    coefficients = np.empty((n, len(ridges), y.size // n))
    for r, value in enumerate(ridges):
        if r:
            _mirror(K.T)
        np.fill_diagonal(K, diagonal + value)
        coefficients[:, r] = cho_solve((_factor(K, value, diagonal), True), y.reshape(n, -1), check_finite=False)
    shape = (n, *np.shape(ridge), *y.shape[1:])
    return KernelRidge(kernel, ridges if np.ndim(ridge) else float(ridges[0]), coefficients.reshape(shape), prepared)


def validated_kernel_ridge(
    kernel: Callable, X: np.ndarray, y: np.ndarray, ridges: np.ndarray = RIDGES, fraction: float = 0.2, seed: int = 0
) -> KernelRidge:
    """Kernel ridge regression on all samples, with the ridge that was best on a validation split of them, for each target by itself.

    Test data play no part in the choice: a ridge tuned on them flatters the kernel.

    Parameters
    ----------
    kernel, X, y : as in `kernel_ridge`.
    ridges : (ridges,) the ridges to choose from.
    fraction : share of the samples that validates; the rest is fitted along the whole path, then all samples with the chosen ridge.
    seed : of the random split.

    Raises
    ------
    ValueError
        if the split leaves either part empty; and what `kernel_ridge` raises.

    Source: Hastie, Tibshirani, Friedman (2009), section 7.2. Notebook 05.
    """
    X, y = _samples(X), _labels(y, X)
    ridges = np.asarray(ridges, dtype=float).reshape(-1)
    order = np.random.default_rng(seed).permutation(len(X))
    held = round(fraction * len(X))
    if not 0 < held < len(X):
        raise ValueError(f"fraction={fraction} of {len(X)} samples leaves nothing to fit or to validate; try 0.2 and at least 5 samples.")
    fit, check = order[held:], order[:held]
    predicted = kernel_ridge(kernel, X[fit], y[fit], ridges).predict(X[check])
    error = np.mean((predicted - y[check][:, None]) ** 2, axis=0)
    best = np.argmin(error, axis=0)
    used, position = np.unique(best, return_inverse=True)
    path = kernel_ridge(kernel, X, y, ridges[used])
    coefficients = path.coefficients[:, position.item()] if y.ndim == 1 else np.take_along_axis(
        path.coefficients, position.reshape(1, 1, -1), axis=1)[:, 0]
    return KernelRidge(kernel, ridges[best], np.ascontiguousarray(coefficients), path.prepared, error)


def _factor(K: np.ndarray, ridge: float, diagonal: np.ndarray) -> np.ndarray:
    # K.T is in LAPACK's order of columns, so that the factor is written over K's upper triangle and nothing is copied
    try:
        return cho_factor(K.T, lower=True, overwrite_a=True, check_finite=False)[0]
    except LinAlgError as error:
        raise LinAlgError(
            f"The kernel matrix plus ridge={ridge:g} is not positive definite ({error}): samples are equal, or nearly so for this "
            f"kernel, or the kernel is not one. Try ridge={max(10 * ridge, len(K) * 1e-15 * diagonal.max()):.1g} or more."
        ) from None


def _mirror(K: np.ndarray) -> None:
    # copy the upper triangle onto the lower one, in blocks so that neither side leaves the cache; of K.T: lower onto upper
    for rows in _slices(len(K), 256):
        for columns in _slices(rows.start, 256):
            K[rows, columns] = K[columns, rows].T
        inner = K[rows, rows]
        lower = np.tril_indices(len(inner), -1)
        inner[lower] = inner.T[lower]


def _kernel_matrix(kernel, X: np.ndarray, Z: np.ndarray | None) -> np.ndarray:
    X = _samples(X)
    left = kernel.prepare(X)
    if Z is None:
        K = _matrix(len(X), len(X))
        for rows in _slices(len(X)):
            K[rows, rows.start:] = kernel.block([f[rows] for f in left], [f[rows.start:] for f in left])
        _mirror(K)
        return K
    Z = _samples(Z)
    if X.shape[1] != Z.shape[1]:
        raise ValueError(f"X has {X.shape[1]} columns and Z has {Z.shape[1]}; a kernel compares inputs of one dimension.")
    K, right = _matrix(len(X), len(Z)), kernel.prepare(Z)
    for rows in _slices(len(X)):
        K[rows] = kernel.block([f[rows] for f in left], right)
    return K


def _prepare(kernel: Callable, X: np.ndarray) -> Prepared:
    return kernel.prepare(X) if hasattr(kernel, "prepare") else (X,)


def _block(kernel: Callable, rows: Prepared, columns: Prepared) -> np.ndarray:
    return kernel.block(rows, columns) if hasattr(kernel, "block") else kernel(rows[0], columns[0])


def _slices(n: int, size: int = BLOCK) -> Iterator[slice]:
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def _samples(X: np.ndarray) -> np.ndarray:
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"Samples have the shape {X.shape}; an array (n, d), one row a sample, is needed.")
    if not np.isfinite(X).all():
        raise ValueError(f"Sample {np.flatnonzero(~np.isfinite(X).all(axis=1))[0]} is not finite (nan or inf); a kernel needs numbers.")
    return X


def _labels(y: np.ndarray, X: np.ndarray) -> np.ndarray:
    y = np.asarray(y, dtype=float)
    if y.ndim not in (1, 2) or len(y) != len(X) or y.size == 0:
        raise ValueError(f"Labels have the shape {y.shape} for {len(X)} samples; ({len(X)},) or ({len(X)}, targets) is needed.")
    if not np.isfinite(y).all():
        raise ValueError("A label is not finite (nan or inf); did the target overflow?")
    return y


def _matrix(n: int, p: int) -> np.ndarray:
    needed, free = 8 * n * p, _free_bytes()
    if needed > free:
        raise MemoryError(
            f"A kernel matrix of {n:,} x {p:,} takes {needed / 1e9:,.1f} GB ({needed:,} bytes) and {free / 1e9:,.1f} GB are free. "
            f"Use at most {math.isqrt(int(free // 8)):,} samples here, or a predicted learning curve for larger n.")
    return np.empty((n, p))


def _free_bytes() -> float:
    import psutil

    free = float(psutil.virtual_memory().available)
    try:  # a container may be allowed less than the machine has
        group = Path("/sys/fs/cgroup")
        return min(free, float((group / "memory.max").read_text()) - float((group / "memory.current").read_text()))
    except (OSError, ValueError):
        return free


# ---------------------------------------------------------------------------------------------------------------------------------
# Predicted learning curves
# ---------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues of a kernel under the law of the inputs. Made by `kernel_spectrum`.

    A mode is a spherical harmonic of some degree times a function of |x|; on the sphere there is one mode a degree.
    `degree`, `eigenvalue`, `multiplicity` are arrays (modes,); `rest` is the part of E K(x, x) that belongs to higher degrees.
    The other arrays are the quadrature and the modes on it: radii |x|, cosines <u, x>/|x|, their weights, the modes' functions of
    |x| (modes, radii) and the zonal harmonics (degrees, cosines), all orthonormal.
    """

    d: int
    degree: np.ndarray
    eigenvalue: np.ndarray
    multiplicity: np.ndarray
    rest: float
    radius: np.ndarray = field(repr=False)
    radius_weight: np.ndarray = field(repr=False)
    radial: np.ndarray = field(repr=False)
    cosine: np.ndarray = field(repr=False)
    cosine_weight: np.ndarray = field(repr=False)
    zonal: np.ndarray = field(repr=False)

    def coefficients(self, link: Callable) -> np.ndarray:
        """Coefficients (modes,) of the target link(<u, x>), |u| = 1; one harmonic of each degree sees u, so one number a mode suffices.

        coefficients(f) @ coefficients(g) is E[f g], as far as the degrees reach.
        """
        seen = (self._values(link) * self.cosine_weight) @ self.zonal.T  # (radii, degrees)
        return np.einsum("ma,a,am->m", self.radial, self.radius_weight, seen[:, self.degree])

    def second_moment(self, link: Callable) -> float:
        """E[link(<u, x>)^2] under the law of the inputs."""
        return float(self.radius_weight @ self._values(link) ** 2 @ self.cosine_weight)

    def _values(self, link: Callable) -> np.ndarray:
        z = np.outer(self.radius, self.cosine)
        values = np.asarray(link(z.reshape(-1, 1)), dtype=float)  # (n, 1), as the links of the registry take it
        if values.size != z.size:
            raise ValueError(f"The link gives {values.size} values for {z.size} arguments; a single-index link gives one for each.")
        return values.reshape(z.shape)


@dataclass(frozen=True)
class LearningCurve:
    """Predicted test error of kernel ridge regression. Made by `learning_curve`.

    `n` (points,) samples; `error` (points,) mean squared test error, label noise included; `learnability` (points, modes) the expected
    share of each mode of the spectrum that the prediction contains, between 0 and 1; `kappa` (points,) the eigenvalue that is half learned.
    """

    n: np.ndarray
    error: np.ndarray
    learnability: np.ndarray
    kappa: np.ndarray


def kernel_spectrum(kernel: TwoLayerKernel, d: int, inputs: str = "sphere", degrees: int = 40) -> Spectrum:
    """Eigenvalues, multiplicities and modes of a rotation-invariant kernel for inputs on the sphere or Gaussian inputs.

    The kernel is expanded in the Gegenbauer polynomials of cos(x, z), by Gauss quadrature, which gives one eigenspace a degree on
    the sphere. For Gaussian inputs the coefficient is still a kernel of the two lengths |x| and |z|, and is diagonalised under their law.

    Parameters
    ----------
    kernel : has dot_product(rho, p, q), as those of `ntk_kernel`.
    d : dimension, at least 2.
    inputs : "sphere" (|x| = sqrt d) or "gaussian" (x ~ N(0, I_d)).
    degrees : how many degrees at most; those with more than 1e14 harmonics are left out, because no sample size can reach them and
        rounding would spoil them.

    Raises
    ------
    ValueError
        for d below 2 or unknown inputs.

    Source: Funk and Hecke's formula; Bordelon, Canatar, Pehlevan (2020); Golub and Welsch (1969). Notebook 05.
    """
    if d < 2:
        raise ValueError(f"d={d}: the sphere needs at least two dimensions.")
    if inputs not in ("sphere", "gaussian"):
        raise ValueError(f"inputs={inputs!r} is unknown; use 'sphere' or 'gaussian'.")
    harmonics = _multiplicities(d, degrees)
    harmonics = harmonics[harmonics < 1e14]
    cosine, cosine_weight, zonal = _gegenbauer(d, len(harmonics))
    radius, radius_weight = (np.array([math.sqrt(d)]), np.ones(1)) if inputs == "sphere" else _chi_rule(d)
    square = radius**2 / d
    values = np.array([[kernel.dot_product(cosine, p, q) for q in square] for p in square])
    root = np.sqrt(radius_weight)
    # Funk and Hecke, then the eigenproblem in |x|; the zonal harmonic is sqrt(N) times the Gegenbauer polynomial that is 1 at cosine 1
    matrices = np.einsum("abt,t,lt->lab", values, cosine_weight, zonal) / np.sqrt(harmonics)[:, None, None] * np.outer(root, root)
    eigenvalue, vectors = np.linalg.eigh(matrices)
    eigenvalue = np.maximum(eigenvalue.ravel(), 0.0)
    radial = vectors.transpose(0, 2, 1).reshape(-1, len(radius)) / root
    degree = np.repeat(np.arange(len(harmonics)), len(radius))
    trace = radius_weight @ [kernel.dot_product(np.ones(1), p, p)[0] for p in square]
    rest = max(trace - eigenvalue @ harmonics[degree], 0.0)
    return Spectrum(d, degree, eigenvalue, harmonics[degree], rest, radius, radius_weight, radial, cosine, cosine_weight, zonal)


def learning_curve(spectrum: Spectrum, link: Callable, n: np.ndarray, ridge: float, noise: float = 0.0) -> LearningCurve:
    """Predicted test error of kernel ridge regression on y = link(<u, x>) + noise * N(0, 1), over sample sizes.

    kappa solves sum_i L_i + (ridge + rest)/kappa = n with the learnabilities L_i = lambda_i / (lambda_i + kappa); then
    error = n / (n - sum_i L_i^2) * (sum_i (1 - L_i)^2 v_i^2 + noise^2). Degrees beyond the spectrum count as unlearned.

    Parameters
    ----------
    spectrum : from `kernel_spectrum`; it holds d and the law of the inputs.
    link : as in `Spectrum.coefficients`.
    n : (points,) sample sizes.
    ridge : as in `kernel_ridge`, not multiplied by n.
    noise : standard deviation of the label noise.

    Raises
    ------
    ValueError
        for n below 1 or a negative ridge; or a ridge of 0 with more samples than the kernel has eigenfunctions.

    Source: Simon, Dickens, Karkada, DeWeese (2023), the eigenlearning framework; Canatar, Bordelon, Pehlevan (2021). Notebook 05.
    """
    n = np.atleast_1d(np.asarray(n, dtype=float))
    if np.any(n < 1) or ridge < 0:
        raise ValueError(f"n={n.min():g}, ridge={ridge:g}: n must be 1 or more and the ridge not negative.")
    energy = spectrum.coefficients(link) ** 2
    beyond = max(spectrum.second_moment(link) - energy.sum(), 0.0)
    kappa = np.array([_kappa(spectrum, size, ridge + spectrum.rest) for size in n])
    learnability = spectrum.eigenvalue / (spectrum.eigenvalue + kappa[:, None])
    overfitting = n / (n - learnability**2 @ spectrum.multiplicity)
    error = overfitting * ((1.0 - learnability) ** 2 @ energy + beyond + noise**2)
    return LearningCurve(n, error, learnability, kappa)


def _kappa(spectrum: Spectrum, n: float, ridge: float) -> float:
    trace = spectrum.eigenvalue @ spectrum.multiplicity

    def excess(log_kappa):
        kappa = math.exp(log_kappa)
        return spectrum.multiplicity @ (spectrum.eigenvalue / (spectrum.eigenvalue + kappa)) + ridge / kappa - n

    low, high = math.log(max(ridge / n, 1e-18 * trace)), math.log((ridge + trace) / n)  # where all of the modes, or none, are learned
    if excess(low) < 0:
        raise ValueError(f"n={n:g} samples and ridge=0: the kernel has fewer eigenfunctions and K is singular; use a positive ridge.")
    return math.exp(brentq(excess, low, high + 1e-9, xtol=1e-13))


def _multiplicities(d: int, degrees: int) -> np.ndarray:
    # number of spherical harmonics of each degree on the sphere of R^d
    degree = np.arange(1, degrees)
    return np.append(1.0, (2 * degree + d - 2) / degree * comb(degree + d - 3, degree - 1))


def _gegenbauer(d: int, degrees: int, nodes: int = 256) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # Gauss quadrature for the law of a coordinate of the unit sphere, and its orthonormal polynomials, from their recurrence
    k = np.arange(2, nodes)
    squared = np.append(1.0 / d, k * (k + d - 3.0) / ((2.0 * k + d - 2.0) * (2.0 * k + d - 4.0)))
    off = np.sqrt(squared)
    cosine, vectors = eigh_tridiagonal(np.zeros(nodes), off)
    zonal = np.ones((max(degrees, 2), nodes))
    zonal[1] = cosine / off[0]
    for j in range(1, degrees - 1):
        zonal[j + 1] = (cosine * zonal[j] - off[j - 1] * zonal[j - 1]) / off[j]
    return cosine, vectors[0] ** 2, zonal[:degrees]


def _chi_rule(d: int, nodes: int = 12) -> tuple[np.ndarray, np.ndarray]:
    # Gauss quadrature for the length of a Gaussian vector: |x|^2 / 2 has a Gamma law, whose polynomials are Laguerre's
    k = np.arange(nodes)
    half, vectors = eigh_tridiagonal(2.0 * k + d / 2, np.sqrt(k[1:] * (k[1:] + d / 2 - 1.0)))
    return np.sqrt(2 * half), vectors[0] ** 2
