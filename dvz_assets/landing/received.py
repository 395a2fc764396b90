"""Opens whatever is read of the landing zone, and nothing else does: its folders, and the files in them.

Others write there. So each file is opened once, and what is checked is what is used; links are followed nowhere below
the landing zone; only a regular file is read, and of it no more than its limit; and nothing is waited for.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dvz_assets.errors import DeliveryError

# of what is no table: vouchers, requests, answers
MAX_JSON_BYTES = 1024**2
DELIVER_AGAIN = "have the source deliver the month again, with a higher sequence"
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# without O_NONBLOCK, a pipe that somebody left in the folder would be waited for
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
REASONS = {
    errno.ELOOP: "a symbolic link",
    errno.ENOTDIR: "a symbolic link or another thing in place of a folder",
    errno.ENXIO: "something else",  # a socket
}


@dataclass(frozen=True, slots=True)
class ReceivedFolder:
    """A folder of the landing zone: the zone itself, which may be a link, and the names that lead down from it.

    Errors give the path, so a caller names only what has the form of the contract.
    """

    landing: Path
    below: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The folder as messages name it; nothing is opened by it."""
        return self.landing.joinpath(*self.below)

    def names(self) -> list[str]:
        """Names in the folder, in order; none where there is no folder. Raises DeliveryError when it is no folder."""
        try:
            with self._opened() as folder:
                return sorted(os.listdir(folder))  # noqa: PTH208 -- pathlib knows no open folder
        except FileNotFoundError:
            return []
        except OSError as error:
            raise wrong_file(self.path, "a folder that can be read", _reason(error)) from None

    def holds(self, name: str) -> bool:
        """Whether anything has this name; if it is no file, reading it says so."""
        try:
            with self._opened() as folder:
                os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        except OSError:  # something stands in the way
            return True
        return True

    def read(self, name: str, max_bytes: int) -> bytes:
        """All bytes of a regular file of at most so many; raises DeliveryError."""
        path = self.path / name
        try:
            with self._opened() as folder, os.fdopen(os.open(name, FILE, dir_fd=folder), "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise wrong_file(path, "a regular file", "something else")
                if status.st_size > max_bytes:
                    raise too_large(path, max_bytes, f"{status.st_size} bytes")
                content = file.read(status.st_size + 1)
        except OSError as error:
            raise wrong_file(path, "a regular file that can be read", _reason(error)) from None
        if len(content) != status.st_size:
            raise wrong_file(path, "a file that is complete", "one that changed while it was read")
        return content

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The open folder, reached step by step."""
        folder = os.open(self.landing, FOLDER)
        try:
            for name in self.below:
                inner = os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)


def wrong_file(path: Path, expected: str, found: str, at: str = "", *, code: str = "INVALID_FILE") -> DeliveryError:
    """The error of a file as a whole; ``at`` names a line, row or column, and nothing quotes the file."""
    return DeliveryError(
        code, place=f"{path}, {at}" if at else str(path), expected=expected, found=found, remedy=DELIVER_AGAIN
    )


def too_large(path: Path, max_bytes: int, found: str) -> DeliveryError:
    """The error of a file above its limit: the setting ``max_file_bytes``, or that of all JSON."""
    if max_bytes == MAX_JSON_BYTES:
        return wrong_file(path, f"at most {max_bytes} bytes", found, code="FILE_TOO_LARGE")
    return DeliveryError(
        "FILE_TOO_LARGE",
        place=str(path),
        expected=f"at most {max_bytes} bytes, unpacked (setting max_file_bytes)",
        found=found,
        remedy="ask the source whether the delivery is right; if it is, raise max_file_bytes to what memory allows",
    )


def _reason(error: OSError) -> str:
    return REASONS.get(error.errno or 0) or error.strerror or type(error).__name__
