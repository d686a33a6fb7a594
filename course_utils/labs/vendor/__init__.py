"""Libraries of others for the page, as they were published; each file begins with its licence.

``cytoscape.min.js`` is dist/cytoscape.min.js of the npm package cytoscape (MIT): graphs that are
drawn on a canvas, with dragging, zooming, touch and selectors, in one file that needs no other. To
renew it, ``npm pack cytoscape``, and write its version and digest here.
"""

from __future__ import annotations

from pathlib import Path

CYTOSCAPE = "3.35.0"
SHA256 = "71fa9ebec21a7ca2c40cff6aacc30d1f6464e363662ad4b2c197e1adc770cd94"


def cytoscape() -> str:
    """The library's source as an ES module's constant of the same name.

    Returns
    -------
    str
        JavaScript that gives ``cytoscape`` and touches no other name.
    """
    source = (Path(__file__).parent / "cytoscape.min.js").read_text(encoding="utf-8")
    return (
        "const cytoscape = (() => {\n"
        "const module = { exports: {} }, exports = module.exports, define = undefined;\n"
        f"{source}\n"
        "return module.exports;\n})();\n"
    )
