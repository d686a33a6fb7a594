"""The rules of the house.

Short modules and functions, no private name across modules, no circle, one door to Numba.
"""

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import course_utils

ROOT = Path(course_utils.__file__).parent
PACKAGE = "course_utils"
LONGEST_MODULE, LONGEST_FUNCTION = 400, 60
DRAWING = {"plotly", "ipywidgets", "anywidget"}


def name_of(path: Path) -> str:
    parts = (PACKAGE, *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports(module: str, tree: ast.AST):
    """(absolute module, name taken from it or None) of all that a piece of a module imports."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = (
                package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            )
            source = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((source, alias.name) for alias in node.names)


def private(name: str | None) -> bool:
    return name is not None and name.startswith("_") and not name.endswith("__")


def runs_at_import(tree: ast.Module) -> ast.Module:
    """A module without the bodies of its functions and what only type checkers read."""

    class Cut(ast.NodeTransformer):
        def visit_FunctionDef(self, node):
            return None

        def visit_If(self, node):
            return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)

    return Cut().visit(ast.parse(ast.unparse(tree)))


def code_lines(function) -> int:
    """Lines of a function without its docstring, which is as long as what it has to say."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    return lines - (function.body[0].end_lineno - function.body[0].lineno + 1)


every_module = pytest.mark.parametrize("module", MODULES)


@every_module
def test_modules_and_functions_are_short(module):
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE
    functions = [
        node
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lengths = {node.name: code_lines(node) for node in functions}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


@cache
def own_private(module: str) -> set[str]:
    """Private names that a module gives itself: functions, classes, variables, attributes."""
    found = set()
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.id if isinstance(node, ast.Name) else node.attr)
    return {name for name in found if private(name)}


def borrowed(module: str) -> set[str]:
    """Private names of other modules of the package that a module uses.

    Imported, or as attributes of anything.
    """
    others = set().union(*(own_private(other) for other in MODULES if other != module))
    found = {
        name
        for source, name in imports(module, tree_of(module))
        if source.split(".")[0] == PACKAGE and private(name)
    }
    attributes = {
        node.attr for node in ast.walk(tree_of(module)) if isinstance(node, ast.Attribute)
    }
    return found | (attributes & others - own_private(module))


@every_module
def test_no_private_name_of_another_module_is_used(module):
    assert borrowed(module) == set()


@every_module
def test_only_the_one_door_leads_to_numba_and_only_labs_draw(module):
    outside = {source.split(".")[0] for source, _ in imports(module, tree_of(module))}
    assert "numba" not in outside or module == f"{PACKAGE}.compiled"
    assert not outside & DRAWING or module.startswith(f"{PACKAGE}.labs")


def test_nothing_in_the_package_imports_labs():
    """But labs themselves; ``__init__`` names them as text, and for editors only."""
    for module in MODULES:
        if not module.startswith(f"{PACKAGE}.labs"):
            used = {
                f"{source}.{name}"
                for source, name in imports(module, runs_at_import(tree_of(module)))
            }
            used |= {
                f"{source}.{name}"
                for f in functions_of(module)
                for source, name in imports(module, f)
            }
            assert not [name for name in used if f"{name}.".startswith(f"{PACKAGE}.labs.")], module


NORMAL = {"standard_normal", "normal", "multivariate_normal", "randn"}
# Where normal numbers are drawn, how often, and what they are, if they are not inputs. Exercises
# show NumPy's own draws.
DRAWS = {
    "inputs": (1, "the inputs"),
    "engine.fills": (3, "the inputs in compiled loops and reduced coordinates"),
    "engine.sampling": (2, "the first W in reduced coordinates"),
    "engine.online": (1, "noise of test labels"),
    "targets": (1, "noise of labels"),
    "estimators.compared": (1, "noise of labels"),
    "directions": (1, "hidden directions"),
    "gallery.giant": (1, "a second layer"),
    "networks": (3, "biases, the first W, and eight rows to compare a torch model and its copy"),
    "watch": (1, "two rows that show which layer sees the inputs"),
    "labs.target": (1, "a direction to look along"),
    "reading.mechanism": (1, "first weights of miniatures"),
}


def test_inputs_come_from_one_place():
    found = {}
    for module in MODULES:
        if count := sum(
            isinstance(n, ast.Attribute) and n.attr in NORMAL for n in ast.walk(tree_of(module))
        ):
            found[module.removeprefix(f"{PACKAGE}.")] = count
    own = {module: count for module, count in found.items() if not module.startswith("exercises.")}
    assert own == {module: count for module, (count, _) in DRAWS.items()}


def functions_of(module: str) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree_of(module)) if isinstance(node, ast.FunctionDef)]


def test_no_imports_run_in_a_circle():
    """At import; a function may import what stands above it when it is called."""
    needs = {}
    for module in MODULES:
        needed = set()
        for source, name in imports(module, runs_at_import(tree_of(module))):
            needed.add(f"{source}.{name}" if f"{source}.{name}" in MODULES else source)
        needs[module] = (needed & MODULES.keys()) - {module}
    ordered = list(TopologicalSorter(needs).static_order())  # CycleError names the circle
    assert len(ordered) == len(MODULES)
