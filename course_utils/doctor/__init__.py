"""``python -m course_utils doctor``: examines the installation, part by part.

It says what to do about each fault.
"""

from __future__ import annotations

from .finding import Finding
from .packages import (
    check_cache,
    check_imports,
    check_packages,
    check_python,
    check_torch_threads,
    check_version,
    requirements,
)
from .surroundings import (
    check_browsers,
    check_folders,
    check_kernel,
    check_machine,
    check_notebooks,
    check_port,
    check_widgets,
)

CHECKS = (
    check_python,
    check_packages,
    check_torch_threads,
    check_cache,
    check_folders,
    check_widgets,
    check_kernel,
    check_notebooks,
    check_port,
    check_browsers,
    check_machine,
)


__all__ = ["CHECKS", "Finding", "check_imports", "check_version", "examine", "requirements", "row"]


def examine() -> int:
    """Print a table of every check with what to do for each fault.

    Returns
    -------
    int
        1 when something fails, else 0: the exit code.
    """
    counts = {"ok": 0, "warn": 0, "FAIL": 0}
    for check in CHECKS:
        for finding in check():
            counts[finding.status] += 1
            print(row(finding), flush=True)
    print(
        f"\n{counts['ok']} ok, {counts['warn']} to know about (warn), "
        f"{counts['FAIL']} to mend (FAIL)."
    )
    return int(counts["FAIL"] > 0)


def row(finding: Finding) -> str:
    """The line or two that show a finding.

    Parameters
    ----------
    finding : Finding
        What was found.

    Returns
    -------
    str
        One line where all is well, else a second one with what to do.
    """
    line = f"{finding.status:<5} {finding.part:<20} {finding.found}"
    return line if finding.status == "ok" else f"{line}\n{'':<6}-> {finding.remedy}"
