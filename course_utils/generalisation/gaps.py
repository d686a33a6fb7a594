"""The gap of a trained network between fresh and training loss: measured, taken apart, predicted.

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
import scipy.linalg

from ..engine.blocked import outputs_of
from ..engine.online import OnlineSGD, schedule
from ..given import whole
from ..losses import LOSSES
from ..machine import single_threaded_blas
from ..networks import TwoLayerNet
from ..settings import Settings
from ..targets import MultiIndexModel
from ..theory import contraction_and_noise, parallel_part, representatives

TAU = 2.0  # where the loss is cut
TERMS = ("W⊥ on fresh samples", "inside the subspace", "memory in W⊥")
WIDEST = 256  # neurons that stand for a wider network in a prediction

Samples = tuple[np.ndarray, np.ndarray]


def cut_loss(yhat: np.ndarray, y: np.ndarray, loss: str, tau: float = TAU) -> np.ndarray:
    """min(l(yhat, y), tau), elementwise: the loss of which the gap is measured."""
    return np.minimum(LOSSES[loss].value(yhat, y), tau)


@dataclass(frozen=True, eq=False)
class Gaps:
    """Gaps at sample counts T, over seeds. Made by `gap`.

    settings : what was run (with the first seed). seeds : (seeds,) their numbers.
    samples : (n,) sample counts.
    runs : (seeds, n, 2, 3) the three terms of ``gap_terms`` for both runs of a seed, each with the
        other's samples as fresh.
    risk, deviation : (seeds, n) mean and standard deviation of the loss of one fresh sample.
    nets : for each seed the first run's networks at the sample counts.
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
        """Both, as one: other seeds at the same sample counts."""
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

    Its mean is that of the gap exactly. Arranged as [L(W, S') - L(W', S')] + [L(W', S) - L(W, S)]
    it is made of differences between two similar networks on equal samples, so the luck of the
    samples, common to both, cancels.

    Parameters
    ----------
    settings : network, target and SGD; ``settings.replace(**PHASE_1)`` has what the course uses.
    samples : T, or increasing T's; all are measured along the same runs.
    seeds : how many, settings.seed, settings.seed + 1, ...; or their numbers. Each has a target and
        a network of its own.
    tau : the loss is cut there; inf leaves it whole.

    Returns
    -------
    Gaps. Its ``values`` hold the cross estimate of each seed, its ``terms`` the three terms of
    ``gap_terms``.

    Raises
    ------
    ValueError for sample counts that do not increase, for tau that is not positive, or without a
    seed; MemoryError if 2 T samples do not fit; Diverged from training.

    Source: derived here. Taught in notebook 03.
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

    1. What W_perp costs on fresh samples. Given z and y its effect on yhat has mean 0, so only the
       second order is left: O(||W_perp||^2 / m) = O(d / T).
    2. The gap of W_par, a network on k-dimensional inputs. For one run it is mostly the luck of the
       samples, of order sd(loss) / sqrt(T); its mean is the share k / d of the whole mean.
    3. What W_perp gains on the samples that made it: memory, O(d / T).

    W_par is the part of W inside the subspace, W_perp the rest.

    Parameters
    ----------
    net : trained network. target : its target. loss : a name in LOSSES.
    seen : X (T, d), y (T,) that it was trained on. fresh : X (n, d), y (n,) that it was not; R is
        their mean.
    tau : the loss is cut there.

    Returns
    -------
    (3,) terms, in units of the loss. Their sum is mean loss over ``fresh`` minus mean loss over
    ``seen``.

    Source: derived here. Taught in notebook 03.
    """
    return _terms(_losses(net, target, loss, (seen, fresh), _positive(tau)))


def _losses(net, target, loss: str, sets: Sequence[Samples], tau: float) -> list[list[np.ndarray]]:
    """Losses of [W, W_par] on each of two sets, [[(n,), (n',)], [(n,), (n',)]]."""
    outputs, inside = outputs_of(net.activation), parallel_part(net, target)
    found = []
    for W, inputs in ((net.W, lambda X: X), (inside, target.project)):
        W = np.ascontiguousarray(W)
        predicted = [outputs(W, net.a, net.b, np.ascontiguousarray(inputs(X))) for X, _ in sets]
        found.append(
            [cut_loss(yhat, y, loss, tau) for yhat, (_, y) in zip(predicted, sets, strict=True)]
        )
    return found


def _terms(losses: list[list[np.ndarray]]) -> np.ndarray:
    (seen, fresh), (seen_inside, fresh_inside) = ([one.mean() for one in row] for row in losses)
    return np.array([fresh - fresh_inside, fresh_inside - seen_inside, seen_inside - seen])


def predicted_gap(
    settings: Settings,
    net: TwoLayerNet,
    samples: int,
    tau: float = TAU,
    average: int = 4000,
    seed: int = 0,
) -> float:
    """Predicted mean gap of a network after T samples, to first order in what one sample moves:

        (d / T) (1 / m) tr[A^-1 (I - prod_t (I - et_t A)) C],    for large T (d / T) tr(A^-1 C) / m.

    A = m H + lam I and C = E[l'^2 (s o sigma')(s o sigma')^T] are those of notebook 02. Sample t
    moved W by -et_t l' (s o sigma') x_t^T; what is left of that at T is prod_{t' > t} (I - et_t'
    A), and it lowers the loss at x_t. With A and C held fixed the sum over t telescopes. This is
    the classical optimism tr(H^-1 J) / n of M-estimation, once for each of d directions, and free
    of the width.

    Parameters
    ----------
    settings : of the run, seed and step sizes included.
    net : the network at the end; A and C are taken there. Of more than 256 neurons every so many-th
        stands for the rest.
    samples : T. tau : the loss is cut there; samples beyond gain nothing from their own steps.
    average, seed : samples over which A and C are averaged, and their seed.

    How far off it is (A and C are those of the end, and H was another before): for the link tanh
    with decay 0.5 within 10 % at T = 80 d, and 15 to 25 % too large at T = 5 d to 20 d; about 40 %
    too large at decay 0.1, within 10 % at decay 2; up to 20 % too large with label noise 1 or 2.
    Notebook 03 measures it against the cross estimator.

    Returns
    -------
    The gap in units of the loss.

    Source: derived here; the large-T form is Akaike's and Takeuchi's optimism. Taught in notebook
    03.
    """
    samples = whole("samples", samples, 1)
    if net.width > WIDEST:
        chosen = representatives(net.a, net.b, WIDEST)
        a = net.a[chosen] * net.width / len(chosen)
        net = TwoLayerNet(net.W[chosen], a, net.b[chosen], net.activation, net.reduced_k)
    with single_threaded_blas():
        A, C = contraction_and_noise(
            net, settings.target(), settings.loss, settings.weight_decay, average, seed, tau
        )
        rates, basis = scipy.linalg.eigh(A)
        noise = np.einsum("ij,ij->j", basis, C @ basis)
    steps = schedule(settings, np.arange(samples))
    left = np.ones(len(rates))
    for chunk in np.array_split(steps, math.ceil(samples / 4096)):
        left *= np.prod(1 - chunk[:, None] * rates, axis=0)
    slow = np.abs(rates) < 1e-12
    forgotten = np.where(slow, steps.sum(), (1 - left) / np.where(slow, 1.0, rates))
    return float(settings.d / samples * (forgotten @ noise) / net.width)


def sample_counts(samples: int | Sequence[int]) -> np.ndarray:
    """One sample count T, or several, as an array (n,); ValueError unless they increase from 1."""
    times = np.array([whole("samples", t, 1) for t in np.atleast_1d(samples)], dtype=np.int64)
    if len(times) == 0 or (np.diff(times) <= 0).any():
        raise ValueError(
            "samples must be sample counts in increasing order, 1 or more, such as [500, 2000]"
        )
    return times


def _positive(tau: float) -> float:
    if not tau > 0:
        raise ValueError(
            f"tau = {tau} leaves nothing of the loss: it is cut there, so take a positive number"
        )
    return float(tau)
