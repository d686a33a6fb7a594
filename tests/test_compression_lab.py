"""CompressionLab: its figures and words say what compression computes, at any rank and moment."""

import io

import numpy as np
import pandas as pd
import pytest

from course_utils import Settings
from course_utils.compression import (
    RANKED,
    compress,
    compressed,
    relative_output_error,
    truncation_errors,
)
from course_utils.labs import CompressionLab
from course_utils.risk import mean_loss

SMALL = Settings(d=20, k=2, link="chain", width=30, noise=0.1)


@pytest.fixture(scope="module")
def lab():
    return CompressionLab(SMALL, samples=4000)


@pytest.fixture(autouse=True)
def nothing_was_swallowed(lab):
    yield
    lab.raise_errors()


def test_one_decomposition_gives_what_compress_gives_rank_by_rank():
    net, X = SMALL.build()[1], np.random.default_rng(0).standard_normal((50, 20))
    y = X[:, 0]
    found = compressed(net, X, y, "huber", ranks=7, d=20)
    for r in range(1, 8):
        assert found.left_out[r] * 30**0.5 == pytest.approx(truncation_errors(net.W)[r])
        for storage in ("float32", "int8"):
            small = compress(net, rank=r, storage=storage)
            size, risk = (values[r - 1] for values in found.forms[f"rank, {storage}"])
            assert size == small.bytes
            exact = mean_loss(small(X), y, "huber")
            assert risk == pytest.approx(exact, rel=1e-5)  # float32 factors, rounded apart
        small = compress(net, rank=r, storage="float32")
        assert found.output[r - 1] == pytest.approx(relative_output_error(net, small, X), rel=1e-4)


def test_rank_moves_without_training(lab):
    samples, seen = lab.session.samples, []
    for r in (1, 2, 7):
        lab._obey("rank", r)
        seen.append(lab.words(lab.session.run(), -1).sentence)
        assert f"rank {r} of 20" in seen[-1]
    assert len(set(seen)) == 3 and lab.session.samples == samples
    lab._obey("rank", 2)


def test_what_is_left_out_at_rank_k_stays_under_the_perpendicular_part(lab):
    run = lab.run
    for t, now in lab.session.moments:  # Eckart and Young
        perpendicular = run.perpendicular[list(run.samples).index(t)]
        assert now.left_out[2] <= perpendicular * (1 + 1e-9)


def test_risk_changes_stay_under_the_bound(lab):
    for _, now in lab.session.moments:
        change = np.abs(now.forms[RANKED][1] - now.whole)
        bound = np.sqrt(2 / np.pi) * now.left_out[1:]
        assert (change <= 1.1 * bound + 1e-6).all()  # 500 inputs stand for the mean: 10 %


def test_the_last_moment_is_compressed_and_looking_back_finds_earlier_ones(lab):
    assert lab.session.moments[-1][0] == lab.session.samples
    times = [t for t, _ in lab.session.moments]
    assert times[0] == 0 and times == sorted(set(times))
    assert lab.session.at(times[3])[0] == times[3] and lab.session.at(times[4] - 1)[0] == times[3]


def test_figures_and_text(lab):
    names = [figure.name for figure in lab.figures(lab.run, -1)]
    assert names[:3] == ["singular values", "Left out of W", "Change"]
    assert names[3:] == ["Test risk", "Risk against bytes"]
    assert "bytes in place of" in repr(lab)
    for moment in (0, 5, -1):
        for figure in lab.figures(lab.run, moment):
            figure.plotly()  # raises for anything that plotly does not know


def test_rank_follows_k_and_stays_possible():
    lab = CompressionLab(SMALL, samples=200)
    lab._obey("set k", 1)
    assert lab.knobs["rank"].max == lab.session.ranks == 6 and lab.session.rank == 1
    lab._obey("set d", 3)
    lab._obey("rank", 6)
    assert lab.session.rank == lab.session.ranks == 3
    lab.figures(lab.run, -1)
    lab.raise_errors()


@pytest.mark.parametrize("name", CompressionLab.presets)
def test_presets_open(name):
    settings, says = CompressionLab.presets[name]
    lab = CompressionLab(settings, samples=300)
    assert says and lab.figures(lab.run, -1) and lab.words(lab.run, -1).sentence
    lab.raise_errors()


def test_large_d_counts_the_bytes_of_d_dimensions():
    lab = CompressionLab(Settings(d=10**5, k=1, link="tanh", width=10), samples=200)
    forms = lab.session.moments[-1][1].forms
    assert set(forms) == {"whole", RANKED}
    assert forms["whole"][0][0] == pytest.approx(4 * 10 * 10**5, rel=0.01)
    assert forms[RANKED][0][0] == pytest.approx(4 * (10 + 10**5), rel=0.01)
    assert "pruning and int8 are not shown" in lab.words(lab.run, -1).sentence


def test_at_small_d_every_method_is_shown_and_nothing_is_said_to_be_missing(lab):
    assert len(lab.session.moments[-1][1].forms) == 4
    assert "not shown" not in lab.words(lab.run, -1).sentence


def test_several_seeds_are_refused_with_a_way_out():
    with pytest.raises(ValueError, match="seeds = 3 is not possible.*press New seed"):
        CompressionLab(SMALL, seeds=3)


def test_csv_holds_what_the_lab_is_about(lab):
    table = pd.read_csv(io.StringIO(lab.csv()), comment="#")
    t, last = lab.session.moments[-1]
    row = table[(table["samples"] == t) & (table["rank"] == 2)].iloc[0]
    assert row["risk_after"] == pytest.approx(last.forms[RANKED][1][1])
    assert row["bytes_after"] < row["bytes_before"]
    assert lab.csv().startswith(f"# {lab.settings.summary()}\n")
