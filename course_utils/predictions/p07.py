"""What notebook 07 asks before it shows."""

from __future__ import annotations

import numpy as np

from ..run import Run
from .guess import Guess
from .question import Question


def turned(run: Run) -> str:
    """Where W points at the end of a run whose inputs vary most along v, 55 degrees from u.

    Parameters
    ----------
    run : Run
        Of one direction, u.

    Returns
    -------
    str
        "to u" under 10 degrees, "to v" above 50, else "between u and v".
    """
    end = np.degrees(run.angles[-1, 0])
    return "to u" if end < 10 else "to v" if end > 50 else "between u and v"


ASKED = {
    "7a": Question(
        "Inputs vary 4.6 times more along v. Decay is strong, 2. Where does W point in the end?",
        {
            "to u": "Labels know nothing of v. But the gradient is a mean of inputs.",
            "between u and v": "Each mean step is S times something, so it leans towards v (7.11).",
            "to v": "Inputs are large along v, and say little about the label there.",
        },
        right=turned,
        until=20_000,
    ),
    "7b": Guess(
        "rate = 0.5 / d and decay = 0.5 as in notebook 02, width m = 100. What becomes of W?",
        {
            "it learns as there": "There a row moved by s_j l' sigma' x, here by a_j l' sigma' x.",
            "it stays as it was": "The gradient is m times too small. And the decay?",
            "it vanishes": (
                "The gradient is m times too small, the decay is not: nothing resists it."
            ),
        },
        "it vanishes",
        "Look at the next figure.",
    ),
    "7c": Guess(
        "All biases are made half as large. To keep W vanishing, decay has to be ...",
        {
            "halved": "A smaller bias feels like a smaller problem. Where is the kink now?",
            "left as it is": "The push is a density at the kink. Does that depend on b?",
            "doubled": "The kink is nearer to the origin, where inputs are dense.",
        },
        "doubled",
        "Watch the edge between the columns below: it is drawn row by row.",
    ),
    "7d": Guess(
        "Decay 0, 0.02, 0.1, 0.5, 2: in which of them is the angle to u smallest?",
        {
            "0.5: the theorem's": "It has the gap that 2.6 asks for. Does the angle know?",
            "0: nothing shrinks W∥": "The angle compares directions, not sizes.",
            "all alike": "The angle is that of the strongest direction. What does it overlook?",
        },
        "all alike",
        "Look at the three views below.",
    ),
    "7e": Guess(
        "b = 0 throughout. Phase 1 finds u; then the second layer is fitted to z^3. R2 ends at ...",
        {
            "nearly 1": "200 neurons. But which functions of z do they span?",
            "0.60": "Where have you met this number? Notebook 05 calls it a floor.",
            "0": "A line is within reach, and z^3 has one in it.",
        },
        "0.60",
        "Look at the next figure.",
    ),
    "7f": Guess(
        "d doubles. How many more samples does he_2 need, and how many he_3?",
        {
            "twice, twice": "Linear in d holds for a first-order signal. These two have none.",
            "a bit more than twice, four times": "d log d and d^2. Read off the next figure.",
            "four times, eight times": "These would be d^2 and d^3: a kernel's price.",
        },
        "a bit more than twice, four times",
        "Look at the next figure: curves are stored runs, points are computed now.",
    ),
    "7g": Guess(
        "he_2 in 50 dimensions, 40,000 samples. Decay 0.5, as the theorem asks for, gives W∥ ...",
        {
            "about 1, as without decay": "The signal would have to win from an overlap near zero.",
            "about half as much": "So it was for tanh in 7.4, whose signal is there at once.",
            "nearly 0": (
                "Decay is a constant rate. Where is the signal's when the overlap is small?"
            ),
        },
        "nearly 0",
        "Look at the next figure.",
    ),
    "7h": Guess(
        "he_3 at decay 0.5, square loss against Huber loss. Which finds u?",
        {
            "square": "It sees the whole label. Its mean with z is exactly 0.",
            "Huber": "Clipping bends he_3. Is the mean of clip(he_3) with z still 0?",
            "neither": "Both labels are third-order. Is the clipped one?",
        },
        "Huber",
        "Look at the next figure.",
    ),
    "7i": Guess(
        "z1 z2 z3 alone, or with z1 + z1 z2 added: for which are all three directions found "
        "sooner?",
        {
            "alone": "The longer target is harder to write down. Is it harder to find?",
            "the sum": "Each term says where to look for the next direction.",
            "at the same time": "The top term is the same, and it is what is hard.",
        },
        "the sum",
        "Look at the next figure.",
    ),
    "7j": Guess(
        "k = 3, W_perp is tiny for every link below. For which link are two angles still near 90?",
        {
            "sum of tanh": "Its gradient points along u1 + u2 + u3 at every point, on average.",
            "sum of squares": "No first order at all, yet a curvature along each u_i.",
            "chain": "z1 points at u2, z2 at u3: a ladder.",
        },
        "sum of tanh",
        "Look at the next figure.",
    ),
    "7k": Guess(
        "Inputs with this covariance. More decay makes the angle to u ...",
        {
            "smaller": "So the theorem advises, for S = I.",
            "larger": "Decay shrinks all alike; the loss holds v more tightly than the rest.",
            "neither": "Decay has no direction of its own. But what it competes with has.",
        },
        "larger",
        "Look at the next figure.",
    ),
    "7l": Guess(
        "u = (0.894, 0.447, 0, ...). Which inputs break it: coin flips, a heavy-tailed cloud?",
        {
            "both": "Neither is Gaussian. But which property of the Gaussian did 2.5 use?",
            "coin flips": "No rotation of a cube's corners is again one. And of a round cloud?",
            "the heavy-tailed cloud": (
                "Huge inputs make huge steps. Do they point anywhere special?"
            ),
        },
        "coin flips",
        "Look at the next figure.",
    ),
    "7m": Guess(
        "The gradient is a 600 x 400 matrix. How large is its second singular value?",
        {
            "about 0.9 of the first": (
                "That is a random matrix. But all neurons see the same labels."
            ),
            "about a third": "There is one direction in the labels. What would be the second?",
            "a few percent": "Then one step on this batch already points somewhere. How near to u?",
        },
        "a few percent",
        "Look at the next figure.",
    ),
    "7n": Guess(
        "he_3, square loss. Use every sample twice: how many fresh samples does that save?",
        {
            "half": "Twice the steps from the same samples. But the steps are not independent.",
            "hardly any": "Old samples hold little news of u. Is that so, however they are used?",
            "it depends on how": "Then there must be a way. What does a second look at y see?",
        },
        "it depends on how",
        "Look at the next two figures.",
    ),
    "7o": Guess(
        "By how much does the best of 30 random networks on 30 test points flatter itself, in R2?",
        {
            "not at all": "The test points were not trained on. But they have chosen.",
            "by a hundredth or two": "30 candidates are 30 tickets. How alike are they?",
            "by more than a tenth": "On 30 points R2 scatters by more, and the best is taken.",
        },
        "by more than a tenth",
        "Look at the next figure.",
    ),
}
