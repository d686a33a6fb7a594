"""Make what brings labs to life without a kernel: modules, and what they take from the course.

    python site/live/build.py site/_static/live

Fields, ranges, links, presets, views and words of controls are asked of the course itself, and
written as data.json; no fact of it is typed here.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent), str(ROOT)]

from engine.build import build as compiled  # noqa: E402
from live.compression import compression_facts, compression_views  # noqa: E402
from live.facts import controls_of, settings_facts, theory_facts  # noqa: E402
from live.hermite import hermite_facts, hermite_views  # noqa: E402
from live.stored_views import refusal, stored_views  # noqa: E402
from live.target import target_facts, target_views  # noqa: E402

from course_utils import Settings, labs  # noqa: E402
from course_utils.events import watch  # noqa: E402
from course_utils.labs import session  # noqa: E402
from course_utils.labs.hermite import Expansion  # noqa: E402
from course_utils.labs.look import palette  # noqa: E402
from course_utils.labs.page import HERE as PAGE  # noqa: E402
from course_utils.labs.page import style  # noqa: E402
from course_utils.losses import LOSSES  # noqa: E402

RECORDINGS = HERE / "recordings"  # of other labs; see record.py
COMMENT = re.compile(r"^\s*//.*\n", re.M)  # whole lines: a sixth of what a page loads of modules
PLOTLY = HERE.parent / "plotly" / "made"  # of the parts that labs need; see make.mjs beside it
ALIVE = ("SubspaceLab", "BreakLab", "CompressionLab", "HermiteLab", "TargetLab")
LABS = {name: getattr(labs, name) for name in ALIVE}


def facts() -> dict:
    """What the modules have to know of the course.

    Returns
    -------
    dict
        As data.json holds it.
    """
    decides = ("LOW", "LEARNT", "GROWN", "ABOVE", "STEADY", "MOVED", "AGAIN", "BETTER", "FAR")
    return {
        "settings": settings_facts(),
        "theory": theory_facts(),
        "watch": {name: getattr(watch, name) for name in decides}
        | {"signLabels": [name for name, loss in LOSSES.items() if loss.sign_labels]},
        "session": {
            "live": sorted(session.LIVE),
            "pace": session.PACE,
            "budget": session.BUDGET,
            "foresight": session.FORESIGHT,
            "patience": patience(),
        },
        "palette": palette(),
        "views": stored_views()
        | {"compression": compression_views()}
        | {"hermite": hermite_views(), "target": target_views()},
        "compression": compression_facts(),
        "hermite": hermite_facts(),
        "target": target_facts(),
        "standard": refusal(Expansion),
        "labs": {name: lab_facts(name) for name in LABS},
        "recorded": {path.stem: states(path) for path in sorted(RECORDINGS.glob("*.json"))},
    }


def states(recording: Path) -> list[str]:
    """What a recording's states are called, so that a page loads them when one is chosen."""
    held = json.loads(recording.read_text(encoding="utf-8"))
    return [state["name"] for state in held["states"]]


def patience() -> str:
    """The sentence of a session that takes long, with {minutes} in place of their number."""
    slow = session.Session(Settings(d=2, k=1, width=1))
    slow._cost = 60.0 * 987 / 4
    return slow.patience(1.0).replace("987", "{minutes}")


def lab_facts(name: str) -> dict:
    """What a lab is made of besides its experiment.

    Parameters
    ----------
    name : str
        A name in LABS.

    Returns
    -------
    dict
        Its name, default settings, presets and controls.
    """
    lab = LABS[name]()
    presets = [
        [text, kept[0].summary(), kept[1]]
        for text, kept in getattr(LABS[name], "presets", {}).items()
    ]
    made = {
        "name": lab.name,
        "code": lab.settings.code(),
        "uses": list(lab.session.uses),
        "example": lab.example,
        "presets": presets,
        "pull": name == "BreakLab",  # the angle to S u is measured too
        "central": lab.stage.central,
        "controls": controls_of(LABS[name]),
    }
    lab.close()
    return made


def plain(value, digits: int = 17):
    """JSON has no infinity: null stands for it. 17 digits are all that a number has."""
    if isinstance(value, dict):
        return {key: plain(part, digits) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part, digits) for part in value]
    if isinstance(value, float):
        return float(f"{value:.{digits}g}") if math.isfinite(value) else None
    return value


def build(folder: Path) -> None:
    """Make the folder that a page's script is in.

    Parameters
    ----------
    folder : Path
        It need not exist; what it holds may be replaced.
    """
    made = compiled().parent
    for source, where in ((HERE, folder), (PAGE, folder / "page"), (made, folder / "engine")):
        for path in source.rglob("*.js"):
            target = where / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text(encoding="utf-8")
            target.write_text(COMMENT.sub("", text), encoding="utf-8")
    shutil.copy(made / "engine.wasm", folder / "engine")
    (folder / "live.css").write_text(
        style() + (HERE / "live.css").read_text(encoding="utf-8"), encoding="utf-8"
    )
    shutil.copytree(PLOTLY, folder / "plotly", dirs_exist_ok=True)
    text = json.dumps(plain(facts()), ensure_ascii=False, allow_nan=False)
    (folder / "data.json").write_text(text, encoding="utf-8")
    shutil.copytree(RECORDINGS, folder / "recordings", dirs_exist_ok=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
