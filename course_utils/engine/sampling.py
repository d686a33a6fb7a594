"""How samples are drawn: plainly in R^d, or reduced to the span that matters.

The second costs the same at any d. Inputs are isotropic, so the law of every angle, norm, singular
value and risk depends on W only through C = [W U^T | L] with L L^T = W_perp W_perp^T. A fresh
sample has standard Gaussian coordinates in the span of (U, W) and, outside, a part of length chi
with as many degrees of freedom as dimensions are left, in a direction orthogonal to all so far: one
new column of C. After a block the columns beyond k + m are folded back by a QR factorisation,
exactly.

Both samplers serve OnlineSGD through the same members: ``W`` (m, D), ``directions`` (k, D),
``draw`` and ``blocks``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..compiled import compiled
from ..inputs import gaussian
from ..networks import TwoLayerNet, second_layer
from ..settings import Settings
from .blocked import BLOCK

CHUNK = 2**18  # numbers in one chunk of inputs: 2 MB, which stays in cache


def _fill_normal_numpy(rng, X):
    X[:] = gaussian(*X.shape, rng)


def _fill_reduced_numpy(rng, X, Z, outside, known):
    k = Z.shape[1]
    X[:, :k], X[:, k:] = Z, 0.0
    for p in range(len(X)):
        X[p, k : known + p] = rng.standard_normal(known + p - k)
        X[p, known + p] = outside[p]


@compiled(fast=True, otherwise=_fill_normal_numpy)
def fill_normal(rng, X) -> None:
    """``inputs.gaussian`` written into an array: the same draws, three times faster.

    Parameters
    ----------
    rng : Generator
        Where they are drawn from.
    X : (n, d) ndarray
        C-contiguous; filled in place.
    """
    flat = X.reshape(-1)
    for i in range(flat.size):
        flat[i] = rng.standard_normal()


@compiled(fast=True, otherwise=_fill_reduced_numpy)
def fill_reduced(rng, X, Z, outside, known) -> None:
    """Inputs in reduced coordinates, written into an array.

    Row p is Z[p], then N(0, 1) up to column known + p, there outside[p], then zeros.

    Parameters
    ----------
    rng : Generator
        Where the normal numbers are drawn from.
    X : (n, columns) ndarray
        Filled in place.
    Z : (n, k) ndarray
        Projections on the hidden directions.
    outside : (n,) ndarray
        Lengths of the parts outside the span so far.
    known : int
        Columns of the span before the first of these rows.
    """
    k = Z.shape[1]
    for p in range(X.shape[0]):
        new = known + p
        for i in range(k):
            X[p, i] = Z[p, i]
        for i in range(k, new):
            X[p, i] = rng.standard_normal()
        X[p, new] = outside[p]
        for i in range(new + 1, X.shape[1]):
            X[p, i] = 0.0


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
        Gives d, k and width.

    Returns
    -------
    bool
        True where both hold.
    """
    k, m, d = settings.k, settings.width, settings.d
    return d > k + m + reduced_block(m) and d > 2 * (k + m + reduced_block(m))


class PlainSampler:
    """Inputs x ~ N(0, I_d), drawn whole.

    Parameters
    ----------
    settings : Settings
        Gives target, network and seed.
    """

    reduced = False

    def __init__(self, settings: Settings):
        self.target, net = settings.build()
        self.W, self.a, self.b = np.ascontiguousarray(net.W), net.a, net.b
        self._rng = settings.generators()["inputs"]
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
        self._X = np.empty((min(n, self._rows), self.target.d))
        fill_normal(self._rng, self._X)
        return self._X @ self.directions.T

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

    def state(self) -> tuple[np.ndarray, dict]:
        """What ``restore`` needs to undo draws and the training on them.

        Returns
        -------
        tuple
            W and the state of the generator, copied.
        """
        return self.W.copy(), self._rng.bit_generator.state

    def restore(self, state: tuple[np.ndarray, dict]) -> None:
        """Put back an earlier state.

        Parameters
        ----------
        state : tuple
            From ``state``.
        """
        self.W[:], self._rng.bit_generator.state = state

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
        X = np.empty((n, self.target.d))
        fill_normal(rng, X)
        return X, X @ self.directions.T


class ReducedSampler:
    """The coordinates of x in the span of (U, W), and the length of the rest.

    Parameters
    ----------
    settings : Settings
        Gives target, network and seed; d above k + width.

    Raises
    ------
    ValueError
        If there is nothing to reduce.
    """

    reduced = True

    def __init__(self, settings: Settings):
        k, m, d = settings.k, settings.width, settings.d
        self._free = d - k - m
        self.block = min(reduced_block(m), self._free)
        if self.block < 1:
            raise ValueError(
                f"d = {d} with k = {k} and width = {m} leaves nothing to reduce: "
                "reduced sampling needs d > k + width"
            )
        self.target = settings.target()
        rngs = settings.generators()
        self.a, self.b = second_layer(m, settings.bias, rngs["network"])
        # three streams, each drawn from in the order of the samples, so that a run does not depend
        # on where blocks begin
        self._streams = self._rng, self._span, self._outside = (
            rngs["inputs"],
            rngs["span"],
            rngs["outside"],
        )
        self._k, self._m = k, m
        self.W = np.zeros((m, k + m + self.block))
        self.W[:, : k + m] = self._start(d, rngs["network"])
        self.directions = np.eye(k, k + m + self.block)
        self._X = np.zeros((self.block, self.W.shape[1]))
        self._used = 0

    def _start(self, d: int, rng: np.random.Generator) -> np.ndarray:
        """[W U^T | L] for rows N(0, I/d).

        Gaussian, and Bartlett's lower-triangular factor of a Wishart matrix.
        """
        k, m = self._k, self._m
        L = np.tril(rng.standard_normal((m, m)), -1)
        L[np.diag_indices(m)] = np.sqrt(rng.chisquare(d - k - np.arange(m)))
        return np.hstack([rng.standard_normal((m, k)), L]) / np.sqrt(d)

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
        self._Z = gaussian(min(n, 4096), self._k, self._rng)
        return self._Z

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
        known, done = self._k + self._m, 0
        while done < len(self._Z):
            rows = min(len(self._Z) - done, self.block - self._used)
            X, part = self._X[:rows], slice(done, done + rows)
            outside = np.sqrt(self._outside.chisquare(self._free - self._used - np.arange(rows)))
            fill_reduced(self._span, X, self._Z[part], outside, known + self._used)
            yield X, part
            done += rows
            self._used += rows
            if self._used == self.block:
                self._fold()

    def _fold(self):
        """Fold the columns that the block's samples have added.

        Any L with the same L L^T will do, so take a square one.
        """
        L = self.W[:, self._k :]
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
        X = np.empty((n, self.W.shape[1]))
        fill_normal(rng, X)
        return X, X[:, : self._k]


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
