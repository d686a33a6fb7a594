"""Algorithm 1 of the paper, as the course runs it: online SGD on W, new biases, the second layer on the same samples.

What differs from the paper is said in ``algorithm1``. Taught in notebook 05.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .activations import ACTIVATIONS
from .compiled import compiled
from .engine.online import OnlineSGD
from .machine import single_threaded_blas
from .networks import TwoLayerNet
from .settings import Settings

DECAYS = np.geomspace(1e-8, 1.0, 17)  # of the second layer, in units of the mean |phi(x)|^2
PHASE_1 = {"weight_decay": 0.5, "step": 1.0, "schedule": "decreasing", "loss": "huber"}


@dataclass(frozen=True, eq=False)
class Learned:
    """What Algorithm 1 has learned; `learned(X)` predicts (n, d) -> (n,). Made by `algorithm1`.

    net : the trained network. delta : the biases were drawn from [-delta, delta].
    decay : weight decay lambda' of the second layer. validation_error : (decays,) from which it was chosen.
    """

    net: TwoLayerNet
    delta: float
    decay: float
    validation_error: np.ndarray = field(repr=False)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        return self.net(X)


def algorithm1(
    settings: Settings,
    X: np.ndarray,
    y: np.ndarray,
    reach: float = 3.0,
    second: str = "ridge",
    decays: np.ndarray = DECAYS,
    fraction: float = 0.2,
    passes: int = 1,
) -> Learned:
    """Learn a single-index target from n samples in the two phases of Algorithm 1; samples are counted once.

    Phase 1 feeds the samples to online SGD, in their order. The weight decay of phase 2 is chosen on the last samples,
    which W has not seen at that moment; then SGD takes these samples too, and phase 2 is solved on all of them.

    Phase 2 is the course's own; of the paper's it has the form only, SGD with weight decay on the second layer. Here the loss
    is the square loss whatever phase 1 used, the decay is validated, and "sgd" starts at zero, not at the second layer of
    phase 1, has steps of its own and returns the mean of its later steps.

    Parameters
    ----------
    settings : network and phase 1; ``settings.replace(**PHASE_1)`` has what the course uses. The labels are yours.
    X, y : (n, d) samples and (n,) labels.
    reach : half width Delta of the new biases, in units of the median row norm of W. It has to cover |<u, x>|.
    second : "ridge" solves phase 2, for the square loss, exactly; "sgd" goes to the same minimum in steps.
    decays : (decays,) of the second layer to choose from, in units of the mean |sigma(W x + b)|^2.
    fraction : share of the samples that validates.
    passes : "sgd" takes passes x n steps.

    Raises
    ------
    ValueError for an unknown ``second``, a reach that is not positive, or a split that leaves nothing; Diverged from
    phase 1.

    Source: Algorithm 1 of Mousavi-Hosseini et al. (2023). Taught in notebook 05.
    """
    if second not in ("ridge", "sgd"):
        raise ValueError(f"second = {second!r} is unknown: it must be 'ridge' or 'sgd'")
    if not 0 < reach < np.inf:
        raise ValueError(
            f"reach = {reach} is out of range: biases need a positive half width, try 3"
        )
    X, y, decays = (
        np.asarray(X, dtype=float),
        np.asarray(y, dtype=float),
        np.asarray(decays, dtype=float).reshape(-1),
    )
    held = round(fraction * len(X))
    if not 0 < held < len(X):
        raise ValueError(
            f"fraction = {fraction} of {len(X)} samples leaves nothing to fit or to validate: try 0.2"
        )
    rng = np.random.default_rng([settings.seed, 0xB1A5])
    places = rng.uniform(-1, 1, settings.width)  # of the biases, in units of Delta
    sim = OnlineSGD(settings, sampling="plain")
    with single_threaded_blas():
        sim.feed(X[:-held], y[:-held])
        before = with_new_biases(sim.net, reach, places)
        path = second_layer_ridge(features(before, X[:-held]), y[:-held], decays)
        error = np.mean((features(before, X[-held:]) @ path - y[-held:, None]) ** 2, axis=0)
        sim.feed(X[-held:], y[-held:])
        net = with_new_biases(sim.net, reach, places)
        F, best = features(net, X), float(decays[np.argmin(error)])
        a = (
            second_layer_ridge(F, y, [best])[:, 0]
            if second == "ridge"
            else second_layer_sgd(F, y, best, passes, rng)
        )
    size = float(np.einsum("nj,nj->", F, F) / len(F))
    return Learned(net.replace(a=a), float(np.abs(net.b / places).max()), best * size, error)


def with_new_biases(net: TwoLayerNet, reach: float, places: np.ndarray) -> TwoLayerNet:
    """New biases: Delta * places with Delta = reach times the median row norm, places (m,) in [-1, 1]."""
    return net.replace(b=reach * float(np.median(np.linalg.norm(net.W, axis=1))) * places)


def features(net: TwoLayerNet, X: np.ndarray) -> np.ndarray:
    """sigma(W x + b) for each sample, (n, d) -> (n, m)."""
    F = X @ net.W.T
    F += net.b
    return ACTIVATIONS[net.activation].value(F)


def second_layer_ridge(F: np.ndarray, y: np.ndarray, decays) -> np.ndarray:
    """Phase 2, solved: minimisers of mean (F a - y)^2 / 2 + decay mean|F_i|^2 |a|^2 / 2, an array (m, decays)."""
    n = len(F)
    values, vectors = np.linalg.eigh(F.T @ F / n)
    size = values.sum()  # mean |F_i|^2
    along = vectors.T @ (F.T @ y) / n
    return vectors @ (
        along[:, None] / (np.maximum(values, 0)[:, None] + size * np.asarray(decays, dtype=float))
    )


def second_layer_sgd(
    F: np.ndarray, y: np.ndarray, decay: float, passes: int, rng: np.random.Generator
) -> np.ndarray:
    """Phase 2 in steps: SGD from zero, samples drawn with replacement, square loss; mean of the second half of the steps.

    Loss, start, averaging and steps are the course's own (see ``algorithm1``). The step is 1 / (2 max|F_i|^2 + decay t / 2):
    safe at first, then decreasing as strong convexity allows.
    """
    squares = np.einsum("nj,nj->n", F, F)
    decay *= squares.mean()
    order = rng.integers(len(F), size=passes * len(F))
    return _second_layer_steps(np.ascontiguousarray(F), y, order, 2 * squares.max(), decay)


def _second_layer_steps_numpy(F, y, order, first, decay):
    a, mean, half = np.zeros(F.shape[1]), np.zeros(F.shape[1]), len(order) // 2
    for t, i in enumerate(order):
        step = 1.0 / (first + 0.5 * decay * t)
        a = (1.0 - step * decay) * a - step * (F[i] @ a - y[i]) * F[i]
        if t >= half:
            mean += (a - mean) / (t - half + 1)
    return mean


@compiled(otherwise=_second_layer_steps_numpy)
def _second_layer_steps(F, y, order, first, decay):
    width = F.shape[1]
    a, mean = np.zeros(width), np.zeros(width)
    half = len(order) // 2
    for t in range(len(order)):
        i = order[t]
        step = 1.0 / (first + 0.5 * decay * t)
        residual = -y[i]
        for j in range(width):
            residual += a[j] * F[i, j]
        for j in range(width):
            a[j] = (1.0 - step * decay) * a[j] - step * residual * F[i, j]
        if t >= half:
            for j in range(width):
                mean[j] += (a[j] - mean[j]) / (t - half + 1)
    return mean
