"""Translates a SELECT of DuckDB into one of Spark that gives the same rows.

SQLGlot knows most of the difference between the two dialects. What it does not know stands here, and depends on types:
what ``-``, ``/`` and ``//`` mean. A construct that neither translates is refused, here or by Spark's ANSI mode, rather
than read in another way. Where the translation would be hard, the SQL file says it in words that both engines know.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

DUCKDB, SPARK = "duckdb", "spark"
# amounts per day are 128-bit integers in DuckDB; Spark's widest exact number has 38 digits, and overflow is an error
WIDE_INTEGER = "DECIMAL(38, 0)"
# a quotient keeps its whole part exact while the divisor has no more digits than a BIGINT
DIVISOR = "DECIMAL(20, 0)"

Columns = Mapping[str, str]


@lru_cache(maxsize=64)
def relations_of(select: str) -> tuple[str, ...]:
    """Names of the relations that a SELECT reads, without those that it defines itself."""
    tree = sqlglot.parse_one(select, dialect=DUCKDB)
    own = {each.alias for each in tree.find_all(exp.CTE)}
    return tuple(sorted({table.name for table in tree.find_all(exp.Table)} - own - {""}))


def spark_select(select: str, relations: Mapping[str, Columns]) -> str:
    """The SELECT for Spark; ``relations`` are the columns of what it reads, with DuckDB's types."""
    return _translated(select, tuple((name, tuple(columns.items())) for name, columns in sorted(relations.items())))


@lru_cache(maxsize=64)
def _translated(select: str, relations: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]) -> str:
    schema: dict[str, object] = {name: dict(columns) for name, columns in relations}
    tree = sqlglot.parse_one(select, dialect=DUCKDB)
    tree = qualify(tree, schema=schema, dialect=DUCKDB)
    tree = annotate_types(tree, schema=schema, dialect=DUCKDB)
    for node in reversed(list(tree.walk())):  # operands before what they are operands of
        replacement = _rewritten(node)
        if replacement is not None:
            node.replace(replacement)
    return tree.sql(SPARK, comments=False, unsupported_level=ErrorLevel.RAISE)


def _rewritten(node: exp.Expr) -> exp.Expr | None:
    """What stands in Spark for a node that SQLGlot would give another meaning; None for all others."""
    match node:
        case exp.DataType(this=exp.DType.INT128):
            return exp.DataType.build(WIDE_INTEGER, dialect=SPARK)
        case exp.Sub(this=left, expression=right) if left.is_type("date") and right.is_type("date"):
            # days between two dates: an interval in Spark, a whole number in DuckDB
            return exp.DateDiff(this=left.copy(), expression=right.copy(), type=exp.DType.BIGINT.into_expr())
        case exp.Add(this=date, expression=exp.Anonymous(name=name, expressions=[years])) if name.upper() == "TO_YEARS":
            # both stop at the last day of February
            months = exp.Mul(this=exp.paren(years.copy()), expression=exp.Literal.number(12))
            return exp.Anonymous(this="add_months", expressions=[date.copy(), months])
        case exp.Add(this=date, expression=exp.Anonymous(name=name, expressions=[months])) if _is_months(name):
            return exp.Anonymous(this="add_months", expressions=[date.copy(), months.copy()])
        case exp.Sub(this=date, expression=exp.Anonymous(name=name, expressions=[months])) if _is_months(name):
            before = exp.Neg(this=exp.paren(months.copy()))
            return exp.Anonymous(this="add_months", expressions=[date.copy(), before])
        case exp.Bracket(this=values, expressions=[index]):
            # counted from 0 in SQLGlot's tree; nothing, and no error, where the list has no such place
            place = exp.Add(this=exp.paren(index.copy()), expression=exp.Literal.number(1))
            return exp.Anonymous(this="try_element_at", expressions=[values.copy(), place])
        case exp.IntDiv(this=dividend, expression=divisor):
            # towards zero, as DuckDB does; Spark's DIV would give a BIGINT, and its / a rounded number
            wide, by = exp.cast(dividend.copy(), WIDE_INTEGER), exp.cast(divisor.copy(), DIVISOR)
            multiple = exp.paren(exp.Sub(this=wide, expression=exp.Mod(this=wide.copy(), expression=by)))
            return exp.cast(exp.Div(this=multiple, expression=by.copy(), typed=True), WIDE_INTEGER)
        case exp.Div(this=left, expression=right) if not node.args.get("typed"):
            # a DOUBLE in DuckDB, whatever is divided
            return exp.Div(this=exp.cast(left.copy(), "DOUBLE"), expression=exp.cast(right.copy(), "DOUBLE"))
    return None


def _is_months(function: str) -> bool:
    return function.upper() == "TO_MONTHS"


def spark_schema(columns: Columns) -> str:
    """Columns as the schema with which Spark reads a Parquet file."""
    return ", ".join(f"`{name}` {_type(kind).sql(SPARK)}" for name, kind in columns.items())


def rows_as_select(columns: Columns, rows: Sequence[Sequence[Any]]) -> str:
    """A small table as a SELECT for Spark."""
    if not rows:
        return f"SELECT {', '.join(_values(columns, [None] * len(columns)))} WHERE FALSE"
    return " UNION ALL ".join(f"SELECT {', '.join(_values(columns, row))}" for row in rows)


def absent_value(literal: str, kind: str) -> str:
    """What stands in Spark for a column that a file lacks; ``literal`` and ``kind`` are those of DuckDB."""
    return exp.cast(sqlglot.parse_one(literal, dialect=DUCKDB), _type(kind)).sql(SPARK)


def _values(columns: Columns, row: Sequence[Any]) -> Iterator[str]:
    for (name, kind), value in zip(columns.items(), row, strict=True):
        literal = exp.cast(exp.convert(value), _type(kind))
        yield exp.alias_(literal, name, quoted=True).sql(SPARK)


def _type(kind: str) -> exp.DataType:
    return exp.DataType.build(kind, dialect=DUCKDB)
