"""How things look, by role: the one place for colours, dashes and markers.

A page is told them as data. Colours are Okabe and Ito's, safe for the colour-blind; dash and marker
repeat what a colour says.
"""

from __future__ import annotations

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "star")
OUTSIDE, INSIDE = COLOURS[0], COLOURS[2]  # what lies outside the hidden subspace, and inside
NOW = "#D55E00"  # the moment that is shown, and what was chosen
GREY = "#8a8a8a"  # what is only there to compare with
START = "#D62728"  # the untrained neurons in the paper's Figure 1
PAPERS = {  # colour and shape on the map of papers, by how a paper stands to that of the course
    "this": ("#4D4D4D", "hexagon"),
    "cites": (COLOURS[2], "ellipse"),
    "referenced": (COLOURS[0], "rectangle"),
    "either": (COLOURS[5], "diamond"),
}
INK = "#222222"  # a page turns it into its own text colour
ON_DARK = {  # the same hues, light enough on black
    "#0072B2": "#4AA8E8",
    "#D55E00": "#FF8A3C",
    "#009E73": "#2CC79B",
    "#4D4D4D": "#B8B8B8",
}


def palette() -> dict:
    """What a page has to know of colours.

    Returns
    -------
    dict
        Which colour stands for the page's text, and others for dark pages.
    """
    return {"ink": INK, "dark": ON_DARK}


def faint(colour: str) -> str:
    """The colour of a band around a curve.

    Parameters
    ----------
    colour : str
        The curve's, # and six hexadecimal digits.

    Returns
    -------
    str
        The same, nearly transparent.
    """
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},0.18)"
