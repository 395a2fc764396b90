"""Labels: what a code is called, and one plain sentence about it, in each language; ``reference/labels.csv``, typed.

No step of the flow reads them, so another word makes no month stale. A folder of reference tables without the file has
the project's. A code that has no label is shown as it is; that none of the project's lacks one is tested.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dvz_assets.errors import DvzError
from dvz_assets.project_files import reference_folder
from dvz_assets.reference import Reference, read_table
from dvz_assets.tables.reference import LABELS, LANGUAGES

FILE = "labels.csv"

# kind of code: the table and the column that hold its codes
CODES = {
    "aid_kind": ("aid_kinds", "aid_kind"),
    "capacity": ("residence_motives", "capacity"),
    "category": ("residence_motives", "category"),
    "country": ("countries", "iso2"),
    "document": ("residence_documents", "code"),
    "field": ("export_fields", "column"),
    "ground": ("grounds", "ground"),
    "outcome": ("outcomes", "outcome"),
    "purpose": ("a036_purposes", "purpose"),
    "quality_code": ("aid_kinds", "derived_quality_code"),
    "regime": ("regimes", "regime"),
    "register": ("registers", "register"),
    "residence_right": ("residence_documents", "residence_right"),
}
# a name says everything about a country
WITHOUT_SENTENCE = ("country",)


@dataclass(frozen=True, slots=True)
class Label:
    """What a code of a kind is called in a language; ``sentence`` is None where the label says everything."""

    kind: str
    code: str
    language: str
    label: str
    sentence: str | None


@dataclass(frozen=True)
class Labels:
    """All labels of a folder of reference tables."""

    all: tuple[Label, ...]
    by_code: dict[tuple[str, str, str], Label]

    def label(self, kind: str, code: str, language: str) -> str:
        """The label of a code, or the code itself where there is none."""
        found = self.by_code.get((kind, code, language))
        return found.label if found else code

    def sentence(self, kind: str, code: str, language: str) -> str:
        """The sentence about a code; nothing where there is none."""
        found = self.by_code.get((kind, code, language))
        return (found.sentence or "") if found else ""

    def codes(self, kind: str) -> list[str]:
        """The codes of a kind, in the order of the file."""
        return list(dict.fromkeys(each.code for each in self.all if each.kind == kind))


def load_labels(folder: Path | None = None) -> Labels:
    """Labels of a folder of reference tables, or the project's.

    Raises DvzError INVALID_REFERENCE when the file is not as ``tables.reference`` says, a code stands twice in a
    language or lacks one, or a sentence is missing.
    """
    path = (folder or reference_folder()) / FILE
    return _parsed((path if path.exists() else reference_folder() / FILE).read_bytes())


@cache
def _parsed(content: bytes) -> Labels:
    labels = tuple(Label(**row) for row in read_table(FILE, content, LABELS).iter_rows(named=True))
    for problem in _problems(labels):
        raise problem
    return Labels(labels, {(each.kind, each.code, each.language): each for each in labels})


def _problems(labels: tuple[Label, ...]) -> Iterator[DvzError]:
    languages: dict[tuple[str, str], list[str]] = {}
    for line, each in enumerate(labels, start=2):
        place = f"{FILE}, line {line}"
        found = languages.setdefault((each.kind, each.code), [])
        if each.language in found:
            yield _wrong(place, f"{each.kind} {each.code} once in {each.language}", "a second time")
        found.append(each.language)
        if (each.sentence is None) is not (each.kind in WITHOUT_SENTENCE):
            expected = "no sentence, as of every country" if each.sentence else "a sentence"
            yield _wrong(place, expected, "one" if each.sentence else "none")
    for (kind, code), found in languages.items():
        if missing := [language for language in LANGUAGES if language not in found]:
            yield _wrong(FILE, f"{kind} {code} in {', '.join(LANGUAGES)}", f"not in {', '.join(missing)}")


def _wrong(place: str, expected: str, found: str) -> DvzError:
    return DvzError(
        "INVALID_REFERENCE",
        place=place,
        expected=expected,
        found=found,
        remedy="correct the table of labels; no month is computed from it",
    )


def codes_without_label(labels: Labels, reference: Reference) -> list[tuple[str, str]]:
    """Kind and code of everything in the reference tables that has no label."""
    missing = []
    for kind, (table, column) in CODES.items():
        codes = reference.tables[table][column].drop_nulls().unique().sort()
        missing += [(kind, code) for code in codes if (kind, code, LANGUAGES[0]) not in labels.by_code]
    return missing
