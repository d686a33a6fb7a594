"""One Chromium for all browser tests, and a page in it that needs no kernel."""

import pytest


@pytest.fixture(scope="session")
def chromium(chromium_path):
    """A running Chromium."""
    pytest.importorskip("playwright.sync_api")
    from driver import running_chromium

    with running_chromium(chromium_path) as browser:
        yield browser


@pytest.fixture(scope="module")
def page(chromium):
    """A bare page."""
    from bare_page import open_bare

    page = open_bare(chromium)
    yield page
    page.close()


@pytest.fixture
def bare(page):
    """A new stage on it."""
    from bare_page import Bare

    page.problems.clear()
    bare = Bare(page)
    yield bare
    assert page.problems == []
    assert page.evaluate("root.dataset.fallback ?? null") == bare.fallback
