"""A home in an object store, where a put makes something appear whole; through fsspec, which ``UPath`` speaks for.

Nothing there can be renamed, added to or locked: what is built is put, files that grow are put anew, and locks are
held in PostgreSQL (``database_locks``). Programs that read files get copies, made once in a process.
"""

import hashlib
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit

from pydantic import SecretStr

from dvz_assets.errors import DvzError
from dvz_assets.home.database_locks import DatabaseLocks
from dvz_assets.home.storage import Storage, Version
from dvz_assets.home.write_steps import reached

USUAL_FOOTER = 64 * 1024  # bytes that hold the footer of most files; a longer one takes a second request

_making_copies = threading.Lock()


@dataclass(frozen=True)
class ObjectStore(Storage):
    """The storage of a home in an object store; ``lock_database`` is the address of a PostgreSQL database."""

    lock_database: SecretStr

    listing_is_one_look: ClassVar[bool] = True

    def require_reachable(self) -> None:
        """By listing its bucket."""
        try:
            _file_system(self.home).ls(urlsplit(str(self.home)).netloc)
        except Exception as error:
            raise DvzError(
                "STORAGE_UNREACHABLE",
                place="setting home",
                expected="an object store that answers, with a bucket that this account may read and write",
                found=type(error).__name__,
                remedy="correct home, AWS_ENDPOINT_URL or the credentials (as for any S3 client), and run again",
            ) from None

    def version(self, path: Path) -> Version | None:
        """By the tag that the store gives each content."""
        try:
            return _version(_file_system(path).info(str(path)))
        except FileNotFoundError:
            return None

    def versions_below(self, folder: Path, pattern: str) -> dict[Path, Version]:
        """In one list."""
        found = {
            PurePosixPath(name.removeprefix(f"{_key(folder)}/")): _version(info)
            for name, info in _file_system(folder).find(str(folder), detail=True).items()
        }
        depth = pattern.count("/") + 1
        return {
            folder / name: version
            for name, version in found.items()
            if version is not None and name.match(pattern) and len(name.parts) == depth
        }

    def local_path(self, path: Path) -> Path | None:
        """Nowhere."""
        return None

    def readable(self, path: Path, version: Version | None = None) -> Path:
        """A copy."""
        version = version or self.version(path)
        with _making_copies:  # one folder, whichever thread comes first
            folder = Path(_copies(self.work).name)
        copy = folder / hashlib.sha256(f"{path} {version}".encode()).hexdigest()
        if not copy.exists():
            building = copy.with_name(f"{copy.name}.{threading.get_ident()}")
            self.fetch(path, building)
            building.replace(copy)
        return copy

    def cluster_address(self, path: Path) -> str:
        """As Hadoop calls the same store."""
        return f"s3a://{str(path).removeprefix('s3://')}"

    def parquet_footer(self, path: Path, version: Version) -> BytesIO:
        """No more than the end of the file."""
        end = _end(path, version, USUAL_FOOTER)
        length = int.from_bytes(end[-8:-4], "little") + 8  # of the footer with what tells its length
        return BytesIO(end if length <= len(end) else _end(path, version, length))

    def write_whole(self, target: Path, content: bytes, step: str) -> None:
        """In one put."""
        reached(step)
        target.write_bytes(content)

    def read_from(self, file: Path, position: int) -> bytes:
        """Out of the whole: some stores send the checksum of the whole with a part, and clients refuse that."""
        return file.read_bytes()[position:]

    def append_line(self, file: Path, line: bytes, after: int) -> None:
        """There is no end to write to: the file is put anew, so that no line is ever torn."""
        before = file.read_bytes()[:after] if after else b""
        self.write_whole(file, before + line, f"{file.name}: to be put")

    def replace_file(self, source: Path, target: Path) -> None:
        """In one put."""
        _file_system(target).put_file(str(source), str(target))
        source.unlink()

    def _place_folder(self, source: Path, target: Path, last: str) -> None:
        for path in sorted(source.iterdir(), key=lambda each: each.name == last):
            reached(f"{target.name}/{path.name}: to be put")
            _file_system(target).put_file(str(path), str(target / path.name))
        shutil.rmtree(source)

    def remove_folder(self, folder: Path) -> None:
        """All objects whose names begin with it."""
        if folder.exists():
            _file_system(folder).rm(str(folder), recursive=True)

    def fetch(self, path: Path, target: Path) -> None:
        """A copy."""
        target.parent.mkdir(parents=True, exist_ok=True)
        _file_system(path).get_file(str(path), str(target))

    def lock_session(self, holder: str) -> DatabaseLocks:
        """Locks in PostgreSQL."""
        return DatabaseLocks(str(self.home), self.lock_database, holder)


def _file_system(path: Path) -> Any:
    """The fsspec file system of a path."""
    return cast("Any", path).fs


def _end(path: Path, version: Version, length: int) -> bytes:
    return bytes(_file_system(path).cat_file(str(path), start=max(0, version.size - length), end=version.size))


@cache
def _copies(work: Path) -> TemporaryDirectory[str]:
    restricted = work / "restricted"
    restricted.mkdir(parents=True, exist_ok=True)
    return TemporaryDirectory(dir=restricted, prefix="copies-")


def _key(path: Path) -> str:
    return str(path).partition("://")[2]


def _version(info: Mapping[str, Any]) -> Version | None:
    """Of an object; what only looks like a folder has none."""
    # some servers quote the tag of one object and not the tags of a list
    return Version(str(info["ETag"]).strip('"'), int(info["size"])) if info["type"] == "file" else None
