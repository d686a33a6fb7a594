"""The two-layer network: its formula, its starting point, and its way to torch and back."""

import copy
import io
import math
import pickle

import numpy as np
import pytest
import torch
from scipy import stats

from course_utils import OnlineSGD, Settings, TwoLayerNet
from course_utils.activations import ACTIVATIONS
from course_utils.settings import CHOICES


def make(activation="relu", d=4, width=6, seed=0, bias="normal"):
    return TwoLayerNet.random(d, width, activation, bias, np.random.default_rng(seed))


def test_the_activations_are_those_of_settings():
    assert CHOICES["activation"] is ACTIVATIONS


SCALAR = {
    "relu": lambda t: max(t, 0.0),
    "tanh": math.tanh,
    "erf": lambda t: math.erf(t / math.sqrt(2)),
    "softplus": lambda t: math.log1p(math.exp(t)),
}


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_output_is_the_formula(activation):
    """Against the sum written out; 1e-13 covers rounding in another order."""
    net = make(activation)
    X = np.random.default_rng(1).standard_normal((300, 4))  # more rows than one block of 256
    sigma = SCALAR[activation]
    expected = [
        sum(a * sigma(w @ x + b) for w, a, b in zip(net.W, net.a, net.b, strict=True)) for x in X
    ]
    np.testing.assert_allclose(net(X), expected, atol=1e-13)
    assert net(X[:0]).shape == (0,)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_derivative_is_that_of_the_activation(activation):
    """Central differences with step 1e-5 are exact to 1e-10; rounding adds 1e-11.

    Third derivatives are below 1.
    """
    sigma, prime = ACTIVATIONS[activation].value, ACTIVATIONS[activation].slope
    t = np.linspace(-6, 6, 200)  # misses the kink at 0
    np.testing.assert_allclose(prime(t), (sigma(t + 1e-5) - sigma(t - 1e-5)) / 2e-5, atol=1e-9)
    with np.errstate(all="raise", under="ignore"):
        assert (
            np.isfinite(sigma(np.array([-1e4, 1e4]))).all()
            and np.isfinite(prime(np.array([-1e4, 1e4]))).all()
        )


@pytest.mark.parametrize("bias", CHOICES["bias"])
def test_starting_point(bias):
    """a_j = +-1/m, W_ij ~ N(0, 1/d), b as named.

    Laws by Kolmogorov-Smirnov at fixed seed; signs within 5 sigma.
    """
    d, width = 30, 2000
    net = make(d=d, width=width, bias=bias)
    assert np.array_equal(np.abs(net.a), np.full(width, 1 / width))
    assert abs((net.a > 0).mean() - 0.5) < 5 * 0.5 / math.sqrt(width)
    assert stats.kstest(net.W.ravel() * math.sqrt(d), "norm").pvalue > 1e-3
    if bias == "normal":
        assert stats.kstest(net.b, "norm").pvalue > 1e-3
    elif bias == "away":
        assert stats.kstest(np.abs(net.b) - 1, "uniform").pvalue > 1e-3
        assert abs((net.b > 0).mean() - 0.5) < 5 * 0.5 / math.sqrt(width)
        assert abs(np.corrcoef(np.sign(net.a), np.sign(net.b))[0, 1]) < 5 / math.sqrt(width)
    else:
        assert not net.b.any()


def test_build_is_repeatable_and_the_network_does_not_depend_on_the_target():
    one, two = (
        Settings(d=20, seed=3).build()[1],
        Settings(d=20, seed=3, link="he2", k=1, noise=2).build()[1],
    )
    assert (
        np.array_equal(one.W, two.W)
        and np.array_equal(one.a, two.a)
        and np.array_equal(one.b, two.b)
    )
    assert not np.array_equal(one.W, Settings(d=20, seed=4).build()[1].W)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_torch_round_trip(activation):
    """The weights come back bit for bit; torch computes the same to rounding, far out as well."""
    net = make(activation)
    model = net.to_torch()
    X = 20 * np.random.default_rng(1).standard_normal((200, 4))
    with torch.no_grad():
        np.testing.assert_allclose(model(torch.from_numpy(X))[:, 0].numpy(), net(X), atol=1e-13)
    back = TwoLayerNet.from_torch(model)
    assert (
        np.array_equal(back.W, net.W)
        and np.array_equal(back.a, net.a)
        and np.array_equal(back.b, net.b)
    )
    assert back.activation == activation and back.reduced_k is None


def test_to_torch_copies_and_from_torch_copies():
    net = make()
    model = net.to_torch()
    back = TwoLayerNet.from_torch(model)
    with torch.no_grad():
        model[0].weight.zero_()
    assert net.W.all() and back.W.all()


def sequential(*layers):
    return torch.nn.Sequential(*layers)


def linear(inputs, outputs, bias=True):
    return torch.nn.Linear(inputs, outputs, bias=bias)


def test_from_torch_reads_float32_and_missing_biases():
    """float32 weights are read exactly; the outputs of the two then agree to single precision."""
    model = sequential(linear(4, 6, bias=False), torch.nn.Tanh(), linear(6, 1, bias=False))
    net = TwoLayerNet.from_torch(model)
    assert not net.b.any() and net.W.dtype == float
    X = np.random.default_rng(0).standard_normal((20, 4))
    with torch.no_grad():
        np.testing.assert_allclose(
            net(X), model(torch.from_numpy(X).float())[:, 0].numpy(), atol=1e-5
        )


class Residual(torch.nn.Sequential):
    """Looks like a two-layer network from outside, but adds its first input to the output."""

    def forward(self, x):
        return super().forward(x) + x[:, :1]


WRONG_MODELS = {
    "one layer": (lambda: sequential(linear(4, 1)), "expected Sequential"),
    "a bare layer": (lambda: linear(4, 1), "expected Sequential"),
    "deeper": (
        lambda: sequential(
            linear(4, 6), torch.nn.ReLU(), linear(6, 6), torch.nn.ReLU(), linear(6, 1)
        ),
        "watch",
    ),
    "no activation between": (
        lambda: sequential(linear(4, 6), linear(6, 6), linear(6, 1, False)),
        "activation Linear",
    ),
    "unknown activation": (
        lambda: sequential(linear(4, 6), torch.nn.GELU(), linear(6, 1, False)),
        "GELU.*relu, tanh",
    ),
    "leaky": (
        lambda: sequential(linear(4, 6), torch.nn.LeakyReLU(), linear(6, 1, False)),
        "LeakyReLU",
    ),
    "two outputs": (
        lambda: sequential(linear(4, 6), torch.nn.ReLU(), linear(6, 2, False)),
        "one output",
    ),
    "output bias": (lambda: sequential(linear(4, 6), torch.nn.ReLU(), linear(6, 1)), "no bias"),
    "steep softplus": (
        lambda: sequential(linear(4, 6), torch.nn.Softplus(3), linear(6, 1, False)),
        "outputs differ",
    ),
    "own forward": (
        lambda: Residual(linear(4, 6), torch.nn.ReLU(), linear(6, 1, False)),
        "outputs differ",
    ),
    "empty": (lambda: sequential(), "expected Sequential"),
}


@pytest.mark.parametrize(("model", "reason"), WRONG_MODELS.values(), ids=WRONG_MODELS)
def test_from_torch_refuses_another_form(model, reason):
    torch.manual_seed(0)
    with pytest.raises(ValueError, match=reason):
        TwoLayerNet.from_torch(model())


@pytest.mark.parametrize("thing", [None, "model", np.zeros((3, 3))])
def test_from_torch_refuses_what_is_no_model(thing):
    with pytest.raises(TypeError, match="torch.nn.Module"):
        TwoLayerNet.from_torch(thing)


def test_shapes_that_do_not_fit_are_refused_in_words():
    W, v = np.zeros((6, 4)), np.zeros(6)
    for bad in ((W[0], v, v), (W, v[:5], v), (W, v, v[:5]), (W, v[:, None], v)):
        with pytest.raises(ValueError, match="shapes do not fit"):
            TwoLayerNet(*bad)
    with pytest.raises(ValueError, match="activation = 'swish' is unknown.*softplus"):
        TwoLayerNet(W, v, v, "swish")
    for X in (np.zeros(4), np.zeros((2, 5)), np.zeros((2, 4, 1))):
        with pytest.raises(ValueError, match=r"X must have shape \(n, 4\)"):
            TwoLayerNet(W, v, v)(X)


def test_replace_makes_a_changed_copy():
    net = make()
    other = net.replace(b=np.ones(6))
    assert (
        np.array_equal(other.b, np.ones(6))
        and other.W is net.W
        and not np.array_equal(net.b, other.b)
    )


def test_a_net_in_reduced_coordinates_says_so_and_takes_no_inputs():
    net = OnlineSGD(Settings(d=10**6, width=20)).net
    assert net.reduced_k == 3 and "reduced coordinates" in repr(net) and "d=" not in repr(net)
    with pytest.raises(ValueError, match="reduced coordinates"):
        net(np.zeros((2, 10**4)))
    with pytest.raises(ValueError, match="reduced coordinates.*sampling='plain'"):
        net.to_torch()
    assert "d=4" in repr(make()) and "reduced" not in repr(make())


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_torch_model_can_be_saved_and_copied_and_draws_no_random_number(activation):
    random = torch.get_rng_state()
    model, X, file = (
        make(activation).to_torch(),
        torch.randn(3, 4, dtype=torch.float64),
        io.BytesIO(),
    )
    torch.set_rng_state(random)
    make(activation).to_torch()
    assert torch.equal(torch.get_rng_state(), random)
    torch.save(model, file)
    file.seek(0)
    for other in (
        torch.load(file, weights_only=False),
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
    ):
        assert torch.equal(other(X), model(X))


def test_small_weights_do_not_hide_another_forward():
    """Outputs are compared at their own size, in half precision too.

    A model that doubles outputs of 1e-6 is refused.
    """

    class Doubled(torch.nn.Sequential):
        def forward(self, x):
            return 2 * super().forward(x)

    for scale in (1e-6, 1.0, 1e6):
        layers = make("tanh", bias="none").replace(W=scale * make().W).to_torch()
        assert TwoLayerNet.from_torch(layers).activation == "tanh"
        with pytest.raises(ValueError, match="outputs differ"):
            TwoLayerNet.from_torch(Doubled(*layers))
    assert TwoLayerNet.from_torch(make("tanh").to_torch().to(torch.bfloat16)).W.shape == (6, 4)


def test_reading_a_model_does_not_touch_it():
    calls, model = [], sequential(linear(4, 6), torch.nn.ReLU(), linear(6, 1, False))
    model[0].register_forward_hook(lambda *_: calls.append(1))
    TwoLayerNet.from_torch(model)
    lazy = sequential(torch.nn.LazyLinear(6), torch.nn.ReLU(), linear(6, 1, False))
    with pytest.raises(ValueError, match="lazy layers"):
        TwoLayerNet.from_torch(lazy)
    assert calls == [] and model.training and torch.nn.parameter.is_lazy(lazy[0].weight)
