"""Where a home stands, and how something in it appears whole: a folder of this machine, or an object store.

A path in an object store (``s3://bucket/home``) is a ``UPath``, which speaks as ``pathlib.Path`` does and is typed as
one. In a folder, a rename makes something appear whole; in an object store a put does, which is there whole or not at
all. So everything is built on this machine, in the home or in the setting ``scratch``, and moved when it is done.
"""

import atexit
import hashlib
import os
import shutil
import threading
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from dvz_assets.errors import DvzError
from dvz_assets.home.write_steps import reached

# stores that show an object once it is whole, and at once to everybody
OBJECT_STORES = ("s3",)
USUAL_FOOTER = 64 * 1024  # bytes that hold the footer of most files; a longer one takes a second request

_making_copies = threading.Lock()


class Version(NamedTuple):
    """What tells one content of a file from another: it is only ever replaced whole."""

    tag: str
    size: int


def path_at(place: str | Path) -> Path:
    """A folder of this machine, or the path of an address such as ``s3://bucket/home``.

    Raises ValueError when there can be no home at it.
    """
    if "://" not in str(place):
        return Path(place).expanduser().absolute()
    parts = urlsplit(str(place))
    if parts.scheme not in OBJECT_STORES or not parts.netloc or not parts.path.strip("/"):
        raise ValueError("a folder, or an address such as s3://bucket/home")
    try:
        from upath import UPath
    except ImportError:
        raise ValueError("a folder, for the extra shared is not installed: pip install 'dvz-assets[shared]'") from None
    atexit.register(_end_clients)
    # other machines write there too: what was listed before is not what is there now
    return cast("Path", UPath(str(place).rstrip("/"), use_listings_cache=False))


def _end_clients() -> None:
    """End the thread of fsspec: it would outlive what it refers to, and DuckDB would complain on standard error."""
    from fsspec import asyn

    loop, thread = asyn.loop[0], asyn.iothread[0]
    if loop is not None and thread is not None and loop.is_running():
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def is_shared(path: Path) -> bool:
    """Whether a path is one in an object store."""
    return not isinstance(path, Path)


def file_system(path: Path) -> Any:
    """The fsspec file system of a path in an object store."""
    return cast("Any", path).fs


def require_reachable(home: Path) -> None:
    """Raise DvzError when the object store of a home does not answer, or does not let this account in."""
    if is_shared(home):
        try:
            file_system(home).ls(urlsplit(str(home)).netloc)
        except Exception as error:
            raise DvzError(
                "STORAGE_UNREACHABLE",
                place="setting home",
                expected="an object store that answers, with a bucket that this account may read and write",
                found=type(error).__name__,
                remedy="correct home, AWS_ENDPOINT_URL or the credentials (as for any S3 client), and run again",
            ) from None


def version_of(path: Path) -> Version | None:
    """The version of a file; None when there is none."""
    try:
        if is_shared(path):
            return _version(file_system(path).info(str(path)))
        stat = path.stat()
    except FileNotFoundError:
        return None
    return Version(f"{stat.st_ino} {stat.st_mtime_ns}", stat.st_size)


def versions_below(folder: Path, pattern: str) -> dict[Path, Version]:
    """The files below a folder whose path there fits a pattern, with their versions; of an object store in one list."""
    if not is_shared(folder):
        return {path: version for path in folder.glob(pattern) if (version := version_of(path)) is not None}
    found = {
        PurePosixPath(name.removeprefix(f"{_key(folder)}/")): _version(info)
        for name, info in file_system(folder).find(str(folder), detail=True).items()
    }
    depth = pattern.count("/") + 1
    return {
        folder / name: version
        for name, version in found.items()
        if version is not None and name.match(pattern) and len(name.parts) == depth
    }


def readable(path: Path, version: Version | None, work: Path) -> Path:
    """A file of a home for what reads only files of this machine: itself, or a copy of the version that it has now.

    Copies stand below ``work`` until the process ends, so that each is made once.
    """
    if not is_shared(path):
        return path
    with _making_copies:  # one folder, whichever thread comes first
        folder = Path(_copies(work).name)
    copy = folder / hashlib.sha256(f"{path} {version}".encode()).hexdigest()
    if not copy.exists():
        building = copy.with_name(f"{copy.name}.{threading.get_ident()}")
        take(path, building)
        building.replace(copy)
    return copy


def readable_now(path: Path, work: Path) -> Path:
    """The same of a file whose version nobody has looked up."""
    return readable(path, version_of(path), work) if is_shared(path) else path


def parquet_footer(path: Path, version: Version) -> Path | BytesIO:
    """What to read a Parquet file's metadata from: the file, or of one in an object store no more than its end."""
    if not is_shared(path):
        return path
    end = _end(path, version, USUAL_FOOTER)
    length = int.from_bytes(end[-8:-4], "little") + 8  # of the footer with what tells its length
    return BytesIO(end if length <= len(end) else _end(path, version, length))


def _end(path: Path, version: Version, length: int) -> bytes:
    return bytes(file_system(path).cat_file(str(path), start=max(0, version.size - length), end=version.size))


@cache
def _copies(work: Path) -> TemporaryDirectory[str]:
    restricted = work / "restricted"
    restricted.mkdir(parents=True, exist_ok=True)
    return TemporaryDirectory(dir=restricted, prefix="copies-")


def _key(path: Path) -> str:
    return str(path).partition("://")[2]


def _version(info: Mapping[str, Any]) -> Version | None:
    """Of an object; what only looks like a folder has none."""
    return Version(str(info["ETag"]), int(info["size"])) if info["type"] == "file" else None


def write_whole(target: Path, content: bytes, step: str) -> None:
    """Write a small file that appears whole; ``step`` names the moment before it does."""
    if is_shared(target):
        reached(step)
        target.write_bytes(content)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    building = target.with_name(f".{target.name}.building")
    building.write_bytes(content)
    reached(step)
    replace_file(building, target)


def replace_file(source: Path, target: Path) -> None:
    """Move a file of this machine over ``target`` in one step that survives a power cut."""
    if is_shared(target):
        file_system(target).put_file(str(source), str(target))
        source.unlink()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    sync(source)
    source.replace(target)
    sync(target.parent)


def move_folder(source: Path, target: Path, last: str) -> None:
    """Let a folder of this machine appear as ``target``, which is whole when it holds the file ``last``.

    What a process that died has left of it is removed first. Raises DvzError when a whole one is there.
    """
    if (target / last).exists():
        raise DvzError(
            "FOLDER_IS_THERE",
            place=str(target),
            expected="no such folder, for what is there is never changed",
            found="one that another process has made",
            remedy="see that nothing else runs on this home, and run again",
        )
    remove_folder(target)
    if is_shared(target):
        for path in sorted(source.iterdir(), key=lambda each: each.name == last):
            reached(f"{target.name}/{path.name}: to be put")
            file_system(target).put_file(str(path), str(target / path.name))
        shutil.rmtree(source)
        return
    for path in source.iterdir():
        sync(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)
    sync(target.parent)


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it, if it is there."""
    if is_shared(folder):
        if folder.exists():
            file_system(folder).rm(str(folder), recursive=True)
        return
    shutil.rmtree(folder, ignore_errors=True)


def take(source: Path, target: Path) -> None:
    """Let a file of a home stand as ``target`` on this machine too; neither is changed in place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if is_shared(source):
        file_system(source).get_file(str(source), str(target))
    else:
        target.hardlink_to(source)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
