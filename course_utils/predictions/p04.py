"""What notebook 04 asks before it shows."""

from __future__ import annotations

from .guess import Guess
from .question import Question

ASKED = {
    "4a": Guess(
        "f is a polynomial of degree 1, 3 or 5. How do the samples that are needed grow with d?",
        {
            "like d, d^3, d^5": (
                "So it is for a kernel. What does the network find that it has not?"
            ),
            "like d, with one constant for all": "Is a given angle to u equally good for all f?",
            "like d, each with a constant of its own": "What does the constant depend on? (4.5)",
        },
        "like d, each with a constant of its own",
        "Look at the figure of 4.6.",
    ),
    "4b": Question(
        "d grows from 100 to 10,000, and T with it: T = 30 d in both. What does R2 do?",
        {
            "falls": "100 times as many directions to get lost in, and 100 times as many samples.",
            "stays": "Only T / d counts. Which result of notebook 02 says so of W_perp?",
            "grows": "More samples for one and the same f. What are they needed for?",
        },
        right=lambda lab: (
            "stays" if abs(lab.gained()) < 0.1 else "falls" if lab.gained() < 0 else "grows"
        ),
        then={"preset": "10,000 dimensions"},
    ),
    "4c": Guess(
        "The quintic, reach 0.5: kinks only where |z| < 0.5. T grows from 3,000 to 10,000. R2 ...",
        {
            "catches up with reach 5": (
                "Between its last kink and infinity a ReLU network is a line."
            ),
            "hardly moves": "Samples make the angle better. Do they make kinks?",
            "falls": "More samples do no harm here. What do they not help with?",
        },
        "hardly moves",
        "Look at the next figure and its sentence.",
    ),
    "4d": Guess(
        "Phase 2 by SGD, one pass over the samples, the cubic at T = 3,000. R2 is ...",
        {
            "that of the solution": "The problem is convex, so SGD gets there. In how many steps?",
            "clearly lower": "Which directions of the features does SGD learn last?",
            "negative": "It starts near the network of phase 1, and steps are small enough.",
        },
        "clearly lower",
        "Look at the table below.",
    ),
}
