"""A lecture is a list: experiments to show one after the other, from a small text file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..settings import Settings
from .lab import Lab
from .subspace import PRESETS, SubspaceLab

FORM = "a settings code or a preset of SubspaceLab | the figure in the centre | one sentence"


@dataclass(frozen=True)
class Slide:
    """One experiment of a lecture.

    Attributes
    ----------
    settings : Settings
        What runs.
    view : str
        Name of the figure in the centre.
    sentence : str
        What is said of it; it stands under the figures.
    """

    settings: Settings
    view: str
    sentence: str


def read_slides(path: str | Path) -> list[Slide]:
    """Read the file of a lecture.

    Parameters
    ----------
    path : str or Path
        A text file, UTF-8. Each line is one slide: a settings code or the name of a preset, the
        figure in the centre and one sentence, with ``|`` between them. Empty lines and lines that
        begin with # are left out.

    Returns
    -------
    list of Slide
        One or more.

    Raises
    ------
    ValueError
        Naming the line and what is wrong with it; or for a file without a slide.
    OSError
        If the file cannot be read.
    """
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    told = [(i, line) for i, line in enumerate(lines, 1) if line.strip() and line.strip()[0] != "#"]
    if not told:
        raise ValueError(f"{path} has no slide: write lines of the form {FORM}")
    return [_slide(line, f"line {i} of {path}") for i, line in told]


def _slide(line: str, where: str) -> Slide:
    parts = [part.strip() for part in line.split("|", 2)]
    if len(parts) < 3 or not all(parts):
        raise ValueError(f"{where} is {line.strip()!r}, but a slide is {FORM}")
    try:
        settings = PRESETS[parts[0]][0] if parts[0] in PRESETS else Settings.from_code(parts[0])
    except ValueError as error:
        raise ValueError(f"{where}: {error}. A preset is one of {', '.join(PRESETS)}") from None
    return Slide(settings, *parts[1:])


def lecture(path: str | Path) -> Lab:
    """Open a lecture: a SubspaceLab that fills the page and goes from slide to slide.

    Parameters
    ----------
    path : str or Path
        The file, as ``read_slides`` reads it; docs/lecture.txt is an example.

    Returns
    -------
    Lab
        In lecture mode, with the slides in place of presets. N or PageDown shows the next one, B
        or PageUp the one before; Space plays, Escape leaves. The settings code stays in sight.

    Raises
    ------
    ValueError
        What ``read_slides`` raises; and for a figure that the lab does not have.
    OSError
        If the file cannot be read.
    """
    told = read_slides(path)
    listed = {
        f"{i}. {slide.sentence}": (slide.settings, slide.sentence, {"centre": slide.view})
        for i, slide in enumerate(told, 1)
    }
    lab = SubspaceLab(told[0].settings, lecture=True, presets=listed)
    known = [view.name for view in lab.figures()]
    for i, slide in enumerate(told, 1):
        if slide.view not in known:
            lab.close()
            raise ValueError(
                f"slide {i} of {path}: {slide.view!r} is no figure of SubspaceLab, "
                f"which has {', '.join(known)}"
            )
    lab.actor.order("preset", next(iter(listed)))
    return lab
