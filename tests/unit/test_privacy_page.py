"""docs/privacy.md: every property and every attack names what holds it, and that exists."""

import ast
import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs" / "privacy.md").read_text("utf-8")
FILES = {path.name: path for path in sorted((CHECKOUT / "tests").rglob("*.py"))}
# of a table whose last column says who guards or holds what
HEADINGS = re.compile(r"^\|.*\| (guarded|held) by \|$", re.MULTILINE)
TEST = re.compile(r"`(?:[\w/]*?(?P<file>\w+\.py))?(?:::)?(?P<name>(?:test_|Test)\w+)?(?P<open>\.\.\.)?`")
SAME = ("the same", "the proof", "tests of the commands", "make look", "systemd-analyze", "tests/")


def names_in(path: Path) -> set[str]:
    definitions = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, definitions)}


EVERY_NAME = {name for path in FILES.values() for name in names_in(path)}


def rows() -> list[str]:
    found, is_in = [], False
    for line in PAGE.splitlines():
        if HEADINGS.fullmatch(line):
            is_in = True
        elif not line.startswith("|"):
            is_in = False
        elif is_in and not line.startswith("|---"):
            found.append(line.rstrip("|").rpartition("|")[2].strip())
    return found


def named(text: str) -> list[tuple[str, str, bool]]:
    """Files and tests that a text names, and whether a name is only the beginning of one."""
    found = [(each["file"] or "", each["name"] or "", bool(each["open"])) for each in TEST.finditer(text)]
    return [each for each in found if each[0] or each[1]]


def is_there(file: str, name: str, *, is_beginning: bool) -> bool:
    if file and file not in FILES:
        return False
    known = names_in(FILES[file]) if file else EVERY_NAME
    return not name or (any(each.startswith(name) for each in known) if is_beginning else name in known)


def test_every_test_that_the_page_names_exists() -> None:
    tests = [each for each in named(PAGE) if each[1] or each[0].startswith(("test_", "look_"))]
    assert len(tests) > 50
    missing = [each for each in tests if not is_there(each[0], each[1], is_beginning=each[2])]
    assert missing == []


def test_every_property_and_every_attack_names_what_holds_it() -> None:
    assert len(rows()) > 50
    assert [row for row in rows() if not named(row) and not any(word in row for word in (*SAME, "expectations/"))] == []


def test_a_name_that_is_none_would_be_found() -> None:
    (none,) = named("held by `test_web_guard.py::test_of_nothing`")
    assert not is_there(none[0], none[1], is_beginning=none[2])
