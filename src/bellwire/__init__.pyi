# The public names as type checkers see them; __init__.py loads them.

from bellwire.engine.keyring import Unreadable
from bellwire.engine.registrar import Edited
from bellwire.engine.tester import Exchange
from bellwire.errors import (
    BellwireError,
    ConflictingEvent,
    ConflictingName,
    DataFolderInUse,
    EditConflict,
    Fault,
    Forbidden,
    IncompatibleStore,
    InvalidEvent,
    InvalidObject,
    InvalidSetting,
    Mistake,
    Stopping,
    StorageError,
    StorageUnavailable,
    UnknownThing,
)
from bellwire.log_handler import BellwireHandler
from bellwire.model.attempt import AddressRefused, Answer, Attempt, AttemptId, NoAnswer, Trouble
from bellwire.model.cursor import DiscardReason
from bellwire.model.endpoint_check import CheckStep, EndpointCheck, Mark
from bellwire.model.event import EventId, EventTypeId, LoggedEvent, Position, Published
from bellwire.model.event_type import EventLevel, EventType, TracingLevel
from bellwire.model.network import NetworkPolicy
from bellwire.model.principal import Principal, PrincipalKind, Scope
from bellwire.model.secrecy import Secrecy
from bellwire.model.secret import EnvironmentVariable, File, NoSecret, Value
from bellwire.model.status import (
    Account,
    DeadLetter,
    DeadLetterSearch,
    Explanation,
    ServiceStatus,
    Verdict,
    WebhookStatus,
)
from bellwire.model.webhook import Basic, Bearer, CatchUp, EventPolicy, RegisteredWebhook, Unauthenticated, WebhookId
from bellwire.rules.validating import Checked
from bellwire.rules.writing_events import Event
from bellwire.rules.writing_webhooks import WebHook
from bellwire.service import Bellwire
from bellwire.store import AttemptSearch, EventSearch

__all__ = [
    "Account",
    "AddressRefused",
    "Answer",
    "Attempt",
    "AttemptId",
    "AttemptSearch",
    "Basic",
    "Bearer",
    "Bellwire",
    "BellwireError",
    "BellwireHandler",
    "CatchUp",
    "CheckStep",
    "Checked",
    "ConflictingEvent",
    "ConflictingName",
    "DataFolderInUse",
    "DeadLetter",
    "DeadLetterSearch",
    "DiscardReason",
    "EditConflict",
    "Edited",
    "EndpointCheck",
    "EnvironmentVariable",
    "Event",
    "EventId",
    "EventLevel",
    "EventPolicy",
    "EventSearch",
    "EventType",
    "EventTypeId",
    "Exchange",
    "Explanation",
    "Fault",
    "File",
    "Forbidden",
    "IncompatibleStore",
    "InvalidEvent",
    "InvalidObject",
    "InvalidSetting",
    "LoggedEvent",
    "Mark",
    "Mistake",
    "NetworkPolicy",
    "NoAnswer",
    "NoSecret",
    "Position",
    "Principal",
    "PrincipalKind",
    "Published",
    "RegisteredWebhook",
    "Scope",
    "Secrecy",
    "ServiceStatus",
    "Stopping",
    "StorageError",
    "StorageUnavailable",
    "TracingLevel",
    "Trouble",
    "Unauthenticated",
    "UnknownThing",
    "Unreadable",
    "Value",
    "Verdict",
    "WebHook",
    "WebhookId",
    "WebhookStatus",
]
