"""A running experiment behind a lab: what it predicts, while its live knobs are turned."""

import numpy as np
import pytest

from course_utils import Settings
from course_utils.labs import SubspaceLab, actor
from course_utils.labs.session import BUDGET, Session

NOISE = Settings(d=50, k=1, link="none", noise=1.0, width=50, weight_decay=0.5, step=0.1)
SIGNAL = Settings(d=50, k=1, link="tanh", width=50, weight_decay=0.5, step=0.1)


def play(session: Session, until: int, frames: int = 25) -> None:
    """Train as a lab does: frame by frame, at a constant pace on a log axis."""
    for t in np.unique(np.geomspace(session.samples + 1, until, frames).astype(int)):
        session.train(int(t) - session.samples)


def off(session: Session) -> float:
    """|log(predicted / measured)| of W_perp now; measured, it swings by 10 % about its mean."""
    return abs(np.log(session.predicted_at(session.samples) / session.run().perpendicular[-1]))


@pytest.mark.parametrize(
    "settings,moves",
    [
        (NOISE, [{"noise": 1.5}, {"noise": 2.0}, {"noise": 3.0}]),
        (NOISE, [{"noise": 2.0}]),
        (NOISE, [{"noise": 3.0}, {"noise": 0.3}]),
        (SIGNAL, [{"noise": 0.2}, {"noise": 0.5}, {"noise": 1.0}, {"noise": 2.0}]),
        (SIGNAL, [{"weight_decay": 0.7}, {"weight_decay": 0.9}]),
        (SIGNAL, [{"step": 0.2}, {"step": 0.4}]),
    ],
)
def test_a_prediction_follows_changes_however_close_they_are(settings, moves):
    """Within 40 % at every moment.

    Its rates are means over 500 samples, and what it predicts swings by 10 %.
    """
    session = Session(settings)
    play(session, 40_000, 40)
    for move in moves:
        session.change(session.settings.replace(**move))
        session.train(100)
    changed = session.samples
    while session.samples < 60_000:
        session.train(500)
        t = session.samples
        assert off(session) < 0.4, f"at {t:,} samples, {t - changed:,} after"


def test_a_prediction_follows_a_change_long_after_its_plateau():
    session = Session(NOISE.replace(d=20, step=0.4))
    play(session, 25_000)  # the plateau is settled after 300 d / step = 15,000
    before = session.predicted_at(session.samples)
    session.change(session.settings.replace(noise=3.0))
    after = session.predicted_at(session.samples)
    assert after == pytest.approx(before, rel=0.1)  # W_perp itself does not jump
    play(session, 27_000)
    assert session.predicted_at(session.samples) > 1.2 * before
    assert off(session) < 0.35


def test_the_prediction_in_words_is_the_curve_that_is_drawn():
    """Both axes are logarithmic, so between two computed points the drawn curve is a power of t."""
    session = Session(SIGNAL)
    play(session, 5_000)
    times, values = session.predicted
    assert times[-1] == session.samples  # the curve ends now, where measured ones end
    assert (np.diff(times) > 0).all()
    for i in range(2, len(times)):
        assert session.predicted_at(times[i]) == pytest.approx(values[i])
        between = session.predicted_at(np.sqrt(times[i - 1] * times[i]))
        assert between == pytest.approx(np.sqrt(values[i - 1] * values[i]))
    assert np.isnan(session.predicted_at(5_001))  # not computed, so not said


def test_where_there_is_no_prediction_any_more_none_is_said():
    """Once W_perp is predicted to grow without end there is none, whatever is turned afterwards."""
    lab = SubspaceLab(SIGNAL)
    theory = lab.session._theory
    theory._M[0, 0], theory._modes = 1e308, None  # stands in for growth without end
    play(lab.session, 2_000)
    lab.session.change(SIGNAL.replace(noise=1.0, weight_decay=1.0))
    play(lab.session, 4_000)
    assert np.isnan(lab.session.predicted_at(lab.session.samples))
    words = lab.words(lab.session.run(), -1)
    assert "Predicted" not in words.sentence and words.rows[0][1] == words.rows[0][3] == ""
    assert np.isfinite(lab.session.predicted).all()


def test_labs_that_play_share_one_budget(monkeypatch):
    """Two that play to a page halve what each may train for a frame.

    One at rest or without a page takes no share.
    """
    labs = [SubspaceLab(SIGNAL) for _ in range(3)]
    shares = []
    monkeypatch.setattr(Session, "step", lambda self, *_, share: shares.append(share))
    for lab in labs:
        lab.actor._page = True
    # without those of other tests
    monkeypatch.setattr(actor, "_actors", {lab.actor for lab in labs})
    for playing in ([0], [0, 1], [0, 1, 2], [0, 2]):
        for i, lab in enumerate(labs):
            lab.actor.playing = i in playing
        labs[0]._step()
        assert shares[-1] == 1 / len(playing)
    labs[2].actor._page = False
    labs[0]._step()
    assert shares[-1] == 1.0
    for lab in labs:
        lab.close()


def test_a_share_of_the_budget_bounds_what_a_step_trains():
    trained = []
    for share in (1.0, 0.5, 0.25):
        session = Session(SIGNAL)
        session.train(4_000)
        session._cost = BUDGET / 200.5  # seconds a sample
        before = session.samples
        session.step(0.25, share=share)
        trained.append(session.samples - before)
    assert trained == [200, 100, 50]
