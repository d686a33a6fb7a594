"""predict: a question that you answer before you run what answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import anywidget
import traitlets

HERE = Path(__file__).parent


class Prediction(anywidget.AnyWidget):
    """A question with options; after you commit, your answer stays in sight and what to compare it with appears.

    ``prediction.answer`` is what was chosen, None before. Tab reaches the options, arrows choose, Enter commits.
    """

    _esm = HERE / "prediction.js"
    _css = HERE / "prediction.css"
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    replies = traitlets.List(traitlets.Unicode()).tag(sync=True)
    reveal = traitlets.Unicode().tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)

    def __init__(self, question: str, options: Sequence[str] | Mapping[str, str], reveal: str = ""):
        if len(options) < 2 or isinstance(options, str):
            raise ValueError(f"a prediction needs a list of two options or more, got {options!r}")
        replies = list(options.values()) if isinstance(options, Mapping) else [""] * len(options)
        super().__init__(question=question, options=list(options), replies=replies, reveal=reveal)

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
    question: str, options: Sequence[str] | Mapping[str, str], reveal: str = ""
) -> Prediction:
    """Ask before the answer is known.

    Parameters
    ----------
    question : the question, plain text.
    options : the answers to choose from; as a dict, each with a reply to who chooses it.
    reveal : what everyone reads after committing.
    """
    return Prediction(question, options, reveal)
