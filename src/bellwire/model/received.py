"""What the built-in receiver got, and how it is told to answer."""

import enum

import msgspec

from bellwire.model.webhook import WebhookId


class Answering(enum.Enum):
    """How the built-in receiver answers."""

    ACCEPTING = "200"
    FAILING = "500"
    GONE = "410"
    SLOW = "slow"


class Proof(enum.Enum):
    """What a request's signatures show. unknown-sender: no webhook has this URL; no-key: its key cannot be read."""

    VERIFIED = "verified"
    UNSIGNED = "unsigned"
    WRONG = "wrong"
    UNKNOWN_SENDER = "unknown-sender"
    NO_KEY = "no-key"


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it came, credentials masked. number: 1, 2, …; body: its first bytes; answered: the status, None
    while it waits, or where the sender did not wait for it.
    """

    number: int
    at_ms: int
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    body_bytes: int
    proof: Proof
    webhook_id: WebhookId | None
    message_id: str
    answered: int | None = None
