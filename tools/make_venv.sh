#!/bin/sh
# Make, mend or reuse a virtual environment with exactly the packages of a lock file.
# usage: sh tools/make_venv.sh FOLDER [LOCK]     PYTHON names the interpreter to use.
set -eu
venv=${1:?the folder of the environment has no name}
lock=${2:-requirements.lock}

fail() {
    echo "setup: error: $1" >&2
    exit 1
}

supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

# What an environment is good for: this place, this checkout, this Python, these packages. An
# environment that is moved has scripts that point to nothing; one that was interrupted has no stamp.
stamp() {
    (cd "$venv" && pwd -P) && pwd -P && "$venv/bin/python" --version && cksum "$lock"
}

if now=$(stamp 2>/dev/null) && [ "$now" = "$(cat "$venv/.ready" 2>/dev/null)" ]; then exit 0; fi

if [ -L "$venv" ] && [ ! -e "$venv" ]; then
    fail "$venv is a link to a folder that is not there; make that folder, or delete the link"
fi
if [ -n "$(ls -A "$venv" 2>/dev/null)" ] && [ ! -f "$venv/pyvenv.cfg" ]; then
    fail "$venv holds files and is no virtual environment; name another folder: make VENV=/path/to/folder ..."
fi

mkdir -p "$venv"
place=$(cd "$venv" && pwd -P)
if ! supported "$venv/bin/python" || [ "$(head -n 1 "$venv/.ready" 2>/dev/null)" != "$place" ]; then
    # Away with what is half made, also because $venv/bin may be first on the PATH. pyvenv.cfg, which
    # says that this is an environment, is always there, should this be interrupted.
    touch "$place/pyvenv.cfg"
    find "$place" -mindepth 1 -maxdepth 1 ! -name pyvenv.cfg -exec rm -rf {} +
    found=
    for python in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if supported "$python"; then found=$python; break; fi
    done
    if [ -n "$found" ] && "$found" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "setup: making $venv with $("$found" --version)"
        said=$("$found" -m venv "$place" 2>&1) || fail "$venv cannot be made: $(echo "$said" | tail -n 1)"
    elif command -v uv >/dev/null; then
        echo "setup: making $venv with uv"
        uv venv --quiet --clear --no-project --python "${found:->=3.11,<3.14}" "$place"
    elif [ -n "$found" ]; then
        fail "$found cannot make virtual environments; install its module (on Debian and Ubuntu: apt-get install python3-venv) or uv"
    else
        fail "no Python 3.11, 3.12 or 3.13 was found; install one, or name it: make PYTHON=/path/to/python3.12 ..."
    fi
fi
echo "setup: installing the packages of $lock into $venv"
rm -f "$venv/.ready"
"$venv/bin/python" tools/install.py "$lock"
stamp >"$venv/.ready"
