"""Exercises of notebook 01 on estimators of the hidden directions, and on what they cannot see."""

from __future__ import annotations

import numpy as np

from ..directions import random_directions
from ..estimators import ESTIMATORS, largest_angle, population_rank
from ..targets import MultiIndexModel
from .comparing import CLOSE, one_by_one
from .drawing import drawn
from .mechanism import Exercise, array, call, require

# 1.4


def _sample(link, k: int, d: int = 12, n: int = 6000, seed: int = 0):
    rng = drawn(seed)
    model = MultiIndexModel(random_directions(k, d, rng), link, 0.1)
    return model.directions, *model.sample(n, rng)


def _found(find, X, y, k: int) -> np.ndarray:
    d = X.shape[1]
    return array(call(find, X, y, k), (k, d), f"find_by_curvature(X, y, {k}) for d = {d}")


def _rows(find):
    for k, d in ((2, 12), (1, 5)):
        U, X, y = _sample("product" if k == 2 else "he2", k, d)
        found = _found(find, X, y, k)
        error = np.abs(found @ found.T - np.eye(k)).max()
        require(
            error < CLOSE,
            f"Rows are not orthonormal: U U^T differs from I by {error:.2g}. Eigenvectors are "
            "columns.",
        )


def _angle(find, X, y, U) -> float:
    return largest_angle(_found(find, X, y, len(U)), U)


def _bowl(find):
    for d, seed in ((12, 0), (7, 1)):
        U, X, y = _sample("he2", 1, d, seed=seed)
        angle = _angle(find, X, y, U)
        require(
            angle < 15,
            f"For y = he_2(<u, x>), 6000 samples in d = {d}, your direction stands {angle:.0f} "
            "degrees from u. Average (y - mean) x x^T over the samples and take the eigenvector of "
            "its largest eigenvalue.",
        )


def _hill(find):
    U, X, y = _sample("he2", 1)
    angle = _angle(find, X, -y, U)
    require(
        angle < 15,
        f"For y = -he_2(<u, x>) your direction stands {angle:.0f} degrees from u, although it was "
        "right for +he_2. The eigenvalue is negative now: order eigenvalues by size without sign.",
    )


def _shift(find):
    U, X, y = _sample("he2", 1, n=1500)
    angle, moved = _angle(find, X, y, U), _angle(find, X, y + 30, U)
    require(
        abs(angle - moved) < 3,
        f"Adding 30 to every label turns your direction from {angle:.0f} to {moved:.0f} degrees "
        "from u. Subtract the mean of y first: E[x x^T] = I only on average.",
    )
    require(angle < 45, f"Your direction stands {angle:.0f} degrees from u, shifted or not.")


def _saddle(find):
    U, X, y = _sample("product", 2)
    angle = _angle(find, X, y, U)
    require(
        angle < 15,
        f"For y = z_1 z_2 your two directions stand {angle:.0f} degrees from the hidden plane. "
        "Its mean Hessian has the eigenvalues +1 and -1: both directions count.",
    )


CURVATURE = Exercise(
    "1.4",
    "find_by_curvature",
    '''
def find_by_curvature(X, y, k):
    """The k directions in which the link bends most on average, as orthonormal rows (k, d)."""
    M = (X.T * (y - y.mean())) @ X / len(y)  #:
    values, vectors = np.linalg.eigh(M)  #:
    largest = np.argsort(-np.abs(values))[:k]  #:
    return vectors[:, largest].T  #:
''',
    (
        "The matrix to look at is the average of (y - mean of y) x x^T, (d, d). "
        "Where are its large eigenvalues?",
        "np.linalg.eigh returns eigenvalues in increasing order and eigenvectors as columns. "
        "Bending down counts as much as bending up, so order by np.abs.",
    ),
    (
        ("it returns k orthonormal rows", _rows),
        ("it finds a link that bends up", _bowl),
        ("a constant added to y changes nothing", _shift),
        ("it finds a link that bends down", _hill),
        ("it finds a saddle", _saddle),
    ),
)

# 1.5


def _at(link, Z: np.ndarray) -> np.ndarray:
    return array(call(link, Z), (len(Z),), f"blind_link(Z) for Z of shape {Z.shape}")


def _labels(link):
    one_by_one(lambda Z: _at(link, Z), drawn().standard_normal((50, 3)), "row of Z")


def _depends(link):
    Z = drawn().standard_normal((4000, 3))
    y = _at(link, Z)
    require(
        y.std() > 1e-3,
        f"The labels are all {y[0]:.3g}: a constant hides nothing. "
        "Let y depend on all three columns.",
    )
    for i in range(3):
        W = Z.copy()
        W[:, i] = drawn(1).standard_normal(len(W))
        change = np.abs(_at(link, W) - y).mean()
        require(
            change > 1e-3,
            f"Column {i + 1} of Z makes no difference to y: there is nothing in it to be found.",
        )


def _blind(name: str, why: str):
    def test(link):
        _depends(link)  # nothing can be found where nothing is hidden
        rank = population_rank(name, lambda Z: _at(link, Z), 3, 0.1)
        require(
            rank == 0,
            f"{name} finds {rank} of the 3 directions, because {ESTIMATORS[name].sees} {why}",
        )

    return test


BLIND = Exercise(
    "1.5",
    "blind_link",
    '''
def blind_link(Z):
    """A link of three directions that linear, PHD, SIR and SAVE all miss: (n, 3) -> (n,)."""
    return np.sign(Z[:, 0] * Z[:, 1] * Z[:, 2])  #:
''',
    (
        "The product of all three columns has no slope and no mean Hessian. "
        "What does the size of y still give away?",
        "Large |z_1 z_2 z_3| needs large |z_i|, so that Cov(x | y) knows the directions. "
        "Keep only the sign.",
    ),
    (
        ("one label for each row", _labels),
        ("y depends on all three columns", _depends),
        (
            "linear finds nothing",
            _blind(
                "linear", "is not zero. Make y odd in each column by itself, such as a product."
            ),
        ),
        (
            "PHD finds nothing",
            _blind("PHD", "is not zero: y has curvature on average. Two factors are not enough."),
        ),
        (
            "SIR finds nothing",
            _blind("SIR", "moves with y. Flipping two columns of Z should not change y."),
        ),
        (
            "SAVE finds nothing",
            _blind("SAVE", "differs from I for some y: the size of y tells how large the z_i are."),
        ),
    ),
)
