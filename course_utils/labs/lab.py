"""The frame of every lab: controls, stage, text twin, presets, settings code, export and error box.

A lab is composed: a function such as SubspaceLab gives Lab an experiment, views, words, presets, knobs and orders.
"""

from __future__ import annotations

import copy
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from typing import Any, NamedTuple

import ipywidgets as widgets

from ..engine.online import Diverged
from ..run import Run
from ..settings import Settings
from .actor import Actor
from .cells import replace_predecessor
from .controls import FIRST, MORE, Knob, button, field_widget, row, set_field
from .player import Finisher, Player
from .session import adapted
from .stage import Figure, Stage, Words, listen_beside_cells


class Press(NamedTuple):
    """A button: what is written on it, its tooltip, and the order that it gives."""

    label: str
    tip: str
    order: str
    icon: str = ""
    value: Any = None


def tell(result, words: Words, code: str) -> list[str]:
    """Lines of a text twin: the sentence, the table of the run, or else of the words, and the settings."""
    if isinstance(result, Run):
        return [words.sentence, result.table(), code]
    lines = [
        " ".join([f"{name:<30}", *(f"{cell:>12}" for cell in cells)]).rstrip()
        for name, *cells in words.rows
    ]
    head = (
        [" ".join([" " * 30, *(f"{w:>12}" for w in ("predicted", "measured", "error"))])]
        if lines
        else []
    )
    return [words.sentence, *head, *lines, code]


class Lab(widgets.VBox):
    """A live experiment that a cell displays. Nothing inherits from it: what makes a lab is given to it.

    Parameters
    ----------
    name : what the lab is called, on the page and in the names of exported files.
    session : the experiment; see experiment.py.
    figures, words : called as figures(result, moment), words(result, moment): what was measured, and the index of the
        recorded moment to show.
    player : called with the lab: makes who owns its time, a Player or a Finisher.
    knobs : controls of its own, by the order that their new values are.
    orders : further orders that the lab understands, each called with the order's value.
    bar, beside : what stands under the fields and beside the presets: names of knobs, and buttons.
    presets : settings worth seeing by name, with a sentence each.
    first, more : names of the fields in sight, and of those behind "more".
    fields, tips : widgets and tooltips of fields in place of the common ones.
    text : called as text(result, words, code): the lines of the text twin.
    example : a settings code that the lab takes; empty for a lab that no code describes.
    lecture : open in lecture mode: large type, few controls, the whole page (Escape leaves it).

    ``lab.result`` is what was measured, ``lab.run`` the same where it is a recorded Run, ``lab.settings`` what runs now,
    ``lab.orders`` the orders that it understands, ``lab.errors`` what went wrong in callbacks.
    """

    def __init_subclass__(cls, **kwargs):
        raise TypeError(
            f"{cls.__name__}: a lab is composed, not inherited; give Lab an experiment, as labs/subspace.py does"
        )

    def __init__(
        self,
        name: str,
        session,
        figures: Callable[..., list[Figure]],
        words: Callable[..., Words],
        *,
        player: Callable[[Lab], Player | Finisher] = Finisher,
        knobs: Mapping[str, Knob] | None = None,
        orders: Mapping[str, Callable[[Any], None]] | None = None,
        bar: Sequence[str | Press] = (),
        beside: Sequence[str | Press] = (),
        presets: Mapping[str, tuple[Settings, str]] | None = None,
        first: Sequence[str] = FIRST,
        more: Sequence[str] = MORE,
        more_title: str = "More: seed, settings code, export",
        fields: Mapping[str, widgets.ValueWidget] | None = None,
        tips: Mapping[str, str] | None = None,
        text: Callable[[Any, Words, str], list[str]] = tell,
        columns: int = 3,
        example: str = "d=50 k=2",
        lecture: bool = False,
    ):
        replace_predecessor(self)
        self.name, self.session, self.figures, self.words = name, session, figures, words
        self.presets, self.example, self._text = dict(presets or {}), example, text
        self.errors: list[Exception] = []
        self._lock = threading.RLock()  # text() may be asked for while the worker trains
        self._thread = threading.local()  # says whether this thread obeys an order
        self._chosen = ""  # the preset that holds
        self.actor = Actor(self._obey, self._step, self._show, self.report)
        self.stage = Stage(text=self.text, label=name, columns=columns)
        self.stage.on_event = self._event
        self.player = player(self)
        made = {n: field_widget(n, self.settings, (tips or {}).get(n, "")) for n in (*first, *more)}
        self.fields = made | dict(fields or {})
        self.knobs = {order: knob.widget for order, knob in (knobs or {}).items()}
        self._make_presets()
        self._all = self._all_knobs(knobs or {})
        self.orders = self._all_orders(orders or {})
        super().__init__(self._parts(first, more, more_title, bar, beside, lecture))
        self.add_class("course-lab")
        listen_beside_cells(self)
        self.player.open()
        self._obey("show", None)  # whatever differs in the experiment, controls show

    # For the user.

    @property
    def settings(self) -> Settings:
        """What runs now."""
        return self.session.settings

    @property
    def result(self):
        """What was measured so far, a copy that the worker leaves alone."""
        with self._lock:
            return copy.deepcopy(self.session.run())

    @property
    def run(self) -> Run:
        """The recorded run so far, a copy that training leaves alone. AttributeError in a lab that trains nothing."""
        if isinstance(result := self.result, Run):
            return result
        raise AttributeError(f"{self.name} records no run: what it has measured is its result")

    def text(self) -> str:
        """The text twin: what the figures show, in words and a small table."""
        with self._lock:
            result = self.session.run()
            return "\n".join(
                self._text(result, self.words(result, self.player.moment(result)), self.short())
            )

    def short(self) -> str:
        """The settings that this lab uses, as text."""
        return " ".join(
            part
            for part in self.settings.summary().split()
            if part.split("=")[0] in self.session.uses
        )

    def csv(self) -> str:
        """What CSV saves: what was measured, with its settings and what was turned while it went on."""
        return self.session.to_csv()

    def close(self):
        """Stop the worker and remove the lab from the page."""
        if hasattr(self, "actor"):  # not where the constructor failed
            self.actor.close()
            super().close()

    def report(self, problem: Exception) -> None:
        """Show an exception as a sentence in the error box and keep it in ``errors``."""
        foreseen = isinstance(problem, (ValueError, MemoryError, Diverged))
        text = (
            str(problem)
            if foreseen
            else f"{type(problem).__name__}: {problem} (in {_place(problem)})"
        )
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

    def _parts(
        self, first, more, more_title: str, bar, beside, lecture: bool
    ) -> list[widgets.Widget]:
        self.lecture = widgets.ToggleButton(
            value=lecture,
            description="Lecture",
            icon="expand",
            layout={"width": "auto"},
            tooltip="Large type, few controls, the whole page; Escape goes back",
        )
        self.lecture.add_class("course-lecture-switch")
        self._link = widgets.jslink((self.lecture, "value"), (self.stage, "lecture"))
        self.stage.lecture = lecture
        self.transport = getattr(self.player, "transport", None)
        under = self.transport or row([self._place_on_page(item) for item in bar])
        speed = [self.transport.speed] if self.transport else []
        presets = [self.preset] if self.presets else []
        aside = [*presets, *(self._place_on_page(item) for item in beside), *speed, self.lecture]
        hidden = widgets.VBox([row([self.fields[n] for n in more]), self._last_row()])
        below = widgets.Accordion([hidden])
        below.set_title(0, more_title)
        below.add_class("course-more")
        return [
            row([self.fields[n] for n in first], "course-first"),
            under,
            row(aside, "course-aside"),
            self.stage,
            below,
        ]

    def _place_on_page(self, item: str | Press) -> widgets.Widget:
        if isinstance(item, str):
            return self.knobs[item]
        return button(
            item.label, item.tip, lambda: self.actor.order(item.order, item.value), item.icon
        )

    def _make_presets(self):
        self.preset = widgets.Dropdown(
            options=[("choose", ""), *[(name, name) for name in self.presets]],
            value="",
            description="preset",
            tooltip="An experiment worth seeing, in one choice",
            style={"description_width": "initial"},
        )
        self.code = widgets.Text(
            value=self.short(),
            description="settings code",
            tooltip="Paste a code here and press Apply",
            layout={"width": "min(100%, 620px)"},
            style={"description_width": "initial"},
        )

    def _last_row(self) -> widgets.Widget:
        ask = self.actor.order
        coded = [
            self.code,
            button(
                "Apply",
                "Start the experiment that the code describes",
                lambda: ask("code", self.code.value),
            ),
            button("Copy", "Copy the code of what runs now", lambda: ask("copy")),
        ]
        return row(
            [
                *(coded if self.example else []),
                button("SVG", "Save every figure as SVG", lambda: ask("export", "svg"), "download"),
                button("PNG", "Save every figure as PNG", lambda: ask("export", "png"), "download"),
                button(
                    "CSV",
                    "Save the run with its settings",
                    lambda: ask("export", "csv"),
                    "download",
                ),
            ]
        )

    # Orders: what the lab understands, and how its controls follow.

    def _all_knobs(self, knobs: Mapping[str, Knob]) -> dict[str, Knob]:
        every = {
            f"set {name}": self._field_knob(name, field) for name, field in self.fields.items()
        }
        every |= {
            **self.player.knobs,
            **knobs,
            "preset": Knob(self.preset, self._do_preset, lambda: self._chosen),
        }
        for order, knob in every.items():
            knob.widget.observe(self._by_hand(order), "value")
            knob.widget.add_class(f"course-field-{order.removeprefix('set ')}")
        return every

    def _field_knob(self, name: str, field) -> Knob:
        def put(widget, value):
            set_field(widget, name, value)

        return Knob(
            field,
            lambda value: self.use(adapted(self.settings, **{name: value})),
            lambda: getattr(self.settings, name),
            put,
        )

    def _all_orders(self, own: Mapping[str, Callable]) -> dict[str, Callable]:
        def acting(act: Callable, value):
            act(value)
            self.player.changed()

        def turning(knob: Knob, value):
            if not knob.holds(value):
                knob.act(value)
                self.player.changed()

        return {
            **self.player.orders,
            **{order: partial(acting, act) for order, act in own.items()},
            **{order: partial(turning, knob) for order, knob in self._all.items()},
            **({"code": self._do_code, "copy": self._do_copy} if self.example else {}),
            "new_seed": self._do_new_seed,
            "export": self._do_export,
            "show": lambda _: None,  # a frame follows every order
        }

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

    def _echo(self, moved: str):
        """Controls show what holds, but for one that a person is moving: that one shows a newer value, or is about to."""
        for order, knob in self._all.items():
            moving = order == moved and not isinstance(knob.widget, widgets.Dropdown)
            if not moving and not self.actor.waiting(order):
                knob.show()

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
                try:
                    if key not in self.orders:
                        raise ValueError(
                            f"{self.name} does not understand the order {key!r}: it understands "
                            f"{', '.join(sorted(self.orders))}"
                        )
                    self.orders[key](value)
                except Exception:
                    self._echo("")  # what is refused does not stay in its control
                    raise
                self._echo(key)
        finally:
            self._thread.obeys = False

    def _step(self):
        with self._lock:
            self.player.step()

    def _show(self) -> int:
        with self._lock:
            result = self.session.run()
            moment = self.player.moment(result)
            patience = self.player.tell(result, moment)
            words = self.words(result, moment)
            words.note = self.presets[self._chosen][1] if self._chosen else patience
            words.settings = self.settings.summary()
            return self.stage.send_frame(self.figures(result, moment), words)

    def use(self, settings: Settings, anew: bool = False, chosen: str = "") -> None:
        """Take settings over, anew or where they do not act on a running experiment; ``chosen`` is the preset that holds."""
        changed = {
            f
            for f in settings.__dataclass_fields__
            if getattr(settings, f) != getattr(self.settings, f)
        }
        if changed <= self.session.live and not anew:
            self.session.change(settings)
            self.player.changed()
        else:
            self.session.begin(settings)
            self.player.begun()
        self._chosen = chosen
        self.stage.send_error("")
        self.code.value = self.short()

    def restart(self, settings: Settings) -> None:
        """Start anew; what a preset says of it still holds."""
        self.use(settings, anew=True, chosen=self._chosen)

    def _do_new_seed(self, _):
        self.restart(self.settings.replace(seed=(self.settings.seed + self.session.seeds) % 2**31))

    def _do_preset(self, name: str):
        if name not in self.presets:
            raise ValueError(
                f"{self.name} has no preset {name!r}: it offers {', '.join(self.presets)}"
            )
        self.use(self.presets[name][0], anew=True, chosen=name)
        self.player.go()

    def _do_code(self, text: str):
        """Apply a code. Where the lab uses some fields only, those left out stay as they are, but k follows a new link."""
        named = {part.partition("=")[0] for part in text.split()}
        if not named:
            raise ValueError(
                f"the settings code is empty, so there is nothing to apply: paste a line such as {self.example}"
            )
        if set(self.session.uses) < set(self.settings.__dataclass_fields__):
            named |= {"k"} if "link" in named else set()
            kept = [
                part
                for part in self.short().split()
                if part.partition("=")[0] not in named and "function:" not in part
            ]
            text = " ".join([text, *kept])
        self.use(Settings.from_code(text))

    def _do_copy(self, _):
        self.stage.send({"type": "copy", "text": self.settings.code()})

    def _do_export(self, format: str):
        name = self.name.lower()
        self.stage.send(
            {
                "type": "export",
                "format": format,
                "name": name + (".csv" if format == "csv" else ""),
                "text": self.csv() if format == "csv" else "",
            }
        )


def _place(problem: Exception) -> str:
    frames = traceback.extract_tb(problem.__traceback__)
    return f"{frames[-1].name}, line {frames[-1].lineno}" if frames else "the lab"
