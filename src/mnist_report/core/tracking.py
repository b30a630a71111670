"""What MLflow is told of a stage, by the stage's own process or by ``make track``.

What a stage left behind is read from its files when it has ended, so outputs that DVC took from
its cache or from Git are recorded by the same lines. Nothing here can fail a stage: a server that
is slow or gone costs a warning, never a result.
"""

import ast
import contextlib
import functools
import hashlib
import io
import json
import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from numbers import Real
from pathlib import Path
from typing import Any, get_args

import psutil
from filelock import FileLock

from mnist_report.core import files, git, paths, store
from mnist_report.core.archives import load_model, own_types
from mnist_report.core.errors import UserError
from mnist_report.core.params import Kernel, Params, load_params
from mnist_report.core.trees import flatten

MODELS = ("svm_final", "scratch_nn", "keras_dense", "cnn")
KINDS = {"report": "report"} | dict.fromkeys(MODELS, "model")
CURVES = {f"validation_{m}": f"validation/{m}" for m in ("loss", "accuracy")}
CURVES |= {"loss": "train/loss", "accuracy": "train/accuracy"}
#: The measures of a spread that stages have as metrics, and their names there.
HEADLINES = {f"kernels.{k}.test.auc_hard": k for k in get_args(Kernel)}
HEADLINES |= {
    "test.accuracy": "accuracy", "test.auc_scores": "auc", "test.auc_hard": "auc_labels",
    "test.loss": "log_loss", "best_mean": "accuracy", "C": "C", "gamma": "gamma",
}  # fmt: skip


class Stage:
    """A stage, or a study by its own name: its parameters, and the record of one run.

    The run starts now, unless the outputs are `restored`.
    """

    def __init__(self, name: str, params: Params, *, restored: bool = False) -> None:
        self.name, self.params, self.restored = name, params, restored
        self.study = name in type(params.studies).model_fields
        section = getattr(params.studies if self.study else params, name, None)
        self.section = dict(flatten(section.model_dump())) if section else {}
        self.started = time.time()
        self.stepped = self.failed = False

    @contextlib.contextmanager
    def recorded(self) -> Iterator[None]:
        """Record how the block ends; what it raises is raised again."""
        try:
            yield
        except KeyboardInterrupt:
            self.end("KILLED", "interrupted")
            raise
        except Exception as error:
            kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
            self.end("FAILED", f"{kind}{error}")
            raise
        self.end("FINISHED")

    def log_epoch(self, epoch: int, values: Mapping[str, float]) -> None:
        """Log an epoch's measures while the stage works."""
        self.stepped = True
        named = {CURVES.get(name, name): value for name, value in values.items()}
        self._try(self._log, named, epoch)

    def end(self, status: str, reason: str = "") -> None:
        """Close the run: FINISHED, with what the stage left behind, or FAILED, or KILLED."""
        with contextlib.suppress(KeyboardInterrupt):
            self._try(self._end, status, reason)

    def _try(self, log: Callable[..., None], *arguments: object) -> None:
        """Say in one line what goes wrong; after that, nothing is tried again."""
        if self.failed:
            return
        try:
            log(*arguments)
        except Exception as error:
            self.failed = True
            print(
                f"{self.name}: warning: MLflow did not record this run ({_brief(error)}); "
                "the results are whole; 'make track' records it later",
                file=sys.stderr,
            )

    @functools.cached_property
    def digests(self) -> dict[str, str]:
        """MD5 of every file that the stage left behind, by its path in the checkout."""
        left = paths.outputs(self.name)
        return {path.relative_to(paths.ROOT).as_posix(): files.md5(path) for path in left}

    @property
    def fingerprint(self) -> str:
        """A finished run with the same parameters and outputs stands for this one."""
        content = json.dumps([self.name, self.section, self.digests], sort_keys=True)
        return hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()

    @functools.cached_property
    def _run(self) -> tuple[Any, str, str]:
        """A client, the experiment and the run, which is made when it is first asked for."""
        import mlflow

        client, experiment = store.connect()
        script = f"{'src/mnist_report/studies' if self.study else 'stages'}/{self.name}.py"
        model = self.name.removeprefix("spread_")
        commit = branch = dirty = ""
        with contextlib.suppress(UserError):  # without Git, or without a commit
            said = git.output(paths.ROOT, "rev-parse", "HEAD", "--abbrev-ref", "HEAD")
            commit, branch = said.decode().split()
            sources = ("src", "stages", "params.yaml", "dvc.yaml", "requirements.lock")
            changed = git.output(paths.ROOT, "status", "--porcelain", "--", *sources)
            dirty = "true" if changed else "false"
        tags = {
            "kind": "study" if self.study else KINDS.get(self.name, "stage"),
            "model": model if model in MODELS else "",
            "branch": branch,
            "data.dataset": self.params.data.dataset,
            "dvc.stage": self.name,
            "dvc.experiment": os.environ.get("DVC_EXP_NAME", ""),
            "process": store.process(os.getpid()),
            "mlflow.user": psutil.Process().username(),
            "mlflow.note.content": ast.get_docstring(ast.parse((paths.ROOT / script).read_bytes())),
            "mlflow.source.name": script,
            "mlflow.source.git.commit": commit,
            "mlflow.source.git.dirty": dirty,
        }
        name = f"{self.name} · {tags['dvc.experiment'] or branch or 'no branch'}"
        tags = {key: value for key, value in tags.items() if value}
        run_id = client.create_run(experiment, int(1000 * self.started), tags, name).info.run_id
        seed = {} if self.study else {"seed": self.params.seed}
        mlflow.log_params(seed | self.section, run_id=run_id)
        return client, experiment, run_id

    def _log(self, values: Mapping[Any, Any], step: int = 0, model: str | None = None) -> None:
        import mlflow

        numbers = {name: float(v) for name, v in values.items() if isinstance(v, Real)}
        mlflow.log_metrics(numbers, step, run_id=self._run[2], model_id=model)

    def _end(self, status: str, reason: str) -> None:
        metrics: dict[Any, Any] = {} if self.restored else {"seconds": time.time() - self.started}
        client, _, run_id = self._run
        if reason:
            client.set_tag(run_id, "reason", reason[:4000])
        if status == "FINISHED":
            model = None
            for name, digest in self.digests.items():
                path, folder = paths.ROOT / name, str(Path(name).parent)
                if folder.startswith(("models", "data")):  # no copies: DVC finds them by this
                    client.set_tag(run_id, f"md5.{name}", digest)
                else:
                    client.log_artifact(run_id, str(path), folder)
                if folder == "metrics":
                    metrics |= dict(flatten(files.read_json(path)))
                elif self.name in MODELS and path.suffix in (".skops", ".keras"):
                    model = self._log_model(path)
                elif path.name == "history.csv" and not self.stepped:
                    for row in files.read_csv(path).rename(columns=CURVES).to_dict("records"):
                        self._log(row, int(row.pop("epoch")))
            self._log(metrics | (self._log_seeds() if self.study else {}), model=model)
            client.set_tag(run_id, "fingerprint", self.fingerprint)
        client.set_terminated(run_id, status)

    def _log_seeds(self) -> dict[Any, Any]:
        """Return the metrics of a study; every seed of a spread becomes a run below it."""
        import mlflow

        client, experiment, run_id = self._run
        rows = files.read_csv(paths.RESULTS / f"{self.name}.csv")
        metrics: dict[Any, Any] = {"seeds": rows["seed"].nunique()}
        if self.name.startswith("spread_"):
            rows = rows[rows["metric"].isin(HEADLINES)].replace({"metric": HEADLINES})
            table = rows.pivot_table("value", "seed", "metric")
            metrics |= dict(table.mean()) | dict(table.std().add_suffix("_sd"))
            tags = {"mlflow.parentRunId": run_id, "kind": "seed", "dvc.stage": self.name}
            for seed, values in table.iterrows():
                child = client.create_run(experiment, None, tags, f"seed {seed}").info.run_id
                mlflow.log_metrics(dict(values), run_id=child)
                client.set_terminated(child)
        return metrics

    def _log_model(self, path: Path) -> str:
        """Log and register the model in a file, and name the images behind it; return its id."""
        import mlflow
        from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput

        client, experiment, run_id = self._run
        for part in ("train", "test"):
            images, labels = (paths.SCALED / f"{part}_{kind}.npy" for kind in ("images", "labels"))
            source = json.dumps({"uri": images.relative_to(paths.ROOT).as_posix()})
            digest = files.md5(images)[:4] + files.md5(labels)[:4]
            data = Dataset(self.params.data.dataset, digest, "local", source)
            tag = InputTag("mlflow.data.context", f"{part}ing")
            client.log_inputs(run_id, [DatasetInput(data, [tag])])
        example = files.load_array(images)[:3].copy()
        model_id = client.create_logged_model(experiment, path.stem, run_id).model_id
        # MLflow and Keras tell on either stream what they do.
        with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
            model = load_model(path)
            answer = "predict_proba" if hasattr(model, "predict_proba") else "predict"
            more: dict[str, Any] = {}
            if path.suffix == ".keras":
                flavor, packages = "tensorflow", ["keras", "tensorflow", "numpy"]
            else:
                flavor, packages = "sklearn", ["scikit-learn", "numpy", "skops", "threadpoolctl"]
                ours = own_types(path)
                more = {
                    "serialization_format": "skops",
                    "skops_trusted_types": ours,
                    "pyfunc_predict_fn": answer,
                    # What is in no package index travels with the model.
                    "code_paths": [str(paths.ROOT / "src" / "mnist_report")] if ours else None,
                }
            info = getattr(mlflow, flavor).log_model(
                model,
                model_id=model_id,
                registered_model_name=path.stem,
                input_example=example,
                signature=mlflow.models.infer_signature(example, getattr(model, answer)(example)),
                pip_requirements=[f"{package}=={version(package)}" for package in packages],
                **more,
            )
        client.log_outputs(run_id, [LoggedModelOutput(model_id, 0)])
        client.set_registered_model_alias(path.stem, "newest", info.registered_model_version)
        return str(model_id)


def track() -> None:
    """Record what lies here, is up to date and has no finished run yet; one line a stage."""
    from dvc.repo import Repo

    # Two at once would both record a stage.
    with FileLock(store.HOME / "mlflow.db.track"), Repo(str(paths.ROOT)) as repo:
        client, experiment = store.connect()
        store.close_dead(client, experiment)
        stale, stages = repo.status(), {stage.name: stage.cmd for stage in repo.index.stages}
        params, same = load_params(), "attributes.status = 'FINISHED' and tags.fingerprint = '{}'"
        for name, command in stages.items():
            # A script, or the study that the script of all studies is given.
            stage = Stage(Path(command.split()[-1]).stem, params, restored=True)
            if name in stale or not stage.digests:
                said = "not up to date here, left out; 'dvc repro' or 'dvc pull' brings it"
            elif client.search_runs([experiment], same.format(stage.fingerprint), max_results=1):
                said = "already recorded"
            else:
                stage.end("FINISHED")
                said = "recorded"
            if stage.failed:
                sys.exit(1)
            print(f"{stage.name}: {said}")


def _brief(error: Exception) -> str:
    return textwrap.shorten(str(error) or repr(error), 600)


if __name__ == "__main__":
    try:
        store.ui() if sys.argv[1:] == ["ui"] else track()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        sys.exit(f"track: error: {_brief(error)}")
