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
    tip = "Large type, few controls, the whole page; Escape goes back, ? shows the keys"
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
        tooltip="Names and values, such as d=50 k=2; Enter applies them",
        style={"description_width": "initial"},
    )


def code_parts(code: widgets.Text, ask: Ask) -> list[widgets.Widget]:
    """The settings code with its buttons.

    Parameters
    ----------
    code : Text
        From ``code_box``.
    ask : callable
        Called with the order "code" and the text when Apply or Enter is pressed, or with "copy".

    Returns
    -------
    list of Widget
        The box, Apply and Copy.
    """

    def heard(_, content: dict, __):
        if content.get("event") == "submit":
            ask("code", code.value)

    code.on_msg(heard)
    tip = "Change what the code names, and start anew"
    made = [
        code,
        button("Apply", tip, lambda: ask("code", code.value)),
        Press("Copy", "Copy the code of what runs now", "copy").widget(ask),
    ]
    for part, name in zip(made, ("settings-code", "apply", "copy"), strict=True):
        part.add_class(f"course-{name}")
    return made


def more_parts(
    title: str, fields: list[widgets.Widget], ask: Ask
) -> tuple[widgets.Button, widgets.VBox]:
    """What is behind "more": fields and export, and the button that opens it over the figures.

    Parameters
    ----------
    title : str
        What there is, for the button's tooltip.
    fields : list of Widget
        Fields of the settings.
    ask : callable
        Called with an order and its value when a button is pressed.

    Returns
    -------
    switch : Button
        A page opens and closes the box with it.
    box : VBox
        For the end of the lab.
    """
    saved = [
        Press("SVG", "Save all figures as SVG, on one slide", "export", "download", "svg"),
        Press("PNG", "Save all figures as PNG, on one slide", "export", "download", "png"),
        Press("CSV", "Save the run with its settings", "export", "download", "csv"),
    ]
    made = widgets.VBox([row(fields), row([press.widget(ask) for press in saved])])
    made.add_class("course-more")
    switch = button("More", title, lambda: None, "caret-down")
    switch.add_class("course-more-switch")
    return switch, made
