"""A census in one sitting on a GPU machine: many groups, three recipes; trained on the GPU, explained on the CPU cores.

Run: python benchmarks/gpu_census.py --seconds 540 --out DIR [--check] [--device cpu --small]. It writes into DIR, whole
files only and as they grow:

- `census.jsonl.gz`: a line a network with its row of `runs`, its neurons and its accounts (`network_rows.py`), and a
  line for each arena that there was time for; `census_tables.py` makes the tables of docs/census.md of it;
- `S5-fast-0-0.npz`, `S5-fast-0-1.npz`: the weights of S5, `fast`, seeds 0 to 127 (`gpu_populations.py`);
- `weights.tar`: all weights of A5, two networks of each other population, and the curves of S6.

Two processes ("lanes") train on the GPU, one population after the other, each within its own seconds; a population
that fails ends its lane, which starts again at the next. The other cores explain what is there; else they train the
networks of `fast` on small groups, where a core is not much slower; else they let accounts compete. Every recipe trains
on the share of the pairs that `fast` takes for the group, because 40 % of a small group do not determine the rest;
where that is not the recipe's own it is in the row of the run.
"""

import argparse
import contextlib
import io
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from gpu_populations import full_batch, gradient_error, minibatch, overrides_of
from network_rows import arena_line, network_line
from packing import load_arrays, save_arrays

from cosetta.groups import named_group, subgroup_lattice
from cosetta.harmonics import irreps
from cosetta.training.recipes import RECIPES

LEARNED = 0.999
SAMPLE = 2  # networks of each population whose weights come back; of A5 all
MOST_BYTES = 15.5e6  # of a file that travels
WRITE_EVERY = 15.0  # seconds


@dataclass(frozen=True)
class Population:
    """Networks of one lane's job; `seconds` is what it may take at most, `steps` of each network."""

    group: str
    recipe: str
    networks: int
    seconds: float
    first: int = 0
    steps: int | None = None
    variant: str = ""  # of S6_VARIANTS

    @property
    def name(self):
        """Of its files."""
        return f"{re.sub('[^A-Za-z0-9]+', '', self.group)}-{self.recipe}-{self.first}{self.variant}"


TINY = ("F20", "F21", "S4", "SL(2,3)", "Heis(3)")
MIDDLE = ("D58", "C59", "S4xC2")
WU, PAPER = "wu2024", "stander2024"

S6_VARIANTS = {
    "base": {},
    "decay15": {"form": {"weight_decay": 1.5}},
    "decay2": {"form": {"weight_decay": 2.0}},
    "decay3": {"form": {"weight_decay": 3.0}},
    "rate14": {"form": {"learning_rate": 1.4e-2}},
    "clean500": {"clean": {"max_steps": 500}},
    "clean300": {"clean": {"max_steps": 300}},
    "clean500settle75": {"clean": {"max_steps": 500}, "settle": {"max_steps": 75}},
    "decay2clean500": {"form": {"weight_decay": 2.0}, "clean": {"max_steps": 500}},
    "rate14decay15clean500": {
        "form": {"weight_decay": 1.5, "learning_rate": 1.4e-2},
        "clean": {"max_steps": 500},
    },
    "batch4096decay2": {
        "form": {"weight_decay": 2.0, "batch_size": 4096},
        "choose": {"batch_size": 4096},
    },
    "batch6144decay2": {
        "form": {"weight_decay": 2.0, "batch_size": 6144},
        "choose": {"batch_size": 6144},
    },
    "embed005": {"": {"embed_std": 0.05}},
    "beta95": {"": {"betas": (0.9, 0.95)}},
}
"""Changes of the phases of `fast` above order 200 that might make S6 sooner; "" changes the configuration."""

S6_PHASES = ("form", "choose", "clean", "settle", "sharpen", "anneal")

LANES = {
    "fast": [
        Population("S5", "fast", 128, 260),
        *(Population("S6", "fast", 4, 40, first=100, variant=name) for name in S6_VARIANTS),
        Population("PSL(2,7)", "fast", 32, 120),
    ],
    "full-batch": [
        *(Population(name, WU, 48, 30) for name in (*TINY, *MIDDLE)),
        Population("A5", WU, 48, 30, first=24),
        *(Population(name, PAPER, 48, 40, steps=100_000) for name in TINY),
        Population("A5", PAPER, 48, 90, steps=250_000),
        *(Population(name, PAPER, 48, 45, steps=100_000) for name in MIDDLE),
        Population("SL(2,5)", WU, 32, 45),
        Population("SL(2,5)", PAPER, 32, 60, steps=100_000),
        Population("PSL(2,7)", WU, 16, 50),
        Population("PSL(2,7)", PAPER, 16, 90, steps=100_000),
    ],
}
ON_CORES = [
    *(Population(name, "fast", 48, 120) for name in (*TINY, *MIDDLE)),
    Population("A5", "fast", 48, 120, first=24),
    Population("SL(2,5)", "fast", 32, 160),
]
CHECKED = {
    "fast": [
        Population("S5", "fast", 16, 8, steps=40),
        *(Population("S6", "fast", 2, 4, first=100, variant=name) for name in ("batch6144decay2", "beta95")),
        Population("PSL(2,7)", "fast", 4, 5, steps=20),
    ],
    "full-batch": [
        *(Population(name, WU, 4, 4, steps=400) for name in ("F21", "C59")),
        Population("A5", PAPER, 48, 4),
        Population("S4", PAPER, 48, 6),
        Population("SL(2,5)", WU, 32, 3),
    ],
}
CHECKED_ON_CORES = [Population("S4", "fast", 6, 20), Population("Heis(3)", "fast", 4, 20, steps=100)]
SMALL = {
    "fast": [
        Population("S3", "fast", 2, 6, steps=60),
        Population("S4", "nonsense", 2, 6),
        Population("A4", "fast", 2, 6, steps=200),
    ],
    "full-batch": [Population("S3", WU, 2, 6, steps=300), Population("S4", PAPER, 2, 6)],
    "s6": [
        Population("S6", "fast", 1, 1, first=100, variant="rate14decay15clean500"),
        Population("A5", "fast", 2, 3, steps=20),
    ],
}
SMALL_ON_CORES = [Population("S3", "fast", 2, 20, first=2), Population("F20", "fast", 2, 2)]


def lanes_of(chosen):
    return CHECKED if chosen.check else SMALL if chosen.small else LANES


def on_cores(chosen):
    return CHECKED_ON_CORES if chosen.check else SMALL_ON_CORES if chosen.small else ON_CORES


def changes_of(job):
    """What a variant overrides in the configuration, as JSON holds it."""
    if not job.variant:
        return {}
    change = dict(S6_VARIANTS[job.variant])
    fields = change.pop("", {})
    phases = [phase.model_dump() for phase in RECIPES[job.recipe](job.group).phases]
    return fields | {"phases": [p | change.get(name, {}) for name, p in zip(S6_PHASES, phases, strict=True)]}


def options_of(job, device):
    """The options of `gpu_populations.py` for a population."""
    group = named_group(job.group)
    fraction = RECIPES["fast"](group).train_fraction
    return SimpleNamespace(
        device=device,
        networks=job.networks,
        seeds_from=job.first,
        steps=job.steps,
        every=None,
        width=None,
        embed_dim=256,
        train_fraction=None if fraction == RECIPES[job.recipe](group).train_fraction else fraction,
        parts=1 + (job.networks > 64),  # files stay below the 16 MB that travel
        choose=False,
        fast_backward=True,
        tf32=False,
        changes=changes_of(job),
    )


def train_lane(chosen):
    """Train the populations of a lane from number `--start` on; exit status 3 after one that failed."""
    torch.set_num_threads(1)
    for number, job in list(enumerate(lanes_of(chosen)[chosen.lane]))[chosen.start :]:
        left = chosen.ends - time.time()
        if left < 5:
            break
        marker = chosen.keep / f"{chosen.lane}-{number}.json"
        try:
            group, options = named_group(job.group), options_of(job, chosen.device)
            train = minibatch if job.recipe == "fast" else full_batch
            if train is full_batch:
                hold_gradient(group, job.recipe, options)
            with torch.no_grad():
                train(group, job.recipe, options, chosen.keep / job.name, min(job.seconds, chosen.ends - time.time()))
        except Exception as error:
            print(f"FAILED: {job}: {type(error).__name__}: {error}", flush=True)
            marker.write_text(json.dumps({"failed": str(error)}))
            sys.exit(3)
        files = [f"{job.name}-{part}.npz" for part in range(options.parts)]
        marker.write_text(json.dumps({"files": [name for name in files if (chosen.keep / name).exists()]}))


def hold_gradient(group, recipe, options):
    """Go on with the plain twins of the kernels if a gradient of theirs is off; TF32 alone makes it 4e-4."""
    error = gradient_error(group, recipe, torch.device(options.device), True, overrides_of(options))
    print(f"{group.name} {recipe}: gradient off by {error:.1e}", flush=True)
    if not error < 5e-3:
        print(f"FAILED: {group.name} {recipe}: kernels; their plain twins go on", flush=True)
        os.environ["PLAIN_KERNELS"] = "1"


def train_on_core(job, seed, folder, ends):
    """Train one network on this core and explain it; nothing comes of one that the clock stops."""
    options = options_of(replace(job, networks=1, first=seed), "cpu")
    out = folder / f"{job.name}-{seed}"
    with contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        minibatch(named_group(job.group), job.recipe, options, out, min(job.seconds, ends - time.time()))
    path = folder / f"{out.name}-0.npz"
    _, record = load_arrays(path)
    return explain_one(path, 0) if record["done_at"][0] else (path, 0, None, None, None)


def explain_one(path, i):
    """Explain a network.

    Returns:
        Where it is, its line, its population, and its test accuracy.
    """
    arrays, record = load_arrays(path)
    row, line = network_line(arrays, record, i)
    return path, i, line, (row["group"], row["recipe"]), row["test_accuracy"]


def contest(path, i):
    """Let the accounts of a network compete; returns what `explain_one` does."""
    arrays, record = load_arrays(path)
    row, line = arena_line(arrays, record, i)
    return path, i, line, (row["group"], row["recipe"]), row["test_accuracy"]


def begin_worker():
    """In each process that explains: the driver alone answers to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)


class Lane:
    """A training process, started again at its next population after a failure."""

    def __init__(self, name, chosen):
        self.name, self.chosen, self.next = name, chosen, 0
        self.jobs = len(lanes_of(chosen)[name])
        self.start()

    def start(self):
        """Begin at the next population."""
        command = [sys.executable, __file__, "--lane", self.name, "--start", str(self.next)]
        command += ["--check"] * self.chosen.check + ["--small"] * self.chosen.small
        command += ["--ends", str(self.chosen.train_until), "--device", self.chosen.device]
        command += ["--keep", str(self.chosen.keep)]
        with (self.chosen.keep / f"{self.name}.log").open("a") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    def made(self):
        """Files of populations that have been made since the last time."""
        status = self.process.poll()  # before looking: what it wrote is there then
        while (marker := self.chosen.keep / f"{self.name}-{self.next}.json").exists():
            self.next += 1
            found = json.loads(marker.read_text())
            if "failed" in found:
                say(f"FAILED: {self.name}: {found['failed'][:200]}")
            yield from (self.chosen.keep / name for name in found.get("files", ()))
        if status and self.next < self.jobs and time.time() < self.chosen.train_until - 8:
            if status != 3:  # killed, say: it left no marker
                say(f"FAILED: {self.name}: ended with {status} in population {self.next}")
                self.next += 1
            self.start()

    @property
    def is_over(self):
        """Whether nothing more comes of it."""
        return self.process.poll() is not None and not (self.chosen.keep / f"{self.name}-{self.next}.json").exists()


_BEGUN = time.time()


def say(text):
    print(f"[{time.time() - _BEGUN:6.1f}] {text}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=540)
    parser.add_argument("--last", type=float, default=40, help="seconds before the end at which training stops")
    parser.add_argument("--cores", type=int, default=max(1, (os.cpu_count() or 4) - 4))
    parser.add_argument("--out", type=Path, default=Path("census"))
    parser.add_argument("--keep", type=Path, default=Path("/tmp/gpu_keep"))
    parser.add_argument("--more", type=Path, help="folder of files of networks that only have to be explained")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--check", action="store_true", help="a few seconds of each program")
    parser.add_argument("--small", action="store_true", help="tiny groups, for a rehearsal on the CPU")
    parser.add_argument("--lane", help="of the training process")
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--ends", type=float, help="seconds since 1970 at which a lane stops")
    chosen = parser.parse_args()
    if chosen.lane:
        train_lane(chosen)
        return
    chosen.out.mkdir(parents=True, exist_ok=True)
    chosen.keep.mkdir(parents=True, exist_ok=True)
    chosen.train_until = _BEGUN + chosen.seconds - chosen.last
    torch.set_num_threads(1)  # no thread may be there when the processes fork
    lanes = [Lane(name, chosen) for name in lanes_of(chosen)]
    jobs = [*on_cores(chosen), *(job for jobs in lanes_of(chosen).values() for job in jobs)]
    more = sorted(chosen.more.glob("*.npz")) if chosen.more else []
    names = {job.group for job in jobs} | {load_arrays(path)[1]["group"] for path in more}
    for name in names:  # made once, before the processes fork
        group = named_group(name)
        say(f"{name}: {len(subgroup_lattice(group).names)} subgroups, {len(irreps(group))} irreps")
    pool = multiprocessing.get_context("fork").Pool(chosen.cores, begin_worker)
    try:
        work = Work(chosen, pool)
        for path in more:
            work.take(path)
        drive(work, lanes)
    finally:
        for lane in lanes:
            lane.process.kill()
        pool.terminate()
    for lane in lanes:
        print(f"--- {lane.name}", (chosen.keep / f"{lane.name}.log").read_text()[-6000:], sep="\n", flush=True)


class Work:
    """What the cores do: explain what is there, else train small networks, else let accounts compete."""

    def __init__(self, chosen, pool):
        self.chosen, self.pool, self.end = chosen, pool, _BEGUN + chosen.seconds
        self.files, self.lines, self.running = [], [], []
        self.to_explain, self.contests, self.learned = [], [], {}
        jobs = on_cores(chosen)
        most = max(job.networks for job in jobs)
        self.to_train = [(job, job.first + i) for i in range(most) for job in jobs if i < job.networks]
        self.counts = dict.fromkeys(("network", "train", "arena", "failed", "stopped"), 0)

    def take(self, path):
        """A file of a lane."""
        final = load_arrays(path)[1]["final"]
        say(f"{path.stem}: {len(final)} networks, {sum(accuracy >= LEARNED for accuracy, _ in final)} learned")
        if path.parent == self.chosen.keep:
            self.files.append(path)
        self.to_explain += [(path, i) for i in range(len(final))]
        bring_back(self.chosen.out, self.chosen.keep, self.files)

    def collect(self):
        """Take what came back."""
        for task in [task for task in self.running if task[-1].ready()]:
            self.running.remove(task)
            kind, what, result = task
            try:
                path, i, line, population, accuracy = result.get()
            except Exception as error:
                self.counts["failed"] += 1
                say(f"FAILED: {kind} of {what}: {type(error).__name__}: {error}")
                continue
            if line is None:
                self.counts["stopped"] += 1
                continue
            self.lines.append(line)
            self.counts[kind] += 1
            if kind != "arena" and accuracy >= LEARNED and population[0] != "S6":
                self.learned[population] = self.learned.get(population, 0) + 1
                self.contests.append((self.learned[population], path, i))
                self.contests.sort(key=lambda contest: contest[0])  # as many of each population

    def hand_out(self):
        """Keep all cores busy, without a queue that what is more urgent would wait for."""
        while len(self.running) < self.chosen.cores + 1:
            left = self.end - time.time()
            if self.to_explain and left > 6:
                what = self.to_explain.pop(0)
                task = ("network", explain_one, what)
            elif self.to_train and left > self.chosen.last:
                job, seed = what = self.to_train.pop(0)
                task = ("train", train_on_core, (job, seed, self.chosen.keep, self.end - 10))
            elif self.contests and left > 20:
                what = self.contests.pop(0)[1:]
                task = ("arena", contest, what)
            else:
                break
            kind, function, arguments = task
            self.running.append((kind, what, self.pool.apply_async(function, arguments)))

    @property
    def is_done(self):
        """Whether nothing is left to do."""
        return not (self.running or self.to_explain or self.to_train or self.contests)

    def __str__(self):
        waiting = (
            f"{len(self.to_explain)} to explain, {len(self.to_train)} to train, {len(self.contests)} could compete"
        )
        return f"{self.counts}; {waiting}; {sum(map(len, self.lines)) / 1e6:.1f} MB; load {os.getloadavg()[0]:.1f}"


def drive(work, lanes):
    """Hand out work until the end, and write what comes back."""
    written = spoke = time.time()
    while time.time() < work.end - 3:
        for lane in lanes:
            for path in lane.made():
                work.take(path)
        work.collect()
        work.hand_out()
        if time.time() - written > WRITE_EVERY:
            written = time.time()
            write_lines(work.chosen.out, work.lines)
        if time.time() - spoke > 20:
            spoke = time.time()
            say(work)
        if work.is_done and all(lane.is_over for lane in lanes):
            break
        time.sleep(0.05)
    write_lines(work.chosen.out, work.lines)
    bring_back(work.chosen.out, work.chosen.keep, work.files)
    say(work)


def write_lines(out, lines):
    """All lines so far, whole or not at all."""
    temporary = out / ".census.part"
    temporary.write_bytes(b"".join(lines))
    os.replace(temporary, out / "census.jsonl.gz")


def bring_back(out, keep, files):
    """The weights that travel: S5 `fast`, A5, two networks of each other population, and of S6 the curves alone."""
    for path in files:
        if path.name.startswith("S5-fast") and not (out / path.name).exists():
            temporary = out / ".s5.part"
            temporary.write_bytes(path.read_bytes())
            os.replace(temporary, out / path.name)
    others = [sample_of(path) for path in files if not path.name.startswith(("A5-", "S5-fast"))]
    others.sort(key=lambda path: path.stat().st_size)
    with tarfile.open(out / ".weights.part", "w") as tar:
        for path in [*sorted(keep.glob("A5-*[0-9].npz")), *others]:
            if tar.offset + path.stat().st_size < MOST_BYTES:
                tar.add(path, arcname=path.name)
            else:
                say(f"{path.name} stays behind")
    os.replace(out / ".weights.part", out / "weights.tar")


def sample_of(path):
    """A file of the first two networks of another; of S6, which are large, the record alone."""
    place = path.with_name(f"sample-{path.name}")
    if not place.exists():
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files if name != "record"}
            record = json.loads(bytes(file["record"]))
        if record["group"] == "S6":
            save_arrays(place, {}, record)
            return place
        for name in ("seeds", "done_at", "final"):
            record[name] = record[name][:SAMPLE]
        arrays.pop("curve", None)
        record.pop("points", None)
        save_arrays(place, {name: x[:SAMPLE] for name, x in arrays.items()}, record)
    return place


if __name__ == "__main__":
    main()
