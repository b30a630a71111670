#!/bin/sh
# `make reproduce-check`: does a fresh clone, computed from nothing, give what is in Git to the byte?
# usage: VENV=.venv sh tools/reproduce_check.sh     STUDIES=1 runs the long studies too.
# What should decide no byte is another there: path, home, time zone, language, and no cache.
set -eu
python=$(cd "$VENV/bin" && pwd)/python
folder=$(mktemp -d)
clone="$folder/another place für das Gleiche"
if [ -n "$(ls data/raw 2>/dev/null)" ]; then
    MNIST_MIRROR=$PWD/data/raw
elif [ -d "${MNIST_MIRROR:-}" ]; then
    MNIST_MIRROR=$(cd "$MNIST_MIRROR" && pwd)
fi
export MNIST_MIRROR="${MNIST_MIRROR:-}" HOME="$folder/home" TZ=Pacific/Kiritimati LC_ALL=C
unset PYTHONUTF8 XDG_CACHE_HOME XDG_CONFIG_HOME MLFLOW_TRACKING_URI
mkdir "$HOME"
git clone --quiet --no-hardlinks . "$clone"
cd "$clone"
echo "reproduce-check: in $clone"

stages=$("$python" -m dvc stage list --name-only)
if [ -z "${STUDIES:-}" ]; then stages=$(echo "$stages" | grep -Ev '^(study|frontier)@|^best$'); fi
# shellcheck disable=SC2086  # the names are words of their own
"$python" -m dvc repro --force --single-item $stages

if [ -n "$(git status --porcelain)" ]; then
    git --no-pager diff --stat
    echo "reproduce-check: not what is in Git; look with: git -C '$clone' diff" >&2
    exit 1
fi
echo "reproduce-check: the same bytes as in Git: $(echo "$stages" | wc -l) stages, $(git ls-files metrics results plots report | wc -l) files and the sums of all others in dvc.lock"
rm -rf "$folder"
