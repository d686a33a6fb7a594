"""How much a frame trains, what is kept and told of a running experiment."""

import itertools
from math import exp

import numpy as np
import pytest

from course_utils import Diverged, Settings, events_of, online_sgd
from course_utils.labs import SubspaceLab
from course_utils.labs.figures import risk
from course_utils.labs.session import Session

SMALL = Settings(d=20, k=2, width=20, seed=4)


@pytest.mark.parametrize(
    "samples, seconds, speed, goal, trained",
    [
        (1000, 0.1, 1, None, 1000 * (exp(0.065) - 1)),
        (1000, 0.1, 0.25, None, 1000 * (exp(0.01625) - 1)),
        (1000, 0.1, 4, None, 1000 * (exp(0.26) - 1)),
        (1000, 0.25, 1, None, 1000 * (exp(0.1625) - 1)),
        (1000, 60, 1, None, 1000 * (exp(0.1625) - 1)),  # a pause is not made up for
        (0, 0.25, 1, None, 1000 * (exp(0.1625) - 1)),  # at first as if d / (2 step) were seen
        (0, 0.001, 1, None, 1),
        (10**6, 0.25, 1, None, 14_000),  # the budget, 14 ms of 1 us each
        (10**6, 0.25, 4, None, 56_000),
        (10**6, 0.25, 0.5, None, 14_000),
        (1000, 0.25, 1, 1100, 100),
        (1000, 0.25, 1, 2000, 1000 * (exp(0.1625) - 1)),
        (1000, 0.25, 1, 900, 0),
    ],
)
def test_log_t_grows_by_065_a_second_within_the_budget_of_a_frame_and_up_to_the_goal(
    samples, seconds, speed, goal, trained, monkeypatch
):
    session = Session(SMALL.replace(d=200))
    monkeypatch.setattr(Session, "samples", samples)
    monkeypatch.setattr(session, "_cost", 1e-6)
    asked = []
    monkeypatch.setattr(session, "train", asked.append)
    session.step(seconds, speed, goal)
    assert asked == [int(trained)]


def test_with_long_steps_it_begins_as_if_a_fifth_of_d_were_seen(monkeypatch):
    session, asked = Session(SMALL.replace(d=200, step=10)), []
    monkeypatch.setattr(session, "train", asked.append)
    session.step(0.25)
    assert asked == [int(40 * (exp(0.1625) - 1))]


def test_the_axis_of_the_risk_grows_with_the_noise_and_stays_until_the_next_run():
    session = Session(SMALL.replace(noise=0.1))

    def top():
        return risk(session.run()).layout["yaxis"]["range"][1]

    first = top()
    session.change(session.settings.replace(noise=3.0))
    session.train(5)
    grown = top()
    session.change(session.settings.replace(noise=0.1))
    session.train(5)
    assert grown > first and top() == grown
    session.begin(session.settings)
    assert top() == first


SLOW = {name for name, (settings, *_) in SubspaceLab.presets.items() if settings.d > 10_000}


@pytest.mark.parametrize("name", ["", *sorted(set(SubspaceLab.presets) - SLOW)])
def test_within_half_a_second_of_play_the_eye_sees_neurons_move(name):
    """Fifteen frames, a thirtieth of a second each, as a page at 30 frames a second asks for them.

    Half of the neurons go at least 0.02: three pixels where a part outside of 1 is 150 high.
    """
    session = Session(SubspaceLab.presets[name][0] if name else Settings())
    for _ in range(15):
        session.step(1 / 30)
    first, now = session.run().neurons[[0, -1]].astype(float)
    assert np.median(np.linalg.norm(now - first, axis=1)) > 0.02


@pytest.mark.parametrize("n, cost", [(1000, 0.7 * 5e-6 + 0.3 * 5e-4), (999, 5e-6)])
def test_what_a_sample_costs_is_measured_where_there_are_enough(n, cost, monkeypatch):
    session = Session(SMALL)
    ticks = itertools.count(0, 0.5)
    monkeypatch.setattr("course_utils.labs.session.time.perf_counter", lambda: next(ticks))
    session.train(n)
    assert session._cost == pytest.approx(cost) and Session(SMALL, 3)._cost == pytest.approx(15e-6)


@pytest.mark.parametrize(
    "cost, speed, minutes",
    [
        (9.9e-6, 1, None),
        (10.1e-6, 1, "1"),
        (1e-3, 1, "33"),
        (1e-3, 4, "8"),
        (1e-3, 0.5, "33"),
        (0.1, 1, "3,333"),
    ],
)
def test_a_run_that_takes_minutes_says_how_many(cost, speed, minutes):
    """Half of a frame goes to training: d samples take twice what they cost."""
    session = Session(Settings(d=10**6, k=1, link="tanh", width=5))
    session._cost = cost
    said = session.patience(speed)
    told = f"At this d, d samples take about {minutes} min of play"
    assert said.startswith(told) if minutes else said == ""


def test_changes_act_on_what_runs_and_are_told():
    session = Session(Settings(d=20, k=1, link="none", noise=0.1, width=10))
    session.train(1200)
    new = session.settings.replace(noise=0.2, step=0.5, schedule="decreasing", weight_decay=0.3)
    session.change(new)
    assert session.changes == [
        "at 1,200 samples: noise 0.1 to 0.2, schedule constant to decreasing, step 0.1 to 0.5, "
        "weight_decay 0.05 to 0.3"
    ]
    session.change(new)  # the same again is no change
    assert len(session.changes) == 1 and session.samples == 1200
    run = session.run()
    assert run.settings == session.settings == new == session.sims[0].settings
    # Labels of noise alone: predicting nothing costs half its variance, 0.02 (Huber's bend is at
    # five times its size).
    assert run.floors["zero"] == pytest.approx(0.02, rel=0.2) == run.floors["noise"]
    for i in range(60):
        session.change(new.replace(noise=1 + i))
    assert len(session.changes) == 50 and session.changes[-1].endswith("noise 59.0 to 60.0")
    session.begin(new, 30)
    assert session.changes == [] and session.run().samples[[0, -1]].tolist() == [0, 30]


def test_a_session_says_its_events_as_they_come_and_those_are_of_its_run():
    settings = Settings(d=50, k=1, link="tanh", weight_decay=0.5, bias="away", step=0.5, width=30)
    session = Session(settings)
    session.begin(settings, 3000)
    first = list(session.watch.events)
    assert [e.name for e in first][:2] == ["angle", "singular value"]
    session.change(settings.replace(weight_decay=0.0))
    for _ in range(20):
        session.train(100)
    run = session.run()
    assert session.watch.events == events_of(run) and session.watch.events[: len(first)] == first
    (lamp,) = (e for e in session.watch.events if e.name == "lamp")
    assert lamp.samples == 3000 and run.samples[lamp.index] == 3000
    assert "weight_decay 0.5 to 0.0" in lamp.caption


def test_the_moments_of_events_stay_when_a_record_is_thinned():
    session = Session(Settings(d=50, k=1, link="tanh", weight_decay=0.5, step=0.5, width=30))
    session.record.limit = 20
    for _ in range(60):
        session.train(50)
    run, told = session.run(), [event.samples for event in session.watch.events]
    assert len(run) <= 20 and len(told) >= 3 and set(told) <= set(run.samples.tolist())


def test_a_session_that_diverges_says_so():
    session = Session(Settings(d=20, k=1, link="cubic", loss="square", step=30.0, width=10))
    with pytest.raises(Diverged):
        for _ in range(200):
            session.train(10)
    with pytest.raises(Diverged):
        session.train(10)
    last = session.watch.events[-1]
    assert last.name == "divergence" and "training diverged after" in last.caption
    assert [e.caption for e in session.watch.events].count(last.caption) == 1


def test_a_session_is_the_run_that_online_sgd_makes_seed_by_seed():
    session = Session(SMALL, 3)
    session.begin(SMALL, 700)
    run = session.run()
    assert run.seeds == (4, 5, 6) and session.samples == 700
    assert run.samples[[0, -1]].tolist() == [0, 700]
    assert 100 < len(run) <= 161
    want = online_sgd(SMALL, samples=700, checkpoints=run.samples, seeds=3)
    for name in ("angles", "perpendicular", "parallel", "risk", "r2", "singular_values", "neurons"):
        np.testing.assert_allclose(
            getattr(run, name), getattr(want, name), rtol=1e-6, atol=1e-9, err_msg=name
        )
    assert run.floors == want.floors and run.net is None
    one = Session(SMALL)
    one.train(10)
    np.testing.assert_array_equal(one.run().net.W, one.sims[0].net.W)
    assert one.run().seeds is None
