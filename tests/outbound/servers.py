"""An SFTP server on loopback, with one account that a key opens, whose connections may be made to break."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from tests.production.processes import free_port

ACCOUNT = "ksz"


@dataclass
class SftpServer:
    """Serves ``folder``; the files of ``keys`` open it and pin it."""

    folder: Path
    keys: Path
    port: int = field(default_factory=free_port)
    writes_until_it_breaks: int | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """Of an outbox there."""
        return {
            "outbox": f"sftp://{ACCOUNT}@127.0.0.1:{self.port}/outbox",
            "outbox_key": str(self.keys / "client"),
            "outbox_known_hosts": str(self.keys / "known_hosts"),
        }


@contextmanager
def sftp_server(folder: Path, keys: Path) -> Iterator[SftpServer]:
    """A running one, in a thread of its own."""
    server = SftpServer(folder, keys)
    host, client = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    for name, key in (("host", host), ("client", client)):
        key.write_private_key(keys / name)
        (keys / name).chmod(0o600)
    client.write_public_key(keys / "authorized")
    public = host.export_public_key().decode()
    (keys / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {public}")
    listener: list[asyncssh.SSHAcceptor] = []
    loop, started = asyncio.new_event_loop(), threading.Event()

    class Files(asyncssh.SFTPServer):
        def __init__(self, channel: asyncssh.SSHServerChannel[bytes]) -> None:
            super().__init__(channel, chroot=str(folder).encode())
            self._connection = channel.get_connection()

        def write(self, file_obj: object, offset: int, data: bytes) -> int:
            if server.writes_until_it_breaks is not None:
                server.writes_until_it_breaks -= 1
                if server.writes_until_it_breaks < 0:
                    self._connection.abort()
                    raise asyncssh.SFTPConnectionLost("broken")
            return int(super().write(file_obj, offset, data))  # type: ignore[arg-type]

    async def serve() -> None:
        listener.append(
            await asyncssh.listen(
                "127.0.0.1",
                server.port,
                server_host_keys=[str(keys / "host")],
                authorized_client_keys=str(keys / "authorized"),
                sftp_factory=Files,
                allow_scp=False,
            )
        )
        started.set()

    async def stop() -> None:
        listener[0].close()
        await listener[0].wait_closed()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
