"""Where a home stands, and how something in it appears whole: a folder of this machine, or an object store.

A path in an object store (``s3://bucket/home``) is a ``UPath``, which speaks as ``pathlib.Path`` does and is typed as
one. In a folder, a rename makes something appear whole; in an object store a put does, which is there whole or not at
all. So everything is built on this machine, in the home or in the setting ``scratch``, and moved when it is done.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from urllib.parse import urlsplit

from dvz_assets.errors import DvzError
from dvz_assets.flow.write_steps import reached

# stores that show an object once it is whole, and at once to everybody
OBJECT_STORES = ("s3",)


def is_address(place: object) -> bool:
    """Whether a setting names an object store and not a folder."""
    return "://" in str(place)


def shared_path(address: str) -> Path:
    """The path of an address such as ``s3://bucket/home``; raises ValueError when there can be no home at it."""
    parts = urlsplit(address)
    if parts.scheme not in OBJECT_STORES or not parts.netloc or not parts.path.strip("/"):
        raise ValueError("a folder, or an address such as s3://bucket/home")
    try:
        from upath import UPath
    except ImportError:
        raise ValueError("a folder, for the extra shared is not installed: pip install 'dvz-assets[shared]'") from None
    # other machines write there too: what was listed before is not what is there now
    return cast("Path", UPath(address.rstrip("/"), use_listings_cache=False))


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


def version_of(path: Path) -> str:
    """Differs for another content: a file is only ever replaced whole, so by another inode, time or size."""
    if is_shared(path):
        return str(file_system(path).ukey(str(path)))
    stat = path.stat()
    return f"{stat.st_ino} {stat.st_mtime_ns} {stat.st_size}"


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

    What a process that died has left of it is removed first.
    """
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


@contextmanager
def on_this_machine(path: Path, work: Path) -> Iterator[Path]:
    """A file of a home for what reads only files of this machine: itself, or a copy below ``work`` for the moment."""
    if not is_shared(path):
        yield path
        return
    work.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=work, prefix="copy-") as folder:
        copy = Path(folder) / path.name
        take(path, copy)
        yield copy


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
