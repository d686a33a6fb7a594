"""Every solution passes, every stub and every typical mistake is told apart, check never raises."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from course_utils import hermite_coefficients, principal_angles
from course_utils.estimators import explained_share, phd
from course_utils.exercises import check, examine, exercises, find_exercise, hint

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
ALL = {id: exercise for chapter in range(9) for id, exercise in exercises(chapter).items()}


def define(source: str, name: str):
    """What a cell with this source defines under the name."""
    scope = {"np": np, "math": math}
    exec(source, scope)
    return scope[name]


def gaussian_rows(k, d, rng):
    return rng.standard_normal((k, d))


def only_normalised(k, d, rng):
    G = rng.standard_normal((k, d))
    return G / np.linalg.norm(G, axis=1, keepdims=True)


def own_generator(k, d, rng):
    return np.linalg.qr(np.random.default_rng().standard_normal((d, k)))[0].T


def uniform_entries(k, d, rng):
    return np.linalg.qr(rng.random((d, k)))[0].T


def product_of_squares(c, m, noise):
    j = np.arange(len(c))
    return np.sum(c**2 * m ** (2 * j)) / (np.sum(c**2) + noise**2)


def variances(X, y):
    return (X.T * (y - y.mean())) @ X / len(y)


def square_gradient(W, a, b, x, y):
    z = W @ x + b
    return (a @ np.maximum(z, 0) - y) * np.outer(len(W) * a * (z > 0), x)


def moved(keep, pull):
    """An answer to 2.1: ``keep(step, decay)`` times W, and ``pull`` steps along the gradient."""
    return lambda W, a, b, x, y, step, decay: (
        keep(step, decay) * W + pull * step * square_gradient(W, a, b, x, y)
    )


def every_neuron(W, a, b, x, y, step, decay):
    residual = a @ np.maximum(W @ x + b, 0) - y
    return (1 - step * decay) * W - step * residual * np.outer(len(W) * a, x)


def scaled(pull, shrink):
    """An answer to 7.1 with other factors of m at the gradient and at decay."""

    def answer(W, a, b, x, y, rate, decay):
        m, gradient = len(W), square_gradient(W, a, b, x, y) / len(W)
        return W - rate * (pull(m) * gradient + shrink(m) * decay * W)

    return answer


def density(t):
    return np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)


def unit(v):
    return v / np.linalg.norm(v)


def settled(S, u, A):
    return unit(np.linalg.solve(A, S @ u))


def degrees_to(g, u):
    return np.degrees(np.arccos(abs(g @ u) / np.linalg.norm(g)))


def plateau(d, et, decay, V):
    return np.sqrt(et * V * (d - 1) / (2 * decay - et * decay**2))


def from_svd(W, part):
    U, s, Vt = np.linalg.svd(W, full_matrices=False)
    return (U[:, part] * s[part]) @ Vt[part]


def left_out(W, k):
    return np.linalg.norm(np.linalg.svd(W)[1][k:])


def row_scales(A, codes):
    return np.abs(A).max(axis=1, keepdims=True) / codes


def three(seen, fresh):
    s, f = seen.mean(axis=1), fresh.mean(axis=1)
    return np.array([f[0] - f[1], f[1] - s[1], s[1] - s[0]])


def by_training_loss(s, f):
    return np.array([f[0] - s[0], s[0] - s[1], s[1] - s[0]])


def flips(X, eps, U, R, e):
    v = eps @ X / len(X)
    return R * np.linalg.norm(U @ v) + e * np.linalg.norm(v - U.T @ (U @ v))


def dimension(S, ridge):
    values = np.linalg.eigvalsh(S)
    return (values / (values + ridge)).sum()


def row_norms(W):
    return np.linalg.norm(W, axis=1)


def rule(T):
    return np.sqrt(2 * np.log(T)) + 1


def second_phase(delta=None, F=None, counted=True, decay=1.0, both=True):
    """An answer to 4.2 with other half widths, features, means or decay."""

    def answer(W, X, y, places, reach, lam):
        b = (delta or (lambda W, reach: reach * np.median(row_norms(W))))(W, reach) * places
        G = F(W, X, b) if F else np.maximum(X @ W.T + b, 0)
        n = len(y)
        A = G.T @ G / (n if counted else 1) + decay * lam * np.eye(len(W))
        return b, np.linalg.solve(A, G.T @ y / (n if both else 1))

    return answer


def crossed(pick):
    """An answer to 4.4: ``pick(T, r2, i, share)`` at the first crossing."""

    def answer(T, r2, level):
        i = np.argmax(r2 >= level)
        return pick(T, r2, i, (level - r2[i - 1]) / (r2[i] - r2[i - 1]))

    return answer


def last_crossing(T, r2, level):
    i = np.flatnonzero(r2 < level)[-1] + 1
    share = (level - r2[i - 1]) / (r2[i] - r2[i - 1])
    return T[i - 1] * (T[i] / T[i - 1]) ** share


def crossed_or(never):
    """An answer to 4.4 that is right inside, and says ``never(T)`` where there is no crossing."""

    def answer(T, r2, level):
        if r2.max() < level:
            return never(T)
        i = np.argmax(r2 >= level)
        low = max(i - 1, 0)
        return np.exp(np.interp(level, r2[low : i + 1], np.log(T[low : i + 1])))

    return answer


def pushed(residual=lambda r, y: np.clip(r, -1, 1), gate=lambda Z: Z > 0, scale=lambda a: 1):
    """An answer to 4.5 with another slope of the loss, of the neuron, or another factor."""

    def answer(W, a, b, X, y, u):
        Z = X @ W.T + b
        slope = residual(np.maximum(Z, 0) @ a - y, y) * (X @ u)
        return -scale(a) * len(a) * a * (slope @ gate(Z)) / len(y)

    return answer


def stepped(keep, slope, rate=lambda step: step):
    """An answer to 4.6: ``keep(step, decay)`` a - ``rate(step)`` ``slope(a . phi, y)`` phi."""
    return lambda a, phi, y, step, decay: (
        keep(step, decay) * a - rate(step) * slope(a @ phi, y) * phi
    )


def huber(yhat, y):
    return np.clip(yhat - y, -1, 1)


def shrunk(step, decay):
    return 1 - step * decay


def between(least, most, scale=lambda v, d: v / np.log(d[1] / d[0])):
    """An answer to 8.2 with other ends, or another scale."""
    return lambda d, samples: tuple(scale(f(*np.log(samples)), d) for f in (least, most))


def flattest(a, b):
    return b.min() - a.max()


def steepest(a, b):
    return b.max() - a.min()


def timed(there=lambda o, level: np.abs(o) >= level, never=np.inf, summed=np.median):
    """An answer to 8.3 with another line."""

    def answer(samples, overlaps, level):
        reached = there(overlaps, level)
        first = np.where(reached.any(axis=1), samples[np.argmax(reached, axis=1)], never)
        return summed(first)

    return answer


def six_runs(name="second / first", depths=(0, 2), seeds=(0, 1, 2), penalty=None, share=1.0):
    """An answer to 8.4 with another measure, other depths, seeds, or penalty."""

    def answer(one, asked):
        chosen = asked if penalty is None else penalty
        runs = [[one(i, layers=n, penalty=chosen, share=share) for i in seeds] for n in depths]
        return np.array([[run[name] for run in row] for row in runs])

    return answer


WRONG = {  # id: {answer: words that its diagnosis must hold}
    "1.1": [
        (lambda k, d, rng: np.linalg.qr(rng.standard_normal((d, k)))[0].T, "a sign is preferred"),
        (gaussian_rows, "length"),
        (only_normalised, "U U^T differs from I by"),
        (lambda k, d, rng: np.linalg.qr(rng.standard_normal((d, k)))[0], "transposed"),
        (lambda k, d, rng: np.eye(k, d), "nothing was drawn"),
        (own_generator, "not from np.random"),
        (uniform_entries, "preferred"),
        (lambda k, d, rng: np.eye(d)[rng.permutation(d)[:k]], "coordinate axes"),
    ],
    "1.2": [
        (lambda z: z**2, "mean E f(z) is 1"),
        (lambda z: 0.5 * (z**2 - 1) + z**3 / 3, "information exponent is 1"),
        (lambda z: (z**3 - 3 * z) / np.sqrt(6), "above 2"),
        (lambda z: (z**2 - 1) + z**3 - 3 * z, "variance is 8"),
        (lambda z: (z**2 - 1) / np.sqrt(2), "even"),
        (lambda z: 0.0, "shape (11,)"),
    ],
    "1.3": [
        (product_of_squares, "c_0 is the mean"),
        (
            lambda c, m, noise: (
                np.sum(c[1:] ** 2 * m ** np.arange(1, len(c))) / (np.sum(c[1:] ** 2) + noise**2)
            ),
            "square",
        ),
        (
            lambda c, m, noise: np.sum(c[1:] ** 2) * m**2 / (np.sum(c[1:] ** 2) + noise**2),
            "own power",
        ),
        (lambda c, m, noise: explained_share(c, m), "plus noise^2"),
        (lambda c, m, noise: explained_share(c, m, math.sqrt(noise)), "standard deviation"),
        (lambda c, m, noise: np.sum(c[1:] ** 2 * m ** (2 * np.arange(1, len(c)))), "divided by"),
    ],
    "1.4": [
        (lambda X, y, k: np.linalg.eigh(variances(X, y))[1][:, ::-1][:, :k].T, "without sign"),
        (lambda X, y, k: np.linalg.eigh((X.T * y) @ X / len(y))[1][:, -k:].T, "Subtract the mean"),
        (lambda X, y, k: np.linalg.qr((X.T @ y)[:, None] + X[:k].T)[0].T, "degrees from u"),
        (lambda X, y, k: np.linalg.eigh(variances(X, y))[1][:, :k], "transposed"),
        (lambda X, y, k: 2 * np.linalg.eigh(variances(X, y))[1][:, :k].T, "not orthonormal"),
    ],
    "1.5": [
        (lambda Z: Z[:, 0] + Z[:, 1] * Z[:, 2], "linear finds 1"),
        (lambda Z: Z[:, 0] * Z[:, 1], "Column 3"),
        (lambda Z: np.sign(Z[:, 0] * Z[:, 1]) + 0.01 * Z[:, 2] ** 2, "PHD finds"),
        (lambda Z: Z.prod(axis=1), "SAVE finds 3"),
        (lambda Z: np.zeros(len(Z)), "constant"),
    ],
    "2.1": [
        (moved(lambda step, decay: 1, -1), "Weight decay changes nothing"),
        (moved(lambda step, decay: 1 - decay, -1), "wrong amount"),
        (moved(lambda step, decay: 1 - step * decay, 1), "uphill"),
        (moved(lambda step, decay: 1 - step * decay, -0.2), "0.2 times"),
        (every_neuron, "silent"),
    ],
    "2.2": [
        (lambda W, U: W @ U.T @ U, "the part inside"),
        (lambda W, U: W, "still has weight"),
        (lambda W, U: 0 * W, "do not add up"),
        (lambda W, U: W @ U.T, "shape"),
    ],
    "2.3": [
        (lambda W, U: principal_angles(W, U)[0], "radians"),
        (lambda W, U: np.degrees(principal_angles(W, U)[-1]), "smallest"),
        (lambda W, U: np.degrees(principal_angles(W[: len(U)], U)[0]), "first k rows"),
        (lambda W, U: 45.0, "Found 45 degrees"),
    ],
    "2.4": [
        (lambda d, step, decay, V: plateau(d, step / d, decay, V) ** 2, "squared norm"),
        (
            lambda d, step, decay, V: plateau(d, step / d, decay, V) * np.sqrt(d),
            "sqrt(d) too large",
        ),
        (lambda d, step, decay, V: plateau(d, step / d, decay, V) * np.sqrt(2), "sqrt 2 too large"),
        (lambda d, step, decay, V: 1.0, "expected"),
    ],
    "3.1": [
        (lambda L: L[0, 0].mean() - L[0, 1].mean() + L[1, 1].mean() - L[1, 0].mean(), "expected"),
        (lambda L: (L[0, 0] - L[0, 1] + L[1, 1] - L[1, 0]).mean() / 2, "turned round"),
        (lambda L: (L[0, 1] - L[0, 0] + L[1, 0] - L[1, 1]).mean(), "sum of two gaps"),
        (lambda L: (L[0, 1] - L[0, 0]).mean(), "one run alone"),
        (lambda L: (L[0, 1] - L[0, 0] + L[1, 1] - L[1, 0]).mean() / 2, "trained on set 1"),
        (lambda L: L[0, 1] - L[0, 0], "shape"),
    ],
    "3.2": [
        (lambda c, d, sd: c * d / sd, "square root of the right"),
        (lambda c, d, sd: c * d / sd**2, "Square all of it"),
        (lambda c, d, sd: (sd / (c * d)) ** 2, "upside down"),
        (lambda c, d, sd: 2 * d**2, "They should be equal"),
    ],
    "3.3": [
        (lambda A, C, d, T: d / T * np.trace(np.linalg.solve(A, C)), "1/m"),
        (lambda A, C, d, T: np.trace(np.linalg.solve(A, C)) / len(A) / T, "factor d"),
        (lambda A, C, d, T: d * np.trace(np.linalg.solve(A, C)) / len(A), "falls with T"),
        (lambda A, C, d, T: d / T * np.trace(A @ C) / len(A), "tr(A C)"),
        (lambda A, C, d, T: d / T * np.trace(C / A) / len(A), "entry by entry"),
        (lambda A, C, d, T: d / T * np.linalg.solve(A, C).sum() / len(A), "sums all entries"),
        (lambda A, C, d, T: d / T, "expected"),
    ],
    "3.4": [
        (lambda s, f: three(s, f)[::-1], "another order"),
        (lambda s, f: -three(s, f), "turned round"),
        (lambda s, f: three(s, f) * [1, 1, -1], "starts where the last one ended"),
        (lambda s, f: three(s, f) + [0.1, -0.1, 0], "Term 0 is off"),
        (lambda s, f: by_training_loss(s.mean(axis=1), f.mean(axis=1)), "does not pass"),
        (lambda s, f: three(s, f).sum(), "shape"),
    ],
    "3.5": [
        (lambda X, eps, U, R, e: len(X) * flips(X, eps, U, R, e), "divide by T"),
        (lambda X, eps, U, R, e: (R + e) * np.linalg.norm(eps @ X / len(X)), "of their own"),
        (lambda X, eps, U, R, e: flips(X, eps, U, e, R), "exchanged"),
        (lambda X, eps, U, R, e: flips(X, eps, U, R, 0), "outside the span of U is missing"),
        (
            lambda X, eps, U, R, e: np.hypot(flips(X, eps, U, R, 0), flips(X, eps, U, 0, e)),
            "add up",
        ),
        (lambda X, eps, U, R, e: flips(X, eps, U, R**2, e**2), "not R^2"),
        (lambda X, eps, U, R, e: R * np.linalg.norm(X @ U.T, axis=1).mean(), "signs allow"),
    ],
    "3.6": [
        (lambda F, ridge: dimension(F.T @ F, ridge), "divide F^T F"),
        (lambda F, ridge: F.shape[1] - dimension(F.T @ F / len(F), ridge), "takes away"),
        (lambda F, ridge: (v := np.trace(F.T @ F / len(F))) / (v + ridge), "share s"),
        (lambda F, ridge: dimension(F.T @ F / len(F), ridge) / F.shape[1], "do not average"),
        (lambda F, ridge: F.shape[1], "number of features"),
        (lambda F, ridge: 1.5, "expected"),
    ],
    "4.1": [
        (lambda W, T: (rule(T) - 1) * np.median(row_norms(W)), "only just"),
        (lambda W, T: rule(T), "no factor"),
        (lambda W, T: rule(T) * row_norms(W).max(), "One long row"),
        (lambda W, T: rule(T) * row_norms(W).mean(), "The mean feels"),
        (lambda W, T: rule(T) * np.median(row_norms(W.T)), "norms of the columns"),
        (lambda W, T: rule(T) * np.linalg.norm(W), "whole matrix"),
        (lambda W, T: (np.sqrt(np.log(T)) + 1) * np.median(row_norms(W)), "factor 2"),
        (lambda W, T: (np.sqrt(2 * np.log10(T)) + 1) * np.median(row_norms(W)), "np.log"),
        (lambda W, T: rule(T) * row_norms(W), "shape"),
        (lambda W, T: 3 * np.median(row_norms(W)), "expected"),
    ],
    "4.2": [
        (second_phase(lambda W, reach: reach * np.linalg.norm(W)), "First bug, still there"),
        (second_phase(lambda W, reach: reach * row_norms(W)), "one Delta serves all"),
        (second_phase(lambda W, reach: reach), "do not scale with W"),
        (second_phase(lambda W, reach: reach * row_norms(W).mean()), "not the mean"),
        (
            lambda W, X, y, p, reach, lam: second_phase()(W, X, y, np.abs(p), reach, lam),
            "All biases are positive",
        ),
        (second_phase(lambda W, reach: 2 * reach), "b["),
        (second_phase(F=lambda W, X, b: np.maximum(X @ W.T, 0) + b), "Second bug"),
        (second_phase(counted=False), "Third bug"),
        (second_phase(counted=False, both=False), "Neither is a mean"),
        (
            second_phase(F=lambda W, X, b: np.maximum(X @ W.T, 0) + b, counted=False),
            "Two bugs",
        ),
        (second_phase(decay=0), "Decay is missing"),
        (second_phase(F=lambda W, X, b: X @ W.T + b), "linear network"),
        (second_phase(decay=3), "a["),
        (lambda W, X, y, p, reach, lam: second_phase()(W, X, y, p, reach, lam)[1], "two things"),
    ],
    "4.3": [
        (lambda c: np.arange(len(c)) @ c**2 / np.sum(c**2), "no part of the variance"),
        (lambda c: np.arange(len(c)) @ c**2, "Divide it by the variance"),
        (lambda c: np.arange(len(c)) ** 2 @ c**2 / np.sum(c[1:] ** 2), "counts once"),
        (lambda c: np.arange(len(c)) @ np.abs(c) / np.sum(np.abs(c[1:])), "Square the"),
        (lambda c: 2 * np.arange(len(c)) @ c**2 / np.sum(c[1:] ** 2), "not with 2j"),
        (lambda c: np.arange(1, len(c) + 1) @ c**2 / np.sum(c[1:] ** 2), "begin at 0"),
        (lambda c: len(c) - 1, "expected"),
    ],
    "4.4": [
        (crossed(lambda T, r2, i, share: T[i]), "first measured T"),
        (crossed(lambda T, r2, i, share: T[i - 1]), "the T before"),
        (crossed(lambda T, r2, i, share: T[i - 1] + share * (T[i] - T[i - 1])), "in T."),
        (last_crossing, "last crossing"),
        (
            crossed(lambda T, r2, i, share: np.log(T[i - 1]) + share * np.log(T[i] / T[i - 1])),
            "That is a logarithm",
        ),
        (lambda T, r2, level: 100.0, "of the way in log T"),
        (crossed_or(lambda T: T[-1]), "answer np.inf"),
        (
            lambda T, r2, level: (
                50.0 if r2[0] >= level else crossed_or(lambda T: np.inf)(T, r2, level)
            ),
            "answer its T: 100",
        ),
    ],
    "4.5": [
        (pushed(scale=lambda a: -1), "turned round"),
        (pushed(lambda r, y: r), "square loss"),
        (pushed(gate=np.ones_like), "Every neuron is counted"),
        (pushed(gate=lambda Z: np.maximum(Z, 0)), "you have its value"),
        (pushed(scale=lambda a: 1 / (len(a) * a)), "sign s_j"),
        (pushed(scale=lambda a: 1 / len(a)), "s_j = m a_j, which is"),
        (pushed(lambda r, y: np.clip(-y, -1, 1)), "missing in the residual"),
        (pushed(scale=lambda a: 60), "not the mean"),
        (pushed(scale=lambda a: 2), "push["),
    ],
    "4.6": [
        (stepped(lambda step, decay: 1, huber), "changes nothing"),
        (stepped(lambda step, decay: 1 - decay, huber), "wrong amount"),
        (stepped(shrunk, lambda yhat, y: -huber(yhat, y)), "uphill"),
        (stepped(shrunk, lambda yhat, y: huber(yhat, 0)), "label is missing"),
        (stepped(shrunk, huber, lambda step: 1), "without its step size"),
        (stepped(shrunk, lambda yhat, y: yhat - y), "square loss"),
        (stepped(shrunk, lambda yhat, y: 0.5 * huber(yhat, y)), "] becomes"),
    ],
    "5.1": [
        (lambda K, y, T, ridge: T @ np.linalg.solve(K, y), "no effect"),
        (
            lambda K, y, T, ridge: T @ np.linalg.solve(K + len(K) * ridge * np.eye(len(K)), y),
            "multiplied by n",
        ),
        (lambda K, y, T, ridge: T @ np.linalg.solve(K + ridge, y), "every entry"),
        (lambda K, y, T, ridge: T @ y, "K_test y"),
        (lambda K, y, T, ridge: np.linalg.solve(K + ridge * np.eye(len(K)), y), "shape (3,)"),
    ],
    "5.2": [
        (
            lambda W, a, b, X: (a * (X @ W.T + b > 0)) @ (a * (X @ W.T + b > 0)).T,
            "<x, z> is missing",
        ),
        (
            lambda W, a, b, X: (X @ X.T) * ((X @ W.T + b > 0) @ (1.0 * (X @ W.T + b > 0)).T),
            "second layer is missing",
        ),
        (
            lambda W, a, b, X: (X @ X.T) * ((F := a * np.maximum(X @ W.T + b, 0)) @ F.T),
            "slope sigma'(u)",
        ),
        (lambda W, a, b, X: (F := np.maximum(X @ W.T + b, 0)) @ F.T, "training the second layer"),
        (lambda W, a, b, X: (X @ X.T) @ ((S := a * (X @ W.T + b > 0)) @ S.T), "entry by entry"),
    ],
    "5.3": [
        (lambda c: c[1] ** 2 / np.sum(c**2), "mean c_0"),
        (lambda c: c[1] ** 2, "whole variance"),
        (lambda c: 1 - c[1] ** 2 / np.sum(c[1:] ** 2), "leaves over"),
        (lambda c: abs(c[1]) / np.sqrt(np.sum(c[1:] ** 2)), "correlation"),
    ],
    "5.4": [
        (lambda n, d: np.log(n) / np.log(d), "round down"),
        (lambda n, d: np.ceil(np.log(n) / np.log(d)), "not learned yet"),
        (lambda n, d: n / d, "samples a dimension"),
        (lambda n, d: np.rint(np.log(n) / np.log(d) - 0.9), "expected"),
    ],
    "5.5": [
        (lambda K, y: y @ K @ y, "y^T K y"),
        (lambda K, y: y @ K @ y / (np.linalg.norm(K) * np.linalg.norm(y)), "not |y|"),
        (lambda K, y: y @ K @ y / (np.linalg.norm(K, 2) * (y @ y)), "Frobenius"),
        (lambda K, y: 1.0, "expected"),
    ],
    "6.1": [
        (
            lambda W, k: np.linalg.svd(W, full_matrices=False)[0][:, :k] @ np.linalg.svd(W)[2][:k],
            "singular values are missing",
        ),
        (lambda W, k: W, "rank 5 where 2"),
        (lambda W, k: from_svd(W, slice(-k, None)), "smallest singular values"),
        (
            lambda W, k: W[:, :k] @ np.linalg.lstsq(W[:, :k], W, rcond=None)[0],
            "can come as near as",
        ),
        (lambda W, k: np.linalg.svd(W)[2][:k], "shape"),
    ],
    "6.2": [
        (lambda W, k: left_out(W, k) / np.sqrt(len(W)), "not 1"),
        (lambda W, k: left_out(W, k) * np.sqrt(2 / np.pi), "sqrt(m) too large"),
        (
            lambda W, k: np.linalg.norm(from_svd(W, slice(k))) * np.sqrt(2 / np.pi / len(W)),
            "what is kept",
        ),
        (lambda W, k: np.linalg.svd(W)[1][k] * np.sqrt(2 / np.pi / len(W)), "first singular value"),
        (lambda W, k: 0.0, "expected"),
    ],
    "6.3": [
        (lambda m, d: m * d / (m + d), "round down"),
        (lambda m, d: min(m, d), "min(m, d)"),
        (lambda m, d: m * d // (m + d), "as many"),
        (lambda m, d: (m * d - 1) // (m + d) + 1, "you say 67, yet"),
        (lambda m, d: (m * d - 1) // (m + d) - 1, "saves numbers too"),
    ],
    "6.4": [
        (
            lambda A: (
                np.rint(A / np.abs(A).max() * 127).astype(np.int8),
                0 * A[:, :1] + np.abs(A).max() / 127,
            ),
            "One scale",
        ),
        (
            lambda A: (np.rint(A / row_scales(A, 1)).astype(np.int8), row_scales(A, 1)),
            "divide by 127",
        ),
        (
            lambda A: (
                np.rint(A / row_scales(A, 255)).astype(np.int64).astype(np.int8),
                row_scales(A, 255),
            ),
            "127 units",
        ),
        (lambda A: ((A / row_scales(A, 127)).astype(np.int8), row_scales(A, 127)), "round first"),
        (lambda A: (np.rint(A / row_scales(A, 127)), row_scales(A, 127)), "int8, one byte"),
        (lambda A: np.rint(A / row_scales(A, 127)).astype(np.int8), "two things"),
        (
            lambda A: (np.rint(A / row_scales(A, 127)).astype(np.int8), row_scales(A, 127)[:, 0]),
            "shape",
        ),
    ],
    "7.1": [
        (scaled(lambda m: 1, lambda m: 1), "First bug, still there"),
        (scaled(lambda m: m, lambda m: m), "Second bug"),
        (scaled(lambda m: 1, lambda m: 1 / m), "nothing moves at all"),
        (scaled(lambda m: m, lambda m: 1 / m), "nothing makes W_perp small"),
        (scaled(lambda m: m, lambda m: 0), "decay is missing"),
        (scaled(lambda m: -m, lambda m: 1), "uphill"),
        (scaled(lambda m: m**2, lambda m: 1), "expected"),
        (lambda W, a, b, x, y, rate, decay: W[0], "shape (6, 3)"),
    ],
    "7.2": [
        (lambda r, b, decay: density(b / r) / r - decay, "relative rate"),
        (lambda r, b, decay: density(b / r) - decay, "in proportion to its length"),
        (lambda r, b, decay: density(r / b) - decay * r, "not r / |b|"),
        (lambda r, b, decay: density(b * r) - decay * r, "divide, do not multiply"),
        (lambda r, b, decay: np.exp(-((b / r) ** 2) / 2) - decay * r, "1 / sqrt(2 pi) is missing"),
        (
            lambda r, b, decay: np.exp(-((b / r) ** 2)) / np.sqrt(2 * np.pi) - decay * r,
            "or its half",
        ),
        (lambda r, b, decay: -density(b / r) - decay * r, "sign of decay"),
        (lambda r, b, decay: density(b / r), "Decay is missing"),
        (lambda r, b, decay: 0.0, "expected"),
    ],
    "7.3": [
        (lambda c, error: 0 if abs(c[0]) > error else 1, "counts from degree 1"),
        (
            lambda c, error: f[0] if len(f := np.flatnonzero(np.abs(c[1:]) > error)) else np.inf,
            "counts from degree 1",
        ),
        (
            lambda c, error: 1 + np.argmax(np.abs(c[1:])) if np.abs(c[1:]).max() else np.inf,
            "largest coefficient",
        ),
        (
            lambda c, error: f[0] + 1 if len(f := np.flatnonzero(np.abs(c[1:]) > 0)) else np.inf,
            "within the error",
        ),
        (
            lambda c, error: f[0] + 1 if len(f := np.flatnonzero(c[1:] > error)) else np.inf,
            "take np.abs",
        ),
        (
            lambda c, error: f[0] + 1 if len(f := np.flatnonzero(np.abs(c[1:]) > error)) else 0,
            "no degree counts",
        ),
    ],
    "7.4": [
        (lambda S, u, h, lam: np.linalg.solve(h * S + lam * np.eye(4), S @ u), "unit vector"),
        (lambda S, u, h, lam: u, "without decay"),
        (lambda S, u, h, lam: unit(S @ u), "limit of strong decay"),
        (lambda S, u, h, lam: unit(np.linalg.solve(h * S + lam * np.eye(4), u)), "by S: solve"),
        (lambda S, u, h, lam: unit((h * S + lam * np.eye(4)) @ S @ u), "solve with it"),
        (lambda S, u, h, lam: settled(S, u, h * np.eye(4) + lam * S), "exchanged"),
        (lambda S, u, h, lam: settled(S, u, h * S + lam), "every entry"),
        (
            lambda S, u, h, lam: unit(
                np.linalg.solve(h * S + lam * np.eye(4), np.linalg.solve(S, u))
            ),
            "should multiply",
        ),
        (lambda S, u, h, lam: -settled(S, u, h * S + lam * np.eye(4)), "turned round"),
        (lambda S, u, h, lam: unit(u + S @ u), "expected"),
    ],
    "7.5": [
        (lambda X, y, u: degrees_to(y @ X, u), "not clipped"),
        (lambda X, y, u: np.radians(degrees_to(np.clip(y, -1, 1) @ X, u)), "in radians"),
        (lambda X, y, u: np.cos(np.radians(degrees_to(np.clip(y, -1, 1) @ X, u))), "the cosine"),
        (
            lambda X, y, u: np.degrees(np.arccos(abs(np.clip(y, -1, 1) @ X @ u) / len(X))),
            "by the norm of g",
        ),
        (lambda X, y, u: degrees_to(np.clip(y, -1, 1) @ X, np.eye(3)[0]), "first axis"),
        (lambda X, y, u: degrees_to(np.sign(y) @ X, u), "the sign of y"),
        (lambda X, y, u: 17.0, "expected"),
    ],
    "8.1": [
        (lambda s, p0, step: np.log(s / p0 - 1) / (2 * s), "time of the flow"),
        (lambda s, p0, step: np.log(s / p0 - 1) / (s * step), "both grow"),
        (lambda s, p0, step: np.log(s / p0 - 1) * step / (2 * s), "shorter steps"),
        (lambda s, p0, step: np.log(s / (2 * p0)) / (2 * s * step), "without an end"),
        (lambda s, p0, step: np.log(s / p0) / (2 * s * step), "odds p / (s - p) are 1"),
        (lambda s, p0, step: np.log(s / p0 - 1) / (2 * step), "rate is missing"),
        (lambda s, p0, step: -np.log(s / p0 - 1) / (2 * s * step), "sign"),
        (lambda s, p0, step: 7.0, "expected"),
    ],
    "8.2": [
        (
            between(lambda a, b: (b - a).min(), lambda a, b: (b - a).max()),
            "nothing in common with seed 0",
        ),
        (between(steepest, flattest), "turned round"),
        (between(flattest, steepest, lambda v, d: np.exp(v)), "ratios of samples"),
        (between(flattest, steepest, lambda v, d: v), "logarithms of ratios"),
        (between(flattest, steepest, lambda v, d: v * d[0] / d[1]), "by the ratio of d"),
        (
            between(lambda a, b: b.min() - a.min(), lambda a, b: b.max() - a.max()),
            "the flattest line that seeds allow",
        ),
        (between(*[lambda a, b: np.median(b) - np.median(a)] * 2), "one slope, twice"),
        (lambda d, samples: 1.19, "two numbers"),
        (lambda d, samples: (1.0, 2.0), "expected"),
    ],
    "8.3": [
        (timed(lambda o, level: o >= level), "First line"),
        (timed(summed=np.mean), "Third line"),
        (timed(never=100), "Second line"),
        (timed(summed=lambda t: np.median(t[np.isfinite(t)])), "the lucky ones"),
        (timed(never=1600), "you say 1600"),
        (timed(summed=np.max), "not 1600"),
        (timed(summed=lambda t: t), "one number"),
        (timed(summed=lambda t: np.nan), "nan"),
    ],
    "8.4": [
        (lambda one, penalty: np.zeros((2, 3)), "not called"),
        (six_runs(penalty=4e-3), "hand penalty on"),
        (six_runs(depths=(2,)), "compares 0 and 2"),
        (six_runs(seeds=(0, 0, 0)), "spread"),
        (six_runs("R2"), "how well it fits"),
        (six_runs("angle"), "took the angle"),
        (six_runs(depths=(2, 0)), "turned round"),
        (lambda one, penalty: six_runs()(one, penalty).T, "transposed"),
        (lambda one, penalty: six_runs()(one, penalty).mean(axis=1), "shape (2, 3)"),
        (lambda one, penalty: 2 * six_runs()(one, penalty), "no mean"),
    ],
}


FAILS = {  # id: the property that each of these must fail, where there are several
    "1.1": (
        "no direction is preferred",
        "rows have length 1",
        "rows are orthogonal",
        "the shape is (k, d)",
        "directions are drawn from rng",
        "directions are drawn from rng",
        "no direction is preferred",
        "no direction is preferred",
    ),
    "1.2": (
        "the mean is 0",
        "the information exponent is 2",
        "the information exponent is 2",
        "the variance is 1",
        "it is not even",
        "one number for each z",
    ),
    "1.3": (
        "the mean is no variance",
        "an overlap m keeps m^2 of a linear link",
        "each degree has its own power of m",
        "noise has its share",
        "noise has its share",
        "the true direction explains all without noise",
    ),
    "1.4": (
        "it finds a link that bends down",
        "a constant added to y changes nothing",
        "it finds a link that bends up",
        "it returns k orthonormal rows",
        "it returns k orthonormal rows",
    ),
    "1.5": (
        "linear finds nothing",
        "y depends on all three columns",
        "PHD finds nothing",
        "SAVE finds nothing",
        "y depends on all three columns",
    ),
    "2.1": (
        "weight decay",
        "weight decay",
        "gradient",
        "gradient",
        "gradient",
    ),
    "2.2": (
        "orthogonal to the directions",
        "orthogonal to the directions",
        "orthogonal to the directions",
        "orthogonal to the directions",
    ),
    "4.2": (
        "the biases",
        "the biases",
        "the biases",
        "the biases",
        "the biases",
        "the biases",
        "the second layer",
        "the second layer",
        "the second layer",
        "the second layer",
        "the second layer",
        "the second layer",
        "the second layer",
        "the biases",
    ),
    "4.4": (
        "the first crossing, in log T",
        "the first crossing, in log T",
        "the first crossing, in log T",
        "the first crossing, in log T",
        "the first crossing, in log T",
        "the first crossing, in log T",
        "at once, and never",
        "at once, and never",
    ),
    "8.3": (
        "either side",
        "the median",
        "a seed that never arrives",
        "a seed that never arrives",
        "a seed that never arrives",
        "the median",
        "either side",
        "either side",
    ),
}


@pytest.mark.parametrize("id", ALL)
def test_solution_passes(id):
    exercise = ALL[id]
    verdict = examine(id, define(exercise.solution, exercise.name))
    assert verdict.passed, str(verdict)


@pytest.mark.parametrize("id", ALL)
def test_unfilled_stub_fails_and_says_what_to_do(id):
    exercise = ALL[id]
    assert "your code" in exercise.stub and "#:" not in exercise.stub + exercise.solution
    verdict = examine(id, define(exercise.stub, exercise.name))
    assert not verdict.passed
    assert "replace the line with ..." in verdict.why or "..." in verdict.why


def test_every_exercise_has_wrong_answers_here():
    assert set(WRONG) == set(ALL)
    assert len(exercises(1)) >= 4


@pytest.mark.parametrize("id", WRONG)
def test_typical_mistakes_get_different_diagnoses(id):
    told = []
    properties = [name for name, _ in ALL[id].checks]
    lacking = properties * len(WRONG[id]) if len(properties) == 1 else FAILS[id]
    for (answer, words), lacks in zip(WRONG[id], lacking, strict=True):
        verdict = examine(id, answer)
        assert verdict.fails == lacks
        assert words in verdict.why, verdict.why
        told.append(verdict.why)
    assert len(set(told)) == len(told) >= 3


@pytest.mark.parametrize("id", ALL)
def test_check_never_raises(id, capsys):
    def raises(*arguments):
        raise ZeroDivisionError("division by zero")

    def leaves(*arguments):
        raise SystemExit

    texts = [lambda: 1, lambda *a: "text", lambda *a: [[1], [2, 3]], lambda *a: np.nan]
    strange = [raises, leaves, None, 3, "text", object, *texts]
    for answer in strange:
        check(id, answer)
        out = capsys.readouterr().out
        assert f"Exercise {id}: not yet." in out and "fails: " in out


def test_a_raising_answer_is_told_with_what_it_was_called_with():
    why = examine("1.1", lambda k, d, rng: 1 / 0).why
    assert "ZeroDivisionError: division by zero" in why and "called with 3, 7, a Generator" in why


def test_unknown_exercise_is_told(capsys):
    for id in ("9.9", "1.99", "x", 1):
        check(id, None)
        hint(id)
    out = capsys.readouterr().out
    assert out.count("There is no exercise") == 8 and "1.1, 1.2" in out


def test_hints_come_one_after_the_other(capsys):
    exercise = find_exercise("1.4")
    for _ in range(3):
        hint("1.4")
    out = capsys.readouterr().out
    assert out.index(exercise.hints[0]) < out.index(exercise.hints[1]) and "no third hint" in out


def test_a_check_leaves_the_students_arrays_alone():
    """A function that writes into its arguments must not change what later checks use."""

    def writes(c, m, noise):
        value = explained_share(c, m, noise)
        c[:] = 0
        return float(value)

    assert examine("1.3", writes).passed


def test_solutions_agree_with_the_course():
    explained = define(ALL["1.3"].solution, "explained")
    c = hermite_coefficients("cubic", 6)
    assert explained(c, 0.3, 0.1) == pytest.approx(float(explained_share(c, 0.3, 0.1)), rel=1e-12)
    find = define(ALL["1.4"].solution, "find_by_curvature")
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20_000, 5))
    y = X[:, 0] ** 2 - X[:, 1] ** 2
    ours, theirs = find(X, y, 2), np.linalg.qr(phd(X, y)[1][:2].T)[0]
    cosines = np.linalg.svd(ours @ theirs)[1]
    assert cosines.min() > 0.999, cosines


@pytest.mark.parametrize("chapter", [n for n in range(9) if exercises(n)])
def test_notebook_holds_stub_and_folded_solution(chapter):
    """The notebook's text and exercises/ are one: whoever changes one is told about the other."""
    notebook = json.loads(
        next(NOTEBOOKS.glob(f"{chapter:02d}_*.ipynb")).read_text(encoding="utf-8")
    )
    cells = {
        kind: ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == kind]
        for kind in ("code", "markdown")
    }
    for exercise in exercises(chapter).values():
        assert exercise.cell in cells["code"], exercise.id
        shown = f"```python\n{exercise.solution}\n```"
        folded = f"<details><summary>Solution of {exercise.id}</summary>\n\n{shown}\n\n</details>"
        assert any(folded in text for text in cells["markdown"]), exercise.id
