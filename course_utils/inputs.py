"""Where inputs come from: one record a law.

To add a law, add its record to LAWS; samples, risks, floors and the engine follow. What is computed
instead of drawn rests on N(0, I): Hermite coefficients, averages over ``links.gaussian_grid``, and
the theory, which says so (``theory.assumptions``). ``engine/fills.py`` draws the normal numbers
behind every law in compiled loops, and simulates some laws at any d.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .texts import Parameter, example, name_with_numbers, shortest, usage


@dataclass(frozen=True)
class InputLaw:
    """A law of inputs x, symmetric about 0: normal numbers, reshaped, and perhaps stretched.

    The covariance is I, or I + THETA v v^T for a law with a spike v. A record of LAWS is a law
    whose numbers are still open; ``input_law`` reads a text that gives them.

    Attributes
    ----------
    name : str
        What settings call it.
    meaning : str
        What it is, in words.
    breaks : str
        What it takes from the theory for N(0, I), in words; empty for N(0, I) itself.
    reducible : bool
        Whether reduced sampling stays exact: no rotation that fixes the hidden directions (and the
        spike) changes the law.
    parameters : tuple of Parameter
        Numbers that its text gives.
    draws : callable, optional
        (rng, n, d, *values) -> what is drawn besides n x d normal numbers, one row an input.
    shape : callable, optional
        (G, drawn, *values) -> inputs (n, d) of covariance I from normal numbers G (n, d).
    spiked : bool
        Whether values are THETA and COS of a spike: v has the cosine COS with u_1.
    independent : bool
        Whether coordinates are independent of each other.
    values : tuple of float
        Its numbers.
    """

    name: str
    meaning: str
    breaks: str
    reducible: bool
    parameters: tuple[Parameter, ...] = ()
    draws: Callable | None = None
    shape: Callable | None = None
    spiked: bool = False
    independent: bool = False
    values: tuple[float, ...] = ()

    @property
    def text(self) -> str:
        """The law as settings write it, such as 'student:3'."""
        return ":".join([self.name, *map(shortest, self.values)])

    @property
    def stretch(self) -> float:
        """THETA: by how much the variance along the spike is above 1."""
        return self.values[0] if self.spiked else 0.0

    @property
    def standard(self) -> bool:
        """True for N(0, I), on which the theory rests."""
        return self.shape is None and self.stretch == 0

    def must_be_standard(self, what: str) -> None:
        """Refuse any law but N(0, I) where a result rests on it.

        Parameters
        ----------
        what : str
            What rests on it.

        Raises
        ------
        ValueError
            For another law.
        """
        if not self.standard:
            raise ValueError(
                f"inputs = {self.text!r}: {what} for inputs N(0, I) alone, use inputs='gaussian'; "
                "OnlineSGD measures risks and angles under every law"
            )

    def spike_inside(self, k: int) -> np.ndarray | None:
        """The spike v in the coordinates (u_1, ..., u_k, w), w a unit vector orthogonal to all u_i.

        Parameters
        ----------
        k : int
            Number of hidden directions.

        Returns
        -------
        (k + 1,) ndarray or None
            COS first, sqrt(1 - COS^2) last; None for a law without a spike.
        """
        if self.stretch == 0:
            return None
        v, cosine = np.zeros(k + 1), self.values[1]
        v[0], v[k] = cosine, math.sqrt(max(0.0, 1 - cosine**2))
        return v

    def check_room(self, k: int, d: int) -> None:
        """Refuse a spike that has no room beside the hidden directions.

        Parameters
        ----------
        k : int
            Number of directions.
        d : int
            Input dimension.

        Raises
        ------
        ValueError
            If v has a part outside the subspace, and the subspace is the whole space.
        """
        inside = self.spike_inside(k)
        if inside is not None and inside[k] != 0 and k == d:
            raise ValueError(
                f"inputs = {self.text!r} is impossible with k = d = {d}: v has a part outside the "
                "subspace, which is the whole space; raise d, or try COS = 1"
            )

    def deviations(self, k: int) -> np.ndarray:
        """Standard deviations of the projections <u_i, x>.

        Parameters
        ----------
        k : int
            Number of hidden directions.

        Returns
        -------
        (k,) ndarray
            Links see projections divided by them, so that their variance is 1 under every law.
        """
        u = np.eye(k, k + 1)
        Su = self.covariance_times(u, self.spike_inside(k))
        return np.sqrt(np.einsum("ij,ij->i", u, Su))

    def covariance_times(self, vectors: np.ndarray, spike: np.ndarray | None = None) -> np.ndarray:
        """S u for the covariance S of the law.

        Parameters
        ----------
        vectors : (..., d) ndarray
            Vectors u, one a row.
        spike : (d,) ndarray, optional
            The spike v in the same coordinates, where the law has one.

        Returns
        -------
        (..., d) ndarray
            u + THETA <u, v> v.
        """
        if self.stretch == 0:
            return vectors
        return vectors + self.stretch * (vectors @ spike)[..., None] * spike

    def draw(self, n: int, d: int, rng: np.random.Generator) -> np.ndarray | None:
        """What inputs need besides normal numbers.

        Parameters
        ----------
        n : int
            How many inputs.
        d : int
            Number of coordinates of each.
        rng : Generator
            Where it is drawn from.

        Returns
        -------
        (n, ...) ndarray or None
            One row an input; None for a law that needs nothing.
        """
        return None if self.draws is None else self.draws(rng, n, d, *self.values)

    def made_of(
        self, G: np.ndarray, drawn: np.ndarray | None = None, spike: np.ndarray | None = None
    ) -> np.ndarray:
        """Inputs made of normal numbers.

        Parameters
        ----------
        G : (n, columns) ndarray
            Draws from N(0, I); for a law that is reducible in any orthonormal coordinates.
        drawn : (n, ...) ndarray, optional
            From ``draw``.
        spike : (columns,) ndarray, optional
            The spike in the same coordinates.

        Returns
        -------
        (n, columns) ndarray
            Inputs; G itself for N(0, I).
        """
        X = G if self.shape is None else self.shape(G, drawn, *self.values)
        if self.stretch == 0:
            return X
        return X + (math.sqrt(1 + self.stretch) - 1) * (X @ spike)[:, None] * spike

    def sample(
        self, n: int, d: int, rng: np.random.Generator, spike: np.ndarray | None = None
    ) -> np.ndarray:
        """Inputs drawn from the law.

        Parameters
        ----------
        n : int
            How many.
        d : int
            Number of coordinates of each.
        rng : Generator
            Where they are drawn from.
        spike : (d,) ndarray, optional
            The spike v, where the law has one.

        Returns
        -------
        (n, d) ndarray
            One input a row.
        """
        return self.made_of(gaussian(n, d, rng), self.draw(n, d, rng), spike)


def _unit_t(rng: np.random.Generator, nu: float, size: tuple[int, ...]) -> np.ndarray:
    """Factors that make normal numbers Student's t of variance 1."""
    return np.sqrt((nu - 2) / rng.chisquare(nu, size))


_NU = Parameter("NU", 2.1, 1e6, 3.0)

LAWS: dict[str, InputLaw] = {
    law.name: law
    for law in (
        InputLaw(
            "gaussian",
            "N(0, I): independent standard normal coordinates",
            "",
            True,
            independent=True,
        ),
        InputLaw(
            "spiked",
            "N(0, I + THETA v v^T): variance 1 + THETA along one direction v, at cosine COS to u_1",
            "rows of W settle at (h S + lam I)^-1 S u, S the covariance, so more decay turns them "
            "from u towards S u",
            True,
            (Parameter("THETA", 0.0, 1e6, 20.0), Parameter("COS", -1.0, 1.0, 0.5)),
            spiked=True,
        ),
        InputLaw(
            "hypercube",
            "coordinates -1 or 1 with equal chances: a cube's corners",
            "Stein's lemma fails, so the first step points along E[clip(y) x], which is not u "
            "where u has few entries",
            False,
            shape=lambda G, drawn: np.where(G < 0, -1.0, 1.0),
            independent=True,
        ),
        InputLaw(
            "student",
            "independent coordinates, each Student's t with NU degrees of freedom, of variance 1",
            "Stein's lemma fails, so W leans away from a u of few entries, a little",
            False,
            (_NU,),
            lambda rng, n, d, nu: _unit_t(rng, nu, (n, d)),
            lambda G, drawn, nu: G * drawn,
            independent=True,
        ),
        InputLaw(
            "elliptical",
            "multivariate t with NU degrees of freedom and covariance I: heavy tails, round clouds",
            "Stein's lemma holds at each radius |x|, so stationary points stay in span(U), but "
            "thresholds and noise are those of other tails",
            True,
            (_NU,),
            lambda rng, n, d, nu: _unit_t(rng, nu, (n, 1)),
            lambda G, drawn, nu: G * drawn,
        ),
    )
}
"""Name -> law, its numbers still open."""


def input_law(text: str, field: str = "inputs") -> InputLaw:
    """Read a law of inputs; the text is parsed, never evaluated.

    Parameters
    ----------
    text : str
        A name in LAWS with its numbers: 'gaussian', 'spiked:20:0.5', 'student:3'.
    field : str
        What the error calls it.

    Returns
    -------
    InputLaw
        The law with its numbers.

    Raises
    ------
    ValueError
        In one sentence: what is wrong with the text, and what to try.
    TypeError
        If it is no text.
    """
    name, values = name_with_numbers(field, text, {n: law.parameters for n, law in LAWS.items()})
    return replace(LAWS[name], values=values)


def law_examples() -> list[str]:
    """One text of each law.

    Returns
    -------
    list of str
        Such as 'spiked:20:0.5'.
    """
    return [example(name, law.parameters) for name, law in LAWS.items()]


def law_usages() -> list[str]:
    """How each law is written.

    Returns
    -------
    list of str
        Such as 'spiked:THETA:COS'.
    """
    return [usage(name, law.parameters) for name, law in LAWS.items()]


def gaussian(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """Inputs drawn from N(0, I_d).

    Parameters
    ----------
    n : int
        How many.
    d : int
        Number of coordinates of each.
    rng : Generator
        Where they are drawn from.

    Returns
    -------
    (n, d) ndarray
        One input a row; projections on k orthonormal directions are those of N(0, I_k), (n, k).
    """
    return rng.standard_normal((n, d))
