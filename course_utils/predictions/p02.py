"""What notebook 02 asks before it shows."""

from __future__ import annotations

from ..events import order_of_falls
from .guess import Guess
from .question import Question

ASKED = {
    "2a": Question(
        "The label is z1 + z1 z2 + z2 z3 (scaled). How will the three angles fall?",
        {
            "together": (
                "Only z1 appears alone: what does the gradient know of u2 before u1 is found?"
            ),
            "one after the other": (
                "Each product points at the next direction once the one before is known."
            ),
            "only one falls": (
                "That happens for a sum of three tanh (2.8); here products link the directions."
            ),
        },
        right=order_of_falls,
        until="angle",
        times=3,
    ),
    "2b": Guess(
        "Constant steps or decreasing ones: log-log, what does ||W_perp|| do for large T?",
        {
            "a line of slope -1/2 for both": (
                "Each constant step puts in fresh noise of the same size. Can it fall for ever?"
            ),
            "a plateau for constant, slope -1/2 for decreasing": (
                "A constant step keeps putting fresh noise in; a falling one puts in less and less."
            ),
            "exponential decay for both": (
                "The start is forgotten exponentially fast. And the noise of single samples?"
            ),
        },
        "a plateau for constant, slope -1/2 for decreasing",
        "Look at the next figure.",
    ),
}
