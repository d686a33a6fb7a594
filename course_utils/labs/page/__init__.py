"""The page's side of a lab: modules of one job each, put together when a page asks for them."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from string import Template

import plotly

HERE = Path(__file__).parent
FIRST = ("style.css", "layout.css")  # the rules of other sheets come after theirs
RECORDED = """body { max-width: 1280px; }
p { font: 13px monospace; }
h1 { margin: 0 0 8px; font: 600 20px sans-serif; }"""
IMPORT = re.compile(r'^import \{\s*\w+(?:,\s*\w+)*,?\s*\}\s+from "\./(\w+\.js)";\n', re.M)
TOP_LEVEL = re.compile(
    r"^(?:export )?(?:async )?(?:const|let|function\*?|class) (\{[^}]*\}|\w+)", re.M
)


def bundle(entry: str = "widget.js") -> str:
    """One ES module of all modules that an entry needs, each after those that it imports from.

    Parameters
    ----------
    entry : str
        File in this folder: ``widget.js`` for anywidget, ``recording.js`` for a recorded page.

    Returns
    -------
    str
        JavaScript without imports; a default export of the entry's stays.

    Raises
    ------
    ValueError
        If a name stands at the top of two modules, or an import is written otherwise than
        ``import { a, b } from "./x.js";``.
    """
    parts, owners = [], {}
    for name in in_order(entry):
        source = IMPORT.sub("", (HERE / name).read_text(encoding="utf-8"))
        if re.search(r"^import\b", source, re.M):
            raise ValueError(f'{name}: write imports as import {{ a, b }} from "./x.js";')
        for own in top_names(source):
            if own in owners:
                raise ValueError(
                    f"{own} stands at the top of {owners[own]} and of {name}: rename one"
                )
            owners[own] = name
        parts.append(f"// {name}\n" + re.sub(r"^export (?!default)", "", source, flags=re.M))
    return "\n".join(parts)


def in_order(entry: str) -> list[str]:
    """Names of the modules that an entry needs, the entry last.

    Parameters
    ----------
    entry : str
        File in this folder.

    Returns
    -------
    list of str
        Each file once, after all that it imports from.

    Raises
    ------
    ValueError
        If imports run in a circle.
    """
    done: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"imports run in a circle: {' -> '.join([*above, name])}")
        if name not in done:
            for needed in IMPORT.findall((HERE / name).read_text(encoding="utf-8")):
                visit(needed, (*above, name))
            done.append(name)

    visit(entry, ())
    return done


def top_names(source: str) -> list[str]:
    """Names that a module gives at its top.

    Parameters
    ----------
    source : str
        JavaScript in which only what stands at the top begins a line without a space.

    Returns
    -------
    list of str
        Constants, variables, functions and classes, in order.
    """
    return [name for found in TOP_LEVEL.findall(source) for name in re.findall(r"\w+", found)]


def style() -> str:
    """The style sheet of a lab.

    Returns
    -------
    str
        CSS.
    """
    others = sorted({path.name for path in HERE.glob("*.css")} - set(FIRST))
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in (*FIRST, *others))


def library() -> Path:
    """The file that holds plotly.js.

    Returns
    -------
    pathlib.Path
        Inside the installed plotly.
    """
    return Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def recorded(
    title: str,
    frames: Sequence[tuple[dict, bytes]],
    central: str | None = None,
    about: str = "",
    columns: int = 3,
) -> str:
    """A page that shows what a lab has recorded, without a kernel, a server or a network.

    Parameters
    ----------
    title : str
        What the page is about; its heading.
    frames : sequence of (dict, bytes)
        Messages as a stage sends them, the first one whole, each with its buffer.
    central : str, optional
        Name of the view in the centre, "" for the first; left out, all are equal.
    about : str
        What stands under the figures, such as the settings.
    columns : int
        Views side by side where all are equal.

    Returns
    -------
    str
        HTML that holds everything, plotly.js too (5 MB).
    """
    held = {
        "frames": [[message, base64.b64encode(data).decode()] for message, data in frames],
        "traits": {"central": central, "label": title, "columns": columns},
    }
    data = json.dumps(held).replace("<", "\\u003c")
    body = (
        f'<div id="figures" class="course-lab"></div><p>{html.escape(about)}</p>'
        f'<script type="application/json" id="recording">{data}</script>'
    )
    return file(title, body, RECORDED, "recording.js")


def file(title: str, body: str, own: str, entry: str = "") -> str:
    """A page of its own, in the reader's light or dark, which opens from a file.

    Parameters
    ----------
    title : str
        Its heading.
    body : str
        HTML under it.
    own : str
        CSS of this page alone.
    entry : str
        The module in this folder that draws its figures; empty where there are none.

    Returns
    -------
    str
        HTML that holds everything, plotly.js too (5 MB) where there are figures.
    """
    return Template((HERE / "file.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(title),
        style=style() if entry else "",
        own=own,
        body=body,
        library=inlined(library().read_text(encoding="utf-8")) if entry else "",
        program=inlined(bundle(entry)) if entry else "",
    )


def inlined(source: str) -> str:
    """JavaScript that may stand inside a page.

    Parameters
    ----------
    source : str
        JavaScript in which ``</script`` and ``<!--`` stand inside strings only.

    Returns
    -------
    str
        The same, without what would end the script.
    """
    return source.replace("</script", "<\\/script").replace("<!--", "<\\!--")
