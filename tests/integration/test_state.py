"""The command line says the truth about the present state: what failed, what is awaited and by when, what stands."""

import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.flow import steps
from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import EXPORT_FILE, read_csv, sent_files
from dvz_assets.home.lake import write_frame
from dvz_assets.months import Month
from dvz_assets.orchestration.currency import punctuality
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.questions.access import everything_sent_about
from dvz_assets.questions.awaited import awaited, due_month
from dvz_assets.questions.overview import month_states
from dvz_assets.settings import Settings
from dvz_assets.tables.protection import EXACT
from tests.integration.running import redeliver, run

FIRST, SECOND, LAST = "2018-04", "2018-05", "2018-06"


def dvz(flow: Flow, *arguments: str) -> Result:
    places = ["--landing", str(flow.settings.landing), "--home", str(flow.settings.home)]
    return CliRunner().invoke(app, [*arguments, *places])


def test_a_month_whose_redelivery_failed_does_not_look_perfect(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(LAST)
    redeliver(flow.settings.landing / "register" / LAST, "persons.csv", lambda lines: ["another header", *lines[1:]])
    assert run(flow, LAST) is not None
    states = {str(each.month): each for each in month_states(Flow(flow.settings), EXACT)}
    assert states[LAST].materialised
    last = states[LAST].attempt
    assert last is not None
    assert last.went_wrong
    assert last.place == "register_snapshot"
    before = states[SECOND].attempt
    assert before is not None
    assert before.in_words == ""
    shown = dvz(flow, "status").stdout
    assert f"failed {last.code}" in next(line for line in shown.splitlines() if line.startswith(LAST))
    assert "Next: 2018-07 waits for its delivery, by 2018-08-15 18:00 (late)." in shown


def test_what_is_due_is_a_month_and_not_the_last_thing_that_was_run(ran_until: Callable[[str], Flow]) -> None:
    """On both sides of a deadline; a month that is run again does not make another one punctual."""
    flow = ran_until(LAST)
    before, after = datetime(2018, 8, 15, 15, 59, tzinfo=UTC), datetime(2018, 8, 15, 16, 0, tzinfo=UTC)
    assert str(due_month(flow.settings, before)) == LAST
    assert str(due_month(flow.settings, after)) == "2018-07"
    (in_time,), (late,) = punctuality(flow, before), punctuality(flow, after)
    assert (in_time.passed, in_time.partition) == (True, LAST)
    assert (late.passed, late.partition) == (False, "2018-07")
    assert awaited(flow, before)[0].in_words == "2018-07 waits for its delivery, by 2018-08-15 18:00"
    assert awaited(flow, after)[0].late


def test_interrupted_is_an_outcome_of_its_own(
    ran_until: Callable[[str], Flow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle of a month: the status of a shell, what stands, and a run that is closed."""
    flow, run_step = ran_until(SECOND), steps.run_step

    def interrupted(flow: Flow, asset: str, month: Month) -> steps.StepResult:
        if asset == "decisions":
            signal.raise_signal(signal.SIGINT)
        return run_step(flow, asset, month)

    monkeypatch.setattr(steps, "run_step", interrupted)
    answer = dvz(flow, "run", "--month", LAST)
    assert answer.exit_code == 130
    assert answer.stderr.startswith("INTERRUPTED")
    assert f"Not published: {LAST}" in answer.stderr
    (state,) = (each for each in month_states(Flow(flow.settings), EXACT) if str(each.month) == LAST)
    assert state.attempt is not None
    assert state.attempt.in_words == "failed INTERRUPTED"
    with open_instance(flow.settings.home) as instance:
        (last,) = instance.get_runs(limit=1)
        assert last.is_finished


def test_all_that_was_sent_under_numbers_that_were_merged_is_shown(ran_until: Callable[[str], Flow]) -> None:
    """Two persons of a delivery turn out to be one: both rows are hers, whichever number is asked for."""
    flow = ran_until(LAST)
    sent = read_csv(sent_files(flow.settings.home, Month.parse(SECOND), 1)[EXPORT_FILE])["insz"].to_list()
    assert len(sent) > 1
    manifest = flow.lake.manifest("identity_map", Month.parse(LAST))
    links = flow.lake.scan("identity_map", Month.parse(LAST)).collect()
    merged = pl.DataFrame({"old_insz": [int(sent[0])], "present_insz": [int(sent[1])]}, schema_overrides=links.schema)
    merged = pl.concat([links, merged], how="diagonal")
    write_frame(merged, flow.lake.partition("identity_map", Month.parse(LAST)), manifest)
    for asked in sent[:2]:
        found = everything_sent_about(Flow(flow.settings), asked).sent
        rows = [each for each in found if str(each.month) == SECOND]
        assert {each.columns["insz"] for each in rows} == set(sent[:2])
        assert all(each.grounds for each in rows if each.in_force)


@pytest.mark.parametrize(
    "question",
    [
        ["ledger", "verify"],
        ["ledger", "show"],
        ["ledger", "checkpoint"],
        ["purge", "--dry-run"],
        ["purge"],
        ["delivery", "list"],
        ["delivery", "show", "--month", SECOND],
        ["hold", "list"],
        ["diff", "--month", SECOND, "--now"],
        ["plan", "--set", "living_wage_days_mode=CONSECUTIVE"],
        ["verify", "--month", SECOND],
        ["explain", "--month", SECOND],
        ["person"],
        ["notify"],
    ],
)
def test_a_home_that_is_not_there_is_said_in_one_sentence_and_not_made(question: list[str], tmp_path: Path) -> None:
    (tmp_path / "dvz.toml").write_text('[[notify]]\naddress = "json://127.0.0.1:1/x"\n')
    home = tmp_path / "nowhere"
    answer = CliRunner().invoke(app, [*question, "--home", str(home)], input="")
    assert answer.exit_code == 1
    assert answer.stderr.startswith(f"NO_HOME: {home}")
    assert answer.stdout == ""
    assert not home.exists()


def test_a_report_is_refused_as_a_run_is(flow: Flow) -> None:
    """Of a month that cannot be: the same code, the same reason."""
    for month in ("2030-01", "2014-04"):
        refused = [dvz(flow, command, "--month", month).stderr for command in ("run", "report")]
        assert refused[0].startswith("MONTH_OUT_OF_RANGE")
        assert refused[0].splitlines()[0] == refused[1].splitlines()[0]


def test_a_comparison_over_a_change_of_regime_tells_it_apart(ran_until: Callable[[str], Flow]) -> None:
    """With the same facts the regime alone is the cause, and the facts alone under the same regime."""
    flow = ran_until(LAST)
    answer = dvz(flow, "diff", "--month", FIRST, "--with", LAST)
    assert answer.exit_code == 0, answer.stderr
    assert "the regime changes from NOTE_2014 to DELIB_18_055" in answer.stdout
    assert "1 persons" not in answer.stdout
    for month, with_month in ((FIRST, LAST), (LAST, FIRST)):
        asked = ("diff", "--month", month, "--with", with_month, "--exact", "--json")
        counts = json.loads(dvz(flow, *asked).stdout)
        moved = {cause: counts[cause]["added"] - counts[cause]["removed"] for cause in ("changes", "facts", "regime")}
        assert moved["changes"] == moved["facts"] + moved["regime"]
        assert counts["regime"]["added"] + counts["regime"]["removed"] > 0
        assert counts["regime"]["changed"] > 0


def test_help_tells_every_default_and_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = CliRunner().invoke(app, ["config"]).stdout.splitlines()
    assert len(settings) == len(Settings.model_fields) + 1  # where no terminal is, no line is cut or wrapped
    monkeypatch.setenv("COLUMNS", "200")
    commands = [each.name for each in app.registered_commands]
    for name in commands:
        shown = CliRunner().invoke(app, [str(name), "--help"]).stdout
        options = [line for line in shown.split("\n│") if line.lstrip("* ").startswith("--")]
        for option in options:
            if not option.lstrip("* ").startswith("--help"):
                assert "[default: " in option or "[required]" in option, (name, option)
