"""Online SGD with weight decay on the first layer: schedules, the step-by-step engine, and whole runs."""

from __future__ import annotations

import numbers
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from . import given, kernel
from .machine import reserve, signals_wait, single_threaded_blas
from .networks import TwoLayerNet
from .risk import LOSSES, floors_on, r_squared
from .run import Run, Snapshot
from .sampling import PlainSampler, ReducedSampler, full_net, reduced_block, use_reduced
from .settings import Settings

TEST_SAMPLES = 1000
FED = "Trained on samples that were fed; the risk is that on inputs N(0, I) with the labels of these settings."


class Diverged(RuntimeError):
    """Training left the finite numbers. ``samples`` is where; ``run`` holds what was recorded before, if anything was."""

    def __init__(self, message: str, samples: int, run: Run | None = None):
        super().__init__(message)
        self.samples, self.run = samples, run

    def __reduce__(self):  # so that it can come back from another process
        return type(self), (*self.args, self.samples, self.run)


def schedule(settings: Settings, t: np.ndarray) -> np.ndarray:
    """Width-free step sizes et_t at sample numbers t, same shape.

    constant: et_t = step / d. decreasing: et_t = (2 tau + 1) / (gam (tau + 1)^2) with tau = t + t0, gam = weight_decay / 2
    (a cautious guess of the gap between decay and threshold), and t0 such that et_0 = step / d; then
    1 - et_t gam = (tau / (tau + 1))^2. Without weight decay the two agree. The course's own choice; notebook 02 derives what
    it leads to.
    """
    first = settings.step / settings.d
    gap = min(settings.weight_decay / 2, 0.999 / first)
    if settings.schedule == "constant" or gap * first < 1e-100:
        return np.full(np.shape(t), first)
    root = np.sqrt(1 - gap * first)
    tau = np.asarray(t, dtype=float) + root * (1 + root) / (gap * first)  # t0 = root / (1 - root), without cancellation
    return (2 * tau + 1) / (gap * (tau + 1) ** 2)


class OnlineSGD:
    """Online SGD with weight decay, step by step (Algorithm 1, first phase).

    Parameters
    ----------
    settings : what to run.
    sampling : 'plain' draws inputs in R^d; 'reduced' simulates the same law at a cost that does not grow with d;
        'auto' takes the cheaper one.

    Raises MemoryError, before anything is drawn, if the free memory cannot hold these sizes.

    ``advance`` trains, ``snapshot`` measures, ``change`` turns noise, step or weight decay while it runs.
    Taught in notebook 02.
    """

    def __init__(self, settings: Settings, sampling: str = "auto"):
        if sampling not in ("auto", "plain", "reduced"):
            raise ValueError(f"sampling = {sampling!r} is unknown: it must be 'auto', 'plain' or 'reduced'")
        reduced = use_reduced(settings) if sampling == "auto" else sampling == "reduced"
        if reduced and settings.d <= settings.k + settings.width:
            reduced = False  # nothing to reduce
        columns = settings.k + settings.width + reduced_block(settings.width) if reduced else settings.d
        what = f"Training {settings.width:,} neurons at d = {settings.d:,}"
        reserve(8.0 * columns * (3 * settings.width + TEST_SAMPLES), what, "lower width or d")  # W, its change and a copy
        self.settings = settings
        self.samples = 0
        self._fed = False
        self._sampler = (ReducedSampler if reduced else PlainSampler)(settings)
        rngs = settings.generators()
        self._noise, test = rngs["label_noise"], rngs["test"]
        self._test_inputs, self._test_projections = self._sampler.test_inputs(TEST_SAMPLES, test)
        self._test_noise = test.standard_normal(TEST_SAMPLES)

    @property
    def target(self):
        """The multiple-index model that labels the samples."""
        return self._sampler.target

    @property
    def reduced(self) -> bool:
        """True when inputs are drawn in reduced coordinates."""
        return self._sampler.reduced

    @property
    def W(self) -> np.ndarray:
        """First layer (m, d), the live array. RuntimeError for reduced sampling, where it is never formed."""
        if self.reduced:
            raise RuntimeError(
                f"W itself (width x d = {self.settings.width} x {self.settings.d:,}) is never formed at this d: only its "
                "coordinates in the span of the directions and of W are simulated. Use snapshot(), or sampling='plain'."
            )
        return self._sampler.W

    @property
    def net(self) -> TwoLayerNet:
        """A copy of the network as it is now (in reduced coordinates if sampling is reduced; its repr says so)."""
        return full_net(self._sampler, self.settings)

    def change(self, **changes) -> None:
        """Turn noise, step, weight_decay or schedule of the running experiment; ValueError for any other field."""
        fixed = sorted(set(changes) - {"noise", "step", "weight_decay", "schedule"})
        if fixed:
            raise ValueError(f"{fixed[0]} cannot change while training goes on; start a new OnlineSGD instead")
        self.settings = self.settings.replace(**changes)
        self.target.noise = self.settings.noise

    def advance(self, n: int) -> None:
        """Train on n fresh samples.

        Raises Diverged when outputs explode. Whatever ends it early, Ctrl-C or an own link that fails, the state is that
        after the number of samples that ``samples`` says, and training can go on from there.
        """
        end = self.samples + _count("n", n, 0)
        with signals_wait() as signal_came, single_threaded_blas():
            while self.samples < end and not signal_came():
                with self._all_or_nothing():
                    Z = self._sampler.draw(end - self.samples)
                    self._train(self.target.labels(Z, self._noise))

    def feed(self, X: np.ndarray, y: np.ndarray) -> None:
        """Train on your own samples X (n, d), y (n,), in order.

        Snapshots go on measuring the risk on inputs N(0, I) with labels of the target of these settings, whatever was fed,
        and say so. ValueError if shapes do not fit or values are not finite.
        """
        if self.reduced:
            raise RuntimeError("own samples live in R^d, this simulation does not: use OnlineSGD(settings, sampling='plain')")
        X = given.samples(X, self.settings.d)
        y = np.ascontiguousarray(given.labels(y, len(X)))
        if self.settings.sign_labels and not (np.abs(y) == 1).all():
            raise ValueError("the logistic loss needs labels -1 and 1; from labels 0 and 1 make them with 2 * y - 1")
        with signals_wait() as signal_came, single_threaded_blas():
            for i in range(0, len(X), 4096):
                if signal_came():
                    break
                with self._all_or_nothing():
                    self._fed = True
                    self._sampler.take(X[i : i + 4096])
                    self._train(y[i : i + 4096])

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Undo everything inside, the draws too, if it ends with an exception."""
        sampler, before, noise = self._sampler, self._sampler.state(), self._noise.bit_generator.state
        try:
            yield
        except BaseException:
            sampler.restore(before)
            self._noise.bit_generator.state = noise
            raise

    def _train(self, y: np.ndarray) -> None:
        """One step a label, on the inputs that the sampler has drawn."""
        s, sampler = self.settings, self._sampler
        steps = schedule(s, np.arange(self.samples, self.samples + len(y)))
        codes = kernel.ACTIVATION_CODES[s.activation], kernel.LOSS_CODES[s.loss]
        bad, flat = -1, sampler.W.reshape(-1)
        for X, part in sampler.blocks():
            bad = kernel.blocked_steps(sampler.W, sampler.a, sampler.b, X, y[part], steps[part], s.weight_decay, *codes)
            if bad >= 0:
                bad += part.start or 0
                break
        if bad >= 0 or not flat @ flat < s.width * kernel.HUGE**2:  # bounded activations diverge in W alone
            raise Diverged(_advice(s, self.samples + max(bad, 0)), self.samples)
        self.samples += len(y)

    def snapshot(self) -> Snapshot:
        """Measure the network as it is now."""
        s, sampler = self.settings, self._sampler
        with single_threaded_blas():
            yhat, y = self._test_outputs(), self._test_labels()
            risk = float(LOSSES[s.loss][0](yhat, y).mean())
            r2, note = r_squared(yhat, y), FED if self._fed else ""
            return Snapshot.measure(self.samples, s.d, sampler.W, sampler.directions, risk, r2, note=note)

    def floors(self) -> dict[str, float]:
        """Risks to compare a snapshot's with, on the same test samples: 'noise', 'linear' and 'zero' (see risk.floors)."""
        return floors_on(self.target, self._test_projections, self._test_labels(), self.settings.loss)

    def _test_outputs(self) -> np.ndarray:
        sampler, code = self._sampler, kernel.ACTIVATION_CODES[self.settings.activation]
        return kernel.outputs(sampler.W, sampler.a, sampler.b, self._test_inputs, code)

    def _test_labels(self) -> np.ndarray:
        y = self.target.mean(self._test_projections) + self.target.noise * self._test_noise
        return np.where(y >= 0, 1.0, -1.0) if self.target.sign_labels else y


def _advice(s: Settings, samples: int) -> str:
    if s.step / s.d * s.weight_decay > 1:
        knob = f"step x weight_decay / d = {s.step * s.weight_decay / s.d:.3g} is above 1, so decay overshoots: lower either"
    elif s.loss == "square":
        knob = f"lower step (now {s.step:g}), or use the Huber loss, whose gradient is bounded"
    else:
        knob = f"lower step (now {s.step:g}) or raise weight_decay (now {s.weight_decay:g})"
    return f"Training diverged after {samples:,} samples: outputs or weights grew beyond 1e8. Try: {knob}."


def _count(name: str, value, low: int) -> int:
    """A whole number given as 1000 or 1e3; ValueError if it is none or below ``low``, TypeError if it is no number."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a whole number, {low} or more, got {value!r} ({type(value).__name__})")
    if not (low <= value < 2**63 and value == int(value)):
        raise ValueError(f"{name} = {value} is not allowed: it must be a whole number, {low} or more")
    return int(value)


def checkpoint_times(samples: int, checkpoints: int | Sequence[int]) -> np.ndarray:
    """Sample counts at which to measure: 0, and ``checkpoints`` more, geometrically spaced up to ``samples``; or your own."""
    samples = _count("samples", samples, 0)
    if np.ndim(checkpoints) == 1:
        times = np.unique(np.array([_count("checkpoints", t, 0) for t in checkpoints], dtype=np.int64))
        if len(times) == 0 or times[-1] > samples:
            raise ValueError(f"checkpoints must lie between 0 and samples = {samples}")
        return times
    checkpoints = _count("checkpoints", checkpoints, 1)
    first = max(1.0, samples / 1e4)
    times = np.geomspace(max(samples, 1), first, checkpoints)  # backwards: a single checkpoint is the end
    return np.unique(np.round(np.r_[0, times]).astype(np.int64).clip(0, samples))


def online_sgd(
    settings: Settings,
    samples: int = 20_000,
    checkpoints: int | Sequence[int] = 200,
    seeds: int | Sequence[int] | None = None,
    progress: bool = False,
    sampling: str = "auto",
) -> Run:
    """Train on ``samples`` fresh samples and record the run.

    Parameters
    ----------
    settings : what to run.
    samples : number of SGD steps, one fresh sample each.
    checkpoints : how many moments to record, geometrically spaced; or the sample counts themselves.
    seeds : run this many seeds, settings.seed, settings.seed + 1, ... (or a list of seeds), in parallel threads; the Run
        then has a seed axis first.
    progress : show a progress bar.
    sampling : as in OnlineSGD.

    Raises Diverged: its ``run`` holds what was recorded, or with several seeds the runs of those that did not diverge.
    Taught in notebook 02.
    """
    times = checkpoint_times(samples, checkpoints)
    if seeds is None:
        return _one_run(settings, times, progress, sampling)
    if np.ndim(seeds) == 0:
        seeds = [settings.seed + i for i in range(_count("seeds", seeds, 1))]
    if len(seeds) == 0:
        raise ValueError("seeds is empty: give a number of seeds, 1 or more, or a list of them")
    import os
    import threading

    from tqdm.auto import tqdm

    stop = threading.Event()
    each = [settings.replace(seed=n) for n in seeds]

    def attempt(s: Settings) -> Run | Diverged:
        try:
            return _one_run(s, times, False, sampling, stop)
        except Diverged as problem:
            return problem

    with single_threaded_blas(), ThreadPoolExecutor(max_workers=min(len(each), os.cpu_count() or 1)) as pool:
        try:
            results = pool.map(attempt, each)
            results = list(tqdm(results, total=len(each), desc="seeds", unit="seed", disable=not progress))
        finally:  # after Ctrl-C the others end at their next checkpoint
            stop.set()
    runs = [r for r in results if isinstance(r, Run)]
    if len(runs) < len(results):
        raise _seeds_diverged(dict(zip(seeds, results, strict=True)), runs)
    return Run.stack(runs)


def _seeds_diverged(results: dict, runs: list[Run]) -> Diverged:
    """One error for the seeds that diverged; its run holds the other seeds, or what the first recorded if there are none."""
    bad = {seed: r for seed, r in results.items() if isinstance(r, Diverged)}
    first = next(iter(bad.values()))
    who = f"Seed {next(iter(bad))}" if len(bad) == 1 else f"Seeds {', '.join(map(str, bad))}"
    kept = f" The other {len(runs)} of {len(results)} are in this error's run." if runs else ""
    return Diverged(f"{who}: {first}{kept}", first.samples, Run.stack(runs) if runs else first.run)


def _one_run(settings: Settings, times: np.ndarray, progress: bool, sampling: str, stop=None) -> Run:
    from tqdm.auto import tqdm

    sim, snapshots = OnlineSGD(settings, sampling), []
    bar = tqdm(total=int(times[-1]), unit="sample", unit_scale=True, disable=not progress)
    try:
        with single_threaded_blas():
            for t in times:
                if stop is not None and stop.is_set():
                    raise KeyboardInterrupt
                sim.advance(int(t) - sim.samples)
                bar.update(int(t) - bar.n)
                snapshots.append(sim.snapshot())
    except Diverged as problem:
        if snapshots:
            problem.run = Run.of(settings, snapshots, net=sim.net, note=str(problem))
        raise
    finally:
        bar.close()
    return Run.of(settings, snapshots, net=sim.net, floors=sim.floors())
