"""Events of a run: the moments at which something happens that is worth a sentence.

Each is said at the first checkpoint that shows it, from this one and those before: as a run goes
on, no event moves or vanishes.
"""

from .event import Event as Event
from .event import listed as listed
from .event import ordinal as ordinal
from .falls import fall_times as fall_times
from .falls import order_of_falls as order_of_falls
from .of_run import events_of as events_of
from .watch import Watch as Watch
from .watch import lamps as lamps
from .watch import turned as turned
