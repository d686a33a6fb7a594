"""What notebook 08 asks before it shows."""

from __future__ import annotations

from .guess import Guess

ASKED = {
    "8a": Guess(
        "U and V start tiny. When the largest singular value is half learned, the next one has ...",
        {
            "half of its size too": "Both feel one gradient. Do both grow at one rate?",
            "about a quarter": (
                "Rates differ by a factor of two. What does that do to exponentials?"
            ),
            "less than 1 %": "Then the rank grows by one at a time.",
        },
        "less than 1 %",
        "Look at the figure below.",
    ),
    "8b": Guess(
        "Each sample is used for two gradients instead of one. Fresh samples until half is "
        "found ...",
        {
            "stay as they are": "The label is the same. Is the gradient?",
            "fall by half": (
                "Two looks count as two samples. And if a look changes what is seen next?"
            ),
            "fall by more than half": "Then the second look tells what no fresh sample tells.",
        },
        "fall by more than half",
        "Look at the table below.",
    ),
    "8c": Guess(
        "Five teachers, three students, gradient descent. How are the teachers shared out?",
        {
            "2 + 2 + 1": (
                "Fair shares. Is an average of two teachers worth more than a copy of one?"
            ),
            "1 + 1 + 3": "Two students copy, and the last averages what is left.",
            "each averages all five": "Symmetric, and it is where they start. Is it stable?",
        },
        "1 + 1 + 3",
        "Look at the table below.",
    ),
    "8d": Guess(
        "The penalty goes from .004 to .001. What does the miniature still show?",
        {
            "all of it": "A price is a price, however small. Is a small one paid to the end?",
            "that layers help": "Then the second value is smaller than without, and not zero.",
            "nothing": "Then networks with and without linear layers look alike.",
        },
        "that layers help",
        "Solve 8.4, or look at the cell after it.",
    ),
}
