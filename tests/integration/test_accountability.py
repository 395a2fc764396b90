"""The walk of docs/accountability.md: every command there works as it stands, on the sample data."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.settings import Settings
from tests.integration.running import run

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs" / "accountability.md").read_text("utf-8")
COMMAND = re.compile(r'^ +(?P<asks>echo "\$NUMBER" \| )?dvz (?P<arguments>[^#\n]+)', re.MULTILINE)
COMMANDS = [(bool(found["asks"]), found["arguments"].strip()) for found in COMMAND.finditer(PAGE)]
FIRST, LAST = "2018-04", "2018-05"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory as after `make demo`, of which two months are enough."""
    folder = tmp_path_factory.mktemp("walk")
    for source in ("novaprima", "register"):
        for month in (FIRST, LAST):
            sample = CHECKOUT / "data-sample" / "landing" / source / month
            shutil.copytree(sample, folder / "data-sample" / "landing" / source / month)
    shutil.copytree(CHECKOUT / "reference", folder / "changed-reference")
    flow = Flow(Settings(landing=folder / "data-sample" / "landing", home=folder / ".dvz"))
    assert run(flow, FIRST, LAST) is None
    return folder


def somebody_sent(place: Path) -> str:
    export = Flow(Settings(home=place / ".dvz")).lake.partition("dvz_export", Month.parse(LAST))
    return str(pl.read_parquet(export, hive_partitioning=False)["insz"][0])


def test_the_page_has_its_commands() -> None:
    assert len(COMMANDS) >= 12
    assert sum(asks for asks, _ in COMMANDS) == 3


@pytest.mark.parametrize(("asks", "arguments"), COMMANDS, ids=[arguments for _, arguments in COMMANDS])
def test_every_command_works(place: Path, asks: bool, arguments: str) -> None:
    program = [str(Path(sys.executable).with_name("dvz")), *shlex.split(arguments)]
    number = somebody_sent(place) if asks else ""
    ran = subprocess.run(program, cwd=place, input=f"{number}\n", capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_the_published_ground_is_the_explained_one(place: Path) -> None:
    """Back from the law: the row of category_rules that the explanation names decides the published row."""
    number = somebody_sent(place)
    program = [str(Path(sys.executable).with_name("dvz")), "explain", "--month", LAST]
    ran = subprocess.run(program, cwd=place, input=f"{number}\n", capture_output=True, text=True, check=True)
    with duckdb.connect(str(place / ".dvz" / "published" / "dvz.duckdb"), read_only=True) as connection:
        query = f"SELECT category, grounds FROM control.decision WHERE insz = '{number}' AND month = DATE '{LAST}-01'"
        ((category, grounds),) = connection.execute(query).fetchall()
    rules = pl.read_csv(CHECKOUT / "reference" / "category_rules.csv", infer_schema=False)
    rule = rules.filter(regime="NOTE_2014", category=category)
    assert rule["legal_reference"][0] in ran.stdout
    assert all(ground in ran.stdout for ground in grounds)
