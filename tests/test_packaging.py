"""Files beside the package say the same as each other and as the package; CI skips nothing."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUNTIME = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRAS = [
    Requirement(text) for group in PROJECT["optional-dependencies"].values() for text in group
]
# not installed by `make test`
BENCH = [Requirement(text) for text in PROJECT["optional-dependencies"]["bench"]]
CONDA_NAMES = {"pytorch-cpu": "torch"}
IMPORT_NAMES = {"scikit-learn": "sklearn"}
# JupyterLab cannot be without these, and they are imported only to look at it or to run it.
WITH_JUPYTERLAB = set(
    "IPython ipykernel jupyter_client jupyter_core jupyterlab_server nbclient nbformat packaging "
    "traitlets yaml".split()
)
# What the GPU build of torch brings on some machines; the tested set has the CPU build.
GPU_ONLY = ("nvidia-", "cuda-", "triton")


def pins() -> dict[str, Version]:
    """Read constraints.txt; a line that is not an exact pin raises."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): Version(version) for name, version in pairs}


@pytest.mark.parametrize("need", RUNTIME + EXTRAS, ids=str)
def test_tested_version_lies_in_range(need):
    assert pins()[canonicalize_name(need.name)] in need.specifier


@pytest.mark.parametrize("need", RUNTIME, ids=str)
def test_range_has_a_lower_end_and_no_exact_pin(need):
    operators = {part.operator for part in need.specifier}
    assert ">=" in operators and "==" not in operators


def installed_tree(needs: list[Requirement]) -> set[str]:
    """Names of the installed packages that these requirements bring along, themselves included."""
    todo, seen = list(needs), set()
    while todo:
        need = todo.pop()
        key = canonicalize_name(need.name), frozenset(need.extras)
        if key in seen:
            continue
        seen.add(key)
        for text in metadata.requires(need.name) or []:
            child = Requirement(text)
            if child.marker is None or any(
                child.marker.evaluate({"extra": extra}) for extra in need.extras | {""}
            ):
                todo.append(child)
    return {name for name, _ in seen}


def test_every_package_that_comes_along_is_pinned():
    tree = installed_tree([need for need in RUNTIME + EXTRAS if need not in BENCH])
    unpinned = sorted(name for name in tree - pins().keys() if not name.startswith(GPU_ONLY))
    assert unpinned == []


def conda() -> dict[str, SpecifierSet]:
    """Read environment.yml's conda packages, by their PyPI names."""
    needs = [Requirement(text) for text in environment()["dependencies"] if isinstance(text, str)]
    return {CONDA_NAMES.get(need.name, need.name): need.specifier for need in needs}


def environment() -> dict:
    return yaml.safe_load((ROOT / "environment.yml").read_text())


def test_conda_and_pip_ask_for_the_same_ranges():
    asked = conda()
    assert asked.pop("pip") == SpecifierSet()
    assert asked.pop("python") == SpecifierSet(PROJECT["requires-python"])
    assert asked == {need.name: need.specifier for need in RUNTIME}


def test_conda_takes_conda_forge_alone_and_then_the_course_itself():
    assert environment()["channels"] == ["conda-forge", "nodefaults"]
    assert environment()["dependencies"][-1] == {"pip": ["-e ."]}


def test_torch_pin_has_no_build_tag():
    """`2.13.0` accepts every platform's build of torch; one index alone has `2.13.0+cpu`."""
    assert pins()["torch"].local is None and str(pins()["torch"]) == "2.13.0"


def test_continuous_integration_forbids_skipping():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "COURSE_FORBID_SKIPS=1 make test" in script.read_text()


def test_forbidden_skip_of_a_browser_test_fails(pytester, monkeypatch):
    outcome = run_browser_test_that_skips(pytester, monkeypatch, forbid="1")
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["*COURSE_FORBID_SKIPS=1 lets no browser test be skipped.*"])


def test_allowed_skip_of_a_browser_test_says_why(pytester, monkeypatch):
    outcome = run_browser_test_that_skips(pytester, monkeypatch, forbid="")
    outcome.assert_outcomes(skipped=1)
    outcome.stdout.fnmatch_lines(["*no Chromium or Chrome found*"])


def run_browser_test_that_skips(pytester, monkeypatch, forbid: str):
    """Run one test of a browser on a machine that has none, under the course's own conftest."""
    monkeypatch.setenv("COURSE_FORBID_SKIPS", forbid)
    monkeypatch.setenv("COURSE_CHROMIUM", "/nowhere/chromium")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT, ROOT / "tests"))))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text())
    pytester.makeini("[pytest]\nmarkers = browser")
    (pytester.path / "browser").mkdir()
    (pytester.path / "browser" / "test_page.py").write_text("def test_page(chromium_path): pass")
    return pytester.runpytest_subprocess("-rs", "browser")


def imported_packages(folder: str) -> dict[str, str]:
    """Top-level packages from outside that files under a folder import, and one file that does."""
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            else:
                continue
            found |= {name.split(".")[0]: str(path.relative_to(ROOT)) for name in names}
    own = {"course_utils"} | {
        path.stem
        for part in ("tests", "benchmarks", "site")
        for path in (ROOT / part).rglob("*.py")
    }
    own |= {path.name for path in (ROOT / "site").iterdir()}
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names | own}


@pytest.mark.parametrize("folder", ["course_utils", "tests", "benchmarks", "site"])
def test_what_is_imported_is_asked_for(folder):
    needs = RUNTIME if folder == "course_utils" else RUNTIME + EXTRAS
    asked = (
        {IMPORT_NAMES.get(need.name, need.name) for need in needs} | WITH_JUPYTERLAB | {"_pytest"}
    )
    assert {
        name: path for name, path in imported_packages(folder).items() if name not in asked
    } == {}


@pytest.mark.parametrize("python", ["3.11.0", "3.12.0", "3.13.0", "3.14.0"])
def test_pins_install_on_every_python_that_the_course_accepts(python):
    """Debian 12 has Python 3.11.2, and a pin that wants 3.11.5 made `make lab` fail there."""
    assert python in SpecifierSet(PROJECT["requires-python"])
    wanted = {name: metadata.metadata(name)["Requires-Python"] for name in installed()}
    assert {
        name: range_
        for name, range_ in wanted.items()
        if range_ and python not in SpecifierSet(range_)
    } == {}


def on_the_map() -> list[str]:
    """Names of modules and packages on README's map: what stands before a line's wide gap."""
    plan = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Where things are")[2]
    lines = plan.partition("\ncourse_utils/\n")[2].partition("\ntests/")[0].splitlines()
    return [name for line in lines for name in re.split(r"\s{2,}", line.strip())[0].split()]


def test_the_map_of_the_package_names_each_part_once():
    package = ROOT / "course_utils"
    modules = {path.name for path in package.glob("*.py")} - {"__init__.py"}
    packages = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    assert sorted(on_the_map()) == sorted(modules | packages)


def installed() -> set[str]:
    """The pinned packages that are installed in their pinned version."""
    found = {canonicalize_name(entry.name): entry.version for entry in metadata.distributions()}
    return {
        name
        for name, pin in pins().items()
        if name in found and Version(found[name]).public == pin.public
    }


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize(
    "name", ["plain", "pay $HOME in $$", 'it\'s (a) "course"', "100%, #1; & more"]
)
def test_make_installs_once_whatever_the_folder_is_called(name, tmp_path):
    folder = tmp_path / name
    (folder / ".venv" / "bin").mkdir(parents=True)
    for file in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy2(ROOT / file, folder)  # with its age
    python = folder / ".venv" / "bin" / "python"
    python.write_text("#!/bin/sh\necho works\n")  # all that make asks of a Python succeeds
    python.chmod(0o755)
    first, second = (
        subprocess.run(["make", "lab"], cwd=folder, capture_output=True, text=True)
        for _ in range(2)
    )
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert "Installing the course" in first.stdout and "Installing" not in second.stdout
    moved = folder.rename(tmp_path / "moved")
    assert (
        "Installing"
        in subprocess.run(["make", "lab"], cwd=moved, capture_output=True, text=True).stdout
    )
