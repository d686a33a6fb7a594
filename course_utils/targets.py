"""Multiple-index models: labels that depend on an input through k directions only."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from .directions import check_directions, draw_directions, random_directions
from .given import real_numbers, samples
from .inputs import InputLaw, input_law
from .links import LINKS, Link, check_k
from .machine import reserve
from .own_links import check_own_link, own_values


class MultiIndexModel:
    """Labels y = g(z_1, ..., z_k) + noise, z_i = <u_i, x>, for inputs x of a law such as N(0, I_d).

    Parameters
    ----------
    directions : (k, d) array_like or Generator
        Orthonormal rows u_i; or a numpy Generator, from which they are drawn when first needed
        (then give d and k).
    link : str or callable
        A name in LINKS, or a function (n, k) -> (n,).
    noise : float
        Standard deviation of the Gaussian label noise.
    d : int, optional
        Input dimension, where directions are drawn.
    k : int, optional
        Number of directions, where they are drawn.
    sign_labels : bool
        Labels are the sign of the noisy value, -1 or 1 (for the logistic loss).
    inputs : str or InputLaw
        The law of x, as in Settings.
    kind : str
        What directions are drawn, as in Settings.

    Raises
    ------
    ValueError
        If rows are not orthonormal, if the link does not take that many directions, if an own link
        is not a function of its row, or if there is no such law.

    Notes
    -----
    Where inputs vary more along u_i than 1, as those with a spike do, z_i is <u_i, x> divided by
    its standard deviation: a link sees variables of variance 1 under every law. Taught in notebook
    01.
    """

    def __init__(
        self,
        directions: ArrayLike | np.random.Generator,
        link: str | Callable[[np.ndarray], np.ndarray] = "tanh",
        noise: float = 0.0,
        *,
        d: int | None = None,
        k: int | None = None,
        sign_labels: bool = False,
        inputs: str | InputLaw = "gaussian",
        kind: str = "random",
    ):
        self.inputs = inputs if isinstance(inputs, InputLaw) else input_law(inputs)
        if isinstance(directions, np.random.Generator):
            if d is None or k is None or not 1 <= k <= d:
                raise ValueError(
                    f"d = {d} and k = {k} cannot be: "
                    "to draw directions give d and k with 1 <= k <= d"
                )
            self.d, self.k, self._rng = int(d), int(k), directions
            self._kind = check_directions(kind, self.k, self.d)
        else:
            U = np.array(real_numbers(directions, "directions", finite=False), ndmin=2)
            if U.ndim != 2 or len(U) > U.shape[1]:
                raise ValueError(
                    "directions must be orthonormal rows (k, d) with k at most d, "
                    f"got {U.shape}: not orthonormal"
                )
            error = np.abs(U @ U.T - np.eye(len(U))).max()
            if not error < 1e-8:
                raise ValueError(
                    f"rows of directions are not orthonormal: U U^T differs from I by {error:.2g}. "
                    "Try scipy.linalg.orth(U.T).T."
                )
            self.k, self.d = U.shape
            self.directions, self._rng = U, np.random.default_rng(0)
        self.inputs.check_room(self.k, self.d)
        if isinstance(link, str) and link not in LINKS:
            raise ValueError(
                f"link = {link!r} is unknown: it must be one of {', '.join(LINKS)}, or a function"
            )
        check_k(link, self.k)
        if not isinstance(link, (str, Link)):
            check_own_link(link, self.k)
        if not (np.isfinite(noise) and noise >= 0):
            raise ValueError(f"noise = {noise} is out of range: a standard deviation is 0 or more")
        self.link = LINKS[link] if isinstance(link, str) else link
        self.noise, self.sign_labels = float(noise), sign_labels

    @cached_property
    def directions(self) -> np.ndarray:
        """Orthonormal rows u_i, (k, d).

        Raises
        ------
        MemoryError
            Before they are drawn, if they do not fit.
        """
        what = f"Drawing {self.k} directions in {self.d:,} dimensions"
        reserve(
            8.0 * 4 * self.d * self.k,
            what,
            "lower d or k, or let OnlineSGD simulate them without drawing them",
        )
        return draw_directions(self._kind, self.k, self.d, self._rng)

    @cached_property
    def spike(self) -> np.ndarray | None:
        """Where inputs vary more, a unit vector v (d,); None for a law without a spike.

        What u_1 leaves open of it is drawn after the directions, from their generator (for
        directions that were given, from seed 0).
        """
        inside = self.inputs.spike_inside(self.k)
        if inside is None:
            return None
        U, v = self.directions, inside[: self.k] @ self.directions
        if inside[self.k] == 0:
            return v
        w = random_directions(1, self.d, self._rng)[0]
        w -= (w @ U.T) @ U
        return v + inside[self.k] * w / np.linalg.norm(w)

    @cached_property
    def deviations(self) -> np.ndarray:
        """Standard deviations of <u_i, x>, (k,), by which z_i is divided."""
        return self.inputs.deviations(self.k)

    def project(self, X: np.ndarray) -> np.ndarray:
        """Projections z_i = <u_i, x> of inputs, in units of their standard deviation.

        Parameters
        ----------
        X : (n, d) ndarray
            Inputs.

        Returns
        -------
        (n, k) ndarray
            Z.

        Raises
        ------
        ValueError
            If rows are no inputs of this dimension.
        """
        return self.in_units(samples(X, self.d) @ self.directions.T)

    def in_units(self, Z: np.ndarray) -> np.ndarray:
        """Projections <u_i, x> in units of their standard deviation.

        Parameters
        ----------
        Z : (n, k) ndarray
            Projections.

        Returns
        -------
        (n, k) ndarray
            What links see; Z itself where all are of variance 1.
        """
        return Z if self.inputs.stretch == 0 else Z / self.deviations

    def projections(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Projections of fresh inputs, which are formed only where the law is not reducible.

        Parameters
        ----------
        n : int
            How many.
        rng : Generator
            Where they are drawn from.

        Returns
        -------
        (n, k) ndarray
            Z, in units of their standard deviation.
        """
        law, k = self.inputs, self.k
        if law.reducible:
            inside = law.spike_inside(k)
            columns = k if inside is None else k + 1
            return self.in_units(law.sample(n, columns, rng, inside)[:, :k])
        rows = max(1, 2**20 // self.d)
        parts = [min(rows, n - i) for i in range(0, n, rows)]
        return np.vstack([self.project(law.sample(p, self.d, rng)) for p in parts])

    def mean(self, Z: np.ndarray) -> np.ndarray:
        """Noiseless values g(Z).

        Parameters
        ----------
        Z : (n, k) ndarray
            Projections.

        Returns
        -------
        (n,) ndarray
            What labels are without noise.

        Raises
        ------
        ValueError
            If your own link returns another shape or a value that is not finite.
        """
        return self.link(Z) if isinstance(self.link, Link) else own_values(self.link, Z)

    def labels(self, Z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Noisy labels for projections.

        Parameters
        ----------
        Z : (n, k) ndarray
            Projections.
        rng : Generator
            Where the noise is drawn from.

        Returns
        -------
        (n,) ndarray
            y.
        """
        y = self.mean(Z) + self.noise * rng.standard_normal(len(Z))
        return np.where(y >= 0, 1.0, -1.0) if self.sign_labels else y

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Fresh samples.

        Parameters
        ----------
        n : int
            How many.
        rng : Generator
            Where inputs and noise are drawn from.

        Returns
        -------
        X : (n, d) ndarray
            Inputs.
        y : (n,) ndarray
            Labels.

        Raises
        ------
        MemoryError
            Before they are drawn, if they do not fit.
        """
        reserve(
            8.0 * n * (self.d + 2 * self.k + 2),
            f"{n:,} samples in {self.d:,} dimensions",
            "draw fewer at a time",
        )
        X = self.inputs.sample(n, self.d, rng, self.spike)
        return X, self.labels(self.project(X), rng)

    def __repr__(self):
        name = getattr(self.link, "formula", getattr(self.link, "__name__", "own link"))
        inputs = "" if self.inputs.standard else f", inputs {self.inputs.text}"
        return f"MultiIndexModel(d={self.d}, k={self.k}, link {name}, noise {self.noise:g}{inputs})"
