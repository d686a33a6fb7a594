"""What a page does by itself, without a kernel: out of sight, late controls, a cut connection."""

import pytest

pytest.importorskip("playwright.sync_api")

from course_utils import Settings  # noqa: E402
from course_utils.labs.subspace import SubspaceLab  # noqa: E402

PATHS = "plots().flatMap(gd => [...gd.querySelectorAll('.js-line')].map(p => p.getAttribute('d')))"
SLIDER = """() => {
    const row = document.querySelector('.course-row') ?? document.createElement('div');
    row.className = 'course-row';
    row.innerHTML = `<div class="widget-slider">
        <label class="widget-label" title="how many">k</label>
        <div><div class="noUi-handle" aria-valuetext="3.0"></div></div>
        <div class="widget-readout">5</div></div>`;
    root.closest('.course-lab').prepend(row);
}"""
DIALOG = """buttons => {
    const dialog = document.createElement('dialog');
    dialog.className = 'jp-Dialog';
    dialog.innerHTML = '<div class="jp-Dialog-header">Server Connection Error</div>'
        + '<button class="jp-Dialog-button">No</button>'.repeat(buttons);
    for (const button of dialog.querySelectorAll('button')) button.onclick = () => dialog.remove();
    document.body.append(dialog);
    dialog.querySelector('button').focus();
}"""
CUT = "document.querySelector('.course-cut')"


@pytest.fixture
def frames():
    """Figures of a run at four moments."""
    lab, shown = SubspaceLab(Settings(d=20, k=2, width=20)), []
    for samples in (40, 40, 40, 400):
        lab.session.train(samples)
        shown.append(lab.figures(lab.session.run(), len(lab.session.run()) - 1))
    return shown


def sight(page, away: bool) -> None:
    """Scroll the lab out of sight, or back."""
    lab = "root.closest('.course-lab')"
    page.evaluate(f"away => {{ {lab}.style.marginTop = away ? '5000px' : 0; }}", away)
    page.evaluate(
        "() => new Promise(done => new IntersectionObserver((_, o) => (o.disconnect(), done()))"
        f".observe({lab}))"
    )
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def test_a_lab_out_of_sight_answers_and_draws_nothing_until_it_is_seen(bare, frames):
    page = bare.page
    bare.draw(frames[0])
    sight(page, True)
    drawn, redraws = page.evaluate(PATHS), bare.redraws
    for shown in frames[1:]:
        bare.draw(shown)
    page.evaluate("rest()")
    assert (page.evaluate(PATHS), bare.redraws) == (drawn, redraws)
    assert page.evaluate("sent.filter(m => m.type === 'ack').at(-1).n") == bare.stage.frames
    assert page.evaluate("root.querySelector('.course-sentence').textContent") == "words"
    sight(page, False)
    page.wait_for_function(
        f"drawn => JSON.stringify({PATHS}) !== drawn", arg=page.evaluate(f"JSON.stringify({drawn})")
    )
    bare.draw(frames[-1])
    assert page.evaluate(PATHS) != drawn


def test_sliders_that_come_after_the_first_frame_have_names_and_values(bare, frames):
    """As after a reload, when controls come late, and where a slider renews its handle."""
    page = bare.page
    bare.draw(frames[0])
    for _ in range(2):
        page.evaluate(SLIDER)
        page.wait_for_function(
            "document.querySelector('.noUi-handle').getAttribute('aria-valuetext') === '5'"
        )
        handle = page.locator(".noUi-handle")
        assert (handle.get_attribute("aria-label"), handle.get_attribute("aria-description")) == (
            "k",
            "how many",
        )
    page.evaluate("""() => { document.querySelector('.widget-readout').textContent = '6';
        document.querySelector('.noUi-handle').setAttribute('aria-valuetext', '4.0'); }""")
    page.wait_for_function(
        "document.querySelector('.noUi-handle').getAttribute('aria-valuetext') === '6'"
    )


@pytest.mark.parametrize("lecture", [False, True])
def test_a_cut_connection_is_said_inside_the_page_and_asked_about_once_it_is_back(
    bare, frames, lecture
):
    page = bare.page
    bare.draw(frames[0])
    page.evaluate("on => model.set('lecture', on)", lecture)
    assert page.evaluate(f"{CUT}.hidden")
    page.evaluate("model.widget_manager.kernel.connectionStatus = 'connecting'")
    page.wait_for_function(
        f"!{CUT}.hidden && {CUT}.textContent.includes('connection to the kernel is cut')"
    )
    assert page.locator(".course-cut").is_visible()
    hellos = page.evaluate("sent.filter(m => m.type === 'hello').length")
    page.evaluate("model.widget_manager.kernel.connectionStatus = 'connected'")
    page.wait_for_function(f"{CUT}.hidden")
    assert page.evaluate("sent.filter(m => m.type === 'hello').length") == hellos + 1


def test_a_run_that_goes_silent_says_so_and_one_at_rest_does_not(bare, frames):
    page = bare.page
    bare.draw(frames[0])
    page.evaluate("model.set('playing', true)")
    page.wait_for_function(f"{CUT}.textContent.includes('Nothing has come from the kernel')")
    bare.draw(frames[1])
    page.wait_for_function(f"{CUT}.hidden")
    page.wait_for_function(f"!{CUT}.hidden")
    page.evaluate("model.set('playing', false)")
    page.wait_for_function(f"{CUT}.hidden")


def test_a_dialog_that_only_informs_does_not_take_the_keyboard_of_a_lecture(bare, frames):
    page = bare.page
    bare.draw(frames[0])
    page.evaluate(SLIDER)
    page.evaluate("document.querySelector('.noUi-handle').tabIndex = 0")
    page.evaluate("model.set('lecture', true)")
    page.wait_for_function("document.querySelector('.course-lab').matches(':popover-open')")
    page.locator(".noUi-handle").focus()
    page.evaluate(DIALOG, 1)
    page.wait_for_function("!document.querySelector('.jp-Dialog')")
    page.wait_for_function("document.activeElement.className === 'noUi-handle'")
    page.wait_for_function(f"{CUT}.textContent === 'Server Connection Error'")
    page.keyboard.press("Escape")
    assert page.evaluate("model.get('lecture')") is False


def test_a_dialog_that_asks_comes_before_the_full_page(bare, frames):
    page = bare.page
    bare.draw(frames[0])
    page.evaluate("model.set('lecture', true)")
    page.wait_for_function("document.querySelector('.course-lab').matches(':popover-open')")
    page.evaluate(DIALOG, 2)
    page.wait_for_function("document.querySelector('.jp-Dialog').matches(':popover-open')")
    page.evaluate("document.querySelector('.jp-Dialog').remove()")
