"""Multiple-index models: what the registry claims of each link, by sampling and quadrature."""

import copy
import dataclasses
import math
import pickle

import numpy as np
import pytest
from scipy import stats

from course_utils import (
    LINKS,
    MultiIndexModel,
    OnlineSGD,
    Run,
    Settings,
    hermite_coefficients,
    information_exponent,
    online_sgd,
)
from course_utils.hermite import Undecided, degree_weights, hermite_basis
from course_utils.own_links import check_own_link

ONE_INDEX = [name for name, link in LINKS.items() if link.k_range == (1, 1)]
MANY_INDEX = [name for name in LINKS if name not in ONE_INDEX]


def some_k(name):
    low, high = LINKS[name].k_range
    return sorted({low, LINKS[name].default_k, min(high, 5)})


def rotation(d, k, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((d, k)))[0].T


FORMULAS = {
    "linear": lambda z: z[0],
    "tanh": lambda z: math.tanh(2 * z[0]),
    "relu": lambda z: max(z[0], 0),
    "cubic": lambda z: z[0] ** 3 / math.sqrt(15),
    "quintic": lambda z: z[0] ** 5 / math.sqrt(945),
    "he2": lambda z: (z[0] ** 2 - 1) / math.sqrt(2),
    "he3": lambda z: (z[0] ** 3 - 3 * z[0]) / math.sqrt(6),
    "sum_tanh": lambda z: sum(math.tanh(2 * t) for t in z) / math.sqrt(len(z)),
    "sum_relu": lambda z: (
        sum(max(t, 0) - 1 / math.sqrt(2 * math.pi) for t in z) / math.sqrt(len(z))
    ),
    "sum_squares": lambda z: sum(t * t - 1 for t in z) / math.sqrt(2 * len(z)),
    "product": math.prod,
    "chain": lambda z: (
        (z[0] + sum(s * t for s, t in zip(z, z[1:], strict=False))) / math.sqrt(len(z))
    ),
    "staircase": lambda z: sum(math.prod(z[: i + 1]) for i in range(len(z))),
    "norm": lambda z: math.hypot(*z),
    "max": max,
    "none": lambda z: 0,
}


def test_every_link_of_the_design_is_there():
    assert set(FORMULAS) == set(LINKS)
    assert all(link.name == name and link.formula and link.meaning for name, link in LINKS.items())


@pytest.mark.parametrize("name", LINKS)
def test_a_link_is_its_formula(name):
    """Against the formula for one row in plain Python; 1e-12 covers sums in another order."""
    for k in some_k(name):
        Z = np.random.default_rng(k).standard_normal((50, k))
        values = LINKS[name](Z)
        np.testing.assert_allclose(
            values, [FORMULAS[name](list(map(float, z))) for z in Z], rtol=1e-12, atol=1e-12
        )
        assert values.shape == (50,) and values.dtype == float


@pytest.mark.parametrize("name", LINKS)
def test_a_link_leaves_its_argument_alone(name):
    Z = np.random.default_rng(0).standard_normal((50, LINKS[name].default_k))
    before = Z.copy()
    values = LINKS[name](Z)
    values += 1  # the result is no view of the argument either
    assert np.array_equal(Z, before)


@pytest.mark.parametrize("name", LINKS)
def test_the_stated_variance_is_that_of_samples(name):
    """Within 5 standard errors of the sample variance of 200,000 values.

    Fourth moments are estimated.
    """
    for k in some_k(name):
        y = LINKS[name](np.random.default_rng(k).standard_normal((200_000, k)))
        squares = (y - y.mean()) ** 2
        error = squares.std() / math.sqrt(len(y))
        assert abs(squares.mean() - LINKS[name].variance(k)) <= 5 * error + 1e-12


@pytest.mark.parametrize("name", LINKS)
def test_the_stated_information_exponent_is_the_computed_one(name):
    for k in range(LINKS[name].k_range[0], min(LINKS[name].k_range[1], 5) + 1):
        assert information_exponent(name, k) == LINKS[name].exponent(k)


@pytest.mark.parametrize("name", ONE_INDEX)
def test_monotone_links_are_monotone_and_the_others_are_not(name):
    slopes = np.diff(LINKS[name](np.linspace(-4, 4, 2001)[:, None]))
    assert LINKS[name].monotone == bool((slopes >= 0).all())


def test_hermite_coefficients_of_hermite_polynomials_are_unit_vectors():
    """He_j / sqrt(j!) is orthonormal under N(0, 1); quadrature in double precision leaves 1e-12."""
    for j in range(7):
        c = hermite_coefficients(lambda Z, j=j: hermite_basis(Z[:, 0], 6)[j], 6)
        np.testing.assert_allclose(c, np.eye(7)[j], atol=1e-12)
    np.testing.assert_allclose(hermite_basis(np.array([2.0]), 3)[3], (8 - 6) / math.sqrt(6))


def test_hermite_coefficients_in_closed_form():
    """relu: 1/sqrt(2 pi), 1/2, 1/(2 sqrt pi), 0; cubic: He3 + 3 He1.

    relu's kink lies on a panel border, so 1e-12.
    """
    expected = [1 / math.sqrt(2 * math.pi), 0.5, 1 / (2 * math.sqrt(math.pi)), 0]
    np.testing.assert_allclose(hermite_coefficients("relu", 3), expected, atol=1e-12)
    cubic = np.array([0, 3, 0, math.sqrt(6), 0]) / math.sqrt(15)
    np.testing.assert_allclose(hermite_coefficients("cubic", 4), cubic, atol=1e-12)
    assert len(hermite_coefficients("cubic", 0)) == 1


@pytest.mark.parametrize("name", ["tanh", "quintic", "he3", "relu"])
def test_parseval(name):
    """sum_j c_j^2 = E g^2; beyond degree 60 there is 1e-3 for the kinked relu, less for others."""
    link = LINKS[name]
    mean = hermite_coefficients(name, 0)[0]
    assert abs((hermite_coefficients(name, 60) ** 2).sum() - mean**2 - link.variance(1)) < 1e-3


def test_hermite_coefficients_of_a_jump_anywhere_in_closed_form():
    """1{z > t}: c_0 = P(z > t), c_j = he_{j-1}(t) phi(t) / sqrt j by parts.

    The docstring promises 1e-12.
    """
    for t in (0.4321, -1.7, 2.0 / 3):
        c = hermite_coefficients(lambda Z, t=t: (Z[:, 0] > t).astype(float), 5)
        he = hermite_basis(np.array([t]), 4)
        expected = [
            stats.norm.sf(t),
            *(he[j - 1][0] * stats.norm.pdf(t) / math.sqrt(j) for j in range(1, 6)),
        ]
        np.testing.assert_allclose(c, expected, atol=1e-12)
    # sin(w z): c_j = +-w^j exp(-w^2/2) / sqrt(j!), odd j
    c = hermite_coefficients(lambda Z: np.sin(5 * Z[:, 0]), 3)
    np.testing.assert_allclose(
        c[1::2], [5 * math.exp(-12.5), -125 * math.exp(-12.5) / math.sqrt(6)], atol=1e-12
    )
    tiny = hermite_coefficients(lambda Z: 1e-200 * LINKS["cubic"](Z), 3)
    np.testing.assert_allclose(tiny * 1e200, hermite_coefficients("cubic", 3), atol=1e-12)


def test_degree_weights_with_kinks_off_the_axes():
    """max of 3: c_0 = 3 / (2 sqrt pi), degree 1 has 3 / 9; the sign has 4 / pi^2 in degree 2.

    sign(z_1^2 - z_2^2) has c_20 = -c_02 = sqrt 2 / pi. The docstring promises about 1e-3 of E g^2;
    three times that is a failure.
    """
    weights = degree_weights("max", 3, 2)
    np.testing.assert_allclose(
        weights[:2], [9 / (4 * math.pi), 1 / 3], atol=3e-3 * (weights[0] + LINKS["max"].variance(3))
    )
    weights = degree_weights(lambda Z: np.sign(Z[:, 0] ** 2 - Z[:, 1] ** 2), 2, 3)
    np.testing.assert_allclose(weights, [0, 0, (2 / math.pi) ** 2, 0], atol=3e-3)


def test_degree_weights_in_closed_form():
    """Polynomials are exact on the grids (1e-9)."""
    for k, tolerance in ((2, 1e-9), (3, 1e-9), (4, 1e-9), (5, 1e-9), (6, 1e-9)):
        one = np.eye(7)
        np.testing.assert_allclose(
            degree_weights("chain", k, 6), one[1] / k + one[2] * (k - 1) / k, atol=tolerance
        )
        np.testing.assert_allclose(degree_weights("product", k, 6), one[k], atol=tolerance)
        np.testing.assert_allclose(
            degree_weights("staircase", k, 6), one[1 : k + 1].sum(0), atol=tolerance
        )
    np.testing.assert_allclose(degree_weights("he2", 1, 4), [0, 0, 1, 0, 0], atol=1e-12)
    for k in (0, 7):
        with pytest.raises(ValueError, match=f"k = {k} is out of range: .*1 to 6"):
            degree_weights("norm", k, 2)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_degree_weights_of_sums_of_one_variable_do_not_depend_on_k(k):
    """sum_i f(z_i) / sqrt k has the weights c_j^2 of f for j >= 1.

    Kink on the axes: 1e-6 on grids, 1e-4 for k > 3.
    """
    c = hermite_coefficients("relu", 4)
    weights = degree_weights("sum_relu", k, 4)
    np.testing.assert_allclose(weights[1:], c[1:] ** 2, atol=1e-6 if k <= 3 else 1e-4)


def test_information_exponent_of_an_own_link():
    assert information_exponent(lambda Z: np.cos(Z[:, 0])) == 2
    assert information_exponent(lambda Z: hermite_basis(Z[:, 0], 5)[5]) == 5
    assert information_exponent(lambda Z: np.sign(Z[:, 0] * Z[:, 1]), k=2) == 2
    assert information_exponent(lambda Z: np.ones(len(Z))) is None


def first_part_removed(t):
    """1{z > t} without its linear part: E[1{z > t} z] is the density at t."""
    return lambda Z: (Z[:, 0] > t) - stats.norm.pdf(t) * Z[:, 0]


def off_the_origin(t):
    """The same along the diagonal of all coordinates."""
    return lambda Z: first_part_removed(t)(Z.sum(1, keepdims=True) / math.sqrt(Z.shape[1]))


def two_lines(Z):
    return np.sign((Z[:, 0] + Z[:, 1]) * (Z[:, 0] - 2 * Z[:, 1]))


MANY = [
    ("jump off the panels", first_part_removed(0.4321), 1, 2),
    ("jump on the left", first_part_removed(-1.7), 1, 2),
    ("kink", lambda Z: np.abs(Z[:, 0] - 0.3) + math.erf(0.3 / math.sqrt(2)) * Z[:, 0], 1, 2),
    ("staircase", lambda Z: np.floor(2.3 * np.abs(Z[:, 0])), 1, 2),
    ("fast", lambda Z: np.sin(5 * Z[:, 0]), 1, 1),
    ("faster", lambda Z: np.sin(7 * Z[:, 0]), 1, 1),
    ("fast and even", lambda Z: np.cos(6 * Z[:, 0]), 1, 2),
    ("square wave", lambda Z: np.sign(np.sin(3 * Z[:, 0])), 1, 1),
    ("small unit", lambda Z: 1e-5 * Z[:, 0] ** 2, 1, 2),
    ("tiny unit", lambda Z: 1e-200 * Z[:, 0] ** 2, 1, 2),
    ("huge unit", lambda Z: 1e200 * LINKS["he3"](Z), 1, 3),
    ("large mean", lambda Z: 1e6 + Z[:, 0] ** 2, 1, 2),
    ("first term above the degree asked for", lambda Z: hermite_basis(Z[:, 0], 7)[7], 1, None),
    ("jump on diagonals", lambda Z: np.sign(Z[:, 0] ** 2 - Z[:, 1] ** 2), 2, 2),
    ("jumps on lines without symmetry", two_lines, 2, 2),
    ("jump off the origin", off_the_origin(0.4321), 2, 2),
    ("fast in two", lambda Z: np.sin(5 * Z[:, 0]), 2, 1),
    ("fast and slow in three", lambda Z: np.sin(5 * Z[:, 0]) + Z.prod(1), 3, 1),
    ("small unit in two", lambda Z: 1e-7 * Z[:, 0] * Z[:, 1], 2, 2),
    ("order statistics", lambda Z: Z.max(1) + Z.min(1) - 2 * np.median(Z, axis=1), 3, 3),
    ("median", lambda Z: np.median(Z, axis=1) - Z.mean(1), 3, 3),
    ("range", lambda Z: 1e-6 * (Z.max(1) - Z.min(1)), 3, 2),
    ("parity", lambda Z: np.sign(Z.prod(1)), 4, 4),
]


@pytest.mark.parametrize(
    ("link", "k", "exponent"), [case[1:] for case in MANY], ids=[case[0] for case in MANY]
)
def test_information_exponent_of_links_with_jumps_kinks_oscillations_and_units(link, k, exponent):
    assert information_exponent(link, k) == exponent


@pytest.mark.parametrize(
    ("link", "k", "says"),
    [
        # c_1 = 20 exp(-200)
        (lambda Z: np.sin(20 * Z[:, 0]), 1, "not constant, but up to degree 26 no Hermite term"),
        # c_1 = 2e-15
        (lambda Z: np.sin(8.5 * Z[:, 0]), 1, "term of degree 3 is .* lower degree could be"),
        (lambda Z: np.sin(10 * (Z[:, 0] + Z[:, 1])), 2, "undecided: "),
        (off_the_origin(0.01), 3, "term of degree 2 .* could be 0.0"),
    ],
)
def test_information_exponent_says_when_it_cannot_tell(link, k, says):
    with pytest.raises(Undecided, match=says):
        information_exponent(link, k)


def test_information_exponent_serves_one_to_six_directions():
    for k in (0, 7):
        with pytest.raises(ValueError, match=f"k = {k} is out of range: .*1 to 6"):
            information_exponent("norm", k)


def test_samples_follow_the_model():
    """X is N(0, I), moments within 5 standard errors at n = 40,000.

    Labels are g(U x) plus noise of the stated size.
    """
    U = rotation(6, 2)
    model = MultiIndexModel(U, "chain", noise=0.3)
    X, y = model.sample(40_000, np.random.default_rng(0))
    assert X.shape == (40_000, 6) and y.shape == (40_000,)
    n = len(X)
    assert np.abs(X.mean(0)).max() < 5 / math.sqrt(n)
    assert np.abs(X.T @ X / n - np.eye(6)).max() < 5 * math.sqrt(2 / n)
    Z = model.project(X)
    np.testing.assert_allclose(Z, X @ U.T, atol=1e-12)
    residual = y - LINKS["chain"](Z)
    assert stats.kstest(residual / 0.3, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(residual, Z[:, 0])[0, 1]) < 5 / math.sqrt(n)


def test_without_noise_labels_are_the_link_and_sign_labels_its_sign():
    U = rotation(5, 1)
    X, y = MultiIndexModel(U, "linear").sample(100, np.random.default_rng(0))
    np.testing.assert_allclose(y, X @ U[0], atol=1e-12)
    X, y = MultiIndexModel(U, "linear", sign_labels=True).sample(100, np.random.default_rng(0))
    assert np.array_equal(y, np.sign(X @ U[0]))
    _, y = MultiIndexModel(U, "none", sign_labels=True).sample(10, np.random.default_rng(0))
    assert np.array_equal(y, np.ones(10))


def test_directions_are_orthonormal_repeatable_and_different_for_each_seed():
    """Orthonormal to rounding, 1e-12."""
    for d, k in ((1, 1), (7, 7), (500, 5)):
        U = Settings(d=d, k=k, link="none", seed=4).target().directions
        assert U.shape == (k, d)
        np.testing.assert_allclose(U @ U.T, np.eye(k), atol=1e-12)
        assert np.array_equal(
            U, Settings(d=d, k=k, link="none", noise=9, seed=4).target().directions
        )
    assert not np.allclose(
        Settings(seed=4).target().directions, Settings(seed=5).target().directions
    )


def test_directions_that_are_not_orthonormal_are_refused_in_words():
    for U in (
        [[1.0, 1.0]],
        [[1.0, 0.0], [1.0, 0.0]],
        [[0.0, 0.0]],
        [[np.nan, 1.0]],
        np.eye(3)[:, :2],
    ):
        with pytest.raises(ValueError, match="not orthonormal"):
            MultiIndexModel(U)
    assert MultiIndexModel([1.0, 0.0]).k == 1  # one direction may come as a plain vector
    with pytest.raises(ValueError, match="link = 'tan' is unknown: .*tanh"):
        MultiIndexModel([1.0, 0.0], "tan")
    for noise in (-0.1, np.nan, np.inf):
        with pytest.raises(ValueError, match="noise = .* is out of range"):
            MultiIndexModel([1.0, 0.0], noise=noise)
    with pytest.raises(ValueError, match=r"X must have shape \(n, 2\), got \(5, 3\)"):
        MultiIndexModel([1.0, 0.0]).project(np.zeros((5, 3)))


def test_an_own_link_works_like_a_named_one():
    U = rotation(8, 2)
    own = MultiIndexModel(U, lambda Z: (Z[:, 0] + Z[:, 0] * Z[:, 1]) / math.sqrt(2), noise=0.1)
    named = MultiIndexModel(U, "chain", noise=0.1)
    pair = (model.sample(50, np.random.default_rng(3)) for model in (own, named))
    for a, b in zip(*pair, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-14)
    assert "d=8, k=2" in repr(own) and "z_1 z_2" in repr(named)


def test_an_own_link_that_misbehaves_only_later_is_caught_when_it_does():
    """The trial at construction sees 600 rows; what passes there may still fail on others."""
    rare = MultiIndexModel(rotation(4, 1), lambda Z: np.where(Z[:, 0] > 6, np.nan, Z[:, 0]))
    with pytest.raises(ValueError, match="your link .*finite"):
        rare.mean(np.array([[1.0], [7.0]]))
    many = MultiIndexModel(rotation(4, 1), lambda Z: Z[:700, 0])
    with pytest.raises(
        ValueError, match=r"your link .* returned shape \(700,\) for Z of shape \(800, 1\)"
    ):
        many.sample(800, np.random.default_rng(0))


def counted():
    calls = iter(range(10**6))
    return lambda Z: Z[:, 0] + 1e-3 * next(calls)


generator = np.random.default_rng(5)
NO_FUNCTION_OF_THE_ROW = {
    "centred": lambda Z: Z[:, 0] ** 2 - (Z[:, 0] ** 2).mean(),
    "standardised": lambda Z: Z[:, 0] / Z[:, 0].std(),
    "scaled by the largest": lambda Z: Z[:, 0] / np.abs(Z).max(),
    "ranks": lambda Z: np.argsort(np.argsort(Z[:, 0])),
    "running sum": lambda Z: np.cumsum(Z[:, 0]),
    "neighbours": lambda Z: Z[:, 0] + np.roll(Z[:, 0], 1),
    "first row": lambda Z: Z[:, 0] * Z[0, 0],
    "position": lambda Z: Z[:, 0] + np.arange(len(Z)) % 2,
    "random": lambda Z: Z[:, 0] + 1e-4 * generator.standard_normal(len(Z)),
    "random, the same each time": lambda Z: (
        Z[:, 0] + np.random.default_rng(0).standard_normal(len(Z))
    ),
    "counts its calls": counted(),
    "only large batches": lambda Z: Z[:, 0] - (Z[:, 0].mean() if len(Z) > 300 else 0),
    "fails on a single row": lambda Z: Z[:, 0].squeeze(),
    "always as long": lambda Z: np.zeros(16),
    "in another unit": lambda Z: 1e-12 * (Z[:, 0] - Z[:, 0].mean()),
}


@pytest.mark.parametrize("link", NO_FUNCTION_OF_THE_ROW.values(), ids=NO_FUNCTION_OF_THE_ROW)
def test_a_link_must_be_a_function_of_its_row(link):
    model = lambda: MultiIndexModel(np.eye(2, 5), link)  # noqa: E731
    for refused in (lambda: check_own_link(link, 2), lambda: Settings(link=link, k=2), model):
        with pytest.raises(
            ValueError, match="your link .*(not a function of its row|returned shape)"
        ):
            refused()


FUNCTIONS_OF_THE_ROW = {
    "jump": lambda Z: np.sign(Z[:, 0] * Z[:, -1]),
    "single precision": lambda Z: np.tanh(Z.astype(np.float32) @ np.ones(Z.shape[1], np.float32)),
    "matrix product": lambda Z: np.exp(Z @ np.full(Z.shape[1], 0.3)),
    "row by row": lambda Z: [float(max(z)) for z in Z],
    "whole numbers": lambda Z: (Z[:, 0] > 0).astype(int),
    "constant": lambda Z: np.full(len(Z), 3),
    "writes into its argument": lambda Z: np.multiply(Z, 2, out=Z)[:, 0],
    "nearly nothing": lambda Z: 1e-300 * Z[:, 0],
}


@pytest.mark.parametrize("link", FUNCTIONS_OF_THE_ROW.values(), ids=FUNCTIONS_OF_THE_ROW)
def test_any_function_of_the_row_is_a_link(link):
    for k in (1, 3):
        check_own_link(link, k)
        _, y = MultiIndexModel(np.eye(k, 5), link).sample(7, np.random.default_rng(0))
        assert y.shape == (7,)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (lambda Z: Z[:, 0] + 1j, "complex"),
        (lambda Z: Z[:, 0].astype(str), "numbers"),
        (lambda Z: np.ma.array(Z[:, 0], mask=Z[:, 0] > 0), "masked"),
    ],
)
def test_labels_that_are_no_real_numbers_are_refused(values, reason):
    with pytest.raises(ValueError, match=f"your link .*{reason}"):
        MultiIndexModel(np.eye(1, 5), values)


@pytest.mark.parametrize("name", ["tanh", "linear", "he2"])
def test_no_way_leads_around_the_number_of_directions_of_a_link(name):
    """A link of one variable would ignore the others without a word."""
    link = LINKS[name]
    for build in (
        lambda: MultiIndexModel(np.eye(2, 5), name),
        lambda: MultiIndexModel(np.eye(2, 5), link),
        lambda: MultiIndexModel(np.random.default_rng(0), name, d=5, k=2),
        lambda: Settings(link=link, k=2),
        lambda: Settings(k=2, link="chain").replace(link=link, k=2),
        lambda: Settings(link=dataclasses.replace(link, name="mine"), k=2),
    ):
        with pytest.raises(
            ValueError, match="k = 2 does not fit the link '.*', which allows k = 1"
        ):
            build()
    for d, k in ((5, 6), (5, 0), (None, 1), (5, None)):
        with pytest.raises(ValueError, match="to draw directions give d and k with 1 <= k <= d"):
            MultiIndexModel(np.random.default_rng(0), "chain", d=d, k=k)


def test_a_link_of_the_registry_counts_as_its_name():
    s = Settings(link=LINKS["chain"], d=10)
    assert s == Settings(link="chain", d=10) and s.k == 3 and "link=chain" in s.code()
    assert Settings(d=10).replace(link=LINKS["tanh"]).k == 1


def sine(Z):
    return np.sin(3 * Z[:, 0])


PICKLED = {
    **{f"link {name}": lambda name=name: LINKS[name] for name in LINKS},
    "link with functions of modules": lambda: dataclasses.replace(
        LINKS["tanh"], name="mine", function=sine, exponent=abs, variance=abs
    ),
    "settings": lambda: Settings(link=sine),
    "target": lambda: Settings().target(),
    "target of an own link": lambda: Settings(link=sine, d=10).target(),
    "plain simulation": lambda: OnlineSGD(Settings(d=30, width=5)),
    "reduced simulation": lambda: OnlineSGD(Settings(d=10**6, width=5)),
    "run": lambda: online_sgd(Settings(d=30, width=5), 100, 3, seeds=2),
}


def again(thing, rng=3):
    """What a thing does next, as bytes."""
    if isinstance(thing, OnlineSGD):
        thing.advance(700)
        return thing.net.W.tobytes()
    if isinstance(thing, MultiIndexModel):
        return thing.sample(5, np.random.default_rng(rng))[1].tobytes()
    if isinstance(thing, Run):
        return thing.angles.tobytes() + repr(thing).encode()
    if isinstance(thing, Settings):
        return thing.summary().encode()
    return thing(np.random.default_rng(rng).standard_normal((5, thing.default_k))).tobytes()


@pytest.mark.parametrize("make", PICKLED.values(), ids=PICKLED)
@pytest.mark.parametrize(
    "way",
    [lambda thing: pickle.loads(pickle.dumps(thing)), copy.deepcopy],
    ids=["pickle", "deepcopy"],
)
def test_what_was_pickled_goes_on_as_the_original(make, way):
    thing = make()
    if isinstance(thing, OnlineSGD):
        thing.advance(300)
    other = way(thing)
    assert again(other) == again(thing)
    if isinstance(thing, OnlineSGD):
        assert other.snapshot().sentence() == thing.snapshot().sentence()


def test_an_own_link_cannot_change_the_projections():
    def doubles(Z):
        Z *= 2
        return Z[:, 0]

    Z = np.ones((5, 1))
    y = MultiIndexModel([1.0, 0.0], doubles).mean(Z)
    assert np.array_equal(y, 2 * np.ones(5)) and np.array_equal(Z, np.ones((5, 1)))


def test_what_memory_cannot_hold_is_refused_before_it_is_drawn():
    large = Settings(d=10**9, k=40, link="chain", width=100_000)
    rng = np.random.default_rng(0)
    with pytest.raises(
        MemoryError,
        match="40 directions in 1,000,000,000 dimensions would take .* are free: lower d or k",
    ):
        _ = large.target().directions
    with pytest.raises(
        MemoryError,
        match="10,000,000,000 samples in 1,000 dimensions would take .*: draw fewer at a time",
    ):
        Settings(d=1000).target().sample(10**10, rng)
    with pytest.raises(
        MemoryError, match="100,000 neurons at d = 1,000,000,000 would take .*: lower width or d"
    ):
        large.build()
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state
