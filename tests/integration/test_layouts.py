"""A month that comes in layouts is the month that comes as CSV; a delivery is received whole or not at all."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from dvz_assets.cli.main import app
from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.flow.raw import files_to_receive
from dvz_assets.flow.staleness import stale_months
from dvz_assets.generate.layout_writer import encodable
from dvz_assets.landing.columns import COLUMNS
from dvz_assets.months import Month
from dvz_assets.project_files import layouts_folder
from dvz_assets.settings import Settings
from tests.integration.running import fingerprint, run

MONTH = "2018-04"
LAYOUTS = ["--layout", "novaprima-fixed", "--layout", "register-tabs"]
RAW = ("novaprima_statement", "register_snapshot", "insz_replacements")


def dvz(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == status, result.output
    return result.output


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Flow]:
    """The same month in layouts, and as CSV with the letters that the encodings have; run."""
    folder = tmp_path_factory.mktemp("layouts")
    os.chdir(folder)
    shutil.copytree(layouts_folder(), folder / "described")
    flows = {}
    for name in ("layouts", "csv"):
        settings = Settings(landing=folder / name, home=folder / f"home-{name}", layouts=folder / "described")
        flows[name] = Flow(settings)
    few = ["--persons", "60", "--months", "1", "--start", MONTH]
    dvz("generate", str(folder / "layouts"), *few, *LAYOUTS)
    dvz("generate", str(folder / "csv"), *few)
    for kind, encoding in (("novaprima/statement", "windows-1252"), ("register/persons", "iso-8859-1")):
        source, _, name = kind.partition("/")
        path = folder / "csv" / source / MONTH / f"{name}.csv"
        texts = pl.read_csv(path, separator=";", infer_schema=False)
        path.write_bytes(encodable(texts, encoding).write_csv(separator=";").encode())
        announce(path)
    for flow in flows.values():
        assert run(flow, MONTH) is None
    return flows


def announce(path: Path) -> None:
    voucher_path = path.parent / "voucher.json"
    voucher = json.loads(voucher_path.read_text("utf-8"))
    for file in voucher["files"]:
        if file["name"] == path.name:
            file["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    voucher_path.write_text(json.dumps(voucher), encoding="utf-8")


def test_a_month_in_layouts_has_the_rows_and_bytes_of_the_csv(zones: dict[str, Flow]) -> None:
    """A partition's footer says from which files it was made; all else is the same to the byte."""
    homes = {name: flow.settings.home for name, flow in zones.items()}
    partitions = sorted(path.relative_to(homes["csv"]) for path in (homes["csv"] / "lake").rglob("*.parquet"))
    assert len(partitions) > 10
    for partition in partitions:
        if partition.parts[1] == "delivery":  # holds the moment at which it was written; its files are compared below
            continue
        rows = [pl.read_parquet(home / partition) for home in homes.values()]
        assert rows[0].equals(rows[1]), partition
        # Parquet ends with the length of its footer; before the footer stand the pages of the columns
        data = [(home / partition).read_bytes() for home in homes.values()]
        lengths = [int.from_bytes(each[-8:-4], "little") + 8 for each in data]
        assert data[0][: -lengths[0]] == data[1][: -lengths[1]], partition
    files = [
        {name: value for name, value in fingerprint(home / "deliveries").items() if name.endswith(".csv")}
        for home in homes.values()
    ]
    assert files[0] == files[1]
    assert files[0]


def test_a_changed_layout_makes_a_month_stale_and_a_setting_that_says_nothing_does_not(zones: dict[str, Flow]) -> None:
    flow = zones["layouts"]
    assert stale_months(flow) == []
    with_setting = Flow(zones["csv"].settings.model_copy(update={"novaprima_layout": "novaprima-fixed"}))
    assert [each.reason for each in stale_months(with_setting)] == ["the layout in which its file is read has changed"]
    path = flow.settings.layouts / "novaprima-fixed.toml"
    text = path.read_text("utf-8")
    path.write_text(text + "\n", encoding="utf-8")
    assert [each.reason for each in stale_months(Flow(flow.settings))] == [
        "the layout in which its file is read has changed"
    ]
    path.write_text(text, encoding="utf-8")


def test_files_without_voucher_are_received(zones: dict[str, Flow], tmp_path: Path) -> None:
    """Moved, with the next sequence; what is wrong with them is said, and then nothing has changed."""
    come, zone = tmp_path / "come", tmp_path / "zone"
    come.mkdir()
    of_source = zones["layouts"].settings.landing / "novaprima" / MONTH
    content = (of_source / "statement.dat").read_bytes()
    where = ["--source", "novaprima", "--month", MONTH, "--landing", str(zone), "--home", str(tmp_path / "home")]
    for sequence in (1, 2):
        (come / "MAANDSTAAT.TXT").write_bytes(content)
        dvz("receive", str(come / "MAANDSTAAT.TXT"), *where, "--layout", "novaprima-fixed")
        voucher = json.loads((zone / "novaprima" / MONTH / "voucher.json").read_text("utf-8"))
        assert voucher["sequence"] == sequence
        made = json.loads((of_source / "voucher.json").read_text("utf-8"))
        assert voucher["files"] == made["files"]
        assert list(come.iterdir()) == []
    before = fingerprint(zone)
    assert sorted(before) == [f"novaprima/{MONTH}/statement.dat", f"novaprima/{MONTH}/voucher.json"]
    (come / "short.txt").write_bytes(b"".join(line for line in content.splitlines(keepends=True)[:-2]))
    said = dvz("receive", str(come / "short.txt"), *where, "--layout", "novaprima-fixed", status=1)
    assert "short.txt" in said
    assert fingerprint(zone) == before
    assert [path.name for path in come.iterdir()] == ["short.txt"]
    # which sequence comes next cannot be told
    (zone / "novaprima" / MONTH / "voucher.json").write_bytes(b"{")
    before = fingerprint(zone)
    (come / "MAANDSTAAT.TXT").write_bytes(content)
    said = dvz("receive", str(come / "MAANDSTAAT.TXT"), *where, "--layout", "novaprima-fixed", status=1)
    assert "NOT_RECEIVED" in said
    assert "voucher.json: expected a voucher, or none" in " ".join(said.split())
    assert fingerprint(zone) == before
    assert (come / "MAANDSTAAT.TXT").exists()


def test_a_file_is_of_the_kind_with_which_its_name_begins_where_there_are_several(flow: Flow) -> None:
    names = ("Persons_2018.txt", "insz_replacements.txt", "statement.txt")
    files = [*((None, Path(name)) for name in names), ("persons", Path("statement.txt"))]
    _, found = files_to_receive(flow, "register", Month.parse(MONTH), files, None)
    assert [each.kind for each in found] == ["persons", "insz_replacements", "an unknown kind", "persons"]
    _, (alone,) = files_to_receive(flow, "novaprima", Month.parse(MONTH), [(None, Path("MAANDSTAAT.TXT"))], None)
    assert alone.kind == "statement"


def test_a_layout_that_is_named_has_to_hold_in_the_month_and_that_of_the_setting_need_not(flow: Flow) -> None:
    set_ = Flow(flow.settings.model_copy(update={"novaprima_layout": "novaprima-fixed"}))
    before, file = Month.parse("1990-01"), (None, Path("MAANDSTAAT.TXT"))
    _, (found,) = files_to_receive(set_, "novaprima", before, [file], None)
    assert found.layout is None
    with pytest.raises(DvzError, match="NO_LAYOUT"):
        files_to_receive(set_, "novaprima", before, [file], "novaprima-fixed")


def test_a_received_month_of_the_register_needs_all_its_files_and_its_day(
    zones: dict[str, Flow], tmp_path: Path
) -> None:
    come, zone = tmp_path / "come", tmp_path / "zone"
    shutil.copytree(zones["csv"].settings.landing / "register" / MONTH, come)
    where = ["--source", "register", "--month", MONTH, "--landing", str(zone), "--home", str(tmp_path / "home")]
    files = [str(come / "persons.csv"), f"insz_replacements={come / 'insz_replacements.csv'}"]
    assert "one file of each" in dvz("receive", files[0], *where, "--date", "2018-05-02", status=1)
    assert "--date" in dvz("receive", *files, *where, status=1)
    assert not zone.exists()
    dvz("receive", *files, *where, "--date", "2018-05-02")
    assert sorted(path.name for path in (zone / "register" / MONTH).iterdir()) == [
        "insz_replacements.csv",
        "persons.csv",
        "voucher.json",
    ]


def test_layout_check_shows_masked_rows(zones: dict[str, Flow]) -> None:
    path = zones["layouts"].settings.landing / "register" / MONTH / "persons.dat"
    arguments = ["layout", "check", str(path), "--layout", "register-tabs", "--month", MONTH]
    said = dvz(*arguments, "--kind", "persons", "--json")
    shown = json.loads(said)
    assert len(shown["first"]) == 10
    assert list(shown["first"][0])[1:] == list(COLUMNS["persons"])
    assert {character for row in shown["first"] for character in row["insz"]} == {"9"}
    assert "statement" not in dvz(*arguments, status=1)
