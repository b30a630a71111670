"""Stage `keras_dense`: the dense network in Keras (section 3.3)."""

from mnist_report.core import files, paths
from mnist_report.core.tracking import Stage
from mnist_report.core.trees import by_epoch
from mnist_report.data.scaled import load_scaled
from mnist_report.models.keras import networks
from mnist_report.models.report_card import CLASSES, write_report_card


def main(stage: Stage) -> None:
    params = stage.params.keras_dense
    data = load_scaled()
    networks.prepare(stage.params.seed, stage.params.compute.threads)
    model = networks.dense_network(params.hidden_units, params.dropout)
    X, y = data.train_images, data.train_labels
    history = networks.train(
        model, X, y, epochs=params.epochs, batch_size=params.batch_size, on_epoch=stage.log_epoch
    )
    loss, _ = networks.evaluate(model, data.test_images, data.test_labels)
    scores = networks.probabilities(model, data.test_images)

    files.write_bytes(paths.MODELS / "keras_dense.keras", networks.save_keras_bytes(model))
    files.write_csv(paths.PLOTS / "keras_dense" / "history.csv", history)
    card = write_report_card("keras_dense", data, CLASSES, scores.argmax(axis=1), scores, loss)
    found = {
        "rows": len(X),
        "parameters": model.count_params(),
        "epochs": by_epoch(history),
        "test": card,
    }
    files.write_json(paths.RESULTS / "keras_dense.json", found)
