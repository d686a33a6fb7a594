"""What the modules of a live lab take from the course: settings, theory, controls."""

from __future__ import annotations

from dataclasses import fields

import ipywidgets as widgets

from course_utils import Settings
from course_utils.activations import ACTIVATIONS
from course_utils.directions import DIRECTIONS
from course_utils.inputs import LAWS
from course_utils.labs.controls import STEPS, Transport
from course_utils.labs.parts import code_parts, more_parts
from course_utils.links import LINKS, gaussian_grid
from course_utils.losses import LOSSES
from course_utils.settings import BIAS, CHOICES, REAL, UNSAID, WHOLE
from course_utils.theory import assumptions
from course_utils.theory.assumptions import FEW, KINK

MOST = WHOLE["k"][1]


def settings_facts() -> dict:
    """Fields of Settings with their limits, and the registries that they choose from.

    Returns
    -------
    dict
        Plain values.
    """
    return {
        "fields": [{"name": f.name, "value": f.default} for f in fields(Settings)],
        "whole": {name: [low, str(high)] for name, (low, high) in WHOLE.items()},
        "real": REAL,
        "bias": BIAS,
        "unsaid": UNSAID,
        "choices": {name: list(allowed) for name, allowed in CHOICES.items()},
        "links": {name: link_facts(link) for name, link in LINKS.items()},
        "laws": {
            name: {
                "parameters": [p._asdict() for p in law.parameters],
                "reducible": law.reducible,
                "shaped": law.shape is not None,
                "spiked": law.spiked,
                "independent": law.independent,
                "breaks": law.breaks,
            }
            for name, law in LAWS.items()
        },
        "directions": {
            name: [p._asdict() for p in parameters] for name, (parameters, _) in DIRECTIONS.items()
        },
    }


def link_facts(link) -> dict:
    """What is known of a link, for each k."""
    low, high = link.k_range
    told = {"formula": link.formula, "kRange": link.k_range, "defaultK": link.default_k}
    told["exponents"] = [link.exponent(k) for k in range(low, high + 1)]
    if link.products:
        every = link.products(MOST)
        each = {k: link.products(k) for k in range(low, high + 1)}
        same = all(each[k] == tuple(p for p in every if max(p) <= k) for k in each)
        told["products"] = {"all": every} if same else {"each": each}
    return told


def theory_facts() -> dict:
    """Constants and names behind the lamps.

    Returns
    -------
    dict
        Plain values.
    """
    lamps = assumptions(Settings())
    return {
        "lamps": [lamp.name for lamp in lamps],
        "purposes": [lamp.purpose for lamp in lamps],
        "standardInputs": lamps[-1].text,
        "kink": KINK,
        "few": FEW,
        "activations": {
            name: {
                "largestSlope": sigma.largest_slope,
                "largestCurvature": sigma.largest_curvature,
                "jump": sigma.jump,
            }
            for name, sigma in ACTIVATIONS.items()
        },
        "losses": {
            name: {
                "largestSlope": loss.largest_slope,
                "largestCurvature": loss.largest_curvature,
                "letsThrough": loss.lets_through,
                "signLabels": loss.sign_labels,
            }
            for name, loss in LOSSES.items()
        },
        "links": {n: {"exponents": link_facts(link)["exponents"]} for n, link in LINKS.items()},
        "grids": {
            "noise": [part.tolist() for part in gaussian_grid(8.0, 160, 2)],
            "slope": [part.tolist() for part in gaussian_grid(8.0, 16, 8)],
        },
    }


def controls_of(lab) -> dict:
    """The controls of a lab, in words, choices and orders, as its widgets have them.

    Parameters
    ----------
    lab : Lab
        Any.

    Returns
    -------
    dict
        Plain values.
    """
    asked: list = []

    def press(button: widgets.Button) -> dict:
        asked.clear()
        button.click()
        order, value = (*asked[0], None)[:2] if asked else ("", None)
        return said(button) | {"order": order, "value": value, "icon": button.icon}

    def ask(*order) -> None:
        asked[:] = [order]

    transport = Transport(ask)
    switch, behind = more_parts("", [], ask)
    box, *code_buttons = code_parts(lab.code, ask)
    every = {name: field(name, widget) for name, widget in lab.fields.items()}
    first = [name for name in lab.fields if lab.fields[name] in lab.children[0].children]
    return {
        "fields": every,
        "first": first,
        "more": [name for name in lab.fields if name not in first],
        "moreSwitch": said(switch) | {"tip": more_title(lab)},
        "saved": [press(button) for button in behind.children[1].children],
        "transport": [press(b) for b in transport.children if isinstance(b, widgets.Button)],
        "speed": said(transport.speed) | {"options": transport.speed.options},
        "preset": said(lab.preset) | {"none": lab.preset.options[0][0]},
        "code": said(box),
        "codeButtons": [press(button) for button in code_buttons],
        "compare": said(lab.knobs["compare"]),
        "lecture": said(lab.lecture),
    }


def said(widget) -> dict:
    """Label and tooltip of a widget."""
    return {"label": widget.description, "tip": widget.tooltip}


def more_title(lab) -> str:
    """What is behind "more", in words."""
    row = next(part for part in lab.children if "course-aside" in part._dom_classes)
    return next(b.tooltip for b in row.children if "course-more-switch" in b._dom_classes)


def field(name: str, widget) -> dict:
    """One field: its kind and its choices."""
    told = said(widget)
    if isinstance(widget, widgets.SelectionSlider):
        return told | {"kind": "steps", "options": STEPS[name]}
    if isinstance(widget, widgets.IntSlider):
        return told | {"kind": "slider", "min": widget.min, "max": widget.max}
    if isinstance(widget, widgets.BoundedIntText):
        return told | {"kind": "number", "min": widget.min, "max": widget.max}
    return told | {"kind": "menu", "options": widget.options}
