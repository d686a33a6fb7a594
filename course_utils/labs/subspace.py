"""SubspaceLab: watch SGD find the hidden subspace. Taught in notebook 02."""

from __future__ import annotations

from ..run import Run
from . import figures
from .lab import Lab
from .stage import Figure, Words


class SubspaceLab(Lab):
    """Principal angles, the two parts of W, neurons, singular values and test risk, while online SGD runs."""

    def figures(self, run: Run, moment: int) -> list[Figure]:
        """Five linked views with one time cursor."""
        return [
            figures.angles(run, moment), figures.norms(run, moment), figures.neurons(run, moment),
            figures.singular_values(run, moment), figures.risk(run, moment),
        ]  # fmt: skip

    def words(self, run: Run, moment: int) -> Words:
        """The sentence, and measured against predicted."""
        now = run.at(moment)
        rows = [("W⊥", "", f"{now.perpendicular:.3f}", ""), ("W∥", "", f"{now.parallel:.3f}", ""), ("test R²", "", f"{now.r2:.2f}", "")]
        return Words(run.sentence(moment), rows)
