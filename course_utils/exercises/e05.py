"""Exercises of notebook 05, the comparison with the tangent kernel."""

from __future__ import annotations

import numpy as np

from ..hermite import hermite_coefficients
from ..kernels import empirical_ntk
from ..networks import TwoLayerNet
from .comparing import SOLVED, apart, near, refuse
from .drawing import between, drawn
from .mechanism import Exercise, array, call, number, require

# 5.1


def _regression(answer):
    for n, p, ridge in ((6, 3, 0.3), (9, 4, 1.7)):
        rng = drawn(0)
        A, B, y = rng.standard_normal((n, 4)), rng.standard_normal((p, 4)), rng.standard_normal(n)
        K, test, unit = A @ A.T + np.eye(n), B @ A.T, np.eye(n)
        found = array(call(answer, K, y, test, ridge), (p,), "krr(K, y, K_test, ridge)")

        def solved(added, K=K, y=y, test=test):
            return test @ np.linalg.solve(K + added, y)

        wanted = solved(ridge * unit)
        told = {
            "The ridge has no effect: add ridge times the identity to K before you solve.": solved(
                0.0
            ),
            f"The ridge is multiplied by n = {n}: here it is added as it is.": solved(
                n * ridge * unit
            ),
            "The ridge is added to every entry of K: add ridge * np.eye(n).": solved(ridge),
            "This is K_test y: the coefficients are the solution c of (K + ridge I) c = y.": (
                test @ y
            ),
        }
        refuse(found, told, wanted, SOLVED)
        j = int(np.abs(found - wanted).argmax())
        words = apart(found[j], wanted[j])
        require(
            near(found, wanted, SOLVED),
            f"For n = {n} and ridge {ridge} prediction {j} is {words[0]}, expected {words[1]}: "
            "K_test @ c.",
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
    for m, d, n in ((7, 3, 5), (4, 6, 8)):
        rng = drawn(m)
        net = TwoLayerNet(rng.standard_normal((m, d)), *rng.standard_normal((2, m)))
        _of_gradients(answer, net, rng.standard_normal((n, d)))


def _of_gradients(answer, net, X):
    n = len(X)
    found = array(call(answer, net.W, net.a, net.b, X), (n, n), "tangent_kernel(W, a, b, X)")
    U, gram = X @ net.W.T + net.b, X @ X.T
    values, on = np.maximum(U, 0), (U > 0).astype(float)
    S, V, bare = net.a * on, net.a * values, X @ net.W.T > 0
    layer = "The second layer is missing: the output moves by a_j times what neuron j moves."
    told = {
        "The factor <x, z> is missing: the gradient in w_j is a_j sigma'(u_j) times x.": S @ S.T,
        layer: gram * (on @ on.T),
        f"{layer} (And the matrix product of two arrays of True and False is again True or False "
        "in NumPy.)": gram * ((U > 0) @ (U > 0).T),
        "The biases are missing: a neuron is on where <w_j, x> + b_j > 0.": gram
        * ((net.a * bare) @ (net.a * bare).T),
        "You used sigma(u) where the gradient in w_j has its slope sigma'(u), 0 or 1.": gram
        * (V @ V.T),
        "This is the kernel of training the second layer, sum_j sigma(u_j) sigma(v_j).": (
            values @ values.T
        ),
        "The two factors are multiplied as matrices: multiply them entry by entry, with *.": (
            gram @ (S @ S.T)
        ),
    }
    wanted = empirical_ntk(net, "W")(X)
    refuse(found, told, wanted)
    i, j = np.unravel_index(np.abs(found - wanted).argmax(), found.shape)
    words = apart(found[i, j], wanted[i, j])
    require(near(found, wanted), f"Entry ({i}, {j}) is {words[0]}, expected {words[1]}.")


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

LINKS = ("tanh", "relu", "cubic")


def _floor(answer):
    cases = {link: hermite_coefficients(link, 9 if link == "tanh" else 12) for link in LINKS}
    cases["a link of degree 5"] = np.array(between(53, *[(0.3, 2)] * 6))
    for link, c in cases.items():
        found, wanted = number(call(answer, c), "floor(c)"), float(c[1] ** 2 / (c[1:] ** 2).sum())
        told = {
            "The mean c_0 is counted as variance: R^2 compares with predicting the mean, so sum "
            "from degree 1.": float(c[1] ** 2 / (c**2).sum()),
            "This is the variance that a line explains; divide it by the whole variance.": float(
                c[1] ** 2
            ),
            "This is what a line leaves over; R^2 is what it explains.": 1 - wanted,
            "This is the correlation. R^2 is its square.": float(np.sqrt(wanted)),
        }
        refuse(found, told, wanted)
        words = apart(found, wanted)
        require(near(found, wanted), f"For {link} floor(c) is {words[0]}, expected {words[1]}.")


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


def _settings():
    """(n, d, degree): some that show mistakes, then new ones each time, which no table holds.

    None is within 5 % of a power of d: there rounding decides.
    """
    yield from (
        (300, 100, 1),
        (50, 100, 0),
        (9_000, 100, 1),
        (11_000, 100, 2),
        (7_000, 20, 2),
        (9_000, 20, 3),
    )
    rng = drawn(None)
    for wanted in (0, 1, 2, 3, 4, 5, 6):
        for _ in range(3):
            d = int(rng.integers(5, 60))
            low, high = 1.05 * d**wanted + 1, 0.95 * d ** (wanted + 1)
            yield int(np.exp(rng.uniform(np.log(low), np.log(high)))), d, wanted


def _degree(answer):
    for n, d, wanted in _settings():
        found = number(call(answer, n, d), f"degree({n}, {d})")
        if found == wanted:
            continue
        exact = float(np.log(n) / np.log(d))
        require(
            not near(found, exact),
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
        words = apart(found, wanted)
        require(False, f"degree({n}, {d}) is {words[0]}, expected {words[1]}.")


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
    for n in (6, 11):
        rng = drawn(2)
        A, y = rng.standard_normal((n, n + 3)), 3 * rng.standard_normal(n)
        K = A @ A.T
        found, top = number(call(answer, K, y), "alignment(K, y)"), float(y @ K @ y)
        wanted = float(top / (np.linalg.norm(K) * (y @ y)))
        told = {
            "This is y^T K y. A cosine is divided by the lengths of both, |K| and |y y^T|.": top,
            "The length of the matrix y y^T is |y|^2, not |y|: the result must not change when y "
            "is doubled.": float(top / (np.linalg.norm(K) * np.sqrt(y @ y))),
            "You divided by the largest singular value of K. A cosine needs the Frobenius norm, "
            "np.linalg.norm(K).": float(top / (np.linalg.norm(K, 2) * (y @ y))),
        }
        refuse(found, told, wanted)
        words = apart(found, wanted)
        require(near(found, wanted), f"Found {words[0]}, expected {words[1]}.")


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
