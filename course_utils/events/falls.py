"""In which order principal angles fall, decided from a run."""

from __future__ import annotations

import numpy as np

from ..run import Run

HALF = 45.0  # degrees: half of what a direction had outside is inside
APART = 1.3  # times as many samples, from which on two falls come one after the other

TOGETHER, IN_TURN, ONLY_ONE = "together", "one after the other", "only one falls"


def fall_times(run: Run) -> np.ndarray:
    """When each principal angle fell below 45 degrees for good.

    Parameters
    ----------
    run : Run
        What was recorded; of several seeds, medians count.

    Returns
    -------
    (k,) ndarray
        Sample counts, the smallest angle first, between checkpoints by a straight line in log t;
        infinite for an angle that has not fallen.
    """
    t = np.log(np.maximum(run.samples, 1))
    times = []
    for angle in np.degrees(run.quantiles("angles")).T[::-1]:
        above = np.flatnonzero(angle >= HALF)
        if len(above) == 0:
            times.append(0.0)
        elif (i := above[-1]) == len(angle) - 1:
            times.append(np.inf)
        else:
            share = (angle[i] - HALF) / (angle[i] - angle[i + 1])
            times.append(np.exp(t[i] + share * (t[i + 1] - t[i])))
    return np.array(times)


def order_of_falls(run: Run) -> str:
    """How the angles of a run fell.

    Parameters
    ----------
    run : Run
        What was recorded.

    Returns
    -------
    str
        'one after the other' where each took 1.3 times as many samples as the one before it,
        'together' where two did not, 'only one falls' where one has or none.
    """
    times = fall_times(run)
    fallen = times[np.isfinite(times)]
    if len(fallen) < 2:
        return ONLY_ONE
    return IN_TURN if (fallen[1:] >= APART * fallen[:-1]).all() else TOGETHER
