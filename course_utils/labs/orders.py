"""What a lab understands: one table of orders, and the knobs that give them and follow."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from ..events import turned
from ..settings import Settings
from ..texts import tidied
from .controls import Knob, set_field
from .session import adapted

if TYPE_CHECKING:
    from .lab import Lab

# orders that keys on the page give
KEYS = ("play", "pause", "step", "next preset", "preset before")


class Orders:
    """The orders of a lab: ``table`` says what each does with its value; all others are refused.

    Parameters
    ----------
    lab : Lab
        Whose experiment, player and fields they act on.
    knobs : mapping of str to Knob
        Controls of its own, by order.
    own : mapping of str to callable
        Further orders of its own.

    Notes
    -----
    ``stale`` says whether the words of moments that are past may have changed.
    """

    def __init__(self, lab: Lab, knobs: Mapping[str, Knob], own: Mapping[str, Callable]):
        self.lab, self.own, self.stale = lab, knobs, False
        self._thread = threading.local()  # says whether this thread obeys an order
        fields = {f"set {name}": self._field(name, field) for name, field in lab.fields.items()}
        preset = Knob(lab.preset, partial(take_preset, lab), lambda: lab.chosen)
        self.knobs = {**fields, **lab.player.knobs, **knobs, "preset": preset}
        coded = {"code": partial(take_code, lab), "copy": partial(copy_code, lab)}
        self.table: dict[str, Callable[[Any], None]] = {
            **{order: partial(self._act, act) for order, act in own.items()},
            **{order: partial(self._turn, knob) for order, knob in self.knobs.items()},
            **(coded if lab.example else {}),
            **({"next preset": partial(next_preset, lab)} if lab.presets else {}),
            **({"preset before": partial(next_preset, lab, by=-1)} if lab.presets else {}),
            "centre": partial(setattr, lab.stage, "central"),
            "new_seed": partial(draw_anew, lab),
            "export": partial(export, lab),
            "show": lambda _: None,  # a frame follows every order
            **lab.player.orders,  # who owns time may turn presets in another way
            **(lab.gate.orders if lab.gate else {}),
        }
        for order, knob in self.knobs.items():
            knob.widget.observe(self._by_hand(order), "value")
            knob.widget.add_class(f"course-field-{order.removeprefix('set ')}")

    def obey(self, key: str, value: Any) -> bool:
        """Carry an order out, and let every control show what holds then.

        Parameters
        ----------
        key : str
            The order.
        value : object
            Its value.

        Returns
        -------
        bool
            False where a control's value holds already, as when a page rounds that of a slider.

        Raises
        ------
        ValueError
            For an order that the lab does not understand; and what the order itself raises.
        """
        self._thread.obeys = True
        try:
            if key not in self.table:
                known = ", ".join(sorted(self.table))
                raise ValueError(
                    f"{self.lab.name} does not understand the order {key!r}: it understands {known}"
                )
            news = not (key in self.knobs and self.knobs[key].holds(value))
            self.table[key](value)
        except Exception:
            self._echo("")  # what is refused does not stay in its control
            raise
        else:
            self._echo(key)
            return news
        finally:
            self._thread.obeys = False

    def _field(self, name: str, field: widgets.ValueWidget) -> Knob:
        lab = self.lab
        return Knob(
            field,
            lambda value: lab.use(adapted(lab.settings, **{name: value})),
            lambda: getattr(lab.settings, name),
            lambda widget, value: set_field(widget, name, value),
        )

    def _act(self, act: Callable, value: Any) -> None:
        act(value)
        self.stale = True
        self.lab.player.changed()

    def _turn(self, knob: Knob, value: Any) -> None:
        if not knob.holds(value):
            knob.act(value)
            self.stale |= knob in self.own.values()
            self.lab.player.changed()

    def _by_hand(self, key: str) -> Callable:
        """A callback that makes an order of each value a person chooses.

        What the worker itself shows is none.
        """

        def moved(change: dict):
            if change["new"] != "" and not getattr(self._thread, "obeys", False):
                self.lab.actor.order(key, change["new"])

        return guarded(self.lab, moved)

    def _echo(self, moved: str):
        """Controls show what holds, but for one that a person is moving.

        That one shows a newer value, or is about to.
        """
        for order, knob in self.knobs.items():
            moving = order == moved and not isinstance(knob.widget, widgets.Dropdown)
            if not moving and not self.lab.actor.waiting(order):
                knob.show()


def guarded(lab: Lab, callback: Callable) -> Callable:
    """A callback whose exceptions the lab shows.

    Parameters
    ----------
    lab : Lab
        Whose error box shows them.
    callback : callable
        What may fail.

    Returns
    -------
    callable
        Takes what the callback takes and returns nothing.
    """

    @wraps(callback)
    def run(*arguments):
        try:
            callback(*arguments)
        except Exception as problem:
            lab.report(problem)

    return run


def draw_anew(lab: Lab, _: Any = None) -> None:
    """Start anew with seeds that have not been seen.

    Parameters
    ----------
    lab : Lab
        Whose experiment starts anew.
    _ : object
        The order's value, which says nothing.
    """
    lab.restart(lab.settings.replace(seed=(lab.settings.seed + lab.session.seeds) % 2**31))


def take_preset(lab: Lab, name: str) -> None:
    """Start the experiment that a preset names, and turn the knobs that it has a value for.

    Parameters
    ----------
    lab : Lab
        Whose preset it is.
    name : str
        Of the preset.

    Raises
    ------
    ValueError
        For one that the lab does not offer.
    """
    if name not in lab.presets:
        raise ValueError(f"{lab.name} has no preset {name!r}: it offers {', '.join(lab.presets)}")
    settings, _, *turned = lab.presets[name]
    lab.use(settings, anew=True, chosen=name)
    for order, value in dict(*turned).items():
        lab.orders[order](value)
    lab.player.go()


def noted(preset: tuple | None, settings: Settings, uses: Iterable[str]) -> str:
    """What a preset says, and what was changed since.

    Parameters
    ----------
    preset : tuple or None
        What it runs, its sentence, and perhaps values of knobs.
    settings : Settings
        What runs.
    uses : iterable of str
        Fields that matter to the lab; it may have set others as it needs them.

    Returns
    -------
    str
        Empty without a preset. Another seed is no change.
    """
    if preset is None:
        return ""
    fixed = {"seed", *settings.__dataclass_fields__} - (set(uses) - {"seed"})
    since = turned(preset[0], settings.replace(**{f: getattr(preset[0], f) for f in fixed}))
    return f"{preset[1]} Changed since: {since}." if since else preset[1]


def next_preset(lab: Lab, _: Any = None, by: int = 1) -> None:
    """Start the preset after the one that holds, or the first; from the last it goes round.

    Parameters
    ----------
    lab : Lab
        Whose presets they are.
    _ : object
        The order's value, which says nothing.
    by : int
        -1 for the preset before the one that holds, or the last.
    """
    names = list(lab.presets)
    at = names.index(lab.chosen) if lab.chosen in lab.presets else min(0, -by)
    take_preset(lab, names[(at + by) % len(names)])


def take_code(lab: Lab, text: str) -> None:
    """Apply a settings code.

    Parameters
    ----------
    lab : Lab
        Whose settings they are to be.
    text : str
        The code; what it does not name stays as it is, but k follows a new link.

    Raises
    ------
    ValueError
        For an empty code, or what ``Settings.from_code`` raises.
    """
    if not tidied(text).strip():
        raise ValueError(
            "the settings code is empty, so there is nothing to apply: "
            f"paste a line such as {lab.example}"
        )
    lab.use(Settings.from_code(text, lab.settings), chosen="")


def copy_code(lab: Lab, _: Any = None) -> None:
    """Give the page the code of what runs, for its clipboard.

    Parameters
    ----------
    lab : Lab
        Whose settings are copied.
    _ : object
        The order's value, which says nothing.
    """
    lab.stage.send({"type": "copy", "text": lab.settings.code()})


def export(lab: Lab, format: str) -> None:
    """Let the page save its figures on one slide, or the run; each is one file.

    Parameters
    ----------
    lab : Lab
        What is saved.
    format : str
        "svg" or "png" for figures with the settings under them, "csv" for the run.
    """
    told = lab.short() if lab.example else lab.text().splitlines()[-1]
    text = lab.csv() if format == "csv" else told
    name = file_name(lab.name, lab.short(), format)
    lab.stage.send({"type": "export", "format": format, "name": name, "text": text})


def file_name(lab: str, code: str, format: str) -> str:
    """The name of an exported file, by lab, settings and time.

    Parameters
    ----------
    lab : str
        The lab's name.
    code : str
        Its settings; those are left out that are as the course has them, but d, k and link.
    format : str
        The end of the name.

    Returns
    -------
    str
        Such as 'SubspaceLab_d=50_k=3_link=chain_2026-11-29_09.30.00.svg'.
    """
    usual = set(Settings().summary().split())
    told = [p for p in code.split() if p.partition("=")[0] in ("d", "k", "link") or p not in usual]
    now = datetime.now().strftime("%Y-%m-%d_%H.%M.%S")
    return re.sub(r"[^\w.=-]", "-", "_".join([lab, *told, now])) + f".{format}"
