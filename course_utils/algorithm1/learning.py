"""Both phases from settings, at any d and several sample counts of one run, with their reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from ..engine.online import OnlineSGD
from ..given import sample_counts
from ..levels import angle_r2, linear_floor
from ..line_tests import LineTests, Report
from ..machine import reserve, single_threaded_blas
from ..networks import TwoLayerNet
from ..settings import Settings
from ..snapshot import in_d
from ..subspace import spectrum
from .biases import checked_reach, half_width, places_of, with_new_biases
from .phases import SecondPhase
from .samples import FRESH, fresh_samples, race_samples
from .second_layer import DECAYS


@dataclass(frozen=True, eq=False)
class Outcome:
    """What Algorithm 1 has learned after T samples, and how well. Made by `learn`.

    Attributes
    ----------
    settings : Settings
        What was run.
    samples : int
        T, the samples of phase 1.
    fresh : bool
        True if phase 2 had fresh samples, in reduced coordinates; False if it had the same ones.
    phase_2_samples : int
        How many samples phase 2 had.
    phase_1 : TwoLayerNet
        The network after phase 1, with the second layer and the biases that it started with.
    old_biases : TwoLayerNet
        Phase 2 without new biases: a second layer fitted to the features of phase 1.
    net : TwoLayerNet
        The network after both phases. All three are in reduced coordinates if ``fresh``.
    reach : float
        Delta over the median row norm of W (``neuron_norm``).
    delta : float
        The new biases were drawn from [-delta, delta].
    decay : float
        Weight decay lambda' of the second layer.
    angle : float
        Between u and the top direction of W, in radians.
    floor : float
        R^2 of the best linear function.
    angle_r2 : float
        R^2 that the angle allows to functions of one direction, see ``levels.angle_r2``.
    tests : LineTests
        The tests of the reports: z, weights and the true f along u.
    report : Report
        On the network after both phases: R^2 and the function it has learned along u.
    old_report : Report
        The same on ``old_biases``.
    """

    settings: Settings
    samples: int
    fresh: bool
    phase_2_samples: int
    phase_1: TwoLayerNet = field(repr=False)
    old_biases: TwoLayerNet = field(repr=False)
    net: TwoLayerNet = field(repr=False)
    reach: float
    delta: float
    decay: float
    angle: float
    floor: float
    angle_r2: float
    tests: LineTests = field(repr=False)
    report: Report
    old_report: Report = field(repr=False)

    @property
    def r2(self) -> float:
        """R^2 after both phases, with exact weights in z."""
        return self.report.r2

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Predictions of the network after both phases.

        Parameters
        ----------
        X : (n, columns) ndarray
            Inputs in its coordinates: in R^d unless ``fresh``.

        Returns
        -------
        (n,) ndarray
            One prediction a row.
        """
        return self.net(X)

    def sentence(self) -> str:
        """One line that says how well it did.

        Returns
        -------
        str
            The line, with the angle in degrees.
        """
        which = (
            f"phase 2 on {self.phase_2_samples:,} fresh samples"
            if self.fresh
            else "phase 2 on the same samples"
        )
        return (
            f"After {self.samples:,} samples ({in_d(self.samples, self.settings.d)}), {which}: "
            f"R² {self.r2:.2f}; linear floor {self.floor:.2f}; the angle to u, "
            f"{np.degrees(self.angle):.1f} degrees, allows {self.angle_r2:.2f}; "
            f"with the old biases {self.old_report.r2:.2f}."
        )


@overload
def learn(settings: Settings, samples: int, *args, **options) -> Outcome: ...
@overload
def learn(settings: Settings, samples: Sequence[int], *args, **options) -> list[Outcome]: ...
def learn(
    settings,
    samples,
    reach: float | None = None,
    second: str = "ridge",
    passes: int = 1,
    sampling: str = "auto",
    fresh: bool = False,
    decays: np.ndarray = DECAYS,
    fraction: float = 0.2,
    tests: LineTests | None = None,
):
    """Learn a single-index target by Algorithm 1 at any d, and report how well.

    Phase 1 is one run of online SGD through all sample counts. Phase 2, at each of them, freezes W,
    draws new biases and fits the second layer, its weight decay chosen on a share of its samples.

    Its samples are those of phase 1, as in the paper, where inputs are drawn whole ("plain"
    sampling). Under "reduced" sampling, at large d, they are fresh: inputs that W was trained on
    are forgotten there, so phase 2 takes min(T, 10,000) new ones in the same coordinates,
    x = (z, N(0, I)), and the whole takes at most 2 T samples. ``Outcome.fresh`` says which.

    Parameters
    ----------
    settings : Settings
        Target (k = 1), network and phase 1; ``settings.replace(**PHASE_1)`` has what the course
        uses.
    samples : int or sequence of int
        T, the samples of phase 1; or several in increasing order.
    reach : float, optional
        Half width Delta of the new biases, in units of the median row norm of W
        (``neuron_norm``); left out, it is sqrt(2 log T) + 1.
    second : str
        "ridge" solves phase 2 for the square loss; "sgd" takes the paper's steps: the loss of phase
        1, from its second layer, over the same samples.
    passes : int
        "sgd" takes passes x (samples of phase 2) steps.
    sampling : str
        "plain", "reduced", or "auto", which takes the cheaper one, as OnlineSGD does.
    fresh : bool
        Give phase 2 fresh samples under plain sampling too, so that what is compared over d is the
        same thing at small and large d.
    decays : (decays,) ndarray
        Of the second layer to choose from, in units of the mean |sigma(W x + b)|^2.
    fraction : float
        Share of the samples of phase 2 that chooses, the last ones. If they are the same samples, W
        has not seen them at that moment.
    tests : LineTests, optional
        Other tests than the usual ones.

    Returns
    -------
    Outcome or list of Outcome
        One for each sample count.

    Raises
    ------
    ValueError
        For k other than 1, inputs other than N(0, I), sign labels, an unknown ``second``, a reach
        that is not positive, or sample counts that do not increase.
    MemoryError
        If the samples do not fit.
    Diverged
        From phase 1.

    Notes
    -----
    Source: Algorithm 1 of Mousavi-Hosseini et al. (2023). Taught in notebook 04.
    """
    found = list(
        outcomes(
            settings,
            samples,
            reach=reach,
            second=second,
            passes=passes,
            sampling=sampling,
            fresh=fresh,
            decays=decays,
            fraction=fraction,
            tests=tests,
        )
    )
    return found[0] if np.ndim(samples) == 0 else found


def outcomes(
    settings: Settings,
    samples: int | Sequence[int],
    *,
    reach: float | None = None,
    second: str = "ridge",
    passes: int = 1,
    sampling: str = "auto",
    fresh: bool = False,
    decays: np.ndarray = DECAYS,
    fraction: float = 0.2,
    tests: LineTests | None = None,
) -> Iterator[Outcome]:
    """The outcomes of ``learn``, one by one: each sample count is trained to when it is asked for.

    Parameters
    ----------
    settings : Settings
        As in ``learn``, and so are all others.
    samples : int or sequence of int
        T, one or several in increasing order.
    reach : float, optional
        Half width of the new biases; left out, the rule's.
    second : str
        "ridge" or "sgd".
    passes : int
        Of "sgd".
    sampling : str
        "plain", "reduced" or "auto".
    fresh : bool
        Phase 2 has fresh samples under plain sampling too.
    decays : (decays,) ndarray
        Of the second layer, to choose from.
    fraction : float
        Share of the samples of phase 2 that chooses.
    tests : LineTests, optional
        Other tests than the usual ones.

    Yields
    ------
    Outcome
        One for each sample count.

    Raises
    ------
    ValueError
        As ``learn``, when the first outcome is asked for.
    MemoryError
        Then too, if the samples do not fit.
    Diverged
        When an outcome is asked for that phase 1 does not reach.

    Notes
    -----
    For a lab, which shows each as it comes. Taught in notebook 04.
    """
    if settings.sign_labels:
        raise ValueError(
            f"loss = {settings.loss!r} has signs as labels, and R^2 compares with the values f: "
            "try loss='huber'"
        )
    times, phase_2 = (
        sample_counts(samples),
        SecondPhase(settings.loss, second, decays, fraction, passes, settings.seed),
    )
    sim = OnlineSGD(settings, sampling=sampling)
    tests = tests or LineTests.of(sim.net, sim.target)
    walk = _fresh(sim, times) if sim.reduced or fresh else _same(sim, times, phase_2)
    for _ in times:
        with single_threaded_blas():  # not while it waits to be asked for the next one
            stop = next(walk)
            found = _outcome(sim, tests, phase_2, *stop, checked_reach(reach, stop[0]))
        yield found


def _fresh(sim: OnlineSGD, times: np.ndarray):
    """Train to each T; (T, earlier net, net, X, y) with samples that it has not seen."""
    for t in times:
        sim.advance(int(t) - sim.samples)
        net = sim.net
        yield int(t), net, net, *fresh_samples(sim.settings, net, min(int(t), FRESH))


def _same(sim: OnlineSGD, times: np.ndarray, phase_2: SecondPhase):
    """Train to each T; (T, net before the samples that validate, net, X, y) on the same samples."""
    most, s = int(times[-1]), sim.settings
    reserve(
        8.0 * most * (s.d + 3 * s.width),
        f"{most:,} samples of d = {s.d:,} and their features",
        "lower samples, or take sampling='reduced'",
    )
    X, y = race_samples(s, most)
    starts = {int(t): int(t) - phase_2.held(int(t)) for t in times}
    nets = {}
    for stop in sorted({*starts, *starts.values()}):
        sim.feed(X[sim.samples : stop], y[sim.samples : stop])
        nets[stop] = sim.net
        if stop in starts:
            yield stop, nets[starts[stop]], nets[stop], X[:stop], y[:stop]


def _outcome(sim, tests, phase_2, t, earlier, net, X, y, reach) -> Outcome:
    s, places = sim.settings, places_of(sim.settings)
    same = earlier is net
    new = with_new_biases(net, reach, places)
    before = new if same else with_new_biases(earlier, reach, places)
    fitted, decay, _ = phase_2.fit(before, new, X, y)
    old, _, _ = phase_2.fit(earlier, net, X, y)
    directions = np.eye(1, net.W.shape[1]) if sim.reduced else sim.target.directions
    angle = float(spectrum(net.W, directions)[0][0])
    return Outcome(
        settings=s,
        samples=t,
        fresh=earlier is net,
        phase_2_samples=len(y),
        phase_1=net,
        old_biases=old,
        net=fitted,
        reach=reach,
        delta=half_width(net, reach),
        decay=decay,
        angle=angle,
        floor=linear_floor(s.link),
        angle_r2=angle_r2(s.link, np.cos(angle)),
        tests=tests,
        report=tests.report(fitted),
        old_report=tests.report(old),
    )
