"""Questions that a student can start on, each with the lab and the settings to start from.

Open means here that the course does not answer it; nobody searched the literature for an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill

from .mechanism import WIDTH
from .paper import Opens


@dataclass(frozen=True)
class OpenQuestion(Opens):
    """A question that the course does not answer.

    Attributes
    ----------
    text : str
        The question.
    beside : str
        Words of the title of the paper of the list that it comes from; empty where it comes from
        the paper of this course.
    lab : str
        A lab, a space, and the settings code to start from.
    first : str
        What to measure first.
    wrong_if : str
        What would refute the answer that one expects.
    """

    text: str
    beside: str
    lab: str
    first: str
    wrong_if: str

    def __str__(self) -> str:
        lines = self.text, self.lab, f"First: {self.first} Refuted if {self.wrong_if}."
        return "\n   ".join(fill(line, WIDTH, subsequent_indent="   ") for line in lines)


QUESTIONS = (
    OpenQuestion(
        "Online SGD trains the first layer alone. Does it find both directions of XOR on the cube "
        "with samples linear in d, as minibatches on both layers do?",
        "SGD Finds then Tunes",
        "SubspaceLab d=20 k=2 link=product inputs=hypercube directions=axis",
        "Count samples until the lab says that both are found, at d = 20, 40 and 80.",
        "samples / d grow with d by more than the seeds differ",
    ),
    OpenQuestion(
        "A strong direction of the inputs lies half along u. Which dimension replaces d in the "
        "time that SGD takes?",
        "from Anisotropic Data",
        "SubspaceLab d=200 k=1 link=tanh inputs=spiked:20:0.5",
        "Double d, then halve it: how does the moment move at which u is found?",
        "the time follows d as it does for equal variances",
    ),
    OpenQuestion(
        "One logistic label depends on three directions. Are all three found?",
        "Multi-Task Representation Learning",
        "SubspaceLab d=50 k=3 link=sum_tanh loss=logistic",
        "Note which angles have fallen after 1,000 d samples.",
        "all three angles fall with every seed, though one task may not be enough in the paper",
    ),
    OpenQuestion(
        "How many samples does the best of five estimators need, in units of the k d numbers that "
        "are unknown?",
        "Survey on Algorithms",
        "EstimatorsLab d=10 k=3 link=chain",
        "Find the fewest samples at which one of them is below 30 degrees, at d = 10, 20 and 30.",
        "samples / (k d) grow with d",
    ),
    OpenQuestion(
        "Directions are of unequal worth. From which decay on is the weakest one given up?",
        "Variation Spaces",
        "CompressionLab d=100 k=3 link=chain",
        "Raise the decay until rank 2 costs no more risk than rank 3.",
        "two directions go at the same decay",
    ),
    OpenQuestion(
        "A clipped label whose mean slope is not zero is enough (notebook 04). Which number "
        "decides where that slope is zero?",
        "Single-Index Models with Shallow",
        "SingleIndexLab d=100 link=he2",
        "Compare the samples that he2 takes with those of he3, square loss.",
        "links with the same number take different times",
    ),
    OpenQuestion(
        "The measured gap lies far below sqrt(k d / T) (notebook 03). Which target brings it "
        "nearest?",
        "",
        "GapLab d=50 k=3 link=sum_tanh",
        "Move k from 1 to d and note the gap over sqrt(k d / T).",
        "the ratio does not depend on k",
    ),
    OpenQuestion(
        "The kernel moves while the first layer learns. Does it come to rest, and when?",
        "from a Kernel Perspective",
        "NTKLab d=100 link=tanh",
        "Note the alignment of the moving kernel at each number of samples, for three seeds.",
        "at the largest number it still changes by more than the seeds differ",
    ),
)
"""All of them, in the order of notebook 08."""
