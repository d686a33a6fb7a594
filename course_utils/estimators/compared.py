"""All estimators side by side: their angles, and what each cannot see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.linalg

from ..directions import random_directions
from ..machine import single_threaded_blas
from ..subspace import principal_angles
from ..targets import MultiIndexModel
from .gradients import gradient_outer_product
from .moments import linear, phd, save, sir


@dataclass(frozen=True)
class Estimator:
    """An estimator with what it looks at.

    Attributes
    ----------
    name : str
        What figures call it.
    fit : callable
        (X, y) -> (values, directions).
    sees : str
        The average that it estimates, as text.
    floor : float
        Separates its values from zero on 100,000 samples.
    """

    name: str
    fit: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
    sees: str
    floor: float

    def angle(self, X: np.ndarray, y: np.ndarray, directions: np.ndarray) -> float:
        """``largest_angle`` of what this estimator finds.

        Parameters
        ----------
        X : (n, d) ndarray
            Inputs.
        y : (n,) ndarray
            Labels.
        directions : (k, d) ndarray
            The hidden subspace.

        Returns
        -------
        float
            The angle in degrees.
        """
        return largest_angle(self.fit(X, y)[1], directions)


ESTIMATORS = {
    e.name: e
    for e in (
        Estimator("linear", linear, "E[y x]", 0.03),
        Estimator("PHD", phd, "E[y x xᵀ]", 0.06),
        Estimator("SIR", sir, "E[x | y]", 0.005),
        Estimator("SAVE", save, "Cov(x | y)", 0.01),
        Estimator("kernel gradient", gradient_outer_product, "E[∇f ∇fᵀ]", 0.005),
    )
}


def largest_angle(found: np.ndarray, directions: np.ndarray) -> float:
    """Largest principal angle between the hidden subspace and what was found.

    Parameters
    ----------
    found : (r, d) ndarray
        Directions, the most important first; the first k count.
    directions : (k, d) ndarray
        The hidden subspace, orthonormal rows.

    Returns
    -------
    float
        The angle in degrees; 90 where fewer than k rows were found, as by the linear fit for k
        > 1.
    """
    rows = scipy.linalg.orth(found[: len(directions)].T).T
    return float(np.degrees(principal_angles(rows, directions)[0]))


@lru_cache(maxsize=64)
def population_rank(name: str, link: str | Callable, k: int, noise: float) -> int:
    """How many of the k hidden directions an estimator finds with ever more samples.

    Parameters
    ----------
    name : str
        A name in ESTIMATORS.
    link : str or callable
        A name in LINKS, or a function (n, k) -> (n,).
    k : int
        Number of hidden directions.
    noise : float
        Standard deviation of the label noise.

    Returns
    -------
    int
        From 0 to k.

    Notes
    -----
    Measured: its values above the floor on 100,000 samples in d = k + 2, labels in units of the
    link's own spread, since neither the unit of y nor noise, if it is independent, hides a
    direction for ever: more than a tenth of that spread is not drawn. A kernel fit learns g itself
    with enough samples, so that it finds all k unless g is constant.
    """
    rng = np.random.default_rng(0)
    X, g = MultiIndexModel(np.eye(k, k + 2), link).sample(100_000, rng)
    spread = g.std()
    if spread <= 1e-12 * np.abs(g).max():
        return 0
    if name == "kernel gradient":
        return k
    y = g / spread + min(noise / spread, 0.1) * rng.standard_normal(len(g))
    with single_threaded_blas():
        return int((ESTIMATORS[name].fit(X, y)[0][:k] > ESTIMATORS[name].floor).sum())


def random_angle(d: int, k: int) -> float:
    """Largest principal angle between the subspace and k random directions.

    Parameters
    ----------
    d : int
        Input dimension.
    k : int
        Number of directions.

    Returns
    -------
    float
        Median over 400 draws, in degrees.
    """
    rng = np.random.default_rng(0)
    cosines = [
        np.linalg.svd(random_directions(k, d, rng)[:, :k], compute_uv=False)[-1] for _ in range(400)
    ]
    return float(np.degrees(np.arccos(np.clip(np.median(cosines), 0, 1))))


def draw(
    link, d: int, k: int, noise: float, n: int, seed: int
) -> tuple[MultiIndexModel, np.ndarray, np.ndarray]:
    """A model with random directions and samples of it.

    Parameters
    ----------
    link : str or callable
        A name in LINKS, or a function (n, k) -> (n,).
    d : int
        Input dimension.
    k : int
        Number of hidden directions.
    noise : float
        Standard deviation of the label noise.
    n : int
        How many samples.
    seed : int
        Seed of everything that is drawn.

    Returns
    -------
    model : MultiIndexModel
        It knows the directions.
    X : (n, d) ndarray
        Inputs.
    y : (n,) ndarray
        Labels.
    """
    rng = np.random.default_rng([seed, 0xE571])
    model = MultiIndexModel(random_directions(k, d, rng), link, noise)
    return model, *model.sample(n, rng)


def find(name: str, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """What an estimator finds.

    Parameters
    ----------
    name : str
        A name in ESTIMATORS.
    X : (n, d) ndarray
        Inputs.
    y : (n,) ndarray
        Labels.

    Returns
    -------
    tuple or None
        (values, directions); None where it has too few samples to be defined.
    """
    try:
        return ESTIMATORS[name].fit(X, y)
    except ValueError:  # not more samples than dimensions
        return None


def median_angles(
    links: dict[str, int], d: int, n: int, noise: float = 0.1, seeds: int = 5
) -> np.ndarray:
    """Largest angles that the estimators leave, for several links.

    Parameters
    ----------
    links : dict of str to int
        Name -> number of directions.
    d : int
        Input dimension.
    n : int
        How many samples of each link.
    noise : float
        Standard deviation of the label noise.
    seeds : int
        How many draws of each.

    Returns
    -------
    (links, estimators) ndarray
        Median over seeds of the angle, in degrees.
    """
    found = np.empty((len(links), len(ESTIMATORS), seeds))
    for i, (link, k) in enumerate(links.items()):
        for seed in range(seeds):
            model, X, y = draw(link, d, k, noise, n, seed)
            with single_threaded_blas():
                found[i, :, seed] = [e.angle(X, y, model.directions) for e in ESTIMATORS.values()]
    return np.median(found, axis=2)
