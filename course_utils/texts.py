"""Texts that settings hold: a known name and numbers, such as 'spiked:20:0.5'; never evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import NamedTuple

NUMBER = r"[0-9]{1,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,3})?"
"""What a number looks like in the texts that the course reads: 20, 0.5, 1e-3."""


class Parameter(NamedTuple):
    """A number that follows a name in a text such as 'student:3'.

    Attributes
    ----------
    name : str
        What texts and errors call it, such as NU.
    low, high : float
        Least and most that is allowed.
    example : float
        One to try.
    whole : bool
        Whether it is a whole number.
    """

    name: str
    low: float
    high: float
    example: float
    whole: bool = False


def tidied(text: str) -> str:
    """A settings code without what people and programs put around it.

    Parameters
    ----------
    text : str
        As it was typed or pasted.

    Returns
    -------
    str
        Without backticks and quotes, without spaces around "="; commas and semicolons are spaces.
    """
    bare = re.sub("[`'\"\u2018-\u201f\u2039\u203a\u00ab\u00bb\u200b\ufeff]", "", text)
    return re.sub(r"\s*=\s*", "=", re.sub("[,;]", " ", bare))


def shortest(value: float) -> str:
    """A number as text, as short as can be read back exactly.

    Parameters
    ----------
    value : float
        Any number.

    Returns
    -------
    str
        Such as '20' or '0.5'.
    """
    return repr(float(value)).removesuffix(".0")


def usage(name: str, parameters: Iterable[Parameter]) -> str:
    """How a name and its parameters are written.

    Parameters
    ----------
    name : str
        The name.
    parameters : iterable of Parameter
        What follows it.

    Returns
    -------
    str
        Such as 'spiked:THETA:COS'.
    """
    return ":".join([name, *(p.name for p in parameters)])


def example(name: str, parameters: Iterable[Parameter]) -> str:
    """A name with numbers to try.

    Parameters
    ----------
    name : str
        The name.
    parameters : iterable of Parameter
        What follows it.

    Returns
    -------
    str
        Such as 'spiked:20:0.5'.
    """
    return ":".join([name, *(shortest(p.example) for p in parameters)])


def name_with_numbers(
    field: str, text: str, known: Mapping[str, tuple[Parameter, ...]]
) -> tuple[str, tuple[float, ...]]:
    """A known name and the numbers behind it; the text is parsed, never evaluated.

    Parameters
    ----------
    field : str
        What the error calls it.
    text : str
        Such as 'spiked:20:0.5'.
    known : mapping of str to tuple of Parameter
        Names, each with the parameters that it takes.

    Returns
    -------
    name : str
        The name.
    values : tuple of float
        Its numbers, whole ones as int.

    Raises
    ------
    ValueError
        In one sentence: what is wrong with the text, and what to try.
    TypeError
        If it is no text.
    """
    forms = ", ".join(usage(*form) for form in known.items())
    if not isinstance(text, str):
        raise TypeError(f"{field} must be one of {forms}, got {text!r} ({type(text).__name__})")
    shown = repr(text if len(text) <= 60 else f"{text[:60]}...")
    name, *parts = text.split(":")
    if name not in known:
        near = get_close_matches(name.strip().lower()[:60], known, 1)
        hint = f"; did you mean {usage(near[0], known[near[0]])}?" if near else ""
        raise ValueError(f"{field} = {shown} is unknown: it must be one of {forms}{hint}")
    parameters = known[name]
    one = example(name, parameters)
    if len(parts) != len(parameters):
        takes = f"is written {usage(name, parameters)}" if parameters else "takes no number"
        raise ValueError(f"{field} = {shown} does not fit: {name} {takes}; try {one}")
    values = []
    for parameter, part in zip(parameters, parts, strict=True):
        problem = _not_within(parameter, part)
        if problem:
            raise ValueError(
                f"{field} = {shown} has {parameter.name} {problem}; try {one}. "
                f"All that {field} can be: {forms}"
            )
        values.append(int(part) if parameter.whole else float(part) + 0.0)
    return name, tuple(values)


def _not_within(parameter: Parameter, part: str) -> str:
    """What is wrong with the text of a number; empty if nothing is."""
    form = "[0-9]{1,19}" if parameter.whole else f"-?{NUMBER}"
    kind = "whole number" if parameter.whole else "number"
    if not re.fullmatch(form, part):
        return f"= {part[:20]!r}, which is no {kind} written in digits"
    if not parameter.low <= float(part) <= parameter.high:
        low, high = shortest(parameter.low), shortest(parameter.high)
        return f"= {part[:20]}, but it must be a {kind} from {low} to {high}"
    return ""
