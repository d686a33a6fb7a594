"""Charts that are not about a run: each trace holds what it was given, in its own look."""

import numpy as np
import pytest
from drawings import (
    BESIDE,
    BLUE,
    DASHES,
    GREY,
    PALETTE,
    SYMBOLS,
    VERMILLION,
    dots,
    line,
    same,
    shade,
)

from course_utils.labs import charts

X = np.array([0.1, 0.3, 0.7, 2.0])


def test_points_and_path_say_what_they_are_given():
    y = -(X**2)
    same(charts.points(list(X), list(y), "p", GREY), dots(X, y, "p", GREY, 6, "circle"))
    same(
        charts.points(X, y, "p", BLUE, 3, "x", opacity=0.5),
        dots(X, y, "p", BLUE, 3, "x", opacity=0.5),
    )
    same(charts.path(list(X), list(y), "c", GREY), line(X, y, "c", GREY, "solid"))
    same(
        charts.path(X, y, "c", BLUE, "dot", 3, xaxis="x2"),
        {**line(X, y, "c", BLUE, "dot", 3), "xaxis": "x2"},
    )


# cloud


def test_a_cloud_shows_every_sample_and_the_curve_over_their_bulk():
    rng = np.random.default_rng(1)
    p = rng.permutation(np.linspace(-2, 3, 1001))
    y = 1.7 * np.sin(p)
    figure = charts.cloud(p, y, "Labels", "projection", ("fit", lambda q: 5 * q + 1), up="label")
    # 0.5 % of the data at either end left out: a fit means nothing beyond it
    q = np.linspace(-2 + 0.025, 3 - 0.025, 121)
    look = dict(opacity=0.7, hovertemplate="%{x:.2f}, %{y:.2f}<extra></extra>")
    samples = dots(p, y, "samples", GREY, 4, "circle", **look)
    same(figure.traces, [samples, line(q, 5 * q + 1, "fit", VERMILLION, "solid", 2.5)])
    layout = {
        "title": "Labels",
        "xaxis": {"range": [-3.6, 3.6], "title": "projection"},
        "showlegend": False,
    }
    same(figure.layout, {**layout, "yaxis": {"range": [-2, 2], "title": "label"}})
    assert figure.name == "Labels"


def test_a_cloud_without_curve_or_without_samples():
    figure = charts.cloud(X, 2 * X, "t", "x", reach=2.0)
    assert len(figure.traces) == 1 and figure.layout["xaxis"]["range"] == [-2, 2]
    assert figure.layout["yaxis"]["title"] == "y"
    empty = charts.cloud([], [], "t", "x", ("c", np.cos), reach=2.0)
    q = np.linspace(-2, 2, 121)
    same(empty.traces[1], line(q, np.cos(q), "c", VERMILLION, "solid", 2.5))


LARGEST_AND_REACH = (
    "0.2 1.5, 1.3 1.5, 1.31 2, 2.6 3, 3.4 4, 5.2 6, 6.9 8, 10.4 12, 13.9 16, 20.8 24, 27.8 32, "
    "41.7 48, 55.6 64, 60 1e3, 1e4 1e6, 1e9 1e12, 1e13 1e12"
)


@pytest.mark.parametrize(
    "largest, reach", [[*map(float, pair.split())] for pair in LARGEST_AND_REACH.split(",")]
)
def test_limits_for_labels_go_in_steps_15_per_cent_above_the_largest(largest, reach):
    for y in (np.array([0.1, largest]), np.array([-largest, 0.1])):
        y = np.repeat(y, 500)  # half of the labels: far more than the 0.5 % that are left out
        assert charts.label_range(y) == [-reach, reach]


def test_limits_for_labels_leave_out_half_a_per_cent_at_either_end():
    y = np.r_[np.zeros(996), [50.0, 50, -50, -50]]
    assert charts.label_range(y) == [-1.5, 1.5]
    assert charts.label_range(np.r_[y, [50.0] * 4]) == [-64, 64]
    assert charts.label_range(np.r_[y, [-50.0] * 4]) == [-64, 64]
    assert charts.label_range(np.array([])) == [-1.5, 1.5]


# curves


def test_each_curve_has_its_look_its_band_and_its_markers():
    series = {f"c{i}": (X, X + i) for i in range(6)}
    series |= {
        "banded": (X, 3 * X, 2 * X, 5 * X),
        "its measurement": (X, 4 * X, "points"),
        "next": (X, -X),
    }
    figure = charts.curves(series, "Title", "samples n", "risk")
    at = "%{y:.3g} at %{x:.3g}<extra>its measurement</extra>"
    same(
        figure.traces,
        [
            *[line(X, X + i, f"c{i}", PALETTE[i], DASHES[i]) for i in range(6)],
            shade(X, 2 * X, 5 * X, BLUE),
            line(X, 3 * X, "banded", BLUE, DASHES[1]),  # not that of the first
            dots(X, 4 * X, "its measurement", BLUE, 8, SYMBOLS[1], hovertemplate=at),
            line(X, -X, "next", PALETTE[1], DASHES[2]),
        ],
    )
    same(
        figure.layout,
        {
            "title": "Title",
            "xaxis": {"title": "samples n"},
            "yaxis": {"title": "risk"},
            "legend": BESIDE,
        },
    )
    assert figure.name == "Title"


def test_markers_repeat_what_the_colour_says():
    series = {}
    for i in range(7):
        series |= {f"c{i}": (X, X), f"m{i}": (X, X, "points")}
    marks = charts.curves(series, "t", "x", "y").traces[1::2]
    looks = [*zip(PALETTE, SYMBOLS, strict=True), (BLUE, SYMBOLS[1])]
    assert [(m["marker"]["color"], m["marker"]["symbol"]) for m in marks] == looks
    first = charts.curves({"m": (X, X, "points"), "c": (X, X)}, "t", "x", "y").traces
    assert first[0]["marker"]["color"] == PALETTE[0] and first[1]["line"]["color"] == PALETTE[1]


@pytest.mark.parametrize("x_or_y", "xy")
def test_the_axis_that_is_asked_for_is_logarithmic_and_has_the_limits_given(x_or_y):
    asked = {f"{x_or_y}log": True, f"{x_or_y}range": (-3, 1)}
    figure = charts.curves({"c": (X, X)}, "t", "x", "y", **asked, legend={"x": 0})
    log, plain = f"{x_or_y}axis", "yaxis" if x_or_y == "x" else "xaxis"
    same(
        figure.layout[log],
        {"title": x_or_y, "type": "log", "exponentformat": "power", "dtick": 1, "range": [-3, 1]},
    )
    assert figure.layout[plain] == {"title": plain[0]}
    assert sorted(figure.layout) == ["legend", "title", "xaxis", "yaxis"]
    assert figure.layout["legend"] == {"x": 0}


# bars, tables, surfaces


def test_bars_have_their_numbers_and_the_accented_one_is_another_colour_and_hatched():
    values = [0.5, -0.25, 0.004, 0.005, -0.0049]
    figure = charts.bars(
        values, ["c0", "c1", "c2", "c3", "c4"], "Coefficients", "degree", "size", accent=1
    )
    same(
        figure.traces,
        [
            {
                "type": "bar",
                "x": ["c0", "c1", "c2", "c3", "c4"],
                "y": values,
                "name": "size",
                "cliponaxis": False,
                "marker": {
                    "color": [BLUE, VERMILLION, BLUE, BLUE, BLUE],
                    "pattern": {"shape": ["", "/", "", "", ""]},
                },
                "text": ["0.50", "-0.25", "", "0.01", ""],
                "textposition": "outside",
                "hovertemplate": "%{x}: %{y:.3f}<extra></extra>",
            }
        ],
    )
    layout = {
        "title": "Coefficients",
        "xaxis": {"title": "degree", "type": "category"},
        "showlegend": False,
    }
    same(figure.layout, {**layout, "yaxis": {"title": "size"}})
    assert figure.name == "Coefficients"
    plain = charts.bars(values, list("abcde"), "t", "x", "y", yrange=[-1, 2], bargap=0.5)
    same(plain.layout["yaxis"], {"title": "y", "range": [-1, 2]})
    assert plain.layout["bargap"] == 0.5 and "yrange" not in plain.layout
    assert plain.traces[0]["marker"] == {"color": [BLUE] * 5, "pattern": {"shape": [""] * 5}}


@pytest.mark.parametrize("light, dark, reverse", [(90, 0, False), (0, 90, True)])
def test_a_table_of_numbers_is_shaded_from_light_to_dark(light, dark, reverse):
    """Plotly's Cividis is dark at its low end; what shall be dark at the high end is reversed."""
    Z = np.arange(6).reshape(2, 3)
    figure = charts.matrix(
        Z, ["first", "second"], ["one", "two words", "three"], "Angles", light, dark, ".1f", "°"
    )
    same(
        figure.traces,
        [
            {
                "type": "heatmap",
                "z": [[0, 1, 2], [3, 4, 5]],
                "x": ["one", "two<br>words", "three"],
                "y": ["first", "second"],
                "zmin": 0,
                "zmax": 90,
                "colorscale": "Cividis",
                "reversescale": reverse,
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "texttemplate": "%{z:.1f}°",
                "hovertemplate": "%{y}, %{x}: %{z:.1f}°<extra></extra>",
            }
        ],
    )
    same(
        figure.layout,
        {
            "title": "Angles",
            "xaxis": {"side": "top", "type": "category", "ticks": ""},
            "showlegend": False,
            # the first row on top
            "yaxis": {"autorange": "reversed", "type": "category", "ticks": "", "automargin": True},
            "margin": {"l": 90, "r": 10, "t": 62, "b": 8},
        },
    )
    assert figure.name == "Angles"
    plain = charts.matrix(Z, ["a", "b"], ["c", "d", "e"], "t", 0, 1)
    assert plain.traces[0]["texttemplate"] == "%{z:.0f}"


@pytest.mark.parametrize("k", [2, 4])
def test_a_surface_has_z_1_to_the_right_z_2_backwards_and_the_samples_within(k):
    g = lambda Z: Z[:, 0] + 10 * Z[:, 1] + 100 * Z[:, 2:].sum(1)  # noqa: E731
    Z = np.zeros((5, k))
    Z[:, :2] = [[0.5, -0.5], [1.9, -1.8], [2.1, 0], [0, -2.1], [-1.2, 1.3]]
    Z[:, 2:] = 0.3
    y = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    figure = charts.surface(g, k, Z, y, reach=2.0)
    shell, samples = figure.traces
    q = np.linspace(-2, 2, 31)
    same(
        shell,
        {
            "type": "surface",
            "x": q,
            "y": q,
            "z": [[a + 10 * b for a in q] for b in q],  # plotly: z[i][j] at x[j], y[i]
            "colorscale": "Cividis",
            "showscale": False,
            "opacity": 0.8,
            "name": "link",
            "contours": {"z": {"show": True, "usecolormap": True, "width": 1}},
            "hovertemplate": "z₁ %{x:.2f}, z₂ %{y:.2f}: %{z:.2f}<extra></extra>",
        },
    )
    within = [0, 1, 4]
    same(
        samples,
        {
            "type": "scatter3d",
            "mode": "markers",
            "x": Z[within, 0],
            "y": Z[within, 1],
            "z": y[within],
            "name": "samples",
            "marker": {"size": 1.8, "color": VERMILLION},
            "hoverinfo": "skip",
        },
    )

    def axis(title, limits):
        plain = {"showbackground": False, "nticks": 4}
        return {"title": {"text": title}, "range": limits, **plain}

    same(
        figure.layout,
        {
            "title": "y over two true projections",
            "showlegend": False,
            "uirevision": "camera",
            "margin": {"l": 0, "r": 0, "t": 24, "b": 0},
            "scene": {
                "xaxis": axis("z₁", [-2, 2]),
                "yaxis": axis("z₂", [-2, 2]),
                "zaxis": axis("y", [-32, 32]),
                "aspectmode": "manual",
                "aspectratio": {"x": 1.5, "y": 1.5, "z": 0.9},
                "camera": {
                    "eye": {"x": 1.6, "y": -1.7, "z": 0.85},
                    "center": {"x": 0, "y": 0, "z": -0.12},
                },
            },
        },
    )
    assert figure.name == "y over two true projections"
    assert charts.surface(g, k, Z, y).layout["scene"]["xaxis"]["range"] == [-2.5, 2.5]


# arrows


def test_arrows_go_from_each_point_by_its_move_and_end_in_a_head():
    starts = np.array([[1.0, 0.0], [0.0, -2.0], [0.5, 0.5]])
    up, home = np.array([[0.0, 1.0]] * 3), -starts / 2
    figure = charts.arrows(
        starts, {"up": up, "home": home}, "Pushed", "across", "high", ("u", [0.6, 0.8])
    )
    through, first, second, neurons = figure.traces
    slope = np.divide(through["y"], through["x"])
    assert np.allclose(slope, 0.8 / 0.6) and through["name"] == "u"
    assert np.ptp(through["x"]) > 6  # through the whole figure, both ways
    for trace, move in ((first, up), (second, home)):
        drawn = np.column_stack([trace["x"], trace["y"]]).reshape(3, 3, 2)
        np.testing.assert_allclose(drawn[:, 0], starts)
        np.testing.assert_allclose(drawn[:, 1], starts + move)
        assert np.isnan(drawn[:, 2]).all()  # a gap before the next
        head = trace["marker"]
        assert (head["symbol"], head["angleref"]) == ("arrow", "previous")
        assert [size > 0 for size in head["size"]] == [False, True, False] * 3
        assert head["color"] == trace["line"]["color"] and trace["mode"] == "lines+markers"
    assert [first["name"], second["name"]] == ["up", "home"]
    assert first["line"]["width"] > second["line"]["width"]  # not told by colour alone
    assert first["line"]["color"] == BLUE != second["line"]["color"]
    np.testing.assert_allclose(neurons["x"], starts[:, 0])
    np.testing.assert_allclose(neurons["y"], starts[:, 1])
    low, high = figure.layout["yaxis"]["range"]
    assert low == -high and high == pytest.approx(1.1 * 2)  # the furthest is the start at -2
    assert figure.layout["yaxis"]["scaleanchor"] == "x"
    assert figure.layout["xaxis"]["title"] == "across" and figure.layout["yaxis"]["title"] == "high"


def test_arrows_need_no_line():
    figure = charts.arrows([[1.0, 1.0]], {"m": [[1.0, 0.0]]}, "t", "x", "y")
    assert [trace["name"] for trace in figure.traces] == ["m", "neuron"]
