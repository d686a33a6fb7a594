"""What a student has made of a lab: settings are noted as they change, figures when a run rests.

The next kernel offers them as a preset.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..folders import data_directory
from ..journal import entries, note
from ..settings import Settings
from .frames import Frames

if TYPE_CHECKING:
    from .lab import Lab

LEFT = "as you left it"  # the preset's name

_memories: weakref.WeakSet[Memory] = weakref.WeakSet()


class Memory:
    """The memory of one lab.

    Parameters
    ----------
    lab : Lab
        Whose settings are noted; a lab of this name that opens with the same settings has them.
    frame : callable
        Called with what makes a frame of views and words; gives the frame.
    keeps : bool
        Whether anything is noted and remembered: what is shown in a lecture is nobody's work.
    """

    def __init__(
        self, lab: Lab, frame: Callable[[Callable], tuple[dict, bytes]], keeps: bool = True
    ):
        self.lab, self._frame, self.keeps = lab, frame, keeps
        self.name, self.opened = lab.name, lab.settings.summary()
        self._held: tuple[str, dict] | None = None
        self._first: dict[str, Any] = {}
        self._played = False
        if keeps:
            _memories.add(self)

    def preset(self) -> dict[str, tuple]:
        """The settings that were noted last, as a preset.

        Returns
        -------
        dict
            Empty where there are none, or where they are those that the lab opens with.
        """
        if not self.keeps:
            return {}
        mine = [
            e for e in entries("lab") if (e.get("lab"), e.get("opened")) == (self.name, self.opened)
        ]
        if not mine or (mine[-1].get("code") == self.opened and not mine[-1].get("knobs")):
            return {}
        try:
            settings = Settings.from_code(mine[-1]["code"])
        except (ValueError, KeyError, TypeError):  # a link of the student's own, an older course
            return {}
        told = f"As you left it on {mine[-1]['when'][:10]}."
        knobs = mine[-1].get("knobs") or {}
        turned = {o: tuple(v) if isinstance(v, list) else v for o, v in knobs.items()}
        return {LEFT: (settings, told, turned)}

    def keep(self) -> None:
        """Note settings and knobs where they have changed."""
        if not self.keeps:
            return
        lab = self.lab
        knobs = {
            order: widget.value
            for order, widget in lab.knobs.items()
            if isinstance(widget.value, str | int | float | tuple)
        }
        if self._held is None:
            self._first = knobs
        turned = {order: v for order, v in knobs.items() if v != self._first.get(order)}
        now = lab.settings.summary(), turned
        if self._held not in (None, now):
            note(
                "lab",
                hurry=False,
                lab=self.name,
                opened=self.opened,
                code=now[0],
                knobs=turned,
                seeds=getattr(lab.session, "seeds", 1),
                preset=lab.chosen,
            )
        self._held = now

    def shown(self, playing: bool) -> None:
        """Keep the figures when a run has come to rest, for the report of a later kernel.

        Parameters
        ----------
        playing : bool
            Whether the lab plays now.
        """
        rests, self._played = self._played and not playing, playing
        if not (rests and self.keeps):
            return
        with suppress(OSError, RuntimeError):  # note has said so already
            folder = data_directory() / "figures"
            folder.mkdir(parents=True, exist_ok=True)
            name = hashlib.sha256(f"{self.name} {self.opened}".encode()).hexdigest()[:16]
            part = folder / f"{name}.{os.getpid()}.part"
            part.write_text(json.dumps(self.drawn()), encoding="utf-8")
            os.replace(part, folder / f"{name}.json")

    def drawn(self) -> dict[str, Any]:
        """What the lab shows now.

        Returns
        -------
        dict
            Plain values: name, settings when it opened and now, seeds, the text twin, one frame.
        """
        lab = self.lab
        message, buffer = self._frame(Frames().frame)
        return {
            "lab": self.name,
            "opened": self.opened,
            "code": lab.settings.summary(),
            "seeds": getattr(lab.session, "seeds", 1),
            "text": lab.text(),
            "central": lab.stage.central,
            "frames": [[message, base64.b64encode(buffer).decode()]],
        }


def drawings() -> list[dict[str, Any]]:
    """What labs show: those of this kernel now, others as their runs came to rest last.

    Returns
    -------
    list of dict
        As ``Memory.drawn`` gives it.
    """
    found: dict[tuple[str, str], dict] = {}
    folder = data_directory() / "figures"
    for path in sorted(folder.glob("*.json"), key=_age):
        with suppress(OSError, ValueError, KeyError, TypeError):
            one = json.loads(path.read_text(encoding="utf-8"))
            found[one["lab"], one["opened"]] = one
    for memory in list(_memories):
        if not memory.lab.actor.closed:
            found[memory.name, memory.opened] = memory.drawn()
    return list(found.values())


def _age(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0
