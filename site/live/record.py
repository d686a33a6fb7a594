"""Record the presets of labs that are alive in Jupyter only, for pages that have no kernel.

    python site/live/record.py [LAB ...]

What is measured takes up to four seconds of processor time a preset, so it is stored beside this
file, as recordings/LAB.json. Run it again when a lab or its presets have changed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]

from live.build import RECORDINGS, plain  # noqa: E402

from course_utils import labs  # noqa: E402
from course_utils.record import checkpoint_times  # noqa: E402

DIGITS = 8  # of a number in a recording; nobody sees more
SAMPLES = 20_000  # of a lab that trains
RECORDED = ("EstimatorsLab", "NTKLab", "GapLab", "SingleIndexLab")


def states(name: str) -> Iterator[tuple[str, str, object]]:
    """Labs in the states that are worth a recording.

    Parameters
    ----------
    name : str
        A name in RECORDED.

    Yields
    ------
    str, str, Lab
        What the state is called, what is to be said of it, and the lab.
    """
    lab = getattr(labs, name)()
    for preset, (_, note, *_) in lab.presets.items():
        lab.orders["preset"](preset)
        finish(lab)
        yield preset, note, lab


def finish(lab) -> None:
    """Measure all that a lab measures by itself, or train."""
    if hasattr(lab.session, "train"):
        for t in checkpoint_times(SAMPLES, 60)[1:]:
            lab.session.train(int(t) - lab.session.samples)
        lab.orders["pause"](None)  # what is measured at rest only
    while getattr(lab.session, "unfinished", False):
        lab.session.step()


def recording(lab, note: str) -> list:
    """What a page draws of a lab as it is now: a message, and its arrays in base 64.

    Parameters
    ----------
    lab : Lab
        All measured.
    note : str
        What is said under it.

    Returns
    -------
    list
        For ``recordingHost`` of page/hosts.js.
    """
    ((message, data),) = lab.memory.drawn()["frames"]
    message["words"] |= {"note": note, "settings": lab.short()}
    return [plain(message | {"n": 1}, DIGITS), data]


def recordings(name: str) -> dict:
    """All recordings of a lab.

    Parameters
    ----------
    name : str
        A name in RECORDED.

    Returns
    -------
    dict
        How its views stand, and its states in order.
    """
    told, made = {}, []
    for state, note, lab in states(name):
        told = {"central": lab.stage.central, "columns": lab.stage.columns, "label": name}
        made.append({"name": state, "code": lab.short(), "frame": recording(lab, note)})
    return {"traits": told, "states": made}


if __name__ == "__main__":
    RECORDINGS.mkdir(exist_ok=True)
    for one in sys.argv[1:] or RECORDED:
        text = json.dumps(recordings(one), ensure_ascii=False, allow_nan=False)
        (RECORDINGS / f"{one}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{one}: {len(text):,} characters", flush=True)
