"""Stage `keras_dense`: the dense network in Keras (section 3.3)."""

from mnist_report import files, paths
from mnist_report.data.scaled import load_scaled
from mnist_report.figures import networks as figures
from mnist_report.figures.style import draw
from mnist_report.models import keras_networks as networks
from mnist_report.report_card import CLASSES, write_report_card
from mnist_report.stage import Stage, run_stage
from mnist_report.trees import by_epoch


def main(stage: Stage) -> None:
    params, keras = stage.params.keras_dense, stage.params.keras
    data = load_scaled()
    networks.prepare(stage.params.seed, keras.threads)
    model = networks.dense_network(params.hidden_units, params.dropout)
    history = networks.train(
        model,
        data.train_images,
        data.train_labels,
        epochs=params.epochs,
        batch_size=params.batch_size,
        steps_per_execution=keras.steps_per_execution,
        on_epoch=stage.log_step,
    )
    loss, _ = networks.evaluate(model, data.test_images, data.test_labels)
    scores = networks.probabilities(model, data.test_images)

    files.write_bytes(paths.MODELS / "keras_dense.keras", networks.save_keras_bytes(model))
    files.write_csv(paths.plot_file("keras_dense", "history.csv"), history)
    picture = draw(figures.learning_curves, history)
    files.write_bytes(paths.plot_file("keras_dense", "history.png"), picture)
    card = write_report_card(
        "keras_dense", data, CLASSES, scores.argmax(axis=1), scores, "probability"
    )
    files.write_json(
        paths.metrics_file("keras_dense"),
        {
            "rows": len(data.train_images),
            "parameters": model.count_params(),
            "epochs": by_epoch(history),
            "test": {"loss": loss, **card},
        },
    )


if __name__ == "__main__":
    run_stage("keras_dense", main)
