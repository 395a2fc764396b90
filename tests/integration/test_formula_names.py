"""Names that a spreadsheet takes for formulas are sent as they are, and the voucher counts them and warns."""

import json
from collections.abc import Callable

import pytest

from dvz_assets.flow.context import Flow
from dvz_assets.flow.delivery import persons_with_formula_names
from dvz_assets.home.deliveries import read_csv
from tests.integration.running import redeliver, run

BEFORE, MONTH = "2018-05", "2018-06"
COUNTED = ["=1+1", "+1", "-1", "@SUM(1)", "\tx", '"=1;2"']
LEFT = ["x=1", " =1", "'=1", "1+1"]


def test_names_that_open_as_formulas(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(BEFORE)
    names = [*COUNTED, *LEFT]

    def named(lines: list[str]) -> list[str]:
        column = lines[0].split(";").index("naam")
        rows = [line.split(";") for line in lines[1:]]
        for number, row in enumerate(rows):
            row[column] = names[number % len(names)]
        return [lines[0], *(";".join(row) for row in rows)]

    redeliver(flow.settings.landing / "register" / MONTH, "persons.csv", named)
    assert run(flow, MONTH) is None
    folder = flow.settings.home / "deliveries" / MONTH / "0001"
    sent = read_csv((folder / "dvz_export.csv").read_bytes())["last_name"].to_list()
    told = json.loads((folder / "voucher.json").read_text("utf-8"))["formula_names"]
    as_text = [name.strip('"') for name in COUNTED]
    assert told["persons"] == sum(name in as_text for name in sent) > 0
    assert set(sent) & set(LEFT), "some are left out of the count"
    assert "spreadsheet" in told["warning"]


@pytest.mark.parametrize("name", COUNTED)
def test_each_beginning_counts_in_either_name(name: str) -> None:
    for row in (f"{name};", f";{name}"):
        assert persons_with_formula_names(f"last_name;first_names\n{row}\nx;y\n".encode()) == 1


@pytest.mark.parametrize("name", LEFT)
def test_no_other_beginning_counts(name: str) -> None:
    assert persons_with_formula_names(f"last_name;first_names\n{name};{name}\n".encode()) == 0


def test_a_file_without_names_has_none() -> None:
    assert persons_with_formula_names(b"insz;category\n1;=1+1\n") == 0


def test_a_month_without_such_names_says_nothing(ran_until: Callable[[str], Flow]) -> None:
    home = ran_until(MONTH).settings.home
    assert "formula_names" not in (home / "deliveries" / MONTH / "0001" / "voucher.json").read_text("utf-8")
