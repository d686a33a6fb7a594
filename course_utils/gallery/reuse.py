"""Samples used more than once by the network of the course: two ways that gain little.

The way that shows one, a second look from a trial step, is ``reading.miniatures.batch_reuse``.
"""

from __future__ import annotations

import numpy as np

from ..engine.online import OnlineSGD
from ..given import whole
from ..settings import Settings
from ..snapshot import Snapshot


def reused(settings: Settings, n: int, passes: int = 1, repeats: int = 1) -> Snapshot:
    """Train on n samples, each used passes x repeats times.

    Parameters
    ----------
    settings : Settings
        What is trained.
    n : int
        Number of fresh samples.
    passes : int
        How often all of them are gone through.
    repeats : int
        How often a sample comes in a row before the next.

    Returns
    -------
    Snapshot
        After n x passes x repeats steps; compare it with that of as many fresh samples.

    Notes
    -----
    Both find more than each sample once does, and far less than as many fresh samples. Measured
    and taught in notebook 07.
    """
    n, passes, repeats = (
        whole(name, value, 1)
        for name, value in (("n", n), ("passes", passes), ("repeats", repeats))
    )
    sim = OnlineSGD(settings, "plain")
    X, y = sim.target.sample(n, np.random.default_rng([settings.seed, 0x2E05E]))
    order = np.tile(np.repeat(np.arange(n), repeats), passes)
    for part in np.array_split(order, max(1, len(order) * settings.d // 2**22)):
        sim.feed(X[part], y[part])
    return sim.snapshot()
