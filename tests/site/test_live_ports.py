"""What a live lab computes in JavaScript is what Python computes, character for character.

All questions go to one process of node; Python answers them too. Numbers agree within rounding.
"""

import json
import math
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest

from course_utils import Settings
from course_utils.events import lamps
from course_utils.labs import rows as tables
from course_utils.labs.held import Held
from course_utils.labs.orders import noted
from course_utils.labs.session import Session, adapted
from course_utils.labs.subspace import PRESETS, told, views, words
from course_utils.labs.twin import tell
from course_utils.links import LINKS
from course_utils.record import checkpoint_times
from course_utils.run import OF_EACH_SEED, SERIES, Record
from course_utils.snapshot import in_d

SITE = Path(__file__).parents[2] / "site"
pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="Node.js is not installed")


@cache
def facts() -> dict:
    sys.path[:0] = [str(SITE)]
    from live import build

    return build.plain(build.facts())


def ask(cases: list) -> list:
    """What JavaScript answers."""
    text = json.dumps(clean({"facts": facts(), "cases": cases}), allow_nan=False)
    script = Path(__file__).with_name("ports.mjs")
    done = subprocess.run(["node", script], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def clean(value):
    if isinstance(value, dict):
        return {key: clean(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(part) for part in value]
    if isinstance(value, np.ndarray):
        return clean(value.tolist())
    if isinstance(value, np.generic):
        return clean(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def test_numbers_are_written_as_python_writes_them():
    rng = np.random.default_rng(0)
    wide = [float(x) for x in rng.standard_normal(400) * 10.0 ** rng.integers(-8, 9, 400)]
    ties = [0.125, 0.375, 2.5, 0.5, 1.5, -0.5, 12.5, 1234.5, 0.0625, 1e15 + 0.5]
    cases, right = [], []

    def both(name, said, *values):
        cases.append(["text", {"name": name, "values": values}])
        right.append(said)

    for x in [*wide, *ties, 0.0, 1.0, 1e-5, 1e16, 123456789.0, 99999.5, 9.995, 5e-324]:
        for n in (0, 1, 2, 3):
            both("fixed", f"{x:.{n}f}", x, n)
            both("fixedZ", f"{x:z.{n}f}", x, n)
        for p in (1, 2, 3, 4, 6):
            both("general", f"{x:.{p}g}", x, p)
        both("commas", f"{x:,.0f}", x)
        both("percent", f"{x:.0%}", x)
        both("repr", repr(x), x)
    for t in rng.integers(0, 10**7, 50):
        both("inD", in_d(int(t), 37), int(t), 37)
    for text in ("it's", 'say "x"', "a'b\"c", "\n\t\\", "caf\u00e9 \u200b\u2028", "\x00\x7f\xa0"):
        both("quoted", repr(text), text)
    assert ask(cases) == right


RANDOM = int(os.environ.get("COURSE_RANDOM", 7))  # settings besides those of presets


def some_settings(rng) -> Settings:
    link = str(rng.choice(list(LINKS)))
    low, high = LINKS[link].k_range
    d = int(rng.choice([6, 20, 60, 100, 10**6]))
    given = {
        "d": d,
        "k": int(rng.integers(low, min(high, 5, d) + 1)),
        "link": link,
        "noise": float(rng.choice([0.0, 0.1, 0.5])),
        "width": int(rng.choice([10, 20, 50])),
        "activation": str(rng.choice(["relu", "tanh", "erf", "softplus"])),
        "loss": str(rng.choice(["huber", "square", "logistic"])),
        "weight_decay": float(rng.choice([0.0, 0.05, 0.5])),
        "step": float(rng.choice([0.02, 0.1, 0.3])),
        "schedule": str(rng.choice(["constant", "decreasing"])),
        "bias": rng.choice(np.array(["normal", "away", "none", 0.5], dtype=object)),
        "seed": int(rng.integers(1000)),
    }
    return Settings(**given)


WRONG = (
    "d=0", "d=1e3", "k=9 d=3", "k=2 link=tanh", "noise=-1", "noise=1000", "noise=x", "bias=0",
    "bias=2000", "bias=some", "link=sine", "loss=hinge", "d=5 d=6", "d 5", "=5", "colour=3", "d=",
    "seed=99999999999999999999", "inputs=student", "inputs=student:1", "inputs=spiked:3:4",
    "inputs=round", "seed=9223372036854775808", "d=9999999999999999999",
    "directions=sparse:0.5", "directions=sparse:40 d=50 k=3", "step=1e9",
    "inputs=spiked:3:0.5 d=3 k=3", "width=0", "k=51 d=100", "x" * 1001, "start=0", "\u202ed=5",
)  # fmt: skip
RIGHT = (
    "", "d=50", "`d = 50, k=2`", "'d=20'; link=product k=4", "bias=0.5", "step=1e-3", "noise=.5e0",
    "inputs=spiked:20:0.5", "inputs=student:3", "directions=sparse:2", "d=50 k=2 link=tanh",
    "link=he2", "start=2 inputs=hypercube", "noise=0.30000", "seed=9007199254740991",
)  # fmt: skip


def test_codes_are_read_and_refused_alike():
    rng = np.random.default_rng(1)
    cases, right = [], []

    def attempt(text, base):
        try:
            return Settings.from_code(text, base).code()
        except ValueError as problem:
            return {"refused": str(problem).split("; did you mean")[0]}

    bases = [None, Settings(d=100, k=3), Settings(d=8, k=1, link="tanh")]
    for text in (*WRONG, *RIGHT, *(some_settings(rng).code() for _ in range(60))):
        for base in bases:
            cases.append(["code", {"text": text, "base": base and base.code()}])
            right.append(attempt(text, base))
    for _ in range(60):
        base, name = some_settings(rng), str(rng.choice(["d", "k", "link", "noise", "seed"]))
        change = {name: getattr(some_settings(rng), name)}
        cases.append(["replaced", {"base": base.code(), "changes": change}])
        try:
            right.append(adapted(base, **change).code())
        except ValueError as problem:
            right.append({"refused": str(problem)})
    for case, found, wanted in zip(cases, ask(cases), right, strict=True):
        assert found == wanted, case


def test_records_and_notes_are_kept_alike():
    rng = np.random.default_rng(2)
    cases, right = [], []
    for samples in (1, 7, 100, 20_000, 12_345_678):
        cases.append(["times", {"samples": samples}])
        right.append(checkpoint_times(samples, 160).tolist())
    for limit in (10, 40):
        t = np.unique(np.r_[0, rng.integers(1, 10**5, 300)])
        marked = [int(m) for m in rng.choice(t, 20)]
        cases.append(["thinned", {"samples": t, "limit": limit, "marked": marked}])
        record = Record(Settings(), limit)
        record.marked = marked
        blank = partial(replace, Session(Settings(d=4, k=1, width=2)).run().at(0))
        for s in t:
            record.append(blank(samples=int(s)))
        right.append(record.run().samples.tolist())
    for name, (settings, note, *_) in PRESETS.items():
        other = settings.replace(noise=0.7, seed=5)
        for uses in (Session.uses, ("d", "link", "seed")):
            told_of = {"preset": settings.code(), "note": note, "code": other.code(), "uses": uses}
            cases.append(["noted", told_of])
            right.append(noted(PRESETS[name], other, uses))
    assert ask(cases) == right


def row(snapshot) -> dict:
    names = ("samples", *SERIES)
    return {name: np.ravel(getattr(snapshot, name)).tolist() if name in ROWS
            else getattr(snapshot, name) for name in names}  # fmt: skip


ROWS = ("angles", "singular_values", *OF_EACH_SEED)


class Story:
    """A session and all that JavaScript has to be told of it."""

    def __init__(
        self, settings: Settings, samples: int, turn: dict | None, before: Settings | None
    ):
        self.held = Held()
        self.lamps: dict = {}
        other = None
        if before is not None:
            other = Session(before, 1, Held())
            for t in checkpoint_times(samples // 2, 25)[1:]:
                other.train(int(t) - other.samples)
        self.session = session = Session(settings, 1, self.held)
        if other is not None:
            self.held.left(other.run(), afresh=False)
        self.parts, self.floors, self.first = [], [dict(session._floors)], settings.code()
        self.told = 0
        self.note_rows()
        times = checkpoint_times(samples, 60)[1:]
        for i, t in enumerate(times):
            if turn and i == len(times) // 2:
                self.turn(adapted(session.settings, **turn))
            session.train(int(t) - session.samples)
            self.note_rows()

    def note_rows(self) -> None:
        run = self.session.run()
        news = [row(run.at(i)) for i in range(self.told, len(run))]
        self.told = len(run)
        self.parts.append({"rows": news})
        self.floors.append(dict(self.session._floors))

    def turn(self, settings: Settings) -> None:
        for one in (self.session.settings, settings):
            self.lamps[one.code()] = [
                {"name": a.name, "holds": a.holds, "text": a.text} for a in lamps(one)
            ]
        was = self.session.run()
        self.session.change(settings)
        self.session.keep(was, live=True, afresh=False)
        self.parts.append({"change": settings.code(), "samples": self.session.samples})
        self.floors.append(dict(self.session._floors))

    def case(self, moment: int) -> list:
        run, before = self.session.run(), self.held.run
        return ["run", {
            "run": told_run(run), "before": before and told_run(before), "past": self.held.past,
            "story": {"first": self.first, "parts": self.parts, "floors": self.floors},
            "lamps": self.lamps, "predicted": self.session.predicted.T, "moment": moment,
            "turns": self.session.changes,
        }]  # fmt: skip


def told_run(run) -> dict:
    rows = [row(run.at(i)) for i in range(len(run))]
    changes = [[t, s.code()] for t, s in run.changes]
    return {
        "code": run.settings.code(), "rows": rows, "floors": run.floors, "changes": changes,
        "highestFloor": run.highest_floor,
    }  # fmt: skip


def stories():
    rng = np.random.default_rng(3)
    short = [s.replace(d=min(s.d, 60), width=min(s.width, 20)) for s, _ in PRESETS.values()]
    rests = Settings(d=10, k=1, link="tanh", width=10, weight_decay=0.5, step=0.3)
    for i, settings in enumerate(
        [rests, *short[::2], *(some_settings(rng) for _ in range(RANDOM))]
    ):
        turn = ({"noise": 0.7}, {"weight_decay": 0.0, "step": 0.05}, None)[i % 3]
        before = (None, settings.replace(seed=99), some_settings(rng))[i % 4 % 3]
        try:
            yield Story(settings, 300 if i % 4 else 3000, turn, before)
        except RuntimeError:  # it has diverged; test_live_lab.py has one that does
            continue


def same(found, wanted, where: str) -> None:
    """Texts are equal, numbers within rounding."""
    if isinstance(wanted, np.ndarray):
        assert set(found) == {"array"}, where
        np.testing.assert_allclose(found["array"], wanted, rtol=1e-12, atol=1e-300, err_msg=where)
    elif isinstance(wanted, dict):
        assert sorted(found) == sorted(wanted), where
        for key, part in wanted.items():
            same(found[key], part, f"{where}.{key}")
    elif isinstance(wanted, (list, tuple)):
        assert len(found) == len(wanted), where
        for i, part in enumerate(wanted):
            same(found[i], part, f"{where}[{i}]")
    elif isinstance(wanted, float):
        np.testing.assert_allclose(float(found), wanted, rtol=1e-12, err_msg=where)
    else:
        assert found == wanted, where


def test_words_events_and_views_of_a_run_are_those_of_python():
    told_ones = list(stories())
    rng = np.random.default_rng(4)
    moments = [int(rng.integers(0, len(one.session.run()))) for one in told_ones]
    answers = ask([one.case(moment) for one, moment in zip(told_ones, moments, strict=True)])
    kinds = set()
    for one, moment, found in zip(told_ones, moments, answers, strict=True):
        session, run = one.session, one.session.run()
        said = words(session, run, moment)
        where = run.settings.code()
        same(found["words"]["sentence"], said.sentence, where)
        same(found["words"]["rows"], said.rows, where)
        t = int(run.samples[moment])
        assert found["words"]["clock"] == f"t = {t:,} = {in_d(t, run.settings.d)}"
        same(found["told"], told(session, run), where)
        same(found["names"], sorted(session.watch.names.items()), where)
        events = [(e.name, e.samples, e.index, list(e.directions)) for e in session.watch.events]
        got = [(e["name"], e["samples"], e["index"], e["directions"]) for e in found["events"]]
        assert got == events, where
        kinds |= {e.name for e in session.watch.events}
        code = session.settings.summary()
        assert found["twin"] == "\n".join(tell(run, said, code)), where
        assert found["csv"].splitlines()[:3] == session.to_csv().splitlines()[:3], where
        same(found["views"], [plain(view) for view in views(session, run)], where)
        columns = tables.of_run(run).rows(slice(None))
        for name, column in columns.items():
            np.testing.assert_allclose(
                found["columns"][name]["data"]["array"], np.ravel(column), rtol=1e-12, err_msg=name
            )
    assert {"angle", "singular value", "half", "plateau", "lamp"} <= kinds


def plain(view) -> dict:
    made = {"name": view.name, "traces": view.traces, "layout": view.layout, "direct": view.direct}
    return made | ({} if view.kind == "plot" else {"kind": view.kind})
