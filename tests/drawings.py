"""What tests of drawings share: a run made by hand, figures compared part by part, numbers read from words."""

from __future__ import annotations

import re

import numpy as np

from course_utils import Settings
from course_utils.run import Run

# Okabe and Ito (2008), Color Universal Design: blue, vermillion, bluish green, reddish purple, orange, sky blue.
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
PALETTE = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
FAINT = {BLUE: "rgba(0,114,178,0.18)", VERMILLION: "rgba(213,94,0,0.18)", GREEN: "rgba(0,158,115,0.18)",
         PURPLE: "rgba(204,121,167,0.18)", ORANGE: "rgba(230,159,0,0.18)", SKY: "rgba(86,180,233,0.18)"}  # fmt: skip
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star")
GREY = "#8a8a8a"

TIMES = np.array([0, 20, 300, 4000, 50_000])
# Which of the three seeds is smallest, middle and largest: another order for each series, so that none is mistaken.
ORDER = {"perpendicular": (1, 2, 0), "parallel": (0, 2, 1), "angles": (2, 0, 1), "singular_values": (2, 1, 0),
         "risk": (1, 0, 2), "r2": (0, 1, 2)}  # fmt: skip


def one_seed(k: int, width: int, grow: float = 1.0) -> dict[str, np.ndarray]:
    """Series of one seed in which no two numbers are alike, (5, ...) each."""
    rng = np.random.default_rng(k)
    now = np.arange(5.0)
    return {
        "perpendicular": grow * np.array([1.01, 0.83, 0.52, 0.21, 0.047]),
        "parallel": grow * np.array([0.013, 0.029, 0.31, 0.43, 0.67]),
        "angles": np.radians(grow * (78 - 13.1 * now[:, None]) * 0.9 ** np.arange(k)),
        "singular_values": grow * np.exp(-0.7 * np.arange(k + 5) - 0.11 * now[:, None]),
        "risk": grow * np.array([0.61, 0.47, 0.36, 0.13, 0.052]),
        "r2": grow * np.array([-0.02, 0.11, 0.37, 0.72, 0.91]),
        "neurons": rng.standard_normal((5, width, 3)).clip(-1.4, 1.4) * [1, 1, 0],
    }


def made(k: int = 3, seeds: int = 3, width: int = 30, floors=None, samples=TIMES, **more) -> Run:
    """A run made by hand: seed number ORDER[name][0] has the smallest values, [1] the middle ones, [2] the largest."""
    link = {1: "tanh", 2: "product"}.get(k, "chain")
    settings = Settings(**{"d": 100, "k": k, "link": link, "width": width, "seed": 5} | more)
    floors = {"noise": 0.04, "linear": 0.25, "zero": 0.55} if floors is None else floors
    if seeds == 1:
        return Run(settings, samples, **one_seed(k, width), floors=floors)
    sizes = [one_seed(k, width, grow) for grow in (0.8, 1.0, 1.1)]
    series = {name: np.stack([sizes[order.index(i)][name] for i in range(3)]) for name, order in ORDER.items()}
    series["neurons"] = np.stack([(1 - 0.1 * i) * sizes[0]["neurons"] for i in range(3)])
    return Run(settings, samples, **series, seeds=(5, 6, 7), floors=floors)


def low_middle_high(run: Run, name: str) -> np.ndarray:
    """The smallest, the middle and the largest of a series over seeds, (3, n, ...)."""
    values = getattr(run, name)
    return np.stack([values[i] for i in ORDER[name]]) if run.seeds else np.stack([values] * 3)


def same(got, want, where: str = "figure") -> None:
    """AssertionError unless two figures, traces or layouts agree part by part: text literally, numbers to twelve digits."""
    if isinstance(want, dict):
        assert sorted(got) == sorted(want), where
        for key in want:
            same(got[key], want[key], f"{where}: {key}")
    elif isinstance(want, str | bool | None):
        assert type(got) is type(want) and got == want, f"{where}: {got!r} for {want!r}"
    elif isinstance(want, list | tuple) and any(isinstance(part, dict | str | list) for part in want):
        assert len(got) == len(want), f"{where}: {len(got)} parts for {len(want)}"
        for i, part in enumerate(want):
            same(got[i], part, f"{where}[{i}]")
    else:
        np.testing.assert_allclose(np.asarray(got, dtype=float), np.asarray(want, dtype=float), 1e-12, 1e-15, err_msg=where)


def numbers(text: str) -> list[float]:
    """The numbers in a text, in order; thousands' commas belong to them."""
    return [float(n.replace(",", "")) for n in re.findall(r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?", text.replace(", ", " ; "))]


def named(figure) -> dict[str, dict]:
    """The traces of a figure that have a name, by it."""
    return {trace["name"]: trace for trace in figure.traces if trace.get("name")}


def cursors(figure) -> list[dict]:
    """The time cursors of a figure."""
    return [trace for trace in figure.traces if trace.get("opacity") == 0.8]
