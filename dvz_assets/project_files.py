"""Where the project's own files stand: top-level folders in a checkout, ``_data`` inside an installed wheel."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def sql_folder() -> Path:
    """SQL files, one per asset."""
    return _folder("sql")


def expectations_folder() -> Path:
    """Expectation suites, one per asset."""
    return _folder("expectations")


def reference_folder() -> Path:
    """Code tables and rules."""
    return _folder("reference")


def layouts_folder() -> Path:
    """Layouts: how sources write their files."""
    return _folder("layouts")


def _folder(name: str) -> Path:
    packed = PACKAGE / "_data" / name
    return packed if packed.is_dir() else PACKAGE.parent / name
