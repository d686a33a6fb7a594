"""Kernels of infinite width.

They belong to the network

    yhat(x) = m^(-1/2) sum_j s_j sigma(u_j),    u_j = <w_j, x> / sqrt(d) + sqrt(bias) c_j,
    w_j, c_j, s_j ~ N(0, 1),

with w, c and s trained at one rate. This is the course's network at its initialisation (rows of
W ~ N(0, I/d), b ~ N(0, bias), all |a_j| of one size) with a learning rate for each parameter,
which ``ntk_rates`` gives. With u and v the pre-activations of x and z, jointly Gaussian with
covariance <x, z>/d + bias, the kernel is

    K(x, z) = <x, z>/d E[sigma'(u) sigma'(v)]    first layer, W
              + bias E[sigma'(u) sigma'(v)]      biases, b
              + E[sigma(u) sigma(v)]             second layer, a

and ``layers`` says which of the three terms are there. Taught in notebook 05.

Sources: Jacot, Gabriel, Hongler (2018) for the kernel; Cho, Saul (2009) for ReLU; Williams (1997)
for erf.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..activations import ACTIVATIONS
from ..compiled import compiled
from ..given import choice
from .gram import Prepared, kernel_matrix, row_blocks

LAYERS = {"both": "Wba", "first": "Wb", "second": "a", "W": "W"}  # which parameters are trained


TINY = 1e-300


@dataclass(frozen=True)
class TwoLayerKernel:
    """Kernel of an infinitely wide two-layer network; ``kernel(X, Z)`` is its matrix.

    Attributes
    ----------
    activation : str or callable
        As in ``ntk_kernel``.
    layers : str
        What is trained, as in ``ntk_kernel``.
    bias : float
        Variance of the biases at initialisation.

    Notes
    -----
    Made by ``ntk_kernel``.
    """

    activation: str | Callable = "relu"
    layers: str = "both"
    bias: float = 1.0

    def __post_init__(self):
        if not callable(self.activation):
            choice("activation", self.activation, ACTIVATIONS)
        choice("layers", self.layers, LAYERS)
        if not 0 <= self.bias < math.inf:
            raise ValueError(
                f"bias = {self.bias} is a variance and cannot be negative: "
                "use 1 for b ~ N(0, 1), 0 for no biases"
            )

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

    def dot_product(self, rho: np.ndarray, p: float = 1.0, q: float = 1.0) -> np.ndarray:
        """Kernel as a function h(rho) of the cosine of x and z.

        Parameters
        ----------
        rho : ndarray
            Cosines, of any shape; complex ones inside the unit disc too, where h is analytic.
        p : float
            |x|^2 / d.
        q : float
            |z|^2 / d; p = q = 1 is the sphere.

        Returns
        -------
        ndarray
            The kernel, of the shape of rho.
        """
        rho = np.asarray(rho)
        rho = rho if np.iscomplexobj(rho) else rho.astype(float)
        out = rho.reshape(1, -1) * math.sqrt(p * q)
        self._map(
            out, self._radial(np.full(1, float(p))), self._radial(np.full(rho.size, float(q)))
        )
        return out.reshape(rho.shape)

    def prepare(self, X: np.ndarray) -> Prepared:
        """What each row of X contributes to the kernel.

        Parameters
        ----------
        X : (n, d) ndarray
            Samples.

        Returns
        -------
        tuple of ndarray
            The rows over sqrt d, and what their lengths contribute.
        """
        X = X / math.sqrt(X.shape[1])
        return X, *self._radial(np.einsum("id,id->i", X, X))

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
        sigma = self.activation if callable(self.activation) else ACTIVATIONS[self.activation].value
        return std, _hermite_coefficients(sigma, std)

    def _map(self, G: np.ndarray, rows: Prepared, columns: Prepared) -> None:
        # G = <x, z>/d becomes K
        trained = [float(name in LAYERS[self.layers]) for name in "Wba"]
        plain = np.iscomplexobj(G)  # compiled loops take real numbers
        if self.activation == "relu":
            (_relu_map_numpy if plain else _relu_map)(G, rows[0], columns[0], self.bias, *trained)
        elif self.activation == "erf":
            (_erf_map_numpy if plain else _erf_map)(G, rows[0], columns[0], self.bias, *trained)
        else:
            # Beyond, one of the two series has ended.
            degrees = min(rows[1].shape[1], columns[1].shape[1])
            A = np.ascontiguousarray(rows[1][:, :degrees])
            B = np.ascontiguousarray(columns[1][:, :degrees].T)
            map_ = _mehler_map_numpy if plain else _mehler_map
            map_(G, rows[0], columns[0], A, B, self.bias, *trained)


def ntk_kernel(
    activation: str | Callable = "relu", layers: str = "both", bias: float = 1.0
) -> TwoLayerKernel:
    """Neural tangent kernel of an infinitely wide two-layer network.

    The network is parameterised as at the head of this module.

    Parameters
    ----------
    activation : str or callable
        "relu" or "erf" (erf(t / sqrt 2)), in closed form; "tanh", "softplus", or any function R
        -> R that works on arrays, summed from the Hermite coefficients of sigma, which takes
        few terms if sigma is smooth.
    layers : str
        What is trained: "both" (W, b and a), "first" (W and b), "W" (W alone, as in the first
        phase of Algorithm 1) or "second" (a alone).
    bias : float
        Variance of the biases at initialisation; the course's b ~ N(0, 1) has 1.

    Returns
    -------
    TwoLayerKernel
        The kernel, a function of samples.

    Raises
    ------
    ValueError
        For an unknown activation, unknown layers or a negative bias.

    Notes
    -----
    Source: Jacot, Gabriel, Hongler (2018); Cho, Saul (2009); Williams (1997). Taught in notebook
    05.
    """
    return TwoLayerKernel(activation, layers, float(bias))


def nngp_kernel(activation: str | Callable = "relu", bias: float = 1.0) -> TwoLayerKernel:
    """Covariance E[sigma(u) sigma(v)] of the output at initialisation.

    It is the kernel of training ``a`` alone.

    Parameters
    ----------
    activation : str or callable
        As in ``ntk_kernel``.
    bias : float
        Variance of the biases at initialisation.

    Returns
    -------
    TwoLayerKernel
        The kernel, a function of samples.

    Raises
    ------
    ValueError
        For an unknown activation or a negative bias.

    Notes
    -----
    Source: Neal (1996), Williams (1997). Taught in notebook 05.
    """
    return ntk_kernel(activation, "second", bias)


@compiled
def _arcsin(x):
    # fdlibm's arcsin, to the last digit, with selections for branches: the compiler makes SIMD code
    # of loops over it
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


def _within(rho):
    # rounding may lead beyond 1, where there is no real arcsin; complex ones stay inside the disc
    return rho if np.iscomplexobj(rho) else np.clip(rho, -1, 1)


def _relu_map_numpy(G, p, q, bias, W, b, a):
    rho = _within((G + bias) / np.maximum(p, TINY)[:, None] / np.maximum(q, TINY))
    slopes = 0.25 + np.arcsin(rho) / (2 * math.pi)
    values = p[:, None] * q * (np.sqrt(1 - rho**2) / (2 * math.pi) + rho * slopes)
    G[:] = (W * G + b * bias) * slopes + a * values


@compiled(otherwise=_relu_map_numpy)
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


def _erf_map_numpy(G, p, q, bias, W, b, a):
    scale = p[:, None] * q
    rho = (G + bias) / scale
    G[:] = (2 / math.pi) * ((W * G + b * bias) / (scale * np.sqrt(1 - rho**2)) + a * np.arcsin(rho))


@compiled(otherwise=_erf_map_numpy)
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


def _mehler_map_numpy(G, p, q, A, B, bias, W, b, a):
    scale = np.maximum(p, TINY)[:, None] * np.maximum(q, TINY)
    rho = _within((G + bias) / scale)
    values, slopes = np.zeros_like(G), np.zeros_like(G)
    for k in range(A.shape[1] - 1, -1, -1):
        slopes = slopes * rho + values
        values = values * rho + A[:, k, None] * B[k]
    G[:] = (W * G + b * bias) * slopes / scale + a * values


@compiled(otherwise=_mehler_map_numpy)
def _mehler_map(G, p, q, A, B, bias, W, b, a):
    # Mehler: E[sigma(u) sigma(v)] = sum_k A_ik B_kj rho^k; its derivative in Cov(u, v) is
    # E[sigma' sigma'] (Price). Horner's scheme for both, a row at a time
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
    # c_k = E[sigma(std z) he_k(z)], he_k orthonormal: a row for each std, as many degrees as the
    # series needs. Under a Gaussian weight the trapezoid rule converges geometrically, and it stays
    # stable at degree 200.
    spacing = 0.02
    z = np.arange(-13.0, 13.0 + spacing / 2, spacing)
    he = np.empty((most, z.size))  # times the weight
    he[0] = np.exp(-(z**2) / 2) * spacing / math.sqrt(2 * math.pi)
    he[1] = z * he[0]
    for k in range(1, most - 1):
        he[k + 1] = (z * he[k] - math.sqrt(k) * he[k - 1]) / math.sqrt(k + 1)
    distinct, position = np.unique(std, return_inverse=True)
    blocks = [sigma(distinct[part, None] * z) @ he.T for part in row_blocks(distinct.size, 256)]
    coefficients = np.concatenate(blocks)
    # Degree k in E[sigma'^2], the slower series.
    energy = (np.arange(1, most + 1) * coefficients**2).max(axis=0)
    if energy[-10:].mean() * most > 1e-3 * energy.sum():
        warnings.warn(
            f"The Hermite series of this activation has not converged after {most} terms (does it "
            "have a kink or a jump?): its kernel between almost equal inputs is too small. "
            "For ReLU use activation='relu'.",
            stacklevel=2,
        )
    needed = np.flatnonzero(energy > 1e-11 * energy.sum())
    return coefficients[position, : 1 + needed.max(initial=0)]
