"""``python -m course_utils`` opens the course, with ``doctor`` it examines the installation.

With ``demo`` it trains in text, with ``homework`` it writes a notebook to hand out and to grade.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import suppress

from course_utils.launcher import FIRST_PORT, CannotOpen, open_course


def parser() -> argparse.ArgumentParser:
    """The command line; kept free of heavy imports, so that --help answers at once.

    Returns
    -------
    argparse.ArgumentParser
        It knows doctor, demo, homework and the options.
    """
    top = argparse.ArgumentParser(
        prog="python -m course_utils",
        description="Opens the course in JupyterLab. Other things it does: doctor, demo, homework.",
    )
    top.add_argument(
        "--port",
        type=port_number,
        default=FIRST_PORT,
        help="first port to try, 1 to 65535 (default %(default)s)",
    )
    top.add_argument(
        "--no-browser", action="store_true", help="print the address instead of opening a browser"
    )
    commands = top.add_subparsers(dest="command", title="other commands", metavar="command")
    commands.add_parser("doctor", help="examine the installation and say what to mend")
    demo = commands.add_parser(
        "demo", help="train for a few seconds in the terminal: no browser, no notebook"
    )
    demo.add_argument("--d", type=int, metavar="N", help="input dimension")
    demo.add_argument("--k", type=int, metavar="N", help="number of hidden directions")
    demo.add_argument(
        "--noise", type=float, metavar="X", help="standard deviation of the label noise"
    )
    demo.add_argument(
        "--seconds", type=duration, default=5.0, metavar="X", help="how long to train (default 5)"
    )
    homework = commands.add_parser(
        "homework", help="write a notebook without solutions, and what grades it with nbgrader"
    )
    homework.add_argument("name", metavar="NAME", help="a notebook, or its number, such as 02")
    homework.add_argument(
        "--folder", metavar="DIR", help="a new folder to write to (default homework-NAME)"
    )
    return top


def port_number(text: str) -> int:
    """A port from the command line.

    Parameters
    ----------
    text : str
        What was typed.

    Returns
    -------
    int
        From 1 to 65535.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a port: give a whole number from 1 to 65535, such as 8888"
        )
    return int(text)


def duration(text: str) -> float:
    """A number of seconds from the command line.

    Parameters
    ----------
    text : str
        What was typed.

    Returns
    -------
    float
        Above 0, at most a day.

    Raises
    ------
    argparse.ArgumentTypeError
        If they are none, or more than a day.
    """
    try:
        seconds = float(text)
    except ValueError:
        seconds = float("nan")
    if not 0 < seconds <= 86400:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time to train: give seconds, above 0 and up to 86400"
        )
    return seconds


def demo(seconds: float, **knobs: float) -> int:
    """Train the default experiment for some seconds and print how it goes.

    Parameters
    ----------
    seconds : float
        How long.
    **knobs : float
        Fields of Settings.

    Returns
    -------
    int
        The exit code.
    """
    from course_utils import Diverged, OnlineSGD, Settings

    try:
        settings = Settings(**knobs)
    except (ValueError, TypeError) as error:
        return complain(error, 2)
    print(settings.code())
    print(
        "Making ready; the first time on a machine, the SGD step is compiled (about 10 seconds).",
        flush=True,
    )
    simulation = None
    try:
        first = OnlineSGD(settings)
        first.advance(1)  # compiles, so that the compiler's time is not the student's
        first.snapshot()
        simulation = OnlineSGD(settings)
        train(simulation, seconds)
    except KeyboardInterrupt:
        if simulation is not None:
            tell(simulation)
        return 130
    except Diverged as error:
        return complain(error, 1)
    except MemoryError:
        return complain(
            f"d = {settings.d} needs more memory than is free: "
            "close programs or try a smaller --d.",
            1,
        )
    return 0


def homework(name: str, folder: str | None) -> int:
    """Write a homework and say what to do with it.

    Parameters
    ----------
    name : str
        The notebook.
    folder : str or None
        Where to; None leaves it to the name.

    Returns
    -------
    int
        The exit code.
    """
    from course_utils.homework.writing import NoHomework, write

    try:
        written = write(name, folder)
    except NoHomework as error:
        return complain(error, 2)
    print(f"{written / 'student'} is to hand out: the notebook, and the course to install.")
    print(f"{written / 'instructor'} stays with you: solutions, checks, and what nbgrader needs.")
    print("docs/instructor.md says how to collect and grade.")
    return 0


def train(simulation, seconds: float) -> None:
    """Advance a simulation for some seconds under a progress bar.

    It prints its sentence at 0, d, 3d, 9d, ... samples, and its events as they come.

    Parameters
    ----------
    simulation : OnlineSGD
        What trains.
    seconds : float
        How long.
    """
    from tqdm import tqdm

    from course_utils.events import Watch

    watch = Watch(simulation.settings, simulation.floors())
    told, mark, block = None, 0, 100
    began = now = time.perf_counter()
    with tqdm(
        total=seconds, bar_format="{l_bar}{bar}| {n:.1f}/{total:.1f} s", leave=False, disable=None
    ) as bar:
        while now - began < seconds:
            for event in look(watch, simulation):
                tqdm.write(event.caption)
            if simulation.samples >= mark:
                tell(simulation)
                told, mark = simulation.samples, 3 * mark or simulation.settings.d
            start, ask = time.perf_counter(), min(block, mark - simulation.samples)
            simulation.advance(ask)
            now = time.perf_counter()
            # About ten refreshes of the bar a second, whatever d and the machine are, and events
            # within a tenth of their time.
            block = max(1, int(ask * min(10.0, 0.1 / max(now - start, 1e-6))))
            block = min(block, max(100, simulation.samples // 10))
            bar.update(min(now - began, seconds) - bar.n)
    if told != simulation.samples:
        tell(simulation)


def look(watch, simulation) -> list:
    """Let who watches a simulation see it as it is now.

    Parameters
    ----------
    watch : Watch
        Who watches.
    simulation : OnlineSGD
        What trains.

    Returns
    -------
    list of Event
        What is new.
    """
    known = len(watch.events)
    watch.see(simulation.snapshot())
    return watch.events[known:]


def tell(simulation) -> None:
    """Print a simulation's sentence above a progress bar that may be there.

    Parameters
    ----------
    simulation : OnlineSGD
        What speaks.
    """
    from tqdm import tqdm

    tqdm.write(simulation.snapshot().sentence())
    sys.stdout.flush()


def complain(reason: object, code: int) -> int:
    """Print a plain sentence on stderr.

    Parameters
    ----------
    reason : object
        What to print.
    code : int
        An exit code.

    Returns
    -------
    int
        The exit code.
    """
    print(reason, file=sys.stderr)
    return code


def obey(chosen: argparse.Namespace) -> int:
    """Do what the command line asks for.

    Parameters
    ----------
    chosen : argparse.Namespace
        What was chosen.

    Returns
    -------
    int
        The exit code.
    """
    if chosen.command == "doctor":
        from course_utils.doctor import examine

        return examine()
    if chosen.command == "demo":
        knobs = {
            name: getattr(chosen, name)
            for name in ("d", "k", "noise")
            if getattr(chosen, name) is not None
        }
        return demo(chosen.seconds, **knobs)
    if chosen.command == "homework":
        return homework(chosen.name, chosen.folder)
    open_course(chosen.port, not chosen.no_browser)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        What was typed; left out, what this process was started with.

    Returns
    -------
    int
        The exit code.
    """
    if sys.version_info < (3, 11):  # noqa: UP036  (an older Python can run this file when the course was not installed)
        version = sys.version.split()[0]
        return complain(
            f"The course needs Python 3.11 or newer, and this is {version}: "
            "start it with a newer one.",
            1,
        )
    chosen = parser().parse_args(arguments)
    try:
        code = obey(chosen)
        sys.stdout.flush()
        return code
    except CannotOpen as error:
        return complain(error, 1)
    except ModuleNotFoundError as error:
        return complain(
            f"The package {error.name} is missing from {sys.executable}: in the course's folder, "
            "run `python -m pip install -c constraints.txt -e .`, "
            "then `python -m course_utils doctor`.",
            1,
        )
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        return give_up(error)


def give_up(error: OSError) -> int:
    """Say what file stopped us; quietly, if nobody reads on (``demo | head -1``).

    Parameters
    ----------
    error : OSError
        What happened.

    Returns
    -------
    int
        The exit code.
    """
    if (
        error.filename is None
    ):  # the output itself; what is left of it must not fail once more when Python ends
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 1
    where = error.filename or "what this prints"
    return complain(f"This could not be written or read: {where} ({error.strerror or error}).", 1)


if __name__ == "__main__":
    sys.exit(main())
