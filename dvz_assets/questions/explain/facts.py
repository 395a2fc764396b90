"""What is known of one person at one month: read from the lake, with the tables that the month was computed with."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.questions.withheld_then import WithheldThen
from dvz_assets.reference import Reference


@dataclass(frozen=True)
class Facts:
    """Facts of the holder of ``asked`` at ``month``; amounts in eurocents, days inclusive."""

    flow: Flow
    month: Month
    asked: str = field(repr=False)

    @cached_property
    def reference(self) -> Reference:
        """The tables with which the month was decided, not those of today."""
        return self.flow.reference_of(self.month)

    @cached_property
    def regime(self) -> str:
        """Regime in force."""
        return self.reference.regime_of(self.month)

    @cached_property
    def reference_date(self) -> date:
        """Date of the register snapshot."""
        manifest = self.flow.lake.manifest("register_snapshot", self.month)
        return date.fromisoformat(manifest.facts["snapshot_date"])

    @cached_property
    def insz(self) -> int:
        """The present number of the person."""
        links = self._partition("identity_map").filter(pl.col("old_insz") == int(self.asked)).collect()
        return int(links["present_insz"][0] if links.height else self.asked)

    @cached_property
    def numbers(self) -> list[int]:
        """All numbers held, the present one first."""
        former = self._partition("identity_map").filter(pl.col("present_insz") == self.insz).collect()
        return [self.insz, *former["old_insz"].sort().to_list()]

    @cached_property
    def withheld_then(self) -> WithheldThen:
        """The list of persons withheld with which the month was decided, not that of today."""
        return WithheldThen(self.flow)

    @cached_property
    def is_withheld(self) -> bool:
        """Whether it had the person, under whatever number."""
        return not {f"{number:011d}" for number in self.numbers}.isdisjoint(self.withheld_then.withheld(self.month))

    @cached_property
    def lines(self) -> pl.DataFrame:
        """The person's lines in the statement of the month."""
        return self._partition("aid_history").filter(pl.col("insz").is_in(self.numbers)).collect()

    def net(self, kinds: tuple[str, ...]) -> int:
        """Statement net of some aid kinds, in eurocents."""
        return int(self.lines.filter(pl.col("aid_kind").is_in(kinds))["amount_cents"].sum())

    @cached_property
    def person(self) -> dict[str, Any] | None:
        """The person's row of the register snapshot, as far as a rule looks at it."""
        rows = self._partition("register_persons").filter(pl.col("insz") == self.insz).collect()
        return rows.row(0, named=True) if rows.height else None

    @cached_property
    def motive(self) -> dict[str, Any] | None:
        """The row of ``residence_motives`` for the person's motive on the reference date."""
        return self._valid("residence_motives", self.person["verblijfsmotief"] if self.person else None)

    @cached_property
    def document(self) -> dict[str, Any] | None:
        """The row of ``residence_documents`` for the person's document on the reference date."""
        return self._valid("residence_documents", self.person["verblijfsdocument"] if self.person else None)

    @cached_property
    def rule(self) -> dict[str, Any] | None:
        """The row of ``category_rules`` for the category of the motive in the regime."""
        if self.motive is None:
            return None
        rules = self.reference.tables["category_rules"]
        found = rules.filter(regime=self.regime, category=self.motive["category"])
        return found.row(0, named=True) if found.height else None

    @cached_property
    def moves_freely(self) -> bool:
        """The nationality has free movement on the reference date."""
        assert self.person is not None
        countries = self.reference.tables["countries"].filter(nis_code=self.person["nationaliteit"])
        free = self.reference.tables["free_movement"].filter(
            pl.col("iso2").is_in(countries["iso2"].implode())
            & (pl.col("valid_from") <= self.reference_date)
            & (pl.col("valid_to") >= self.reference_date)
        )
        return free.height > 0

    def kinds_of(self, selection: str) -> tuple[str, ...]:
        """Aid kinds of one of the two sums of selection one: INTEGRATION or ASSISTANCE."""
        return tuple(self.reference.tables["aid_kinds"].filter(selection_one=selection)["aid_kind"])

    @cached_property
    def counted_kinds(self) -> tuple[str, ...]:
        """Aid kinds that count for the category."""
        assert self.rule is not None
        counts_employment = self.rule["counts_assistance_employment"]
        return tuple(self.reference.counted_kinds(counts_assistance_employment=counts_employment))

    @cached_property
    def counted_assistance(self) -> tuple[str, ...]:
        """Assistance kinds that count for the category."""
        return tuple(kind for kind in self.counted_kinds if kind in self.kinds_of("ASSISTANCE"))

    @cached_property
    def living_wage_runs(self) -> list[tuple[date, date]]:
        """Runs of reimbursed days of living wage, from the first day of the rule's window on; first and last day."""
        window = self.rule["living_wage_window_months"] if self.rule else None
        if window is None:
            return self.runs("LIVING_WAGE")
        first = self.month.minus(window - 1).first_day
        return [(max(start, first), end) for start, end in self.runs("LIVING_WAGE") if end >= first]

    def runs(self, series: str) -> list[tuple[date, date]]:
        """Runs of reimbursed days of a series, over all statements up to the month; first and last day."""
        runs = self._partition("reimbursed_runs").filter((pl.col("insz") == self.insz) & (pl.col("series") == series))
        return list(runs.select("run_start", "run_end").sort("run_start").collect().iter_rows())

    @cached_property
    def decision(self) -> dict[str, Any] | None:
        """The recorded decision; None outside selection one."""
        rows = self._partition("decisions").filter(pl.col("insz") == f"{self.insz:011d}").collect()
        return rows.row(0, named=True) if rows.height else None

    def rows_sent(self, asset: str) -> list[dict[str, Any]]:
        """The person's rows in the export or in its periods, with the authorised columns."""
        authorised = {"aid_kind", "period_start", "period_end", *self.reference.authorised_columns(self.regime)}
        rows = self._partition(asset).filter(pl.col("insz") == f"{self.insz:011d}").collect()
        return rows.select(name for name in rows.columns if name in authorised).rows(named=True)

    def _valid(self, table: str, code: str | None) -> dict[str, Any] | None:
        if code is None:
            return None
        found = self.reference.tables[table].filter(
            (pl.col("code") == code)
            & (pl.col("valid_from") <= self.reference_date)
            & (pl.col("valid_to") >= self.reference_date)
        )
        return found.row(0, named=True) if found.height else None

    def _partition(self, asset: str) -> pl.LazyFrame:
        self.flow.lake.manifest(asset, self.month)  # says what to do when the month is not there
        return self.flow.lake.scan(asset, self.month)
