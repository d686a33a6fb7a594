"""A journal of what a student does, in a file of their own, and the map and report made of it.

Predictions, answers, hints, checks and settings of labs are noted as they happen, so that a kernel
that ends loses none of them.
"""

from .keeping import entries, journal_file, note

__all__ = ["entries", "journal_file", "note"]
