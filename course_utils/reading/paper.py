"""What the course says of a paper of the list."""

from __future__ import annotations

from dataclasses import dataclass

from ..settings import Settings

RELATIONS = {
    "cites": "it cites the paper of this course",
    "referenced": "the paper of this course cites it",
    "either": "it cites the paper of this course, or is cited by it",
}
"""How a paper stands to the paper of this course, in words."""

RELATIONS_REST_ON = (
    "A literature page lists each as citing the paper of this course or cited by it. No reference "
    "list was seen: what is dated 2023 or later is taken to cite it, as it was written in "
    "September 2022; of what is dated 2022 the relation is a guess."
)

TOPICS = (
    "sample complexity",
    "structured inputs",
    "estimators",
    "feature learning",
    "implicit bias",
    "kernel regime",
    "transformers",
    "applications",
)

NOT_READ = "not read"


class Opens:
    """What has ``lab``: a lab of the course, a space, and the settings code to open it with."""

    lab: str

    @property
    def lab_name(self) -> str:
        """Name of the lab; empty where there is none."""
        return self.lab.partition(" ")[0]

    @property
    def settings(self) -> Settings | None:
        """Settings with which the lab opens; None where there is none."""
        return Settings.from_code(self.lab.partition(" ")[2]) if self.lab else None


@dataclass(frozen=True)
class Paper(Opens):
    """A paper around that of this course.

    Attributes
    ----------
    title : str
        Its title.
    authors : str
        The first author, and 'et al.' for others.
    year : int
        When it was written or published.
    relation : str
        A name in RELATIONS.
    sentence : str
        What it adds, from its abstract; empty where nobody has read that.
    topic : str
        A name in TOPICS.
    lab : str
        A lab of the course that shows a piece of it, a space, and the settings code to open;
        empty where none does.
    miniature : str
        The miniature that shows a piece of it; empty where there is none.
    seconds : int
        About how long that takes in its fast size on two cores; 0 where there is none.
    guessed : tuple of str
        Which of 'relation' and 'year' are guesses.
    """

    title: str
    authors: str
    year: int
    relation: str
    sentence: str
    topic: str
    lab: str = ""
    miniature: str = ""
    seconds: int = 0
    guessed: tuple[str, ...] = ()

    @property
    def adds(self) -> str:
        """The sentence, or that nobody has read the abstract."""
        return self.sentence or NOT_READ

    @property
    def stands(self) -> str:
        """The relation in a sentence that says whether it is a guess."""
        return f"{RELATIONS[self.relation]}{' (a guess)' if 'relation' in self.guessed else ''}"

    def marked(self, name: str) -> str:
        """The year or the relation as text that says whether it is a guess.

        Parameters
        ----------
        name : str
            'year' or 'relation'.

        Returns
        -------
        str
            Such as 'cites (a guess)'.
        """
        return f"{getattr(self, name)}{' (a guess)' if name in self.guessed else ''}"
