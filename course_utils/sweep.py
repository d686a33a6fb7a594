"""Seeds x settings: many runs, in parallel, remembered on disk, as one tidy table."""

from __future__ import annotations

import functools
import itertools
import math
import numbers
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import joblib
import numpy as np

from .engine.online import Diverged, OnlineSGD
from .given import whole
from .identity import differing
from .machine import single_threaded_blas
from .record import checkpoint_times, online_sgd, record
from .run import Run
from .settings import Settings
from .store import Store

if TYPE_CHECKING:
    import pandas as pd


# Moments at which samples_until looks at a run: 3 % apart over the four decades of
# checkpoint_times.
LOOKS = 300


def final_values(run: Run) -> dict[str, float]:
    """What a sweep tells of a run if not asked otherwise: its end.

    Parameters
    ----------
    run : Run
        Of one seed.

    Returns
    -------
    dict of str to float
        Norms, risk, R^2, and angles in degrees, largest first.
    """
    last = run.at(-1)
    values = {
        "perpendicular": last.perpendicular,
        "parallel": last.parallel,
        "risk": last.risk,
        "r2": last.r2,
    }
    return values | {
        f"angle_{j + 1}_degrees": angle for j, angle in enumerate(np.degrees(last.angles))
    }


def samples_until(settings: Settings, angle: float, limit: int) -> Run:
    """Train until the largest principal angle is small enough.

    Parameters
    ----------
    settings : Settings
        What to run.
    angle : float
        Where to stop, in radians.
    limit : int
        Most samples to train on.

    Returns
    -------
    Run
        The answer is ``run.samples[-1]``, late by at most the 3 % between two looks; a run that
        gave up has a note.

    Raises
    ------
    Diverged
        As ``online_sgd`` does.

    Notes
    -----
    Taught in notebook 02.
    """
    run = record(
        OnlineSGD(settings), checkpoint_times(limit, LOOKS), lambda now: now.angles[0] <= angle
    )
    reached, wanted = np.degrees([run.angles[-1, 0], angle])
    if reached <= wanted:
        return run
    return replace(
        run,
        note=(
            f"The largest angle is still {reached:.1f} degrees, not {wanted:.1f}, "
            f"after {limit:,} samples."
        ),
    )


def sweep(
    base: Settings,
    over: Mapping[str, Sequence],
    seeds: int | Sequence[int] = 1,
    measure: Callable[[Run], Mapping[str, float]] = final_values,
    samples: int | Callable[[Settings], int] = 20_000,
    checkpoints: int = 1,
    until: float | None = None,
    progress: bool = True,
    n_jobs: int = -1,
) -> pd.DataFrame:
    """Run every combination of settings with every seed, and return one row a run.

    Runs go in parallel. Finished ones are remembered, see ``cache_directory``. The same call inside
    ``with joblib.parallel_config("dask"):`` runs on a Dask cluster; what a worker had when it died
    is run again.

    Parameters
    ----------
    base : Settings
        Settings of all runs, but for the fields in ``over``.
    over : dict of str to sequence
        Field -> values to try; all combinations are run.
    seeds : int or sequence of int
        How many, counted from base.seed, or a list of them.
    measure : callable
        Function of the Run that returns a dictionary of numbers, which become columns.
    samples : int or callable
        SGD steps of each run, or a function of its settings such as ``lambda s: 200 * s.d``.
    checkpoints : int
        Moments that each Run holds besides its start, for a measure that looks at its course.
    until : float, optional
        Stop each run once its largest principal angle (radians) is this small; the column
        'samples' then tells how many it needed, within 3 %.
    progress : bool
        Show a progress bar.
    n_jobs : int
        Number of parallel runs, -1 for one on each core.

    Returns
    -------
    pandas.DataFrame
        The columns of ``over``, 'seed', 'samples', those of ``measure``, and 'problem': empty,
        or why the run was impossible (k above d), diverged, or did not reach ``until``.
        ``attrs["base"]`` is the base as text.

    Raises
    ------
    ValueError
        For fields that Settings does not have.
    TypeError
        For a measure that returns no numbers.

    Notes
    -----
    Taught in notebook 02.

    Examples
    --------
    >>> sweep(Settings(link="tanh", k=1), over={"d": [50, 100], "noise": [0.1, 0.5]}, seeds=5)
    """
    from tqdm.auto import tqdm

    points, store, checkpoints = _points(base, over, seeds), Store(measure), _moments(checkpoints)
    rows, tasks, paths = [], {}, {}
    for row, settings in points:
        if isinstance(settings, ValueError):
            rows.append(row | {"problem": str(settings)})
            continue
        limit = whole("samples", samples(settings) if callable(samples) else samples, 0)
        how = {
            "samples": limit,
            "checkpoints": checkpoints,
            "until": None if until is None else float(until),
        }
        known = store.read(path := store.path(settings, how))
        if known is None:
            tasks[len(rows)], paths[len(rows)] = (settings, how), path
        rows.append(row | (known or {}))

    results = _results(tasks, measure, store.imported, n_jobs)
    with tqdm(
        total=len(rows),
        initial=len(rows) - len(tasks),
        desc="sweep",
        unit="run",
        disable=not progress,
    ) as bar:
        for i, values, other in results:
            store.write(paths[i], tasks[i][0], values, other)
            rows[i] |= values
            bar.update()
    return _table(rows, base)


def _points(
    base: Settings, over: Mapping[str, Sequence], seeds: int | Sequence[int]
) -> list[tuple]:
    """(row, settings) of every run, or (row, ValueError) where the combination is impossible."""
    names = [f.name for f in fields(Settings) if f.name != "seed"]
    for name, values in over.items():
        if name not in names:
            advice = (
                "give seeds as sweep(..., seeds=5)"
                if name == "seed"
                else f"choose among {', '.join(names)}"
            )
            raise ValueError(f"a sweep cannot go over {name!r}: {advice}")
        if isinstance(values, str) or not np.iterable(values) or len(values) == 0:
            raise TypeError(
                f"over[{name!r}] = {values!r} must be a list of values to try, such as [{values!r}]"
            )
    one = np.ndim(seeds) == 0
    each_seed = (
        [base.seed + i for i in range(whole("seeds", seeds, 1))]
        if one
        else [whole("seed", s, 0) for s in seeds]
    )
    if not each_seed:
        raise ValueError("seeds is empty: give a number of seeds, 1 or more, or a list of them")
    points = []
    for values in itertools.product(*(dict.fromkeys(v) for v in over.values())):
        changes = dict(zip(over, values, strict=True))
        for seed in dict.fromkeys(each_seed):
            try:
                settings = base.replace(**changes, seed=seed)
            except ValueError as problem:
                settings = problem
            points.append(
                (
                    {n: getattr(v, "__name__", v) for n, v in changes.items()} | {"seed": seed},
                    settings,
                )
            )
    return points


def _moments(checkpoints: int | Sequence[int]) -> int | list[int]:
    count = functools.partial(whole, "checkpoints")
    return (
        count(checkpoints, 1)
        if np.ndim(checkpoints) == 0
        else [count(moment, 0) for moment in checkpoints]
    )


def _table(rows: list[dict], base: Settings) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(rows)
    frame["problem"] = frame.pop("problem")  # to the end
    frame.attrs["base"] = base.summary()
    return frame


def _results(
    tasks: dict[int, tuple[Settings, dict]], measure: Callable, imported: list, n_jobs: int
) -> Iterable[tuple]:
    """What ``_measured`` returns for every task, in the order in which they end."""
    if not tasks:
        return ()
    run = joblib.Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    # So that no core waits for the last of them.
    longest_first = sorted(tasks, key=lambda i: -tasks[i][1]["samples"])
    code = os.getpid(), imported
    return run(joblib.delayed(_measured)(i, *tasks[i], measure, code) for i in longest_first)


def _measured(
    i: int, settings: Settings, how: dict, measure: Callable, code: tuple[int, list]
) -> tuple[int, dict, list]:
    """One run of a sweep, wherever it is made.

    Its number, what there is to say of it, and what other code made it.
    """
    process, imported = code
    return (
        i,
        _outcome(settings, how, measure),
        [] if os.getpid() == process else differing(imported),
    )


def _outcome(settings: Settings, how: dict, measure: Callable) -> dict:
    with single_threaded_blas():
        try:
            if how["until"] is None:
                run = online_sgd(settings, how["samples"], how["checkpoints"])
            else:
                run = samples_until(settings, how["until"], how["samples"])
        except Diverged as problem:
            return {"problem": str(problem)}
        # A run that gave up needs more, nobody knows how many.
        samples = math.nan if run.note else int(run.samples[-1])
        return {"samples": samples} | _columns(measure(run)) | {"problem": run.note}


def _columns(values: Mapping[str, float]) -> dict[str, float]:
    if not isinstance(values, Mapping):
        raise TypeError(
            f"measure must return a dictionary such as {{'risk': 0.1}}, got {type(values).__name__}"
        )
    columns = {}
    for name, value in values.items():
        value = (
            value.item()
            if isinstance(value, (np.generic, np.ndarray)) and np.ndim(value) == 0
            else value
        )
        if not isinstance(value, numbers.Real):
            raise TypeError(
                f"measure returned {name!r} = {value!r}; a table needs one number there"
            )
        if name in {f.name for f in fields(Settings)} | {"samples", "problem"}:
            raise ValueError(
                f"measure returned {name!r}, a column that the table has already: "
                "give it another name"
            )
        columns[name] = value
    return columns
