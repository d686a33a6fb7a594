"""Online SGD with weight decay on the first layer: step sizes, and the engine.

The engine takes any number of steps at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ..given import choice, labels, samples, whole
from ..inputs import LAWS, input_law
from ..machine import reserve, signals_wait, single_threaded_blas
from ..networks import TwoLayerNet
from ..risk import floors_on, mean_loss, r_squared
from ..run import Run, Snapshot
from ..settings import Settings
from ..targets import MultiIndexModel
from .blocked import HUGE, outputs_of, steps_of
from .sampling import (
    PlainSampler,
    ReducedSampler,
    full_net,
    reduced_block,
    reduced_columns,
    use_reduced,
)

TEST_SAMPLES = 1000
FED = (
    "Trained on samples that were fed; "
    "the risk is that on inputs {} with the labels of these settings."
)


class Diverged(RuntimeError):
    """Training left the finite numbers.

    Parameters
    ----------
    message : str
        What happened, and what to try.
    samples : int
        After how many samples.
    run : Run, optional
        What was recorded before, if anything was.
    """

    def __init__(self, message: str, samples: int, run: Run | None = None):
        super().__init__(message)
        self.samples, self.run = samples, run

    def __reduce__(self):  # so that it can come back from another process
        return type(self), (*self.args, self.samples, self.run)


def schedule(settings: Settings, t: np.ndarray) -> np.ndarray:
    """Width-free step sizes et_t at sample numbers.

    Parameters
    ----------
    settings : Settings
        Gives d, step, weight_decay and the schedule.
    t : ndarray
        Sample numbers, 0 for the first.

    Returns
    -------
    ndarray
        The step sizes, of the shape of t.

    Notes
    -----
    constant: et_t = step / d. decreasing: et_t = (2 tau + 1) / (gam (tau + 1)^2) with tau = t + t0,
    gam = weight_decay / 2 (a cautious guess of the gap between decay and threshold), and t0 such
    that et_0 = step / d; then 1 - et_t gam = (tau / (tau + 1))^2. Without weight decay the two
    agree. The course's own choice; notebook 02 derives what it leads to.
    """
    first = settings.step / settings.d
    gap = min(settings.weight_decay / 2, 0.999 / first)
    if settings.schedule == "constant" or gap * first < 1e-100:
        return np.full(np.shape(t), first)
    root = np.sqrt(1 - gap * first)
    t0 = root * (1 + root) / (gap * first)  # root / (1 - root), without cancellation
    tau = np.asarray(t, dtype=float) + t0
    return (2 * tau + 1) / (gap * (tau + 1) ** 2)


class OnlineSGD:
    """Online SGD with weight decay, step by step (Algorithm 1, first phase).

    ``advance`` trains, ``snapshot`` measures, ``change`` turns noise, step or weight decay while it
    runs.

    Parameters
    ----------
    settings : Settings
        What to run.
    sampling : str
        'plain' draws inputs in R^d; 'reduced' simulates the same law at a cost that does not
        grow with d; 'auto' takes the cheaper one.

    Raises
    ------
    MemoryError
        Before anything is drawn, if the free memory cannot hold these sizes.

    Notes
    -----
    Taught in notebook 02.
    """

    def __init__(self, settings: Settings, sampling: str = "auto"):
        choice("sampling", sampling, ("auto", "plain", "reduced"))
        reduced = use_reduced(settings) if sampling == "auto" else sampling == "reduced"
        smallest = reduced_columns(settings) - reduced_block(settings.width)
        if reduced and settings.d <= smallest:
            reduced = False  # nothing to reduce
        columns = reduced_columns(settings) if reduced else settings.d
        what = f"Training {settings.width:,} neurons at d = {settings.d:,}"
        needed = 8.0 * columns * (3 * settings.width + TEST_SAMPLES)  # W, its change and a copy
        reserve(needed, what, _smaller(settings))
        self.settings = settings
        self.samples = 0
        # what was turned: after how many samples, and the settings that had held up to there
        self.changes: list[tuple[int, Settings]] = []
        self._fed = False
        self._sampler = (ReducedSampler if reduced else PlainSampler)(settings)
        rngs = settings.generators()
        self._noise, test = rngs["label_noise"], rngs["test"]
        self._test_inputs, self._test_projections = self._sampler.test_inputs(TEST_SAMPLES, test)
        self._test_noise = test.standard_normal(TEST_SAMPLES)

    @property
    def target(self) -> MultiIndexModel:
        """The multiple-index model that labels the samples."""
        return self._sampler.target

    @property
    def reduced(self) -> bool:
        """True when inputs are drawn in reduced coordinates."""
        return self._sampler.reduced

    @property
    def W(self) -> np.ndarray:
        """First layer (m, d), the live array.

        Raises
        ------
        RuntimeError
            For reduced sampling, where it is never formed.
        """
        if self.reduced:
            raise RuntimeError(
                f"W itself (width x d = {self.settings.width} x {self.settings.d:,}) is never "
                "formed at this d: only its coordinates in the span of the directions and of W "
                "are simulated. Use snapshot(), or sampling='plain'."
            )
        return self._sampler.W

    @property
    def net(self) -> TwoLayerNet:
        """A copy of the network as it is now; in reduced coordinates if sampling is reduced.

        Its repr says which it is.
        """
        return full_net(self._sampler, self.settings)

    def change(self, **changes) -> None:
        """Turn noise, step, weight_decay or schedule of the running experiment.

        Parameters
        ----------
        **changes : object
            Fields of Settings with their new values.

        Raises
        ------
        ValueError
            For any other field, and for values that Settings refuses.
        """
        fixed = sorted(set(changes) - {"noise", "step", "weight_decay", "schedule"})
        if fixed:
            raise ValueError(
                f"{fixed[0]} cannot change while training goes on; start a new OnlineSGD instead"
            )
        before, self.settings = self.settings, self.settings.replace(**changes)
        if self.settings != before:
            self.changes.append((self.samples, before))
        self.target.noise = self.settings.noise

    def advance(self, n: int) -> None:
        """Train on n fresh samples.

        Parameters
        ----------
        n : int
            How many SGD steps to take, one a sample.

        Raises
        ------
        Diverged
            When outputs explode.

        Notes
        -----
        Whatever ends it early, Ctrl-C or an own link that fails, the state is that after the number
        of samples that ``samples`` says, and training can go on from there.
        """
        end = self.samples + whole("n", n, 0)
        with signals_wait() as signal_came, single_threaded_blas():
            while self.samples < end and not signal_came():
                with self._all_or_nothing():
                    Z = self._sampler.draw(end - self.samples)
                    self._train(self.target.labels(Z, self._noise))

    def feed(self, X: np.ndarray, y: np.ndarray) -> None:
        """Train on your own samples, in order.

        Parameters
        ----------
        X : (n, d) ndarray
            Inputs.
        y : (n,) ndarray
            Labels; -1 and 1 for the logistic loss.

        Raises
        ------
        ValueError
            If shapes do not fit or values are not finite.
        RuntimeError
            For reduced sampling, which takes no inputs in R^d.
        Diverged
            When outputs explode.

        Notes
        -----
        Snapshots go on measuring the risk on inputs of the law of these settings with labels of
        their target, whatever was fed, and say so: give the settings the law of what you feed.
        """
        if self.reduced:
            raise RuntimeError(
                "own samples live in R^d, this simulation does not: "
                "use OnlineSGD(settings, sampling='plain')"
            )
        X = samples(X, self.settings.d)
        y = np.ascontiguousarray(labels(y, len(X)))
        if self.settings.sign_labels and not (np.abs(y) == 1).all():
            raise ValueError(
                "the logistic loss needs labels -1 and 1; "
                "from labels 0 and 1 make them with 2 * y - 1"
            )
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
        sampler, before, noise = (
            self._sampler,
            self._sampler.state(),
            self._noise.bit_generator.state,
        )
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
        take_steps = steps_of(s.activation, s.loss)
        bad, flat = -1, sampler.W.reshape(-1)
        for X, part in sampler.blocks():
            bad = take_steps(
                sampler.W, sampler.a, sampler.b, X, y[part], steps[part], s.weight_decay
            )
            if bad >= 0:
                bad += part.start or 0
                break
        if (
            bad >= 0 or not flat @ flat < s.width * HUGE**2
        ):  # bounded activations diverge in W alone
            raise Diverged(_advice(s, self.samples + max(bad, 0)), self.samples)
        self.samples += len(y)

    def snapshot(self) -> Snapshot:
        """Measure the network as it is now.

        Returns
        -------
        Snapshot
            Angles, norms, singular values and test risk at this moment, on inputs of the law of
            these settings.
        """
        s, sampler = self.settings, self._sampler
        with single_threaded_blas():
            yhat, y = self._test_outputs(), self._test_labels()
            risk, r2, note = (
                mean_loss(yhat, y, s.loss),
                r_squared(yhat, y),
                FED.format(_inputs(s)) if self._fed else "",
            )
            return Snapshot.measure(
                self.samples, s.d, sampler.W, sampler.directions, risk, r2, note=note
            )

    def floors(self) -> dict[str, float]:
        """Risks to compare a snapshot's with, on the same test samples.

        Returns
        -------
        dict of str to float
            'noise', 'linear' and 'zero', as in ``risk.floors``.
        """
        return floors_on(
            self.target, self._test_projections, self._test_labels(), self.settings.loss
        )

    def _test_outputs(self) -> np.ndarray:
        sampler = self._sampler
        return outputs_of(self.settings.activation)(
            sampler.W, sampler.a, sampler.b, self._test_inputs
        )

    def test_set(self, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Test samples in the coordinates that W has here.

        Parameters
        ----------
        n : int
            How many, at most 1000.

        Returns
        -------
        X : (n, columns) ndarray
            Inputs.
        y : (n,) ndarray
            Their labels.
        directions : (k, columns) ndarray
            The hidden directions.
        """
        return self._test_inputs[:n], self._test_labels()[:n], self._sampler.directions

    def _test_labels(self) -> np.ndarray:
        y = self.target.mean(self._test_projections) + self.target.noise * self._test_noise
        return np.where(y >= 0, 1.0, -1.0) if self.target.sign_labels else y


def _inputs(s: Settings) -> str:
    return "N(0, I)" if input_law(s.inputs).standard else f"of the law {s.inputs}"


def _smaller(s: Settings) -> str:
    """What to try where memory is short."""
    law = input_law(s.inputs)
    if law.reducible:
        return "lower width or d"
    large = ", ".join(name for name, other in LAWS.items() if other.reducible)
    return (
        f"lower width or d: inputs {law.text} can only be drawn whole; those that can be simulated "
        f"at any d are {large}"
    )


def _advice(s: Settings, samples: int) -> str:
    if s.step / s.d * s.weight_decay > 1:
        knob = (
            f"step x weight_decay / d = {s.step * s.weight_decay / s.d:.3g} is above 1, "
            "so decay overshoots: lower either"
        )
    elif s.loss == "square":
        knob = f"lower step (now {s.step:g}), or use the Huber loss, whose gradient is bounded"
    else:
        knob = f"lower step (now {s.step:g}) or raise weight_decay (now {s.weight_decay:g})"
    return (
        f"Training diverged after {samples:,} samples: outputs or weights grew beyond 1e8. "
        f"Try: {knob}."
    )
