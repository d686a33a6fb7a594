"""Where hidden directions come from: one place."""

from __future__ import annotations

import numpy as np


def random_directions(k: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """Orthonormal rows in R^d, uniform over all such matrices.

    Parameters
    ----------
    k : int
        How many rows.
    d : int
        Their dimension, k or more.
    rng : Generator
        Where they are drawn from.

    Returns
    -------
    (k, d) ndarray
        The rows u_i; no direction and no sign is preferred.

    Notes
    -----
    A Gaussian matrix keeps its law when space is rotated. QR alone would pass on a sign convention
    of its algorithm (the first entry of u_1 is then always negative); with a positive diagonal of R
    the factorisation is unique, and Q uniform.

    Source: Mezzadri 2007, How to generate random matrices from the classical compact groups. Taught
    in notebook 01.
    """
    Q, R = np.linalg.qr(rng.standard_normal((d, k)))
    return np.ascontiguousarray((Q * np.sign(np.diag(R))).T)
