"""Stage `costs`: what the pipeline costs, from the seconds that `make bench` measured."""

import pandas as pd

from mnist_report import files, paths
from mnist_report.evaluation.costs import summary
from mnist_report.figures import costs as figures
from mnist_report.figures.style import draw
from mnist_report.stage import Stage, run_stage


def main(stage: Stage) -> None:
    costs = summary(files.read_json(paths.BENCHMARKS / "results.json"))

    table = pd.DataFrame.from_dict(costs["stages"], orient="index").rename_axis("stage")
    files.write_csv(paths.plot_file("costs", "stages.csv"), table.reset_index())
    pictures = {
        "stages.png": draw(figures.stages, costs["stages"]),
        "growth.png": draw(figures.growth, costs["growth"], costs["svm"]["fit"]),
    }
    for name, picture in pictures.items():
        files.write_bytes(paths.plot_file("costs", name), picture)
    files.write_json(paths.metrics_file("costs"), costs)


if __name__ == "__main__":
    run_stage("costs", main)
