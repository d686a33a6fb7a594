"""Order-parameter equations of erf networks: the limit of large d at fixed t / d."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import erf

from ..engine.online import OnlineSGD, schedule
from ..inputs import input_law
from ..machine import single_threaded_blas
from ..networks import TwoLayerNet
from ..settings import Settings
from ..subspace import spectrum
from .perpendicular import root
from .recursion import increasing
from .stein import parallel_part


@dataclass(frozen=True)
class ErfLink:
    """A link for which the order parameters obey closed equations.

        g(z) = sum_n A_n erf(<v_n, z> / sqrt 2)

    Attributes
    ----------
    vectors : tuple of tuple of float
        K tuples of k numbers, the v_n.
    amplitudes : tuple of float
        K numbers, the A_n.

    Notes
    -----
    Use it as ``Settings(link=...)``.
    """

    vectors: tuple[tuple[float, ...], ...]
    amplitudes: tuple[float, ...]

    def __call__(self, Z: np.ndarray) -> np.ndarray:
        """Values of the link.

        Parameters
        ----------
        Z : (n, k) ndarray
            Projections of the inputs on the directions.

        Returns
        -------
        (n,) ndarray
            g(Z), row by row.
        """
        return erf(Z @ np.array(self.vectors).T / math.sqrt(2)) @ np.array(self.amplitudes)


def erf_link(k: int = 1, gain: float = 1.0) -> ErfLink:
    """The link sum_i erf(gain z_i / sqrt 2) / sqrt k.

    Parameters
    ----------
    k : int
        How many directions it has, 1 or more.
    gain : float
        How steep each unit is.

    Returns
    -------
    ErfLink
        Its k units are the directions themselves.

    Raises
    ------
    ValueError
        For k below 1.
    """
    if k < 1:
        raise ValueError(f"k = {k} is not a number of directions: it must be 1 or more")
    return ErfLink(tuple(map(tuple, (gain * np.eye(k)).tolist())), (1 / math.sqrt(k),) * k)


@dataclass(frozen=True, eq=False)
class OrderParameters:
    """The solution of the order-parameter equations, with the names and shapes of a Run.

    Attributes
    ----------
    settings : Settings
        What it was solved for.
    samples : (n,) ndarray
        Sample counts t.
    R : (n, m, k) ndarray
        W U^T.
    Q : (n, m, m) ndarray
        W W^T.
    perpendicular : (n,) ndarray
        ||W_perp||_F / sqrt(m).
    parallel : (n,) ndarray
        ||W_par||_F / sqrt(m).
    angles : (n, k) ndarray
        Principal angles in radians, largest first.
    singular_values : (n, q) ndarray
        Largest singular values of W / sqrt(m).
    risk : (n,) ndarray
        Test risk, in units of the square loss.
    """

    settings: Settings
    samples: np.ndarray
    R: np.ndarray
    Q: np.ndarray
    perpendicular: np.ndarray
    parallel: np.ndarray
    angles: np.ndarray
    singular_values: np.ndarray
    risk: np.ndarray


def erf_ode(
    settings: Settings,
    samples: Sequence[int],
    net: TwoLayerNet | None = None,
    tolerance: float = 1e-5,
) -> OrderParameters:
    """Order parameters of an erf network under SGD with weight decay, for all t.

    They are the limit of large d at fixed t/d. R = W U^T and Q = W W^T obey, in time t/d, with step
    = et d and g - yhat = sum_p c_p erf(field_p / sqrt 2) (c is A for the units of the link and -a
    for the neurons),

        dR_in = -step lam R_in + step s_i sum_p c_p I3(i, n, p)
        dQ_ik = -2 step lam Q_ik + step [s_i sum_p c_p I3(i, k, p) + (i <-> k)]
                + step^2 s_i s_k [sum_pq c_p c_q I4(i, k, p, q) + noise^2 J2(i, k)].

    Parameters
    ----------
    settings : Settings
        Activation 'erf', loss 'square', bias 'none', link an ErfLink or 'none'; either
        schedule.
    samples : sequence of int
        Increasing sample counts at which the solution is wanted; the equations start at 0.
    net : TwoLayerNet, optional
        Network at 0 samples; left out, the one that OnlineSGD(settings) starts from.
    tolerance : float
        Relative tolerance of scipy's solve_ivp.

    Returns
    -------
    OrderParameters
        The solution at these sample counts.

    Raises
    ------
    ValueError
        If the settings have no closed equations, or the counts do not increase.
    RuntimeError
        If solve_ivp does not reach the end.

    Notes
    -----
    Time grows as width^4: a second at width 20. Source: Saad and Solla 1995, Goldt et al. 2019;
    Q_perp = Q - R R^T derived here. Taught in notebook 02.
    """
    vectors, amplitudes = _teacher(settings)
    samples = increasing(samples)
    net = OnlineSGD(settings).net if net is None else net
    target, m, k = settings.target(), net.width, settings.k
    R, Q = parallel_part(net, target), net.W @ net.W.T
    fields = _Fields(vectors, amplitudes, net.a)

    def change(time, state):
        et = float(schedule(settings, np.array(time * settings.d)))
        dR, dQ = fields.drift(
            state[: m * k].reshape(m, k), state[m * k :].reshape(m, m), settings, et * settings.d
        )
        return np.concatenate([dR.ravel(), dQ.ravel()])

    times = samples / settings.d
    start = np.concatenate([R.ravel(), Q.ravel()])
    end = max(times[-1], 1e-9)  # solve_ivp refuses an empty stretch of time
    with single_threaded_blas():
        solution = solve_ivp(
            change, (0.0, end), start, t_eval=times, rtol=tolerance, atol=tolerance / 100
        )
    if not solution.success:
        raise RuntimeError(
            f"the equations could not be solved ({solution.message}): "
            f"lower step, now {settings.step:g}"
        )
    states = solution.y.T
    R, Q = states[:, : m * k].reshape(-1, m, k), states[:, m * k :].reshape(-1, m, m)
    seen = [_observe(r, q) for r, q in zip(R, Q, strict=True)]
    perpendicular, parallel, angles, singular = (
        np.array(column) for column in zip(*seen, strict=True)
    )
    risk = np.array([fields.risk(r, q) for r, q in zip(R, Q, strict=True)]) + settings.noise**2 / 2
    return OrderParameters(settings, samples, R, Q, perpendicular, parallel, angles, singular, risk)


def _teacher(s: Settings) -> tuple[np.ndarray, np.ndarray]:
    input_law(s.inputs).must_be_standard("order parameters are solved for")
    for name, wanted in (("activation", "erf"), ("loss", "square"), ("bias", "none")):
        if getattr(s, name) != wanted:
            raise ValueError(
                f"{name} = {getattr(s, name)!r} has no closed order-parameter equations: they "
                "need activation='erf', loss='square', bias='none'. Try "
                f"settings.replace({name}={wanted!r}), or use predict(run)."
            )
    if isinstance(s.link, ErfLink):
        return np.array(s.link.vectors, dtype=float), np.array(s.link.amplitudes, dtype=float)
    if s.link == "none":
        return np.zeros((0, s.k)), np.zeros(0)
    raise ValueError(
        f"link = {s.link!r} is no sum of erf units and has no closed equations: "
        f"try link=erf_link({s.k})"
    )


class _Fields:
    """Gaussian fields in order: neurons <w_i, x>, directions z_n, units <v_p, z> of the link."""

    def __init__(self, vectors: np.ndarray, amplitudes: np.ndarray, a: np.ndarray):
        m, k, K = len(a), vectors.shape[1], len(amplitudes)
        self.vectors, self.signs = vectors, np.sign(a)
        self.neurons, self.linear = np.arange(m), np.arange(m + k)
        self.errors, self.c = np.r_[np.arange(m), m + k + np.arange(K)], np.r_[-a, amplitudes]
        self.i, self.j = np.triu_indices(m)
        p, q = np.triu_indices(len(self.c))
        self.p, self.q = self.errors[p], self.errors[q]
        self.pairs = self.c[p] * self.c[q] * np.where(p == q, 1.0, 2.0)

    def covariance(self, R: np.ndarray, Q: np.ndarray) -> np.ndarray:
        V = self.vectors
        return np.block([[Q, R, R @ V.T], [R.T, np.eye(R.shape[1]), V.T], [V @ R.T, V, V @ V.T]])

    def drift(
        self, R: np.ndarray, Q: np.ndarray, s: Settings, step: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """dR, dQ per unit of t/d."""
        C, m = self.covariance(R, Q), len(R)
        pull = (
            I3(C, self.neurons[:, None, None], self.linear[:, None], self.errors)
            @ self.c
            * self.signs[:, None]
        )
        spread = I4(C, self.i[:, None], self.j[:, None], self.p, self.q) @ self.pairs
        spread += s.noise**2 * J2(C, self.i, self.j)
        noise = np.zeros((m, m))
        noise[self.i, self.j] = noise[self.j, self.i] = (
            self.signs[self.i] * self.signs[self.j] * spread
        )
        dR = step * (pull[:, m:] - s.weight_decay * R)
        dQ = step * (pull[:, :m] + pull[:, :m].T - 2 * s.weight_decay * Q) + step**2 * noise
        return dR, dQ

    def risk(self, R: np.ndarray, Q: np.ndarray) -> float:
        """Half the mean squared error against the noiseless link."""
        return float(
            self.c @ I2(self.covariance(R, Q), self.errors[:, None], self.errors) @ self.c / 2
        )


def I2(C: np.ndarray, i, j) -> np.ndarray:
    """E[g(x_i) g(x_j)] with g(t) = erf(t / sqrt 2) and x Gaussian.

    Parameters
    ----------
    C : (q, q) ndarray
        Covariance of x.
    i : int or ndarray of int
        Index of the first field; index arrays broadcast.
    j : int or ndarray of int
        Index of the second.

    Returns
    -------
    ndarray
        The averages, of the shape to which the indices broadcast.
    """
    return 2 / math.pi * np.arcsin(C[i, j] / np.sqrt((1 + C[i, i]) * (1 + C[j, j])))


def J2(C: np.ndarray, i, j) -> np.ndarray:
    """E[g'(x_i) g'(x_j)] with g(t) = erf(t / sqrt 2) and x Gaussian.

    Parameters
    ----------
    C : (q, q) ndarray
        Covariance of x.
    i : int or ndarray of int
        Index of the first field; index arrays broadcast.
    j : int or ndarray of int
        Index of the second.

    Returns
    -------
    ndarray
        The averages, as in ``I2``.
    """
    return 2 / math.pi / np.sqrt((1 + C[i, i]) * (1 + C[j, j]) - C[i, j] ** 2)


def I3(C: np.ndarray, i, j, p) -> np.ndarray:
    """E[g'(x_i) x_j g(x_p)] with g(t) = erf(t / sqrt 2) and x Gaussian.

    Parameters
    ----------
    C : (q, q) ndarray
        Covariance of x.
    i : int or ndarray of int
        Index of the field under g'; index arrays broadcast.
    j : int or ndarray of int
        Index of the linear field.
    p : int or ndarray of int
        Index of the field under g.

    Returns
    -------
    ndarray
        The averages, as in ``I2``.
    """
    own = 1 + C[i, i]
    return (
        2
        / math.pi
        * (C[j, p] - C[i, j] * C[i, p] / own)
        / np.sqrt(own * (1 + C[p, p]) - C[i, p] ** 2)
    )


def I4(C: np.ndarray, i, j, p, q) -> np.ndarray:
    """E[g'(x_i) g'(x_j) g(x_p) g(x_q)] with g(t) = erf(t / sqrt 2) and x Gaussian.

    Parameters
    ----------
    C : (q, q) ndarray
        Covariance of x.
    i : int or ndarray of int
        Index of the first field under g'; index arrays broadcast.
    j : int or ndarray of int
        Index of the second.
    p : int or ndarray of int
        Index of the first field under g.
    q : int or ndarray of int
        Index of the second.

    Returns
    -------
    ndarray
        The averages, as in ``I2``.

    Notes
    -----
    Source: Saad and Solla 1995, appendix.
    """
    ci, cj, cij = 1 + C[i, i], 1 + C[j, j], C[i, j]
    L4 = ci * cj - cij**2
    ip, iq, jp, jq = C[i, p], C[i, q], C[j, p], C[j, q]
    L0 = L4 * C[p, q] - jp * jq * ci - ip * iq * cj + cij * (ip * jq + iq * jp)
    L1 = L4 * (1 + C[p, p]) - jp**2 * ci - ip**2 * cj + 2 * cij * ip * jp
    L2 = L4 * (1 + C[q, q]) - jq**2 * ci - iq**2 * cj + 2 * cij * iq * jq
    ratio = np.clip(L0 / np.sqrt(L1 * L2), -1.0, 1.0)  # rounding can step over 1
    return 4 / math.pi**2 / np.sqrt(L4) * np.arcsin(ratio)


def _observe(R: np.ndarray, Q: np.ndarray) -> tuple[float, float, np.ndarray, np.ndarray]:
    """(W_perp, W_par, angles, singular values) of order parameters.

    They are those of W = [R | L] with L L^T = Q - R R^T.
    """
    m, k = R.shape
    rest = Q - R @ R.T
    W = np.hstack([R, root(rest)])
    angles, singular = spectrum(W, np.eye(k, k + m))
    return (
        math.sqrt(max(np.trace(rest), 0.0) / m),
        float(np.linalg.norm(R) / math.sqrt(m)),
        angles,
        singular,
    )
