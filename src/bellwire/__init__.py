"""Bellwire: webhook delivery that an operator can trust.

    async with Bellwire.open("data") as bellwire:
        await bellwire.publish("shop.order-paid", {"order": 17})

The package, each part importing only from those below it:

    cli                         the command line
    web | log_handler           the HTTP API; a handler for Python's logging
    service                     Bellwire: the one place that wires the parts
    backends                    the parts that reach outside, opened together
    secrets_rotation, key_file  another key for secrets at rest; where the key is
    config | folder | home      settings; the data folder and its lock; the process and event loop
    engine                      the parts that run: intake, dispatchers, supervisor and others
    stores, senders, clocks, reporters          back ends of the contracts
    store, sender, clock, reporter              the contracts
    rules                       how something is decided; pure functions
    model                       what things are
    errors                      every exception

The public names are loaded when they are first asked for, as loading all parts takes half a second, and a command
that only talks to a server needs few of them. Their types are in `__init__.pyi`.
"""

import importlib
from typing import Final

_MODULES: Final = {
    "bellwire.errors": (
        "BellwireError",
        "ConflictingEvent",
        "ConflictingName",
        "DataFolderInUse",
        "EditConflict",
        "Fault",
        "Forbidden",
        "IncompatibleStore",
        "InvalidEvent",
        "InvalidObject",
        "InvalidSetting",
        "Mistake",
        "StorageError",
        "StorageUnavailable",
        "Stopping",
        "UnknownThing",
    ),
    "bellwire.engine.keyring": ("Unreadable",),
    "bellwire.engine.registrar": ("Edited",),
    "bellwire.engine.tester": ("Exchange",),
    "bellwire.log_handler": ("BellwireHandler",),
    "bellwire.model.attempt": ("Answer", "Attempt", "AttemptId", "AddressRefused", "NoAnswer", "Trouble"),
    "bellwire.model.cursor": ("DiscardReason",),
    "bellwire.model.endpoint_check": ("CheckStep", "EndpointCheck", "Mark"),
    "bellwire.model.event": ("EventId", "EventTypeId", "LoggedEvent", "Position", "Published"),
    "bellwire.model.event_type": ("EventLevel", "EventType", "TracingLevel"),
    "bellwire.model.network": ("NetworkPolicy",),
    "bellwire.model.principal": ("Principal", "PrincipalKind", "Scope"),
    "bellwire.model.secrecy": ("Secrecy",),
    "bellwire.model.secret": ("EnvironmentVariable", "File", "NoSecret", "Value"),
    "bellwire.model.status": (
        "Account",
        "DeadLetter",
        "DeadLetterSearch",
        "Explanation",
        "ServiceStatus",
        "Verdict",
        "WebhookStatus",
    ),
    "bellwire.model.webhook": (
        "Basic",
        "Bearer",
        "CatchUp",
        "EventPolicy",
        "RegisteredWebhook",
        "Unauthenticated",
        "WebhookId",
    ),
    "bellwire.rules.validating": ("Checked",),
    "bellwire.rules.writing_events": ("Event",),
    "bellwire.rules.writing_webhooks": ("WebHook",),
    "bellwire.service": ("Bellwire",),
    "bellwire.store": ("AttemptSearch", "EventSearch"),
}
_MODULE_OF: Final = {name: module for module, names in _MODULES.items() for name in names}

__all__ = list(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'bellwire' has no attribute {name!r}")
    found: object = getattr(importlib.import_module(_MODULE_OF[name]), name)
    return found


def __dir__() -> list[str]:
    return __all__
