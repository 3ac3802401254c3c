"""Who changed what: the entries of the audit trail."""

import enum
from typing import Any, Final

import msgspec

from bellwire.model.principal import PrincipalKind

VALUE_BYTES_MAX: Final = 4096
"""Of a value in an entry, as JSON; of a longer one only its size is kept."""


class Action(enum.Enum):
    """What was done, and to what kind of object."""

    WEBHOOK_CREATE = "webhook.create"
    WEBHOOK_EDIT = "webhook.edit"
    WEBHOOK_DELETE = "webhook.delete"
    WEBHOOK_PAUSE = "webhook.pause"
    WEBHOOK_RESUME = "webhook.resume"
    WEBHOOK_ROTATE_KEY = "webhook.rotate-key"
    EVENT_TYPE_DECLARE = "event-type.declare"
    EVENT_TYPE_LEVEL = "event-type.level"
    REPLAY_CREATE = "replay.create"
    REPLAY_EDIT = "replay.edit"
    REPLAY_CANCEL = "replay.cancel"
    SOURCE_PUT = "source.put"
    SOURCE_REMOVE = "source.remove"
    TOKEN_CREATE = "token.create"  # noqa: S105 - a word of the API, no token
    TOKEN_ROTATE = "token.rotate"  # noqa: S105 - as above
    TOKEN_REVOKE = "token.revoke"  # noqa: S105 - as above
    PERSON_ADD = "person.add"
    PERSON_CHANGE = "person.change"
    PERSON_REMOVE = "person.remove"
    LOGIN_LINK_MAKE = "login-link.make"
    SESSION_BEGIN = "session.begin"
    SESSION_END = "session.end"


class MemberChange(msgspec.Struct, frozen=True, array_like=True):
    """One member that has another value now, in its JSON form, secrets masked; None where there is none."""

    path: str
    before: Any = None
    after: Any = None


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done. at_ms: by the wall's clock. by, kind, address: of the caller, see Principal."""

    at_ms: int
    by: str
    kind: PrincipalKind
    address: str
    action: Action
    object_id: str
    changes: tuple[MemberChange, ...] = ()
