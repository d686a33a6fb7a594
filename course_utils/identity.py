"""What a function does, as a digest: its code and everything that it reaches.

So no stored result outlives its code. Three kinds of code are told apart by where their module lies
(origins.py). *Own* code is followed as it is in memory: functions, classes and their bases,
objects, and the globals that they use. *Libraries* are taken by name and version. The *course's
package* is taken by name, and by the text of its files all together.
"""

from __future__ import annotations

import copyreg
import dis
import functools
import hashlib
import importlib
import pickle
import sys
import types
from collections.abc import Iterator
from importlib import util

from .origins import find, vouched

# They reach code that no name in the function tells of.
HIDDEN = ("eval", "exec", "globals", "__import__", "import_module")
LOADS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
PARTS = {  # what pickle does not open, or not far enough
    property: ("fget", "fset", "fdel"),
    staticmethod: ("__func__",),
    classmethod: ("__func__",),
    functools.cached_property: ("func",),
    types.MethodType: ("__func__", "__self__"),
    functools._lru_cache_wrapper: ("__wrapped__", "__dict__"),
}
# What a class or a module has besides its contents. Annotations and dataclass fields have done
# their work when it is made.
BESIDES = set(
    """
    __doc__ __module__ __dict__ __weakref__ __firstlineno__ __static_attributes__ _abc_impl
    __annotations__ __annotate_func__ __annotations_cache__ __conditional_annotations__
    __dataclass_fields__ __dataclass_params__
    __builtins__ __cached__ __file__ __loader__ __package__ __path__ __spec__
    """.split()
)


def identity(thing) -> str:
    """Digest that tells a function from others that do something else, in every session.

    It covers bytecode, defaults, closures, attributes, classes with their bases, the state of
    objects as pickle would carry it, and the globals and imports that own code uses. It does not
    cover files, environment variables or the clock.

    Parameters
    ----------
    thing : object
        A function, class, object or module.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    TypeError
        For what cannot be read: locks, open files, code that is looked up by ``eval`` and its
        like.
    """
    return _read(thing).digest()


def examine(thing) -> tuple[str, list[tuple[str, str, str | None]]]:
    """``identity``, and the own code that another process would import, not receive.

    Parameters
    ----------
    thing : object
        A function, class, object or module.

    Returns
    -------
    digest : str
        Its ``identity``.
    imported : list of tuple
        (module, name, identity) of that code.

    Raises
    ------
    TypeError
        For what cannot be read.
    """
    reader = _read(thing)
    return reader.digest(), [(*place, _identity_of(*place)) for place in reader.imported]


def _read(thing) -> _Reader:
    reader = _Reader()
    try:
        reader.add(thing)
    except RecursionError:
        raise TypeError(
            "your function uses data that is nested too deeply to be read: make it flatter"
        ) from None
    return reader


def differing(imported: list[tuple[str, str, str | None]]) -> list[str]:
    """Names of what is something else in this process.

    Parameters
    ----------
    imported : list of tuple
        (module, name, identity), from ``examine`` in another process.

    Returns
    -------
    list of str
        Dotted names of those whose identity differs here.
    """
    return [
        f"{module}.{name}".strip(".")
        for module, name, digest in imported
        if _identity_of(module, name) != digest
    ]


def _identity_of(module: str, name: str) -> str | None:
    try:
        return identity(find(importlib.import_module(module), name))
    except (ImportError, AttributeError, TypeError):
        return None


def _is_found(thing, module: str | None, name: str) -> bool:
    """Whether this name in this module is the thing itself, so that pickle sends the name alone."""
    try:
        return find(sys.modules[module], name) is thing
    except (KeyError, AttributeError):
        return False


class _Reader:
    """Writes a thing and all that it reaches into one digest.

    What comes again is written as its number.
    """

    def __init__(self, imported: dict | None = None):
        self._hash, self._seen = hashlib.sha256(), {}
        self.imported = {} if imported is None else imported

    def digest(self) -> str:
        return self._hash.hexdigest()[:32]

    def _write(self, *words) -> None:
        for word in words:  # with their lengths, so that no two lists of words look alike
            data = word if isinstance(word, bytes) else str(word).encode("utf-8", "surrogatepass")
            self._hash.update(b"%d:" % len(data))
            self._hash.update(data)

    def add(self, thing) -> None:
        kind = type(thing)
        if kind in (str, bytes):
            self._write(kind.__name__, thing)
        elif kind in (bool, float, complex, type(None), type(...), type(NotImplemented)):
            self._write(kind.__name__, repr(thing))
        elif kind is int:
            self._write("int", hex(thing))  # decimal digits end at 4300
        elif kind is tuple:
            self._write("tuple", len(thing))
            for part in thing:
                self.add(part)
        elif id(thing) in self._seen:
            self._write("again", self._seen[id(thing)][0])
        else:
            # Kept, or the next thing might get its id.
            self._seen[id(thing)] = len(self._seen), thing
            self._open(thing)

    def _open(self, thing) -> None:
        kind = type(thing)
        if kind in (list, dict, types.MappingProxyType):
            self._write(kind.__name__)
            self.add(tuple(thing) if kind is list else tuple(thing.items()))
        elif kind in (set, frozenset):
            # Their order changes with each session.
            self._write(kind.__name__, *sorted(self._apart(part) for part in thing))
        elif kind is types.CodeType:
            self._code(thing)
        elif kind is types.FunctionType:
            self._function(thing)
        elif isinstance(thing, types.ModuleType):
            self._module(thing)
        elif isinstance(thing, type):
            self._class(thing)
        elif kind in PARTS:
            self._write(kind.__name__)
            self.add(tuple(getattr(thing, part) for part in PARTS[kind]))
        elif kind is types.CellType:
            self.add(_contents(thing))
        elif hasattr(kind, "targetdescr"):  # compiled by Numba
            self.add(("compiled", thing.py_func, thing.targetoptions))
        elif not self._by_name(
            thing, thing.__name__ if kind is types.BuiltinFunctionType else None
        ):
            self._object(thing)

    def _apart(self, thing) -> str:
        reader = _Reader(self.imported)
        reader.add(thing)
        return reader.digest()

    def _by_name(self, thing, name: str | None, module: str | None = None) -> bool:
        """Write the name alone of what a library or the package defines.

        Note what another process would import.
        """
        if name is None:
            return False
        module = module or getattr(thing, "__module__", None)
        found, source = _is_found(thing, module, name), vouched(module)
        if found and source:
            self._write("name", source, module, name)
        elif found and module != "__main__":
            self.imported[module, name] = None
        return bool(found and source)

    def _code(self, code: types.CodeType) -> None:
        self._write("code", code.co_code, code.co_exceptiontable, code.co_flags)
        self.add(
            (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_consts)
        )
        self.add((code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars))

    def _function(self, function: types.FunctionType) -> None:
        if self._by_name(function, function.__qualname__):
            return
        self._write("function", function.__name__)
        self.add(
            (
                function.__code__,
                function.__defaults__,
                function.__kwdefaults__,
                function.__closure__,
                function.__dict__,
            )
        )
        known = function.__globals__
        if not vouched(known.get("__name__")):
            for name, thing in self._used(function.__code__, known):
                self._write("uses", name)
                self.add(thing)

    def _used(self, code: types.CodeType, known: dict) -> Iterator[tuple[str, object]]:
        """Globals and imports that code uses; of an own module only what it shows that it uses."""
        hidden = [name for name in HIDDEN if name in code.co_names]
        if hidden:
            raise TypeError(
                f"your function uses {hidden[0]}, and what that reaches cannot be told: "
                "name what it uses"
            )
        steps = list(dis.get_instructions(code))
        for place, step in enumerate(steps):
            if step.opname == "IMPORT_NAME":
                level, names = steps[place - 2].argval, steps[place - 1].argval
                yield from _imports("." * level + step.argval, names or (), known)
            elif step.opname in LOADS and step.argval in known:
                path, thing = step.argval, known[step.argval]
                for after in steps[place + 1 :]:
                    own = isinstance(thing, types.ModuleType) and not vouched(thing.__name__)
                    if (
                        not own
                        or after.opname not in ("LOAD_ATTR", "LOAD_METHOD")
                        or not hasattr(thing, after.argval)
                    ):
                        break
                    if thing.__name__ in sys.modules:
                        self.imported[thing.__name__, after.argval] = None
                    path, thing = f"{path}.{after.argval}", getattr(thing, after.argval)
                yield path, thing
        for part in code.co_consts:
            if isinstance(part, types.CodeType):
                yield from self._used(part, known)

    def _module(self, module: types.ModuleType) -> None:
        source = vouched(module.__name__)
        self._write("module", module.__name__, source or "")
        if not source:
            if module.__name__ in sys.modules:
                self.imported[module.__name__, ""] = None
            self.add(
                {name: value for name, value in sorted(vars(module).items()) if name not in BESIDES}
            )

    def _class(self, cls: type) -> None:
        if self._by_name(cls, cls.__qualname__):
            return
        self._write("class", cls.__name__)
        self.add(
            (
                type(cls),
                cls.__bases__,
                {name: part for name, part in vars(cls).items() if name not in BESIDES},
            )
        )

    def _object(self, thing) -> None:
        """An object is its class and its state, as pickle takes them apart."""
        try:
            reduce = copyreg.dispatch_table.get(type(thing))
            parts = reduce(thing) if reduce else thing.__reduce_ex__(4)
            if isinstance(parts, str):
                if not self._by_name(thing, parts, pickle.whichmodule(thing, parts)):
                    raise TypeError("no library has it by that name")
                return
            make, arguments, state, items, pairs, setter = (*parts, *[None] * (6 - len(parts)))
            whole = (make, arguments, state, tuple(items or ()), tuple(pairs or ()), setter)
        except Exception as problem:  # whatever pickle raises for files, locks, generators
            what = (
                f"{thing!r:.60}"
                if type(thing).__repr__ is not object.__repr__
                else f"a {type(thing).__name__}"
            )
            advice = "make it inside the function"
            raise TypeError(
                f"your function uses {what}, which cannot be read ({problem}): {advice}"
            ) from problem
        self._write("object")
        self.add(whole)


def _contents(cell: types.CellType) -> tuple:
    try:
        return (cell.cell_contents,)
    except ValueError:  # not filled yet
        return ()


def _imports(module: str, names: tuple[str, ...], known: dict) -> Iterator[tuple[str, object]]:
    """What ``import module`` or ``from module import names`` inside a function brings.

    Nothing where that would fail.
    """
    absolute = (
        util.resolve_name(module, known.get("__package__") or known.get("__name__"))
        if module[0] == "."
        else module
    )
    if source := vouched(absolute):  # not imported for our sake: it may take seconds
        yield absolute, source
        return
    try:
        found = importlib.import_module(absolute)
        for name in names:
            inner = getattr(found, name, None)
            yield (
                f"{absolute}.{name}",
                importlib.import_module(f"{absolute}.{name}") if inner is None else inner,
            )
    except ImportError:
        return
    if not names:
        yield absolute, found
