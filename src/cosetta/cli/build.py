"""The command that writes a network down without training: `build`."""

import math
import shlex
from pathlib import Path
from typing import Annotated, Any

import rich
from cyclopts import Parameter
from rich.markup import escape

from cosetta.cli.settings import whole_number
from cosetta.errors import BadConfig
from cosetta.shown import percent, plural


def build(
    group: Annotated[str | None, Parameter(help="A group by name; with --program that of the program.")] = None,
    /,
    *,
    circuits: Annotated[
        list[str] | None, Parameter(consume_multiple=True, help="Classes of subgroups, complete: S4 F20.")
    ] = None,
    program: Annotated[
        Path | None, Parameter(help="Instead: a program.json or program.py of `cosetta decompile`; it is not executed.")
    ] = None,
    width: Annotated[
        int | None,
        Parameter(
            converter=whole_number,
            help="Number of neurons: fewer than complete circuits have while every product stays right, or dead ones "
            "beside them. 0 is as few as a search finds. [default: complete circuits]",
        ),
    ] = None,
    noise: Annotated[
        float, Parameter(help="Normal noise on every weight, in standard deviations of its function.")
    ] = 0.0,
    wrong: Annotated[
        str | None, Parameter(help="Make it wrong on purpose: missing-circuit, wrong-conjugate or memoriser.")
    ] = None,
    seed: Annotated[int, Parameter(converter=whole_number, help="Seed of values, noise and search; 0 is a seed.")] = 0,
    out: Annotated[Path | None, Parameter(help="Folder of the network. [default: built/NAME]")] = None,
) -> None:
    """Write a network down from cosets or from a program: nothing is trained, every weight follows from the rules.

    Raises:
        BadConfig: if the settings do not belong together.
    """
    if (program is None) == (not circuits):
        raise BadConfig("build needs `--circuits S4 ..` with a group, or `--program FILE`: name one of them")
    if circuits and group is None:
        raise BadConfig("build needs a group: `cosetta build S5 --circuits S4`")
    for flag, value in (("noise", noise), ("width", width), ("seed", seed)):
        if value is not None and not (value >= 0 and math.isfinite(value)):
            raise BadConfig(f"`--{flag}` must be finite and not negative; got {value}")
    if wrong is not None and (width is not None or program is not None):
        raise BadConfig("`--wrong` goes with `--circuits` and without `--width`: leave the other out")
    from cosetta.groups import read_group
    from cosetta.programs.building import complete_program, width_of
    from cosetta.programs.reading import read_program

    if program is not None:
        plan = read_program(program, read_group(group) if group else None)
        name = f"{plan.group.name}-{program.resolve().parent.name}"
    else:
        plan = complete_program(read_group(group or ""), circuits or [], seed)
        name = "-".join([plan.group.name, *(circuits or [])])
    with rich.get_console().status("searching for a narrow network"):
        model, plan = _network(plan, width, noise, wrong, seed)
    name += f"-{wrong}" if wrong else ""
    from cosetta.models import PairScorer
    from cosetta.programs.saving import save_built

    scores = PairScorer(plan.group)(model)
    settings = {"circuits": circuits, "program": str(program) if program else None, "width": width, "noise": noise}
    folder = save_built(model, plan.group.name, out or Path("built") / name, settings | {"wrong": wrong, "seed": seed})
    said = f"on purpose {wrong}" if wrong else f"{plural(len(plan.rules), 'rule')} on {width_of(plan)} of them"
    console = rich.get_console()
    console.print(
        escape(
            f"{name}: {plural(model.width, 'neuron')} ({said}), accuracy {percent(scores.accuracy)}, "
            f"loss {scores.loss:.3g} nats"
        ),
        soft_wrap=True,
        highlight=False,
    )
    command = shlex.join(["cosetta", "explain", str(folder)])
    console.print(escape(f"{folder}: open it with `{command}`"), soft_wrap=True, highlight=False)


def _network(plan: Any, width: int | None, noise: float, wrong: str | None, seed: int) -> tuple[Any, Any]:
    """The network, and the program that it was written from."""
    from cosetta.hypotheses.program import network_of
    from cosetta.programs.building import narrowed, noisy, spoiled, width_of

    if wrong is not None:
        return noisy(spoiled(plan, wrong, seed), noise, 0, seed), plan
    complete = width_of(plan)
    if width is not None and width < complete:
        plan = narrowed(plan, seed, width=width)
        if 0 < width < width_of(plan):
            raise BadConfig(
                f"the narrowest network found has {plural(width_of(plan), 'neuron')}; got --width {width}: ask for more"
            )
    dead = max(0, (width or 0) - width_of(plan))
    return noisy(network_of(plan), noise, dead, seed), plan
