"""Each activation and loss is one record, right in all its parts.

One more is one record more, and everything works with it.
"""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from drawings import wait
from scipy.special import ndtr
from scipy.stats import kstest

from course_utils import (
    OnlineSGD,
    Settings,
    TwoLayerNet,
    assumptions,
    compress,
    ntk_kernel,
    online_sgd,
    predict,
    sgd_steps,
)
from course_utils.activations import ACTIVATIONS, Activation
from course_utils.engine.blocked import blocked_steps_numpy, outputs_numpy, outputs_of, steps_of
from course_utils.inputs import LAWS, InputLaw
from course_utils.kernels import empirical_ntk, ntk_rates
from course_utils.labs.subspace import PRESETS, SubspaceLab
from course_utils.losses import LOSSES, Loss
from course_utils.texts import Parameter

T = np.linspace(-6, 6, 1201) + 0.0037  # no point on a kink
Y = np.array([-1.0, 1.0])[:, None]


def _gelu_at(t):
    phi = 0.3989422804014327 * math.exp(-0.5 * t * t)
    cdf = 0.5 * (1.0 + math.erf(t * 0.7071067811865476))
    return t * cdf, cdf + t * phi


def _density(t):
    return np.exp(-t * t / 2) / math.sqrt(2 * math.pi)


GELU = Activation(
    formula="t Phi(t)",
    value=lambda t: t * ndtr(t),
    slope=lambda t: ndtr(t) + t * _density(t),
    curvature=lambda t: (2 - t * t) * _density(t),
    at=_gelu_at,
    largest_slope=1.12898,
    largest_curvature=2 / math.sqrt(2 * math.pi),
    module=torch.nn.GELU,
)


def _pseudo_huber_at(yhat, y):
    return (yhat - y) / math.sqrt(1.0 + (yhat - y) ** 2)


PSEUDO_HUBER = Loss(
    formula="sqrt(1 + r^2) - 1",
    value=lambda yhat, y: np.sqrt(1 + (yhat - y) ** 2) - 1,
    slope=lambda yhat, y: (yhat - y) / np.sqrt(1 + (yhat - y) ** 2),
    curvature=lambda yhat, y: (1 + (yhat - y) ** 2) ** -1.5,
    at=_pseudo_huber_at,
    largest_slope=1.0,
    largest_curvature=1.0,
    lets_through="softly clipped label",
)


@pytest.fixture(autouse=True)
def one_more_of_each(monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "gelu", GELU)
    monkeypatch.setitem(LOSSES, "pseudo_huber", PSEUDO_HUBER)


@pytest.fixture
def new():
    """Settings with both."""
    chosen = dict(link="tanh", activation="gelu", loss="pseudo_huber")
    return Settings(d=30, k=1, width=40, weight_decay=0.3, step=0.3, **chosen)


# every record


def slope_of(f, h=1e-5):
    """Central differences; their error for these functions is below 1e-9."""
    return (f(T + h) - f(T - h)) / (2 * h)


@pytest.mark.parametrize("name", [*ACTIVATIONS, "gelu"])
def test_an_activation_is_right_in_all_its_parts(name):
    record = ACTIVATIONS[name]
    np.testing.assert_allclose(record.slope(T), slope_of(record.value), atol=1e-8)
    np.testing.assert_allclose(record.curvature(T), slope_of(record.slope), atol=1e-8)
    np.testing.assert_allclose(
        [record.at(t) for t in T], np.c_[record.value(T), record.slope(T)], atol=1e-14
    )
    # softplus: at infinity
    assert np.abs(record.slope(T)).max() == pytest.approx(record.largest_slope, abs=3e-3)
    assert np.abs(record.curvature(T)).max() == pytest.approx(record.largest_curvature, abs=3e-4)
    jump = record.slope(np.array(1e-9)) - record.slope(np.array(-1e-9))
    assert jump == pytest.approx(record.jump, abs=1e-6)
    outputs = record.module()(torch.tensor(T))
    np.testing.assert_allclose(outputs, record.value(T), atol=1e-12)


@pytest.mark.parametrize("name", [*LOSSES, "pseudo_huber"])
def test_a_loss_is_right_in_all_its_parts(name):
    record = LOSSES[name]
    np.testing.assert_allclose(
        record.slope(T, Y), slope_of(lambda t: record.value(t, Y)), atol=1e-8
    )
    np.testing.assert_allclose(
        record.curvature(T, Y) + 0 * Y, slope_of(lambda t: record.slope(t, Y)), atol=1e-8
    )
    for y in (-1.0, 1.0):
        np.testing.assert_allclose([record.at(t, y) for t in T], record.slope(T, y), atol=1e-14)
    assert (record.curvature(T, Y) >= 0).all()  # convex
    assert np.abs(record.curvature(T, Y)).max() == pytest.approx(record.largest_curvature, abs=1e-3)
    far = np.abs(record.slope(np.array([-1e6, 1e6]), Y)).max()
    if math.isfinite(record.largest_slope):
        assert far == pytest.approx(record.largest_slope, rel=1e-6)
    else:
        assert far > 1e5


# one record more


def test_one_more_of_each_is_a_choice_a_code_and_a_sentence(new):
    assert Settings.from_code(new.code()) == new
    with pytest.raises(ValueError, match="relu, tanh, erf, softplus, gelu"):
        Settings(activation="nonsense")
    lamps = {lamp.name: lamp for lamp in assumptions(new.replace(weight_decay=1.0))}
    assert lamps["decay above threshold"].holds
    assert "softly clipped label" in lamps["first Hermite coefficient not zero"].text


def test_it_is_trained_by_the_gradient_that_torch_finds(new):
    rng = np.random.default_rng(0)
    target, net = new.build()
    X, y = target.sample(70, rng)
    expected = torch.tensor(net.W, requires_grad=True)
    a, b, inputs, labels = map(torch.tensor, (net.a, net.b, X, y))
    for x, label in zip(inputs, labels, strict=True):
        residual = a @ torch.nn.functional.gelu(expected @ x + b) - label
        (gradient,) = torch.autograd.grad(torch.sqrt(1 + residual**2) - 1, expected)
        expected = ((1 - 0.02) * expected - new.width * 0.02 * gradient).detach().requires_grad_()
    W = net.W.copy()
    assert sgd_steps(W, net.a, net.b, X, y, 0.02, 1.0, "gelu", "pseudo_huber") == -1
    np.testing.assert_allclose(W, expected.detach().numpy(), atol=1e-10)


def test_it_learns_and_its_perpendicular_part_is_predicted(new):
    """The prediction averages over 2,000 samples at each look: within 15 %, as for the others."""
    run = online_sgd(new, samples=6000, checkpoints=60)
    assert np.degrees(run.angles[-1, 0]) < 15
    assert predict(run)[-1] == pytest.approx(run.perpendicular[-1], rel=0.15)


def test_it_is_compressed_exported_and_read_back(new):
    sim = OnlineSGD(new)
    sim.advance(2000)
    X = np.random.default_rng(1).standard_normal((50, new.d))
    np.testing.assert_allclose(compress(sim.net)(X), sim.net(X), atol=1e-12)
    model = sim.net.to_torch()
    np.testing.assert_allclose(
        model(torch.tensor(X)).detach().numpy()[:, 0], sim.net(X), atol=1e-12
    )
    assert TwoLayerNet.from_torch(model).activation == "gelu"


def test_its_kernel_is_that_of_a_wide_network(new):
    """40,000 neurons: deviations of about 1 / sqrt(40,000), five of them."""
    net = new.replace(width=40_000).build()[1]
    X = np.random.default_rng(2).standard_normal((4, new.d))
    infinite, finite = ntk_kernel("gelu")(X), empirical_ntk(net, rates=ntk_rates(net))(X)
    np.testing.assert_allclose(finite, infinite, atol=0.025 * np.abs(infinite).max())


# loops in NumPy, for where there is no Numba


@pytest.mark.parametrize("activation", [*ACTIVATIONS, "gelu"])
@pytest.mark.parametrize("loss", [*LOSSES, "pseudo_huber"])
def test_blocks_in_numpy_are_the_compiled_ones(activation, loss):
    rng = np.random.default_rng(3)
    net = TwoLayerNet.random(9, 12, activation, "normal", rng)
    X, y, steps = rng.standard_normal((70, 9)), np.sign(rng.standard_normal(70)), np.full(70, 0.05)
    steps[40] = 2.0  # overshoots: a block of its own
    records = ACTIVATIONS[activation], LOSSES[loss]
    compiled, plain = net.W.copy(), net.W.copy()
    assert steps_of(activation, loss)(compiled, net.a, net.b, X, y, steps, 0.5) == -1
    assert blocked_steps_numpy(*records, plain, net.a, net.b, X, y, steps, 0.5) == -1
    np.testing.assert_allclose(plain, compiled, atol=1e-13)
    outputs = outputs_of(activation)(compiled, net.a, net.b, X)
    np.testing.assert_allclose(
        outputs_numpy(ACTIVATIONS[activation], compiled, net.a, net.b, X), outputs, atol=1e-14
    )


def test_an_unknown_name_raises_also_where_code_is_compiled():
    for names in (("nonsense", "huber"), ("relu", "nonsense"), (0, "huber")):
        with pytest.raises(KeyError):
            steps_of(*names)
    with pytest.raises(ValueError, match="must be one of relu, tanh"):
        one, rows = np.ones(2), np.ones((2, 2))
        sgd_steps(rows, one, one, rows[:1], one[:1], 0.1, 0.1, "nonsense")


# a link and a preset: what else shows them is made when its module is imported, so the record is
# added before

ONE_MORE_LINK = """
import math
import numpy as np
from course_utils.links import LINKS, Link

LINKS["sine"] = Link(
    name="sine", formula="sin z", function=lambda Z: np.sin(Z[:, 0]), k_range=(1, 1),
    default_k=1, monotone=False, exponent=lambda k: 1, variance=lambda k: (1 - math.exp(-2)) / 2,
    meaning="bounded, oscillates",
)
"""
IT_IS_USED = """
import pickle
from course_utils import Settings, assumptions, hermite_coefficients, information_exponent
from course_utils import online_sgd, predict
from course_utils.labs import ntk, hermite
from course_utils.labs.controls import field_widget

settings = Settings.from_code("d=30 link=sine width=40 weight_decay=0.3 step=0.1 activation=tanh")
assert Settings.from_code(settings.code()) == settings == settings.replace(link=LINKS["sine"])
assert settings.k == 1
assert pickle.loads(pickle.dumps(settings.target())).link is LINKS["sine"]
c = hermite_coefficients("sine", 60)
assert abs(c[1] - math.exp(-0.5)) < 1e-12 and abs(c @ c - LINKS["sine"].variance(1)) < 1e-9
assert information_exponent("sine") == LINKS["sine"].exponent(1)
run = online_sgd(settings, samples=6000, checkpoints=60)
assert np.degrees(run.angles[-1, 0]) < 15, np.degrees(run.angles[-1, 0])
# on its way; the floor is reached later
assert abs(predict(run)[40] / run.perpendicular[40] - 1) < 0.05
lamps = {lamp.name: lamp for lamp in assumptions(settings)}
assert lamps["first Hermite coefficient not zero"].holds
assert ("sine: sin z", "sine") in field_widget("link", settings).options
assert "sine" in hermite.KNOWN and "sine" in ntk.KNOWN
"""


def test_one_more_link_is_one_record():
    """Codes, training, prediction, lamps, Hermite coefficients and the menus of labs."""
    program = [sys.executable, "-c", ONE_MORE_LINK + IT_IS_USED]
    done = subprocess.run(program, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


ONE_MORE_PRESET = """
from course_utils import labs

for made in (getattr(labs, name) for name in labs.__all__):
    if hasattr(made, "presets"):
        (settings, _, *knobs), *_ = made.presets.values()
        told = "One more sentence that says what to watch."
        made.presets["one more"] = (settings, told, *knobs)
"""
MENUS = "controls_of or knobs_of or offer_what or presets_of or sentence_of_its_own"


def test_no_test_of_a_lab_keeps_a_list_that_one_more_link_or_preset_must_enter(tmp_path):
    """The tests of menus and presets pass with one more link, and one more preset in each lab."""
    (tmp_path / "one_more.py").write_text(ONE_MORE_LINK + ONE_MORE_PRESET)
    here = Path(__file__).parent
    places = os.pathsep.join([str(tmp_path), str(here.parent), os.environ.get("PYTHONPATH", "")])
    labs = ("labs", "gap_lab", "single_index_lab", "drawings_panels", "drawings_ntk")
    labs += ("drawings_compression",)
    program = [sys.executable, "-m", "pytest", "-q", "-p", "one_more", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*program, "-k", MENUS, *(str(here / f"test_{name}.py") for name in labs)],
        env=os.environ | {"PYTHONPATH": places},
        cwd=here.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_one_more_preset_is_one_entry(monkeypatch):
    """It stands in the lab's menu; chosen there, its settings run."""
    shown = Settings(d=20, k=2, width=20, noise=0.7)
    monkeypatch.setitem(PRESETS, "mine", (shown, "My own sentence."))
    lab = SubspaceLab(Settings(d=20, k=2, width=20))
    try:
        assert ("mine", "mine") in lab.preset.options
        lab.preset.value = "mine"
        wait(lambda: lab.settings == shown)
        lab.actor.order("step")
        wait(lambda: lab.session.samples > 0 or lab.errors)
        assert lab.settings == shown and lab.preset.value == "mine"
    finally:
        lab.close()
    lab.raise_errors()


def test_one_more_law_of_inputs_is_one_record(monkeypatch):
    """Texts, codes, errors, samples, training and test risk; coordinates uniform on +-sqrt 3."""
    shape = lambda G, drawn, scale: scale * math.sqrt(12) * (ndtr(G) - 0.5)  # noqa: E731
    scale = Parameter("SCALE", 1.0, 1.0, 1.0)
    law = InputLaw("box", "uniform coordinates", "it breaks", False, (scale,), shape=shape)
    monkeypatch.setitem(LAWS, "box", law)
    settings = Settings(d=30, k=1, link="tanh", width=20, weight_decay=0.5, inputs="box:1")
    assert Settings.from_code(settings.code()) == settings
    with pytest.raises(ValueError, match="elliptical:NU, box:SCALE"):
        Settings(inputs="nonsense")
    X, _ = settings.target().sample(4000, np.random.default_rng(0))
    assert kstest(X.ravel()[::29], "uniform", (-math.sqrt(3), 2 * math.sqrt(3))).pvalue > 1e-3
    sim = OnlineSGD(settings)
    sim.advance(6000)
    assert np.abs(sim.test_set(1000)[0]).max() < math.sqrt(3)
    assert np.degrees(sim.snapshot().angles[0]) < 15
