# One command a purpose; `make help` lists them. Everything runs in .venv, which is made on first use.
.DEFAULT_GOAL := help
.PHONY: help setup repro test faults lint verify bench audit track report ui clean reproduce-check

VENV := .venv
AUDIT := .venv-audit
# By its path: make looks programs up on the PATH it was started with, not on the one set below.
PYTHON_HERE := "$(VENV)/bin/python"

# What a user's environment says of these would decide results, or break them; docs/environment.md
# has the table.
unexport $(filter-out PYTHON PYTHONPYCACHEPREFIX PYTHONDONTWRITEBYTECODE,$(filter PYTHON%,$(.VARIABLES)))
unexport GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX GIT_COMMON_DIR GIT_OBJECT_DIRECTORY
unexport GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_NAMESPACE GIT_QUARANTINE_PATH GIT_EXTERNAL_DIFF
unexport CDPATH GREP_OPTIONS VIRTUAL_ENV MYPYPATH MLFLOW_RUN_ID
# DVC's stages call `python`, by whatever shell.
export PATH := $(if $(filter /%,$(VENV)),,$(CURDIR)/)$(VENV)/bin:$(PATH)
# The code of this checkout, whatever else is installed.
export PYTHONPATH := src
export PYTHONUTF8 := 1
export MPLBACKEND := Agg
# Reports of usage go nowhere, neither from DVC nor from MLflow.
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true
export VENV DATASET FORCE STUDIES

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

setup:  ## make .venv with the pinned packages, or mend it (the other targets do so themselves)
	@sh tools/make_venv.sh "$(VENV)"

repro: setup  ## run the pipeline and make the report (DATASET=mnist insists on it, FORCE=1 runs all again)
	@sh tools/repro.sh

# One BLAS thread a process: the workers share the cores.
test: setup  ## run the tests
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(PYTHON_HERE) -m pytest -n auto --maxprocesses 4 --dist loadfile

faults: setup  ## of the tests those that kill stages, fill the disk and take MLflow away
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(PYTHON_HERE) -m pytest tests/pipeline/test_faults.py tests/core/test_files.py

lint: setup  ## check style and types
	@$(PYTHON_HERE) -m ruff check . && $(PYTHON_HERE) -m ruff format --check . && $(PYTHON_HERE) -m mypy

verify: setup  ## hold the results against the committed ones and against the paper
	@$(PYTHON_HERE) -m mnist_report.report.verify

bench: setup  ## measure what all of this costs, beside a plain port of the paper (ROUNDS=2)
	@$(PYTHON_HERE) benchmarks/bench.py $(if $(ROUNDS),--rounds $(ROUNDS))
	@$(PYTHON_HERE) benchmarks/frontier.py

audit: setup  ## known vulnerabilities, licences and bill of materials of the packages
	@sh tools/make_venv.sh "$(AUDIT)" requirements-audit.lock
	@sh tools/audit.sh "$(VENV)" "$(AUDIT)"

track: setup  ## record in MLflow what DVC took from its cache, from Git or from a remote
	@$(PYTHON_HERE) -m mnist_report.core.tracking

report: setup  ## make the report again from the results that lie here
	@$(PYTHON_HERE) -m dvc repro --force --single-item report

ui: setup  ## open MLflow on the recorded runs (MLFLOW_PORT=5001 if 5000 is taken)
	@$(PYTHON_HERE) -m mnist_report.core.tracking ui

clean:  ## delete the environments and what the tools cached; data, results and runs stay
	@for venv in "$(VENV)" "$(AUDIT)"; do [ ! -f "$$venv/pyvenv.cfg" ] || rm -rf "$$venv"; done
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

reproduce-check: setup  ## run all in a fresh clone: are the bytes those in Git? (STUDIES=1: the long studies too)
	@sh tools/reproduce_check.sh
