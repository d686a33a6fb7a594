"""Labs without a page.

The worker, the text twin, presets, settings codes, own links, errors, colours, memory.
"""

import threading

import numpy as np
import pytest
from drawings import wait

from course_utils import Settings, labs
from course_utils.labs import Lab, SubspaceLab, look
from course_utils.labs.actor import IN_FLIGHT, Actor
from course_utils.labs.movie import neurons_movie
from course_utils.labs.session import Session, adapted, moment_at

SMALL = Settings(d=20, k=2, width=20)


@pytest.fixture
def lab():
    """A lab whose page paints at once."""
    made = SubspaceLab(SMALL, samples=400)
    send = made.stage.send_frame

    def painted(*arguments, **more):
        n = send(*arguments, **more)
        threading.Thread(target=made.actor.hear, args=(n,), daemon=True).start()
        return n

    made.stage.send_frame = painted
    made.actor.hear()
    yield made
    made.close()
    made.raise_errors()


# the worker


def recorder():
    done = []
    gate = threading.Event()

    def obey(key, value):
        gate.wait(120)
        done.append((key, value))

    return done, gate, Actor(obey, lambda: done.append("step"), lambda: 0, done.append)


def test_newest_order_of_a_kind_wins_and_none_is_lost():
    done, gate, actor = recorder()
    actor.order("first")  # holds the worker at the gate
    wait(lambda: not actor.waiting("first"))
    for i in range(1000):
        actor.order("noise", i)
    actor.order("play", True)
    actor.order("noise", "last")
    gate.set()
    wait(lambda: len(done) == 3)
    actor.close()
    assert done == [("first", None), ("play", True), ("noise", "last")]


def test_without_a_page_nothing_is_sent_and_nothing_spins():
    shown, steps = [], []
    show = lambda: shown.append(1) or len(shown)  # noqa: E731
    actor = Actor(lambda *_: None, lambda: steps.append(1), show, pytest.fail)
    actor.playing = True

    def asleep():
        """It waits for an order or for the page."""
        return len(actor._wake._waiters) == 1

    actor.order("anything")
    wait(lambda: not actor.waiting("anything") and asleep())
    assert shown == steps == []
    actor.hear()  # the page is there
    wait(lambda: len(shown) >= IN_FLIGHT and asleep())
    assert len(shown) <= IN_FLIGHT + 1  # frames wait for answers
    actor.hear(len(shown))
    wait(lambda: len(shown) > IN_FLIGHT + 1)
    actor.close()


def test_a_failing_step_is_told_and_the_worker_goes_on():
    told, obeyed = [], []

    def step():
        raise KeyError("broken")

    actor = Actor(lambda key, value: obeyed.append(key), step, lambda: 0, told.append)
    actor.hear()
    actor.playing = True
    actor.order("go")
    wait(lambda: told)
    actor.playing = False
    actor.order("after")
    wait(lambda: "after" in obeyed)
    actor.close()
    assert isinstance(told[0], KeyError)


# the lab


def test_a_lab_opens_with_its_run_recorded_and_tells_it_as_text():
    lab = SubspaceLab(SMALL, samples=400)
    assert lab.run.samples[0] == 0 and lab.run.samples[-1] == 400
    assert "After 400 samples (20 d)" in repr(lab) and SMALL.code() in repr(lab)
    assert lab._repr_mimebundle_()["text/plain"] == repr(lab)
    assert repr(SubspaceLab(SMALL, samples=400)) == repr(lab)
    drawn, *plots = lab.figures(lab.run, -1)
    with pytest.raises(ValueError, match="the picture is drawn by a lab's page itself"):
        drawn.plotly()
    for figure in plots:
        assert len(figure.plotly().data) == len(figure.traces)  # plotly accepts every property


def test_orders_reach_the_experiment(lab):
    lab.fields["noise"].value = 0.5
    wait(lambda: lab.settings.noise == 0.5)
    # noise acts on the running experiment
    assert lab.session.samples == 400 and lab.session.changes
    lab.fields["k"].value = 1
    wait(lambda: lab.settings.k == 1)
    assert lab.session.samples == 0  # k starts a new one
    lab.fields["link"].value = "he2"
    wait(lambda: lab.settings.link == "he2")
    lab.fields["link"].value = "sum_relu"
    wait(lambda: lab.settings.link == "sum_relu")
    lab.actor.order("step")
    wait(lambda: lab.session.samples > 0)


def test_play_pause_times_ten_and_looking_back(lab):
    lab.actor.order("x10")
    wait(lambda: lab.session.samples == 4000 and not lab.actor.playing)
    lab.stage.on_event({"type": "looked", "samples": 0.0, "by": "a page", "seq": 1})
    wait(lambda: lab.player.cursor == 0.0)
    assert "After 0 samples" in lab.text()
    lab.actor.order("play")
    wait(lambda: lab.session.samples > 4000)
    lab.actor.order("pause")
    wait(lambda: not lab.actor.playing)
    assert len(lab.run) <= lab.session.record.limit


def test_codes_of_strangers_change_nothing(lab):
    before = lab.settings
    codes = ["d=50 d=60", "noise=nan", "__import__('os')", "d=1e3", "x" * 2000]
    for text in [*codes, "link=cubic k=3", "d=\u0665"]:
        lab.errors.clear()
        lab.actor.order("code", text)
        wait(lambda: lab.errors)
        assert isinstance(lab.errors[0], ValueError) and lab.stage.error
        assert lab.settings == before and lab.session.samples == 400
    lab.errors.clear()
    lab.actor.order("code", "d=30 k=1 link=tanh seed=4")
    wait(lambda: lab.settings == before.replace(d=30, k=1, link="tanh", seed=4))
    wait(lambda: lab.stage.error == "")


def test_every_preset_runs(lab):
    for settings, sentence in lab.presets.values():
        session = Session(settings)
        session.train(min(2 * settings.d, 2000))
        assert np.isfinite(session.run().perpendicular).all() and sentence.endswith(".")
    decay = {"no weight decay", "decay under the threshold", "decay too strong"}
    labels = {"pure noise", "even link", "five directions"}
    others = {"the theorem holds", "a million dimensions", "the paper's Figure 1"}
    assert decay | labels | others <= set(lab.presets)


@pytest.mark.parametrize("name", [n for n in labs.__all__ if hasattr(getattr(labs, n), "presets")])
def test_each_preset_of_a_lab_says_in_a_sentence_of_its_own_what_to_watch(name):
    presets = getattr(labs, name).presets
    sentences = [says for settings, says, *_ in presets.values() if settings.summary()]
    assert all(len(said) > 20 and said.endswith((".", "?")) for said in sentences)
    assert len(set(sentences)) == len(presets) > 0


def test_own_links_are_welcome_and_examined():
    own = Settings(d=20, k=2, width=20, link=lambda Z: np.sin(Z[:, 0]) * Z[:, 1])
    lab = SubspaceLab(own, samples=200)
    assert "function" in repr(lab)
    with pytest.raises(ValueError, match="own function"):
        lab.settings.code()
    with pytest.raises(ValueError, match=r"shape \(16,\)"):
        Settings(link=lambda Z: Z, k=2)


def test_divergence_at_the_opening_is_a_sentence_and_what_was_recorded_stays():
    lab = SubspaceLab(Settings(d=20, k=1, link="cubic", loss="square", step=20.0), samples=2000)
    assert "diverged" in lab.stage.error and 0 < lab.run.samples[-1] < 2000
    assert np.isfinite(lab.run.perpendicular).all()


def test_a_run_that_takes_long_says_so():
    session = Session(Settings(d=10**6, k=1, link="tanh", width=20))
    session._cost = 20e-6
    assert "about 1 min" in session.patience(1.0) and session.patience(4.0) == ""
    assert Session(SMALL).patience(1.0) == ""


def test_a_lab_is_composed_and_not_inherited():
    with pytest.raises(TypeError, match="Mine: a lab is composed, not inherited"):
        type("Mine", (Lab,), {})


def test_a_lab_that_trains_understands_play_and_refuses_what_is_not_its_own(lab):
    own = {"play", "pause", "step", "x10", "reset", "look", "speed", "set width", "code"}
    assert own <= set(lab.orders)
    lab.actor.order("rank", 3)
    wait(lambda: lab.errors)
    refused = (
        "SubspaceLab does not understand the order 'rank': it understands centre, code, compare"
    )
    assert lab.stage.error.startswith(refused)
    lab.actor.order("step")
    wait(lambda: lab.session.samples > 400)  # and goes on
    assert lab.result.samples[-1] == lab.run.samples[-1] == lab.session.samples
    lab.errors.clear()


def test_settings_must_be_settings():
    with pytest.raises(TypeError, match="Settings"):
        SubspaceLab({"d": 10})


def test_adapted_lets_k_follow():
    assert adapted(Settings(k=3), link="tanh").k == 1
    assert adapted(Settings(k=3), d=2).k == 2
    run = SubspaceLab(SMALL, samples=400).run
    assert moment_at(run, 1e9) == moment_at(run, None)


def test_a_band_over_seeds_and_the_movie():
    lab = SubspaceLab(SMALL, samples=200, seeds=3)
    assert lab.run.perpendicular.shape[0] == 3 and "median of 3 seeds" in repr(lab)
    assert any(t.get("fill") == "toself" for t in lab.figures(lab.run, -1)[1].traces)
    paper = Settings(d=2, k=1, link="tanh", width=100, weight_decay=0.5, step=0.05)
    movie = neurons_movie(paper, samples=300)
    assert movie.figures(movie.run, -1)[0].plotly()
    with pytest.raises(ValueError, match="d = 2"):
        neurons_movie(SMALL)


def test_long_play_keeps_memory_flat():
    """What 900 frames leave: a record of bounded length, predictions that grow with log t only."""
    session = Session(Settings(d=10, k=1, link="tanh", width=10))
    for _ in range(900):
        session.step(0.02)
    assert len(session.record) <= session.record.limit
    assert len(session._predicted) < 80 and session.samples > 1000


# what the eye sees

KINDS = {  # Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}


def lab_colour(linear):
    """CIE L*a*b* of linear RGB (D65)."""
    rows = [0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]
    xyz = np.array(rows) @ linear
    f = np.cbrt(np.maximum(xyz / [0.9505, 1, 1.089], 0.008856))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_three_colours_differ_for_the_colour_blind_and_all_curves_by_dash(kind):
    """Three directions are the default: 15 is far above the just noticeable difference, about 2."""
    rgb = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in look.COLOURS[:3]])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = [lab_colour(np.clip(np.array(KINDS[kind]) @ c, 0, 1)) for c in linear]
    distances = [np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]]
    assert min(distances) > 15
    assert len(set(look.DASHES)) == len(set(look.MARKERS)) == len(look.COLOURS)


def test_every_control_has_a_label_and_a_tooltip(lab):
    beside = lab.preset, lab.lecture, lab.code
    for control in (*lab.fields.values(), *lab.transport.children, *beside):
        assert control.description and control.tooltip, control
