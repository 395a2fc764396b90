"""Settings: dvz.toml, then the environment, then the command line, from weak to strong; a wrong one is named."""

from decimal import Decimal
from pathlib import Path

import pytest

from dvz_assets.errors import DvzError
from dvz_assets.settings import Settings


def test_the_command_line_is_stronger_than_the_environment_and_the_environment_than_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVZ_THREADS", "3")
    monkeypatch.setenv("DVZ_SMALL_CELL_THRESHOLD", "7")
    monkeypatch.setenv("DVZ_HOME", "of-environment")
    (tmp_path / "dvz.toml").write_text(
        'small_cell_threshold = 8\nrounding_base = 9\nhome = "of-file"\n', encoding="utf-8"
    )
    settings = Settings.load(home=Path("of-option"))
    assert (settings.threads, settings.small_cell_threshold, settings.rounding_base) == (3, 7, 9)
    assert settings.home == tmp_path / "of-option"


def test_a_credential_of_systemd_gives_what_nothing_else_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a key stands on no command line and in no environment."""
    for name, value in {"dvz_signing_key": "of-systemd", "dvz_threads": "3", "unrelated": "x"}.items():
        (tmp_path / name).write_text(value + "\n", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("DVZ_THREADS", "5")
    settings = Settings.load()
    assert settings.signing_key is not None
    assert settings.signing_key.get_secret_value() == "of-systemd"
    assert settings.threads == 5
    assert "of-systemd" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("https://DVZ.example.internal/", "https://dvz.example.internal"),
        ("https://dvz.example.internal:443", "https://dvz.example.internal"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("dvz.example.internal", None),
        ("https://dvz.example.internal/ui", None),
        ("https://*", None),
    ],
)
def test_the_address_of_the_ui_is_as_browsers_send_it(given: str, meant: str | None) -> None:
    if meant is None:
        with pytest.raises(DvzError, match="ui_address"):
            Settings.load(ui_address=given)
    else:
        assert Settings.load(ui_address=given).ui_address == meant


def test_defaults_are_those_of_the_contract(tmp_path: Path) -> None:
    settings = Settings.load()
    assert settings.landing == tmp_path / "data-sample" / "landing"
    assert settings.home == tmp_path / ".dvz"
    assert settings.max_reject_share == Decimal("0.01")
    assert settings.require_verified_codes is False
    assert (settings.history_gaps, settings.country_of_origin) == ("refuse", "nationality")
    assert (settings.first_month, settings.small_cell_threshold) == ("2014-05", 8)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("max_reject_share = 2", "max_reject_share"),
        ('first_month = "May 2014"', "first_month"),
        ("no_such_setting = 1", "no_such_setting"),
        ('memory_limit = "much"', "memory_limit"),
        ("history_retention_months = 59", "less than retention_months"),
        ("threads = ", "dvz.toml"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, line: str, named: str) -> None:
    (tmp_path / "dvz.toml").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(DvzError, match="INVALID_SETTING") as raised:
        Settings.load()
    assert named in str(raised.value)
