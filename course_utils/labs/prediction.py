"""predict: a question that you answer before you run what answers it."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import ipywidgets as widgets


class Prediction(widgets.VBox):
    """A question with options; after you commit, your answer stays in sight and what to compare it with appears.

    ``prediction.answer`` is what was chosen, None before.
    """

    def __init__(self, question: str, options: Sequence[str] | Mapping[str, str], reveal: str = ""):
        if len(options) < 2:
            raise ValueError(f"a prediction needs two options or more, got {len(options)}")
        self.question, self.options, self.reveal = question, list(options), reveal
        self.replies = dict(options) if isinstance(options, Mapping) else {}
        self.answer: str | None = None
        self.radio = widgets.RadioButtons(options=self.options, value=None, layout={"width": "auto"})
        self.button = widgets.Button(
            description="Commit",
            tooltip="Fix your answer, then see what to compare it with",
            disabled=True,
            button_style="primary",
            layout={"width": "auto", "align_self": "flex-start"},
        )
        self.after = widgets.HTML()
        self.radio.observe(self._chosen, "value")
        self.button.on_click(self._commit)
        head = widgets.HTML(f"<b>Predict.</b> {html.escape(question)}")
        super().__init__([head, self.radio, self.button, self.after])
        self.add_class("course-predict")

    def _chosen(self, change: dict):
        self.button.disabled = change["new"] is None

    def _commit(self, _=None):
        if self.radio.value is None:
            return
        self.answer = self.radio.value
        self.radio.disabled = self.button.disabled = True
        told = [f"You said: <b>{html.escape(self.answer)}</b>.", self.replies.get(self.answer, ""), self.reveal]
        self.after.value = f'<div role="status">{" ".join(part for part in told if part)}</div>'

    def __repr__(self):
        return "\n".join([f"Predict. {self.question}", *(f"( ) {option}" for option in self.options)])

    def _repr_mimebundle_(self, **kwargs):
        data = super()._repr_mimebundle_(**kwargs)
        data["text/plain"] = repr(self)
        return data


def predict(question: str, options: Sequence[str] | Mapping[str, str], reveal: str = "") -> Prediction:
    """Ask before the answer is known.

    Parameters
    ----------
    question : the question, one sentence.
    options : the answers to choose from; as a dict, each with a reply to who chooses it.
    reveal : what everyone reads after committing (HTML allowed).
    """
    return Prediction(question, options, reveal)
