import subprocess
import sys

import pytest

from cosetta.errors import BadConfig, CosettaError
from cosetta.groups import named_group
from cosetta.training import RECIPES, Phase, TrainConfig, fast, stander2024, wu2024
from cosetta.training.recipes import network_size


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipes_are_named_and_take_overrides(recipe):
    config = RECIPES[recipe]("S4", seed=3, width=16, split="unordered")
    assert (config.recipe, config.group, config.seed, config.width, config.split) == (recipe, "S4", 3, 16, "unordered")
    assert TrainConfig.checked(config.model_dump(mode="json")) == config


def test_recipes_take_a_group_or_its_name():
    assert fast("s_4") == fast(named_group("S4"))


def test_published_recipes():
    paper, later = stander2024("S5"), wu2024("S5")
    assert (paper.max_steps, paper.optimizer, paper.embed_std, paper.betas) == (250_000, "adamw", 1.0, (0.9, 0.98))
    assert paper.phases[0].at(10) == (1e-3, 1.0)
    assert (later.max_steps, later.optimizer, later.phases[0].at(10)) == (25_000, "adam", (1e-2, 2e-4))
    assert (paper.embed_dim, paper.width) == (256, 128)
    assert network_size(720) == (512, 256)


@pytest.mark.parametrize("recipe", RECIPES)
def test_full_batches_have_no_size(recipe):
    config = RECIPES[recipe]("S6")
    assert all((phase.batch_size is None) == (recipe != "fast") for phase in config.phases)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"widht": 3}, "`widht` is not a setting of a training run; did you mean `width`?"),
        ({"seed": -1}, "`seed` must be greater than or equal to 0; got -1"),
        ({"train_fraction": 1.0}, "`train_fraction` must be less than 1; got 1.0"),
        ({"betas": (0.9, 1.0)}, "`betas`: both betas must be in [0, 1); got (0.9, 1.0)"),
        ({"activation": "sine"}, "must be 'relu', 'abs', 'gelu', 'silu', 'square' or 'tanh'; got 'sine'"),
        ({"phases": [{"max_steps": 3, "learning_rte": 1}]}, "not a setting of a phase; did you mean `learning_rate`?"),
        ({"phases": [{"max_steps": 3}]}, "`phases.learning_rate` must be given"),
        ({"phases": []}, "`phases`: tuple should have at least 1 item"),
        ({"learning_rate": float("inf")}, "`phases.learning_rate` must be a finite number; got inf"),
        ({"width": 2.5}, "`width` must be a whole number; got 2.5"),
    ],
)
def test_bad_settings_are_one_line(values, message):
    with pytest.raises(BadConfig) as raised:
        fast("S3", **values)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_hash_is_of_the_configuration_but_not_of_the_device():
    config = fast("S3")
    assert config.hash8 == fast("S3", device="cpu").hash8 == config.hash8
    assert len({config.hash8, fast("S3", seed=1).hash8, fast("S4").hash8, fast("S3", width=7).hash8}) == 4
    assert config.run_name == f"S3-fast-0-{config.hash8}"


def test_run_names_are_file_names():
    config = TrainConfig(group="C7:C3/x", phases=(Phase(max_steps=1, learning_rate=1.0),))
    assert config.run_name.startswith("C7_C3_x-custom-0-")


def test_hash_is_stable():
    config = TrainConfig(group="S3", phases=(Phase(max_steps=10, learning_rate=0.1),))
    assert config.hash8 == "30c0a105"  # a change here moves every run of every user to a new folder


def test_schedules_start_and_end_where_they_say():
    phase = Phase(max_steps=8, learning_rate=0.4, final_learning_rate=0.2, weight_decay=1.0)
    assert phase.at(0) == (0.4, 1.0)
    assert phase.at(4) == pytest.approx((0.3, 1.0))
    assert phase.at(8) == pytest.approx((0.2, 1.0))


def test_a_phase_without_criterion_is_never_met():
    assert not Phase(max_steps=1, learning_rate=1.0).is_met(1.0, 0.0)
    both = Phase(max_steps=1, learning_rate=1.0, until_accuracy=0.9, until_loss=0.1)
    assert both.is_met(0.9, 0.1)
    assert not both.is_met(0.89, 0.1)
    assert not both.is_met(0.9, 0.11)


def test_configurations_need_no_torch():
    code = "import sys; from cosetta.training import fast; fast('S3'); print('torch' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


def test_errors_are_the_users_to_mend():
    with pytest.raises(CosettaError, match="Banana"):
        fast("Banana")


def test_a_new_field_at_its_default_keeps_old_folders():
    """Only what differs from the defaults is hashed, so a later release may add fields."""
    config = fast("S3")
    spelled_out = TrainConfig.checked(config.model_dump(mode="json"))
    assert spelled_out.hash8 == config.hash8
