"""watch.py: a loop of one's own gives the Run that online_sgd gives, and the model does not notice."""

import numpy as np
import pytest

from course_utils import Diverged, OnlineSGD, Run, Settings, principal_angles, split_norms
from course_utils.watch import GROWTH, first_linear, watch

torch = pytest.importorskip("torch")
U = np.linalg.qr(np.random.default_rng(0).standard_normal((20, 3)))[0].T


def deep(d=20):
    """Linear first, then what real models have; registered in another order than it is called."""

    class Deep(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.last = torch.nn.Linear(30, 1)
            self.middle = torch.nn.Sequential(torch.nn.BatchNorm1d(30), torch.nn.ReLU(), torch.nn.Linear(30, 30))
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
    """Algorithm 1 by torch's SGD on batches of one, lr = m et and weight decay lam / m (mathematics.md section 1)."""
    s = Settings(d=20, k=3, width=10, step=0.5)
    target, net = s.build()
    X, y = target.sample(200, np.random.default_rng(1))
    model = net.to_torch()
    watcher = watch(model, target.directions)
    optimizer = torch.optim.SGD([model[0].weight], lr=s.width * s.step / s.d, weight_decay=s.weight_decay / s.width)
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
            # rounding of 200 steps in another order; angles near 0 have half the digits, neurons are float32
            np.testing.assert_allclose(getattr(theirs, name), getattr(ours, name), atol=1e-6, err_msg=name)
    assert np.allclose(watcher.run.net.W, sim.W, atol=1e-12)


def test_any_depth_and_optimiser_and_the_layer_that_is_called_first():
    model = deep()
    assert first_linear(model)[0] == "first"
    watcher = watch(model, torch.tensor(U))
    train(model, watcher, 40)
    run, W = watcher.run, model.first.weight.detach().double().numpy()
    assert isinstance(run, Run) and run.samples[0] == 0 and run.samples[-1] == 640 and run.net is None
    np.testing.assert_allclose(run.angles[-1], principal_angles(W, U), atol=1e-6)
    assert (run.parallel[-1], run.perpendicular[-1]) == pytest.approx(split_norms(W, U))
    np.testing.assert_allclose(run.singular_values[-1], np.linalg.svd(W)[1][:8] / np.sqrt(30), rtol=1e-6)
    assert run.neurons.shape == (len(run), 30, 3)


def test_lbfgs_counts_what_it_is_told_not_how_often_it_evaluates():
    model = torch.nn.Sequential(torch.nn.Linear(20, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1, bias=False))
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
    assert [m.training for m in model.modules()] == modes and torch.equal(torch.get_rng_state(), random)
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
    samples = watcher.run.samples  # of every measurement that was made, and a call that measures nothing costs next to nothing
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
    assert run.settings.summary() == "d=20 k=3 width=30 (your own model and training loop)" in run.to_csv()
    assert "noise" not in repr(run.settings)
    assert "After 0 samples" in run.sentence() and len(run.table().splitlines()) == 2 and len(run.frame()) == 1
    for forbidden in (run.settings.code, run.settings.build):
        with pytest.raises(ValueError, match="own"):
            forbidden()


def test_a_loop_that_explodes_is_told_and_keeps_what_was_recorded():
    model = deep()
    watcher = watch(model, U)
    watcher(10)
    with torch.no_grad():
        model.first.weight[0, 0] = torch.nan
    with pytest.raises(Diverged, match="not finite after 20 samples. Try: lower the learning rate") as problem:
        watcher(10)
    assert problem.value.run.samples.tolist() == [0, 10] and np.isfinite(problem.value.run.angles).all()


def test_models_whose_weights_do_not_live_in_input_space_are_refused():
    nn = torch.nn
    convolution = nn.Sequential(nn.Unflatten(1, (1, 20)), nn.Conv1d(1, 4, 3), nn.Flatten(), nn.Linear(72, 1))
    normalised = nn.Sequential(nn.LayerNorm(20), nn.Linear(20, 5))
    for model, first in ((convolution, "Conv1d"), (normalised, "LayerNorm"), (nn.ReLU(), "no weights")):
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
