"""The register is delivered again while a run is between two reads: never files of two deliveries in one month."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dvz_assets.errors import DvzError
from dvz_assets.flow import raw
from dvz_assets.flow.context import Flow
from dvz_assets.flow.one_delivery import require_same_voucher
from dvz_assets.flow.steps import run_step
from dvz_assets.home import write_steps
from dvz_assets.landing.files import RawFile, read_delivered_file
from dvz_assets.landing.voucher import read_voucher
from dvz_assets.landing.zone import month_folder
from dvz_assets.months import Month
from tests.integration.running import redeliver, run
from tests.integration.test_automation import Sensor

MONTH = "2018-04"
OF_REGISTER = ("register_snapshot", "insz_replacements")


def deliver_again_at(step: str, landing: Path, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a new delivery of a source in place once a step of the run is reached, by a rename as a source may."""
    folder, name = landing / source / MONTH, {"register": "persons.csv", "novaprima": "statement.csv"}[source]
    again = landing.parent / "again"
    shutil.copytree(folder, again)
    redeliver(again, name, lambda lines: lines[:-1])

    def listener(reached: str) -> None:
        if reached == step and again.exists():
            folder.rename(landing.parent / "before")
            again.rename(folder)

    monkeypatch.setattr(write_steps, "listener", listener)


@pytest.mark.parametrize("asset", OF_REGISTER)
def test_a_delivery_between_the_reads_of_a_run(flow: Flow, asset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever is read first: the run ends before anything is computed from both, or has taken one whole."""
    deliver_again_at(f"{asset}: renamed", flow.settings.landing, "register", monkeypatch)
    failure = run(flow, MONTH)
    torn = len(set(sequences(flow))) == 2
    assert (failure is not None) == torn
    if failure is not None:
        assert failure.message.startswith(f"DELIVERY_CHANGED: register, month {MONTH}")
        assert f"To do: see that the re-delivery is complete, and run the month again: dvz run --month {MONTH}" in (
            failure.message
        )
        assert flow.lake.months("register_persons") == flow.lake.months("delivery") == []
    # the new delivery is asked for by itself, and taken whole
    assert [request.partition_key for request in Sensor(flow).tick()[0]] == [MONTH]
    assert run(flow, MONTH) is None
    assert sequences(flow) == ["2", "2"]


def test_the_sequence_that_was_taken_is_that_of_the_source_and_the_month(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(MONTH)
    redeliver(flow.settings.landing / "register" / MONTH, "persons.csv", lambda lines: lines[:-1])
    run_step(flow, OF_REGISTER[0], Month.parse(MONTH))  # and the other file of the same delivery not yet
    taken = {source: raw.sequence_taken(flow, source, Month.parse(MONTH)) for source in ("novaprima", "register")}
    assert taken == {"novaprima": 1, "register": 2}
    assert raw.sequence_taken(flow, "register", Month.parse(MONTH).plus(1)) == 0
    for _ in range(2):
        redeliver(flow.settings.landing / "novaprima" / MONTH, "statement.csv", lambda lines: lines[:-1])
    run_step(flow, "novaprima_statement", Month.parse(MONTH))
    taken = {source: raw.sequence_taken(flow, source, Month.parse(MONTH)) for source in ("novaprima", "register")}
    assert taken == {"novaprima": 3, "register": 2}


def sequences(flow: Flow) -> list[str]:
    """Of the deliveries from which the two files of the register were taken."""
    return [flow.lake.manifest(each, Month.parse(MONTH)).facts["sequence"] for each in OF_REGISTER]


@pytest.mark.parametrize("source", ["register", "novaprima"])
def test_a_delivery_while_a_file_is_read(flow: Flow, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asset = {"register": "register_snapshot", "novaprima": "novaprima_statement"}[source]
    folder = flow.settings.landing / source / MONTH
    name = {"register": "persons.csv", "novaprima": "statement.csv"}[source]

    def read_and_deliver_again(*arguments: Any, **options: Any) -> RawFile:
        delivered = read_delivered_file(*arguments, **options)
        redeliver(folder, name, lambda lines: lines[:-1])
        return delivered

    monkeypatch.setattr("dvz_assets.flow.raw.read_delivered_file", read_and_deliver_again)
    with pytest.raises(DvzError, match=f"DELIVERY_CHANGED: {source}, month {MONTH}"):
        raw.write_candidate(flow, asset, Month.parse(MONTH))


@pytest.mark.parametrize("taken", ["0" * 64, "f" * 64])
def test_another_voucher_is_seen_whichever_hash_comes_first_in_an_alphabet(flow: Flow, taken: str) -> None:
    folder = month_folder(flow.settings.landing, "register", Month.parse(MONTH))
    voucher = read_voucher(folder, "register", Month.parse(MONTH))
    require_same_voucher(folder, voucher, Month.parse(MONTH))
    with pytest.raises(DvzError, match="another voucher, or none"):
        require_same_voucher(folder, voucher.model_copy(update={"sha256": taken}), Month.parse(MONTH))


def test_a_delivery_that_was_half_taken_is_never_called_old(ran_until: Callable[[str], Flow]) -> None:
    """A home in which an earlier version has mixed two deliveries, or a person took one file by hand."""
    flow = ran_until(MONTH)
    redeliver(flow.settings.landing / "register" / MONTH, "insz_replacements.csv", lambda lines: lines)
    for asset in OF_REGISTER:
        shutil.copytree(flow.settings.home, flow.settings.home.with_name(asset))
        half = Flow(flow.settings.model_copy(update={"home": flow.settings.home.with_name(asset)}))
        raw.write_candidate(half, asset, Month.parse(MONTH))
        half.lake.publish(asset, Month.parse(MONTH))
        sensor = Sensor(half)
        (asked,) = sensor.tick()[0]
        assert asked.partition_key == MONTH
        requests, why = sensor.tick()
        # asked for as long as nothing is done, under a key of which Dagster makes one run
        assert {request.run_key for request in requests} <= {asked.run_key}
        assert "nothing new" not in why
