"""Exercises of notebook 05, the comparison with the tangent kernel."""

from __future__ import annotations

import numpy as np

from ..hermite import hermite_coefficients
from ..kernels import empirical_ntk
from ..networks import TwoLayerNet
from .mechanism import Exercise, array, call, number, require


def _near(found, wanted, tolerance: float = 1e-8) -> bool:
    return bool(np.abs(found - wanted).max() <= tolerance * max(1e-300, np.abs(wanted).max()))


# 5.1


def _regression(answer):
    rng = np.random.default_rng(0)
    A, B, y = rng.standard_normal((6, 4)), rng.standard_normal((3, 4)), rng.standard_normal(6)
    K, test, ridge = A @ A.T + np.eye(6), B @ A.T, 0.3
    found = array(call(answer, K, y, test, ridge), (3,), "krr(K, y, K_test, ridge)")
    solved = lambda added: test @ np.linalg.solve(K + added * np.eye(6), y)  # noqa: E731
    require(
        not _near(found, solved(0.0)),
        "The ridge has no effect: add ridge times the identity to K before you solve.",
    )
    require(
        not _near(found, solved(6 * ridge)),
        "The ridge is multiplied by n = 6: here it is added as it is.",
    )
    everywhere = test @ np.linalg.solve(K + ridge, y)
    require(
        not _near(found, everywhere),
        "The ridge is added to every entry of K: add ridge * np.eye(n).",
    )
    require(
        not _near(found, test @ y),
        "This is K_test y: the coefficients are the solution c of (K + ridge I) c = y.",
    )
    require(
        _near(found, solved(ridge)),
        f"Found {found.round(3)}, expected {solved(ridge).round(3)}: K_test @ c.",
    )


KRR = Exercise(
    "5.1",
    "krr",
    '''
def krr(K, y, K_test, ridge):
    """Kernel ridge regression: predictions (p,) from K (n, n), labels (n,) and K_test (p, n)."""
    c = np.linalg.solve(K + ridge * np.eye(len(K)), y)  #:
    return K_test @ c  #:
''',
    (
        "The prediction is a sum over samples, sum_i c_i k(x, x_i). "
        "The coefficients solve a linear system with K in it.",
        "Solve (K + ridge I) c = y with np.linalg.solve, then multiply K_test by c.",
    ),
    (("predictions", _regression),),
)

# 5.2


def _tangent(answer):
    rng = np.random.default_rng(1)
    net = TwoLayerNet(rng.standard_normal((7, 3)), rng.standard_normal(7), rng.standard_normal(7))
    X = rng.standard_normal((5, 3))
    found = array(call(answer, net.W, net.a, net.b, X), (5, 5), "tangent_kernel(W, a, b, X)")
    U = X @ net.W.T + net.b
    slopes = (U > 0).astype(float)
    S = net.a * slopes
    require(
        not _near(found, S @ S.T),
        "The factor <x, z> is missing: the gradient in w_j is a_j sigma'(u_j) times x.",
    )
    require(
        not _near(found, (X @ X.T) * (slopes @ slopes.T)),
        "The second layer is missing: the output moves by a_j times what neuron j moves.",
    )
    require(
        not _near(found, (X @ X.T) * ((U > 0) @ (U > 0).T)),
        "The second layer is missing: the output moves by a_j times what neuron j moves. "
        "(And the matrix product of two arrays of True and False is again True or False in NumPy.)",
    )
    V = net.a * np.maximum(U, 0)
    require(
        not _near(found, (X @ X.T) * (V @ V.T)),
        "You used sigma(u) where the gradient in w_j has its slope sigma'(u), 0 or 1.",
    )
    values = np.maximum(U, 0)
    require(
        not _near(found, values @ values.T),
        "This is the kernel of training the second layer, sum_j sigma(u_j) sigma(v_j).",
    )
    wanted = empirical_ntk(net, "W")(X)
    matrix_product = (X @ X.T) @ (S @ S.T)
    require(
        not _near(found, matrix_product),
        "The two factors are multiplied as matrices: multiply them entry by entry, with *.",
    )
    require(
        _near(found, wanted), f"Entry (0, 1) is {found[0, 1]:.3f}, expected {wanted[0, 1]:.3f}."
    )


TANGENT = Exercise(
    "5.2",
    "tangent_kernel",
    '''
def tangent_kernel(W, a, b, X):
    """Tangent kernel (n, n) of a ReLU network when only W is trained, all at rate 1."""
    slopes = a * (X @ W.T + b > 0)  #:
    return (X @ X.T) * (slopes @ slopes.T)  #:
''',
    (
        "The gradient of the output in w_j is a_j sigma'(<w_j, x> + b_j) x. Write the inner "
        "product of two such gradients.",
        "sum_j a_j^2 sigma'(u_j) sigma'(v_j) <x, z>: "
        "an (n, m) matrix of a_j sigma'(u_j) times its transpose, times X X^T.",
    ),
    (("the inner product of gradients", _tangent),),
)

# 5.3


def _floor(answer):
    for link in ("tanh", "relu", "cubic"):
        c = hermite_coefficients(link, 9)
        found, wanted = number(call(answer, c), "floor(c)"), c[1] ** 2 / (c[1:] ** 2).sum()
        if abs(found - wanted) < 1e-9:
            continue
        require(
            abs(found - c[1] ** 2 / (c**2).sum()) > 1e-9 or abs(c[0]) < 1e-9,
            "The mean c_0 is counted as variance: "
            "R^2 compares with predicting the mean, so sum from degree 1.",
        )
        require(
            abs(found - c[1] ** 2) > 1e-9,
            "This is the variance that a line explains; divide it by the whole variance.",
        )
        require(
            abs(found - (1 - wanted)) > 1e-9,
            "This is what a line leaves over; R^2 is what it explains.",
        )
        require(abs(found - np.sqrt(wanted)) > 1e-9, "This is the correlation. R^2 is its square.")
        require(False, f"For {link} floor(c) is {found:.3f}, expected {wanted:.3f}.")


FLOOR = Exercise(
    "5.3",
    "floor",
    '''
def floor(c):
    """R^2 of the best linear function, from the Hermite coefficients c_0, c_1, ... of the link."""
    return c[1] ** 2 / np.sum(c[1:] ** 2)  #:
''',
    (
        "The polynomials are orthonormal: the variance of f is a sum of squares. "
        "Which one of them is a line?",
        "Var f = c_1^2 + c_2^2 + ..., without c_0, and the line explains c_1^2.",
    ),
    (("the floor", _floor),),
)

# 5.4


def _degree(answer):
    for n, d, wanted in (
        (300, 100, 1),
        (50, 100, 0),
        (9_000, 100, 1),
        (11_000, 100, 2),
        (7_000, 20, 2),
        (9_000, 20, 3),
    ):
        found = number(call(answer, n, d), "degree(n, d)")
        if found == wanted:
            continue
        exact = float(np.log(n) / np.log(d))
        require(
            abs(found - exact) > 1e-9,
            f"{exact:.2f} is the exponent of n in d; a degree is a whole number: round down.",
        )
        require(
            found != np.ceil(exact),
            f"n = {n:,} lies below d^{np.ceil(exact):.0f}: degree {found:.0f} is not learned yet.",
        )
        require(
            abs(found - n / d) > 1,
            "n / d counts samples a dimension. Ask for the largest l with d^l <= n.",
        )
        require(False, f"degree({n}, {d}) is {found:.3g}, expected {wanted}.")


DEGREE = Exercise(
    "5.4",
    "degree",
    '''
def degree(n, d):
    """Largest degree that a rotation-invariant kernel can learn from n samples
    in d dimensions, n not a power of d."""
    return np.floor(np.log(n) / np.log(d))  #:
''',
    (
        "The staircase, for a kernel that has all degrees: degree l is learned once n is well "
        "above d^l. The largest such l?",
        "d^l <= n means l <= log n / log d. Round down.",
    ),
    (("the largest degree", _degree),),
)

# 5.5


def _alignment(answer):
    rng = np.random.default_rng(2)
    A, y = rng.standard_normal((6, 9)), rng.standard_normal(6)
    K = A @ A.T
    found, top = number(call(answer, K, y), "alignment(K, y)"), y @ K @ y
    wanted = top / (np.linalg.norm(K) * (y @ y))
    require(
        abs(found - top) > 1e-9,
        "This is y^T K y. A cosine is divided by the lengths of both, |K| and |y y^T|.",
    )
    require(
        abs(found - top / (np.linalg.norm(K) * np.sqrt(y @ y))) > 1e-9,
        "The length of the matrix y y^T is |y|^2, not |y|: "
        "the result must not change when y is doubled.",
    )
    require(
        abs(found - top / (np.linalg.norm(K, 2) * (y @ y))) > 1e-9,
        "You divided by the largest singular value of K. "
        "A cosine needs the Frobenius norm, np.linalg.norm(K).",
    )
    require(abs(found - wanted) < 1e-9, f"Found {found:.4f}, expected {wanted:.4f}.")


ALIGNMENT = Exercise(
    "5.5",
    "alignment",
    '''
def alignment(K, y):
    """Cosine between the matrices K (n, n) and y y^T."""
    return y @ K @ y / (np.linalg.norm(K) * (y @ y))  #:
''',
    (
        "The inner product of two matrices is the sum of products of their entries. "
        "What is it for K and y y^T?",
        "<K, y y^T> = y^T K y, and the Frobenius norm of y y^T is y^T y.",
    ),
    (("the cosine", _alignment),),
)

EXERCISES = (KRR, TANGENT, FLOOR, DEGREE, ALIGNMENT)
