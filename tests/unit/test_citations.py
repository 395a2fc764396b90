"""A citation that leads nowhere is found, whatever is cited and in whatever kind of file it stands.

The dead places are filled in by the tests: written out here, the check itself would find them.
"""

import shutil
from pathlib import Path

import pytest

from scripts.check_citations import ROOT, dead_citations, project_files


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of the law and the reference tables alone; each test overwrites its own files."""
    root = tmp_path_factory.mktemp("tree")
    for folder in ("docs/law", "reference"):
        shutil.copytree(ROOT / folder, root / folder)
    return root


def seed(tree: Path, name: str, content: str) -> list[str]:
    """What is found in a file of the tree with that content."""
    (tree / name).write_text(content, encoding="utf-8")
    found = dead_citations(tree, [name])
    return [f"{each.line}: {each.cited}" for each in found if each.file == name]


@pytest.mark.parametrize(
    ("cited", "alive", "dead"),
    [
        ("deliberation {}", "29", "99"),
        ("deliberation 18/055, 8, {} and 32", "17", "37"),
        ("deliberation 18/055 of 8 May 2018, {}", "10-26", "10-46"),
        ("deliberation {}", "12/098", "13/098"),
        ("note {}", "1.4", "1.9"),
        ("note of 8 May 2014, {} and IV", "1.3", "1.5"),
        ("note {}", "I 1.4", "I 1.5"),
        ("note {}", "IV", "VI"),
        ("note 1.1 {}", "second selection", "third selection"),
        ("note 1.1 second selection {}", "3) fourth bullet", "3) fifth bullet"),
        ("note 1.1 second selection 3) first bullet; 1.2 {}", "1)", "3)"),
        ("note 1.2 1) {}", "c)", "d)"),
        ("summary {}", "18", "24"),
        ("summary of 11 June 2014, {}", "18", "24"),
        ("rules.md section {}", "8", "12"),
        ("rules.md sections 4 and {}", "5", "10"),
        ("rules.md section {}", "4, test 9", "4, test 16"),
        ("rules.md section {}", "4 test 9", "5 test 9"),
        ("contract section {}", "5.3", "5.9"),
        ("Contract {}", "1.5", "1.6"),
    ],
)
@pytest.mark.parametrize(
    "file",
    ["seeded.sql", "seeded.md", "seeded.py", "seeded.json", "comment.py"],
)
def test_a_place_in_the_law(tree: Path, file: str, cited: str, alive: str, dead: str) -> None:
    form = {
        ".sql": "-- Grain: one row.\n-- Legal basis: {}.\nSELECT 1\n",
        ".md": "# Page\n\nThis is so ({}).\n",
        ".json": '{{"a": 1,\n "description": "So it is ({})."}}\n',
    }.get(
        Path(file).suffix, "# So it is: {}.\n" if "comment" in file else '"""What it does.\n\nLegal source: {}.\n"""\n'
    )
    assert seed(tree, file, form.format(cited.format(alive))) == []
    assert len(seed(tree, file, form.format(cited.format(dead)))) == 1


@pytest.mark.parametrize("dead", ["99", "37"])
def test_a_citation_that_goes_over_lines_is_found_where_it_ends(tree: Path, dead: str) -> None:
    text = f"-- Legal basis: note of 8 May 2014, 1.2; deliberation 18/055,\n--   10-26 and\n--   {dead}.\nSELECT 1\n"
    assert seed(tree, "seeded.sql", text) == [f"3: deliberation {dead}"]


def test_constants_of_a_module_are_put_in(tree: Path) -> None:
    (tree / "pyproject.toml").touch()
    seed(tree, "sources.py", 'NOTE = "note of 8 May 2014"\nSECOND = f"{NOTE}, 1.1 second selection"\n')
    import_line = "from sources import SECOND\n"
    assert seed(tree, "alive.py", import_line + 'BASIS = f"{SECOND} 3) first bullet"\n') == []
    found = seed(tree, "dead.py", import_line + 'BASIS = f"{SECOND} 4) first bullet"\n')
    assert [each.partition(": ")[0] for each in found] == ["2"]


@pytest.mark.parametrize(
    ("cited", "alive", "dead"),
    [
        ("`reference/{}`", "readings.csv", "feelings.csv"),
        ("docs/law/{}", "rules.md", "rulez.md"),
        ("the files reference/{}", "*.csv", "*.xlsx"),
        ("see decision {}", "0008", "0999"),
        ("docs/decisions/{}", "0008", "0999"),
        ("`{}`", "page.md", "paige.md"),
        ("[page]({})", "page.md", "paige.md"),
    ],
)
def test_a_file(tree: Path, cited: str, alive: str, dead: str) -> None:
    for name in ("page.md", "docs/decisions/0008-protection-of-counts.md"):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).touch()
    files = [str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()]
    for place, expected in ((alive, 0), (dead, 1)):
        (tree / "seeded.md").write_text(cited.format(place), encoding="utf-8")
        found = {each for each in dead_citations(tree, [*files, "seeded.md"]) if each.file == "seeded.md"}
        assert len(found) == expected


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("export_fields.csv", "NOTE_2014,,insz,identificatienummer van de zekere sociale,note 1.3"),
        ("export_fields.csv", "NOTE_2014,,insz,identificatienummer van de sociale zekerheid,the note"),
        ("a036_purposes.csv", "EU_CITIZEN_RESIDENCE,applicant,true,EU,2018-05-08,,paragraph nine"),
        ("category_rules.csv", "NOTE_2014,EU_CITIZEN,01/001; 09/029,note 1.2 1)"),
    ],
)
def test_a_row_of_a_table(tree: Path, table: str, row: str) -> None:
    """A field in other words than the document's, a row that cites nothing, an authorisation that nobody gave."""
    header = {
        "export_fields.csv": "regime,category,column,field_in_source,legal_reference",
        "a036_purposes.csv": "purpose,role,needs_doubt,person_nationality,valid_from,valid_to,legal_reference",
        "category_rules.csv": "regime,category,authorisation,legal_reference",
    }[table]
    found = seed(tree, f"reference/{table}", f"{header}\n{row}\n")
    assert {each.partition(": ")[0] for each in found} == {"2"}


def test_the_whole_project(tmp_path: Path) -> None:
    """In a copy of the project, what is seeded is found at its line, and nothing else."""
    names = project_files(ROOT)
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    path = tmp_path / "sql/decisions.sql"
    lines = len(path.read_text("utf-8").splitlines())
    number = 99
    path.write_text(path.read_text("utf-8") + f"-- deliberation {number}\n", encoding="utf-8")
    found = [(each.file, each.line, each.exists) for each in dead_citations(tmp_path, names)]
    assert found == [("sql/decisions.sql", lines + 1, "the deliberation has the paragraphs 1 to 36")]
