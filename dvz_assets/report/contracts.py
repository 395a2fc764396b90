"""Contracts for the neighbours, in the Open Data Contract Standard: what comes in, what goes out, what is published.

All of it is made from the table definitions, so that a contract cannot say anything else than the tables do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from open_data_contract_standard.model import (
    Description,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
    Server,
)

from dvz_assets import __version__
from dvz_assets.home.deliveries import SIGNAL
from dvz_assets.tables.lake import (
    CORRECTIONS,
    DVZ_EXPORT,
    DVZ_EXPORT_PERIODS,
    INSZ_REPLACEMENTS,
    NOVAPRIMA_STATEMENT,
    REGISTER_SNAPSHOT,
)
from dvz_assets.tables.model import Column, Table
from dvz_assets.tables.published import ANALYTICS_DATABASE, ANALYTICS_VIEWS, DVZ_DATABASE

STANDARD = "v3.1.0"
LOGICAL_TYPES = {
    "BIGINT": "integer",
    "INTEGER": "integer",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "number",
    "TIMESTAMPTZ": "timestamp",
    "VARCHAR": "string",
}
# what a file bears beside what its source wrote, and what a file's name says instead of a column
OF_THE_FLOW = ("line_number",)
OF_THE_FOLDER = ("month", "regime")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One contract: its tables by the name under which they are known outside, and where they stand."""

    name: str
    purpose: str
    limitations: str
    server: Server
    tables: tuple[tuple[str, Table], ...]
    left_out: tuple[str, ...] = ()


def neighbours() -> tuple[Neighbour, ...]:
    """Those who deliver to the flow, and those who receive from it."""
    return (
        Neighbour(
            "statement",
            NOVAPRIMA_STATEMENT.meaning,
            "Personal data; a delivery is complete when its voucher is there.",
            _folder("novaprima/{month}", "csv"),
            (("statement", NOVAPRIMA_STATEMENT),),
            OF_THE_FLOW,
        ),
        Neighbour(
            "register",
            REGISTER_SNAPSHOT.meaning,
            "Personal data; a delivery is complete when its voucher is there.",
            _folder("register/{month}", "csv"),
            (("persons", REGISTER_SNAPSHOT), ("insz_replacements", INSZ_REPLACEMENTS)),
            OF_THE_FLOW,
        ),
        Neighbour(
            "delivery",
            "What is sent to the Immigration Office; a regime fills the columns that it authorises.",
            SIGNAL,
            _folder("deliveries/{month}/{sequence}", "csv"),
            (
                ("dvz_export", DVZ_EXPORT),
                ("dvz_export_period", DVZ_EXPORT_PERIODS),
                ("dvz_corrections", CORRECTIONS),
            ),
            OF_THE_FOLDER,
        ),
        Neighbour(
            "dvz",
            "What was computed and sent, for the desk of this data flow and its auditors.",
            "Personal data; for the desk and its auditors alone.",
            _folder("published/dvz.duckdb", "duckdb"),
            tuple(DVZ_DATABASE.items()),
        ),
        Neighbour(
            "analytics",
            "Counts for analysts.",
            "No personal data; small counts are suppressed.",
            _folder("published/analytics.duckdb", "duckdb"),
            (*ANALYTICS_DATABASE.items(), *ANALYTICS_VIEWS.items()),
        ),
    )


def contract_of(neighbour: Neighbour) -> OpenDataContractStandard:
    """The contract of one neighbour."""
    return OpenDataContractStandard(
        apiVersion=STANDARD,
        kind="DataContract",
        id=f"dvz-{neighbour.name}",
        name=neighbour.name,
        version=__version__,
        status="active",
        domain="POD MI to DVZ",
        description=Description(purpose=neighbour.purpose, limitations=neighbour.limitations),
        servers=[neighbour.server],
        schema=list(_schemas(neighbour)),
    )


def _folder(path: str, format: str) -> Server:  # noqa: A002 - the standard's word
    kind = "duckdb" if format == "duckdb" else "local"
    if kind == "duckdb":
        return Server(server="home", type=kind, database=path)
    return Server(server="files", type=kind, path=path, format=format)


def _schemas(neighbour: Neighbour) -> Iterator[SchemaObject]:
    for name, table in neighbour.tables:
        yield SchemaObject(
            name=name,
            physicalName=name,
            logicalType="object",
            physicalType="table",
            description=table.meaning,
            dataGranularityDescription=table.grain,
            properties=list(_properties(table, neighbour.left_out)),
        )


def _properties(table: Table, left_out: Sequence[str]) -> Iterator[SchemaProperty]:
    key = [name for name in table.key if name not in left_out]
    for column in table.columns:
        if column.name not in left_out:
            yield _property(column, key.index(column.name) + 1 if column.name in key else None)


def _property(column: Column, position: int | None) -> SchemaProperty:
    is_list = column.type.endswith("[]")
    return SchemaProperty(
        name=column.name,
        physicalType=column.type,
        logicalType="array" if is_list else _logical_type(column.type),
        description=column.comment,
        required=not column.nullable,
        primaryKey=position is not None,
        primaryKeyPosition=position,
        classification=column.privacy.value,
        items=SchemaProperty(logicalType=_logical_type(column.type.removesuffix("[]"))) if is_list else None,
    )


def _logical_type(type_: str) -> str:
    return "number" if type_.startswith("DECIMAL") else LOGICAL_TYPES[type_]
