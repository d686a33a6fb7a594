"""SGD steps in blocks, compiled for each pair of activation and loss, and their NumPy twins.

Inside a block W_t is W_0 minus a sum of outer products g_s x_s^T, so all that a step needs of W is
the product X W_0^T (one matrix product a block) and the Gram matrix X X^T of the block's inputs. W
itself is touched once a block.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from ..activations import ACTIVATIONS, Activation
from ..compiled import specialised
from ..losses import LOSSES, Loss

BLOCK = 32  # samples a block; measured best of 16, 32, 64 over widths 20 ... 1000
INNER = 8  # samples whose mutual corrections are made one by one; the others go by matrix product
# Weights below this become zero: rows of dead neurons would decay to subnormals, 50 times slower.
TINY = 1e-150
HUGE = 1e8  # an output beyond this means that training diverged

# What the loops below call by these names; ``specialised`` puts those of other records there.
activate, loss_slope = ACTIVATIONS["relu"].at, LOSSES["huber"].at


def steps_of(activation: str, loss: str) -> Callable:
    """The loop of two records: f(W, a, b, X, y, steps, decay) -> position of a bad sample.

    Parameters
    ----------
    activation : str
        A name in ACTIVATIONS.
    loss : str
        A name in LOSSES.

    Returns
    -------
    callable
        Takes what ``sgd_steps`` takes, with steps (n,), all arrays C-contiguous; gives the
        position of the first bad sample, or -1.

    Raises
    ------
    KeyError
        For unknown names.
    """
    return _steps_of(ACTIVATIONS[activation], LOSSES[loss])


def outputs_of(activation: str) -> Callable:
    """The loop of a record: f(W, a, b, X) -> outputs of the network.

    Parameters
    ----------
    activation : str
        A name in ACTIVATIONS.

    Returns
    -------
    callable
        Gives (n,) outputs as TwoLayerNet does, without its temporary arrays.

    Raises
    ------
    KeyError
        For an unknown name.
    """
    return _outputs_of(ACTIVATIONS[activation])


@cache
def _steps_of(activation: Activation, loss: Loss) -> Callable:
    twin = partial(blocked_steps_numpy, activation, loss)
    return specialised(blocked_steps, twin, activate=activation.at, loss_slope=loss.at)


@cache
def _outputs_of(activation: Activation) -> Callable:
    return specialised(outputs, partial(outputs_numpy, activation), activate=activation.at)


def blocked_steps(W, a, b, X, y, steps, decay):
    """The loop that ``steps_of`` compiles: one SGD step a row of X, in blocks.

    Inside a block g[t] is such that W_t = scale_t (W_0 - sum_s g_s x_s^T). Copies are loops: slices
    that are assigned to or made contiguous double the time of compiling.

    Parameters
    ----------
    W : (m, d) ndarray
        First layer, changed in place.
    a : (m,) ndarray
        Second layer.
    b : (m,) ndarray
        Biases.
    X : (n, d) ndarray
        Inputs.
    y : (n,) ndarray
        Labels.
    steps : (n,) ndarray
        Width-free step sizes et_t.
    decay : float
        Width-free weight decay lam.

    Returns
    -------
    int
        Position of the first sample at which the output passed 1e8, or -1.
    """
    n, (m, d) = len(X), W.shape
    change, products, slopes = np.empty((m, d)), np.empty((BLOCK, m)), np.empty((BLOCK, m))
    grams, earlier = np.empty(BLOCK * BLOCK), np.empty(INNER * BLOCK)
    corrections = np.empty((INNER, m))
    start = 0
    while start < n:
        size = min(BLOCK, n - start)
        for t in range(start, start + size):
            if 1.0 - steps[t] * decay < 0.5:  # the factor below would underflow
                size = 1
        x = X[start : start + size]
        H, g, gram = products[:size], slopes[:size], grams[: size * size].reshape(size, size)
        np.dot(x, W.T, H)  # H[t] = W_0 x_t, corrected below to W_t x_t
        np.dot(x, x.T, gram)
        scale = 1.0
        for p in range(0, size, INNER):
            q = min(p + INNER, size)
            if p > 0:
                past, correction = earlier[: (q - p) * p].reshape(q - p, p), corrections[: q - p]
                for t in range(p, q):
                    for s in range(p):
                        past[t - p, s] = gram[t, s]
                np.dot(past, g[:p], correction)
                for t in range(p, q):
                    for j in range(m):
                        H[t, j] -= correction[t - p, j]
            for t in range(p, q):
                h, s = H[t], p
                while s + 4 <= t:
                    c0, c1, c2, c3 = gram[t, s], gram[t, s + 1], gram[t, s + 2], gram[t, s + 3]
                    for j in range(m):
                        h[j] -= (
                            c0 * g[s, j] + c1 * g[s + 1, j] + c2 * g[s + 2, j] + c3 * g[s + 3, j]
                        )
                    s += 4
                while s < t:
                    for j in range(m):
                        h[j] -= gram[t, s] * g[s, j]
                    s += 1
                yhat = 0.0
                for j in range(m):
                    value, g[t, j] = activate(scale * h[j] + b[j])
                    yhat += a[j] * value
                if not abs(yhat) < HUGE:
                    return start + t
                et = steps[start + t]
                factor = et * m * loss_slope(yhat, y[start + t])
                scale *= 1.0 - et * decay
                factor /= scale if size > 1 else 1.0  # otherwise scale may be zero
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


def blocked_steps_numpy(activation: Activation, loss: Loss, W, a, b, X, y, steps, decay) -> int:
    """The same as ``blocked_steps`` in NumPy, for where there is no Numba.

    Parameters
    ----------
    activation : Activation
        The record of the activation.
    loss : Loss
        The record of the loss.
    W : (m, d) ndarray
        First layer, changed in place.
    a : (m,) ndarray
        Second layer.
    b : (m,) ndarray
        Biases.
    X : (n, d) ndarray
        Inputs.
    y : (n,) ndarray
        Labels.
    steps : (n,) ndarray
        Width-free step sizes et_t.
    decay : float
        Width-free weight decay lam.

    Returns
    -------
    int
        Position of the first sample at which the output passed 1e8, or -1.
    """
    m = len(W)
    start = 0
    while start < len(X):
        size = min(BLOCK, len(X) - start)
        if (1.0 - steps[start : start + size] * decay < 0.5).any():
            size = 1
        x = X[start : start + size]
        H, gram, g, scale = x @ W.T, x @ x.T, np.empty((size, m)), 1.0
        for t in range(size):
            z = scale * (H[t] - gram[t, :t] @ g[:t]) + b
            yhat = a @ activation.value(z)
            if not abs(yhat) < HUGE:
                return start + t
            et = steps[start + t]
            factor = et * m * loss.slope(yhat, y[start + t])
            scale *= 1.0 - et * decay
            g[t] = (factor if size == 1 else factor / scale) * a * activation.slope(z)
        W *= scale
        W -= (1.0 if size == 1 else scale) * (g.T @ x)
        W[np.abs(W) <= TINY] = 0.0
        start += size
    return -1


def outputs(W, a, b, X):
    """The loop that ``outputs_of`` compiles: outputs of a network.

    Parameters
    ----------
    W : (m, d) ndarray
        First layer.
    a : (m,) ndarray
        Second layer.
    b : (m,) ndarray
        Biases.
    X : (n, d) ndarray
        Inputs.

    Returns
    -------
    (n,) ndarray
        One output a row.
    """
    n, m = X.shape[0], W.shape[0]
    yhat, products = np.zeros(n), np.empty((BLOCK, m))
    for start in range(0, n, BLOCK):
        size = min(BLOCK, n - start)
        np.dot(X[start : start + size], W.T, products[:size])
        for t in range(size):
            total = 0.0
            for j in range(m):
                total += a[j] * activate(products[t, j] + b[j])[0]
            yhat[start + t] = total
    return yhat


def outputs_numpy(activation: Activation, W, a, b, X) -> np.ndarray:
    """The same as ``outputs`` in NumPy.

    Parameters
    ----------
    activation : Activation
        The record of the activation.
    W : (m, d) ndarray
        First layer.
    a : (m,) ndarray
        Second layer.
    b : (m,) ndarray
        Biases.
    X : (n, d) ndarray
        Inputs.

    Returns
    -------
    (n,) ndarray
        One output a row.
    """
    blocks = (X[i : i + 256] for i in range(0, len(X), 256))  # they stay in cache
    return (
        np.concatenate([activation.value(x @ W.T + b) @ a for x in blocks])
        if len(X)
        else np.empty(0)
    )
