"""The long form, ``make powercut``: prints how many cuts were tried and the violations found."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.powercut.laboratory import CHECKOUT
from tests.powercut.recording import is_possible

CUTS, LOOKS, SEED, PERSONS = 500, 5000, 1, 40
# what reaches a disk is recorded, and not asked of one: in memory, synchronising takes no time
IN_MEMORY = Path("/dev/shm")


def main() -> None:
    """Everything; exit status 1 when a violation was found."""
    if not is_possible():
        sys.exit("strace is needed (Debian: apt-get install strace), and leave to look at a program with it")
    # a pool of threads would be made in each of a thousand processes
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as work:
        program = [sys.executable, "-W", "ignore", "-m", "tests.powercut.laboratory", work]
        arguments = [str(CUTS), str(LOOKS), str(SEED), str(PERSONS)]
        ran = subprocess.Popen([*program, *arguments], cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True)
        signal.signal(signal.SIGTERM, lambda *_: ran.terminate())  # it tells of what it has tried
        said, _ = ran.communicate()
    found = json.loads(said.splitlines()[-1])
    for action, cuts in found["tried"].items():
        sys.stdout.write(f"{action:>20}: {cuts} cuts\n")
    looked = f"{found['looked']} more of which the files were looked at"
    sys.stdout.write(f"{found['operations']} changes recorded, {looked}, violations found: {len(found['problems'])}\n")
    sys.stdout.writelines(f"  {where}: {what}\n" for where, what in found["problems"].items())
    sys.exit(1 if found["problems"] else 0)


if __name__ == "__main__":
    main()
