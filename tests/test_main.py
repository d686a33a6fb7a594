"""The command line opens the course, examines the installation, trains in text.

It never ends in a traceback.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from course_utils import __main__, doctor, launcher

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "plotly", "ipywidgets", "numba", "jupyterlab")


def run(*arguments: str, **options) -> subprocess.CompletedProcess:
    """Run the command line in a process of its own, as a student would."""
    command = [sys.executable, "-m", "course_utils", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, **options)


def plain_sentence(text: str) -> bool:
    """One line that ends as a sentence does, and no traceback."""
    return (
        "Traceback" not in text
        and text.count("\n") == 1
        and text.startswith(tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZdkn"))
    )


# The command line itself


@pytest.mark.parametrize("words", [[], ["doctor"], ["demo"]], ids=str)
def test_help_imports_nothing_heavy(words):
    code = (
        "import sys, course_utils.__main__ as main\n"
        f"try: main.main({[*words, '--help']})\n"
        f"except SystemExit: print('LOADED', sorted(set(sys.modules) & {set(HEAVY)}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "usage: python -m course_utils" in done.stdout
    assert done.stdout.endswith("LOADED []\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--port", "99999"], "'99999' is not a port: give a whole number from 1 to 65535"),
        (["--port", "http"], "'http' is not a port"),
        (["--port", "0"], "'0' is not a port"),
        (["--port", "-1"], "'-1' is not a port"),
        (["--port", "8888.0"], "'8888.0' is not a port"),
        (["--port", "65536"], "'65536' is not a port"),
        (["demo", "--seconds", "0"], "'0' is not a time to train"),
        (["demo", "--seconds", "nan"], "'nan' is not a time to train"),
        (["demo", "--d", "many"], "argument --d: invalid int value: 'many'"),
        (["diagnose"], "invalid choice: 'diagnose'"),
    ],
)
def test_wrong_words_are_answered_with_what_would_be_right(words, says, capsys):
    with pytest.raises(SystemExit) as stop:
        __main__.main(words)
    assert stop.value.code == 2
    assert says in capsys.readouterr().err


def test_old_python_is_refused_in_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    assert __main__.main([]) == 1
    error = capsys.readouterr().err
    assert "needs Python 3.11 or newer" in error and plain_sentence(error)


def test_missing_package_is_named(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert __main__.main(["demo", "--d", "10", "--k", "1", "--seconds", "0.1"]) == 1
    error = capsys.readouterr().err
    assert "The package tqdm is missing" in error and plain_sentence(error)


# demo


def angles(output: str) -> list[list[float]]:
    """The degrees in each sentence that the demo printed."""
    found = re.findall(r"angles? ([\d., ]+) degrees", output)
    return [[float(angle) for angle in numbers.split(",")] for numbers in found]


def test_demo_shows_the_angle_falling():
    done = run("demo", "--d", "20", "--k", "1", "--seconds", "1")
    assert done.returncode == 0, done.stderr
    sentences = angles(done.stdout)
    assert len(sentences) >= 5  # 0, d, 3d, 9d, 27d samples take a few milliseconds each
    assert all(len(numbers) == 1 for numbers in sentences)
    assert sentences[-1][0] < 10 < sentences[0][0]
    events = re.findall(r"^t = ([\d,]+): (.*)$", done.stdout, re.M)
    assert "u_1 is found (the angle fell from " in "".join(text for _, text in events)
    times = [int(t.replace(",", "")) for t, _ in events]
    assert times == sorted(times) and len(set(events)) == len(events)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--d", "20", "--k", "21"], ["k", "21"]),
        (["--noise", "-1"], ["noise", "-1"]),
        (["--d", "0"], ["d", "0"]),
    ],
    ids=str,
)
def test_demo_answers_an_impossible_experiment_with_one_sentence(words, names, capsys):
    assert __main__.main(["demo", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and plain_sentence(printed.err)
    assert all(re.search(rf"(?<!\w){re.escape(name)}\b", printed.err) for name in names)


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C cannot be sent to one process here")
def test_ctrl_c_leaves_the_demo_quietly_with_what_was_reached():
    words = "-m course_utils demo --d 20 --k 1 --seconds 60"
    command = [sys.executable, *words.split()]

    def heed():  # a test run in the background ignores Ctrl-C
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=ROOT, preexec_fn=heed, **pipes)
    while "After 0 samples" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output, error = process.communicate(timeout=300)
    assert process.returncode == 130
    assert error == ""
    assert output.splitlines()[-1].startswith("After ")


@pytest.mark.skipif(os.name != "posix", reason="needs a shell's pipes")
@pytest.mark.parametrize("words", ["doctor", "demo --d 20 --k 1 --seconds 1"])
def test_an_output_that_nobody_reads_or_that_is_full_ends_without_a_traceback(words):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "course_utils", *words.split()]
    assert (
        subprocess.run(command, cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True).stderr
        == ""
    )
    os.close(write)
    if not os.path.exists("/dev/full"):
        return
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "No space left" in done.stderr and plain_sentence(done.stderr)


# doctor


def test_doctor_runs_every_check_and_fails_only_when_something_does(monkeypatch, capsys):
    fine, odd, bad = (
        doctor.Finding(status, f"part-{status}", "found", "mend it")
        for status in ("ok", "warn", "FAIL")
    )
    monkeypatch.setattr(doctor, "CHECKS", (lambda: [fine, odd], lambda: []))
    assert doctor.examine() == 0
    table = capsys.readouterr().out
    assert (
        "part-ok" in table
        and "-> mend it" in table
        and "1 ok, 1 to know about (warn), 0 to mend" in table
    )
    monkeypatch.setattr(doctor, "CHECKS", (lambda: [fine], lambda: [bad]))
    assert doctor.examine() == 1
    assert "1 to mend (FAIL)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("need", "status", "found"),
    [
        ("numpy>=2", "ok", "needs >=2"),
        ("numpy>=99", "FAIL", "needs >=99"),
        ("no-such>=1", "FAIL", "not installed"),
    ],
)
def test_doctor_compares_versions(need, status, found):
    finding = doctor.check_version(Requirement(need))
    assert finding.status == status and found in finding.found
    assert status == "ok" or "constraints.txt" in finding.remedy


def test_doctor_reads_the_ranges_of_pyproject():
    assert any(text.startswith("torch") for text in doctor.requirements())


def test_doctor_finds_a_package_that_does_not_load(tmp_path, monkeypatch):
    (tmp_path / "raises.py").write_text("raise OSError('a library\\nis missing')")
    (tmp_path / "dies.py").write_text("import os; os._exit(9)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    findings = list(doctor.check_imports(["json", "raises", "dies"]))
    assert [(finding.status, finding.part) for finding in findings] == [
        ("FAIL", "raises"),
        ("FAIL", "dies"),
    ]
    assert "OSError: a library is missing" in findings[0].found
    assert "exit code 9" in findings[1].found
    assert [finding.status for finding in doctor.check_imports(["json"])] == ["ok"]


def test_doctor_tells_what_is_compiled_and_where(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    (finding,) = doctor.check_cache()
    assert (
        finding.status == "ok"
        and "empty: the first start compiles" in finding.found
        and str(tmp_path) in finding.found
    )
    code = "from course_utils.engine.fills import fill_normal; import numpy as np; "
    code += "fill_normal(np.random.default_rng(0), np.ones((2, 2)))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    (finding,) = doctor.check_cache()
    assert finding.status == "ok" and re.search(
        r"holds 1 of the SGD step's \d functions", finding.found
    )
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "cache"))
    (finding,) = doctor.check_cache()
    assert (
        finding.status == "warn"
        and "NUMBA_CACHE_DIR" in finding.remedy
        and str(ROOT) in finding.remedy
    )


@pytest.fixture
def no_home(tmp_path, monkeypatch):
    """A HOME in which nobody can write, root neither: it is a file."""
    (tmp_path / "file").touch()
    of_jupyter = [f"JUPYTER_{kind}_DIR" for kind in ("DATA", "CONFIG", "RUNTIME")]
    for name in (*of_jupyter, "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "file"))


def test_a_home_that_cannot_be_written_is_told(no_home, capsys):
    assert __main__.main(["--no-browser"]) == 1
    error = capsys.readouterr().err
    assert "Not a directory): set HOME in the environment" in error and plain_sentence(error)
    found = {finding.part: finding for finding in doctor.check_folders()}
    assert (
        found["JupyterLab's files"].status == "FAIL"
        and "HOME" in found["JupyterLab's files"].remedy
    )


def test_notebooks_that_cannot_be_saved_are_told(monkeypatch):
    folders = {str(launcher.NOTEBOOKS): "read-only"}
    monkeypatch.setattr(
        doctor.surroundings, "obstacle", lambda folder: folders.get(str(folder), "")
    )
    assert [finding.status for finding in doctor.check_folders()] == ["ok", "warn"]


def test_where_nothing_can_be_kept_the_course_compiles_each_time(no_home, tmp_path):
    """A repository and a home that are read-only: Numba alone raises at the package's import."""
    copy = tmp_path / "course_utils"
    shutil.copytree(ROOT / "course_utils", copy, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in (copy, copy / "engine"):
        (folder / "__pycache__").touch()
    code = "from course_utils import doctor; print([f.found for f in doctor.check_cache()])"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)} | {"NUMBA_CACHE_DIR": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.stdout == "['no folder can be written']\n", done.stderr


DAMAGE = """
import pathlib, sys
import numba.core.caching as caching
import own
from course_utils.compiled import compiled

def said():
    f = compiled(own.f)  # it reads the kept files anew
    return f(1), sum(f.stats.cache_hits.values())

def full(*_):
    raise OSError(28, "No space left on device")

kept = pathlib.Path(sys.argv[1])
broken = {"cut": lambda b: b[: len(b) // 2], "empty": lambda b: b"", "other": lambda b: b"?" * 99}
print("first", said(), said())
for ending in ("nbi", "nbc"):
    for damage, change in broken.items():
        files = list(kept.rglob(f"*.{ending}"))
        for path in files:
            path.write_bytes(change(path.read_bytes()))
        print(ending, damage, len(files), said(), said())
for path in kept.rglob("*.nb?"):
    path.unlink()
caching.IndexDataCacheFile.save = full
print("full disk", said(), said())
"""


def test_a_damaged_compilers_cache_costs_time_and_no_more(tmp_path):
    (tmp_path / "own.py").write_text("def f(x):\n    return 2 * x")
    kept = str(tmp_path / "kept")
    places = {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT))), "NUMBA_CACHE_DIR": kept}
    done = subprocess.run(
        [sys.executable, "-c", DAMAGE, kept],
        cwd=tmp_path,
        env=os.environ | places,
        capture_output=True,
        text=True,
    )
    first, *damaged, full = done.stdout.splitlines()
    assert first == "first (2, 0) (2, 1)", done.stderr
    assert len(damaged) == 6 and all(line.endswith(" 1 (2, 0) (2, 1)") for line in damaged), damaged
    assert full == "full disk (2, 0) (2, 0)"


def test_doctor_finds_missing_and_disabled_extensions(monkeypatch, tmp_path):
    from jupyterlab_server import config

    assert [finding.status for finding in doctor.check_widgets()] == ["ok", "ok"]
    monkeypatch.setattr(
        config, "get_page_config", lambda folders: {"disabledExtensions": ["anywidget"]}
    )
    assert [finding.status for finding in doctor.check_widgets()] == ["ok", "FAIL"]
    monkeypatch.setattr(config, "get_federated_extensions", lambda folders: {})
    assert [finding.status for finding in doctor.check_widgets()] == ["FAIL", "FAIL"]


def test_doctor_runs_a_kernel_of_this_python_though_another_is_registered(tmp_path, monkeypatch):
    register_foreign_kernel(tmp_path)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    warning, answer = doctor.check_kernel()
    assert warning.status == "warn" and "/nowhere/python" in warning.found
    assert answer.status == "ok" and sys.executable in answer.found


def register_foreign_kernel(data: Path) -> None:
    """Register a `python3` that does not start, as an older installation leaves it behind."""
    spec = {
        "argv": ["/nowhere/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Old",
    }
    folder = data / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec | {"language": "python"}))


# Opening the course


def test_without_notebooks_it_says_where_to_get_them(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(launcher, "NOTEBOOKS", tmp_path / "site-packages" / "notebooks")
    assert __main__.main([]) == 1
    error = capsys.readouterr().err
    assert "Clone the course's repository" in error and plain_sentence(error)


def test_without_jupyterlab_it_says_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(launcher, "NOTEBOOKS", notebook_folder(tmp_path))
    monkeypatch.setattr(launcher, "find_spec", lambda name: None)
    assert __main__.main([]) == 1
    error = capsys.readouterr().err
    assert re.search(r"Not installed for \S+: JupyterLab", error) and plain_sentence(error)


def test_where_only_the_folder_holds_the_package_it_says_to_install_it(
    monkeypatch, tmp_path, capsys
):
    """Opened from its own folder the package is found uninstalled; a notebook would not find it."""
    monkeypatch.setattr(launcher, "NOTEBOOKS", notebook_folder(tmp_path))
    monkeypatch.setattr(
        launcher.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1)
    )
    assert __main__.main([]) == 1
    error = capsys.readouterr().err
    assert re.search(r"Not installed for \S+: the course\.", error) and plain_sentence(error)


def notebook_folder(parent: Path) -> Path:
    """A folder with two empty notebooks."""
    folder = parent / "notebooks"
    folder.mkdir()
    for name in ("01_second.ipynb", "00_first.ipynb"):
        (folder / name).write_text(
            json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        )
    return folder


@pytest.mark.parametrize(
    ("user", "allowed"), [(lambda: 0, True), (lambda: 1000, False), (None, False)]
)
def test_only_root_is_allowed_as_root(user, allowed, monkeypatch, tmp_path):
    if user is None:
        monkeypatch.delattr(os, "geteuid", raising=False)  # Windows
    else:
        monkeypatch.setattr(os, "geteuid", user, raising=False)
    options = launcher.lab_options(notebook_folder(tmp_path), 8888, True)
    assert ("--ServerApp.allow_root=True" in options) == allowed
    assert any(option.endswith("/tree/00_first.ipynb") for option in options)


@pytest.mark.parametrize(
    ("platform", "variables", "shown"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_display(platform, variables, shown, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert launcher.has_display() == shown


def test_farewell_ends_with_the_address_and_helps_over_ssh(monkeypatch):
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    assert "ssh" not in launcher.farewell("http://a", 8888, browser=True, shown=True)
    monkeypatch.setenv("SSH_CONNECTION", "1.2.3.4 5 6.7.8.9 22")
    text = launcher.farewell("http://a", 8889, browser=True, shown=False)
    assert "ssh -N -L 8889:localhost:8889" in text and "no browser was opened" in text
    assert text.splitlines()[-1] == "Open this address in a browser: http://a"


def test_there_is_no_port_after_the_last(monkeypatch):
    monkeypatch.setattr(launcher, "port_is_free", lambda port: False)
    with pytest.raises(launcher.CannotOpen, match="No port from 65535 to 65535 is free"):
        launcher.free_port(65535)
    monkeypatch.setattr(launcher, "port_is_free", lambda port: port % 7 == 0)
    assert launcher.free_port(65530) == 65534  # 7 * 9362
    options = launcher.lab_options(launcher.NOTEBOOKS, 65534, True)
    assert "--ServerApp.port=65534" in options and "--ServerApp.port_retries=1" in options


def test_served_course(serve, tmp_path):
    """Its port taken, a kernel of another installation registered, no screen."""
    register_foreign_kernel(tmp_path / "data")
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with serve(tmp_path, "--port", str(taken), notebooks=notebook_folder(tmp_path)) as lines:
            text, address = "".join(lines), lines[-1].split()[-1]
            port = int(re.search(r"localhost:(\d+)/", address).group(1))
            assert port != taken
            assert (
                f"Port {taken} is taken by another program, so the course uses port {port}." in text
            )
            assert "There is no screen here, so no browser was opened." in text
            assert lines[-1].startswith("Open this address in a browser: http://localhost:")
            assert "/tree/00_first.ipynb?token=" in address
            look_around(f"http://localhost:{port}", address.split("token=")[1])
            told = len(lines)
    assert len(lines) <= told + 1  # the address stays last, but for the log's word that it stops
    assert not list(tmp_path.glob("course-*"))  # the temporary kernel is gone


def look_around(server: str, token: str) -> None:
    """The server offers this Python as the kernel and the notebooks, by token alone.

    It asks no question about news, and has plotly.js for its pages.
    """

    def ask(path: str) -> dict:
        return json.load(urllib.request.urlopen(f"{server}/{path}?token={token}"))

    kernels = ask("api/kernelspecs")
    assert kernels["default"] == "python3"
    assert kernels["kernelspecs"]["python3"]["spec"]["argv"][0] == sys.executable
    notification = ask("lab/api/settings/@jupyterlab/apputils-extension:notification")["schema"][
        "properties"
    ]
    assert notification["fetchNews"]["default"] == "false"
    assert [entry["name"] for entry in ask("api/contents")["content"]] == [
        "00_first.ipynb",
        "01_second.ipynb",
    ]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{server}/api/contents")
    library = offered_library(server, token)
    assert b"plotly.js v" in urllib.request.urlopen(library).read(200)


def offered_library(server: str, token: str) -> str:
    """Where the page is told to load plotly.js from, as the page's script puts it together."""
    page = urllib.request.urlopen(f"{server}/lab?token={token}").read().decode()
    config = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.S)[1])
    return f"{server}{config['baseUrl']}static/{config['courseLibrary']}"
