"""plotly.js comes from the server's files or from the kernel; a recording has it inside."""

import pytest

pytest.importorskip("playwright.sync_api")

from bare_page import Bare, open_bare, serve_bare  # noqa: E402
from bound import TIMES, Recording  # noqa: E402

from course_utils.labs.page import library, recorded  # noqa: E402

OFFER = """offer => {
    const script = document.createElement('script');
    Object.assign(script, { type: 'application/json', id: 'jupyter-config-data' });
    script.textContent = JSON.stringify({ baseUrl: '/user/me/', ...offer });
    document.head.append(script);
}"""
OFFERED = {"courseLibrary": "plotly.min.js?v=1"}


def opened(chromium, offer=None, offered=True, policy=""):
    """A bare page that has drawn a frame, and what it asked the server and the kernel for."""
    asked = []

    def serve(route):
        address = route.request.url
        asked.append(address.removeprefix("http://stage.test"))
        if "plotly.min.js" in address and offered:
            route.fulfill(path=library(), content_type="text/javascript")
        elif "plotly.min.js" in address:
            route.fulfill(status=404)
        elif address.endswith("/") and policy:
            answer = route.request.url and _page(policy)
            route.fulfill(**answer)
        else:
            serve_bare(route)

    page = open_bare(chromium, serve)
    if offer is not None:
        page.evaluate(OFFER, offer)
    bare = Bare(page)
    bare.feed([Recording().frame(TIMES[:5])])
    assert page.locator(".js-line").count() >= 4
    from_kernel = page.evaluate("sent.some(message => message.type === 'library')")
    page.close()
    return [address for address in asked if "min.js" in address], from_kernel, page.problems


def _page(policy: str) -> dict:
    from bare_page import PAGE

    headers = {"Content-Security-Policy": policy, "Content-Type": "text/html; charset=utf-8"}
    return {"body": PAGE % "", "headers": headers}


def test_the_server_is_asked_where_it_offers_plotly_js(chromium):
    asked, from_kernel, problems = opened(chromium, OFFERED)
    assert asked == ["/user/me/static/plotly.min.js?v=1"] and not from_kernel and problems == []


@pytest.mark.parametrize("offer", [None, {}])
def test_the_kernel_is_asked_where_the_server_offers_nothing(chromium, offer):
    assert opened(chromium, offer) == ([], True, [])


def test_the_kernel_is_asked_where_the_server_does_not_keep_its_word(chromium):
    asked, from_kernel, problems = opened(chromium, OFFERED, offered=False)
    assert len(asked) == 1 and from_kernel
    assert len(problems) == 1 and "404" in problems[0]  # the browser's own line


def test_a_page_that_forbids_scripts_from_memory_still_draws(chromium):
    policy = "script-src 'self' 'unsafe-inline' 'unsafe-eval'"
    asked, from_kernel, problems = opened(chromium, policy=policy)
    assert asked == [] and from_kernel
    assert all("Content Security Policy" in text for text in problems) and problems


@pytest.fixture(params=["light", "dark"])
def recording(chromium, tmp_path, request):
    """A recorded page opened from a file, for a reader of light or dark pages."""
    run = Recording()
    frames = [run.frame(TIMES[:60]), run.frame(TIMES[60:])]
    path = tmp_path / "recording.html"
    path.write_text(recorded("A run & its <angles>", frames, ""), encoding="utf-8")
    context = chromium.new_context(
        viewport={"width": 1366, "height": 768}, color_scheme=request.param, offline=True
    )
    page = context.new_page()
    page.set_default_timeout(300_000)
    page.asked, page.problems = [], []
    page.on("request", lambda sent: page.asked.append(sent.url))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda m: page.problems.append(m.text) if m.type != "info" else None)
    page.goto(path.as_uri())
    page.wait_for_selector(".course-stage[data-frame='2']")
    yield page
    assert page.problems == [] and page.asked == [path.as_uri()]
    context.close()


def test_a_recorded_page_is_looked_back_on_without_anything_else(recording):
    stage = recording.locator(".course-stage")
    assert recording.title() == recording.locator("h1").inner_text() == "A run & its <angles>"
    last = f"t = {int(TIMES[-1]):,}"
    assert recording.locator("output").inner_text() == last
    drawn = recording.locator(".js-line").evaluate_all(
        "paths => paths.map(p => p.getAttribute('d'))"
    )
    recording.locator(".course-time input").focus()
    recording.keyboard.press("Home")
    recording.wait_for_function("document.querySelector('output').textContent === 't = 0'")
    recording.wait_for_selector(".course-stage[data-shown='0'][data-looked-at]")
    now = recording.locator(".js-line").evaluate_all("paths => paths.map(p => p.getAttribute('d'))")
    assert now != drawn and len(now) == len(drawn)
    recording.wait_for_function(
        "document.querySelector('.course-sentence').textContent === 'After 0 samples.'"
    )
    recording.keyboard.press("End")
    recording.wait_for_function(
        "last => document.querySelector('output').textContent === last", arg=last
    )
    assert stage.get_attribute("data-fallback") is None


def test_a_recorded_page_follows_the_readers_theme(recording):
    dark = recording.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    colour = "getComputedStyle(document.querySelector('.js-line')).stroke"
    background = recording.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(17, 17, 17)" if dark else "rgb(255, 255, 255)")
    assert recording.evaluate(colour) == ("rgb(74, 168, 232)" if dark else "rgb(0, 114, 178)")
    assert recording.locator(".course-view").count() == 3
