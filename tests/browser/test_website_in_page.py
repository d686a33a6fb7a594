"""The website in Chromium, from a folder of a plain file server, with no other host in reach."""

import subprocess
import sys
from pathlib import Path

import pytest
from web import THEMED, served

pytest.importorskip("playwright.sync_api")
pytest.importorskip("myst_nb", reason="make site installs what the website needs")

ROOT = Path(__file__).parents[2]
# A function, for an expression is code made of text each time, which the pages' policy forbids.
SAMPLES = r"""() => /After [1-9][\d,]* samples/.test(
    document.querySelector('.course-live > .course-lab').textContent)"""
DARK = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """Two pages of the site in a folder of a folder, on a server that forbids code made of text."""
    home = tmp_path_factory.mktemp("site")
    made = [sys.executable, ROOT / "site" / "make_site.py", home / "some" / "where"]
    made += [ROOT / "notebooks" / f"{name}.ipynb" for name in PAGES]
    told = subprocess.run(made, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    with served(home, {"Content-Security-Policy": THEMED}) as host:
        yield host


PAGES = ("00_start_here", "02_sgd_finds_the_subspace")


@pytest.fixture
def address(host):
    return f"{host.address}/some/where/"


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
    opened.locator(".katex").first.wait_for()
    assert opened.locator(".katex-error").count() == 0
    asks = opened.locator(".course-ask")
    veil = opened.locator(".course-veil").nth(1)
    assert "A constant step keeps putting" not in opened.content()
    assert veil.get_attribute("open") is None
    asks.nth(1).get_by_label("a plateau for constant").check()
    asks.nth(1).get_by_role("button", name="Commit").click()
    asks.nth(1).get_by_text("It holds. A constant step keeps putting fresh noise in").wait_for()
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


@pytest.mark.parametrize("name", PAGES)
def test_a_page_whose_lab_is_alive_weighs_at_most_800_kilobytes(chromium, host, address, name):
    """Compressed as static hosts do, with all that it has loaded, its own fonts and figures too."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768})  # with an empty cache
    host.forget()
    page = context.new_page()
    page.goto(f"{address}{name}.html")
    page.wait_for_selector(".course-lab .course-play", state="attached")
    page.wait_for_load_state("networkidle")
    weights = host.weights()
    context.close()
    assert sum(file.endswith((".woff2", "shared.js", "engine.wasm")) for file in weights) >= 4
    assert sum(weights.values()) <= 800_000, sorted(weights.items(), key=lambda one: -one[1])[:9]
