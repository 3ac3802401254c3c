"""The audit trail in SQLite: entries are added by whoever writes the change, within its transaction."""

from typing import Final

import apsw
import msgspec

from bellwire.directory import AuditSearch, NumberedEntry
from bellwire.model.audit import AuditEntry
from bellwire.stores.sqlite.connection import rows_of
from bellwire.stores.sqlite.statements import statement

ENTRIES_STEP_MAX: Final = 1_000
"""How many entries one call removes."""

_ADD_AUDIT_ENTRY: Final = statement("add_audit_entry")
_LIST_AUDIT_ENTRIES: Final = statement("list_audit_entries")
_REMOVE_AUDIT_ENTRIES: Final = statement("remove_audit_entries")
_BEHIND_ALL: Final = 2**63 - 1


def add_entry(connection: apsw.Connection, entry: AuditEntry) -> None:
    """Put an entry at the end of the trail, in the open transaction."""
    encoded = msgspec.json.encode(entry).decode()
    connection.execute(_ADD_AUDIT_ENTRY, (entry.at_ms, entry.by, entry.action.value, entry.object_id, encoded))


def list_entries(connection: apsw.Connection, search: AuditSearch) -> tuple[NumberedEntry, ...]:
    """Entries, newest first."""
    action = None if search.action is None else search.action.value
    before = _BEHIND_ALL if search.before is None else search.before
    bounds = (search.since_ms, search.until_ms, search.limit)
    decoder = msgspec.json.Decoder(AuditEntry)
    rows = rows_of(connection, _LIST_AUDIT_ENTRIES, before, search.by, action, search.object_id, *bounds)
    return tuple([NumberedEntry(number=number, entry=decoder.decode(entry)) for number, entry in rows])


def remove_entries(connection: apsw.Connection, *, before_ms: int, most: int) -> int:
    """Remove entries that are too old or too many, ENTRIES_STEP_MAX at most; how many."""
    connection.execute(_REMOVE_AUDIT_ENTRIES, (before_ms, most, ENTRIES_STEP_MAX))
    return connection.changes()
