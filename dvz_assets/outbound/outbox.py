"""The outbox: where the receiver fetches deliveries. A folder, SFTP or an object store, through one fsspec interface.

A file is read back after it was written. The last file of a delivery appears whole: under another name first, and
renamed, where the store has no writing in one step. Hosts and keys are those of the settings, and no others: no agent,
no configuration of the account, no password.
"""

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dvz_assets.errors import DvzError
from dvz_assets.home.folder import make_folder, sync
from dvz_assets.home.write_steps import reached
from dvz_assets.settings import Settings

SECONDS_TO_CONNECT = 30
SECONDS_BETWEEN_SIGNS_OF_LIFE = 15
OTHERS_MAY_READ = 0o077


class Outbox:
    """An open outbox; ``puts_whole`` says that a file appears there in one step.

    In one that ``is_folder`` of this machine, what was put survives a power cut.
    """

    def __init__(self, files: Any, root: str, *, puts_whole: bool, is_folder: bool = False) -> None:
        self._files, self._root, self._puts_whole, self._is_folder = files, root, puts_whole, is_folder

    def content(self, name: str) -> bytes | None:
        """Return what stands under a name; None when nothing does."""
        try:
            return bytes(self._files.cat_file(self._path(name)))
        except FileNotFoundError:
            return None

    def put(self, name: str, content: bytes) -> None:
        """Write a file and read it back; raises DvzError when it is not what was written."""
        self._put(name, content)
        reached(f"outbox: {posixpath.basename(name)} put")
        self._require(name, content)

    def put_whole(self, name: str, content: bytes) -> None:
        """Write a file that appears whole, after it was read back where that can be done before."""
        if self._puts_whole:
            self.put(name, content)
            return
        building = posixpath.join(posixpath.dirname(name), f".{posixpath.basename(name)}.part")
        self.put(building, content)
        self._files.mv(self._path(building), self._path(name))
        self._synchronise(posixpath.dirname(name))
        reached(f"outbox: {posixpath.basename(name)} renamed")

    def _put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        if self._is_folder:
            make_folder(Path(path).parent)
        elif not self._puts_whole:
            self._files.makedirs(posixpath.dirname(path), exist_ok=True)
        self._files.pipe_file(path, content)
        self._synchronise(name)
        self._synchronise(posixpath.dirname(name))

    def _synchronise(self, name: str) -> None:
        """In a folder of this machine; a server synchronises as it is set up to."""
        if self._is_folder:
            sync(Path(self._path(name)))

    def _require(self, name: str, content: bytes) -> None:
        if self.content(name) != content:
            raise DvzError(
                "OUTBOX_DIFFERS",
                place=f"outbox, {name}",
                expected="what was written there, when it is read back",
                found="something else",
                remedy="see what else writes there, and transmit again; without its voucher nothing is complete",
            )

    def _path(self, name: str) -> str:
        return posixpath.join(self._root, name)


@contextmanager
def opened(settings: Settings) -> Iterator[Outbox]:
    """Open the outbox of the settings; raises DvzError when there is none, or for any trouble with it."""
    if settings.outbox is None:
        raise DvzError(
            "NO_OUTBOX",
            place="setting outbox",
            expected="a folder, sftp://user@host/path or s3://bucket/path",
            found="nothing",
            remedy="set it; or send the files by hand and say so with `dvz delivery transmit --done`",
        )
    try:
        yield _open(settings, settings.outbox)
    except DvzError:
        raise
    except Exception as error:  # each library has errors of its own, whose messages may name files
        raise DvzError(
            "OUTBOX_TROUBLE",
            place="setting outbox",
            expected="an outbox that answers, knows the key and lets files be written",
            found=type(error).__name__,
            remedy="see that it is reachable, and transmit again; without its voucher nothing there is complete",
        ) from None


def _open(settings: Settings, address: str) -> Outbox:
    if "://" not in address:
        from fsspec.implementations.local import LocalFileSystem

        return Outbox(LocalFileSystem(), address, puts_whole=False, is_folder=True)
    parts = urlsplit(address)
    if parts.scheme == "s3":
        from s3fs import S3FileSystem

        return Outbox(S3FileSystem(use_listings_cache=False), f"{parts.netloc}{parts.path}", puts_whole=True)
    from sshfs import SSHFileSystem

    assert settings.outbox_key is not None and settings.outbox_known_hosts is not None, "settings ask for them"
    server = SSHFileSystem(
        parts.hostname,
        port=parts.port or 22,
        username=parts.username,
        client_keys=[str(_private(settings.outbox_key))],
        known_hosts=str(settings.outbox_known_hosts),
        config=None,
        agent_path=None,
        preferred_auth="publickey",
        connect_timeout=SECONDS_TO_CONNECT,
        keepalive_interval=SECONDS_BETWEEN_SIGNS_OF_LIFE,
        skip_instance_cache=True,  # a connection that broke is not used again
    )
    return Outbox(server, parts.path, puts_whole=False)


def _private(key: Path) -> Path:
    """The key, which its owner alone may read."""
    if not key.exists() or key.stat().st_mode & OTHERS_MAY_READ:
        raise DvzError(
            "INVALID_KEY",
            place="setting outbox_key",
            expected="a file that its owner alone may read (chmod 600)",
            found="another mode" if key.exists() else "no such file",
            remedy="correct the setting or the mode; deploy/README.md says how the key is made",
        )
    return key
