"""What drives W_perp, and the one stepper of the predicted curve."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy.linalg

from ..activations import ACTIVATIONS
from ..engine.online import schedule
from ..inputs import input_law
from ..losses import LOSSES
from ..machine import single_threaded_blas
from ..networks import TwoLayerNet
from ..settings import Settings
from ..targets import MultiIndexModel
from .recursion import increasing
from .stein import backward, bends, curvature, parallel_part


def contraction_and_noise(
    net: TwoLayerNet,
    target: MultiIndexModel,
    loss: str,
    weight_decay: float,
    samples: int = 4000,
    seed: int = 0,
    tau: float = math.inf,
) -> tuple[np.ndarray, np.ndarray]:
    """What drives W_perp, measured on fresh samples: contraction A and noise C.

        A = m H + lam I,    C_ij = E[l_1^2 s_i sigma'_i s_j sigma'_j]

    Parameters
    ----------
    net : TwoLayerNet
        In input space or in reduced coordinates.
    target : MultiIndexModel
        What labels the samples.
    loss : str
        A name in LOSSES.
    weight_decay : float
        Width-free lam.
    samples : int
        How many fresh samples are averaged over.
    seed : int
        Seed from which they are drawn.
    tau : float
        Where the loss is cut: in C a sample beyond counts as l_1 = 0.

    Returns
    -------
    A : (m, m) ndarray
        Contraction, width-free.
    C : (m, m) ndarray
        Covariance of the noise, width-free.

    Raises
    ------
    ValueError
        For inputs that are not N(0, I).

    Notes
    -----
    Each coordinate of x outside the subspace moves one column of W_perp, on average by -et A, with
    noise of covariance et^2 C. So M = W_perp W_perp^T obeys M <- (1 - et A) M (1 - et A) + et^2 (d
    - k) C. Taught in notebook 02.
    """
    target.inputs.must_be_standard("what drives W_perp is known")
    inside = MultiIndexModel(
        np.eye(target.k, target.k + net.width),
        target.link,
        target.noise,
        sign_labels=target.sign_labels,
    )
    par = parallel_part(net, target)
    rest = net.W - par @ target.directions if net.reduced_k is None else net.W[:, net.reduced_k :]
    coordinates = TwoLayerNet(np.hstack([par, root(rest @ rest.T)]), net.a, net.b, net.activation)
    return _matrices(
        coordinates, inside, loss, weight_decay, samples, np.random.default_rng(seed), tau
    )


def noise_and_gap(A: np.ndarray, C: np.ndarray) -> tuple[float, float]:
    """The noise level of C, and the one gap that gives the same plateau as A and C.

    Parameters
    ----------
    A : (m, m) ndarray
        Contraction, as in ``contraction_and_noise``.
    C : (m, m) ndarray
        Covariance of the noise.

    Returns
    -------
    V : float
        tr C / m = mean_j E[(l_1 sigma'_j)^2].
    gap : float
        tr C / tr(A^-1 C), or 0 if a direction of W_perp grows.

    Notes
    -----
    Noise moves neurons together (C has rank one if all have equal slopes), in a direction that the
    loss's curvature contracts faster than the rest: so this gap is often above lam.
    """
    if np.linalg.eigvalsh(A)[0] <= 0:
        return float(np.trace(C)) / len(C), 0.0
    return float(np.trace(C)) / len(C), float(
        np.trace(C) / np.trace(scipy.linalg.solve(A, C, assume_a="pos"))
    )


def representatives(a: np.ndarray, b: np.ndarray, most: int) -> np.ndarray:
    """Choose neurons that stand for all, evenly spaced in (sign of a, b).

    Parameters
    ----------
    a, b : (m,) ndarray
        Second layer and biases.
    most : int
        How many at most.

    Returns
    -------
    (n,) ndarray of int
        Their numbers.
    """
    order = np.lexsort((b, np.sign(a)))
    return order[np.linspace(0, len(a) - 1, min(len(a), most)).round().astype(int)]


class PerpendicularPrediction:
    """W_perp as theory predicts it, beside a run that supplies nothing but its parallel part.

    M = W_perp W_perp^T follows M <- (1 - et A) M (1 - et A) + et^2 (d - k) C. A and C are averages
    over fresh samples for a network of the measured W_par and the *predicted* M, so that the
    measured W_perp enters at the start only.

    Parameters
    ----------
    settings : Settings
        Of the run; call ``change`` when noise, step, decay or schedule change.
    a : (m,) ndarray
        Second layer of the network.
    b : (m,) ndarray
        Its biases.
    parallel : (m, k) ndarray
        Coefficients on the directions at the start.
    rows : (m,) ndarray
        Norms of the rows of W_perp there.
    samples : int
        Sample count at the start.
    average : int
        Samples over which A and C are averaged.
    widest : int
        Wider networks are represented by so many of their neurons (the averages converge as in
        mean-field theory).

    Raises
    ------
    ValueError
        For inputs that are not N(0, I).
    """

    def __init__(
        self,
        settings: Settings,
        a,
        b,
        parallel,
        rows,
        samples: int = 0,
        average: int = 2000,
        widest: int = 256,
    ):
        input_law(settings.inputs).must_be_standard("W_perp is predicted")
        self._rng = np.random.default_rng(0)
        self._chosen = representatives(a, b, widest)
        self._a = np.sign(a[self._chosen]) / len(self._chosen)
        self._b = b[self._chosen]
        rows = np.asarray(rows, dtype=float)
        start = float((rows**2).mean())
        chosen = rows[self._chosen] ** 2
        self._M = np.diag(chosen * (start / chosen.mean() if start > 0 else 1.0))
        self.settings, self.samples, self.average = settings, samples, average
        self._drivers = self._driven_by(parallel)

    def change(self, settings: Settings) -> None:
        """Go on with other settings, as ``OnlineSGD.change`` does.

        Parameters
        ----------
        settings : Settings
            The old ones with another noise, step, weight decay or schedule.
        """
        # what drives it then is found when it is asked for, not while a page waits for its answer
        self.settings, self._drivers, self._modes = settings, None, None

    @property
    def perpendicular(self) -> float:
        """Predicted ||W_perp||_F / sqrt(m) now."""
        return math.sqrt(max(np.trace(self._M), 0.0) / len(self._M))

    def advance(self, samples: Sequence[int], parallel: np.ndarray) -> np.ndarray:
        """Go on to later sample counts, and predict ||W_perp||_F / sqrt(m) at each.

        Parameters
        ----------
        samples : sequence of int
            Increasing sample counts, after those seen so far.
        parallel : (m, k) ndarray
            Parallel part of the run at the last of them.

        Returns
        -------
        (n,) ndarray
            The prediction at each count.

        Raises
        ------
        ValueError
            If the counts do not increase.

        Notes
        -----
        A and C are the means of their values at both ends (Heun's rule), so keep an advance below
        half the time passed.
        """
        begin, before = self._M, self._driving()
        times = increasing(np.r_[self.samples, samples])
        with single_threaded_blas():
            self._M = self._follow(begin, *before, times)[0]
            self._drivers = self._driven_by(parallel)
            A, C = ((x + y) / 2 for x, y in zip(before, self._drivers, strict=True))
            self._M, traces = self._follow(begin, A, C, times)
        self.samples = int(times[-1])
        return np.sqrt(np.maximum(traces, 0.0) / len(begin))

    def at(self, t: int) -> float:
        """Predicted ||W_perp||_F / sqrt(m) at one moment, with A and C as they are now.

        Parameters
        ----------
        t : int
            Sample count, not before ``samples``.

        Returns
        -------
        float
            The prediction: a cheap look ahead between two advances.
        """
        if self._modes is None:
            A, C = self._driving()
            noise = C * (self.settings.d - self.settings.k)
            with single_threaded_blas():
                rates, basis = scipy.linalg.eigh(A)
                self._modes = (
                    rates,
                    *(np.einsum("ij,ij->j", basis, X @ basis) for X in (self._M, noise)),
                )
        rates, M, C = self._modes
        for n, et in _equal_steps(self.settings, self.samples, t):
            f = 1 - et * rates
            M = _after_steps(M, C, f**2, f ** (2 * n), n, et)
        return math.sqrt(max(M.sum(), 0.0) / len(M))

    def _driving(self) -> tuple[np.ndarray, np.ndarray]:
        if self._drivers is None:
            self._drivers = self._driven_by(self._parallel)
        return self._drivers

    def _driven_by(self, parallel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self._parallel = np.asarray(parallel, dtype=float)
        self._modes = None
        s, par = self.settings, self._parallel[self._chosen]
        target = MultiIndexModel(
            np.eye(s.k, s.k + len(par)), s.link, s.noise, sign_labels=s.sign_labels
        )
        net = TwoLayerNet(np.hstack([par, root(self._M)]), self._a, self._b, s.activation)
        return _matrices(net, target, s.loss, s.weight_decay, self.average, self._rng)

    def _follow(self, M, A, C, times) -> tuple[np.ndarray, np.ndarray]:
        """M at the last of the times and its trace at all but the first, A and C held fixed."""
        rates, basis = scipy.linalg.eigh(A)
        M, C = basis.T @ M @ basis, basis.T @ C @ basis * (self.settings.d - self.settings.k)
        traces = []
        for t, after in zip(times[:-1], times[1:], strict=True):
            for n, et in _equal_steps(self.settings, t, after):
                f = 1 - et * rates
                M = _after_steps(M, C, np.outer(f, f), np.outer(f**n, f**n), n, et)
            traces.append(np.trace(M))
        return basis @ M @ basis.T, np.array(traces)


def _matrices(
    net, target, loss: str, weight_decay: float, samples: int, rng, tau: float = math.inf
) -> tuple[np.ndarray, np.ndarray]:
    """A = m H + lam I and C from fresh samples; net and target in the same coordinates."""
    m = net.width
    X, y = target.sample(samples, rng)
    slopes, l1, l11 = backward(net, loss, X, y)
    kinks = ACTIVATIONS[net.activation].jump != 0  # where a sample costs m times as much
    few = max(1, samples // 4) if kinks else samples
    H = curvature(slopes, l11, bends(net, target, loss, X[:few], y[:few]))
    if tau < math.inf:
        l1 = np.where(LOSSES[loss].value(net(X), y) < tau, l1, 0.0)
    noise = m * slopes * l1[:, None]
    return m * H + weight_decay * np.eye(m), noise.T @ noise / samples


def root(M: np.ndarray) -> np.ndarray:
    """The symmetric L with L L^T = M.

    Parameters
    ----------
    M : (m, m) ndarray
        A positive semidefinite matrix.

    Returns
    -------
    (m, m) ndarray
        Its symmetric root.

    Notes
    -----
    Eigenvectors alone would do but for their signs, and for turns where eigenvalues are equal,
    which differ from one processor to the next; then fresh samples meet other coordinates there and
    averages over them differ by half a per cent.
    """
    values, vectors = scipy.linalg.eigh(M)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def _equal_steps(settings: Settings, t: int, after: int):
    """(n, et): a stretch of steps as at most eight groups of n equal ones."""
    edges = np.unique(
        np.linspace(t, after, 2 if settings.schedule == "constant" else 9).astype(np.int64)
    )
    for begin, end in zip(edges[:-1], edges[1:], strict=True):
        yield int(end - begin), float(schedule(settings, np.array((begin + end - 1) / 2)))


def _after_steps(M, C, once, all_steps, n: int, et: float):
    """Entries of M after n steps M <- once M + et^2 C; all_steps is once^n."""
    slow = np.abs(1 - once) < 1e-12
    return all_steps * M + et * et * C * np.where(
        slow, n, (1 - all_steps) / np.where(slow, 1.0, 1 - once)
    )
