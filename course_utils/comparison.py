"""SGD against kernels on the same samples of a single-index target, and what the kernel does.

Taught in notebook 05.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from .algorithm1 import DECAYS, algorithm1, race_samples, second_layer_ridge
from .engine.online import OnlineSGD
from .kernels import (
    RIDGES,
    EmpiricalKernel,
    Spectrum,
    empirical_ntk,
    kernel_alignment,
    kernel_ridge,
    kernel_spectrum,
    learning_curve,
    ntk_kernel,
    ntk_rates,
    validated_kernel_ridge,
)
from .levels import linear_floor
from .line_tests import DEGREES, LineTests, Report
from .machine import single_threaded_blas
from .settings import Settings
from .subspace import principal_angles

__all__ = [
    "DEGREES",
    "METHODS",
    "LineTests",
    "Movement",
    "Report",
    "kernel_movement",
    "kernel_report",
    "linear_fit",
    "linear_floor",
    "predicted_r2",
    "race",
    "race_samples",
]

METHODS = ("SGD", "NTK", "linear")


def linear_fit(
    X: np.ndarray, y: np.ndarray, fraction: float = 0.2
) -> Callable[[np.ndarray], np.ndarray]:
    """Ridge regression with an intercept, its ridge chosen on the last samples.

    Parameters
    ----------
    X : (n, d) ndarray
        Samples.
    y : (n,) ndarray
        Labels.
    fraction : float
        Share of the samples that validates; then all are fitted.

    Returns
    -------
    callable
        The fit, (p, d) -> (p,).

    Notes
    -----
    Source: Hastie, Tibshirani, Friedman (2009), section 3.4.1. Taught in notebook 05.
    """
    columns, held = lambda X: np.column_stack([np.ones(len(X)), X]), round(fraction * len(X))
    path = second_layer_ridge(columns(X[:-held]), y[:-held], DECAYS)
    best = np.argmin(np.mean((columns(X[-held:]) @ path - y[-held:, None]) ** 2, axis=0))
    a = second_layer_ridge(columns(X), y, DECAYS[[best]])[:, 0]
    return lambda X: columns(X) @ a


def race(
    settings: Settings, n: int, methods=METHODS, ridges=RIDGES, tests: LineTests | None = None
) -> dict[str, Report]:
    """Fit each method to the same n samples and report on it.

    Parameters
    ----------
    settings : Settings
        With k = 1; the network's are those of "SGD" and the kernel.
    n : int
        How many samples; regularisation is chosen on a fifth of them.
    methods : sequence of str
        "SGD" is Algorithm 1; "NTK" kernel ridge regression with the kernel of the same network at
        infinite width, both layers trained; "linear" ridge regression.
    ridges : (ridges,) ndarray
        To choose from for "NTK".
    tests : LineTests, optional
        Where all are examined; left out, new ones.

    Returns
    -------
    dict of str to Report
        By method.

    Raises
    ------
    ValueError
        Unless k = 1.

    Notes
    -----
    Taught in notebook 05.
    """
    tests = tests or LineTests(settings.target())
    X, y = race_samples(settings, n)
    reports = {}
    with single_threaded_blas():
        for name in methods:
            if name == "NTK":
                reports[name] = kernel_report(
                    ntk_kernel(settings.activation), settings, n, ridges, tests
                )
            else:
                reports[name] = tests.report(
                    algorithm1(settings, X, y) if name == "SGD" else linear_fit(X, y)
                )
    return reports


def kernel_report(
    kernel: Callable, settings: Settings, n: int, ridge=RIDGES, tests: LineTests | None = None
) -> Report:
    """Report on kernel ridge regression on a race's first samples.

    Parameters
    ----------
    kernel : callable
        As in ``kernel_ridge``.
    settings : Settings
        With k = 1.
    n : int
        How many samples.
    ridge : float or (ridges,) ndarray
        The ridge, or those from which a split chooses the best.
    tests : LineTests, optional
        Where it is examined; left out, new ones.

    Returns
    -------
    Report
        With the ridge.

    Raises
    ------
    ValueError
        Unless k = 1; and what ``kernel_ridge`` raises.

    Notes
    -----
    Taught in notebook 05.
    """
    tests = tests or LineTests(settings.target())
    X, y = race_samples(settings, n)
    with single_threaded_blas():
        model = (validated_kernel_ridge if np.ndim(ridge) else kernel_ridge)(kernel, X, y, ridge)
        return replace(tests.report(model.predict), ridge=float(model.ridge))


def predicted_r2(settings: Settings, n: float | np.ndarray, ridge: float) -> float | np.ndarray:
    """R^2 of the NTK's ridge regression on Gaussian samples, from its learning curve alone.

    Parameters
    ----------
    settings : Settings
        Link, noise, d and activation.
    n : float or (points,) ndarray
        How many samples.
    ridge : float
        Not multiplied by n.

    Returns
    -------
    float or (points,) ndarray
        One for each n; nan for a constant link.

    Raises
    ------
    ValueError
        For inputs that are not N(0, I).

    Notes
    -----
    Source: ``learning_curve``. Taught in notebook 05.
    """
    target = settings.target()
    target.inputs.must_be_standard("the learning curve is known")
    spectrum, link = _spectrum(settings.activation, settings.d), target.mean
    error = learning_curve(spectrum, link, n, ridge, settings.noise).error - settings.noise**2
    mean = float(spectrum.coefficients(lambda Z: np.ones(len(Z))) @ spectrum.coefficients(link))
    second = spectrum.second_moment(link)
    variance = second - mean**2
    r2 = 1 - error / (variance if variance > 1e-12 * second else np.nan)
    return r2 if np.ndim(n) else float(r2[0])


@lru_cache(maxsize=32)
def _spectrum(activation: str, d: int) -> Spectrum:
    return kernel_spectrum(ntk_kernel(activation), d, "gaussian")


@dataclass(frozen=True, eq=False)
class Movement:
    """What a network's tangent kernel does while the network trains.

    Attributes
    ----------
    samples : (times,) ndarray
        Sample counts.
    distance : (times,) ndarray
        1 - cosine of the kernel now and at the start.
    alignment : (times,) ndarray
        Cosine of the centred kernel and y y^T, noiseless labels.
    angle : (times,) ndarray
        To the hidden direction, in radians.
    first, last : EmpiricalKernel
        The kernels, to be used in ``kernel_ridge``.

    Notes
    -----
    Made by ``kernel_movement``.
    """

    samples: np.ndarray
    distance: np.ndarray
    alignment: np.ndarray
    angle: np.ndarray
    first: EmpiricalKernel = field(repr=False)
    last: EmpiricalKernel = field(repr=False)


def kernel_movement(
    settings: Settings,
    alpha: float = 1.0,
    samples: int = 3000,
    checkpoints: int = 12,
    probes: int = 200,
) -> Movement:
    """Follow the tangent kernel while online SGD trains W on a race's samples, at laziness alpha.

    Parameters
    ----------
    settings : Settings
        With k = 1 and the square loss.
    alpha : float
        Laziness, above 0.
    samples : int
        How long to train.
    checkpoints : int
        At how many moments to measure: geometrically spaced, and 0.
    probes : int
        Fresh inputs on which kernels are compared.

    Returns
    -------
    Movement
        At these moments.

    Raises
    ------
    ValueError
        For another loss or k, or alpha not positive.
    Diverged
        If training does.

    Notes
    -----
    Lazy training makes alpha (f(x; W) - f(x; W_0)) fit y, with steps alpha^2 times smaller and the
    same decay. For the square loss that is the same as fitting f to f(x; W_0) + y / alpha with the
    old steps and a decay alpha^2 times smaller, which is what is done here. For large alpha W
    hardly moves, and the kernel stays what it was. Even alpha = 1 differs from ``OnlineSGD`` on the
    labels y: f(x; W_0) is subtracted. Kernels count W, b and a; only W is trained.

    Source: Chizat, Oyallon, Bach (2019); Fort et al. (2020) for the distance. Taught in notebook
    05.
    """
    if settings.loss != "square" or settings.k != 1 or not alpha > 0:
        raise ValueError(
            f"loss = {settings.loss!r}, k = {settings.k}, alpha = {alpha}: the scaling by alpha "
            "needs the square loss, one direction and alpha above 0"
        )
    sim = OnlineSGD(
        settings.replace(weight_decay=settings.weight_decay / alpha**2), sampling="plain"
    )
    net, target = sim.net, sim.target
    X, y = race_samples(settings, samples)
    y = y / alpha + net(X)
    rng = np.random.default_rng([settings.seed, 0x9B0E])
    probe = target.inputs.sample(probes, settings.d, rng, target.spike)
    f = target.mean(target.project(probe))
    rates, outer = ntk_rates(net), np.outer(f - f.mean(), f - f.mean())
    times = np.unique(
        np.r_[0, np.geomspace(max(1, samples // 100), samples, checkpoints).round()].astype(int)
    )
    rows = []
    with single_threaded_blas():
        first = empirical_ntk(net, rates=rates)
        start = first(probe)
        for t in times:
            sim.feed(X[sim.samples : t], y[sim.samples : t])
            last = empirical_ntk(sim.net, rates=rates)
            K = last(probe)
            rows.append((1 - kernel_alignment(K, start), kernel_alignment(_centred(K), outer)))
            rows[-1] += (float(principal_angles(sim.W, target.directions)[0]),)
    distance, alignment, angle = np.array(rows).T
    return Movement(times, np.maximum(distance, 0), alignment, angle, first, last)


def _centred(K: np.ndarray) -> np.ndarray:
    K = K - K.mean(axis=0)
    return K - K.mean(axis=1, keepdims=True)
