"""Tests along the hidden direction: how well a predictor does on a single-index target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .hermite import hermite_basis
from .inputs import gaussian
from .machine import reserve
from .networks import TwoLayerNet
from .targets import MultiIndexModel

DEGREES = 7


@dataclass(frozen=True, eq=False)
class Report:
    """How well a predictor does on a single-index target. Made by `LineTests.report`.

    Attributes
    ----------
    r2 : float
        1 - E (yhat - f)^2 / Var f, against the noiseless label f.
    curve : (grid,) ndarray
        Mean prediction given z = <u, x>.
    coefficients : (DEGREES + 1,) ndarray
        Hermite coefficients of that curve.
    off : float
        Var(yhat | z) / Var f, what depends on more than z.
    ridge : float
        The one that validation chose, where the method is kernel ridge regression; else nan.
    """

    r2: float
    curve: np.ndarray = field(repr=False)
    coefficients: np.ndarray = field(repr=False)
    off: float
    ridge: float = float("nan")


class LineTests:
    """Test inputs whose z = <u, x> lies on a grid, weighted by the density of z.

    So no rare large z decides. The error of z^5 is of order z^10: among ten thousand random test
    points a few would carry it.

    Parameters
    ----------
    target : MultiIndexModel
        A model with k = 1.
    grid : int
        Points of z from -6.5 to 6.5.
    each : int
        Inputs x for each of them.
    seed : int
        From which their other coordinates are drawn.
    columns : int, optional
        Of a reduced simulation's network, whose first coordinate is z: the inputs are then
        (z, N(0, I)). Left out, inputs lie in R^d.

    Raises
    ------
    ValueError
        Unless k = 1 and inputs are N(0, I).
    MemoryError
        If the inputs do not fit.

    Notes
    -----
    ``z`` and ``weights``, the shares of its density, are (grid,), ``X`` is (grid x each, d) or
    (grid x each, columns), ``truth`` is f(z) and ``variance`` is Var f. Taught in notebook 05.
    """

    def __init__(
        self,
        target: MultiIndexModel,
        grid: int = 120,
        each: int = 10,
        seed: int = 1,
        columns: int | None = None,
    ):
        if target.k != 1:
            raise ValueError(
                f"k = {target.k}: a learned function along u needs a target of one direction"
            )
        target.inputs.must_be_standard("a learned function is tested with the weights of z")
        width = columns or target.d
        reserve(
            8.0 * 3 * grid * each * width,
            f"Tests on {grid * each:,} inputs at d = {width:,}",
            "lower each or d",
        )
        self.z = 6.5 * ((2 * np.arange(grid) + 1) / grid - 1)
        self.weights = np.exp(-(self.z**2) / 2)
        self.weights /= self.weights.sum()
        self.X = gaussian(grid * each, width, np.random.default_rng(seed))
        if columns is None:
            u = target.directions[0]
            self.X += np.outer(np.repeat(self.z, each) - self.X @ u, u)
        else:
            self.X[:, 0] = np.repeat(self.z, each)
        self.truth = target.mean(self.z[:, None])
        self.variance = float(self.weights @ self.truth**2 - (self.weights @ self.truth) ** 2)

    @classmethod
    def of(cls, net: TwoLayerNet, target: MultiIndexModel, **options) -> LineTests:
        """Tests in the coordinates that a network has, those of R^d or reduced ones.

        Parameters
        ----------
        net : TwoLayerNet
            The network that is to be tested.
        target : MultiIndexModel
            A model with k = 1.
        **options : int
            grid, each and seed.

        Returns
        -------
        LineTests
            Which take any network with the same columns.

        Raises
        ------
        ValueError
            Unless k = 1.
        MemoryError
            If the inputs do not fit.
        """
        columns = None if net.reduced_k is None else net.W.shape[1]
        return cls(target, columns=columns, **options)

    def report(self, predict: Callable[[np.ndarray], np.ndarray]) -> Report:
        """Examine a predictor.

        Parameters
        ----------
        predict : callable
            A function (n, d) -> (n,), such as a network in the coordinates of ``X``.

        Returns
        -------
        Report
            R^2 and the function that it has learned along u.
        """
        values = predict(self.X).reshape(len(self.z), -1)
        error = self.weights @ ((values - self.truth[:, None]) ** 2).mean(axis=1)
        curve = values.mean(axis=1)
        coefficients = np.array(
            [(self.weights * h) @ curve for h in hermite_basis(self.z, DEGREES)]
        )
        variance = self.variance or np.nan
        return Report(
            float(1 - error / variance),
            curve,
            coefficients,
            float(self.weights @ values.var(axis=1) / variance),
        )
