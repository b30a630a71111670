#!/bin/sh
# `make repro`: can the data be had, the pipeline, and where to look.
# usage: VENV=.venv sh tools/repro.sh     DATASET insists on a data set, FORCE=1 runs every stage again.
set -eu
python=$VENV/bin/python

say() {
    echo "repro: $1"
}

trap 'say "interrupted; run it again to go on" >&2; exit 130' INT

# The data set that params.yaml names.
dataset() {
    awk '/^[^ #]/ { data = /^data:/ } data && $1 == "dataset:" { print $2; exit }' params.yaml | tr -d "\"'"
}

if ! git rev-parse --git-dir >/dev/null 2>&1 && [ "$("$python" -m dvc config core.no_scm 2>/dev/null)" != true ]; then
    case $(git rev-parse --git-dir 2>&1) in
    *dubious*) say "error: Git refuses this folder, which belongs to another user; run: git config --global --add safe.directory \"$PWD\"" ;;
    *) say "error: this folder is no Git checkout; run 'git init && git add . && git commit -m start', or, to do without Git, 'dvc config core.no_scm true'" ;;
    esac >&2
    exit 1
fi

wanted=${DATASET:-$(dataset)}
status=0
# shellcheck disable=SC2086  # without DATASET there is no argument
"$python" -m mnist_report.sources.available ${DATASET:-} || status=$?
if [ $status = 3 ] && [ "$wanted" = mnist ] && [ -z "${DATASET:-}" ]; then
    say "MNIST is out of reach, as said above"
    say "going on with the 1,797 handwritten digits that scikit-learn ships: this is NOT MNIST"
    wanted=digits
elif [ $status != 0 ]; then
    exit 1
fi

# Another data set is an experiment, which `dvc exp show` lists and Git takes back.
if [ "$wanted" = "$(dataset)" ]; then
    "$python" -m dvc repro ${FORCE:+--force}
else
    "$python" -m dvc exp run ${FORCE:+--force} -S "data.dataset=$wanted"
fi

say "the report: report/report.html; the runs in MLflow: make ui; the numbers against the paper: make verify"
if [ "$(dataset)" = digits ]; then
    say "this is NOT MNIST, but scikit-learn's digits (data.dataset in params.yaml)"
    say "for MNIST: make repro DATASET=mnist, or MNIST_MIRROR=/folder/with/its/files make repro DATASET=mnist"
    say "to take the change back: git restore --staged --worktree ."
fi
