"""What the modules of a live lab take from the course: settings, theory, controls."""

from __future__ import annotations

from dataclasses import fields
from unittest.mock import patch

import ipywidgets as widgets

from course_utils import Settings
from course_utils.activations import ACTIVATIONS
from course_utils.directions import DIRECTIONS
from course_utils.inputs import LAWS
from course_utils.labs import BreakLab
from course_utils.labs.actor import Actor
from course_utils.labs.controls import STEPS
from course_utils.links import LINKS, default_k, gaussian_grid
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
        "functions": {
            name: {
                "kRange": [1, MOST],
                "defaultK": default_k(settings.link),
                "uncoded": uncoded(settings),
            }
            for name, settings in functions().items()
        },
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


def functions() -> dict[str, Settings]:
    """Links of presets that are no records but functions, by what a summary calls them."""
    every = [kept[0] for kept in BreakLab.presets.values() if callable(kept[0].link)]
    parts = [dict(part.split("=", 1) for part in s.summary().split()) for s in every]
    return {part["link"]: settings for part, settings in zip(parts, every, strict=True)}


def uncoded(settings: Settings) -> str:
    """What is said where a code is asked for that cannot be."""
    try:
        return settings.code()
    except ValueError as problem:
        return str(problem)


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
        "links": {n: {"exponents": link_facts(link)["exponents"]} for n, link in LINKS.items()}
        | {name: {"exponents": [None] * MOST} for name in functions()},
        "grids": {
            "noise": [part.tolist() for part in gaussian_grid(8.0, 160, 2)],
            "slope": [part.tolist() for part in gaussian_grid(8.0, 16, 8)],
        },
    }


def controls_of(make) -> dict:
    """The controls of a lab, row by row, in words, choices and orders, as its widgets have them.

    Parameters
    ----------
    make : callable
        Makes the lab.

    Returns
    -------
    dict
        ``first`` and ``aside`` over the figures, ``more`` and ``saved`` behind "more", and
        ``transport``, each a list of parts; ``presets`` says what its menu is called.
    """
    asked: list = []
    with patch.object(Actor, "order", lambda _, *order: asked.append(order)):
        lab = make()
        known = {id(widget): (f"set {name}", name) for name, widget in lab.fields.items()}
        known |= {id(widget): (order, order) for order, widget in lab.knobs.items()}
        known |= {id(lab.preset): ("preset", "preset"), id(lab.code): ("code", "code")}

        def part(widget) -> dict:
            if "course-more-switch" in widget._dom_classes:
                return said(widget) | {"kind": "more"}
            if widget is lab.lecture:
                return said(widget) | {"kind": "lecture"}
            if isinstance(widget, widgets.Button):
                asked.clear()
                widget.click()
                order, value = (*asked[-1], None)[:2]
                return said(widget) | {"kind": "button", "order": order, "value": value}
            order, name = known.get(id(widget), ("speed", "speed"))
            return field(name, widget) | {"order": order, "name": name}

        above, aside = [box for box in lab.children if "course-row" in box._dom_classes]
        more, saved = lab.children[-1].children
        rows = {"first": above, "aside": aside, "more": more, "saved": saved}
        if lab.transport:
            rows["transport"] = lab.transport
        told = {name: [part(widget) for widget in box.children] for name, box in rows.items()}
        lab.close()
    return told


def said(widget) -> dict:
    """Label and tooltip of a widget."""
    return {"label": widget.description, "tip": widget.tooltip}


def field(name: str, widget) -> dict:
    """One field or knob: its kind and its choices."""
    told = said(widget)
    if isinstance(widget, widgets.SelectionSlider):
        if name not in STEPS:
            return told | {"kind": "menu", "options": widget.options}
        return told | {"kind": "steps", "options": STEPS[name]}
    if isinstance(widget, widgets.FloatSlider):
        ends = {"min": widget.min, "max": widget.max, "step": widget.step}
        return told | {"kind": "slider", **ends, "digits": int(widget.readout_format[1:-1])}
    if isinstance(widget, widgets.IntSlider):
        ends = {"min": widget.min, "max": widget.max, "step": 1, "digits": 0}
        return told | {"kind": "slider", **ends}
    if isinstance(widget, widgets.BoundedIntText):
        return told | {"kind": "number", "min": widget.min, "max": widget.max}
    if isinstance(widget, widgets.ToggleButton):
        return told | {"kind": "toggle"}
    if isinstance(widget, widgets.Text):
        return told | {"kind": "code"}
    return told | {"kind": "menu", "options": widget.options}
