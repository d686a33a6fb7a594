"""The two phases on samples that you bring, and the fit of the second layer both ways share."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..engine.online import OnlineSGD
from ..given import choice
from ..machine import single_threaded_blas
from ..networks import TwoLayerNet
from ..settings import Settings
from .biases import checked_reach, half_width, places_of, with_new_biases
from .second_layer import DECAYS, SECOND, features, second_layer_ridge, second_layer_sgd

PHASE_1 = {"weight_decay": 0.5, "step": 1.0, "schedule": "decreasing", "loss": "huber"}


@dataclass(frozen=True, eq=False)
class Learned:
    """What Algorithm 1 has learned from samples; `learned(X)` predicts. Made by `algorithm1`.

    Attributes
    ----------
    net : TwoLayerNet
        The trained network.
    delta : float
        The biases were drawn from [-delta, delta].
    decay : float
        Weight decay lambda' of the second layer.
    validation_error : (decays,) ndarray
        From which it was chosen.
    """

    net: TwoLayerNet
    delta: float
    decay: float
    validation_error: np.ndarray = field(repr=False)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Predictions of the network.

        Parameters
        ----------
        X : (n, d) ndarray
            Inputs.

        Returns
        -------
        (n,) ndarray
            One prediction a row.
        """
        return self.net(X)


@dataclass(frozen=True)
class SecondPhase:
    """How the second layer is found.

    Parameters
    ----------
    loss : str
        That of phase 1, which "sgd" keeps.
    second : str
        "ridge" or "sgd".
    decays : (decays,) ndarray
        To choose from, in units of the mean |F_i|^2.
    fraction : float
        Share of the samples that validates.
    passes : int
        Of "sgd" over the samples.
    seed : int
        Of the order of samples in "sgd".

    Raises
    ------
    ValueError
        For an unknown ``second`` or a loss whose labels are signs.
    """

    loss: str
    second: str = "ridge"
    decays: np.ndarray = field(default_factory=lambda: DECAYS)
    fraction: float = 0.2
    passes: int = 1
    seed: int = 0

    def __post_init__(self):
        choice("second", self.second, SECOND)
        decays = np.asarray(self.decays, dtype=float).reshape(-1)
        object.__setattr__(self, "decays", decays)

    def held(self, n: int) -> int:
        """How many of n samples validate, the last ones.

        Parameters
        ----------
        n : int
            Samples.

        Returns
        -------
        int
            Their number.

        Raises
        ------
        ValueError
            If nothing is left to fit or to validate.
        """
        held = round(self.fraction * n)
        if not 0 < held < n:
            raise ValueError(
                f"fraction = {self.fraction} of {n} samples leaves nothing to fit or to validate: "
                "try 0.2"
            )
        return held

    def fit(
        self, earlier: TwoLayerNet, net: TwoLayerNet, X: np.ndarray, y: np.ndarray
    ) -> tuple[TwoLayerNet, float, np.ndarray]:
        """Choose the weight decay on the last samples, then fit the second layer to all of them.

        Parameters
        ----------
        earlier : TwoLayerNet
            With a first layer that has not seen the last samples.
        net : TwoLayerNet
            The network whose second layer is wanted.
        X : (n, d) ndarray
            Inputs.
        y : (n,) ndarray
            Labels.

        Returns
        -------
        net : TwoLayerNet
            With its new second layer.
        decay : float
            Weight decay lambda'.
        error : (decays,) ndarray
            Mean squared validation errors.
        """
        held = self.held(len(X))
        F = features(earlier, X)
        path = second_layer_ridge(F[:-held], y[:-held], self.decays)
        error = np.mean((F[-held:] @ path - y[-held:, None]) ** 2, axis=0)
        best = float(self.decays[np.argmin(error)])
        F = F if net is earlier else features(net, X)
        if self.second == "ridge":
            a = second_layer_ridge(F, y, [best])[:, 0]
        else:
            rng = np.random.default_rng([self.seed, 0x56D])
            a = second_layer_sgd(F, y, best, self.passes, rng, self.loss, net.a)
        size = float(np.einsum("nj,nj->", F, F) / len(F))
        return net.replace(a=a), best * size, error


def algorithm1(
    settings: Settings,
    X: np.ndarray,
    y: np.ndarray,
    reach: float | None = None,
    second: str = "ridge",
    decays: np.ndarray = DECAYS,
    fraction: float = 0.2,
    passes: int = 1,
) -> Learned:
    """Learn a single-index target from n samples in the two phases of Algorithm 1.

    Phase 1 feeds the samples to online SGD, in their order. The weight decay of phase 2 is chosen
    on the last samples, which W has not seen at that moment; then SGD takes these samples too, and
    phase 2 is solved on all of them. So samples are counted once.

    Parameters
    ----------
    settings : Settings
        Network and phase 1; ``settings.replace(**PHASE_1)`` has what the course uses. The labels
        are yours.
    X : (n, d) ndarray
        Inputs.
    y : (n,) ndarray
        Labels.
    reach : float, optional
        Half width Delta of the new biases, in units of the median row norm of W
        (``neuron_norm``). It has to cover |<u, x>|; left out, it is
        sqrt(2 log n) + 1.
    second : str
        "ridge" solves phase 2 for the square loss; "sgd" takes the paper's steps: the loss of phase
        1, from its second layer, over the same samples.
    decays : (decays,) ndarray
        Of the second layer to choose from, in units of the mean |sigma(W x + b)|^2.
    fraction : float
        Share of the samples that validates.
    passes : int
        "sgd" takes passes x n steps.

    Returns
    -------
    Learned
        The network, and how its second layer was found.

    Raises
    ------
    ValueError
        For an unknown ``second``, a reach that is not positive, or a split that leaves nothing.
    Diverged
        From phase 1.

    See Also
    --------
    learn : The same from settings, at any d.

    Notes
    -----
    The paper's phase 2 is SGD; ridge regression is the course's own, and so is the choice of the
    decay, for both. What is the course's in "sgd" is said in ``second_layer_sgd``.

    Source: Algorithm 1 of Mousavi-Hosseini et al. (2023). Taught in notebooks 04 and 05.
    """
    phase_2 = SecondPhase(settings.loss, second, decays, fraction, passes, settings.seed)
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    reach, places, held = checked_reach(reach, len(X)), places_of(settings), phase_2.held(len(X))
    sim = OnlineSGD(settings, sampling="plain")
    with single_threaded_blas():
        sim.feed(X[:-held], y[:-held])
        earlier = sim.net
        sim.feed(X[-held:], y[-held:])
        late = sim.net
        nets = (with_new_biases(net, reach, places) for net in (earlier, late))
        net, decay, error = phase_2.fit(*nets, X, y)
    return Learned(net, half_width(late, reach), decay, error)
