"""The documents below ``docs/law/`` as numbered paragraphs and sections: what a citation can lead to.

What is cited, and where, is for ``check_citations``; what honours a paragraph is for ``side_by_side``.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCUMENTS = {
    "note": "note-2014-05-08.txt",
    "summary": "summary-2014-06-11.txt",
    "deliberation": "deliberation-18-055.txt",
}
PAGES = {"rules.md": "rules.md", "contract": "contract.md"}
EARLIER_DELIBERATION = re.compile(r"\bnr\. (\d+)/0*(\d+)")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of a document: its number as it is cited, and its words with white space collapsed."""

    document: str
    number: str
    text: str


@dataclass(frozen=True)
class Law:
    """The documents and pages of one ``docs/law`` folder."""

    paragraphs: dict[tuple[str, str], Paragraph]
    pages: dict[str, str]

    def numbers(self, document: str) -> list[str]:
        """Numbers of a document's paragraphs, in their order."""
        return [number for name, number in self.paragraphs if name == document]

    def has_paragraph(self, document: str, number: str) -> bool:
        """Whether the number is that of a paragraph, or of a part that holds some (*1.1 second selection*)."""
        return any(each == number or each.startswith(f"{number} ") for each in self.numbers(document))

    def sections(self, page: str) -> list[str]:
        """Numbers of a page's sections, as in its headings."""
        return re.findall(r"^#+ (\d+(?:\.\d+)?)\b", self.pages[page], re.MULTILINE)

    def tests(self) -> list[str]:
        """Numbers of the tests in the table of rules.md section 4."""
        return re.findall(r"^\| (\d+) \|", self.pages["rules.md"], re.MULTILINE)

    def earlier_deliberations(self) -> set[str]:
        """Deliberations that the note and deliberation 18/055 list, without leading zeros: ``7/36``."""
        listed = " ".join(paragraph.text for paragraph in self.paragraphs.values())
        return {f"{int(year)}/{number}" for year, number in EARLIER_DELIBERATION.findall(listed)}

    def names(self, word: str) -> bool:
        """Whether rules or contract name it: an outcome, a column, a setting."""
        return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for text in self.pages.values())


def collapsed(text: str) -> str:
    """The text with every run of white space as one blank."""
    return " ".join(text.split())


def load_law(folder: Path) -> Law:
    """Read ``docs/law``; raises ValueError when a paragraph does not begin where ``paragraphs.csv`` says."""
    starts = list(csv.DictReader((folder / "paragraphs.csv").read_text("utf-8").splitlines()))
    found: dict[tuple[str, str], Paragraph] = {}
    for document, file in DOCUMENTS.items():
        rows = [(row["paragraph"], row["opens"]) for row in starts if row["document"] == document]
        for number, piece in _pieces(document, collapsed((folder / file).read_text("utf-8")), rows):
            before = found.get((document, number))
            text = f"{before.text} {piece}" if before else piece
            found[document, number] = Paragraph(document, number, text)
    return Law(found, {page: (folder / file).read_text("utf-8") for page, file in PAGES.items()})


def _pieces(document: str, text: str, starts: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    places: list[int] = []
    place = 0
    for number, opens in starts:
        place = text.find(opens, place)
        if place < 0 or (not places and place > 0):
            raise ValueError(f"docs/law/paragraphs.csv, {document} {number}: no paragraph begins with {opens!r} here")
        places.append(place)
        place += len(opens)
    for (number, _), begin, end in zip(starts, places, [*places[1:], len(text)], strict=True):
        yield number, text[begin:end].strip()
