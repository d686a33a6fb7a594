"""Answers as students write them: right ones in many dialects pass, wrong ones fail as they err.

The wrong ones here knew one size, one sample or one scale, drew with a bias, or were no numbers;
the typical mistakes of each exercise stand in test_exercises.py.
"""

import math
import re
import threading

import nbclient
import nbformat
import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles
from scipy.stats import ortho_group

from course_utils.exercises import asking, check, comparing, examine, exercises, limit, mechanism
from course_utils.exercises.asking import Wrong

ALL = {id: exercise for chapter in range(9) for id, exercise in exercises(chapter).items()}


def solved(id):
    """The solution of an exercise, as a student's function."""
    scope = {"np": np, "math": math}
    exec(ALL[id].solution, scope)
    return scope[ALL[id].name]


def each(change):
    """A change of every array and number in what an answer returns."""

    def changed(value):
        if isinstance(value, tuple | list):
            return type(value)(changed(one) for one in value)
        return change(np.asarray(value))

    return changed


def real(array) -> bool:
    return array.dtype.kind == "f"


def returned(change):
    return lambda answer: lambda *arguments: each(change)(answer(*arguments))


def low(value):
    if isinstance(value, np.ndarray):
        return value.astype(np.float32) if real(value) else value
    return np.float32(value) if isinstance(value, float) else value


def writing(answer):
    """It uses its arguments as scratch paper."""

    def scribbles(*arguments):
        copies = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
        for a in arguments:
            if isinstance(a, np.ndarray):
                a[...] = 0
        return answer(*copies)

    return scribbles


DIALECTS = {  # name: what makes an answer in this dialect of a solution
    "float32 at the end": returned(lambda a: a.astype(np.float32) if real(a) else a),
    "float32 throughout": lambda answer: lambda *arguments: each(low)(answer(*map(low, arguments))),
    "torch": returned(lambda a: torch.tensor(a)),
    "torch, float32, tracking gradients": returned(
        lambda a: torch.tensor(a).float().requires_grad_() if real(a) else torch.tensor(a)
    ),
    "NumPy's scalars": returned(lambda a: a[()]),
    "arrays of one number": returned(lambda a: a.reshape(1) if a.ndim == 0 else a),
    "lists": lambda answer: (
        lambda *arguments: each(lambda a: a if a.dtype == np.int8 else a.tolist())(
            answer(*arguments)
        )
    ),
    "scratch paper": writing,
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("id", ALL)
def test_a_right_answer_passes_in_every_dialect(id, dialect):
    verdict = examine(id, DIALECTS[dialect](solved(id)))
    assert verdict.passed, str(verdict)


# Right answers that go another way than the solution.


def one_by_one(k, d, rng):
    rows = []
    while len(rows) < k:
        row = rng.normal(size=d)
        for other in rows:
            row = row - (row @ other) * other
        rows.append(row / np.linalg.norm(row))
    return rows


def by_polar(k, d, rng):
    U, _, Vt = np.linalg.svd(rng.standard_normal((k, d)), full_matrices=False)
    return U @ Vt


def in_torch(k, d, rng):
    Q, R = torch.linalg.qr(torch.tensor(rng.standard_normal((d, k)), dtype=torch.float32))
    return (Q * torch.sign(torch.diag(R))).T


def coin_flips(k, d, rng):
    return (np.linalg.qr(rng.standard_normal((d, k)))[0] * rng.choice([-1, 1], k)).T


def autograd(W, a, b, x, y, step, decay):
    W, a, b, x = (torch.tensor(v) for v in (W, a, b, x))
    W.requires_grad_()
    residual = a @ torch.relu(W @ x + b) - y
    (0.5 * residual**2).backward()
    return (1 - step * decay) * W - step * len(W) * W.grad


def row_by_row(W, a, b, x, y, step, decay):
    yhat = sum(a[j] * max(W[j] @ x + b[j], 0) for j in range(len(W)))
    for j in range(len(W)):
        slope = 1.0 if W[j] @ x + b[j] > 0 else 0.0
        W[j] = W[j] * (1 - step * decay) - step * len(a) * a[j] * (yhat - y) * slope * x
    return W


def first_order_floor(d, step, decay, V):
    return math.sqrt(step / d * V * (d - 1) / (2 * decay))


def largest_power(n, d):
    degree = 0
    while d ** (degree + 1) <= n:
        degree += 1
    return degree


def largest_paying(m, d):
    return max([k for k in range(min(m, d) + 1) if k * (m + d) < m * d], default=0)


def torch_codes(A):
    A = torch.tensor(A)
    scales = A.abs().amax(dim=1, keepdim=True) / 127
    return [torch.round(A / scales).to(torch.int8), scales]


def of_degree_five(z):
    return (z**2 - 1) / 2 + np.polynomial.hermite_e.hermeval(z, [0] * 5 + [1]) / 240**0.5


def in_float32(z):
    return torch.tensor(0.6 * (z**2 - 1) / 2**0.5 + 0.8 * (z**3 - 3 * z) / 6**0.5).float()


def until_by_hand(T, r2, level):
    for i, value in enumerate(r2):
        if value >= level and i == 0:
            return int(T[0])
        if value >= level:
            share = (level - r2[i - 1]) / (value - r2[i - 1])
            return float(T[i - 1]) ** (1 - share) * float(T[i]) ** share
    return float("inf")


def first_passages(samples, overlaps, level):
    times = []
    for row in overlaps:
        there = [t for t, overlap in zip(samples, row, strict=True) if abs(overlap) >= level]
        times.append(there[0] if there else float("inf"))
    times.sort()
    return (times[len(times) // 2] + times[(len(times) - 1) // 2]) / 2


RIGHT = {
    "1.1": [one_by_one, by_polar, in_torch, coin_flips,
            lambda k, d, rng: ortho_group.rvs(d, random_state=rng)[:k]],
    "1.2": [lambda z: 0.8 * (z**2 - 1) / 2**0.5 - 0.6 * (z**3 - 3 * z) / 6**0.5,
            of_degree_five, in_float32],
    "1.3": [lambda c, m, noise: sum(c[j] ** 2 * m ** (2 * j) for j in range(1, len(c)))
            / (sum(c[1:] ** 2) + noise**2)],
    "1.5": [lambda Z: np.where(Z.prod(axis=1) > 0, 2, -2), lambda Z: Z.prod(axis=1) > 0],
    "2.1": [autograd, row_by_row],
    "2.2": [lambda W, U: W @ (np.eye(U.shape[1]) - U.T @ U),
            lambda W, U: W - np.linalg.lstsq(U.T, W.T, rcond=None)[0].T @ U],
    "2.3": [lambda W, U: np.rad2deg(subspace_angles(np.linalg.svd(W)[2][: len(U)].T, U.T).max())],
    "2.4": [first_order_floor],
    "4.4": [until_by_hand],
    "5.1": [lambda K, y, T, ridge: T @ np.linalg.inv(K + np.diag([ridge] * len(y))) @ y],
    "5.4": [largest_power, lambda n, d: int(math.log(n, d))],
    "5.5": [lambda K, y: np.sum(K * np.outer(y, y)) / np.linalg.norm(K) / np.sum(y**2)],
    "6.3": [largest_paying, lambda m, d: math.ceil(m * d / (m + d)) - 1],
    "6.4": [torch_codes],
    "7.1": [lambda W, a, b, x, y, rate, decay: (1 - rate * decay) * W - rate * np.outer(
        (a @ np.maximum(W @ x + b, 0) - y) * np.sign(a) * (W @ x + b > 0), x)],
    "7.3": [lambda c, error: next((j for j in range(1, len(c)) if abs(c[j]) > error), math.inf)],
    "7.4": [lambda S, u, h, lam: (w := np.linalg.inv(h * S + lam * np.eye(len(u))) @ S @ u)
            / np.sqrt(w @ w)],
    "8.1": [lambda s, p0, step: (math.log(s - p0) - math.log(p0)) / s / 2 / step],
    "8.2": [lambda d, samples: [f(math.log(b / a) / math.log(d[1] / d[0]) for a in samples[0]
                                  for b in samples[1]) for f in (min, max)]],
    "8.3": [first_passages],
    "8.4": [lambda one, penalty: np.reshape([one(i % 3, i // 3 * 2, penalty)["second / first"]
                                             for i in range(6)], (2, 3))],
}  # fmt: skip


@pytest.mark.parametrize("id", RIGHT)
def test_a_right_answer_passes_whatever_way_it_goes(id):
    for answer in RIGHT[id]:
        verdict = examine(id, answer)
        assert verdict.passed, f"{answer.__name__}: {verdict}"


# Wrong answers that look right where little is tried.

_noise = np.random.default_rng(0)


def link(z):
    return 0.6 * (z**2 - 1) / 2**0.5 + 0.8 * (z**3 - 3 * z) / 6**0.5


def rows_from(draw):
    """Orthonormal rows, their signs by R, from entries that ``draw(rng, size)`` draws."""

    def answer(k, d, rng):
        Q, R = np.linalg.qr(draw(rng, (d, k)))
        return (Q * np.sign(np.diag(R))).T

    return answer


def hinge(residual=lambda r: r, sign=lambda a: len(a) * a, shift=lambda b: b, size=None):
    """An answer to 2.1 with another slope of the loss, sign of a neuron, bias or number of them."""

    def answer(W, a, b, x, y, step, decay):
        z = W @ x + shift(b)
        r = residual(a @ np.maximum(z, 0) - y)
        s = sign(a) if size is None else size * a
        return (1 - step * decay) * W - step * r * np.outer(s * (z > 0), x)

    return answer


def for_twelve(X, y, k):
    found = solved("1.4")(X, y, k)
    return found if X.shape[1] == 12 else np.eye(X.shape[1])[:k]


def told_degrees(n, d):
    table = {(300, 100): 1, (50, 100): 0, (9000, 100): 1, (11000, 100): 2, (7000, 20): 2}
    return table.get((n, d), 3)


def told_ranks(m, d):
    table = {(200, 100): 66, (1000, 1000): 499, (30, 200): 26, (6, 3): 1, (2, 2): 0, (1, 50): 0}
    return table.get((m, d), 1)


def only(size, id):
    """The solution where an array that it is given has this many rows; nonsense elsewhere."""
    answer = solved(id)

    def known(*arguments):
        right = answer(*arguments)
        sizes = {n for a in arguments if isinstance(a, np.ndarray) for n in a.shape}
        return right if size in sizes else each(lambda a: 2 * a + 1)(right)

    return known


# id: (answer, the property that fails, words of the diagnosis)
WRONG = {
    "1.1": [
        (rows_from(lambda rng, size: rng.uniform(-1, 1, size)), "no direction", "coordinate axes"),
        (rows_from(lambda rng, size: rng.laplace(size=size)), "no direction", "Only Gaussian"),
        (rows_from(lambda rng, size: rng.standard_t(3, size)), "no direction", "Only Gaussian"),
        (rows_from(lambda rng, size: rng.choice([-1.0, 1.0], size) + 0.01 * rng.random(size)),
         "no direction", "coordinate axes"),
        (lambda k, d, rng: np.linalg.qr(rng.normal(size=(d, k)))[0].T, "no direction", "a sign"),
        (lambda k, d, rng: solved("1.1")(3, 7, rng), "shape", "(1, 4)"),
    ],
    "1.2": [
        (lambda z: link(z) + 0.1 * _noise.standard_normal(len(z)), "one number", "may be drawn"),
        (lambda z: link(z) + 1e-7 * z, "exponent is 2", "is 1e-07, not 0"),
        (lambda z: (link(z) - link(z).mean()) / link(z).std(), "one number", "by itself"),
    ],
    "1.3": [
        (lambda c, m, noise: str(solved("1.3")(c, m, noise)), "true direction", "is a text"),
        (lambda c, m, noise: solved("1.3")(c, m, noise) * np.ones(2), "true", "one number"),
        (lambda c, m, noise: solved("1.3")(c, m, noise) + 1e-3, "true direction", "is 1.001"),
        (lambda c, m, noise: solved("1.3")(np.append(c, 0)[:3], m, noise), "own power", "0.5)"),
    ],
    "1.4": [(for_twelve, "bends up", "in d = 7")],
    "1.5": [
        (lambda Z: np.sign(Z.prod(axis=1)) + 0.1 * _noise.standard_normal(len(Z)), "one label",
         "may be drawn"),
        (lambda Z: Z.prod(axis=1) > np.median(Z.prod(axis=1)), "one label", "by itself"),
    ],
    "2.1": [
        (hinge(lambda r: np.clip(r, -1, 1)), "gradient", "Huber"),
        (hinge(size=5), "gradient", "times the right length"),
        (hinge(sign=np.sign), "gradient", "sign of a_j alone"),
        (hinge(shift=lambda b: 0 * b), "gradient", "biases are missing"),
        (hinge(residual=lambda r: 1.0), "gradient", "factor r"),
    ],
    "2.2": [(only(5, "2.2"), "orthogonal", "weight")],
    "2.3": [(only(6, "2.3"), "angle", "Found")],
    "2.4": [
        (lambda d, step, decay, V: math.sqrt(step * V / (2 * decay)), "plateau", "d - 1"),
        (lambda d, step, decay, V: math.sqrt(3 / 8 * step * V / decay), "plateau", "expected"),
    ],
    "3.1": [(only(5, "3.1"), "mean of two", "expected")],
    "3.3": [(only(4, "3.3"), "formula", "for m = 6")],
    "3.4": [(only(7, "3.4"), "add up", "add up to")],
    "3.5": [(only(40, "3.5"), "supremum", "k = 1")],
    "3.6": [(only(50, "3.6"), "trace", "expected")],
    "4.1": [(only(7, "4.1"), "half width", "T = 50")],
    "4.2": [(only(50, "4.2"), "biases", "expected")],
    "4.3": [(only(6, "4.3"), "mean degree", "expected")],
    "4.4": [
        (only(6, "4.4"), "first crossing", "expected"),
        (lambda T, r2, level: "inf" if r2.max() < level else solved("4.4")(T, r2, level),
         "and never", "is a text"),
    ],
    "4.5": [(only(60, "4.5"), "mean step", "expected")],
    "4.6": [
        (only(4, "4.6"), "one step", "expected"),
        (lambda a, phi, y, step, decay:
         (1 - step * decay) * a - step * min(a @ phi - y, 1) * phi, "one step", "square loss"),
    ],
    "5.1": [(only(6, "5.1"), "predictions", "n = 9")],
    "5.2": [
        (only(7, "5.2"), "inner product", "expected"),
        (lambda W, a, b, X: (X @ X.T) * ((S := a * (X @ W.T > 0)) @ S.T),
         "inner product", "biases are missing"),
    ],
    "5.3": [(only(10, "5.3"), "floor", "relu")],
    "5.4": [
        (told_degrees, "largest degree", "expected"),
        (lambda n, d: min(largest_power(n, d), 3), "largest degree", "expected"),
        (lambda n, d: str(largest_power(n, d)), "largest degree", "is a text"),
    ],
    "5.5": [(only(6, "5.5"), "cosine", "expected")],
    "6.1": [(only(7, "6.1"), "rank k", "where 1 was asked")],
    "6.2": [(only(7, "6.2"), "bound", "40 neurons")],
    "6.3": [
        (told_ranks, "factors pay", "you say 1"),
        (lambda m, d: str(largest_paying(m, d)), "factors pay", "is a text"),
    ],
    "6.4": [
        (lambda A: tuple(map(str, solved("6.4")(A))), "codes", "int8"),
        (lambda A: solved("6.4")(np.resize(A, (6, A.shape[1]))), "codes", "shape"),
    ],
    "7.1": [(only(6, "7.1"), "step of notebook 02", "For m = 9")],
    "7.3": [(lambda c, error: str(solved("7.3")(c, error)), "first degree", "is a text")],
    "7.4": [(only(4, "7.4"), "where W settles", "in d = 3")],
    "7.5": [(only(3, "7.5"), "first step points", "For 50 samples")],
    "8.1": [
        (lambda s, p0, step: str(solved("8.1")(s, p0, step)), "half grown", "is a text"),
        (lambda s, p0, step: solved("8.1")(s, 0.2, step), "half grown", "expected"),
    ],
    "8.2": [
        (only(3, "8.2"), "range", "expected"),
        (lambda d, samples: np.array(solved("8.2")([50, 200], samples)), "range", "expected"),
    ],
    "8.3": [
        (lambda samples, overlaps, level: solved("8.3")(samples, overlaps, 0.5), "median", "0.8"),
        (lambda samples, overlaps, level: solved("8.3")(
            100 * 2 ** np.arange(overlaps.shape[1]), overlaps, level), "either", "in samples"),
        (only(3, "8.3"), "the median", "Four seeds"),
        (lambda samples, overlaps, level: str(solved("8.3")(samples, overlaps, level)),
         "either side", "is a text"),
    ],
    "8.4": [(lambda one, penalty: solved("8.4")(one, 1e-3), "six runs", "0.02 was asked for")],
}  # fmt: skip


@pytest.mark.parametrize("id", WRONG)
def test_a_wrong_answer_fails_at_the_property_that_it_lacks(id):
    for number, (answer, lacks, words) in enumerate(WRONG[id]):
        verdict = examine(id, answer)
        assert not verdict.passed, f"number {number} passed"
        assert lacks in verdict.fails, f"number {number}: {verdict}"
        assert words in verdict.why, f"number {number}: {verdict}"


# exercises whose answers may be off by as much, or are whole numbers
COARSE = {"1.4", "1.5", "2.3", "2.4", "5.4", "6.3", "6.4", "7.3"}


@pytest.mark.parametrize("id", sorted(ALL.keys() - COARSE))
def test_a_number_that_is_off_by_little_is_told_with_the_digits_that_differ(id):
    def off(*arguments):
        return each(lambda a: a * (1 + 2e-3) + 2e-3 if real(a) else a)(solved(id)(*arguments))

    verdict = examine(id, off)
    assert not verdict.passed
    two = r"([-\d.e]+), (?:expected|it is) ([-\d.e]+?)[.,:]?\s"
    for found, wanted in re.findall(two, verdict.why):
        assert found != wanted, verdict.why


def test_digits_are_as_many_as_it_takes():
    assert comparing.apart(0.1299996, 0.13) == ("0.1299996", "0.13")
    assert comparing.apart(0.5, 0.25) == ("0.5", "0.25")
    assert comparing.apart(1 / 3, 1 / 3 + 1e-13)[0] != comparing.apart(1 / 3, 1 / 3 + 1e-13)[1]
    assert comparing.apart(0.5, 0.5) == ("0.5", "0.5")


def test_numbers_are_near_at_the_precision_of_float32_and_no_further():
    x = np.linspace(-1, 1, 11) / 3
    assert comparing.near(x.astype(np.float32), x) and not comparing.near(x * (1 + 1e-4), x)
    assert comparing.single(x.astype(np.float32).astype(float)) and not comparing.single(x)


def test_what_is_no_number_is_told():
    def said(value):
        with pytest.raises(Wrong) as told:
            asking.number(value, "f(x)")
        return str(told.value)

    assert "is a text, '0.13'" in said("0.13") and "is a text" in said(["0.13"])
    assert "is a text" in said(np.array(["1"])) and "is a text" in said(np.array(["1"], object))
    assert "one number" in said([1.0, 2.0]) and "one number" in said([])
    assert "a dict" in said({}) and "a list" in said([[1], [2, 3]]) and "complex" in said(1 + 2j)
    assert "not finite" in said(float("nan")) and "not finite" in said([np.inf])
    half = torch.tensor(0.5)
    for one in (0.5, [0.5], np.float32(0.5), half.reshape(1, 1), 0.5 + 0j, half.bfloat16()):
        assert asking.number(one, "f(x)") == 0.5


# The limit of time.


@pytest.fixture
def impatient(monkeypatch):
    assert mechanism.LIMIT == 10
    monkeypatch.setattr(mechanism, "LIMIT", 0.3)


def endless(*arguments):
    while True:
        pass


def stubborn(*arguments):
    while True:
        try:
            math.sqrt(2)
        except BaseException:  # noqa: B036
            pass


@pytest.mark.parametrize("answer", [endless, stubborn])
def test_an_endless_loop_is_stopped_and_told(impatient, capsys, answer):
    before = threading.active_count()
    check("1.3", answer)
    out = capsys.readouterr().out
    assert "Exercise 1.3: not yet." in out and "fails: the true direction explains all" in out
    assert "After 0.3 s it had not ended, and was stopped" in out
    assert "called with an array of shape (3,), 1.0, 0.0. Does a loop have an end?" in out
    assert threading.active_count() == before


def test_what_holds_before_a_loop_without_end_is_told(impatient):
    def answer(c, m, noise):
        return solved("1.3")(c, m, noise) if len(c) < 4 and noise == 0 else endless()

    verdict = examine("1.3", answer)
    assert verdict.holds and verdict.fails == "each degree has its own power of m"


def test_a_call_that_python_cannot_stop_is_left_and_told(impatient, monkeypatch):
    monkeypatch.setattr(limit, "TRIES", 1)
    ended = threading.Event()
    verdict = examine("1.3", lambda *arguments: ended.wait(60))  # waits in one long call
    ended.set()
    assert "restart the kernel" in verdict.why


def test_an_interrupted_check_stops_its_answer():
    """As when a student presses the square while it runs: the interrupt comes to who waits."""
    running, pressed = [], []

    class Pressed(KeyboardInterrupt):
        pass

    def answer(*arguments):
        running.append(threading.current_thread())
        endless()

    class Impatient(threading.Thread):
        def join(self, timeout=None):
            if not pressed:
                while not running:
                    super().join(0.01)
                pressed.append(True)
                raise Pressed
            super().join(timeout)

    thread, threading.Thread = threading.Thread, Impatient
    try:
        with pytest.raises(Pressed):
            examine("1.3", answer)
    finally:
        threading.Thread = thread
    assert not running[0].is_alive()


def test_where_there_are_no_threads_it_says_that_there_is_no_limit(monkeypatch):
    def none(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none)
    verdict = examine("1.3", solved("1.3"))
    assert verdict.passed and "no limit of time" in str(verdict)


def test_in_a_kernel_an_endless_loop_is_stopped_and_prints_go_to_their_cell():
    """In its main thread, where cells run."""
    cells = [
        "from course_utils.exercises import check, mechanism\nmechanism.LIMIT = 1.0",
        "def explained(c, m, noise):\n    print('asked')\n    while True:\n        pass\n\n\n"
        "check('1.3', explained)",
        "print('goes on')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    said = ["".join(o.text for o in cell.outputs) for cell in notebook.cells]
    assert said[1].startswith("asked\n") and "After 1 s it had not ended" in said[1]
    assert said[2] == "goes on\n"
