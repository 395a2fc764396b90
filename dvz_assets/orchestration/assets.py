"""The assets of the flow, each with its suite as a blocking check on the same partition.

What an asset does is in ``dvz_assets.flow``, what Dagster shows of it in ``dvz_assets.orchestration.metadata``.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from dvz_assets.audit.expectations import preload
from dvz_assets.flow.assets import ASSETS, DELIVERED, PUBLISHED, RELATIONAL
from dvz_assets.flow.checks import CheckFailedError, check_name
from dvz_assets.flow.code_fingerprints import code_version
from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import PUBLISHED_DATABASES, PublishedDatabase, publish
from dvz_assets.flow.records import record_failure, record_month, record_start
from dvz_assets.flow.runnable_months import require_delivered, require_earlier_months
from dvz_assets.flow.staleness import stale_months
from dvz_assets.flow.steps import run_steps
from dvz_assets.home.locks import hold_months
from dvz_assets.months import Month
from dvz_assets.orchestration.backfills import backfill_policy, months_of_backfill
from dvz_assets.orchestration.boundary import as_failure
from dvz_assets.orchestration.currency import (
    DELIVERY,
    currency,
    is_current_spec,
    is_on_time_spec,
    punctuality,
    stale_by_month,
)
from dvz_assets.orchestration.metadata import definition_metadata, description, evaluation, partition_metadata
from dvz_assets.orchestration.outbound import delivery_metadata
from dvz_assets.orchestration.partitions import dependencies
from dvz_assets.orchestration.run_log import line_of
from dvz_assets.orchestration.run_tags import run_tags
from dvz_assets.outbound.time_stamping import stamp_missing
from dvz_assets.report.content import content_of
from dvz_assets.report.overview import write_overview
from dvz_assets.report.page import REPORTS, preview, write_content
from dvz_assets.tables.lake import LAKE_TABLES
from dvz_assets.tables.model import Table

LAST_STEP = "analytics_database"
REPORT, OVERVIEW = "monthly_report", "overview_report"
OWNERS = ["team:pod-mi-dvz-flow"]


def build_assets(flow: Flow, partitions: dg.PartitionsDefinition[str]) -> list[dg.AssetsDefinition]:
    """All assets of the flow: one per table of the lake, and the two published files."""
    monthly = [_monthly_asset(flow, table, partitions) for table in LAKE_TABLES.values()]
    published = [_published_asset(flow, database) for database in PUBLISHED_DATABASES.values()]
    return [*monthly, *published, _report_asset(flow, partitions), _overview_asset(flow)]


def _monthly_asset(flow: Flow, table: Table, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    name, group = table.name, ASSETS[table.name].group.value
    check = dg.AssetCheckSpec(
        check_name(name),
        asset=name,
        blocking=True,
        partitions_def=partitions,
        description=f"Suite expectations/{name}.json, run on the candidate before it becomes the partition; a failed "
        "one leaves the partition as it was.",
    )
    checks = [check, is_current_spec(partitions), is_on_time_spec(partitions)] if name == DELIVERY else [check]

    @dg.asset(
        name=name,
        deps=dependencies(name, flow.settings.first_month),
        check_specs=checks,
        partitions_def=partitions,
        backfill_policy=backfill_policy(flow, name),
        group_name=group,
        kinds={flow.settings.engine, "sql"} if name in RELATIONAL else {"polars"},
        owners=OWNERS,
        tags={"privacy": "personal", "layer": group},
        description=description(table),
        metadata=definition_metadata(flow, table),
        code_version=code_version(name),
        # a month that is not delivered makes nothing, and nothing after it starts
        output_required=name not in DELIVERED,
    )
    def asset(context: dg.AssetExecutionContext) -> Iterator[Any]:
        months = [Month.parse(key) for key in context.partition_keys]
        if name in DELIVERED and (undelivered := require_delivered(flow, months[:1])) is not None:
            if _is_first(context, name):
                context.log.error(undelivered[1])
            for each in checks:
                yield dg.Output(None, output_name=each.get_python_identifier())
            return
        preload()
        there = {month for month in months if flow.lake.has(name, month)}
        done: list[Month] = []
        try:
            together = months_of_backfill(context)
            # runs of one backfill take turns at a month
            if hold_months(flow.settings, months, context.run.run_id, wait=bool(together)):
                record_start(flow, months, context.run.run_id)
                # a run asked for in the UI has no tags of ours yet
                context.instance.add_run_tags(context.run.run_id, run_tags(flow, months))
            require_earlier_months(flow, name, months[0], together)
            for month, result in run_steps(flow, name, months):
                if name == DELIVERY:
                    record_month(flow, month, context.run.run_id)
                flow.on_step(name, month)
                place = (len(done) + 1, len(months))
                context.log.info(line_of(flow, name, month, result, place, again=month in there))
                state = delivery_metadata(flow, month) if name == DELIVERY else {}
                metadata = {**state, **partition_metadata(flow, result, name, month, again=month in there)}
                context.add_asset_metadata(metadata, partition_key=str(month))
                yield evaluation(name, month, result.results)
                done.append(month)
            if name == DELIVERY and (stamps := stamp_missing(flow.settings, flow.storage, flow.ledger)).trouble:
                context.log.warning(f"{stamps}. {stamps.trouble}")
        except Exception as error:
            month = months[len(done)]
            if isinstance(error, CheckFailedError):
                yield evaluation(name, month, error.results, error.counts)
            for finished in done:
                yield dg.AssetMaterialization(context.asset_key, partition=str(finished))
            record_failure(flow, name, month, context.run.run_id, error)
            raise as_failure(error, name, month) from None
        except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError) as interruption:
            record_failure(flow, name, months[len(done)], context.run.run_id, interruption)
            raise
        yield dg.MaterializeResult()
        for each in checks:
            yield dg.Output(None, output_name=each.get_python_identifier())

    return asset


def _is_first(context: dg.AssetExecutionContext, name: str) -> bool:
    """Whether the asset is the first of its run to read what was delivered: one line is enough."""
    selected = context.run.asset_selection
    return name == next((key for key in DELIVERED if not selected or dg.AssetKey(key) in selected), name)


def _published_asset(flow: Flow, database: PublishedDatabase) -> dg.AssetsDefinition:
    check = dg.AssetCheckSpec(
        check_name(database.name),
        asset=database.name,
        blocking=True,
        description=f"Suite expectations/{database.name}.json, run on the months written, before the file is renamed.",
    )

    @dg.asset(
        name=database.name,
        deps=list(database.inputs),
        check_specs=[check],
        group_name=PUBLISHED[database.name].group.value,
        kinds={"duckdb"},
        owners=OWNERS,
        tags={"privacy": "personal" if database.name == "dvz_database" else "aggregate", "layer": "published"},
        description=f"published/{database.file_name}: {database.meaning} Replaced atomically.",
        metadata={"tables": dg.MetadataValue.md(_table_list(database))},
    )
    def asset(context: dg.AssetExecutionContext) -> Iterator[Any]:
        try:
            publication = publish(flow, database)
        except Exception as error:
            if isinstance(error, CheckFailedError):
                yield evaluation(database.name, None, error.results)
            record_failure(flow, database.name, None, context.run.run_id, error)
            raise as_failure(error, database.name, None) from None
        if publication.repaired:
            context.log.warning(f"{database.file_name} was damaged, or had what another program left: put right")
        changes = [f"replaced {', '.join(publication.replaced)}"] if publication.replaced else []
        changes += [f"removed {', '.join(publication.removed)}"] if publication.removed else []
        said = "; ".join(changes) or "nothing has changed: every month is as it was published"
        context.log.info(f"{database.file_name}: {said}")
        flow.on_step(database.name, None)
        yield evaluation(database.name, None, publication.results)
        if database.name == LAST_STEP:
            # of the months just published, and of those that the run has made stale
            stale = stale_by_month(flow)
            for month in sorted({*publication.replaced, *stale}):
                yield currency(month, stale)
            yield from punctuality(flow, datetime.now(UTC))
        yield dg.MaterializeResult(
            metadata={
                "months": publication.months,
                "replaced": ", ".join(publication.replaced) or "none",
                "removed": ", ".join(publication.removed) or "none",
                "repaired": publication.repaired,
                "seconds publishing": round(publication.seconds_publishing, 3),
                "seconds checking": round(publication.seconds_checking, 3),
            }
        )
        yield dg.Output(None, output_name=check.get_python_identifier())

    return asset


def _report_asset(flow: Flow, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    @dg.asset(
        name=REPORT,
        deps=list(PUBLISHED[REPORT].reads.relations),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=PUBLISHED[REPORT].group.value,
        kinds={"html"},
        owners=OWNERS,
        tags={"privacy": "aggregate", "layer": "published"},
        description="reports/<month>.html: what was delivered, who was sent by category and ground, trend, data "
        "quality and open points, for those who read no database. Counts only; it needs no network.",
    )
    def asset(context: dg.AssetExecutionContext) -> Iterator[Any]:
        months = [Month.parse(key) for key in context.partition_keys]
        month = months[0]
        try:
            stale = stale_months(flow)
            for month in months:
                content = content_of(flow, month, stale)
                path = write_content(flow, content)
                flow.on_step(REPORT, month)
                context.log.info(f"{REPORT} {month}: {path}")
                metadata = {
                    "report": dg.MetadataValue.url(f"/{REPORTS}/{path.name}"),
                    "preview": dg.MetadataValue.md(preview(content)),
                    "file": dg.MetadataValue.path(str(path)),
                    "bytes": path.stat().st_size,
                }
                context.add_asset_metadata(metadata, partition_key=str(month))
        except Exception as error:
            record_failure(flow, REPORT, month, context.run.run_id, error)
            raise as_failure(error, REPORT, month) from None
        yield dg.MaterializeResult()

    return asset


def _overview_asset(flow: Flow) -> dg.AssetsDefinition:
    @dg.asset(
        name=OVERVIEW,
        deps=list(PUBLISHED[OVERVIEW].reads.relations),
        group_name=PUBLISHED[OVERVIEW].group.value,
        kinds={"html"},
        owners=OWNERS,
        tags={"privacy": "aggregate", "layer": "published"},
        description="reports/overview.html: all published months in small pictures, each with its table, by step, "
        "region, size, nationality, category, age of the spell and kind of aid. Counts only; it needs no network.",
    )
    def asset(context: dg.AssetExecutionContext) -> Iterator[Any]:
        try:
            path = write_overview(flow)
            flow.on_step(OVERVIEW, None)
        except Exception as error:
            record_failure(flow, OVERVIEW, None, context.run.run_id, error)
            raise as_failure(error, OVERVIEW, None) from None
        yield dg.MaterializeResult(
            metadata={
                "report": dg.MetadataValue.url(f"/{REPORTS}/{path.name}"),
                "file": dg.MetadataValue.path(str(path)),
                "bytes": path.stat().st_size,
            }
        )

    return asset


def _table_list(database: PublishedDatabase) -> str:
    return "\n".join(f"- `{name}`: {table.meaning}" for name, table in database.tables.items())
