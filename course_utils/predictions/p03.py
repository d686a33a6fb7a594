"""What notebook 03 asks before it shows."""

from __future__ import annotations

from .guess import Guess
from .question import Question

# of the width, from 1 down to 0
POWERS = ("grows like the width", "grows like its square root", "does not move")

ASKED = {
    "3a": Guess(
        "d = 50 and T stay. k grows from 1 to 50: every direction matters. What does the mean"
        " gap do?",
        {
            "grows sevenfold": (
                "That is what the bound does, sqrt(50) = 7.1. Is a bound a prediction?"
            ),
            "grows a little": "Then hidden directions count more than others. For what?",
            "does not move": (
                "Then hidden directions count no more than any other. Why should that be?"
            ),
        },
        "does not move",
        "Look at the second figure of 3.3.",
    ),
    "3b": Question(
        "d = 50 and T stay. The width grows from 100 to 10,000. What does the mean gap do?",
        {
            "grows like the width": (
                "All see the same samples. Do their memories add up, or average?"
            ),
            "grows like its square root": "That would be 10 times. Was it?",
            "does not move": "The output is a mean over neurons. What does one step change of it?",
        },
        right=lambda lab: POWERS[2 - round(2 * lab.power("width"))],
        then={"set width": 10_000},
    ),
    "3c": Guess(
        "W is random. The width grows from 10 to 1,000. The largest gap over second layers ...",
        {
            "grows like sqrt(m)": "The ball shrinks like 1/sqrt(m), |phi| grows so. What is left?",
            "does not move": "Then a trained W is not needed for that. What is it good for? (3.7)",
            "falls": (
                "More neurons average better, but the supremum may choose the worst second layer."
            ),
        },
        "does not move",
        "Look at the table below the next figure.",
    ),
}
