"""A session that compresses its network in every way while it trains. It knows nothing of widgets; see compression.py."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..compression import CompressedNet, compress, low_rank, quantise, truncation_errors
from ..machine import single_threaded_blas
from ..networks import TwoLayerNet
from ..risk import mean_loss
from ..settings import Settings
from .session import Session

RANKED = "rank, float32"


@dataclass
class Compressed:
    """One moment. left_out : ||W - W_r||_F / sqrt m for r = 0 ... R. output : relative output error of W_r, r = 1 ... R.
    whole : test risk of the network. forms : method -> (bytes, test risk), a pair for each size."""

    left_out: np.ndarray
    output: np.ndarray
    whole: float
    forms: dict[str, tuple[np.ndarray, np.ndarray]]


def compressed(net: TwoLayerNet, X: np.ndarray, y: np.ndarray, loss: str, ranks: int, d: int) -> Compressed:
    """Compress in every way, with one decomposition of W: the factors of one rank hold those of every smaller rank."""
    left, right = low_rank(net.W, ranks)
    reduced, net = net.reduced_k is not None, net.replace(reduced_k=None)
    dense = compress(net, storage="float32")

    def factors(r: int, storage: str) -> CompressedNet:
        arrays = {"a": dense.arrays["a"], "b": dense.arrays["b"]}
        for name, factor in (("left", left[:, :r]), ("right", right[:r])):
            arrays[name], scales = quantise(factor, storage)
            arrays |= {} if scales is None else {name + "_scales": scales}
        return CompressedNet(arrays, net.activation)

    methods = {"whole": [dense], RANKED: [factors(r + 1, "float32") for r in range(ranks)]}
    if not reduced:  # single entries of W, to be pruned or rounded, mean nothing in reduced coordinates
        methods["whole"] = [compress(net, storage=storage) for storage in ("int8", "float16")] + [dense]
        methods["rank, int8"] = [factors(r + 1, "int8") for r in range(ranks)]
        methods["pruned, float32"] = [compress(net, keep=max(1, net.W.size >> i), storage="float32") for i in range(6, 0, -1)]
    unseen = 4 * (d - net.W.shape[1])  # bytes a row of what a reduced simulation never forms
    f, outputs = net(X), {name: [small(X) for small in nets] for name, nets in methods.items()}
    forms = {
        name: (np.array([small.bytes + unseen * len(small.arrays.get("right", net.W)) for small in nets]),
               np.array([mean_loss(g, y, loss) for g in outputs[name]]))
        for name, nets in methods.items()
    }  # fmt: skip
    output = np.array([np.linalg.norm(f - g) for g in outputs[RANKED]]) / max(np.linalg.norm(f), 1e-300)
    return Compressed(truncation_errors(net.W)[: ranks + 1] / np.sqrt(net.width), output, mean_loss(f, y, loss), forms)


class Compressions(Session):
    """A session that compresses its network each time the samples have grown by a fifth (large ones: have doubled)."""

    def begin(self, settings: Settings, samples: int = 0) -> None:
        self.ranks = min(settings.k + 5, settings.width, settings.d)
        self.moments: list[tuple[int, Compressed]] = []
        super().begin(settings, samples)
        self.compress()

    def measure(self) -> None:
        """Record the moment, and compress where it is time."""
        super().measure()
        growth = 1.2 if self.settings.width * self.settings.d <= 10**5 else 2.0
        if not self.moments or self.samples >= growth * self.moments[-1][0] + self.settings.d / 50:
            self.compress()

    def compress(self) -> None:
        """Compress the network as it is now, unless that has been done.

        Each test input serves twice, the second time with its part outside the subspace turned round: the label stays, and
        the first order of a change drops out of the mean.
        """
        if self.moments and self.moments[-1][0] == self.samples:
            return
        sim = self.sims[0]
        X, y, U = sim._test_inputs[:500], sim._test_labels()[:500], sim._sampler.directions
        with single_threaded_blas():
            X, y = np.r_[X, 2 * X @ U.T @ U - X], np.r_[y, y]
            found = compressed(sim.net, X, y, self.settings.loss, self.ranks, self.settings.d)
        self.moments.append((self.samples, found))

    def at(self, t: int) -> tuple[int, Compressed]:
        """The last compressed moment up to t samples."""
        return next((m for m in reversed(self.moments) if m[0] <= t), self.moments[0])
