"""One loop that records: used by online_sgd, samples_until, sweeps and labs."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .engine.online import Diverged, OnlineSGD
from .given import whole
from .machine import single_threaded_blas
from .run import Run, Snapshot
from .settings import Settings


def checkpoint_times(samples: int, checkpoints: int | Sequence[int]) -> np.ndarray:
    """Sample counts at which to measure.

    Parameters
    ----------
    samples : int
        The last of them.
    checkpoints : int or sequence of int
        How many besides 0, geometrically spaced up to ``samples``; or the counts themselves.

    Returns
    -------
    (n,) ndarray of int64
        The counts, increasing.

    Raises
    ------
    ValueError
        If your own lie outside 0 ... samples, or if a number is not whole.
    """
    samples = whole("samples", samples, 0)
    if np.ndim(checkpoints) == 1:
        times = np.unique(
            np.array([whole("checkpoints", t, 0) for t in checkpoints], dtype=np.int64)
        )
        if len(times) == 0 or times[-1] > samples:
            raise ValueError(f"checkpoints must lie between 0 and samples = {samples}")
        return times
    checkpoints = whole("checkpoints", checkpoints, 1)
    first = max(1.0, samples / 1e4)
    # Backwards: a single checkpoint is the end.
    times = np.geomspace(max(samples, 1), first, checkpoints)
    return np.unique(np.round(np.r_[0, times]).astype(np.int64).clip(0, samples))


def record(
    sim: OnlineSGD, times: Sequence[int], enough: Callable[[Snapshot], object] = lambda now: False
) -> Run:
    """Train and measure at sample counts, until enough was seen.

    Parameters
    ----------
    sim : OnlineSGD
        What trains.
    times : sequence of int
        Increasing sample counts.
    enough : callable, optional
        Says of a Snapshot whether it is the last.

    Returns
    -------
    Run
        All snapshots.

    Raises
    ------
    Diverged
        Its ``run`` holds what was recorded before, if anything was.
    """
    snapshots: list[Snapshot] = []
    try:
        with single_threaded_blas():
            for t in times:
                sim.advance(int(t) - sim.samples)
                snapshots.append(sim.snapshot())
                if enough(snapshots[-1]):
                    break
    except Diverged as problem:
        if snapshots:
            problem.run = Run.of(sim.settings, snapshots, net=sim.net, note=str(problem))
        raise
    more = {"floors": sim.floors(), "changes": tuple(sim.changes)}
    return Run.of(sim.settings, snapshots, net=sim.net, **more)


def online_sgd(
    settings: Settings,
    samples: int = 20_000,
    checkpoints: int | Sequence[int] = 200,
    seeds: int | Sequence[int] | None = None,
    progress: bool = False,
    sampling: str = "auto",
) -> Run:
    """Train on fresh samples and record the run.

    Parameters
    ----------
    settings : Settings
        What to run.
    samples : int
        Number of SGD steps, one fresh sample each.
    checkpoints : int or sequence of int
        How many moments to record, geometrically spaced; or the sample counts themselves.
    seeds : int or sequence of int, optional
        Run this many seeds, settings.seed, settings.seed + 1, ... (or a list of seeds), in
        parallel threads; the Run then has a seed axis first.
    progress : bool
        Show a progress bar.
    sampling : str
        As in OnlineSGD.

    Returns
    -------
    Run
        What was recorded.

    Raises
    ------
    Diverged
        Its ``run`` holds what was recorded, or with several seeds the runs of those that did
        not diverge.

    Notes
    -----
    Taught in notebook 02.
    """
    from tqdm.auto import tqdm

    times = checkpoint_times(samples, checkpoints)
    if seeds is None:
        with tqdm(
            total=int(times[-1]), unit="sample", unit_scale=True, disable=not progress
        ) as bar:
            return record(
                OnlineSGD(settings, sampling), times, lambda now: bar.update(now.samples - bar.n)
            )
    if np.ndim(seeds) == 0:
        seeds = [settings.seed + i for i in range(whole("seeds", seeds, 1))]
    if len(seeds) == 0:
        raise ValueError("seeds is empty: give a number of seeds, 1 or more, or a list of them")
    stop = threading.Event()
    each = [settings.replace(seed=n) for n in seeds]

    def attempt(s: Settings) -> Run | Diverged:
        try:
            return record(OnlineSGD(s, sampling), times, lambda now: stop.is_set())
        except Diverged as problem:
            return problem

    with (
        single_threaded_blas(),
        ThreadPoolExecutor(max_workers=min(len(each), os.cpu_count() or 1)) as pool,
    ):
        try:
            results = pool.map(attempt, each)
            results = list(
                tqdm(results, total=len(each), desc="seeds", unit="seed", disable=not progress)
            )
        finally:  # after Ctrl-C the others end at their next checkpoint
            stop.set()
    runs = [r for r in results if isinstance(r, Run)]
    if len(runs) < len(results):
        raise _seeds_diverged(dict(zip(seeds, results, strict=True)), runs)
    return Run.stack(runs)


def _seeds_diverged(results: dict, runs: list[Run]) -> Diverged:
    """One error for the seeds that diverged.

    Its run holds the other seeds, or what the first recorded if there are none.
    """
    bad = {seed: r for seed, r in results.items() if isinstance(r, Diverged)}
    first = next(iter(bad.values()))
    who = f"Seed {next(iter(bad))}" if len(bad) == 1 else f"Seeds {', '.join(map(str, bad))}"
    kept = f" The other {len(runs)} of {len(results)} are in this error's run." if runs else ""
    return Diverged(f"{who}: {first}{kept}", first.samples, Run.stack(runs) if runs else first.run)
