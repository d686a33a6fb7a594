"""compression.py: what is kept, what it costs, and what a damaged file says."""

import numpy as np
import pytest

from course_utils import Settings, TwoLayerNet, online_sgd
from course_utils.compression import (
    STORAGES,
    CompressedNet,
    compress,
    compress_torch,
    low_rank,
    prune,
    quantise,
    refit_second_layer,
    relative_output_error,
    truncation_errors,
)
from course_utils.risk import mean_loss

FORMS = [{}, {"rank": 3}, {"keep": 200}]


@pytest.fixture(scope="module")
def net():
    return Settings(d=30, k=2, width=50).build()[1]


@pytest.fixture
def X():
    return np.random.default_rng(5).standard_normal((600, 30))


@pytest.mark.parametrize("shape", [(50, 30), (30, 50), (7, 7)])
def test_rank_k_leaves_what_eckart_and_young_say(shape):
    W = np.random.default_rng(0).standard_normal(shape)
    errors = truncation_errors(W)
    assert len(errors) == min(shape) + 1
    left, right = low_rank(W, min(shape))
    for k in range(1, min(shape) + 1):
        assert np.linalg.norm(W - left[:, :k] @ right[:k]) == pytest.approx(errors[k], abs=1e-12)
    assert errors[0] == pytest.approx(np.linalg.norm(W))


def test_pruning_keeps_the_largest_entries():
    W = np.random.default_rng(0).standard_normal((20, 15))
    pruned = prune(W, 40)
    kept = pruned != 0
    assert kept.sum() == 40 and (pruned[kept] == W[kept]).all()
    assert np.abs(W[~kept]).max() <= np.abs(W[kept]).min()


@pytest.mark.parametrize("shape", [(20, 15), (15, 20), (40,)])
def test_int8_is_off_by_at_most_half_a_scale(shape):
    A = np.random.default_rng(0).standard_normal(shape) * 3
    codes, scales = quantise(A, "int8")
    assert codes.dtype == np.int8 and scales.size == (1 if len(shape) == 1 else min(shape))
    assert (
        np.abs(codes * scales - A) <= scales * 0.5001
    ).all()  # 1e-4: the scales themselves are float32


def test_int8_holds_rows_of_zeros_and_float16_says_what_it_cannot_hold():
    codes, scales = quantise(np.zeros((2, 3)), "int8")
    assert (codes * scales == 0).all()
    assert quantise(np.array([6e4]), "float16")[0].dtype == np.float16
    with pytest.raises(ValueError, match="float16 holds no number as large as 1e\\+06"):
        quantise(np.array([1e6]), "float16")
    with pytest.raises(ValueError, match="'int4' is unknown"):
        quantise(np.ones(3), "int4")


@pytest.mark.parametrize("form", FORMS)
def test_a_compressed_net_computes_what_its_first_layer_says(net, X, form):
    small = compress(net, **form)
    W = (
        prune(net.W, 200)
        if "keep" in form
        else np.matmul(*low_rank(net.W, 3))
        if "rank" in form
        else net.W
    )
    assert np.allclose(small.W, W, atol=1e-14)
    assert np.allclose(small(X), net.replace(W=W)(X), atol=1e-14)  # the same sums in another order


def test_the_counts_are_those_of_the_formula(net):
    m, d = net.W.shape
    assert compress(net).first_layer == m * d
    assert compress(net, rank=3).first_layer == 3 * (m + d)
    assert compress(net, keep=200).first_layer == 200
    assert compress(net, rank=3).parameters == 3 * (m + d) + 2 * m


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("form", FORMS)
def test_saved_and_loaded_is_the_same_net_and_bytes_are_those_of_the_file(
    net, X, form, storage, tmp_path
):
    small = compress(net, storage=storage, **form)
    small.save(tmp_path / "net.npz")
    again = CompressedNet.load(tmp_path / "net.npz")
    assert np.array_equal(again(X), small(X)) and repr(again) == repr(small)
    assert small.bytes == (tmp_path / "net.npz").stat().st_size
    size = {"float64": 8, "float32": 4, "float16": 2, "int8": 1}[storage]
    assert small.first_layer * size < small.bytes
    tolerance = {"float64": 0, "float32": 1e-6, "float16": 3e-3, "int8": 3e-2}[
        storage
    ]  # rounding of one W, relative
    assert relative_output_error(compress(net, **form), small, X) <= tolerance


def test_bytes_of_a_larger_net_are_those_of_its_numbers_within_a_tenth():
    net = Settings(d=1000, k=3, width=1000).build()[1]
    assert compress(net, storage="float32").bytes == pytest.approx(4 * (1_000_000 + 2000), rel=0.01)
    assert compress(net, rank=3, storage="float16").bytes == pytest.approx(
        2 * 6000 + 4 * 2000, rel=0.1
    )


def test_every_damaged_byte_is_found_or_harmless(net, X, tmp_path):
    path = tmp_path / "net.npz"
    small = compress(net, rank=1, storage="int8")
    small.save(path)
    data, expected = path.read_bytes(), small(X[:5])
    for position in range(0, len(data), 7):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :])
        try:
            assert np.array_equal(CompressedNet.load(path)(X[:5]), expected)
        except ValueError as problem:
            assert "net.npz is damaged or is not a network" in str(problem)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match="damaged"):
        CompressedNet.load(path)


def test_files_that_hold_something_else_are_refused_without_unpickling(net, tmp_path):
    path = tmp_path / "net.npz"
    np.savez(path, a=np.ones(3), b=np.ones(3), W=np.ones((4, 2)), activation="relu")
    with pytest.raises(ValueError, match=r"W \(4, 2\) do not make a network"):
        CompressedNet.load(path)
    np.savez(path, a=np.array([{}], dtype=object), activation="relu")
    with pytest.raises(ValueError, match="damaged or is not a network"):
        CompressedNet.load(path)
    np.save(tmp_path / "array.npy", np.ones(3))
    with pytest.raises(ValueError, match="damaged or is not a network"):
        CompressedNet.load(tmp_path / "array.npy")
    with pytest.raises(FileNotFoundError):
        CompressedNet.load(tmp_path / "nothing.npz")


def test_impossible_requests_say_why(net, X):
    for bad in (0, 31, 2.0, True):
        kind = TypeError if bad in (2.0, True) else ValueError
        with pytest.raises(kind, match=r"rank .* from 1 to 30, min\(m, d\) of a 50 x 30 matrix"):
            compress(net, rank=bad)
    with pytest.raises(ValueError, match="keep = 1501"):
        compress(net, keep=1501)
    with pytest.raises(ValueError, match="exclude each other"):
        compress(net, rank=1, keep=1)
    with pytest.raises(ValueError, match=r"X must have shape \(n, 30\), got \(600, 29\)"):
        compress(net, rank=1)(X[:, 1:])
    with pytest.raises(ValueError, match="reduced coordinates"):
        compress(online_sgd(Settings(d=5000, k=1, link="tanh", width=10), 10, 1).net)


def test_a_trained_net_loses_no_more_than_its_perpendicular_part_and_little_of_its_output():
    """Eckart-Young in every run; an untrained net of the same size changes far more."""
    s = Settings(
        d=100, k=1, link="tanh", width=200, weight_decay=0.5, step=0.5, schedule="decreasing"
    )
    run = online_sgd(s, 16_000, checkpoints=[1000, 4000, 16_000], seeds=3, sampling="plain")
    X = np.random.default_rng(1).standard_normal((2000, 100))
    for i, net in enumerate(run.net):
        root_m = np.sqrt(net.width)
        assert truncation_errors(net.W)[1] / root_m <= run.perpendicular[i, -1] + 1e-12
        untrained = s.replace(seed=i).build()[1]
        trained_error = relative_output_error(net, compress(net, rank=1), X)
        assert relative_output_error(untrained, compress(untrained, rank=1), X) > 5 * trained_error


def test_refitting_the_second_layer_never_costs_much_and_wins_back_a_lot():
    s = Settings(
        d=50, k=1, link="tanh", width=100, weight_decay=0.5, schedule="decreasing", step=1.0
    )
    target, _ = s.build()
    net = online_sgd(s, 10_000, 1, sampling="plain").net
    small = compress(net, rank=1, storage="float32")
    X, y = target.sample(3000, np.random.default_rng(1))
    X_test, y_test = target.sample(5000, np.random.default_rng(2))
    risk = lambda net: mean_loss(net(X_test), y_test, "square")  # noqa: E731
    refitted = refit_second_layer(small, X, y)
    assert np.array_equal(refitted.W, small.W) and isinstance(refitted, CompressedNet)
    assert risk(refitted) < 0.1 * risk(
        small
    )  # the first phase shrinks the output by decay: section 6.3
    noise = np.random.default_rng(3).standard_normal(3000) + small(
        X
    )  # nothing to win: the present a is already best
    again = refit_second_layer(small, X, noise)
    assert np.mean((again(X_test) - small(X_test)) ** 2) < 0.05
    assert isinstance(refit_second_layer(net, X, y), TwoLayerNet)
    with pytest.raises(ValueError, match=r"X must have shape \(n, 50\)"):
        refit_second_layer(net, X[:, :-1], y)


def test_a_torch_model_gets_two_thin_layers_and_keeps_its_function():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    for dtype, bias in ((torch.float32, True), (torch.float64, False)):
        inner = torch.nn.Sequential(torch.nn.Linear(20, 40, bias=bias), torch.nn.Tanh())
        model = torch.nn.Sequential(
            inner, torch.nn.Linear(40, 40), torch.nn.ReLU(), torch.nn.Linear(40, 1)
        ).to(dtype)
        before = [p.clone() for p in model.parameters()]
        X = torch.randn(50, 20, dtype=dtype)
        full, small = compress_torch(model, 20), compress_torch(model, 2)
        assert torch.allclose(full(X), model(X), atol=1e-6 if dtype == torch.float32 else 1e-13)
        assert [tuple(p.shape) for p in small[0][0].parameters()] == [(2, 20), (40, 2)] + [
            (40,)
        ] * bias
        assert all(torch.equal(p, q) for p, q in zip(before, model.parameters(), strict=True))
        small(X).sum().backward()
        with pytest.raises(ValueError, match="rank = 21 is not possible"):
            compress_torch(model, 21)
    alone = torch.nn.Linear(5, 3)
    assert compress_torch(alone, 3)(X[:1, :5].float()).shape == (1, 3)


def test_a_compressed_model_keeps_what_was_frozen_and_tied():
    torch = pytest.importorskip("torch")
    nn = torch.nn
    model = nn.Sequential(
        nn.Linear(20, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 1)
    )
    model[0].weight.requires_grad_(False)
    model[4].bias.requires_grad_(False)
    model[2].bias = model[0].bias
    random = torch.get_rng_state()
    small = compress_torch(model, 3)
    assert torch.equal(torch.get_rng_state(), random)
    assert [p.requires_grad for p in small[0].parameters()] == [False, False, True] and not small[
        4
    ].bias.requires_grad
    assert small[0][1].bias is small[2].bias and small[2].bias is not model[2].bias

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = nn.Linear(20, 20)
            self.again = self.one

        def forward(self, X):
            return self.again(torch.tanh(self.one(X)))

    twice = compress_torch(Twice(), 2)
    assert twice.one is twice.again and len(list(twice.parameters())) == 3
    tied = nn.Sequential(nn.Linear(20, 20), nn.Tanh(), nn.Linear(20, 20))
    tied[2].weight = tied[0].weight
    with pytest.raises(ValueError, match="weight of layer '0' is also 2.weight"):
        compress_torch(tied, 2)


OUT_OF_RANGE = {
    "large": ([[1e60, 1]], "as large as 1e.60"),
    "small": ([[1e-60, 0]], "as small as 1e-60"),
    "nan": ([[np.nan, 1]], "finite"),
    "inf": ([[np.inf, 1]], "finite"),
    "complex": ([[1j, 1]], "complex"),
}


@pytest.mark.parametrize("storage", ["float32", "float16", "int8"])
@pytest.mark.parametrize("case", OUT_OF_RANGE)
def test_what_a_short_type_cannot_hold_is_refused(storage, case):
    values, reason = OUT_OF_RANGE[case]
    with pytest.raises(ValueError, match=reason):
        quantise(np.array(values), storage)


@pytest.mark.parametrize("scale", [1e-35, 1e-10, 1.0, 1e38])
def test_int8_keeps_its_promise_wherever_its_scales_reach(scale):
    A = scale * np.random.default_rng(0).uniform(-1, 1, (4, 9))
    A[1], A[2] = 0, 1e-60  # nothing beside the others
    codes, scales = quantise(A, "int8")
    assert (
        np.abs(codes * scales.astype(float) - A) <= 0.5001 * scales.astype(float)
    ).all() and not codes[1:3].any()
    for bad in (np.float64(1), np.zeros((2, 2, 2)), np.zeros(0)):
        with pytest.raises(ValueError, match="vector or a matrix"):
            quantise(bad, "int8")
