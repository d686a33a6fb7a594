"""Wherever nbval runs a notebook of the course, its numbers are compared as numbers.

No test, and no kernel that a test starts, reads or writes this user's journal; each notebook begins
with an empty one, as if its student had done nothing before.
"""

import os
import tempfile
from pathlib import Path

import pytest
from comparison import pytest_itemcollected  # noqa: F401  (tests/notebooks/comparison.py)

_journals = tempfile.TemporaryDirectory(prefix="course-journals-")  # goes when the tests end
os.environ["COURSE_DATA"] = _journals.name


@pytest.hookimpl(tryfirst=True)  # before nbval starts the notebook's kernel
def pytest_runtest_setup(item):
    """A notebook's kernel gets a journal of its own."""
    if hasattr(item, "cell"):
        os.environ["COURSE_DATA"] = str(Path(_journals.name) / item.path.stem)
