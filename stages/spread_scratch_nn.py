"""Stage `spread_scratch_nn`: how far the network from scratch moves from seed to seed."""

from typing import Any

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies.scratch_network import score_on_test
from mnist_report.studies.spread import write_spread


def main(stage: Stage) -> None:
    data = load_scaled()

    def measure(**settings: Any) -> dict[str, dict[str, float]]:  # noqa: ANN401
        return {"test": score_on_test(data, **settings)}

    write_spread(
        "spread_scratch_nn",
        stage.params.spread.seeds.scratch_nn,
        measure,
        **stage.params.scratch_nn.model_dump(exclude={"validation_share"}),
    )


if __name__ == "__main__":
    run_stage("spread_scratch_nn", main)
