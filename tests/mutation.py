"""How many wrong numbers, words, colours and lamps do the tests notice?

`make mutants`, or python tests/mutation.py --help.

One small wrong thing at a time is put into a module (a mutant), and the tests that reach its line
are run; a mutant that they all pass has survived and is printed. Read survivors one by one: each is
a test that is missing, or changes nothing.

Why our own: mutmut and cosmic-ray start Python, Numba and plotly anew for each mutant (6 s here)
and know no mutants such as two curves exchanged. Here everything is imported once, and each mutant
is a fork of that warm process which imports only the mutated module and those that use it. For
Linux and macOS.

Mutants: numbers (n + 1, 0, doubled), comparisons and conditions turned round, + and -, * and /, and
and or; neighbours exchanged among arguments, list and dict values; texts blanked, colours, dashes
and sides exchanged; pieces of f-strings dropped, exchanged, formatted otherwise; indices from the
other end; sums for means, minima for maxima, inside for outside; results doubled or None;
statements and keyword arguments left out.

Not mutated, as it changes nothing that a person sees or is seen at once: docstrings, annotations,
imports, decorators, words of errors (whether they are raised is), names of keys and attributes,
seeds, guards against rounding (below 1e-5, above 1e5), limits of comparisons (< for <=).
"""

from __future__ import annotations

import argparse
import ast
import copy
import gc
import hashlib
import importlib
import importlib.abc
import importlib.util
import json
import os
import pickle
import random
import re
import resource
import signal
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

for name in ("OPENBLAS", "OMP", "MKL"):  # forks of a process with threads can hang
    os.environ[f"{name}_NUM_THREADS"] = "1"

TESTS = Path(__file__).parent
ROOT = TESTS.parent
PACKAGE = ROOT / "course_utils"
MEMORY = ROOT / ".pytest_cache" / "mutants"
OF_LABS = ("test_labs*.py", "test_*_lab.py", "test_panels.py", "test_drawings*.py")
MODULES = ("run.py", "risk.py", "theory/*.py", "labs/*.py")
PATIENCE = 20  # s for a test, above five times what it takes; a mutant that hangs is caught


def tests_of(module: str) -> list[Path]:
    """The test files that judge a module: tests/test_NAME*.py, and for labs all that test labs."""
    # the tests of theory/stein.py are those of theory
    first, *rest = Path(module).with_suffix("").parts
    patterns = OF_LABS if rest and first == "labs" else (f"test_{first}*.py",)
    return sorted({path for pattern in patterns for path in TESTS.glob(pattern)})


# ---- mutants


@dataclass(frozen=True)
class Mutant:
    """One change: where it is, how to make it, how to say it.

    ``statement`` are the lines of its statement (empty if it runs at import).
    """

    module: str
    line: int
    statement: range
    kind: str
    words: str
    compiled: bool
    make: Callable[[], None]

    def __str__(self):
        return f"{self.module}:{self.line}  {self.kind}: {self.words}"


OPPOSITES = (
    "Lt GtE, LtE Gt, Gt LtE, GtE Lt, Eq NotEq, NotEq Eq, Is IsNot, IsNot Is, In NotIn, NotIn In, "
    "And Or, Or And, Add Sub, Sub Add, Mult Div, Div Mult, Pow Mult, FloorDiv Mult, Mod Mult, "
    "BitAnd BitOr"
)
OPPOSITE = {
    getattr(ast, old): getattr(ast, new) for old, new in map(str.split, OPPOSITES.split(","))
}
PAIRS = (
    "min max, minimum maximum, argmin argmax, floor ceil, sum mean, any all, degrees radians, "
    "log10 log, perpendicular parallel, low high, first last, solid dash, dot dashdot, "
    "left right, top bottom, GREY INK, NOW GREY"
).split(",")
EXCHANGED = {a: b for pair in PAIRS for a, b in (pair.split(), pair.split()[::-1])}
COMMUTE = set("min max minimum maximum isclose allclose array_equal hypot logaddexp".split())
BY_NAME = {"getattr", "setattr", "hasattr", "isinstance", "import_module", "field", "replace"}


def mutants(module: str, tree: ast.Module) -> list[Mutant]:
    """All mutants of a module, in order.

    Each changes ``tree`` itself, so make one and throw the tree away.
    """
    found = []
    calls = [
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and ast.unparse(n.func) == "specialised"
    ]
    for place in _places(tree, {ast.unparse(call.args[0]) for call in calls}):
        where = module, place.node.lineno, place.statement
        for kind, new in _variants(place.node, place.parent):
            new = ast.copy_location(new, place.node)
            words = _difference(ast.unparse(place.node), ast.unparse(new))
            found.append(Mutant(*where, kind, words, place.compiled, place.put(new)))
    return found


@dataclass(frozen=True)
class _Place:
    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    statement: range
    compiled: bool

    def put(self, new: ast.AST) -> Callable[[], None]:
        def make():
            if self.index is None:
                setattr(self.parent, self.field, new)
            else:
                getattr(self.parent, self.field)[self.index] = new

        return make


def _places(
    node: ast.AST,
    loops: set[str],
    inside: bool = False,
    statement: range = range(0),
    compiled: bool = False,
) -> Iterator[_Place]:
    """Every node that may be changed, with the lines of its statement if that runs after import.

    ``loops`` are functions that are compiled without a decorator that says so.
    """
    function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    if isinstance(node, (ast.Raise, ast.Import, ast.ImportFrom)):
        return
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "ctx", "bases", "op", "ops"):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_dull(child, node):
                continue
            within = inside or (function and field == "body")
            lines = (
                _lines(child)
                if within and isinstance(child, (ast.stmt, ast.ExceptHandler))
                else statement
            )
            marked = function and any("compiled" in ast.unparse(d) for d in node.decorator_list)
            here = compiled or marked or (function and node.name in loops)
            if hasattr(child, "lineno"):
                yield _Place(child, node, field, index, lines, here)
            yield from _places(child, loops, within, lines, here)


def _is_dull(node: ast.AST, parent: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)  # docstrings
    if isinstance(node, ast.Call) and _called(node) == "default_rng":
        return True
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) in ("__all__", "_HOME")
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        by_name = isinstance(parent, ast.Call) and _called(parent) in BY_NAME
        return isinstance(parent, (ast.Subscript, ast.JoinedStr)) or by_name
    return isinstance(node, ast.JoinedStr) and isinstance(
        parent, ast.FormattedValue
    )  # a format, dealt with above


def _lines(statement: ast.AST) -> range:
    """Lines of a statement; of a compound one those before its body."""
    body = getattr(statement, "body", None)
    end = body[0].lineno - 1 if isinstance(body, list) and body else statement.end_lineno
    return range(statement.lineno, max(end, statement.lineno) + 1)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _with(node: ast.AST, **fields) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _neighbours(items: list, skip: Callable = lambda a, b: False) -> Iterator[list]:
    """The list with two neighbours exchanged, for each two that differ."""
    for i in range(len(items) - 1):
        a, b = items[i : i + 2]
        if (
            ast.dump(a) != ast.dump(b)
            and not isinstance(a, ast.Starred)
            and not isinstance(b, ast.Starred)
            and not skip(a, b)
        ):
            yield [*items[:i], b, a, *items[i + 2 :]]


def _variants(node: ast.AST, parent: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """(kind, changed node) for every change of this node itself."""
    match node:
        case ast.Constant():
            yield from _constants(node)
        case ast.JoinedStr():
            yield from _f_strings(node)
        case ast.Compare(ops=[op, *_]) if type(op) in OPPOSITE:
            yield "comparison", _with(node, ops=[OPPOSITE[type(op)](), *node.ops[1:]])
        case ast.BoolOp():
            yield "and/or", _with(node, op=OPPOSITE[type(node.op)]())
        case ast.BinOp() if type(node.op) in OPPOSITE:
            yield "arithmetic", _with(node, op=OPPOSITE[type(node.op)]())
        case ast.AugAssign() if type(node.op) in OPPOSITE:
            yield "arithmetic", _with(node, op=OPPOSITE[type(node.op)]())
            yield "left out", ast.Pass()
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield "sign", node.operand
        case ast.IfExp():
            yield "branches", _with(node, body=node.orelse, orelse=node.body)
        case ast.If(test=ast.Name() | ast.Attribute() | ast.Call() as test):
            yield "condition", _with(node, test=ast.UnaryOp(ast.Not(), test), body=node.body[:1])
        case ast.Call():
            yield from _calls(node)
        case ast.Tuple() | ast.List() if not isinstance(parent, (ast.Subscript, ast.ExceptHandler)):
            yield from (("exchanged", _with(node, elts=elts)) for elts in _neighbours(node.elts))
        case ast.Dict():
            yield from (
                ("exchanged", _with(node, values=values)) for values in _neighbours(node.values)
            )
        case ast.Subscript(slice=ast.Constant(value=0 | 1 as n)):
            yield "index", _with(node, slice=ast.Constant(-1 if n == 0 else 0))
        case ast.Subscript(slice=ast.Slice(step=ast.UnaryOp())):
            yield "order", node.value
        case ast.Subscript(slice=ast.Slice(step=None), ctx=ast.Load()):
            backwards = ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1)))
            yield "order", ast.Subscript(node, backwards, ast.Load())
        case ast.Attribute(attr=name) if name in EXCHANGED and isinstance(node.ctx, ast.Load):
            yield "exchanged", _with(node, attr=EXCHANGED[name])
        case ast.Name(id=name) if name in EXCHANGED and isinstance(node.ctx, ast.Load):
            yield "exchanged", _with(node, id=EXCHANGED[name])
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield "result", _with(node, value=ast.BinOp(ast.Constant(2), ast.Mult(), value))
            yield "result", _with(node, value=ast.Constant(None))
        case ast.Expr() | ast.Raise():
            yield "left out", ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "left out", ast.Pass()


def _constants(node: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
    value = node.value
    if isinstance(value, bool):
        yield "truth", ast.Constant(not value)
    elif isinstance(value, int):
        yield "number", ast.Constant(value + 1)
        if 1 <= value <= 5:
            yield "number", ast.Constant(0)
    elif isinstance(value, float) and (value == 0 or 1e-5 <= value <= 1e5):
        yield "number", ast.Constant(2 * value or 1.0)
    elif isinstance(value, str):
        if re.fullmatch("#[0-9a-fA-F]{6}", value):
            yield "colour", ast.Constant(f"#{0xFFFFFF - int(value[1:], 16):06x}")
        else:
            yield "text", ast.Constant(EXCHANGED.get(value, "~"))


def _f_strings(node: ast.JoinedStr) -> Iterator[tuple[str, ast.AST]]:
    pieces = node.values
    for i, piece in enumerate(pieces):
        if isinstance(piece, ast.Constant) and re.search(r"\w", piece.value):
            yield "text", _with(node, values=[*pieces[:i], *pieces[i + 1 :]])
        elif isinstance(piece, ast.FormattedValue) and piece.format_spec is not None:
            spec = "".join(
                getattr(part, "value", "")
                for part in piece.format_spec.values
                if isinstance(part, ast.Constant)
            )
            other = (
                re.sub(r"\d+(?!.*\d)", lambda digits: str(int(digits[0]) + 1), spec)
                if re.search(r"\d", spec)
                else ""
            )
            new = _with(piece, format_spec=ast.JoinedStr([ast.Constant(other)]))
            yield "format", _with(node, values=[*pieces[:i], new, *pieces[i + 1 :]])
    places = [i for i, piece in enumerate(pieces) if isinstance(piece, ast.FormattedValue)]
    for i, j in zip(places[:-1], places[1:], strict=True):
        if ast.dump(pieces[i].value) != ast.dump(pieces[j].value):
            swapped = list(pieces)
            swapped[i], swapped[j] = (
                _with(pieces[i], value=pieces[j].value),
                _with(pieces[j], value=pieces[i].value),
            )
            yield "exchanged", _with(node, values=swapped)


def _calls(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    if _called(node) not in COMMUTE | BY_NAME:
        yield from (("exchanged", _with(node, args=args)) for args in _neighbours(node.args))
    for i, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            yield "left out", _with(node, keywords=[*node.keywords[:i], *node.keywords[i + 1 :]])
    values = [k.value for k in node.keywords]
    for changed in _neighbours(values):
        keywords = [_with(k, value=value) for k, value in zip(node.keywords, changed, strict=True)]
        yield "exchanged", _with(node, keywords=keywords)


def _difference(before: str, after: str, room: int = 24) -> str:
    """'... old ... -> ... new ...': what differs, with some text around it, in one line."""
    before, after = (" ".join(text.split()) for text in (before, after))
    shortest = min(len(before), len(after))
    start = next((i for i in range(shortest) if before[i] != after[i]), shortest)
    end = next(
        (i for i in range(shortest - start) if before[-1 - i] != after[-1 - i]), shortest - start
    )
    start, end = max(0, start - room), max(0, end - room)
    return " -> ".join(text[start : len(text) - end][:160] or "nothing" for text in (before, after))


# ---- forks of a warm process


def warm_up() -> None:
    """Import what all mutants need, and load the compiled kernels."""
    sys.path[:0] = [str(ROOT), str(TESTS)]
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    names = "coverage pytest _pytest.pytester hypothesis pandas plotly.graph_objects torch"
    for name in names.split():
        importlib.import_module(name)
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.stem != "__main__":
            importlib.import_module(_name(path))
    importlib.import_module("driver")
    course = sys.modules["course_utils"]
    assert Path(course.__file__).parent == PACKAGE, (
        f"course_utils was imported from {course.__file__}"
    )
    for activation, loss in (("relu", "huber"), ("tanh", "square")):
        simulation = course.OnlineSGD(
            course.Settings(d=8, width=4, activation=activation, loss=loss)
        )
        simulation.advance(2)
    machine = sys.modules["course_utils.machine"]
    machine._keeper.shutdown()
    machine._keeper = None
    gc.collect()
    # pytest collects garbage at its end, which takes a second where everything is imported
    gc.freeze()
    assert threading.active_count() == 1, "a thread runs already, so that forks could hang"


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def in_forks(
    jobs: Iterable, work: Callable, workers: int
) -> Iterator[tuple[object, object | None]]:
    """(job, work(job)) as they come, each in a fork of its own.

    None for one that crashed or was too slow.
    """
    running: dict[int, tuple[object, object]] = {}
    jobs = iter(jobs)
    more = True
    while more or running:
        while more and len(running) < workers:
            try:
                job = next(jobs)
            except StopIteration:
                more = False
                break
            answer = tempfile.TemporaryFile()
            child = os.fork()
            if child == 0:
                _be_a_child(job, work, answer)
            running[child] = job, answer
        if not running:
            return
        child, _ = os.waitpid(-1, 0)
        if child in running:
            job, answer = running.pop(child)
            try:
                os.killpg(child, signal.SIGKILL)  # processes that it left behind
            except ProcessLookupError:
                pass
            answer.seek(0)
            text = answer.read()
            answer.close()
            yield job, pickle.loads(text) if text else None


def _be_a_child(job, work: Callable, answer) -> None:
    try:
        os.setsid()
        resource.setrlimit(
            resource.RLIMIT_DATA, (6 << 30, 6 << 30)
        )  # a mutant may ask for all memory
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        signal.alarm(6 * PATIENCE)
        answer.write(pickle.dumps(work(job)))
        answer.flush()
        os._exit(0)
    except BaseException:
        os._exit(1)


# ---- which tests reach which line


class _Reach:
    """A pytest plugin: instead of running the tests it runs each in a fork.

    It notes time and lines (None: it fails).
    """

    def __init__(self, workers: int):
        self.workers, self.found = workers, {}

    def pytest_runtestloop(self, session):
        for item, seen in in_forks(session.items, self._trace, self.workers):
            self.found[item.nodeid] = seen
        return True

    def _trace(self, item):
        import coverage
        from _pytest.runner import runtestprotocol

        signal.alarm(300)
        began = time.monotonic()
        trace = coverage.Coverage(
            data_file=None, source=[str(PACKAGE)], config_file=False, messages=False
        )
        trace.start()
        reports = runtestprotocol(item, nextitem=None, log=False)
        trace.stop()
        data = trace.get_data()
        lines = {
            str(Path(f).relative_to(PACKAGE)): sorted(data.lines(f)) for f in data.measured_files()
        }
        return (time.monotonic() - began, lines) if all(r.passed for r in reports) else None


def _run_pytest(arguments: list[str], plugin) -> int:
    import pytest

    os.chdir(ROOT)
    options = "-x -q --tb=no --assert=plain -p no:cacheprovider --rootdir".split()
    return pytest.main([*options, str(ROOT), *arguments], plugins=[plugin])


def reach(
    files: list[Path], anew: set[str], workers: int
) -> dict[str, tuple[float, dict[str, list[int]]]]:
    """Test -> (seconds, module -> lines that it runs).

    Kept as long as neither the course nor the test file changes. The modules ``anew`` are imported
    anew, as for a mutant: a test that cannot stand that catches nothing.
    """
    course = [*PACKAGE.rglob("*.py"), *TESTS.glob("conftest.py")]
    base = b"".join(path.read_bytes() for path in sorted(course))
    kept = {
        f: MEMORY / f"{f.stem}-{hashlib.sha256(base + f.read_bytes()).hexdigest()[:16]}.json"
        for f in files
    }
    new = [f for f in files if not kept[f].exists()]
    if new:
        print(f"Seeing which lines the tests of {', '.join(f.name for f in new)} run.", flush=True)
        MEMORY.mkdir(parents=True, exist_ok=True)
        for f in new:
            for old in MEMORY.glob(f"{f.stem}-*.json"):
                old.unlink()

        def trace(_):
            signal.alarm(0)
            _forget(anew)
            plugin = _Reach(workers)
            _run_pytest([str(f) for f in new], plugin)
            return plugin.found

        ((_, found),) = in_forks([None], trace, 1)
        if found is None:
            sys.exit("The tests could not be collected: run pytest on them first.")
        for f in new:
            kept[f].write_text(
                json.dumps({t: s for t, s in found.items() if ROOT / t.split("::")[0] == f})
            )
    seen = {test: what for f in files for test, what in json.loads(kept[f].read_text()).items()}
    for test in (test for test, what in seen.items() if what is None):
        print(f"Left out, as it fails without any mutant: {test}")
    return {test: tuple(what) for test, what in seen.items() if what is not None}


def users(module: str) -> set[str]:
    """The module and all of the package that imports it, directly or not, as names of modules."""
    uses = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        package = _name(path) if path.stem == "__init__" else _name(path).rpartition(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                home = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
                for name in (home, *(f"{home}.{alias.name}" for alias in node.names)):
                    uses[name].add(_name(path))
    found, fresh = set(), {_name(PACKAGE / module)}
    while fresh:
        found |= fresh
        fresh = {user for name in fresh for user in uses[name]} - found
    return found - {"course_utils", "course_utils.labs"}


def judges(mutant: Mutant, seen: dict, of_module: set[str]) -> list[str]:
    """Tests that reach a mutant, quickest first.

    For one that acts at import: all that touch its module, then its users.
    """
    if mutant.statement and not mutant.compiled:
        hit = [
            t
            for t, (_, lines) in seen.items()
            if not set(mutant.statement).isdisjoint(lines.get(mutant.module, ()))
        ]
        return sorted(hit, key=lambda t: seen[t][0])
    files = {name.replace("course_utils.", "").replace(".", "/") + ".py" for name in of_module}
    near = {t: mutant.module in lines for t, (_, lines) in seen.items() if files & set(lines)}
    return sorted(near, key=lambda t: (not near[t], seen[t][0]))


# ---- judging


def _no_cache(self, function):
    raise RuntimeError(
        "a mutant is not kept"
    )  # what Numba raises where no folder can be written to


def _forget(names: set[str]) -> None:
    """Let modules be imported anew."""
    for name in names & set(sys.modules):
        parent, _, last = name.rpartition(".")
        del sys.modules[name]
        vars(sys.modules.get(parent, sys)).pop(last, None)


class _Patience:
    """A pytest plugin: ends the process if a test hangs."""

    def __init__(self, seen):
        self.seen = seen

    def pytest_runtest_logstart(self, nodeid):
        signal.alarm(int(PATIENCE + 5 * self.seen[nodeid][0]))


class _Source(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a changed tree."""

    def __init__(self, name: str, path: Path, code):
        self.name, self.path, self.code = name, path, code

    def find_spec(self, name, path=None, target=None):
        return (
            importlib.util.spec_from_file_location(name, self.path, loader=self)
            if name == self.name
            else None
        )

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(self.code, module.__dict__)


def survives(
    mutant: Mutant, tree: ast.Module, tests: list[str], seen: dict, of_module: set[str]
) -> bool:
    """Whether all the tests pass with this mutant in place of its module.

    Changes the process: call it in a fork.
    """
    from numba.core.caching import FunctionCache

    mutant.make()
    path = PACKAGE / mutant.module
    code = compile(ast.fix_missing_locations(tree), str(path), "exec", dont_inherit=True)
    if (
        mutant.compiled or not mutant.statement
    ):  # Numba's cache knows a function by its bytecode, not by its constants
        FunctionCache.__init__ = _no_cache
    _forget(of_module)
    sys.meta_path.insert(0, _Source(_name(path), path, code))
    return _run_pytest(tests, _Patience(seen)) == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--modules",
        nargs="+",
        default=MODULES,
        help="files of course_utils, such as run.py 'labs/*.py'",
    )
    parser.add_argument(
        "--tests",
        nargs="+",
        type=Path,
        help="test files that judge, instead of those of each module",
    )
    parser.add_argument("--sample", type=int, help="try only so many mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument(
        "--survivors", action="store_true", help="try only those that survived the last run"
    )
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    began = time.monotonic()

    paths = sorted(
        {
            path
            for pattern in options.modules
            for path in PACKAGE.glob(pattern)
            if path.stem != "__init__"
        }
    )
    modules = [path.relative_to(PACKAGE).as_posix() for path in paths]
    trees = {
        module: ast.parse((PACKAGE / module).read_text(encoding="utf-8")) for module in modules
    }
    chosen = [mutant for module in modules for mutant in mutants(module, trees[module])]
    last = MEMORY / "survivors.txt"
    if options.survivors:
        before = set(last.read_text(encoding="utf-8").splitlines())
        chosen = [mutant for mutant in chosen if str(mutant) in before]
    if options.sample and options.sample < len(chosen):
        drawn = random.Random(options.seed).sample(range(len(chosen)), options.sample)
        chosen = [chosen[i] for i in sorted(drawn)]

    judged_by = {
        module: [p.resolve() for p in options.tests or tests_of(module)] for module in modules
    }
    warm_up()
    of_module = {module: users(module) for module in modules}
    files = sorted({f for files in judged_by.values() for f in files})
    reached = reach(files, set().union(*of_module.values()), options.workers)
    alone = sum(seconds for seconds, _ in reached.values())
    print(f"{len(reached)} tests judge; one after another they take {alone:.0f} s.")
    seen = {
        m: {t: w for t, w in reached.items() if ROOT / t.split("::")[0] in judged_by[m]}
        for m in modules
    }
    tests = {
        id(mutant): judges(mutant, seen[mutant.module], of_module[mutant.module])
        for mutant in chosen
    }

    def judge(mutant: Mutant) -> bool:
        module = mutant.module
        return survives(mutant, trees[module], tests[id(mutant)], seen[module], of_module[module])

    print(f"{len(chosen)} mutants; those that survive:", flush=True)
    count, ended = defaultdict(int), 0
    alive = defaultdict(list)
    for mutant in chosen:
        count[mutant.module] += 1
        if not tests[id(mutant)]:
            print(mutant, "(no test runs this line)")
            alive[mutant.module].append(mutant)
    for mutant, lives in in_forks([m for m in chosen if tests[id(m)]], judge, options.workers):
        ended += lives is None
        if lives:
            print(mutant, flush=True)
            alive[mutant.module].append(mutant)
    MEMORY.mkdir(parents=True, exist_ok=True)
    last.write_text("\n".join(str(m) for ms in alive.values() for m in ms), encoding="utf-8")
    print()
    for module in [m for m in modules if count[m]]:
        caught = count[module] - len(alive[module])
        print(f"{module:24} {caught:5} of {count[module]:5} caught  {caught / count[module]:6.1%}")
    total = sum(map(len, alive.values()))
    share = 1 - total / max(1, len(chosen))
    print(
        f"{'all':24} {len(chosen) - total:5} of {len(chosen):5} caught  {share:6.1%}"
        f"  in {time.monotonic() - began:.0f} s ({ended} hung or crashed)"
    )


if __name__ == "__main__":
    main()
