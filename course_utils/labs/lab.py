"""The frame of every lab: controls, transport, stage, text twin, presets, settings code, export and error box.

A new lab subclasses Lab and says what its figures and its words are; see subspace.py.
"""

from __future__ import annotations

import copy
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from functools import wraps

import ipywidgets as widgets

from ..engine.online import Diverged
from ..run import Run, in_d
from ..settings import Settings
from .actor import Actor, players
from .controls import FIRST, MORE, Transport, button, field_widget, set_field
from .session import LIVE, Session, adapted, moment_at
from .stage import Figure, Stage, Words, listen_beside_cells

_open: dict[str, list[tuple[int, weakref.ref[Lab]]]] = {}


class Lab(widgets.VBox):
    """A live experiment that a cell displays.

    Parameters
    ----------
    settings : what to run.
    samples : train and record this many samples before the lab opens, so that nothing needs to be waited for.
    seeds : how many seeds to train side by side (curves are medians, bands reach from the smallest to the largest).
    lecture : open in lecture mode: large type, few controls, the whole page (Escape leaves it).

    ``lab.run`` is the recorded run, ``lab.settings`` what runs now, ``lab.errors`` what went wrong in callbacks.
    """

    columns = 3
    presets: dict[str, tuple[Settings, str]] = {}
    example = "d=50 k=2"  # a settings code that the lab takes
    first, more = FIRST, MORE  # names of the fields in sight, and of those behind "more"
    more_title = "More: link, width, loss, schedule, settings code, export"

    def __init__(self, settings: Settings | None = None, samples: int = 0, seeds: int = 1, lecture: bool = False):
        settings = settings or Settings()
        if not isinstance(settings, Settings):
            raise TypeError(f"settings must be a Settings object, got {type(settings).__name__}: try Settings(d=50)")
        self._close_predecessor()
        self.errors: list[Exception] = []
        self.session = self.experiment(settings, seeds)
        self._lock = threading.RLock()  # text() may be asked for while the worker trains
        self._thread = threading.local()  # says whether this thread obeys an order
        self._cursor: float | None = None
        self._goal: int | None = None
        self._speed = 1.0
        self._stepped = 0.0  # when the last step began, to keep the pace whatever the frame rate
        self._clocked = 0.0  # when the time was last told
        self._says = ""
        self._moved = ""  # the field whose order is being obeyed
        self._chosen = ("", "")  # the preset that is being put up: its name, its sentence
        self.actor = Actor(self._obey, self._step, self._show, self.report)
        self.stage = Stage(text=self.text, label=type(self).__name__, columns=self.columns)
        self.stage.on_event = self._event
        super().__init__(self._parts(settings, lecture))
        self.add_class("course-lab")
        listen_beside_cells(self)
        if samples:
            try:
                self.session.begin(settings, samples)
            except Diverged as problem:  # what was recorded before is still worth a look
                self.report(problem)

    # What a lab is about: for subclasses.

    def experiment(self, settings: Settings, seeds: int):
        """The experiment that the lab shows; what a Session offers."""
        return Session(settings, seeds)

    def field(self, name: str, settings: Settings) -> widgets.DOMWidget:
        """The widget of one field of the settings."""
        return field_widget(name, settings)

    def bar(self) -> widgets.Widget:
        """The row of buttons under the fields."""
        self.transport = Transport(self.actor.order, self._guarded)
        return self.transport

    def beside(self) -> list[widgets.Widget]:
        """What stands between the presets and the lecture switch."""
        return [self.transport.speed]

    def figures(self, run: Run, moment: int) -> list[Figure]:
        """The views of a run at a moment."""
        raise NotImplementedError

    def words(self, run: Run, moment: int) -> Words:
        """What to say about the run at a moment."""
        return Words(run.sentence(moment))

    def text(self) -> str:
        """The text twin: what the figures show, in words and a small table."""
        with self._lock:
            run = self.session.run()
            return f"{self.words(run, moment_at(run, self._cursor)).sentence}\n{run.table()}\n{self.settings.summary()}"

    def csv(self) -> str:
        """What CSV saves: the run with its settings and what was turned while it went on."""
        return self.session.run().to_csv(notes=self.session.changes)

    # For the user.

    @property
    def settings(self) -> Settings:
        """What runs now."""
        return self.session.settings

    @property
    def run(self) -> Run:
        """The recorded run so far, a copy that training leaves alone."""
        with self._lock:
            return copy.deepcopy(self.session.run())

    def close(self):
        """Stop the worker and remove the lab from the page."""
        if hasattr(self, "actor"):  # not where the constructor failed
            self.actor.close()
        super().close()

    def report(self, problem: Exception) -> None:
        """Show an exception as a sentence in the error box and keep it in ``errors``."""
        foreseen = isinstance(problem, (ValueError, MemoryError, Diverged))
        text = str(problem) if foreseen else f"{type(problem).__name__}: {problem} (in {_place(problem)})"
        self.stage.send_error(text)
        self.errors = [*self.errors, problem][-20:]

    def raise_errors(self) -> None:
        """Raise the first error that the error box has shown, if any (for tests)."""
        if self.errors:
            raise self.errors[0]

    def __repr__(self):
        return self.text()

    def _repr_mimebundle_(self, **kwargs):
        data = super()._repr_mimebundle_(**kwargs)
        data["text/plain"] = self.text()
        return data

    # Parts on the page.

    def _parts(self, settings: Settings, lecture: bool) -> list[widgets.Widget]:
        self.fields = {name: self.field(name, settings) for name in (*self.first, *self.more)}
        for name, field in self.fields.items():
            field.observe(self._by_hand(f"set {name}"), "value")
            field.add_class(f"course-field-{name}")
        bar = self.bar()
        self.lecture = widgets.ToggleButton(
            value=lecture, description="Lecture", icon="expand", layout={"width": "auto"},
            tooltip="Large type, few controls, the whole page; Escape goes back",
        )  # fmt: skip
        self.lecture.add_class("course-lecture-switch")
        self._link = widgets.jslink((self.lecture, "value"), (self.stage, "lecture"))
        self.stage.lecture = lecture
        self.preset = widgets.Dropdown(
            options=[("choose", ""), *[(name, name) for name in self.presets]], value="", description="preset",
            tooltip="An experiment worth seeing, in one choice", style={"description_width": "initial"},
        )  # fmt: skip
        self.preset.observe(self._by_hand("preset"), "value")
        aside = [*([self.preset] if self.presets else []), *self.beside(), self.lecture]
        first = _row([self.fields[n] for n in self.first], "course-first")
        more = widgets.Accordion([widgets.VBox([_row([self.fields[n] for n in self.more]), self._code_row(settings)])])
        more.set_title(0, self.more_title)
        more.add_class("course-more")
        return [first, bar, _row(aside, "course-aside"), self.stage, more]

    def _code_row(self, settings: Settings) -> widgets.Widget:
        self.code = widgets.Text(
            value=settings.summary(), description="settings code", tooltip="Paste a code here and press Apply",
            layout={"width": "min(100%, 620px)"}, style={"description_width": "initial"},
        )  # fmt: skip
        ask = self.actor.order
        return _row([
            self.code,
            button("Apply", "Start the experiment that the code describes", lambda: ask("code", self.code.value)),
            button("Copy", "Copy the code of what runs now", lambda: ask("copy")),
            button("SVG", "Save every figure as SVG", lambda: ask("export", "svg"), "download"),
            button("PNG", "Save every figure as PNG", lambda: ask("export", "png"), "download"),
            button("CSV", "Save the run with its settings", lambda: ask("export", "csv"), "download"),
        ])  # fmt: skip

    def _guarded(self, callback: Callable) -> Callable:
        @wraps(callback)
        def run(*arguments):
            try:
                callback(*arguments)
            except Exception as problem:
                self.report(problem)

        return run

    def _by_hand(self, key: str) -> Callable:
        """A callback that makes an order of each value a person chooses; what the worker itself shows is none."""

        def moved(change: dict):
            if change["new"] != "" and not getattr(self._thread, "obeys", False):
                self.actor.order(key, change["new"])

        return self._guarded(moved)

    # The worker's side: the only code that touches the session.

    def _event(self, event: dict):
        kind = event.get("type")
        if kind == "ack":
            self.actor.hear(int(event["n"]))
        elif kind == "hello":
            self.actor.hear()
        elif kind == "failed":
            self.report(RuntimeError(f"the page could not draw: {event.get('text')}"))

    def _obey(self, key: str, value):
        self._thread.obeys = True
        try:
            with self._lock:
                self._act(key, value)
        finally:
            self._thread.obeys = False

    def _act(self, key: str, value):
        if key.startswith("set "):
            self._set(key[4:], value)
        else:
            getattr(self, f"_do_{key}")(value)

    def _set(self, name: str, value):
        if getattr(self.settings, name) == value:
            return
        self._moved = name
        try:
            self._use(adapted(self.settings, **{name: value}))
        except Exception:
            self._moved = ""
            self._show_settings()
            raise
        finally:
            self._moved = ""

    def _use(self, settings: Settings, samples: int = 0):
        changed = {f for f in settings.__dataclass_fields__ if getattr(settings, f) != getattr(self.settings, f)}
        if changed <= LIVE and not samples:
            self.session.change(settings)
        else:
            self.session.begin(settings, samples)
            self._look(None)
        self._says, self.preset.value = self._chosen[1], self._chosen[0]  # mostly empty: no longer what a preset described
        self.stage.send_error("")
        self._show_settings()

    def _show_settings(self):
        for name, field in self.fields.items():
            # A field that the user is moving shows a newer value than the settings: leave it alone.
            if name != self._moved and not self.actor.waiting(f"set {name}"):
                set_field(field, name, getattr(self.settings, name))
        self.code.value = self.settings.summary()

    def _look(self, t: float | None):
        self._cursor = t
        if t is None and self.transport.scrub.value != 100:
            self.transport.scrub.value = 100

    def _play(self, on: bool):
        self.actor.playing = self.stage.playing = on
        # Neither is ever disabled: a button that disables itself drops the keyboard's focus.
        self.transport.play.button_style, self.transport.pause.button_style = ("", "primary") if on else ("primary", "")

    def _do_show(self, _):
        """Nothing to do: every order is followed by a frame."""

    def _do_play(self, _):
        self._goal = None
        self._look(None)
        self._play(True)

    def _do_pause(self, _):
        self._play(False)

    def _do_step(self, _):
        self._look(None)
        self.session.step(0.25, self._speed)

    def _do_x10(self, _):
        self._look(None)
        self._goal = 10 * max(self.session.samples, self.settings.d // 10, 1)
        self._play(True)

    def _do_reset(self, _):
        self._play(False)
        self._restart(self.settings)

    def _do_new_seed(self, _):
        self._restart(self.settings.replace(seed=(self.settings.seed + self.session.seeds) % 2**31))

    def _restart(self, settings: Settings):
        self.session.begin(settings)
        self._look(None)
        self.stage.send_error("")
        self._show_settings()

    def _do_speed(self, speed: float):
        self._speed = speed

    def _do_scrub(self, percent: int):
        times = self.session.record.run().samples
        first, last = max(times[min(1, len(times) - 1)], 1), max(times[-1], 1)
        self._cursor = None if percent == 100 else 0.0 if percent == 0 else first * (last / first) ** (percent / 100)

    def _do_preset(self, name: str):
        settings, self._says = self.presets[name]
        self._restart(settings)
        self._play(True)

    def _do_code(self, text: str):
        if not text.strip():
            raise ValueError(f"the settings code is empty, so there is nothing to apply: paste a line such as {self.example}")
        self._use(Settings.from_code(text))

    def _do_copy(self, _):
        self.stage.send({"type": "copy", "text": self.settings.code()})

    def _do_export(self, format: str):
        name = type(self).__name__.lower()
        self.stage.send({"type": "export", "format": format, "name": name + (".csv" if format == "csv" else ""),
                         "text": self.csv() if format == "csv" else ""})  # fmt: skip

    def _step(self):
        now = time.perf_counter()
        seconds, self._stepped = now - self._stepped, now
        with self._lock:
            try:
                self.session.step(seconds, self._speed * (3 if self._goal else 1), self._goal, share=1 / players())
            except Exception:  # a step that failed once would fail again, twenty times a second
                self._play(False)
                raise
            if self._goal and self.session.samples >= self._goal:
                self._goal = None
                self._play(False)

    def _show(self) -> int:
        with self._lock:
            run = self.session.run()
            moment = moment_at(run, self._cursor)
            t = int(run.samples[moment])
            now = time.monotonic()
            if not self.actor.playing or now > self._clocked + 0.15:  # faster than anyone reads, and each one costs a frame
                self._clocked, self.transport.time.value = now, f"t = {t:,} = {in_d(t, run.settings.d)}"
            words = self.words(run, moment)
            words.note = self._says or self.session.patience(self._speed)
            words.settings = run.settings.summary()
            return self.stage.send_frame(self.figures(run, moment), words)

    def _close_predecessor(self):
        """Close what an earlier run of the same cell has left, so that two workers never share a place."""
        cell, count = _cell()
        if cell is None:
            return
        kept = []
        for when, ref in _open.get(cell, []):
            lab = ref()
            if lab is not None and when != count:
                lab.close()
            elif lab is not None:
                kept.append((when, ref))
        _open[cell] = [*kept, (count, weakref.ref(self))]


def _row(children: list, name: str = "course-row") -> widgets.Box:
    row = widgets.HBox(children)
    row.add_class("course-row")
    row.add_class(name)
    return row


def _cell() -> tuple[str | None, int]:
    """(identity of the cell that runs now, its execution count), (None, 0) outside a notebook."""
    try:
        from IPython import get_ipython

        shell = get_ipython()
        parent = shell.get_parent()
        identity = parent["metadata"].get("cellId") or parent["content"].get("code")
        return identity, shell.execution_count
    except Exception:  # no kernel, or one without these: then there is no cell to speak of
        return None, 0


def _place(problem: Exception) -> str:
    frames = traceback.extract_tb(problem.__traceback__)
    return f"{frames[-1].name}, line {frames[-1].lineno}" if frames else "the lab"
