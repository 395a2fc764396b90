"""Great Expectations on an open DuckDB connection: the one module that imports the library (two seconds).

The library knows no DuckDB. The execution engine here sends its SQL to the connection that is there, and answers what
the library would find out slowly: the columns of a relation, duplicates, and the rows of a query. It only counts:
every result format but BOOLEAN_ONLY may carry values of the data, so it is the only one used.
"""

import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import duckdb

# the dialect: loaded later, by its name, its types outlive Python at the end of a run on Spark, and DuckDB tells of it
import duckdb_engine  # noqa: F401
import sqlalchemy
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData

from dvz_assets.audit.imported_when_used import imported_when_used
from dvz_assets.sql_literals import identifier, literal

# for pictures of results and for expectations about distributions: a third of what the library takes to import
with imported_when_used("altair", "scipy", "scipy.stats"):
    from great_expectations.compatibility.pydantic import PrivateAttr
    from great_expectations.core.batch import Batch
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from great_expectations.expectations.core.unexpected_rows_expectation import (
        UnexpectedRowsExpectation as StockUnexpectedRowsExpectation,
    )
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metrics.metric_provider import MetricProvider
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        get_metric_kwargs,
        list_registered_expectation_implementations,
        register_metric,
    )
    from great_expectations.validator.metric_configuration import MetricConfiguration, MetricConfigurationID
    from great_expectations.validator.validator import Validator

ROWS_OF_QUERY = "unexpected_rows_query.row_count"
COUNTED = (".unexpected_count", ROWS_OF_QUERY)
ALL = "SELECT count(*) FROM {rows}"
# the metrics of the library that suites need, as DuckDB counts them
COUNTS = {
    "table.row_count": ALL,
    "column_values.nonnull.unexpected_count": f"{ALL} WHERE {{column}} IS NULL",
    "column_values.unique.unexpected_count": "SELECT coalesce(sum(size), 0) FROM (SELECT count(*) AS size FROM {rows} "
    "WHERE {column} IS NOT NULL GROUP BY {column} HAVING size > 1)",
    "column_values.in_set.unexpected_count": f"{ALL} WHERE {{column}} NOT IN ({{value_set}})",
    "column_values.match_regex.unexpected_count": f"{ALL} WHERE NOT regexp_matches({{column}}, {{regex}})",
    "column_pair_values.a_greater_than_b.filtered_row_count": ALL,
    "column_pair_values.a_greater_than_b.unexpected_count": f"{ALL} WHERE NOT {{column_A}} {{or_equal}} {{column_B}}",
    "column_pair_values.in_set.filtered_row_count": ALL,
    "column_pair_values.in_set.unexpected_count": f"{ALL} WHERE ({{column_A}}, {{column_B}}) "
    "NOT IN ({value_pairs_set})",
    "compound_columns.unique.filtered_row_count": ALL,
    # empty values are equal, as in the library on pandas
    "compound_columns.unique.unexpected_count": "SELECT coalesce(sum(size), 0) FROM (SELECT count(*) AS size "
    "FROM {rows} GROUP BY {column_list} HAVING size > 1)",
    ROWS_OF_QUERY: "SELECT count(*) FROM ({unexpected_rows_query})",
}
ERROR_TYPE = re.compile(r"^(?:\w+\.)*(\w+(?:Error|Exception))\b", re.MULTILINE)
BOOLEAN_ONLY = {"result_format": "BOOLEAN_ONLY", "catch_exceptions": True}

# it logs messages of DuckDB, which may quote values
logging.getLogger("great_expectations").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether an expectation is met; on how many rows it is not, where they were counted; or the type of an error."""

    passed: bool
    unexpected_count: int | None = None
    error: str | None = None


@cache
def _unconnected() -> sqlalchemy.Engine:
    """What the library asks for the dialect; nothing is ever read through it."""
    return sqlalchemy.create_engine("duckdb://")


class OpenDuckDB(SqlAlchemyExecutionEngine):
    """Execution engine on a connection that is open, and that it leaves open."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(engine=_unconnected(), create_temp_table=False)
        self._open = connection.cursor()
        self.counts: dict[MetricConfigurationID, Any] = {}

    def close(self) -> None:
        """End what is its own."""
        self._open.close()

    def execute_query(self, query: sqlalchemy.ClauseElement) -> sqlalchemy.Result[Any]:
        """Run a query of the library."""
        cursor = self._open.execute(self._sql(query))
        names = [column[0] for column in cursor.description]
        return IteratorResult(SimpleResultMetaData(names), iter(cursor.fetchall()))

    def relation(self, domain: dict[str, Any]) -> str:
        """The rows that an expectation is about, as SQL has them after FROM."""
        records = self.get_domain_records(domain)
        if isinstance(records, sqlalchemy.Table):
            return identifier(records.name)
        return f"({self._sql(records)})"

    def column_names(self, domain: dict[str, Any]) -> list[str]:
        """Names of the columns of these rows."""
        return [str(row[0]) for row in self._open.execute(f"DESCRIBE FROM {self.relation(domain)}").fetchall()]

    def number(self, query: str) -> int:
        """The one number that a query gives."""
        row = self._open.execute(query).fetchone()
        return int(row[0]) if row else 0

    def resolve_metrics(
        self,
        metrics_to_resolve: Iterable[MetricConfiguration],
        metrics: dict[MetricConfigurationID, Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> dict[MetricConfigurationID, Any]:
        """Compute metrics, and remember what was counted."""
        resolved = super().resolve_metrics(metrics_to_resolve, metrics, runtime_configuration)
        self.counts |= {key: value for key, value in resolved.items() if key.metric_name.endswith(COUNTED)}
        return dict(resolved)

    def _sql(self, query: sqlalchemy.ClauseElement) -> str:
        return str(query.compile(dialect=self.engine.dialect, compile_kwargs={"literal_binds": True}))


class Answered(MetricProvider):
    """A metric that needs no other: one query answers it."""

    @classmethod
    def get_evaluation_dependencies(cls, **_: Any) -> dict[str, MetricConfiguration]:
        """None: the library would have its condition made, and for it the columns."""
        return {}


def _counting(query: str) -> Callable[..., int]:
    def counted(
        execution_engine: OpenDuckDB,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: Any,
    ) -> int:
        rows = execution_engine.relation(metric_domain_kwargs)
        asked = {**metric_domain_kwargs, **metric_value_kwargs}
        return execution_engine.number(
            query.format(rows=rows, **{key: _as_sql(key, asked[key], rows) for key in asked})
        )

    return counted


def _as_sql(name: str, value: Any, rows: str) -> str:
    match name:
        case "column" | "column_A" | "column_B":
            return identifier(value)
        case "column_list":
            return ", ".join(map(identifier, value))
        case "value_set":
            return ", ".join(map(literal, value))
        case "value_pairs_set":
            return ", ".join(f"({', '.join(map(literal, pair))})" for pair in value)
        case "or_equal":
            return ">=" if value else ">"
        case "unexpected_rows_query":
            return str(value).format(batch=rows)
        case _:
            return literal(value)


def _columns(
    execution_engine: OpenDuckDB, metric_domain_kwargs: dict[str, Any], **_: Any
) -> list[dict[str, str | None]]:
    """Without their types: no condition needs these, and the library would ask a whole catalogue."""
    return [{"name": name, "type": None} for name in execution_engine.column_names(metric_domain_kwargs)]


def _answer(metric: str, answer: Callable[..., Any]) -> None:
    keys = get_metric_kwargs(metric)
    register_metric(metric, keys["metric_domain_keys"], keys["metric_value_keys"], OpenDuckDB, Answered, answer)


for _name, _query in COUNTS.items():
    _answer(_name, _counting(_query))
_answer("table.column_types", _columns)


class UnexpectedRowsExpectation(StockUnexpectedRowsExpectation):
    """A query over the batch that must give no rows, which are counted: the stock expectation fetches them too."""

    metric_dependencies: ClassVar[tuple[str, ...]] = (ROWS_OF_QUERY,)

    def _validate(self, metrics: Mapping[str, Any], **_: Any) -> dict[str, bool]:
        return {"success": metrics[ROWS_OF_QUERY] == 0}


class QuietValidator(Validator):
    """Validator without a progress bar."""

    def _determine_progress_bars(self) -> bool:
        return False


@cache
def _is_known(expectation_type: str) -> bool:
    """Whether the library has this type of expectation, which from then on makes its configuration once.

    The library asks an expectation for its configuration some fifty times, and makes it anew each time from all of its
    fields: four fifths of the time of a small suite.
    """
    if expectation_type not in list_registered_expectation_implementations():
        return False
    stock = get_expectation_impl(expectation_type)

    def configuration(self: Any) -> ExpectationConfiguration:
        if self._made is None:
            self._made = stock.configuration.fget(self)
        return self._made

    # the library registers a class by its name
    parts = {"_made": PrivateAttr(None), "configuration": property(configuration), "__module__": __name__}
    type(stock)(stock.__name__, (stock,), {**parts, "__doc__": stock.__doc__})
    return True


def evaluate(
    connection: duckdb.DuckDBPyConnection, relation: str, expectations: Sequence[Mapping[str, Any]]
) -> list[Outcome]:
    """Say of each expectation whether ``relation`` meets it."""
    with closing(OpenDuckDB(connection)) as execution:
        return _evaluated(execution, relation, expectations)


def _evaluated(execution: OpenDuckDB, relation: str, expectations: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    data = SqlAlchemyBatchData(execution_engine=execution, table_name=relation, create_temp_table=False)
    validator = QuietValidator(execution_engine=execution, batches=[Batch(data=data)])
    configurations = [
        ExpectationConfiguration(type=each["type"], kwargs=dict(each["kwargs"]), meta={"position": position})
        for position, each in enumerate(expectations)
        if _is_known(each["type"])
    ]
    outcomes = {
        result.expectation_config.meta["position"]: _outcome(execution, result)
        for result in validator.graph_validate(configurations, runtime_configuration=BOOLEAN_ONLY)
    }
    # results come in another order when one of them could not be evaluated
    unknown = Outcome(passed=False, error="an unknown type of expectation")
    return [outcomes.get(position, unknown) for position in range(len(expectations))]


def _outcome(execution: OpenDuckDB, result: ExpectationValidationResult) -> Outcome:
    error = _error_type(result.exception_info)
    if error is not None or result.success:
        return Outcome(passed=error is None, error=error)
    return Outcome(passed=False, unexpected_count=_unexpected_count(execution, result.expectation_config))


def _unexpected_count(execution: OpenDuckDB, configuration: ExpectationConfiguration) -> int | None:
    """The count that decided an expectation, where it counts rows: of its metrics the last one that does."""
    expectation = configuration.to_domain_obj()
    metrics = expectation.get_validation_dependencies(execution, BOOLEAN_ONLY).metric_configurations
    counted = [metric.id for name, metric in metrics.items() if name.endswith(COUNTED)]
    return int(execution.counts[counted[-1]]) if counted else None


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
