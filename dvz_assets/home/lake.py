"""The lake: one Parquet file per asset and month, replaced only whole, with its manifest inside.

Knows where a partition stands, how a candidate becomes the partition and how a manifest is written and read. Knows
nothing about what the tables mean. A file's manifest is a key of its Parquet footer, so that data and manifest can
never disagree.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from dvz_assets.errors import DvzError
from dvz_assets.home.folder import make_folder
from dvz_assets.home.storage import Storage, Version
from dvz_assets.months import Month
from dvz_assets.sql_literals import literal

MANIFEST_KEY = "manifest"
REFERENCE = "reference"


@dataclass(frozen=True)
class Manifest:
    """What a partition was made from; holds counts and hashes only, and no clock: the same inputs, the same bytes.

    ``inputs`` maps each input (a delivered file, an upstream partition, the reference tables, the code) to its
    fingerprint; ``counts`` are rows by what became of them; ``facts`` are facts of the delivery that SQL needs.
    """

    asset: str
    month: str
    inputs: Mapping[str, str]
    counts: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the inputs: two partitions with the same fingerprint hold the same rows."""
        return hashlib.sha256(json.dumps(dict(sorted(self.inputs.items()))).encode()).hexdigest()

    @property
    def archived_tables(self) -> str:
        """Fingerprint of the archived reference folder that was in force; the first version had it among the inputs."""
        return self.facts.get(REFERENCE) or self.inputs[REFERENCE]

    def as_json(self) -> str:
        """Text that goes into the Parquet footer."""
        content = {"asset": self.asset, "month": self.month, "fingerprint": self.fingerprint}
        return json.dumps(
            {**content, "inputs": dict(self.inputs), "counts": dict(self.counts), "facts": dict(self.facts)},
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """The manifest of a footer."""
        content: dict[str, Any] = json.loads(text)
        return cls(content["asset"], content["month"], content["inputs"], content["counts"], content["facts"])


@cache
def _partition(home: Path, asset: str, month: Month) -> Path:
    """The same path each time: a step asks for hundreds of partitions, and putting one together takes 20 µs."""
    return home / "lake" / asset / f"month={month}" / "data.parquet"


@dataclass(eq=False)
class Lake:
    """Paths and atomic replacement below ``<home>/lake`` and ``<home>/quarantine``; files are built on this machine."""

    storage: Storage

    def partition(self, asset: str, month: Month) -> Path:
        """File of a partition; it exists only when the partition was published."""
        return _partition(self.storage.home, asset, month)

    def candidate(self, asset: str, month: Month) -> Path:
        """File in which a partition is built: outside the partition, on this machine."""
        return self.storage.work / "lake" / asset / ".candidates" / f"{month}.parquet"

    def quarantine(self, asset: str, month: Month) -> Path:
        """Rejected rows of one delivered file of a month."""
        return self.storage.home / "quarantine" / asset / f"month={month}" / "data.parquet"

    def quarantine_candidate(self, asset: str, month: Month) -> Path:
        """File in which rejected rows are written."""
        return self.storage.work / "quarantine" / asset / f"month={month}" / ".data.parquet.building"

    def versions(self, asset: str) -> dict[Month, Version]:
        """Months in which the asset has a partition, and what tells one content of it from another."""
        files = self.storage.versions_below(self.storage.home / "lake" / asset, "month=*/data.parquet")
        return {Month.parse(path.parent.name.removeprefix("month=")): version for path, version in files.items()}

    def version(self, asset: str, month: Month) -> Version | None:
        """What tells one content of a partition from another; None when it was not published."""
        return self.storage.version(self.partition(asset, month))

    def has(self, asset: str, month: Month) -> bool:
        """Whether the partition was published."""
        return self.version(asset, month) is not None

    def months(self, asset: str) -> list[Month]:
        """Months in which the asset has a partition, in order."""
        return sorted(self.versions(asset))

    def readable(self, asset: str, month: Month) -> Path:
        """A partition for what reads files of this machine: itself, or a copy where the home is an object store."""
        return self.storage.readable(self.partition(asset, month), self.version(asset, month))

    def scan(self, asset: str, month: Month) -> pl.LazyFrame:
        """The rows of a partition, for Polars."""
        return pl.scan_parquet(self.readable(asset, month), hive_partitioning=False, glob=False)

    def rows(self, asset: str, month: Month) -> int:
        """Number of rows of a published partition."""
        return _count_rows(self.readable(asset, month), self.version(asset, month))

    def purged_months(self) -> set[Month]:
        """Months whose results were removed because they were too old to be kept."""
        return {
            Month.parse(path.stem) for path in self.storage.versions_below(self.storage.home / "purged", "[0-9]*.json")
        }

    def manifest(self, asset: str, month: Month) -> Manifest:
        """Manifest of a published partition; raises DvzError when the partition is missing."""
        version = self.version(asset, month)
        if version is None:
            raise DvzError(
                "PARTITION_MISSING",
                place=f"{asset}, month {month}",
                expected="a materialised partition",
                found="none",
                remedy=f"materialise {asset} of {month} first: dvz run --month {month}",
            )
        return _read_manifest(self.storage, self.partition(asset, month), version)

    def fingerprint(self, asset: str, month: Month) -> str:
        """Fingerprint of a published partition."""
        return self.manifest(asset, month).fingerprint

    def publish(self, asset: str, month: Month) -> bool:
        """Rename the candidate into place; False when the partition already holds the same bytes."""
        candidate, partition = self.candidate(asset, month), self.partition(asset, month)
        if partition.exists() and _same_bytes(candidate, partition):
            candidate.unlink()
            return False
        self.storage.replace_file(candidate, partition)
        return True


class LakeSnapshot(Lake):
    """A lake that is looked at once: for a question, or a step, while nothing of what it reads is written."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage)
        self._versions = cache(super().versions)
        self._months = cache(super().months)
        self._version = cache(super().version)
        self._manifest = cache(super().manifest)

    def versions(self, asset: str) -> dict[Month, Version]:
        """As they were at the first look."""
        return self._versions(asset)

    def version(self, asset: str, month: Month) -> Version | None:
        """As it was at the first look."""
        # one list of a store costs as much as asking for one object, and one of a folder as much as all its files
        return self.versions(asset).get(month) if self.storage.listing_is_one_look else self._version(asset, month)

    def months(self, asset: str) -> list[Month]:
        """As they were at the first look."""
        return self._months(asset)

    def manifest(self, asset: str, month: Month) -> Manifest:
        """As it was at the first look."""
        return self._manifest(asset, month)


@cache
def _read_manifest(storage: Storage, path: Path, version: Version) -> Manifest:
    """Manifest in the footer of a Parquet file; read once for each content that stands there."""
    return Manifest.from_json(pl.read_parquet_metadata(storage.parquet_footer(path, version))[MANIFEST_KEY])


@cache
def _count_rows(path: Path, version: Version | None) -> int:
    """Rows of a Parquet file; counted once for each content (``version``) that stands there."""
    return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def write_frame(frame: pl.DataFrame, path: Path, manifest: Manifest) -> None:
    """Write a frame with its manifest; the same frame is always the same bytes."""
    make_folder(path.parent)
    frame.write_parquet(path, compression="zstd", compression_level=1, metadata={MANIFEST_KEY: manifest.as_json()})


def write_query(
    connection: duckdb.DuckDBPyConnection, query: str, path: Path, manifest: Manifest, layout: str = "COMPRESSION zstd"
) -> None:
    """Write the rows of an ordered query with their manifest; the same rows are always the same bytes."""
    make_folder(path.parent)
    manifest_text = literal(manifest.as_json())
    connection.execute(
        f"COPY ({query}) TO {literal(path)} (FORMAT parquet, {layout}, KV_METADATA {{{MANIFEST_KEY}: {manifest_text}}})"
    )


def _same_bytes(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    return _digest(one) == _digest(other)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
