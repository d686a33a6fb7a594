"""Events of a run that was recorded."""

from __future__ import annotations

from ..run import SERIES, Run
from .event import Event
from .watch import Watch


def events_of(run: Run) -> list[Event]:
    """All events of a run, in order.

        angle           sin^2 of a principal angle is half of the largest so far: half of what a
                        direction had outside is inside
        singular value  one of the first k is 1.5 times the (k+1)-th, and half or more of its right
                        singular vector, squared, lies in the hidden subspace
        half            ||W_perp|| is half of its start
        plateau         ||W_perp|| is 20 % or more from its start, and its medians over (t/4, t/2]
                        and (t/2, t], four checkpoints or more in each, are within 5 %
        risk plateau    the same of the test loss, within 5 % of its start
        linear fit      the test loss, above that of the best linear fit before, is below it by 2 %
                        of what lies between it and the noise (a tenth of all to learn, or more)
        lamp            an assumption holds no more, as a setting was changed
        divergence      weights or test loss are ten times their start, or training has diverged

    Parameters
    ----------
    run : Run
        What was recorded, of one or several seeds; of several, medians count.

    Returns
    -------
    list of Event
        Each kind, angle and singular value once; a plateau again where it has moved by half, and
        after a change of settings.

    Notes
    -----
    Labels of pure noise turn W too, at random. So angles, singular values and the risk plateau
    count only while labels are learnt: R^2 is 0.03 (with sign labels, the test loss is 3 % below
    that of predicting 0). R^2 is at most the squared correlation of outputs and labels, and for
    pure noise and a thousand test samples that is 0.03 once in 10^7 (derived here). Angles and
    singular values count too when W_par has grown by a tenth, d >= 2k + 40 and inputs are N(0, I):
    then noise turns W to a random subspace, the angles to which have a density that falls like
    sin^(d - 2k - 1), so that sin^2 is half of its usual size about once in 10^6 (derived here).

    u_i is found when it is two thirds of the hidden direction, squared, to which a fallen angle
    belongs; or when half of it, squared and beyond the k / d of chance, lies in the span of the top
    k right singular vectors and so many angles have fallen. For links that are sums of products of
    the z_i, the caption says which product points at the next.

    Taught in notebook 02.
    """
    watch = Watch(run.changes[0][1] if run.changes else run.settings, run.floors)
    held = [*(settings for _, settings in run.changes[1:]), run.settings]
    changes = [(t, after) for (t, _), after in zip(run.changes, held, strict=False)]
    axis = () if run.seeds is None else (slice(None),)
    for i, t in enumerate(run.samples):
        while changes and changes[0][0] < t:
            watch.change(*changes.pop(0))
        values = {name: getattr(run, name)[(*axis, i)] for name in SERIES}
        watch.look(int(t), values if axis else {name: v[None] for name, v in values.items()})
    while changes and changes[0][0] <= run.samples[-1]:
        watch.change(*changes.pop(0))
    if "diverged" in run.note:
        watch.diverged(run.note)
    return watch.events
