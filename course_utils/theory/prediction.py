"""The predicted W_perp at every checkpoint of a recorded run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..engine.online import OnlineSGD
from ..networks import TwoLayerNet
from ..run import Run
from ..settings import Settings
from .perpendicular import PerpendicularPrediction
from .stein import parallel_part


def predict(run: Run, first: int = 0, average: int = 2000, widest: int = 256) -> np.ndarray:
    """Predicted ||W_perp||_F / sqrt(m) at every checkpoint of a run.

    Parameters
    ----------
    run : Run
        A run of OnlineSGD, with its settings and final net.
    first : int
        Checkpoint at which the prediction starts from the measured value.
    average : int
        Samples over which each pair of A and C is averaged.
    widest : int
        Wider networks are represented by so many of their neurons.

    Returns
    -------
    ndarray
        The prediction, shaped like ``run.perpendicular``; nan before ``first``.

    Raises
    ------
    ValueError
        If the run holds no network, or for inputs that are not N(0, I).

    Notes
    -----
    Of the run, only its start and W_par are used (``PerpendicularPrediction``); takes about a
    second for each seed. Needs checkpoints denser than a factor 1.5 apart. Taught in notebook 02.
    """
    if run.net is None or run.settings is None:
        raise ValueError(
            "this run holds no network, so the prediction has nothing to measure; "
            "use a run of online_sgd"
        )
    if run.seeds is None:
        return _predict_one(run, first, average, widest)
    used = ("neurons", "parallel")
    each = (
        replace(
            run,
            settings=run.settings.replace(seed=run.seeds[i]),
            net=net,
            **{n: getattr(run, n)[i] for n in used},
        )
        for i, net in enumerate(run.net)
    )
    return np.stack([_predict_one(one, first, average, widest) for one in each])


def _predict_one(run: Run, first: int, average: int, widest: int) -> np.ndarray:
    s, samples = run.settings, run.samples
    coefficients = _parallel_history(s, run.net, run.neurons, run.parallel)
    theory = PerpendicularPrediction(
        s,
        run.net.a,
        run.net.b,
        coefficients[first],
        run.neurons[first, :, -1],
        int(samples[first]),
        average,
        widest,
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


def _parallel_history(
    s: Settings, net: TwoLayerNet, neurons: np.ndarray, parallel: np.ndarray
) -> np.ndarray:
    """W U^T at every checkpoint, (n, m, k).

    A run records the weights of each neuron on the first directions, and then its perpendicular
    norm. Columns that it leaves out are known at both ends and in total norm; between the ends
    their shape moves as the recorded ones do.
    """
    known = neurons[:, :, : min(s.k, neurons.shape[2] - 1)].astype(float)
    have = known.shape[2]
    if have == s.k:
        return known
    target = s.target()
    start = OnlineSGD(s, "plain" if net.reduced_k is None else "reduced").net
    moved = np.sqrt(((neurons - neurons[0]).astype(float) ** 2).sum((1, 2)))
    way = (moved / max(moved[-1], 1e-300))[:, None, None]
    rest = (1 - way) * parallel_part(start, target)[:, have:] + way * parallel_part(net, target)[
        :, have:
    ]
    size = np.sqrt(np.maximum(parallel**2 * s.width - (known**2).sum((1, 2)), 0.0))
    return np.concatenate(
        [known, rest * (size / np.sqrt((rest**2).sum((1, 2))))[:, None, None]], axis=2
    )
