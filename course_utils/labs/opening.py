"""The lab that the course opens with: the hidden plane, and one question."""

from __future__ import annotations

from ..run import Run
from ..settings import Settings
from .gate import Question
from .lab import Lab
from .subspace import SubspaceLab

EVERYWHERE, AXES, PLANE = (
    "still everywhere",
    "each on one of the two directions",
    "in the plane of the two",
)
TILT = 0.5  # radians: the plane is found, or it is not, and nothing lies between for long


def where_they_are(run: Run) -> str:
    """Where the neurons of a run of two directions have ended, as an answer to the question.

    Parameters
    ----------
    run : Run
        With two angles.

    Returns
    -------
    str
        In the plane where both angles are under half a radian and more of W lies inside than
        outside; else still everywhere.
    """
    inside = run.parallel[-1] > run.perpendicular[-1] and max(run.angles[-1]) < TILT
    return PLANE if inside else EVERYWHERE


def opening_lab() -> Lab:
    """Two hidden directions among 100, a network of 200 neurons, and the question where they go.

    Returns
    -------
    Lab
        A SubspaceLab. It plays once an answer is fixed, and the run decides.

    Notes
    -----
    Notebook 00 begins with it. That the answers stand here, and not in its cell, keeps them from
    those who are asked.
    """
    question = Question(
        "200 neurons are random arrows in 100 dimensions. Where are they after 15,000 samples?",
        {
            EVERYWHERE: "One sample tells little, but steps add up, and decay forgets the rest.",
            AXES: "Two clusters, but between the two: hardly a neuron stands on one of them.",
            PLANE: "Steps push along hidden directions on average, and all else only shrinks.",
        },
        right=where_they_are,
        until=15_000,
    )
    return SubspaceLab(Settings(d=100, k=2, link="chain", noise=0.1), question=question)
