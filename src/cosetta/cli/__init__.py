"""The `cosetta` command: parse, call, print.

Commands are imported only when they run, so `--help` needs neither torch nor matplotlib. Every error that a user can
mend is one line on stderr and exit status 1; `--debug` shows the traceback instead. Ctrl-C exits with 130 and SIGTERM
with 143, within two seconds, at a state from which the same command goes on.
"""

import os
import sys

from cyclopts import App, CycloptsError, Parameter

from cosetta._version import __version__
from cosetta.cli.environment import is_refusal, leave_quietly, refusal, show_what_can_be_shown, too_little_room
from cosetta.errors import CosettaError
from cosetta.files.reading import shown
from cosetta.stopping import ends_in_time, leave

__all__ = ["app", "main"]

WITHOUT_TORCH = ("check", "group", "irreps", "subgroups")
"""Commands that load neither torch nor polars."""

ASKS = {"--help", "-h", "--version"}
"""What asks about a command and does not run it."""

app = App(
    name="cosetta",
    version=__version__,
    help="Train, decompile and audit neural networks that learn group multiplication.",
    default_parameter=Parameter(negative=()),
    suppress_keyboard_interrupt=False,
    help_epilogue="First steps: `cosetta run S5` trains an S5 network and explains it, neuron by neuron.",
)
app.command("cosetta.cli.run:run", help="Train a network on a group, explain it and write a report.")
app.command("cosetta.cli.run:explain", help="Explain a run again, or a network that somebody else trained.")
app.command(
    "cosetta.cli.compare:compare", help="Compare all accounts of networks, by yourself or others, on one scale."
)
app.command("cosetta.cli.decompile:decompile", help="Write a coset network as a program that runs without it.")
app.command("cosetta.cli.build:build", help="Write a network down from cosets or from a program, without training.")
app.command("cosetta.cli.certify:certify", help="Prove how many products a network gets right, below trying all.")
app.command("cosetta.cli.certify:check", help="Check a certificate against the weights that it is of.")
app.command(
    "cosetta.cli.explore:explore", help="Write a page in which a network, or many, can be looked at in a browser."
)
app.command("cosetta.cli.export:export", help="Write a run's network for others, or upload it.")
app.command("cosetta.cli.reproduce:reproduce", help="Make the tables and figures of a paper again, claim by claim.")
app.command("cosetta.cli.sweep:sweep", help="Train and explain many networks: grids of settings and seeds.")
app.command("cosetta.cli.census:census", help="Count who learned what in a folder of runs, as tables.")
app.command("cosetta.cli.algebra:group_", name="group", help="Show what there is to know about a group.")
app.command("cosetta.cli.algebra:subgroups", help="List the classes of subgroups of a group.")
app.command("cosetta.cli.algebra:irreps", help="List the irreps of a group.")


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
        return (
            f"`{name}` is out of range: {problem['msg'][0].lower()}{problem['msg'][1:]}; got {shown(problem['input'])}"
        )
    return " ".join(str(error).split()) or type(error).__name__


def _stop(message: str, status: int) -> None:
    print(f"cosetta: {message}", file=sys.stderr)
    sys.exit(status)
