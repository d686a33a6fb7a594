"""The controls of a lab: widgets of the fields of Settings, knobs, buttons, the transport bar."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from ..directions import direction_examples
from ..inputs import law_examples
from ..links import LINKS
from ..settings import CHOICES, Settings

STEPS = {
    "d": [2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 5000, 10**4, 10**5, 10**6],
    "noise": [0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0],
    "width": [10, 20, 50, 100, 200, 500, 1000],
    "weight_decay": [0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0],
    "step": [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0],
    "start": [0.01, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0],
}
EXAMPLES = {"inputs": law_examples, "directions": direction_examples}
WORDS = {
    "d": ("d", "Input dimension: how many directions there are to get lost in. Starts a new run."),
    "k": ("k", "How many hidden directions the labels depend on. Starts a new run."),
    "noise": (
        "noise",
        "Standard deviation of the noise added to each label. Acts on the running experiment.",
    ),
    "weight_decay": (
        "decay",
        "Width-free weight decay: shrinks W a little at each step. Acts on the running experiment.",
    ),
    "step": ("step", "Step size in units of d samples. Acts on the running experiment."),
    "width": ("width", "Number of neurons. Starts a new run."),
    "link": ("link", "How the label depends on the hidden projections. Starts a new run."),
    "activation": ("activation", "The neuron's nonlinearity. Starts a new run."),
    "loss": ("loss", "What SGD makes small. Starts a new run."),
    "schedule": (
        "schedule",
        "Constant steps leave a floor, decreasing ones do not. Acts on the running experiment.",
    ),
    "bias": (
        "biases",
        "Normal, away from zero (1 to 2 in size), none, or ± a number; frozen. Starts a new run.",
    ),
    "seed": ("seed", "Whole number from which all random draws come. Starts a new run."),
    "inputs": ("inputs", "Law of the inputs; a code gives it other numbers. Starts a new run."),
    "directions": ("directions", "Random, on axes, or of few entries. Starts a new run."),
    "start": ("start", "Norm of the rows of W at the start. Starts a new run."),
}
FIRST = ("d", "k", "noise", "weight_decay", "step")
MORE = ("link", "width", "activation", "loss", "schedule", "bias", "seed")


def field_widget(
    name: str, settings: Settings, tip: str = "", offered: Iterable[float] = ()
) -> widgets.ValueWidget:
    """The widget of one field of Settings, labelled and with a tooltip.

    Parameters
    ----------
    name : str
        The field.
    settings : Settings
        Its value is shown.
    tip : str
        Tooltip; left out, the common one.
    offered : iterable of float
        Values to choose from, of a menu further ones; left out, the common ones. The present value
        is always among them.

    Returns
    -------
    ValueWidget
        A slider, a menu or a box, by the field.
    """
    label, value = WORDS[name][0], getattr(settings, name)
    tip = tip or WORDS[name][1]
    common = {"description": label, "tooltip": tip, "style": {"description_width": "initial"}}
    if name in STEPS:
        options = _options([*(offered or STEPS[name]), value])
        return widgets.SelectionSlider(
            options=options, value=value, continuous_update=True, **common
        )
    if name == "k":
        return widgets.IntSlider(value=value, min=1, max=max(6, value), **common)
    if name == "seed":
        return widgets.BoundedIntText(value=value, min=0, max=max(2**31 - 1, value), **common)
    if name == "link":
        options = [(f"{n}: {link.formula}", n) for n, link in LINKS.items()]
        if callable(value):
            options.append((f"yours: {getattr(value, '__name__', 'function')}", value))
        return widgets.Dropdown(options=options, value=value, **common)
    made = widgets.Dropdown(options=_names(name, value, offered), value=value, **common)
    made.further = tuple(offered)
    return made


def set_field(widget: widgets.ValueWidget, name: str, value) -> None:
    """Show a value in a field's widget, also one that its slider had no place for.

    Parameters
    ----------
    widget : ValueWidget
        From ``field_widget``.
    name : str
        The field.
    value : object
        What holds.
    """
    if widget.value == value:
        return
    stepped = name in STEPS or (name == "k" and hasattr(widget, "options"))
    if stepped and value not in (offered := [v for _, v in widget.options]):
        widget.options = _options([*offered, value])
    if name == "link" and value not in (offered := [v for _, v in widget.options]):
        widget.options = [
            *widget.options,
            (LINKS[value].formula if value in LINKS else "yours", value),
        ]
    if name in CHOICES or name in EXAMPLES:
        widget.options = _names(name, value, getattr(widget, "further", ()))
    if name == "k" and not stepped:
        widget.max = max(6, value)
    if name == "seed":
        widget.max = max(widget.max, value)
    widget.value = value


def _names(name: str, value, further: Iterable[float] = ()) -> list:
    """The choices of a field, further ones, and what else holds: numbers are sizes of biases."""
    every = [*(EXAMPLES[name]() if name in EXAMPLES else CHOICES[name]), *further]
    every += [] if value in every else [value]
    return [(n if isinstance(n, str) else f"±{n:g}", n) for n in every]


def _options(values) -> list[tuple[str, float]]:
    return [(f"{v:,}" if isinstance(v, int) else f"{v:g}", v) for v in sorted(set(values))]


def slider(
    name: str, tip: str, low: float, high: float, step: float, form: str = ".2f"
) -> widgets.FloatSlider:
    """A labelled slider of a number.

    Parameters
    ----------
    name, tip : str
        Label and tooltip.
    low, high, step : float
        Ends and step.
    form : str
        How the number is written.

    Returns
    -------
    FloatSlider
        At 0, or at the lower end where that is above.
    """
    return widgets.FloatSlider(
        value=max(low, 0.0),
        min=low,
        max=high,
        step=step,
        description=name,
        tooltip=tip,
        readout_format=form,
        continuous_update=True,
        style={"description_width": "initial"},
    )


def choice(name: str, tip: str, options: Iterable, value, **layout) -> widgets.Dropdown:
    """A labelled menu.

    Parameters
    ----------
    name, tip : str
        Label and tooltip.
    options : iterable
        Values, or (text, value) pairs.
    value : object
        The one that is chosen.
    **layout : str
        CSS of the widget.

    Returns
    -------
    Dropdown
        The menu.
    """
    return widgets.Dropdown(
        options=list(options),
        value=value,
        description=name,
        tooltip=tip,
        style={"description_width": "initial"},
        layout=layout,
    )


def steps(
    name: str, tip: str, options: Iterable[tuple[str, Any]], value
) -> widgets.SelectionSlider:
    """A labelled slider over a few values.

    Parameters
    ----------
    name, tip : str
        Label and tooltip.
    options : iterable of (str, object)
        Text and value of each.
    value : object
        The one that is chosen.

    Returns
    -------
    SelectionSlider
        The slider.
    """
    return widgets.SelectionSlider(
        options=list(options),
        value=value,
        description=name,
        tooltip=tip,
        style={"description_width": "initial"},
    )


def row(children: list, name: str = "course-row") -> widgets.Box:
    """Widgets beside each other, on as many lines as they need.

    Parameters
    ----------
    children : list of Widget
        From left to right.
    name : str
        A class for the style sheet.

    Returns
    -------
    Box
        The row.
    """
    made = widgets.HBox(children)
    made.add_class("course-row")
    made.add_class(name)
    return made


def put_value(widget: widgets.ValueWidget, value) -> None:
    """Show a value in a widget.

    Parameters
    ----------
    widget : ValueWidget
        The widget.
    value : object
        What it shows from now on.
    """
    widget.value = value


@dataclass
class Knob:
    """A control whose new values are orders, and which shows what the experiment holds.

    Attributes
    ----------
    widget : ValueWidget
        The control.
    act : callable
        Called with a value: takes it over.
    held : callable
        Called with nothing: the value that holds.
    put : callable
        Called as put(widget, value): shows it.
    """

    widget: widgets.ValueWidget
    act: Callable[[Any], None]
    held: Callable[[], Any]
    put: Callable[[Any, Any], None] = put_value

    def shown(self):
        """What holds, as the control can show it.

        Returns
        -------
        object
            On a slider rounded to its steps: the page rounds too, and would send that back as news.
        """
        value, widget = self.held(), self.widget
        if not isinstance(widget, widgets.FloatSlider):
            return value
        digits = max(0, math.ceil(-math.log10(widget.step)))
        return round(min(max(value, widget.min), widget.max), digits) + 0.0  # no -0

    def holds(self, value) -> bool:
        """Whether a value is what holds already, as far as the control can tell.

        Parameters
        ----------
        value : object
            What the control shows.

        Returns
        -------
        bool
            True within half a step of a slider.
        """
        if isinstance(self.widget, widgets.FloatSlider):
            return abs(value - self.shown()) <= 0.51 * self.widget.step  # half a step
        return self.held() == value

    def show(self) -> None:
        """Let the control show what holds."""
        self.put(self.widget, self.shown())


def button(
    label: str, tip: str, action: Callable[[], None], icon: str = "", style: str = ""
) -> widgets.Button:
    """A button that acts.

    Parameters
    ----------
    label, tip : str
        What is written on it, and its tooltip.
    action : callable
        Called when it is pressed.
    icon, style : str
        Names that ipywidgets knows; empty for none.

    Returns
    -------
    Button
        As wide as its label.
    """
    made = widgets.Button(
        description=label, tooltip=tip, icon=icon, button_style=style, layout={"width": "auto"}
    )
    made.on_click(lambda _: action())
    return made


class Transport(widgets.HBox):
    """Play, pause, step, x10, reset, new seed and speed.

    Parameters
    ----------
    order : callable
        Called with the name of the order that a button gives.
    """

    def __init__(self, order: Callable[..., None]):
        self.play = button(
            "Play",
            "Train, frame by frame (Space: play, pause)",
            lambda: order("play"),
            "play",
            "primary",
        )
        self.pause = button(
            "Pause", "Stop training; everything stays", lambda: order("pause"), "pause"
        )
        self.speed = widgets.SelectionSlider(
            options=[("1/4", 0.25), ("1/2", 0.5), ("1", 1.0), ("2", 2.0), ("4", 4.0)],
            value=1.0,
            description="speed",
            tooltip="How much a frame trains",
            layout={"width": "150px"},
            style={"description_width": "initial"},
        )
        step = button("Step", "Train for one frame (→)", lambda: order("step"), "step-forward")
        seed = button("New seed", "Draw everything anew", lambda: order("new_seed"), "random")
        named = {"play": self.play, "pause": self.pause, "step": step, "new-seed": seed}
        for name, part in named.items():
            part.add_class(f"course-{name}")
        children = [
            self.play,
            self.pause,
            step,
            button(
                "×10",
                "Train until ten times as many samples are seen",
                lambda: order("x10"),
                "fast-forward",
            ),
            button("Reset", "Back to the untrained network", lambda: order("reset"), "undo"),
            seed,
            self.speed,
        ]
        super().__init__(children)
        self.add_class("course-transport")
