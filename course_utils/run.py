"""What an experiment leaves behind: a Run, many moments in arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .networks import TwoLayerNet
from .settings import Settings, one_line
from .snapshot import Snapshot
from .snapshot import in_d as in_d

if TYPE_CHECKING:
    import pandas as pd

OF_EACH_SEED = ("neurons", "overlaps")  # of which medians over seeds would mean nothing
SERIES = ("perpendicular", "parallel", "angles", "singular_values", "risk", "r2", *OF_EACH_SEED)


@dataclass(frozen=True, eq=False)
class Run:
    """A recorded run: arrays over checkpoints, and over seeds first where there are several.

    Shapes below are those of one seed; with several each array but ``samples`` has a first axis
    (seeds, ...).

    Attributes
    ----------
    settings : Settings
        What was run (that of the first seed).
    samples : (n,) ndarray
        Sample counts.
    perpendicular : (n,) ndarray
        ||W_perp||_F / sqrt(m).
    parallel : (n,) ndarray
        ||W_par||_F / sqrt(m).
    angles : (n, k) ndarray
        Principal angles in radians, largest first.
    singular_values : (n, q) ndarray
        Largest singular values of W / sqrt(m).
    risk : (n,) ndarray
        Test loss.
    r2 : (n,) ndarray
        Test R^2.
    neurons : (n, m, q + 1) ndarray
        As in Snapshot.
    overlaps : (n, k, k) ndarray
        As in Snapshot.
    net : TwoLayerNet or tuple of TwoLayerNet or None
        The network at the end (a tuple of them, one a seed).
    seeds : tuple of int or None
        The seeds, where there is a seed axis.
    note : str
        Empty, or why the run ended early, or what its risk does not speak of.
    floors : dict of str to float
        Risks to compare with, as in ``risk.floors``; empty if nobody measured them.
    highest_floor : float
        The highest of all that it was compared with as it went on; 0 if nobody noted it.
    changes : tuple of (int, Settings)
        What was turned as it went on: after how many samples, and what had held up to there.
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
    overlaps: np.ndarray
    net: TwoLayerNet | tuple[TwoLayerNet, ...] | None = None
    seeds: tuple[int, ...] | None = None
    note: str = ""
    floors: dict[str, float] = field(default_factory=dict)
    highest_floor: float = 0.0
    changes: tuple[tuple[int, Settings], ...] = ()

    @classmethod
    def of(cls, settings: Settings, snapshots: Sequence[Snapshot], **more) -> Run:
        """A Run of one seed from its snapshots.

        Parameters
        ----------
        settings : Settings
            What was run.
        snapshots : sequence of Snapshot
            In order, at least one.
        **more : object
            Other fields of the Run, such as ``net``.

        Returns
        -------
        Run
            Arrays over the snapshots.

        Raises
        ------
        ValueError
            If there is no snapshot.
        """
        if not snapshots:
            raise ValueError("a run needs at least one snapshot")
        series = {name: np.array([getattr(s, name) for s in snapshots]) for name in SERIES}
        more.setdefault("note", snapshots[-1].note)
        return cls(settings, np.array([s.samples for s in snapshots]), **series, **more)

    @classmethod
    def stack(cls, runs: Iterable[Run]) -> Run:
        """One Run with a seed axis from runs of several seeds.

        Parameters
        ----------
        runs : iterable of Run
            One a seed, at equal checkpoints.

        Returns
        -------
        Run
            Arrays over the seeds and then the checkpoints.

        Raises
        ------
        ValueError
            If checkpoints differ.
        """
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
            highest_floor=first.highest_floor,
            changes=first.changes,
        )

    def __len__(self) -> int:
        return len(self.samples)

    def quantiles(
        self, name: str, q: float | Sequence[float] = 0.5, part: int | slice = slice(None)
    ) -> np.ndarray:
        """Quantiles over seeds of a series, or of a part of it.

        Parameters
        ----------
        name : str
            The series, such as 'perpendicular'.
        q : float or sequence of float
            Which quantiles, between 0 and 1.
        part : int or slice
            Which checkpoints; left out, all.

        Returns
        -------
        ndarray
            The series itself for one seed; several quantiles come first, (q, ...).
        """
        values = getattr(self, name)
        if self.seeds is None:
            return values[part] if np.ndim(q) == 0 else np.stack([values[part]] * len(q))
        return np.quantile(values[:, part], q, axis=0)

    def at(self, index: int = -1) -> Snapshot:
        """The moment at a checkpoint.

        Parameters
        ----------
        index : int
            Which checkpoint.

        Returns
        -------
        Snapshot
            Medians over seeds; neurons and overlaps of the first seed.
        """
        values = {n: self.quantiles(n, part=index) for n in SERIES if n not in OF_EACH_SEED}
        seed = () if self.seeds is None else (0,)
        own = {name: getattr(self, name)[(*seed, index)] for name in OF_EACH_SEED}
        return Snapshot(int(self.samples[index]), self.settings.d, **values, **own)

    def sentence(self, index: int = -1) -> str:
        """One line that says what the figures show at a checkpoint.

        Parameters
        ----------
        index : int
            Which checkpoint.

        Returns
        -------
        str
            The line; the note, if the run ended early.
        """
        over = f" (median of {len(self.seeds)} seeds)" if self.seeds and len(self.seeds) > 1 else ""
        return self.at(index).sentence() + over + (f" {self.note}" if self.note else "")

    def table(self, rows: int = 5) -> str:
        """A small text table of the run.

        Parameters
        ----------
        rows : int
            About how many moments it shows, evenly spaced in log time.

        Returns
        -------
        str
            The table, angles in degrees.
        """
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
        """The run as a tidy pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            One row a checkpoint and seed, angles in degrees.
        """
        import pandas as pd

        frames = []
        for i, seed in enumerate(self.seeds or (self.settings.seed,)):
            every = {name: getattr(self, name) for name in SERIES if name not in OF_EACH_SEED}
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
        """The run as CSV text, with its settings and notes in comment lines first.

        Parameters
        ----------
        path : str or Path, optional
            A file to write the text to.
        notes : sequence of str
            Lines to add to the head.

        Returns
        -------
        str
            The text. Read it back with pandas.read_csv(path, comment="#").
        """
        text = as_csv(self.frame(), self.settings, notes)
        if path is not None:
            # As text, Windows would end each line a second time.
            Path(path).write_bytes(text.encode())
        return text

    def __repr__(self):
        return self.sentence()


def as_csv(frame: pd.DataFrame, settings: Settings, notes: Sequence[str] = ()) -> str:
    """A DataFrame as CSV text, with settings and notes in comment lines first.

    Parameters
    ----------
    frame : pandas.DataFrame
        Such as ``run.frame()``.
    settings : Settings
        What it belongs to.
    notes : sequence of str
        Lines to add to the head.

    Returns
    -------
    str
        The text; every line ends in a newline alone.
    """
    head = "".join(
        f"# {one_line(text)}\n"
        for text in (settings.summary(), *([notes] if isinstance(notes, str) else notes))
    )
    return head + frame.to_csv(index=False, lineterminator="\n")


class Record:
    """Snapshots as they come, in arrays of bounded size, ready to be looked at as a Run.

    Parameters
    ----------
    settings : Settings
        What is run.
    limit : int
        Beyond so many moments, 10 or more, the record is thinned to half, evenly in log time;
        first and last moments stay, and (up to a quarter) those whose sample counts are ``marked``.

    Raises
    ------
    ValueError
        If the limit is too small.
    """

    def __init__(self, settings: Settings, limit: int = 600):
        if limit < 10:
            raise ValueError(f"limit = {limit} is too small for a record: it must be 10 or more")
        self.settings, self.limit, self.marked = settings, limit, []
        self._length = 0
        self._arrays: dict[str, np.ndarray] = {}

    def __len__(self) -> int:
        return self._length

    def append(self, *snapshots: Snapshot) -> None:
        """Add one moment.

        Parameters
        ----------
        *snapshots : Snapshot
            One, or one of each seed (at equal sample counts).
        """
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
        marked = np.flatnonzero(np.isin(t - 1, self.marked))[-(self.limit // 4) :]
        spread = np.searchsorted(t, wanted * 0.999999)
        keep = np.unique(np.r_[0, spread, marked, self._length - 1])
        for array in self._arrays.values():
            array[: len(keep)] = array[keep]
        self._length = len(keep)

    def run(self, **more) -> Run:
        """What has been recorded, as a Run over views of the arrays (copy it to keep it).

        Parameters
        ----------
        **more : object
            Other fields of the Run, such as ``net``.

        Returns
        -------
        Run
            The run so far.

        Raises
        ------
        ValueError
            If nothing is recorded yet.
        """
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
