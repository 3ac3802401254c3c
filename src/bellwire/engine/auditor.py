"""The auditor: writes down who did what; whoever makes a change stores the entry together with it."""

from bellwire.clock import Clock
from bellwire.directory import AuditSearch, Directory, NumberedEntry
from bellwire.model.audit import Action, AuditEntry, MemberChange
from bellwire.model.principal import Principal


class Auditor:
    """Makes entries and finds them again."""

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock

    def entry(
        self, by: Principal, action: Action, object_id: str, changes: tuple[MemberChange, ...] = ()
    ) -> AuditEntry:
        """What the caller does now."""
        return AuditEntry(
            at_ms=self._clock.wall_ms(),
            by=by.name,
            kind=by.kind,
            address=by.address,
            action=action,
            object_id=object_id,
            changes=changes,
        )

    async def search(self, search: AuditSearch) -> tuple[NumberedEntry, ...]:
        """Recorded entries, newest first."""
        return await self._directory.entries(search)
