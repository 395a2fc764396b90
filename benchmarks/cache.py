"""Folders that are built once and used again, as long as the code that built them is the same."""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What the rows of the pipeline, and the time they take, depend on.
PIPELINE = ("dvz_assets", "sql", "expectations", "reference")


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


def cached(work: Path, kind: str, name: str, sources: Sequence[str], build: Callable[[Path], None]) -> Path:
    """Give the folder that ``build`` fills, built again when the sources changed; folders of older code are removed."""
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
