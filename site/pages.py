"""A stored notebook as a page: what it shows without a kernel, and nothing that answers too early.

Everything is taken from the notebook and from the package; a page is a notebook again, which Sphinx
reads.
"""

from __future__ import annotations

import ast
import base64
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell

from course_utils.exercises import find_exercise
from course_utils.predictions import Guess, prediction, sealed

STILL = "image/jpeg"
HEADING = re.compile(r"^#{1,3} ")
READ_ON = "What follows answers the question. Commit first, or open it here."
OPENING = (
    "In a terminal, in a copy of the course: <code>make lab</code>. Open "
    "<code>notebooks/{name}.ipynb</code>, click a cell and press Shift + Enter."
)


class Page:
    """Makes the cells of one page, in order.

    Parameters
    ----------
    name : str
        The notebook's, such as "00_start_here".
    stills : Path
        Folder for its pictures, which pages call ``_static/stills``.
    """

    def __init__(self, name: str, stills: Path):
        self.name, self.stills = name, stills
        self.cells: list[nbformat.NotebookNode] = []
        self.veiled = False
        self.labs = 0

    def add(self, notebook: nbformat.NotebookNode) -> None:
        """Make a page of a notebook.

        Parameters
        ----------
        notebook : NotebookNode
            As it is stored.
        """
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                self.text(cell.source)
            elif cell.cell_type == "code":
                self.code(cell)
        self.unveil()

    def text(self, source: str) -> None:
        """Add a cell of text.

        Parameters
        ----------
        source : str
            Markdown.
        """
        for part in sections(source):
            if HEADING.match(part):
                self.unveil()
            if part.startswith("# "):
                heading, _, part = part.partition("\n")
                self.cells.append(new_markdown_cell(heading))
                self.raw(about(self.name))
            if part.strip():
                self.cells.append(new_markdown_cell(part))

    def code(self, cell: nbformat.NotebookNode) -> None:
        """Add a cell of code with what it shows, or the question that it asks.

        Parameters
        ----------
        cell : NotebookNode
            With its outputs.
        """
        calls = dict(called(cell.source))
        if "predict" in calls and cell.source.startswith("predict("):
            guess = prediction(calls["predict"], Guess)
            self.raw(ask(guess.text, list(guess.answers), sealed(guess.replies())))
            return self.veil()
        shown = [output for output in cell.outputs if STILL in output.get("data", {})]
        kept = cell.copy()
        kept.outputs = [output for output in cell.outputs if output not in shown]
        if "check" in calls:
            kept.outputs = []  # "not yet": nobody has answered here
        self.cells.append(kept)
        for output in shown:
            self.shown(output)
        if "check" in calls:
            self.raw(exercise(calls["check"], self.name))
        return None

    def shown(self, output: nbformat.NotebookNode) -> None:
        """Add a figure, or a lab.

        Parameters
        ----------
        output : NotebookNode
            With a picture, and what it shows in words.
        """
        picture = base64.b64decode(output.data[STILL])
        file = f"{self.name[:2]}-{len(list(self.stills.glob(f'{self.name[:2]}-*'))):02}.jpg"
        (self.stills / file).write_bytes(picture)
        words = output.data["text/plain"]
        told = output.metadata.get("course")
        if not told:
            return self.raw(figure(file, picture, words, words))
        self.labs += 1
        if "question" in told:
            self.raw(ask(told["question"], told["answers"], told["sealed"]))
            words = told["code"]
        self.raw(lab(told, file, picture, words, self.name))
        return self.veil() if "question" in told else None

    def raw(self, source: str) -> None:
        """Add HTML.

        Parameters
        ----------
        source : str
            Whole elements, or the beginning or the end of one.
        """
        self.cells.append(new_markdown_cell(f"`````{{raw}} html\n{source}\n`````"))

    def veil(self) -> None:
        """Begin what answers the question before it; it ends at the next heading or question."""
        self.unveil()
        self.veiled = True
        self.raw(f'<details class="course-veil"><summary>{READ_ON}</summary>')

    def unveil(self) -> None:
        """End what answers a question."""
        if self.veiled:
            self.raw("</details>")
        self.veiled = False


def sections(source: str) -> list[str]:
    """Parts of a text, each but the first from a heading on.

    Parameters
    ----------
    source : str
        Markdown.

    Returns
    -------
    list of str
        Which make up the text again.
    """
    parts, fenced = [""], False
    for line in source.splitlines(keepends=True):
        fenced ^= line.startswith("```")
        if HEADING.match(line) and not fenced:
            parts.append("")
        parts[-1] += line
    return [part for part in parts if part]


def slug(heading: str) -> str:
    """JupyterLab's name of a heading, so that links work there and here.

    Parameters
    ----------
    heading : str
        As it is written.

    Returns
    -------
    str
        What follows # in a link.
    """
    return heading.strip().replace(" ", "-")


def called(source: str) -> Iterator[tuple[str, str]]:
    """Functions that a cell calls with a text first, and that text.

    Parameters
    ----------
    source : str
        Python.

    Yields
    ------
    tuple of str
        Such as ("check", "2.1").
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.func.id, first.value


def about(name: str) -> str:
    """What stands under the title of a page."""
    return (
        f'<details class="course-about"><summary>Open in Jupyter</summary>'
        f"<p>{OPENING.format(name=name)} This page shows what its cells showed when it was run "
        "last.</p></details>"
    )


def ask(question: str, answers: list[str], letters: str) -> str:
    """A question that waits for an answer; the script of the page makes it alive."""
    model = {"question": question, "options": answers, "sealed": letters}
    listed = "".join(f"<li>{html.escape(answer)}</li>" for answer in answers)
    return (
        f'<div class="course-ask" data-ask="{html.escape(json.dumps(model))}">'
        f"<p><b>Predict.</b> {html.escape(question)}</p><ul>{listed}</ul></div>"
    )


def figure(file: str, picture: bytes, words: str, caption: str = "") -> str:
    """A stored picture with its words."""
    width, height = size(picture)
    said = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return (
        f'<figure class="course-still"><img src="_static/stills/{file}" loading="lazy" '
        f'width="{width}" height="{height}" alt="{html.escape(words.splitlines()[0])}">'
        f"{said}</figure>"
    )


def lab(told: dict, file: str, picture: bytes, words: str, name: str) -> str:
    """A lab: its picture and words, which a live one replaces, and its settings code."""
    say = html.escape
    presets = "".join(f"<li>{say(preset)}</li>" for preset in told["presets"])
    return (
        f'<div class="course-live" data-lab="{told["lab"]}" data-code="{say(told["code"])}" '
        f'data-samples="{told["samples"]}">{figure(file, picture, told["lab"])}'
        f"<details><summary>In words</summary><pre>{say(words)}</pre></details></div>"
        f'<div class="course-open"><code>{say(told["code"])}</code> '
        '<button type="button" class="course-copy">Copy the settings code</button>'
        f"<details><summary>Open in Jupyter</summary><p>{OPENING.format(name=name)} "
        "Paste the settings code into the lab's box and press Enter: it is the same run, number "
        f"for number.</p>{f'<p>Its presets:</p><ul>{presets}</ul>' if presets else ''}"
        "</details></div>"
    )


def exercise(number: str, name: str) -> str:
    """The hints of an exercise, one after the other, and how to run it."""
    first, second = map(html.escape, find_exercise(number).hints)
    return (
        f'<div class="course-exercise"><details><summary>Hint 1 of {number}</summary><p>{first}</p>'
        f"<details><summary>Hint 2</summary><p>{second}</p></details></details>"
        f"<details><summary>Check your answer</summary><p>{OPENING.format(name=name)} The cell "
        "above says which property of your answer fails, if one does.</p></details></div>"
    )


def size(picture: bytes) -> tuple[int, int]:
    """Width and height of a JPEG.

    Parameters
    ----------
    picture : bytes
        The file.

    Returns
    -------
    tuple of int
        In pixels.

    Raises
    ------
    ValueError
        If it is none.
    """
    at = 2
    while at + 9 < len(picture) and picture[at] == 0xFF:
        kind, length = picture[at + 1], int.from_bytes(picture[at + 2 : at + 4], "big")
        if 0xC0 <= kind <= 0xC3:  # start of frame
            height, width = (int.from_bytes(picture[at + i : at + i + 2], "big") for i in (5, 7))
            return width, height
        at += 2 + length
    raise ValueError("no JPEG: execute.py stores nothing else")
