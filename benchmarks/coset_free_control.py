"""Record the coset-free control of the interventions: a network on Z_53, which has no proper subgroups.

Run: python benchmarks/coset_free_control.py. Writes src/cosetta/data/coset_free_control.json, which stands beside every
intervention in a report. The network is trained like the others and answers right on most pairs, so a pattern that it
shows too says nothing about cosets.
"""

import json
import tempfile
from datetime import date
from pathlib import Path

from cosetta.config import AnalysisConfig
from cosetta.evidence import test_interventions
from cosetta.groups import named_group
from cosetta.training.recipes import fast
from cosetta.training.trainer import train

PATH = Path(__file__).parents[1] / "src" / "cosetta" / "data" / "coset_free_control.json"


def main() -> None:
    group, config = named_group("C53"), fast("C53", seed=0)
    with tempfile.TemporaryDirectory() as folder:
        run = train(config, group, Path(folder) / config.run_name)
        network = run.network()
        rows = test_interventions(network.fold(), group, AnalysisConfig(), network)
        test_accuracy = run.metrics["test_accuracy"][-1]
    recorded = {
        "group": "C53",
        "recipe": "fast",
        "seed": 0,
        "config_hash": config.hash8,
        "date": str(date.today()),
        "test_accuracy": test_accuracy,
        "pairs": rows[0].pairs,
        "interventions": {row.id: {"accuracy": row.accuracy, "loss": row.loss} for row in rows},
    }
    PATH.write_text(json.dumps(recorded, indent=1) + "\n")
    print(json.dumps(recorded, indent=1))


if __name__ == "__main__":
    main()
