"""What the page's HermiteLab takes from the course: known links, and its views."""

from __future__ import annotations

from course_utils import Settings
from course_utils.labs import hermite as lab

from .stored_views import given, marked, plain


def expansion_of(name: str) -> lab.Expansion:
    """The expansion of a known link."""
    return lab.Expansion(Settings(link=name, d=100, k=1))


def hermite_facts() -> dict:
    """Coefficients of known links, and where curves are drawn.

    Returns
    -------
    dict
        Plain values.
    """
    known = {name: expansion_of(name) for name in lab.KNOWN}
    link, _, signal = lab.views(known["tanh"])
    return {
        "links": {name: {"c": one.c.tolist(), "rest": one.rest} for name, one in known.items()},
        "z": link.traces[0]["x"].tolist(),
        "overlaps": signal.traces[0]["x"].tolist(),
    }


def hermite_views() -> dict:
    """Its views with places for numbers, of a known link and of one's own; and how bars look.

    Returns
    -------
    dict
        ``known``, ``own`` and ``bars``.
    """
    known, own = (expansion_of("tanh") for _ in range(2))
    own.set(1, 0.5)
    _, bars, _ = (plain(view) for view in lab.views(known))
    looks = zip(bars["traces"][0]["marker"]["color"], shapes(bars), strict=True)
    plain_one, accent, *_ = ({"colour": colour, "shape": shape} for colour, shape in looks)
    if known.exponent != 1:
        raise ValueError("the bar of degree 1 is not the accented one")
    made = {"known": views(known), "own": views(own)}
    return made | {"bars": {"plain": plain_one, "accent": accent}}


def shapes(bars: dict) -> list[str]:
    """Patterns of bars."""
    return bars["traces"][0]["marker"]["pattern"]["shape"]


def views(expansion: lab.Expansion) -> list[dict]:
    """The views of such an expansion."""
    texts = {"degree 1 alone": "degree {s} alone"}
    if expansion.name != "own":
        texts[expansion.name] = "{name}"
    link, bars, signal = (marked(plain(view), {}, texts) for view in lab.views(expansion))
    ys = ["built", "known", "bell"] if len(link["traces"]) == 3 else ["built", "bell"]
    for trace, name in zip(link["traces"], ys, strict=True):
        trace |= {"x": given("z"), "y": given(name)}
    link["layout"]["yaxis"]["range"] = given("reach")
    (bar,) = bars["traces"]
    bar |= {"y": given("coefficients"), "text": given("numbers")}
    bar["marker"] = {"color": given("colours"), "pattern": {"shape": given("shapes")}}
    share, slope, start, here = signal["traces"]
    share |= {"x": given("overlaps"), "y": given("share")}
    slope |= {"x": given("overlaps"), "y": given("slope")}
    start["x"] = given("start")
    here |= {"x": given("start alone"), "y": given("here")}
    return [link, bars, signal]
