"""Contracts are valid in their standard and say of every table what its definition says."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft201909Validator
from open_data_contract_standard.model import OpenDataContractStandard
from typer.testing import CliRunner

from dvz_assets.cli.main import app
from dvz_assets.landing.columns import COLUMNS
from dvz_assets.report.contracts import Neighbour, contract_of, neighbours


@pytest.mark.parametrize("neighbour", neighbours(), ids=lambda each: each.name)
def test_a_contract_is_valid_in_its_standard(neighbour: Neighbour) -> None:
    schema = json.loads(OpenDataContractStandard.json_schema())  # type: ignore[no-untyped-call]
    problems = Draft201909Validator(schema).iter_errors(yaml.safe_load(contract_of(neighbour).to_yaml()))
    assert [f"{each.json_path}: {each.message[:200]}" for each in problems] == []


def test_contracts_are_read_as_they_were_written(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["contracts", str(tmp_path / "contracts")])
    assert ran.exit_code == 0, ran.stderr
    read = {
        path.name.split(".")[0]: OpenDataContractStandard.from_file(str(path))
        for path in (tmp_path / "contracts").iterdir()
    }
    assert {*read} == {"statement", "register", "delivery", "dvz", "analytics"}
    statement = (read["statement"].schema_ or [])[0]
    assert [each.name for each in statement.properties or []] == list(COLUMNS["statement"])
    assert all(each.description and each.classification for each in statement.properties or [])
