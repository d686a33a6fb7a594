"""What the comparison of notebooks lets pass and what it does not, alone and through nbval."""

import math
from decimal import Decimal

import nbformat
import pytest
from comparison import agreed
from hypothesis import given
from hypothesis import strategies as st

SAME = {
    "one unit of the last digit": ("W_perp 0.326 (2% off)", "W_perp 0.327 (1% off)"),
    "a carry": ("risk 0.1999", "risk 0.2000"),
    "fewer digits before the point": ("angle 9.9 degrees", "angle 10.0 degrees"),
    "whole percent": ("error 9 %; 11 %", "error 10 %; 10 %"),
    "whole degrees": ("from 89 -> 12 degrees, 82° of 90°", "from 88 -> 13 degrees, 83° of 90°"),
    "an exponent": ("change 3.9e-04", "change 4.0e-04"),
    "a power of ten": ("change 9.9e-05", "change 1.0e-04"),
    "thousands": ("12,345.6 bytes a second", "12,345.5 bytes a second"),
    "a change of thousands": ("999.9 s", "1,000.0 s"),
    "the sign of zero": ("slope -0.00 [-0.  1.]", "slope 0.00 [0. 1.]"),
    "a sign": ("R2 -0.01 (0.00)", "R2 0.00 (0.00)"),
    "a typeset minus": ("slope \u22120.45", "slope \u22120.46"),
    "numpy drops zeros": ("[0.04  0.038]", "[0.039 0.038]"),
    "numpy's own columns": ("[14.3  9.9  8.1]", "[14.3 10.   8.1]"),
    "numpy's first column": ("[ 9.9 10.2]", "[10.  10.2]"),
    "all digits": ("0.30000000000000004", "0.3000000000000002"),
    "a table's columns": (
        " n    risk\n--------\n10   9.99\n",
        " n     risk\n---------\n10   10.00\n",
    ),
    "a table in HTML": ("<td>0.31</td><td>nan</td>", "<td>0.32</td><td>nan</td>"),
}
DIFFERENT = {
    "two units": ("W_perp 0.326", "W_perp 0.328"),
    "a digit in front": ("risk 0.1781", "risk 0.2781"),
    "a sign": ("slope -0.45", "slope 0.45"),
    "an exponent": ("change 3.9e-04", "change 3.9e-05"),
    "a count": ("rank 3 of 100", "rank 4 of 100"),
    "a count that ends a sentence": ("The rank is 3.", "The rank is 4."),
    "a large count": ("6,440 bytes", "6,441 bytes"),
    "two whole percent": ("off by 9 %", "off by 11 %"),
    "a unit": ("10.1 degrees", "10.1 radians"),
    "percent": ("1.2%", "1.2"),
    "a word beside the same number": ("risk 0.31", "loss 0.31"),
    "a number in a word": ("he2 0.31", "he3 0.31"),
    "a version": ("Python 3.11.2", "Python 3.12.2"),
    "a format": ("1000 samples", "1,000 samples"),
    "a digit more": ("risk 0.31", "risk 0.310"),
    "no number": ("risk 0.31", "risk nan"),
    "an infinity": ("risk inf", "risk nan"),
    "a number more": ("angles 10.1, 6.7", "angles 10.1, 6.7, 5.6"),
    "a line more": ("risk 0.31\n", "risk 0.31\nrisk 0.31\n"),
    "a line less": ("risk 0.31\nrisk 0.31\n", "risk 0.31\n"),
    "lines exchanged": ("a 0.31\nb 0.31", "b 0.31\na 0.31"),
    "spaces, no number's width": ("risk 0.31  rank 3", "risk 0.31 rank 3"),
    "a space lost where columns move": ("9.9 degrees", "10.0degrees"),
    "a digit of HTML": ("<td>0.31</td>", "<td>0.41</td>"),
}


@pytest.mark.parametrize("case", SAME)
def test_rounding_passes_both_ways(case):
    one, other = SAME[case]
    assert agreed(one, other) == other and agreed(other, one) == one


@pytest.mark.parametrize("case", DIFFERENT)
def test_everything_else_is_a_difference_both_ways(case):
    one, other = DIFFERENT[case]
    assert agreed(one, other) != other and agreed(other, one) != one


def test_lines_that_agree_are_not_part_of_the_difference():
    assert agreed("a 0.31\nb 0.5\n", "a 0.32\nb 0.9\n") == "a 0.32\nb 0.5\n"


def test_a_stated_tolerance_counts_units_of_the_last_digit():
    assert agreed("risk 0.326, 7 steps", "risk 0.329, 5 steps", units=3) == "risk 0.329, 5 steps"
    assert agreed("risk 0.326, 7 steps", "risk 0.330, 5 steps", units=3) == "risk 0.326, 7 steps"


def test_json_is_compared_by_what_it_holds():
    stored = {"x": [0.1, 2, True], "name": "risk 0.31"}
    assert agreed({"x": [0.1 + 1e-15, 2, True], "name": "risk 0.32"}, stored) == stored
    for other in (
        {"x": [0.1001, 2, True]},
        {"x": [0.1, 3, True]},
        {"x": [0.1, 2]},
        {"x": [0.1, 2, True], "more": 1},
    ):
        assert agreed(stored | other, stored) != stored


FORMATS = ("{:.2f}", "{:8.3f}", "{:+.1f}", "{:.1e}", "{:,.2f}", "{:.1%}")


@given(st.floats(-1e6, 1e6), st.sampled_from(FORMATS))
def test_what_rounding_does_to_a_number_passes_in_every_format(x, form):
    """On another processor x is off by some 1e-15 of itself.

    The text differs where a rounding point lies between.
    """
    for other in (math.nextafter(x, math.inf), x * (1 + 1e-14), x * (1 - 1e-14)):
        stored, new = (f"risk {form.format(v)}, rank 3" for v in (x, other))
        assert agreed(new, stored) == stored


@given(
    st.integers(-(10**6), 10**6),
    st.integers(-12, 12),
    st.integers(1, 4),
    st.integers(1, 9),
    st.sampled_from(("", ",")),
)
def test_units_of_the_last_digit_are_counted_exactly(n, change, decimals, units, comma):
    stored, new = (
        f"risk {Decimal(i).scaleb(-decimals):{comma}.{decimals}f} at rank 3"
        for i in (n, n + change)
    )
    assert (agreed(new, stored, units) == stored) == (abs(change) <= units)


def shown(**data):
    """Source of a cell that shows something, and the output that is stored for it."""
    return f"from IPython.display import display\ndisplay({data!r}, raw=True)", [
        nbformat.v4.new_output("display_data", data)
    ]


def printed(text):
    return f"print({text!r}, end='')", [nbformat.v4.new_output("stream", name="stdout", text=text)]


def test_nbval_runs_a_notebook_with_this_comparison(nbval):
    """Every cell is run for one thing and stored with another."""
    html, json, plain = "text/html", "application/json", "text/plain"
    picture = {"image/jpeg": "/9j/", plain: "risk 0.31"}  # of a figure, which execute.py took
    three = {"tolerance": {"units": 3, "because": "three"}}
    cases = [  # what runs, what is stored, whether it passes, metadata
        (printed("risk 0.31"), printed("risk 0.32"), True),
        (printed("risk 0.31"), printed("risk 0.41"), False),
        (printed("risk 0.31"), printed("risk 0.34"), True, three),
        (printed("risk 0.31"), printed("risk 0.35"), False, three),
        (printed("risk 0.31"), ("", []), False),
        (("pass", []), printed("risk 0.31"), False),
        (("import sys; print('risk', file=sys.stderr, end='')", []), printed("risk"), False),
        (shown(**{html: "<b>0.31</b>"}), shown(**{html: "<b>0.32</b>"}), True),
        (shown(**{html: "<b>0.31</b>"}), shown(**{html: "<i>0.31</i>"}), False),
        (shown(**{html: "0.31"}), shown(**{plain: "0.31"}), False),
        (shown(**{html: "0.31", plain: "0.31"}), shown(**{plain: "0.31"}), False),
        (shown(**{plain: "risk 0.31"}), shown(**picture), True),
        (shown(**{plain: "risk 0.41"}), shown(**picture), False),
        (shown(**{json: {"x": [0.1, 2]}}), shown(**{json: {"x": [0.1 + 1e-15, 2]}}), True),
        (shown(**{json: {"x": [0.1, 2]}}), shown(**{json: {"x": [0.1, 3]}}), False),
    ]
    cells = [
        nbformat.v4.new_code_cell(
            run[0], outputs=stored[1], execution_count=i, metadata=dict(*metadata)
        )
        for i, (run, stored, _, *metadata) in enumerate(cases, 1)
    ]
    assert nbval(cells) == [case[2] for case in cases]
