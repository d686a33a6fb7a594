"""The picture of the hidden subspace: neurons over it, and the principal angles as angles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..run import Run
from ..settings import Settings
from .figures import angle_looks, angle_names, direction_name
from .look import COLOURS
from .rows import seen
from .views import Figure, column, dated

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


def picture(run: Run, named: Sequence[tuple[int, Mapping[int, int]]] = ()) -> Figure:
    """Every neuron over the hidden subspace, at the height of its part outside.

    Parameters
    ----------
    run : Run
        What is shown; of several seeds, the neurons of the first.
    named : sequence of (int, mapping of int to int)
        From which sample count on angles have which names; see ``events.Watch``.

    Returns
    -------
    Figure
        Bound to "record"; the page draws it by itself, by page/picture.js. Its traces are the
        neurons now and at first, how far they have come so far, and the principal angles.
    """
    k, names = run.settings.k, named[-1][1] if named else {}
    traces = [
        {"type": "neurons", "inside": column("inside", at=at), "outside": column("outside", at=at)}
        for at in ("now", "first")
    ]
    traces.append({"type": "limits", "inside": column("widest"), "outside": column("highest")})
    traces.append(
        {
            "type": "angles",
            "degrees": column("angles", at="now"),
            "names": _names(run, named),
            "colours": [COLOURS[n] for n in angle_looks(k, names)],
        }
    )
    width, drawn = run.settings.width, seen(run, slice(0, 1)).shape[1]
    layout = {
        "title": f"Neurons over {TITLES.get(k, f'2 of {k} hidden directions')}",
        "note": f"{task(run.settings)}; "
        + (f"{drawn:,} of {width:,} neurons" if drawn < width else f"{width:,} neurons"),
        "k": k,
        "directions": list(COLOURS),
    }
    return Figure("picture", traces, layout, kind="picture")


def _names(run: Run, named: Sequence[tuple[int, Mapping[int, int]]]) -> list[dict]:
    """What each angle is called at each moment; now it may have lost its name."""
    ranks, now = angle_names(run), angle_names(run, named[-1][1] if named else {})
    texts = []
    for which, (rank, last) in enumerate(zip(ranks, now, strict=True)):
        told = [(0, rank)]
        told += [(t, direction_name(n[which]) if which in n else rank) for t, n in named]
        told.append((int(run.samples[-1]), last))
        kept = [one for before, one in zip(told, told[1:], strict=False) if one[1] != before[1]]
        texts.append(dated(rank, *kept))
    return texts
