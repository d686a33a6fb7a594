"""Samples against dimension: what is stored is what the script makes, and what it shows."""

import math

import numpy as np
import pandas as pd
import pytest

import course_utils.sample_complexity.__main__ as script
from course_utils.levels import half_way
from course_utils.sample_complexity import (
    COLUMNS,
    DIMENSIONS,
    LINKS,
    crossings,
    exponent,
    kernel_samples,
    level_of,
    measure,
    measured,
    predicted,
    settings_of,
)
from course_utils.sample_complexity.measuring import checkpoints

STORED = measured()


def test_the_stored_table_is_whole():
    assert tuple(STORED.columns) == COLUMNS
    for d, seeds in DIMENSIONS.items():
        for link, most in LINKS.items():
            rows = STORED[(STORED.d == d) & (STORED.link == link)]
            for seed in range(seeds):
                found = rows[rows.seed == seed].samples.to_numpy()
                np.testing.assert_array_equal(found, checkpoints(d, most))
            assert len(rows) == seeds * len(checkpoints(d, most))


def test_the_script_makes_what_is_stored():
    """The fast size, run again: the same rows to three digits, as other processors round."""
    again = pd.DataFrame(measure(**script.FAST), columns=COLUMNS)
    both = again.merge(STORED, on=["link", "d", "seed", "samples"], suffixes=("", "_stored"))
    assert len(both) == len(again) > 100
    np.testing.assert_allclose(both.r2, both.r2_stored, atol=2e-3)
    np.testing.assert_allclose(both.degrees, both.degrees_stored, atol=0.05)


@pytest.mark.parametrize("most", [1_600, 100_000])
@pytest.mark.parametrize("link", ["cubic", "quintic"])
def test_samples_grow_linearly_in_d(link, most):
    """Half way to 1: .8 for the cubic, .62 for the quintic, whatever the degree.

    16 seeds up to d = 1600, 4 above, which share no draws.
    """
    found = crossings(STORED[STORED.d <= most], link)
    assert found.level == half_way(link)
    assert exponent(found.d, found.samples)[0] == pytest.approx(1, abs=0.1)


def test_the_kernel_needs_a_power_of_d_for_each_degree():
    table = predicted()
    for link, level, power in (
        ("linear", 0.9, 1),
        ("cubic", level_of("cubic"), 3),
        ("quintic", level_of("quintic"), 3),  # degrees 1 and 3 carry .87 of it
        ("quintic", 0.9, 5),
    ):
        rows = table[(table.link == link) & np.isclose(table.level, level)].sort_values("d")
        assert list(rows.d) == list(DIMENSIONS)
        # the last step, from 25,600 to 100,000
        slope = np.diff(np.log(rows.n))[-1] / np.diff(np.log(rows.d))[-1]
        assert slope == pytest.approx(power, abs=0.1)


@pytest.mark.parametrize("link, d", [("cubic", 100), ("quintic", 100_000)])
def test_stored_predictions_are_those_of_the_formula(link, d):
    table = predicted()
    rows = table[(table.link == link) & (table.d == d)]
    assert len(rows) == len({level_of(link), 0.9})
    for row in rows.itertuples():
        assert kernel_samples(link, d, row.level) == pytest.approx(row.n, rel=1e-3)


def made_up(power: float) -> pd.DataFrame:
    """R^2 = log(T / d^power) / 10 + shift, the shift of seeds 0 and 1 being -.01 and .01."""
    return pd.DataFrame(
        [
            ("cubic", d, seed, t, math.log(t / d**power) / 10 + shift)
            for d in (10, 100, 1000, 10_000)
            for seed, shift in enumerate((-0.01, 0.01))
            for t in np.round(d**power * 2.0 ** np.arange(0, 16)).astype(int)
        ],
        columns=COLUMNS[:5],
    )


def test_crossings_and_exponents_of_a_table_made_up():
    found = crossings(made_up(1.5), "cubic", level=0.5)
    np.testing.assert_allclose(found.samples, math.exp(5) * found.d**1.5, rtol=0.01)
    for j, shift in ((0, -0.01), (1, 0.01)):
        expected = math.exp(10 * (0.5 - shift)) * found.d**1.5
        np.testing.assert_allclose([n[j] for n in found.each], expected, rtol=0.01)
    np.testing.assert_allclose(found.spread[:, 0] * math.exp(0.2), found.spread[:, 1], rtol=0.01)
    slope, error = exponent(found.d, found.samples)
    assert slope == pytest.approx(1.5, abs=0.01) and error < 0.01
    bent = np.where(found.d < 100, 1e9, found.samples)  # below 100 nothing counts
    assert exponent(found.d, bent)[0] == slope
    assert math.isnan(exponent([100, 200], [1, 2])[1])
    with pytest.raises(ValueError, match="1 dimensions from 100 on"):
        exponent([25, 100, 400], [1, 2, math.inf])
    with pytest.raises(ValueError, match="link = 'relu' is not in the table, which has cubic"):
        crossings(made_up(1), "relu")


def test_seeds_of_different_dimensions_share_no_draws():
    seeds = {settings_of("cubic", d, i).seed for d, n in DIMENSIONS.items() for i in range(n)}
    assert len(seeds) == sum(DIMENSIONS.values())


def test_the_script_stores_and_says(tmp_path, monkeypatch, capsys):
    tiny = {"links": ("linear",), "dimensions": (30, 120, 150), "seeds": 1, "most": 8}
    monkeypatch.setattr(script, "FAST", tiny)
    script.main(["--fast", "--folder", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []
    assert "linear: R2 = 0.90 takes d^" in capsys.readouterr().out
    for name, value in (("DIMENSIONS", {120: 1, 150: 1}), ("LINKS", {"linear": 8})):
        monkeypatch.setattr(script, name, value)
    rows = [("linear", d, 0, t, t / d / 4, 10.0) for d in (120, 150) for t in (d, 4 * d)]
    monkeypatch.setattr(
        script, "measure", lambda dimensions: [r for r in rows if r[1] in dimensions]
    )
    script.main(["--folder", str(tmp_path)])
    assert {file.name for file in tmp_path.iterdir()} == {"measured.csv", "predicted.csv"}
    table = pd.read_csv(tmp_path / "measured.csv")
    assert [tuple(row) for row in table.itertuples(index=False)] == rows
