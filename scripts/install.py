"""Installs what a lock names, and this project, into .venv: ``python scripts/install.py requirements-run.lock``.

uv does it: the one that is there when it is as new as the pinned one, else the pinned one, which pip brings into .venv.
Packages come from where pip is told to look for them, so whoever has set pip up (a mirror, a folder of wheels) need not
set uv up too; what uv is told itself counts more. Needs nothing but Python, for nothing is installed yet.
"""

import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
ENVIRONMENT = PROJECT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
RUN_LOCK = "requirements-run.lock"  # of the one who wants to see it run, in a folder of their own
SETUP_LOCK = PROJECT / "requirements-setup.lock"
# settings of pip, and the variables in which uv is told the same
SAME_FOR_UV = {
    "index_url": "UV_DEFAULT_INDEX",
    "extra_index_url": "UV_INDEX",
    "find_links": "UV_FIND_LINKS",
    "no_index": "UV_NO_INDEX",
    "cert": "SSL_CERT_FILE",
}
BETWEEN_PLACES = {"UV_FIND_LINKS": ","}


def main(locks: Sequence[str]) -> None:
    """Install the locks named on the command line; ends with the status of what went wrong."""
    say(f"Installing {' and '.join(locks)} into {ENVIRONMENT.name} ...")
    if not PYTHON.with_name("pip").exists():  # it comes last
        venv.create(ENVIRONMENT, with_pip=True)
    uv = usable_uv()
    environment = {**uv_settings(pip_settings()), **os.environ}
    install = [uv, "pip", "install", "--python", str(PYTHON), "--no-deps"]
    # else Python writes the bytecode of what it imports, the first time: a fifth of all that was installed
    compiled = ["--compile-bytecode"] if sys.dont_write_bytecode or RUN_LOCK not in locks else []
    for options in (
        ["--require-hashes", *compiled, *(option for lock in locks for option in ("--requirement", lock))],
        # after the lock, which has what builds it
        ["--quiet", "--no-build-isolation", "--editable", "."],
    ):
        run([*install, *options], environment)


def say(text: str) -> None:
    """Print at once, also where output is no terminal."""
    print(text, flush=True)  # noqa: T201  (a program for the command line)


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Run a command in the project; end with its status when it fails, as it has said why."""
    status = subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode
    if status != 0:
        raise SystemExit(status)


def usable_uv() -> str:
    """The path of a uv that fits, which is installed when there is none."""
    pinned = version_in(SETUP_LOCK.read_text("utf-8"))
    for found in (str(PYTHON.with_name("uv")), shutil.which("uv")):
        if found and Path(found).exists():
            said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
            if version_in(said) >= pinned:
                return found
    say("First uv, which installs the rest ...")
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    run([*pip, "--require-hashes", "--requirement", str(SETUP_LOCK)])
    return str(PYTHON.with_name("uv"))


def version_in(text: str) -> tuple[int, ...]:
    """The version that ``uv --version`` or a lock names; nothing, which is older than all, when there is none."""
    found = re.match(r"uv(?: |==)(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in found.groups()) if found else ()


def pip_settings() -> dict[str, str]:
    """What pip is told about where packages are, by its files and its variables, the variables last."""
    listed = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    settings: dict[str, str] = {}
    lines = (re.match(r"(\S+?)\.([\w.-]+)='(.*)'$", line) for line in listed.splitlines())
    for found in sorted(filter(None, lines), key=lambda each: each[1] == ":env:"):
        settings[found[2].strip(".").replace("-", "_")] = found[3].replace("\\n", " ").strip()
    return settings


def uv_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """The same, as variables for uv."""
    told = {
        variable: BETWEEN_PLACES.get(variable, " ").join(settings[name].split())
        for name, variable in SAME_FOR_UV.items()
        if settings.get(name)
    }
    # as pip does: any of the places may have the release that the lock names; which file it is the hash says
    return {"UV_INDEX_STRATEGY": "unsafe-best-match", **told}


if __name__ == "__main__":
    main(sys.argv[1:])
