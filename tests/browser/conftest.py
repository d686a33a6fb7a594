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
    """A bare page that serves stage.js."""
    from bare_page import serve

    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(300_000)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.route("http://stage.test/**", serve)
    page.goto("http://stage.test/")
    page.wait_for_function("window.ready")
    yield page
    page.close()


@pytest.fixture
def bare(page):
    """A new stage on it."""
    from bare_page import Bare

    page.problems.clear()
    yield Bare(page)
    assert page.problems == []
