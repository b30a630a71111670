"""Stage `cnn`: the convolutional network, and what its layers see (section 3.4)."""

from mnist_report.core import files, paths
from mnist_report.core.tracking import Stage
from mnist_report.core.trees import by_epoch
from mnist_report.data.scaled import load_scaled
from mnist_report.figures import networks as figures
from mnist_report.figures.style import plot
from mnist_report.models.keras import networks
from mnist_report.models.report_card import CLASSES, write_report_card


def main(stage: Stage) -> None:
    params = stage.params.cnn
    data = load_scaled()
    networks.prepare(stage.params.seed, stage.params.compute.threads)
    model = networks.convolutional_network(
        params.filters, params.kernel_size, params.dense_units, params.dropout
    )
    X, y = data.train_images, data.train_labels
    history = networks.train(
        model,
        X,
        y,
        epochs=params.epochs,
        batch_size=params.batch_size,
        validation_split=params.validation_share,
        on_epoch=stage.log_epoch,
    )
    loss, _ = networks.evaluate(model, data.test_images, data.test_labels)
    scores = networks.probabilities(model, data.test_images)

    rows = int(len(X) * (1 - params.validation_share))
    # A smaller data set may not have the image asked for: then its last one is shown.
    shown = min(params.image, len(X) - 1)
    image, label = X[shown], int(y[shown])

    files.write_bytes(paths.MODELS / "cnn.keras", networks.save_keras_bytes(model))
    files.write_csv(paths.PLOTS / "cnn" / "history.csv", history)
    plot("cnn", "filters.png", figures.filters, networks.first_filters(model))
    plot("cnn", "layers.png", figures.layers, image, label, networks.layer_outputs(model, image))
    card = write_report_card("cnn", data, CLASSES, scores.argmax(axis=1), scores, loss)
    found = {
        "rows": rows,
        "validation_rows": len(X) - rows,
        "shown_image": shown,
        "shown_label": label,
        "parameters": model.count_params(),
        "epochs": by_epoch(history),
        "test": card,
    }
    files.write_json(paths.RESULTS / "cnn.json", found)
