"""Who sees the checkpoints of a run as they come, and says its events."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..inputs import input_law
from ..links import LINKS
from ..run import SERIES
from ..settings import Settings
from ..snapshot import Snapshot
from ..theory import Assumption, assumptions
from .event import Event, ordinal
from .moments import Moment, Steady

LOW = math.sin(math.radians(20)) ** 2  # angles that were never above 20 degrees left no plateau
LEARNT = 0.03  # R^2, or the share of the loss of predicting 0, from which on labels are learnt
GROWN = 1.1  # times W_par at the start
ABOVE = 1.5  # times the bulk
STEADY = 0.05  # how little a plateau changes
MOVED, AGAIN = 0.2, 0.5  # how far a plateau lies from its start, and from one before
BETTER = 0.02  # of what lies between the best linear fit and the noise
FAR = 10.0  # times the start


@lru_cache(maxsize=64)
def lamps(settings: Settings) -> tuple[Assumption, ...]:
    """The assumptions of notebook 02, examined once for the same settings.

    Parameters
    ----------
    settings : Settings
        What is run.

    Returns
    -------
    tuple of Assumption
        As ``theory.assumptions`` gives them.
    """
    return tuple(assumptions(settings))


def turned(before: Settings, after: Settings) -> str:
    """What differs between two settings, as text.

    Parameters
    ----------
    before : Settings
        What held.
    after : Settings
        What holds.

    Returns
    -------
    str
        Such as 'noise 0.1 to 0.2, step 0.1 to 0.5'; empty where nothing differs.
    """
    pairs = [(name, old, getattr(after, name)) for name, old in sorted(vars(before).items())]
    return ", ".join(f"{name} {old} to {new}" for name, old, new in pairs if old != new)


class Watch:
    """Sees the checkpoints of a run as they come, and says its events.

    Parameters
    ----------
    settings : Settings
        What is run.
    floors : dict of str to float
        Risks to compare with, as in ``risk.floors``; without them nothing is said of them.

    Notes
    -----
    ``events`` is what has been said so far; ``events_of`` says what it means. ``names`` says of
    angles that have fallen, as columns of ``Run.angles``, which u_i they belong to: the best match
    of fallen angles and found directions when the last one fell, where it is half of the hidden
    direction, squared, or more. ``named`` has what it was each time that one fell, with the sample
    count.
    """

    def __init__(self, settings: Settings, floors: dict[str, float]):
        self.settings, self.floors = settings, floors
        self.events: list[Event] = []
        self.names: dict[int, int] = {}
        self.named: list[tuple[int, dict[int, int]]] = []
        self._said: set[tuple[str, int | None]] = set()
        self._start: Moment | None = None
        self._standard = input_law(settings.inputs).standard
        self._outside = np.zeros(settings.k)  # the largest sin^2 of each angle so far
        self._found: list[int] = []  # numbers of the u_i, from 1
        self._outer, self._loss = Steady(), Steady()
        self._rested: dict[str, float] = {}  # where the last plateaus were
        self._was_worse = False  # than the best linear fit

    def see(self, *snapshots: Snapshot) -> None:
        """Look at the next checkpoint.

        Parameters
        ----------
        *snapshots : Snapshot
            One, or one of each seed (at equal sample counts).
        """
        values = {name: np.array([getattr(s, name) for s in snapshots]) for name in SERIES}
        self.look(snapshots[0].samples, values)

    def look(self, samples: int, values: dict[str, np.ndarray]) -> None:
        """Look at the next checkpoint, given as arrays.

        Parameters
        ----------
        samples : int
            After how many samples.
        values : dict of str to ndarray
            Each of the series of a Run, with its seeds on the first axis.
        """
        self._now = now = Moment(samples, self._now.index + 1 if self._start else 0, values)
        self._start = self._start or now
        self._outer.add(samples, now.perpendicular)
        self._loss.add(samples, now.risk)
        kinds = [self._half(), self._plateau(), self._linear_fit(), self._divergence()]
        if self._learnt():
            kinds += [self._risk_plateau()]
        if self._learnt() or self._grown():
            kinds += [self._angles(), self._singular_values()]
        for kind in kinds:
            self.events.extend(kind)
        self._outside = np.maximum(self._outside, now.outside)

    def change(self, samples: int, settings: Settings) -> None:
        """Take note of new settings; plateaus are looked for anew.

        Parameters
        ----------
        samples : int
            After how many samples they were turned.
        settings : Settings
            What holds from now on.
        """
        before, self.settings = self.settings, settings
        lit = {a.name for a in lamps(before) if a.holds}
        self._outer.forget()
        self._loss.forget()
        self._rested.clear()
        if out := [a.name for a in lamps(settings) if not a.holds and a.name in lit]:
            lost = " and ".join(f"'{name}'" for name in out)
            words = f"{turned(before, settings)}: the lamp {lost} goes out"
            self.events.append(self._event("lamp", words, samples=samples))

    def diverged(self, why: str) -> None:
        """Take note that training has ended.

        Parameters
        ----------
        why : str
            What is to be said of it.
        """
        event = self._event("divergence", why[0].lower() + why[1:].rstrip("."))
        if event not in self.events:
            self.events.append(event)

    def _event(self, name: str, words: str, directions=(), column=None, samples=None) -> Event:
        self._said.add((name, column))
        t = self._now.samples if samples is None else samples
        return Event(name, t, self._now.index, f"t = {t:,}: {words}.", tuple(directions), column)

    def _new(self, name: str, column: int | None = None) -> bool:
        return (name, column) not in self._said

    def _learnt(self) -> bool:
        now, s = self._now, self.settings
        if s.sign_labels:
            return now.risk <= (1 - LEARNT) * self.floors.get("zero", 0.0)
        return now.r2 >= LEARNT

    def _grown(self) -> bool:
        many = self._standard and self.settings.d >= 2 * self.settings.k + 40
        return many and self._now.parallel >= GROWN * self._start.parallel

    def _half(self) -> Iterator[Event]:
        now, first = self._now.perpendicular, self._start.perpendicular
        if self._new("half") and 0 < now <= first / 2:
            halved = f"W_perp has halved, {first:.2f} to {now:.2f}"
            why = "outside the subspace labels give no push against the shrinking"
            # by Stein's identity, which rests on N(0, I)
            yield self._event("half", f"{halved}: {why}" if self._standard else halved)

    def _plateau(self) -> Iterator[Event]:
        early, late = self._outer.medians()
        first = self._start.perpendicular
        if abs(late - early) <= STEADY * late and self._rests("plateau", late, first):
            words = f"W_perp has reached a plateau, {late:.3f} (it began at {first:.2f})"
            yield self._event("plateau", words)

    def _risk_plateau(self) -> Iterator[Event]:
        early, late = self._loss.medians()
        first, noise = self._start.risk, self.floors.get("noise")
        if abs(late - early) <= STEADY * first and self._rests("risk plateau", late, first):
            floor = "" if noise is None else f" (the noise alone costs {noise:.3g})"
            words = f"the test loss has reached a plateau, {late:.3g}{floor}"
            yield self._event("risk plateau", words)

    def _rests(self, name: str, value: float, first: float) -> bool:
        """Whether a plateau is far from start and last one; if so, it is the last one."""
        last = self._rested.get(name, np.inf)
        if abs(value - first) < MOVED * first or abs(value - last) < AGAIN * last < np.inf:
            return False
        self._rested[name] = value
        return True

    def _linear_fit(self) -> Iterator[Event]:
        noise, linear, zero = (self.floors.get(n, np.nan) for n in ("noise", "linear", "zero"))
        more, now = linear - noise, self._now.risk
        self._was_worse |= now > linear
        if self._new("linear fit") and self._was_worse and more >= 0.1 * (zero - noise) > 0:
            if now <= linear - BETTER * more:
                words = f"the test loss passes the best linear fit, {now:.3g} against {linear:.3g}"
                yield self._event("linear fit", words)

    def _divergence(self) -> Iterator[Event]:
        now, start = self._now, self._start
        wide = now.size / max(start.size, 1e-300)
        bad = now.risk / max(start.risk, self.floors.get("zero", 0.0), 1e-300)
        if self._new("divergence") and max(wide, bad) >= FAR:
            what, times = ("W", wide) if wide >= bad else ("the test loss", bad)
            words = f"divergence is near: {what} is {times:.0f} times its start"
            yield self._event("divergence", words)

    def _angles(self) -> Iterator[Event]:
        for r in reversed(range(self.settings.k)):  # the smallest first
            usual, now = self._outside[r], self._now.outside[r]
            if self._new("angle", r) and usual >= LOW and now <= usual / 2:
                ends = (math.degrees(math.asin(math.sqrt(min(v, 1.0)))) for v in (usual, now))
                new = self._newly_found(r)
                which = "the" if self.settings.k == 1 else "an"
                fell = f"{which} angle fell from {{:.0f}} to {{:.0f}} degrees".format(*ends)
                words = f"{self._who(r, new)} ({fell}){self._next(new)}"
                yield self._event("angle", words, new, r)
                self._match()

    def _newly_found(self, r: int) -> list[int]:
        """The u_i that are found as angle no. r has fallen, the best match first.

        The one that is two thirds of its hidden direction, squared; and those of which half lies
        in the top k, if they are no more than the angles that have fallen.
        """
        now, k, chance = self._now, self.settings.k, self.settings.k / self.settings.d
        shares, inside = now.shares[r], now.squares.sum(axis=0)
        best = [i + 1 for i in range(k) if shares[i] >= 2 / 3 and i + 1 not in self._found]
        near = [i + 1 for i in range(k) if inside[i] - chance >= (1 - chance) / 2]
        near = [i for i in near if i not in self._found + best]
        fallen = 1 + sum(name == "angle" for name, _ in self._said)
        if len(self._found + best + near) <= fallen:
            best += sorted(near, key=lambda i: -shares[i - 1])
        self._found += best
        return best

    def _match(self) -> None:
        fallen = [column for name, column in self._said if name == "angle"]
        shares = self._now.shares[np.ix_(fallen, [i - 1 for i in self._found])]
        pairs = zip(*linear_sum_assignment(-shares), strict=True)
        self.names = {fallen[a]: self._found[b] for a, b in pairs if shares[a, b] >= 0.5}
        self.named.append((self._now.samples, self.names))

    def _who(self, r: int, new: list[int]) -> str:
        if not new:
            return f"a direction inside is found, {_mixture(self._now.shares[r])}"
        last = ", the last" if len(self._found) == self.settings.k > 1 else ""
        return f"{_joined(f'u_{i}' for i in new)} {'is' if len(new) == 1 else 'are'} found{last}"

    def _next(self, new: list[int]) -> str:
        """Which product of the link points at a direction now; see Link.products."""
        link = LINKS.get(self.settings.link) if isinstance(self.settings.link, str) else None
        if not self._standard:  # what a link's products are worth rests on N(0, I)
            return ""
        for product in link.products(self.settings.k) if link and link.products else ():
            lacks = set(product) - set(self._found)
            if len(lacks) == 1 and set(product) & set(new):
                factors = " ".join(f"z_{i}" for i in product)
                return f"; now {factors} is a signal along u_{lacks.pop()}"
        return ""

    def _singular_values(self) -> Iterator[Event]:
        now, k = self._now, self.settings.k
        for r in range(k if len(now.singular) > k else 0):
            value, bulk, squares = now.singular[r], now.singular[k], now.squares[r]
            above = value > 0 and value >= ABOVE * bulk and squares.sum() >= 0.5
            if self._new("singular value", r) and above:
                which = "the largest" if k == 1 else f"the {ordinal(r + 1)}"
                left = f"{which} singular value leaves the bulk, {value:.2g} against {bulk:.2g}"
                near = [int(squares.argmax()) + 1] if squares.max() >= 0.5 else []
                words = f"{left}; its direction is {_mixture(squares)}"
                yield self._event("singular value", words, near, r)


def _mixture(squares: np.ndarray) -> str:
    """The largest parts of a direction, as text."""
    parts = [i for i in np.argsort(-squares)[:3] if squares[i] >= max(0.1, squares.max() / 4)]
    return ", ".join(f"{squares[i]:.0%} u_{i + 1}" for i in parts)


def _joined(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
