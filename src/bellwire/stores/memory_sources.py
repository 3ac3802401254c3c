"""The sources of a store that lives in memory."""

from collections.abc import Sequence

from bellwire.model.audit import AuditEntry
from bellwire.model.source import RegisteredSource, SourceName
from bellwire.stores.gate import Gate
from bellwire.stores.memory_directory import MemoryDirectory


class MemorySources:
    """The part of the registry that has the sources, by their names."""

    def __init__(self, gate: Gate, directory: MemoryDirectory) -> None:
        self._gate = gate
        self._directory = directory
        self._sources: dict[SourceName, RegisteredSource] = {}

    async def sources(self) -> tuple[RegisteredSource, ...]:
        """The registered sources in the order of their names."""
        self._gate.check()
        return tuple(self._sources[name] for name in sorted(self._sources))

    async def put_source(self, source: RegisteredSource, *, audit: AuditEntry) -> None:
        """Add a source, or replace the one of that name."""
        self._gate.check()
        self._sources[source.object.name] = source
        self._directory.record(audit)

    async def rewrite_sources(self, sources: Sequence[RegisteredSource]) -> None:
        """Store sources in another form."""
        self._gate.check()
        self._sources |= {source.object.name: source for source in sources}

    async def remove_source(self, name: SourceName, *, audit: AuditEntry) -> None:
        """Remove the source of that name."""
        self._gate.check()
        self._sources.pop(name, None)
        self._directory.record(audit)
