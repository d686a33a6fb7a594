"""The picture of the hidden subspace: neurons over it, and the principal angles as angles."""

from __future__ import annotations

from collections.abc import Mapping

from ..run import Run
from ..settings import Settings
from .figures import angle_names
from .look import COLOURS
from .rows import seen
from .views import Figure, column

TITLES = {1: "the hidden line", 2: "the hidden plane"}


def task(settings: Settings) -> str:
    """What there is to find, in a few words.

    Parameters
    ----------
    settings : Settings
        Of the run.

    Returns
    -------
    str
        Such as 'labels depend on 3 of 100 directions'.
    """
    if settings.link == "none":
        return "labels depend on no direction"
    return f"labels depend on {settings.k} of {settings.d:,} directions"


def picture(run: Run, names: Mapping[int, int] | None = None) -> Figure:
    """Every neuron over the hidden subspace, at the height of its part outside.

    Parameters
    ----------
    run : Run
        What is shown; of several seeds, the neurons of the first.
    names : mapping of int to int, optional
        As in ``figures.angles``.

    Returns
    -------
    Figure
        Bound to "record"; the page draws it by itself, by page/picture.js. Its traces are the
        neurons now and at first, how far they have come so far, and the principal angles.
    """
    k = run.settings.k
    traces = [
        {"type": "neurons", "inside": column("inside", at=at), "outside": column("outside", at=at)}
        for at in ("now", "first")
    ]
    traces.append({"type": "limits", "inside": column("widest"), "outside": column("highest")})
    traces.append(
        {
            "type": "angles",
            "degrees": column("angles", at="now"),
            "names": angle_names(run, names),
            "colours": [COLOURS[i % len(COLOURS)] for i in range(k)],
        }
    )
    width, drawn = run.settings.width, seen(run, slice(0, 1)).shape[1]
    layout = {
        "title": f"Neurons over {TITLES.get(k, f'2 of {k} hidden directions')}",
        "note": f"{task(run.settings)}; "
        + (f"{drawn:,} of {width:,} neurons" if drawn < width else f"{width:,} neurons"),
        "k": k,
    }
    return Figure("picture", traces, layout, kind="picture")
