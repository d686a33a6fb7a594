"""What the theory says before and beside a run: thresholds, predicted curves, stationary points, order-parameter ODEs.

Risk R(W), loss l(yhat, y) with first derivative l_1 and second derivatives l_11, l_12; s_j = m a_j = +-1. Stein's lemma
turns the gradient into

    grad R = H W + D U,
    H = E[l_11 (a o sigma')(a o sigma')^T] + diag_j(a_j E[l_1 sigma''_j]),    D = E[l_12 (a o sigma') (grad g)^T],

so that W_perp <- (1 - et (m H + lam)) W_perp + noise. Most of this module follows from that line. Stein's lemma needs functions
that are weakly differentiable, with finite moments; sigma'' of ReLU is a delta function, and sign labels have no D.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg
from scipy.integrate import solve_ivp
from scipy.special import erf, expit, ndtr

from .machine import njit, single_threaded_blas
from .networks import ACTIVATIONS, TwoLayerNet, second_layer
from .risk import LOSSES
from .run import Run
from .settings import Settings
from .sgd import OnlineSGD, schedule
from .subspace import spectrum
from .targets import MultiIndexModel, gaussian_grid

SQRT_2PI = math.sqrt(2 * math.pi)
KINK = 1 / math.sqrt(2 * math.pi * math.e)
"""0.242: largest value of phi(b/r)/r over r > 0, times |b|. It is reached at r = |b|."""

SECOND_DERIVATIVES = {
    "tanh": lambda t: -2 * np.tanh(t) * (1 - np.tanh(t) ** 2),
    "erf": lambda t: -math.sqrt(2 / math.pi) * t * np.exp(-t * t / 2),
    "softplus": lambda t: expit(t) * expit(-t),
}
"""Name -> sigma'', elementwise. That of ReLU is a delta function and is dealt with apart."""

LARGEST_SECOND_DERIVATIVE = {"tanh": 4 / (3 * math.sqrt(3)), "erf": math.sqrt(2 / (math.pi * math.e)), "softplus": 0.25}
LARGEST_SLOPE = {"relu": 1.0, "tanh": 1.0, "erf": math.sqrt(2 / math.pi), "softplus": 1.0}
LARGEST_LOSS_SLOPE = {"huber": 1.0, "square": math.inf, "logistic": 1.0}
LARGEST_LOSS_CURVATURE = {"huber": 1.0, "square": 1.0, "logistic": 0.25}

LOSS_CURVATURES = {
    "huber": lambda yhat, y: (np.abs(yhat - y) < 1).astype(float),
    "square": lambda yhat, y: np.ones_like(yhat),
    "logistic": lambda yhat, y: expit(yhat) * expit(-yhat),
}
"""Name -> l_11. For residual losses l_12 = -l_11."""


# ----------------------------------------------------------------------------------------------------------------------
# Assumptions under which W_perp is sure to vanish
# ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Assumption:
    """One assumption of what notebook 02 derives: its name, whether these settings meet it, a sentence with the numbers."""

    name: str
    holds: bool
    text: str


def decay_threshold(settings: Settings, mean_loss_slope: float | None = None) -> float:
    """Width-free weight decay lam above which every direction of W_perp contracts on average, that is A > 0.

    smooth activation: E|l_1| sup|sigma''|, at the start.    ReLU: sup|l_1| * 0.242 / min_j |b_j|, at all times.

    Parameters
    ----------
    settings : what is run; its seed fixes the network.
    mean_loss_slope : the factor E|l_1| (smooth), or a bound of |l_1| (ReLU). Left out: E|l_1| of the untrained network,
        measured within about 1 % (smooth); the bound that the loss gives, 1 for Huber and logistic, none for square (ReLU).

    For a smooth activation the threshold holds at the start, and later as long as E|l_1| has not grown. For ReLU it is
    infinite without biases, and out of reach for b ~ N(0, 1), where min|b_j| is about 1/m. The condition is sufficient, not
    necessary: it bounds means by largest values. ValueError if mean_loss_slope is negative.
    Derived here from A = m H + lam I > 0. Taught in notebook 02.
    """
    if mean_loss_slope is not None and not mean_loss_slope >= 0:
        raise ValueError(f"mean_loss_slope = {mean_loss_slope} is impossible: a mean of |l'| is 0 or more")
    if settings.activation != "relu":
        slope = _untrained_loss_slope(settings) if mean_loss_slope is None else mean_loss_slope
        return slope * LARGEST_SECOND_DERIVATIVE[settings.activation]
    slope = LARGEST_LOSS_SLOPE[settings.loss] if mean_loss_slope is None else mean_loss_slope
    smallest = np.abs(_biases(settings)).min()
    return math.inf if smallest == 0 else float(slope * KINK / smallest)


def assumptions(settings: Settings, mean_loss_slope: float | None = None) -> list[Assumption]:
    """Which assumptions hold for these settings, each with a sentence that says what it means here.

    In order: decay above threshold (with it, and a small step, W_perp contracts: derived in notebook 02), step small enough,
    first Hermite coefficient not zero and k fits (with these the start has a signal and W has room for it: assumed here).
    They are the course's own; the paper's theorems may assume more or less. ``mean_loss_slope`` as in ``decay_threshold``.
    Takes about 0.1 s. Taught in notebook 02.
    """
    s = settings
    return [_about_decay(s, mean_loss_slope), _about_step(s), _about_signal(s), _about_size(s)]


def _about_decay(s: Settings, slope: float | None) -> Assumption:
    threshold, lam = decay_threshold(s, slope), s.weight_decay
    if lam > threshold:
        until = "" if s.activation == "relu" else " at the start, and later as long as the mean of |l'| has not grown"
        text = f"weight_decay = {lam:g} is above the threshold {threshold:.3g}: every direction of W_perp contracts{until}."
    elif lam == 0:
        text = f"weight_decay is 0 and the threshold is {threshold:.3g}: nothing is sure to make W_perp contract."
    else:
        text = (
            f"weight_decay = {lam:g} is not above the threshold {threshold:.3g} (sufficient, not necessary). "
            f"{_why_threshold(s, threshold)}"
        ).rstrip()
    return Assumption("decay above threshold", lam > threshold, text)


def _why_threshold(s: Settings, threshold: float) -> str:
    if s.activation != "relu":
        return f"It is the mean of |l'| at the start times sup|sigma''| = {LARGEST_SECOND_DERIVATIVE[s.activation]:.2f}."
    if s.bias == "none":
        return "Without biases the ReLU threshold is infinite; bias='away' makes it finite."
    if math.isinf(threshold):
        return "Square loss has no largest slope, so the threshold is infinite; try loss='huber'."
    b = np.abs(_biases(s))
    share = np.mean(s.weight_decay * b > threshold * b.min())
    near = "N(0, 1) puts the smallest bias near 1/width, out of reach; bias='away' brings the threshold to 0.24."
    return (
        f"It is sup|l'| x 0.242 / min|b_j| with min|b_j| = {b.min():.2g}; {share:.0%} of the neurons meet their own "
        f"condition. {near if threshold > 1 else ''}"
    ).rstrip()


def _about_step(s: Settings) -> Assumption:
    shrink = s.step / s.d * s.weight_decay
    overshoot = s.step * LARGEST_SLOPE[s.activation] ** 2 * LARGEST_LOSS_CURVATURE[s.loss]
    V = _start_squared_loss_slope(s) * _start_squared_slope(s)
    steady = s.schedule == "constant" and s.weight_decay > 0
    floor = noise_floor(s, V, s.weight_decay) if steady else 0.0
    if shrink >= 1:
        text = f"step x weight_decay / d = {shrink:.3g} must be below 1, or decay overshoots zero: lower either."
    elif overshoot >= 2:
        text = f"step = {s.step:g} overshoots its own sample: step sup sigma'^2 sup l'' = {overshoot:.3g}, not below 2."
    elif floor >= 1:
        text = f"The noise floor sqrt(step V / (2 lam)) = {floor:.2f} is above the start, 1: lower step or raise decay."
    else:
        end = f"a cautious guess of the noise floor is {floor:.2g}" if steady else (
            "decreasing steps leave no noise floor" if s.weight_decay > 0 else "without decay noise adds up, with no floor"
        )  # fmt: skip
        text = f"step x weight_decay / d = {shrink:.2g} is below 1, step = {s.step:g} does not overshoot, and {end}."
    return Assumption("step small enough", bool(shrink < 1 and overshoot < 2 and floor < 1), text)


def _about_signal(s: Settings) -> Assumption:
    direction, error = first_hermite(s)
    size = float(np.linalg.norm(direction))
    spread = error * math.sqrt(2**16 / s.k)  # of what the loss lets through
    holds = bool(size**2 > (0.02 * spread) ** 2 + (1 + 4 * math.sqrt(2 / s.k)) * error**2)  # five errors, or a fiftieth of it
    what = {"huber": "clipped label", "square": "label", "logistic": "label's sign"}[s.loss]
    exponent = None if callable(s.link) else s.target().link.exponent(s.k)
    if not holds:
        text = f"That of the {what} is zero (measured {size:.1g}): the first steps see no signal, and decay may win."
    elif exponent not in (None, 1):
        text = f"The link has information exponent {exponent}, but that of the {what} is {size:.2g}: exponent 1."
    else:
        one = " It is one direction; the others are found later, if at all." if s.k > 1 else ""
        text = f"That of the {what} is {size:.2g}: the gradient points into the subspace from the first step.{one}"
    return Assumption("first Hermite coefficient not zero", holds, text)


def _about_size(s: Settings) -> Assumption:
    if s.k == s.d:
        text = f"k = d = {s.d}: the subspace is the whole space, so W_perp is zero by definition. Raise d."
    elif s.k > s.width:
        text = f"k = {s.k} directions cannot be spanned by width = {s.width} neurons: raise width to at least {s.k}."
    else:
        text = f"k = {s.k} is below d = {s.d:,} and not above width = {s.width}: W can span the subspace."
    return Assumption("k fits", s.k < s.d and s.k <= s.width, text)


def first_hermite(settings: Settings, samples: int = 2**16) -> tuple[np.ndarray, float]:
    """First Hermite coefficients E[-l_1(0, y) z], (k,), of what the loss lets through, and the error of their norm.

    For square loss that is E[y z]. The Huber loss clips labels at +-1 first, which can change the information exponent.
    The mean over the label noise is exact, so that noise hides nothing.
    """
    k, half = settings.k, samples // 2
    Z = np.random.default_rng(0).standard_normal((half, k))
    Z = np.vstack([Z, -Z])  # even links give zero exactly
    slope = _mean_slopes(settings, settings.target().mean(Z))
    slope = np.where(np.ptp(slope) > 1e-12 * np.abs(slope).max(), slope - slope.mean(), 0.0)  # a constant is no signal
    return slope @ Z / len(Z), float(np.sqrt(k * (slope**2).mean() / len(Z)))


def _mean_slopes(s: Settings, g: np.ndarray) -> np.ndarray:
    """E[-l_1(0, y)] over the label noise, for noiseless values g (n,): the mean label, clipped label or half its sign."""
    if s.loss == "square":
        return g
    if s.loss == "logistic":
        return (ndtr(g / s.noise) if s.noise > 0 else g >= 0) - 0.5
    if s.noise == 0:
        return np.clip(g, -1, 1)
    above = lambda t: s.noise * (t * ndtr(t) + np.exp(-t * t / 2) / math.sqrt(2 * math.pi))  # noqa: E731  E max(y - c, 0)
    return above((g + 1) / s.noise) - above((g - 1) / s.noise) - 1


def _slopes_at_start(s: Settings, Z: np.ndarray) -> np.ndarray:
    """l_1 at output zero for projections Z."""
    y = s.target().labels(Z, np.random.default_rng(1))
    return LOSSES[s.loss][1](np.zeros(len(Z)), y)


def _start_squared_loss_slope(s: Settings) -> float:
    """E l_1^2 of a network whose output is zero."""
    return float((_slopes_at_start(s, np.random.default_rng(0).standard_normal((2**14, s.k))) ** 2).mean())


def _untrained_loss_slope(s: Settings) -> float:
    """E|l_1| of the untrained network. Its law hardly changes with d once d is large: from 10^6 weights on a smaller one."""
    few = min(s.d, max(100, s.k, 10**6 // s.width))
    target, net = s.replace(d=few).build()  # a and b are those of the network at hand, at any d
    X, y = target.sample(2**12, np.random.default_rng(0))
    return float(np.abs(LOSSES[s.loss][1](net(X), y)).mean())


def _start_squared_slope(s: Settings) -> float:
    """Mean over neurons of E sigma'(w.x + b)^2 for rows of norm 1."""
    z, weight = gaussian_grid(8.0, 16, 8)
    _, slope = ACTIVATIONS[s.activation]
    return float((slope(z + _biases(s)[:1000, None]) ** 2 @ weight).mean())


def _biases(s: Settings) -> np.ndarray:
    return second_layer(s.width, s.bias, s.generators()["network"])[1]


# ----------------------------------------------------------------------------------------------------------------------
# Stein's identity and stationary points
# ----------------------------------------------------------------------------------------------------------------------


def risk_gradient(net: TwoLayerNet, loss: str, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Gradient of the risk in W, E[a_j l_1 sigma'_j x], (m, d), averaged over samples X (n, d), y (n,)."""
    preactivation = X @ net.W.T + net.b
    sigma, slope = ACTIVATIONS[net.activation]
    l1 = LOSSES[loss][1](sigma(preactivation) @ net.a, y)
    return (net.a * slope(preactivation) * l1[:, None]).T @ X / len(X)


def stein_terms(
    net: TwoLayerNet, target: MultiIndexModel, loss: str, X: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """H (m, m) and D (m, k) of Stein's identity grad R = H W + D U, averaged over samples X (n, d), y (n,).

    H = E[l_11 (a o sigma')(a o sigma')^T] + diag_j(a_j E[l_1 sigma''_j]);   D = E[l_12 (a o sigma') (grad g)^T].

    For ReLU sigma'' is a delta function: its term is an average over inputs moved onto the kink of each neuron. The
    gradient of the link is taken by central differences. ValueError for sign labels, which have no gradient.
    Source: Stein's lemma; derived in notebook 02.
    """
    if target.sign_labels:
        raise ValueError("sign labels jump: they have no gradient, and D does not exist. Use loss='huber' or 'square'")
    slopes, _, l11 = _backward(net, loss, X, y)
    D = -(slopes * l11[:, None]).T @ _link_gradient(target, target.project(X)) / len(X)  # l_12 = -l_11
    return _curvature(slopes, l11, _bends(net, target, loss, X, y)), D


def stationary_point(
    net: TwoLayerNet, target: MultiIndexModel, loss: str, weight_decay: float,
    samples: int = 20_000, tolerance: float = 1e-8, iterations: int = 500, seed: int = 0,
) -> TwoLayerNet:  # fmt: skip
    """A stationary point of the regularised risk: W = -(H(W) + lambda I)^(-1) D(W) U, by damped fixed-point iteration.

    Parameters
    ----------
    net : where to start; its a, b and activation stay.
    target, loss : as in Settings; no sign labels.
    weight_decay : width-free lam; lambda = lam / m.
    samples : size of the fixed sample of inputs over which H and D are averaged.
    tolerance : stop when W / sqrt(m) moves less than this (Frobenius norm); at least 20 / samples for ReLU, whose
        averages over a finite sample jump.

    Every row of the result lies in the span of the directions: only the parallel part of ``net`` matters as a start.
    RuntimeError if the iteration does not settle. Taught in notebook 02.
    """
    if not weight_decay > 0:
        raise ValueError(f"weight_decay = {weight_decay} leaves H + lambda I singular: take a positive weight decay")
    m, inside = net.width, MultiIndexModel(np.eye(target.k), target.link, target.noise, sign_labels=target.sign_labels)
    X, y = inside.sample(samples, np.random.default_rng(seed))  # all that follows happens inside the subspace
    enough = max(tolerance, 20 / samples) if net.activation == "relu" else tolerance
    current = TwoLayerNet(parallel_part(net, target), net.a, net.b, net.activation)
    for _ in range(iterations):
        H, D = stein_terms(current, inside, loss, X, y)
        W = -np.linalg.solve(H + weight_decay / m * np.eye(m), D)
        change = np.linalg.norm(W - current.W) / math.sqrt(m)
        if change < enough:
            return net.replace(W=W @ target.directions, reduced_k=None)
        current = current.replace(W=(current.W + W) / 2)
    raise RuntimeError(
        f"the fixed-point iteration did not settle in {iterations} steps at weight_decay = {weight_decay:g} (it still "
        f"moves by {change:.1e}): H + lambda I is near singular. Raise weight_decay, or start from a trained network."
    )


def parallel_part(net: TwoLayerNet, target: MultiIndexModel) -> np.ndarray:
    """Coefficients W U^T of the rows on the directions, (m, k), for a net in input space or in reduced coordinates."""
    return net.W @ target.directions.T if net.reduced_k is None else net.W[:, : net.reduced_k]


def _backward(net: TwoLayerNet, loss: str, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """a o sigma' (n, m), l_1 (n,), l_11 (n,) on samples."""
    preactivation = X @ net.W.T + net.b
    sigma, slope = ACTIVATIONS[net.activation]
    yhat = sigma(preactivation) @ net.a
    return net.a * slope(preactivation), LOSSES[loss][1](yhat, y), LOSS_CURVATURES[loss](yhat, y)


def _curvature(slopes: np.ndarray, l11: np.ndarray, bends: np.ndarray) -> np.ndarray:
    """H = E[l_11 (a o sigma')(a o sigma')^T] + diag(bends), (m, m)."""
    return (slopes * l11[:, None]).T @ slopes / len(slopes) + np.diag(bends)


def _bends(net: TwoLayerNet, target: MultiIndexModel, loss: str, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """a_j E[l_1 sigma''_j], (m,)."""
    if net.activation == "relu":
        return net.a * _kink_means(net, target, loss, X, y)
    preactivation = X @ net.W.T + net.b
    l1 = LOSSES[loss][1](ACTIVATIONS[net.activation][0](preactivation) @ net.a, y)
    return net.a * (l1 @ SECOND_DERIVATIVES[net.activation](preactivation)) / len(X)


def _kink_means(net: TwoLayerNet, target: MultiIndexModel, loss: str, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """E[l_1 delta(<w_j, x> + b_j)], (m,): density of <w_j, x> at -b_j times the mean of l_1 over inputs moved there."""
    W, k = net.W, target.k
    gram, Z = W @ W.T, target.project(X)
    squared = np.maximum(gram.diagonal(), 1e-300)  # a row of zeros has density zero at its kink
    density = np.exp(-(net.b**2) / (2 * squared)) / np.sqrt(2 * np.pi * squared)
    density[gram.diagonal() < 1e-20] = 0.0
    near = np.flatnonzero(density > 1e-6)
    P = X @ W.T
    moves = np.ascontiguousarray(((P + net.b) / squared)[:, near])  # x - move w_j lies on the kink of neuron j
    yhat = _outputs_on_kinks(P + net.b, moves, gram[near], net.a)
    moved = Z[:, None] - moves[:, :, None] * parallel_part(net, target)[near]
    means = target.mean(moved.reshape(-1, k)).reshape(yhat.shape)
    if target.sign_labels:  # mean of l_1 over the label noise
        positive = ndtr(means / target.noise) if target.noise > 0 else (means >= 0)
        l1 = expit(yhat) - positive
    else:
        l1 = LOSSES[loss][1](yhat, means + (y - target.mean(Z))[:, None])
    bend = np.zeros(net.width)
    bend[near] = density[near] * l1.mean(0)
    return bend


@njit(cache=True, nogil=True, fastmath=True)
def _outputs_on_kinks(P, moves, gram, a):
    """ReLU outputs (n, j) when input i is moved along row j: its preactivations P[i] fall by moves[i, j] gram[j]."""
    out = np.zeros(moves.shape)
    for i in range(moves.shape[0]):
        for j in range(moves.shape[1]):
            for neuron in range(P.shape[1]):
                out[i, j] += a[neuron] * max(P[i, neuron] - moves[i, j] * gram[j, neuron], 0.0)
    return out


def _link_gradient(target: MultiIndexModel, Z: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Gradient of the link at projections Z, (n, k)."""
    sides = [(target.mean(Z + h * e) - target.mean(Z - h * e)) / (2 * h) for e in np.eye(target.k)]
    return np.stack(sides, axis=1)


# ----------------------------------------------------------------------------------------------------------------------
# Predicted W_perp
# ----------------------------------------------------------------------------------------------------------------------


def predicted_perpendicular(settings: Settings, samples: Sequence[int], start: float, V: float, gap: float) -> np.ndarray:
    """Predicted ||W_perp||_F / sqrt(m) at sample counts, (n,), by the recursion of notebook 02,

        q_{t+1} = (1 - et_t gap)^2 q_t + et_t^2 V (d - k),    q_t = ||W_perp||_F^2 / m.

    Parameters
    ----------
    settings : gives d, k and the step sizes et_t (constant or decreasing).
    samples : increasing sample counts; ``start`` is the value at the first of them.
    V : noise level, mean_j E[(l_1 sigma'_j)^2].
    gap : rate of contraction; lam minus the threshold, or measured (``noise_and_gap``).

    Exact when all directions contract at one rate, and an upper bound when none contracts more slowly; ``predict`` gives each
    its own. ValueError for impossible numbers. Derived here, in notebook 02.
    """
    samples = _increasing(samples)
    for name, value in (("start", start), ("V", V)):
        if not value >= 0:
            raise ValueError(f"{name} = {value} is impossible: it is the size of something, 0 or more")
    if not math.isfinite(gap):
        raise ValueError(f"gap = {gap} is not a rate of contraction: it must be a finite number")
    q = [float(start) ** 2]
    for t, after in zip(samples[:-1], samples[1:], strict=True):
        q.append(_recursion(q[-1], _steps(settings, t, after), gap, V * (settings.d - settings.k)))
    return np.sqrt(q)


def noise_floor(settings: Settings, V: float, gap: float) -> float:
    """Plateau of ||W_perp||_F / sqrt(m) under a constant step, sqrt(et V (d - k) / (2 gap - et gap^2)); inf if none."""
    et = settings.step / settings.d
    balance = 2 * gap - et * gap * gap
    return math.sqrt(et * V * (settings.d - settings.k) / balance) if balance > 0 else math.inf


def contraction_and_noise(
    net: TwoLayerNet, target: MultiIndexModel, loss: str, weight_decay: float, samples: int = 4000, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """What drives W_perp, measured on fresh samples: A = m H + lam I and C_ij = E[l_1^2 s_i sigma'_i s_j sigma'_j].

    Both are (m, m) and width-free. Each coordinate of x outside the subspace moves one column of W_perp, on average by
    -et A, with noise of covariance et^2 C. So M = W_perp W_perp^T obeys M <- (1 - et A) M (1 - et A) + et^2 (d - k) C.
    Works for a net in input space or in reduced coordinates. Taught in notebook 02.
    """
    inside = MultiIndexModel(np.eye(target.k, target.k + net.width), target.link, target.noise, sign_labels=target.sign_labels)
    par = parallel_part(net, target)
    rest = net.W - par @ target.directions if net.reduced_k is None else net.W[:, net.reduced_k :]
    coordinates = TwoLayerNet(np.hstack([par, _root(rest @ rest.T)]), net.a, net.b, net.activation)
    return _matrices(coordinates, inside, loss, weight_decay, samples, np.random.default_rng(seed))


def noise_and_gap(A: np.ndarray, C: np.ndarray) -> tuple[float, float]:
    """V = tr C / m = mean_j E[(l_1 sigma'_j)^2], and the one gap that gives the same plateau: tr C / tr(A^-1 C).

    Noise moves neurons together (C has rank one if all have equal slopes), in a direction that the loss's curvature
    contracts faster than the rest: so this gap is often above lam. It is 0 if a direction of W_perp grows.
    """
    if np.linalg.eigvalsh(A)[0] <= 0:
        return float(np.trace(C)) / len(C), 0.0
    return float(np.trace(C)) / len(C), float(np.trace(C) / np.trace(scipy.linalg.solve(A, C, assume_a="pos")))


class PerpendicularPrediction:
    """W_perp as theory predicts it, carried along beside a run that supplies nothing but its parallel part.

    M = W_perp W_perp^T follows M <- (1 - et A) M (1 - et A) + et^2 (d - k) C. A and C are averages over fresh samples
    for a network of the measured W_par and the *predicted* M, so that the measured W_perp enters at the start only.

    Parameters
    ----------
    settings : of the run; call ``change`` when noise, step, decay or schedule change.
    a, b : second layer and biases of the network, (m,).
    parallel : (m, k) coefficients on the directions at the start, and rows : (m,) norms of the rows of W_perp there.
    samples : sample count at the start.
    average : samples over which A and C are averaged.

    Networks wider than 256 are represented by 256 of their neurons (the averages converge as in mean-field theory).
    """

    WIDEST = 256

    def __init__(self, settings: Settings, a, b, parallel, rows, samples: int = 0, average: int = 2000):
        self._rng = np.random.default_rng(0)
        self._chosen = self._representatives(a, b)
        self._a = np.sign(a[self._chosen]) / len(self._chosen)
        self._b = b[self._chosen]
        rows = np.asarray(rows, dtype=float)
        start = float((rows**2).mean())
        chosen = rows[self._chosen] ** 2
        self._M = np.diag(chosen * (start / chosen.mean() if start > 0 else 1.0))
        self.settings, self.samples, self.average = settings, samples, average
        self._drivers = self._driven_by(parallel)

    def change(self, settings: Settings) -> None:
        """Go on with other settings (noise, step, weight decay, schedule), as ``OnlineSGD.change`` does."""
        self.settings = settings
        self._drivers = self._driven_by(self._parallel)

    @property
    def perpendicular(self) -> float:
        """Predicted ||W_perp||_F / sqrt(m) now."""
        return math.sqrt(max(np.trace(self._M), 0.0) / len(self._M))

    def advance(self, samples: Sequence[int], parallel: np.ndarray) -> np.ndarray:
        """Predicted ||W_perp||_F / sqrt(m) at increasing sample counts, given the parallel part (m, k) at the last.

        A and C are the means of their values at both ends (Heun's rule), so keep an advance below half the time passed.
        """
        begin, before = self._M, self._drivers
        times = _increasing(np.r_[self.samples, samples])
        with single_threaded_blas():
            self._M = self._follow(begin, *before, times)[0]
            self._drivers = self._driven_by(parallel)
            A, C = ((x + y) / 2 for x, y in zip(before, self._drivers, strict=True))
            self._M, traces = self._follow(begin, A, C, times)
        self.samples = int(times[-1])
        return np.sqrt(np.maximum(traces, 0.0) / len(begin))

    def at(self, t: int) -> float:
        """Predicted ||W_perp||_F / sqrt(m) at t samples, not before ``samples``, with A and C as they are now: a cheap look
        ahead between two advances.
        """
        if self._modes is None:
            noise = self._drivers[1] * (self.settings.d - self.settings.k)
            with single_threaded_blas():
                rates, basis = scipy.linalg.eigh(self._drivers[0])
                self._modes = rates, *(np.einsum("ij,ij->j", basis, X @ basis) for X in (self._M, noise))
        rates, M, C = self._modes
        for n, et in _equal_steps(self.settings, self.samples, t):
            f = 1 - et * rates
            M = _after_steps(M, C, f**2, f ** (2 * n), n, et)
        return math.sqrt(max(M.sum(), 0.0) / len(M))

    def _representatives(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Neurons at evenly spaced ranks of (sign of a, b): all of them, or WIDEST."""
        order = np.lexsort((b, np.sign(a)))
        return order[np.linspace(0, len(a) - 1, min(len(a), self.WIDEST)).round().astype(int)]

    def _driven_by(self, parallel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self._parallel = np.asarray(parallel, dtype=float)
        self._modes = None
        s, par = self.settings, self._parallel[self._chosen]
        target = MultiIndexModel(np.eye(s.k, s.k + len(par)), s.link, s.noise, sign_labels=s.sign_labels)
        net = TwoLayerNet(np.hstack([par, _root(self._M)]), self._a, self._b, s.activation)
        return _matrices(net, target, s.loss, s.weight_decay, self.average, self._rng)

    def _follow(self, M, A, C, times) -> tuple[np.ndarray, np.ndarray]:
        """M at the last of the times and its trace at all but the first, with A and C held fixed."""
        rates, basis = scipy.linalg.eigh(A)
        M, C = basis.T @ M @ basis, basis.T @ C @ basis * (self.settings.d - self.settings.k)
        traces = []
        for t, after in zip(times[:-1], times[1:], strict=True):
            for n, et in _equal_steps(self.settings, t, after):
                f = 1 - et * rates
                M = _after_steps(M, C, np.outer(f, f), np.outer(f**n, f**n), n, et)
            traces.append(np.trace(M))
        return basis @ M @ basis.T, np.array(traces)


def predict(run: Run, first: int = 0, average: int = 2000) -> np.ndarray:
    """Predicted ||W_perp||_F / sqrt(m) at every checkpoint of a run, shaped like ``run.perpendicular``.

    Parameters
    ----------
    run : a run of OnlineSGD, with its settings and final net.
    first : checkpoint at which the prediction starts from the measured value; nan before it.
    average : samples over which each pair of A and C is averaged.

    Of the run, only its start and W_par are used (``PerpendicularPrediction``); takes about a second for each seed.
    Needs checkpoints denser than a factor 1.5 apart. ValueError if the run holds no network. Taught in notebook 02.
    """
    if run.net is None or run.settings is None:
        raise ValueError("this run holds no network, so the prediction has nothing to measure; use a run of online_sgd")
    if run.seeds is None:
        return _predict_one(run, first, average)
    used = ("neurons", "parallel")
    each = (
        replace(run, settings=run.settings.replace(seed=run.seeds[i]), net=net, **{n: getattr(run, n)[i] for n in used})
        for i, net in enumerate(run.net)
    )
    return np.stack([_predict_one(one, first, average) for one in each])


def _predict_one(run: Run, first: int, average: int) -> np.ndarray:
    s, samples = run.settings, run.samples
    coefficients = _parallel_history(s, run.net, run.neurons, run.parallel)
    theory = PerpendicularPrediction(
        s, run.net.a, run.net.b, coefficients[first], run.neurons[first, :, -1], int(samples[first]), average
    )
    predicted = np.full(len(samples), np.nan)
    predicted[first] = theory.perpendicular
    shortest = 0.025 * s.d / s.step / (1 + s.weight_decay)
    last = first
    for i in range(first + 1, len(samples)):
        if samples[i] - samples[last] >= 0.4 * samples[last] + shortest or i == len(samples) - 1:
            predicted[last + 1 : i + 1] = theory.advance(samples[last + 1 : i + 1], coefficients[i])
            last = i
    return predicted


def _parallel_history(s: Settings, net: TwoLayerNet, neurons: np.ndarray, parallel: np.ndarray) -> np.ndarray:
    """W U^T at every checkpoint, (n, m, k).

    A run records the weights of each neuron on the first directions, and then its perpendicular norm. Columns that it
    leaves out are known at both ends and in total norm; between the ends their shape moves as the recorded ones do.
    """
    known = neurons[:, :, : min(s.k, neurons.shape[2] - 1)].astype(float)
    have = known.shape[2]
    if have == s.k:
        return known
    target = s.target()
    start = OnlineSGD(s, "plain" if net.reduced_k is None else "reduced").net
    moved = np.sqrt(((neurons - neurons[0]).astype(float) ** 2).sum((1, 2)))
    way = (moved / max(moved[-1], 1e-300))[:, None, None]
    rest = (1 - way) * parallel_part(start, target)[:, have:] + way * parallel_part(net, target)[:, have:]
    size = np.sqrt(np.maximum(parallel**2 * s.width - (known**2).sum((1, 2)), 0.0))
    return np.concatenate([known, rest * (size / np.sqrt((rest**2).sum((1, 2))))[:, None, None]], axis=2)


def _matrices(net, target, loss: str, weight_decay: float, samples: int, rng) -> tuple[np.ndarray, np.ndarray]:
    """A = m H + lam I and C from fresh samples; net and target in the same coordinates."""
    m = net.width
    X, y = target.sample(samples, rng)
    slopes, l1, l11 = _backward(net, loss, X, y)
    few = samples if net.activation != "relu" else max(1, samples // 4)  # a sample costs m times as much at the kinks
    H = _curvature(slopes, l11, _bends(net, target, loss, X[:few], y[:few]))
    noise = m * slopes * l1[:, None]
    return m * H + weight_decay * np.eye(m), noise.T @ noise / samples


def _root(M: np.ndarray) -> np.ndarray:
    """L with L L^T = M, (m, m), for positive semidefinite M: the symmetric one.

    Eigenvectors alone would do but for their signs, and for turns where eigenvalues are equal, which differ from one
    processor to the next; then fresh samples meet other coordinates there and averages over them differ by half a per cent.
    """
    values, vectors = scipy.linalg.eigh(M)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def _increasing(samples: Sequence[int]) -> np.ndarray:
    samples = np.atleast_1d(np.asarray(samples))
    if samples.ndim != 1 or len(samples) == 0 or samples[0] < 0 or (np.diff(samples) <= 0).any():
        raise ValueError("samples must be sample counts in increasing order, 0 or more, such as run.samples")
    return samples.astype(np.int64)


def _steps(settings: Settings, t: int, after: int):
    """Step sizes et_t ... et_{after - 1} in chunks that fit in memory."""
    for begin in range(int(t), int(after), 2**20):
        yield schedule(settings, np.arange(begin, min(begin + 2**20, int(after))))


def _equal_steps(settings: Settings, t: int, after: int):
    """(n, et): a stretch of steps as at most eight groups of n equal ones."""
    edges = np.unique(np.linspace(t, after, 2 if settings.schedule == "constant" else 9).astype(np.int64))
    for begin, end in zip(edges[:-1], edges[1:], strict=True):
        yield int(end - begin), float(schedule(settings, np.array((begin + end - 1) / 2)))


def _after_steps(M, C, once, all_steps, n: int, et: float):
    """Entries of M after n steps M <- once M + et^2 C; all_steps is once^n."""
    slow = np.abs(1 - once) < 1e-12
    return all_steps * M + et * et * C * np.where(slow, n, (1 - all_steps) / np.where(slow, 1.0, 1 - once))


def _recursion(q: float, steps, gap: float, noise: float) -> float:
    for chunk in steps:
        q = _recursion_chunk(q, chunk, gap, noise)
    return q


@njit(cache=True, nogil=True)
def _recursion_chunk(q, steps, gap, noise):
    for et in steps:
        q = (1 - et * gap) ** 2 * q + et * et * noise
    return q


# ----------------------------------------------------------------------------------------------------------------------
# Order-parameter equations of erf networks
# ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ErfLink:
    """g(z) = sum_n A_n erf(<v_n, z> / sqrt 2), a link for which the order parameters obey closed equations.

    vectors : K tuples of k numbers, the v_n. amplitudes : K numbers, the A_n. Use it as ``Settings(link=...)``.
    """

    vectors: tuple[tuple[float, ...], ...]
    amplitudes: tuple[float, ...]

    def __call__(self, Z: np.ndarray) -> np.ndarray:
        return erf(Z @ np.array(self.vectors).T / math.sqrt(2)) @ np.array(self.amplitudes)


def erf_link(k: int = 1, gain: float = 1.0) -> ErfLink:
    """The link sum_i erf(gain z_i / sqrt 2) / sqrt k."""
    if k < 1:
        raise ValueError(f"k = {k} is not a number of directions: it must be 1 or more")
    return ErfLink(tuple(map(tuple, (gain * np.eye(k)).tolist())), (1 / math.sqrt(k),) * k)


@dataclass(frozen=True, eq=False)
class OrderParameters:
    """The solution of the order-parameter equations, with the names and shapes of a Run.

    samples : (n,). R : (n, m, k), W U^T. Q : (n, m, m), W W^T. perpendicular, parallel, risk : (n,).
    angles : (n, k) radians. singular_values : (n, q).
    """

    settings: Settings
    samples: np.ndarray
    R: np.ndarray
    Q: np.ndarray
    perpendicular: np.ndarray
    parallel: np.ndarray
    angles: np.ndarray
    singular_values: np.ndarray
    risk: np.ndarray


def erf_ode(
    settings: Settings, samples: Sequence[int], net: TwoLayerNet | None = None, tolerance: float = 1e-5
) -> OrderParameters:
    """Order parameters of an erf network under SGD with weight decay, for all t: the limit of large d at fixed t/d.

    R = W U^T and Q = W W^T obey, in time t/d, with step = et d and g - yhat = sum_p c_p erf(field_p / sqrt 2) (c is A
    for the units of the link and -a for the neurons),

        dR_in = -step lam R_in + step s_i sum_p c_p I3(i, n, p)
        dQ_ik = -2 step lam Q_ik + step [s_i sum_p c_p I3(i, k, p) + (i <-> k)]
                + step^2 s_i s_k [sum_pq c_p c_q I4(i, k, p, q) + noise^2 J2(i, k)].

    Parameters
    ----------
    settings : activation 'erf', loss 'square', bias 'none', link an ErfLink or 'none'; either schedule.
    samples : increasing sample counts at which the solution is wanted; the equations start at 0.
    net : network at 0 samples; left out, the one that OnlineSGD(settings) starts from.
    tolerance : relative tolerance of scipy's solve_ivp.

    Time grows as width^4: a second at width 20. ValueError if the settings have no closed equations. Source: Saad and
    Solla 1995, Goldt et al. 2019; Q_perp = Q - R R^T derived here. Taught in notebook 02.
    """
    vectors, amplitudes = _teacher(settings)
    samples = _increasing(samples)
    net = OnlineSGD(settings).net if net is None else net
    target, m, k = settings.target(), net.width, settings.k
    R, Q = parallel_part(net, target), net.W @ net.W.T
    fields = _Fields(vectors, amplitudes, net.a)

    def change(time, state):
        et = float(schedule(settings, np.array(time * settings.d)))
        dR, dQ = fields.drift(state[: m * k].reshape(m, k), state[m * k :].reshape(m, m), settings, et * settings.d)
        return np.concatenate([dR.ravel(), dQ.ravel()])

    times = samples / settings.d
    start = np.concatenate([R.ravel(), Q.ravel()])
    end = max(times[-1], 1e-9)  # solve_ivp refuses an empty stretch of time
    with single_threaded_blas():
        solution = solve_ivp(change, (0.0, end), start, t_eval=times, rtol=tolerance, atol=tolerance / 100)
    if not solution.success:
        raise RuntimeError(f"the equations could not be solved ({solution.message}): lower step, now {settings.step:g}")
    states = solution.y.T
    R, Q = states[:, : m * k].reshape(-1, m, k), states[:, m * k :].reshape(-1, m, m)
    seen = [_observe(r, q) for r, q in zip(R, Q, strict=True)]
    perpendicular, parallel, angles, singular = (np.array(column) for column in zip(*seen, strict=True))
    risk = np.array([fields.risk(r, q) for r, q in zip(R, Q, strict=True)]) + settings.noise**2 / 2
    return OrderParameters(settings, samples, R, Q, perpendicular, parallel, angles, singular, risk)


def _teacher(s: Settings) -> tuple[np.ndarray, np.ndarray]:
    for name, wanted in (("activation", "erf"), ("loss", "square"), ("bias", "none")):
        if getattr(s, name) != wanted:
            raise ValueError(
                f"{name} = {getattr(s, name)!r} has no closed order-parameter equations: they need activation='erf', "
                f"loss='square', bias='none'. Try settings.replace({name}={wanted!r}), or use predict(run)."
            )
    if isinstance(s.link, ErfLink):
        return np.array(s.link.vectors, dtype=float), np.array(s.link.amplitudes, dtype=float)
    if s.link == "none":
        return np.zeros((0, s.k)), np.zeros(0)
    raise ValueError(f"link = {s.link!r} is no sum of erf units and has no closed equations: try link=erf_link({s.k})")


class _Fields:
    """Gaussian fields in the order: neurons <w_i, x>, directions z_n, units of the link <v_p, z>."""

    def __init__(self, vectors: np.ndarray, amplitudes: np.ndarray, a: np.ndarray):
        m, k, K = len(a), vectors.shape[1], len(amplitudes)
        self.vectors, self.signs = vectors, np.sign(a)
        self.neurons, self.linear = np.arange(m), np.arange(m + k)
        self.errors, self.c = np.r_[np.arange(m), m + k + np.arange(K)], np.r_[-a, amplitudes]
        self.i, self.j = np.triu_indices(m)
        p, q = np.triu_indices(len(self.c))
        self.p, self.q = self.errors[p], self.errors[q]
        self.pairs = self.c[p] * self.c[q] * np.where(p == q, 1.0, 2.0)

    def covariance(self, R: np.ndarray, Q: np.ndarray) -> np.ndarray:
        V = self.vectors
        return np.block([[Q, R, R @ V.T], [R.T, np.eye(R.shape[1]), V.T], [V @ R.T, V, V @ V.T]])

    def drift(self, R: np.ndarray, Q: np.ndarray, s: Settings, step: float) -> tuple[np.ndarray, np.ndarray]:
        """dR, dQ per unit of t/d."""
        C, m = self.covariance(R, Q), len(R)
        pull = I3(C, self.neurons[:, None, None], self.linear[:, None], self.errors) @ self.c * self.signs[:, None]
        spread = I4(C, self.i[:, None], self.j[:, None], self.p, self.q) @ self.pairs
        spread += s.noise**2 * J2(C, self.i, self.j)
        noise = np.zeros((m, m))
        noise[self.i, self.j] = noise[self.j, self.i] = self.signs[self.i] * self.signs[self.j] * spread
        dR = step * (pull[:, m:] - s.weight_decay * R)
        dQ = step * (pull[:, :m] + pull[:, :m].T - 2 * s.weight_decay * Q) + step**2 * noise
        return dR, dQ

    def risk(self, R: np.ndarray, Q: np.ndarray) -> float:
        """Half the mean squared error against the noiseless link."""
        return float(self.c @ I2(self.covariance(R, Q), self.errors[:, None], self.errors) @ self.c / 2)


def I2(C: np.ndarray, i, j) -> np.ndarray:
    """E[g(x_i) g(x_j)] with g(t) = erf(t / sqrt 2) and x Gaussian of covariance C; i, j index arrays that broadcast."""
    return 2 / math.pi * np.arcsin(C[i, j] / np.sqrt((1 + C[i, i]) * (1 + C[j, j])))


def J2(C: np.ndarray, i, j) -> np.ndarray:
    """E[g'(x_i) g'(x_j)], as ``I2``."""
    return 2 / math.pi / np.sqrt((1 + C[i, i]) * (1 + C[j, j]) - C[i, j] ** 2)


def I3(C: np.ndarray, i, j, p) -> np.ndarray:
    """E[g'(x_i) x_j g(x_p)], as ``I2``."""
    own = 1 + C[i, i]
    return 2 / math.pi * (C[j, p] - C[i, j] * C[i, p] / own) / np.sqrt(own * (1 + C[p, p]) - C[i, p] ** 2)


def I4(C: np.ndarray, i, j, p, q) -> np.ndarray:
    """E[g'(x_i) g'(x_j) g(x_p) g(x_q)], as ``I2``. Saad and Solla 1995, appendix."""
    ci, cj, cij = 1 + C[i, i], 1 + C[j, j], C[i, j]
    L4 = ci * cj - cij**2
    ip, iq, jp, jq = C[i, p], C[i, q], C[j, p], C[j, q]
    L0 = L4 * C[p, q] - jp * jq * ci - ip * iq * cj + cij * (ip * jq + iq * jp)
    L1 = L4 * (1 + C[p, p]) - jp**2 * ci - ip**2 * cj + 2 * cij * ip * jp
    L2 = L4 * (1 + C[q, q]) - jq**2 * ci - iq**2 * cj + 2 * cij * iq * jq
    ratio = np.clip(L0 / np.sqrt(L1 * L2), -1.0, 1.0)  # rounding can step over 1
    return 4 / math.pi**2 / np.sqrt(L4) * np.arcsin(ratio)


def _observe(R: np.ndarray, Q: np.ndarray) -> tuple[float, float, np.ndarray, np.ndarray]:
    """(W_perp, W_par, angles, singular values) of order parameters, from W = [R | L] with L L^T = Q - R R^T."""
    m, k = R.shape
    rest = Q - R @ R.T
    W = np.hstack([R, _root(rest)])
    angles, singular = spectrum(W, np.eye(k, k + m))
    return math.sqrt(max(np.trace(rest), 0.0) / m), float(np.linalg.norm(R) / math.sqrt(m)), angles, singular
