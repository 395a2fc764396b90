"""Who was withheld in a month when it was decided, whoever stands on the list today."""

import polars as pl

from dvz_assets.flow.assets import WITHHELD
from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.outbound.holds import NOBODY, Holds


class WithheldThen(Holds):
    """The list of a home as it was when its months were decided.

    The list of then is not kept. Where it has changed since, the decisions tell who was withheld: of nobody else on it
    was anything to be sent.
    """

    def __init__(self, flow: Flow) -> None:
        super().__init__(flow.settings, flow.ledger)
        self._lake, self._now = flow.lake, flow.holds

    def has_changed_since(self, month: Month) -> bool:
        """Return whether others are withheld in a month than when it was decided."""
        return self.fingerprint(month) != self._now.fingerprint(month)

    def withheld(self, month: Month) -> tuple[str, ...]:
        """Return the numbers of the persons who were withheld; raises DvzError when the month has no decisions."""
        if not self.has_changed_since(month):
            return self._now.withheld(month)
        decisions = self._lake.scan("decisions", month).filter(pl.col("outcome") == "WITHHELD")
        return tuple(decisions.select("insz").collect()["insz"])

    def fingerprint(self, month: Month) -> str:
        """Return the recorded hash of who was withheld; that of nobody for a version that knew of no list."""
        return self._lake.manifest("decisions", month).inputs.get(WITHHELD, NOBODY)
