"""Stage `best`: the best networks of the ladders once more, from their first seeds, to be kept."""

from threadpoolctl import threadpool_limits

from mnist_report.core import files, paths
from mnist_report.core.archives import skops_bytes
from mnist_report.core.stage import Stage
from mnist_report.data.scaled import load_scaled
from mnist_report.models.keras import networks
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier
from mnist_report.studies import frontier_cnn, frontier_scratch_nn
from mnist_report.studies.frontier import BEST, chosen, tried


def of_scratch(network: NeuralNetworkClassifier) -> bytes:
    # What Adam remembers is two thirds of it and no part of an answer.
    del network._adam
    return skops_bytes(network)


def of_keras(network: networks.Model) -> bytes:
    return networks.save_keras_bytes(networks.folded(network))


NETWORKS = {
    "scratch_nn.skops": (frontier_scratch_nn, of_scratch),
    "cnn.keras": (frontier_cnn, of_keras),
}


def main(stage: Stage) -> None:
    data = load_scaled()
    for file, (module, archive) in NETWORKS.items():
        study = f"frontier_{file.split('.')[0]}"
        best = module.steps(getattr(stage.params.studies, study))[BEST]
        values = chosen(tried(files.read_json(paths.results_file(study))), best)
        # As in the study: with more threads the last digits are others.
        with threadpool_limits(1):
            fitted = best.fit(data.train_images, data.train_labels, 0, **values)
        files.write_bytes(paths.BEST / file, archive(fitted.model))
