"""How samples are drawn: plainly in R^d, or reduced to the span that matters, which costs the same at any d.

Inputs are isotropic, so the law of every angle, norm, singular value and risk depends on W only through
C = [W U^T | L] with L L^T = W_perp W_perp^T. A fresh sample has standard Gaussian coordinates in the span of (U, W) and,
outside, a part of length chi with as many degrees of freedom as dimensions are left, in a direction orthogonal to all
so far: one new column of C. After a block the columns beyond k + m are folded back by a QR factorisation, exactly.

Both samplers serve OnlineSGD through the same members: ``W`` (m, D), ``directions`` (k, D), ``draw`` and ``absorb``.
"""

from __future__ import annotations

import numpy as np

from .kernel import BLOCK, fill_normal
from .networks import TwoLayerNet, second_layer
from .settings import Settings

CHUNK = 2**18  # numbers in one chunk of inputs: 2 MB, which stays in cache


def reduced_block(width: int) -> int:
    """Samples between two foldings: measured best near 2 to 3 x width for narrow nets, below that for wide ones."""
    return int(np.clip(BLOCK * round(width / BLOCK), 2 * BLOCK, 512))


def use_reduced(settings: Settings) -> bool:
    """Whether reduced sampling is possible and cheaper than plain sampling for these settings."""
    k, m, d = settings.k, settings.width, settings.d
    return d > k + m + reduced_block(m) and d > 2 * (k + m + reduced_block(m))


class PlainSampler:
    """Inputs x ~ N(0, I_d), drawn whole."""

    reduced = False

    def __init__(self, settings: Settings):
        self.target, net = settings.build()
        self.W, self.a, self.b = np.ascontiguousarray(net.W), net.a, net.b
        self._rng = settings.generators()["inputs"]
        self._rows = int(np.clip(CHUNK // settings.d // BLOCK * BLOCK, BLOCK, 4096))

    @property
    def directions(self) -> np.ndarray:
        return self.target.directions

    def draw(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Up to n fresh inputs X (rows, d) and their projections Z (rows, k)."""
        X = np.empty((min(n, self._rows), self.target.d))
        fill_normal(self._rng, X)
        return X, X @ self.directions.T

    def absorb(self, rows: int):
        """Nothing to fold: W holds all d coordinates."""

    def test_inputs(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """n inputs for the test risk, and their projections."""
        X = np.empty((n, self.target.d))
        fill_normal(rng, X)
        return X, X @ self.directions.T


class ReducedSampler:
    """The coordinates of x in the span of (U, W), and the length of the rest."""

    reduced = True

    def __init__(self, settings: Settings):
        k, m, d = settings.k, settings.width, settings.d
        self._free = d - k - m
        self.block = min(reduced_block(m), self._free)
        if self.block < 1:
            raise ValueError(
                f"d = {d} with k = {k} and width = {m} leaves nothing to reduce: reduced sampling needs d > k + width"
            )
        self.target = settings.target()
        rngs = settings.generators()
        self.a, self.b = second_layer(m, settings.bias, rngs["network"])
        self._rng, self._span = rngs["inputs"], rngs["span"]
        self._k, self._m = k, m
        self.W = np.zeros((m, k + m + self.block))
        self.W[:, : k + m] = self._start(d, rngs["network"])
        self.directions = np.eye(k, k + m + self.block)
        self._used = 0

    def _start(self, d: int, rng: np.random.Generator) -> np.ndarray:
        """[W U^T | L] for rows N(0, I/d): Gaussian, and Bartlett's lower-triangular factor of a Wishart matrix."""
        k, m = self._k, self._m
        L = np.tril(rng.standard_normal((m, m)), -1)
        L[np.diag_indices(m)] = np.sqrt(rng.chisquare(d - k - np.arange(m)))
        return np.hstack([rng.standard_normal((m, k)), L]) / np.sqrt(d)

    def draw(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Up to n fresh samples in coordinates, X (rows, D), and their projections Z (rows, k)."""
        rows, first, known = min(n, self.block - self._used), self._used, self._k + self._m
        X = np.empty((rows, self.W.shape[1]))
        fill_normal(self._rng, X)
        new = known + first + np.arange(rows)  # the column that each sample adds
        X[np.arange(self.W.shape[1]) > new[:, None]] = 0.0
        X[np.arange(rows), new] = np.sqrt(self._span.chisquare(self._free - first - np.arange(rows)))
        return X, X[:, : self._k]

    def absorb(self, rows: int):
        """Count the columns that ``rows`` samples have added; fold them back when the block is full."""
        self._used += rows
        if self._used == self.block:
            L = self.W[:, self._k :]
            R = np.linalg.qr(L.T, mode="r")
            L[:, : self._m] = R.T
            L[:, self._m :] = 0.0
            self._used = 0

    def test_inputs(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """n inputs for the test risk in the same coordinates, and their projections."""
        X = np.empty((n, self.W.shape[1]))
        fill_normal(rng, X)
        return X, X[:, : self._k]


def full_net(sampler, settings: Settings) -> TwoLayerNet:
    """The network that a sampler holds at this moment, as a copy."""
    reduced_k = settings.k if sampler.reduced else None
    return TwoLayerNet(sampler.W.copy(), sampler.a, sampler.b, settings.activation, reduced_k)
