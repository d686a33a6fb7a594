"""Recordings of labs that are alive in Jupyter only are those of the labs and presets of today."""

import base64
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from course_utils import labs

SITE = Path(__file__).parents[2] / "site"
sys.path[:0] = [str(SITE)]
from live import record  # noqa: E402


def stored(name: str) -> dict:
    return json.loads((record.RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", record.RECORDED)
def test_every_preset_is_recorded_with_its_settings_and_its_note(name):
    states = stored(name)["states"]
    presets = getattr(labs, name).presets
    assert [state["name"] for state in states] == list(presets)
    for state, (settings, note, *_) in zip(states, presets.values(), strict=True):
        message, _ = state["frame"]
        assert message["words"]["note"] == note
        said = dict(part.split("=", 1) for part in state["code"].split())
        held = dict(part.split("=", 1) for part in settings.summary().split())
        assert {n: held[n] for n in said if n in held} == {n: said[n] for n in said if n in held}


def test_a_recording_is_what_the_lab_shows():
    lab = labs.EstimatorsLab()
    name = next(iter(lab.presets))
    lab.orders["preset"](name)
    record.finish(lab)
    message, data = record.recording(lab, lab.presets[name][1])
    lab.close()
    then, held = stored("EstimatorsLab")["states"][0]["frame"]
    assert [view["name"] for view in then["views"]] == [view["name"] for view in message["views"]]
    assert then["words"] == message["words"]
    numbers = [np.frombuffer(base64.b64decode(text), "<f8") for text in (data, held)]
    np.testing.assert_allclose(*numbers, rtol=1e-9)
