"""Versions of what computes, recorded as facts: only under the same versions are the same rows the same bytes."""

from importlib.metadata import version

import duckdb
import polars as pl

from dvz_assets import __version__
from dvz_assets.settings import Settings


def versions(settings: Settings) -> dict[str, str]:
    """Return the versions of the software and of the engines that are in use."""
    spark = {"spark": version("pyspark")} if settings.engine == "spark" else {}
    return {"software": __version__, "duckdb": duckdb.__version__, "polars": pl.__version__, **spark}
