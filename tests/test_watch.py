"""watch.py: a loop of one's own gives the Run that online_sgd gives; the model does not notice."""

import numpy as np
import pytest

from course_utils import Diverged, OnlineSGD, Run, Settings, principal_angles, split_norms
from course_utils.compression import compress_torch
from course_utils.kernels import torch_ntk
from course_utils.watch import GROWTH, first_linear, watch

torch = pytest.importorskip("torch")
U = np.linalg.qr(np.random.default_rng(0).standard_normal((20, 3)))[0].T


def deep(d=20):
    """Linear first, then what real models have; registered in another order than it is called."""

    class Deep(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.last = torch.nn.Linear(30, 1)
            self.middle = torch.nn.Sequential(
                torch.nn.BatchNorm1d(30), torch.nn.ReLU(), torch.nn.Linear(30, 30)
            )
            self.dropout = torch.nn.Dropout(0.5)
            self.first = torch.nn.Linear(d, 30)

        def forward(self, X):
            return self.last(torch.relu(self.middle(self.first(self.dropout(X)))))

    torch.manual_seed(0)
    return Deep()


def train(model, watcher, steps, batch=16, lr=1e-3, optimizer=torch.optim.Adam):
    optimizer = optimizer(model.parameters(), lr=lr)
    for _ in range(steps):
        X = torch.randn(batch, 20)
        loss = ((model(X)[:, 0] - X @ torch.tensor(U[0], dtype=torch.float32)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        watcher(batch)


def test_the_same_algorithm_in_torch_gives_the_same_run():
    """Algorithm 1 by torch's SGD on batches of one, lr = m et and weight decay lam / m."""
    s = Settings(d=20, k=3, width=10, step=0.5)
    target, net = s.build()
    X, y = target.sample(200, np.random.default_rng(1))
    model = net.to_torch()
    watcher = watch(model, target.directions)
    optimizer = torch.optim.SGD(
        [model[0].weight], lr=s.width * s.step / s.d, weight_decay=s.weight_decay / s.width
    )
    huber = torch.nn.HuberLoss()
    for x, label in zip(torch.from_numpy(X), torch.from_numpy(y), strict=True):
        optimizer.zero_grad()
        huber(model(x[None])[:, 0], label[None]).backward()
        optimizer.step()
        watcher(1)
    sim = OnlineSGD(s, sampling="plain")
    for i, t in enumerate(watcher.run.samples):
        sim.feed(X[sim.samples : t], y[sim.samples : t])
        theirs, ours = watcher.run.at(i), sim.snapshot()
        for name in ("angles", "perpendicular", "parallel", "singular_values", "neurons"):
            # rounding of 200 steps in another order; angles near 0 have half the digits, neurons
            # are float32
            np.testing.assert_allclose(
                getattr(theirs, name), getattr(ours, name), atol=1e-6, err_msg=name
            )
    assert np.allclose(watcher.run.net.W, sim.W, atol=1e-12)


def test_any_depth_and_optimiser_and_the_layer_that_is_called_first():
    model = deep()
    assert first_linear(model)[0] == "first"
    watcher = watch(model, torch.tensor(U))
    train(model, watcher, 40)
    run, W = watcher.run, model.first.weight.detach().double().numpy()
    assert (
        isinstance(run, Run) and run.samples[0] == 0 and run.samples[-1] == 640 and run.net is None
    )
    np.testing.assert_allclose(run.angles[-1], principal_angles(W, U), atol=1e-6)
    assert (run.parallel[-1], run.perpendicular[-1]) == pytest.approx(split_norms(W, U))
    np.testing.assert_allclose(
        run.singular_values[-1], np.linalg.svd(W)[1][:8] / np.sqrt(30), rtol=1e-6
    )
    assert run.neurons.shape == (len(run), 30, len(U) + 1)


def test_lbfgs_counts_what_it_is_told_not_how_often_it_evaluates():
    model = torch.nn.Sequential(
        torch.nn.Linear(20, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1, bias=False)
    )
    watcher, optimizer = watch(model, U), torch.optim.LBFGS(model.parameters(), max_iter=5)
    X = torch.randn(50, 20)

    def closure():
        optimizer.zero_grad()
        loss = (model(X) ** 2).mean()
        loss.backward()
        return loss

    for _ in range(3):
        optimizer.step(closure)
        watcher(len(X))
        model(X)  # an evaluation in training mode is not counted either
    assert watcher.run.samples.tolist() == [0, 50, 100, 150]
    assert watcher.run.net.activation == "tanh"


def test_the_model_does_not_notice():
    model = deep()
    model.train()
    model.middle[0].eval()  # a mode of its own
    state = {name: value.clone() for name, value in model.state_dict().items()}
    modes, random = [m.training for m in model.modules()], torch.get_rng_state()
    run = watch(model, U, risk=lambda model: model(torch.zeros(4, 20)).mean()).run
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert [m.training for m in model.modules()] == modes and torch.equal(
        torch.get_rng_state(), random
    )
    assert all(p.grad is None for p in model.parameters())
    assert not any(m._forward_pre_hooks or m._forward_hooks for m in model.modules())
    assert np.isfinite(run.risk).all()


def test_risk_is_measured_in_evaluation_mode_without_gradients():
    model = deep()
    seen = []

    def risk(model):
        seen.append((model.training, model.dropout.training, torch.is_grad_enabled()))
        return 0.25

    watcher = watch(model, U, risk=risk)
    train(model, watcher, 3)
    assert (watcher.run.risk == 0.25).all() and np.isnan(watcher.run.r2).all()
    assert set(seen) == {(False, False, False)} and model.training
    assert np.isnan(watch(model, U).run.risk).all()


def test_checkpoints_thin_out_so_that_a_long_loop_stays_cheap():
    watcher = watch(deep(), U)
    for _ in range(100_000):
        watcher(1)
    samples = (
        watcher.run.samples
    )  # of every measurement that was made, and a call that measures nothing costs next to nothing
    assert len(samples) < 120 and samples[-1] == 100_000  # 11 steps one by one, then 24 a decade
    assert (samples[1:] <= np.ceil(GROWTH * samples[:-1]) + 1).all()


def test_reading_the_run_early_changes_nothing_later():
    watcher = watch(deep(), U)
    watcher(1000)
    watcher(1)
    assert watcher.run.samples.tolist() == watcher.run.samples.tolist() == [0, 1000, 1001]
    watcher(500)
    assert watcher.run.samples.tolist() == [0, 1000, 1001, 1501]


def test_the_run_says_that_its_settings_are_not_known():
    run = watch(deep(), U).run
    assert (run.settings.d, run.settings.k, run.settings.width) == (20, 3, 30)
    assert (
        run.settings.summary()
        == "d=20 k=3 width=30 (your own model and training loop)"
        in run.to_csv()
    )
    assert "noise" not in repr(run.settings)
    assert (
        "After 0 samples" in run.sentence()
        and len(run.table().splitlines()) == 2
        and len(run.frame()) == 1
    )
    for forbidden in (run.settings.code, run.settings.build):
        with pytest.raises(ValueError, match="own"):
            forbidden()


def test_a_loop_that_explodes_is_told_and_keeps_what_was_recorded():
    model = deep()
    watcher = watch(model, U)
    watcher(10)
    with torch.no_grad():
        model.first.weight[0, 0] = torch.nan
    with pytest.raises(
        Diverged, match="not finite after 20 samples. Try: lower the learning rate"
    ) as problem:
        watcher(10)
    assert (
        problem.value.run.samples.tolist() == [0, 10]
        and np.isfinite(problem.value.run.angles).all()
    )


def test_models_whose_weights_do_not_live_in_input_space_are_refused():
    nn = torch.nn
    convolution = nn.Sequential(
        nn.Unflatten(1, (1, 20)), nn.Conv1d(1, 4, 3), nn.Flatten(), nn.Linear(72, 1)
    )
    normalised = nn.Sequential(nn.LayerNorm(20), nn.Linear(20, 5))
    for model, first in (
        (convolution, "Conv1d"),
        (normalised, "LayerNorm"),
        (nn.ReLU(), "no weights"),
    ):
        with pytest.raises(ValueError, match=f"no Linear layer .*{first}.* put a Linear first"):
            watch(model, U)
    assert first_linear(nn.Sequential(nn.Flatten(), nn.Linear(20, 5)))[0] == "1"
    assert first_linear(nn.Linear(20, 5))[0] == ""
    with pytest.raises(TypeError, match="torch.nn.Module, got ndarray"):
        watch(np.ones((3, 20)), U)


def test_wrong_directions_and_counts_say_why():
    with pytest.raises(ValueError, match="same d"):
        watch(deep(), U[:, :-1])
    with pytest.raises(ValueError, match="orthonormal"):
        watch(deep(), 2 * U)
    watcher = watch(deep(), U[0])
    for n in (-1, 1.5, True, None):
        with pytest.raises(ValueError, match="not a number of samples"):
            watcher(n)


# ---- a model is looked at, not touched

nn = torch.nn


def remembered(hook_calls):
    """A model with a hook, a counter, batch norm and dropout, in training mode with gradients."""
    model = deep()
    model.first.register_forward_hook(lambda *_: hook_calls.append("forward"))
    model.first.register_forward_pre_hook(lambda *_: hook_calls.append("before"))
    model.middle[2].weight.requires_grad_(False)
    model(torch.ones(4, 20)).sum().backward()
    hook_calls.clear()
    return model


def everything(model):
    """All that training depends on."""
    values = [*model.parameters(), *model.buffers()]
    grads = [None if p.grad is None else p.grad.clone() for p in model.parameters()]
    modes = [
        (m.training, len(m._forward_hooks), len(m._forward_pre_hooks)) for m in model.modules()
    ]
    frozen = [p.requires_grad for p in model.parameters()]
    return [v.clone() for v in values], grads, modes, frozen, [id(v) for v in values]


def same(one, other):
    tensors = [
        a is b is None or (a is not None and torch.equal(a, b))
        for part in (0, 1)
        for a, b in zip(one[part], other[part], strict=True)
    ]
    return all(tensors) and one[2:] == other[2:]


LOOKS = {
    "watch": lambda model: watch(model, np.eye(1, 20)).run,
    "watch with risk": lambda model: (
        watch(model, np.eye(1, 20), risk=lambda m: m(torch.randn(4, 20)).mean()).run
    ),
    "first_linear": first_linear,
    "compress_torch": lambda model: compress_torch(model, 2).eval()(torch.zeros(2, 20)),
    "torch_ntk": lambda model: torch_ntk(model)(np.ones((2, 20))),
}


@pytest.mark.parametrize("look", LOOKS)
def test_looking_at_a_model_changes_nothing_of_it(look):
    calls = []
    model = remembered(calls)
    before, random, drawn = (
        everything(model),
        torch.get_rng_state(),
        np.random.get_state()[1].copy(),
    )
    LOOKS[look](model)
    assert same(everything(model), before) and torch.equal(torch.get_rng_state(), random)
    assert (np.random.get_state()[1] == drawn).all()
    assert calls == [] or look in (
        "watch with risk",
        "compress_torch",
    )  # there the model is called for your own purpose


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    "normalise",
    [
        nn.utils.spectral_norm,
        nn.utils.parametrizations.spectral_norm,
        nn.utils.weight_norm,
        nn.utils.parametrizations.weight_norm,
    ],
)
@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated")
def test_training_of_a_normalised_layer_goes_on_as_if_nobody_looked(look, normalise):
    """Spectral norm iterates whenever its weight is read in training mode.

    And watch sees the weight of this moment.
    """

    def trained(look):
        torch.manual_seed(0)
        model = nn.Sequential(normalise(nn.Linear(20, 6)), nn.Tanh(), nn.Linear(6, 1))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.ones(4, 20)).sum().backward()
            optimizer.step()
            look(model)
        return model

    plain, looked_at = trained(lambda model: None), trained(LOOKS[look])
    assert all(
        torch.equal(p, q) for p, q in zip(plain.parameters(), looked_at.parameters(), strict=True)
    )
    run = watch(plain, np.eye(1, 20)).run
    plain.eval()(torch.zeros(1, 20))
    assert run.singular_values[0] == pytest.approx(
        np.linalg.svd(plain[0].weight.detach().numpy())[1] / np.sqrt(6), rel=1e-5
    )


@pytest.mark.parametrize("look", LOOKS)
def test_lazy_layers_stay_lazy_and_a_lazy_first_layer_is_told(look):
    first = nn.Sequential(nn.LazyLinear(30), nn.Tanh(), nn.Linear(30, 1))
    with pytest.raises(ValueError, match="lazy.*no weights"):
        LOOKS[look](first)
    later = nn.Sequential(nn.Linear(20, 30), nn.Tanh(), nn.LazyLinear(1))
    if look not in ("torch_ntk", "watch with risk"):  # which need all layers
        LOOKS[look](later)
    assert nn.parameter.is_lazy(first[0].weight) and nn.parameter.is_lazy(later[2].weight)
    assert first(torch.zeros(2, 7)).shape == (2, 1)  # and still take any width


@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.bfloat16])
def test_what_rounding_adds_to_the_rank_counts_for_nothing(kind):
    """A matrix of rank 1, stored in a short type, has one angle.

    There is a right angle for each direction that the rank lacks.
    """
    rng = np.random.default_rng(0)
    for scale in (1e-3, 1.0, 1e3):
        W = torch.from_numpy(scale * np.outer(rng.standard_normal(40), rng.standard_normal(20))).to(
            kind
        )
        model = nn.Linear(20, 40, bias=False, dtype=kind)
        model.load_state_dict({"weight": W})
        for angles in (watch(model, U).run.angles[0], principal_angles(W, U)):
            np.testing.assert_allclose(angles[:2], [np.pi / 2] * 2, atol=1e-7)
            assert angles[2] < 1.5
    if kind is not torch.bfloat16:
        assert principal_angles(W.numpy(), U)[:2] == pytest.approx([np.pi / 2] * 2)


def test_directions_of_a_short_type_are_orthonormal_up_to_its_rounding():
    W = np.random.default_rng(1).standard_normal((5, 20))
    for kind, within in ((np.float32, 1e-6), (np.float16, 5e-3)):
        np.testing.assert_allclose(
            principal_angles(W, U.astype(kind)), principal_angles(W, U), atol=within
        )
    with pytest.raises(ValueError, match="not orthonormal"):
        principal_angles(W, (1.01 * U).astype(np.float16))
