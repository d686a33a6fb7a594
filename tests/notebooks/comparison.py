"""How nbval compares a notebook's outputs here: words literally, numbers as numbers.

The root's conftest.py brings it in.

A number may differ by one unit of the last digit printed: on another processor sums are added up in
another order, and rounding to that digit can then go either way. A whole number counts something
(rank 3, 6,440 bytes) and must be equal, unless %, ° or `degrees` follows: then it is a rounded
measurement like the rest. Spaces and rules may differ in length where a number's width does, and a
zero may have either sign.

Pictures of figures are not compared: `execute.py` takes them, and a run has none.

A cell that needs more says so, with its reason, in its metadata (JupyterLab: the gear at the right,
*Cell metadata*):

    "tolerance": {"units": 3, "because": "of 400 angles another becomes the largest"}

`units` of the last digit printed are then allowed in all its numbers, counts included.
"""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from decimal import Decimal

DIGITS = 9  # of a number printed with more significant digits, the rest is rounding

NUMBER = re.compile(
    r"""(?<![\w.])                               # not within a word: R2, float32, the end of 3.11.2
    [-+\u2212]?
    (?>\d{1,3}(?:,\d{3})++(?!\d)|\d++|(?=\.\d))  # 6,440  31  .5
    (?:\.\d++|\.(?=\s*[-\d\]]|e[-+]?\d))?+       # 0.31, and [8. 9.], but not a sentence's end
    (?:e[-+]?\d++)?+
    (?!\.\d)                                     # nor the beginning of 3.11.2""",
    re.VERBOSE | re.IGNORECASE,
)
# what follows: 89 -> 12 degrees
MEASURED = re.compile(r"(?:\s*(?:->|→|to|and)\s*[\d.,]*\d)?\s*(?:%|°|degrees\b)")


def agreed(new, stored, units: int = 1):
    """``new``, with all that says the same as ``stored`` put the way it is there.

    Both are texts, or JSON of texts and numbers. Of texts with equally many lines those lines are
    put that agree, so that a literal comparison of the result with ``stored`` shows the others
    alone. ``units``: of the last digit printed.
    """
    if isinstance(new, str) and isinstance(stored, str):
        return _agreed_text(new, stored, units)
    if isinstance(new, dict) and isinstance(stored, dict):
        return {key: agreed(value, stored.get(key), units) for key, value in new.items()}
    if isinstance(new, list) and isinstance(stored, list) and len(new) == len(stored):
        return [agreed(*pair, units) for pair in zip(new, stored, strict=True)]
    if isinstance(new, float) and isinstance(stored, float):
        texts = [f"{number:.{DIGITS - 1}e}" for number in (new, stored)]
        return stored if agreed(*texts, units) == texts[1] else new
    return new


def _agreed_text(new: str, stored: str, units: int) -> str:
    lines = list(zip(new.split("\n"), stored.split("\n"), strict=False))
    if new.count("\n") != stored.count("\n"):
        return new
    moved = any(
        _shape(a) != _shape(b) for pair in lines for a, b in zip(*map(_numbers, pair), strict=False)
    )
    return "\n".join(old if _same_line(line, old, units, moved) else line for line, old in lines)


def _numbers(line: str) -> list[re.Match]:
    return list(NUMBER.finditer(line))


def _shape(number: re.Match) -> str:
    return re.sub(r"\d", "0", number[0])


def _same_line(new: str, stored: str, units: int, moved: bool) -> bool:
    """Whether two lines say the same.

    ``moved`` where a number is wider than it was, and with it the columns of a table.
    """
    numbers = _numbers(new), _numbers(stored)
    if _words(new, moved) != _words(stored, moved) or len(numbers[0]) != len(numbers[1]):
        return False
    return all(_same_number(a, b, units) for a, b in zip(*numbers, strict=True))


def _words(line: str, moved: bool) -> str:
    """The line with 0 for each number; where columns may have moved, spaces and rules are short."""
    line = NUMBER.sub("0", line)
    if not moved:
        return line
    line = re.sub(r"\s+", " ", re.sub(r"([-=─])\1{2,}", r"\1", line))
    return re.sub(r"(?<=[\[(])\s+|^\s+|\s+$", "", line)


def _same_number(new: re.Match, stored: re.Match, units: int) -> bool:
    if new[0] == stored[0]:
        return True
    texts = [number[0].replace(",", "").replace("\u2212", "-").lower() for number in (new, stored)]
    a, b = map(Decimal, texts)
    if a == b:  # the same number in another format is another text, but for the sign of zero
        return a == 0 and texts[0].lstrip("+-") == texts[1].lstrip("+-")
    whole = [text.lstrip("+-").isdigit() for text in texts]
    if whole[0] != whole[1]:
        return False
    if whole[0] and units == 1 and not MEASURED.match(stored.string, stored.end()):
        return False
    last = min(a.as_tuple().exponent, b.as_tuple().exponent)
    digits = max(a.adjusted(), b.adjusted()) - DIGITS + 1
    return abs(a - b) <= units * Decimal(1).scaleb(max(last, digits))


def pytest_itemcollected(item) -> None:
    """Give nbval's cells this comparison.

    What agrees reads as it is stored, and nbval then finds what does not.
    """
    if hasattr(item, "compare_outputs") and hasattr(item, "cell"):
        literally = item.compare_outputs
        units = item.cell.metadata.get("tolerance", {}).get("units", 1)
        item.output_timeout = 120  # s for a message; nbval's 5 s can be short on a busy machine
        item.compare_outputs = lambda new, stored, *more: literally(
            _agreed_outputs(new, stored, units), _without_pictures(stored), *more
        )


def _without_pictures(outputs: list) -> list:
    """Outputs without the photographs that `execute.py` took: a run makes none."""
    kept = copy.deepcopy(outputs)
    for output in kept:
        output.get("data", {}).pop("image/jpeg", None)
    return kept


def _agreed_outputs(new: list, stored: list, units: int) -> list:
    """The outputs of a cell, each kind beside the stored ones of its kind in their order.

    A kind is a stream or a MIME type, as in nbval.
    """
    before, result = defaultdict(list), copy.deepcopy(new)
    for where, key, kind in _contents(stored):
        before[kind].append(where[key])
    for where, key, kind in _contents(result):
        if before[kind]:
            where[key] = agreed(where[key], before[kind].pop(0), units)
    return result


def _contents(outputs: list):
    """(where, key, kind) of everything that outputs hold.

    ``where[key]`` is a text or JSON, and ``kind`` what to call it.
    """
    for output in outputs:
        if output.output_type == "stream":
            yield output, "text", output.name
        for key in output.get("data", {}):
            yield output.data, key, key
        for key in ("ename", "evalue"):
            if key in output:
                yield output, key, key
