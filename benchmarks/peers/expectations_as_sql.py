"""Expectations of Great Expectations as SELECTs of the rows that break them, which is what the other tools test."""

from collections.abc import Mapping
from typing import Any

from dvz_assets.sql_literals import literal

BATCH = "batch"  # the relation of which the rows are looked at
PARAMETER = "$"  # a number that is given at run time, of which the tools know nothing


def rows_that_break(expectation: Mapping[str, Any]) -> str | None:
    """Return the SELECT; None for an expectation that needs a number given at run time.

    Raises ValueError for a type that is not known here.
    """
    asked = expectation["kwargs"]
    if PARAMETER in str(asked):
        return None
    if "unexpected_rows_query" in asked:
        return str(asked["unexpected_rows_query"]).replace("{batch}", BATCH)
    column = asked.get("column")
    match expectation["type"]:
        case "expect_column_values_to_not_be_null":
            broken = f"{column} IS NULL"
        case "expect_column_values_to_be_unique":
            return f"SELECT {column} FROM {BATCH} WHERE {column} IS NOT NULL GROUP BY {column} HAVING count(*) > 1"
        case "expect_compound_columns_to_be_unique":
            columns = ", ".join(asked["column_list"])
            return f"SELECT {columns} FROM {BATCH} GROUP BY {columns} HAVING count(*) > 1"
        case "expect_column_values_to_be_in_set":
            broken = f"{column} NOT IN ({', '.join(map(_value, asked['value_set']))})"
        case "expect_column_pair_values_a_to_be_greater_than_b":
            broken = f"NOT {asked['column_A']} {'>=' if asked.get('or_equal') else '>'} {asked['column_B']}"
        case "expect_column_pair_values_to_be_in_set":
            pairs = ", ".join(f"({', '.join(map(_value, pair))})" for pair in asked["value_pairs_set"])
            broken = f"({asked['column_A']}, {asked['column_B']}) NOT IN ({pairs})"
        case "expect_column_values_to_match_regex":
            broken = f"NOT regexp_matches({column}, {literal(asked['regex'])})"
        case other:
            raise ValueError(f"{other} is not known as SQL")
    return f"SELECT 1 FROM {BATCH} WHERE {broken}"


def _value(value: object) -> str:
    return str(value) if isinstance(value, int | float) else literal(str(value))
