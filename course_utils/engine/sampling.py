"""How samples are drawn: plainly in R^d, or reduced to the span that matters.

The second costs the same at any d. Normal numbers are isotropic, so the law of every angle, norm,
singular value and risk depends on W only through C = [W U^T | L] with L L^T = W_perp W_perp^T. A
fresh sample has standard Gaussian coordinates in the span of (U, W) and, outside, a part of length
chi with as many degrees of freedom as dimensions are left, in a direction orthogonal to all so far:
one new column of C. After a block the columns beyond k + m are folded back by a QR factorisation,
exactly. A law that scales an input as a whole does the same to its coordinates; one that stretches
inputs along v needs one fixed column more, for the part of v outside the subspace: W_perp is
[W w | L] then.

Both samplers serve OnlineSGD through the same members: ``W`` (m, D), ``directions`` (k, D),
``draw`` and ``blocks``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..inputs import InputLaw, gaussian, input_law
from ..networks import TwoLayerNet, second_layer
from ..settings import Settings
from .blocked import BLOCK
from .fills import fill_normal, fill_reduced

CHUNK = 2**18  # numbers in one chunk of inputs: 2 MB, which stays in cache


def reduced_block(width: int) -> int:
    """Samples between two foldings.

    Parameters
    ----------
    width : int
        Number of neurons m.

    Returns
    -------
    int
        Measured best near 2 to 3 x width for narrow nets, below that for wide ones.
    """
    return int(np.clip(BLOCK * round(2 * width / BLOCK), 2 * BLOCK, 512))


def use_reduced(settings: Settings) -> bool:
    """Whether reduced sampling is possible and cheaper than plain sampling.

    Parameters
    ----------
    settings : Settings
        Gives d, k, width and inputs.

    Returns
    -------
    bool
        True where both hold.
    """
    law = input_law(settings.inputs)
    columns = _fixed(law, settings.k) + settings.width + reduced_block(settings.width)
    return law.reducible and settings.d > 2 * columns


def reduced_columns(settings: Settings) -> int:
    """Columns that W has in reduced coordinates.

    Parameters
    ----------
    settings : Settings
        Gives k, width and inputs.

    Returns
    -------
    int
        Fixed ones, as many as neurons, and one for each sample of a block.
    """
    fixed = _fixed(input_law(settings.inputs), settings.k)
    return fixed + settings.width + reduced_block(settings.width)


def _fixed(law: InputLaw, k: int) -> int:
    """Columns that folding leaves alone: the hidden directions, and w where there is a spike."""
    return k if law.spike_inside(k) is None else k + 1


class PlainSampler:
    """Inputs, drawn whole.

    Parameters
    ----------
    settings : Settings
        Gives target, network and seed.
    """

    reduced = False

    def __init__(self, settings: Settings):
        self.target, net = settings.build()
        self.W, self.a, self.b = np.ascontiguousarray(net.W), net.a, net.b
        rngs = settings.generators()
        self._streams = self._rng, self._more = rngs["inputs"], rngs["law"]
        self._rows = int(np.clip(CHUNK // settings.d // BLOCK * BLOCK, BLOCK, 4096))

    @property
    def directions(self) -> np.ndarray:
        """Hidden directions, (k, d)."""
        return self.target.directions

    def draw(self, n: int) -> np.ndarray:
        """Draw up to n fresh inputs.

        Parameters
        ----------
        n : int
            How many are wanted; fewer come where they would not stay in cache.

        Returns
        -------
        (rows, k) ndarray
            Their projections Z.
        """
        self._X = self._inputs(min(n, self._rows), self._rng, self._more)
        return self.target.in_units(self._X @ self.directions.T)

    def _inputs(self, n: int, rng: np.random.Generator, more: np.random.Generator) -> np.ndarray:
        law, G = self.target.inputs, np.empty((n, self.target.d))
        fill_normal(rng, G)
        return law.made_of(G, law.draw(*G.shape, more), self.target.spike)

    def take(self, X: np.ndarray) -> None:
        """Use these inputs instead of drawn ones.

        Parameters
        ----------
        X : (n, d) ndarray
            Inputs.
        """
        self._X = X

    def blocks(self) -> Iterator[tuple[np.ndarray, slice]]:
        """The drawn inputs in the coordinates of W, piece by piece.

        Train on each before asking for the next.

        Yields
        ------
        X : (rows, d) ndarray
            Inputs.
        part : slice
            Which of the drawn samples they are.
        """
        yield self._X, slice(None)

    def state(self) -> tuple[np.ndarray, list[dict]]:
        """What ``restore`` needs to undo draws and the training on them.

        Returns
        -------
        tuple
            W and the states of the generators, copied.
        """
        return self.W.copy(), [rng.bit_generator.state for rng in self._streams]

    def restore(self, state: tuple[np.ndarray, list[dict]]) -> None:
        """Put back an earlier state.

        Parameters
        ----------
        state : tuple
            From ``state``.
        """
        self.W[:], streams = state
        for rng, stream in zip(self._streams, streams, strict=True):
            rng.bit_generator.state = stream

    def test_inputs(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Inputs for the test risk.

        Parameters
        ----------
        n : int
            How many.
        rng : Generator
            Where they are drawn from.

        Returns
        -------
        X : (n, d) ndarray
            Inputs.
        Z : (n, k) ndarray
            Their projections.
        """
        X = self._inputs(n, rng, rng)
        return X, self.target.in_units(X @ self.directions.T)


class ReducedSampler:
    """The coordinates of x in the span of (U, W), and the length of the rest.

    Parameters
    ----------
    settings : Settings
        Gives target, network and seed; d above k + width.

    Raises
    ------
    ValueError
        If there is nothing to reduce, or if the law of inputs does not allow it.
    """

    reduced = True

    def __init__(self, settings: Settings):
        k, m, d = settings.k, settings.width, settings.d
        self.target = settings.target()
        law = self.target.inputs
        if not law.reducible:
            raise ValueError(
                f"inputs = {law.text!r} can only be drawn whole, since rotations change their law: "
                "use sampling='plain'"
            )
        self._k, self._fixed, self._m = k, _fixed(law, k), m
        self._free = d - self._fixed - m
        self.block = min(reduced_block(m), self._free)
        if self.block < 1:
            raise ValueError(
                f"d = {d} with k = {k} and width = {m} leaves nothing to reduce: "
                "reduced sampling needs d > k + width"
            )
        rngs = settings.generators()
        self.a, self.b = second_layer(m, settings.bias, rngs["network"])
        # streams, each drawn from in the order of the samples, so that a run does not depend on
        # where blocks begin
        self._streams = self._rng, self._span, self._outside, self._more = (
            rngs["inputs"],
            rngs["span"],
            rngs["outside"],
            rngs["law"],
        )
        known = self._fixed + m
        self.W = np.zeros((m, known + self.block))
        self.W[:, :known] = self._start(d, rngs["network"])
        self.W *= settings.start
        self.directions = np.eye(k, known + self.block)
        inside = law.spike_inside(k)
        self._inside = inside
        self._spike = None if inside is None else np.r_[inside, np.zeros(m + self.block)]
        self._X = np.zeros((self.block, self.W.shape[1]))
        self._used = 0

    def _start(self, d: int, rng: np.random.Generator) -> np.ndarray:
        """[W U^T | L], or [W U^T | W w | L], for rows N(0, I/d).

        Gaussian, and Bartlett's lower-triangular factor of a Wishart matrix.
        """
        fixed, m = self._fixed, self._m
        L = np.tril(rng.standard_normal((m, m)), -1)
        L[np.diag_indices(m)] = np.sqrt(rng.chisquare(d - fixed - np.arange(m)))
        return np.hstack([rng.standard_normal((m, fixed)), L]) / np.sqrt(d)

    def draw(self, n: int) -> np.ndarray:
        """Draw the projections of up to n fresh inputs.

        The rest of an input is drawn block by block.

        Parameters
        ----------
        n : int
            How many are wanted; at most 4096 come.

        Returns
        -------
        (rows, k) ndarray
            The projections Z.
        """
        law = self.target.inputs
        self._G = gaussian(min(n, 4096), self._fixed, self._rng)
        self._drawn = law.draw(len(self._G), self.target.d, self._more)
        Z = law.made_of(self._G, self._drawn, self._inside)[:, : self._k]
        return self.target.in_units(Z)

    def blocks(self) -> Iterator[tuple[np.ndarray, slice]]:
        """The drawn inputs in the coordinates of W, piece by piece.

        Train on each before asking for the next.

        Yields
        ------
        X : (rows, columns) ndarray
            Inputs.
        part : slice
            Which of the drawn samples they are.
        """
        known, done = self._fixed + self._m, 0
        law, drawn = self.target.inputs, self._drawn
        while done < len(self._G):
            rows = min(len(self._G) - done, self.block - self._used)
            X, part = self._X[:rows], slice(done, done + rows)
            outside = np.sqrt(self._outside.chisquare(self._free - self._used - np.arange(rows)))
            fill_reduced(self._span, X, self._G[part], outside, known + self._used)
            yield law.made_of(X, None if drawn is None else drawn[part], self._spike), part
            done += rows
            self._used += rows
            if self._used == self.block:
                self._fold()

    def _fold(self):
        """Fold the columns that the block's samples have added.

        Any L with the same L L^T will do, so take a square one.
        """
        L = self.W[:, self._fixed :]
        R = np.linalg.qr(L.T, mode="r")
        L[:, : self._m] = R.T
        L[:, self._m :] = 0.0
        self._used = 0

    def state(self) -> tuple[np.ndarray, int, list[dict]]:
        """What ``restore`` needs to undo draws and the training on them.

        Returns
        -------
        tuple
            W, how far the block is used, and the states of the generators, copied.
        """
        return self.W.copy(), self._used, [rng.bit_generator.state for rng in self._streams]

    def restore(self, state: tuple[np.ndarray, int, list[dict]]) -> None:
        """Put back an earlier state.

        Parameters
        ----------
        state : tuple
            From ``state``.
        """
        self.W[:], self._used, streams = state
        for rng, stream in zip(self._streams, streams, strict=True):
            rng.bit_generator.state = stream

    def test_inputs(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Inputs for the test risk in the same coordinates.

        Parameters
        ----------
        n : int
            How many.
        rng : Generator
            Where they are drawn from.

        Returns
        -------
        X : (n, columns) ndarray
            Inputs.
        Z : (n, k) ndarray
            Their projections.
        """
        law, X = self.target.inputs, np.empty((n, self.W.shape[1]))
        fill_normal(rng, X)
        X = law.made_of(X, law.draw(n, self.target.d, rng), self._spike)
        return X, self.target.in_units(X[:, : self._k])


def full_net(sampler, settings: Settings) -> TwoLayerNet:
    """The network that a sampler holds at this moment, as a copy.

    Parameters
    ----------
    sampler : PlainSampler or ReducedSampler
        Holds W, a and b.
    settings : Settings
        Gives k and the activation.

    Returns
    -------
    TwoLayerNet
        In reduced coordinates if the sampler is reduced.
    """
    reduced_k = settings.k if sampler.reduced else None
    return TwoLayerNet(sampler.W.copy(), sampler.a, sampler.b, settings.activation, reduced_k)
