"""What the Dagster UI shows of an asset, its partitions and its check. Never a value of the data.

Everything said of a table and its columns is derived from its definition in ``dvz_assets.tables``.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import dagster as dg

from dvz_assets.audit.expectations import ExpectationResult
from dvz_assets.flow.assets import DELIVERED, RELATIONAL
from dvz_assets.flow.checks import check_name, rows_in_words, shown_counts
from dvz_assets.flow.context import Flow
from dvz_assets.flow.sql_files import sql_files, sql_text
from dvz_assets.flow.steps import StepResult
from dvz_assets.home.keys import shown_hash
from dvz_assets.home.lake import Manifest
from dvz_assets.months import Month
from dvz_assets.project_files import PACKAGE, expectations_folder
from dvz_assets.questions.overview import funnel_of_decisions, shown_rows
from dvz_assets.report.charts import funnel, funnel_table, markdown_picture
from dvz_assets.tables.model import Table
from dvz_assets.tables.protection import HIDDEN, told
from dvz_assets.tables.reference import REFERENCE_TABLES

# of which another number of rows than in the month before says something
COMPARABLE = frozenset({*DELIVERED, *RELATIONAL} - {"insz_replacements"})
PAGES = ("docs/dictionary.md", "docs/rules.md")


def description(table: Table) -> str:
    """What a table is, in plain English, with its legal source."""
    parts = [table.meaning, f"Grain: {table.grain}."]
    if table.legal_basis:
        parts.append(f"Legal basis: {table.legal_basis}.")
    return "\n\n".join(parts)


def definition_metadata(flow: Flow, table: Table) -> dict[str, Any]:
    """The columns, and where to read on: the SQL itself, and links to it, its rule tables and the pages."""
    metadata: dict[str, Any] = {
        "dagster/column_schema": _column_schema(table),
        "dagster/code_references": dg.CodeReferencesMetadataValue(code_references=list(_links(flow, table.name))),
    }
    if table.name in RELATIONAL:
        sql = f"`sql/{sql_files(table.name)[-1].name}`\n\n```sql\n{sql_text(table.name)}\n```"
        metadata["sql"] = dg.MetadataValue.md(sql)
    return metadata


def partition_metadata(flow: Flow, result: StepResult, asset: str, month: Month, *, again: bool) -> Mapping[str, Any]:
    """What people look at: counts, their change, and from what the partition was made.

    Whether the content has changed means something where there was one before (``again``).
    """
    counts = shown_counts(flow, result.manifest.counts)
    return {
        **_rows(flow, asset, month),
        **{name.replace(":", " "): told(count) for name, count in counts.items()},
        **(_funnel(flow, month) if asset == "decisions" else {}),
        **(_input_files(flow, result.manifest) if asset in DELIVERED else {}),
        **_lineage(asset),
        "seconds writing": round(result.seconds_writing, 3),
        "seconds checking": round(result.seconds_checking, 3),
        **({"content": "changed" if result.changed else "unchanged"} if again else {}),
        "fingerprint": shown_hash(flow.settings, result.manifest.fingerprint),
        "manifest": dg.MetadataValue.json(_shown_manifest(flow, result.manifest, counts)),
    }


def _shown_manifest(flow: Flow, manifest: Manifest, counts: Mapping[str, int | None]) -> dict[str, Any]:
    """From what a partition was made; of one that was made from the same, each hash is the same."""
    return {
        "inputs": {name: shown_hash(flow.settings, value) for name, value in manifest.inputs.items()},
        "counts": dict(counts),
        "facts": dict(manifest.facts),
    }


def evaluation(
    asset: str,
    month: Month | None,
    results: Sequence[ExpectationResult],
    counts: Mapping[str, int | None] | None = None,
) -> dg.AssetCheckEvaluation:
    """The check of an asset, which says which expectations failed, on how many rows, and of which counts.

    It is an error, which stops what comes after it, when one of them blocks, and else a warning.
    """
    failed = [result for result in results if not result.passed]
    is_stopped = any(result.blocking for result in failed)
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(asset),
        check_name=check_name(asset),
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if is_stopped else dg.AssetCheckSeverity.WARN,
        blocking=True,
        partition=None if month is None else str(month),
        description="; ".join(f"{each.name}: {_explain(each)}" for each in failed)
        or f"{len(results)} expectations met",
        metadata={
            "expectations": len(results),
            "failed": len(failed),
            **{each.name: _explain(each) for each in failed},
            **{f"candidate: {name}": told(count) for name, count in (counts or {}).items()},
            "all": dg.MetadataValue.md(_result_table(results)),
        },
    )


def _column_schema(table: Table) -> dg.TableSchema:
    sources = _sources(table.name)
    return dg.TableSchema(
        [
            dg.TableColumn(
                column.name,
                column.type,
                # Dagster's own view of column lineage is not part of the open source UI
                description=f"{column.comment}{_made_of(sources.get(column.name, ()))}",
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
                tags={"privacy": column.privacy.value},
            )
            for column in table.columns
        ]
    )


def _made_of(sources: Sequence[tuple[str, str]]) -> str:
    """Lineage in words: made of which columns of which asset."""
    by_asset: dict[str, list[str]] = {}
    for asset, column in sources:
        by_asset.setdefault(asset, []).append(column)
    told = [f"{asset} ({', '.join(columns)})" for asset, columns in by_asset.items()]
    return f" Made of {'; '.join(told)}." if told else ""


def _lineage(asset: str) -> dict[str, Any]:
    """Lineage as Dagster's API and its paid UI know it."""
    columns = {
        column: [dg.TableColumnDep(dg.AssetKey(source), name) for source, name in sources]
        for column, sources in _sources(asset).items()
    }
    return {"dagster/column_lineage": dg.TableColumnLineage(columns)} if columns else {}


@cache
def _sources(asset: str) -> dict[str, list[tuple[str, str]]]:
    """Of which columns upstream each column is made; generated from the SQL (``make docs``)."""
    every: dict[str, dict[str, list[str]]] = json.loads((PACKAGE / "tables" / "lineage.json").read_text("utf-8"))
    return {
        column: [(asset, name) for asset, _, name in (source.partition(".") for source in sources)]
        for column, sources in every.get(asset, {}).items()
    }


def _links(flow: Flow, asset: str) -> Iterator[dg.LocalFileCodeReference | dg.UrlCodeReference]:
    """The SQL file, its suite, the rule and code tables that either reads, and the pages."""
    suite = expectations_folder() / f"{asset}.json"
    files, text = [suite], suite.read_text("utf-8")
    if asset in RELATIONAL:
        files[:0] = reversed(sql_files(asset))
        text += sql_text(asset)
    words = set(re.findall(r"\w+", text))
    names = {f"{file.parent.name}/{file.name}": file for file in files}
    names |= {
        f"reference/{table}.csv": flow.settings.reference / f"{table}.csv"
        for table in REFERENCE_TABLES
        if table in words
    }
    names |= {page: PACKAGE.parent / page for page in PAGES}
    for name, file in names.items():
        if flow.settings.repository_url:
            yield dg.UrlCodeReference(url=f"{flow.settings.repository_url.rstrip('/')}/{name}", label=name)
        elif file.exists():
            yield dg.LocalFileCodeReference(file_path=str(file), label=name)


def _input_files(flow: Flow, manifest: Manifest) -> dict[str, Any]:
    """The delivered file and its voucher, each with what stands for its content."""
    rows = rows_in_words(manifest.counts["delivered"])
    told = (
        f"`{manifest.facts['file']}`, sequence {manifest.facts['sequence']}, {rows}:",
        f"`{shown_hash(flow.settings, manifest.inputs['file'])}`",
        "`voucher.json`:",
        f"`{shown_hash(flow.settings, manifest.inputs['voucher'])}`",
    )
    return {"input files and hashes": dg.MetadataValue.md("\n\n".join(told))}


def _rows(flow: Flow, asset: str, month: Month) -> dict[str, Any]:
    """Rows of the partition and their change, as they may be shown; Dagster's own number only where it is shown."""
    rows, before = shown_rows(flow, asset, month), month.previous()
    shown: dict[str, Any] = {"rows": HIDDEN} if rows is None else {"dagster/partition_row_count": rows}
    if asset in COMPARABLE and flow.lake.has(asset, before):
        rows_before = shown_rows(flow, asset, before)
        change = None if rows is None or rows_before is None else rows - rows_before
        shown["change against the month before"] = told(change)
    return shown


def _funnel(flow: Flow, month: Month) -> dict[str, Any]:
    """The way of selection one through the rules, as picture and table; counts are protected."""
    bars = funnel_of_decisions(flow.lake, month, flow.protection)
    picture = markdown_picture(funnel(bars), f"Funnel of {month}: persons by the step at which their way ends")
    return {
        "funnel": dg.MetadataValue.md(picture),
        "funnel as table": dg.MetadataValue.md(funnel_table(bars)),
        "sent": told(dict(bars)["SENT"]),
    }


def _result_table(results: Sequence[ExpectationResult]) -> str:
    rows = []
    for each in results:
        result, blocks = "met" if each.passed else "failed", "yes" if each.blocking else "no"
        rows.append(f"| {each.name} | {result} | {blocks} | {each.description} |")
    return "\n".join(["| expectation | result | blocks | what is expected |", "|---|---|---|---|", *rows])


def _explain(result: ExpectationResult) -> str:
    rows = "" if result.unexpected_count is None else f" ({rows_in_words(result.unexpected_count)})"
    return f"failed{rows}: {result.description}"
