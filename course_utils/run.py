"""What an experiment leaves behind: a Snapshot of one moment, and a Run of many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .networks import TwoLayerNet
from .settings import Settings, one_line
from .subspace import EXACT, spectrum

if TYPE_CHECKING:
    import pandas as pd

SERIES = ("perpendicular", "parallel", "angles", "singular_values", "risk", "r2", "neurons")


@dataclass(frozen=True)
class Snapshot:
    """What is known of the network after t samples.

    samples : t. angles : (k,) radians, largest first. perpendicular, parallel : ||W_perp||_F, ||W_par||_F over sqrt(m).
    singular_values : largest ones of W / sqrt(m), first k + 5. risk : test loss. r2 : test R^2.
    neurons : (m, 3) float32, each row's weight on u_1, on u_2 (0 if k = 1) and the norm of its perpendicular part.
    d : input dimension (t / d is the time in units of d samples). note : empty, or what the risk does not speak of.
    """

    samples: int
    d: int
    angles: np.ndarray
    perpendicular: float
    parallel: float
    singular_values: np.ndarray
    risk: float
    r2: float
    neurons: np.ndarray
    note: str = ""

    @classmethod
    def measure(
        cls,
        samples: int,
        d: int,
        W: np.ndarray,
        directions: np.ndarray,
        risk: float,
        r2: float,
        stored: np.finfo = EXACT,
        note: str = "",
    ) -> Snapshot:
        """Measure W, (m, d) or in coordinates that hold the same angles and norms, against directions (k, ...).

        ``stored`` as in ``subspace.spectrum``.
        """
        coefficients = W @ directions.T
        rest = W - coefficients @ directions
        angles, singular = spectrum(W, directions, stored=stored)
        neurons = np.zeros((len(W), 3), dtype=np.float32)
        neurons[:, : min(2, len(directions))] = coefficients[:, :2]
        neurons[:, 2] = np.sqrt(np.einsum("ij,ij->i", rest, rest))
        parallel, perpendicular = (
            float(np.linalg.norm(part) / np.sqrt(len(W))) for part in (coefficients, rest)
        )
        return cls(samples, d, angles, perpendicular, parallel, singular, risk, r2, neurons, note)

    def sentence(self) -> str:
        """One line that says what the figures show."""
        angles = np.degrees(self.angles)
        words = _sentence(
            self.samples, self.d, angles, self.perpendicular, self.parallel, self.risk, self.r2
        )
        return words + (f" {self.note}" if self.note else "")


@dataclass(frozen=True, eq=False)
class Run:
    """A recorded run: arrays over checkpoints, and over seeds first where there is more than one.

    samples : (n,) sample counts. angles : (n, k) radians. perpendicular, parallel, risk, r2 : (n,).
    singular_values : (n, q). neurons : (n, m, 3). With several seeds each has a first axis (seeds, ...).
    net : the network at the end (a tuple of them, one a seed). settings : what was run (that of the first seed).
    note : empty, or why the run ended early, or what its risk does not speak of.
    """

    settings: Settings
    samples: np.ndarray
    perpendicular: np.ndarray
    parallel: np.ndarray
    angles: np.ndarray
    singular_values: np.ndarray
    risk: np.ndarray
    r2: np.ndarray
    neurons: np.ndarray
    net: TwoLayerNet | tuple[TwoLayerNet, ...] | None = None
    seeds: tuple[int, ...] | None = None
    note: str = ""
    floors: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, snapshots: Sequence[Snapshot], **more) -> Run:
        """A Run of one seed from its snapshots in order."""
        if not snapshots:
            raise ValueError("a run needs at least one snapshot")
        series = {name: np.array([getattr(s, name) for s in snapshots]) for name in SERIES}
        more.setdefault("note", snapshots[-1].note)
        return cls(settings, np.array([s.samples for s in snapshots]), **series, **more)

    @classmethod
    def stack(cls, runs: Iterable[Run]) -> Run:
        """One Run with a seed axis from runs of several seeds at equal checkpoints."""
        runs = list(runs)
        first = runs[0]
        if any(not np.array_equal(r.samples, first.samples) for r in runs):
            raise ValueError("runs have different checkpoints and cannot be stacked")
        series = {name: np.stack([getattr(r, name) for r in runs]) for name in SERIES}
        note = next((r.note for r in runs if r.note), "")
        return cls(
            first.settings,
            first.samples,
            **series,
            net=tuple(r.net for r in runs),
            seeds=tuple(r.settings.seed for r in runs),
            note=note,
            floors=first.floors,
        )

    def __len__(self) -> int:
        return len(self.samples)

    def quantiles(
        self, name: str, q: float | Sequence[float] = 0.5, part: int | slice = slice(None)
    ) -> np.ndarray:
        """Quantiles over seeds of a series such as 'perpendicular' (the series itself for one seed), or of a part of it."""
        values = getattr(self, name)
        if self.seeds is None:
            return values[part] if np.ndim(q) == 0 else np.stack([values[part]] * len(q))
        return np.quantile(values[:, part], q, axis=0)

    def at(self, index: int = -1) -> Snapshot:
        """The moment at a checkpoint; medians over seeds, neurons of the first seed."""
        values = {n: self.quantiles(n, part=index) for n in SERIES if n != "neurons"}
        neurons = self.neurons[index] if self.seeds is None else self.neurons[0, index]
        return Snapshot(int(self.samples[index]), self.settings.d, neurons=neurons, **values)

    def sentence(self, index: int = -1) -> str:
        """One line that says what the figures show at a checkpoint; the note, if the run ended early."""
        over = f" (median of {len(self.seeds)} seeds)" if self.seeds and len(self.seeds) > 1 else ""
        return self.at(index).sentence() + over + (f" {self.note}" if self.note else "")

    def table(self, rows: int = 5) -> str:
        """A small text table of the run at about ``rows`` moments, evenly spaced in log time."""
        last = max(1, self.samples[-1])
        wanted = np.geomspace(max(1, last / 10 ** min(4, rows - 1)), last, rows)
        indices = sorted({int(np.abs(self.samples - w).argmin()) for w in wanted})
        lines = [
            f"{'samples':>12} {'t/d':>8}  {'W_perp':>7} {'W_par':>7} {'risk':>7}  angles (degrees)"
        ]
        for s in map(self.at, indices):
            angles = " ".join(f"{a:5.1f}" for a in np.degrees(s.angles))
            lines.append(
                f"{s.samples:>12,} {s.samples / s.d:>8.4g}  {s.perpendicular:>7.3f} "
                f"{s.parallel:>7.3f} {s.risk:>7.4f}  {angles}"
            )
        return "\n".join(lines)

    def frame(self) -> pd.DataFrame:
        """The run as a tidy pandas DataFrame: one row a checkpoint and seed, angles in degrees."""
        import pandas as pd

        frames = []
        for i, seed in enumerate(self.seeds or (self.settings.seed,)):
            every = {name: getattr(self, name) for name in SERIES if name != "neurons"}
            one = every if self.seeds is None else {name: v[i] for name, v in every.items()}
            columns = {"seed": seed, "samples": self.samples}
            columns |= {name: one[name] for name in ("perpendicular", "parallel", "risk", "r2")}
            columns |= {
                f"angle_{j + 1}_degrees": a for j, a in enumerate(np.degrees(one["angles"]).T)
            }
            columns |= {
                f"singular_value_{j + 1}": s for j, s in enumerate(one["singular_values"].T)
            }
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True)

    def to_csv(self, path: str | Path | None = None, notes: Sequence[str] = ()) -> str:
        """The run as CSV text with its settings and notes in comment lines first; also written to ``path`` if given.

        Read it back with pandas.read_csv(path, comment="#").
        """
        text = as_csv(self.frame(), self.settings, notes)
        if path is not None:
            Path(path).write_bytes(
                text.encode()
            )  # as text, Windows would end each line a second time
        return text

    def __repr__(self):
        return self.sentence()


def as_csv(frame: pd.DataFrame, settings: Settings, notes: Sequence[str] = ()) -> str:
    """A DataFrame as CSV text, with the settings and notes in comment lines first; every line ends in a newline alone."""
    head = "".join(
        f"# {one_line(text)}\n"
        for text in (settings.summary(), *([notes] if isinstance(notes, str) else notes))
    )
    return head + frame.to_csv(index=False, lineterminator="\n")


def in_d(samples: int, d: int) -> str:
    """A sample count in units of d, as text: '0.52 d', '206 d', '3,520 d'."""
    ratio = samples / d
    return f"{ratio:,.0f} d" if ratio >= 100 else f"{ratio:.3g} d"


def _sentence(samples, d, degrees, perpendicular, parallel, risk, r2) -> str:
    angles = ", ".join(f"{a:.1f}" for a in degrees)
    word = "angle" if len(degrees) == 1 else "angles"
    fit = (
        ""
        if np.isnan(risk)
        else f"; test risk {risk:.4f}" + ("" if np.isnan(r2) else f" (R2 {r2:.2f})")
    )
    return (
        f"After {samples:,} samples ({in_d(samples, d)}): {word} {angles} degrees; "
        f"W_perp {perpendicular:.3f}, W_par {parallel:.3f}{fit}."
    )


class Record:
    """Snapshots as they come, in growing arrays of bounded size, ready to be looked at as a Run at any time.

    Beyond ``limit`` moments the record is thinned to half, evenly in log time; first and last moments stay.
    """

    def __init__(self, settings: Settings, limit: int = 600):
        if limit < 10:
            raise ValueError(f"limit = {limit} is too small for a record: it must be 10 or more")
        self.settings, self.limit = settings, limit
        self._length = 0
        self._arrays: dict[str, np.ndarray] = {}

    def __len__(self) -> int:
        return self._length

    def append(self, *snapshots: Snapshot) -> None:
        """Add one moment: a snapshot, or one of each seed (at equal sample counts)."""
        if self._length == self.limit:
            self._thin()
        row = {"samples": snapshots[0].samples}
        for name in SERIES:
            values = [np.asarray(getattr(s, name)) for s in snapshots]
            row[name] = values[0] if len(values) == 1 else np.stack(values)
        self._note = snapshots[0].note
        for name, value in row.items():
            value = np.asarray(value)
            if self._length == 0:
                self._arrays[name] = np.empty((self.limit, *value.shape), value.dtype)
            self._arrays[name][self._length] = value
        self._length += 1

    def _thin(self):
        t = self._arrays["samples"][: self._length].astype(float) + 1
        wanted = np.geomspace(t[0], t[-1], self.limit // 2)
        keep = np.unique(np.r_[0, np.searchsorted(t, wanted * 0.999999), self._length - 1])[
            : self.limit - 2
        ]
        for array in self._arrays.values():
            array[: len(keep)] = array[keep]
        self._length = len(keep)

    def run(self, **more) -> Run:
        """What has been recorded, as a Run over views of the arrays (copy it to keep it)."""
        if self._length == 0:
            raise ValueError("nothing is recorded yet")
        more.setdefault("note", self._note)
        arrays = {name: a[: self._length] for name, a in self._arrays.items()}
        samples = arrays.pop("samples")
        if arrays["risk"].ndim > 1:  # moments first here, seeds first in a Run
            arrays = {name: np.moveaxis(a, 1, 0) for name, a in arrays.items()}
            more.setdefault(
                "seeds", tuple(self.settings.seed + i for i in range(arrays["risk"].shape[0]))
            )
        return Run(self.settings, samples, **arrays, **more)
