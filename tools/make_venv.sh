#!/bin/sh
# Make or reuse a virtual environment with exactly the packages of requirements.lock.
# usage: sh tools/make_venv.sh FOLDER     PYTHON names the interpreter to use.
set -eu
venv=$1

supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

if [ ! -x "$venv/bin/python" ] || ! supported "$venv/bin/python"; then
    found=
    for python in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if supported "$python"; then found=$python; break; fi
    done
    if [ -z "$found" ]; then
        echo "setup: error: no Python 3.11, 3.12 or 3.13 was found; install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2
        exit 1
    fi
    echo "setup: making $venv with $("$found" --version)"
    rm -rf "$venv"
    "$found" -m venv "$venv"
fi
echo "setup: installing the packages of requirements.lock (a few minutes the first time)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --require-hashes -r requirements.lock
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --no-deps --no-build-isolation -e .
