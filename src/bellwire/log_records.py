"""What event a record of Python's logging becomes."""

import logging
import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bellwire.model.event_type import TYPE_ID_LENGTH_MAX, TracingLevel
from bellwire.rules.writing_events import Event

LOGGERS_MAX: Final = 1_000
"""Loggers that get an event type of their own; those named later share OTHER_TYPE."""

TEXT_LENGTH_MAX: Final = 16_384
"""Of a message and of a traceback, in characters; the rest is cut."""

EXTRA_BYTES_MAX: Final = 65_536
"""Of what `extra=` brought, as JSON; more than that is left out."""

DROPPED_TYPE: Final = "log.records-dropped"
OTHER_TYPE: Final = "log.other"

_STANDARD: Final = vars(logging.makeLogRecord({})).keys() | {"message", "asctime", "taskName"}
_OUTSIDE_IDS: Final = re.compile(r"[^a-z0-9_-]+", re.ASCII)
_LEVELS: Final = (
    (logging.ERROR, TracingLevel.ERROR),
    (logging.WARNING, TracingLevel.WARN),
    (logging.INFO, TracingLevel.INFO),
    (logging.DEBUG, TracingLevel.DEBUG),
)
_FORMATTER: Final = logging.Formatter()


class Transcriber:
    """Makes the events of one handler. type_id: the type of all; None: each logger has one."""

    def __init__(self, type_id: str | None) -> None:
        self._type_id = type_id
        self._types: dict[str, str] = {}

    def transcribe(self, record: logging.LogRecord) -> Event:
        """The event, independent of whatever the record refers to."""
        data: dict[str, Any] = {
            "message": _clean(record.getMessage()),
            "logger": _clean(record.name),
            "level": level_of(record.levelno).value,
        }
        if record.exc_info and record.exc_info[0] is not None:
            data["exception"] = _clean(_FORMATTER.formatException(record.exc_info))
        if record.stack_info:
            data["stack"] = _clean(record.stack_info)
        if extra := {name: value for name, value in vars(record).items() if name not in _STANDARD}:
            data["extra"] = _extra(extra)
        encoded = msgspec.Raw(msgspec.json.encode(data))
        return Event(self._type_of(record.name), encoded, created_at=datetime.fromtimestamp(record.created, UTC))

    def _type_of(self, logger: str) -> str:
        if self._type_id is not None:
            return self._type_id
        if logger not in self._types:
            if len(self._types) >= LOGGERS_MAX:
                return OTHER_TYPE
            self._types[logger] = type_of_logger(logger)
        return self._types[logger]


def type_of_logger(name: str) -> str:
    """`log.` and the name, made a valid id: `log.shop.orders` for shop.orders, `log.main` for __main__."""
    segments = (_OUTSIDE_IDS.sub("-", segment.lower()).strip("_-") for segment in name.split("."))
    joined = ".".join(filter(None, segments))
    return f"log.{joined}"[:TYPE_ID_LENGTH_MAX].rstrip(".") if joined else OTHER_TYPE


def level_of(severity: int) -> TracingLevel:
    """The level of logging's number: error for CRITICAL too, trace for whatever is below DEBUG."""
    return next((level for least, level in _LEVELS if severity >= least), TracingLevel.TRACE)


def _extra(extra: dict[str, Any]) -> msgspec.Raw:
    """As JSON; what JSON cannot hold as Python shows it."""
    try:
        encoded = msgspec.json.encode(extra, enc_hook=repr)
    except (TypeError, ValueError, OverflowError, RecursionError):
        encoded = msgspec.json.encode({_clean(str(name)): _clean(repr(value)) for name, value in extra.items()})
    if len(encoded) > EXTRA_BYTES_MAX:
        encoded = msgspec.json.encode({"leftOut": f"{len(encoded):,} bytes; {EXTRA_BYTES_MAX:,} at most are kept"})
    return msgspec.Raw(encoded)


def _clean(text: str) -> str:
    """Text that JSON can hold: half surrogate pairs are written as escapes."""
    return text[:TEXT_LENGTH_MAX].encode("utf-8", "backslashreplace").decode()
