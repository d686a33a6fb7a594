"""A lab without a kernel: it plays, follows controls, looks back; its address restores it."""

import re
import sys
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest
from web import STRICT, served

pytest.importorskip("playwright.sync_api")

SITE = Path(__file__).parents[2] / "site"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">
<link rel="stylesheet" href="../live/live.css">
<script type="module" src="../live/live.js"></script>
<div class="course-live" data-lab="SubspaceLab" data-code="d=20 k=1 link=tanh width=20 step=0.3">
<figure>as it was stored</figure></div>"""
STARTED = ".course-stage[data-frame]"
RESTS = """() => {
    const { playing, said, frame } = document.querySelector(".course-stage").dataset;
    return playing === "false" && said === frame;
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Of a page with a lab, under a path, on a server that forbids code made of text."""
    if find_spec("ziglang") is None:
        pytest.skip("the compiler of the engine (ziglang) is not installed")
    sys.path[:0] = [str(SITE)]
    from live.build import build

    folder = tmp_path_factory.mktemp("site")
    build(folder / "live")
    (folder / "some").mkdir()
    second = PAGE[PAGE.index("<div") :].replace("SubspaceLab", "BreakLab")
    (folder / "some" / "page.html").write_text(PAGE)
    unseen = f"<section hidden>{second.replace('BreakLab', 'HermiteLab')}</section>"
    (folder / "some" / "two.html").write_text(PAGE + second + unseen)
    labs = {"recorded": "NTKLab", "solid": "TargetLab", "compression": "CompressionLab"}
    for page, lab in (labs | {"hermite": "HermiteLab"}).items():
        (folder / "some" / f"{page}.html").write_text(PAGE.replace("SubspaceLab", lab))
    with served(folder, {"Content-Security-Policy": STRICT}) as host:
        yield f"{host.address}/some/page.html"


class Live:
    """A page of its own, and what went wrong on it."""

    def __init__(self, chromium, address: str):
        self.context = chromium.new_context(viewport={"width": 1366, "height": 768})
        self.page, self.problems = self.context.new_page(), []
        self.page.set_default_timeout(120_000)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on(
            "console", lambda m: self.problems.append(m.text) if m.type == "error" else None
        )
        home = address.split("/some/")[0]
        self.context.on(
            "request",
            lambda r: (
                None if r.url.startswith((home, "blob:", "data:")) else self.problems.append(r.url)
            ),
        )

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.page.wait_for_selector(STARTED)

    def until(self, script: str, value=None) -> None:
        self.page.wait_for_function(script, arg=value)

    def says(self, pattern: str) -> str:
        """The sentence, once it is like this."""
        self.until(
            "p => new RegExp(p).test(document.querySelector('.course-sentence')?.innerText ?? '')",
            pattern,
        )
        return self.page.locator(".course-sentence").inner_text()

    def settings(self, text: str) -> None:
        """Wait until these are part of what the figures show."""
        self.until(
            "text => document.querySelector('.course-stage').dataset.settings.includes(text)", text
        )


def test_a_lab_plays_follows_looks_back_and_its_address_restores_it(chromium, address):
    live = Live(chromium, address)
    page = live.page
    live.open(address)
    assert page.get_by_text("as it was stored").is_hidden()
    live.context.set_offline(True)  # all is there
    page.locator(".course-play").click()
    live.says(r"After [\d,]+ samples .* angle [0-9]\.\d degrees")  # from 80 and more
    page.locator(".course-field-noise input").press("ArrowRight")  # the run goes on
    live.settings("noise=0.2")
    page.locator(".course-pause").click()
    live.until("() => /noise 0.1 to 0.2/.test(document.body.textContent)")
    live.until(RESTS)
    last = page.locator(".course-sentence").inner_text()
    assert re.match(r"After [1-9][\d,]* samples", last)
    page.locator(".course-time input").press("Home")
    live.says("After 0 samples")
    page.locator(".course-time input").press("End")
    assert live.says(re.escape(last)) == last
    page.locator(".course-field-code input").fill("d=30 k=2 link=chain")
    page.locator(".course-field-code input").press("Enter")  # anew
    live.settings("d=30 k=2 noise=0.2 link=chain")
    page.locator(".course-field-k input").press("ArrowRight")
    live.settings("d=30 k=3")
    page.locator(".course-step").click()
    live.says(r"After [1-9]\d* samples")
    said = live.says("degrees")
    live.until("() => /k%3D3.*&t=[1-9]/.test(location.hash)")  # the address of this run
    link = page.url
    live.context.set_offline(False)
    again = Live(chromium, address)
    again.open(link)
    first = re.match(r"After .*?degrees; W_perp [\d.]+", said).group()
    assert again.says(re.escape(first)).startswith(first)
    again.page.goto(f"{address}#code=d%3D5+k%3D9&t=100")  # no such settings
    again.page.get_by_text("k = 9 is impossible with d = 5").wait_for()
    again.settings("d=30 k=3")
    assert live.problems == again.problems == []
    live.context.close()
    again.context.close()


def test_a_browser_without_webassembly_keeps_the_figure_and_a_sentence(chromium, address):
    live = Live(chromium, address)
    live.page.add_init_script("delete globalThis.WebAssembly")
    live.page.goto(address)
    live.page.get_by_text("has no WebAssembly").wait_for()
    assert live.page.get_by_text("as it was stored").first.is_visible()
    assert live.problems == []
    live.context.close()


def test_other_labs_follow_knobs_and_their_addresses_have_them(chromium, address):
    live = Live(chromium, address)
    live.open(address.replace("page.html", "compression.html#code=d%3D20+k%3D2&t=400"))
    live.says("After 400 samples .* rank 2 of 20: risk .* bytes in place of")
    live.page.locator(".course-field-rank input").press("ArrowRight")
    live.says("After 400 samples .* rank 3 of 20")
    live.until("() => /t=400.*rank=3/.test(location.hash)")
    live.open(address.replace("page.html", "compression.html#code=d%3D20+k%3D2&rank=0"))
    live.page.get_by_text("does not fit this lab").wait_for()
    live.open(address.replace("page.html", "hermite.html#code=d%3D100+noise%3D0.1"))
    live.says("Information exponent of tanh: 1")
    live.page.locator(".course-field-c1 input").press("ArrowRight")
    live.says("Information exponent of your link: 1")
    live.page.get_by_text("All zero").click()
    live.says("All coefficients of degree 1 to 6 are zero")
    live.until("() => /start=own&c0=0&c1=0/.test(location.hash)")
    live.open(address.replace("page.html", "solid.html#code=link%3Dproduct+d%3D20+k%3D2&looks=0"))
    live.says("at 0.0 degrees from the hidden subspace, turned 0")
    live.page.locator(".course-plot canvas").first.wait_for()
    live.page.get_by_text("Random direction", exact=True).click()
    live.says(r"at [1-9]\d\.\d degrees from the hidden subspace")
    live.until("() => /looks=2&tilt=[1-9]/.test(location.hash)")
    assert live.problems == []
    live.context.close()


def test_another_lab_shows_recordings_of_its_presets(chromium, address):
    live = Live(chromium, address)
    live.page.goto(address.replace("page.html", "recorded.html"))
    menu = live.page.get_by_label("recorded")
    menu.select_option("cubic")
    live.says(r"R² SGD 0\.\d\d, NTK 0\.\d\d")
    live.until("() => document.querySelectorAll('.course-plot .js-line').length > 2")
    assert live.page.get_by_text("as it was stored").is_hidden()
    menu.select_option("as above")
    live.page.get_by_text("as it was stored").wait_for()
    assert live.problems == []
    live.context.close()


def test_what_has_three_dimensions_is_drawn_by_a_part_that_is_loaded_for_it(chromium, address):
    live = Live(chromium, address)
    asked = []
    live.context.on("request", lambda request: asked.append(request.url.split("/")[-1]))
    live.page.goto(address.replace("page.html", "solid.html"))
    menu = live.page.locator("select:has(option:text-is('chain of three'))").first
    menu.wait_for()
    assert "shared.js" in asked and "plotly-3d.js" not in asked
    menu.select_option("product")
    live.page.locator(".gl-container canvas").first.wait_for()
    assert "plotly-3d.js" in asked
    assert live.problems == []
    live.context.close()


PLAYING = "stage => document.querySelectorAll('.course-stage')[stage].dataset.playing"
PRINTED = """() => { // with what is shown on paper alone
    document.querySelector("section").hidden = false;
    dispatchEvent(new Event("beforeprint"));
}"""
BESIDE = "stage => document.querySelectorAll('.course-sentence')[stage].innerText"


def test_two_labs_on_a_page_by_keyboard_in_the_dark_on_paper_and_as_files(chromium, address):
    live = Live(chromium, address)
    page = live.page
    page.goto(address.replace("page.html", "two.html"))
    live.until("() => document.querySelectorAll('.course-stage[data-frame]').length === 3")
    second = page.locator(".course-lab").nth(1)
    for _ in range(120):
        page.keyboard.press("Tab")
        if second.locator(".course-play").evaluate("play => play === document.activeElement"):
            break
    page.keyboard.press("Enter")
    live.until(f"() => / [1-9][0-9]* samples/.test(({BESIDE})(1))")
    page.keyboard.press("Space")
    live.until(f"() => ({PLAYING})(1) === 'false'")
    assert page.evaluate(BESIDE, 0).startswith("After 0 samples")  # the first one rests
    live.until("() => /lab=2/.test(location.hash)")
    ink = "() => getComputedStyle(document.querySelector('.xtick text')).fill"
    light = page.evaluate(ink)
    page.emulate_media(color_scheme="dark")
    live.until(f"light => ({ink})() !== light", light)
    page.emulate_media(color_scheme="light")
    live.until(f"light => ({ink})() === light", light)
    for name, looks in (("SVG", looks_like_svg), ("PNG", looks_like_png), ("CSV", looks_like_csv)):
        second.locator(".course-more-switch").click()
        with page.expect_download() as found:
            second.get_by_role("button", name=name).click()
        looks(Path(found.value.path()).read_bytes())
        assert found.value.suggested_filename.endswith(f".{name.lower()}")
        page.keyboard.press("Escape")
    page.evaluate(PRINTED)
    page.emulate_media(media="print")
    unseen = page.locator("section .course-live")
    assert unseen.get_by_text("as it was stored").is_visible()
    assert not unseen.locator(".course-lab").is_visible()
    for lab in page.locator(".course-live > .course-lab").all()[:2]:
        assert lab.bounding_box()["width"] <= 640
        assert lab.locator(".course-plot .main-svg").first.is_visible()
        assert lab.locator(".course-sentence").is_visible()
        assert not lab.locator(".course-play").is_visible()
    assert live.problems == []
    live.context.close()


def looks_like_svg(data: bytes) -> None:
    """Five figures, and the settings under them."""
    slide = ElementTree.fromstring(data)
    assert len(slide.findall("{http://www.w3.org/2000/svg}svg")) == 5
    assert b"d=20 k=1" in data


def looks_like_png(data: bytes) -> None:
    """Twice 1280 x 720 pixels."""
    assert data.startswith(b"\x89PNG") and data[16:24] == (2560).to_bytes(4) + (1440).to_bytes(4)


def looks_like_csv(data: bytes) -> None:
    """A line for each moment, all of the same length, under the names."""
    lines = [line for line in data.decode().splitlines() if not line.startswith("#")]
    assert lines[0].startswith("seed,samples,") and len(lines) > 2
    assert len({line.count(",") for line in lines}) == 1
