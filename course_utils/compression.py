"""Smaller networks from trained ones: rank-k factors, magnitude pruning, short number types, and what each costs.

SGD with weight decay leaves W near the hidden subspace, so that its best rank-k approximation loses at most
||W_perp||_F (Eckart and Young), and k (m + d) numbers stand for m d.
"""

from __future__ import annotations

import io
import numbers
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import scipy.linalg
from scipy.sparse import csr_array

from .activations import ACTIVATIONS
from .algorithm1 import second_layer_ridge
from .given import choice, labels, real_numbers, samples
from .machine import single_threaded_blas
from .networks import TwoLayerNet
from .risk import mean_loss
from .watch import first_linear

STORAGES = ("float64", "float32", "float16", "int8")
KINDS = {"W": "whole", "left": "factored", "kept": "pruned"}
RANKED = "rank, float32"


@single_threaded_blas()
def low_rank(W: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Factors left (m, rank) and right (rank, d) whose product is the best approximation of W (m, d) of that rank.

    Each carries the square root of the singular values; left[:, :j] @ right[:j] is the best approximation of rank j.
    Raises ValueError for a rank outside 1 ... min(m, d). Source: Eckart and Young 1936. Taught in notebook 06.
    """
    rank = _count("rank", rank, min(W.shape), f"min(m, d) of a {W.shape[0]} x {W.shape[1]} matrix")
    U, s, Vt = scipy.linalg.svd(W, full_matrices=False)
    root = np.sqrt(s[:rank])
    return U[:, :rank] * root, root[:, None] * Vt[:rank]


@single_threaded_blas()
def truncation_errors(W: np.ndarray) -> np.ndarray:
    """||W - W_k||_F for k = 0 ... min(m, d): the least that a matrix of rank k can leave of W (m, d).

    Source: Eckart and Young 1936. Taught in notebook 06.
    """
    s = scipy.linalg.svd(W, compute_uv=False)
    return np.sqrt(np.r_[np.cumsum(s[::-1] ** 2)[::-1], 0.0])


def prune(W: np.ndarray, keep: int) -> np.ndarray:
    """W (m, d) with all but its ``keep`` largest entries, by absolute value, set to zero.

    Raises ValueError for keep outside 1 ... m d. Taught in notebook 06.
    """
    keep = _count(
        "keep", keep, W.size, f"the number of entries of a {W.shape[0]} x {W.shape[1]} matrix"
    )
    kept = np.argpartition(np.abs(W).ravel(), W.size - keep)[W.size - keep :]
    pruned = np.zeros_like(W)
    pruned.flat[kept] = W.flat[kept]
    return pruned


def quantise(A: np.ndarray, storage: str) -> tuple[np.ndarray, np.ndarray | None]:
    """(codes, scales): an array rounded to a shorter number type; codes * scales gives it back (codes, if scales is None).

    storage is 'float64', 'float32', 'float16' or 'int8'. Codes of int8 are A / scales rounded to -127 ... 127, with one
    float32 scale a row or a column, whichever are fewer (one for a vector): errors are at most half a scale. Rows too
    small for a scale become zeros, as entries do that are too small for float32 or float16, beside larger ones.
    Raises ValueError for an unknown type, for numbers that are not finite or too large for the type (for int8: for its
    scales), and for arrays that would become zero as a whole. Taught in notebook 06.
    """
    A = real_numbers(A, "the array")
    if storage not in STORAGES:
        raise ValueError(
            f"storage = {storage!r} is unknown: it must be one of {', '.join(STORAGES)}"
        )
    if storage == "int8" and (A.ndim not in (1, 2) or A.size == 0):
        raise ValueError(
            f"int8 needs a vector or a matrix, with a scale for each row or column, got the shape {A.shape}"
        )
    short = np.finfo("float32" if storage == "int8" else storage)
    largest = np.abs(A).max(initial=0) / (127 if storage == "int8" else 1)
    what = f"{storage} with float32 scales" if storage == "int8" else storage
    advice = "take a longer type, or numbers in another unit"
    if largest > short.max:
        raise ValueError(f"{what} holds no number as large as {np.abs(A).max():.3g}: {advice}")
    if 0 < largest < (short.tiny if storage == "int8" else short.smallest_subnormal):
        raise ValueError(
            f"{what} holds no number as small as {np.abs(A).max():.3g}, the largest here: {advice}"
        )
    if storage != "int8":
        return A.astype(storage), None
    along = None if A.ndim == 1 else 1 if A.shape[0] <= A.shape[1] else 0
    scales = (np.abs(A).max(axis=along, keepdims=True) / 127).astype(np.float32)
    scales[scales == 0] = 1  # rows of zeros
    scales = np.maximum(scales, short.tiny)  # below, float32 has few digits left
    return np.clip(np.rint(A / scales), -127, 127).astype(np.int8), scales


class CompressedNet:
    """A two-layer net that keeps W in the form in which it is stored: whole, as two thin factors, or pruned.

    ``net(X)`` maps (n, d) -> (n,) and never multiplies factors out: k (m + d) multiplications a sample instead of m d.

    Parameters
    ----------
    arrays : what is stored, name -> array. 'a' (m,) and 'b' (m,), and either 'W' (m, d); or 'left' (m, k) and 'right'
        (k, d); or compressed sparse rows, 'kept' (q,) with 'columns' (q,), 'starts' (m + 1,) and 'd' (). The scales of
        int8 arrays have their name and '_scales'.
    activation : a name in ACTIVATIONS, such as 'relu' or 'tanh'.

    Raises ValueError if arrays do not make a network. Made by ``compress``. Taught in notebook 06.
    """

    def __init__(self, arrays: dict[str, np.ndarray], activation: str):
        choice("activation", activation, ACTIVATIONS)
        self.arrays, self.activation = arrays, activation
        try:
            fits = all(p.shape[1] == q.shape[0] for p, q in pairwise(self._factors))
            fits &= self.arrays["a"].shape == self.arrays["b"].shape == (self._factors[0].shape[0],)
        except (KeyError, IndexError, ValueError):
            fits = False
        if not fits:
            raise ValueError(
                f"{', '.join(f'{name} {array.shape}' for name, array in arrays.items())} do not make a network: "
                "expected W (m, d), or left (m, k) and right (k, d), with a (m,) and b (m,) for one m"
            )

    @cached_property
    def _factors(self) -> tuple:
        """Matrices in working precision whose product is W."""
        if "kept" in self.arrays:
            a = self.arrays
            rows = csr_array(
                (self._read("kept"), a["columns"], a["starts"]),
                shape=(len(a["starts"]) - 1, int(a["d"])),
            )
            rows.check_format()
            return (rows,)
        return tuple(
            self._read(name) for name in (("W",) if "W" in self.arrays else ("left", "right"))
        )

    def _read(self, name: str) -> np.ndarray:
        return self.arrays[name].astype(float) * self.arrays.get(name + "_scales", 1.0)

    @property
    def W(self) -> np.ndarray:
        """First layer, (m, d), multiplied out."""
        W = self._factors[0] if len(self._factors) == 1 else self._factors[0] @ self._factors[1]
        return W if isinstance(W, np.ndarray) else W.toarray()

    @property
    def a(self) -> np.ndarray:
        """Second layer, (m,)."""
        return self._read("a")

    @property
    def b(self) -> np.ndarray:
        """Biases, (m,)."""
        return self._read("b")

    @property
    def first_layer(self) -> int:
        """How many numbers stand for W: m d, k (m + d), or as many as were kept."""
        return sum(
            self.arrays[name].size for name in ("W", "left", "right", "kept") if name in self.arrays
        )

    @property
    def parameters(self) -> int:
        """How many numbers the whole net has: ``first_layer`` and 2 m for a and b."""
        return self.first_layer + self.arrays["a"].size + self.arrays["b"].size

    @property
    def bytes(self) -> int:
        """Size of the file that ``save`` writes, in bytes: numbers, scales, positions and headers."""
        return len(self._file())

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Outputs for inputs X, (n, d) -> (n,)."""
        X = samples(X, self._factors[-1].shape[1])
        sigma = ACTIVATIONS[self.activation].value
        a, b, out = self.a, self.b, np.empty(len(X))
        for i in range(0, len(X), 256):  # blocks stay in cache
            H = X[i : i + 256].T
            for factor in reversed(self._factors):
                H = factor @ H
            out[i : i + 256] = a @ sigma(H + b[:, None])
        return out

    def replace(self, a: np.ndarray) -> CompressedNet:
        """A copy with another second layer, stored in the same number type."""
        return CompressedNet(
            self.arrays | {"a": np.asarray(a, dtype=self.arrays["a"].dtype)}, self.activation
        )

    def _file(self) -> bytes:
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, activation=np.array(self.activation), **self.arrays)
        return file.getvalue()

    def save(self, path: str | Path) -> None:
        """Write the net to a file, a NumPy .npz archive without pickled objects."""
        Path(path).write_bytes(self._file())

    @classmethod
    def load(cls, path: str | Path) -> CompressedNet:
        """Read a net that ``save`` wrote. ValueError if the file is damaged or holds something else."""
        try:
            with np.load(io.BytesIO(Path(path).read_bytes()), allow_pickle=False) as file:
                arrays = dict(file)
            return cls(arrays, str(arrays.pop("activation")))
        except FileNotFoundError:
            raise
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            OSError,
            EOFError,
            NotImplementedError,
            RuntimeError,
            MemoryError,
            OverflowError,
            zipfile.BadZipFile,
            zlib.error,
        ) as problem:
            raise ValueError(
                f"{path} is damaged or is not a network ({problem}): write it again with net.save(path)"
            ) from problem

    def __repr__(self):
        kind = next(kind for name, kind in KINDS.items() if name in self.arrays)
        m, d = self._factors[0].shape[0], self._factors[-1].shape[1]
        return f"CompressedNet({kind}, width={m}, d={d}, {self.parameters:,} parameters, {self.bytes:,} bytes)"


def compress(
    net: TwoLayerNet, rank: int | None = None, keep: int | None = None, storage: str = "float64"
) -> CompressedNet:
    """A smaller copy of a network: W by its rank or with few of its entries, in a shorter number type, or both.

    Parameters
    ----------
    net : the network, in input space.
    rank : store W as two factors of this rank, k (m + d) numbers.
    keep : store this many entries of W, the largest, and their positions. With neither, W is stored whole.
    storage : number type of W, 'float64', 'float32', 'float16' or 'int8'; a and b are stored as float32, with 'float64'
        as float64.

    Raises
    ------
    ValueError for a rank above min(m, d), for rank and keep together, and for a net in reduced coordinates.
    Taught in notebook 06.
    """
    if net.reduced_k is not None:
        raise ValueError(
            "this net lives in the reduced coordinates of a large-d simulation, so its size is not that of a network: "
            "train with sampling='plain', or use low_rank(net.W, rank)"
        )
    if rank is not None and keep is not None:
        raise ValueError(f"rank = {rank} and keep = {keep} exclude each other: give one of them")
    return _stored(net, *_first_layer(net.W, rank, keep), storage)


def _stored(net: TwoLayerNet, numbers_of_W: dict, positions: dict, storage: str) -> CompressedNet:
    """The net with these numbers for W, rounded to a number type."""
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


@dataclass
class Compressed:
    """What each size of a network costs, for ranks r = 1 ... R.

    left_out : ||W - W_r||_F / sqrt m, from r = 0 on. output : relative output error of W_r. whole : test risk of the network.
    forms : method -> (bytes, test risk), a pair for each size.
    """

    left_out: np.ndarray
    output: np.ndarray
    whole: float
    forms: dict[str, tuple[np.ndarray, np.ndarray]]


@single_threaded_blas()
def compressed(
    net: TwoLayerNet, X: np.ndarray, y: np.ndarray, loss: str, ranks: int, d: int
) -> Compressed:
    """Compress a network in every way, with one decomposition of W: factors of one rank hold those of every smaller rank.

    Parameters
    ----------
    net : the network; in reduced coordinates only whole and by ranks, as single entries of its W mean nothing.
    X, y, loss : test inputs (n, columns of W), labels (n,), and the loss of the risk.
    ranks : R, the largest rank. d : input dimension, for which bytes are counted.

    Taught in notebook 06.
    """
    left, right = low_rank(net.W, ranks)
    reduced, net = net.reduced_k is not None, net.replace(reduced_k=None)

    def ranked(storage: str) -> list[CompressedNet]:
        return [
            _stored(net, {"left": left[:, :r], "right": right[:r]}, {}, storage)
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
    """||f_before - f_after|| / ||f_before|| over inputs X (n, d): how far compression moves the outputs.

    The risk of a network that has learned nothing hardly moves, whatever is done to it; its outputs do.
    Taught in notebook 06.
    """
    f = before(X)
    return float(np.linalg.norm(f - after(X)) / np.linalg.norm(f))


@single_threaded_blas()
def refit_second_layer(net: TwoLayerNet | CompressedNet, X: np.ndarray, y: np.ndarray):
    """The net with its second layer fitted anew to samples X (n, d), y (n,), the first layer left as it is.

    Least squares with a ridge that pulls towards the present a; the ridge is chosen on every fourth sample, held out, and
    the fit is then made on all. Returns a net of the same kind. ValueError if shapes do not fit. Taught in notebook 06.
    """
    W = net.W
    X = samples(X, W.shape[1])
    y = labels(y, len(X))
    if len(X) < 4:
        raise ValueError(
            f"{len(X)} samples are too few: every fourth one is held out, so take 4 or more"
        )
    features = ACTIVATIONS[net.activation].value(X @ W.T + net.b)
    left_over = y - features @ net.a
    held_out = np.arange(len(X)) % 4 == 3
    ridges = np.geomspace(1e-10, 1e2, 25)
    changes = second_layer_ridge(features[~held_out], left_over[~held_out], ridges)
    errors = ((left_over[held_out, None] - features[held_out] @ changes) ** 2).mean(axis=0)
    best = ridges[errors.argmin()]
    return net.replace(a=net.a + second_layer_ridge(features, left_over, [best])[:, 0])


def compress_torch(model, rank: int):
    """A copy of a torch model in which two Linear layers, d -> rank -> m, stand for its first Linear layer, d -> m.

    The model itself is left as it is; the copy can be trained on, what was frozen stays frozen, and a layer that stands in
    several places is replaced in all of them. Factors are those of the weights used in evaluation mode. Raises ValueError
    for a rank above min(m, d), if no Linear layer sees the inputs themselves, and if the weight is tied to that of another
    layer. Taught in notebook 06.
    """
    import torch

    from .torch_models import array, copied, effective_weight, linear

    name, _ = first_linear(model)
    small = copied(model)
    layer = small.get_submodule(name)
    _refuse_tied(small, layer, name)
    weight = effective_weight(layer)
    left, right = low_rank(array(weight), rank)
    factors = torch.nn.Sequential(linear(right), linear(left)).to(weight.device, weight.dtype)
    factors.requires_grad_(
        any(p.requires_grad for p in layer.parameters() if p is not layer.bias)
    ).train(layer.training)
    factors[1].bias = layer.bias  # the copy's own, with its ties
    if not name:
        return factors
    for parent in list(small.modules()):
        for child, module in list(
            parent._modules.items()
        ):  # named_children would show each module once
            if module is layer:
                setattr(parent, child, factors)
    return small


def _refuse_tied(model, layer, name: str) -> None:
    own = {id(p) for p in layer.parameters() if p is not layer.bias}
    for other, module in model.named_modules():
        if not any(module is part for part in layer.modules()):
            for parameter, value in module.named_parameters(recurse=False):
                if id(value) in own:
                    raise ValueError(
                        f"the weight of layer {name!r} is also {other}.{parameter}: two factors have no tie to one matrix. "
                        f"Give {other!r} a weight of its own first"
                    )


def _count(name: str, value, most: int, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or not 1 <= value <= most:
        raise ValueError(
            f"{name} = {value!r} is not possible: it must be a whole number from 1 to {most}, {what}"
        )
    return int(value)
