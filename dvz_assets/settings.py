"""Every setting of the data flow, in one place, with its default and its meaning.

From weak to strong: the default, credentials of systemd (files ``dvz_*`` in ``$CREDENTIALS_DIRECTORY``), a ``dvz.toml``
in the working directory, environment variables ``DVZ_*``, options of the command line. ``dvz config`` shows the
values in force. Nothing outside this module reads an environment variable for a setting.
"""

import os
import re
from datetime import time
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from dvz_assets.addresses import is_in_object_store, path_at
from dvz_assets.errors import DvzError
from dvz_assets.months import Month
from dvz_assets.project_files import layouts_folder, reference_folder

CONFIG_FILE = "dvz.toml"

MonthText = Annotated[str, AfterValidator(lambda text: str(Month.parse(text)))]
LayoutNameText = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")] | None
AbsolutePath = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


# a folder, or the address of one in an object store
HomePath = Annotated[Path, PlainValidator(path_at), PlainSerializer(str, return_type=str, when_used="json")]


def _memory_size(text: str) -> str:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)? ?(MB|GB|MiB|GiB)", text):
        raise ValueError("a size such as '2 GiB' or '800 MB'")
    return text


def _connect_address(text: str) -> str:
    if text and not re.fullmatch(r"sc://[^/\s]+(/.*)?", text):
        raise ValueError("an address such as 'sc://host:15002'")
    if "token=" in text:
        raise ValueError("an address without token; a token goes into SPARK_CONNECT_AUTHENTICATE_TOKEN")
    return text


def _web_address(text: str | None) -> str | None:
    if text is None:
        return None
    found = re.fullmatch(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?/?", text.lower())
    if found is None:
        raise ValueError("scheme and host, such as https://dvz.example.internal")
    scheme, host, port = found.groups()
    # browsers leave out the port that the scheme has by itself
    return f"{scheme}://{host}" + ("" if port in (None, {"http": ":80", "https": ":443"}[scheme]) else port)


def _recipient(text: str | None) -> str | None:
    if text is not None:
        import pyrage  # only where a delivery is encrypted

        try:
            pyrage.x25519.Recipient.from_str(text)
        except pyrage.RecipientError:
            raise ValueError("an age X25519 public key, which begins with age1") from None
    return text


def _authority(text: str | None) -> str | None:
    parts = urlsplit(text or "")
    if text is not None and (parts.scheme not in ("http", "https") or not parts.hostname or parts.password is not None):
        raise ValueError("an address such as https://tsa.example.be/rfc3161, without password")
    return text


class Approver(BaseModel):
    """Somebody who may release deliveries: the name of a function, never of a person, and a public key."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    function: Annotated[str, Field(min_length=1, max_length=80)]
    key: Annotated[str, Field(min_length=1)]


class Severity(StrEnum):
    """How bad something is that is told, from weak to strong."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class NewsKind(StrEnum):
    """What the people in charge are told of."""

    RUN_FAILED = "run_failed"
    MONTH_LATE = "month_late"
    RELEASE_AWAITED = "release_awaited"
    ANSWER_AWAITED = "answer_awaited"
    ANSWER_OVERDUE = "answer_overdue"
    DELIVERY_REFUSED = "delivery_refused"
    MONTH_STALE = "month_stale"
    CHECK_WARNED = "check_warned"
    LEDGER_BROKEN = "ledger_broken"
    SENSOR_FAILED = "sensor_failed"


def _channel_address(address: SecretStr) -> SecretStr:
    if not re.match(r"[a-z0-9]+://", address.get_secret_value().lower()):
        raise ValueError("an address of Apprise, such as mailto://user:password@host or jsons://host/path")
    return address


class Channel(BaseModel):
    """Where something is told: an address of Apprise, the kinds of event (all when empty) and the least severity."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Annotated[SecretStr, AfterValidator(_channel_address)]
    events: tuple[NewsKind, ...] = ()
    severity: Severity = Severity.INFO


def _outbox(text: str | None) -> str | None:
    if text is None or "://" not in text:
        return None if text is None else str(Path(text).expanduser().absolute())
    parts = urlsplit(text)
    if parts.password is not None:
        raise ValueError("an address without password: a key opens the outbox")
    complete = parts.hostname and parts.path.strip("/") and (parts.scheme == "s3" or parts.username)
    if parts.scheme not in ("sftp", "s3") or not complete:
        raise ValueError("a folder, sftp://user@host/path or s3://bucket/path")
    return text.rstrip("/")


class Settings(BaseSettings):
    """The settings of one home; amounts, shares and months as stated per field."""

    model_config = SettingsConfigDict(env_prefix="DVZ_", toml_file=CONFIG_FILE, extra="forbid", frozen=True)

    landing: AbsolutePath = Field(
        default=Path("data-sample/landing"), description="Landing zone: the folder in which deliveries arrive."
    )
    home: HomePath = Field(
        default=Path(".dvz"),
        validate_default=True,
        description="Everything that the pipeline writes is below it: a folder, or s3://bucket/home (extra shared).",
    )
    scratch: AbsolutePath | None = Field(
        default=None,
        description="Folder of this machine in which results are built before they are put into a home in an object "
        "store; it may hold personal data.",
    )
    lock_database: SecretStr | None = Field(
        default=None,
        description="PostgreSQL whose locks keep the runs of a home in an object store apart: "
        "postgresql://user@host/database; the password may stand in PGPASSWORD.",
    )
    reference: AbsolutePath = Field(
        default_factory=reference_folder, description="Folder of the code tables and rules (reference/*.csv)."
    )
    layouts: AbsolutePath = Field(
        default_factory=layouts_folder, description="Folder of the layouts: how sources write their files (*.toml)."
    )
    novaprima_layout: LayoutNameText = Field(
        default=None,
        description="Layout of NOVAPRIMA's files, in months for which there is one; a voucher may say more.",
    )
    register_layout: LayoutNameText = Field(default=None, description="The same of the register's files.")
    first_month: MonthText = Field(default="2014-05", description="First monthly partition.")
    history_gaps: Literal["refuse", "accept"] = Field(
        default="refuse",
        description="'accept' runs a month although an undelivered month is missing before it.",
    )
    max_reject_share: Decimal = Field(
        default=Decimal("0.01"),
        ge=0,
        le=1,
        description="Largest share of rejected rows per file; above it the month stops.",
    )
    max_file_bytes: int = Field(
        default=4 * 1024**3, gt=0, description="Largest size of a delivered file, uncompressed, in bytes."
    )
    drift_blocks: bool = Field(
        default=False,
        description="Stop a month that does not look like the months before it (looks_like_the_months_before), which "
        "else is only a warning.",
    )
    require_verified_codes: bool = Field(
        default=False, description="Stop a run that would have to use a code whose table row is not verified."
    )
    country_of_origin: Literal["nationality", "it006"] = Field(
        default="nationality",
        description="Source of country_of_origin: the nationality, or land_van_herkomst (IT 006).",
    )
    small_cell_threshold: int = Field(
        default=8,
        ge=1,
        description="Counts of persons below it, zero aside, are hidden outside the personal folders.",
    )
    rounding_base: int = Field(default=5, ge=1, description="Other counts of persons are rounded to multiples of it.")
    dominance_percent: int = Field(
        default=10,
        ge=0,
        le=100,
        description="An amount is shown where all but the two largest of its persons have at least so many percent of "
        "what the largest has (p%-rule).",
    )
    delivery_recipient: Annotated[str | None, AfterValidator(_recipient)] = Field(
        default=None, description="age X25519 public key (age1...); deliveries are then written only encrypted for it."
    )
    signing_key: SecretStr | None = Field(
        default=None,
        description="Ed25519 private key that signs vouchers and checkpoints: the path of a PEM file with mode 0600, "
        "or the PEM. Made in restricted/ when not given.",
    )
    ledger_key: SecretStr | None = Field(
        default=None,
        description="Key under which persons stand in the ledger and its entries are sealed: the path of a file with "
        "mode 0600, or 64 hex digits. Made in restricted/ when not given.",
    )
    approvals_required: int = Field(
        default=0,
        ge=0,
        le=2,
        description="How many approvers have to release a delivery before it leaves; 0: it is released when it is "
        "prepared, unless it is historical.",
    )
    approvers: tuple[Approver, ...] = Field(
        default=(),
        description="Who may release: {function, key} each, with an Ed25519 public key as PEM or as the path of a PEM "
        "file. Without any, a release is not signed.",
    )
    run_key: str | None = Field(
        default=None,
        description="Ed25519 public key of whoever runs the months; an approval with it does not count.",
    )
    time_stamp_authority: Annotated[str | None, AfterValidator(_authority)] = Field(
        default=None,
        description="Address of a time stamping authority (RFC 3161), http or https: it stamps the voucher of each "
        "delivery. Nothing waits for it; it learns a salted hash.",
    )
    time_stamp_certificates: AbsolutePath | None = Field(
        default=None,
        description="Certificates of that authority (PEM), its root among them, by which its time stamps are verified.",
    )
    outbox: Annotated[str | None, AfterValidator(_outbox)] = Field(
        default=None,
        description="Where released deliveries are put for the KSZ: a folder, sftp://user@host/path or "
        "s3://bucket/path; empty: somebody sends them, and says so.",
    )
    outbox_key: AbsolutePath | None = Field(
        default=None, description="Private key (OpenSSH, mode 0600) that opens an outbox at sftp://."
    )
    outbox_known_hosts: AbsolutePath | None = Field(
        default=None,
        description="Host key of an outbox at sftp://, as a line of known_hosts; no other host is spoken to.",
    )
    acknowledge_within_days: int = Field(
        default=5, ge=1, description="Days after which a transmitted delivery without an answer is overdue."
    )
    historical_after_days: int = Field(
        default=92,
        ge=1,
        description="A delivery prepared more than this many days after its month is historical: it never leaves "
        "without an explicit release.",
    )
    max_snapshot_days: int = Field(
        default=45,
        ge=0,
        description="Days after the month's last day up to which a register snapshot is not warned about.",
    )
    purge_needs_permission: bool = Field(
        default=False, description="A purge needs the permission of the archivist (archivist_permission)."
    )
    archivist_permission: Annotated[str, Field(min_length=1, max_length=80)] | None = Field(
        default=None, description="Reference of the permission to purge; it goes into the ledger."
    )
    a036_max_months: int = Field(
        default=12, ge=1, description="Longest period, in calendar months, that a consultation may ask for."
    )
    a036_requests_per_month: int = Field(
        default=50,
        ge=1,
        description="Requests of one requester in a month above which the ledger and the report raise a flag: "
        "consultation is never systematic.",
    )
    retention_months: int = Field(
        default=60, ge=1, description="How long what was sent, decided or answered is kept, in months."
    )
    history_retention_months: int | None = Field(
        default=None,
        ge=12,
        description="How long source history is kept, in months, at least retention_months; empty: for good.",
    )
    quarantine_days: int = Field(
        default=90, ge=1, description="How long rejected rows and leftovers are kept, in days."
    )
    contact_controller: str | None = Field(
        default=None, description="Where persons write to POD MI about their data; it stands on documents for them."
    )
    contact_data_protection_officer: str | None = Field(
        default=None, description="The same of its data protection officer."
    )
    contact_receiver: str | None = Field(
        default=None, description="The same of the receiver, the Immigration Office (DVZ)."
    )
    contact_authority: str | None = Field(
        default=None, description="The supervisory authority to which persons may complain, with its address."
    )
    dagster_retention_days: int = Field(
        default=400, ge=1, description="How long Dagster's runs and events are kept, in days."
    )
    repository_url: str | None = Field(
        default=None,
        description="Where the files of this project can be read in a browser, such as a branch of its Git host; the "
        "Dagster UI then links there, else to the files beside the code.",
    )
    ui_address: Annotated[str | None, AfterValidator(_web_address)] = Field(
        default=None,
        description="Address under which browsers reach the Dagster UI of `dvz serve` through the proxy that "
        "authenticates, such as https://dvz.example.internal; it answers to no other.",
    )
    notify: tuple[Channel, ...] = Field(
        default=(),
        description="Who is told of what: {address, events, severity} each, with an address of Apprise (mail, Teams, "
        "Slack, webhook; extra notify), the kinds of event (all when not given) and the least severity (info, warning, "
        "error). Nothing that is told speaks of a person.",
    )
    schedule_day: int = Field(default=10, ge=1, le=28, description="Day of the month of the monthly schedule.")
    schedule_time: time = Field(default=time(6, 0), description="Time of the monthly schedule, in Brussels.")
    run_per_month: bool = Field(
        default=False,
        description="A backfill makes each month a run of its own, so that workers share them; else one run does all.",
    )
    engine: Literal["duckdb", "spark"] = Field(
        default="duckdb",
        description="What runs the SQL of the relational assets: 'spark' needs the extra spark and Java 17.",
    )
    spark_remote: Annotated[str, AfterValidator(_connect_address)] = Field(
        default="",
        description="Spark Connect server, sc://host:15002, which sees the home under the same path; "
        "empty: Spark on this machine.",
    )
    threads: int = Field(default=2, ge=1, description="Threads of the engine in one step.")
    months_at_once: int = Field(
        default=2, ge=1, description="Months of a range that a step computes side by side; each takes its own memory."
    )
    memory_limit: Annotated[str, AfterValidator(_memory_size)] = Field(
        default="2 GiB",
        description="Memory limit of DuckDB, and of a local Spark, in one step; beyond it they spill to disk.",
    )

    sql_seconds: int = Field(default=60, ge=1, description="Longest time of one question of `dvz sql`, in seconds.")
    sql_memory_limit: Annotated[str, AfterValidator(_memory_size)] = Field(
        default="1 GiB", description="Memory limit of a session of `dvz sql`; nothing is spilled to disk."
    )

    @model_validator(mode="after")
    def _object_store_needs(self) -> Self:
        """What a folder has of its own: a place to build, locks, and a file that its owner alone may read."""
        missing = [name for name in ("scratch", "lock_database", "ledger_key") if getattr(self, name) is None]
        if is_in_object_store(self.home) and missing:
            raise ValueError(f"a home in an object store needs {', '.join(missing)} too")
        return self

    @model_validator(mode="after")
    def _history_outlives_results(self) -> Self:
        """A month whose results are kept is published and computed again from its history."""
        months = self.history_retention_months
        if months is not None and months < self.retention_months:
            raise ValueError(f"history_retention_months = {months} is less than retention_months")
        return self

    @model_validator(mode="after")
    def _time_stamps_need(self) -> Self:
        """Whoever asks for time stamps verifies them."""
        if self.time_stamp_authority is not None and self.time_stamp_certificates is None:
            raise ValueError("time_stamp_authority needs time_stamp_certificates too")
        return self

    @model_validator(mode="after")
    def _release_needs(self) -> Self:
        """As many approvers as have to release; a key and a pinned host for an outbox at sftp://."""
        if len(self.approvers) < self.approvals_required:
            raise ValueError(f"approvals_required = {self.approvals_required} needs as many approvers")
        missing = [name for name in ("outbox_key", "outbox_known_hosts") if getattr(self, name) is None]
        if (self.outbox or "").startswith("sftp://") and missing:
            raise ValueError(f"an outbox at sftp:// needs {', '.join(missing)} too")
        return self

    @property
    def work(self) -> Path:
        """The folder of this machine below which everything is built: the home itself, where it is a folder."""
        return self.scratch if is_in_object_store(self.home) and self.scratch is not None else self.home

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Strongest first: command line, environment, dvz.toml, credentials."""
        strong = (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))
        credentials = os.environ.get("CREDENTIALS_DIRECTORY")
        return (*strong, SecretsSettingsSource(settings_cls, credentials)) if credentials else strong

    @classmethod
    def load(cls, **command_line: Any) -> Self:
        """Settings in force; options that are None were not given. Raises DvzError naming each wrong setting."""
        try:
            return cls(**{name: value for name, value in command_line.items() if value is not None})
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(str(part) for part in problem['loc']) or 'home'}: {problem['msg']}"
                for problem in error.errors()
            )
            raise DvzError(
                "INVALID_SETTING",
                expected="settings as listed by `dvz config`",
                found=wrong,
                remedy=f"correct the option, {CONFIG_FILE} or the variable DVZ_<NAME>",
            ) from None
        except ValueError as error:
            raise DvzError(
                "INVALID_SETTING",
                place=CONFIG_FILE,
                expected="a TOML file",
                found=str(error),
                remedy=f"correct or remove {CONFIG_FILE}",
            ) from None


def require_in_range(settings: Settings, first: Month, last: Month) -> None:
    """Raise DvzError when months do not lie, in order, between the first month of the flow and now."""
    earliest, latest = Month.parse(settings.first_month), Month.current()
    if not earliest <= first <= last <= latest:
        raise DvzError(
            "MONTH_OUT_OF_RANGE",
            place=str(first) if first == last else f"{first} to {last}",
            expected=f"months in order, between {earliest} (setting first_month) and {latest} (now, in Brussels)",
            found="others",
            remedy="correct the months, or the setting first_month",
        )
