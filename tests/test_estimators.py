"""What one direction explains; where classical estimators find the subspace and where they cannot.

The functions that notebook 01 teaches are compared with those of the course.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from course_utils import MultiIndexModel, hermite_coefficients
from course_utils.estimators import (
    ESTIMATORS,
    best_curve,
    coefficients_along,
    draw,
    explained_share,
    find,
    gaussian_kernel,
    kernel_fit,
    kernel_gradients,
    largest_angle,
    median_angles,
    population_rank,
    random_angle,
    save,
    sir,
    sliced,
)
from course_utils.links import LINKS

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "01_multiple_index_model.ipynb"


def parity(Z):
    return np.sign(Z.prod(axis=1))


def taught(name: str):
    """A function as the notebook defines it."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    source = next("".join(c["source"]) for c in cells if f"def {name}(" in "".join(c["source"]))
    body = source[source.index(f"def {name}(") :].split("\n\n\n")[0]
    scope = {"np": np, "math": math}
    exec(body, scope)
    return scope[name]


@pytest.mark.parametrize("link", ["tanh", "cubic", "he2", "he3"])
@pytest.mark.parametrize("overlap", [0.3, 0.8])
def test_explained_share_is_what_the_best_curve_explains(link, overlap):
    """Against 200,000 samples: adjusted R^2 of a polynomial, standard error below 0.01 here."""
    rng = np.random.default_rng(0)
    z, w, noise = rng.standard_normal(200_000), rng.standard_normal(200_000), 0.5
    p = overlap * z + math.sqrt(1 - overlap**2) * w
    y = LINKS[link](z[:, None]) + noise * rng.standard_normal(len(z))
    c = hermite_coefficients(link, 8)
    rest = LINKS[link].variance(1) - (c[1:] ** 2).sum()
    assert best_curve(p, y)[1] == pytest.approx(
        float(explained_share(c, overlap, noise, max(rest, 0))), abs=0.015
    )


def test_explained_share_of_arrays_and_of_nothing():
    m = np.array([0.0, 0.5, 1.0])
    assert explained_share(np.array([5.0, 1.0]), m).tolist() == [0.0, 0.25, 1.0]
    assert explained_share(np.array([5.0, 0.0]), m).tolist() == [0.0, 0.0, 0.0]


def test_coefficients_along_a_diagonal():
    """z_1 z_2 along (1, 1)/sqrt 2: E[z_1 z_2 he_2] = 1/sqrt 2; along u_1 nothing.

    Quasi-Monte Carlo, error below 0.002.
    """
    c, variance = coefficients_along("product", np.array([1, 1]) / math.sqrt(2), 4)
    assert c == pytest.approx([0, 0, 1 / math.sqrt(2), 0, 0], abs=5e-3)
    assert variance == pytest.approx(1, abs=5e-3)
    along_first, _ = coefficients_along("product", np.array([1.0, 0.0]), 4)
    assert along_first == pytest.approx(np.zeros(5), abs=5e-3)
    flipped, _ = coefficients_along("cubic", np.array([-1.0]), 3)
    assert flipped == pytest.approx(hermite_coefficients("cubic", 3) * [1, -1, 1, -1], abs=1e-12)


@pytest.mark.parametrize("n", [60, 700])  # all samples as centres, and the first 500
def test_kernel_gradients_against_finite_differences(n):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, 4))
    centres, weights = kernel_fit(X, X[:, 0] ** 2 + X[:, 1])
    f = lambda A: gaussian_kernel(A, centres) @ weights  # noqa: E731
    G, h = kernel_gradients(X[:5], centres, weights), 1e-5
    for i, e in enumerate(h * np.eye(4)):
        assert (f(X[:5] + e) - f(X[:5] - e)) / (2 * h) == pytest.approx(G[:, i], rel=1e-5, abs=1e-6)


def test_kernel_fit_with_few_centres_fits_as_well_as_with_all(monkeypatch):
    """500 centres in d = 5 are plenty: the fits agree far better than either explains the noise."""
    rng = np.random.default_rng(0)
    X, T = rng.standard_normal((800, 5)), rng.standard_normal((200, 5))
    y = np.tanh(2 * X[:, 0]) + 0.1 * rng.standard_normal(800)
    few = gaussian_kernel(T, X[:500]) @ kernel_fit(X, y)[1]
    monkeypatch.setattr("course_utils.estimators.gradients.CENTRES", 800)
    centres, weights = kernel_fit(X, y)
    assert len(centres) == 800
    assert np.mean((few - gaussian_kernel(T, centres) @ weights) ** 2) < 0.02 * y.var()


# (link, k): how many directions each finds in the limit. Slope: mean gradient not 0. PHD: rank of
# the mean Hessian, which for a chain of three is that of z1 z2 + z2 z3, two. SIR sees odd parts
# also without slope (he3). Parity blinds the rest.
RANKS = {
    ("tanh", 1): (1, 0, 1, 1, 1),
    ("he2", 1): (0, 1, 0, 1, 1),
    ("he3", 1): (0, 0, 1, 1, 1),
    ("cubic", 1): (1, 0, 1, 1, 1),
    ("product", 2): (0, 2, 0, 2, 2),
    ("product", 3): (0, 0, 0, 3, 3),
    ("sum_tanh", 3): (1, 0, 1, 3, 3),
    ("chain", 3): (1, 2, 3, 3, 3),
    ("none", 1): (0, 0, 0, 0, 0),
    (parity, 3): (0, 0, 0, 0, 3),
}


@pytest.mark.parametrize(("link", "k"), RANKS)
def test_population_rank(link, k):
    assert tuple(population_rank(name, link, k, 0.1) for name in ESTIMATORS) == RANKS[link, k]


@pytest.mark.parametrize(
    ("link", "k"), [(link, k) for link, k in RANKS if isinstance(link, str) and link != "none"]
)
def test_estimators_find_what_they_can_and_miss_what_they_cannot(link, k):
    """d = 8, n = 20,000, one seed: below 15 degrees where the rank is k, and only there."""
    model, X, y = draw(link, 8, k, 0.1, 20_000, seed=3)
    for name, rank in zip(ESTIMATORS, RANKS[link, k], strict=True):
        angle = ESTIMATORS[name].angle(X, y, model.directions)
        assert (angle < 15) == (rank == k), (name, angle)


def test_directions_are_unit_rows_and_values_fall():
    _, X, y = draw("chain", 6, 3, 0.1, 2000, seed=0)
    for estimator in ESTIMATORS.values():
        values, rows = estimator.fit(X, y)
        lengths = np.linalg.norm(rows, axis=1)
        assert rows.shape[1] == 6 and lengths == pytest.approx(np.ones(len(rows)))
        assert (np.diff(values) <= 1e-12).all() and len(values) == len(rows)


def test_estimators_leave_the_samples_alone():
    """Centring happens on a copy."""
    _, X, y = draw("he2", 6, 1, 0.1, 500, seed=0)
    before = X.copy(), y.copy()
    for name in ESTIMATORS:
        find(name, X, y)
    assert np.array_equal(X, before[0]) and np.array_equal(y, before[1])


def test_too_few_samples_are_told():
    _, X, y = draw("tanh", 30, 1, 0.1, 15, seed=0)
    assert find("SIR", X, y) is None and find("SAVE", X, y) is None
    assert find("linear", X, y) is not None


def test_one_direction_cannot_come_near_three():
    assert largest_angle(np.eye(1, 5), np.eye(3, 5)) == pytest.approx(90)
    assert largest_angle(np.eye(3, 5)[::-1], np.eye(3, 5)) == pytest.approx(0, abs=1e-6)


def test_random_angle_against_its_law():
    """k = 1: cos^2 is Beta(1/2, (d-1)/2). Median of 400 draws, within 2 degrees."""
    for d in (3, 20, 100):
        exact = np.degrees(np.arccos(np.sqrt(scipy.stats.beta(0.5, (d - 1) / 2).median())))
        assert random_angle(d, 1) == pytest.approx(exact, abs=2.5)


def test_median_angles():
    table = median_angles({"tanh": 1, "he2": 1}, d=8, n=2000, seeds=3)
    assert table.shape == (2, 5)
    names = list(ESTIMATORS)
    assert table[0, names.index("SIR")] < 10 < 40 < table[1, names.index("SIR")]
    assert table[1, names.index("PHD")] < 20


def test_samples_as_taught_are_those_of_the_course():
    U = np.linalg.qr(np.random.default_rng(1).standard_normal((7, 2)))[0].T
    X, y = taught("draw_samples")(U, LINKS["product"], 0.3, 50, np.random.default_rng(0))
    same_X, same_y = MultiIndexModel(U, "product", 0.3).sample(50, np.random.default_rng(0))
    assert np.array_equal(X, same_X) and y == pytest.approx(same_y, abs=1e-12)


def test_hermite_coefficients_as_taught_are_those_of_the_course():
    """Polynomial links: both rules are exact. tanh: 100 Gauss-Hermite nodes are good to 1e-5."""
    for link, tolerance in (("cubic", 1e-10), ("he3", 1e-10), ("tanh", 1e-5)):
        c = [
            taught("coefficient")(lambda z, link=link: LINKS[link](z[:, None]), j) for j in range(6)
        ]
        assert c == pytest.approx(hermite_coefficients(link, 5), abs=tolerance)


def test_slices_as_taught_are_those_of_the_course():
    """Equal once inputs are white in the sample: the course whitens by itself."""
    _, X, y = draw("tanh", 6, 1, 0.1, 1000, seed=0)
    X = X - X.mean(0)
    X = np.linalg.solve(np.linalg.cholesky(X.T @ X / len(X)), X.T).T
    values, rows = taught("sliced_means")(X, y)
    same_values, same_rows = sir(X, y)
    assert values == pytest.approx(same_values, abs=1e-9)
    assert abs(rows[0] @ same_rows[0]) == pytest.approx(1, abs=1e-9)


# --- what is special about the samples ------------------------------------------------------------

SLICED = {"SIR": sir, "SAVE": save}


@pytest.mark.parametrize("name", SLICED)
@pytest.mark.parametrize(
    "values", [(-1, 1), (0, 1, 2), (-1, 0, 0.5, 7, 8, 9, 10, 11, 12, 13, 14, 15)]
)
def test_equal_labels_stay_in_one_slice_so_that_the_order_of_rows_does_not_matter(name, values):
    """To the rounding of sums in another order, 1e-9.

    With few labels the slices are exactly the labels.
    """
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 5))
    place = len(values) * scipy.stats.norm.cdf(X[:, 0] + 0.1 * X[:, 1] ** 2)
    y = np.array(values, dtype=float)[place.astype(int)]
    found, rows = SLICED[name](X, y)
    for _ in range(6):
        order = rng.permutation(300)
        again, same = SLICED[name](X[order], y[order])
        np.testing.assert_allclose(again, found, atol=1e-9)
        assert abs(rows[0] @ same[0]) == pytest.approx(1, abs=1e-9)
    if len(values) <= 3:
        assert sorted(map(len, sliced(X, y))) == sorted(np.unique(y, return_counts=True)[1])


def test_slices_take_equal_labels_whole_and_do_not_mind_the_sign():
    X = np.arange(30.0)[:, None]

    def parts(y, slices=10):
        return [part[:, 0].tolist() for part in sliced(X, np.asarray(y), slices)]

    assert parts(np.arange(30)) == [[3 * i, 3 * i + 1, 3 * i + 2] for i in range(10)]
    y = np.r_[np.zeros(17), np.arange(13)]  # 18 zeros, all together
    assert [0.0, *range(17), 17.0] in [sorted([0.0, *part]) for part in parts(y)]
    assert sorted(map(sorted, parts(-y))) == sorted(map(sorted, parts(y)))
    assert parts(np.ones(30)) == [list(range(30))]
    two_at_least = [2] * 15
    assert [len(part) for part in parts(np.arange(30), 100)] == two_at_least


@pytest.mark.parametrize("name", SLICED)
@pytest.mark.parametrize("slices", [0, -1, 1, 2.5, True, None, "10"])
def test_a_number_of_slices_that_cannot_be_is_refused(name, slices):
    _, X, y = draw("tanh", 3, 1, 0.1, 100, seed=0)
    with pytest.raises(
        ValueError, match=f"slices = {slices!r} is not possible: .* 2 slices or more"
    ):
        SLICED[name](X, y, slices)


@pytest.mark.parametrize("link", ["tanh", "chain", "he2", "product"])
def test_without_ties_the_library_finds_the_same(link):
    """statsmodels whitens first, here the eigenproblem is a generalised one: the same, to 1e-9."""
    from statsmodels.regression.dimred import PHD, SAVE, SIR

    _, X, y = draw(link, 5, LINKS[link].default_k, 0.1, 2000, seed=0)
    theirs = {
        "PHD": (PHD(y, X.copy()).fit(), 1),
        "SIR": (SIR(y, X.copy()).fit(slice_n=200), 1),
        "SAVE": (SAVE(y, X.copy()).fit(slice_n=200), 200),
    }
    for name, (fit, weight) in theirs.items():
        values, rows = ESTIMATORS[name].fit(X, y)
        np.testing.assert_allclose(values, np.abs(np.real(fit.eigs)) / weight, atol=1e-9)
        first = np.real(fit.params).T[:1]
        assert largest_angle(rows[:1], first / np.linalg.norm(first)) < 1e-4


@pytest.mark.parametrize("name", ESTIMATORS)
def test_in_one_dimension_there_is_one_direction(name):
    x = np.random.default_rng(0).standard_normal((200, 1))
    values, rows = ESTIMATORS[name].fit(x, x[:, 0] + x[:, 0] ** 2)
    assert np.abs(rows).tolist() == [[1.0]] and values[0] > 0.1


@pytest.mark.parametrize("name", ESTIMATORS)
def test_too_few_samples_and_columns_that_say_nothing_are_refused_in_a_sentence(name):
    _, X, y = draw("tanh", 4, 1, 0.1, 100, seed=0)
    with pytest.raises(ValueError, match="1 sample in 4 dimensions are too few"):
        ESTIMATORS[name].fit(X[:1], y[:1])
    if name in ("PHD", "SIR", "SAVE"):
        with pytest.raises(
            ValueError, match="5 samples in 4 dimensions are too few: take at least 6"
        ):
            ESTIMATORS[name].fit(X[:5], y[:5])
        with pytest.raises(ValueError, match="column 4 of X is constant"):
            ESTIMATORS[name].fit(np.c_[X, np.full(100, 0.1)], y)
        with pytest.raises(ValueError, match="a combination of others"):
            ESTIMATORS[name].fit(np.c_[X, 1e6 * (X[:, 0] + X[:, 1])], y)


@pytest.mark.parametrize("name", ["PHD", "SIR", "SAVE"])
def test_the_units_of_the_columns_do_not_matter(name):
    """Affine invariance: values are the same in any units, 1e-6 after scales from 1e-6 to 1e6."""
    _, X, y = draw("chain", 4, 3, 0.1, 1000, seed=0)
    values = ESTIMATORS[name].fit(X * 10.0 ** np.array([-6, 0, 3, 6]) + 5, y)[0]
    np.testing.assert_allclose(values, ESTIMATORS[name].fit(X, y)[0], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("scale", [1e-12, 1e-2, 1.0, 1e9])
def test_population_rank_does_not_depend_on_the_unit_of_the_label_or_on_noise(scale):
    links = {
        "z + z^2": (lambda Z: scale * (Z[:, 0] + Z[:, 0] ** 2), (1, 1, 1, 1, 1)),
        "he3": (lambda Z: scale * (Z[:, 0] ** 3 - 3 * Z[:, 0]), (0, 0, 1, 1, 1)),
        "constant": (lambda Z: scale * np.ones(len(Z)), (0, 0, 0, 0, 0)),
    }
    for name, (link, ranks) in links.items():
        for noise in (0.0, 0.1, 3.0):
            found = tuple(population_rank(e, link, 1, noise) for e in ESTIMATORS)
            assert found == ranks, (name, noise)
