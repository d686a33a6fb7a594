"""Where inputs come from: x ~ N(0, I_d), drawn or as points that stand for it. Another law of inputs starts here.

``engine/sampling.py`` draws the same law in compiled loops, and in coordinates in which it is simulated at any d. What is
computed instead of drawn rests on it too: Hermite coefficients in ``targets.py``, averages over ``links.gaussian_grid``.
"""

from __future__ import annotations

import numpy as np


def gaussian(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """n inputs from N(0, I_d), (n, d). Their projections on orthonormal directions are those of N(0, I_k), (n, k)."""
    return rng.standard_normal((n, d))
