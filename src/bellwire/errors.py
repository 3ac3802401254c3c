"""Every exception that Bellwire raises.

    BellwireError
    ├── Mistake                 what a caller did wrong; nothing was changed
    │   ├── InvalidObject       a WebHook object with faults, all of them listed
    │   ├── MalformedBody       what was published cannot be read as JSON at all
    │   ├── InvalidEvent        an event that cannot be taken, and its index
    │   ├── InterruptedLines    NDJSON that stopped at a line, and how many lines were taken before it
    │   ├── ConflictingEvent    a known id published again with another type or data
    │   ├── ConflictingName     a name that another has already, or that is not the one asked for
    │   ├── NotAdmitted         a request to a source that does not show who sent it
    │   ├── UnknownThing        no webhook, event, attempt, source, token, person or session of that name
    │   ├── EditConflict        the webhook was changed since it was read
    │   ├── Forbidden           the caller lacks a scope
    │   │   └── ForbiddenType   the caller may not publish events of a type
    │   ├── InvalidSetting      a setting that is unknown or has a bad value
    │   └── DataFolderInUse     another process owns the data folder
    ├── SecretUnreadable        what a request is to be checked with cannot be read now
    ├── Overloaded              too much of the kind is under way; nothing was changed
    ├── Stopping                no new work is taken, the service is going down
    └── StorageError            what was asked for could not be written or read
        ├── StorageUnavailable  not now (disk full, busy, input/output error); nothing was stored
        ├── StaleCursor         the cursor was moved by somebody else since it was read
        └── IncompatibleStore   the file was made by a newer Bellwire, or is none of its files

What the world outside does wrong (an endpoint that answers 500, a name that cannot be looked up) is no
exception but a value: see model/attempt.py.
"""

from typing import NamedTuple


class Fault(NamedTuple):
    """One thing that is wrong with what a caller sent.

    path: where, as a JSON pointer without its leading slash (`httpAuth/secret/secret`); empty for the whole.
    message: what is wrong and what would be right, for a person.
    """

    path: str
    message: str


class BellwireError(Exception):
    """Whatever Bellwire raises on purpose."""


class Mistake(BellwireError):
    """What a caller did wrong; nothing was changed by the call."""

    def __init__(self, message: str, *, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


class InvalidObject(Mistake):
    """A WebHook object with faults."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        first = f"{faults[0].path}: {faults[0].message}" if faults[0].path else faults[0].message
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(first + more, faults=faults)


class MalformedBody(Mistake):
    """What was published cannot be read as JSON at all."""

    def __init__(self, message: str) -> None:
        super().__init__(message, faults=(Fault("", message),))


class InvalidEvent(Mistake):
    """An event that cannot be taken; `index` counts from 0 within the call. others: more of its faults, and of other
    events.
    """

    def __init__(self, index: int, fault: Fault, *others: Fault) -> None:
        more = f" (and {len(others)} more)" if others else ""
        super().__init__(f"{fault.path}: {fault.message}{more}", faults=(fault, *others))
        self.index = index


class ConflictingEvent(Mistake):
    """A known id with another type or other data; `index` counts from 0 within the call."""

    def __init__(self, index: int, event_id: str) -> None:
        message = (
            f"the id {event_id!r} is already taken by an event with another type or other data; "
            "publish it under an id of its own, or repeat the first event exactly"
        )
        super().__init__(f"event {index}: {message}", faults=(Fault(f"events/{index}/id", message),))
        self.index = index


class ConflictingName(Mistake):
    """A name that another source, token or person has already, or that is not the one by which the object was asked
    for.
    """

    def __init__(self, message: str) -> None:
        super().__init__(f"name: {message}", faults=(Fault("name", message),))


class InterruptedLines(Mistake):
    """NDJSON that stopped at a line; the events of the lines before it are on disk.

    line: the one that stopped it, counted from 1. accepted, duplicates: of the events before it. cause: what stopped
    it, a Mistake in that line, StorageUnavailable or Stopping.
    """

    def __init__(self, cause: BellwireError, *, line: int, accepted: int, duplicates: int) -> None:
        faults = tuple(_in_line(line, fault) for fault in cause.faults) if isinstance(cause, Mistake) else ()
        place = faults[0].path.removeprefix("lines/").replace("/", ": ", 1) if faults else str(line)
        reason = f"line {place}: {faults[0].message if faults else cause}"
        taken = "1 event was" if accepted == 1 else f"{accepted} events were"
        super().__init__(f"{reason}; {taken} taken from the lines before it, nothing from it on", faults=faults)
        self.cause = cause
        self.line = line
        self.accepted = accepted
        self.duplicates = duplicates


def _in_line(line: int, fault: Fault) -> Fault:
    """A fault of a line's one event, named after the line: `events/0/data` becomes `lines/7/data`."""
    _, _, member = fault.path.removeprefix("events/").partition("/")
    return Fault(f"lines/{line}/{member}" if member else f"lines/{line}", fault.message)


class NotAdmitted(Mistake):
    """A request to a source that does not show that the source's server sent it."""


class UnknownThing(Mistake):
    """There is no `kind` (webhook, event, attempt, source, token, person, session) of that id or name."""

    def __init__(self, kind: str, thing_id: str) -> None:
        super().__init__(f"there is no {kind} {thing_id!r}")
        self.kind = kind


class EditConflict(Mistake):
    """The webhook was changed since it was read; read it again and repeat the edit."""


class Forbidden(Mistake):
    """The caller may not do that; `needed` is the scope that they lack."""

    def __init__(self, message: str, *, needed: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message, faults=faults)
        self.needed = needed


class ForbiddenType(Forbidden):
    """The caller may publish, but not events of this type; `index` counts from 0 within the call."""

    def __init__(self, index: int, fault: Fault) -> None:
        super().__init__(f"{fault.path}: {fault.message}", needed="publish", faults=(fault,))
        self.index = index


class InvalidSetting(Mistake):
    """A setting that is unknown or has a bad value; says where it was set and what would be right."""


class DataFolderInUse(Mistake):
    """Another process owns the data folder."""


class SecretUnreadable(BellwireError):
    """What a request is to be checked with cannot be read now. reason: why, which is not for the sender to know."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Overloaded(BellwireError):
    """Too much of the kind is under way; nothing was changed, the same call may succeed in a moment."""


class Stopping(BellwireError):
    """No new work is taken, the service is going down."""


class StorageError(BellwireError):
    """What was asked for could not be written or read."""


class StorageUnavailable(StorageError):
    """Not now (disk full, busy, input/output error); nothing was stored, the same call may succeed later."""


class StaleCursor(StorageError):
    """The cursor was moved by somebody else since it was read; read it again."""


class IncompatibleStore(StorageError):
    """The file was made by a newer Bellwire, or is none of its files."""
