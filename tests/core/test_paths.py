"""Where things lie, held against what DVC says that the stages write."""

from dvc.repo import Repo

from mnist_report.core import paths


def test_the_outputs_of_a_stage_are_those_that_dvc_knows(tmp_path, monkeypatch):
    with Repo(str(paths.ROOT)) as repo:
        declared = {
            stage.addressing.split("@")[-1]: [tmp_path / out.def_path for out in stage.outs]
            for stage in repo.index.stages
        }
    files = {}
    for stage, outs in declared.items():
        # A folder is one with a file inside.
        files[stage] = sorted(out if out.suffix else out / f"of_{stage}" for out in outs)
        for file in files[stage]:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    assert {stage: paths.outputs(stage) for stage in declared} == files
