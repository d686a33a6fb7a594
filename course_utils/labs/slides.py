"""A lecture is a list: experiments to show one after the other, from a small text file."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path

from ..settings import Settings
from .breaks import BreakLab
from .lab import Lab
from .orders import take_preset
from .player import Player
from .session import Session
from .subspace import SubspaceLab

LONGEST = 200  # letters of an address: 57 modules across, of 1.2 % of a wall's height each
LINK = re.compile(r"link:\s*(.*)", re.I)  # a line that is no slide: the address for the class
FORM = "a settings code or a preset | the figure in the centre | one sentence"
LABS = {"SubspaceLab": SubspaceLab, "BreakLab": BreakLab}  # those that have the same figures


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
        What is asked or said; it stands over the figures.
    line : int
        Where it stands in its file.
    lab : str
        The lab whose preset it is.
    """

    settings: Settings
    view: str
    sentence: str
    line: int = field(default=0, compare=False)
    lab: str = "SubspaceLab"


def read_slides(path: str | Path) -> list[Slide]:
    """Read the file of a lecture.

    Parameters
    ----------
    path : str or Path
        A text file, UTF-8. Each line is one slide: a settings code or the name of a preset, the
        figure in the centre and one sentence, with ``|`` between them. A preset is SubspaceLab's,
        or BreakLab's where it is written as ``BreakLab: a leap``. Empty lines and lines that begin
        with # are left out, and so is the one of ``read_link``.

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
    told = [(i, line) for i, line in _lines(path) if not LINK.match(line)]
    if not told:
        raise ValueError(f"{path} has no slide: write lines of the form {FORM}")
    return [_slide(line, i, path) for i, line in told]


def _lines(path: str | Path) -> list[tuple[int, str]]:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    told = ((i, line.strip()) for i, line in enumerate(lines, 1))
    return [(i, line) for i, line in told if line and line[0] != "#"]


def read_link(path: str | Path) -> str:
    """The address for the class in the file of a lecture.

    Parameters
    ----------
    path : str or Path
        The file. A line such as ``link: https://example.org/course`` holds the address.

    Returns
    -------
    str
        As it stands there, that of the last such line; empty where there is none.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    found = [match[1] for _, line in _lines(path) if (match := LINK.match(line))]
    return found[-1] if found else ""


def qr_rows(address: str) -> list[str]:
    """The QR code of an address.

    Parameters
    ----------
    address : str
        It begins with http:// or https://.

    Returns
    -------
    list of str
        A text of 0 (light) and 1 (dark) for each row of modules, without the light edge around.

    Raises
    ------
    ValueError
        For what is no address, or too long for a code that a phone reads from a wall.

    Notes
    -----
    ISO/IEC 18004, with 15 % of error correction, by the package segno.
    """
    import segno

    if not re.fullmatch(r"https?://\S+", address) or len(address) > LONGEST:
        raise ValueError(
            f"link = {address!r} is no address for a class: it must begin with http:// or "
            f"https://, without spaces, in at most {LONGEST} letters, such as "
            "https://example.org/course"
        )
    return ["".join(map(str, row)) for row in segno.make_qr(address, error="m").matrix]


def _slide(line: str, i: int, path: str | Path) -> Slide:
    where, parts = f"line {i} of {path}", [part.strip() for part in line.split("|", 2)]
    if len(parts) < 3 or not all(parts):
        raise ValueError(f"{where} is {line.strip()!r}, but a slide is {FORM}")
    what, view, sentence = parts
    lab, _, name = what.rpartition(": ")
    lab = lab or "SubspaceLab"
    presets = LABS[lab].presets if lab in LABS else {}
    if name in presets:
        return Slide(presets[name][0], view, sentence, i, lab)
    if "=" not in what:
        known = ", ".join(presets) or ", ".join(f"{one}: NAME" for one in LABS)
        raise ValueError(
            f"{where}: {name!r} is no preset of {lab} that a lecture can show. "
            f"Take one of {known}; or write a settings code, such as d=50 k=2"
        )
    try:
        return Slide(Settings.from_code(what), view, sentence, i)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


class Presenter(Player):
    """A Player for slides: each opens untrained and waits, and is found again as it was left.

    Parameters
    ----------
    lab : Lab
        Whose presets are the slides.

    Notes
    -----
    A slide in which something was changed begins anew when it is shown again. After the last slide
    comes no other, and none before the first.
    """

    def __init__(self, lab: Lab):
        super().__init__(lab)
        self.at = 0  # the slide that is shown, whatever was changed in it
        self._left: dict[str, Session] = {}
        self.orders |= {
            "preset": self.show,
            "next preset": lambda _: self.turn(1),
            "preset before": lambda _: self.turn(-1),
        }

    def go(self) -> None:
        """Wait for Play."""
        self.pause()

    def turn(self, by: int) -> None:
        """Show another slide, if there is one.

        Parameters
        ----------
        by : int
            How many slides on, or back where it is negative.
        """
        names, to = list(self.lab.presets), self.at + by
        if 0 <= to < len(names):
            self.show(names[to])

    def show(self, name: str) -> None:
        """Show a slide: as it was left, or else untrained.

        Parameters
        ----------
        name : str
            Of the slide.

        Raises
        ------
        ValueError
            For one that is not there.
        """
        lab, names = self.lab, list(self.lab.presets)
        if name == lab.chosen:
            return
        if lab.chosen:  # as it came from the file
            self._left[lab.chosen] = copy(lab.session)
        take_preset(lab, name)
        self.at = names.index(name)
        if left := self._left.pop(name, None):
            lab.session.resume(left)
            lab.code.value = lab.short()


def lecture(path: str | Path, link: str = "") -> Lab:
    """Open a lecture: a lab that fills the page and goes from slide to slide.

    Parameters
    ----------
    path : str or Path
        The file, as ``read_slides`` reads it; docs/lecture.txt is an example.
    link : str
        An address for the class, in place of the file's. L shows it large, with its QR code.

    Returns
    -------
    Lab
        A SubspaceLab, or a BreakLab where a slide is one of its presets, in lecture mode, with the
        slides in place of presets. Each waits untrained until Space
        plays it; N or PageDown shows the next one, B or PageUp the one before, as it was left;
        Escape ends the lecture, ? shows all keys. Sentence and settings code stay in sight.

    Raises
    ------
    ValueError
        What ``read_slides`` and ``qr_rows`` raise; and for a figure that the lab does not have.
    OSError
        If the file cannot be read.
    """
    told, address = read_slides(path), link or read_link(path)
    shown = {"address": address, "rows": qr_rows(address)} if address else {}
    listed = {
        f"{i}. {slide.sentence}": (
            slide.settings,
            f"{i} / {len(told)}  {slide.sentence}",
            {"centre": slide.view},
        )
        for i, slide in enumerate(told, 1)
    }
    make = BreakLab if any(slide.lab == "BreakLab" for slide in told) else SubspaceLab
    lab = make(told[0].settings, lecture=True, presets=listed, player=Presenter)
    known = [view.name for view in lab.figures()]
    for slide in told:
        if slide.view not in known:
            lab.close()
            raise ValueError(
                f"line {slide.line} of {path}: {slide.view!r} is no figure of {lab.name}, "
                f"which has {', '.join(known)}"
            )
    lab.add_class("course-slides")
    lab.stage.link = shown
    lab.actor.order("preset", next(iter(listed)))
    return lab
