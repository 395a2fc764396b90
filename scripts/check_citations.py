"""Finds citations of the law, the rules and the contract, and of files, that lead nowhere; part of ``make check``.

The grammar is small: a document, then the places in it (``docs/law/README.md`` has the table). In Python only strings
and comments are read, with the constants of a module put in, so that ``f"{NOTE}, 1.2 1) a)"`` is checked as it is read.
"""

import ast
import csv
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scripts.law import Law, collapsed, load_law

ROOT = Path(__file__).parents[1]
TEXT = {".py", ".sql", ".md", ".json", ".csv", ".yaml", ".yml", ".toml", ".j2", ".sh", ".conf", ".example", ""}
# measured results and received data cite nothing; side-by-side is made of what is checked where it stands
SKIPPED = ("benchmarks/results/", "data-sample/landing/", "docs/law/side-by-side.md")

EN_DASH = "\u2013"
BETWEEN = r"(?:, and |, | and |; | or |-)(?:sections? |paragraphs? )?"
PLACE = {
    "note": r"(?:footnote \d+|conclusions|(?:I |II |IV )?\d+\.\d+(?!\d)|I{1,3}V?\b|IV\b|VI*\b)"
    r"(?: (?:\w+ selection|summary))?(?: \d+\)(?!\w))?(?: [a-z]\))?(?: exception| deduction)?"
    r"(?: \w+ (?:bullet|paragraph)\b)?",
    "deliberation": r"(?:\d+(?![\d/])|heading|recitals|decision|signature)(?:-\d+)?",
    "summary": r"\d+(?![\d/]|\.\d)",
    "rules.md": r"\d+(?:\.\d+)?(?:,? tests? \d+(?:(?: to |-)\d+)?)?",
    "contract": r"\d+(?:\.\d+)?",
}
NAME = {
    "note": r"(?:(?:synthesis )?note(?: of POD MI)?(?: of 8 May 2014)?)",
    "deliberation": r"(?:deliberations?(?: 18/055)?(?: of 8 May 2018)?)",
    "summary": r"(?:summary(?: of 11 June 2014,)?)",
    "rules.md": r"(?:(?:docs/law/)?rules\.md`{0,2})",
    "contract": r"(?:contract(?:\.md)?`{0,2})",
}
SHORT = {"N": "note", "D": "deliberation", "S": "summary"}
SECTION = r"(?:,? (?:sections?|paragraphs?))?"


def _citation(document: str, place: str) -> re.Pattern[str]:
    # a number after "summary," is seldom one of the summary's; only the word itself leads to it
    comma = "" if document == "summary" else ",?"
    places = rf"(?P<places>{place}(?:{BETWEEN}{place})*)"
    # the parts of the note are Roman capitals: "a note I made" is no citation all the same
    flags = re.NOFLAG if document == "note" else re.IGNORECASE
    return re.compile(rf"(?<![\w/-]){NAME[document]}{comma}{SECTION} {places}", flags)


CITED = {document: _citation(document, place) for document, place in PLACE.items()}
BRACKETED = re.compile(r"\[[NDS](?: [^\]]*)?\]")
EARLIER = re.compile(r"\bdeliberations? (?:nr\. )?(?!18/055)(\d{1,2})/0*(\d{2,3})\b", re.IGNORECASE)

FOLDERS = "benchmarks|data-sample|deploy|docs|dvz_assets|expectations|layouts|reference|scripts|sql|tests"
PATH = re.compile(rf"(?<![\w/.<>{{}}-])(?:{FOLDERS})/[\w./*<>-]*[\w*>/]")
NAMED = re.compile(r"`+((?:\w[\w-]*/)*[\w-]+\.(?:py|sql|md))`+")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
DECISION = re.compile(r"\b[Dd]ecisions? (\d{4})\b")
SQL_OF_A_MONTH = re.compile(r"\.\d{4}-\d{2}\.sql$")  # an example of one, beside the file of the months before
NOT_IN_A_CHECKOUT = ("dvz_assets/_data/",)  # where a wheel has what stands at the top level here


@dataclass(frozen=True, slots=True, order=True)
class DeadCitation:
    """A citation that leads nowhere: where it stands, what it cites, and what there is."""

    file: str
    line: int
    cited: str
    exists: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: cites {self.cited!r}; {self.exists}"


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text as a reader sees it, and the line of each of its characters."""

    content: str
    lines: tuple[int, ...]

    @classmethod
    def of(cls, raw: str, first_line: int = 1, prefix: str = "") -> "Text":
        """White space collapsed, and comment marks at the beginning of a line left out."""
        content: list[str] = []
        lines: list[int] = []
        for number, line in enumerate(raw.split("\n"), start=first_line):
            words = collapsed(re.sub(rf"^\s*(?:{prefix})", "", line) if prefix else line).replace(EN_DASH, "-")
            if words:
                content.append(words + " ")
                lines += [number] * (len(words) + 1)
        return cls("".join(content), tuple(lines))


def dead_citations(root: Path, files: Iterable[str]) -> Iterator[DeadCitation]:
    """Every citation in ``files`` (paths below ``root``) that leads nowhere."""
    law = load_law(root / "docs" / "law")
    present = set(files)
    for name in sorted(present):
        if Path(name).suffix in TEXT and not name.startswith(SKIPPED):
            raw = (root / name).read_bytes()
            if b"\0" not in raw:
                for text in _texts(root, name, raw.decode("utf-8")):
                    yield from _dead_in_law(name, text, law)
                    yield from _dead_files(name, text, root, present)
    yield from _dead_in_tables(root, law)


def _texts(root: Path, name: str, content: str) -> Iterator[Text]:
    match Path(name).suffix:
        case ".py":
            yield from _python_texts(root, name, content)
        case ".csv":
            yield from (Text.of(line, number) for number, line in enumerate(content.split("\n"), start=1))
        case ".md":
            # a row of a table ends with its line, a paragraph of prose with an empty one
            rows = re.split(r"\n(?=\s*(?:\||- |\d+\. |#))|\n\s*\n", content)
            line = 1
            for row in rows:
                yield Text.of(row, line)
                line = content.count("\n", 0, content.find(row, _offset(content, line)) + len(row)) + 2
        case ".sql":
            yield Text.of(content, prefix="--")
        case _:
            yield Text.of(content, prefix="#")


def _offset(content: str, line: int) -> int:
    return sum(len(each) + 1 for each in content.split("\n")[: line - 1])


def _python_texts(root: Path, name: str, content: str) -> Iterator[Text]:
    constants = _constants(root / name)
    tree = ast.parse(content)
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and id(node) not in inside):
            value = _value(node, constants)
            if value is not None:
                yield Text.of(value, node.lineno)
    comments = [
        each for each in tokenize.generate_tokens(io.StringIO(content).readline) if each.type == tokenize.COMMENT
    ]
    block: list[tokenize.TokenInfo] = []
    for comment in comments:
        if block and (comment.start[0] != block[-1].start[0] + 1 or comment.start[1] != block[0].start[1]):
            yield _comment(block)
            block = []
        block.append(comment)
    if block:
        yield _comment(block)


def _comment(block: list[tokenize.TokenInfo]) -> Text:
    return Text.of("\n".join(each.string for each in block), block[0].start[0], prefix="#")


@cache
def _constants(path: Path) -> dict[str, str]:
    """Texts that a module gives a name, its own and those that it imports from the project."""
    found: dict[str, str] = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imported = _project_root(path) / f"{node.module.replace('.', '/')}.py"
            if imported.is_file():
                theirs = _constants(imported)
                found |= {each.asname or each.name: theirs[each.name] for each in node.names if each.name in theirs}
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = _value(node.value, found)
            if value is not None:
                found[node.targets[0].id] = value
    return found


def _project_root(path: Path) -> Path:
    return next((folder for folder in path.parents if (folder / "pyproject.toml").exists()), path.parent)


def _value(node: ast.expr | ast.AST, constants: dict[str, str]) -> str | None:
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.Name(id=name):
            return constants.get(name)
        case ast.JoinedStr(values=parts):
            return "".join(_value(part, constants) or "{}" for part in parts)
        case ast.FormattedValue(value=value):
            return _value(value, constants)
    return None


def _dead_in_law(file: str, text: Text, law: Law) -> Iterator[DeadCitation]:
    for document, pattern in CITED.items():
        for found in pattern.finditer(text.content):
            yield from _dead_places(file, text, law, document, found["places"], found.start("places"))
    for found in EARLIER.finditer(text.content):
        number = f"{int(found[1])}/{found[2]}"
        if number not in law.earlier_deliberations():
            exists = "note I and deliberation 1 list " + ", ".join(sorted(law.earlier_deliberations()))
            yield DeadCitation(file, text.lines[found.start()], found[0], exists)
    if file == "docs/law/rules.md":
        for found in BRACKETED.finditer(text.content):
            # the citations of rules.md itself: [N 1.1; D 10-26]
            for part in re.finditer(r"(?<!\w)([NDS]) ([^;\]]*)", found[0]):
                document = SHORT[part[1]]
                listed = re.match(rf"{PLACE[document]}(?:{BETWEEN}{PLACE[document]})*", part[2])
                if listed:
                    place = found.start() + part.start(2)
                    yield from _dead_places(file, text, law, document, listed[0], place)
                elif re.match(r"\d", part[2]):
                    yield DeadCitation(file, text.lines[found.start()], part[0], "not a place in that document")


def _dead_places(file: str, text: Text, law: Law, document: str, places: str, begin: int) -> Iterator[DeadCitation]:
    for found in re.finditer(PLACE[document], places, re.IGNORECASE if document != "note" else 0):
        exists = _missing(law, document, found[0])
        if exists:
            line = text.lines[begin + found.start()]
            yield DeadCitation(file, line, f"{document} {found[0]}", exists)


def _missing(law: Law, document: str, place: str) -> str | None:
    """What there is instead, where the place is not there."""
    match document:
        case "rules.md":
            section, _, tests = place.replace(",", "").partition(" test")
            if section not in law.sections("rules.md"):
                return f"rules.md has the sections {', '.join(law.sections('rules.md'))}"
            if tests and (section != "4" or not set(re.findall(r"\d+", tests)) <= set(law.tests())):
                return f"rules.md section 4 has the tests 1 to {law.tests()[-1]}, no other section has one"
        case "contract":
            if place not in law.sections("contract"):
                return f"contract.md has the sections {', '.join(law.sections('contract'))}"
        case "deliberation" | "summary":
            numbers = law.numbers(document)
            if not set(place.lower().split("-")) <= set(numbers):
                counted = [number for number in numbers if number.isdigit()]
                return f"the {document} has the paragraphs {counted[0]} to {counted[-1]}"
        case _:
            number = place.replace("conclusions", "IV").removeprefix("II ")
            if not law.has_paragraph("note", number):
                before = number.rpartition(" ")[0]
                near = [each for each in law.numbers("note") if each.startswith(before or number[:2])] or law.numbers(
                    "note"
                )
                return f"the note has {', '.join(near[:12])}"
    return None


def _dead_files(file: str, text: Text, root: Path, present: set[str]) -> Iterator[DeadCitation]:
    for found in PATH.finditer(text.content):
        if not found[0].startswith(NOT_IN_A_CHECKOUT) and not _exists(found[0], present):
            yield DeadCitation(file, text.lines[found.start()], found[0], "no such file or folder in the repository")
    for found in NAMED.finditer(text.content):
        if not any(each == found[1] or each.endswith(f"/{found[1]}") for each in present):
            yield DeadCitation(file, text.lines[found.start()], found[1], "no file of that name in the repository")
    for found in DECISION.finditer(text.content):
        if not _exists(f"docs/decisions/{found[1]}", present):
            yield DeadCitation(file, text.lines[found.start()], found[0], "no such page in docs/decisions")
    if file.endswith(".md"):
        for found in LINK.finditer(text.content):
            target = (root / file).parent / found[1]
            if not target.exists():
                yield DeadCitation(file, text.lines[found.start()], found[1], "the link leads to no file")


def _exists(cited: str, present: set[str]) -> bool:
    """A file, a folder, a page by its number, a SQL file that may come of a month, or a pattern that some file fits."""
    cited = SQL_OF_A_MONTH.sub(".sql", cited)
    pattern = re.escape(re.sub(r"<[^>]*>", "*", cited).rstrip("/")).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
    number = r"[^/]*" if re.search(r"/\d{4}$", cited) else ""
    wanted = re.compile(rf"{pattern}{number}(?:/.*|\.\w+)?")
    return any(wanted.fullmatch(each) for each in present)


def _dead_in_tables(root: Path, law: Law) -> Iterator[DeadCitation]:
    """What a table cites by its columns: every row names a place, an authorisation is known, a field has its words."""
    for path in sorted((root / "reference").glob("*.csv")):
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
        for line, row in enumerate(rows, start=2):
            name = f"reference/{path.name}"
            reference = row.get("legal_reference")
            if reference is not None and not any(pattern.search(reference) for pattern in CITED.values()):
                yield DeadCitation(
                    name, line, reference, "every row cites a paragraph of note, summary or deliberation"
                )
            for number in filter(None, (row.get("authorisation") or "").replace(" ", "").split(";")):
                year, _, rest = number.partition("/")
                if number != "18/055" and f"{year.lstrip('0')}/{rest.lstrip('0')}" not in law.earlier_deliberations():
                    yield DeadCitation(name, line, number, "no deliberation of the documents has that number")
            field = row.get("field_in_source")
            if field is not None and reference and not _in_order(field, _cited_words(law, reference)):
                yield DeadCitation(name, line, field, f"not among the words of {reference}")


def _cited_words(law: Law, reference: str) -> str:
    """Words of the paragraphs that a legal reference cites, with those of their bullets."""
    places = [
        (document, place[0])
        for document in ("note", "deliberation")
        for found in CITED[document].finditer(reference)
        for place in re.finditer(PLACE[document], found["places"])
    ]
    cited = [
        paragraph.text
        for (document, number), paragraph in law.paragraphs.items()
        if any(document == name and (number == place or number.startswith(f"{place} ")) for name, place in places)
    ]
    return " ".join(cited)


def _in_order(field: str, text: str) -> bool:
    """Whether a field is named in the words of the document: in their order, an inflected form included.

    What stands in brackets is ours.
    """
    words = iter(re.findall(r"\w+", text.lower()))
    wanted = re.findall(r"\w+", re.sub(r"\([^)]*\)", "", field).lower())
    return all(any(word.removesuffix("e") == each.removesuffix("e") for word in words) for each in wanted)


def project_files(root: Path) -> list[str]:
    """What stands in the repository, or would with the next commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (root / name).is_file()]


def main() -> None:
    """Print what leads nowhere; status 1 when there is something."""
    dead = sorted(set(dead_citations(ROOT, project_files(ROOT))))
    if dead:
        listed = "\n".join(str(each) for each in dead)
        sys.exit(f"{listed}\nTo do: cite what exists; docs/law/README.md says how a citation is resolved.")


if __name__ == "__main__":
    main()
