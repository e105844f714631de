"""Commands that prove: `certify` and `check`."""

import shlex
from pathlib import Path
from typing import Annotated, Any

import rich
from cyclopts import Parameter
from rich.markup import escape

from cosetta.cli.run import RUNS, Analysis, ConfigFile, Format, Instance, ItsGroup, Mapped, roles
from cosetta.cli.settings import analysis_config, read_config
from cosetta.cli.tables import print_lines
from cosetta.cli.usage import leave_out
from cosetta.errors import BadRun, Unsupported
from cosetta.shown import percent, plural

FOLDED = "folded.safetensors"
"""The network of a checkpoint as the certificate is of it: left, right, out, bias, and direct paths."""

_REFUSAL = "a certificate is of neurons that are functions on the group; {}: `cosetta explain` shows the parts"


def certify(
    path: Annotated[Path, Parameter(help="Folder of a finished run, or anybody's checkpoint.")],
    /,
    *,
    group: ItsGroup = None,
    format: Format = None,
    mapping: Mapped = None,
    instance: Instance = None,
    bounds_only: Annotated[
        bool, Parameter(help="Never compute all neurons of a pair: what no bound decides is left out.")
    ] = False,
    exhaustive: Annotated[bool, Parameter(help="Also try all pairs, for the share and the seconds.")] = False,
    out: Annotated[
        Path | None, Parameter(help="Folder that holds the certificates of checkpoints. [default: runs]")
    ] = None,
    config: ConfigFile = None,
    analysis: Analysis = None,
) -> None:
    """Prove how many products a network gets right, from its account, at less work than trying all.

    Writes `certificate.json` into the run's folder; for a checkpoint into `imported-NAME`, beside the folded network.

    Raises:
        BadRun: if the path is not there.
    """
    mapping = roles(mapping)
    options: dict[str, Any] = {"format": format, "mapping": mapping, "instance": instance}
    checked = analysis_config(read_config(config)[1], analysis)
    if not path.exists():
        raise BadRun(f"a run or a checkpoint must be there; `{path}` is not: check the path")
    is_run = (path / "checkpoints").is_dir()
    if is_run:
        leave_out(options | {"out": out}, "a checkpoint", f"`{path}` is a run, which has all of it")
    options |= {"group": group, "instance": instance or 0}
    with rich.get_console().status("proving"):
        model, G, weights = _run(path, group) if is_run else _checkpoint(path, out or RUNS, options)
        from cosetta.bounds.certificate import write_certificate
        from cosetta.certification import certify as prove

        certificate = prove(model, G, weights.read_bytes(), checked, bounds_only=bounds_only, exhaustive=exhaustive)
        written = weights.parent / "certificate.json"
        write_certificate(certificate, written)
    _show(certificate)
    console = rich.get_console()
    console.print(f"\n[bold]Certificate[/bold]  {escape(str(written))}", soft_wrap=True)
    command = shlex.join(["cosetta", "check", str(written), str(weights)])
    console.print(f"Check it: {escape(command)}", soft_wrap=True, highlight=False)


def check(
    certificate: Annotated[Path, Parameter(help="A certificate.json.")],
    weights: Annotated[Path, Parameter(help="The safetensors file that it is of.")],
    /,
) -> None:
    """Derive a certificate's claim again from the weights, without torch and without what found it."""
    from cosetta.bounds.certificate import check_certificate

    found = check_certificate(certificate, weights)
    rich.print(f"holds: {escape(found.sentence)}")


def _run(path: Path, group: str | None) -> tuple[Any, Any, Path]:
    """The network of a finished run, its group, and the file of its weights: its own, or of its folded form."""
    from cosetta.groups import read_group
    from cosetta.training.architectures import AUTOGRAD
    from cosetta.training.run_folder import load_run

    trained = load_run(path)
    G = read_group(group) if group else trained.group
    trained.check_group(G)
    if trained.config.architecture not in AUTOGRAD:
        return trained.network().fold(), G, path / "model.safetensors"
    model = _measured(trained.folding()) or trained.folded()
    return model, G, _write_folded(model, path)


def _measured(folding: Any) -> Any:
    """The network that a measurement found, with what is printed of it; None if nothing was measured."""
    if folding is None:
        return None
    for note in folding.sentences():
        rich.print(f"[dim]{escape(note)}[/dim]")
    if folding.obstacle:
        raise Unsupported(_REFUSAL.format(folding.obstacle))
    return folding.model


def _write_folded(model: Any, folder: Path) -> Path:
    """Write left, right, out, bias and direct paths."""
    from cosetta.models.storage import save_tensors

    functions = ("left", "right", "out", "bias", "direct_left", "direct_right")
    save_tensors({f: getattr(model, f) for f in functions if getattr(model, f) is not None}, folder / FOLDED)
    return folder / FOLDED


def _checkpoint(path: Path, out: Path, options: dict[str, Any]) -> tuple[Any, Any, Path]:
    """The network of a checkpoint, its group, and the file of its folded form, which is written."""
    from cosetta.models.importers import open_checkpoint

    opened = open_checkpoint(path, **options)
    for note in opened.notes:
        rich.print(f"[dim]{escape(note)}[/dim]")
    if opened.folding is not None and opened.folding.obstacle:
        raise Unsupported(_REFUSAL.format(opened.folding.obstacle))
    name = path.parent.resolve().name if path.stem in ("model", "full_run") else path.stem
    folder = out / f"imported-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    model = opened.model.to(device="cpu")
    return model, opened.group, _write_folded(model, folder)


def _show(certificate: Any) -> None:
    """The claim, and how it was proven."""
    record = certificate.record
    claim, account, brute = record["claim"], record["account"], record["brute_force"]
    rich.print(f"\n[bold]{escape(record['statement'])}[/bold]")
    tiers = (
        f"{tier['tier']} {plural(tier['pairs'], 'pair')} ({tier['work'] / brute['work']:.2g} of the work)"
        for tier in record["tiers"]
    )
    subgroups = plural(account["left_subgroups"], "left subgroup")
    lines = [
        f"decided by   {'; '.join(tiers)}; trying all takes {brute['work']:.3g} multiply-adds",
        f"loss         at most {claim['loss']:.3g} nats in the mean",
        f"neurons      {account['by_cosets']} of {account['neurons']} by cosets of {subgroups}, "
        f"{len(account['one_by_one'])} one by one, {len(account['bounded'])} only bounded",
        f"seconds      {record['seconds']['check']:.2g} to check, {record['seconds']['prove']:.2g} to find",
    ]
    if account["rank_of_out"]:
        lines.append(f"low rank     out has rank {account['rank_of_out']}, in {', '.join(account['irreps'])}")
    if "share" in brute:
        lines.append(f"trying all   {percent(brute['share'])} right, {brute['seconds']:.2g} seconds")
    if not certificate.is_cheaper:
        lines.append("no account makes it cheaper: this is trying all")
    elif not claim["certified"]:
        lines.append("no bound decides a pair; leave out --bounds-only to compute what they leave open")
    print_lines(rich.get_console(), lines, 13)
