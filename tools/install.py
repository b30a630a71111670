"""Install exactly a lock file into the environment whose Python runs this.

usage: VENV/bin/python tools/install.py LOCK     after requirements.lock, this checkout as well.

uv does it, in the release that requirements.lock pins; where it cannot, pip does, and takes
minutes. Both ask where the user's settings of pip say, and take nothing else from them: what is
installed is the lock's business.
"""

import ast
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PROJECT_LOCK = "requirements.lock"
PIP = [sys.executable, "-m", "pip"]
UV = [sys.executable, "-m", "uv", "pip"]

#: Settings of pip that say from where and how to fetch, with uv's variable for the same.
FETCHING = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "",  # uv has an option only
    "trusted-host": "UV_INSECURE_HOST",
    "keyring-provider": "UV_KEYRING_PROVIDER",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "retries": "UV_HTTP_RETRIES",
    "cache-dir": "",  # each has its own
    "no-cache-dir": "",
}

#: How the variables of uv begin that say the same. Others could change what is installed.
FETCHING_BY_UV = re.compile(
    "UV_(DEFAULT_INDEX|INDEX|EXTRA_INDEX|FIND_LINKS|INSECURE_HOST|HTTP|REQUEST_TIMEOUT|OFFLINE|"
    "KEYRING|CREDENTIALS|NATIVE_TLS|SYSTEM_CERTS|CACHE_DIR|NO_CACHE|LINK_MODE|CONCURRENT|"
    "CONFIG_FILE|NO_CONFIG|NO_PROGRESS)"
)


def pip_settings() -> dict[str, str]:
    """Return the settings of `FETCHING` that pip's files and variables hold, as pip ranks them."""
    done = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=False)
    lines = [line.partition("=") for line in done.stdout.splitlines() if "='" in line]
    ranked: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for key, _, value in lines:
        section, _, name = key.rpartition(".")
        if section in ranked and name in FETCHING:
            ranked[section][name] = ast.literal_eval(value)
    return ranked["global"] | ranked["install"] | ranked[":env:"]


def environments(settings: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the environment variables for pip and for uv."""
    common = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_")) or FETCHING_BY_UV.match(name)
    }
    for_pip = {f"PIP_{name.upper().replace('-', '_')}": value for name, value in settings.items()}
    for_uv = {}
    for name, value in settings.items():
        if name == "index-url" and "UV_INDEX_URL" in common:
            continue  # uv's older name for the same
        if variable := FETCHING[name]:
            separator = "," if name == "find-links" else " "
            for_uv[variable] = separator.join(value.split())
    return (
        common | for_pip | {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        # Hashes decide what is taken, whatever index has it.
        for_uv | common | {"UV_INDEX_STRATEGY": "unsafe-best-match"},
    )


def bring_uv(for_pip: Mapping[str, str], for_uv: Mapping[str, str]) -> None:
    """Install uv as the project's lock pins it; one that lies on the PATH may be any release."""
    lock = Path(PROJECT_LOCK).read_text(encoding="utf-8")
    (lines,) = re.findall(r"^uv==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    pinned = Path(sys.prefix) / "uv.txt"
    pinned.write_text(lines, encoding="utf-8")
    options = ["-qq", "--require-hashes", "-r", str(pinned)]
    if importlib.util.find_spec("pip"):
        subprocess.run([*PIP, "install", *options], check=True, env=for_pip)
    else:  # an environment that uv made
        command = ["uv", "pip", "install", "--python", sys.executable, *options]
        subprocess.run(command, check=True, env=for_uv)


def install(commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> None:
    """Run commands that say something only if they fail.

    Raises
    ------
    subprocess.CalledProcessError
        If one fails.
    """
    for command in commands:
        subprocess.run(command, check=True, env=environment)


def main(arguments: Sequence[str]) -> int:
    """Install the lock file that is named; return the exit code."""
    (lock,) = arguments
    settings = pip_settings()
    for_pip, for_uv = environments(settings)
    target = ["--quiet", "--python", sys.executable]
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        target.append("--no-index")
    by_uv = [[*UV, "sync", *target, "--require-hashes", lock]]
    by_pip = [[*PIP, "install", "--quiet", "--require-hashes", "-r", lock]]
    if lock == PROJECT_LOCK:
        checkout = ["--no-deps", "--no-build-isolation", "-e", "."]
        by_uv.append([*UV, "install", *target, *checkout])
        by_pip.append([*PIP, "install", "--quiet", *checkout])
    try:
        bring_uv(for_pip, for_uv)
        install(by_uv, for_uv)
        return 0
    except subprocess.CalledProcessError:
        print("setup: uv could not install; pip does it now, which takes minutes", file=sys.stderr)
    try:
        install(by_pip, for_pip)
        return 0
    except subprocess.CalledProcessError:
        print(
            "setup: error: the packages could not be installed; docs/installation.md says how it "
            "goes behind a proxy, from another index or from a folder",
            file=sys.stderr,
        )
        return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
