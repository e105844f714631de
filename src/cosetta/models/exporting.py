"""A run's network for others: safetensors or npz with a model card, and networks on the Hugging Face hub.

An export is a folder: the weights under the names that they have in the run, `config.json` as in the run, and
`README.md`, the model card. The hub needs the extra `hub`, and is asked only for these two files; weights come as
safetensors, in which nothing can execute.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, final

import numpy as np
from torch import Tensor

from cosetta.errors import BadConfig, BadRun, Unsupported
from cosetta.files import FilePath, read_bytes, read_json, write_together
from cosetta.models.importers import OpenedCheckpoint, model_of_tensors, open_checkpoint
from cosetta.models.storage import load_network, load_tensors, save_tensors

__all__ = ["export_run", "load", "model_card", "push_to_hub"]

FORMATS = ("safetensors", "npz")

RECORD_SCHEMA = 1
"""The layout of a run's `config.json` that is exported."""


@final
@dataclass(frozen=True)
class _Recorded:
    """What an export needs of a run's record."""

    config: dict[str, Any]


def export_run(run: FilePath, folder: FilePath, to: str = "safetensors") -> Path:
    """Write a run's network with its configuration and a model card: every file whole, the weights last, or none.

    Args:
        run: folder of a finished run, with `model.safetensors` and `config.json`.
        folder: where to write; made if it does not exist.
        to: `safetensors`, or `npz` for readers without it.

    Returns:
        The file that holds the weights.

    Raises:
        BadConfig: if `to` is unknown.
        BadRun: if the run is not finished, damaged, or of a schema that this version does not know.
        OSError: if a file cannot be written; then none is.

    Example:
        >>> import tempfile
        >>> from cosetta.models import GroupNetwork, save_network
        >>> run = Path(tempfile.mkdtemp())
        >>> save_network(GroupNetwork(order=6, embed_dim=4, width=3), run / "model.safetensors")
        >>> _ = (run / "config.json").write_text('{"schema": 1, "config": {"group": "S3"}}')
        >>> path = export_run(run, run / "out", to="npz")
        >>> path.name, np.load(path)["unembed.bias"].shape, (run / "out" / "README.md").is_file()
        ('model.npz', (6,), True)
    """
    run, folder = Path(run), Path(folder)
    if to not in FORMATS:
        raise BadConfig(f"`to` must be one of {', '.join(FORMATS)}; got '{to}'")
    record = _record(run)
    weights = run / "model.safetensors"
    tensors = load_tensors(weights)
    if _trained_on(record).get("architecture", "mlp") in ("mlp", "square"):
        load_network(weights)  # refuses what is not such a network
    else:
        model_of_tensors(tensors, record, str(weights))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"model.{to}"
    arrays: dict[str, Any] = {name: tensor.numpy() for name, tensor in tensors.items()}
    write = _npz_writer(arrays) if to == "npz" else lambda temporary: save_tensors(tensors, temporary)
    card = model_card(tensors, record)
    files = [(folder / "README.md", lambda temporary: temporary.write_text(card, encoding="utf-8")), (path, write)]
    if folder.resolve() != run.resolve():
        config = read_bytes(run / "config.json", what=_WHAT, advice=_ADVICE)
        files.insert(0, (folder / "config.json", lambda temporary: temporary.write_bytes(config)))
    write_together(files)
    return path


def model_card(tensors: Mapping[str, Tensor], record: Mapping[str, Any]) -> str:
    """The README of an exported network, with the header that the hub reads.

    Args:
        tensors: the weights by name.
        record: the content of the run's `config.json`.

    Returns:
        Markdown.
    """
    trained = _trained_on(record)
    order, what = _in_words(tensors, trained)
    group = trained.get("group", "an unnamed group")
    settings = "\n".join(
        f"- {name}: {value}" for name, value in trained.items() if isinstance(value, int | float | str)
    )
    return f"""---
library_name: cosetta
license: mit
tags: [mechanistic-interpretability, grokking, group-theory]
---

# A network that multiplies in {group}

It maps two of the {order} elements of {group} to logits over their product. {what}. Elements are
numbered as in Cosetta: the identity is 0, and for permutations (ab)(i) = a(b(i)).

- Made for: research on what networks learn from group multiplication. It has no other use.
- Limits: explanations of it are statements about this one network and its {order**2:,} inputs.

## Training

{settings or "- not recorded"}

## Use

```python
import cosetta
opened = cosetta.load("this repository, as user/name")
analysis = cosetta.analyse(opened.model, opened.group)
```
"""


def push_to_hub(run: FilePath, repository: str, folder: FilePath) -> str:
    """Export a run and upload the export, with the credentials of `hf auth login`.

    Args:
        run: folder of a finished run.
        repository: `user/name` on the hub; made if it does not exist.
        folder: where to write the export before it is sent.

    Returns:
        The address of the upload.

    Raises:
        Unsupported: if the extra `hub` is not installed.
        BadRun: if the run is damaged, or the hub refuses.
    """
    hub = _hub()
    export_run(run, folder)
    try:
        hub.create_repo(repository, exist_ok=True)
        return str(hub.upload_folder(repo_id=repository, folder_path=str(folder)))
    except Exception as error:  # the client raises its own, requests', and OS errors
        raise BadRun(
            f"`{repository}` must accept an upload; {_first_line(error)}: run `hf auth login` first"
        ) from error


def load(repository: str, group: str | None = None) -> OpenedCheckpoint:
    """A network from the Hugging Face hub, in our element order.

    Args:
        repository: `user/name`, or a path on this machine.
        group: the group; that of its configuration, or the one its predictions determine, if None.

    Returns:
        The network with its group.

    Raises:
        Unsupported: if the extra `hub` is not installed.
        BadRun: if the hub has no such network, or its files are damaged.

    Example:
        >>> load("nobody/nothing/at all")
        Traceback (most recent call last):
        cosetta.errors.BadRun: a network on the hub is named `user/name`; got `nobody/nothing/at all`
    """
    if Path(repository).exists():
        return open_checkpoint(repository, group=group)
    if repository.count("/") != 1 or any(c.isspace() for c in repository):
        raise BadRun(f"a network on the hub is named `user/name`; got `{repository}`")
    hub = _hub()
    try:
        path = hub.hf_hub_download(repository, "model.safetensors")
        hub.hf_hub_download(repository, "config.json")
    except Exception as error:  # the client raises its own, requests', and OS errors
        raise BadRun(
            f"`{repository}` must be on the hub with model.safetensors and config.json; {_first_line(error)}"
        ) from error
    return open_checkpoint(path, group=group)


_WHAT, _ADVICE = "the record of a run", "name a finished run"


def _hub() -> Any:
    try:
        return import_module("huggingface_hub")
    except ImportError as error:
        raise Unsupported(
            "the hub needs the extra `hub`, which is not installed: pip install 'cosetta[hub]'"
        ) from error


def _record(run: Path) -> dict[str, Any]:
    read = read_json(run / "config.json", _Recorded, what=_WHAT, advice=_ADVICE, schema=RECORD_SCHEMA)
    return {"config": read.config}


def _trained_on(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The training configuration inside the run's record."""
    inner = record.get("config")
    return inner if isinstance(inner, Mapping) else record


def _in_words(tensors: Mapping[str, Tensor], trained: Mapping[str, Any]) -> tuple[int, str]:
    """Number of elements, and the network in a sentence."""
    kind, activation = trained.get("architecture", "mlp"), trained.get("activation", "relu")
    if kind == "transformer":
        (tokens, model), heads = tensors["embed.W_E"].shape, len(tensors["blocks.0.attn.W_Q"])
        width = tensors["blocks.0.mlp.W_in"].shape[1]
        return tokens - 1, (
            f"A transformer of one block without layer norm on the tokens a, b and `=` (number {tokens - 1}): model "
            f"length {model}, {heads} heads, {width} neurons ({activation}), read at the last place. The names are "
            "those of TransformerLens"
        )
    (order, embed), width = tensors["embed_left.weight"].shape, tensors["unembed.weight"].shape[1]
    neurons = {
        "mlp2": f"two layers of {width} neurons ({activation})",
        "bilinear": f"{width} products of a linear map of each",
    }.get(str(kind), f"{width} neurons ({activation})")
    return order, f"Two embeddings of length\n{embed}, {neurons}, one unembedding with bias"


def _npz_writer(arrays: dict[str, Any]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, **arrays)

    return write


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
