"""From a trained network to a smaller one."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from ..networks import TwoLayerNet
from .matrices import low_rank, prune, quantise
from .nets import CompressedNet


def compress(
    net: TwoLayerNet, rank: int | None = None, keep: int | None = None, storage: str = "float64"
) -> CompressedNet:
    """A smaller copy of a network: W by rank or by few entries, or in a shorter number type.

    Parameters
    ----------
    net : TwoLayerNet
        The network, in input space.
    rank : int, optional
        Store W as two factors of this rank, k (m + d) numbers.
    keep : int, optional
        Store this many entries of W, the largest, and their positions. With neither, W is
        stored whole.
    storage : str
        Number type of W, 'float64', 'float32', 'float16' or 'int8'; a and b are stored as
        float32, with 'float64' as float64.

    Returns
    -------
    CompressedNet
        The copy, which computes with W as it is stored.

    Raises
    ------
    ValueError
        For a rank above min(m, d), for rank and keep together, and for a net in reduced
        coordinates.
    TypeError
        For a rank or keep that is no whole number.

    Notes
    -----
    Taught in notebook 06.
    """
    if net.reduced_k is not None:
        raise ValueError(
            "this net lives in the reduced coordinates of a large-d simulation, so its size is "
            "not that of a network: train with sampling='plain', or use low_rank(net.W, rank)"
        )
    if rank is not None and keep is not None:
        raise ValueError(f"rank = {rank} and keep = {keep} exclude each other: give one of them")
    return stored(net, *_first_layer(net.W, rank, keep), storage)


def stored(net: TwoLayerNet, numbers_of_W: dict, positions: dict, storage: str) -> CompressedNet:
    """A net that keeps given numbers for W, rounded to a number type.

    Parameters
    ----------
    net : TwoLayerNet
        The net whose a, b and activation are kept.
    numbers_of_W : dict of str to ndarray
        'W', or 'left' and 'right', or 'kept', as in ``CompressedNet``; these are rounded.
    positions : dict of str to ndarray
        What goes with 'kept' as it is: 'columns', 'starts' and 'd'; else empty.
    storage : str
        The number type, as in ``compress``.

    Returns
    -------
    CompressedNet
        It computes with the rounded numbers.
    """
    exact = "float64" if storage == "float64" else "float32"
    arrays = {"a": net.a.astype(exact), "b": net.b.astype(exact)} | positions
    for name, values in numbers_of_W.items():
        arrays[name], scales = quantise(values, storage)
        if scales is not None:
            arrays[name + "_scales"] = scales
    return CompressedNet(arrays, net.activation)


def _first_layer(W: np.ndarray, rank: int | None, keep: int | None) -> tuple[dict, dict]:
    """The numbers that stand for W, to be quantised, and the positions that go with them."""
    if rank is not None:
        return dict(zip(("left", "right"), low_rank(W, rank), strict=True)), {}
    if keep is None:
        return {"W": W}, {}
    rows = csr_array(prune(W, keep))
    columns = rows.indices.astype(np.uint16 if W.shape[1] <= 2**16 else np.int32)
    return {"kept": rows.data}, {
        "columns": columns,
        "starts": rows.indptr.astype(np.int32),
        "d": np.array(W.shape[1]),
    }
