"""The run before: what is held beside a run, how it is drawn, and the sentence of what differs."""

import json

import numpy as np
import pytest
from drawings import GREY, alone, cursors, made, named, numbers, one_seed, ordered

from course_utils import Run, Settings
from course_utils.compared import compared, held_at, row_beside, unlike
from course_utils.labs import SubspaceLab, figures, ghosts, rows
from course_utils.labs.held import Held
from course_utils.labs.picture import picture

SMALL = Settings(d=20, k=2, width=20, seed=4)


def lasting(k=3, last=50_000, width=30, grow=1.0, **more) -> Run:
    """A run of one seed up to a moment; grown ones have other numbers."""
    floors = {"noise": 0.04, "linear": 0.25, "zero": 0.55}
    link = {1: "tanh", 2: "product"}.get(k, "chain")
    settings = Settings(**{"d": 100, "k": k, "link": link, "width": width} | more)
    times = np.array([0, 20, 300, 4000, last])
    return Run(settings, times, **one_seed(k, width, grow), floors=floors)


@pytest.fixture
def lab():
    lab = alone(SubspaceLab(SMALL, samples=400))
    yield lab
    lab.close()
    assert ordered(lab) == []


def trained(lab, *samples):
    for n in samples:
        lab.session.train(n)
    return lab.session.run()


# what differs, in a sentence


def test_a_sentence_says_what_differs_in_settings_and_numbers_at_the_same_moment():
    run, before = lasting(weight_decay=0.0), lasting(grow=0.8, weight_decay=0.05, noise=0.3)
    said = compared(run, before, 2)
    assert said == (
        "Before, at t = 300 (noise 0.3, now 0.1; weight_decay 0.05, now 0.0): "
        "angles 41, 37, 34, now 52, 47, 42 degrees; W_perp 0.42, now 0.52; risk 0.288, now 0.360."
    )
    angles = [round(a) for one in (before, run) for a in np.degrees(one.angles[2])]
    assert [n for n in numbers(said) if n in angles and n > 20] == angles


def test_a_run_that_ended_earlier_speaks_of_its_last_moment():
    run, before = lasting(k=1, last=50_000), lasting(k=1, last=9000, grow=0.8)
    said = compared(run, before)
    assert said.startswith("Before, at t = 9,000 (the same settings): angle ")
    assert "W_perp 0.04, now 0.05; risk 0.042, now 0.052." in said


def test_a_risk_that_is_not_known_is_not_told():
    run, before = lasting(), lasting(grow=0.8)
    before.risk[:] = np.nan
    assert compared(run, before).endswith("W_perp 0.04, now 0.05.")


@pytest.mark.parametrize(
    "samples, row", [(0, 0), (19, 0), (20, 1), (299, 1), (300, 2), (50_000, 4), (10**9, 4)]
)
def test_the_row_beside_a_moment_is_the_one_that_views_show(samples, row):
    before = lasting(grow=0.8)
    assert row_beside(before, samples) == row
    run = lasting()
    run = Run(**{**vars(run), "samples": np.array([samples, 10**10])})
    tables = {"record": rows.of_run(run), "before": rows.of_run(before)}
    view = ghosts.with_before(figures.singular_values(lasting()), run, before).bind(tables, 0)
    np.testing.assert_allclose(named(view)["before"]["y"], before.singular_values[row])


def test_settings_count_as_they_were_at_the_moment():
    first, second, last = (Settings(d=100, width=30, weight_decay=w) for w in (0.1, 0.2, 0.3))
    run = lasting()
    run = Run(**{**vars(run), "settings": last, "changes": ((300, first), (4000, second))})
    assert [held_at(run, t) for t in (0, 300, 301, 4000, 4001)] == [
        first, first, second, second, last,
    ]  # fmt: skip
    assert "(weight_decay 0.05, now 0.1)" in compared(run, lasting(), 2)


def test_unlike_settings_are_told_as_a_code_writes_them():
    own = Settings(k=1, link=lambda Z: Z[:, 0])
    assert unlike(Settings(), Settings()) == []
    assert unlike(Settings(d=50, bias="none"), Settings(d=10**5)) == [
        ("d", "50", "100000"),
        ("bias", "none", "normal"),
    ]
    assert ("link", "chain", "function:<lambda>") in unlike(Settings(k=1), own)
    (plain,) = unlike(Settings(), Settings(inputs="hypercube"))
    assert plain[0] == "inputs" and plain[2] == "hypercube"


# what is held


def test_a_control_that_begins_anew_keeps_the_run_that_was_there_until_reset(lab):
    was = lab.run
    lab._obey("set k", 1)
    held = lab.session.held
    assert not held.past and not held.by_hand
    np.testing.assert_array_equal(held.run.angles, was.angles)
    assert held.run.settings == SMALL and lab.session.samples == 0
    trained(lab, 300, 500)
    np.testing.assert_array_equal(held.run.samples, was.samples)
    assert compared(lab.run, was) in lab.text() and "(k 2, now 1)" in lab.text()
    lab._obey("reset", None)
    assert held.run is None and "Before" not in lab.text()


def test_runs_that_have_just_begun_do_not_take_the_place_of_one_that_was_trained(lab):
    """As when a slider is drawn over many values, while the lab plays or rests."""
    for i, d in enumerate([30, 50, 100, 200]):
        lab._obey("set d", d)
        if i % 2:
            trained(lab, 39)
    assert lab.session.held.run.settings == SMALL
    trained(lab, 50)  # more than a tenth as far
    lab._obey("set d", 300)
    assert lab.session.held.run.settings.d == 200


def test_a_change_as_it_runs_keeps_what_was_up_to_it(lab):
    was = lab.run
    lab._obey("set weight_decay", 0.5)
    held = lab.session.held
    assert held.past and held.run.settings == SMALL
    assert "Before" not in lab.text()  # nothing differs yet
    lab.session.record.limit = 170  # thinned as it goes on: what is held is a copy
    for _ in range(80):
        trained(lab, 20)
    lab._obey("set noise", 0.7)
    trained(lab, 100)
    np.testing.assert_array_equal(held.run.perpendicular, was.perpendicular)
    assert "Before, at t = 400 (noise 0.1, now 0.7; weight_decay 0.05, now 0.5): " in lab.text()
    early = lab.words(lab.session.run(), 3)
    assert lab.run.samples[3] <= 400 and "Before" not in early.sentence


def test_an_untrained_run_and_no_change_keep_nothing(lab):
    lab._obey("set noise", lab.settings.noise)
    lab._obey("code", lab.settings.code())
    assert lab.session.held.run is None
    lab._obey("reset", None)
    lab._obey("set noise", 0.5)
    lab._obey("set k", 1)
    assert lab.session.held.run is None


def test_new_seeds_and_presets_keep_nothing_but_what_is_held_by_hand(lab):
    for order, value in (("new_seed", None), ("preset", "pure noise"), ("reset", None)):
        lab._obey("set k", 3 - lab.settings.k if lab.settings.k < 3 else 1)
        trained(lab, 30)
        lab._obey("set d", lab.settings.d + 1)
        assert lab.session.held.run is not None
        lab._obey(order, value)
        assert lab.session.held.run is None
        trained(lab, 30)
    lab._obey("compare", True)
    settings = lab.settings
    for order, value in (("new_seed", None), ("preset", "pure noise"), ("reset", None)):
        lab._obey(order, value)
        trained(lab, 30)
        assert lab.session.held.run.settings == settings and lab.knobs["compare"].value


def test_compare_plays_one_preset_over_another_until_it_is_pressed_again(lab):
    lab._obey("preset", "no weight decay")
    lab._obey("pause", None)
    first = trained(lab, 1000, 3000)
    lab._obey("compare", True)
    assert "Before" not in lab.text()
    lab._obey("preset", "the theorem holds")
    lab._obey("pause", None)
    trained(lab, 1000, 3000)
    said = compared(lab.run, first)
    assert said in lab.text() and "weight_decay 0.0, now 0.5" in said and "at t = 4,000 " in said
    lab._obey("compare", False)
    assert lab.session.held.run is None and "Before" not in lab.text()


@pytest.mark.parametrize("bad", [2, "yes", None, {"samples": 3}])
def test_what_is_no_order_to_compare_is_refused_and_loses_nothing(lab, bad):
    lab._obey("compare", True)
    before, run = lab.session.held.run, lab.run
    with pytest.raises(ValueError, match="give True to hold this run, False to let it go"):
        lab._obey("compare", bad)
    with pytest.raises(ValueError, match="does not understand the order 'hold'"):
        lab._obey("hold", True)
    for order, value in (("code", "d=0"), ("preset", "nonsense"), ("set d", -5), ("look", "then")):
        with pytest.raises(ValueError):
            lab._obey(order, value)
    assert lab.session.held.run is before and lab.knobs["compare"].value is True
    np.testing.assert_array_equal(lab.run.angles, run.angles)


def test_an_untrained_network_cannot_be_compared_with(lab):
    lab._obey("reset", None)
    with pytest.raises(ValueError, match="press Play first, then Compare"):
        lab._obey("compare", True)
    assert lab.knobs["compare"].value is False and lab.session.held.run is None


def test_a_run_that_cannot_begin_leaves_everything_as_it_was(lab, monkeypatch):
    def full(self, settings, samples=0):
        raise MemoryError("no room")

    before = lab.run
    monkeypatch.setattr(type(lab.session), "begin", full)
    with pytest.raises(MemoryError):
        lab._obey("set d", 50)
    assert lab.session.held.run is None and lab.settings == SMALL
    np.testing.assert_array_equal(lab.run.angles, before.angles)


def test_labs_that_do_not_show_a_run_before_keep_none():
    from course_utils.labs.session import Session

    session = Session(SMALL)
    session.train(50)
    was = session.run()
    session.keep(was, live=True, afresh=False)
    assert session.held.run is None and "before" not in session.to_csv()


# notes, ticks, exports


def test_the_note_of_a_preset_stays_with_what_was_changed_since(lab):
    def note():
        told = []
        lab._frame(lambda views, now, *rest: told.append(now.note))
        return told[0]

    lab._obey("preset", "no weight decay")
    sentence = lab.presets["no weight decay"][1]
    lab._obey("set weight_decay", 0.5)
    lab._obey("set d", 50)
    since = " Changed since: d 100 to 50, weight_decay 0.0 to 0.5."
    assert note() == sentence + since and lab.preset.value == ""
    lab._obey("new_seed", None)
    assert note() == sentence + since  # a seed is no change of what it shows
    lab._obey("set d", 100)
    lab._obey("set weight_decay", 0.0)
    assert note() == sentence
    lab._obey("code", "d=30 k=1")
    assert sentence not in note()


def test_each_change_is_told_among_the_events_at_its_moment(lab):
    lab._obey("set noise", 0.3)
    lab._obey("set noise", 0.4)  # a slider on its way: one change
    trained(lab, 100)
    lab._obey("set schedule", "decreasing")
    told = lab.words(lab.session.run(), -1).events
    assert [t for t, _ in told] == sorted(t for t, _ in told)
    assert (400, "t = 400: noise 0.1 to 0.4.") in told
    assert told[-1][0] == 500 and "schedule constant to decreasing" in told[-1][1]
    assert "t = 400: noise 0.1 to 0.4." in lab.text()
    trained(lab, 100)
    lab._obey("set noise", 0.5)
    lab._obey("set noise", 0.4)  # and back again
    assert all(t != 600 for t, _ in lab.words(lab.session.run(), -1).events)


def test_a_change_that_puts_a_lamp_out_is_told_once():
    settings = Settings(d=50, k=1, link="tanh", weight_decay=0.5, bias="away", step=0.5, width=30)
    lab = alone(SubspaceLab(settings, samples=500))
    lab._obey("set weight_decay", 0.0)
    told = [said for t, said in lab.words(lab.session.run(), -1).events if t == 500]
    assert [said for said in told if "weight_decay" in said] == [told[-1]] and "lamp" in told[-1]
    lab.close()


def test_csv_and_the_recorded_page_carry_the_run_before(lab, tmp_path):
    lab._obey("set k", 1)
    trained(lab, 200, 200)
    head = [line for line in lab.csv().splitlines() if line.startswith("#")]
    assert head[1:] == [f"# before: {SMALL.summary()}", f"# {lab.session.held.sentence(lab.run)}"]
    page = lab.record_html(tmp_path / "run.html").read_text(encoding="utf-8")
    held = json.loads(page.split('id="recording">')[1].split("</script>")[0])
    ((message, _),) = held["frames"]
    assert message["tables"]["before"]["rows"] == len(lab.session.held.run)
    assert message["said"][-1][1].endswith(lab.session.held.sentence(lab.run))


# how it is drawn


VIEWS = {
    "angles": figures.angles,
    "norms": figures.norms,
    "singular values": figures.singular_values,
    "risk": figures.risk,
}


def drawn(name, run, before, moment=-1):
    tables = {"record": rows.of_run(run), "before": rows.of_run(before)}
    view = ghosts.with_before(VIEWS[name](run), run, before)
    assert len(view.bind(tables, moment).plotly().data) == len(view.traces)
    return view.bind(tables, moment)


def grey(view):
    """The traces of the run before: those that come first."""
    return [t for t in view.traces if "before" in t.get("name", "")]


def test_curves_of_the_run_before_are_its_numbers_thin_and_grey():
    run, before = lasting(), lasting(k=2, last=9000, grow=0.8)
    left = np.maximum(before.samples, 10)
    for name, wanted in (
        ("angles", list(np.degrees(before.angles).T)),
        ("norms", [before.perpendicular, before.parallel]),
        ("risk", [before.risk]),
    ):
        view = drawn(name, run, before)
        curves = grey(view)
        assert view.traces[: len(curves)] == curves  # under all others
        for trace, values in zip(curves, wanted, strict=True):
            np.testing.assert_allclose(trace["y"], values, rtol=1e-12)
            np.testing.assert_array_equal(trace["x"], left)
            assert trace["line"] == {"color": GREY, "dash": "solid", "width": 1.2}
        assert view.direct and sum(t["showlegend"] for t in curves) == (1 + (name == "norms"))


@pytest.mark.parametrize("moment, row", [(0, 0), (2, 2), (4, 4)])
def test_the_picture_has_neurons_and_angles_of_the_run_before_at_the_moment(moment, row):
    run, before = lasting(), lasting(k=2, width=11, grow=0.8)
    view = ghosts.with_before(picture(run), run, before)
    tables = {"record": rows.of_run(run)} | ghosts.tables_before(before)
    *own, ghost = view.bind(tables, moment).traces
    assert len(own) == len(picture(run).traces) and ghost["type"] == "before"
    neurons = before.neurons[row]
    np.testing.assert_array_equal(ghost["inside"], neurons[:, :-1])
    np.testing.assert_array_equal(ghost["outside"], neurons[:, -1])
    np.testing.assert_allclose(ghost["degrees"], np.degrees(before.angles[row]))
    assert ghost["widest"].max() == pytest.approx(np.abs(before.neurons[..., :-1]).max())
    assert ghost["highest"].max() == pytest.approx(before.neurons[..., -1].max())
    assert view.layout["note"].endswith("; 30 neurons; grey: before")


def test_neurons_of_a_long_run_are_told_at_sixty_moments(lab):
    run = trained(lab, *[10] * 100)
    few, whole = rows.of_few(run), rows.of_run(run)
    assert len(few.samples) == 60 < len(run)
    assert {0, run.samples[-1]} <= set(few.samples) <= set(run.samples)
    for part in (slice(None), slice(7, 9), slice(60, None)):
        at = np.flatnonzero(np.isin(run.samples, few.samples[part]))
        made, wanted = few.rows(part), whole.rows(slice(None))
        assert made.keys() == wanted.keys()
        for name, values in made.items():
            np.testing.assert_array_equal(values, wanted[name][at], name)


@pytest.mark.parametrize("moment, row", [(0, 0), (2, 2), (4, 4)])
def test_singular_values_before_are_those_of_the_moment(moment, row):
    run, before = lasting(), lasting(k=2, width=11, grow=0.8)
    (dots,) = grey(drawn("singular values", run, before, moment))
    np.testing.assert_allclose(dots["y"], before.singular_values[row])
    assert dots["x"].tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_axes_hold_both_runs():
    run, before = lasting(), lasting(last=5 * 10**6, grow=9.0)
    ends = {}
    for name in VIEWS:
        view = drawn(name, run, before)
        ends[name] = (view.layout["xaxis"]["range"], view.layout["yaxis"]["range"])
        if name in ("angles", "norms", "risk"):
            assert view.layout["xaxis"]["range"] == [1, 7]  # to 10^7 samples
            (cursor,) = cursors(view)
            up = view.layout["yaxis"]["range"]
            high = 90 if name == "angles" else up[1] if name == "risk" else 10 ** up[1]
            assert cursor["y"][1] == pytest.approx(high)
    assert 10 ** ends["norms"][1][1] > 9 * 1.01 and ends["risk"][1][1] >= 9 * 0.61
    assert 10 ** ends["singular values"][1][1] > 9
    floors = [t for t in drawn("risk", run, before).traces if t.get("name") == "noise floor"]
    assert floors[0]["x"].tolist() == [10, 10**7]
    alone = figures.norms(run).layout
    assert drawn("norms", run, lasting(grow=0.9)).layout == alone  # and stay where both fit


def test_of_several_seeds_the_median_is_shown():
    run, before = made(k=3, seeds=3), made(k=3, seeds=3)
    first, *_ = grey(drawn("norms", run, before))
    np.testing.assert_allclose(first["y"], np.median(before.perpendicular, axis=0))


def test_a_view_that_knows_no_run_before_stays_as_it_is():
    view = figures.angles(lasting())
    view.name = "another"
    assert ghosts.with_before(view, lasting(), lasting()).traces == view.traces


def test_a_lab_draws_the_run_it_holds(lab):
    lab._obey("set k", 1)
    trained(lab, 300)
    held = lab.session.held.run
    angles = lab.figures()[1]
    np.testing.assert_allclose([t["y"] for t in grey(angles)], np.degrees(held.angles).T)
    lab._obey("reset", None)
    assert [grey(view) for view in lab.figures()] == [[]] * 5


def test_what_is_held_is_a_copy_without_networks():
    run = lasting()
    held = Held()
    held.hold(run)
    run.perpendicular[:] = 7
    assert held.run.perpendicular[0] == 1.01 and held.run.net is None and held.by_hand
    assert held.sentence(run) == ""  # it is the past of this run, up to here
    held.left(run, afresh=True)
    assert held.sentence(run).startswith("Before, at t = 50,000 (the")
