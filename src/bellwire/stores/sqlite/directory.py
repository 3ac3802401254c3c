"""Who may come in, in SQLite."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar, assert_never

import apsw
import msgspec

from bellwire.directory import (
    AuditSearch,
    DirectoryChange,
    NumberedEntry,
    PutPerson,
    PutSession,
    PutToken,
    RemovePerson,
    RemoveSession,
    RemoveToken,
)
from bellwire.model.audit import AuditEntry
from bellwire.model.credentials import Person, Session, SessionId, Token
from bellwire.stores.sqlite.audit_trail import add_entry, list_entries, remove_entries
from bellwire.stores.sqlite.readers import Readers
from bellwire.stores.sqlite.statements import statement
from bellwire.stores.sqlite.writer import Writer, Written

_LIST_TOKENS: Final = statement("list_tokens")
_PUT_TOKEN: Final = statement("put_token")
_REPLACE_TOKEN: Final = statement("replace_token")
_REMOVE_TOKEN: Final = statement("remove_token")
_LIST_PEOPLE: Final = statement("list_people")
_PUT_PERSON: Final = statement("put_person")
_REMOVE_PERSON: Final = statement("remove_person")
_LIST_SESSIONS: Final = statement("list_sessions")
_PUT_SESSION: Final = statement("put_session")
_REPLACE_SESSION: Final = statement("replace_session")
_REMOVE_SESSION: Final = statement("remove_session")

_T = TypeVar("_T", bound=msgspec.Struct)


class MakeChanges(msgspec.Struct, frozen=True):
    """One call of change."""

    changes: Sequence[DirectoryChange]
    audit: AuditEntry


class NoteUses(msgspec.Struct, frozen=True):
    """One call of note_uses."""

    tokens: Sequence[Token]
    sessions: Sequence[Session]


class ForgetSessions(msgspec.Struct, frozen=True):
    """One call of forget_sessions."""

    ids: Sequence[SessionId]


class RemoveEntries(msgspec.Struct, frozen=True):
    """One call of remove_entries."""

    before_ms: int
    most: int


DirectoryWork = MakeChanges | NoteUses | ForgetSessions | RemoveEntries


class DirectoryWriter:
    """Lives in the writer's thread. Changes are rare: each is a few statements of its own."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def write(self, works: Sequence[DirectoryWork]) -> Written:
        """Write them in their order."""
        return Written([self._write(work) for work in works])

    def _write(self, work: DirectoryWork) -> int | None:
        match work:
            case MakeChanges(changes, audit):
                for change in changes:
                    self._make(change)
                add_entry(self._connection, audit)
            case NoteUses(tokens, sessions):
                for token in tokens:
                    self._connection.execute(_REPLACE_TOKEN, (token.name, _json_of(token)))
                for session in sessions:
                    self._connection.execute(_REPLACE_SESSION, (session.id, _json_of(session)))
            case ForgetSessions(ids):
                for session_id in ids:
                    self._connection.execute(_REMOVE_SESSION, (session_id,))
            case RemoveEntries(before_ms, most):
                return remove_entries(self._connection, before_ms=before_ms, most=most)
            case _:
                assert_never(work)
        return None

    def _make(self, change: DirectoryChange) -> None:
        match change:
            case PutToken(token):
                self._connection.execute(_PUT_TOKEN, (token.name, _json_of(token)))
            case RemoveToken(name):
                self._connection.execute(_REMOVE_TOKEN, (name,))
            case PutPerson(person):
                self._connection.execute(_PUT_PERSON, (person.name, _json_of(person)))
            case RemovePerson(name):
                self._connection.execute(_REMOVE_PERSON, (name,))
            case PutSession(session):
                self._connection.execute(_PUT_SESSION, (session.id, _json_of(session)))
            case RemoveSession(session_id):
                self._connection.execute(_REMOVE_SESSION, (session_id,))
            case _:
                assert_never(change)


class SqliteDirectory:
    """The directory as the event loop sees it."""

    def __init__(self, writer: Writer, directory_writer: DirectoryWriter, readers: Readers) -> None:
        self._writer = writer
        self._directory_writer = directory_writer
        self._readers = readers

    async def tokens(self) -> tuple[Token, ...]:
        """All of them, in the order of their names."""
        return await self._readers.read(_lister(_LIST_TOKENS, Token))

    async def people(self) -> tuple[Person, ...]:
        """All of them, in the order of their names."""
        return await self._readers.read(_lister(_LIST_PEOPLE, Person))

    async def sessions(self) -> tuple[Session, ...]:
        """All of them, in the order of their ids."""
        return await self._readers.read(_lister(_LIST_SESSIONS, Session))

    async def change(self, changes: Sequence[DirectoryChange], *, audit: AuditEntry) -> None:
        """Make the changes in their order and record the entry."""
        await self._write(MakeChanges(tuple(changes), audit))

    async def note_uses(self, tokens: Sequence[Token], sessions: Sequence[Session]) -> None:
        """Replace those that are still there."""
        await self._write(NoteUses(tuple(tokens), tuple(sessions)))

    async def forget_sessions(self, ids: Sequence[SessionId]) -> None:
        """Remove sessions."""
        await self._write(ForgetSessions(tuple(ids)))

    async def entries(self, search: AuditSearch) -> tuple[NumberedEntry, ...]:
        """Entries of the audit trail, newest first."""
        return await self._readers.read(lambda connection: list_entries(connection, search))

    async def remove_entries(self, *, before_ms: int, most: int) -> int:
        """Remove entries that are too old or too many, a bounded number."""
        return await self._write(RemoveEntries(before_ms, most)) or 0

    async def _write(self, work: DirectoryWork) -> int | None:
        outcome: int | None = await self._writer.write(self._directory_writer, work)
        return outcome


def _lister(sql: str, kind: type[_T]) -> Callable[[apsw.Connection], tuple[_T, ...]]:
    decoder = msgspec.json.Decoder(kind)
    return lambda connection: tuple([decoder.decode(struct) for (struct,) in connection.execute(sql)])


def _json_of(struct: msgspec.Struct) -> str:
    return msgspec.json.encode(struct).decode()
