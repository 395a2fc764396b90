"""The proof that personal data stay in: ``make privacy``.

Runs the flow on marker people, once well and once through every failure of ``failures.py``, from the command line, the
job, the sensor and the web server's GraphQL, and then searches every byte of what was left behind, wherever personal
data may not stand (contract section 5.4): for the numbers, as text and as the integers that files hold, and for names.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.integration.test_bad_deliveries import MONTH, NAME, NUMBERS, write_good_landing

CHECKOUT = Path(__file__).parents[2]
MAY_HOLD_PERSONS = ("lake", "quarantine", "deliveries", "a036", "restricted", "published/dvz.duckdb")
NUMBER = re.compile(rb"(?=([0-9]{11}))")
# numbers of birth years 2030 to 2099 as eight bytes, least significant first
INTEGER = re.compile(rb"(?=(.{4}[\x06-\x17]\x00\x00\x00))", re.DOTALL)
DUMP = """query {
  runsOrError { ... on Runs { results { runId status tags { key value } assets { key { path } }
    eventConnection(limit: 1000) { events { __typename ... on MessageEvent { message eventType stepKey }
      ... on ExecutionStepFailureEvent { error { message stack cause { message } } failureMetadata { metadataEntries {
        label ... on TextMetadataEntry { text } ... on MarkdownMetadataEntry { mdStr }
        ... on JsonMetadataEntry { jsonString } } } } } } } } }
  assetsOrError { ... on AssetConnection { nodes { key { path } definition { description
    assetMaterializations(limit: 100) { partition metadataEntries { label
      ... on TextMetadataEntry { text } ... on MarkdownMetadataEntry { mdStr } ... on JsonMetadataEntry { jsonString }
      ... on IntMetadataEntry { intValue } } }
    assetChecksOrError { ... on AssetChecks { checks { name description executionForLatestMaterialization { status
      evaluation { description metadataEntries { label ... on TextMetadataEntry { text }
        ... on MarkdownMetadataEntry { mdStr } } } } } } } } } } }
  sensorsOrError(repositorySelector: {repositoryName: "__repository__", repositoryLocationName: "%(location)s"}) {
    ... on Sensors { results { name sensorState { ticks(limit: 50) { error { message stack } skipReason } } } } }
}"""
LAUNCH = """mutation($parameters: ExecutionParams!) { launchPipelineExecution(executionParams: $parameters) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""


@dataclass
class Findings:
    """What was searched, and what was found."""

    files: int = 0
    bytes: int = 0
    failures: int = 0
    hits: list[str] = field(default_factory=list)
    with_persons: list[str] = field(default_factory=list)

    def report(self) -> str:
        """The lines that ``make privacy`` prints."""
        return "\n".join(
            [
                f"markers             {len(NUMBERS) + 1} ({len(NUMBERS)} numbers, as text and as integers; a name)",
                f"failures provoked   {self.failures}",
                f"files searched      {self.files}",
                f"bytes searched      {self.bytes:,}",
                f"files with persons  {len(self.with_persons)}, each 0600 in a folder 0700, where the contract allows",
                f"hits                {len(self.hits)}",
                *(f"  {hit}" for hit in self.hits),
            ]
        )


class Proof:
    """One folder in which everything is run, and which is then searched."""

    def __init__(self, work: Path) -> None:
        self.work, self.output, self.temporary = work, work / "output", work / "tmp"
        self.home, self.landing = work / "homes" / "home", work / "landings" / "good"
        self.findings = Findings()
        for folder in (self.output, self.temporary, self.home):
            folder.mkdir(parents=True, mode=0o700)
        write_good_landing(self.landing)
        key = work / "signing.pem"
        key.touch(mode=0o600)
        key.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DVZ_", "DAGSTER_"))},
            "DVZ_HOME": str(self.home),
            "DVZ_LANDING": str(self.landing),
            "DVZ_SIGNING_KEY": str(key),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(CHECKOUT),
        }

    def run_well(self, *, again: bool) -> None:
        """A month from the command line, and every command that tells of it."""
        delivery = self.home / "deliveries" / str(MONTH) / "0001"
        for arguments in (
            ["run", "--month", str(MONTH), "--json"],
            *([["run", "--month", str(MONTH)]] if again else []),
            ["status", "--json"],
            ["status"],
            ["check-landing"],
            ["config", "--json"],
            ["verify", str(delivery)],
            ["verify", "--month", str(MONTH)],
            ["ledger", "verify"],
            ["ledger", "show", "--json"],
        ):
            assert self.dvz(*arguments) == 0, arguments

    def fail(self, share: int) -> None:
        """Failures from the command line, the job and the sensor."""
        broken = write_good_landing(self.work / "landings" / "broken")
        statement = broken / "novaprima" / str(MONTH) / "statement.csv"
        statement.write_bytes(statement.read_bytes().replace(b"+", b"%", 1))
        failing = [["run", "--month", str(MONTH), "--json"], ["check-landing"]]
        failing += [["run", "--month", str(MONTH)]] if share == 1 else []
        for arguments in failing:
            assert self.dvz(*arguments, "--landing", str(broken)) == 1, arguments
        program = [sys.executable, "-m", "tests.privacy.failures", str(self.work), str(share)]
        with (self.output / "failures.txt").open("wb") as file:
            ran = subprocess.run(
                program, cwd=self.temporary, env=self.environment, stdout=file, stderr=file, check=False
            )
        said = (self.output / "failures.txt").read_text("utf-8").splitlines()
        assert ran.returncode == 0, [line for line in said if line.startswith("did not fail")]
        self.findings.failures += len(failing) + int(next(line for line in reversed(said) if line.isdigit()))

    def ask_the_web_server(self, *, wait_for_sensor: bool) -> None:
        """Launch a good and a bad run over GraphQL, let the sensor start one, and dump what the server tells of all."""
        with web_server(self.environment, self.output / "web-server.txt") as ask:
            location = ask(
                "query { repositoriesOrError { ... on RepositoryConnection { nodes { location { name } } } } }"
            )
            name = location["repositoriesOrError"]["nodes"][0]["location"]["name"]
            launch(ask, name, expected="SUCCESS")
            voucher = self.landing / "register" / str(MONTH) / "voucher.json"
            content = voucher.read_bytes()
            voucher.write_bytes(content.replace(b'"sequence": 1', b'"sequence": 0'))
            launch(ask, name, expected="FAILURE")
            self.findings.failures += 1
            if wait_for_sensor:
                let_the_sensor_run(ask, name)
                self.findings.failures += 1
            voucher.write_bytes(content)
            answer = ask(DUMP % {"location": name})
            (self.output / "graphql.json").write_text(json.dumps(answer), encoding="utf-8")
            assert len(answer["runsOrError"]["results"]) >= 3

    def dvz(self, *arguments: str) -> int:
        """Exit status of a command; what it prints is searched later."""
        program = [str(Path(sys.executable).with_name("dvz")), *arguments]
        with (self.output / "commands.txt").open("ab") as file:
            return subprocess.run(
                program, cwd=self.temporary, env=self.environment, stdout=file, stderr=file, check=False
            ).returncode

    def search(self) -> Findings:
        """Search everything."""
        for path in (self.output, self.temporary):
            self._search_below(path, home=None)
        for home in sorted((self.work / "homes").iterdir()):
            self._search_below(home, home=home)
            self._search_analytics(home / "published" / "analytics.duckdb")
        return self.findings

    def _search_below(self, folder: Path, home: Path | None) -> None:
        for path in sorted(folder.rglob("*")):
            self._search(os.fsencode(path.relative_to(self.work)), f"the name of a file in {folder.name}")
            if home is not None:
                self._check_mode(path, home)
            if path.is_file():
                place = str(path.relative_to(self.work))
                allowed = home is not None and str(path.relative_to(home)).startswith(MAY_HOLD_PERSONS)
                if not allowed:
                    self._search(path.read_bytes(), place)
                elif hits(path.read_bytes()):
                    self.findings.with_persons.append(place)

    def _search(self, content: bytes, place: str) -> None:
        self.findings.files += 1
        self.findings.bytes += len(content)
        found = hits(content)
        if found:
            self.findings.hits.append(f"{found} in {place}")

    def _search_analytics(self, database: Path) -> None:
        """Its columns are compressed, so its bytes alone prove nothing."""
        if not database.exists():
            return
        with duckdb.connect(str(database), read_only=True) as connection:
            names = connection.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables()").fetchall()
            for (name,) in names:
                rows = connection.execute(f"FROM {name}").fetchall()
                self._search(repr(rows).encode("utf-8"), f"{name} of {database.name}")

    def _check_mode(self, path: Path, home: Path) -> None:
        mode = path.lstat().st_mode & 0o777
        if mode != (0o700 if path.is_dir() else 0o600):
            self.findings.hits.append(f"mode {mode:04o} of {path.relative_to(home)}")


def hits(content: bytes) -> int:
    """How often a marker stands in ``content``."""
    numbers = {number.encode() for number in NUMBERS}
    integers = {int(number).to_bytes(8, "little") for number in NUMBERS}
    return (
        sum(match[1] in numbers for match in NUMBER.finditer(content))
        + sum(match[1] in integers for match in INTEGER.finditer(content))
        + content.count(NAME.encode("utf-8"))
    )


class web_server:  # noqa: N801  (used as a function)
    """Web server, code server and daemon, as ``dvz dev`` starts them; gives a function that asks the web server."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        program = [str(Path(sys.executable).with_name("dvz")), "dev", "--port", str(self.port)]
        self.said = log
        self.log = log.open("wb")
        self.process = subprocess.Popen(
            program,
            cwd=environment["TMPDIR"],
            env=environment,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def __enter__(self) -> "web_server":
        for _ in range(600):
            try:
                self("query { version }")
            except (urllib.error.URLError, ConnectionError, LookupError):
                time.sleep(0.2)
            else:
                return self
        raise TimeoutError("the web server did not start")

    @property
    def address(self) -> str:
        """Where it is, without the token."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def entrance(self) -> str:
        """The address that it has printed, with the token. Raises LookupError as long as it has not."""
        found = re.search(rf"{self.address}/\?token=(\S+)", self.said.read_text("utf-8"))
        if found is None:
            raise LookupError("no address was printed")
        return found[0]

    def __call__(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode("utf-8")
        token = self.entrance.partition("token=")[2]
        headers = {"Content-Type": "application/json", "Origin": self.address, "Cookie": f"dvz-{self.port}={token}"}
        request = urllib.request.Request(f"{self.address}/graphql", body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            content: dict[str, Any] = json.load(answer)
        assert "errors" not in content, content["errors"]
        data: dict[str, Any] = content["data"]
        return data

    def __exit__(self, *_: object) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(60)
        with contextlib.suppress(ProcessLookupError):
            for _attempt in range(100):
                os.killpg(self.process.pid, 0)  # raises when none of its processes is left
                time.sleep(0.2)
            os.killpg(self.process.pid, signal.SIGKILL)
        self.log.close()


def launch(ask: web_server, location: str, *, expected: str) -> None:
    """Run the month over GraphQL and wait for its end."""
    parameters = {
        "selector": {
            "repositoryLocationName": location,
            "repositoryName": "__repository__",
            "pipelineName": "monthly_dvz_flow",
        },
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": str(MONTH)}]},
        "mode": "default",
        "runConfigData": {},
    }
    run_id = ask(LAUNCH, parameters=parameters)["launchPipelineExecution"]["run"]["runId"]
    query = 'query { runOrError(runId: "%s") { ... on Run { status } } }' % run_id  # noqa: UP031
    for _ in range(600):
        status = ask(query)["runOrError"]["status"]
        if status in ("SUCCESS", "FAILURE", "CANCELED"):
            assert status == expected, status
            return
        time.sleep(0.2)
    raise TimeoutError("the run did not end")


def let_the_sensor_run(ask: web_server, location: str) -> None:
    """Switch the sensor on and wait until the run that it starts has failed: it evaluates once a minute."""
    selector = {
        "repositoryName": "__repository__",
        "repositoryLocationName": location,
        "sensorName": "deliveries_sensor",
    }
    ask(
        "mutation($selector: SensorSelector!) { startSensor(sensorSelector: $selector) { __typename } }",
        selector=selector,
    )
    query = 'query { runsOrError(filter: {tags: [{key: "dagster/sensor_name", value: "deliveries_sensor"}]}) {'
    for _ in range(600):
        runs = ask(f"{query} ... on Runs {{ results {{ status }} }} }} }}")["runsOrError"]["results"]
        if runs and runs[0]["status"] in ("SUCCESS", "FAILURE", "CANCELED"):
            assert runs[0]["status"] == "FAILURE"
            return
        time.sleep(0.2)
    raise TimeoutError("the sensor started no run")


def prove(work: Path, share: int) -> Findings:
    """Everything, with the SHARE-th part of the failures."""
    proof = Proof(work)
    proof.run_well(again=share == 1)
    proof.fail(share)
    proof.ask_the_web_server(wait_for_sensor=share == 1)
    return proof.search()


def main() -> None:
    """The whole proof; exit status 1 when there is a hit."""
    work = Path(tempfile.mkdtemp(prefix="privacy-"))
    try:
        findings = prove(work, 1)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(findings.report())
    sys.exit(1 if findings.hits else 0)


if __name__ == "__main__":
    os.umask(0o077)
    main()
