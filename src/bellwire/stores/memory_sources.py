"""The sources of a store that lives in memory."""

from bellwire.model.source import RegisteredSource, SourceName
from bellwire.stores.gate import Gate


class MemorySources:
    """The part of the registry that has the sources, by their names."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._sources: dict[SourceName, RegisteredSource] = {}

    async def sources(self) -> tuple[RegisteredSource, ...]:
        """The registered sources in the order of their names."""
        self._gate.check()
        return tuple(self._sources[name] for name in sorted(self._sources))

    async def put_source(self, source: RegisteredSource) -> None:
        """Add a source, or replace the one of that name."""
        self._gate.check()
        self._sources[source.object.name] = source

    async def remove_source(self, name: SourceName) -> None:
        """Remove the source of that name."""
        self._gate.check()
        self._sources.pop(name, None)
