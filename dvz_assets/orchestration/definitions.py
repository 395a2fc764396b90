"""Builds the Dagster definitions of one home; tests build the real ones on a temporary home."""

import warnings

import dagster as dg

from dvz_assets.flow.context import Flow
from dvz_assets.flow.declared_reads import require_declared_reads
from dvz_assets.orchestration.assets import OVERVIEW, build_assets
from dvz_assets.orchestration.automation import deliveries_sensor, monthly_schedule
from dvz_assets.orchestration.consultations import consultation_job, consultation_sensor
from dvz_assets.orchestration.currency import currency_sensor
from dvz_assets.orchestration.housekeeping import housekeeping_job, housekeeping_schedule
from dvz_assets.orchestration.notifications import notifications_sensor, run_failure_sensor
from dvz_assets.orchestration.outbound import (
    acknowledgement_job,
    acknowledgement_sensor,
    transmission_job,
    transmission_sensor,
)
from dvz_assets.orchestration.partitions import monthly_partitions
from dvz_assets.orchestration.retention import retention_job, retention_schedule

JOB_NAME = "monthly_dvz_flow"


def build_definitions(flow: Flow) -> dg.Definitions:
    """Assets, checks, job, sensor and schedule for the home of ``flow``.

    Raises DvzError when a SQL file reads what the table of assets does not declare.
    """
    require_declared_reads()
    with warnings.catch_warnings():
        # partitioned checks and single-run backfills are previews in this (pinned) Dagster
        warnings.simplefilter("ignore", category=dg.PreviewWarning)
        warnings.simplefilter("ignore", category=dg.BetaWarning)
        partitions = monthly_partitions(flow.settings.first_month)
        job = dg.define_asset_job(
            JOB_NAME,
            # the overview of all months is made when somebody asks for it
            selection=dg.AssetSelection.all() - dg.AssetSelection.assets(OVERVIEW),
            executor_def=dg.in_process_executor,
            description="The whole flow of one statement month, or of a range of months as one backfill: from the "
            "landing zone to the file for the KSZ and the published DuckDB files.",
        )
        retention, consultation, housekeeping = retention_job(flow), consultation_job(flow), housekeeping_job(flow)
        transmission, acknowledgements = transmission_job(flow), acknowledgement_job(flow)
        return dg.Definitions(
            assets=build_assets(flow, partitions),
            jobs=[job, consultation, transmission, acknowledgements, retention, housekeeping],
            sensors=[
                deliveries_sensor(flow, job),
                currency_sensor(flow),
                consultation_sensor(flow, consultation),
                transmission_sensor(flow, transmission),
                acknowledgement_sensor(flow, acknowledgements),
                notifications_sensor(flow),
                run_failure_sensor(flow),
            ],
            schedules=[monthly_schedule(flow, job), retention_schedule(retention), housekeeping_schedule(housekeeping)],
            executor=dg.in_process_executor,
        )
