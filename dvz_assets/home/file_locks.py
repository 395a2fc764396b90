"""Locks of a home in a folder: the operating system's, which end with the process that holds them."""

import fcntl
from pathlib import Path
from typing import TextIO


class FileLocks:
    """Locks of the operating system on files of the home; between machines where its file system holds ``flock``."""

    def __init__(self, folder: Path, holder: str) -> None:
        self._folder, self._holder = folder, holder
        self._files: list[TextIO] = []

    def take(self, name: str, *, wait: bool) -> bool:
        """The file bears the name of its holder."""
        file = self._open(name)
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(self._holder)
        file.flush()
        self._files.append(file)
        return True

    def holder_of(self, name: str) -> str:
        """What the holder has written."""
        with self._open(name) as file:
            file.seek(0)
            return file.read()

    def require_held(self) -> None:
        """An open file keeps its lock."""

    def close(self) -> None:
        """A closed file has none."""
        for file in self._files:
            file.close()

    def _open(self, name: str) -> TextIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        return (self._folder / f"{name}.lock").open("a+")
