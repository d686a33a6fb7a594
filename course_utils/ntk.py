"""Neural tangent kernels of two-layer networks, kernel ridge regression, and its predicted learning curve.

The kernels of infinite width belong to the network

    yhat(x) = m^(-1/2) sum_j s_j sigma(u_j),   u_j = <w_j, x> / sqrt(d) + sqrt(bias) c_j,   w_j, c_j, s_j ~ N(0, 1),

with w, c and s trained at one rate. This is the course's network at its initialisation (rows of W ~ N(0, I/d),
b ~ N(0, bias), all |a_j| of one size) with a learning rate for each parameter, which `ntk_rates` gives. With u and v
the pre-activations of x and z, jointly Gaussian with covariance <x, z>/d + bias, the kernel is

    K(x, z) = <x, z>/d E[sigma'(u) sigma'(v)]  +  bias E[sigma'(u) sigma'(v)]  +  E[sigma(u) sigma(v)]
              first layer, W                      biases, b                       second layer, a

and `layers` says which of the three terms are there. Taught in notebook 05.

Sources: Jacot, Gabriel, Hongler (2018) for the kernel; Cho, Saul (2009) for ReLU; Williams (1997) for erf; Simon,
Dickens, Karkada, DeWeese (2023) for the learning curve.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh_tridiagonal
from scipy.optimize import brentq
from scipy.special import comb

from .given import real_numbers, samples
from .machine import free_bytes, njit, reserve
from .networks import ACTIVATIONS

LAYERS = {"both": "Wba", "first": "Wb", "second": "a", "W": "W"}  # which parameters are trained
RIDGES = np.geomspace(1e-3, 1e3, 13)  # the kernels have a diagonal of order 1: from interpolation to a constant
BLOCK = 64  # rows of a kernel built at a time: 64 x 4000 numbers are 2 MB and stay in the cache
TINY = 1e-300

Prepared = Sequence[np.ndarray]  # what a kernel needs to know of some samples; first axis: the sample


# Kernels of infinite width ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TwoLayerKernel:
    """Kernel of an infinitely wide two-layer network; `kernel(X, Z)` is its matrix. Made by `ntk_kernel`."""

    activation: str | Callable = "relu"
    layers: str = "both"
    bias: float = 1.0

    def __post_init__(self):
        if not callable(self.activation):
            _check_name("activation", self.activation, ACTIVATIONS)
        _check_name("layers", self.layers, LAYERS)
        if not 0 <= self.bias < math.inf:
            raise ValueError(f"bias = {self.bias} is a variance and cannot be negative: use 1 for b ~ N(0, 1), 0 for no biases")

    def __call__(self, X: np.ndarray, Z: np.ndarray | None = None) -> np.ndarray:
        """Kernel between the rows of X (n, d) and of Z (p, d), or of X and itself: an array (n, p)."""
        return _kernel_matrix(self, X, Z)

    def dot_product(self, rho: np.ndarray, p: float = 1.0, q: float = 1.0) -> np.ndarray:
        """Kernel as a function h(rho) of the cosine of x and z, with |x|^2 = p d and |z|^2 = q d (1 and 1: sphere)."""
        rho = np.asarray(rho, dtype=float)
        out = rho.reshape(1, -1) * math.sqrt(p * q)
        self._map(out, self._radial(np.full(1, float(p))), self._radial(np.full(rho.size, float(q))))
        return out.reshape(rho.shape)

    def prepare(self, X: np.ndarray) -> Prepared:
        """What each row of X contributes to the kernel."""
        X = X / math.sqrt(X.shape[1])
        return X, *self._radial(np.einsum("id,id->i", X, X))

    def block(self, rows: Prepared, columns: Prepared) -> np.ndarray:
        """Kernel between two prepared sets of samples, an array (rows, columns)."""
        out = rows[0] @ columns[0].T
        self._map(out, rows[1:], columns[1:])
        return out

    def _radial(self, p: np.ndarray) -> Prepared:
        # what |x|^2/d = p contributes
        if self.activation == "erf":
            return (np.sqrt(1 + p + self.bias),)
        std = np.sqrt(p + self.bias)
        if self.activation == "relu":
            return (std,)
        sigma = self.activation if callable(self.activation) else ACTIVATIONS[self.activation][0]
        return std, _hermite_coefficients(sigma, std)

    def _map(self, G: np.ndarray, rows: Prepared, columns: Prepared) -> None:
        # G = <x, z>/d becomes K
        trained = [float(name in LAYERS[self.layers]) for name in "Wba"]
        if self.activation == "relu":
            _relu_map(G, rows[0], columns[0], self.bias, *trained)
        elif self.activation == "erf":
            _erf_map(G, rows[0], columns[0], self.bias, *trained)
        else:
            degrees = min(rows[1].shape[1], columns[1].shape[1])  # beyond, one of the two series has ended
            A = np.ascontiguousarray(rows[1][:, :degrees])
            B = np.ascontiguousarray(columns[1][:, :degrees].T)
            _mehler_map(G, rows[0], columns[0], A, B, self.bias, *trained)


def ntk_kernel(activation: str | Callable = "relu", layers: str = "both", bias: float = 1.0) -> TwoLayerKernel:
    """Neural tangent kernel of an infinitely wide two-layer network, parameterised as at the head of this module.

    Parameters
    ----------
    activation : "relu" or "erf" (erf(t / sqrt 2)), in closed form; "tanh", "softplus", or any function R -> R that
        works on arrays, summed from the Hermite coefficients of sigma, which takes few terms if sigma is smooth.
    layers : what is trained: "both" (W, b and a), "first" (W and b), "W" (W alone, as in the first phase of
        Algorithm 1) or "second" (a alone).
    bias : variance of the biases at initialisation; the course's b ~ N(0, 1) has 1.

    Raises
    ------
    ValueError for an unknown activation, unknown layers or a negative bias.

    Source: Jacot, Gabriel, Hongler (2018); Cho, Saul (2009); Williams (1997). Taught in notebook 05.
    """
    return TwoLayerKernel(activation, layers, float(bias))


def nngp_kernel(activation: str | Callable = "relu", bias: float = 1.0) -> TwoLayerKernel:
    """Covariance E[sigma(u) sigma(v)] of the network's output at initialisation, the kernel of training `a` alone.

    Parameters and errors as in `ntk_kernel`. Source: Neal (1996), Williams (1997). Taught in notebook 05.
    """
    return ntk_kernel(activation, "second", bias)


@njit(cache=True, nogil=True, error_model="numpy")
def _arcsin(x):
    # fdlibm's arcsin, to the last digit, with selections for branches: the compiler makes SIMD code of loops over it
    u = abs(x)
    small = u <= 0.5
    z = u * u if small else 0.5 * (1.0 - u)
    s = u if small else math.sqrt(z)
    top = z * (-0.04005553450067941 + z * (7.915349942898145e-04 + z * 3.479331075960212e-05))
    top = 0.16666666666666666 + z * (-0.3255658186224009 + z * (0.20121253213486293 + top))
    bottom = z * (2.0209457602335057 + z * (-0.6882839716054533 + z * 0.07703815055590194))
    bottom = 1.0 + z * (-2.403394911734414 + bottom)
    r = s + s * z * top / bottom
    return math.copysign(r if small else 0.5 * math.pi - 2.0 * r, x)


@njit(cache=True, nogil=True, error_model="numpy")
def _relu_map(G, p, q, bias, W, b, a):
    # p, q: standard deviations of u, v; rho: their correlation (Cho, Saul)
    #   E[sigma' sigma'] = 1/4 + arcsin(rho) / (2 pi)
    #   E[sigma sigma] = p q (sqrt(1 - rho^2) / (2 pi) + rho E[sigma' sigma'])
    inverse = 1.0 / np.maximum(q, TINY)  # x = 0 without bias: rho = 0
    for i in range(G.shape[0]):
        scale = 1.0 / max(p[i], TINY)
        for j in range(G.shape[1]):
            g = G[i, j]
            rho = min(1.0, max(-1.0, (g + bias) * inverse[j] * scale))
            slopes = 0.25 + _arcsin(rho) * (0.5 / math.pi)
            values = p[i] * q[j] * (math.sqrt(1.0 - rho * rho) * (0.5 / math.pi) + rho * slopes)
            G[i, j] = (W * g + b * bias) * slopes + a * values


@njit(cache=True, nogil=True, error_model="numpy")
def _erf_map(G, p, q, bias, W, b, a):
    # p^2 = 1 + Var u, q^2 = 1 + Var v, rho = Cov(u, v) / (p q), for erf(t / sqrt 2) (Williams)
    #   E[sigma' sigma'] = (2/pi) / (p q sqrt(1 - rho^2))
    #   E[sigma sigma] = (2/pi) arcsin(rho)
    inverse = 1.0 / q
    for i in range(G.shape[0]):
        scale = 1.0 / p[i]
        for j in range(G.shape[1]):
            g = G[i, j]
            rho = (g + bias) * inverse[j] * scale
            slopes = (2.0 / math.pi) * inverse[j] * scale / math.sqrt(1.0 - rho * rho)
            G[i, j] = (W * g + b * bias) * slopes + a * (2.0 / math.pi) * _arcsin(rho)


@njit(cache=True, nogil=True, error_model="numpy")
def _mehler_map(G, p, q, A, B, bias, W, b, a):
    # Mehler: E[sigma(u) sigma(v)] = sum_k A_ik B_kj rho^k; its derivative in Cov(u, v) is E[sigma' sigma'] (Price).
    # Horner's scheme for both, a row at a time
    columns = G.shape[1]
    rho, values, slopes = np.empty(columns), np.empty(columns), np.empty(columns)
    inverse = 1.0 / np.maximum(q, TINY)
    for i in range(G.shape[0]):
        scale = 1.0 / max(p[i], TINY)
        for j in range(columns):
            rho[j] = min(1.0, max(-1.0, (G[i, j] + bias) * inverse[j] * scale))
            values[j] = 0.0
            slopes[j] = 0.0
        for k in range(A.shape[1] - 1, -1, -1):
            for j in range(columns):
                slopes[j] = slopes[j] * rho[j] + values[j]
                values[j] = values[j] * rho[j] + A[i, k] * B[k, j]
        for j in range(columns):
            G[i, j] = (W * G[i, j] + b * bias) * slopes[j] * inverse[j] * scale + a * values[j]


def _hermite_coefficients(sigma: Callable, std: np.ndarray, most: int = 200) -> np.ndarray:
    # c_k = E[sigma(std z) he_k(z)], he_k orthonormal: a row for each std, as many degrees as the series needs.
    # Under a Gaussian weight the trapezoid rule converges geometrically, and it stays stable at degree 200.
    spacing = 0.02
    z = np.arange(-13.0, 13.0 + spacing / 2, spacing)
    he = np.empty((most, z.size))  # times the weight
    he[0] = np.exp(-(z**2) / 2) * spacing / math.sqrt(2 * math.pi)
    he[1] = z * he[0]
    for k in range(1, most - 1):
        he[k + 1] = (z * he[k] - math.sqrt(k) * he[k - 1]) / math.sqrt(k + 1)
    distinct, position = np.unique(std, return_inverse=True)
    blocks = [sigma(distinct[part, None] * z) @ he.T for part in _slices(distinct.size, 256)]
    coefficients = np.concatenate(blocks)
    energy = (np.arange(1, most + 1) * coefficients**2).max(axis=0)  # degree k in E[sigma'^2], the slower series
    if energy[-10:].mean() * most > 1e-3 * energy.sum():
        warnings.warn(
            f"The Hermite series of this activation has not converged after {most} terms (does it have a kink or a "
            "jump?): its kernel between almost equal inputs is too small. For ReLU use activation='relu'.",
            stacklevel=2,
        )
    needed = np.flatnonzero(energy > 1e-11 * energy.sum())
    return coefficients[position, : 1 + needed.max(initial=0)]


# Kernels of a given network -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class EmpiricalKernel:
    """Tangent kernel of one two-layer network; `kernel(X, Z)` is its matrix. Made by `empirical_ntk`.

    It works on slopes and values of all neurons, 16 (n + p) m bytes.
    """

    W: np.ndarray = field(repr=False)
    a: np.ndarray = field(repr=False)
    b: np.ndarray = field(repr=False)
    activation: str
    rates: dict[str, float]

    def __call__(self, X: np.ndarray, Z: np.ndarray | None = None) -> np.ndarray:
        """Kernel between the rows of X (n, d) and of Z (p, d), or of X and itself: an array (n, p)."""
        return _kernel_matrix(self, X, Z)

    def prepare(self, X: np.ndarray) -> Prepared:
        """What each row of X contributes to the kernel: the row, the slopes a sigma'(u) and the values sigma(u)."""
        _check_dimension(X, self.W.shape[1])
        _reserve(len(X), 2 * len(self.a), "What the neurons give for the samples")
        sigma, slope = ACTIVATIONS[self.activation]
        U = X @ self.W.T + self.b
        return X, self.a * slope(U), sigma(U)

    def block(self, rows: Prepared, columns: Prepared) -> np.ndarray:
        """Kernel between two prepared sets of samples, an array (rows, columns)."""
        (X, slopes, values), (Z, slopes_z, values_z) = rows, columns
        K = (self.rates["W"] * (X @ Z.T) + self.rates["b"]) * (slopes @ slopes_z.T)
        return K + self.rates["a"] * (values @ values_z.T) if self.rates["a"] else K


def empirical_ntk(net, layers: str = "both", rates: Mapping[str, float] | None = None) -> EmpiricalKernel:
    """Tangent kernel sum_p rate_p <d yhat(x)/dp, d yhat(z)/dp> of a two-layer network at its present weights.

    The weights are copied: the kernel stays what it is when the network is trained further.

    Parameters
    ----------
    net : has W (m, d), a (m,), b (m,) and the name of its activation; yhat = a . sigma(W x + b).
    layers : which parameters count, as in `ntk_kernel`.
    rates : learning rates of "W", "b" and "a" (those left out are frozen); all 1, the Jacobian times its transpose, if
        not given. With `ntk_rates(net)` the kernel converges to `ntk_kernel` as the width grows.

    Raises
    ------
    ValueError for shapes that do not fit, a net in reduced coordinates, an unknown activation, layers or parameter.

    Source: Jacot, Gabriel, Hongler (2018). Taught in notebook 05.
    """
    W, a, b = (np.array(getattr(net, name), dtype=float) for name in ("W", "a", "b"))
    if W.ndim != 2 or a.shape != W.shape[:1] or b.shape != W.shape[:1]:
        raise ValueError(f"shapes do not fit: W {W.shape}, a {a.shape}, b {b.shape}; expected (m, d), (m,), (m,)")
    if getattr(net, "reduced_k", None) is not None:
        raise ValueError("this net lives in the reduced coordinates of a large-d simulation and takes no inputs in R^d")
    _check_name("activation", net.activation, ACTIVATIONS)
    _check_name("layers", layers, LAYERS)
    given = dict.fromkeys("Wba", 1.0) if rates is None else dict(rates)
    for name in given:
        _check_name("parameter", name, "Wba")
    used = {name: float(given.get(name, 0)) * (name in LAYERS[layers]) for name in "Wba"}
    return EmpiricalKernel(W, a, b, net.activation, used)


def ntk_rates(net, bias: float = 1.0) -> dict[str, float]:
    """Learning rates of W, b, a with which a net at initialisation has `ntk_kernel(activation, bias=bias)` as limit.

    They undo the size of a, and stay what they are while the network trains: take them once, at initialisation.

    Parameters
    ----------
    net : has W (m, d) with rows ~ N(0, I/d), a (m,), and b (m,) ~ N(0, bias) (not biases kept away from 0).
    bias : variance of the biases.

    Source: the two parameterisations compared term by term; derived here. Taught in notebook 05.
    """
    width, d = np.shape(net.W)
    size = float(np.sum(np.square(net.a)))
    return {"W": 1 / (d * size), "b": bias / size, "a": 1 / width}


def torch_ntk(model, rates: Mapping[str, float] | None = None, block_bytes: float = 1e8) -> Callable[..., np.ndarray]:
    """Tangent kernel of any torch model with one output, by torch.func; `kernel(X, Z)` is its matrix.

    The model is copied: the kernel stays what it is when the model is trained further. It is looked at in evaluation mode
    (no dropout, batch norm with its running means), without hooks of your own, and weights of half precision are taken as
    float32. Jacobians are formed for blocks of samples and contracted at once: the whole Jacobian is never in memory.

    Parameters
    ----------
    model : torch.nn.Module that maps (n, d) to (n,) or (n, 1); parameters with requires_grad=False do not count.
    rates : learning rates of the parameters by their names in model.named_parameters(); those left out are frozen.
        All 1 if not given.
    block_bytes : memory for the Jacobian of one block of samples, in bytes; two are held.

    Raises
    ------
    ValueError for rates of unknown parameters, no parameter at all, a model with more than one output, and one that
    torch.func cannot follow sample by sample, such as batch norm without running means.

    Source: Jacot, Gabriel, Hongler (2018). Taught in notebook 05.
    """
    import torch

    from .torch_models import to_look_at

    if any(torch.nn.parameter.is_lazy(value) for value in model.parameters()):
        raise ValueError("this model has lazy layers, which have no weights before they have seen a batch: run it on one first")
    trains = {name for name, value in model.named_parameters() if value.requires_grad}
    seen = to_look_at(model)
    if any(value.is_floating_point() and value.itemsize < 4 for value in seen.parameters()):
        seen = seen.float()
    return TorchKernel(seen, _chosen(dict(seen.named_parameters()), trains, rates), block_bytes)


def _chosen(values: dict, trains: set[str], rates: Mapping[str, float] | None) -> dict[str, float]:
    """Rates of the parameters that count, by name."""
    trained = {name: value for name, value in values.items() if name in trains}
    rates = dict.fromkeys(trained, 1.0) if rates is None else dict(rates)
    for name in rates:
        _check_name("parameter", name, trained)
    trained = {name: value for name, value in trained.items() if rates.get(name)}
    if not trained:
        raise ValueError("no parameter of this model is trained (requires_grad, rates): its tangent kernel is zero")
    return {name: float(rates[name]) for name in trained}


@dataclass(frozen=True, eq=False)
class TorchKernel:
    """Tangent kernel of a copy of a torch model; `kernel(X, Z)` is its matrix. Made by `torch_ntk`."""

    model: object = field(repr=False)
    rates: dict[str, float]
    block_bytes: float = 1e8

    def __call__(self, X: np.ndarray, Z: np.ndarray | None = None) -> np.ndarray:
        """Kernel between the rows of X (n, d) and of Z (p, d), or of X and itself: an array (n, p)."""
        import torch

        symmetric = Z is None
        X, Z = samples(X), samples(X if symmetric else Z)
        K = _matrix(len(X), len(Z))
        trained = [value for name, value in self.model.named_parameters() if name in self.rates]
        X, Z = (torch.as_tensor(part, dtype=trained[0].dtype, device=trained[0].device) for part in (X, Z))
        size = max(1, int(self.block_bytes / sum(value.numel() * value.element_size() for value in trained)))
        for rows in _slices(len(X), size):
            left = self._jacobian(X[rows])
            for columns in _slices(rows.stop if symmetric else len(Z), size):
                right = left if symmetric and columns == rows else self._jacobian(Z[columns])
                K[rows, columns] = sum(rate * (left[name] @ right[name].T) for name, rate in self.rates.items()).cpu().numpy()
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
                raise ValueError(f"the model gives {y.numel()} numbers a sample: wrap it so that it returns one of them")
            return y.reshape(())

        try:
            parts = vmap(grad(output), (None, 0))({name: values[name] for name in self.rates}, X)
        except (RuntimeError, NotImplementedError) as problem:
            raise ValueError(f"torch.func cannot follow this model, one sample at a time: {problem}") from problem
        return {name: part.detach().flatten(1) for name, part in parts.items()}


def kernel_alignment(K: np.ndarray, L: np.ndarray) -> float:
    """Cosine <K, L> / (|K| |L|) of two kernel matrices (n, n); with L = y y^T, the alignment of K to the target.

    1 - kernel_alignment(K, L) is the kernel distance of Fort et al. (2020). Source: Cristianini, Shawe-Taylor,
    Elisseeff, Kandola (2001). Taught in notebook 05.
    """
    return float(np.vdot(K, L) / (np.linalg.norm(K) * np.linalg.norm(L)))


# Kernel ridge regression --------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class KernelRidge:
    """Fitted kernel ridge regression. Made by `kernel_ridge` and `validated_kernel_ridge`.

    ridge : a number; (ridges,) of a path; or what validation chose for each target.
    coefficients : (n,), (n, targets), (n, ridges) or (n, ridges, targets).
    validation_error : (ridges,) or (ridges, targets) mean squared errors from which the ridge was chosen, if it was.
    """

    kernel: Callable = field(repr=False)
    ridge: float | np.ndarray
    coefficients: np.ndarray = field(repr=False)
    prepared: Prepared = field(repr=False)
    validation_error: np.ndarray | None = field(default=None, repr=False)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Predictions for X (p, d), shaped as the coefficients with p for n, from a block of kernel rows at a time."""
        X = samples(X)
        _check_dimension(X, self.prepared[0].shape[1])
        n, *rest = self.coefficients.shape
        coefficients, prepared = self.coefficients.reshape(n, -1), _prepare(self.kernel, X)
        out = np.empty((len(X), coefficients.shape[1]))
        for rows in _slices(len(X)):
            out[rows] = _block(self.kernel, [part[rows] for part in prepared], self.prepared) @ coefficients
        return out.reshape(len(X), *rest)


def kernel_ridge(kernel: Callable, X: np.ndarray, y: np.ndarray, ridge: float | np.ndarray) -> KernelRidge:
    """Solve (K + ridge I) c = y for all ridges and targets, with one kernel matrix in memory, built once.

    Parameters
    ----------
    kernel : from `ntk_kernel`, `empirical_ntk`, `torch_ntk`, or any positive definite function (X, Z) -> (n, p).
    X : (n, d) samples.
    y : (n,) or (n, targets) labels.
    ridge : a number, or (ridges,) for a path; not multiplied by n.

    Raises
    ------
    ValueError for shapes that do not fit, values that are not finite, or a negative ridge.
    MemoryError if the kernel matrix, 8 n^2 bytes, exceeds the free memory.
    scipy.linalg.LinAlgError if K + ridge I is not positive definite.

    Source: Hastie, Tibshirani, Friedman (2009), section 5.8. Taught in notebook 05.
    """
    X = samples(X)
    y = _labels(y, len(X))
    ridges = np.atleast_1d(np.asarray(ridge, dtype=float))
    if ridges.ndim != 1 or not np.all((ridges >= 0) & (ridges < np.inf)):
        raise ValueError(f"ridge = {ridge} must be a number or a list of numbers, none of them negative: try 0.01")
    n, prepared = len(X), _prepare(kernel, X)
    K = _fill_upper(kernel, prepared)
    diagonal = K.diagonal().copy()
    if len(ridges) > 1:
        _mirror(K)  # a factorisation overwrites one triangle; the other one keeps the kernel for the next ridge
    coefficients = np.empty((n, len(ridges), y.size // n))
    for r, value in enumerate(ridges):
        if r > 0:
            _mirror(K.T)
        np.fill_diagonal(K, diagonal + value)
        coefficients[:, r] = cho_solve((_factor(K, value, diagonal), True), y.reshape(n, -1), check_finite=False)
    coefficients = coefficients.reshape(n, *np.shape(ridge), *y.shape[1:])
    return KernelRidge(kernel, ridges if np.ndim(ridge) else float(ridge), coefficients, prepared)


def validated_kernel_ridge(
    kernel: Callable, X: np.ndarray, y: np.ndarray, ridges: np.ndarray = RIDGES, fraction: float = 0.2, seed: int = 0
) -> KernelRidge:
    """Kernel ridge regression on all samples, each target with the ridge that was best on a validation split of them.

    Test samples have no part in the choice: a ridge tuned on them flatters the kernel.

    Parameters
    ----------
    kernel, X, y : as in `kernel_ridge`.
    ridges : (ridges,) to choose from.
    fraction : share of the samples that validates; the others are fitted along the path, then all with the chosen one.
    seed : of the random split.

    Raises
    ------
    ValueError if the split leaves nothing to fit or to validate, and what `kernel_ridge` raises.

    Source: Hastie, Tibshirani, Friedman (2009), section 7.2. Taught in notebook 05.
    """
    X = samples(X)
    y = _labels(y, len(X))
    order = np.random.default_rng(seed).permutation(len(X))
    held = round(fraction * len(X))
    if not 0 < held < len(X):
        raise ValueError(f"fraction = {fraction} of {len(X)} samples leaves nothing to fit or to validate: try 0.2")
    held, fitted = order[:held], order[held:]
    ridges = np.asarray(ridges, dtype=float).reshape(-1)
    predicted = kernel_ridge(kernel, X[fitted], y[fitted], ridges).predict(X[held])
    error = np.mean((predicted - y[held][:, None]) ** 2, axis=0)
    best = np.argmin(error, axis=0)
    used, position = np.unique(best, return_inverse=True)
    path = kernel_ridge(kernel, X, y.reshape(len(X), -1), ridges[used])
    chosen = path.coefficients[:, position.ravel(), np.arange(best.size)].reshape(y.shape)
    return KernelRidge(kernel, ridges[best], chosen, path.prepared, error)


def _factor(K: np.ndarray, ridge: float, diagonal: np.ndarray) -> np.ndarray:
    # K.T has the column order of LAPACK, so that the factor is written over K's upper triangle and nothing is copied
    try:
        return cho_factor(K.T, lower=True, overwrite_a=True, check_finite=False)[0]
    except LinAlgError:
        raise LinAlgError(
            f"the kernel matrix plus ridge = {ridge:g} is not positive definite: some samples are equal, or nearly so "
            f"to this kernel, or it is not a kernel; try ridge = {max(10 * ridge, 1e-8 * abs(diagonal).max()) or 0.01:.1g}"
        ) from None


def _kernel_matrix(kernel: Callable, X: np.ndarray, Z: np.ndarray | None) -> np.ndarray:
    X = samples(X)
    rows = _prepare(kernel, X)
    if Z is None:
        K = _fill_upper(kernel, rows)
        _mirror(K)
        return K
    Z = samples(Z)
    _check_dimension(X, Z.shape[1])
    columns, K = _prepare(kernel, Z), _matrix(len(X), len(Z))
    for part in _slices(len(X)):
        K[part] = _block(kernel, [array[part] for array in rows], columns)
    return K


def _fill_upper(kernel: Callable, prepared: Prepared) -> np.ndarray:
    # kernel matrix whose upper triangle is filled, in blocks of rows
    n = len(prepared[0])
    K = _matrix(n, n)
    for rows in _slices(n):
        columns = slice(rows.start, n)
        K[rows, columns] = _block(kernel, [part[rows] for part in prepared], [part[columns] for part in prepared])
    return K


def _mirror(K: np.ndarray) -> None:
    # copy the upper triangle onto the lower one, in blocks that stay in the cache; _mirror(K.T): lower onto upper
    for rows in _slices(len(K), 256):
        for columns in _slices(rows.start, 256):
            K[rows, columns] = K[columns, rows].T
        square = K[rows, rows]
        lower = np.tril_indices(len(square), -1)
        square[lower] = square.T[lower]


def _prepare(kernel: Callable, X: np.ndarray) -> Prepared:
    return kernel.prepare(X) if hasattr(kernel, "prepare") else (X,)


def _block(kernel: Callable, rows: Prepared, columns: Prepared) -> np.ndarray:
    return kernel.block(rows, columns) if hasattr(kernel, "block") else kernel(rows[0], columns[0])


def _slices(n: int, size: int = BLOCK) -> Iterator[slice]:
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def _labels(y: np.ndarray, n: int) -> np.ndarray:
    y = real_numbers(y, "y")
    if y.ndim not in (1, 2) or len(y) != n or y.size == 0:
        raise ValueError(f"labels of {n} samples must have the shape ({n},) or ({n}, targets), got {y.shape}")
    return y


def _check_dimension(X: np.ndarray, d: int) -> None:
    if X.shape[1] != d:
        raise ValueError(f"samples have {X.shape[1]} columns where the others, or the network, have d = {d}")


def _check_name(what: str, name: str, known: Sequence[str] | Mapping) -> None:
    if name not in known:
        raise ValueError(f"{what} = {name!r} is unknown: it must be one of {', '.join(known)}")


def _matrix(n: int, p: int) -> np.ndarray:
    _reserve(n, p, "The kernel matrix")
    return np.empty((n, p))


def _reserve(n: int, p: int, what: str) -> None:
    most = math.isqrt(int(free_bytes() // 8))
    reserve(8 * n * p, f"{what}, {n:,} x {p:,} numbers,",
            f"use at most {most:,} samples, or predict the error at larger n with learning_curve")  # fmt: skip


# Predicted learning curves ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues and eigenfunctions of a kernel under the law of the inputs. Made by `kernel_spectrum`.

    A mode is a spherical harmonic of some degree times a function of |x|; on the sphere there is one mode a degree.

    d : dimension.
    degree, eigenvalue, multiplicity : (modes,).
    rest : the part of E[K(x, x)] in degrees that are not listed.
    radius, radius_weight, radial : (radii,), (radii,), (modes, radii) quadrature of |x| and the functions of |x|.
    cosine, cosine_weight, zonal : (cosines,), (cosines,), (degrees, cosines) quadrature of <u, x>/|x| and the harmonics
        that depend on u alone. All functions are orthonormal.
    """

    d: int
    degree: np.ndarray = field(repr=False)
    eigenvalue: np.ndarray = field(repr=False)
    multiplicity: np.ndarray = field(repr=False)
    rest: float
    radius: np.ndarray = field(repr=False)
    radius_weight: np.ndarray = field(repr=False)
    radial: np.ndarray = field(repr=False)
    cosine: np.ndarray = field(repr=False)
    cosine_weight: np.ndarray = field(repr=False)
    zonal: np.ndarray = field(repr=False)

    def coefficients(self, link: Callable) -> np.ndarray:
        """Coefficients (modes,) of link(<u, x>), |u| = 1: of all harmonics of a degree only the zonal one counts.

        coefficients(f) @ coefficients(g) = E[f g], as far as the degrees reach.
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
            raise ValueError(f"the link gives {values.size} numbers for {z.size} arguments: it must give one for each")
        return values.reshape(z.shape)


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Predicted test error of kernel ridge regression. Made by `learning_curve`.

    n : (points,) samples.
    error : (points,) mean squared test error, label noise included.
    learnability : (points, modes) expected share of each mode of the spectrum that is learned, between 0 and 1.
    kappa : (points,) the eigenvalue of which one half is learned.
    """

    n: np.ndarray
    error: np.ndarray
    learnability: np.ndarray = field(repr=False)
    kappa: np.ndarray = field(repr=False)


def kernel_spectrum(kernel: TwoLayerKernel, d: int, inputs: str = "sphere", degrees: int = 40) -> Spectrum:
    """Eigenvalues of a rotation-invariant kernel for inputs on the sphere or Gaussian inputs.

    The kernel is expanded in Gegenbauer polynomials of the cosine of x and z. On the sphere that gives its eigenvalues;
    for Gaussian inputs each coefficient is a kernel of |x| and |z|, which is diagonalised under the law of |x|.

    Parameters
    ----------
    kernel : from `ntk_kernel`, or anything with dot_product(rho, p, q).
    d : dimension, 2 or more.
    inputs : "sphere" (|x| = sqrt d) or "gaussian" (x ~ N(0, I_d)).
    degrees : how many degrees, 0 included. Those of more than 1e14 harmonics are left out: no sample size reaches them,
        and rounding would spoil them.

    Raises
    ------
    ValueError for d below 2 or unknown inputs.

    Source: the Funk-Hecke formula; Golub, Welsch (1969) for the quadratures; the Gaussian case derived here. Taught in
    notebook 05.
    """
    if d < 2:
        raise ValueError(f"d = {d}: inputs must have at least 2 dimensions")
    _check_name("inputs", inputs, ("sphere", "gaussian"))
    harmonics = _multiplicities(d, degrees)
    harmonics = harmonics[harmonics <= 1e14]
    cosine, cosine_weight, zonal = _cosine_rule(d, len(harmonics))
    radius, radius_weight = (np.array([math.sqrt(d)]), np.ones(1)) if inputs == "sphere" else _radius_rule(d)
    squares, root = radius**2 / d, np.sqrt(radius_weight)
    values = np.array([[kernel.dot_product(cosine, p, q) for q in squares] for p in squares])
    # Funk-Hecke: the zonal harmonic is sqrt(multiplicity) times the Gegenbauer polynomial that is 1 at cosine 1
    coefficients = np.einsum("abt,t,lt->lab", values, cosine_weight, zonal) / np.sqrt(harmonics)[:, None, None]
    eigenvalue, vectors = np.linalg.eigh(coefficients * np.outer(root, root))
    eigenvalue = np.maximum(eigenvalue.ravel(), 0.0)
    degree = np.repeat(np.arange(len(harmonics)), len(radius))
    trace = radius_weight @ np.array([kernel.dot_product(np.ones(1), p, p)[0] for p in squares])
    return Spectrum(
        d=d, degree=degree, eigenvalue=eigenvalue, multiplicity=harmonics[degree],
        rest=max(float(trace - eigenvalue @ harmonics[degree]), 0.0),
        radius=radius, radius_weight=radius_weight, radial=vectors.transpose(0, 2, 1).reshape(-1, len(radius)) / root,
        cosine=cosine, cosine_weight=cosine_weight, zonal=zonal,
    )  # fmt: skip


def learning_curve(
    spectrum: Spectrum, link: Callable, n: float | np.ndarray, ridge: float, noise: float = 0.0
) -> LearningCurve:
    """Predicted test error of kernel ridge regression on y = link(<u, x>) + noise N(0, 1), over sample sizes.

    With learnabilities L_i = lambda_i / (lambda_i + kappa), where kappa solves sum_i L_i + (ridge + rest) / kappa = n,

        error = n / (n - sum_i L_i^2) (sum_i (1 - L_i)^2 v_i^2 + noise^2).

    It predicts the mean over draws of the samples, for large n and d. Measured here with the ReLU kernel, n from d/2 to
    20 d, up to 1500 draws: on the sphere, d = 30 and 100, within 1 % for tanh, relu and z^3 and 2 % for z^5; with
    Gaussian inputs within 3 % at d = 100, and at d = 30 within 2.5 % for tanh, relu, z^3, but z^5 is predicted up to
    8 % too large. A single draw varies: for tanh at n <= 2d by 8 to 15 %, for z^5 by 40 to 80 %, and its median is 15
    to 25 % below the mean. At d = 10 the prediction is off by 5 % on the sphere, by up to 18 % with Gaussian inputs.

    Parameters
    ----------
    spectrum : from `kernel_spectrum`; it knows d and the law of the inputs.
    link : a single-index link: one of the registry, or a function that works on arrays.
    n : sample sizes, a number or (points,).
    ridge : as in `kernel_ridge`, not multiplied by n.
    noise : standard deviation of the label noise.

    Raises
    ------
    ValueError for n below 1, a negative ridge or noise, or a ridge of 0 with more samples than eigenfunctions.

    Source: Simon, Dickens, Karkada, DeWeese (2023); Canatar, Bordelon, Pehlevan (2021). Taught in notebook 05.
    """
    n = np.atleast_1d(np.asarray(n, dtype=float))
    if np.any(n < 1) or ridge < 0 or noise < 0:
        raise ValueError(f"n = {n.min():g} must be 1 or more, ridge = {ridge} and noise = {noise} must not be negative")
    energy = spectrum.coefficients(link) ** 2
    beyond = max(spectrum.second_moment(link) - energy.sum(), 0.0)  # in higher degrees, not learned
    kappa = np.array([_kappa(spectrum, size, ridge + spectrum.rest) for size in n])
    learnability = spectrum.eigenvalue / (spectrum.eigenvalue + kappa[:, None])
    overfitting = n / (n - learnability**2 @ spectrum.multiplicity)
    error = overfitting * ((1 - learnability) ** 2 @ energy + beyond + noise**2)
    return LearningCurve(n, error, learnability, kappa)


def _kappa(spectrum: Spectrum, n: float, ridge: float) -> float:
    eigenvalue, multiplicity = spectrum.eigenvalue, spectrum.multiplicity

    def excess(log_kappa):
        kappa = math.exp(log_kappa)
        return multiplicity @ (eigenvalue / (eigenvalue + kappa)) + ridge / kappa - n

    high = (ridge + multiplicity @ eigenvalue) / n  # as if L_i were lambda_i / kappa; at ridge / n all L_i are 0
    low = max(ridge / n, 1e-18 * high)
    if excess(math.log(low)) < 0:
        raise ValueError(f"ridge = 0 with n = {n:g} samples, more than the kernel has eigenfunctions: try ridge = 0.01")
    return math.exp(brentq(excess, math.log(low), math.log(high) + 1e-9, xtol=1e-13))


def _multiplicities(d: int, degrees: int) -> np.ndarray:
    # spherical harmonics of each degree on the sphere of R^d
    degree = np.arange(1, degrees)
    return np.append(1.0, (2 * degree + d - 2) / degree * comb(degree + d - 3, degree - 1))


def _cosine_rule(d: int, degrees: int, nodes: int = 256) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # Gauss quadrature for one coordinate of the unit sphere of R^d, and its orthonormal (Gegenbauer) polynomials
    k = np.arange(2, nodes)
    off = np.sqrt(np.append(1 / d, k * (k + d - 3) / ((2 * k + d - 2) * (2 * k + d - 4))))
    cosine, vectors = eigh_tridiagonal(np.zeros(nodes), off)
    zonal = np.ones((max(degrees, 2), nodes))
    zonal[1] = cosine / off[0]
    for j in range(1, degrees - 1):
        zonal[j + 1] = (cosine * zonal[j] - off[j - 1] * zonal[j - 1]) / off[j]
    return cosine, vectors[0] ** 2, zonal[:degrees]


def _radius_rule(d: int, nodes: int = 12) -> tuple[np.ndarray, np.ndarray]:
    # Gauss quadrature for |x|, x ~ N(0, I_d): |x|^2 / 2 has a Gamma law, whose polynomials are Laguerre's
    k = np.arange(nodes)
    half_square, vectors = eigh_tridiagonal(2 * k + d / 2, np.sqrt(k[1:] * (k[1:] + d / 2 - 1)))
    return np.sqrt(2 * half_square), vectors[0] ** 2
