"""How many faults the control chart finds, and how often it warns of nothing: ``python -m benchmarks.drift``.

Makes deliveries of invented persons, takes in all their months, and counts the warnings in those that have a year
before them: nothing is wrong there. Then it spoils the files of one of these months as a source might, 200 times, and
takes the month in again. What the rules of rows refuse is found too, and told apart.
"""
# ruff: noqa: T201  (a program that prints its results)

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from dvz_assets.flow.context import Flow
from dvz_assets.flow.drift import MEASURES, what_stands_out
from dvz_assets.flow.steps import WRITERS
from dvz_assets.generate import generate
from dvz_assets.home.lake import write_frame
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.settings import Settings
from dvz_assets.tables.protection import EXACT

FIRST_MONTH, MONTHS, MONTHS_JUDGED = "2016-01", 37, 24
STATEMENT, REGISTER = "novaprima_statement", "register_snapshot"
DELIVERED = (STATEMENT, REGISTER, "insz_replacements")
COUNTED = ("identity_map", "aid_history", "register_persons", MEASURES)
NIS_DIGITS = 5
Frames = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Chosen:
    """The two files of a month and those of the month before, as they came, and what chance may choose."""

    files: Frames
    before: Frames
    chance: random.Random

    def one_of(self, file: str, column: str) -> str:
        """A code that the file has, each as likely as it has rows."""
        return str(self.chance.choice(self.files[file][column].drop_nulls().to_list()))

    def any_ocmw(self) -> str:
        """An OCMW of the statement with ten lines or more, each as likely; spoiled rows have shorter codes."""
        lines = (
            self.files[STATEMENT].filter(pl.col("ocmw_nis").str.len_chars() == NIS_DIGITS).group_by("ocmw_nis").len()
        )
        return str(self.chance.choice(lines.filter(pl.col("len") >= 10)["ocmw_nis"].sort().to_list()))


def _ocmw_missing(month: Chosen) -> Frames:
    return {STATEMENT: month.files[STATEMENT].filter(pl.col("ocmw_nis") != month.any_ocmw())}


def _ocmw_doubled(month: Chosen) -> Frames:
    """Delivered twice under other references, so that no line is a duplicate."""
    lines = month.files[STATEMENT]
    again = lines.filter(pl.col("ocmw_nis") == month.any_ocmw()).with_columns(referentie=pl.lit("AGAIN"))
    return {STATEMENT: pl.concat([lines, again])}


def _statement_of_last_month(month: Chosen) -> Frames:
    """With the month in it changed: else every line is of a wrong month."""
    now = month.files[STATEMENT]["jaarmaand"].mode().item(0)
    return {STATEMENT: month.before[STATEMENT].with_columns(jaarmaand=pl.lit(now))}


def _register_of_last_month(month: Chosen) -> Frames:
    return {REGISTER: month.before[REGISTER]}


def _cents_for_euros(month: Chosen, ocmw: str | None = None) -> Frames:
    chosen = pl.lit(value=True) if ocmw is None else pl.col("ocmw_nis") == ocmw
    hundredth = (pl.col("bedrag").cast(pl.Int64, strict=False) // 100).cast(pl.String)
    return {STATEMENT: month.files[STATEMENT].with_columns(bedrag=pl.when(chosen).then(hundredth).otherwise("bedrag"))}


def _shifted(column: str) -> Callable[[Chosen], Frames]:
    """Every code of a column of the register stands for the one after it in the list."""

    def fault(month: Chosen) -> Frames:
        codes = month.files[REGISTER][column].drop_nulls().unique().sort().to_list()
        next_one = dict(zip(codes, [*codes[1:], codes[0]], strict=True))
        return {REGISTER: month.files[REGISTER].with_columns(pl.col(column).replace(next_one))}

    return fault


def _half(file: str) -> Callable[[Chosen], Frames]:
    return lambda month: {file: month.files[file].head(month.files[file].height // 2)}


def _emptied(file: str, column: str) -> Callable[[Chosen], Frames]:
    """No row has one of the codes any more: the lines are gone, the persons without a code."""

    def fault(month: Chosen) -> Frames:
        frame, code = month.files[file], month.one_of(file, column)
        if file == STATEMENT:
            return {file: frame.filter(pl.col(column).ne_missing(pl.lit(code)))}
        return {file: frame.with_columns(pl.when(pl.col(column) != code).then(column).alias(column))}

    return fault


FAULTS: dict[str, Callable[[Chosen], Frames]] = {
    "an OCMW is missing": _ocmw_missing,
    "an OCMW is there twice": _ocmw_doubled,
    "the statement of last month again": _statement_of_last_month,
    "the register of last month again": _register_of_last_month,
    "euros for cents": _cents_for_euros,
    "euros for cents, one OCMW": lambda month: _cents_for_euros(month, month.any_ocmw()),
    "shifted codes of registers": _shifted("register"),
    "shifted codes of documents": _shifted("verblijfsdocument"),
    "shifted codes of motives": _shifted("verblijfsmotief"),
    "half a statement": _half(STATEMENT),
    "half a register": _half(REGISTER),
    "a budget article emptied": _emptied(STATEMENT, "begrotingsartikel"),
    "a help type emptied": _emptied(STATEMENT, "hulptype"),
    "a motive emptied": _emptied(REGISTER, "verblijfsmotief"),
}


def main(persons: int, faults: int) -> None:
    """Print the table of docs/analysts.md and the false alarms."""
    with tempfile.TemporaryDirectory() as name:
        landing, first = Path(name) / "landing", Month.parse(FIRST_MONTH)
        reference = reference_folder()
        generate(
            landing,
            seed=7,
            persons=persons,
            months=MONTHS,
            start=FIRST_MONTH,
            file_format="parquet",
            reference=reference,
        )
        flow = Flow(Settings(landing=landing, home=Path(name) / "home"))
        seconds = 0.0
        for month in Month.range(first, first.plus(MONTHS - 1)):
            seconds = _take_in(flow, month, (*DELIVERED, *COUNTED))
        judged = Month.range(first.plus(MONTHS - MONTHS_JUDGED), first.plus(MONTHS - 1))
        lines = flow.lake.scan(STATEMENT, judged[-1]).select(pl.len()).collect().item()
        print(f"{persons} persons, {lines} lines in the last month, measured in {seconds:.2f} s")
        quiet = []
        for month in judged:
            found = what_stands_out(flow, month, EXACT) or []
            quiet += [month] if not found else []
            for each in found:
                print(f"false alarm, {month}: {each}")
        print(f"false alarms: {len(judged) - len(quiet)} of {len(judged)} months")
        _spoil(flow, quiet, faults)


def _spoil(flow: Flow, months: list[Month], faults: int) -> None:
    made, refused, seen = Counter[str](), Counter[str](), Counter[str]()
    names = list(FAULTS)
    for number in range(faults):
        chance = random.Random(number)  # noqa: S311
        name = names[number % len(names)]
        month = chance.choice(months)
        of_month, before = _files(flow, month), _files(flow, month.previous())
        with _restored(flow, month):
            for file, rows in FAULTS[name](Chosen(of_month, before, chance)).items():
                manifest = replace(flow.lake.manifest(file, month), counts={"delivered": rows.height})
                write_frame(rows.with_columns(line_number=_line_numbers()), flow.lake.candidate(file, month), manifest)
                flow.lake.publish(file, month)
            _take_in(flow, month, COUNTED)
            made[name] += 1
            found = what_stands_out(flow, month, EXACT) or []
            refused[name] += (is_refused := _is_refused(flow, month))
            seen[name] += bool(found) and not is_refused
            if not found and not is_refused:
                print(f"not found, {month}: {name}, fault {number}")
    print("| fault | made | stopped by the rules of rows | stands out | found |\n|---|---|---|---|---|")
    for name in names:
        share = (refused[name] + seen[name]) / made[name]
        print(f"| {name} | {made[name]} | {refused[name]} | {seen[name]} | {share:.0%} |")
    print(f"| all | {faults} | {refused.total()} | {seen.total()} | {(refused + seen).total() / faults:.0%} |")


def _line_numbers() -> pl.Expr:
    return pl.int_range(2, pl.len() + 2, dtype=pl.Int64)


def _files(flow: Flow, month: Month) -> Frames:
    return {file: flow.lake.scan(file, month).collect() for file in (STATEMENT, REGISTER)}


def _is_refused(flow: Flow, month: Month) -> bool:
    counts = [flow.lake.manifest(asset, month).counts for asset in ("aid_history", "register_persons")]
    return any(each["rejected"] > each["delivered"] * flow.settings.max_reject_share for each in counts)


def _take_in(flow: Flow, month: Month, assets: tuple[str, ...]) -> float:
    """Write the partitions of a month, and return the seconds of the last one."""
    seconds = 0.0
    with flow.cursor() as connection:
        for asset in assets:
            begun = time.perf_counter()
            WRITERS[asset](flow, connection, month)
            flow.lake.publish(asset, month)
            seconds = time.perf_counter() - begun
    return seconds


@contextmanager
def _restored(flow: Flow, month: Month) -> Iterator[None]:
    """The partitions of the month are afterwards what they were."""
    paths = [flow.lake.partition(asset, month) for asset in (STATEMENT, REGISTER, *COUNTED)]
    contents = [path.read_bytes() for path in paths]
    try:
        yield
    finally:
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]) if len(sys.argv) == 3 else (20_000, 200))
