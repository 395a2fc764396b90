"""Where the project's own files stand: top-level folders in a checkout, ``_data`` inside an installed wheel."""

from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent


def sql_folder() -> Path:
    """SQL files, one per asset."""
    return _folder(PACKAGE, "sql")


def expectations_folder() -> Path:
    """Expectation suites, one per asset."""
    return _folder(PACKAGE, "expectations")


def reference_folder() -> Path:
    """Code tables and rules."""
    return _folder(PACKAGE, "reference")


def layouts_folder() -> Path:
    """Layouts: how sources write their files."""
    return _folder(PACKAGE, "layouts")


@cache
def _folder(package: Path, name: str) -> Path:
    packed = package / "_data" / name
    return packed if packed.is_dir() else package.parent / name
