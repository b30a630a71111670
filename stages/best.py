"""Stage `best`: the best networks of the ladders once more, from their first seeds, to be kept."""

from threadpoolctl import threadpool_limits

from mnist_report.core import files, paths
from mnist_report.core.archives import skops_bytes
from mnist_report.core.tracking import Stage
from mnist_report.data.scaled import load_scaled
from mnist_report.models.keras import networks
from mnist_report.studies import frontier_cnn, frontier_scratch_nn
from mnist_report.studies.frontier import BEST, chosen, tried


def main(stage: Stage) -> None:
    data = load_scaled()
    for name, module in (("scratch_nn", frontier_scratch_nn), ("cnn", frontier_cnn)):
        study = f"frontier_{name}"
        best = module.steps(getattr(stage.params.studies, study))[BEST]
        values = chosen(tried(files.read_json(paths.RESULTS / f"{study}.json")), best)
        # As in the study: with more threads the last digits are others.
        with threadpool_limits(1):
            network = best.fit(data.train_images, data.train_labels, 0, **values).model
        if module is frontier_cnn:
            content = networks.save_keras_bytes(networks.folded(network))
            files.write_bytes(paths.BEST / "cnn.keras", content)
        else:
            # What Adam remembers is two thirds of it and no part of an answer.
            del network._adam
            files.write_bytes(paths.BEST / "scratch_nn.skops", skops_bytes(network))
