"""Make the website from the notebooks as they are stored; no kernel, no network.

    python site/make_site.py site/_build                            the whole site
    python site/make_site.py DEST notebooks/00_start_here.ipynb     these pages alone

Pages are written by ``pages.py``, laid out by Sphinx, and ask no other host for anything.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import tinycss2
from sphinx.cmd.build import build_main

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT)]

from pages import Page  # noqa: E402

PAGE = ROOT / "course_utils" / "labs"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
LIVE = HERE / "live" / "build.py"  # brings labs to life
ALIVE = (
    '<link rel="stylesheet" href="_static/live/live.css">'
    '<script type="module" src="_static/live/live.js"></script>'
)
WORD = re.compile(r"[\w-]+")
# what no page uses, for nobody debugs the theme
LEFT_OUT = ("*.map", "images", "locales", "webpack-macros.html")
STYLES = ("styles/*.css", "basic.css", "mystnb*.css")  # of the theme, for any page there might be
ICONS = "fontawesome.js"  # 1.5 MB for icons of one's own; those of the theme are a font


def make(build: Path, notebooks: Sequence[Path] = NOTEBOOKS) -> int:
    """Make the site.

    Parameters
    ----------
    build : Path
        Folder to make it in; what it held is gone.
    notebooks : sequence of Path
        Pages to make.

    Returns
    -------
    int
        0, or another number where Sphinx has found something wrong, which it then has printed.
    """
    with TemporaryDirectory() as folder:
        source, made = Path(folder) / "pages", Path(folder) / "site"
        write(source, notebooks)
        options = ["-q", "-W", "--keep-going", "-d", str(Path(folder) / "trees")]
        if len(notebooks) < len(NOTEBOOKS):  # the others' links lead nowhere
            options += ["-D", "suppress_warnings=myst.xref_missing"]
        failed = build_main([*options, "-c", str(source), str(source), str(made)])
        tidy(made)
        shutil.rmtree(build, ignore_errors=True)
        shutil.copytree(made, build)
    return failed


def write(source: Path, notebooks: Sequence[Path]) -> None:
    """Write all that Sphinx reads.

    Parameters
    ----------
    source : Path
        A new folder.
    notebooks : sequence of Path
        Pages to write.
    """
    static = source / "_static"
    stills = static / "stills"
    stills.mkdir(parents=True)
    shutil.copy(HERE / "conf.py", source)
    for path in notebooks:
        page = Page(path.stem, stills)
        notebook = nbformat.read(path, as_version=4)
        page.add(notebook)
        if page.labs and LIVE.exists():
            page.raw(ALIVE)
        notebook.cells = page.cells
        nbformat.write(notebook, source / path.name)
    shutil.copy(ROOT / "docs" / "instructor.md", source)
    names = [path.stem for path in notebooks] + ["instructor"]
    (source / "index.md").write_text(start(stills, names), encoding="utf-8")
    shutil.copy(HERE / "static" / "icon.svg", static)
    (static / "course.css").write_text(style(), encoding="utf-8")
    (static / "course.js").write_text(script(), encoding="utf-8")
    shutil.copytree(
        HERE / "vendor", static, ignore=shutil.ignore_patterns("*.md"), dirs_exist_ok=True
    )
    shutil.copytree(HERE / "templates", source / "_templates")
    live(static / "live")


def start(stills: Path, names: Sequence[str]) -> str:
    """The page that opens: the first lab of the course, and five sentences.

    Parameters
    ----------
    stills : Path
        Folder for pictures.
    names : sequence of str
        Of the other pages, in order.

    Returns
    -------
    str
        Markdown.
    """
    first = Page(NOTEBOOKS[0].stem, stills)
    for cell in nbformat.read(NOTEBOOKS[0], as_version=4).cells:
        if cell.cell_type == "code" and "opening_lab" in cell.source:
            for output in cell.outputs:
                first.shown(output)
    if LIVE.exists():
        first.raw(ALIVE)
    shown = "\n\n".join(cell.source for cell in first.cells if "course-veil" not in cell.source)
    text = (HERE / "start.md").read_text(encoding="utf-8")
    return text.replace("<!-- lab -->", shown).replace("<!-- pages -->", "\n".join(names))


def style() -> str:
    """The style sheet of all pages, with that of the notebooks' questions."""
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in (PAGE / "prediction.css", HERE / "static" / "course.css")
    )


def script() -> str:
    """The script of all pages, with that of the notebooks' questions."""
    asks = (PAGE / "prediction.js").read_text(encoding="utf-8")
    own = (HERE / "static" / "course.js").read_text(encoding="utf-8")
    return f"(() => {{\n{asks.replace('export default { render };', '')}\n{own}\n}})();\n"


def live(folder: Path) -> None:
    """Make what brings labs to life, where it is there.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    if LIVE.exists():
        from live.build import build

        build(folder)


def tidy(build: Path) -> None:
    """Remove from the theme's files what no page needs.

    Parameters
    ----------
    build : Path
        The site.
    """
    for path in (build / "_static").rglob(ICONS):
        path.write_text("", encoding="utf-8")  # pages name it
    for pattern in LEFT_OUT:
        for path in [*(build / "_static").rglob(pattern)]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    static = build / "_static"
    texts = [*build.glob("*.html"), *static.glob("*.js"), *static.glob("scripts/*.js")]
    words = {word for path in texts for word in WORD.findall(path.read_text(encoding="utf-8"))}
    for path in (path for pattern in STYLES for path in static.glob(pattern)):
        rules = tinycss2.parse_stylesheet(path.read_text(encoding="utf-8"), True, True)
        path.write_text("\n".join(used(rules, words)), encoding="utf-8")


def used(rules: list, words: set[str]) -> Iterator[str]:
    """Rules of a style sheet that can hold somewhere.

    Parameters
    ----------
    rules : list
        As tinycss2 reads them.
    words : set of str
        All that stands in a page or a script; a class that is not among them is nowhere.

    Yields
    ------
    str
        A rule as text.
    """
    for rule in rules:
        if rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
            inner = "".join(used(tinycss2.parse_rule_list(rule.content, True, True), words))
            if inner:
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}"
        elif rule.type != "qualified-rule" or holds(rule.prelude, words):
            yield rule.serialize()


def holds(selectors: list, words: set[str]) -> bool:
    """Whether one of some selectors names no class but those among the words."""
    possible = [True]
    for dot, name in zip([None, *selectors], selectors, strict=False):
        if name == ",":
            possible.append(True)
        elif dot == "." and name.type == "ident":
            possible[-1] &= name.value in words
    return any(possible)


if __name__ == "__main__":
    build, *chosen = (Path(name).resolve() for name in sys.argv[1:])
    sys.exit(make(build, chosen or NOTEBOOKS))
