"""A student's path in the page: a prediction that is there again, and a report that opens alone."""

import weakref

import pytest

pytest.importorskip("playwright.sync_api")

from driver import open_cells  # noqa: E402

from course_utils import Settings  # noqa: E402
from course_utils.journal import note  # noqa: E402
from course_utils.labs import SubspaceLab, memory  # noqa: E402
from course_utils.labs.report import report  # noqa: E402

ASKED = 'from course_utils.labs import predict\npredict("Up or down?", ["up", "down"], "Look.")'


def test_a_report_draws_its_figures_from_a_file(chromium, tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_memories", weakref.WeakSet())
    labs = [SubspaceLab(Settings(d=20, k=k, width=20), samples=400) for k in (1, 2)]
    note("check", exercise="2.2", passed=True, holds=["a"], answer="my = '</script>'")
    path = report(tmp_path / "report.html", name="Ada")
    for lab in labs:
        lab.close()
    page, problems = chromium.new_page(), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: problems.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_function(
        "[...document.querySelectorAll('[data-drawing]')].every("
        "place => place.querySelectorAll('.course-plot .js-line').length > 3)"
    )
    assert page.locator("[data-drawing]").count() == 2
    assert page.get_by_text("my = '</script>'").is_visible()
    assert page.get_by_text("seed=0").count() >= 2
    assert [one for one in problems if one != path.as_uri()] == []
    page.close()


def test_a_prediction_survives_its_kernel_and_may_be_made_anew(chromium, tmp_path):
    with open_cells(chromium, tmp_path, [ASKED], port=9460) as course:
        box = course.page.locator(".course-predict")
        course.run_cell(0)
        box.get_by_label("up").check()
        box.get_by_role("button", name="Commit").click()
        box.get_by_text("You said: up. Look.").wait_for()
        before = course.kernel.pid
        journal = tmp_path / "journal" / "journal.jsonl"
        course.until(lambda: journal.exists() and "up" in journal.read_text(), "the entry")
        course.kernel.kill()
        course.until(lambda: course.kernel_pid() not in (None, before), "another kernel")
        course.page.get_by_role("dialog").get_by_role("button", name="Ok").click()  # it died
        course.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        course.run_cell(0)
        box.get_by_text("You said: up. Look.").wait_for()
        box.get_by_role("button", name="Try again").click()
        box.get_by_label("down").check()
        box.get_by_role("button", name="Commit").click()
        box.get_by_text("You said: down. Look.").wait_for()
        course.until(lambda: '"answer": "down"' in journal.read_text(), "the second entry")
