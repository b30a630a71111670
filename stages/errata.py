"""Stage `errata`: what each slip of the paper costs, set right minus as printed."""

from mnist_report import files, paths
from mnist_report.figures import errata as figures
from mnist_report.figures.style import draw
from mnist_report.report import errata
from mnist_report.stage import Stage, run_stage

#: The studies whose values are compared seed by seed.
STUDIES = ("errata_network", "errata_svm", "spread_svm_kernels", "spread_svm_final", "origins")


def main(stage: Stage) -> None:
    slips = errata.load_slips()
    values = errata.read_values(
        {study: files.read_csv(paths.plot_file(study, "values.csv")) for study in STUDIES}
    )
    network, final, intuition, scaled = (
        files.read_json(paths.metrics_file(name))
        for name in ("errata_network", "svm_final", "svm_intuition", "scale")
    )
    spectrum = files.read_csv(paths.plot_file("pca", "explained_variance.csv"))
    rows = scaled["train"]["rows"]

    chosen, choice = errata.kernel_choice(values)
    by_rows, sizes = errata.final_rows(values)
    effects = errata.effects(slips, values | chosen | by_rows)
    table = errata.as_table(slips, effects)

    files.write_csv(paths.plot_file("errata", "effects.csv"), table)
    files.write_bytes(paths.plot_file("errata", "effects.png"), draw(figures.effects, table))
    files.write_json(
        paths.metrics_file("errata"),
        {
            "effects": effects,
            "leads": errata.leads(values),
            "facts": {
                "reading": errata.reading(
                    files.load_array(paths.pca_file("train_scores")),
                    files.load_array(paths.scaled_file("train", "labels")),
                ),
                "components": errata.components_printed(spectrum["cumulative"].tolist()),
                "soft_margin": errata.soft_margin(intuition["overlapping"]["support_vectors"]),
                "final_rows": sizes,
                "final_draw": {"share": final["unique_rows"] / rows},
                "kernel_choice": choice,
                "get_dummies": errata.get_dummies_example(),
                "grid": errata.grid_repeats(),
                "minibatches": errata.unseen(rows),
                "mistake": errata.mistake(),
                "guards": errata.guards(network["overflow"]),
            },
        },
    )


if __name__ == "__main__":
    run_stage("errata", main)
