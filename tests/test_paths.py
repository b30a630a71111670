"""Where things lie, held against what `dvc.yaml` says that the stages write."""

from mnist_report import paths
from mnist_report.dvcfiles import pipeline


def test_the_scaled_files_are_what_scale_writes():
    named = {paths.scaled_file(p, kind) for p in ("train", "test") for kind in ("images", "labels")}
    assert named == set(pipeline()["scale"].outs)


def test_the_arrays_of_pca_are_what_pca_writes():
    named = {paths.pca_file(name) for name in ("components", "mean", "train_scores")}
    assert named == set(pipeline()["pca"].outs)


def test_the_benchmarks_that_stages_read_are_in_their_folder():
    for stage, name in (("claims", "claims.json"), ("costs", "results.json")):
        assert paths.BENCHMARKS / name in pipeline()[stage].deps
