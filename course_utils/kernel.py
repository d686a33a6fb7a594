"""The compiled inner loop of online SGD, and its twin in plain NumPy.

One step takes one fresh sample (Algorithm 1 of the paper, written for one neuron, with s_j = m a_j):

    w_j <- (1 - et lam) w_j - et s_j l'(yhat, y) sigma'(<w_j, x> + b_j) x.

``sgd_steps_numpy`` is that line. ``sgd_steps`` gives the same iterates in blocks: inside a block, W_t is W_0 minus a sum
of outer products g_s x_s^T, so all that a step needs of W is the product X W_0^T (one matrix product a block) and the
Gram matrix X X^T of the block's inputs. W itself is touched once a block.
"""

from __future__ import annotations

import math

import numpy as np

from .machine import njit
from .networks import ACTIVATIONS
from .risk import LOSSES

BLOCK = 32  # samples a block; measured best of 16, 32, 64 over widths 20 ... 1000
INNER = 8  # samples whose mutual corrections are made one by one; the others go by matrix product
TINY = 1e-150  # weights below this are set to zero: decaying rows of dead neurons would turn subnormal, 50 times slower
HUGE = 1e8  # an output beyond this means that training diverged

ACTIVATION_CODES = {name: code for code, name in enumerate(("relu", "tanh", "erf", "softplus"))}
LOSS_CODES = {name: code for code, name in enumerate(("huber", "square", "logistic"))}
_FAST = {"contract", "reassoc", "nsz", "arcp"}  # no 'nnan' or 'ninf': divergence must be seen


def sgd_steps_numpy(W, a, b, X, y, step, decay, activation="relu", loss="huber") -> int:
    """One SGD step a row of X, in the plainest NumPy form; parameters as in ``sgd_steps``."""
    m = len(W)
    sigma, sigma_prime = ACTIVATIONS[activation]
    _, loss_prime = LOSSES[loss]
    for x, label, et in zip(X, y, np.broadcast_to(step, len(X)), strict=True):
        z = W @ x + b
        yhat = a @ sigma(z)
        if not abs(yhat) < HUGE:
            return 0
        W *= 1 - et * decay
        W -= et * m * loss_prime(yhat, label) * np.outer(a * sigma_prime(z), x)
    return -1


def sgd_steps(
    W: np.ndarray, a: np.ndarray, b: np.ndarray, X: np.ndarray, y: np.ndarray, step, decay: float,
    activation: str = "relu", loss: str = "huber",
) -> int:  # fmt: skip
    """Online SGD with weight decay on W, one step a row of X, in order; W (m, d) is changed in place.

    Parameters
    ----------
    W : (m, d) C-contiguous float64. a, b : (m,). X : (n, d). y : (n,).
    step : et, width-free step size of one sample, a number or (n,).
    decay : lam, width-free weight decay; one step shrinks W by 1 - et lam.
    activation, loss : names in networks.ACTIVATIONS and risk.LOSSES.

    Returns
    -------
    Position of the first sample at which the output passed 1e8 or stopped being a number, or -1 if none; W then holds
    the steps before that sample's block. Equal to ``sgd_steps_numpy`` up to rounding.
    Raises ValueError if shapes do not fit. Source: Algorithm 1 of the paper. Taught in notebook 02.
    """
    if not (isinstance(W, np.ndarray) and W.dtype == np.float64 and W.ndim == 2 and W.flags.c_contiguous):
        raise ValueError("W is changed in place and must be a C-contiguous (m, d) array of float64: try np.array(W, float)")
    a, b, X, y = (np.ascontiguousarray(v, dtype=float) for v in (a, b, X, y))
    m, d = W.shape
    if a.shape != (m,) or b.shape != (m,) or X.ndim != 2 or X.shape[1] != d or y.shape != (len(X),):
        raise ValueError(
            f"shapes do not fit: W {W.shape}, a {a.shape}, b {b.shape}, X {X.shape}, y {y.shape}; "
            "expected (m, d), (m,), (m,), (n, d), (n,)"
        )
    if activation not in ACTIVATION_CODES or loss not in LOSS_CODES:
        raise ValueError(
            f"activation = {activation!r}, loss = {loss!r}: must be one of {', '.join(ACTIVATION_CODES)}, "
            f"and one of {', '.join(LOSS_CODES)}"
        )
    steps = np.ascontiguousarray(np.broadcast_to(np.asarray(step, dtype=float), (len(X),)))
    return blocked_steps(W, a, b, X, y, steps, float(decay), ACTIVATION_CODES[activation], LOSS_CODES[loss])


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def fill_normal(rng, X):
    """Fill the C-contiguous X with N(0, 1) draws of a numpy Generator, three times faster than NumPy does."""
    flat = X.reshape(-1)
    for i in range(flat.size):
        flat[i] = rng.standard_normal()


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def fill_reduced(rng, X, Z, outside, known):
    """Inputs in reduced coordinates: row p is Z[p], then N(0, 1) up to column known + p, there outside[p], then zeros."""
    k = Z.shape[1]
    for p in range(X.shape[0]):
        new = known + p
        for i in range(k):
            X[p, i] = Z[p, i]
        for i in range(k, new):
            X[p, i] = rng.standard_normal()
        X[p, new] = outside[p]
        for i in range(new + 1, X.shape[1]):
            X[p, i] = 0.0


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _loss_prime(loss, yhat, y):
    if loss == 0:
        return min(max(yhat - y, -1.0), 1.0)
    if loss == 1:
        return yhat - y
    return -y / (1.0 + math.exp(min(y * yhat, 700.0)))


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _forward(activation, scale, h, a, b, slope):
    """Output sum_j a_j sigma(scale h_j + b_j); sigma' goes to slope."""
    m = h.size
    yhat = 0.0
    if activation == 0:
        for j in range(m):
            z = scale * h[j] + b[j]
            yhat += a[j] * max(z, 0.0)
            slope[j] = 1.0 if z > 0.0 else 0.0
    elif activation == 1:
        for j in range(m):
            s = math.tanh(scale * h[j] + b[j])
            yhat += a[j] * s
            slope[j] = 1.0 - s * s
    elif activation == 2:
        for j in range(m):
            z = scale * h[j] + b[j]
            yhat += a[j] * math.erf(z * 0.7071067811865476)
            slope[j] = 0.7978845608028654 * math.exp(-0.5 * z * z)
    else:
        for j in range(m):
            z = scale * h[j] + b[j]
            e = math.exp(-abs(z))
            yhat += a[j] * (max(z, 0.0) + math.log1p(e))
            slope[j] = (1.0 if z > 0.0 else e) / (1.0 + e)
    return yhat


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def blocked_steps(W, a, b, X, y, steps, decay, activation, loss):
    n = X.shape[0]
    m, d = W.shape
    change, products, slopes, grams = np.empty((m, d)), np.empty((BLOCK, m)), np.empty((BLOCK, m)), np.empty(BLOCK * BLOCK)
    earlier, corrections = np.empty(INNER * BLOCK), np.empty((INNER, m))
    start = 0
    while start < n:
        size = min(BLOCK, n - start)
        for t in range(start, start + size):
            if 1.0 - steps[t] * decay < 0.5:  # so strong a decay would make the factor below underflow
                size = 1
                break
        x = X[start : start + size]
        H, g, gram = products[:size], slopes[:size], grams[: size * size].reshape(size, size)
        np.dot(x, W.T, H)  # H[t] = W_0 x_t, corrected below to W_t x_t
        np.dot(x, x.T, gram)
        # g[t] is such that W_t = scale_t (W_0 - sum_s g_s x_s^T)
        scale = 1.0
        for p in range(0, size, INNER):
            q = min(p + INNER, size)
            if p > 0:
                # written out: slices that are assigned to or made contiguous double the time that compiling takes
                past, correction = earlier[: (q - p) * p].reshape(q - p, p), corrections[: q - p]
                for t in range(p, q):
                    for s in range(p):
                        past[t - p, s] = gram[t, s]
                np.dot(past, g[:p], correction)
                for t in range(p, q):
                    for j in range(m):
                        H[t, j] -= correction[t - p, j]
            for t in range(p, q):
                h = H[t]
                s = p
                while s + 4 <= t:
                    c0, c1, c2, c3 = gram[t, s], gram[t, s + 1], gram[t, s + 2], gram[t, s + 3]
                    for j in range(m):
                        h[j] -= c0 * g[s, j] + c1 * g[s + 1, j] + c2 * g[s + 2, j] + c3 * g[s + 3, j]
                    s += 4
                while s < t:
                    c = gram[t, s]
                    for j in range(m):
                        h[j] -= c * g[s, j]
                    s += 1
                yhat = _forward(activation, scale, h, a, b, g[t])
                if not abs(yhat) < HUGE:
                    return start + t
                et = steps[start + t]
                factor = et * m * _loss_prime(loss, yhat, y[start + t])
                scale *= 1.0 - et * decay
                if size == 1:  # scale may be zero
                    for j in range(m):
                        g[t, j] *= factor * a[j]
                else:
                    factor /= scale
                    for j in range(m):
                        g[t, j] *= factor * a[j]
        np.dot(g.T, x, change)
        after = 1.0 if size == 1 else scale
        for j in range(m):
            for i in range(d):
                w = scale * W[j, i] - after * change[j, i]
                W[j, i] = w if abs(w) > TINY else 0.0
        start += size
    return -1


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def outputs(W, a, b, X, activation):
    """Outputs of the network on inputs X (n, d), (n,): as TwoLayerNet gives them, without its temporary arrays."""
    n, m = X.shape[0], W.shape[0]
    yhat, products, slope = np.empty(n), np.empty((BLOCK, m)), np.empty(m)
    for start in range(0, n, BLOCK):
        size = min(BLOCK, n - start)
        np.dot(X[start : start + size], W.T, products[:size])
        for t in range(size):
            yhat[start + t] = _forward(activation, 1.0, products[t], a, b, slope)
    return yhat
