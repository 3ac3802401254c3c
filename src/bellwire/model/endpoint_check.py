"""What a check of an endpoint looks at, and what it says."""

import enum

import msgspec

from bellwire.model.attempt import AddressRefused, NoAnswer


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate of a chain, for people: its holder and issuer in one line each, the names that it is for.

    Times in milliseconds since 1970; None where they cannot be read.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    starts_at_ms: int | None
    ends_at_ms: int | None


class Addresses(msgspec.Struct, frozen=True):
    """What a host name means now, in the system's order of preference."""

    addresses: tuple[str, ...]


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A connection that was opened, and closed before any request. address: that was connected to.

    connect_us: from the start until it was connected. Over https also the protocol (`TLSv1.3`; empty where it cannot be
    told) and the certificates as the endpoint sent them, its own first, which nobody has verified.
    """

    address: str
    connect_us: int
    tls_version: str = ""
    certificates: tuple[Certificate, ...] = ()


LookedUp = Addresses | NoAnswer
Probed = Contact | AddressRefused | NoAnswer


class Mark(enum.Enum):
    """What a step of a check came to."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"
    SKIPPED = "skipped"


class CheckStep(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. found: what there is; advice: what to do about it, empty where nothing is to do."""

    name: str
    mark: Mark
    found: str
    advice: str = ""


class EndpointCheck(msgspec.Struct, frozen=True, kw_only=True):
    """All steps, in the order in which a request takes them. mark: the worst of them, skipped ones aside."""

    mark: Mark
    steps: tuple[CheckStep, ...]
