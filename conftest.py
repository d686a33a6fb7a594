"""Wherever nbval runs a notebook of the course, its numbers are compared as numbers."""

from comparison import pytest_itemcollected  # noqa: F401  (tests/notebooks/comparison.py)
