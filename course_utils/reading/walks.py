"""Guided walks over the list: a question, and papers in an order in which they answer it."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill

from .mechanism import WIDTH
from .paper import Paper
from .rows import PAPERS


@dataclass(frozen=True)
class Stop:
    """A paper on a walk.

    Attributes
    ----------
    paper : Paper
        Of the list.
    why : str
        What it has to say to the question of the walk.
    """

    paper: Paper
    why: str

    def __str__(self) -> str:
        p = self.paper
        title = p.title if p.title.endswith("?") else f"{p.title}."
        lines = (
            self.why,
            f"{title} {p.authors}, {p.marked('year')}; {p.stands}.",
            f"What it adds: {p.adds}",
            f"Lab: {p.lab_name or 'none'}. Miniature: {p.miniature or 'none'}.",
        )
        return "\n   ".join(fill(line, WIDTH, subsequent_indent="   ") for line in lines)


@dataclass(frozen=True)
class Walk:
    """A way over the map.

    Attributes
    ----------
    name : str
        What a student chooses.
    question : str
        What it is about.
    stops : tuple of Stop
        In order.
    """

    name: str
    question: str
    stops: tuple[Stop, ...]

    def __str__(self) -> str:
        told = [f"{i}. {stop}" for i, stop in enumerate(self.stops, 1)]
        return "\n".join([self.question, *told])


def _walk(name: str, question: str, stops: dict[str, str]) -> Walk:
    """Stops by words that one title alone has."""
    return Walk(name, question, tuple(Stop(_paper(words), why) for words, why in stops.items()))


def _paper(words: str) -> Paper:
    (found,) = (p for p in PAPERS if words in p.title)
    return found


WALKS = (
    _walk(
        "what came before",
        "What makes a network depend on few directions?",
        {
            "Single-Index Models with Shallow": "A benign landscape, once biases are frozen.",
            "R-norm inductive bias": "The norm that is minimised, which need not choose the "
            "fewest directions.",
            "symmetries in the dynamics": "The symmetry of target and inputs.",
            "deep fully connected networks": "The outer product of gradients, fed back as a "
            "metric.",
            "gradual rank increase": "The order in which directions come: it is a year younger "
            "than the course's paper, and its linear core is older.",
        },
    ),
    _walk(
        "what followed",
        "Which targets cost more samples than d, and what changes the price?",
        {
            "leap complexity": "What online SGD with the square loss pays.",
            "near the information-theoretic": "Without 'each sample once'.",
            "Statistical and Gradient": "Without 'the square loss'.",
            "Feature Learning under Structured": "Without 'isotropic inputs', one strong "
            "direction.",
            "from Anisotropic Data": "Without 'isotropic inputs', all variances unequal.",
            "Tight conditions for when the NTK": "The other end: networks that hardly move, and "
            "how long that lasts.",
        },
    ),
    _walk(
        "what is open",
        "Where does the sentence itself name a gap, or the course measure a piece only?",
        {
            "Mean-Field Langevin": "Few samples, yet perhaps exponential compute.",
            "Survey on Algorithms": "Between the algorithms and the information there is a gap.",
            "Copy or Average": "The best point: is it the one that is reached?",
            "Biased Towards Single": "A minimum has few directions: does training find it, and "
            "from which penalty on?",
            "Outperform Feedforward": "A paper of which the course shows nothing.",
        },
    ),
)
"""All walks, in the order of notebook 08."""
