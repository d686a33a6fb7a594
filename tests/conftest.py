"""What several tests need: Chromium, an open course.

With COURSE_FORBID_SKIPS=1 no browser test is skipped.
"""

import itertools
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from driver import opened_course
from hypothesis import HealthCheck, settings

from course_utils.launcher import find_chromium

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]
BROWSER = Path(__file__).parent / "browser"
settings.register_profile(
    "any machine", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")  # no test asks how long an example took

NUMBERS = itertools.count()  # one folder a test, named without a look at all the others
FORBIDDEN = os.environ.get("COURSE_FORBID_SKIPS") == "1"


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The Chromium that the browser tests drive; where there is none, the test is skipped."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium or Chrome found: install one, or name it in COURSE_CHROMIUM")
    return path


@pytest.fixture(scope="session")
def serve() -> Callable[..., AbstractContextManager[list[str]]]:
    """`with serve(home, "--port", "9000") as lines`: the course, open for a newcomer.

    lines[-1] ends in the address.
    """
    return opened_course


@pytest.fixture(autouse=True)
def journal(monkeypatch, tmp_path_factory) -> Path:
    """The folder of an empty journal, for this test alone."""
    folder = tmp_path_factory.getbasetemp() / f"journal{next(NUMBERS)}" / "data"
    monkeypatch.setenv("COURSE_DATA", str(folder))
    return folder


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items):
    """Everything in tests/browser is a browser test, whether it says so or not."""
    for item in items:
        if BROWSER in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skipped browser test into a failed one where skipping is forbidden."""
    report = yield
    if (
        FORBIDDEN
        and report.skipped
        and item.get_closest_marker("browser")
        and not hasattr(report, "wasxfail")
    ):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}\nCOURSE_FORBID_SKIPS=1 lets no browser test be skipped."
    return report
