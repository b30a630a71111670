# One command a purpose; `make help` lists them. Everything runs in .venv, which is made on first use;
# the audit's tools have .venv-audit.
.DEFAULT_GOAL := help
.PHONY: help setup repro test faults lint verify reproduce-check bench audit track report ui clean

VENV := .venv
READY := $(VENV)/.ready
AUDIT := .venv-audit
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# Reports of usage go nowhere, neither from DVC nor from MLflow.
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true
export PYTHONUTF8 := 1
# The code of this checkout, whatever else is installed.
export PYTHONPATH := src

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

setup: $(READY)  ## make .venv with the pinned packages (the other targets do so themselves)

$(READY): requirements.lock pyproject.toml tools/make_venv.sh
	@sh tools/make_venv.sh $(VENV)
	@touch $(READY)

repro: $(READY)  ## run the pipeline and make the report (DATASET=mnist insists, FORCE=1 reruns all, FORCE=models all but the studies)
	@python -m mnist_report.data.reach $(DATASET)
	@python -m mnist_report.tracking around python -m mnist_report.side_by_side $(if $(FORCE),--force $(FORCE))
	@python -m mnist_report.report.farewell

# One BLAS thread a process: the workers share the cores.
test: $(READY)  ## run the tests
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python -m pytest -n auto --maxprocesses 4 --dist loadfile

faults: $(READY)  ## kill stages, fill the disk, corrupt files, take MLflow away; writes tests/faults/RESULTS.md
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python -m pytest -n 2 --dist loadfile --table tests/faults

lint: $(READY)  ## check style and types
	@ruff check . && ruff format --check . && mypy

verify: $(READY)  ## hold the results against the committed ones and against the paper
	@python -m mnist_report.report.verify

reproduce-check: $(READY)  ## run the pipeline twice in fresh clones and compare all bytes (HERE=1, STUDIES=1 or a pattern, CORES=1)
	@python -m mnist_report.report.reproduce_check $(if $(HERE),--here) $(if $(STUDIES),--studies $(if $(filter-out 1,$(STUDIES)),'$(STUDIES)')) $(if $(CORES),--cores $(CORES))

bench: $(READY)  ## measure what all of this costs, beside a plain port of the paper (ROUNDS=2; 50 minutes)
	@python benchmarks/bench.py $(if $(ROUNDS),--rounds $(ROUNDS))

$(AUDIT)/.ready: requirements-audit.lock | $(READY)
	@echo "audit: installing the packages of requirements-audit.lock"
	@$(VENV)/bin/python -m venv --clear $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r requirements-audit.lock
	@touch $@

audit: $(READY) $(AUDIT)/.ready  ## known vulnerabilities, licences and bill of materials of the packages
	@sh tools/audit.sh $(VENV) $(AUDIT)

track: $(READY)  ## bring MLflow level with the outputs that lie here
	@python -m mnist_report.tracking level

report: $(READY)  ## make the report again from the metrics and plots that lie here
	@python -m dvc repro --force --single-item report

ui: $(READY)  ## open the MLflow UI on the local store, at http://127.0.0.1:5000
	@mlflow ui --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}"

clean:  ## delete .venv, .venv-audit and what the tools cached; data, results and runs stay
	rm -rf $(VENV) $(AUDIT) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
