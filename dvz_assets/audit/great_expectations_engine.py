"""Great Expectations on an open DuckDB connection: the one module that imports the library (two seconds).

On DuckDB through SQLAlchemy the stock engine fetches after it has closed the connection and fails; the one here keeps
its connection open. Every result format but BOOLEAN_ONLY may carry values of the data, so it is the only one used.
"""

import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import duckdb
import duckdb_engine
import sqlalchemy
from sqlalchemy.pool import StaticPool

from dvz_assets.audit.imported_when_used import imported_when_used

# for pictures of results and for expectations about distributions: a third of what the library takes to import
with imported_when_used("altair", "scipy", "scipy.stats"):
    from great_expectations.core.batch import Batch
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.registry import list_registered_expectation_implementations
    from great_expectations.validator.validator import Validator

ROW_COUNT = "unexpected_rows_query.row_count"
ERROR_TYPE = re.compile(r"^(?:\w+\.)*(\w+(?:Error|Exception))\b", re.MULTILINE)
BOOLEAN_ONLY = {"result_format": "BOOLEAN_ONLY", "catch_exceptions": True}

# it logs messages of DuckDB, which may quote values
logging.getLogger("great_expectations").setLevel(logging.CRITICAL)


class ExpectNoRows(UnexpectedRowsExpectation):
    """A query over the batch that must give no rows. Only counts: the stock expectation fetches rows as well."""

    metric_dependencies: ClassVar[tuple[str, ...]] = (ROW_COUNT,)

    def _validate(self, metrics: Mapping[str, Any], **_: Any) -> dict[str, bool]:
        return {"success": metrics[ROW_COUNT] == 0}


class OpenDuckDB(SqlAlchemyExecutionEngine):
    """Execution engine that keeps its connection open between metrics."""

    _connection: sqlalchemy.Connection | None

    @contextmanager
    def get_connection(self) -> Iterator[sqlalchemy.Connection]:
        """The one connection of this engine."""
        if self._connection is None:
            self._connection = self.engine.connect()
        try:
            yield self._connection
        except Exception:
            self._connection.rollback()  # or every later query of the suite would fail too
            raise


class QuietValidator(Validator):
    """Validator without a progress bar."""

    def _determine_progress_bars(self) -> bool:
        return False


def evaluate(
    connection: duckdb.DuckDBPyConnection, relation: str, expectations: Sequence[Mapping[str, Any]]
) -> list[bool | str]:
    """Whether each expectation is met by ``relation``; the type of the error where it could not be evaluated."""
    engine = sqlalchemy.create_engine(
        "duckdb://", creator=lambda: duckdb_engine.ConnectionWrapper(connection.cursor()), poolclass=StaticPool
    )
    execution = OpenDuckDB(engine=engine, create_temp_table=False)
    try:
        data = SqlAlchemyBatchData(execution_engine=execution, table_name=relation, create_temp_table=False)
        validator = QuietValidator(execution_engine=execution, batches=[Batch(data=data)])
        configurations = [
            ExpectationConfiguration(type=each["type"], kwargs=dict(each["kwargs"]), meta={"position": position})
            for position, each in enumerate(expectations)
            if each["type"] in list_registered_expectation_implementations()
        ]
        outcomes: dict[int, bool | str] = {}
        for result in validator.graph_validate(configurations, runtime_configuration=BOOLEAN_ONLY):
            position = result.expectation_config.meta["position"]
            outcomes[position] = _error_type(result.exception_info) or bool(result.success)
        # results come in another order when one of them could not be evaluated
        return [outcomes.get(position, "an unknown type of expectation") for position in range(len(expectations))]
    finally:
        execution.close()
        engine.dispose()


def _error_type(exception_info: Mapping[str, Any]) -> str | None:
    """Type of the error of an expectation; never its message, which may quote a value. None when there was none.

    One exception, or one per metric: the library has two layouts.
    """
    raised = [exception_info] if "raised_exception" in exception_info else list(exception_info.values())
    for each in raised:
        if each["raised_exception"]:
            named = ERROR_TYPE.findall(each["exception_traceback"] or "")
            return str(named[0]) if named else "an error"
    return None
