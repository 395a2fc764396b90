"""No hash outside the personal folders gives anybody back: not in the ledger, Dagster's storage, reports or output.

Two ways to look for one. Three homes are alike but for their keys, or but for the one person in them: what two homes
with the same person show, and the home of another does not, follows from the person and not from a key. And every
candidate of a small space is hashed in all files that it may stand in, as an attacker would do who knows all the rest.
"""

import contextlib
import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from typer.testing import CliRunner

from dvz_assets.cli.main import app
from dvz_assets.flow import delivery
from dvz_assets.flow.context import Flow
from dvz_assets.home import ledger
from dvz_assets.home.deliveries import VOUCHER_FILE, Voucher
from dvz_assets.months import Month
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.settings import Settings
from tests.a036.test_consultation import register_row, request
from tests.cases.landing_writer import Delivery, statement_line, synthetic_insz, write_landing
from tests.outbound.prepared import answer
from tests.privacy.proof import MAY_HOLD_PERSONS

MONTH = Month.parse("2018-01")
PERSON, ANOTHER = synthetic_insz(7), synthetic_insz(8)
CANDIDATES = [synthetic_insz(number) for number in range(150)]
FROZEN = datetime(2018, 2, 12, 6, 0, tzinfo=UTC)
SHORTEST = 16  # digits that are enough to tell which of ten million numbers it was
DIGITS = re.compile(rb"[0-9a-fA-F]{16,}")
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{22,}")
LONGEST = 128  # what is longer is a picture
HASHES = ("sha256", "sha1", "md5", "sha512", "blake2b", "sha3_256")


@dataclass
class Shown:
    """A home in which everything was done that makes hashes, and all that it shows outside the personal folders."""

    flow: Flow
    output: str

    @property
    def public(self) -> bytes:
        home = self.flow.settings.home
        return b"\n".join([self.output.encode(), *self._outside(home)])

    @property
    def tokens(self) -> set[bytes]:
        found = self.public
        words = {each for each in BASE64.findall(found) if not (each.islower() or each.isupper())}
        digits = {each for each in DIGITS.findall(found) if not each.isdigit()}
        return {each for each in words | digits if len(each) <= LONGEST}

    @property
    def personal(self) -> list[bytes]:
        """All files with the person: of the landing zone, and of the folders that may hold persons."""
        home, places = self.flow.settings.home, [self.flow.settings.landing]
        places += [home / each for each in MAY_HOLD_PERSONS if each != "restricted"]
        files = [path for place in places for path in [place, *place.rglob("*")] if path.is_file()]
        return [path.read_bytes() for path in files]

    def _outside(self, home: Path) -> Iterator[bytes]:
        for path in sorted(home.rglob("*")):
            name = str(path.relative_to(home))
            # names of files stand in outputs and backups
            yield name.encode()
            # of the analysts' file the rows are read: how its long texts are compressed differs from time to time
            if path.is_file() and not name.startswith(MAY_HOLD_PERSONS) and path.suffix != ".duckdb":
                yield path.read_bytes() if path.suffix != ".db" else rows_of(path)
        with duckdb.connect(str(home / "published" / "analytics.duckdb"), read_only=True) as connection:
            for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                yield repr(connection.execute(f"FROM {table}").fetchall()).encode()


def rows_of(database: Path) -> bytes:
    """What stands in a database of Dagster; its pages would cut a value in two."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return "\n".join(connection.iterdump()).encode()


def done(folder: Path, insz: str) -> Shown:
    """A month of one person, delivered and refused with a reason, and a consultation, by sensors, jobs and commands."""
    os.environ.pop("DAGSTER_HOME", None)  # else the home before would be written into
    landing = write_landing(
        folder / "landing", {MONTH: Delivery([statement_line(insz, MONTH)], [register_row(insz, "354")])}
    )
    flow = Flow(Settings(landing=landing, home=folder / "home"))
    said = [invoke(flow, "run", "--month", str(MONTH), "--json")]
    requests = landing / "a036" / "requests"
    requests.mkdir(parents=True)
    (requests / "1.json").write_text(json.dumps(request(insz=insz)), encoding="utf-8")
    said += [invoke(flow, "delivery", "transmit", "--month", str(MONTH), "--done")]
    voucher = (flow.settings.home / "deliveries" / str(MONTH) / "0001" / VOUCHER_FILE).read_bytes()
    answer(landing, Voucher.from_bytes(voucher), status="REFUSED", reason=f"unknown: {insz}")
    said += by_sensors(flow)
    for arguments in (
        ["status", "--json"],
        ["delivery", "show", "--month", str(MONTH), "--json"],
        ["delivery", "list", "--json"],
        ["a036", "answer", str(requests / "1.json"), "--json"],
        ["ledger", "show", "--json"],
        ["report", "--month", str(MONTH)],
    ):
        said.append(invoke(flow, *arguments))
    # a reason of a refusal is shown to the releaser as it came; it is no hash
    return Shown(flow, "\n".join(said).replace(str(folder), ""))


def by_sensors(flow: Flow) -> list[str]:
    """Let every sensor look, and do what it asks for; returns what it asked for."""
    definitions, said = build_definitions(flow), []
    repository = definitions.get_repository_def()
    with open_instance(flow.settings.home) as instance:
        for sensor in ("deliveries_sensor", "a036_requests_sensor", "acknowledgements_sensor", "transmission_sensor"):
            context = dg.build_sensor_context(instance=instance, repository_def=repository)
            definition = definitions.resolve_sensor_def(sensor)
            data = definition.evaluate_tick(context)
            said.append(f"{data.cursor}")
            for asked in data.run_requests or []:
                said.append(f"{asked.run_key} {asked.run_config} {asked.tags}")
                if asked.partition_key is None:
                    job = definitions.resolve_job_def(str(asked.job_name or definition.job_name))
                    tags = {"dagster/run_key": asked.run_key or "", **asked.tags}
                    assert job.execute_in_process(instance=instance, run_config=asked.run_config, tags=tags).success
    return said


def invoke(flow: Flow, *arguments: str) -> str:
    home = ["--home", str(flow.settings.home)]
    landing = [] if arguments[0] == "ledger" else ["--landing", str(flow.settings.landing)]
    result = CliRunner().invoke(app, [*arguments, *landing, *home])
    assert result.exit_code == 0, result.output
    return f"{result.stdout}\n{result.stderr}"


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shown, Shown, Shown]:
    """The person's, the same with other keys, and another person's; no clock tells them apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "now", lambda: FROZEN)
        patch.setattr(ledger, "now", lambda: FROZEN)
        one, other, another = (tmp_path_factory.mktemp(name) for name in ("one", "other", "another"))
        return done(one, PERSON), done(other, PERSON), done(another, ANOTHER)


def test_nothing_that_is_shown_follows_from_a_person_without_a_key(homes: tuple[Shown, Shown, Shown]) -> None:
    one, other, another = homes
    assert len(one.tokens) > 100, "there are hashes to look at"
    assert sorted((one.tokens & other.tokens) - another.tokens) == []


def test_that_way_of_looking_finds_a_plain_hash(homes: tuple[Shown, Shown, Shown]) -> None:
    """The manifests in the lake hold them: the lake may hold persons."""
    one, other, another = (set(DIGITS.findall(b"\n".join(home.personal))) for home in homes)
    assert len((one & other) - another) > 5


def test_every_candidate_is_hashed_and_none_is_found(homes: tuple[Shown, Shown, Shown]) -> None:
    shown = homes[0]
    tokens = {token[start : start + SHORTEST].lower() for token in shown.tokens for start in (0, 4)}
    tried, found = 0, set()
    for content in {*shown.personal, PERSON.encode(), f"unknown: {PERSON}".encode()}:
        # what bears the salt of a voucher or the name of a hash is nobody's to make up
        if PERSON.encode() not in content:
            continue
        for candidate in CANDIDATES:
            guess = content.replace(PERSON.encode(), candidate.encode())
            for name in HASHES:
                digest = hashlib.new(name, guess)
                for again in (digest.hexdigest(), hashlib.new(name, digest.hexdigest().encode()).hexdigest()):
                    tried += 1
                    if again[:SHORTEST].encode() in tokens:
                        found.add((name, candidate == PERSON))
    assert tried > 10_000
    assert found == set()
