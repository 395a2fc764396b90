"""Reads a file of the landing zone once, so that what is checked is what is used, and words what is wrong with it."""

import os
import stat
from pathlib import Path

from dvz_assets.errors import DeliveryError

DELIVER_AGAIN = "have the source deliver the month again, with a higher sequence"


def read_once(path: Path, max_bytes: int) -> bytes:
    """All bytes of a regular file; raises DeliveryError. Links are not followed: they lead out of the delivery."""
    try:
        # without O_NONBLOCK, a pipe that somebody left in the folder would be waited for
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise wrong_file(path, "a regular file", "something else")
            if status.st_size > max_bytes:
                raise too_large(path, max_bytes, f"{status.st_size} bytes")
            return file.read()
    except OSError as error:
        reason = "a symbolic link" if path.is_symlink() else (error.strerror or type(error).__name__)
        raise wrong_file(path, "a regular file that can be read", reason) from None


def wrong_file(path: Path, expected: str, found: str, at: str = "", *, code: str = "INVALID_FILE") -> DeliveryError:
    """The error of a file as a whole; ``at`` names a line, row or column, and nothing quotes the file."""
    return DeliveryError(
        code, place=f"{path}, {at}" if at else str(path), expected=expected, found=found, remedy=DELIVER_AGAIN
    )


def too_large(path: Path, max_bytes: int, found: str) -> DeliveryError:
    """The error of a file above the setting ``max_file_bytes``."""
    return DeliveryError(
        "FILE_TOO_LARGE",
        place=str(path),
        expected=f"at most {max_bytes} bytes, unpacked (setting max_file_bytes)",
        found=found,
        remedy="ask the source whether the delivery is right; if it is, raise max_file_bytes to what memory allows",
    )
