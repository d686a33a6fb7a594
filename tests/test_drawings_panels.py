"""TargetLab, HermiteLab and EstimatorsLab draw and say what they should.

That is what formulas and hand-made results say, each in its own place.
"""

import io
import math

import numpy as np
import pandas as pd
import pytest
from drawings import (
    BESIDE,
    BLUE,
    DASHES,
    GREY,
    PALETTE,
    SYMBOLS,
    VERMILLION,
    alone,
    check,
    coded,
    controls,
    dots,
    drive,
    find,
    line,
    named,
    ordered,
    same,
    shade,
)
from numpy.polynomial import Polynomial
from numpy.polynomial.hermite_e import hermeval

from course_utils import Settings, predictions
from course_utils.estimators import ESTIMATORS, draw
from course_utils.labs import EstimatorsLab, HermiteLab, TargetLab, predict
from course_utils.links import LINKS

FORMULAS = {
    "linear": lambda z: z,
    "tanh": lambda z: np.tanh(2 * z),
    "relu": lambda z: np.maximum(z, 0),
    "he2": lambda z: (z**2 - 1) / 2**0.5,
    "he3": lambda z: (z**3 - 3 * z) / 6**0.5,
    "cubic": lambda z: z**3 / 15**0.5,
}
POWERS = {  # c_j^2 for j = 0 ... 6 (z^3 = He_3 + 3 He_1), and the variance beyond degree 6
    "linear": ([0, 1, 0, 0, 0, 0, 0], 0),
    "he2": ([0, 0, 1, 0, 0, 0, 0], 0),
    "he3": ([0, 0, 0, 1, 0, 0, 0], 0),
    "cubic": ([0, 0.6, 0, 0.4, 0, 0, 0], 0),
}
RELU = np.array([1, (math.pi / 2) ** 0.5, 0.5**0.5, 0, -(24**-0.5), 0, 3 / 720**0.5])
RELU /= math.sqrt(2 * math.pi)


def share(link, m, noise):
    """Share of the variance of y that a direction with overlap m explains."""
    (_, *power), rest = POWERS[link]
    known = sum(p * np.asarray(m) ** (2 * j) for j, p in enumerate(power, 1))
    return known / (sum(power) + rest + noise**2)


def best_fit(p, y):
    """The polynomial of degree 8 that fits best, and its adjusted R^2."""
    curve = Polynomial.fit(p, y, 8)
    return curve, 1 - ((y - curve(p)) ** 2).mean() / y.var() * (len(y) - 1) / (len(y) - 9)


# TargetLab

# Archimedes: in R^3 one coordinate of a random direction is uniform; in R^4 cos^2 to a plane is.
UNIFORM = {
    (3, 1): np.degrees(np.arccos([0.95, 0.5, 0.05])),
    (4, 2): np.degrees(np.arccos(np.sqrt([0.95, 0.5, 0.05]))),
}


def looking(link, d, k, noise, tilt, turn=0.0, seed=3):
    """A lab that looks along u_1, then turned and tilted by hand."""
    lab = alone(TargetLab(Settings(link=link, d=d, k=k, noise=noise, seed=seed)))
    drive(lab, "truth")
    drive(lab, "turn", turn)
    drive(lab, "tilt", tilt)
    return lab, lab.session


def scattered(p, y, reach, name, x_title, title, curve=None):
    """What a cloud of samples looks like, with its curve from the 0.5 % to the 99.5 % quantile."""
    told = {"opacity": 0.7, "hovertemplate": "%{x:.2f}, %{y:.2f}<extra></extra>"}
    traces = [dots(p[:600], y[:600], "samples", GREY, 4, **told)]
    if curve:
        q = np.linspace(*np.quantile(p[:600], (0.005, 0.995)), 121)
        traces.append(line(q, curve[1](q), curve[0], VERMILLION, "solid", 2.5))
    axis_x = {"range": [-3.6, 3.6], "title": x_title}
    axis_y = {"range": [-reach, reach], "title": "y"}
    return name, traces, {"title": title, "xaxis": axis_x, "yaxis": axis_y, "showlegend": False}


def shares(tilt, measured, predicted, at, random, low_curve):
    """The view of the share at each angle.

    Where random directions are, what is predicted, what is measured now.
    """
    low, middle, high = random
    zone = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False}
    zone |= {"x": [low, high, high, low, low], "y": [0, 0, 1, 1, 0]}
    zone |= {"fill": "toself", "fillcolor": "rgba(138,138,138,0.25)"}
    zone |= {"line": {"width": 0, "color": GREY}, "name": "9 of 10 random directions"}
    note = {"x": middle, "y": 1.0, "xanchor": "right", "yanchor": "top", "xshift": -4}
    note |= {"text": "9 of 10 random directions", "showarrow": False}
    traces = [
        zone,
        line([middle, middle], [0, 1], "their median", GREY, "dot", 1.5, showlegend=False),
        line(at, predicted, "predicted", BLUE, "solid", 2.5),
        dots([tilt], [measured], "measured, now", VERMILLION, 11, "diamond"),
    ]
    degrees = [0, 15, 30, 45, 60, 75, 90]
    layout = {
        "title": "Share of the variance of y explained",
        "xaxis": {"range": [0, 91], "tickvals": degrees, "title": "tilt, degrees"},
        "yaxis": {"range": [-0.02, 1.05], "title": "share"},
        "legend": {"y": 0.98, "yanchor": "top"} if low_curve else {},
        "annotations": [note],
    }
    return "share explained", traces, layout


@pytest.mark.parametrize(
    "link, noise, tilt, reach, low_curve",
    [
        ("linear", 0.5, 30.0, 4, False),
        ("he2", 0.5, 50.0, 8, False),
        ("he3", 1.5, 0.0, 8, True),
        ("cubic", 0.2, 75.5, 8, False),
    ],
)
def test_target_draws_samples_curves_and_shares_of_one_direction(
    link, noise, tilt, reach, low_curve
):
    lab, cloud = looking(link, 3, 1, noise, tilt)
    Z, y, a, f = cloud.Z[:, 0], cloud.y, math.radians(tilt), FORMULAS[link]
    residual = y - f(Z)
    assert abs(residual.mean()) < 5 * noise / 6000**0.5  # 5 deviations
    assert residual.std() == pytest.approx(noise, rel=0.05)  # 5 deviations
    assert abs(np.corrcoef(residual, Z)[0, 1]) < 0.07
    assert abs(np.corrcoef(cloud.outside, Z)[0, 1]) < 0.07
    p = math.cos(a) * Z + math.sin(a) * cloud.outside
    curve, measured = best_fit(p, y)
    true, seen, explained = lab.figures(cloud)
    titles = ("z₁ = ⟨u₁, x⟩", "y against the true projection")
    check(true, *scattered(Z, y, reach, "true projections", *titles, ("link", f)))
    title, across = "y against the direction you look along", f"⟨v, x⟩, v at {tilt:.1f} degrees"
    wanted = scattered(p, y, reach, title, across, title, ("best curve", curve))
    check(seen, *wanted, rel=1e-6, tiny=1e-6)
    at, random = np.arange(91.0), UNIFORM[3, 1]
    by_angle = share(link, np.cos(np.radians(at)), noise)
    wanted = shares(tilt, min(max(measured, 0), 1), by_angle, at, random, low_curve)
    check(explained, *wanted, rel=1e-7, tiny=1e-7)

    guess, words, found = float(share(link, math.cos(a), noise)), lab.words(cloud), max(measured, 0)
    assert words.sentence == (
        f"In d = 3 dimensions you look along a direction at {tilt:.1f} degrees from the hidden "
        f"subspace: the best curve of that projection explains {found:.2f} of the variance of y "
        f"(predicted {guess:.2f}). A random direction stands 60.0 degrees away (18.2 to 87.1 for "
        "nine in ten)."
    )
    assert words.rows == [
        ("share at this tilt", f"{guess:.3f}", f"{found:.3f}", f"{found - guess:+.3f}"),
        ("share at tilt 0", f"{share(link, 1, noise):.3f}", "", ""),
        ("share, median random tilt", f"{share(link, 0.5, noise):.1g}", "", ""),
    ]
    head, *rows, code = lab.text().splitlines()[1:]
    assert head == " " * 34 + "predicted     measured        error"
    assert code == f"d=3 k=1 noise={noise} link={link} seed=3"
    assert [row[:30].strip() for row in rows] == [row[0] for row in words.rows]
    assert rows[0][30:] == "".join(f" {cell:>12}" for cell in words.rows[0][1:])


def test_target_draws_two_directions_and_the_turn_between_them():
    """z_1 z_2 along (cos b, sin b) is sin(2b) / sqrt 2 he_2: a share of sin^2(2b) cos^4(a) / 2.

    Quasi-Monte Carlo, to 0.003.
    """
    lab, cloud = looking("product", 4, 2, 0.5, 20.0, 30.0)
    Z, y, a = cloud.Z, cloud.y, math.radians(20)
    p = math.cos(a) * (Z @ [3**0.5 / 2, 0.5]) + math.sin(a) * cloud.outside
    curve, measured = best_fit(p, y)
    true, seen, explained = lab.figures(cloud)
    shell, points = true.traces
    q = np.linspace(-2.5, 2.5, 31)
    same([shell["x"], shell["y"], shell["z"]], [q.tolist(), q.tolist(), np.outer(q, q).tolist()])
    inside = (np.abs(Z[:400]) < 2.5).all(axis=1)
    same([points["x"], points["y"]], Z[:400][inside].T)
    same(points["z"], y[:400][inside])
    assert true.name == "true projections"
    assert shell["type"] == "surface" and points["marker"]["color"] == VERMILLION
    title = "y against the direction you look along"
    wanted = scattered(p, y, 6, title, "⟨v, x⟩, v at 20.0 degrees", title, ("best curve", curve))
    check(seen, *wanted, rel=1e-6, tiny=1e-6)
    at = np.arange(91.0)
    by_angle = 0.375 * np.cos(np.radians(at)) ** 4 / 1.25
    wanted = shares(20.0, measured, by_angle, at, UNIFORM[4, 2], True)
    check(explained, *wanted, rel=1e-7, tiny=0.003)
    sentence = lab.words(cloud).sentence
    assert "at 20.0 degrees from the hidden subspace, turned 30: the best curve" in sentence
    assert "stands 45.0 degrees away (12.9 to 77.1 for nine in ten)" in sentence
    predicted = 0.3 * math.cos(a) ** 4
    told = f"explains {measured:.2f} of the variance of y (predicted {predicted:.2f})"
    assert told in sentence


def test_shares_that_a_sample_puts_below_zero_are_shown_as_zero():
    lab, cloud = looking("none", 20, 1, 1.0, 60.0)
    cloud.measured = -0.0123
    assert named(lab.figures(cloud)[2])["measured, now"]["y"] == [0]
    words = lab.words(cloud)
    assert "explains 0.00 of the variance of y (predicted 0.00)" in words.sentence
    assert words.rows[0] == ("share at this tilt", "0.000", "0.000", "+0.000")


@pytest.mark.parametrize("noise", [0.0, 1.0])
@pytest.mark.parametrize("link, k", [("tanh", 1), ("he2", 1), ("product", 2), ("chain", 2)])
def test_sign_labels_have_a_share_of_their_own(link, k, noise):
    """loss=logistic makes labels signs: what is predicted is about them. 6,000 samples: 0.05."""
    lab = alone(TargetLab(Settings(link=link, d=20, k=k, noise=noise, loss="logistic")))
    drive(lab, "truth")
    cloud = drive(lab, "turn", 40.0)
    assert set(cloud.y) == {-1.0, 1.0}
    for tilt in (0.0, 40.0):
        cloud = drive(lab, "tilt", tilt)
        assert float(cloud.share(tilt)) == pytest.approx(cloud.measured, abs=0.05)
    if k == 1:
        drawn = named(lab.figures(cloud)[0])["link"]
        near = cloud.y[np.abs(cloud.Z[:, 0] - 0.5) < 0.2].mean()
        assert np.interp(0.5, drawn["x"], drawn["y"]) == pytest.approx(near, abs=0.2)


def test_a_random_look_keeps_sliders_figures_and_words_together():
    lab = alone(TargetLab(Settings(link="chain", k=3, d=20)))
    orders = [("random",), ("new_seed",), ("truth",), ("set d", 50), ("tilt", 33.0), ("turn", 70.0)]
    for order in orders:
        cloud = drive(lab, *order)
        assert named(lab.figures(cloud)[2])["measured, now"]["x"] == [cloud.tilt]
        told = f"{cloud.tilt:.1f} degrees from the hidden subspace, turned {cloud.turn:.0f}:"
        assert f"at {told}" in lab.text()
        if order[0] in ("tilt", "turn"):
            continue  # the page has moved these sliders itself
        assert lab.knobs["tilt"].value == pytest.approx(cloud.tilt, abs=0.06)
        assert lab.knobs["turn"].value == pytest.approx(cloud.turn, abs=0.6)
    assert (cloud.tilt, cloud.turn) == (33.0, 70.0)
    drive(lab, "tilt", 33.05)  # a slider's rounding of what it was shown
    drive(lab, "turn", 70.5)
    assert (cloud.tilt, cloud.turn) == (33.0, 70.0)
    drive(lab, "tilt", 33.1)
    drive(lab, "turn", 71.0)
    assert (cloud.tilt, cloud.turn) == (33.1, 71.0)


def test_a_random_direction_is_what_its_angles_say():
    """v = cos(tilt) (cos(turn) u_1 + sin(turn) q) + sin(tilt) w.

    q is a unit vector orthogonal to u_1.
    """
    lab = alone(TargetLab(Settings(link="chain", k=3, d=20)))
    for _ in range(5):
        cloud = drive(lab, "random")
        a, b = np.radians([cloud.tilt, cloud.turn])
        assert np.linalg.norm(cloud.e) == pytest.approx(1)
        assert cloud.e[0] == pytest.approx(math.cos(b))
        same(cloud.p, math.cos(a) * cloud.Z @ cloud.e + math.sin(a) * cloud.outside)
        e = cloud.e
        cloud = drive(lab, "turn", cloud.turn / 2)  # turning goes on in the plane of u_1 and q
        assert e @ cloud.e == pytest.approx(math.cos(b / 2))
        assert np.linalg.det([e, cloud.e, [1, 0, 0]]) == pytest.approx(0)


@pytest.mark.parametrize("d, k", [(3, 1), (4, 2), (12, 3)])
def test_random_looks_have_the_law_of_the_sphere(d, k, monkeypatch):
    """cos^2 of the tilt has mean k / d, cos^2 of the turn 1 / k.

    1,500 looks, five standard errors.
    """
    cloud = TargetLab(Settings(link="chain", d=d, k=k)).session
    looks = []
    monkeypatch.setattr(cloud, "look", lambda tilt, turn: looks.append((tilt, turn)))
    for _ in range(1500):
        cloud.look_randomly()
    squares = np.cos(np.radians(looks)) ** 2
    for found, mean in zip(squares.T, (k / d, 1 / k), strict=True):
        assert found.mean() == pytest.approx(mean, abs=5 * found.std() / 1500**0.5 + 1e-12)


def test_one_direction_cannot_be_turned_and_a_whole_space_not_tilted():
    for d, k, link, tilted, turned in (
        (20, 1, "tanh", True, False),
        (2, 2, "product", False, True),
        (1, 1, "tanh", False, False),
    ):
        lab = alone(TargetLab(Settings(link=link, d=d, k=k)))
        assert (lab.knobs["tilt"].disabled, lab.knobs["turn"].disabled) == (not tilted, not turned)
        drive(lab, "tilt", 50.0)
        cloud = drive(lab, "turn", 50.0)
        assert (cloud.tilt, cloud.turn) == (50.0 * tilted, 50.0 * turned)
        if not tilted:
            same(cloud.random_tilts(), [0, 0, 0])
    drive(lab, "code", "d=20 link=product")
    assert not lab.knobs["tilt"].disabled and not lab.knobs["turn"].disabled


def test_csv_of_target_is_what_is_drawn():
    lab, cloud = looking("product", 4, 2, 0.5, 20.0, 30.0)
    text = lab.csv()
    table = pd.read_csv(io.StringIO(text), comment="#")
    assert text.startswith(f"# {lab.settings.summary()}\n")
    assert list(table) == ["z1", "z2", "projection", "y"]
    same(table.to_numpy(), np.column_stack([cloud.Z, cloud.p, cloud.y]))
    seen = lab.figures(cloud)[1].traces[0]
    same([table["projection"][:600], table["y"][:600]], [seen["x"], seen["y"]])


NOISES = [(f"{v:g}", v) for v in (0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3)]
SIZES = (2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 5000, 10**4, 10**5, 10**6)
DIMENSIONS = [(f"{v:,}", v) for v in SIZES]
ONE_INDEX = [name for name, link in LINKS.items() if link.k_range == (1, 1)]


def above(lab):
    """The controls above the figures, in order, without those of the settings code."""
    *rows, more, lecture = [row for part in lab.children[:2] for row in controls(part)]
    assert lecture == (
        "Lecture",
        False,
        None,
        "Large type, few controls, the whole page; Escape goes back, ? shows the keys",
    )
    assert more[:3] == ("More", "caret-down", None)
    if lab.example:
        assert rows[-3:] == coded(lab)
    return rows[:-3] if lab.example else rows, more[3]


def sliders(lab):
    """The seven sliders of HermiteLab."""
    return [lab.knobs[f"c{j}"] for j in range(7)]


def press(lab, *labels):
    """The orders that these buttons give."""
    for label in labels:
        find(lab, label).click()
    return ordered(lab)


def test_controls_of_target():
    lab = alone(TargetLab())
    assert lab.settings == Settings(link="tanh", d=20, k=1, noise=0.1) and lab.stage.central == ""
    shown, more = above(lab)
    links = [(value, label) for label, value in shown[0][2]]
    assert [value for value, _ in links] == list(LINKS)
    assert dict(links)["he2"] == "he2: (z^2 - 1) / sqrt 2"
    lab.session.look(0.0, 0.0)
    angle = "Angle between the direction you look along and the hidden subspace"
    inside = "For k > 1: angle inside the hidden subspace, from u₁ towards the other directions"
    presets = [("choose", ""), *((name, name) for name in lab.presets)]
    assert [shown[0][:2] + shown[0][3:], *shown[1:]] == [
        ("link", "tanh", "How the label depends on the hidden projections"),
        ("d", 20, DIMENSIONS, "Input dimension: how many directions there are to get lost in"),
        ("k", 1, (1, 6, 1), "How many hidden directions the label depends on"),
        ("noise", 0.1, NOISES, "Standard deviation of the noise added to each label"),
        ("tilt", lab.knobs["tilt"].value, (0, 90, 0.1), angle),
        ("turn", 0, (0, 180, 1), inside),
        ("preset", "", presets, "An experiment worth seeing, in one choice"),
        ("Look along u₁", "bullseye", None, "The first true direction"),
        ("Random direction", "random", None, "A direction drawn uniformly in all d dimensions"),
    ]
    assert more == "Seed, new samples, export"
    assert controls(lab.children[-1])[:2] == [
        ("seed", 0, (0, 2**31 - 1, 1), "Whole number from which all random draws come"),
        ("New samples", "refresh", None, "New seed: draw everything anew"),
    ]
    assert lab.knobs["tilt"].continuous_update and lab.knobs["turn"].continuous_update
    assert lab.knobs["tilt"].readout_format == ".1f" and lab.knobs["turn"].readout_format == ".0f"
    lab.knobs["tilt"].value, lab.knobs["turn"].value = 12.0, 34.0
    lab.fields["k"].value, lab.fields["seed"].value = 2, 9
    assert ordered(lab) == [("tilt", 12.0), ("turn", 34.0), ("set k", 2), ("set seed", 9)]
    pressed = press(lab, "Look along u₁", "Random direction", "New samples")
    assert pressed == [("truth", None), ("random", None), ("new_seed", None)]
    before = lab.session.y.copy()
    drive(lab, "new_seed")
    assert lab.settings.seed == 1 and not np.array_equal(lab.session.y, before)


TARGET_PRESETS = {
    "tanh, d = 20": "d=20 k=1 noise=0.1 link=tanh seed=0",
    "tanh, d = 1,000,000": "d=1000000 k=1 noise=0.1 link=tanh seed=0",
    "even link": "d=20 k=1 noise=0.1 link=he2 seed=0",
    "product": "d=20 k=2 noise=0.1 link=product seed=0",
    "chain of three": "d=20 k=3 noise=0.1 link=chain seed=0",
    "strong noise": "d=20 k=1 noise=2.0 link=tanh seed=0",
    "pure noise": "d=20 k=1 noise=1.0 link=none seed=0",
}


TOLD = {  # what each sentence says, and the test below computes
    "tanh, d = 20": "One direction, monotone link",
    "tanh, d = 1,000,000": "The link is the same",
    "even link": "no slope at all",
    "product": "turn from 0 to 45 degrees: u₁ alone shows nothing",
    "chain of three": "No single direction tells the whole",
    "strong noise": "Noise takes its share at every angle alike",
    "pure noise": "Nothing to find",
}


def test_presets_of_target_are_what_their_sentences_say():
    lab, said = alone(TargetLab()), {}
    lab.stage.send_frame = lambda figures, words: said.update({lab.preset.value: words}) or 1
    at = {}
    for name in lab.presets:
        drive(lab, "preset", name)
        lab._show()
        cloud = lab.session
        assert TOLD.get(name, "") in said[name].note == lab.presets[name][1]
        assert lab.code.value == lab.short() == TARGET_PRESETS.get(name, lab.short())
        cloud.look_at_truth()
        at[name] = {}
        for turn in (0, 45, 90):
            cloud.look(0.0, turn)
            at[name][turn] = cloud.share(np.array([0.0, 40, 80]))
        if name == "even link":
            assert at[name][0][0] > 0.9  # a clear curve
            assert abs(cloud.coefficients[1]) < 1e-9  # and no slope at all
        if "1,000,000" in name:
            assert cloud.random_tilts()[1] > 89.9
    assert set(TARGET_PRESETS) == set(TOLD) <= set(said)
    first, far = at["tanh, d = 20"], at["tanh, d = 1,000,000"]
    same(first[0], far[0])  # "The link is the same"
    assert at["product"][0][0] == pytest.approx(0, abs=0.01) and at["product"][45][0] > 0.45
    chain = [s[0] for s in at["chain of three"].values()]
    assert min(chain) < max(chain) - 0.05  # "Which turn shows most?"
    assert max(chain) < 0.7  # "No single direction tells the whole."
    ratio = at["strong noise"][0] / first[0]
    assert np.ptp(ratio) < 1e-9 and ratio[0] < 0.2  # "Noise takes its share at every angle alike."
    assert not any(s.any() for s in at["pure noise"].values())


# HermiteLab

OWN = {1: 0.3, 2: -0.4, 4: 0.55}


def hermite(link, d=100, noise=0.1):
    """A lab with a known link, or with coefficients set by hand."""
    if link != "own":
        return alone(HermiteLab(link, d=d, noise=noise))
    lab = alone(HermiteLab("linear", d=d, noise=noise))
    for j, c in {1: 0.0, **OWN}.items():
        drive(lab, f"c{j}", c)
    return lab


def expansion_of(link):
    """(c_0 ... c_6, variance beyond degree 6)."""
    if link == "own":
        return np.array([OWN.get(j, 0.0) for j in range(7)]), 0.0
    if link == "relu":
        return RELU, 0.5 - (RELU**2).sum()
    return np.sqrt(POWERS[link][0]), 0.0


@pytest.mark.parametrize(
    "link, exponent, reach",
    [("he3", 3, 12), ("cubic", 1, 8), ("he2", 2, 8), ("relu", 1, 4), ("own", 1, 3)],
)
@pytest.mark.parametrize("d, noise", [(100, 0.1), (400, 1.0)])
def test_hermite_draws_link_coefficients_and_shares(link, exponent, reach, d, noise):
    lab = hermite(link, d, noise)
    c, rest = expansion_of(link)
    z = np.linspace(-3, 3, 121)
    built = hermeval(z, c / np.sqrt([math.factorial(j) for j in range(7)]))
    traces = [line(z, built, "your link" if link == "own" else "degrees 0 to 6", BLUE)]
    if link != "own":
        traces.append(line(z, FORMULAS[link](z), link, VERMILLION, "dash"))
    bell = -reach + 0.7 * reach * np.exp(-(z**2) / 2)
    traces.append(line(z, bell, "density of z", GREY, "dot", 1.2, hoverinfo="skip"))
    link_view, bars, signal = lab.figures(lab.session)
    axes = {
        "xaxis": {"range": [-3, 3], "title": "z"},
        "yaxis": {"range": [-reach, reach], "title": "f(z)"},
    }
    layout = {"title": "The link f", "legend": {"y": 0.98, "yanchor": "top"}, **axes}
    check(link_view, "link", traces, layout, tiny=1e-8)
    bar = {
        "type": "bar",
        "x": list("0123456"),
        "y": c,
        "name": "c<sub>j</sub>",
        "cliponaxis": False,
        "marker": {
            "color": [VERMILLION if j == exponent else BLUE for j in range(7)],
            "pattern": {"shape": ["/" if j == exponent else "" for j in range(7)]},
        },
        "text": [f"{v:.2f}" if abs(v) >= 0.005 else "" for v in c],
        "textposition": "outside",
        "hovertemplate": "%{x}: %{y:.3f}<extra></extra>",
    }
    layout = {
        "title": "Hermite coefficients",
        "xaxis": {"title": "degree j", "type": "category"},
        "yaxis": {"title": "c<sub>j</sub>", "range": [-1.4, 1.4]},
        "showlegend": False,
    }
    check(bars, "Hermite coefficients", [bar], layout, tiny=1e-8)
    m, j = np.geomspace(1e-3, 1, 61), np.arange(1, 7)
    total = (c[1:] ** 2).sum() + rest + noise**2

    def part(m):
        return (c[1:] ** 2 * np.asarray(m)[..., None] ** (2 * j)).sum(-1) / total

    start, log = d**-0.5, {"type": "log", "exponentformat": "power"}
    alone_at = c[exponent] ** 2 * m ** (2 * exponent) / total
    traces = [
        line(m, part(m), "explained", BLUE, "solid", 2.5),
        line(m, alone_at, f"degree {exponent} alone", GREY, "dash", 1.5),
        line([start, start], [1e-12, 1], "random start, 1/√d", VERMILLION, "dot", 1.5),
        dots([start], [part(start)], "there", VERMILLION, 10, "diamond", showlegend=False),
    ]
    layout = {
        "title": "Share explained by overlap",
        "legend": {"x": 0.98, "xanchor": "right"},
        "xaxis": {**log, "range": [-3, 0.05], "dtick": 1, "title": "overlap m"},
        "yaxis": {**log, "range": [-12, 0.5], "dtick": 3, "title": "share"},
    }
    check(signal, "signal", traces, layout, rel=1e-6)
    name = "your link" if link == "own" else link
    assert lab.words(lab.session).sentence == (
        f"Information exponent of {name}: {exponent}. Variance {total - noise**2:.2f}; "
        f"the best linear fit explains {c[1] ** 2 / total:.2f} of the variance of y. "
        f"A random direction in d = {d:,} has overlap {start:.2g} and explains {part(start):.1g}."
    )
    values = ", ".join(f"{v + 0.0:.3f}" for v in np.round(c, 9))
    assert lab.text().splitlines()[1] == f"coefficients c_0 ... c_6: {values}"
    table = pd.read_csv(io.StringIO(lab.csv()), comment="#")
    same([table["degree"], table["coefficient"]], [np.arange(7), c], tiny=1e-8)


def test_the_exponent_counts_what_a_slider_shows():
    lab = hermite("own")
    drive(lab, "c1", 0.004)
    assert lab.session.exponent == 2
    drive(lab, "c1", -0.006)
    assert lab.session.exponent == 1
    drive(lab, "zero")
    expansion = drive(lab, "c0", 0.7)  # a constant tells nothing
    assert expansion.exponent is None
    assert lab.words(expansion).sentence == (
        "All coefficients of degree 1 to 6 are zero: "
        "up to there y tells nothing about any direction."
    )
    signal = lab.figures(expansion)[2]
    assert list(named(signal)) == ["explained", "random start, 1/√d", "there"]
    same(named(signal)["explained"]["y"], np.full(61, 1e-30))
    assert set(lab.figures(expansion)[1].traces[0]["marker"]["color"]) == {BLUE}


def test_sliders_and_menu_of_hermite_show_the_link():
    lab = hermite("cubic")
    assert [s.value for s in sliders(lab)] == [0, 0.77, 0, 0.63, 0, 0, 0]
    assert lab.knobs["start"].value == "cubic"
    drive(lab, "zero")
    assert lab.knobs["start"].value == "own"
    drive(lab, "start", "relu")
    assert [s.value for s in sliders(lab)] == [0.4, 0.5, 0.28, 0, -0.08, 0, 0.04]
    assert lab.session.rest > 0
    drive(lab, "c2", -1.2)
    same(lab.session.c, [*RELU[:2], -1.2, *RELU[3:]], tiny=1e-8)
    assert lab.knobs["start"].value == "own" == lab.session.name and lab.session.rest == 0
    drive(lab, "start", "linear")
    drive(lab, "start", "own")
    assert [s.value for s in sliders(lab)] == [0, 1, 0, 0, 0, 0, 0] and lab.session.name == "own"
    drive(lab, "zero")
    assert [s.value for s in sliders(lab)] == [0] * 7 and not lab.session.c.any()
    drive(lab, "set d", 1000)  # d and noise leave the coefficients alone
    assert not lab.session.c.any() and lab.settings.d == 1000


def test_controls_of_hermite():
    lab = alone(HermiteLab())
    assert lab.settings == Settings(link="tanh", d=100, k=1, noise=0.1) and lab.stage.central == ""
    shown, more = above(lab)
    options = [(f"{name}: {LINKS[name].formula}", name) for name in ONE_INDEX]
    assert ("he3: (z^3 - 3z) / sqrt 6", "he3") in options
    options.append(("own: from the sliders", "own"))
    tip = "Coefficient of the Hermite polynomial of degree "
    start = enumerate([0, 0.73, 0, -0.25, 0, 0.14, 0])
    assert shown == [
        *((f"c{j}", value, (-1.2, 1.2, 0.01), f"{tip}{j}") for j, value in start),
        ("d", 100, DIMENSIONS, "Input dimension: a random direction has an overlap of about 1/√d"),
        ("noise", 0.1, NOISES, "Standard deviation of the label noise"),
        ("link", "tanh", options, "A known link, or your own"),
        ("All zero", "eraser", None, "Start from nothing"),
    ]
    assert more == "Export"
    assert [c[0] for c in controls(lab.children[-1])] == ["SVG", "PNG", "CSV"]
    lab.knobs["c3"].value, lab.knobs["c0"].value = 0.5, -0.2
    lab.knobs["start"].value, lab.fields["noise"].value = "he2", 1.0
    assert ordered(lab) == [("c3", 0.5), ("c0", -0.2), ("start", "he2"), ("set noise", 1.0)]
    assert press(lab, "All zero", "CSV", "SVG", "PNG") == [("zero", None), ("export", "png")]


# EstimatorsLab

METHODS = ["linear", "PHD", "SIR", "SAVE", "kernel gradient"]
SEES = ["E[y x]", "E[y x xᵀ]", "E[x | y]", "Cov(x | y)", "E[∇f ∇fᵀ]"]
TIMES = [5, 10, 20, 50, 100, 200]  # in units of d


@pytest.fixture(scope="module")
def measured():
    return alone(EstimatorsLab(Settings(link="chain", k=2, d=5, noise=0.3, seed=7), seeds=2))


@pytest.fixture
def by_hand(monkeypatch):
    """Angles that name their place: 10 i + size.

    Seeds are 3 below, 4 above and in the middle, in turned order.
    """
    monkeypatch.setattr("course_utils.labs.player.Finisher.open", lambda self: None)
    lab = alone(EstimatorsLab(Settings(link="chain", k=2, d=10), seeds=3))
    middle = 10.0 * np.arange(5)[:, None] + np.arange(6) + 5
    lab.session.angles = np.stack([middle + 4, middle - 3, middle], axis=2)
    lab.session.angles[1, :2] = np.nan  # PHD is not defined there
    lab.session.chance = 77.7
    lab.session.ranks = dict(zip(METHODS, (1, 0, 2, 2, 1), strict=True))
    for i, name in enumerate(METHODS):
        for j in range(6):
            p = np.linspace(-1, 1, 7) + i + j / 10
            values = np.array([1.0, 0.5 + 0.01 * i, 0.2 + 0.01 * j, 0.001])
            lab.session.look[name, j] = values, p, 2 * p
    return lab


def test_estimators_draw_each_curve_in_its_own_look(by_hand):
    n, middle = 10 * np.array(TIMES), by_hand.session.angles[:, :, 2]
    bands, curves = [], []
    for i, name in enumerate(METHODS):
        known = np.isfinite(middle[i])
        x, y = n[known], middle[i][known]
        bands.append(shade(x, y - 3, y + 4, PALETTE[i]))
        curves.append(line(x, y, name, PALETTE[i], DASHES[i], legendgroup=name, hoverinfo="skip"))
        told = {"hovertemplate": f"%{{y:.0f}} degrees at n = %{{x:,.0f}}<extra>{name}</extra>"}
        told |= {"legendgroup": name, "showlegend": False}
        curves.append(dots(x, y, name, PALETTE[i], 7, SYMBOLS[i], **told))
    chance = line([40, 2500], [77.7, 77.7], "random guess", GREY, "longdash", 1.3)
    across = {
        "type": "log",
        "range": [math.log10(40), math.log10(2500)],
        "tickvals": n.tolist(),
        "ticktext": ["50", "100", "200", "500", "1,000", "2,000"],
        "title": "samples n (d = 10)",
    }
    up = {"range": [0, 92], "tickvals": [0, 15, 30, 45, 60, 75, 90], "title": "degrees"}
    title = "Largest angle to the hidden subspace"
    layout = {"title": title, "xaxis": across, "yaxis": up, "legend": BESIDE}
    shown = by_hand.figures(by_hand.session)[0]
    check(shown, "angles", [*bands, *curves, chance], layout)


@pytest.mark.parametrize("i, name", list(enumerate(METHODS)))
@pytest.mark.parametrize("j", [1, 5])
def test_estimators_look_at_what_is_chosen(by_hand, i, name, j):
    by_hand.session.which, by_hand.session.size = name, j
    _, seen, spectrum = by_hand.figures(by_hand.session)
    p = np.linspace(-1, 1, 7) + i + j / 10
    title = f"y along the first direction of {name}"
    largest = 1.15 * np.abs(np.quantile(2 * p, [0.005, 0.995])).max()
    reach = next(step for step in (1.5, 2, 3, 4, 6, 8, 12, 16) if step >= largest)
    check(seen, *scattered(p, 2 * p, reach, "first direction", "⟨v, x⟩", title))
    values = [1.0, 0.5 + 0.01 * i, 0.2 + 0.01 * j, 0.001]
    shape = {"shape": ["/", "/", "", ""]}  # k = 2
    bars = {
        "type": "bar",
        "x": ["1", "2", "3", "4"],
        "y": values,
        "name": "value / first",
        "cliponaxis": False,
        "marker": {"color": [VERMILLION, VERMILLION, GREY, GREY], "pattern": shape},
        "text": [f"{v:.2f}" for v in values[:3]] + [""],
        "textposition": "outside",
        "hovertemplate": "%{x}: %{y:.3f}<extra></extra>",
    }
    layout = {
        "title": f"{name}: values at n = {10 * TIMES[j]:,}",
        "xaxis": {"title": "number", "type": "category"},
        "yaxis": {"title": "value / first", "range": [0, 1.2]},
        "showlegend": False,
    }
    check(spectrum, "eigenvalues", [bars], layout)


def test_estimators_say_what_is_drawn(by_hand):
    by_hand.session.size = 0
    words = by_hand.words(by_hand.session)
    assert words.sentence == (
        "chain, k = 2, d = 10, n = 50: angle to the hidden subspace linear 5°, PHD -, SIR 25°, "
        "SAVE 35°, kernel gradient 45° (median of 3 seeds; a random guess: 78°). "
        "Expected to miss some of it however large n is: linear, PHD, kernel gradient."
    )
    found = ["1 of 2", "0 of 2", "2 of 2", "2 of 2", "1 of 2"]
    angles = ["5°", "-", "25°", "35°", "45°"]
    assert words.rows == [
        (f"{METHODS[i]}, from {SEES[i]}", found[i], angles[i], "") for i in range(5)
    ]
    by_hand.session.size = 5
    by_hand.session.ranks = dict.fromkeys(METHODS, 2)
    by_hand.session.angles = by_hand.session.angles[:, :, 2:]
    assert by_hand.words(by_hand.session).sentence == (
        "chain, k = 2, d = 10, n = 2,000: angle to the hidden subspace linear 10°, PHD 20°, "
        "SIR 30°, SAVE 40°, kernel gradient 50° (median of 1 seed; a random guess: 78°). "
        "All of them can find it."
    )
    _, head, *rows, code = by_hand.text().splitlines()
    assert head == f"{'samples':>16} " + " ".join(f"{10 * t:>7,}" for t in TIMES)
    assert code == by_hand.short()
    for i, row in enumerate(rows):
        cells = ["-" if i == 1 and j < 2 else f"{10 * i + j + 5}°" for j in range(6)]
        assert row == f"{METHODS[i]:>16} " + " ".join(f"{cell:>7}" for cell in cells)
    table = pd.read_csv(io.StringIO(by_hand.csv()), comment="#")
    assert list(table) == ["seed", "estimator", "samples", "angle_degrees"] and len(table) == 28
    for row in table.itertuples():
        i, j = METHODS.index(row.estimator), TIMES.index(row.samples // 10)
        assert row.angle_degrees == 10 * i + j + 5 and row.seed == 0


def test_angles_are_those_of_the_estimators_on_the_first_n_samples(measured):
    comparison = measured.session
    assert comparison.angles.shape == (5, 6, 2)
    assert comparison.samples_at == tuple(5 * t for t in TIMES)
    for seed in range(2):
        model, X, y = draw("chain", 5, 2, 0.3, 1000, 7 + seed)
        for i, name in enumerate(METHODS[1:], 1):
            for j in (3, 5):
                n = comparison.samples_at[j]
                values, rows = ESTIMATORS[name].fit(X[:n], y[:n])
                overlaps = np.linalg.qr(rows[:2].T)[0].T @ model.directions.T
                cosines = np.linalg.svd(overlaps, compute_uv=False)
                largest = np.degrees(np.arccos(cosines.min()))
                assert comparison.angles[i, j, seed] == pytest.approx(largest, abs=1e-4)
                if seed == 0:
                    shown, p, labels = comparison.look[name, j]
                    same(shown, values[:8] / values[0], rel=1e-6)
                    same(np.abs(p), np.abs(X[: min(n, 600)] @ rows[0]), rel=1e-6, tiny=1e-6)
                    same(labels, y[: min(n, 600)])
                    assert p @ labels >= 0
    table = comparison.frame()
    for row in table.itertuples():
        place = METHODS.index(row.estimator), comparison.samples_at.index(row.samples), row.seed - 7
        assert row.angle_degrees == comparison.angles[place]
    assert set(table["seed"]) == {7, 8} and len(table) == np.isfinite(comparison.angles).sum()
    assert (comparison.angles[0] == 90).all()  # one slope cannot hold two directions


def test_knobs_of_estimators(measured):
    lab = measured
    shown, more = above(lab)
    links = [value for _, value in shown[0][2]]
    assert links == list(LINKS) and shown[0][:2] == ("link", "chain")
    assert shown[0][3] == "How the label depends on the hidden projections"
    dimensions = [(str(v), v) for v in (3, 5, 10, 20, 30)]
    methods = [(name, name) for name in METHODS]
    sizes = [(f"{t} d", j) for j, t in enumerate(TIMES)]
    presets = [("choose", ""), *((name, name) for name in lab.presets)]
    assert shown[1:] == [
        ("d", 5, dimensions, "Input dimension; sample sizes are 5 d to 200 d"),
        ("k", 2, (1, 6, 1), "How many hidden directions the label depends on"),
        ("noise", 0.3, NOISES, "Standard deviation of the noise added to each label"),
        ("look at", "SIR", methods, "Whose eigenvalues and first direction the small views show"),
        ("samples", 5, sizes, "Sample size of the small views and of the table"),
        ("preset", "", presets, "An experiment worth seeing, in one choice"),
        ("5 more seeds", "plus", None, "Five more targets and data sets"),
    ]
    assert more == "Seed, new samples, export" and lab.stage.central == ""
    seed, anew = controls(lab.children[-1])[:2]
    assert seed[::3] == ("seed", "Number of the first seed")
    assert anew == ("New samples", "refresh", None, "New seeds: draw everything anew")
    lab.knobs["which"].value, lab.knobs["size"].value = "PHD", 2
    assert ordered(lab) == [("which", "PHD"), ("size", 2)]
    assert press(lab, "5 more seeds", "New samples") == [("seeds", 5), ("new_seed", None)]
    drive(lab, "which", "PHD"), drive(lab, "size", 2)  # the figures read the knobs
    assert lab.figures(lab.session)[2].layout["title"] == "PHD: values at n = 100"
    drive(lab, "which", "SIR"), drive(lab, "size", 5)


def test_estimators_open_with_one_direction_and_five_seeds(by_hand):
    lab = alone(EstimatorsLab())  # by_hand: nothing is measured
    assert lab.settings == Settings(link="tanh", d=20, k=1, noise=0.1) and lab.session.seeds == 5


def test_new_samples_are_of_seeds_that_were_not_measured(by_hand):
    by_hand._obey("seeds", 5)
    assert by_hand.session.seeds == 8 and by_hand.actor.playing
    by_hand._obey("new_seed", None)
    assert by_hand.settings.seed == 8 == by_hand.session.seeds


ESTIMATOR_PRESETS = {
    "tanh": "d=20 k=1 noise=0.1 link=tanh seed=0",
    "he2": "d=20 k=1 noise=0.1 link=he2 seed=0",
    "he3": "d=20 k=1 noise=0.1 link=he3 seed=0",
    "product": "d=20 k=2 noise=0.1 link=product seed=0",
    "sum of three tanh": "d=20 k=3 noise=0.1 link=sum_tanh seed=0",
    "chain of three": "d=20 k=3 noise=0.1 link=chain seed=0",
}


def test_presets_of_estimators_are_what_their_sentences_say(by_hand):
    """Ranks: slopes E[y x] have one direction or none.

    Odd links have no mean curvature, even ones no mean slope.
    """
    lab, ranks, said = by_hand, {}, []
    told = {
        "tanh": "A slope to see",
        "he2": "No slope on average",
        "he3": "No slope and no curvature",
        "product": "Two directions",
        "sum of three tanh": "one mean slope",
        "chain of three": "Slope and curvature each show a part",
    }
    lab.stage.send_frame = lambda figures, words: said.append(words.note) or 1
    for name in lab.presets:
        lab._obey("preset", name)
        lab._show()
        assert lab.short() == lab.code.value == ESTIMATOR_PRESETS.get(name, lab.short())
        assert told.get(name, "") in said[-1] == lab.presets[name][1]
        ranks[name] = tuple(lab.session.ranks[m] for m in METHODS)
    assert set(ESTIMATOR_PRESETS) == set(told) <= set(ranks)
    assert ranks["tanh"][:2] == (1, 0) and "slope" in lab.presets["tanh"][1]
    assert ranks["he2"][:3] == (0, 1, 0) and "curvature" in lab.presets["he2"][1]
    # "No slope and no curvature on average; the slices know more."
    assert ranks["he3"][:4] == (0, 0, 1, 1)
    assert ranks["product"][:2] == (0, 2)  # "Two directions that only show together."
    assert ranks["sum of three tanh"][0] == 1  # "Three directions, one mean slope."
    slope, curvature, *_ = ranks["chain of three"]
    assert slope == 1 and curvature >= 2  # "Slope and curvature each show a part."
    assert {ranks[name][4] for name in told} == {1, 2, 3}  # a kernel fit learns g itself


# all of them


def test_a_code_of_a_panel_names_what_runs_and_comes_back():
    lab = alone(TargetLab(Settings(link="chain", k=3, d=50, noise=0.5, seed=7)))
    assert lab.code.value == "d=50 k=3 noise=0.5 link=chain seed=7"
    for code, wanted in (
        ("k=2", "d=50 k=2 noise=0.5 link=chain seed=7"),
        ("link=tanh", "d=50 k=1 noise=0.5 link=tanh seed=7"),
        ("d=2 link=product seed=1", "d=2 k=2 noise=0.5 link=product seed=1"),
    ):
        drive(lab, "code", code)
        assert lab.code.value == lab.short() == wanted
        for name, field in lab.fields.items():
            assert field.value == getattr(lab.settings, name)
        drive(lab, "code", lab.code.value)
        assert lab.code.value == wanted


def test_a_code_of_a_panel_with_an_own_link_keeps_it():
    def bent(Z):
        return Z[:, 0] ** 2

    lab = alone(TargetLab(Settings(link=bent, d=20, k=1)))
    assert lab.code.value == "d=20 k=1 noise=0.1 link=function:bent seed=0"
    assert lab.fields["link"].value is bent
    lab._show()
    assert "function:bent" in lab.text()


def test_what_the_page_is_told_is_what_the_lab_says():
    lab, sent = alone(TargetLab(Settings(link="he2", d=20, seed=3))), []
    lab.stage.send_frame = lambda figures, words: sent.append((figures, words)) or 1
    lab._show()
    (figures, words), own = sent[0], lab.words(lab.session)
    assert (words.sentence, words.rows, words.note) == (own.sentence, own.rows, "")
    assert words.settings == lab.settings.summary()
    assert [f.name for f in figures] == [f.name for f in lab.figures(lab.session)]


def test_a_prediction_keeps_each_reply_with_its_option():
    # told whole, whatever anywidget's version does
    long = predict("Which of the two comes first? " * 10, ["a", "b"])
    data = long._repr_mimebundle_()
    assert (data[0] if isinstance(data, tuple) else data)["text/plain"] == repr(long)
    asked = predict("Up or down?", {"up": "Are you sure?", "down": "Why?"}, "Look at the lab.")
    assert (asked.question, asked.options) == ("Up or down?", ["up", "down"])
    said = ["Are you sure? Look at the lab.", "Why? Look at the lab."]
    assert (asked.replies, asked.reveal) == (said, "")
    assert predictions.opened(asked.sealed) == said
    assert asked.chosen == -1
    assert predict("Which?", ["a", "b"]).replies == ["", ""]
    assert predict("Which?", ["a", "b"]).sealed == predict("Which?", ["a", "b"]).reveal == ""
    for chosen, answer in ((0, "up"), (1, "down")):
        asked.chosen = chosen
        assert asked.answer == answer
    data = asked._repr_mimebundle_()
    text = (data[0] if isinstance(data, tuple) else data)["text/plain"]
    assert text == "Predict. Up or down?\n( ) up\n( ) down"
    for options in ("yes or no", ["yes"], {"yes": "Really."}):
        with pytest.raises(ValueError, match="needs a list of two options or more"):
            predict("Really?", options)
