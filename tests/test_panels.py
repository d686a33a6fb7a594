"""Labs without training: what their knobs do, what they say, and that their text stays the same."""

import math

import numpy as np
import pytest
from drawings import alone, ordered, wait

from course_utils import Settings
from course_utils.labs import EstimatorsLab, HermiteLab, TargetLab, charts, predict
from course_utils.labs.estimators import NAMES, SIZES


def drive(lab, *orders):
    """Obey orders as the worker does, and draw; errors that the error box would show are raised."""
    for key, value in orders:
        lab._obey(key, value)
        lab._show()
    lab.raise_errors()
    return lab.session


def words_of(figures):
    return [figure.name for figure in figures]


@pytest.fixture
def estimators_lab():
    lab = EstimatorsLab(Settings(link="tanh", d=5), seeds=1)
    yield lab
    lab.close()


# TargetLab


def test_looking_along_the_truth_and_away():
    lab = TargetLab(Settings(link="tanh", d=20))
    cloud = drive(lab, ("truth", None))
    assert cloud.tilt == 0 and cloud.measured > 0.9
    cloud = drive(lab, ("tilt", 90.0))
    assert cloud.measured < 0.02
    assert lab.knobs["tilt"].value == pytest.approx(0)  # the page moved its own slider
    cloud = drive(lab, ("random", None))
    assert lab.knobs["tilt"].value == pytest.approx(cloud.tilt, abs=0.06)


@pytest.mark.parametrize(
    "link, k",
    [("tanh", 1), ("cubic", 1), ("he2", 1), ("product", 2), ("chain", 3), ("sum_relu", 4)],
)
@pytest.mark.parametrize("tilt, turn", [(0, 0), (30, 60), (80, 20)])
def test_predicted_share_is_what_is_measured(link, k, tilt, turn):
    """6,000 samples: a heavy-tailed label leaves the measured share within 0.06."""
    lab = TargetLab(Settings(link=link, d=30, k=k, noise=0.2))
    cloud = drive(lab, ("truth", None), ("tilt", float(tilt)), ("turn", float(turn)))
    assert cloud.measured == pytest.approx(float(cloud.share(cloud.tilt)), abs=0.06)


def test_product_shows_nothing_along_u_1_and_half_along_the_diagonal():
    """z_1 z_2 = (p^2 - q^2)/2 with p, q the diagonals: half of its variance is he_2 of p."""
    cloud = drive(TargetLab(Settings(link="product", k=2, d=20, noise=0.0)), ("truth", None))
    assert float(cloud.share(0.0)) == pytest.approx(0, abs=0.01)
    cloud.look(0.0, 45.0)
    assert float(cloud.share(0.0)) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("d, k, link", [(2, 1, "tanh"), (50, 3, "chain"), (10**6, 1, "tanh")])
def test_random_directions_have_the_law_of_the_sphere(d, k, link):
    """cos^2 of the angle has mean k / d; 2,000 draws, five standard errors."""
    lab = TargetLab(Settings(link=link, d=d, k=k))
    draws = []
    for _ in range(2000):
        lab.session._looks.standard_normal()
        inside = lab.session._looks.standard_normal(k)
        outside = lab.session._looks.chisquare(d - k)
        draws.append(inside @ inside / (inside @ inside + outside))
    assert np.mean(draws) == pytest.approx(k / d, abs=5 * np.std(draws) / math.sqrt(2000) + 1e-12)
    low, middle, high = lab.session.random_tilts()
    cosines = np.sqrt(np.quantile(draws, (0.95, 0.5, 0.05)))
    assert np.degrees(np.arccos(cosines)) == pytest.approx([low, middle, high], abs=3)


def test_d_equal_to_k_leaves_nothing_outside():
    lab = TargetLab(Settings(link="product", d=2, k=2))
    assert lab.session.tilt == 0 and lab.knobs["tilt"].disabled
    drive(lab, ("tilt", 50.0), ("random", None))
    assert lab.session.tilt == 0


@pytest.mark.parametrize("name", TargetLab.presets)
def test_target_presets_draw(name):
    lab = TargetLab()
    drive(lab, ("preset", name))
    assert len(lab.figures(lab.session)) == 3


def test_an_impossible_knob_is_told_and_changes_nothing():
    lab = TargetLab(Settings(link="tanh", d=20))
    with pytest.raises(ValueError, match="k = 2 does not fit the link 'tanh'"):
        lab._obey("set k", 2)
    assert lab.settings.k == 1 and lab.fields["k"].value == 1
    drive(lab, ("set noise", 0.5))
    assert lab.session.settings.noise == 0.5


def test_views_keep_their_places_when_k_changes():
    lab = TargetLab(Settings(link="chain", k=1, d=20))
    names = words_of(lab.figures(lab.session))
    drive(lab, ("set k", 3))
    figures = lab.figures(lab.session)
    assert words_of(figures) == names and figures[0].traces[0]["type"] == "surface"


# HermiteLab


def test_a_known_link_and_ones_own():
    lab = HermiteLab("he3")
    assert lab.session.exponent == 3
    expansion = drive(lab, ("c1", 0.01))
    assert expansion.exponent == 1 and expansion.name == "own" and lab.knobs["start"].value == "own"
    expansion = drive(lab, ("start", "he2"))
    assert expansion.exponent == 2 and lab.knobs["c2"].value == 1.0 and lab.knobs["c1"].value == 0.0


def test_what_a_slider_sends_back_is_no_change():
    """The page rounds a coefficient to the slider's step and sends it back.

    That must not make the link one's own.
    """
    lab = HermiteLab("tanh")
    for j in range(7):
        drive(lab, (f"c{j}", lab.knobs[f"c{j}"].value))
    assert lab.session.name == "tanh" and lab.session.c[1] == pytest.approx(0.729, abs=1e-3)


def test_all_zero_tells_that_nothing_is_left():
    lab = HermiteLab("tanh")
    expansion = drive(lab, ("zero", None))
    assert expansion.exponent is None and "zero" in lab.words(expansion).sentence


def test_explained_share_falls_with_d_as_the_exponent_says():
    """d 100 to 10,000: a factor 100^-s."""
    for link, s in (("tanh", 1), ("he2", 2), ("he3", 3)):
        lab = HermiteLab(link, noise=0.0)
        shares = [float(lab.session.share(d**-0.5)) for d in (100, 10_000)]
        assert shares[1] / shares[0] == pytest.approx(100.0**-s, rel=0.02)


def test_a_link_of_two_directions_is_refused():
    with pytest.raises(ValueError, match="not a link of one direction"):
        HermiteLab("product")


# EstimatorsLab


def test_all_angles_are_there_when_the_lab_opens(estimators_lab):
    comparison = estimators_lab.session
    assert not comparison.unfinished and comparison.angles.shape == (len(NAMES), len(SIZES), 1)
    assert np.isfinite(comparison.angles[:, 2:]).all()
    sir, phd = (comparison.angles[NAMES.index(name), -1, 0] for name in ("SIR", "PHD"))
    assert sir < 10 < phd


def test_a_new_link_is_measured_step_by_step(estimators_lab):
    estimators_lab._obey("preset", "product")
    estimators_lab.session.settings = estimators_lab.settings
    assert estimators_lab.actor.playing and estimators_lab.session.unfinished
    estimators_lab._show()  # a lab that has not measured anything yet can be drawn
    while estimators_lab.actor.playing:
        estimators_lab._step()
        estimators_lab._show()
    assert not estimators_lab.session.unfinished
    assert np.isfinite(estimators_lab.session.angles[:, -1]).all()
    estimators_lab.raise_errors()


def test_more_seeds_are_added_to_those_that_are_there(estimators_lab):
    before = estimators_lab.session.angles[:, :, 0].copy()
    estimators_lab._obey("seeds", 2)
    while estimators_lab.actor.playing:
        estimators_lab._step()
    assert estimators_lab.session.angles.shape[2] == 3
    assert np.array_equal(estimators_lab.session.angles[:, :, 0], before, equal_nan=True)


def test_too_many_dimensions_are_told(estimators_lab):
    with pytest.raises(ValueError, match="too large for this lab"):
        estimators_lab._obey("code", "d=1000 link=tanh")
    assert estimators_lab.settings.d == 5


def test_each_estimator_can_be_looked_at(estimators_lab):
    for name in NAMES:
        estimators_lab.session.which = name
        for size in range(len(SIZES)):
            estimators_lab.session.size = size
            assert len(estimators_lab.figures(estimators_lab.session)) == 3


# All of them


@pytest.mark.parametrize(
    "make",
    [
        TargetLab,
        lambda: HermiteLab("relu"),
        lambda: EstimatorsLab(Settings(link="he2", d=5), seeds=1),
    ],
    ids=["target", "hermite", "estimators"],
)
def test_text_is_the_same_every_time_and_holds_the_sentence(make):
    first, second = make(), make()
    assert repr(first) == repr(second)
    assert first.words(first.session).sentence in repr(first)
    data = first._repr_mimebundle_()
    assert (data[0] if isinstance(data, tuple) else data)["text/plain"] == repr(first)


@pytest.mark.parametrize("make", [TargetLab, lambda: HermiteLab("relu")], ids=["target", "hermite"])
def test_csv_can_be_read_back(make):
    import io

    import pandas as pd

    lab = make()
    table = pd.read_csv(io.StringIO(lab.session.to_csv()), comment="#")
    assert len(table) == len(lab.session.frame())


def test_settings_code_of_a_panel_is_read_by_itself():
    lab = TargetLab(Settings(link="chain", k=3, d=50, noise=0.5, seed=7))
    drive(lab, ("code", lab.short()))
    assert Settings.from_code(lab.short()) == lab.settings


TRANSPORT = ("play", "pause", "step", "x10", "reset", "look", "speed")


@pytest.mark.parametrize("order", [*TRANSPORT, "rank", "set width", "_do_code", "run"])
@pytest.mark.parametrize("make", [TargetLab, HermiteLab], ids=["target", "hermite"])
def test_an_order_that_a_lab_does_not_know_is_refused_in_a_sentence(make, order):
    lab = make()
    before = repr(lab)
    lab.actor.order(order, 50)
    wait(lambda: lab.errors)
    assert isinstance(lab.errors[0], ValueError) and str(lab.errors[0]) == lab.stage.error
    head, _, known = lab.stage.error.partition(": it understands ")
    assert head == f"{lab.name} does not understand the order {order!r}"
    assert known.split(", ") == sorted(lab.orders)
    assert {"export", "new_seed", "set d", "set noise"} <= set(lab.orders)
    assert not set(TRANSPORT) & set(lab.orders)
    assert repr(lab) == before and not lab.actor.playing
    lab.close()


def test_a_preset_that_a_lab_does_not_have_is_refused_in_a_sentence():
    refused = "TargetLab has no preset 'mine': it offers tanh, d = 20, .*even link"
    with pytest.raises(ValueError, match=refused):
        TargetLab()._obey("preset", "mine")


def test_what_was_measured_is_the_result_and_there_is_no_run(estimators_lab):
    result = estimators_lab.result
    assert result.frame().equals(estimators_lab.session.frame())
    result.angles[:] = 0.0  # a copy: the lab's own stay
    assert np.nanmax(estimators_lab.session.angles) > 0
    said = "EstimatorsLab records no run: what it has measured is its result"
    with pytest.raises(AttributeError, match=said):
        estimators_lab.run  # noqa: B018


def test_a_value_that_the_worker_sets_is_no_order_and_what_a_person_moves_is_left_alone():
    lab = alone(TargetLab(Settings(link="chain", k=3, d=20)))
    lab._obey("truth", None)
    assert (lab.knobs["tilt"].value, lab.knobs["turn"].value, ordered(lab)) == (0.0, 0.0, [])
    lab.knobs["tilt"].value = 40.0  # on its way while others are obeyed
    orders = {"random": None, "code": "d=50", "preset": "even link", "new_seed": None}
    for order, value in orders.items():
        lab._obey(order, value)
        assert lab.knobs["tilt"].value == 40.0 != pytest.approx(lab.session.tilt, abs=0.1)
        assert lab.knobs["turn"].value == pytest.approx(lab.session.turn, abs=0.5)
        for name, field in lab.fields.items():
            assert field.value == getattr(lab.settings, name)
    assert lab.preset.value == "even link" and lab.knobs["turn"].disabled  # k = 1
    assert ordered(lab) == [("tilt", 40.0)]
    lab._obey("tilt", 40.0)
    assert lab.session.tilt == 40.0
    with pytest.raises(ValueError, match="k = 9"):
        lab._obey("set k", 9)
    assert lab.fields["k"].value == 1 and ordered(lab) == []


# predict and charts


def test_prediction_shows_no_answer_in_its_text():
    question = predict("Up or down?", {"up": "Are you sure?", "down": "Why?"}, "Look at the lab.")
    assert repr(question) == "Predict. Up or down?\n( ) up\n( ) down"
    assert question.answer is None
    question.chosen = 1
    assert question.answer == "down"
    assert repr(question) == "Predict. Up or down?\n( ) up\n( ) down"


def test_prediction_needs_options():
    with pytest.raises(ValueError, match="two options"):
        predict("Really?", ["yes"])


def test_markers_share_the_colour_of_the_curve_before_them():
    x = np.arange(3)
    series = {"a": (x, x), "a measured": (x, x, "points"), "b": (x, x, x - 1, x + 1)}
    a, marks, _, b = charts.curves(series, "t", "x", "y").traces
    assert a["line"]["color"] == marks["marker"]["color"] != b["line"]["color"]


def test_every_chart_is_valid_for_plotly():
    """plotly.graph_objects refuses names and values that plotly.js would ignore."""
    x, rng = np.linspace(0.1, 1, 5), np.random.default_rng(0)
    Z = rng.standard_normal((50, 2))
    for figure in (
        charts.cloud(x, x, "t", "x", ("c", np.sin)),
        charts.curves({"a": (x, x, x, x)}, "t", "x", "y", xlog=True),
        charts.bars(x, list("abcde"), "t", "x", "y", accent=2),
        charts.matrix(Z, [str(i) for i in range(50)], ["a", "b c"], "t", 0, 1),
        charts.surface(lambda Z: Z.prod(1), 2, Z, Z[:, 0]),
    ):
        figure.plotly()


def test_a_preset_of_a_panel_keeps_its_note_with_what_was_changed_since():
    lab, said = alone(TargetLab(Settings(link="tanh", d=20))), []
    lab.stage.send_frame = lambda figures, words: said.append(words.note) or len(said)
    name, (settings, note) = next(iter(lab.presets.items()))
    lab.preset.value = name
    drive(lab, *ordered(lab))
    assert lab.settings == settings and said[-1] == note and lab.preset.value == name
    d = 5 if settings.d != 5 else 10
    drive(lab, ("set d", d))
    assert said[-1] == f"{note} Changed since: d {settings.d} to {d}."


def test_a_code_leaves_what_it_does_not_name():
    lab = TargetLab(Settings(link="he2", d=20))
    drive(lab, ("code", "d=30 noise=0.2"))
    assert (lab.settings.link, lab.settings.d, lab.settings.noise) == ("he2", 30, 0.2)
    drive(lab, ("code", "link=product"))
    assert (lab.settings.link, lab.settings.k, lab.settings.d) == ("product", 2, 30)
