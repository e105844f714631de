"""The `cosetta` command: parse, call, print.

Commands are imported only when they run, so `--help` needs neither torch nor matplotlib. Every error that a user can
mend is one line on stderr and exit status 1; `--debug` shows the traceback instead. Ctrl-C exits with 130 and SIGTERM
with 143, within two seconds, at a state from which the same command goes on.
"""

import os
import sys
from typing import Any

from cyclopts import App, CycloptsError, Group, Parameter

from cosetta._version import __version__
from cosetta.cli.environment import is_refusal, leave_quietly, refusal, show_what_can_be_shown, too_little_room
from cosetta.cli.usage import tell_all, usage_problem
from cosetta.errors import CosettaError
from cosetta.stopping import ends_in_time, leave

__all__ = ["HELP", "app", "main"]

WITHOUT_TORCH = ("check", "group", "irreps", "subgroups")
"""Commands that load neither torch nor polars."""

ASKS = {"--help", "-h", "--version"}
"""What asks about a command and does not run it."""

HELP = {
    "run": "Train a network on a group, explain it and write a report.",
    "explain": "Explain a run again, or a network that somebody else trained.",
    "compare": "Compare all accounts of networks, by yourself or others, on one scale.",
    "decompile": "Write a coset network as a program that runs without it.",
    "build": "Write a network down from cosets or from a program, without training.",
    "certify": "Prove how many products a network gets right, below trying all.",
    "check": "Check a certificate against the weights that it is of.",
    "explore": "Write a page in which networks can be looked at in a browser.",
    "export": "Write a run's network for others, or upload it.",
    "reproduce": "Make the tables and figures of a paper again, claim by claim.",
    "sweep": "Train and explain many networks: grids of settings and seeds.",
    "census": "Count who learned what in a folder of runs, as tables.",
    "group": "Show what there is to know about a group.",
    "subgroups": "List the classes of subgroups of a group.",
    "irreps": "List the irreps of a group.",
}
"""The commands in the order of use, and what each does; `cosetta COMMAND --help` has the whole of it."""

HOMES = {"explain": "run", "check": "certify", "group": "algebra:group_", "subgroups": "algebra", "irreps": "algebra"}
"""Modules of commands that do not have their command's name."""

EPILOGUE = (
    "First steps: `cosetta run S5` trains an S5 network and explains it, neuron by neuron. "
    "`cosetta COMMAND --help` says all about a command."
)


def _default(value: Any) -> str | None:
    """A default for the help; a flag that is not given needs none."""
    return None if value is False or value is None else str(value)


def _app() -> App:
    """The parser: every command is imported only when it is asked for."""
    app = App(
        name="cosetta",
        version=__version__,
        help="Train, decompile and audit neural networks that learn group multiplication.",
        default_parameter=Parameter(negative=(), show_default=_default),
        group_parameters=Group("Options", sort_key=1),
        help_format="plaintext",
        suppress_keyboard_interrupt=False,
        help_epilogue=EPILOGUE,
    )
    app["--help"].sort_key = app["--version"].sort_key = len(HELP)
    for i, (name, text) in enumerate(HELP.items()):
        module, _, function = HOMES.get(name, name).partition(":")
        home = f"cosetta.cli.{module}:{function or name}"
        app.command(home, name=name, help=text, sort_key=i)
    return app


app = _app()


def main() -> None:
    """Run the command line and turn errors into one line and an exit status."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # small matrices: a second thread only waits
    show_what_can_be_shown()
    light = not arguments or arguments[0] in WITHOUT_TORCH or not ASKS.isdisjoint(arguments)
    if not light and (refused := too_little_room()) is not None:
        _stop(refused, 1)
    try:
        with ends_in_time():
            try:
                if arguments and arguments[0] in HELP and not ASKS.isdisjoint(arguments):
                    tell_all(app[arguments[0]], arguments[0])
                app(arguments, exit_on_error=False, print_error=False)
                if sys.stdout is not None:
                    sys.stdout.flush()
            except KeyboardInterrupt as stop:
                leave(stop)
    except BrokenPipeError:
        leave_quietly()
    except (CycloptsError, CosettaError, ValueError, OSError, MemoryError, ImportError, RuntimeError) as error:
        if debug or (isinstance(error, ImportError | RuntimeError) and not is_refusal(error)):
            raise
        _stop(_line(error), 1)


def _line(error: Exception) -> str:
    """The error as one line that says what to do."""
    if (refused := refusal(error)) is not None:
        return refused
    if isinstance(error, OSError) and error.filename is not None:
        return f"`{error.filename}` must be readable and writable; {error.strerror}: name another path or mend this one"
    problems = getattr(error.__cause__, "errors", None)
    if problems is not None and not isinstance(error, CosettaError):  # pydantic's, whose own text has several lines
        problem = problems()[0]
        name = ".".join(str(part) for part in problem["loc"])
        from cosetta.files.reading import setting_problem

        return setting_problem(name, problem)
    if isinstance(error, CycloptsError):
        return usage_problem(error, tuple(HELP))
    return " ".join(str(error).split()) or type(error).__name__


def _stop(message: str, status: int) -> None:
    print(f"cosetta: {message}", file=sys.stderr)
    sys.exit(status)
