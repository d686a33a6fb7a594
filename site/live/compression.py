"""What the page's CompressionLab takes from the course: its views, its files, its words."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from course_utils.activations import ACTIVATIONS
from course_utils.compression import RANKED, Compressed, compress
from course_utils.events.watch import Watch
from course_utils.labs import CompressionLab
from course_utils.labs import compression_views as declared
from course_utils.labs.compression import words
from course_utils.networks import TwoLayerNet
from course_utils.run import Run

from .stored_views import (
    K,
    given,
    marked,
    place_samples,
    place_singular,
    plain,
    refusal,
    run_of,
)

RANK, RANKS = 313, 617  # numbers that stand in no view otherwise
MARKS = {RANK: "rank", RANK - 1: "item", RANKS - 1: "largest rank"}


def compression_facts() -> dict:
    """What its numbers and words rest on.

    Returns
    -------
    dict
        Plain values: names of forms, bytes of a file besides its numbers, names and meanings of
        lights, and what is said of inputs that are not N(0, I).
    """
    lights = words(session_of(run_of(1), False), run_of(1)).lights
    return {
        "ranked": RANKED,
        "labels": list(declared.LABELS),
        "spare": {name: spare(name) for name in ACTIVATIONS},
        "lights": [[name, why] for _, name, why in lights],
        "standard": refusal(CompressionLab),
    }


def spare(activation: str) -> dict[str, int]:
    """Bytes of files that are no number of a network: they are the same for all sizes."""
    net = TwoLayerNet(np.eye(3, 5), np.ones(3), np.ones(3), activation)
    made = {
        "whole": compress(net, storage="float32"),
        "whole scaled": compress(net, storage="int8"),
        "ranked": compress(net, rank=2, storage="float32"),
        "ranked scaled": compress(net, rank=2, storage="int8"),
        "pruned": compress(net, keep=2, storage="float32"),
    }
    return {
        name: small.bytes - sum(array.nbytes for array in small.arrays.values())
        for name, small in made.items()
    }


def session_of(run: Run, reduced: bool) -> SimpleNamespace:
    """A session that has compressed once, in all forms that there are."""
    sizes = np.arange(1.0, RANKS + 1)
    forms = {"whole": (np.ones(1 if reduced else 3),) * 2, RANKED: (sizes, sizes)}
    if not reduced:
        forms |= {"rank, int8": (sizes, sizes), "pruned, float32": (np.ones(6), np.ones(6))}
    once = 0, Compressed(np.ones(RANKS + 1), np.ones(RANKS), 0.5, forms)
    watch = Watch(run.settings, {})
    return SimpleNamespace(rank=RANK, moments=[once], at=lambda t: once, watch=watch)


def compression_views() -> dict:
    """Its five views, with places for numbers.

    Returns
    -------
    dict
        ``singular`` for one direction and for many; ``others`` by how inputs are sampled, and for
        the square loss.
    """
    singular, others = {}, {}
    for name, k in (("one", 1), ("many", K)):
        singular[name] = views(run_of(k), False)[0]
    for name, reduced in (("plain", False), ("reduced", True)):
        run = run_of(1)
        others[name] = views(run, reduced)[1:]
        square = replace(run, settings=run.settings.replace(loss="square"))
        others[f"{name} square"] = views(square, reduced)[1:]
    return {"singular": singular, "others": others}


def views(run: Run, reduced: bool) -> list[dict]:
    """The views of such a run."""
    kept = [
        marked(plain(view), MARKS, {str(RANK): "{rank}"})
        for view in declared.views(session_of(run, reduced), run)
    ]
    values, lost, change, risk, files = kept
    line = values["traces"].pop()
    place_singular(values, run.settings.k)
    values["traces"].append(line | {"x": given("rank line"), "y": given("singular ends")})
    place_samples([lost, change, risk])
    lost["layout"]["yaxis"]["range"] = [given("low"), given("high")]
    change["layout"]["yaxis"]["range"][0] = given("change")
    risk["layout"]["yaxis"]["range"][1] = files["layout"]["yaxis"]["range"][1] = given("top")
    for view, name in ((lost, "left out"), (change, "change"), (risk, "risk")):
        view["traces"][-1]["y"] = given(f"{name} cursor")
    slope = next(trace for trace in change["traces"] if trace["name"].startswith("slope"))
    slope |= {"x": given("slope x"), "y": given("slope y")}
    files["layout"]["xaxis"]["range"] = [given("smallest"), given("largest")]
    return kept
