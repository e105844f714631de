"""The networks of a census as one file a population: what its tables do not hold, for who wants to measure anew.

Networks are folded (three functions a neuron), stacked in the order of the census, and written as safetensors with a
JSON file that says which run each is.
"""

import json
from pathlib import Path

import torch

from cosetta.errors import BadRun, Unsupported
from cosetta.files import FilePath, write_together
from cosetta.models import FoldedModel, save_tensors
from cosetta.population.tables import Census
from cosetta.training.run_folder import load_run

__all__ = ["save_weights"]

PARTS = ("left", "right", "out", "bias")


def save_weights(census: Census, runs: FilePath, folder: FilePath) -> tuple[str, ...]:
    """Write the folded weights of all finished runs, a `.safetensors` and a `.json` for each population.

    The tensors are `left`, `right` and `out` (run x element x neuron) and `bias` (run x element), in the run's
    precision; the JSON holds the group, its order, the recipe, the activation, the names of its elements, and `runs`,
    the names of the runs in the order of the first axis.

    Args:
        census: which runs.
        runs: the folder that the census was read from.
        folder: where the files go; made if missing.

    Returns:
        One line for each run that could not be read.

    Raises:
        OSError: if a file cannot be written; weights and the names of their runs are then both as they were.

    Example:
        >>> import tempfile
        >>> from cosetta import census, named_group, train
        >>> from cosetta.training import fast
        >>> place, config = Path(tempfile.mkdtemp()), fast("S3", embed_dim=8, width=8, max_steps=1)
        >>> _ = train(config, named_group("S3"), place / config.run_name)
        >>> save_weights(census(place), place, place / "weights")
        ()
        >>> sorted(path.name for path in (place / "weights").iterdir())
        ['S3-fast.json', 'S3-fast.safetensors']
    """
    runs, folder, skipped = Path(runs), Path(folder), []
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for name, part in census.populations().items():
        models: dict[str, FoldedModel] = {}
        labels: tuple[str, ...] = ()
        for run in part.runs.filter(status="finished")["run"]:
            place = runs / run
            try:
                trained = load_run(place if place.is_dir() else runs)
                models[run] = trained.network().fold()
                labels = labels or trained.group.labels
            except (BadRun, Unsupported) as error:  # a stack holds networks of one hidden layer
                skipped.append(f"{run}: {error}")
        if models:
            first = next(iter(models.values()))
            stem = _stem(name, taken)
            stacked = {key: torch.stack([getattr(model, key) for model in models.values()]) for key in PARTS}
            row = part.runs.row(0, named=True)
            record = {"schema": 1, "population": name, **{key: row[key] for key in ("group", "order", "recipe")}}
            record |= {"activation": first.activation, "elements": list(labels), "runs": list(models)}
            text = json.dumps(record, indent=1) + "\n"
            write_together(
                [
                    (folder / f"{stem}.safetensors", lambda path, stacked=stacked: save_tensors(stacked, path)),
                    (folder / f"{stem}.json", lambda path, text=text: path.write_text(text, encoding="utf-8")),
                ]
            )
    return tuple(skipped)


def _stem(name: str, taken: set[str]) -> str:
    """A population's name as a file name that no other has, whatever the file system makes of capitals."""
    plain = "".join(c if c.isalnum() or c in "(),.-" else "-" for c in name).replace("--", "-")
    stem, number = plain, 2
    while stem.lower() in taken:
        stem, number = f"{plain}-{number}", number + 1
    taken.add(stem.lower())
    return stem
