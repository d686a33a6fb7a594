"""What notebook 06 asks before it shows."""

from __future__ import annotations

from .guess import Guess
from .question import Question

ASKED = {
    "6a": Question(
        "200 x 100 weights, three hidden directions. After 20,000 samples, "
        "how many numbers for W keep the outputs within a few per cent?",
        {
            "nearly all 20,000": (
                "W starts as noise in all 100 dimensions. What has decay done to it since?"
            ),
            "about 900": (
                "Three directions need 3 (200 + 100) numbers. Look at the outputs in the table."
            ),
            "three": "Three numbers say how strong the directions are. And where they point, "
            "and what each neuron does with them?",
        },
        right="about 900",
        until=20_000,
    ),  # rank 3; the next cell counts
    "6b": Guess(
        "Sixteen times as many samples: W_perp falls to a quarter, and so does the bound. "
        "What does the risk change do?",
        {
            "falls to a quarter": (
                "That is the bound. Does a mean over all inputs have to reach it?"
            ),
            "falls to a sixteenth": (
                "Then the first order must nearly cancel. Which symmetry of the inputs would "
                "do that?"
            ),
            "stays": "It nearly does so where biases are near 0: look at the second experiment.",
        },
        "falls to a sixteenth",
        "Look at the slopes in the table and under the figure.",
    ),
    "6c": Guess(
        "Each is cut from rank 30 to rank 3, and you look at the risk alone. Which of them "
        "look fine?",
        {
            "only the trained one": (
                "A network that has learned nothing has little to lose. What does its risk do?"
            ),
            "the trained one, and those that learned nothing": (
                "Then the risk is the wrong gauge. Compare the column of outputs."
            ),
            "all of them": "Nearly. One of them has learned something and loses it.",
        },
        "the trained one, and those that learned nothing",
        "Compare the columns of the next table.",
    ),
}
