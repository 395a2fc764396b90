"""Addresses of homes: a folder of this machine, or ``s3://bucket/home`` in an object store.

Only what an address is. How something is read and written at one is ``home.storage``, which alone decides by it.
A path in an object store is a ``UPath``, which speaks as ``pathlib.Path`` does and is typed as one.
"""

import atexit
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

# stores that show an object once it is whole, and at once to everybody
OBJECT_STORES = ("s3",)


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


def is_in_object_store(path: Path) -> bool:
    """Whether a path is the address of an object store."""
    return not isinstance(path, Path)


def _end_clients() -> None:
    """End the thread of fsspec: it would outlive what it refers to, and DuckDB would complain on standard error."""
    from fsspec import asyn

    loop, thread = asyn.loop[0], asyn.iothread[0]
    if loop is not None and thread is not None and loop.is_running():
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
