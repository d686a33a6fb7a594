"""A lab that opens with a question: what it hides, where it stops, what it says."""

import json

import numpy as np
import pytest
from drawings import alone, made, ordered

from course_utils import Run, Settings, labs, online_sgd
from course_utils.events import fall_times, order_of_falls
from course_utils.labs import Question, SubspaceLab

SMALL = Settings(d=20, k=2, link="product", width=30, step=0.2)
ANSWERS = {
    "together": "Why should one wait for the other?",
    "one after the other": "Each needs the one before.",
    "only one falls": "The other has no reason to.",
}
ASKED = Question("How will the angles fall?", ANSWERS, order_of_falls, "angle", 2)
TO_200 = Question(
    "Where is W_perp after 200?", {"above": "It was.", "below": "Decay."}, "above", 200
)


def with_angles(samples, degrees):
    """A run made by hand with these two angles at these moments."""
    n = len(samples)
    parts = {
        name: v[:n] for name, v in vars(made(k=2, seeds=1)).items() if isinstance(v, np.ndarray)
    }
    parts |= {"samples": np.array(samples), "angles": np.radians(np.array(degrees, dtype=float))}
    return Run(SMALL, **parts)


def gated(question=ASKED, **more):
    return alone(SubspaceLab(SMALL, question=question, **more))


def play(lab):
    while lab.actor.playing:
        lab._step()


# the pure functions


def test_angles_fall_at_the_moment_between_checkpoints_when_they_pass_45_degrees():
    run = with_angles([0, 10, 100, 1000], [[90, 80], [90, 60], [60, 30], [30, 5]])
    first, second = fall_times(run)
    assert first == pytest.approx(10 * 10**0.5) and second == pytest.approx(100 * 10**0.5)
    assert order_of_falls(run) == "one after the other"


@pytest.mark.parametrize(
    "angles, times, order",
    [
        ([[90, 80], [50, 46], [44, 44]], [True, True], "together"),
        ([[90, 80], [85, 40], [84, 10]], [False, True], "only one falls"),
        ([[90, 80], [85, 70], [84, 60]], [False, False], "only one falls"),
        ([[90, 40], [30, 30], [50, 20]], [False, True], "only one falls"),  # not for good
    ],
)
def test_the_order_of_falls_is_that_of_the_curves(angles, times, order):
    run = with_angles([0, 100, 200], angles)
    assert np.isfinite(fall_times(run)).tolist() == times[::-1]
    assert order_of_falls(run) == order


def test_a_chain_falls_in_turn_and_a_sum_of_three_tanh_finds_one_direction():
    """Three seeds each, as notebook 02 says; times of falls do not depend on checkpoints."""
    for seed in range(3):
        settings = Settings(d=50, k=3, link="chain", noise=0.1, width=100, seed=seed)
        run = online_sgd(settings, samples=20_000, checkpoints=160)
        assert order_of_falls(run) == "one after the other", seed
        coarse = online_sgd(settings, samples=20_000, checkpoints=40)
        np.testing.assert_allclose(fall_times(coarse), fall_times(run), rtol=0.25)
        sums = settings.replace(link="sum_tanh", weight_decay=0.5)
        assert order_of_falls(online_sgd(sums, samples=5000)) == "only one falls", seed


# before an answer


def test_a_gated_lab_is_untrained_and_tells_the_question_alone():
    lab = gated(samples=3000)
    assert lab.session.samples == 0 and len(lab.run) == 1
    text = "Predict. How will the angles fall?\n( ) together\n( ) one after the other\n"
    assert lab.text() == text + f"( ) only one falls\n{SMALL.code()}" == repr(lab)
    assert lab._repr_mimebundle_()["text/plain"] == lab.text()
    lab.close()


def test_before_an_answer_the_page_holds_nothing_of_what_comes_of_it():
    lab = gated()
    state = json.dumps(lab.gate.panel.get_state(), default=str)
    assert not any(why in state for why in ANSWERS.values())
    assert lab.gate.panel.reveal == lab.gate.panel.sealed == ""
    lab.close()


def test_a_lecture_has_no_gate_and_trains_as_ever():
    lab = gated(samples=100, lecture=True)
    assert lab.gate is None and lab.session.samples == 100 and "After 100 samples" in lab.text()
    assert "commit" not in lab.orders
    lab.close()


# the answer


@pytest.mark.parametrize("answer", ANSWERS)
def test_after_an_answer_the_lab_plays_stops_at_the_event_and_says_what_held(answer):
    lab = gated()
    lab._obey("commit", answer)
    assert lab.actor.playing and lab.gate.state == "playing" and lab.gate.panel.answer == answer
    play(lab)
    falls = [event for event in lab.session.watch.events if event.name == "angle"]
    assert len(falls) == 2 and falls[-1].samples == lab.session.samples  # it stopped there
    found, said = order_of_falls(lab.session.run()), lab.gate.panel.reveal
    t = f"After {lab.session.samples:,} samples"
    assert said.startswith(t) and said.endswith(ANSWERS[answer])
    assert ("it holds." in said) == (found == answer)
    assert (f"the run says: {found}." in said) == (found != answer)
    assert lab.text().startswith(f"You said: {answer}. {said}\n{t} ")
    lab.raise_errors()
    assert ordered(lab) == []
    lab.close()


def test_it_stops_exactly_at_a_number_of_samples():
    lab = gated(TO_200)
    lab._obey("commit", "below")
    play(lab)
    assert lab.session.samples == 200
    assert lab.gate.panel.reveal == (
        "After 200 samples (10 d): it does not hold; the run says: above. Decay."
    )
    lab.close()


def test_an_event_that_never_comes_is_not_waited_for_without_end(monkeypatch):
    monkeypatch.setattr("course_utils.labs.gate.LIMIT", 10)
    lab = gated(Question("?", {"a": "x", "b": "y"}, "a", "divergence"))
    lab._obey("commit", "a")
    play(lab)
    assert lab.session.samples == 200 and "it holds. x" in lab.gate.panel.reveal
    lab.close()


def test_try_again_goes_back_to_the_untrained_network_and_the_question():
    lab = gated(TO_200)
    lab._obey("commit", "above")
    play(lab)
    lab._obey("again", None)
    assert lab.session.samples == 0 and lab.gate.state == "asked"
    assert lab.gate.panel.reveal == "" and lab.gate.panel.answer is None
    assert lab.text().startswith("Predict.") and ordered(lab) == []
    lab._obey("commit", "below")
    play(lab)
    assert "does not hold" in lab.gate.panel.reveal
    lab.close()


@pytest.mark.parametrize(
    "order, value",
    [("skip", None), ("play", None), ("set k", 1), ("preset", "pure noise"), ("new_seed", None)],
)
def test_whatever_else_is_asked_of_the_lab_leaves_the_question(order, value):
    lab = gated()
    lab._obey(order, value)
    assert lab.gate.state == "left" and lab.gate.box.layout.display == "none"
    assert "After 0 samples" in lab.text()
    with pytest.raises(ValueError, match="waits for no answer"):
        lab._obey("commit", "together")
    lab._obey("again", None)  # and it can be asked once more
    assert lab.gate.state == "asked" and lab.gate.box.layout.display == ""
    lab.close()


def test_a_pause_looks_and_exports_do_not():
    lab = gated(TO_200)
    for order, value in (("look", 0), ("speed", 4.0), ("pause", None), ("copy", None)):
        lab._obey(order, value)
        assert lab.gate.state == "asked"
    lab._obey("commit", "above")
    lab._obey("pause", None)
    lab._obey("play", None)
    while lab.gate.state == "playing":
        lab._step()
    assert lab.session.samples >= 200 and not lab.actor.playing
    lab.close()


@pytest.mark.parametrize("answer", ["nonsense", None, 0, "Together"])
def test_what_is_no_answer_is_refused_and_loses_nothing(answer):
    lab = gated()
    with pytest.raises(ValueError, match="is none of the answers: together, one after"):
        lab._obey("commit", answer)
    assert lab.gate.state == "asked" and lab.session.samples == 0 and not lab.actor.playing
    lab.close()


def test_keys_do_not_play_past_a_question_that_waits():
    lab = gated()
    for order in ("play", "step"):
        lab._event({"type": "key", "order": order})
        assert ordered(lab) == [] and lab.gate.state == "asked"
    lab._event({"type": "key", "order": "next preset"})  # asks for something else
    assert ordered(lab) == [("next preset", None)]
    lab._obey("skip", None)
    lab._event({"type": "key", "order": "play"})
    assert ordered(lab) == [("play", None)]
    lab.close()


def test_a_page_gives_the_order_and_the_worker_none():
    lab = gated()
    lab.gate.panel.chosen = 1
    assert ordered(lab) == [("commit", "one after the other")]
    lab.close()


@pytest.mark.parametrize(
    "how, problem",
    [
        ({"answers": {"one": "x"}}, "two answers or more"),
        ({"answers": ["a", "b"]}, "two answers or more"),
        ({"right": "c"}, "right = 'c' is none of the answers: a, b"),
        ({"until": 0}, "until = 0"),
        ({"until": True}, "until = True"),
        ({"times": 0}, "times = 0"),
    ],
)
def test_questions_that_cannot_be_asked_are_refused(how, problem):
    with pytest.raises(ValueError, match=problem):
        Question(**{"text": "?", "answers": {"a": "x", "b": "y"}, "right": "a"} | how)


def test_a_run_that_says_something_else_is_an_error_that_names_it():
    question = Question("?", {"a": "x", "b": "y"}, lambda run: "c")
    with pytest.raises(ValueError, match="what was measured says 'c', none of the answers: a, b"):
        question.decided(None)


# labs without a run in time

FEW = {
    "NTKLab": (labs.NTKLab, {"settings": Settings(link="cubic", d=10), "n": 50}),
    "GapLab": (
        labs.GapLab,
        {"settings": Settings(link="tanh", d=10, width=20), "samples": 100, "seeds": 1},
    ),
    "EstimatorsLab": (labs.EstimatorsLab, {"settings": Settings(link="tanh", d=3), "seeds": 1}),
}
CHANGED = {
    "GapLab": (*FEW["GapLab"], {"set width": 10}),
    "EstimatorsLab": (*FEW["EstimatorsLab"], {"set link": "he2", "size": 3}),
    "TargetLab": (labs.TargetLab, {"settings": Settings(k=1, link="tanh", d=5)}, {"set d": 1000}),
    "HermiteLab": (labs.HermiteLab, {}, {"start": "cubic"}),
    "SingleIndexLab": (
        labs.SingleIndexLab,
        {"settings": Settings(link="cubic", d=20, width=20), "samples": 2, "seeds": 1},
        {"set link": "relu", "reach": 3.0},
    ),
}


def asked(lab, how, **more):
    answers = {"yes": "IT DOES", "no": "DOES IT?"}
    return alone(lab(**how, question=Question("Does it?", answers, **{"right": "yes"} | more)))


def shown(lab):
    """What a lab has measured, as text."""
    return "\n".join(lab._text(lab.session.run(), lab.words(lab.session.run(), -1), ""))


@pytest.mark.parametrize("name", FEW)
def test_a_lab_that_measures_waits_with_it_for_an_answer(name):
    make, how = FEW[name]
    lab, seen = asked(make, how, right=lambda lab: "no" if lab.unfinished else "yes"), []
    assert lab.session.unfinished and not lab.actor.playing
    assert lab.text() == f"Predict. Does it?\n( ) yes\n( ) no\n{lab.short()}"
    for answer, said in (("no", "does not hold; the lab says: yes. DOES IT?"), ("yes", "it holds")):
        lab._obey("commit", answer)
        assert lab.actor.playing and lab.gate.state == "playing"
        play(lab)
        assert lab.gate.state == "answered" and not lab.session.unfinished
        assert said in lab.gate.panel.reveal and lab.gate.panel.reveal.startswith("Measured: ")
        assert f"You said: {answer}. Measured: " in lab.text()
        seen.append(shown(lab))
        lab._obey("again", None)
        assert lab.gate.state == "asked" and lab.session.unfinished and not lab.actor.playing
    assert seen[0] == seen[1] != shown(lab)
    assert ordered(lab) == []
    lab.close()


@pytest.mark.parametrize("order, value", [("skip", None), ("new_seed", None)])
def test_a_question_that_is_left_lets_the_lab_measure(order, value):
    lab = asked(*FEW["EstimatorsLab"])
    lab._obey(order, value)
    assert lab.gate.state == "left" and lab.actor.playing
    play(lab)
    assert not lab.session.unfinished and "Predict" not in lab.text()
    lab.close()


@pytest.mark.parametrize("name", CHANGED)
def test_a_lab_that_is_asked_what_a_change_does_shows_what_was_before_and_then_changes(name):
    make, how, then = CHANGED[name]
    lab = asked(make, how, then=then)
    before, settings = shown(lab), lab.settings
    knobs = {order: widget.value for order, widget in lab.knobs.items()}
    assert not lab.session.unfinished and before.splitlines()[0] in lab.text()
    assert lab.text().startswith("Predict. Does it?\n( ) yes\n( ) no\n")
    lab._obey("commit", "yes")
    play(lab)
    assert lab.gate.panel.reveal == "Measured: it holds. IT DOES"
    for order, value in then.items():
        held = lab.knobs.get(order, lab.fields.get(order.removeprefix("set ")))
        assert held.value == value or getattr(lab.settings, order[4:]) == value
    assert not lab.session.unfinished and shown(lab) != before
    lab._obey("again", None)
    play(lab)
    assert lab.gate.state == "asked" and lab.settings == settings
    assert {order: widget.value for order, widget in lab.knobs.items()} == knobs
    lab.close()


def test_a_page_that_rounds_a_slider_leaves_no_question():
    lab = asked(labs.HermiteLab, {}, then={"start": "cubic"})
    for order, widget in lab.knobs.items():
        lab._obey(order, round(widget.value, 2) if order != "start" else widget.value)
    assert lab.gate.state == "asked" and lab.session.name == "tanh"
    lab._obey("c1", 0.5)
    assert lab.gate.state == "left" and lab.session.name == "own"
    lab.close()


def test_a_run_can_be_asked_what_a_change_does_as_it_goes_on():
    question = Question("And without decay?", ANSWERS, "together", 900, then={"set noise": 0.7})
    lab = gated(question, samples=400)
    first = lab.run
    assert lab.session.samples == 400 and "After 400 samples" in lab.text()
    lab._obey("commit", "together")
    play(lab)
    assert lab.session.samples >= 900 and lab.settings.noise == 0.7
    assert (400, "t = 400: noise 0.1 to 0.7.") in lab.words(lab.session.run(), -1).events
    lab._obey("again", None)
    assert lab.settings.noise == 0.1 and not lab.actor.playing
    np.testing.assert_array_equal(lab.run.angles, first.angles)
    lab.close()


def test_a_run_that_is_compressed_answers_too():
    small = Settings(d=20, k=1, link="tanh", width=20, step=0.2)
    lab = asked(labs.CompressionLab, {"settings": small}, until=300)
    assert len(lab.run) == 1 and "risk" not in lab.text()
    lab._obey("commit", "no")
    play(lab)
    assert lab.session.moments[-1][0] == lab.session.samples >= 300  # all views show one moment
    assert lab.gate.panel.reveal.startswith(f"After {lab.session.samples:,} samples")
    lab.close()


def test_in_a_lecture_labs_measure_as_ever():
    make, how = FEW["EstimatorsLab"]
    lab = alone(make(**how, lecture=True, question=ASKED))
    assert lab.gate is None and not lab.session.unfinished
    lab.close()
