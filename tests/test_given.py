"""given.py: what a person may give as numbers, and the sentence for what is none, at every door."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import torch

from course_utils import (
    MultiIndexModel,
    OnlineSGD,
    Settings,
    TwoLayerNet,
    kernel_ridge,
    ntk_kernel,
    principal_angles,
)
from course_utils.compression import quantise, refit_second_layer
from course_utils.estimators import ESTIMATORS
from course_utils.given import real_numbers

X = np.random.default_rng(0).standard_normal((80, 3))
y = np.tanh(2 * X[:, 0])
NET = TwoLayerNet.random(3, 5, "relu", "normal", np.random.default_rng(1))


def fed(X, y):
    sim = OnlineSGD(Settings(d=3, k=1, link="tanh", width=5), sampling="plain")
    sim.feed(X, y)
    return sim.W


WITH_LABELS = {name: e.fit for name, e in ESTIMATORS.items()}
WITH_LABELS |= {
    "feed": fed,
    "refit": lambda X, y: refit_second_layer(NET, X, y).a,
    "ridge": lambda X, y: kernel_ridge(ntk_kernel(), X, y, 0.1).coefficients,
}
INPUTS_ALONE = {
    "net": NET,
    "project": MultiIndexModel(np.eye(1, 3)).project,
    "kernel": ntk_kernel(),
    "angles": lambda X: principal_angles(X, np.eye(1, 3)),
    "int8": lambda X: quantise(X, "int8"),
}
DOORS = WITH_LABELS | {name: (lambda X, y, f=f: f(X)) for name, f in INPUTS_ALONE.items()}


def flat(found):
    return np.concatenate(
        [np.ravel(part) for part in (found if isinstance(found, tuple) else (found,))]
    )


def spoilt(place, value):
    changed = X.copy()
    changed[place] = value
    return changed


SAME = {
    "lists": (np.ndarray.tolist,) * 2,
    "pandas": (pd.DataFrame, pd.Series),
    "tensors": (torch.from_numpy,) * 2,
    "tensors with gradients": (lambda v: torch.from_numpy(v).requires_grad_(),) * 2,
    "objects": (lambda v: v.astype(object),) * 2,
    "a mask that hides nothing": (np.ma.array,) * 2,
    "Fortran order": (np.asfortranarray,) * 2,
    "long numbers": (np.longdouble,) * 2,
}
BAD_X = {
    "nan": (
        spoilt((7, 1), np.nan),
        "(row 7 holds a|W and directions must be finite; a) nan or inf",
    ),
    "inf": (
        spoilt((7, 1), -np.inf),
        "(row 7 holds a|W and directions must be finite; a) nan or inf",
    ),
    "complex": (X + 0j, "complex"),
    "text": (X.astype(str), "must hold numbers"),
    "numbers and text": (pd.DataFrame(X).assign(name="a"), "'a', which is no real number"),
    "dates": (X.astype("datetime64[s]"), "must hold numbers"),
    "a mask": (np.ma.array(X, mask=X > 2), "masked value"),
    "rows of two lengths": ([[1.0, 2, 3], [1.0, 2]], "cannot be read"),
    "nothing": (None, "finite|shape|cannot|must be"),
}
BAD_y = {
    "a column": (y[:, None], r"y\[:, 0\]"),
    "too many": (np.r_[y, 0], r"got \(81,\)"),
    "nan": (np.where(np.arange(80) == 5, np.nan, y), "row 5 holds a nan or inf"),
    "inf": (np.where(np.arange(80) == 5, np.inf, y), "row 5 holds a nan or inf"),
    "complex": (y + 1j, "complex"),
    "text": (np.sign(y).astype(str), "must hold numbers"),
    "classes": (np.where(y > 0, "yes", "no").astype(object), "'(yes|no)', which is no real number"),
    "a mask": (np.ma.array(y, mask=y > 0.5), "masked value"),
    "pandas without": (pd.Series(y).where(y > 0), "nan or inf"),
}


@pytest.mark.parametrize("form", SAME)
@pytest.mark.parametrize("door", DOORS)
def test_lists_tables_and_tensors_count_as_the_numbers_they_hold(door, form):
    of_X, of_y = SAME[form]
    np.testing.assert_allclose(
        flat(DOORS[door](of_X(X), of_y(y))), flat(DOORS[door](X, y)), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize(("bad", "reason"), BAD_X.values(), ids=BAD_X)
@pytest.mark.parametrize("door", DOORS)
def test_inputs_that_are_no_numbers_are_refused_in_a_sentence(door, bad, reason):
    with pytest.raises(ValueError, match=reason):
        DOORS[door](bad, y)


@pytest.mark.parametrize(("bad", "reason"), BAD_y.values(), ids=BAD_y)
@pytest.mark.parametrize("door", WITH_LABELS)
def test_labels_that_are_no_numbers_are_refused_in_a_sentence(door, bad, reason):
    if door == "ridge" and bad is BAD_y["a column"][0]:
        assert kernel_ridge(ntk_kernel(), X, bad, 0.1).coefficients.shape == (
            80,
            1,
        )  # one target of several
        return
    with pytest.raises(ValueError, match=reason):
        WITH_LABELS[door](X, bad)


@pytest.mark.parametrize("door", ["feed", "refit", *ESTIMATORS])
def test_truth_values_and_whole_numbers_are_labels(door):
    np.testing.assert_allclose(
        flat(DOORS[door](X, y > 0)), flat(DOORS[door](X, (y > 0).astype(float))), atol=1e-12
    )
    np.testing.assert_allclose(
        flat(DOORS[door](X, np.rint(y).astype(np.int8))),
        flat(DOORS[door](X, np.rint(y))),
        atol=1e-12,
    )


def test_real_numbers_take_every_kind_of_number_and_copies_no_float64():
    assert real_numbers(X, "X") is X
    assert real_numbers([Decimal("0.5"), 1, True, np.float16(2)], "v").tolist() == [0.5, 1, 1, 2]
    assert real_numbers(torch.tensor([1.5], dtype=torch.bfloat16), "v").tolist() == [1.5]
    assert np.isnan(real_numbers([1.0, None], "v", finite=False)[1])
    odds = [pd.NA], [1j], [b"1"], ["1"], [[1], [1, 2]], {1: 2}, iter([1.0]), torch.tensor([1j])
    for odd in odds:
        with pytest.raises(ValueError, match="^v "):
            real_numbers(odd, "v", finite=False)
