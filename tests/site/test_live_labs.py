"""Further labs of the page over their engine: numbers, words and views are those of Python."""

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from test_live_ports import SITE, clean, facts, plain, row, same

from course_utils import Settings, labs
from course_utils.labs import compression, hermite, target
from course_utils.labs import compression_views as drawn

pytestmark = pytest.mark.skipif(
    not shutil.which("node") or find_spec("ziglang") is None,
    reason="Node.js or the compiler of the engine (ziglang) is not installed",
)


def ask(questions: list[dict]) -> list[dict]:
    """What JavaScript answers."""
    sys.path[:0] = [str(SITE)]
    from engine.build import build as compiled

    text = json.dumps(clean({"facts": facts(), "questions": questions}), allow_nan=False)
    script = Path(__file__).with_name("live_labs.mjs")
    command = ["node", script, compiled().parent]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_every_preset_of_a_live_lab_is_offered_and_runs_what_it_runs_in_python():
    """A link that is a function of the course's is known to the page by the name in its summary."""
    asked = []
    for name, told in facts()["labs"].items():
        presets = getattr(getattr(labs, name), "presets", {})
        kept = [[preset, s.summary(), note] for preset, (s, note, *_) in presets.items()]
        assert told["presets"] == kept
        asked += [
            {
                "name": name,
                "code": "",
                "acts": [{"order": "preset", "value": preset}],
                "opens": True,
            }
            for preset in presets
            if "threshold" in preset
        ]
    for found in ask([*asked, {"name": "TargetLab", "code": "", "acts": [give("code", "link=x")]}]):
        wrong = [] if found["opened"] else ["Error: link = 'x' is unknown: it must be one of"]
        assert [error.split(" linear")[0] for error in found["errors"]] == wrong


# Settings, samples, the rank that W is cut to.
COMPRESSED = (
    (Settings(d=20, k=2, link="chain", width=30, step=0.3), 3000, 2),
    (compression.PAPER.replace(d=40, width=24), 5000, 1),
    (Settings(d=6, k=1, link="tanh", width=6, activation="tanh", loss="square", step=0.3), 900, 3),
    (Settings(d=10**6, k=1, link="tanh", width=10, step=1.0), 40_000, 1),
    (Settings(d=300, k=3, link="max", width=12, activation="erf", loss="logistic"), 0, 5),
)


@cache
def compressing(number: int) -> compression.Compressions:
    settings, samples, rank = COMPRESSED[number]
    session = compression.Compressions(settings)
    session.begin(settings, samples)
    session.cut(rank)
    return session


def told(session) -> dict:
    """What was recorded and compressed, for JavaScript."""
    run, names = session.run(), ("left_out", "output", "whole")
    axis = drawn.tables(session, run)["compressed"].rows(slice(None))["axis"]
    moments = [
        {
            "samples": t,
            "hidden": bool(np.isnan(axis[i])),
            "now": {name: getattr(one, name) for name in names}
            | {"forms": [[name, pair] for name, pair in one.forms.items()]},
        }
        for i, (t, one) in enumerate(session.moments)
    ]
    return {"rows": [row(run.at(i)) for i in range(len(run))], "moments": moments}


@cache
def compression_answers() -> list[dict]:
    questions = []
    for number, (settings, samples, rank) in enumerate(COMPRESSED):
        session = compressing(number)
        cut = {"order": "rank", "value": rank}
        common = {"name": "CompressionLab", "code": settings.code()}
        questions.append(common | {"acts": [{"samples": samples}, cut]})
        moment = len(session.run()) // 2
        given = [cut, {"given": told(session)}]
        questions.append(common | {"acts": given, "moment": moment})
    return ask(questions)


@pytest.mark.parametrize("number", range(len(COMPRESSED)))
def test_a_network_is_compressed_as_python_does_it(number):
    """Each in its own run; factors differ in their last digits, and then codes of int8 now and then
    by one of 127, which moves risks by 1e-4 of themselves at most.
    """
    session, found = compressing(number), compression_answers()[2 * number]
    assert found["errors"] == []
    assert [one["samples"] for one in found["moments"]] == [t for t, _ in session.moments]
    for (_, one), got in zip(session.moments, found["moments"], strict=True):
        now = got["now"]
        np.testing.assert_allclose(now["left_out"]["array"], one.left_out, rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(now["output"]["array"], one.output, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(now["whole"], one.whole, rtol=1e-9)
        assert list(now["forms"]) == list(one.forms)
        for name, (bytes_, risk) in one.forms.items():
            size, lost = (part["array"] for part in now["forms"][name])
            assert size == bytes_.tolist(), name
            np.testing.assert_allclose(lost, risk, rtol=2e-4, err_msg=name)


@pytest.mark.parametrize("number", range(len(COMPRESSED)))
def test_words_and_views_of_compressed_moments_are_those_of_python(number):
    session, found = compressing(number), compression_answers()[2 * number + 1]
    run, where = session.run(), session.settings.code()
    moment = len(run) // 2
    said = compression.words(session, run, moment)
    assert found["errors"] == []
    same(found["words"]["sentence"], said.sentence, where)
    same(found["words"]["rows"], said.rows, where)
    same(found["now"]["lights"], said.lights, where)
    same(found["views"], [plain(view) for view in drawn.views(session, run)], where)
    columns = drawn.tables(session, run)["compressed"].rows(slice(None))
    assert set(found["tables"]["compressed"]) == set(columns)
    for name, column in columns.items():
        got = np.array(found["tables"]["compressed"][name]["data"]["array"], dtype=float)
        np.testing.assert_allclose(got, np.ravel(column), rtol=1e-12, err_msg=name)
    assert found["csv"] == session.to_csv()
    assert found["text"].splitlines()[0] == said.sentence
    assert found["knobs"]["rank"] == {"value": session.rank, "max": session.ranks}


def test_inputs_that_are_not_normal_are_refused_in_words_of_python():
    code = Settings(d=20, inputs="hypercube").code()
    acts = [{"order": "code", "value": code}]
    (found,) = ask([{"name": "CompressionLab", "code": "d=20", "acts": acts}])
    with pytest.raises(ValueError, match="the bound that this lab shows") as refused:
        compression.Compressions(Settings(d=20, inputs="hypercube"))
    assert found["errors"] == [f"Error: {refused.value}"]


def give(order: str, value=None) -> dict:
    return {"order": order, "value": value}


# What is done to the lab, and to Python's expansion of the same link.
EXPANDED = {
    "known": ([give("start", "relu"), give("set noise", 0.5)], lambda e: e.take("relu")),
    "none beside it": ([give("start", "he3")], lambda e: e.take("he3")),
    "own": (
        [give("start", "cubic"), give("c1", 0.004), give("c4", -0.37), give("set d", 7)],
        lambda e: (e.take("cubic"), e.set(1, 0.004), e.set(4, -0.37)),
    ),
    "zero": ([give("zero")], lambda e: e.clear()),
    "large": ([give("c0", 1.2), give("c6", 1.1)], lambda e: (e.set(0, 1.2), e.set(6, 1.1))),
}


def test_hermite_lab_shows_and_says_what_python_does_and_its_address_restores_it():
    code = Settings(link="tanh", d=100, k=1, noise=0.1).code()
    common = {"name": "HermiteLab", "code": "d=100 noise=0.1", "opens": True}
    answers = ask([common | {"acts": acts} for acts, _ in EXPANDED.values()])
    for (name, (acts, act)), found in zip(EXPANDED.items(), answers, strict=True):
        changes = {a["order"][4:]: a["value"] for a in acts if a["order"].startswith("set ")}
        expansion = hermite.Expansion(Settings.from_code(code).replace(**changes))
        act(expansion)
        assert found["errors"] == found["opened"]["errors"] == [], name
        said = hermite.words(expansion)
        assert found["words"]["sentence"] == said.sentence
        same(found["views"], [plain(view) for view in hermite.views(expansion)], name)
        assert found["text"].splitlines() == hermite._lines(expansion, said, "")
        assert found["csv"] == expansion.to_csv()
        assert found["opened"]["text"] == found["text"]
        assert found["frame"]["words"]["sentence"] == said.sentence


# Settings, and what is done to the lab: looks at random before the last one, or at the truth.
CLOUDS = (
    (Settings(link="tanh", d=20, k=1, noise=0.1), 0, None),
    (Settings(link="he2", d=10**6, k=1, noise=0.3, seed=5), 2, None),
    (Settings(link="product", d=20, k=2, noise=0.1), None, (20.0, 45.0)),
    (Settings(link="chain", d=20, k=3, seed=2**31), 0, (33.3, 70.0)),
    (Settings(link="sum_relu", d=3, k=3, noise=0.0), 1, (40.0, 10.0)),
    (Settings(link="max", d=300, k=4, noise=0.5), 0, (10.0, 30.0)),
    (Settings(link="norm", d=7, k=2, noise=1.0), 1, (0.0, 90.0)),
    (Settings(link="staircase", d=60, k=5), 0, (5.0, 20.0)),
    (Settings(link="none", d=20, k=1, noise=1.0), 0, None),
)


def cloud_of(settings: Settings, looks: int | None, place) -> target.Cloud:
    cloud = target.Cloud(settings)
    for _ in range(looks or 0):
        cloud.look_randomly()
    if looks is None:
        cloud.look_at_truth()
    if place:
        cloud.look(*place)
    return cloud


@cache
def cloud_answers() -> list[dict]:
    questions = []
    for settings, looks, place in CLOUDS:
        acts = [give("truth")] if looks is None else [give("random")] * looks
        tilt, turn = place or (None, None)
        acts += [give("tilt", tilt), give("turn", turn)] if place else []
        code = " ".join(p for p in settings.code().split() if p.split("=")[0] in target.Cloud.uses)
        questions.append({"name": "TargetLab", "code": code, "acts": acts, "opens": True})
    return ask(questions)


NUMBER = re.compile(r"[-+]?\d[\d,]*\.?\d*(?:e-?\d+)?")


def nearly(found: str, wanted: str, off: float) -> None:
    """Texts with numbers that differ by so much at most."""
    assert NUMBER.sub("#", found) == NUMBER.sub("#", wanted)
    numbers = [[float(n.replace(",", "")) for n in NUMBER.findall(t)] for t in (found, wanted)]
    np.testing.assert_allclose(*numbers, atol=off, err_msg=f"{found}\n{wanted}")


def close(found, wanted, off: float) -> None:
    """Views whose arrays and numbers differ by so much at most."""
    if isinstance(wanted, np.ndarray):
        np.testing.assert_allclose(found["array"], wanted, rtol=1e-9, atol=off)
    elif isinstance(wanted, dict):
        assert sorted(found) == sorted(wanted)
        for key, part in wanted.items():
            close(found[key], part, off)
    elif isinstance(wanted, (list, tuple)):
        assert len(found) == len(wanted)
        for one, part in zip(found, wanted, strict=True):
            close(one, part, off)
    elif isinstance(wanted, float):
        np.testing.assert_allclose(float(found), wanted, rtol=1e-9, atol=off)
    else:
        assert found == wanted


@pytest.mark.parametrize("number", range(len(CLOUDS)))
def test_target_lab_shows_and_says_what_python_does_and_its_address_restores_it(number):
    """Of one direction exactly. Of several Python predicts by averages over 2^17 points, good to
    0.001 of a coefficient, the page by formulas.
    """
    settings, looks, place = CLOUDS[number]
    found, cloud = cloud_answers()[number], cloud_of(settings, looks, place)
    off = 1e-9 if settings.k == 1 else 4e-3
    said = target.words(cloud)
    assert found["errors"] == found["opened"]["errors"] == []
    nearly(found["words"]["sentence"], said.sentence, 0 if settings.k == 1 else 0.0101)
    for row_found, cells in zip(found["words"]["rows"], said.rows, strict=True):
        assert row_found[0] == cells[0]
        for one, text in zip(row_found[1:], cells[1:], strict=True):
            nearly(one, text, 0 if settings.k == 1 else 0.01)
    close(found["views"], [plain(view) for view in target.views(cloud)], off)
    csv, wanted = found["csv"].splitlines(), cloud.to_csv().splitlines()
    assert csv[:2] == wanted[:2]
    numbers = [[float(cell) for cell in text[-1].split(",")] for text in (csv, wanted)]
    np.testing.assert_allclose(*numbers, rtol=1e-12)
    assert len(csv) == len(wanted)
    assert found["text"].splitlines()[-1] == found["opened"]["text"].splitlines()[-1]
    nearly(found["opened"]["text"], found["text"], 0)


def test_an_address_restores_a_run_that_was_turned_and_what_is_beside_its_settings():
    """Turned as the run went on: noise, then decay and step; the rank that W is cut to."""
    turned = [
        {"order": "set noise", "value": 0.7},
        {"samples": 400},
        {"order": "set noise", "value": 0.1},
        {"samples": 500},
        {"order": "set weight_decay", "value": 0.5},
        {"order": "set step", "value": 0.2},
        {"samples": 600},
    ]
    code = "d=20 k=2 link=chain width=20"
    acts = {"SubspaceLab": turned, "CompressionLab": [*turned, {"order": "rank", "value": 4}]}
    common = {"code": code, "opens": True}
    answers = ask([common | {"name": name, "acts": part} for name, part in acts.items()])
    for found in answers:
        again = found["opened"]
        assert found["errors"] == again["errors"] == []
        assert "turned=400+noise+0.1+900+weight_decay" in found["address"]
        assert again["address"] == found["address"]
        first, then = (
            re.match(r"After 1,500 samples .*? (W_par [\d.]+|smaller)", one["text"])[0]
            for one in (found, again)
        )
        assert first == then


def test_an_address_that_does_not_fit_a_lab_is_refused_in_one_sentence():
    asked = []
    for wrong in ("#code=d%3D20&rank=0", "#code=d%3D20&colour=3", "#t=5&turned=400+d+30"):
        asked.append({"name": "CompressionLab", "code": "d=20", "acts": [], "opens": wrong})
    for found in ask(asked):
        assert [why.count("does not fit this lab") for why in found["opened"]["errors"]] == [1]
