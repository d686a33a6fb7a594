"""Laws of inputs: their draws, their covariance, and the text that names them.

N(0, I_d) is the default, and its draws are those of NumPy's generator: stored notebooks rest on it.
"""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from course_utils import MultiIndexModel, Settings
from course_utils.inputs import LAWS, gaussian, input_law, law_usages

EXAMPLES = ["gaussian", "spiked:8:0.6", "hypercube", "student:9", "elliptical:9"]


@pytest.mark.parametrize("seed", [0, [3, 0xACE, 0]])
def test_draws_are_the_generators_own_row_by_row(seed):
    """Bit for bit, and the generator goes on behind them.

    The first rows do not depend on how many are asked for.
    """
    rng, twin = np.random.default_rng(seed), np.random.default_rng(seed)
    X = gaussian(7, 4, rng)
    assert X.shape == (7, 4) and np.array_equal(X, twin.standard_normal(28).reshape(7, 4))
    assert rng.random() == twin.random()
    assert np.array_equal(gaussian(3, 4, np.random.default_rng(seed)), X[:3])
    law = input_law("gaussian")
    assert np.array_equal(law.sample(7, 4, np.random.default_rng(seed)), X)


def test_a_models_samples_are_inputs_and_then_the_noise_of_their_labels():
    model, rng = MultiIndexModel(np.eye(2, 5), "chain", noise=0.3), np.random.default_rng(1)
    X, y = model.sample(6, np.random.default_rng(1))
    assert np.array_equal(X, gaussian(6, 5, rng))
    assert np.array_equal(y, model.mean(model.project(X)) + 0.3 * rng.standard_normal(6))


def spike_of(law, d):
    """A unit vector that is no coordinate axis, where the law has a spike."""
    v = np.arange(1.0, d + 1)
    return v / np.linalg.norm(v) if law.stretch else None


@pytest.mark.parametrize("text", EXAMPLES)
def test_inputs_have_mean_zero_and_the_covariance_that_the_law_says(text):
    """Within five standard errors, each measured on the same draws."""
    law, n, d = input_law(text), 60_000, 3
    v = spike_of(law, d)
    X = law.sample(n, d, np.random.default_rng(2), v)
    assert X.shape == (n, d)
    products = X[:, :, None] * X[:, None, :]
    assert (np.abs(X.mean(axis=0)) < 5 * X.std(axis=0) / np.sqrt(n)).all()
    error = np.abs(products.mean(axis=0) - law.covariance_times(np.eye(d), v))
    assert (error < 5 * products.std(axis=0) / np.sqrt(n) + 1e-12).all()


def test_each_law_has_the_shape_that_it_says():
    """Kolmogorov-Smirnov at a fixed seed; the spike's direction has variance 1 + THETA."""
    n, rng = 4000, np.random.default_rng(3)
    cube = input_law("hypercube").sample(n, 3, rng)
    assert np.array_equal(np.unique(cube), [-1.0, 1.0])
    nu = 5.0
    unit_t = stats.t(nu, scale=np.sqrt((nu - 2) / nu)).cdf
    independent, together = (
        input_law(f"{name}:5").sample(n, 2, rng) for name in ("student", "elliptical")
    )
    direction = np.array([0.6, 0.8])
    for x in (*independent.T, *together.T, together @ direction):  # round: any direction alike
        assert stats.kstest(x, unit_t).pvalue > 1e-3
    # What tells the two apart: sizes of two coordinates go together, or do not.
    assert stats.spearmanr(*np.abs(together.T)).pvalue < 1e-6
    assert stats.spearmanr(*np.abs(independent.T)).pvalue > 1e-3
    law, v = input_law("spiked:8:0.6"), np.array([0.6, 0.0, 0.8])
    X = law.sample(n, 3, rng, v)
    assert stats.kstest(X @ v / 3, "norm").pvalue > 1e-3
    assert stats.kstest(X[:, 1], "norm").pvalue > 1e-3


@pytest.mark.parametrize("text", EXAMPLES)
def test_draws_do_not_depend_on_how_they_are_asked_for(text):
    """What a law draws besides normal numbers comes row by row, too."""
    law = input_law(text)
    rngs = np.random.default_rng(4), np.random.default_rng(4)
    whole = law.draw(7, 3, rngs[0])
    parts = [law.draw(n, 3, rngs[1]) for n in (2, 5)]
    assert (whole is None) == (law.draws is None)
    assert whole is None or np.array_equal(whole, np.vstack(parts))


@pytest.mark.parametrize("text", EXAMPLES)
def test_links_see_projections_of_variance_one(text):
    """Of samples and of projections drawn alone; five standard errors.

    The two have one law: Kolmogorov-Smirnov.
    """
    s = Settings(d=6, k=2, link="chain", inputs=text, seed=5)
    target, n = s.target(), 20_000
    X, _ = target.sample(n, np.random.default_rng(6))
    both = target.project(X), target.projections(n, np.random.default_rng(7))
    for Z in both:
        assert Z.shape == (n, 2)
        assert (np.abs(Z.var(axis=0) - 1) < 5 * (Z**2).std(axis=0) / np.sqrt(n)).all()
    for column in range(2):
        assert stats.ks_2samp(*(Z[:, column] for Z in both)).pvalue > 1e-3


def test_a_spike_has_its_cosine_with_the_first_direction_and_its_law_with_the_seed():
    s = Settings(d=9, k=2, link="chain", inputs="spiked:3:-0.4", seed=1)
    target, again = s.target(), s.target()
    U, v = target.directions, target.spike
    assert np.linalg.norm(v) == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(U @ v, [-0.4, 0], atol=1e-12)
    assert np.array_equal(again.spike, v)  # asked for first: its directions are drawn before it
    assert np.array_equal(s.replace(inputs="gaussian").target().directions, U)
    other = s.replace(seed=2).target()
    assert abs(other.spike @ v) < 0.99
    given = MultiIndexModel(np.eye(2, 9), "chain", inputs="spiked:3:-0.4")
    np.testing.assert_allclose(given.spike[:2], [-0.4, 0], atol=1e-12)
    np.testing.assert_allclose(given.deviations, [np.sqrt(1 + 3 * 0.16), 1])
    assert s.replace(inputs="elliptical:3").target().spike is None


def test_a_spike_needs_room_beside_the_subspace_unless_it_lies_in_it():
    with pytest.raises(ValueError, match="inputs = 'spiked:3:0.5'.*k = d = 2.*COS = 1"):
        Settings(d=2, k=2, link="chain", inputs="spiked:3:0.5")
    s = Settings(d=2, k=2, link="chain", inputs="spiked:3:1")
    np.testing.assert_allclose(s.target().spike, s.target().directions[0])


# The text.


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("gaussian", "gaussian"),
        ("spiked:20:0.5", "spiked:20:0.5"),
        ("spiked:20.0:-0.50", "spiked:20:-0.5"),
        ("spiked:2e1:-0", "spiked:20:0"),
        ("student:3.0", "student:3"),
        ("elliptical:1e2", "elliptical:100"),
    ],
)
def test_a_text_is_read_and_written_as_short_as_can_be(text, read):
    law, s = input_law(text), Settings(d=20, k=1, link="tanh", inputs=text)
    assert law.text == read == s.inputs
    assert Settings.from_code(s.code()) == s == s.replace(inputs=read)
    assert input_law(read) == law and law.name in LAWS


def test_codes_say_the_law_only_where_it_is_not_the_default():
    assert "inputs" not in Settings().code() and "inputs" not in Settings(inputs="gaussian").code()
    assert Settings(inputs="student:3").code().endswith(" inputs=student:3")
    assert Settings.from_code("d=20 inputs=hypercube").inputs == "hypercube"


WRONG = {
    "": "one of gaussian",
    "Gaussian": "did you mean gaussian",
    "gauss": "did you mean gaussian",
    "normal": "one of gaussian",
    "gaussian:1": "gaussian takes no number; try gaussian",
    "hypercube:3": "hypercube takes no number",
    "spiked": "spiked is written spiked:THETA:COS; try spiked:20:0.5",
    "spiked:20": "spiked is written spiked:THETA:COS",
    "spiked:20:0.5:1": "spiked is written spiked:THETA:COS",
    "spiked:20,0.5": "spiked is written spiked:THETA:COS",
    "spiked 20 0.5": "did you mean spiked:THETA:COS",
    "spiked:-1:0.5": "THETA = -1, but it must be a number from 0 to 1000000",
    "spiked:20:1.5": "COS = 1.5, but it must be a number from -1 to 1",
    "spiked:a:0.5": "THETA = 'a', which is no number",
    "spiked:20:": "COS = '', which is no number",
    "spiked:2**9:0": r"THETA = '2\*\*9', which is no number",
    "student:2": "NU = 2, but it must be a number from 2.1",
    "student:nan": "NU = 'nan', which is no number",
    "student:inf": "NU = 'inf', which is no number",
    "student:1e999": "NU = 1e999, but it must be",
    "student:\u0663": "which is no number",
    "student: 3": "NU = ' 3', which is no number",
    "elliptical:0": "NU = 0, but it must be",
    "__import__('os').getpid()": "one of gaussian",
    "hypercube\n": "did you mean hypercube",
    "x" * 5000: "xxx.*one of gaussian",
}


@pytest.mark.parametrize(("text", "said"), WRONG.items(), ids=[repr(t)[:20] for t in WRONG])
def test_a_wrong_text_gets_one_sentence_that_says_what_is_wrong_and_what_to_try(text, said):
    with pytest.raises(ValueError, match=f"^inputs = .*{said}") as problem:
        Settings(inputs=text)
    message = str(problem.value)
    assert all(usage in message for usage in law_usages()) or "try " in message
    assert len(message) < 400 and "\n" not in message
    assert type(problem.value) is ValueError


@pytest.mark.parametrize("value", [None, 3, b"gaussian", ["hypercube"], True])
def test_a_law_that_is_no_text_is_a_type_error(value):
    with pytest.raises(TypeError, match=r"^inputs must be one of gaussian, spiked:THETA:COS"):
        Settings(inputs=value)


@pytest.mark.parametrize("name", LAWS)
def test_a_record_is_frozen_and_says_what_it_is(name):
    law = LAWS[name]
    with pytest.raises(dataclasses.FrozenInstanceError):
        law.values = (1.0,)
    assert law.meaning and (law.breaks == "") == (name == "gaussian")


def test_only_standard_laws_are_those_on_which_the_theory_rests():
    """A spike of no height is none."""
    assert input_law("gaussian").standard and input_law("spiked:0:0.5").standard
    assert not any(input_law(text).standard for text in EXAMPLES[1:])
