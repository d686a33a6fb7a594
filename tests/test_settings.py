"""Settings: bad values are refused in words; the settings code is a faithful, strict text form."""

import dataclasses
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from course_utils import LINKS, Settings
from course_utils.settings import BIAS, CHOICES, REAL, WHOLE

NAN, INF = float("nan"), float("inf")
few = hypothesis_settings(max_examples=100, deadline=None, derandomize=True)

OUT_OF_RANGE = [
    *[
        (name, value)
        for name, (low, high) in WHOLE.items()
        for value in (low - 1, high + 1, -(10**6), 10**5000)
    ],
    *[
        (name, value)
        for name, (low, high) in REAL.items()
        for value in (-1e-12, -1, np.nextafter(high, INF), 10**5000)
    ],
    *[
        (name, value)
        for name in (*WHOLE, *REAL)
        for value in (NAN, INF, -INF, np.float64("nan"), np.float32("inf"))
    ],
    *[
        (name, value)
        for name in CHOICES
        for value in ("", "nonsense", "RELU", " huber", "relu\n", "x" * 500)
    ],
    *[("link", value) for value in ("", "nonsense", "Tanh", "__import__('os')", "tanh ", "z")],
    ("step", 0),
    ("step", 0.0),
]
WRONG_TYPE = [
    *[
        (name, value)
        for name in WHOLE
        for value in (5.0, 5.5, "5", True, False, [5], {5}, 5j, np.array([5]), b"5")
    ],
    *[(name, None) for name in WHOLE if name != "k"],
    *[(name, Fraction(5, 2)) for name in WHOLE],
    *[
        (name, value)
        for name in REAL
        for value in ("0.1", True, None, [0.1], 1j, np.array([0.1]), b"1")
    ],
    *[(name, value) for name in CHOICES for value in (None, True, ["relu"], b"relu", len)],
    *[(name, 0) for name in CHOICES if name != "bias"],
    *[("link", value) for value in (None, 0, True, ["tanh"], b"tanh", np.zeros(3))],
]


def shown(name):
    """The way in which the allowed values of a field appear in its error messages."""
    if name in WHOLE:
        return [str(bound) for bound in WHOLE[name]]
    if name in REAL:
        return [f"{bound:g}" for bound in REAL[name]]
    return list(CHOICES.get(name, LINKS))


def can_be_written(value):
    """Python writes whole numbers of up to 4300 digits only; the messages give up at 30."""
    return not isinstance(value, int) or abs(value) < 10**30


@pytest.mark.parametrize(
    ("name", "value"), OUT_OF_RANGE, ids=lambda v: repr(v)[:20] if can_be_written(v) else "huge"
)
def test_a_value_out_of_range_is_a_value_error_that_names_field_value_and_range(name, value):
    with pytest.raises(ValueError, match=f"^{name} = ") as problem:
        Settings(**{name: value})
    message = str(problem.value)
    assert all(text in message for text in shown(name))
    if can_be_written(value):
        assert (repr(value) if isinstance(value, str) else str(value)) in message


@pytest.mark.parametrize(("name", "value"), WRONG_TYPE, ids=repr)
def test_a_value_of_the_wrong_type_is_a_type_error_that_names_field_value_and_range(name, value):
    with pytest.raises(TypeError, match=f"^{name} must be ") as problem:
        Settings(**{name: value})
    message = str(problem.value)
    assert all(text in message for text in shown(name))
    assert repr(value) in message and type(value).__name__ in message


@pytest.mark.parametrize("d", [1, 3, 20])
def test_more_directions_than_dimensions_is_refused(d):
    with pytest.raises(ValueError, match=f"k = {d + 1} is impossible with d = {d}.*1 <= k <= d"):
        Settings(d=d, k=d + 1, link="none")
    assert Settings(d=d, k=d, link="none").k == d


@pytest.mark.parametrize("name", LINKS)
def test_k_must_fit_the_link_and_the_message_offers_links_that_fit(name):
    low, high = LINKS[name].k_range
    for k in (low, high):
        assert Settings(d=100, k=k, link=name).k == k
    if high < 50:
        with pytest.raises(
            ValueError, match=rf"k = {high + 1} does not fit the link '{name}'.*chain"
        ):
            Settings(d=100, k=high + 1, link=name)


@pytest.mark.parametrize("name", LINKS)
def test_k_left_out_is_the_links_own(name):
    assert Settings(link=name).k == LINKS[name].default_k
    assert Settings(link=name, d=1).k == 1


def test_numpy_numbers_and_whole_reals_are_accepted_and_stored_plainly():
    s = Settings(d=np.int64(50), k=np.int8(2), noise=np.float32(0.5), step=1, seed=np.uint64(7))
    assert [type(getattr(s, f.name)) for f in dataclasses.fields(s)][:3] == [int, int, float]
    assert (s.d, s.k, s.noise, s.step, s.seed) == (50, 2, 0.5, 1.0, 7)
    assert type(s.step) is float and type(s.seed) is int


def test_settings_are_frozen_equal_by_value_hashable_and_picklable():
    s = Settings(d=30, seed=3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        s.d = 40
    assert (
        s == Settings(d=30, seed=3)
        and hash(s) == hash(Settings(d=30, seed=3))
        and s != Settings(d=30)
    )
    assert pickle.loads(pickle.dumps(s)) == s


def test_replace_checks_like_a_new_one():
    s = Settings(d=30).replace(noise=0.7, d=40)
    assert (s.d, s.noise, s.k) == (40, 0.7, 3)
    with pytest.raises(ValueError, match="no field 'nois'.*noise"):
        s.replace(nois=1)
    with pytest.raises(ValueError, match="k = 3 is impossible with d = 2"):
        s.replace(d=2)
    with pytest.raises(TypeError, match="^d must be"):
        s.replace(d="40")


@st.composite
def valid_settings(draw):
    link = draw(st.sampled_from(list(LINKS)))
    low, high = LINKS[link].k_range
    k = draw(st.integers(low, high))
    real = {name: draw(st.floats(*bounds)) for name, bounds in REAL.items()}
    choice = {name: draw(st.sampled_from(list(allowed))) for name, allowed in CHOICES.items()}
    choice["bias"] = draw(st.sampled_from([*CHOICES["bias"], draw(st.floats(*BIAS))]))
    number = draw(st.floats(2.1, 1e6))
    laws = ["gaussian", "hypercube", f"student:{number!r}", f"elliptical:{number!r}"]
    choice["inputs"] = draw(st.sampled_from(laws))
    choice["directions"] = draw(st.sampled_from(["random", "axis", "sparse:1"]))
    return Settings(
        d=draw(st.integers(k, WHOLE["d"][1])),
        k=k,
        link=link,
        width=draw(st.integers(*WHOLE["width"])),
        seed=draw(st.integers(*WHOLE["seed"])),
        **real,
        **choice,
    )


@few
@given(valid_settings())
@example(Settings(noise=-0.0, weight_decay=5e-324, step=1e-9))
@example(Settings(seed=2**63 - 1, noise=100, weight_decay=1e3, d=10**9, width=10**5))
def test_the_settings_code_round_trips_exactly(s):
    """No tolerance: floats are written with as many digits as they need.

    Any order of the parts, any white space.
    """
    code = s.code()
    assert Settings.from_code(code) == s
    assert "\n" not in code and len(code) < 300
    assert Settings.from_code("\n\t " + "   ".join(reversed(code.split())) + " \n") == s
    assert s.summary() == code


def test_fields_left_out_keep_their_defaults():
    assert Settings.from_code("") == Settings.from_code(" \n\t") == Settings()
    assert Settings.from_code("d=20 link=he3") == Settings(d=20, link="he3")


WRITTEN = [
    "d = 50, k=2",
    "`d=50 k=2`",
    "\u201cd=50 k=2\u201d",
    "\u2018d=50\u2019; k= 2",
    "d=50,k =2,",
    "\u00abd\u00a0=\u00a050\u00bb \"k='2'\"",
    "\ufeffd=50\n k=2\u200b",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_code_may_be_written_as_people_write_and_programs_print(text):
    assert Settings.from_code(text) == Settings(d=50, k=2)


def test_a_code_changes_of_given_settings_only_what_it_names():
    base = Settings(d=70, k=3, noise=0.3, width=30, step=0.2, bias="away", seed=9)
    assert Settings.from_code("", base) == base
    assert Settings.from_code("noise=0.5, d=20", base) == base.replace(noise=0.5, d=20)
    assert Settings.from_code("link=chain", base) == base
    for link, k in (("tanh", 1), ("product", 2)):  # k follows a new link
        assert Settings.from_code(f"link={link}", base) == base.replace(link=link, k=k)
    assert Settings.from_code("link=product k=3", base) == base.replace(link="product")
    law = base.replace(inputs="hypercube", start=2.0)
    assert Settings.from_code(base.code(), law) == base  # a whole code says all
    own = base.replace(link=first_column)
    assert Settings.from_code("d=30", own) == own.replace(d=30)
    with pytest.raises(ValueError, match="k = 3 is impossible with d = 2"):
        Settings.from_code("d=2", base)


HOSTILE = {
    "too long": "d=20 " * 500,
    "too long in one part": "link=" + "x" * 10_000,
    "duplicate": "d=20 k=1 d=30",
    "equal duplicate": "d=20 d=20",
    "unknown name": "depth=3",
    "dunder name": "__class__=3",
    "method name": "code=3",
    "no value": "d",
    "empty value": "d=",
    "empty name": "=3",
    "two equals": "d=20=30",
    "two equals in a row": "d==20",
    "comma in a number": "d=10,000",
    "decimal comma": "noise=0,5",
    "call": "__import__('os').system('true')",
    "call as value": "d=__import__('os').getpid()",
    "call as link": "link=__import__('os').getpid",
    "own function": "link=function:<lambda>",
    "inf": "noise=inf",
    "nan": "noise=nan",
    "nan whole": "d=nan",
    "negative": "d=-1",
    "negative real": "noise=-1",
    "plus": "d=+20",
    "float for a whole number": "d=20.0",
    "exponent for a whole number": "d=1e2",
    "underscore": "d=1_000",
    "hexadecimal": "d=0x10",
    "arabic-indic digits": "d=\u0662\u0660",
    "fullwidth digits": "noise=\uff10.\uff15",
    "superscript": "d=2\u00b2",
    "fraction": "noise=1/2",
    "huge exponent": "noise=1e999",
    "huge number": "d=" + "9" * 19,
    "many digits": "d=" + "9" * 900,
    "none": "k=None",
    "out of range": "d=0",
    "k above d": "d=3 k=4",
    "k does not fit": "link=tanh k=2",
    "null byte": "d=20\x00",
    "markup": "<b>d=20</b>",
    "capital": "D=20",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_settings_code_is_refused_in_one_readable_sentence(text):
    with pytest.raises(ValueError) as problem:
        Settings.from_code(text)
    assert 20 < len(str(problem.value)) < 2500
    assert (
        type(problem.value) is ValueError
    )  # not a subclass from deep inside, such as UnicodeError


@few
@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from([*"dk=-.e", "=", " ", "link", "9"])).map("".join)
)
def test_no_text_makes_the_parser_fail_in_another_way(text):
    try:
        s = Settings.from_code(text)
    except ValueError:
        return
    assert Settings.from_code(s.code()) == s


@pytest.mark.parametrize("value", [None, 3, b"d=20", ["d=20"]])
def test_a_settings_code_must_be_text(value):
    with pytest.raises(TypeError, match="settings code is text"):
        Settings.from_code(value)


def first_column(Z):
    return Z[:, 0]


def test_an_own_link_has_no_code_but_a_summary():
    s = Settings(link=first_column, k=2)
    with pytest.raises(ValueError, match="first_column.*line of text cannot carry"):
        s.code()
    assert "link=function:first_column" in s.summary()
    assert Settings(link=first_column).k == 1


BAD_LINKS = {
    "a matrix": (lambda Z: Z, r"shape \(16, 2\)"),
    "one number": (lambda Z: 1.0, r"shape \(\)"),
    "nothing": (lambda Z: None, r"shape \(\)"),
    "text": (lambda Z: ["a"] * len(Z), "failed on .* ValueError"),
    "raises": (lambda Z: 1 / 0, "failed on .* ZeroDivisionError"),
    "third of two columns": (lambda Z: Z[:, 2], "failed on .* IndexError"),
    "takes no argument": (lambda: 0, "failed on .* TypeError"),
    "nan": (lambda Z: Z[:, 0] * math.nan, "not finite"),
    "inf": (lambda Z: Z[:, 0] * math.inf, "not finite"),
}


@pytest.mark.parametrize(("function", "reason"), BAD_LINKS.values(), ids=BAD_LINKS)
def test_an_own_link_that_cannot_work_is_refused_at_once(function, reason):
    with pytest.raises(ValueError, match=f"your link.*{reason}"):
        Settings(link=function, k=2)


@few
@given(valid_settings().map(lambda s: s.seed))
def test_generators_of_one_seed_are_independent_streams_and_repeatable(seed):
    s = Settings(seed=seed)
    draws = {name: rng.random() for name, rng in s.generators().items()}
    assert len(set(draws.values())) == len(draws)
    assert draws == {name: rng.random() for name, rng in reversed(s.generators().items())}


NUMBERS_AS_BIAS = [0.001, 0.5, 1, np.float32(2.0), 1000]


@pytest.mark.parametrize("bias", NUMBERS_AS_BIAS)
def test_a_number_as_bias_is_its_size_with_a_random_sign(bias):
    s = Settings(d=5, k=1, link="tanh", width=200, bias=bias)
    b = s.build()[1].b
    assert type(s.bias) is float and np.array_equal(np.unique(b), [-s.bias, s.bias])
    assert 60 < (b > 0).sum() < 140  # five standard deviations around 100
    assert Settings.from_code(s.code()) == s and f"bias={s.bias!r}" in s.code()


def test_a_bias_that_cannot_be_says_what_can():
    for value in (-1, 1e-4, 1001, NAN, INF):
        with pytest.raises(ValueError, match=r"^bias = .* must be a number from 0.001 to 1000"):
            Settings(bias=value)
    with pytest.raises(ValueError, match="^bias = 0 is written bias='none'"):
        Settings(bias=0)
    with pytest.raises(ValueError, match="bias = '0.5x' is unknown.*, or a number from 0.001"):
        Settings.from_code("bias=0.5x")


def test_start_is_the_norm_of_rows_and_changes_nothing_else():
    """Rows of N(0, I/d) have a norm of 1 within 1 / sqrt(2 d), five of them."""
    s = Settings(d=5000, k=1, link="tanh", width=20)
    plain, large = (s.replace(start=start).build()[1] for start in (1.0, 3.0))
    assert np.array_equal(large.W, 3.0 * plain.W) and np.array_equal(large.b, plain.b)
    assert np.abs(np.linalg.norm(large.W, axis=1) / 3 - 1).max() < 5 / np.sqrt(2 * 5000)
    assert "start" not in s.code() and s.replace(start=3).code().endswith(" start=3.0")


def test_a_code_of_old_has_its_old_meaning():
    """What a code did not say when laws, directions and start were not fields yet."""
    s = Settings.from_code("d=50 k=1 noise=0.1 link=tanh width=30 bias=away seed=3")
    assert (s.inputs, s.directions, s.start, s.bias) == ("gaussian", "random", 1.0, "away")
    assert s.code() == (
        "d=50 k=1 noise=0.1 link=tanh width=30 activation=relu loss=huber weight_decay=0.05 "
        "step=0.1 schedule=constant bias=away seed=3"
    )
