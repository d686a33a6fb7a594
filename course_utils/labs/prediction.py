"""predict: a question that you answer before you run what answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import anywidget
import traitlets

from ..journal import entries, note
from ..predictions import Guess, prediction, sealed

HERE = Path(__file__).parent


class Prediction(anywidget.AnyWidget):
    """A question with options; after you commit, what to compare your answer with appears.

    Parameters
    ----------
    question : str
        Plain text.
    options : sequence of str, or mapping of str to str
        The answers to choose from; with a reply to who chooses it, in a mapping.
    reveal : str
        What everyone reads after committing.

    Raises
    ------
    ValueError
        For fewer than two options.

    Notes
    -----
    Your answer stays in sight. Tab reaches the options, arrows choose, Enter commits.
    """

    _esm = HERE / "prediction.js"
    _css = HERE / "prediction.css"
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    # replies, which the page opens once an answer is fixed, and holds in no other way
    sealed = traitlets.Unicode().tag(sync=True)
    reveal = traitlets.Unicode().tag(sync=True)  # what is said after that
    chosen = traitlets.Int(-1).tag(sync=True)
    again = traitlets.Bool(False).tag(sync=True)  # offer to choose once more

    def __init__(self, question: str, options: Sequence[str] | Mapping[str, str], reveal: str = ""):
        if len(options) < 2 or isinstance(options, str):
            raise ValueError(f"a prediction needs a list of two options or more, got {options!r}")
        replies = list(options.values()) if isinstance(options, Mapping) else [""] * len(options)
        self.replies = [" ".join(filter(None, (reply, reveal))) for reply in replies]
        super().__init__(question=question, options=list(options), sealed=sealed(self.replies))
        self.observe(self._committed, "chosen")
        self._remembers = True

    def restore(self) -> None:
        """Show the answer that was committed to before, in another kernel perhaps.

        Later ones may be chosen instead.
        """
        mine = [e for e in entries("prediction") if e.get("question") == self.question]
        said = [e.get("answer") for e in mine]
        self.again, self._remembers = True, False
        if said and said[-1] in self.options:
            self.chosen = self.options.index(said[-1])
        self._remembers = True

    def _committed(self, change: dict):
        if change["new"] >= 0 and self._remembers:
            reply = self.replies[change["new"]]
            note("prediction", question=self.question, answer=self.answer, reply=reply)

    @property
    def answer(self) -> str | None:
        """The option that was committed to, None before."""
        return self.options[self.chosen] if self.chosen >= 0 else None

    def __repr__(self):
        return "\n".join(
            [f"Predict. {self.question}", *(f"( ) {option}" for option in self.options)]
        )

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data:
            data["text/plain"] = repr(self)
        return bundle


def predict(
    question: str, options: Sequence[str] | Mapping[str, str] | None = None, reveal: str = ""
) -> Prediction:
    """Ask before the answer is known.

    Parameters
    ----------
    question : str
        Plain text; or, alone, the name of a question of the notebooks, such as "2b". What is said
        to an answer then stands nowhere in the notebook.
    options : sequence of str, or mapping of str to str
        The answers to choose from; with a reply to who chooses it, in a mapping.
    reveal : str
        What everyone reads after committing.

    Returns
    -------
    Prediction
        For the end of a cell; its ``answer`` is what was chosen, None before. What was chosen in
        an earlier kernel is there again, and may be chosen anew.

    Raises
    ------
    ValueError
        For fewer than two options, or a name that no question has.
    """
    if options is None:
        found = prediction(question, Guess)
        question, options = found.text, dict(zip(found.answers, found.replies(), strict=True))
    asked = Prediction(question, options, reveal)
    asked.restore()
    return asked
