"""Seeds x settings: many runs, in parallel, remembered on disk, as one tidy table."""

from __future__ import annotations

import dis
import functools
import hashlib
import itertools
import json
import math
import numbers
import os
import sys
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import joblib
import numpy as np

from .machine import single_threaded_blas
from .run import Run
from .settings import Settings
from .sgd import Diverged, OnlineSGD, checkpoint_times, online_sgd

if TYPE_CHECKING:
    import pandas as pd


LOOKS = 300  # moments at which samples_until looks at a run: 3 % apart over the four decades of checkpoint_times


def final_values(run: Run) -> dict[str, float]:
    """What a sweep tells of a run if not asked otherwise: its end, with angles in degrees, largest first."""
    last = run.at(-1)
    values = {"perpendicular": last.perpendicular, "parallel": last.parallel, "risk": last.risk, "r2": last.r2}
    return values | {f"angle_{j + 1}_degrees": angle for j, angle in enumerate(np.degrees(last.angles))}


def samples_until(settings: Settings, angle: float, limit: int) -> Run:
    """Train until the largest principal angle is at most ``angle`` (radians), and no longer than ``limit`` samples.

    The answer is ``run.samples[-1]``, late by at most the 3 % between two looks; a run that gave up has a note.
    Raises Diverged. Taught in notebook 02.
    """
    sim, snapshots = OnlineSGD(settings), []
    for t in checkpoint_times(limit, LOOKS):
        sim.advance(int(t) - sim.samples)
        snapshots.append(sim.snapshot())
        if snapshots[-1].angles[0] <= angle:
            return Run.of(settings, snapshots, net=sim.net)
    reached, wanted = np.degrees([snapshots[-1].angles[0], angle])
    note = f"The largest angle is still {reached:.1f} degrees, not {wanted:.1f}, after {limit:,} samples."
    return Run.of(settings, snapshots, net=sim.net, note=note)


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
    """Run every combination of settings with every seed, in parallel, and return one row a run.

    >>> sweep(Settings(link="tanh", k=1), over={"d": [50, 100, 200], "noise": [0.1, 0.5]}, seeds=5)

    Finished runs are remembered on disk, in ``cache_directory()``, by settings, samples, measure and code: an
    interrupted sweep goes on where it was, and a repeated one takes no time. The same call inside
    ``with joblib.parallel_config("dask"):`` runs on a Dask cluster; what a worker had when it died is run again.

    Parameters
    ----------
    base : settings of all runs, but for the fields in ``over``.
    over : field -> values to try; all combinations are run.
    seeds : how many, counted from base.seed, or a list of them.
    measure : function of the Run that returns a dictionary of numbers, which become columns.
    samples : SGD steps of each run, or a function of its settings such as ``lambda s: 200 * s.d``.
    checkpoints : moments that each Run holds besides its start, for a measure that looks at its course.
    until : stop each run once its largest principal angle (radians) is this small; the column 'samples' then tells how
        many it needed, within 3 %.
    progress : show a progress bar.
    n_jobs : number of parallel runs, -1 for one on each core.

    Returns
    -------
    DataFrame with the columns of ``over``, 'seed', 'samples', those of ``measure``, and 'problem': empty, or why the
    run was impossible (k above d), diverged, or did not reach ``until``. ``attrs["base"]`` is the base as text.

    Taught in notebook 02.

    Raises ValueError for fields that Settings does not have, TypeError for a measure that does not return numbers.
    """
    import pandas as pd
    from tqdm.auto import tqdm

    points, store = _points(base, over, seeds), _Store(measure)
    rows, tasks = [], {}
    for row, settings in points:
        if isinstance(settings, ValueError):
            rows.append(row | {"problem": str(settings)})
            continue
        limit = int(samples(settings) if callable(samples) else samples)
        how = {"samples": limit, "checkpoints": checkpoints, "until": until}
        known = store.read(settings, how)
        if known is None:
            tasks[len(rows)] = (settings, how)
        rows.append(row | (known or {}))

    run = joblib.Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    longest_first = sorted(tasks, key=lambda i: -tasks[i][1]["samples"])  # so that no core waits for the last of them
    results = run(joblib.delayed(_measured)(i, *tasks[i], measure) for i in longest_first) if tasks else ()
    with tqdm(total=len(rows), initial=len(rows) - len(tasks), desc="sweep", unit="run", disable=not progress) as bar:
        for i, values in results:
            store.write(*tasks[i], values)
            rows[i] |= values
            bar.update()
    frame = pd.DataFrame(rows)
    frame["problem"] = frame.pop("problem")  # to the end
    frame.attrs["base"] = base.summary()
    return frame


def _points(base: Settings, over: Mapping[str, Sequence], seeds: int | Sequence[int]) -> list[tuple]:
    """(row, settings) of every run, or (row, ValueError) where the combination is impossible."""
    names = [f.name for f in fields(Settings) if f.name != "seed"]
    for name, values in over.items():
        if name not in names:
            advice = "give seeds as sweep(..., seeds=5)" if name == "seed" else f"choose among {', '.join(names)}"
            raise ValueError(f"a sweep cannot go over {name!r}: {advice}")
        if isinstance(values, str) or not np.iterable(values) or len(values) == 0:
            raise TypeError(f"over[{name!r}] = {values!r} must be a list of values to try, such as [{values!r}]")
    each_seed = range(base.seed, base.seed + seeds) if np.ndim(seeds) == 0 else [int(seed) for seed in seeds]
    if len(each_seed) == 0:
        raise ValueError(f"seeds = {seeds} must be 1 or more, or a list of seeds")
    points = []
    for values in itertools.product(*(dict.fromkeys(v) for v in over.values())):
        changes = dict(zip(over, values, strict=True))
        for seed in dict.fromkeys(each_seed):
            try:
                settings = base.replace(**changes, seed=seed)
            except ValueError as problem:
                settings = problem
            points.append(({n: getattr(v, "__name__", v) for n, v in changes.items()} | {"seed": seed}, settings))
    return points


def _measured(i: int, settings: Settings, how: dict, measure: Callable) -> tuple[int, dict]:
    """One run of a sweep, wherever it is made: its number in the sweep, and what there is to say of it."""
    with single_threaded_blas():
        try:
            if how["until"] is None:
                run = online_sgd(settings, how["samples"], how["checkpoints"])
            else:
                run = samples_until(settings, how["until"], how["samples"])
        except Diverged as problem:
            return i, {"problem": str(problem)}
        samples = math.nan if run.note else int(run.samples[-1])  # a run that gave up needs more, nobody knows how many
        return i, {"samples": samples} | _columns(measure(run)) | {"problem": run.note}


def _columns(values: Mapping[str, float]) -> dict[str, float]:
    if not isinstance(values, Mapping):
        raise TypeError(f"measure must return a dictionary such as {{'risk': 0.1}}, got {type(values).__name__}")
    columns = {}
    for name, value in values.items():
        value = value.item() if isinstance(value, (np.generic, np.ndarray)) and np.ndim(value) == 0 else value
        if not isinstance(value, numbers.Real):
            raise TypeError(f"measure returned {name!r} = {value!r}; a table needs one number there")
        if name in {f.name for f in fields(Settings)} | {"samples", "problem"}:
            raise ValueError(f"measure returned {name!r}, a column that the table has already: give it another name")
        columns[name] = value
    return columns


def cache_directory() -> Path:
    """Where results of sweeps are kept: the environment variable COURSE_CACHE, or this user's folder for caches."""
    if own := os.environ.get("COURSE_CACHE"):
        return Path(own)
    if sys.platform == "win32":
        folder = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Caches"
    else:
        folder = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(folder) / "subspace-course"


class _Store:
    """Results on disk, one JSON file a run, named by the digest of all that the result depends on."""

    def __init__(self, measure: Callable):
        self._folder, self._code = cache_directory() / "sweep", [identity(measure), _core()]

    def _path(self, settings: Settings, how: dict) -> Path:
        values = {f.name: getattr(settings, f.name) for f in fields(settings)}
        values = {name: identity(v) if callable(v) else v for name, v in values.items()}
        return self._folder / f"{_digest([values, how, self._code])}.json"

    def read(self, settings: Settings, how: dict) -> dict | None:
        """What was stored for a run, None if nothing was or if it is damaged."""
        path = self._path(settings, how)
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
            if entry["digest"] != _digest(entry["values"]):
                raise ValueError("its digest does not fit")
            return entry["values"]
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, KeyError, TypeError) as problem:
            warnings.warn(f"the stored result {path} is damaged ({problem}); the run is made again", stacklevel=3)
            return None

    def write(self, settings: Settings, how: dict, values: dict) -> None:
        """Store a result whole or not at all; a disk that cannot be written to costs a warning, not the sweep."""
        path = self._path(settings, how)
        part = path.with_suffix(f".{os.getpid()}.part")
        entry = {"settings": settings.summary(), "values": values, "digest": _digest(values)}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(entry), encoding="utf-8")
            os.replace(part, path)
        except OSError as problem:
            advice = "set COURSE_CACHE to a folder that you can write to"
            warnings.warn(f"results are not remembered ({problem}): {advice}", stacklevel=3)


def _digest(values) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]


@functools.cache
def _core() -> str:
    """Digest of the code that a run goes through."""
    core = ("settings", "targets", "networks", "risk", "kernel", "sampling", "subspace", "run", "sgd", "sweep")
    return _digest([np.__version__, *(_source(f"{__package__}.{name}") for name in core)])


@functools.cache
def _source(module: str) -> str:
    """Digest of a module's source text; its name where it has none."""
    path = getattr(sys.modules.get(module), "__file__", None)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if path else str(module)


def identity(thing, seen: tuple[int, ...] = ()) -> str:
    """Text that tells a function from others that do something else, and is the same in every session.

    It covers bytecode, constants, defaults, what the function closes over, and the globals that it uses: those that you
    define in a notebook by the same rule, functions of other modules by the source text of their module.
    """
    if id(thing) in seen:
        return "itself"
    of = functools.partial(identity, seen=(*seen, id(thing)))
    if isinstance(thing, types.CodeType):
        return of([thing.co_code, thing.co_names, thing.co_consts])
    if isinstance(thing, types.FunctionType):
        cells = [cell.cell_contents for cell in thing.__closure__ or ()]
        own, known = thing.__module__ == "__main__", thing.__globals__
        used = {n: known[n] for n in _globals(thing.__code__) if n in known} if own else _source(thing.__module__)
        return of([thing.__code__, thing.__defaults__, thing.__kwdefaults__, cells, used])
    if isinstance(thing, functools.partial):
        return of([thing.func, thing.args, thing.keywords])
    if isinstance(thing, types.ModuleType):
        return thing.__name__
    if isinstance(thing, dict):
        return of([[name, thing[name]] for name in sorted(thing)])
    if isinstance(thing, (list, tuple)):
        return f"[{','.join(map(of, thing))}]"
    try:
        return joblib.hash(thing)
    except Exception as problem:  # whatever pickle raises for files, locks, generators
        raise TypeError(
            f"your function uses {thing!r:.60}, which no other process can receive ({problem}): make it inside the function"
        ) from problem


def _globals(code: types.CodeType) -> list[str]:
    """Names of the globals that a function's code uses, those of functions inside it included."""
    names = {i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}
    return sorted(names.union(*(_globals(c) for c in code.co_consts if isinstance(c, types.CodeType))))
