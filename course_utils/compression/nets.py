"""A network that computes with W as it is stored, and its file."""

from __future__ import annotations

import io
import zipfile
import zlib
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from ..activations import ACTIVATIONS
from ..given import choice, samples

KINDS = {"W": "whole", "left": "factored", "kept": "pruned"}


class CompressedNet:
    """A two-layer net that keeps W as it is stored: whole, as two thin factors, or pruned.

    ``net(X)`` maps (n, d) -> (n,) and never multiplies factors out: k (m + d) multiplications a
    sample instead of m d.

    Parameters
    ----------
    arrays : dict of str to ndarray
        What is stored. 'a' (m,) and 'b' (m,), and either 'W' (m, d); or 'left' (m, k) and
        'right' (k, d); or compressed sparse rows, 'kept' (q,) with 'columns' (q,), 'starts' (m
        + 1,) and 'd' (). The scales of int8 arrays have their name and '_scales'.
    activation : str
        A name in ACTIVATIONS, such as 'relu' or 'tanh'.

    Raises
    ------
    ValueError
        If the arrays do not make a network.

    Notes
    -----
    Made by ``compress``. Taught in notebook 06.
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
                f"{', '.join(f'{name} {array.shape}' for name, array in arrays.items())} do not "
                "make a network: expected W (m, d), or left (m, k) and right (k, d), "
                "with a (m,) and b (m,) for one m"
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
        """Size of the file that ``save`` writes, in bytes: numbers, scales, positions, headers."""
        return len(self._file())

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Outputs of the net.

        Parameters
        ----------
        X : (n, d) ndarray
            Inputs.

        Returns
        -------
        (n,) ndarray
            One output a row.
        """
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
        """A copy with another second layer, stored in the same number type.

        Parameters
        ----------
        a : (m,) ndarray
            The new second layer.

        Returns
        -------
        CompressedNet
            The copy; it shares the other arrays.
        """
        return CompressedNet(
            self.arrays | {"a": np.asarray(a, dtype=self.arrays["a"].dtype)}, self.activation
        )

    def _file(self) -> bytes:
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, activation=np.array(self.activation), **self.arrays)
        return file.getvalue()

    def save(self, path: str | Path) -> None:
        """Write the net to a file, a NumPy .npz archive without pickled objects.

        Parameters
        ----------
        path : str or Path
            The file; what was there is replaced.
        """
        Path(path).write_bytes(self._file())

    @classmethod
    def load(cls, path: str | Path) -> CompressedNet:
        """Read a net that ``save`` wrote.

        Parameters
        ----------
        path : str or Path
            A file that ``save`` wrote.

        Returns
        -------
        CompressedNet
            The net, as it was stored.

        Raises
        ------
        ValueError
            If the file is damaged or holds something else.
        FileNotFoundError
            If it is not there.
        """
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
                f"{path} is damaged or is not a network ({problem}): "
                "write it again with net.save(path)"
            ) from problem

    def __repr__(self):
        kind = next(kind for name, kind in KINDS.items() if name in self.arrays)
        m, d = self._factors[0].shape[0], self._factors[-1].shape[1]
        return (
            f"CompressedNet({kind}, width={m}, d={d}, "
            f"{self.parameters:,} parameters, {self.bytes:,} bytes)"
        )
