"""Brings the published DuckDB files up to the lake: copies the file, replaces the months that differ, renames.

What a publish costs depends on the months that changed, not on those already there. Readers keep the version that they
have open. Each file says by itself, in its table ``publication``, which version of each month it holds, so a publish
that was missed is made up by the next one. Contract sections 5.1 and 5.2.
"""

import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import date, datetime
from pathlib import Path

import duckdb
from duckdb.func import FunctionNullHandling

from dvz_assets.audit.expectations import ExpectationResult, SuiteRun
from dvz_assets.flow.assets import CLEANED_FROM, COMPUTED, DELIVERED, PUBLISHED
from dvz_assets.flow.checks import audit_published, create_check_results, require_passed
from dvz_assets.flow.cleaned.quarantine import REJECTED
from dvz_assets.flow.context import Flow
from dvz_assets.flow.delivery_steps import DELIVERY_STEPS, delivery_steps, steps_in_words
from dvz_assets.flow.old_partitions import is_absent
from dvz_assets.flow.polars_in_duckdb import registered
from dvz_assets.flow.published_files import Condition, content_by_month, is_comparable, remove_sidecars, sidecars
from dvz_assets.flow.records import record_publication
from dvz_assets.flow.views import relations
from dvz_assets.home.folder import make_folder
from dvz_assets.home.keys import shown_hash
from dvz_assets.home.ledger import Event
from dvz_assets.home.locks import exclusive
from dvz_assets.home.write_steps import reached
from dvz_assets.months import Month
from dvz_assets.outbound.states import DeliveryState, delivery_states
from dvz_assets.project_files import sql_folder
from dvz_assets.sql_literals import literal
from dvz_assets.tables.model import Table
from dvz_assets.tables.protection import Protection
from dvz_assets.tables.published import ANALYTICS_DATABASE, ANALYTICS_VIEWS, DVZ_DATABASE
from dvz_assets.words.labels import load_labels

# DuckDB 1.2 opens files of this version; the default of 2.0 is readable by 2.0 alone.
STORAGE_VERSION = "v1.2.0"

Row = tuple[str | int | bool | date | None, ...]


@dataclass(frozen=True)
class PublishedDatabase:
    """One published file: its tables, the SQL folder that fills them, and the assets they are read from."""

    name: str
    file_name: str
    meaning: str
    tables: Mapping[str, Table]
    prepare: Callable[[duckdb.DuckDBPyConnection, Flow, Month], None] = lambda connection, flow, month: None
    settings: tuple[str, ...] = ()
    # exact tables of the other file from which its own are made, as relations exact_<name>
    exact: tuple[str, ...] = ()
    # whether it shows what became of deliveries, which changes without any partition
    shows_steps: bool = False
    # tables that follow no statement month: all their rows, from what the home holds now
    undated: Mapping[str, Callable[[Flow], list[Row]]] = field(default_factory=dict)
    views: Mapping[str, Table] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The assets from which it is made."""
        asset = PUBLISHED[self.name]
        return tuple(dict.fromkeys([*asset.reads.relations, *asset.counts_of]))

    def path(self, home: Path) -> Path:
        """Where the file stands."""
        return home / "published" / self.file_name


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publish did."""

    months: int
    replaced: tuple[str, ...]
    removed: tuple[str, ...]
    repaired: bool
    results: tuple[ExpectationResult, ...]
    seconds_publishing: float
    seconds_checking: float


def publish(flow: Flow, database: PublishedDatabase) -> Publication:
    """Bring one published file up to the lake; it stays as it is when no month differs and its rows are as written.

    The file is copied before it is opened: a tool may hold it, and what lies beside it reaches no copy. One that has
    lost or gained anything is built anew.
    """
    begun = time.perf_counter()
    target = database.path(flow.settings.home)
    with exclusive(flow.settings, database.name):
        flow = flow.snapshot()
        building, condition = _copied(flow, database)
        strays = remove_sidecars(flow.storage, target)
        damaged = condition is Condition.DAMAGED
        if strays or damaged:
            flow.ledger.append(
                Event.REPAIRED, details={"database": database.name, "sidecars": strays, "built_anew": int(damaged)}
            )
        months = flow.lake.months("delivery")
        states = delivery_states(flow.ledger) if database.shows_steps else {}
        made_by = _made_by(flow, database)
        wanted = {month: _version(flow, database, month, states.get(month, ()), made_by) for month in months}
        usable = building if condition is Condition.SOUND else None
        published = _published_versions(usable, database) if usable else {}
        undated = {name: rows(flow) for name, rows in database.undated.items()}
        is_current = usable is not None and all(_rows(usable, name) == rows for name, rows in undated.items())
        changed = [month for month, version in wanted.items() if published.get(str(month)) != version]
        # a month that another run is just writing keeps its published version until that run publishes it
        replaced = [month for month in changed if _is_whole(flow, month)]
        removed = sorted(published.keys() - {str(month) for month in months})
        audit = SuiteRun([], 0)
        if replaced or removed or not is_current:
            if usable is None:
                building.unlink(missing_ok=True)
            reached(f"{database.name}: copied")
            versions = {month: wanted[month] for month in replaced}
            outdated = removed + [str(month) for month in replaced if str(month) in published]
            audit = _build(flow, database, building, versions, outdated, undated, states)
            building.chmod(0o600)
            reached(f"{database.name}: built")
            flow.storage.replace_file(building, target)
            reached(f"{database.name}: renamed")
            # of a tool that still holds the file before
            strays += remove_sidecars(flow.storage, target)
            record_publication(flow, database.name, {str(month): wanted[month] for month in replaced}, removed)
        else:
            building.unlink()
    return Publication(
        months=len(months),
        replaced=tuple(str(month) for month in replaced),
        removed=tuple(removed),
        repaired=strays > 0 or damaged,
        results=tuple(audit.results),
        seconds_publishing=time.perf_counter() - begun - audit.seconds,
        seconds_checking=audit.seconds,
    )


def _is_whole(flow: Flow, month: Month) -> bool:
    """Whether the partitions of a month were made from each other as they stand."""
    for asset in (each for each in (*COMPUTED, "delivery") if not is_absent(flow.lake, each, month)):
        for name, fingerprint in flow.lake.manifest(asset, month).inputs.items():
            upstream, _, of_month = name.partition(" ")
            if of_month == str(month) and flow.lake.fingerprint(upstream, month) != fingerprint:
                return False
    return True


def _version(
    flow: Flow, database: PublishedDatabase, month: Month, states: Sequence[DeliveryState], made_by: Sequence[str]
) -> str:
    """Keyed hash of all that the month's rows in this file are made from."""
    parts = [steps_in_words(states)] if database.shows_steps else []
    parts += [
        flow.lake.manifest(asset, month).fingerprint
        for asset in database.inputs
        if not is_absent(flow.lake, asset, month)
    ]
    return shown_hash(flow.settings, "\n".join([*parts, *made_by]))


def _made_by(flow: Flow, database: PublishedDatabase) -> list[str]:
    """What the rows of every month are made by: settings and SQL."""
    return [
        *(str(getattr(flow.settings, name)) for name in database.settings),
        *((_sql_folder(database) / f"{table.name}.sql").read_text("utf-8") for table in _filled(database)),
        *(_exact_sql(name) for name in database.exact),
        *(_view_sql(view) for view in database.views.values()),
    ]


def _sql_folder(database: PublishedDatabase) -> Path:
    return sql_folder() / database.name


def _exact_sql(name: str) -> str:
    return (sql_folder() / "dvz_database" / f"{name}.sql").read_text("utf-8")


def _view_sql(view: Table) -> str:
    return (sql_folder() / "analytics_views" / f"{view.name}.sql").read_text("utf-8")


def _filled(database: PublishedDatabase) -> list[Table]:
    others = {"publication", *(database.tables[name].name for name in database.undated)}
    return [table for table in database.tables.values() if table.name not in others]


def _publication(database: PublishedDatabase) -> str:
    return next(name for name, table in database.tables.items() if table.name == "publication")


def publish_steps(flow: Flow) -> None:
    """Bring the desk's file up to what became of its deliveries since the last run, if there is one."""
    database = PUBLISHED_DATABASES["dvz_database"]
    if database.path(flow.settings.home).exists():
        publish(flow, database)


def publish_analytics(flow: Flow) -> None:
    """Bring the analysts' file up to what has been asked since the last run, if there is one."""
    database = PUBLISHED_DATABASES["analytics_database"]
    if database.path(flow.settings.home).exists():
        publish(flow, database)


def published_problems(flow: Flow) -> list[str]:
    """What is wrong with the published files, in words; the next run of any month puts it right."""
    problems = []
    for database in PUBLISHED_DATABASES.values():
        path = database.path(flow.settings.home)
        if count := len(sidecars(flow.storage, path)):
            problems.append(f"{path.name}: beside it lies what another program has left ({count}); readers replay it")
        elif path.exists():
            try:
                damaged = _condition(flow.storage.readable(path), database) is Condition.DAMAGED
            except duckdb.IOException as error:
                problems.append(f"{path.name}: {_who_holds_it(error)}")
            else:
                if damaged:
                    problems.append(f"{path.name}: its rows are not as they were written")
    return [f"{problem}. The next run of any month puts it right: dvz run." for problem in problems]


def _who_holds_it(error: duckdb.IOException) -> str:
    """Such as ``held open for writing by /usr/bin/python3 (PID 12)``, as far as DuckDB says so."""
    holder = re.search(r"held in (\S+ \(PID \d+\))", str(error))
    return f"held open for writing by {holder[1]}" if holder else "held open for writing, or unreadable"


def _copied(flow: Flow, database: PublishedDatabase) -> tuple[Path, Condition | None]:
    """A copy of the published file to build on, and its condition; None where there is no file."""
    target = database.path(flow.settings.home)
    building = database.path(flow.settings.work).with_name(f".{target.name}.building")
    make_folder(building.parent)
    for leftover in building.parent.glob(f"{building.name}*"):
        leftover.unlink()
    if not target.exists():
        return building, None
    shutil.copyfile(flow.storage.readable(target), building)
    try:
        return building, _condition(building, database)
    except duckdb.IOException:  # no database at all
        return building, Condition.DAMAGED


def _condition(path: Path, database: PublishedDatabase) -> Condition:
    """Of a file with other tables, views or columns than today's too; raises duckdb.IOException when it is held."""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            found = connection.execute(
                "SELECT schema_name || '.' || table_name, list(column_name ORDER BY column_index) "
                "FROM duckdb_columns() WHERE NOT internal GROUP BY ALL"
            ).fetchall()
            layout = {name: list(table.names) for name, table in {**database.tables, **database.views}.items()}
            if dict(found) != layout:
                return Condition.OTHER_LAYOUT
            recorded = dict(_contents_recorded(connection, database))
            if not all(is_comparable(content) for content in recorded.values()):
                return Condition.OTHER_LAYOUT
            is_as_written = content_by_month(connection, _dated(database)) == recorded
            return Condition.SOUND if is_as_written else Condition.DAMAGED
    except duckdb.IOException:
        raise
    except duckdb.Error:
        return Condition.DAMAGED


def _contents_recorded(connection: duckdb.DuckDBPyConnection, database: PublishedDatabase) -> list[tuple[str, str]]:
    query = f"SELECT strftime(month, '%Y-%m'), content FROM {_publication(database)}"
    return [(str(month), str(content)) for month, content in connection.execute(query).fetchall()]


def _dated(database: PublishedDatabase) -> list[str]:
    return [name for name in database.tables if name not in {*database.undated, _publication(database)}]


def _rows(path: Path, name: str) -> list[Row]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return [tuple(row) for row in connection.execute(f"FROM {name}").fetchall()]


def _published_versions(path: Path, database: PublishedDatabase) -> dict[str, str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            f"SELECT strftime(month, '%Y-%m'), fingerprint FROM {_publication(database)}"
        ).fetchall()
    return {str(month): str(fingerprint) for month, fingerprint in rows}


def _build(
    flow: Flow,
    database: PublishedDatabase,
    building: Path,
    replaced: Mapping[Month, str],
    outdated: Sequence[str],
    undated: Mapping[str, list[Row]],
    states: Mapping[Month, Sequence[DeliveryState]],
) -> SuiteRun:
    """Build the file and check it; ``outdated`` are the months whose rows go."""
    with flow.connect() as connection:
        # what a death or a power cut leaves here is built anew, so no statement waits for the disk
        options = f"STORAGE_VERSION '{STORAGE_VERSION}', RECOVERY_MODE no_wal_writes"
        connection.execute(f"ATTACH {literal(building)} AS product ({options})")
        _create_protection(connection, flow.protection)
        _create_tables(connection, database)
        _create_views(connection, database)
        for gone in outdated:
            _delete(connection, database, gone)
        for month, version in replaced.items():
            if database.shows_steps:
                steps = delivery_steps(flow, month, states.get(month, ()))
                with registered(connection, "rows", steps):
                    connection.execute(f"CREATE OR REPLACE TABLE {DELIVERY_STEPS} AS FROM rows")
            _fill(connection, flow, database, month, version)
        for name, rows in undated.items():
            connection.execute(f"DELETE FROM product.{name}")
            if rows:
                values = ", ".join(f"({', '.join('?' for _ in row)})" for row in rows)
                connection.execute(
                    f"INSERT INTO product.{name} VALUES {values}", [cell for row in rows for cell in row]
                )
        _record_content(connection, database)
        audit = audit_published(flow, connection, database.name, list(replaced))
        require_passed(database.name, None, audit.results, {})
        connection.execute("CHECKPOINT product")
        connection.execute("DETACH product")
    return audit


def _record_content(connection: duckdb.DuckDBPyConnection, database: PublishedDatabase) -> None:
    """Each month bears what its rows are, by which a damaged file is told."""
    connection.execute("USE product")
    for month, content in content_by_month(connection, _dated(database)).items():
        connection.execute(
            f"UPDATE {_publication(database)} SET content = ? WHERE month = CAST(? AS DATE)", [content, f"{month}-01"]
        )
    connection.execute("USE memory")


def _create_tables(connection: duckdb.DuckDBPyConnection, database: PublishedDatabase) -> None:
    for name, table in database.tables.items():
        columns = ", ".join(
            f'"{column.name}" {column.type}{"" if column.nullable else " NOT NULL"}' for column in table.columns
        )
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS product.{name.partition('.')[0]}")
        connection.execute(f"CREATE TABLE IF NOT EXISTS product.{name} ({columns})")
        _comment(connection, "TABLE", name, table)


def _create_views(connection: duckdb.DuckDBPyConnection, database: PublishedDatabase) -> None:
    for name, view in database.views.items():
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS product.{name.partition('.')[0]}")
        # names in a view are looked up in the database in which it stands, but only once it stands there
        connection.execute("USE product")
        connection.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT {view.projection()} FROM ({_view_sql(view)})")
        connection.execute("USE memory")
        _comment(connection, "VIEW", name, view)


def _comment(connection: duckdb.DuckDBPyConnection, kind: str, name: str, table: Table) -> None:
    comment = f"{table.meaning} Grain: {table.grain}."
    connection.execute(f"COMMENT ON {kind} product.{name} IS {literal(comment)}")
    for column in table.columns:
        connection.execute(f'COMMENT ON COLUMN product.{name}."{column.name}" IS {literal(column.comment)}')


def _delete(connection: duckdb.DuckDBPyConnection, database: PublishedDatabase, month: str) -> None:
    for name in database.tables.keys() - database.undated.keys():
        connection.execute(f"DELETE FROM product.{name} WHERE month = DATE {literal(f'{month}-01')}")


def _fill(
    connection: duckdb.DuckDBPyConnection, flow: Flow, database: PublishedDatabase, month: Month, version: str
) -> None:
    _create_row_counts(connection, flow, month)
    database.prepare(connection, flow, month)
    with relations(connection, flow, database.name, month, PUBLISHED[database.name].reads):
        for name in database.exact:
            connection.execute(f"CREATE OR REPLACE TABLE exact_{name} AS {_exact_sql(name)}")
        for name, table in database.tables.items():
            if table.name == "publication" or name in database.undated:
                continue
            select = (_sql_folder(database) / f"{table.name}.sql").read_text("utf-8")
            connection.execute(
                f"INSERT INTO product.{name} SELECT {table.projection()} FROM ({select}) ORDER BY {table.ordering()}"
            )
    connection.execute(
        f"INSERT INTO product.{_publication(database)} VALUES (CAST(? AS DATE), ?, '')", [str(month.first_day), version]
    )


def _create_row_counts(connection: duckdb.DuckDBPyConnection, flow: Flow, month: Month) -> None:
    """What the manifests say of the delivered files: rows read and dropped, and rejected rows by reason."""
    counts = {raw: flow.lake.manifest(cleaned, month).counts for raw, cleaned in CLEANED_FROM.items()}
    connection.execute(
        f"""CREATE OR REPLACE TABLE row_counts AS SELECT
            {counts["novaprima_statement"]["delivered"]} AS statement_lines,
            {counts["register_snapshot"]["delivered"]} AS register_rows,
            {counts["register_snapshot"]["dropped"]} AS register_rows_dropped,
            {sum(each["rejected"] for each in counts.values())} AS rejected_rows"""
    )
    connection.execute("CREATE OR REPLACE TABLE rejected_rows (source VARCHAR, reason VARCHAR, rows BIGINT)")
    for raw, of_file in counts.items():
        for name, rows in of_file.items():
            if name.startswith(REJECTED):
                row = [DELIVERED[raw].source, name.removeprefix(REJECTED), rows]
                connection.execute("INSERT INTO rejected_rows VALUES (?, ?, ?)", row)


def _create_protection(connection: duckdb.DuckDBPyConnection, protection: Protection) -> None:
    """Let SQL protect a count, a sum of counts, and a sum of what each person has."""
    special = FunctionNullHandling.SPECIAL  # NULL comes in and goes out as any other value
    connection.create_function("protected", protection.count, ["BIGINT"], "BIGINT", null_handling=special)
    connection.create_function("protected_parts", protection.parts, ["BIGINT[]"], "BIGINT[]", null_handling=special)
    connection.create_function("protected_total", protection.total, ["BIGINT[]"], "BIGINT", null_handling=special)
    connection.create_function("protected_amount", protection.amount, ["BIGINT[]"], "BIGINT", null_handling=special)


def _consultations(flow: Flow) -> list[Row]:
    """Requests by month, purpose and status, from the ledger; counts are protected, as a request is about a person."""
    counts: Counter[tuple[date, str, str]] = Counter()
    flagged = set()
    for entry in flow.ledger.entries():
        if entry.event == Event.CONSULTED:
            month = Month.of(datetime.fromisoformat(entry.at)).first_day
            key = (month, str(entry.details["purpose"]), str(entry.details["status"]))
            counts[key] += 1
            if entry.details.get("flag"):
                flagged.add(month)
    return [
        (month, purpose, status, flow.protection.count(count), month in flagged)
        for (month, purpose, status), count in sorted(counts.items())
    ]


def _labels(flow: Flow) -> list[Row]:
    """The words for all codes, as the owner's tables have them."""
    return [astuple(each) for each in load_labels(flow.settings.reference).all]


PUBLISHED_DATABASES = {
    "dvz_database": PublishedDatabase(
        "dvz_database",
        "dvz.duckdb",
        "What was computed and sent, for the desk of this data flow and its auditors; holds personal data.",
        DVZ_DATABASE,
        shows_steps=True,
    ),
    "analytics_database": PublishedDatabase(
        "analytics_database",
        "analytics.duckdb",
        "Counts for analysts; holds no personal data.",
        ANALYTICS_DATABASE,
        create_check_results,
        settings=("small_cell_threshold", "rounding_base", "dominance_percent"),
        exact=("funnel", "overview", "rejects"),
        undated={"main.consultation": _consultations, "main.label": _labels},
        views=ANALYTICS_VIEWS,
    ),
}
