"""The kernel's side: how many samples its learning curve asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ..comparison import predicted_r2
from ..levels import samples_until
from ..settings import Settings
from .measuring import DIMENSIONS, LINKS, level_of

RIDGES = (1e-3, 1e-1, 10.0)  # the best of them counts, at each n


def kernel_samples(
    link: str, d: int, level: float | None = None, ridges: Iterable[float] = RIDGES
) -> float:
    """Samples that kernel ridge regression needs for a level of R^2, by its predicted curve.

    Parameters
    ----------
    link : str
        Of the target.
    d : int
        Dimension.
    level : float, optional
        R^2; left out, that of ``level_of``.
    ridges : iterable of float
        The best counts.

    Returns
    -------
    float
        n for the NTK of the course's ReLU network, Gaussian inputs, label noise 0.1; inf if not
        even d^7 are enough.

    Notes
    -----
    Predicted, not measured: the formula of ``kernels.learning_curve``, held against measurements at
    d = 30 and 100. Source: Simon, Dickens, Karkada, DeWeese (2023).
    """
    settings = Settings(d=d, k=1, link=link)
    n = np.geomspace(max(1.0, d / 10), float(d) ** 7, 500)
    best = np.max([predicted_r2(settings, n, ridge) for ridge in ridges], axis=0)
    return samples_until(n, best, level_of(link) if level is None else level)


def kernel_rows(
    links: Iterable[str] = tuple(LINKS), dimensions: Iterable[int] = tuple(DIMENSIONS)
) -> Iterator[tuple]:
    """The kernel's sample counts at all dimensions.

    Parameters
    ----------
    links : iterable of str
        Names in LINKS.
    dimensions : iterable of int
        Values of d.

    Yields
    ------
    tuple
        Link, level, d and n: for the level of ``level_of``, and for 0.9.
    """
    for link in links:
        for level in sorted({level_of(link), 0.9}):
            for d in dimensions:
                yield link, level, d, kernel_samples(link, d, level)
