"""The views of a run as Python declares them, with {given: name} where a run's own numbers go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import SimpleNamespace

import numpy as np

from course_utils import Settings
from course_utils.events.watch import Watch
from course_utils.inputs import law_examples
from course_utils.labs import breaks, figures, ghosts, messages, subspace
from course_utils.labs.held import Held
from course_utils.labs.look import COLOURS, DASHES
from course_utils.labs.picture import TITLES, picture, task
from course_utils.run import Run
from course_utils.snapshot import SEEN

D, K = 987_654_321, 50  # numbers that stand in no text otherwise
FLOORS = {"zero": 0.53, "linear": 0.41, "noise": 0.13}


def stored_views() -> dict:
    """Everything that a page needs to draw a run.

    Returns
    -------
    dict
        Plain values; views for one direction, and for many of which a page takes the first k.
    """
    one, many = run_of(1), run_of(K)
    small, wide = (picture(run_of(K, width)).layout["note"].split("; ")[1] for width in (7, 98_765))
    drawn = wide.split(" of ")[0]
    return {
        "one": {name: views(run_of(1, floors=floors)) for name, floors in BOTH.items()},
        "many": {name: views(run_of(K, floors=floors)) for name, floors in BOTH.items()},
        "ghosts": ghosts_of(many),
        "pull": {"one": pull(1), "many": pull(2)},
        "titles": titles(),
        "pictures": {str(k): picture(run_of(k)).layout["title"] for k in TITLES}
        | {"more": picture(many).layout["title"].replace(str(K), "{k}")},
        "tasks": {
            "some": task(many.settings).replace(f"{D:,}", "{d}").replace(str(K), "{k}"),
            "none": task(many.settings.replace(link="none")),
        },
        "neurons": {
            "all": small.replace("7", "{width}"),
            "some": wide.replace("98,765", "{width}").replace(drawn, "{drawn}", 1),
        },
        "angle": figures.angle_names(one)[0],
        "ranks": list(figures.RANKS),
        "subscripts": "0123456789".translate(figures.SUBSCRIPTS),
        "found": figures.FOUND,
        "labelled": figures.LABELLED,
        "colours": list(COLOURS),
        "dashes": list(DASHES),
    }


BOTH = {"apart": FLOORS, "same": FLOORS | {"linear": FLOORS["zero"]}}


def run_of(k: int, width: int = 60, floors: dict = FLOORS) -> Run:
    """A run of one moment with k directions."""
    shown = max(2, min(k, SEEN))
    return Run(
        Settings(d=D, k=k, link="none", width=width, loss="huber").replace(link="max"),
        np.array([0]),
        np.ones(1),
        np.ones(1),
        np.full((1, k), 1.5),
        np.ones((1, k + 5)),
        np.ones(1),
        np.zeros(1),
        np.ones((1, width, shown + 1), np.float32),
        np.ones((1, k, k), np.float32),
        floors=floors,
    )


def given(name: str) -> dict:
    """What a page puts a number or an array in place of."""
    return {"given": name}


def refusal(make: Callable[[Settings], object]) -> str:
    """What an experiment says of {inputs} that are not N(0, I).

    Parameters
    ----------
    make : callable
        Begins the experiment with some settings.

    Returns
    -------
    str
        The sentence, with {inputs} in place of the law.

    Raises
    ------
    AssertionError
        If the experiment takes them.
    """
    law = law_examples()[-1]
    try:
        make(Settings(d=6, k=1, link="tanh", width=3, inputs=law))
    except ValueError as problem:
        return str(problem).replace(repr(law), "{inputs}")
    raise AssertionError(f"inputs {law} were taken")


def drawn(run: Run) -> list[figures.Figure]:
    """The views of SubspaceLab while nothing has happened and no run before is held."""
    return subspace.views(SimpleNamespace(watch=Watch(run.settings, {}), held=Held()), run)


def views(run: Run) -> list[dict]:
    """The five views of SubspaceLab, with places for numbers."""
    made = drawn(run)
    kept = [plain(view) for view in made]
    scene, _, norms, singular, risk = kept
    scene["traces"][3] |= {"names": given("names"), "colours": given("colours")}
    scene["layout"] |= {"title": given("title"), "note": given("note"), "k": given("k")}
    norms["layout"]["yaxis"]["range"] = [given("low"), given("high")]
    norms["traces"][-1]["y"] = given("norms cursor")
    place_singular(singular, run.settings.k)
    risk["layout"]["yaxis"] |= {"range": [0, given("top")], "title": "{loss} loss"}
    risk["traces"][-1]["y"] = given("risk cursor")
    place_floors(risk, made[4], run)
    place_samples(v for v in kept if "xaxis" in v["layout"] and v is not singular)
    return kept


def marked(thing, numbers: dict, texts: dict[str, str]):
    """Part of a view with {given: name} in place of numbers, and words in place of texts."""
    if isinstance(thing, dict):
        return {key: marked(part, numbers, texts) for key, part in thing.items()}
    if isinstance(thing, list):
        return [marked(part, numbers, texts) for part in thing]
    if isinstance(thing, str):
        for text, word in texts.items():
            thing = thing.replace(text, word)
        return thing
    return given(numbers[thing]) if thing in numbers and thing is not None else thing


def place_samples(views: Iterable[dict]) -> None:
    """Ends and title of axes of samples."""
    for view in views:
        axis = view["layout"]["xaxis"]
        axis["range"] = [given("first"), given("last")]
        axis["title"] = axis["title"].replace(f"{D:,}", "{d}")


def plain(view) -> dict:
    """A figure without its class; arrays are lists."""
    traces = [
        {key: v.tolist() if isinstance(v, np.ndarray) else v for key, v in trace.items()}
        for trace in view.traces
    ]
    made = {"name": view.name, "traces": traces, "layout": dict(view.layout)}
    return made | {"direct": view.direct} | ({} if view.kind == "plot" else {"kind": view.kind})


def place_singular(view: dict, k: int) -> None:
    """Numbers of singular values."""
    for trace, name in zip(view["traces"], ("index", "signal", "bulk"), strict=True):
        trace["x"] = given(name)
        trace["name"] = trace.get("name", "").replace(f"first {k}", "first {k}")
        if not trace["name"]:
            del trace["name"]
    low, _ = view["layout"]["yaxis"]["range"]
    view["layout"]["yaxis"]["range"] = [low, given("wide")]
    view["layout"]["xaxis"]["range"] = [view["layout"]["xaxis"]["range"][0], given("count")]


def place_floors(view: dict, made, run: Run) -> None:
    """Levels of the floors, across the whole axis, and their labels."""
    first, last = made.layout["xaxis"]["range"]
    lines = view["traces"][1:-1]
    for (name, level), trace, note in zip(
        run.floors.items(), lines, view["layout"]["annotations"], strict=True
    ):
        if trace["y"] != [level] * 2 or note["y"] != level or note["x"] not in (first, last):
            raise ValueError(f"the floor {name!r} is drawn in another place than was thought")
        trace |= {"x": given("ends"), "y": given(f"level {name}")}
        note |= {"x": given("first" if note["x"] == first else "last"), "y": given(name)}


def ghosts_of(run: Run) -> dict:
    """What each view gets where a run before is shown under it."""
    told = {}
    for view in drawn(run):
        both = ghosts.with_before(view, run, run)
        count = len(both.traces) - len(view.traces)
        added = both.traces[-count:] if view.kind == "picture" else both.traces[:count]
        told[view.name] = {"traces": [dict(trace) for trace in added]}
        if view.kind == "picture":
            told[view.name]["note"] = both.layout["note"].removeprefix(view.layout["note"])
    told["singular values"]["traces"][0]["x"] = given("index before")
    return told


def pull(k: int) -> dict:
    """The curve that BreakLab draws under a covariance."""
    session = breaks.Breaking(Settings(d=6, k=k, link="max", width=3, inputs="spiked:20:0.5"))
    view = next(v for v in breaks.views(session, session.run()) if v.name == "angles")
    return dict(view.traces[-2])


def titles() -> dict:
    """What events allow titles to say; see messages.py."""
    every = ("norms", "singular values", "test risk")
    blank = [figures.Figure(name, [], {"title": ""}) for name in every]

    def told(names, k: int) -> list[str]:
        events = [SimpleNamespace(name=name, samples=t) for t, name in enumerate(names)]
        titles = [view.layout["title"] for view in messages.titled(blank, events, k)]
        return [title and title["says"][-1][1] for title in titles]

    some = ["half", "linear fit", *["singular value"] * 37]
    norms, many, risk = told(some, K)
    many = many.replace("37", "{above}").replace(str(K), "{k}")
    single = told(["singular value"], 1)[1]
    return {"half": norms, "singular": {"one": single, "many": many}, "linear": risk}
