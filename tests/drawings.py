"""What tests of drawings share.

A run made by hand, figures compared part by part, numbers read from words.
"""

from __future__ import annotations

import re
import time

import numpy as np

from course_utils import Settings
from course_utils.labs import figures, rows
from course_utils.labs.picture import picture
from course_utils.run import Run

# Okabe and Ito (2008), Color Universal Design: blue, vermillion, bluish green, reddish purple,
# orange, sky blue.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = PALETTE
FAINT = {
    BLUE: "rgba(0,114,178,0.18)",
    VERMILLION: "rgba(213,94,0,0.18)",
    GREEN: "rgba(0,158,115,0.18)",
    PURPLE: "rgba(204,121,167,0.18)",
    ORANGE: "rgba(230,159,0,0.18)",
    SKY: "rgba(86,180,233,0.18)",
}
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star")
GREY, INK = "#8a8a8a", "#222222"
TOP_LEFT = {"x": 0.02, "xanchor": "left", "y": 1, "yanchor": "top"}
TOP_RIGHT = {"x": 0.98, "xanchor": "right", "y": 1, "yanchor": "top"}
BESIDE = {"x": 1.02, "xanchor": "left", "y": 1, "yanchor": "top"}

TIMES = np.array([0, 20, 300, 4000, 50_000])
# Which of the three seeds is smallest, middle and largest: another order for each series, so that
# none is mistaken.
ORDER = {
    "perpendicular": (1, 2, 0),
    "parallel": (0, 2, 1),
    "angles": (2, 0, 1),
    "singular_values": (2, 1, 0),
    "risk": (1, 0, 2),
    "r2": (0, 1, 2),
}


def one_seed(k: int, width: int, grow: float = 1.0) -> dict[str, np.ndarray]:
    """Series of one seed in which no two numbers are alike, (5, ...) each."""
    rng = np.random.default_rng(k)
    now = np.arange(5.0)
    neurons = rng.standard_normal((5, width, min(max(k, 2), 6) + 1)).clip(-1.4, 1.4)
    angles = np.radians(grow * (78 - 13.1 * now[:, None]) * 0.9 ** np.arange(k))
    return {
        "perpendicular": grow * np.array([1.01, 0.83, 0.52, 0.21, 0.047]),
        "parallel": grow * np.array([0.013, 0.029, 0.31, 0.43, 0.67]),
        "angles": angles,
        "singular_values": grow * np.exp(-0.7 * np.arange(k + 5) - 0.11 * now[:, None]),
        "risk": grow * np.array([0.61, 0.47, 0.36, 0.13, 0.052]),
        "r2": grow * np.array([-0.02, 0.11, 0.37, 0.72, 0.91]),
        "neurons": np.concatenate([neurons[..., :-1], abs(neurons[..., -1:])], 2).astype("f4"),
        # v_j = cos u_j + ..., so that the angle no. i (largest first) belongs to u_i
        "overlaps": np.array([np.diag(np.cos(a)) for a in angles]).astype("f4"),
    }


def made(k: int = 3, seeds: int = 3, width: int = 30, floors=None, samples=TIMES, **more) -> Run:
    """A run made by hand.

    Seed number ORDER[name][0] has the smallest values, [1] the middle ones, [2] the largest.
    """
    link = {1: "tanh", 2: "product"}.get(k, "chain")
    settings = Settings(**{"d": 100, "k": k, "link": link, "width": width, "seed": 5} | more)
    floors = {"noise": 0.04, "linear": 0.25, "zero": 0.55} if floors is None else floors
    if seeds == 1:
        return Run(settings, samples, **one_seed(k, width), floors=floors)
    sizes = [one_seed(k, width, grow) for grow in (0.8, 1.0, 1.1)]
    series = {
        name: np.stack([sizes[order.index(i)][name] for i in range(3)])
        for name, order in ORDER.items()
    }
    series["neurons"] = np.stack([(1 - 0.1 * i) * sizes[0]["neurons"] for i in range(3)])
    series["overlaps"] = np.stack([sizes[ORDER["angles"].index(i)]["overlaps"] for i in range(3)])
    return Run(settings, samples, **series, seeds=(5, 6, 7), floors=floors)


class Bound:
    """The views of figures.py as functions of a run, a moment and a prediction, with arrays."""

    VIEWS = ("picture", "angles", "norms", "singular_values", "risk")

    def __getattr__(self, name: str):
        declare = picture if name == "picture" else getattr(figures, name)

        def view(run, moment=-1, predicted=None):
            tables = {"record": rows.of_run(run)}
            if predicted is None:
                return declare(run).bind(tables, moment)
            tables["prediction"] = rows.of_prediction(predicted, run.settings.d)
            return declare(run, predicted=True).bind(tables, moment)

        return view if name in self.VIEWS else declare


bound = Bound()


def low_middle_high(run: Run, name: str) -> np.ndarray:
    """The smallest, the middle and the largest of a series over seeds, (3, n, ...)."""
    values = getattr(run, name)
    return np.stack([values[i] for i in ORDER[name]]) if run.seeds else np.stack([values] * 3)


def same(got, want, where: str = "figure", rel: float = 1e-12, tiny: float = 1e-15) -> None:
    """AssertionError unless two figures, traces or layouts agree part by part.

    Text literally, numbers to twelve digits.
    """
    if isinstance(want, dict):
        assert sorted(got) == sorted(want), where
        for key in want:
            same(got[key], want[key], f"{where}: {key}", rel, tiny)
    elif isinstance(want, str | bool | None):
        assert type(got) is type(want) and got == want, f"{where}: {got!r} for {want!r}"
    elif isinstance(want, list | tuple) and any(
        isinstance(part, dict | str | list | tuple | np.ndarray) for part in want
    ):
        assert len(got) == len(want), f"{where}: {len(got)} parts for {len(want)}"
        for i, part in enumerate(want):
            same(got[i], part, f"{where}[{i}]", rel, tiny)
    else:
        got, want = np.asarray(got, dtype=float), np.asarray(want, dtype=float)
        assert got.shape == want.shape, f"{where}: shape {got.shape} for {want.shape}"
        np.testing.assert_allclose(got, want, rel, tiny, err_msg=where)


def numbers(text: str) -> list[float]:
    """The numbers in a text, in order; thousands' commas belong to them."""
    return [
        float(n.replace(",", ""))
        for n in re.findall(r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?", text.replace(", ", " ; "))
    ]


def named(figure) -> dict[str, dict]:
    """The traces of a figure that have a name, by it."""
    return {trace["name"]: trace for trace in figure.traces if trace.get("name")}


def cursors(figure) -> list[dict]:
    """The time cursors of a figure."""
    return [trace for trace in figure.traces if trace.get("opacity") == 0.8]


# Figures and knobs of the labs without training.


def line(x, y, name, colour, dash="solid", width=2, hover="%{y:.3g} at %{x:.3g}", **more):
    """A named line with its hover text."""
    look = {"color": colour, "dash": dash, "width": width}
    told = {"name": name, "hovertemplate": f"{hover}<extra>{name}</extra>"}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": look} | told | more


def dots(x, y, name, colour, size, symbol="circle", **more):
    """Markers alone."""
    look = {"name": name, "marker": {"color": colour, "size": size, "symbol": symbol}}
    return {"type": "scatter", "mode": "markers", "x": x, "y": y} | look | more


def marked(x, y, name, colour, dash, symbol):
    """A line with markers on it."""
    look = {"color": colour, "symbol": symbol, "size": 7}
    return line(x, y, name, colour, dash) | {"mode": "lines+markers", "marker": look}


def shade(x, low, high, colour):
    """A band between two curves: along the upper one, and back along the lower one."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*x, *x[::-1]],
        "y": [*high, *low[::-1]],
        "fill": "toself",
        "fillcolor": FAINT[colour],
        "line": {"width": 0, "color": colour},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def check(figure, name, traces, layout, rel=1e-9, tiny=1e-12):
    """A figure holds these traces, in this order, and this layout; and plotly knows all of it."""
    assert figure.name == name
    found, wanted = ([t.get("name", "") for t in each] for each in (figure.traces, traces))
    same(found, wanted, f"{name}: names")
    for i, (found, wanted) in enumerate(zip(figure.traces, traces, strict=True)):
        same(found, wanted, f"{name}: trace {i} ({wanted.get('name', '')})", rel, tiny)
    same(figure.layout, layout, f"{name}: layout", rel, tiny)
    figure.plotly()


def controls(widget) -> list[tuple]:
    """Every control inside a widget: (label, value, what can be chosen, tooltip).

    They are in the order in which they stand. The value of a button is its icon. Labels have as
    much room as they need.
    """
    found = []
    for child in getattr(widget, "children", ()):
        found += controls(child)
    if not getattr(widget, "children", ()) and getattr(widget, "description", ""):
        label, choices = widget.description, offered(widget)
        assert choices is None or widget.style.description_width == "initial", label
        value = getattr(widget, "value", getattr(widget, "icon", None))
        found.append((label, value, choices, widget.tooltip))
    return found


def offered(widget):
    """What can be chosen: (value, label) of each option, or (min, max, step) of a number."""
    if hasattr(widget, "options"):
        options = widget.options
        return [(one, one) if isinstance(one, str) else (one[0], one[1]) for one in options]
    ends = [getattr(widget, name) for name in ("min", "max", "step") if hasattr(widget, name)]
    return tuple(ends) or None


def find(widget, label):
    """The control with this label."""
    if getattr(widget, "description", None) == label:
        return widget
    for child in getattr(widget, "children", ()):
        if (found := find(child, label)) is not None:
            return found
    return None


def coded(lab):
    """The controls of a lab's settings code."""
    return [
        (
            "settings code",
            lab.code.value,
            None,
            "Names and values, such as d=50 k=2; Enter applies them",
        ),
        ("Apply", "", None, "Change what the code names, and start anew"),
        ("Copy", "", None, "Copy the code of what runs now"),
    ]


def alone(lab):
    """The lab without its worker, so that a test may obey in its place."""
    lab.actor._start = lambda: None
    return lab


def ordered(lab) -> list[tuple]:
    """The orders that wait for the worker, which then wait no more."""
    orders, lab.actor._orders = lab.actor._orders, {}
    return list(orders.items())


def drive(lab, key, value=None):
    """Obey one order, and go on as the worker does until the lab rests.

    What the lab itself shows is no order.
    """
    lab._obey(key, value)
    while lab.actor.playing:
        lab._step()
    lab.raise_errors()
    assert ordered(lab) == []
    return lab.session


def wait(true, seconds=120.0):
    """Wait for a state.

    The limit is there for a state that never comes, and no busy machine comes near it.
    """
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)
