"""A gap between the law and what honours it is found: no verdict, words that are not there, targets that are not."""

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.check_citations import ROOT
from scripts.side_by_side import VERDICTS as MEANINGS
from scripts.side_by_side import load_verdicts, page, problems

VERDICTS = "docs/law/verdicts.csv"
READINGS = "reference/readings.csv"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, with a law and reference tables that can be changed."""
    root = tmp_path_factory.mktemp("tree")
    (root / "docs").mkdir()
    shutil.copytree(ROOT / "docs/law", root / "docs/law")
    shutil.copytree(ROOT / "reference", root / "reference")
    for name in ("sql", "dvz_assets", "deploy", "tests", "docs/privacy.md"):
        (root / name).symlink_to(ROOT / name)
    return root


@pytest.fixture(scope="module")
def before(tree: Path) -> set[str]:
    """What is wrong before anything is changed."""
    return set(problems(tree))


@contextmanager
def changed(path: Path, change: Callable[[str], str]) -> Iterator[None]:
    """The file with another content, and afterwards as it was."""
    content = path.read_bytes()
    altered = change(content.decode("utf-8"))
    assert altered != content.decode("utf-8")
    path.write_text(altered, encoding="utf-8")
    try:
        yield
    finally:
        path.write_bytes(content)


def rewritten(key: dict[str, str], changes: dict[str, str]) -> Callable[[str], str]:
    """A change of the first row that has the values of ``key``; without changes, all of them go."""

    def change(text: str) -> str:
        rows = list(csv.DictReader(io.StringIO(text)))
        first = next(each for each in rows if key.items() <= each.items())
        first.update(changes)
        written = io.StringIO()
        writer = csv.DictWriter(written, list(first), lineterminator="\n")
        writer.writeheader()
        writer.writerows(each for each in rows if changes or not key.items() <= each.items())
        return written.getvalue()

    return change


@pytest.mark.parametrize(
    ("table", "key", "changes", "said"),
    [
        (VERDICTS, {"document": "note", "paragraph": "1.2 2)"}, {}, "note 1.2 2) has no verdict"),
        (
            VERDICTS,
            {"document": "deliberation", "paragraph": "33"},
            {"paragraph": "99"},
            "there is no paragraph",
        ),
        (
            VERDICTS,
            {"document": "deliberation", "paragraph": "10"},
            {"quotation": "sinds tien jaar"},
            "quotation is not in",
        ),
        (VERDICTS, {"document": "note", "paragraph": "1.4"}, {"verdict": "PERHAPS"}, "the verdict is none of"),
        (VERDICTS, {"document": "note", "paragraph": "1.4"}, {"targets": ""}, "HONOURED by nothing"),
        (VERDICTS, {"document": "deliberation", "paragraph": "11"}, {"remark": ""}, "without a remark"),
        (VERDICTS, {"verdict": "READ_OTHERWISE"}, {"targets": "outcome:PERMANENT_CARD"}, "by no reading"),
        *(
            (VERDICTS, {"document": "note", "paragraph": "1.4"}, {"targets": target}, f"{target} does not exist")
            for target in (
                "file:sql/" + "selection_three.sql",
                "column:category_rules.shoe_size",
                "column:shoes.category",
                "rule:NOTE_2014/EU_OTHER_FAMILY",
                "field:shoe_size",
                "outcome:TOO_TALL",
                "ground:LIVING_WAGE_80_DAYS",
                "case:nobody",
                "reading:thoughts",
                "setting:shoe_size",
                "command:dvz dance",
                "rules:rules.md section " + "19",
                "rules:rules.md section 4 test " + "19",
                "contract:contract section " + "5.9",
                "thing:sql",
                "sql/decisions.sql",
            )
        ),
        (READINGS, {"id": "days-cumulative"}, {"quotation": "minstens 80 dagen"}, "quotation is not in note 1.2 1) a)"),
        (READINGS, {"id": "days-cumulative"}, {"paragraph": "1.2 1) c)"}, "quotation is not in note 1.2 1) c)"),
        (READINGS, {"id": "days-cumulative"}, {"applies_to": "LIVING_WAGE_80_DAYS"}, "has LIVING_WAGE_80_DAYS"),
        (READINGS, {"id": "days-cumulative"}, {"settings": "shoe_size=45"}, "no column shoe_size"),
        (READINGS, {"id": "days-cumulative"}, {"settings": "min_living_wage_days=90"}, "is no alternative"),
        (READINGS, {"id": "days-cumulative"}, {"categories": "PILGRIM"}, "no category PILGRIM"),
        (READINGS, {"id": "days-cumulative"}, {"regimes": "DELIB_99"}, "no regime DELIB_99"),
        (READINGS, {"id": "days-cumulative"}, {"where": "outcome:TOO_TALL"}, "outcome:TOO_TALL does not exist"),
    ],
)
def test_a_gap_is_found(
    tree: Path, before: set[str], table: str, key: dict[str, str], changes: dict[str, str], said: str
) -> None:
    with changed(tree / table, rewritten(key, changes)):
        assert [each for each in problems(tree) if each not in before and said in each]


def test_a_page_with_a_gap_is_not_written(tree: Path) -> None:
    without = rewritten({"document": "note", "paragraph": "1.4"}, {})
    with changed(tree / VERDICTS, without), pytest.raises(ValueError, match=r"note 1\.4 has no verdict"):
        page(tree)


def test_words_that_the_document_has_no_more(tree: Path, before: set[str]) -> None:
    with changed(tree / "docs/law/note-2014-05-08.txt", lambda text: text.replace("Een maal per maand", "Jaarlijks")):
        assert any("not in note 1.4" in each for each in problems(tree) if each not in before)


def test_a_paragraph_that_is_not_where_its_number_says(tree: Path) -> None:
    note = tree / "docs/law/note-2014-05-08.txt"
    without = changed(note, lambda text: text.replace("1.4. WANNEER", "WANNEER"))
    with without, pytest.raises(ValueError, match=r"note 1\.4"):
        list(problems(tree))


def test_every_verdict_stands_on_the_page() -> None:
    written = (ROOT / "docs/law/side-by-side.md").read_text("utf-8")
    counted = [
        line.split("|") for line in written.splitlines() if line.startswith(tuple(f"| {name} " for name in MEANINGS))
    ]
    assert sum(int(cells[-2]) for cells in counted) == len(load_verdicts(ROOT / "docs/law"))
