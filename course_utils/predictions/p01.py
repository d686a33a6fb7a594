"""What notebook 01 asks before it shows."""

from __future__ import annotations

from .question import Question

ASKED = {
    "1a": Question(
        "d grows from 20 to 1,000,000; link and noise stay. "
        "What happens to the share of Var y that one projection explains?",
        {
            "It falls for every direction, the true one too": (
                "Then the blue curve would have to sink. Did it?"
            ),
            "It falls for a random direction only": (
                "The blue curve stays, and the grey zone closes in on 90 degrees."
            ),
            "It falls for no direction": "Then the grey zone would have to stay. Did it?",
        },
        right="It falls for a random direction only",  # derived in 1.4; the share does not know d
        then={"set d": 10**6},
    ),
    "1b": Question(
        "The link z^3 / sqrt 15 is a pure third power. What is its information exponent?",
        {
            "1": "It has a slope on average: c1 is not zero.",
            "2": "An odd function has no even coefficients.",
            "3": "Then c1 = E[z^3 z] would be zero. Is E z^4 zero?",
        },
        right=lambda lab: str(lab.exponent),
        then={"start": "cubic"},
    ),
    "1c": Question(
        "y = (z^2 - 1)/sqrt 2 plus a little noise, an even link. "
        "Which methods do not find u, however many samples they get?",
        {
            "only linear": (
                "SIR averages x within slices of y. On an even link z and -z share a slice."
            ),
            "linear and SIR": "Both average something odd in z. The other three come down.",
            "linear and PHD": "PHD averages y x x^T, and y is large where z^2 is.",
            "PHD and SAVE": "Both look at second moments. Is there anything in first moments?",
        },
        right=lambda lab: " and ".join(lab.lost()),
        then={"preset": "he2"},
    ),
}
