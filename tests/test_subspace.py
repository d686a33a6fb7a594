"""Principal angles, norms of the two parts, and the fast spectrum.

They stand against scipy and against cases done by hand.
"""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from course_utils import principal_angles, split_norms
from course_utils.subspace import spectrum, spectrum_and_overlaps

few = hypothesis_settings(max_examples=150, deadline=None, derandomize=True)
RIGHT = np.pi / 2


def rows(k, d, rng):
    return np.linalg.qr(rng.standard_normal((d, k)))[0].T


@st.composite
def weights_and_directions(draw):
    """W (m, d) of full rank with well separated singular values 1, 1/2, 1/4, ..., and U (k, d)."""
    d = draw(st.integers(1, 12))
    m, k = draw(st.integers(1, 12)), draw(st.integers(1, d))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    r = min(m, d)
    W = rows(r, m, rng).T * 0.5 ** np.arange(r) @ rows(r, d, rng)
    return W * draw(st.sampled_from([1e-6, 1.0, 1e6])), rows(k, d, rng)


@few
@given(weights_and_directions())
def test_angles_are_those_of_scipy_for_the_top_right_singular_space(case):
    """scipy.linalg.subspace_angles on singular vectors of W; pi/2 for directions beyond the rank.

    1e-7 is what scipy leaves of an angle 0 beside larger ones, in size and in order.
    """
    W, U = case
    k, rank = len(U), min(W.shape)
    angles = principal_angles(W, U)
    top = np.linalg.svd(W)[2][: min(k, rank)]
    expected = np.r_[np.full(max(k - rank, 0), RIGHT), scipy.linalg.subspace_angles(top.T, U.T)]
    np.testing.assert_allclose(angles, expected, atol=1e-7)
    assert angles.shape == (k,) and (np.diff(angles) <= 1e-7).all()
    assert angles.min() >= 0 and angles.max() <= RIGHT + 1e-12


@few
@given(weights_and_directions(), st.integers(0, 2**32))
def test_angles_do_not_change_with_the_basis_the_scale_or_the_neurons_order(case, seed):
    """Rotations and a scale of W change nothing, by definition.

    The rotations are of R^d, of the basis within span(U), and of the neurons.
    """
    W, U = case
    rng = np.random.default_rng(seed)
    k, (m, d) = len(U), W.shape
    turned = principal_angles(
        3 * rows(m, m, rng) @ W @ (R := rows(d, d, rng)), rows(k, k, rng) @ U @ R
    )
    # acos near 0 and pi/2 halves the digits
    np.testing.assert_allclose(turned, principal_angles(W, U), atol=1e-7)
    np.testing.assert_allclose(
        split_norms(W @ R, U @ R), split_norms(W, U), rtol=1e-9, atol=1e-9 * np.abs(W).max()
    )


@few
@given(weights_and_directions())
def test_the_fast_spectrum_equals_the_full_decomposition(case):
    """By the Gram matrix, singular values of relative size s lose a factor s^-2.

    1e-7 holds down to 2^-11.
    """
    W, U = case
    k, m = len(U), len(W)
    angles, singular = spectrum(W, U)
    full = np.linalg.svd(W)[1]
    assert len(singular) == min(k + 5, *W.shape)
    np.testing.assert_allclose(singular * np.sqrt(m), full[: len(singular)], rtol=1e-7)
    np.testing.assert_allclose(angles, principal_angles(W, U), atol=1e-7)


@few
@given(weights_and_directions())
def test_overlaps_are_those_of_the_right_singular_vectors(case):
    """Sign aside; rows that the rank of W lacks are zero; singular values of all are the cosines.

    1e-7 as for the angles.
    """
    W, U = case
    k = len(U)
    angles, singular, overlaps = spectrum_and_overlaps(W, U)
    assert overlaps.shape == (k, k)
    cosines = np.linalg.svd(overlaps)[1]
    np.testing.assert_allclose(cosines, np.sort(np.cos(angles))[::-1], atol=1e-7)
    full, vectors = np.linalg.svd(W)[1:]
    rank = min(k, len(full))
    own = np.abs(vectors[:rank] @ U.T)
    np.testing.assert_allclose(np.abs(overlaps[:rank]), own, atol=1e-7)
    assert not overlaps[rank:].any()


def test_one_direction_by_hand():
    """One neuron at 30 degrees to u: the angle is 30 degrees whatever its length and sign."""
    w = np.array([np.cos(np.pi / 6), np.sin(np.pi / 6), 0])
    for scale in (1.0, -1e-9, 1e9):
        np.testing.assert_allclose(
            principal_angles(scale * w[None], [[1.0, 0, 0]]), [np.pi / 6], atol=1e-12
        )
        np.testing.assert_allclose(
            principal_angles(scale * w[None], [1.0, 0, 0]), [np.pi / 6], atol=1e-12
        )
    np.testing.assert_allclose(split_norms(2 * w[None], [[1.0, 0, 0]]), [np.sqrt(3), 1], atol=1e-12)


def test_two_planes_by_hand():
    """span(e1, e2) and span(e1, cos a e2 + sin a e3): angles a and 0."""
    a = 0.3
    W = np.array([[5.0, 0, 0, 0], [0, np.cos(a), np.sin(a), 0]])
    np.testing.assert_allclose(principal_angles(W, np.eye(2, 4)), [a, 0], atol=1e-12)


@pytest.mark.parametrize(("d", "k"), [(1, 1), (5, 1), (5, 5), (50, 3)])
def test_weights_in_the_subspace_have_angle_zero_and_weights_outside_a_right_angle(d, k):
    """Exact cases, to rounding; 1e-7 at the right angle: scipy's cosine is a difference of two."""
    U = rows(k, d, np.random.default_rng(0))
    for W in (U, -3 * U, np.vstack([U, U, U])):
        for angles in (principal_angles(W, U), spectrum(W, U)[0]):
            np.testing.assert_allclose(angles, np.zeros(k), atol=1e-12)
        par, perp = split_norms(W, U)
        assert perp < 1e-14 and abs(par - np.linalg.norm(W) / np.sqrt(len(W))) < 1e-12
    if 2 * k <= d:
        outside = scipy.linalg.null_space(U).T[:k]
        np.testing.assert_allclose(principal_angles(outside, U), np.full(k, RIGHT), atol=1e-7)
        np.testing.assert_allclose(split_norms(outside, U), [0, 1], atol=1e-12)


def test_each_direction_that_the_rank_lacks_counts_as_a_right_angle():
    """Rank 2 inside the subspace, k = 4: two right angles first, then two zeros, to 1e-7."""
    U = np.eye(4, 10)
    W = np.vstack([U[0], U[1], U[0] + U[1], 2 * U[0]])
    for angles in (principal_angles(W, U), spectrum(W, U)[0]):
        np.testing.assert_allclose(angles, [RIGHT, RIGHT, 0, 0], atol=1e-7)
    single = principal_angles(np.eye(1, 10), U)  # fewer neurons than directions
    np.testing.assert_allclose(single, [RIGHT, RIGHT, RIGHT, 0], atol=1e-12)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (1, 1)])
def test_zero_weights_have_only_right_angles(shape):
    U = np.eye(1, shape[1])
    for angles in (principal_angles(np.zeros(shape), U), spectrum(np.zeros(shape), U)[0]):
        np.testing.assert_allclose(angles, [RIGHT])
    assert split_norms(np.zeros(shape), U) == (0.0, 0.0)
    assert not spectrum(np.zeros(shape), U)[1].any()


def test_small_angles_are_not_lost_in_the_cosine():
    """arccos would round 1e-9 to 0; the sine form keeps it to 1e-12."""
    W = np.array([[1.0, 1e-9, 0.0]])
    np.testing.assert_allclose(principal_angles(W, np.eye(1, 3)), [1e-9], atol=1e-12)
    np.testing.assert_allclose(spectrum(W, np.eye(1, 3))[0], [1e-9], atol=1e-12)


@few
@given(weights_and_directions())
def test_split_norms_are_pythagorean_and_scale_with_width_freely(case):
    """par^2 + perp^2 = ||W||_F^2 / m; doubling the neurons changes neither.

    Rounding: 1e-10 of the size.
    """
    W, U = case
    par, perp = split_norms(W, U)
    size = np.linalg.norm(W) / np.sqrt(len(W))
    np.testing.assert_allclose(np.hypot(par, perp), size, rtol=1e-10)
    np.testing.assert_allclose(split_norms(np.vstack([W, W]), U), (par, perp), atol=1e-10 * size)
    np.testing.assert_allclose(
        par, np.linalg.norm(W @ U.T @ U) / np.sqrt(len(W)), atol=1e-10 * size
    )


@pytest.mark.parametrize("measure", [principal_angles, split_norms])
def test_what_cannot_be_measured_is_refused_in_words(measure):
    U = np.eye(2, 4)
    W = np.ones((3, 4))
    for bad, reason in (
        ((W, np.eye(2, 5)), r"\(3, 4\) and directions \(2, 5\)"),
        ((W[0], U), "same d"),
        ((W, np.ones((2, 4))), "not orthonormal"),
        ((W, 2 * U), "not orthonormal"),
        ((W * np.nan, U), "finite.*diverged"),
        ((W, np.full((2, 4), np.inf)), "finite"),
        ((np.ones((3, 2)), np.ones((3, 2))), "3 directions cannot be orthonormal in 2 dimensions"),
    ):
        with np.errstate(invalid="ignore"), pytest.raises(ValueError, match=reason):
            measure(*bad)


def test_arguments_are_left_alone():
    W, U = np.random.default_rng(0).standard_normal((6, 4)), np.eye(2, 4)
    before = W.copy(), U.copy()
    for measure in (principal_angles, split_norms, spectrum):
        measure(W, U)
    assert np.array_equal(W, before[0]) and np.array_equal(U, before[1])
