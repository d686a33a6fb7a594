"""A live lab over its engine: lamps, predicted curve and a played run are those of Python."""

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from course_utils import Settings
from course_utils.activations import ACTIVATIONS
from course_utils.events import lamps
from course_utils.inputs import law_examples
from course_utils.labs import breaks
from course_utils.labs.held import Held
from course_utils.labs.session import Session
from course_utils.labs.subspace import told, words
from course_utils.links import LINKS
from course_utils.losses import LOSSES

SITE = Path(__file__).parents[2] / "site"
pytestmark = pytest.mark.skipif(
    not shutil.which("node") or find_spec("ziglang") is None,
    reason="Node.js or the compiler of the engine (ziglang) is not installed",
)
TINY = re.compile(r"(measured) (\de-[12]\d|0\b(?!\.))")  # what rounding leaves of zero, if anything
RUNS = (
    (Settings(d=30, k=2, link="chain", width=20, step=0.3), 3000, {"noise": 0.5}, [700, 2000]),
    (
        Settings(d=400, k=1, link="tanh", width=30, activation="tanh", bias="away"),
        900,
        {"step": 0.4, "weight_decay": 0.5},
        [300],
    ),
    (
        Settings(d=10**6, k=1, link="relu", width=10, loss="logistic", schedule="decreasing"),
        40_000,
        {},
        [],
    ),
    (breaks.THRESHOLD.replace(weight_decay=0.1), 900, {"weight_decay": 0.3}, [300]),
    (breaks.HOLDS.replace(inputs="spiked:20:0.5", width=20), 1500, {"weight_decay": 2.0}, [500]),
    (
        breaks.HOLDS.replace(d=5000, k=2, link="sum_tanh", inputs="spiked:5:0.3", width=20),
        3000,
        {},
        [],
    ),
)


def some_settings(n: int) -> list[Settings]:
    """Every link, activation, loss and law of inputs, in changing company."""
    rng, made = np.random.default_rng(7), []
    laws = [*law_examples(), "gaussian", "gaussian", "gaussian"]
    for i in range(n):
        link = list(LINKS)[i % len(LINKS)]
        low, high = LINKS[link].k_range
        d = int(rng.choice([8, 30, 100, 200]))
        made.append(
            Settings(
                d=d,
                k=int(rng.integers(low, min(high, 4) + 1)),
                link=link,
                noise=float(rng.choice([0.0, 0.1, 1.0])),
                width=int(rng.choice([5, 20, 60])),
                activation=list(ACTIVATIONS)[i % len(ACTIVATIONS)],
                loss=str(rng.choice(list(LOSSES))),
                weight_decay=float(rng.choice([0.0, 0.05, 0.5, 2.0])),
                step=float(rng.choice([0.02, 0.3, 2.5])),
                schedule=str(rng.choice(["constant", "decreasing"])),
                bias=rng.choice(np.array(["normal", "away", "none", 0.5], dtype=object)),
                seed=int(rng.integers(100)),
                inputs=laws[i % len(laws)],
                directions=["random", "axis", "sparse:2"][i % 3],
                start=float(rng.choice([0.5, 1.0])),
            )
        )
    return made


SETTINGS = some_settings(int(os.environ.get("COURSE_RANDOM", 200)))


def lab_of(settings: Settings) -> str:
    return "BreakLab" if settings.inputs.startswith("spiked") else "SubspaceLab"


@cache
def answers() -> dict:
    """What one process of node answers to all of this file."""
    sys.path[:0] = [str(SITE)]
    from engine.build import build as compiled
    from live import build

    asked = {
        "facts": build.plain(build.facts()),
        "codes": [s.code() for s in SETTINGS],
        "runs": [
            {"name": lab_of(s), "code": s.summary(), "samples": t, "turn": turn, "further": further}
            for s, t, turn, further in RUNS
        ],
    }
    script = Path(__file__).with_name("theory.mjs")
    command = ["node", script, compiled().parent]
    done = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_lamps_are_those_of_python():
    for s, found in zip(SETTINGS, answers()["lamps"], strict=True):
        for lamp, got in zip(lamps(s), found, strict=True):
            said = (got["name"], got["holds"], got["purpose"])
            assert said == (lamp.name, lamp.holds, lamp.purpose), s.code()
            assert TINY.sub(r"\1", got["text"]) == TINY.sub(r"\1", lamp.text), s.code()


def python_played(settings: Settings, samples: int, turn: dict, further: list[int]) -> Session:
    made = breaks.Breaking if lab_of(settings) == "BreakLab" else Session
    session = made(settings, 1, Held())
    session.begin(settings, samples)
    for name, value in turn.items():
        was = session.run()
        session.change(session.settings.replace(**{name: value}))
        session.keep(was, live=True, afresh=False)
    for n in further:
        session.train(n)
    return session


@pytest.mark.parametrize("number", range(len(RUNS)))
def test_a_run_its_prediction_and_its_words_are_those_of_python(number):
    found, session = answers()["played"][number], python_played(*RUNS[number])
    run = session.run()
    assert found["errors"] == []
    assert found["times"] == run.samples.tolist()
    # The same steps in another order of sums: 10^-12 in W, see test_engine_wasm.py.
    np.testing.assert_allclose(found["perpendicular"], run.perpendicular, rtol=1e-9)
    np.testing.assert_allclose(found["angles"], run.angles, atol=1e-8)
    # Averages over the same draws; eigenvalue solvers differ in their last digits.
    predicted = np.array(found["predicted"], dtype=float)
    np.testing.assert_allclose(predicted, session.predicted.T, rtol=1e-6)
    last = (breaks.words if isinstance(session, breaks.Breaking) else words)(session, run)
    assert found["said"][-1][1] == last.sentence
    assert [tuple(cells) for cells in found["said"][-1][2]] == last.rows
    assert [tuple(event) for event in found["words"]["events"]] == told(session, run)
    table = found["csv"].splitlines()
    assert [len(line.split(",")) for line in table[-2:]] == [len(session.frame(run).columns)] * 2
    assert table[-len(run) - 1] == ",".join(session.frame(run).columns)
    assert found["text"].splitlines()[-1] == session.settings.summary()
