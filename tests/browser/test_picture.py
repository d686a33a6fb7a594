"""The picture of the hidden subspace in a bare page: numbers in, shapes out."""

import re

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api")

from drawings import alone  # noqa: E402

from course_utils import Settings  # noqa: E402
from course_utils.labs import rows  # noqa: E402
from course_utils.labs.subspace import SubspaceLab  # noqa: E402

PATHS = """() => Object.fromEntries([...root.querySelectorAll('.course-picture path')]
    .map(p => [p.dataset.name, p.getAttribute('d')]))"""
TEXTS = """() => [...root.querySelectorAll(
    '.course-picture text, .course-pair button')].map(t => {
    const { left, right, top, bottom, height } = t.getBoundingClientRect();
    const size = parseFloat(getComputedStyle(t).fontSize);
    return { text: t.textContent, left, right, top, bottom, height, size };
})"""
ROOM = "() => root.querySelector('.course-picture').getBoundingClientRect().toJSON()"
SIZES = [(934, 420), (560, 300), (1900, 900)]
SMALL = {
    1: Settings(d=20, k=1, link="tanh", width=30),
    2: Settings(d=20, k=2, link="product", width=30),
    3: Settings(d=20, k=3, width=300),
    6: Settings(d=20, k=6, link="chain", width=30),
}


class Shown:
    """A lab whose frames a bare page takes, with its picture in the centre."""

    def __init__(self, bare, settings, samples):
        self.bare, self.page = bare, bare.page
        self.lab = alone(SubspaceLab(settings, samples=samples))
        self.told = []
        self.lab.stage.send = self.hear
        self.page.evaluate("model.set('central', '')")
        self.play()

    def hear(self, message: dict, buffers=()):
        """Keep a frame for the page."""
        if buffers:
            self.told.append((message, buffers[0]))

    def play(self, samples: int = 0):
        """Train, and wait until the page has painted what came of it."""
        if samples:
            self.lab.session.train(samples)
        self.lab._show()
        self.bare.feed(self.told)
        self.told.clear()

    def size(self, width: int, height: int):
        """Give the lab another size, and wait until the picture is drawn for it."""
        self.page.set_viewport_size({"width": width, "height": height + 360})
        self.page.evaluate("w => { root.closest('.course-lab').style.width = `${w}px`; }", width)
        self.page.wait_for_function("""() => {
            const box = root.querySelector('.course-picture'), svg = box.querySelector('svg');
            return svg.getAttribute('width') === String(box.clientWidth)
                && svg.getAttribute('height') === String(box.clientHeight);
        }""")

    def paths(self) -> dict[str, np.ndarray]:
        """The corners of each path; of points, their places."""
        number = re.compile(r"-?[\d.]+")
        found = {}
        for name, path in self.page.evaluate(PATHS).items():
            pieces = path.replace("h0", "").replace("L", "M").split("M")[1:]
            if "A" not in path and "H" not in path and "Z" not in path:
                found[name] = np.array([[float(v) for v in number.findall(p)] for p in pieces])
        return found

    def neurons(self) -> np.ndarray:
        """Where neurons are drawn, in no order."""
        shades = [p for name, p in self.paths().items() if name.startswith("neurons") and len(p)]
        return np.vstack(shades)

    def axes(self) -> tuple[np.ndarray, np.ndarray]:
        """The middle in pixels, and what one unit of u_a, u_b and outside is in pixels.

        As the picture's own axes and its ruler show it.
        """
        paths = self.paths()
        ends, ruler = paths["axes"], paths["ruler"]
        outside = ruler[1] - ruler[0]
        side = 1.2 ** max(1, np.ceil(np.log(1.15 * self.reach()) / np.log(1.2) - 1e-9))
        if len(ends) == 2:  # one direction
            return (ends[0] + ends[1]) / 2, np.array([(ends[1] - ends[0]) / 2 / side, outside])
        units = [(ends[i + 1] - ends[i]) / 2 / side for i in (0, 2)]
        return (ends[0] + ends[1]) / 2, np.array([*units, outside])

    def reach(self) -> float:
        session = self.lab.session
        runs = [session.run(), *([session.held.run] if session.held.run else [])]
        return max(float(abs(picked(run)[..., :-1]).max()) for run in runs)

    def wanted(self, moment: int = -1, pair=(0, 1)) -> np.ndarray:
        """Where neurons belong when a moment is shown, from the run and the axes."""
        run = self.lab.session.run()
        neurons = picked(run)[moment].astype(float)
        seen = [*(pair if run.settings.k > 1 else pair[:1]), -1]
        middle, units = self.axes()
        return middle + neurons[:, seen] @ units


def picked(run) -> np.ndarray:
    """The neurons of a run that are drawn, at all moments."""
    neurons = run.neurons
    count = min(neurons.shape[1], 600 // neurons.shape[2])
    return neurons[:, np.arange(count) * neurons.shape[1] // count]


def same_points(got: np.ndarray, want: np.ndarray) -> None:
    """AssertionError unless two sets of points are the same within half a pixel."""
    assert got.shape == want.shape
    gaps = np.linalg.norm(got[:, None] - want[None], axis=2)
    assert gaps.min(0).max() < 0.5 and gaps.min(1).max() < 0.5


@pytest.fixture
def shown(bare):
    """A lab on the page, by k."""
    return lambda k, samples=400, **more: Shown(bare, SMALL[k].replace(**more), samples)


@pytest.mark.parametrize("k", SMALL)
def test_neurons_stand_where_their_weights_say_while_a_run_goes_on_and_when_one_looks_back(
    shown, k
):
    lab = shown(k)
    same_points(lab.neurons(), lab.wanted())
    for samples in (300, 2000):
        lab.play(samples)
        same_points(lab.neurons(), lab.wanted())
    lab.page.evaluate("""() => { const slider = root.querySelector('.course-time input');
        slider.value = 500; slider.dispatchEvent(new Event('input')); }""")
    lab.page.wait_for_selector("[data-looked-at]", state="attached")
    moment = int(lab.page.evaluate("root.dataset.shown"))
    assert 0 < moment < len(lab.lab.session.run()) - 1
    same_points(lab.neurons(), lab.wanted(moment))
    run = lab.lab.session.run()
    degrees = [f"{a:.0f}°" for a in np.degrees(run.angles[moment])]
    assert [t["text"] for t in lab.page.evaluate(TEXTS) if "°" in t["text"]] == degrees


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_run_before_is_seen_where_it_was_at_the_same_moment_until_reset(shown, k):
    lab = shown(k)
    assert not any(name.startswith("before") for name in lab.paths())
    lab.lab._obey("set d", 30)
    lab.play(150)
    held, paths = lab.lab.session.held.run, lab.paths()
    row = int(np.searchsorted(held.samples, 150, "right")) - 1
    told = rows.of_few(held).samples
    moment = list(held.samples).index(told[np.searchsorted(told, 150, "right") - 1])
    middle, units = lab.axes()
    neurons = picked(held)[moment].astype(float)[:, [0, 1, -1] if k > 1 else [0, -1]]
    rings = paths["before"]
    same_points(rings[:, :2] + np.outer(rings[:, 2], [1, 0]), middle + neurons @ units)
    for n, angle in enumerate(np.degrees(held.angles[row])):
        (x, y), (a, b) = paths[f"before {n}"]
        assert abs(np.degrees(np.arctan2(y - b, a - x)) - angle) < 0.5
    assert any("grey: before" in t["text"] for t in lab.page.evaluate(TEXTS))
    lab.lab._obey("reset", None)
    lab.play()
    assert not any(name.startswith("before") for name in lab.paths())


def test_a_choice_of_two_directions_asks_nobody_and_is_remembered(shown):
    lab = shown(3)
    buttons = lab.page.locator(".course-pair button")
    assert buttons.all_inner_texts() == ["u₁", "u₂", "u₃"]
    asked = "sent.filter(m => !['ack', 'hello', 'library'].includes(m.type)).length"
    before = lab.page.evaluate(asked)
    buttons.nth(2).focus()
    lab.page.keyboard.press("Enter")
    lab.page.wait_for_function(
        "[...root.querySelectorAll('.course-picture text')].some(t => t.textContent === 'u₃')"
    )
    same_points(lab.neurons(), lab.wanted(pair=(1, 2)))
    pressed = [buttons.nth(i).get_attribute("aria-pressed") for i in range(3)]
    assert pressed == ["false", "true", "true"]
    assert lab.page.evaluate(asked) == before
    assert lab.page.evaluate("model.get('pair')") == [1, 2]


def test_with_two_directions_there_is_nothing_to_choose(shown):
    assert not shown(2).page.locator(".course-pair").is_visible()


@pytest.mark.parametrize("lecture", [False, True])
@pytest.mark.parametrize("k", SMALL)
def test_words_in_the_picture_are_large_inside_it_and_beside_each_other(shown, k, lecture):
    lab = shown(k, 2000)
    lab.page.evaluate("on => model.set('lecture', on)", lecture)
    for size in SIZES:
        lab.size(*size)
        room, texts = lab.page.evaluate(ROOM), lab.page.evaluate(TEXTS)
        assert len(texts) >= 3
        for i, a in enumerate(texts):
            assert room["left"] - 1 <= a["left"] and a["right"] <= room["right"] + 1, (size, a)
            assert room["top"] - 1 <= a["top"] and a["bottom"] <= room["bottom"] + 1, (size, a)
            assert a["size"] >= (0.027 if lecture else 0.03) * room["height"], (size, a)
            for b in texts[:i]:
                across = min(a["right"], b["right"]) - max(a["left"], b["left"])
                up = min(a["bottom"], b["bottom"]) - max(a["top"], b["top"])
                assert min(across, up / (0.4 * a["height"])) < 1, (size, a, b)
    lab.page.evaluate("model.set('lecture', false)")


def test_beside_another_view_it_is_small_and_comes_back_whole(shown):
    lab = shown(2)
    whole = lab.paths()
    lab.page.get_by_role("button", name="Test risk").click()
    lab.page.wait_for_function("!root.querySelector('.course-picture [data-name=\"hand 0\"]')")
    assert len(lab.neurons()) == 30
    lab.page.get_by_role("button", name="Neurons over the hidden plane").click()
    lab.page.wait_for_function("root.querySelector('.course-picture [data-name=\"hand 0\"]')")
    again = lab.paths()
    assert again.keys() == whole.keys()
    assert all(np.array_equal(again[name], whole[name]) for name in whole)


def test_a_dark_page_has_light_colours(shown):
    lab = shown(2)
    stroke = "getComputedStyle(root.querySelector('[data-name=\"neurons 0\"]')).stroke"
    assert lab.page.evaluate(stroke) == "rgb(0, 114, 178)"
    lab.page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    lab.page.wait_for_function(f"{stroke} === 'rgb(74, 168, 232)'")
    lab.page.evaluate("delete document.body.dataset.jpThemeLight")


def test_it_is_saved_as_svg_and_png(shown):
    lab, files = shown(3), {}
    for form in ("svg", "png"):
        message = {"type": "export", "format": form, "name": f"lab.{form}", "text": "d=20"}
        with lab.page.expect_download() as saved:
            lab.page.evaluate("m => model.receive(m, [])", message)
        assert saved.value.suggested_filename == f"lab.{form}"
        files[form] = saved.value.path().read_bytes()
    svg = files["svg"].decode()
    assert svg.startswith("<svg") and "°</text>" in svg and 'data-name="hand 2"' in svg
    header = files["png"][:24]
    assert header.startswith(b"\x89PNG") and len(files["png"]) > 20_000
    assert [int.from_bytes(header[i : i + 4], "big") for i in (16, 20)] == [2560, 1440]
