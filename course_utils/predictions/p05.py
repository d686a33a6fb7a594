"""What notebook 05 asks before it shows."""

from __future__ import annotations

from typing import Any

from .guess import Guess
from .question import Question


def ahead(lab: Any) -> str:
    """Who is ahead in R2 at n = 300 and at n = 3,000; a tenth counts as a lead.

    Parameters
    ----------
    lab : object
        The measured race: ``reports`` by n and by method, each with ``r2``.

    Returns
    -------
    str
        Such as "a tie, then SGD".
    """
    lead = {n: lab.reports[n]["SGD"].r2 - lab.reports[n]["NTK"].r2 for n in (300, 3_000)}
    first, last = ("a tie" if abs(v) < 0.1 else "SGD" if v > 0 else "NTK" for v in lead.values())
    return f"{first}, then {last}"


ASKED = {
    "5a": Question(
        "z^3 / sqrt 15, d = 100. Who is ahead in R2, by a tenth or more, at n = 300 and at 3,000?",
        {
            "SGD, then SGD": (
                "At n = 300 SGD has taken 3 d steps. Has it found the direction by then?"
            ),
            "a tie, then SGD": "What does each curve do between 3 d and 30 d samples?",
            "NTK, then SGD": (
                "The kernel does not have to find anything. Does that help at n = 3 d?"
            ),
            "NTK, then NTK": "It uses all samples at once. What can it express with 30 d of them?",
        },
        right=ahead,
    ),
    "5b": Guess(
        "(he1 + he2 + he3)/sqrt 3: a third of the variance in each degree. "
        "How does the kernel's error fall with n, for large d?",
        {
            "smoothly, like 1/sqrt n": (
                "Each degree has its own number of polynomials to tell apart: d, d^2 / 2, d^3 / 6."
            ),
            "in steps": "Then at which n does each step end? Read it from the second figure.",
            "not at all": "At n above d the linear part is learned by any ridge regression.",
        },
        "in steps",
        "Look at the next two figures.",
    ),
    "5c": Guess(
        "With alpha = 30 the network fits the same labels as with alpha = 1. "
        "What does the angle between W and u do?",
        {
            "falls as before": "Only a change of W turns its top direction. How far does W move?",
            "stays near 90 degrees": "The fit is then made of tiny changes of all neurons. "
            "What does that say of the kernel?",
            "falls faster": "Steps are 900 times smaller, outputs 30 times larger.",
        },
        "stays near 90 degrees",
        "Look at the table below.",
    ),
}
