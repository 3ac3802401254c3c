"""The source registrar: registers, edits and removes sources; each change counts from the moment it is stored."""

import asyncio

from bellwire.clock import Clock
from bellwire.engine.registrar import Safeguards
from bellwire.errors import ConflictingName, Fault, InvalidObject, UnknownThing
from bellwire.model.audit import Action
from bellwire.model.principal import Principal, Scope
from bellwire.model.source import SOURCES_MAX, RegisteredSource, Source, SourceName
from bellwire.reporter import Reporter
from bellwire.rules.auditing import source_changes
from bellwire.rules.checking_sources import read_source
from bellwire.rules.entrusting import Trust
from bellwire.rules.permitting import check_scope, may
from bellwire.store import Registry


class SourceRegistrar:
    """Knows all sources and is the only one that changes them, one change at a time."""

    def __init__(self, registry: Registry, safeguards: Safeguards, *, clock: Clock) -> None:
        self._registry = registry
        self._vault = safeguards.vault
        self._secrecy = safeguards.secrecy
        self._auditor = safeguards.auditor
        self._clock = clock
        self._sources: dict[str, RegisteredSource] = {}
        self._one_at_a_time = asyncio.Lock()

    async def load(self, reporter: Reporter) -> None:
        """Take over what is stored; secrets that no key opens are reported."""
        self._sources = {source.object.name: source for source in await self._vault.open_sources(self._registry)}
        unread = tuple(source.object.name for source in self.all() if source.sealed)
        if unread:
            reporter.source_secrets_unread(unread)

    def all(self) -> tuple[RegisteredSource, ...]:
        """The sources in the order of their names."""
        return tuple(self._sources[name] for name in sorted(self._sources))

    def knows(self, name: str) -> bool:
        """Whether there is a source of that name."""
        return name in self._sources

    def get(self, name: str) -> RegisteredSource:
        """Raises UnknownThing."""
        source = self._sources.get(name)
        if source is None:
            raise UnknownThing("source", name)
        return source

    async def create(self, document: object, *, by: Principal) -> RegisteredSource:
        """Register a source under a new name.

        Raises InvalidObject, ConflictingName, and Forbidden as every change does.
        """
        check_scope(by, Scope.WRITE)
        async with self._one_at_a_time:
            source = read_source(document, trust=self._trust(by))
            if source.name in self._sources:
                raise ConflictingName(
                    f"there is a source {source.name!r} already; choose another name, or PUT this one in its place"
                )
            return await self._store(source, by=by)

    async def put(self, name: str, document: object, *, by: Principal) -> RegisteredSource:
        """Register a source under this name, or give the one that is there another object.

        Raises InvalidObject, ConflictingName.
        """
        check_scope(by, Scope.WRITE)
        async with self._one_at_a_time:
            stored = self._sources.get(name)
            before = stored.object if stored else None
            source = read_source(document, name=name, stored=before, trust=self._trust(by))
            return await self._store(source, by=by)

    async def remove(self, name: str, *, by: Principal) -> None:
        """Take nothing more from a source. Raises UnknownThing."""
        check_scope(by, Scope.WRITE)
        async with self._one_at_a_time:
            changes = source_changes(self.get(name).object, None)
            audit = self._auditor.entry(by, Action.SOURCE_REMOVE, name, changes)
            await self._registry.remove_source(SourceName(name), audit=audit)
            del self._sources[name]

    def _trust(self, by: Principal) -> Trust:
        return Trust(is_administrator=may(by, Scope.ADMIN), secrecy=self._secrecy)

    async def _store(self, source: Source, *, by: Principal) -> RegisteredSource:
        now_ms = self._clock.wall_ms()
        stored = self._sources.get(source.name)
        if stored is None and len(self._sources) >= SOURCES_MAX:
            raise InvalidObject((Fault("", f"there are {SOURCES_MAX:,} sources, which is the most there can be"),))
        registered = RegisteredSource(
            object=source,
            created_at_ms=stored.created_at_ms if stored else now_ms,
            updated_at_ms=now_ms,
            sealed=stored.sealed if stored else {},
        )
        changes = source_changes(stored.object if stored else None, source)
        audit = self._auditor.entry(by, Action.SOURCE_PUT, source.name, changes)
        await self._registry.put_source(self._vault.seal(registered), audit=audit)
        self._sources[source.name] = registered
        return registered
