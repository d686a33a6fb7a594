"""What a miniature is: a short experiment that shows a piece of a paper, and what it leaves behind.

A file in ``miniatures/`` says what is claimed, what is measured for one seed, and what breaks it.
Seeds, spreads, progress and the sentence are the same for all of them and stand here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from ..given import choice, whole
from ..machine import single_threaded_blas

if TYPE_CHECKING:
    import pandas as pd

SIZES = ("fast", "full")
WIDTH = 96  # characters of a line of text
LEAST, MOST = "{} least", "{} most"  # columns that say how far seeds are apart

Curves = dict[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Chart:
    """A figure as data: the arguments of ``labs.charts.curves``.

    Attributes
    ----------
    series : dict of str to tuple
        Name -> (x, y), or (x, y, low, high) for a curve with a band, or (x, y, 'points').
    title : str
        What is seen.
    across : str
        What the x axis is, with its unit.
    up : str
        What the y axis is, with its unit.
    xlog : bool
        Whether x has a logarithmic axis.
    ylog : bool
        Whether y has one.
    """

    series: dict[str, tuple]
    title: str
    across: str
    up: str
    xlog: bool = False
    ylog: bool = False


@dataclass(frozen=True, eq=False)
class Result:
    """What one run of a miniature found.

    Attributes
    ----------
    name : str
        The miniature.
    size : str
        'fast' or 'full'.
    seeds : tuple of int
        The seeds of its repetitions.
    control : bool
        Whether the claim was broken on purpose.
    claim : str
        What the paper says of this experiment; of a control, what was broken.
    numbers : str
        What was measured, in words.
    not_shown : str
        What this experiment does not show.
    runs : pandas.DataFrame
        One row a case and seed.
    table : pandas.DataFrame
        One row a case: of each measure the median over seeds, the least and the most.
    chart : Chart or None
        A figure, where one says more.
    """

    name: str
    size: str
    seeds: tuple[int, ...]
    control: bool
    claim: str
    numbers: str
    not_shown: str
    runs: pd.DataFrame = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    chart: Chart | None = field(default=None, repr=False)

    @property
    def sentence(self) -> str:
        """The claim and the numbers that were measured."""
        about = "Control, " + self.claim if self.control else self.claim[0].upper() + self.claim[1:]
        return f"{about}: {self.numbers} ({len(self.seeds)} seeds)."

    @property
    def told(self) -> pd.DataFrame:
        """The table as text, each measure with its spread in one column."""
        table, text = self.table, {}
        for name in table:
            if LEAST.format(name) in table:
                each = zip(
                    table[name], table[LEAST.format(name)], table[MOST.format(name)], strict=True
                )
                text[name] = [_spread([_brief(v) for v in values]) for values in each]
            elif not name.endswith((LEAST.format(""), MOST.format(""))):
                text[name] = [_brief(v) if isinstance(v, float) else str(v) for v in table[name]]
        return table.iloc[:, :0].assign(**text)

    def __str__(self) -> str:
        table = self.told.to_string(index=False)
        return (
            f"{fill(self.sentence, WIDTH)}\n{table}\n{fill(f'Not shown: {self.not_shown}', WIDTH)}"
        )


@dataclass(frozen=True, eq=False)
class Miniature:
    """A short experiment that shows a piece of a paper.

    Attributes
    ----------
    claim : str
        What the paper says of this experiment, as the beginning of a sentence.
    control : str
        What is broken in the control, in the same form.
    not_shown : str
        What the experiment does not show.
    cases : dict of str to sequence of dict
        'fast' and 'full' -> what is tried: arguments of ``one``.
    broken : dict of str to object
        Arguments of ``one`` that the control changes in every case.
    one : callable
        (seed, **case) -> what was measured, a dict or several, each with all ``measures``. What
        else is in it tells rows apart; 'curves' holds name -> (x, y) for the chart.
    measures : tuple of str
        Columns that are measured.
    numbers : callable
        table -> what was measured, in words.
    chart : callable or None
        (table, curves) -> Chart; curves are name -> (x, median, least, most).
    seeds : int
        Number of repetitions, 3 or more.
    """

    claim: str
    control: str
    not_shown: str
    cases: Mapping[str, Sequence[Mapping[str, Any]]]
    broken: Mapping[str, Any]
    one: Callable[..., dict | list[dict]]
    measures: tuple[str, ...]
    numbers: Callable[[pd.DataFrame], str]
    chart: Callable[[pd.DataFrame, Curves], Chart] | None = None
    seeds: int = 3

    @property
    def name(self) -> str:
        """That of the file in which it stands."""
        return self.one.__module__.rpartition(".")[2]

    def run(
        self,
        size: str = "fast",
        seed: int = 0,
        progress: Callable[[int, int], object] | None = None,
        control: bool = False,
    ) -> Result:
        """Measure every case with every seed.

        Parameters
        ----------
        size : str
            'fast', or 'full' for more or larger cases.
        seed : int
            The first seed; the others are those that follow it.
        progress : callable, optional
            Called with the number of repetitions done and their total; what it raises ends the
            run.
        control : bool
            Break what the claim rests on; the claim should then fail.

        Returns
        -------
        Result
            Table, sentence, what is not shown, and a figure where there is one.

        Raises
        ------
        ValueError
            For an unknown size, or a seed below 0.
        """
        choice("size", size, SIZES)
        seeds = tuple(range(whole("seed", seed, 0), seed + self.seeds))
        broken = dict(self.broken) if control else {}
        todo = [(case, s) for case in self.cases[size] for s in seeds]
        rows, drawn = [], {}
        with single_threaded_blas():
            for done, (case, s) in enumerate(todo):
                _tell(progress, done, len(todo))
                found = self.one(s, **{**case, **broken})
                for row in [found] if isinstance(found, dict) else found:
                    for curve, xy in row.get("curves", {}).items():
                        drawn.setdefault(curve, []).append(xy)
                    rows.append({**case, **broken, "seed": s, **row})
        _tell(progress, len(todo), len(todo))
        return self._result(size, seeds, control, rows, drawn)

    def _result(self, size: str, seeds: tuple, control: bool, rows: list, drawn: dict) -> Result:
        import pandas as pd

        runs = pd.DataFrame(rows).drop(columns="curves", errors="ignore")
        table = summary(runs, self.measures)
        curves = {name: _band(each) for name, each in drawn.items()}
        return Result(
            self.name,
            size,
            seeds,
            control,
            self.control if control else self.claim,
            self.numbers(table),
            self.not_shown,
            runs,
            table,
            self.chart(table, curves) if self.chart else None,
        )


def _tell(progress: Callable[[int, int], object] | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _band(each: list[tuple]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    y = np.array([values for _, values in each], dtype=float)
    return np.asarray(each[0][0], dtype=float), np.median(y, axis=0), y.min(axis=0), y.max(axis=0)


def summary(runs: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Median, least and most of each measure over the seeds.

    Parameters
    ----------
    runs : pandas.DataFrame
        One row a case and seed, with the column 'seed'.
    measures : sequence of str
        Columns that were measured; the others tell cases apart.

    Returns
    -------
    pandas.DataFrame
        One row a case, in the order of the runs; columns 'x', 'x least' and 'x most' for each
        measure x, and 'seeds', how many they are of.
    """
    import pandas as pd

    keys = [name for name in runs if name not in (*measures, "seed")]
    rows = []
    groups = runs.groupby(keys, sort=False, dropna=False) if keys else [((), runs)]
    for key, group in groups:
        row = dict(zip(keys, key, strict=True)) | {"seeds": len(group)}
        for name in measures:
            values = group[name]
            row |= {
                name: values.median(),
                LEAST.format(name): values.min(),
                MOST.format(name): values.max(),
            }
        rows.append(row)
    return pd.DataFrame(rows)


def pick(table: pd.DataFrame, **where) -> pd.Series:
    """The one row of a table that fits.

    Parameters
    ----------
    table : pandas.DataFrame
        From ``summary``.
    **where : object
        Column -> its value.

    Returns
    -------
    pandas.Series
        The row.

    Raises
    ------
    LookupError
        If none or several fit.
    """
    fits = np.all([table[name] == value for name, value in where.items()], axis=0)
    if np.count_nonzero(fits) != 1:
        raise LookupError(f"{np.count_nonzero(fits)} rows have {where}, not one")
    return table[fits].iloc[0]


def spread(table: pd.DataFrame, measure: str, form: str = ".2f", **where) -> str:
    """A measure of one row, with its spread, as text.

    Parameters
    ----------
    table : pandas.DataFrame
        From ``summary``.
    measure : str
        Which column.
    form : str
        How a number is written, as in ``format``.
    **where : object
        Column -> value of the row.

    Returns
    -------
    str
        Such as '0.43 [0.41, 0.47]': median, least and most over the seeds; 'not reached' stands
        for inf.
    """
    row = pick(table, **where)
    return _spread([f"{row[column.format(measure)]:{form}}" for column in ("{}", LEAST, MOST)])


def _spread(texts: Sequence[str]) -> str:
    middle, low, high = (text.replace("inf", "not reached") for text in texts)
    return "-" if middle == "nan" else f"{middle} [{low}, {high}]"


def _brief(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def lines(table: pd.DataFrame, x: str, y: str, by: list[str], label: str) -> dict[str, tuple]:
    """Series of a chart: a measure against a column, with its spread.

    Parameters
    ----------
    table : pandas.DataFrame
        From ``summary``.
    x : str
        Column along the x axis.
    y : str
        The measure.
    by : list of str
        Columns whose values tell curves apart.
    label : str
        Names of curves, with {} where the values stand.

    Returns
    -------
    dict of str to tuple
        Name -> (x, median, least, most).
    """
    columns = x, y, LEAST.format(y), MOST.format(y)
    return {
        label.format(*values): tuple(part[name].to_numpy(dtype=float) for name in columns)
        for values, part in table.groupby(by, sort=False)
    }


def first_weights(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Weights to start from, independent N(0, 1).

    Parameters
    ----------
    rng : Generator
        Where they are drawn from.
    *shape : int
        Of the array.

    Returns
    -------
    ndarray
        Of that shape.
    """
    return rng.standard_normal(shape)
