"""Which months are delivered: both vouchers are there, and nothing else is looked at."""

from pathlib import Path

import pytest

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.zone import delivered_months, is_delivered
from dvz_assets.months import Month


def put_voucher(landing: Path, source: str, month: str) -> None:
    folder = landing / source / month
    folder.mkdir(parents=True)
    (folder / "voucher.json").write_text("{}", encoding="utf-8")


def test_a_month_is_delivered_when_both_vouchers_are_there(tmp_path: Path) -> None:
    for month in ("2018-06", "2017-12"):
        put_voucher(tmp_path, "register", month)
        put_voucher(tmp_path, "novaprima", month)
    put_voucher(tmp_path, "novaprima", "2018-07")
    put_voucher(tmp_path, "register", "2018-08")
    (tmp_path / "register" / "2018-07").mkdir()
    (tmp_path / "register" / "2018-07" / "persons.csv").write_text("still being written", encoding="utf-8")

    assert delivered_months(tmp_path) == [Month(2017, 12), Month(2018, 6)]
    assert is_delivered(tmp_path, Month(2018, 6))
    assert not is_delivered(tmp_path, Month(2018, 7))
    assert not is_delivered(tmp_path, Month(2018, 8))


@pytest.mark.parametrize(
    "name", ["2018-13", "2018-00", "2018-5", "2018-05.old", "old", "0000-01", "201805", "2018-05 "]
)
def test_a_folder_whose_name_is_no_month_is_ignored(tmp_path: Path, name: str) -> None:
    put_voucher(tmp_path, "novaprima", name)
    put_voucher(tmp_path, "register", name)
    assert delivered_months(tmp_path) == []


def test_a_landing_zone_without_any_delivery_has_no_months(tmp_path: Path) -> None:
    assert delivered_months(tmp_path) == []


def test_a_missing_landing_zone_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="--landing"):
        delivered_months(tmp_path / "elsewhere")
