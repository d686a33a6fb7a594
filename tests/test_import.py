"""What `import course_utils` costs and gives: nothing heavy, every name, no labs in the core."""

import ast
import importlib
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import course_utils
from course_utils import labs

DRAWING = {"plotly", "ipywidgets", "anywidget"}
HEAVY = sorted(
    DRAWING | {"torch", "numba", "scipy", "pandas", "matplotlib", "IPython", "dask", "joblib"}
)
ROOT = Path(course_utils.__file__).parent


def loaded_after(code):
    """Which heavy modules a fresh interpreter holds after running some code."""
    code = f"{code}\nimport sys, json; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_loads_nothing_heavy():
    assert loaded_after("import course_utils; dir(course_utils)") == set()


def test_settings_load_no_compiler():
    loaded = loaded_after(
        "from course_utils import Settings; Settings(d=50).code(); Settings.from_code('d=20')"
    )
    assert loaded <= {"scipy"}


def test_training_loads_nothing_that_draws_and_no_torch():
    use = "online_sgd(Settings(d=5, width=3), 10, seeds=2, progress=True)"
    loaded = loaded_after(f"from course_utils import Settings, online_sgd; {use}")
    assert "numba" in loaded and not loaded & (DRAWING | {"torch", "matplotlib", "IPython", "dask"})


@pytest.mark.parametrize("name", course_utils.__all__)
def test_every_name_is_there(name):
    assert getattr(course_utils, name) is not None
    assert name in dir(course_utils)


def test_an_unknown_name_says_what_there_is():
    with pytest.raises(AttributeError, match="no 'OnlineSgd'; it offers .*OnlineSGD"):
        _ = course_utils.OnlineSgd
    with pytest.raises(ImportError):
        exec("from course_utils import NoSuchThing")


@pytest.mark.parametrize("package", [course_utils, labs], ids=["course_utils", "labs"])
def test_editors_see_the_same_names_in_the_same_places(package):
    """They read the block for type checkers, Python reads the table."""
    tree = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    (block,) = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    names = [(alias, node.module) for node in block.body for alias in node.names if node.level == 1]
    assert all(alias.asname == alias.name for alias, _ in names)  # so they count as offered
    assert sorted(alias.name for alias, _ in names) == package.__all__
    for alias, module in names:
        home = importlib.import_module(f".{module}" if module else ".", package.__name__)
        assert getattr(home, alias.name) is getattr(package, alias.name)
    assert (ROOT / "py.typed").exists()


def test_what_is_type_checked_uses_every_name_and_runs(monkeypatch, tmp_path):
    """pyright itself is not among the tests: it comes from the network. See CONTRIBUTING.md."""
    path = Path(__file__).parent / "public_api.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {
        n.attr
        for n in ast.walk(tree)
        if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "c"
    }
    assert used == set(course_utils.__all__)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    runpy.run_path(str(path))


CORE = [p for p in ROOT.rglob("*.py") if "labs" not in p.relative_to(ROOT).parts]


@pytest.mark.parametrize("path", CORE, ids=lambda p: str(p.relative_to(ROOT)))
def test_torch_is_imported_only_where_it_is_used(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        names = (
            [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else [getattr(node, "module", None) or ""]
        )
        assert path.name == "torch_models.py" or not {name.split(".")[0] for name in names} & {
            "torch",
            "torch_models",
        }
