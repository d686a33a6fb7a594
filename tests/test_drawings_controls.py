"""What a lab's controls show and send.

And what its frames, its words and its exports hold after each order.
"""

import io
import re
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace

import ipywidgets as widgets
import numpy as np
import pandas as pd
import pytest
from drawings import alone, cursors, find, named, numbers, ordered

from course_utils import LINKS, Settings
from course_utils.engine.online import Diverged
from course_utils.labs import SubspaceLab
from course_utils.labs.actor import Actor
from course_utils.labs.cells import running_cell
from course_utils.labs.controls import Transport, field_widget, set_field
from course_utils.labs.movie import neurons_movie
from course_utils.labs.orders import guarded

SMALL = Settings(d=20, k=2, width=20, seed=4)


@pytest.fixture
def sent(monkeypatch):
    """Orders that controls leave, in a list; no worker obeys them."""
    orders = []
    monkeypatch.setattr(Actor, "order", lambda self, key, value=None: orders.append((key, value)))
    return orders


@pytest.fixture
def lab():
    """A lab that a test drives order by order.

    ``lab.shown`` is the last frame, ``lab.told`` are the messages to the page.
    """
    made = alone(SubspaceLab(SMALL, samples=2000))
    made.shown, made.told = None, []

    def send_frame(views, words, tables, say, reword=False, cursor=None, looked=None):
        """A page shows the row nearest to the cursor, with its words; the rest is said of now."""
        samples = tables["record"].samples
        ahead = np.abs(np.log1p(samples) - np.log1p(cursor or 0))
        moment = len(samples) - 1 if cursor is None else int(np.argmin(ahead))
        then = say(moment)
        shown = replace(words, sentence=then.sentence, rows=then.rows, clock=then.clock)
        made.shown = [view.bind(tables, moment) for view in views], shown
        made.looked = looked
        return 1

    made.stage.send_frame = send_frame
    made.stage.send = lambda message, buffers=None: made.told.append(message)
    yield made
    made.close()
    made.raise_errors()


def obey(lab, key, value=None):
    lab._obey(key, value)
    lab._show()
    return lab.shown


def inside(widget) -> list[widgets.Widget]:
    """A widget and all that it holds, in the order of the page."""
    return [widget, *(part for child in getattr(widget, "children", ()) for part in inside(child))]


def labelled(lab) -> dict[str, widgets.Widget]:
    """Widgets by what is written on them."""
    return {w.description: w for w in inside(lab) if getattr(w, "description", "")}


# controls


ANEW, LIVE = "Starts a new run.", "Acts on the running experiment."
# In the order in which they stand: what is written on it, a word of its tooltip, what it says of a
# run, and another value.
FIELDS = {
    "d": ("d", "Input dimension", ANEW, 50),
    "k": ("k", "hidden directions", ANEW, 1),
    "noise": ("noise", "Standard deviation of the noise", LIVE, 0.3),
    "weight_decay": ("decay", "weight decay", LIVE, 0.5),
    "step": ("step", "Step size in units of d samples", LIVE, 0.2),
    "link": ("link", "How the label depends", ANEW, "he2"),
    "width": ("width", "Number of neurons", ANEW, 50),
    "activation": ("activation", "nonlinearity", ANEW, "tanh"),
    "loss": ("loss", "What SGD makes small", ANEW, "square"),
    "schedule": ("schedule", "Constant steps leave a floor", LIVE, "decreasing"),
    "bias": ("biases", "away from zero", ANEW, "away"),
    "seed": ("seed", "random draws", ANEW, 7),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_called_what_it_is_and_says_what_moving_it_does(name, lab):
    written, means, acts, other = FIELDS[name]
    field, anew = lab.fields[name], acts == ANEW
    assert field.description == written and field.value == getattr(SMALL, name)
    assert field.style.description_width == "initial"  # else long names are cut off
    assert means in field.tooltip and field.tooltip.endswith(acts)
    field.value = other
    assert ordered(lab) == [(f"set {name}", other)]
    obey(lab, f"set {name}", other)
    assert getattr(lab.settings, name) == other == field.value
    assert lab.settings.d == (50 if name == "d" else 20)
    assert lab.session.samples == (0 if anew else 2000)
    assert bool(lab.session.changes) == (not anew)


# What can be chosen in each field, as it is written there.
CHOICES = {
    "d": "2 3 5 10 20 30 50 100 200 300 500 1,000 2,000 5,000 10,000 100,000 1,000,000",
    "width": "10 20 50 100 200 500 1,000",
    "noise": "0 0.05 0.1 0.2 0.3 0.5 0.7 1 1.5 2 3",
    "weight_decay": "0 0.005 0.01 0.02 0.05 0.1 0.2 0.5 1 2 5",
    "step": "0.005 0.01 0.02 0.05 0.1 0.2 0.5 1 2 5",
    "activation": "relu tanh erf softplus",
    "loss": "huber square logistic",
    "schedule": "constant decreasing",
    "bias": "normal away none",
}


@pytest.mark.parametrize("name, texts", CHOICES.items())
def test_what_a_slider_says_is_what_it_sets(name, texts):
    options = field_widget(name, Settings(d=20, width=20)).options
    pairs = [option if isinstance(option, tuple) else (option, option) for option in options]
    assert [text for text, _ in pairs] == texts.split()
    for text, value in pairs:
        assert value == (text if isinstance(value, str) else float(text.replace(",", "")))
        Settings(**{"k": 1, "link": "tanh", name: value})  # every choice is allowed


def test_links_are_offered_with_their_formulas_and_ones_own_by_its_name():
    offered = [(f"{name}: {link.formula}", name) for name, link in LINKS.items()]
    assert list(field_widget("link", SMALL).options) == offered

    def wave(Z):
        return np.sin(Z[:, 0])

    field = field_widget("link", SMALL.replace(link=wave))
    assert field.options[-1] == ("yours: wave", wave) and field.value is wave


@pytest.mark.parametrize(
    "name, value, text",
    [
        ("d", 77, "77"),
        ("d", 4321, "4,321"),
        ("noise", 0.125, "0.125"),
        ("weight_decay", 1e-4, "0.0001"),
        ("step", 0.3, "0.3"),
        ("width", 2000, "2,000"),
    ],
)
def test_values_between_the_steps_find_their_place(name, value, text):
    settings = Settings(k=1, link="tanh").replace(**{name: value})
    later = field_widget(name, Settings(k=1, link="tanh"))
    set_field(later, name, value)
    for field in (field_widget(name, settings), later):
        assert field.value == value and (text, value) in field.options
        assert [v for _, v in field.options] == sorted(v for _, v in field.options)


def test_k_and_seed_reach_as_far_as_their_values():
    k, seed = (field_widget(name, Settings(d=100)) for name in ("k", "seed"))
    assert (k.min, k.max, seed.min, seed.max) == (1, 6, 0, 2**31 - 1)
    set_field(k, "k", 9), set_field(seed, "seed", 2**40)
    assert (k.value, k.max, seed.value) == (9, 9, 2**40)
    big = Settings(d=100, k=9, seed=2**40)
    assert (field_widget("k", big).value, field_widget("seed", big).value) == (9, 2**40)
    set_field(k, "k", 2)
    assert (k.value, k.max) == (2, 6)


def test_the_fields_in_sight_and_the_others_stand_in_this_order(lab):
    assert list(lab.fields) == list(FIELDS)
    first, aside, stage, transport, more = lab.children
    assert list(first.children) == list(lab.fields.values())[:5]
    assert list(more.children[0].children) == list(lab.fields.values())[5:]
    assert stage is lab.stage and transport is lab.transport
    preset, compare, code, apply, copy, switch, lecture = aside.children
    assert (preset, code, lecture) == (lab.preset, lab.code, lab.lecture)
    assert compare is lab.knobs["compare"]
    assert (apply.description, copy.description) == ("Apply", "Copy")
    assert switch.tooltip == "Link, width, loss, schedule, seed, export"
    assert stage.central == "" and stage.label == "SubspaceLab"
    movie = neurons_movie(Settings(d=2, k=1, link="tanh", width=10), samples=0)
    assert find(movie, "More").tooltip == "Seed, export"
    assert movie.stage.central == ""


BUTTONS = {  # what is written on a button, its icon, a word of its tooltip, its order
    "Apply": ("", "Change what the code names", ("code", "d=30 k=1")),
    "Copy": ("", "Copy the code", ("copy", None)),
    "More": ("caret-down", "Link, width", None),  # the page's own
    "Play": ("play", "Train", ("play", None)),
    "Pause": ("pause", "everything stays", ("pause", None)),
    "Step": ("step-forward", "for one frame", ("step", None)),
    "×10": ("fast-forward", "ten times as many samples", ("x10", None)),
    "Reset": ("undo", "untrained", ("reset", None)),
    "New seed": ("random", "anew", ("new_seed", None)),
    "SVG": ("download", "as SVG, on one slide", ("export", "svg")),
    "PNG": ("download", "as PNG, on one slide", ("export", "png")),
    "CSV": ("download", "run with its settings", ("export", "csv")),
}


def test_each_button_gives_its_own_order(sent):
    lab = SubspaceLab(SMALL)
    buttons = [w for w in inside(lab) if isinstance(w, widgets.Button)]
    assert [b.description for b in buttons] == list(BUTTONS)
    lab.code.value = "d=30 k=1"
    for button in buttons:
        icon, tip, order = BUTTONS[button.description]
        assert button.icon == icon and tip in button.tooltip
        sent.clear()
        button.click()
        assert sent == [order] * (order is not None)
    step = next(b for b in buttons if b.description == "Step")
    assert "course-step" in step._dom_classes
    assert "course-transport" in lab.transport._dom_classes


def test_each_control_sends_its_own_value(sent):
    lab = SubspaceLab(SMALL)
    for name, field in lab.fields.items():
        choices = [o[1] if isinstance(o, tuple) else o for o in getattr(field, "options", [1, 3])]
        value = next(v for v in choices if v != field.value)
        sent.clear()
        field.value = value
        assert sent == [(f"set {name}", value)] and f"course-field-{name}" in field._dom_classes
    sent.clear()
    lab.transport.speed.value, lab.preset.value = 4.0, "pure noise"
    assert sent == [("speed", 4.0), ("preset", "pure noise")]
    lab.preset.value = ""  # what a lab does itself when the preset no longer holds
    assert len(sent) == 2


def test_what_is_written_on_the_transport():
    transport = Transport(lambda *order: None)
    speed = transport.speed
    assert list(speed.options) == [("1/4", 0.25), ("1/2", 0.5), ("1", 1.0), ("2", 2.0), ("4", 4.0)]
    assert speed.value == 1
    assert (speed.description, speed.tooltip) == ("speed", "How much a frame trains")
    assert (transport.play.button_style, transport.pause.button_style) == ("primary", "")
    assert transport.children[-1] is speed


def test_the_lecture_switch_and_the_presets_are_labelled():
    lab = SubspaceLab(SMALL, lecture=True)
    assert lab.lecture.value and lab.stage.lecture
    assert (lab.lecture.description, lab.lecture.icon) == ("Lecture", "expand")
    assert lab._link.source == (lab.lecture, "value") and lab._link.target == (lab.stage, "lecture")
    assert not SubspaceLab(SMALL).lecture.value and "Escape" in lab.lecture.tooltip
    presets = [(name, name) for name in SubspaceLab.presets]
    assert list(lab.preset.options) == [("choose", ""), *presets]
    assert (lab.preset.description, lab.preset.value) == ("preset", "")
    assert "course-lab" in lab._dom_classes
    assert (lab.code.description, lab.code.value) == ("settings code", SMALL.code())
    movie = neurons_movie(Settings(d=2, k=1, link="tanh", width=10), samples=0)
    # no presets, no empty list of them
    assert movie.preset not in inside(movie) and lab.preset in inside(lab)


# frames


def test_a_frame_shows_the_run_as_it_is_now_with_its_time_words_and_code(lab):
    figures, words = obey(lab, "show")
    run = lab.run
    assert words.clock == "t = 2,000 = 100 d"
    assert words.sentence.startswith(run.sentence())
    assert words.settings == SMALL.code()
    assert words.note == ""
    assert [cursors(f)[0]["x"][0] for f in (figures[1], figures[2], figures[4])] == [2000] * 3
    events = [text for _, text in words.events]
    assert any("u_2 is found" in text for text in events)
    assert lab.text() == "\n".join([words.sentence, run.table(), *events, SMALL.code()])
    assert repr(lab) == lab.text()


@pytest.mark.parametrize("samples", [0, 1, 2.4, 44, 1800, None])
def test_looking_back_shows_the_earlier_moment_everywhere_and_trains_nothing(lab, samples):
    """The recorded moment nearest in log time; None is now."""
    run = lab.run
    wanted = 2000 if samples is None else samples
    nearest = int(np.argmin(np.abs(np.log1p(run.samples) - np.log1p(wanted))))
    figures, words = obey(lab, "look", samples)
    t = int(run.samples[nearest])
    assert lab.session.samples == 2000 and (t == 0) == (samples == 0)
    assert (t == 2000) == (samples is None)
    for view in (figures[1], figures[2], figures[4]):
        assert cursors(view)[0]["x"][0] == max(t, 1)  # d = 20: the axis begins at 1
    assert np.array_equal(figures[0].traces[0]["inside"], run.neurons[nearest][:, :2])
    assert np.array_equal(figures[3].traces[0]["y"], run.singular_values[nearest])
    assert numbers(words.sentence)[0] == numbers(words.clock)[0] == numbers(lab.text())[0] == t
    assert words.rows[0][2] == f"{run.perpendicular[nearest]:.3f}"
    assert words.rows[1][2] == f"{run.parallel[nearest]:.3f}"


@pytest.mark.parametrize("order", ["play", "step", "x10", "reset", "new_seed"])
def test_whoever_goes_on_stops_looking_back(lab, order):
    lab.stage.on_event({"type": "looked", "samples": 40.0, "by": "a page", "seq": 7})
    obey(lab, *ordered(lab)[0])
    assert numbers(lab.text())[0] < 60 and lab.looked == {"by": "a page", "seq": 7}
    obey(lab, order)
    assert lab.player.cursor is None and numbers(lab.text())[0] == lab.session.samples


@pytest.mark.parametrize("nowhere", [-1, "now", float("nan"), {"samples": "0"}])
def test_a_moment_that_is_none_is_refused_in_a_sentence(lab, nowhere):
    obey(lab, "look", 40.0)
    with pytest.raises(ValueError, match="no moment to look back at: give a number of samples"):
        lab._obey("look", nowhere)
    assert lab.player.cursor == 40.0


def test_at_the_right_end_one_looks_at_now_and_now_goes_on(lab):
    obey(lab, "look", 50)
    obey(lab, "look", None)
    lab.session.train(500)
    assert numbers(obey(lab, "show")[1].sentence)[0] == 2500


def test_who_looks_back_may_pause_and_turn_a_knob_without_losing_the_place(lab):
    obey(lab, "look", 0)
    obey(lab, "pause")
    _, words = obey(lab, "set noise", 0.5)
    assert words.sentence.startswith("After 0 samples")


class Steps(list):
    """Stands in for a session's step: notes what is asked for, and trains twice as long."""

    def __init__(self, session):
        self.session = session
        session.step = self

    def __call__(self, seconds, speed=1.0, goal=None, share=1.0):
        self.append((speed, goal))
        self.seconds = seconds
        seen = self.session.samples
        self.session.train(min(goal, 2 * seen) - seen if goal else 10)


def test_play_pause_and_times_ten(lab):
    steps, play, pause = Steps(lab.session), lab.transport.play, lab.transport.pause
    obey(lab, "speed", 4.0)
    obey(lab, "x10")
    assert lab.actor.playing and (play.button_style, pause.button_style) == ("", "primary")
    while lab.actor.playing:
        lab._step()
    assert lab.session.samples == 20_000
    assert steps == 4 * [(12.0, 20_000)]  # three times as fast
    assert (play.button_style, pause.button_style) == ("primary", "")
    obey(lab, "play")
    lab._step()
    assert steps[-1] == (4.0, None) and lab.actor.playing and lab.session.samples == 20_010
    obey(lab, "x10")
    obey(lab, "play")  # the goal is given up
    lab._step()
    assert steps[-1] == (4.0, None)
    obey(lab, "pause")
    assert not lab.actor.playing and (play.button_style, pause.button_style) == ("primary", "")
    obey(lab, "step")
    assert steps[-1] == (4.0, None) and steps.seconds == 0.25 and not lab.actor.playing


@pytest.mark.parametrize("d, k, goal", [(1000, 2, 1000), (5, 1, 10)])
def test_times_ten_from_the_start_goes_to_d_samples(d, k, goal):
    lab = SubspaceLab(Settings(d=d, k=k, width=5))
    steps = Steps(lab.session)
    lab._obey("x10", None)
    lab.session.train(goal - 1)
    lab._step()
    assert steps == [(3.0, goal)] and lab.session.samples == goal and not lab.actor.playing


def test_a_step_that_fails_ends_the_play(lab):
    def fails(*_, **__):
        raise RuntimeError("no more")

    lab.session.step = fails
    obey(lab, "play")
    with pytest.raises(RuntimeError, match="no more"):
        lab._step()
    assert not lab.actor.playing and lab.transport.play.button_style == "primary"


def test_the_pace_of_play_is_that_of_the_clock(lab, monkeypatch):
    ticks = iter([100.0, 100.3, 100.4])
    steps = Steps(lab.session)
    monkeypatch.setattr("course_utils.labs.player.time.perf_counter", lambda: next(ticks))
    monkeypatch.setattr(lab.session, "train", lambda n: None)
    lab._step(), lab._step()
    assert steps.seconds == pytest.approx(0.3)
    lab._step()
    assert steps.seconds == pytest.approx(0.1)


# settings, presets, codes, exports


def test_reset_and_new_seed(lab):
    lab.session.change(SMALL.replace(noise=0.3))
    lab.actor.playing = True
    obey(lab, "reset")
    assert lab.settings == SMALL.replace(noise=0.3)
    assert lab.session.samples == 0 and not lab.actor.playing
    obey(lab, "new_seed")
    assert lab.settings.seed == 5 == lab.fields["seed"].value and lab.session.samples == 0
    three = SubspaceLab(SMALL.replace(seed=2**31 - 2), seeds=3)
    three._obey("new_seed", None)
    assert three.settings.seed == 1  # none of the three is drawn again


@pytest.mark.parametrize("name", ["pure noise", "decay too strong"])
def test_a_preset_starts_its_experiment_and_keeps_its_note_with_what_was_changed_since(lab, name):
    settings, sentence = lab.presets[name]
    figures, words = obey(lab, "preset", name)
    assert lab.settings == settings and lab.session.samples == 0 and lab.actor.playing
    assert words.note == sentence and words.settings == settings.code() == lab.code.value
    for field in lab.fields:
        assert lab.fields[field].value == getattr(settings, field)
    assert f"(d = {settings.d:,})" in figures[1].layout["xaxis"]["title"]
    assert list(named(figures[1])) == ["angle"]
    lab.preset.value = name
    for order in ("pause", "reset", "new_seed"):
        assert obey(lab, order)[1].note == sentence and lab.preset.value == name
    since = f"{sentence} Changed since: noise {settings.noise} to 0.7."
    assert obey(lab, "set noise", 0.7)[1].note == since and lab.preset.value == ""
    assert obey(lab, "code", "d=30 k=1")[1].note == ""
    lab.session.patience = lambda speed: f"slow at {speed}"
    assert obey(lab, "speed", 0.5)[1].note == "slow at 0.5"


def test_a_code_becomes_what_runs_and_every_control_shows_it(lab):
    text = "d=77 k=1 noise=0.25 link=cubic width=33 activation=tanh loss=square weight_decay=0.3"
    text += " step=0.07 schedule=decreasing bias=away seed=12"
    _, words = obey(lab, "code", text)
    assert lab.settings == Settings.from_code(text)
    assert lab.session.samples == 0
    assert words.settings == text == lab.code.value
    for field in lab.fields:
        assert lab.fields[field].value == getattr(lab.settings, field)
    with pytest.raises(ValueError, match="paste a line such as d=50 k=2"):
        lab._obey("code", " \t")
    Settings.from_code(lab.example)


def test_a_code_with_a_size_of_biases_shows_it_and_a_name_again(lab):
    obey(lab, "code", "d=30 k=2 bias=0.5")
    assert (lab.settings.bias, lab.fields["bias"].value) == (0.5, 0.5)
    assert lab.fields["bias"].options[-1] == ("±0.5", 0.5)
    obey(lab, "code", "d=30 k=2 bias=away inputs=student:5 start=2")
    assert lab.fields["bias"].value == "away" and "±" not in str(lab.fields["bias"].options)
    assert (lab.settings.inputs, lab.settings.start) == ("student:5", 2.0)
    assert lab.code.value.endswith("inputs=student:5 start=2.0")
    assert field_widget("bias", lab.settings.replace(bias=2.5)).value == 2.5


def test_a_code_that_only_turns_live_knobs_goes_on(lab):
    obey(lab, "look", 10)
    lab.stage.send_error("something old")
    obey(lab, "code", SMALL.replace(noise=0.9, schedule="decreasing").code())
    assert lab.session.samples == 2000 and lab.settings.noise == 0.9 and lab.stage.error == ""


def test_an_impossible_value_is_refused_and_the_control_shows_what_runs(lab):
    lab.fields["k"].max = 30
    lab.fields["k"].value = 25  # more than d
    with pytest.raises(ValueError, match="k = 25"):
        lab._obey("set k", ordered(lab)[0][1])
    assert lab.settings == SMALL and lab.fields["k"].value == 2
    lab.errors.clear()


def test_a_value_on_its_way_is_not_undone(lab):
    """While one moves a slider, what is obeyed meanwhile is older than what the slider shows."""
    lab.fields["noise"].value = 0.7
    lab._obey("code", "d=30 k=2")
    assert lab.fields["noise"].value == 0.7 and lab.settings.noise == 0.1
    assert lab.fields["d"].value == 30
    assert ordered(lab) == [("set noise", 0.7)]
    lab.fields["step"].value = 2.0
    ordered(lab)
    lab._obey("set step", 1.0)  # older than 2.0, which the page has just sent
    assert lab.fields["step"].value == 2.0 and lab.settings.step == 1.0
    assert lab.fields["noise"].value == 0.1
    lab._obey("set noise", 0.2)
    assert lab.fields["step"].value == 1.0


def test_the_same_value_again_changes_nothing(lab):
    obey(lab, "preset", "pure noise")
    obey(lab, "set noise", 1.0)
    assert lab.shown[1].note == lab.presets["pure noise"][1]


def test_copy_and_exports_carry_what_runs(lab):
    lab.session.train(10)
    lab.session.change(SMALL.replace(noise=0.6))
    lab.session.train(10)
    lab.told.clear()
    for order in (("copy", None), ("export", "svg"), ("export", "png"), ("export", "csv")):
        lab._obey(*order)
    copied, svg, png, csv = lab.told
    assert copied == {"type": "copy", "text": SMALL.replace(noise=0.6).code()}
    short = SMALL.replace(noise=0.6).summary()  # SubspaceLab uses every setting
    for told, form in ((svg, "svg"), (png, "png"), (csv, "csv")):
        assert (told.pop("type"), told.pop("format")) == ("export", form)
        what, day, time = told.pop("name").removesuffix(f".{form}").rsplit("_", 2)
        assert what == "SubspaceLab_d=20_k=2_noise=0.6_link=chain_width=20_seed=4"
        datetime.strptime(f"{day} {time}", "%Y-%m-%d %H.%M.%S")
    assert svg == png == {"text": short}
    text = csv.pop("text")
    code, changed, *_ = text.splitlines()
    assert code == f"# {lab.settings.code()}" and changed == "# at 2,010 samples: noise 0.1 to 0.6"
    frame, run = pd.read_csv(io.StringIO(text), comment="#"), lab.run
    want = {
        "seed": np.full(len(run), 4),
        "samples": run.samples,
        "perpendicular": run.perpendicular,
        "parallel": run.parallel,
        "risk": run.risk,
        "r2": run.r2,
        "angle_1_degrees": np.degrees(run.angles[:, 0]),
        "angle_2_degrees": np.degrees(run.angles[:, 1]),
        **{f"singular_value_{i}": run.singular_values[:, i - 1] for i in range(1, 8)},
    }
    assert list(frame) == list(want)
    for name, values in want.items():
        np.testing.assert_allclose(frame[name], values, rtol=1e-9, err_msg=name)


def test_errors_are_told_in_their_own_words_and_kept(lab):
    lab.report(ValueError("d = 0 is impossible"))
    lab.report(KeyError("oops"))
    assert [m["text"] for m in lab.told] == ["d = 0 is impossible", "KeyError: 'oops' (in the lab)"]
    assert [type(e) for e in lab.errors] == [ValueError, KeyError]
    lab._event({"type": "failed", "text": "no canvas"})
    assert lab.told[-1]["text"].startswith("RuntimeError: the page could not draw: no canvas")
    with pytest.raises(ValueError, match="d = 0"):
        lab.raise_errors()
    for i in range(30):
        lab.report(ValueError(str(i)))
    assert [str(e) for e in lab.errors] == [str(i) for i in range(10, 30)]
    lab.errors.clear()


# a page and its cells


def test_a_cell_that_runs_again_closes_the_lab_that_it_made_before_and_no_other(monkeypatch):
    def run(cell, count):
        monkeypatch.setattr("course_utils.labs.cells.running_cell", lambda: (cell, count))
        return alone(SubspaceLab(SMALL))

    first, beside = run("one", 1), run("one", 1)  # two labs of one cell
    other = run("two", 2)
    outside = [run(None, 0), run(None, 1)]
    assert not any(lab.actor.closed for lab in (first, beside, other, *outside))
    again = run("one", 3)
    assert first.actor.closed and beside.actor.closed
    assert not any(lab.actor.closed for lab in (other, again, *outside))


def test_what_the_page_says_reaches_the_worker(lab):
    heard = []
    lab.actor.hear = lambda frame=None: heard.append(frame)
    first, second = [{"type": "ack", "n": n} for n in (7, 8)]
    for event in (first, {"type": "hello"}, second, {"type": "library"}):
        lab.stage._receive(lab.stage, event, [])
    assert heard == [7, None, 8]


def test_seeds_run_side_by_side_and_a_code_keeps_their_number():
    lab = alone(SubspaceLab(SMALL, samples=50, seeds=2))
    lab._obey("code", "d=10 k=1 seed=9")
    assert lab.run.seeds == (9, 10) and lab.run.perpendicular.shape == (2, 1)


def test_a_cell_is_known_by_its_id_or_else_by_its_code(monkeypatch):
    parent = {"metadata": {"cellId": "abc"}, "content": {"code": "x = 1"}}
    shell = SimpleNamespace(execution_count=12, get_parent=lambda: parent)
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    assert running_cell() == ("abc", 12)
    parent["metadata"] = {}
    assert running_cell() == ("x = 1", 12)
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    assert running_cell() == (None, 0)


def test_words_of_old_rows_are_said_anew_where_they_may_have_changed(lab):
    """What is predicted between two strides is known exactly once the run rests.

    A lab's own knob changes all rows.
    """
    asked = []
    lab.stage.send_frame = lambda *_, reword, **__: asked.append(reword) or 1
    lab._show()
    for lab.actor.playing in (True, True, False, False):
        lab._show()
    assert asked == [False, False, False, True, False]
    lab._obey("set noise", 0.3)
    lab._show()
    assert asked[-1] is False


def test_what_a_person_holds_stays_as_it_is_while_training_goes_on(lab):
    run, now = lab.run, lab.session.run()
    for name in ("samples", "angles", "perpendicular", "neurons", "risk"):
        assert not np.shares_memory(getattr(run, name), getattr(now, name))


def test_parts_have_the_names_that_their_styles_and_widths_go_by(lab):
    first, aside, stage, bar, more = lab.children
    rows = [first, bar, aside, more, lab.lecture, find(lab, "More"), *more.children]
    own = [" ".join(set(row._dom_classes) - {"course-row"}) for row in rows]
    assert own[:3] == ["course-first", "course-transport", "course-aside"]
    assert own[3:] == ["course-more", "course-lecture-switch", "course-more-switch", "", ""]
    for part in (first, aside, *more.children):
        assert "course-row" in part._dom_classes
    buttons = [w for w in inside(lab) if isinstance(w, widgets.Button)]
    assert {w.layout.width for w in [*buttons, lab.lecture]} == {"auto"}
    assert lab.transport.speed.layout.width == "150px"
    labelled = (lab.transport.speed, lab.code, lab.preset)
    assert all(w.style.description_width == "initial" for w in labelled)
    assert "Enter applies" in lab.code.tooltip
    assert "in one choice" in lab.preset.tooltip


def test_foreseen_errors_are_sentences_and_others_say_where(lab):
    def breaks():
        raise KeyError("gone")

    for problem in (MemoryError("too large"), Diverged("too large", 5)):
        lab.report(problem)
        assert lab.told[-1] == {"type": "error", "text": "too large"}
    guarded(lab, breaks)()
    assert re.fullmatch(r"KeyError: 'gone' \(in breaks, line \d+\)", lab.told[-1]["text"])
    lab.errors.clear()
    obey(lab, "reset")
    assert lab.stage.error == ""
