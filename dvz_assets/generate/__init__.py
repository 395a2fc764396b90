"""Synthetic landing zones: deliveries of invented persons, as contract section 1 describes them.

The same arguments give the same bytes, and the first months of a long series are those of a short one. All persons are
synthetic: see ``numbers`` and ``names``. Nothing here knows the rules of the flow, only its formats and code tables.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dvz_assets.errors import DvzError
from dvz_assets.generate.codes import CodeBook
from dvz_assets.generate.country import Country, Delivered
from dvz_assets.generate.delivery_month import DeliveryMonth
from dvz_assets.generate.delivery_writer import SOURCES, DeliveryWriter, FileFormat
from dvz_assets.landing.layouts import Layouts
from dvz_assets.landing.voucher import REQUIRED_FILES
from dvz_assets.months import Month
from dvz_assets.reference import Reference

__all__ = ["REJECT_SHARE", "SAMPLE", "GenerateSummary", "SampleArguments", "generate"]

REJECT_SHARE = 0.004


@dataclass(frozen=True, slots=True)
class SampleArguments:
    """Arguments of ``generate`` that make the committed ``data-sample/landing``."""

    seed: int
    persons: int
    months: int
    start: str
    file_format: FileFormat


SAMPLE = SampleArguments(seed=1965, persons=280, months=24, start="2017-07", file_format="csv")


@dataclass(frozen=True, slots=True)
class GenerateSummary:
    """What was written: counts only, rows spoiled on purpose included."""

    months: int
    statement_lines: int
    register_rows: int
    replacements: int


def generate(
    landing: Path,
    *,
    seed: int,
    persons: int,
    months: int,
    start: str,
    file_format: FileFormat,
    reference: Path,
    reject_share: float = REJECT_SHARE,
    foreigners: float | None = None,
    layouts: Layouts | None = None,
    layout_names: Sequence[str] = (),
    on_month: Callable[[str], None] = lambda month: None,
) -> GenerateSummary:
    """Write the deliveries of ``months`` months from ``start`` (YYYY-MM) on into a landing zone that has none.

    ``persons`` are present at a time; about as many register rows and a quarter more statement lines come of them.
    About ``reject_share`` of the rows of a file are spoiled, never more than twice that. ``foreigners`` is the
    share of persons who come and are not Belgian, None for the usual one (four in ten). ``layout_names`` are layouts in
    which files are written, of ``layouts``; a layout writes the files of the source that it is for. ``on_month`` is
    told of each month once it is complete. Raises DvzError when an argument cannot be used or the landing zone holds
    deliveries.
    """
    first = _checked(
        landing,
        start,
        seed=seed,
        persons=persons,
        months=months,
        reject_share=reject_share,
        foreigners=1 if foreigners is None else foreigners,
    )
    country = Country.found(seed, persons, foreigners, CodeBook(Reference.load(reference)), DeliveryMonth(0, first))
    writer = DeliveryWriter(landing, file_format, layouts, _by_source(layouts, layout_names))
    delivered = Delivered()
    for index in range(months):
        month = DeliveryMonth(index, first.plus(index))
        delivered += country.deliver(month, writer, reject_share)
        on_month(str(month.month))
    return GenerateSummary(months, **asdict(delivered))


def _by_source(layouts: Layouts | None, names: Sequence[str]) -> dict[str, str]:
    """The layout of each source; raises DvzError when there is none of a name, or there are two of a source."""
    by_source: dict[str, str] = {}
    for name in names:
        kinds = {each.told.kind for each in layouts.all if each.told.layout == name} if layouts else set()
        sources = [source for source, files in REQUIRED_FILES.items() if kinds & set(files)]
        if not sources or by_source.keys() & set(sources):
            known = ", ".join(layouts.names) if layouts else "none"
            raise _wrong("layout", f"one layout of each source, of {known}", "another", "choose among these")
        by_source |= dict.fromkeys(sources, name)
    return by_source


def _checked(
    landing: Path, start: str, *, seed: int, persons: int, months: int, reject_share: float, foreigners: float
) -> Month:
    for name, value, lowest, highest in (
        ("seed", seed, 0, 2**63 - 1),
        ("persons", persons, 1, 2_000_000),
        ("months", months, 1, 1200),
        ("reject_share", reject_share, 0, 0.5),
        ("foreigners", foreigners, 0.01, 1),
    ):
        if not lowest <= value <= highest:
            raise _wrong(name, f"a value from {lowest} to {highest}", str(value), f"choose another {name}")
    if any((landing / source).exists() for source in SOURCES):
        raise _wrong(
            "landing", "a folder without deliveries", "deliveries", "name an empty folder, or remove them first"
        )
    try:
        return Month.parse(start)
    except ValueError:
        raise _wrong("start", "a month such as 2017-07", repr(start), "write the first month as YYYY-MM") from None


def _wrong(name: str, expected: str, found: str, remedy: str) -> DvzError:
    return DvzError("INVALID_ARGUMENT", place=name, expected=expected, found=found, remedy=remedy)
