"""What the page's TargetLab takes from the course: what is known of links, and its views."""

from __future__ import annotations

import inspect

import numpy as np

from course_utils import Settings
from course_utils.hermite import hermite_coefficients
from course_utils.labs import charts
from course_utils.labs import target as lab
from course_utils.links import LINKS, Link

from .stored_views import given, marked, plain

TILT = 12.3  # a number that stands in no view otherwise


def target_facts() -> dict:
    """Sizes, the streams that samples and looks are drawn from, and links.

    Returns
    -------
    dict
        Plain values.
    """
    defaults = inspect.signature(charts.surface).parameters
    return {
        "shown": lab.SHOWN,
        "measured": lab.MEASURED,
        "degree": lab.DEGREE,
        "solid": lab.SOLID,
        "reach": defaults["reach"].default,
        "streams": list(lab.STREAMS),
        "low": lab.LOW,
        "links": {name: link_facts(link) for name, link in LINKS.items()},
    }


def link_facts(link: Link) -> dict:
    """Its variance for each k, and how its Hermite coefficients along a direction are computed.

    Parameters
    ----------
    link : Link
        Of the registry.

    Returns
    -------
    dict
        ``kind``: "sum" of one function of each direction over sqrt k, whose coefficients are ``c``;
        "products"; or its name, where the page has a formula for it.

    Raises
    ------
    ValueError
        For a link of another kind.
    """
    low, high = link.k_range
    told = {"variance": [link.variance(k) for k in range(low, high + 1)]}
    Z = np.random.default_rng(0).standard_normal((50, 3))
    if high == 1 or np.allclose(link(Z), sum(link(z[:, None]) for z in Z.T) / np.sqrt(3)):
        return told | {"kind": "sum", "c": hermite_coefficients(link.name, lab.DEGREE).tolist()}
    if link.products:
        return told | {"kind": "products"}
    if link.name not in ("norm", "max"):
        raise ValueError(
            f"the page has no Hermite coefficients of the link {link.name!r}: write them in "
            "kernel/along.js"
        )
    return told | {"kind": link.name}


def target_views() -> dict:
    """Its views, with places for numbers; the true projections of one direction and of several.

    Returns
    -------
    dict
        ``cloud``, ``surface``, ``seen``, ``shares``, and the ``legend`` of the last where curves
        are low.
    """
    one, seen, shares = views(Settings(link="he2", d=20, k=1, noise=3.0))
    surface, *_ = views(Settings(link="product", d=20, k=2))
    for view, x, line, curve in (
        (one, "z", "link line", "link curve"),
        (seen, "seen", "line", "curve"),
    ):
        dots, path = view["traces"]
        dots |= {"x": given(x), "y": given("y")}
        path |= {"x": given(line), "y": given(curve)}
        view["layout"]["yaxis"]["range"] = given("range")
    shell, dots = surface["traces"]
    shell |= {"x": given("q"), "y": given("q"), "z": given("heights")}
    dots |= {axis: given(f"dots {axis}") for axis in "xyz"}
    surface["layout"]["scene"]["zaxis"]["range"] = given("height range")
    zone, median, predicted, measured = shares["traces"]
    zone["x"] = given("random zone")
    median["x"] = given("median line")
    predicted |= {"x": given("angles"), "y": given("share")}
    measured |= {"x": given("tilt"), "y": given("measured")}
    legend = shares["layout"]["legend"]
    shares["layout"]["legend"] = given("legend")
    shares["layout"]["annotations"][0]["x"] = given("middle")
    made = {"cloud": one, "surface": surface, "seen": seen, "shares": shares}
    return made | {"legend": legend}


def views(settings: Settings) -> list[dict]:
    """The views of such a cloud."""
    cloud = lab.Cloud(settings)
    cloud.look(TILT, 0.0)
    return [marked(plain(view), {}, {f"{TILT:.1f}": "{tilt}"}) for view in lab.views(cloud)]
