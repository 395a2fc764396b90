"""One run of a month at a time, on whatever machine: locks in PostgreSQL hold as those of a folder do."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.home.ledger import Event
from dvz_assets.home.locks import hold_months, release_months
from dvz_assets.months import Month
from tests.conftest import FIRST_MONTH
from tests.integration.running import run
from tests.object_store.store import Store

MONTH = Month.parse(FIRST_MONTH)
END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'dvz'"


def test_a_second_run_of_a_month_refuses_and_names_the_first(flow_there: Flow, store: Store) -> None:
    hold_months(flow_there.settings, [MONTH], "of-somebody-else")
    failure = run(flow_there, FIRST_MONTH)
    assert failure is not None
    assert failure.message.startswith("MONTH_IS_RUNNING")
    assert "run of-somebody-else" in failure.message
    assert not (store.objects(flow_there.settings.home.name) / "lake").exists()


def test_a_holder_that_is_gone_holds_nobody_up(flow_there: Flow, store: Store) -> None:
    hold_months(flow_there.settings, [MONTH], "of-somebody-else")
    store.ask_locks(END_ALL)
    assert hold_months(flow_there.settings, [MONTH], "mine")


def test_a_run_that_lost_its_months_stops(flow_there: Flow, store: Store) -> None:
    hold_months(flow_there.settings, [MONTH], "mine")
    store.ask_locks(END_ALL)
    with pytest.raises(DvzError, match="LOCK_LOST"):
        hold_months(flow_there.settings, [MONTH], "mine")


def test_homes_do_not_hold_each_other_up(flow_there: Flow, store: Store, landing: Path) -> None:
    assert hold_months(flow_there.settings, [MONTH], "one")
    assert hold_months(store.settings("another", landing), [MONTH], "other")


def test_a_decade_is_held_by_one_connection(flow_there: Flow, store: Store) -> None:
    hold_months(flow_there.settings, Month.range(Month.parse("2014-05"), Month.parse("2024-04")), "mine")
    held = "SELECT count(*), count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory'"
    assert store.ask_locks(held) == [(120, 1)]
    release_months()
    assert store.ask_locks(held) == [(0, 0)]


def test_the_ledger_is_written_by_one_at_a_time(flow_there: Flow) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: flow_there.ledger.append(Event.COMPARED), range(20)))
    assert [entry.sequence for entry in flow_there.ledger.entries()] == list(range(1, 21))
    assert flow_there.ledger.verify() == []
