"""The engine exists twice, in Numba and in WebAssembly: both give the same run, number for number.

One node process answers all questions. Where numbers differ in their last digits the tolerance says
why; streams do not differ at all.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from course_utils import OnlineSGD, Settings
from course_utils.activations import ACTIVATIONS
from course_utils.directions import DIRECTIONS, direction_examples
from course_utils.engine.online import Diverged, schedule
from course_utils.engine.sampling import reduced_columns
from course_utils.inputs import LAWS, input_law, law_examples
from course_utils.labs import breaks
from course_utils.labs.subspace import PRESETS
from course_utils.links import LINKS
from course_utils.losses import LOSSES
from course_utils.networks import BIASES
from course_utils.settings import CHOICES

ROOT = Path(__file__).parents[2]
SEEDS = (0, 1, 20_260, 2**32 + 5, 2**63 - 1)
NORMALS, CHI_SQUARES, STEPS = 1_000_000, 1000, 20_000
TAIL = 3.6541528853610088  # where the ziggurat's tail begins; one normal number of 3,800 is beyond
FREEDOMS = np.r_[1:51, np.linspace(2.1, 60, 50), 10 ** np.linspace(1, 9, CHI_SQUARES - 100) // 1]
GRID = np.r_[np.linspace(-40, 40, 2001), np.linspace(-2, 2, 999), 1e-9, -1e-9, 0.0, 700, -700]


def as_page(s: Settings) -> dict:
    """Settings as the page has them; a seed may have more digits than JavaScript's numbers."""
    return {f.name: getattr(s, f.name) for f in fields(s)} | {"seed": str(s.seed)}


def random_settings(count: int) -> list[Settings]:
    """All links, activations, losses, schedules, laws, directions and biases, in other company each
    time; every third is simulated in reduced coordinates.
    """
    rng, made = np.random.default_rng(18), []
    order = {name: list(values) for name, values in CHOICES.items()} | {"link": list(LINKS)}
    order["bias"] = [*BIASES, 0.7]
    order["directions"] = direction_examples()
    for i in range(count):
        large = i % 3 == 2
        laws = [law for law in law_examples() if not large or input_law(law).reducible]
        chosen = {name: values[i % len(values)] for name, values in order.items()}
        chosen["loss"] = order["loss"][(i // 4) % 3]
        chosen["directions"] = order["directions"][(i // 2) % 3]
        low, high = LINKS[chosen["link"]].k_range
        k = int(rng.integers(low, min(high, 5) + 1))
        d = int(10 ** rng.uniform(3, 6)) if large else int(rng.integers(2 * k + 1, 70))
        made.append(
            Settings(
                **chosen,
                d=d,
                k=k,
                width=int(rng.integers(4, 25 if large else 60)),
                inputs=laws[i % len(laws)] if i % 2 else "gaussian",
                noise=float(rng.choice([0, 0.1, 1])),
                weight_decay=float(rng.choice([0.05, 0.5])),
                step=float(rng.choice([0.02, 0.1])),
                start=float(rng.choice([1, 1, 0.3])),
                seed=int(rng.integers(2**62)),
            )
        )
    return made


RUNS = random_settings(30)
# diverge: decay that overshoots, by so little that the second chunk of samples has to be undone;
# the square loss; and another
WILD = (
    Settings(d=200, k=1, link="linear", width=40, step=1, weight_decay=402),
    Settings(d=10, k=1, link="quintic", width=16, step=20, loss="square"),
    Settings(d=2, k=1, link="linear", width=8, step=700, inputs="spiked:1000000:1", weight_decay=0),
)
# turned while they run, and trained in pieces
TURNED = Settings(d=30, width=20), Settings(d=5000, k=2, width=9, schedule="decreasing")
ACTS = [
    1000,
    {"noise": 1.0, "step": 0.02},
    333,
    {"weight_decay": 0.0, "schedule": "decreasing"},
    77,
]
EDGES = [Settings(d=2 * reduced_columns(Settings(width=6)) + more, width=6) for more in (0, 1)]
WIDE = [
    *(Settings(d=4, k=2, width=3), Settings(d=3, k=3, width=2), Settings(d=9, k=9, width=40)),
    Settings(d=70, k=50, width=90, link="sum_squares"),
    Settings(d=1700, k=1, width=260, link="tanh"),  # the longest blocks between foldings
    Settings(d=20, k=2, width=9, step=20, weight_decay=0.999),  # a step leaves a thousandth of W
    Settings(d=20, k=2, width=9, step=20, weight_decay=1),  # and here nothing
]
TIMES = np.r_[0:50, 10 ** np.arange(2, 13)]
SCHEDULES = [
    Settings(d=d, k=1, schedule=name, weight_decay=decay, step=step)
    for name in CHOICES["schedule"]
    for d, decay, step in ((100, 0.05, 0.1), (1, 1000, 1000), (10**9, 1e-12, 1e-9), (50, 0, 1))
]
TIGHT = Settings(d=20, k=2, width=7)
REFUSED = {  # what is wrong with it, and words of the sentence
    "own link": ({"link": "mine"}, ["link = mine", "chain"]),
    "activation": ({"activation": "gelu"}, ["activation = gelu", "softplus"]),
    "law": ({"inputs": "cauchy:1"}, ["inputs = cauchy", "gaussian"]),
    "field": ({"depth": 3}, ["depth"]),
    "k of a link": ({"link": "tanh", "k": 2}, ["k = 2", "tanh"]),
    "k above d": ({"d": 2, "k": 3}, ["k = 3", "d = 2"]),
    "memory": ({"d": 10**7, "inputs": "hypercube"}, ["10,000,000", "memory", "lower"]),
}
LINK_ROWS = {
    name: np.random.default_rng(5).standard_normal((400, k)) * 1.5
    for name, link in LINKS.items()
    for k in [max(link.k_range[0], min(link.k_range[1], 4))]
}


def questions() -> dict[object, dict]:
    """All that is asked of the page, by the key under which tests find the answer."""
    numbers = [["standard_normal", NORMALS], ["chisquare", FREEDOMS.tolist()]]
    small = [["signs", 33], ["uniform", 1, 2, 20], ["signs", 34], ["random", 20]]
    asked = {
        ("normals", s): {"ask": "stream", "seed": str(s), "child": None, "draws": numbers}
        for s in SEEDS
    }
    asked |= {
        ("small", s, c): {"ask": "stream", "seed": str(s), "child": c, "draws": small}
        for s in SEEDS
        for c in range(8)
    }
    asked["names"] = {"ask": "names"}
    asked |= {
        ("completed", name): {"ask": "completed", "settings": {"link": name}} for name in LINKS
    }
    asked |= {
        ("link", name): {"ask": "link", "name": name, "Z": Z.ravel().tolist(), "k": Z.shape[1]}
        for name, Z in LINK_ROWS.items()
    }
    asked |= {
        ("activation", name): {"ask": "activation", "name": name, "t": GRID.tolist()}
        for name in ACTIVATIONS
    }
    asked |= {
        ("loss", name, y): {
            "ask": "loss",
            "name": name,
            "yhat": GRID.tolist(),
            "y": [y] * len(GRID),
        }
        for name in LOSSES
        for y in (-1.0, 1.0)
    }
    asked |= {
        ("steps", s): {"ask": "schedule", "settings": as_page(s), "t": TIMES.tolist()}
        for s in SCHEDULES
    }
    asked |= {("run", s): {"ask": "run", "settings": as_page(s), "acts": [STEPS]} for s in RUNS}
    asked |= {
        ("run", s): {"ask": "run", "settings": as_page(s), "acts": [5000, 5000]} for s in WILD
    }
    asked |= {("run", s): {"ask": "run", "settings": as_page(s), "acts": ACTS} for s in TURNED}
    asked |= {
        ("run", s): {"ask": "run", "settings": as_page(s), "acts": [500]} for s in [*EDGES, *WIDE]
    }
    asked |= {
        ("preset", name): {"ask": "run", "settings": as_page(s), "acts": [300]}
        for name, (s, _) in PRESETS.items()
    }
    asked["just fits"] = {
        "ask": "run",
        "settings": as_page(TIGHT),
        "sampling": "reduced",
        "acts": [300],
    }
    asked |= {
        ("refused", case): {"ask": "refused", "settings": wrong}
        for case, (wrong, _) in REFUSED.items()
    }
    return asked


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict[object, object]:
    """What the page answers."""
    for what, found in (("Node.js", shutil.which("node")), ("ziglang", find_spec("ziglang"))):
        if not found:
            reason = f"{what} is not installed, so the engine of the page was not tested"
            (pytest.fail if os.environ.get("COURSE_FORBID_SKIPS") == "1" else pytest.skip)(reason)
    folder, asked = tmp_path_factory.mktemp("engine"), questions()
    builder = [sys.executable, str(ROOT / "site" / "engine" / "build.py"), str(folder)]
    subprocess.run(builder, check=True, capture_output=True)
    (folder / "jobs.json").write_text(json.dumps(list(asked.values())))
    node = ["node", str(Path(__file__).with_name("engine.mjs")), str(folder)]
    subprocess.run(node, check=True)
    numbers = np.memmap(folder / "answers.f64", dtype=float, mode="r")
    said = json.loads((folder / "answers.json").read_text())
    return dict(zip(asked, [unpacked(answer, numbers) for answer in said], strict=True))


def unpacked(answer, numbers: np.ndarray):
    if isinstance(answer, dict) and answer.keys() == {"at", "size"}:
        return np.array(numbers[answer["at"] : answer["at"] + answer["size"]])
    if isinstance(answer, dict):
        return {name: unpacked(part, numbers) for name, part in answer.items()}
    return answer


@pytest.mark.parametrize("seed", SEEDS)
def test_normal_numbers_are_those_of_numpy(answers, seed):
    """Bit for bit. In the tail NumPy asks the machine's own C library for a logarithm, whose last
    digit may be another there than here.
    """
    rng, drawn = np.random.default_rng(seed), answers["normals", seed]
    own = rng.standard_normal(NORMALS)
    inside = np.abs(own) < TAIL
    assert drawn["0"][inside].tobytes() == own[inside].tobytes()
    np.testing.assert_array_max_ulp(drawn["0"][~inside], own[~inside], maxulp=2)
    assert drawn["1"].tobytes() == rng.chisquare(FREEDOMS).tobytes()


@pytest.mark.parametrize("seed", SEEDS)
def test_signs_and_uniform_numbers_of_each_stream_are_those_of_numpy(answers, seed):
    for child, sequence in enumerate(np.random.SeedSequence(seed).spawn(8)):
        rng, drawn = np.random.default_rng(sequence), answers["small", seed, child]
        assert drawn["0"].tobytes() == rng.choice([-1.0, 1.0], size=33).tobytes()
        assert drawn["1"].tobytes() == rng.uniform(1, 2, 20).tobytes()
        assert drawn["2"].tobytes() == rng.choice([-1.0, 1.0], size=34).tobytes()
        assert drawn["3"].tobytes() == rng.random(20).tobytes()


def test_the_page_knows_the_names_of_all_records(answers):
    summaries = [settings.summary() for settings, _ in breaks.PRESETS.values()]
    functions = {s.split(" link=")[1].split()[0] for s in summaries} - set(LINKS)
    own = CHOICES | {"link": {*LINKS, *functions}, "inputs": LAWS, "directions": DIRECTIONS}
    assert {name: set(values) for name, values in answers["names"].items()} == {
        name: set(values) for name, values in own.items()
    }


@pytest.mark.parametrize("link", LINKS)
def test_settings_are_completed_as_in_python(answers, link):
    s = Settings(link=link)
    own = {f.name: getattr(s, f.name) for f in fields(s)}
    assert json.loads(answers["completed", link]["text"]) == own


@pytest.mark.parametrize("link", LINKS)
def test_each_link_is_that_of_its_record(answers, link):
    """Up to rounding of sums of a few terms."""
    own = LINKS[link](LINK_ROWS[link])
    np.testing.assert_allclose(answers["link", link], own, rtol=2e-15, atol=3e-15)
    assert link == "none" or np.ptp(own) > 1


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_activation_is_that_of_its_record(answers, name):
    """Within some units of the last digit: libraries differ in it."""
    value, slope = np.transpose([ACTIVATIONS[name].at(float(t)) for t in GRID])
    np.testing.assert_allclose(answers["activation", name]["value"], value, rtol=1e-15, atol=1e-300)
    np.testing.assert_allclose(answers["activation", name]["slope"], slope, rtol=2e-15, atol=2e-16)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("y", [-1.0, 1.0])
def test_each_loss_is_that_of_its_record(answers, name, y):
    found, loss = answers["loss", name, y], LOSSES[name]
    slope = [loss.at(float(yhat), y) for yhat in GRID]
    np.testing.assert_allclose(found["value"], loss.value(GRID, y), rtol=1e-15, atol=1e-300)
    np.testing.assert_allclose(found["slope"], slope, rtol=1e-15, atol=1e-300)


def same(found, own, within: float = 1e-12) -> None:
    """Equal but for rounding, in units of the largest number there."""
    own = np.ravel(own)
    np.testing.assert_allclose(
        np.ravel(found), own, rtol=0, atol=within * max(1.0, np.abs(own).max())
    )


def same_snapshot(found: dict, own) -> None:
    """Singular values are roots of those of a Gram matrix, and single numbers lost digits to it."""
    degrees = np.degrees(found["angles"]), np.degrees(own.angles)
    np.testing.assert_allclose(*degrees, rtol=0, atol=1e-9)
    for name in ("perpendicular", "parallel", "risk", "r2"):
        same(found[name], getattr(own, name))
    largest = own.singular_values[0]
    np.testing.assert_allclose(
        found["singular_values"] ** 2, own.singular_values**2, rtol=0, atol=1e-12 * largest**2
    )
    neurons = found["neurons"].reshape(-1, int(found["neuron_columns"].item()))
    np.testing.assert_allclose(neurons, own.neurons, rtol=1e-6, atol=1e-7)
    overlaps = found["overlaps"].reshape(own.overlaps.shape)
    signs = np.sign((overlaps * own.overlaps).sum(1, keepdims=True))  # of a singular vector: any
    np.testing.assert_allclose(overlaps * signs, own.overlaps * np.abs(signs), rtol=0, atol=1e-5)
    assert (found["samples"], found["d"], found["note"]) == (own.samples, own.d, own.note)


def same_net(found: dict, own) -> None:
    same(found["W"], own.W)
    same(found["a"], own.a, 0)
    same(found["b"], own.b, 0)
    assert found["activation"] == own.activation
    assert found["reduced_k"] == own.reduced_k or found["reduced_k"] == [own.reduced_k]


@pytest.mark.parametrize("s", SCHEDULES, ids=lambda s: f"{s.schedule}-{s.weight_decay}")
def test_step_sizes_are_those_of_python(answers, s):
    np.testing.assert_allclose(answers["steps", s], schedule(s, TIMES), rtol=1e-15)


@pytest.mark.parametrize("s", RUNS, ids=lambda s: f"{s.link}-{s.activation}-{s.loss}-{s.inputs}")
def test_a_run_is_that_of_online_sgd(answers, s):
    """Rounding of 20,000 steps stays below 1e-12 as long as the steps do not make it grow: step
    sizes here are those of the course, not those near divergence.
    """
    found, sim = answers["run", s], OnlineSGD(s)
    assert found["reduced"] == sim.reduced and found["errors"] == [""]
    same_snapshot(found["first"], sim.snapshot())
    sim.advance(STEPS)
    same_snapshot(found["last"], sim.snapshot())
    same_net(found["net"], sim.net)
    own = sim.floors()
    assert found["floors"].keys() == own.keys()
    same(list(found["floors"].values()), list(own.values()))
    X, y, directions = sim.test_set(50)
    same(found["test"]["X"], X)
    same(found["test"]["y"], y)
    same(found["target"]["directions"], directions)


def test_random_settings_leave_nothing_out():
    for name, values in (CHOICES | {"link": LINKS}).items():
        assert {getattr(s, name) for s in RUNS} >= set(values)
    assert {s.inputs for s in RUNS} == set(law_examples())
    assert {s.directions for s in RUNS} == set(direction_examples())


def python_run(s: Settings, acts: list) -> tuple[OnlineSGD, list[str]]:
    """The same acts in Python, and what was said at each."""
    sim, errors = OnlineSGD(s), []
    for act in acts:
        try:
            sim.change(**act) if isinstance(act, dict) else sim.advance(act)
            errors.append("")
        except Diverged as problem:
            errors.append(f"Diverged: {problem}")
    return sim, errors


@pytest.mark.parametrize("s", WILD, ids=lambda s: s.loss)
def test_what_diverges_says_the_same_and_goes_back_to_the_same(answers, s):
    found, (sim, errors) = answers["run", s], python_run(s, [5000, 5000])
    assert found["errors"] == errors and errors[0].startswith("Diverged")
    assert found["samples"] == sim.samples
    same_net(found["net"], sim.net)


def test_each_advice_is_heard(answers):
    said = [answers["run", s]["errors"][0].partition("Try: ")[2].split()[0] for s in WILD]
    knobs = [answers["run", s]["errors"][0].partition(" (now")[2].partition(")")[2] for s in WILD]
    assert said == ["step", "lower", "lower"] and len(set(knobs)) == 3


@pytest.mark.parametrize("s", TURNED, ids=lambda s: f"d={s.d}")
def test_a_run_that_is_turned_and_trained_in_pieces_is_the_same(answers, s):
    found, (sim, _) = answers["run", s], python_run(s, ACTS)
    same_net(found["net"], sim.net)
    same_snapshot(found["last"], sim.snapshot())
    own = [[samples, as_page(before)] for samples, before in sim.changes]
    assert json.loads(found["changes"]) == own and len(own) == 2


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_of_the_lab_begins_the_same(answers, name):
    found, (sim, _) = answers["preset", name], python_run(PRESETS[name][0], [300])
    same_net(found["net"], sim.net)
    same_snapshot(found["last"], sim.snapshot())


@pytest.mark.parametrize("s", [*EDGES, *WIDE], ids=lambda s: f"d={s.d}-k={s.k}-width={s.width}")
def test_small_and_borderline_sizes_are_the_same(answers, s):
    """At d = 2 columns plain sampling ends; few neurons leave W less rank than there are
    directions, many have more rows than columns.
    """
    found, (sim, _) = answers["run", s], python_run(s, [500])
    assert found["reduced"] == sim.reduced
    same_net(found["net"], sim.net)
    same_snapshot(found["last"], sim.snapshot())


def test_reduced_sampling_where_it_just_fits_is_the_same(answers):
    """Degrees of freedom fall to one here."""
    found, sim = answers["just fits"], OnlineSGD(TIGHT, "reduced")
    sim.advance(300)
    assert found["reduced"] and sim.reduced
    same_net(found["net"], sim.net)


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_in_a_sentence(answers, case):
    said = answers["refused", case]
    assert said.startswith("Refused: ") and said.endswith(".")
    assert all(word in said for word in REFUSED[case][1])
