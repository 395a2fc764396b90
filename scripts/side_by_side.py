"""Writes ``docs/law/side-by-side.md``: every paragraph in its own words, what honours it beside it, and the readings.

The verdicts are written by hand, in ``docs/law/verdicts.csv``; the readings stand in ``reference/readings.csv``.
Whatever they quote or name is looked up here: a page with a gap or a dead target is not written.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from dvz_assets.questions.readings import Reading, load_readings
from dvz_assets.settings import Settings
from scripts.law import DOCUMENTS, Law, load_law

GENERATED = "<!-- written by `make docs`; change paragraphs, verdicts or readings, not this page -->"
VERDICTS = {
    "HONOURED": "something in the project does what the words say, or keeps to what they allow",
    "READ_OTHERWISE": "a reading departs from these words, and says why",
    "NOT_OURS": "said to somebody else: the Immigration Office, the centres, the Crossroads Bank, the Committee",
    "NOT_YET_POSSIBLE": "authorised or announced, and not done for lack of data or of technical means",
    "ORGANISATIONAL": "done by people or by the organisation, not by software",
    "EXPLAINS": "history, heading or reason: prescribes nothing by itself",
}
TITLES = {
    "note": "Synthesis note of POD MI of 8 May 2014",
    "summary": "Summary of 11 June 2014",
    "deliberation": "Deliberation 18/055 of 8 May 2018",
}
RULES = "category_rules"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a paragraph, or of the words of it that are quoted."""

    document: str
    paragraph: str
    quotation: str
    verdict: str
    targets: tuple[str, ...]
    remark: str
    line: int


def load_verdicts(folder: Path) -> list[Verdict]:
    """All verdicts of ``docs/law``, in the order of the file."""
    rows = csv.DictReader((folder / "verdicts.csv").read_text("utf-8").splitlines())
    return [
        Verdict(
            row["document"],
            row["paragraph"],
            row["quotation"],
            row["verdict"],
            tuple(part.strip() for part in row["targets"].split(";") if part.strip()),
            row["remark"],
            rows.line_num,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Project:
    """What a verdict or a reading can name: files, rows and columns of tables, cases, settings, outcomes."""

    root: Path
    law: Law

    @cached_property
    def tables(self) -> dict[str, list[dict[str, str]]]:
        """Rows of the reference tables by name; an empty table has no columns that could be named."""
        return {path.stem: _rows(path) for path in sorted((self.root / "reference").glob("*.csv"))}

    @cached_property
    def cases(self) -> set[str]:
        """Names of the named cases."""
        text = (self.root / "tests/cases/cases.yaml").read_text("utf-8")
        content = yaml.load(text, yaml.CSafeLoader)
        return {each["name"] for each in content}

    @cached_property
    def readings(self) -> dict[str, Reading]:
        """Readings by id."""
        return {reading.id: reading for reading in load_readings(self.root / "reference")}

    def has(self, target: str) -> bool:
        """Whether the target exists; one that rules.md or the contract name counts as being there."""
        kind, _, name = target.partition(":")
        match kind:
            case "file":
                return (self.root / name).exists()
            case "column":
                table, _, column = name.partition(".")
                return bool(column) and (column in self._columns(table) or self._named(table, column))
            case "rule":
                rows = self.tables[RULES]
                return name in {f"{row['regime']}/{row['category']}" for row in rows}
            case "field":
                return name in {row["column"] for row in self.tables["export_fields"]} or self.law.names(name)
            case "outcome" | "ground":
                return name.isupper() and self.law.names(name)
            case "case":
                return name in self.cases
            case "reading":
                return name in self.readings
            case "setting":
                return name in Settings.model_fields or self.law.names(name)
            case "command":
                module = self.root / "dvz_assets" / "cli" / f"{name.removeprefix('dvz ').replace('-', '_')}.py"
                return name.startswith("dvz ") and (module.is_file() or self.law.names(name))
            case "rules":
                found = re.fullmatch(r"rules\.md section (\d+)(?: test (\d+))?", name)
                section, test = found.groups() if found else ("", None)
                return section in self.law.sections("rules.md") and (test is None or test in self.law.tests())
            case "contract":
                return name.removeprefix("contract section ") in self.law.sections("contract")
        return False

    def knows(self, name: str) -> bool:
        """Whether it is an outcome, a ground, a column of a reference table, or a table that a SQL file makes."""
        columns = (name in self._columns(table) for table in self.tables)
        return self.law.names(name) or any(columns) or (self.root / "sql" / f"{name}.sql").is_file()

    def _columns(self, table: str) -> set[str]:
        rows = self.tables.get(table) or [{}]
        return set(rows[0])

    def _named(self, table: str, column: str) -> bool:
        return self.law.names(table) and self.law.names(column)


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))


def problems(root: Path) -> Iterator[str]:
    """What keeps the page from being written: a gap, a quotation that is not there, a target that does not exist."""
    folder = root / "docs" / "law"
    project = Project(root, load_law(folder))
    verdicts = load_verdicts(folder)
    yield from _verdict_problems(project, verdicts)
    judged = {(verdict.document, verdict.paragraph) for verdict in verdicts}
    for document, number in project.law.paragraphs:
        if (document, number) not in judged:
            yield f"docs/law/verdicts.csv: {document} {number} has no verdict"
    for reading in project.readings.values():
        yield from _reading_problems(project, reading)


def _verdict_problems(project: Project, verdicts: list[Verdict]) -> Iterator[str]:
    for verdict in verdicts:
        place = f"docs/law/verdicts.csv, line {verdict.line}"
        yield from _quotation_problems(project.law, place, verdict.document, verdict.paragraph, verdict.quotation)
        if verdict.verdict not in VERDICTS:
            yield f"{place}: the verdict is none of {', '.join(VERDICTS)}"
        if verdict.verdict == "HONOURED" and not verdict.targets:
            yield f"{place}: HONOURED by nothing"
        if verdict.verdict != "HONOURED" and not verdict.remark:
            yield f"{place}: {verdict.verdict} without a remark that says why"
        if verdict.verdict == "READ_OTHERWISE" and not any(each.startswith("reading:") for each in verdict.targets):
            yield f"{place}: READ_OTHERWISE by no reading"
        for target in verdict.targets:
            if not project.has(target):
                yield f"{place}: {target} does not exist"


def _reading_problems(project: Project, reading: Reading) -> Iterator[str]:
    place = f"reference/readings.csv, {reading.id}"
    yield from _quotation_problems(project.law, place, reading.document, reading.paragraph, reading.quotation)
    for target in reading.where:
        if not project.has(target):
            yield f"{place}: {target} does not exist"
    for name in reading.applies_to:
        if not project.knows(name):
            yield f"{place}: neither rules.md, nor the contract, nor a table or SQL file has {name}"
    rules = [row for row in project.tables[RULES] if _concerns(reading, row)]
    for column, wanted in (("category", reading.categories), ("regime", reading.regimes)):
        for name in set(wanted) - {row[column] for row in project.tables[RULES]}:
            yield f"{place}: category_rules has no {column} {name}"
    for setting in reading.settings:
        if not project.has(f"column:{RULES}.{setting.column}"):
            yield f"{place}: category_rules has no column {setting.column}"
        elif any(row.get(setting.column, None) == setting.value for row in rules):
            yield f"{place}: {setting.column}={setting.value} is no alternative, a rule that it names has that value"


def _concerns(reading: Reading, rule: dict[str, str]) -> bool:
    return (not reading.categories or rule["category"] in reading.categories) and (
        not reading.regimes or rule["regime"] in reading.regimes
    )


def _quotation_problems(law: Law, place: str, document: str, number: str, quotation: str) -> Iterator[str]:
    paragraph = law.paragraphs.get((document, number))
    if paragraph is None:
        yield f"{place}: there is no paragraph {document} {number}"
    elif " ".join(quotation.split()) not in paragraph.text:
        yield f"{place}: the quotation is not in {document} {number}"


def page(root: Path) -> str:
    """The page; raises ValueError with everything that is wrong in verdicts and readings."""
    wrong = list(problems(root))
    if wrong:
        raise ValueError("\n".join(wrong))
    folder = root / "docs" / "law"
    law, verdicts, readings = load_law(folder), load_verdicts(folder), load_readings(root / "reference")
    counted = Counter(verdict.verdict for verdict in verdicts)
    parts = [
        "# Law, rule and code side by side",
        GENERATED,
        "Left, every paragraph of the three documents in its own words, numbered as the [README](README.md) of this "
        "folder says. Right, what honours it, or why nothing does. A verdict about some words of a paragraph repeats "
        "them in italics. The readings, to which verdicts refer, stand at the end.",
        "\n".join(
            [
                "| verdict | means | given |",
                "|---|---|---|",
                *(f"| {name} | {meaning} | {counted[name]} |" for name, meaning in VERDICTS.items()),
            ]
        ),
        *(_document(name, law, verdicts) for name in DOCUMENTS),
        "## Readings",
        "Every passage that leaves room, and the passages whose words decide (LITERAL). A reading was chosen by whom "
        "the last column names, and becomes CONFIRMED when its owner says so. Where a column of `category_rules.csv` "
        "holds it, the other values are named that the column could have, and the categories and regimes for which.",
        *(_readings(name, readings) for name in DOCUMENTS),
    ]
    return "\n\n".join(parts) + "\n"


def _document(name: str, law: Law, verdicts: list[Verdict]) -> str:
    rows = []
    for number in law.numbers(name):
        given = [each for each in verdicts if (each.document, each.paragraph) == (name, number)]
        words = _cell(law.paragraphs[name, number].text)
        rows.append(f"| **{number}** | {words} | {'<br><br>'.join(_verdict(each) for each in given)} |")
    table = ["| § | words of the document | what honours it |", "|---|---|---|", *rows]
    return "\n".join([f"## {TITLES[name]}", "", f"[{DOCUMENTS[name]}]({DOCUMENTS[name]})", "", *table])


def _verdict(verdict: Verdict) -> str:
    about = f"<i>{_cell(verdict.quotation)}</i>: " if verdict.quotation else ""
    said = [_cell(verdict.remark), ", ".join(_target(each) for each in verdict.targets)]
    return f"{about}**{verdict.verdict}**. {' '.join(part for part in said if part)}"


def _target(target: str) -> str:
    kind, _, name = target.partition(":")
    match kind:
        case "file":
            return f"[`{name}`](../../{name})"
        case "column":
            return f"[`{name}`](../../reference/{name.partition('.')[0]}.csv)"
        case "rule":
            return f"[`{name}`](../../reference/{RULES}.csv)"
        case "case":
            return f"case “{_cell(name)}”"
        case "rules":
            return f"[{name}](rules.md)"
        case "contract":
            return f"[{name}](contract.md)"
        case _:
            return f"{kind} `{name}`"


def _readings(document: str, readings: tuple[Reading, ...]) -> str:
    rows = [
        f"| `{each.id}` | {document} {each.paragraph} | “{_cell(each.quotation)}” | {_cell(each.question)} "
        f"| {_cell(each.reading)} | {_alternatives(each)} | {', '.join(_target(target) for target in each.where)} "
        f"| {each.status}, {each.by}, {each.on} |"
        for each in readings
        if each.document == document
    ]
    head = "| reading | passage | words | question | reading chosen | otherwise | where | status |"
    return "\n".join([f"### {TITLES[document]}", "", head, "|---" * 8 + "|", *rows])


def _alternatives(reading: Reading) -> str:
    settings = ", ".join(f"`{each.column}={each.value}`" for each in reading.settings)
    scope = " ".join((*reading.categories, *reading.regimes))
    return "<br>".join(
        part for part in (_cell(reading.alternatives), settings and f"{settings} ({scope or 'all'})") if part
    )


def _cell(text: str) -> str:
    """The text as it stands, where a table or Markdown would read a sign as its own."""
    return re.sub(r"([|*#_`<>\[\]\\])", r"\\\1", text)
