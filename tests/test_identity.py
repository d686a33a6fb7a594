"""identity.py: one digest for what does the same, another wherever a difference lies."""

import functools
import importlib
import subprocess
import sys
import threading
import time
import types

import numpy as np
import pytest

from course_utils import LINKS
from course_utils.identity import examine, identity
from course_utils.origins import vouched


def notebook(source: str) -> dict:
    """Names that a notebook would have after a cell with this source."""
    names = {"__name__": "__main__", "np": np}
    exec(compile(source, f"cell-{time.time_ns()}", "exec"), names)
    return names


def test_the_identity_of_a_function_is_what_it_does():
    source = (
        "def scale(x):\n    return 2 * x\n\n"
        "def f(run, power=1):\n    return [scale(run.risk) ** power for _ in range(1)]"
    )
    f = identity(notebook(source)["f"])
    assert identity(notebook("# moved down in a cell that has another name\n\n" + source)["f"]) == f
    for old, new in (
        ("2 *", "3 *"),
        ("power=1", "power=2"),
        ("** power", "- power"),
        ("range(1)", "range(2)"),
    ):
        assert identity(notebook(source.replace(old, new))["f"]) != f, (old, new)


def test_identity_sees_closures_partial_arguments_data_and_recursion():
    def scaled(by):
        return lambda run: {"risk": by * run.risk[-1]}

    assert identity(scaled(1)) == identity(scaled(1)) != identity(scaled(2))
    assert identity(functools.partial(scaled, 1)) != identity(functools.partial(scaled, 2))
    source = "offset = np.arange(3)\ndef f(run):\n    return f(run) + offset"
    assert identity(notebook(source)["f"]) != identity(notebook(source.replace("3", "4"))["f"])
    assert isinstance(identity(types), str)


# How a measure may reach code; in each, 2 becomes 3.
CASES = """
#: object with __call__
class M:
    def __call__(self, run):
        return 2
measure = M()
#: attribute of a class
class M:
    by = 2
    def __call__(self, run):
        return self.by
measure = M()
#: state of an object
class M:
    def __call__(self, run):
        return self.by
measure = M()
measure.by = 2
#: slots
class M:
    __slots__ = 'by'
    def f(self, run):
        return self.by
m = M()
m.by = 2
measure = m.f
#: base
class B:
    def f(self, run):
        return 2
class M(B):
    __call__ = B.f
measure = M()
#: base of a base
class A:
    by = 2
class B(A): pass
class C(B): pass
measure = lambda run: C.by
#: metaclass
class T(type):
    by = 2
class C(metaclass=T): pass
measure = lambda run: C.by
#: class used inside
class C:
    def f(self):
        return 2
def measure(run):
    return C().f()
#: bound method
class C:
    def f(self, run):
        return 2
measure = C().f
#: class method
class C:
    @classmethod
    def f(cls, run):
        return 2
measure = C.f
#: static method
class C:
    @staticmethod
    def f(run):
        return 2
measure = lambda run: C.f(run)
#: property
class C:
    @property
    def f(self):
        return 2
measure = lambda run: C().f
#: cached property
class C:
    f = functools.cached_property(lambda self: 2)
measure = lambda run: C().f
#: object as a default
class C:
    def f(self):
        return 2
def measure(run, c=C()):
    return c.f()
#: dataclass
@dataclasses.dataclass
class C:
    by: int = 2
measure = lambda run: C().by
#: enum
class E(enum.Enum):
    A = 2
measure = lambda run: E.A.value
#: named tuple
N = collections.namedtuple('N', 'by', defaults=[2])
measure = lambda run: N().by
#: lru_cache
@functools.lru_cache
def measure(run):
    return 2
#: decorator
def twice(f):
    @functools.wraps(f)
    def g(run):
        return 2 * f(run)
    return g
@twice
def measure(run):
    return 1
#: decorated
def same(f):
    return functools.wraps(f)(lambda run: f(run))
@same
def measure(run):
    return 2
#: partial of an object
class C:
    def __call__(self, run):
        return 2
measure = functools.partial(C())
#: partial's keyword
measure = functools.partial(lambda run, by: by, by=2)
#: closure over an object
class C:
    by = 2
def make(c):
    return lambda run: c.by
measure = make(C())
#: default
measure = lambda run, by=[1, {'a': 2}]: by
#: keyword default
def measure(run, *, by=2):
    return by
#: global of a global
by = 2
def f():
    return by
def measure(run):
    return f()
#: nested function
def measure(run):
    def f():
        return (lambda: 2)()
    return f()
#: global of a nested function
by = 2
def measure(run):
    return [(lambda: by)() for _ in run]
#: global of a class body
by = 2
def measure(run):
    class C:
        b = by
    return C.b
#: function in a container
parts = {'f': [lambda run: 2]}
measure = lambda run: parts['f'][0](run)
#: function's attribute
def measure(run):
    return measure.by
measure.by = 2
#: data in an array
data = np.array([1, 2])
measure = lambda run: data
#: objects in an array
data = np.array([lambda run: 2, None])
measure = lambda run: data[0](run)
#: numpy.vectorize
f = np.vectorize(lambda x: 2 * x)
measure = lambda run: f(run)
#: set
data = {'a', 'b', (2,)}
measure = lambda run: data
#: set in the code
measure = lambda run: run in {2, 5, 7}
#: frozen in Numba
@numba.njit
def f(x):
    return 2 * x
measure = lambda run: f(run)
#: order of the arguments
def measure(run, a2=0, a=0):
    return a
#: a circle
class C:
    by = 2
c = C()
c.c = c
measure = lambda run: c.c.by
#: generator
def f():
    yield 2
measure = lambda run: next(f())
"""
REACH = dict(case.strip().split("\n", 1) for case in CASES.split("#: ")[1:])


@pytest.mark.parametrize("source", REACH.values(), ids=REACH)
def test_code_is_followed_wherever_it_is(source):
    source = "import collections, dataclasses, enum, functools, numba\n" + source
    digest = identity(notebook(source)["measure"])
    assert digest == identity(notebook(source)["measure"])
    assert digest != identity(notebook(source.replace("2", "3"))["measure"])


def test_a_link_of_the_course_differs_from_the_others():
    assert len({identity(link) for link in LINKS.values()}) == len(LINKS)


def test_a_digest_is_the_same_in_every_process():
    """Sets are in another order there, and objects at other addresses."""
    source = f"""
import collections, dataclasses, enum, functools, numba, sys
import numpy as np
from course_utils.identity import identity
for s in {list(REACH.values())!r}:
    names = {{**globals(), '__name__': '__main__'}}
    exec(s, names)
    print(identity(names['measure']))
"""
    runs = [
        subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
        for _ in range(2)
    ]
    assert runs[0].stderr == "" and runs[0].stdout == runs[1].stdout
    assert len(set(runs[0].stdout.split())) == len(REACH)


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes modules of a student's own and imports them anew."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.py").write_text(text)
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        sys.dont_write_bytecode, before = (
            True,
            sys.dont_write_bytecode,
        )  # two edits in one second look the same to it
        try:
            return [importlib.import_module(name) for name in texts]
        finally:
            sys.dont_write_bytecode = before

    yield write
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


USES = {
    "attribute": "def measure(run):\n    return helper.f(run)",
    "function": "measure = helper.f",
    "another name": "h = helper\nmeasure = lambda run: h.f(run)",
    "in a variable": "def measure(run):\n    h = helper\n    return h.f(run)",
    "as an argument": "def g(h, run):\n    return h.f(run)\nmeasure = lambda run: g(helper, run)",
    "as a default": "measure = lambda run, h=helper: h.f(run)",
    "getattr": "measure = lambda run: getattr(helper, 'f')(run)",
    "import inside": "def measure(run):\n    import helper as h\n    return h.f(run)",
    "import from inside": "def measure(run):\n    from helper import f as g\n    return g(run)",
}


@pytest.mark.parametrize("source", USES.values(), ids=USES)
def test_own_modules_are_followed_as_they_are_in_memory(source, module):
    def measure(text, deeper="scale = 1"):
        deep, helper = module(deeper=deeper, helper=text)
        return identity(notebook(f"import helper\n{source}")["measure"]), deep, helper

    text = "import deeper\nby = 2\ndef f(run):\n    return by * deeper.scale"
    first, deep, helper = measure(text)
    assert measure(text)[0] == first
    assert measure(text.replace("2", "3"))[0] != first
    assert measure(text, "scale = 2")[0] != first
    *_, helper = measure(text)
    helper.by = 3  # set by hand: its file does not know
    assert identity(notebook(f"import helper\n{source}")["measure"]) != first


def test_what_another_process_would_import_is_listed(module):
    module(helper="def f(run):\n    return 2")
    names = [
        entry[:2]
        for entry in examine(
            notebook("import helper\nmeasure = lambda run: helper.f(run)")["measure"]
        )[1]
    ]
    assert names == [("helper", "f")]


def test_libraries_go_by_their_version_and_own_files_are_followed():
    assert vouched("numpy.linalg") == f"numpy {np.__version__}"
    assert vouched("sys") == vouched("json.decoder") == f"Python {sys.version}"
    assert vouched("course_utils.engine.online") == "course_utils"
    assert vouched("__main__") is vouched(__name__) is None


def test_what_cannot_be_read_is_refused_in_a_sentence():
    lock, stream, own = threading.Lock(), open(__file__), np.frompyfunc(lambda x: 2 * x, 1, 1)
    for thing in (lock, stream, own, (i for i in range(3))):
        with pytest.raises(
            TypeError, match="your function uses .* cannot be read .*: make it inside the function"
        ):
            identity(lambda run, thing=thing: thing)
    stream.close()
    deep = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(TypeError, match="nested too deeply"):
        identity(lambda run: deep)
    for code in (
        "eval('x')",
        "globals()['x']",
        "exec('x')",
        "importlib.import_module('x')",
        "__import__('x')",
    ):
        with pytest.raises(
            TypeError, match="your function uses .*, and what that reaches cannot be told"
        ):
            identity(notebook(f"measure = lambda run: {code}")["measure"])
