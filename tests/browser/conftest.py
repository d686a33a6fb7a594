"""One Chromium for all browser tests."""

import pytest


@pytest.fixture(scope="session")
def chromium(chromium_path):
    """A running Chromium."""
    pytest.importorskip("playwright.sync_api")
    from driver import running_chromium

    with running_chromium(chromium_path) as browser:
        yield browser
