"""A delivered month can be computed again from what its manifests record, and differences are found."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

import dvz_assets
from dvz_assets.cli.main import app
from dvz_assets.errors import DvzError
from dvz_assets.flow import versions
from dvz_assets.flow.assets import ASSETS, COMPUTED
from dvz_assets.flow.context import Flow
from dvz_assets.home.lake import write_frame
from dvz_assets.months import Month
from dvz_assets.outbound.holds import Reason
from dvz_assets.project_files import reference_folder
from dvz_assets.questions.reproduction import Comparison, reproduce
from dvz_assets.tables.lake import LAKE_TABLES
from tests.integration.running import fingerprint, manifest_in, redeliver, run
from tests.integration.test_staleness import drop_a_living_wage_line

FIRST, SECOND, LAST = "2018-04", "2018-05", "2018-06"


@pytest.fixture
def ran(ran_until: Callable[[str], Flow]) -> Flow:
    return ran_until(LAST)


def test_a_month_comes_out_byte_for_byte_and_nothing_is_left_of_it(ran: Flow) -> None:
    before = fingerprint(ran.settings.home)
    found = reproduce(ran, Month.parse(LAST))
    assert found.succeeded
    assert [part.name for part in found.parts][: len(COMPUTED)] == list(COMPUTED)
    assert len(found.parts) == len(COMPUTED) + 2
    assert {part.compared for part in found.parts} == {Comparison.BYTES}
    assert found.changed_since == ()
    assert fingerprint(ran.settings.home) == before


def test_it_needs_neither_the_landing_zone_nor_the_present_tables(ran: Flow, tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    shutil.copytree(reference_folder(), folder)
    rules = folder / "category_rules.csv"
    rules.write_text(rules.read_text("utf-8").replace(",90,", ",1,"), encoding="utf-8")
    shutil.rmtree(ran.settings.landing)
    changed = Flow(ran.settings.model_copy(update={"reference": folder, "country_of_origin": "it006"}))
    assert reproduce(changed, Month.parse(LAST)).succeeded


def test_it_needs_nobody_to_stand_on_the_list_who_was_withheld_then(ran: Flow) -> None:
    month = Month.parse(LAST)
    sent = ran.lake.scan("dvz_export", month).collect()["insz"].to_list()
    one, other = (ran.holds.add(insz, Reason.OBJECTION, month, None, "desk 1") for insz in sent[:2])
    assert reproduce(ran, month).succeeded  # withheld now, and sent then
    assert run(ran, LAST) is None
    for hold in (one, other):
        ran.holds.end(hold.name, None, "desk 2")
        found = reproduce(ran, month)
        assert found.succeeded
        assert {part.compared for part in found.parts} == {Comparison.BYTES}


def test_rows_are_compared_under_another_version(ran: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "__version__", "9.9.9")
    found = reproduce(ran, Month.parse(LAST))
    assert found.succeeded
    assert {part.compared for part in found.parts} == {Comparison.ROWS}
    assert found.changed_since == (f"software was {dvz_assets.__version__}, and is 9.9.9",)


def as_the_first_version_wrote(flow: Flow, month: Month, without: str | None = None) -> None:
    """Let the manifests of a month be those of version 0.1.0: neither code nor versions, tables as one input."""
    for asset in COMPUTED:
        path = flow.lake.partition(asset, month)
        manifest = manifest_in(path)
        known = {name: value for name, value in manifest.inputs.items() if name.partition(" ")[0] in ASSETS}
        old = {"reference": manifest.facts["reference"], "country_of_origin": "nationality"}
        frame = pl.read_parquet(path, hive_partitioning=False)
        inputs = {**known, **old}
        write_frame(frame.drop(without or [], strict=False), path, replace(manifest, inputs=inputs, facts={}))


def test_a_month_of_the_first_version_is_compared_by_its_rows(ran: Flow) -> None:
    as_the_first_version_wrote(ran, Month.parse(LAST))
    found = reproduce(Flow(ran.settings), Month.parse(LAST))
    assert found.different == ()
    assert {part.compared for part in found.parts} == {Comparison.ROWS}
    assert "the month was made by a version that did not record its code" in found.changed_since


@pytest.mark.parametrize(("absent", "different"), [("'none'", ("aid_history",)), ("NULL", ())])
def test_a_column_that_came_later_is_compared_by_what_its_absence_means(
    ran: Flow, monkeypatch: pytest.MonkeyPatch, absent: str, different: tuple[str, ...]
) -> None:
    """Where its absence says nothing (NULL) there is nothing to compare it with."""
    month = Month.parse(LAST)
    as_the_first_version_wrote(ran, month, without="hulptype")
    table = LAKE_TABLES["aid_history"]
    columns = [
        replace(column, since="0.2.0", absent=absent) if column.name == "hulptype" else column
        for column in table.columns
    ]
    monkeypatch.setitem(LAKE_TABLES, "aid_history", replace(table, columns=tuple(columns)))
    found = reproduce(Flow(ran.settings), month)
    assert found.different == different
    assert {part.compared for part in found.parts} == {Comparison.ROWS}


def test_verify_says_how_it_has_compared(ran: Flow) -> None:
    arguments = ["verify", "--month", LAST, "--home", str(ran.settings.home), "--json"]
    checked = json.loads(CliRunner().invoke(app, arguments).stdout)["checked"]
    assert {each["seen"] for each in checked} == {"the same bytes"}


def test_a_result_that_was_changed_by_hand_is_found(ran: Flow) -> None:
    path = ran.lake.partition("decisions", Month.parse(LAST))
    frame = pl.read_parquet(path, hive_partitioning=False)
    write_frame(frame.with_columns(outcome=pl.lit("BELGIAN")), path, manifest_in(path))
    found = reproduce(ran, Month.parse(LAST))
    assert found.different == ("decisions",)


def test_an_earlier_month_that_was_run_again_is_named(ran: Flow) -> None:
    redeliver(ran.settings.landing / "novaprima" / FIRST, "statement.csv", drop_a_living_wage_line)
    assert run(ran, FIRST) is None
    assert f"aid_history {FIRST} was run again" in reproduce(ran, Month.parse(LAST)).changed_since


def test_tables_that_are_gone_are_missed(ran: Flow) -> None:
    shutil.rmtree(ran.settings.home / "reference")
    with pytest.raises(DvzError, match="REFERENCE_NOT_KEPT"):
        reproduce(Flow(ran.settings), Month.parse(LAST))
