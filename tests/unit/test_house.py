"""The floors of the house: imports go down, private names stay in their module, and Dagster's are in one place.

Reads the imports of all modules, those inside of functions too, without running any.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parents[2] / "dvz_assets"
# from the top to the ground; rooms of one floor do not know each other
FLOORS = (
    ("cli", "definitions"),
    ("orchestration",),
    ("report",),
    ("questions", "a036"),
    ("flow",),
    ("outbound",),
    ("landing", "engines", "audit"),
    ("home",),
    ("words",),
    ("reference",),
    ("tables",),
    ("settings",),
    ("addresses", "project_files", "months", "sql_literals", "wording"),
    ("errors",),
    ("__init__",),  # the version
)
# rooms aside, with what they may look into
ASIDE = {"generate": {"landing", "reference", "tables", "project_files", "months", "errors", "__init__"}}
GUESTS = {"cli": {"generate"}}  # who may look into a room aside
# imports that go up until somebody takes them away: (module, what it imports) and why
KNOWN: dict[tuple[str, str], str] = {}
PRIVATE_DAGSTER = "dvz_assets.orchestration.dagster_private"


class Import(NamedTuple):
    """One name that a module imports."""

    by: str
    module: str
    name: str

    @property
    def room(self) -> str:
        """The room of the importing module."""
        return _room(self.by)

    @property
    def of(self) -> str:
        """The room that is looked into."""
        return _room(self.module if self.module != "dvz_assets" else _of_the_package(self.name))


def _room(module: str) -> str:
    _, _, below = module.partition(".")
    return below.split(".")[0] or "__init__"


def _of_the_package(name: str) -> str:
    is_room = (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists()
    return f"dvz_assets.{name}" if is_room else "dvz_assets"


def imports_of(by: str, text: str) -> Iterator[Import]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{by}: imports are absolute"
            yield from (Import(by, node.module or "", each.name) for each in node.names)
        elif isinstance(node, ast.Import):
            yield from (Import(by, each.name, "") for each in node.names)


def all_imports() -> list[Import]:
    found: list[Import] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        by = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found += imports_of(by, path.read_text("utf-8"))
    return found


def is_ours(each: Import) -> bool:
    return each.module.split(".")[0] == "dvz_assets"


def goes_up(each: Import) -> bool:
    if each.room == each.of:
        return False
    if each.room in ASIDE:
        return each.of not in ASIDE[each.room]
    if each.of in ASIDE:
        return each.of not in GUESTS.get(each.room, ())
    floors = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    return floors[each.of] <= floors[each.room]


def takes_a_private_name(each: Import) -> bool:
    parts = [*each.module.split("."), each.name]
    return any(part.startswith("_") and not part.startswith("__") for part in parts)


def test_imports_go_down() -> None:
    up = {(each.by, each.module) for each in all_imports() if is_ours(each) and goes_up(each)}
    assert up == set(KNOWN)


def test_no_module_takes_a_private_name_of_another() -> None:
    private = [each for each in all_imports() if is_ours(each) and takes_a_private_name(each)]
    assert private == []


def test_private_names_of_dagster_are_in_one_module() -> None:
    """Not only imports: a configuration may name a private module too."""
    files = [path for path in PACKAGE.rglob("*.py") if "dagster._" in path.read_text("utf-8")]
    assert [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in files] == [PRIVATE_DAGSTER]


def test_every_room_has_its_floor() -> None:
    """A new folder, or module at the top, says where it stands; a floor for what is yet to come may be empty."""
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert rooms - {room for rooms in FLOORS for room in rooms} - set(ASIDE) == set()


@pytest.mark.parametrize(
    ("by", "text"),
    [
        ("dvz_assets.home.lake", "from dvz_assets.flow.context import Flow"),
        ("dvz_assets.home.lake", "def late():\n    import dvz_assets.flow.context"),
        ("dvz_assets.settings", "from dvz_assets import home"),
        ("dvz_assets.landing.zone", "from dvz_assets.audit import expectations"),
        ("dvz_assets.flow.raw", "from dvz_assets.generate import country"),
        ("dvz_assets.generate", "from dvz_assets.flow.context import Flow"),
    ],
)
def test_what_goes_up_is_seen(by: str, text: str) -> None:
    assert [goes_up(each) for each in imports_of(by, text)] == [True]


def test_a_private_name_is_seen() -> None:
    texts = ("from dvz_assets.home.folder import _sync", "from dvz_assets._data import x", "import dvz_assets._data")
    assert all(takes_a_private_name(each) for text in texts for each in imports_of("dvz_assets.flow.raw", text))
    assert not any(map(takes_a_private_name, imports_of("dvz_assets.flow.raw", "from dvz_assets import __version__")))
