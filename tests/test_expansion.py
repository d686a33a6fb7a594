"""Eigenvalues of kernels at large d: against arithmetic with 30 digits, and the law d^-l."""

import math
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest

from course_utils.kernels import kernel_spectrum, ntk_kernel
from course_utils.kernels.expansion import SMALL, power_series, series_eigenvalues

RELU = ntk_kernel("relu")


def exact_kernel(t):
    """The ReLU kernel with biases of variance 1, both layers, on the sphere (Cho, Saul)."""
    rho = (t + 1) / mp.mpf(2)
    slopes = mp.mpf(1) / 4 + mp.asin(rho) / (2 * mp.pi)
    return (t + 1) * slopes + 2 * (mp.sqrt(1 - rho**2) / (2 * mp.pi) + rho * slopes)


def exact_eigenvalue(d: int, degree: int):
    """E[K(t) P_l(t)] by a quadrature with 30 digits; none is lost that counts."""
    with mp.workdps(30):
        beyond = 20 / mp.sqrt(d)  # the weight is below e^-200 there
        ends = [-1, 1] if beyond >= 1 else [-beyond, beyond]
        points = mp.linspace(*ends, 9)

        def weight(t):
            return (1 - t * t) ** (mp.mpf(d - 3) / 2)

        def harmonic(t):  # three terms, as Gegenbauer polynomials with P(1) = 1
            before, now = mp.mpf(1), t
            for j in range(1, degree):
                before, now = now, ((2 * j + d - 2) * t * now - j * before) / (j + d - 2)
            return now if degree else before

        top = mp.quad(lambda t: exact_kernel(t) * harmonic(t) * weight(t), points)
        return top / mp.quad(weight, points)


@pytest.mark.parametrize("d", [SMALL, 1000, 10**6])
@pytest.mark.parametrize("degree", [1, 3, 5])
def test_eigenvalues_have_all_their_digits(d, degree):
    spectrum = kernel_spectrum(RELU, d)
    found = spectrum.eigenvalue[spectrum.degree == degree][0]
    assert found == pytest.approx(float(exact_eigenvalue(d, degree)), rel=1e-12)


def test_polynomials_are_expanded_exactly():
    """t^5 on the sphere: degrees 1, 3, 5, by fractions; nothing else, not even rounding."""
    d = 50
    moments = {2: Fraction(1, d), 6: Fraction(15, d * (d + 2) * (d + 4))}
    found = series_eigenvalues(lambda t: t**5, d, 8)
    assert found[1] == pytest.approx(float(moments[6]), rel=1e-13)  # E[t^5 t]
    assert found[5] == pytest.approx(
        float(Fraction(120, math.prod(d + 2 * i for i in range(5)))), rel=1e-13
    )
    assert (found[[0, 2, 4, 6, 7]] == 0).all() and found[3] > 0


@pytest.mark.parametrize("activation", ["relu", "erf", "tanh"])
def test_series_and_quadrature_agree_where_both_serve(activation):
    """At d = 29 and 30 two methods are used: what they give must go on from one to the other."""
    kernel = ntk_kernel(activation)
    below, at, above = (kernel_spectrum(kernel, d, degrees=6) for d in (28, 29, 30))
    assert 29 < SMALL <= 30
    for degree in range(6):
        a, b, c = (s.eigenvalue[s.degree == degree][0] for s in (below, at, above))
        assert math.log(c / b) == pytest.approx(math.log(b / a), abs=0.01)
        series = series_eigenvalues(kernel.dot_product, 29, 6)[degree]
        assert series == pytest.approx(b, rel=1e-8)


def test_power_series_is_taylors():
    with mp.workdps(30):
        exact = [float(c) for c in mp.taylor(exact_kernel, 0, 12)]
    np.testing.assert_allclose(power_series(RELU.dot_product)[:13], exact, rtol=1e-12)


@pytest.mark.parametrize("law", ["sphere", "gaussian"])
def test_eigenvalues_fall_like_d_to_the_minus_degree(law):
    """For large d each degree keeps its share of the trace: multiplicity x eigenvalue -> a_l."""
    a = power_series(RELU.dot_product)
    for d in (10**4, 10**6):
        spectrum = kernel_spectrum(RELU, d, law)
        for degree in (1, 2, 3, 4, 5, 6):
            here = spectrum.degree == degree
            share = spectrum.eigenvalue[here].max() * spectrum.multiplicity[here][0]
            assert share == pytest.approx(a[degree], rel=100 / d)
