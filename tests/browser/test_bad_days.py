"""A lab on a bad day.

Cells run twice, pages reloaded, kernels restarted, browsers gone, callbacks that raise.
"""

import json
import subprocess
import sys

import pytest

pytest.importorskip("playwright.sync_api")

from driver import OPENING, LabPage, open_cells  # noqa: E402

LAB = OPENING + "lab = SubspaceLab(Settings(d=30, k=2, width=50)); lab"
SECOND = LAB.replace("lab =", "second =")[:-5] + "; second"
THREADS = "import threading; print('workers', sum(t.name == 'lab' for t in threading.enumerate()))"
BREAK = """
good = lab.session.change
def bad(settings):
    raise KeyError("a bug in a callback")
lab.session.change = bad
"""
MEND = "lab.session.change = good; lab.errors.clear(); print('mended')"
CHECK = "lab.raise_errors(); print('samples', lab.run.samples[-1], 'playing', lab.actor.playing)"
LAB_CELL, THREADS_CELL, BREAK_CELL, MEND_CELL, CHECK_CELL, SECOND_CELL = range(6)


@pytest.fixture(scope="module")
def course(chromium, tmp_path_factory):
    home = tmp_path_factory.mktemp("bad_days")
    cells = [LAB, THREADS, BREAK, MEND, CHECK, SECOND]
    with open_cells(chromium, home, cells, 8954) as page:
        page.run_cell(LAB_CELL)
        page.wait_for_lab()
        yield page


def samples(page: LabPage, index: int = 0) -> int:
    """Samples that the page says were seen."""
    return int(page.sentence(index).split()[1].replace(",", ""))


def plays_and_obeys(page: LabPage) -> None:
    """The lab runs, a slider acts on the run, and the run stops."""
    page.press("Play")
    page.until(lambda: samples(page) > 30, "the run")
    page.slide("noise")
    page.until(lambda: page.settings()["noise"] != "0.1", "the slider's change")
    page.press("Pause")


def save(page: LabPage) -> None:
    """Save the notebook, outputs included, for the page that opens next."""
    notebook = page.home / "notebooks" / "test.ipynb"
    before = notebook.stat().st_mtime_ns
    page.page.keyboard.press("Control+s")
    page.until(lambda: notebook.stat().st_mtime_ns > before, "the notebook to be saved")


def test_thousand_slider_events_and_the_last_one_wins(course):
    """How fast is benchmarks/live.py's matter; none may be lost or pile up."""
    course.press("Play")
    handle = course.lab().locator(".course-field-noise .noUi-handle")
    handle.focus()
    course.page.evaluate(
        """async () => {
            const handle = document.activeElement;
            const how = {bubbles: true, cancelable: true};
            const press = key =>
                handle.dispatchEvent(new KeyboardEvent('keydown', {key, ...how}));
            for (let i = 0; i < 1000; i++) {
                press(i % 8 < 4 ? 'ArrowRight' : 'ArrowLeft');
                if (i % 10 == 9) await new Promise(done => setTimeout(done, 50));
            }
            press('ArrowRight');
        }"""
    )
    wanted = handle.get_attribute("aria-valuetext")
    shown = course.lab().locator(".course-field-noise .widget-readout").inner_text()
    course.until(
        lambda: float(course.settings()["noise"]) == float(shown),
        f"noise {shown} ({wanted}) on the page",
    )
    course.press("Pause")
    course.rest()
    assert float(course.settings()["noise"]) == float(shown)  # nothing older comes after it


def test_a_callback_that_raises_is_shown_and_the_lab_goes_on(course):
    course.run_cell(BREAK_CELL)
    course.slide("noise")
    course.until(lambda: "a bug in a callback" in course.error(), "the error box")
    assert "mended" in course.run_cell(MEND_CELL)
    before = course.settings()["noise"]
    course.slide("noise", "ArrowLeft")
    course.slide("noise", "ArrowLeft")
    course.until(lambda: course.settings()["noise"] != before, "the slider to act again")
    course.until(lambda: course.error() == "", "the error box to close")


def test_two_labs_play_at_once(course):
    course.run_cell(SECOND_CELL)
    course.wait_for_lab(1)
    for index in (0, 1):
        course.press("Play", index)
    first, second = samples(course, 0), samples(course, 1)
    course.until(
        lambda: samples(course, 0) > first and samples(course, 1) > second, "both labs to go on"
    )
    for index in (0, 1):
        course.press("Pause", index)
        course.rest(index)


def test_a_page_that_is_reloaded_shows_the_lab_again(course):
    save(course)
    seen = samples(course)
    course.page.reload()
    course.wait_for_lab()
    course.until(lambda: samples(course) == seen, "the same moment")
    course.press("Play")
    course.until(lambda: samples(course) > seen, "the run to go on")


def test_a_page_that_goes_away_stops_the_worker_and_one_that_comes_back_starts_it(course):
    """Then the kernel is idle."""
    page = course.page
    page.goto("about:blank")
    course.until_idle()
    page.goto(course.address)
    course.wait_for_lab()
    seen = samples(course)
    course.until(lambda: samples(course) > seen, "the run to go on by itself")


def test_two_tabs_show_one_lab(course):
    save(course)
    other = LabPage(course.page.context.browser.new_context().new_page())
    other.page.goto(course.address)
    other.wait_for_lab()
    course.press("Pause")
    course.rest()
    seen = samples(course)
    other.until(lambda: samples(other) == seen, "both tabs to agree")
    other.press("Step")
    course.page.bring_to_front()
    course.until(lambda: samples(course) > seen, "the step to reach the first tab")
    other.page.close()


def test_the_cell_run_twice_leaves_one_worker(course):
    workers = course.run_cell(THREADS_CELL)
    course.run_cell(LAB_CELL)
    course.wait_for_lab()
    course.press("Step")
    course.until(lambda: samples(course) > 0, "the new lab to step")
    assert course.run_cell(THREADS_CELL) == workers


def test_a_kernel_restarted_in_mid_run_can_start_again(course):
    seen, old = samples(course), course.kernel.pid
    course.press("Play")
    course.until(lambda: samples(course) > seen, "the run")
    course.menu("Kernel", "Restart Kernel…")
    course.page.locator(".jp-Dialog .jp-mod-accept").click()
    course.until(lambda: course.kernel_pid() not in (None, old), "another kernel")
    course.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    course.run_cell(LAB_CELL)
    course.wait_for_lab()
    course.press("Step")
    course.until(lambda: samples(course) > 0, "the new lab to step")
    assert "samples" in course.run_cell(CHECK_CELL)


def test_without_subshells_it_works_too(course):
    """A user may switch JupyterLab's messages over subshells off.

    Then they wait for running cells, and nothing else.
    """
    raw = json.dumps(json.dumps({"commsOverSubshells": "disabled"}))
    status = course.page.evaluate(
        f"""async () => {{
            const config = JSON.parse(document.getElementById('jupyter-config-data').textContent);
            const kernels = '@jupyterlab/apputils-extension:kernels-settings';
            const path = config.baseUrl + 'lab/api/settings/' + kernels;
            const cookie = (document.cookie.match(/_xsrf=([^;]+)/) || [])[1];
            const answer = await fetch(path, {{method: 'PUT', body: JSON.stringify({{raw: {raw}}}),
                headers: {{'Content-Type': 'application/json', 'X-XSRFToken': cookie}}}});
            return answer.status;
        }}"""
    )
    assert status == 204
    course.page.reload()
    course.run_cell(LAB_CELL)
    course.wait_for_lab()
    plays_and_obeys(course)


def test_a_server_that_is_gone_during_a_lecture(chromium, tmp_path):
    """A line inside the page says so, and keys go on in the lab.

    JupyterLab's dialog would stand behind it and take them.
    """
    cells = [LAB.replace("; lab", "; lab.lecture.value = True; lab")]
    with open_cells(chromium, tmp_path, cells, 8957) as page:
        page.run_cell(0)
        page.wait_for_lab()
        page.until(
            lambda: page.lab().evaluate("lab => lab.matches(':popover-open')"), "the full page"
        )
        page.press("Play")
        page.until(lambda: samples(page) > 30, "the run")
        page.kernel.parent().kill()
        line = page.lab().locator(".course-cut")
        page.until(
            lambda: "connection" in line.text_content() and line.is_visible(),
            "the line that says so",
        )
        page.until(lambda: page.page.locator(".jp-Dialog").count() == 0, "no dialog behind it")
        page.until(
            lambda: page.lab().evaluate("lab => lab.contains(document.activeElement)"),
            "the keyboard to be the lab's",
        )
        page.page.keyboard.press("Escape")
        page.until(lambda: page.stage(0, "lecture") == "false", "the end of the lecture")


def test_with_ipykernel_6(chromium, tmp_path):
    """The last ipykernel before subshells, put before the installed one on the kernel's path."""
    older = tmp_path / "older"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--target", str(older), "ipykernel<7", "nest-asyncio"]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("pip could not fetch ipykernel 6: no network")
    version = "import ipykernel; print('ipykernel', ipykernel.__version__)"
    with open_cells(chromium, tmp_path, [LAB, version, CHECK], 8956, before=str(older)) as page:
        page.run_cell(0)
        page.wait_for_lab()
        plays_and_obeys(page)
        assert "ipykernel 6." in page.run_cell(1)
        assert "samples" in page.run_cell(2)
        assert page.problems == []
