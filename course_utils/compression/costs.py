"""What each size of a network costs, in bytes, risk and outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..machine import single_threaded_blas
from ..networks import TwoLayerNet
from ..risk import mean_loss
from .matrices import low_rank, truncation_errors
from .nets import CompressedNet
from .storing import compress, stored

RANKED = "rank, float32"


@dataclass
class Compressed:
    """What each size of a network costs, for ranks r = 1 ... R.

    Attributes
    ----------
    left_out : (R + 1,) ndarray
        ||W - W_r||_F / sqrt m, from r = 0 on.
    output : (R,) ndarray
        Relative output error of W_r.
    whole : float
        Test risk of the network.
    forms : dict of str to tuple
        Method -> (bytes, test risk), two arrays with an entry for each size.
    """

    left_out: np.ndarray
    output: np.ndarray
    whole: float
    forms: dict[str, tuple[np.ndarray, np.ndarray]]


@single_threaded_blas()
def compressed(
    net: TwoLayerNet, X: np.ndarray, y: np.ndarray, loss: str, ranks: int, d: int
) -> Compressed:
    """Compress a network in every way, and say what each size costs.

    Parameters
    ----------
    net : TwoLayerNet
        The network; in reduced coordinates only whole and by ranks, as single entries of its W
        mean nothing.
    X : (n, columns of W) ndarray
        Test inputs.
    y : (n,) ndarray
        Their labels.
    loss : str
        The loss of the risk, a name in LOSSES.
    ranks : int
        R, the largest rank.
    d : int
        Input dimension, for which bytes are counted.

    Returns
    -------
    Compressed
        Errors, risks and bytes.

    Notes
    -----
    One decomposition of W serves all: factors of one rank hold those of every smaller rank. Taught
    in notebook 06.
    """
    left, right = low_rank(net.W, ranks)
    reduced, net = net.reduced_k is not None, net.replace(reduced_k=None)

    def ranked(storage: str) -> list[CompressedNet]:
        return [
            stored(net, {"left": left[:, :r], "right": right[:r]}, {}, storage)
            for r in range(1, ranks + 1)
        ]

    methods = {"whole": [compress(net, storage="float32")], RANKED: ranked("float32")}
    if not reduced:
        methods["whole"] = [
            compress(net, storage=storage) for storage in ("int8", "float16")
        ] + methods["whole"]
        methods["rank, int8"] = ranked("int8")
        methods["pruned, float32"] = [
            compress(net, keep=max(1, net.W.size >> i), storage="float32") for i in range(6, 0, -1)
        ]
    unseen = 4 * (d - net.W.shape[1])  # bytes a row of what a reduced simulation never forms
    f, outputs = net(X), {name: [small(X) for small in nets] for name, nets in methods.items()}
    forms = {
        name: (
            np.array(
                [small.bytes + unseen * len(small.arrays.get("right", net.W)) for small in nets]
            ),
            np.array([mean_loss(g, y, loss) for g in outputs[name]]),
        )
        for name, nets in methods.items()
    }
    output = np.array([np.linalg.norm(f - g) for g in outputs[RANKED]]) / max(
        np.linalg.norm(f), 1e-300
    )
    return Compressed(
        truncation_errors(net.W)[: ranks + 1] / np.sqrt(net.width),
        output,
        mean_loss(f, y, loss),
        forms,
    )


@single_threaded_blas()
def relative_output_error(before: Callable, after: Callable, X: np.ndarray) -> float:
    """||f_before - f_after|| / ||f_before||: how far compression moves the outputs.

    Parameters
    ----------
    before : callable
        The network, (n, d) -> (n,).
    after : callable
        The compressed one.
    X : (n, d) ndarray
        Inputs over which the norms are taken.

    Returns
    -------
    float
        0 where nothing has changed, 1 where nothing is left.

    Notes
    -----
    The risk of a network that has learned nothing hardly moves, whatever is done to it; its outputs
    do. Taught in notebook 06.
    """
    f = before(X)
    return float(np.linalg.norm(f - after(X)) / np.linalg.norm(f))
