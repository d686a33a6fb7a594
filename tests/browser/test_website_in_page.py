"""The website in Chromium, from a folder of a plain file server, with no other host in reach."""

import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api")
pytest.importorskip("myst_nb", reason="make site installs what the website needs")

ROOT = Path(__file__).parents[2]
SAMPLES = "/After [1-9][\\d,]* samples/.test(document.querySelector('.course-live').textContent)"
DARK = "getComputedStyle(document.body).backgroundColor"


class Quiet(SimpleHTTPRequestHandler):
    """Files, without a word on each."""

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Two pages of the site, served from a folder in a folder."""
    home = tmp_path_factory.mktemp("site")
    made = [sys.executable, ROOT / "site" / "make_site.py", home / "some" / "where"]
    made += [ROOT / "notebooks" / f"{name}.ipynb" for name in PAGES]
    told = subprocess.run(made, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=home))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/some/where/"
    server.shutdown()


PAGES = ("00_start_here", "02_sgd_finds_the_subspace")


@pytest.fixture
def opened(chromium, address):
    """A page that reaches this server alone, with what went wrong on it."""
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)

    def through(route):
        if route.request.url.startswith(address):
            return route.continue_()
        page.problems.append(route.request.url)
        return route.abort()

    page.route("**/*", through)
    yield page
    assert page.problems == []
    page.close()


def test_a_reader_without_a_kernel_commits_reads_searches_and_turns_the_light_off(opened, address):
    """On a phone: a formula drawn, the veil, the reply, dark theme, search, a link into a veil."""
    opened.goto(f"{address}02_sgd_finds_the_subspace.html")
    opened.locator("mjx-container").first.wait_for()
    asks = opened.locator(".course-ask")
    veil = opened.locator(".course-veil").nth(1)
    assert "Then the two curves below should part" not in opened.content()
    assert veil.get_attribute("open") is None
    asks.nth(1).get_by_label("a plateau for constant").check()
    asks.nth(1).get_by_role("button", name="Commit").click()
    asks.nth(1).get_by_text("Then the two curves below should part. Do they?").wait_for()
    assert veil.get_attribute("open") is not None
    wide = "document.documentElement.scrollWidth - innerWidth"
    assert opened.evaluate(wide) <= 0
    opened.reload()  # what was answered stays
    asks.nth(1).get_by_text("You said").wait_for()
    light = opened.evaluate(DARK)
    opened.evaluate("localStorage.setItem('mode', 'dark'); localStorage.setItem('theme', 'dark')")
    opened.reload()
    assert opened.evaluate("document.documentElement.dataset.theme") == "dark"
    assert opened.evaluate(DARK) != light
    opened.goto(f"{address}index.html")
    lab = opened.locator(".course-live")
    lab.get_by_role("button", name="Play", exact=True).wait_for()
    lab.get_by_text("After 0 samples").first.wait_for()
    opened.locator(".course-ask").get_by_label("still everywhere").check()
    opened.locator(".course-ask").get_by_role("button", name="Commit").click()
    opened.get_by_text("it does not hold; the run says: in the plane of the two").wait_for()
    opened.wait_for_function(SAMPLES)  # it plays
    opened.goto(f"{address}search.html?q=stationary")
    opened.locator("#search-results a[href*='02_sgd']").first.wait_for()
