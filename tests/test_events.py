"""Events of a run, against a plain reading of its curves, and against curves made by hand."""

import re
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from drawings import numbers

from course_utils import LINKS, Diverged, OnlineSGD, Settings, online_sgd
from course_utils.events import Watch, events_of, lamps, listed, turned
from course_utils.labs import SubspaceLab
from course_utils.run import SERIES, Record, Run

SEEDS = range(4)
PRESETS = {name: settings for name, (settings, _) in SubspaceLab.presets.items()}
# Small enough for forty of them; the million dimensions are two thousand, in the same coordinates.
SIZES = {"five directions": {"d": 50, "width": 60}, "a million dimensions": {"d": 2000}}
LENGTH = {"five directions": 12_000, "a million dimensions": 40_000, "the paper's Figure 1": 1500}


def recorded(preset: str, seed: int) -> Run:
    settings = PRESETS[preset]
    small = {"d": min(settings.d, 60), "width": min(settings.width, 50)} | SIZES.get(preset, {})
    samples = LENGTH.get(preset, int(min(8000, 600 * small["d"] / settings.step)))
    return online_sgd(settings.replace(seed=seed, **small), samples, 75)


@pytest.fixture(scope="module")
def runs() -> dict[tuple[str, int], Run]:
    return {(preset, seed): recorded(preset, seed) for preset in PRESETS for seed in SEEDS}


@pytest.fixture(scope="module")
def told(runs):
    return {key: events_of(run) for key, run in runs.items()}


# ---- a plain reading: whole curves at once, from the table in the docstring of events_of


def first(true: np.ndarray) -> int | None:
    return int(true.argmax()) if true.any() else None


def learnt(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Where labels are learnt, and where W may turn for that reason alone."""
    better, many = run.r2 >= 0.03, run.settings.d - 2 * run.settings.k >= 40
    return better, better | (run.parallel / run.parallel[0] >= 1.1) & many


def plateaus(t: np.ndarray, curve: np.ndarray, within: str, counts: np.ndarray) -> list[int]:
    """Rows at which a curve has come to rest anew."""
    found, last = [], None
    for i, now in enumerate(t):
        early = curve[: i + 1][(t[: i + 1] > now / 4) & (t[: i + 1] <= now / 2)]
        late = curve[: i + 1][t[: i + 1] > now / 2]
        if min(len(early), len(late)) < 4 or not counts[i]:
            continue
        a, b = np.quantile(early, 0.5), np.quantile(late, 0.5)
        still = abs(b - a) <= 0.05 * (b if within == "itself" else curve[0])
        other = last is None or not 0.5 * last < b < 1.5 * last
        if still and abs(b / curve[0] - 1) >= 0.2 and other:
            found.append(i)
            last = b
    return found


def reading(run: Run) -> set[tuple[str, int | None, int]]:
    """(name, column, row) of every event that a run's curves show."""
    k, found, (better, counts) = run.settings.k, set(), learnt(run)
    everywhere = np.ones(len(run), bool)
    found.add(("half", None, first(2 * run.perpendicular <= run.perpendicular[0])))
    cosines = np.cos(run.angles) ** 2
    for r in range(k):
        lowest = np.minimum.accumulate(cosines[:, r])
        lowest = np.r_[1.0, lowest[:-1]]  # before each row
        fallen = (cosines[:, r] >= (1 + lowest) / 2) & (lowest <= np.cos(np.radians(20)) ** 2)
        found.add(("angle", r, first(fallen & counts)))
    if run.singular_values.shape[1] > k:
        lengths = np.linalg.norm(run.overlaps, axis=2)
        for r in range(k):
            above = run.singular_values[:, r] / run.singular_values[:, k] >= 1.5
            out = above & (lengths[:, r] >= np.sqrt(0.5)) & counts
            found.add(("singular value", r, first(out)))
    t = run.samples.astype(float)
    found |= {("plateau", None, i) for i in plateaus(t, run.perpendicular, "itself", everywhere)}
    found |= {("risk plateau", None, i) for i in plateaus(t, run.risk, "start", better)}
    noise, linear, zero = (run.floors[name] for name in ("noise", "linear", "zero"))
    if zero > noise and (linear - noise) / (zero - noise) >= 0.1:
        under = run.risk <= 0.98 * linear + 0.02 * noise
        worse = np.maximum.accumulate(run.risk) > linear
        found.add(("linear fit", None, first(under & worse)))
    sizes = np.sqrt(run.perpendicular**2 + run.parallel**2)
    large = np.maximum(sizes / sizes[0], run.risk / max(run.risk[0], zero))
    found.add(("divergence", None, first(large >= 10)))
    return {one for one in found if one[2] is not None}


def matched(run: Run, told) -> list[tuple[int, ...]]:
    """Which u_i the fallen angles find: by eigenvectors of the overlaps' Gram matrix."""
    k, d, found, said = run.settings.k, run.settings.d, [], []
    for n, event in enumerate([e for e in told if e.name == "angle"], 1):
        overlaps = run.overlaps[event.index].astype(float)
        gram = overlaps.T @ overlaps  # eigenvalues cos^2, ascending: the largest angle first
        share = np.linalg.eigh(gram)[1][:, event.column] ** 2
        own = np.diag(gram)
        sure = [i for i in range(k) if share[i] >= 2 / 3]
        half = [i for i in range(k) if (own[i] - k / d) / (1 - k / d) >= 0.5]
        new = [i for i in sure if i not in found]
        more = [i for i in half if i not in found and i not in new]
        if len(found) + len(new) + len(more) <= n:
            new += sorted(more, key=lambda i: share[i], reverse=True)
        found += new
        said.append(tuple(i + 1 for i in new))
    return said


@pytest.mark.parametrize("preset", PRESETS)
def test_events_are_those_that_the_curves_show(preset, runs, told):
    for seed in SEEDS:
        run, events = runs[preset, seed], told[preset, seed]
        assert {(e.name, e.column, e.index) for e in events} == reading(run), seed
        assert len({(e.name, e.column, e.index) for e in events}) == len(events)
        assert [e.index for e in events] == sorted(e.index for e in events)
        assert all(e.samples == run.samples[e.index] for e in events)
        assert [e.directions for e in events if e.name == "angle"] == matched(run, events)


@pytest.mark.parametrize("preset", PRESETS)
def test_captions_agree_with_the_numbers(preset, runs, told):
    for seed in SEEDS:
        run = runs[preset, seed]
        for e in told[preset, seed]:
            assert re.fullmatch(r"t = [\d,]+: .*\.", e.caption)
            assert numbers(e.caption)[0] == run.samples[e.index]
            check_caption(run, e, e.caption.partition(": ")[2])


def rounded(text: str, value: float) -> bool:
    """A printed number is the value, to half a unit of its last digit."""
    digits = len(text.partition(".")[2])
    return abs(float(text) - value) <= 0.5001 * 10.0**-digits + 1e-12


def check_caption(run: Run, e, words: str) -> None:
    i, floats = e.index, re.findall(r"(?<![\w_])\d+\.?\d*(?![\w%])", words)
    if e.name == "angle":
        before, now = re.search(r"angle fell from (\d+) to (\d+) degrees", words).groups()
        column = np.degrees(run.angles[:, e.column])
        assert rounded(before, column[:i].max()) and rounded(now, column[i])
        assert ("a direction inside is found" in words) == (e.directions == ())
        for j in e.directions:
            assert f"u_{j}" in words.partition("(")[0]
    elif e.name == "singular value":
        value, bulk = re.search(r"bulk, ([\d.]+) against ([\d.]+);", words).groups()
        sizes = run.singular_values[i]
        assert rounded(value, sizes[e.column]) and rounded(bulk, sizes[run.settings.k])
        for share, j in re.findall(r"(\d+)% u_(\d+)", words):
            assert rounded(share, 100 * run.overlaps[i, e.column, int(j) - 1] ** 2)
    elif e.name == "half":
        assert rounded(floats[0], run.perpendicular[0]) and rounded(floats[1], run.perpendicular[i])
    elif e.name == "plateau":
        late = (2 * run.samples > e.samples) & (run.samples <= e.samples)
        assert rounded(floats[0], np.median(run.perpendicular[late]))
        assert rounded(floats[1], run.perpendicular[0])
    elif e.name == "risk plateau":
        late = (2 * run.samples > e.samples) & (run.samples <= e.samples)
        assert float(floats[0]) == pytest.approx(np.median(run.risk[late]), rel=5e-3)
    elif e.name == "linear fit":
        assert float(floats[0]) == pytest.approx(run.risk[i], rel=5e-3)
        assert float(floats[1]) == pytest.approx(run.floors["linear"], rel=5e-3)


def test_what_the_presets_promise_is_said(told):
    """The note of each preset in events: what is found, what is not, what W_perp does."""
    names = {key: [e.name for e in events] for key, events in told.items()}
    found = {
        key: [j for e in v if e.name == "angle" for j in e.directions] for key, v in told.items()
    }
    for seed in SEEDS:
        assert found["the theorem holds", seed] == [1]
        assert "half" not in names["no weight decay", seed]
        assert found["no weight decay", seed] == [1] == found["decay too strong", seed]
        assert "angle" not in names["even link", seed]
        assert found["inclusion without recovery", seed] == []
        assert names["inclusion without recovery", seed].count("angle") == 1
        assert sorted(found["five directions", seed])[:2] == [1, 2]
        assert found["a million dimensions", seed] == [1] == found["the paper's Figure 1", seed]


def test_noise_says_nothing_of_what_is_learnt(told):
    """Labels without a signal, weak and strong decay, large steps, few and many dimensions."""
    for seed in SEEDS:
        assert {e.name for e in told["pure noise", seed]} <= {"half", "plateau"}
    cases = [
        {"d": 2, "k": 1, "weight_decay": 0.5, "step": 0.05},
        {"d": 10, "k": 3, "weight_decay": 0.0, "step": 1.0},
        {"d": 60, "k": 1, "weight_decay": 0.0, "step": 1.0},
        {"d": 60, "k": 5, "weight_decay": 0.02, "step": 1.5, "loss": "square"},
        {"d": 20, "k": 2, "weight_decay": 0.05, "step": 0.5, "loss": "logistic"},
        {"d": 100, "k": 1, "weight_decay": 0.5, "step": 1.0, "schedule": "decreasing"},
        # W turns to the spike, which lies near u_1
        {"d": 100, "k": 1, "weight_decay": 0.0, "step": 1.0, "inputs": "spiked:20:0.95"},
    ]
    said = 0
    for case in cases:
        for seed in range(3):
            settings = Settings(link="none", noise=1.0, width=30, seed=seed, **case)
            events = events_of(online_sgd(settings, 5000, 80))
            assert {e.name for e in events} <= {"half", "plateau"}, (case, listed(events))
            said += len(events)
    assert said > 10  # W_perp is spoken of


# ---- no event moves or vanishes


def beginning(run: Run, rows: int) -> Run:
    """The run as it was when it had so many rows."""
    part = (slice(rows),) if run.seeds is None else (slice(None), slice(rows))
    series = {name: getattr(run, name)[part] for name in SERIES}
    more = {"floors": run.floors, "changes": run.changes, "seeds": run.seeds}
    return Run(run.settings, run.samples[:rows], **series, **more)


@pytest.mark.parametrize("preset", PRESETS)
def test_events_of_a_beginning_are_the_first_ones_of_the_whole(preset, runs, told):
    run, events = runs[preset, 0], told[preset, 0]
    for rows in (1, 2, 7, 30, 45, 60, 75, len(run)):
        assert events_of(beginning(run, rows)) == [e for e in events if e.index < rows]


def test_who_watches_as_it_goes_says_the_same_at_once(runs, told):
    for preset in ("five directions", "decay too strong"):
        run, watch = runs[preset, 1], Watch(runs[preset, 1].settings, runs[preset, 1].floors)
        for i in range(len(run)):
            watch.see(run.at(i))
            assert watch.events == [e for e in told[preset, 1] if e.index <= i]


@pytest.mark.parametrize("preset", ["five directions", "inclusion without recovery", "even link"])
def test_names_of_angles_are_the_best_match(preset, runs, told):
    """Of all ways to pair fallen angles with found directions, the largest sum of squares."""
    for seed in SEEDS:
        run, watch = runs[preset, seed], Watch(runs[preset, seed].settings, {})
        for i in range(len(run)):
            watch.see(run.at(i))
        angles = [e for e in watch.events if e.name == "angle"]
        found = [j for e in angles for j in e.directions]
        if not found:
            assert watch.names == {}
            continue
        gram = (lambda o: o.T @ o)(run.overlaps[angles[-1].index].astype(float))
        share = np.linalg.eigh(gram)[1] ** 2  # of u_i in row i, angle r in column r
        columns = [e.column for e in angles]
        ways = permutations(columns, len(found))
        best = max(
            ways, key=lambda way: sum(share[i - 1, r] for i, r in zip(found, way, strict=True))
        )
        sure = [(r, i) for i, r in zip(found, best, strict=True) if share[i - 1, r] >= 0.5]
        assert watch.names == dict(sure)


def test_of_several_seeds_medians_count(runs):
    """Three times the same run is that run; two of one kind outvote a third."""
    run, other = runs["no weight decay", 0], runs["no weight decay", 1]
    alone = events_of(run)
    assert events_of(Run.stack([run, run, run])) == alone
    stacked = events_of(Run.stack([run, other, run]))
    kinds = [(e.name, e.index, e.caption) for e in alone if e.name in ("half", "risk plateau")]
    assert [
        (e.name, e.index, e.caption) for e in stacked if e.name in ("half", "risk plateau")
    ] == kinds
    assert {e.name for e in stacked} >= {"angle", "singular value"}


# ---- curves made by hand

ROWS = 80
T = np.r_[0, np.round(np.geomspace(10, 10_000, ROWS - 1))].astype(int)
FLOORS = {"noise": 0.01, "linear": 0.2, "zero": 0.5}


def made(k=1, d=100, link=None, floors=FLOORS, changes=(), note="", **curves) -> Run:
    """A run at rest in which only the given curves do something."""
    link = link or ("tanh" if k == 1 else "chain")
    settings = Settings(d=d, k=k, link=link, width=10)
    still = {
        "perpendicular": np.ones(ROWS),
        "parallel": np.full(ROWS, 0.1),
        "angles": np.full((ROWS, k), np.radians(80)),
        "singular_values": np.tile(np.linspace(0.5, 0.45, k + 5), (ROWS, 1)),
        "risk": np.full(ROWS, 0.5),
        "r2": np.full(ROWS, 0.5),
        "neurons": np.zeros((ROWS, 10, 3), np.float32),
        "overlaps": np.tile(0.1 * np.eye(k, dtype=np.float32), (ROWS, 1, 1)),
    }
    more = {"floors": floors, "changes": changes, "note": note}
    return Run(settings, T, **still | curves, **more)


def step(before: float, after: float, at: int) -> np.ndarray:
    return np.where(np.arange(ROWS) < at, before, after)


def only(run: Run):
    (event,) = events_of(run)
    return event


def test_nothing_happens_in_a_run_at_rest():
    assert events_of(made()) == [] == events_of(made(k=3)) and listed([]) == ""


def test_an_angle_falls_when_half_of_what_was_outside_is_inside():
    """sin^2 80 degrees = 0.970, half of it at 44.1 degrees."""
    for degrees, falls in ((44.2, False), (44.0, True)):
        angle = step(np.radians(80), np.radians(degrees), 17)[:, None]
        near = step(0.1, np.cos(np.radians(degrees)), 17)[:, None, None]
        events = events_of(made(angles=angle, overlaps=near))
        assert [(e.name, e.index, e.directions) for e in events] == falls * [("angle", 17, (1,))]
    assert (
        events[0].caption == f"t = {T[17]:,}: u_1 is found (the angle fell from 80 to 44 degrees)."
    )


def test_an_angle_counts_only_once_labels_are_learnt():
    angle = step(np.radians(80), np.radians(10), 10)[:, None]
    late = made(angles=angle, r2=step(0.029, 0.031, 20))
    assert only(late).index == 20
    assert events_of(made(angles=angle, r2=np.full(ROWS, 0.029))) == []
    unknown = np.full(ROWS, np.nan)  # nobody knows R^2 of a watched torch model
    assert events_of(made(angles=angle, r2=unknown)) == []
    grown = step(0.1, 0.1101, 25)
    assert only(made(angles=angle, r2=unknown, parallel=grown)).index == 25
    assert events_of(made(d=41, angles=angle, r2=unknown, parallel=grown)) == []  # below 2k + 40


def test_an_angle_that_was_never_large_has_no_plateau_to_leave():
    angle = step(np.radians(19.9), np.radians(1), 10)[:, None]
    assert events_of(made(angles=angle)) == []


def falling(k: int, rows, inside) -> dict[str, np.ndarray]:
    """Angles that fall at rows (smallest first), the hidden directions inside then as columns."""
    angles = np.full((ROWS, k), np.radians(80))
    overlaps = np.tile(0.1 * np.eye(k), (ROWS, 1, 1))
    for n, row in enumerate(rows):
        angles[row:, k - 1 - n] = np.radians(20)
        overlaps[row:, n] = np.cos(np.radians(20)) * np.asarray(inside[n], dtype=float)
    return {"angles": angles, "overlaps": overlaps.astype("f4")}


def test_links_say_which_product_points_at_the_next():
    """chain: z_1 + z_1 z_2 + z_2 z_3; staircase: z_1 + z_1 z_2 + z_1 z_2 z_3."""
    second, third = "now z_1 z_2 is a signal along u_2.", "now z_1 z_2 z_3 is a signal along u_3."
    said = {
        "chain": [second, "now z_2 z_3 is a signal along u_3.", "the last ("],
        "staircase": [second, third, "the last ("],
        "product": ["degrees).", third, "the last ("],
        "max": ["degrees).", "degrees).", "the last ("],
    }
    for link, ends in said.items():
        events = events_of(made(k=3, link=link, **falling(3, (5, 10, 15), np.eye(3))))
        assert [e.directions for e in events] == [(1,), (2,), (3,)]
        assert [e.column for e in events] == [2, 1, 0] and [e.index for e in events] == [5, 10, 15]
        for event, end in zip(events, ends, strict=True):
            assert end in event.caption
            assert ("is a signal" in event.caption) == ("is a signal" in end)


def test_other_inputs_than_normal_ones_promise_no_next_direction():
    run = made(k=3, link="chain", **falling(3, (5, 10, 15), np.eye(3)))
    spiked = replace(run, settings=run.settings.replace(inputs="spiked:5:0.3"))
    assert [e.directions for e in events_of(spiked)] == [(1,), (2,), (3,)]
    assert "is a signal" in listed(events_of(run)) and "is a signal" not in listed(
        events_of(spiked)
    )


def test_products_of_the_registry_are_the_links():
    """g is proportional to the sum of its products; E[g z_j prod z_i] is not zero, by sampling."""
    Z = np.random.default_rng(0).standard_normal((200_000, 4))
    with_products = [link for link in LINKS.values() if link.products]
    assert {link.name for link in with_products} == {"chain", "staircase", "product"}
    for link in with_products:
        products = link.products(4)
        total = sum(np.prod([Z[:, i - 1] for i in product], axis=0) for product in products)
        g = link(Z)
        ratio = g @ total / (total @ total)
        np.testing.assert_allclose(g, ratio * total, atol=1e-9)
        for product in products:
            correlation = np.mean(g * np.prod([Z[:, i - 1] for i in product], axis=0))
            assert correlation > 0.5 * ratio  # exactly the ratio


def test_a_mixture_is_no_single_direction():
    """Equal parts of three; with all three angles fallen, each of them lies inside."""
    mixed = np.linalg.qr(np.c_[np.ones(3), [1, -1, 0], [1, 1, -2]])[0].T
    events = events_of(made(k=3, link="max", **falling(3, (5, 10, 15), mixed)))
    assert [e.directions for e in events][0] == () and set(events[2].directions) <= {1, 2, 3}
    assert re.search(r"a direction inside is found, 3[34]% u_\d, 3", events[0].caption)
    assert sorted(j for e in events for j in e.directions) == [1, 2, 3]


def test_a_singular_value_leaves_the_bulk_with_its_direction_inside():
    sizes = np.tile(np.linspace(0.5, 0.4, 8), (ROWS, 1))
    sizes[12:, 0] = 1.501 * sizes[0, 3]
    inside = np.tile(0.1 * np.eye(3), (ROWS, 1, 1))
    inside[20:, 0] = [0.6, 0.4, 0.0]  # 0.52 of it, squared
    event = only(made(k=3, singular_values=sizes, overlaps=inside.astype("f4")))
    assert (event.name, event.index, event.column, event.directions) == (
        "singular value",
        20,
        0,
        (),
    )
    assert "the 1st singular value leaves the bulk" in event.caption
    assert "36% u_1, 16% u_2" in event.caption
    sizes[12:, 0] = 1.499 * sizes[0, 3]
    assert events_of(made(k=3, singular_values=sizes, overlaps=inside.astype("f4"))) == []
    few = made(k=1, singular_values=np.ones((ROWS, 1)), overlaps=np.ones((ROWS, 1, 1), "f4"))
    assert events_of(few) == []  # nothing to compare it with


def test_half_and_plateau_of_the_part_outside():
    """A step down at row 20: half at once, a plateau when most of (t/4, t/2] lies after it."""
    events = events_of(made(perpendicular=step(1.0, 0.5, 20)))
    assert [e.name for e in events] == ["half", "plateau"] and events[0].index == 20
    assert 2 * T[20] < events[1].samples < 4 * T[20]
    assert "has halved, 1.00 to 0.50: outside the subspace labels give no push" in events[0].caption
    assert "0.500 (it began at 1.00)" in events[1].caption
    assert events_of(made(perpendicular=step(1.0, 0.81, 20))) == []
    assert [e.name for e in events_of(made(perpendicular=step(1.0, 1.21, 20)))] == ["plateau"]


def test_a_curve_that_goes_on_falling_has_no_plateau():
    """1 / sqrt t, as with decreasing steps: a factor 1.4 over each factor 2."""
    outside = 1 / np.sqrt(1 + T / 100)
    assert [e.name for e in events_of(made(perpendicular=outside))] == ["half"]


def test_a_plateau_is_said_again_where_another_is_far_and_after_a_change():
    twice = np.where(np.arange(ROWS) < 15, 1.0, np.where(np.arange(ROWS) < 50, 0.7, 0.3))
    events = events_of(made(perpendicular=twice))
    assert [e.name for e in events] == ["plateau", "half", "plateau"]
    before = Settings(d=100, k=1, link="tanh", width=10, step=0.05)
    changed = made(perpendicular=step(1.0, 0.7, 15), changes=((int(T[50]), before),))
    assert [e.name for e in events_of(changed)] == ["plateau", "plateau"]


def test_the_risk_passes_the_linear_fit_from_above_and_comes_to_rest():
    events = events_of(made(risk=step(0.5, 0.19, 15)))
    assert [e.name for e in events] == ["linear fit", "risk plateau"] and events[0].index == 15
    assert "0.19 against 0.2" in events[0].caption
    assert "0.19 (the noise alone costs 0.01)" in events[1].caption
    assert events_of(made(risk=np.full(ROWS, 0.1))) == []  # better from the start
    nothing_more = {"noise": 0.19, "linear": 0.2, "zero": 0.5}  # a linear target
    assert [e.name for e in events_of(made(risk=step(0.5, 0.19, 15), floors=nothing_more))] == [
        "risk plateau"
    ]
    unknown = events_of(made(risk=step(0.5, 0.1, 15), floors={}))
    assert [e.name for e in unknown] == ["risk plateau"] and "noise" not in unknown[0].caption


def test_sign_labels_are_learnt_when_the_loss_falls():
    """Outputs are log-odds there, and R^2 of them means nothing."""
    settings = Settings(d=20, k=1, link="tanh", loss="logistic", noise=0.1, width=40, step=0.5)
    run = online_sgd(settings, 8000, 80)
    found = [e for e in events_of(run) if e.name == "angle"]
    assert [e.directions for e in found] == [(1,)]
    assert run.risk[found[0].index] <= 0.97 * run.floors["zero"]


def test_large_weights_are_about_to_diverge():
    event = only(made(parallel=step(0.1, 10.2, 30), r2=np.full(ROWS, 0.0), d=20))
    assert (event.name, event.index) == ("divergence", 30)
    assert "W is 10 times its start" in event.caption
    worse = events_of(made(risk=step(0.5, 5.1, 30), r2=np.full(ROWS, 0.0)))
    assert [e.caption.partition("near: ")[2] for e in worse] == [
        "the test loss is 10 times its start."
    ]


def test_a_run_that_diverges_ends_with_an_event():
    with pytest.raises(Diverged) as caught:
        online_sgd(Settings(d=20, k=1, link="cubic", loss="square", step=30.0), 5000, 60)
    run = caught.value.run
    last = events_of(run)[-1]
    assert last.name == "divergence" and last.index == len(run) - 1
    assert "training diverged after" in last.caption and "Try: " in last.caption


# ---- settings that are turned as it runs


def turning(seed=0) -> tuple[OnlineSGD, Record]:
    sim = OnlineSGD(Settings(d=50, k=1, link="tanh", bias="away", weight_decay=0.5, width=20))
    record = Record(sim.settings)
    for t in range(30):
        record.append(sim.snapshot())
        sim.advance(20)
        if t == 9:
            sim.change(weight_decay=0.0)
        if t == 14:
            sim.change(noise=0.2)
        if t == 19:
            sim.change(weight_decay=0.5)
    record.settings = sim.settings
    return sim, record


def test_a_lamp_that_goes_out_is_said_where_the_setting_was_turned():
    sim, record = turning()
    assert [(t, s.weight_decay, s.noise) for t, s in sim.changes] == [
        (200, 0.5, 0.1),
        (300, 0.0, 0.1),
        (400, 0.0, 0.2),
    ]
    run = record.run(changes=tuple(sim.changes), floors=sim.floors())
    (event,) = (e for e in events_of(run) if e.name == "lamp")
    assert (event.samples, event.index) == (200, 10)  # the row at 200 samples
    lost = {a.name for a in lamps(sim.settings) if a.holds}
    lost -= {a.name for a in lamps(sim.settings.replace(weight_decay=0.0)) if a.holds}
    assert lost == {"decay above threshold"}
    assert event.caption == (
        "t = 200: weight_decay 0.5 to 0.0: the lamp 'decay above threshold' goes out."
    )
    for rows in range(1, len(run)):
        told = events_of(beginning(run, rows))
        assert told == [e for e in events_of(run) if e.samples <= run.samples[rows - 1]]


def test_equal_settings_are_no_change_and_text_says_what_differs():
    sim = OnlineSGD(Settings(d=20, k=1, link="tanh", width=5))
    sim.change(noise=sim.settings.noise)
    assert sim.changes == []
    new = sim.settings.replace(noise=0.2, step=0.5)
    assert turned(sim.settings, new) == "noise 0.1 to 0.2, step 0.1 to 0.5"
    assert turned(new, new) == ""


def test_a_recorded_run_knows_what_was_turned():
    run = online_sgd(Settings(d=20, k=1, link="tanh", width=5), 50, 3)
    assert run.changes == ()
    sim, _ = turning()
    assert Run.stack([beginning(made(), 5)]).changes == ()
    assert len(sim.changes) == 3
