"""Locks of a home in a folder: the operating system's, which end with the process that holds them."""

import fcntl
import time
from pathlib import Path
from typing import TextIO

# a lock that somebody only looks at (``is_held``) is free in a moment
ONCE_MORE, LOOK_SECONDS = 2, 0.02


class FileLocks:
    """Locks of the operating system on files of the home; between machines where its file system holds ``flock``."""

    def __init__(self, folder: Path, holder: str) -> None:
        self._folder, self._holder = folder, holder
        self._files: list[TextIO] = []

    def take(self, name: str, *, wait: bool) -> bool:
        """The file bears the name of its holder."""
        file = self._open(name)
        for waited in range(ONCE_MORE + 1):
            try:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if waited == ONCE_MORE:
                    file.close()
                    return False
                time.sleep(LOOK_SECONDS)
        file.truncate(0)
        file.write(self._holder)
        file.flush()
        self._files.append(file)
        return True

    def is_held(self, name: str) -> bool:
        """Asked with a shared lock, which ends at once."""
        try:
            with self._path(name).open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def holder_of(self, name: str) -> str:
        """What the holder has written."""
        path = self._path(name)
        return path.read_text("utf-8") if path.exists() else ""

    def require_held(self) -> None:
        """An open file keeps its lock."""

    def close(self) -> None:
        """A closed file has none."""
        for file in self._files:
            file.close()

    def _open(self, name: str) -> TextIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._path(name).open("a+")

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.lock"
