"""What is made once and kept below the work folder, as long as the code that made it is the same."""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What the rows of the pipeline, and the time they take, hang on.
PIPELINE = ("dvz_assets", "sql", "expectations", "reference")
# The same for the program that stands for "nothing else".
BARE = ("benchmarks/bare.py", "benchmarks/job.py", "reference")


def code_hash(sources: Sequence[str]) -> str:
    """Hash of all files below these files and folders of the repository."""
    found = hashlib.sha256()
    for source in sources:
        path = ROOT / source
        files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
        for file in files:
            if "__pycache__" not in file.parts:
                found.update(f"{file.relative_to(ROOT)}\n".encode())
                found.update(file.read_bytes())
    return found.hexdigest()[:16]


def kept(work: Path, kind: str, name: str, sources: Sequence[str], build: Callable[[Path], None]) -> Path:
    """The folder that ``build`` fills; built again, and what others of its kind were made by other code removed."""
    of_code = work / kind / code_hash(sources)
    folder, complete = of_code / name, of_code / f"{name}.complete"
    if not complete.exists():
        for other in (work / kind).glob("*"):
            if other != of_code:
                shutil.rmtree(other)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        build(folder)
        complete.touch()
    return folder
