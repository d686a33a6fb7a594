"""What stands on the page around the stage of a lab: menus, buttons, the row behind "more"."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import ipywidgets as widgets

from .controls import button, row

Ask = Callable[..., None]  # called with an order and its value


class Press(NamedTuple):
    """A button that gives an order.

    Attributes
    ----------
    label : str
        What is written on it.
    tip : str
        Its tooltip.
    order : str
        The order.
    icon : str
        A name that ipywidgets knows; empty for none.
    value : object
        Of the order.
    """

    label: str
    tip: str
    order: str
    icon: str = ""
    value: Any = None

    def widget(self, ask: Ask) -> widgets.Button:
        """The button itself.

        Parameters
        ----------
        ask : callable
            Called with the order and its value when the button is pressed.

        Returns
        -------
        Button
            For a page.
        """
        return button(self.label, self.tip, lambda: ask(self.order, self.value), self.icon)


def lecture_switch(on: bool) -> widgets.ToggleButton:
    """The switch that turns lecture mode on and off.

    Parameters
    ----------
    on : bool
        What it shows at first.

    Returns
    -------
    ToggleButton
        The switch.
    """
    tip = "Large type, few controls, the whole page; Escape goes back"
    made = widgets.ToggleButton(
        value=on, description="Lecture", icon="expand", layout={"width": "auto"}, tooltip=tip
    )
    made.add_class("course-lecture-switch")
    return made


def preset_menu(presets: Iterable[str]) -> widgets.Dropdown:
    """A menu of presets.

    Parameters
    ----------
    presets : iterable of str
        Their names.

    Returns
    -------
    Dropdown
        Its first entry, the empty name, is none of them.
    """
    return widgets.Dropdown(
        options=[("choose", ""), *[(name, name) for name in presets]],
        value="",
        description="preset",
        tooltip="An experiment worth seeing, in one choice",
        style={"description_width": "initial"},
    )


def code_box(code: str) -> widgets.Text:
    """The box that holds a settings code.

    Parameters
    ----------
    code : str
        What it shows at first.

    Returns
    -------
    Text
        The box.
    """
    return widgets.Text(
        value=code,
        description="settings code",
        tooltip="Paste a code here and press Apply",
        layout={"width": "min(100%, 620px)"},
        style={"description_width": "initial"},
    )


def more_box(
    title: str, fields: list[widgets.Widget], code: widgets.Text | None, ask: Ask
) -> widgets.Accordion:
    """What is behind "more": fields, the settings code where there is one, and export.

    Parameters
    ----------
    title : str
        What is written on it.
    fields : list of Widget
        Fields of the settings.
    code : Text or None
        From ``code_box``.
    ask : callable
        Called with an order and its value when a button is pressed.

    Returns
    -------
    Accordion
        Closed at first.
    """
    coded = []
    if code is not None:
        tip = "Start the experiment that the code describes"
        coded = [
            code,
            button("Apply", tip, lambda: ask("code", code.value)),
            Press("Copy", "Copy the code of what runs now", "copy").widget(ask),
        ]
    saved = [
        Press("SVG", "Save every figure as SVG", "export", "download", "svg"),
        Press("PNG", "Save every figure as PNG", "export", "download", "png"),
        Press("CSV", "Save the run with its settings", "export", "download", "csv"),
    ]
    last = row([*coded, *(press.widget(ask) for press in saved)])
    made = widgets.Accordion([widgets.VBox([row(fields), last])])
    made.set_title(0, title)
    made.add_class("course-more")
    return made
