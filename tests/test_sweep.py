"""sweep.py: every run once, remembered, resumed, and never the end of the others."""

import errno
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

import course_utils
from course_utils import LINKS, Settings, online_sgd
from course_utils.store import cache_directory
from course_utils.sweep import final_values, samples_until, sweep

BASE = Settings(d=20, k=1, link="tanh", width=10, step=0.3)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "sweep"


@pytest.fixture
def small():
    """sweep with few samples, on one core."""
    return functools.partial(sweep, BASE, samples=200, progress=False, n_jobs=1)


def counting(folder):
    """A measure that leaves a file in the folder each time it is called."""
    folder.mkdir(exist_ok=True)

    def measure(run):
        (folder / f"{run.settings.d}-{run.settings.seed}-{time.time_ns()}").touch()
        return {"risk": run.risk[-1]}

    return measure


def test_one_row_a_run_with_what_online_sgd_gives(small):
    frame = small(over={"d": [20, 30], "noise": [0.1, 0.5]}, seeds=2)
    assert list(frame.columns) == [
        "d",
        "noise",
        "seed",
        "samples",
        *final_values(online_sgd(BASE, 1)),
        "problem",
    ]
    assert len(frame) == 8 and not frame[["d", "noise", "seed"]].duplicated().any()
    row = frame.query("d == 30 and noise == 0.5 and seed == 1").iloc[0]
    run = online_sgd(BASE.replace(d=30, noise=0.5, seed=1), 200, 1)
    assert row.perpendicular == run.perpendicular[-1] and row.angle_1_degrees == np.degrees(
        run.angles[-1, 0]
    )
    assert frame.attrs["base"] == BASE.code() and (frame.problem == "").all()


def test_seeds_can_be_listed_and_values_are_taken_once(small):
    frame = small(over={"d": np.array([20, 20, 30])}, seeds=[7, 3])
    assert frame.d.tolist() == [20, 20, 30, 30] and frame.seed.tolist() == [7, 3, 7, 3]
    assert len(small(over={}, seeds=3)) == 3


def test_samples_may_depend_on_the_settings(small):
    assert small(over={"d": [20, 30]}, samples=lambda s: 10 * s.d).samples.tolist() == [200, 300]


def test_until_tells_how_many_samples_were_needed(small):
    frame = small(over={"d": [20, 40]}, samples=lambda s: 200 * s.d, until=np.radians(20))
    for d, samples in zip(frame.d, frame.samples, strict=True):
        run = samples_until(BASE.replace(d=d), np.radians(20), 200 * d)
        assert (
            run.samples[-1] == samples and run.angles[-1, 0] <= np.radians(20) < run.angles[-2, 0]
        )
        assert run.samples[-1] - run.samples[-2] <= max(
            1, 0.04 * samples
        )  # the stated 3 %, rounded to whole samples


def test_impossible_diverged_and_unfinished_runs_are_rows_with_their_reason(small):
    frame = small(over={"d": [1, 20], "k": [1, 2]}, measure=lambda run: {"risk": run.risk[-1]})
    assert frame.problem.str.contains("k = 2").tolist() == [False, True, False, True]
    assert np.isfinite(frame.risk).tolist() == [True, False, True, False]
    frame = sweep(
        BASE.replace(loss="square"), {"step": [0.1, 900.0]}, samples=2000, progress=False, n_jobs=1
    )
    assert frame.problem.str.contains("diverged.*lower").tolist() == [False, True]
    frame = small(over={}, until=0.01)
    assert (
        "not 0.6, after 200 samples" in frame.problem[0]
        and np.isnan(frame.samples[0])
        and frame.risk[0] > 0
    )


def test_a_second_sweep_runs_nothing_and_a_wider_one_only_what_is_new(small, tmp_path):
    measure = counting(tmp_path / "calls")
    first = small(over={"d": [20, 30]}, seeds=2, measure=measure)
    again = small(over={"d": [20, 30]}, seeds=2, measure=measure)
    pd.testing.assert_frame_equal(first, again)
    small(over={"d": [20, 30, 40]}, seeds=3, measure=measure)
    assert len(list((tmp_path / "calls").iterdir())) == 4 + 5
    small(over={"d": [20, 30]}, samples=201, measure=measure)
    assert len(list((tmp_path / "calls").iterdir())) == 4 + 5 + 2


def test_failures_are_remembered_too(small, cache):
    over = {"step": [900.0]}
    first = sweep(BASE.replace(loss="square"), over, samples=500, progress=False, n_jobs=1)
    assert len(list(cache.iterdir())) == 1
    again = sweep(BASE.replace(loss="square"), over, samples=500, progress=False, n_jobs=1)
    pd.testing.assert_frame_equal(first, again)


def test_an_interrupted_sweep_goes_on_where_it_was(small, tmp_path):
    count = counting(tmp_path / "calls")
    interrupt = tmp_path / "interrupt"
    interrupt.touch()

    def measure(run):
        if run.settings.seed == 3 and interrupt.exists():
            raise KeyboardInterrupt
        return count(run)

    with pytest.raises(KeyboardInterrupt):
        small(over={}, seeds=6, measure=measure)
    assert len(list((tmp_path / "calls").iterdir())) == 3
    interrupt.unlink()
    assert small(over={}, seeds=6, measure=measure).risk.notna().all()
    assert len(list((tmp_path / "calls").iterdir())) == 6


@pytest.mark.parametrize("damage", ["", "{", "[1]", "null", "digit", "binary"])
def test_a_damaged_entry_is_recomputed_with_a_warning(small, cache, damage):
    first = small(over={})
    (path,) = cache.iterdir()
    text = path.read_text()
    path.write_text(text.replace('"risk": 0.', '"risk": 1.') if damage == "digit" else damage)
    if damage == "binary":
        path.write_bytes(b"\xff\xfe\x00")
    with pytest.warns(UserWarning, match="is damaged .* made again"):
        again = small(over={})
    pd.testing.assert_frame_equal(first, again)
    assert json.loads(path.read_text())["values"] == json.loads(text)["values"]


def test_nothing_is_left_half_written_and_a_disk_that_refuses_costs_a_warning(
    small, cache, monkeypatch
):
    small(over={}, seeds=3)
    assert {p.suffix for p in cache.iterdir()} == {".json"}
    monkeypatch.setenv(
        "COURSE_CACHE", str(next(cache.iterdir()))
    )  # a file where a folder should be
    with pytest.warns(UserWarning, match="COURSE_CACHE"):
        assert len(small(over={})) == 1


def test_the_cache_stands_where_the_user_or_the_system_says(monkeypatch, tmp_path):
    assert cache_directory() == tmp_path / "cache"
    monkeypatch.setenv("COURSE_CACHE", "~/x")
    assert cache_directory() == Path.home() / "x"
    monkeypatch.delenv("COURSE_CACHE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == tmp_path / "subspace-course"


def test_an_own_link_is_part_of_what_a_result_depends_on(small, cache):
    links = [lambda Z: np.sin(Z[:, 0]), lambda Z: np.cos(Z[:, 0])]
    frame = small(over={"link": links})
    assert frame.risk.nunique() == 2 and len(list(cache.iterdir())) == 2
    pd.testing.assert_frame_equal(frame, small(over={"link": links}))


def script(folder: Path, cell: str, arguments: str) -> tuple[float, str]:
    """The risk that a sweep finds after this cell in a session of its own, and its warnings."""
    settings = "Settings(d=20, k=1, link='tanh', width=10)"
    code = (
        "from course_utils import Settings\nfrom course_utils.sweep import sweep\n"
        f"{cell}\n"
        f"print(sweep({settings}, {{}}, samples=200, progress=False, {arguments}).risk[0])"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(folder), str(Path(__file__).parents[1]))),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout), done.stderr


def test_a_stored_result_does_not_outlive_an_edit_in_a_module_of_a_module(tmp_path, cache):
    cell = "import helper\nmeasure = lambda run: {'risk': helper.Twice()(run)}"
    (tmp_path / "helper.py").write_text("import deeper\nclass Twice(deeper.Base):\n    pass")
    for value in ("2.0", "2.0", "33.0"):
        (tmp_path / "deeper.py").write_text(
            f"class Base:\n    def __call__(self, run):\n        return {value}"
        )
        assert script(tmp_path, cell, "measure=measure, n_jobs=1") == (float(value), "")
    assert len(list(cache.iterdir())) == 2


def test_an_edit_of_the_package_makes_every_result_anew(tmp_path, cache):
    """Any module: here one that a run reaches through two others."""
    shutil.copytree(
        Path(course_utils.__file__).parent,
        tmp_path / "course_utils",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    first = script(tmp_path, "", "n_jobs=1")
    assert script(tmp_path, "", "n_jobs=1") == first and len(list(cache.iterdir())) == 1
    networks = tmp_path / "course_utils" / "networks.py"
    drawn = "return a, BIASES[bias](rng, width)"
    networks.write_text(networks.read_text().replace(drawn, f"{drawn} + 1"))
    assert script(tmp_path, "", "n_jobs=1")[0] != first[0] and len(list(cache.iterdir())) == 2


def test_an_edit_of_the_package_while_it_is_in_use_stores_nothing(small, cache, monkeypatch):
    monkeypatch.setattr("course_utils.store.package_text", lambda: "edited")
    with pytest.warns(
        UserWarning,
        match="results are not remembered: course_utils was edited .* restart the kernel",
    ):
        assert small(over={}).risk[0] > 0
    assert not cache.exists()


def test_what_replaces_a_part_of_the_package_stores_nothing(small, cache, monkeypatch):
    monkeypatch.setattr(
        "course_utils.engine.online.schedule", lambda settings, t: np.full(len(t), 0.01)
    )
    with pytest.warns(
        UserWarning,
        match="are not remembered: course_utils.engine.online.schedule is not the course's own",
    ):
        assert small(over={}).risk[0] > 0
    assert not cache.exists()


def test_a_named_link_is_known_by_what_it_does(small, cache, monkeypatch):
    first = small(over={"link": ["tanh"]})
    monkeypatch.setitem(LINKS, "tanh", LINKS["cubic"])
    assert (
        small(over={"link": ["tanh"]}).risk[0] != first.risk[0] and len(list(cache.iterdir())) == 2
    )


def test_what_parallel_processes_would_read_otherwise_is_not_stored(tmp_path, cache):
    """A process reads a module from its file, and does not know what a notebook has set in it."""
    (tmp_path / "helper.py").write_text("scale = 2.0\ndef f(run):\n    return {'risk': scale}")
    cell = "import helper\nhelper.scale = {}\nmeasure = lambda run: helper.f(run)"
    arguments = "measure=measure, n_jobs=2, seeds=2"
    _, warned = script(tmp_path, cell.format(3.0), arguments)
    assert (
        "results are not remembered: helper.f is not the same in a parallel process" in warned
        and not cache.exists()
    )
    assert (
        script(tmp_path, cell.format(2.0), arguments) == (2.0, "")
        and len(list(cache.iterdir())) == 2
    )


def test_what_cannot_be_told_from_other_code_is_run_and_not_stored(small, cache):
    lock = threading.Lock()

    def measure(run):
        with lock:
            return {"risk": 1}

    for unclear in (measure, lambda run: {"risk": eval("1")}):
        with pytest.warns(
            UserWarning, match="results are not remembered: your function uses (<.*lock|eval)"
        ):
            assert small(over={}, measure=unclear).risk[0] == 1
    assert not cache.exists()


def test_a_home_that_is_not_there_costs_a_warning(small, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", "~nobody-of-that-name/x")
    with pytest.warns(
        UserWarning, match="not remembered: .*home directory.* Set COURSE_CACHE to a folder"
    ):
        assert small(over={}).risk[0] > 0


def test_a_full_disk_costs_a_warning_and_leaves_nothing_half_written(small, cache, monkeypatch):
    monkeypatch.setattr(
        os,
        "replace",
        lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device")),
    )
    with pytest.warns(UserWarning, match="No space left on device: set COURSE_CACHE"):
        assert small(over={}).risk[0] > 0
    assert list(cache.iterdir()) == []


def test_mistakes_say_what_to_give_instead(small):
    with pytest.raises(ValueError, match="seeds=5"):
        small(over={"seed": [1, 2]})
    with pytest.raises(ValueError, match="'dimension': choose among d, k, noise"):
        small(over={"dimension": [1, 2]})
    for values in (10, "tanh", []):
        with pytest.raises(TypeError, match="must be a list of values"):
            small(over={"d": values})
    for name, value in (
        ("seeds", 0),
        ("seeds", 2.5),
        ("seeds", [1, 2.5]),
        ("checkpoints", 1.5),
        ("samples", 200.7),
    ):
        with pytest.raises(ValueError, match=f"{name.rstrip('s')}.* = .* must be a whole number"):
            sweep(BASE, {}, **{"samples": 200, "progress": False, "n_jobs": 1} | {name: value})
    with pytest.raises(ValueError, match="seeds is empty"):
        small(over={}, seeds=[])
    with pytest.raises(TypeError, match="must return a dictionary"):
        small(over={}, measure=lambda run: run.risk[-1])
    with pytest.raises(TypeError, match="'risk' = .* needs one number"):
        small(over={}, measure=lambda run: {"risk": run.risk})
    with pytest.raises(ValueError, match="'d', a column that the table has already"):
        small(over={}, measure=lambda run: {"d": 1})


def test_processes_give_what_one_core_gives():
    arguments = dict(over={"d": [20, 30]}, seeds=2, samples=200, progress=False)
    alone = sweep(BASE, n_jobs=1, measure=lambda run: {"risk": run.risk[-1]}, **arguments)

    def other(run):  # another function, so that nothing is read back
        return {"risk": float(run.risk[-1])}

    parallel = sweep(BASE, n_jobs=2, measure=other, **arguments)
    pd.testing.assert_frame_equal(alone, parallel)


def test_a_dask_cluster_that_loses_a_worker_loses_and_doubles_nothing(tmp_path, small):
    distributed = pytest.importorskip("distributed", reason="needs the extra 'scale'")
    calls, killed = tmp_path / "calls", tmp_path / "killed"
    count = counting(calls)

    def measure(run):
        values = count(run)
        while (
            len(list(calls.iterdir())) > 2 and not killed.exists()
        ):  # two runs end before, and two are then under way
            time.sleep(0.02)
        return values

    def kill_one_worker(pids):
        while len(list(calls.iterdir())) < 4:
            time.sleep(0.02)
        os.kill(pids[0], signal.SIGKILL)
        killed.touch()

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        pids = list(client.run(os.getpid).values())
        assert len(set(pids)) == 2
        killer = threading.Thread(target=kill_one_worker, args=(pids,), daemon=True)
        killer.start()
        with joblib.parallel_config("dask"):
            frame = sweep(
                BASE, {"d": [20, 30]}, seeds=8, samples=200, measure=measure, progress=False
            )
        killer.join()
        assert pids[0] not in client.run(os.getpid).values()
    assert len(frame) == 16 and not frame[["d", "seed"]].duplicated().any()
    expected = small(over={"d": [20, 30]}, seeds=8, measure=lambda run: {"risk": run.risk[-1]})
    pd.testing.assert_frame_equal(frame, expected)
