"""Says whether a situation would be reported to DVZ, from which month, on which ground, and what would change it.

The situation becomes one synthetic person, and the real pipeline runs it in a home of its own, which is thrown away:
the same SQL decides and the same explanation says why. What would change the answer is tried in the same run, as
further synthetic persons who differ from the first in one thing. No person's data, and no home of anybody, is read.
"""

import csv
import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from dvz_assets.flow.assets import COMPUTED, DELIVERED
from dvz_assets.flow.context import Flow
from dvz_assets.flow.steps import WRITERS
from dvz_assets.landing.columns import COLUMNS
from dvz_assets.landing.zone import VOUCHER_FILE
from dvz_assets.months import Month
from dvz_assets.questions.explain.explanation import NOT_IN_SELECTION_ONE, derive
from dvz_assets.questions.explain.facts import Facts
from dvz_assets.questions.explain.model import FAILED, PASSED, Explanation, TestResult
from dvz_assets.questions.situations import Situation, documents_of_right, wrong
from dvz_assets.reference import Reference
from dvz_assets.settings import Settings
from dvz_assets.words.texts import month as month_in_words
from dvz_assets.words.texts import say, word

# aid of these months in a row fulfils every criterion that there is
LONG_ENOUGH = 5
BELGIUM = "150"
YEARS_OF_LONG_RESIDENCE = 5
OTHER_KINDS = ("LIVING_WAGE", "ASSISTANCE", "ASSISTANCE_EMPLOYMENT", "INTEGRATION_EMPLOYMENT", "MEDICAL")
RIGHTS = ("LIMITED", "UNLIMITED", "EU_RIGHT", "PERMANENT", "NONE")
SENT = "SENT"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a situation: the outcome of each month, and the first in which it would be reported."""

    outcomes: Mapping[Month, str]
    grounds: Mapping[Month, tuple[str, ...]]

    @property
    def first_sent(self) -> Month | None:
        """The first month in which data would be sent."""
        return next((month for month, outcome in self.outcomes.items() if outcome == SENT), None)

    def deciding_month(self, last_of_aid: Month) -> Month:
        """The month that says most: the first that is sent, or the last one with aid."""
        return self.first_sent or last_of_aid


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would be otherwise, in words, and what would come of it; ``outcome`` of its deciding month."""

    what: str
    first_sent: Month | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer: every month of the situation, the explanation of the one that decides, and what would change it."""

    situation: Situation
    tried: Tried
    explanation: Explanation
    changes: tuple[Change, ...]

    @property
    def decisive(self) -> tuple[TestResult, ...]:
        """The grounds that hold; or the test that failed, or the grounds that were not reached."""
        tests = self.explanation.tests
        if self.tried.first_sent:
            return tuple(test for test in tests if test.state == PASSED and test.asks == "ground")
        return tuple(test for test in tests if test.state == FAILED)

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        first = self.tried.first_sent
        return {
            "reported": first is not None,
            "first_month": str(first) if first else None,
            "months": {str(month): outcome for month, outcome in self.tried.outcomes.items()},
            "grounds": list(self.explanation.found.grounds),
            "decisive": [asdict(test) for test in self.decisive],
            "changes": [
                {**asdict(each), "first_sent": str(each.first_sent) if each.first_sent else None}
                for each in self.changes
            ],
        }


def answer(settings: Settings, situation: Situation) -> Answer:
    """Run the situation, and the same with one thing otherwise, through the pipeline; nothing of it stays.

    Raises DvzError when the reference tables have no code for an aid in one of its months.
    """
    reference = Reference.load(settings.reference)
    horizon = max(situation.last, situation.first.plus(LONG_ENOUGH - 1))
    others = {what: each for what, each in _otherwise(situation, reference, horizon) if each != situation}
    with trial(settings, [situation, *others.values()], horizon) as (flow, tried):
        base, *changed = tried
        decided = base.deciding_month(situation.last)
        explanation = derive(Facts(flow, decided, synthetic_number(0)))
    if explanation.differences:
        raise AssertionError("the explanation and the decision do not agree")
    changes = (
        Change(what, each.first_sent, each.outcomes[each.deciding_month(other.last)])
        for (what, other), each in zip(others.items(), changed, strict=True)
        if each.first_sent != base.first_sent
    )
    return Answer(situation, base, explanation, tuple(changes))


@contextmanager
def trial(
    settings: Settings, situations: Sequence[Situation], until: Month
) -> Iterator[tuple[Flow, tuple[Tried, ...]]]:
    """Yield a flow in which the situations ran from their first month on, and what came of each; all of it goes."""
    folder = Path(tempfile.mkdtemp(prefix="dvz-what-if-"))
    months = Month.range(min(each.first for each in situations), until)
    try:
        own = {"landing": folder / "landing", "home": folder / "home", "history_gaps": "accept", "engine": "duckdb"}
        flow = Flow(_alone(settings).model_copy(update=own))
        for month in months:
            _deliver(flow, month, situations)
            with flow.cursor() as connection:
                for asset in (*DELIVERED, *COMPUTED):
                    WRITERS[asset](flow, connection, month)
                    flow.lake.publish(asset, month)
        yield flow, tuple(_tried(flow, number, months) for number in range(len(situations)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _alone(settings: Settings) -> Settings:
    """The settings without anything of the home that they are for."""
    keys = ("scratch", "lock_database", "ledger_key", "signing_key", "outbox", "delivery_recipient")
    return settings.model_copy(update=dict.fromkeys(keys))


def _tried(flow: Flow, number: int, months: Sequence[Month]) -> Tried:
    insz = synthetic_number(number)
    outcomes, grounds = {}, {}
    for month in months:
        rows = flow.lake.scan("decisions", month).filter(pl.col("insz") == insz).select("outcome", "grounds").collect()
        outcomes[month] = rows["outcome"][0] if rows.height else NOT_IN_SELECTION_ONE.outcome
        grounds[month] = tuple(rows["grounds"][0]) if rows.height else ()
    return Tried(outcomes, grounds)


def _otherwise(situation: Situation, reference: Reference, horizon: Month) -> Iterator[tuple[str, Situation]]:
    """The situation with one thing otherwise, and that thing in words."""
    first, last = situation.first, situation.last
    if last < horizon:
        until = month_in_words(horizon)
        yield say("the same aid goes on until {month}", month=until), situation.going_on_until(horizon)
    if situation.first < last:
        once = tuple(replace(each, last=each.first) for each in situation.aid if each.first == first)
        yield say("the aid ends after its first month"), replace(situation, aid=once)
    for kind in OTHER_KINDS:
        aid = tuple(replace(each, kind=kind) for each in situation.aid)
        yield say("the aid is of this kind: {kind}", kind=word("aid_kind", kind)), replace(situation, aid=aid)
    for right in RIGHTS:
        documents = documents_of_right(right, reference, first.last_day)
        if documents and situation.document not in documents:
            what = say("the document is of this kind: {right}", right=word("residence_right", right))
            yield what, replace(situation, document=documents[0], document_until=None)
    population = reference.tables["registers"].filter(register="BR")["code"].to_list()
    if population and situation.register not in population:
        what = say("the person is entered in: {register}", register=word("register", "BR"))
        yield what, replace(situation, register=population[0])
    long_ago = first.minus(12 * YEARS_OF_LONG_RESIDENCE).first_day
    if situation.residence_since is None or situation.residence_since > long_ago:
        what = say("the person has resided here legally for {years} years", years=YEARS_OF_LONG_RESIDENCE)
        yield what, replace(situation, residence_since=long_ago)
    yield say("the person becomes a Belgian"), replace(situation, nationality=BELGIUM)


def synthetic_number(serial: int) -> str:
    """A number that nobody can hold: born in 2099, with the check digits of births from 2000 on."""
    first_nine = f"990101{serial + 1:03d}"
    return f"{first_nine}{97 - int('2' + first_nine) % 97:02d}"


def _deliver(flow: Flow, month: Month, situations: Sequence[Situation]) -> None:
    """Put the two deliveries of a month into the landing zone."""
    lines = [
        _line(flow.reference, month, number, place, aid)
        for number, situation in enumerate(situations)
        for place, aid in enumerate(situation.aid)
        if aid.first <= month <= aid.last
    ]
    persons = [_person(number, situation) for number, situation in enumerate(situations)]
    dates = {"novaprima": "closed_on", "register": "snapshot_date"}
    files: dict[str, dict[str, list[dict[str, str]]]] = {
        "novaprima": {"statement": lines},
        "register": {"persons": persons, "insz_replacements": []},
    }
    for source, of_source in files.items():
        folder = flow.settings.landing / source / str(month)
        folder.mkdir(parents=True)
        described = []
        for name, rows in of_source.items():
            content = _csv(COLUMNS[name], rows)
            (folder / f"{name}.csv").write_bytes(content)
            sha256 = hashlib.sha256(content).hexdigest()
            described.append({"name": f"{name}.csv", "rows": len(rows), "sha256": sha256})
        voucher = {"source": source, "month": str(month), "sequence": 1, dates[source]: str(month.last_day)}
        (folder / VOUCHER_FILE).write_text(json.dumps({**voucher, "files": described}), encoding="utf-8")


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _person(number: int, situation: Situation) -> dict[str, str]:
    return {
        "insz": synthetic_number(number),
        "naam": "X",
        "nationaliteit": situation.nationality,
        "register": situation.register,
        "verblijfsdocument": situation.document or "",
        "document_geldig_tot": _yyyymmdd(situation.document_until),
        "verblijfsmotief": situation.motive,
        "verblijf_sinds": _yyyymmdd(situation.residence_since or situation.first.first_day),
    }


def _yyyymmdd(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""


def _line(reference: Reference, month: Month, number: int, place: int, aid: Any) -> dict[str, str]:
    law, article, help_type = _codes(reference, aid.kind, month)
    return {
        "wetgeving": law,
        "ocmw_nis": "11002",
        "jaarmaand": month.yyyymm,
        "dossier": str(number + 1),
        "insz": synthetic_number(number),
        "referentie": str(place + 1),
        "type_bedrag": "1",
        "eerste_dag": _yyyymmdd(month.first_day),
        "laatste_dag": _yyyymmdd(month.last_day),
        "begrotingsartikel": article,
        "teken": "+",
        "bedrag": str(aid.cents),
        "naam": "X",
        "hulptype": help_type,
    }


def _codes(reference: Reference, kind: str, month: Month) -> tuple[str, str, str]:
    """Law, budget article and help type with which a statement prints an aid kind in a month."""
    articles = _valid_in(reference.tables["budget_articles"], month)
    of_kind = articles.filter(aid_kind=kind)
    if of_kind.height:
        return str(of_kind["law"][0]), str(of_kind["code"][0]), ""
    helps = _valid_in(reference.tables["help_types"], month).filter(aid_kind=kind)
    general = articles.filter(pl.col("aid_kind").is_null() & (pl.col("law") == "2"))
    if not helps.height or not general.height:
        raise wrong(f"aid, {kind}", f"a kind that a statement of {month} can print", "none of its codes is valid")
    return "2", str(general["code"][0]), str(helps["code"][0])


def _valid_in(table: pl.DataFrame, month: Month) -> pl.DataFrame:
    valid = table.filter((pl.col("valid_from") <= month.first_day) & (pl.col("valid_to") >= month.first_day))
    return valid.sort("verified", descending=True, maintain_order=True)
