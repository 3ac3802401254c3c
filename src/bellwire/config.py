"""Settings: defaults < file < environment < flags, each effective value with its origin."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import platformdirs

from bellwire.access_settings import ACCESS_SETTINGS
from bellwire.errors import Fault, InvalidObject, InvalidSetting
from bellwire.model.access_limits import AccessLimits
from bellwire.model.duration import DurationMs, show_duration
from bellwire.model.event_type import DESCRIPTION_LENGTH_MAX, EventType
from bellwire.model.limits import MIB, Limits
from bellwire.model.listen_address import ListenAddress, parse_listen_address
from bellwire.model.listening import ProxyHeader, Reach, TlsFiles
from bellwire.model.log_form import LogFormat, LogLevel
from bellwire.model.network import NetworkPolicy, NetworkRule
from bellwire.model.secrecy import Secrecy
from bellwire.model.secret import OWN_VARIABLES
from bellwire.model.size import show_size
from bellwire.network_settings import NETWORK_SETTINGS
from bellwire.rules.checking_types import read_declarations
from bellwire.rules.reading_limits import AUTO, read_age, read_backlog_limit, read_bytes, read_count, show_backlog_limit
from bellwire.rules.suggesting import alternatives, nearest, quoted
from bellwire.secret_settings import SECRET_SETTINGS
from bellwire.setting import Origin, Setting, flattened, read_choice, read_path

FILE_VARIABLE: Final = "BELLWIRE_CONFIG"
EVENT_TYPES: Final = "event-types"
"""The file's table of own event types: `[event-types."shop.order-paid"]` with level and description."""

FILE_BYTES_MAX: Final = 1024 * 1024

_DEFAULT_ADDRESS: Final = "127.0.0.1:8425"
_OTHER_VARIABLES: Final = frozenset({"BELLWIRE_URL", "BELLWIRE_TOKEN", "BELLWIRE_SECRETS_KEY"})
"""Of the commands that talk to a server, and what must not be shown among the settings."""

# Kubernetes gives these to every container beside a service named "bellwire".
_FOREIGN_VARIABLES: Final = re.compile(r"BELLWIRE_(?:SERVICE_HOST|(?:SERVICE_)?PORT(?:_\w+)?)", re.ASCII)


class Row(NamedTuple):
    """One effective setting as `bellwire config` shows it."""

    name: str
    value: str
    origin: str


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The effective settings. origins: by the settings' names."""

    data: Path
    listen: ListenAddress
    log_level: LogLevel
    log_format: LogFormat
    retention_age: DurationMs
    retention_size: int
    backlog_limit: int | None
    free_floor: int
    attempts_age: DurationMs
    attempts_per_webhook: int
    attempts_size: int
    network_allow: tuple[NetworkRule, ...]
    network_deny: tuple[NetworkRule, ...]
    network_public_only: bool
    built_in_receiver: bool
    tls_certificate: Path | None
    tls_key: Path | None
    tls_by_proxy: bool
    hosts: tuple[str, ...]
    proxy_trusted: tuple[NetworkRule, ...]
    proxy_header: ProxyHeader
    secrets_key_file: Path | None
    secrets_folders: tuple[Path, ...] | None
    secrets_variables: tuple[str, ...] | None
    access_session_age: DurationMs
    access_session_idle: DurationMs
    access_requests_per_second: int | None
    access_requests_burst: int
    access_audit_age: DurationMs
    access_audit_entries: int
    origins: dict[str, Origin]
    event_types: tuple[EventType, ...] = ()

    @property
    def limits(self) -> Limits:
        """How much is kept, and how much may wait."""
        return Limits(
            retention_age_ms=self.retention_age,
            retention_bytes=self.retention_size,
            backlog_bytes=self.backlog_limit,
            free_floor_bytes=self.free_floor,
            attempts_age_ms=self.attempts_age,
            attempts_per_webhook=self.attempts_per_webhook,
            attempts_bytes=self.attempts_size,
        )

    @property
    def network(self) -> NetworkPolicy:
        """Which addresses may be delivered to."""
        return NetworkPolicy(allow=self.network_allow, deny=self.network_deny, public_only=self.network_public_only)

    @property
    def reach(self) -> Reach:
        """How the API is reached."""
        pair = (self.tls_certificate, self.tls_key)
        return Reach(
            tls=TlsFiles(*pair) if all(pair) else None,  # type: ignore[arg-type] # all of them are there
            hosts=self.hosts,
            proxies=self.proxy_trusted,
            proxy_header=self.proxy_header,
        )

    @property
    def secrecy(self) -> Secrecy:
        """Where the key is, and from where secrets may be read."""
        return Secrecy(key_file=self.secrets_key_file, folders=self.secrets_folders, variables=self.secrets_variables)

    @property
    def access(self) -> AccessLimits:
        """How long who was let in stays in, how often they may call, and how long is kept what they did."""
        return AccessLimits(
            session_age_ms=self.access_session_age,
            session_idle_ms=self.access_session_idle,
            requests_per_second=self.access_requests_per_second,
            requests_burst=self.access_requests_burst,
            audit_age_ms=self.access_audit_age,
            audit_entries=self.access_audit_entries,
        )

    def explain(self) -> tuple[Row, ...]:
        """Every setting, its value as it would be written, and where it was set."""
        rows = [
            Row(setting.name, setting.write(getattr(self, setting.field)), self.origins[setting.name].words)
            for setting in SETTINGS
        ]
        if self.event_types:
            ids = ", ".join(event_type.id for event_type in self.event_types)
            rows.append(Row(EVENT_TYPES, ids, self.origins[EVENT_TYPES].words))
        return tuple(rows)


def load_config(flags: Mapping[str, object], environ: Mapping[str, str], file: Path | None) -> Config:
    """The effective settings.

    flags: by the settings' names or fields; None means not given. file: the one that a flag names; without it that of
    BELLWIRE_CONFIG, without that bellwire.toml in the platform's folder for settings, which need not exist.
    Raises InvalidSetting with everything that is wrong.
    """
    faults: list[Fault] = []
    names = [*(setting.name for setting in SETTINGS), EVENT_TYPES]
    written: dict[str, tuple[object, Origin]] = dict.fromkeys(names, (None, Origin("default")))
    _take_file(written, faults, environ, file)
    _take_environment(written, faults, environ)
    for name, value in flags.items():
        if value is not None:
            setting = _BY_NAME.get(name) or _BY_FIELD[name]
            written[setting.name] = (value, Origin(f"flag {setting.flag}"))
    values = {setting.field: _read(setting, *written[setting.name], faults) for setting in SETTINGS}
    event_types = _declarations(*written[EVENT_TYPES], faults)
    if not faults:
        faults += _exposed(values, written)
    if faults:
        raise InvalidSetting("\n".join(f"{path}: {message}" for path, message in faults), faults=tuple(faults))
    origins = {name: origin for name, (_, origin) in written.items()}
    return Config(**values, origins=origins, event_types=event_types)


def _declarations(written: object, origin: Origin, faults: list[Fault]) -> tuple[EventType, ...]:
    """The event types that the file declares."""
    try:
        return () if written is None else read_declarations(written, description_length_max=DESCRIPTION_LENGTH_MAX)
    except InvalidObject as problem:
        for path, message in problem.faults:
            faults.append(Fault(f"{EVENT_TYPES}/{path}".rstrip("/"), f"{message} ({origin.words})"))
        return ()


def default_file() -> Path:
    """The file that is read where none is named, if it exists."""
    return platformdirs.user_config_path("bellwire", appauthor=False) / "bellwire.toml"


def _take_file(
    written: dict[str, tuple[object, Origin]], faults: list[Fault], environ: Mapping[str, str], file: Path | None
) -> None:
    named_by = "flag --config"
    if file is None and environ.get(FILE_VARIABLE):
        file, named_by = Path(environ[FILE_VARIABLE]), f"environment variable {FILE_VARIABLE}"
    try:
        if file is None:
            file, named_by = default_file(), "default"
            if not file.exists():
                return
        table = _parse_file(file)
    except (OSError, ValueError) as error:
        faults.append(Fault("config", f"{file} {_trouble(error)} ({named_by})"))
        return
    origin = Origin(f"file {file}", folder=file.absolute().parent)
    for name, value in flattened(table, frozenset(_BY_NAME)).items():
        if name in _BY_NAME or name == EVENT_TYPES:
            written[name] = (value, origin)
        else:
            faults.append(Fault(name, f"{_unknown(name, _BY_NAME)} ({origin.words})"))


def _parse_file(file: Path) -> dict[str, Any]:
    with file.open("rb") as opened:
        content = opened.read(FILE_BYTES_MAX + 1)
    if len(content) > FILE_BYTES_MAX:
        raise ValueError(f"has more than {FILE_BYTES_MAX} bytes; name the right file")
    try:
        return tomllib.loads(content.decode())
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"is not a file of settings in TOML: {error}") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply to be a file of settings; name the right file") from error


def _trouble(error: OSError | ValueError) -> str:
    match error:
        case FileNotFoundError():
            return "does not exist; name another file or create it"
        case OSError():
            return f"cannot be read: {error.strerror or error}; name a file that can be read"
        case UnicodeDecodeError():
            return f"is not UTF-8 at byte {error.start}; save it as UTF-8"
        case _:
            return str(error)


def _take_environment(
    written: dict[str, tuple[object, Origin]], faults: list[Fault], environ: Mapping[str, str]
) -> None:
    known = {setting.variable: setting for setting in SETTINGS}
    for variable, value in environ.items():
        if not variable.startswith(OWN_VARIABLES) or variable in _OTHER_VARIABLES or variable == FILE_VARIABLE:
            continue
        if variable in known:
            written[known[variable].name] = (value, Origin(f"environment variable {variable}"))
        elif not _FOREIGN_VARIABLES.fullmatch(variable):
            faults.append(Fault(variable, f"{_unknown(variable, known)} (environment)"))


def _unknown(name: str, known: Mapping[str, Setting]) -> str:
    close = nearest(name, known, count=1)
    remedy = f"did you mean {close[0]}?" if close else f"there are {alternatives(known)}"
    return f"there is no such setting; {remedy}"


def _read(setting: Setting, value: object, origin: Origin, faults: list[Fault]) -> Any:  # noqa: ANN401 - the type is the setting's
    try:
        return setting.read(setting.default if value is None else value, origin)
    except ValueError as error:
        faults.append(Fault(setting.name, f"{error} ({origin.words})"))
        return None


def _exposed(values: Mapping[str, Any], written: Mapping[str, tuple[object, Origin]]) -> list[Fault]:
    """What would let others read along."""
    certificate, key, listen = values["tls_certificate"], values["tls_key"], values["listen"]
    if (certificate is None) is not (key is None):
        given, missing = ("tls.certificate", "tls.key") if key is None else ("tls.key", "tls.certificate")
        return [Fault(given, f"needs {missing} beside it; set both, or neither ({written[given][1].words})")]
    if listen.is_loopback or certificate is not None or values["tls_by_proxy"]:
        return []
    message = (
        f"{listen} can be reached from other machines, and the API would send tokens, events and secrets there "
        "unencrypted; set tls.certificate and tls.key, or set tls.by-proxy to true if a proxy in front speaks TLS, or "
        f"listen on {_DEFAULT_ADDRESS}"
    )
    return [Fault("listen", f"{message} ({written['listen'][1].words})")]


def _read_listen(value: object, _origin: Origin) -> ListenAddress:
    if not isinstance(value, str):
        raise ValueError(f"{quoted(str(value))} is no text; write it as {_DEFAULT_ADDRESS!r}")  # noqa: TRY004 - bad settings are one kind of error
    return parse_listen_address(value)


def _read_folder(value: object, origin: Origin) -> Path:
    return read_path(value, origin, form="a folder; write a path such as '/var/lib/bellwire'")


LIMIT_SETTINGS: Final = (
    Setting(
        name="retention-age",
        form="DURATION",
        default="7d",
        help="How long events are kept that every webhook is done with.",
        read=lambda value, _: read_age(value),
        write=show_duration,
    ),
    Setting(
        name="retention-size",
        form="SIZE",
        default="1GiB",
        help="How much is kept of events that every webhook is done with; the oldest go first.",
        read=lambda value, _: read_bytes(value, least=0),
        write=show_size,
    ),
    Setting(
        name="backlog-limit",
        form="SIZE|auto",
        default=AUTO,
        help="How much may wait to be delivered before no more events are taken; auto is half of the free disk.",
        read=lambda value, _: read_backlog_limit(value),
        write=show_backlog_limit,
    ),
    Setting(
        name="free-floor",
        form="SIZE",
        default="256MiB",
        help="With less than this free on the file system no events are taken; it serves settling those that wait.",
        read=lambda value, _: read_bytes(value, least=16 * MIB),
        write=show_size,
    ),
    Setting(
        name="attempts-age",
        form="DURATION",
        default="7d",
        help="How long attempts are kept.",
        read=lambda value, _: read_age(value),
        write=show_duration,
    ),
    Setting(
        name="attempts-per-webhook",
        form="NUMBER",
        default="10000",
        help="How many attempts of each webhook are kept; the newest stay.",
        read=lambda value, _: read_count(value),
    ),
    Setting(
        name="attempts-size",
        form="SIZE",
        default="512MiB",
        help="How much is kept of the attempts of all webhooks together; the newest stay.",
        read=lambda value, _: read_bytes(value, least=MIB),
        write=show_size,
    ),
)
SETTINGS: Final = (
    Setting(
        name="data",
        form="FOLDER",
        default=str(platformdirs.user_data_path("bellwire", appauthor=False)),
        help="Where everything is kept; made if it is missing, and owned by one Bellwire at a time.",
        read=_read_folder,
    ),
    Setting(
        name="listen",
        form="HOST:PORT",
        default=_DEFAULT_ADDRESS,
        help="Where the HTTP API listens; an IPv6 address in brackets, port 0 for any free one.",
        read=_read_listen,
    ),
    Setting(
        name="log-level",
        form="error|warn|info|debug",
        default=LogLevel.INFO.value,
        help="The least severity that is logged.",
        read=read_choice(LogLevel),
    ),
    Setting(
        name="log-format",
        form="auto|text|json",
        default=LogFormat.AUTO.value,
        help="How log lines look; auto is text on a terminal and json otherwise.",
        read=read_choice(LogFormat),
    ),
    *LIMIT_SETTINGS,
    *NETWORK_SETTINGS,
    *SECRET_SETTINGS,
    *ACCESS_SETTINGS,
)
_BY_NAME: Final = {setting.name: setting for setting in SETTINGS}
_BY_FIELD: Final = {setting.field: setting for setting in SETTINGS}
