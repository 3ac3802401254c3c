"""The cataloguer: declares event types and takes an operator's levels for them; both count at once."""

import asyncio
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from bellwire.clock import Clock
from bellwire.engine.auditor import Auditor
from bellwire.engine.selector import Selector
from bellwire.engine.supervisor import Supervisor
from bellwire.errors import Fault, InvalidObject, UnknownThing
from bellwire.model.audit import Action
from bellwire.model.change import Change, LevelSet
from bellwire.model.event import EventTypeId, Position
from bellwire.model.event_type import (
    DECLARED_TYPES_MAX,
    DESCRIPTION_LENGTH_MAX,
    Catalogue,
    EventLevel,
    EventType,
    TracingLevel,
    is_type_id,
)
from bellwire.model.principal import Principal, Scope
from bellwire.model.webhook import WebhookId
from bellwire.rules.auditing import member_changes
from bellwire.rules.matching import OWN_PREFIX
from bellwire.rules.permitting import check_scope
from bellwire.store import Store


class Cataloguer:
    """The only one that changes the catalogue on request; first use, which the switchboard sees, adds to it too."""

    def __init__(
        self,
        store: Store,
        auditor: Auditor,
        *,
        clock: Clock,
        catalogue: Catalogue,
        selector: Selector,
        supervisor: Supervisor,
    ) -> None:
        self._registry = store.registry
        self._log = store.log
        self._auditor = auditor
        self._clock = clock
        self._catalogue = catalogue
        self._selector = selector
        self._supervisor = supervisor
        self._one_at_a_time = asyncio.Lock()
        self._shipped = {event_type.id: event_type for event_type in catalogue}
        self._shipped_names = len(catalogue)

    async def load(self) -> None:
        """Take over what is stored: declared types, and the overrides of those that come with Bellwire."""
        for stored in await self._registry.declared_types():
            shipped = self._shipped.get(stored.id)
            self._selector.declare(stored if shipped is None else replace(shipped, override=stored.override))

    async def declare_all(self, types: Iterable[EventType], *, by: Principal) -> None:
        """Declare those that are not known just so. Raises InvalidObject, with the faults of all, once it is done."""
        faults: list[Fault] = []
        for wanted in types:
            known = self._catalogue.current(wanted.id)
            if known is not None and (known.level, known.description) == (wanted.level, wanted.description):
                continue
            try:
                await self.declare(wanted.id, level=wanted.level, description=wanted.description, by=by)
            except InvalidObject as problem:
                faults += [Fault(f"event-types/{wanted.id}", fault.message) for fault in problem.faults]
        if faults:
            raise InvalidObject(tuple(faults))

    def is_shipped(self, type_id: EventTypeId) -> bool:
        """Whether the type comes with Bellwire."""
        return type_id in self._shipped

    async def declare(self, type_id: str, *, level: TracingLevel, description: str, by: Principal) -> EventType:
        """Declare an own type, or describe it anew; an override stays. Raises InvalidObject."""
        known = self._catalogue.current(EventTypeId(type_id))
        override = known.override if known else None
        return await self.put(
            EventType(id=EventTypeId(type_id), level=level, description=description, override=override), by=by
        )

    async def put(self, event_type: EventType, *, by: Principal) -> EventType:
        """Store an own type as it is, its override included, in one write. Raises InvalidObject, Forbidden."""
        check_scope(by, Scope.WRITE)
        faults = self._faults_of_id(event_type.id)
        if len(event_type.description) > DESCRIPTION_LENGTH_MAX:
            length = len(event_type.description)
            faults.append(Fault("description", f"has {length} characters; {DESCRIPTION_LENGTH_MAX} at most"))
        if faults:
            raise InvalidObject(tuple(faults))
        await self._store(event_type, Action.EVENT_TYPE_DECLARE, by=by)
        return event_type

    async def override(self, type_id: EventTypeId, level: EventLevel | None, *, by: Principal) -> EventType:
        """Set what counts instead of a type's own level; None: its own again. Raises UnknownThing, Forbidden."""
        check_scope(by, Scope.WRITE)
        known = self._catalogue.current(type_id)
        if known is None:
            raise UnknownThing("event type", type_id)
        changed = replace(known, override=level)
        await self._store(changed, Action.EVENT_TYPE_LEVEL, by=by)
        return changed

    def _faults_of_id(self, type_id: str) -> list[Fault]:
        if not is_type_id(type_id):
            return [Fault("id", "is not an event type; write it in lower case with a dot, as in 'shop.order-paid'")]
        if type_id.startswith(OWN_PREFIX) and type_id not in self._shipped:
            return [Fault("id", f"{OWN_PREFIX}* types are Bellwire's own; choose another group")]
        if type_id in self._shipped:
            return [Fault("id", f"{type_id} comes with Bellwire; of such types only the level can be set")]
        if self._catalogue.former(EventTypeId(type_id)) is not None:
            return [Fault("id", f"{type_id} is a former name of another type; choose a name of your own")]
        if type_id not in self._catalogue and len(self._catalogue) - self._shipped_names >= DECLARED_TYPES_MAX:
            return [Fault("id", f"{DECLARED_TYPES_MAX:,} types are declared already, which is the most there can be")]
        return []

    async def _store(self, event_type: EventType, action: Action, *, by: Principal) -> None:
        async with self._one_at_a_time:
            await self._store_alone(event_type, action, by=by)

    async def _store_alone(self, event_type: EventType, action: Action, *, by: Principal) -> None:
        changes = member_changes(_shown(self._catalogue.current(event_type.id)), _shown(event_type))
        audit = self._auditor.entry(by, action, event_type.id, changes)
        with self._supervisor.held() as waiting_from:
            await self._registry.declare_types([event_type], self._changes(event_type, waiting_from), audit=audit)
            self._selector.declare(event_type)
            self._supervisor.refilter(waiting_from)

    def _changes(self, event_type: EventType, waiting_from: Mapping[WebhookId, Position]) -> tuple[Change, ...]:
        """What the journal says of it, if another level counts from now on."""
        before = self._catalogue.counting_level(event_type.id)
        after = event_type.override or EventLevel(event_type.level.value)
        if after is before:
            return ()
        end = self._log.end
        earlier = {webhook_id: position for webhook_id, position in waiting_from.items() if position < end}
        what = LevelSet(type=event_type.id, before=before, after=after, earlier=earlier)
        return (Change(subject=event_type.id, position=end, at_ms=self._clock.wall_ms(), what=what),)


def _shown(event_type: EventType | None) -> dict[str, object]:
    """What an operator sets of a type."""
    if event_type is None:
        return {}
    override = event_type.override.value if event_type.override else None
    return {"level": event_type.level.value, "override": override, "description": event_type.description}
