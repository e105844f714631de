"""How a command is used: its whole help, and what is wrong with a command line, in the words of every other message."""

import difflib
import inspect
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from cyclopts import App, CoercionError, CycloptsError, MissingArgumentError, RepeatArgumentError, UnknownOptionError
from cyclopts.exceptions import UnknownCommandError, UnusedCliTokensError

from cosetta.errors import BadConfig

__all__ = ["leave_out", "tell_all", "usage_problem"]

KINDS = {int: "a whole number", float: "a number"}
"""What a value must be, by the type that it is read as."""


SEVERAL = ("groups", "paths")
"""Arguments of which there may be several."""


def tell_all(command: App, name: str) -> None:
    """Let the help of a command show all of its docstring, and the names of what it takes.

    Args:
        command: the command, which is changed.
        name: as it is typed.
    """
    function = command.default_command
    assert function is not None
    text = inspect.cleandoc(function.__doc__ or "").partition("\n\nRaises:")[0]
    command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    command.help_epilogue = ""
    words = ["Usage: cosetta", name]
    parameters = inspect.signature(function).parameters.values()
    for parameter in parameters:
        word = parameter.name.upper() + " .." * (parameter.name in SEVERAL)
        if parameter.kind is parameter.KEYWORD_ONLY:
            words.append("[OPTIONS]")
            break
        words.append(word if parameter.default is parameter.empty and " " not in word else f"[{word}]")
    command.usage = " ".join(words)


def leave_out(flags: Mapping[str, Any], belongs: str, arrived: str) -> None:
    """Refuse flags that would do nothing, so that none is ignored in silence.

    Args:
        flags: values by the name of the flag; None or nothing where it was not given.
        belongs: what such a flag is for.
        arrived: what there is instead.

    Raises:
        BadConfig: if one was given.

    Example:
        >>> leave_out({"site": None}, "a checkpoint", "`runs/a` is a run")
    """
    for name, value in flags.items():
        if value is not None and value is not False and value != {}:
            raise BadConfig(f"`--{name.replace('_', '-')}` belongs to {belongs}; {arrived}: leave it out")


def usage_problem(error: CycloptsError, commands: tuple[str, ...] = ()) -> str:
    """One line about a command line that cannot be read.

    Args:
        error: of the parser.
        commands: names of the commands.

    Returns:
        The line.

    Example:
        >>> usage_problem(UnusedCliTokensError(unused_tokens=["S4"], command_chain=["run"]))
        '`S4` is one argument too many: leave it out, or quote what has spaces; `cosetta run --help` lists all it takes'
    """
    command = " ".join(["cosetta", *(error.command_chain or ())])
    help_ = f"`{command} --help` lists"
    match error:
        case UnknownCommandError() if error.unused_tokens:
            token = error.unused_tokens[0]
            near = difflib.get_close_matches(token, commands, n=1)
            return f"`{token}` is no command{_meant(near)} {help_} all"
        case UnusedCliTokensError() if error.unused_tokens:
            what = f"`{error.unused_tokens[0]}` is one argument too many"
            return f"{what}: leave it out, or quote what has spaces; {help_} all it takes"
        case UnknownOptionError():
            token = (error.token.keyword or error.token.value).split("=", 1)[0]
            names = [name for argument in error.argument_collection if argument.parse for name in argument.names]
            near = difflib.get_close_matches(token, names, n=1)
            return f"`{token}` is no option of `{command}`{_meant(near)} {help_} all"
        case MissingArgumentError() if error.argument is not None:
            return _missing(error, help_)
        case RepeatArgumentError() if error.token.keyword is not None:
            return f"`{error.token.keyword}` must be given once; it is given again: leave one out"
        case CoercionError() if error.token is not None:
            return _unread(error)
    return " ".join(str(error).split())


def _meant(near: list[str]) -> str:
    return f"; did you mean `{near[0]}`?" if near else ":"


def _missing(error: MissingArgumentError, help_: str) -> str:
    """An argument or a value that is not there."""
    assert error.argument is not None
    count, _ = error.argument.token_count()
    name = error.keyword or next((t.keyword for t in reversed(error.argument.tokens) if t.keyword), None)
    if name is None:
        return f"`{error.argument.name.lstrip('-').upper()}` must be given; it is missing: {help_} all it takes"
    values = "a value" if count == 1 else f"{count} values"
    got = len(error.tokens_so_far) % count if count else 0
    return f"`{name}` must have {values}; got {got or 'none'}: {help_} all it takes"


def _unread(error: CoercionError) -> str:
    """A value that is not of the kind that it must be."""
    from cosetta.files.reading import shown  # numpy is loaded with it, which help does not need

    assert error.token is not None
    name = error.token.keyword or (error.argument.name.lstrip("-").upper() if error.argument is not None else "it")
    if error.msg is not None:  # of a reader of ours, which says it all
        return f"`{name}` {error.msg}"
    kind: Any = error.target_type
    if get_origin(kind) is Literal:
        return f"`{name}` must be one of {', '.join(map(str, get_args(kind)))}; got {shown(error.token.value)}"
    return f"`{name}` must be {KINDS.get(kind, 'readable')}; got {shown(error.token.value)}"
