"""Every public name says in numpydoc's form what it takes, gives and holds.

Written faults are found too: below stand functions with one each.
"""

import dataclasses
import functools
import importlib
import inspect
import pkgutil
import warnings
from types import FunctionType

import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc

import course_utils

NOTHING = ("None", "NoReturn", "Iterator[None]")  # annotations of functions that give nothing


def modules():
    for found in pkgutil.walk_packages(course_utils.__path__, "course_utils."):
        yield importlib.import_module(found.name)


def plain(thing):
    """A function or class as it was written: without what compiles, caches or wraps it."""
    thing = getattr(thing, "__func__", thing)
    return inspect.unwrap(getattr(thing, "py_func", thing))


def own(module):
    """(name, function or class) of all that a module itself defines and does not hide."""
    for name, thing in vars(module).items():
        thing = plain(thing)
        if (
            not name.startswith("_")
            and isinstance(thing, FunctionType | type)
            and thing.__module__ == module.__name__
            and thing.__name__ == name
        ):
            yield name, thing


def members(cls):
    """(name, function or property) of a class that a reader of its documentation sees."""
    for name, member in vars(cls).items():
        if not name.startswith("_") or name == "__call__":
            if isinstance(member, property | functools.cached_property):
                yield name, member
            elif isinstance(plain(member), FunctionType):
                yield name, plain(member)


def public():
    for module in modules():
        for name, thing in own(module):
            label = f"{module.__name__.removeprefix('course_utils.')}.{name}"
            yield label, thing
            if isinstance(thing, type):
                yield from ((f"{label}.{inner}", member) for inner, member in members(thing))


PUBLIC = dict(public())


def documented(sections) -> list[str]:
    """Names in order; several may share an entry: ``value, slope : callable``."""
    return [name.strip("* ") for entry in sections for name in entry.name.split(",")]


def taken(function) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


def held(cls) -> list[str]:
    """What a class adds to its bases: its fields, or what its constructor takes."""
    if dataclasses.is_dataclass(cls):
        added = inspect.get_annotations(cls)
        return [field.name for field in dataclasses.fields(cls) if field.name in added]
    if hasattr(cls, "_fields"):
        return list(cls._fields)
    return taken(cls.__init__) if "__init__" in vars(cls) else []


def parsed(thing):
    """What numpydoc reads; ValueError for sections that it does not know or meets twice."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            if isinstance(thing, type):
                return ClassDoc(thing, config={"show_class_members": False})
            return FunctionDoc(thing)
        except UserWarning as problem:
            raise ValueError(str(problem).splitlines()[0]) from None


def faults(thing) -> list[str]:
    """What is wrong with the docstring of a function, class or property."""
    function = getattr(thing, "fget", None) or getattr(thing, "func", None) or thing
    if not inspect.getdoc(function):
        return ["there is none"]
    try:
        doc = parsed(function)
    except ValueError as problem:
        return [str(problem)]
    found = []
    summary = doc["Summary"]
    if len(summary) != 1 or not summary[0].endswith("."):
        found.append(f"its summary is no sentence on one line: {summary}")
    if function is not thing:  # a property
        return found
    entries = doc["Parameters"] + (doc["Attributes"] if isinstance(thing, type) else [])
    wanted = held(thing) if isinstance(thing, type) else taken(thing)
    if documented(entries) != wanted:
        found.append(f"it documents {documented(entries)} and takes {wanted}")
    given = doc["Returns"] + doc["Yields"]
    if not isinstance(thing, type) and bool(given) == (returned(thing) in NOTHING):
        found.append(f"it returns {returned(thing)} and documents {len(given)} results")
    nameless = [e.name or e.type for e in entries + given if not "".join(e.desc).strip()]
    untyped = [e.name for e in entries if not e.type]
    if nameless or untyped:
        found.append(f"no words for {nameless}, no type for {untyped}")
    return found


def returned(function) -> str:
    """The annotation of what a function gives, as text."""
    kind = function.__annotations__.get("return", "what nobody says")
    return getattr(kind, "__name__", str(kind))


@pytest.mark.parametrize("name", PUBLIC)
def test_docstring_says_what_is_taken_and_given(name):
    assert faults(PUBLIC[name]) == []


def test_all_that_the_package_offers_by_name_is_looked_at():
    names = {name.rpartition(".")[2] for name in PUBLIC}
    elsewhere = {"LINKS"}  # no function
    assert set(course_utils.__all__) - names == elsewhere


def offered():
    """Every function and method that ``course_utils`` offers by name, constructors included."""
    for name in course_utils.__all__:
        thing = plain(getattr(course_utils, name))
        if isinstance(thing, type):
            yield f"{name}()", thing.__init__
            for inner, member in vars(thing).items():
                if not inner.startswith("_"):
                    member = member.fget if isinstance(member, property) else plain(member)
                    yield f"{name}.{inner}", member
        else:
            yield name, thing


@pytest.mark.parametrize(
    ("name", "function"), [pair for pair in offered() if isinstance(pair[1], FunctionType)]
)
def test_editors_are_told_the_types(name, function):
    signature = inspect.signature(function)
    untyped = [
        p.name
        for p in signature.parameters.values()
        if p.annotation is p.empty and p.name not in ("self", "cls") and p.kind is not p.VAR_KEYWORD
    ]
    assert untyped == []
    assert function.__name__ == "__init__" or signature.return_annotation is not signature.empty


# ---- faults that must be found


def whole(x: float, *more: float, **options: float) -> float:
    """Nothing is wrong here.

    Parameters
    ----------
    x : float
        One number.
    *more : float
        Others.
    **options : float
        Named ones.

    Returns
    -------
    float
        Their sum.
    """


def silent(x: float) -> float: ...


def one_more(x: float) -> None:
    """It documents what it does not take.

    Parameters
    ----------
    x : float
        One number.
    y : float
        Another.
    """


def one_less(x: float, y: float) -> None:
    """It takes what it does not document.

    Parameters
    ----------
    x : float
        One number.
    """


def two_lines() -> None:
    """It needs two lines to say in one sentence
    what it does.
    """


def no_stop() -> None:
    """It does not end"""


def no_result() -> float:
    """It returns what it does not document."""


def no_words(x: float) -> float:
    """It names and does not say.

    Parameters
    ----------
    x : float

    Returns
    -------
    float
        Something.
    """


def old_form(x: float) -> None:
    """It has words where numpydoc has a type.

    Parameters
    ----------
    x : one number, in radians
    """


def nothing_returned() -> None:
    """It documents what it does not return.

    Returns
    -------
    float
        Never.
    """


def unknown_section() -> None:
    """It has a section of its own.

    Taught in
    ---------
    Notebook 02.
    """


def twice(x: float) -> None:
    """It has a section two times.

    Parameters
    ----------
    x : float
        One number.

    Parameters
    ----------
    x : float
        One number.
    """


@dataclasses.dataclass
class Fields:
    """It does not document its second field.

    Attributes
    ----------
    x : float
        One number.
    """

    x: float
    y: float


class Property:
    """One of its properties says nothing."""

    @property
    def x(self) -> float:
        return 0.0


FAULTY = {
    silent: "there is none",
    one_more: "documents ['x', 'y'] and takes ['x']",
    one_less: "documents ['x'] and takes ['x', 'y']",
    two_lines: "no sentence on one line",
    no_stop: "no sentence on one line",
    no_result: "returns float and documents 0 results",
    no_words: "no words for ['x']",
    old_form: "no words for ['x']",
    nothing_returned: "returns None and documents 1 results",
    unknown_section: "Unknown section Taught In",
    twice: "section Parameters appears twice",
    Fields: "documents ['x'] and takes ['x', 'y']",
    Property.x: "there is none",
}


@pytest.mark.parametrize("thing", FAULTY, ids=lambda thing: getattr(thing, "__name__", "property"))
def test_a_fault_is_found(thing):
    (found,) = faults(thing)
    assert FAULTY[thing] in found


def test_what_has_no_fault_passes():
    assert faults(whole) == []
