"""The frame of every lab: controls, stage, text twin, presets, settings code, export, error box.

A lab is composed: a function such as SubspaceLab gives Lab an experiment, views, words, presets,
knobs and orders.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from ..engine.online import Diverged
from ..run import Run
from ..settings import Settings
from .actor import Actor, place_of
from .cells import replace_predecessor
from .controls import FIRST, MORE, Knob, field_widget, row
from .frames import Frames
from .gate import Gate, Question
from .memory import Memory
from .orders import KEYS, Orders, noted
from .page import recorded
from .parts import Press, code_box, code_parts, lecture_switch, more_parts, preset_menu
from .player import Finisher, Player
from .stage import Stage, listen_beside_cells
from .twin import tell
from .views import Figure, Table, Words


class Lab(widgets.VBox):
    """A live experiment that a cell displays; what makes a lab is given to it.

    Parameters
    ----------
    name : str
        What the lab is called, on the page and in the names of exported files.
    session : Experiment or Session
        The experiment; see experiment.py.
    views : callable
        Called as views(result): the figures of what was measured.
    words : callable
        Called as words(result, moment), with the index of the recorded moment to speak of.
    tables : callable, optional
        Called as tables(result): the rows that views are bound to; None where arrays are given.
    player : callable
        Called with the lab: makes who owns its time, a Player or a Finisher.
    knobs : mapping of str to Knob, optional
        Controls of its own, by the order that their new values are.
    orders : mapping of str to callable, optional
        Further orders that the lab understands, each called with the order's value.
    bar, beside, behind : sequence of str or Press
        What stands beside the fields, beside the presets and behind "more": knobs and buttons.
    presets : mapping of str to tuple, optional
        (Settings, str) worth seeing by name, with a sentence each; a third entry has values of
        knobs, by the knob.
    first, more : sequence of str
        Names of the fields in sight, and of those behind "more".
    more_title : str
        What is behind "more", in words.
    fields : mapping of str to ValueWidget, optional
        Widgets of fields in place of the common ones.
    tips : mapping of str to str, optional
        Tooltips of fields in place of the common ones.
    text : callable
        Called as text(result, words, code): the lines of the text twin.
    example : str
        A settings code that the lab takes; empty for a lab that no code describes.
    lecture : bool
        Open in lecture mode: large type, few controls, the whole page (Escape leaves it).
    question : Question, optional
        What the lab asks before it plays or measures; not in lecture mode.

    Notes
    -----
    ``lab.orders`` are the orders that it understands, ``lab.errors`` what went wrong in callbacks.
    Nothing inherits from Lab.
    """

    def __init_subclass__(cls, **kwargs):
        raise TypeError(
            f"{cls.__name__}: a lab is composed, not inherited; "
            "give Lab an experiment, as labs/subspace.py does"
        )

    def __init__(
        self,
        name: str,
        session,
        views: Callable[[Any], list[Figure]],
        words: Callable[..., Words],
        *,
        tables: Callable[[Any], Mapping[str, Table]] | None = None,
        player: Callable[[Lab], Player | Finisher] = Finisher,
        knobs: Mapping[str, Knob] | None = None,
        orders: Mapping[str, Callable[[Any], None]] | None = None,
        bar: Sequence[str | Press] = (),
        beside: Sequence[str | Press] = (),
        behind: Sequence[str | Press] = (),
        presets: Mapping[str, tuple] | None = None,
        first: Sequence[str] = FIRST,
        more: Sequence[str] = MORE,
        more_title: str = "Seed, export",
        fields: Mapping[str, widgets.ValueWidget] | None = None,
        tips: Mapping[str, str] | None = None,
        text: Callable[[Any, Words, str], list[str]] = tell,
        example: str = "d=50 k=2",
        lecture: bool = False,
        question: Question | None = None,
    ):
        replace_predecessor(self)
        self.name, self.session = name, session
        self.views, self.words, self.tables = views, words, tables
        # a lecture shows what was prepared for it, and leaves no trace in a teacher's own journal
        self.memory = Memory(self, self._frame, keeps=not lecture)
        self.presets = {**(presets or {}), **self.memory.preset()}
        self.example, self._text = example, text
        self.errors: list[Exception] = []
        self._lock = threading.RLock()  # text() may be asked for while the worker trains
        self.chosen = ""  # the preset that holds
        self._based = ""  # the preset of which this is a change
        self._played = False  # whether the last frame was of a lab that plays
        self.actor = Actor(self._obey, self._step, self._show, self.report)
        self.stage = Stage(text=self.text, label=name, central="")
        self.stage.on_event = self._event
        self.player = player(self)
        self.gate = Gate(self, question) if question and not lecture else None
        made = {n: field_widget(n, self.settings, (tips or {}).get(n, "")) for n in (*first, *more)}
        self.fields = made | dict(fields or {})
        self.knobs = {order: knob.widget for order, knob in (knobs or {}).items()}
        self.preset, self.code = preset_menu(self.presets), code_box(self.short())
        self._orders = Orders(self, knobs or {}, orders or {})
        self.orders = self._orders.table
        super().__init__(self._parts(first, more, more_title, (bar, beside, behind), lecture))
        self.add_class("course-lab")
        listen_beside_cells(self)
        if not self.gate or question.then:  # else all waits for an answer
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
        """The recorded run so far, a copy; AttributeError in a lab that trains nothing."""
        if isinstance(result := self.result, Run):
            return result
        raise AttributeError(f"{self.name} records no run: what it has measured is its result")

    def text(self) -> str:
        """The text twin: what the figures show, in words and a small table.

        Returns
        -------
        str
            Several lines.
        """
        with self._lock:
            result = self.session.run()
            told = "\n".join(
                self._text(result, self.words(result, self.player.moment(result)), self.short())
            )
            return self.gate.text(told) if self.gate else told

    def short(self) -> str:
        """The settings that this lab uses, as text.

        Returns
        -------
        str
            Part of the settings' summary.
        """
        return " ".join(
            part
            for part in self.settings.summary().split()
            if part.split("=")[0] in self.session.uses
        )

    def figures(self, result=None, moment: int = -1) -> list[Figure]:
        """The views with their arrays, as they are when a recorded moment is shown.

        Parameters
        ----------
        result : Run or object
            What was measured; left out, what the lab holds.
        moment : int
            Index of the moment; left out, the last.

        Returns
        -------
        list of Figure
            In the order of the page.
        """
        with self._lock:
            result = self.session.run() if result is None else result
            tables = self.tables(result) if self.tables else {}
            return [view.bind(tables, moment) for view in self.views(result)]

    def record_html(self, path: str | Path) -> Path:
        """Write what was recorded as a page of its own, which needs no kernel and no network.

        It opens from a file. Its figures are those of the lab; a recorded run can be looked back
        at, with its sentence at each moment.

        Parameters
        ----------
        path : str or Path
            Where to write, such as "run.html"; an older file of this name is replaced.

        Returns
        -------
        Path
            The file.
        """
        message, buffer = self._frame(Frames().frame)
        path = Path(path)
        path.write_text(
            recorded(self.name, [(message, buffer)], self.stage.central, self.short()),
            encoding="utf-8",
        )
        return path

    def csv(self) -> str:
        """What CSV saves: what was measured, the settings, and what was turned while it went on.

        Returns
        -------
        str
            CSV text, with comment lines first.
        """
        return self.session.to_csv()

    def close(self) -> None:
        """Stop the worker and remove the lab from the page."""
        if hasattr(self, "actor"):  # not where the constructor failed
            self.actor.close()
            super().close()

    def report(self, problem: Exception) -> None:
        """Show an exception as a sentence in the error box, and keep it in ``errors``.

        Parameters
        ----------
        problem : Exception
            What went wrong; of one that nobody foresaw the place is told too.
        """
        foreseen = isinstance(problem, (ValueError, MemoryError, Diverged))
        text = (
            str(problem)
            if foreseen
            else f"{type(problem).__name__}: {problem} (in {place_of(problem)})"
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

    def _parts(self, first, more, more_title: str, placed, lecture: bool) -> list[widgets.Widget]:
        ask = self.actor.order
        self.lecture = lecture_switch(lecture)
        self._link = widgets.jslink((self.lecture, "value"), (self.stage, "lecture"))
        self.stage.lecture = lecture
        self.transport = getattr(self.player, "transport", None)
        bar, beside, behind = (
            [self.knobs[item] if isinstance(item, str) else item.widget(ask) for item in items]
            for items in placed
        )
        switch, box = more_parts(more_title, [*(self.fields[n] for n in more), *behind], ask)
        presets = [self.preset] if self.presets else []
        coded = code_parts(self.code, ask) if self.example else []
        above, aside = [self.fields[n] for n in first], [*beside, *coded, switch, self.lecture]
        two = ([*above, *bar], [*presets, *aside]) if presets or coded else (bar, [*above, *aside])
        rows = [row(some, f"course-{n}") for some, n in zip(two, ("first", "aside"), strict=True)]
        under = [self.transport] if self.transport else []
        gate = [self.gate.box] if self.gate else []
        return [*rows, *gate, self.stage, *under, box]

    # The worker's side: the only code that touches the session.

    def _event(self, event: dict):
        kind = event.get("type")
        if kind == "ack":
            self.actor.hear(int(event["n"]))
        elif kind == "hello":
            self.actor.hear()
        elif kind == "looked":
            self.actor.order("look", event)
        elif kind == "key" and event.get("order") in KEYS:
            if not (self.gate and self.gate.waits(event["order"])):
                self.actor.order(event["order"])
        elif kind == "failed":
            self.report(RuntimeError(f"the page could not draw: {event.get('text')}"))

    def _obey(self, key: str, value):
        with self._lock:
            if self._orders.obey(key, value) and self.gate:
                self.gate.obeyed(key)
            self.memory.keep()

    def _step(self):
        with self._lock:
            self.player.step()
            if self.gate:
                self.gate.look()

    def _show(self) -> int:
        playing, orders = self.actor.playing, self._orders
        reword = orders.stale or (self._played and not playing)  # predictions are exact at rest
        orders.stale, self._played = False, playing
        self.memory.shown(playing)
        if self.tables is None:
            return self._frame(self.stage.send_frame)
        told = {"cursor": self.player.cursor, "looked": self.player.looked}
        return self._frame(partial(self.stage.send_frame, reword=reword, **told))

    def _frame(self, send: Callable):
        """What ``send`` makes of the views, the words of now, and the rows with theirs."""
        with self._lock:
            result = self.session.run()
            at = self.player.moment(result)
            now = self.words(result, at)
            preset = self.presets.get(self._based)
            now.note = noted(preset, self.settings, self.session.uses) or self.player.patience()
            now.settings = self.settings.summary()
            if self.tables is None:
                return send(self.views(result), now)

            def say(moment: int) -> Words:
                words = now if moment == at else self.words(result, moment)
                words.clock = self.player.clock(result, moment)
                return words

            return send(self.views(result), now, self.tables(result), say)

    def use(self, settings: Settings, anew: bool = False, chosen: str | None = None) -> None:
        """Take settings over, as the experiment runs where they may act on it, or else anew.

        Parameters
        ----------
        settings : Settings
            What to run.
        anew : bool
            Whether to begin anew in any case.
        chosen : str, optional
            The preset that holds from now on, empty for none; left out, this is a change of what
            was there.
        """
        changed = {f for f, held in vars(self.settings).items() if getattr(settings, f) != held}
        was, live = self.session.run(), changed <= self.session.live and not anew
        (self.session.change if live else self.session.begin)(settings)
        if changed or anew:
            self.session.keep(was, live, afresh=anew)
        (self.player.changed if live else self.player.begun)()
        self.chosen = chosen or ""
        self._based = self._based if chosen is None else chosen
        if self.stage.error:
            self.stage.send_error("")
        self.code.value = self.short()

    def restart(self, settings: Settings) -> None:
        """Start anew; what a preset says of it still holds.

        Parameters
        ----------
        settings : Settings
            What to run.
        """
        self.use(settings, anew=True, chosen=self.chosen or None)
