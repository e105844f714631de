"""Damaged and hostile input for everything that reads: an answer or one clear line, in bounded time and memory.

    python scripts/fuzz.py --count 20000 --seed 0

Each input is a whole file of ours, or of a known format, with a few changes: bytes set, removed, inserted or repeated,
the end cut off, a value of a JSON file exchanged for an odd one, or a text put together from the words of a grammar. An
input fails if it raises anything but one of our errors, if the message has more than one line, if it takes more than 30
seconds, or if a copy that can be made again is believed though it was changed. Inputs depend on the seed alone.
"""

import argparse
import io
import json
import logging
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from safetensors.torch import save

from cosetta import census, load_analysis, named_group, subgroup_lattice, train
from cosetta.cli.settings import analysis_config, read_config
from cosetta.errors import BadRun, CosettaError
from cosetta.explanation import explain_run
from cosetta.groups import lattice_cache
from cosetta.groups.reading import read_group
from cosetta.groups.tables import read_table
from cosetta.models import FoldedModel
from cosetta.models.exporting import export_run
from cosetta.models.importers import import_checkpoint
from cosetta.training import Phase, TrainConfig, fast, load_run
from cosetta.training.recipes import RECIPES
from cosetta.training.state import TrainState

MOST_SECONDS = 30.0
"""Of the processor: a busy machine is not our fault."""
MOST_BYTES = 4 * 2**30

ODD: tuple[Any, ...] = (
    *(None, True, "", "1", "x" * 5000, "\ud800", "\n", -1, 0, 1, 2, 10**30, -0.5, 1e300, [], {}, [[]], {"a": {}}),
    *(["1"], [None] * 9, "S5", "../..", "NaN"),
)
WORDS = (
    *[
        "S",
        "A",
        "C",
        "D",
        "Q",
        "V",
        "3",
        "4",
        "5",
        "8",
        "12",
        "x",
        ":",
        "wr",
        "^",
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        "|",
        ",",
        ";",
        "mod",
        "a",
        "b",
        "e",
        "-",
        "1",
        "2",
        "0",
        "M11",
        "PSL(2,7)",
        "SmallGroup(",
        "32",
        "99999999",
    ],
    *["[2,1]", "[[1,1],[0,1]]", "a^2", "a^-1", "=", "GL", "SL", "Dic", "é", "·", "{", "'", "*", "/", "t.csv"],
    *(" ", "(1 2)", "(1 2 3)", "(a b)^3", "\x00"),
)


@dataclass
class Tally:
    """What became of the inputs of one kind."""

    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)


def changed(content: bytes, source: random.Random) -> bytes:
    """A file with a few of its bytes changed."""
    found = bytearray(content)
    for _ in range(source.randint(1, 5)):
        at = source.randrange(len(found) + 1)
        kind = source.random()
        if kind < 0.5 and at < len(found):
            found[at] = source.randrange(256)
        elif kind < 0.6 and at < len(found):
            found[at] ^= 1 << source.randrange(8)
        elif kind < 0.68:
            del found[at:]
        elif kind < 0.76:
            found[at:at] = source.randbytes(source.randint(1, 8))
        elif kind < 0.84:
            del found[at : at + source.randint(1, 16)]
        elif kind < 0.9:
            found[at:at] = found[at : at + source.randint(1, 64)]
        else:
            found[at : at + 8] = source.choice((0, 1, 2**31, 2**40, 2**63 - 1)).to_bytes(8, "little")
    return bytes(found)


def exchanged(content: bytes, source: random.Random) -> bytes:
    """A JSON file with a few of its values exchanged, removed, or nested."""
    if source.random() < 0.03:
        return source.choice((b"[", b'{"a":', b"[[", b"9")) * source.choice((10, 1000, 100_000))
    parsed = json.loads(content)
    for _ in range(source.randint(1, 3)):
        node = parsed
        while isinstance(node, dict | list) and len(node):
            key = source.choice(list(node)) if isinstance(node, dict) else source.randrange(len(node))
            if source.random() < 0.45 or not isinstance(node[key], dict | list) or not len(node[key]):
                if source.random() < 0.2:
                    del node[key]
                else:
                    node[key] = source.choice(ODD)
                break
            node = node[key]
    return json.dumps(parsed).encode()


def either(content: bytes, source: random.Random) -> bytes:
    """A JSON file, changed as bytes or as values."""
    return source.choice((changed, exchanged))(content, source)


class Targets:
    """What is attacked: each yields endless inputs as functions that read one damaged thing."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.S3 = named_group("S3")
        phase = Phase(max_steps=30, learning_rate=0.02, batch_size=8)
        sizes = {"embed_dim": 8, "width": 8, "train_fraction": 0.8, "eval_every": 10, "checkpoints": 2}
        self.config = TrainConfig(group="S3", phases=(phase,), **sizes)
        self.run = train(self.config, self.S3, place / "whole" / "run").folder
        explain_run(load_run(self.run), self.S3, report=False)

    def checkpoints(self, source: random.Random) -> Iterator[Callable[[], object]]:
        """Networks of others."""
        weights = {"W_x": torch.ones(6, 2), "W_y": torch.ones(6, 2), "W": torch.ones(4, 5), "W_U": torch.ones(5, 6)}
        buffer = io.BytesIO()
        torch.save(weights, buffer)
        whole = (buffer.getvalue(), save(weights))
        path = self.place / "model.pt"
        while True:
            path.write_bytes(changed(source.choice(whole), source))
            yield lambda: finite(import_checkpoint(path, max_bytes=2**20).folded)

    def settings(self, source: random.Random) -> Iterator[Callable[[], object]]:
        """Files of `--config`."""
        record = (self.run / "config.json").read_bytes()
        toml = (
            b'recipe = "fast"\nwidth = 96\nseed = 3\nbetas = [0.9, 0.98]\n'
            b"phases = [{max_steps = 10, learning_rate = 0.1}]\n"
            b"[analysis]\ncoset_threshold = 0.02\nnull_samples = 99\n"
        )
        while True:
            is_json = source.random() < 0.5
            path = self.place / ("a.json" if is_json else "a.toml")
            path.write_bytes(either(record, source) if is_json else self.toml(toml, source))
            yield lambda path=path: configured(path)

    @staticmethod
    def toml(content: bytes, source: random.Random) -> bytes:
        """A TOML file with bytes changed, lines mixed, or nested deep."""
        kind = source.random()
        if kind < 0.03:
            return b"a = " + source.choice((b"[", b"{b=", b"[[")) * source.choice((10, 1000, 50_000))
        if kind < 0.5:
            values = (b"[]", b"{}", b"-1", b"1e400", b"nan", b'"x"', b"10_000_000_000_000_000_000", b"true", b"[[1]]")
            lines = content.splitlines()
            at = source.randrange(len(lines))
            lines[at] = lines[at].partition(b"=")[0] + b"= " + source.choice(values)
            return b"\n".join(lines)
        return changed(content, source)

    def tables(self, source: random.Random) -> Iterator[Callable[[], object]]:
        """Cayley tables."""
        table = np.asarray(self.S3.table, dtype=np.int64)
        npy, parquet = io.BytesIO(), io.BytesIO()
        np.save(npy, table)
        pl.DataFrame(table, schema=list("abcdef")).write_parquet(parquet)
        csv = "\n".join(",".join(map(str, row)) for row in table.tolist()).encode()
        whole = {"npy": npy.getvalue(), "parquet": parquet.getvalue(), "csv": csv}
        while True:
            ending = source.choice(list(whole))
            path = self.place / f"t.{ending}"
            path.write_bytes(changed(whole[ending], source))
            yield lambda path=path: read_table(path)

    def caches(self, source: random.Random) -> Iterator[Callable[[], object]]:
        """Stored lattices: a changed one is not believed."""
        S4 = named_group("S4")
        fresh = subgroup_lattice(S4, cache=False)
        fields = (fresh.packed, fresh.class_of, fresh.carriers, fresh.class_normalizers, fresh.class_names)
        lattice_cache.save_lattice(S4, lattice_cache.LatticeArrays(*fields))
        path = next(lattice_cache.cache_folder().glob("*.lattice"))
        whole = path.read_bytes()

        def read() -> object:
            if lattice_cache.load_lattice(S4) is not None:
                raise AssertionError("a changed cache was believed")
            raise BadRun("not believed")

        while True:
            content = changed(whole, source)
            if content != whole:
                path.write_bytes(content)
                yield read

    def runs(self, source: random.Random) -> Iterator[Callable[[], object]]:
        """Run folders with one odd file, for the census, the analysis and the export."""
        names = ("config.json", "analysis.json", "metrics.parquet", "timing.json", "model.safetensors")
        whole = {name: (self.run / name).read_bytes() for name in names}
        copy = Path(shutil.copytree(self.run, self.place / "runs" / "run"))
        while True:
            name = source.choice(names)
            content = (either if name.endswith("json") else changed)(whole[name], source)
            (copy / name).write_bytes(content)
            yield source.choice(
                (lambda: counted(copy.parent), lambda: reread(copy), lambda: export_run(copy, self.place / "e"))
            )
            (copy / name).write_bytes(whole[name])

    def resume(self, source: random.Random) -> Iterator[Callable[[], object]]:
        """Files that training goes on from: a changed one is not."""
        path = self.place / "resume.safetensors"
        state = TrainState(self.config, self.S3, torch.device("cpu"))
        state.save(path)
        whole = path.read_bytes()

        def load() -> object:
            TrainState(self.config, self.S3, torch.device("cpu")).load(path)
            raise AssertionError("a changed resume file was believed")

        while True:
            content = changed(whole, source)
            if content != whole:
                path.write_bytes(content)
                yield load

    def text(self, source: random.Random) -> Iterator[Callable[[], object]]:
        """Groups as text."""
        while True:
            text = "".join(source.choice(WORDS) for _ in range(source.choice((1, 2, 3, 5, 8, 20))))
            if source.random() < 0.02:
                text = source.choice(("(", "[", "<", "x", "S5x", "(1 2)")) * source.choice((1000, 60_000))
            yield lambda text=text: read_group(text)


def finite(model: FoldedModel) -> object:
    """The network, if its numbers are numbers."""
    assert bool(torch.isfinite(model.left).all())
    return model


def configured(path: Path) -> object:
    """What `cosetta run --config` makes of a file."""
    written, thresholds = read_config(path)
    analysis_config(thresholds, None)
    values = {name: value for name, value in written.items() if name not in ("group", "recipe")}
    recipe = written.get("recipe", "fast")
    if not isinstance(values.get("seed", 0), int):  # a flag of its own on the command line
        return TrainConfig.checked(values | {"group": "S3"})
    return RECIPES.get(recipe if isinstance(recipe, str) else "", fast)("S3", **values)


def counted(folder: Path) -> object:
    """The census of a folder; what it skips it names in one line."""
    found = census(folder)
    assert not any("\n" in line for line in found.skipped)
    assert found.runs.height or found.skipped
    assert all(line.startswith("run: ") for line in found.skipped)
    return found


def reread(folder: Path) -> object:
    """A run and its analysis, as `explain` and the reports read them."""
    run = load_run(folder)
    return run.network(), run.metrics, run.curve(), load_analysis(folder)


SHARES = {"checkpoints": 4, "settings": 3, "tables": 4, "caches": 2, "runs": 3, "resume": 2, "text": 2}
"""Twentieths of the inputs."""


def attempt(call: Callable[[], object], tally: Tally) -> None:
    """One input."""
    started = time.process_time()
    tally.inputs += 1
    try:
        call()
        tally.accepted += 1
    except (CosettaError, ValueError, FileNotFoundError) as error:
        tally.refused += 1
        if "\n" in str(error) or len(str(error)) > 2000 or type(error) in (UnicodeEncodeError, RecursionError):
            tally.failures.append(f"message: {str(error)[:200]!r}")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        tally.failures.append(
            f"{type(error).__name__}: {str(error)[:200]!r} at {Path(last.filename).name}:{last.lineno}"
        )
    seconds = time.process_time() - started
    tally.slowest = max(tally.slowest, seconds)
    if seconds > MOST_SECONDS:
        tally.failures.append(f"{seconds:.0f} s")


def fuzz(count: int, seed: int) -> dict[str, Tally]:
    """Attack every reader.

    Args:
        count: number of inputs in all.
        seed: of the changes.

    Returns:
        What became of them, by kind.
    """
    tallies = {}
    logging.getLogger("cosetta").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as place:
        before, os.environ["COSETTA_CACHE"] = os.environ.get("COSETTA_CACHE"), str(Path(place) / "cache")
        try:
            targets = Targets(Path(place))
            for kind, share in SHARES.items():
                tallies[kind] = Tally()
                calls = getattr(targets, kind)(random.Random(f"{seed} {kind}"))
                for _ in range(max(1, count * share // sum(SHARES.values()))):
                    attempt(next(calls), tallies[kind])
        finally:
            if before is None:
                del os.environ["COSETTA_CACHE"]
            else:
                os.environ["COSETTA_CACHE"] = before
    return tallies


def main() -> None:
    """Attack, print the counts, and fail if an input failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    started = time.monotonic()
    tallies = fuzz(options.count, options.seed)
    print("| what is read | inputs | read | refused in one line | failed | slowest |\n|---|---|---|---|---|---|")
    for kind, tally in tallies.items():
        counts = f"{tally.inputs:,} | {tally.accepted:,} | {tally.refused:,} | {len(tally.failures):,}"
        print(f"| {kind} | {counts} | {tally.slowest:.2f} s |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    total = sum(tally.inputs for tally in tallies.values())
    print(
        f"\n{total:,} inputs, seed {options.seed}, {time.monotonic() - started:.0f} s, {peak / 1e9:.1f} GB at the peak"
    )
    failures = [f"{kind}: {line}" for kind, tally in tallies.items() for line in tally.failures]
    print("\n".join(dict.fromkeys(failures)), file=sys.stderr)
    sys.exit(bool(failures) or peak > MOST_BYTES)


if __name__ == "__main__":
    main()
