"""``deploy/`` for real: PostgreSQL, code server and daemon as processes, from the delivery by a source to the answer.

The sensors of the running daemon pick the delivery up, transmit what was released and take in the receiver's answer.
"""

import csv
import re
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import duckdb
import httpx

from dvz_assets.generate import generate
from dvz_assets.home.deliveries import Voucher
from dvz_assets.project_files import reference_folder
from tests.outbound.prepared import answer
from tests.production.processes import (
    DEPLOY,
    Installation,
    free_port,
    needs_postgresql,
    postgresql,
    process,
    program,
    succeeds,
    wait_for,
)

MONTH = "2018-05"
INSZ_DIGITS = 11
AFTER_START = DEPLOY / "postgresql-after-start.sql"
START = """mutation { startSensor(sensorSelector: {
  repositoryName: "__repository__", repositoryLocationName: "dvz_assets", sensorName: "SENSOR"
}) { __typename } }"""
SHOWN = """query { assetNodes {
  assetKey { path } partitionStats { numMaterialized } assetMaterializations(limit: 1) { partition }
} }"""

pytestmark = needs_postgresql


def state(home: Path) -> str:
    """What the desk's file says of the delivery."""
    with duckdb.connect(str(home / "published" / "dvz.duckdb"), read_only=True) as connection:
        return str(connection.execute("SELECT state FROM export.delivery").fetchall()[0][0])


def published(home: Path) -> bool:
    path = home / "published" / "analytics.duckdb"
    if not path.exists():
        return False
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("SELECT strftime(month, '%Y-%m') FROM month_overview").fetchall() == [(MONTH,)]


def values_of_persons(landing: Path) -> set[str]:
    found: set[str] = set()
    for path in landing.glob("*/*/*.csv"):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter=";"):
                found |= {row[name] for name in ("insz", "dossier", "oud_insz", "nieuw_insz") if row.get(name)}
    return {value for value in found if len(value) > 6}


def stands_in(value: str, text: str) -> bool:
    """A number of a person anywhere; one of a file, 0000026 say, only by itself: times and hashes hold such digits."""
    alone = value if len(value) == INSZ_DIGITS else rf"(?<![0-9A-Za-z.]){value}(?![0-9A-Za-z])"
    return re.search(alone, text) is not None


def test_a_delivery_goes_from_its_source_to_the_acknowledgement_in_production(tmp_path: Path) -> None:
    with ExitStack() as running:
        database = running.enter_context(postgresql(free_port()))
        here = Installation.below(tmp_path, database)
        generate(
            here.landing, seed=5, persons=60, months=1, start=MONTH, file_format="csv", reference=reference_folder()
        )
        environment, workspace = here.environment, str(here.workspace)
        daemon = [program("dagster-daemon"), "run", "--workspace", workspace]
        start_sensor = [program("dagster"), "sensor", "start", "deliveries_sensor", "--workspace", workspace]
        running.enter_context(here.code_server(environment))
        wait_for(lambda: succeeds(start_sensor, environment), 120)
        running.enter_context(process(daemon, here.of("dvz-daemon"), str(here.log), cwd=str(tmp_path)))
        engineers = running.enter_context(here.web_server("dvz-web"))
        readers = running.enter_context(here.web_server("dvz-web-readonly", "--read-only"))
        wait_for(lambda: published(here.home), 240)
        dump = database.program("pg_dump", "dagster")
        wait_for(lambda: "SUCCESS" in dumped(dump), 60)
        stored = dumped(dump)
        assert here.code_socket.stat().st_mode & 0o777 == 0o770, "for its group"
        after = database.program("psql", "-v", "ON_ERROR_STOP=1", "-f", str(AFTER_START), "dagster")
        subprocess.run(after, check=True, capture_output=True)
        for server in (readers, engineers):
            check_web_server(server)
        assert ask(readers, START.replace("SENSOR", "transmission_sensor")).status_code == 400
        assert state(here.home) == "PREPARED"  # historical: it waits for its release, whatever the settings
        release = [program("dvz"), "delivery", "release", "--month", MONTH]
        subprocess.run(release, env=environment, cwd=tmp_path, check=True, capture_output=True)
        start(engineers, "transmission_sensor")
        wait_for(lambda: state(here.home) == "TRANSMITTED", 120)
        answer(here.landing, Voucher.from_bytes((here.outbox / MONTH / "0001" / "voucher.json").read_bytes()))
        start(engineers, "acknowledgements_sensor")
        wait_for(lambda: state(here.home) == "ACKNOWLEDGED", 120)
        stored += dumped(dump)
        assert ask(readers, "mutation { setNuxSeen }").status_code == 400
        for written in ("DELETE FROM runs", "UPDATE kvs SET value = ''", "CREATE TABLE public.mine (a int)"):
            command = database.program("psql", "-c", written, "dagster", role="dvz-web-readonly")
            assert not succeeds(command, environment), written
        reading = database.program("psql", "-c", "SELECT count(*) FROM runs", "dagster", role="dvz-web-readonly")
        assert succeeds(reading, environment)
    assert [path.name for path in here.dagster_home.rglob("*") if path.is_file()] == ["dagster.yaml"], "read-only there"
    persons = values_of_persons(here.landing)
    assert len(persons) > 50
    assert "deliveries_sensor" in stored
    said = here.log.read_text("utf-8")
    assert sum(stands_in(value, stored) or stands_in(value, said) for value in persons) == 0
    assert [path.name for path in (here.home / "deliveries" / MONTH).iterdir()] == ["0001"]
    for path in here.home.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path.relative_to(here.home)


def start(address: Path, sensor: str) -> None:
    """Switch a sensor on, as an engineer does in the UI; the daemon looks at it at once."""
    assert ask(address, START.replace("SENSOR", sensor)).json() == {"data": {"startSensor": {"__typename": "Sensor"}}}


def check_web_server(address: Path) -> None:
    """It shows what was materialised, and answers nothing that comes from elsewhere."""
    answer = ask(address, SHOWN).json()
    assert "errors" not in answer, answer["errors"][0]["message"]
    shown = answer["data"]["assetNodes"]
    (decisions,) = [each for each in shown if each["assetKey"]["path"] == ["decisions"]]
    assert decisions["partitionStats"]["numMaterialized"] == 1
    assert decisions["assetMaterializations"][0]["partition"] == MONTH
    assert ask(address, None).status_code == 200
    assert ask(address, SHOWN, {"Origin": "https://elsewhere.example"}).status_code == 403
    assert ask(address, SHOWN, {"Host": "localhost"}).status_code == 421


def ask(address: Path, query: str | None, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """What the web server at a Unix socket answers to the UI, as nginx passes it on; without a query, its page."""
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(address)), timeout=120) as client:
        own = {"Host": "dvz.example.internal", "Origin": "https://dvz.example.internal"}
        if query is None:
            return client.get("http://dvz/", headers={"Host": own["Host"]})
        return client.post("http://dvz/graphql", json={"query": query}, headers={**own, **(headers or {})})


def dumped(command: list[str]) -> str:
    """All that Dagster has stored, as text."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
