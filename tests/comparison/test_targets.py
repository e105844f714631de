"""What is found in a folder, and that names tell networks apart."""

import json

from cosetta.comparison import find_targets


def make(folder, *files):
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / file).write_bytes(b"")
    return folder


def test_runs_checkpoints_and_explanations_are_found_at_any_depth(tmp_path):
    make(tmp_path / "b" / "run", "config.json", "model.safetensors", "analysis.json")
    make(tmp_path / "b" / "run" / "checkpoints" / "inner", "model.safetensors")
    make(tmp_path / "a", "model.pt", "cfg.json")
    make(tmp_path / "c", "analysis.json")
    make(tmp_path / "d", "model.safetensors", "config.json")  # exported, or written down
    make(tmp_path / ".hidden", "model.pt")
    targets, skipped = find_targets([tmp_path])
    assert [(t.name, t.kind) for t in targets] == [
        ("a", "checkpoint"),
        ("run", "run"),
        ("c", "explanation"),
        ("d", "checkpoint"),
    ]
    assert skipped == ()


def test_one_network_counts_once_and_what_is_missing_is_said(tmp_path):
    run = make(tmp_path / "run", "config.json")
    empty = make(tmp_path / "empty")
    (tmp_path / "link").symlink_to(run)
    targets, skipped = find_targets([run, tmp_path / "link", run / ".." / "run", tmp_path / "no", empty])
    assert [target.name for target in targets] == ["run"]
    assert [line.rsplit(": ", 1)[-1] for line in skipped[:2]] == ["one network must not count twice"] * 2
    assert "there is no such file or folder" in skipped[2]
    assert "holds no run and no checkpoint" in skipped[3]


def test_networks_with_one_name_get_their_folders_names_too(tmp_path):
    for place in ("x/one", "y/one", "y/other"):
        make(tmp_path / place, "model.pt")
    targets, _ = find_targets([tmp_path])
    assert [target.name for target in targets] == ["x/one", "y/one", "other"]
    files = [tmp_path / "x" / "net.pt", tmp_path / "x" / "net.safetensors"]
    for file in files:
        file.write_bytes(b"")
    names = [target.name for target in find_targets(files)[0]]
    assert len(set(names)) == 2
    assert all(name.startswith(("net", "x/net")) or name.endswith(("net", "net (2)")) for name in names)


def test_a_file_names_its_network(tmp_path):
    make(tmp_path / "net", "model.pt")
    (tmp_path / "weights.pt").write_bytes(b"")
    make(tmp_path / "run", "config.json")
    (tmp_path / "run" / "analysis.json").write_text(json.dumps({}))
    targets, _ = find_targets([tmp_path / "net" / "model.pt", tmp_path / "weights.pt", tmp_path / "run/analysis.json"])
    assert [(t.name, t.kind) for t in targets] == [("net", "checkpoint"), ("weights", "checkpoint"), ("run", "run")]


def test_a_folder_may_hold_a_series(tmp_path):
    """As the folder of Zhong et al. does: `cosetta compare zhong2023/` found nothing there."""
    make(tmp_path / "zhong", "model_2k.pt", "model_7r.pt", "config_2k.json", "notes.pt", "model_2k.pt.part")
    make(tmp_path / "zhong" / "more", "model.pt", "model_x.pt")
    targets, skipped = find_targets([tmp_path])
    assert [target.name for target in targets] == ["model_2k", "model_7r", "more"]
    assert skipped == ()
