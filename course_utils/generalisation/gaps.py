"""The gap of a trained network between fresh and training loss, measured and taken apart.

    gap = R(W) - Rhat(W),    R the risk, Rhat the mean loss over the T samples that W was trained
    on.

The loss is cut, min(l, tau), as in the paper's abstract bound: labels are unbounded.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from ..engine.blocked import outputs_of
from ..engine.online import OnlineSGD
from ..given import sample_counts, whole
from ..losses import LOSSES
from ..machine import single_threaded_blas
from ..networks import TwoLayerNet
from ..settings import Settings
from ..targets import MultiIndexModel
from ..theory import parallel_part

TAU = 2.0  # where the loss is cut
TERMS = ("W⊥ on fresh samples", "inside the subspace", "memory in W⊥")

Samples = tuple[np.ndarray, np.ndarray]


def cut_loss(yhat: np.ndarray, y: np.ndarray, loss: str, tau: float = TAU) -> np.ndarray:
    """The loss of which the gap is measured, min(l(yhat, y), tau).

    Parameters
    ----------
    yhat, y : (n,) ndarray
        Predictions and labels.
    loss : str
        A name in LOSSES.
    tau : float
        Where the loss is cut; inf leaves it whole.

    Returns
    -------
    (n,) ndarray
        Losses.
    """
    return np.minimum(LOSSES[loss].value(yhat, y), tau)


@dataclass(frozen=True, eq=False)
class Gaps:
    """Gaps at sample counts T, over seeds. Made by `gap`.

    Attributes
    ----------
    settings : Settings
        What was run, with the first seed.
    seeds : tuple of int
        Numbers of the seeds.
    samples : (n,) ndarray of int
        Sample counts T.
    runs : (seeds, n, 2, 3) ndarray
        The terms of ``gap_terms`` for both runs of a seed; each has the other's samples as fresh.
    risk, deviation : (seeds, n) ndarray
        Mean and standard deviation of the loss of one fresh sample.
    nets : tuple of tuple of TwoLayerNet
        For each seed the first run's networks at the sample counts.
    """

    settings: Settings
    seeds: tuple[int, ...]
    samples: np.ndarray
    runs: np.ndarray = field(repr=False)
    risk: np.ndarray = field(repr=False)
    deviation: np.ndarray = field(repr=False)
    nets: tuple[tuple[TwoLayerNet, ...], ...] = field(repr=False)

    @property
    def terms(self) -> np.ndarray:
        """(seeds, n, 3) terms of the gap, in the order of ``TERMS``: means of the two runs."""
        return self.runs.mean(axis=2)

    @property
    def values(self) -> np.ndarray:
        """(seeds, n) cross estimates: each seed's two runs, each other's test set."""
        return self.terms.sum(axis=2)

    @property
    def alone(self) -> np.ndarray:
        """(seeds, n) what the first run alone finds: fresh loss minus training loss."""
        return self.runs[:, :, 0].sum(axis=2)

    @property
    def mean(self) -> np.ndarray:
        """(n,) mean gap over seeds."""
        return self.values.mean(axis=0)

    @property
    def error(self) -> np.ndarray:
        """(n,) standard error of that mean; nan for one seed."""
        if len(self.seeds) < 2:
            return np.full(len(self.samples), np.nan)
        return self.values.std(axis=0, ddof=1) / math.sqrt(len(self.seeds))

    @property
    def luck(self) -> np.ndarray:
        """(n,) sd(loss) / sqrt(T): how far the training loss of one run is thrown off by chance."""
        return self.deviation.mean(axis=0) / np.sqrt(self.samples)

    def joined(self, other: Gaps) -> Gaps:
        """Both, as one.

        Parameters
        ----------
        other : Gaps
            Other seeds at the same sample counts; ValueError if they are others.

        Returns
        -------
        Gaps
            Of all seeds, in order.
        """
        if not np.array_equal(self.samples, other.samples):
            raise ValueError("gaps at different sample counts cannot be joined")
        both = {
            name: np.concatenate([getattr(self, name), getattr(other, name)])
            for name in ("runs", "risk", "deviation")
        }
        seeds, nets = self.seeds + other.seeds, self.nets + other.nets
        return Gaps(self.settings, seeds, self.samples, nets=nets, **both)


def gap(
    settings: Settings,
    samples: int | Sequence[int],
    seeds: int | Sequence[int] = 4,
    tau: float = TAU,
) -> Gaps:
    """Measure the mean gap of networks trained by online SGD, without any test data.

    This is the cross estimator. Two runs from one target and one initial network see different
    samples S and S'. Each is tested on the other's:

        [L(W, S') - L(W, S) + L(W', S) - L(W', S')] / 2.

    Parameters
    ----------
    settings : Settings
        Network, target and SGD; ``settings.replace(**PHASE_1)`` has what the course uses.
    samples : int or sequence of int
        T, or increasing T's; all are measured along the same runs.
    seeds : int or sequence of int
        How many: settings.seed, settings.seed + 1, ...; or their numbers. Each has a target and a
        network of its own.
    tau : float
        The loss is cut there; inf leaves it whole.

    Returns
    -------
    Gaps
        ``values`` holds the cross estimate of each seed, ``terms`` those of ``gap_terms``.

    Raises
    ------
    ValueError
        For sample counts that do not increase, for tau that is not positive, or without a seed.
    MemoryError
        If 2 T samples do not fit.
    Diverged
        From training.

    Notes
    -----
    The mean of an estimate is that of the gap exactly. Arranged as [L(W, S') - L(W', S')] and
    [L(W', S) - L(W, S)] it is made of differences between two similar networks on equal samples, so
    the luck of the samples, common to both, cancels. Derived here, in notebook 03.
    """
    times, tau = sample_counts(samples), _positive(tau)
    numbers = (
        [settings.seed + i for i in range(whole("seeds", seeds, 1))]
        if np.ndim(seeds) == 0
        else [whole("seeds", seed, 0) for seed in seeds]
    )
    if not numbers:
        raise ValueError("seeds is empty: give a number of seeds, 1 or more, or a list of them")
    each = [settings.replace(seed=number) for number in numbers]
    with single_threaded_blas(), ThreadPoolExecutor(min(len(each), os.cpu_count() or 1)) as pool:
        pairs = list(pool.map(lambda s: _pair(s, times, tau), each))
    runs, risk, deviation, nets = zip(*pairs, strict=True)
    arrays = [np.stack(one) for one in (runs, risk, deviation)]
    return Gaps(each[0], tuple(numbers), times, *arrays, nets)


def _pair(settings: Settings, times: np.ndarray, tau: float) -> tuple:
    """Two runs of one seed: (n, 2, 3) terms, (n,) risk and deviation, the first run's networks."""
    target, runs, risk, deviation, nets = settings.target(), [], [], [], []
    sets = [
        target.sample(int(times[-1]), np.random.default_rng([settings.seed, 0x6A9, i]))
        for i in range(2)
    ]
    sims = [OnlineSGD(settings, sampling="plain") for _ in range(2)]
    for begin, end in zip([0, *times[:-1]], times, strict=True):
        for sim, (X, y) in zip(sims, sets, strict=True):
            sim.feed(X[begin:end], y[begin:end])
        seen = [(X[:end], y[:end]) for X, y in sets]
        found = [
            _losses(sim.net, target, settings.loss, sets_of_run, tau)
            for sim, sets_of_run in zip(sims, (seen, seen[::-1]), strict=True)
        ]
        runs.append([_terms(losses) for losses in found])
        fresh = np.concatenate([losses[0][1] for losses in found])
        risk.append(fresh.mean())
        deviation.append(fresh.std())
        nets.append(sims[0].net)
    return np.array(runs), np.array(risk), np.array(deviation), tuple(nets)


def gap_terms(
    net: TwoLayerNet,
    target: MultiIndexModel,
    loss: str,
    seen: Samples,
    fresh: Samples,
    tau: float = TAU,
) -> np.ndarray:
    """The gap of one network in three terms that add up to it exactly.

        gap = [R(W) - R(W_par)] + [R(W_par) - Rhat(W_par)] + [Rhat(W_par) - Rhat(W)]

    Parameters
    ----------
    net : TwoLayerNet
        The trained network, in input space.
    target : MultiIndexModel
        What labelled the samples; W_par is the part of W in the span of its directions.
    loss : str
        A name in LOSSES.
    seen, fresh : tuple of ndarray
        X (n, d) and y (n,): samples that it was trained on, and others, whose mean is R.
    tau : float
        The loss is cut there.

    Returns
    -------
    (3,) ndarray
        The terms, in units of the loss. They add up to mean loss over ``fresh`` minus that over
        ``seen``.

    Notes
    -----
    1. What W_perp costs on fresh samples. Given z and y its effect on yhat has mean 0, so only the
       second order is left: O(||W_perp||^2 / m) = O(d / T).
    2. The gap of W_par, a network on k-dimensional inputs. For one run it is mostly the luck of the
       samples, of order sd(loss) / sqrt(T); its mean is about the share k / d of the whole mean.
    3. What W_perp gains on the samples that made it: memory, O(d / T).

    Derived here, in notebook 03.
    """
    return _terms(_losses(net, target, loss, (seen, fresh), _positive(tau)))


def _losses(net, target, loss: str, sets: Sequence[Samples], tau: float) -> list[list[np.ndarray]]:
    """Losses of [W, W_par] on each of two sets, [[(n,), (n',)], [(n,), (n',)]]."""
    outputs, inside = outputs_of(net.activation), parallel_part(net, target)
    found = []
    for W, inputs in ((net.W, lambda X: X), (inside, lambda X: X @ target.directions.T)):
        W = np.ascontiguousarray(W)
        predicted = [outputs(W, net.a, net.b, np.ascontiguousarray(inputs(X))) for X, _ in sets]
        found.append(
            [cut_loss(yhat, y, loss, tau) for yhat, (_, y) in zip(predicted, sets, strict=True)]
        )
    return found


def _terms(losses: list[list[np.ndarray]]) -> np.ndarray:
    (seen, fresh), (seen_inside, fresh_inside) = ([one.mean() for one in row] for row in losses)
    return np.array([fresh - fresh_inside, fresh_inside - seen_inside, seen_inside - seen])


def _positive(tau: float) -> float:
    if not tau > 0:
        raise ValueError(
            f"tau = {tau} leaves nothing of the loss: it is cut there, so take a positive number"
        )
    return float(tau)
