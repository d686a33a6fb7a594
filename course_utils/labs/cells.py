"""Which cell made which lab: what an earlier run of a cell has left is closed.

So two workers never share a place.
"""

from __future__ import annotations

import weakref

_open: dict[str, list[tuple[int, weakref.ref]]] = {}


def replace_predecessor(lab) -> None:
    """Close the labs that an earlier run of this cell has made, and remember this one.

    Parameters
    ----------
    lab : Lab
        That is being made now.
    """
    cell, count = running_cell()
    if cell is None:
        return
    kept = []
    for when, ref in _open.get(cell, []):
        other = ref()
        if other is not None and when != count:
            other.close()
        elif other is not None:
            kept.append((when, ref))
    _open[cell] = [*kept, (count, weakref.ref(lab))]


def running_cell() -> tuple[str | None, int]:
    """Which cell runs now.

    Returns
    -------
    identity : str or None
        Of the cell; None outside a notebook.
    count : int
        Its execution count; 0 outside a notebook.
    """
    try:
        from IPython import get_ipython

        shell = get_ipython()
        parent = shell.get_parent()
        identity = parent["metadata"].get("cellId") or parent["content"].get("code")
        return identity, shell.execution_count
    except Exception:  # no kernel, or one without these: then there is no cell to speak of
        return None, 0
