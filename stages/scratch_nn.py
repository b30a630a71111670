"""Stage `scratch_nn`: the network written by hand, trained by backpropagation (section 3.2)."""

import numpy as np
from sklearn.base import clone

from mnist_report.core import files, paths
from mnist_report.core.archives import skops_bytes
from mnist_report.core.tracking import Stage
from mnist_report.data.scaled import load_scaled
from mnist_report.figures import networks as figures
from mnist_report.figures.style import plot
from mnist_report.models.report_card import CLASSES, write_report_card
from mnist_report.models.scratch.learning import learning_curve, mean_loss
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier
from mnist_report.scores.roc import roc_table
from mnist_report.scores.scores import accuracy


def main(stage: Stage) -> None:
    params = stage.params.scratch_nn
    settings = params.model_dump(exclude={"validation_share"})
    data = load_scaled()
    X, y = data.train_images, data.train_labels
    network = NeuralNetworkClassifier(**settings, random_state=stage.params.seed)

    curve = learning_curve(
        network, X, y, validation_share=params.validation_share, on_epoch=stage.log_epoch
    )
    untrained = clone(network).set_params(epochs=0).fit(X, y)
    network.fit(X, y)
    logarithms = network.predict_log_proba(data.test_images)
    scores = np.exp(logarithms)
    loss = mean_loss(data.test_labels, logarithms, network.classes_)
    before = untrained.predict(data.test_images)
    weights, start = network.coefs_[0], untrained.coefs_[0]
    learned = weights - start
    predicted = network.classes_[scores.argmax(axis=1)]
    # A column for every digit: the network has none for one that the training images lack.
    by_digit = np.zeros((len(scores), len(CLASSES)), scores.dtype)
    by_digit[:, network.classes_] = scores

    files.write_bytes(paths.MODELS / "scratch_nn.skops", skops_bytes(network))
    files.write_csv(paths.PLOTS / "scratch_nn" / "history.csv", curve)
    files.write_csv(paths.PLOTS / "scratch_nn" / "roc.csv", roc_table(data.test_labels, by_digit))
    plot("scratch_nn", "history.png", figures.learning_curves, curve)
    plot("scratch_nn", "roc.png", figures.roc_curves, data.test_labels, by_digit)
    plot("scratch_nn", "hidden_weights.png", figures.hidden_weights, weights)
    plot("scratch_nn", "hidden_changes.png", figures.hidden_weights, learned)
    card = write_report_card("scratch_nn", data, network.classes_, predicted, scores, loss)
    found = {
        "rows": len(X),
        "hidden_units": sum(params.hidden_layer_sizes),
        "minibatch_size": params.minibatch_size,
        "epochs": params.epochs,
        "parameters": sum(w.size for w in network.coefs_ + network.intercepts_),
        "hidden_weight_change": float(
            np.sqrt(np.mean(np.square(learned)) / np.mean(np.square(start)))
        ),
        "untrained_accuracy": accuracy(data.test_labels, before),
        "first_test_images": {
            "label": data.test_labels[:10].tolist(),
            "before": before[:10].tolist(),
            "after": predicted[:10].tolist(),
        },
        "last_test_labels": data.test_labels[-3:].tolist(),
        "test": card,
    }
    files.write_json(paths.RESULTS / "scratch_nn.json", found)
