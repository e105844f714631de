"""Settings as flags and files: every field of a schema is a flag, unset by default, and a key of the file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Optional

from cyclopts import Parameter, Token
from pydantic import BaseModel, Field, create_model

from cosetta.config import AnalysisConfig
from cosetta.errors import BadConfig
from cosetta.files import read_json, read_toml
from cosetta.files.reading import shown
from cosetta.training.config import Phase, TrainConfig

__all__ = [
    "NAMED",
    "PhaseSettings",
    "Thresholds",
    "TrainingSettings",
    "analysis_config",
    "given",
    "read_config",
    "whole_number",
]

NAMED = {"group", "recipe", "seed", "device", "phases"}
"""Fields of a configuration that have an argument of their own, or only a place in the file."""


@dataclass(frozen=True)
class _Recorded:
    """What is read of the record of a run."""

    config: dict[str, Any]


def _optional(schema: type[BaseModel], name: str, excluded: set[str]) -> type[BaseModel]:
    """The same fields with the same descriptions, all of them unset by default."""
    fields: dict[str, Any] = {
        key: (_flag(key, field.annotation), Field(default=None, description=field.description))
        for key, field in schema.model_fields.items()
        if key not in excluded
    }
    return create_model(name, **fields)


def _flag(name: str, kind: Any) -> Any:
    """The type of a flag that may be left out; a switch can be turned off as well as on."""
    return Annotated[Optional[kind], Parameter(negative=f"no-{name}" if kind is bool else ())]  # noqa: UP045


TrainingSettings = _optional(TrainConfig, "TrainingSettings", NAMED)
PhaseSettings = _optional(Phase, "PhaseSettings", set())
Thresholds = _optional(AnalysisConfig, "Thresholds", set())


def whole_number(type_: Any, tokens: Sequence[Token]) -> int:
    """Read a whole number; nothing is rounded.

    Args:
        type_: what the parameter is declared to be.
        tokens: the words of the command line.

    Returns:
        The number.

    Raises:
        ValueError: if the word is no whole number.
    """
    text = tokens[0].value.strip()
    if not re.fullmatch(r"[+-]?\d{1,19}", text):
        digits = " of at most 19 digits" if re.fullmatch(r"[+-]?\d+", text) else ""
        raise ValueError(f"must be a whole number{digits}; got {shown(text)}")
    return int(text)


def given(flags: BaseModel | None) -> dict[str, Any]:
    """The flags that were set.

    Args:
        flags: all flags of a group; None when none was set.

    Returns:
        Values by name.
    """
    return {key: value for key, value in (flags.model_dump() if flags else {}).items() if value is not None}


def read_config(path: Path | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Training and analysis settings of a file: TOML, or the record of a run.

    Args:
        path: the file; None is an empty one.

    Returns:
        The settings of the training, and the thresholds of the analysis.

    Raises:
        BadConfig: if the file is missing or damaged.
    """
    if path is None:
        return {}, {}
    if not path.is_file():
        raise BadConfig(f"`--config` must name a file; `{path}` does not exist")
    what, advice = "TOML, or the config.json of a run", "mend it or name another"
    if path.suffix == ".json":
        content = read_json(path, _Recorded, what=what, advice=advice, schema=1, error=BadConfig).config
    else:
        content = read_toml(path, what=what, advice=advice, error=BadConfig)
    thresholds = content.pop("analysis", {})
    if not isinstance(thresholds, dict):
        raise BadConfig(f"`analysis` in `{path}` must be a table; it is {shown(thresholds)}: {advice}")
    return content, thresholds


def analysis_config(written: Mapping[str, Any], flags: BaseModel | None) -> AnalysisConfig:
    """The thresholds of the analysis.

    Args:
        written: what the file says.
        flags: what the command line says, which wins.

    Returns:
        The checked thresholds.

    Raises:
        BadConfig: if a name is unknown or a value is out of range.
    """
    return AnalysisConfig(**{**written, **given(flags)})
