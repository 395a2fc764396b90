"""``dvz run`` as a person or a script uses it: exit status, messages, what is published beside a bad month."""

import json
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from tests.integration.running import fingerprint, redeliver

MONTHS = ("2018-04", "2018-05", "2018-06")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def dvz(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def run(landing: Path, home: Path, first: str, last: str) -> Result:
    return dvz("run", "--from", first, "--to", last, "--landing", str(landing), "--home", str(home))


def published_months(home: Path) -> list[str]:
    with duckdb.connect(str(home / "published" / "dvz.duckdb"), read_only=True) as connection:
        rows = connection.execute("SELECT strftime(month, '%Y-%m') FROM control.publication ORDER BY 1").fetchall()
    return [str(month) for (month,) in rows]


def deliveries(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "deliveries").iterdir())


def test_a_range_is_published_and_every_month_gets_a_line(landing: Path, home: Path) -> None:
    result = run(landing, home, MONTHS[0], MONTHS[-1])
    assert result.exit_code == 0, result.output
    assert [line.split()[0] for line in result.stdout.splitlines() if line.startswith("2018")] == list(MONTHS)
    assert published_months(home) == list(MONTHS)
    assert deliveries(home) == list(MONTHS)


def test_months_before_a_bad_one_are_published_and_the_others_are_named(landing: Path, home: Path) -> None:
    (landing / "novaprima" / MONTHS[1] / "statement.csv").write_text("no statement\n", encoding="utf-8")
    result = run(landing, home, MONTHS[0], MONTHS[-1])
    assert result.exit_code == 1
    assert published_months(home) == deliveries(home) == [MONTHS[0]]
    assert "statement.csv" in result.stderr
    assert f"Not published: {MONTHS[1]}, {MONTHS[2]}" in result.stderr
    assert "Traceback" not in result.output + result.stderr


def test_a_range_with_an_undelivered_month_stops_before_it(landing: Path, home: Path) -> None:
    (landing / "register" / MONTHS[1] / "voucher.json").unlink()
    result = run(landing, home, MONTHS[0], MONTHS[-1])
    assert result.exit_code == 1
    assert published_months(home) == [MONTHS[0]]
    assert f"month {MONTHS[1]}" in result.stderr


def test_a_month_waits_for_earlier_delivered_months(landing: Path, home: Path) -> None:
    result = dvz("run", "--month", MONTHS[2], "--landing", str(landing), "--home", str(home))
    assert result.exit_code == 1
    assert f"{MONTHS[0]}, {MONTHS[1]}" in result.stderr
    assert not (home / "published").exists()


def test_a_gap_stops_the_month_unless_it_is_accepted(
    landing: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (landing / "register" / MONTHS[1] / "voucher.json").unlink()
    assert dvz("run", "--month", MONTHS[0], "--landing", str(landing), "--home", str(home)).exit_code == 0
    refused = dvz("run", "--month", MONTHS[2], "--landing", str(landing), "--home", str(home))
    assert refused.exit_code == 1
    assert MONTHS[1] in refused.stderr
    monkeypatch.setenv("DVZ_HISTORY_GAPS", "accept")
    assert dvz("run", "--month", MONTHS[2], "--landing", str(landing), "--home", str(home)).exit_code == 0
    assert published_months(home) == [MONTHS[0], MONTHS[2]]


def test_too_many_rejected_rows_block_the_month_and_change_nothing(landing: Path, home: Path) -> None:
    assert dvz("run", "--month", MONTHS[0], "--landing", str(landing), "--home", str(home)).exit_code == 0
    before = fingerprint(home / "published") | fingerprint(home / "deliveries")
    statement = landing / "novaprima" / MONTHS[1]
    redeliver(statement, "statement.csv", lambda lines: [lines[0], *(line.replace(";+;", ";x;") for line in lines[1:])])
    result = dvz("run", "--month", MONTHS[1], "--landing", str(landing), "--home", str(home))
    assert result.exit_code == 1
    assert "share_of_rejected_rows_is_tolerable" in result.stderr
    assert fingerprint(home / "published") | fingerprint(home / "deliveries") == before
    assert not (home / "lake" / "aid_history" / f"month={MONTHS[1]}").exists()


def test_a_month_is_asked_for_in_one_way(landing: Path, home: Path) -> None:
    for arguments in ([], ["--month", MONTHS[0], "--from", MONTHS[0]], ["--from", MONTHS[0]], ["--month", "2018-13"]):
        result = dvz("run", *arguments, "--landing", str(landing), "--home", str(home))
        assert result.exit_code == 1
        assert "YYYY-MM" in result.stderr
    assert dvz("run", "--from", MONTHS[2], "--to", MONTHS[0], "--landing", str(landing)).exit_code == 1


def test_json_is_for_scripts(landing: Path, home: Path) -> None:
    arguments = ("--landing", str(landing), "--home", str(home), "--exact", "--json")
    ran = json.loads(dvz("run", "--month", MONTHS[0], *arguments).stdout)
    assert [month["month"] for month in ran] == [MONTHS[0]]
    assert ran[0]["selection_one"] >= ran[0]["intersection"] >= ran[0]["sent"] > 0
    states = json.loads(dvz("status", *arguments).stdout)
    assert [(state["month"], state["delivered"], state["materialised"]) for state in states] == [
        (MONTHS[0], True, True),
        (MONTHS[1], True, False),
        (MONTHS[2], True, False),
    ]
    assert states[0]["sent"] == ran[0]["sent"]
    protected = json.loads(dvz("status", "--landing", str(landing), "--home", str(home), "--json").stdout)[0]["sent"]
    assert protected == (None if ran[0]["sent"] < 8 else (ran[0]["sent"] + 2) // 5 * 5)


def test_check_landing_reads_without_writing(landing: Path, home: Path) -> None:
    before = fingerprint(landing)
    assert dvz("check-landing", "--landing", str(landing)).exit_code == 0
    (landing / "register" / MONTHS[1] / "persons.csv").write_text("x", encoding="utf-8")
    result = dvz("check-landing", "--landing", str(landing))
    assert result.exit_code == 1
    assert "persons.csv" in result.stdout
    assert fingerprint(landing).keys() == before.keys()
    assert not home.exists()
