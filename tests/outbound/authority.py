"""A time stamping authority on this machine: openssl signs, and HTTP carries it. It can be down in every way."""

import http.server
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CONFIGURATION = """
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[authority]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[stamps]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""
LARGE = b"\x30" * 10_000_000


class Authority:
    """Stamps what it is asked for, unless ``answers`` says otherwise: a way of being down."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.answers, self.port, self.asked = folder, "", 0, 0
        folder.mkdir()
        (folder / "configuration").write_text(CONFIGURATION, "ascii")
        (folder / "serial").write_text("01", "ascii")
        certificate = "-days 3 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -config configuration"
        self._openssl(f"req -x509 -subj /CN=root -keyout root.key -out root.pem -extensions root {certificate}")
        signed = "-CA root.pem -CAkey root.key -keyout own.key -out own.pem"
        self._openssl(f"req -x509 -subj /CN=authority -extensions authority {signed} {certificate}")
        self.last = b""
        # who asked before may have stopped waiting, and is being answered in another thread
        self._one_at_a_time = threading.Lock()

    @property
    def certificates(self) -> Path:
        return self.folder / "root.pem"

    @property
    def settings(self) -> dict[str, Any]:
        address = f"http://127.0.0.1:{self.port}/rfc3161"
        return {"time_stamp_authority": address, "time_stamp_certificates": self.certificates}

    def stamp(self, query: bytes) -> bytes:
        with self._one_at_a_time:
            (self.folder / "query").write_bytes(query)
            signer = "-config configuration -section stamps -signer own.pem -inkey own.key"
            self._openssl(f"ts -reply -queryfile query -out answer {signer}")
            return (self.folder / "answer").read_bytes()

    def answer(self, query: bytes) -> tuple[int, bytes]:
        self.asked += 1
        before, self.last = self.last, self.stamp(query)
        if self.answers == "slowly":
            time.sleep(1)
        return {
            "an error": (500, b""),
            "another page": (200, b"<html>"),
            "nothing": (200, b""),
            "too much": (200, LARGE),
            "a refusal": (200, self.stamp(b"no query")),
            "half of it": (200, self.last[: len(self.last) // 2]),
            "what it said before": (200, before),
            "elsewhere": (302, b""),
        }.get(self.answers, (200, self.last))

    def _openssl(self, arguments: str) -> None:
        program = [shutil.which("openssl") or "openssl", *arguments.split()]
        subprocess.run(program, cwd=self.folder, check=True, capture_output=True)


@contextmanager
def time_stamp_authority(folder: Path) -> Iterator[Authority]:
    """Let one run, with keys of its own, in a folder of its own."""
    authority = Authority(folder)

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, content = authority.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Location", "/rfc3161")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *values: Any) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        authority.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield authority
        server.shutdown()
