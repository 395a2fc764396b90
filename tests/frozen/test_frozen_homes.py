"""Every command answers about the homes that released versions left behind (``make freeze``), for ever.

What is asserted holds of any later version: what was decided and sent stays as it was, and is explained, found and
computed again with the rules of its time. Months may be stale after an upgrade; nothing here says that they are not.
"""

import csv
import hashlib
import json
import shutil
import tarfile
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyrage
import pytest
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.flow.context import Flow
from dvz_assets.home.lake import MANIFEST_KEY
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.questions.explain.explanation import derive
from dvz_assets.questions.explain.facts import Facts
from dvz_assets.settings import Settings
from tests.cases.landing_writer import synthetic_insz
from tests.conftest import made_once
from tests.integration.running import fingerprint, redeliver

VERSIONS = sorted(path.parent for path in Path(__file__).parent.glob("*/expected.json"))
EXPORT = "dvz_export.csv"
UNKNOWN = synthetic_insz(900_000)


class FrozenHome:
    """A copy of a frozen home, and ``dvz`` on it."""

    def __init__(self, folder: Path, expected: dict[str, Any]) -> None:
        self.landing, self.home, self.keys = folder / "landing", folder / "home", folder / "keys"
        self.expected = expected
        self.months: dict[str, dict[str, Any]] = expected["months"]

    def dvz(self, *arguments: str, insz: str | None = None, **settings: str) -> Result:
        """What a command answers; those that were frozen with it are its settings."""
        given = {
            "landing": str(self.landing),
            "home": str(self.home),
            "signing_key": str(self.keys / "signing.pem"),
            "max_reject_share": "0.2",
            **settings,
        }
        environment = {f"DVZ_{name.upper()}": value for name, value in given.items()}
        return CliRunner().invoke(app, arguments, input=f"{insz}\n" if insz else None, env=environment)

    def answer(self, *arguments: str, insz: str | None = None, **settings: str) -> Any:
        """The JSON of a command that has to succeed."""
        answered = self.dvz(*arguments, "--json", insz=insz, **settings)
        assert answered.exit_code == 0, answered.stderr
        return json.loads(answered.stdout)

    @property
    def flow(self) -> Flow:
        return Flow(Settings(landing=self.landing, home=self.home))

    def decisions(self, month: str) -> pl.DataFrame:
        """Everybody of whom something was decided, as the version wrote it."""
        path = self.home / "lake" / "decisions" / f"month={month}" / "data.parquet"
        return pl.read_parquet(path, hive_partitioning=False).sort("insz")

    def sent(self, month: str) -> list[str]:
        return self.decisions(month).filter(outcome="SENT")["insz"].to_list()

    def vouchers(self) -> Iterator[Path]:
        return iter(sorted(self.home.glob("deliveries/*/*/voucher.json")))

    def delivered_to(self, insz: str) -> list[tuple[str, str]]:
        """Month and sequence of every delivery whose file, as DVZ reads it, has a line of the number."""
        identity = pyrage.x25519.Identity.from_str((self.keys / "recipient.age").read_text("ascii"))
        found = []
        for voucher in self.vouchers():
            encrypted = voucher.with_name(f"{EXPORT}.age")
            plain = voucher.with_name(EXPORT)
            content = pyrage.decrypt(encrypted.read_bytes(), [identity]) if encrypted.exists() else plain.read_bytes()
            if insz.encode() in content:
                found.append((voucher.parent.parent.name, voucher.parent.name))
        return found

    def replacements(self) -> list[tuple[str, str]]:
        """A former number and its successor, as the register delivered them in months that were run."""
        lines = [
            line.split(";")
            for month in self.months
            for line in (self.landing / "register" / month / "insz_replacements.csv")
            .read_text("utf-8")
            .splitlines()[1:]
        ]
        return [(line[0], line[1]) for line in lines]


@pytest.fixture(params=VERSIONS, ids=lambda path: path.name)
def frozen(request: pytest.FixtureRequest, shared_folder: Path, tmp_path: Path) -> FrozenHome:
    """A copy of its own for each test, as even questions go on record."""
    version: Path = request.param

    def unpack(folder: Path) -> None:
        with tarfile.open(version / "home.tar.xz") as packed:
            packed.extraction_filter = lambda member, _: member  # modes are part of a home
            packed.extractall(folder)

    made = made_once(shared_folder / f"frozen-{version.name}", unpack)
    shutil.copytree(made, tmp_path / "frozen")
    return FrozenHome(tmp_path / "frozen", json.loads((version / "expected.json").read_text("utf-8")))


def months_since(month: str) -> str:
    """The retention with which ``month`` is the first that is kept today."""
    return str(len(Month.range(Month.parse(month), Month.current())) - 1)


def test_a_frozen_home_never_goes() -> None:
    assert "0.1.0" in {path.name for path in VERSIONS}


def test_status_tells_of_every_month_what_became_of_it(frozen: FrozenHome) -> None:
    states = {state["month"]: state for state in frozen.answer("status", "--exact")}
    purged, next_month = frozen.expected["purged"], frozen.expected["next"]
    assert list(states) == sorted([purged, *frozen.months, next_month])
    for month, known in frozen.months.items():
        state = states[month]
        assert (state["materialised"], state["purged"], state["delivered"]) == (True, False, True)
        assert (state["sent"], state["deliveries"]) == (known["outcomes"]["SENT"], len(known["deliveries"]))
        assert state["failed_checks"] == []
        assert state["stale"] != ""
    assert (states[purged]["purged"], states[purged]["materialised"]) == (True, False)
    assert (states[next_month]["delivered"], states[next_month]["materialised"]) == (True, False)


def test_every_decision_is_there_as_it_was_taken(frozen: FrozenHome) -> None:
    for month, known in frozen.months.items():
        rows = [
            (month, *row) for row in frozen.decisions(month).select("insz", "category", "outcome", "grounds").rows()
        ]
        assert hashlib.sha256(json.dumps(rows).encode()).hexdigest() == known["decisions"]


def test_every_person_of_every_month_is_explained_as_was_decided(frozen: FrozenHome) -> None:
    flow = frozen.flow
    for month, known in frozen.months.items():
        explanations = [
            derive(Facts(flow, Month.parse(month), insz)) for insz in frozen.decisions(month)["insz"].to_list()
        ]
        assert sum(bool(each.differences) for each in explanations) == 0, month
        assert Counter(each.recorded.outcome for each in explanations) == known["outcomes"], month
        assert sum(each.sent is not None and each.deliveries != () for each in explanations) == len(frozen.sent(month))


def test_explain_answers_on_the_command_line(frozen: FrozenHome) -> None:
    month = max(frozen.months)
    explained = frozen.answer("explain", "--month", month, insz=frozen.sent(month)[0])
    assert explained["found"]["outcome"] == "SENT"
    assert [test["legal_reference"] for test in explained["tests"] if test["legal_reference"] == ""] == []
    assert frozen.answer("explain", "--month", month, insz=UNKNOWN)["found"]["outcome"] == "NOT_IN_SELECTION_ONE"
    purged = frozen.dvz("explain", "--month", frozen.expected["purged"], insz=UNKNOWN)
    assert (purged.exit_code, "MONTH_PURGED" in purged.stderr) == (1, True)


def test_everything_sent_about_a_person_is_found_in_all_deliveries(frozen: FrozenHome) -> None:
    for month in (frozen.expected["redelivered"], frozen.expected["encrypted"]):
        insz = frozen.sent(month)[0]
        found = frozen.answer("person", insz=insz)["sent"]
        assert [(each["month"], each["delivery"]) for each in found] == frozen.delivered_to(insz) != []
        assert sum(each["sent"]["insz"] == insz for each in found) == len(found)
    assert frozen.answer("person", insz=UNKNOWN)["sent"] == []


def test_a_person_is_found_by_a_former_number(frozen: FrozenHome) -> None:
    replacements = frozen.replacements()
    assert len(replacements) > 0
    for former, present in replacements:
        one, other = (frozen.answer("person", insz=insz)["sent"] for insz in (former, present))
        assert one == other
        assert len(one) == len(set(frozen.delivered_to(former) + frozen.delivered_to(present)))


def test_deliveries_and_months_are_compared(frozen: FrozenHome) -> None:
    months, redelivered = list(frozen.months), frozen.expected["redelivered"]
    again = frozen.answer("diff", "--exact", "--month", redelivered, "--deliveries", "1,2")
    assert again["changes"]["removed"] == 1, "one person was taken out of the statement"
    for before, after in pairwise(months):
        changes = frozen.answer("diff", "--exact", "--month", before, "--with", after)["changes"]
        one, other = set(frozen.sent(before)), set(frozen.sent(after))
        assert (changes["added"], changes["removed"]) == (len(other - one), len(one - other))
    for month in (months[0], months[-1]):
        now = frozen.answer("diff", "--exact", "--month", month, "--now")
        persons = pl.read_csv(now["persons_file"], separator=";", infer_schema=False)
        assert persons.height == sum(now["changes"].values())


def test_a_plan_tells_what_other_tables_would_do_to_each_month(frozen: FrozenHome, tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    shutil.copytree(reference_folder(), folder)
    motives = folder / "residence_motives.csv"
    text = motives.read_text("utf-8")
    motives.write_text(text.replace(",EU_CITIZEN,", ",OTHER,"), encoding="utf-8")
    planned = frozen.answer("plan", "--exact", "--reference", str(folder))
    no_longer = {each["month"] for each in planned if each["outcome_before"] == "SENT" and each["persons"] > 0}
    had_citizens = {
        month for month in frozen.months if frozen.decisions(month).filter(outcome="SENT", category="EU_CITIZEN").height
    }
    assert had_citizens == no_longer != set()
    assert {each["month"] for each in planned} <= frozen.months.keys()


def test_every_delivery_is_verified(frozen: FrozenHome) -> None:
    public_key = ("--public-key", str(frozen.keys / "signing.public.pem"))
    verified = [frozen.answer("verify", str(voucher.parent), *public_key) for voucher in frozen.vouchers()]
    assert len(verified) == sum(len(known["deliveries"]) for known in frozen.months.values())
    for voucher in frozen.vouchers():
        sequence = int(voucher.parent.name) - 1
        for name, sha256 in frozen.months[voucher.parent.parent.name]["deliveries"][sequence].items():
            assert hashlib.sha256(voucher.with_name(name).read_bytes()).hexdigest() == sha256
    changed = next(frozen.vouchers()).with_name(EXPORT)
    changed.write_bytes(changed.read_bytes() + b"\n")
    assert frozen.dvz("verify", str(changed.parent), *public_key).exit_code == 1


def test_every_month_is_computed_again_and_comes_out_the_same(frozen: FrozenHome) -> None:
    before = fingerprint(frozen.home)
    for month in frozen.months:
        checked = frozen.answer("verify", "--month", month)["checked"]
        assert "decisions" in {each["what"] for each in checked}, month
    assert fingerprint(frozen.home) == before


def test_a_result_that_was_changed_by_hand_is_found(frozen: FrozenHome) -> None:
    month = min(frozen.months)
    path = frozen.home / "lake" / "decisions" / f"month={month}" / "data.parquet"
    changed = pl.read_parquet(path, hive_partitioning=False).with_columns(outcome=pl.lit("BELGIAN"))
    changed.write_parquet(path, metadata={MANIFEST_KEY: pl.read_parquet_metadata(path)[MANIFEST_KEY]})
    assert frozen.dvz("verify", "--month", month).exit_code == 1


def test_every_month_is_reported_on_without_a_person(frozen: FrozenHome) -> None:
    for month in frozen.months:
        path = frozen.home / "reports" / f"{month}.html"
        path.unlink()
        assert frozen.dvz("report", "--month", month).exit_code == 0
        text = path.read_text("utf-8")
        assert month in text
        assert sum(insz in text for insz in frozen.decisions(month)["insz"].to_list()) == 0


def test_analysts_ask_about_every_month(frozen: FrozenHome) -> None:
    answered = frozen.dvz("sql", "SELECT DISTINCT strftime(month, '%Y-%m') FROM month_overview ORDER BY ALL")
    assert answered.exit_code == 0, answered.stderr
    assert answered.stdout.split()[-len(frozen.months) :] == list(frozen.months)


def test_the_published_files_say_what_was_decided_and_sent(frozen: FrozenHome) -> None:
    with duckdb.connect(str(frozen.home / "published" / "dvz.duckdb"), read_only=True) as connection:
        count = "SELECT strftime(month, '%Y-%m'), count(*) FROM {} GROUP BY ALL"
        sent = dict(connection.execute(count.format("export.dvz_export")).fetchall())
        decided = dict(connection.execute(count.format("control.decision WHERE outcome = 'SENT'")).fetchall())
    assert sent == decided == {month: known["outcomes"]["SENT"] for month, known in frozen.months.items()}
    with duckdb.connect(str(frozen.home / "published" / "analytics.duckdb"), read_only=True) as connection:
        columns = {row[0] for row in connection.execute("SELECT column_name FROM duckdb_columns()").fetchall()}
    assert "persons" in columns
    assert "insz" not in columns


def test_the_ledger_is_whole_and_goes_on(frozen: FrozenHome) -> None:
    entries = frozen.answer("ledger", "show")
    assert len(entries) == frozen.expected["ledger_entries"]
    assert {"DELIVERED", "EXPLAINED", "ACCESS_ANSWERED", "COMPARED", "CONSULTED", "PURGED"} <= {
        entry["event"] for entry in entries
    }
    insz = frozen.sent(max(frozen.months))[0]
    frozen.answer("person", insz=insz)
    assert frozen.answer("ledger", "verify") == {"entries": len(entries) + 1, "problems": []}
    asked_before = next(entry for entry in entries if entry["event"] == "ACCESS_ANSWERED")
    assert frozen.answer("ledger", "show")[-1]["persons"] == asked_before["persons"], "the key of the ledger is another"


def test_a_consultation_is_answered_as_it_was(frozen: FrozenHome, tmp_path: Path) -> None:
    old = frozen.landing / "a036" / "requests" / "1.json"
    before = fingerprint(frozen.home / "a036")
    frozen.answer("a036", "answer", str(old))
    assert fingerprint(frozen.home / "a036") == before, "asked again, the answer is the same file"
    with (reference_folder() / "a036_purposes.csv").open(encoding="utf-8") as file:
        purposes = list(csv.DictReader(file))
    # a purpose may have come to ask for a nationality since; under one that fits the answer is as it was
    for number, purpose in enumerate(purposes):
        new = tmp_path / f"{number}.json"
        changed = {
            "purpose": purpose["purpose"],
            "role": purpose["role"],
            "doubt": "stated",
            "request_id": f"n{number}",
        }
        new.write_text(json.dumps(json.loads(old.read_text("utf-8")) | changed), encoding="utf-8")
        answered = frozen.answer("a036", "answer", str(new))
        if answered["status"] != "REFUSED":
            break
    assert {name: answered[name] for name in ("status", "attestations")} == frozen.expected["consultation"]
    given = [json.loads(path.read_text("utf-8")) for path in (frozen.home / "a036").rglob("*.json")]
    attested = [each["attestations"] for each in given if each["status"] != "REFUSED"]
    assert len(attested) == 2
    assert attested[0] == attested[1]


def test_what_is_too_old_is_named_and_then_goes(frozen: FrozenHome) -> None:
    first, second, *_ = frozen.months
    retention = {"retention_months": months_since(second)}
    before = fingerprint(frozen.home)
    due = frozen.answer("purge", "--dry-run", **retention)
    assert fingerprint(frozen.home) == before
    assert [each["month"] for each in due["removals"] if each["what"] == "results"] == [first]
    assert frozen.answer("purge", **retention)["removals"] == due["removals"]
    states = {state["month"]: state for state in frozen.answer("status")}
    assert (states[first]["purged"], states[first]["materialised"], states[second]["materialised"]) == (
        True,
        False,
        True,
    )
    assert list((frozen.home / "deliveries").glob(f"{first}/*")) == []
    frozen.answer("verify", "--month", max(frozen.months))
    assert frozen.answer("ledger", "verify")["problems"] == []


def test_the_landing_zone_is_readable(frozen: FrozenHome) -> None:
    checked = frozen.answer("check-landing", "--landing", str(frozen.landing))
    assert checked == {
        month: [] for month in sorted([frozen.expected["purged"], *frozen.months, frozen.expected["next"]])
    }


def test_the_settings_of_then_are_settings_of_now(frozen: FrozenHome) -> None:
    shown = frozen.answer("config", retention_months="60", quarantine_days="90")
    assert (shown["home"], shown["retention_months"]) == (str(frozen.home), 60)


def test_stale_months_are_made_anew_and_the_next_one_on_top(frozen: FrozenHome) -> None:
    last, next_month = max(frozen.months), frozen.expected["next"]
    gone = frozen.sent(last)[0]
    delivered = fingerprint(frozen.home / "deliveries")
    redeliver(
        frozen.landing / "novaprima" / last,
        "statement.csv",
        lambda lines: [line for line in lines if gone not in line],
    )
    assert {state["month"]: bool(state["stale"]) for state in frozen.answer("status")}[last]
    assert last in {result["month"] for result in frozen.answer("run", "--stale")}
    assert [result["month"] for result in frozen.answer("run", "--month", next_month)] == [next_month]
    states = {state["month"]: state for state in frozen.answer("status")}
    assert {state["stale"] for state in states.values()} == {None}
    assert states[last]["deliveries"] == len(frozen.months[last]["deliveries"]) + 1
    assert states[next_month]["materialised"]
    assert gone not in frozen.sent(last)
    assert fingerprint(frozen.home / "deliveries").items() >= delivered.items(), "what was sent stays as it was sent"
    assert frozen.answer("ledger", "verify")["problems"] == []
    frozen.answer("verify", "--month", next_month)
    frozen.answer("explain", "--month", next_month, insz=frozen.sent(next_month)[0])
