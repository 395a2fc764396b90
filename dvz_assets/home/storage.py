"""What a home stands on: its files, which appear whole or not at all, and its locks.

One interface with two implementations: a folder of this machine (``folder``) and an object store (``object_store``).
Everything is built on this machine, below ``work``, and moved when it is done. Callers hold the storage of their home
and never ask which of the two it is.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

from dvz_assets.addresses import is_in_object_store
from dvz_assets.errors import DvzError
from dvz_assets.settings import Settings


class Version(NamedTuple):
    """What tells one content of a file from another: it is only ever replaced whole."""

    tag: str
    size: int


class LockSession(Protocol):
    """Locks of one holder, freed together, and when the process of the holder dies."""

    def take(self, name: str, *, wait: bool) -> bool:
        """Take a lock that another may hold: wait for it, or return False."""
        ...

    def is_held(self, name: str) -> bool:
        """Whether another holder has a lock; takes and writes nothing."""
        ...

    def holder_of(self, name: str) -> str:
        """Name the other holder of a lock; empty when it is not known."""
        ...

    def require_held(self) -> None:
        """Raise DvzError when the locks were lost."""
        ...

    def close(self) -> None:
        """Free all of them."""
        ...


@dataclass(frozen=True)
class Storage(ABC):
    """The storage of one home; ``work`` is the folder of this machine below which everything is built."""

    home: Path
    work: Path

    # whether the versions of a folder cost no more than the version of one file in it
    listing_is_one_look: ClassVar[bool]

    @abstractmethod
    def require_reachable(self) -> None:
        """Raise DvzError when the storage does not answer, or does not let this account in."""

    @abstractmethod
    def version(self, path: Path) -> Version | None:
        """Return the version of a file; None when there is none."""

    @abstractmethod
    def versions_below(self, folder: Path, pattern: str) -> dict[Path, Version]:
        """Return the files below a folder whose path there fits a pattern, with their versions."""

    @abstractmethod
    def local_path(self, path: Path) -> Path | None:
        """Return where programs of this machine open the file itself; None where they need a copy of it."""

    @abstractmethod
    def readable(self, path: Path, version: Version | None = None) -> Path:
        """Return a file for what reads only files of this machine: itself, or a copy of its version.

        The version is looked up where it is not given. Copies stand below ``work`` until the process ends, so that
        each is made once.
        """

    @abstractmethod
    def cluster_address(self, path: Path) -> str:
        """Return where a cluster that sees the home finds a file."""

    @abstractmethod
    def parquet_footer(self, path: Path, version: Version) -> Path | BytesIO:
        """Return what to read a Parquet file's metadata from."""

    @abstractmethod
    def write_whole(self, target: Path, content: bytes, step: str) -> None:
        """Write a small file that appears whole; ``step`` names the moment before it does."""

    @abstractmethod
    def read_from(self, file: Path, position: int) -> bytes:
        """Return the content of a file from a position on; nothing where it is shorter."""

    @abstractmethod
    def append_line(self, file: Path, line: bytes, after: int) -> None:
        """Add a line to a file after so many bytes, which are all that is whole; it is stored when this returns.

        What a crash left of another line there is taken away: its append never returned, so nobody relies on it.
        """

    @abstractmethod
    def replace_file(self, source: Path, target: Path) -> None:
        """Move a file of this machine over ``target`` in one step that survives a power cut."""

    def move_folder(self, source: Path, target: Path, last: str) -> None:
        """Let a folder of this machine appear as ``target``, which is whole when it holds the file ``last``.

        What a process that died has left there is removed first. Raises DvzError when a whole one is there.
        """
        if (target / last).exists():
            raise DvzError(
                "FOLDER_IS_THERE",
                place=str(target),
                expected="no such folder, for what is there is never changed",
                found="one that another process has made",
                remedy="see that nothing else runs on this home, and run again",
            )
        self.remove_folder(target)
        self._place_folder(source, target, last)

    @abstractmethod
    def _place_folder(self, source: Path, target: Path, last: str) -> None:
        """Move a folder of this machine to ``target``, where nothing is; the file ``last`` is the last to appear."""

    @abstractmethod
    def remove_folder(self, folder: Path) -> None:
        """Remove a folder with all that is in it, if it is there."""

    @abstractmethod
    def fetch(self, path: Path, target: Path) -> None:
        """Let a file of the home stand as ``target`` on this machine too; neither is changed in place."""

    @abstractmethod
    def lock_session(self, holder: str) -> LockSession:
        """Begin to hold locks of the home under a name that others are told."""


def storage_of(settings: Settings) -> Storage:
    """Return the storage of the home that the settings name."""
    if is_in_object_store(settings.home):
        from dvz_assets.home.object_store import ObjectStore

        assert settings.lock_database is not None, "settings ask for it"
        return ObjectStore(settings.home, settings.work, settings.lock_database)
    from dvz_assets.home.folder import Folder

    return Folder(settings.home, settings.work)
