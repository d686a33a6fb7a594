"""Panel: a lab without training, whose experiment follows its knobs. See target.py, hermite.py and estimators.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets as widgets

from ..run import as_csv
from ..settings import Settings
from .controls import set_field
from .lab import Lab, _row


class Experiment:
    """What a panel shows: settings and all that is computed from them. Subclasses say what ``compute`` does."""

    seeds = 1
    samples = 0

    def __init__(self, settings: Settings):
        self.changes: list[str] = []
        self.begin(settings)

    def begin(self, settings: Settings, samples: int = 0) -> None:
        """Compute everything for these settings; if that fails, the experiment stays what it was."""
        before = self.__dict__.copy()
        self.settings = settings
        try:
            self.compute()
        except Exception:
            self.__dict__.update(before)
            raise

    change = begin

    def compute(self) -> None:
        """Everything that follows from ``self.settings``."""
        raise NotImplementedError

    def run(self) -> Experiment:
        """Itself: what a panel shows."""
        return self

    def frame(self):
        """What is shown, as a pandas DataFrame."""
        raise NotImplementedError

    def to_csv(self, notes: Sequence[str] = ()) -> str:
        """What is shown as CSV text, with the settings in a comment line first."""
        return as_csv(self.frame(), self.settings, notes)


class Panel(Lab):
    """A lab whose figures follow its knobs; nothing trains, so that there is no transport bar and no look back."""

    more_title = "More: settings code, export"
    columns = 2
    tips: dict[str, str] = {}

    def __init__(self, settings: Settings, lecture: bool = False):
        self._acts: dict[str, Callable] = {}
        super().__init__(settings, lecture=lecture)
        self.code.value = self.short()

    def field(self, name: str, settings: Settings) -> widgets.DOMWidget:
        """The widget of one field, with what it means here as its tooltip."""
        field = super().field(name, settings)
        field.tooltip = self.tips.get(name, field.tooltip)
        return field

    def bar(self) -> widgets.Widget:
        """Knobs that are not fields of Settings, and buttons."""
        return _row([])

    def beside(self) -> list[widgets.Widget]:
        """Buttons between the presets and the lecture switch."""
        return []

    def knob(self, widget: widgets.ValueWidget, order: str, act: Callable | None = None) -> widgets.ValueWidget:
        """A widget whose new values become orders to the worker, which calls ``act``, or ``_do_<order>``."""
        self._acts[order] = act or getattr(self, f"_do_{order}")
        widget.observe(self._by_hand(order), "value")
        widget.add_class(f"course-knob-{order}")
        return widget

    def close(self):
        """Stop the worker and remove the lab from the page."""
        if hasattr(self, "actor"):  # not where making the lab failed
            super().close()

    def _act(self, key: str, value):
        if key in self._acts:
            self._acts[key](value)
        else:
            super()._act(key, value)

    def text(self) -> str:
        """The text twin: the sentence, the table and the settings."""
        with self._lock:
            words = self.words(self.session.run(), -1)
            table = [" ".join([f"{row[0]:<30}", *(f"{cell:>12}" for cell in row[1:])]).rstrip() for row in words.rows]
            head = [" ".join([" " * 30, *(f"{w:>12}" for w in ("predicted", "measured", "error"))])] if table else []
            return "\n".join([words.sentence, *head, *table, self.short()])

    def short(self) -> str:
        """The settings that this lab uses, as text."""
        used = (*self.first, *self.more)
        return " ".join(part for part in self.settings.summary().split() if part.split("=")[0] in used)

    def _show_settings(self):
        for name, field in self.fields.items():
            if not self.actor.waiting(f"set {name}"):  # a newer value is on its way: do not undo it
                set_field(field, name, getattr(self.settings, name))
        self.code.value = self.short()

    def _look(self, t: float | None):
        self._cursor = None

    def _play(self, on: bool):
        self.actor.playing = False

    def _do_new_seed(self, _):
        self._use(self.settings.replace(seed=(self.settings.seed + self.session.seeds) % 2**31))

    def _do_preset(self, name: str):
        settings, says = self.presets[name]
        self._chosen = (name, says)
        try:
            self._use(settings)
        finally:
            self._chosen = ("", "")

    def _do_code(self, text: str):
        """Apply a code; fields that it leaves out stay as they are, but k follows a new link."""
        given = {part.partition("=")[0] for part in text.split()}
        given |= {"k"} if "link" in given else set()
        kept = [part for part in self.short().split() if part.partition("=")[0] not in given and "function:" not in part]
        super()._do_code(" ".join([text, *kept]) if given else text)

    def _show(self) -> int:
        with self._lock:
            shown = self.session.run()
            words = self.words(shown, -1)
            words.note, words.settings = self._says, shown.settings.summary()
            return self.stage.send_frame(self.figures(shown, -1), words)


def slider(name: str, tip: str, value: float, low: float, high: float, step: float, form: str = ".2f", **more):
    """A labelled slider of a number."""
    return widgets.FloatSlider(
        value=value,
        min=low,
        max=high,
        step=step,
        description=name,
        tooltip=tip,
        readout_format=form,
        continuous_update=True,
        style={"description_width": "initial"},
        **more,
    )
