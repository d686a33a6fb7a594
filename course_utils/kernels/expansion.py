"""A kernel's expansion in Gegenbauer polynomials of the cosine, without loss of digits at large d.

Integrals against the polynomial of degree l are of size d^(-l/2) where the kernel is of size 1, so
a quadrature of them, right to 1e-16 of the kernel, has lost all digits by d^(l/2) = 1e16: degree 5
at d = 1e6, its square, the eigenvalue, long before. By Rodrigues' formula the same number is

    lambda_l = E[K^(l)(t)] / (d (d + 2) ... (d + 2l - 2)),    t a cosine in dimension d + 2l,

whose terms do not cancel: K is a power series in the cosine with radius 1, as every kernel is that
is one in all dimensions (Schoenberg 1942), and moments of t are positive.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

TERMS = 200  # of the power series; enough from d = SMALL on
CIRCLE, RADIUS = 1024, 0.95  # where K is evaluated to find them
SMALL = 30  # below this dimension the series is slow, and quadrature loses little


def series_eigenvalues(kernel: Callable, d: int, degrees: int) -> np.ndarray:
    """Eigenvalues of a function of the cosine on the sphere, one a degree.

    Parameters
    ----------
    kernel : callable
        K of cosines, complex ones inside the unit disc too.
    d : int
        Dimension, ``SMALL`` or more.
    degrees : int
        How many degrees, 0 included; at most 100.

    Returns
    -------
    (degrees,) ndarray
        E[K(t) P_l(t)] for the Gegenbauer polynomials with P_l(1) = 1, t a cosine in dimension d.

    Notes
    -----
    Derived here: sum_i a_{l+2i} M(l, i) with a the power series of K and M(l, i) the moment of
    t^(l+2i), M(l, 0) = l! / (d (d + 2) ... (d + 2l - 2)) and M(l, i + 1) / M(l, i) =
    (l + 2i + 1)(l + 2i + 2) / ((2i + 2)(d + 2l + 2i)). For large d that is a_l l! / d^l.
    """
    a, found = power_series(kernel), np.empty(degrees)
    first = 1.0
    for degree in range(degrees):
        same_parity = a[degree::2]
        i = np.arange(len(same_parity) - 1)
        up = (degree + 2 * i + 1) * (degree + 2 * i + 2)
        moments = np.cumprod([1.0, *(up / ((2 * i + 2) * (d + 2.0 * degree + 2 * i)))])
        found[degree] = first * (same_parity @ moments)
        first *= (degree + 1) / (d + 2.0 * degree)
    return found


def power_series(kernel: Callable) -> np.ndarray:
    """Coefficients of a function's power series at 0, by Cauchy's integral over a circle.

    Parameters
    ----------
    kernel : callable
        Analytic in the unit disc, real on the real line; takes complex arrays.

    Returns
    -------
    (TERMS,) ndarray
        a_0, a_1, ...; those that are below the rounding of the largest value count as zero.
    """
    angle = 2 * np.pi * np.arange(CIRCLE // 2 + 1) / CIRCLE
    values = np.asarray(kernel(RADIUS * np.exp(-1j * angle)), dtype=complex)
    a = np.fft.irfft(values, CIRCLE)[:TERMS]
    a[np.abs(a) < 1e-15 * np.abs(values).max()] = 0.0
    return a / RADIUS ** np.arange(TERMS)
