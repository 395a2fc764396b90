"""A home in a folder of this machine: a rename makes something appear whole."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dvz_assets.home.file_locks import FileLocks
from dvz_assets.home.storage import Storage, Version
from dvz_assets.home.write_steps import reached


@dataclass(frozen=True)
class Folder(Storage):
    """The storage of a home in a folder."""

    listing_is_one_look: ClassVar[bool] = False

    def require_reachable(self) -> None:
        """A folder is made where it is missing."""

    def version(self, path: Path) -> Version | None:
        """By inode, time and size."""
        try:
            stat = path.stat()
        except FileNotFoundError:
            return None
        return Version(f"{stat.st_ino} {stat.st_mtime_ns}", stat.st_size)

    def versions_below(self, folder: Path, pattern: str) -> dict[Path, Version]:
        """One look at each file."""
        return {path: version for path in folder.glob(pattern) if (version := self.version(path)) is not None}

    def local_path(self, path: Path) -> Path | None:
        """The file itself."""
        return path

    def readable(self, path: Path, version: Version | None = None) -> Path:
        """The file itself."""
        return path

    def cluster_address(self, path: Path) -> str:
        """The same path, on storage that the machines of the cluster share."""
        return f"file://{path}"

    def parquet_footer(self, path: Path, version: Version) -> Path:
        """The file itself."""
        return path

    def write_whole(self, target: Path, content: bytes, step: str) -> None:
        """Written with another name, and renamed."""
        make_folder(target.parent)
        building = target.with_name(f".{target.name}.building")
        building.write_bytes(content)
        reached(step)
        self.replace_file(building, target)

    def read_from(self, file: Path, position: int) -> bytes:
        """Without what is before it."""
        with file.open("rb") as opened:
            opened.seek(position)
            return opened.read()

    def append_line(self, file: Path, line: bytes, after: int) -> None:
        """A crash may leave the beginning of a line; a power cut a whole one with zeros in it."""
        make_folder(file.parent)
        is_new = not file.exists()
        with file.open("wb" if is_new else "r+b") as opened:
            opened.truncate(after)
            opened.seek(after)
            opened.write(line)
        sync(file)
        if is_new:
            sync(file.parent)

    def replace_file(self, source: Path, target: Path) -> None:
        """By a rename."""
        replace_file(source, target)

    def _place_folder(self, source: Path, target: Path, last: str) -> None:
        for path in source.iterdir():
            sync(path)
        sync(source)
        make_folder(target.parent)
        source.rename(target)
        sync(target.parent)

    def remove_folder(self, folder: Path) -> None:
        """At once."""
        shutil.rmtree(folder, ignore_errors=True)

    def fetch(self, path: Path, target: Path) -> None:
        """By a second name for the same file."""
        make_folder(target.parent)
        target.hardlink_to(path)

    def lock_session(self, holder: str) -> FileLocks:
        """Locks on files of the home."""
        make_folder(self.home)  # which the folder of the locks would make otherwise, unsynchronised
        return FileLocks(self.home / "locks", holder)


def replace_file(source: Path, target: Path) -> None:
    """Move a file of this machine over another one of it, in one step that survives a power cut."""
    make_folder(target.parent)
    sync(source)
    source.replace(target)
    sync(target.parent)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing; a power cut does not take them away again."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
