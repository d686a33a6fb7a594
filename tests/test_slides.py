"""A lecture is a list: what a file says, what the lab shows then, and what is refused."""

from pathlib import Path

import pytest
from drawings import alone, wait

from course_utils import Settings
from course_utils.journal import entries, note
from course_utils.labs import BreakLab, SubspaceLab, lecture
from course_utils.labs.memory import LEFT, drawings
from course_utils.labs.slides import Slide, qr_rows, read_link, read_slides

EXAMPLE = Path(__file__).parents[1] / "docs" / "lecture.txt"
TWO = """
# two slides
d=20 k=1 link=tanh width=30 | angles | The angle falls | and stays.

pure noise | norms | Nothing to learn.
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "lecture.txt"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_line_is_a_slide(written):
    first = Settings(d=20, k=1, link="tanh", width=30)
    assert read_slides(written(TWO)) == [
        Slide(first, "angles", "The angle falls | and stays."),
        Slide(SubspaceLab.presets["pure noise"][0], "norms", "Nothing to learn."),
    ]


def test_a_line_may_name_the_lab_and_breaklabs_presets_open_it(written):
    told = written(TWO + "BreakLab: a leap | angles | And now?\nSubspaceLab: even link | norms | ?")
    *_, leap, even = read_slides(told)
    assert leap.settings == BreakLab.presets["a leap"][0] and leap.lab == "BreakLab"
    assert even.settings == SubspaceLab.presets["even link"][0] and even.lab == "SubspaceLab"
    lab = alone(lecture(told))
    assert lab.name == "BreakLab" and len(lab.presets) == 4 and "inputs" in lab.fields
    lab.close()


def test_the_lab_shows_slide_after_slide_and_goes_back(written):
    lab = lecture(written(TWO))
    wait(lambda: lab.chosen.startswith("1."))
    alone(lab)
    assert lab.lecture.value and list(lab.presets) == [
        "1. The angle falls | and stays.",
        "2. Nothing to learn.",
    ]
    shown = []
    for order in ("next preset", "next preset", "preset before", "preset before", "next preset"):
        lab._obey(order, None)
        shown.append((lab.settings.link, lab.stage.central, lab.chosen[0]))
    first, second = ("tanh", "angles", "1"), ("none", "norms", "2")
    assert shown == [second, second, first, first, second], "it stays at both ends"
    lab.close()


@pytest.fixture
def told(written):
    """A lecture of two slides, its first one shown."""
    lab = lecture(written(TWO))
    wait(lambda: lab.chosen.startswith("1."))
    yield alone(lab)
    lab.close()


def test_a_slide_waits_untrained_until_space(told):
    assert len(told.run) == 1 and not told.actor.playing
    told._obey("play", None)
    assert told.actor.playing and told.stage.playing
    told._obey("next preset", None)
    assert len(told.run) == 1 and not told.actor.playing and not told.stage.playing


def test_a_slide_is_found_again_as_it_was_left(told):
    told._obey("step", None)
    told._obey("new_seed", None)
    told._obey("step", None)
    was = told.run
    told._obey("next preset", None)
    told._obey("step", None)
    other = told.run
    told._obey("preset before", None)
    assert told.run.samples.tolist() == was.samples.tolist() and told.settings == was.settings
    assert told.code.value == told.short() and "seed=1" in told.short()
    assert not told.actor.playing
    told._obey("step", None)  # it goes on as if nothing else had been shown
    assert told.run.samples[-1] > was.samples[-1]
    assert (told.run.perpendicular[: len(was)] == was.perpendicular).all()
    told._obey("preset", list(told.presets)[1])
    assert told.run.samples.tolist() == other.samples.tolist()


def test_a_changed_slide_begins_anew_and_keeps_its_place(told):
    told._obey("step", None)
    told._obey("set noise", 0.7)
    told._obey("next preset", None)
    assert told.chosen.startswith("2."), "the next of the slide that was changed, not the first"
    told._obey("preset before", None)
    assert told.settings.noise == 0.1 and len(told.run) == 1
    told._obey("code", "d=30 k=1")
    told._obey("next preset", None)
    assert told.chosen.startswith("2.")


def test_what_a_slide_asks_has_its_number(told):
    note = told.presets[told.chosen][1]
    assert note == "1 / 2  The angle falls | and stays."
    assert "course-slides" in told._dom_classes  # by which the page makes it strong


def test_the_first_slide_is_there_at_once(written):
    lab = lecture(written(TWO))
    try:
        assert lab.settings.link == "tanh"
        wait(lambda: lab.chosen.startswith("1.") and lab.stage.central == "angles")
    finally:
        lab.close()


def test_what_someone_left_in_a_lab_is_no_slide(written):
    first = read_slides(written(TWO))[0].settings
    left = first.replace(noise=0.5).summary()
    note("lab", lab="SubspaceLab", opened=first.summary(), code=left, knobs={})
    at_a_desk, on_a_wall = SubspaceLab(first), lecture(written(TWO))
    assert LEFT in at_a_desk.presets
    assert len(on_a_wall.presets) == 2
    at_a_desk.close()
    on_a_wall.close()


def test_slides_are_not_noted_as_the_teachers_own_work(written):
    before, lab = entries("lab"), lecture(written(TWO))
    wait(lambda: lab.chosen.startswith("1."))
    alone(lab)
    lab._obey("next preset", None)
    lab._obey("set noise", 0.7)
    for playing in (True, False):
        lab.memory.shown(playing)
    assert lab.settings.noise == 0.7 and entries("lab") == before
    assert all(one["opened"] != lab.memory.opened for one in drawings())
    lab.close()


ADDRESS = "https://example.org/course"


def test_a_line_holds_the_address_for_the_class(written):
    path = written(TWO + f"link: {ADDRESS}\n")
    assert read_link(path) == ADDRESS and len(read_slides(path)) == 2
    own, other = lecture(path), lecture(path, link="http://127.0.0.1:8888/lab")
    plain = lecture(written(TWO))
    assert read_link(path) == "", "the same file, without it"
    for lab, address in ((plain, ""), (own, ADDRESS), (other, "http://127.0.0.1:8888/lab")):
        wanted = {"address": address, "rows": qr_rows(address)} if address else {}
        assert lab.stage.link == wanted
        lab.close()


def test_a_qr_code_has_its_marks_where_the_standard_puts_them():
    """ISO/IEC 18004: three corners of 7 x 7 and, between them, rows that alternate."""
    rows = qr_rows(ADDRESS)
    side = len(rows)
    assert (side - 17) % 4 == 0 and {len(row) for row in rows} == {side}
    corner = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
    for top, left in ((0, 0), (0, side - 7), (side - 7, 0)):
        assert [row[left : left + 7] for row in rows[top : top + 7]] == corner
    between = range(8, side - 8)
    assert [rows[6][i] for i in between] == [rows[i][6] for i in between]
    assert [rows[6][i] for i in between] == ["10"[i % 2] for i in between]
    assert rows != qr_rows(ADDRESS + "s")


@pytest.mark.parametrize("link", ["example.org", "https://a b", "ftp://x", "https://" + "x" * 200])
def test_what_is_no_address_for_a_class_is_refused(written, link):
    with pytest.raises(ValueError, match="is no address for a class"):
        lecture(written(TWO), link=link)


@pytest.mark.parametrize(
    "text,words",
    [
        ("", "has no slide"),
        ("# only this", "has no slide"),
        ("d=20 | angles", "line 1 of .*lecture.txt is 'd=20 . angles', but a slide is"),
        ("\nd=20 || x", "line 2 of"),
        ("d=20 | | x", "line 1 of"),
        ("d=-3 | angles | x", "line 1 of .*d='-3'"),
        (
            "no weight decoy | angles | x",
            "line 1 of .*no preset of SubspaceLab that .* Take one of the theorem holds",
        ),
        ("ten neurons | angles | x", "'ten neurons' is no preset of SubspaceLab"),
        ("BreakLab: a lap | angles | x", "'a lap' is no preset of BreakLab .*, a leap, a ladder"),
        (
            "NTKLab: small d | race | x",
            "'small d' is no preset of NTKLab that a lecture can show. Take one of SubspaceLab: "
            "NAME, BreakLab: NAME",
        ),
        (
            "# one\n\nd=20 | angels | x",
            "line 3 of .*'angels' is no figure of SubspaceLab, which has picture",
        ),
    ],
)
def test_what_is_wrong_with_a_line_is_said(written, text, words):
    with pytest.raises(ValueError, match=words) as told:
        lecture(written(text))
    assert told.value.__cause__ is None and told.value.__suppress_context__ == ("-3" in text)


def test_the_example_opens():
    told = read_slides(EXAMPLE)
    lab = alone(lecture(EXAMPLE))
    assert len(told) >= 6 and len(lab.presets) == len(told)
    assert {slide.view for slide in told} <= {view.name for view in lab.figures()}
    lab.close()


def test_the_example_asks():
    assert all(slide.sentence.endswith("?") for slide in read_slides(EXAMPLE))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        lecture(tmp_path / "nowhere.txt")
