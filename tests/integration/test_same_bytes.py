"""A month is computed from what was known at it: how and how often it is run changes nothing."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import read_csv, written_deliveries
from dvz_assets.months import Month
from dvz_assets.settings import Settings
from tests.integration.running import fingerprint, redeliver, run

FIRST, SECOND, LAST = "2018-04", "2018-05", "2018-06"


def results(home: Path) -> dict[str, str]:
    """Everything that a month writes, apart from the vouchers, whose created_at differs, and what copies it."""
    lake = {name: value for name, value in fingerprint(home / "lake").items() if not name.startswith("delivery/")}
    deliveries = {name: value for name, value in fingerprint(home / "deliveries").items() if name.endswith(".csv")}
    return lake | deliveries | fingerprint(home / "quarantine")


def test_one_range_or_month_by_month(ran_until: Callable[[str], Flow], tmp_path: Path) -> None:
    one = ran_until(LAST)
    other = Flow(Settings(landing=one.settings.landing, home=tmp_path / "single"))
    for month in (FIRST, SECOND, LAST):
        assert run(other, month) is None
    assert results(one.settings.home) == results(other.settings.home)


def test_running_again_writes_nothing(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(SECOND)
    home = flow.settings.home
    watched = ("lake", "deliveries", "published", "quarantine")
    before = {folder: fingerprint(home / folder) for folder in watched}
    times = {
        path: path.stat().st_mtime_ns for folder in ("deliveries", "published") for path in (home / folder).rglob("*")
    }
    assert run(flow, SECOND) is None
    assert {folder: fingerprint(home / folder) for folder in watched} == before
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_another_result_is_another_delivery_that_says_what_changed(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(FIRST)
    deliveries = flow.settings.home / "deliveries" / FIRST
    first = (deliveries / "0001" / "dvz_export.csv").read_text("utf-8").splitlines()
    sent, other = (line.split(";")[0] for line in first[1:3])
    folder = flow.settings.landing / "register" / FIRST
    persons = (folder / "persons.csv").read_text("utf-8").splitlines()
    redeliver(folder, "persons.csv", lambda lines: [line for line in lines if sent not in line])
    before = fingerprint(deliveries)
    assert run(flow, FIRST) is None
    after = fingerprint(deliveries)
    assert before.items() <= after.items()
    changes = (deliveries / "0002" / "changes.csv").read_text("utf-8").splitlines()
    assert changes == ["insz;change", f"{sent};removed"]
    assert len((deliveries / "0002" / "dvz_export.csv").read_text("utf-8").splitlines()) == len(first) - 1
    # and the next one says what changed since that one

    def with_another_amount(lines: list[str]) -> list[str]:
        at = next(number for number, line in enumerate(lines) if other in line)
        fields, amount = lines[at].split(";"), lines[0].split(";").index("bedrag")
        fields[amount] = str(int(fields[amount]) + 100)
        return [*lines[:at], ";".join(fields), *lines[at + 1 :]]

    redeliver(folder, "persons.csv", lambda _: persons)
    redeliver(flow.settings.landing / "novaprima" / FIRST, "statement.csv", with_another_amount)
    assert run(flow, FIRST) is None
    changes = (deliveries / "0003" / "changes.csv").read_text("utf-8").splitlines()
    assert changes == ["insz;change", f"{sent};added", f"{other};changed"]
    assert json.loads((deliveries / "0003" / "voucher.json").read_text("utf-8"))["replaces"] == 2
    rows = flow.lake.scan("delivery", Month.parse(FIRST)).sort("sequence").collect()
    assert rows.select("added", "removed", "changed").rows() == [(len(first) - 1, 0, 0), (0, 1, 0), (1, 0, 1)]


def test_control_totals_are_the_sums_of_the_files_to_the_cent(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(LAST)
    for month in (FIRST, LAST):
        (voucher,) = written_deliveries(flow.storage, Month.parse(month))
        folder = flow.settings.home / "deliveries" / month / voucher.number
        export = read_csv((folder / "dvz_export.csv").read_bytes())
        totals = voucher.control_totals
        assert (totals.persons, totals.periods) == (
            export.height,
            read_csv((folder / "dvz_export_period.csv").read_bytes()).height,
        )
        for name in ("aid_amount_granted", "aid_amount_12m", "amount_reimbursed_12m"):
            amounts = [Decimal(each) for each in export[name].drop_nulls()] if name in export.columns else None
            assert getattr(totals, name) == (None if amounts is None else f"{sum(amounts):.2f}")
    assert {"aid_amount_12m"} < set(export.columns), "amounts are among them"


def test_a_small_memory_changes_no_byte(ran_until: Callable[[str], Flow], tmp_path: Path) -> None:
    one = ran_until(SECOND)
    little = Settings(landing=one.settings.landing, home=tmp_path / "little", memory_limit="80 MB", threads=1)
    other = Flow(little)
    assert run(other, FIRST, SECOND) is None
    assert results(one.settings.home) == results(other.settings.home)
